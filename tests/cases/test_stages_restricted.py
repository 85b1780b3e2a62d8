"""Who may say who alone sees a case, and safeguarding notes."""

from datetime import date

import pytest
from django.urls import reverse

from audit.models import Event
from authorities.access import Forbidden, NotFound
from authorities.models import Membership, User
from authorities.permissions import Role
from cases.access import shared_case_for
from cases.models import CaseGrant, CaseRestriction, SafeguardingNote
from cases.selectors.restricted import named, safeguarding_notes
from cases.services import moves, restricted
from rules.errors import Conflict, InvalidInput, RuleNotMet
from tests.cases.family import NOW
from tests.cast import TODAY, sign_in
from tests.tenancy.test_restricted_cases import OUTSIDER

WHY = "Somebody in the office is a neighbour"


@pytest.fixture
def case(family):
    return family.open_case()


@pytest.fixture
def lead(family):
    return family.cast.reach(family.cast.person(Role.SAFEGUARDING_LEAD, "hillside"))


@pytest.fixture
def head(family):
    return family.cast.reach(family.cast.person(Role.HEADTEACHER, "hillside"))


def keep(lead, case, *people):
    return restricted.restrict(
        reach=lead, case=case, people=[one.pk for one in people], reason=WHY, now=NOW
    )


def test_whoever_restricts_is_named_and_the_reason_is_kept(family, case, lead):
    keep(lead, case, family.cast.officer)

    case.refresh_from_db()
    assert case.restricted
    assert named(case) == [family.cast.officer, lead.user]
    row = CaseRestriction.objects.get()
    assert (row.restricted, row.reason, row.made_by) == (True, WHY, lead.user)
    assert Event.objects.filter(kind="case.restricted").count() == 1
    assert Event.objects.filter(kind="case.person_named").count() == 2


def test_who_carries_it_still_does_when_named_and_no_longer_when_not(family, case, lead):
    moves.carry(reach=family.reach, case=case, owner=family.cast.officer.pk, seen=None)
    keep(lead, case, family.cast.officer)
    case.refresh_from_db()
    assert case.owner == family.cast.officer
    restricted.unrestrict(reach=lead, case=case, reason="No longer needed", now=NOW)

    keep(lead, case)

    case.refresh_from_db()
    assert case.owner is None


@pytest.mark.parametrize(
    "role", [Role.ATTENDANCE_OFFICER, Role.ATTENDANCE_LEAD, Role.TUTOR, Role.GOVERNOR]
)
def test_only_the_safeguarding_lead_and_the_headteacher_restrict(family, case, role):
    reach = family.cast.reach(family.cast.person(role, "hillside"))

    with pytest.raises(Forbidden):
        keep(reach, case)
    with pytest.raises(Forbidden):
        restricted.share(reach=reach, case=case, with_=OUTSIDER, now=NOW)


def test_a_headteacher_who_is_not_named_cannot_open_it(case, lead, head):
    keep(lead, case)

    with pytest.raises(Forbidden, match="you are not named on it"):
        restricted.unrestrict(reach=head, case=case, reason="I want to see", now=NOW)


def test_a_reason_is_needed_and_has_an_end(case, lead):
    with pytest.raises(InvalidInput, match="Say why"):
        restricted.restrict(reach=lead, case=case, people=[], reason=" ", now=NOW)
    with pytest.raises(InvalidInput, match="600 characters"):
        restricted.restrict(reach=lead, case=case, people=[], reason="x" * 601, now=NOW)


def test_somebody_who_may_not_see_cases_cannot_be_named(family, case, lead):
    tutor = family.cast.person(Role.TUTOR, "hillside")

    with pytest.raises(InvalidInput, match="Choose people who may see cases"):
        keep(lead, case, tutor)
    keep(lead, case)
    with pytest.raises(InvalidInput, match="Choose somebody who may see cases"):
        restricted.name_person(reach=lead, case=case, person=tutor.pk, now=NOW)


