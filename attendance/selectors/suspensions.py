"""How long a pupil has been suspended: from what was agreed and from what the registers say."""

from dataclasses import dataclass
from datetime import date

from attendance.marks import year_of
from attendance.models import Arrangement, ArrangementKind, Enrolment
from attendance.selectors.arrangements import covers
from attendance.selectors.arrangements_preview import Span
from attendance.selectors.calendars import calendar_of
from attendance.selectors.registers import marks_of
from rules.marks import DatedSession
from rules.school_calendar import Calendar, grid_start, sessions_between, year_end
from rules.suspensions import days_provision_is_due


@dataclass(frozen=True, slots=True)
class SuspensionDays:
    """before, now  half days of this school year before a span, and those it adds
    days  every day with a session covered, of this span and of others of the year"""

    before: int
    now: int
    days: frozenset[date]


def of_year(row: Arrangement) -> tuple[int, date | None]:
    """What a suspension or exclusion comes to: half days suspended this school year with it, and
    the first of its days on which education is due, if it lasts so long."""
    calendar = calendar_of(row.school)
    span = Span(row.starts_on, max(row.last_day, row.starts_on), row.code, row.pattern)
    found = suspension_days(row.enrolment, span, calendar, leaving_out=row.pk)
    due = days_provision_is_due(calendar.days, found.days)
    first = next((day for day in due if row.starts_on <= day <= row.last_day), None)
    return found.before + found.now, first


def suspension_days(
    enrolment: Enrolment, span: Span, calendar: Calendar, *, leaving_out: int | None = None
) -> SuspensionDays:
    """What a suspension over a span would come to. Permanent exclusion counts for days alone."""
    year = year_of(span.first)
    first, last = grid_start(year), year_end(grid_start(year))
    sessions = sessions_between(calendar, first, last)
    rows = Arrangement.objects.filter(
        enrolment=enrolment,
        kind__in=[ArrangementKind.SUSPENSION, ArrangementKind.EXCLUSION],
        starts_on__lte=last,
        ends_on__gte=first,
    ).exclude(pk=leaving_out or 0)
    suspended, excluded = set[DatedSession](), set[DatedSession]()
    for row in rows:
        into = suspended if row.kind == ArrangementKind.SUSPENSION else excluded
        into.update(when for when in sessions if covers(row, when))
    marked = {mark.when for mark in marks_of(enrolment, first, last) if mark.code == "E"}
    adds = {when for when in sessions if when in span}
    before = (suspended | (marked - excluded)) - adds
    days = {when.day for when in suspended | excluded | marked | adds}
    return SuspensionDays(len(before), len(adds), frozenset(days))
