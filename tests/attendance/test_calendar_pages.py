"""The pages of schools and their calendars, through the browser's eyes."""

from datetime import date

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from attendance.models import DayKind
from attendance.selectors import calendars as selectors
from attendance.services import calendars as services
from attendance.services.calendars import DayEntry, Plan, TermDates
from authorities.permissions import Role
from tests.cast import sign_in

SCHOOL = "/la/990/schools/990001/"
YEAR = f"{SCHOOL}calendar/2026/"
OWN = "/la/990/calendar/2026/"
AUTUMN = TermDates(date(2026, 9, 1), date(2026, 10, 23), "Autumn first half")
INSET = DayEntry(date(2026, 9, 1), DayKind.INSET, None, "Welcome day")
TERM = {
    "name": "Autumn second half",
    "starts_on_day": "2",
    "starts_on_month": "11",
    "starts_on_year": "2026",
    "ends_on_day": "18",
    "ends_on_month": "12",
    "ends_on_year": "2026",
}
DAY = {
    "day_day": "7",
    "day_month": "9",
    "day_year": "2026",
    "kind": "closed",
    "session": "1",
    "note": "",
}


def calendar(cast, school=None):
    return services.save(
        authority=cast.northmoor,
        school=school,
        year=2026,
        plan=Plan((AUTUMN,), (INSET,)),
        by=None,
        change="test",
    )


@pytest.fixture
def office(client, cast):
    return sign_in(client, cast.officer)


def text(response) -> str:
    return " ".join(response.content.decode().split())


def test_the_list_of_schools_shows_those_a_person_may_see(client, cast):
    sign_in(client, cast.person(Role.SUPPORT_WORKER))

    page = text(client.get("/la/990/schools/"))

    assert "Hillside School" in page
    assert "Brook Academy" in page
    assert "Coast School" not in page


def test_a_schools_page_shows_its_roll_calendars_and_policy(office, cast):
    calendar(cast, cast.hillside)

    page = text(office.get(SCHOOL))

    assert '<span class="onroll-tile__figure">1</span>' in page
    assert "2026/27" in page
    assert "Its own" in page
    assert "for every school" in page


def test_a_school_without_a_calendar_is_told_what_that_means(office):
    assert "None yet: absence cannot be worked out" in text(office.get(SCHOOL))
    assert "No calendar for this year" in text(office.get(YEAR))


def test_the_bare_address_leads_to_this_year(office):
    assert office.get(f"{SCHOOL}calendar/").headers["Location"] == YEAR
    assert office.get(f"{SCHOOL}calendar/1900/").status_code == 404


def test_a_year_at_a_glance_names_what_differs(office, cast):
    calendar(cast, cast.hillside)

    page = text(office.get(YEAR))

    assert "76" in page
    assert "staff training day: Welcome day" in page
    assert "31 August 2026" in page


def test_a_borrowed_calendar_can_be_copied(office, cast):
    calendar(cast)
    assert "works by the authority" in text(office.get(YEAR))

    office.get(f"{YEAR}copy/")
    page = text(office.post(f"{YEAR}copy/", follow=True))

    assert "now has its own calendar" in page
    again = text(office.post(f"{YEAR}copy/", follow=True))
    assert "already has its own calendar" in again


def test_a_term_is_added_changed_and_taken_out(office, cast):
    calendar(cast, cast.hillside)
    office.post(f"{YEAR}terms/add/", TERM)
    own = selectors.own_calendar(cast.northmoor, cast.hillside, 2026)
    second = own.terms.get(name="Autumn second half")

    office.post(f"{YEAR}terms/{second.pk}/", {**TERM, "name": "Winter"})
    assert own.terms.filter(name="Winter").exists()

    winter = own.terms.get(name="Winter")
    office.get(f"{YEAR}terms/{winter.pk}/")
    office.post(f"{YEAR}terms/{winter.pk}/", {"remove": "1"})
    assert own.terms.count() == 1
    assert office.get(f"{YEAR}terms/{winter.pk}/").status_code == 404


def test_an_overlapping_term_is_refused_on_the_form(office, cast):
    calendar(cast, cast.hillside)

    page = text(
        office.post(f"{YEAR}terms/add/", {**TERM, "starts_on_day": "1", "starts_on_month": "10"})
    )

    assert "Terms cannot overlap" in page


def test_a_day_is_added_changed_and_taken_out(office, cast):
    own = calendar(cast, cast.hillside)
    office.post(f"{YEAR}days/add/", DAY)
    entry = own.days.get(day=date(2026, 9, 7))
    assert entry.session == 1

    office.get(f"{YEAR}days/{entry.pk}/")
    office.post(f"{YEAR}days/{entry.pk}/", {**DAY, "session": "", "note": "Fair"})
    entry = own.days.get(day=date(2026, 9, 7))
    assert (entry.session, entry.note) == (None, "Fair")

    office.post(f"{YEAR}days/{entry.pk}/", {"remove": "1"})
    assert not own.days.filter(day=date(2026, 9, 7)).exists()
    assert office.get(f"{YEAR}days/{entry.pk}/").status_code == 404


def test_days_need_terms_first(office):
    assert "Add the terms first" in text(office.get(f"{YEAR}days/add/", follow=True))


CSV = b"kind,name,starts,ends\nterm,Autumn,2026-09-01,2026-10-23\ninset,,2026-09-01,\n"


def test_a_file_is_checked_and_then_taken(office, cast):
    office.get(f"{YEAR}import/")
    checked = office.post(f"{YEAR}import/", {"file": SimpleUploadedFile("calendar.csv", CSV)})
    assert "Nothing has been changed yet" in text(checked)
    assert selectors.own_calendar(cast.northmoor, cast.hillside, 2026) is None

    content = checked.context["form"].initial["content"]
    page = text(office.post(f"{YEAR}import/", {"content": content}, follow=True))

    assert "Calendar saved" in page
    own = selectors.own_calendar(cast.northmoor, cast.hillside, 2026)
    assert sum(bytes(own.sessions)) == 76


def test_a_file_that_cannot_be_read_says_where(office):
    bad = SimpleUploadedFile("calendar.csv", CSV + b"holiday,,soon,\n")

    page = text(office.post(f"{YEAR}import/", {"file": bad}))

    assert "Nothing was imported" in page
    assert "Kind must be term, inset, closed or open." in page


def test_the_authoritys_own_calendar_is_for_its_administrators(client, cast):
    calendar(cast)
    sign_in(client, cast.officer)
    assert client.get(OWN).status_code == 200
    assert client.post(f"{OWN}terms/add/", TERM).status_code == 403

    sign_in(client, cast.person(Role.AUTHORITY_ADMINISTRATOR))
    client.post(f"{OWN}terms/add/", TERM)

    assert selectors.own_calendar(cast.northmoor, None, 2026).terms.count() == 2


def test_a_governor_may_look_and_not_change(client, cast):
    calendar(cast, cast.hillside)
    sign_in(client, cast.person(Role.GOVERNOR, "hillside"))

    assert "Add a term" not in text(client.get(YEAR))
    assert client.post(f"{YEAR}terms/add/", TERM).status_code == 403
