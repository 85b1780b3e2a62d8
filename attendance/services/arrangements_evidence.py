"""Asking a parent for medical evidence: on genuine and reasonable doubt, or freely given."""

from dataclasses import dataclass
from datetime import date

from django.db import transaction

from attendance.models import Adult, AdultLink, Enrolment, EvidenceOutcome, EvidenceRequest
from audit.record import Kind, record
from authorities.access import Reach
from authorities.permissions import Permission
from rules import medical_evidence as law
from rules.errors import Conflict, InvalidInput, RuleNotMet


@dataclass(frozen=True, slots=True)
class Asking:
    """Whom we ask, about which days, on which ground."""

    first_day: date
    last_day: date
    ground: str
    doubt: str
    known_at_school: bool
    asked_of: Adult
    asked_on: date


@transaction.atomic
def ask(*, reach: Reach, enrolment: Enrolment, asking: Asking, today: date) -> EvidenceRequest:
    """Write down that evidence was asked for. The law comes first, whatever a policy says.

    Raises Forbidden, InvalidInput, and RuleNotMet with the law in words.
    """
    reach.require(Permission.AMEND_REGISTER, enrolment.school)
    sentence = law.refusal(asking.ground, asking.doubt, known_at_school=asking.known_at_school)
    if sentence:
        raise RuleNotMet(sentence)
    if asking.last_day < asking.first_day:
        raise InvalidInput("The last day must be on or after the first.")
    if asking.asked_on > today:
        raise InvalidInput("The day it was asked for cannot be in the future.")
    if not AdultLink.objects.filter(pupil=enrolment.pupil_id, adult=asking.asked_of).exists():
        raise InvalidInput("Select an adult from this pupil's record.")
    row = EvidenceRequest.objects.create(
        authority_id=enrolment.authority_id,
        school_id=enrolment.school_id,
        enrolment=enrolment,
        first_day=asking.first_day,
        last_day=asking.last_day,
        ground=asking.ground,
        doubt=asking.doubt.strip(),
        asked_of=asking.asked_of,
        asked_on=asking.asked_on,
        asked_by=reach.user,
    )
    _write_down(Kind.EVIDENCE_ASKED, row, reach)
    return row


@transaction.atomic
def answer(
    row: EvidenceRequest,
    *,
    reach: Reach,
    outcome: EvidenceOutcome,
    on: date,
    note: str,
    today: date,
) -> EvidenceRequest:
    """Record what came of it. Raises Forbidden, InvalidInput, and Conflict when it is recorded."""
    reach.require(Permission.AMEND_REGISTER, row.school)
    if outcome == EvidenceOutcome.WAITING:
        raise InvalidInput("Select what came of it.")
    if not row.asked_on <= on <= today:
        raise InvalidInput("The day must be on or after the day of asking, and not in the future.")
    row = (
        EvidenceRequest.objects.select_for_update(of=("self",))
        .select_related("school")
        .get(pk=row.pk)
    )
    if row.outcome != EvidenceOutcome.WAITING:
        raise Conflict("Somebody has recorded what came of it already.")
    row.outcome, row.outcome_on, row.outcome_note = outcome.value, on, note.strip()
    row.outcome_by = reach.user
    row.save()
    _write_down(Kind.EVIDENCE_ANSWERED, row, reach)
    return row


def _write_down(kind: Kind, row: EvidenceRequest, reach: Reach) -> None:
    record(
        kind,
        by=reach.user,
        authority=reach.authority,
        school=row.school,
        on=row,
        reference=row.reference,
    )
