"""What a clumsy or hostile person types and uploads: a sentence beside the field, never a fault."""

from datetime import date

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from attendance.services.calendar_files import read
from authorities.permissions import Role
from authorities.services import end_role, invite
from tests import factories
from tests.cast import TODAY, sign_in

LONG_EMAIL = "a@" + ".".join(["b" * 60] * 4) + ".example.org"  # 258 characters, and well formed
HUGE = "9" * 5000


@pytest.fixture
def officer(client, cast):
    return sign_in(client, cast.officer)


@pytest.fixture
def admin(client, cast):
    return sign_in(client, cast.person(Role.AUTHORITY_ADMINISTRATOR))


def errors(response) -> dict[str, list[str]]:
    assert response.status_code == 200
    return dict(response.context["form"].errors)


# Addresses of pages and of the API


@pytest.mark.parametrize(
    "address",
    [
        "/la/990/cases/?q=%00",
        "/la/990/letters/?q=a%00b",
        "/la/990/imports/?q=%00",
        "/la/990/schools/?q=%00",
        "/api/v1/la/990/pupils/?school=%00",
        "/api/v1/la/990/standings/?school=%00&year=0000",
        "/api/v1/la/990/crossings/?school=%00&year=9999",
    ],
)
def test_a_nul_in_an_address_is_no_fault(officer, address):
    assert officer.get(address).status_code == 200


def test_a_nul_in_the_api_asks_for_no_school_rather_than_for_all(officer, cast):
    assert officer.get("/api/v1/la/990/pupils/").json()["results"]
    assert officer.get("/api/v1/la/990/pupils/?school=%00").json()["results"] == []


def test_a_month_of_many_digits_is_no_fault(officer, cast):
    address = f"/la/990/pupils/{cast.pupil.reference}/certificate.pdf"
    assert officer.get(f"{address}?first=2026-99999999999-1").status_code < 500


@pytest.mark.parametrize("ids", [[HUGE], ["9" * 30], ["-1", "0", "x", "²", "٣"], []])
def test_ids_that_are_no_ids_mark_nothing(officer, ids):
    assert officer.post("/la/990/worklist/seen/", {"crossing": ids}).status_code == 302


# Forms about people


def pupil_form(**changes):
    return {"forenames": "Robin", "surname": "Example", "upn": "", "sex": "F", **changes}


@pytest.mark.parametrize(
    ("field", "typed", "said"),
    [
        ("surname", "Ex\u202eample", "U+202E"),
        ("forenames", "Ro\u200bbin", "U+200B"),
        ("known_as", "Ro\x1b[31mbin", "U+001B"),
        ("surname", "Exam\r\nple", "one line"),
        ("surname", "Exam\0ple", "Null characters"),
        ("surname", "N" * 201, "200"),
        ("sex", "0", "valid choice"),
        ("upn", "B123456789012", "letter"),
    ],
)
def test_a_pupils_details_refuse_it_beside_the_field(officer, cast, field, typed, said):
    address = f"/la/990/pupils/{cast.pupil.reference}/change/"

    found = errors(officer.post(address, pupil_form(**{field: typed})))

    assert said in str(found[field])
    cast.pupil.refresh_from_db()
    assert cast.pupil.surname == "Example"


@pytest.mark.parametrize("name", ["O'Neill", "D'Souza-Smith", "Nguyễn", "李", "مُحَمَّد", "X", "Null"])
def test_every_name_that_people_have_is_taken(officer, cast, name):
    address = f"/la/990/pupils/{cast.pupil.reference}/change/"

    assert officer.post(address, pupil_form(surname=name)).status_code == 302

    cast.pupil.refresh_from_db()
    assert cast.pupil.surname == name


def test_fields_that_the_form_does_not_have_change_nothing(officer, cast):
    kept = (cast.pupil.pk, cast.pupil.reference, cast.pupil.born_on, cast.northmoor.pk)
    hostile = {
        "id": "1",
        "reference": "AAAAAAAAAA",
        "authority": str(cast.southvale.pk),
        "authority_id": str(cast.southvale.pk),
        "born_on": "1999-01-01",
        "former_upn": "X",
        "sort_name": "zz",
    }

    officer.post(f"/la/990/pupils/{cast.pupil.reference}/change/", pupil_form(**hostile))

    cast.pupil.refresh_from_db()
    now = (cast.pupil.pk, cast.pupil.reference, cast.pupil.born_on, cast.pupil.authority_id)
    assert now == kept
    assert cast.pupil.former_upn == ""
    assert cast.pupil.sort_name == "example robin"


