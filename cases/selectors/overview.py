"""What the first page of a case shows: where it stands, what is next, what is proposed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from authorities.packs import PolicyInForce
from cases.models import Case, CaseLetter, Deadline, Proposal, ProposalKind, ProposalState
from cases.selectors.chronology import next_step
from rules.dates import in_words
from rules.letter_stages import LetterState

SOON = timedelta(days=14)
# What a letter in each of these states asks of a person, and how pressing it is.
LETTER_NEXT = {
    LetterState.FAILED: "Read why this letter could not be made, then try again",
    LetterState.HELD: "Read why this letter is held, then release or withdraw it",
    LetterState.DRAFT: "Read this letter and approve it",
}


@dataclass(frozen=True, slots=True)
class Next:
    """One thing to do: in words, what it is about, and the page on which it is done.

    late  its day has passed
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
    today: date,
    *,
    logged: bool = False,
) -> list[Next]:
    """What a person would do next, the most pressing first. Never nothing on an open case.

    logged  the school has sent a letter of its own
    """
    if case.closed_on is not None:
        return [Next(next_step(case, letters))]
    late = [
        Next(row.words, f"Was due on {in_words(row.due_on)}", late=True)
        for row in clocks
        if row.due_on < today
    ]
    soon = [
        Next(row.words, f"By {in_words(row.due_on)}")
        for row in clocks
        if today <= row.due_on <= today + SOON
    ]
    decide = [
        Next(label, "The policy proposes it", "case_proposal", (case.reference, row.reference))
        for row, label in proposed
    ]
    found = [*late, *_letters_next(letters), *decide, *soon]
    return found or [Next(next_step(case, letters, logged=logged))]


def _letters_next(letters: Sequence[CaseLetter]) -> list[Next]:
    return [
        Next(
            LETTER_NEXT[state],
            f"{row.letter.title} to {row.letter.recipient_name}",
            "letter",
            (row.letter.reference,),
        )
        for state in LETTER_NEXT
        for row in letters
        if row.letter.stage == state
    ]
