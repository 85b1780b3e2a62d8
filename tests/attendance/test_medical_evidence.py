"""Medical evidence: asked on a lawful ground, of an adult of the pupil; what came of it."""

from datetime import date

import pytest

from attendance.models import EvidenceOutcome, EvidenceRequest
from attendance.selectors import arrangements_evidence as selectors
from attendance.services import arrangements_evidence as services
from audit.models import Event
from audit.record import Kind
from authorities.permissions import Permission, Role
from rules.errors import Conflict, Forbidden, InvalidInput, NotFound, RuleNotMet
from tests import factories
from tests.attendance.agreed import asking, evidence, office
from tests.cast import TODAY, Cast


@pytest.fixture(name="family")
def a_family(cast: Cast) -> Cast:
    """The pupil has a parent."""
    factories.adult(cast.pupil)
    return cast


def test_a_doubt_is_written_down_with_whom_was_asked(family):
    row = evidence(family)

    assert (row.ground, row.outcome, row.asked_by) == ("doubt", "waiting", family.officer)
    assert Event.objects.filter(kind=Kind.EVIDENCE_ASKED).count() == 1


@pytest.mark.parametrize(
    ("changes", "error", "says"),
    [
        ({"ground": "length"}, RuleNotMet, "does not change the law"),
        ({"ground": "always"}, RuleNotMet, "asking routinely"),
        ({"ground": "low attendance"}, RuleNotMet, "Low attendance alone"),
        ({"doubt": ""}, RuleNotMet, "what gives rise"),
        ({"known_at_school": True}, RuleNotMet, "no doubt"),
        ({"last_day": date(2026, 11, 11)}, InvalidInput, "on or after the first"),
        ({"asked_on": date(2026, 11, 18)}, InvalidInput, "in the future"),
    ],
)
def test_what_a_policy_wants_does_not_change_the_law(family, changes, error, says):
    with pytest.raises(error, match=says):
        evidence(family, **changes)

    assert not EvidenceRequest.objects.exists()


def test_only_an_adult_of_the_pupil_is_asked(family):
    stranger = factories.adult(factories.pupil(family.northmoor))

    with pytest.raises(InvalidInput, match="this pupil's record"):
        evidence(family, asked_of=stranger)


def answer(cast: Cast, row: EvidenceRequest, **changes) -> EvidenceRequest:
    fields = {"outcome": EvidenceOutcome.GIVEN, "on": TODAY, "note": "A prescription"}
    return services.answer(row, reach=office(cast), today=TODAY, **fields | changes)


def test_what_came_of_it_is_recorded_once(family):
    row = evidence(family)

    done = answer(family, row)

    assert (done.outcome, done.outcome_note) == ("given", "A prescription")
    with pytest.raises(Conflict, match="already"):
        answer(family, row)


@pytest.mark.parametrize(
    "changes",
    [
        {"outcome": EvidenceOutcome.WAITING},
        {"on": date(2026, 11, 15)},
        {"on": date(2026, 11, 18)},
    ],
)
def test_an_outcome_that_cannot_be_is_refused(family, changes):
    with pytest.raises(InvalidInput):
        answer(family, evidence(family), **changes)


def test_the_wrong_people_ask_and_answer_nothing(family):
    row = evidence(family)
    tutor = family.reach(family.person(Role.TUTOR, "hillside"))

    with pytest.raises(Forbidden):
        services.ask(reach=tutor, enrolment=family.enrolment, asking=asking(family), today=TODAY)
    with pytest.raises(Forbidden):
        services.answer(
            row, reach=tutor, outcome=EvidenceOutcome.GIVEN, on=TODAY, note="", today=TODAY
        )
    with pytest.raises(NotFound):
        selectors.evidence_for(tutor, row.reference, Permission.VIEW_SENSITIVE)
