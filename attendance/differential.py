"""Generated histories, swept twice: by the rules and by the kernel. They must agree on all.

`compare` is run on a few hundred in the suite and on 100,000 by `manage.py differential`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np

from attendance import marks as codec
from attendance import sweep
from rules.compulsory_age import compulsory_days, leaving_date
from rules.marks import DatedSession
from rules.school_calendar import Calendar, grid_start, year_end
from rules.standing import Standing, standing
from rules.thresholds import State

Random = np.random.Generator
GROUP = 40  # histories that share a day
YEARS = (2024, 2025, 2026, 2027)  # 2024 has a tail of the codes that were retired that August
ALL_CODES = np.array(sorted(codec.CODE_OF), dtype=np.uint8)


@dataclass(frozen=True)
class History:
    """One enrolment as the rules are told of it, and what the kernel is told."""

    marks: tuple[bytes, bytes]  # last year's and this year's
    sessions: tuple[bytes, bytes]
    starts_on: date | None
    ends_on: date | None
    born_on: date
    relied_on: frozenset[DatedSession]


def calendar_bytes(random: Random, year: int) -> bytes:
    """A year's sessions: terms with gaps, training days, odd weekends, weeks of one session."""
    held = np.zeros((codec.WEEKS, codec.DAYS, codec.SESSIONS), np.uint8)
    if random.random() < 0.05:
        return held.tobytes()
    weeks_in_year = (grid_start(year + 1) - grid_start(year)).days // codec.DAYS
    open_weeks = random.random(codec.WEEKS) < random.choice([0.35, 0.75, 0.95])
    open_weeks[: random.integers(0, 6)] = False
    open_weeks[weeks_in_year:] = False
    days = 6 if random.random() < 0.1 else 5
    held[open_weeks, :days] = 1
    held[random.random(held.shape[:2]) < 0.03] = 0
    for week in np.flatnonzero(random.random(codec.WEEKS) < 0.06).tolist():
        held[week] = 0
        if week < weeks_in_year:
            held[week, random.integers(0, 7), random.integers(0, 2)] = 1
    return held.tobytes()


def marks_bytes(random: Random, year: int, sessions: bytes, habits: np.ndarray) -> bytes:
    """A year's marks: mostly in sessions, now and then where the calendar has none."""
    held = np.frombuffer(sessions, dtype=np.uint8).astype(bool)
    weeks_in_year = (grid_start(year + 1) - grid_start(year)).days // codec.DAYS
    held &= random.random(codec.SLOTS) < random.choice([1.0, 0.97, 0.6])
    if random.random() < 0.15:
        held |= random.random(codec.SLOTS) < 0.02
    held[weeks_in_year * codec.SLOTS_A_WEEK :] = False
    days = grid_start(year).toordinal() + np.arange(codec.SLOTS) // codec.SESSIONS
    drawn = random.choice(ALL_CODES, codec.SLOTS, p=habits)
    if random.random() < 0.3:  # absences come in runs
        same = random.random(codec.SLOTS) < 0.8
        drawn = drawn[np.maximum.accumulate(np.where(same, 0, np.arange(codec.SLOTS)))]
    old = ~codec.in_force(drawn, days)
    drawn[old] = random.choice(
        [codec.NUMBERS["/"], codec.NUMBERS["O"], codec.NUMBERS["H"]], int(old.sum())
    )
    drawn[~codec.in_force(drawn, days)] = codec.NUMBERS["I"]
    return np.where(held, drawn, codec.BLANK).astype(np.uint8).tobytes()


def habits_of(random: Random) -> np.ndarray:
    """How likely each code is for one pupil."""
    weights = random.random(len(ALL_CODES)) * 0.02
    if random.random() < 0.05:  # hardly ever there: runs longer than a byte can count
        weights *= 0.01
        weights[
            np.searchsorted(ALL_CODES, codec.NUMBERS["O" if random.random() < 0.5 else "I"])
        ] = 9
        habits: np.ndarray = weights / weights.sum()
        return habits
    for code, most in (
        ("/", 6),
        ("I", 1),
        ("O", 0.5),
        ("N", 0.4),
        ("U", 0.2),
        ("G", 0.2),
        ("D", 1),
    ):
        if random.random() < 0.8:
            at = int(np.searchsorted(ALL_CODES, codec.NUMBERS[code]))
            weights[at] += most * random.random() ** 2
    result: np.ndarray = weights / weights.sum()
    return result


def birthday(random: Random, year: int) -> date:
    """A birthday, often one that puts an edge of compulsory school age inside the year."""
    edges = [
        date(year - 5, 8, 31), date(year - 5, 12, 31), date(year - 4, 3, 31), date(year - 5, 9, 1),
        date(year - 4, 1, 1), date(year - 4, 4, 1), date(year - 16, 9, 1), date(year - 15, 8, 31),
        leaving_date(year + 1).replace(year=year - 15), date(year - 16, 6, 26),
    ]  # fmt: skip
    if random.random() < 0.5:
        return edges[random.integers(len(edges))]
    return date(year - 18, 1, 1) + timedelta(days=int(random.integers(0, 15 * 365)))


