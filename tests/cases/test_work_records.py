"""One day for a clock and its record: a plan's reviews, support's, an action's."""

from datetime import date, timedelta

import pytest

from attendance.models import Calendar
from authorities import packs
from cases.models import Deadline, DeadlineKind
from cases.selectors.chronology import chronology
from cases.services import bulk, deadlines, minutes, support
from cases.services.bulk import Action
from rules.errors import Conflict, InvalidInput
from tests.cases import contracts, meeting_scenes, planned
from tests.cases.family import NOW
from tests.cases.work_scenes import a_deadline
from tests.cast import TODAY

K = DeadlineKind
LATER = NOW + timedelta(minutes=5)
FRIDAY, MONDAY = date(2026, 11, 27), date(2026, 11, 30)


@pytest.fixture
def case(family):
    return family.open_case()


@pytest.fixture
def plan(family, case):
    """From 17 November to 15 December, looked at on 1 December."""
    return planned.start(family.reach, case)


def clock(kind, **which):
    return Deadline.objects.get(kind=kind, done_on=None, **which)


def move(family, row, to, because="The family is away"):
    return deadlines.move(
        reach=family.reach,
        pk=row.pk,
        version=row.version,
        to=to,
        because=because,
        today=TODAY,
        now=NOW,
    )


def pause_until(family, row, day):
    """Paused today, and let run again on another day."""
    held = deadlines.pause(
        reach=family.reach, pk=row.pk, version=row.version, because="Ill", today=TODAY, now=NOW
    )
    return deadlines.resume(
        reach=family.reach, pk=row.pk, version=held.version, today=day, now=LATER
    )


def a_support(family, case):
    offer = support.Offer("", "Ms Finch", TODAY, MONDAY, label="A walk from the gate")
    return support.give_support(reach=family.reach, case=case, offer=offer, now=NOW, today=TODAY)


def test_moving_a_plans_review_on_the_list_of_work_moves_it_in_the_plan(family, case, plan):
    move(family, clock(K.PLAN_REVIEW), date(2026, 12, 16))

    plan.refresh_from_db()
    assert plan.review_on == date(2026, 12, 16)
    assert any("it was 15 December 2026" in row.text for row in chronology(case, family.reach))


def test_a_form_of_the_plan_that_was_read_before_the_move_is_stale(family, plan):
    move(family, clock(K.PLAN_REVIEW), date(2026, 12, 16))

    with pytest.raises(Conflict):
        planned.cycles.set_target(
            reach=family.reach,
            cycle=plan,
            wanted=planned.cycles.Wanted(
                "In school", planned.Measure.ATTENDANCE, 86, 95, planned.REVIEW
            ),
            seen=plan.version,
            now=NOW,
        )


def test_moving_the_look_midway_moves_it_in_the_plan_and_nothing_else(family, plan):
    move(family, clock(K.PLAN_MIDWAY), date(2026, 12, 3))

    plan.refresh_from_db()
    assert (plan.midway_on, plan.review_on) == (date(2026, 12, 3), date(2026, 12, 15))


@pytest.mark.parametrize(
    ("kind", "to", "says"),
    [
        (K.PLAN_REVIEW, date(2026, 12, 12), "does not meet on 12 December 2026"),
        (K.PLAN_REVIEW, date(2026, 12, 1), "after the mid-point review on 1 December 2026"),
        (K.PLAN_REVIEW, date(2026, 12, 2), "a target or an action for 14 December 2026"),
        (K.PLAN_REVIEW, TODAY, "must be after 17 November 2026"),
        (K.PLAN_MIDWAY, date(2026, 12, 15), "before the review on 15 December 2026"),
        (K.PLAN_MIDWAY, date(2026, 11, 28), "Choose 30 November 2026"),
    ],
)
def test_a_day_that_the_plan_cannot_have_is_refused_and_nothing_moves(family, plan, kind, to, says):
    planned.action(family.reach, plan, due_on=date(2026, 12, 14))
    row = clock(kind)

    with pytest.raises(InvalidInput, match=says):
        move(family, row, to)

    plan.refresh_from_db()
    row.refresh_from_db()
    assert (plan.midway_on, plan.review_on) == (date(2026, 12, 1), date(2026, 12, 15))
    assert row.version == 1


def test_once_the_look_midway_was_held_the_review_may_come_before_its_day(family, plan):
    planned.cycles.review_midway(
        reach=family.reach, cycle=plan, held=planned.held(), seen=1, now=NOW, today=TODAY
    )

    move(family, clock(K.PLAN_REVIEW), FRIDAY)

    plan.refresh_from_db()
    assert plan.review_on == FRIDAY


def test_moving_the_review_of_support_moves_it_there_and_the_other_way_round(family, case):
    given = a_support(family, case)

    move(family, clock(K.SUPPORT_REVIEW), date(2026, 12, 4))
    given.refresh_from_db()
    assert given.review_on == date(2026, 12, 4)
    support.review_support(
        reach=family.reach,
        support=given,
        held_on=TODAY,
        words="It helps.",
        next_on=date(2026, 12, 9),
        seen=0,
        now=NOW,
        today=TODAY,
    )

    given.refresh_from_db()
    assert given.review_on == clock(K.SUPPORT_REVIEW).due_on == date(2026, 12, 9)


def test_support_is_not_looked_at_on_a_day_without_school(family, case):
    a_support(family, case)

    with pytest.raises(InvalidInput, match="Choose 7 December 2026"):
        move(family, clock(K.SUPPORT_REVIEW), date(2026, 12, 5))


