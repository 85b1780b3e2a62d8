"""Keeping the register: what must be settled by when, and what must be reported to the council."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from rules.absence import in_order, kind_of
from rules.attendance_codes import Kind
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
