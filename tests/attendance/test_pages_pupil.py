"""A pupil's pages: what they say, to whom, in how many queries."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest
from django.urls import reverse

from attendance.models import PupilFlag
from attendance.selectors.books import book_of
from attendance.selectors.pictures import year_cells
from attendance.services.registers import amend_mark
from audit.models import Event
from authorities.permissions import Role
from rules.marks import DatedSession, Session
from tests import factories
from tests.attendance.scenes import TEN, a_year_of_marks, calendar, days_of
from tests.cast import sign_in

LONDON = ZoneInfo("Europe/London")
PAGES = ("pupil", "pupil_proof", "pupil_register", "pupil_details")


@pytest.fixture
def met(cast):
    """Hillside's pupil missed a whole week in October without leave, and was ill for a morning."""
    calendar(cast)
    a_year_of_marks(cast, absences={**TEN, (date(2026, 9, 21), 0): "I"})
    return cast


def address(cast, page="pupil", **more):
    kwargs = {"la": "990", "reference": cast.pupil.reference, **more}
    return reverse(f"attendance:{page}", kwargs=kwargs)


def text_of(response):
    return " ".join(response.content.decode().split())


def test_the_page_says_when_the_threshold_was_met_and_that_it_still_is(met, client):
    page = text_of(sign_in(client, met.officer).get(address(met)))

    assert "Met on Friday 9 October 2026, afternoon, and still met" in page
    assert "10 of 10 unauthorised sessions in the 10 school weeks from" in page


def test_more_than_the_threshold_needs_is_not_said_to_be_out_of_it(cast, client):
    calendar(cast)
    days = [date(2026, 10, day) for day in (5, 6, 7, 8, 9, 12)]
    a_year_of_marks(cast, absences=days_of("O", *days))

    page = text_of(sign_in(client, cast.officer).get(address(cast)))

    assert "12 unauthorised sessions in the 10 school weeks from" in page
    assert "November 2026; 10 meet the threshold" in page
    assert "Unauthorised in 10 school weeks; 10 meet the threshold" in page
    assert "12 of 10" not in page


def test_the_page_shows_sessions_and_days_side_by_side(met, client):
    page = text_of(sign_in(client, met.officer).get(address(met)))

    # 2 September to 16 November 2026: 8 + 8 + 7½ ... 96 sessions possible, 11 of them missed.
    assert "5½ days, of 96 sessions possible" in page


def test_too_few_sessions_give_no_band(cast, client):
    calendar(cast)
    cast.enrolment.starts_on = date(2026, 11, 12)
    cast.enrolment.save()
    rows = days_of("O", date(2026, 11, 12))
    a_year_of_marks_from(cast, date(2026, 11, 12), rows)

    page = text_of(sign_in(client, cast.officer).get(address(cast)))

    assert "too few sessions to say" in page
    assert "National label" not in page


def a_year_of_marks_from(cast, first, absences):
    """Marks from a day on only."""
    gaps = {
        (day, half): ""
        for day in (
            date.fromordinal(n) for n in range(date(2026, 9, 1).toordinal(), first.toordinal())
        )
        for half in (0, 1)
    }
    a_year_of_marks(cast, absences={**gaps, **absences})


@pytest.mark.parametrize("page", PAGES)
def test_each_page_opens_for_the_officer_and_is_written_down(met, client, page):
    response = sign_in(client, met.officer).get(address(met, page))

    assert response.status_code == 200
    assert Event.objects.filter(
        subject=f"attendance.Pupil:{met.pupil.pk}", by=met.officer, kind__endswith=".read"
    ).exists()


@pytest.mark.parametrize("page", PAGES)
def test_an_officer_of_another_school_gets_not_found_and_nothing_is_written(met, client, page):
    officer = met.person(Role.ATTENDANCE_OFFICER, "brook")

    response = sign_in(client, officer).get(address(met, page))

    assert response.status_code == 404
    assert not Event.objects.filter(by=officer).exists()


def test_a_governor_gets_no_pupil(met, client):
    governor = met.person(Role.GOVERNOR, "hillside")

    assert sign_in(client, governor).get(address(met)).status_code == 404


