"""The whole square: every state of a letter with every event."""

import pytest

from rules.case_stages import MOVES as CASE_MOVES
from rules.case_stages import MoveNotAllowed, Stage, move_between, move_for, moves_from
from rules.letter_stages import (
    FINAL,
    LABELS,
    MOVES,
    LetterMoveNotAllowed,
    LetterState,
    may,
    state_after,
)

# state: what may be done, and where it leads
SQUARE = {
    "draft": {"approve": "approved", "hold": "held", "withdraw": "withdrawn"},
    "approved": {
        "start": "rendering",
        "hold": "held",
        "withdraw": "withdrawn",
        "fail": "failed",
    },
    "rendering": {
        "start": "rendering",
        "make": "made",
        "hold": "held",
        "withdraw": "withdrawn",
        "fail": "failed",
    },
    "made": {
        "hand_over": "handed over",
        "hold": "held",
        "withdraw": "withdrawn",
        "fail": "failed",
    },
    "held": {"release": "draft", "release_made": "made", "withdraw": "withdrawn"},
    "failed": {"try_again": "approved", "withdraw": "withdrawn"},
    "handed over": {},
    "withdrawn": {},
}


@pytest.mark.parametrize("event", MOVES)
@pytest.mark.parametrize("state", LetterState)
def test_each_state_allows_what_the_square_says_and_nothing_else(state, event):
    leads_to = SQUARE[state.value].get(event)

    assert may(state, event) is (leads_to is not None)
    if leads_to is None:
        with pytest.raises(LetterMoveNotAllowed, match=LABELS[state].lower()):
            state_after(state, event)
    else:
        assert state_after(state, event) == leads_to


def test_nothing_leads_out_of_a_final_state():
    assert {state for state, ways in SQUARE.items() if not ways} == set(FINAL)


CASES = {
    "stage 1": {
        "step_up": "stage 2",
        "step_over": "stage 3",
        "step_within": "stage 1",
        "close": "closed",
    },
    "stage 2": {
        "step_up": "stage 3",
        "step_within": "stage 2",
        "step_down": "stage 1",
        "close": "closed",
    },
    "stage 3": {
        "step_within": "stage 3",
        "step_down": "stage 2",
        "step_back": "stage 1",
        "close": "closed",
    },
    "closed": {},
}
EVENTS = ["step_up", "step_over", "step_within", "step_down", "step_back", "close"]


@pytest.mark.parametrize("event", EVENTS)
@pytest.mark.parametrize("stage", Stage)
def test_each_stage_of_a_case_allows_what_the_square_says(stage, event):
    leads_to = CASES[stage.value].get(event)

    if leads_to is None:
        with pytest.raises(MoveNotAllowed, match="From there you can"):
            move_for(stage, event)
    else:
        assert move_for(stage, event).end == leads_to


def test_there_is_no_way_between_two_stages_that_the_table_does_not_have():
    with pytest.raises(MoveNotAllowed, match="cannot go from"):
        move_between(Stage.CLOSED, Stage.ONE)


def test_the_refusal_names_what_can_be_done():
    with pytest.raises(MoveNotAllowed) as refused:
        move_for(Stage.THREE, "step_up")

    assert str(refused.value) == (
        "This case is at: Stage 3: formal support. "
        "From there you can: step down to targeted support, "
        "step down straight to early support, "
        "move to another step of formal support, close the case."
    )
    assert moves_from(Stage.CLOSED) == ()
    assert {move.event for move in CASE_MOVES} == set(EVENTS)
    assert len(CASE_MOVES) == sum(len(ways) for ways in CASES.values())
