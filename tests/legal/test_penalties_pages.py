"""The pages of penalty notices: what an officer reads, presses and is refused."""

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.html import escape

from authorities.permissions import Role
from cases.models import CaseLetter
from legal.models import BorderPlace, ExternalNotice, NoticeOffice, PenaltyNotice
from letters.models import Letter
from rules.notice_references import in_groups
from tests.cast import TODAY, sign_in
from tests.legal.penalty_scenes import Room, room


@pytest.fixture(name="room")
def a_room(cast) -> Room:
    return room(cast)


def address(name: str, notice: PenaltyNotice | None = None) -> str:
    at = ["990", notice.reference] if notice else ["990"]
    return reverse(f"legal:{name}", args=at)


def on(name: str, day: date = TODAY) -> dict[str, str]:
    """A date as its three boxes send it."""
    return {
        f"{name}_day": str(day.day),
        f"{name}_month": str(day.month),
        f"{name}_year": str(day.year),
    }


@pytest.fixture
def clerk(client, room, cast):
    return sign_in(client, cast.person(Role.NOTICE_CLERK))


def test_the_list_shows_notices_and_finds_one_by_a_badly_typed_reference(clerk, room):
    mine, other = room.issue(room.mother, room.father)
    typed = in_groups(mine.reference).lower().replace("0", "o")

    everything = clerk.get(address("penalties")).content.decode()
    found = clerk.get(address("penalties"), {"q": typed}).content.decode()
    start = clerk.get(address("penalties"), {"q": mine.reference[:6]}).content.decode()

    assert in_groups(mine.reference) in everything
    assert in_groups(other.reference) in everything
    assert in_groups(mine.reference) in found
    assert in_groups(other.reference) not in found
    assert in_groups(mine.reference) in start


def test_the_filters_follow_the_dates_and_not_a_counter(clerk, room):
    waiting = room.served(date(2026, 11, 2))
    unserved = room.one()
    over = PenaltyNotice.objects.filter(pk=waiting.pk)
    over.update(enforce_from=TODAY)

    def shown(**query: str) -> list[bool]:
        page = clerk.get(address("penalties"), query).content.decode()
        return [in_groups(one.reference) in page for one in (unserved, waiting)]

    assert shown(due="serve") == [True, False]
    assert shown(due="decide") == [False, True]
    assert shown(state="unpaid") == [False, True]
    assert shown(state="issued") == [True, False]
    assert shown(due="answer") == [False, False]
    assert shown(due="week") == [False, False]
    assert shown(due="look") == [False, False]
    assert shown(school="990002") == [False, False]
    assert "1 notice is unpaid" in clerk.get(address("penalties")).content.decode()


def test_the_list_goes_into_a_file(clerk, room):
    notice = room.one()

    answer = clerk.get(address("penalties"), {"export": "csv"})

    assert in_groups(notice.reference) in answer.content.decode("utf-8-sig")
    assert answer["Content-Disposition"] == 'attachment; filename="penalty-notices.csv"'


def test_as_many_questions_for_many_notices_as_for_one(clerk, room, django_assert_num_queries):
    room.one()
    clerk.get(address("penalties"))
    with CaptureQueriesContext(connection) as one:
        clerk.get(address("penalties"))
    room.issue(room.mother, room.father)

    with django_assert_num_queries(len(one)):
        clerk.get(address("penalties"))


def test_a_notice_shows_its_clock_in_words_and_no_address(clerk, room):
    notice = room.served(TODAY)

    page = clerk.get(address("penalty", notice)).content.decode()

    assert "Tuesday 17 November 2026, first-class post" in page
    assert "Thursday 19 November 2026" in page
    assert "Wednesday 9 December 2026: in 22 days" in page
    assert "Wednesday 16 December 2026: in 29 days" in page
    assert "To pay today: <strong>£80</strong>" in page
    assert room.mother.address.splitlines()[0] not in page
    assert room.father.name not in page


def test_the_clerk_records_the_service_on_the_page(clerk, room):
    notice = room.printed(room.one())

    answer = clerk.post(
        address("penalty_serve", notice),
        {"version": 1, "method": "first-class post", "proof": "Certificate 7", **on("sent_on")},
        follow=True,
    )

    notice.refresh_from_db()
    assert "Service recorded" in answer.content.decode()
    assert notice.received_on == date(2026, 11, 19)


def test_a_form_says_what_the_service_refuses(clerk, room):
    notice = room.one()

    answer = clerk.post(
        address("penalty_serve", notice),
        {"version": 1, "method": "first-class post", "proof": "Certificate 7", **on("sent_on")},
    )

    assert "The notice has not been printed yet" in answer.content.decode()


