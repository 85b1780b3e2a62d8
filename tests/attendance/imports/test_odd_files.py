"""What happens off the beaten track: jobs that meet a refusal, odd pupils, odd totals."""

import pytest

from attendance.imports.reading import UnreadableFile
from attendance.models import (
    AdultLink,
    Calendar,
    ImportBatch,
    ImportProblem,
    ImportState,
    Pupil,
    PupilFlag,
)
from attendance.selectors import imports as selectors
from attendance.services import imports as services
from attendance.services.imports import Choices, ColumnsNotChosen
from attendance.services.imports import jobs as import_jobs
from authorities.models import Job
from rules.errors import Conflict, InvalidInput, RuleNotMet
from tests import factories
from tests.attendance.imports.files import NOW, TODAY, long_file, open_school, roll, send, upn

GOOD = long_file((1, "2026-09-02", "AM", "/"))


@pytest.fixture
def office(cast):
    open_school(cast)
    roll(cast, 3)
    return cast.reach(cast.officer)


def received(cast, office, text, layout="long") -> ImportBatch:
    content = text.encode()
    return services.receive(
        school=cast.hillside,
        layout=layout,
        file_name=r"C:\exports\week.csv",
        content=content,
        by=office,
        now=NOW,
    )


def chosen(cast, office, text) -> ImportBatch:
    batch = received(cast, office, text)
    choices = services.remembered(cast.hillside, "long", text.encode())
    services.choose(batch=batch, choices=choices, by=office)
    return batch


def asked_for(batch, office) -> Job:
    services.check(batch=batch, by=office, today=TODAY)
    batch.refresh_from_db()
    return services.start_take(batch=batch, by=office, now=NOW, leave_out_refused=False)


# Jobs


def test_a_file_that_cannot_be_read_whole_is_refused_by_the_check(cast, office):
    batch = chosen(cast, office, GOOD + '"open')
    services.start_check(batch=batch, by=office, now=NOW)

    said = import_jobs.check(Job.objects.latest("pk"), today=TODAY)

    batch.refresh_from_db()
    assert batch.state == ImportState.REFUSED
    assert "stops inside the quotation marks" in said["refused"]
    assert services.sentence_of(batch) == said["refused"]


def test_a_file_that_cannot_be_taken_any_more_goes_back_to_its_check(cast, office):
    batch = chosen(cast, office, GOOD)
    job = asked_for(batch, office)
    Calendar.objects.filter(school=cast.hillside).delete()

    said = import_jobs.take(job, today=TODAY, now=NOW)

    batch.refresh_from_db()
    assert batch.state == ImportState.CHECKED
    assert batch.report["put_back"] == said["refused"]


def test_a_file_whose_columns_were_lost_is_refused_by_the_import(cast, office):
    batch = chosen(cast, office, GOOD)
    job = asked_for(batch, office)
    batch.source.mapping = {"upn": "UPN"}
    batch.source.save()

    said = import_jobs.take(job, today=TODAY, now=NOW)

    assert "Choose the column for" in said["refused"]


def test_a_job_without_a_person_or_file_is_refused(cast, office):
    batch = chosen(cast, office, GOOD)
    job = asked_for(batch, office)
    job.asked_by = None
    with pytest.raises(Conflict, match="Nobody asked"):
        import_jobs.take(job, today=TODAY, now=NOW)
    job.arguments = {"batch_id": 0}
    with pytest.raises(Conflict, match="not there"):
        import_jobs.take(job, today=TODAY, now=NOW)


# Steps out of order


def test_the_file_name_is_kept_without_its_folder(cast, office):
    assert received(cast, office, GOOD).file_name == "week.csv"


def test_columns_must_be_chosen_before_anything_else(cast, office):
    batch = received(cast, office, GOOD)

    with pytest.raises(ColumnsNotChosen):
        services.check(batch=batch, by=office, today=TODAY)
    with pytest.raises(ColumnsNotChosen):
        services.map_codes(batch=batch, codes={"7": "I"}, by=office)


@pytest.mark.parametrize(
    ("mapping", "said"),
    [
        ({"upn": "Nothing"}, "no column “Nothing”"),
        ({"day": "Date"}, "the UPN, or the one with the pupil's number"),
        ({"upn": "UPN"}, "Choose the column for: Date, Session"),
    ],
)
def test_columns_that_are_not_enough_are_refused(cast, office, mapping, said):
    batch = received(cast, office, GOOD)

    with pytest.raises(ColumnsNotChosen, match=said):
        services.choose(batch=batch, choices=Choices(mapping), by=office)


