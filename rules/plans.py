"""Plans of support: when they are looked at, targets that can be checked, and what changed.

A plan is compared with as many school days before it as it has had itself, and as many after it,
so that days missed can be set beside days missed.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from rules.absence import Tally, tally
from rules.dates import ALWAYS, ONE_DAY, DateRange, in_words
from rules.marks import Mark
from rules.register import rule
from rules.school_calendar import Calendar, is_school_day, school_day_after

LONGEST_TARGET = timedelta(weeks=12)
LONG_WAY = 20  # points of attendance


def school_day_from(calendar: Calendar, day: date) -> date:
    """The day itself where the school meets on it, else the next school day.

    Raises UnknownTerm when the calendar ends before.
    """
    return school_day_after(calendar, day - ONE_DAY, 1)


@rule("PLAN-1", source="LOCAL/plan-review")
def review_day_refusal(calendar: Calendar, day: date, *, since: date, what: str = "review") -> str:
    """Why a plan or support cannot be looked at on a day, as a sentence; "" when it can.

    since  the day it starts: a review is held later. what  names it, such as "mid-point review"
    Raises UnknownTerm when the calendar does not reach the day.
    """
    if day <= since:
        return f"The {what} must be after {in_words(since)}, the day it starts."
    if is_school_day(calendar, day):
        return ""
    instead = school_day_from(calendar, day)
    return (
        f"The school does not meet on {in_words(day)}. Choose {in_words(instead)}, the next school"
        " day, or another day on which it meets."
    )


@dataclass(frozen=True, slots=True)
class Aim:
    """A target as somebody wants to set it. steps: (day, value), in any order."""

    what: str
    percent: bool
    start: Decimal
    goal: Decimal
    by: date
    steps: Sequence[tuple[date, Decimal]] = ()

    @property
    def upwards(self) -> bool:
        """Whether more is better."""
        return self.goal > self.start


@rule("PLAN-2", source="LOCAL/smart-targets")
def target_refusal(aim: Aim, *, first: date, last: date) -> str:
    """Why a target cannot be checked as it is, as a sentence; "" when it can.

    first, last  the days on which the plan starts and is reviewed
    """
    if not aim.what.strip():
        return "Say what will be different: who does what, and when."
    if min(aim.start, aim.goal) < 0:
        return "Enter numbers of 0 or more."
    if aim.percent and max(aim.start, aim.goal) > 100:
        return "A percentage must be 100 or less."
    if aim.start == aim.goal:
        return "The target must be another number than where it stands now."
    if not first < aim.by <= last:
        return (
            f"The target's day must be after {in_words(first)} and on or before {in_words(last)},"
            " when the plan is reviewed."
        )
    return _steps_refusal(aim, first)


def _steps_refusal(aim: Aim, first: date) -> str:
    """Steps go from the start to the goal, each later and nearer than the one before."""
    day, value = first, aim.start
    for by, step in sorted(aim.steps):
        if not day < by < aim.by:
            between = f"{in_words(first)} and {in_words(aim.by)}"
            return f"Each step needs a day of its own between {between}."
        ahead = value < step < aim.goal if aim.upwards else aim.goal < step < value
        if not ahead:
            return f"The step of {in_words(by)} must be between the number before it and the goal."
        day, value = by, step
    return ""


def target_advice(aim: Aim, *, first: date) -> tuple[str, ...]:
    """What would make a target likelier to be reached, in sentences. Nobody has to follow it."""
    said = []
    if aim.percent and aim.goal - aim.start > LONG_WAY and not aim.steps:
        said.append("This is a long way to go at once. Add steps, so that each is in reach.")
    if aim.by - first > LONGEST_TARGET:
        said.append("This is longer than twelve weeks. A smaller target is easier to keep.")
    return tuple(said)


@dataclass(frozen=True, slots=True)
class Part:
    """Days of one part of the comparison. days: school days in it so far."""

    first: date | None
    last: date | None
    days: int
    tally: Tally


@dataclass(frozen=True, slots=True)
class Change:
    """Attendance before, during and after a plan."""

    before: Part
    during: Part
    after: Part


@rule("PLAN-3", source="LOCAL/plan-review")
def change_over(
    marks: Iterable[Mark],
    calendar: Calendar,
    *,
    first: date,
    last: date,
    as_of: date,
    on_roll: DateRange = ALWAYS,
) -> Change:
    """Attendance during a plan, and over as many school days before it and after it.

    first, last  the plan's first day, and its last or planned last; as_of  the last day read
    Before the plan has had a school day, the time before it is as long as the plan will be.
    Days after `as_of` are in none.
    """
    marks = [mark for mark in marks if mark.day <= as_of]
    days = calendar.days[: bisect_right(calendar.days, as_of)]
    start, end = bisect_left(days, first), bisect_right(days, last)
    planned = bisect_right(calendar.days, last) - bisect_left(calendar.days, first)
    length = max(end - start, 0) or planned
    parts = (
        days[max(0, start - length) : start],
        days[start:end],
        days[end : end + length] if as_of > last else (),
    )
    before, during, after = (_part(marks, part, on_roll) for part in parts)
    return Change(before, during, after)


def _part(marks: Sequence[Mark], days: Sequence[date], on_roll: DateRange) -> Part:
    if not days:
        return Part(None, None, 0, Tally())
    inside = DateRange(days[0], days[-1])
    return Part(days[0], days[-1], len(days), tally((m for m in marks if m.day in inside), on_roll))
