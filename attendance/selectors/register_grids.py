"""A register by week, as a page and a certificate show it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby

from attendance.access import shown_code, shown_meaning
from attendance.selectors.books import Book
from rules import absence
from rules.absence import Tally
from rules.attendance_codes import CODES, Kind, code_on
from rules.dates import ONE_WEEK, monday_of
from rules.marks import DatedSession, Mark, Session

WEEKDAY_NAMES = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONDAY_TO_FRIDAY = frozenset(range(5))

# How a session counted, in the words of the pictures (frontend.charts.year_calendar.KINDS).
SHOWN_AS = {
    Kind.PRESENT: "present",
    Kind.APPROVED: "present",
    Kind.AUTHORISED: "authorised",
    Kind.UNAUTHORISED: "unauthorised",
    Kind.NOT_POSSIBLE: "not_counted",
    Kind.NOT_COLLECTED: "not_counted",
}


def kind_shown(mark: Mark) -> str:
    """What a mark counted as, for a picture or a grid; late is shown though it is present."""
    return "late" if mark.code == "L" else SHOWN_AS[code_on(mark.code, mark.day).kind]


@dataclass(frozen=True, slots=True)
class Slot:
    """One session of a register grid. `code` is empty for no mark; `meaning` says it in words."""

    when: DatedSession
    code: str
    kind: str
    meaning: str
    held: bool
    is_gap: bool

    @property
    def words(self) -> str:
        """For those who cannot see the grid: Monday 2 November, morning: Illness."""
        return (
            f"{self.when.day:%A} {self.when.day.day} {self.when.day:%B}, {self.when.session.words}"
        )


@dataclass(frozen=True, slots=True)
class GridWeek:
    """One week of a register: its slots in time order, and what they come to."""

    monday: date
    slots: tuple[Slot, ...]
    tally: Tally


@dataclass(frozen=True, slots=True)
class Grid:
    """A register by week. `weekdays` are those that the grid has columns for.

    gaps       the sessions that the school holds, up to today, without a mark: each run of them
               by its first and last
    gap_count  how many sessions that is
    """

    weekdays: tuple[int, ...]
    weeks: tuple[GridWeek, ...]
    tally: Tally
    gaps: tuple[tuple[DatedSession, DatedSession], ...]
    gap_count: int
    unresolved: int
    codes: tuple[tuple[str, str], ...]


def grid_of(book: Book, first: date, last: date, *, in_full: bool) -> Grid:
    """The weeks from `first` to `last` (both days included) in which the school met or has a mark.

    Everything that the grid sums up is recomputed from the marks that it shows.
    """
    marks = {mark.when: mark for mark in book.past if first <= mark.day <= last}
    held = {s for s in book.calendar.held if first <= s.day <= last and s.day in book.on_roll}
    used = {when.day.weekday() for when in held | set(marks)} | MONDAY_TO_FRIDAY
    columns = tuple(sorted(used))
    # Today's sessions too: a blank there would read as a day on which the school was shut.
    last_due = min(book.as_of, book.today)
    weeks = []
    monday = monday_of(first)
    while monday <= last:
        slots = _slots(monday, columns, marks, held, last_due, in_full)
        if any(slot.held or slot.code for slot in slots):
            tally = absence.tally(m for m in marks.values() if monday_of(m.day) == monday)
            weeks.append(GridWeek(monday, slots, tally))
        monday += ONE_WEEK
    shown = [slot for week in weeks for slot in week.slots]
    return Grid(
        weekdays=columns,
        weeks=tuple(weeks),
        tally=absence.tally(marks.values()),
        gaps=_gap_runs(shown),
        gap_count=sum(slot.is_gap for slot in shown),
        unresolved=sum(mark.code == "N" for mark in marks.values()),
        codes=tuple(
            sorted({(s.code, s.meaning) for s in shown if s.code}, key=lambda row: _place(row[0]))
        ),
    )


def _gap_runs(shown: Sequence[Slot]) -> tuple[tuple[DatedSession, DatedSession], ...]:
    """The gaps, those put together that have no marked session between them."""
    runs = []
    for is_gap, run in groupby((s for s in shown if s.held or s.code), key=lambda s: s.is_gap):
        if is_gap:
            slots = list(run)
            runs.append((slots[0].when, slots[-1].when))
    return tuple(runs)


def _place(code: str) -> int:
    """Where a code stands in the register's own order; those that are hidden stand last."""
    return next((at for at, row in enumerate(CODES) if row.code == code), len(CODES))


def _slots(
    monday: date,
    columns: Sequence[int],
    marks: dict[DatedSession, Mark],
    held: set[DatedSession],
    last_due: date,
    in_full: bool,
) -> tuple[Slot, ...]:
    whens = [
        DatedSession(monday + timedelta(days=weekday), half)
        for weekday in columns
        for half in Session
    ]
    return tuple(
        _marked(marks[when], when in held, in_full)
        if when in marks
        else _unmarked(when, when in held, last_due)
        for when in whens
    )


def _marked(mark: Mark, held: bool, in_full: bool) -> Slot:
    return Slot(
        mark.when,
        shown_code(mark.code, mark.day, in_full=in_full),
        kind_shown(mark).replace("_", "-"),
        shown_meaning(mark.code, mark.day, in_full=in_full),
        held,
        False,
    )


def _unmarked(when: DatedSession, held: bool, last_due: date) -> Slot:
    if held and when.day <= last_due:
        return Slot(when, "", "gap", "No mark", held, True)
    return Slot(when, "", "none", "No session", held, False)
