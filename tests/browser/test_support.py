"""From a barrier to a reviewed plan: Hillside's officer with the keyboard, without scripts."""

import pytest

from authorities.tenancy import scope
from tests.browser.keyboard import choose, press, tab_into, type_day
from tests.cases.family import family

pytestmark = pytest.mark.browser


@pytest.fixture
def case(live_cast):
    """An open case at Hillside."""
    with scope(live_cast.ids):
        return family(live_cast).open_case()


def write(page, name: str, words: str) -> None:
    """Type into a box."""
    tab_into(page, name)
    page.keyboard.press("Control+A")
    page.keyboard.type(words)


def test_from_a_barrier_to_a_reviewed_plan(page_for, live_cast, case):
    page = page_for(live_cast.officer, scripts=False)

    # She writes down what keeps the pupil from school.
    page.goto(f"/la/990/cases/{case.reference}/support/")
    press(page, "Write down a barrier")
    page.select_option("[name=kind]", "national:friendships")
    write(page, "text", "Nobody to sit with at lunch")
    choose(page, "said_by", "pupil")
    press(page, "Save the barrier")
    assert "Nobody to sit with at lunch" in page.inner_text("main")

    # She starts a plan on the days that the policy proposes.
    page.get_by_role("navigation", name="This case").get_by_role("link", name="Plan").click()
    press(page, "Start a plan")
    assert "The policy proposes 15 school days" in page.inner_text("main")
    write(page, "aim", "Robin has company at lunch")
    press(page, "Start the plan")

    # Assess: what the pupil says on a scale, and the barrier that it is about.
    press(page, "Add an assessment")
    page.locator("summary").click()
    page.get_by_role("link", name="Scaling sheet").click()
    page.get_by_label("Friendships, or being alone at break").check()
    write(page, "score", "4")
    write(page, "part_0", "It is loud")
    press(page, "Keep the assessment")
    assert "Scaling sheet: 4 of 10" in page.inner_text("main")

    # Plan: a target and an action.
    press(page, "Set a target")
    write(page, "what", "Lunch with the club")
    choose(page, "measure", "score")
    write(page, "start", "4")
    write(page, "goal", "7")
    press(page, "Save")
    press(page, "Agree an action")
    write(page, "words", "Sign up for the club")
    write(page, "who", "Robin and the mother")
    type_day(page, "due_on", 20, 11, 2026)
    press(page, "Save")
    assert "Sign up for the club" in page.inner_text("main")

    # Review: it helped, and the plan ends.
    press(page, "Review the plan")
    write(page, "present", "Robin, the mother, the officer")
    write(page, "worked", "The club")
    write(page, "next_steps", "Stay in the club")
    page.get_by_label("Yes", exact=True).check()
    choose(page, "outcome", "improved")
    choose(page, "following", "none")
    press(page, "Save")
    assert "This plan has ended" in page.inner_text("main")
