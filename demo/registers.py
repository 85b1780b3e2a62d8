"""The marks of the demo world, drawn for a whole school at once.

Pupils' own rates come first (demo.people), so that the tail of severe absence is there. Each pupil
then misses that share of sessions, in spells: the sessions with the highest score of a wandering
line that Fridays, mornings and late autumn push up. What each absence was comes last.
"""

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt

from attendance.marks import NUMBERS
from authorities.models import Phase
from demo.draws import table
from demo.people import Enrolments, Pupils
from demo.places import SchoolPlan
from rules import compulsory_age
from rules.marks import DatedSession
from rules.school_calendar import grid_start

Marks = npt.NDArray[np.uint8]
Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

SPELLS = 0.9  # how much of one session's score the next one keeps
TAIL = 1.9  # how much likelier a session is missed for a small rise in its score
TEMPER = 2.5  # how much pupils differ in why they miss school: less is more
SHORT = 2.8  # how many more appointments there are among absences of a day or less
RECENT_SESSIONS = 10  # code N stays at most about five school days
SHOWN, SHOWN_PUPILS = 6, 400  # the first schools, where large, have one of everything
BLANK, AM, PM = 0, NUMBERS["/"], NUMBERS["\\"]
WORKS, STUDIES = 0.5, 0.6  # of a year group on work experience; of sessions on study leave
ILL, OTHER, LATE, CLOSED_AFTER = NUMBERS["I"], NUMBERS["O"], NUMBERS["L"], NUMBERS["U"]
UNKNOWN = NUMBERS["N"]
RARE = (  # what happens, its code, and for how many sessions
    ("mobile", "T", (20, 30, 40, 60)),
    ("performs", "C1", (2, 4, 6, 10)),
    ("no_transport", "Q", (2, 4, 10)),
    ("barred", "Y6", (4, 6, 10)),
    ("unavoidable", "Y7", (1, 2, 4)),
    ("custody", "Y5", (10, 20, 40)),
)


@dataclass
class Sessions:
    """The sessions of one school from last summer to the last register, in time order."""

    day: Ints  # ordinals
    half: Ints  # 0 morning, 1 afternoon

    def __len__(self) -> int:
        return len(self.day)

    @property
    def weekday(self) -> Ints:
        """Monday 0."""
        return (self.day - 1) % 7

    @property
    def week(self) -> Ints:
        """The ordinal of each session's Monday."""
        return self.day - self.weekday

    @classmethod
    def of(cls, sessions: list[DatedSession]) -> "Sessions":
        """From the sessions of calendars."""
        return cls(
            np.array([s.day.toordinal() for s in sessions], dtype=np.int64),
            np.array([int(s.session) for s in sessions], dtype=np.int64),
        )


@dataclass
class Register:
    """One school's marks: a row for each enrolment, a column for each session.

    first   as the register stood before reasons came in for the last three weeks
    marks   as it stands now
    """

    school: SchoolPlan
    enrolments: Ints  # indices into Enrolments
    sessions: Sessions
    first: Marks
    marks: Marks


def draw_register(
    rng: np.random.Generator,
    school: SchoolPlan,
    pupils: Pupils,
    rolls: Enrolments,
    sessions: Sessions,
    this_year: int,
) -> Register:
    """Draw one school's register. Pupils' year groups are those of `this_year`."""
    here = np.flatnonzero(rolls.school == school.index)
    on_roll = _on_roll(rolls, here, sessions)
    who = rolls.pupil[here]
    absent = _absent(rng, pupils.rate[who], on_roll, sessions)
    marks = np.where(sessions.half == 0, AM, PM).astype(np.uint8)
    marks = np.broadcast_to(marks, on_roll.shape).copy()
    _name_spells(rng, school, pupils.rate[who], absent, marks)
    draw = _Draw(rng, school, pupils, who, sessions, on_roll, marks, this_year)
    for happening in HAPPENINGS:
        happening(draw)
    marks[~on_roll] = BLANK
    first = _before_reasons(rng, marks, sessions)
    _still_unknown(rng, marks, sessions)
    _still_unknown_too(first, marks)
    return Register(school, here, sessions, first, marks)


