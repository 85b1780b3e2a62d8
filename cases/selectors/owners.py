"""Who may carry casework at a school."""

from collections.abc import Collection
from datetime import date

from django.db.models import Q, QuerySet

from authorities.models import Membership, School, User
from authorities.permissions import ROLES, Permission
from cases.models import Case, CaseGrant, Given

CARRIES = [role.value for role, held in ROLES.items() if Permission.CHANGE_CASE in held]
# The policies' clock for the council's answer to a referral.
COUNCILS_CLOCK = "referral_answer"
ANSWERS = [role.value for role, held in ROLES.items() if Permission.DECIDE_REFERRAL in held]


def _memberships(today: date) -> QuerySet[Membership]:
    return Membership.objects.active_on(today).filter(role__in=CARRIES)


def may_answer(user: User, school: School, today: date) -> bool:
    """Whether somebody answers the referrals of a school for the council."""
    rows = Membership.objects.active_on(today).filter(role__in=ANSWERS, user=user)
    return rows.filter(covers([school])).exists()


def may_own(user: User, school: School, today: date) -> bool:
    """Whether somebody may change cases at a school, and so may carry one."""
    return _memberships(today).filter(covers([school]), user=user).exists()


def named_on(user: User, case: Case) -> bool:
    """Whether a case may be known to somebody: a restricted one to the people named on it."""
    return (
        not case.restricted
        or CaseGrant.objects.filter(
            content_object=case, user=user, permission__codename=Given.NAMED.value
        ).exists()
    )


def answerers(school: School, today: date) -> list[User]:
    """Who answers the referrals of a school for the council, by name."""
    rows = Membership.objects.active_on(today).filter(covers([school]), role__in=ANSWERS)
    return sorted(
        {row.user for row in rows.select_related("user")}, key=lambda user: (user.name, user.pk)
    )


def owners(schools: Collection[School], today: date) -> list[User]:
    """Who may change cases at one of these schools, by name."""
    rows = _memberships(today).filter(covers(schools)).select_related("user")
    return sorted({row.user for row in rows}, key=lambda user: (user.name, user.pk))


def covers(schools: Collection[School]) -> Q:
    """A filter for memberships: the places that include one of these schools.

    A school is in itself, its trust and its authority.
    """
    return (
        Q(school__in=schools)
        | Q(school=None, trust__in=[one.trust_id for one in schools if one.trust_id])
        | Q(school=None, trust=None, authority__in={one.authority_id for one in schools})
    )