def test_a_mark_that_is_not_in_the_file_cannot_be_mapped(cast, office):
    batch = chosen(cast, office, GOOD)

    with pytest.raises(InvalidInput, match="not in the file"):
        services.map_codes(batch=batch, codes={"7": "I"}, by=office)


def test_a_file_is_checked_before_it_is_imported(cast, office):
    batch = chosen(cast, office, GOOD)

    with pytest.raises(Conflict, match="Check it first"):
        services.start_take(batch=batch, by=office, now=NOW, leave_out_refused=False)
    assert services.sentence_of(batch) == "The file was not checked yet."


def test_reasons_are_needed(cast, office):
    batch = send(cast, "long", GOOD).batch

    with pytest.raises(InvalidInput, match="Say why you are undoing"):
        services.undo(batch=batch, reason="  ", by=office, now=NOW)
    with pytest.raises(InvalidInput, match="Say why this file is right"):
        services.release(batch=batch, reason="", by=office, now=NOW)


def test_leaving_out_every_row_is_no_import(cast, office):
    batch = chosen(cast, office, long_file((1, "2026-09-02", "AM", "7")))
    services.check(batch=batch, by=office, today=TODAY)

    with pytest.raises(RuleNotMet, match="No row of the file can be taken"):
        services.start_take(batch=batch, by=office, now=NOW, leave_out_refused=True)


def test_sessions_of_dated_headings_must_be_days_and_differ(cast, office):
    head = "UPN,2026-02-30 AM\n"
    with pytest.raises(UnreadableFile, match="does not name a day"):
        send(cast, "dated", f"{head}{upn(1)},/\n")
    with pytest.raises(UnreadableFile, match="No heading names a session"):
        send(cast, "dated", f"UPN,Monday\n{upn(1)},/\n")
    with pytest.raises(UnreadableFile, match="Two headings name the same session"):
        send(cast, "dated", f"UPN,2026-09-02 AM,2 September 2026 AM\n{upn(1)},/,/\n")


# Which pupil


def test_pupils_that_are_not_clear_wait_for_a_person(cast, office):
    factories.enrolment(factories.pupil(cast.northmoor), cast.hillside, external_id="MIS1")
    lone = factories.pupil(cast.northmoor)
    factories.enrolment(lone, cast.hillside, external_id="LONE")
    Pupil.objects.filter(upn=upn(3)).update(former_upn=upn(33))
    rows = [
        ",MIS1,2026-09-02,AM,/",
        ",NONE,2026-09-02,AM,/",
        ",,2026-09-02,AM,/",
        f"{upn(2)},MIS3,2026-09-02,AM,/",
        f"{upn(44)},MIS2,2026-09-02,AM,/",
        f"{upn(33)},,2026-09-02,AM,/",
        f"{upn(55)},LONE,2026-09-02,AM,/",
    ]

    outcome = send(cast, "long", "UPN,MIS ID,Date,Session,Mark\n" + "\n".join(rows) + "\n")

    said = dict(ImportProblem.objects.filter(batch=outcome.batch).values_list("line", "reason"))
    assert said == {
        2: "Two pupils have this number. Use the UPN.",
        3: "No pupil on your roll has this number.",
        4: "The row names no pupil. Add the UPN.",
        5: "The UPN and the number belong to two pupils. Correct one of them.",
        6: "The pupil with this number has another UPN. Settle which is right first.",
        7: "This is the former UPN of a pupil here. Use the present one.",
    }


# Rows that do not fit, and totals in the long layout


def test_a_row_with_too_few_values_is_refused_and_blank_rows_passed_over(cast, office):
    text = GOOD + f"{upn(2)},2026-09-02\n,,,\n\n{upn(3)},2026-09-02,AM,I,\n"

    outcome = send(cast, "long", text)

    problem = ImportProblem.objects.get(batch=outcome.batch)
    assert (problem.line, problem.kind) == (3, "wrong number of values")
    assert outcome.report["rows"] == {"total": 3, "accepted": 2, "unchanged": 0, "refused": 1}


@pytest.mark.parametrize(
    ("first", "second", "state"),
    [
        ("true,1", "false,1", "taken"),
        ("true,0", "false,1", "held"),
        ("1,2", "1,2", "taken"),
        ("1,3", "1,3", "held"),
        ("1,x", "1,2", "held"),
    ],
)
def test_flags_and_totals_in_the_long_layout(cast, office, first, second, state):
    text = (
        "UPN,Date,Session,Mark,Present,Possible\n"
        f"{upn(1)},2026-09-02,AM,/,{first}\n{upn(1)},2026-09-02,PM,O,{second}\n"
    )

    assert send(cast, "long", text).batch.state == state


