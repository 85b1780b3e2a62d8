"""The pages of what is checked again after a correction."""

from datetime import timedelta

import pytest
from django.urls import reverse

from attendance.models import Crossing
from authorities.permissions import Role
from cases.models import Recheck
from cases.services import rechecks
from tests.cases.family import NOW
from tests.cases.test_rechecks import correct
from tests.cast import sign_in

LIST = reverse("cases:rechecks", args=["990"])


@pytest.fixture
def found(family) -> Recheck:
    """The officer opened a case; an O became an I."""
    family.open_case()
    correct(family, "I")
    rechecks.look_again(family.cast.northmoor.pk, now=NOW + timedelta(hours=4))
    return Recheck.objects.get()


def says(response) -> str:
    return " ".join(response.content.decode().split())


def test_the_officer_finds_reads_and_decides(client, family, found) -> None:
    """From the case to the decision, and then it leaves the list."""
    officer = sign_in(client, family.cast.officer)
    page = says(officer.get(reverse("cases:case", args=["990", family.case.reference])))
    assert "Marks were corrected: check again" in page
    here = reverse("cases:recheck", args=["990", found.reference])
    assert here in page
    assert here in says(officer.get(LIST))

    page = says(officer.get(here))
    assert "it could not be done today" in page
    assert "Monday 5 October 2026, morning" in page
    assert "A doctor&#x27;s letter came" in page
    assert "Met on Friday 9 October 2026, afternoon, and still met" in page
    assert "Not met: 9 of 10 sessions in the last 10 school weeks" in page

    page = says(officer.post(here, {"seen": "1"}))
    assert "Choose whether it still stands" in page
    assert "Say why, or what you did" in page
    page = says(officer.post(here, {"decision": "stands", "reason": "Rang", "seen": "0"}))
    assert "More marks were corrected while you were reading" in page
    done = officer.post(here, {"decision": "stands", "reason": "Rang the family", "seen": "1"})
    assert done.url == here
    page = says(officer.get(here))
    assert "It still stands: Rang the family" in page
    assert "Keep the decision" not in page
    assert here not in says(officer.get(LIST))
    everything = says(officer.get(LIST, {"state": "all"}))
    assert "things to check" in everything or "1 thing to check" in everything
    assert "thing to checks" not in everything
    for state, listed in (("decided", True), ("same", False), ("all", True)):
        assert (here in says(officer.get(LIST, {"state": state}))) is listed
    for kind, listed in (("case", True), ("letter", False), ("worklist", False)):
        query = {"state": "all", "kind": kind}
        assert (here in says(officer.get(LIST, query))) is listed


def test_the_list_can_be_exported(client, family, found) -> None:
    """One row, in words."""
    csv = sign_in(client, family.cast.officer).get(LIST, {"export": "csv"}).content.decode()
    assert f"Case {family.case.reference}" in csv
    assert "To be decided" in csv


def test_a_notice_clerk_reads_and_does_not_decide(client, family, found) -> None:
    """The page has no form, and a sent one is refused. Sensitive codes stay covered."""
    clerk = sign_in(client, family.cast.person(Role.NOTICE_CLERK))
    here = reverse("cases:recheck", args=["990", found.reference])
    page = says(clerk.get(here))
    assert "Keep the decision" not in page
    assert ">I</td>" not in page
    assert "•" in page
    sent = clerk.post(here, {"decision": "stands", "reason": "x", "seen": "1"})
    assert sent.status_code == 403
    assert Recheck.objects.get().decision == ""


def test_strangers_find_nothing(client, family, found) -> None:
    """Neither the list's row nor the page."""
    stranger = sign_in(client, family.cast.stranger)
    assert stranger.get(reverse("cases:recheck", args=["990", found.reference])).status_code == 404


def test_a_letter_and_an_entry_of_the_worklist_lead_to_their_own_pages(client, family) -> None:
    """Each says what it is and links it."""
    officer = sign_in(client, family.cast.officer)
    family.open_case()
    family.prepare(family.mother)
    correct(family, "/")
    rechecks.look_again(family.cast.northmoor.pk, now=NOW + timedelta(hours=4))
    letter = Recheck.objects.get(case_letter__isnull=False)
    page = says(officer.get(reverse("cases:recheck", args=["990", letter.reference])))
    reference = letter.case_letter.letter.reference
    assert f"Letter {reference}" in page
    assert reverse("cases:letter", args=["990", reference]) in page

    Recheck.objects.filter(pk=letter.pk).update(case_letter=None, crossing=Crossing.objects.get())
    page = says(officer.get(reverse("cases:recheck", args=["990", letter.reference])))
    assert "Worklist: 10 unauthorised sessions in 10 school weeks" in page
    assert reverse("attendance:pupil_proof", args=["990", family.cast.pupil.reference]) in page
