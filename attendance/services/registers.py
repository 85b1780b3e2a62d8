"""Writing the register: taking it, correcting it, importing many marks, undoing an import.

Every change goes through the database functions of migration 0002. They lock the rows, compare,
write the ledger and only then change the bytes; the application's role can do none of it alone.
A first entry is no amendment. Any change of a recorded mark is one, even a minute later by the
same person, and needs a reason.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from enum import IntEnum

import numpy as np
import numpy.typing as npt
from django.db import DatabaseError, connection, transaction
from django.db.models import Max, Q

from attendance import marks as codec
from attendance.models import Amendment, ImportBatch, RegisterTaken
from attendance.models.registers import Source
from attendance.selectors import registers as selectors
from authorities.models import Membership, School, User
from authorities.permissions import Role
from rules.errors import Conflict, DomainError, Forbidden, InvalidInput, RuleNotMet, UnknownTerm
from rules.marks import DatedSession


@dataclass(frozen=True, slots=True)
class MarksFrame:
    """Many marks of one school, as arrays of one length.

    enrolment  ids, int64
    day        ordinals (date.toordinal), int64
    session    0 morning, 1 afternoon, uint8
    number     the code's byte (attendance.marks.numbers_of), uint8
    """

    enrolment: codec.Ints
    day: codec.Ints
    session: codec.Bytes
    number: codec.Bytes

    def __len__(self) -> int:
        return len(self.enrolment)


class Outcome(IntEnum):
    """What recording one row does. From NOT_HERE on the row is refused; REFUSALS says why."""

    NEW = 0
    CHANGED = 1
    UNCHANGED = 2
    NOT_HERE = 3
    OFF_ROLL = 4
    NO_CALENDAR = 5
    NO_SESSION = 6
    NOT_IN_FORCE = 7
    TWICE = 8


REFUSALS: dict[Outcome, str] = {
    Outcome.NOT_HERE: "The pupil is not on the roll of this school.",
    Outcome.OFF_ROLL: "The pupil was not on roll that day. Check the enrolment's dates.",
    Outcome.NO_CALENDAR: "The school has no calendar for that year. Add the terms first.",
    Outcome.NO_SESSION: "The school's calendar has no session then. Check the date or calendar.",
    Outcome.NOT_IN_FORCE: "The code was not in force that day. Map it to one that was.",
    Outcome.TWICE: "The file gives this pupil two different marks for this session.",
}


@dataclass(frozen=True, slots=True)
class Recorded:
    """How many marks were first entries, changes of recorded marks, and as they were before."""

    new: int = 0
    changed: int = 0
    unchanged: int = 0

    def __add__(self, other: "Recorded") -> "Recorded":
        return Recorded(
            self.new + other.new, self.changed + other.changed, self.unchanged + other.unchanged
        )


@dataclass(frozen=True, slots=True)
class Preview:
    """What recording a frame would do: `outcome` row by row, and the byte recorded now."""

    outcome: codec.Bytes
    current: codec.Bytes

    @property
    def counts(self) -> Recorded:
        """The rows that would be taken."""
        found = np.bincount(self.outcome, minlength=3)
        return Recorded(int(found[0]), int(found[1]), int(found[2]))


@dataclass(frozen=True, slots=True)
class Undone:
    """What undoing an import did. `kept` are marks that somebody changed after it."""

    blanked: int
    restored: int
    kept: tuple[tuple[int, DatedSession], ...]

    @property
    def sentence(self) -> str:
        """The outcome of undoing an import in words."""
        return self.words("before the import")

    def words(self, before: str) -> str:
        """The outcome in words. `before` says which moment the marks are put back to."""
        done = f"{self.blanked + self.restored} marks are as they were {before}."
        if not self.kept:
            return done
        return f"{done} {len(self.kept)} stay, because somebody has changed them since."


def preview_marks(*, school: School, marks: MarksFrame) -> Preview:
    """What `record_marks` would do with each row, and nothing written.

    The same mark given twice is NEW or CHANGED once and UNCHANGED after. A planned closure (#)
    outside the calendar's sessions and a Z off roll say what we know, so they are UNCHANGED.
    """
    years, places = codec.positions(marks.day, marks.session)
    outcome = np.full(len(marks), Outcome.NEW, dtype=np.uint8)
    current = np.zeros(len(marks), dtype=np.uint8)
    for year in np.unique(years).tolist():
        rows = np.flatnonzero(years == year)
        held, sessions = selectors.school_matrix(school, year), selectors.sessions_of(school, year)
        at = held.rows_of(marks.enrolment[rows])
        current[rows] = np.where(at >= 0, held.marks[at, places[rows]], codec.BLANK)
        if sessions is None:
            outcome[rows] = Outcome.NO_CALENDAR
            continue
        closed = sessions[places[rows]] == 0
        outcome[rows[closed]] = np.where(
            marks.number[rows[closed]] == codec.CLOSED, Outcome.UNCHANGED, Outcome.NO_SESSION
        )
    taken = outcome == Outcome.NEW
    outcome[taken & (current == marks.number)] = Outcome.UNCHANGED
    outcome[taken & (current != marks.number) & (current != codec.BLANK)] = Outcome.CHANGED
    _refuse_roll(school, marks, outcome)
    outcome[~codec.in_force(marks.number, marks.day)] = Outcome.NOT_IN_FORCE
    _once(marks, years, places, outcome)
    return Preview(outcome, current)


def _refuse_roll(school: School, marks: MarksFrame, outcome: codec.Bytes) -> None:
    """Mark the rows of enrolments elsewhere, and of days off roll."""
    here, off = _on_roll(school, marks.enrolment, marks.day)
    closed = (marks.number == codec.CLOSED) & (outcome == Outcome.UNCHANGED)
    said = closed | (marks.number == codec.NOT_ON_ROLL)
    outcome[off] = np.where(said[off], Outcome.UNCHANGED, Outcome.OFF_ROLL)
    outcome[~here] = Outcome.NOT_HERE


def _on_roll(
    school: School, enrolments: codec.Ints, days: codec.Ints
) -> tuple[codec.Flags, codec.Flags]:
    """Which of the enrolments are at this school, and which of those do not hold their day."""
    roll = selectors.roll_of(school)
    if not len(roll.ids):
        nobody = np.zeros(len(enrolments), np.bool_)
        return nobody, nobody
    at = np.searchsorted(roll.ids, enrolments)
    at[at == len(roll.ids)] = 0
    here = roll.ids[at] == enrolments
    return here, here & ((days < roll.first[at]) | (days > roll.last[at]))


def _once(marks: MarksFrame, years: codec.Ints, places: codec.Ints, outcome: codec.Bytes) -> None:
    """Mark rows that repeat a session: the same mark again changes nothing, another is refused."""
    order = np.lexsort((places, years, marks.enrolment))
    again = (
        (np.diff(marks.enrolment[order]) == 0)
        & (np.diff(years[order]) == 0)
        & (np.diff(places[order]) == 0)
    )
    if not again.any():
        return
    group = np.concatenate([[0], np.cumsum(~again)])
    number = marks.number[order].astype(np.int64)
    first = np.concatenate([[0], np.flatnonzero(~again) + 1])
    differs = np.minimum.reduceat(number, first) != np.maximum.reduceat(number, first)
    outcome[order[differs[group]]] = Outcome.TWICE
    repeats = np.concatenate([[False], again]) & ~differs[group]
    taken = outcome[order] <= Outcome.CHANGED
    outcome[order[repeats & taken]] = Outcome.UNCHANGED


def record_marks(
    *,
    school: School,
    marks: MarksFrame,
    batch: ImportBatch | None,
    by: User | None,
    reason: str,
    source: Source = Source.IMPORT,
    now: datetime,
    expected: int | None = None,
) -> Recorded:
    """Record many marks of one school in the caller's transaction, all of them or none.

    expected  the byte that every mark must hold now, where the person saw it

    Recording the same marks again, or twice at once, is the same as once. Raises InvalidInput
    when a row cannot be taken (ask `preview_marks` which), RuleNotMet when marks would change
    and no reason is given, UnknownTerm for a year without a calendar, and Conflict when a mark
    is not as expected.
    """
    if not codec.in_force(marks.number, marks.day).all():
        raise InvalidInput(REFUSALS[Outcome.NOT_IN_FORCE])
    years, places = codec.positions(marks.day, marks.session)
    wanted = _wanted(school, marks, years, places)
    order = wanted[np.lexsort((places[wanted], marks.enrolment[wanted], years[wanted]))]
    same = np.zeros(len(order), bool)
    same[1:] = (
        (np.diff(marks.enrolment[order]) == 0)
        & (np.diff(years[order]) == 0)
        & (np.diff(places[order]) == 0)
        & (np.diff(marks.number[order].astype(np.int16)) == 0)
    )
    once = order[~same]
    done = Recorded(unchanged=len(marks) - len(once))
    author = Author.of(by, school, now.date())
    for year in np.unique(years[once]).tolist():
        rows = once[years[once] == year]
        done += _call(
            school,
            int(year),
            marks.enrolment[rows],
            places[rows],
            marks.number[rows],
            author=author,
            batch=batch,
            reason=reason,
            source=source,
            now=now,
            expected=expected,
        )
    return done


def _wanted(school: School, marks: MarksFrame, years: codec.Ints, places: codec.Ints) -> codec.Ints:
    """The rows to record: all but the closures and off-roll marks that say what we know."""
    keep = np.ones(len(marks), bool)
    closures = np.flatnonzero(marks.number == codec.CLOSED)
    for year in np.unique(years[closures]).tolist():
        rows = closures[years[closures] == year]
        sessions = selectors.sessions_of(school, year)
        if sessions is not None:
            keep[rows] = sessions[places[rows]] != 0
    not_yet = np.flatnonzero(marks.number == codec.NOT_ON_ROLL)
    if len(not_yet):
        _, off = _on_roll(school, marks.enrolment[not_yet], marks.day[not_yet])
        keep[not_yet] = ~off
    return np.flatnonzero(keep)


def refresh_statistics() -> None:
    """Have the database look again at tables that have outgrown twice what it knows of them.

    For the end of a write of many rows, in its transaction: their keys are checked at its end, and
    a plan that takes the tables to be empty would read the authority whole for each.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT onroll_refresh_statistics()")


def save_register(
    *,
    school: School,
    when: DatedSession,
    codes: Mapping[int, str],
    by: User,
    now: datetime,
    reason: str = "",
    expected: str | None = None,
) -> Recorded:
    """Take one register: enrolment id → code, for one session. One round trip.

    expected  the code that every mark must hold now, "" for none yet

    A reason is needed only when it changes marks already recorded. Errors as in `record_marks`.
    """
    ids = np.array(sorted(codes), dtype=np.int64)
    frame = MarksFrame(
        enrolment=ids,
        day=np.full(len(ids), when.day.toordinal(), dtype=np.int64),
        session=np.full(len(ids), when.session, dtype=np.uint8),
        number=np.array([codec.number_of(codes[int(pk)]) for pk in ids], dtype=np.uint8),
    )
    return record_marks(
        school=school,
        marks=frame,
        batch=None,
        by=by,
        reason=reason,
        source=Source.SCREEN,
        now=now,
        expected=None if expected is None else codec.byte_of(expected),
    )


def amend_mark(
    *,
    school: School,
    enrolment_id: int,
    when: DatedSession,
    expected: str,
    code: str,
    reason: str,
    by: User,
    now: datetime,
) -> Recorded:
    """Change one mark that now reads `expected` ("" for none yet) to `code`.

    Raises Conflict when the mark is no longer what the person saw.
    """
    if not reason.strip():
        raise RuleNotMet("Say why you are changing this mark.")
    number = np.array([codec.number_of(code)], dtype=np.uint8)
    day = np.array([when.day.toordinal()], dtype=np.int64)
    if not codec.in_force(number, day).all():
        raise InvalidInput(REFUSALS[Outcome.NOT_IN_FORCE])
    year, place = codec.positions(day, np.array([when.session]))
    return _call(
        school,
        int(year[0]),
        np.array([enrolment_id], dtype=np.int64),
        place,
        number,
        author=Author.of(by, school, now.date()),
        batch=None,
        reason=reason,
        source=Source.SCREEN,
        now=now,
        expected=codec.byte_of(expected),
    )


@dataclass(frozen=True, slots=True)
class OneChange:
    """One mark to change: what it read when somebody decided, "" for none, and what to make it."""

    enrolment_id: int
    when: DatedSession
    original: str
    code: str


def change_marks(
    *, school: School, changes: Sequence[OneChange], by: User, reason: str, now: datetime
) -> list[OneChange]:
    """Change the marks that still read as they did, in the caller's transaction.

    Locks them all first, looks again, then writes; returns the changes that were made. Marks that
    somebody changed meanwhile stay as they are. Errors as in `record_marks`.
    """
    current = hold_marks(school, changes)
    sound = [one for one in changes if current[one.enrolment_id, one.when] == one.original]
    if sound:
        frame = MarksFrame(
            enrolment=np.array([one.enrolment_id for one in sound], dtype=np.int64),
            day=np.array([one.when.day.toordinal() for one in sound], dtype=np.int64),
            session=np.array([one.when.session for one in sound], dtype=np.uint8),
            number=np.array([codec.number_of(one.code) for one in sound], dtype=np.uint8),
        )
        record_marks(
            school=school,
            marks=frame,
            batch=None,
            by=by,
            reason=reason,
            source=Source.SCREEN,
            now=now,
        )
    return sound


def hold_marks(school: School, changes: Sequence[OneChange]) -> dict[tuple[int, DatedSession], str]:
    """Lock the marks until the transaction ends, and say what each reads now ("" for none)."""
    years = sorted({codec.year_of(one.when.day) for one in changes})
    held: dict[int, selectors.Matrix] = {}
    for year in years:
        ids = sorted({one.enrolment_id for one in changes if codec.year_of(one.when.day) == year})
        with _in_words(), connection.cursor() as cursor:
            cursor.execute(
                "SELECT onroll_hold_marks(%s, %s, %s, %s)",
                [school.authority_id, school.pk, year, ids],
            )
    for year in years:
        held[year] = selectors.school_matrix(school, year)
    found = {}
    for one in changes:
        matrix = held[codec.year_of(one.when.day)]
        row = int(matrix.rows_of(np.array([one.enrolment_id]))[0])
        number = int(matrix.marks[row, codec.position(*one.when)])
        found[one.enrolment_id, one.when] = codec.code_of(number) if number else ""
    return found


def last_entry(changes: Sequence[OneChange], *, school: School, now: datetime) -> int:
    """The highest ledger number that `change_marks` wrote at `now`; 0 when it wrote nothing."""
    days = {one.when.day for one in changes}
    amended = Amendment.objects.filter(
        enrolment__in={one.enrolment_id for one in changes}, day__in=days, made_at=now
    )
    taken = RegisterTaken.objects.filter(school=school, day__in=days, taken_at=now)
    highest = [rows.aggregate(last=Max("pk"))["last"] or 0 for rows in (amended, taken)]
    return max(highest)


def restore_marks(
    *,
    school: School,
    changes: Sequence[OneChange],
    last: int,
    by: User,
    reason: str,
    now: datetime,
) -> Undone:
    """Put changed marks back to their originals, where nobody has touched them since `last`.

    changes  as `change_marks` returned them
    last     the ledger's number after which an entry is somebody else's
    """
    author = Author.of(by, school, now.date())
    kept: list[tuple[int, DatedSession]] = []
    blanked = restored = 0
    for year in sorted({codec.year_of(one.when.day) for one in changes}):
        of_year = [one for one in changes if codec.year_of(one.when.day) == year]
        with _in_words(), connection.cursor() as cursor:
            cursor.execute(
                "SELECT * FROM onroll_restore_marks("
                "%s, %s, %s, %s::bigint[], %s::int[], %s::int[], %s::int[],"
                " %s, %s, %s, %s, %s, %s, %s)",
                [
                    school.authority_id,
                    school.pk,
                    year,
                    [one.enrolment_id for one in of_year],
                    [codec.position(*one.when) for one in of_year],
                    [codec.number_of(one.code) for one in of_year],
                    [codec.number_of(one.original) if one.original else 0 for one in of_year],
                    last,
                    int(Source.RESTORED),
                    author.pk,
                    author.name,
                    author.position,
                    reason,
                    now,
                ],
            )
            *stayed, (_, _, empty, back) = cursor.fetchall()
        kept += [(int(pk), codec.session_at(year, place)) for pk, place, *_ in stayed]
        blanked, restored = blanked + int(empty), restored + int(back)
    return Undone(blanked, restored, tuple(kept))


def undo(*, batch: ImportBatch, by: User | None, now: datetime, reason: str = "") -> Undone:
    """Take back what one import wrote, where nobody has changed it since; all in the ledger.

    First entries become blank again and changed marks what they were. Undoing twice does nothing
    more. Marks that somebody changed after the import stay, and are returned.
    """
    author = Author.of(by, batch.school, now.date())
    with _in_words(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT * FROM onroll_undo_batch(%s, %s, %s, %s, %s, %s, %s)",
            [
                batch.authority_id,
                batch.pk,
                author.pk,
                author.name,
                author.position,
                reason or f"Import {batch.reference} was undone",
                now,
            ],
        )
        *kept, (_, _, _, blanked, restored) = cursor.fetchall()
    return Undone(
        blanked=int(blanked),
        restored=int(restored),
        kept=tuple((int(pk), DatedSession(day, session)) for pk, day, session, *_ in kept),
    )


@dataclass(frozen=True, slots=True)
class Author:
    """Who writes, as the ledger keeps them: name and position as they were that day."""

    pk: int | None
    name: str
    position: str

    @classmethod
    def of(cls, user: User | None, school: School, on: date) -> "Author":
        """The author for a person at a school, or for the machine itself when nobody is named."""
        if user is None:
            return cls(None, "Onroll", "automatic import")
        here = Q(school=school) | Q(authority=school.authority_id, school=None)
        if school.trust_id is not None:
            here |= Q(trust=school.trust_id)
        held = Membership.objects.active_on(on).filter(here, user=user)
        roles = {Role(role) for role in held.values_list("role", flat=True)}
        first = next((role for role in Role if role in roles), None)
        return cls(user.pk, user.name, str(first.label) if first else "no position here")


def _array(values: npt.NDArray[np.integer]) -> str:
    """An array as PostgreSQL reads it: many times faster than adapting each number."""
    return "{" + ",".join(map(str, values.tolist())) + "}"


def _call(
    school: School,
    year: int,
    enrolments: codec.Ints,
    places: codec.Ints,
    numbers: codec.Bytes,
    *,
    author: Author,
    batch: ImportBatch | None,
    reason: str,
    source: Source,
    now: datetime,
    expected: int | None = None,
) -> Recorded:
    """One call of onroll_record_marks."""
    with _in_words(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT entered, changed, unchanged FROM onroll_record_marks("
            "%s, %s, %s, %s::bigint[], %s::int[], %s::int[], %s, %s, %s, %s, %s, %s, %s, %s)",
            [
                school.authority_id,
                school.pk,
                year,
                _array(enrolments),
                _array(places),
                _array(numbers),
                int(source),
                batch.pk if batch else None,
                author.pk,
                author.name,
                author.position,
                reason,
                now,
                expected,
            ],
        )
        return Recorded(*map(int, cursor.fetchone()))


REFUSED: dict[str, DomainError] = {
    "ON001": Forbidden("You cannot write in this register."),
    "ON002": UnknownTerm(REFUSALS[Outcome.NO_CALENDAR]),
    "ON003": InvalidInput(
        "A mark is for a day off roll, or for a session that the school's calendar does not have."
        " Nothing was recorded."
    ),
    "ON004": RuleNotMet("Say why you are changing marks that were recorded before."),
    "ON005": Conflict("Somebody has changed this mark since you opened it. Check it again."),
}


@contextmanager
def _in_words() -> Iterator[None]:
    """The database functions' own errors, as sentences. A refusal leaves nothing behind."""
    try:
        with transaction.atomic():
            yield
    except DatabaseError as problem:
        known = REFUSED.get(getattr(problem.__cause__, "pgcode", None) or "")
        if known is None:
            raise
        raise type(known)(known.sentence) from problem
