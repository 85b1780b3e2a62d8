"""The pages of barriers, support and the plan, as people use them."""

from datetime import date

import pytest
from django.template.loader import render_to_string
from django.urls import reverse

from attendance.models import Flag, PupilFlag
from authorities.permissions import Role
from cases.models import Barrier, Case, Cycle, GivenSupport, SaidBy
from cases.services import support
from cases.views import cycles as pages
from frontend.charts import plan_periods
from rules.errors import UnknownTerm
from tests.cases import planned
from tests.cases.planned import NOW, REVIEW
from tests.cast import TODAY, sign_in


@pytest.fixture
def case(family) -> Case:
    return family.open_case()


@pytest.fixture
def officer(client, family, case):
    """Hillside's officer, signed in."""
    return sign_in(client, family.cast.officer)


def at(case, name: str, **more) -> str:
    return reverse(f"cases:{name}", kwargs={"la": "990", "reference": case.reference, **more})


def says(response) -> str:
    return " ".join(response.content.decode().split())


def day(name: str, when: date) -> dict[str, int]:
    """A date as its three boxes."""
    return {f"{name}_day": when.day, f"{name}_month": when.month, f"{name}_year": when.year}


def test_the_officer_writes_down_a_barrier_and_that_it_is_gone(officer, case):
    page = says(officer.get(at(case, "support")))
    assert "No barrier is written down yet" in page
    add = at(case, "barrier_add")
    assert add in page
    page = says(officer.get(add))
    assert '<optgroup label="In school">' in page
    assert "Who do you spend time with at school?" in page
    page = says(officer.post(add, {}))
    assert "Select the kind of barrier" in page
    assert "Say what it is for this pupil" in page
    own = {"kind": "own:in school", "text": "Dark", "said_by": "pupil", **day("found_on", TODAY)}
    assert "Give the barrier a name" in says(officer.post(add, own))

    done = officer.post(add, {**own, "label": "The long corridor"})

    assert done.url == at(case, "support")
    row = Barrier.objects.get()
    one = at(case, "barrier", barrier=row.pk)
    assert one in says(officer.get(at(case, "support")))
    assert "The pupil" in says(officer.get(one))
    assert "Say what took the barrier away" in says(officer.post(one, {}))
    gone = {"how": "Another way round", **day("on", TODAY)}
    assert officer.post(one, gone).status_code == 302
    assert "Barriers that are gone (1)" in says(officer.get(at(case, "support")))
    page = says(officer.post(one, gone))
    assert "already that this barrier is gone" in page
    assert "Another way round" in page


def test_a_sensitive_barrier_is_not_there_for_a_clerk(client, family, case):
    for kind in ("national:mental_health", "national:friendships"):
        support.find_barrier(
            reach=family.reach,
            case=case,
            found=support.Found(kind, "Secret words", SaidBy.PARENT, TODAY),
            now=NOW,
            today=TODAY,
        )
    hidden = Barrier.objects.get(sensitive=True)
    clerk = sign_in(client, family.cast.person(Role.NOTICE_CLERK))

    page = says(clerk.get(at(case, "support")))

    assert "Mental health" not in page
    assert "1 barrier about health or social care is kept" in page
    assert "Friendships" in page
    assert clerk.get(at(case, "barrier", barrier=hidden.pk)).status_code == 404
    assert "Mental health" not in says(clerk.get(at(case, "case")))


def test_the_officer_answers_what_the_policy_asks(officer, family, case):
    PupilFlag.objects.create(
        authority=case.authority, pupil=case.pupil, kind=Flag.EHC_PLAN, starts_on=TODAY
    )
    assert "3 questions without an answer" in says(officer.get(at(case, "support")))
    here = at(case, "considerations")
    page = says(officer.get(here))
    assert "Asked because: Education, health and care plan" in page

    page = says(officer.post(here, {"choose": "dorset:watched_group"}))
    assert "Keep the answer" in page
    assert 'value="dorset:watched_group"' in page
    assert "There is a problem" not in page
    page = says(officer.post(here, {"which": "dorset:watched_group"}))
    assert "Select the answer" in page
    sent = {"answer": "planned", "text": "On Friday", **day("on", TODAY)}
    page = says(officer.post(here, {"which": "dorset:nothing", **sent}))
    assert "Choose one of the questions" in page
    assert officer.post(here, {"which": "dorset:watched_group", **sent}).url == here
    page = says(officer.get(here))
    assert "On Friday" in page
    assert "Answer again" in page


