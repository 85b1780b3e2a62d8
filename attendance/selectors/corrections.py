"""What was relied on and has been corrected since: a register then, and the same marks today."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from attendance.marks import decode, year_of
from attendance.models import CrossingKind, Enrolment
from attendance.selectors.books import Book, book_from
from attendance.selectors.registers import Entry, history, register_as_known_at, year_marks
from rules import absence
from rules.school_calendar import grid_start, year_end


@dataclass(frozen=True, slots=True)
class Correction:
    """A register as it was known at a moment, beside what became of those marks.

    then     the register as it stood at the moment
    now      the sessions that had a mark then, with today's marks. Marks first made later are
             in neither: a register that goes on is no correction
    changes  the ledger's amendments of those sessions since, oldest first
    """

    then: Book
    now: Book
    changes: tuple[Entry, ...]


def corrected_since(
    enrolment: Enrolment, born_on: date, moment: datetime, *, as_of: date
) -> Correction:
    """What was corrected since `moment` in the register as of a day, and the year before it."""
    year = year_of(as_of)
    then, now, changes = [], [], []
    for each in (year - 1, year):
        known = register_as_known_at(enrolment, each, moment)
        kept = zip(known, year_marks(enrolment, each), strict=True)
        then += decode(each, known)
        now += decode(each, bytes(held if was else 0 for was, held in kept))
        changes += _changes(enrolment, each, moment, known, as_of)
    return Correction(
        then=book_from(enrolment, born_on, then, year=year, today=as_of),
        now=book_from(enrolment, born_on, now, year=year, today=as_of),
        changes=tuple(sorted(changes, key=lambda entry: entry.number)),
    )


def _changes(
    enrolment: Enrolment, year: int, moment: datetime, known: bytes, as_of: date
) -> list[Entry]:
    """The amendments of one year's known sessions since the moment."""
    start = grid_start(year)
    marked = {mark.when for mark in decode(year, known)}
    return [
        entry
        for entry in history(enrolment, start, min(year_end(start), as_of))
        if entry.at > moment and not entry.first and entry.when in marked
    ]


def stands_at(book: Book, kind: str) -> bool:
    """Whether a register is over a line of the worklist: ten in ten, persistent or severe.

    A threshold that rests on unresolved codes N counts as over it here: a person looked at it.
    """
    if kind == CrossingKind.TEN_IN_TEN:
        return book.proof.still_met
    tally = book.tally
    if not tally.possible or not absence.enough_to_alert(tally.possible, book.as_of):
        return False
    test, percent = {
        CrossingKind.PERSISTENT.value: (absence.is_persistent, book.figures.persistent_percent),
        CrossingKind.SEVERE.value: (absence.is_severe, book.figures.severe_percent),
    }[kind]
    return test(tally.absent, tally.possible, percent=percent)


JUST_BEFORE = timedelta(microseconds=1)
