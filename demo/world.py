"""The whole demo world from one number: nothing here touches the database or the clock."""

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
from demo.registers import Marks, Register, Sessions, draw_register
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

    @property
    def years(self) -> tuple[int, ...]:
        """The years that have a calendar: the last, this, and from May the one to come."""
        coming = self.today >= date(self.year + 1, 5, 1)
        return (self.year - 1, self.year, *([self.year + 1] if coming else []))

    def plans(self, school: SchoolPlan) -> dict[int, Plan]:
        """The school's calendars, by year."""
        return {year: school_plan(school, year) for year in self.years}

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
        register = draw_register(
            rng, school, people.pupils, people.rolls, self.sessions(school), self.year
        )
        sentinels.write_marks(register, people.rolls, people.chosen)
        return register

    def people_files(self, school: SchoolPlan) -> list[DemoFile]:
        """The files of one school's pupils and of the adults around them, in that order."""
        people = self.people[school.authority]
        return [
            files.pupils_file(school, people.pupils, people.rolls),
            files.adults_file(self.seed, school, people.pupils, people.rolls, people.families),
        ]

    def marks_file(self, school: SchoolPlan) -> DemoFile | None:
        """The school's marks; for a school that corrects, before reasons had come in."""
        register = self.register(school)
        marks = register.first if corrects(school) else register.marks
        return self._file(register, marks, len(register.sessions), "marks")

    def correction_file(self, school: SchoolPlan) -> DemoFile | None:
        """The last weeks as they stand now, from a school that sends them a second time."""
        if not corrects(school):
            return None
        register = self.register(school)
        return self._file(register, register.marks, CORRECTED, "marks-corrected")

    def _file(self, register: Register, marks: Marks, last: int, name: str) -> DemoFile | None:
        """The last sessions of a register as a file, or None when there are none."""
        people = self.people[register.school.authority]
        upns = [people.pupils.upns[p] for p in people.rolls.pupil[register.enrolments].tolist()]
        columns = np.arange(len(register.sessions))[-last:]
        return files.marks_file(register, marks, columns, upns, name) if len(columns) else None


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
