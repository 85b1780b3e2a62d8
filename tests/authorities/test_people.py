"""Inviting people, giving roles, leaving."""

from datetime import date, timedelta

import pytest
from django.core import mail

from authorities.models import Membership, User
from authorities.permissions import Role
from authorities.services import end_role, invite
from rules.errors import DomainError, RuleNotMet
from tests.cast import TODAY, sign_in

PEOPLE = "/la/990/people/"


@pytest.fixture
def admin(cast):
    return cast.person(Role.AUTHORITY_ADMINISTRATOR)


def posted(**changes: str) -> dict[str, str]:
    return {
        "name": "Ada Example",
        "email": "ada@example.org",
        "place": "authority",
        "role": Role.SUPPORT_WORKER.value,
        **changes,
    }


def test_a_new_person_is_invited_and_gets_a_link(
    client, cast, admin, django_capture_on_commit_callbacks
):
    sign_in(client, admin)

    with django_capture_on_commit_callbacks(execute=True):
        answer = client.post(f"{PEOPLE}invite/", posted())

    assert answer.status_code == 302
    ada = User.objects.get(email="ada@example.org")
    given = Membership.objects.get(user=ada)
    assert (given.role, given.authority, given.school) == (
        Role.SUPPORT_WORKER,
        cast.northmoor,
        None,
    )
    assert [message.to for message in mail.outbox] == [["ada@example.org"]]
    assert "/accounts/password/reset/key/" in mail.outbox[0].body


def test_the_link_in_the_invitation_opens_a_page_that_sets_the_password(
    client, cast, admin, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        invite(
            reach=cast.reach(admin),
            email="ada@example.org",
            name="Ada",
            role=Role.SUPPORT_WORKER,
            school=None,
            starts_on=TODAY,
        )
    link = next(line for line in mail.outbox[0].body.splitlines() if line.startswith("http"))

    page = client.get(link.removeprefix("http://127.0.0.1:8000"), follow=True)

    assert page.status_code == 200
    assert "assword" in page.content.decode()


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"email": "not an address"}, "Enter an email address in the right form"),
        ({"name": ""}, "Enter the person&#x27;s full name"),
        ({"role": ""}, "Select what they will do"),
        ({"place": ""}, "Select where they will work"),
        ({"role": Role.TUTOR.value}, "cannot be held for the whole authority"),
        ({"place": "990001"}, "cannot be held at a school"),
        ({"place": "991002"}, "Select a valid choice"),
        ({"email": "authority.administrator.northmoor@example.org"}, "cannot give yourself"),
    ],
)
def test_a_wrong_invitation_says_what_to_do_and_gives_nothing(client, cast, admin, changes, says):
    before = Membership.objects.count()
    sign_in(client, admin)

    answer = client.post(f"{PEOPLE}invite/", posted(**changes))

    assert answer.status_code == 200
    assert says in answer.content.decode()
    assert Membership.objects.count() == before


def test_a_headteacher_gives_roles_at_their_own_school_only(cast):
    head = cast.reach(cast.person(Role.HEADTEACHER, "hillside"))
    person = {"email": "tom@example.org", "name": "Tom", "starts_on": TODAY}

    given = invite(reach=head, role=Role.TUTOR, school=cast.hillside, **person)

    assert given.school == cast.hillside
    with pytest.raises(DomainError):
        invite(reach=head, role=Role.TUTOR, school=cast.brook, **person)
    with pytest.raises(DomainError):
        invite(reach=head, role=Role.SUPPORT_WORKER, school=None, **person)


def test_an_administrator_cannot_also_be_a_legal_officer(cast, admin):
    other = cast.person(Role.LEGAL_OFFICER)

    with pytest.raises(RuleNotMet, match="cannot be an administrator and also act on notices"):
        invite(
            reach=cast.reach(admin),
            email=other.email,
            name=other.name,
            role=Role.AUTHORITY_ADMINISTRATOR,
            school=None,
            starts_on=TODAY,
        )


def test_the_same_role_is_given_once(cast, admin):
    officer = cast.officer

    with pytest.raises(RuleNotMet, match="already"):
        invite(
            reach=cast.reach(admin),
            email=officer.email.upper(),
            name="x",
            role=Role.ATTENDANCE_OFFICER,
            school=cast.hillside,
            starts_on=TODAY,
        )


def test_a_person_who_leaves_is_out_at_the_next_request(client, cast, admin):
    sign_in(client, cast.officer)
    assert client.get("/la/990/").status_code == 200
    membership = Membership.objects.get(user=cast.officer)

    end_role(reach=cast.reach(admin), membership=membership, last_day=TODAY - timedelta(days=1))

    assert client.get("/la/990/").status_code == 404


def test_nobody_ends_their_own_role(cast, admin):
    mine = Membership.objects.get(user=admin)

    with pytest.raises(RuleNotMet, match="your own role"):
        end_role(reach=cast.reach(admin), membership=mine, last_day=TODAY)


def test_a_role_that_ends_today_still_holds_today(cast, admin):
    membership = Membership.objects.get(user=cast.officer)

    end_role(reach=cast.reach(admin), membership=membership, last_day=TODAY)

    assert Membership.objects.active_on(TODAY).filter(pk=membership.pk).exists()
    assert not Membership.objects.active_on(date(2026, 11, 18)).filter(pk=membership.pk).exists()