@pytest.mark.parametrize(
    ("field", "typed", "said"),
    [
        ("email", LONG_EMAIL, "254"),
        ("postcode", "12345", "not a postcode"),
        ("phone", "ring me", "not a telephone number"),
        ("address", "1 Row\n\u2067Town", "U+2067"),
        ("needs", "a\x85b", "U+0085"),
        ("priority", "9" * 30, ""),
        ("protected_address", "perhaps", "valid choice"),
    ],
)
def test_an_adults_details_refuse_it_beside_the_field(officer, cast, field, typed, said):
    adult = factories.adult(cast.pupil, surname="Parent")
    address = f"/la/990/pupils/{cast.pupil.reference}/adults/{adult.reference}/change/"
    form = {
        "surname": "Parent",
        "relationship": "mother",
        "priority": "1",
        "parental_responsibility": "yes",
        "has_care": "yes",
        "may_contact": "yes",
        "protected_address": "no",
        "court_order": "none",
        "confirmed": "yes",
    }

    found = errors(officer.post(address, {**form, field: typed}))

    assert said in str(found[field])


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("name", "A\r\nBcc: someone@example.org"),
        ("email", "a@example.org\r\nBcc: b@example.org"),
        ("email", LONG_EMAIL),
    ],
)
def test_an_invitation_refuses_it_and_no_mail_goes(admin, mailoutbox, field, typed):
    form = {"name": "A", "email": "a@example.org", "place": "990001", "role": "tutor"}

    found = errors(admin.post("/la/990/people/invite/", {**form, field: typed}))

    assert list(found) == [field]
    assert mailoutbox == []


def test_a_role_given_by_mistake_can_be_ended_at_once(client, cast):
    reach = cast.reach(cast.person(Role.AUTHORITY_ADMINISTRATOR))
    role = invite(
        reach=reach,
        email=cast.stranger.email,
        name="",
        role=Role.SUPPORT_WORKER,
        school=None,
        starts_on=TODAY,
    )
    sign_in(client, cast.stranger)
    assert client.get("/la/990/").status_code == 200

    end_role(reach=reach, membership=role, last_day=date(2026, 11, 16))  # "enter yesterday"

    assert client.get("/la/990/").status_code == 404


# Files of calendars

CALENDAR = (
    b"kind,name,starts,ends,session\n"
    b"term,Autumn,2026-09-02,2026-12-18,\n"
    b"closed,,2026-11-02,2026-11-02,am"  # no line break at the end
)


def ics(start: bytes, end: bytes) -> bytes:
    return (
        b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nBEGIN:VEVENT\r\nUID:1\r\n"
        b"DTSTART;VALUE=DATE:" + start + b"\r\nDTEND;VALUE=DATE:" + end + b"\r\n"
        b"SUMMARY:Autumn term\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    )


@pytest.mark.parametrize(
    ("content", "line", "said"),
    [
        (b"\xef\xbb\xbf", 1, "empty"),
        (b"\r\n\xef\xbb\xbf", 1, "Missing"),
        (b"kind,starts\nclosed,9999-12-31\n", 2, "1990 to 2100"),
        (b"kind,starts\nclosed,0001-01-01\n", 2, "1990 to 2100"),
        (b"kind,starts\nclosed,29/02/2025\n", 2, "Enter a date"),
        ("kind,starts,name\nterm,2026-09-02,Au\u202etumn\n".encode(), 2, "U+202E"),
        (ics(b"00010101", b"00010101"), 1, "1990 to 2100"),
        (ics(b"99991231", b"99991231"), 1, "1990 to 2100"),
        (ics(b"20260902", b"2026121\n9"), 1, "all-day"),
    ],
)
def test_a_calendar_that_cannot_be_is_refused_with_its_line(content, line, said):
    (problem, *_) = read(content).problems

    assert problem.line == line
    assert said in problem.reason


def test_a_calendar_cut_at_any_byte_never_says_something_else():
    whole = {(entry.day, entry.session) for entry in read(CALENDAR + b"\n").plan.days}
    (term,) = read(CALENDAR + b"\n").plan.terms
    assert (date(2026, 11, 2), 0) in whole

    for cut in range(len(CALENDAR)):
        reading = read(CALENDAR[:cut])
        if not reading.problems:
            assert reading.plan.terms == (term,)
            assert {(entry.day, entry.session) for entry in reading.plan.days} <= whole


@pytest.mark.parametrize("content", [b"\xef\xbb\xbf", b"kind,starts\nclosed,9999-12-31\n"])
def test_the_page_of_a_calendar_file_says_what_is_wrong(admin, content):
    file = SimpleUploadedFile("calendar.csv", content)

    assert admin.post("/la/990/calendar/2026/import/", {"file": file}).status_code == 200
    assert admin.post("/la/990/calendar/2026/import/", {"content": content.decode()}).status_code
