"""Where work comes from beside deadlines: whose it is, when it shows, and when it is gone."""

from datetime import date, timedelta

import pytest
from django.urls import get_resolver, reverse

from authorities.models import Membership
from authorities.permissions import Role
from cases.access import lost_cases_for
from cases.models import Case, Deadline, DeadlineKind
from cases.selectors.overview import PAGES
from cases.selectors.work import SOURCES, Wanted, work_for
from cases.services import deadlines, following, referrals, restricted
from rules.errors import Conflict, InvalidInput, RuleNotMet
from tests.attendance import agreed
from tests.cases.family import NOW
from tests.cases.lens import a_question
from tests.cases.referred import answer, begin, send, worker, write
from tests.cast import TODAY, sign_in
from tests.tenancy.world import a_waiting_correction

K = DeadlineKind
LATER = NOW + timedelta(hours=2)


def rows(reach, kind, **wanted):
    """(what to do, who) of each row of a kind."""
    found = work_for(reach, Wanted(**{"tab": "all", "kinds": (kind,), **wanted})).rows
    return [(row["w_words"], row["w_owner_name"]) for row in found.order_by("w_when", "w_pk")]


def head_of(family):
    return family.cast.reach(family.cast.person(Role.HEADTEACHER, "hillside"))


# Referrals: the council's worker


TITLE = "Referral to the council"


def test_a_sent_referral_waits_for_the_councils_role_and_not_for_who_carries_the_case(family):
    family.open_case()
    Case.objects.update(owner=family.cast.officer)

    send(family)

    council = worker(family)
    assert rows(council, "referral") == [(TITLE, "Attendance support worker of the council")]
    assert rows(council, "referral", whose="nobody") != []
    assert rows(family.reach, "referral") == []
    assert rows(family.reach, "referral", whose="mine") == []


def test_who_says_that_they_read_it_has_the_clock(family):
    sent = send(family)

    referrals.receive(reach=worker(family), referral=sent, seen=sent.version, now=LATER)

    council = worker(family)
    clock = Deadline.objects.get(kind=K.REFERRAL_ANSWER, done_on=None)
    assert clock.owner == council.user
    assert rows(council, "referral", whose="mine") == [(TITLE, council.user.name)]


def test_the_councils_clock_is_given_to_somebody_who_answers_referrals(family):
    send(family)
    council, row = worker(family), Deadline.objects.get(kind=K.REFERRAL_ANSWER)

    with pytest.raises(InvalidInput, match="does not answer referrals for the council"):
        deadlines.give(
            reach=council, pk=row.pk, version=row.version, owner=family.cast.officer, now=LATER
        )
    deadlines.give(reach=council, pk=row.pk, version=row.version, owner=council.user, now=LATER)

    row.refresh_from_db()
    assert row.owner == council.user


def test_what_came_back_is_of_who_sent_it_and_comes_again_to_who_returned_it(family):
    sent = send(family)
    back = answer(family, "give_back", sent, reasons=["other"], words="Say more of the mornings.")

    assert rows(family.reach, "referral", whose="mine") == [(TITLE, family.cast.officer.name)]
    assert rows(worker(family), "referral") == []

    again = write(family, back)
    send(family, again)

    council = worker(family)
    assert rows(council, "referral", whose="mine") == [(TITLE, council.user.name)]


def test_who_returned_it_and_has_left_does_not_get_it_again(family):
    back = answer(family, "give_back", send(family), reasons=["other"], words="Say more.")
    again = write(family, back)
    gone = Membership.objects.filter(user=worker(family).user)
    gone.update(ends_on=date(2026, 11, 16))

    send(family, again)

    assert Deadline.objects.get(kind=K.REFERRAL_ANSWER, done_on=None).owner is None


def test_an_accepted_referral_waits_for_a_team_and_is_of_who_accepted_it(family):
    sent = send(family)
    taken = answer(family, "accept", sent)

    council = worker(family)
    assert rows(council, "referral", whose="mine") == [
        (f"Choose the team: {TITLE}", council.user.name)
    ]

    answer(family, "send_on", taken, team="Hot clinic")
    assert rows(council, "referral") == []


def test_a_draft_is_of_who_begun_it(family):
    begin(family)

    assert rows(family.reach, "referral", whose="mine") == [(TITLE, family.cast.officer.name)]
    assert rows(worker(family), "referral") == []


