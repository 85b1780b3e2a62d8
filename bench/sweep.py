"""The sweep against tuned SQL over one row a mark, and against a raw COPY of the same rows.

Two processes each, turn about in one run, upsert included; the answer is `identical` only when
every output field of every pupil was compared and equal. Then 5% changed, nothing changed, what a
worker takes in memory, and what a pupil's year takes on disk, with its ledger.
"""

import argparse
import io
import multiprocessing
import os
import statistics
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from django.db import connection, connections, transaction

from attendance import marks as codec
from attendance.models import PupilStanding
from attendance.selectors import standings
from attendance.services import registers, sweeps
from attendance.sweep import COLUMNS
from authorities.models import Authority, School
from authorities.tenancy import scope
from bench import rows
from bench import world as worlds
from bench.servers import start_worker
from bench.world import AS_OF, YEAR, World
from rules.marks import DatedSession, Session
from rules.school_calendar import grid_start

NOW = datetime(2026, 7, 26, 3, tzinfo=UTC)
WORKERS = 2
CLASSES = 8
Say = Callable[[str], None]

GATES: dict[str, Callable[[dict[str, Any]], bool]] = {
    "identical": lambda found: bool(found["identical"]),
    "at least 30 times faster than SQL": lambda found: found["ratio"] >= 30,
    "at most 12 times a raw COPY": lambda found: found["ratios"]["ours : copy"] <= 12,
    "5% changed at most 15% of full": lambda found: found["ratios"]["5% changed : full"] <= 0.15,
    "each worker under 200 MB": lambda found: found["rss_mb"] < 200,
    "marks at most 1.5 kB a pupil-year": lambda found: (
        found["bytes_per_pupil_year"]["marks"] <= 1_500
    ),
    "with ledger at most 6 kB": lambda found: found["bytes_per_pupil_year"]["with ledger"] <= 6_000,
}


# What a worker does

KEYS: dict[str, dict[int, int]] = {}  # in life a row of the authority


def ours(authority: int, groups: list[list[int]], full: bool) -> int:
    """Our sweep of some shards, plans made afresh, as the application's role in its scope."""
    with scope([authority]):
        of = standings.scope_for(authority, AS_OF)
        before = None if full else KEYS["last"]
        swept, KEYS["last"] = sweeps.sweep_schools(of, groups, before=before, now=NOW)
    return swept.pupils


def sql(authority: int, groups: list[list[int]], full: bool) -> int:
    """The reference's sweep, as the owner."""
    with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
        rows.sweep(cursor.cursor, authority, [pk for schools in groups for pk in schools])
    return 0


class Nowhere(io.RawIOBase):
    """A file that keeps nothing."""

    def write(self, data: Any) -> int:
        """Take and forget."""
        return len(data)


def copy(authority: int, groups: list[list[int]], full: bool) -> int:
    """The rows that the sweep reads of the register, copied out and thrown away."""
    with scope([authority]), connection.cursor() as cursor:
        of = standings.scope_for(authority, AS_OF)
        held = standings.HELD.format(among=standings.BY_SCHOOL.format(""))
        for schools in groups:
            for begin, width, year in (
                (of.frame.tail_from + 1, of.frame.tail * codec.SLOTS_A_WEEK, YEAR - 1),
                (1, of.frame.weeks * codec.SLOTS_A_WEEK, YEAR),
            ):
                query = cursor.mogrify(
                    f"COPY ({held}) TO STDOUT (FORMAT binary)",
                    {
                        "begin": begin,
                        "width": width,
                        "authority": authority,
                        "schools": schools,
                        "year": year,
                    },
                )
                cursor.cursor.copy_expert(query, Nowhere())
    return 0


def nothing(authority: int, groups: list[list[int]], full: bool) -> int:
    """Be there."""
    return 0


JOBS = {"ours": ours, "sql": sql, "copy": copy, "nothing": nothing}


def worker(pipe: Any) -> None:
    """Do as told until told to stop; the last answer is this process's largest memory in kB."""
    connections.close_all()
    while (task := pipe.recv()) is not None:
        name, *how = task
        pipe.send(JOBS[name](*how))
    pipe.send(largest_memory())


