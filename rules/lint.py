"""What the checks of referrals and of requests for notices share.

Councils return both for much the same reasons. Each lint has its own facts, its own table and its
own sources; what a check says, and the running of a table, stand here once. Nothing here refuses.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeVar

from rules.values import Row

DISCUSSED, EARLY_HELP, FAMILY = "discussed_first", "early_help", "family"

Found = tuple[str, str] | None  # the sentence and what to do; None when there is nothing to say
Facts = TypeVar("Facts")


@dataclass(frozen=True, slots=True)
class Finding:
    """One reason why it would come back: what is wrong, and what to do."""

    code: str
    sentence: str
    do: str


def found_by(
    checks: Iterable[tuple[str, Callable[[Facts, Row], Found]]], facts: Facts, figures: Row
) -> tuple[Finding, ...]:
    """What each check (code, function) finds in these facts, in the order given."""
    found = ((code, check(facts, figures)) for code, check in checks)
    return tuple(Finding(code, *said) for code, said in found if said is not None)


def count(number: int, one: str, many: str = "") -> str:
    """How many, in words: "1 session", "3 sessions"."""
    return f"1 {one}" if number == 1 else f"{number} {many or one + 's'}"


def unresolved_marks(number: int, one: str) -> Found:
    """Marks with code N. one: what a mark is called, "session" or "half day"."""
    if not number:
        return None
    return (
        f"{count(number, one)} still marked N: the reason is not known.",
        "Find the reason and correct the mark, or change it to O.",
    )


def missing_marks(number: int, one: str) -> Found:
    """Sessions that the school held and nobody marked. one: as for `unresolved_marks`."""
    if not number:
        return None
    return (
        f"{count(number, one)} without a mark, though the school was open.",
        "Enter or import the missing registers.",
    )


def behind(days: int, most: int, do: str) -> Found:
    """A register that ends too many school days ago. do: what to do about it."""
    return None if days <= most else (f"The register ends {count(days, 'school day')} ago.", do)


def parents_incomplete(number: int) -> Found:
    """Parents without all that names and finds them."""
    if not number:
        return None
    return (
        f"{count(number, 'parent')} without a first name, surname or full address.",
        "Check it with the family and put it on the pupil's record.",
    )


def ring_first(looked_after: bool, answered: Iterable[str]) -> Found:
    """A pupil whom the council looks after, and nobody said with whom it was discussed."""
    if not looked_after or DISCUSSED in answered:
        return None
    return (
        "The council looks after this pupil.",
        "Stop and ring the virtual school and the social worker. Then say whom you spoke to.",
    )


def help_unsaid(answered: Iterable[str]) -> Found:
    """Nothing about early help."""
    if EARLY_HELP in answered:
        return None
    return (
        "Nothing says whether early help was offered.",
        "Say when it was offered and what the family said, or why there is none.",
    )


def siblings_unsaid(number: int, answered: Iterable[str], do: str) -> Found:
    """Brothers and sisters whom the record knows, and nothing about them. do: what to say."""
    if not number or FAMILY in answered:
        return None
    known = count(number, "brother or sister", "brothers or sisters")
    return f"The record knows {known}.", do
