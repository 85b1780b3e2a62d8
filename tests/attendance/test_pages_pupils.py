"""The list of pupils: who is on it, search, filters, export, query counts."""

from datetime import date

import pytest
from django.urls import reverse

from attendance.models import PupilFlag
from audit.models import Event
from authorities.permissions import Role
from rules.upn import check_letter
from tests import factories
from tests.attendance.test_pages_worklist import standing, text_of
from tests.cast import sign_in

PUPILS = "/la/990/pupils/"
UPN = check_letter("99000000100" + "1") + "99000000100" + "1"


@pytest.fixture
def three(cast):
    """Three pupils at Hillside: Ash is doing well, Birch is persistently absent, Cedar severely."""
    rows = (
        ("Ash", {"possible": 100, "attended": 98, "basis_points": 9800, "authorised": 2}),
        ("Birch", {"possible": 100, "attended": 88, "basis_points": 8800, "band": 2}),
        ("Cedar", {"possible": 100, "attended": 40, "basis_points": 4000, "band": 3}),
    )
    for name, fields in rows:
        pupil = factories.pupil(
            cast.northmoor, forenames="Kim", surname=name, sort_name=f"{name}, kim".lower()
        )
        enrolment = factories.enrolment(
            pupil, cast.hillside, year_group="7", registration_group="7A"
        )
        standing(enrolment, **{"persistent": name != "Ash", "severe": name == "Cedar", **fields})
    return cast


def names_on(response):
    return [
        name
        for name in ("Ash", "Birch", "Cedar", "Example")
        if f">{name}, " in response.content.decode()
    ]


def search(client, typed):
    return client.post(reverse("attendance:pupils_search", args=["990"]), {"q": typed}, follow=True)


def test_the_list_shows_the_pupils_on_roll_today(three, client):
    assert names_on(sign_in(client, three.officer).get(PUPILS)) == [
        "Ash",
        "Birch",
        "Cedar",
        "Example",
    ]


def test_an_officer_of_another_school_sees_none_of_them(three, client):
    officer = three.person(Role.ATTENDANCE_OFFICER, "brook")

    assert names_on(sign_in(client, officer).get(PUPILS)) == []


def test_a_governor_may_not_list_pupils(three, client):
    governor = three.person(Role.GOVERNOR, "hillside")

    assert sign_in(client, governor).get(PUPILS).status_code == 403


def test_a_list_is_written_down_with_its_count(three, client):
    sign_in(client, three.officer).get(PUPILS)

    assert Event.objects.get(kind="pupils.listed").facts == {"count": 4}


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("birch", ["Birch"]),
        ("kim", ["Ash", "Birch", "Cedar"]),
        ("kim ced", ["Cedar"]),
        ("Cedar, Kim", ["Cedar"]),
        ("irch", []),
        ("%", []),
        ("", ["Ash", "Birch", "Cedar", "Example"]),
    ],
)
def test_a_search_finds_names_by_the_start_of_each_word(three, client, typed, found):
    page = search(sign_in(client, three.officer), typed)

    assert names_on(page) == found
    assert page.redirect_chain[-1][0] == PUPILS


def test_a_search_finds_a_upn_typed_with_spaces(three, client):
    three.pupil.upn = UPN
    three.pupil.save()

    page = search(sign_in(client, three.officer), f"{UPN[:4]} {UPN[4:]}")

    assert names_on(page) == ["Example"]
    assert UPN not in page.redirect_chain[-1][0]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"band": "3"}, ["Cedar"]),
        ({"band": ["2", "3"]}, ["Birch", "Cedar"]),
        ({"year_group": "7"}, ["Ash", "Birch", "Cedar"]),
        ({"group": "7A"}, ["Ash", "Birch", "Cedar"]),
        ({"five": "0", "year_group": "7"}, ["Ash", "Birch", "Cedar"]),
        ({"threshold": "yes"}, []),
        ({"threshold": "provisional"}, []),
        ({"threshold": "now"}, []),
        ({"threshold": "near"}, []),
        ({"roll": "left"}, []),
        ({"roll": "all", "band": "3"}, ["Cedar"]),
        ({"band": "9"}, ["Ash", "Birch", "Cedar", "Example"]),
    ],
)
def test_filters_narrow_the_list(three, client, query, found):
    assert names_on(sign_in(client, three.officer).get(PUPILS, query)) == found


