"""The demo world's marks beside the published rates (DfE, 2025/26 to July, by type of school).

The ranges allow for a few hundred pupils of a phase, for registers of half a year, and for what
no file publishes: how many pupils meet ten in ten. That is an assumption, held here: with 1.5% of
a primary and 3.3% of a secondary school's sessions unauthorised, and most of them with the few who
miss most, some 3% and 8% of pupils have ten in ten weeks.
"""

from collections import Counter
from datetime import date
from functools import cache

import numpy as np
import pytest

from attendance.marks import CODE_OF, NUMBERS
from authorities.models import Phase
from demo.registers import Register
from demo.world import World, build
from rules.attendance_codes import offered_on

TODAY = date(2026, 11, 23)
TEN_WEEKS = 10


@pytest.fixture(scope="module")
def world() -> World:
    return build(7, "demo", TODAY)


@cache
def registers(seed: int, phase: Phase) -> tuple[Register, ...]:
    """The registers of a phase, for two numbers: twice as many pupils, half as much chance."""
    found = []
    for number in (seed, seed + 1):
        drawn = build(number, "demo", TODAY)
        found += [drawn.register(s) for s in drawn.places.schools if s.phase == phase]
    return tuple(found)


def shares(phase: Phase) -> dict[str, float]:
    """Each code in percent of possible sessions."""
    counts: Counter[str] = Counter()
    for register in registers(7, phase):
        found = np.bincount(register.marks.ravel(), minlength=256)
        counts.update({CODE_OF[n]: int(found[n]) for n in np.flatnonzero(found).tolist() if n})
    possible = sum(count for code, count in counts.items() if NUMBERS[code] >= 0x40)
    return {code: 100 * count / possible for code, count in counts.items()}


PUBLISHED = {
    Phase.PRIMARY: {
        "I": 2.79, "M": 0.27, "C": 0.37, "C2": 0.17, "R": 0.07, "L": 1.12, "V": 0.73, "B": 0.19,
        "P": 0.08, "O": 0.79, "G": 0.53, "U": 0.17,
    },
    Phase.SECONDARY: {
        "I": 3.63, "M": 0.38, "C": 0.43, "C2": 0.32, "R": 0.06, "L": 2.79, "V": 0.73, "B": 0.30,
        "P": 0.14, "O": 2.61, "G": 0.31, "U": 0.30, "E": 0.29, "W": 0.31, "K": 0.08,
    },
    Phase.SPECIAL: {"I": 5.02, "M": 1.02, "C": 1.68, "L": 0.77, "O": 2.80},
}  # fmt: skip


@pytest.mark.parametrize(
    ("phase", "code"), [(phase, code) for phase, codes in PUBLISHED.items() for code in codes]
)
def test_each_usual_code_is_as_frequent_as_published_or_near_it(phase, code):
    published = PUBLISHED[phase][code]

    assert published * 0.5 <= shares(phase)[code] <= published * 1.9


@pytest.mark.parametrize(
    ("phase", "code", "most"),
    [  # published .02, .01, .003 of primary; .02, .003, .005, .10 of secondary
        (Phase.PRIMARY, "J1", 0.08),
        (Phase.PRIMARY, "T", 0.08),
        (Phase.PRIMARY, "C1", 0.03),
        (Phase.SECONDARY, "J1", 0.08),
        (Phase.SECONDARY, "T", 0.05),
        (Phase.SECONDARY, "C1", 0.03),
        (Phase.SECONDARY, "S", 0.8),
    ],
)
def test_rare_codes_are_there_and_rare(phase, code, most):
    assert 0 < shares(phase)[code] <= most


@pytest.mark.parametrize(
    ("phase", "least", "most"),
    [  # published 1.55, 3.27, 3.60
        (Phase.PRIMARY, 1.2, 1.9),
        (Phase.SECONDARY, 2.8, 3.8),
        (Phase.SPECIAL, 2.4, 4.8),
    ],
)
def test_the_unauthorised_share_is_near_the_published_one(phase, least, most):
    found = shares(phase)

    assert least <= sum(found.get(code, 0) for code in "GNOU") <= most


def unauthorised_in_ten_weeks(register: Register) -> np.ndarray:
    """Each pupil's unauthorised sessions in the last ten weeks that had school."""
    mondays = np.unique(register.sessions.week)[-TEN_WEEKS:]
    return (register.marks[:, register.sessions.week >= mondays[0]] >= 0x80).sum(axis=1)


@pytest.mark.parametrize(
    ("phase", "least", "most"),
    [(Phase.PRIMARY, 1.5, 5.0), (Phase.SECONDARY, 5.5, 10.0)],
)
def test_a_few_in_a_hundred_have_ten_in_ten_weeks(phase, least, most):
    counts = [unauthorised_in_ten_weeks(one)[one.marks[:, -1] != 0] for one in registers(7, phase)]

    assert least <= 100 * (np.concatenate(counts) >= 10).mean() <= most


def test_every_code_that_a_register_can_hold_is_drawn(world):
    used: set[int] = set()
    for school in world.places.schools:
        used |= set(np.unique(world.register(school).marks).tolist()) - {0}

    offered = {code.code for code in offered_on(date(2026, 11, 20))}

    # '#' and Z stand for sessions that a register does not have.
    assert {CODE_OF[number] for number in used} == offered - {"#", "Z"}


def years_with(world: World, code: str) -> set[tuple[int, int]]:
    """(year group now, month) of each mark with a code."""
    found = set()
    for school in world.places.schools:
        register = world.register(school)
        people = world.people[school.authority]
        years = people.pupils.year[people.rolls.pupil[register.enrolments]]
        months = [date.fromordinal(int(day)).month for day in register.sessions.day]
        rows, columns = np.nonzero(register.marks == NUMBERS[code])
        found |= {(int(years[r]), months[c]) for r, c in zip(rows, columns, strict=True)}
    return found


def test_study_leave_is_for_last_summers_year_11_in_june(world):
    assert years_with(world, "S") == {(12, 6)}


def test_work_experience_is_for_last_summers_year_10(world):
    found = years_with(world, "W")

    assert {year for year, _ in found} == {11}
    assert {month for _, month in found} <= {6, 7}


def test_interviews_are_for_those_about_to_change_schools(world):
    assert {year for year, _ in years_with(world, "J1")} <= {6, 7, 11, 12}


def test_only_reception_has_pupils_below_compulsory_age(world):
    assert {year for year, _ in years_with(world, "X")} == {0}


def test_in_summer_this_years_year_11_has_study_leave_and_leaves():
    later = build(7, "demo", date(2027, 7, 5))
    found = years_with(later, "S")
    people = later.people["990"]

    assert found == {(12, 6), (11, 5), (11, 6)}
    ends = people.rolls.ends[people.pupils.year[people.rolls.pupil] == 11]
    assert {date.fromordinal(int(end)) for end in ends} == {date(2027, 6, 25)}


def test_no_two_pupils_of_an_authority_share_name_and_birth():
    pupils = build(1, "authority", TODAY).people["990"].pupils

    assert len(set(zip(pupils.forenames, pupils.surnames, pupils.born, strict=True))) == len(pupils)
