"""A headteacher takes a request for leave from the paper to the letter: keyboard, no scripts."""

import pytest

from attendance.models import LeaveRequest
from attendance.selectors.leave import letters_of
from authorities.permissions import Role
from authorities.tenancy import scope
from tests import factories
from tests.attendance.scenes import calendar
from tests.browser.keyboard import choose, press, tab_into, type_day

pytestmark = pytest.mark.browser


@pytest.fixture
def family(live_cast):
    """A parent with an address, and a school that says whom to ask."""
    with scope(live_cast.ids):
        live_cast.hillside.attendance_contact = "Jo Lark"
        live_cast.hillside.phone = "01632 960123"
        live_cast.hillside.save()
        calendar(live_cast)
        factories.adult(live_cast.pupil, title="Ms", forenames="Ada", surname="Larkfield")
    return live_cast


def test_from_the_paper_to_the_letter_by_keyboard_and_without_scripts(page_for, family):
    page = page_for(family.person(Role.HEADTEACHER, "hillside"), scripts=False)
    page.goto(f"/la/990/pupils/{family.pupil.reference}/arrangements/")
    press(page, "Record a request for leave")

    # She writes down what came on paper.
    with scope(family.ids):
        parent = family.pupil.adult_links.get().adult.reference
    choose(page, "asked_by", parent)
    choose(page, "way", "paper")
    type_day(page, "first_day", 7, 12, 2026)
    type_day(page, "last_day", 11, 12, 2026)
    choose(page, "purpose", "emergency")
    tab_into(page, "reason")
    page.keyboard.type("A funeral abroad")
    press(page, "Record the request")
    assert "Request recorded" in page.inner_text("main")

    # She decides: on a lawful ground, after reading what it does.
    press(page, "Decide")
    choose(page, "answer", "grant")
    choose(page, "ground", "exceptional")
    tab_into(page, "said")
    page.keyboard.type("Funeral of a grandparent")
    press(page, "Continue")
    assert "10 sessions will be filled in as C" in page.inner_text("main")
    press(page, "Grant leave")
    assert "Expected back\n14 December 2026" in page.inner_text("main").replace("\t", "\n")

    # She answers the parent, and sends it.
    press(page, "Prepare the letter to the parent")
    assert "We look forward to seeing" in page.inner_text("article")
    press(page, "Approve and send")

    with scope(family.ids):
        row = LeaveRequest.objects.get()
        assert (row.state, row.ground, row.decided_by_id) == (
            "granted",
            "exceptional",
            family.person(Role.HEADTEACHER, "hillside").pk,
        )
        (letter,) = letters_of(row)
        assert letter["state"] != "draft"
