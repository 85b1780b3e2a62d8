"""A world to measure on: schools with calendars of their own, pupils, two years of marks.

Drawn to look like the published rates: attendance near 93%, a fifth persistently absent, a tail
that hardly comes, over a quarter of absence unauthorised, runs of days off, some who join late
and some who leave. The same seed gives the same world.
"""

import io
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt
import psycopg2

from attendance import marks as codec
from rules.school_calendar import grid_start

YEAR = 2025
AS_OF = date(2026, 7, 26)  # the worst day: a whole year, and last year's tail
SCHOOL = 600
Random = np.random.Generator


@dataclass(frozen=True)
class World:
    """Where everything is. Arrays have one entry an enrolment; `marks` one row of 742 bytes."""

    authority_id: int
    schools: list[int]
    enrolments: npt.NDArray[np.int64]
    school_of: npt.NDArray[np.int64]
    marks: dict[int, codec.Bytes]

    def __len__(self) -> int:
        return len(self.enrolments)


def calendar(random: Random, year: int) -> codec.Bytes:
    """About 190 days: three terms with half-terms of one or two weeks, five training days."""
    held = np.zeros((codec.WEEKS, codec.DAYS, codec.SESSIONS), np.uint8)
    first = 5 + int(random.integers(0, 2))
    for begin, end in ((first, 13), (14 + int(random.integers(0, 2)), 21), (23, 29), (30, 35)):
        held[begin:end, :5] = 1
    for begin, end in ((37, 43), (44, 51)):
        held[begin:end, :5] = 1
    open_days = np.argwhere(held[:, :, 0])
    for week, day in random.choice(open_days, 5, replace=False):
        held[week, day] = 0
    return held.ravel()


def year_of_marks(random: Random, sessions: codec.Bytes, count: int) -> codec.Bytes:
    """Marks of one school's year, one row a pupil."""
    usual = random.beta(0.55, 15.0, count)
    hardly = random.random(count) < 0.018
    usual[hardly] = 0.5 + random.random(int(hardly.sum())) * 0.4
    unwell = random.random((count, codec.WEEKS)) < 0.045
    chance = np.repeat(usual[:, None] + unwell * 0.35, codec.SLOTS_A_WEEK, axis=1)
    absent = random.random((count, codec.SLOTS)) < chance
    tail_off = random.random((count, codec.SLOTS)) < 0.5
    absent[:, 1:] |= absent[:, :-1] & tail_off[:, 1:] & (chance[:, 1:] > 0.2)
    # Whether a pupil's absence is authorised runs in families: some mostly, some hardly ever.
    unauthorised = random.random((count, codec.SLOTS)) < random.beta(0.5, 1.3, count)[:, None]
    numbers = codec.NUMBERS
    here = np.array([numbers["/"], numbers["\\"]], np.uint8)[np.arange(codec.SLOTS) % 2]
    marks = np.broadcast_to(here, (count, codec.SLOTS)).copy()
    late = random.random(marks.shape) < 0.02
    marks[late] = numbers["L"]
    kinds = np.array([numbers[code] for code in "IIIIIMCESR"], np.uint8)
    marks[absent] = random.choice(kinds, int(absent.sum()))
    bad = np.array([numbers[code] for code in "OOOOUUGGN"], np.uint8)
    away = absent & unauthorised
    marks[away] = random.choice(bad, int(away.sum()))
    other = random.random(marks.shape) < 0.004
    rare = [numbers[code] for code in ("D", "X", "Y2", "B", "V")]
    marks[other] = random.choice(np.array(rare, np.uint8), int(other.sum()))
    result: codec.Bytes = marks * sessions
    return result


def connect(url: str) -> Any:
    """A connection as the owner."""
    return psycopg2.connect(url)


