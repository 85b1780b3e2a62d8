"""Calendar files: CSV and .ics, taken whole or not at all."""

import json
from datetime import date
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from attendance.models import DayKind
from attendance.selectors import calendars as selectors
from attendance.services.calendar_files import read, written
from attendance.services.calendars import DayEntry, TermDates
from rules.marks import Session

CSV = b"""kind,name,starts,ends,session,note
term,Autumn first half,2026-09-01,2026-10-23,,
term,Autumn second half,02/11/2026,18/12/2026,,
inset,,2026-09-01,,,Welcome day
closed,,2026-11-10,,pm,Polling station
"""

ICS = b"""BEGIN:VCALENDAR\r
VERSION:2.0\r
PRODID:-//example//calendar//EN\r
BEGIN:VEVENT\r
UID:1@example.org\r
SUMMARY:Autumn term 1\r
DTSTART;VALUE=DATE:20260901\r
DTEND;VALUE=DATE:20261024\r
END:VEVENT\r
BEGIN:VEVENT\r
UID:2@example.org\r
SUMMARY:Half term holiday\r
DTSTART;VALUE=DATE:20261026\r
DTEND;VALUE=DATE:20261031\r
END:VEVENT\r
BEGIN:VEVENT\r
UID:3@example.org\r
SUMMARY:School closed to pupils\r
CATEGORIES:INSET\r
DTSTART;VALUE=DATE:20260901\r
END:VEVENT\r
END:VCALENDAR\r
"""


def test_a_csv_gives_terms_and_days():
    reading = read(CSV)

    assert reading.problems == ()
    assert reading.year == 2026
    assert reading.plan.terms == (
        TermDates(date(2026, 9, 1), date(2026, 10, 23), "Autumn first half"),
        TermDates(date(2026, 11, 2), date(2026, 12, 18), "Autumn second half"),
    )
    assert reading.plan.days == (
        DayEntry(date(2026, 9, 1), DayKind.INSET, None, "Welcome day"),
        DayEntry(date(2026, 11, 10), DayKind.CLOSED, Session.PM, "Polling station"),
    )
    assert reading.sessions == 145  # 74 weekdays, less a day, less an afternoon


def test_a_date_column_and_semicolons_and_a_mark_of_utf8_will_do():
    reading = read(
        b"\xef\xbb\xbfkind;name;date;ends\nterm;Autumn;2026-09-01;2026-10-23\ninset;;2026-09-01;\n"
    )

    assert reading.problems == ()
    assert [entry.day for entry in reading.plan.days] == [date(2026, 9, 1)]


def test_a_file_in_windows_letters_can_be_read():
    reading = read(b"kind,name,starts,ends\nterm,Autumn \x96 one,2026-09-01,2026-10-23\n")

    assert reading.plan.terms[0].name == "Autumn \N{EN DASH} one"


def test_a_closure_of_a_week_leaves_the_weekend_out():
    reading = read(CSV + b"closed,Works,2026-10-08,2026-10-12,,\n")

    assert [entry.day for entry in reading.plan.days[2:]] == [
        date(2026, 10, 8),
        date(2026, 10, 9),
        date(2026, 10, 12),
    ]


def test_an_ics_tells_terms_training_days_and_holidays_apart():
    reading = read(ICS)

    assert reading.problems == ()
    assert reading.plan.terms == (TermDates(date(2026, 9, 1), date(2026, 10, 23), "Autumn term 1"),)
    assert reading.plan.days == (
        DayEntry(date(2026, 9, 1), DayKind.INSET, None, "School closed to pupils"),
    )
    assert reading.passed_over == 1


def test_what_was_read_can_be_written_and_read_again():
    reading = read(CSV)

    assert read(written(reading.plan).encode()).plan == reading.plan


@pytest.mark.parametrize(
    ("content", "line", "words"),
    [
        (b"", 1, "The file is empty"),
        (b"x" * (1024 * 1024 + 1), 1, "larger than 1 MB"),
        (b"PK\0\0", 1, "not a text file"),
        (b"title,when\na,b\n", 1, "Missing: kind, starts"),
        (b"kind,starts\nholiday,2026-09-01\n", 2, "Kind must be"),
        (b"kind,name,starts,ends\nterm,Autumn,09/31/2026,\n", 2, "Enter a date"),
        (b"kind,name,starts,ends\nterm,Autumn,2026-10-01,2026-09-01\n", 2, "before the first"),
        (b"kind,name,starts,ends\nterm,Autumn,2026-10-01,2029-09-01\n", 2, "more than a year"),
        (b"kind,name,starts,ends\nterm,,2026-10-01,2026-10-02\n", 2, "Give the term a name"),
        (b"kind,starts,session\ninset,2026-10-01,noon\n", 2, "Session must be"),
        (b"kind,starts\n", 1, "The file has no terms"),
        (ICS.replace(b"SUMMARY:Autumn term 1", b"SUMMARY:Governors"), 1, "cannot tell what"),
        (ICS.replace(b"CATEGORIES:INSET", b"RRULE:FREQ=WEEKLY"), 3, "repeats"),
        (ICS.replace(b";VALUE=DATE:20260901", b":20260901T090000Z", 1), 1, "all-day"),
        (ICS.replace(b"DTEND;VALUE=DATE:20261024", b"DTEND:20261024T090000Z"), 1, "all-day"),
        (ICS[:200], 1, "broken or cut short"),
        (CSV + b'inset,"' + b"x" * 140_000 + b'"\n', 6, "cannot be read as CSV"),
    ],
)
def test_what_cannot_be_read_names_its_line(content, line, words):
    reading = read(content)

    assert reading.problems[0].line == line
    assert words in reading.problems[0].reason


def test_a_file_about_another_year_is_refused():
    reading = read(CSV, 2025)

    assert "is not inside the school year 2025/26" in reading.problems[0].reason


def imported(tmp_path, content, *arguments):
    path = tmp_path / "calendar.csv"
    path.write_bytes(content)
    out = StringIO()
    call_command("import_calendar", *arguments, str(path), "--json", stdout=out)
    return json.loads(out.getvalue())


def test_the_command_takes_a_whole_file(cast, tmp_path):
    answer = imported(tmp_path, CSV, "--school", "990001")

    assert (answer["taken"], answer["sessions"]) == (True, 145)
    calendar = selectors.own_calendar(cast.northmoor, cast.hillside, 2026)
    assert sum(bytes(calendar.sessions)) == 145


def test_the_command_takes_the_authoritys_own(cast, tmp_path):
    imported(tmp_path, CSV, "--authority-own", "990")

    assert selectors.calendar_in_force(cast.brook, 2026).school is None


def test_a_dry_run_changes_nothing(cast, tmp_path):
    answer = imported(tmp_path, CSV, "--school", "990001", "--dry-run")

    assert (answer["taken"], answer["dry_run"]) == (False, True)
    assert selectors.own_calendar(cast.northmoor, cast.hillside, 2026) is None


def test_one_bad_line_leaves_nothing_behind(cast, tmp_path):
    with pytest.raises(CommandError, match="Nothing was changed"):
        imported(tmp_path, CSV + b"inset,,soon,,,\n", "--school", "990001")

    assert selectors.own_calendar(cast.northmoor, cast.hillside, 2026) is None


@pytest.mark.parametrize("place", [("--school", "999999"), ("--authority-own", "000")])
def test_the_command_says_when_there_is_no_such_place(cast, tmp_path, place):
    with pytest.raises(CommandError, match="There is no"):
        imported(tmp_path, CSV, *place)
