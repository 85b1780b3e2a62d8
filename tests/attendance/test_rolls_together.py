"""Two people at once, each over a connection: a return, a leaving, a roll-over happen once."""

from datetime import UTC, date, datetime

import pytest

from attendance.models import Enrolment, Leaving, Placement, ReturnMade
from attendance.selectors.returns import due_for
from attendance.services import returns, yearend_leaving, yearend_roll_over
from authorities.access import reach_of
from authorities.permissions import Role
from authorities.tenancy import scope
from tests.attendance.moved import a_roll_over, goodbye
from tests.attendance.returned import told
from tests.attendance.scenes import NOW, a_year_of_marks, calendar, days_of
from tests.attendance.test_keeping_together import person, together, wins
from tests.attendance.test_returns import TEN_DAYS
from tests.cast import TODAY

AFTER = datetime(2027, 7, 22, 9, tzinfo=UTC)


@pytest.fixture
def school(live_cast):
    """Hillside's pupil of Year 4, away for ten school days in October."""
    with scope(live_cast.ids):
        calendar(live_cast)
        a_year_of_marks(live_cast, absences=days_of("O", *TEN_DAYS))
        Enrolment.objects.filter(pk=live_cast.enrolment.pk).update(
            year_group="4", registration_group="4A"
        )
    return live_cast


def test_one_of_two_makes_the_return(school) -> None:
    officer, lead = (
        person(school, role) for role in (Role.ATTENDANCE_OFFICER, Role.ATTENDANCE_LEAD)
    )
    with scope(school.ids):
        due = due_for(school.enrolment, "attendance", TEN_DAYS[0], TODAY)

    def make(reach):
        return lambda: returns.make_return(reach=reach, due=due, told=told(), now=NOW)

    answers = together(school, make(officer), make(lead))

    assert wins(answers) == 1
    with scope(school.ids):
        assert ReturnMade.objects.count() == 1


def test_one_of_two_takes_the_name_off(school) -> None:
    officer, lead = (
        person(school, role) for role in (Role.ATTENDANCE_OFFICER, Role.ATTENDANCE_LEAD)
    )

    def leave(reach, where):
        return lambda: yearend_leaving.leave(
            reach=reach, enrolment=school.enrolment, goodbye=goodbye(where=where), now=NOW
        )

    answers = together(school, leave(officer, "Elm School"), leave(lead, "Oak School"))

    assert wins(answers) == 1
    with scope(school.ids):
        assert (Leaving.objects.count(), ReturnMade.objects.count()) == (1, 1)


def test_one_of_two_confirms_the_roll_over(school) -> None:
    with scope(school.ids):
        Enrolment.objects.create(
            authority=school.northmoor,
            school=school.brook,
            pupil=school.pupil,
            starts_on=date(2025, 9, 1),
            year_group="9",
        )  # of another school: stays as it is
        one = a_roll_over(school)
        one.rows.update(outcome="up", new_year_group="5", new_group="5A")
        head, lead = (
            reach_of(school.person(role, "hillside"), school.northmoor, AFTER.date())
            for role in (Role.HEADTEACHER, Role.ATTENDANCE_LEAD)
        )

    def confirm(reach):
        return lambda: yearend_roll_over.confirm(reach=reach, roll_over=one, now=AFTER)

    answers = together(school, confirm(head), confirm(lead))

    assert wins(answers) == 1
    with scope(school.ids):
        found = Enrolment.objects.order_by("pk").values_list("year_group", flat=True)
        assert list(found) == ["5", "9"]
        assert Placement.objects.count() == 1
