"""What a referral is written from: the first words of each answer, and the facts it is checked by.

The school's page before sending and the council's on arrival both ask `checked`: while a referral
is written it looks at the record of today, once sent at the facts that were kept with it.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from attendance.models import AdultLink, Contact, Flag, PupilFlag
from attendance.selectors.books import Book
from attendance.selectors.enrolments import on_roll
from attendance.selectors.families import CLOSE, brothers_and_sisters
from authorities.packs import PolicyInForce
from authorities.packs.schema import Item
from cases.models import Assessment, Case, GivenSupport, Referral
from cases.selectors.checklists import gate_state, statements_of
from cases.selectors.evidence import evidence_of
from cases.selectors.facts import book_for
from cases.selectors.shown import Shown
from frontend.templatetags.govuk import percent_bp, sessions_as_days
from rules.absence import basis_points
from rules.compulsory_age import compulsory_on
from rules.dates import in_words, monday_of
from rules.lint import Finding
from rules.referral_lint import STANDING, Facts, findings
from rules.referral_stages import WRITABLE, ReferralState
from rules.values import value_on

AGENCIES = (
    Flag.SOCIAL_WORKER,
    Flag.CHILD_PROTECTION,
    Flag.CHILD_IN_NEED,
    Flag.YOUTH_JUSTICE,
    Flag.MEDICAL,
    Flag.MENTAL_HEALTH,
    Flag.EHC_PLAN,
)
VOICES = ("pupil_voice", "parent_voice")
# Kinds of evidence that are a step somebody took, for the chronology.
STEPS = frozenset(
    {
        "letter",
        "call",
        "visit",
        "meeting_offered",
        "meeting_held",
        "assessment",
        "plan",
        "plan_cycle",
        "review",
        "contract",
        "support",
    }
)


def asks_of(items: Iterable[Item]) -> list[dict[str, Any]]:
    """What a form asks, then our standing questions that it does not ask itself, as kept."""
    asked = [
        {
            "key": item.key,
            "words": item.words,
            "evidence": item.evidence,
            "source": item.source,
            "required": True,
        }
        for item in items
    ]
    theirs = {one["key"] for one in asked} | {one["evidence"] for one in asked}
    return asked + [
        {
            "key": key,
            "words": words,
            "evidence": key if key in VOICES else "statement",
            "source": "",
            "required": False,
        }
        for key, words in STANDING.items()
        if key not in theirs
    ]


def first_answers(case: Case, asks: Iterable[Mapping[str, Any]], today: date) -> dict[str, str]:
    """The first words of each answer, from what the case holds. A person reads and mends them."""
    wanted = {one["evidence"] for one in asks}
    shown = evidence_of(case)
    made = {kind: write(case, today) for kind, write in WRITTEN_FROM.items() if kind in wanted}
    texts = {}
    for one in asks:
        text = made.get(one["evidence"], _listed(shown, one["evidence"]))
        if one["evidence"] == "statement" and one["key"] not in CONCERNS:
            text = ""
        texts[one["key"]] = text
    return {key: text for key, text in texts.items() if text}


CONCERNS = frozenset({"concerns"})


def _listed(shown: Iterable[Shown], kind: str) -> str:
    """The records of a kind, one a line, by day."""
    return "\n".join(f"{in_words(one.on)}: {one.words}" for one in shown if one.kind == kind)


def _summary(case: Case, today: date) -> str:
    """Attendance this year with the day up to which it was counted."""
    return summary_of(book_for(case.enrolment, today))


def summary_of(book: Book) -> str:
    """Attendance this year in three lines: share, missed, lates, and the last day counted."""
    tally = book.tally
    if not tally.possible:
        return f"No session was possible this year up to {in_words(book.as_of)}."
    return "\n".join(
        [
            f"This school year up to {in_words(last_marked(book) or book.as_of)}: attended "
            f"{percent_bp(basis_points(tally.attended, tally.possible))} "
            f"({tally.attended} of {tally.possible} half days).",
            f"Missed {tally.absent} half days ({sessions_as_days(tally.absent)}): "
            f"{tally.authorised} authorised, {tally.unauthorised} unauthorised.",
            f"Late {tally.late_before} times before the register closed, "
            f"{tally.late_after} times after.",
        ]
    )


def _concerns(case: Case, today: date) -> str:
    """Why the case was opened, and the barriers that are open."""
    crossing = case.facts["crossing"]
    lines = [f"Case opened on {in_words(case.opened_on)}."]
    if crossing:
        lines.append(f"{crossing['label']}: {crossing['state'].lower()}.")
    barriers = case.barriers.filter(resolved_on=None).order_by("found_on", "pk")
    lines += [f"Barrier: {one.label}. {one.text}".strip() for one in barriers]
    return "\n".join(lines)


def _support(case: Case, today: date) -> str:
    """Each way to help that was tried, with its days and outcome."""
    rows = GivenSupport.objects.filter(case=case).order_by("starts_on", "pk")
    return "\n".join(
        f"{in_words(one.starts_on)}: {one.label}. "
        + (
            f"Ended {in_words(one.ended_on)}: {one.get_outcome_display().lower()}."
            if one.ended_on
            else f"Review {in_words(one.review_on)}."
        )
        for one in rows
    )


def _newest(field: str) -> Callable[[Case, date], str]:
    """The newest thing said in one field of the case's assessments."""

    def said(case: Case, today: date) -> str:
        rows = Assessment.objects.filter(cycle__case=case).exclude(**{field: ""})
        newest = rows.order_by("-made_on", "-pk").first()
        return f"{in_words(newest.made_on)}: {getattr(newest, field)}" if newest else ""

    return said


