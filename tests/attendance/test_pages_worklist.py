"""The worklist: tabs, sentences, marking as seen, undo, export, and the empty place."""

import re
from datetime import date, timedelta

import pytest
from django.urls import reverse

from attendance.models import Crossing, PupilStanding, Sweep
from attendance.services import worklist as services
from attendance.services.registers import record_marks
from audit.models import Event
from authorities.access import Forbidden
from authorities.permissions import Role
from cases.models import Case
from tests import factories
from tests.attendance.registers import frame
from tests.attendance.scenes import NOW, TEN, a_year_of_marks, calendar, crossing
from tests.cast import sign_in

HOME = "/la/990/"


@pytest.fixture
def met(cast):
    """Hillside's pupil has met ten in ten."""
    calendar(cast)
    a_year_of_marks(cast, absences=TEN)
    return cast


def standing(enrolment, **fields):
    """A standing of nothing but what the test says."""
    zero = {
        field.name: 0
        for field in PupilStanding._meta.concrete_fields
        if field.get_internal_type() in {"SmallIntegerField", "IntegerField", "BigIntegerField"}
    }
    return PupilStanding.objects.create(
        **{
            **zero,
            "authority_id": enrolment.authority_id,
            "school": enrolment.school,
            "enrolment": enrolment,
            "year": 2026,
            "as_of": date(2026, 11, 17),
            "persistent": False,
            "severe": False,
            "first_met": -1,
            **fields,
        }
    )


def text_of(response):
    return " ".join(response.content.decode().split())


def test_a_new_place_is_told_the_first_three_steps(cast, client):
    page = text_of(sign_in(client, cast.officer).get(HOME))

    for step in ("Enter the school calendar", "Import pupils, parents", "Import the registers"):
        assert step in page


def test_a_crossing_reads_as_one_sentence_with_its_forecast(met, client):
    # The grid starts on 27 July, so 5 October is ten weeks on; Friday afternoon is place 9.
    standing(met.enrolment, window_count=10, first_met=10 * 14 + 9)
    crossing(met)

    page = text_of(sign_in(client, met.officer).get(HOME))

    assert "10 unauthorised sessions in 10 school weeks, since 9 October 2026" in page
    assert "Under 10 from 4 January 2027 if there are no more" in page


@pytest.mark.parametrize(
    ("state", "seen", "tab"),
    [
        ("met", False, "new"),
        ("met", True, "still"),
        ("near", False, "near"),
        ("provisional", False, "provisional"),
        ("gone", False, "gone"),
    ],
)
def test_each_crossing_stands_under_one_tab(met, client, state, seen, tab):
    standing(met.enrolment, window_count=7)
    crossing(met, state=state, seen_at=NOW if seen else None)
    sign_in(client, met.officer)

    shown = [
        name
        for name in ("new", "still", "near", "provisional", "gone")
        if met.pupil.surname in client.get(HOME, {"tab": name}).content.decode()
    ]

    assert shown == [tab]


@pytest.mark.parametrize(
    ("kind", "state", "was", "fields", "says"),
    [
        ("ten in ten", "near", "", {"window_count": 7}, "7 of 10 unauthorised sessions"),
        (
            "ten in ten",
            "provisional",
            "",
            {"window_count": 11, "window_unresolved": 2},
            "11 unauthorised sessions in 10 school weeks; 2 of them still code N",
        ),
        (
            "ten in ten",
            "gone",
            "met",
            {"window_count": 4},
            "No longer 10 in 10 school weeks, since 9 October 2026",
        ),
        (
            "ten in ten",
            "met",
            "gone",
            {"window_count": 12, "first_met": 20},
            "12 unauthorised sessions in 10 school weeks, since 9 October 2026",
        ),
        (
            "ten in ten",
            "met",
            "",
            {"window_count": 12, "first_met": -2},
            "since before this school year",
        ),
        (
            "persistent",
            "met",
            "",
            {"possible": 96, "authorised": 4, "unauthorised": 8},
            "12 of 96 sessions missed (12.5%): persistent absence, since 9 October 2026",
        ),
        (
            "severe",
            "near",
            "",
            {"possible": 96, "authorised": 40, "unauthorised": 5},
            "45 of 96 sessions missed (46.8%): severe absence begins at 50%",
        ),
        (
            "persistent",
            "gone",
            "met",
            {"possible": 96, "authorised": 9},
            "9 of 96 sessions missed (9.3%): no longer persistent absence",
        ),
    ],
)
def test_what_happened_is_said_in_a_sentence(met, client, kind, state, was, fields, says):
    standing(met.enrolment, **fields)
    crossing(met, kind=kind, state=state, was=was)
    tab = {"met": "new"}.get(state, state)

    assert says in text_of(sign_in(client, met.officer).get(HOME, {"tab": tab}))


