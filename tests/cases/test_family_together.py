"""One meeting, no clashing letters: what is warned of, where, and to whom, across schools."""

from datetime import UTC, date, datetime

import pytest
from django.urls import reverse

from authorities.permissions import Role
from cases.models import CaseLetter, Proposal
from cases.services import casework
from tests.cases.family import NOW
from tests.cases.test_family_lens import SECRET, ask, say, sibling, their_case
from tests.cast import TODAY, sign_in

NEAR = f"A letter about Wren {SECRET} went to this family on 13 November 2026."
HEADING = "The same family hears from you about another child"


def says(response):
    return " ".join(response.content.decode().split())


@pytest.fixture
def theirs(family):
    """A sister at Brook with a case, about whom the mother had a letter on Friday."""
    family.open_case()
    there = sibling(family, family.cast.brook)
    other = casework.open_case(
        reach=family.cast.reach(family.cast.person(Role.ATTENDANCE_OFFICER, "brook")),
        enrolment=there,
        crossing=None,
        now=NOW,
        today=TODAY,
    )
    (letter,) = family.prepare(family.mother)
    CaseLetter.objects.filter(pk=letter.pk).update(case=other, pupil=there.pupil)
    letter.letter.state = "handed over"
    letter.letter.handed_over_at = datetime(2026, 11, 13, 12, tzinfo=UTC)
    letter.letter.save()
    return there


def a_proposal(family, proposes="letter"):
    return Proposal.objects.create(
        authority=family.cast.northmoor,
        school=family.cast.hillside,
        enrolment=family.cast.enrolment,
        case=family.case,
        pack="dorset",
        edition="2025",
        trigger=f"for_{proposes}",
        proposes=proposes,
        target="letter_2",
        why="Attendance is below 95%.",
        since=TODAY,
        found_at=NOW,
    )


def pages(family):
    """The proposed letter, preparing it, and the draft before somebody approves it."""
    (draft,) = family.prepare(family.mother)
    case = family.case.reference
    return [
        reverse("cases:case_proposal", args=["990", case, a_proposal(family).reference]),
        reverse("cases:letter_prepare", args=["990", case]),
        reverse("cases:letter", args=["990", draft.letter.reference]),
    ]


def test_the_council_is_warned_of_a_letter_to_the_same_family_from_another_school(
    client, family, theirs
):
    worker = sign_in(client, family.cast.person(Role.SUPPORT_WORKER))

    for page in pages(family):
        shown = says(worker.get(page))
        assert HEADING in shown, page
        assert NEAR in shown, page


def test_the_school_is_warned_once_the_other_has_accepted_and_told_nothing_before(
    client, family, theirs
):
    officer, asked = sign_in(client, family.cast.officer), pages(family)
    for page in asked:
        shown = says(officer.get(page))
        assert HEADING not in shown, page
        assert SECRET not in shown, page

    say(family, ask(family, theirs))

    for page in asked:
        assert NEAR in says(officer.get(page)), page


def test_a_proposed_meeting_is_warned_of_too_and_a_move_of_stage_is_not(client, family, theirs):
    worker, case = sign_in(client, family.cast.person(Role.SUPPORT_WORKER)), family.case.reference

    def page(proposes):
        found = a_proposal(family, proposes)
        return says(worker.get(reverse("cases:case_proposal", args=["990", case, found.reference])))

    assert NEAR in page("meeting")
    assert HEADING not in page("stage")


def test_a_letter_that_has_gone_is_not_warned_of_any_more(client, family, theirs):
    (draft,) = family.prepare(family.mother)
    worker = sign_in(client, family.cast.person(Role.SUPPORT_WORKER))
    address = reverse("cases:letter", args=["990", draft.letter.reference])
    assert NEAR in says(worker.get(address))

    draft.letter.state = "withdrawn"
    draft.letter.save()

    assert HEADING not in says(worker.get(address))


def test_the_school_is_warned_of_a_meeting_of_a_child_whose_school_accepted(client, family):
    family.open_case()
    there = sibling(family, family.cast.brook)
    their_case(family, there)
    say(family, ask(family, there))
    officer = sign_in(client, family.cast.officer)

    shown = says(officer.get(reverse("cases:meeting_arrange", args=["990", family.case.reference])))

    assert f"A meeting about Wren {SECRET} is on 20 November 2026: one meeting can serve both" in (
        shown
    )
    assert date(2026, 11, 20) > TODAY
