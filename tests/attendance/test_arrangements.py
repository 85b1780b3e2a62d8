"""Arrangements: which sessions they cover, and which one the register is filled in with."""

from datetime import date

import pytest

from attendance.models import Arrangement, ArrangementKind, Enrolment
from attendance.selectors.arrangements import RANK, known_at, known_for
from rules.marks import DatedSession, Session
from tests import factories
from tests.attendance.registers import NOW
from tests.cast import Cast

AM, PM = Session.AM, Session.PM
MONDAY, TUESDAY = date(2026, 11, 9), date(2026, 11, 10)
MORNINGS_OFF = "10000000000000"  # Monday morning


@pytest.fixture
def enrolment(cast: Cast) -> Enrolment:
    """A pupil at Hillside."""
    return factories.enrolment(factories.pupil(cast.northmoor), cast.hillside)


@pytest.fixture
def agree(cast: Cast, enrolment: Enrolment):
    """Make an arrangement."""

    def make(**fields) -> Arrangement:
        return Arrangement.objects.create(
            authority=cast.northmoor,
            school=cast.hillside,
            enrolment=enrolment,
            agreed_by=cast.officer,
            agreed_at=NOW,
            **{
                "kind": ArrangementKind.PART_TIME,
                "code": "C2",
                "starts_on": MONDAY,
                "ends_on": TUESDAY,
            }
            | fields,
        )

    return make


@pytest.mark.parametrize(
    ("fields", "day", "session", "covered"),
    [
        ({}, date(2026, 11, 8), PM, False),
        ({}, MONDAY, AM, True),
        ({}, TUESDAY, PM, True),
        ({}, date(2026, 11, 11), AM, False),
        ({"pattern": MORNINGS_OFF}, MONDAY, AM, True),
        ({"pattern": MORNINGS_OFF}, MONDAY, PM, False),
        ({"pattern": MORNINGS_OFF}, TUESDAY, AM, False),
        ({"ended_on": MONDAY}, MONDAY, PM, True),
        ({"ended_on": MONDAY}, TUESDAY, AM, False),
        ({"ended_on": date(2026, 11, 8)}, MONDAY, AM, False),
    ],
)
def test_an_arrangement_covers_its_days_and_half_days(
    enrolment, agree, fields, day, session, covered
) -> None:
    """Both ends belong to it; ended early, the day it ended still does."""
    row = agree(**fields)
    found = known_at(enrolment.school, DatedSession(day, session))
    assert found == ({enrolment.pk: [row]} if covered else {})


def test_the_stronger_reason_comes_first(enrolment, agree) -> None:
    """A suspension goes before the part-time timetable that it falls in."""
    part_time = agree()
    suspension = agree(kind=ArrangementKind.SUSPENSION, code="E")
    assert known_for(enrolment, DatedSession(MONDAY, AM)) == [suspension, part_time]


def test_every_kind_has_its_place() -> None:
    """A kind without a rank would stop a register from opening."""
    assert set(RANK) == set(ArrangementKind.values)
