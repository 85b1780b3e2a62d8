"""Who may see and do what, where. `Reach` is a person's standing in one authority today."""

from dataclasses import dataclass, field
from datetime import date

from django.core.exceptions import PermissionDenied
from django.db.models import F, Q
from django.http import Http404

from authorities.models import Authority, Membership, School, User
from authorities.permissions import ROLES, Permission, Role
from rules import errors


class NotFound(errors.NotFound, Http404):
    """Not there, or not theirs: we never say which."""


class Forbidden(errors.Forbidden, PermissionDenied):
    """The person may see the thing but may not do this to it."""


@dataclass(frozen=True, slots=True)
class Grant:
    """One membership in force, as far as permissions need it, and the name of its school."""

    role: Role
    school_id: int | None
    trust_id: int | None
    school_name: str = ""

    def gives(self, permission: Permission) -> bool:
        """Whether the role holds the permission."""
        return permission in ROLES[self.role]

    def covers(self, school: School) -> bool:
        """Whether the place of the role includes the school (of the same authority)."""
        if self.school_id is not None:
            return self.school_id == school.pk
        if self.trust_id is not None:
            return self.trust_id == school.trust_id
        return True


@dataclass(frozen=True, slots=True)
class Reach:
    """What one person may see and do in one authority on one day."""

    user: User
    authority: Authority
    today: date
    grants: tuple[Grant, ...] = field(default=())

    def may(self, permission: Permission, school: School | None = None) -> bool:
        """Whether the person may do this at `school`, or anywhere here when no school is named."""
        return any(
            grant.gives(permission) and (school is None or grant.covers(school))
            for grant in self.grants
        )

    def may_everywhere(self, permission: Permission) -> bool:
        """Whether the person may do this for the whole authority."""
        return any(
            grant.gives(permission) and grant.school_id is None and grant.trust_id is None
            for grant in self.grants
        )

    def require(self, permission: Permission, school: School | None = None) -> None:
        """Raise Forbidden, in words, unless the person may do this."""
        if not self.may(permission, school):
            raise Forbidden(
                f"You cannot {permission.value}. Ask the person who gave you access if you need to."
            )

    def schools(self, permission: Permission, prefix: str = "") -> Q:
        """A filter for the rows of schools where the person may do this.

        prefix  path to the school with its dunder, such as "enrolment__school__"; empty for School
        """
        q = Q(pk__in=[]) if not prefix else Q(**{f"{prefix}pk__in": []})
        for grant in self.grants:
            if not grant.gives(permission):
                continue
            if grant.school_id is not None:
                q |= Q(**{f"{prefix}pk": grant.school_id})
            elif grant.trust_id is not None:
                q |= Q(**{f"{prefix}trust_id": grant.trust_id})
            else:
                return Q()
        return q


def reach_of(user: User, authority: Authority, today: date) -> Reach:
    """The person's standing here. Raises NotFound for somebody with none.

    Must run in a scope that holds the authority and the person.
    """
    memberships = Membership.objects.active_on(today).filter(user=user)
    here = (
        memberships.filter(Q(authority=authority) | Q(trust__schools__authority=authority))
        .annotate(school_name=F("school__name"))
        .distinct()
    )
    grants = tuple(Grant(Role(m.role), m.school_id, m.trust_id, m.school_name or "") for m in here)
    if not any(ROLES[grant.role] for grant in grants):
        raise NotFound("We cannot find that page. Check the address.")
    return Reach(user=user, authority=authority, today=today, grants=grants)


def authority_for(code: str) -> Authority:
    """The authority with this code. Raises NotFound. Names and codes are public; rows are not."""
    authority = Authority.objects.filter(code=code).first()
    if authority is None:
        raise NotFound("We cannot find that page. Check the address.")
    return authority


def school_for(reach: Reach, urn: str, permission: Permission) -> School:
    """The one way a page, an API call or a job gets a school.

    NotFound   no such school here, or none that this person may see
    Forbidden  the person may see the school but may not do this
    """
    school = (
        School.objects.filter(
            reach.schools(Permission.VIEW_SCHOOL), authority=reach.authority, urn=urn
        )
        .select_related("trust")
        .first()
    )
    if school is None:
        raise NotFound("We cannot find that school. Check the number.")
    reach.require(permission, school)
    return school
