"""Importing files against reading the same files with `csv` and COPYing them in as rows.

Two things: a day's marks of every pupil, one file a school, in two processes; and a school-year
of 1,200 pupils in the long layout, in one. Ours includes everything that an import is: encoding,
matching pupils and codes, the checks of a dry run, the feed brake, the ledger, the report, the
audit event. The reference matches nothing and checks nothing. `identical` is true only when every
mark then stands in the register as it was drawn.
"""

import argparse
import csv
import io
import multiprocessing
import os
import re
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
from django.db import connections

from attendance import marks as codec
from attendance.models import Calendar, Enrolment, ImportState, Pupil
from attendance.selectors.registers import school_matrix
from attendance.services import imports
from attendance.services.imports import batches
from authorities.models import School
from authorities.tenancy import scope
from bench import world as worlds
from bench.servers import start_worker
from bench.sweep import owner_does
from bench.world import AS_OF, YEAR, World
from rules.school_calendar import grid_start
from rules.upn import check_letter

NOW = datetime(2026, 7, 26, 16, tzinfo=UTC)
WORKERS = 2
PUPILS_OF_YEAR = 1_200
Say = Callable[[str], None]

GATES: dict[str, Callable[[dict[str, Any]], bool]] = {
    "identical": lambda found: bool(found["identical"]),
    "a day of 60,000 pupils under 20 s": lambda found: found["seconds_for_60000"]["day"] < 20,
    "a school-year of 1,200 pupils under 30 s": lambda found: max(found["seconds"]["year"]) < 30,
    "progress is reported": lambda found: found["progress_reports"] >= 5,
}


@dataclass(frozen=True)
class File:
    """A file of one school."""

    school_id: int
    content: bytes


def upn(number: int) -> str:
    """An invented UPN of a council that does not exist."""
    digits = f"990{number:09d}"
    return f"{check_letter(digits)}{digits}"


def long_rows(upns: list[str], year: int, marks: codec.Bytes, places: list[int]) -> bytes:
    """A long file of the marks at these places, pupil by pupil."""
    start = grid_start(year)
    when = [f"{start + timedelta(days=p // 2)},{'PM' if p % 2 else 'AM'}" for p in places]
    codes = codec.codes_of(marks[:, places])
    lines = ["UPN,Date,Session,Mark"]
    for key, row in zip(upns, codes, strict=True):
        lines += [f"{key},{at},{code}" for at, code in zip(when, row.tolist(), strict=True)]
    return ("\r\n".join(lines) + "\r\n").encode()


# What a process does


def ours(authority: int, files: list[File]) -> int:
    """Import the files, each in its own transaction. Returns the reports of progress."""
    reports = 0

    def progress(done: int, total: int | None, doing: str) -> None:
        nonlocal reports
        reports += 1

    for file in files:
        with scope([authority]), patch.object(batches, "enqueue"):
            school = School.objects.select_related("authority").get(pk=file.school_id)
            outcome = imports.import_file(
                school=school,
                layout="long",
                file_name="marks.csv",
                content=file.content,
                now=NOW,
                today=AS_OF,
                progress=progress,
            )
            if outcome.batch.state != ImportState.TAKEN:
                raise AssertionError(f"{outcome.sentence} {outcome.report['problems']}")
    return reports


def copied(authority: int, files: list[File]) -> int:
    """The reference: read each file and COPY its rows, as the owner, each in a transaction."""
    raw = worlds.connect(os.environ["DATABASE_URL"])
    for file in files:
        rows = csv.reader(io.StringIO(file.content.decode(), newline=""))
        next(rows)
        lines = io.StringIO()
        for key, day, half, code in rows:
            mark = code.replace("\\", "\\\\")
            lines.write(f"{file.school_id}\t{key}\t{day}\t{half}\t{mark}\n")
        lines.seek(0)
        with raw, raw.cursor() as cursor:
            cursor.copy_expert("COPY bench_raw FROM STDIN", lines)
    raw.close()
    return 0


JOBS = {"ours": ours, "copy": copied}


def worker(pipe: Any) -> None:
    """Do as told until told to stop; the last answer is this process's largest memory in kB."""
    connections.close_all()
    while (task := pipe.recv()) is not None:
        name, *how = task
        pipe.send(JOBS[name](*how))
    status = Path("/proc/self/status").read_text(encoding="ascii")
    pipe.send(int(re.search(r"VmHWM:\s+(\d+)", status)[1]))  # ru_maxrss would be the parent's