def test_a_crossing_without_a_standing_still_shows(met, client):
    crossing(met)
    crossing(met, kind="severe")

    page = text_of(sign_in(client, met.officer).get(HOME))

    assert "10 unauthorised sessions in 10 school weeks, since 9 October 2026" in page
    assert "Sessions missed: severe absence" in page


def test_the_worklist_of_another_school_is_empty_of_this_pupil(met, client):
    crossing(met)
    factories.enrolment(factories.pupil(met.northmoor), met.brook)
    officer = met.person(Role.ATTENDANCE_OFFICER, "brook")

    page = sign_in(client, officer).get(HOME).content.decode()

    assert met.pupil.reference not in page


def test_a_governor_is_sent_to_the_schools(cast, client):
    governor = cast.person(Role.GOVERNOR, "hillside")

    response = sign_in(client, governor).get(HOME)

    assert response["Location"] == reverse("attendance:schools", kwargs={"la": "990"})


def test_ticked_rows_are_marked_as_seen_and_can_be_taken_back(met, client):
    row = crossing(met)
    sign_in(client, met.officer)

    page = text_of(
        client.post(
            reverse("attendance:home_seen", args=["990"]), {"crossing": row.pk}, follow=True
        )
    )
    row.refresh_from_db()
    seen_by = row.seen_by
    client.post(reverse("attendance:home_unseen", args=["990"]), {"crossing": row.pk})
    row.refresh_from_db()

    assert "Marked as seen: 1." in page
    assert seen_by == met.officer
    assert (row.seen_by, row.seen_at) == (None, None)
    assert list(
        Event.objects.filter(kind__startswith="crossing.")
        .order_by("pk")
        .values_list("kind", flat=True)
    ) == ["crossing.seen", "crossing.unseen"]


def test_ticking_nothing_says_what_to_do(met, client):
    page = sign_in(client, met.officer).post(
        reverse("attendance:home_seen", args=["990"]), {"crossing": "x"}, follow=True
    )

    assert "Tick the rows you have seen first" in text_of(page)


def test_marking_twice_names_the_first_person(met):
    row = crossing(met)
    lead = met.reach(met.person(Role.ATTENDANCE_LEAD, "hillside"))

    first = services.mark_seen(ids=[row.pk], by=met.reach(met.officer), now=NOW)
    second = services.mark_seen(ids=[row.pk], by=lead, now=NOW + timedelta(hours=1))

    row.refresh_from_db()
    assert (first, second) == ([row.pk], [])
    assert row.seen_by == met.officer


def test_nobody_takes_back_another_persons_mark(met):
    row = crossing(met)
    services.mark_seen(ids=[row.pk], by=met.reach(met.officer), now=NOW)

    lead = met.reach(met.person(Role.ATTENDANCE_LEAD, "hillside"))

    assert services.mark_unseen(ids=[row.pk], by=lead) == 0


def test_an_id_of_another_school_changes_nothing(met):
    row = crossing(met)
    officer = met.reach(met.person(Role.ATTENDANCE_OFFICER, "brook"))

    assert services.mark_seen(ids=[row.pk], by=officer, now=NOW) == []
    assert Crossing.objects.get(pk=row.pk).seen_at is None


def test_a_tutor_may_not_mark(met):
    tutor = met.reach(met.person(Role.TUTOR, "hillside"))

    with pytest.raises(Forbidden):
        services.mark_seen(ids=[], by=tutor, now=NOW)


def test_the_list_goes_out_as_csv_and_that_is_written_down(met, client):
    standing(met.enrolment, window_count=10, first_met=10 * 14 + 9)
    crossing(met)

    response = sign_in(client, met.officer).get(HOME, {"export": "csv"})

    lines = response.content.decode("utf-8-sig").splitlines()
    assert len(lines) == 2
    assert "10 unauthorised sessions in 10 school weeks, since 9 October 2026" in lines[1]
    assert Event.objects.get(kind="list.exported").facts == {"count": 1, "what": "the worklist"}


def test_a_tutor_takes_no_csv_away(met, client):
    crossing(met)
    tutor = met.person(Role.TUTOR, "hillside")
    sign_in(client, tutor)

    assert client.get(HOME, {"export": "csv"}).status_code == 403
    assert "Download (CSV)" not in text_of(client.get(HOME))


