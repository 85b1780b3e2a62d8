"""The list of work in a browser: by keyboard, on a laptop and on a phone."""

from datetime import date

import pytest

from authorities.permissions import Role
from authorities.tenancy import scope
from cases.models import Deadline, DeadlineKind
from tests.cases.family import family
from tests.cases.work_scenes import a_case, a_deadline
from tests.cast import TODAY

pytestmark = pytest.mark.browser
K = DeadlineKind


@pytest.fixture
def some_work(live_cast):
    """Three things to do on two cases, one of them late."""
    with scope(live_cast.ids):
        of = family(live_cast)
        case = of.open_case()
        a_deadline(case, date(2026, 11, 13), nothing="Nobody knows how the family is.")
        a_deadline(case, TODAY, kind=K.PLAN_REVIEW, about="cases.Cycle:1", words="Review the plan")
        a_deadline(a_case(live_cast, "Second"), TODAY)
        of.prepare(of.mother)
    return live_cast


def test_two_rows_are_done_together_by_keyboard_and_taken_back(page_for, some_work):
    page = page_for(some_work.officer)
    page.goto("/la/990/work/")
    for box in page.get_by_label("Choose ").all():
        box.focus()
        page.keyboard.press("Space")
    page.get_by_role("button", name="Mark as done").focus()
    page.keyboard.press("Enter")
    page.get_by_label("What was done?").fill("Rang both families")
    page.get_by_role("button", name="Continue").press("Enter")

    page.get_by_role("heading", name="Will happen: 2").wait_for()
    assert page.get_by_text("Write the review on").is_visible()
    page.get_by_role("button", name="Mark as done: 2").press("Enter")

    page.get_by_text("Marked as done: 2.").wait_for()
    page.get_by_role("button", name="Undo").press("Enter")
    page.get_by_text("Taken back: 2").wait_for()
    with scope(some_work.ids):
        assert not Deadline.objects.filter(done_on__isnull=False).exists()


def test_filters_are_kept_and_open_again(page_for, some_work):
    page = page_for(some_work.officer)
    page.goto("/la/990/work/?tab=overdue")
    page.get_by_text("Keep these filters").click()
    page.get_by_label("Name of the view").fill("Late ones")
    page.get_by_role("button", name="Keep", exact=True).click()
    page.goto("/la/990/work/")

    page.get_by_role("link", name="Late ones").click()

    page.wait_for_url("**/la/990/work/?tab=overdue")
    assert page.get_by_text("1 thing to do").is_visible()


@pytest.mark.parametrize("width", [320, 1280])
def test_nothing_stands_outside_the_page(page_for, some_work, width):
    page = page_for(some_work.officer)
    page.set_viewport_size({"width": width, "height": 900})
    with scope(some_work.ids):
        row = Deadline.objects.order_by("pk").first()
        reference = row.case.reference
    for address in ("work/", f"work/{row.pk}/", f"cases/{reference}/due/", "views/", "cases/"):
        page.goto(f"/la/990/{address}")
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= width, address


def test_a_support_worker_sees_the_work_of_every_school(page_for, some_work):
    with scope(some_work.ids):
        a_deadline(a_case(some_work, "Brookcase", some_work.brook), TODAY)
    page = page_for(some_work.person(Role.SUPPORT_WORKER))

    page.goto("/la/990/work/")

    assert page.get_by_role("cell", name=some_work.brook.name).is_visible()
