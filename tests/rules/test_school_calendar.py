"""Sessions, school days and weeks, working days and bank holidays."""

from datetime import date

import pytest

from rules.dates import DateRange, months_after
from rules.errors import InvalidInput, NoValue, UnknownTerm
from rules.marks import DatedSession, Mark, Session
from rules.school_calendar import (
    Calendar,
    Closure,
    bank_holidays,
    bank_holidays_known,
    build_calendar,
    grid_start,
    is_school_day,
    is_working_day,
    school_day_after,
    school_weeks,
    sessions_between,
    weeks_back,
    working_day_after,
    year_end,
    year_start_on,
)
from tests.rules.law_calendar import CALENDAR, day

WEEK = DateRange(date(2026, 11, 9), date(2026, 11, 13))


@pytest.mark.rule("CAL-1")
def test_a_school_week_needs_one_session_and_begins_with_it():
    calendar = Calendar((DatedSession(day("2026-09-04"), Session.PM),))

    assert school_weeks(calendar) == (day("2026-08-31"),)
    assert school_weeks(calendar, day("2026-09-03")) == ()
    assert school_weeks(calendar, day("2026-09-04")) == (day("2026-08-31"),)


@pytest.mark.rule("CAL-1")
@pytest.mark.parametrize(
    ("when", "monday"),
    [("2026-11-08", "2026-11-02"), ("2026-11-09", "2026-11-09"), ("2026-11-15", "2026-11-09")],
)
def test_a_week_runs_from_monday_to_sunday(when, monday):
    calendar = Calendar((DatedSession(day(when), Session.AM),))

    assert school_weeks(calendar) == (day(monday),)


@pytest.mark.rule("CAL-2")
@pytest.mark.parametrize(
    ("when", "meets", "why"),
    [
        ("2026-10-23", True, "last day before half term"),
        ("2026-10-26", False, "half term"),
        ("2026-11-02", False, "INSET day"),
        ("2026-11-03", True, "the day after"),
        ("2026-11-07", False, "Saturday"),
        ("2026-05-04", False, "bank holiday inside a term"),
        ("2026-05-05", True, "the day after it"),
        ("2030-01-01", False, "past the calendar"),
    ],
)
def test_a_school_day_has_a_session(when, meets, why):
    assert is_school_day(CALENDAR, day(when)) is meets, why


@pytest.mark.rule("CAL-2")
def test_a_day_lost_to_snow_is_no_school_day_and_a_lost_morning_leaves_it_one():
    snow = [
        Closure(day("2026-11-10"), day("2026-11-10"), "snow", unexpected=True),
        Closure(day("2026-11-11"), day("2026-11-11"), "snow", Session.AM, unexpected=True),
    ]
    calendar = build_calendar([WEEK], closures=snow)

    assert len(calendar.sessions) == 10
    assert len(calendar.held) == 7
    assert not is_school_day(calendar, day("2026-11-10"))
    assert is_school_day(calendar, day("2026-11-11"))


@pytest.mark.rule("CAL-3")
@pytest.mark.parametrize(
    ("after", "number", "expected"),
    [
        ("2026-10-22", 1, "2026-10-23"),
        ("2026-10-22", 2, "2026-11-03"),
        ("2026-10-25", 1, "2026-11-03"),
    ],
)
def test_school_days_after_pass_over_holidays(after, number, expected):
    assert school_day_after(CALENDAR, day(after), number) == day(expected)


@pytest.mark.rule("CAL-3")
def test_a_calendar_that_ends_too_soon_says_so():
    with pytest.raises(UnknownTerm, match="does not reach 1 school days after 21 July 2027"):
        school_day_after(CALENDAR, day("2027-07-21"), 1)


@pytest.mark.rule("CAL-4")
@pytest.mark.parametrize(
    ("when", "works", "why"),
    [
        ("2026-12-24", True, "Christmas Eve"),
        ("2026-12-25", False, "Christmas Day"),
        ("2026-12-26", False, "Saturday"),
        ("2026-12-28", False, "Boxing Day, substitute"),
        ("2026-12-29", True, "the day after"),
        ("2026-08-31", False, "summer bank holiday"),
    ],
)
def test_a_working_day_is_a_weekday_without_a_bank_holiday(when, works, why):
    assert is_working_day(day(when)) is works, why


@pytest.mark.rule("CAL-5")
@pytest.mark.parametrize(
    ("after", "number", "expected"),
    [
        ("2026-12-17", 2, "2026-12-21"),
        ("2026-12-23", 2, "2026-12-29"),
        ("2026-10-22", 5, "2026-10-29"),
        ("2026-10-22", 0, "2026-10-22"),
    ],
)
def test_working_days_after_pass_over_weekends_and_bank_holidays(after, number, expected):
    assert working_day_after(day(after), number) == day(expected)


@pytest.mark.rule("CAL-4")
def test_bank_holidays_of_a_year_nobody_knows_are_an_error():
    last = bank_holidays_known().last

    with pytest.raises(NoValue, match="We do not know the bank holidays"):
        is_working_day(date(last.year + 1, 1, 5))
    with pytest.raises(NoValue):
        build_calendar([DateRange(date(2011, 9, 5), date(2011, 12, 16))])


