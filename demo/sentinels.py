"""The pupils and families that the demo world always has, told by hand and named in its JSON."""

from dataclasses import replace

import numpy as np

from attendance.marks import NUMBERS
from authorities.models import Phase
from demo.people import HOMES, LAST_YEAR, AdultRow, Enrolments, Pupils, household
from demo.places import Places
from demo.registers import AM, BLANK, PM, Register, Sessions

# What each stands for, and the pattern of their marks.
PUPILS = {
    "met": "met",
    "provisional": "provisional",
    "near": "near",
    "gone": "gone",
    "severe": "severe",
    "never_absent": "never absent",
}
FAMILIES = {
    "protected_mother": "met",
    "father_under_court_order": "met",
    "two_addresses": "met",
    "another_language": "near",
    "lives_in_the_other_authority": "met",
}


def choose(world: Places, pupils: Pupils, rolls: Enrolments) -> dict[str, int]:
    """A pupil for each sentinel, all at the authority's first secondary school. May be empty."""
    schools = [
        s.index
        for s in world.schools
        if s.phase == Phase.SECONDARY and s.authority == pupils.authority.code
    ]
    if not schools:
        return {}
    settled = np.ones(len(pupils), dtype=bool)
    settled[rolls.pupil[(rolls.ends > 0) | (rolls.school != pupils.school[rolls.pupil])]] = False
    settled[rolls.pupil[np.array([bool(reason) for reason in rolls.reason])]] = False
    settled[rolls.pupil[rolls.starts > rolls.starts.max() - 200]] = False
    alone = np.bincount(pupils.family)[pupils.family] == 1
    fit = settled & alone & (pupils.school == schools[0])
    fit &= (pupils.year >= 8) & (pupils.year <= 10) & (pupils.home[pupils.family] == 0)
    found = np.flatnonzero(fit).tolist()
    names = [*PUPILS, *FAMILIES]
    return dict(zip(names, found[:: max(1, len(found) // len(names))], strict=False))


def siblings(world: Places, pupils: Pupils) -> list[int]:
    """The first family with children in a primary and in a secondary school."""
    phase = np.array([list(Phase).index(s.phase) for s in world.schools])[pupils.school]
    here = pupils.year <= LAST_YEAR
    primary = np.unique(pupils.family[phase == list(Phase).index(Phase.PRIMARY)])
    secondary = np.unique(pupils.family[here & (phase == list(Phase).index(Phase.SECONDARY))])
    both = np.intersect1d(primary, secondary)
    return np.flatnonzero((pupils.family == both[0]) & here).tolist() if len(both) else []


def families(seed: int, pupils: Pupils, chosen: dict[str, int]) -> dict[int, list[AdultRow]]:
    """The adults of the families that are told by hand, by pupil."""
    told: dict[int, list[AdultRow]] = {}
    for name, pupil in chosen.items():
        if name in FAMILIES:
            pupils.home[pupils.family[pupil]] = HOMES.index("together")
            mother, father = household(seed, pupils, pupil)
            told[pupil] = TELL[name](mother, father)
    if "lives_in_the_other_authority" in chosen:
        pupils.lives_elsewhere.add(chosen["lives_in_the_other_authority"])
    return told


def _moved(adult: AdultRow, line: str, end: str) -> AdultRow:
    """The adult at another address of the same town."""
    return replace(adult, address=line, postcode=f"{adult.postcode[:-2]}{end}")


def _protected(mother: AdultRow, father: AdultRow) -> list[AdultRow]:
    mother = replace(
        _moved(mother, "Flat 3, 17 Lantern Hill", "QZ"), protected_address="yes", email=""
    )
    return [
        mother,
        replace(
            _moved(father, "8 Fuller's Walk", "XJ"), has_care="no", may_contact="unknown",
            court_order="unknown",
        ),
    ]  # fmt: skip


def _under_order(mother: AdultRow, father: AdultRow) -> list[AdultRow]:
    father = replace(
        _moved(father, "51 Ironmaster Place", "XL"), has_care="no", may_contact="no",
        court_order="no information",
    )  # fmt: skip
    return [mother, father]


def _apart(mother: AdultRow, father: AdultRow) -> list[AdultRow]:
    return [mother, _moved(father, "22 Drovers Lane", "WT")]


def _language(mother: AdultRow, father: AdultRow) -> list[AdultRow]:
    needs = "Interpreter; large print"
    return [replace(one, language="Polish", needs=needs) for one in (mother, father)]


def _as_drawn(mother: AdultRow, father: AdultRow) -> list[AdultRow]:
    return [mother, father]


TELL = {
    "protected_mother": _protected,
    "father_under_court_order": _under_order,
    "two_addresses": _apart,
    "another_language": _language,
    "lives_in_the_other_authority": _as_drawn,
}


def write_marks(register: Register, rolls: Enrolments, chosen: dict[str, int]) -> None:
    """Give the sentinels at this register's school the marks that they stand for."""
    who = rolls.pupil[register.enrolments].tolist()
    for name, pupil in chosen.items():
        if pupil not in who:
            continue
        row = who.index(pupil)
        plain = np.where(register.sessions.half == 0, AM, PM).astype(np.uint8)
        now, before = plain.copy(), plain.copy()
        for place, code, former in pattern({**PUPILS, **FAMILIES}[name], register.sessions):
            now[place], before[place] = NUMBERS[code], NUMBERS[former]
        there = register.marks[row] != BLANK
        register.marks[row] = np.where(there, now, BLANK)
        register.first[row] = np.where(there, before, BLANK)


def pattern(kind: str, sessions: Sessions) -> list[tuple[int, str, str]]:
    """(column, code now, code before reasons came in) for each session that is not plain."""
    count = len(sessions)
    eight = [(count - back, "O", "O") for back in range(20, 60, 5)]
    rows = {
        "met": [*eight, *((count - back, "O", "O") for back in (18, 17, 14, 13))],
        "provisional": [*eight, *((count - back, "N", "N") for back in (6, 5, 4))],
        "near": eight,
        "gone": [*eight[4:], *((count - back, "I", "N") for back in range(12, 19))],
        "severe": _severe(count),
        "never absent": [],
    }[kind]
    return [(place, now, before) for place, now, before in rows if place >= 0]


def _severe(count: int) -> list[tuple[int, str, str]]:
    """Three days of each five away, some for illness and some for no good reason."""
    places = [n for n in range(count) if n % 10 < 6]
    return [(n, *(("O", "O") if n % 20 < 6 else ("I", "I"))) for n in places]