def largest_memory() -> int:
    """This process's largest resident memory in kB; `getrusage` would count its parent's too."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))


class Pair:
    """Processes that do their halves of a job at once."""

    def __init__(self, authority: int, groups: list[list[int]]) -> None:
        """Start the processes, each with every second shard."""
        self.authority = authority
        self.halves = [groups[number::WORKERS] for number in range(WORKERS)]
        context = multiprocessing.get_context("spawn")
        self.pipes = []
        self.processes = []
        for _ in range(WORKERS):
            here, there = context.Pipe()
            process = context.Process(target=start_worker, args=("bench.sweep", there), daemon=True)
            process.start()
            there.close()  # so that a worker that dies is seen at once
            self.pipes.append(here)
            self.processes.append(process)

    def seconds(self, name: str, *, full: bool = True) -> float:
        """How long both halves take."""
        begun = time.perf_counter()
        for pipe, half in zip(self.pipes, self.halves, strict=True):
            pipe.send((name, self.authority, half, full))
        self.answers = [pipe.recv() for pipe in self.pipes]
        return time.perf_counter() - begun

    def stop(self) -> float:
        """End the processes; the largest memory of any, in MB."""
        for pipe in self.pipes:
            pipe.send(None)
        most = max(pipe.recv() for pipe in self.pipes)
        for process in self.processes:
            process.join()
        return float(most) / 1024


# The measurements


def owner_does(*statements: str) -> None:
    """Run statements as the owner, outside any transaction and outside all timings."""
    raw = worlds.connect(os.environ["DATABASE_URL"])
    raw.autocommit = True
    with raw.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
    raw.close()


def run(options: argparse.Namespace, say: Say) -> dict[str, Any]:
    """Everything, on one world."""
    from django.conf import settings

    url = os.environ["DATABASE_URL"]
    connections.databases["owner"] = settings.DATABASES["owner"]
    say(f"Drawing {options.size} pupils")
    world = worlds.build(url, options.size)
    storage = {"marks": size_of("attendance_registeryear") / (2 * len(world))}
    say("Writing the same marks as rows")
    with worlds.connect(url) as raw, raw.cursor() as cursor:
        rows.build(cursor, world)
    owner_does("VACUUM ANALYZE", "CHECKPOINT")
    with scope([world.authority_id]):
        groups = standings.shards(
            world.authority_id, world.schools, most=min(standings.SHARD, -(-len(world) // WORKERS))
        )
    pair = Pair(world.authority_id, groups)
    found = turns(pair, world, options, say)
    found["rss_mb"] = round(pair.stop(), 1)
    storage["rows"] = size_of("bench_mark") / marks_rows(world)
    storage |= ledger(world, say, storage["marks"])
    found["bytes_per_pupil_year"] = {name: round(value) for name, value in storage.items()}
    found["gates"] = {name: bool(gate(found)) for name, gate in GATES.items()}
    for name, held in found["gates"].items():
        say(f"{'holds ' if held else 'FAILS '} {name}")
    return found


def turns(pair: Pair, world: World, options: argparse.Namespace, say: Say) -> dict[str, Any]:
    """The timed turns, ours and each reference turn about."""
    seconds: dict[str, list[float]] = {
        name: [] for name in ("first", "ours", "sql", "copy", "5% changed", "nothing changed")
    }
    say("A first sweep of each, untimed but for ours")
    pair.seconds("nothing")
    seconds["first"].append(pair.seconds("ours"))
    pair.seconds("sql")
    identical = same(say)
    for turn in range(options.runs):
        for name in ("ours", "sql", "copy"):
            owner_does("VACUUM attendance_pupilstanding, attendance_unswept, bench_standing")
            seconds[name].append(pair.seconds(name))
        identical &= same(say)
        expected = change(world, 0.05, turn)
        seconds["5% changed"].append(pair.seconds("ours", full=False))
        if sum(pair.answers) != expected:
            raise AssertionError(f"{sum(pair.answers)} swept of {expected} changed")
        seconds["nothing changed"].append(pair.seconds("ours", full=False))
        if sum(pair.answers):
            raise AssertionError("Something was swept although nothing changed")
        say(
            f"turn {turn + 1}: "
            + ", ".join(f"{name} {times[-1]:.3f} s" for name, times in seconds.items())
        )
    pairs = list(zip(seconds["sql"], seconds["ours"], strict=True))
    middle = {name: statistics.median(times) for name, times in seconds.items()}
    return {
        "bench": "sweep",
        "size": len(world),
        "runs": options.runs,
        "processes": WORKERS,
        "seconds": {name: [round(t, 4) for t in times] for name, times in seconds.items()},
        "ratio": round(statistics.median(theirs / mine for theirs, mine in pairs), 1),
        "ratios": {
            "ours : copy": round(
                statistics.median(
                    mine / raw for mine, raw in zip(seconds["ours"], seconds["copy"], strict=True)
                ),
                2,
            ),
            "5% changed : full": round(middle["5% changed"] / middle["ours"], 3),
            "nothing changed : full": round(middle["nothing changed"] / middle["ours"], 3),
        },
        "identical": bool(identical),
    }


def same(say: Say) -> bool:
    """Whether every output field of every pupil is equal in both tables."""
    names = ", ".join(("enrolment_id", "school_id", "as_of", *COLUMNS))
    raw = worlds.connect(os.environ["DATABASE_URL"])
    with raw, raw.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM bench_standing")
        held = cursor.fetchone()[0]
        wrong = []
        for one, other in (
            ("attendance_pupilstanding", "bench_standing"),
            ("bench_standing", "attendance_pupilstanding"),
        ):
            cursor.execute(f"SELECT {names} FROM {one} EXCEPT SELECT {names} FROM {other} LIMIT 3")
            wrong += [(one, *row) for row in cursor.fetchall()]
    raw.close()
    for row in wrong:
        say(f"differs: {row}")
    return held > 0 and not wrong


def change(world: World, part: float, turn: int) -> int:
    """Write some pupils' rows anew, their marks the same, so that answers stay comparable."""
    random = np.random.default_rng([7, turn])
    with scope([world.authority_id]):
        swept = PupilStanding.objects.filter(authority=world.authority_id, year=YEAR)
        there = np.array(swept.order_by("enrolment_id").values_list("enrolment_id", flat=True))
    chosen = random.choice(there, int(len(there) * part), replace=False)
    ids = ",".join(map(str, chosen.tolist()))
    owner_does(
        "UPDATE attendance_registeryear SET marks = set_byte(marks, 0, get_byte(marks, 0))"
        f" WHERE year = {YEAR} AND enrolment_id IN ({ids})",
        "VACUUM attendance_registeryear",
    )
    return len(chosen)


