"""Returns and sightings of a pupil of Hillside, for the tests of clocks and their pages."""

from datetime import date
from typing import Any

from attendance.models import Enrolment, ReturnMade, SicknessExpected, Sighting
from attendance.selectors.returns import due_for
from attendance.services import returns, sightings
from attendance.services.returns import Told
from tests.attendance.scenes import NOW
from tests.cast import TODAY, Cast


def expected(cast: Cast, first_day: date = date(2026, 11, 12), **changes: Any) -> SicknessExpected:
    """The office expects long sickness."""
    fields: dict[str, Any] = {
        "reach": cast.reach(cast.officer),
        "enrolment": cast.enrolment,
        "first_day": first_day,
        "expected_back": None,
        "why": "The hospital says five weeks",
        "now": NOW,
    }
    return returns.expect_sickness(**fields | changes)


def told(**changes: Any) -> Told:
    """The council's form, today."""
    fields: dict[str, Any] = {"made_on": TODAY, "way": "form", "told": "Inclusion team"}
    return Told(**fields | changes)


def make(cast: Cast, kind: str, first_day: date, *, enrolment: Enrolment | None = None) -> Any:
    """The officer tells the council and writes it down."""
    due = due_for(enrolment or cast.enrolment, kind, first_day, TODAY)
    return returns.make_return(reach=cast.reach(cast.officer), due=due, told=told(), now=NOW)


def a_return(cast: Cast) -> ReturnMade:
    """A return of sickness that is expected, made; and another that is still due."""
    expected(cast, date(2026, 11, 5))
    expected(cast)
    return make(cast, "sickness", date(2026, 11, 5))


def seen(cast: Cast, seen_on: date, **changes: Any) -> Sighting:
    """A support worker saw the pupil at home."""
    fields: dict[str, Any] = {
        "reach": cast.reach(cast.officer),
        "enrolment": cast.enrolment,
        "seen_on": seen_on,
        "way": "home",
        "seen_by": "Jo Example, support worker",
        "note": "Well and cheerful",
        "now": NOW,
    }
    return sightings.log_sighting(**fields | changes)
