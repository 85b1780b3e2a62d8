"""Files of pupils, enrolments and adults."""

from datetime import date

import pytest

from attendance.imports.reading import UnreadableFile
from attendance.models import (
    Adult,
    AdultLink,
    Enrolment,
    Flag,
    ImportProblem,
    ImportState,
    Pupil,
    PupilFlag,
)
from attendance.services import imports as services
from attendance.services.imports import ColumnsNotChosen
from rules.errors import Conflict
from tests import factories
from tests.attendance.imports.files import NOW, long_file, open_school, roll, send, upn

PUPILS = (
    "UPN,Legal surname,Legal forename,Preferred forename,DOB,Sex,SEN,FSM,Entry date,Year,Reg,"
    "MIS ID\n"
    f"{upn(11)},O'Neill,Ana María,Ana,2016-05-04,F,K,Y,2026-09-02,Year 5,5B,M11\n"
    f"{upn(12)},Nguyễn,李,,2015-01-02,m,N,N,2026-09-02,06,6A,M12\n"
)


def upload(cast, layout, text, **options):
    return send(cast, layout, text, **options)


def test_pupils_come_with_flags_and_their_place_on_roll(cast):
    outcome = upload(cast, "pupils", PUPILS)

    assert outcome.batch.state == ImportState.TAKEN, outcome.sentence
    ana, other = Pupil.objects.filter(upn__in=[upn(11), upn(12)]).order_by("upn")
    if ana.upn != upn(11):
        ana, other = other, ana
    assert (ana.surname, ana.forenames, ana.known_as) == ("O'Neill", "Ana María", "Ana")
    assert (ana.born_on, ana.sex, other.sex) == (date(2016, 5, 4), "F", "M")
    assert ana.sort_name == "o'neill ana maria"
    enrolment = ana.enrolments.get()
    assert (enrolment.school, enrolment.starts_on) == (cast.hillside, date(2026, 9, 2))
    assert (enrolment.year_group, enrolment.registration_group) == ("5", "5B")
    assert enrolment.external_id == "M11"
    flags = set(PupilFlag.objects.values_list("pupil__upn", "kind"))
    assert flags == {(upn(11), Flag.SEN_SUPPORT), (upn(11), Flag.FREE_MEALS)}


def test_the_same_pupils_again_change_nothing(cast):
    upload(cast, "pupils", PUPILS)

    outcome = upload(cast, "pupils", PUPILS)

    assert outcome.report["rows"] == {"total": 2, "accepted": 0, "unchanged": 2, "refused": 0}
    assert "Nothing changed" in outcome.sentence
    assert Pupil.objects.filter(upn=upn(11)).count() == 1


def test_pupils_without_dates_on_roll_may_come_twice(cast):
    text = f"UPN,Surname,Forenames,DOB\n{upn(11)},Example,Robin,2016-05-04\n"
    upload(cast, "pupils", text)

    assert "Nothing changed" in upload(cast, "pupils", text).sentence


def test_a_changed_detail_is_changed_and_an_absent_column_left_alone(cast):
    upload(cast, "pupils", PUPILS)
    text = f"UPN,Surname,Forenames,DOB\n{upn(11)},O'Neill-Smith,Ana María,2016-05-04\n"

    outcome = upload(cast, "pupils", text)

    pupil = Pupil.objects.get(upn=upn(11))
    assert (pupil.surname, pupil.known_as) == ("O'Neill-Smith", "Ana")
    assert outcome.report["changes"] == [
        {"pupil": pupil.reference, "record": "pupil", "fields": ["surname"]}
    ]


WRONG = [
    ("surname", "", "Enter the surname."),
    ("surname", "x" * 201, "It has 201 characters; 200 is the most."),
    ("surname", "A\u202eb", "hidden character (U+202E)"),
    ("surname", "A\u200bb", "hidden character (U+200B)"),
    ("DOB", "2027-01-01", "The date of birth is in the future."),
    ("DOB", "1990-01-01", "too long ago for a pupil"),
    ("DOB", "2016-11-31", "There is no such day."),
    ("Sex", "Q", "This must be one of: M, F."),
    ("Year", "17", "This is not a year group."),
    ("FSM", "perhaps", "This must be yes, no or not known."),
    ("UPN", "A1", "A UPN has 13 characters; this has 2."),
]


