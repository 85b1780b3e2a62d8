"""What a court may decide: by offence, by level, and what can stand beside what."""

from datetime import date

import pytest

from rules.court_outcomes import (
    FINDINGS,
    Decision,
    Finding,
    Outcome,
    Plea,
    decision_refusals,
    figure_refusals,
    finding_of,
    outcome_refusals,
    outcomes_open,
)
from rules.prosecutions import Offence

O = Outcome  # noqa: E741 - as in the table under test


def decided(*outcomes: Outcome, offence: Offence = Offence.FAILS, **figures: object) -> Decision:
    """A decision of 10 March 2027 on an offence that ended on 16 October 2026."""
    return Decision(offence, date(2026, 10, 16), date(2027, 3, 10), frozenset(outcomes), **figures)


@pytest.mark.rule("COURT-1")
def test_prison_and_a_community_order_are_open_for_444_1a_alone():
    closed = set(outcomes_open(Offence.KNOWS)) - set(outcomes_open(Offence.FAILS))

    assert closed == {O.CUSTODY, O.COMMUNITY_ORDER}
    assert set(outcomes_open(Offence.KNOWS)) == set(Outcome)


@pytest.mark.parametrize(
    ("outcomes", "finding"),
    [
        ({O.ABSOLUTE_DISCHARGE}, Finding.CONVICTED),
        ({O.CONDITIONAL_DISCHARGE, O.PARENTING_ORDER}, Finding.CONVICTED),
        ({O.FINE}, Finding.CONVICTED),
        ({O.ACQUITTED}, Finding.ACQUITTED),
        ({O.WITHDRAWN}, Finding.NEITHER),
        ({O.DISCONTINUED}, Finding.NEITHER),
    ],
)
def test_a_discharge_is_a_conviction_and_a_withdrawal_is_neither(outcomes, finding):
    assert finding_of(outcomes) is finding


def test_outcomes_that_disagree_on_the_end_have_none():
    with pytest.raises(ValueError, match="must agree"):
        finding_of({O.FINE, O.ACQUITTED})
    assert set(FINDINGS) == set(Outcome)


@pytest.mark.rule("COURT-2")
@pytest.mark.parametrize(
    ("outcomes", "offence", "says"),
    [
        ({O.FINE}, Offence.FAILS, ""),
        ({O.ABSOLUTE_DISCHARGE}, Offence.FAILS, ""),
        ({O.FINE, O.PARENTING_ORDER}, Offence.FAILS, ""),
        ({O.ABSOLUTE_DISCHARGE, O.PARENTING_ORDER}, Offence.FAILS, ""),
        ({O.FINE, O.COMMUNITY_ORDER, O.PARENTING_ORDER}, Offence.KNOWS, ""),
        ({O.CUSTODY}, Offence.KNOWS, ""),
        ({O.ACQUITTED}, Offence.FAILS, ""),
        ({O.DISCONTINUED}, Offence.FAILS, ""),
        (set(), Offence.FAILS, "Record what the court decided"),
        ({O.CUSTODY}, Offence.FAILS, "cannot decide this under section 444(1): custody"),
        ({O.COMMUNITY_ORDER}, Offence.FAILS, "section 444(1): community order"),
        ({O.PARENTING_ORDER}, Offence.FAILS, "Record the sentence too"),
        ({O.ACQUITTED, O.PARENTING_ORDER}, Offence.FAILS, "follows a conviction alone"),
        ({O.ACQUITTED, O.FINE}, Offence.FAILS, "follows a conviction alone"),
        ({O.ABSOLUTE_DISCHARGE, O.FINE}, Offence.FAILS, "absolute discharge and fine"),
        (
            {O.CONDITIONAL_DISCHARGE, O.ABSOLUTE_DISCHARGE},
            Offence.FAILS,
            "absolute discharge and conditional discharge",
        ),
        ({O.CUSTODY, O.COMMUNITY_ORDER}, Offence.KNOWS, "community order and custody"),
        ({O.WITHDRAWN, O.DISCONTINUED}, Offence.FAILS, "withdrawn and discontinued"),
    ],
)
def test_a_charge_has_one_end_and_sentences_that_can_stand_together(outcomes, offence, says):
    refusals = outcome_refusals(decided(*outcomes, offence=offence))

    assert len(refusals) == bool(says)
    assert says in "".join(refusals)


@pytest.mark.rule("COURT-3")
@pytest.mark.parametrize(
    ("decision", "says"),
    [
        (decided(O.FINE, fine_pence=100_000), ""),
        (decided(O.FINE, fine_pence=100_001), "Enter the fine, at most £1,000."),
        (decided(O.FINE, fine_pence=0), "Enter the fine, at most £1,000."),
        (decided(O.FINE, offence=Offence.KNOWS, fine_pence=250_000), ""),
        (
            decided(O.FINE, offence=Offence.KNOWS, fine_pence=250_001),
            "Enter the fine, at most £2,500.",
        ),
        (decided(O.ACQUITTED, fine_pence=1), "did not decide on a fine"),
        (decided(O.CONDITIONAL_DISCHARGE, discharge_months=36), ""),
        (decided(O.CONDITIONAL_DISCHARGE, discharge_months=37), "at most 36 months"),
        (decided(O.ABSOLUTE_DISCHARGE), ""),
        (decided(O.ABSOLUTE_DISCHARGE, discharge_months=6), "conditional discharge, so leave"),
        (decided(O.CUSTODY, offence=Offence.KNOWS, custody_days=92), ""),
        (decided(O.CUSTODY, offence=Offence.KNOWS, custody_days=93), "at most 3 months"),
        (
            decided(O.FINE, O.PARENTING_ORDER, fine_pence=20_000, parenting_months=12),
            "",
        ),
        (
            decided(O.FINE, O.PARENTING_ORDER, fine_pence=20_000, parenting_months=13),
            "at most 12 months",
        ),
    ],
)
def test_each_figure_is_within_its_longest_or_highest(decision, says):
    refusals = figure_refusals(decision)

    assert len(refusals) == bool(says)
    assert says in "".join(refusals)


@pytest.mark.rule("COURT-4")
def test_a_whole_decision_has_nothing_wrong_with_it():
    decision = decided(O.FINE, plea=Plea.GUILTY, fine_pence=20_000)

    assert decision_refusals(decision) == ()


@pytest.mark.rule("COURT-4")
def test_everything_wrong_is_said_at_once():
    decision = Decision(
        Offence.FAILS,
        date(2026, 10, 16),
        date(2026, 10, 15),
        frozenset({O.ACQUITTED}),
        plea=Plea.GUILTY,
        fine_pence=100,
    )

    assert decision_refusals(decision) == (
        "The court did not decide on a fine, so leave its figure empty.",
        "A court cannot decide before the offence was over. Check the days.",
        "A parent who pleads guilty is not acquitted. Check the plea.",
    )
