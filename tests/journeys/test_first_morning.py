"""An attendance officer's first morning: from the worklist to the proof, the paper, the family."""

import re

import pytest
from django.urls import reverse

from attendance.models import Crossing
from audit.models import Event
from tests import factories
from tests.attendance.scenes import TEN, a_year_of_marks, calendar, crossing
from tests.attendance.test_pages_worklist import standing, text_of
from tests.cast import sign_in


@pytest.fixture
def morning(cast):
    """The night's sweep has found one pupil who met ten in ten, with two parents."""
    calendar(cast)
    a_year_of_marks(cast, absences=TEN)
    standing(
        cast.enrolment,
        possible=96,
        attended=86,
        unauthorised=10,
        window_count=10,
        state=2,
        first_met=10 * 14 + 9,
        basis_points=8958,
        band=2,
        persistent=True,
    )
    crossing(cast)
    factories.adult(cast.pupil, phone="01632 960010")
    factories.adult(cast.pupil, protected_address="yes", link={"relationship": "father"})
    return cast


def link_named(page, words):
    """The address behind a link whose text starts with these words."""
    found = re.search(rf'href="([^"]+)"[^>]*>\s*{words}', page)
    assert found, f"no link says {words}"
    return found[1].replace("&amp;", "&")


def test_from_the_worklist_to_the_proof_the_certificate_and_the_family(morning, client):
    sign_in(client, morning.officer)

    # She opens Onroll and reads who crossed a line in the night.
    worklist = text_of(client.get("/la/990/"))
    assert "10 unauthorised sessions in 10 school weeks, since 9 October 2026" in worklist
    assert "Under 10 from 4 January 2027 if there are no more" in worklist

    # She asks why: each session, each week, and the day it was met.
    proof = text_of(client.get(link_named(worklist, "Show proof")))
    assert "Met on Friday 9 October 2026, afternoon, and still met" in proof
    assert proof.count("Counts: absent, other or unknown reason.") == 10
    assert "Skipped: the school did not meet (school holiday)." in proof

    # She looks at the pupil: the year, the family, and whose address stays hidden.
    pupil = text_of(client.get(link_named(proof, "Overview")))
    assert "89.5%" in pupil
    assert "01632 960010" in pupil
    assert "Protected: address, phone and email are kept from others" in pupil
    assert (
        client.get(f"/la/990/pupils/{morning.pupil.reference}/charts/year.svg").status_code == 200
    )

    # She makes the certificate that the council will ask for.
    certificate = text_of(client.get(link_named(pupil, "Registration certificate")))
    pdf = client.get(link_named(certificate, r"Make the certificate \(PDF\)"))
    assert pdf.content.startswith(b"%PDF")

    # She marks the row as seen: it moves from New to Still.
    row = Crossing.objects.get()
    done = client.post(
        reverse("attendance:home_seen", args=["990"]),
        {"crossing": row.pk, "tab": "new"},
        follow=True,
    )
    assert "Marked as seen: 1." in text_of(done)
    assert morning.pupil.reference not in text_of(client.get("/la/990/", {"tab": "new"}))
    assert morning.pupil.reference in text_of(client.get("/la/990/", {"tab": "still"}))

    # All of it is in the audit trail, and no name is.
    kinds = set(Event.objects.filter(by=morning.officer).values_list("kind", flat=True))
    assert kinds >= {"pupils.listed", "pupil.read", "certificate.made", "crossing.seen"}
    assert not [event for event in Event.objects.all() if morning.pupil.surname in str(event.facts)]
