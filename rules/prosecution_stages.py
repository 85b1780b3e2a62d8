"""The states of a prosecution and the moves between them: one table for pages, bundle and tests.

An answer from the parent, or a fact put right, at any time before the charge leads back to where
it is weighed: nobody is charged on papers that were overtaken.
"""

import enum

from rules.moves import COUNCIL, NOBODY, Move, Reason, Table


class ProsecutionState(enum.StrEnum):
    """Where one prosecution, of one parent for one child, stands."""

    PREPARING = "preparing"
    ASKED = "caution letter sent"
    ANSWERED = "answered"
    NO_ANSWER = "no answer"
    TESTED = "tests made"
    AUTHORISED = "authorised"
    CHARGED = "charged"
    LISTED = "listed"
    DECIDED = "decided"
    DISCONTINUED = "discontinued"
    NOT_PROCEEDED = "not proceeded with"


S = ProsecutionState
DROP = "Do not go on, and say what happens instead"
CHANGED = "Go back: facts have changed"
ANSWER = "Record what the parent says"
REPORT = "Tell the school the outcome"
_DROPS = frozenset({"drop"})
_STOPS = frozenset({"discontinue"})

PROSECUTION = Table(
    thing="This prosecution",
    labels={
        S.PREPARING: "Papers being prepared",
        S.ASKED: "Caution letter sent, waiting for an answer",
        S.ANSWERED: "The parent has answered",
        S.NO_ANSWER: "No answer came",
        S.TESTED: "Both tests made, waiting to be authorised",
        S.AUTHORISED: "Authorised",
        S.CHARGED: "Charged",
        S.LISTED: "Hearing listed",
        S.DECIDED: "Decided by the court",
        S.DISCONTINUED: "Discontinued",
        S.NOT_PROCEEDED: "Not proceeded with",
    },
    turn={
        **dict.fromkeys(S, COUNCIL),
        S.DECIDED: NOBODY,
        S.DISCONTINUED: NOBODY,
        S.NOT_PROCEEDED: NOBODY,
    },
    next={
        S.PREPARING: "Check the papers, record that a supervision order was considered, then send"
        " the caution letter.",
        S.ASKED: "Wait until the day given in the letter. Then record the answer, or that none"
        " came.",
        S.ANSWERED: "Weigh the answer against each defence, then make both tests.",
        S.NO_ANSWER: "Make both tests on the papers there are.",
        S.TESTED: "The named senior officer authorises it, or sends it back.",
        S.AUTHORISED: "Send the charge before the time limit.",
        S.CHARGED: "Record the hearing, or what the single justice decided.",
        S.LISTED: "Record what happens at the hearing.",
        S.DECIDED: "Tell the school. A new prosecution needs a new period of absence.",
        S.DISCONTINUED: "Tell the court, the parent and the school.",
        S.NOT_PROCEEDED: "Tell the school why, and agree the next step on the case.",
    },
    first=(S.PREPARING,),
    moves=(
        Move(S.PREPARING, "ask", S.ASKED, "Send the caution letter", COUNCIL),
        Move(S.PREPARING, "drop", S.NOT_PROCEEDED, DROP, COUNCIL),
        Move(S.ASKED, "ask", S.ASKED, "Send the caution letter again", COUNCIL),
        Move(S.ASKED, "answer", S.ANSWERED, ANSWER, COUNCIL),
        Move(S.ASKED, "no_answer", S.NO_ANSWER, "No answer came in time", COUNCIL),
        Move(S.ASKED, "go_back", S.PREPARING, CHANGED, COUNCIL),
        Move(S.ASKED, "drop", S.NOT_PROCEEDED, DROP, COUNCIL),
        Move(S.ANSWERED, "answer", S.ANSWERED, ANSWER, COUNCIL),
        Move(S.ANSWERED, "test", S.TESTED, "Make both tests", COUNCIL),
        Move(S.ANSWERED, "go_back", S.PREPARING, CHANGED, COUNCIL),
        Move(S.ANSWERED, "drop", S.NOT_PROCEEDED, DROP, COUNCIL),
        Move(S.NO_ANSWER, "answer", S.ANSWERED, ANSWER, COUNCIL),
        Move(S.NO_ANSWER, "test", S.TESTED, "Make both tests", COUNCIL),
        Move(S.NO_ANSWER, "go_back", S.PREPARING, CHANGED, COUNCIL),
        Move(S.NO_ANSWER, "drop", S.NOT_PROCEEDED, DROP, COUNCIL),
        Move(S.TESTED, "authorise", S.AUTHORISED, "Authorise it", COUNCIL, second_person=True),
        Move(S.TESTED, "answer", S.ANSWERED, ANSWER, COUNCIL),
        Move(S.TESTED, "go_back", S.PREPARING, "Send it back with reasons", COUNCIL),
        Move(S.TESTED, "drop", S.NOT_PROCEEDED, DROP, COUNCIL),
        Move(S.AUTHORISED, "notify", S.CHARGED, "Send a single justice procedure notice", COUNCIL),
        Move(S.AUTHORISED, "summon", S.CHARGED, "Lay an information for a summons", COUNCIL),
        Move(S.AUTHORISED, "answer", S.ANSWERED, ANSWER, COUNCIL),
        Move(S.AUTHORISED, "go_back", S.PREPARING, CHANGED, COUNCIL),
        Move(S.AUTHORISED, "drop", S.NOT_PROCEEDED, DROP, COUNCIL),
        Move(S.CHARGED, "list", S.LISTED, "Record the day of the hearing", COUNCIL),
        # A single justice decides on the papers, without a hearing.
        Move(S.CHARGED, "decide", S.DECIDED, "Record what the court decided", COUNCIL),
        Move(S.CHARGED, "discontinue", S.DISCONTINUED, "Discontinue it", COUNCIL),
        Move(S.LISTED, "list", S.LISTED, "Record a new day for the hearing", COUNCIL),
        Move(S.LISTED, "decide", S.DECIDED, "Record what the court decided", COUNCIL),
        Move(S.LISTED, "discontinue", S.DISCONTINUED, "Discontinue it", COUNCIL),
        Move(S.DECIDED, "report", S.DECIDED, REPORT, COUNCIL),
        Move(S.DISCONTINUED, "report", S.DISCONTINUED, REPORT, COUNCIL),
        Move(S.NOT_PROCEEDED, "report", S.NOT_PROCEEDED, REPORT, COUNCIL),
    ),
    reasons=(
        Reason("not_enough_evidence", _DROPS | _STOPS, "The evidence is not enough"),
        Reason("not_public_interest", _DROPS | _STOPS, "It is not in the public interest"),
        Reason("defence", _DROPS | _STOPS, "A defence in the law applies"),
        Reason("paid_in_time", _DROPS | _STOPS, "The penalty notice was paid in time"),
        Reason("register_corrected", _DROPS | _STOPS, "The register was put right"),
        Reason("not_liable", _DROPS | _STOPS, "The person is not liable for the absence"),
        Reason("died", _DROPS | _STOPS, "The parent has died"),
        Reason("time_limit", _DROPS, "The time limit has passed"),
        Reason("attendance_improved", _DROPS, "Attendance has improved enough"),
        Reason("supervision_order", _DROPS, "A supervision order is sought instead"),
        Reason("more_support", _DROPS, "More support is given instead"),
        Reason("social_care", _DROPS, "Children's social care leads instead"),
        Reason("simple_caution", _DROPS, "A simple caution is given instead"),
        Reason("no_further_action", _DROPS, "No further action is taken"),
        Reason("court_advice", _STOPS, "On the advice of the council's lawyers"),
    ),
)
