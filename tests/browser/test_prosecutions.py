"""A prosecution on a phone, from the case's Legal page to the court: every page read by axe."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import reverse
from playwright.sync_api import Page, expect

from authorities.permissions import Role
from authorities.tenancy import scope
from cases.services import casework
from legal.models import Prosecution
from letters.models import Letter
from tests.attendance.scenes import crossing
from tests.cast import TODAY
from tests.legal.penalty_scenes import at
from tests.legal.prosecution_scenes import desk

pytestmark = pytest.mark.browser


@pytest.fixture
def case(live_cast):
    """A case about ten half days missed without leave; no notice was issued."""
    with scope(live_cast.ids):
        desk(live_cast)
        return casework.open_case(
            reach=live_cast.reach(live_cast.officer),
            enrolment=live_cast.enrolment,
            crossing=crossing(live_cast),
            now=at(TODAY),
            today=TODAY,
        )


def wrong_with(page: Page) -> list[str]:
    """What a reader with a phone or a screen reader would stumble over."""
    found = [v["id"] for v in Axe().run(page).response["violations"]]
    wide = page.evaluate("document.documentElement.scrollWidth")
    return found + ([f"{wide} wide"] if wide > page.viewport_size["width"] else [])


def day(page: Page, question: str | re.Pattern[str], on: str) -> None:
    """Fill a date: day, month and year."""
    asked = page.get_by_role("group", name=question)
    for box, part in zip(("Day", "Month", "Year"), on.split(), strict=True):
        asked.get_by_label(box).fill(part)


def test_a_prosecution_on_a_phone(page_for, live_cast, case):
    legal = page_for(live_cast.person(Role.LEGAL_OFFICER), width=320)
    legal.goto(reverse("legal:case", args=["990", case.reference]))
    legal.get_by_role("button", name="Prepare a prosecution").click()
    wrong = wrong_with(legal)
    legal.get_by_label("Ms Ada Larkfield, mother").check()
    legal.get_by_label(re.compile("Why does the council prepare")).fill("Nothing has changed.")
    legal.get_by_role("button", name="Begin the file").click()
    expect(legal.get_by_role("heading", name="What next")).to_be_visible()
    wrong += wrong_with(legal)

    legal.get_by_role("button", name="Record that a supervision order was considered").click()
    wrong += wrong_with(legal)
    legal.get_by_label("What was decided, and why?").fill("Not sought: the child wants to go.")
    day(legal, "When?", "17 11 2026")
    legal.get_by_role("button", name="Record it").click()

    legal.get_by_role("button", name="Send the caution letter").click()
    wrong += wrong_with(legal)
    legal.get_by_role("button", name="Send the letter").click()
    expect(legal.get_by_text("The letter is on its way.")).to_be_visible()
    with scope(live_cast.ids):
        assert Letter.objects.get(kind="prosecution_caution").state == "approved"

    legal.get_by_role("button", name="Record what the parent says").click()
    wrong += wrong_with(legal)
    day(legal, "When did it come?", "17 11 2026")
    legal.get_by_label("By letter").check()
    legal.get_by_label(re.compile("Do you agree with the register")).fill("Yes")
    legal.get_by_role("button", name="Record the answers").click()

    legal.get_by_role("button", name="Weigh the defences").click()
    wrong += wrong_with(legal)
    for choice in legal.get_by_label("It was not raised, and nothing shows it").all():
        choice.check()
    legal.get_by_role("button", name="Save what you found").click()

    for test in ("evidential", "public interest"):
        legal.get_by_role("button", name=f"Make the {test} test").click()
        wrong += wrong_with(legal)
        for box in legal.locator("main textarea").all():
            box.fill("Read in the papers of the file.")
        legal.get_by_role("group", name=re.compile(f"Is the {test} test")).get_by_label(
            "Yes"
        ).check()
        legal.get_by_role("button", name="Save the test").click()

    legal.get_by_role("button", name="Record the statements and the certificate").click()
    day(legal, "Since when are they complete?", "17 11 2026")
    legal.get_by_label("Which papers are on file?").fill("The certificate and one statement.")
    legal.get_by_role("button", name="Record them").click()
    wrong += wrong_with(legal)
    file = legal.url

    senior = page_for(live_cast.person(Role.AUTHORISING_OFFICER), width=320)
    senior.goto(file)
    senior.get_by_role("button", name="Authorise it").click()
    wrong += wrong_with(senior)
    senior.get_by_label("Your post").fill("Director of education")
    senior.get_by_label("Why do you authorise it?").fill("Both tests are met.")
    senior.get_by_role("button", name="Authorise it").click()
    expect(senior.get_by_text("Authorised. The charge can be sent")).to_be_visible()

    legal.reload()
    legal.get_by_role("button", name="Record the charge").click()
    wrong += wrong_with(legal)
    legal.get_by_label("By a single justice procedure notice").check()
    legal.get_by_label("To which court?").fill("Sampleton magistrates' court")
    legal.get_by_role("group", name="Is the parent 18 or over?").get_by_label("Yes").check()
    legal.get_by_label("How do you know?").fill("On the answer sheet")
    legal.get_by_role("button", name="Record the charge").click()

    legal.get_by_role("button", name="Record what the court decided").click()
    day(legal, "When did the court decide?", "17 11 2026")
    legal.get_by_label("Guilty", exact=True).check()
    legal.get_by_label("Fine", exact=True).check()
    legal.get_by_label(re.compile("How high is the fine")).fill("200")
    wrong += wrong_with(legal)
    legal.get_by_role("button", name="Record the decision").click()
    legal.get_by_role("button", name="Tell the school").click()
    legal.get_by_role("button", name="Tell the school").click()
    expect(legal.get_by_text("A new prosecution needs a new period of absence.")).to_be_visible()
    wrong += wrong_with(legal)
    legal.goto(reverse("legal:prosecutions", args=["990"]))
    wrong += wrong_with(legal)

    assert wrong == []
    with scope(live_cast.ids):
        assert Prosecution.objects.get().outcomes == ["fine"]