def test_marks_in_lower_case_and_slashes_in_the_afternoon_when_a_person_says_so(cast, office):
    mapping = {"upn": "UPN", "day": "Date", "session": "Session", "mark": "Mark"}
    text = long_file((1, "2026-09-02", "PM", "/"), (2, "2026-09-02", "AM", "i"))

    outcome = send(cast, "long", text, choices=Choices(mapping, fold_case=True, present_both=True))

    assert outcome.batch.state == ImportState.TAKEN


# Terms and calendars


def test_the_authoritys_own_calendar_serves_a_school_without_one(cast):
    roll(cast, 1)
    sessions = bytearray(742)
    sessions[36 * 2 + 2 : 36 * 2 + 4] = b"\1\1"  # Wednesday 2 September 2026
    Calendar.objects.create(authority=cast.northmoor, year=2026, sessions=bytes(sessions))

    outcome = send(cast, "long", GOOD)

    assert outcome.batch.state == ImportState.TAKEN
    days = selectors.school_days(cast.hillside, [2026])
    assert selectors.this_term_starts(days, TODAY) is None


# People


def test_people_that_are_not_clear_wait_for_a_person(cast, office):
    factories.enrolment(factories.pupil(cast.northmoor), cast.hillside, external_id="MIS1")
    head = "UPN,MIS ID,Surname,Forenames,DOB\n"
    rows = [
        ",MIS1,Example,Robin,2016-05-04",
        ",,Example,Robin,2016-05-04",
        f"{upn(2)},MIS3,Example,Robin,2016-05-04",
        f"{upn(44)},MIS2,Example,Robin,2016-05-04",
    ]

    outcome = send(cast, "pupils", head + "\n".join(rows) + "\n")

    assert outcome.report["problems"] == {"unknown pupil": 2, "does not fit what we hold": 2}


def test_flags_end_when_the_file_says_no_and_stay_when_it_says_nothing(cast, office):
    head = "UPN,Surname,Forenames,DOB,FSM,SEN\n"
    row = f"{upn(9)},Flag,Robin,2016-05-04"
    send(cast, "pupils", f"{head}{row},Y,E\n")

    send(cast, "pupils", f"{head}{row},,\n")
    assert PupilFlag.objects.filter(ends_on=None).count() == 2
    third = send(cast, "pupils", f"{head}{row},N,K\n")
    assert third.batch.state == ImportState.TAKEN, third.sentence

    ends = dict(PupilFlag.objects.values_list("kind", "ends_on"))
    assert ends == {"free school meals": TODAY, "ehc plan": TODAY, "sen support": None}


def test_an_adult_without_a_number_is_known_by_the_child_or_by_the_address(cast, office):
    head = "UPN,Forename,Surname,Relationship,PR,Postcode,Phone\n"
    send(cast, "adults", f"{head}{upn(1)},Jo,Example,mother,Y,ZZ99 1AA,\n")

    send(
        cast,
        "adults",
        f"{head}{upn(1)},Jo,Example,mother,,ZZ99 1AA,01632 960001\n"
        f"{upn(2)},Kim,Sample,aunt,N,ZZ99 1AB,\n{upn(3)},Kim,Sample,aunt,N,ZZ99 1AB,\n",
    )

    jo = AdultLink.objects.get(pupil__upn=upn(1))
    assert (jo.adult.phone, jo.parental_responsibility) == ("01632 960001", "yes")
    aunts = AdultLink.objects.filter(relationship="aunt").values_list("adult", flat=True)
    assert len(aunts) == 2
    assert len(set(aunts)) == 1


def test_an_adult_of_a_pupil_we_do_not_know_is_refused(cast, office):
    outcome = send(cast, "adults", f"UPN,Surname,Relationship\n{upn(88)},Example,mother\n")

    assert outcome.report["problems"] == {"unknown pupil": 1}


@pytest.mark.parametrize(
    ("column", "value"),
    [("Email", "not an address"), ("Phone", "ring ring"), ("Postcode", "nowhere"),
     ("Court order", "maybe"), ("Home authority", "12")],
)  # fmt: skip
def test_other_values_that_cannot_be(cast, office, column, value):
    layout = "pupils" if column == "Home authority" else "adults"
    text = f"UPN,Surname,Forenames,DOB,Relationship,{column}\n"
    row = f"{upn(1)},Example,Robin,2016-05-04,mother,{value}\n"

    outcome = send(cast, layout, text + row)

    assert outcome.report["problems"] == {"wrong value": 1}