def test_support_comes_from_the_catalogue_with_its_source(officer, case):
    page = says(officer.get(at(case, "support_catalogue")))
    assert "School attendance flow chart, step 5" in page
    add = at(case, "support_add")
    page = says(officer.post(add, {"choose": "dorset:individual_support"}))
    assert '<option value="dorset:individual_support" selected>' in page
    page = says(officer.post(add, {"link": "nowhere"}))
    assert "Choose support from the list, or say what yours is" in page
    assert "Enter a web address" in page
    sent = {
        "entry": "dorset:individual_support",
        "who": "Ms Finch",
        **day("starts_on", TODAY),
        **day("review_on", date(2026, 11, 21)),
        "link": "https://example.org/help",
    }
    assert "Choose 23 November 2026, the next school day" in says(officer.post(add, sent))

    officer.post(add, {**sent, **day("review_on", date(2026, 11, 23))})

    row = GivenSupport.objects.get()
    assert "Given" in says(officer.get(at(case, "support_catalogue")))
    one = at(case, "support_one", support=row.pk)
    assert one in says(officer.get(at(case, "support")))
    assert "https://example.org/help" in says(officer.get(one))
    look = {"seen": 0, "words": "It helps", **day("on", TODAY)}
    assert "Enter the day you look again" in says(officer.post(one, {**look, "outcome": "goes on"}))
    officer.post(one, {**look, "outcome": "goes on", **day("next_on", REVIEW)})
    assert "Looked at so far" in says(officer.get(one))
    page = says(officer.post(one, {**look, "outcome": "helped"}))
    assert "Somebody looked at this support while you were writing" in page
    officer.post(one, {**look, "seen": 1, "outcome": "helped"})
    page = says(officer.get(at(case, "support")))
    assert "It helped" in page
    assert "Save what you found" not in says(officer.get(one))


def test_sensitive_support_has_no_name_for_a_clerk(client, family, case):
    row = support.give_support(
        reach=family.reach,
        case=case,
        offer=support.Offer("", "A therapist", TODAY, REVIEW, label="Therapy", sensitive=True),
        now=NOW,
        today=TODAY,
    )
    clerk = sign_in(client, family.cast.person(Role.NOTICE_CLERK))

    for page in (at(case, "support"), at(case, "support_one", support=row.pk), at(case, "case")):
        assert "herap" not in says(clerk.get(page))
    assert clerk.get(at(case, "support_add")).status_code == 403


def test_another_cases_barrier_and_support_are_not_found(officer, case):
    for name, more in (
        ("barrier", {"barrier": 10**6}),
        ("support_one", {"support": 10**6}),
        ("cycle", {"number": 9}),
    ):
        assert officer.get(at(case, name, **more)).status_code == 404


