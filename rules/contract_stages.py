"""The states of an attendance contract and the moves between them: one table for pages and tests.

A contract is voluntary on both sides: a parent can refuse it, and the school can end it.
"""

import enum
from dataclasses import dataclass

from rules.errors import Conflict


class ContractState(enum.StrEnum):
    """Where a contract stands."""

    NOT_OFFERED = "not offered"
    OFFERED = "offered"
    TALKED = "talked through"
    IN_FORCE = "in force"
    BREACHED = "breached"
    ASKED = "asked"
    ANSWERED = "answered"
    NO_REASON = "no good reason"
    WARNED = "warned"
    CHANGING = "changing"
    REFUSED = "refused"
    COMPLETED = "completed"
    ENDED = "ended"


S = ContractState
LABELS = {
    S.NOT_OFFERED: "Not offered",
    S.OFFERED: "Offered",
    S.TALKED: "Talked through, to be signed",
    S.IN_FORCE: "In force",
    S.BREACHED: "A promise was not kept",
    S.ASKED: "Waiting for the parent to explain",
    S.ANSWERED: "The parent has explained",
    S.NO_REASON: "Not kept without a good reason",
    S.WARNED: "Warned",
    S.CHANGING: "Being changed",
    S.REFUSED: "Refused by the parent",
    S.COMPLETED: "Completed",
    S.ENDED: "Ended",
}
FINAL = frozenset({S.NOT_OFFERED, S.REFUSED, S.COMPLETED, S.ENDED})
CASE_CLOSED = "close"
BY_ITSELF = frozenset({"agree", CASE_CLOSED})  # events that follow from another, and have no button


@dataclass(frozen=True, slots=True)
class Move:
    """One way from a state to another. `words` is the button."""

    start: ContractState
    event: str
    end: ContractState
    words: str


MOVES = (
    Move(S.OFFERED, "reword", S.OFFERED, "Change the words"),
    Move(S.OFFERED, "meet", S.TALKED, "Record the meeting"),
    Move(S.OFFERED, "refuse", S.REFUSED, "The parent does not want it"),
    Move(S.OFFERED, "end", S.ENDED, "Take the offer back"),
    Move(S.TALKED, "sign", S.TALKED, "Record a signature"),
    Move(S.TALKED, "agree", S.IN_FORCE, "All have signed"),
    Move(S.TALKED, "keep", S.IN_FORCE, "Keep the promises as they were"),
    Move(S.TALKED, "refuse", S.REFUSED, "The parent does not want it"),
    Move(S.TALKED, "end", S.ENDED, "Take the offer back"),
    Move(S.IN_FORCE, "review", S.IN_FORCE, "Record a review"),
    Move(S.IN_FORCE, "breach", S.BREACHED, "A promise was not kept"),
    Move(S.IN_FORCE, "sign", S.IN_FORCE, "Record a signature"),
    Move(S.IN_FORCE, "amend", S.CHANGING, "Change the promises"),
    Move(S.IN_FORCE, "complete", S.COMPLETED, "Finish: the target was met"),
    Move(S.IN_FORCE, "fail", S.ENDED, "Finish: not enough improvement"),
    Move(S.IN_FORCE, "end", S.ENDED, "End it for another reason"),
    Move(S.BREACHED, "ask", S.ASKED, "Ask the parent why"),
    Move(S.BREACHED, "answer", S.ANSWERED, "Record what the parent says"),
    Move(S.ASKED, "answer", S.ANSWERED, "Record what the parent says"),
    Move(S.ASKED, "unreasonable", S.NO_REASON, "No answer came"),
    Move(S.ANSWERED, "reasonable", S.IN_FORCE, "It is a good reason: go on"),
    Move(S.ANSWERED, "unreasonable", S.NO_REASON, "It is not a good reason"),
    Move(S.NO_REASON, "amend", S.CHANGING, "Change the promises"),
    Move(S.NO_REASON, "warn", S.WARNED, "Warn the parent"),
    Move(S.NO_REASON, "go_on", S.IN_FORCE, "Go on as it is"),
    Move(S.NO_REASON, "fail", S.ENDED, "Finish: not enough improvement"),
    Move(S.WARNED, "review", S.WARNED, "Record a review"),
    Move(S.WARNED, "breach", S.BREACHED, "A promise was not kept"),
    Move(S.WARNED, "sign", S.WARNED, "Record a signature"),
    Move(S.WARNED, "amend", S.CHANGING, "Change the promises"),
    Move(S.WARNED, "go_on", S.IN_FORCE, "It is kept again: go on"),
    Move(S.WARNED, "complete", S.COMPLETED, "Finish: the target was met"),
    Move(S.WARNED, "fail", S.ENDED, "Finish: not enough improvement"),
    Move(S.CHANGING, "reword", S.CHANGING, "Change the words"),
    Move(S.CHANGING, "meet", S.TALKED, "Record the meeting"),
    Move(S.CHANGING, "keep", S.IN_FORCE, "Keep the promises as they were"),
    Move(S.CHANGING, "fail", S.ENDED, "Finish: not enough improvement"),
    # Whatever was going on ends with its case. No button: closing the case does it.
    *(
        Move(state, CASE_CLOSED, S.ENDED, "The case was closed")
        for state in S
        if state not in FINAL
    ),
)


class ContractMoveNotAllowed(Conflict):
    """The contract is not in a state from which this move starts."""

    code = "contract_move_not_allowed"


def moves_from(state: ContractState) -> tuple[Move, ...]:
    """What can be done with a contract in this state, in the table's order."""
    return tuple(move for move in MOVES if move.start == state)


def move_for(state: ContractState, event: str) -> Move:
    """The move that `event` makes from `state`. Raises ContractMoveNotAllowed, in words."""
    for move in moves_from(state):
        if move.event == event:
            return move
    raise ContractMoveNotAllowed(
        f"This contract now stands at: {LABELS[state].lower()}. Open it again to see what you "
        "can do."
    )
