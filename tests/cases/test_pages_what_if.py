"""The pages of a policy tried on past registers."""

import csv
from io import StringIO

import pytest

from audit.models import Event
from authorities.models import Job
from authorities.permissions import Role
from tests.cast import sign_in
from tests.tenancy.world import a_replay

ASK = "/la/990/what-if/"
DAYS = {
    "first_day": "2",
    "first_month": "9",
    "first_year": "2026",
    "last_day": "13",
    "last_month": "11",
    "last_year": "2026",
}


@pytest.fixture
def replayed(cast):
    return a_replay(cast)


@pytest.fixture
def head(client, cast):
    return sign_in(client, cast.person(Role.HEADTEACHER, "hillside"))


def page(client, url):
    answer = client.get(url)
    assert answer.status_code == 200
    return answer.content.decode()


def test_a_leader_asks_for_their_own_school(head, cast):
    html = page(head, ASK)
    assert "All schools" not in html
    assert "Nothing is changed and nobody is written to" in html

    answer = head.post(ASK, {"pack": "bcp", "school": "990001", **DAYS})

    job = Job.objects.get(kind="cases.what_if")
    assert answer.url == f"/la/990/jobs/{job.reference}/"
    assert job.school == cast.hillside
    assert (job.arguments["first"], job.arguments["last"]) == ("2026-09-02", "2026-11-13")


@pytest.mark.parametrize(
    ("sent", "says"),
    [
        ({"school": "990001", **DAYS}, "Select the policy to try"),
        ({"pack": "national", "school": "990001", **DAYS}, "Select a valid choice"),
        ({"pack": "bcp", "school": "990002", **DAYS}, "Select a valid choice"),
        (
            {"pack": "bcp", "school": "990001", **DAYS, "last_day": "17"},
            "The last day must be in the past",
        ),
    ],
)
def test_what_cannot_be_asked_is_said_beside_the_question(head, sent, says):
    assert says in head.post(ASK, sent).content.decode()
    assert not Job.objects.filter(kind="cases.what_if").exists()


def test_the_answer_is_a_table_a_picture_and_a_file(head, replayed):
    url = f"{ASK}{replayed.reference}/"
    html = page(head, url)

    assert "Send a letter: Concern (Dorset school attendance pack)" in html
    assert "\u22121" in html
    assert "picture.svg" in html
    assert "2 September 2026 to 16 November 2026" in html

    picture = head.get(f"{url}picture.svg")
    assert picture["Content-Type"] == "image/svg+xml"
    assert b"Send a letter" in picture.content

    rows = list(csv.reader(StringIO(head.get(f"{url}?export=csv").content.decode("utf-8-sig"))))
    assert rows[1] == [
        "Send a letter: Concern",
        "Dorset school attendance pack",
        *["1", "0", "1", "0", "0", "0"],
    ]
    assert rows[4] == ["2026-10-05", "", "1", "0"]


def test_whom_it_would_reach_is_for_people_who_may_see_cases(client, head, replayed, cast):
    url = f"{ASK}{replayed.reference}/pupils/"
    html = page(head, url)
    assert cast.pupil.name in html
    assert head.get(f"{url}?export=csv").status_code == 200
    assert Event.objects.filter(kind="list.exported").exists()

    administrator = sign_in(client, cast.person(Role.AUTHORITY_ADMINISTRATOR))

    assert administrator.get(url).status_code == 403
    assert "Whom it would reach" not in page(administrator, f"{ASK}{replayed.reference}/")


def test_one_that_still_runs_shows_its_progress(head, replayed):
    Job.objects.filter(pk=replayed.pk).update(state="running")

    answer = head.get(f"{ASK}{replayed.reference}/")

    assert answer.url == f"/la/990/jobs/{replayed.reference}/"


def test_earlier_ones_are_listed(head, replayed):
    html = page(head, ASK)

    assert replayed.reference in html
    assert "Replayed before" in html


def test_another_schools_replay_is_not_found(client, replayed, cast):
    brook = sign_in(client, cast.person(Role.HEADTEACHER, "brook"))

    assert brook.get(f"{ASK}{replayed.reference}/").status_code == 404
