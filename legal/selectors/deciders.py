"""Who decides a step: the roles that the policies give it to, and who somebody is in law."""

from dataclasses import dataclass

from authorities.access import Reach
from authorities.models import School
from authorities.packs import NATIONAL, Layer, PolicyInForce
from authorities.permissions import SCHOOL_ROLES, Role
from legal.models import OfficerNamed
from rules.dates import ALWAYS, DateRange
from rules.officers import Officer, Position


@dataclass(frozen=True, slots=True)
class Deciders:
    """The roles of the product that decide a step, and what the policies call them.

    named_here  whether a policy of the council, the trust or the school names them. The law lets a
                headteacher issue penalty notices; they do where such a policy says so.
    """

    roles: frozenset[Role]
    labels: tuple[str, ...]
    named_here: bool = False

    @property
    def council_only(self) -> bool:
        """Whether no school decides it."""
        return not self.roles & set(SCHOOL_ROLES)

    @property
    def school_only(self) -> bool:
        """Whether the school decides it, and no officer of the council."""
        return self.roles <= set(SCHOOL_ROLES)

    @property
    def words(self) -> str:
        """Who decides, in words."""
        if not self.named_here:
            return "an authorised officer of the council"
        return " or ".join(self.labels).lower()


def refusal_of(deciders: Deciders) -> str:
    """What somebody who does not decide is told."""
    if deciders.named_here:
        return f"Here this is decided by: {deciders.words}. Ask one of them."
    return (
        f"Here this is decided by {deciders.words}: no policy in force here gives it to anybody "
        "else. Ask one of them."
    )


# A policy that does not name a kind of penalty notice means all of them.
KIND_OF = {
    "penalty_notice_for_leave": "penalty_notice",
    "penalty_notice_excluded": "penalty_notice",
}


def deciders_of(policy: PolicyInForce, step: str) -> Deciders:
    """Who decides a step here: the national roles, narrowed by the council, then by the school.

    A policy narrows and never widens: where it names nobody whom the layers above it allow, theirs
    stay. Who decides on penalty notices decides on each kind that the policy does not name. Nobody
    named anywhere: an authorised officer of the council.
    """
    found: dict[Role, str] = {}
    named_here = False
    for layer in policy.layers:
        own = _named(layer, step) or _named(layer, KIND_OF.get(step, ""))
        kept = {role: label for role, label in own.items() if role in found}
        named_here = named_here or (bool(own) and layer.pack.name != NATIONAL)
        found = kept or found or own
    if not found:
        found = {Role.AUTHORISING_OFFICER: "Authorised officer of the council"}
    return Deciders(frozenset(found), tuple(found.values()), named_here)


def decides(reach: Reach, school: School, deciders: Deciders) -> bool:
    """Whether somebody decides on penalty notices here: the council's officers as the policies
    say, and the headteacher or whom they named where a policy of this place says so."""
    officer, may = officer_of(reach, school, deciders)
    return may and (officer.position is Position.COUNCIL or deciders.named_here)


def _named(layer: Layer, step: str) -> dict[Role, str]:
    """The roles to which one policy gives a step, with what it calls them."""
    return {
        role.membership: role.label
        for role in layer.pack.roles
        if step in role.decides and role.membership is not None
    }


def officer_of(reach: Reach, school: School, deciders: Deciders) -> tuple[Officer, bool]:
    """Who somebody is in law at a school today, and whether they have a role that decides.

    A deputy or assistant head acts with the headteacher's role: naming them makes them what they
    are. One query for a headteacher's role, else none.
    """
    held = {grant.role for grant in reach.grants if grant.covers(school)}
    decides = bool(held & deciders.roles)
    if Role.HEADTEACHER in held and Role.HEADTEACHER in deciders.roles:
        return _head_or_named(reach, school), decides
    if held & (set(Role) - set(SCHOOL_ROLES)) & COUNCIL:
        return Officer(Position.COUNCIL, ALWAYS), decides
    if Role.HEADTEACHER in held:
        return _head_or_named(reach, school), decides
    return Officer(Position.OTHER, ALWAYS), decides


# Officers of the council, in law.
COUNCIL = frozenset({Role.AUTHORISING_OFFICER, Role.LEGAL_OFFICER, Role.SUPPORT_WORKER})


def _head_or_named(reach: Reach, school: School) -> Officer:
    rows = list(OfficerNamed.objects.filter(school=school, user=reach.user).order_by("pk"))
    if not rows:
        return Officer(Position.HEADTEACHER, ALWAYS)
    named = tuple(DateRange(row.starts_on, row.ends_on) for row in rows)
    return Officer(Position(rows[-1].position), ALWAYS, named)