def test_a_tutor_sees_the_pupil_without_contacts_illness_or_sensitive_flags(met, client):
    factories.adult(met.pupil, phone="01632 960001", surname="Larchwood")
    PupilFlag.objects.create(
        authority=met.northmoor, pupil=met.pupil, kind="child protection", starts_on="2026-01-01"
    )
    PupilFlag.objects.create(
        authority=met.northmoor, pupil=met.pupil, kind="sen support", starts_on="2026-01-01"
    )
    tutor = met.person(Role.TUTOR, "hillside")

    page = text_of(sign_in(client, tutor).get(address(met)))

    assert "Larchwood" in page
    assert "SEN support" in page
    assert "960001" not in page
    assert "Orchard Row" not in page
    assert "Illness" not in page
    assert "illness" not in page
    assert "Child protection" not in page


def test_an_officer_sees_the_illness_and_the_phone_number(met, client):
    factories.adult(met.pupil, phone="01632 960001")

    page = text_of(sign_in(client, met.officer).get(address(met)))

    assert "I is an authorised absence" in page
    assert "960001" in page


@pytest.mark.parametrize(
    ("protected", "words", "shown"),
    [
        ("no", "Orchard Row", True),
        ("yes", "Protected: address, phone and email are kept from others", False),
        ("unknown", "Kept back: nobody has said yet whether this address is protected", False),
    ],
)
def test_a_protected_address_is_masked_with_its_reason(met, client, protected, words, shown):
    factories.adult(met.pupil, protected_address=protected)

    page = text_of(sign_in(client, met.officer).get(address(met)))

    assert words in page
    assert ("Orchard Row" in page) is shown


def test_looking_at_an_adult_is_written_down(met, client):
    adult = factories.adult(met.pupil)

    page = sign_in(client, met.officer).get(address(met, "pupil_adult", adult=adult.reference))

    assert "Orchard Row" in text_of(page)
    assert Event.objects.get(kind="adult.read").subject == f"attendance.Adult:{adult.pk}"


def test_a_tutor_may_not_open_an_adult(met, client):
    adult = factories.adult(met.pupil)
    tutor = met.person(Role.TUTOR, "hillside")

    response = sign_in(client, tutor).get(address(met, "pupil_adult", adult=adult.reference))

    assert response.status_code == 403


def test_the_page_takes_at_most_25_queries(met, client, django_assert_max_num_queries):
    for _ in range(3):
        factories.adult(met.pupil)
    sign_in(client, met.officer)

    with django_assert_max_num_queries(25):
        assert client.get(address(met)).status_code == 200


@pytest.mark.parametrize("chart", ["year", "weekdays", "trend", "threshold"])
def test_each_picture_is_drawn_and_names_nobody(met, client, chart):
    response = sign_in(client, met.officer).get(address(met, "pupil_chart", chart=chart))

    assert response["Content-Type"] == "image/svg+xml"
    assert response.content.startswith(b"<svg")
    assert met.pupil.surname.encode() not in response.content


def test_there_is_no_other_picture(met, client):
    response = sign_in(client, met.officer).get(address(met, "pupil_chart", chart="secret"))

    assert response.status_code == 404


def test_the_pictures_of_a_page_just_read_add_no_event(met, client):
    sign_in(client, met.officer).get(address(met))
    client.get(address(met, "pupil_chart", chart="trend"))

    assert Event.objects.filter(kind="pupil.read").count() == 1


def test_the_year_picture_hides_sensitive_codes_from_a_tutor(met, client):
    tutor = met.person(Role.TUTOR, "hillside")
    chart = address(met, "pupil_chart", chart="year")

    assert b">I<" in sign_in(client, met.officer).get(chart).content
    assert b">I<" not in sign_in(client, tutor).get(chart).content


def test_marks_that_are_missing_are_said_and_left_out(cast, client):
    calendar(cast)
    a_year_of_marks(cast, absences={(date(2026, 9, 24), 0): ""})

    page = text_of(sign_in(client, cast.officer).get(address(cast)))

    assert "1 session has no mark: Thursday 24 September 2026, morning" in page


def test_the_years_picture_tells_days_to_come_from_days_off_roll(cast):
    calendar(cast)
    a_year_of_marks(cast)
    cast.enrolment.ends_on = date(2026, 12, 4)
    book = book_of(cast.enrolment, cast.pupil.born_on, today=date(2026, 11, 17))

    kinds = {cell.day: cell.kind for cell in year_cells(book, in_full=True)}

    assert kinds[date(2026, 11, 16)] == "present"
    assert kinds[date(2026, 11, 17)] == "to_come"
    assert kinds[date(2026, 12, 4)] == "to_come"
    assert kinds[date(2026, 12, 7)] == "no_session"


def test_a_pupil_without_calendar_or_marks_still_has_a_page(cast, client):
    page = text_of(sign_in(client, cast.officer).get(address(cast)))

    assert "No sessions possible yet" in page
    assert "the school calendar has no school week yet" in page


