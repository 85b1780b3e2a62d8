"""An education supervision order on a phone, from the first thought to a direction not followed."""

from datetime import date

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import reverse
from playwright.sync_api import Page, expect

from authorities.permissions import Role
from authorities.tenancy import scope
from legal.models import SupervisionOrder
from tests.cases.family import Family, family
from tests.legal import order_scenes as scenes
from tests.legal.penalty_scenes import office

pytestmark = pytest.mark.browser


@pytest.fixture
def home(live_cast) -> Family:
    """The family with a case, and a council that has said who it is."""
    with scope(live_cast.ids):
        office(live_cast)
        made = family(live_cast)
        made.open_case()
        return made


def wrong_with(page: Page) -> list[str]:
    """What a reader with a phone or a screen reader would stumble over."""
    found = [v["id"] for v in Axe().run(page).response["violations"]]
    wide = page.evaluate("document.documentElement.scrollWidth")
    return found + ([f"{wide} wide"] if wide > page.viewport_size["width"] else [])


def test_two_officers_bring_an_order_to_the_court_on_a_phone(page_for, live_cast, home):
    legal = page_for(live_cast.person(Role.LEGAL_OFFICER), width=320)
    legal.goto(reverse("legal:case", args=["990", home.case.reference]))
    legal.get_by_role("button", name="Prepare an education supervision order").click()
    wrong = wrong_with(legal)
    legal.get_by_label("What did you find").fill("Help at home would get mornings going.")
    legal.get_by_role("group", name="Are there safeguarding concerns?").get_by_label("No").check()
    legal.get_by_role("button", name="Record that it was considered").click()
    wrong += wrong_with(legal)
    address = legal.url

    legal.get_by_role("button", name="Ask social services and the family").click()
    wrong += wrong_with(legal)
    legal.get_by_label("Whom did you ask").fill("The duty manager, by secure mail")
    legal.get_by_label("Ms Ada Larkfield").check()
    legal.get_by_label("Why is an order thought of?").fill("Robin missed ten half days.")
    legal.get_by_label("When and where").fill("Please meet us on Tuesday 24 November 2026.")
    legal.get_by_role("button", name="Save").click()
    expect(legal.get_by_text("Each parent is being written to")).to_be_visible()
    wrong += wrong_with(legal)

    second = page_for(live_cast.person(Role.AUTHORISING_OFFICER), width=320)
    second.goto(address)
    second.get_by_role("button", name="Apply to the court").click()
    expect(second.get_by_text("It cannot be applied for yet")).to_be_visible()
    wrong += wrong_with(second)
    with scope(live_cast.ids):
        scenes.heard(home, SupervisionOrder.objects.get())
        scenes.gate_opens(home)
    second.reload()
    expect(second.get_by_text("Everything that it needs is there.")).to_be_visible()
    second.get_by_label("To which family court?").fill("The family court at Northmoor")
    second.get_by_label("Instead of one").check()
    wrong += wrong_with(second)
    second.get_by_role("button", name="Apply to the court").click()
    expect(second.get_by_text("Record what the family court decides.")).to_be_visible()

    assert wrong == []


def test_directions_that_are_not_followed_on_a_phone(page_for, live_cast, home):
    with scope(live_cast.ids):
        order = scenes.made(home)
        direction = scenes.directed(home, order)
        for day in (date(2026, 11, 18), date(2026, 11, 19)):
            scenes.failed(home, direction, day)
        at = reverse("legal:order", args=["990", order.reference])
    legal = page_for(live_cast.person(Role.LEGAL_OFFICER), width=320)
    legal.goto(reverse("legal:orders", args=["990"]))
    wrong = wrong_with(legal)
    legal.goto(at)
    wrong += wrong_with(legal)
    for name in ("Give a direction", "Record a review", "Record its end, or a care order"):
        legal.get_by_role("button", name=name).click()
        wrong += wrong_with(legal)
        legal.goto(at)
    legal.get_by_role("button", name="Say that directions are persistently not followed").click()
    legal.get_by_label("Why, and what is done?").fill("Twice, after a visit each time.")
    legal.get_by_role("button", name="Save").click()
    expect(legal.get_by_text("The highest fine is £1,000.")).to_be_visible()
    wrong += wrong_with(legal)

    second = page_for(live_cast.person(Role.AUTHORISING_OFFICER), width=320)
    second.goto(at)
    second.get_by_role("button", name="Record a prosecution for it").click()
    wrong += wrong_with(second)

    assert wrong == []
