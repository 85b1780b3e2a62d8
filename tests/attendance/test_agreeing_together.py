"""Two people at once: one decides, one agrees, one reviews; the other is told."""

from datetime import date

import pytest

from attendance.models import Arrangement, LeaveRequest, PartTimeReview, ReviewOutcome
from attendance.services import arrangements, leave, part_time
from attendance.services.part_time import Held
from authorities.tenancy import scope
from tests import factories
from tests.attendance.agreed import (
    FRIDAY,
    MONDAY,
    a_request,
    a_timetable,
    asked,
    head,
    office,
    told,
)
from tests.attendance.scenes import NOW, calendar
from tests.attendance.test_keeping_together import together, wins
from tests.cast import TODAY

FUNERAL = leave.Answer("exceptional", "Funeral", MONDAY, FRIDAY, "")


@pytest.fixture(name="school")
def a_school(live_cast):
    with scope(live_cast.ids):
        calendar(live_cast)
        factories.adult(live_cast.pupil)
    return live_cast


def test_a_request_is_decided_once(school):
    with scope(school.ids):
        row = a_request(school)
        reach = head(school)
        seen = leave.preview(row, FUNERAL, reach=reach, today=TODAY).digest
    granted = {"answer": FUNERAL, "seen": seen, "amend": True, "now": NOW, "today": TODAY}

    answers = together(
        school,
        lambda: leave.grant(row, reach=reach, **granted),
        lambda: leave.refuse(row, reach=reach, reason="No ground", now=NOW),
    )

    with scope(school.ids):
        state = LeaveRequest.objects.get().state
        assert wins(answers) == 1
        assert Arrangement.objects.count() == (1 if state == "granted" else 0)


def test_the_same_is_asked_and_agreed_once(school):
    with scope(school.ids):
        reach, request = office(school), asked(school)
        same = {
            "reach": reach,
            "school": school.hillside,
            "enrolments": [school.enrolment],
            "told": told(),
            "today": TODAY,
        }
        seen = arrangements.preview(**same).digest
        enrolment = (
            type(school.enrolment)
            .objects.select_related("school", "pupil")
            .get(pk=school.enrolment.pk)
        )

    def record():
        return leave.record_request(
            reach=reach, enrolment=enrolment, asked=request, now=NOW, today=TODAY
        )

    def agree():
        return arrangements.agree(**same, seen=seen, amend=False, now=NOW)

    assert wins(together(school, record, record)) == 1
    assert wins(together(school, agree, agree)) == 1
    with scope(school.ids):
        assert LeaveRequest.objects.count() == Arrangement.objects.count() == 1


def test_a_review_is_recorded_once(school):
    with scope(school.ids):
        row, reach = a_timetable(school), office(school)
    day = date(2026, 12, 7)
    held = Held(day, ReviewOutcome.GOES_ON, "Well", date(2026, 12, 14))

    def review():
        return part_time.review(row, reach=reach, held=held, now=NOW, today=day)

    assert wins(together(school, review, review)) == 1
    with scope(school.ids):
        assert PartTimeReview.objects.count() == 2
