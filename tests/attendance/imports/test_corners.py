"""Corners of the importer: parts of a large file, progress, people under two names, undo twice."""

from datetime import date

import pytest

from attendance.models import (
    Adult,
    AdultLink,
    Amendment,
    ImportBatch,
    ImportProblem,
    ImportState,
    Pupil,
    RegisterTaken,
)
from attendance.selectors.registers import marks_of
from attendance.services import imports as services
from attendance.services.imports import checking, taking
from attendance.services.imports import jobs as import_jobs
from authorities.models import Job
from rules.errors import Conflict
from rules.marks import Mark, Session
from tests import factories
from tests.attendance.imports.files import NOW, TODAY, long_file, open_school, roll, send, upn

WEDNESDAY, THURSDAY = date(2026, 9, 2), date(2026, 9, 3)


# Large files


def test_a_large_file_is_written_some_days_at_a_time_and_no_register_is_parted(cast, monkeypatch):
    open_school(cast)
    pupils = roll(cast, 2)
    monkeypatch.setattr(taking, "WRITE_AT_ONCE", 4)
    told = []
    text = long_file(
        (1, "2026-09-02", "AM", "/"),
        (2, "2026-09-02", "AM", "I"),
        (1, "2026-09-02", "PM", "\\"),
        (1, "2026-09-03", "AM", "/"),
        (2, "2026-09-03", "AM", "/"),
    )

    outcome = send(cast, "long", text, progress=lambda *said: told.append(said))

    assert outcome.report["written"] == {"new": 5, "changed": 0}
    assert [said for said in told if said[2] == "Writing the register"] == [
        (0, 2, "Writing the register"),
        (1, 2, "Writing the register"),
        (2, 2, "Writing the register"),
    ]
    assert RegisterTaken.objects.count() == 3  # one row a session, in whichever part
    assert marks_of(pupils[0].enrolments.get(), WEDNESDAY, THURSDAY) == [
        Mark(WEDNESDAY, Session.AM, "/"),
        Mark(WEDNESDAY, Session.PM, "\\"),
        Mark(THURSDAY, Session.AM, "/"),
    ]


def test_rows_read_are_reported_now_and_then(cast, monkeypatch):
    open_school(cast)
    roll(cast, 1)
    told = []
    text = long_file(
        (1, "2026-09-02", "AM", "/"), (1, "2026-09-02", "PM", "\\"), (1, "2026-09-03", "AM", "/")
    )

    def tell(*said):
        told.append(said)

    send(cast, "long", text, dry_run=True, progress=tell)
    assert [said[0] for said in told if said[2] == "Reading the file"] == [0]
    told.clear()
    monkeypatch.setattr(checking, "REPORT_EACH", 3)
    send(cast, "long", text, dry_run=True, progress=tell)

    # four line breaks, the headings' among them, are what there is to read
    assert [said for said in told if said[2] == "Reading the file"] == [
        (0, 4, "Reading the file"),
        (3, 4, "Reading the file"),
    ]


# Odd files of marks


@pytest.mark.parametrize(
    ("layout", "text"),
    [
        ("long", f"UPN,Date,Session,Mark\n{upn(1)},2026-09-02,AM,/,extra\n"),
        ("dated", f"UPN,2026-09-02 AM\n{upn(1)},/,extra\n"),
    ],
)
def test_a_file_of_which_no_row_fits_its_headings_is_refused(cast, layout, text):
    open_school(cast)
    roll(cast, 1)

    outcome = send(cast, layout, text)

    assert outcome.sentence == "Nothing was imported: 1 of 1 rows cannot be taken."
    problem = ImportProblem.objects.get(batch=outcome.batch)
    assert (problem.line, problem.kind) == (2, "wrong number of values")


@pytest.mark.parametrize(
    ("layout", "text", "asked"),
    [
        ("dated", "UPN,03/09/2026 AM\nx,/\n", True),
        ("dated", "UPN,2026-09-03 AM\nx,/\n", False),
        ("long", "UPN,Date,Session,Mark\nx,03/09/2026,AM,/\n", True),
        ("long", "UPN,Date,Session,Mark\nx,3 September 2026,AM,/\n", False),
    ],
)
def test_the_order_of_dates_is_asked_for_where_a_cell_or_a_heading_reads_two_ways(
    layout, text, asked
):
    opening = services.opening_of(text.encode(), layout)

    assert services.may_need_date_order(opening, layout) is asked


