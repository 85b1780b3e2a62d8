"""A restricted case that everybody named on it has left: taken over, with a reason, and loudly."""

from datetime import date
from threading import Barrier, Thread

import pytest
from django.db import connection
from django.urls import reverse

from audit.models import Event
from authorities.access import Forbidden
from authorities.models import Membership, Trust
from authorities.permissions import Role
from authorities.tenancy import scope
from cases.access import cases_for, lost_cases_for
from cases.models import Case, CaseGrant, CaseRestriction
from cases.selectors.restricted import named
from cases.services import restricted
from rules.errors import Conflict, InvalidInput
from tests.cases.family import NOW
from tests.cast import sign_in

YESTERDAY = date(2026, 11, 16)
WHY = "I am the new safeguarding lead"
L, H = Role.SAFEGUARDING_LEAD, Role.HEADTEACHER


def reach_of(family, role, place="hillside"):
    return family.cast.reach(family.cast.person(role, place))


def restrict(family, *people):
    """Kept to the safeguarding lead and some others."""
    case = family.case or family.open_case()
    restricted.restrict(
        reach=reach_of(family, L),
        case=case,
        people=[one.pk for one in people],
        reason="A neighbour works in the office",
        now=NOW,
    )
    case.refresh_from_db()
    return case


def leaves(family, role, place="hillside"):
    Membership.objects.filter(user=family.cast.person(role, place)).update(ends_on=YESTERDAY)


def take(reach, case, reason=WHY):
    return restricted.take_over(reach=reach, case=case, reason=reason, now=NOW)


@pytest.fixture
def lost(family):
    case = restrict(family)
    leaves(family, L)
    return case


def test_who_takes_it_over_is_named_and_the_reason_stays_with_the_case(family, lost):
    head = reach_of(family, H)

    take(head, lost)

    assert list(cases_for(head)) == [lost]
    row = CaseRestriction.objects.order_by("-pk").first()
    assert row.restricted
    assert row.reason == f"Taken over, as nobody named could open it: {WHY}"
    assert row.made_by == head.user
    assert list(lost_cases_for(head)) == []


