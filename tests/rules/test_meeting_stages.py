"""What can become of a meeting."""

import pytest

from rules.meeting_stages import FINAL, MeetingMoveNotAllowed, MeetingState, move_for, moves_from

PLANNED, HELD, MISSED = MeetingState.PLANNED, MeetingState.HELD, MeetingState.MISSED
MOVED, CANCELLED = MeetingState.MOVED, MeetingState.CANCELLED


@pytest.mark.parametrize(
    ("start", "event", "end"),
    [
        (PLANNED, "hold", HELD),
        (PLANNED, "hold_without", HELD),
        (PLANNED, "miss", MISSED),
        (PLANNED, "move", MOVED),
        (PLANNED, "cancel", CANCELLED),
        (MISSED, "move", MOVED),
        (MISSED, "hold_without", HELD),
        (MISSED, "cancel", CANCELLED),
    ],
)
def test_each_event_leads_where_the_table_says(start, event, end) -> None:
    assert move_for(start, event).end == end


def test_a_missed_meeting_is_no_dead_end() -> None:
    assert [move.event for move in moves_from(MISSED)] == ["move", "hold_without", "cancel"]


@pytest.mark.parametrize("state", sorted(FINAL))
def test_nothing_more_becomes_of_a_meeting_that_is_over(state) -> None:
    assert moves_from(state) == ()


def test_what_cannot_happen_is_refused_with_what_did() -> None:
    with pytest.raises(MeetingMoveNotAllowed, match="what became of this meeting: held"):
        move_for(HELD, "miss")
    with pytest.raises(MeetingMoveNotAllowed):
        move_for(MISSED, "hold")