def test_an_import_that_the_brake_stops_is_held_by_its_job_and_writes_nothing(cast):
    open_school(cast)
    roll(cast, 1)
    send(cast, "long", long_file((1, "2026-07-20", "AM", "N")))
    office = cast.reach(cast.officer)
    text = long_file((1, "2026-07-20", "AM", "I"))  # a change in a term that is over
    batch = services.receive(
        school=cast.hillside,
        layout="long",
        file_name="late.csv",
        content=text.encode(),
        by=office,
        now=NOW,
    )
    choices = services.remembered(cast.hillside, "long", text.encode())
    services.choose(batch=batch, choices=choices, by=office)
    services.check(batch=batch, by=office, today=TODAY)
    services.start_take(batch=batch, by=office, now=NOW, leave_out_refused=False)

    import_jobs.take(Job.objects.latest("pk"), today=TODAY, now=NOW)

    held = ImportBatch.objects.get(pk=batch.pk)
    assert held.state == ImportState.HELD
    assert held.held_because
    assert not Amendment.objects.exists()


# Pupils


def test_a_last_line_without_a_break_is_fine_when_its_date_is_whole(cast):
    text = f"UPN,Surname,Forenames,DOB\n{upn(9)},Example,Robin,2016-05-04"

    assert send(cast, "pupils", text).batch.state == ImportState.TAKEN
    assert Pupil.objects.get(upn=upn(9)).born_on == date(2016, 5, 4)


def test_the_council_where_the_child_lives_is_kept(cast):
    text = "UPN,Surname,Forenames,Home LA,DOB\n{},Example,Robin,{},2016-05-04\n"

    send(cast, "pupils", text.format(upn(9), " 991 "))
    assert Pupil.objects.get(upn=upn(9)).home_authority == "991"
    send(cast, "pupils", text.format(upn(9), ""))

    assert Pupil.objects.get(upn=upn(9)).home_authority == ""


def test_rows_of_pupils_that_name_another_school_are_left_out(cast):
    head = "UPN,School,Surname,Forenames,DOB\n"
    rows = f"{upn(8)},990001,Here,Robin,2016-05-04\n{upn(9)},990002,There,Kim,2016-05-04\n"

    outcome = send(cast, "pupils", head + rows, leave_out_refused=True)

    assert outcome.report["problems"] == {"another school": 1}
    assert Pupil.objects.filter(upn=upn(8)).exists()
    assert not Pupil.objects.filter(upn=upn(9)).exists()


def test_a_pupil_who_left_and_came_back_is_one_pupil_under_one_number(cast):
    pupil = factories.pupil(cast.northmoor, surname="Returner", forenames="Robin")
    factories.enrolment(
        pupil,
        cast.hillside,
        external_id="R1",
        starts_on=date(2025, 9, 1),
        ends_on=date(2025, 12, 19),
    )
    factories.enrolment(pupil, cast.hillside, external_id="R1", starts_on=date(2026, 9, 2))

    outcome = send(
        cast,
        "pupils",
        f"UPN,MIS ID,Surname,Forenames,DOB\n{upn(9)},R1,Returner,Robin,2016-05-04\n",
    )

    assert outcome.batch.state == ImportState.TAKEN, outcome.sentence
    pupil.refresh_from_db()
    assert pupil.upn == upn(9)


def test_a_new_pupil_whose_upn_comes_on_a_later_row_is_made_once_with_it(cast):
    text = (
        "UPN,MIS ID,Surname,Forenames,DOB,Entry date\n"
        ",N1,Starter,Robin,2022-05-04,2026-09-02\n"
        f"{upn(9)},N1,Starter,Robin,2022-05-04,2026-09-02\n"
    )

    outcome = send(cast, "pupils", text)

    assert outcome.batch.state == ImportState.TAKEN, outcome.sentence
    made = Pupil.objects.get(surname="Starter")
    assert made.upn == upn(9)
    assert made.enrolments.get().external_id == "N1"
    assert outcome.report["records"] == {"new": {"pupil": 1, "enrolment": 1}, "changed": {}}


# Enrolments


def test_an_empty_number_does_not_unlink_the_pupil(cast):
    pupil = roll(cast, 1)[0]
    text = f"UPN,MIS ID,Start date,Year group\n{upn(1)},,2025-09-01,5\n"

    outcome = send(cast, "enrolments", text)

    assert outcome.report["written"] == {"new": 0, "changed": 1}
    held = pupil.enrolments.get()
    assert (held.external_id, held.year_group) == ("MIS1", "5")


