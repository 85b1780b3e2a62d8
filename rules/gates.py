"""What stands before a legal step besides the law's own tests: how long a statement holds, what
is thought of for each family, and which requirements an officer of the council may go past.
"""

from dataclasses import dataclass
from datetime import date, timedelta

from rules.dates import in_words
from rules.register import SOURCES, rule
from rules.values import value_on


@rule("GATE-1", source="ONROLL/gate-statement")
def holds_until(on: date) -> date:
    """The last day on which a statement about `on` counts at a gate: then it is made again."""
    return on + timedelta(days=value_on("gate_statement", on)["days"])


@rule("GATE-2", source="ONROLL/gate-statement")
def holds(on: date, day: date) -> bool:
    """Whether a statement about `on` counts on `day`. None counts before the day it is about."""
    return on <= day <= holds_until(on)


# What is thought of before any notice: key, and the question as an officer reads it.
ASPECTS = {
    "send": "Special educational needs",
    "disability": "A disability",
    "health": "Health, of body or mind",
    "social_worker": "A social worker, or another service that protects the child",
    "literacy": "Difficulty with reading or writing, of a parent",
    "language": "A first language other than English",
    "bereavement": "A bereavement, or another loss or crisis",
}


@rule("GATE-3", source="EQA2010/s149")
def brake_refusal(applies: str, considered: str, adjusted: str) -> str:
    """Why an answer about one aspect of a family does not do, as a sentence; "" when it does.

    applies     "yes", "no" or "unknown"
    considered  what was thought of, or how it is known that it does not apply
    adjusted    which adjustments were tried, or why none fits; only where it applies

    Unknown keeps every notice back: it is asked first.
    """
    if applies not in ("yes", "no"):
        return "Find out first whether it applies. Not known keeps every notice back."
    if not considered.strip():
        return "Write what was considered, or how you know that it does not apply."
    if applies == "yes" and not adjusted.strip():
        return "Write which adjustments were tried, or why none fits."
    return ""


@dataclass(frozen=True, slots=True)
class Passable:
    """A requirement that may be gone past, and the source of that."""

    source: str


# Keys of the national tests. What is not here may never be gone past.
PASSABLE = {
    "threshold_met_or_reason": Passable("WTISA/below-threshold"),
    "support_appropriate": Passable("WTISA/sufficiency"),
    "sufficient_support": Passable("WTISA/sufficiency"),
}
# Kinds of records of support: where a local list asks for them, sufficiency is in question.
OF_SUPPORT = frozenset(
    {
        "call",
        "visit",
        "meeting_offered",
        "meeting_held",
        "minutes_sent",
        "assessment",
        "plan",
        "plan_cycle",
        "review",
        "contract",
        "support",
        "referral",
        "parent_voice",
        "pupil_voice",
        "siblings",
    }
)
# Before proceedings and before a notice is taken back nothing local may be gone past either.
LOCAL_PASSABLE_BEFORE = frozenset(
    {"notice_to_improve", "penalty_notice", "penalty_notice_for_leave"}
)


@rule("GATE-4", source="WTISA/sufficiency")
def may_go_past(step: str, requirement: str, *, evidence: str = "") -> bool:
    """Whether a requirement before a step may be gone past by two officers of the council.

    requirement  key of a national test; or of an item of a local list, and then
    evidence     the kind of record that the item asks for

    The threshold and the sufficiency of support may, before a notice. Age, school, the limit of
    two, the reasons of absences, the equality duty and all that stands before proceedings never.
    """
    if step not in LOCAL_PASSABLE_BEFORE:
        return False
    return evidence in OF_SUPPORT if evidence else requirement in PASSABLE


def why_passable(requirement: str) -> str:
    """The source of that, in words: for the page and the record."""
    return SOURCES[PASSABLE.get(requirement, Passable("WTISA/sufficiency")).source].says


@rule("GATE-5", source="ONROLL/gate-override")
def override_refusal(asked_by: int, settled_by: int) -> str:
    """Why somebody cannot agree that a gate is gone past, as a sentence; "" when they can.

    The one who asked never agrees.
    """
    if asked_by == settled_by:
        return "You asked for this yourself. A second officer of the council has to agree."
    return ""


@rule("GATE-6", source="ONROLL/gate-override")
def override_holds(agreed_on: date, day: date) -> bool:
    """Whether what two officers agreed still opens a gate on `day`: as long as a statement."""
    return holds(agreed_on, day)


def until_words(on: date) -> str:
    """Until when a statement holds, in words."""
    return in_words(holds_until(on))
