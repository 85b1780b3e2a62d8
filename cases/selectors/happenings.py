"""What only a person can tell the policy on a case: no record of ours says it."""

from dataclasses import dataclass

from authorities.packs import PolicyInForce
from authorities.packs import Proposal as Proposed
from authorities.packs.schema import HAPPENING_WORDS
from cases.models import Case

BY_PEOPLE = ("support_exhausted", "safeguarding_concern")


@dataclass(frozen=True, slots=True)
class Sayable:
    """Something that happened, and what the policies in force propose then, where the case is."""

    value: str
    words: str
    then: tuple[str, ...]


def sayable(case: Case, policy: PolicyInForce) -> list[Sayable]:
    """What a person can say on a case: only what a policy in force answers to, where it stands."""
    found = []
    for value in BY_PEOPLE:
        answers = policy.proposals_on(value, case.places)
        if answers:
            then = tuple(_label(one) for one in answers)
            found.append(Sayable(value, HAPPENING_WORDS[value], then))
    return found


def _label(one: Proposed) -> str:
    """What a trigger proposes, in the policy's own words."""
    pack, trigger = one.layer.pack, one.trigger
    names = {
        "letter": {row.key: f"Send: {row.title}" for row in pack.letters},
        "meeting": {row.key: f"Hold: {row.label}" for row in pack.meetings},
        "stage": {row.key: f"Move to {row.label}" for row in pack.stages},
    }.get(trigger.proposes, {})
    target = trigger.letter or trigger.meeting or trigger.stage or ""
    other = {"close": "Close the case", "case": "Open a case"}.get(trigger.proposes)
    return names.get(target) or other or trigger.note or "Look at this pupil"