@pytest.mark.rule("CAL-4")
def test_the_eight_bank_holidays_of_2026_are_those_of_england_and_wales():
    assert sorted(str(each) for each in bank_holidays() if each.year == 2026) == [
        "2026-01-01",
        "2026-04-03",
        "2026-04-06",
        "2026-05-04",
        "2026-05-25",
        "2026-08-31",
        "2026-12-25",
        "2026-12-28",
    ]


@pytest.mark.rule("CAL-6")
@pytest.mark.parametrize(
    ("when", "start", "why"),
    [
        ("2026-07-26", "2025-07-28", "the Sunday before the grid begins"),
        ("2026-07-27", "2026-07-27", "the Monday of the week of 1 August, a Saturday"),
        ("2026-08-01", "2026-07-27", "1 August"),
        ("2027-01-01", "2026-07-27", "after the new year"),
        ("2022-08-01", "2022-08-01", "1 August is a Monday"),
        ("2022-07-31", "2021-07-26", "the last Sunday of a year of 53 weeks"),
        ("2027-08-01", "2027-07-26", "1 August is a Sunday"),
    ],
)
def test_a_year_starts_on_the_monday_of_the_week_of_1_august(when, start, why):
    assert year_start_on(day(when)) == day(start), why


@pytest.mark.rule("CAL-6")
@pytest.mark.parametrize(
    ("start", "end"), [("2026-07-27", "2027-07-25"), ("2021-07-26", "2022-07-31")]
)
def test_years_tile_time(start, end):
    assert year_end(day(start)) == day(end)
    assert grid_start(day(start).year) == day(start)


@pytest.mark.rule("CAL-6")
def test_a_year_does_not_end_that_never_started():
    with pytest.raises(ValueError, match="No academic year starts on 28 July 2026"):
        year_end(day("2026-07-28"))


def test_weeks_back_counts_this_week_and_gives_fewer_when_there_are_fewer():
    assert weeks_back(CALENDAR, day("2026-11-03"), 2) == (day("2026-10-19"), day("2026-11-02"))
    assert weeks_back(CALENDAR, day("2026-04-20"), 5) == (day("2026-04-13"), day("2026-04-20"))
    assert weeks_back(CALENDAR, day("2026-04-12"), 5) == ()


def test_a_planned_closure_takes_sessions_out_and_an_extra_session_wins():
    saturday = DatedSession(day("2026-11-14"), Session.AM)
    again = DatedSession(day("2026-11-10"), Session.PM)
    calendar = build_calendar(
        [WEEK],
        inset=[day("2026-11-09")],
        closures=[
            Closure(day("2026-11-10"), day("2026-11-11"), "polling day"),
            Closure(day("2026-11-13"), day("2026-11-13"), "early close", Session.PM),
        ],
        extra=[saturday, again],
    )

    assert calendar.sessions == (
        again,
        DatedSession(day("2026-11-12"), Session.AM),
        DatedSession(day("2026-11-12"), Session.PM),
        DatedSession(day("2026-11-13"), Session.AM),
        saturday,
    )
    assert calendar.closed[day("2026-11-09")] == "INSET day"
    assert calendar.closed[day("2026-11-11")] == "polling day"


def test_a_school_may_meet_at_weekends_and_name_its_own_holidays():
    calendar = build_calendar(
        [DateRange(day("2026-11-13"), day("2026-11-16"))],
        weekdays={4, 5, 6, 0},
        holidays={day("2026-11-15")},
    )

    assert calendar.days == (day("2026-11-13"), day("2026-11-14"), day("2026-11-16"))


@pytest.mark.parametrize(
    ("term", "sentence"),
    [
        (DateRange(day("2026-11-09"), None), "both the first and the last day"),
        (DateRange(None, day("2026-11-09")), "both the first and the last day"),
        (DateRange(day("2026-11-09"), day("2026-11-08")), "cannot end on 8 November 2026"),
    ],
)
def test_a_term_needs_both_ends_in_order(term, sentence):
    with pytest.raises(InvalidInput, match=sentence):
        build_calendar([term])


def test_sessions_between_include_both_ends_and_leave_out_lost_ones():
    snow = Closure(day("2026-11-10"), day("2026-11-10"), "snow", Session.AM, unexpected=True)
    calendar = build_calendar([WEEK], closures=[snow])

    assert len(sessions_between(calendar, day("2026-11-09"), day("2026-11-10"))) == 3
    assert sessions_between(calendar, day("2026-11-14"), day("2026-11-20")) == ()


@pytest.mark.parametrize(
    ("when", "inside"),
    [("2026-11-08", False), ("2026-11-09", True), ("2026-11-13", True), ("2026-11-14", False)],
)
def test_a_range_of_days_includes_both_ends(when, inside):
    assert (day(when) in WEEK) is inside


@pytest.mark.parametrize(
    ("start", "months", "expected"),
    [
        ("2026-09-28", 6, "2027-03-28"),
        ("2026-08-31", 6, "2027-02-28"),
        ("2027-08-31", 6, "2028-02-29"),
        ("2026-06-30", 6, "2026-12-30"),
        ("2026-12-31", 1, "2027-01-31"),
    ],
)
def test_months_after_stop_at_the_end_of_a_shorter_month(start, months, expected):
    assert months_after(day(start), months) == day(expected)


def test_sessions_sort_in_time_and_read_in_words():
    morning = Mark(day("2026-11-09"), Session.AM, "/")

    assert sorted([Mark(day("2026-11-09"), Session.PM, "\\"), morning])[0] == morning
    assert [session.words for session in Session] == ["morning", "afternoon"]
