"""The worklist on a small laptop."""

import pytest

from authorities.tenancy import scope
from tests import factories
from tests.attendance.scenes import TEN, a_year_of_marks, calendar, crossing

pytestmark = pytest.mark.browser


def test_two_rows_show_on_a_small_laptop_without_scrolling(page_for, live_cast):
    with scope(live_cast.ids):
        calendar(live_cast)
        a_year_of_marks(live_cast, absences=TEN)
        crossing(live_cast)
        crossing(
            live_cast, factories.enrolment(factories.pupil(live_cast.northmoor), live_cast.hillside)
        )
    page = page_for(live_cast.officer)
    page.set_viewport_size({"width": 1280, "height": 800})
    page.goto("/la/990/")

    second = page.locator(".onroll-worklist tbody tr").nth(1).bounding_box()

    assert second["y"] + second["height"] <= 800
