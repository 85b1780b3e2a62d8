"""Files of marks in the three layouts, in all encodings, and what is refused in them."""

from datetime import date

import pytest

from attendance.imports.reading import UnreadableFile
from attendance.imports.values import DateOrder
from attendance.models import Amendment, ImportProblem, ImportState, RegisterTaken
from attendance.selectors.registers import marks_of
from attendance.services.imports import Choices, ColumnsNotChosen
from rules.marks import Mark, Session
from tests import factories
from tests.attendance.imports.files import long_file, open_school, roll, send, upn

AM, PM = Session.AM, Session.PM
WEDNESDAY, THURSDAY = date(2026, 9, 2), date(2026, 9, 3)


@pytest.fixture
def school(cast):
    open_school(cast)
    return roll(cast, 3)


def recorded(pupil) -> list[Mark]:
    return marks_of(pupil.enrolments.get(), date(2026, 8, 1), date(2027, 7, 31))


LONG = long_file(
    (1, "2026-09-02", "AM", "/"),
    (1, "2026-09-02", "PM", "\\"),
    (2, "2026-09-02", "AM", "I"),
    (2, "2026-09-02", "PM", "-"),
    (3, "2026-09-02", "AM", "L"),
    (3, "2026-09-02", "PM", "C1"),
)
WEEK = (
    "UPN,Week commencing,MonAM,MonPM,TueAM,TuePM,WedAM,WedPM,ThuAM,ThuPM,FriAM,FriPM\n"
    f"{upn(1)},2026-08-31,#,#,#,#,/,\\,,,,\n"
    f"{upn(2)},2026-08-31,#,#,#,#,I, - ,,,,\n"
    f"{upn(3)},2026-08-31,#,#,#,#,L,C1,,,,\n"
)
DATED = (
    "Name,UPN,2026-09-02 AM,2026-09-02 PM\n"
    f"A Child,{upn(1)},/,\\\n"
    f"B Child,{upn(2)},I,.\n"
    f"C Child,{upn(3)},L,C1\n"
)


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"], ids=lambda name: name
)
@pytest.mark.parametrize(
    ("layout", "text"), [("long", LONG), ("week", WEEK), ("dated", DATED)], ids=lambda x: x[:5]
)
def test_each_layout_in_each_encoding_gives_the_same_marks(cast, school, layout, text, encoding):
    outcome = send(cast, layout, text.replace("Child", "Chïld").encode(encoding))

    assert outcome.batch.state == ImportState.TAKEN, outcome.sentence
    assert outcome.report["marks"]["new"] == 5
    assert recorded(school[0]) == [Mark(WEDNESDAY, AM, "/"), Mark(WEDNESDAY, PM, "\\")]
    assert recorded(school[1]) == [Mark(WEDNESDAY, AM, "I")]
    assert recorded(school[2]) == [Mark(WEDNESDAY, AM, "L"), Mark(WEDNESDAY, PM, "C1")]


@pytest.mark.parametrize("delimiter", [";", "\t", "|"])
def test_other_delimiters_are_found(cast, school, delimiter):
    outcome = send(cast, "long", LONG.replace(",", delimiter))

    assert outcome.report["marks"]["new"] == 5
    assert outcome.report["delimiter"] == delimiter


def test_titles_above_the_headings_are_passed_over(cast, school):
    outcome = send(cast, "long", "Attendance export\n\nHillside School,,,\n" + LONG)

    assert outcome.report["marks"]["new"] == 5


def test_every_row_is_accounted_for(cast, school):
    text = long_file(
        (1, "2026-09-02", "AM", "/"),
        (1, "2026-09-02", "AM", "/"),
        (2, "2026-09-02", "AM", ""),
        (2, "2026-09-02", "PM", "7"),
        ("Z990200100009", "2026-09-02", "AM", "/"),
    )

    report = send(cast, "long", text).report

    assert report["rows"] == {"total": 5, "accepted": 1, "unchanged": 2, "refused": 2}
    assert report["marks"] == {"new": 1, "changed": 0, "unchanged": 1, "blank": 1, "refused": 2}


