"""The pages of patterns: what stands out, spells, lates with minutes, siblings, a group."""

import re
from base64 import b64decode
from datetime import date, time

import pytest
from django.urls import reverse

from attendance.models import AdultLink, MarkNote, RegisterTimes
from authorities.permissions import Role
from tests import factories
from tests.attendance.scenes import NOW, a_year_of_marks, calendar
from tests.cast import sign_in

MONDAYS = {(date(2026, 9, day), half): "O" for day in (14, 21) for half in (0, 1)}
LATES = {(date(2026, 10, 6), 0): "L", (date(2026, 10, 7), 0): "U"}


def says(response) -> str:
    return " ".join(response.content.decode().split())


@pytest.fixture
def mondays(cast):
    """Hillside's pupil, in 5B, missed two whole Mondays and was late twice."""
    calendar(cast)
    cast.enrolment.registration_group = "5B"
    cast.enrolment.save()
    a_year_of_marks(cast, absences=MONDAYS | LATES)
    RegisterTimes.objects.create(
        authority=cast.northmoor,
        school=cast.hillside,
        session=0,
        starts_on=date(2026, 9, 1),
        opens_at=time(8, 45),
        closes_at=time(9, 15),
    )
    MarkNote.objects.create(
        authority=cast.northmoor,
        enrolment=cast.enrolment,
        day=date(2026, 10, 6),
        session=0,
        code="L",
        arrived_at=time(9, 2),
        written_at=NOW,
    )
    return cast


def page_of(client, cast, user=None, reference: str = "") -> str:
    address = reverse("attendance:pupil_patterns", args=["990", reference or cast.pupil.reference])
    return says(sign_in(client, user or cast.officer).get(address))


def test_what_stands_out_is_said_in_words(client, mondays) -> None:
    """Four of the year's Monday sessions, against one at other times."""
    page = page_of(client, mondays)
    assert "Mondays: 4 of 18 sessions missed, against 1 of 78 at other times." in page
    assert "It is never evidence" in page


def test_spells_and_lates_are_listed_with_minutes(client, mondays) -> None:
    """17 minutes after the register opened; the other arrival has no time."""
    page = page_of(client, mondays)
    assert "Monday 21 September 2026, morning" in page
    assert "17 minutes lost in the 1 arrival whose time is known" in page
    assert "Not recorded" in page


def test_a_register_without_absence_says_so(client, cast) -> None:
    """No pattern, no spell, never late, no sibling."""
    calendar(cast)
    a_year_of_marks(cast)
    page = page_of(client, cast)
    for sentence in ("Nothing stands out", "No absence", "Never late", "None that you may see"):
        assert sentence in page


def test_siblings_are_children_of_one_parent_that_the_person_may_see(client, mondays) -> None:
    """One Monday was missed by both; a child of another school stays unseen to the officer."""
    mother = factories.adult(mondays.pupil)
    for school, name in ((mondays.hillside, "Wren"), (mondays.brook, "Sorrel")):
        other = factories.pupil(mondays.northmoor, forenames=name)
        enrolment = factories.enrolment(other, school)
        AdultLink.objects.create(
            authority=mondays.northmoor,
            pupil=other,
            adult=mother,
            relationship="mother",
            has_care="yes",
        )
        if school == mondays.hillside:
            a_year_of_marks(mondays, enrolment, {(date(2026, 9, 14), 1): "I"})
    page = page_of(client, mondays)
    assert "both missed school on 1 day (14 September 2026)" in page
    assert "Sorrel" not in page
    worker = mondays.person(Role.SUPPORT_WORKER)
    assert "Sorrel" in page_of(client, mondays, worker)


def test_a_group_shows_its_own_patterns_and_whose_stand_out(client, mondays) -> None:
    """One pupil: the group's figures are theirs."""
    officer = sign_in(client, mondays.officer)
    address = reverse("attendance:group_patterns", args=["990"])
    assert "Choose a registration group" in says(officer.get(address))
    page = says(officer.get(address, {"school": "990001", "group": "5B"}))
    assert "4 of 18" in page
    drawn = re.search(r'src="data:image/svg\+xml;base64,([^"]+)"', page)
    assert drawn
    picture = b64decode(drawn.group(1)).decode()
    assert "Absence by day of the week" in picture
    assert "Most is missed on Monday" in picture
    assert "2 late arrivals" in page
    assert reverse("attendance:pupil_patterns", args=["990", mondays.pupil.reference]) in page


def test_a_group_of_another_school_is_not_there(client, mondays) -> None:
    """The tutor of Hillside asks for Brook's."""
    tutor = sign_in(client, mondays.person(Role.TUTOR, "hillside"))
    address = reverse("attendance:group_patterns", args=["990"])
    page = says(tutor.get(address, {"school": mondays.brook.urn, "group": "5B"}))
    assert "4 of 18" not in page
