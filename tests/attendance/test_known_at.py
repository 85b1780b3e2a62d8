"""A register as known at a past moment: beside today's, with each difference, and certified."""

import subprocess
from datetime import UTC, date, datetime, timedelta

import pytest
from django.urls import reverse

from attendance.selectors.books import book_of
from attendance.selectors.known_at import (
    book_as_known,
    differences_between,
    figures_between,
    marked_since,
)
from attendance.services.registers import amend_mark
from audit.models import Event
from authorities.permissions import Role
from rules.marks import DatedSession, Session
from tests.attendance.scenes import TEN, a_year_of_marks, calendar
from tests.cast import TODAY, sign_in

AM, PM = Session.AM, Session.PM
# The scene writes every mark at 08:00 UTC of 17 November 2026.
BEFORE = datetime(2026, 11, 17, 7, 59, tzinfo=UTC)
BETWEEN = datetime(2026, 11, 17, 8, 30, tzinfo=UTC)
CHANGED = datetime(2026, 11, 17, 9, tzinfo=UTC)


@pytest.fixture
def met(cast):
    """A week of O in October; the Monday morning of it was I from 9:00 on."""
    calendar(cast)
    a_year_of_marks(cast, absences=TEN)
    change(cast, "O", "I", CHANGED)
    return cast


def change(cast, expected, code, at, day=date(2026, 10, 5), half=AM):
    amend_mark(
        school=cast.hillside,
        enrolment_id=cast.enrolment.pk,
        when=DatedSession(day, half),
        expected=expected,
        code=code,
        reason="Doctor's letter",
        by=cast.officer,
        now=at,
    )


def books(cast, moment):
    born = cast.pupil.born_on
    then = book_as_known(cast.enrolment, born, year=2026, today=TODAY, moment=moment)
    return then, book_of(cast.enrolment, born, today=TODAY)


def changed(cast, moment, in_full=True):
    then, now = books(cast, moment)
    return differences_between(then, now, moment=moment, in_full=in_full)


def test_a_changed_mark_is_a_difference_in_words_with_who_and_why(met) -> None:
    (one,) = changed(met, BETWEEN)

    assert one.sentence == (
        "Monday 5 October 2026, morning: O: Absent, other or unknown reason then, I: Illness now"
    )
    assert one.by == "Attendance officer at Hillside, Attendance officer"
    assert (one.at, one.because) == (CHANGED, "Doctor's letter")


def test_at_the_moment_of_the_change_nothing_differs(met) -> None:
    assert changed(met, CHANGED) == []
    assert len(changed(met, CHANGED - timedelta(microseconds=1))) == 1


def test_a_mark_changed_and_changed_back_is_no_difference(met) -> None:
    change(met, "I", "O", CHANGED + timedelta(hours=1))

    assert changed(met, BETWEEN) == []


def test_a_hidden_code_stays_hidden_and_so_does_the_reason(met) -> None:
    (one,) = changed(met, BETWEEN, in_full=False)

    assert one.now == "•: Authorised absence"
    assert one.because == ""


def test_before_anything_was_entered_every_session_differs(met) -> None:
    then, now = books(met, BEFORE)
    assert then.of_year == ()
    # 2 September to 16 November 2026: 96 sessions, as the page of the pupil counts them.
    assert len(differences_between(then, now, moment=BEFORE, in_full=True)) == 96


def test_the_figures_of_both_are_worked_out_by_the_rules(met) -> None:
    found = {row.label: (row.then, row.now) for row in figures_between(*books(met, BETWEEN))}

    # 86 of 96 sessions are 89.58 in the hundred, cut to 89.5: then and now.
    assert found["Attendance"] == ("89.5%", "89.5%")
    assert found["Missed, unauthorised"] == ("10", "9")
    assert found["Missed, authorised"] == ("0", "1")
    assert found["Unauthorised in the 10 school weeks up to that day"] == ("10", "9")
    assert [row.label for row in figures_between(*books(met, BETWEEN)) if row.differs] == [
        "Missed, authorised",
        "Missed, unauthorised",
        "Unauthorised in the 10 school weeks up to that day",
    ]


def test_days_after_the_moment_are_counted_and_not_compared(cast) -> None:
    calendar(cast)
    a_year_of_marks(cast)
    moment = datetime(2026, 10, 16, 15, tzinfo=UTC)

    then, now = books(cast, moment)

    assert then.as_of == date(2026, 10, 16)
    # 19 to 23 October and 3 to 16 November 2026: five and ten school days.
    assert marked_since(then, now) == 30
    assert max(
        one.when.day for one in differences_between(then, now, moment=moment, in_full=True)
    ) == date(2026, 10, 16)


# The pages


def text_of(response):
    return " ".join(response.content.decode().split())


def address(cast, page="attendance:pupil_register"):
    return reverse(page, kwargs={"la": "990", "reference": cast.pupil.reference})


KNOWN = {"known": "1", "on_day": "17", "on_month": "11", "on_year": "2026", "at": "8:30"}