def test_it_is_restricted_and_opened_once(case, lead):
    keep(lead, case)
    with pytest.raises(Conflict, match="restricted this case already"):
        keep(lead, case)

    restricted.unrestrict(reach=lead, case=case, reason="No longer needed", now=NOW)

    case.refresh_from_db()
    assert not case.restricted
    assert CaseGrant.objects.count() == 0
    with pytest.raises(Conflict, match="not restricted any more"):
        restricted.unrestrict(reach=lead, case=case, reason="Again", now=NOW)
    with pytest.raises(Conflict, match="Restrict it first"):
        restricted.name_person(reach=lead, case=case, person=lead.user.pk, now=NOW)


def test_the_last_one_who_can_open_it_again_cannot_be_taken_off(family, case, lead, head):
    keep(lead, case, family.cast.officer)

    with pytest.raises(RuleNotMet, match="Name another headteacher or safeguarding lead first"):
        restricted.remove_person(reach=lead, case=case, person=lead.user.pk)
    restricted.name_person(reach=lead, case=case, person=head.user.pk, now=NOW)
    restricted.remove_person(reach=head, case=case, person=lead.user.pk)

    assert named(case) == [family.cast.officer, head.user]
    with pytest.raises(Conflict, match="not named any more"):
        restricted.remove_person(reach=head, case=case, person=lead.user.pk)
    with pytest.raises(Conflict, match="is named already"):
        restricted.name_person(reach=head, case=case, person=head.user.pk, now=NOW)


def test_who_may_not_see_it_does_not_carry_it_any_more(family, case, lead):
    moves.carry(reach=family.reach, case=case, owner=family.cast.officer.pk, seen=None)
    case.refresh_from_db()

    keep(lead, case)

    case.refresh_from_db()
    assert case.owner is None


def test_sharing_makes_an_account_with_one_role_that_ends(family, case, lead, mailoutbox):
    grant = restricted.share(reach=lead, case=case, with_=OUTSIDER, now=NOW)

    user = User.objects.get(email="social.worker@example.org")
    role = Membership.objects.get(user=user)
    assert (role.role, role.starts_on, role.ends_on) == (
        "outside professional",
        TODAY,
        date(2026, 12, 18),
    )
    assert (grant.profession, grant.ends_on) == ("Social worker", date(2026, 12, 18))


def test_who_is_no_outside_professional_any_more_reads_nothing_that_was_shared(family, case, lead):
    user = restricted.share(reach=lead, case=case, with_=OUTSIDER, now=NOW).user
    assert shared_case_for(family.cast.reach(user), case.reference) == case

    Membership.objects.filter(user=user).update(role=Role.TUTOR.value, school=case.school)

    with pytest.raises(NotFound, match="may not be shared with you any more"):
        shared_case_for(family.cast.reach(user), case.reference)


def test_sharing_again_moves_the_last_day_and_the_role_with_it(case, lead):
    restricted.share(reach=lead, case=case, with_=OUTSIDER, now=NOW)
    later = restricted.Outsider(
        OUTSIDER.email, OUTSIDER.name, "Social worker", "Longer", date(2027, 2, 12)
    )

    restricted.share(reach=lead, case=case, with_=later, now=NOW)

    assert CaseGrant.objects.get().ends_on == date(2027, 2, 12)
    assert Membership.objects.get(role="outside professional").ends_on == date(2027, 2, 12)


@pytest.mark.parametrize("day", [date(2026, 11, 16), date(2028, 1, 1)])
def test_a_share_ends_within_a_year(case, lead, day):
    wrong = restricted.Outsider(OUTSIDER.email, OUTSIDER.name, "Social worker", "Why", day)

    with pytest.raises(InvalidInput, match="within a year"):
        restricted.share(reach=lead, case=case, with_=wrong, now=NOW)


def test_somebody_who_works_with_cases_is_no_outsider(family, case, lead):
    inside = restricted.Outsider(
        family.cast.officer.email, "Sam", "Officer", "Why", date(2026, 12, 1)
    )

    with pytest.raises(RuleNotMet, match="works with cases already"):
        restricted.share(reach=lead, case=case, with_=inside, now=NOW)


def test_a_share_can_be_ended_at_once(case, lead):
    grant = restricted.share(reach=lead, case=case, with_=OUTSIDER, now=NOW)

    restricted.end_share(reach=lead, case=case, grant=grant.reference)

    assert CaseGrant.objects.count() == 0
    with pytest.raises(Conflict, match="sees the case no more"):
        restricted.end_share(reach=lead, case=case, grant=grant.reference)


