"""The pages of what the policies propose."""

import csv
import re
from io import StringIO

import pytest

from audit.models import Event
from authorities.permissions import Role
from cases.models import Proposal
from cases.services import proposals as service
from cases.services import proposing
from tests import factories
from tests.cases.family import NOW
from tests.cases.test_proposing import YESTERDAY
from tests.cast import TODAY, sign_in

LIST = "/la/990/proposals/"


@pytest.fixture
def noted(family):
    """A letter, and two reasons to open a case."""
    proposing.look(family.cast.northmoor.pk, as_of=YESTERDAY, now=NOW)
    return {row.trigger: row for row in Proposal.objects.all()}


@pytest.fixture
def officer(client, family):
    return sign_in(client, family.cast.officer)


def page(client, url):
    answer = client.get(url)
    assert answer.status_code == 200
    return answer.content.decode()


def proposed(html):
    """The references of the proposals in the lists of what is proposed."""
    lists = re.findall(r"onroll-proposed.*?</ul>", html, re.DOTALL)
    return {found for one in lists for found in re.findall(r"/proposals/(\w+)/", one)}


def test_the_list_says_what_is_proposed_why_and_for_whom(officer, noted):
    html = page(officer, LIST)

    assert "<strong>1 pupil</strong>" in html
    assert len(proposed(html)) == 3
    assert "Send a letter: 1. Open a case: 2." in html
    assert "Attendance is below 95%" in html
    assert "School attendance flow chart, step 5" in html
    assert "16 November 2026" in html


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("kind=letter", 1),
        ("kind=case", 2),
        ("pack=national", 2),
        ("pack=dorset", 1),
        ("school=990001", 3),
        ("alone=yes", 0),
        ("state=left", 0),
        ("state=all", 3),
        ("q=Nobody", 0),
    ],
)
def test_the_list_narrows(officer, noted, query, count):
    html = page(officer, f"{LIST}?{query}")

    assert len(proposed(html)) == count
    assert f"<strong>{'1 pupil' if count else '0 pupils'}</strong>" in html


def test_the_list_has_one_line_for_each_pupil_with_all_that_is_proposed(officer, noted, family):
    """A second pupil of the same school, with one proposal that is newer than all others."""
    other = factories.enrolment(factories.pupil(family.cast.northmoor), family.cast.hillside)
    letter = noted["initial_concern"]
    Proposal.objects.create(
        authority=letter.authority,
        school=letter.school,
        enrolment=other,
        pack="dorset",
        edition=letter.edition,
        trigger="initial_concern",
        proposes="letter",
        why="Attendance is below 95%",
        since=TODAY,
        found_at=NOW,
    )

    html = page(officer, LIST)

    assert "<strong>2 pupils</strong>" in html
    assert len(proposed(html)) == 4
    assert html.count(f">{other.pupil.name}</a>") == 1
    assert html.count(f">{letter.enrolment.pupil.name}</a>") == 1


def test_one_leads_to_what_else_is_proposed_for_the_pupil(officer, noted):
    html = page(officer, f"{LIST}{noted['initial_concern'].reference}/")

    assert "Also proposed for this pupil" in html
    others = {noted[trigger].reference for trigger in noted} - {noted["initial_concern"].reference}
    assert proposed(html) == others


def test_an_empty_list_says_when_we_look_again(officer, family):
    assert "We look again each night" in page(officer, LIST)


def test_the_file_holds_the_policy_and_is_written_down(officer, noted):
    answer = officer.get(f"{LIST}?export=csv")

    rows = list(csv.DictReader(StringIO(answer.content.decode("utf-8-sig"))))
    assert {row["Policy"] for row in rows} == {
        "National expectations",
        "Dorset school attendance pack",
    }
    assert Event.objects.get(kind="list.exported").facts["count"] == 3