def test_the_same_file_again_changes_nothing_and_says_so(cast, school):
    first = send(cast, "long", LONG)
    ledger = RegisterTaken.objects.count()

    again = send(cast, "long", LONG)

    assert again.batch.state == ImportState.TAKEN
    assert again.sentence == (
        "Nothing changed: all of this was recorded already. "
        f"The same file was imported before, as {first.batch.reference}."
    )
    assert RegisterTaken.objects.count() == ledger
    assert Amendment.objects.count() == 0


def test_a_later_file_wins_and_the_earlier_mark_stays_in_the_ledger(cast, school):
    send(cast, "long", LONG)

    outcome = send(cast, "long", long_file((2, "2026-09-02", "AM", "M")))

    assert outcome.report["changes"] == [
        {
            "line": 2,
            "pupil": school[1].reference,
            "day": "2026-09-02",
            "session": "AM",
            "from": "I",
            "to": "M",
        }
    ]
    assert recorded(school[1]) == [Mark(WEDNESDAY, AM, "M")]
    assert Amendment.objects.get().reason == f"Import {outcome.batch.reference}"


def test_a_blank_never_takes_a_recorded_mark_away(cast, school):
    send(cast, "long", LONG)

    send(cast, "long", long_file((2, "2026-09-02", "AM", "")))

    assert recorded(school[1]) == [Mark(WEDNESDAY, AM, "I")]


def test_pupils_are_found_by_the_number_already_linked(cast, school):
    text = "Student ID,Date,Session,Mark\nmis2,2026-09-02,AM,I\n"

    send(cast, "long", text)

    assert recorded(school[1]) == [Mark(WEDNESDAY, AM, "I")]


def test_a_dry_run_writes_no_mark(cast, school):
    outcome = send(cast, "long", LONG, dry_run=True)

    assert outcome.batch.state == ImportState.CHECKED
    assert outcome.report["marks"]["new"] == 5
    assert RegisterTaken.objects.count() == 0


# What is refused: the file whole, each value with its line and reason

WHY = [
    ("Z", "2026-09-02", "AM", "unknown pupil", "No pupil on your roll, past or present"),
    (1, "02-Sep-26", "AM", "wrong date", "not a date with a year of four digits"),
    (1, "2026-02-30", "AM", "wrong date", "There is no such day"),
    (1, "2025-02-29", "AM", "wrong date", "There is no such day"),
    (1, "0000-00-00", "AM", "wrong date", "The year must be from 1990 to 2100"),
    (1, "9999-01-01", "AM", "wrong date", "The year must be from 1990 to 2100"),
    (1, "2026-09-02", "Lesson 1", "wrong value", "The session must be AM or PM"),
    (1, "2026-09-05", "AM", "no session that day", "It is a weekend."),
    (1, "2026-08-31", "AM", "no session that day", "It is a bank holiday."),
    (1, "2026-09-01", "AM", "no session that day", "The school is closed that day"),
    (1, "2026-10-28", "AM", "no session that day", "It is outside the school's terms."),
    (1, "2028-01-12", "AM", "no calendar", "The school has no calendar for 2027/28."),
    (1, "2026-09-02", "PM", "wrong session", "does not belong to the afternoon"),
    ("x", "2026-09-02", "AM", "wrong UPN", "A UPN has 13 characters; this has 1."),
]


@pytest.mark.parametrize(("key", "day", "session", "kind", "reason"), WHY)
def test_what_cannot_be_taken_is_refused_with_its_line_and_reason(
    cast, school, key, day, session, kind, reason
):
    key = {"Z": upn(77), "x": "x"}.get(key, key)

    outcome = send(cast, "long", long_file((2, "2026-09-02", "AM", "/"), (key, day, session, "/")))

    assert outcome.batch.state == ImportState.REFUSED
    problem = ImportProblem.objects.get(batch=outcome.batch)
    assert (problem.line, problem.kind) == (3, kind)
    assert reason in problem.reason
    assert RegisterTaken.objects.count() == 0


def test_a_wrong_check_letter_names_the_letter_expected(cast, school):
    right = upn(1)
    wrong = ("A" if right[0] != "A" else "B") + right[1:]

    outcome = send(cast, "long", long_file((wrong, "2026-09-02", "AM", "/")))

    problem = ImportProblem.objects.get(batch=outcome.batch)
    assert problem.value == wrong
    assert f"the first letter would be {right[0]}" in problem.reason


