"""Questions about school calendars: which is in force, what it holds, what a year looks like."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

from django.db import connection
from django.db.models import Q, QuerySet

from attendance import marks
from attendance.models import Calendar, CalendarDay, DayKind, RegisterYear, Term
from authorities.models import Authority, School
from rules import school_calendar as law
from rules.dates import ONE_WEEK, DateRange, days_between, monday_of
from rules.marks import DatedSession, Session

FULL_WEEK = 10


def year_words(year: int) -> str:
    """An academic year as people write it: 2026/27."""
    return f"{year}/{(year + 1) % 100:02}"


def year_range(year: int) -> DateRange:
    """The first and last day of an academic year's grid."""
    start = law.grid_start(year)
    return DateRange(start, law.year_end(start))


def sessions_of(calendar: Calendar) -> tuple[DatedSession, ...]:
    """Every session the calendar holds, in time order."""
    return _sessions(calendar.year, bytes(calendar.sessions))


# A list of an authority reads the calendars of a hundred schools for each page: what the same
# bytes mean is worked out once. Sessions are no personal data, and neither value can be changed.
@lru_cache(maxsize=256)
def _sessions(year: int, held: bytes) -> tuple[DatedSession, ...]:
    return tuple(marks.session_at(year, place) for place, byte in enumerate(held) if byte)


@lru_cache(maxsize=256)
def _rules_calendar(years: tuple[tuple[int, bytes], ...]) -> law.Calendar:
    return law.Calendar(sessions=tuple(when for year in years for when in _sessions(*year)))


def own_calendars(authority: Authority, school: School | None) -> QuerySet[Calendar]:
    """The calendars that belong to a school, or with None to the authority itself."""
    return Calendar.objects.filter(authority=authority, school=school).order_by("year")


def own_calendar(authority: Authority, school: School | None, year: int) -> Calendar | None:
    """The one of those for a year."""
    return own_calendars(authority, school).filter(year=year).first()


def calendar_in_force(school: School, year: int) -> Calendar | None:
    """The calendar a school works by in a year: its own, else its authority's, else none."""
    both = Calendar.objects.filter(Q(school=school) | Q(school=None), authority=school.authority_id)
    found = {calendar.school_id: calendar for calendar in both.filter(year=year)}
    return found.get(school.pk) or found.get(None)


def calendars_in_force(school: School) -> list[Calendar]:
    """The calendar in force at a school for each year there is one, earliest year first."""
    both = Calendar.objects.filter(Q(school=school) | Q(school=None), authority=school.authority_id)
    chosen: dict[int, Calendar] = {}
    for calendar in both.order_by("year"):
        if calendar.school_id is not None or calendar.year not in chosen:
            chosen[calendar.year] = calendar
    return list(chosen.values())


def rules_calendar(calendars: Sequence[Calendar]) -> law.Calendar:
    """These calendars as one that the rules can read; give one school's, any number of years."""
    return _rules_calendar(tuple((one.year, bytes(one.sessions)) for one in calendars))


def calendar_of(school: School) -> law.Calendar:
    """The calendar of a school, each year of it, as the rules read it. One query."""
    return rules_calendar(calendars_in_force(school))


def schools_using(calendar: Calendar) -> QuerySet[School]:
    """The schools that work by a calendar: one, or those of the authority without their own."""
    if calendar.school_id is not None:
        return School.objects.filter(pk=calendar.school_id)
    own = Calendar.objects.filter(year=calendar.year, school__isnull=False).values("school")
    return School.objects.filter(authority=calendar.authority_id).exclude(pk__in=own)


def marks_at(calendar: Calendar, places: Sequence[int]) -> int:
    """How many marks are recorded in these sessions at the schools that use the calendar."""
    if not places:
        return 0
    table = RegisterYear._meta.db_table
    schools = list(schools_using(calendar).values_list("pk", flat=True))
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT count(*) FROM {table}, unnest(%s::int[]) place"  # noqa: S608 (our table)
            " WHERE authority_id = %s AND school_id = ANY(%s::bigint[]) AND year = %s"
            " AND get_byte(marks, place) <> 0",
            [list(places), calendar.authority_id, schools, calendar.year],
        )
        return int(cursor.fetchone()[0])


# A year at a glance


@dataclass(frozen=True, slots=True)
class Cell:
    """One day of the year's picture. `kind` picks its look; `words` says it without colour."""

    day: date | None
    kind: str
    words: str


@dataclass(frozen=True, slots=True)
class Week:
    """One row of a month. `number` is the school week's; none when the school does not meet."""

    number: int | None
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Month:
    """One month of the picture."""

    first: date
    weeks: tuple[Week, ...]
    sessions: int


