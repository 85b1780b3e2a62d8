"""Two people at once: over connections of their own, one of them wins and nothing is lost."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from threading import Barrier

import pytest
from django.db import connection

from attendance.models import Amendment, ChangeState, MarkChange
from attendance.selectors.registers import differences, marks_of
from attendance.services import amending
from attendance.services.amending import Wanted
from authorities.permissions import Role
from authorities.tenancy import scope
from rules.errors import Conflict
from rules.marks import DatedSession, Session
from tests import factories
from tests.attendance.scenes import a_year_of_marks, calendar

NOW = datetime(2026, 11, 17, 10, tzinfo=UTC)
MONDAY, OCTOBER = date(2026, 11, 16), date(2026, 10, 5)
AM, PM = Session.AM, Session.PM


@pytest.fixture
def school(live_cast):
    """Two pupils of Hillside, there all year."""
    with scope(live_cast.ids):
        calendar(live_cast)
        a_year_of_marks(live_cast)
        live_cast.second = factories.enrolment(
            factories.pupil(live_cast.northmoor), live_cast.hillside
        )
        a_year_of_marks(live_cast, live_cast.second)
    return live_cast


def together(cast, *jobs):
    """Each job in a transaction of its own, started at one moment; its answer or its refusal."""
    start = Barrier(len(jobs))

    def work(job):
        try:
            with scope([cast.northmoor.pk]):
                start.wait(timeout=20)
                return job()
        except Conflict as refused:
            return refused
        finally:
            connection.close()

    with ThreadPoolExecutor(len(jobs)) as pool:
        return list(pool.map(work, jobs))


def wins(answers) -> int:
    return sum(not isinstance(answer, Conflict) for answer in answers)


def person(cast, role):
    with scope([cast.northmoor.pk]):
        return cast.reach(cast.person(role, "hillside"))


def test_of_two_who_amend_one_mark_one_is_told_what_the_other_did(school) -> None:
    def amend(reach, code):
        return lambda: amending.amend_one(
            reach=reach,
            enrolment=school.enrolment,
            when=DatedSession(MONDAY, AM),
            expected="/",
            wanted=Wanted(code, "Rang"),
            now=NOW,
        )

    officer, head = person(school, Role.ATTENDANCE_OFFICER), person(school, Role.HEADTEACHER)
    answers = together(school, amend(officer, "I"), amend(head, "M"))

    assert wins(answers) == 1
    with scope(school.ids):
        assert Amendment.objects.count() == 1
        (mark, _) = marks_of(school.enrolment, MONDAY, MONDAY)
        assert mark.code in ("I", "M")


def change(cast, reach, enrolments, day, code):
    """A preview of both sessions of a day."""
    with scope([cast.northmoor.pk]):
        return amending.draft(
            reach=reach,
            school=cast.hillside,
            picks=[(one, DatedSession(day, half)) for one in enrolments for half in (AM, PM)],
            wanted=Wanted(code, "Snow"),
            selected="both",
            now=NOW,
        )


def test_one_preview_confirmed_twice_is_done_once(school) -> None:
    officer = person(school, Role.ATTENDANCE_OFFICER)
    preview = change(school, officer, [school.enrolment], MONDAY, "Y4")

    def confirm():
        return amending.confirm(
            reach=officer,
            change=MarkChange.objects.get(pk=preview.pk),
            leave_out=False,
            now=NOW,
        )

    answers = together(school, confirm, confirm)

    assert wins(answers) == 1
    with scope(school.ids):
        assert Amendment.objects.count() == 2


def test_two_changes_of_the_same_marks_in_other_orders_do_not_lock_each_other_out(school) -> None:
    officer, head = person(school, Role.ATTENDANCE_OFFICER), person(school, Role.HEADTEACHER)
    pupils = [school.enrolment, school.second]
    one = change(school, officer, pupils, MONDAY, "Y4")
    two = change(school, head, pupils[::-1], MONDAY, "I")

    def confirm(reach, preview):
        return lambda: amending.confirm(
            reach=reach, change=MarkChange.objects.get(pk=preview.pk), leave_out=False, now=NOW
        )

    answers = together(school, confirm(officer, one), confirm(head, two))

    assert wins(answers) == 2  # the later one is done, has nothing left, or is previewed again
    with scope(school.ids):
        first = {mark.code for mark in marks_of(school.enrolment, MONDAY, MONDAY)}
        second = {mark.code for mark in marks_of(school.second, MONDAY, MONDAY)}
        assert first == second
        assert len(first) == 1
        assert list(differences(school.hillside, 2026)) == []


def test_of_two_second_people_one_decides(school) -> None:
    officer = person(school, Role.ATTENDANCE_OFFICER)
    head, lead = person(school, Role.HEADTEACHER), person(school, Role.ATTENDANCE_LEAD)
    with scope([school.northmoor.pk]):
        asked = amending.amend_one(
            reach=officer,
            enrolment=school.enrolment,
            when=DatedSession(OCTOBER, AM),
            expected="/",
            wanted=Wanted("I", "Letter"),
            now=NOW,
        )

    def held():
        return MarkChange.objects.get(pk=asked.pk)

    answers = together(
        school,
        lambda: amending.agree(reach=head, change=held(), now=NOW),
        lambda: amending.decline(reach=lead, change=held(), because="No letter", now=NOW),
    )

    assert wins(answers) == 1
    with scope(school.ids):
        state = MarkChange.objects.get(pk=asked.pk).state
        (mark, _) = marks_of(school.enrolment, OCTOBER, OCTOBER)
        assert (state, mark.code) in ((ChangeState.DONE, "I"), (ChangeState.DECLINED, "/"))


def test_a_change_undone_twice_at_once_is_undone_once(school) -> None:
    officer = person(school, Role.ATTENDANCE_OFFICER)
    done = change(school, officer, [school.enrolment], MONDAY, "Y4")
    with scope([school.northmoor.pk]):
        amending.confirm(reach=officer, change=done, leave_out=False, now=NOW)

    def undo():
        return amending.undo(
            reach=officer, change=MarkChange.objects.get(pk=done.pk), because="Wrong", now=NOW
        )

    answers = together(school, undo, undo)

    assert wins(answers) == 1
    with scope(school.ids):
        assert [mark.code for mark in marks_of(school.enrolment, MONDAY, MONDAY)] == ["/", "\\"]
        assert Amendment.objects.count() == 4
