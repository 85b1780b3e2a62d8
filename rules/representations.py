"""After a penalty notice was issued: what a parent may say against it, and when it is withdrawn.

There is no appeal against a penalty notice. A parent may say that it should be withdrawn, and the
council withdraws it on the grounds of the law and no other.
"""

import enum
from collections.abc import Collection
from dataclasses import dataclass

from rules.errors import InvalidInput
from rules.notice_stages import PENALTY, PenaltyState
from rules.register import rule


class Ground(enum.StrEnum):
    """Why a penalty notice is withdrawn. The law knows these and no other."""

    OUGHT_NOT = "ought_not"
    WRONG_PERSON = "wrong_person"
    MATERIAL_ERROR = "material_error"
    NO_PROSECUTION = "no_prosecution"


@dataclass(frozen=True, slots=True)
class GroundInLaw:
    """One ground, as the regulations and the yearly return have it.

    words         what it means, to the officer who chooses it
    regulation    of the Education (Penalty Notices) (England) Regulations 2007
    is_a_duty     the council must withdraw: it is not a choice
    after_period  only once the time to pay is over and nothing was paid in it
    column        the cell of the yearly return that counts it
    """

    ground: Ground
    words: str
    regulation: str
    is_a_duty: bool
    after_period: bool
    column: str


GROUNDS = (
    GroundInLaw(
        Ground.OUGHT_NOT,
        "It ought not to have been issued, or it is outside the council's code",
        "8",
        is_a_duty=False,
        after_period=False,
        column="withdrawn_reason_conduct",
    ),
    GroundInLaw(
        Ground.WRONG_PERSON,
        "It ought not to have been issued to the person named in it",
        "8",
        is_a_duty=False,
        after_period=False,
        column="withdrawn_reason_wrong_issue",
    ),
    GroundInLaw(
        Ground.MATERIAL_ERROR,
        "It contains a material error",
        "8",
        is_a_duty=False,
        after_period=False,
        column="withdrawn_reason_material_error",
    ),
    GroundInLaw(
        Ground.NO_PROSECUTION,
        "The time to pay is over, it is unpaid, and the council will not prosecute",
        "9",
        is_a_duty=True,
        after_period=True,
        column="withdrawn_reason_expiry_no_legal",
    ),
)
IN_LAW = {one.ground: one for one in GROUNDS}
UNPAID_AT_THE_END = frozenset({PenaltyState.UNPAID, PenaltyState.FOR_PROSECUTION})


@rule("WDR-1", source="PN2007/withdrawal")
def withdrawal_refusal(ground: str, state: PenaltyState, *, charged: bool = False) -> str:
    """Why a notice cannot be withdrawn on this ground now, as a sentence; "" when it can.

    charged  the parent has been charged with the offence, and the charge still stands

    The three grounds of regulation 8 are open as long as nobody was convicted, also after payment
    and after a charge that was stopped.
    That nobody will be prosecuted is a ground only once the time to pay is over. Raises
    InvalidInput for anything that is no ground in law.
    """
    if ground not in IN_LAW:
        raise InvalidInput(
            "A penalty notice is withdrawn on the grounds of the law alone. Choose one of them."
        )
    if all(move.event != "withdraw" for move in PENALTY.moves_from(state)):
        return f"This penalty notice cannot be withdrawn now: {PENALTY.labels[state].lower()}."
    if charged:
        return "The parent has been charged. Discontinue the prosecution first, then withdraw."
    if IN_LAW[Ground(ground)].after_period and state not in UNPAID_AT_THE_END:
        return (
            "That the council will not prosecute is a ground only when the time to pay is over and"
            " the notice is unpaid. Choose another ground, or wait."
        )
    return ""


@rule("WDR-2", source="PN2007/withdrawal")
def refund_on_withdrawal(kept_pence: int) -> int:
    """The pence to pay back when a notice is withdrawn: all that was paid and not yet sent back.

    Also what was paid late, in part or twice. Raises ValueError when less than nothing was kept.
    """
    if kept_pence < 0:
        raise ValueError("More was sent back than was ever paid")
    return kept_pence


@rule("WDR-3", source="PN2007/withdrawal")
def must_withdraw(state: PenaltyState, *, prosecutes: bool | None) -> str:
    """Why the council must withdraw, as a sentence; "" when it need not, or not yet.

    prosecutes  whether the council prosecutes; None while it has not decided
    """
    if state in UNPAID_AT_THE_END and prosecutes is False:
        return (
            "The notice is unpaid and the council will not prosecute, so it must be withdrawn."
            " Tell the parent in writing."
        )
    return ""


