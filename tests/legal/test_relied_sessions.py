"""Sessions that a live notice rests on are used once: in the sweep, on pages, in proposals."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from attendance.models import Crossing, PupilStanding
from attendance.selectors import relied
from attendance.selectors.books import book_of
from attendance.selectors.known_at import book_as_known, figures_between
from attendance.services import sweeps
from authorities.permissions import Role
from cases.models import Proposal
from cases.selectors.facts import figures_of
from cases.services import proposing
from legal.models import ReliedSession
from legal.selectors.gate_loading import load
from legal.selectors.gates import gate_of
from rules.notice_references import in_groups
from tests import factories
from tests.attendance.scenes import TEN as TEN_DAYS
from tests.attendance.scenes import a_year_of_marks
from tests.cast import TODAY, sign_in
from tests.legal.correction_scenes import NOW, Put, put
from tests.legal.penalty_scenes import TEN

YESTERDAY = TODAY - timedelta(days=1)


@pytest.fixture(name="put")
def a_put(family) -> Put:
    return put(family)


def sweep(put: Put, *, full: bool = False) -> None:
    sweeps.sweep_authority(put.cast.northmoor.pk, as_of=TODAY, full=full, now=NOW)


def line(put: Put) -> str:
    """How the pupil stands to ten in ten."""
    return Crossing.objects.get(enrolment=put.room.enrolment, kind="ten in ten").state


def counted(put: Put) -> int:
    return PupilStanding.objects.get(enrolment=put.room.enrolment).window_count


def test_the_sweep_counts_a_session_once(put):
    sweep(put)
    before = (line(put), counted(put))
    notice = put.notice(served=True)
    sweep(put)
    used = (line(put), counted(put))
    put.room.withdraw(notice)
    sweep(put)

    assert before == ("met", 10)
    assert used == ("gone", 0)
    assert (line(put), counted(put)) == ("met", 10)


def test_the_night_finds_what_the_minute_found(put):
    put.notice()
    sweep(put)
    minute = counted(put)
    sweep(put, full=True)

    assert (minute, counted(put)) == (0, 0)


def test_the_other_figures_count_every_session(put):
    sweep(put)
    before = PupilStanding.objects.get(enrolment=put.room.enrolment)
    put.notice()
    sweep(put)
    after = PupilStanding.objects.get(enrolment=put.room.enrolment)

    assert (before.unauthorised, after.unauthorised) == (10, 10)
    assert (after.attended, after.possible) == (before.attended, before.possible)


def test_another_pupil_of_the_school_keeps_every_session(put):
    """The sessions are asked for by school: only the pupil's own are left out."""
    pupil = factories.pupil(put.cast.northmoor, forenames="Wren")
    other = factories.enrolment(pupil, put.cast.hillside)
    a_year_of_marks(put.cast, enrolment=other, absences=TEN_DAYS)
    put.notice()
    sweep(put)

    assert counted(put) == 0
    assert PupilStanding.objects.get(enrolment=other).window_count == 10


def test_the_sweep_asks_no_more_for_many_sessions_than_for_none(put):
    def asked() -> int:
        with CaptureQueriesContext(connection) as found:
            sweep(put, full=True)
        return len(found)

    asked()
    none = asked()
    put.notice()
    asked()  # the crossing is written
    assert asked() == none


def test_the_proof_says_how_many_were_used_and_for_what(client, put):
    notice = put.notice()
    sign_in(client, put.cast.person(Role.LEGAL_OFFICER))
    reference = put.room.pupil.reference
    pages = [
        client.get(reverse(name, args=["990", reference])).content.decode()
        for name in ("attendance:pupil", "attendance:pupil_proof")
    ]

    said = f"10 more were used for penalty notice {in_groups(notice.reference)}"
    assert all(said in page for page in pages)
    assert all("0 of 10" in page for page in pages)


def test_part_of_a_window_is_used(put):
    """Four of the ten are a notice's: six are left, and four more would meet it again."""
    ReliedSession.objects.bulk_create(
        ReliedSession(
            authority=put.cast.northmoor,
            enrolment=put.room.enrolment,
            adult=adult,
            day=day,
            session=half,
            code="O",
            subject="legal.PenaltyNotice:1",
        )
        for adult in (put.family.mother, put.family.father)
        for day, half in TEN[:4]
    )
    book = book_of(put.room.enrolment, put.room.pupil.born_on, today=TODAY)

    assert (book.proof.current.count, book.proof.short_by, len(book.used)) == (6, 4, 4)
    assert relied.used_words(book.used, {}) == (
        "4 more were used for an earlier notice or prosecution"
    )
    assert figures_of(book)["unauthorised_in_ten_weeks"] == 6


