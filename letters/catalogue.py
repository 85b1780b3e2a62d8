"""Every kind of letter: what it is filled with, what it must say, who may send it."""

from dataclasses import dataclass
from datetime import date

from authorities.permissions import Permission
from letters.contexts import (
    ConcernLetter,
    LeaveGranted,
    LeaveLetter,
    LeavePartGranted,
    LeaveRefused,
    LetterContext,
)
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
    context: type[LetterContext]
    template: str
    subject: str
    required: tuple[str, ...]
    supportive: bool
    approve: Permission
    sample: LetterContext


LEAVE = {
    "letter_date": date(2026, 11, 24),
    "pupil_first_name": "Robin",
    "asked_days": "Monday 7 December to Friday 11 December 2026",
    "granted_days": "Monday 7 December to Tuesday 8 December 2026",
    "ground": "exceptional circumstances",
    "reason": "The funeral of a close relative.",
    "back_on": "Wednesday 9 December 2026",
    "contact_name": "Jo Lark",
    "contact_details": "01632 960123",
    "school_name": "Sample School",
    "school_lines": ("1 Sample Road", "Sampleton", "ZZ99 9ZZ"),
}


def _leave(context: type[LeaveLetter], subject: str, *required: str) -> LetterKind:
    """A kind of answer to a request for leave. It says what the law makes of an absence, so it is
    not held to the words of a supportive letter."""
    return LetterKind(
        key=context.KIND,
        context=context,
        template="letters/concern.html",
        subject=subject,
        required=("pupil_first_name", "asked_days", *required, "contact_name", "contact_details"),
        supportive=False,
        approve=Permission.APPROVE_LETTER,
        sample=context(**LEAVE),  # type: ignore[arg-type]
    )


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
        _leave(LeaveGranted, "Leave of absence granted", "granted_days", "back_on"),
        _leave(
            LeavePartGranted,
            "Leave of absence granted in part",
            "granted_days",
            "back_on",
            "reason",
        ),
        _leave(LeaveRefused, "Leave of absence not granted", "reason"),
    )
}


def kind_of(key: str) -> LetterKind:
    """The kind with this key. Raises InvalidInput for a kind that does not exist."""
    if key not in KINDS:
        raise InvalidInput(f"There is no letter of the kind {key}.")
    return KINDS[key]
