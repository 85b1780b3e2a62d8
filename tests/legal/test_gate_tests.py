"""Each test of the law on both sides, from plain facts; each seed's lists through its pack."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from authorities import packs
from authorities.packs import Layer, PolicyInForce
from cases.selectors.checklists import Stated
from cases.selectors.shown import Shown
from legal.selectors.gate_facts import (
    NOTICE_STEPS,
    Facts,
    Improvement,
    Leave,
    Parent,
    Passed,
    Places,
    Said,
    Thought,
)
from legal.selectors.gate_tests import TESTS
from legal.selectors.gates import ALL_STEPS, answer
from rules.compulsory_age import compulsory_days
from rules.dates import ALWAYS, DateRange, days_between
from rules.gates import ASPECTS
from rules.marks import DatedSession, Mark, Session
from rules.notice_limit import Outcome, PastNotice
from rules.officers import Officer, Position
from rules.penalty_notices import SchoolType
from rules.prosecutions import Used
from rules.school_calendar import Calendar
from rules.thresholds import Who, prove
from tests.cast import TODAY

DAY = date(2026, 11, 2)
BORN = date(2016, 5, 4)
BORN_2010 = date(2010, 6, 1)
WEEK = tuple(days_between(date(2026, 10, 5), date(2026, 10, 9)))


def school_days() -> Calendar:
    """School on each weekday since September, no holidays."""
    first = date(2026, 9, 1)
    days = [first + timedelta(days=number) for number in range(120)]
    held = [DatedSession(day, half) for day in days if day.weekday() < 5 for half in Session]
    return Calendar(tuple(held))


def marks(code: str, count: int = 10, days=WEEK) -> list[Mark]:
    """The first sessions of a week with one code."""
    return [Mark(day, half, code) for day in days for half in Session][:count]


def facts(step: str = "penalty_notice", absent=None, **changes) -> Facts:
    """A pupil whose facts meet every test but those that somebody states."""
    absent = marks("O") if absent is None else absent
    proof = prove(absent, school_days(), TODAY, who=Who(ALWAYS, compulsory_days(BORN)))
    known = {
        "step": step,
        "today": TODAY,
        "born_on": BORN,
        "school": SchoolType.MAINTAINED,
        "proof": proof,
        "verdict": "What the proof says",
        "register": shown("register", "threshold"),
        "sessions": tuple(absent),
        "parents": (MOTHER,),
        "evidence": (shown("support"),),
        "improvement": FAILED,
        "places": Places(none=shown("document")),
        "deciders": ("Headteacher",),
        **changes,
    }
    return Facts(**known)


def shown(kind: str, key: str = "", day: date = DAY) -> Shown:
    return Shown(kind, day, f"a {kind}", "Sam Example", key=key)


MOTHER = Parent(7, "MOTHER", "mother", in_law=True)
FAILED = Improvement("not improved", shown("notice"), frozenset({7}), DAY, None)


def said(test: str, answer: str = "so", on: date = TODAY, author: int = 1, **more) -> Said:
    return Said("penalty_notice", test, answer, "I asked", on, "Sam Example", author, **more)


def past(issued: date, **more) -> PastNotice:
    return PastNotice(1, 7, 3, issued, **more)


def parent(*notices: PastNotice, **more) -> tuple[Parent]:
    return (replace(MOTHER, past=notices, **more),)


def thoughts(**applies) -> dict[str, Thought]:
    return {
        aspect: Thought(aspect, applies.get(aspect, "no"), "Asked", "Read aloud", TODAY, "Sam")
        for aspect in ASPECTS
    }


ANSWERED = {"Southvale": shown("document")}
TWO = (past(date(2025, 3, 1)), past(date(2026, 2, 2)))
# key, what meets it, what does not, and a word of the sentence.
BOTH_SIDES = [
    ("compulsory_age", {}, {"born_on": date(2022, 4, 1)}, "5 October 2026"),
    (
        "compulsory_age",
        {"step": "notice_to_improve"},
        {"step": "notice_to_improve", "born_on": date(2010, 6, 27)},
        "17 November 2026",
    ),
    # the offence was in time, the notice comes after the leaving day
    (
        "compulsory_age",
        {"today": date(2026, 11, 18)},
        {"sessions": (), "born_on": date(2010, 6, 1)},
        "17 November",
    ),
    ("eligible_school", {}, {"school": SchoolType.INDEPENDENT}, "independent school"),
    (
        "eligible_school",
        {"school": SchoolType.PUPIL_REFERRAL_UNIT},
        {"school": SchoolType.NON_MAINTAINED_SPECIAL},
        "non-maintained special school",
    ),
    ("threshold_met_or_reason", {}, {"absent": marks("O", 9)}, "Go on with support"),
    ("threshold_met_or_reason", {}, {"absent": [*marks("O", 9), *marks("N")[9:]]}, "Find out"),
    ("nothing_unresolved", {}, {"absent": [*marks("O", 9), *marks("N")[9:]]}, "9 October 2026"),
    ("nothing_unresolved", {"absent": marks("O", 4)}, {"absent": marks("N", 2)}, "5 October 2026"),
    (
        "nothing_unresolved",
        {},
        {"sessions": (*marks("O"), *marks("N", 1, [date(2026, 10, 12)]))},
        "12 October 2026",
    ),
    ("named_parent", {}, {"parents": ()}, "who is a parent"),
    (
        "named_parent",
        {"step": "notice_to_improve", "parents": (replace(MOTHER, not_on=(DAY,)),)},
        {"step": "notice_to_improve", "parents": (replace(MOTHER, in_law=False),)},
        "who is a parent",
    ),
    *(
        (
            "named_parent",
            {"step": step, "parents": (replace(MOTHER, in_law=False),)},
            {"step": step, "parents": (replace(MOTHER, not_on=(WEEK[0], WEEK[4])),)},
            "was a parent in law on: 5 October 2026, 9 October 2026. Record",
        )
        for step in ("penalty_notice", "penalty_notice_for_leave", "penalty_notice_excluded")
    ),
    (
        "named_parent",
        {
            "parents": (
                replace(MOTHER, not_on=(WEEK[0],)),
                Parent(8, "FATHER", "father", in_law=False),
            )
        },
        {"parents": (replace(MOTHER, not_on=(WEEK[0],)),) * 2},
        "who is a parent",
    ),
    (
        "named_parent",
        {},
        {"parents": (replace(MOTHER, forbidden="A court order says no."),)},
        "A court order says no.",
    ),
    ("support_appropriate", {"said": [said("support_appropriate")]}, {}, "State whether"),
    (
        "support_appropriate",
        {"said": [said("support_appropriate")]},
        {"said": [said("support_appropriate", on=date(2026, 9, 17))]},
        "too old",
    ),
    (
        "support_appropriate",
        {"said": [said("support_appropriate", "not so"), said("support_appropriate")]},
        {"said": [said("support_appropriate"), said("support_appropriate", "not so")]},
        "not so",
    ),
    (
        "support_appropriate",
        {"said": [said("support_appropriate", adult=7)]},
        {"said": [said("support_appropriate", adult=8)]},
        "State whether",
    ),
    ("sufficient_support", {"said": [said("sufficient_support")]}, {}, "State why"),
    (
        "sufficient_support",
        {"said": [said("sufficient_support")]},
        {"said": [said("sufficient_support")], "evidence": ()},
        "Put the help",
    ),
    ("safeguarding_checked", {"said": [said("safeguarding_checked")]}, {}, "safeguarding lead"),
    ("equality_brake", {"thoughts": thoughts()}, {}, "special educational needs"),
    (
        "equality_brake",
        {"thoughts": thoughts(health="yes")},
        {"thoughts": thoughts(health="unknown")},
        "health",
    ),
    (
        "equality_brake",
        {"thoughts": thoughts(send="yes"), "on_record": {"send": "SEN support"}},
        {"thoughts": thoughts(), "on_record": {"send": "SEN support"}},
        "special educational needs",
    ),
    ("improvement_failed", {}, {"improvement": None}, "Issue a Notice to Improve first"),
    (
        "improvement_failed",
        {"improvement": replace(FAILED, state="not used", given_to=frozenset())},
        {"improvement": replace(FAILED, state="running")},
        "not over",
    ),
    (
        "improvement_failed",
        {"improvement": replace(FAILED, state="ended early", told_on=DAY)},
        {"improvement": replace(FAILED, state="ended early")},
        "was told",
    ),
    ("improvement_failed", {}, {"improvement": replace(FAILED, state="improved")}, "enough"),
    (
        "improvement_failed",
        {},
        {"improvement": replace(FAILED, given_to=frozenset({8}))},
        "not given",
    ),
    ("two_in_three_years", {}, {"parents": ()}, "who is a parent"),
    (
        "two_in_three_years",
        {"parents": parent(TWO[0])},
        {"parents": parent(*TWO)},
        "cannot be issued to this parent for this pupil before 1 March 2028",
    ),
    (
        "two_in_three_years",
        {"parents": parent(TWO[0], replace(TWO[1], outcome=Outcome.WITHDRAWN))},
        {"parents": parent(past(date(2026, 12, 1)))},
        "A notice was issued on 1 December 2026",
    ),
    ("border_checked", {}, {"places": Places()}, "Record where the child lived"),
    (
        "border_checked",
        {
            "places": Places(("Southvale",)),
            "parents": parent(asked={"Southvale": shown("document")}),
        },
        {"places": Places(("Southvale",))},
        "Ask Southvale",
    ),
    ("border_checked", {}, {"places": Places(("Southvale",)), "parents": ()}, "who is a parent"),
    (
        "authorised_officer",
        {"officer": Officer(Position.HEADTEACHER, ALWAYS)},
        {"officer": Officer(Position.OTHER, ALWAYS)},
        "Only a headteacher",
    ),
    (
        "authorised_officer",
        {"officer": Officer(Position.DEPUTY, ALWAYS, (DateRange(DAY, None),))},
        {"officer": Officer(Position.DEPUTY, ALWAYS)},
        "had not named",
    ),
    (
        "authorised_officer",
        {"officer": Officer(Position.COUNCIL, ALWAYS), "council_only": True},
        {"officer": Officer(Position.HEADTEACHER, ALWAYS), "council_only": True},
        "only the council issues",
    ),
    (
        "authorised_officer",
        {},
        {"officer": Officer(Position.COUNCIL, ALWAYS), "decides": False},
        "decided by: headteacher",
    ),
    ("framework_questions", {"said": [said("framework_questions")]}, {}, "six questions"),
    (
        "no_proceedings_on_the_same_facts",
        {"prosecuted": frozenset({DatedSession(date(2026, 9, 7), Session.AM)})},
        {"prosecuted": frozenset({DatedSession(WEEK[0], Session.AM)})},
        "5 October 2026",
    ),
    (
        "no_proceedings_on_the_same_facts",
        {"under_order": (DateRange(date(2026, 9, 1), date(2026, 10, 4)),)},
        {"under_order": (DateRange(date(2026, 9, 1), date(2026, 10, 5)),)},
        "in place of the offence on these days: 5 October 2026. Leave",
    ),
    (
        "leave_refused_or_not_asked",
        {"absent": marks("G"), "under_order": (DateRange(date(2026, 10, 10), None),)},
        {"absent": marks("G"), "under_order": (DateRange(date(2026, 10, 9), None),)},
        "in place of the offence on these days: 9 October 2026. Leave",
    ),
    (
        "no_proceedings_on_the_same_facts",
        {"settled": {Used.WITHDRAWN: frozenset({DatedSession(date(2026, 9, 7), Session.AM)})}},
        {"settled": {Used.WITHDRAWN: frozenset({DatedSession(WEEK[0], Session.AM)})}},
        "was withdrawn. Nobody can be prosecuted",
    ),
    (
        "leave_refused_or_not_asked",
        {"absent": marks("G"), "settled": {Used.PROSECUTED: frozenset()}},
        {
            "absent": marks("G"),
            "settled": {Used.PROSECUTED: frozenset({DatedSession(WEEK[4], Session.PM)})},
        },
        "could not be enforced: 9 October 2026. Ask about later absence, or leave this parent out.",
    ),
    (
        "threshold_met_or_reason",
        {},
        {
            "absent": marks("O", 9),
            "settled": {Used.WITHDRAWN: frozenset({DatedSession(WEEK[4], Session.PM)})},
            "left_out": frozenset({DatedSession(WEEK[4], Session.PM)}),
        },
        "could not be enforced: 9 October 2026. Ask about later absence, or leave this parent out.",
    ),
    ("leave_refused_or_not_asked", {"absent": marks("G")}, {}, "coded G"),
    (
        "leave_refused_or_not_asked",
        {"absent": marks("G"), "leave": (Leave("refused", WEEK[0], WEEK[4], shown("leave")),)},
        {"absent": marks("G"), "leave": (Leave("asked", WEEK[0], WEEK[4], shown("leave")),)},
        "Decide the request",
    ),
    (
        "leave_refused_or_not_asked",
        {"absent": marks("G"), "leave": (Leave("asked", DAY, DAY, shown("leave")),)},
        {"absent": marks("G"), "leave": (Leave("granted", WEEK[4], DAY, shown("leave")),)},
        "Correct the register",
    ),
    ("not_in_care", {}, {"flags": frozenset({"looked_after"})}, "child in care"),
    ("contract_explored", {"evidence": (shown("contract"),)}, {}, "Offer a contract"),
    ("contract_explored", {"said": [said("contract_explored")]}, {}, "Offer a contract"),
    ("safeguarding_view", {"said": [said("safeguarding_view")]}, {}, "social care"),
    ("council_decides", {"said": [said("council_decides")]}, {}, "officer of the council"),
    (
        "order_considered",
        {"by_test": {"order_considered": (shown("document"),)}},
        {},
        "supervision order",
    ),
    ("inside_six_months", {}, {"today": date(2027, 4, 10)}, "ended on 9 April 2027"),
    ("inside_six_months", {"today": date(2027, 4, 9)}, {"sessions": ()}, "Choose the sessions"),
    ("evidential_test", {"said": [said("evidential_test")]}, {}, "evidential test"),
    ("public_interest_test", {"said": [said("public_interest_test")]}, {}, "public interest"),
    ("caution_stage", {"said": [said("caution_stage")]}, {}, "caution letter"),
    (
        "excluded_on_the_day",
        {"by_test": {"excluded_on_the_day": (Shown("register", DAY, "Suspended"),)}},
        {"said": [said("excluded_on_the_day")]},  # a statement is not enough
        "first five school days",
    ),
    (
        "seen_in_public",
        {"by_test": {"seen_in_public": (Shown("document", DAY, "Written in a request"),)}},
        {"said": [said("seen_in_public")]},
        "where, when and by whom",
    ),
    (
        "parents_told_of_the_days",
        {"said": [said("parents_told_of_the_days", adult=7)]},
        {"said": [said("parents_told_of_the_days", adult=8)]},
        "told in writing",
    ),
    (
        "no_good_reason",
        {"said": [said("no_good_reason")]},
        {"said": [said("no_good_reason", "not so")]},
        "no good reason",
    ),
    (
        "statements_and_certificate",
        {"said": [said("statements_and_certificate")]},
        {},
        "headteacher's certificate",
    ),
    (
        "delegated_sign_off",
        {"said": [said("council_decides", author=1), said("delegated_sign_off", author=2)]},
        {"said": [said("council_decides", author=1), said("delegated_sign_off", author=1)]},
        "Another officer",
    ),
    (
        "delegated_sign_off",
        {"by_test": {"delegated_sign_off": (shown("document"),)}},
        {},
        "delegated",
    ),
]


@pytest.mark.parametrize(
    ("key", "met", "unmet", "word"), BOTH_SIDES, ids=[f"{row[0]}-{row[3]}" for row in BOTH_SIDES]
)
def test_each_test_of_the_law_on_both_sides(key, met, unmet, word):
    good = TESTS[key].find(facts(**met))
    bad = TESTS[key].find(facts(**unmet))

    assert good.met, good.why
    assert not bad.met
    assert word in bad.why
    assert bad.why.endswith(".")


def test_every_test_of_the_national_pack_is_made_and_every_one_has_both_sides():
    national = packs.load("national")
    asked = {test for gate in national.gates if gate.step in ALL_STEPS for test in gate.tests}

    assert asked == set(TESTS)
    assert {row[0] for row in BOTH_SIDES} == set(TESTS)


def test_the_circumstances_are_asked_about_before_every_notice():
    national = packs.load("national")
    gates = {gate.step: gate.tests for gate in national.gates}

    assert all("equality_brake" in gates[step] for step in NOTICE_STEPS)


def test_a_second_parent_may_have_a_notice_when_the_first_has_had_two():
    both = (*parent(*TWO), Parent(8, "FATHER", "father", in_law=True))

    found = TESTS["two_in_three_years"].find(facts(parents=both))

    assert found.met
    assert [one.words for one in found.records] == [
        "Father: This is a first notice: none to this parent for this pupil counts."
    ]


# Local lists, through their packs


def policy(*names: str) -> PolicyInForce:
    layers = [Layer("authority", packs.load(name), DAY) for name in ("national", *names)]
    return PolicyInForce(TODAY, tuple(layers))


def stated(pack: str, checklist: str, item: str, answer: str = "shown", on: date = TODAY) -> Stated:
    edition = packs.load(pack).edition
    return Stated(pack, edition, checklist, item, answer, "I asked", on, "Sam Example")


def local(step: str, pack: str, evidence=(), said=(), passed=()) -> list[str]:
    """What keeps the gates of one pack shut, item by item."""
    found = answer(facts(step, evidence=evidence, stated=said, passed=passed), policy(pack))
    return [one.key for group in found.groups if group.title != "The law" for one in group.blocking]


LIMB_1 = (shown("call"), shown("call"), shown("meeting_offered"))
DECLINED = stated("bcp", "not_engaged", "declined")
LIMB_2 = (shown("assessment"), shown("plan_cycle"), shown("support"), shown("plan"))
LIMB_3 = (shown("meeting_offered", "after_legal_action"),)
BCP_KEYS = ["request_form", "listed_documents", "outcome_told"]


@pytest.mark.parametrize(
    ("evidence", "said", "why"),
    [
        (LIMB_1, [DECLINED], "the first limb: support was not taken up"),
        (LIMB_2, [], "the second: no lasting improvement"),
        (LIMB_3, [], "the third: after legal action"),
    ],
)
@pytest.mark.parametrize("step", ["notice_to_improve", "penalty_notice", "prosecution"])
def test_each_of_bcps_limbs_alone_will_do(step, evidence, said, why):
    missing = local(step, "bcp", evidence, said)

    limbs = ("bcp:not_engaged", "bcp:no_lasting_improvement", "bcp:after_legal_action")
    assert not [key for key in missing if key.startswith(limbs)], why


def test_two_halves_of_bcps_limbs_are_no_limb():
    missing = local("notice_to_improve", "bcp", (*LIMB_1[1:], *LIMB_2[:3]))

    assert missing[0] == "bcp:no_lasting_improvement:multi_agency_plan"  # the nearest


def test_bcp_asks_for_its_request_beside_the_limbs():
    missing = local("penalty_notice", "bcp", LIMB_3)

    assert missing == [f"bcp:penalty_request:{key}" for key in BCP_KEYS]


SEVEN = {
    "reasons": shown("assessment"),
    "warning_letter": shown("letter", "warning"),
    "initial_meeting": shown("meeting_held", "improvement_meeting"),
    "plan_or_contract": shown("plan"),
    "early_help_offered": shown("referral"),
    "review_meeting": shown("review"),
    "copies_sent": shown("minutes_sent"),
}


@pytest.mark.parametrize("left_out", SEVEN)
def test_each_of_the_seven_keeps_a_prosecution_back(left_out):
    evidence = [record for key, record in SEVEN.items() if key != left_out]

    missing = local("prosecution", "barking_dagenham", evidence)

    seven = [key for key in missing if ":seven_minimums:" in key]
    assert seven == [f"barking_dagenham:seven_minimums:{left_out}"]


def test_the_seven_together_leave_the_papers_and_the_decision():
    missing = local("prosecution", "barking_dagenham", SEVEN.values())

    assert not [key for key in missing if ":seven_minimums:" in key]
    assert "barking_dagenham:prosecution_decision:authorised" in missing


def test_a_withdrawal_is_agreed_by_head_and_officer_where_the_policy_says_so():
    two = [stated("barking_dagenham", "withdrawal", item) for item in ("ground", "officer_agrees")]

    assert local("withdrawal", "barking_dagenham", said=two) == [
        "barking_dagenham:withdrawal:head_agrees"
    ]
    both = [*two, stated("barking_dagenham", "withdrawal", "head_agrees")]
    assert local("withdrawal", "barking_dagenham", said=both) == []


TIER_3 = (
    shown("meeting_held", "inclusion"),
    shown("siblings"),
    shown("assessment"),
    shown("plan_cycle"),
    shown("meeting_offered"),
    shown("meeting_offered"),
    shown("minutes_sent"),
    shown("contract"),
    shown("parent_voice"),
    shown("pupil_voice"),
    shown("letter"),
    shown("parent_details"),
    shown("support"),
)
TIER_3_SAID = [
    stated("chaucer", "tier_3", item)
    for item in ("tier_2_done", "services_spoken_to", "impact_shown")
]


def tier_3(evidence, said=TIER_3_SAID) -> list[str]:
    missing = local("prosecution", "chaucer", evidence, said)
    return [key for key in missing if ":tier_3:" in key]


def test_chaucers_third_tier_asks_for_fifteen_things():
    assert tier_3(TIER_3) == []
    assert len(tier_3((), ())) == 15


@pytest.mark.parametrize(
    ("left_out", "missing"),
    [
        (0, "inclusion_meeting"),
        (3, "smart_plan"),
        (4, "two_meetings"),
        (7, "contract_or_reason"),
        (11, "details_current"),
    ],
)
def test_each_thing_of_the_third_tier_keeps_it_shut(left_out, missing):
    evidence = [one for place, one in enumerate(TIER_3) if place != left_out]

    assert tier_3(evidence) == [f"chaucer:tier_3:{missing}"]


def test_what_an_if_asks_may_be_answered_with_does_not_apply():
    evidence = [one for one in TIER_3 if one.kind != "siblings"]
    no = stated("chaucer", "tier_3", "siblings", "does not apply")
    never = stated("chaucer", "tier_3", "needs_mapped", "does not apply")

    assert tier_3(evidence, [*TIER_3_SAID, no]) == []
    assert tier_3([one for one in TIER_3 if one.kind != "assessment"], [*TIER_3_SAID, never]) == [
        "chaucer:tier_3:needs_mapped"
    ]


def test_a_statement_on_a_local_list_grows_old_at_the_gate():
    old = [replace(one, on=date(2026, 9, 17)) for one in TIER_3_SAID]
    young = [replace(one, on=date(2026, 9, 18)) for one in TIER_3_SAID]

    assert len(tier_3(TIER_3, old)) == 3
    assert tier_3(TIER_3, young) == []


def test_dorset_asks_for_its_panel_and_its_papers():
    nothing = local("penalty_notice", "dorset")
    panel = local("penalty_notice", "dorset", [shown("meeting_held", "inclusion_panel")])

    assert len(nothing) == 17
    assert set(nothing) - set(panel) == {"dorset:legal_request:agreed_at_panel"}


def test_pdet_asks_for_the_same_before_a_notice_and_more_before_court():
    evidence = [
        shown("letter", "letter_96"),
        shown("meeting_offered", "formal"),
        shown("plan"),
        shown("contract"),
    ]
    tried = [stated("pdet", "before_formal", "other_ways_tried")]

    assert local("notice_to_improve", "pdet", evidence) == ["pdet:before_formal:other_ways_tried"]
    assert local("notice_to_improve", "pdet", evidence, tried) == []
    assert local("penalty_notice", "pdet", evidence, tried) == []
    assert "pdet:before_prosecution:order_considered" in local(
        "prosecution", "pdet", evidence, tried
    )


def test_layers_add_up():
    found = answer(facts("penalty_notice"), policy("dorset", "pdet", "chaucer"))

    assert [group.title for group in found.groups] == [
        "The law",
        "Dorset school attendance pack",
        "PDET attendance policy",
        "Chaucer School attendance policy",
    ]


def test_the_contents_of_a_notice_are_shown_by_its_draft_and_by_no_old_one():
    draft, old = shown("notice"), shown("notice", "notice_to_improve")

    with_draft = local("notice_to_improve", "bcp", (*LIMB_3, draft))
    with_old = local("notice_to_improve", "bcp", (*LIMB_3, old))

    assert with_draft == []
    assert with_old == ["bcp:notice_contents:period_stated", "bcp:notice_contents:criterion_stated"]
    assert "barking_dagenham:penalty_request:warning_letter" not in local(
        "penalty_notice", "barking_dagenham", [old]
    )
    assert "barking_dagenham:penalty_request:warning_letter" in local(
        "penalty_notice", "barking_dagenham", [draft]
    )


def test_two_officers_go_past_records_of_support_and_nothing_else_of_a_list():
    key = "dorset:inclusion_panel:letter_4"
    past_it = Passed("R1", "penalty_notice", (key,), "Snow", "Ann", "Bo", TODAY)

    before = answer(facts("penalty_notice"), policy("dorset"))
    after = local("penalty_notice", "dorset", passed=[past_it])
    too_old = local("penalty_notice", "dorset", passed=[replace(past_it, on=date(2026, 9, 17))])
    other = local("penalty_notice", "dorset", passed=[replace(past_it, adult=99)])

    passable = {one.key for one in before.requirements if one.passable}
    assert key in passable
    assert "dorset:legal_request:request_form" not in passable
    assert key not in after
    assert key in too_old
    assert key in other


def test_an_answer_for_one_parent_names_them_and_for_all_names_nobody():
    both = (MOTHER, Parent(8, "FATHER", "father", in_law=True))

    assert answer(facts(), policy()).adult == "MOTHER"
    assert answer(facts(parents=both), policy()).adult == ""


def test_the_school_is_asked_for_what_the_school_sees_to():
    found = answer(facts("prosecution"), policy("pdet"))

    keys = [one.key for one in found.blocking_for("school")]
    assert "pdet:before_formal:targets_set" in keys
    assert "council_decides" not in keys
    assert "council_decides" in [one.key for one in found.blocking_for("council")]
    assert found.why.startswith("The council decides to go on: An officer of the council decides")


def test_what_the_council_states_when_it_decides_keeps_no_school_from_sending():
    found = answer(facts("penalty_notice"), policy("barking_dagenham"))

    keys = [one.key for one in found.blocking_for("school")]
    assert "barking_dagenham:penalty_request:request_form" in keys
    assert "barking_dagenham:penalty_decision:public_interest" not in keys
    assert "barking_dagenham:penalty_decision:public_interest" in [
        one.key for one in found.blocking_for("council")
    ]
