"""When a length of time runs out: in the unit that a rule or a policy counts in."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby

from rules.dates import ONE_DAY, ONE_WEEK, days_between, in_words, monday_of, months_after
from rules.errors import InvalidInput, UnknownTerm
from rules.register import rule
from rules.school_calendar import (
    Calendar,
    is_working_day,
    school_day_after,
    school_weeks,
    sessions_between,
    working_day_after,
    year_start_on,
)


@dataclass(frozen=True, slots=True)
class Period:
    """A half term or a term: its first and its last day with school."""

    first: date
    last: date


@rule("CLK-1", source="ONROLL/half-terms")
def half_terms(calendar: Calendar) -> tuple[Period, ...]:
    """Runs of school weeks with no whole week between them in which the school does not meet."""
    runs: list[list[date]] = []
    for monday in school_weeks(calendar):
        if runs and monday - runs[-1][-1] == ONE_WEEK:
            runs[-1].append(monday)
        else:
            runs.append([monday])
    return tuple(_period(calendar, run) for run in runs)


def _period(calendar: Calendar, mondays: Sequence[date]) -> Period:
    """From the first to the last day with a session in these weeks."""
    at = bisect_left(calendar.sessions, (mondays[0],))
    end = bisect_left(calendar.sessions, (mondays[-1] + ONE_WEEK,))
    return Period(calendar.sessions[at].day, calendar.sessions[end - 1].day)


@rule("CLK-2", source="ONROLL/terms")
def terms(calendar: Calendar) -> tuple[Period, ...]:
    """Three terms a year: the pairs of six half terms, or three runs of weeks as they are.

    Raises UnknownTerm for a year with another number of them: then the calendar cannot tell.
    """
    found: list[Period] = []
    for start, group in groupby(half_terms(calendar), key=lambda one: year_start_on(one.first)):
        halves = list(group)
        if len(halves) == 6:
            halves = [Period(halves[at].first, halves[at + 1].last) for at in (0, 2, 4)]
        if len(halves) != 3:
            raise UnknownTerm(
                f"The school calendar of {start.year}/{(start.year + 1) % 100:02} does not show"
                " where its three terms end. Agree a day instead."
            )
        found += halves
    return tuple(found)


def _school_weeks(calendar: Calendar, since: date, length: int) -> date:
    """The last day the school meets in the last of the weeks; that of `since` is the first."""
    mondays = [monday for monday in school_weeks(calendar) if monday >= monday_of(since)]
    if len(mondays) < length:
        raise UnknownTerm(
            f"The school calendar does not reach {length} school weeks from {in_words(since)}. "
            "Add the next term first."
        )
    last = mondays[length - 1]
    return max(
        session.day for session in sessions_between(calendar, last, last + ONE_WEEK - ONE_DAY)
    )


def _after(periods: Iterable[Period], since: date, length: int) -> date:
    """The last day of the period that comes `length` after the one that holds `since`."""
    following = [period for period in periods if period.first > since]
    if len(following) < length:
        raise UnknownTerm(
            f"The school calendar does not reach far enough from {in_words(since)}. "
            "Add the next term first."
        )
    return following[length - 1].last


COUNTED_IN: Mapping[str, Callable[[Calendar, date, int], date]] = {
    "school days": school_day_after,
    "working days": lambda _, since, length: working_day_after(since, length),
    "days": lambda _, since, length: since + timedelta(days=length),
    "weeks": lambda _, since, length: since + length * ONE_WEEK,
    "school weeks": _school_weeks,
    "half terms": lambda calendar, since, length: _after(half_terms(calendar), since, length),
    "terms": lambda calendar, since, length: _after(terms(calendar), since, length),
    "months": lambda _, since, length: months_after(since, length),
    "years": lambda _, since, length: months_after(since, 12 * length),
}


def due_on(since: date, length: int, unit: str, calendar: Calendar) -> date:
    """The last day of a length of time that starts on `since`.

    The day itself is not counted, except that the week of `since` is the first school week. A
    half term or a term runs to the end of the one after that of `since`.
    Raises UnknownTerm when the calendar ends first, and InvalidInput for a unit without dates
    here, such as minutes.
    """
    if unit not in COUNTED_IN:
        raise InvalidInput(f"{unit.capitalize()} have no dates here. Count in school weeks.")
    return COUNTED_IN[unit](calendar, since, length)


@dataclass(frozen=True, slots=True)
class Pause:
    """A clock stood still from `first` on and ran again from `last` on. `last` is not lost."""

    first: date
    last: date


def _school_days_lost(calendar: Calendar, pause: Pause) -> int:
    days = calendar.days
    return bisect_left(days, pause.last) - bisect_left(days, pause.first)


def _working_days_lost(calendar: Calendar, pause: Pause) -> int:
    return sum(is_working_day(day) for day in days_between(pause.first, pause.last - ONE_DAY))


def _school_weeks_lost(calendar: Calendar, pause: Pause) -> int:
    weeks = school_weeks(calendar)
    return bisect_right(weeks, pause.last) - bisect_right(weeks, pause.first)


def _days_lost(calendar: Calendar, pause: Pause) -> int:
    return (pause.last - pause.first).days


def _months_later(calendar: Calendar, due: date, pause: Pause) -> date:
    """Whole months as months, and the days over."""
    months = 0
    while months_after(pause.first, months + 1) <= pause.last:
        months += 1
    over = pause.last - months_after(pause.first, months)
    return months_after(due, months) + over


Lost = Callable[[Calendar, Pause], int]
# What a pause takes from a clock, and the unit in which it is given back.
GIVEN_BACK: Mapping[str, tuple[Lost, str]] = {
    "school days": (_school_days_lost, "school days"),
    "working days": (_working_days_lost, "working days"),
    "days": (_days_lost, "days"),
    "weeks": (_days_lost, "days"),
    "school weeks": (_school_weeks_lost, "school weeks"),
    "half terms": (_school_weeks_lost, "school weeks"),
    "terms": (_school_weeks_lost, "school weeks"),
}


@rule("CLK-3", source="ONROLL/pauses")
def later_by(due: date, pause: Pause, unit: str, calendar: Calendar) -> date:
    """The last day of a clock after a pause: what it lost is given back in its own unit.

    due  the last day without the pause. Weeks count in days; half terms and terms in school
    weeks; months and years in whole months and the days over. A pause that holds none of the unit
    changes nothing. Raises UnknownTerm when the calendar ends first.
    """
    if unit in ("months", "years"):
        return _months_later(calendar, due, pause)
    lost, given_back = GIVEN_BACK[unit]
    number = lost(calendar, pause)
    if not number:
        return due
    # The week of the day itself is the first school week, so one more brings the next.
    return due_on(due, number + (given_back == "school weeks"), given_back, calendar)


def last_day(
    since: date, length: int, unit: str, calendar: Calendar, pauses: Iterable[Pause] = ()
) -> date:
    """The last day of a clock with all its pauses. Raises as `due_on`."""
    due = due_on(since, length, unit, calendar)
    for pause in pauses:
        due = later_by(due, pause, unit, calendar)
    return due