# Storage


def size_of(*tables: str) -> int:
    """Bytes of tables with their indexes."""
    raw = worlds.connect(os.environ["DATABASE_URL"])
    with raw, raw.cursor() as cursor:
        cursor.execute("SELECT sum(pg_total_relation_size(t)) FROM unnest(%s) AS t", [list(tables)])
        total = int(cursor.fetchone()[0])
    raw.close()
    return total


def marks_rows(world: World) -> float:
    """How many pupil-years of marks the reference holds."""
    raw = worlds.connect(os.environ["DATABASE_URL"])
    with raw, raw.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM bench_mark")
        held = int(cursor.fetchone()[0])
    raw.close()
    return held / np.count_nonzero(world.marks[YEAR], axis=1).mean()


def ledger(world: World, say: Say, marks: float) -> dict[str, float]:
    """A year of classes of 30, each register saved as taken, with ten corrections a pupil."""
    say("Taking a year of registers of some classes, for the ledger's size")
    tables = ("attendance_registertaken", "attendance_amendment", "attendance_roll")
    before = size_of(*tables)
    last = CLASSES * 30
    owner_does(
        f"DELETE FROM attendance_registeryear WHERE enrolment_id <= {last} AND year = {YEAR}"
    )
    with scope([world.authority_id]):
        authority = Authority.objects.get(pk=world.authority_id)
        school = School.objects.get(pk=world.schools[0], authority=authority)
        for first in range(1, last, 30):
            take_year(school, world, list(range(first, first + 30)))
    owner_does("VACUUM FULL attendance_registertaken, attendance_amendment, attendance_roll")
    each = (size_of(*tables) - before) / last
    return {"ledger": each, "with ledger": each + marks}


def take_year(school: School, world: World, pupils: list[int]) -> None:
    """Save each of a class's registers, then correct ten marks a pupil."""
    held = world.marks[YEAR]
    places = np.flatnonzero(held[np.array(pupils) - 1].any(axis=0))
    start = grid_start(YEAR)

    def when(place: int) -> DatedSession:
        return DatedSession(start + timedelta(days=place // 2), Session(place % 2))

    for place in places.tolist():
        save(school, when(place), {pk: held[pk - 1, place] for pk in pupils}, reason="")
    random = np.random.default_rng(3)
    for place in random.choice(places, 60, replace=False).tolist():
        some = {pk: held[pk - 1, place] for pk in pupils if held[pk - 1, place]}
        chosen = random.choice(list(some), min(5, len(some)), replace=False).tolist()
        other = {pk: codec.NUMBERS["O" if some[pk] != codec.NUMBERS["O"] else "I"] for pk in chosen}
        save(school, when(place), other, reason="The parent rang")


def save(school: School, when: DatedSession, numbers: dict[int, int], *, reason: str) -> None:
    """One register."""
    codes = {pk: codec.code_of(int(number)) for pk, number in numbers.items() if number}
    registers.save_register(school=school, when=when, codes=codes, by=None, now=NOW, reason=reason)


assert date(YEAR, 8, 1) < AS_OF
assert PupilStanding._meta.db_table == "attendance_pupilstanding"
