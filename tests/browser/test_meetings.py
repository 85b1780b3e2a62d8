"""An officer meets a family in a real browser: arrange it, tell them, and read it on any width."""

import pytest

from authorities.tenancy import scope
from cases.models import Meeting
from tests.cases.family import family
from tests.cases.meeting_scenes import of_the_world

pytestmark = pytest.mark.browser


@pytest.fixture
def world(live_cast):
    """A case with a planned and a held meeting."""
    with scope(live_cast.ids):
        found = family(live_cast)
        case = found.open_case()
        things = of_the_world(live_cast, case, found.mother)
        return live_cast, case, things


def fits(page) -> bool:
    """Whether nothing makes the page wider than the window."""
    return page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_a_meeting_is_arranged_and_everybody_told(page_for, world):
    cast, case, _ = world
    page = page_for(cast.officer)

    page.goto(f"/la/990/cases/{case.reference}/contacts/")
    page.get_by_role("button", name="Arrange a meeting").click()
    page.get_by_label("Attendance meeting").check()
    for part, typed in (("Day", "27"), ("Month", "11"), ("Year", "2026")):
        page.get_by_label(part, exact=True).fill(typed)
    page.get_by_label("At what time?").fill("9:30")
    page.get_by_label("Where?").fill("Room 4")
    page.get_by_role("button", name="Arrange the meeting").click()

    page.get_by_text("Meeting arranged. Nobody has been told yet.").wait_for()
    page.get_by_role("button", name="Somebody was invited").click()
    page.get_by_label("Phone call").check()
    page.get_by_role("button", name="Write it down").click()
    page.get_by_text("Invitation written down").wait_for()
    assert page.get_by_text("Told on 17 November 2026: phone call").count() == 2
    with scope(cast.ids):
        assert Meeting.objects.count() == 3


@pytest.mark.parametrize("width", [1280, 320])
def test_the_pages_of_a_meeting_fit(page_for, world, width):
    cast, case, things = world
    page = page_for(cast.officer, width=width)
    held, planned = things["held"].reference, things["meeting"].reference

    for path in (
        f"cases/{case.reference}/contacts/",
        f"cases/{case.reference}/contacts/add/",
        f"cases/{case.reference}/meetings/add/",
        "meetings/",
        f"meetings/{planned}/",
        f"meetings/{planned}/outcome/",
        f"meetings/{held}/",
        f"meetings/{held}/cases/{case.reference}/minutes/",
        "meetings/calendar/",
    ):
        page.goto(f"/la/990/{path}")
        assert page.locator("h1").count() == 1, path
        assert fits(page), path
