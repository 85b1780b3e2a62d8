"""What the demo's schools know before a register: only what the services allow."""

from datetime import date
from types import SimpleNamespace

import pytest

from attendance.models import Arrangement, LeaveRequest, PartTimeAgreement
from demo.agreed import agree_beforehand
from tests import factories
from tests.attendance.scenes import NOW, calendar
from tests.cast import TODAY, Cast

PLAN = SimpleNamespace(urn="990001", authority="990")


def made(cast: Cast, *, officer: bool = True, today: date = TODAY) -> SimpleNamespace:
    """A world with Hillside in it."""
    return SimpleNamespace(
        schools={"990001": cast.hillside},
        authorities={"990": cast.northmoor},
        world=SimpleNamespace(today=today),
        officer=lambda urn: cast.officer if officer else None,
    )


@pytest.fixture(name="school")
def a_school(cast: Cast) -> Cast:
    """Four pupils of age with a parent, and one who starts school after the holidays."""
    calendar(cast)
    for born in [date(2016, 5, 4)] * 4 + [date(2021, 10, 1)]:
        pupil = factories.pupil(cast.northmoor, born_on=born)
        factories.adult(pupil)
        factories.enrolment(pupil, cast.hillside)
    return cast


def test_a_school_has_a_trip_two_requests_and_a_timetable(school):
    assert agree_beforehand(made(school), PLAN, now=NOW) == 4

    assert Arrangement.objects.filter(code="V").count() == 4
    assert set(LeaveRequest.objects.values_list("state", "purpose")) == {
        ("asked", "emergency"),
        ("asked", "holiday"),
    }
    assert PartTimeAgreement.objects.get().arrangement.code == "C2"


@pytest.mark.parametrize(
    "world", [{"officer": False}, {"today": date(2027, 7, 10)}, {"today": date(2024, 9, 2)}]
)
def test_without_an_officer_days_or_pupils_nothing_is_agreed(school, world):
    assert agree_beforehand(made(school, **world), PLAN, now=NOW) == 0
    assert not Arrangement.objects.exists()
