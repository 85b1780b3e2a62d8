"""The standing cast. Northmoor (990) owns what tests look at; Southvale (991) is the stranger."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple

from allauth.mfa.models import Authenticator
from django.test import Client

from attendance.models import Enrolment, Pupil
from authorities.access import Reach, reach_of
from authorities.models import Authority, Membership, School, Trust, User
from authorities.permissions import AUTHORITY_ROLES, SCHOOL_ROLES, Role
from authorities.tenancy import scope
from tests import factories

TODAY = date(2026, 11, 17)


@dataclass
class Cast:
    """Who and what every test may count on."""

    northmoor: Authority
    southvale: Authority
    trust: Trust
    hillside: School  # Northmoor, no trust
    brook: School  # Northmoor, the trust's
    valley: School  # Southvale, the trust's
    coast: School  # Southvale, no trust
    people: dict[str, User] = field(default_factory=dict)
    pupil: Pupil | None = None  # at Hillside
    enrolment: Enrolment | None = None

    @property
    def ids(self) -> list[int]:
        """Both authorities."""
        return [self.northmoor.pk, self.southvale.pk]

    def person(self, role: Role, place: str = "northmoor") -> User:
        """The person with this role at a place: northmoor, southvale, hillside, brook, coast …"""
        return self.people[f"{role.value}@{place}"]

    @property
    def officer(self) -> User:
        """Hillside's attendance officer."""
        return self.person(Role.ATTENDANCE_OFFICER, "hillside")

    @property
    def stranger(self) -> User:
        """Southvale's support worker: nothing in Northmoor."""
        return self.person(Role.SUPPORT_WORKER, "southvale")

    def reach(self, user: User, authority: Authority | None = None) -> Reach:
        """What the person may see in Northmoor (or another authority) today."""
        return reach_of(user, authority or self.northmoor, TODAY)


def sign_in(client: Client, user: User) -> Client:
    """Sign in past the second factor, as somebody who has set one up."""
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    session = client.session
    session["second_factor"] = True
    session.save()
    return client


@contextmanager
def everywhere() -> Iterator[Cast]:
    """Make the cast and keep a scope over both authorities open."""
    northmoor = Authority.objects.create(code="990", name="Northmoor")
    southvale = Authority.objects.create(code="991", name="Southvale")
    trust = Trust.objects.create(code="tr1", name="Larch Tree Trust")
    with scope([northmoor.pk, southvale.pk]):
        cast = Cast(
            northmoor=northmoor,
            southvale=southvale,
            trust=trust,
            hillside=factories.school(northmoor, name="Hillside School", urn="990001"),
            brook=factories.school(northmoor, name="Brook Academy", urn="990002", trust=trust),
            valley=factories.school(southvale, name="Valley Academy", urn="991001", trust=trust),
            coast=factories.school(southvale, name="Coast School", urn="991002"),
        )
        hire(cast, *everybody(cast))
        cast.pupil = factories.pupil(northmoor)
        cast.enrolment = factories.enrolment(cast.pupil, cast.hillside)
        yield cast


class Place(NamedTuple):
    """A role at a place: where it is, as people say it, and the fields of its membership."""

    role: Role
    at: str
    fields: dict[str, Any]


def everybody(cast: Cast) -> Iterator[Place]:
    """Each role once at each place where it can be held."""
    for authority in (cast.northmoor, cast.southvale):
        for role in AUTHORITY_ROLES:
            yield Place(role, authority.name.lower(), {"authority": authority})
    for school in (cast.hillside, cast.brook, cast.valley, cast.coast):
        for role in SCHOOL_ROLES:
            at = school.name.split()[0].lower()
            yield Place(role, at, {"authority": school.authority, "school": school})
    yield Place(Role.TRUST_LEAD, "trust", {"trust": cast.trust})
    # A platform operator's membership names no place and is the owner's to give.
    yield Place(Role.PLATFORM_OPERATOR, "platform", {})


def hire(cast: Cast, *places: Place) -> None:
    """A person for each role at its place, second factor set up. In three statements for all."""
    users = User.objects.bulk_create(
        User(
            email=f"{role.value.replace(' ', '.')}.{at}@example.org",
            name=f"{role.label} at {at.title()}",
        )
        for role, at, _ in places
    )
    Membership.objects.bulk_create(
        Membership(user=user, role=place.role, starts_on=date(2024, 9, 1), **place.fields)
        for user, place in zip(users, places, strict=True)
        if place.fields
    )
    Authenticator.objects.bulk_create(
        Authenticator(user=user, type="totp", data={"secret": "unused"}) for user in users
    )
    for user, place in zip(users, places, strict=True):
        cast.people[f"{place.role.value}@{place.at}"] = user