def test_the_officer_goes_round_a_whole_cycle(officer, family, case):
    page = says(officer.get(at(case, "plan")))
    assert "No plan yet" in page
    start = at(case, "plan_start")
    page = says(officer.get(start))
    assert "The policy proposes 15 school days" in page
    sent = {
        "aim": "Robin comes in every day",
        **day("starts_on", TODAY),
        **day("midway_on", date(2026, 12, 1)),
        **day("review_on", REVIEW),
    }
    page = says(officer.post(start, {**sent, **day("review_on", date(2026, 12, 12))}))
    assert "Choose 14 December 2026" in page
    here = at(case, "cycle", number=1)
    assert officer.post(start, sent).url == here
    assert "Assess: hear the pupil" in says(officer.get(here))

    assess = at(case, "cycle_assess", number=1)
    assert "Use a tool to hear them" in says(officer.get(assess))
    tool = f"{assess}?tool=national:three_houses"
    assert "House of worries" in says(officer.get(tool))
    assert officer.get(f"{assess}?tool=national:nothing").status_code == 404
    assert "Write down what came of it" in says(officer.post(tool, day("on", TODAY)))
    officer.post(tool, {**day("on", TODAY), "part_0": "Lunch", "part_2": "Football"})
    scale = f"{assess}?tool=national:scaling"
    assert "Enter a number from 0 to 10" in says(
        officer.post(scale, {**day("on", TODAY), "part_0": "Bus"})
    )
    page = says(officer.get(here))
    assert "House of worries: Lunch" in page
    assert "Plan: agree a target" in page

    target = at(case, "cycle_target", number=1)
    assert "Since this plan started: attendance" in says(officer.get(target))
    wanted = {
        "seen": Cycle.objects.get().version,
        "what": "In by 8:50",
        "measure": "attendance",
        "start": "60",
        "goal": "92.5",
        **day("by", REVIEW),
    }
    page = says(officer.post(target, {**wanted, "step_1": "80", "goal": "9.25"}))
    assert "Enter the day of the step" in page
    assert "Enter a number with one decimal at most" in page
    page = says(officer.post(target, {**wanted, **day("step_1_by", date(2026, 12, 1))}))
    assert "Enter the number of the step" in page
    assert officer.post(target, wanted).url == here
    page = says(officer.get(here))
    assert "From 60% to <strong>92.5%</strong> by 15 December 2026" in page
    assert "This is a long way to go at once" in page
    page = says(officer.post(target, wanted))
    assert "changed this plan while you were writing" in page

    action = at(case, "cycle_action", number=1)
    assert "Say what will be done" in says(officer.post(action, {}))
    officer.post(action, {"words": "Meet at the gate", "who": "Robin", **day("due_on", TODAY)})
    row = Cycle.objects.get().actions.get()
    one = at(case, "cycle_action_end", number=1, action=row.pk)
    assert one in says(officer.get(here))
    assert officer.get(at(case, "cycle_action_end", number=1, action=10**6)).status_code == 404
    officer.post(one, {"result": "done", "words": "Each day", **day("on", TODAY)})
    page = says(officer.post(one, {"result": "dropped", "words": "No", **day("on", TODAY)}))
    assert "already what came of this action" in page

    log = at(case, "cycle_log", number=1)
    assert "Say what was done" in says(officer.post(log, {}))
    officer.post(log, {"words": "Walked in together", **day("on", TODAY)})

    midway = at(case, "cycle_midway", number=1)
    review = {
        **day("on", TODAY),
        "present": "Robin and his mother",
        "worked": "The gate",
        "next_steps": "Go on",
    }
    seen = Cycle.objects.get().version
    assert "Say who was there" in says(officer.post(midway, {"seen": seen}))
    officer.post(midway, {**review, "seen": seen})
    page = says(officer.get(here))
    assert "Mid-point review, 17 November 2026" in page
    assert "Write the mid-point review" not in page

    end = at(case, "cycle_review", number=1)
    page = says(officer.get(end))
    assert "Was this target met? In by 8:50" in page
    seen = Cycle.objects.get().version
    pk = Cycle.objects.get().targets.get().pk
    full = {
        **review,
        "seen": seen,
        "outcome": "not_improved",
        f"met_{pk}": "no",
        f"value_{pk}": "75.5",
        "following": "next",
    }
    page = says(officer.post(end, full))
    assert "Say what the next plan is for" in page
    assert "Enter the day of the next plan" in page
    done = officer.post(end, {**full, "aim": "Going on", **day("review_on", date(2027, 1, 12))})
    second = at(case, "cycle", number=2)
    assert done.url == second
    page = says(officer.get(second))
    assert "From 75.5% to <strong>92.5%</strong>" in page
    assert "From the plan before" in page
    assert "Review at the end: attendance did not improve" in says(officer.get(here))
    page = says(officer.get(at(case, "plan")))
    assert "Plan 1, before" in page
    assert "Attendance did not improve" in page


def test_the_last_plan_needs_no_next_one(officer, family, case):
    cycle = planned.start(family.reach, case)
    planned.assess(family.reach, cycle)
    planned.action(family.reach, cycle)
    cycle.refresh_from_db()

    done = officer.post(
        at(case, "cycle_review", number=1),
        {
            **day("on", TODAY),
            "seen": cycle.version,
            "present": "All",
            "worked": "All",
            "next_steps": "Close the case",
            "outcome": "improved",
            "following": "none",
        },
    )

    assert done.url == at(case, "cycle", number=1)
    page = says(officer.get(done.url))
    assert "This plan has ended" in page
    assert "Set a target" not in page
    assert "Start another plan" in says(officer.get(at(case, "plan")))


