"""Standings as arrays: read a school's registers, work out where each pupil stands.

Rows leave PostgreSQL as binary COPY, all columns fixed in width, so that a stream is an array as
it stands. Nothing here writes; attendance.services.sweeps does.
"""

import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
from django.db import connection

from attendance import marks as codec
from attendance import sweep as kernel
from attendance.models import Calendar, Pupil, SweptTo
from attendance.selectors.relied import rows_since
from attendance.sweep import COLUMNS, Counts, Frame, Kernel, Pupils
from authorities.models import School
from rules.absence import Band, five_point_words
from rules.dates import ONE_DAY
from rules.errors import UnknownTerm
from rules.school_calendar import grid_start

SHARD = 8_192  # enrolments: what is swept at once, about 30 MB of arrays
POSTGRES_EPOCH = date(2000, 1, 1).toordinal()
HEADER = 19  # of a binary COPY: signature, flags, length of extension
TRAILER = b"\xff\xff"
Wire = npt.NDArray[np.void]
Ids = codec.Ints


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
    held: dict[tuple[int | None, int], bytes] = {
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


def wire(*columns: tuple[str, str]) -> np.dtype[np.void]:
    """The layout of one row of a binary COPY: a count, then each value behind its length."""
    parts: list[tuple[str, str]] = [("count", ">i2")]
    for name, kind in columns:
        parts += [(f"{name}_length", ">i4"), (name, kind)]
    return np.dtype(parts)


def read(sql: str, layout: np.dtype[np.void], **values: Any) -> Wire:
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


WHO = wire(
    ("id", ">i8"), ("school", ">i8"), ("starts", ">i4"), ("ends", ">i4"), ("born", ">i4"),
    ("enrolment_xmin", ">i4"), ("pupil_xmin", ">i4"),
)  # fmt: skip


def as_array(ids: Ids) -> str:
    """Numbers as PostgreSQL reads an array: many times faster than adapting each of them."""
    return "{" + ",".join(map(str, ids.tolist())) + "}"


ON_ROLL = """
SELECT e.id, e.school_id, e.starts_on, coalesce(e.ends_on, '9999-12-31'), p.born_on, e.xmin, p.xmin
FROM attendance_enrolment e
JOIN attendance_pupil p ON p.authority_id = e.authority_id AND p.id = e.pupil_id
WHERE e.authority_id = %(authority)s AND {among}
  AND e.starts_on <= %(as_of)s AND (e.ends_on IS NULL OR e.ends_on >= %(start)s)
"""
HELD = """
SELECT enrolment_id, xmin, substr(marks, %(begin)s, %(width)s) FROM attendance_registeryear
WHERE authority_id = %(authority)s AND {among} AND year = %(year)s
"""
BY_SCHOOL = "{}school_id = ANY (%(schools)s)"
BY_ID = "{} = ANY (%(ids)s::bigint[])"


def _who(scope: Scope, schools: Sequence[int], ids: Ids | None) -> Wire:
    """Everybody on roll at some time from the year's start to the day, in order of enrolment."""
    rows = read(
        ON_ROLL.format(among=BY_SCHOOL.format("e.") if ids is None else BY_ID.format("e.id")),
        WHO,
        authority=scope.authority_id,
        schools=list(schools),
        as_of=scope.frame.as_of,
        start=grid_start(scope.frame.year),
        ids=None if ids is None else as_array(ids),
    )
    return rows[np.argsort(rows["id"])]


def _marks(scope: Scope, schools: Sequence[int], ids: Ids | None, *, tail: bool) -> Wire:
    """This year's bytes up to the day, or last year's tail; whole weeks."""
    frame = scope.frame
    width = (frame.tail if tail else frame.weeks) * codec.SLOTS_A_WEEK
    return read(
        HELD.format(among=BY_SCHOOL.format("") if ids is None else BY_ID.format("enrolment_id")),
        wire(("id", ">i8"), ("xmin", ">i4"), ("marks", f"({width},)u1")),
        begin=frame.tail_from + 1 if tail else 1,
        width=width,
        authority=scope.authority_id,
        schools=list(schools),
        year=frame.year - tail,
        ids=None if ids is None else as_array(ids),
    )


def placed(rows: Wire, ids: Ids) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
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
        row, place = placed(rows, here)
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
        relied_on=_relied(scope, schools, here),
    )
    return Found(
        frame=scope.frame,
        ids=here,
        schools=who["school"].astype(np.int64),
        plans=plans.astype(np.int64),
        versions=versions,
        standings=engine.standings(held[0], held[1], pupils),
    )


