"""A school refers a pupil, the council returns it, the school answers; and a family is masked."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import reverse
from playwright.sync_api import Page, expect

from authorities.permissions import Role
from authorities.tenancy import scope
from cases.models import Case, Referral
from tests.cases.family import Family, family
from tests.cases.test_family_lens import sibling

pytestmark = [pytest.mark.browser, pytest.mark.real_clock]


@pytest.fixture
def home(live_cast) -> Family:
    """A family with a case, and a sister at Brook."""
    with scope(live_cast.ids):
        made = family(live_cast)
        made.open_case()
        sibling(made, live_cast.brook)
        return made


def wrong_with(page: Page) -> list[str]:
    """What a reader with a phone or a screen reader would stumble over."""
    found = [v["id"] for v in Axe().run(page).response["violations"]]
    wide = page.evaluate("document.documentElement.scrollWidth")
    return found + ([f"{wide} wide"] if wide > page.viewport_size["width"] else [])


@pytest.mark.parametrize("width", [320, 1280])
def test_a_referral_goes_comes_back_and_goes_again(page_for, live_cast, home, width):
    page = page_for(live_cast.officer, width=width)
    page.goto(reverse("cases:case_referrals", args=["990", home.case.reference]))
    wrong = wrong_with(page)
    page.get_by_role("button", name=re.compile("Begin.*Referral to the council")).click()
    expect(page.get_by_text("Nothing was sent.")).to_be_visible()
    for label in ("Support so far", "The assessment of needs", "What the parents say"):
        page.get_by_label(re.compile(f"^{label}")).first.fill("We talked about it.")
    page.get_by_role("button", name="Save for later").click()
    wrong += wrong_with(page)
    page.get_by_label(re.compile("^What the pupil says")).first.fill("I like art.")
    page.get_by_role("button", name="Save and go on").click()
    wrong += wrong_with(page)
    expect(page.get_by_text("Nothing says whether early help was offered.")).to_be_visible()
    page.get_by_role("button", name="Send to the council").click()
    expect(page.get_by_role("link", name="Say why you send it although")).to_be_visible()
    page.get_by_label("Why do you send it all the same?").fill("The family asked us to.")
    page.get_by_role("button", name="Send to the council").click()
    expect(page.get_by_text("It is the turn of the council.")).to_be_visible()
    wrong += wrong_with(page)

    council = page_for(live_cast.person(Role.SUPPORT_WORKER), width=width)
    council.goto(reverse("cases:referrals", args=["990"]))
    wrong += wrong_with(council)
    council.get_by_role("link", name="Robin Example").click()
    expect(council.get_by_text("Nothing says whether early help was offered.")).to_be_visible()
    council.get_by_label("Return it with reasons").check()
    council.get_by_label("What do you want to say?").fill("When was it offered?")
    wrong += wrong_with(council)
    council.get_by_role("button", name="Answer the school").click()
    expect(council.get_by_text("Returned to the school with your reasons.")).to_be_visible()

    page.reload()
    expect(page.get_by_text("When was it offered?")).to_be_visible()
    page.get_by_role("button", name="Write the answers").click()
    page.get_by_label(re.compile("^Early help")).first.fill("On 2 November; they think about it.")
    page.get_by_role("button", name="Save and go on").click()
    expect(page.get_by_text("Nothing says whether early help was offered.")).to_have_count(0)
    page.get_by_role("button", name="Send to the council").click()
    expect(page.get_by_text("It is the turn of the council.")).to_be_visible()
    assert wrong == []
    with scope(live_cast.ids):
        assert Referral.objects.get().state == "sent"


@pytest.mark.parametrize("width", [320, 1280])
def test_a_sister_elsewhere_is_asked_about_and_shown(page_for, live_cast, home, width):
    page = page_for(live_cast.officer, width=width)
    there = reverse("cases:family", args=["990", home.case.reference])
    page.goto(there)
    expect(page.get_by_role("heading", name="A pupil at another school")).to_be_visible()
    assert "Wrenfield" not in page.content()
    wrong = wrong_with(page)
    page.get_by_role("button", name="Ask their school").click()
    wrong += wrong_with(page)
    page.get_by_label("Public task: helping these pupils to attend").check()
    page.get_by_label("Why do you need to know?").fill("One plan for the family.")
    page.get_by_role("button", name="Ask the school").click()
    expect(page.get_by_text("Their school was asked")).to_be_visible()

    head = page_for(live_cast.person(Role.HEADTEACHER, "brook"), width=width)
    head.goto(reverse("cases:sibling_requests", args=["990"]))
    wrong += wrong_with(head)
    head.get_by_role("link", name="Wren Wrenfield").click()
    wrong += wrong_with(head)
    head.get_by_label("Yes, until the day they ask for").check()
    head.get_by_role("button", name="Answer", exact=True).click()
    expect(head.get_by_text("Answered. The school that asked sees it.")).to_be_visible()
    wrong += wrong_with(head)

    page.goto(there)
    expect(page.get_by_role("heading", name="Wren Wrenfield")).to_be_visible()
    wrong += wrong_with(page)
    assert wrong == []
    with scope(live_cast.ids):
        assert Case.objects.count() == 1