def note(reach, case, *readers, text="She told me on Monday"):
    return restricted.add_safeguarding_note(
        reach=reach, case=case, text=text, readers=[one.pk for one in readers], now=NOW
    )


def test_a_safeguarding_note_is_read_by_the_lead_and_those_named_alone(family, case, lead, head):
    note(lead, case, family.cast.officer)
    note(lead, case, text="For me alone")

    assert safeguarding_notes(lead, case).count() == 2
    assert [one.text for one in safeguarding_notes(family.reach, case)] == ["She told me on Monday"]
    assert safeguarding_notes(head, case).count() == 0


def test_only_the_lead_writes_one_and_it_has_words_and_readers_who_see_cases(family, case, lead):
    with pytest.raises(Forbidden):
        note(family.reach, case)
    with pytest.raises(InvalidInput, match="Write the note"):
        note(lead, case, text=" ")
    with pytest.raises(InvalidInput, match="4,000 characters"):
        note(lead, case, text="x" * 4001)
    with pytest.raises(InvalidInput, match="may see cases"):
        note(lead, case, family.cast.person(Role.TUTOR, "hillside"))
    assert SafeguardingNote.objects.count() == 0


def go(client, name, case, **more):
    return client.get(
        reverse(f"cases:{name}", kwargs={"la": "990", "reference": case.reference, **more})
    )


def send(client, name, case, data=None, **more):
    address = reverse(f"cases:{name}", kwargs={"la": "990", "reference": case.reference, **more})
    return client.post(address, data or {}, follow=True).content.decode()


def test_the_lead_restricts_names_takes_off_and_opens_on_the_page(client, family, case, lead, head):
    sign_in(client, lead.user)
    assert "Everybody who works on cases" in go(client, "case_people", case).content.decode()

    page = send(client, "case_people", case, {"people": [head.user.pk], "reason": WHY})
    assert "Only the people named here see this case now" in page
    assert WHY in page
    page = send(client, "case_name", case, {"person": family.cast.officer.pk})
    assert "Attendance officer at Hillside" in page
    page = send(client, "case_name", case, {"person": "x"})
    assert "Choose somebody who may see cases" in page
    page = send(client, "case_unname", case, person=family.cast.officer.pk)
    assert "Taken off" in page
    page = send(client, "case_unname", case, person=lead.user.pk)
    assert "You cannot take yourself off" in page
    page = send(client, "case_people", case, {"reason": ""})
    assert "Say why" in page
    page = send(client, "case_people", case, {"reason": "No longer needed"})
    assert "Everybody who works on cases here sees this case again" in page


def test_the_lead_shares_and_ends_it_on_the_page(client, case, lead):
    sign_in(client, lead.user)
    assert "They can change nothing" in go(client, "case_share", case).content.decode()
    asked = {
        "name": "Alex Example",
        "email": "social.worker@example.org",
        "profession": "Social worker",
        "why": "Agreed with the family",
        "ends_on_day": "1",
        "ends_on_month": "1",
        "ends_on_year": "2029",
    }

    assert "within a year" in send(client, "case_share", case, asked)
    page = send(
        client,
        "case_share",
        case,
        asked | {"ends_on_day": "18", "ends_on_month": "12", "ends_on_year": "2026"},
    )
    assert "until 18 December 2026" in page
    page = send(client, "case_share_end", case, grant=CaseGrant.objects.get().reference)
    assert "They see this case no more" in page


def test_safeguarding_notes_have_a_page_for_those_who_may_read_them(client, family, case, lead):
    sign_in(client, family.cast.officer)
    assert go(client, "case_safeguarding", case).status_code == 404

    sign_in(client, lead.user)
    page = send(
        client,
        "case_safeguarding",
        case,
        {"text": "She told me", "readers": [family.cast.officer.pk]},
    )
    assert "Note added" in page
    assert "She told me" in page
    assert "Write the note" in send(client, "case_safeguarding", case, {"text": ""})

    sign_in(client, family.cast.officer)
    page = go(client, "case_safeguarding", case)
    assert "She told me" in page.content.decode()
    assert "Add the note" not in page.content.decode()
    assert Event.objects.filter(kind="safeguarding.read").count() >= 2
    assert "Safeguarding notes" in go(client, "case", case).content.decode()