WRITTEN_FROM: dict[str, Callable[[Case, date], str]] = {
    "register": _summary,
    "statement": _concerns,
    "support": _support,
    "assessment": _newest("professional_view"),
    "pupil_voice": _newest("pupil_voice"),
    "parent_voice": _newest("parent_voice"),
}


def last_marked(book: Book) -> date | None:
    """The last day of the year with a mark, or None."""
    return book.of_year[-1].day if book.of_year else None


def facts_of(referral: Referral, policy: PolicyInForce, today: date) -> Facts:
    """What the record says today for the checks. The number of queries does not grow with it."""
    case = referral.case
    book = book_for(case.enrolment, today)
    last = last_marked(book)
    parents = list(AdultLink.objects.filter(CLOSE, pupil=case.pupil_id).select_related("adult"))
    now = on_roll(today)
    flags = set(PupilFlag.objects.filter(now, pupil=case.pupil_id).values_list("kind", flat=True))
    shown = evidence_of(case)
    return Facts(
        asked=tuple((one["key"], one["words"]) for one in referral.asks if one["required"]),
        answered=tuple(sorted(answered(referral))),
        gates=tuple(_gates(case, policy, shown)),
        compulsory_age=compulsory_on(case.pupil.born_on, today),
        on_roll=today in book.on_roll,
        unresolved=sum(mark.code == "N" for mark in book.of_year),
        missing=len(book.missing),
        days_behind=sum(
            1
            for day in book.calendar.days
            if book.start <= day < today and (not last or last < day)
        ),
        weeks=len({monday_of(mark.day) for mark in book.past}),
        parents=len(parents),
        incomplete=sum(not _complete(link) for link in parents),
        looked_after=Flag.LOOKED_AFTER in flags,
        agencies=any(flag in flags for flag in AGENCIES),
        dated_steps=sum(one.kind in STEPS for one in shown) + _logged(case),
        siblings=len({row.pupil_id for row in brothers_and_sisters(case.pupil, today).enrolments}),
    )


def answered(referral: Referral) -> set[str]:
    """Keys of what is answered; a voice counts under the kind that it is."""
    keys = {key for key, text in referral.answers.items() if text.strip()}
    kinds = {
        one["evidence"] for one in referral.asks if one["evidence"] in VOICES and one["key"] in keys
    }
    return keys | kinds


def _complete(link: AdultLink) -> bool:
    """Whether an adult is named in full with an address. The address itself is not read out."""
    adult = link.adult
    return all(text.strip() for text in (adult.forenames, adult.surname, adult.address)) and bool(
        adult.postcode.strip()
    )


def _logged(case: Case) -> int:
    """Contacts with the family since the school year of the case began, and letters that went."""
    contacts = Contact.objects.filter(enrolment=case.enrolment_id).count()
    return contacts + case.letters.filter(letter__state="handed over").count()


def _gates(case: Case, policy: PolicyInForce, shown: Sequence[Shown]) -> Iterable[str]:
    """Words of each item that the policy asks before a referral and nothing on file shows."""
    for gate in gate_state(policy, "referral", shown, statements_of(case)):
        for one in gate.missing:
            yield one.item.words


def checked(
    referral: Referral, policy: PolicyInForce, today: date, *, own: bool = True
) -> tuple[Finding, ...]:
    """Why it would come back, asked once for both sides.

    While the school writes it, of the record as it is; once sent, of what was kept with it. To
    readers who may not write on it (`own` False) one that came back stays as it was sent.
    """
    writing = own and ReferralState(referral.state) in WRITABLE
    if writing or referral.facts is None:
        return findings(facts_of(referral, policy, today), value_on("referral_check", today))
    day = referral.checked_on or today
    return findings(Facts.from_json(referral.facts), value_on("referral_check", day))
