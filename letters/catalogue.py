"""Every kind of letter: what it is filled with, what it must say, who may send it."""

from dataclasses import dataclass
from datetime import date

from authorities.permissions import Permission
from letters.contexts import ConcernLetter
from rules.errors import InvalidInput


@dataclass(frozen=True, slots=True)
class LetterKind:
    """One kind.

    context     the frozen dataclass that fills it
    template    its page; wording goes inside
    subject     the PDF's title: what it is, without a name
    required    placeholders that any wording of this kind must use
    supportive  held to 150 words, reading age 11 and no threat
    approve     the permission that sends it
    sample      an invented context, for previews and for checking wording
    """

    key: str
    context: type[ConcernLetter]
    template: str
    subject: str
    required: tuple[str, ...]
    supportive: bool
    approve: Permission
    sample: ConcernLetter


KINDS = {
    kind.key: kind
    for kind in (
        LetterKind(
            key=ConcernLetter.KIND,
            context=ConcernLetter,
            template="letters/concern.html",
            subject="About your child's attendance",
            required=(
                "pupil_first_name",
                "days_missed",
                "since",
                "contact_name",
                "contact_details",
            ),
            supportive=True,
            approve=Permission.APPROVE_LETTER,
            sample=ConcernLetter(
                letter_date=date(2026, 11, 24),
                pupil_first_name="Robin",
                sessions_missed=19,
                since="September",
                review_period="15 school days",
                contact_name="Jo Lark",
                contact_details="01632 960123",
                school_name="Sample School",
                school_lines=("1 Sample Road", "Sampleton", "ZZ99 9ZZ"),
            ),
        ),
    )
}


def kind_of(key: str) -> LetterKind:
    """The kind with this key. Raises InvalidInput for a kind that does not exist."""
    if key not in KINDS:
        raise InvalidInput(f"There is no letter of the kind {key}.")
    return KINDS[key]
