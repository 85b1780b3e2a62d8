"""Unexplained absence: how long it has gone on, and when a family must be visited."""

from collections.abc import Collection, Iterable
from datetime import date

from rules.absence import in_order
from rules.dates import ALWAYS, DateRange
from rules.marks import DatedSession, Mark
from rules.register import rule
from rules.school_calendar import Calendar

UNKNOWN = frozenset({"N", "O"})


@rule("WHY-1", source="PR2024/reg10(7)")
def unexplained_run(
    marks: Iterable[Mark],
    calendar: Calendar,
    as_of: date,
    *,
    missing: Collection[DatedSession] = (),
    on_roll: DateRange = ALWAYS,
) -> tuple[date, ...]:
    """The school days of an unexplained absence that has lasted until `as_of`, in order.

    A day is one of them when each session marked is N or O; one with any other mark ends the
    run, and one without a mark is passed over. `missing` are sessions whose register has closed
    without the pupil: they count as N. With no N at all the absence is settled: no days.
    """
    found: dict[date, set[str]] = {}
    for mark in in_order(marks, on_roll):
        found.setdefault(mark.day, set()).add(mark.code)
    for session in missing:
        found.setdefault(session.day, set()).add("N")
    run: list[date] = []
    for day in reversed([day for day in calendar.days if day <= as_of]):
        codes = found.get(day)
        if codes is None:
            continue
        if not codes <= UNKNOWN:
            break
        run.append(day)
    open_still = any("N" in found[day] for day in run)
    return tuple(reversed(run)) if open_still else ()


@rule("WHY-2", source="LOCAL/home-visit")
def home_visit_due(run: tuple[date, ...], contacted_on: Iterable[date], school_days: int) -> bool:
    """Whether a home visit is due: the run is that long, and nobody was reached since it began.

    run           as `unexplained_run` gives it
    contacted_on  days on which somebody of the family was spoken to, or the pupil was seen
    school_days   the length of the clock `home_visit` of the policy in force
    """
    if len(run) < school_days:
        return False
    return not any(day >= run[0] for day in contacted_on)
