"""Questions about tenants, places and people."""

from datetime import date

from django.db.models import Q, QuerySet

from authorities.access import Reach
from authorities.models import Authority, Job, Membership, School, Trust, User
from authorities.permissions import ROLES, Permission
from authorities.tenancy import scope


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


def holders_of(permission: Permission, school: School, today: date) -> list[User]:
    """Who may do this at a school by a role at the school itself; without any, by the authority's.

    In the order in which they were given the role, each once.
    """
    roles = [role for role, held in ROLES.items() if permission in held]
    in_force = Membership.objects.active_on(today).filter(role__in=roles).select_related("user")
    rows = in_force.filter(school=school).order_by("pk") or in_force.filter(
        authority=school.authority_id, school=None
    ).order_by("pk")
    return list(dict.fromkeys(row.user for row in rows))


def job_for(reach: Reach, reference: str) -> Job | None:
    """A job that this person asked for, or one of a school they may import for."""
    mine = Q(asked_by=reach.user) | Q(school__in=schools_for(reach, Permission.IMPORT))
    return Job.objects.filter(mine, authority=reach.authority, reference=reference).first()


def roles_of(user: User, today: date) -> list[Membership]:
    """The person's own roles in force, oldest first. Needs the person in scope, no authority."""
    return list(
        Membership.objects.active_on(today)
        .filter(user=user)
        .select_related("authority", "trust")
        .order_by("pk")
    )


def schools_of_trust(trust: Trust, user: User, today: date) -> list[tuple[Authority, list[School]]]:
    """A trust's open schools by authority, by name; authorities without any are left out.

    A trust spans authorities: each is looked into in a scope of its own, at its schools only.
    """
    found = []
    for authority in Authority.objects.order_by("name"):
        with scope([authority.pk], user_id=user.pk):
            is_open = Q(closed_on=None) | Q(closed_on__gte=today)
            schools = list(School.objects.filter(is_open, trust=trust).order_by("name"))
        if schools:
            found.append((authority, schools))
    return found
