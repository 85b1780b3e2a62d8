"""The sweep: work out standings, write them and who crossed a line since the last time.

One shard (some schools) is done at once, in a transaction; done twice, it changes nothing. What a
night proposes is its crossings: cases reads `Crossing`, nothing here calls upwards.
"""

import io
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zlib import crc32

import numpy as np
import numpy.typing as npt
from django.db import connection, transaction
from django.db.models import F

from attendance import sweep as kernel
from attendance.models import CrossingKind, CrossingState, Enrolment, PupilStanding, Sweep, SweptTo
from attendance.selectors.standings import (
    SHARD,
    TRAILER,
    Found,
    Ids,
    Scope,
    as_array,
    find,
    placed,
    plan_keys,
    plan_keys_before,
    read,
    scope_for,
    shards,
    wire,
)
from attendance.sweep import AT, COLUMNS, Kernel
from audit.record import Kind, record
from authorities.models import Authority
from rules.values import value_on

LOCK = 7301
FEW = 2_000  # enrolments: fewer are asked for by number
SIGNATURE = b"PGCOPY\n\xff\r\n\0" + bytes(8)

BOOLEAN = ("persistent", "severe")
VERSIONS = ("marks_xmin", "tail_xmin", "enrolment_xmin", "pupil_xmin")


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
STAGE = wire(*((name, kind) for name, kind, _ in WRITTEN))
NAMES = ", ".join(name for name, _, _ in WRITTEN)
HOLDS = ", ".join(f"{name} {kind} NOT NULL" for name, _, kind in WRITTEN)
# Made once a connection: making and dropping its 45 columns costs as much as sweeping hundreds of
# pupils. Named by its columns, because a pooled connection may outlive the release that made it.
TABLE = f"onroll_stage_{crc32(HOLDS.encode()):08x}"
CREATE = f"CREATE TEMP TABLE IF NOT EXISTS {TABLE} ({HOLDS})"
UPSERT = (
    f"INSERT INTO attendance_pupilstanding (authority_id, year, as_of, {NAMES})"  # noqa: S608  our names
    f" SELECT %s, %s, %s, {NAMES} FROM {TABLE}"
    " ON CONFLICT (authority_id, enrolment_id, year) DO UPDATE SET as_of = excluded.as_of, "
    + ", ".join(f"{name} = excluded.{name}" for name, _, _ in WRITTEN if name != "enrolment_id")
)

