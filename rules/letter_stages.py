"""The states of a letter and the moves between them: one table for pages, worker and tests.

A letter that was made is never made again. A correction is a new letter that names the old one.
"""

import enum

from rules.errors import Conflict


class LetterState(enum.StrEnum):
    """Where one letter to one adult stands."""

    DRAFT = "draft"
    APPROVED = "approved"
    RENDERING = "rendering"
    MADE = "made"
    HANDED_OVER = "handed over"
    HELD = "held"
    WITHDRAWN = "withdrawn"
    FAILED = "failed"


LABELS = {
    LetterState.DRAFT: "Draft",
    LetterState.APPROVED: "Approved",
    LetterState.RENDERING: "Being made",
    LetterState.MADE: "Made, waiting to go",
    LetterState.HANDED_OVER: "Handed over",
    LetterState.HELD: "Held for a person",
    LetterState.WITHDRAWN: "Withdrawn",
    LetterState.FAILED: "Failed",
}

S = LetterState
MOVES: dict[str, dict[LetterState, LetterState]] = {
    "approve": {S.DRAFT: S.APPROVED},
    # From rendering too: a worker that died leaves it there.
    "start": {S.APPROVED: S.RENDERING, S.RENDERING: S.RENDERING},
    "make": {S.RENDERING: S.MADE},
    "hand_over": {S.MADE: S.HANDED_OVER},
    "hold": {
        S.DRAFT: S.HELD,
        S.APPROVED: S.HELD,
        S.RENDERING: S.HELD,
        S.MADE: S.HELD,
    },
    "release": {S.HELD: S.DRAFT},
    "release_made": {S.HELD: S.MADE},  # its PDF is kept and goes as it is
    "withdraw": {
        S.DRAFT: S.WITHDRAWN,
        S.APPROVED: S.WITHDRAWN,
        S.RENDERING: S.WITHDRAWN,
        S.MADE: S.WITHDRAWN,
        S.HELD: S.WITHDRAWN,
        S.FAILED: S.WITHDRAWN,
    },
    "fail": {S.APPROVED: S.FAILED, S.RENDERING: S.FAILED, S.MADE: S.FAILED},
    "try_again": {S.FAILED: S.APPROVED},
}
FINAL = frozenset({S.HANDED_OVER, S.WITHDRAWN})


class LetterMoveNotAllowed(Conflict):
    """The letter is not in a state from which this can be done."""

    code = "letter_move_not_allowed"


def may(state: LetterState, event: str) -> bool:
    """Whether a letter in this state can do this."""
    return state in MOVES[event]


def state_after(state: LetterState, event: str) -> LetterState:
    """The state that `event` makes of `state`. Raises LetterMoveNotAllowed, in words."""
    if not may(state, event):
        raise LetterMoveNotAllowed(
            f"This letter is now: {LABELS[state].lower()}. Open it again to see what you can do."
        )
    return MOVES[event][state]