def _on_roll(rolls: Enrolments, here: Ints, sessions: Sessions) -> Flags:
    """Whether each enrolment was on roll at each session."""
    starts, ends = rolls.starts[here][:, None], rolls.ends[here][:, None]
    return (sessions.day >= starts) & ((ends == 0) | (sessions.day <= ends))


def _absent(
    rng: np.random.Generator, rates: npt.NDArray[np.float64], on_roll: Flags, sessions: Sessions
) -> Flags:
    """Who misses which session: each pupil's own share of them, in spells."""
    pupils, count = on_roll.shape
    score = np.empty((pupils, count), dtype=np.float32)
    line: npt.NDArray[np.float32] = rng.standard_normal((pupils,), dtype=np.float32)
    step = np.float32((1 - SPELLS**2) ** 0.5)
    for column in range(count):
        line = np.float32(SPELLS) * line + step * rng.standard_normal(pupils, dtype=np.float32)
        score[:, column] = line
    score += (np.log(shape(sessions)) / TAIL).astype(np.float32)
    score += np.float32(0.35) * rng.standard_normal((pupils, count), dtype=np.float32)
    score[~on_roll] = -np.inf
    quota = np.floor(rates * on_roll.sum(axis=1) + rng.random(pupils)).astype(np.int64)
    quota = np.minimum(quota, on_roll.sum(axis=1))
    highest = -np.sort(-score, axis=1)
    lowest_taken = highest[np.arange(pupils), np.maximum(quota - 1, 0)]
    return (score >= lowest_taken[:, None]) & (quota > 0)[:, None] & on_roll


def shape(sessions: Sessions) -> npt.NDArray[np.float64]:
    """How absence at each session stands to the mean: by weekday, half and week of autumn."""
    figures = table("rates")["shape"]
    weekdays = np.array([*figures["weekdays"], 6.0, 6.0])
    weeks = np.array(figures["autumn_weeks"])
    number = np.zeros(len(sessions), dtype=np.int64)
    months = np.array([date.fromordinal(int(day)).month for day in sessions.day])
    autumn = months >= 9
    if autumn.any():
        mondays, place = np.unique(sessions.week[autumn], return_inverse=True)
        number[autumn] = np.minimum(place, len(weeks) - 1)
        del mondays
    by_week = np.where(autumn, weeks[number] / weeks.mean(), 1.0)
    morning = np.where(sessions.half == 0, figures["morning"], 1.0)
    return weekdays[sessions.weekday] / weekdays[:5].mean() * by_week * morning


def _name_spells(
    rng: np.random.Generator,
    school: SchoolPlan,
    rates: npt.NDArray[np.float64],
    absent: Flags,
    marks: Marks,
) -> None:
    """Give each spell of absence its code: illness, an appointment, leave, or no good reason."""
    figures = table("rates")["codes"][school.phase.value]
    starts = absent.copy()
    starts[:, 1:] &= ~absent[:, :-1]
    spell = np.cumsum(starts.ravel()).reshape(absent.shape)
    count = int(spell.max(initial=0)) + 1
    lengths = np.bincount(spell[absent], minlength=count)
    owner = np.zeros(count, dtype=np.int64)
    owner[spell[starts]] = np.nonzero(starts)[0]
    tilt = np.array(table("rates")["shape"]["unauthorised"])
    tilt = tilt[np.searchsorted((0.05, 0.1, 0.2, 0.5), rates, side="right")]
    temper = rng.gamma(TEMPER, 1 / TEMPER, len(rates)) * tilt
    total = sum(figures[code] for code in "IMCO")
    other = np.clip(figures["O"] / total * temper[owner], 0, 0.92)
    roll = rng.random(count)
    code = np.full(count, ILL, dtype=np.uint8)
    small = (lengths <= 2) & (rng.random(count) < SHORT * figures["M"] / total)
    code[small] = NUMBERS["M"]
    code[(roll < other + figures["C"] / total) & (roll >= other)] = NUMBERS["C"]
    code[roll < other] = OTHER
    marks[absent] = code[spell[absent]]