def test_a_upn_in_lower_case_with_spaces_is_the_same_upn(cast, school):
    send(cast, "long", long_file((f" {upn(1).lower()} ", "2026-09-02", "AM", "/")))

    assert recorded(school[0]) == [Mark(WEDNESDAY, AM, "/")]


@pytest.mark.parametrize("mark", ["7", "[", "+", "=1+1", "i", "PRESENT_AM", "H", "J", "I01", "C9"])
def test_a_mark_that_is_no_code_of_its_day_waits_in_quarantine(cast, school, mark):
    outcome = send(cast, "long", long_file((1, "2026-09-02", "AM", mark)))

    assert outcome.batch.state == ImportState.REFUSED
    assert outcome.report["problems"] == {"unknown code": 1}
    assert outcome.report["unknown_marks"] == [
        {"mark": mark, "count": 1, "first_day": "2026-09-02"}
    ]
    assert recorded(school[0]) == []


def test_a_person_says_what_a_mark_means_and_the_source_remembers(cast, school):
    text = long_file((1, "2026-09-02", "AM", "I01"), (2, "2026-09-02", "AM", "?"))

    first = send(cast, "long", text, codes={"I01": "I", "?": ""})
    later = send(cast, "long", long_file((3, "2026-09-03", "AM", "I01")))

    assert first.batch.state == later.batch.state == ImportState.TAKEN
    assert recorded(school[0]) == [Mark(WEDNESDAY, AM, "I")]
    assert recorded(school[1]) == []
    assert recorded(school[2]) == [Mark(THURSDAY, AM, "I")]


def test_the_rest_is_taken_when_a_person_leaves_the_refused_out(cast, school):
    text = long_file((1, "2026-09-02", "AM", "/"), (2, "2026-09-02", "AM", "7"))

    outcome = send(cast, "long", text, leave_out_refused=True)

    assert outcome.sentence == "Imported: 1 new mark, 0 changed. 1 row was left out."
    assert recorded(school[0]) == [Mark(WEDNESDAY, AM, "/")]
    assert recorded(school[1]) == []


def test_a_session_given_twice_with_different_marks_is_refused_both_times(cast, school):
    text = long_file((1, "2026-09-02", "AM", "/"), (1, "2026-09-02", "AM", "O"))

    outcome = send(cast, "long", text)

    found = ImportProblem.objects.filter(batch=outcome.batch).values_list("line", "kind")
    assert sorted(found) == [(2, "given twice, differently"), (3, "given twice, differently")]


def test_marks_before_admission_and_after_leaving_are_refused(cast, school):
    enrolment = school[0].enrolments.get()
    enrolment.starts_on, enrolment.ends_on = date(2026, 9, 3), date(2026, 9, 4)
    enrolment.save()

    outcome = send(
        cast,
        "long",
        long_file(
            (1, "2026-09-02", "AM", "/"),
            (1, "2026-09-02", "PM", "Z"),
            (1, "2026-09-03", "AM", "/"),
            (1, "2026-09-07", "AM", "/"),
        ),
    )

    lines = ImportProblem.objects.filter(batch=outcome.batch).values_list("line", flat=True)
    assert sorted(lines) == [2, 5]
    assert outcome.report["problems"] == {"not on roll that day": 2}


def test_a_pupil_who_left_and_came_back_gets_marks_on_both_enrolments(cast, school):
    first = school[0].enrolments.get()
    first.ends_on = date(2026, 9, 2)
    first.save()
    second = factories.enrolment(school[0], cast.hillside, starts_on=date(2026, 9, 4))

    send(cast, "long", long_file((1, "2026-09-02", "AM", "/"), (1, "2026-09-04", "AM", "I")))

    span = (date(2026, 8, 1), date(2027, 7, 31))
    assert marks_of(first, *span) == [Mark(WEDNESDAY, AM, "/")]
    assert marks_of(second, *span) == [Mark(date(2026, 9, 4), AM, "I")]


def test_rows_about_another_school_are_refused(cast, school):
    title = "UPN,URN,Date,Session,Mark"
    text = long_file(
        (1, "990001", "2026-09-02", "AM", "/"), (2, "990002", "2026-09-02", "AM", "/"), title=title
    )

    outcome = send(cast, "long", text)

    assert outcome.report["problems"] == {"another school": 1}
    assert outcome.report["rows"]["refused"] == 1


