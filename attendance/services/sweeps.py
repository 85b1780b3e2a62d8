"""The sweep: read a school's registers as arrays, work out standings, write them and the crossings.

Rows leave and enter PostgreSQL as binary COPY, all columns fixed in width, so that a stream is an
array as it stands. One shard (some schools) is one transaction; run twice, it changes nothing.
"""

import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import numpy as np
import numpy.typing as npt
from django.db import connection, transaction

from attendance import marks as codec
from attendance import sweep as kernel
from attendance.models import Calendar, CrossingKind, CrossingState, PupilStanding, Sweep
from attendance.sweep import AT, COLUMNS, Counts, Frame, Kernel, Pupils
from audit.record import Kind, record
from authorities.models import Authority, School
from rules.school_calendar import grid_start
from rules.values import value_on

SHARD = 16_384  # enrolments: what one transaction sweeps, about 60 MB of arrays
LOCK = 7301
POSTGRES_EPOCH = date(2000, 1, 1).toordinal()
HEADER = 19  # of a binary COPY: signature, flags, length of extension
SIGNATURE = b"PGCOPY\n\xff\r\n\0" + bytes(8)
TRAILER = b"\xff\xff"
Wire = npt.NDArray[np.void]
Ids = codec.Ints

BOOLEAN = ("persistent", "severe")
VERSIONS = ("marks_xmin", "tail_xmin", "enrolment_xmin", "pupil_xmin")


@dataclass(frozen=True, slots=True)
class Found:
    """Standings as arrays: one entry of `ids` and `schools`, one column of `standings`, a pupil."""

    frame: Frame
    ids: Ids
    schools: Ids
    plans: Ids
    versions: npt.NDArray[np.int32]
    standings: Counts

    def __len__(self) -> int:
        return len(self.ids)


@dataclass(frozen=True, slots=True)
class Swept:
    """What a sweep did. `problems` are sentences about schools that were left out."""

    pupils: int = 0
    crossings: int = 0
    problems: tuple[str, ...] = ()

    def __add__(self, other: "Swept") -> "Swept":
        return Swept(
            self.pupils + other.pupils,
            self.crossings + other.crossings,
            self.problems + other.problems,
        )


# Calendars and shards


@dataclass(frozen=True)
class Scope:
    """One authority on one day: the frame, and each school's plan in it."""

    authority_id: int
    frame: Frame
    plan_of: dict[int, int]
    problems: tuple[str, ...] = field(default=())


def scope_for(authority_id: int, as_of: date, school_ids: Sequence[int] | None = None) -> Scope:
    """Which calendar each school works by, as plans. Schools without one are left out, in words."""
    year = codec.year_of(as_of)
    rows = Calendar.objects.filter(authority=authority_id, year__in=(year - 1, year))
    held = {
        (school_id, at): bytes(sessions)
        for school_id, at, sessions in rows.values_list("school_id", "year", "sessions")
    }
    schools = School.objects.filter(authority=authority_id).order_by("pk")
    if school_ids is not None:
        schools = schools.filter(pk__in=school_ids)
    plans: dict[tuple[bytes, bytes], int] = {}
    plan_of: dict[int, int] = {}
    problems = []
    for pk, urn in schools.values_list("pk", "urn"):
        this = held.get((pk, year)) or held.get((None, year))
        if this is None:
            problems.append(
                f"School {urn} was left out: it has no calendar for {year}/{(year + 1) % 100:02}. "
                "Add its terms."
            )
            continue
        last = held.get((pk, year - 1)) or held.get((None, year - 1)) or codec.BLANK_YEAR
        plan_of[pk] = plans.setdefault((last, this), len(plans))
    frame = kernel.frame_for(as_of, list(plans))
    return Scope(authority_id, frame, plan_of, tuple(problems))


