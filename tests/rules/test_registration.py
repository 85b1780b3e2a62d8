"""Deadlines of the register and returns to the council. T19, T32 and T33 are worked examples."""

import pytest

from rules.dates import DateRange
from rules.errors import UnknownTerm
from rules.registration import attendance_returns, resolve_by
from rules.school_calendar import Closure, build_calendar
from tests.rules.law_calendar import CALENDAR, INSET, TERMS, day, on


@pytest.mark.rule("REG-1")
@pytest.mark.parametrize(
    ("entered", "deadline"),
    [
        pytest.param("2026-10-22", "2026-11-06", id="T19"),
        ("2026-11-09", "2026-11-16"),
        ("2026-12-18", "2027-01-11"),
    ],
)
def test_n_is_resolved_by_the_fifth_school_day_after(entered, deadline):
    assert resolve_by(day(entered), CALENDAR) == day(deadline)


@pytest.mark.rule("REG-1")
def test_no_deadline_is_guessed_past_the_calendar():
    with pytest.raises(UnknownTerm):
        resolve_by(day("2027-07-19"), CALENDAR)


@pytest.mark.rule("REG-2")
@pytest.mark.parametrize(
    ("codes", "due"),
    [
        pytest.param("O" * 20, ["2026-10-16"], id="T32"),
        pytest.param("O" * 9 + "I" + "O" * 10, [], id="T33"),
        ("O" * 19 + "/", []),
        ("O" * 18, []),
        ("GNOU" * 5, ["2026-10-16"]),
        ("O" * 24 + "/" * 2, ["2026-10-16"]),
        ("/" * 2 + "O" * 18 + "//", []),
    ],
)
def test_a_return_is_due_at_ten_unbroken_school_days(codes, due):
    found = attendance_returns(on("2026-10-05", codes), CALENDAR, day("2026-10-23"))

    assert [str(each.due_from) for each in found] == due


@pytest.mark.rule("REG-2")
def test_one_return_an_episode_and_a_new_one_after_a_break():
    marks = on("2026-09-07", "O" * 22 + "/" + "O" * 25)

    found = attendance_returns(marks, CALENDAR, day("2026-10-23"))

    assert [(str(each.first_day), str(each.due_from), str(each.last_day)) for each in found] == [
        ("2026-09-07", "2026-09-18", "2026-09-21"),
        ("2026-09-23", "2026-10-06", "2026-10-08"),
    ]


@pytest.mark.rule("REG-2")
def test_half_term_and_a_day_lost_to_snow_do_not_break_a_run():
    snow = Closure(day("2026-11-05"), day("2026-11-05"), "snow", unexpected=True)
    calendar = build_calendar(TERMS, inset=INSET, closures=[snow])
    codes = ["O"] * 14 + ["Y4"] * 2 + ["O"] * 6  # from Monday 19 October

    found = attendance_returns(on("2026-10-19", codes), calendar, day("2026-11-20"))

    # 19 to 23 October, 3, 4, 6, 9 and 10 November
    assert [str(each.due_from) for each in found] == ["2026-11-10"]


@pytest.mark.rule("REG-2")
def test_only_days_on_roll_of_compulsory_age_and_so_far_are_in_a_run():
    marks = on("2026-10-05", "O" * 20)

    joined_late = attendance_returns(
        marks, CALENDAR, day("2026-10-23"), on_roll=DateRange(day("2026-10-06"), None)
    )
    too_young = attendance_returns(
        marks, CALENDAR, day("2026-10-23"), compulsory=DateRange(day("2026-10-06"), None)
    )
    day_nine = attendance_returns(marks, CALENDAR, day("2026-10-15"))

    assert (joined_late, too_young, day_nine) == ((), (), ())


@pytest.mark.rule("REG-2")
def test_a_run_that_goes_on_to_the_end_of_the_calendar_is_reported():
    found = attendance_returns(on("2027-07-08", "U" * 20), CALENDAR, day("2027-07-31"))

    assert [str(each.due_from) for each in found] == ["2027-07-21"]