def test_two_referrals_of_a_case_have_each_their_own_day(family):
    send(family)
    other = begin(family, form="dorset:panel_case")
    send(family, write(family, other))
    clocks = Deadline.objects.filter(kind=K.REFERRAL_ANSWER).order_by("pk")
    clocks.filter(about__endswith=f":{other.pk}").update(due_on=date(2026, 12, 4))

    found = work_for(worker(family), Wanted(tab="all", kinds=("referral",))).rows
    days = {row["w_words"]: row["w_due"] for row in found}

    assert days == {TITLE: date(2026, 12, 1), other.title: date(2026, 12, 4)}


def test_the_page_of_a_referral_says_with_whom_it_is(client, family):
    sent = send(family)
    council = worker(family)
    sign_in(client, council.user)
    page = reverse("cases:referral", args=["990", sent.reference])

    assert "Nobody yet" in client.get(page).content.decode()
    assert "Give it to a colleague" in client.get(page).content.decode()
    client.post(
        reverse("cases:referral_receive", args=["990", sent.reference]), {"seen": sent.version}
    )

    assert "Nobody yet" not in client.get(page).content.decode()


def test_the_page_of_the_councils_clock_offers_those_who_answer_alone(client, family):
    send(family)
    row = Deadline.objects.get(kind=K.REFERRAL_ANSWER)
    sign_in(client, worker(family).user)

    page = client.get(reverse("cases:deadline", args=["990", row.pk])).content.decode()

    assert "Whoever answers referrals for the council" in page
    assert f'<option value="{worker(family).user.pk}"' in page
    assert f'<option value="{family.cast.officer.pk}"' not in page


# Cases whose ground has ended


def leaves(case, last=date(2026, 11, 13)):
    case.enrolment.ends_on = last
    case.enrolment.save()


def test_a_case_whose_pupil_left_waits_until_it_is_closed_or_somebody_says_why_not(family):
    case = family.open_case()
    assert rows(family.reach, "ending") == []

    leaves(case)

    assert rows(family.reach, "ending") == [
        ("The pupil has left the roll: send the case on, or close it", "")
    ]
    Case.objects.update(closed_on=TODAY, stage="closed")
    assert rows(family.reach, "ending") == []


def test_a_pupil_who_leaves_tomorrow_has_not_left(family):
    leaves(family.open_case(), date(2026, 11, 18))

    assert rows(family.reach, "ending") == []


def test_a_case_past_school_age_waits_too_and_one_born_a_day_later_does_not(family):
    case = family.open_case()
    case.pupil.born_on = date(2010, 9, 1)
    case.pupil.save()
    assert rows(family.reach, "ending") == []

    case.pupil.born_on = date(2010, 8, 31)
    case.pupil.save()

    assert rows(family.reach, "ending") == [
        ("The pupil is past compulsory school age: close the case", "")
    ]


def keep(family, case, **more):
    asked = {"until": date(2026, 12, 4), "why": "The schools meet on 3 December"}
    return following.keep_open(
        reach=family.reach, case=case, today=TODAY, now=NOW, **{**asked, **more}
    )


def test_a_reason_to_stay_open_holds_until_its_day_and_then_it_waits_again(family):
    case = family.open_case()
    leaves(case)

    keep(family, case)

    assert rows(family.reach, "ending") == [
        (
            "Look again whether the case goes on. It stayed open because: "
            "The schools meet on 3 December",
            "",
        )
    ]
    assert case.notes.get().text == (
        "The case stays open until 4 December 2026: The schools meet on 3 December"
    )
    row = Deadline.objects.get(kind=K.ENDING)
    deadlines.mark_done(
        reach=family.reach, pk=row.pk, version=1, note="We met", today=TODAY, now=NOW
    )
    assert rows(family.reach, "ending") == [
        ("The pupil has left the roll: send the case on, or close it", "")
    ]


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"why": " "}, "Say why the case stays open"),
        ({"why": "a" * 201}, "200 characters"),
        ({"until": TODAY}, "a day after today"),
        ({"until": date(2027, 5, 20)}, "by 19 May 2027 at the latest"),
    ],
)
def test_staying_open_needs_a_reason_and_a_day(family, more, says):
    case = family.open_case()
    leaves(case)

    with pytest.raises(InvalidInput, match=says):
        keep(family, case, **more)

    assert not Deadline.objects.exists()
    assert not case.notes.exists()


def test_a_case_with_its_ground_and_a_closed_one_are_not_kept_open(family):
    case = family.open_case()
    with pytest.raises(RuleNotMet, match="has its ground"):
        keep(family, case)

    leaves(case)
    Case.objects.update(closed_on=TODAY, stage="closed")
    with pytest.raises(Conflict, match="This case was closed"):
        keep(family, case)