def test_the_list_asks_as_often_for_many_as_for_few(
    officer, noted, family, django_assert_num_queries
):
    with django_assert_num_queries(20, exact=False) as few:
        page(officer, LIST)
    for number in range(20):
        letter = noted["initial_concern"]
        letter.pk, letter.reference, letter.trigger = None, f"REF{number:07}", f"t{number}"
        letter.save()

    with django_assert_num_queries(len(few.captured_queries)):
        page(officer, LIST)


def test_one_shows_the_figures_of_the_day_and_leads_to_the_case(officer, noted):
    html = page(officer, f"{LIST}{noted['initial_concern'].reference}/")

    assert "89.5% (86 of 96 half days)" in html
    assert "A letter to the family belongs to a case" in html
    assert "/cases/open/pupil/" in html


def test_with_a_case_the_letter_is_one_step_away(officer, noted, family):
    case = family.open_case()

    html = page(officer, f"{LIST}{noted['initial_concern'].reference}/")

    assert f"/la/990/cases/{case.reference}/letters/" in html


def test_leaving_needs_a_reason(officer, noted):
    url = f"{LIST}{noted['persistent'].reference}/"

    assert "Say why nothing is done" in officer.post(url).content.decode()
    assert officer.post(url, {"leave-reason": "A long illness"}).status_code == 302

    noted["persistent"].refresh_from_db()
    assert (noted["persistent"].state, noted["persistent"].reason) == ("left", "A long illness")


def test_a_second_person_reads_that_it_was_decided(officer, noted, family):
    row = noted["persistent"]
    url = f"{LIST}{row.reference}/"
    service.leave(proposal=row, reach=family.reach, reason="Rang", now=NOW)

    html = officer.post(url, {"leave-reason": "Mine"}).content.decode()

    assert "Somebody left this already" in html


def test_a_warning_is_dealt_with_by_saying_what_was_done(officer, noted):
    row = noted["persistent"]
    Proposal.objects.filter(pk=row.pk).update(proposes="warning")

    assert "Say what you did" in officer.post(f"{LIST}{row.reference}/done/").content.decode()
    officer.post(f"{LIST}{row.reference}/done/", {"reason": "Spoke to the tutor"})

    row.refresh_from_db()
    assert (row.state, row.reason) == ("taken", "Spoke to the tutor")


def test_a_letter_that_goes_by_itself_says_when_and_can_be_held_back(officer, noted):
    row = noted["initial_concern"]
    Proposal.objects.filter(pk=row.pk).update(settles_on="2026-11-19")
    url = f"{LIST}{row.reference}/"

    assert "19 November 2026" in page(officer, url)
    assert officer.post(f"{url}hold/").status_code == 302
    assert "Hold it back" not in page(officer, url)


def test_many_are_left_after_reading_what_will_happen(officer, noted):
    html = page(officer, f"{LIST}leave/?kind=case")
    assert "2 proposals below are left" in html
    chosen = [noted["persistent"].reference, noted["ten_in_ten"].reference]

    assert (
        "Say why nothing is done"
        in officer.post(f"{LIST}leave/", {"chosen": chosen}).content.decode()
    )
    officer.post(f"{LIST}leave/", {"chosen": chosen, "reason": "A holiday, refused"})

    assert Proposal.objects.filter(state="left").count() == 2
    assert Proposal.objects.get(state="open") == noted["initial_concern"]


def test_nothing_is_left_of_another_school(client, noted, family):
    brook = sign_in(client, family.cast.person(Role.ATTENDANCE_OFFICER, "brook"))

    html = brook.post(
        f"{LIST}leave/", {"chosen": [noted["persistent"].reference], "reason": "Mine"}
    ).content.decode()

    assert "There is nothing to leave" in html
    assert not Proposal.objects.filter(state="left").exists()


def test_looking_again_is_asked_of_the_worker(officer, noted, django_capture_on_commit_callbacks):
    answer = officer.post(f"{LIST}look/", follow=True)

    assert "We are looking at the registers again" in answer.content.decode()
