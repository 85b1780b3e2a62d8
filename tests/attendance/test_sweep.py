"""The sweep in the database: what it writes, what it leaves alone, and that it may run twice."""

import csv
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from attendance import marks as codec
from attendance import tasks
from attendance.models import (
    Crossing,
    CrossingKind,
    CrossingState,
    Enrolment,
    Pupil,
    PupilStanding,
    Sweep,
    Unswept,
)
from attendance.selectors import registers as register_selectors
from attendance.selectors import standings as selectors
from attendance.services import registers, sweeps
from audit.models import Event
from authorities.tenancy import scope
from rules.absence import Band
from rules.marks import DatedSession, Session
from tests import factories
from tests.attendance.registers import MONDAY, NOW, frame, school_year, sessions_as_bytes, week_of

AS_OF = date(2026, 11, 17)


@pytest.fixture
def hillside(cast):
    """Hillside with both years' calendars, and everybody else without any."""
    school_year(cast.hillside, 2025)
    school_year(cast.hillside, 2026)
    return cast.hillside


def record(school, rows, **options):
    """Record rows as an import would."""
    wanted = {"batch": None, "by": None, "reason": "Imported", "now": NOW} | options
    return registers.record_marks(school=school, marks=frame(rows), **wanted)


def swept(authority, *, as_of=AS_OF, full=False):
    """Sweep one authority."""
    return sweeps.sweep_authority(authority.pk, as_of=as_of, full=full, now=NOW)


def test_a_standing_is_written_for_every_enrolment_with_or_without_marks(cast, hillside):
    other = factories.enrolment(factories.pupil(cast.northmoor), hillside)
    record(hillside, week_of(cast.enrolment.pk, MONDAY, "/\\" * 3 + "LUOI"))

    done = swept(cast.northmoor)

    assert done.pupils == 2
    row = PupilStanding.objects.get(enrolment=cast.enrolment)
    assert (row.possible, row.attended, row.authorised, row.unauthorised) == (10, 7, 1, 2)
    assert (row.late_before, row.late_after, row.basis_points) == (1, 1, 7000)
    assert (row.band_or_none, row.persistent, row.severe) == (Band.AT_MOST_90, True, False)
    assert (row.run_current, row.unauthorised_run_current) == (3, 0)
    assert row.as_of == AS_OF
    blank = PupilStanding.objects.get(enrolment=other)
    assert (blank.possible, blank.basis_points, blank.band_or_none) == (0, -1, None)


def test_schools_without_a_calendar_are_left_out_in_words(cast, hillside):
    done = swept(cast.northmoor)

    assert done.problems == (
        "School 990002 was left out: it has no calendar for 2026/27. Add its terms.",
    )


def test_the_authoritys_calendar_serves_a_school_without_its_own(cast, hillside):
    school_year(None, 2026, authority_id=cast.northmoor.pk)
    factories.enrolment(factories.pupil(cast.northmoor), cast.brook)

    done = swept(cast.northmoor)

    assert (done.pupils, done.problems) == (2, ())


def test_nothing_changed_means_nothing_is_swept(cast, hillside):
    record(hillside, week_of(cast.enrolment.pk, MONDAY, "/O"))
    swept(cast.northmoor)

    assert swept(cast.northmoor).pupils == 0


def correct(cast, school, code):
    """Correct Monday afternoon's mark of this year."""
    record(school, week_of(cast.enrolment.pk, MONDAY, f"/{code}"))


def correct_july(cast, school, code):
    """Correct an afternoon of last July, in the last twelve school weeks."""
    record(school, week_of(cast.enrolment.pk, LAST_JULY, f"/{code}"))


def shrink_calendar(school):
    """Leave one session in this year's calendar."""
    calendar = school.calendars.get(year=2026)
    calendar.sessions = sessions_as_bytes(2026, [DatedSession(MONDAY, Session.AM)])
    calendar.save()


LAST_JULY = date(2026, 7, 20)
NEXT_DAY = AS_OF + timedelta(days=1)


