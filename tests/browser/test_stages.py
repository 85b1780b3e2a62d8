"""From the first page of a case to its move and its closing, in a browser."""

import pytest

from authorities.permissions import Role
from authorities.tenancy import scope
from cases.services import restricted
from tests.cases.family import NOW, family
from tests.cases.test_stages_moves import propose

pytestmark = pytest.mark.browser


@pytest.fixture
def live_family(live_cast):
    """A family that the site can see."""
    with scope(live_cast.ids):
        return family(live_cast)


@pytest.mark.parametrize("width", [1280, 320])
def test_a_case_is_moved_by_what_the_policy_proposes_and_closed(page_for, live_family, width):
    with scope(live_family.cast.ids):
        case = live_family.open_case()
        propose(case, "attendance_meeting")
    page = page_for(live_family.cast.officer, width=width)

    page.goto(f"/la/990/cases/{case.reference}/")
    page.get_by_role("link", name="Take up or leave").click()
    page.get_by_label("Do it: go on to the move").check()
    page.get_by_role("button", name="Continue").click()
    page.get_by_label("The review found no improvement").check()
    page.get_by_role("button", name="Move the case").click()
    page.get_by_text("Case moved to: Stage 2: targeted support").first.wait_for()
    page.get_by_role("heading", name="Step 6: attendance meeting").first.wait_for()
    wide = page.evaluate("document.documentElement.scrollWidth")
    assert wide <= width

    page.get_by_role("link", name="Close the case").first.click()
    page.get_by_label("Attendance is good again").check()
    page.get_by_label("What shows it?").fill("Six good weeks")
    page.get_by_role("button", name="Close the case").click()
    page.get_by_text("Attendance is good again. Six good weeks").first.wait_for()


def test_the_safeguarding_lead_restricts_a_case(page_for, live_family):
    cast = live_family.cast
    with scope(cast.ids):
        case = live_family.open_case()
    page = page_for(cast.person(Role.SAFEGUARDING_LEAD, "hillside"), width=320)

    page.goto(f"/la/990/cases/{case.reference}/people/")
    page.get_by_label("Headteacher at Hillside").check()
    page.get_by_label("Why?").fill("Somebody in the office is a neighbour")
    page.get_by_role("button", name="Restrict the case").click()
    page.get_by_text("Only these people see that there is a case").first.wait_for()
    page.get_by_role("button", name="Take off Headteacher at Hillside").first.wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") <= 320

    other = page_for(cast.officer)
    other.goto("/la/990/cases/")
    assert other.get_by_text(case.reference).count() == 0


def test_an_outside_professional_opens_the_shared_case(page_for, live_family):
    cast = live_family.cast
    with scope(cast.ids):
        case = live_family.open_case()
        grant = restricted.share(
            reach=cast.reach(cast.person(Role.SAFEGUARDING_LEAD, "hillside")),
            case=case,
            with_=restricted.Outsider(
                "social.worker@example.org",
                "Alex Example",
                "Social worker",
                "Agreed with the family",
                cast.reach(cast.officer).today,
            ),
            now=NOW,
        )
    page = page_for(grant.user, width=320)

    page.goto("/la/990/")
    page.get_by_role("link", name=case.pupil.name).click()
    page.get_by_role("heading", name="Where the case stands").first.wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
