"""The states of a notice to improve, of a request for a penalty notice and of a penalty notice.

Three tables. A notice to improve or a request is prepared by one person and decided by another. A
penalty notice begins on the day it is issued. Only a date or a payment is ever recorded by the
system: nothing here is decided by it.
"""

import enum

from rules.moves import COUNCIL, COUNCIL_OR_SYSTEM, EITHER, NOBODY, Move, Reason, Table


class ImprovementState(enum.StrEnum):
    """Where a notice to improve stands."""

    DRAFT = "draft"
    SENT = "sent for decision"
    RETURNED = "returned"
    RUNNING = "running"
    TOLD = "told of early end"
    ENDED_EARLY = "ended early"
    IMPROVED = "improved"
    NOT_IMPROVED = "not improved"
    WITHDRAWN = "withdrawn"
    NOT_USED = "not used"


class RequestState(enum.StrEnum):
    """Where a request for a penalty notice stands."""

    DRAFT = "draft"
    SENT = "sent"
    RETURNED = "returned"
    APPROVED = "approved"
    REFUSED = "refused"
    TAKEN_BACK = "taken back"


class PenaltyState(enum.StrEnum):
    """Where one penalty notice, to one parent for one child, stands."""

    ISSUED = "issued"
    REPRESENTED = "represented"
    PAID = "paid"
    UNPAID = "unpaid"
    WITHDRAWN = "withdrawn"
    FOR_PROSECUTION = "for prosecution"
    PROSECUTED = "prosecuted"
    NO_FURTHER_ACTION = "no further action"


def _on(*events: str) -> frozenset[str]:
    """The events a reason explains."""
    return frozenset(events)