def test_who_may_not_see_notices_is_told_of_none_by_name(client, put):
    notice = put.notice()
    sign_in(client, put.cast.person(Role.TUTOR, "hillside"))
    page = client.get(reverse("attendance:pupil_proof", args=["990", put.room.pupil.reference]))

    shown = page.content.decode()
    assert "10 more were used for an earlier notice or prosecution" in shown
    assert in_groups(notice.reference) not in shown


def test_words_name_each_once():
    names = {"a": "penalty notice PN A", "b": "prosecution B"}
    subjects = [("a",), ("a", "b"), ("c",)]

    assert relied.in_words(subjects, names) == (
        "penalty notice PN A, prosecution B and an earlier notice or prosecution"
    )
    assert relied.used_words({}, names) == ""
    assert relied.in_words([("a",)], names) == "penalty notice PN A"


def test_the_worklist_says_why_the_line_is_gone(client, put):
    sweep(put)
    notice = put.notice()
    sweep(put)
    sign_in(client, put.cast.person(Role.ATTENDANCE_OFFICER, "hillside"))

    page = client.get(reverse("attendance:home", args=["990"]), {"tab": "gone"}).content.decode()

    assert "No longer 10 in 10 school weeks" in page
    assert f"10 more were used for penalty notice {in_groups(notice.reference)}" in page


def test_the_worklist_asks_no_more_for_many_sessions_than_for_few(client, put):
    sweep(put)
    put.notice()
    sweep(put)
    sign_in(client, put.cast.person(Role.ATTENDANCE_OFFICER, "hillside"))
    at = reverse("attendance:home", args=["990"])

    def asked() -> int:
        with CaptureQueriesContext(connection) as found:
            client.get(at, {"tab": "gone"})
        return len(found)

    asked()
    all_ten = asked()
    ReliedSession.objects.exclude(day="2026-10-05").update(freed_on=TODAY)
    assert asked() == all_ten


def test_nobody_is_asked_for_a_second_notice_on_the_same_sessions(put):
    """The policy's line of ten in ten is met by the register, and not by what is left of it."""
    put.notice()
    proposing.look(put.cast.northmoor.pk, as_of=YESTERDAY, now=NOW)
    used = set(Proposal.objects.values_list("trigger", flat=True))
    Proposal.objects.all().delete()
    ReliedSession.objects.update(freed_on=TODAY)
    proposing.look(put.cast.northmoor.pk, as_of=YESTERDAY, now=NOW)
    free = set(Proposal.objects.values_list("trigger", flat=True))

    assert used < free
    assert any("ten" in key or "threshold" in key for key in free - used), free - used


def test_the_gate_leaves_out_what_was_used_against_that_parent_alone(put):
    put.notice()

    def current(adult=None) -> int:
        facts = load(enrolment=put.room.enrolment, today=TODAY, adult=adult).facts
        return facts.proof.current.count

    assert (current(), current(put.family.mother), current(put.family.father)) == (0, 0, 10)


def test_what_a_withdrawal_gave_back_counts_for_the_other_parent_alone(put):
    """The register counts it again; the gate before a notice to that parent never does."""
    put.room.withdraw(put.notice())

    def current(adult=None) -> int:
        facts = load(enrolment=put.room.enrolment, today=TODAY, adult=adult).facts
        return facts.proof.current.count

    assert (current(), current(put.family.mother), current(put.family.father)) == (10, 0, 10)
    mothers = gate_of(
        enrolment=put.room.enrolment,
        step="notice_to_improve",
        today=TODAY,
        adult=put.family.mother,
    )
    assert "was withdrawn. Nobody can be prosecuted on the same facts" in mothers.why

    (fathers,) = put.room.issue(asked=put.room.request(put.family.father, sessions=TEN))
    put.room.withdraw(fathers)
    assert (current(), current(put.family.mother), current(put.family.father)) == (0, 0, 0)


def test_the_register_as_it_was_known_shows_no_difference_for_a_notice(put):
    """What was used is left out of both, so that only corrected marks differ."""
    put.notice()
    enrolment, born_on = put.room.enrolment, put.room.pupil.born_on
    now = book_of(enrolment, born_on, today=TODAY)
    then = book_as_known(enrolment, born_on, year=2026, today=TODAY, moment=NOW)

    assert not [figure for figure in figures_between(then, now) if figure.differs]


def test_a_correction_is_measured_with_the_sessions_that_the_notice_used(put):
    """Its own ten are not left out of its own threshold, nor are those of the other parent's."""
    put.room.issue(
        asked=put.room.request(
            put.family.mother, put.family.father, sessions=TEN, proof=put.proof()
        )
    )
    put.correct("G")
    put.look()

    row = put.asked_all()[0]
    assert len(put.asked_all()) == 2
    assert row.after["met"] is True
    assert row.after["verdict"].startswith("Met on Friday 9 October 2026")
