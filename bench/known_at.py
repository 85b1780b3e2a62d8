"""Random edits by several people at once, then every past moment held against an event log.

Each person is a thread with a connection of its own. They take registers, amend single marks from
what they saw (which another may have changed since), change many marks at once and put such
changes back. `--size` is the number of edits. Each edit that commits is also written to a log in
this program's memory, while its rows are locked: the event-sourced reference. Afterwards each
pupil's register is asked for as known at the moment of each of its edits and just before it, and
must equal the log played up to there. `identical` is true only when all of them do.
"""

import argparse
import random
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from attendance import marks as codec
from attendance.models import Calendar, Enrolment, Pupil
from attendance.selectors.registers import differences, register_as_known_at, year_marks
from attendance.services.registers import (
    OneChange,
    amend_mark,
    change_marks,
    hold_marks,
    last_entry,
    restore_marks,
    save_register,
)
from authorities.models import Authority, School, User
from authorities.tenancy import scope
from rules.errors import Conflict
from rules.marks import DatedSession

PUPILS, SESSIONS, PEOPLE = 30, 20, 4
YEAR = 2025
CODES = ("/", "\\", "L", "I", "M", "N", "O", "U", "G", "C", "V", "Y4")
JUST_BEFORE = timedelta(microseconds=1)
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Event:
    """One mark as one edit left it; `code` is "" where undoing took a first entry back."""

    enrolment_id: int
    when: DatedSession
    code: str
    at: datetime


@dataclass
class Log:
    """What was committed, in the order in which the locks were held."""

    events: list[Event] = field(default_factory=list)
    conflicts: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def write(self, events: Sequence[Event]) -> None:
        """Append while the rows are still locked: so the order of each mark is the database's."""
        with self.lock:
            self.events += events

    def forget(self, events: Sequence[Event]) -> None:
        """Take back what did not commit after all."""
        with self.lock:
            self.events = [one for one in self.events if not any(one is bad for bad in events)]

    def clashed(self) -> None:
        """Somebody else was there first."""
        with self.lock:
            self.conflicts += 1


@dataclass(frozen=True)
class Room:
    """Where the edits happen."""

    school: School
    enrolments: tuple[int, ...]
    sessions: tuple[DatedSession, ...]


@dataclass
class Person:
    """One person at work, with a memory of what they last saw and changed."""

    room: Room
    user: User
    log: Log
    draw: random.Random
    seen: dict[tuple[int, DatedSession], str] = field(default_factory=dict)
    done: list[tuple[list[OneChange], int]] = field(default_factory=list)

    def work(self, edits: int) -> None:
        """So many edits, then let the connection go."""
        try:
            for _ in range(edits):
                kind = self.draw.choices(
                    (self.amend, self.take, self.change_many, self.put_back), (70, 18, 8, 4)
                )[0]
                self.attempt(kind)
        finally:
            connection.close()

    def attempt(self, kind: Callable[[datetime], list[Event]]) -> None:
        """One edit in a transaction of its own. A conflict is somebody else's right of way."""
        events: list[Event] = []
        try:
            with scope([self.room.school.authority_id]), transaction.atomic():
                events = kind(timezone.now())
                self.log.write(events)
        except Conflict:
            self.log.clashed()
        except BaseException:
            self.log.forget(events)
            raise

    def place(self) -> tuple[int, DatedSession]:
        return self.draw.choice(self.room.enrolments), self.draw.choice(self.room.sessions)

    def look(self, place: tuple[int, DatedSession]) -> str:
        """What the register says now; often remembered from before, and then stale."""
        if place not in self.seen or self.draw.random() < 0.8:
            held = year_marks(Enrolment.objects.get(pk=place[0]), YEAR)
            self.seen[place] = codec.code_of(held[codec.position(*place[1])])
        return self.seen[place]

    def amend(self, now: datetime) -> list[Event]:
        """One mark, from what was seen."""
        place = self.place()
        former, code = self.look(place), self.draw.choice(CODES)
        try:
            amend_mark(
                school=self.room.school,
                enrolment_id=place[0],
                when=place[1],
                expected=former,
                code=code,
                reason="random",
                by=self.user,
                now=now,
            )
        finally:
            self.seen.pop(place, None)
        return [Event(*place, code, now)] if code != former else []

    def take(self, now: datetime) -> list[Event]:
        """A register of some pupils, over whatever stands there."""
        when = self.draw.choice(self.room.sessions)
        pupils = self.draw.sample(self.room.enrolments, self.draw.randint(1, 8))
        codes = {pk: self.draw.choice(CODES) for pk in pupils}
        wanted = [OneChange(pk, when, "", code) for pk, code in codes.items()]
        former = hold_marks(self.room.school, wanted)
        save_register(
            school=self.room.school, when=when, codes=codes, by=self.user, now=now, reason="random"
        )
        changed = {pk: code for pk, code in codes.items() if code != former[pk, when]}
        return [Event(pk, when, code, now) for pk, code in changed.items()]

    def change_many(self, now: datetime) -> list[Event]:
        """Several marks at once, from what was seen."""
        places = {self.place() for _ in range(self.draw.randint(2, 10))}
        code = self.draw.choice(CODES)
        wanted = [OneChange(*place, self.look(place), code) for place in sorted(places)]
        made = change_marks(
            school=self.room.school,
            changes=[one for one in wanted if one.original != code],
            by=self.user,
            reason="random",
            now=now,
        )
        if made:
            last = last_entry(made, school=self.room.school, now=now)
            self.done.append((made, last))
        return [Event(one.enrolment_id, one.when, code, now) for one in made]

    def put_back(self, now: datetime) -> list[Event]:
        """Undo an earlier change of many, where nobody has touched a mark since."""
        if not self.done:
            return []
        made, last = self.done.pop(self.draw.randrange(len(self.done)))
        undone = restore_marks(
            school=self.room.school,
            changes=made,
            last=last,
            by=self.user,
            reason="random",
            now=now,
        )
        kept = set(undone.kept)
        return [
            Event(one.enrolment_id, one.when, one.original, now)
            for one in made
            if (one.enrolment_id, one.when) not in kept
        ]