class Workers:
    """Processes that share the files between them."""

    def __init__(self, authority: int, number: int) -> None:
        self.authority = authority
        context = multiprocessing.get_context("spawn")
        self.pipes, self.processes = [], []
        for _ in range(number):
            here, there = context.Pipe()
            process = context.Process(
                target=start_worker, args=("bench.imports", there), daemon=True
            )
            process.start()
            there.close()
            self.pipes.append(here)
            self.processes.append(process)

    def seconds(self, name: str, files: list[File]) -> tuple[float, int]:
        """How long it takes, and how many reports of progress there were."""
        begun = time.perf_counter()
        for number, pipe in enumerate(self.pipes):
            pipe.send((name, self.authority, files[number :: len(self.pipes)]))
        reports = sum(pipe.recv() for pipe in self.pipes)
        return time.perf_counter() - begun, reports

    def stop(self) -> float:
        """End the processes; the largest memory of any, in MB."""
        for pipe in self.pipes:
            pipe.send(None)
        most = max(pipe.recv() for pipe in self.pipes)
        for process in self.processes:
            process.join()
        return float(most) / 1024


# The two worlds


@dataclass
class Day:
    """A day's files of every school, and how to take the day back."""

    world: World
    files: list[File]
    places: dict[int, list[int]]

    def blank(self) -> None:
        """Take the day's marks out of the register, as the owner."""
        owner_does(
            *(
                "UPDATE attendance_registeryear SET marks = set_byte(set_byte(marks, "
                f"{places[0]}, 0), {places[1]}, 0) WHERE school_id = {school} AND year = {YEAR}"
                for school, places in self.places.items()
            ),
            "TRUNCATE bench_raw",
            "VACUUM attendance_registeryear",
        )

    def is_recorded(self) -> bool:
        """Whether the register holds every mark as it was drawn."""
        with scope([self.world.authority_id]):
            for pk in self.world.schools:
                held = school_matrix(School(pk=pk, authority_id=self.world.authority_id), YEAR)
                if not (held.marks == self.world.marks[YEAR][self.world.school_of == pk]).all():
                    return False
        return True


def a_day(pupils: int) -> Day:
    """Every school's last day of the year as a file."""
    world = worlds.build(os.environ["DATABASE_URL"], pupils)
    keys = [upn(number) for number in range(1, len(world) + 1)]
    raw = worlds.connect(os.environ["DATABASE_URL"])
    with raw, raw.cursor() as cursor:
        lines = io.StringIO("".join(f"{n}\t{key}\n" for n, key in enumerate(keys, 1)))
        cursor.execute("CREATE TEMP TABLE given (id bigint, upn text)")
        cursor.copy_expert("COPY given FROM STDIN", lines)
        cursor.execute(
            "UPDATE attendance_pupil p SET upn = given.upn FROM given WHERE p.id = given.id"
        )
        cursor.execute(
            "CREATE TABLE bench_raw (school_id int, upn text, day date, session text, mark text,"
            " PRIMARY KEY (school_id, upn, day, session))"
        )
    raw.close()
    files, at = [], {}
    with scope([world.authority_id]):
        calendars = Calendar.objects.filter(year=YEAR)
        sessions = {row.school_id: bytes(row.sessions) for row in calendars}
    for school in world.schools:
        last = max(place for place, held in enumerate(sessions[school]) if held)
        at[school] = [last - 1, last]
        rows = world.school_of == school
        here = [keys[n] for n in np.flatnonzero(rows).tolist()]
        marks = world.marks[YEAR][rows]
        files.append(File(school, long_rows(here, YEAR, marks, at[school])))
    owner_does(
        *(
            f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), max(id)) FROM {table}"
            for table in ("attendance_pupil", "attendance_enrolment")
        ),
        "VACUUM ANALYZE",
    )
    return Day(world, files, at)


@dataclass
class Year:
    """A school's whole year as one file."""

    authority_id: int
    file: File
    marks: codec.Bytes
    rows: int

    def blank(self) -> None:
        """Empty the school's register, as the owner."""
        owner_does(
            f"DELETE FROM attendance_registeryear WHERE school_id = {self.file.school_id}",
            "TRUNCATE bench_raw",
            "VACUUM attendance_registeryear",
        )

    def is_recorded(self) -> bool:
        """Whether the register holds every mark as it was drawn."""
        with scope([self.authority_id]):
            school = School(pk=self.file.school_id, authority_id=self.authority_id)
            return bool((school_matrix(school, YEAR).marks == self.marks).all())


