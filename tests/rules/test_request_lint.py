"""Why a request for a penalty notice would come back: both sides of each edge."""

import json
from dataclasses import replace
from datetime import date

import pytest

from rules.notice_stages import REQUEST
from rules.request_lint import CHECKS, EXCLUDED, LEAVE, RETURNED_FOR, SUPPORT, Facts, findings
from rules.values import value_on

FIGURES = value_on("request_check", date(2026, 11, 17))
EVERYTHING = ("discussed_first", "early_help", "family", "informed", "reason")
COMPLETE = Facts(
    lane=SUPPORT,
    answered=EVERYTHING,
    sessions=10,
    changed=0,
    unresolved=0,
    missing=0,
    days_behind=2,
    compulsory_age=True,
    on_roll=True,
    included=1,
    incomplete=0,
    address_days=183,
    allowed_unknown=0,
    unexplained=0,
    looked_after=True,
    agencies=True,
    health=True,
    literacy=True,
    siblings=1,
    dated_steps=1,
    leave_asked=True,
    leave_answered=True,
    back=True,
    days_since=10,
    send_within=None,
    declared=True,
)
HOLIDAY = replace(COMPLETE, lane=LEAVE)


def without(key: str) -> tuple[str, ...]:
    return tuple(one for one in EVERYTHING if one != key)


def codes(facts: Facts = COMPLETE, **changes: object) -> list[str]:
    return [one.code for one in findings(replace(facts, **changes), FIGURES)]


@pytest.mark.parametrize("lane", [SUPPORT, LEAVE])
def test_a_complete_request_would_not_come_back(lane):
    assert codes(lane=lane) == []


@pytest.mark.rule("ASK-1")
@pytest.mark.rule("ASK-2")
@pytest.mark.rule("ASK-3")
@pytest.mark.rule("ASK-4")
@pytest.mark.rule("ASK-5")
@pytest.mark.rule("ASK-6")
@pytest.mark.rule("ASK-7")
@pytest.mark.rule("ASK-8")
@pytest.mark.rule("ASK-9")
@pytest.mark.rule("ASK-10")
@pytest.mark.rule("ASK-11")
@pytest.mark.rule("ASK-12")
@pytest.mark.rule("ASK-13")
@pytest.mark.rule("ASK-14")
@pytest.mark.rule("ASK-18")
@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"answered": without("reason")}, "ASK-1"),
        ({"on_roll": False}, "ASK-2"),
        ({"compulsory_age": False}, "ASK-2"),
        ({"sessions": 0}, "ASK-3"),
        ({"changed": 1}, "ASK-3"),
        ({"unresolved": 1}, "ASK-4"),
        ({"missing": 2}, "ASK-5"),
        ({"days_behind": 3}, "ASK-6"),
        ({"included": 0}, "ASK-7"),
        ({"incomplete": 1}, "ASK-7"),
        ({"unexplained": 1}, "ASK-7"),
        ({"address_days": 184}, "ASK-8"),
        ({"address_days": None}, "ASK-8"),
        ({"allowed_unknown": 1}, "ASK-9"),
        ({"answered": without("family")}, "ASK-10"),
        ({"answered": without("early_help")}, "ASK-13"),
        ({"dated_steps": 0}, "ASK-14"),
        ({"declared": False}, "ASK-18"),
    ],
)
def test_each_reason_is_found_and_no_other(changes, code):
    assert codes(**changes) == [code]


@pytest.mark.parametrize(
    ("known", "code", "says"),
    [
        ("looked_after", "ASK-11", "looks after"),
        ("agencies", "ASK-12", "social worker"),
        ("health", "ASK-12", "ill health"),
        ("literacy", "ASK-12", "help to read"),
    ],
)
def test_where_others_are_involved_it_is_discussed_first(known, code, says):
    nobody = dict.fromkeys(("looked_after", "agencies", "health", "literacy"), False)
    facts = replace(COMPLETE, answered=without("discussed_first"), **nobody)

    assert findings(facts, FIGURES) == ()
    (found,) = findings(replace(facts, **{known: True}), FIGURES)
    assert found.code == code
    assert says in found.sentence


@pytest.mark.rule("ASK-15")
@pytest.mark.rule("ASK-16")
@pytest.mark.rule("ASK-17")
@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"leave_answered": False}, "ASK-15"),
        ({"leave_asked": False, "answered": without("informed")}, "ASK-15"),
        ({"back": False}, "ASK-16"),
        ({"days_since": 11}, "ASK-17"),
        ({"days_since": 6, "send_within": 5}, "ASK-17"),
    ],
)
def test_leave_in_term_time_has_reasons_of_its_own(changes, code):
    assert codes(HOLIDAY, **changes) == [code]
    assert codes(COMPLETE, **changes) == []


@pytest.mark.parametrize(
    "changes",
    [
        {"answered": without("early_help")},
        {"dated_steps": 0},
        {"days_since": 12, "send_within": 12},
        {"leave_asked": False, "leave_answered": False},
        {"siblings": 0, "answered": without("family")},
    ],
)
def test_leave_in_term_time_is_not_asked_for_support(changes):
    assert codes(HOLIDAY, **changes) == []


def test_an_excluded_pupil_in_a_public_place_rests_on_what_was_seen():
    facts = replace(COMPLETE, lane=EXCLUDED, sessions=0)

    (found,) = findings(facts, FIGURES)
    assert found.code == "ASK-1"
    assert "public place" in found.sentence
    assert findings(replace(facts, answered=(*EVERYTHING, "circumstances")), FIGURES) == ()


def test_one_and_many_are_said_as_people_say_them():
    (one,) = findings(replace(COMPLETE, unresolved=1), FIGURES)
    (three,) = findings(replace(COMPLETE, unresolved=3), FIGURES)
    assert one.sentence == "1 half day still marked N: the reason is not known."
    assert three.sentence == "3 half days still marked N: the reason is not known."


def test_nobody_checks_the_address_of_a_parent_who_is_not_included():
    assert codes(included=0, address_days=None) == ["ASK-7"]


def test_the_facts_come_back_from_storage_as_they_went_in():
    kept = json.loads(json.dumps(HOLIDAY.as_json()))

    assert Facts.from_json(kept) == HOLIDAY


def test_each_check_proposes_a_reason_that_the_council_can_give():
    reasons = {one.key for one in REQUEST.reasons_for("return")}

    assert set(RETURNED_FOR.values()) <= reasons
    assert len(CHECKS) == len(RETURNED_FOR) == 18