def test_a_count_that_rests_on_code_n_is_provisional(cast, client):
    calendar(cast)
    a_year_of_marks(cast, absences={**TEN, (date(2026, 10, 9), 1): "N"})

    page = text_of(sign_in(client, cast.officer).get(address(cast, "pupil_proof")))

    assert "it rests on code N" in page
    assert "Friday 9 October 2026, afternoon" in page


def test_a_near_pupil_is_told_how_near(cast, client):
    calendar(cast)
    seven = dict(list(TEN.items())[:7])
    a_year_of_marks(cast, absences=seven)

    page = text_of(sign_in(client, cast.officer).get(address(cast)))

    assert "Not met: 7 of 10 sessions in the last 10 school weeks" in page
    assert "3 more sessions in the same weeks would meet it" in page


def test_the_proof_says_when_the_count_falls_if_nothing_is_added(met, client):
    page = text_of(sign_in(client, met.officer).get(address(met, "pupil_proof")))

    # The week of 5 October is outside from the tenth school week after it; half-term is skipped.
    assert "With no more unauthorised sessions, under 10 from 4 January 2027" in page


def test_the_proof_of_an_independent_school_says_that_notices_do_not_apply(met, client):
    met.hillside.kind = "independent"
    met.hillside.save()

    page = text_of(sign_in(client, met.officer).get(address(met, "pupil_proof")))

    assert "penalty notices do not apply" in page


def test_the_register_shows_each_mark_with_a_link_to_its_history(met, client):
    page = text_of(sign_in(client, met.officer).get(address(met, "pupil_register")))

    assert "Monday 5 October, morning: Absent, other or unknown reason" in page
    assert address(met, "pupil_session", day="2026-10-05", half="am") in page


def amended(cast):
    amend_mark(
        school=cast.hillside,
        enrolment_id=cast.enrolment.pk,
        when=DatedSession(date(2026, 10, 5), Session.AM),
        expected="O",
        code="I",
        reason="The parent rang",
        by=cast.officer,
        now=datetime(2026, 11, 17, 8, 30, tzinfo=LONDON),
    )


def test_a_changed_mark_shows_who_changed_it_from_what_and_why(met, client):
    amended(met)

    page = text_of(
        sign_in(client, met.officer).get(address(met, "pupil_session", day="2026-10-05", half="am"))
    )

    assert "Changed from O (Absent, other or unknown reason) to I (Illness)" in page
    assert "Reason: The parent rang." in page
    assert "Attendance officer at Hillside" in page
    assert "Entered as O" in page


def test_a_session_that_is_none_is_not_found(met, client):
    sign_in(client, met.officer)

    for day, half in (("2026-13-45", "am"), ("2026-10-05", "noon")):
        response = client.get(address(met, "pupil_session", day=day, half=half))
        assert response.status_code == 404


def test_a_session_without_a_mark_says_so(cast, client):
    page = sign_in(client, cast.officer).get(
        address(cast, "pupil_session", day="2026-10-05", half="am")
    )

    assert "Nobody has entered a mark for this session" in text_of(page)


def test_the_register_can_be_shown_as_it_was_known_before_a_change(met, client):
    amended(met)
    sign_in(client, met.officer)
    known = {"known": "1", "on_day": "17", "on_month": "11", "on_year": "2026", "at": "08:15"}

    before = text_of(client.get(address(met, "pupil_register"), known))
    after = text_of(client.get(address(met, "pupil_register")))

    assert "Monday 5 October, morning: Absent, other or unknown reason" in before
    assert "as it was known on 17 November 2026 at 8:15am" in before
    assert "Monday 5 October, morning: Illness" in after


def test_a_moment_in_the_future_is_refused_in_words(met, client):
    known = {"known": "1", "on_day": "18", "on_month": "11", "on_year": "2026"}

    page = text_of(sign_in(client, met.officer).get(address(met, "pupil_register"), known))

    assert "must be on or before 17 November 2026" in page


@pytest.mark.parametrize("year", ["1999", "abcd", "20266"])
def test_a_year_without_a_register_shows_this_one(met, client, year):
    page = sign_in(client, met.officer).get(address(met, "pupil_register"), {"year": year})

    assert "School year 2026/27" in text_of(page)


def test_a_pupil_of_two_schools_shows_the_other_to_who_may_see_it(met, client):
    factories.enrolment(met.pupil, met.brook, status="S", starts_on=date(2026, 9, 1))
    worker = met.person(Role.SUPPORT_WORKER, "northmoor")

    whole = text_of(sign_in(client, worker).get(address(met)))
    officer = text_of(sign_in(client, met.officer).get(address(met)))

    assert "Also enrolled:" in whole
    assert "Also enrolled:" not in officer


