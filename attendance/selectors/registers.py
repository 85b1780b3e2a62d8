"""Questions about registers: a pupil's marks, a school's, and what was known at a past moment."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import numpy as np
from django.db import connection
from django.db.models import Q

from attendance import marks as codec
from attendance.models import Amendment, Calendar, Enrolment, RegisterTaken, RegisterYear
from authorities.models import School
from rules.marks import DatedSession, Mark, Session
from rules.school_calendar import grid_start


@dataclass(frozen=True, slots=True)
class Matrix:
    """One school's marks of one year: `marks` is one row of 742 bytes for each of `ids`."""

    ids: codec.Ints
    marks: codec.Bytes

    def rows_of(self, enrolments: codec.Ints) -> codec.Ints:
        """The row of each enrolment, or -1. `ids` are in order."""
        if not len(self.ids):
            return np.full(len(enrolments), -1, dtype=np.int64)
        at = np.searchsorted(self.ids, enrolments)
        at[at == len(self.ids)] = 0
        return np.where(self.ids[at] == enrolments, at, -1)


@dataclass(frozen=True, slots=True)
class RollDates:
    """Everybody ever on the roll of a school: first and last day as ordinals. `ids` in order."""

    ids: codec.Ints
    first: codec.Ints
    last: codec.Ints


def roll_of(school: School) -> RollDates:
    """The dates of every enrolment of a school."""
    rows = list(
        Enrolment.objects.filter(school=school)
        .order_by("pk")
        .values_list("pk", "starts_on", "ends_on")
    )
    return RollDates(
        ids=np.array([pk for pk, _, _ in rows], dtype=np.int64),
        first=np.array([first.toordinal() for _, first, _ in rows], dtype=np.int64),
        last=np.array(
            [last.toordinal() if last else codec.FAR_AHEAD for _, _, last in rows], dtype=np.int64
        ),
    )


def sessions_of(school: School, year: int) -> codec.Bytes | None:
    """The sessions of a school's year on the grid, 0 or 1; its own calendar's, else the
    authority's; None when there is neither."""
    both = Calendar.objects.filter(
        Q(school=school) | Q(school=None), authority=school.authority_id, year=year
    )
    found: dict[int | None, bytes | memoryview] = dict(both.values_list("school_id", "sessions"))
    held = found.get(school.pk) or found.get(None)
    return np.frombuffer(bytes(held), dtype=np.uint8) if held else None


def school_matrix(school: School, year: int) -> Matrix:
    """All marks of a school in a year."""
    rows = list(
        RegisterYear.objects.filter(authority=school.authority_id, school=school, year=year)
        .order_by("enrolment_id")
        .values_list("enrolment_id", "marks")
    )
    held = np.frombuffer(b"".join(bytes(marks) for _, marks in rows), dtype=np.uint8)
    if not rows:
        held = np.zeros(codec.SLOTS, dtype=np.uint8)  # so that a row of -1 can be looked up
    return Matrix(
        ids=np.array([pk for pk, _ in rows], dtype=np.int64),
        marks=held.reshape(-1, codec.SLOTS),
    )


def year_marks(enrolment: Enrolment, year: int) -> bytes:
    """One enrolment's bytes of one year; all blank when nothing was recorded."""
    held = RegisterYear.objects.filter(
        authority=enrolment.authority_id, enrolment=enrolment, year=year
    ).values_list("marks", flat=True)
    return bytes(next(iter(held), codec.BLANK_YEAR))


def marks_of(enrolment: Enrolment, start: date, end: date) -> list[Mark]:
    """One enrolment's marks from `start` to `end`, both included, in time order."""
    years = RegisterYear.objects.filter(
        authority=enrolment.authority_id,
        enrolment=enrolment,
        year__range=(codec.year_of(start), codec.year_of(end)),
    )
    rows = years.order_by("year").values_list("year", "marks")
    return [
        mark
        for year, marks in rows
        for mark in codec.decode(year, marks)
        if start <= mark.day <= end
    ]


def codes_used(school: School, start: date, end: date) -> dict[str, int]:
    """How often each code was used at a school from `start` to `end`, both included."""
    found = np.zeros(256, dtype=np.int64)
    for year in range(codec.year_of(start), codec.year_of(end) + 1):
        first = max(0, (start - grid_start(year)).days * codec.SESSIONS)
        last = min(codec.SLOTS, ((end - grid_start(year)).days + 1) * codec.SESSIONS)
        held = school_matrix(school, year).marks[:, first:last]
        found += np.bincount(held.ravel(), minlength=256)
    return {code: int(found[number]) for code, number in codec.NUMBERS.items() if found[number]}


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a mark's history. `code` is what it became ("" for none), `former` what it was.

    first      a first entry: taken, not amended
    position   of who wrote it; empty for a first entry, whose author is `taken_by`
    """

    at: datetime
    when: DatedSession
    former: str
    code: str
    first: bool
    source: int
    reason: str
    name: str
    position: str
    batch_id: int | None
    number: int


TAKEN = """
SELECT taken.id, taken.taken_at, taken.day, taken.session,
  get_byte(taken.codes, array_position(roll.enrolment_ids, %(pk)s) - 1) AS number,
  taken.source, taken.batch_id, coalesce(person.name, 'Onroll')
