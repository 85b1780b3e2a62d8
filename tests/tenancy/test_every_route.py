"""Every route by every role by own and foreign things: generated, and complete.

Northmoor's things (at Hillside) are asked for by everybody. The two authorities hold sentinels;
no answer to a person of one may hold a sentinel of the other.
"""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import time_machine
from django.db import transaction
from django.test import override_settings
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from authorities.permissions import AUTHORITY_ROLES, SCHOOL_ROLES, Role
from tests.cast import Cast, everywhere, sign_in
from tests.conftest import TUESDAY
from tests.tenancy import world as worlds
from tests.tenancy.matrix import ELSEWHERE, OWN_ACCOUNT, PUBLIC, ROUTES, Route
from tests.tenancy.world import PLAIN


def route_names(resolver: URLResolver, namespace: str = "") -> set[str]:
    """Every named route of the URLconf, with its namespace."""
    names = set()
    for entry in resolver.url_patterns:
        if isinstance(entry, URLResolver):
            inner = f"{namespace}{entry.namespace}:" if entry.namespace else namespace
            names |= route_names(entry, inner)
        elif isinstance(entry, URLPattern):
            names.add(f"{namespace}{entry.name}" if entry.name else f"unnamed {entry.pattern}")
    return names


def declared(name: str) -> bool:
    return name in ROUTES or name in PUBLIC or name in ELSEWHERE or name.startswith(OWN_ACCOUNT)


def test_every_route_is_declared_and_every_declaration_is_a_route():
    names = route_names(get_resolver())

    assert {name for name in names if not declared(name)} == set()
    assert (set(ROUTES) | PUBLIC | ELSEWHERE) - names == set()


def everybody() -> list[tuple[Role, str]]:
    """Each person of the cast, as (role, place)."""
    people = [(role, place) for place in ("northmoor", "southvale") for role in AUTHORITY_ROLES]
    schools = ("hillside", "brook", "valley", "coast")
    people += [(role, school) for school in schools for role in SCHOOL_ROLES]
    return [*people, (Role.TRUST_LEAD, "trust"), (Role.PLATFORM_OPERATOR, "platform")]


def expected(route: Route, role: Role, place: str) -> set[int]:
    """The statuses that this person may get for a thing of Hillside School in Northmoor."""
    inside = {200, 302} if route.method == "GET" else {200, 302, 400, 409, 422}
    refused = {403, 404}
    own = route.needs and not route.shared  # Hillside's, and nobody else's
    if place == "northmoor":
        return inside if role in route.authority else refused
    if place == "hillside":
        return inside if role in route.school else refused
    if place == "brook":  # same authority, another school: its own lists, never Hillside's things
        return inside if role in route.school and not own else refused
    if place == "trust":  # reaches Brook, so the authority's lists, never Hillside's things
        return inside if route.trust and not own else refused
    return {404}


@pytest.fixture(scope="module")
def built(django_db_setup, django_db_blocker, tmp_path_factory) -> Iterator[worlds.World]:
    """The world, built once for all the tests of this file.

    Its transaction stays open around them: each test's own is a savepoint in it, undone after.
    """
    folder = tmp_path_factory.mktemp("state")
    kept = override_settings(STATE_DIR=folder, SPOOL_DIR=folder / "spool")
    clock = time_machine.travel(TUESDAY, tick=False)
    with django_db_blocker.unblock(), clock, kept, transaction.atomic():
        with everywhere() as cast:
            yield worlds.build(cast)
        transaction.set_rollback(True)


@pytest.fixture
def cast(built: worlds.World, db) -> Cast:
    return built.cast


@pytest.fixture
def world(built: worlds.World) -> worlds.World:
    return built


@pytest.mark.parametrize("name", sorted(ROUTES))
def test_each_person_gets_in_or_is_refused(client, cast: Cast, world: worlds.World, name: str):
    route = ROUTES[name]
    url = reverse(name, kwargs=world.arguments(name, route.needs))
    ask: Callable[..., Any] = client.post if route.method == "POST" else client.get
    wrong = []

    for role, place in everybody():
        sign_in(client, cast.person(role, place))
        answer = ask(url, route.data)
        if answer.status_code not in expected(route, role, place):
            wrong.append((role.value, place, answer.status_code))
        if place in ("southvale", "valley", "coast") and b"Northsecret" in answer.content:
            wrong.append((role.value, place, "saw a sentinel"))
        if b"Southsecret" in answer.content:
            wrong.append((role.value, place, "saw a sentinel of the other authority"))

    assert wrong == []


@pytest.mark.parametrize("name", sorted(ROUTES))
def test_somebody_who_is_not_signed_in_is_asked_to(client, cast, world, name):
    route = ROUTES[name]
    url = reverse(name, kwargs=world.arguments(name, route.needs))

    answer = client.post(url) if route.method == "POST" else client.get(url)

    if "/api/" in url:
        assert answer.status_code in (401, 403)
    else:
        assert answer.status_code == 302
        assert answer.headers["Location"].startswith("/accounts/login/")


@pytest.mark.parametrize("name", sorted(n for n in ROUTES if ROUTES[n].method == "POST"))
def test_a_page_that_changes_something_refuses_to_be_read(client, cast, world, name):
    sign_in(client, cast.officer)

    answer = client.get(reverse(name, kwargs=world.arguments(name, ROUTES[name].needs)))

    assert answer.status_code in (404, 405)


@pytest.mark.parametrize("name", sorted(n for n in ROUTES if set(ROUTES[n].needs) - set(PLAIN)))
def test_the_other_authoritys_address_opens_no_door_to_our_things(client, cast, world, name):
    """The thing's own key under /la/991/: a stranger's authority, where it does not exist."""
    route = ROUTES[name]
    arguments = {**world.arguments(name, route.needs), "la": "991"}
    url = reverse(name, kwargs=arguments)

    for role, place in everybody():
        if place != "southvale":
            continue
        sign_in(client, cast.person(role, place))
        answer = client.post(url, route.data) if route.method == "POST" else client.get(url)
        assert answer.status_code in (403, 404), (role, place)
