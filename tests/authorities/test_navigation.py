"""The header shows where a person can go and where they are."""

import pytest

from authorities.permissions import Role
from authorities.tenancy import scope
from tests.cast import sign_in


def menu(answer) -> list[tuple[str, bool]]:
    return [(link["text"], link["active"]) for link in answer.context["navigation"]]


def test_an_attendance_officer_sees_the_places_of_their_work(client, cast):
    sign_in(client, cast.officer)

    assert menu(client.get("/la/990/pupils/")) == [
        ("Worklist", False),
        ("Work", False),
        ("Registers", False),
        ("Pupils", True),
        ("Cases", False),
        ("Legal", False),
        ("Imports", False),
        ("Schools", False),
    ]


def test_a_governor_sees_schools_alone(client, cast):
    sign_in(client, cast.person(Role.GOVERNOR, "hillside"))

    assert menu(client.get("/la/990/schools/")) == [("Schools", True)]


@pytest.mark.parametrize(
    ("address", "lit"),
    [
        ("schools/990001/calendar/", "Schools"),
        ("calendar/", "Schools"),
        ("imports/new/", "Imports"),
        ("letters/", "Cases"),
        ("cases/", "Cases"),
        ("legal/improvements/", "Legal"),
        ("registers/", "Registers"),
        ("arrangements/", "Registers"),
        ("absences/", "Registers"),
    ],
)
def test_each_page_lights_up_its_place(client, cast, address, lit):
    sign_in(client, cast.officer)

    answer = client.get(f"/la/990/{address}", follow=True)

    assert [text for text, active in menu(answer) if active] == [lit]


def pages(answer) -> list[tuple[str, bool]]:
    return [(link["text"], link["active"]) for link in answer.context["area_pages"]]


def test_an_area_lists_the_pages_that_a_person_may_open(client, cast):
    """The officer keeps the register; a tutor takes it and sees patterns."""
    sign_in(client, cast.officer)
    assert pages(client.get("/la/990/letters/")) == [
        ("Cases", False),
        ("Referrals", False),
        ("Meetings", False),
        ("Letters", True),
        ("Proposals", False),
        ("Check again", False),
    ]
    assert ("Corrections", False) in pages(client.get("/la/990/registers/"))
    assert pages(client.get("/la/990/pupils/")) == [
        ("Pupils", True),
        ("Protection to answer", False),
    ]
    sign_in(client, cast.person(Role.TUTOR, "hillside"))
    assert pages(client.get("/la/990/pupils/")) == []
    found = dict(pages(client.get("/la/990/registers/")))
    assert found["Today"]
    assert "Patterns" in found
    assert not {"Missing", "Corrections"} & set(found)


@pytest.mark.parametrize(
    ("role", "at", "says"),
    [
        (Role.ATTENDANCE_OFFICER, "hillside", "Hillside School"),
        (Role.SUPPORT_WORKER, "northmoor", "Northmoor"),
        (Role.TRUST_LEAD, "trust", "Northmoor"),
    ],
)
def test_the_header_names_the_persons_own_place(client, cast, role, at, says):
    sign_in(client, cast.person(role, at))

    assert client.get("/la/990/cases/").context["place"] == says


def test_a_pupils_certificate_belongs_to_the_pupils(client, cast):
    sign_in(client, cast.officer)

    answer = client.get(f"/la/990/pupils/{cast.pupil.reference}/certificate/")

    assert [text for text, active in menu(answer) if active] == ["Pupils"]


def test_a_refusal_is_drawn_after_the_scope_is_over(client, live_cast):
    with scope(live_cast.ids):
        sign_in(client, live_cast.officer)

    answer = client.get("/la/990/schools/990002/")

    assert answer.status_code == 404
    assert answer.context["place"] == "Hillside School"