def history(random: Random, year: int) -> History:
    """One enrolment: whole or part of the year, before, after and across it."""
    sessions = (calendar_bytes(random, year - 1), calendar_bytes(random, year))
    habits = habits_of(random)
    marks = tuple(
        marks_bytes(random, at, held, habits)
        for at, held in zip((year - 1, year), sessions, strict=True)
    )
    start = grid_start(year - 1)
    first, last = sorted(start + timedelta(days=int(n)) for n in random.integers(0, 735, 2))
    relied_on = frozenset(
        mark.when
        for at, held in zip((year - 1, year), marks, strict=True)
        for mark in codec.decode(at, held)
        if random.random() < 0.3
    )
    return History(
        marks=(marks[0], marks[1]),
        sessions=sessions,
        starts_on=first if random.random() < 0.3 else None,
        ends_on=last if random.random() < 0.3 else None,
        born_on=birthday(random, year),
        relied_on=relied_on if random.random() < 0.1 else frozenset(),
    )


def by_the_rules(case: History, as_of: date) -> Standing:
    """What `rules.standing` says of it."""
    year = codec.year_of(as_of)
    compulsory = compulsory_days(case.born_on)
    return standing(
        [mark for at in (0, 1) for mark in codec.decode(year - 1 + at, case.marks[at])],
        calendar=Calendar(
            sessions=tuple(
                codec.session_at(year - 1 + at, place)
                for at in (0, 1)
                for place, held in enumerate(case.sessions[at])
                if held
            )
        ),
        year_start=grid_start(year),
        as_of=as_of,
        on_roll_from=case.starts_on,
        on_roll_to=case.ends_on,
        compulsory_from=compulsory.first,
        compulsory_to=compulsory.last,
        relied_on=case.relied_on,
    )


def by_the_kernel(cases: list[History], as_of: date, chunk: int) -> sweep.Counts:
    """What the kernel says of them all."""
    frame = sweep.frame_for(as_of, [case.sessions for case in cases])
    first, last = sweep.compulsory_ages(
        np.array([case.born_on.toordinal() for case in cases], dtype=np.int64)
    )
    relied = [
        (number, (when.day.toordinal() - frame.origin) * codec.SESSIONS + when.session)
        for number, case in enumerate(cases)
        for when in case.relied_on
    ]
    inside = [(who, where) for who, where in relied if 0 <= where < frame.slots]
    pupils = sweep.Pupils(
        plan=np.arange(len(cases)),
        first_day=_ordinals([case.starts_on for case in cases], codec.LONG_AGO),
        last_day=_ordinals([case.ends_on for case in cases], codec.FAR_AHEAD),
        compulsory_first=first,
        compulsory_last=last,
        relied_on=(
            np.array([who for who, _ in inside], dtype=np.intp),
            np.array([where for _, where in inside], dtype=np.intp),
        ),
    )
    tail = np.array([np.frombuffer(case.marks[0], np.uint8)[frame.tail_from :] for case in cases])[
        :, : frame.tail * codec.SLOTS_A_WEEK
    ]
    marks = np.array([np.frombuffer(case.marks[1], np.uint8) for case in cases])
    return sweep.Kernel(frame, chunk).standings(marks, tail, pupils)


def _ordinals(days: list[date | None], otherwise: int) -> codec.Ints:
    """Days as ordinals, with a number for an open end."""
    return np.array([day.toordinal() if day else otherwise for day in days], dtype=np.int64)


STATES = {State.NO: sweep.NO, State.PROVISIONAL: sweep.PROVISIONAL, State.YES: sweep.YES}


def as_columns(found: Standing, year: int) -> dict[str, int]:
    """A standing of the rules in the kernel's columns."""
    start = grid_start(year)

    def week(monday: date | None) -> int:
        return (monday - start).days // codec.DAYS if monday else 0

    first_met = sweep.BEFORE_THIS_YEAR if found.already_met else sweep.NONE
    if found.first_met:
        first_met = codec.position(*found.first_met)
    special: dict[str, Any] = {
        "state": STATES[found.state],
        "first_met": first_met,
        "latest_start": week(found.latest_start),
        "latest_end": week(found.latest_end),
        "latest_count": found.latest_count or 0,
    }
    for name in ("basis_points", "band", "five_point_band"):
        value = getattr(found, name)
        special[name] = sweep.NONE if value is None else int(value)
    monday = sweep.AT["absent_monday"]
    days = sweep.COLUMNS[monday : monday + codec.DAYS]
    special |= dict(zip(days, found.weekday_absences, strict=True))
    return {
        name: int(special[name] if name in special else getattr(found, name))
        for name in sweep.COLUMNS
    }


def generated(seed: int, group: int) -> tuple[date, list[History]]:
    """An as-of day and GROUP histories for it; the same numbers give the same ones."""
    random = np.random.default_rng([seed, group])
    year = int(random.choice(YEARS))
    start, end = grid_start(year), year_end(grid_start(year))
    earliest = max(start, date(2024, 8, 19))  # the figures begin then
    as_of = earliest + timedelta(days=int(random.integers(0, (end - earliest).days + 1)))
    return as_of, [history(random, year) for _ in range(GROUP)]


def differing(as_of: date, cases: list[History]) -> Iterator[str]:
    """What differs, in words: the case's number in its group, the column, and both values."""
    found = by_the_kernel(cases, as_of, chunk=16)
    for number, case in enumerate(cases):
        expected = as_columns(by_the_rules(case, as_of), codec.year_of(as_of))
        for at, name in enumerate(sweep.COLUMNS):
            if found[at, number] != expected[name]:
                yield (
                    f"{as_of} case {number}: {name} is {found[at, number]} by the kernel,"
                    f" {expected[name]} by the rules"
                )
