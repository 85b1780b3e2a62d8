"""Returns to the council: which are due, from which registers, and writing them down once."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from attendance.models import ReturnMade, SicknessExpected
from attendance.selectors import returns as selectors
from attendance.services import returns as services
from attendance.services.registers import amend_mark, record_marks
from attendance.services.sweeps import sweep_authority
from audit.models import Event
from authorities.access import Forbidden, NotFound
from authorities.permissions import Role
from rules.errors import Conflict, RuleNotMet
from rules.marks import DatedSession, Session
from tests import factories
from tests.attendance.registers import frame, school_year
from tests.attendance.returned import expected, make, told
from tests.attendance.scenes import NOW, a_year_of_marks, calendar, days_of
from tests.cast import TODAY, sign_in

MONDAY = date(2026, 10, 5)
TEN_DAYS = [MONDAY + timedelta(days=n) for n in (0, 1, 2, 3, 4, 7, 8, 9, 10, 11)]  # to 16 October
FIFTEEN = [*TEN_DAYS, *(MONDAY + timedelta(days=n) for n in (14, 15, 16, 17, 18))]  # to 23 October


def office(cast):
    return cast.reach(cast.officer)


def listed(cast, by=None, schools=None):
    """The list as (kind, first day, due, state)."""
    reach = cast.reach(by or cast.officer)
    rows = selectors.returns_due(reach, schools or [cast.hillside])
    return [(row.kind.value, row.first_day, row.due_on, row.state) for row in rows]


def with_marks(cast, code, days):
    calendar(cast)
    a_year_of_marks(cast, absences=days_of(code, *days))


# What is due


@pytest.mark.parametrize(
    ("left", "due"),
    [
        (date(2026, 7, 31), False),  # ten days after last year's school ended
        (date(2026, 8, 31), False),  # in the holiday, by when this year's calendar is in force
        (date(2026, 9, 2), True),  # the first day of the new year
    ],
)
def test_the_oldest_year_leaves_in_the_summer_without_a_return(cast, left, due) -> None:
    """The year that a leaver leaves is the one just over, also in August."""
    calendar(cast)
    leaver = factories.pupil(cast.northmoor, born_on=date(2015, 3, 4))
    factories.enrolment(leaver, cast.hillside, year_group="6", ends_on=left)
    cast.enrolment.year_group = "6"
    cast.enrolment.save()
    kinds = [kind for kind, *_ in listed(cast)]
    assert ("deletion" in kinds) is due


@pytest.mark.parametrize(
    ("code", "days", "due"),
    [
        ("O", TEN_DAYS, [("attendance", MONDAY, date(2026, 10, 16), "late")]),
        ("O", TEN_DAYS[:9], []),
        ("I", FIFTEEN, [("sickness", MONDAY, date(2026, 10, 23), "late")]),
        ("I", FIFTEEN[:14], []),
        ("C", FIFTEEN, []),
    ],
)
def test_long_absence_is_on_the_list(cast, code, days, due) -> None:
    with_marks(cast, code, days)

    assert listed(cast) == due


def test_a_run_over_the_summer_is_found_from_its_last_days(cast) -> None:
    """Eight days in July and two in September: due on the second day of the new year."""
    calendar(cast)
    july = [date(2026, 7, day) for day in (10, 13, 14, 15, 16, 17, 20, 21)]
    rows = [(cast.enrolment.pk, day, half, "O") for day in july for half in (0, 1)]
    record_marks(
        school=cast.hillside,
        marks=frame(rows),
        batch=None,
        by=cast.officer,
        reason="start",
        now=NOW,
    )
    a_year_of_marks(cast, absences=days_of("O", date(2026, 9, 2), date(2026, 9, 3)))

    assert listed(cast) == [("attendance", date(2026, 7, 10), date(2026, 9, 3), "late")]


def test_a_pupil_past_school_age_needs_no_return(cast) -> None:
    with_marks(cast, "O", TEN_DAYS)
    cast.pupil.born_on = date(2010, 5, 4)
    cast.pupil.save()

    assert listed(cast) == []


def test_many_schools_are_narrowed_by_the_sweep_and_give_the_same_answer(cast, monkeypatch) -> None:
    monkeypatch.setattr(selectors, "FEW_SCHOOLS", 0)
    with_marks(cast, "O", TEN_DAYS)
    before = listed(cast)  # nobody has been swept: everybody is read

    sweep_authority(cast.northmoor.pk, as_of=TODAY, full=True, now=NOW)
    quiet = factories.enrolment(factories.pupil(cast.northmoor), cast.hillside)
    a_year_of_marks(cast, quiet)

    assert before == listed(cast) == [("attendance", MONDAY, date(2026, 10, 16), "late")]


def test_a_new_pupil_is_returned_within_five_days(cast) -> None:
    calendar(cast)
    pupil = factories.pupil(cast.northmoor)
    factories.enrolment(cast.pupil, cast.brook, year_group="4")  # makes no difference here
    factories.enrolment(pupil, cast.hillside, starts_on=date(2026, 11, 13), year_group="4")

    assert listed(cast) == [("new-pupil", date(2026, 11, 13), date(2026, 11, 18), "due")]


def test_the_usual_intake_and_under_fives_need_no_new_pupil_return(cast) -> None:
    calendar(cast)
    first = date(2026, 9, 2)
    usual = factories.pupil(cast.northmoor, born_on=date(2021, 11, 1))
    factories.enrolment(usual, cast.hillside, starts_on=first, year_group="R")
    young = factories.pupil(cast.northmoor, born_on=date(2022, 11, 1))
    factories.enrolment(young, cast.hillside, starts_on=date(2026, 11, 2), year_group="N2")
    older = factories.pupil(cast.northmoor, born_on=date(2018, 1, 1))
    factories.enrolment(older, cast.hillside, starts_on=first, year_group="3")

    assert [row[:2] for row in listed(cast)] == [("new-pupil", first)]


def test_a_name_off_the_roll_needs_a_return_by_its_last_day(cast) -> None:
    calendar(cast)
    gone = factories.pupil(cast.northmoor)
    factories.enrolment(gone, cast.hillside, ends_on=date(2026, 11, 13), year_group="4")
    stays = factories.pupil(cast.northmoor)
    factories.enrolment(stays, cast.hillside, ends_on=date(2026, 12, 18), year_group="4")

    rows = selectors.returns_due(office(cast), [cast.hillside])

    assert [(row.kind.value, row.due_on, row.state) for row in rows] == [
        ("deletion", date(2026, 11, 13), "late")
    ]
    assert rows[0].sentence == (
        "Off the roll after 13 November 2026: no lawful ground is recorded yet."
    )


# Expected sickness


def test_sickness_that_is_expected_is_due_on_the_day_it_is_written_down(cast) -> None:
    with_marks(cast, "I", [date(2026, 11, 12), date(2026, 11, 13)])

    expected(cast)

    assert listed(cast) == [("sickness", date(2026, 11, 12), TODAY, "due")]
    (row,) = selectors.returns_due(office(cast), [cast.hillside])
    assert (row.days, row.sentence) == (
        2,
        "Fifteen school days of illness are to be expected, from 12 November 2026: "
        "The hospital says five weeks",
    )


def test_expected_sickness_that_came_true_is_one_return(cast) -> None:
    with_marks(cast, "I", FIFTEEN)

    expected(cast, MONDAY)

    assert len(listed(cast)) == 1


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"first_day": date(2026, 11, 18)}, "That day has not been yet"),
        ({"first_day": date(2025, 9, 1)}, "more than a year ago"),
        ({"expected_back": date(2026, 11, 12)}, "cannot be back before"),
    ],
)
def test_days_that_cannot_be_are_refused(cast, changes, says) -> None:
    calendar(cast)
    with pytest.raises(RuleNotMet, match=says):
        expected(cast, **changes)


def test_the_same_illness_is_not_expected_twice(cast) -> None:
    calendar(cast)
    expected(cast)
    with pytest.raises(Conflict, match="already"):
        expected(cast)
    assert SicknessExpected.objects.count() == 1


# Writing it down


def test_a_return_is_kept_with_its_sessions_and_leaves_the_list(cast) -> None:
    with_marks(cast, "O", TEN_DAYS)

    row = make(cast, "attendance", MONDAY)

    assert len(row.facts["sessions"]) == 20
    assert row.facts["sessions"][0] == ["2026-10-05", 0, "O"]
    assert row.facts["sentence"] == (
        "10 school days of unauthorised absence in a row, from 5 October 2026 to 16 October 2026."
    )
    assert listed(cast) == [("attendance", MONDAY, date(2026, 10, 16), "made")]
    event = Event.objects.get(kind="return.made")
    assert (event.by, event.facts["what"]) == (cast.officer, "attendance")


def test_two_people_make_the_same_return_once(cast) -> None:
    with_marks(cast, "O", TEN_DAYS)
    due = selectors.due_for(cast.enrolment, "attendance", MONDAY, TODAY)  # both look at it
    make(cast, "attendance", MONDAY)

    with pytest.raises(Conflict, match="It is made once for each episode"):
        services.make_return(reach=office(cast), due=due, told=told(), now=NOW)
    assert ReturnMade.objects.count() == 1


def test_a_longer_run_is_the_same_episode_and_a_new_run_is_not(cast) -> None:
    with_marks(cast, "O", TEN_DAYS)
    make(cast, "attendance", MONDAY)
    second = [date(2026, 11, day) for day in (3, 4, 5, 6, 9, 10, 11, 12, 13, 16)]
    longer = [date(2026, 10, 19), *second]
    for day in longer:
        for half in (0, 1):
            amend_mark(
                school=cast.hillside,
                enrolment_id=cast.enrolment.pk,
                when=DatedSession(day, Session(half)),
                expected="/\\"[half],
                code="O",
                reason="The class was mixed up",
                by=cast.officer,
                now=NOW + timedelta(hours=1),
            )

    assert listed(cast) == [
        ("attendance", MONDAY, date(2026, 10, 16), "made"),
        ("attendance", date(2026, 11, 3), date(2026, 11, 16), "late"),
    ]


def amend(cast, day, code, expected="O", half=0):
    amend_mark(
        school=cast.hillside,
        enrolment_id=cast.enrolment.pk,
        when=DatedSession(day, Session(half)),
        expected=expected,
        code=code,
        reason="A letter came",
        by=cast.officer,
        now=datetime(2026, 11, 17, 12, tzinfo=UTC),
    )


def test_a_corrected_register_shows_beside_what_was_returned(cast) -> None:
    with_marks(cast, "O", [*TEN_DAYS, date(2026, 10, 19)])
    make(cast, "attendance", MONDAY)

    amend(cast, MONDAY, "I")  # the run now begins on Tuesday, and is still ten days

    (row,) = selectors.returns_due(office(cast), [cast.hillside])
    assert (row.state, row.first_day) == ("made", date(2026, 10, 6))
    assert row.differs == "2 sessions were corrected after the return was made."
    assert row.made.facts["sessions"][0] == ["2026-10-05", 0, "O"]


def test_a_return_that_the_register_bears_no_more_is_still_there(cast) -> None:
    with_marks(cast, "O", TEN_DAYS)
    make(cast, "attendance", MONDAY)

    amend(cast, date(2026, 10, 12), "I")

    (row,) = selectors.returns_due(office(cast), [cast.hillside])
    assert row.state == "made"
    assert row.differs.endswith("it no longer calls for one.")


@pytest.mark.parametrize(
    ("made_on", "says"),
    [
        (date(2026, 11, 18), "has not been yet"),
        (date(2026, 10, 4), "before 5 October 2026"),
        (date(2025, 10, 4), "more than a year ago"),
    ],
)
def test_a_day_that_cannot_be_is_refused(cast, made_on, says) -> None:
    with_marks(cast, "O", TEN_DAYS)
    due = selectors.due_for(cast.enrolment, "attendance", MONDAY, TODAY)
    with pytest.raises(RuleNotMet, match=says):
        services.make_return(reach=office(cast), due=due, told=told(made_on=made_on), now=NOW)


def test_only_the_office_makes_returns(cast) -> None:
    with_marks(cast, "O", TEN_DAYS)
    due = selectors.due_for(cast.enrolment, "attendance", MONDAY, TODAY)
    lead = cast.reach(cast.person(Role.SAFEGUARDING_LEAD, "hillside"))
    with pytest.raises(Forbidden):
        services.make_return(reach=lead, due=due, told=told(), now=NOW)
    assert listed(cast, by=lead.user)  # but sees what is due


def test_people_of_other_schools_see_none(cast) -> None:
    with_marks(cast, "O", TEN_DAYS)
    other = cast.person(Role.ATTENDANCE_OFFICER, "brook")
    assert listed(cast, by=other) == []
    with pytest.raises(NotFound):
        selectors.return_made_for(cast.reach(other), make(cast, "attendance", MONDAY).reference)


def test_a_return_that_is_not_due_is_not_found(cast) -> None:
    with_marks(cast, "O", TEN_DAYS)
    with pytest.raises(NotFound):
        selectors.due_for(cast.enrolment, "attendance", date(2026, 9, 7), TODAY)


def test_the_list_asks_as_often_for_thirty_pupils_as_for_one(cast) -> None:
    with_marks(cast, "O", TEN_DAYS)
    with CaptureQueriesContext(
        connection,
    ) as one:
        listed(cast)
    for _ in range(5):
        a_year_of_marks(
            cast,
            factories.enrolment(factories.pupil(cast.northmoor), cast.hillside),
            days_of("O", *TEN_DAYS),
        )
    with CaptureQueriesContext(connection) as many:
        assert len(listed(cast)) == 6
    assert len(one) == len(many)


def test_a_school_without_a_calendar_has_none(cast) -> None:
    school_year(cast.brook, 2025)
    assert (
        selectors.returns_due(
            cast.reach(cast.person(Role.ATTENDANCE_OFFICER, "brook")), [cast.brook]
        )
        == []
    )
    assert selectors.places_of([], TODAY) == {}


# Pages


def test_the_page_lists_makes_and_shows(client, cast) -> None:
    with_marks(cast, "O", TEN_DAYS)
    sign_in(client, cast.officer)
    la = {"la": "990"}

    page = client.get(reverse("attendance:returns", kwargs=la))
    assert "10 school days of unauthorised absence in a row" in page.content.decode()

    make_it = reverse(
        "attendance:returns_make", args=["990", cast.pupil.reference, "attendance", "2026-10-05"]
    )
    assert "The council was told" in client.get(make_it).content.decode()
    wrong = client.post(make_it, {})
    assert "Enter who was told" in wrong.content.decode()
    sent = {
        "way": "email",
        "told": "Inclusion team",
        "made_on_day": "17",
        "made_on_month": "11",
        "made_on_year": "2026",
        "note": "Ref 7",
    }
    done = client.post(make_it, sent, follow=True)
    assert "What the council was told is kept as it was" in done.content.decode()
    again = client.post(make_it, sent, follow=True)
    assert "It is made once for each episode" in " ".join(again.content.decode().split())
    amend(cast, MONDAY, "I")
    made = ReturnMade.objects.get()
    shown = client.get(reverse("attendance:returns_made", args=["990", made.reference]))
    assert "The register was corrected" in shown.content.decode()
    assert ReturnMade.objects.count() == 1


@pytest.mark.parametrize(
    ("query", "count"),
    [("", 1), ("?state=late", 1), ("?state=made", 0), ("?state=all", 1), ("?kind=sickness", 0)],
)
def test_the_filters_narrow_the_list(client, cast, query, count) -> None:
    with_marks(cast, "O", TEN_DAYS)
    sign_in(client, cast.officer)

    page = client.get(reverse("attendance:returns", args=["990"]) + query)

    assert page.context["list"].total == count


def test_the_csv_is_what_a_council_takes(client, cast) -> None:
    with_marks(cast, "O", TEN_DAYS)
    cast.pupil.surname = "=Example"
    cast.pupil.save()
    sign_in(client, cast.officer)

    text = client.get(reverse("attendance:returns", args=["990"]) + "?export=csv").content.decode(
        "utf-8-sig"
    )

    head, row = text.splitlines()
    assert head.startswith(
        "UPN,Surname,Forenames,Date of birth,School,School URN,Year group,Return"
    )
    assert "'=Example" in row  # no spreadsheet runs it
    assert "2016-05-04,Hillside School,990001" in row
    assert Event.objects.get(kind="list.exported").facts["what"] == "returns to the council"


def test_long_sickness_is_written_down_on_its_page(client, cast) -> None:
    calendar(cast)
    sign_in(client, cast.officer)
    address = reverse("attendance:returns_sickness", args=["990", cast.pupil.reference])
    sent = {
        "first_day_day": "12",
        "first_day_month": "11",
        "first_day_year": "2026",
        "why": "Hospital",
    }

    done = client.post(address, sent, follow=True)
    again = client.post(address, sent)

    assert "The return to the council is due now" in done.content.decode()
    assert "already" in again.content.decode()
    assert client.get(address).status_code == 200
    assert (
        client.get(
            reverse("attendance:returns_make", args=["990", cast.pupil.reference, "sickness", "x"])
        ).status_code
        == 404
    )
