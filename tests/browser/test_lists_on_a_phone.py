"""Every list at 320 pixels: each row a card, and nothing to read sideways."""

import pytest
from django.urls import reverse

from authorities.permissions import Role
from authorities.tenancy import scope
from tests.tenancy import world as worlds
from tests.tenancy.matrix import ROUTES

pytestmark = [pytest.mark.browser, pytest.mark.real_clock]

# A list needs nothing in its address. These two of the cast may open nearly all of them.
PAGES = sorted(
    (name, Role.HEADTEACHER in route.school)
    for name, route in ROUTES.items()
    if route.method == "GET"
    and route.page
    and not route.needs
    and (Role.HEADTEACHER in route.school or Role.SUPPORT_WORKER in route.authority)
)
SIDEWAYS = """() => [...document.querySelectorAll(".onroll-list .onroll-pane")]
  .filter(pane => pane.scrollWidth > pane.clientWidth)
  .map(pane => `${pane.getAttribute("aria-label")}: ${pane.scrollWidth} in ${pane.clientWidth}`)"""
LABELS = """() => [...document.querySelectorAll(".onroll-list [data-label]")]
  .map(cell => getComputedStyle(cell, "::before").content)"""


@pytest.fixture
def world(live_cast):
    with scope(live_cast.ids):
        return worlds.build(live_cast)


def test_no_list_is_read_sideways(page_for, live_cast, world):
    head = page_for(live_cast.person(Role.HEADTEACHER, "hillside"), width=320)
    council = page_for(live_cast.person(Role.SUPPORT_WORKER), width=320)
    wrong, lists, rows = [], set(), 0

    for name, at_school in PAGES:
        page = head if at_school else council
        answer = page.goto(reverse(name, args=["990"]))
        if answer.status != 200:
            wrong.append((name, answer.status))
        if page.locator(".onroll-list").count():
            lists.add(name)
            rows += page.locator(".onroll-list tbody tr").count()
        wrong += [(name, said) for said in page.evaluate(SIDEWAYS)]
        if page.evaluate("document.documentElement.scrollWidth") > 320:
            wrong.append((name, "the page itself"))

    assert wrong == []
    assert {"cases:cases", "cases:work", "cases:referrals", "attendance:pupils"} <= lists
    assert rows >= 20


def test_a_card_says_what_each_figure_is(page_for, live_cast, world):
    page = page_for(live_cast.officer, width=320)

    page.goto(reverse("cases:cases", args=["990"]))

    said = page.evaluate(LABELS)
    assert '"School: "' in said
    assert '"Carried by: "' in said
    page.set_viewport_size({"width": 1280, "height": 900})
    assert set(page.evaluate(LABELS)) == {"none"}
