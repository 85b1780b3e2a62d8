"""Returns for joining and leaving, and how long a register is kept."""

import pytest

from rules.dates import DateRange
from rules.returns import (
    Kept,
    joins_at_standard_time,
    keep_until,
    kept,
    leaves_at_standard_time,
    new_pupil_return_by,
)
from rules.school_calendar import build_calendar
from tests.rules.law_calendar import CALENDAR, day

NO_HOLIDAYS = build_calendar([DateRange(day("2026-09-02"), day("2026-09-04"))], holidays=())


@pytest.mark.rule("REG-5")
@pytest.mark.parametrize(
    ("joined", "unit", "last"),
    [
        ("2026-10-21", "days", "2026-10-26"),
        ("2026-10-21", "working days", "2026-10-28"),
        ("2026-10-21", "school days", "2026-11-05"),  # over half term and an INSET day
        ("2026-12-23", "working days", "2027-01-04"),  # over Christmas, Boxing Day, New Year
    ],
)
def test_a_new_pupil_is_returned_within_five_days_as_the_policy_counts_them(joined, unit, last):
    assert new_pupil_return_by(day(joined), CALENDAR, 5, unit) == day(last)


@pytest.mark.rule("REG-5")
def test_no_day_is_guessed_past_the_calendar():
    assert new_pupil_return_by(day("2026-09-02"), NO_HOLIDAYS, 5, "school days") is None


@pytest.mark.rule("REG-6")
@pytest.mark.parametrize(
    ("joined", "year_group", "first", "usual"),
    [
        ("2026-09-02", "7", "2026-09-02", True),
        ("2026-08-27", "7", "2026-09-02", True),
        ("2026-09-03", "7", "2026-09-02", False),
        ("2026-09-02", "8", "2026-09-02", False),
        ("2026-09-02", "", "2026-09-02", False),
        ("2026-09-02", "7", None, False),
    ],
)
def test_the_first_intake_at_the_start_of_the_year_needs_no_return(
    joined, year_group, first, usual
):
    found = joins_at_standard_time(
        day(joined), first and day(first), year_group=year_group, lowest="7"
    )
    assert found is usual


@pytest.mark.rule("REG-7")
@pytest.mark.parametrize(
    ("left", "year_group", "last", "usual"),
    [
        ("2027-07-21", "11", "2027-07-21", True),
        ("2027-08-31", "11", "2027-07-21", True),
        ("2027-07-20", "11", "2027-07-21", False),
        ("2027-07-21", "10", "2027-07-21", False),
        ("2027-07-21", "", "2027-07-21", False),
        ("2027-07-21", "11", None, False),
    ],
)
def test_the_oldest_year_at_the_end_of_the_year_needs_no_return(left, year_group, last, usual):
    found = leaves_at_standard_time(
        day(left), last and day(last), year_group=year_group, highest="11"
    )
    assert found is usual


@pytest.mark.rule("KEEP-1")
@pytest.mark.parametrize(
    ("entered", "until"),
    [("2026-11-17", "2032-11-17"), ("2024-02-29", "2030-02-28"), ("2026-01-01", "2032-01-01")],
)
def test_an_entry_is_kept_for_six_years(entered, until):
    assert keep_until(day(entered)) == day(until)


@pytest.mark.rule("KEEP-1")
def test_an_amendment_starts_its_own_six_years():
    assert kept([day("2026-09-02"), day("2027-02-01"), day("2026-12-01")]) == Kept(
        day("2027-02-01"), day("2033-02-01")
    )
    assert kept([]) is None
