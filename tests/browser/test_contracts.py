"""A contract from the offer to a signature in a real browser; its pages fit any width."""

import pytest

from authorities.tenancy import scope
from cases.models import Contract
from tests.cases.contracts import in_force, may, offer
from tests.cases.family import family

pytestmark = pytest.mark.browser


def fits(page) -> bool:
    """Whether nothing makes the page wider than the window."""
    return page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_a_contract_is_offered_talked_through_and_signed(page_for, live_cast):
    with scope(live_cast.ids):
        found = family(live_cast)
        case = found.open_case()
        may(found)
    page = page_for(live_cast.officer)

    page.goto(f"/la/990/cases/{case.reference}/contracts/")
    page.get_by_role("button", name="Offer a contract").click()
    page.get_by_label("Ms Ada Larkfield (mother)").check()
    for part, typed in (("Day", "23"), ("Month", "11"), ("Year", "2026")):
        page.get_by_label(part, exact=True).fill(typed)
    page.get_by_label("How long is it for?").fill("10")
    page.get_by_label("Which attendance is to be reached?").fill("95")
    page.get_by_label("What will the parent do?").fill("Ring on a first day away")
    page.get_by_label("What will the school do?").fill("A check-in each Monday")
    page.get_by_role("button", name="Offer this contract").click()
    page.get_by_text("Contract offered. Nothing is agreed yet").wait_for()
    page.get_by_role("button", name="Record the meeting").click()
    page.get_by_role("group", name="Which parents were there?").get_by_role("checkbox").check()
    page.get_by_role("group", name="Who signed on paper").get_by_label("Ms Ada Larkfield").check()
    page.get_by_role("button", name="Save the meeting").click()

    page.get_by_text("Meeting recorded").wait_for()
    with scope(live_cast.ids):
        assert Contract.objects.get().state == "in force"


@pytest.mark.parametrize("width", [1280, 320])
def test_the_pages_of_contracts_and_checklists_fit(page_for, live_cast, width):
    with scope(live_cast.ids):
        found = family(live_cast)
        made = in_force(found, found.mother)
        Contract.objects.filter(pk=made.pk).update(starts_on="2026-10-05")
        waits = offer(found, found.father)
        case = made.case
    page = page_for(live_cast.officer, width=width)

    for path in (
        f"cases/{case.reference}/contracts/",
        f"cases/{case.reference}/contracts/offer/",
        f"cases/{case.reference}/contracts/none/",
        f"contracts/{made.reference}/",
        f"contracts/{made.reference}/now/breach/",
        f"contracts/{waits.reference}/meeting/",
        f"contracts/{waits.reference}/words/",
        f"cases/{case.reference}/checklists/",
        f"cases/{case.reference}/checklists/statement/",
    ):
        page.goto(f"/la/990/{path}")
        assert page.locator("h1").count() == 1, path
        assert fits(page), path
