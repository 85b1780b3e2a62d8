"""Notices to improve, requests and penalty notices: the full square of each table."""

import pytest

from rules.errors import InvalidInput
from rules.moves import Mover, NotYourMove, StageMoveNotAllowed
from rules.notice_stages import (
    IMPROVEMENT,
    PENALTY,
    REQUEST,
    ImprovementState,
    PenaltyState,
    RequestState,
)
from rules.representations import Ground
from tests.rules.squares import expect, expect_whole, square

I = ImprovementState  # noqa: E741 - as in the table under test
R = RequestState
P = PenaltyState

IMPROVEMENT_ALLOWED = {
    I.DRAFT: {"send": I.SENT, "not_use": I.NOT_USED},
    I.SENT: {"issue": I.RUNNING, "return": I.RETURNED, "take_back": I.DRAFT},
    I.RETURNED: {"send": I.SENT, "not_use": I.NOT_USED},
    I.RUNNING: {
        "improve": I.IMPROVED,
        "fail": I.NOT_IMPROVED,
        "tell": I.TOLD,
        "withdraw": I.WITHDRAWN,
    },
    I.TOLD: {
        "end_early": I.ENDED_EARLY,
        "go_on": I.RUNNING,
        "improve": I.IMPROVED,
        "fail": I.NOT_IMPROVED,
        "withdraw": I.WITHDRAWN,
    },
    I.ENDED_EARLY: {"withdraw": I.WITHDRAWN},
    I.IMPROVED: {"tell_outcome": I.IMPROVED},
    I.NOT_IMPROVED: {"tell_outcome": I.NOT_IMPROVED, "withdraw": I.WITHDRAWN},
    I.WITHDRAWN: {},
    I.NOT_USED: {},
}
REQUEST_ALLOWED = {
    R.DRAFT: {"send": R.SENT, "take_back": R.TAKEN_BACK},
    R.SENT: {
        "approve": R.APPROVED,
        "return": R.RETURNED,
        "refuse": R.REFUSED,
        "take_back": R.TAKEN_BACK,
    },
    R.RETURNED: {"send": R.SENT, "take_back": R.TAKEN_BACK},
    R.APPROVED: {},
    R.REFUSED: {},
    R.TAKEN_BACK: {},
}
PENALTY_ALLOWED = {
    P.ISSUED: {
        "pay": P.PAID,
        "represent": P.REPRESENTED,
        "rebut": P.ISSUED,
        "period_over": P.UNPAID,
        "withdraw": P.WITHDRAWN,
    },
    P.REPRESENTED: {
        "pay": P.PAID,
        "stand": P.ISSUED,
        "stand_unpaid": P.UNPAID,
        "withdraw": P.WITHDRAWN,
    },
    P.PAID: {"unpay": P.ISSUED, "withdraw": P.WITHDRAWN},
    P.UNPAID: {
        "pay": P.PAID,
        "represent": P.REPRESENTED,
        "rebut": P.ISSUED,
        "prepare": P.FOR_PROSECUTION,
        "withdraw": P.WITHDRAWN,
    },
    P.WITHDRAWN: {},
    P.FOR_PROSECUTION: {
        "pay": P.PAID,
        "represent": P.REPRESENTED,
        "rebut": P.ISSUED,
        "prosecute": P.PROSECUTED,
        "withdraw": P.WITHDRAWN,
        "stop": P.NO_FURTHER_ACTION,
    },
    P.PROSECUTED: {},
    P.NO_FURTHER_ACTION: {"withdraw": P.WITHDRAWN},
}


@pytest.mark.parametrize(("state", "event"), square(IMPROVEMENT), ids=str)
def test_a_notice_to_improve_moves_as_its_table_says_and_no_other_way(state, event):
    expect(IMPROVEMENT, IMPROVEMENT_ALLOWED, state, event)


@pytest.mark.parametrize(("state", "event"), square(REQUEST), ids=str)
def test_a_request_moves_as_its_table_says_and_no_other_way(state, event):
    expect(REQUEST, REQUEST_ALLOWED, state, event)