def test_the_details_of_a_pupil_are_changed_and_said(cast, client):
    sign_in(client, cast.officer)
    form = {"forenames": "Robin", "surname": "Hawthorn", "known_as": "", "upn": "", "sex": ""}

    response = client.post(address(cast, "pupil_change"), form, follow=True)

    assert "Details saved" in text_of(response)
    assert "Hawthorn" in text_of(response)


def test_a_bad_upn_is_refused_beside_its_field(cast, client):
    form = {"forenames": "Robin", "surname": "Hawthorn", "upn": "A12", "sex": ""}

    page = text_of(sign_in(client, cast.officer).post(address(cast, "pupil_change"), form))

    assert "A UPN has 13 characters; this has 3." in page


def test_a_tutor_gets_no_form(cast, client):
    tutor = cast.person(Role.TUTOR, "hillside")

    assert sign_in(client, tutor).get(address(cast, "pupil_change")).status_code == 403


FLAG = {
    "kind": "young carer",
    "starts_on_day": "1",
    "starts_on_month": "9",
    "starts_on_year": "2026",
    "note": "",
}


def test_a_flag_is_added_and_shown_beside_the_name(cast, client):
    sign_in(client, cast.officer)

    page = text_of(client.post(address(cast, "pupil_flag_add"), FLAG, follow=True))
    again = text_of(client.post(address(cast, "pupil_flag_add"), FLAG))

    assert "Flag added" in page
    assert "Young carer" in page
    assert "has this flag already" in again


def test_a_flag_may_not_end_before_it_starts(cast, client):
    wrong = {**FLAG, "ends_on_day": "31", "ends_on_month": "8", "ends_on_year": "2026"}

    page = text_of(sign_in(client, cast.officer).post(address(cast, "pupil_flag_add"), wrong))

    assert "The date it ends must be on or after the date it starts" in page


def test_a_flag_is_ended(cast, client):
    flag = PupilFlag.objects.create(
        authority=cast.northmoor, pupil=cast.pupil, kind="young carer", starts_on="2026-09-01"
    )
    ended = {**FLAG, "ends_on_day": "1", "ends_on_month": "11", "ends_on_year": "2026"}
    href = address(cast, "pupil_flag", flag=flag.pk)
    sign_in(client, cast.officer)

    assert "Change the flag" in text_of(client.get(href))
    assert "1 November 2026" in text_of(client.post(href, ended, follow=True))


def adult_form(adult, **changes):
    link = adult.pupil_links.get()
    return {
        "surname": adult.surname,
        "address": adult.address,
        "postcode": adult.postcode,
        "protected_address": adult.protected_address,
        "relationship": link.relationship,
        "priority": "1",
        "parental_responsibility": link.parental_responsibility,
        "has_care": link.has_care,
        "may_contact": link.may_contact,
        "court_order": link.court_order,
        **changes,
    }


def test_a_new_protection_is_confirmed_on_a_page_of_its_own(cast, client):
    adult = factories.adult(cast.pupil)
    href = address(cast, "pupil_adult_change", adult=adult.reference)
    form = adult_form(adult, protected_address="yes")
    sign_in(client, cast.officer)

    asked = text_of(client.post(href, form))
    adult.refresh_from_db()
    before = adult.protected_address
    client.post(href, {**form, "confirmed": "yes"})
    adult.refresh_from_db()

    assert "Protected address: from “No” to “Yes”" in asked
    assert (before, adult.protected_address) == ("no", "yes")


def test_an_adult_of_two_pupils_warns_that_both_change(cast, client):
    adult = factories.adult(cast.pupil)
    sibling = factories.pupil(cast.northmoor)
    sibling.adult_links.create(authority=cast.northmoor, adult=adult, relationship="mother")

    page = sign_in(client, cast.officer).get(
        address(cast, "pupil_adult_change", adult=adult.reference)
    )

    assert "This person is linked to 2 pupils." in text_of(page)


def test_a_new_phone_number_is_saved_at_once(cast, client):
    adult = factories.adult(cast.pupil)
    href = address(cast, "pupil_adult_change", adult=adult.reference)
    form = adult_form(adult, phone="01632 960002")

    page = sign_in(client, cast.officer).post(href, form, follow=True)

    adult.refresh_from_db()
    assert adult.phone == "01632 960002"
    assert "Details saved" in text_of(page)