def test_the_case_leads_to_saying_why_it_stays_open(client, family):
    case = family.open_case()
    leaves(case)
    sign_in(client, family.cast.officer)
    page = reverse("cases:case_keep", args=["990", case.reference])
    assert page in client.get(reverse("cases:case", args=["990", case.reference])).content.decode()

    refused = client.post(page, {"why": "We meet"})
    assert "Enter the day you look again" in refused.content.decode()
    answered = client.post(
        page, {"why": "We meet", "until_day": "4", "until_month": "12", "until_year": "2027"}
    )
    assert "at the latest" in answered.content.decode()
    done = client.post(
        page,
        {"why": "We meet", "until_day": "4", "until_month": "12", "until_year": "2026"},
        follow=True,
    )

    assert "The case stays open, with your reason" in done.content.decode()


# Questions, leave and old marks: what heads decide


def test_a_question_about_a_sibling_waits_for_those_who_answer_it(family):
    family.open_case()
    a_question(family.cast, family.case, family.mother, NOW)

    said = "Another school asks about this pupil, as a brother or sister of theirs"
    assert rows(head_of(family), "sibling") == [(said, "")]
    assert rows(family.reach, "sibling") == []


def test_leave_waits_for_the_headteacher_by_its_first_day(family):
    days = {"first_day": date(2026, 12, 14), "last_day": date(2026, 12, 18)}
    agreed.a_request(family.cast, **days)

    (row,) = work_for(head_of(family), Wanted(tab="all", kinds=("leave",))).rows

    assert row["w_due"] == date(2026, 12, 14)
    assert rows(family.reach, "leave") == []


def test_a_change_of_old_marks_waits_for_a_second_person(family):
    a_waiting_correction(family.cast)

    (found,) = rows(head_of(family), "old marks")

    assert found[0].startswith("Agree to the change or decline it: ")
    assert rows(family.reach, "old marks") == []


def test_who_asked_for_a_change_is_not_asked_to_agree_to_it(family):
    change = a_waiting_correction(family.cast)
    change.asked_by = head_of(family).user
    change.save()

    assert rows(head_of(family), "old marks") == []


# Restricted cases that nobody can open


@pytest.fixture
def lost(family):
    """Restricted to its safeguarding lead, who has left since."""
    case = family.open_case()
    lead = family.cast.person(Role.SAFEGUARDING_LEAD, "hillside")
    restricted.restrict(
        reach=family.cast.reach(lead),
        case=case,
        people=[],
        reason="A neighbour works here",
        now=NOW,
    )
    Membership.objects.filter(user=lead).update(ends_on=date(2026, 11, 16))
    case.refresh_from_db()
    return case


def test_a_restricted_case_that_nobody_can_open_waits_without_its_pupils_name(client, family, lost):
    said = "Nobody named on it can open it any more: take it over"
    assert rows(head_of(family), "lost") == [(said, "")]
    assert rows(family.reach, "lost") == []
    assert rows(worker(family), "lost") == []

    sign_in(client, head_of(family).user)
    page = client.get(reverse("cases:work", args=["990"]), {"kind": "lost"}).content.decode()
    assert "Restricted case" in page
    assert lost.pupil.surname not in page
    assert reverse("cases:case_take_over", args=["990", lost.reference]) in page


def test_a_restricted_case_with_somebody_who_can_open_it_is_not_lost(family):
    case = family.open_case()
    lead = family.cast.person(Role.SAFEGUARDING_LEAD, "hillside")
    restricted.restrict(
        reach=family.cast.reach(lead), case=case, people=[], reason="A neighbour", now=NOW
    )

    assert list(lost_cases_for(head_of(family))) == []


def test_a_head_of_another_school_finds_no_lost_case(family, lost):
    brook = family.cast.reach(family.cast.person(Role.HEADTEACHER, "brook"))

    assert list(lost_cases_for(brook)) == []
    assert list(lost_cases_for(head_of(family))) == [lost]


# The list itself


def test_every_row_leads_to_a_page_that_exists():
    names = {
        f"{space}:{name}"
        for space in ("cases", "attendance", "legal")
        for name in get_resolver().namespace_dict[space][1].reverse_dict
        if isinstance(name, str)
    }

    assert set(PAGES.values()) - names == set()
    assert {source.route for source in SOURCES} - names == set()
