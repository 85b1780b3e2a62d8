"""What is legal and on no open case shows on Work: for whom, by when, and when it is gone."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from django.db import connection
from django.db.models import DateField, F
from django.db.models.functions import Cast
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from attendance.models import Enrolment
from authorities import packs
from authorities.access import Reach
from authorities.permissions import Role
from cases.models import Case
from cases.selectors.work import Wanted, work_for
from cases.services import casework
from legal.models import Lane, PenaltyNotice
from legal.selectors.waiting_work import working_days_later
from legal.services import requests
from rules.prosecution_stages import ProsecutionState
from rules.school_calendar import working_day_after
from tests.attendance.scenes import crossing
from tests.cast import TODAY, sign_in
from tests.legal.penalty_scenes import Room, at, room
from tests.legal.prosecution_scenes import AUTHORISED, BEGUN, DECIDED, HEARING, Desk, desk
from tests.legal.request_scenes import FOUND, NOW, Away, away

S = ProsecutionState
KINDS = ("notice request", "penalty notice", "prosecution", "notice outcome", "court outcome")


def todo(reach: Reach, today: date = TODAY, **wanted) -> list[tuple[str, date | None]]:
    """What to do and by when, of the legal kinds, as Work lists it on a day."""
    found = work_for(replace(reach, today=today), Wanted(tab="all", kinds=KINDS, **wanted))
    return [(row["w_words"], row["w_due"]) for row in found.rows.order_by("w_when", "w_words")]


@pytest.fixture(name="away")
def an_absence(cast) -> Away:
    return away(cast)


@pytest.fixture(name="room")
def a_room(cast) -> Room:
    return room(cast)


@pytest.fixture(name="desk")
def a_desk(cast) -> Desk:
    return desk(cast)


def others(scene: Away | Room) -> list[Reach]:
    """Who has nothing to do with it: another school, another council, and a support worker."""
    cast = scene.cast
    elsewhere = cast.reach(cast.person(Role.LEGAL_OFFICER, "southvale"), cast.southvale)
    return [
        cast.reach(cast.person(Role.HEADTEACHER, "brook")),
        cast.reach(cast.person(Role.SUPPORT_WORKER)),
        elsewhere,
    ]


# Requests


def test_a_request_without_a_case_waits_for_the_council_and_for_nobody_at_the_school(away):
    request = away.sent()

    waits = [(f"Answer the request for a penalty notice {request.reference}", date(2026, 12, 1))]
    assert todo(away.council) == waits
    assert todo(away.reach(Role.LEGAL_OFFICER, "northmoor")) == waits
    assert todo(away.head) == todo(away.office) == []
    assert [todo(reach) for reach in others(away)] == [[], [], []]


def test_where_the_policy_lets_the_head_decide_it_waits_for_the_head_alone(away):
    packs.adopt(
        authority=away.cast.northmoor,
        pack="chaucer",
        starts_on=TODAY - timedelta(days=60),
        reach=None,
        school=away.cast.hillside,
    )
    away.think()
    request = away.send(away.write(away.begin()))

    assert [words for words, _ in todo(away.head)] == [
        f"Answer the request for a penalty notice {request.reference}"
    ]
    assert todo(away.council) == []
    assert todo(away.cast.reach(away.cast.person(Role.HEADTEACHER, "brook"))) == []


def test_what_came_back_is_of_who_sent_it_until_it_is_sent_again(away):
    request = away.sent()
    back = requests.give_back(
        reach=away.council,
        request=request,
        reasons=["papers_missing"],
        words="Send the letter of refusal.",
        seen=request.version,
        today=TODAY,
        now=NOW,
    )

    waits = [(f"Put right what came back: request {back.reference}", date(2026, 12, 1))]
    assert todo(away.office) == todo(away.office, whose="mine") == todo(away.head) == waits
    assert todo(away.council) == todo(away.reach(Role.LEGAL_OFFICER, "northmoor")) == []
    assert [todo(reach) for reach in others(away)] == [[], [], []]


def test_a_refused_request_waits_for_nobody(away):
    request = away.sent()
    requests.refuse(
        reach=away.council,
        request=request,
        reasons=["public_interest"],
        review=FOUND,
        words="Support is being given.",
        seen=request.version,
        today=TODAY,
        now=NOW,
    )

    assert todo(away.council) == todo(away.office) == []


def test_the_database_counts_working_days_as_the_rules_do(cast):
    for day in (date(2026, 12, 18) + timedelta(days=more) for more in range(25)):
        Enrolment.objects.filter(pk=cast.enrolment.pk).update(starts_on=day)
        row = Enrolment.objects.annotate(
            later=working_days_later(Cast(F("starts_on"), DateField()), 10)
        ).get(pk=cast.enrolment.pk)
        assert row.later == working_day_after(day, 10)
    assert working_day_after(date(2026, 12, 18), 10) == date(2027, 1, 6)


# Penalty notices


def test_a_notice_is_served_then_paid_or_decided_on(room):
    notice = room.one()
    name = f"penalty notice {notice.reference}"
    planned = date.fromisoformat(notice.particulars["planned_posting"])

    assert todo(room.clerk) == todo(room.legal) == [(f"Serve {name} and record how", planned)]
    assert todo(room.officer) == [], "who decides does not serve"
    assert todo(room.head) == []

    served = room.serve(notice)

    decide = [(f"If {name} is not paid: withdraw it or prepare a prosecution", served.enforce_from)]
    after = served.enforce_from + timedelta(days=3)
    for day in (TODAY, after):
        assert todo(room.clerk, day) == todo(room.legal, day) == todo(room.officer, day) == decide
    assert [todo(reach, after) for reach in (room.head, *others(room))] == [[], [], [], []]


def test_what_a_parent_says_waits_for_somebody_other_than_who_issued_it(room):
    notice = room.served()
    room.represent(notice, date(2026, 11, 20))

    said = f"Answer what the parent says against penalty notice {notice.reference}"
    assert todo(room.legal) == [(said, date(2026, 12, 4))]
    assert todo(room.officer) == todo(room.clerk) == todo(room.head) == []

    room.answer(notice, date(2026, 11, 24))

    assert [words for words, _ in todo(room.legal)] == [
        f"If penalty notice {notice.reference} is not paid: withdraw it or prepare a prosecution"
    ]


def test_a_withdrawal_waits_for_a_colleague_and_its_outcome_for_the_school(room):
    notice = room.served()
    room.ask_withdrawal(notice)

    asked = [(f"Decide on the withdrawal of penalty notice {notice.reference}", None)]
    assert todo(room.officer) == todo(room.legal) == asked
    assert todo(room.clerk) == todo(room.head) == []

    room.decide(notice)

    told = f"Read what became of penalty notice {notice.reference}: withdrawn"
    office = room.reach(Role.ATTENDANCE_OFFICER, "hillside")
    assert todo(room.head) == todo(office) == [(told, date(2026, 11, 24))]
    assert todo(room.officer) == todo(room.legal) == todo(room.clerk) == []
    assert [todo(reach) for reach in others(room)] == [[], [], []]
    assert todo(room.head, date(2026, 11, 24)) != []
    assert todo(room.head, date(2026, 11, 25)) == []


def test_a_paid_notice_waits_only_where_somebody_asked_for_its_withdrawal(room):
    paid, asked = room.issue(room.mother, room.father)
    room.ask_withdrawal(asked)
    PenaltyNotice.objects.update(state="paid")

    said = [f"Decide on the withdrawal of penalty notice {asked.reference}"]
    assert [words for words, _ in todo(room.legal)] == said
    assert paid.reference not in str(todo(room.clerk))


def test_a_notice_of_an_excluded_pupil_goes_to_the_councils_lawyers(client, room):
    notice = room.served(sent_on=TODAY)
    PenaltyNotice.objects.filter(pk=notice.pk).update(
        lane=Lane.EXCLUDED, step="excluded pupil", slot=None
    )

    assert [words for words, _ in todo(room.legal)] == [
        f"If penalty notice {notice.reference} is not paid: ask the council's lawyers, or"
        " withdraw it"
    ]

    PenaltyNotice.objects.update(state="unpaid")
    sign_in(client, room.cast.person(Role.LEGAL_OFFICER))
    page = client.get(reverse("legal:penalty", args=["990", notice.reference])).content.decode()

    assert "whether they prosecute under section 103" in page
    assert "Prepare a prosecution" not in page
    assert "prepare a prosecution" not in page


def test_what_has_an_open_case_shows_by_its_deadlines_alone(room):
    cast = room.cast
    case = casework.open_case(
        reach=cast.reach(cast.officer),
        enrolment=cast.enrolment,
        crossing=crossing(cast),
        now=at(TODAY),
        today=TODAY,
    )
    room.one(case=case)

    assert todo(room.clerk) == []

    Case.objects.update(closed_on=TODAY, stage="closed")

    assert len(todo(room.clerk)) == 1


# Prosecutions


def test_a_file_waits_for_the_councils_officer_with_its_six_months(desk):
    file = desk.begin(desk.unpaid())

    ((said, due),) = todo(desk.legal, BEGUN)
    assert said == (
        f"Prosecution file {file.reference}. Check the papers, record that a supervision order was"
        " considered, then send the caution letter."
    )
    assert due == date(2027, 4, 5)  # the earliest half day was on 5 October 2026
    assert todo(desk.legal, BEGUN, whose="mine") == [(said, due)]
    for reach in (desk.senior, desk.room.clerk, desk.room.head, *others(desk.room)):
        assert todo(reach, BEGUN) == []


def test_what_is_to_be_authorised_waits_for_who_had_no_hand_in_it(desk):
    file = desk.until(S.TESTED)

    said = f"Prosecution file {file.reference}. The named senior officer authorises it, or sends"
    assert [words for words, _ in todo(desk.senior, AUTHORISED)] == [f"{said} it back."]
    assert todo(desk.senior, AUTHORISED, whose="nobody") != []
    type(file).objects.filter(pk=file.pk).update(made_by=desk.senior.user)
    assert todo(desk.senior, AUTHORISED) == []


def test_a_listed_file_is_due_on_the_day_of_the_hearing_and_its_outcome_goes_to_the_school(desk):
    file = desk.until(S.LISTED)
    name = f"rosecution file {file.reference}"
    assert todo(desk.legal, DECIDED) == [
        (f"P{name}. Record what happens at the hearing.", HEARING.date())
    ]

    desk.decide(file)
    ((said, due),) = todo(desk.legal, DECIDED)
    assert said.startswith(f"P{name}. Tell the school.")
    assert due == date(2027, 2, 17)

    desk.report(file)
    assert todo(desk.legal, DECIDED) == []
    outcome = (f"Read what came of p{name}: decided by the court", date(2027, 2, 17))
    assert outcome in todo(desk.room.head, DECIDED)
    assert todo(desk.room.head, date(2027, 2, 18)) == []
    assert todo(desk.cast.reach(desk.cast.person(Role.HEADTEACHER, "brook")), DECIDED) == []


# The page


def test_the_page_of_work_leads_to_each(client, room):
    notice = room.one()
    sign_in(client, room.cast.person(Role.NOTICE_CLERK))

    shown = client.get(reverse("cases:work", args=["990"]), {"tab": "all"}).content.decode()

    assert f"Serve penalty notice {notice.reference} and record how" in shown
    assert reverse("legal:penalty", args=["990", notice.reference]) in shown


def test_many_things_take_no_more_queries_than_one(room):
    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as caught:
            todo(room.legal)
        return len(caught)

    room.request(state="sent", decided_by=None, decided_on=None, sent_on=TODAY)
    room.one()
    one = queries()
    for _ in range(3):
        room.request(state="sent", decided_by=None, decided_on=None, sent_on=TODAY)

    assert queries() == one
    assert len(todo(room.legal)) == 5
