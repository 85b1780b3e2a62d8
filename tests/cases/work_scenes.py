"""What waits for people: deadlines of several cases, and a saved view."""

from datetime import date
from typing import Any

from authorities.models import SavedView
from cases.models import Case, Deadline, DeadlineKind
from cases.services import deadlines
from tests import factories
from tests.cases.family import NOW
from tests.cast import TODAY, Cast


def a_deadline(case: Case, by: date = date(2026, 11, 27), **more: Any) -> Deadline:
    """Something to do on a case by a day that people agreed."""
    kind = more.pop("kind", DeadlineKind.CONTACT)
    words = more.pop("words", "Ring the family")
    return deadlines.start(case=case, kind=kind, words=words, since=TODAY, by=by, **more)


def a_case(cast: Cast, surname: str, school: Any = None, **fields: Any) -> Case:
    """An open case of another pupil, with no facts behind it."""
    school = school or cast.hillside
    pupil = factories.pupil(school.authority, surname=surname)
    enrolment = factories.enrolment(pupil, school)
    return Case.objects.create(
        authority=school.authority,
        school=school,
        enrolment=enrolment,
        pupil=pupil,
        facts={},
        policy={},
        opened_on=TODAY,
        opened_at=NOW,
        opened_by=cast.officer,
        **fields,
    )


def of_the_world(cast: Cast, case: Case) -> dict[str, Any]:
    """Northmoor's things for the matrix of routes."""
    return {
        "deadline": a_deadline(case, nothing="Nobody knows how the family is."),
        "saved_view": SavedView.objects.create(
            authority=cast.northmoor,
            user=cast.officer,
            route="cases:work",
            name="My overdue",
            query="tab=overdue&whose=mine",
            place=1,
        ),
    }