def build(url: str, pupils: int, seed: int = 1) -> World:
    """Write the world into an empty database, register years by COPY and without a ledger."""
    random = np.random.default_rng(seed)
    count = max(1, round(pupils / SCHOOL))
    with connect(url) as connection, connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO authorities_authority (code, name) VALUES ('990', 'Bench') RETURNING id"
        )
        authority = cursor.fetchone()[0]
        cursor.execute(
            "INSERT INTO authorities_school (authority_id, urn, number, name, phase, kind, address,"
            " postcode, phone, email, headteacher, attendance_contact)"
            " SELECT %s, (100000 + n)::text, n::text, 'School ' || n, 'primary', 'maintained',"
            " '', '', '', '', '', '' FROM generate_series(1, %s) AS n RETURNING id",
            [authority, count],
        )
        schools = [pk for (pk,) in cursor.fetchall()]
        sizes = np.full(count, pupils // count)
        sizes[: pupils % count] += 1
        school_of = np.repeat(np.array(schools), sizes)
        people(cursor, random, authority, school_of)
        enrolments = np.arange(1, pupils + 1, dtype=np.int64)
        marks = {}
        for year in (YEAR - 1, YEAR):
            calendars = {school: calendar(random, year) for school in schools}
            cursor.executemany(
                "INSERT INTO attendance_calendar (authority_id, school_id, year, sessions,"
                " revision, changed_at) VALUES (%s, %s, %s, %s, 1, now())",
                [
                    (authority, school, year, sessions.tobytes())
                    for school, sessions in calendars.items()
                ],
            )
            marks[year] = np.concatenate(
                [
                    year_of_marks(random, calendars[school], int(size))
                    for school, size in zip(schools, sizes, strict=True)
                ]
            )
        cut_to_enrolments(cursor, marks)
        for year in (YEAR - 1, YEAR):
            copy_years(cursor, authority, year, enrolments, school_of, marks[year])
    return World(authority, schools, enrolments, school_of, marks)


def people(cursor: Any, random: Random, authority: int, school_of: npt.NDArray[Any]) -> None:
    """Pupils aged 4 to 16 and their enrolments; 5% join in the year and 3% leave."""
    lines = io.StringIO()
    enrolments = io.StringIO()
    start = grid_start(YEAR)
    for number, school in enumerate(school_of.tolist(), 1):
        born = date(YEAR - 5, 9, 1) - timedelta(days=int(random.integers(0, 12 * 365)))
        lines.write(
            f"{number}\t{authority}\tR{number:09}\t\t\tRobin{number}\tExample\t\t{born}\t\t\t\t"
            f"example, robin{number}\n"
        )
        starts = date(YEAR - 1, 9, 1)
        if random.random() < 0.05:
            starts = start + timedelta(days=int(random.integers(60, 300)))
        ends = "\\N"
        if random.random() < 0.03:
            ends = str(starts + timedelta(days=int(random.integers(20, 250))))
        enrolments.write(
            f"{number}\t{authority}\t{school}\t{number}\tC\t{starts}\t{ends}\t5\t\t\t\n"
        )
    lines.seek(0)
    cursor.copy_expert(
        "COPY attendance_pupil (id, authority_id, reference, upn, former_upn, forenames, surname,"
        " known_as, born_on, sex, home_authority, home_language, sort_name) FROM STDIN",
        lines,
    )
    enrolments.seek(0)
    cursor.copy_expert(
        "COPY attendance_enrolment (id, authority_id, school_id, pupil_id, status, starts_on,"
        " ends_on, year_group, registration_group, external_id, leaving_reason) FROM STDIN",
        enrolments,
    )


def cut_to_enrolments(cursor: Any, marks: dict[int, codec.Bytes]) -> None:
    """Blank the marks of days off roll."""
    cursor.execute(
        "SELECT id, starts_on, ends_on FROM attendance_enrolment WHERE starts_on > %s"
        " OR ends_on IS NOT NULL ORDER BY id",
        [date(YEAR - 1, 9, 1)],
    )
    for pk, starts, ends in cursor.fetchall():
        for year, held in marks.items():
            first = (starts - grid_start(year)).days * 2
            held[pk - 1, : max(0, first)] = codec.BLANK
            if ends:
                held[pk - 1, max(0, (ends - grid_start(year)).days * 2 + 2) :] = codec.BLANK


def copy_years(
    cursor: Any,
    authority: int,
    year: int,
    enrolments: npt.NDArray[np.int64],
    school_of: npt.NDArray[np.int64],
    marks: codec.Bytes,
) -> None:
    """Write register years as a binary COPY."""
    layout = np.dtype(
        [("count", ">i2")]
        + [
            part
            for name, kind in (
                ("authority", ">i8"), ("school", ">i8"), ("id", ">i8"), ("year", ">i2"),
                ("codec", ">i2"), ("marks", f"({codec.SLOTS},)u1"),
            )
            for part in ((f"{name}_length", ">i4"), (name, kind))
        ]
    )  # fmt: skip
    rows = np.zeros(len(enrolments), layout)
    rows["count"] = 6
    for name in ("authority", "school", "id", "year", "codec", "marks"):
        rows[f"{name}_length"] = rows.dtype[name].itemsize
    rows["authority"], rows["school"], rows["id"] = authority, school_of, enrolments
    rows["year"], rows["codec"], rows["marks"] = year, codec.CODEC, marks
    stream = io.BytesIO(b"PGCOPY\n\xff\r\n\0" + bytes(8) + rows.tobytes() + b"\xff\xff")
    cursor.copy_expert(
        "COPY attendance_registeryear (authority_id, school_id, enrolment_id, year, codec, marks)"
        " FROM STDIN (FORMAT binary)",
        stream,
        size=1 << 20,
    )