def test_a_number_given_on_one_row_finds_the_pupil_on_the_next(cast):
    pupil = factories.pupil(cast.northmoor, upn=upn(9))
    factories.enrolment(pupil, cast.hillside, starts_on=date(2026, 9, 2))
    text = f"UPN,MIS ID,Start date,End date\n{upn(9)},N9,2026-09-02,2026-10-23\n,n9,2026-11-02,\n"

    outcome = send(cast, "enrolments", text)

    assert outcome.report["written"] == {"new": 1, "changed": 1}
    rows = pupil.enrolments.order_by("starts_on").values_list("starts_on", "ends_on")
    assert list(rows) == [
        (date(2026, 9, 2), date(2026, 10, 23)),
        (date(2026, 11, 2), None),
    ]


# Adults


def test_each_of_two_parents_without_numbers_is_found_by_name(cast):
    roll(cast, 1)
    head = "UPN,Forename,Surname,Relationship,Phone\n"
    both = f"{upn(1)},Jo,Example,mother,\n{upn(1)},Sam,Example,father,{{}}\n"
    send(cast, "adults", head + both.format(""))

    send(cast, "adults", head + both.format("01632 960002"))

    phones = Adult.objects.order_by("forenames").values_list("forenames", "phone")
    assert list(phones) == [("Jo", ""), ("Sam", "01632 960002")]


def test_a_file_may_add_a_protection_and_say_who_to_ring_first(cast):
    roll(cast, 1)
    head = (
        "UPN,Contact ID,Surname,Relationship,Court order,May contact,Protected address,"
        "Emergency contact\n"
    )
    send(cast, "adults", f"{head}{upn(1)},C1,Example,father,none,Y,N,N\n")
    assert AdultLink.objects.get().emergency_contact is False

    outcome = send(cast, "adults", f"{head}{upn(1)},C1,Example,father,no contact,N,Y,Y\n")

    assert outcome.batch.state == ImportState.TAKEN, outcome.sentence
    link = AdultLink.objects.get()
    assert (link.court_order, link.may_contact) == ("no contact", "no")
    assert (link.adult.protected_address, link.emergency_contact) == ("yes", True)


# Undo


def test_undoing_the_later_file_last_finds_nothing_left_to_restore(cast):
    head = "UPN,Surname,Forenames,DOB\n"
    first = send(cast, "pupils", f"{head}{upn(9)},Example,Robin,2016-05-04\n")
    second = send(cast, "pupils", f"{head}{upn(9)},Sample,Robin,2016-05-04\n")
    services.undo(batch=first.batch, reason="Wrong school", by=None, now=NOW)

    said = services.undo(batch=second.batch, reason="Wrong school", by=None, now=NOW)

    assert said == "0 records were removed and 0 are as they were before."
    assert not Pupil.objects.filter(upn=upn(9)).exists()


LEFT_AND_BACK = f"UPN,Start date,End date\n{upn(1)},2025-09-01,2026-10-23\n{upn(1)},2026-11-02,\n"


def test_a_pupil_who_leaves_and_comes_back_in_one_file_is_put_back_by_undoing_it(cast):
    pupil = roll(cast, 1)[0]
    batch = send(cast, "enrolments", LEFT_AND_BACK).batch
    assert pupil.enrolments.count() == 2

    said = services.undo(batch=batch, reason="Wrong pupil", by=None, now=NOW)

    assert said == "1 records were removed and 1 are as they were before."
    held = pupil.enrolments.get()
    assert (held.starts_on, held.ends_on) == (date(2025, 9, 1), None)


def test_a_leaver_who_joined_again_since_is_not_put_back(cast):
    pupil = roll(cast, 1)[0]
    head, left, back = LEFT_AND_BACK.splitlines(keepends=True)
    leaving = send(cast, "enrolments", head + left).batch
    send(cast, "enrolments", head + back)

    with pytest.raises(Conflict, match="Nothing was undone"):
        services.undo(batch=leaving, reason="Wrong pupil", by=None, now=NOW)

    ends = pupil.enrolments.order_by("starts_on").values_list("ends_on", flat=True)
    assert list(ends) == [date(2026, 10, 23), None]
    leaving.refresh_from_db()
    assert leaving.state == ImportState.TAKEN
