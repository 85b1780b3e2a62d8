"""A case whose pupil leaves, moves school or grows out of school age."""

from datetime import date, timedelta

import pytest
from django.urls import reverse

from authorities.access import Forbidden
from authorities.permissions import Role
from cases.models import Case
from cases.selectors.following import ending_of, former_of
from cases.services import casework, following, moves, restricted
from rules.errors import Conflict, RuleNotMet
from tests import factories
from tests.cases.family import NOW
from tests.cases.test_stages_moves import close, move
from tests.cast import TODAY, sign_in

LAST = date(2026, 11, 13)


@pytest.fixture
def case(family):
    case = family.open_case()
    move(family)
    case.refresh_from_db()
    return case


def leaves(case, joins=None):
    """The pupil leaves after 13 November, and joins another roll on the 16th."""
    case.enrolment.ends_on = LAST
    case.enrolment.save()
    if joins is None:
        return None
    return factories.enrolment(case.pupil, joins, starts_on=date(2026, 11, 16))


def send_on(family, case, **more):
    asked = {
        "reach": family.reach,
        "case": case,
        "reason": "Spoke with their attendance lead",
        "version": case.version,
        "now": NOW + timedelta(days=1),
        "today": TODAY,
    }
    return following.send_on(**(asked | more))


def test_a_case_goes_on_while_its_pupil_is_on_the_roll(case):
    assert ending_of(case, TODAY) is None


def test_a_pupil_who_left_is_said_and_nothing_is_closed(case):
    leaves(case)

    ending = ending_of(case, TODAY)

    assert ending.why == "left"
    assert "left this school's roll on 13 November 2026. Close the case, or say why" in ending.words
    assert Case.objects.get().closed_on is None


def test_a_pupil_who_moved_within_the_authority_is_said_with_the_school(family, case):
    there = leaves(case, family.cast.brook)

    ending = ending_of(case, TODAY)

    assert (ending.why, ending.to) == ("moved_school", there)
    assert "joined Brook Academy on 16 November 2026" in ending.words


def test_a_pupil_past_compulsory_age_is_said(case):
    case.pupil.born_on = date(2010, 2, 1)

    ending = ending_of(case, TODAY)

    assert ending.why == "past_age"
    assert "until 26 June 2026" in ending.words


def test_a_closed_case_has_nothing_to_end(family, case):
    leaves(case)
    close(family)

    assert ending_of(family.case, TODAY) is None


def test_the_case_is_closed_here_and_carried_on_there_at_the_same_stage(family, case):
    there = leaves(case, family.cast.brook)

    made = send_on(family, case)

    case.refresh_from_db()
    assert case.stage == "closed"
    assert case.closing_reason == (
        "The pupil moved to another school. Spoke with their attendance lead"
    )
    assert (made.school, made.enrolment, made.before) == (family.cast.brook, there, case)
    assert (made.stage, made.places) == ("stage 2", {"dorset": "attendance_meeting"})
    assert made.moves.get().reason == f"Carried on from case {case.reference} at Hillside School"


def test_a_case_without_another_roll_cannot_be_sent_on(family, case):
    leaves(case)

    with pytest.raises(RuleNotMet, match="Close the case instead"):
        send_on(family, case)


def test_a_restricted_case_is_not_sent_on(family, case):
    leaves(case, family.cast.brook)
    lead = family.cast.reach(family.cast.person(Role.SAFEGUARDING_LEAD, "hillside"))
    restricted.restrict(reach=lead, case=case, people=[], reason="Why", now=NOW)
    case.refresh_from_db()

    with pytest.raises(RuleNotMet, match="The safeguarding leads of both schools speak first"):
        send_on(family, case, reach=lead)


def test_where_the_new_school_was_first_nothing_is_half_done(family, case):
    there = leaves(case, family.cast.brook)
    casework.open_case(
        reach=family.cast.reach(family.cast.person(Role.ATTENDANCE_OFFICER, "brook")),
        enrolment=there,
        crossing=None,
        now=NOW,
        today=TODAY,
    )

    with pytest.raises(Conflict, match="Brook Academy has opened a case"):
        send_on(family, case)

    case.refresh_from_db()
    assert case.closed_on is None


def test_the_wrong_people_and_a_stale_form_are_refused(family, case):
    leaves(case, family.cast.brook)
    tutor = family.cast.reach(family.cast.person(Role.TUTOR, "hillside"))

    with pytest.raises(Forbidden):
        send_on(family, case, reach=tutor)
    with pytest.raises(moves.Stale):
        send_on(family, case, version=1)


def test_the_new_school_reads_the_history_and_opens_nothing_else(client, family, case):
    family.prepare(family.mother)
    casework.add_note(reach=family.reach, case=case, text="Bus is late", now=NOW)
    leaves(case, family.cast.brook)
    family.letters[0].letter.state = "withdrawn"
    family.letters[0].letter.save()
    made = send_on(family, case)
    officer = family.cast.person(Role.ATTENDANCE_OFFICER, "brook")
    sign_in(client, officer)

    page = client.get(reverse("cases:case_before", args=["990", made.reference]))
    text = page.content.decode()

    assert page.status_code == 200
    assert "Bus is late" in text
    assert "Larkfield" not in text.replace(case.pupil.name, "")
    assert client.get(reverse("cases:case", args=["990", case.reference])).status_code == 404
    own = client.get(reverse("cases:case", args=["990", made.reference])).content.decode()
    assert reverse("cases:case_before", args=["990", made.reference]) in own


def test_a_restricted_former_case_stays_with_those_named(family, case):
    close(family)
    lead = family.cast.reach(family.cast.person(Role.SAFEGUARDING_LEAD, "hillside"))
    restricted.restrict(reach=lead, case=family.case, people=[], reason="Why", now=NOW)
    second = family.open_case()

    assert former_of(family.reach, second) is None
    assert former_of(lead, second) == case


def test_the_page_offers_to_send_on_and_does_it(client, family, case):
    sign_in(client, family.cast.officer)
    address = reverse("cases:case_send_on", args=["990", case.reference])
    assert "close the case instead" in client.get(address).content.decode()
    refused = client.post(address, {"reason": "x", "version": case.version})
    assert "Close the case instead" in refused.content.decode()
    leaves(case, family.cast.brook)

    page = client.get(reverse("cases:case", args=["990", case.reference])).content.decode()
    assert "Does this case go on?" in page
    assert address in page
    assert "Brook Academy gets one at the same stage" in client.get(address).content.decode()
    sent = client.post(address, {"reason": "Agreed", "version": case.version}, follow=True)

    assert "carried on at the new school" in sent.content.decode()
    assert Case.objects.filter(school=family.cast.brook).count() == 1


def test_nothing_before_is_not_found(client, family, case):
    sign_in(client, family.cast.officer)

    page = client.get(reverse("cases:case_before", args=["990", case.reference]))

    assert page.status_code == 404