def test_a_pause_moves_the_review_to_a_school_day_in_the_plan_too(family, plan):
    """15 December and four days are a Saturday, after which the holidays begin."""
    pause_until(family, clock(K.PLAN_REVIEW), date(2026, 11, 21))

    plan.refresh_from_db()
    assert plan.review_on == clock(K.PLAN_REVIEW).due_on == date(2027, 1, 5)


def test_a_pause_that_ends_on_its_first_day_changes_no_day(family, plan):
    pause_until(family, clock(K.PLAN_REVIEW), TODAY)

    plan.refresh_from_db()
    assert plan.review_on == date(2026, 12, 15)


def test_a_look_midway_is_not_paused_past_the_review(family, plan):
    row = clock(K.PLAN_MIDWAY)

    with pytest.raises(InvalidInput, match="Move that one first"):
        pause_until(family, row, date(2026, 12, 8))

    plan.refresh_from_db()
    assert plan.midway_on == date(2026, 12, 1)


def test_an_action_of_a_plan_has_one_day_within_the_plan(family, plan):
    action = planned.action(family.reach, plan)
    row = clock(K.ACTION)

    with pytest.raises(InvalidInput, match="from 17 November 2026 to 15 December 2026"):
        move(family, row, date(2026, 12, 16))
    move(family, row, FRIDAY)

    action.refresh_from_db()
    assert action.due_on == FRIDAY


def test_an_action_of_a_meeting_has_one_day(family, case):
    row = meeting_scenes.held(family)
    action = minutes.agree(
        reach=family.reach,
        row=row,
        words="Ring the family",
        user=family.cast.officer.pk,
        who="",
        due_on=FRIDAY,
        now=NOW,
    )

    move(family, clock(K.ACTION), MONDAY)

    action.refresh_from_db()
    assert action.due_on == MONDAY


def test_what_is_moved_together_moves_in_its_records_and_back(family, case, plan):
    given = a_support(family, case)
    rows = [clock(K.PLAN_REVIEW), clock(K.SUPPORT_REVIEW)]

    result = bulk.carry_out(
        reach=family.reach,
        action=Action("move", note="Snow", days=1),
        tokens=bulk.read_tokens(f"{row.kind}|{row.pk}|{row.version}" for row in rows),
        today=TODAY,
        now=NOW,
    )

    assert result.done == 2
    plan.refresh_from_db()
    given.refresh_from_db()
    assert (plan.review_on, given.review_on) == (date(2026, 12, 16), date(2026, 12, 1))
    assert bulk.take_back(reach=family.reach, batch=result.batch, now=LATER) == (2, 0)
    plan.refresh_from_db()
    given.refresh_from_db()
    assert (plan.review_on, given.review_on) == (date(2026, 12, 15), MONDAY)


def test_a_review_is_not_taken_back_to_before_an_action_agreed_since(family, plan):
    row = clock(K.PLAN_REVIEW)
    result = bulk.carry_out(
        reach=family.reach,
        action=Action("move", note="Snow", days=1),
        tokens=bulk.read_tokens([f"{row.kind}|{row.pk}|1"]),
        today=TODAY,
        now=NOW,
    )
    plan.refresh_from_db()
    planned.action(family.reach, plan, due_on=date(2026, 12, 16))

    assert bulk.take_back(reach=family.reach, batch=result.batch, now=LATER) == (0, 1)

    plan.refresh_from_db()
    assert plan.review_on == clock(K.PLAN_REVIEW).due_on == date(2026, 12, 16)


def test_the_review_of_a_contract_moves_while_it_runs_and_the_contract_stays_as_agreed(family):
    day, here = date(2026, 9, 1), family.cast.hillside
    packs.adopt(authority=here.authority, school=here, pack="chaucer", starts_on=day, reach=None)
    made = contracts.offer(family, family.mother, terms="chaucer:contract", length=6)
    made = contracts.meet(family, made)
    row = clock(K.CONTRACT_REVIEW)
    agreed, ends = list(made.reviews), made.ends_on
    assert (row.due_on, ends) == (date(2026, 12, 6), date(2027, 1, 3))

    for day, says in (
        (date(2026, 11, 23), "must be after 23 November 2026"),
        (date(2026, 12, 12), "The school does not meet on 12 December 2026"),
        (ends, "The contract ends on 3 January 2027, and is looked at that day"),
    ):
        with pytest.raises(InvalidInput, match=says):
            move(family, row, day)
    moved = move(family, row, date(2026, 12, 11))

    made.refresh_from_db()
    assert (moved.due_on, made.reviews) == (date(2026, 12, 11), agreed)


def test_a_day_that_the_calendar_no_longer_reaches_is_not_taken_back(family, plan):
    row = clock(K.PLAN_REVIEW)
    result = bulk.carry_out(
        reach=family.reach,
        action=Action("move", note="Snow", days=-1),
        tokens=bulk.read_tokens([f"{row.kind}|{row.pk}|1"]),
        today=TODAY,
        now=NOW,
    )
    for calendar in Calendar.objects.all():
        calendar.sessions = bytes(len(calendar.sessions))  # somebody cleared it
        calendar.save()

    assert bulk.take_back(reach=family.reach, batch=result.batch, now=LATER) == (0, 1)

    assert clock(K.PLAN_REVIEW).due_on == date(2026, 12, 14)


def test_a_clock_without_a_record_moves_alone(family, case):
    row = a_deadline(case, FRIDAY)

    assert move(family, row, date(2026, 11, 28)).due_on == date(2026, 11, 28)
