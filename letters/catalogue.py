"""Every kind of letter: what it is filled with, what it must say, who may send it."""

from dataclasses import dataclass
from datetime import date

from authorities.permissions import Permission
from letters.contexts import (
    CautionLetter,
    ConcernLetter,
    CouncilLetter,
    ImprovementEndsEarly,
    ImprovementLetter,
    ImprovementNews,
    ImprovementOutcome,
    LeaveGranted,
    LeaveLetter,
    LeavePartGranted,
    LeaveRefused,
    LetterContext,
    PenaltyEnded,
    PenaltyExcluded,
    PenaltyFirst,
    PenaltyLetter,
    PenaltySecond,
    PenaltyStands,
    PenaltyWithdrawn,
    ProsecutionEnded,
    SupervisionDirection,
    SupervisionLetter,
    SupervisionNews,
    SupervisionProposed,
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


COUNCIL = {
    "council_name": "Sample Council",
    "council_contact": "01632 960200",
    "council_lines": ("Penalty notices", "1 Sample Square", "Sampleton", "ZZ99 8ZZ"),
    "officer": "Chris Wren, authorised officer of Sample Council",
}
PENALTY = {
    "letter_date": date(2026, 11, 24),
    "notice_reference": "PN 7K3M 9QXT",
    "parent_name": "Ms Alex Larkfield",
    "parent_address": "12 Orchard Row, Sampleton, ZZ99 1AA",
    "child_name": "Robin Larkfield",
    "child_address": "The same address as yours",
    "school_name": "Sample School",
    "places": "Sample School, 1 Sample Road, Sampleton, ZZ99 9ZZ",
    "offence": "Robin was away for 10 half days, from 5 October 2026 to 9 October 2026, without"
    " leave.",
    "days": "5, 6, 7, 8 and 9 October 2026 (whole days)",
    "issued_on": "Tuesday 24 November 2026",
    "early_amount": "£80",
    "early_by": "Wednesday 16 December 2026",
    "full_amount": "£160",
    "full_by": "Wednesday 23 December 2026",
    "serving": "We post this notice by first-class post on Tuesday 24 November 2026. Unless you"
    " show another day, it is taken as received on Thursday 26 November 2026.",
    "counting": "Day 1 is the day you receive it. The last day to pay £80 is day 21, and the last"
    " day to pay £160 is day 28.",
    "ways": "Online at pay.example.org, or by phone on 01632 960200",
    "council_address": "Penalty notices, 1 Sample Square, Sampleton, ZZ99 8ZZ",
    **COUNCIL,
}


def _penalty(context: type[PenaltyLetter]) -> LetterKind:
    """A kind of penalty notice. Its wording must give every particular of the regulations."""
    sample = context(**PENALTY)  # type: ignore[arg-type]
    early = {"early_amount", "early_by"} if context is PenaltySecond else set()
    return LetterKind(
        key=context.KIND,
        context=context,
        template="letters/notice.html",
        subject="Penalty notice",
        required=tuple(name for name in sample.placeholders() if name not in early),
        supportive=False,
        approve=Permission.DECIDE_NOTICE,
        sample=sample,
    )


ISSUER = {
    "notice_reference": "7K3M9QXTBB",
    "child_name": "Robin Larkfield",
    "officer": "Jo Lark, headteacher",
    "issuer": "Sample School",
    "issuer_contact": "01632 960123",
    "issuer_lines": ("1 Sample Road", "Sampleton", "ZZ99 9ZZ"),
}
IMPROVEMENT = {
    **ISSUER,
    "letter_date": date(2026, 11, 24),
    "school_name": "Sample School",
    "record": "Robin missed 10 half days without leave, from 5 October to 9 October 2026.",
    "duty": "Every day at school counts. The law asks you to see that Robin goes to school.",
    "support": "A mentor since 7 September 2026. A meeting on 14 October 2026.",
    "offer": "The mentor goes on. You can ask for a meeting at any time.",
    "success": "No more than 5 of 58 half days may be missed without leave.",
    "weeks": "6 school weeks",
    "starts_on": "Monday 30 November 2026",
    "ends_on": "Friday 22 January 2027",
    "early": "More than 5 half days are missed without leave.",
}


def _improvement_news(context: type[ImprovementNews], subject: str) -> LetterKind:
    """A kind of letter about what became of a Notice to Improve."""
    said = {
        **ISSUER,
        "letter_date": date(2027, 1, 25),
        "issued_on": "24 November 2026",
        "result": "Robin missed 2 of 58 half days without leave. That is enough improvement.",
        "reason": "The weeks are over.",
        "what_next": "You do not have to do anything. Help goes on as long as you need it.",
    }
    return LetterKind(
        key=context.KIND,
        context=context,
        template="letters/notice.html",
        subject=subject,
        required=("child_name", "issued_on", "result", "reason", "what_next"),
        supportive=False,
        approve=Permission.DECIDE_NOTICE,
        sample=context(**said),  # type: ignore[arg-type]
    )


def _council(context: type[CouncilLetter], subject: str) -> LetterKind:
    """A kind of letter about what became of a penalty notice."""
    said = {
        "letter_date": date(2026, 12, 14),
        "notice_reference": "PN 7K3M 9QXT",
        "child_name": "Robin Larkfield",
        "issued_on": "24 November 2026",
        "reason": "The school gave leave for these days.",
        "what_next": "You do not have to do anything.",
        **COUNCIL,
    }
    sample = context(**said)  # type: ignore[arg-type]
    return LetterKind(
        key=context.KIND,
        context=context,
        template="letters/notice.html",
        subject=subject,
        required=("notice_reference", "child_name", "issued_on", "reason", "what_next"),
        supportive=False,
        approve=Permission.DECIDE_NOTICE,
        sample=sample,
    )


def _supervision(context: type[SupervisionLetter], subject: str, **said: str) -> LetterKind:
    """A kind of letter about an education supervision order, with what only this kind says."""
    common = {
        "letter_date": date(2026, 11, 24),
        "notice_reference": "7K3M9QXTBB",
        "child_name": "Robin Larkfield",
        "school_name": "Sample School",
        **COUNCIL,
        **said,
    }
    sample = context(**common)  # type: ignore[arg-type]
    return LetterKind(
        key=context.KIND,
        context=context,
        template="letters/notice.html",
        subject=subject,
        required=("child_name", *said),
        supportive=False,
        approve=Permission.PROSECUTE,
        sample=sample,
    )


CAUTION = {
    **COUNCIL,
    "letter_date": date(2027, 1, 11),
    "notice_reference": "7K3M9QXTBB",
    "parent_name": "Ms Alex Larkfield",
    "child_name": "Robin Larkfield",
    "school_name": "Sample School",
    "section": "section 444(1) of the Education Act 1996",
    "offence": "The child failed to attend regularly at school",
    "days": "Monday 5 October 2026 (morning and afternoon); Tuesday 6 October 2026 (morning)",
    "penalty": "The most a court may impose is a fine of £1,000.",
    "answer_by": "Monday 25 January 2027",
    "caution": "You do not have to say anything. What you do say may be used in court.",
    "rights": ("You need not answer these questions.", "You may ask a lawyer for advice."),
    "questions": ("Was your child ill on any of these days?", "Is there anything else?"),
    "council_address": "Penalty notices, 1 Sample Square, Sampleton, ZZ99 8ZZ",
}
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
        _penalty(PenaltyFirst),
        _penalty(PenaltySecond),
        _penalty(PenaltyExcluded),
        _council(PenaltyWithdrawn, "A penalty notice is withdrawn"),
        _council(PenaltyStands, "Your letter about a penalty notice"),
        _council(PenaltyEnded, "No further action on a penalty notice"),
        _council(ProsecutionEnded, "We do not take you to court"),
        LetterKind(
            key=ImprovementLetter.KIND,
            context=ImprovementLetter,
            template="letters/notice.html",
            subject="Notice to Improve",
            required=(
                *("child_name", "record", "duty", "support", "offer", "success"),
                *("starts_on", "ends_on", "early"),
            ),
            supportive=False,
            approve=Permission.DECIDE_NOTICE,
            sample=ImprovementLetter(**IMPROVEMENT),  # type: ignore[arg-type]
        ),
        _improvement_news(ImprovementEndsEarly, "A Notice to Improve may end early"),
        _improvement_news(ImprovementOutcome, "How a Notice to Improve went"),
        _supervision(
            SupervisionProposed,
            "Before an education supervision order",
            reason="Robin missed 34 of 60 half days without leave, and help did not change that.",
            meeting="Please meet us on Tuesday 1 December 2026 at 10am, at the school.",
        ),
        _supervision(
            SupervisionDirection,
            "A direction under an education supervision order",
            direction="Bring Robin to the school gate by 8.40am on each school day.",
            given_on="24 November 2026",
            until="14 January 2028",
        ),
        _supervision(
            SupervisionNews,
            "About an education supervision order",
            result="The court made an education supervision order on 15 January 2027.",
            reason="It lasts until 14 January 2028.",
            what_next="Jo Lark visits you in the first week. You can ask for help at any time.",
        ),
        LetterKind(
            key=CautionLetter.KIND,
            context=CautionLetter,
            template="letters/notice.html",
            subject="Before a prosecution: questions for you",
            required=tuple(name for name in CAUTION if isinstance(CAUTION[name], str)),
            supportive=False,
            approve=Permission.PROSECUTE,
            sample=CautionLetter(**CAUTION),  # type: ignore[arg-type]
        ),
    )
}


def kind_of(key: str) -> LetterKind:
    """The kind with this key. Raises InvalidInput for a kind that does not exist."""
    if key not in KINDS:
        raise InvalidInput(f"There is no letter of the kind {key}.")
    return KINDS[key]
