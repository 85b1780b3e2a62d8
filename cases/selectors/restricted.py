"""Who may be named on a restricted case, who is, and with whom a case is shared."""

from datetime import date

from django.db.models import Q, QuerySet

from authorities.access import Reach
from authorities.models import Membership, School, User
from authorities.permissions import ROLES, Permission
from cases.models import Case, CaseGrant, Given, SafeguardingNote
from cases.selectors.owners import covers


def people_with(permission: Permission, school: School, today: date) -> list[User]:
    """Everybody who may do something at a school, by name."""
    roles = [role.value for role, held in ROLES.items() if permission in held]
    rows = Membership.objects.active_on(today).filter(covers([school]), role__in=roles)
    return sorted(
        {row.user for row in rows.select_related("user")}, key=lambda user: (user.name, user.pk)
    )


def grants(case: Case, given: Given) -> QuerySet[CaseGrant]:
    """What was given for one case, by the person's name."""
    return (
        case.grants.filter(
            permission__content_type__app_label="cases", permission__codename=given.value
        )
        .select_related("user", "given_by", "permission")
        .order_by("user__name", "pk")
    )


def named(case: Case) -> list[User]:
    """The people named on a restricted case."""
    return [row.user for row in grants(case, Given.NAMED)]


def safeguarding_notes(reach: Reach, case: Case) -> QuerySet[SafeguardingNote]:
    """The safeguarding notes of a case: all for the safeguarding lead, else those that name one."""
    mine = Q(readers__user=reach.user)
    if reach.may(Permission.SAFEGUARD, case.school):
        mine = Q()
    return (
        case.safeguarding_notes.filter(mine)
        .select_related("written_by")
        .prefetch_related("readers__user")
        .order_by("-written_at", "-pk")
        .distinct()
    )