def shards(authority_id: int, schools: Sequence[int], most: int = SHARD) -> list[list[int]]:
    """The schools in groups of up to `most` enrolments; a larger school is a group of its own."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT school_id, count(*) FROM attendance_enrolment"
            " WHERE authority_id = %s AND school_id = ANY(%s) GROUP BY 1 ORDER BY 1",
            [authority_id, list(schools)],
        )
        found: list[list[int]] = []
        held = most
        for school, count in cursor.fetchall():
            if held + count > most:
                found.append([])
                held = 0
            found[-1].append(school)
            held += count
    return found


# Reading


def _wire(*columns: tuple[str, str]) -> np.dtype[np.void]:
    """The layout of one row of a binary COPY: a count, then each value behind its length."""
    parts: list[tuple[str, str]] = [("count", ">i2")]
    for name, kind in columns:
        parts += [(f"{name}_length", ">i4"), (name, kind)]
    return np.dtype(parts)


def _read(sql: str, layout: np.dtype[np.void], **values: Any) -> Wire:
    """Run a query as COPY … TO STDOUT BINARY and see its rows as an array.

    Raises AssertionError when a value was null or not of its width: then the sizes do not add up.
    """
    stream = io.BytesIO()
    with connection.cursor() as cursor:
        copy = cursor.mogrify(f"COPY ({sql}) TO STDOUT (FORMAT binary)", values)
        cursor.cursor.copy_expert(copy, stream)
    size = stream.tell() - HEADER - len(TRAILER)
    rows, rest = divmod(size, layout.itemsize)
    if rest or stream.getbuffer()[-2:] != TRAILER:
        raise AssertionError("A COPY stream holds a null or a value of another width")
    return np.frombuffer(stream.getbuffer(), dtype=layout, count=rows, offset=HEADER)


WHO = _wire(
    ("id", ">i8"), ("school", ">i8"), ("starts", ">i4"), ("ends", ">i4"), ("born", ">i4"),
    ("enrolment_xmin", ">i4"), ("pupil_xmin", ">i4"),
)  # fmt: skip


ON_ROLL = """
SELECT e.id, e.school_id, e.starts_on, coalesce(e.ends_on, '9999-12-31'), p.born_on, e.xmin, p.xmin
FROM attendance_enrolment e
JOIN attendance_pupil p ON p.authority_id = e.authority_id AND p.id = e.pupil_id
WHERE e.authority_id = %(authority)s AND e.school_id = ANY (%(schools)s)
  AND e.starts_on <= %(as_of)s AND (e.ends_on IS NULL OR e.ends_on >= %(start)s)
"""
HELD = """
SELECT enrolment_id, xmin, substr(marks, %(begin)s, %(width)s) FROM attendance_registeryear
WHERE authority_id = %(authority)s AND school_id = ANY (%(schools)s) AND year = %(year)s
"""


def _who(scope: Scope, schools: Sequence[int], ids: Ids | None) -> Wire:
    """Everybody on roll at some time from the year's start to the day, in order of enrolment."""
    rows = _read(
        ON_ROLL + (" AND e.id = ANY (%(ids)s)" if ids is not None else ""),
        WHO,
        authority=scope.authority_id,
        schools=list(schools),
        as_of=scope.frame.as_of,
        start=grid_start(scope.frame.year),
        ids=None if ids is None else ids.tolist(),
    )
    return rows[np.argsort(rows["id"])]


def _marks(scope: Scope, schools: Sequence[int], ids: Ids | None, *, tail: bool) -> Wire:
    """This year's bytes up to the day, or last year's tail; whole weeks."""
    frame = scope.frame
    width = (frame.tail if tail else frame.weeks) * codec.SLOTS_A_WEEK
    return _read(
        HELD + (" AND enrolment_id = ANY (%(ids)s)" if ids is not None else ""),
        _wire(("id", ">i8"), ("xmin", ">i4"), ("marks", f"({width},)u1")),
        begin=frame.tail_from + 1 if tail else 1,
        width=width,
        authority=scope.authority_id,
        schools=list(schools),
        year=frame.year - tail,
        ids=None if ids is None else ids.tolist(),
    )


def _placed(rows: Wire, ids: Ids) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """(row, place in `ids`) of the rows whose enrolment is wanted. `ids` are in order."""
    given = rows["id"].astype(np.int64)
    at = np.searchsorted(ids, given)
    at[at == len(ids)] = 0
    here = np.flatnonzero(ids[at] == given) if len(ids) else np.zeros(0, np.intp)
    return here, at[here]