@pytest.mark.parametrize(("column", "value", "reason"), WRONG)
def test_a_wrong_value_refuses_the_file_with_its_line_and_column(cast, column, value, reason):
    row = {
        "UPN": upn(11),
        "surname": "Example",
        "forenames": "Robin",
        "DOB": "2016-05-04",
        "Sex": "F",
        "Year": "5",
        "FSM": "Y",
    }
    row[column] = value
    good = f"{upn(12)},Example,Kim,2015-01-02,M,6,N"

    outcome = upload(cast, "pupils", f"{','.join(row)}\n{good}\n{','.join(row.values())}\n")

    problem = ImportProblem.objects.get(batch=outcome.batch)
    assert (problem.line, problem.column) == (3, column)
    assert reason in problem.reason
    assert not Pupil.objects.filter(upn=upn(12)).exists()


@pytest.mark.parametrize(
    "name", ["Null", "True", "D'Souza-Smith", "مُحَمَّد", "X", "=1+1", "</p><style>", "{{7*7}}", "😀"]
)
def test_every_name_a_person_can_have_is_kept_as_it_is(cast, name):
    text = f"UPN,Surname,Forenames,DOB\n{upn(11)},{name},{name},2016-05-04\n"

    upload(cast, "pupils", text)

    assert Pupil.objects.get(upn=upn(11)).surname == name


def test_no_pupil_is_made_from_a_name_alone(cast):
    text = "Surname,Forenames,DOB,Student ID\nExample,Robin,2016-05-04,\n"

    outcome = upload(cast, "pupils", text)

    assert outcome.report["problems"] == {"unknown pupil": 1}


def test_a_pupil_without_a_upn_needs_a_number_and_a_date_of_joining(cast):
    text = "Student ID,Surname,Forenames,DOB,Entry date\n{},New,Starter,2022-05-04,{}\n"

    assert upload(cast, "pupils", text.format("N1", "")).batch.state == ImportState.REFUSED
    upload(cast, "pupils", text.format("N1", "2026-09-02"))
    later = upload(
        cast,
        "pupils",
        f"UPN,Student ID,Surname,Forenames,DOB\n{upn(20)},N1,New,Starter,2022-05-04\n",
    )

    assert later.batch.state == ImportState.TAKEN
    assert Pupil.objects.get(surname="New").upn == upn(20)


NAMESAKE = "UPN,MIS ID,Surname,Forenames,DOB,Entry date\n{},M30,O'Neill,Ana María,2016-05-04,{}\n"
TEMPORARY = "L99020002607A"


@pytest.mark.parametrize(
    ("held", "new"), [(11, ""), (None, upn(30)), (TEMPORARY, upn(30)), (11, TEMPORARY)]
)
def test_a_double_of_a_pupil_on_roll_waits_for_a_person(cast, held, new):
    upload(cast, "pupils", PUPILS)
    if held != 11:
        Pupil.objects.filter(upn=upn(11)).update(upn=held or "")

    outcome = upload(cast, "pupils", NAMESAKE.format(new, "2026-09-02"))

    assert outcome.report["problems"] == {"unknown pupil": 1}
    assert Pupil.objects.filter(surname="O'Neill").count() == 1


def test_two_children_may_share_a_name_and_a_birthday(cast):
    upload(cast, "pupils", PUPILS)

    outcome = upload(cast, "pupils", NAMESAKE.format(upn(30), "2026-09-02"))

    assert outcome.batch.state == ImportState.TAKEN
    assert outcome.report["problems"] == {"to look at": 1}
    upns = Pupil.objects.filter(surname="O'Neill").values_list("upn", flat=True)
    assert sorted(upns) == sorted([upn(11), upn(30)])


def test_two_children_of_one_file_may_share_a_name_and_a_birthday(cast):
    second = PUPILS.splitlines()[1].replace(upn(11), upn(30)).replace("M11", "M30")

    outcome = upload(cast, "pupils", f"{PUPILS}{second}\n")

    assert outcome.batch.state == ImportState.TAKEN
    assert Pupil.objects.filter(surname="O'Neill").count() == 2


def test_a_new_upn_with_the_former_one_renames_the_pupil(cast):
    upload(cast, "pupils", PUPILS)
    text = (
        "UPN,Former UPN,MIS ID,Surname,Forenames,DOB\n"
        f"{upn(31)},{upn(11)},M11,O'Neill,Ana María,2016-05-04\n"
    )

    upload(cast, "pupils", text)

    pupil = Pupil.objects.get(upn=upn(31))
    assert (pupil.former_upn, pupil.known_as) == (upn(11), "Ana")


def test_a_school_cannot_change_a_pupil_of_another_school_without_enrolling(cast):
    elsewhere = factories.pupil(cast.northmoor, upn=upn(40), surname="Theirs")
    factories.enrolment(elsewhere, cast.brook)
    text = f"UPN,Surname,Forenames,DOB\n{upn(40)},Ours,{elsewhere.forenames},2016-05-04\n"

    outcome = upload(cast, "pupils", text)

    elsewhere.refresh_from_db()
    assert outcome.batch.state == ImportState.REFUSED
    assert elsewhere.surname == "Theirs"


