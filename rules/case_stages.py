"""The stages of a case and the moves between them: one table for pages, services and tests.

A closed case stays closed. A pupil who needs help again gets a new case that carries on from it.
"""

import enum
from dataclasses import dataclass

from rules.errors import Conflict, InvalidInput


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
LEVELS = {1: Stage.ONE, 2: Stage.TWO, 3: Stage.THREE}  # of a policy's own stages
OPEN = "open"  # the event that every case begins with


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
    # A policy may send a pupil whose absence is severe straight there, and back.
    Move(Stage.ONE, "step_over", Stage.THREE, "Move straight to formal support"),
    Move(Stage.THREE, "step_down", Stage.TWO, "Step down to targeted support"),
    Move(Stage.TWO, "step_down", Stage.ONE, "Step down to early support"),
    Move(Stage.THREE, "step_back", Stage.ONE, "Step down straight to early support"),
    # A policy may have several steps within one of these stages.
    Move(Stage.ONE, "step_within", Stage.ONE, "Move to another step of early support"),
    Move(Stage.TWO, "step_within", Stage.TWO, "Move to another step of targeted support"),
    Move(Stage.THREE, "step_within", Stage.THREE, "Move to another step of formal support"),
    Move(Stage.ONE, "close", Stage.CLOSED, "Close the case"),
    Move(Stage.TWO, "close", Stage.CLOSED, "Close the case"),
    Move(Stage.THREE, "close", Stage.CLOSED, "Close the case"),
)
UP = frozenset({"step_up", "step_over", "step_within"})
DOWN = frozenset({"step_down", "step_back", "step_within"})
CLOSE = frozenset({"close"})


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a case moves: the moves that it can explain, and how it reads."""

    key: str
    events: frozenset[str]
    words: str


REASONS = (
    Reason("line_crossed", UP, "Attendance crossed a line of the policy"),
    Reason("not_improved", UP, "The review found no improvement"),
    Reason("targets_missed", UP, "The targets were not met"),
    Reason("contract_failed", UP, "The contract did not work, or was not agreed"),
    Reason("support_exhausted", UP, "Every other way to help has been tried"),
    Reason("more_help", UP, "The family needs more help than this stage gives"),
    Reason("safeguarding_concern", UP, "There is a safeguarding concern"),
    Reason("improved", DOWN, "Attendance is better, and support goes on"),
    Reason("targets_met", DOWN, "The targets were met"),
    Reason("less_help", DOWN, "The family can do with less help"),
    Reason("moved_in_error", UP | DOWN, "The case stands at the wrong stage"),
    Reason("restored", CLOSE, "Attendance is good again"),
    Reason("moved_school", CLOSE, "The pupil moved to another school"),
    Reason("left", CLOSE, "The pupil left this school's roll"),
    Reason("past_age", CLOSE, "The pupil is no longer of compulsory school age"),
    Reason("taken_on", CLOSE, "Another service has taken it on"),
    Reason("opened_in_error", CLOSE, "The case was opened in error"),
)
# Reasons to close after which nobody can say any more whether what was agreed helped.
GROUND_GONE = frozenset({"moved_school", "left", "past_age", "opened_in_error"})
_REASONS = {reason.key: reason for reason in REASONS}


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


def move_between(start: Stage, end: Stage) -> Move:
    """The move that leads from one stage to another. Raises MoveNotAllowed."""
    for move in moves_from(start):
        if move.end == end:
            return move
    raise MoveNotAllowed(f"A case cannot go from “{LABELS[start]}” to “{LABELS[end]}”.")


def reasons_for(event: str) -> tuple[Reason, ...]:
    """The reasons that can explain a move, in the table's order."""
    return tuple(reason for reason in REASONS if event in reason.events)


def reason_for(key: str, event: str) -> Reason:
    """The reason with this key. Raises InvalidInput for one that does not explain this move."""
    reason = _REASONS.get(key)
    if reason is None or event not in reason.events:
        raise InvalidInput("Choose a reason that goes with this move.")
    return reason
