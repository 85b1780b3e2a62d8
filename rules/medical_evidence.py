"""When a school may ask for medical evidence of illness: on genuine and reasonable doubt only."""

from collections.abc import Mapping
from dataclasses import dataclass

from rules.register import rule

THE_LAW = (
    "Schools should not routinely ask for medical evidence. Ask only where there is genuine and"
    " reasonable doubt about the illness. A local policy cannot widen this."
)


@dataclass(frozen=True, slots=True)
class EvidenceGround:
    """One reason that people give for asking.

    lawful  whether it is enough
    says    what it means; for an unlawful one, why it is not enough and what to do
    """

    key: str
    label: str
    lawful: bool
    says: str


GROUNDS: Mapping[str, EvidenceGround] = {
    ground.key: ground
    for ground in (
        EvidenceGround(
            "doubt",
            "There is genuine and reasonable doubt that the pupil was ill",
            True,
            "Say what gives rise to the doubt.",
        ),
        EvidenceGround(
            "support",
            "It would help to plan support, and the parent is free to say no",
            True,
            "The absence stays authorised whatever the parent answers.",
        ),
        EvidenceGround(
            "length",
            "The absence is longer than our policy's limit",
            False,
            "Length alone is no doubt. A local policy that asks after so many days does not change"
            " the law: authorise the absence, or say what gives rise to a doubt.",
        ),
        EvidenceGround(
            "always",
            "Our policy or a contract asks for it each time",
            False,
            "Asking each time is asking routinely, which the guidance rules out.",
        ),
        EvidenceGround(
            "low attendance",
            "The pupil's attendance is low",
            False,
            "Low attendance alone is no doubt about this illness. Offer help, and ask only if"
            " something about this absence gives rise to a doubt.",
        ),
    )
}


@rule("EVID-1", source="WTISA/medical-evidence")
def refusal(ground: str, doubt: str, *, known_at_school: bool) -> str:
    """Why medical evidence may not be asked for, as a sentence; "" when it may.

    doubt            what gives rise to it
    known_at_school  staff saw that the pupil was unwell, or the illness is going round
    """
    if ground not in GROUNDS:
        return "Choose why you want to ask."
    found = GROUNDS[ground]
    if not found.lawful:
        return found.says
    if known_at_school and ground == "doubt":
        return (
            "Staff saw that the pupil was unwell, or it is going round: there is no doubt to ask"
            " about."
        )
    if not doubt.strip():
        return found.says if ground == "doubt" else "Say how it would help."
    return ""


@rule("EVID-2", source="WTISA/medical-evidence")
def may_become_unauthorised(ground: str) -> bool:
    """Whether the absence may be unauthorised when nothing comes: only where there was doubt."""
    return ground == "doubt"
