"""What applies to a pupil on a day, and the policy that a case keeps."""

import re
from datetime import date

import pytest

from authorities import packs
from cases.models import Case
from tests.cast import sign_in


@pytest.fixture
def officer(client, family):
    packs.adopt(
        authority=family.cast.northmoor,
        pack="chaucer",
        starts_on=date(2026, 11, 1),
        reach=None,
        school=family.cast.hillside,
    )
    return sign_in(client, family.cast.officer)


def words(client, url):
    """The page as a reader hears it."""
    answer = client.get(url)
    assert answer.status_code == 200
    return " ".join(re.sub(r"<[^>]+>", " ", answer.content.decode()).split())


def address(family, query=""):
    return f"/la/990/pupils/{family.cast.pupil.reference}/policy/{query}"


def test_each_layer_says_what_is_met_with_the_figure_and_the_source(officer, family):
    page = words(officer, address(family))

    assert "Attendance is below 90%: a letter is proposed: " in page
    assert "Met Attendance: 89.58%" in page
    assert "10 unauthorised sessions in ten weeks, or more: a case is proposed Met" in page
    assert "2 late arrivals this week, or more: somebody looks at the pupil Not met" in page
    assert "Section 5.5" in page
    assert "School attendance flow chart, step 5" in page


def test_meetings_reviews_and_who_does_what_stand_there_too(officer, family):
    page = words(officer, address(family))

    assert "Referral meeting of pastoral staff Led by: Attendance lead" in page
    assert "Every 2 weeks" in page
    assert "Inclusion Panel, held at the school Led by: School leader for attendance" in page
    assert "Notice: 1 week. On file before: Inclusion Panel checklist" in page
    assert "Review after letter 2 After 15 school days. Improvement: letter 3" in page
    assert "The review found improvement: closing the case is proposed" in page
    assert "Sends notices and letters, gets the certificate" in page
    assert "Tutors send the morning register by 08:50" in page


def test_the_pupils_own_page_links_to_what_applies(officer, family):
    page = officer.get(f"/la/990/pupils/{family.cast.pupil.reference}/").content.decode()

    assert address(family) in page


def test_layers_stand_the_most_local_first(officer, family):
    page = words(officer, address(family))

    order = [
        page.index(place)
        for place in (
            "At this school Chaucer",
            "In this authority Dorset",
            "Everywhere in England",
        )
    ]
    assert order == sorted(order)


def test_local_text_that_the_law_has_overtaken_stands_beside_the_law(officer, family):
    page = words(officer, address(family))

    assert "The local text says What applies" in page


def test_an_earlier_day_has_its_own_policies_and_figures(officer, family):
    page = words(officer, address(family, "?on_day=2&on_month=10&on_year=2026"))

    assert "in force on 2 October 2026" in page
    assert "Chaucer" not in page
    assert "Attendance 100.00%" in page
    assert "Attendance is below 95%: a letter is proposed: " in page
    assert "Not met Attendance: 100.00%" in page


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("?on_day=18&on_month=11&on_year=2026", "The day must be today or in the past"),
        ("?on_day=1&on_month=9&on_year=2019", "Nothing can be said of that day"),
    ],
)
def test_a_day_that_cannot_be_looked_at_says_why(officer, family, query, says):
    assert says in words(officer, address(family, query))


def test_a_case_keeps_the_policy_of_its_day(officer, family):
    case = family.open_case()

    page = words(officer, f"/la/990/cases/{case.reference}/policy/")

    assert "In force on 17 November 2026, and kept with the case" in page
    assert "Chaucer School attendance policy" in page
    assert " Not met" not in page


def test_an_edition_that_was_corrected_or_is_gone_says_so(officer, family):
    case = family.open_case()
    kept = Case.objects.get(pk=case.pk).policy
    kept["layers"][1]["digest"] = "0" * 64
    kept["layers"][2]["edition"] = "1999"
    Case.objects.filter(pk=case.pk).update(policy=kept)

    page = words(officer, f"/la/990/cases/{case.reference}/policy/")

    assert "The text of this edition has been corrected since" in page
    assert "This edition is no longer among the policies" in page
