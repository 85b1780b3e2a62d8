"""Keeping the register: what must be settled by when, and what must be reported to the council."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date

from rules.absence import in_order, kind_of
from rules.attendance_codes import Kind, code_on, is_attended
from rules.dates import ALWAYS, DateRange
from rules.marks import Mark
from rules.register import rule
from rules.school_calendar import Calendar, school_day_after
from rules.values import value_on


@rule("REG-1", source="PR2024/reg10(7)")
def resolve_by(day: date, calendar: Calendar) -> date:
    """The last day to resolve code N: the fifth school day after the session's own day.

    School days, not working days: holidays and INSET days are passed over. Raises UnknownTerm
    when the calendar ends first.
    """
    return school_day_after(calendar, day, value_on("unresolved_reason", day)["school_days"])


@dataclass(frozen=True, slots=True)
class AttendanceReturn:
    """One episode of continuous unauthorised absence that the council must be told of.

    first_day   the first school day of the run
    due_from    the school day that made it long enough
    last_day    the last school day of the run so far
    """

    first_day: date
    due_from: date
    last_day: date


@rule("REG-2", source="PR2024/reg13")
def attendance_returns(
    marks: Iterable[Mark],
    calendar: Calendar,
    as_of: date,
    *,
    on_roll: DateRange = ALWAYS,
    compulsory: DateRange = ALWAYS,
) -> tuple[AttendanceReturn, ...]:
    """One return for each run of ten school days with nothing but G, N, O or U.

    A school day is in the run when every session the school held that day has such a code. A
    session with another code, or with none, breaks the run, and a new return then needs a new
    ten days. Holidays, INSET days and days lost to a closure do not break it. Only days on roll
    and of compulsory school age are in a run.
    """
    unauthorised = {
        mark.when
        for mark in in_order(marks, on_roll)
        if mark.day in compulsory and kind_of(mark) is Kind.UNAUTHORISED
    }
    missed = {session.day for session in calendar.held} - {
        session.day for session in calendar.held if session not in unauthorised
    }
    episodes: list[list[date]] = [[]]
    for day in calendar.days:
        if day > as_of:
            break
        if day in missed:
            episodes[-1].append(day)
        elif episodes[-1]:
            episodes.append([])
    needed = value_on("attendance_return", as_of)["school_days"]
    return tuple(
        AttendanceReturn(run[0], run[needed - 1], run[-1]) for run in episodes if len(run) >= needed
    )


@dataclass(frozen=True, slots=True)
class SicknessReturn:
    """Sickness long enough for the council to be told.

    days        the school days missed through illness that were counted, in order
    continuous  they followed one another without another code; else they add up over the year
    reached_on  the school day that made them enough
    """

    days: tuple[date, ...]
    continuous: bool
    reached_on: date


@rule("REG-3", source="PR2024/reg13-sickness")
def sickness_returns(
    marks: Iterable[Mark],
    calendar: Calendar,
    as_of: date,
    *,
    since: date,
    on_roll: DateRange = ALWAYS,
    compulsory: DateRange = ALWAYS,
) -> tuple[SicknessReturn, ...]:
    """One return for each unbroken spell of fifteen school days of illness, and one for the sum.

    A school day counts when every session that the school held that day is coded I. The sum
    from `since` (the start of the school year) is reported once, when no spell alone was long
    enough by then. The law asks as soon as fifteen days are to be expected: a person may report
    earlier.
    """
    ill = {
        mark.when
        for mark in in_order(marks, on_roll)
        if mark.code == "I" and mark.day in compulsory and mark.day >= since
    }
    held: dict[date, list[bool]] = {}
    for session in calendar.held:
        if since <= session.day <= as_of:
            held.setdefault(session.day, []).append(session in ill)
    needed = value_on("sickness_return", as_of)["school_days"]
    found = [
        SicknessReturn(tuple(run), True, run[needed - 1])
        for run in _unbroken(held)
        if len(run) >= needed
    ]
    total = [day for day, sessions in held.items() if all(sessions)]
    if len(total) >= needed and not any(one.reached_on <= total[needed - 1] for one in found):
        found.append(SicknessReturn(tuple(total), False, total[needed - 1]))
    return tuple(sorted(found, key=lambda one: one.reached_on))


def _unbroken(held: dict[date, list[bool]]) -> list[list[date]]:
    """The runs of days on which every session is true."""
    runs: list[list[date]] = [[]]
    for day, sessions in held.items():
        if all(sessions):
            runs[-1].append(day)
        elif runs[-1]:
            runs.append([])
    return [run for run in runs if run]


@dataclass(frozen=True, slots=True)
class Unseen:
    """How long nobody has seen an absent pupil.

    last_seen  the day of the last sighting or of the last session on site or supervised; None
               when there has been none
    school_days  school days since then up to today, today included
    see_by     the school day by which somebody should see the pupil; None past the calendar
    """

    last_seen: date | None
    school_days: int
    see_by: date | None

    def overdue_on(self, day: date) -> bool:
        """Whether somebody should have seen the pupil before this day."""
        return self.see_by is not None and day > self.see_by


@rule("REG-4", source="LOCAL/unseen-child")
def unseen(
    marks: Iterable[Mark],
    sightings: Collection[date],
    calendar: Calendar,
    as_of: date,
    *,
    at_least_every: int,
    on_roll: DateRange = ALWAYS,
) -> Unseen | None:
    """How long the pupil has not been seen; None while the last session marked was attended.

    Seen means on site (a late U included), at an approved activity, or a sighting that somebody
    wrote down. Without any, the days count from the first day on roll in the calendar.
    `at_least_every` is the policy's clock in school days.
    """
    kept = [mark for mark in in_order(marks, on_roll) if mark.day <= as_of]
    seen = [mark.day for mark in kept if _seen(mark)]
    if kept and _seen(kept[-1]):
        return None
    days = [day for day in calendar.days if day in on_roll]
    last = max([*seen, *(day for day in sightings if day <= as_of)], default=None)
    since = [day for day in days if day <= as_of and (last is None or day > last)]
    following = [day for day in days if last is None or day > last]
    return Unseen(
        last_seen=last,
        school_days=len(since),
        see_by=following[at_least_every - 1] if len(following) >= at_least_every else None,
    )


def _seen(mark: Mark) -> bool:
    """Whether a mark says that staff saw the pupil."""
    return code_on(mark.code, mark.day).in_school or is_attended(kind_of(mark))
