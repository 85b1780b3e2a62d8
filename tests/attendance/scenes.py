"""A pupil with a school year behind them, for the tests of pages and figures."""

from datetime import UTC, date, datetime, timedelta

from attendance.models import Crossing, Enrolment
from attendance.services.registers import record_marks
from rules.dates import days_between
from tests.attendance.registers import TERMS, frame, school_year
from tests.cast import TODAY, Cast

NOW = datetime(2026, 11, 17, 8, tzinfo=UTC)
HALF_TERM = (date(2026, 10, 24), date(2026, 11, 2))


def a_year_of_marks(
    cast: Cast,
    enrolment: Enrolment | None = None,
    absences: dict[tuple[date, int], str] | None = None,
) -> None:
    """Present at each session of this school year up to yesterday, but for `absences`.

    absences  (day, 0 for the morning or 1 for the afternoon) → code; an empty code leaves a gap
    """
    enrolment = enrolment or cast.enrolment
    school, absences = enrolment.school, absences or {}
    rows = []
    for first, last in TERMS[2026]:
        for day in days_between(first, min(last, TODAY - timedelta(days=1))):
            if day.weekday() < 5:
                rows += [
                    (enrolment.pk, day, half, absences.get((day, half), "/\\"[half]))
                    for half in (0, 1)
                ]
    kept = [row for row in rows if row[3]]
    record_marks(
        school=school, marks=frame(kept), batch=None, by=cast.officer, reason="start", now=NOW
    )


def days_of(code: str, *days: date) -> dict[tuple[date, int], str]:
    """Whole days of a code."""
    return {(day, half): code for day in days for half in (0, 1)}


def calendar(cast: Cast) -> None:
    """Hillside's calendar of this year and the last."""
    for year in (2025, 2026):
        school_year(cast.hillside, year)


# Ten unauthorised sessions: 5 to 9 October 2026, all day. The tenth is Friday afternoon.
TEN = days_of("O", *days_between(date(2026, 10, 5), date(2026, 10, 9)))


def crossing(cast: Cast, enrolment: Enrolment | None = None, **fields: object) -> Crossing:
    """Ten in ten met on 9 October 2026, seen by nobody."""
    enrolment = enrolment or cast.enrolment
    fields.setdefault("kind", "ten in ten")
    fields.setdefault("state", "met")
    fields.setdefault("since", date(2026, 10, 9))
    return Crossing.objects.create(
        authority_id=enrolment.authority_id,
        school=enrolment.school,
        enrolment=enrolment,
        year=2026,
        changed_at=NOW,
        **fields,
    )
