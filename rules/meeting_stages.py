"""The states of a meeting and the moves between them: one table for pages, services and tests."""

import enum
from dataclasses import dataclass

from rules.errors import Conflict


class MeetingState(enum.StrEnum):
    """What became of a meeting."""

    PLANNED = "planned"
    HELD = "held"
    MISSED = "missed"
    MOVED = "moved"
    CANCELLED = "cancelled"


LABELS = {
    MeetingState.PLANNED: "Planned",
    MeetingState.HELD: "Held",
    MeetingState.MISSED: "The family did not come",
    MeetingState.MOVED: "Moved to another date",
    MeetingState.CANCELLED: "Cancelled",
}


@dataclass(frozen=True, slots=True)
class Move:
    """One way from a state to another. `words` is the button."""

    start: MeetingState
    event: str
    end: MeetingState
    words: str


# A meeting that the family missed is not over: a second date, on without them, or why neither.
MOVES = (
    Move(MeetingState.PLANNED, "hold", MeetingState.HELD, "It took place"),
    Move(
        MeetingState.PLANNED, "hold_without", MeetingState.HELD, "It went ahead without the family"
    ),
    Move(MeetingState.PLANNED, "miss", MeetingState.MISSED, "The family did not come"),
    Move(MeetingState.PLANNED, "move", MeetingState.MOVED, "Move it to another date"),
    Move(MeetingState.PLANNED, "cancel", MeetingState.CANCELLED, "Cancel it"),
    Move(MeetingState.MISSED, "move", MeetingState.MOVED, "Offer a second date"),
    Move(MeetingState.MISSED, "hold_without", MeetingState.HELD, "It went ahead without them"),
    Move(MeetingState.MISSED, "cancel", MeetingState.CANCELLED, "Offer no other date"),
)
FINAL = frozenset({MeetingState.HELD, MeetingState.MOVED, MeetingState.CANCELLED})


class MeetingMoveNotAllowed(Conflict):
    """The meeting is not in a state from which this can happen."""

    code = "meeting_move_not_allowed"


def moves_from(state: MeetingState) -> tuple[Move, ...]:
    """What can become of a meeting in this state, in the table's order."""
    return tuple(move for move in MOVES if move.start == state)


def move_for(state: MeetingState, event: str) -> Move:
    """The move that `event` makes from `state`. Raises MeetingMoveNotAllowed, in words."""
    for move in moves_from(state):
        if move.event == event:
            return move
    raise MeetingMoveNotAllowed(
        f"Somebody has written down already what became of this meeting: {LABELS[state].lower()}. "
        "Look at it again."
    )
