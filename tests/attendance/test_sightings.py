"""The unseen-child clock: who is on the list, what resets it, and who may log a sighting."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.urls import reverse

from attendance.models import Sighting
from attendance.selectors import sightings as selectors
from attendance.selectors.clocks import clocks_of, kept_of
from attendance.services import reasons
from attendance.services.reasons import Attempt
from attendance.services.sweeps import sweep_authority
from audit.models import Event
from authorities.access import Forbidden
from authorities.permissions import Role
from rules.dates import days_between
from rules.errors import RuleNotMet
from tests import factories
from tests.attendance import agreed
from tests.attendance.returned import expected, seen
from tests.attendance.scenes import NOW, a_year_of_marks, calendar, days_of
from tests.cast import TODAY, sign_in

# Away from 3 November to 16 November: ten school days; today is the eleventh without a mark.
AWAY = [day for day in days_between(date(2026, 11, 3), date(2026, 11, 16)) if day.weekday() < 5]


def away_since(cast, first, code="O"):
    calendar(cast)
    a_year_of_marks(cast, absences=days_of(code, *(day for day in AWAY if day >= first)))


def listed(cast, by=None, schools=None):
    reach = cast.reach(by or cast.officer)
    return [
        (row.enrolment.pk, row.days, row.state)
        for row in selectors.not_seen(reach, schools or [cast.hillside])
    ]


@pytest.mark.parametrize(
    ("first", "found"),
    [
        (date(2026, 11, 3), [(11, "red")]),
        (date(2026, 11, 4), [(10, "red")]),  # today is the tenth school day
        (date(2026, 11, 5), [(9, "soon")]),
        (date(2026, 11, 6), [(8, "soon")]),
        (date(2026, 11, 9), [(7, "counting")]),
        (date(2026, 11, 13), [(3, "counting")]),
        (date(2026, 11, 16), []),  # two days: still on the list of absences to explain
    ],
)
def test_a_pupil_who_is_away_is_counted_in_school_days(cast, first, found) -> None:
    away_since(cast, first)

    assert [row[1:] for row in listed(cast)] == found


def test_the_last_day_to_be_seen_is_said_in_words(cast) -> None:
    away_since(cast, date(2026, 11, 3))

    (row,) = selectors.not_seen(cast.reach(cast.officer), [cast.hillside])

    assert row.due_words == "Should have been seen by 16 November 2026"
    assert (row.last.day, row.last.words) == (date(2026, 10, 23), "By the register, at school")


def test_a_sighting_starts_the_clock_again(cast) -> None:
    away_since(cast, date(2026, 11, 3))

    seen(cast, date(2026, 11, 10))

    (row,) = selectors.not_seen(cast.reach(cast.officer), [cast.hillside])
    assert (row.days, row.state, row.due_words) == (5, "counting", "24 November 2026")
    assert row.last.words == "Visit at home, by Jo Example, support worker"
    event = Event.objects.get(kind="sighting.logged")
    assert event.facts["way"] == "visit at home"
    assert "Jo Example" not in str(event.facts)


def test_a_contact_at_which_the_child_was_seen_counts_and_a_call_does_not(cast) -> None:
    away_since(cast, date(2026, 11, 3))
    attempt = {"about": date(2026, 11, 3), "outcome": "spoke", "with_whom": "Gran"}
    office = {"reach": cast.reach(cast.officer), "enrolment": cast.enrolment, "now": NOW}
    call = datetime(2026, 11, 12, 9, tzinfo=UTC)
    reasons.log_contact(attempt=Attempt(way="call", made_at=call, **attempt), **office)
    assert [row[1] for row in listed(cast)] == [11]

    visit = datetime(2026, 11, 11, 9, tzinfo=UTC)
    reasons.log_contact(
        attempt=Attempt(way="visit", made_at=visit, child_seen=True, **attempt), **office
    )

    assert [row[1] for row in listed(cast)] == [4]


def test_pupils_who_left_or_are_present_are_not_listed(cast) -> None:
    away_since(cast, date(2026, 11, 3))
    left = factories.enrolment(
        factories.pupil(cast.northmoor), cast.hillside, ends_on=date(2026, 11, 16)
    )
    a_year_of_marks(cast, left, days_of("O", *AWAY))
    here = factories.enrolment(factories.pupil(cast.northmoor), cast.hillside)
    a_year_of_marks(cast, here)

    assert [row[0] for row in listed(cast)] == [cast.enrolment.pk]


def test_many_schools_give_the_same_answer_from_the_sweep(cast, monkeypatch) -> None:
    away_since(cast, date(2026, 11, 3))
    here = factories.enrolment(factories.pupil(cast.northmoor), cast.hillside)
    a_year_of_marks(cast, here)
    monkeypatch.setattr(selectors, "FEW_SCHOOLS", 0)
    sweep_authority(cast.northmoor.pk, as_of=TODAY, full=True, now=NOW)

    assert listed(cast) == [(cast.enrolment.pk, 11, "red")]


def test_before_three_school_days_of_a_year_everybody_is_looked_at(cast) -> None:
    calendar(cast)
    place = selectors.places_of([cast.hillside], date(2026, 9, 3))[cast.hillside.pk]
    found = selectors._away([(7, bytes(742))], place, date(2026, 9, 3), 100)
    assert found == {7}


@pytest.mark.parametrize(
    ("role", "place", "may"),
    [
        (Role.SAFEGUARDING_LEAD, "hillside", True),
        (Role.SUPPORT_WORKER, "northmoor", True),
        (Role.TUTOR, "hillside", False),
        (Role.ATTENDANCE_OFFICER, "brook", False),
        (Role.LEGAL_OFFICER, "northmoor", False),
    ],
)
def test_who_sees_the_list_and_logs_sightings(cast, role, place, may) -> None:
    away_since(cast, date(2026, 11, 3))
    person = cast.person(role, place)

    assert bool(listed(cast, by=person)) is may
    if may:
        seen(cast, TODAY, reach=cast.reach(person))
    else:
        with pytest.raises(Forbidden):
            seen(cast, TODAY, reach=cast.reach(person))


@pytest.mark.parametrize("day", [TODAY + timedelta(days=1), TODAY - timedelta(days=401)])
def test_a_day_that_cannot_be_is_refused(cast, day) -> None:
    with pytest.raises(RuleNotMet):
        seen(cast, day)
    assert Sighting.objects.count() == 0


# All clocks of a pupil


def test_every_clock_of_a_pupil_stands_in_one_place(cast) -> None:
    calendar(cast)
    factories.adult(cast.pupil)
    absences = days_of("O", *AWAY[:-1]) | days_of("N", AWAY[-1])
    a_year_of_marks(cast, absences=absences)
    expected(cast)
    agreed.a_timetable(cast)

    found = [(one.key, one.due_on, one.late) for one in clocks_of(cast.enrolment, TODAY)]

    assert found == [
        ("return", date(2026, 11, 16), True),
        ("unseen", date(2026, 11, 16), True),
        ("return", TODAY, False),
        ("unexplained", date(2026, 11, 23), False),
        ("review", date(2026, 12, 7), False),
    ]


def test_a_pupil_who_is_here_has_no_clock(cast) -> None:
    calendar(cast)
    a_year_of_marks(cast)
    assert clocks_of(cast.enrolment, TODAY) == []
    assert selectors.not_seen_of(cast.enrolment, TODAY) is None


def test_a_register_year_is_kept_six_years_after_its_latest_entry(cast) -> None:
    calendar(cast)
    a_year_of_marks(cast)  # entered on 17 November 2026

    assert kept_of(cast.enrolment, 2026).until == date(2032, 11, 17)
    assert kept_of(cast.enrolment, 2024) is None


# Pages


def test_the_page_lists_and_takes_a_sighting(client, cast) -> None:
    away_since(cast, date(2026, 11, 3))
    sign_in(client, cast.officer)
    page = client.get(reverse("attendance:not_seen", args=["990"]))
    assert "See now" in page.content.decode()
    address = reverse("attendance:sighting_add", args=["990", cast.pupil.reference])
    sent = {
        "seen_on_day": "16",
        "seen_on_month": "11",
        "seen_on_year": "2026",
        "way": "home",
        "seen_by": "Jo Example",
        "note": "",
    }

    assert "Enter who saw the pupil" in client.post(address, {}).content.decode()
    done = client.post(address, sent, follow=True)

    assert "The clock starts again from that day" in done.content.decode()
    assert "Everybody has been seen" in done.content.decode()
    assert "Jo Example" in client.get(address).content.decode()


def test_the_list_can_be_taken_away(client, cast) -> None:
    away_since(cast, date(2026, 11, 3))
    sign_in(client, cast.officer)
    address = reverse("attendance:not_seen", args=["990"])

    text = client.get(f"{address}?export=csv").content.decode("utf-8-sig")
    narrowed = client.get(f"{address}?state=soon")

    head = "Pupil,School,Year and group,School days,Last seen,How and by whom,To be seen by"
    assert text.splitlines()[0] == head
    assert '2026-10-23,"By the register, at school",2026-11-16' in text
    assert narrowed.context["list"].total == 0


def test_the_clocks_page_says_what_follows(client, cast) -> None:
    away_since(cast, date(2026, 11, 3))
    sign_in(client, cast.officer)
    text = client.get(
        reverse("attendance:pupil_clocks", args=["990", cast.pupil.reference])
    ).content.decode()

    assert "If nothing is done: Nobody knows that the child is safe." in text
    assert "17 November 2032" in text
    sign_in(client, cast.person(Role.LEGAL_OFFICER))
    seen_by_law = client.get(
        reverse("attendance:pupil_clocks", args=["990", cast.pupil.reference])
    ).content.decode()
    assert "Make the return" not in seen_by_law
