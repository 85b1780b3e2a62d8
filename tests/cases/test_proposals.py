"""What the policy proposes: taken up once, or left with a reason."""

from datetime import date

import pytest

from audit.models import Event
from authorities.access import Forbidden
from authorities.permissions import Role
from cases.models import Proposal
from cases.services import proposals
from rules.errors import Conflict, InvalidInput
from tests.cases.family import NOW
from tests.cast import TODAY


def proposal(family, **fields):
    """A letter that a policy proposes for the pupil."""
    given = {
        "authority": family.cast.northmoor,
        "school": family.cast.hillside,
        "enrolment": family.cast.enrolment,
        "pack": "dorset",
        "edition": "2024",
        "trigger": "below_95",
        "proposes": "letter",
        "target": "letter_2",
        "why": "Attendance is below 95%",
        "since": date(2026, 11, 10),
        "found_at": NOW,
    }
    return Proposal.objects.create(**{**given, **fields})


@pytest.fixture
def one(family):
    return proposal(family)


def test_taking_up_names_the_case_and_who(family, one):
    case = family.open_case()

    found = proposals.take_up(proposal=one, reach=family.reach, now=NOW, case=case)

    assert (found.state, found.case, found.decided_by) == ("taken", case, family.cast.officer)
    assert Event.objects.get(kind="proposal.taken").facts == {
        "reference": one.reference,
        "what": "Send a letter",
    }


def test_it_is_decided_once(family, one):
    proposals.leave(proposal=one, reach=family.reach, reason="Rang the mother", now=NOW)

    with pytest.raises(Conflict, match="left this already"):
        proposals.take_up(proposal=one, reach=family.reach, now=NOW)
    with pytest.raises(Conflict, match="left this already"):
        proposals.leave(proposal=one, reach=family.reach, reason="Again", now=NOW)


@pytest.mark.parametrize("reason", ["", "  ", "x" * 601])
def test_leaving_needs_a_reason_of_a_length_to_read(family, one, reason):
    with pytest.raises(InvalidInput):
        proposals.leave(proposal=one, reach=family.reach, reason=reason, now=NOW)

    one.refresh_from_db()
    assert one.state == "open"


def test_somebody_of_another_school_decides_nothing(family, one):
    brook = family.cast.person(Role.ATTENDANCE_OFFICER, "brook")

    with pytest.raises(Forbidden):
        proposals.leave(proposal=one, reach=family.cast.reach(brook), reason="Mine", now=NOW)


def test_many_are_left_for_one_reason_and_those_decided_are_counted(family, one):
    other = proposal(family, trigger="persistent", pack="national", proposes="case", target="")
    proposals.take_up(proposal=other, reach=family.reach, now=NOW)

    assert proposals.leave_all(
        proposals=[one, other], reach=family.reach, reason="Chickenpox", now=NOW
    ) == (1, 1)
    one.refresh_from_db()
    assert (one.state, one.reason) == ("left", "Chickenpox")


def test_a_letter_held_back_waits_for_a_person(family):
    alone = proposal(family, settles_on=TODAY)

    proposals.hold_back(proposal=alone, reach=family.reach, now=NOW)

    alone.refresh_from_db()
    assert (alone.state, alone.settles_on) == ("open", None)
    with pytest.raises(Conflict, match="waits for a person already"):
        proposals.hold_back(proposal=alone, reach=family.reach, now=NOW)
