"""The history of a school's register times and of who takes each group's register."""

from datetime import date

from django.db.models import F, Q, QuerySet

from attendance.models import GroupTutor, RegisterTimes
from authorities.models import Membership, School, User
from authorities.permissions import ROLES, Permission


def times_history(school: School) -> list[RegisterTimes]:
    """All times a school has set, the latest first, mornings before afternoons."""
    return list(RegisterTimes.objects.filter(school=school).order_by("-starts_on", "session"))


def tutor_history(school: School, group: str) -> list[GroupTutor]:
    """Everybody who takes, took or will take a group's register, the latest first."""
    rows = GroupTutor.objects.filter(school=school, registration_group=group)
    return list(
        rows.select_related("tutor").order_by(
            F("ends_on").desc(nulls_first=True), "-starts_on", "pk"
        )
    )


def who_may_take(school: School, day: date) -> QuerySet[User]:
    """The people who may take registers at a school that day, by name."""
    roles = [role for role, held in ROLES.items() if Permission.TAKE_REGISTER in held]
    here = Q(school=school) | Q(authority=school.authority_id, school=None)
    members = Membership.objects.active_on(day).filter(here, role__in=roles)
    return User.objects.filter(pk__in=members.values("user")).order_by("name", "pk")