def find(
    scope: Scope, schools: Sequence[int], *, ids: Ids | None = None, engine: Kernel | None = None
) -> Found:
    """Work out the standings of schools' enrolments, or of `ids` among them. Writes nothing."""
    engine = engine or Kernel(scope.frame)
    who = _who(scope, schools, ids)
    here = who["id"].astype(np.int64)
    present, inverse = np.unique(who["school"], return_inverse=True)
    plans = np.array([scope.plan_of[int(pk)] for pk in present], np.intp)[inverse]
    compulsory = kernel.compulsory_ages(who["born"].astype(np.int64) + POSTGRES_EPOCH)
    versions = np.zeros((4, len(here)), np.int32)
    versions[2], versions[3] = who["enrolment_xmin"], who["pupil_xmin"]
    held = []
    for number, tail in ((0, False), (1, True)):
        width = scope.frame.tail if tail else scope.frame.weeks
        if not width:
            held.append(np.zeros((len(here), 0), np.uint8))
            continue
        rows = _marks(scope, schools, ids, tail=tail)
        row, place = _placed(rows, here)
        bytes_of = np.zeros((len(here), width * codec.SLOTS_A_WEEK), np.uint8)
        bytes_of[place] = rows["marks"][row]
        versions[number, place] = rows["xmin"][row]
        held.append(bytes_of)
    pupils = Pupils(
        plan=plans,
        first_day=who["starts"].astype(np.int64) + POSTGRES_EPOCH,
        last_day=who["ends"].astype(np.int64) + POSTGRES_EPOCH,
        compulsory_first=compulsory[0],
        compulsory_last=compulsory[1],
    )
    return Found(
        frame=scope.frame,
        ids=here,
        schools=who["school"].astype(np.int64),
        plans=plans.astype(np.int64),
        versions=versions,
        standings=engine.standings(held[0], held[1], pupils),
    )


# What changed


DIRTY = """
SELECT e.id FROM attendance_enrolment e
JOIN attendance_pupil p ON p.authority_id = e.authority_id AND p.id = e.pupil_id
JOIN unnest(%(schools)s::bigint[], %(keys)s::bigint[]) AS plan (school_id, key)
  ON plan.school_id = e.school_id
LEFT JOIN attendance_registeryear r
  ON r.authority_id = e.authority_id AND r.enrolment_id = e.id AND r.year = %(year)s
LEFT JOIN attendance_registeryear t
  ON t.authority_id = e.authority_id AND t.enrolment_id = e.id AND t.year = %(year)s - 1
LEFT JOIN attendance_pupilstanding s
  ON s.authority_id = e.authority_id AND s.enrolment_id = e.id AND s.year = %(year)s
WHERE e.authority_id = %(authority)s AND e.school_id = ANY (%(schools)s)
  AND e.starts_on <= %(as_of)s AND (e.ends_on IS NULL OR e.ends_on >= %(start)s)
  AND NOT coalesce(
    s.plan_key = plan.key AND e.xmin = s.enrolment_xmin AND p.xmin = s.pupil_xmin
    AND coalesce(r.xmin = s.marks_xmin, s.marks_xmin = 0)
    AND coalesce(t.xmin = s.tail_xmin, s.tail_xmin = 0), false)
"""


