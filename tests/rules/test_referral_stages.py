"""The states of a referral: the full square of states and events."""

import pytest

from rules.referral_stages import (
    EVENT_WORDS,
    LABELS,
    MOVES,
    NEXT,
    TURN,
    ReferralMoveNotAllowed,
    ReferralState,
    events_from,
    state_after,
)

S = ReferralState
ALLOWED = {
    (S.DRAFT, "send"): S.SENT,
    (S.DRAFT, "withdraw"): S.WITHDRAWN,
    (S.SENT, "receive"): S.RECEIVED,
    (S.SENT, "accept"): S.ACCEPTED,
    (S.SENT, "return"): S.RETURNED,
    (S.SENT, "send_on"): S.WITH_TEAM,
    (S.SENT, "withdraw"): S.WITHDRAWN,
    (S.RECEIVED, "accept"): S.ACCEPTED,
    (S.RECEIVED, "return"): S.RETURNED,
    (S.RECEIVED, "send_on"): S.WITH_TEAM,
    (S.RECEIVED, "withdraw"): S.WITHDRAWN,
    (S.RETURNED, "send"): S.SENT,
    (S.RETURNED, "withdraw"): S.WITHDRAWN,
    (S.ACCEPTED, "send_on"): S.WITH_TEAM,
    (S.ACCEPTED, "end"): S.ENDED,
    (S.WITH_TEAM, "send_on"): S.WITH_TEAM,
    (S.WITH_TEAM, "end"): S.ENDED,
}
SQUARE = [(state, event) for state in S for event in MOVES]


@pytest.mark.parametrize(("state", "event"), SQUARE, ids=lambda part: str(part))
def test_each_event_from_each_state_is_a_move_or_refused_in_words(state, event):
    if (state, event) in ALLOWED:
        assert state_after(state, event) is ALLOWED[state, event]
        assert event in events_from(state)
    else:
        assert event not in events_from(state)
        with pytest.raises(ReferralMoveNotAllowed, match="Open it again to see what you can do"):
            state_after(state, event)


def test_what_is_over_has_no_move_and_is_nobodys_turn():
    assert [state for state in S if not events_from(state)] == [S.WITHDRAWN, S.ENDED]
    assert [state for state in S if TURN[state] == ""] == [S.WITHDRAWN, S.ENDED]


def test_each_state_and_event_has_its_words():
    assert set(LABELS) == set(NEXT) == set(TURN) == set(S)
    assert set(EVENT_WORDS) == {"draft", *MOVES}