@dataclass
class _Draw:
    """A register in the making: what happens to some of its pupils, on top of the spells."""

    rng: np.random.Generator
    school: SchoolPlan
    pupils: Pupils
    who: Ints
    sessions: Sessions
    on_roll: Flags
    marks: Marks
    this_year: int

    @property
    def present(self) -> Flags:
        """Where the mark is a plain / or \\."""
        return (self.marks == AM) | (self.marks == PM)

    def some(self, what: str) -> Ints:
        """The pupils to whom something happens, by the share of their phase.

        At a few schools it is at least one, so that a small world shows what is rare.
        """
        share = table("rates")["happens"][self.school.phase.value].get(what, 0) / 100
        luck = self.rng.random(len(self.who))
        if share and self.school.index < SHOWN and self.school.pupils >= SHOWN_PUPILS:
            luck[np.argmin(luck + ~self.on_roll.all(axis=1))] = 0
        return np.flatnonzero(luck < share)

    def _block(self, row: int, start: int, length: int, code: str) -> None:
        """Write one code over a run of sessions of one pupil."""
        self.marks[row, start : start + length] = NUMBERS[code]

    def holidays(self) -> None:
        """G: one day to a week, most before a half-term or at the end of a term."""
        ends = self._before_holidays()
        for row in self.some("holiday").tolist():
            length = int(self.rng.choice([2, 2, 4, 4, 5, 6, 6, 8, 8, 10]))
            near = ends and self.rng.random() < 0.7
            stop = int(self.rng.choice(ends)) + 1 if near else self._any(length) + length
            self._block(row, max(0, stop - length), min(length, stop), "G")

    def _any(self, length: int) -> int:
        return int(self.rng.integers(max(1, len(self.sessions) - length)))

    def _before_holidays(self) -> list[int]:
        """The last session before each break of a week or more."""
        gaps = np.flatnonzero(np.diff(self.sessions.day) > 5)
        return gaps.tolist()

    def lates(self) -> None:
        """L, mostly in the morning and mostly the same pupils; for some, U after the close."""
        mean = table("rates")["codes"][self.school.phase.value]["L"] / 100
        habit = np.minimum(self.rng.gamma(0.35, mean * 1.75 / 0.35, len(self.who)), 0.6)
        chance = np.where(self.sessions.half == 0, 1.0, 0.15)
        late = self.rng.random(self.marks.shape) < habit[:, None] * chance
        self.marks[late & self.present] = LATE
        after = self.some("late_after_close")
        often = self.rng.uniform(0.06, 0.4, len(after))
        late = self.rng.random((len(after), len(self.sessions))) < often[:, None]
        rows = self.marks[after]
        rows[late & self.present[after] & (self.sessions.half == 0)] = CLOSED_AFTER
        self.marks[after] = rows

    def suspensions(self) -> None:
        """E: one to five days, for most of those it happens to more than once."""
        for row in self.some("suspended").tolist():
            for _ in range(int(self.rng.choice([1, 2, 2, 3]))):
                length = int(self.rng.choice([2, 4, 4, 6, 10]))
                self._block(row, self._any(length), length, "E")

    def part_time(self) -> None:
        """C2: afternoons of four to eight weeks under an agreed timetable, of school age only."""
        part_time = self.some("part_time")
        for row in part_time[self.pupils.year[self.who[part_time]] > 0].tolist():
            length = int(self.rng.choice([40, 60, 80]))
            start = self._any(length)
            part = slice(start, start + length)
            afternoons = (self.sessions.half[part] == 1) & self.present[row, part]
            self.marks[row, part][afternoons] = NUMBERS["C2"]

    def dual(self) -> None:
        """D: a day or two of each week at the other school."""
        for row in self.some("dual").tolist():
            away = self.sessions.weekday >= int(self.rng.choice([3, 4]))
            self.marks[row, away] = NUMBERS["D"]

    def trips(self) -> None:
        """V for a year group's day out, P for fixtures, B for days elsewhere."""
        years = self.pupils.year[self.who]
        present = self.present
        for year in np.unique(years).tolist():
            for day in self.rng.choice(np.unique(self.sessions.day), 1):
                goes = (years == year) & (self.rng.random(len(years)) < 0.85)
                out = goes[:, None] & (self.sessions.day == day) & present
                self.marks[out] = NUMBERS["V"]
        for code in "BP":
            share = table("rates")["codes"][self.school.phase.value][code] / 100
            keen = self.rng.random(len(self.who)) < 0.06
            out = self.rng.random(self.marks.shape) < 1.25 * share / 0.06
            self.marks[out & keen[:, None] & self.present] = NUMBERS[code]

    def closures(self) -> None:
        """One unexpected closure of the site at every third school, transport trouble at others."""
        day = int(self.sessions.day[self._any(20)])
        whole = self.school.index % 3 == 2
        share = 1.0 if whole else 0.04
        hit = self.rng.random(len(self.who)) < share
        self.marks[np.ix_(hit, self.sessions.day == day)] = NUMBERS["Y4" if whole else "Y1"]

    def emergencies(self) -> None:
        """Y2 for a storm day, Y3 for part of a building, at some schools."""
        if self.school.index % 5 == 0:
            storm = self.sessions.day == int(self.sessions.day[self._any(20)])
            hit = self.rng.random(len(self.who)) < 0.06
            self.marks[np.ix_(hit, storm)] = NUMBERS["Y2"]
        if self.school.index % 7 == 3:
            years = self.pupils.year[self.who]
            start = self._any(4)
            shut = np.arange(len(self.sessions)) // 2 == start // 2
            self.marks[np.ix_(years == self.rng.choice(years), shut)] = NUMBERS["Y3"]

    def rare(self) -> None:
        """What few pupils have: runs of sessions under one code."""
        for what, code, lengths in RARE:
            for row in self.some(what).tolist():
                length = int(self.rng.choice(lengths))
                self._block(row, self._any(length), length, code)

    def observances(self) -> None:
        """R: the same two days for every family that keeps them."""
        days = np.unique(self.sessions.day)
        kept = np.isin(self.sessions.day, days[[len(days) // 5, -1 - len(days) // 6]])
        self.marks[np.ix_(self.some("observes"), np.flatnonzero(kept))] = NUMBERS["R"]

    def placements(self) -> None:
        """K: two days of each week at provision that the council arranged."""
        for row in self.some("placed").tolist():
            day = int(self.rng.choice([0, 2]))
            away = (self.sessions.weekday == day) | (self.sessions.weekday == day + 1)
            self.marks[row, away] = NUMBERS["K"]

    def work_experience(self) -> None:
        """W: for half of a Year 10 the same week after the summer half-term."""
        summer = self._in_months(6, 7)
        if self.school.phase == Phase.PRIMARY or not summer.any():
            return
        week = self.rng.choice(np.unique(self.sessions.week[summer]))
        goes = self.rng.random(len(self.who)) < WORKS
        here = self._in_year(10) & (self.sessions.week == week) & self.present
        self.marks[here & goes[:, None]] = NUMBERS["W"]

    def study_leave(self) -> None:
        """S: more than half of Year 11's sessions while exams are on, from the middle of May."""
        if self.school.phase == Phase.PRIMARY:
            return
        exams = self._in_months(6) | self._in_months(5, from_day=18)
        at_home = self.rng.random(self.marks.shape) < STUDIES
        self.marks[self._in_year(11) & exams & at_home & self.present] = NUMBERS["S"]

    def interviews(self) -> None:
        """J1: half a day or a day of Year 11, and of Year 6 for a place at another school."""
        last = 6 if self.school.phase == Phase.PRIMARY else 11
        for row in self.some("interview").tolist():
            at = np.flatnonzero(self._in_year(last)[row] & self.present[row])
            if len(at):
                start = int(self.rng.choice(at))
                self._block(row, start, int(self.rng.choice([1, 2])), "J1")

    def _in_months(self, *months: int, from_day: int = 1) -> Flags:
        """Which sessions lie in these months, on a day of the month or after."""
        days = as_dates(self.sessions)
        return np.array([day.month in months and day.day >= from_day for day in days], dtype=bool)

    def _in_year(self, year: int) -> Flags:
        """Which pupils were in a year group at which sessions: a year lower before the summer."""
        before = self.sessions.day < grid_start(self.this_year).toordinal()
        return (self.pupils.year[self.who][:, None] - before) == year

    def reception(self) -> None:
        """X: those not yet of compulsory age start with mornings only."""
        young = np.flatnonzero(self.pupils.year[self.who] == 0)
        if self.school.phase != Phase.PRIMARY or not len(young):
            return
        september = [d for d in np.unique(self.sessions.day) if date.fromordinal(d).month == 9]
        first = np.isin(self.sessions.day, september[:10]) & (self.sessions.half == 1)
        for row in young.tolist():
            born = date.fromordinal(int(self.pupils.born[self.who[row]]))
            starts = compulsory_age.starts_on(born).toordinal()
            self.marks[row, first & (self.sessions.day < starts)] = NUMBERS["X"]


HAPPENINGS = (  # in this order: what comes later writes over what came before
    _Draw.holidays,
    _Draw.observances,
    _Draw.placements,
    _Draw.work_experience,
    _Draw.study_leave,
    _Draw.interviews,
    _Draw.lates,
    _Draw.suspensions,
    _Draw.part_time,
    _Draw.dual,
    _Draw.trips,
    _Draw.rare,
    _Draw.emergencies,
    _Draw.closures,
    _Draw.reception,
)


def _spells_of(marks: Marks, codes: tuple[int, ...]) -> Ints:
    """A number for each run of one and the same of these codes; 0 elsewhere."""
    wanted = np.isin(marks, codes)
    starts = wanted.copy()
    starts[:, 1:] &= marks[:, 1:] != marks[:, :-1]
    spell = np.cumsum(starts.ravel()).reshape(marks.shape)
    return np.where(wanted, spell, 0)


def _before_reasons(rng: np.random.Generator, marks: Marks, sessions: Sessions) -> Marks:
    """The register before reasons came in: N for part of the absences of the last three weeks."""
    first = marks.copy()
    recent = sessions.day >= sessions.day.max(initial=0) - 21
    spell = _spells_of(marks, (ILL, OTHER)) * recent
    asked = rng.random(int(spell.max(initial=0)) + 1) < 0.35
    asked[0] = False
    first[asked[spell]] = UNKNOWN
    return first


def _still_unknown(rng: np.random.Generator, marks: Marks, sessions: Sessions) -> None:
    """N where no reason is known yet: the last days, and a few that were forgotten."""
    spell = _spells_of(marks, (ILL, OTHER))
    count = int(spell.max(initial=0)) + 1
    last = np.zeros(len(sessions), dtype=bool)
    last[-RECENT_SESSIONS:] = True
    waiting = rng.random(count) < 0.3
    forgotten = rng.random(count) < 0.003
    waiting[0] = forgotten[0] = False
    marks[(waiting[spell] & last) | forgotten[spell]] = UNKNOWN


def _still_unknown_too(first: Marks, marks: Marks) -> None:
    """What is unknown now was unknown before."""
    first[marks == UNKNOWN] = UNKNOWN


def last_of(sessions: Sessions, number: int) -> Ints:
    """The columns of the last `number` sessions."""
    return np.arange(max(0, len(sessions) - number), len(sessions))


def as_dates(sessions: Sessions) -> list[date]:
    """The day of each session."""
    start = date.fromordinal(1)
    return [start + timedelta(days=int(day) - 1) for day in sessions.day]
