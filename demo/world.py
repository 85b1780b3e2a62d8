"""The whole demo world from one number: nothing here touches the database or the clock."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property

import numpy as np

from attendance.marks import year_of
from attendance.services.calendars import Plan, check
from demo import files, sentinels
from demo.draws import stream
from demo.files import DemoFile
from demo.people import AdultRow, Enrolments, Pupils, enrolments_of, pupils_of
from demo.places import Places, SchoolPlan, places, school_plan
from demo.registers import Register, Sessions, draw_register
from rules.marks import DatedSession

SIZES = ("demo", "authority", "county")
CORRECTED = 30  # sessions of the second file, in which reasons have come in


@dataclass
class People:
    """One authority's pupils, rolls and sentinels."""

    pupils: Pupils
    rolls: Enrolments
    chosen: dict[str, int]
    families: dict[int, list[AdultRow]]


@dataclass
class World:
    """A world of one size as it stood on the morning of `today`, before school."""

    seed: int
    size: str
    today: date
    places: Places
    people: dict[str, People] = field(default_factory=dict)  # by authority code
    _sessions: dict[tuple[object, ...], Sessions] = field(default_factory=dict)

    @cached_property
    def year(self) -> int:
        """The academic year of today."""
        return year_of(self.today)

    @property
    def yesterday(self) -> date:
        """The last day that has a register."""
        return self.today - timedelta(days=1)

    def plans(self, school: SchoolPlan) -> dict[int, Plan]:
        """The school's calendars of last year and this, by year."""
        return {year: school_plan(school, year) for year in (self.year - 1, self.year)}

    def sessions(self, school: SchoolPlan) -> Sessions:
        """From the second half of last summer to yesterday."""
        plans = self.plans(school)
        key = tuple(plans.items())
        if key not in self._sessions:
            tail = plans[self.year - 1].terms[-1].starts_on
            held: list[DatedSession] = []
            for year, plan in plans.items():
                held += [s for s in check(plan, year) if tail <= s.day <= self.yesterday]
            self._sessions[key] = Sessions.of(held)
        return self._sessions[key]

    def register(self, school: SchoolPlan) -> Register:
        """Draw one school's register. The same each time."""
        people = self.people[school.authority]
        rng = stream(self.seed, "register", school.urn)
        register = draw_register(rng, school, people.pupils, people.rolls, self.sessions(school))
        sentinels.write_marks(register, people.rolls, people.chosen)
        return register

    def files(self, school: SchoolPlan) -> Iterator[DemoFile]:
        """The files of one school, in the order they arrive.

        People first; then the marks as they stood before reasons came in; then, for schools that
        send a second file, the last weeks as they stand now.
        """
        people = self.people[school.authority]
        yield files.pupils_file(school, people.pupils, people.rolls)
        yield files.adults_file(self.seed, school, people.pupils, people.rolls, people.families)
        yield from self.marks_files(school)

    def marks_files(self, school: SchoolPlan) -> Iterator[DemoFile]:
        """The files of marks of one school."""
        people = self.people[school.authority]
        register = self.register(school)
        upns = [people.pupils.upns[p] for p in people.rolls.pupil[register.enrolments].tolist()]
        every = np.arange(len(register.sessions))
        if not len(every):
            return
        again = corrects(school)
        before = register.first if again else register.marks
        yield files.marks_file(register, before, every, upns, "marks")
        if again:
            late = every[-CORRECTED:]
            yield files.marks_file(register, register.marks, late, upns, "marks-corrected")


def corrects(school: SchoolPlan) -> bool:
    """Whether the school sends a second file once reasons have come in: every other one does."""
    return school.index % 2 == 1 or school.years.start == 7


def build(seed: int, size: str, today: date) -> World:
    """The world of a number. Registers and files are drawn when asked for, school by school."""
    world = World(seed, size, today, places(seed, size))
    first_day = school_plan(world.places.schools[0], world.year).terms[0].starts_on
    for authority in world.places.authorities:
        pupils = pupils_of(seed, world.places, authority, world.year)
        rolls = enrolments_of(seed, world.places, pupils, world.year, first_day, world.yesterday)
        chosen = sentinels.choose(world.places, pupils, rolls)
        told = sentinels.families(seed, pupils, chosen)
        world.people[authority.code] = People(pupils, rolls, chosen, told)
    return world
