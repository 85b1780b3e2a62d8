"""Letters that a policy sends without asking, once their settling period has run out.

One goes to each adult who may be written to; where anything is in doubt it is held for a person.
Nothing is opened for them: without an open case, or where the policy's letter cannot be made, a
person decides, and the proposal says why. Only letters that offer help go so: never a notice.
"""

from datetime import date, datetime

from django.db import transaction

from audit.record import Kind, record
from cases.models import Case, Proposal, ProposalKind, ProposalState
from cases.services import concern_letters, letter_reviews
from letters.models import Letter
from rules.errors import DomainError
from rules.letter_stages import LetterState

NO_CASE = "It did not go by itself: no case is open. Open one, then prepare the letter from there."
CANNOT = "It did not go by itself. {why}"


@transaction.atomic
def send_due(authority_id: int, *, as_of: date, today: date, now: datetime) -> int:
    """Send each letter whose settling period has run out by a day. Answers how many proposals.

    Call it right after `proposing.look` for the same day, in its transaction: what a corrected
    register took back is gone by then. Done twice or by two workers, each goes once: its row is
    held, and is taken up with the letters or not at all.
    """
    rows = (
        Proposal.objects.select_for_update(of=("self",), no_key=True, skip_locked=True)
        .filter(
            authority=authority_id,
            state=ProposalState.OPEN,
            proposes=ProposalKind.LETTER,
            settles_on__lte=as_of,
        )
        .select_related("school", "authority")
        .order_by("pk")
    )
    return sum(_send(row, today, now) for row in rows)


def _send(row: Proposal, today: date, now: datetime) -> bool:
    """Send one, or say why a person must decide."""
    case = Case.objects.filter(enrolment=row.enrolment_id, closed_on=None).first()
    if case is None:
        return _wait(row, NO_CASE)
    try:
        with transaction.atomic():
            letters = _to_each(row, case, today, now)
    except DomainError as problem:
        return _wait(row, CANNOT.format(why=problem.message))
    sent = sum(letter.stage == LetterState.APPROVED for letter in letters)
    held = f", {len(letters) - sent} held for a person" if sent < len(letters) else ""
    row.state, row.case = ProposalState.TAKEN.value, case
    row.decided_at = now
    row.reason = f"The policy sent it by itself: {sent} on the way{held}."
    row.save(update_fields=["state", "case", "decided_at", "reason"])
    record(
        Kind.PROPOSAL_TAKEN,
        by=None,
        authority=row.authority,
        school=row.school,
        on=row,
        reference=row.reference,
        what=row.get_proposes_display(),
    )
    return True


def _to_each(row: Proposal, case: Case, today: date, now: datetime) -> list[Letter]:
    """The letter to each adult, on its way unless it is held."""
    made = concern_letters.prepare_alone(
        case=case, pack=row.pack, letter=row.target, now=now, today=today
    )
    return [
        letter_reviews.approve(reach=None, case_letter=one, now=now, today=today)
        if one.letter.stage == LetterState.DRAFT
        else one.letter
        for one in made
    ]


def _wait(row: Proposal, why: str) -> bool:
    """Leave it to a person, with the reason."""
    row.settles_on, row.reason = None, why[:600]
    row.save(update_fields=["settles_on", "reason"])
    return False
