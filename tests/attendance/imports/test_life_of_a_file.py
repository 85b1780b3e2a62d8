"""Holding, releasing, undoing, two at once, and the commands."""

import json
import threading
from datetime import date, timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.models import Q

from attendance.models import (
    Amendment,
    ImportBatch,
    ImportProblem,
    ImportState,
    Pupil,
    RegisterTaken,
)
from attendance.selectors.registers import differences, marks_of
from attendance.services import imports as services
from attendance.services.imports import jobs as import_jobs
from audit.models import Event
from authorities.access import NotFound
from authorities.models import Job, Membership
from authorities.permissions import Role
from authorities.tenancy import scope
from rules.errors import Conflict, Forbidden
from rules.marks import Mark, Session
from tests.attendance.imports.files import NOW, TODAY, long_file, open_school, roll, send, upn

SPAN = (date(2026, 8, 1), date(2027, 7, 31))
NO_UPN = Q(upn="")
WEEKDAYS = [date(2026, 11, 2) + timedelta(days=n) for n in range(11) if n % 7 < 5]  # 2 to 12 Nov


def days_of_marks(pupils, days, code_of=lambda number, day: "/"):
    return long_file(
        *(
            (number, day.isoformat(), half, present if code_of(number, day) == "/" else "O")
            for number in range(1, pupils + 1)
            for day in days
            for half, present in (("AM", "/"), ("PM", "\\"))
        )
    )


# The feed brake


@pytest.fixture
def twelve(cast):
    """Twelve pupils, all present from 2 to 12 November: 216 marks."""
    open_school(cast)
    roll(cast, 12)
    assert send(cast, "long", days_of_marks(12, WEEKDAYS)).batch.state == ImportState.TAKEN
    return cast


def corrected(count):
    """The first `count` mornings of the term's second half as O: corrections."""
    rows = [(number, day.isoformat(), "AM", "O") for day in WEEKDAYS for number in range(1, 13)]
    return long_file(*rows[:count])


@pytest.mark.parametrize(("count", "state"), [(19, "taken"), (20, "held"), (60, "held")])
def test_a_file_that_changes_more_than_five_percent_is_held(twelve, count, state):
    # 20 of 216 marks are 9%; under 20 changes a share says nothing
    outcome = send(twelve, "long", corrected(count))

    assert outcome.batch.state == state
    assert Amendment.objects.count() == (count if state == "taken" else 0)


def test_a_held_file_says_why_and_writes_nothing(twelve):
    outcome = send(twelve, "long", corrected(30))

    assert outcome.batch.held_because.startswith(
        "It changes 30 of the 216 marks recorded, more than 5%."
    )
    assert Event.objects.filter(kind="import.held").count() == 1
    assert Amendment.objects.count() == 0


def test_an_unlikely_share_of_absences_is_held(twelve):
    friday = [date(2026, 11, 13), date(2026, 11, 16)]
    fifth = send(twelve, "long", days_of_marks(12, friday, lambda n, d: "O" if n < 3 else "/"))
    quarter = send(
        twelve,
        "long",
        days_of_marks(12, [TODAY, date(2026, 11, 18)], lambda n, d: "O" if n < 4 else "/"),
    )

    assert fifth.batch.state == ImportState.TAKEN  # 2 of 12 pupils: 17%
    assert quarter.batch.state == ImportState.HELD  # 3 of 12: 25%, and 3% before
    assert "12 of 48 sessions are absences" in quarter.batch.held_because


@pytest.mark.parametrize(
    ("day", "state"), [("2026-09-03", "taken"), ("2026-07-20", "held")], ids=["this", "past"]
)
def test_a_change_in_a_past_term_is_held_but_half_term_does_not_part_one(cast, day, state):
    open_school(cast)
    roll(cast, 1)
    send(cast, "long", long_file((1, day, "AM", "N")))

    outcome = send(cast, "long", long_file((1, day, "AM", "I")))

    assert outcome.batch.state == state


def test_first_entries_in_a_past_term_are_no_change(cast):
    open_school(cast)
    roll(cast, 1)

    assert send(cast, "long", long_file((1, "2026-07-20", "AM", "N"))).batch.state == "taken"


def test_a_released_file_goes_in_and_both_persons_and_reasons_are_kept(twelve):
    batch = send(twelve, "long", corrected(30)).batch
    officer = twelve.reach(twelve.officer)

    services.release(batch=batch, reason="Fire drill day corrected", by=officer, now=NOW)
    import_jobs.take(Job.objects.latest("pk"), today=TODAY, now=NOW)

    batch.refresh_from_db()
    assert batch.state == ImportState.TAKEN
    assert batch.released_because == "Fire drill day corrected"
    assert Amendment.objects.count() == 30
    assert Event.objects.filter(kind="import.released").get().by == twelve.officer
    with pytest.raises(Conflict):
        services.release(batch=batch, reason="again", by=officer, now=NOW)


# Undo