def test_one_upn_in_two_authorities_is_two_pupils(cast):
    factories.pupil(cast.southvale, upn=upn(11), surname="Southvale")

    upload(cast, "pupils", PUPILS)

    assert Pupil.objects.filter(upn=upn(11)).count() == 2


def test_two_rows_about_one_pupil_that_disagree_are_refused(cast):
    text = (
        "UPN,Surname,Forenames,DOB\n"
        f"{upn(11)},Example,Robin,2016-05-04\n{upn(11)},Sample,Robin,2016-05-04\n"
    )

    outcome = upload(cast, "pupils", text)

    assert ImportProblem.objects.get(batch=outcome.batch).line == 3


def test_enrolments_are_made_changed_and_ended(cast):
    pupil = factories.pupil(cast.northmoor, upn=upn(50))
    text = "UPN,Start date,End date,Status,Year group,Leaving reason\n{}\n"

    upload(cast, "enrolments", text.format(f"{upn(50)},2026-09-02,,M,5,"))
    upload(cast, "enrolments", text.format(f"{upn(50)},2026-09-02,2026-10-23,M,5,Moved away"))
    upload(cast, "enrolments", text.format(f"{upn(50)},2026-11-02,,C,5,"))

    rows = pupil.enrolments.order_by("starts_on").values_list("starts_on", "ends_on", "status")
    assert list(rows) == [
        (date(2026, 9, 2), date(2026, 10, 23), "M"),
        (date(2026, 11, 2), None, "C"),
    ]


@pytest.mark.parametrize(
    ("row", "kind"),
    [
        (f"{upn(50)},2026-09-02,2026-09-01", "wrong date"),
        (f"{upn(50)},2026-09-10,", "does not fit what we hold"),
        (f"{upn(51)},2026-09-02,", "unknown pupil"),
        (f"{upn(50)},,", "wrong date"),
    ],
)
def test_enrolments_that_cannot_be(cast, row, kind):
    pupil = factories.pupil(cast.northmoor, upn=upn(50))
    factories.enrolment(pupil, cast.hillside, starts_on=date(2026, 9, 2))

    outcome = upload(cast, "enrolments", f"UPN,Start date,End date\n{row}\n")

    assert outcome.report["problems"] == {kind: 1}


ADULTS = (
    "UPN,Contact ID,Title,Forename,Surname,Relationship,PR,Care,Priority,May contact,Court order,"
    "Protected address,Language,Needs,Address line 1,Address line 2,Postcode,Email,Phone\n"
    f"{upn(1)},C1,Ms,Jo,Example,mother,Y,Y,1,Y,none,N,Polish,Interpreter,1 Low Row,Northmoor,"
    "zz991aa,jo@example.org,01632 960001\n"
    f"{upn(2)},C1,Ms,Jo,Example,mother,Y,Y,1,Y,none,N,Polish,Interpreter,1 Low Row,Northmoor,"
    "zz991aa,jo@example.org,01632 960001\n"
    f"{upn(1)},C2,,Sam,Sample,father,Y,N,2,N,no contact,Y,,,2 High Row,,,,\n"
)


@pytest.fixture
def family(cast):
    return roll(cast, 2)


def test_adults_come_with_what_they_are_to_each_child(cast, family):
    outcome = upload(cast, "adults", ADULTS)

    assert outcome.batch.state == ImportState.TAKEN, outcome.report
    assert Adult.objects.count() == 2
    jo = Adult.objects.get(external_id="C1")
    assert (jo.address, jo.postcode) == ("1 Low Row\nNorthmoor", "ZZ99 1AA")
    assert (jo.language, jo.needs, jo.protected_address) == ("Polish", "Interpreter", "no")
    assert jo.pupil_links.count() == 2
    link = AdultLink.objects.get(adult__external_id="C2")
    assert (link.relationship, link.parental_responsibility, link.has_care) == (
        "father",
        "yes",
        "no",
    )
    assert (link.court_order, link.may_contact, link.priority) == ("no contact", "no", 2)
    assert link.adult.protected_address == "yes"


def test_what_a_file_does_not_say_of_an_adult_is_unknown(cast, family):
    upload(cast, "adults", f"UPN,Surname,Relationship\n{upn(1)},Example,mother\n")

    link = AdultLink.objects.get()
    assert (link.court_order, link.may_contact, link.parental_responsibility) == ("unknown",) * 3
    assert link.adult.protected_address == "unknown"


