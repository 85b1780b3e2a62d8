"""The stages of a case and the moves between them: one table for pages, services and tests."""

import enum
from dataclasses import dataclass

from rules.errors import Conflict


class Stage(enum.StrEnum):
    """How far support has come. Each stage keeps what the stages before it began."""

    ONE = "stage 1"
    TWO = "stage 2"
    THREE = "stage 3"
    CLOSED = "closed"


LABELS = {
    Stage.ONE: "Stage 1: early support",
    Stage.TWO: "Stage 2: targeted support",
    Stage.THREE: "Stage 3: formal support",
    Stage.CLOSED: "Closed",
}


@dataclass(frozen=True, slots=True)
class Move:
    """One way from a stage to another. `words` is the button."""

    start: Stage
    event: str
    end: Stage
    words: str


MOVES = (
    Move(Stage.ONE, "step_up", Stage.TWO, "Move to targeted support"),
    Move(Stage.TWO, "step_up", Stage.THREE, "Move to formal support"),
    Move(Stage.THREE, "step_down", Stage.TWO, "Step down to targeted support"),
    Move(Stage.TWO, "step_down", Stage.ONE, "Step down to early support"),
    Move(Stage.ONE, "close", Stage.CLOSED, "Close the case"),
    Move(Stage.TWO, "close", Stage.CLOSED, "Close the case"),
    Move(Stage.THREE, "close", Stage.CLOSED, "Close the case"),
)


class MoveNotAllowed(Conflict):
    """The case is not at a stage from which this move starts."""

    code = "move_not_allowed"


def moves_from(stage: Stage) -> tuple[Move, ...]:
    """What a case at this stage can do next, in the table's order."""
    return tuple(move for move in MOVES if move.start == stage)


def move_for(stage: Stage, event: str) -> Move:
    """The move that `event` makes from `stage`. Raises MoveNotAllowed, naming what is allowed."""
    for move in moves_from(stage):
        if move.event == event:
            return move
    allowed = ", ".join(move.words.lower() for move in moves_from(stage)) or "nothing more"
    raise MoveNotAllowed(f"This case is at: {LABELS[stage]}. From there you can: {allowed}.")
