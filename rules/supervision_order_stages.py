"""The states of an education supervision order and the moves between them.

It begins when the council considers one, as it must before it prosecutes; most end there, with the
reason on record.
"""

import enum

from rules.moves import COUNCIL, COUNCIL_OR_SYSTEM, NOBODY, Move, Reason, Table


class SupervisionState(enum.StrEnum):
    """Where an education supervision order for one child stands."""

    CONSIDERED = "considered"
    NOT_SOUGHT = "not sought"
    CONSULTING = "consulting"
    APPLIED = "applied"
    REFUSED = "refused"
    IN_FORCE = "in force"
    EXTENDED = "extended"
    BREACHED = "breached"
    DISCHARGED = "discharged"
    ENDED = "ended"


S = SupervisionState
NOT_SEEK = "Do not seek an order, and say why"
REVIEW, DIRECT = "Record a review", "Record directions"
EXTEND, SEEK_EXTENSION = "Record that the court extended it", "Apply to extend it"
BREACH = "Directions are not followed"
DISCHARGE, END = "Record that the court discharged it", "It has come to its end"
_NOT = frozenset({"not_seek"})
_END = frozenset({"end"})

SUPERVISION = Table(
    thing="This education supervision order",
    labels={
        S.CONSIDERED: "Being considered",
        S.NOT_SOUGHT: "Not sought",
        S.CONSULTING: "Social services and the family are being asked",
        S.APPLIED: "Applied for",
        S.REFUSED: "Refused by the court",
        S.IN_FORCE: "In force",
        S.EXTENDED: "Extended",
        S.BREACHED: "Directions are not followed",
        S.DISCHARGED: "Discharged by the court",
        S.ENDED: "Ended",
    },
    turn={
        **dict.fromkeys(S, COUNCIL),
        S.NOT_SOUGHT: NOBODY,
        S.REFUSED: NOBODY,
        S.DISCHARGED: NOBODY,
        S.ENDED: NOBODY,
    },
    next={
        S.CONSIDERED: "Decide whether an order would help this child, and record why or why not.",
        S.NOT_SOUGHT: "The reason is on record. Decide the next step on the case.",
        S.CONSULTING: "Record what social services and the family say, then apply or do not.",
        S.APPLIED: "Record what the family court decides.",
        S.REFUSED: "Agree the next step on the case.",
        S.IN_FORCE: "Give directions, and review it every three months.",
        S.EXTENDED: "Give directions, and review it every three months.",
        S.BREACHED: "Decide: go on, prosecute, ask the court to discharge it, or tell social"
        " services.",
        S.DISCHARGED: "Agree what support goes on.",
        S.ENDED: "Agree what support goes on.",
    },
    first=(S.CONSIDERED,),
    moves=(
        Move(S.CONSIDERED, "consult", S.CONSULTING, "Ask social services and the family", COUNCIL),
        Move(S.CONSIDERED, "not_seek", S.NOT_SOUGHT, NOT_SEEK, COUNCIL),
        Move(S.CONSULTING, "hear", S.CONSULTING, "Record what was said", COUNCIL),
        Move(S.CONSULTING, "apply", S.APPLIED, "Apply to the court", COUNCIL, second_person=True),
        Move(S.CONSULTING, "not_seek", S.NOT_SOUGHT, NOT_SEEK, COUNCIL),
        Move(S.APPLIED, "make", S.IN_FORCE, "Record that the court made it", COUNCIL),
        Move(S.APPLIED, "refuse", S.REFUSED, "Record that the court refused it", COUNCIL),
        Move(S.APPLIED, "not_seek", S.NOT_SOUGHT, "Withdraw the application", COUNCIL),
        Move(S.IN_FORCE, "direct", S.IN_FORCE, DIRECT, COUNCIL),
        Move(S.IN_FORCE, "review", S.IN_FORCE, REVIEW, COUNCIL),
        Move(S.IN_FORCE, "seek_extension", S.IN_FORCE, SEEK_EXTENSION, COUNCIL),
        Move(S.IN_FORCE, "extend", S.EXTENDED, EXTEND, COUNCIL),
        Move(S.IN_FORCE, "breach", S.BREACHED, BREACH, COUNCIL),
        Move(S.IN_FORCE, "discharge", S.DISCHARGED, DISCHARGE, COUNCIL),
        Move(S.IN_FORCE, "end", S.ENDED, END, COUNCIL_OR_SYSTEM),
        Move(S.EXTENDED, "direct", S.EXTENDED, DIRECT, COUNCIL),
        Move(S.EXTENDED, "review", S.EXTENDED, REVIEW, COUNCIL),
        Move(S.EXTENDED, "seek_extension", S.EXTENDED, SEEK_EXTENSION, COUNCIL),
        Move(S.EXTENDED, "extend", S.EXTENDED, EXTEND, COUNCIL),
        Move(S.EXTENDED, "breach", S.BREACHED, BREACH, COUNCIL),
        Move(S.EXTENDED, "discharge", S.DISCHARGED, DISCHARGE, COUNCIL),
        Move(S.EXTENDED, "end", S.ENDED, END, COUNCIL_OR_SYSTEM),
        Move(S.BREACHED, "review", S.BREACHED, REVIEW, COUNCIL),
        Move(S.BREACHED, "prosecute", S.BREACHED, "Record a prosecution for it", COUNCIL),
        Move(S.BREACHED, "go_on", S.IN_FORCE, "Go on with the order", COUNCIL),
        Move(S.BREACHED, "go_on_extended", S.EXTENDED, "Go on with the longer order", COUNCIL),
        Move(S.BREACHED, "extend", S.EXTENDED, EXTEND, COUNCIL),
        Move(S.BREACHED, "discharge", S.DISCHARGED, DISCHARGE, COUNCIL),
        Move(S.BREACHED, "end", S.ENDED, END, COUNCIL_OR_SYSTEM),
    ),
    reasons=(
        Reason("would_not_help", _NOT, "An order would not help this child"),
        Reason("family_works_with_us", _NOT, "The family works with us without one"),
        Reason("support_not_tried", _NOT, "Voluntary support has not been tried to the end"),
        Reason("too_old", _NOT, "Too little of compulsory school age is left"),
        Reason("in_care", _NOT, "The child is in care"),
        Reason("social_care_leads", _NOT, "Social care leads, and advises against one"),
        Reason("prosecution_better", _NOT, "Prosecution fits this case better"),
        Reason("moved", _NOT, "The child moved to another council's area"),
        Reason("time_up", _END, "Its time is up"),
        Reason("past_age", _END, "The child is no longer of compulsory school age"),
        Reason("care_order", _END, "The court made a care order"),
    ),
)
