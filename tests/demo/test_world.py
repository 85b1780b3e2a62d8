"""The demo world before it meets a database: repeatable, invented, and of the published shape."""

import re
from datetime import date

import numpy as np
import pytest

from attendance.marks import CODE_OF
from authorities.models import Phase
from demo import accounts, sentinels
from demo.people import AdultRow, household
from demo.places import places, year_plan
from demo.world import World, build
from rules.attendance_codes import code_on
from rules.upn import read_upn

TODAY = date(2026, 11, 23)
COUNCILS = {"990", "991", "992"}


@pytest.fixture(scope="module")
def world() -> World:
    return build(7, "demo", TODAY)


@pytest.fixture(scope="module")
def adults(world) -> list[AdultRow]:
    people = world.people["990"]
    return [adult for pupil in range(400) for adult in household(7, people.pupils, pupil)]


def every_file(world: World, urn: str) -> list[bytes]:
    school = next(school for school in world.places.schools if school.urn == urn)
    people = world.people_files(school)
    marks = [world.marks_file(school), world.correction_file(school)]
    return [file.content for file in [*people, *marks] if file is not None]


@pytest.mark.parametrize("urn", ["990102", "990106"])
def test_the_same_number_writes_the_same_files(world, urn):
    assert every_file(build(7, "demo", TODAY), urn) == every_file(world, urn)


def test_another_number_writes_others(world):
    assert every_file(build(8, "demo", TODAY), "990102") != every_file(world, "990102")


def test_upns_are_valid_different_and_of_councils_that_do_not_exist(world):
    upns = [upn for people in world.people.values() for upn in people.pupils.upns]

    assert len(upns) == len(set(upns)) > 3390
    assert {read_upn(upn).council for upn in upns} == COUNCILS


def test_pupils_on_roll_are_as_many_as_the_schools_have(world):
    now = world.people["990"].rolls.ends == 0
    left = sum(people.pupils.year.tolist().count(12) for people in world.people.values())

    assert sum((people.pupils.year <= 11).sum() for people in world.people.values()) == 3390
    assert left > 30
    assert not (world.people["990"].pupils.year[world.people["990"].rolls.pupil[now]] > 11).any()


def test_nobody_has_a_real_telephone_address_or_mailbox(adults):
    assert len(adults) > 500
    for adult in adults:
        assert re.fullmatch(r"01632 960\d{3}|07700 900\d{3}", adult.phone)
        assert re.fullmatch(r"ZZ99 [123][A-Z]{2}", adult.postcode)
        assert adult.email == "" or adult.email.endswith("@families.example.org")


def test_every_account_is_at_an_example_address_with_a_long_password():
    people = accounts.accounts(7, places(7, "demo"))

    assert len({account.email for account in people}) == len(people)
    for account in people:
        assert re.fullmatch(r"[a-z.]+@[a-z.-]+\.example\.org", account.email)
        assert len(account.password) > 24
        assert len(account.secret) == 32


def test_brothers_and_sisters_are_born_well_apart(world):
    pupils = world.people["990"].pupils
    order = np.lexsort((pupils.born, pupils.family))
    together = np.diff(pupils.family[order]) == 0

    assert together.sum() > 400
    assert (np.diff(pupils.born[order])[together] >= 300).all()


def registers(world: World, phase: Phase) -> list:
    return [world.register(school) for school in world.places.schools if school.phase == phase]


def shares(world: World, phase: Phase) -> tuple[float, float, float]:
    """Absence, persistent and severe, in percent."""
    possible, absent = [], []
    for register in registers(world, phase):
        marks = register.marks[register.marks[:, -1] != 0]  # those on roll now
        possible += (marks >= 0x40).sum(axis=1).tolist()
        absent += (marks >= 0x60).sum(axis=1).tolist()
    rows = np.array([(p, a) for p, a in zip(possible, absent, strict=True) if p])
    rate = rows[:, 1] / rows[:, 0]
    return (
        100 * rows[:, 1].sum() / rows[:, 0].sum(),
        100 * (rate >= 0.1).mean(),
        100 * (rate >= 0.5).mean(),
    )


@pytest.mark.parametrize(
    ("phase", "absence", "persistent", "severe"),
    [  # published 5.3, 13.8, about 0.7; 8.5, 23.8, about 3
        (Phase.PRIMARY, (4.8, 6.6), (12, 18), (0.3, 1.5)),
        (Phase.SECONDARY, (7.8, 10.2), (21, 28), (1.8, 4.2)),
        (Phase.SPECIAL, (9, 17), (28, 48), (2, 10)),
    ],
)
def test_absence_has_the_published_level_and_tail(world, phase, absence, persistent, severe):
    found = shares(world, phase)

    for value, (low, high) in zip(found, (absence, persistent, severe), strict=True):
        assert low <= value <= high, found


