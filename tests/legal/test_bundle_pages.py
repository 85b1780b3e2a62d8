"""The page of a prosecution's bundles, and the job behind the button."""

import pytest

from authorities.models import Job
from authorities.permissions import Role
from legal import tasks
from legal.models import BundleFile, CourtBundle, Prosecution
from legal.services import bundles
from tests import factories
from tests.cast import sign_in
from tests.legal.bundle_scenes import of_the_world


@pytest.fixture(name="made")
def a_made_bundle(cast):
    return of_the_world(cast, factories.adult(cast.pupil, surname="Larkfield"))


@pytest.fixture(name="page")
def the_page(made):
    return f"/la/990/legal/prosecutions/{made['bundled'].reference}/bundle/"


@pytest.fixture(name="officer")
def a_signed_in_officer(client, cast):
    return sign_in(client, cast.person(Role.LEGAL_OFFICER))


def test_the_page_shows_what_was_made_with_its_hash(officer, made, page):
    shown = officer.get(page).content.decode()

    assert "Made" in shown
    assert "The bundle, for the court and the parent" in shown
    assert made["bundle_part"].sha256 in shown
    assert "Make it again" in shown
    assert f'href="/la/990/legal/prosecutions/{made["bundled"].reference}/"' in shown


def test_one_that_is_out_of_date_says_what_changed(officer, made, page):
    CourtBundle.objects.update(review="A mark of 7 September was corrected.")

    shown = officer.get(page).content.decode()

    assert "Out of date" in shown
    assert "A mark of 7 September was corrected." in shown


def test_a_press_leads_to_the_work_and_the_page_leads_there_too(officer, made, page):
    answer = officer.post(page)

    job = Job.objects.get(kind="legal.make_bundle")
    assert answer.status_code == 302
    assert answer["Location"] == f"/la/990/jobs/{job.reference}/"
    shown = officer.get(page).content.decode()
    assert "Being made" in shown
    assert "See how far it is" in shown
    assert "Make it again" not in shown
    assert officer.post(page)["Location"] == answer["Location"]
    assert Job.objects.filter(kind="legal.make_bundle").count() == 1


def test_one_that_failed_says_why_and_can_be_tried_again(officer, made, page):
    officer.post(page)
    Job.objects.update(state="failed", problem="Page 3 has somebody in it.")

    shown = officer.get(page).content.decode()

    assert "Not made" in shown
    assert "Page 3 has somebody in it." in shown
    assert "Make it again" in shown


def test_a_refusal_is_read_on_the_page(officer, made, page):
    Prosecution.objects.update(review="A mark was corrected.")

    shown = officer.post(page, follow=True).content.decode()

    assert "Look at the prosecution again, and decide first." in shown
    assert CourtBundle.objects.count() == 1


def test_a_file_is_taken_under_its_reference(officer, made):
    file, bundle = made["bundle_part"], made["bundle"]

    answer = officer.get(f"/la/990/legal/bundles/{bundle.reference}/served/")

    assert answer.content == bytes(BundleFile.objects.get(pk=file.pk).pdf)
    assert f'filename="bundle-{bundle.reference}-served.pdf"' in answer["Content-Disposition"]
    missing = officer.get(f"/la/990/legal/bundles/{bundle.reference}/prosecutor/")
    assert missing.status_code == 404


def test_a_file_that_may_not_be_served_leads_back_to_make_it_again(officer, made, page):
    CourtBundle.objects.update(review="A mark was corrected.")
    address = f"/la/990/legal/bundles/{made['bundle'].reference}/served/"

    shown = officer.get(address, follow=True).content.decode()

    assert "It cannot be served." in shown
    assert "Make it again" in shown
    assert address not in shown


def test_the_checker_is_one_file_that_imports_nothing_of_ours(officer, made):
    text = officer.get("/la/990/legal/bundles/check/").content.decode()

    assert "def wrong_with" in text
    imports = [line for line in text.splitlines() if line.startswith(("import ", "from "))]
    assert imports == [
        "import argparse",
        "import hashlib",
        "import json",
        "import re",
        "import sys",
        "import zlib",
    ]


def test_the_job_makes_it_and_leads_back(officer, made, page, monkeypatch):
    officer.post(page)
    job = Job.objects.get(kind="legal.make_bundle")

    def make(found, *, today, now, report):
        assert found.pk == job.pk
        return CourtBundle.objects.get(job=found)

    monkeypatch.setattr(bundles, "make", make)
    tasks.make_bundle(authority_id=job.authority_id, job_id=job.pk)

    job.refresh_from_db()
    assert (job.state, job.result) == ("done", {"then": page})
