"""Recording marks: first entries, changes, refusals, undo, and who may write what."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

import pytest
from django.db import DatabaseError, connection, transaction

from attendance.models import Amendment, RegisterTaken, RegisterYear, Roll
from attendance.models.registers import Source
from attendance.selectors import registers as selectors
from attendance.services import registers
from attendance.services.registers import Outcome, Recorded
from authorities.permissions import Role
from authorities.tenancy import scope
from rules.errors import Conflict, Forbidden, InvalidInput, RuleNotMet, UnknownTerm
from rules.marks import DatedSession, Session
from tests import factories
from tests.attendance.registers import MONDAY, NOW, frame, mark, school_year, week_of

MONDAY_MORNING = DatedSession(MONDAY, Session.AM)


@pytest.fixture
def hillside(cast):
    """Hillside with a calendar for this year."""
    school_year(cast.hillside, 2026)
    return cast.hillside


def record(school, rows, **options):
    """Record rows as an import would, without a person."""
    wanted = {"batch": None, "by": None, "reason": "Imported", "now": NOW} | options
    return registers.record_marks(school=school, marks=frame(rows), **wanted)


def test_first_entries_are_one_ledger_row_a_session(cast, hillside):
    other = factories.enrolment(factories.pupil(cast.northmoor), hillside)
    rows = week_of(cast.enrolment.pk, MONDAY, "/\\") + week_of(other.pk, MONDAY, "O\\")

    assert record(hillside, rows) == Recorded(new=4)

    assert selectors.marks_of(other, MONDAY, MONDAY) == [
        mark(MONDAY, 0, "O"),
        mark(MONDAY, 1, "\\"),
    ]
    taken = RegisterTaken.objects.order_by("session")
    assert [bytes(row.codes) for row in taken] == [bytes([0x40, 0x82]), bytes([0x41, 0x41])]
    assert Roll.objects.get().enrolment_ids == [cast.enrolment.pk, other.pk]
    assert not Amendment.objects.exists()


def test_the_same_marks_again_change_nothing(cast, hillside):
    rows = week_of(cast.enrolment.pk, MONDAY, "/\\/\\OO")
    record(hillside, rows)

    assert record(hillside, rows) == Recorded(unchanged=6)

    assert RegisterTaken.objects.count() == 6


def test_a_change_is_an_amendment_with_name_and_position(cast, hillside):
    record(hillside, week_of(cast.enrolment.pk, MONDAY, "NN"))

    done = registers.save_register(
        school=hillside,
        when=MONDAY_MORNING,
        codes={cast.enrolment.pk: "I"},
        by=cast.officer,
        reason="Parent rang",
        now=NOW,
    )

    assert done == Recorded(changed=1)
    row = Amendment.objects.get()
    assert (row.original, row.amended, row.reason) == (0x81, 0x68, "Parent rang")
    assert (row.made_by_name, row.made_by_position) == (cast.officer.name, "Attendance officer")
    assert (row.day, row.session, row.source) == (MONDAY, 0, Source.SCREEN)


def test_a_change_without_a_reason_is_refused_whole(cast, hillside):
    record(hillside, week_of(cast.enrolment.pk, MONDAY, "N"))

    with pytest.raises(RuleNotMet, match="Say why"):
        record(hillside, week_of(cast.enrolment.pk, MONDAY, "O/"), reason=" ")

    assert selectors.marks_of(cast.enrolment, MONDAY, MONDAY) == [mark(MONDAY, 0, "N")]


def test_one_mark_is_amended_only_from_what_the_person_saw(cast, hillside):
    record(hillside, week_of(cast.enrolment.pk, MONDAY, "N"))
    amend = {
        "school": hillside,
        "enrolment_id": cast.enrolment.pk,
        "when": MONDAY_MORNING,
        "reason": "Doctor's letter",
        "by": cast.officer,
        "now": NOW,
    }

    with pytest.raises(Conflict, match="since you opened it"):
        registers.amend_mark(expected="O", code="M", **amend)
    assert registers.amend_mark(expected="N", code="M", **amend) == Recorded(changed=1)
    with pytest.raises(RuleNotMet):
        registers.amend_mark(expected="M", code="I", **(amend | {"reason": ""}))


@pytest.mark.parametrize(
    ("day", "session", "code", "outcome"),
    [
        (date(2026, 11, 14), 0, "/", Outcome.NO_SESSION),  # a Saturday
        (date(2026, 11, 2), 0, "/", Outcome.NO_SESSION),  # half-term
        (date(2026, 9, 10), 0, "/", Outcome.OFF_ROLL),
        (date(2026, 12, 4), 0, "/", Outcome.OFF_ROLL),
        (date(2024, 10, 1), 0, "/", Outcome.OFF_ROLL),
        (MONDAY, 0, "H", Outcome.NOT_IN_FORCE),
        (MONDAY, 0, "?", Outcome.NOT_IN_FORCE),
    ],
)
def test_marks_that_cannot_be_are_refused(cast, hillside, day, session, code, outcome):
    pupil = factories.enrolment(
        factories.pupil(cast.northmoor),
        hillside,
        starts_on=date(2026, 9, 14),
        ends_on=date(2026, 12, 3),
    )
    school_year(None, 2026, authority_id=cast.northmoor.pk)
    rows = [(pupil.pk, day, session, code), (pupil.pk, MONDAY, 1, "\\")]

    preview = registers.preview_marks(school=hillside, marks=frame(rows))

    assert preview.outcome.tolist() == [outcome, Outcome.NEW]
    with pytest.raises((InvalidInput, UnknownTerm)):
        record(hillside, rows)
    assert not RegisterYear.objects.exists()


def test_a_year_without_a_calendar_is_refused_and_the_authoritys_serves_where_there_is_one(cast):
    rows = week_of(cast.enrolment.pk, MONDAY, "/")

    assert registers.preview_marks(school=cast.hillside, marks=frame(rows)).outcome.tolist() == [
        Outcome.NO_CALENDAR
    ]
    with pytest.raises(UnknownTerm, match="no calendar"):
        record(cast.hillside, rows)
    school_year(None, 2026, authority_id=cast.northmoor.pk)
    assert record(cast.hillside, rows) == Recorded(new=1)


def test_a_pupil_of_another_school_is_refused(cast, hillside):
    elsewhere = factories.enrolment(factories.pupil(cast.northmoor), cast.brook)
    rows = week_of(elsewhere.pk, MONDAY, "/")

    assert registers.preview_marks(school=hillside, marks=frame(rows)).outcome.tolist() == [
        Outcome.NOT_HERE
    ]
    with pytest.raises(InvalidInput):
        record(hillside, rows)


def test_planned_closures_and_days_before_joining_say_what_we_know(cast, hillside):
    late = factories.enrolment(
        factories.pupil(cast.northmoor), hillside, starts_on=date(2026, 11, 10)
    )
    rows = [
        (late.pk, date(2026, 11, 2), 0, "#"),
        (late.pk, MONDAY, 0, "Z"),
        (late.pk, date(2026, 11, 10), 0, "/"),
    ]

    preview = registers.preview_marks(school=hillside, marks=frame(rows))

    assert preview.counts == Recorded(new=1, unchanged=2)
    assert record(hillside, rows) == Recorded(new=1, unchanged=2)


def test_a_session_given_twice_counts_once_and_two_marks_for_it_are_refused(cast, hillside):
    pk = cast.enrolment.pk
    same = [(pk, MONDAY, 0, "/"), (pk, MONDAY, 0, "/")]
    other = [(pk, MONDAY, 1, "O"), (pk, MONDAY, 0, "/"), (pk, MONDAY, 1, "\\")]

    assert registers.preview_marks(school=hillside, marks=frame(same)).outcome.tolist() == [
        Outcome.NEW,
        Outcome.UNCHANGED,
    ]
    assert registers.preview_marks(school=hillside, marks=frame(other)).outcome.tolist() == [
        Outcome.TWICE,
        Outcome.NEW,
        Outcome.TWICE,
    ]
    assert record(hillside, same) == Recorded(new=1, unchanged=1)
    with pytest.raises(InvalidInput):
        record(hillside, other)


def test_a_preview_says_what_recording_then_does(cast, hillside):
    pk = cast.enrolment.pk
    record(hillside, week_of(pk, MONDAY, "/\\NN"))
    rows = week_of(pk, MONDAY, "/\\II/\\")

    preview = registers.preview_marks(school=hillside, marks=frame(rows))

    assert preview.counts == Recorded(new=2, changed=2, unchanged=2)
    assert preview.current.tolist() == [0x40, 0x41, 0x81, 0x81, 0, 0]
    assert record(hillside, rows) == preview.counts


def batch(school, **fields):
    """An import batch to hang marks on."""
    from attendance.models import ImportBatch

    return ImportBatch.objects.create(
        authority_id=school.authority_id,
        school=school,
        layout="long",
        file_name="marks.csv",
        sha256="0" * 64,
        content=b"",
        uploaded_at=NOW,
        **fields,
    )


def test_an_import_is_undone_mark_by_mark_except_where_somebody_changed_it_since(cast, hillside):
    pk = cast.enrolment.pk
    record(hillside, week_of(pk, MONDAY, "NN"))
    file = batch(hillside)
    record(hillside, week_of(pk, MONDAY, "OO/\\"), batch=file)
    registers.amend_mark(
        school=hillside,
        enrolment_id=pk,
        when=DatedSession(MONDAY + timedelta(days=1), Session.PM),
        expected="\\",
        code="I",
        reason="Went home ill",
        by=cast.officer,
        now=NOW,
    )

    undone = registers.undo(batch=file, by=cast.officer, now=NOW)

    tuesday = MONDAY + timedelta(days=1)
    assert (undone.blanked, undone.restored) == (1, 2)
    assert undone.kept == ((pk, DatedSession(tuesday, Session.PM)),)
    assert undone.sentence == (
        "3 marks are as they were before the import. "
        "1 stay, because somebody has changed them since."
    )
    assert selectors.marks_of(cast.enrolment, MONDAY, tuesday) == [
        mark(MONDAY, 0, "N"),
        mark(MONDAY, 1, "N"),
        mark(tuesday, 1, "I"),
    ]
    assert Amendment.objects.filter(source=Source.UNDO).count() == 3
    assert not list(selectors.differences(hillside, 2026))

    again = registers.undo(batch=file, by=cast.officer, now=NOW)
    assert (again.blanked, again.restored, len(again.kept)) == (0, 0, 1)


def test_history_tells_first_entries_and_amendments_in_order(cast, hillside):
    pk = cast.enrolment.pk
    record(hillside, week_of(pk, MONDAY, "N"), by=cast.officer)
    record(hillside, week_of(pk, MONDAY, "O"), by=cast.officer, reason="No answer")

    told = selectors.history(cast.enrolment, MONDAY, MONDAY)

    assert [(entry.former, entry.code, entry.first, entry.reason) for entry in told] == [
        ("", "N", True, ""),
        ("N", "O", False, "No answer"),
    ]


def test_codes_used_counts_days_inside_the_range_across_two_years(cast, hillside):
    school_year(hillside, 2025)
    pk = cast.enrolment.pk
    record(hillside, week_of(pk, date(2026, 7, 13), "OOOO"))
    record(hillside, week_of(pk, MONDAY, "/\\OI"))

    used = selectors.codes_used(hillside, date(2026, 7, 14), MONDAY)

    assert used == {"O": 2, "/": 1, "\\": 1}


def test_the_view_shows_marks_as_rows_and_only_in_scope(cast, hillside):
    record(hillside, week_of(cast.enrolment.pk, MONDAY, "/I"))

    def rows():
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT day, session, code FROM attendance_mark_rows WHERE school_id = %s"
                " ORDER BY day, session",
                [hillside.pk],
            )
            return cursor.fetchall()

    assert rows() == [(MONDAY, 0, "/"), (MONDAY, 1, "I")]
    with scope([cast.southvale.pk]):
        assert rows() == []


def test_the_view_knows_every_code(cast, hillside):
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_get_viewdef('attendance_mark_rows'::regclass)")
        said = cursor.fetchone()[0]
    from attendance.marks import NUMBERS

    for code, number in NUMBERS.items():
        assert f"({number},'{code}'::text)" in said, code


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE attendance_registeryear SET marks = set_byte(marks, 0, 64)",
        "DELETE FROM attendance_registeryear",
        "TRUNCATE attendance_registeryear",
        "INSERT INTO attendance_registeryear SELECT * FROM attendance_registeryear",
        "UPDATE attendance_amendment SET reason = 'none'",
        "DELETE FROM attendance_amendment",
        "TRUNCATE attendance_amendment",
        "UPDATE attendance_registertaken SET session = 1",
        "DELETE FROM attendance_registertaken",
        "TRUNCATE attendance_registertaken",
        "DELETE FROM attendance_roll",
        "SELECT onroll_lock_years(1, 1, 2026, '{1}')",
    ],
)
def test_the_application_cannot_write_register_or_ledger_by_itself(cast, hillside, sql):
    record(hillside, week_of(cast.enrolment.pk, MONDAY, "N"))
    record(hillside, week_of(cast.enrolment.pk, MONDAY, "O"))

    with (
        pytest.raises(DatabaseError, match="permission denied"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(sql)


def test_another_authoritys_register_cannot_be_written(cast, hillside):
    with scope([cast.southvale.pk]), pytest.raises(Forbidden):
        record(hillside, week_of(cast.enrolment.pk, MONDAY, "/"))


def test_a_tampered_row_is_found_by_replaying_the_ledger(cast, hillside):
    record(hillside, week_of(cast.enrolment.pk, MONDAY, "OO"))
    record(hillside, week_of(cast.enrolment.pk, MONDAY, " I"))
    assert list(selectors.differences(hillside, 2026)) == []

    held = selectors.replay(hillside, 2026)

    assert held.ids.tolist() == [cast.enrolment.pk]
    assert bytes(held.marks[0]) == selectors.year_marks(cast.enrolment, 2026)


def test_a_code_that_is_no_longer_in_force_amends_nothing(cast, hillside):
    record(hillside, week_of(cast.enrolment.pk, MONDAY, "N"))

    with pytest.raises(InvalidInput, match="not in force that day"):
        registers.amend_mark(
            school=hillside,
            enrolment_id=cast.enrolment.pk,
            when=MONDAY_MORNING,
            expected="N",
            code="H",
            reason="A holiday",
            by=cast.officer,
            now=NOW,
        )

    assert selectors.marks_of(cast.enrolment, MONDAY, MONDAY) == [mark(MONDAY, 0, "N")]


def test_a_school_with_nobody_on_roll_has_no_marks_to_take(cast):
    school_year(cast.brook, 2026)
    rows = [(cast.enrolment.pk, MONDAY, 0, "/"), (cast.enrolment.pk, MONDAY, 1, "Z")]

    preview = registers.preview_marks(school=cast.brook, marks=frame(rows))

    assert preview.outcome.tolist() == [Outcome.NOT_HERE, Outcome.NOT_HERE]
    with pytest.raises(InvalidInput):
        record(cast.brook, rows)


def test_a_closure_in_a_year_without_a_calendar_is_refused(cast):
    with pytest.raises(UnknownTerm, match="no calendar"):
        record(cast.hillside, [(cast.enrolment.pk, MONDAY, 0, "#")])


def test_at_a_school_of_a_trust_the_ledger_keeps_the_position_that_the_person_has_there(cast):
    school_year(cast.brook, 2026)
    pupil = factories.enrolment(factories.pupil(cast.northmoor), cast.brook)
    people = [
        cast.person(Role.TRUST_LEAD, "trust"),
        cast.person(Role.ATTENDANCE_OFFICER, "brook"),
        cast.officer,
    ]
    record(cast.brook, week_of(pupil.pk, MONDAY, "N"))

    for person, code in zip(people, "IOM", strict=True):
        record(cast.brook, week_of(pupil.pk, MONDAY, code), by=person)

    positions = Amendment.objects.order_by("pk").values_list("made_by_position", flat=True)
    assert list(positions) == [
        "Trust attendance lead",
        "Attendance officer",
        "no position here",
    ]


def test_a_fault_of_the_database_is_not_dressed_up_as_a_refusal(cast, hillside):
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION READ ONLY")
        with pytest.raises(DatabaseError, match="read-only transaction"):
            record(hillside, week_of(cast.enrolment.pk, MONDAY, "/"))

    assert not RegisterTaken.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_two_importers_at_once_are_the_same_as_one(live_cast):
    school = live_cast.hillside
    with scope(live_cast.ids):
        school_year(school, 2026)
        pupils = [
            factories.enrolment(factories.pupil(live_cast.northmoor), school).pk for _ in range(20)
        ]
    rows = [row for pk in pupils for row in week_of(pk, MONDAY, "/\\" * 5)]

    def one(order):
        try:
            with scope([live_cast.northmoor.pk]):
                return record(school, rows[::order])
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        done = list(pool.map(one, (1, -1)))

    assert sorted(result.new for result in done) == [0, 200]
    with scope(live_cast.ids):
        assert RegisterTaken.objects.count() == 10
        assert RegisterYear.objects.count() == 20
        assert list(selectors.differences(school, 2026)) == []
