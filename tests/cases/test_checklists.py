"""Checklists and gates: what shows an item, what a person may state, and what keeps a gate shut."""

from datetime import date

import pytest

from audit.models import Event
from authorities import packs
from authorities.access import Forbidden
from authorities.packs import Layer, PolicyInForce
from authorities.permissions import Role
from cases.models import ItemStatement
from cases.selectors.checklists import Stated, all_gates, all_lists, gate_state, statements_of
from cases.selectors.chronology import chronology
from cases.selectors.evidence import evidence_of
from cases.selectors.shown import Shown
from cases.services import checklists
from cases.services.checklists import Statement
from rules.errors import Conflict, InvalidInput, RuleNotMet
from tests.cases.contracts import in_force
from tests.cases.family import NOW
from tests.cast import TODAY

DAY = date(2026, 11, 2)


def policy(*names: str) -> PolicyInForce:
    """The national pack and these, in force."""
    return PolicyInForce(
        TODAY, tuple(Layer("authority", packs.load(name), DAY) for name in ("national", *names))
    )


def shown(kind: str, key: str = "", day: date = DAY) -> Shown:
    return Shown(kind, day, f"a {kind}", key=key)


def stated(pack, checklist, item, answer="shown", edition=None) -> Stated:
    found = edition or packs.load(pack).edition
    return Stated(pack, found, checklist, item, answer, "I asked", DAY, "Sam Example")


def missing(gates) -> list[list[str]]:
    """What each gate with lists lacks."""
    return [[one.item.key for one in gate.missing] for gate in gates if gate.lists]


LIMB_1 = [shown("call"), shown("call"), shown("meeting_offered")]
DECLINED = stated("bcp", "not_engaged", "declined")
LIMB_2 = [shown("assessment"), shown("plan_cycle"), shown("support"), shown("plan")]


@pytest.mark.parametrize(
    ("evidence", "statements", "opens", "why"),
    [
        ([], [], False, "nothing on file"),
        (LIMB_1, [], False, "nobody said that the parent declined"),
        (LIMB_1[1:], [DECLINED], False, "one attempt is not two"),
        (LIMB_1, [DECLINED], True, "the first limb alone"),
        (LIMB_2, [], True, "the second limb alone"),
        (LIMB_2[:3], [], False, "no plan with others"),
        ([shown("meeting_offered")], [], False, "an offer to meet without legal action before"),
        ([shown("meeting_offered", "after_legal_action")], [], True, "the third limb alone"),
    ],
)
def test_any_one_limb_of_sufficient_support_will_do(evidence, statements, opens, why):
    (gate,) = [
        gate
        for gate in gate_state(policy("bcp"), "penalty_notice", evidence, statements)
        if gate.gate.key == "support_before_penalty"
    ]

    assert gate.open is opens, why


def test_where_any_list_will_do_the_nearest_says_what_is_missing():
    gates = gate_state(policy("bcp"), "notice_to_improve", [shown("call")], [])

    near = next(gate for gate in gates if gate.gate.needs == "any")
    assert [one.item.key for one in near.missing] == ["follow_up_meeting"]
    assert not near.open


SEVEN = [
    shown("assessment"),
    shown("letter", "warning"),
    shown("meeting_held", "improvement_meeting"),
    shown("plan"),
    shown("referral"),
    shown("review"),
    shown("minutes_sent"),
]


@pytest.mark.parametrize("left_out", range(7))
def test_each_of_the_seven_minimums_keeps_the_gate_shut(left_out):
    keys = [
        "reasons",
        "warning_letter",
        "initial_meeting",
        "plan_or_contract",
        "early_help_offered",
        "review_meeting",
        "copies_sent",
    ]
    without = [one for place, one in enumerate(SEVEN) if place != left_out]

    gates = gate_state(policy("barking_dagenham"), "prosecution", without, [])

    lacking = [one.item.key for gate in gates for one in gate.missing]
    assert keys[left_out] in lacking
    assert not set(keys) - {keys[left_out]} & set(lacking)


def test_only_the_letter_that_is_asked_for_shows_its_item():
    other = [shown("letter", "letter_3")]
    right = [shown("letter", "letter_2")]

    (before,) = [g for g in gate_state(policy("dorset"), "meeting", other, []) if g.lists]
    (after,) = [g for g in gate_state(policy("dorset"), "meeting", right, []) if g.lists]

    assert "letter_2" in [one.item.key for one in before.missing]
    assert "letter_2" not in [one.item.key for one in after.missing]
    assert after.requirements[0].records == (right[0],)


def test_does_not_apply_counts_only_where_the_policy_says_if():
    list_key = "inclusion_panel"
    said = [
        stated("dorset", list_key, "siblings", "does not apply"),
        stated("dorset", list_key, "letter_2", "does not apply"),
    ]

    (gate,) = [g for g in gate_state(policy("dorset"), "meeting", [], said) if g.lists]

    by_key = {one.item.key: one for one in gate.requirements}
    assert by_key["siblings"].met
    assert not by_key["letter_2"].met
    assert by_key["letter_2"].before == said[1]