def test_mornings_and_fridays_are_worse(world):
    absent, possible = np.zeros((5, 2)), np.zeros((5, 2))
    for register in registers(world, Phase.SECONDARY):
        at = (register.sessions.weekday, register.sessions.half)
        np.add.at(absent, at, (register.marks >= 0x60).sum(axis=0))
        np.add.at(possible, at, (register.marks >= 0x40).sum(axis=0))
    by_day = absent.sum(axis=1) / possible.sum(axis=1)
    by_half = absent.sum(axis=0) / possible.sum(axis=0)

    assert by_day.argmax() == 4
    assert by_half[0] > by_half[1]


def test_absence_comes_in_spells(world):
    register = registers(world, Phase.SECONDARY)[0]
    ill = register.marks == 0x68

    after_ill = ill[:, 1:][ill[:, :-1]].mean()

    assert ill.mean() < 0.1
    assert after_ill > 0.4


def test_every_code_in_the_registers_is_in_force(world):
    used = set()
    for school in world.places.schools:
        used |= set(np.unique(world.register(school).marks).tolist()) - {0}

    codes = {CODE_OF[number] for number in used}

    assert codes >= {"/", "\\", "L", "I", "M", "C", "O", "U", "G", "N", "E", "C2", "V", "B", "D"}
    assert all(code_on(code, date(2026, 11, 20)) for code in codes)


def test_nothing_is_recorded_today_or_later(world):
    for school in world.places.schools:
        assert date.fromordinal(int(world.sessions(school).day.max())) < TODAY


def test_the_layouts_and_encodings_differ(world):
    layouts = {school.layout for school in world.places.schools}
    encodings = {school.encoding for school in world.places.schools}

    assert layouts == {"long", "week", "dated"}
    assert len(encodings) == 3


def test_half_term_is_one_week_or_two():
    one, two = year_plan(2026), year_plan(2026, two_weeks=True)

    assert one.terms[0].ends_on == date(2026, 10, 23)
    assert two.terms[0].ends_on == date(2026, 10, 16)
    assert one.terms[1].starts_on == two.terms[1].starts_on == date(2026, 11, 2)


def test_the_calendar_of_the_year_to_come_is_known_from_may():
    assert build(7, "demo", date(2027, 4, 30)).years == (2025, 2026)
    assert build(7, "demo", date(2027, 5, 1)).years == (2025, 2026, 2027)


def test_late_reasons_change_the_register_and_nothing_older(world):
    register = world.register(world.places.schools[3])
    changed = register.first != register.marks

    assert changed.sum() > 50
    assert not changed[:, :-30].any()


def test_the_sentinels_have_the_marks_they_stand_for(world):
    people = world.people["990"]
    register = world.register(world.places.schools[3])
    who = people.rolls.pupil[register.enrolments].tolist()

    def unauthorised(name: str, marks: np.ndarray) -> int:
        return int((marks[who.index(people.chosen[name])] >= 0x80).sum())

    assert unauthorised("met", register.marks) == 12
    assert unauthorised("provisional", register.marks) == 11
    assert unauthorised("near", register.marks) == 8
    assert unauthorised("gone", register.first) == 11
    assert unauthorised("gone", register.marks) == 4
    assert unauthorised("never_absent", register.marks) == 0


def test_the_families_told_by_hand_have_what_they_stand_for(world):
    people = world.people["990"]
    told = {name: people.families[people.chosen[name]] for name in sentinels.FAMILIES}

    assert told["protected_mother"][0].protected_address == "yes"
    assert told["father_under_court_order"][1].court_order == "no information"
    assert told["two_addresses"][0].address != told["two_addresses"][1].address
    assert told["another_language"][0].language == "Polish"
    assert people.chosen["lives_in_the_other_authority"] in people.pupils.lives_elsewhere


@pytest.mark.parametrize(("size", "schools", "pupils"), [("authority", 100, 60_000)])
def test_larger_worlds_have_the_schools_and_pupils_they_promise(size, schools, pupils):
    first = [school for school in places(1, size).schools if school.authority == "990"]

    assert len(first) == schools
    assert sum(school.pupils for school in first) == pupils
    assert len({school.name for school in first}) == schools


@pytest.mark.parametrize("today", [date(2026, 9, 1), date(2026, 8, 10), date(2027, 7, 1)])
def test_a_world_can_be_made_on_any_day(today):
    world = build(7, "demo", today)
    school = world.places.schools[1]

    assert world.marks_file(school) is not None
    assert date.fromordinal(int(world.sessions(school).day.max())) < today
