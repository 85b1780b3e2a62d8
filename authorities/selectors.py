"""Questions about tenants, places and people."""

from django.db.models import Q, QuerySet

from authorities.access import Reach
from authorities.models import Authority, Job, Membership, School
from authorities.permissions import Permission


def every_authority_id() -> list[int]:
    """All tenants, oldest first."""
    return list(Authority.objects.order_by("pk").values_list("pk", flat=True))


def schools_for(reach: Reach, permission: Permission = Permission.VIEW_SCHOOL) -> QuerySet[School]:
    """The schools of this authority where the person may do this, by name."""
    return (
        School.objects.filter(reach.schools(permission), authority=reach.authority)
        .select_related("trust")
        .order_by("name", "pk")
    )


def memberships_for(reach: Reach) -> QuerySet[Membership]:
    """The memberships that the person may manage: their school's, or the whole authority's."""
    places = Q(school__in=schools_for(reach, Permission.MANAGE_PEOPLE))
    if reach.may_everywhere(Permission.MANAGE_PEOPLE):
        places |= Q(authority=reach.authority) | Q(trust__schools__authority=reach.authority)
    return Membership.objects.filter(places).select_related("user", "school", "trust").distinct()


def job_for(reach: Reach, reference: str) -> Job | None:
    """A job that this person asked for, or one of a school they may import for."""
    mine = Q(asked_by=reach.user) | Q(school__in=schools_for(reach, Permission.IMPORT))
    return Job.objects.filter(mine, authority=reach.authority, reference=reference).first()