@rule("WDR-4", source="LOCAL/joint-withdrawal")
def agreement_missing(needed: Collection[str], agreed: Collection[str]) -> str:
    """Whose agreement to a withdrawal is still missing, as a sentence; "" when all agreed.

    needed  who the policy in force says must agree, in words: the headteacher
    """
    missing = [who for who in needed if who not in agreed]
    if not missing:
        return ""
    return (
        f"This policy also needs the agreement of {' and '.join(missing)}. Record it, then"
        " withdraw the notice."
    )


@dataclass(frozen=True, slots=True)
class Plea:
    """One thing a parent may say against a notice.

    key      what is stored
    words    as the parent reads it
    ask      what would help to decide it
    grounds  those on which the notice can be withdrawn if the parent is right; with none, the
             answer is not a withdrawal
    """

    key: str
    words: str
    ask: str
    grounds: tuple[Ground, ...]


PLEAS = (
    Plea(
        "register_wrong",
        "My child was at school, or the absence was authorised",
        "Which days, and what shows it?",
        (Ground.OUGHT_NOT,),
    ),
    Plea(
        "leave_given",
        "The school gave leave",
        "Who gave it, when, and for which days? Send the letter or message if you have it.",
        (Ground.OUGHT_NOT,),
    ),
    Plea(
        "ill",
        "My child was ill, or something we could not avoid kept them away",
        "What happened, and on which days? Send anything that shows it.",
        (Ground.OUGHT_NOT,),
    ),
    Plea(
        "religious_day",
        "It was a holy day of our religion",
        "Which day, and which religious body?",
        (Ground.OUGHT_NOT,),
    ),
    Plea(
        "transport",
        "The council did not arrange the transport it should have",
        "How far is the way to school, and what did you ask for?",
        (Ground.OUGHT_NOT,),
    ),
    Plea(
        "travelling_work",
        "We travel for our work",
        "What work is it, and where was your child taught in that time?",
        (Ground.OUGHT_NOT,),
    ),
    Plea(
        "no_support",
        "We were not warned or not given the help we should have had",
        "What were you told or offered, and when?",
        (Ground.OUGHT_NOT,),
    ),
    Plea(
        "third_notice",
        "I have had two notices for this child in three years",
        "Which council sent them, and when?",
        (Ground.OUGHT_NOT,),
    ),
    Plea(
        "health_or_disability",
        "My child's health, disability or special needs were not thought of",
        "What should have been done differently?",
        (Ground.OUGHT_NOT,),
    ),
    Plea(
        "not_the_parent",
        "I am not this child's parent, or did not look after them in that time",
        "Who looked after the child on those days?",
        (Ground.WRONG_PERSON, Ground.OUGHT_NOT),
    ),
    Plea(
        "mistake_in_notice",
        "There is a mistake in the notice",
        "What is wrong in it?",
        (Ground.MATERIAL_ERROR, Ground.WRONG_PERSON),
    ),
    Plea(
        "already_paid",
        "I have paid",
        "When, how much, and with which reference?",
        (),
    ),
    Plea(
        "came_late",
        "The notice came late, or not at all",
        "When did it come, and to which address?",
        (),
    ),
    Plea(
        "hardship",
        "I cannot pay",
        "What would you like the council to know?",
        (Ground.NO_PROSECUTION,),
    ),
    Plea(
        "something_else",
        "Something else",
        "Tell us what it is.",
        tuple(Ground),
    ),
)
_PLEAS = {plea.key: plea for plea in PLEAS}


def plea_for(key: str) -> Plea:
    """What the parent said, by its key. Raises InvalidInput for a key that is none."""
    if key not in _PLEAS:
        raise InvalidInput("Choose what the parent says from the list.")
    return _PLEAS[key]


@rule("WDR-5", source="ONROLL/pleas")
def answer_refusal(key: str, *, upheld: bool, ground: str, words: str) -> str:
    """Why this answer cannot be given to a parent, as a sentence; "" when it can.

    key     what the parent said; upheld  whether the notice is withdrawn for it
    ground  the ground of the withdrawal, "" when there is none
    words   what the parent is told

    Every answer gives its reasons. One that upholds names a ground that follows from what the
    parent said; one that does not names none.
    """
    plea = plea_for(key)
    if not words.strip():
        return "Write what the parent is told, and why."
    if upheld and ground not in plea.grounds:
        return (
            "Choose a ground that follows from what the parent says. If they are right about"
            " something else, record that first."
        )
    if not upheld and ground:
        return "The notice stands, so there is no ground for withdrawing it. Leave that empty."
    return ""
