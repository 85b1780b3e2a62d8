"""Percentages that a file states are compared with its marks, as exactly as they are written."""

import pytest

from attendance.imports import layouts
from attendance.imports.totals import read_percent
from attendance.imports.values import BadValue
from attendance.models import ImportProblem, ImportState
from tests.attendance.imports.files import open_school, roll, send, upn

WEEK = "UPN,Week commencing,MonAM,MonPM,TueAM,TuePM,WedAM,WedPM,ThuAM,ThuPM,FriAM,FriPM"
SIX = "/,\\,/,\\,/,\\"  # Monday to Wednesday
SEVENTH = "I,\\,-,-"  # then one absence and one attendance: 7 of 8, 87.5%


@pytest.fixture
def school(cast):
    open_school(cast)
    roll(cast, 3)
    return cast


def week(school, heading: str, stated: str, marks: str = f"{SIX},{SEVENTH}", total: str = ""):
    """A file of one pupil's week with one stated percentage."""
    text = f"{WEEK},{heading}\n{upn(1)},2026-09-07,{marks},{stated}\n"
    return send(school, "week", text + total)


def reasons(outcome) -> list[tuple[int, str, str, str]]:
    rows = ImportProblem.objects.filter(batch=outcome.batch, kind="totals differ").order_by("pk")
    return [(row.line, row.column, row.value, row.reason) for row in rows]


@pytest.mark.parametrize("stated", ["87.5", "87.5%", "87.50 %", "88", "87", "", "-", "87.500"])
def test_a_percentage_fits_when_it_is_ours_rounded_as_it_is_written(school, stated):
    outcome = week(school, "Attendance %", stated)

    assert outcome.batch.state == ImportState.TAKEN
    assert outcome.report["totals"]["stated_in_file"]
    assert outcome.report["totals"]["differences"] == 0


@pytest.mark.parametrize(
    ("stated", "said", "ours"),
    [
        ("87.4", "87.4%", "87.5%"),
        ("87.6%", "87.6%", "87.5%"),
        ("86", "86%", "88%"),
        ("89", "89%", "88%"),
        ("87.51", "87.51%", "87.50%"),
        ("0.875", "0.875%", "87.500%"),
        ("100", "100%", "88%"),
    ],
)
def test_a_percentage_that_differs_is_listed_and_holds_the_file(school, stated, said, ours):
    outcome = week(school, "Attendance %", stated)

    assert outcome.batch.state == ImportState.HELD
    assert "1 total in the file is not what its marks add up to" in outcome.batch.held_because
    assert reasons(outcome) == [
        (2, "Attendance %", said, f"The file says {said}; its marks make {ours}.")
    ]


@pytest.mark.parametrize(
    ("stated", "reason"),
    [
        ("most", "A percentage must be a number such as 94.3."),
        ("87,5", "A percentage must be a number such as 94.3."),
        ("-5", "A percentage must be a number such as 94.3."),
        ("100.1", "A percentage must be between 0 and 100."),
        ("380", "A percentage must be between 0 and 100."),
    ],
)
def test_what_is_no_percentage_is_listed(school, stated, reason):
    quoted = f'"{stated}"'

    outcome = week(school, "Attendance %", quoted)

    assert reasons(outcome) == [(2, "Attendance %", stated, reason)]


@pytest.mark.parametrize(
    ("heading", "stated"),
    [
        ("% Authorised absence", "12.5"),
        ("Unauthorised %", "0"),
        ("Absence percentage", "12.5"),
        ("Attendance rate", "87.5"),
    ],
)
def test_each_kind_of_percentage_is_known_by_its_heading(school, heading, stated):
    assert week(school, heading, stated).batch.state == ImportState.TAKEN
    assert week(school, heading, "50").batch.state == ImportState.HELD


def test_the_percent_sign_keeps_a_share_from_being_taken_for_a_count():
    found = layouts.guess_mapping("week", ["UPN", "Authorised", "Authorised %", "% Attended"])

    assert found["authorised"] == "Authorised"
    assert found["authorised_percent"] == "Authorised %"
    assert found["attended_percent"] == "% Attended"


def test_a_long_file_states_the_share_of_each_pupil_on_every_row(school):
    def lines(first: str, second: str) -> str:
        return (
            "UPN,Date,Session,Mark,Attendance %\n"
            f"{upn(1)},2026-09-07,AM,/,{first}\n"
            f"{upn(1)},2026-09-07,PM,\\,{first}\n"
            f"{upn(1)},2026-09-08,AM,O,{first}\n"
            f"{upn(2)},2026-09-07,AM,/,{second}\n"
        )

    fits = send(school, "long", lines("66.7", "100.0"))
    differs = send(school, "long", lines("66.7", "90.0"))

    assert fits.batch.state == ImportState.TAKEN
    assert differs.batch.state == ImportState.HELD
    assert reasons(differs) == [
        (5, "Attendance %", "90.0%", "The file says 90.0%; its marks make 100.0%.")
    ]


def test_a_pupil_over_several_weeks_may_state_the_share_of_them_all(school):
    text = (
        f"{WEEK},Attendance %\n"
        f"{upn(1)},2026-09-07,{SIX},I,I,-,-,68.75\n"
        f"{upn(1)},2026-09-14,{SIX},O,O,O,-,70.6\n"
    )
    together = text.replace("68.75", "70.6")  # 12 of 17

    assert send(school, "week", together).batch.state == ImportState.TAKEN
    apart = send(school, "week", text)
    assert [row[2:] for row in reasons(apart)] == [
        ("68.75%", "The file says 68.75%; its marks make 75.00%."),
        ("70.6%", "The file says 70.6%; its marks make 66.7%."),
    ]


def test_nothing_possible_leaves_nothing_to_compare(school):
    marks = "Y1,Y1,-,-,-,-,-,-,-,-"

    assert week(school, "Attendance %", "0", marks).batch.state == ImportState.TAKEN
    assert week(school, "Attendance %", "100", marks).batch.state == ImportState.TAKEN


@pytest.mark.parametrize(("total", "state"), [("87.5", "taken"), ("88.5", "held"), ("x", "taken")])
def test_a_last_row_states_the_share_of_the_whole_file(school, total, state):
    outcome = week(school, "Attendance %", "87.5", total=f"Total,,,,,,,,,,,,{total}\n")

    assert outcome.batch.state == state
    if state == "held":
        assert reasons(outcome) == [
            (3, "Attendance %", "88.5%", "The file says 88.5%; its marks make 87.5%.")
        ]


def test_a_share_at_the_end_is_no_number_of_rows(school):
    outcome = week(school, "Attendance %", "88", total="Total,,,,,,,,,,,,88\n")

    assert outcome.batch.state == ImportState.TAKEN


@pytest.mark.parametrize(
    ("text", "read"),
    [("94", (94, 1)), (" 94.30% ", (9430, 100)), ("100", (100, 1)), ("", None), ("-", None)],
)
def test_a_percentage_keeps_its_precision(text, read):
    assert read_percent(text) == read


@pytest.mark.parametrize("text", ["1e2", "94.", ".5", "94.1234567", "٩٤", "nan", "1000"])
def test_other_writings_are_no_percentage(text):
    with pytest.raises(BadValue):
        read_percent(text)
