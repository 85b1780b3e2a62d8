"""How long a statement counts, what does as an answer, and what may be gone past."""

from datetime import date

import pytest

from rules.gates import (
    ASPECTS,
    brake_refusal,
    holds,
    holds_until,
    may_go_past,
    override_holds,
    override_refusal,
    until_words,
    why_passable,
)


@pytest.mark.rule("GATE-1", "GATE-2")
@pytest.mark.parametrize(
    ("on", "day", "counts", "why"),
    [
        ("2026-09-18", "2026-11-17", True, "the sixtieth day after it"),
        ("2026-09-17", "2026-11-17", False, "the day after that"),
        ("2026-11-17", "2026-11-17", True, "on its own day"),
        ("2026-11-18", "2026-11-17", False, "before the day it is about"),
        ("2027-12-31", "2028-02-29", True, "over a leap day"),
    ],
)
def test_a_statement_counts_for_sixty_days(on, day, counts, why):
    assert holds(date.fromisoformat(on), date.fromisoformat(day)) is counts, why


@pytest.mark.rule("GATE-1")
def test_the_last_day_is_told():
    assert holds_until(date(2026, 11, 17)) == date(2027, 1, 16)
    assert until_words(date(2026, 11, 17)) == "16 January 2027"


@pytest.mark.rule("GATE-6")
def test_what_two_officers_agreed_counts_as_long():
    assert override_holds(date(2026, 9, 18), date(2026, 11, 17))
    assert not override_holds(date(2026, 9, 17), date(2026, 11, 17))


@pytest.mark.rule("GATE-3")
@pytest.mark.parametrize(
    ("applies", "considered", "adjusted", "said", "why"),
    [
        ("yes", "a reader", "letters read aloud", "", "all there"),
        ("no", "asked the mother", "", "", "no adjustment where it does not apply"),
        ("unknown", "we do not know", "none", "Find out first", "unknown is shut"),
        ("", "we do not know", "none", "Find out first", "nothing chosen"),
        ("no", "  ", "", "Write what was considered", "a bare no is a tick"),
        ("yes", "", "something", "Write what was considered", "a bare yes too"),
        ("yes", "a reader", " ", "Write which adjustments", "applies, and nothing was tried"),
    ],
)
def test_each_circumstance_is_answered_for_in_words(applies, considered, adjusted, said, why):
    refusal = brake_refusal(applies, considered, adjusted)

    assert refusal.startswith(said) if said else refusal == "", why


@pytest.mark.rule("GATE-3")
def test_seven_circumstances_are_asked_about():
    assert list(ASPECTS) == [
        "send",
        "disability",
        "health",
        "social_worker",
        "literacy",
        "language",
        "bereavement",
    ]


@pytest.mark.rule("GATE-4")
@pytest.mark.parametrize(
    ("step", "requirement", "evidence", "may"),
    [
        ("notice_to_improve", "threshold_met_or_reason", "", True),
        ("notice_to_improve", "support_appropriate", "", True),
        ("notice_to_improve", "sufficient_support", "", True),
        ("penalty_notice_for_leave", "threshold_met_or_reason", "", True),
        ("penalty_notice", "two_in_three_years", "", False),
        ("penalty_notice", "compulsory_age", "", False),
        ("penalty_notice", "eligible_school", "", False),
        ("penalty_notice", "border_checked", "", False),
        ("penalty_notice", "nothing_unresolved", "", False),
        ("penalty_notice", "improvement_failed", "", False),
        ("penalty_notice", "framework_questions", "", False),
        ("notice_to_improve", "equality_brake", "", False),
        ("notice_to_improve", "safeguarding_checked", "", False),
        ("prosecution", "inside_six_months", "", False),
        ("prosecution", "council_decides", "", False),
        ("prosecution", "delegated_sign_off", "", False),
        ("prosecution", "threshold_met_or_reason", "", False),
        ("penalty_notice", "bcp:not_engaged:two_attempts", "call", True),
        ("penalty_notice", "chaucer:before_penalty:equality", "statement", False),
        ("penalty_notice", "dorset:legal_request:request_form", "document", False),
        ("prosecution", "bcp:not_engaged:two_attempts", "call", False),
        ("withdrawal", "barking_dagenham:withdrawal:ground", "statement", False),
    ],
)
def test_only_threshold_and_support_may_be_gone_past(step, requirement, evidence, may):
    assert may_go_past(step, requirement, evidence=evidence) is may


@pytest.mark.rule("GATE-5")
def test_the_one_who_asked_never_agrees():
    assert override_refusal(7, 7).startswith("You asked for this yourself")
    assert override_refusal(7, 8) == ""


def test_the_source_says_why_it_may_be_gone_past():
    assert "council's view prevails" in why_passable("sufficient_support")
    assert "an officer of the council may go on" in why_passable("threshold_met_or_reason")
    assert "council's view prevails" in why_passable("bcp:not_engaged:two_attempts")