def changed_since(scope: Scope, schools: Sequence[int]) -> Ids:
    """The enrolments whose standing does not rest on what the tables hold now.

    xmin, PostgreSQL's own version of a row, is compared for equality only. After a restore from a
    dump every row differs, so everything is worked out again, which is right.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            DIRTY,
            {
                "authority": scope.authority_id,
                "schools": list(schools),
                "keys": [scope.frame.plans[scope.plan_of[pk]].key for pk in schools],
                "year": scope.frame.year,
                "as_of": scope.frame.as_of,
                "start": grid_start(scope.frame.year),
            },
        )
        return np.array([pk for (pk,) in cursor.fetchall()], dtype=np.int64)


# Writing


WRITTEN = (
    ("enrolment_id", ">i8", "bigint"),
    ("school_id", ">i8", "bigint"),
    ("plan_key", ">i8", "bigint"),
    *((name, ">i4", "integer") for name in VERSIONS),
    *(
        (name, "i1", "boolean") if name in BOOLEAN else (name, ">i2", "smallint")
        for name in COLUMNS
    ),
)
STAGE = _wire(*((name, kind) for name, kind, _ in WRITTEN))
NAMES = ", ".join(name for name, _, _ in WRITTEN)
CREATE = (
    "CREATE TEMP TABLE IF NOT EXISTS onroll_stage ("
    + ", ".join(f"{name} {kind} NOT NULL" for name, _, kind in WRITTEN)
    + ") ON COMMIT DROP"
)
UPSERT = (
    f"INSERT INTO attendance_pupilstanding (authority_id, year, as_of, {NAMES})"  # noqa: S608  our names
    f" SELECT %s, %s, %s, {NAMES} FROM onroll_stage"
    " ON CONFLICT (authority_id, enrolment_id, year) DO UPDATE SET as_of = excluded.as_of, "
    + ", ".join(f"{name} = excluded.{name}" for name, _, _ in WRITTEN if name != "enrolment_id")
)


def _staged(found: Found) -> memoryview:
    """The standings as a binary COPY stream."""
    rows = np.zeros(len(found), STAGE)
    rows["count"] = len(WRITTEN)
    for name, kind, _ in WRITTEN:
        rows[f"{name}_length"] = np.dtype(kind).itemsize
    rows["enrolment_id"], rows["school_id"] = found.ids, found.schools
    keys = np.array([plan.key for plan in found.frame.plans], dtype=np.int64)
    rows["plan_key"] = keys[found.plans]
    for number, name in enumerate(VERSIONS):
        rows[name] = found.versions[number]
    for number, name in enumerate(COLUMNS):
        rows[name] = found.standings[number]
    return memoryview(SIGNATURE + rows.tobytes() + TRAILER)


def write(scope: Scope, found: Found) -> None:
    """Put the standings in place of those of the same enrolments and year."""
    if not len(found):
        return
    with connection.cursor() as cursor:
        cursor.execute(CREATE)
        cursor.cursor.copy_expert(
            f"COPY onroll_stage ({NAMES}) FROM STDIN (FORMAT binary)",
            io.BytesIO(_staged(found)),
            size=1 << 20,
        )
        cursor.execute(UPSERT, [scope.authority_id, scope.frame.year, scope.frame.as_of])
        cursor.execute("TRUNCATE onroll_stage")


# Crossings

KINDS = tuple(CrossingKind)
STATES = ("", CrossingState.GONE, CrossingState.NEAR, CrossingState.PROVISIONAL, CrossingState.MET)
OUT, GONE, NEAR, PROVISIONAL, MET = range(5)
OLD = _wire(("id", ">i8"), ("kind", ">i2"), ("state", ">i2"))


def _numbers(column: str, values: Sequence[str]) -> str:
    """SQL that turns a word into its place in a list, fixed in width."""
    cases = " ".join(f"WHEN '{value}' THEN {at}" for at, value in enumerate(values))
    return f"(CASE {column} {cases} ELSE 0 END)::int2"


FORMER = f"""
SELECT enrolment_id, {_numbers("kind", KINDS)}, {_numbers("state", STATES)}
FROM attendance_crossing
WHERE authority_id = %(authority)s AND year = %(year)s AND school_id = ANY (%(schools)s)
"""  # noqa: S608  our words


def lines_of(found: Found) -> npt.NDArray[np.uint8]:
    """How each pupil stands to each line today: one row a kind, one column a pupil.

    Ten in ten is met, or provisional, while the last ten school weeks hold ten; gone when an
    earlier window of this year held them. A share of absence needs enough possible sessions.
    """
    standings, figures = found.standings, found.frame.figures
    count, state = standings[AT["window_count"]], standings[AT["state"]]
    enough = standings[AT["possible"]] >= value_on("alert_floor", found.frame.as_of)["sessions"]
    lines = np.zeros((len(KINDS), len(found)), np.uint8)
    lines[0, state != kernel.NO] = GONE
    lines[0, (count >= figures.near_from) & (count < figures.sessions_needed)] = NEAR
    still = count >= figures.sessions_needed
    lines[0, still] = np.where(state[still] == kernel.YES, MET, PROVISIONAL)
    lines[1, enough & (standings[AT["persistent"]] != 0)] = MET
    lines[2, enough & (standings[AT["severe"]] != 0)] = MET
    return lines


CROSS = """
INSERT INTO attendance_crossing (
  authority_id, school_id, enrolment_id, kind, year, state, was, since, changed_at)
SELECT %(authority)s, e.school_id, e.id, new.kind, %(year)s, new.state, '', %(as_of)s, %(now)s
FROM unnest(%(ids)s::bigint[], %(kinds)s::text[], %(states)s::text[]) AS new (id, kind, state)
JOIN attendance_enrolment e ON e.authority_id = %(authority)s AND e.id = new.id
ORDER BY e.id, new.kind
ON CONFLICT (enrolment_id, kind, year) DO UPDATE SET
  state = excluded.state, was = attendance_crossing.state, since = excluded.since,
  changed_at = excluded.changed_at, seen_by_id = NULL, seen_at = NULL
