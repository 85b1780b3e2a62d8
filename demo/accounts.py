"""Somebody for every role: each with a password and a second factor that follow from the number."""

import base64
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from allauth.mfa.totp.internal.auth import TOTP
from django.contrib.auth.hashers import Argon2PasswordHasher

from authorities.models import Authority, Membership, Phase, School, Trust, User
from authorities.permissions import AUTHORITY_ROLES, SCHOOL_ROLES, Role
from demo.draws import digest, table
from demo.places import Places

SINCE = 400  # days before today that everybody's role began
EVERYWHERE = (Role.HEADTEACHER, Role.ATTENDANCE_OFFICER)  # at each school
STAFFED = 12  # schools with people, in larger worlds


class Quick(Argon2PasswordHasher):
    """The house's hash made cheaply: these passwords are printed anyway.

    The first sign-in checks it as it is and replaces it by one of full strength.
    """

    time_cost = 1
    memory_cost = 8 * 1024
    parallelism = 1


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody to be made: at a school, a trust, an authority, or (platform) nowhere."""

    role: Role
    email: str
    name: str
    place: str
    password: str
    secret: str
    authority: str = ""
    urn: str = ""
    trust: str = ""

    def as_json(self) -> dict[str, str]:
        """What the seed's answer says of it."""
        return {
            "role": self.role.value,
            "email": self.email,
            "password": self.password,
            "totp_secret": self.secret,
            "name": self.name,
            "place": self.place,
            "authority": self.authority,
            "school": self.urn,
            "trust": self.trust,
        }


def accounts(seed: int, world: Places) -> list[Account]:
    """Everybody who can sign in, the first authority's people first."""
    found = []
    for authority in world.authorities:
        place = {"place": authority.name, "authority": authority.code}
        for role in AUTHORITY_ROLES:
            found.append(_account(seed, role, authority.domain, **place))
        found += _school_accounts(seed, world, authority.code, authority.domain)
    trust, first = world.trust, world.authorities[0]
    found.append(_account(seed, Role.TRUST_LEAD, trust.domain, place=trust.name, trust=trust.code))
    found.append(
        _account(seed, Role.PLATFORM_OPERATOR, "platform.example.org", place="the platform")
    )
    for role in (Role.PARENT, Role.OUTSIDE_PROFESSIONAL):
        place = {"place": first.name, "authority": first.code}
        found.append(_account(seed, role, f"people.{first.domain}", **place))
    return found


def _school_accounts(seed: int, world: Places, code: str, domain: str) -> Iterator[Account]:
    """Every school role at the first secondary and first trust school; two roles elsewhere."""
    schools = [school for school in world.schools if school.authority == code]
    full = [
        next((s.urn for s in schools if s.phase == Phase.SECONDARY), ""),
        next((s.urn for s in schools if s.trust), ""),
    ]
    ordered = sorted(schools, key=lambda s: ([*full, s.urn].index(s.urn), s.index))[:STAFFED]
    for school in ordered:
        for role in SCHOOL_ROLES if school.urn in full else EVERYWHERE:
            yield _account(
                seed,
                role,
                f"{school.slug}.{domain}",
                place=school.name,
                authority=code,
                urn=school.urn,
            )


def _account(seed: int, role: Role, domain: str, *, place: str, **where: str) -> Account:
    email = f"{role.value.replace(' ', '.')}@{domain}"
    drawn = digest(seed, "account", email)
    return Account(
        role=role,
        email=email,
        name=_name(drawn),
        place=place,
        password=_password(drawn),
        secret=base64.b32encode(digest(seed, "second factor", email)[:20]).decode(),
        **where,
    )


def _name(drawn: bytes) -> str:
    """A grown-up's name."""
    names = table("names")
    forenames = [*names["adults"]["women"], *names["adults"]["men"]]
    first, second = names["surnames"]["first"], names["surnames"]["second"]
    surname = first[drawn[9] % len(first)] + second[drawn[10] % len(second)]
    return f"{forenames[drawn[8] % len(forenames)]} {surname}"


def _password(drawn: bytes) -> str:
    """Three invented words and four digits: Amberferrow-Tergillfield-Yewmarshend-4821."""
    parts = table("names")["schools"]
    words = [
        parts["first"][drawn[n] % len(parts["first"])]
        + parts["second"][drawn[n + 1] % len(parts["second"])]
        for n in (0, 2, 4)
    ]
    return f"{'-'.join(words)}-{int.from_bytes(drawn[6:8], 'big') % 10_000:04}"


def make(
    people: list[Account],
    authorities: dict[str, Authority],
    schools: dict[str, School],
    trust: Trust | None,
    today: date,
) -> dict[str, User]:
    """Make them, with memberships and second factors. Returns users by address.

    Must run in a scope over every authority.
    """
    starts = date.fromordinal(today.toordinal() - SINCE)
    users = {}
    hasher = Quick()
    for account in people:
        hashed = hasher.encode(account.password, hasher.salt())
        user = User.objects.create(email=account.email, name=account.name, password=hashed)
        if account.role != Role.PLATFORM_OPERATOR:  # theirs is the owner's to give
            Membership.objects.create(
                user=user,
                role=account.role,
                authority=authorities.get(account.authority),
                school=schools.get(account.urn),
                trust=trust if account.trust else None,
                starts_on=starts,
            )
        TOTP.activate(user, account.secret)
        users[account.email] = user
    return users
