"""Reading a school year's calendar from a file: CSV with named columns, or iCalendar (.ics).

CSV columns: kind, name, starts, ends, session, note; `date` may stand for `starts`. Kinds are
term, inset, closed and open. Dates are 2026-09-02 or 02/09/2026; `session` is am, pm or empty.

In an .ics file only all-day events are read. Their category, or else their title, decides by the
first of WORDS that it holds. What cannot be read is a problem with its line; nothing is guessed.
"""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from icalendar import Calendar as ICalendar
from icalendar import Event

from attendance import marks
from attendance.imports.values import EARLIEST, LATEST
from attendance.models import DayKind
from attendance.services.calendars import DayEntry, Plan, TermDates, check
from rules.dates import days_between
from rules.errors import InvalidInput
from rules.marks import Session
from rules.plain_text import hidden_character

LARGEST = 1024 * 1024
WRITTEN_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9]{1,2}/[0-9]{1,2}/[0-9]{4}")
COLUMNS = ("kind", "name", "starts", "ends", "session", "note")
KINDS = {
    "term": "term",
    "inset": DayKind.INSET,
    "training": DayKind.INSET,
    "closed": DayKind.CLOSED,
    "closure": DayKind.CLOSED,
    "open": DayKind.OPEN,
}
HALVES = {
    "": None,
    "day": None,
    "am": Session.AM,
    "morning": Session.AM,
    "pm": Session.PM,
    "afternoon": Session.PM,
}
PASSED_OVER = "passed over"
# The order matters: "Half term holiday" holds "term", "INSET day: school closed" holds "closed".
WORDS: tuple[tuple[str, str], ...] = (
    ("inset", DayKind.INSET),
    ("training", DayKind.INSET),
    ("non-pupil", DayKind.INSET),
    ("non pupil", DayKind.INSET),
    ("bank holiday", PASSED_OVER),
    ("half term", PASSED_OVER),
    ("half-term", PASSED_OVER),
    ("holiday", PASSED_OVER),
    ("break", PASSED_OVER),
    ("closed", DayKind.CLOSED),
    ("closure", DayKind.CLOSED),
    ("polling", DayKind.CLOSED),
    ("extra", DayKind.OPEN),
    ("open", DayKind.OPEN),
    ("term starts", ""),
    ("term ends", ""),
    ("term begins", ""),
    ("term", "term"),
)


@dataclass(frozen=True, slots=True)
class Problem:
    """One place of the file that cannot be taken."""

    line: int
    value: str
    reason: str


@dataclass(frozen=True, slots=True)
class Row:
    """One line or event: what kind of entry, from when to when."""

    line: int
    kind: str
    name: str
    starts: date
    ends: date
    session: Session | None
    note: str


@dataclass(frozen=True)
class Reading:
    """What a file says. It can be taken only when `problems` is empty.

    passed_over  events that say nothing new: school holidays and bank holidays
    """

    year: int | None = None
    plan: Plan = field(default_factory=lambda: Plan(()))
    problems: tuple[Problem, ...] = ()
    passed_over: int = 0
    sessions: int = 0


def read(content: bytes, year: int | None = None) -> Reading:
    """Read a file of either format, told apart by what it holds.

    year  the academic year the file must be about; None takes that of its first date
    Never raises for what the file holds: see Reading.problems.
    """
    if len(content) > LARGEST:
        return _refused("The file is larger than 1 MB. A calendar is a few lines: check the file.")
    if not content.strip():
        return _refused("The file is empty.")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("cp1252", errors="replace")
    if "\0" in text:
        return _refused("This is not a text file. Save it as CSV or .ics and try again.")
    if not text.strip():
        return _refused("The file is empty.")
    found = _ics(text) if text.lstrip().upper().startswith("BEGIN:VCALENDAR") else _csv(text)
    rows = [row for row in found if isinstance(row, Row)]
    problems = [row for row in found if isinstance(row, Problem)]
    passed_over = sum(row.kind == PASSED_OVER for row in rows)
    return _reading([row for row in rows if row.kind != PASSED_OVER], problems, passed_over, year)


def _refused(reason: str) -> Reading:
    return Reading(problems=(Problem(1, "", reason),))


def _reading(
    rows: list[Row], problems: list[Problem], passed_over: int, year: int | None
) -> Reading:
    """The rows as one year's plan, checked as a whole."""
    if not rows and not problems:
        problems = [Problem(1, "", "The file has no terms. Add at least one term.")]
    about = year if year is not None or not rows else marks.year_of(min(r.starts for r in rows))
    plan = Plan(
        terms=tuple(TermDates(r.starts, r.ends, r.name) for r in rows if r.kind == "term"),
        days=tuple(_entries(rows)),
    )
    sessions = 0
    if not problems and about is not None:
        try:
            sessions = len(check(plan, about))
        except InvalidInput as wrong:
            problems = [Problem(0, "", wrong.sentence)]
    return Reading(about, plan, tuple(problems), passed_over, sessions)


def _entries(rows: Iterable[Row]) -> Iterator[DayEntry]:
    """Each weekday of each row that is not a term; a single day may be a weekend."""
    for row in rows:
        if row.kind == "term":
            continue
        for day in days_between(row.starts, row.ends):
            if day.weekday() < 5 or row.starts == row.ends:
                yield DayEntry(day, DayKind(row.kind), row.session, row.note or row.name)


# CSV


