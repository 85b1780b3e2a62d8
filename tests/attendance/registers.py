"""A school year to write marks into, for the tests of the mark store and the sweep."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta

import numpy as np

from attendance import marks as codec
from attendance.models import Calendar
from attendance.services.registers import MarksFrame
from authorities.models import School
from rules.dates import DateRange
from rules.marks import DatedSession, Mark, Session
from rules.school_calendar import build_calendar, grid_start

NOW = datetime(2026, 11, 17, 9, tzinfo=UTC)
MONDAY = date(2026, 11, 9)
TERMS = {
    2025: [
        (date(2025, 9, 3), date(2025, 10, 24)),
        (date(2025, 11, 3), date(2025, 12, 19)),
        (date(2026, 1, 5), date(2026, 2, 13)),
        (date(2026, 2, 23), date(2026, 3, 27)),
        (date(2026, 4, 13), date(2026, 5, 22)),
        (date(2026, 6, 1), date(2026, 7, 21)),
    ],
    2026: [
        (date(2026, 9, 2), date(2026, 10, 23)),
        (date(2026, 11, 3), date(2026, 12, 18)),
        (date(2027, 1, 5), date(2027, 2, 12)),
        (date(2027, 2, 22), date(2027, 3, 25)),
        (date(2027, 4, 12), date(2027, 5, 28)),
        (date(2027, 6, 7), date(2027, 7, 21)),
    ],
}


def sessions_as_bytes(year: int, sessions: Iterable[DatedSession]) -> bytes:
    """Sessions of a year as a calendar keeps them."""
    held = bytearray(codec.SLOTS)
    for day, session in sessions:
        held[(day - grid_start(year)).days * 2 + session] = 1
    return bytes(held)


def school_year(school: School | None, year: int, **fields) -> Calendar:
    """A calendar with two half terms a term; the authority's own when `school` is None."""
    law = build_calendar([DateRange(*ends) for ends in TERMS[year]])
    fields.setdefault("authority_id", school.authority_id if school else None)
    return Calendar.objects.create(
        school=school, year=year, sessions=sessions_as_bytes(year, law.sessions), **fields
    )


def frame(rows: Iterable[tuple[int, date, int, str]]) -> MarksFrame:
    """Rows of (enrolment, day, session, code) as arrays."""
    columns = list(zip(*rows, strict=True)) or [[], [], [], []]
    return MarksFrame(
        enrolment=np.array(columns[0], dtype=np.int64),
        day=np.array([day.toordinal() for day in columns[1]], dtype=np.int64),
        session=np.array(columns[2], dtype=np.uint8),
        number=np.array([codec.NUMBERS.get(code, 0) for code in columns[3]], dtype=np.uint8),
    )


def week_of(enrolment_id: int, monday: date, codes: str) -> list[tuple[int, date, int, str]]:
    """Up to ten one-letter codes from Monday morning on; a space leaves a session blank."""
    return [
        (enrolment_id, monday + timedelta(days=at // 2), at % 2, code)
        for at, code in enumerate(codes)
        if code != " "
    ]


def mark(day: date, session: int, code: str) -> Mark:
    """A mark."""
    return Mark(day, Session(session), code)
