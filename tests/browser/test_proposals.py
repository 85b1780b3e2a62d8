"""From what a policy asks for to a decision: Hillside's officer with the keyboard, no scripts."""

from datetime import date

import pytest

from authorities.permissions import Role
from authorities.tenancy import scope
from cases.models import Proposal
from cases.services import proposing
from tests.browser.keyboard import press, tab_into
from tests.cases.family import NOW, family

pytestmark = pytest.mark.browser


@pytest.fixture
def noted(live_cast):
    """A letter and two reasons to open a case, for one pupil."""
    with scope(live_cast.ids):
        found = family(live_cast)
        proposing.look(live_cast.northmoor.pk, as_of=date(2026, 11, 16), now=NOW)
        return found


def write(page, name: str, words: str) -> None:
    """Type into a box."""
    tab_into(page, name)
    page.keyboard.type(words)


def test_a_proposal_is_taken_up_and_another_left(page_for, live_cast, noted):
    page = page_for(live_cast.officer, scripts=False)

    # She reads why a letter is proposed, and that it needs a case.
    page.goto("/la/990/proposals/?kind=letter")
    assert "Attendance is below 95%" in page.inner_text("main")
    page.get_by_role("link", name=noted.cast.pupil.name).first.click()
    assert "89.5% (86 of 96 half days)" in page.inner_text("main")
    press(page, "Open a case")

    # Opening it takes up both proposals to open one; the letter is left.
    press(page, "Open the case")
    page.goto("/la/990/proposals/")
    assert "Send a letter: 1." in page.inner_text("main")
    press(page, "Leave all in this list")
    assert "1 proposal below is left" in page.inner_text("main")
    write(page, "reason", "The mother rang. A long illness")
    press(page, "Leave 1 proposal")
    assert "We look again each night" in page.inner_text("main")
    with scope(live_cast.ids):
        states = set(Proposal.objects.values_list("proposes", "state"))
    assert states == {("case", "taken"), ("letter", "left")}


def test_what_applies_is_a_page_from_the_case_away(page_for, live_cast, noted):
    with scope(live_cast.ids):
        case = noted.open_case()
    page = page_for(live_cast.officer, scripts=False)

    page.goto(f"/la/990/cases/{case.reference}/")
    page.get_by_role("navigation", name="This case").get_by_role("link", name="Policy").click()
    page.get_by_role("link", name="See what applies today").click()

    assert "10 unauthorised sessions in ten weeks, or more" in page.inner_text("main")


def test_a_headteacher_asks_what_another_policy_would_do(page_for, live_cast, noted):
    page = page_for(live_cast.person(Role.HEADTEACHER, "hillside"), scripts=False)

    page.goto("/la/990/what-if/")
    page.get_by_label("BCP", exact=False).first.check()
    press(page, "Replay")

    assert "Working on it" in page.inner_text("main") or "Waiting" in page.inner_text("main")