def test_the_clerk_records_that_it_came_later(clerk, room):
    notice = room.served(date(2026, 11, 12))
    data = {"version": notice.version, "reason": "The postmark is of 16 November."}

    missing = clerk.post(address("penalty_rebut", notice), {**data, "what": "later"})
    clerk.post(address("penalty_rebut", notice), {**data, "what": "later", **on("shown_on")})

    notice.refresh_from_db()
    assert "Enter the day it arrived" in missing.content.decode()
    assert notice.received_on == TODAY


def test_what_the_parent_says_is_recorded_answered_and_shown(client, clerk, room, cast):
    notice = room.served(TODAY)
    clerk.post(
        address("penalty_say", notice),
        {
            "version": notice.version,
            "way": "letter",
            "plea": "leave_given",
            "words": "The school said that we may go.",
            **on("received_on"),
        },
    )
    notice.refresh_from_db()
    sign_in(client, cast.person(Role.LEGAL_OFFICER))

    form = client.get(address("penalty_answer", notice)).content.decode()
    client.post(
        address("penalty_answer", notice),
        {"version": notice.version, "upheld": "no", "words": "No leave was given."},
    )
    page = client.get(address("penalty", notice)).content.decode()

    assert "The school said that we may go." in form
    assert "No leave was given." in page
    assert "The notice stands" in page
    assert client.get(address("penalty_answer", notice)).status_code == 302


def test_whoever_may_not_see_sensitive_details_does_not_read_what_the_parent_says(clerk, room):
    notice = room.served(TODAY)
    room.represent(notice, TODAY)

    page = clerk.get(address("penalty", notice)).content.decode()

    assert "The school said that we may go." not in page
    assert "Shown to those who may see sensitive details." in page


def test_a_withdrawal_is_asked_for_agreed_and_decided_on_pages(client, clerk, room, cast):
    notice = room.served(TODAY)
    data = {"ground": "ought_not", "words": "The school had given leave."}

    clerk.post(address("penalty_withdraw", notice), {"version": notice.version, **data})
    sign_in(client, cast.person(Role.HEADTEACHER, "hillside"))
    page = client.get(address("penalty", notice)).content.decode()
    client.post(address("penalty_agree", notice), {"version": notice.version})
    client.post(address("penalty_agree", notice), {"version": "stale"})
    notice.refresh_from_db()
    sign_in(client, cast.person(Role.AUTHORISING_OFFICER))
    client.post(address("penalty_decide", notice), {"version": notice.version, "withdraw": "yes"})

    notice.refresh_from_db()
    assert "Agree as headteacher" in page
    assert (notice.state, notice.withdrawn_ground) == ("withdrawn", "ought_not")
    assert client.get(address("penalty_decide", notice)).status_code == 302
    assert "Withdrawn" in client.get(address("penalty", notice)).content.decode()


def test_a_notice_is_stopped_or_found_to_stand_on_pages(client, room, cast):
    sign_in(client, cast.person(Role.LEGAL_OFFICER))
    stopped, stands = room.issue(room.mother, room.father)
    PenaltyNotice.objects.filter(pk=stopped.pk).update(state="for prosecution")
    PenaltyNotice.objects.filter(pk=stands.pk).update(review="More than two count.")
    page = client.get(address("penalty", stands)).content.decode()

    client.post(
        address("penalty_stop", stopped),
        {"version": 1, "reason": "died", "words": "We are sorry for your loss."},
    )
    client.post(address("penalty_stands", stands), {"version": 1, "reason": "The other is void."})

    stopped.refresh_from_db()
    stands.refresh_from_db()
    assert "More than two count." in page
    assert stopped.state == "no further action"
    assert stands.review == ""


def test_the_council_says_who_is_paid_and_where_to_write(clerk, room):
    data = {
        "version": 1,
        "name": "Northmoor Council",
        "address": "2 Town Square\nNorthmoor",
        "postcode": "zz99 8zz",
        "contact": "01632 960201",
        "ways": "Online at pay.example.org",
        "post_days": "1",
        "deemed_days": "3",
        "stops_clock": "no",
    }

    refused = clerk.post(address("office"), {**data, "postcode": "nowhere"})
    clerk.post(address("office"), data)
    stale = clerk.post(address("office"), data)

    row = NoticeOffice.objects.get()
    assert "Enter a full UK postcode" in refused.content.decode()
    assert "Somebody changed these details" in stale.content.decode()
    assert (row.contact, row.post_days, row.deemed_days, row.stops_clock) == (
        "01632 960201",
        1,
        3,
        False,
    )