def edit(room: Room, people: Sequence[User], edits: int, seed: int) -> Log:
    """So many edits by these people at once. Raises what a person's work raised."""
    log = Log()
    failed: list[BaseException] = []

    def work(number: int, user: User) -> None:
        share = edits // len(people) + (number < edits % len(people))
        try:
            Person(room, user, log, random.Random(seed * 1000 + number)).work(share)
        except BaseException as problem:
            failed.append(problem)

    threads = [
        threading.Thread(target=work, args=(number, user)) for number, user in enumerate(people)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failed:
        raise failed[0]
    return log


def as_logged(events: Sequence[Event], moment: datetime) -> bytes:
    """One pupil's year from the log alone, as known at a moment.

    An edit is known once it and all that came before it on its mark are: a person whose clock was
    read earlier but who wrote later changed what the other had written.
    """
    held = bytearray(codec.SLOTS)
    open_until: dict[DatedSession, bool] = {}
    for one in events:
        if one.at > moment:
            open_until[one.when] = True
        elif one.when not in open_until:
            held[codec.position(*one.when)] = codec.number_of(one.code) if one.code else 0
    return bytes(held)


def wrong(room: Room, log: Log) -> Iterator[tuple[int, datetime]]:
    """Every pupil and moment at which the register as known is not what the log says."""
    by_pupil: dict[int, list[Event]] = {}
    for one in log.events:
        by_pupil.setdefault(one.enrolment_id, []).append(one)
    for enrolment in Enrolment.objects.filter(pk__in=room.enrolments).select_related("school"):
        events = by_pupil.get(enrolment.pk, [])
        moments = {one.at for one in events}
        for moment in sorted(moments | {at - JUST_BEFORE for at in moments}):
            if register_as_known_at(enrolment, YEAR, moment) != as_logged(events, moment):
                yield enrolment.pk, moment


def outcome(room: Room, log: Log) -> dict[str, Any]:
    """What the edits came to, and whether every moment agrees."""
    found = list(wrong(room, log))
    moments = len({(one.enrolment_id, one.at) for one in log.events})
    return {
        "marks_written": len(log.events),
        "conflicts": log.conflicts,
        "moments": 2 * moments,
        "wrong": len(found),
        "identical": not found and not list(differences(room.school, YEAR)),
    }


def room_of(school: School, pupils: Sequence[int]) -> Room:
    """The room of these enrolments: the first sessions of a year in which every day is open."""
    sessions = tuple(codec.session_at(YEAR, 70 * 2 + place) for place in range(SESSIONS))
    return Room(school, tuple(pupils), sessions)


def run(options: argparse.Namespace, say: Say) -> dict[str, Any]:
    """Make a school, edit it, and hold every moment against the log."""
    say(f"Making {PUPILS} pupils and {PEOPLE} people")
    authority = Authority.objects.create(code="990", name="Bench")
    people = [
        User.objects.create(email=f"person{number}@example.org", name=f"Person {number}")
        for number in range(PEOPLE)
    ]
    with scope([authority.pk]):
        school = School.objects.create(
            authority=authority, urn="100000", number="1000", name="Bench", phase="primary"
        )
        Calendar.objects.create(
            authority=authority, school=school, year=YEAR, sessions=bytes([1]) * codec.SLOTS
        )
        pupils = [_pupil(authority, school, number) for number in range(PUPILS)]
    room = room_of(school, pupils)
    say(f"{options.size} edits by {PEOPLE} people at once")
    started = time.perf_counter()
    log = edit(room, people, options.size, seed=7)
    seconds = time.perf_counter() - started
    say("Asking for every moment")
    with scope([authority.pk]):
        found = outcome(room, log)
    return {
        "bench": "known-at",
        "edits": options.size,
        "people": PEOPLE,
        "seconds": round(seconds, 1),
        **found,
        "gates": {"identical": found["identical"]},
    }


def _pupil(authority: Authority, school: School, number: int) -> int:
    pupil = Pupil.objects.create(
        authority=authority,
        forenames=f"Pupil{number}",
        surname="Bench",
        sort_name=f"bench, pupil{number}",
        born_on=date(2015, 1, 1),
    )
    made = Enrolment.objects.create(
        authority=authority, school=school, pupil=pupil, starts_on=date(2025, 8, 1)
    )
    return made.pk