@dataclass(frozen=True, slots=True)
class ShortWeek:
    """A school week with fewer sessions than a full one, and what took them."""

    number: int
    monday: date
    sessions: int
    because: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Year:
    """A calendar as people look at it."""

    months: tuple[Month, ...]
    short_weeks: tuple[ShortWeek, ...]
    sessions: int
    days: int
    weeks: int
    terms: tuple[Term, ...]
    entries: tuple[CalendarDay, ...]


MARKED = {
    DayKind.INSET: ("inset", "staff training day"),
    DayKind.CLOSED: ("closed", "closed"),
    DayKind.OPEN: ("open", "extra day"),
}


def year_at_a_glance(calendar: Calendar) -> Year:
    """A calendar's months with each day's kind, its short weeks and its totals."""
    sessions = sessions_of(calendar)
    terms = tuple(calendar.terms.order_by("starts_on"))
    entries = tuple(calendar.days.order_by("day", "session"))
    held = Counter(session.day for session in sessions)
    cells = _cells(calendar.year, held, terms, entries)
    numbers = {
        monday: number
        for number, monday in enumerate(sorted({monday_of(day) for day in held}), start=1)
    }
    return Year(
        months=tuple(_month(first, cells, numbers, held) for first in _months(held)),
        short_weeks=_short_weeks(numbers, held, cells),
        sessions=len(sessions),
        days=len(held),
        weeks=len(numbers),
        terms=terms,
        entries=entries,
    )


def _cells(
    year: int, held: Counter[date], terms: Sequence[Term], entries: Sequence[CalendarDay]
) -> dict[date, Cell]:
    """How each day of the year looks, from the weakest reason to the strongest."""
    span = year_range(year)
    assert span.first is not None  # noqa: S101 (year_range gives both ends)
    assert span.last is not None  # noqa: S101
    known = law.bank_holidays()
    in_term = {day for term in terms for day in days_between(term.starts_on, term.ends_on)}
    marked = {entry.day: entry for entry in entries}
    cells = {}
    for day in days_between(span.first, span.last):
        kind, words = _look(day, held[day], day in in_term, day in known)
        if entry := marked.get(day):
            kind, words = MARKED[DayKind(entry.kind)]
            if entry.session is not None:
                words = f"{words}, {Session(entry.session).words} only"
            words = f"{words}: {entry.note}" if entry.note else words
        cells[day] = Cell(day, kind, words)
    return cells


def _look(day: date, held: int, in_term: bool, bank_holiday: bool) -> tuple[str, str]:
    """The look and words of a day that has no entry of its own."""
    if bank_holiday:
        return "holiday", "bank holiday"
    if held:
        return "school", "school day"
    if day.weekday() >= 5:
        return "weekend", "weekend"
    return ("none", "no school") if in_term else ("away", "school holiday")


def _months(held: Counter[date]) -> list[date]:
    """The first of each month from the first school day to the last."""
    if not held:
        return []
    month, last = min(held).replace(day=1), max(held)
    months = []
    while month <= last:
        months.append(month)
        month = (month + timedelta(days=31)).replace(day=1)
    return months


def _month(
    first: date, cells: dict[date, Cell], numbers: dict[date, int], held: Counter[date]
) -> Month:
    """One month in weeks from Monday to Sunday; days of other months are left blank."""
    blank = Cell(None, "blank", "")
    following = (first + timedelta(days=31)).replace(day=1)
    weeks = []
    monday = monday_of(first)
    while monday < following:
        days = [monday + timedelta(days=n) for n in range(7)]
        row = tuple(cells.get(day, blank) if day.month == first.month else blank for day in days)
        weeks.append(Week(numbers.get(monday), row))
        monday += ONE_WEEK
    total = sum(n for day, n in held.items() if first <= day < following)
    return Month(first, tuple(weeks), total)


def _short_weeks(
    numbers: dict[date, int], held: Counter[date], cells: dict[date, Cell]
) -> tuple[ShortWeek, ...]:
    """The school weeks that hold fewer than ten sessions, with the reason for each missing day."""
    short = []
    for monday, number in numbers.items():
        days = [monday + timedelta(days=n) for n in range(7)]
        total = sum(held[day] for day in days)
        if total < FULL_WEEK:
            missing = [cells[day] for day in days[:5] if held[day] < 2 and day in cells]
            because = tuple(f"{cell.day:%A}: {cell.words}" for cell in missing)
            short.append(ShortWeek(number, monday, total, because))
    return tuple(short)
