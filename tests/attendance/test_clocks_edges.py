"""Clocks where the calendar ends, leave that has ended, and pages that refuse a day."""

from datetime import date, timedelta

import pytest
from django.urls import reverse

from attendance.forms.yearend import LeavingForm
from attendance.marks import position
from attendance.models import Calendar
from attendance.selectors import returns, sightings
from attendance.selectors.clocks import clocks_of
from attendance.selectors.yearend import roll_over_for
from attendance.services.registers import record_marks
from authorities.access import NotFound
from authorities.permissions import Role
from tests import factories
from tests.attendance import agreed
from tests.attendance.moved import leave
from tests.attendance.registers import frame
from tests.attendance.scenes import NOW, a_year_of_marks, calendar, days_of
from tests.cast import TODAY, sign_in

MONDAY = date(2026, 11, 16)


def end_calendar_on(cast, last: date) -> None:
    """The school's calendar knows no day after this one."""
    row = Calendar.objects.get(school=cast.hillside, year=2026)
    held = bytearray(row.sessions)
    after = position(last, 1) + 1
    held[after:] = bytes(742 - after)
    Calendar.objects.filter(pk=row.pk).update(sessions=bytes(held))


def test_where_the_calendar_ends_the_clocks_say_so(cast) -> None:
    calendar(cast)
    a_year_of_marks(cast, absences=days_of("N", MONDAY, date(2026, 11, 13), date(2026, 11, 12)))
    end_calendar_on(cast, date(2026, 11, 19))

    found = {one.key: one.due_words for one in clocks_of(cast.enrolment, TODAY)}
    (row,) = sightings.not_seen(cast.reach(cast.officer), [cast.hillside])

    assert found == {
        "unexplained": "The calendar ends too soon to tell",
        "unseen": "The calendar ends too soon to tell",
    }
    assert row.due_words == "The calendar ends too soon to tell"


def test_leave_that_has_ended_is_a_clock_until_somebody_says_the_child_is_back(cast) -> None:
    calendar(cast)
    a_year_of_marks(cast)
    factories.adult(cast.pupil)
    asked = agreed.a_request(cast)
    asked.state, asked.granted_first, asked.granted_last = "granted", MONDAY, MONDAY
    asked.save()

    (one,) = clocks_of(cast.enrolment, TODAY)

    assert (one.key, one.due_on, one.due_words) == ("leave", TODAY, "Today, 17 November 2026")


def test_a_pupil_never_on_site_was_never_seen(cast) -> None:
    calendar(cast)
    days = [date(2026, 11, day) for day in (10, 11, 12, 13, 16)]
    new = factories.enrolment(
        factories.pupil(cast.northmoor), cast.hillside, starts_on=date(2026, 11, 10)
    )
    record_marks(
        school=cast.hillside,
        marks=frame([(new.pk, day, half, "O") for day in days for half in (0, 1)]),
        batch=None,
        by=cast.officer,
        reason="start",
        now=NOW,
    )

    found = sightings.not_seen_of(new, TODAY)

    assert (found.last, found.days) == (None, 6)


def test_the_oldest_year_at_the_end_of_the_year_is_no_deletion_return(cast) -> None:
    calendar(cast)
    factories.enrolment(
        factories.pupil(cast.northmoor),
        cast.hillside,
        year_group="6",
        ends_on=date(2027, 7, 21),
    )
    later = date(2027, 7, 25)
    place = returns.places_of([cast.hillside], later)
    assert returns._roll(place, [cast.hillside], later) == []


def test_the_form_says_when_no_return_is_needed(cast) -> None:
    form = LeavingForm(schools=[], told=False, today=TODAY)
    assert form.fields["told"].label.endswith("(not needed at the usual time)")


def test_an_unknown_roll_over_is_not_found(cast) -> None:
    with pytest.raises(NotFound):
        roll_over_for(cast.reach(cast.person(Role.HEADTEACHER, "hillside")), "nothing")


def test_the_clocks_page_leads_to_each_page(client, cast) -> None:
    calendar(cast)
    a_year_of_marks(cast, absences=days_of("N", MONDAY))
    sign_in(client, cast.officer)

    text = client.get(
        reverse("attendance:pupil_clocks", args=["990", cast.pupil.reference])
    ).content.decode()

    assert "contacts/add/?school=990001&amp;about=2026-11-16" in text


def test_days_too_long_ago_are_refused_on_the_pages(client, cast) -> None:
    calendar(cast)
    days = [date(2026, 10, 5) + timedelta(days=n) for n in (0, 1, 2, 3, 4, 7, 8, 9, 10, 11)]
    a_year_of_marks(cast, absences=days_of("O", *days))
    sign_in(client, cast.officer)
    args = ["990", cast.pupil.reference]
    old = {f"{name}_{part}": value for name in ("made_on", "seen_on")
           for part, value in (("day", "1"), ("month", "9"), ("year", "2024"))}  # fmt: skip
    make = reverse("attendance:returns_make", args=[*args, "attendance", "2026-10-05"])
    sight = reverse("attendance:sighting_add", args=args)

    made = client.post(make, old | {"way": "form", "told": "Team"}).content.decode()
    seen = client.post(sight, old | {"way": "home", "seen_by": "Jo"}).content.decode()

    assert "more than a year ago" in made
    assert "more than a year ago" in seen


def test_a_pupil_who_moved_on_shows_where_and_may_come_back(client, cast) -> None:
    calendar(cast)
    factories.adult(cast.pupil)
    leave(cast, last_day=MONDAY, where="", moves_to=cast.brook)
    sign_in(client, cast.officer)

    text = client.get(
        reverse("attendance:pupil_rolls", args=["990", cast.pupil.reference])
    ).content.decode()

    assert "Brook Academy" in text
    assert "Put the pupil on the roll again" in text
