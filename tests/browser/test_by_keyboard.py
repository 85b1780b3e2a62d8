"""A form tutor and an attendance officer at work without a mouse and without scripts."""

from datetime import date

import pytest

from authorities.permissions import Role
from tests.browser.keyboard import choose, press, tab_into, tick, type_into
from tests.browser.test_keeping import MONDAY, TUESDAY, address, read
from tests.browser.test_keeping import school as school
from tests.browser.test_taking import class_of_four as class_of_four
from tests.browser.test_taking import codes

pytestmark = [pytest.mark.browser, pytest.mark.real_clock]


@pytest.mark.parametrize("width", [320, 1280])
def test_a_tutor_takes_the_register(page_for, live_cast, class_of_four, width):
    page = page_for(live_cast.person(Role.TUTOR, "hillside"), width=width, scripts=False)
    one, two, three, _ = (pupil.pk for pupil in class_of_four)

    page.goto("/la/990/registers/")
    press(page, "Take the morning register")
    press(page, "Mark everyone else present")
    choose(page, f"mark-{one}", "N")
    choose(page, f"mark-{two}", "other")
    type_into(page, f"other-{two}", "V")
    type_into(page, f"detail-{two}", "Museum of the sea")
    choose(page, f"mark-{three}", "late")
    press(page, "Save register")
    assert "Enter the time the pupil arrived" in page.inner_text(".govuk-error-summary")
    assert codes(live_cast, class_of_four) == [""] * 4
    type_into(page, f"at-{three}", "0:01")
    press(page, "Save register")

    assert "4 marks saved" in page.inner_text(".govuk-notification-banner")
    assert codes(live_cast, class_of_four) == ["N", "V", "L", "/"]


@pytest.mark.parametrize("width", [320, 1280])
def test_an_officer_explains_an_absence_and_corrects_a_mark(page_for, school, width):
    page = page_for(school.officer, width=width, scripts=False)

    # A call finds Monday's reason.
    page.goto(address(school, "absences"))
    press(page, "Log contact")
    tab_into(page, "whom")
    page.keyboard.press("Space")
    choose(page, "outcome", "spoke")
    type_into(page, "reason_given", "A cold")
    tick(page, "Tuesday 10 November 2026, morning")  # off again: it is about Monday alone
    tick(page, "Tuesday 10 November 2026, afternoon")
    type_into(page, "code", "I")
    press(page, "Log the contact")
    assert "Contact logged and marks changed." in page.inner_text("main")
    assert (read(school, MONDAY), read(school, TUESDAY)) == ("I I", "N N")

    # Nobody knows about the other day: N becomes O, by a preview.
    tick(page, "To O")
    press(page, "Change ticked rows from N to O")
    assert "Nothing has changed yet." in page.inner_text("main")
    press(page, "Change the marks")
    assert read(school, TUESDAY) == "O O"

    # One mark on its own page: refused without what B needs, then saved.
    page.goto(address(school, "pupil_session", school.pupil.reference, "2026-11-11", "am"))
    type_into(page, "code", "B")
    type_into(page, "reason", "At the farm with the class")
    press(page, "Change this mark")
    assert "There is a problem" in page.inner_text(".govuk-error-summary")
    type_into(page, "nature", "Farm visit")
    press(page, "Change this mark")
    assert "Mark changed." in page.inner_text("main")
    assert read(school, date(2026, 11, 11)) == "B \\"
