"""Attacks on the keeping of registers: others' rows, the database's functions, what is kept."""

from datetime import UTC, date, datetime

import pytest
from django.db import DatabaseError, connection, transaction

from attendance.models import Calendar, Contact, MarkChange, WorkerTold
from attendance.selectors.registers import marks_of
from attendance.services.registers import OneChange, hold_marks, restore_marks
from authorities.permissions import Role
from authorities.tenancy import scope
from rules.errors import Forbidden, InvalidInput, RuleNotMet
from rules.marks import DatedSession, Session
from tests import factories
from tests.attendance.scenes import a_year_of_marks, calendar, days_of
from tests.cast import sign_in

NOW = datetime(2026, 11, 17, 10, tzinfo=UTC)
NINTH, MONDAY = date(2026, 11, 9), date(2026, 11, 16)
AM = Session.AM


@pytest.fixture
def school(cast):
    """Hillside's pupil and Brook's were N on the 9th, long enough ago to be overdue."""
    calendar(cast)
    for held in Calendar.objects.filter(school=cast.hillside):
        held.pk, held.school = None, cast.brook
        held.save()
    cast.other = factories.enrolment(factories.pupil(cast.northmoor), cast.brook)
    for enrolment in (cast.enrolment, cast.other):
        a_year_of_marks(cast, enrolment, absences=days_of("N", NINTH))
    return cast


def read(enrolment, day=NINTH):
    return " ".join(mark.code for mark in marks_of(enrolment, day, day))


def test_a_ticked_row_of_another_school_is_not_in_the_preview(school, client) -> None:
    rows = [f"{one.pk}:{NINTH.isoformat()}" for one in (school.enrolment, school.other)]

    sign_in(client, school.officer).post("/la/990/absences/overdue/", {"row": rows})

    change = MarkChange.objects.get()
    assert set(change.rows.values_list("enrolment", flat=True)) == {school.enrolment.pk}


@pytest.mark.parametrize(
    "row", ["", ":", "x:y", "9" * 40, "1:2026-13-45", "'; DROP TABLE x; --", "\0"]
)
def test_a_hostile_row_is_passed_over(school, client, row) -> None:
    answer = sign_in(client, school.officer).post("/la/990/absences/overdue/", {"row": [row]})

    assert answer.status_code == 302
    assert not MarkChange.objects.exists()


def test_upns_of_another_school_are_of_nobody_here(school, client) -> None:
    school.other.pupil.upn = "H801200001001"
    school.other.pupil.save()

    answer = sign_in(client, school.officer).post(
        "/la/990/corrections/new/",
        {
            "school": school.hillside.pk, "first_day": "9", "first_month": "11",
            "first_year": "2026", "halves": ["0"], "who": "list", "upns": "H801200001001",
            "code": "Y4", "reason": "Snow",
        },
    )  # fmt: skip

    assert b"of nobody on roll then: number 1" in answer.content
    assert not MarkChange.objects.exists()


@pytest.mark.parametrize("reason", ["=cmd|'/c calc'!A0", "+1", "@SUM(A1)", "<script>alert(1)"])
def test_a_reason_is_no_formula_in_an_export_and_no_script_on_a_page(
    school, client, reason
) -> None:
    sign_in(client, school.officer).post(
        "/la/990/corrections/new/",
        {
            "school": school.hillside.pk, "first_day": "9", "first_month": "11",
            "first_year": "2026", "halves": ["0"], "who": "all", "code": "Y4", "reason": reason,
        },
    )  # fmt: skip
    change = MarkChange.objects.get()
    client.post(f"/la/990/corrections/{change.reference}/confirm/")

    exported = client.get("/la/990/corrections/?export=csv").content.decode("utf-8-sig")
    shown = client.get(f"/la/990/corrections/{change.reference}/").content.decode()

    assert f",{reason}" not in exported or reason.startswith("<")
    assert "<script>alert" not in shown


def one(enrolment, original="/", code="N", day=NINTH) -> list[OneChange]:
    return [OneChange(enrolment.pk, DatedSession(day, AM), original, code)]


def restore(cast, school, changes, reason="x", last=10**12) -> object:
    return restore_marks(
        school=school, changes=changes, last=last, by=cast.officer, reason=reason, now=NOW
    )


def test_the_database_puts_nothing_back_for_the_wrong_school_or_without_a_reason(school) -> None:
    with pytest.raises(InvalidInput):
        restore(school, school.hillside, one(school.other))
    with pytest.raises(InvalidInput):
        hold_marks(school.hillside, one(school.other))
    with pytest.raises(RuleNotMet):
        restore(school, school.hillside, one(school.enrolment), reason=" ")
    assert restore(school, school.hillside, one(school.enrolment), last=0).restored == 1
    kept = restore(school, school.hillside, one(school.enrolment), last=0)

    assert (kept.restored, len(kept.kept)) == (0, 1)  # it no longer reads N
    assert read(school.other) == "N N"


def test_the_database_puts_nothing_back_in_another_authority(live_cast) -> None:
    with scope([live_cast.southvale.pk]), pytest.raises(Forbidden):
        restore(live_cast, live_cast.hillside, one(live_cast.enrolment))
    with scope([live_cast.southvale.pk]), pytest.raises(Forbidden):
        hold_marks(live_cast.hillside, one(live_cast.enrolment))


@pytest.mark.parametrize(("number", "original"), [(0, 64), (200, 64), (64, 7), (64, 200)])
def test_the_database_puts_back_codes_alone(school, number, original) -> None:
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT * FROM onroll_restore_marks("
            "%s, %s, 2026, %s, %s, %s, %s, 0, 4, NULL, 'x', 'x', 'x', now())",
            [
                school.northmoor.pk,
                school.hillside.pk,
                [school.enrolment.pk],
                [200],
                [number],
                [original],
            ],
        )


def test_what_was_tried_and_who_was_told_cannot_be_changed_or_taken_away(school) -> None:
    fields = {
        "authority": school.northmoor,
        "school": school.hillside,
        "enrolment": school.enrolment,
        "about": NINTH,
        "way": "call",
        "logged_by": school.officer,
        "logged_at": NOW,
    }
    Contact.objects.create(made_at=NOW, outcome="spoke", **fields)
    WorkerTold.objects.create(worker="social", told="Team", told_at=NOW, **fields)

    for model in (Contact, WorkerTold):
        with pytest.raises(DatabaseError), transaction.atomic():
            model.objects.update(way="email")
        with pytest.raises(DatabaseError), transaction.atomic():
            model.objects.all().delete()


def test_the_database_refuses_that_one_person_asks_and_decides(school) -> None:
    with pytest.raises(DatabaseError, match="a_second_person_decides"), transaction.atomic():
        MarkChange.objects.create(
            authority=school.northmoor,
            school=school.hillside,
            code="I",
            reason="x",
            selected="x",
            first_day=NINTH,
            last_day=NINTH,
            asked_by=school.officer,
            asked_at=NOW,
            decided_by=school.officer,
            decided_at=NOW,
        )


def test_a_trust_lead_a_clerk_and_an_administrator_keep_no_register(school, client) -> None:
    for role, place in (
        (Role.TRUST_LEAD, "trust"),
        (Role.NOTICE_CLERK, "northmoor"),
        (Role.AUTHORITY_ADMINISTRATOR, "northmoor"),
        (Role.GOVERNOR, "hillside"),
    ):
        sign_in(client, school.person(role, place))
        for page in ("absences/", "corrections/", "corrections/new/"):
            assert client.get(f"/la/990/{page}").status_code == 403
