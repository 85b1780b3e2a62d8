"""Where the policy lets the headteacher issue penalty notices, and where only the council does."""

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from authorities import packs
from authorities.access import Forbidden
from authorities.models import Membership
from authorities.packs import Layer, PolicyInForce, load
from authorities.permissions import Role
from legal.models import LedgerEntry, NoticeRequest, NoticeSlot, OfficerNamed, PenaltyNotice
from legal.selectors.deciders import deciders_of
from legal.services import gates, requests
from legal.services.gates import Place, Thinking
from legal.services.requests import DECIDING, Review
from rules.errors import RuleNotMet
from rules.gates import ASPECTS
from tests.cast import TODAY, Cast, sign_in
from tests.legal.request_scenes import FOUND, NOW, Away, away

SINCE = TODAY - timedelta(days=60)


def adopt(cast: Cast, pack: str) -> None:
    """The school works by its own policy, the council's schools by the council's."""
    of_school = {"school": cast.hillside} if pack == "chaucer" else {}
    packs.adopt(authority=cast.northmoor, pack=pack, starts_on=SINCE, reach=None, **of_school)


@pytest.fixture(name="scene")
def a_scene(cast) -> Away:
    """Hillside works by the policy that lets its headteacher issue."""
    adopt(cast, "chaucer")
    made = away(cast)
    made.open_for_council()
    return made


@pytest.fixture
def council(cast) -> Away:
    """The council's policy keeps issuing to the council."""
    adopt(cast, "bcp")
    made = away(cast)
    made.open_for_council()
    return made


def sent(scene: Away) -> NoticeRequest:
    """The officer of the school prepares it and sends it; nobody declared it."""
    scene.think()
    return scene.send(scene.write(scene.begin()))


def policy(*names: str) -> PolicyInForce:
    return PolicyInForce(TODAY, tuple(Layer("school", load(one), SINCE) for one in names))


@pytest.mark.parametrize(
    "step", ["penalty_notice", "penalty_notice_for_leave", "penalty_notice_excluded"]
)
def test_a_policy_that_names_who_issues_means_each_kind_of_notice(step):
    school = deciders_of(policy("national", "chaucer"), step)
    council = deciders_of(policy("national", "bcp"), step)
    both = deciders_of(policy("national", "bcp", "chaucer"), step)
    nobody = deciders_of(policy("national"), step)

    assert (school.school_only, school.named_here) == (True, True)
    assert (council.council_only, council.named_here) == (True, True)
    assert both.roles == council.roles, "a school does not widen what its council decides"
    assert (nobody.named_here, nobody.words) == (False, "an authorised officer of the council")


def test_the_headteacher_issues_what_the_school_officer_prepared(scene):
    request = sent(scene)

    (notice,) = scene.approve(request, reach=scene.head)

    row = scene.fresh(request)
    assert (row.state, row.decided_by, row.declared_by) == ("approved", scene.head.user, None)
    assert row.review["declared"] == DECIDING
    assert notice.officer == f"{scene.head.user.name}, Headteacher"
    assert notice.issued_by == scene.head.user
    assert row.gate["decided"][scene.mother.reference]["open"] is True


def test_it_counts_towards_the_limit_and_is_paid_to_the_council(scene):
    (notice,) = scene.approve(sent(scene), reach=scene.head)

    slot = NoticeSlot.objects.get()
    assert (slot.slot, slot.adult, notice.slot) == (1, scene.mother, slot)
    assert "Northmoor Council" in str(notice.particulars)
    assert not LedgerEntry.objects.exists()


def test_no_officer_of_the_council_decides_there(scene):
    request = sent(scene)
    legal_officer = scene.reach(Role.LEGAL_OFFICER, "northmoor")

    with pytest.raises(Forbidden, match="Here this is decided by: headteacher"):
        scene.approve(request)
    for by in (scene.council, legal_officer):
        with pytest.raises(Forbidden, match="Here this is decided by: headteacher"):
            give_back(scene, request, by)
        with pytest.raises(Forbidden, match="Here this is decided by: headteacher"):
            refuse(scene, request, by)
    assert not PenaltyNotice.objects.exists()


def give_back(scene: Away, request: NoticeRequest, by):
    row = scene.fresh(request)
    return requests.give_back(
        reach=by,
        request=row,
        reasons=["papers_missing"],
        words="The leave form is missing",
        seen=row.version,
        today=TODAY,
        now=NOW,
    )


def refuse(scene: Away, request: NoticeRequest, by):
    row = scene.fresh(request)
    return requests.refuse(
        reach=by,
        request=row,
        review=Review("Not met", "Not needed"),
        reasons=["public_interest"],
        words="One day would have been enough",
        seen=row.version,
        today=TODAY,
        now=NOW,
    )


def test_the_headteacher_returns_and_refuses_too(scene):
    request = sent(scene)

    returned = give_back(scene, request, scene.head)
    again = scene.send(returned)
    refused = refuse(scene, again, scene.head)

    assert refused.state == "refused"
    assert "declared" not in refused.review
    assert not PenaltyNotice.objects.exists()