def test_a_pupil_of_another_school_is_not_known_here(cast, school):
    stranger = factories.pupil(cast.northmoor, upn=upn(500))
    factories.enrolment(stranger, cast.brook)

    outcome = send(cast, "long", long_file((500, "2026-09-02", "AM", "O")))

    assert outcome.report["problems"] == {"unknown pupil": 1}


def test_a_week_must_begin_on_a_monday(cast, school):
    outcome = send(cast, "week", WEEK.replace("2026-08-31", "2026-09-01", 1))

    problem = ImportProblem.objects.get(batch=outcome.batch, kind="wrong date")
    assert problem.line == 2
    assert problem.reason == "1 September 2026 is a Tuesday. The week must begin on a Monday."


# Dates: the order of day and month is asked, never guessed


def test_numeric_dates_need_somebody_to_say_what_comes_first(cast, school):
    with pytest.raises(ColumnsNotChosen, match="Say whether the day or the month comes first"):
        send(cast, "long", long_file((1, "02/09/2026", "AM", "/")))


@pytest.mark.parametrize(
    ("order", "written"), [("day first", "02/09/2026"), ("month first", "09/02/2026")]
)
def test_the_stated_order_is_used_and_remembered(cast, school, order, written):
    mapping = {"upn": "UPN", "day": "Date", "session": "Session", "mark": "Mark"}
    choices = Choices(mapping=mapping, order=DateOrder(order))

    send(cast, "long", long_file((1, written, "AM", "/")), choices=choices)
    send(cast, "long", long_file((2, written, "AM", "I")))

    assert recorded(school[0]) == [Mark(WEDNESDAY, AM, "/")]
    assert recorded(school[1]) == [Mark(WEDNESDAY, AM, "I")]


def test_dated_headings_may_be_british(cast, school):
    text = f"UPN,02/09/2026 AM,02/09/2026 PM\n{upn(1)},/,\\\n"

    with pytest.raises(ColumnsNotChosen):
        send(cast, "dated", text)
    send(cast, "dated", text, choices=Choices({"upn": "UPN"}, order=DateOrder.DAY_FIRST))

    assert recorded(school[0]) == [Mark(WEDNESDAY, AM, "/"), Mark(WEDNESDAY, PM, "\\")]


# Totals that the file states


def test_totals_that_fit_are_fine(cast, school):
    text = (
        "UPN,2026-09-02 AM,2026-09-02 PM,Possible,Attended,Authorised,Unauthorised\n"
        f"{upn(1)},/,\\,2,2,0,0\n"
        f"{upn(2)},I,O,2,0,1,1\n"
        "Total,,,4,2,1,1\n"
    )

    outcome = send(cast, "dated", text)

    assert outcome.batch.state == ImportState.TAKEN
    assert outcome.report["totals"] == {
        "possible": 4,
        "attended": 2,
        "authorised": 1,
        "unauthorised": 1,
        "stated_in_file": True,
        "differences": 0,
    }


@pytest.mark.parametrize(
    ("row", "total", "line"), [("2,1,0,0", "2,2,0,0", 2), ("2,2,0,0", "2,3,0,0", 3)]
)
def test_totals_that_differ_hold_the_file(cast, school, row, total, line):
    text = (
        "UPN,2026-09-02 AM,2026-09-02 PM,Possible,Attended,Authorised,Unauthorised\n"
        f"{upn(1)},/,\\,{row}\nTotal,,,{total}\n"
    )

    outcome = send(cast, "dated", text)

    assert outcome.batch.state == ImportState.HELD
    assert ImportProblem.objects.get(batch=outcome.batch).line == line
    assert recorded(school[0]) == []


def test_a_row_count_at_the_end_tells_of_lost_rows(cast, school):
    whole = LONG + "Total rows,,,6\r\n".replace("Total rows", "Total")
    lost = whole.replace(f"{upn(3)},2026-09-02,AM,L\r\n", "")

    assert send(cast, "long", whole).batch.state == ImportState.TAKEN
    assert send(cast, "long", lost).batch.state == ImportState.HELD


# What is taken all the same, but pointed out