def a_year(authority: int) -> Year:
    """A new school of 1,200 pupils with a calendar of 190 days."""
    random = np.random.default_rng(11)
    sessions = np.zeros(codec.SLOTS, np.uint8)
    weekdays = [p for p in range(10, codec.SLOTS) if p % 14 < 10][50:430]
    sessions[weekdays] = 1
    keys = [upn(900_000_000 + number) for number in range(PUPILS_OF_YEAR)]
    with scope([authority]):
        school = School.objects.create(
            authority_id=authority,
            urn="199999",
            number="9999",
            name="Year School",
            phase="secondary",
            kind="maintained",
        )
        Calendar.objects.create(
            authority_id=authority, school=school, year=YEAR, sessions=sessions.tobytes()
        )
        pupils = Pupil.objects.bulk_create(
            Pupil(
                authority_id=authority,
                upn=key,
                surname="Example",
                forenames="Robin",
                sort_name="example robin",
                born_on=date(2012, 5, 4),
            )
            for key in keys
        )
        Enrolment.objects.bulk_create(
            Enrolment(authority_id=authority, school=school, pupil=one, starts_on=date(2024, 9, 1))
            for one in pupils
        )
    marks = worlds.year_of_marks(random, sessions, PUPILS_OF_YEAR)
    content = long_rows(keys, YEAR, marks, weekdays)
    owner_does("VACUUM ANALYZE")
    return Year(authority, File(school.pk, content), marks, content.count(b"\n") - 1)


def run(options: argparse.Namespace, say: Say) -> dict[str, Any]:
    """Both, turn about with the reference."""
    from django.conf import settings

    connections.databases["owner"] = settings.DATABASES["owner"]
    say(f"Drawing {options.size} pupils")
    day = a_day(options.size)
    year = a_year(day.world.authority_id)
    seconds: dict[str, list[float]] = {"day": [], "day copy": [], "year": [], "year copy": []}
    identical, reports = True, 0
    two, one = Workers(day.world.authority_id, WORKERS), Workers(day.world.authority_id, 1)
    for workers in (two, one):
        workers.seconds("ours", [])  # so that no turn pays for starting them
    for turn in range(options.runs):
        for name, workers, work, files in (
            ("day", two, day, day.files),
            ("year", one, year, [year.file]),
        ):
            work.blank()
            took, _ = workers.seconds("copy", files)
            seconds[f"{name} copy"].append(took)
            took, reports = workers.seconds("ours", files)
            seconds[name].append(took)
            identical &= work.is_recorded()
        last = ", ".join(f"{name} {times[-1]:.2f} s" for name, times in seconds.items())
        say(f"turn {turn + 1}: {last}")
    most = two.stop()
    found = {
        "bench": "import",
        "size": len(day.world),
        "runs": options.runs,
        "processes": {"day": WORKERS, "year": 1},
        "files": len(day.files),
        "marks": {"day": 2 * len(day.world), "year": year.rows},
        "seconds": {name: [round(t, 3) for t in times] for name, times in seconds.items()},
        "seconds_for_60000": {
            "day": round(max(seconds["day"]) * 60_000 / len(day.world), 2),
        },
        "ratio": ratio(seconds, "year"),
        "ratios": {
            "day : csv and COPY": ratio(seconds, "day"),
            "year : csv and COPY": ratio(seconds, "year"),
        },
        "identical": identical,
        "progress_reports": reports,
        "rss_mb": {"day": round(most, 1), "year": round(one.stop(), 1)},
    }
    found["gates"] = {name: bool(gate(found)) for name, gate in GATES.items()}
    for name, held in found["gates"].items():
        say(f"{'holds ' if held else 'FAILS '} {name}")
    return found


def ratio(seconds: dict[str, list[float]], name: str) -> float:
    """How many times as long as the reference, the median of the pairs."""
    pairs = zip(seconds[name], seconds[f"{name} copy"], strict=True)
    return round(statistics.median(ours / theirs for ours, theirs in pairs), 2)