FROM attendance_registertaken taken
JOIN attendance_roll roll ON roll.id = taken.roll_id
LEFT JOIN authorities_user person ON person.id = taken.taken_by_id
WHERE taken.school_id = %(school)s AND taken.day BETWEEN %(start)s AND %(end)s
  AND array_position(roll.enrolment_ids, %(pk)s) IS NOT NULL
"""


def history(
    enrolment: Enrolment, start: date, end: date, *, session: Session | None = None
) -> list[Entry]:
    """Everything the ledger holds of an enrolment's marks in these days, oldest entry first."""
    entries = [
        Entry(
            at=row.made_at,
            when=DatedSession(row.day, Session(row.session)),
            former=codec.code_of(row.original),
            code=codec.code_of(row.amended),
            first=False,
            source=row.source,
            reason=row.reason,
            name=row.made_by_name,
            position=row.made_by_position,
            batch_id=row.batch_id,
            number=row.pk,
        )
        for row in Amendment.objects.filter(
            authority=enrolment.authority_id, enrolment=enrolment, day__range=(start, end)
        )
    ]
    with connection.cursor() as cursor:
        cursor.execute(
            TAKEN,
            {"pk": enrolment.pk, "school": enrolment.school_id, "start": start, "end": end},
        )
        entries += [
            Entry(
                at=at,
                when=DatedSession(day, Session(half)),
                former="",
                code=codec.code_of(number),
                first=True,
                source=source,
                reason="",
                name=name,
                position="",
                batch_id=batch_id,
                number=pk,
            )
            for pk, at, day, half, number, source, batch_id, name in cursor.fetchall()
            if number
        ]
    wanted = [entry for entry in entries if session is None or entry.when.session is session]
    return sorted(wanted, key=lambda entry: entry.number)


def register_as_known_at(enrolment: Enrolment, year: int, moment: datetime) -> bytes:
    """One year's bytes as they stood at a past moment.

    It is today's row with every later entry taken back, newest first: a later amendment to what
    it amended, a later first entry to blank.
    """
    start = grid_start(year)
    end = start + timedelta(days=codec.SLOTS // codec.SESSIONS - 1)
    held = bytearray(year_marks(enrolment, year))
    for entry in reversed(history(enrolment, start, end)):
        if entry.at > moment:
            held[codec.position(*entry.when)] = codec.number_of(entry.former) if entry.former else 0
    return bytes(held)


@dataclass(frozen=True, slots=True)
class Difference:
    """A mark whose row does not say what the ledger says; codes, "" for none."""

    enrolment_id: int
    when: DatedSession
    ledger: str
    row: str


def replay(school: School, year: int) -> Matrix:
    """A school's marks of a year worked out from the ledger alone."""
    start, end = grid_start(year), grid_start(year + 1) - timedelta(days=1)
    events: list[tuple[int, int, codec.Ints, codec.Bytes]] = []  # entry, place, enrolments, bytes
    taken = RegisterTaken.objects.filter(school=school, day__range=(start, end))
    for row in taken.select_related("roll").iterator():
        codes = np.frombuffer(bytes(row.codes), dtype=np.uint8)
        written = np.flatnonzero(codes)
        on_roll = np.array(row.roll.enrolment_ids, dtype=np.int64)[written]
        events.append((row.pk, codec.position(row.day, row.session), on_roll, codes[written]))
    changed = Amendment.objects.filter(enrolment__school=school, day__range=(start, end))
    for pk, enrolment, day, half, amended in changed.values_list(
        "pk", "enrolment_id", "day", "session", "amended"
    ):
        place = codec.position(day, half)
        events.append((pk, place, np.array([enrolment]), np.array([amended], dtype=np.uint8)))
    ids = np.unique(np.concatenate([event[2] for event in events] or [np.zeros(0, np.int64)]))
    held = np.zeros((max(1, len(ids)), codec.SLOTS), dtype=np.uint8)
    for _, place, enrolments, numbers in sorted(events, key=lambda event: event[0]):
        held[np.searchsorted(ids, enrolments), place] = numbers
    return Matrix(ids=ids.astype(np.int64), marks=held)


def differences(school: School, year: int) -> Iterable[Difference]:
    """Where a school's rows and the ledger disagree. Nothing, unless somebody tampered."""
    ledger, rows = replay(school, year), school_matrix(school, year)
    start = grid_start(year)
    for pk in np.union1d(ledger.ids, rows.ids).tolist():
        said, held = (_row_of(matrix, pk) for matrix in (ledger, rows))
        for place in np.flatnonzero(said != held).tolist():
            when = DatedSession(start + timedelta(days=place // 2), Session(place % 2))
            yield Difference(pk, when, _code(int(said[place])), _code(int(held[place])))


def _row_of(matrix: Matrix, pk: int) -> codec.Bytes:
    """One enrolment's bytes, blank when it has none."""
    at = int(matrix.rows_of(np.array([pk]))[0])
    return matrix.marks[at] if at >= 0 else np.zeros(codec.SLOTS, dtype=np.uint8)


def _code(number: int) -> str:
    """A byte's code, or its number where a tampered row holds none."""
    return codec.CODE_OF.get(number, "" if number == codec.BLANK else f"number {number}")