BASIS = ("plan_key", *VERSIONS)
CHANGED = (
    f" WHERE ({', '.join(f'attendance_pupilstanding.{name}' for name in BASIS)})"
    f" IS DISTINCT FROM ({', '.join(f'excluded.{name}' for name in BASIS)})"
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


def write(scope: Scope, found: Found, *, only_changed: bool = False) -> int:
    """Put the standings in place of those of the same enrolments and year. Returns how many.

    only_changed  leave those alone that were worked out from the same rows and plan. xmin is
                  PostgreSQL's own version of a row, compared for equality only. A transaction
                  that sweeps and then changes what it swept would not be noticed: sweep last.
    """
    if not len(found):
        return 0
    with connection.cursor() as cursor:
        cursor.execute(CREATE)
        cursor.cursor.copy_expert(
            f"COPY {TABLE} ({NAMES}) FROM STDIN (FORMAT binary)",
            io.BytesIO(_staged(found)),
            size=1 << 20,
        )
        cursor.execute(
            UPSERT + (CHANGED if only_changed else ""),
            [scope.authority_id, scope.frame.year, scope.frame.as_of],
        )
        written = int(cursor.rowcount)
        cursor.execute(f"TRUNCATE {TABLE}")  # in the same transaction, so never left full
    return written


# Crossings

KINDS = tuple(CrossingKind)
STATES = ("", CrossingState.GONE, CrossingState.NEAR, CrossingState.PROVISIONAL, CrossingState.MET)
OUT, GONE, NEAR, PROVISIONAL, MET = range(5)
OLD = wire(("id", ">i8"), ("kind", ">i2"), ("state", ">i2"))


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
    if not len(found):
        return 0
    former = np.zeros((len(KINDS), len(found)), np.uint8)
    rows = read(
        FORMER + (" AND enrolment_id = ANY (%(ids)s::bigint[])" if len(found) < FEW else ""),
        OLD,
        authority=scope.authority_id,
        year=scope.frame.year,
        schools=list(schools),
        ids=as_array(found.ids) if len(found) < FEW else None,
    )
    row, place = placed(rows, found.ids)
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


# What changed

TAKE = """
DELETE FROM attendance_unswept WHERE authority_id = %s AND school_id = ANY (%s)
RETURNING enrolment_id, school_id
"""


def lock(schools: Sequence[int]) -> None:
    """Wait for other sweeps of these schools; ours hold them to the end of the transaction."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(%s, pk::int)"
            " FROM (SELECT unnest(%s::bigint[]) AS pk ORDER BY 1) AS schools",
            [LOCK, list(schools)],
        )


def take_changed(authority_id: int, schools: Sequence[int]) -> dict[int, Ids]:
    """The enrolments of each school that were written since a sweep last took them.

    They are taken away: if this transaction fails, they come back. Take before reading, so that
    what is written meanwhile waits for the next sweep.
    """
    found: dict[int, set[int]] = {}
    with connection.cursor() as cursor:
        cursor.execute(TAKE, [authority_id, list(schools)])
        for pk, school in cursor.fetchall():
            found.setdefault(school, set()).add(pk)
    return {pk: np.array(sorted(ids), dtype=np.int64) for pk, ids in found.items()}


def again(enrolments: Collection[int]) -> None:
    """Sweep some enrolments again although no mark of theirs changed: sessions were used, or given
    back. A new version of their rows leaves a note for the next sweep, and makes it write.
    """
    Enrolment.objects.filter(pk__in=list(enrolments)).update(starts_on=F("starts_on"))


# The whole

Progress = Callable[[int, int], None]


def nothing(done: int, total: int) -> None:
    """Progress that nobody watches."""


def sweep_shard(
    scope: Scope,
    schools: Sequence[int],
    *,
    now: datetime,
    ids: Ids | None = None,
    engine: Kernel | None = None,
) -> Swept:
    """Sweep some schools, or `ids` among them, in one transaction, in the scope that is open.

    Two sweeps of one school wait for each other; the second reads what the first left.
    """
    with transaction.atomic():
        lock(schools)
        found = find(scope, schools, ids=ids, engine=engine)
        written = write(scope, found, only_changed=ids is not None)
        crossings = cross(scope, schools, found, now=now)
        if ids is None:
            _forget(scope, schools)
    return Swept(pupils=written, crossings=crossings)


def sweep_schools(
    scope: Scope,
    groups: Sequence[Sequence[int]],
    *,
    before: Mapping[int, int] | None,
    now: datetime,
    progress: Progress = nothing,
) -> tuple[Swept, dict[int, int]]:
    """Sweep groups of schools one after another, in one transaction; their plan keys, too.

    before  the plan keys of the last sweep, to sweep only what was written since in the schools
            that keep theirs; None for everybody
    """
    engine = Kernel(scope.frame)
    swept = Swept()
    everywhere = [pk for group in groups for pk in group]
    keys = plan_keys(scope, everywhere)
    lock(everywhere)  # all at once, so that two sweeps never wait for each other in a circle
    changed = take_changed(scope.authority_id, everywhere)
    same = {pk for pk in everywhere if before is not None and before.get(pk) == keys[pk]}
    some = {pk: changed[pk] for pk in everywhere if pk in same and pk in changed}
    for together in _together(some):
        ids = np.concatenate([some[pk] for pk in together])
        swept += sweep_shard(scope, together, now=now, ids=ids, engine=engine)
    for done, group in enumerate(groups, 1):
        whole = [pk for pk in group if pk not in same]
        if whole:
            swept += sweep_shard(scope, whole, now=now, engine=engine)
        progress(done, len(groups))
    return swept, keys


def _together(some: Mapping[int, Ids], most: int = SHARD) -> Iterator[list[int]]:
    """Schools in groups of up to `most` changed enrolments; one with more is a group of its own."""
    group: list[int] = []
    held = 0
    for pk, ids in some.items():
        if group and held + len(ids) > most:
            yield group
            group, held = [], 0
        group.append(pk)
        held += len(ids)
    if group:
        yield group


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
    progress: Progress = nothing,
) -> Swept:
    """Sweep a whole authority, shard by shard, in the scope that the caller holds.

    full      every enrolment; otherwise only those whose marks, dates or calendar changed
    progress  told how many shards of how many are done
    """
    scope = scope_for(authority_id, as_of)
    swept, keys = sweep_schools(
        scope,
        shards(authority_id, list(scope.plan_of)),
        before=None if full else plan_keys_before(authority_id),
        now=now,
        progress=progress,
    )
    SweptTo.objects.update_or_create(authority_id=authority_id, defaults={"plans": keys})
    return Swept(problems=scope.problems) + swept


def nightly(
    authority_id: int,
    *,
    as_of: date,
    now: datetime,
    again: bool = False,
    progress: Progress = nothing,
) -> Swept | None:
    """The full sweep of a night, once: None when it has been done for that day, unless `again`.

    The row of the night and its work commit together, so a night that failed is done again.
    """
    row, fresh = Sweep.objects.get_or_create(
        authority_id=authority_id, as_of=as_of, full=True, defaults={"started_at": now}
    )
    if not fresh and not again:
        return None
    swept = sweep_authority(authority_id, as_of=as_of, full=True, now=now, progress=progress)
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
