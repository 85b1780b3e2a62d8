"""Why a referral would come back: both sides of each edge."""

import json
from dataclasses import replace
from datetime import date

import pytest

from rules.referral_lint import CHECKS, REASONS, Facts, findings, reason_words
from rules.values import value_on

FIGURES = value_on("referral_check", date(2026, 11, 17))
EVERYTHING = ("concerns", "discussed_first", "early_help", "family", "parent_voice", "pupil_voice")
COMPLETE = Facts(
    asked=(("concerns", "A summary of the concerns"),),
    answered=EVERYTHING,
    gates=(),
    compulsory_age=True,
    on_roll=True,
    unresolved=0,
    missing=0,
    days_behind=2,
    weeks=6,
    parents=1,
    incomplete=0,
    looked_after=True,
    agencies=True,
    dated_steps=1,
    siblings=1,
)


def without(key: str) -> tuple[str, ...]:
    return tuple(one for one in EVERYTHING if one != key)


def codes(**changes: object) -> list[str]:
    return [one.code for one in findings(replace(COMPLETE, **changes), FIGURES)]


def says(**changes: object) -> str:
    (found,) = findings(replace(COMPLETE, **changes), FIGURES)
    return found.sentence


def test_a_complete_referral_has_nothing_to_say():
    assert findings(COMPLETE, FIGURES) == ()


@pytest.mark.rule("REF-1")
def test_a_question_of_the_form_without_an_answer_is_named():
    assert says(answered=without("concerns")) == "Not answered: A summary of the concerns."
    assert codes(asked=()) == []


@pytest.mark.rule("REF-2")
def test_each_step_of_the_policy_that_nothing_shows_is_named():
    assert says(gates=("One full cycle", "A second item")) == (
        "Nothing on file shows: One full cycle; A second item."
    )


@pytest.mark.rule("REF-3")
def test_a_pupil_off_roll_or_too_young_comes_back():
    assert says(on_roll=False) == "The pupil is not on the school's roll."
    assert says(compulsory_age=False) == "The pupil is not of compulsory school age."
    assert codes(on_roll=False, compulsory_age=False) == ["REF-3"]


@pytest.mark.rule("REF-4")
def test_one_session_of_code_n_is_enough_and_none_is_fine():
    assert says(unresolved=1) == "1 session still marked N: the reason is not known."
    assert says(unresolved=3) == "3 sessions still marked N: the reason is not known."


@pytest.mark.rule("REF-5")
def test_one_missing_mark_is_enough():
    assert says(missing=1) == "1 session without a mark, though the school was open."
    assert codes(missing=0) == []


@pytest.mark.rule("REF-6")
def test_a_register_may_be_two_school_days_behind_and_not_three():
    assert codes(days_behind=2) == []
    assert says(days_behind=3) == "The register ends 3 school days ago."


@pytest.mark.rule("REF-7")
def test_six_weeks_of_register_are_enough_and_five_are_not():
    assert codes(weeks=6) == []
    assert says(weeks=5) == "The register here covers 5 school weeks; 6 are asked for."
    assert says(weeks=1) == "The register here covers 1 school week; 6 are asked for."


@pytest.mark.rule("REF-8")
def test_no_parent_and_a_parent_without_an_address_come_back():
    assert says(parents=0).startswith("No adult on the record has parental responsibility")
    assert says(parents=2, incomplete=1) == (
        "1 parent without a first name, surname or full address."
    )
    assert codes(parents=2) == []


@pytest.mark.rule("REF-9")
def test_a_looked_after_pupil_is_discussed_first():
    assert codes(answered=without("discussed_first"), agencies=False) == ["REF-9"]
    assert codes(answered=without("discussed_first"), agencies=False, looked_after=False) == []


@pytest.mark.rule("REF-10")
def test_a_pupil_with_a_worker_or_a_plan_is_discussed_first():
    assert codes(answered=without("discussed_first"), looked_after=False) == ["REF-10"]
    assert codes(answered=without("discussed_first"), looked_after=False, agencies=False) == []


@pytest.mark.rule("REF-11")
def test_early_help_or_the_reason_for_none_is_asked_for():
    assert codes(answered=without("early_help")) == ["REF-11"]


@pytest.mark.rule("REF-12")
@pytest.mark.parametrize(
    ("silent", "who"), [("pupil_voice", "the pupil"), ("parent_voice", "the parents")]
)
def test_a_voice_that_is_not_heard_is_named(silent, who):
    assert says(answered=without(silent)) == f"Nothing is written down from {who}."


@pytest.mark.rule("REF-12")
def test_both_silent_voices_are_one_finding():
    heard = tuple(one for one in EVERYTHING if not one.endswith("_voice"))
    assert says(answered=heard) == "Nothing is written down from the pupil and the parents."


@pytest.mark.rule("REF-13")
def test_one_dated_step_is_enough_and_none_is_not():
    assert codes(dated_steps=1) == []
    assert says(dated_steps=0).startswith("No dated step on this case")


@pytest.mark.rule("REF-13")
def test_a_stricter_figure_counts_the_steps_it_has():
    strict = {**FIGURES, "dated_steps": 3}
    (found,) = findings(replace(COMPLETE, dated_steps=2), strict)
    assert found.sentence.startswith("2 dated steps on this case")


@pytest.mark.rule("REF-14")
def test_brothers_and_sisters_are_spoken_of_where_there_are_any():
    assert says(answered=without("family")) == "The record knows 1 brother or sister."
    assert says(answered=without("family"), siblings=2) == (
        "The record knows 2 brothers or sisters."
    )
    assert codes(answered=without("family"), siblings=0) == []


def test_findings_come_in_the_order_of_the_table_and_each_says_what_to_do():
    worst = replace(
        COMPLETE,
        answered=(),
        gates=("One full cycle",),
        on_roll=False,
        unresolved=1,
        missing=1,
        days_behind=9,
        weeks=0,
        parents=0,
        dated_steps=0,
    )
    found = findings(worst, FIGURES)
    assert [one.code for one in found] == [code for code, _, _ in CHECKS]
    assert all(one.do.endswith(".") for one in found)


def test_facts_that_were_kept_give_the_same_answer():
    kept = json.loads(json.dumps(replace(COMPLETE, unresolved=2, gates=("One",)).as_json()))
    facts = Facts.from_json(kept)
    assert facts == replace(COMPLETE, unresolved=2, gates=("One",))
    assert [one.code for one in findings(facts, FIGURES)] == ["REF-2", "REF-4"]


def test_reasons_are_the_checks_and_one_for_words():
    assert [*REASONS][-1] == "other"
    assert reason_words(["other", "REF-4"]) == (
        "The register has code N",
        "Another reason, in the words below",
    )
    with pytest.raises(KeyError):
        reason_words(["REF-99"])
