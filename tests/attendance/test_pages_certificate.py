"""The registration certificate: its totals, its warnings, its PDF."""

import subprocess
from datetime import date

import pytest
from django.urls import reverse

from audit.models import Event
from authorities.permissions import Role
from tests.attendance.scenes import TEN, a_year_of_marks, calendar
from tests.attendance.test_pages_worklist import text_of
from tests.cast import sign_in

PERIOD = {
    "chosen": "1",
    "first_day": "5",
    "first_month": "10",
    "first_year": "2026",
    "last_day": "16",
    "last_month": "10",
    "last_year": "2026",
}


@pytest.fixture
def met(cast):
    """A week of O, one N and one gap."""
    calendar(cast)
    odd = {(date(2026, 10, 12), 0): "N", (date(2026, 10, 13), 0): "", (date(2026, 10, 14), 0): "C1"}
    a_year_of_marks(cast, absences={**TEN, **odd})
    return cast


def address(cast, page="certificate"):
    return reverse(f"cases:{page}", kwargs={"la": "990", "reference": cast.pupil.reference})


def test_the_totals_are_those_of_the_sessions_shown(met, client):
    page = text_of(sign_in(client, met.officer).get(address(met), PERIOD))

    # Two weeks of ten sessions, one of them without a mark: 10 O, 1 N, 1 C1, 7 present.
    assert "Attendance: <strong>36.8%</strong>" in page
    for label, sessions, days in (
        ("Possible", "19", "9½"),
        ("Attended, in school", "7", "3½"),
        ("Attended, at an approved activity", "0", "0"),
        ("Attended in all", "7", "3½"),
        ("Missed, authorised", "1", "½"),
        ("Missed, unauthorised", "11", "5½"),
    ):
        cell = "govuk-table__cell govuk-table__cell--numeric"
        assert (
            f'{label}</th><td class="{cell}">{sessions}</td><td class="{cell}">{days}</td>' in page
        )


def test_code_n_and_gaps_are_warned_of(met, client):
    page = text_of(sign_in(client, met.officer).get(address(met), PERIOD))

    assert "1 session has code N: the reason is not yet known." in page
    assert "1 session has no mark, though the school was open: 13 October 2026 (morning)." in page
    assert "</span> No mark, though the school was open" in page


def test_a_session_of_today_without_a_mark_is_a_gap_and_no_closed_day(met, client):
    until_today = {**PERIOD, "last_day": "17", "last_month": "11"}

    page = text_of(sign_in(client, met.officer).get(address(met), until_today))

    # Marks go up to Monday 16 November.
    assert "13 October 2026 (morning); 17 November 2026. Import or enter" in page
    assert page.count("onroll-slot--gap") == 3


@pytest.mark.parametrize(
    ("left_out", "says"),
    [
        ([(12, 1), (13, 0)], "12 October 2026 (afternoon) to 13 October 2026 (morning)."),
        ([(8, 0), (8, 1), (9, 0), (9, 1), (12, 0), (12, 1)], "8 October 2026 to 12 October 2026."),
        ([(8, 1), (12, 0)], "8 October 2026 (afternoon); 12 October 2026 (morning)."),
    ],
)
def test_gaps_in_a_row_are_named_by_their_first_and_last(cast, client, left_out, says):
    calendar(cast)
    a_year_of_marks(cast, absences={(date(2026, 10, day), half): "" for day, half in left_out})

    assert f"was open: {says}" in text_of(sign_in(client, cast.officer).get(address(cast), PERIOD))


def test_the_pdf_says_what_the_page_says_and_its_name_names_nobody(met, client, tmp_path):
    response = sign_in(client, met.officer).get(
        address(met, "certificate_pdf"), {"first": "2026-10-05", "last": "2026-10-16"}
    )
    (tmp_path / "it.pdf").write_bytes(response.content)
    words = subprocess.run(  # noqa: S603
        ["pdftotext", "-layout", tmp_path / "it.pdf", "-"],  # noqa: S607
        capture_output=True,
        text=True,
        check=True,
    ).stdout

    assert response["Content-Disposition"] == (
        f'inline; filename="certificate-{met.pupil.reference}.pdf"'
    )
    assert "Hillside School, 5 October 2026 to 16 October 2026" in words
    assert f"{met.pupil.forenames} Example" in words
    assert "C1" in words
    assert "?" in words
    assert "A dashed cell: no mark, though the school was open" in words
    assert "13 October 2026 (morning)" in words
    assert "36.8%" in words
    assert "Attendance officer at Hillside" in words
    assert Event.objects.get(kind="certificate.made").facts["first"] == "2026-10-05"


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"last_day": "1"}, "The last day must be on or after the first day"),
        ({"last_month": "12"}, "must be on or before 17 November 2026, today"),
        ({"first_year": "2020"}, "A certificate can cover two school years at most"),
        ({"first_month": "13"}, "must be a real date"),
    ],
)
def test_a_wrong_period_is_refused_in_words(met, client, change, says):
    page = text_of(sign_in(client, met.officer).get(address(met), {**PERIOD, **change}))

    assert says in page


def test_a_pdf_of_no_period_goes_back_to_the_form(met, client):
    response = sign_in(client, met.officer).get(address(met, "certificate_pdf"), {"first": "x"})

    assert response["Location"] == address(met)


def test_it_begins_with_this_school_year_unless_told(met, client):
    page = text_of(sign_in(client, met.officer).get(address(met)))

    assert "2 September 2026 to 17 November 2026" in page


def test_a_notice_clerk_gets_it_with_sensitive_codes_as_dots(met, client):
    clerk = met.person(Role.NOTICE_CLERK, "northmoor")

    page = text_of(sign_in(client, clerk).get(address(met)))

    assert "Your role does not show every code." in page


def test_a_tutor_may_not_make_one(met, client):
    tutor = met.person(Role.TUTOR, "hillside")

    assert sign_in(client, tutor).get(address(met)).status_code == 403


def test_a_stranger_finds_no_pupil(met, client):
    officer = met.person(Role.ATTENDANCE_OFFICER, "brook")

    assert sign_in(client, officer).get(address(met)).status_code == 404


def test_a_school_without_a_calendar_says_that_gaps_cannot_be_found(cast, client):
    page = text_of(sign_in(client, cast.officer).get(address(cast)))

    assert "The school has no calendar for this period, so gaps cannot be found." in page
    assert "No sessions in this period" in page