@pytest.mark.parametrize(
    ("change", "day", "possible", "looked_back", "window"),
    [
        (lambda cast, school: correct(cast, school, "I"), AS_OF, 2, 1, 0),
        (lambda cast, school: correct_july(cast, school, "I"), AS_OF, 2, 1, 1),
        (
            lambda cast, school: Enrolment.objects.update(starts_on=date(2026, 11, 10)),
            AS_OF,
            0,
            0,
            0,
        ),
        (lambda cast, school: Pupil.objects.update(born_on=date(2021, 11, 10)), AS_OF, 2, 2, 0),
        (lambda cast, school: shrink_calendar(school), AS_OF, 2, 2, 2),
        (lambda cast, school: None, NEXT_DAY, 2, 2, 1),
    ],
    ids=["marks", "last year's marks", "enrolment", "birthday", "calendar", "day"],
)
def test_whatever_a_standing_rests_on_sweeps_it_again(
    cast, hillside, change, day, possible, looked_back, window
):
    record(hillside, week_of(cast.enrolment.pk, MONDAY, "/O"))
    record(hillside, week_of(cast.enrolment.pk, LAST_JULY, "/O"))
    swept(cast.northmoor)
    with transaction.atomic():  # as life would: a transaction after the sweep's
        change(cast, hillside)

    assert swept(cast.northmoor, as_of=day).pupils == 1
    assert swept(cast.northmoor, as_of=day).pupils == 0

    row = PupilStanding.objects.get()
    found = (row.possible, row.back_unauthorised, row.window_count)
    assert found == (possible, looked_back, window)