def test_old_n_half_days_days_to_come_and_closures_are_pointed_out(cast, school):
    text = long_file(
        (1, "2026-11-09", "AM", "N"),  # six school days before Tuesday 17 November
        (2, "2026-11-10", "AM", "N"),  # five
        (1, "2026-11-12", "AM", "/"),
        (2, "2026-11-12", "AM", "/"),
        (2, "2026-11-12", "PM", "\\"),
        (3, "2026-11-18", "AM", "C"),
        (3, "2026-11-13", "AM", "#"),
    )

    outcome = send(cast, "long", text)

    assert outcome.batch.state == ImportState.TAKEN
    assert outcome.report["problems"] == {
        "# on a day with school": 1,
        "after today": 1,
        "N left too long": 1,
        "one session of a day missing": 1,
    }


# Files that are no files of marks


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "The file is empty"),
        (b"PK\x03\x04rest", "a spreadsheet or an archive"),
        (b"%PDF-1.7", "a PDF"),
        (b"<?xml version='1.0'?><!DOCTYPE x>", "XML or a web page"),
        (LONG.encode() + b"\0", "Line 8 has a NUL character"),
        (LONG.encode("utf-8-sig") + b"\xff", "Line 8 has a byte that is no character"),
        (LONG.encode() + b'"' + upn(1).encode() + b",2026", "stops inside the quotation marks"),
        (LONG.encode() + b'a"b"c,"d"e,f,g\n', "Line 8 cannot be read"),
        (b"UPN,Date,Session,Mark\n", "headings but no rows"),
        (("x" * 100_001).encode(), "longer than 100,000 characters"),
        ((",".join(f"UPN{n}" for n in range(1001)) + "\n1\n").encode(), "1,001 columns"),
        (b"UPN,Date,Session,Mark\n" + b"A" * (51 * 1024 * 1024), "larger than 50 MB"),
        (LONG.encode("utf-16")[:-1], "cut off there"),
        (LONG.encode("utf-16-le"), "has a NUL character"),
        (LONG.encode() + b"\xed\xa0\x80", "no character in UTF-8"),
        (LONG.encode() + "é€ü".encode() + b"\xff\n", "Line 8 has a byte that is no character"),
        (LONG.encode() + b"\x81\n", "no character in Windows-1252"),
        (LONG.replace("/", "é").encode()[:65] + b"\xc3", "in the middle of a character"),
    ],
    ids=lambda value: value if isinstance(value, str) else "file",
)
def test_what_is_no_table_is_refused_in_words(cast, school, content, said):
    with pytest.raises(UnreadableFile, match=said):
        send(cast, "long", content)


def marks_in(plan) -> set[tuple[int, int, int, int]]:
    frame = plan.frame
    columns = (frame.enrolment, frame.day, frame.session, frame.number)
    return set(zip(*(column.tolist() for column in columns), strict=True))


@pytest.mark.parametrize(
    ("layout", "text"), [("long", LONG), ("week", WEEK), ("dated", DATED)], ids=lambda x: x[:5]
)
def test_a_file_cut_at_any_byte_never_gives_a_mark_that_the_whole_does_not(
    cast, school, layout, text
):
    content = text.encode("utf-8-sig")
    whole = marks_in(send(cast, layout, content, dry_run=True).plan)
    refused = 0

    for cut in range(len(content) - 100, len(content)):
        try:
            part = send(cast, layout, content[:cut], dry_run=True)
        except (UnreadableFile, ColumnsNotChosen):
            refused += 1
            continue
        refused += bool(part.report["rows"]["refused"])
        assert marks_in(part.plan) <= whole

    assert refused > 80
    assert RegisterTaken.objects.count() == 0


@pytest.mark.parametrize("end", ["", "\n", "\r\n", "\r"])
def test_a_last_line_without_a_break_is_fine_when_its_value_is_whole(cast, school, end):
    outcome = send(cast, "long", LONG.rstrip() + end)

    assert outcome.report["marks"]["new"] == 5


def test_a_last_value_that_may_be_half_a_code_is_refused(cast, school):
    with pytest.raises(UnreadableFile, match="may be cut short"):
        send(cast, "long", LONG.rstrip()[:-1])  # "C1" has become "C"