def _csv(text: str) -> list[Row | Problem]:
    """Rows and problems of a CSV, each with its line."""
    lines = io.StringIO(text, newline="")
    head = text.split("\n", 1)[0]
    reader = csv.reader(lines, delimiter=max(",;\t", key=head.count))
    try:
        titles = [title.strip().lower() for title in next(reader)]
        titles = ["starts" if title == "date" else title for title in titles]
        missing = [name for name in ("kind", "starts") if name not in titles]
        if missing:
            return [
                Problem(
                    1,
                    ", ".join(missing),
                    "The first line must name the columns: kind, name, starts, ends, session, "
                    f"note. Missing: {', '.join(missing)}.",
                )
            ]
        rows = [(reader.line_num, cells) for cells in reader if any(map(str.strip, cells))]
    except csv.Error:
        return [Problem(reader.line_num, "", "This line cannot be read as CSV.")]
    if rows and not text.endswith(("\n", "\r")) and _may_be_cut(rows[-1][1], len(titles)):
        return [Problem(rows[-1][0], "", CUT)]
    return [_csv_row(line, dict(zip(titles, cells, strict=False))) for line, cells in rows]


CUT = "This line may have been cut off. End it with a line break if it is whole."


def _may_be_cut(cells: list[str], width: int) -> bool:
    """Whether a last line without a line break may say less than it did: a day, not a morning."""
    return len(cells) < width or not cells[-1].strip()


def _csv_row(line: int, cells: Mapping[str, str]) -> Row | Problem:
    """One line of a CSV."""
    given = {name: cells.get(name, "").strip() for name in COLUMNS}
    kind = KINDS.get(given["kind"].lower())
    if kind is None:
        return Problem(line, given["kind"], "Kind must be term, inset, closed or open.")
    if given["session"].lower() not in HALVES:
        return Problem(line, given["session"], "Session must be am, pm or empty.")
    starts, ends = _date(given["starts"]), _date(given["ends"] or given["starts"])
    if starts is None or ends is None:
        wrong = given["starts"] if starts is None else given["ends"]
        return Problem(line, wrong, "Enter a date such as 2026-09-02 or 02/09/2026.")
    name = given["name"] or given["note"]
    return _row(line, kind, name, starts, ends, HALVES[given["session"].lower()], given["note"])


def _row(
    line: int,
    kind: str,
    name: str,
    starts: date,
    ends: date,
    session: Session | None = None,
    note: str = "",
) -> Row | Problem:
    """A row, unless it makes no sense by itself."""
    if not (EARLIEST <= starts.year <= LATEST and EARLIEST <= ends.year <= LATEST):
        return Problem(line, starts.isoformat(), f"Years must be from {EARLIEST} to {LATEST}.")
    if character := hidden_character(name + note):
        return Problem(line, "", f"This holds a hidden character (U+{ord(character):04X}).")
    if ends < starts:
        return Problem(line, ends.isoformat(), "The last day is before the first day.")
    if (ends - starts).days > 366:
        return Problem(line, ends.isoformat(), "This runs for more than a year. Check its dates.")
    if kind == "term" and not name:
        return Problem(line, "", "Give the term a name.")
    return Row(line, kind, name[:60], starts, ends, session, note[:120])


def _date(typed: str) -> date | None:
    """A day written as year-month-day or day/month/year; nothing else is guessed at."""
    if not WRITTEN_DAY.fullmatch(typed):  # "2026-12-1" may be the start of "2026-12-18"
        return None
    for shape in ("%Y-%m-%d", "%d/%m/%Y"):
        try:
            return datetime.strptime(typed, shape).date()  # noqa: DTZ007 (a day has no zone)
        except ValueError:
            continue
    return None


# iCalendar


def _ics(text: str) -> list[Row | Problem]:
    """Rows and problems of an .ics file; the number of the event stands for the line."""
    try:
        calendar = ICalendar.from_ical(text)
    except (ValueError, IndexError, KeyError):
        return [Problem(1, "", "This .ics file is broken or cut short. Download it again.")]
    return [_ics_row(number, e) for number, e in enumerate(calendar.walk("VEVENT"), start=1)]


def _ics_row(number: int, event: Event) -> Row | Problem:
    """One event."""
    title = str(event.get("SUMMARY", "")).strip()
    starts, ends = _event_days(event)
    if starts is None or ends is None:
        return Problem(number, title[:60], "This is not an all-day event with a date.")
    if "RRULE" in event:
        return Problem(number, title[:60], "This event repeats. Enter each day by itself.")
    kind = _event_kind(event, title)
    if not kind:
        return Problem(
            number,
            title[:60],
            "We cannot tell what this is. Its category or title must hold one of: "
            "term, INSET, training, closed, holiday, extra.",
        )
    return _row(number, kind, title, starts, ends)


def _event_days(event: Event) -> tuple[date | None, date | None]:
    """The first and last day of an all-day event; the end in the file is the day after."""
    start = getattr(event.get("DTSTART"), "dt", None)
    end = getattr(event.get("DTEND"), "dt", None)
    if not isinstance(start, date) or isinstance(start, datetime):
        return None, None
    if end is None:
        return start, start
    if not isinstance(end, date) or isinstance(end, datetime):
        return None, None
    return start, max(start, end - timedelta(days=1)) if end > start else start


def _event_kind(event: Event, title: str) -> str:
    """What an event is by its categories, else by its title; empty when neither says."""
    categories = getattr(event.get("CATEGORIES"), "cats", ())
    for said in (" ".join(str(category) for category in categories), title):
        for word, kind in WORDS:
            if word in said.lower():
                return kind
    return ""


def written(plan: Plan) -> str:
    """A plan as a CSV that `read` takes back: what a page carries from its check to its import."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for term in sorted(plan.terms):
        writer.writerow(["term", term.name, term.starts_on, term.ends_on, "", ""])
    for entry in sorted(plan.days, key=lambda e: (e.day, e.session or 0)):
        half = "" if entry.session is None else ("am", "pm")[entry.session]
        writer.writerow([entry.kind.value, "", entry.day, "", half, entry.note])
    return text.getvalue()