def test_it_is_written_down_and_the_others_who_watch_are_told_without_a_name(
    family, lost, mailoutbox, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        take(reach_of(family, H), lost)

    event = Event.objects.get(kind="case.taken_over")
    assert (event.by, event.school) == (reach_of(family, H).user, lost.school)
    to = {address for mail in mailoutbox for address in mail.to}
    assert to == {"authority.administrator.northmoor@example.org"}
    assert lost.reference in mailoutbox[0].body
    assert lost.pupil.surname not in mailoutbox[0].body
    assert lost.pupil.known_as not in mailoutbox[0].body


def test_a_second_lead_who_takes_over_is_seen_by_the_head(
    family, lost, mailoutbox, django_capture_on_commit_callbacks
):
    new = family.cast.person(Role.TUTOR, "hillside")
    Membership.objects.filter(user=new).update(role=L)

    with django_capture_on_commit_callbacks(execute=True):
        take(family.cast.reach(new), lost)

    to = {address for mail in mailoutbox for address in mail.to}
    assert "headteacher.hillside@example.org" in to
    assert new.email not in to


def test_somebody_named_who_only_works_on_it_does_not_stop_a_take_over(family):
    case = restrict(family, family.cast.officer)
    leaves(family, L)

    take(reach_of(family, H), case)

    assert {one.pk for one in named(case)} == {
        family.cast.officer.pk,
        family.cast.person(L, "hillside").pk,
        family.cast.person(H, "hillside").pk,
    }


def test_a_case_that_somebody_named_can_open_is_not_taken_over(family):
    case = restrict(family)

    with pytest.raises(Conflict, match="can open it"):
        take(reach_of(family, H), case)

    assert not cases_for(reach_of(family, H)).exists()


@pytest.mark.parametrize(
    ("role", "place"),
    [
        (Role.ATTENDANCE_LEAD, "hillside"),
        (Role.ATTENDANCE_OFFICER, "hillside"),
        (Role.SUPPORT_WORKER, "northmoor"),
        (Role.AUTHORITY_ADMINISTRATOR, "northmoor"),
        (H, "brook"),
    ],
)
def test_nobody_else_takes_it_over(family, lost, role, place):
    with pytest.raises(Forbidden):
        take(reach_of(family, role, place), lost)


def test_a_reason_is_needed(family, lost):
    with pytest.raises(InvalidInput, match="Say why"):
        take(reach_of(family, H), lost, "  ")
    with pytest.raises(InvalidInput, match="600 characters"):
        take(reach_of(family, H), lost, "a" * 601)

    assert CaseRestriction.objects.count() == 1


def test_a_lead_of_the_schools_trust_who_is_named_can_open_it(family):
    """A role at the trust or the authority that holds the permission counts as one at the school.

    No standing role does today; the door must not call a case lost the day one does.
    """
    trust = Trust.objects.get(code="tr1")
    case = restrict(family)
    member = Membership.objects.get(user=family.cast.person(L, "hillside"))
    case.school.trust = trust
    case.school.save()
    Membership.objects.filter(pk=member.pk).update(school=None, authority=None, trust=trust)

    assert list(lost_cases_for(reach_of(family, H))) == []


def test_who_was_named_before_and_comes_back_may_take_it_over(family, lost):
    member = Membership.objects.filter(user=family.cast.person(L, "hillside"))
    CaseGrant.objects.filter(user=family.cast.person(L, "hillside")).update(
        user=family.cast.officer
    )
    member.update(ends_on=None)

    take(reach_of(family, L), lost)

    assert lost.grants.filter(user=family.cast.person(L, "hillside")).count() == 1


def test_the_page_asks_why_names_no_pupil_and_leads_to_who_sees_it(client, family, lost):
    sign_in(client, family.cast.person(H, "hillside"))
    address = reverse("cases:case_take_over", args=["990", lost.reference])

    page = client.get(address).content.decode()
    assert "Everybody named on it has left" in page
    assert lost.pupil.surname not in page
    assert "Say why you take it over" in client.post(address, {"reason": ""}).content.decode()

    after = client.post(address, {"reason": WHY}, follow=True).content.decode()

    assert "You are named on this case now" in after
    assert "Has no role here any more, and sees nothing" in after
    assert "Only one person here may say who sees this case" in after
    assert WHY in after
    assert client.get(address).status_code == 404


@pytest.mark.parametrize(
    ("role", "place"),
    [(Role.ATTENDANCE_OFFICER, "hillside"), (Role.SUPPORT_WORKER, "northmoor"), (H, "brook")],
)
def test_the_page_is_not_there_for_anybody_else(client, family, lost, role, place):
    sign_in(client, family.cast.person(role, place))
    address = reverse("cases:case_take_over", args=["990", lost.reference])

    assert client.get(address).status_code == 404
    assert client.post(address, {"reason": WHY}).status_code == 404
    assert not CaseGrant.objects.filter(user=family.cast.person(role, place)).exists()


def test_the_last_one_who_can_open_it_is_never_taken_off_on_the_page(client, family):
    case = restrict(family, family.cast.person(H, "hillside"))
    leaves(family, L)
    sign_in(client, family.cast.person(H, "hillside"))
    head = family.cast.person(H, "hillside")

    client.post(reverse("cases:case_unname", args=["990", case.reference, head.pk]))

    assert head in named(case)


def test_of_two_at_once_one_takes_it_over(live_family):
    family = live_family
    with scope(family.cast.ids):
        case = restrict(family)
        leaves(family, L)
        new = family.cast.person(Role.TUTOR, "hillside")
        Membership.objects.filter(user=new).update(role=L)
        people = [reach_of(family, H), family.cast.reach(new)]
    start, answers = Barrier(2), []

    def go(reach):
        try:
            start.wait()
            with scope(family.cast.ids):
                take(reach, Case.objects.get(pk=case.pk))
            answers.append("taken")
        except Conflict:
            answers.append("too late")
        finally:
            connection.close()

    threads = [Thread(target=go, args=(reach,)) for reach in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(answers) == ["taken", "too late"]
    with scope(family.cast.ids):
        assert Event.objects.filter(kind="case.taken_over").count() == 1
