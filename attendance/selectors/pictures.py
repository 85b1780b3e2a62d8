"""What a pupil's pictures show: the year session by session, weekdays, weeks, the threshold."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import date

from attendance.access import shown_code
from attendance.selectors.books import Book
from attendance.selectors.register_grids import kind_shown
from frontend.charts.attendance_trend import WeekRate
from frontend.charts.threshold_weeks import WeekCount
from frontend.charts.weekday_pattern import WeekdayCount
from frontend.charts.year_calendar import SessionCell
from rules import absence
from rules.attendance_codes import Kind, code_on, is_absent, is_possible
from rules.dates import monday_of
from rules.marks import Mark, Session
from rules.school_calendar import school_weeks

FIVE_DAYS = tuple(range(5))
MISSING = "?"


def year_cells(book: Book, *, in_full: bool) -> list[SessionCell]:
    """Each session the school holds or has a mark for this year, in time order."""
    marked = {mark.when: mark for mark in book.of_year}
    held = {s for s in book.calendar.held if book.start <= s.day <= book.end}
    gaps = set(book.missing)
    cells = []
    for when in sorted(held | set(marked)):
        mark = marked.get(when)
        if mark is not None:
            kind, code = kind_shown(mark), _code_shown(mark, in_full)
        elif when in gaps:
            kind, code = "not_counted", MISSING
        else:
            kind, code = "to_come" if when.day in book.on_roll else "no_session", ""
        cells.append(SessionCell(when.day, when.session.name, kind, code))
    return cells


def _code_shown(mark: Mark, in_full: bool) -> str:
    """The letter on a square: none for a pupil who was there in time."""
    if code_on(mark.code, mark.day).kind is Kind.PRESENT and mark.code != "L":
        return ""
    return shown_code(mark.code, mark.day, in_full=in_full)


def weekday_counts(book: Book) -> list[WeekdayCount]:
    """Missed and possible sessions of this year by weekday and half, Monday to Friday."""
    return weekday_counts_of(book.of_year)


def weekday_counts_of(marks: Iterable[Mark]) -> list[WeekdayCount]:
    """Missed and possible sessions, of one pupil or of many together, by weekday and half."""
    missed: Counter[tuple[int, Session]] = Counter()
    possible: Counter[tuple[int, Session]] = Counter()
    for mark in marks:
        kind = absence.kind_of(mark)
        slot = (mark.day.weekday(), mark.session)
        possible[slot] += is_possible(kind)
        missed[slot] += is_absent(kind)
    return [
        WeekdayCount(day, half.name, missed[day, half], possible[day, half])
        for day in FIVE_DAYS
        for half in Session
    ]


def week_rates(book: Book) -> list[WeekRate]:
    """The attendance of each school week of this year so far; none where nothing was possible."""
    by_week: dict[date, list[Mark]] = defaultdict(list)
    for mark in book.of_year:
        by_week[monday_of(mark.day)].append(mark)
    tallies = {
        monday: absence.tally(by_week[monday])
        for monday in school_weeks(book.calendar, book.as_of)
        if monday >= book.start
    }
    return [
        WeekRate(monday, absence.basis_points(tally.attended, tally.possible))
        for monday, tally in tallies.items()
    ]


def week_counts(book: Book) -> list[WeekCount]:
    """The counting sessions of each school week that the proof shows."""
    return [WeekCount(week.monday, week.counted) for week in book.proof.weeks if week.counts]