I = ImprovementState  # noqa: E741 - one letter a table, as in the tables beside this one
IMPROVEMENT = Table(
    thing="This notice to improve",
    labels={
        I.DRAFT: "Draft",
        I.SENT: "Sent for decision",
        I.RETURNED: "Returned with reasons",
        I.RUNNING: "Issued, the weeks to improve are running",
        I.TOLD: "The parent has been told that it will end early",
        I.ENDED_EARLY: "Ended early",
        I.IMPROVED: "Improved enough",
        I.NOT_IMPROVED: "Not improved enough",
        I.WITHDRAWN: "Withdrawn",
        I.NOT_USED: "Not used",
    },
    turn={
        I.DRAFT: EITHER,
        I.SENT: EITHER,
        I.RETURNED: EITHER,
        I.RUNNING: EITHER,
        I.TOLD: EITHER,
        I.ENDED_EARLY: EITHER,
        I.IMPROVED: NOBODY,
        I.NOT_IMPROVED: EITHER,
        I.WITHDRAWN: NOBODY,
        I.NOT_USED: NOBODY,
    },
    next={
        I.DRAFT: "Check what the gate lists, then send it to the person who decides.",
        I.SENT: "Somebody other than the person who sent it reads it and decides.",
        I.RETURNED: "Read the reasons, put them right and send it again. Or do not use a notice.",
        I.RUNNING: "Watch attendance each day. When the weeks are over, say how they went.",
        I.TOLD: "Wait for what the parent says. Then end it early, or let it run on.",
        I.ENDED_EARLY: "Decide whether to ask for a penalty notice.",
        I.IMPROVED: "Tell the parent the outcome. Support goes on as long as it is needed.",
        I.NOT_IMPROVED: "Tell the parent the outcome, and decide whether to ask for a penalty"
        " notice.",
        I.WITHDRAWN: "Nothing more happens with this one. A new one can be written from the case.",
        I.NOT_USED: "The reason is on record. Decide the next step on the case.",
    },
    first=(I.DRAFT, I.NOT_USED),
    moves=(
        Move(I.DRAFT, "send", I.SENT, "Send it for decision", EITHER),
        Move(I.DRAFT, "not_use", I.NOT_USED, "Do not use a notice", EITHER),
        Move(I.SENT, "issue", I.RUNNING, "Approve and issue it", EITHER, second_person=True),
        Move(I.SENT, "return", I.RETURNED, "Return it with reasons", EITHER, second_person=True),
        Move(I.SENT, "take_back", I.DRAFT, "Take it back to change it", EITHER),
        Move(I.RETURNED, "send", I.SENT, "Send it again", EITHER),
        Move(I.RETURNED, "not_use", I.NOT_USED, "Do not use a notice", EITHER),
        Move(I.RUNNING, "improve", I.IMPROVED, "The weeks are over: improved enough", EITHER),
        Move(I.RUNNING, "fail", I.NOT_IMPROVED, "The weeks are over: not enough", EITHER),
        Move(I.RUNNING, "tell", I.TOLD, "Tell the parent it will end early", EITHER),
        Move(I.RUNNING, "withdraw", I.WITHDRAWN, "Withdraw it", EITHER),
        Move(I.TOLD, "end_early", I.ENDED_EARLY, "End it early", EITHER, second_person=True),
        Move(I.TOLD, "go_on", I.RUNNING, "Let it run on", EITHER),
        Move(I.TOLD, "improve", I.IMPROVED, "The weeks are over: improved enough", EITHER),
        Move(I.TOLD, "fail", I.NOT_IMPROVED, "The weeks are over: not enough", EITHER),
        Move(I.TOLD, "withdraw", I.WITHDRAWN, "Withdraw it", EITHER),
        # A register put right later can take away what a finished notice rested on.
        Move(I.ENDED_EARLY, "withdraw", I.WITHDRAWN, "Withdraw it", EITHER),
        Move(I.IMPROVED, "tell_outcome", I.IMPROVED, "Tell the parent the outcome", EITHER),
        Move(I.NOT_IMPROVED, "tell_outcome", I.NOT_IMPROVED, "Tell the parent the outcome", EITHER),
        Move(I.NOT_IMPROVED, "withdraw", I.WITHDRAWN, "Withdraw it", EITHER),
    ),
    reasons=(
        Reason("support_not_fitting", _on("not_use"), "Support does not fit, as with a holiday"),
        Reason("no_change_expected", _on("not_use"), "A notice would not change what happens"),
        Reason(
            "already_had_one", _on("not_use"), "The parent had one for the same kind of absence"
        ),
        Reason("attendance_better", _on("not_use"), "Attendance is better already"),
        Reason("more_support_first", _on("not_use"), "More support comes first"),
        Reason(
            "not_safe", _on("not_use", "withdraw"), "It could put the child or a parent at risk"
        ),
        Reason("other_legal_step", _on("not_use"), "Another legal step fits better"),
        Reason("cannot_pass", _on("end_early"), "The target can no longer be met"),
        Reason("no_contact", _on("end_early"), "The parent does not take up the support"),
        Reason("parent_refuses", _on("end_early"), "The parent says that nothing will change"),
        Reason(
            "below_threshold", _on("withdraw"), "The register was put right, below the threshold"
        ),
        Reason("wrong_person", _on("withdraw"), "It went to the wrong person"),
        Reason("issued_in_error", _on("withdraw"), "It was issued in error"),
        Reason("new_facts", _on("withdraw"), "New facts came to light"),
        Reason("left", _on("not_use", "withdraw"), "The pupil left this school's roll"),
    ),
)