def test_a_threshold_filter_finds_who_met_it(cast, client):
    standing(cast.enrolment, window_count=10, state=2)
    sign_in(client, cast.officer)

    for wanted, found in (("yes", ["Example"]), ("now", ["Example"]), ("near", [])):
        assert names_on(client.get(PUPILS, {"threshold": wanted})) == found


def test_a_sensitive_flag_is_a_filter_only_for_those_who_may_know(three, client):
    PupilFlag.objects.create(
        authority=three.northmoor,
        pupil=three.pupil,
        kind="child protection",
        starts_on=date(2026, 1, 1),
    )
    query = {"flag": "child protection"}

    officer = names_on(sign_in(client, three.officer).get(PUPILS, query))
    tutor = sign_in(client, three.person(Role.TUTOR, "hillside")).get(PUPILS, query)

    assert officer == ["Example"]
    assert "Child protection" not in text_of(tutor)
    assert names_on(tutor) == ["Ash", "Birch", "Cedar", "Example"]


@pytest.mark.parametrize(
    ("sort", "order"),
    [
        ("rate", ["Cedar", "Birch", "Ash", "Example"]),
        ("-rate", ["Ash", "Birch", "Cedar", "Example"]),
        ("-name", ["Example", "Cedar", "Birch", "Ash"]),
    ],
)
def test_pupils_without_a_figure_stand_last_whichever_way_it_is_sorted(three, client, sort, order):
    page = sign_in(client, three.officer).get(PUPILS, {"sort": sort}).content.decode()

    assert sorted(order, key=lambda name: page.index(f">{name}, ")) == order


def test_a_figure_and_a_label_are_shown_and_too_few_sessions_say_so(three, client):
    standing(three.enrolment, possible=12, attended=3, basis_points=2500, band=3, severe=True)

    page = text_of(sign_in(client, three.officer).get(PUPILS))

    assert "88.0%" in page
    assert "Severe absence" in page
    assert "Too few sessions to say" in page


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"state": 1, "window_count": 10}, "10 in 10, provisional"),
        ({"state": 2, "window_count": 4}, "10 in 10 earlier"),
        ({"state": 0, "window_count": 7}, "Near 10 in 10"),
    ],
)
def test_the_threshold_stands_beside_the_name(cast, client, fields, says):
    standing(cast.enrolment, possible=100, attended=80, **fields)

    assert says in text_of(sign_in(client, cast.officer).get(PUPILS))


def test_the_csv_holds_the_upn_and_is_written_down(three, client):
    three.pupil.upn = UPN
    three.pupil.save()

    response = sign_in(client, three.officer).get(PUPILS, {"export": "csv"})

    assert UPN in response.content.decode("utf-8-sig")
    assert Event.objects.get(kind="list.exported").facts["count"] == 4


def test_a_tutor_takes_no_csv_away(three, client):
    tutor = three.person(Role.TUTOR, "hillside")

    assert sign_in(client, tutor).get(PUPILS, {"export": "csv"}).status_code == 403


def test_the_query_count_is_the_same_for_4_and_33_rows(
    three, client, django_assert_max_num_queries
):
    sign_in(client, three.officer).get(PUPILS)
    with django_assert_max_num_queries(25) as few:
        client.get(PUPILS)

    for _ in range(29):
        enrolment = factories.enrolment(factories.pupil(three.northmoor), three.hillside)
        standing(enrolment, possible=100, attended=90, basis_points=9000)

    with django_assert_max_num_queries(25) as many:
        page = client.get(PUPILS)

    assert "<strong>33 pupils</strong>" in text_of(page)
    assert len(many) == len(few)