@pytest.mark.parametrize(
    ("was", "becomes"),
    [("no contact,Y", "none,Y"), ("no contact,Y", "no contact,N")],
    ids=["court order", "protected address"],
)
def test_a_file_never_lowers_a_protection(cast, family, was, becomes):
    text = "UPN,Contact ID,Surname,Relationship,Court order,Protected address,Language\n"
    upload(cast, "adults", f"{text}{upn(1)},C9,Example,father,{was},\n")

    outcome = upload(
        cast,
        "adults",
        f"{text}{upn(1)},C9,Example,father,{becomes},Urdu\n",
        leave_out_refused=True,
    )

    link = AdultLink.objects.get()
    assert outcome.report["problems"] == {"does not fit what we hold": 1}
    assert (link.court_order, link.adult.protected_address) == ("no contact", "yes")
    assert link.adult.language == ""


def test_an_empty_cell_leaves_a_protection_as_it_is(cast, family):
    text = "UPN,Contact ID,Surname,Relationship,Court order,Protected address,Language\n"
    upload(cast, "adults", f"{text}{upn(1)},C9,Example,father,no contact,Y,\n")

    upload(cast, "adults", f"{text}{upn(1)},C9,Example,father,,,Urdu\n")

    link = AdultLink.objects.get()
    assert (link.court_order, link.adult.protected_address) == ("no contact", "yes")
    assert link.adult.language == "Urdu"


@pytest.mark.parametrize("priority", ["-0", "1e309", "NaN", "1000000000000000000", "0", "1.5"])
def test_a_priority_is_a_small_whole_number(cast, family, priority):
    text = f"UPN,Surname,Relationship,Priority\n{upn(1)},Example,mother,{priority}\n"

    outcome = upload(cast, "adults", text)

    assert "The priority must be" in ImportProblem.objects.get(batch=outcome.batch).reason


@pytest.mark.parametrize(
    ("typed", "kept"), [("bfpo 123", "BFPO 123"), ("je2 3xp", "JE2 3XP"), ("", "")]
)
def test_postcodes_of_forces_and_islands_are_taken(cast, family, typed, kept):
    text = f"UPN,Surname,Postcode,Relationship\n{upn(1)},Example,{typed},mother\n"

    upload(cast, "adults", text)

    assert Adult.objects.get().postcode == kept


def test_undoing_removes_what_was_made_and_restores_what_was_changed(cast):
    first = upload(cast, "pupils", PUPILS)
    second = upload(cast, "pupils", PUPILS.replace("O'Neill", "Neill"))

    said = services.undo(batch=second.batch, reason="Wrong file", by=None, now=NOW)
    assert Pupil.objects.get(upn=upn(11)).surname == "O'Neill"
    assert said == "0 records were removed and 1 are as they were before."
    services.undo(batch=first.batch, reason="Wrong school", by=None, now=NOW)

    assert not Pupil.objects.filter(upn__in=[upn(11), upn(12)]).exists()
    assert not Enrolment.objects.filter(external_id="M11").exists()
    assert not PupilFlag.objects.exists()


def test_what_somebody_changed_after_the_import_stays(cast):
    upload(cast, "pupils", PUPILS)
    second = upload(cast, "pupils", PUPILS.replace("O'Neill", "Neill"))
    Pupil.objects.filter(upn=upn(11)).update(surname="Neal")

    said = services.undo(batch=second.batch, reason="Wrong file", by=None, now=NOW)

    assert "1 stay, because somebody has changed them since." in said
    assert Pupil.objects.get(upn=upn(11)).surname == "Neal"


def test_people_with_marks_are_not_removed(cast):
    open_school(cast)
    first = upload(cast, "pupils", PUPILS)
    send(cast, "long", long_file((11, "2026-09-02", "AM", "/")))

    with pytest.raises(Conflict, match="Nothing was undone"):
        services.undo(batch=first.batch, reason="Wrong school", by=None, now=NOW)

    assert Pupil.objects.filter(upn=upn(12)).exists()


@pytest.mark.parametrize(("layout", "text"), [("pupils", PUPILS), ("adults", ADULTS)])
def test_a_file_of_people_cut_anywhere_leaves_nothing_behind(cast, family, layout, text):
    content = text.encode()
    rows = [len(line) for line in content.splitlines(keepends=True)]
    ends = {sum(rows[:n]) for n in range(len(rows) + 1)}

    for cut in range(len(content) - 100, len(content) - 1):
        try:
            outcome = upload(cast, layout, content[:cut], dry_run=True)
        except (UnreadableFile, ColumnsNotChosen):
            continue
        assert cut in ends or outcome.report["rows"]["refused"], cut

    assert not Pupil.objects.filter(upn=upn(11)).exists()