def test_undoing_puts_every_mark_back_and_the_ledger_keeps_both(twelve):
    before = {p.pk: marks_of(p.enrolments.get(), *SPAN) for p in Pupil.objects.filter(~NO_UPN)}
    batch = send(
        twelve, "long", corrected(10) + long_file((1, "2026-11-13", "AM", "I")).split("\r\n", 1)[1]
    ).batch

    said = services.undo(batch=batch, reason="Wrong file", by=twelve.reach(twelve.officer), now=NOW)

    assert said == "11 marks are as they were before the import."
    assert before == {
        p.pk: marks_of(p.enrolments.get(), *SPAN) for p in Pupil.objects.filter(~NO_UPN)
    }
    assert Amendment.objects.filter(batch=batch).count() == 10 + 11
    assert list(differences(twelve.hillside, 2026)) == []
    with pytest.raises(Conflict, match="not in force"):
        services.undo(batch=batch, reason="twice", by=None, now=NOW)


def test_a_mark_changed_after_the_import_stays_when_it_is_undone(twelve):
    first = send(twelve, "long", corrected(2)).batch
    send(twelve, "long", long_file((1, "2026-11-02", "AM", "I")))

    said = services.undo(batch=first, reason="Wrong file", by=None, now=NOW)

    pupil = Pupil.objects.get(upn=upn(1)).enrolments.get()
    assert "1 stay, because somebody has changed them since." in said
    assert marks_of(pupil, WEEKDAYS[0], WEEKDAYS[0])[0] == Mark(WEEKDAYS[0], Session.AM, "I")


def test_an_undone_file_may_be_imported_again(twelve):
    text = corrected(3)
    batch = send(twelve, "long", text).batch
    services.undo(batch=batch, reason="Wrong day", by=None, now=NOW)

    again = send(twelve, "long", text)

    assert again.sentence == "Imported: 0 new marks, 3 changed."


# Who may


def test_the_job_acts_with_what_the_person_may_do_when_it_runs(twelve):
    officer = twelve.reach(twelve.officer)
    batch = services.receive(
        school=twelve.hillside,
        layout="long",
        file_name="x.csv",
        content=corrected(1).encode(),
        by=officer,
        now=NOW,
    )
    choices = services.remembered(twelve.hillside, "long", bytes(batch.content))
    services.choose(batch=batch, choices=choices, by=officer)
    services.start_check(batch=batch, by=officer, now=NOW)
    Membership.objects.filter(user=twelve.officer).update(ends_on=date(2026, 11, 16))

    with pytest.raises(NotFound):
        import_jobs.check(Job.objects.latest("pk"), today=TODAY)


def test_a_tutor_cannot_import(twelve):
    tutor = twelve.reach(twelve.person(Role.TUTOR, "hillside"))

    with pytest.raises(Forbidden, match="You cannot import files"):
        send(twelve, "long", corrected(1), by=tutor)


# Two at once


