"""When a length of time runs out, in each unit."""

from datetime import date

import pytest

from rules.dates import DateRange
from rules.deadlines import due_on
from rules.errors import InvalidInput, UnknownTerm
from rules.school_calendar import build_calendar

CALENDAR = build_calendar(
    [
        DateRange(date(2026, 9, 2), date(2026, 10, 23)),
        DateRange(date(2026, 11, 3), date(2026, 12, 18)),
        DateRange(date(2027, 1, 5), date(2027, 2, 12)),
    ]
)


@pytest.mark.parametrize(
    ("since", "length", "unit", "last", "why"),
    [
        (date(2026, 10, 22), 5, "school days", date(2026, 11, 6), "the half term is passed over"),
        (date(2026, 10, 22), 5, "working days", date(2026, 10, 29), "the half term is not"),
        (date(2026, 12, 24), 1, "working days", date(2026, 12, 29), "bank holidays on 25 and 28"),
        (date(2026, 10, 22), 5, "days", date(2026, 10, 27), "plain days"),
        (date(2026, 11, 9), 4, "weeks", date(2026, 12, 7), "the same weekday"),
        (date(2026, 11, 30), 3, "school weeks", date(2026, 12, 18), "its own week is the first"),
        (date(2026, 11, 30), 6, "school weeks", date(2027, 1, 22), "Christmas is passed over"),
        (date(2026, 10, 26), 1, "school weeks", date(2026, 11, 6), "from a day in a holiday"),
        (date(2026, 11, 30), 3, "months", date(2027, 2, 28), "February ends earlier"),
        (date(2024, 2, 29), 1, "years", date(2025, 2, 28), "there is no 29 February"),
    ],
)
def test_a_length_runs_out_on_its_last_day(since, length, unit, last, why):
    assert due_on(since, length, unit, CALENDAR) == last, why


@pytest.mark.parametrize(("length", "unit"), [(9, "school weeks"), (40, "school days")])
def test_a_calendar_that_ends_first_is_said(length, unit):
    with pytest.raises(UnknownTerm, match="calendar"):
        due_on(date(2027, 1, 11), length, unit, CALENDAR)


def test_a_unit_without_dates_is_refused_with_another():
    with pytest.raises(InvalidInput, match="Half terms have no dates here"):
        due_on(date(2026, 11, 9), 1, "half terms", CALENDAR)
