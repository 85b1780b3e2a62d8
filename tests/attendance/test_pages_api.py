"""What machines read: rows of their own schools, and no names."""

import io

import pytest
from django.core.management import call_command

from audit.models import Event
from authorities.models import Job
from authorities.permissions import Role
from tests.attendance.scenes import NOW, crossing
from tests.attendance.test_pages_worklist import standing
from tests.cast import sign_in

API = "/api/v1/la/990/"
LISTS = ("schools", "pupils", "standings", "crossings")


@pytest.fixture
def filled(cast):
    """One pupil with a standing and a crossing, and one job."""
    standing(cast.enrolment, possible=100, attended=80, basis_points=-1, state=2, first_met=149)
    crossing(cast)
    Job.objects.create(
        authority=cast.northmoor, kind="attendance.sweep", asked_by=cast.officer, asked_at=NOW
    )
    return cast


def rows(client, name, **query):
    response = client.get(f"{API}{name}/", query)
    assert response.status_code == 200
    return response.json()["results"]


@pytest.mark.parametrize("name", [*LISTS, "jobs"])
def test_each_list_answers_and_names_no_pupil(filled, client, name):
    response = sign_in(client, filled.officer).get(f"{API}{name}/")

    assert response.json()["count"] == 1
    assert filled.pupil.surname not in response.content.decode()
    assert filled.pupil.forenames not in response.content.decode()


@pytest.mark.parametrize("name", ["pupils", "standings", "crossings"])
def test_an_officer_of_another_school_reads_none_of_it(filled, client, name):
    sign_in(client, filled.person(Role.ATTENDANCE_OFFICER, "brook"))

    assert rows(client, name) == []


@pytest.mark.parametrize("name", ["pupils", "standings", "crossings"])
def test_a_governor_may_not_read_pupils(filled, client, name):
    governor = filled.person(Role.GOVERNOR, "hillside")

    assert sign_in(client, governor).get(f"{API}{name}/").status_code == 403


def test_a_stranger_finds_no_authority(filled, client):
    assert sign_in(client, filled.stranger).get(f"{API}schools/").status_code == 404


def test_a_standing_gives_dates_and_no_figure_where_there_is_none(filled, client):
    (row,) = rows(sign_in(client, filled.officer), "standings")

    # The grid starts on 27 July: place 149 is the afternoon of Friday 9 October 2026.
    assert (row["state"], row["first_met_on"], row["basis_points"]) == ("Yes", "2026-10-09", None)


@pytest.mark.parametrize("name", ["pupils", "standings", "crossings"])
def test_one_school_can_be_asked_for(filled, client, name):
    sign_in(client, filled.person(Role.SUPPORT_WORKER, "northmoor"))

    assert len(rows(client, name, school="990001")) == 1
    assert rows(client, name, school="990002") == []


def test_another_year_can_be_asked_for(filled, client):
    sign_in(client, filled.officer)

    assert rows(client, "standings", year="2025") == []
    assert len(rows(client, "standings", year="x")) == 1


def test_reading_pupils_is_written_down(filled, client):
    rows(sign_in(client, filled.officer), "pupils")

    assert Event.objects.get(kind="pupils.listed").subject == "attendance.Pupil:api"


def test_a_job_is_read_by_its_reference(filled, client):
    sign_in(client, filled.officer)
    (row,) = rows(client, "jobs")

    assert client.get(f"{API}jobs/{row['reference']}/").json()["state"] == "waiting"
    assert client.get(f"{API}jobs/2222222222/").status_code == 404


def test_the_schema_is_drawn_without_a_warning():
    out, err = io.StringIO(), io.StringIO()

    call_command("spectacular", "--fail-on-warn", "--validate", stdout=out, stderr=err)

    assert "/api/v1/la/{la}/standings/" in out.getvalue()
