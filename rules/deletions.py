"""Taking a name off the roll: the lawful grounds, what must be true, and the council told first.

No other reason is lawful. We have not read the text of the regulation: each ground says so until
somebody has.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from rules.compulsory_age import compulsory_days
from rules.dates import in_words
from rules.register import rule
from rules.values import value_on

UNVERIFIED = "We have not read the text of the regulation. Check this ground against it."


@dataclass(frozen=True, slots=True)
class Ground:
    """One lawful ground to take a name off the roll.

    says         the ground in plain words
    must_be      what a person must confirm: key → sentence
    asks_where   the new school or address must be given
    absent_days  school days of absence that the register itself must show; 0 for none
    after_leave  the absence must follow leave that was granted
    past_school_age  only on or after the end of compulsory school age
    """

    key: str
    label: str
    says: str
    must_be: Mapping[str, str] = field(default_factory=dict)
    asks_where: bool = False
    absent_days: str = ""
    after_leave: bool = False
    past_school_age: bool = False
    source: str = "PR2024/reg9"


ENQUIRED = "The school and the council have both looked for the child, together, and not found them"
NOT_ILL = "There is no reason to think that illness or something unavoidable keeps the child away"

GROUNDS: Mapping[str, Ground] = {
    ground.key: ground
    for ground in (
        Ground(
            "other-school",
            "Goes to another school",
            "The child is registered at another school, which is not a dual registration.",
            {"registered": "The other school has said that the child is, or will be, on its roll"},
            asks_where=True,
        ),
        Ground(
            "home-education",
            "Educated at home",
            "The parent has written that the child will be educated otherwise than at school.",
            {
                "in_writing": "The parent's own letter or email says so. A talk is not enough",
                "not_order": "No school attendance order names this school",
                "not_special": (
                    "The council did not place the child at this special school,"
                    " or the council has agreed"
                ),
            },
        ),
        Ground(
            "moved-away",
            "Moved away",
            "The child has stopped attending and no longer lives within reasonable reach.",
            {
                "stopped": "The child no longer attends",
                "too_far": "The home is now too far away to travel to school",
            },
            asks_where=True,
        ),
        Ground(
            "leave-not-returned",
            "Not back after leave",
            "Leave was granted, and the child was not back ten school days after it ended.",
            {"not_ill": NOT_ILL, "enquired": ENQUIRED},
            absent_days="deletion_after_leave",
            after_leave=True,
        ),
        Ground(
            "unexplained",
            "Absent for 20 school days without a reason",
            "Twenty school days of unauthorised absence in a row, and nobody can find the child.",
            {"not_ill": NOT_ILL, "enquired": ENQUIRED},
            absent_days="deletion_unexplained",
        ),
        Ground(
            "custody",
            "In custody",
            "A court has ordered detention for a time, and the child will not come back after it.",
            {
                "sentenced": "The order is final and runs for four months or more",
                "not_back": "Nobody expects the child to come back to this school at its end",
            },
        ),
        Ground(
            "excluded",
            "Permanently excluded",
            "The child was permanently excluded, and the exclusion is final.",
            {"final": "The governors have decided, and the time for a review is over or waived"},
        ),
        Ground(
            "order-replaced",
            "School attendance order changed or ended",
            "The child was on roll under an order that now names another school, or has ended.",
            {"order": "The council has changed or ended the order"},
        ),
        Ground(
            "school-age-over",
            "Compulsory school age is over",
            "The child is past compulsory school age and will not stay on here.",
            {"not_staying": "The child will not join the sixth form, or has left it"},
            past_school_age=True,
        ),
        Ground(
            "oldest-year",
            "Leaves with the oldest year group",
            "The child has finished the school's oldest year group and goes on elsewhere.",
            {"place": "The child has a place elsewhere, or the council knows that there is none"},
        ),
        Ground(
            "nursery",
            "Leaves the nursery",
            "The child was in the nursery and does not go on to the reception class here.",
            {"not_reception": "The child will not be in the reception class"},
        ),
        Ground("died", "The child has died", "The child has died."),
    )
}


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known when a name is to be taken off.

    last_day      the last day on roll
    confirmed     keys of the ground's statements that a person confirmed
    where         the new school or place, "" when not given
    absent_days   school days in a row that the register shows as unauthorised up to `last_day`
    after_leave   school days of absence since granted leave ended; None when there was none
    council_told  a deletion return was made, or is made in the same step
    return_due    a deletion return is needed
    """

    starts_on: date
    born_on: date
    last_day: date
    confirmed: frozenset[str] = frozenset()
    where: str = ""
    absent_days: int = 0
    after_leave: int | None = None
    council_told: bool = False
    return_due: bool = True


@rule("DEL-1", source="PR2024/reg9")
def refusal(key: str, facts: Facts) -> str:
    """Why a name may not be taken off the roll on a ground, as a sentence; empty when it may.

    A reason that is no ground is refused first: a poor record, a part-time timetable or a parent
    who was asked to move the child are none.
    """
    ground = GROUNDS.get(key)
    if ground is None:
        return "Select a lawful ground. A name may be taken off the roll for no other reason."
    if facts.last_day < facts.starts_on:
        return "The last day on roll must be on or after the day the pupil joined."
    missing = [said for name, said in ground.must_be.items() if name not in facts.confirmed]
    if missing:
        return f"This must be true, and confirmed: {missing[0][:1].lower()}{missing[0][1:]}."
    return _not_shown(ground, facts) or _not_told(ground, facts)


def _not_shown(ground: Ground, facts: Facts) -> str:
    """What the register or the dates do not bear out."""
    if ground.asks_where and not facts.where:
        return "Say where the child goes: the new school, or the place they moved to."
    if ground.past_school_age:
        last = compulsory_days(facts.born_on).last
        if last is not None and facts.last_day < last:
            return (
                f"Compulsory school age ends on {in_words(last)}. Choose that day or a later one."
            )
    if ground.absent_days:
        needed = value_on(ground.absent_days, facts.last_day)["school_days"]
        if ground.after_leave and facts.after_leave is None:
            return "No leave was granted that the child could be late back from."
        shown = (facts.after_leave or 0) if ground.after_leave else facts.absent_days
        if shown < needed:
            return (
                f"The register shows {shown} school days of this absence. {needed} are needed"
                " before this ground is open."
            )
    return ""


def _not_told(ground: Ground, facts: Facts) -> str:
    if facts.return_due and not facts.council_told:
        return (
            "The council must be told before the name is taken off. Say how and when it was told."
        )
    return ""
