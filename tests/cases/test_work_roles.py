"""From sign-in to one's own work: where each role starts, and what its list of work holds."""

import pytest
from django.urls import reverse

from authorities.permissions import Role
from cases.models import DeadlineKind
from cases.selectors.work import BY_KEY, Wanted, waiting, work_for
from cases.services import restricted
from tests.cast import sign_in
from tests.tenancy import world as worlds
from tests.tenancy.test_restricted_cases import OUTSIDER

R = Role


@pytest.fixture
def world(cast) -> worlds.World:
    return worlds.build(cast)


def kinds_of(reach) -> set[str]:
    """The kinds of work that wait for a person, deadlines aside."""
    return {key for key, _ in work_for(reach, Wanted(tab="all")).kinds} & set(BY_KEY)


OFFICE = {"letter to approve", "check again", "proposal", "referral"}


@pytest.mark.parametrize(
    ("role", "place", "holds"),
    [
        (R.ATTENDANCE_OFFICER, "hillside", OFFICE),
        (R.ATTENDANCE_LEAD, "hillside", OFFICE | {"old marks"}),
        (R.HEADTEACHER, "hillside", OFFICE | {"old marks", "leave", "sibling"}),
        (R.SAFEGUARDING_LEAD, "hillside", {"check again", "proposal", "referral", "sibling"}),
        (R.SUPPORT_WORKER, "northmoor", {"check again", "proposal", "referral"}),
        (R.LEGAL_OFFICER, "northmoor", {"corrected marks", "penalty notice", "prosecution"}),
        (R.AUTHORISING_OFFICER, "northmoor", {"corrected marks"}),
        (R.NOTICE_CLERK, "northmoor", set()),
    ],
)
def test_each_role_finds_what_it_decides_and_the_days_that_it_may_read(
    cast, world, role, place, holds
):
    reach = cast.reach(cast.person(role, place))
    found = work_for(reach, Wanted(tab="all"))

    assert kinds_of(reach) == holds
    days = {key for key, _ in found.kinds} - set(BY_KEY)
    assert {"contact", "meeting", "plan review", "support review"} <= days
    assert days <= {kind.value for kind in DeadlineKind}
    assert found.count("all") == sum(count for _, count in found.kinds)


def test_the_school_has_its_draft_and_the_council_what_was_sent(cast, world):
    def titles(role, place):
        reach = cast.reach(cast.person(role, place))
        return {row["w_ref"] for row in work_for(reach, Wanted("all", kinds=("referral",))).rows}

    assert titles(R.ATTENDANCE_OFFICER, "hillside") == {world.things["draft_referral"].reference}
    assert titles(R.SUPPORT_WORKER, "northmoor") == {world.things["referral"].reference}


def test_a_trust_lead_finds_the_trusts_schools_and_not_the_others(cast, world):
    reach = cast.reach(cast.person(R.TRUST_LEAD, "trust"))

    assert work_for(reach, Wanted(tab="all")).kinds == []


@pytest.mark.parametrize(
    ("role", "place", "first"),
    [
        (R.ATTENDANCE_OFFICER, "hillside", "/la/990/"),
        (R.HEADTEACHER, "hillside", "/la/990/"),
        (R.SAFEGUARDING_LEAD, "hillside", "/la/990/"),
        (R.TUTOR, "hillside", "/la/990/"),
        (R.SUPPORT_WORKER, "northmoor", "/la/990/work/"),
        (R.LEGAL_OFFICER, "northmoor", "/la/990/work/"),
        (R.AUTHORISING_OFFICER, "northmoor", "/la/990/work/"),
        (R.NOTICE_CLERK, "northmoor", "/la/990/work/"),
        (R.AUTHORITY_ADMINISTRATOR, "northmoor", "/la/990/people/"),
        (R.GOVERNOR, "hillside", "/la/990/schools/"),
        (R.TRUST_LEAD, "trust", "/trust/tr1/"),
    ],
)
def test_sign_in_leads_each_role_to_where_its_day_begins(client, cast, role, place, first):
    sign_in(client, cast.person(role, place))

    answer = client.get("/", follow=True)

    assert answer.redirect_chain[-1][0] == first
    assert answer.status_code == 200


def test_an_outside_professional_is_led_to_the_cases_that_are_shared(client, cast, world):
    lead = cast.reach(cast.person(R.SAFEGUARDING_LEAD, "hillside"))
    grant = restricted.share(reach=lead, case=world.things["case"], with_=OUTSIDER, now=worlds.NOW)
    sign_in(client, grant.user)

    answer = client.get("/", follow=True)

    assert answer.redirect_chain[-1][0] == reverse("cases:shared_cases", args=["990"])
    assert world.things["case"].pupil.name in answer.content.decode()


def test_the_morning_page_says_how_much_work_waits(client, cast, world):
    sign_in(client, cast.officer)
    due = work_for(cast.reach(cast.officer), Wanted()).count("due")

    page = client.get(reverse("attendance:home", args=["990"])).content.decode()

    assert due > 0
    assert f"All your work: {due} due" in page
    assert waiting(cast.reach(cast.officer)) == f"{due} due"
    assert reverse("cases:work", args=["990"]) in page


def test_somebody_who_only_reads_is_told_that_others_do_it(client, cast, world):
    sign_in(client, cast.person(R.LEGAL_OFFICER))

    page = client.get(reverse("cases:work", args=["990"])).content.decode()

    assert "What is due on the cases that you may read, and who sees to it." in page
