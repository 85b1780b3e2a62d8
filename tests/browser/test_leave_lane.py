"""Leave in term time, from a refusal to a penalty notice: five steps, and nothing typed twice."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import reverse
from playwright.sync_api import Page, expect

from authorities.permissions import Role
from authorities.tenancy import scope
from legal.models import NoticeRequest, PenaltyNotice
from tests.legal.request_scenes import Away, away

pytestmark = pytest.mark.browser


@pytest.fixture
def home(live_cast) -> Away:
    """The mother asked, the headteacher refused, and they went."""
    with scope(live_cast.ids):
        made = away(live_cast)
        made.leave()
        made.think()
        made.open_for_council()
        return made


def wrong_with(page: Page) -> list[str]:
    """What a reader with a phone or a screen reader would stumble over."""
    found = [v["id"] for v in Axe().run(page).response["violations"]]
    wide = page.evaluate("document.documentElement.scrollWidth")
    return found + ([f"{wide} wide"] if wide > page.viewport_size["width"] else [])


def test_refused_leave_becomes_a_notice_without_retyping(page_for, live_cast, home):
    office = page_for(live_cast.officer, width=320)
    office.goto(reverse("legal:leave_absences", args=["990"]))
    wrong = wrong_with(office)
    office.get_by_role("link", name=re.compile("Refused")).click()
    expect(office.get_by_text("Back on Monday 16 November 2026.")).to_be_visible()
    wrong += wrong_with(office)
    office.get_by_role("button", name="Begin a request for a penalty notice").click()
    why = office.get_by_label("Why was the pupil absent?")
    expect(why).to_have_value(re.compile("A week by the sea with our cousins"))
    for name, included in (("Ms Ada Larkfield", "Yes"), ("Mr Tom Reedham", "No")):
        asked = office.get_by_role("group", name=f"{name}: is a notice asked for?")
        asked.get_by_label(included).check()
        allowed = office.get_by_role("group", name=f"{name}: did they allow the absence?")
        allowed.get_by_label(included, exact=True).check()
    office.get_by_label("Mr Tom Reedham: how you know").fill("He wrote against it.")
    day = office.get_by_role("group", name=re.compile("Ms Ada Larkfield: when was the address"))
    for box, part in (("Day", "2"), ("Month", "11"), ("Year", "2026")):
        day.get_by_label(box).fill(part)
    office.get_by_role("button", name="Save").click()
    expect(office.get_by_text("The headteacher has not declared it.")).to_be_visible()
    wrong += wrong_with(office)

    head = page_for(live_cast.person(Role.HEADTEACHER, "hillside"))
    head.goto(office.url)
    head.get_by_role("button", name="Declare it as headteacher").click()
    wrong += wrong_with(head)
    head.get_by_role("button", name="I declare this").click()
    expect(head.get_by_text("Declared. Now it can be sent to the council.")).to_be_visible()

    office.reload()
    office.get_by_role("button", name="Check and send").click()
    wrong += wrong_with(office)
    office.get_by_role("button", name="Send for decision").click()
    turn = "Whose turn it is: an authorised officer of the council."
    expect(office.get_by_text(turn)).to_be_visible()

    council = page_for(live_cast.person(Role.AUTHORISING_OFFICER))
    council.goto(reverse("legal:requests", args=["990"]))
    wrong += wrong_with(council)
    council.get_by_role("link", name=re.compile("Example")).first.click()
    council.get_by_role("button", name="Decide on it").click()
    council.get_by_label("Approve it and issue").check()
    council.get_by_label("How does it stand against the code of conduct?").fill("Section 4 is met.")
    council.get_by_label("Is a notice in the public interest?").fill("A third holiday.")
    wrong += wrong_with(council)
    council.get_by_role("button", name="Decide").click()
    expect(council.get_by_text("Approved. A notice was issued to each parent")).to_be_visible()
    wrong += wrong_with(council)

    assert wrong == []
    with scope(live_cast.ids):
        assert NoticeRequest.objects.get().state == "approved"
        assert PenaltyNotice.objects.get().adult == home.mother
