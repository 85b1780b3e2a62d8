"""The states of a referral to the authority and the moves between them: one table for all.

The school writes, sends, answers and withdraws; the authority receives, accepts, returns, sends on
and ends. Nothing is ever left with nobody: each state says whose turn it is.
"""

import enum

from rules.errors import Conflict


class ReferralState(enum.StrEnum):
    """Where a referral stands."""

    DRAFT = "draft"
    SENT = "sent"
    RECEIVED = "received"
    RETURNED = "returned"
    ACCEPTED = "accepted"
    WITH_TEAM = "with a team"
    WITHDRAWN = "withdrawn"
    ENDED = "ended"


S = ReferralState
LABELS = {
    S.DRAFT: "Draft",
    S.SENT: "Sent",
    S.RECEIVED: "Being read",
    S.RETURNED: "Returned with reasons",
    S.ACCEPTED: "Accepted",
    S.WITH_TEAM: "With a team",
    S.WITHDRAWN: "Withdrawn",
    S.ENDED: "Ended",
}
SCHOOL, AUTHORITY, NOBODY = "the school", "the council", ""
TURN = {
    S.DRAFT: SCHOOL,
    S.SENT: AUTHORITY,
    S.RECEIVED: AUTHORITY,
    S.RETURNED: SCHOOL,
    S.ACCEPTED: AUTHORITY,
    S.WITH_TEAM: AUTHORITY,
    S.WITHDRAWN: NOBODY,
    S.ENDED: NOBODY,
}
NEXT = {
    S.DRAFT: "Write the answers, read what would send it back, then send it.",
    S.SENT: "The council reads it. Support at the school goes on meanwhile.",
    S.RECEIVED: "The council is reading it and will accept, return or send it on.",
    S.RETURNED: "Read the reasons, answer them, and send it again. Or withdraw it.",
    S.ACCEPTED: "The council chooses the team that will help. Support at the school goes on.",
    S.WITH_TEAM: "The team works with the school and the family, then says what it led to.",
    S.WITHDRAWN: "Nothing more happens with this one. A new one can be written from the case.",
    S.ENDED: "Read what it led to, and agree the next step on the case.",
}
# Each event: the states it starts from, and where it leads.
MOVES: dict[str, dict[ReferralState, ReferralState]] = {
    "send": {S.DRAFT: S.SENT, S.RETURNED: S.SENT},
    "receive": {S.SENT: S.RECEIVED},
    "accept": {S.SENT: S.ACCEPTED, S.RECEIVED: S.ACCEPTED},
    "return": {S.SENT: S.RETURNED, S.RECEIVED: S.RETURNED},
    "send_on": {
        S.SENT: S.WITH_TEAM,
        S.RECEIVED: S.WITH_TEAM,
        S.ACCEPTED: S.WITH_TEAM,
        S.WITH_TEAM: S.WITH_TEAM,
    },
    "withdraw": {
        S.DRAFT: S.WITHDRAWN,
        S.SENT: S.WITHDRAWN,
        S.RECEIVED: S.WITHDRAWN,
        S.RETURNED: S.WITHDRAWN,
    },
    "end": {S.ACCEPTED: S.ENDED, S.WITH_TEAM: S.ENDED},
}
EVENT_WORDS = {
    "draft": "Referral begun",
    "send": "Referral sent to the council",
    "receive": "Referral received",
    "accept": "Referral accepted",
    "return": "Referral returned with reasons",
    "send_on": "Referral sent to a team",
    "withdraw": "Referral withdrawn",
    "end": "Referral ended",
}
WRITABLE = frozenset({S.DRAFT, S.RETURNED})
ANSWERABLE = frozenset({S.SENT, S.RECEIVED})  # an answer is due from the council
OVER = frozenset({S.WITHDRAWN, S.ENDED})


class ReferralMoveNotAllowed(Conflict):
    """The referral is not in a state from which this can be done."""

    code = "referral_move_not_allowed"


def events_from(state: ReferralState) -> frozenset[str]:
    """What can be done with a referral in this state."""
    return frozenset(event for event, moves in MOVES.items() if state in moves)


def state_after(state: ReferralState, event: str) -> ReferralState:
    """The state that `event` makes of `state`. Raises ReferralMoveNotAllowed, in words."""
    if state not in MOVES[event]:
        raise ReferralMoveNotAllowed(
            f"This referral is now: {LABELS[state].lower()}. Open it again to see what you can do."
        )
    return MOVES[event][state]
