"""Every page, opened by somebody who may: no accessibility violation, no error, no overflow."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import reverse

from authorities.permissions import Role
from authorities.tenancy import scope
from tests.tenancy import world as worlds
from tests.tenancy.matrix import ROUTES

pytestmark = [pytest.mark.browser, pytest.mark.real_clock]

NOT_PAGES = (".pdf", ".csv", ".svg", ".ics")
# Pages that nobody of the cast may open have tests of their own.
PAGES = sorted(
    name
    for name, route in ROUTES.items()
    if route.method == "GET" and route.page and (route.school or route.authority)
)
PREFERRED = (Role.ATTENDANCE_OFFICER, Role.HEADTEACHER)


@pytest.fixture
def world(live_cast):
    with scope(live_cast.ids):
        return worlds.build(live_cast)


def violations(page) -> list[str]:
    found = Axe().run(page).response["violations"]
    return [f"{v['id']}: {v['nodes'][0]['html'][:200]}" for v in found]


def visitor_of(cast, route):
    """Somebody of the cast who may open a page."""
    role = next((r for r in (*PREFERRED, *sorted(route.school)) if r in route.school), None)
    return cast.person(role, "hillside") if role else cast.person(sorted(route.authority)[0])


@pytest.mark.parametrize("width", [320, 1280])
def test_every_page_is_accessible_and_fits(page_for, live_cast, world, width):
    wrong, windows = [], {}

    for name in PAGES:
        route = ROUTES[name]
        url = reverse(name, kwargs=world.arguments(name, route.needs))
        user = visitor_of(live_cast, route)
        if user.pk not in windows:
            windows[user.pk] = page_for(user, width=width)
        page = windows[user.pk]
        answer = page.goto(url)
        if answer.status != 200:
            wrong.append((name, answer.status))
            continue
        wrong += [(name, problem) for problem in violations(page)]
        wide = page.evaluate("document.documentElement.scrollWidth")
        if wide > width:
            wrong.append((name, f"is {wide} pixels wide at {width}"))

    assert wrong == []


def test_the_sign_in_page_is_accessible(page_for, live_cast):
    page = page_for(None, width=320)
    page.goto("/accounts/login/")

    assert violations(page) == []