def test_the_page_of_a_childs_notices_shows_each_parent_and_records_what_councils_say(
    client, clerk, room, cast
):
    room.one()
    at = ["990", room.pupil.reference]
    mothers = [*at, room.mother.reference]
    external = {
        "council": "Eastbank Council",
        "issued_on": "",
        "outcome": "paid",
        "words": "Their e-mail",
        **on("issued_on", date(2026, 1, 5)),
    }

    page = clerk.get(reverse("legal:border", args=at)).content.decode()
    clerk.post(reverse("legal:external_add", args=mothers), external)
    row = ExternalNotice.objects.get()
    clerk.post(
        reverse("legal:external", args=[*mothers, row.pk]),
        {"outcome": "withdrawn"},
    )
    sign_in(client, room.head.user)
    client.post(
        reverse("legal:border_place", args=at),
        {"other": "yes", "council": "Eastbank Council", "words": "The family says so."},
    )
    sign_in(client, cast.person(Role.NOTICE_CLERK))
    check = {
        "council": "Eastbank Council",
        "found": "1",
        "words": "Their clerk, by e-mail",
        **on("asked_on"),
        **on("answered_on"),
        **on("covers_from", date(2023, 11, 17)),
        **on("covers_to"),
    }
    client.post(reverse("legal:border_check", args=mothers), check)
    after = client.get(reverse("legal:border", args=at)).content.decode()

    assert "This is a second notice" in page
    assert "No other council, as recorded on 17 November 2026" in page
    row.refresh_from_db()
    assert row.outcome == "withdrawn"
    assert BorderPlace.objects.count() == 2
    assert "To be asked about each parent: Eastbank Council." in after
    assert "Their clerk, by e-mail" in after
    assert escape("Withdrawn: it does not count").lower() in after.lower()


def test_a_place_without_its_council_and_a_notice_of_tomorrow_are_refused(client, clerk, room):
    at = ["990", room.pupil.reference]
    tomorrow = clerk.post(
        reverse("legal:external_add", args=[*at, room.mother.reference]),
        {
            "council": "Eastbank",
            "outcome": "paid",
            "words": "E-mail",
            **on("issued_on", date(2026, 11, 18)),
        },
    )
    sign_in(client, room.head.user)

    unnamed = client.post(
        reverse("legal:border_place", args=at), {"other": "yes", "words": "They said so."}
    )

    assert "cannot be after today" in tomorrow.content.decode()
    assert "Enter which council" in unnamed.content.decode()


def test_the_page_of_the_letter_leads_back_to_the_notice_and_covers_a_protected_address(
    client, clerk, room
):
    notice = room.one()
    letter = reverse("cases:letter", args=["990", notice.letter.letter.reference])
    line = room.mother.address.splitlines()[0]

    open_ = clerk.get(letter).content.decode()
    back = clerk.get(reverse("legal:of_letter", args=["990", notice.letter.letter.reference]))
    room.mother.protected_address = "yes"
    room.mother.save()
    covered = clerk.get(letter).content.decode()

    assert "Pay £80 on or before Wednesday 9 December 2026." in open_
    assert "Northmoor Council" in open_
    assert line in open_
    assert line not in covered
    assert "Address: Address kept from others" in covered
    assert back.headers["Location"] == address("penalty", notice)


def test_a_held_letter_of_the_council_is_released_and_sent_by_the_council(client, room, cast):
    notice = room.served(TODAY)
    room.mother.protected_address = "yes"
    room.mother.save()
    room.withdraw(notice)
    letter = Letter.objects.get(kind="penalty_withdrawn")
    sign_in(client, cast.person(Role.LEGAL_OFFICER))
    at = ["990", letter.reference]

    client.post(
        reverse("cases:letter_release", args=at),
        {"route": "in person", "reason": "Her worker gives it", "seen": "address_protected"},
    )
    client.post(reverse("cases:letter_approve", args=at))

    letter.refresh_from_db()
    assert (letter.state, letter.route) == ("approved", "in person")
    sign_in(client, cast.officer)
    assert client.post(reverse("cases:letter_again", args=at)).status_code == 403


def test_a_letter_about_what_has_no_page_leads_to_the_pupil(clerk, room):
    notice = room.one()
    CaseLetter.objects.update(about="legal.Prosecution:1")

    back = clerk.get(reverse("legal:of_letter", args=["990", notice.letter.letter.reference]))

    assert back.headers["Location"] == reverse(
        "attendance:pupil", args=["990", room.pupil.reference]
    )