def test_the_page_shows_both_registers_and_what_changed(met, client) -> None:
    shown = text_of(sign_in(client, met.officer).get(address(met), KNOWN))

    assert "As known on 17 November 2026 at 8:30am" in shown
    assert "As it is now: school year 2026/27" in shown
    assert "1 session that reads otherwise now" in shown
    assert "O: Absent, other or unknown reason" in shown
    assert "Doctor&#x27;s letter" in shown
    facts = Event.objects.filter(kind="register.read").latest("pk").facts
    assert facts["known_at"] == "2026-11-17T08:30:00+00:00"


def test_the_differences_sort_and_export_to_those_who_may(met, client) -> None:
    sign_in(client, met.officer)
    change(met, "O", "M", CHANGED, half=PM)
    for sort in ("session", "-then", "now", "by", "-at"):
        assert "2 sessions" in text_of(client.get(address(met), KNOWN | {"sort": sort}))

    exported = client.get(address(met), KNOWN | {"export": "csv"}).content.decode("utf-8-sig")

    assert exported.splitlines()[0] == "Session,Then,Now,Changed by,Changed,Why"
    assert len(exported.splitlines()) == 3
    tutor = met.person(Role.TUTOR, "hillside")
    assert sign_in(client, tutor).get(address(met), KNOWN | {"export": "csv"}).status_code == 403
    hidden = text_of(client.get(address(met), KNOWN))
    assert "Illness" not in hidden
    assert "Doctor" not in hidden


def test_a_moment_at_which_nothing_was_known_and_one_at_which_nothing_changed(met, client) -> None:
    sign_in(client, met.officer)

    empty = text_of(client.get(address(met), KNOWN | {"on_year": "2025"}))
    same = text_of(client.get(address(met), KNOWN | {"at": "17:00"}))

    assert "No marks of this year were known then" in empty
    assert "Nothing: every session up to that day reads as it did then." in same


PERIOD = {
    "chosen": "1",
    "first_day": "5", "first_month": "10", "first_year": "2026",
    "last_day": "9", "last_month": "10", "last_year": "2026",
}  # fmt: skip
AS_KNOWN = PERIOD | {
    "known_on_day": "17", "known_on_month": "11", "known_on_year": "2026", "known_at": "8:30",
}  # fmt: skip


def test_the_certificate_says_what_it_was_known_as_with_both_figures(met, client) -> None:
    sign_in(client, met.officer)
    change(met, "O", "/", CHANGED, day=date(2026, 10, 6))

    shown = text_of(client.get(address(met, "cases:certificate"), AS_KNOWN))

    # Then ten O of ten; now one I, one present and eight O.
    assert "as known on 17 November 2026 at 8:30am" in shown
    assert "Attendance: <strong>0.0%</strong> as known then." in shown
    assert "The same days now: <strong>10.0%</strong>" in shown
    assert "What has changed since (2)" in shown
    assert "known_on=2026-11-17&amp;known_at=08:30" in shown


def test_the_pdf_prints_the_moment_and_each_change(met, client, tmp_path) -> None:
    address_of_pdf = address(met, "cases:certificate_pdf")
    query = "?first=2026-10-05&last=2026-10-09&known_on=2026-11-17&known_at=08:30"
    made = sign_in(client, met.officer).get(address_of_pdf + query)
    file = tmp_path / "certificate.pdf"
    file.write_bytes(made.content)
    words = subprocess.run(  # noqa: S603
        ["pdftotext", "-layout", file, "-"],  # noqa: S607
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    said = " ".join(words.split())

    assert "The register as it was known on 17 November 2026 at 8:30am." in said
    assert "1 session reads otherwise now" in said
    assert "0.0% as known then; 0.0% now" in said
    assert "The same days as the register stands now" in said
    assert "What has changed since" in said
    event = Event.objects.filter(kind="certificate.made").latest("pk")
    assert event.facts["known_at"] == "2026-11-17T08:30:00+00:00"


def test_a_whole_day_is_its_end_and_nothing_changed_is_said(met, client) -> None:
    sign_in(client, met.officer)

    shown = text_of(client.get(address(met, "cases:certificate"), AS_KNOWN | {"known_at": ""}))

    assert "Nothing in it has changed since." in shown
    assert "known_on=2026-11-17&quot;" in shown or 'known_on=2026-11-17"' in shown


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"known_on_month": "12"}, "must be on or before 17 November 2026"),
        ({"known_on_day": "8", "known_on_month": "10"}, "must end on or before the day"),
        ({"known_at": "soon"}, "Enter a time such as 16:30"),
        (
            {"known_on_day": "", "known_on_month": "", "known_on_year": ""},
            "Enter the day to go back to",
        ),
    ],
)
def test_a_moment_that_makes_no_sense_is_refused_in_words(met, client, wrong, sentence) -> None:
    shown = text_of(
        sign_in(client, met.officer).get(address(met, "cases:certificate"), AS_KNOWN | wrong)
    )

    assert sentence in shown
