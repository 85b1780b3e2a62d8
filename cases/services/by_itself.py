"""Letters that a policy sends without asking: prepared once their settling period has run out.

They are drafts to each adult who may be written to, held where anything is in doubt. Nothing is
opened for them: without an open case, or where the policy's letter cannot be made, a person
decides, and the proposal says why.
"""

from datetime import date, datetime

from django.db import transaction

from audit.record import Kind, record
from cases.models import Case, Proposal, ProposalKind, ProposalState
from cases.services import concern_letters
from rules.errors import DomainError

NO_CASE = "It did not go by itself: no case is open. Open one, then prepare the letter from there."
CANNOT = "It did not go by itself. {why}"


@transaction.atomic
def prepare_due(authority_id: int, *, as_of: date, today: date, now: datetime) -> int:
    """Prepare each letter whose settling period has run out by a day. Answers how many proposals.

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
    return sum(_prepare(row, today, now) for row in rows)


def _prepare(row: Proposal, today: date, now: datetime) -> bool:
    """Prepare one, or say why a person must decide."""
    case = Case.objects.filter(enrolment=row.enrolment_id, closed_on=None).first()
    if case is None:
        return _wait(row, NO_CASE)
    try:
        made = concern_letters.prepare_alone(
            case=case, pack=row.pack, letter=row.target, now=now, today=today
        )
    except DomainError as problem:
        return _wait(row, CANNOT.format(why=problem.message))
    row.state, row.case = ProposalState.TAKEN.value, case
    row.decided_at = now
    row.reason = f"The policy sends it by itself: {len(made)} prepared."
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


def _wait(row: Proposal, why: str) -> bool:
    """Leave it to a person, with the reason."""
    row.settles_on, row.reason = None, why[:600]
    row.save(update_fields=["settles_on", "reason"])
    return False
