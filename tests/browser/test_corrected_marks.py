"""A corrected mark stops a penalty notice until another officer decides, on a phone and a desk."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import reverse
from playwright.sync_api import Page, expect

from authorities.permissions import Role
from authorities.tenancy import scope
from legal.models import LegalRecheck, PenaltyNotice
from tests.cases.family import family
from tests.legal.correction_scenes import Put, put

pytestmark = pytest.mark.browser


@pytest.fixture
def home(live_cast) -> Put:
    """A notice on ten half days, one of which a doctor's letter explained."""
    with scope(live_cast.ids):
        made = put(family(live_cast))
        made.notice(served=True)
        made.correct("I")
        made.look()
        return made


def wrong_with(page: Page) -> list[str]:
    """What a reader with a phone or a screen reader would stumble over."""
    found = [v["id"] for v in Axe().run(page).response["violations"]]
    wide = page.evaluate("document.documentElement.scrollWidth")
    return found + ([f"{wide} wide"] if wide > page.viewport_size["width"] else [])


@pytest.mark.parametrize("width", [320, 1280])
def test_another_officer_reads_what_changed_and_decides(page_for, live_cast, home, width, tmp_path):
    page = page_for(live_cast.person(Role.LEGAL_OFFICER), width=width)
    page.goto(reverse("legal:rechecks", args=["990"]))
    wrong = wrong_with(page)
    page.get_by_role("link", name=re.compile("^Penalty notice PN")).click()
    expect(page.get_by_text("the threshold was not met on that day")).to_be_visible()
    expect(page.get_by_text("Monday 5 October 2026, morning")).to_be_visible()
    wrong += wrong_with(page)
    page.screenshot(path=tmp_path / "corrected.png", full_page=True)
    page.get_by_label("Why?").fill("The mother told the school on the day: it stands.")
    page.get_by_role("button", name="Say that it stands").click()
    expect(page.get_by_text("It still stands. The mother told the school")).to_be_visible()
    page.get_by_role("link", name=re.compile("^Penalty notice PN")).click()
    expect(page.get_by_text("Marks corrected")).to_be_visible()
    wrong += wrong_with(page)

    assert wrong == []
    with scope(live_cast.ids):
        assert LegalRecheck.objects.get().decision == "stands"
        assert PenaltyNotice.objects.get().review == ""
