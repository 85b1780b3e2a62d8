"""Who gets to which pupil, and which codes they may read."""

from datetime import date

import pytest

from attendance import access
from authorities.access import Forbidden, NotFound
from authorities.permissions import Permission, Role
from rules.attendance_codes import CODES
from tests import factories


def test_the_officer_of_the_pupils_school_gets_the_pupil(cast):
    here = access.pupil_here(cast.reach(cast.officer), cast.pupil.reference)

    assert (here.pupil, here.school) == (cast.pupil, cast.hillside)


def test_an_officer_of_another_school_is_told_there_is_no_such_pupil(cast):
    officer = cast.person(Role.ATTENDANCE_OFFICER, "brook")

    with pytest.raises(NotFound, match="We cannot find that pupil"):
        access.pupil_here(cast.reach(officer), cast.pupil.reference)


def test_the_authoritys_support_worker_gets_a_pupil_of_any_school(cast):
    worker = cast.person(Role.SUPPORT_WORKER, "northmoor")

    assert access.pupil_for(cast.reach(worker), cast.pupil.reference) == cast.pupil


@pytest.mark.parametrize("role", [Role.GOVERNOR])
def test_a_governor_sees_no_pupil(cast, role):
    person = cast.person(role, "hillside")

    with pytest.raises(NotFound):
        access.pupil_for(cast.reach(person), cast.pupil.reference)


def test_a_tutor_sees_the_pupil_but_may_not_change_it(cast):
    tutor = cast.reach(cast.person(Role.TUTOR, "hillside"))

    assert access.pupil_for(tutor, cast.pupil.reference) == cast.pupil
    with pytest.raises(Forbidden, match="You cannot change pupils"):
        access.pupil_for(tutor, cast.pupil.reference, Permission.CHANGE_PUPIL)


def test_a_school_still_finds_a_pupil_who_left_and_shows_todays_school_first(cast):
    cast.enrolment.ends_on = date(2026, 10, 1)
    cast.enrolment.save()
    factories.enrolment(cast.pupil, cast.brook, starts_on=date(2026, 10, 2))
    worker = cast.reach(cast.person(Role.SUPPORT_WORKER, "northmoor"))

    former = access.pupil_here(cast.reach(cast.officer), cast.pupil.reference)
    whole = access.pupil_here(worker, cast.pupil.reference)

    assert [row.school.name for row in former.enrolments] == ["Hillside School"]
    assert [row.school.name for row in whole.enrolments] == ["Brook Academy", "Hillside School"]


def test_a_school_may_be_named_and_a_wrong_one_finds_nothing(cast):
    worker = cast.reach(cast.person(Role.SUPPORT_WORKER, "northmoor"))

    assert access.pupil_here(worker, cast.pupil.reference, urn="990001").school == cast.hillside
    with pytest.raises(NotFound):
        access.pupil_here(worker, cast.pupil.reference, urn="990002")


def test_a_pupil_with_two_enrolments_is_listed_once(cast):
    factories.enrolment(cast.pupil, cast.brook, status="S")
    worker = cast.reach(cast.person(Role.SUPPORT_WORKER, "northmoor"))

    assert list(access.pupils_visible(worker)) == [cast.pupil]


def test_an_adult_is_found_only_through_a_pupil_they_belong_to(cast):
    other = factories.pupil(cast.northmoor)
    adult = factories.adult(other)
    reach = cast.reach(cast.officer)

    assert access.adult_link_for(reach, other, adult.reference).adult == adult
    with pytest.raises(NotFound, match="We cannot find that person"):
        access.adult_link_for(reach, cast.pupil, adult.reference)


def test_a_flag_of_another_pupil_is_not_found(cast):
    with pytest.raises(NotFound, match="We cannot find that flag"):
        access.flag_for(cast.reach(cast.officer), cast.pupil, 1)


@pytest.mark.parametrize(
    ("code", "shown", "meaning"),
    [
        ("I", "•", "Authorised absence"),
        ("M", "•", "Authorised absence"),
        ("R", "•", "Authorised absence"),
        ("E", "•", "Authorised absence"),
        ("Y5", "•", "Not counted"),
        ("O", "O", "Absent, other or unknown reason"),
        ("L", "L", "Late, before the register closed"),
    ],
)
def test_a_sensitive_code_is_a_dot_to_those_who_may_not_read_it(code, shown, meaning):
    day = date(2026, 10, 5)

    assert access.shown_code(code, day, in_full=False) == shown
    assert access.shown_meaning(code, day, in_full=False) == meaning
    assert access.shown_code(code, day, in_full=True) == code


def test_every_sensitive_code_is_a_code():
    assert {code.code for code in CODES} >= access.SENSITIVE_CODES


def test_a_code_that_was_not_in_force_is_said_to_be_none():
    assert access.shown_meaning("H", date(2026, 10, 5), in_full=True) == "Not a code of that day"


@pytest.mark.parametrize(
    ("kind", "sees", "shown"),
    [
        ("sen support", frozenset(), True),
        ("child protection", frozenset(), False),
        ("child protection", frozenset({Permission.VIEW_SENSITIVE}), True),
    ],
)
def test_a_sensitive_flag_needs_the_permission(kind, sees, shown):
    assert access.sees_flag(kind, sees) is shown