R = RequestState
REQUEST = Table(
    thing="This request for a penalty notice",
    labels={
        R.DRAFT: "Draft",
        R.SENT: "Sent, waiting for a decision",
        R.RETURNED: "Returned with reasons",
        R.APPROVED: "Approved",
        R.REFUSED: "Refused",
        R.TAKEN_BACK: "Taken back",
    },
    turn={
        R.DRAFT: EITHER,
        R.SENT: EITHER,
        R.RETURNED: EITHER,
        R.APPROVED: NOBODY,
        R.REFUSED: NOBODY,
        R.TAKEN_BACK: NOBODY,
    },
    next={
        R.DRAFT: "Read what would send it back, put it right, then send it.",
        R.SENT: "Whoever decides here checks it against the council's code and the public"
        " interest. Support at the school goes on.",
        R.RETURNED: "Read the reasons, put them right and send it again. Or take it back.",
        R.APPROVED: "A notice has been issued to each parent named. Watch each notice on its page.",
        R.REFUSED: "Read the reasons, and agree the next step on the case.",
        R.TAKEN_BACK: "Nothing more happens with this one. A new one can be written from the case.",
    },
    first=(R.DRAFT,),
    moves=(
        Move(R.DRAFT, "send", R.SENT, "Send it for decision", EITHER),
        Move(R.DRAFT, "take_back", R.TAKEN_BACK, "Do not send it", EITHER),
        # Who of them decides is for the policy in force: the council, or the headteacher.
        Move(R.SENT, "approve", R.APPROVED, "Approve it and issue", EITHER, second_person=True),
        Move(R.SENT, "return", R.RETURNED, "Return it with reasons", EITHER, second_person=True),
        Move(R.SENT, "refuse", R.REFUSED, "Refuse it", EITHER, second_person=True),
        Move(R.SENT, "take_back", R.TAKEN_BACK, "Take it back", EITHER),
        Move(R.RETURNED, "send", R.SENT, "Send it again", EITHER),
        Move(R.RETURNED, "take_back", R.TAKEN_BACK, "Take it back", EITHER),
    ),
    reasons=(
        Reason("papers_missing", _on("return"), "Papers are missing"),
        Reason("papers_disagree", _on("return"), "The papers do not agree with the register"),
        Reason("absence_unresolved", _on("return"), "Reasons for absence are still to be found"),
        Reason("address_unclear", _on("return"), "The parent's name or address is not clear"),
        Reason("support_unclear", _on("return"), "It does not show what support was given"),
        Reason("below_threshold", _on("refuse"), "The threshold is not met"),
        Reason("support_not_enough", _on("refuse"), "Support was not enough"),
        Reason("outside_code", _on("refuse"), "It is outside the council's code"),
        Reason("public_interest", _on("refuse"), "It is not in the public interest"),
        Reason("equality", _on("refuse"), "A duty under equality law stands against it"),
        Reason("limit_reached", _on("refuse"), "This parent has had two notices in three years"),
        Reason("not_liable", _on("refuse"), "The person named is not liable for the absence"),
        Reason("other_step_better", _on("refuse"), "Another step fits better"),
        Reason("no_longer_wanted", _on("take_back"), "The school no longer asks for a notice"),
        Reason("sent_in_error", _on("take_back"), "It was made or sent in error"),
    ),
)