def test_the_printed_plan_leaves_out_what_is_sensitive(officer, family, case, monkeypatch):
    cycle = planned.start(family.reach, case)
    planned.assess(family.reach, cycle)
    planned.target(family.reach, cycle)
    planned.action(family.reach, cycle)
    for kind in ("national:mental_health", "national:friendships"):
        support.find_barrier(
            reach=family.reach,
            case=case,
            found=support.Found(kind, f"About {kind}", SaidBy.PARENT, TODAY),
            now=NOW,
            today=TODAY,
        )
    kept = []
    monkeypatch.setattr(
        pages.printing,
        "pdf",
        lambda name, what: kept.append(render_to_string(name, what)) or b"%PDF",
    )

    made = officer.get(at(case, "cycle_pdf", number=1))

    assert made["Content-Type"] == "application/pdf"
    assert "plan-" in made["Content-Disposition"]
    (page,) = kept
    assert "About national:friendships" in page
    assert "mental" not in page
    assert "Robin&#x27;s mother" in page
    assert "From 86% to 95%" in page


def test_the_printed_plan_is_a_pdf(officer, family, case):
    planned.start(family.reach, case)

    assert officer.get(at(case, "cycle_pdf", number=1)).content.startswith(b"%PDF")


def test_the_picture_shows_days_beside_percentages(officer, family, case):
    """Before the plan three quarters of two days: half a day missed."""
    rows = [
        plan_periods.Period(1, "Before", 7500, "½ day", "2 days", 2),
        plan_periods.Period(1, "During", 9259, "2 days", "27 days", 27),
        plan_periods.Period(1, "After", None, "0 days", "0 days", 0),
    ]

    made = plan_periods.spec(rows)

    assert made["usermeta"]["desc"] == (
        "Plan 1, before: 75.0%, ½ day missed. Plan 1, during: 92.5%, 2 days missed."
    )
    assert plan_periods.table(rows).rows == [
        ["Plan 1, before", "2", "½ day", "2 days", "75.0%"],
        ["Plan 1, during", "27", "2 days", "27 days", "92.5%"],
        ["Plan 1, after", "0", "0 days", "0 days", "\N{EN DASH}"],
    ]
    assert plan_periods.spec([])["usermeta"]["desc"] == "No sessions yet."
    planned.start(family.reach, case)
    picture = officer.get(at(case, "plan_chart"))
    assert picture["Content-Type"] == "image/svg+xml"
    assert "Robin" not in picture.content.decode()


def test_a_school_whose_calendar_ends_is_told_to_add_the_next_term(officer, family, case):
    planned.ten_weeks(family.cast)

    page = says(
        officer.post(
            at(case, "plan_start"),
            {
                "aim": "X",
                **day("starts_on", date(2027, 7, 1)),
                **day("review_on", date(2027, 12, 1)),
            },
        )
    )

    assert "Add the next term first" in page


@pytest.mark.parametrize(
    ("proposed", "says_so"),
    [
        (None, "No policy of this school sets how long a plan is"),
        (UnknownTerm("The calendar ends. Add the next term first."), "Add the next term first"),
    ],
)
def test_people_choose_the_days_where_the_policy_cannot_say(
    officer, family, case, monkeypatch, proposed, says_so
):
    def proposes(*_):
        if proposed is None:
            return
        raise proposed

    cycle = planned.start(family.reach, case)
    planned.assess(family.reach, cycle)
    monkeypatch.setattr(pages.of, "proposed_days", proposes)

    page = says(officer.get(at(case, "cycle_review", number=1)))
    assert "When do you review the next plan?" in page
    assert says_so in says(officer.get(at(case, "plan_start")))


def test_an_assessment_names_the_barriers_it_found(officer, family, case):
    row = support.find_barrier(
        reach=family.reach,
        case=case,
        found=support.Found("national:travel", "Two buses", SaidBy.PARENT, TODAY),
        now=NOW,
        today=TODAY,
    )
    planned.start(family.reach, case)
    assess = at(case, "cycle_assess", number=1)
    assert "Distance and travel to school: Two buses" in says(officer.get(assess))

    officer.post(assess, {**day("on", TODAY), "barriers": [str(row.pk)]})

    page = says(officer.get(at(case, "cycle", number=1)))
    assert "Barriers: Distance and travel to school" in page


def test_a_plan_at_its_end_asks_for_its_review(officer, family, case):
    cycle = planned.start(family.reach, case)
    planned.assess(family.reach, cycle)
    planned.target(family.reach, cycle)
    Cycle.objects.update(starts_on=date(2026, 11, 2), review_on=TODAY)

    assert "Review: the plan is at its end" in says(officer.get(at(case, "cycle", number=1)))
