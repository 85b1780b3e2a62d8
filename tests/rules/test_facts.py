"""The ten facts that a policy's triggers look at, each on both sides of its edge."""

from datetime import date
from fractions import Fraction

import pytest

from rules.dates import DateRange
from rules.facts import facts_of
from rules.marks import Mark, Session
from rules.thresholds import Who
from tests.rules.law_calendar import CALENDAR, on

AM, PM = Session.AM, Session.PM
FRIDAY = date(2026, 9, 18)  # school begins on Wednesday 2 September: 26 sessions to this day


def facts(codes, as_of=FRIDAY, first="2026-09-02", **how):
    """The facts of one code a session from the first day on."""
    return facts_of(on(first, codes), CALENDAR, as_of, **how)


@pytest.mark.parametrize(
    ("codes", "percent"),
    [
        ("O" + "/" * 18, None),  # 19 sessions: one too few
        ("O" + "/" * 19, 95),
        ("/" * 19 + "X", None),  # the twentieth was not possible
        ("O" * 5 + "/" * 20, 80),
    ],
)
def test_a_share_needs_twenty_possible_sessions(codes, percent):
    assert facts(codes)["attendance_percent"] == percent


def test_a_share_just_under_a_line_is_under_it():
    share = facts("OO" + "/" * 24)["attendance_percent"]

    assert abs(Fraction(share) - Fraction(2400, 26)) < Fraction(1, 10**20)


def test_authorised_and_unauthorised_sessions_are_both_missed():
    assert facts("IIO" + "/" * 20)["absent_sessions"] == 3


def test_what_counts_in_ten_weeks_counts_n_and_no_authorised_absence():
    assert facts("OUGNI")["unauthorised_in_ten_weeks"] == 4


def test_a_session_outside_compulsory_age_is_missed_and_does_not_count():
    young = Who(compulsory=DateRange(date(2026, 9, 3), None))

    found = facts("OOO", who=young)

    assert (found["absent_sessions"], found["unauthorised_in_ten_weeks"]) == (3, 1)


def test_a_session_off_roll_is_in_no_fact():
    joined = Who(on_roll=DateRange(date(2026, 9, 3), None))

    found = facts("NNN", who=joined)

    assert (found["absent_sessions"], found["unresolved"]) == (1, 1)


def test_a_spell_counts_once_and_two_parted_by_attendance_twice():
    assert facts("OOO/II///")["separate_absences_in_ten_weeks"] == 2
    assert facts("OOO/II///")["absent_sessions_in_ten_weeks"] == 5


@pytest.mark.parametrize(
    ("as_of", "spells", "sessions"),
    [
        (date(2026, 11, 13), 1, 2),  # the tenth school week since 1 September's
        (date(2026, 11, 16), 0, 0),  # the eleventh begins
    ],
)
def test_a_spell_leaves_with_the_eleventh_school_week(as_of, spells, sessions):
    found = facts("OO" + "/" * 102, as_of=as_of)

    assert found["separate_absences_in_ten_weeks"] == spells
    assert found["absent_sessions_in_ten_weeks"] == sessions


def test_lates_are_of_this_week_only_before_and_after_registers_close():
    monday = [Mark(date(2026, 9, 14), AM, "L"), Mark(date(2026, 9, 15), PM, "U")]
    friday_before = [Mark(date(2026, 9, 11), AM, "L")]

    assert facts_of(friday_before + monday, CALENDAR, FRIDAY)["lates_this_week"] == 2
    assert facts_of(friday_before, CALENDAR, date(2026, 9, 13))["lates_this_week"] == 1


def test_a_run_of_absence_ends_with_a_session_attended_and_passes_over_one_not_possible():
    assert facts("/OIXO")["absent_sessions_in_a_row"] == 3
    assert facts("OOO/")["absent_sessions_in_a_row"] == 0


def test_the_run_of_the_year_does_not_reach_into_the_last():
    july = [Mark(date(2026, 7, 21), AM, "O"), Mark(date(2026, 7, 21), PM, "O")]

    found = facts_of(july + on("2026-09-02", "OO"), CALENDAR, date(2026, 9, 2))

    assert found["absent_sessions_in_a_row"] == 2
    assert found["unauthorised_in_ten_weeks"] == 4


def test_an_absence_with_n_is_unexplained_and_one_of_o_alone_is_settled():
    assert facts("//NNOO")["unexplained_days"] == 2
    assert facts("//OOOO")["unexplained_days"] == 0


def test_unresolved_are_all_n_of_this_year():
    july = [Mark(date(2026, 7, 21), AM, "N")]

    assert facts_of(july + on("2026-09-02", "N/NI"), CALENDAR, FRIDAY)["unresolved"] == 2


def test_the_look_back_reaches_into_last_year_where_the_year_does_not():
    july = on("2026-07-06", "O" * 20)

    found = facts_of(july + on("2026-09-02", "/" * 20), CALENDAR, FRIDAY)

    assert (found["attendance_percent"], found["look_back_percent"]) == (100, 50)


def test_marks_after_the_day_are_not_read():
    found = facts("////OO", as_of=date(2026, 9, 3))

    assert (found["absent_sessions"], found["absent_sessions_in_a_row"]) == (0, 0)
