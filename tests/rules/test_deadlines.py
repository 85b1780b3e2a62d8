"""When a length of time runs out, in each unit."""

from datetime import date

import pytest

from rules.dates import DateRange
from rules.deadlines import Pause, Period, due_on, half_terms, last_day, later_by, terms
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
    with pytest.raises(InvalidInput, match="Minutes have no dates here"):
        due_on(date(2026, 11, 9), 30, "minutes", CALENDAR)


# A whole year: six half terms, the spring break of two weeks.
YEAR = build_calendar(
    [
        DateRange(date(2026, 9, 2), date(2026, 10, 23)),
        DateRange(date(2026, 11, 2), date(2026, 12, 18)),
        DateRange(date(2027, 1, 4), date(2027, 2, 12)),
        DateRange(date(2027, 2, 22), date(2027, 3, 25)),
        DateRange(date(2027, 4, 12), date(2027, 5, 28)),
        DateRange(date(2027, 6, 7), date(2027, 7, 21)),
    ]
)
THREE = build_calendar(
    [
        DateRange(date(2026, 9, 2), date(2026, 12, 18)),
        DateRange(date(2027, 1, 4), date(2027, 3, 25)),
        DateRange(date(2027, 4, 12), date(2027, 7, 21)),
    ]
)


@pytest.mark.rule("CLK-1")
def test_a_whole_week_off_ends_a_half_term_and_a_few_days_off_do_not():
    without_four_days = build_calendar(
        [
            DateRange(date(2026, 9, 7), date(2026, 9, 11)),
            DateRange(date(2026, 9, 18), date(2026, 9, 18)),
            DateRange(date(2026, 9, 28), date(2026, 10, 1)),
        ]
    )

    assert half_terms(without_four_days) == (
        Period(date(2026, 9, 7), date(2026, 9, 18)),
        Period(date(2026, 9, 28), date(2026, 10, 1)),
    )


@pytest.mark.rule("CLK-1")
@pytest.mark.parametrize(
    ("since", "length", "last", "why"),
    [
        (date(2026, 9, 1), 1, date(2026, 10, 23), "before the first day: that half term is next"),
        (date(2026, 9, 2), 1, date(2026, 12, 18), "on the first day: the one after"),
        (date(2026, 10, 23), 1, date(2026, 12, 18), "on the last day: the one after"),
        (date(2026, 10, 24), 1, date(2026, 12, 18), "in the holiday: the one that follows"),
        (date(2026, 10, 24), 3, date(2027, 3, 25), "three of them"),
    ],
)
def test_a_half_term_runs_to_the_end_of_the_next(since, length, last, why):
    assert due_on(since, length, "half terms", YEAR) == last, why


@pytest.mark.rule("CLK-2")
@pytest.mark.parametrize("calendar", [YEAR, THREE], ids=["six half terms", "three terms"])
@pytest.mark.parametrize(
    ("since", "last", "why"),
    [
        (date(2026, 9, 1), date(2026, 12, 18), "before the year: the autumn term"),
        (date(2026, 12, 18), date(2027, 3, 25), "the last day of autumn: spring"),
        (date(2026, 12, 19), date(2027, 3, 25), "the day after it: spring too"),
        (date(2027, 1, 4), date(2027, 7, 21), "the first day of spring: summer"),
    ],
)
def test_a_term_runs_to_the_end_of_the_next(calendar, since, last, why):
    assert due_on(since, 1, "terms", calendar) == last, why


@pytest.mark.rule("CLK-2")
def test_a_year_of_four_runs_does_not_tell_its_terms():
    four = build_calendar(
        [
            DateRange(date(2026, 9, 2), date(2026, 10, 23)),
            DateRange(date(2026, 11, 2), date(2026, 12, 18)),
            DateRange(date(2027, 1, 4), date(2027, 3, 25)),
            DateRange(date(2027, 4, 12), date(2027, 7, 21)),
        ]
    )

    with pytest.raises(UnknownTerm, match="2026/27 does not show"):
        terms(four)


def test_a_term_beyond_the_calendar_is_said():
    with pytest.raises(UnknownTerm, match="Add the next term"):
        due_on(date(2027, 4, 12), 1, "terms", YEAR)


@pytest.mark.rule("CLK-3")
@pytest.mark.parametrize(
    ("unit", "due", "first", "last", "then", "why"),
    [
        ("school days", (2026, 10, 21), (2026, 10, 8), (2026, 10, 12), (2026, 10, 23), "two days"),
        ("school days", (2026, 10, 23), (2026, 10, 8), (2026, 10, 12), (2026, 11, 3), "half term"),
        ("school days", (2026, 11, 6), (2026, 10, 24), (2026, 11, 2), (2026, 11, 6), "a holiday"),
        ("school days", (2026, 11, 6), (2026, 10, 24), (2026, 11, 3), (2026, 11, 9), "and a day"),
        ("school days", (2026, 11, 6), (2026, 11, 4), (2026, 11, 4), (2026, 11, 6), "the same day"),
        ("working days", (2026, 11, 6), (2026, 10, 23), (2026, 10, 27), (2026, 11, 10), "weekend"),
        ("working days", (2026, 11, 6), (2026, 10, 24), (2026, 10, 26), (2026, 11, 6), "only one"),
        ("days", (2026, 11, 6), (2026, 10, 24), (2026, 10, 27), (2026, 11, 9), "three days"),
        ("weeks", (2026, 11, 6), (2026, 10, 24), (2026, 10, 27), (2026, 11, 9), "in days"),
        ("school weeks", (2026, 10, 16), (2026, 9, 30), (2026, 10, 2), (2026, 10, 16), "in a week"),
        ("school weeks", (2026, 10, 16), (2026, 9, 30), (2026, 10, 5), (2026, 10, 23), "a Monday"),
        ("school weeks", (2026, 10, 16), (2026, 9, 30), (2026, 10, 13), (2026, 11, 6), "two"),
        ("half terms", (2026, 12, 18), (2026, 9, 30), (2026, 10, 5), (2027, 1, 8), "a week of it"),
        ("terms", (2026, 12, 18), (2026, 9, 30), (2026, 10, 5), (2027, 1, 8), "a week of it"),
        ("months", (2027, 1, 31), (2026, 9, 30), (2026, 10, 29), (2027, 3, 1), "29 days"),
        ("months", (2027, 1, 31), (2026, 9, 30), (2026, 10, 30), (2027, 2, 28), "one month"),
        ("years", (2027, 1, 31), (2026, 9, 30), (2026, 11, 2), (2027, 3, 3), "a month, 3 days"),
    ],
)
def test_a_pause_is_given_back_in_the_clocks_own_unit(unit, due, first, last, then, why):
    pause = Pause(date(*first), date(*last))

    assert later_by(date(*due), pause, unit, YEAR) == date(*then), why


def test_each_pause_adds_to_the_one_before():
    pauses = [
        Pause(date(2026, 9, 7), date(2026, 9, 9)),
        Pause(date(2026, 9, 10), date(2026, 9, 11)),
    ]

    assert last_day(date(2026, 9, 2), 5, "school days", YEAR) == date(2026, 9, 9)
    assert last_day(date(2026, 9, 2), 5, "school days", YEAR, pauses) == date(2026, 9, 14)