def test_two_importers_at_once_end_as_one(live_cast):
    with scope(live_cast.ids):
        open_school(live_cast)
        roll(live_cast, 12)
    text = days_of_marks(12, WEEKDAYS[:3])
    sentences, start = [], threading.Barrier(4)

    def importer():
        try:
            start.wait()
            with scope([live_cast.northmoor.pk]):
                sentences.append(send(live_cast, "long", text).sentence)
        finally:
            connection.close()

    threads = [threading.Thread(target=importer) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(s.split(":")[0] for s in sentences) == ["Imported", *["Nothing changed"] * 3]
    with scope(live_cast.ids):
        assert RegisterTaken.objects.count() == 6
        assert Amendment.objects.count() == 0
        assert list(differences(live_cast.hillside, 2026)) == []


def test_one_file_imported_by_two_workers_is_taken_once(live_cast):
    with scope(live_cast.ids):
        open_school(live_cast)
        roll(live_cast, 3)
        officer = live_cast.reach(live_cast.officer)
        batch = services.receive(
            school=live_cast.hillside,
            layout="long",
            file_name="x.csv",
            content=days_of_marks(3, WEEKDAYS[:1]).encode(),
            by=officer,
            now=NOW,
        )
        choices = services.remembered(live_cast.hillside, "long", bytes(batch.content))
        services.choose(batch=batch, choices=choices, by=officer)
        services.check(batch=batch, by=officer, today=TODAY)
        job = services.start_take(batch=batch, by=officer, now=NOW, leave_out_refused=False)
    ends, start = [], threading.Barrier(2)

    def worker():
        try:
            start.wait()
            with scope([live_cast.northmoor.pk]):
                import_jobs.take(Job.objects.get(pk=job.pk), today=TODAY, now=NOW)
            ends.append("taken")
        except Conflict:
            ends.append("conflict")
        finally:
            connection.close()

    threads = [threading.Thread(target=worker) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(ends) == ["conflict", "taken"]


# By command


@pytest.fixture
def files(live_cast, tmp_path):
    """A school, two pupils, and a way to run a command on a text."""
    with scope(live_cast.ids):
        open_school(live_cast)
        roll(live_cast, 2)

    def run(command, text, *arguments):
        path = tmp_path / "file.csv"
        path.write_text(text, encoding="utf-8")
        call_command(command, str(path), "--school", "990001", *arguments)

    return run


GOOD = long_file((1, "2026-09-02", "AM", "/"), (2, "2026-09-02", "AM", "I"))
BAD = long_file((1, "2026-09-02", "AM", "/"), (2, "2026-09-02", "AM", "7"))


def recorded(cast):
    with scope(cast.ids):
        return RegisterTaken.objects.count()


def test_the_command_prints_one_json_object_and_takes_the_file(live_cast, files, capsys):
    files("import_marks", GOOD, "--layout", "long", "--json")

    out, err = capsys.readouterr()
    answer = json.loads(out)
    assert (answer["state"], answer["taken"]) == ("taken", True)
    assert answer["marks"] == {"new": 2, "changed": 0, "unchanged": 0, "blank": 0, "refused": 0}
    assert answer["rows"] == {"total": 2, "accepted": 2, "unchanged": 0, "refused": 0}
    assert "Reading the file" in err
    assert recorded(live_cast) == 1


def test_the_command_fails_and_keeps_nothing_when_a_row_is_refused(live_cast, files, capsys):
    with pytest.raises(CommandError, match="Nothing was imported: 1 of 2 rows"):
        files("import_marks", BAD, "--layout", "long", "--json")

    answer = json.loads(capsys.readouterr().out)
    assert answer["listed"] == [
        {
            "line": 3,
            "column": "Mark",
            "value": "7",
            "kind": "unknown code",
            "reason": "“7” is not an attendance code. Check the file or map it to a code.",
        }
    ]
    assert recorded(live_cast) == 0
    with scope(live_cast.ids):
        assert ImportBatch.objects.get().state == ImportState.REFUSED
        assert ImportProblem.objects.count() == 1


def test_leaving_rows_out_is_said_by_the_exit_status(live_cast, files):
    with pytest.raises(CommandError, match="1 row was left out"):
        files("import_marks", BAD, "--layout", "long", "--leave-out-refused")

    assert recorded(live_cast) == 1


def test_a_dry_run_says_whether_the_file_could_be_taken(live_cast, files, capsys):
    files("import_marks", GOOD, "--layout", "long", "--dry-run")
    with pytest.raises(CommandError):
        files("import_marks", BAD, "--layout", "long", "--dry-run")

    assert "Marks we do not know: 1." in capsys.readouterr().out
    assert recorded(live_cast) == 0


@pytest.mark.parametrize("text", ['{"7": "I"}', "mark,code\n7,I\n"], ids=["json", "csv"])
def test_codes_may_be_mapped_from_a_file(live_cast, files, tmp_path, text):
    codes = tmp_path / "codes"
    codes.write_text(text, encoding="utf-8")

    files("import_marks", BAD, "--layout", "long", "--map-codes", str(codes), "--source", "SM")

    assert recorded(live_cast) == 1


def test_the_date_order_and_columns_may_be_said(live_cast, files):
    text = GOOD.replace("2026-09-02", "02/09/2026").replace("Mark", "What was written")

    with pytest.raises(CommandError, match="Choose the column for: Mark"):
        files("import_marks", text, "--layout", "long", "--date-order", "day")
    files(
        "import_marks",
        text,
        "--layout",
        "long",
        "--date-order",
        "day",
        "--column",
        "mark=What was written",
    )

    assert recorded(live_cast) == 1


def test_an_unreadable_file_is_an_error_in_words(files, capsys):
    with pytest.raises(CommandError, match="This is a PDF"):
        files("import_marks", "%PDF", "--layout", "long", "--json")

    assert json.loads(capsys.readouterr().out)["taken"] is False


def test_the_urn_must_name_one_school(live_cast, files):
    with pytest.raises(CommandError, match="no school with that URN"):
        files("import_marks", GOOD, "--layout", "long", "--school", "123456")
    with scope(live_cast.ids):
        live_cast.coast.urn = "990001"
        live_cast.coast.save()
    with pytest.raises(CommandError, match="Add --authority CODE"):
        files("import_marks", GOOD, "--layout", "long")
    files("import_marks", GOOD, "--layout", "long", "--authority", "990")

    assert recorded(live_cast) == 1


def test_people_come_by_command_too(live_cast, files, capsys):
    files("import_pupils", f"UPN,Surname,Forenames,DOB\n{upn(9)},New,Robin,2016-05-04\n")
    files("import_enrolments", f"UPN,Start date\n{upn(9)},2026-09-02\n")
    files("import_adults", f"UPN,Surname,Relationship,PR\n{upn(9)},New,mother,Y\n")

    assert "Imported: 2 new records, 0 changed." in capsys.readouterr().out
    with scope(live_cast.ids):
        pupil = Pupil.objects.get(upn=upn(9))
        assert pupil.enrolments.get().school == live_cast.hillside
        assert pupil.adult_links.get().parental_responsibility == "yes"