def test_a_headteacher_who_prepared_it_decides_nothing(scene):
    request = sent(scene)
    NoticeRequest.objects.filter(pk=request.pk).update(requested_by=scene.head.user)

    with pytest.raises(Forbidden, match="Somebody else decides it"):
        scene.approve(request, reach=scene.head)
    with pytest.raises(IntegrityError), transaction.atomic():
        NoticeRequest.objects.filter(pk=request.pk).update(
            state="approved", decided_by=scene.head.user, decided_on=TODAY
        )


def test_the_headteacher_does_not_declare_what_they_are_to_decide(scene):
    scene.think()
    made = scene.write(scene.begin())

    with pytest.raises(RuleNotMet, match="Here the headteacher decides on penalty notices"):
        scene.declare(made)


def test_the_same_brake_stands_before_the_headteacher(scene):
    request = sent(scene)
    thoughts = [Thinking("health", "unknown", "", "")]
    assert "health" in ASPECTS
    gates.consider(
        reach=scene.office,
        place=Place(scene.enrolment),
        thoughts=thoughts,
        on=TODAY,
        today=TODAY,
        now=NOW,
    )

    with pytest.raises(RuleNotMet):
        scene.approve(request, reach=scene.head)

    assert not PenaltyNotice.objects.exists()


def test_the_same_limit_stands_before_the_headteacher(scene):
    from tests.legal.penalty_scenes import Room

    room = Room(scene.cast, scene.mother, scene.father, scene.cast.pupil, scene.enrolment)
    room.one()
    room.one()
    request = sent_despite(scene)

    with pytest.raises(RuleNotMet):
        scene.approve(request, reach=scene.head)

    assert PenaltyNotice.objects.count() == 2


def sent_despite(scene: Away) -> NoticeRequest:
    scene.think()
    made = scene.write(scene.begin())
    NoticeRequest.objects.filter(pk=made.pk).update(
        state="sent", sent_by=scene.office.user, sent_on=TODAY
    )
    return scene.fresh(made)


def test_a_deputy_whom_the_head_named_issues_and_is_named_as_what_they_are(scene):
    deputy = scene.cast.person(Role.ATTENDANCE_LEAD, "hillside")
    Membership.objects.create(
        user=deputy,
        role=Role.HEADTEACHER,
        starts_on=SINCE,
        authority=scene.cast.northmoor,
        school=scene.cast.hillside,
    )
    naming = OfficerNamed.objects.create(
        authority=scene.cast.northmoor,
        school=scene.cast.hillside,
        user=deputy,
        position="deputy headteacher",
        starts_on=date(2026, 12, 1),
        named_by=scene.head.user,
        named_at=NOW,
    )
    request = sent(scene)

    with pytest.raises(Forbidden, match="had not named this deputy headteacher"):
        scene.approve(request, reach=scene.cast.reach(deputy))
    naming.starts_on = SINCE
    naming.save()
    (notice,) = scene.approve(request, reach=scene.cast.reach(deputy))

    assert notice.officer == f"{deputy.name}, Deputy headteacher"


def test_an_attendance_lead_never_issues_whatever_the_policy_says(scene):
    request = sent(scene)

    with pytest.raises(Forbidden):
        scene.approve(request, reach=scene.reach(Role.ATTENDANCE_LEAD))


# Where the council's policy keeps it to the council


def test_a_headteacher_there_declares_and_the_council_decides(council):
    council.think()
    undeclared = council.write(council.begin())
    request = council.send(council.declare(undeclared))
    other_head = council.cast.person(Role.ATTENDANCE_LEAD, "hillside")
    Membership.objects.create(
        user=other_head,
        role=Role.HEADTEACHER,
        starts_on=SINCE,
        authority=council.cast.northmoor,
        school=council.cast.hillside,
    )
    acting = council.cast.reach(other_head)

    for refused in (
        lambda: council.approve(request, reach=acting),
        lambda: give_back(council, request, acting),
        lambda: refuse(council, request, acting),
    ):
        with pytest.raises(Forbidden, match="Here this is decided by: the council"):
            refused()
    (notice,) = council.approve(request)

    assert notice.officer.endswith(", Authorising officer")
    assert "declared" not in council.fresh(request).review


# On the pages


def test_the_headteacher_decides_on_the_page_and_the_council_cannot_open_it(client, scene):
    request = sent(scene)
    one = reverse("legal:request", args=["990", request.reference])
    review = reverse("legal:request_review", args=["990", request.reference])

    sign_in(client, scene.council.user)
    seen_by_council = client.get(one).content.decode()
    refused = client.get(review)
    sign_in(client, scene.head.user)
    shown = client.get(one).content.decode()
    deciding = client.get(review).content.decode()

    assert refused.status_code == 403
    assert review not in seen_by_council
    assert review in shown
    assert "Whose turn it is: headteacher." in shown
    assert "Declare it as headteacher" not in shown
    assert "I decide as headteacher." in deciding
    assert FOUND.code not in deciding


def test_the_officer_of_the_school_sends_without_a_declaration(client, scene):
    scene.think()
    made = scene.write(scene.begin())
    sign_in(client, scene.office.user)

    page = client.get(reverse("legal:request", args=["990", made.reference])).content.decode()
    send = client.get(reverse("legal:request_send", args=["990", made.reference])).content.decode()

    assert "Check and send" in page
    assert "The headteacher, in deciding" in page
    assert "It goes to: headteacher." in send