@pytest.mark.parametrize(("state", "event"), square(PENALTY), ids=str)
def test_a_penalty_notice_moves_as_its_table_says_and_no_other_way(state, event):
    expect(PENALTY, PENALTY_ALLOWED, state, event)


@pytest.mark.parametrize(
    ("table", "states"), [(IMPROVEMENT, I), (REQUEST, R), (PENALTY, P)], ids=["nti", "req", "pn"]
)
def test_each_state_has_words_can_be_reached_and_each_reason_explains_something(table, states):
    expect_whole(table, states)


def test_what_is_final_stays_so():
    assert IMPROVEMENT.final == {I.IMPROVED, I.WITHDRAWN, I.NOT_USED}
    assert REQUEST.final == {R.APPROVED, R.REFUSED, R.TAKEN_BACK}
    assert PENALTY.final == {P.WITHDRAWN, P.PROSECUTED}


def test_a_notice_that_was_paid_or_stopped_is_over_and_yet_can_be_withdrawn():
    assert PENALTY.over == PENALTY.final | {P.PAID, P.NO_FURTHER_ACTION}


def test_nobody_decides_what_they_asked_for_themselves():
    of_two = {
        (table.thing, move.event)
        for table in (IMPROVEMENT, REQUEST, PENALTY)
        for move in table.moves
        if move.second_person
    }
    assert of_two == {
        ("This notice to improve", "issue"),
        ("This notice to improve", "return"),
        ("This notice to improve", "end_early"),
        ("This request for a penalty notice", "approve"),
        ("This request for a penalty notice", "return"),
        ("This request for a penalty notice", "refuse"),
    }


def test_the_system_records_a_payment_or_a_date_and_nothing_else():
    by_system = {
        move.event
        for table in (IMPROVEMENT, REQUEST, PENALTY)
        for move in table.moves
        if Mover.SYSTEM in move.by
    }
    assert by_system == {"pay", "period_over"}


def test_a_school_asks_and_a_second_person_of_the_council_or_a_school_approves():
    assert REQUEST.move_by(R.DRAFT, "send", Mover.SCHOOL).end is R.SENT
    assert REQUEST.move_by(R.SENT, "approve", Mover.COUNCIL).end is R.APPROVED
    # Which of the two it is, the policy in force says: see legal.selectors.deciders.
    assert REQUEST.move_by(R.SENT, "approve", Mover.SCHOOL).end is R.APPROVED
    assert all(
        move.second_person for move in REQUEST.moves_from(R.SENT) if move.event != "take_back"
    )
    with pytest.raises(NotYourMove):
        REQUEST.move_by(R.SENT, "approve", Mover.SYSTEM)
    with pytest.raises(NotYourMove, match="Only the school or the council can do this"):
        REQUEST.move_by(R.DRAFT, "send", Mover.SYSTEM)


def test_a_refused_move_names_where_it_stands_and_what_can_be_done():
    with pytest.raises(StageMoveNotAllowed) as refusal:
        PENALTY.move_for(P.PAID, "prepare")

    assert refusal.value.sentence == (
        "This penalty notice now stands at: paid. From there you can: "
        "record that it is not paid after all; withdraw it and pay it back."
    )
    with pytest.raises(StageMoveNotAllowed, match="From there you can: do nothing more"):
        PENALTY.move_for(P.WITHDRAWN, "pay")


def test_each_ground_in_law_is_a_reason_to_withdraw_and_there_is_no_other():
    assert {reason.key for reason in PENALTY.reasons_for("withdraw")} == set(Ground)


def test_a_reason_must_go_with_its_step():
    assert IMPROVEMENT.reason_for("not_safe", "withdraw").words.startswith("It could put")
    with pytest.raises(InvalidInput, match="Choose a reason that goes with this step"):
        IMPROVEMENT.reason_for("cannot_pass", "withdraw")
    assert REQUEST.reasons_for("send") == ()
