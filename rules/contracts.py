"""Attendance contracts: to whom one may be offered, for how long, and how it is agreed.

A contract is a promise on both sides. It is voluntary, it is no court order, and nobody is sued or
fined for breaking it; what happened to it is evidence later.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from rules.compulsory_age import compulsory_days
from rules.dates import ONE_DAY, in_words
from rules.deadlines import due_on
from rules.penalty_notices import SchoolType, contract_allowed
from rules.register import rule
from rules.school_calendar import Calendar

# A school week is counted whole, to its last school day; any other length ends on the day before.
WHOLE = frozenset({"school weeks"})
AWAY = (
    "A contract cannot be agreed in a parent's absence. Record which parent was at the meeting, or"
    " hold the meeting first."
)
NO_PARENT = (
    "This adult has neither parental responsibility nor care of the pupil, so they cannot be part"
    " of a contract."
)
NOT_SAID = (
    "Nobody has said whether this adult has parental responsibility or care of the pupil. Say so"
    " on the pupil's record first."
)
TOLD_NOTHING = (
    "A court order says this adult must not be told about the pupil, so they cannot be part of a"
    " contract."
)


@rule("CONTRACT-1", source="ASBA2003/s19")
def refusal_to_offer(school: SchoolType, born: date, on: date) -> str:
    """Why no contract can be offered for a pupil on a day, as a sentence; "" when one can.

    Not at an independent or a non-maintained special school; only for a child of compulsory
    school age, its first and its last day included.
    """
    answer = contract_allowed(school)
    if not answer.allowed:
        return answer.why
    ages = compulsory_days(born)
    if ages.first and on < ages.first:
        return (
            "An attendance contract is for a child of compulsory school age. This pupil reaches it"
            f" on {in_words(ages.first)}."
        )
    if ages.last and on > ages.last:
        return (
            "An attendance contract is for a child of compulsory school age. This pupil's ended on"
            f" {in_words(ages.last)}."
        )
    return ""


@dataclass(frozen=True, slots=True)
class Length:
    """How long a contract may be by the policy. None: the policy leaves that end open."""

    unit: str
    lowest: int | None = None
    highest: int | None = None

    @property
    def words(self) -> str:
        """As a person reads it: 4 to 6 weeks; 10 weeks; any length."""
        if self.lowest is None and self.highest is None:
            return "any length"
        if self.lowest == self.highest:
            return f"{self.lowest} {self.unit}"
        if self.lowest is None:
            return f"at most {self.highest} {self.unit}"
        if self.highest is None:
            return f"at least {self.lowest} {self.unit}"
        return f"{self.lowest} to {self.highest} {self.unit}"


@rule("CONTRACT-2", source="WTISA/contracts")
def length_refusal(length: int, allowed: Length) -> str:
    """Why a contract may not have this length, as a sentence; "" when it may.

    The law sets none: the policy's own lowest and highest hold, both included.
    """
    low = allowed.lowest is not None and length < allowed.lowest
    high = allowed.highest is not None and length > allowed.highest
    if length < 1:
        return f"A contract must last for at least 1 of its {allowed.unit}."
    if low or high:
        return f"The policy that you chose makes contracts of {allowed.words}. Enter that."
    return ""


def last_day(starts: date, length: int, unit: str, calendar: Calendar) -> date:
    """The last day of a contract that starts on `starts`, that day counted.

    Six weeks from a Monday end on a Sunday; six school weeks on the last school day of the sixth.
    Raises UnknownTerm when the calendar ends first.
    """
    after = due_on(starts, length, unit, calendar)
    return after if unit in WHOLE else after - ONE_DAY


def review_days(starts: date, ends: date, number: int) -> tuple[date, ...]:
    """The days of `number` reviews, evenly over the period; the last on its last day."""
    days = (ends - starts).days
    return tuple(starts + (days * n // number) * ONE_DAY for n in range(1, number + 1))


@rule("CONTRACT-3", source="WTISA/contracts")
def party_refusal(*, responsibility: str, care: str, may_be_told: bool) -> str:
    """Why an adult cannot be part of a contract about a pupil, as a sentence; "" when they can.

    responsibility, care  "yes", "no" or anything else for not known, on the day; not known is no

    Only a parent of the pupil: somebody with parental responsibility, or with care of the child.
    """
    if not may_be_told:
        return TOLD_NOTHING
    if "yes" in (responsibility, care):
        return ""
    return NO_PARENT if responsibility == care == "no" else NOT_SAID


@rule("CONTRACT-4", source="WTISA/contracts")
def meeting_refusal(present: Collection[str], parties: Collection[str]) -> str:
    """Why a meeting cannot agree a contract, as a sentence; "" when it can.

    present, parties  keys of the adults who were there, and with whom the contract is

    At least one parent with whom it is made must have been there.
    """
    return "" if set(present) & set(parties) else AWAY


@rule("CONTRACT-5", source="WTISA/contracts")
def signature_refusal(signs: str, present: Collection[str], parties: Collection[str]) -> str:
    """Why a parent's signature cannot be taken, as a sentence; "" when it can.

    Nobody signs for another: one of the parents of this contract, who was at a meeting about it.
    """
    if signs not in parties:
        return "Only a parent with whom this contract is made can sign it."
    if signs not in present:
        return AWAY
    return ""


@rule("CONTRACT-6", source="ASBA2003/s19")
def is_agreed(parents_signed: int, staff_signed: int) -> bool:
    """Whether a contract is agreed: at least one parent has signed, and school or council has."""
    return parents_signed > 0 and staff_signed > 0
