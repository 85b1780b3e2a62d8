"""Roles at the edges: the last administrator, a trust's reach, a role taken back the same day."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

import pytest
from django.core import mail
from django.db import connection

from authorities.access import Forbidden, NotFound, school_for
from authorities.models import Membership, School, User
from authorities.permissions import Permission, Role
from authorities.services import end_role, invite, places_to_manage
from authorities.tenancy import scope
from rules.errors import RuleNotMet
from tests.cast import TODAY

YESTERDAY = TODAY - timedelta(days=1)


@pytest.fixture
def admin(cast):
    return cast.person(Role.AUTHORITY_ADMINISTRATOR)


def second_administrator(cast) -> Membership:
    user = User.objects.create(email="second@example.org", name="Second Administrator")
    return Membership.objects.create(
        user=user,
        role=Role.AUTHORITY_ADMINISTRATOR,
        authority=cast.northmoor,
        starts_on=date(2025, 9, 1),
    )


# Administrators


def test_one_administrator_ends_anothers_role(cast, admin):
    second = second_administrator(cast)

    end_role(reach=cast.reach(admin), membership=second, last_day=YESTERDAY)

    second.refresh_from_db()
    assert (second.starts_on, second.ends_on) == (date(2025, 9, 1), date(2026, 11, 16))


def test_the_last_administrators_role_cannot_be_ended(cast, admin):
    second = second_administrator(cast)
    opened_before = cast.reach(second.user)
    end_role(reach=cast.reach(admin), membership=second, last_day=YESTERDAY)
    last = Membership.objects.get(user=admin)

    with pytest.raises(RuleNotMet, match="This is the last administrator"):
        end_role(reach=opened_before, membership=last, last_day=YESTERDAY)

    last.refresh_from_db()
    assert last.ends_on is None


def test_two_administrators_who_end_each_others_role_at_once_leave_one(live_cast):
    with scope(live_cast.ids):
        first = Membership.objects.get(user=live_cast.person(Role.AUTHORITY_ADMINISTRATOR))
        second = second_administrator(live_cast)
        pairs = [
            (live_cast.reach(first.user), second),
            (live_cast.reach(second.user), first),
        ]

    def end(pair):
        reach, membership = pair
        try:
            with scope([live_cast.northmoor.pk], user_id=reach.user.pk):
                end_role(reach=reach, membership=membership, last_day=YESTERDAY)
            return "ended"
        except RuleNotMet:
            return "refused"
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        done = sorted(pool.map(end, pairs))

    assert done == ["ended", "refused"]
    with scope(live_cast.ids):
        held = Membership.objects.active_on(TODAY).filter(authority=live_cast.northmoor)
        assert held.filter(role=Role.AUTHORITY_ADMINISTRATOR).count() == 1


def test_a_role_given_by_mistake_today_can_be_ended_at_once(cast, admin):
    given = Membership.objects.create(
        user=cast.officer, role=Role.SUPPORT_WORKER, authority=cast.northmoor, starts_on=TODAY
    )

    end_role(reach=cast.reach(admin), membership=given, last_day=YESTERDAY)

    assert not Membership.objects.active_on(TODAY).filter(pk=given.pk).exists()


# Inviting


def test_somebody_known_already_gets_the_second_role_without_an_invitation(
    cast, admin, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        given = invite(
            reach=cast.reach(admin),
            email=cast.officer.email,
            name="Another Name",
            role=Role.SUPPORT_WORKER,
            school=None,
            starts_on=TODAY,
        )

    cast.officer.refresh_from_db()
    assert (given.user, cast.officer.name) == (cast.officer, "Attendance officer at Hillside")
    assert mail.outbox == []


def test_a_headteacher_is_offered_their_own_school_and_an_administrator_the_authority(cast, admin):
    head = cast.person(Role.HEADTEACHER, "hillside")

    assert places_to_manage(cast.reach(head)) == [("990001", "Hillside School")]
    assert places_to_manage(cast.reach(admin)) == [
        ("authority", "Northmoor (the whole authority)"),
        ("990002", "Brook Academy"),
        ("990001", "Hillside School"),
    ]


# A trust's reach


def test_a_trusts_role_covers_the_trusts_schools_and_no_others(cast):
    lead = cast.reach(cast.person(Role.TRUST_LEAD, "trust"))

    assert lead.may(Permission.VIEW_PUPIL, cast.brook)
    assert not lead.may(Permission.VIEW_PUPIL, cast.hillside)
    assert list(School.objects.filter(lead.schools(Permission.VIEW_PUPIL)).order_by("urn")) == [
        cast.brook,
        cast.valley,
    ]
    assert not School.objects.filter(lead.schools(Permission.IMPORT)).exists()


def test_a_trust_lead_gets_a_school_of_the_trust_only_for_what_the_role_allows(cast):
    lead = cast.reach(cast.person(Role.TRUST_LEAD, "trust"))

    assert school_for(lead, "990002", Permission.VIEW_PUPIL) == cast.brook
    with pytest.raises(Forbidden, match="You cannot import files"):
        school_for(lead, "990002", Permission.IMPORT)
    with pytest.raises(NotFound):
        school_for(lead, "990001", Permission.VIEW_PUPIL)
    with pytest.raises(NotFound):
        school_for(lead, "999999", Permission.VIEW_PUPIL)
