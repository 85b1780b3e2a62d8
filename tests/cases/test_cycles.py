"""Assess, plan, do, review: what starts, what is refused, what a review leads to."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from attendance.services.registers import record_marks
from audit.models import Event
from authorities.access import Forbidden
from authorities.permissions import Role
from authorities.tenancy import scope
from cases.models import (
    Case,
    Cycle,
    CycleOutcome,
    Deadline,
    Measure,
    PlannedAction,
    Proposal,
    SaidBy,
    SupportOutcome,
    Target,
)
from cases.selectors import cycles as of
from cases.selectors.chronology import chronology
from cases.services import cycles, support
from cases.services.cycles import Decided
from frontend.templatetags.govuk import NOTHING
from rules.absence import Tally
from rules.errors import Conflict, InvalidInput, RuleNotMet
from tests.attendance.registers import frame
from tests.attendance.test_keeping_together import together, wins
from tests.cases import planned
from tests.cases.family import family as a_family
from tests.cases.planned import NOW, REVIEW
from tests.cast import TODAY


@pytest.fixture
def case(family) -> Case:
    """An open case at Hillside, opened today."""
    return family.open_case()


@pytest.fixture
def cycle(family, case) -> Cycle:
    """A plan that starts today."""
    return planned.start(family.reach, case)


def deadlines(case) -> dict[str, date]:
    return {row.kind: row.due_on for row in Deadline.objects.filter(case=case, done_on=None)}


def clerk(family):
    """Somebody who only reads, and sees no health details."""
    return family.cast.reach(family.cast.person(Role.NOTICE_CLERK))


def close(case) -> None:
    Case.objects.filter(pk=case.pk).update(stage="closed", closed_on=TODAY, closing_reason="Better")


def test_a_plan_starts_its_two_clocks(family, case, cycle):
    assert (cycle.number, cycle.before) == (1, None)
    assert deadlines(case) == {"plan midway": date(2026, 12, 1), "plan review": REVIEW}
    assert Event.objects.filter(kind="plan.started").count() == 1


def test_a_case_has_one_open_plan(family, case, cycle):
    with pytest.raises(Conflict, match="Review it before you start another"):
        planned.start(family.reach, case)

    assert case.cycles.count() == 1


@pytest.mark.parametrize(
    ("changes", "error", "says"),
    [
        ({"aim": " "}, InvalidInput, "Say what the plan is for"),
        (
            {"starts_on": TODAY - timedelta(days=1)},
            RuleNotMet,
            "before 17 November 2026, when the case was opened",
        ),
        ({"review_on": TODAY}, RuleNotMet, "The review must be after 17 November 2026"),
        ({"review_on": date(2026, 12, 27)}, RuleNotMet, "Choose 5 January 2027"),
        ({"midway_on": date(2026, 11, 28)}, RuleNotMet, "Choose 30 November 2026"),
        ({"midway_on": date(2026, 12, 16)}, RuleNotMet, "before the review at the end"),
    ],
)
def test_a_plan_that_cannot_be_held_is_refused(family, case, changes, error, says):
    with pytest.raises(error, match=says):
        planned.start(family.reach, case, **changes)

    assert Cycle.objects.count() == 0
    assert Deadline.objects.count() == 0


def test_a_plan_needs_no_look_midway(family, case):
    planned.start(family.reach, case, midway_on=None)

    assert deadlines(case) == {"plan review": REVIEW}


def test_the_policy_proposes_ten_weeks_with_a_look_after_five(family, case):
    planned.ten_weeks(family.cast)

    found = of.proposed_days(case, TODAY)

    # Ten weeks from Tuesday 17 November is 26 January; five weeks, 22 December, is in the
    # holidays, so the first day of the next term.
    assert (found.midway_on, found.review_on) == (date(2027, 1, 5), date(2027, 1, 26))
    assert found.words.startswith("10 weeks (")
    assert "Assess-plan-do-review" in found.words


def test_a_plan_keeps_where_its_length_comes_from_only_while_people_keep_to_it(family, case):
    planned.ten_weeks(family.cast)

    kept = planned.start(
        family.reach, case, midway_on=date(2027, 1, 5), review_on=date(2027, 1, 26)
    )

    assert kept.clock["words"] == "10 weeks"
    Cycle.objects.all().update(ended_on=TODAY, outcome="improved")
    other = planned.start(family.reach, case, review_on=date(2027, 1, 25))
    assert (other.number, other.clock) == (2, {})


def test_a_plan_may_end_before_the_calendar_that_the_policys_length_would_pass(family, case):
    """Ten weeks from 1 June go past the last term that the school has entered."""
    planned.ten_weeks(family.cast)

    row = planned.start(
        family.reach,
        case,
        starts_on=date(2027, 6, 1),
        midway_on=None,
        review_on=date(2027, 6, 29),
    )

    assert row.clock == {}


def test_another_policy_says_how_many_school_days(family, case):
    assert of.proposed_days(case, TODAY).clock["words"] == "15 school days"
    assert of.proposed_days(case, TODAY).midway_on is None


def test_where_no_policy_sets_a_length_people_choose(case):
    """On 25 August the council had adopted no policy yet."""
    assert of.proposed_days(case, date(2026, 8, 25)) is None


def test_an_assessment_keeps_voices_tools_and_barriers(family, case, cycle):
    barrier = support.find_barrier(
        reach=family.reach,
        case=case,
        found=support.Found("national:friendships", "Alone", SaidBy.PUPIL, TODAY),
        now=NOW,
        today=TODAY,
    )

    made = planned.assess(
        family.reach,
        cycle,
        parent_voice="She is tired.",
        tools=[cycles.ToolUsed("national:scaling", ("The bus", ""), score=3)],
        barriers=[barrier.pk],
    )

    assert made.tools == [
        {
            "value": "national:scaling",
            "label": "Scaling sheet",
            "voice": "pupil",
            "scale": 10,
            "score": 3,
            "parts": [["What makes it that number?", "The bus"]],
        }
    ]
    assert [row.barrier for row in made.found.all()] == [barrier]
    kinds = [one.kind for one in of.evidence(case)]
    assert sorted(kinds) == ["assessment", "parent_voice", "pupil_voice"]


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"pupil_voice": " "}, "Write down what was found"),
        ({"on": TODAY + timedelta(days=1)}, "cannot be in the future"),
        ({"on": TODAY - timedelta(days=1)}, "opened on 17 November 2026"),
        ({"barriers": [10**9]}, "barriers that are written down on this case"),
        ({"tools": [cycles.ToolUsed("national:nothing", ("x",))]}, "Choose one of the tools"),
        ({"tools": [cycles.ToolUsed("national:talk", (" ",))]}, "Write down what came of it: a t"),
        ({"tools": [cycles.ToolUsed("national:scaling", ("x",), 11)]}, "number from 0 to 10"),
        ({"tools": [cycles.ToolUsed("national:scaling", ("x",))]}, "number from 0 to 10"),
    ],
)
def test_an_assessment_that_says_nothing_is_refused(family, cycle, changes, says):
    with pytest.raises(InvalidInput, match=says):
        planned.assess(family.reach, cycle, **changes)

    assert cycle.assessments.count() == 0


def test_a_target_says_how_it_is_measured(family, cycle):
    row = planned.target(family.reach, cycle)

    assert [(step.by, step.value) for step in row.steps.all()] == [(date(2026, 12, 1), Decimal(90))]
    assert of.value_words(row, row.to_value) == "95%"
    with pytest.raises(RuleNotMet, match="another number"):
        planned.target(family.reach, cycle, goal=Decimal(86))
    with pytest.raises(InvalidInput, match="Say what is counted"):
        planned.target(family.reach, cycle, measure=Measure.OTHER)


def test_a_form_that_was_read_before_another_change_is_refused(family, cycle):
    planned.target(family.reach, cycle)

    with pytest.raises(Conflict, match="changed this plan while you were writing"):
        cycles.set_target(
            reach=family.reach,
            cycle=cycle,
            wanted=cycles.Wanted("X", Measure.LATES, Decimal(5), Decimal(1), REVIEW),
            seen=1,
            now=NOW,
        )

    assert Target.objects.count() == 1


def test_an_action_is_due_on_the_list_of_its_owner(family, case, cycle):
    target = planned.target(family.reach, cycle)

    row = planned.action(
        family.reach, cycle, owner=family.cast.officer.pk, who="", target=target.pk
    )

    due = Deadline.objects.get(kind="action")
    assert (due.owner, due.due_on, due.about) == (
        family.cast.officer,
        date(2026, 11, 23),
        f"cases.PlannedAction:{row.pk}",
    )
    assert of.who_does(row) == "Attendance officer at Hillside"


@pytest.mark.parametrize(
    ("changes", "error", "says"),
    [
        ({"words": ""}, InvalidInput, "Say what will be done"),
        ({"who": " "}, InvalidInput, "Say who does it"),
        ({"due_on": TODAY - timedelta(days=1)}, RuleNotMet, "from 17 November 2026 to 15 Dec"),
        ({"due_on": REVIEW + timedelta(days=1)}, RuleNotMet, "from 17 November 2026 to 15 Dec"),
        ({"target": 10**9}, InvalidInput, "Choose a target of this plan"),
        ({"owner": 10**9}, InvalidInput, "works on cases at this school"),
    ],
)
def test_an_action_without_an_owner_or_in_no_plan_is_refused(family, cycle, changes, error, says):
    with pytest.raises(error, match=says):
        planned.action(family.reach, cycle, **changes)

    assert PlannedAction.objects.count() == 0


def test_an_action_is_done_or_dropped_once_with_words(family, case, cycle):
    done, dropped = planned.action(family.reach, cycle), planned.action(family.reach, cycle)
    common = {"reach": family.reach, "today": TODAY}

    with pytest.raises(InvalidInput, match="what came of it"):
        cycles.finish_action(action=done, on=TODAY, words="", **common)
    with pytest.raises(InvalidInput, match="why it will not be done"):
        cycles.drop_action(action=dropped, because=" ", **common)
    cycles.finish_action(action=done, on=TODAY, words="She called twice", **common)
    cycles.drop_action(action=dropped, because="No phone", **common)

    assert set(deadlines(case)) == {"plan midway", "plan review"}
    for act in (
        lambda: cycles.finish_action(action=done, on=TODAY, words="Again", **common),
        lambda: cycles.drop_action(action=dropped, because="Again", **common),
    ):
        with pytest.raises(Conflict, match="already what came of this action"):
            act()


def test_what_was_done_is_logged_with_its_day(family, case, cycle):
    log = {"reach": family.reach, "cycle": cycle, "now": NOW, "today": TODAY}

    cycles.log(on=TODAY, words="Walked in together", **log)

    with pytest.raises(InvalidInput, match="Say what was done"):
        cycles.log(on=TODAY, words="", **log)
    with pytest.raises(InvalidInput, match="opened on 17 November 2026"):
        cycles.log(on=TODAY - timedelta(days=1), words="Early", **log)
    assert "Done in plan 1, 17 November 2026" in [e.title for e in chronology(case, family.reach)]


def midway(family, cycle, **changes):
    cycle.refresh_from_db()
    return cycles.review_midway(
        **{
            "reach": family.reach,
            "cycle": cycle,
            "held": planned.held(),
            "seen": cycle.version,
            "now": NOW,
            "today": TODAY,
            **changes,
        }
    )


def test_a_look_midway_is_held_once_and_the_plan_goes_on(family, case, cycle):
    row = midway(family, cycle)

    assert (row.midway, row.outcome) == (True, "")
    assert deadlines(case) == {"plan review": REVIEW}
    with pytest.raises(Conflict, match="written already"):
        midway(family, cycle)
    assert [one.kind for one in of.evidence(case)] == ["review"]
    assert "Mid-point review of plan 1" in [e.title for e in chronology(case, family.reach)]


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"present": ""}, "Say who was there"),
        ({"worked": ""}, "Say what worked"),
        ({"next_steps": ""}, "Say what happens next"),
        ({"on": TODAY + timedelta(days=1)}, "cannot be in the future"),
        ({"on": TODAY - timedelta(days=1)}, "plan started on 17 November 2026"),
    ],
)
def test_a_review_says_who_what_and_what_next(family, cycle, changes, says):
    with pytest.raises(InvalidInput, match=says):
        midway(family, cycle, held=planned.held(**changes))

    assert cycle.reviews.count() == 0


def made(family, cycle) -> tuple[Target, PlannedAction]:
    """The plan was assessed, and a target and an action agreed."""
    planned.assess(family.reach, cycle)
    return planned.target(family.reach, cycle), planned.action(family.reach, cycle)


def test_a_whole_cycle_shows_as_evidence_and_tells_the_policy(family, case, cycle):
    target, action = made(family, cycle)

    ended = planned.end(family.reach, cycle, targets={target.pk: Decided(True, Decimal(96))})

    assert (ended.ended_on, ended.outcome, ended.targets_outcome) == (
        TODAY,
        "improved",
        "targets_met",
    )
    assert deadlines(case) == {}
    action.refresh_from_db()
    assert (action.dropped, action.done_words) == (True, "The plan has ended")
    kinds = [one.kind for one in of.evidence(case)]
    assert sorted(kinds) == ["assessment", "plan", "plan_cycle", "pupil_voice", "review"]
    # Dorset answers improvement with its letter 3, and is done.
    assert [(row.proposes, row.target) for row in Proposal.objects.order_by("pk")] == [
        ("letter", "letter_3"),
        ("close", ""),
    ]


def test_a_plan_without_an_assessment_or_anything_agreed_is_no_cycle(family, cycle):
    with pytest.raises(RuleNotMet, match="no assessment"):
        planned.end(family.reach, cycle)
    planned.assess(family.reach, cycle)
    with pytest.raises(RuleNotMet, match="neither a target nor an action"):
        planned.end(family.reach, cycle)

    cycle.refresh_from_db()
    assert cycle.ended_on is None


def test_each_target_needs_its_end(family, cycle):
    made(family, cycle)

    with pytest.raises(InvalidInput, match="for each target"):
        planned.end(family.reach, cycle)


def test_what_was_not_met_goes_into_the_next_plan_from_where_it_stands(family, case, cycle):
    target, action = made(family, cycle)
    met = planned.target(family.reach, cycle, measure=Measure.LATES, goal=Decimal(0), steps=())
    following = cycles.Start("Keep going", TODAY, date(2027, 1, 12), date(2027, 1, 5))

    second = planned.end(
        family.reach,
        cycle,
        outcome=CycleOutcome.NOT_IMPROVED,
        targets={target.pk: Decided(False, Decimal(91)), met.pk: Decided(True)},
        following=following,
    )

    assert (second.number, second.before, second.starts_on) == (2, cycle, TODAY)
    (carried,) = second.targets.all()
    assert (carried.before, carried.from_value, carried.to_value, carried.by) == (
        target,
        Decimal(91),
        Decimal(95),
        date(2027, 1, 12),
    )
    target.refresh_from_db()
    assert target.state == "carried"
    (again,) = second.actions.all()
    assert (again.words, again.due_on) == (action.words, date(2026, 11, 23))
    assert deadlines(case) == {
        "plan midway": date(2027, 1, 5),
        "plan review": date(2027, 1, 12),
        "action": date(2026, 11, 23),
    }
    cycle.refresh_from_db()
    assert cycle.targets_outcome == "targets_missed"
    assert {row.happening for row in Proposal.objects.all()} >= {"not_improved"}


def test_an_overdue_action_gets_the_next_look_as_its_day(family, case, cycle):
    made(family, cycle)
    later = date(2026, 12, 2)

    second = planned.end(
        family.reach,
        cycle,
        today=later,
        targets={cycle.targets.get().pk: Decided(False)},
        following=cycles.Start("On", later, date(2027, 1, 12), date(2027, 1, 5)),
    )

    assert second.actions.get().due_on == date(2027, 1, 5)
    # Nobody said where it stands, so the target starts where it started.
    assert second.targets.get().from_value == Decimal(86)


def test_a_target_missed_at_its_own_number_starts_where_it_started(family, cycle):
    target, _ = made(family, cycle)

    second = planned.end(
        family.reach,
        cycle,
        targets={target.pk: Decided(False, Decimal(95))},
        following=cycles.Start("On", TODAY, date(2027, 1, 12)),
    )

    assert second.targets.get().from_value == Decimal(86)


def test_a_next_plan_that_cannot_be_held_undoes_the_review(family, cycle):
    target, _ = made(family, cycle)

    with pytest.raises(RuleNotMet, match="Choose 5 January 2027"):
        planned.end(
            family.reach,
            cycle,
            targets={target.pk: Decided(False)},
            following=cycles.Start("On", TODAY, date(2026, 12, 28)),
        )

    cycle.refresh_from_db()
    assert cycle.ended_on is None
    assert cycle.reviews.count() == 0


def test_nothing_is_added_to_a_plan_that_ended_and_the_next_starts_after_it(family, case, cycle):
    target, _ = made(family, cycle)
    planned.end(family.reach, cycle, targets={target.pk: Decided(True)})

    with pytest.raises(Conflict, match="This plan ended on 17 November 2026"):
        planned.assess(family.reach, cycle)
    with pytest.raises(RuleNotMet, match="when the plan before it ended"):
        planned.start(family.reach, case, starts_on=TODAY - timedelta(days=1))
    assert planned.start(family.reach, case).number == 2


def test_a_closed_case_and_a_person_who_only_reads_are_refused(family, case, cycle):
    with pytest.raises(Forbidden):
        planned.assess(clerk(family), cycle)
    with pytest.raises(Forbidden):
        planned.start(clerk(family), case)

    close(case)

    with pytest.raises(Conflict, match="closed on 17 November 2026"):
        planned.assess(family.reach, cycle)


def test_voices_in_the_history_are_for_those_who_may_see_them(family, case, cycle):
    planned.assess(family.reach, cycle, professional_view="Panic, says the doctor.")

    assert "Panic" in str(chronology(case, family.reach))
    assert "Panic" not in str(chronology(case, clerk(family)))


def record(family, *rows: tuple[date, int, str]) -> None:
    enrolment = family.cast.enrolment
    record_marks(
        school=family.cast.hillside,
        marks=frame([(enrolment.pk, *row) for row in rows]),
        batch=None,
        by=family.cast.officer,
        reason="later",
        now=NOW,
    )


def test_attendance_around_a_plan_by_hand(family, case, cycle):
    """Five days before: all there. In the plan: of three days one whole and one half missed."""
    days = [date(2026, 11, 17), date(2026, 11, 18), date(2026, 11, 19)]
    codes = {(days[0], 0): "I", (days[0], 1): "I", (days[1], 0): "U"}
    record(
        family,
        *[(day, half, codes.get((day, half), "/\\"[half])) for day in days for half in (0, 1)],
    )

    change = of.changes(case, [cycle], date(2026, 11, 19))[1]

    assert change.before.tally == Tally(attended=6)
    assert change.during.tally == Tally(attended=3, authorised=2, unauthorised=1, late_after=1)
    assert of.period_rows(change) == [
        ["Before", "12 November 2026 to 16 November 2026", "3", "0 days", "100.0%"],
        ["During", "17 November 2026 to 19 November 2026", "3", "1½ days", "50.0%"],
        ["After", NOTHING, "0", NOTHING, NOTHING],
    ]
    target = planned.target(family.reach, cycle)
    assert of.stands_at(target, change.during.tally) == Decimal(50)
    assert not of.reached(target, Decimal("94.9"))
    assert of.reached(target, Decimal(95))
    lates = planned.target(
        family.reach, cycle, measure=Measure.LATES, start=Decimal(4), goal=Decimal(1), steps=()
    )
    assert of.stands_at(lates, change.during.tally) == Decimal(1)
    assert of.reached(lates, Decimal(1))
    score = planned.target(
        family.reach, cycle, measure=Measure.SCORE, start=Decimal(3), goal=Decimal(6), steps=()
    )
    assert of.stands_at(score, change.during.tally) is None


def test_the_figures_of_a_review_stay_when_the_register_changes(family, case, cycle):
    """The week of 5 October was missed: ten of the sessions before."""
    target, _ = made(family, cycle)
    record(family, (TODAY, 0, "/"), (TODAY, 1, "O"))

    planned.end(family.reach, cycle, targets={target.pk: Decided(True)})

    kept = cycle.reviews.get().figures
    assert kept["during"] == {
        "first": "2026-11-17",
        "last": "2026-11-17",
        "school_days": 1,
        "possible": 2,
        "attended": 1,
        "authorised": 0,
        "unauthorised": 1,
    }
    assert of.kept_rows(kept) == [
        ["Before", "1", "0 days", "100.0%"],
        ["During", "1", "½ day", "50.0%"],
    ]


def test_three_plans_ask_the_database_no_more_than_one(
    family, case, cycle, django_assert_num_queries
):
    reach = family.reach
    for _ in range(2):
        target, _action = made(family, cycle)
        with django_assert_num_queries(5):
            list(of.evidence(case))
        with django_assert_num_queries(6):
            of.entries(case, reach)
        cycle = planned.end(
            family.reach,
            cycle,
            targets={one.pk: Decided(True) for one in cycle.targets.all()},
            following=cycles.Start("On", TODAY, date(2027, 1, 12)),
        )
        assert target.cycle_id != cycle.pk


@pytest.fixture
def live_case(live_cast):
    """The same case, committed: for threads."""
    with scope(live_cast.ids):
        return a_family(live_cast).open_case()


def test_two_people_who_start_a_plan_together_start_one(live_cast, live_case):
    with scope(live_cast.ids):
        lead = live_cast.reach(live_cast.person(Role.ATTENDANCE_LEAD, "hillside"))
        officer = live_cast.reach(live_cast.officer)

    answers = together(
        live_cast,
        lambda: planned.start(lead, live_case),
        lambda: planned.start(officer, live_case),
    )

    assert wins(answers) == 1
    with scope(live_cast.ids):
        assert live_case.cycles.count() == 1
        assert Deadline.objects.filter(case=live_case, kind="plan review").count() == 1


def test_two_people_who_end_a_plan_together_end_it_once(live_cast, live_case):
    with scope(live_cast.ids):
        reach = live_cast.reach(live_cast.officer)
        cycle = planned.start(reach, live_case)
        planned.assess(reach, cycle)
        planned.action(reach, cycle)
    following = cycles.Start("On", TODAY, date(2027, 1, 12))

    answers = together(
        live_cast,
        lambda: planned.end(reach, cycle, following=following),
        lambda: planned.end(reach, cycle, following=following),
    )

    assert wins(answers) == 1
    with scope(live_cast.ids):
        assert list(live_case.cycles.order_by("number").values_list("number", flat=True)) == [1, 2]
        assert PlannedAction.objects.filter(cycle__number=2).count() == 1


def test_two_people_who_end_support_together_end_it_once(live_cast, live_case):
    with scope(live_cast.ids):
        reach = live_cast.reach(live_cast.officer)
        given = support.give_support(
            reach=reach,
            case=live_case,
            offer=support.Offer("", "Ms Finch", TODAY, REVIEW, label="A walk"),
            now=NOW,
            today=TODAY,
        )

    def end():
        return support.end_support(
            reach=reach,
            support=given,
            ended_on=TODAY,
            outcome=SupportOutcome.HELPED,
            words="It helped",
            seen=0,
            now=NOW,
            today=TODAY,
        )

    answers = together(live_cast, end, end)

    assert wins(answers) == 1
