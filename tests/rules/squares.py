"""The full square of a table of moves: every state with every event, allowed or refused."""

from typing import Any

import pytest

from rules.moves import StageMoveNotAllowed, Table


def square(table: Table[Any]) -> list[tuple[Any, str]]:
    """Every state with every event."""
    return [(state, event) for state in table.labels for event in table.events]


def expect(table: Table[Any], allowed: dict[Any, Any], state: Any, event: str) -> None:
    """The move that `allowed` names for this state and event, or a refusal in words."""
    if event in allowed[state]:
        assert table.move_for(state, event).end is allowed[state][event]
    else:
        with pytest.raises(StageMoveNotAllowed) as refusal:
            table.move_for(state, event)
        assert table.labels[state].lower() in refusal.value.sentence
        for move in table.moves_from(state):
            assert move.words.lower() in refusal.value.sentence


def reached(table: Table[Any]) -> set[Any]:
    """The states that some walk from the first ones comes to."""
    found, edge = set(), set(table.first)
    while edge:
        found |= edge
        edge = {move.end for move in table.moves if move.start in edge} - found
    return found


def expect_whole(table: Table[Any], states: Any) -> None:
    """Each state has its words and can be reached; each reason explains an event of the table."""
    assert set(table.labels) == set(table.turn) == set(table.next) == set(states)
    assert reached(table) == set(states)
    assert len({(move.start, move.event) for move in table.moves}) == len(table.moves)
    assert len({reason.key for reason in table.reasons}) == len(table.reasons)
    for reason in table.reasons:
        assert reason.events <= set(table.events)
        assert reason.events
    assert all(move.by for move in table.moves)
    assert all(not table.turn[state] for state in table.final)
