"""The pages of Notices to Improve, walked as the officers walk them."""

import pytest

from authorities.permissions import Role
from legal.models import ImprovementNotice
from letters.models import Letter
from tests.cast import sign_in
from tests.legal import improvement_scenes as scenes
from tests.legal.penalty_scenes import office


@pytest.fixture(autouse=True)
def council(family):
    office(family.cast)


def page(client, family, role, address, **posted):
    """What somebody of the council sees, or gets for what they post."""
    sign_in(client, family.cast.person(role))
    at = f"/la/990/legal/{address}"
    return client.post(at, posted, follow=True) if posted else client.get(at)


def body(answer) -> str:
    return answer.content.decode()


def written(notice, family, **changes):
    """The form as the officer fills it in."""
    return {
        "version": notice.version,
        "adults": [family.mother.reference],
        "weeks": "3",
        "starts_on_day": "23",
        "starts_on_month": "11",
        "starts_on_year": "2026",
        "at_most_percent": "10",
        **scenes.TEXTS,
        **changes,
    }


def test_from_the_case_to_the_letters(client, family):
    case = scenes.council_issues(family)
    start = f"cases/{case.reference}/improvement/"
    assert "the council issues it" in body(page(client, family, Role.LEGAL_OFFICER, start))

    page(client, family, Role.LEGAL_OFFICER, start, go="1")
    notice = ImprovementNotice.objects.get()
    one = f"improvements/{notice.reference}/"
    shown = body(page(client, family, Role.LEGAL_OFFICER, f"{one}write/"))
    assert "Monday after a letter posted today arrives" in shown
    wrong = page(
        client, family, Role.LEGAL_OFFICER, f"{one}write/", **written(notice, family, weeks="7")
    )
    assert "Select a valid choice" in body(wrong)
    page(client, family, Role.LEGAL_OFFICER, f"{one}write/", **written(notice, family))
    notice.refresh_from_db()
    page(client, family, Role.LEGAL_OFFICER, f"{one}now/send/", version=notice.version)
    notice.refresh_from_db()
    assert notice.state == "sent for decision"

    shut = body(page(client, family, Role.AUTHORISING_OFFICER, f"{one}issue/"))
    assert "It cannot be issued yet" in shut
    assert "Approve and issue it" not in shut
    scenes.the_law_is_met(family)
    answer = page(client, family, Role.AUTHORISING_OFFICER, f"{one}issue/")
    assert "A letter to Ms Ada Larkfield" in body(answer)
    done = page(
        client,
        family,
        Role.AUTHORISING_OFFICER,
        f"{one}issue/",
        version=notice.version,
        seen=answer.context["answer"].seen,
    )

    assert "Each parent is being written to" in body(done)
    assert "0 of 0 half days so far without leave" in body(done)
    assert Letter.objects.get(kind="notice_to_improve").state == "approved"
    picture = page(client, family, Role.AUTHORISING_OFFICER, f"{one}progress.svg")
    assert picture["Content-Type"] == "image/svg+xml"
    assert "Larkfield" not in body(picture)


def test_a_step_that_cannot_be_taken_says_why(client, family):
    notice = scenes.issued(family)
    one = f"improvements/{notice.reference}/"

    answer = page(client, family, Role.LEGAL_OFFICER, f"{one}now/outcome/", version=notice.version)

    assert "Its weeks run until 11 December 2026" in body(answer)
    again = page(client, family, Role.AUTHORISING_OFFICER, f"{one}issue/", version="1", seen="{}")
    assert "This notice to improve now stands at" in body(again)
    assert page(client, family, Role.LEGAL_OFFICER, f"{one}now/sing/").status_code == 404


def test_a_stale_page_changes_nothing(client, family):
    notice = scenes.issued(family)
    one = f"improvements/{notice.reference}/now/withdraw/"

    answer = page(
        client,
        family,
        Role.AUTHORISING_OFFICER,
        one,
        version=notice.version - 1,
        why="issued_in_error",
        words="It was a mistake",
    )

    assert "Somebody changed this notice" in body(answer)
    notice.refresh_from_db()
    assert notice.state == "running"


def test_why_none_is_used_is_asked_in_words(client, family):
    case = scenes.council_issues(family)
    at = f"cases/{case.reference}/improvement/none/"

    empty = body(page(client, family, Role.LEGAL_OFFICER, at, why="support_not_fitting", words=""))
    assert "Say why, in your own words" in empty
    done = page(
        client, family, Role.LEGAL_OFFICER, at, why="support_not_fitting", words="A holiday"
    )

    assert "A holiday" in body(done)


def test_the_list_finds_those_whose_weeks_are_over(client, family):
    notice = scenes.issued(family)
    listed = body(page(client, family, Role.LEGAL_OFFICER, "improvements/"))
    assert notice.reference in listed

    due = page(client, family, Role.LEGAL_OFFICER, "improvements/?state=due")
    assert notice.reference not in body(due)
    ImprovementNotice.objects.filter(pk=notice.pk).update(
        starts_on="2026-10-05", ends_on="2026-10-23"
    )
    due = page(client, family, Role.LEGAL_OFFICER, "improvements/?state=due")
    assert notice.reference in body(due)
    csv = page(client, family, Role.LEGAL_OFFICER, "improvements/?export=csv")
    assert csv["Content-Type"].startswith("text/csv")
