"""What the first page of a case shows: where it stands, what is next, what is proposed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from authorities.access import Reach
from authorities.packs import PolicyInForce
from authorities.permissions import Permission
from cases.models import (
    Case,
    CaseLetter,
    Deadline,
    DeadlineKind,
    Proposal,
    ProposalKind,
    ProposalState,
)
from rules.dates import in_words
from rules.letter_stages import LetterState

SOON = timedelta(days=14)
K = DeadlineKind
# Where what is due is seen to: a page of the case, by its whole route.
PAGES = {
    K.LETTER_REVIEW: "cases:case_letter_review",
    K.PLAN_MIDWAY: "cases:plan",
    K.PLAN_REVIEW: "cases:plan",
    K.SUPPORT_REVIEW: "cases:support",
    K.MEETING: "cases:case_contacts",
    K.MINUTES: "cases:case_contacts",
    K.CONTACT: "cases:case_contacts",
    K.CONTRACT_REVIEW: "cases:contracts",
    K.CONTRACT_END: "cases:contracts",
    K.CONTRACT_ANSWER: "cases:contracts",
    K.REFERRAL_ANSWER: "cases:case_referrals",
    K.LEGAL: "legal:case",
}
# What a letter in each of these states asks of a person, and how pressing it is.
LETTER_NEXT = {
    LetterState.FAILED: "Read why this letter could not be made, then try again",
    LetterState.HELD: "Read why this letter is held, then release or withdraw it",
    LetterState.DRAFT: "Read this letter and approve it",
}


@dataclass(frozen=True, slots=True)
class Next:
    """One thing to do: in words, what it is about, and the page on which it is done.

    route  whole: "cases:letter"; "" where there is nothing to do. at: what it takes after the
           authority
    late   its day has passed
    """

    words: str
    about: str = ""
    route: str = ""
    at: tuple[str, ...] = ()
    late: bool = False


def open_proposals(case: Case) -> list[Proposal]:
    """What the policy proposes for the pupil of an open case, newest first."""
    rows = Proposal.objects.filter(
        enrolment=case.enrolment_id, state=ProposalState.OPEN
    ).select_related("school")
    return list(rows.exclude(proposes=ProposalKind.CASE).order_by("-since", "-pk"))


def proposal_label(one: Proposal, policy: PolicyInForce) -> str:
    """What is proposed, in the policy's own words: "Move to Step 6: attendance meeting"."""
    for layer in policy.layers:
        pack = layer.pack
        if pack.name != one.pack:
            continue
        titles = {
            ProposalKind.LETTER: {row.key: f"Send: {row.title}" for row in pack.letters},
            ProposalKind.MEETING: {row.key: f"Hold: {row.label}" for row in pack.meetings},
            ProposalKind.STAGE: {row.key: f"Move to {row.label}" for row in pack.stages},
        }
        return titles.get(ProposalKind(one.proposes), {}).get(
            one.target, one.get_proposes_display()
        )
    return one.get_proposes_display()


def next_steps(
    case: Case,
    letters: Sequence[CaseLetter],
    clocks: Sequence[Deadline],
    proposed: Sequence[tuple[Proposal, str]],
    reach: Reach,
    *,
    logged: bool = False,
) -> list[Next]:
    """What a person would do next, the most pressing first. Never nothing on an open case.

    logged  the school has sent a letter of its own
    """
    if case.closed_on is not None:
        return [Next(f"This case was closed on {in_words(case.closed_on)}.")]
    today, at = reach.today, (case.reference,)
    late = [
        Next(row.words, f"Was due on {in_words(row.due_on)}", _page_for(row, reach), at, late=True)
        for row in clocks
        if row.due_on < today
    ]
    soon = [
        Next(row.words, f"By {in_words(row.due_on)}", _page_for(row, reach), at)
        for row in clocks
        if today <= row.due_on <= today + SOON
    ]
    decide = [
        Next(label, "The policy proposes it", "cases:case_proposal", (*at, row.reference))
        for row, label in proposed
    ]
    found = [*late, *_letters_next(letters), *decide, *soon]
    return found or [_first_step(case, letters, logged=logged)]


def page_of(kind: DeadlineKind, reach: Reach) -> str:
    """The route of the case's page where such a thing is seen to; "" for none of its own."""
    route = PAGES.get(kind, "")
    legal = route.startswith("legal:")
    return "" if legal and not reach.may(Permission.VIEW_LEGAL) else route


def _page_for(row: Deadline, reach: Reach) -> str:
    """The same for one that is due: an action stands where it was agreed."""
    if row.kind == K.ACTION:
        ours = row.about.startswith("cases.PlannedAction:")
        return "cases:plan" if ours else "cases:case_contacts"
    return page_of(K(row.kind), reach) or "cases:due"


def _first_step(case: Case, letters: Sequence[CaseLetter], *, logged: bool) -> Next:
    """What to do on an open case where nothing is due soon, stopped or proposed."""
    states = {row.letter.stage for row in letters} - {LetterState.WITHDRAWN}
    if logged or LetterState.HANDED_OVER in states:
        words = "Write down what the family says to the letter"
    elif states:
        words = "Talk to the family while the letter is on its way, and write down what they say"
    else:
        words = "Talk to the family, and write down what they say"
    about = "If you cannot reach them, write to them in a friendly way." if not states else ""
    return Next(words, about, "cases:case_contact_add", (case.reference,))


def _letters_next(letters: Sequence[CaseLetter]) -> list[Next]:
    return [
        Next(
            LETTER_NEXT[state],
            f"{row.letter.title} to {row.letter.recipient_name}",
            "cases:letter",
            (row.letter.reference,),
        )
        for state in LETTER_NEXT
        for row in letters
        if row.letter.stage == state
    ]
