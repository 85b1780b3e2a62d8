"""A school year ends with cases open: a real roll-over, a pupil who leaves, and what follows."""

from datetime import UTC, date, datetime

import pytest
import time_machine

from attendance.models import Enrolment
from attendance.services import yearend_leaving, yearend_roll_over
from authorities import packs
from authorities.access import reach_of
from authorities.permissions import Role
from cases.models import Case, Cycle, Deadline, DeadlineKind, GivenSupport
from cases.selectors.endings import endings, token
from cases.selectors.following import ending_of
from cases.services import casework, cycles, deadlines, moves, support
from tests import factories
from tests.attendance.moved import a_roll_over, goodbye
from tests.attendance.registers import TERMS, school_year
from tests.cast import sign_in

JULY = date(2027, 7, 5)  # a Monday; the year ends on the 21st
THEN = datetime(2027, 7, 5, 9, tzinfo=UTC)
AFTER = datetime(2027, 7, 22, 9, tzinfo=UTC)
DAY_AFTER = date(2027, 7, 22)
SEPTEMBER = date(2027, 9, 13)


def reach_on(cast, day, role=Role.ATTENDANCE_LEAD):
    return reach_of(cast.person(role, "hillside"), cast.northmoor, day)


def work(cast, enrolment):
    """A case of July with a plan over the summer, support, and a call to make in September."""
    reach = reach_on(cast, JULY)
    case = casework.open_case(reach=reach, enrolment=enrolment, crossing=None, now=THEN, today=JULY)
    plan = cycles.Start("In school in September", JULY, SEPTEMBER)
    cycles.start(reach=reach, case=case, plan=plan, now=THEN, today=JULY)
    offer = support.Offer("", "Ms Finch", JULY, SEPTEMBER, label="A walk from the gate")
    support.give_support(reach=reach, case=case, offer=offer, now=THEN, today=JULY)
    deadlines.start(
        case=case, kind=DeadlineKind.CONTACT, words="Ring the family", since=JULY, by=SEPTEMBER
    )
    return case


@pytest.fixture
def school(cast):
    """Hillside in July: a case in Year 4 and one in Year 6, whose pupil goes with the year."""
    TERMS.setdefault(2027, [(date(2027, 9, 2), date(2027, 10, 22))])
    for year in (2025, 2026, 2027):
        school_year(cast.hillside, year)
    packs.adopt(authority=cast.northmoor, pack="dorset", starts_on=date(2026, 9, 1), reach=None)
    cast.pupil.born_on = date(2018, 5, 4)
    cast.pupil.save()
    Enrolment.objects.filter(pk=cast.enrolment.pk).update(year_group="4", registration_group="4A")
    cast.enrolment.refresh_from_db()
    six = factories.pupil(cast.northmoor, born_on=date(2016, 5, 4), surname="Six")
    factories.enrolment(
        six,
        cast.hillside,
        starts_on=date(2025, 9, 1),
        year_group="6",
        registration_group="6A",
    )
    return cast


def roll_over(cast):
    one = a_roll_over(cast)
    return yearend_roll_over.confirm(reach=reach_on(cast, DAY_AFTER), roll_over=one, now=AFTER)


def year_six(cast):
    return Enrolment.objects.get(school=cast.hillside, registration_group="6A")


def test_a_case_goes_over_the_summer_as_it_stands(school):
    case = work(school, school.enrolment)
    reach = reach_on(school, JULY)
    moves.move(
        reach=reach,
        case=case,
        to="dorset:attendance_meeting",
        why="more_help",
        reason="Away each Monday",
        version=case.version,
        now=THEN,
        today=JULY,
    )
    case.refresh_from_db()

    roll_over(school)

    case = Case.objects.get(pk=case.pk)
    assert case.enrolment.year_group == "5"
    assert (case.stage, case.places, case.closed_on) == (
        "stage 2",
        {"dorset": "attendance_meeting"},
        None,
    )
    assert ending_of(case, date(2027, 9, 6)) is None
    assert Cycle.objects.get().ended_on is None
    assert GivenSupport.objects.get().ended_on is None
    assert {row.due_on for row in Deadline.objects.filter(done_on=None)} == {SEPTEMBER}
    # And in September the plan is reviewed and the case moved, as if nothing had been.
    september = reach_on(school, SEPTEMBER)
    moves.move(
        reach=september,
        case=case,
        to="dorset:concern",
        why="less_help",
        reason="A good start",
        version=case.version,
        now=datetime(2027, 9, 13, 9, tzinfo=UTC),
        today=SEPTEMBER,
    )
    assert Case.objects.get(pk=case.pk).stage == "stage 1"


def test_the_case_of_a_leaver_waits_for_a_person_and_ends_whole(school):
    case = work(school, year_six(school))

    roll_over(school)

    case = Case.objects.get(pk=case.pk)
    ending = ending_of(case, DAY_AFTER)
    assert case.closed_on is None  # nobody closed it: a person does
    assert ending.why == "left"
    assert "left this school's roll on 21 July 2027" in ending.words
    reach = reach_on(school, DAY_AFTER)
    found = endings(case, reach, AFTER)
    assert [one.words for one in found] == [
        "Plan 1 ends without its review, so it is no whole cycle.",
        "Support ends: A walk from the gate.",
    ]
    moves.close(
        reach=reach,
        case=case,
        why=ending.why,
        reason="Gone to secondary school",
        version=case.version,
        now=AFTER,
        today=DAY_AFTER,
        seen=token(found),
    )
    assert Cycle.objects.get().outcome == "case_closed"
    assert GivenSupport.objects.get().outcome == "case closed"
    assert not Deadline.objects.filter(done_on=None).exists()


def test_the_page_of_a_leavers_case_asks_what_becomes_of_it(client, school):
    case = work(school, year_six(school))
    roll_over(school)

    with time_machine.travel(AFTER, tick=False):
        sign_in(client, school.officer)
        page = client.get(f"/la/990/cases/{case.reference}/").content.decode()

    assert "Does this case go on?" in page
    assert f"/la/990/cases/{case.reference}/close/?why=left" in page


def test_undoing_the_roll_over_gives_the_case_its_ground_again(school):
    case = work(school, year_six(school))
    one = roll_over(school)

    yearend_roll_over.undo(
        reach=reach_on(school, DAY_AFTER), roll_over=one, because="A mistake", now=AFTER
    )

    case = Case.objects.get(pk=case.pk)
    assert case.enrolment.ends_on is None
    assert ending_of(case, DAY_AFTER) is None


def test_a_pupil_who_leaves_in_the_year_asks_the_same(school):
    case = work(school, school.enrolment)
    yearend_leaving.leave(
        reach=reach_on(school, DAY_AFTER),
        enrolment=school.enrolment,
        goodbye=goodbye(last_day=date(2027, 7, 16)),
        now=AFTER,
    )

    ending = ending_of(Case.objects.get(pk=case.pk), DAY_AFTER)

    assert ending.why == "left"
    assert "left this school's roll on 16 July 2027" in ending.words
