"""What the tables of legal papers share: states, the moves between them, who makes them and why.

Each table is one value; the pictures in docs/stages.md, the buttons and the tests come from it.
"""

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from rules.errors import Conflict, Forbidden, InvalidInput

State = TypeVar("State", bound=enum.StrEnum)


class Mover(enum.StrEnum):
    """Who makes a move. The system moves on a date or a payment, and never decides anything."""

    SCHOOL = "the school"
    COUNCIL = "the council"
    SYSTEM = "the system"


SCHOOL = frozenset({Mover.SCHOOL})
COUNCIL = frozenset({Mover.COUNCIL})
EITHER = SCHOOL | COUNCIL  # whichever of the two issues the notice or asks for it
COUNCIL_OR_SYSTEM = COUNCIL | {Mover.SYSTEM}
NOBODY: frozenset[Mover] = frozenset()


@dataclass(frozen=True, slots=True)
class Move(Generic[State]):
    """One way from a state to another.

    words          the button
    by             who may make it
    second_person  it must be somebody other than the one who asked for it
    """

    start: State
    event: str
    end: State
    words: str
    by: frozenset[Mover]
    second_person: bool = False


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a move is made: the events that it can explain, and how it reads."""

    key: str
    events: frozenset[str]
    words: str


class StageMoveNotAllowed(Conflict):
    """The paper is not in a state from which this move starts."""

    code = "stage_move_not_allowed"


class NotYourMove(Forbidden):
    """The move is another's to make: the council's, not the school's, or the other way about."""

    code = "not_your_move"


@dataclass(frozen=True, slots=True)
class Table(Generic[State]):
    """All that can happen to one kind of paper.

    thing    what it is, as a sentence begins: This penalty notice
    labels   how each state reads
    turn     who has to do something next; empty when nothing more is expected
    next     what is to be done in each state, as a sentence to a person
    first    the states in which one can begin
    moves, reasons   in the order in which pages show them
    """

    thing: str
    labels: Mapping[State, str]
    turn: Mapping[State, frozenset[Mover]]
    next: Mapping[State, str]
    first: tuple[State, ...]
    moves: tuple[Move[State], ...]
    reasons: tuple[Reason, ...] = ()

    @property
    def events(self) -> tuple[str, ...]:
        """Every event of the table, once each, in the table's order."""
        return tuple(dict.fromkeys(move.event for move in self.moves))

    @property
    def final(self) -> frozenset[State]:
        """The states that nothing leads out of."""
        return frozenset(
            state
            for state in self.labels
            if all(move.end == state for move in self.moves_from(state))
        )

    @property
    def over(self) -> frozenset[State]:
        """The states in which nothing more is expected of anybody."""
        return frozenset(state for state in self.labels if not self.turn[state])

    def moves_from(self, state: State) -> tuple[Move[State], ...]:
        """What can be done in this state, in the table's order."""
        return tuple(move for move in self.moves if move.start == state)

    def move_for(self, state: State, event: str) -> Move[State]:
        """The move that `event` makes from `state`.

        Raises StageMoveNotAllowed, naming where it stands and what is allowed from there.
        """
        for move in self.moves_from(state):
            if move.event == event:
                return move
        allowed = "; ".join(move.words.lower() for move in self.moves_from(state))
        raise StageMoveNotAllowed(
            f"{self.thing} now stands at: {self.labels[state].lower()}. "
            f"From there you can: {allowed or 'do nothing more'}."
        )

    def move_by(self, state: State, event: str, mover: Mover) -> Move[State]:
        """As `move_for`, made by `mover`. Raises NotYourMove when it is another's to make."""
        move = self.move_for(state, event)
        if mover not in move.by:
            whose = " or ".join(one.value for one in Mover if one in move.by)
            raise NotYourMove(f"Only {whose} can do this: {move.words.lower()}.")
        return move

    def reasons_for(self, event: str) -> tuple[Reason, ...]:
        """The reasons that can explain an event, in the table's order; none when it needs none."""
        return tuple(reason for reason in self.reasons if event in reason.events)

    def reason_for(self, key: str, event: str) -> Reason:
        """The reason with this key. Raises InvalidInput for one that does not explain `event`."""
        for reason in self.reasons_for(event):
            if reason.key == key:
                return reason
        raise InvalidInput("Choose a reason that goes with this step.")
