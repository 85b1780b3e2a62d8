"""One enrolment's register with its calendar, and what the rules say of it, worked out on the spot.

A page never shows a stored figure beside its working: both come from the marks as they stand.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property

from attendance.marks import year_of
from attendance.models import Enrolment
from attendance.selectors.calendars import calendars_in_force, rules_calendar
from attendance.selectors.registers import marks_of
from attendance.selectors.relied import Used, used_of
from rules import absence
from rules.absence import LookBack, Tally
from rules.compulsory_age import compulsory_days
from rules.dates import DateRange
from rules.marks import DatedSession, Mark
from rules.school_calendar import Calendar, grid_start, year_end
from rules.thresholds import Proof, Who, counts, prove
from rules.values import Figures, figures_on


@dataclass(frozen=True)
class Book:
    """One enrolment's register for an academic year and the year before, with its calendar.

    year   the calendar year in which the academic year starts
    as_of  the last day that is read
    today  a register of today may still come, so it is not missing yet
    relied the sessions that an earlier notice or prosecution rests on, with what rests on each:
           they count towards the threshold no more
    """

    enrolment: Enrolment
    born_on: date
    year: int
    as_of: date
    today: date
    calendar: Calendar
    marks: tuple[Mark, ...]
    relied: Used = field(default_factory=dict)

    @property
    def start(self) -> date:
        """The Monday on which the year's grid starts."""
        return grid_start(self.year)

    @property
    def end(self) -> date:
        """The Sunday on which it ends."""
        return year_end(self.start)

    @property
    def on_roll(self) -> DateRange:
        """The days of the enrolment."""
        return DateRange(self.enrolment.starts_on, self.enrolment.ends_on)

    @cached_property
    def figures(self) -> Figures:
        """The national figures in force."""
        return figures_on(self.as_of)

    @cached_property
    def past(self) -> tuple[Mark, ...]:
        """The marks of both years up to the as-of day, on roll."""
        return tuple(m for m in self.marks if m.day <= self.as_of and m.day in self.on_roll)

    @cached_property
    def of_year(self) -> tuple[Mark, ...]:
        """Those of this academic year."""
        return tuple(mark for mark in self.past if self.start <= mark.day <= self.end)

    @cached_property
    def tally(self) -> Tally:
        """The sessions of this year."""
        return absence.tally(self.of_year)

    @cached_property
    def look_back(self) -> LookBack:
        """The last school weeks, across years."""
        return absence.look_back(
            self.past, self.calendar, self.as_of, weeks=self.figures.look_back_weeks
        )

    @cached_property
    def proof(self) -> Proof:
        """The threshold with its working, over this year's windows."""
        return prove(
            self.marks,
            self.calendar,
            self.as_of,
            who=self.who,
            since=self.start,
            figures=self.figures,
        )

    @property
    def who(self) -> Who:
        """Which of the pupil's sessions count towards the threshold."""
        return Who(
            on_roll=self.on_roll,
            compulsory=compulsory_days(self.born_on),
            relied_on=self.relied.keys(),
        )

    @cached_property
    def used(self) -> Used:
        """The sessions of the current window that would count, had they not been used before."""
        weeks = set(self.proof.current.weeks)
        who = replace(self.who, relied_on=frozenset())
        return {
            mark.when: self.relied[mark.when]
            for mark in self.past
            if mark.when in self.relied and counts(mark, weeks, who)
        }

    @property
    def subjects(self) -> set[str]:
        """What rests on sessions of the current window."""
        return {subject for of in self.used.values() for subject in of}

    @cached_property
    def missing(self) -> tuple[DatedSession, ...]:
        """The sessions of this year that the school held and nobody recorded a mark for."""
        marked = {mark.when for mark in self.of_year}
        return tuple(
            session
            for session in self.calendar.held
            if self.start <= session.day <= self.as_of
            and session.day < self.today
            and session.day in self.on_roll
            and session not in marked
        )


def book_of(
    enrolment: Enrolment,
    born_on: date,
    *,
    today: date,
    year: int | None = None,
    relied: Used | None = None,
) -> Book:
    """The register of an enrolment for an academic year (this one unless told), and the one before.

    For a past year the as-of day is that year's last day. As known at a past moment:
    `selectors.known_at.book_as_known`. Three queries.

    relied  the sessions used already, where the caller knows them; else those of today
    """
    year = year_of(today) if year is None else year
    marks = marks_of(enrolment, grid_start(year - 1), year_end(grid_start(year)))
    if relied is None:
        relied = relied_of(enrolment, year)
    return book_from(enrolment, born_on, marks, year=year, today=today, relied=relied)


def relied_of(enrolment: Enrolment, year: int) -> Used:
    """The sessions of an enrolment that were used already, this academic year's and the last's."""
    found = used_of(enrolment.authority_id, [enrolment.pk], grid_start(year - 1))
    return found.get(enrolment.pk, {})


def book_from(
    enrolment: Enrolment,
    born_on: date,
    marks: Iterable[Mark],
    *,
    year: int,
    today: date,
    relied: Used | None = None,
) -> Book:
    """A register of given marks, in time order, with the school's calendar. One query.

    relied  the sessions used already; none unless given
    """
    calendars = [
        calendar
        for calendar in calendars_in_force(enrolment.school)
        if calendar.year in (year - 1, year)
    ]
    return Book(
        enrolment=enrolment,
        born_on=born_on,
        year=year,
        as_of=min(today, year_end(grid_start(year))),
        today=today,
        calendar=rules_calendar(calendars),
        marks=tuple(marks),
        relied=relied or {},
    )