def _relied(
    scope: Scope, schools: Sequence[int], here: Ids
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]] | None:
    """(pupil, place on the axis) of each session that was used already. One query for them all."""
    frame = scope.frame
    used = rows_since(
        scope.authority_id,
        date.fromordinal(frame.origin),
        schools=list(schools),
    )
    if not used or not len(here):
        return None
    given = np.array([row.enrolment for row in used], np.int64)
    place = np.array(
        [(row.day.toordinal() - frame.origin) * codec.SESSIONS + row.session for row in used],
        np.int64,
    )
    at = np.searchsorted(here, given)
    at[at == len(here)] = 0
    inside = (here[at] == given) & (place < frame.slots)
    return at[inside].astype(np.intp), place[inside].astype(np.intp)


# What it was worked out with before


def plan_keys(scope: Scope, schools: Sequence[int]) -> dict[int, int]:
    """The plan key of each school: a digest of its calendars, the day and the figures."""
    return {pk: scope.frame.plans[scope.plan_of[pk]].key for pk in schools}


def plan_keys_before(authority_id: int) -> dict[int, int]:
    """The plan keys that the last sweep of an authority used; none before the first."""
    row = SweptTo.objects.filter(authority=authority_id).first()
    return {int(pk): key for pk, key in row.plans.items()} if row else {}


# One school on any day, as rows for a file

TITLES = (
    "UPN",
    "possible",
    "attended",
    "authorised",
    "unauthorised",
    "lates",
    "attendance %",
    "band",
    "five-point band",
    "persistent",
    "severe",
    "current ten weeks",
    "threshold met",
    "first met on",
    "window start",
    "window end",
    "look-back possible",
    "look-back attended",
    "look-back authorised",
    "look-back unauthorised",
    "longest run",
    "current run",
)
YES_OR_NO = ("no", "yes")
THRESHOLD = ("no", "provisional", "yes")


def as_rows(school: School, as_of: date) -> list[list[str]]:
    """One row of TITLES for each enrolment, by UPN; worked out now, for any day.

    Raises UnknownTerm for a school without a calendar for that year.
    """
    scope = scope_for(school.authority_id, as_of, [school.pk])
    if school.pk not in scope.plan_of:
        raise UnknownTerm(scope.problems[0])
    found = find(scope, [school.pk])
    pupils = Pupil.objects.filter(enrolments__in=found.ids.tolist())
    upns = dict(pupils.values_list("enrolments__pk", "upn"))
    rows = [
        _row(upns[pk], dict(zip(COLUMNS, found.standings[:, at].tolist(), strict=True)), scope)
        for at, pk in enumerate(found.ids.tolist())
    ]
    return sorted(rows, key=lambda row: row[0])


def _row(upn: str, of: dict[str, int], scope: Scope) -> list[str]:
    """One enrolment's row."""
    year = scope.frame.year
    percent, figure = divmod(of["basis_points"] // 10, 10), of["basis_points"] >= 0
    met = bool(of["latest_count"])
    return [
        upn,
        *(str(of[name]) for name in ("possible", "attended", "authorised", "unauthorised")),
        str(of["late_before"] + of["late_after"]),
        f"{percent[0]}.{percent[1]}" if figure else "",
        Band(of["band"]).words if figure else "",
        five_point_words(of["five_point_band"]) if figure else "",
        YES_OR_NO[of["persistent"]],
        YES_OR_NO[of["severe"]],
        str(of["window_count"]),
        THRESHOLD[of["state"]],
        _met_on(of["first_met"], year),
        codec.monday_at(year, of["latest_start"]).isoformat() if met else "",
        (codec.monday_at(year, of["latest_end"]) + 6 * ONE_DAY).isoformat() if met else "",
        *(str(of[f"back_{name}"]) for name in ("possible", "attended", "authorised")),
        str(of["back_unauthorised"]),
        str(of["run_longest"]),
        str(of["run_current"]),
    ]


def _met_on(place: int, year: int) -> str:
    """The day the threshold was first met in a window of this year."""
    if place == kernel.BEFORE_THIS_YEAR:
        return "before this year"
    return codec.session_at(year, place).day.isoformat() if place >= 0 else ""