WHERE attendance_crossing.state <> excluded.state
"""


def cross(scope: Scope, schools: Sequence[int], found: Found, *, now: datetime) -> int:
    """Write down who came to a line, or left it, since the last sweep. Returns how many."""
    former = np.zeros((len(KINDS), len(found)), np.uint8)
    rows = _read(
        FORMER,
        OLD,
        authority=scope.authority_id,
        year=scope.frame.year,
        schools=list(schools),
    )
    row, place = _placed(rows, found.ids)
    former[rows["kind"][row].astype(np.intp), place] = rows["state"][row]
    lines = lines_of(found)
    lines[(lines == OUT) & (former != OUT)] = GONE
    kind, pupil = np.nonzero(lines != former)
    if not len(kind):
        return 0
    with connection.cursor() as cursor:
        cursor.execute(
            CROSS,
            {
                "authority": scope.authority_id,
                "year": scope.frame.year,
                "as_of": scope.frame.as_of,
                "now": now,
                "ids": found.ids[pupil].tolist(),
                "kinds": [str(KINDS[at]) for at in kind.tolist()],
                "states": [str(STATES[at]) for at in lines[kind, pupil].tolist()],
            },
        )
    return len(kind)


# The whole


def sweep_shard(
    scope: Scope,
    schools: Sequence[int],
    *,
    full: bool,
    now: datetime,
    engine: Kernel | None = None,
) -> Swept:
    """Sweep some schools in one transaction; the caller holds the authority's scope.

    Two sweeps of one school wait for each other, and the second finds its work done.
    """
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_advisory_xact_lock(%s, pk::int)"
                " FROM (SELECT unnest(%s::bigint[]) AS pk ORDER BY 1) AS schools",
                [LOCK, list(schools)],
            )
        ids = None if full else changed_since(scope, schools)
        if ids is not None and not len(ids):
            return Swept()
        found = find(scope, schools, ids=ids, engine=engine)
        write(scope, found)
        crossings = cross(scope, schools, found, now=now)
        if full:
            _forget(scope, schools)
    return Swept(pupils=len(found), crossings=crossings)


def _forget(scope: Scope, schools: Sequence[int]) -> None:
    """Drop standings that a full sweep no longer finds: an enrolment's dates were corrected."""
    PupilStanding.objects.filter(
        authority=scope.authority_id, school__in=schools, year=scope.frame.year
    ).exclude(as_of=scope.frame.as_of).delete()


def sweep_authority(
    authority_id: int,
    *,
    as_of: date,
    full: bool,
    now: datetime,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Swept:
    """Sweep a whole authority, shard by shard, in the scope that the caller holds.

    full      every enrolment; otherwise only those whose marks, dates or calendar changed
    progress  told how many shards of how many are done
    """
    scope = scope_for(authority_id, as_of)
    engine = Kernel(scope.frame)
    swept = Swept(problems=scope.problems)
    groups = shards(authority_id, list(scope.plan_of))
    for done, schools in enumerate(groups, 1):
        swept += sweep_shard(scope, schools, full=full, now=now, engine=engine)
        progress(done, len(groups))
    return swept


def nightly(authority_id: int, *, as_of: date, now: datetime, again: bool = False) -> Swept | None:
    """The full sweep of a night, once: None when it has been done for that day, unless `again`.

    The row of the night and its work commit together, so a night that failed is done again.
    """
    row, fresh = Sweep.objects.get_or_create(
        authority_id=authority_id, as_of=as_of, full=True, defaults={"started_at": now}
    )
    if not fresh and not again:
        return None
    swept = sweep_authority(authority_id, as_of=as_of, full=True, now=now)
    row.pupils, row.crossings = swept.pupils, swept.crossings
    row.problems, row.finished_at = list(swept.problems), now
    row.save()
    record(
        Kind.SWEPT,
        by=None,
        authority=Authority.objects.get(pk=authority_id),
        on=row,
        pupils=swept.pupils,
        crossings=swept.crossings,
    )
    return swept


def standings_on(school: School, as_of: date) -> Iterator[dict[str, Any]]:
    """Every standing of a school on any day, worked out now and not kept: column → number.

    Each has `enrolment_id` beside the columns of attendance.sweep.COLUMNS. Yields nothing for a
    school without a calendar.
    """
    scope = scope_for(school.authority_id, as_of, [school.pk])
    if school.pk not in scope.plan_of:
        return
    found = find(scope, [school.pk])
    for at, pk in enumerate(found.ids.tolist()):
        values = found.standings[:, at].tolist()
        yield {"enrolment_id": pk, **dict(zip(COLUMNS, values, strict=True))}