P = PenaltyState
WITHDRAW = "Withdraw it"
REPRESENT = "Record what the parent says against it"
# A notice for an excluded pupil in a public place (Education and Inspections Act 2006, section 105)
# is about another offence than absence, whose prosecution the council's lawyers lead.
EXCLUDED_NEXT = {
    P.UNPAID: "Ask the council's lawyers whether they prosecute under section 103 of the Education"
    " and Inspections Act 2006: that is not led here. Where they do not, withdraw the notice.",
}
PENALTY = Table(
    thing="This penalty notice",
    labels={
        P.ISSUED: "Issued, the time to pay is running",
        P.REPRESENTED: "The parent disputes it, the clock stands still",
        P.PAID: "Paid",
        P.UNPAID: "Not paid in time",
        P.WITHDRAWN: "Withdrawn",
        P.FOR_PROSECUTION: "Being prepared for prosecution",
        P.PROSECUTED: "Prosecuted",
        P.NO_FURTHER_ACTION: "No further action",
    },
    turn={
        P.ISSUED: COUNCIL,
        P.REPRESENTED: COUNCIL,
        P.PAID: NOBODY,
        P.UNPAID: COUNCIL,
        P.WITHDRAWN: NOBODY,
        P.FOR_PROSECUTION: COUNCIL,
        P.PROSECUTED: NOBODY,
        P.NO_FURTHER_ACTION: NOBODY,
    },
    next={
        P.ISSUED: "Wait for payment until the last day. Answer anything the parent writes.",
        P.REPRESENTED: "Read what the parent says, decide, and answer in writing.",
        P.PAID: "The parent cannot be prosecuted for this absence. Tell the school.",
        P.UNPAID: "Decide: prepare a prosecution, or withdraw the notice.",
        P.WITHDRAWN: "Tell the parent in writing, pay back what was paid, and tell the school.",
        P.FOR_PROSECUTION: "Go on with the prosecution, or stop it and say why.",
        P.PROSECUTED: "Tell the school the outcome.",
        P.NO_FURTHER_ACTION: "Tell the parent and the school. It still counts: if it ought not to"
        " have been issued, ask for its withdrawal.",
    },
    first=(P.ISSUED,),
    moves=(
        Move(P.ISSUED, "pay", P.PAID, "Record that it is paid", COUNCIL_OR_SYSTEM),
        Move(P.ISSUED, "represent", P.REPRESENTED, REPRESENT, COUNCIL),
        Move(P.ISSUED, "rebut", P.ISSUED, "Record that it arrived later", COUNCIL),
        Move(P.ISSUED, "period_over", P.UNPAID, "The time to pay is over", COUNCIL_OR_SYSTEM),
        Move(P.ISSUED, "withdraw", P.WITHDRAWN, WITHDRAW, COUNCIL),
        Move(P.REPRESENTED, "pay", P.PAID, "Record that it is paid", COUNCIL_OR_SYSTEM),
        Move(P.REPRESENTED, "stand", P.ISSUED, "It stands: the time to pay goes on", COUNCIL),
        Move(P.REPRESENTED, "stand_unpaid", P.UNPAID, "It stands: the time is over", COUNCIL),
        Move(P.REPRESENTED, "withdraw", P.WITHDRAWN, WITHDRAW, COUNCIL),
        # A payment that bounced, or belonged to another notice, is taken off this one.
        Move(P.PAID, "unpay", P.ISSUED, "Record that it is not paid after all", COUNCIL),
        Move(P.PAID, "withdraw", P.WITHDRAWN, "Withdraw it and pay it back", COUNCIL),
        # A payment made in time may reach the books after the time to pay.
        Move(P.UNPAID, "pay", P.PAID, "Record that it was paid in time", COUNCIL_OR_SYSTEM),
        Move(P.UNPAID, "represent", P.REPRESENTED, REPRESENT, COUNCIL),
        Move(P.UNPAID, "rebut", P.ISSUED, "Record that it arrived later", COUNCIL),
        Move(P.UNPAID, "prepare", P.FOR_PROSECUTION, "Prepare a prosecution", COUNCIL),
        Move(P.UNPAID, "withdraw", P.WITHDRAWN, WITHDRAW, COUNCIL),
        Move(P.FOR_PROSECUTION, "pay", P.PAID, "Record that it was paid in time", COUNCIL),
        Move(P.FOR_PROSECUTION, "represent", P.REPRESENTED, REPRESENT, COUNCIL),
        Move(P.FOR_PROSECUTION, "rebut", P.ISSUED, "Record that it arrived later", COUNCIL),
        Move(P.FOR_PROSECUTION, "prosecute", P.PROSECUTED, "The court has decided", COUNCIL),
        Move(P.FOR_PROSECUTION, "withdraw", P.WITHDRAWN, WITHDRAW, COUNCIL),
        # Only where the parent was charged, or has died: else the notice is withdrawn.
        Move(P.FOR_PROSECUTION, "stop", P.NO_FURTHER_ACTION, "Take no further action", COUNCIL),
        # The court withdrew the charge, or it was stopped: why may be that there was no offence.
        Move(P.NO_FURTHER_ACTION, "withdraw", P.WITHDRAWN, WITHDRAW, COUNCIL),
    ),
    # The keys are those of rules.representations.Ground.
    reasons=(
        Reason("ought_not", _on("withdraw"), "It ought not to have been issued"),
        Reason("wrong_person", _on("withdraw"), "It went to the wrong person"),
        Reason("material_error", _on("withdraw"), "It contains a material error"),
        Reason("no_prosecution", _on("withdraw"), "Not paid, and the council will not prosecute"),
        Reason("discontinued", _on("stop"), "The prosecution was stopped after charge"),
        Reason("died", _on("stop"), "The parent has died"),
        Reason("wrong_reference", _on("unpay"), "The payment belongs to another notice"),
        Reason("bounced", _on("unpay"), "The payment did not clear"),
    ),
)