def test_a_search_stays_out_of_the_address(met, client):
    crossing(met)
    sign_in(client, met.officer)
    search = reverse("attendance:home_search", args=["990"])

    nobody = client.post(search, {"q": "Nobody"}, follow=True)
    found = client.post(search, {"q": met.pupil.surname}, follow=True)

    assert nobody.redirect_chain[-1][0] == HOME
    assert met.pupil.reference not in text_of(nobody)
    assert met.pupil.reference in text_of(found)


def test_filters_narrow_the_rows_and_the_counts(met, client):
    crossing(met)
    crossing(met, kind="severe")

    page = text_of(sign_in(client, met.officer).get(HOME, {"line": "severe"}))

    assert '<span class="onroll-tabs__count">1</span>' in page
    assert "<strong>1 pupil and line</strong>" in page


def test_missing_registers_are_counted_for_schools_that_sent_some(met, client):
    # Marks go up to Monday 16 November; the school met every day of the two weeks before.
    page = text_of(sign_in(client, met.officer).get(HOME))
    assert re.search(
        r'tile__figure">0</span> <a [^>]*registers/missing/">Sessions with no register', page
    )


def test_the_query_count_is_the_same_for_1_and_30_rows(met, client, django_assert_max_num_queries):
    crossing(met)
    sign_in(client, met.officer)
    client.get(HOME)
    with django_assert_max_num_queries(40) as one:
        client.get(HOME)

    for _ in range(29):
        enrolment = factories.enrolment(factories.pupil(met.northmoor), met.hillside)
        record_marks(
            school=met.hillside,
            marks=frame([(enrolment.pk, date(2026, 10, 5), 0, "O")]),
            batch=None,
            by=met.officer,
            reason="start",
            now=NOW,
        )
        standing(enrolment, window_count=1)
        crossing(met, enrolment)

    with django_assert_max_num_queries(40) as thirty:
        page = client.get(HOME)

    assert "<strong>30 pupils and lines</strong>" in text_of(page)
    assert len(thirty) == len(one)


def open_case(cast, **fields):
    """A case of Hillside's pupil."""
    return Case.objects.create(
        authority=cast.northmoor,
        school=cast.hillside,
        enrolment=cast.enrolment,
        pupil=cast.pupil,
        opened_by=cast.officer,
        reference="CASE234567",
        opened_on=date(2026, 11, 2),
        opened_at=NOW,
        facts={},
        policy={},
        **fields,
    )


def test_a_row_whose_pupil_has_an_open_case_leads_to_it(met, client):
    row = crossing(met)
    open_case(met)

    page = text_of(sign_in(client, met.officer).get(HOME))

    assert f'href="{reverse("cases:case", args=["990", "CASE234567"])}">See case<' in page
    assert reverse("cases:open", args=["990", row.pk]) not in page


def test_a_closed_case_leaves_the_offer_to_open_one(met, client):
    row = crossing(met)
    open_case(met, stage="closed", closed_on=date(2026, 11, 10))

    page = text_of(sign_in(client, met.officer).get(HOME))

    assert reverse("cases:open", args=["990", row.pk]) in page
    assert "See case<" not in page


def test_the_pupils_page_leads_to_the_open_case_too(met, client):
    address = reverse("attendance:pupil", args=["990", met.pupil.reference])
    sign_in(client, met.officer)
    before = text_of(client.get(address))
    open_case(met)
    after = text_of(client.get(address))

    assert ("Open a case</a>" in before, "See case</a>" in before) == (True, False)
    assert ("Open a case</a>" in after, "See case</a>" in after) == (False, True)
    assert reverse("cases:case", args=["990", "CASE234567"]) in after


def test_the_list_says_since_when_a_row_stands_on_it(met, client):
    crossing(met)

    assert "On the list since" in text_of(sign_in(client, met.officer).get(HOME))


def test_the_last_tile_says_when_everything_was_last_checked(met, client):
    Sweep.objects.create(
        authority=met.northmoor,
        as_of=date(2026, 11, 17),
        full=True,
        started_at=NOW,
        finished_at=NOW,
    )

    page = text_of(sign_in(client, met.officer).get(HOME))

    assert "Last full check: 17 November 2026" in page


@pytest.mark.parametrize(
    ("since", "settling"),
    [
        (date(2026, 11, 13), False),  # Friday: the next school day is Monday
        (date(2026, 11, 16), False),  # Monday: settled on Tuesday, which is today
        (date(2026, 11, 17), True),
    ],
)
def test_a_line_settles_before_anything_is_proposed(client, met, since, settling) -> None:
    """One school day by the national default, which a policy may lengthen."""
    crossing(met, since=since)
    page = sign_in(client, met.officer).get(HOME).content.decode()
    assert ("Settling: the register may still change it until 18 November 2026" in page) is settling
