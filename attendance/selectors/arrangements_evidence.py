"""Questions about requests for medical evidence."""

from datetime import date

from django.db.models import QuerySet

from attendance.models import EvidenceRequest
from authorities.access import NotFound, Reach
from authorities.models import School
from authorities.packs import pack_in_force
from authorities.permissions import Permission


def evidence_visible(
    reach: Reach, permission: Permission = Permission.VIEW_SENSITIVE
) -> QuerySet[EvidenceRequest]:
    """The requests at schools where the person may do this."""
    return EvidenceRequest.objects.filter(
        reach.schools(permission, "school__"), authority=reach.authority
    ).select_related("enrolment__pupil", "school__trust", "asked_of", "asked_by", "outcome_by")


def evidence_for(reach: Reach, reference: str, permission: Permission) -> EvidenceRequest:
    """The one way a page or a job gets one. Raises NotFound, and Forbidden."""
    found = evidence_visible(reach).filter(reference=reference).first()
    if found is None:
        raise NotFound("We cannot find that request for evidence. Check the reference.")
    reach.require(permission, found.school)
    return found


def policy_words(school: School, today: date) -> str:
    """What the policies in force say about when to ask, and that it does not change the law."""
    layer, clock = pack_in_force(school, today).clock("medical_evidence")
    return (
        f"{layer.pack.pack.title} names {clock.words} ({clock.source}). That alone is no reason to"
        " ask: the law asks for a doubt about this illness."
    )