def test_the_latest_statement_stands_and_one_can_be_taken_back():
    first = stated("dorset", "inclusion_panel", "lead_told")
    back = stated("dorset", "inclusion_panel", "lead_told", "withdrawn")

    (gate,) = [g for g in gate_state(policy("dorset"), "meeting", [], [first, back]) if g.lists]
    (again,) = [
        g for g in gate_state(policy("dorset"), "meeting", [], [first, back, first]) if g.lists
    ]

    assert "lead_told" in [one.item.key for one in gate.missing]
    assert "lead_told" not in [one.item.key for one in again.missing]


def test_a_statement_under_another_edition_must_be_made_again():
    old = stated("dorset", "inclusion_panel", "lead_told", edition="1999")

    (gate,) = [g for g in gate_state(policy("dorset"), "meeting", [], [old]) if g.lists]

    lacking = next(one for one in gate.missing if one.item.key == "lead_told")
    assert lacking.before == old


def test_a_gate_without_lists_is_open_and_names_the_tests_of_the_law():
    (gate,) = gate_state(policy(), "prosecution", [], [])

    assert gate.open
    assert gate.missing == ()
    assert "order_considered" in gate.tests


def test_each_list_stands_once_and_those_of_a_step_first():
    found = all_lists(policy("chaucer"), [], [])

    keys = [one.checklist.key for one, _ in found]
    assert len(keys) == len(set(keys)) == 6
    assert keys[0] == "plan_parts"
    steps = {one.checklist.key: steps for one, steps in found}
    assert steps["tier_2"] == ["prosecution"]
    assert [gate.gate.step for gate in all_gates(policy("chaucer"), [], [])] == [
        "contract",
        "notice_to_improve",
        "penalty_notice",
        "supervision_order",
        "prosecution",
    ]


# What is on file, and what a person states


def say(family, **changes):
    asked = {
        "item": "dorset:inclusion_panel:lead_told",
        "edition": packs.load("dorset").edition,
        "answer": "shown",
        "words": "I rang her on Monday",
        "on": TODAY,
        **changes,
    }
    return checklists.state(
        reach=changes.pop("reach", None) or family.reach,
        case=family.case,
        statement=Statement(**asked),
        today=TODAY,
        now=NOW,
    )


def test_the_register_letters_and_contracts_are_records(family):
    made = in_force(family)

    found = {(shown.kind, shown.key) for shown in evidence_of(made.case)}

    assert {("register", "opening"), ("register", "threshold"), ("contract", "agreed")} <= found
    assert not [shown for shown in evidence_of(made.case) if shown.kind == "letter"]


def test_a_letter_counts_once_it_was_handed_over(family):
    (sent, waits) = family.prepare()
    letter = sent.letter
    letter.state, letter.handed_over_at = "handed over", NOW
    letter.save()

    found = [shown for shown in evidence_of(family.case) if shown.kind == "letter"]

    assert [(shown.key, shown.at) for shown in found] == [("letter_2", (letter.reference,))]
    assert waits.letter.state in ("draft", "held")


def test_a_statement_is_kept_with_name_day_and_words(family):
    family.open_case()

    say(family)

    (kept,) = statements_of(family.case)
    assert (kept.by, kept.words, kept.on) == (
        family.cast.officer.name,
        "I rang her on Monday",
        TODAY,
    )
    event = Event.objects.get(kind="checklist.answered")
    assert "rang" not in str(event.facts)
    assert any(
        "Statement on a checklist" in entry.title for entry in chronology(family.case, family.reach)
    )


@pytest.mark.parametrize(
    ("changes", "error", "says"),
    [
        ({"words": "  "}, InvalidInput, "how you know"),
        ({"words": "x" * 1001}, InvalidInput, "1,000"),
        ({"on": date(2026, 11, 18)}, InvalidInput, "in the future"),
        ({"answer": "ticked"}, InvalidInput, "Say whether"),
        ({"answer": "does not apply"}, RuleNotMet, "every pupil"),
        ({"edition": "1999"}, Conflict, "has changed since you read"),
        ({"item": "chaucer:tier_2:planner"}, InvalidInput, "in force at this school"),
    ],
)
def test_a_wrong_statement_is_refused_in_words(family, changes, error, says):
    family.open_case()

    with pytest.raises(error, match=says):
        say(family, **changes)

    assert not ItemStatement.objects.exists()


def test_where_the_policy_says_if_it_may_not_apply(family):
    family.open_case()

    made = say(family, item="dorset:inclusion_panel:siblings", answer="does not apply")

    assert made.answer == "does not apply"


def test_nothing_is_stated_on_a_closed_case_or_by_those_who_only_look(family):
    case = family.open_case()
    with pytest.raises(Forbidden):
        checklists.state(
            reach=family.cast.reach(family.cast.person(Role.LEGAL_OFFICER)),
            case=case,
            statement=Statement("dorset:inclusion_panel:lead_told", "x", "shown", "I", TODAY),
            today=TODAY,
            now=NOW,
        )
    case.stage, case.closed_on = "closed", TODAY
    case.save()

    with pytest.raises(Conflict, match="This case is closed"):
        say(family)
