"""The doors to notices and to what follows them.

A notice about a restricted case is seen by the people named on that case alone.
"""

from typing import Any, TypeVar

from django.db.models import Model, QuerySet

from authorities.access import NotFound, Reach
from authorities.permissions import Permission
from cases.access import open_to
from legal.models import ImprovementNotice, NoticeRequest, PenaltyNotice

Row = TypeVar("Row", bound=Model)


def improvements_for(reach: Reach) -> QuerySet[ImprovementNotice]:
    """The Notices to Improve of schools where the person may see notices."""
    return ImprovementNotice.objects.filter(
        reach.schools(Permission.VIEW_LEGAL, "school__"),
        open_to(reach, "case__"),
        authority=reach.authority,
    ).select_related("authority", "case", "enrolment__pupil", "school__trust", "made_by")


def improvement_for(reach: Reach, reference: str, permission: Permission) -> ImprovementNotice:
    """One Notice to Improve. Raises NotFound, and Forbidden where it may only be seen."""
    return _one(reach, improvements_for(reach), reference, permission, "Notice to Improve")


def requests_for(reach: Reach) -> QuerySet[NoticeRequest]:
    """The requests for penalty notices of those schools."""
    return NoticeRequest.objects.filter(
        reach.schools(Permission.VIEW_LEGAL, "school__"),
        open_to(reach, "case__"),
        authority=reach.authority,
    ).select_related(
        "authority", "case", "leave", "improvement", "enrolment__pupil", "school__trust"
    )


def request_for(reach: Reach, reference: str, permission: Permission) -> NoticeRequest:
    """One request. Raises as `improvement_for`."""
    return _one(reach, requests_for(reach), reference, permission, "request")


def penalties_for(reach: Reach) -> QuerySet[PenaltyNotice]:
    """The penalty notices of those schools, each with its parent."""
    return PenaltyNotice.objects.filter(
        reach.schools(Permission.VIEW_LEGAL, "school__"),
        open_to(reach, "request__case__"),
        authority=reach.authority,
    ).select_related("authority", "request__case", "adult", "pupil", "enrolment", "school__trust")


def penalty_for(reach: Reach, reference: str, permission: Permission) -> PenaltyNotice:
    """One penalty notice by the reference that it carries. Raises as `improvement_for`."""
    return _one(reach, penalties_for(reach), reference, permission, "penalty notice")


def _one(
    reach: Reach, rows: QuerySet[Row], reference: str, permission: Permission, what: str
) -> Row:
    found: Any = rows.filter(reference=reference).first()
    if found is None:
        raise NotFound(f"We cannot find that {what}. Check the reference.")
    reach.require(permission, found.school)
    row: Row = found
    return row
