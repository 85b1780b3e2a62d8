"""The standing cast. Northmoor (990) owns what tests look at; Southvale (991) is the stranger."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date

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
        for place in (northmoor, southvale):
            for role in AUTHORITY_ROLES:
                hire(cast, role, place.name.lower(), authority=place)
        for place in (cast.hillside, cast.brook, cast.valley, cast.coast):
            for role in SCHOOL_ROLES:
                name = place.name.split()[0].lower()
                hire(cast, role, name, authority=place.authority, school=place)
        hire(cast, Role.TRUST_LEAD, "trust", trust=trust)
        hire(cast, Role.PLATFORM_OPERATOR, "platform")
        cast.pupil = factories.pupil(northmoor)
        cast.enrolment = factories.enrolment(cast.pupil, cast.hillside)
        yield cast


def hire(cast: Cast, role: Role, at: str, **place: object) -> None:
    """A person with one role at one place, second factor set up."""
    user = User.objects.create(
        email=f"{role.value.replace(' ', '.')}.{at}@example.org",
        name=f"{role.label} at {at.title()}",
    )
    if place:  # a platform operator's membership names no place and is the owner's to give
        Membership.objects.create(user=user, role=role, starts_on=date(2024, 9, 1), **place)
    Authenticator.objects.create(user=user, type="totp", data={"secret": "unused"})
    cast.people[f"{role.value}@{at}"] = user
