"""The invented school of the law's worked examples, and marks placed in its weeks."""

from collections.abc import Iterable
from datetime import date, timedelta

from rules.dates import DateRange
from rules.marks import DatedSession, Mark, Session
from rules.school_calendar import Calendar, build_calendar

TERMS = (
    DateRange(date(2026, 4, 13), date(2026, 5, 22)),
    DateRange(date(2026, 6, 1), date(2026, 7, 21)),
    DateRange(date(2026, 9, 1), date(2026, 10, 23)),
    DateRange(date(2026, 11, 2), date(2026, 12, 18)),
    DateRange(date(2027, 1, 4), date(2027, 2, 12)),
    DateRange(date(2027, 2, 22), date(2027, 3, 25)),
    DateRange(date(2027, 4, 12), date(2027, 5, 28)),
    DateRange(date(2027, 6, 7), date(2027, 7, 21)),
)
INSET = (date(2026, 9, 1), date(2026, 11, 2), date(2027, 1, 4))

CALENDAR = build_calendar(TERMS, inset=INSET)


def day(text: str) -> date:
    """A date from its ISO text."""
    return date.fromisoformat(text)


def on(first: str, codes: str | Iterable[str], calendar: Calendar = CALENDAR) -> list[Mark]:
    """One mark a code, on the school's sessions one after another from `first` on."""
    sessions = (session for session in calendar.sessions if session.day >= day(first))
    return [Mark(*session, code) for code, session in zip(codes, sessions, strict=False)]


def everywhere(first: str, codes: str | Iterable[str]) -> list[Mark]:
    """One mark a code, morning and afternoon of every weekday from `first` on, calendar or not."""
    start, placed = day(first), []
    weekdays = (start + timedelta(days=number) for number in range(1000))
    slots = (
        DatedSession(each, half) for each in weekdays if each.weekday() < 5 for half in Session
    )
    for code, slot in zip(codes, slots, strict=False):
        placed.append(Mark(*slot, code))
    return placed