def test_a_sweep_that_fails_leaves_its_work_to_the_next(cast, hillside, monkeypatch):
    record(hillside, week_of(cast.enrolment.pk, MONDAY, "/O"))
    swept(cast.northmoor)
    record(hillside, week_of(cast.enrolment.pk, MONDAY, "/I"))
    with monkeypatch.context() as broken, pytest.raises(ZeroDivisionError), transaction.atomic():
        broken.setattr(sweeps, "cross", lambda *given, **more: 1 // 0)
        swept(cast.northmoor)

    assert swept(cast.northmoor).pupils == 1
    assert PupilStanding.objects.get().unauthorised == 0


def test_what_is_written_during_a_sweep_waits_for_the_next(cast, hillside, monkeypatch):
    record(hillside, week_of(cast.enrolment.pk, MONDAY, "/O"))
    swept(cast.northmoor)
    record(hillside, week_of(cast.enrolment.pk, MONDAY, "/I"))
    taken = sweeps.write

    def meanwhile(*given, **more):
        record(hillside, week_of(cast.enrolment.pk, MONDAY, "/U"))
        return taken(*given, **more)

    with monkeypatch.context() as busy:
        busy.setattr(sweeps, "write", meanwhile)
        swept(cast.northmoor)
    assert PupilStanding.objects.get().unauthorised == 0

    swept(cast.northmoor)

    assert PupilStanding.objects.get().unauthorised == 1
    assert not Unswept.objects.exists()


def test_many_writes_of_one_pupil_are_one_pupils_work(cast, hillside):
    swept(cast.northmoor)
    for code in "OIU":
        record(hillside, week_of(cast.enrolment.pk, MONDAY, f"/{code}"))
    Pupil.objects.update(born_on=date(2015, 3, 4))

    assert Unswept.objects.count() > 3
    assert swept(cast.northmoor).pupils == 1
    assert not Unswept.objects.exists()


def test_a_new_enrolment_gets_its_standing_at_the_next_sweep(cast, hillside):
    swept(cast.northmoor)
    with transaction.atomic():
        factories.enrolment(factories.pupil(cast.northmoor), hillside)

    assert swept(cast.northmoor).pupils == 1


def test_an_enrolment_that_moved_out_of_the_year_loses_its_standing_at_night(cast, hillside):
    swept(cast.northmoor)
    Enrolment.objects.update(ends_on=date(2026, 7, 10))

    swept(cast.northmoor, as_of=AS_OF + timedelta(days=1), full=True)

    assert not PupilStanding.objects.exists()


def crossing(kind=CrossingKind.TEN_IN_TEN):
    """(state, was, since) of the one crossing of a kind, or None."""
    return Crossing.objects.filter(kind=kind).values_list("state", "was", "since").first()


def test_a_line_is_come_to_and_left_again(cast, hillside):
    pk = cast.enrolment.pk
    record(hillside, week_of(pk, MONDAY, "OOOOO"))
    swept(cast.northmoor)
    assert crossing() is None

    record(hillside, week_of(pk, MONDAY, "     N"))
    assert swept(cast.northmoor).crossings == 1
    assert crossing() == (CrossingState.NEAR, "", AS_OF)

    record(hillside, week_of(pk, MONDAY, "      OOOO"))
    swept(cast.northmoor)
    assert crossing() == (CrossingState.PROVISIONAL, CrossingState.NEAR, AS_OF)

    Crossing.objects.update(seen_at=NOW, seen_by=cast.officer)
    record(hillside, week_of(pk, MONDAY, "     O"))
    later = AS_OF + timedelta(days=1)
    swept(cast.northmoor, as_of=later)
    assert crossing() == (CrossingState.MET, CrossingState.PROVISIONAL, later)
    assert Crossing.objects.get(kind=CrossingKind.TEN_IN_TEN).seen_at is None

    record(hillside, week_of(pk, MONDAY, "IIIIII"))
    swept(cast.northmoor, as_of=later)
    assert crossing() == (CrossingState.GONE, CrossingState.MET, later)
    assert swept(cast.northmoor, as_of=later, full=True).crossings == 0


def test_a_seen_crossing_stays_seen_while_nothing_changes(cast, hillside):
    record(hillside, week_of(cast.enrolment.pk, MONDAY, "O" * 10))
    swept(cast.northmoor)
    Crossing.objects.update(seen_at=NOW, seen_by=cast.officer)

    swept(cast.northmoor, as_of=AS_OF + timedelta(days=1), full=True)

    assert Crossing.objects.get().seen_at == NOW
    assert Crossing.objects.get().since == AS_OF


def test_ten_that_have_left_the_window_are_gone_and_not_met(cast, hillside):
    record(hillside, week_of(cast.enrolment.pk, date(2026, 9, 7), "O" * 10))

    swept(cast.northmoor, as_of=date(2026, 11, 27))

    assert crossing()[0] == CrossingState.GONE
    assert PupilStanding.objects.get().first_met_at == DatedSession(date(2026, 9, 11), Session.PM)


def test_a_share_of_absence_needs_twenty_possible_sessions(cast, hillside):
    pk = cast.enrolment.pk
    record(hillside, week_of(pk, date(2026, 9, 7), "IIIIIIIIII") + week_of(pk, MONDAY, "/" * 9))
    swept(cast.northmoor)
    assert crossing(CrossingKind.PERSISTENT) is None

    record(hillside, week_of(pk, MONDAY, " " * 9 + "/"))
    swept(cast.northmoor)

    assert crossing(CrossingKind.PERSISTENT) == (CrossingState.MET, "", AS_OF)
    assert crossing(CrossingKind.SEVERE) == (CrossingState.MET, "", AS_OF)


def test_a_mover_stands_at_each_school_on_its_own_sessions(cast, hillside):
    school_year(cast.brook, 2026)
    Enrolment.objects.update(ends_on=date(2026, 9, 25))
    moved = factories.enrolment(cast.pupil, cast.brook, starts_on=date(2026, 9, 28))
    record(hillside, week_of(cast.enrolment.pk, date(2026, 9, 7), "OOOOOO"))
    record(cast.brook, week_of(moved.pk, date(2026, 9, 28), "OOOO"))

    swept(cast.northmoor)

    counts = dict(PupilStanding.objects.values_list("enrolment", "window_count"))
    assert counts == {cast.enrolment.pk: 6, moved.pk: 4}
    assert crossing()[0] == CrossingState.NEAR


def test_a_night_happens_once(cast, hillside):
    record(hillside, week_of(cast.enrolment.pk, MONDAY, "O" * 10))

    assert sweeps.nightly(cast.northmoor.pk, as_of=AS_OF, now=NOW).pupils == 1
    assert sweeps.nightly(cast.northmoor.pk, as_of=AS_OF, now=NOW) is None

    row = Sweep.objects.get()
    assert (row.pupils, row.crossings, row.full) == (1, 1, True)
    assert len(row.problems) == 1
    assert Event.objects.filter(kind="sweep.done").count() == 1


def test_no_row_of_another_authority_is_read_or_written(cast, hillside):
    record(hillside, week_of(cast.enrolment.pk, MONDAY, "O" * 10))

    with (
        pytest.raises(DatabaseError, match="row-level security"),
        scope([cast.southvale.pk]),
    ):
        swept(cast.northmoor, full=True)

    assert not PupilStanding.objects.exists()


def test_tasks_sweep_for_today_in_their_own_scope(cast, hillside, monkeypatch):
    record(hillside, week_of(cast.enrolment.pk, MONDAY, "O" * 10))

    tasks.sweep_changes(authority_id=cast.northmoor.pk)
    tasks.sweep_tonight(authority_id=cast.northmoor.pk)

    assert Crossing.objects.get().since == timezone.localdate() == AS_OF
    assert Sweep.objects.get().as_of == AS_OF


def test_the_clock_asks_for_every_authority(cast, monkeypatch):
    asked = []
    monkeypatch.setattr(tasks, "enqueue", lambda name, **ids: asked.append((name, ids)))

    tasks.sweep_every_authority()
    tasks.sweep_what_changed()
    tasks.sweep_what_changed(authority_id=cast.southvale.pk)

    both = [{"authority_id": pk} for pk in cast.ids]
    assert asked == [
        *(("attendance.sweep_tonight", ids) for ids in both),
        *(("attendance.sweep_changes", ids) for ids in both),
        ("attendance.sweep_changes", {"authority_id": cast.southvale.pk}),
    ]


def test_the_command_sweeps_and_says_so(cast, hillside, capsys):
    record(hillside, week_of(cast.enrolment.pk, MONDAY, "O" * 10))

    call_command("sweep", "--authority", "990", "--full")
    call_command("sweep", "--authority", "990")

    told = capsys.readouterr().err.splitlines()
    assert "Authority 990: 1 pupils swept, 1 crossings." in told
    assert told[-1] == "Authority 990: 0 pupils swept, 0 crossings."
    with pytest.raises(CommandError, match="no authority with the code 123"):
        call_command("sweep", "--authority", "123")


def test_standings_of_any_day_as_a_file(cast, hillside, tmp_path):
    Pupil.objects.update(upn="A123456789012")
    record(hillside, week_of(cast.enrolment.pk, date(2026, 9, 7), "OOOOOOOOON"))
    record(hillside, week_of(cast.enrolment.pk, MONDAY, "/LUI//////"))
    file = tmp_path / "standings.csv"

    call_command("standings", "--school", "990001", "--as-of", "2026-11-11", "--csv", str(file))

    (row,) = csv.DictReader(file.read_text(encoding="utf-8").splitlines())
    assert row == {
        "UPN": "A123456789012",
        "possible": "16",
        "attended": "4",
        "authorised": "1",
        "unauthorised": "11",
        "lates": "2",
        "attendance %": "25.0",
        "band": "50% or less",
        "five-point band": "50% or more",
        "persistent": "yes",
        "severe": "yes",
        "current ten weeks": "11",
        "threshold met": "yes",
        "first met on": "2026-09-11",
        "window start": "2026-08-31",
        "window end": "2026-11-15",
        "look-back possible": "16",
        "look-back attended": "4",
        "look-back authorised": "1",
        "look-back unauthorised": "11",
        "longest run": "10",
        "current run": "0",
    }
    assert not PupilStanding.objects.exists()


def test_standings_need_a_school_that_exists_and_has_a_calendar(cast, tmp_path):
    common = ("--as-of", "2026-11-11", "--csv", str(tmp_path / "x.csv"))

    with pytest.raises(CommandError, match="no school with the URN 1"):
        call_command("standings", "--school", "1", *common)
    with pytest.raises(CommandError, match="no calendar for 2026/27"):
        call_command("standings", "--school", "990001", *common)


def test_verify_finds_every_mark_where_the_ledger_has_it(cast, hillside, capsys):
    record(hillside, week_of(cast.enrolment.pk, MONDAY, "OO"))

    call_command("verify", "--authority", "990")

    assert capsys.readouterr().out == "2 schools: every mark is what the ledger says.\n"


def test_verify_names_a_mark_that_somebody_tampered_with(cast, hillside, capsys, monkeypatch):
    record(hillside, week_of(cast.enrolment.pk, MONDAY, "OO"))
    truth = register_selectors.school_matrix

    def tampered(school, year):
        found = truth(school, year)
        marks = found.marks.copy()
        marks[0, codec.position(MONDAY, 1)] = codec.NUMBERS["/"]
        return register_selectors.Matrix(found.ids, marks)

    monkeypatch.setattr(register_selectors, "school_matrix", tampered)

    with pytest.raises(CommandError, match="1 marks differ"):
        call_command("verify", "--authority", "990", "--school", "990001")
    assert "9 November 2026, afternoon: the ledger says “O”, the row “/”" in (
        capsys.readouterr().err
    )


def test_a_null_or_a_value_of_another_width_is_never_read_as_figures(cast):
    layout = selectors.wire(("id", ">i8"))
    with pytest.raises(AssertionError, match="null"):
        selectors.read("SELECT NULL::bigint", layout)


def test_a_large_authority_is_swept_in_parts(cast, hillside):
    factories.enrolment(factories.pupil(cast.northmoor), hillside)
    factories.enrolment(factories.pupil(cast.northmoor), cast.brook)
    schools = [cast.hillside.pk, cast.brook.pk]

    assert selectors.shards(cast.northmoor.pk, schools, most=2) == [
        [cast.hillside.pk],
        [cast.brook.pk],
    ]
    assert selectors.shards(cast.northmoor.pk, schools, most=3) == [schools]


def test_many_changes_are_swept_in_parts_too(cast, hillside, monkeypatch):
    school_year(cast.brook, 2026)
    rows = [factories.enrolment(factories.pupil(cast.northmoor), cast.brook) for _ in range(3)]
    swept(cast.northmoor)
    record(cast.brook, [row for one in rows for row in week_of(one.pk, MONDAY, "OO")])
    record(hillside, week_of(cast.enrolment.pk, MONDAY, "OO"))
    parts = []
    whole = sweeps.sweep_shard

    def noted(scope, schools, **how):
        parts.append(len(how["ids"]))
        return whole(scope, schools, **how)

    monkeypatch.setattr(sweeps, "sweep_shard", noted)
    monkeypatch.setattr(sweeps._together, "__defaults__", (3,))

    assert swept(cast.northmoor).pupils == 4
    assert parts == [1, 3]
    assert set(PupilStanding.objects.values_list("unauthorised", flat=True)) == {2}


@pytest.mark.django_db(transaction=True)
def test_two_sweeps_at_once_are_the_same_as_one(live_cast):
    with scope(live_cast.ids):
        school_year(live_cast.hillside, 2026)
        for _ in range(30):
            pupil = factories.pupil(live_cast.northmoor)
            enrolment = factories.enrolment(pupil, live_cast.hillside)
            record(live_cast.hillside, week_of(enrolment.pk, MONDAY, "O" * 10))

    def one(full):
        try:
            with scope([live_cast.northmoor.pk]):
                return swept(live_cast.northmoor, full=full)
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        done = list(pool.map(one, (True, True)))

    assert sorted(result.crossings for result in done) == [0, 30]
    with scope(live_cast.ids):
        assert Crossing.objects.count() == 30
        assert PupilStanding.objects.count() == 31
