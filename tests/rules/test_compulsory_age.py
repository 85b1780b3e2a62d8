"""When compulsory school age starts and ends. Rows T46 to T55 are the law's worked examples."""

from datetime import timedelta

import pytest

from rules.compulsory_age import (
    compulsory_on,
    ends_on,
    last_birthday_past,
    leaving_date,
    starts_on,
)
from tests.rules.law_calendar import day


@pytest.mark.rule("CSA-1")
@pytest.mark.parametrize(
    ("born", "starts", "why"),
    [
        pytest.param("2021-08-31", "2026-08-31", "five on a prescribed day", id="T46"),
        pytest.param("2021-09-01", "2026-12-31", "five the day after one", id="T47"),
        pytest.param("2021-12-31", "2026-12-31", "five on the last day of the year", id="T47b"),
        pytest.param("2022-01-01", "2027-03-31", "crosses the new year", id="T48"),
        pytest.param("2022-03-31", "2027-03-31", "five on a prescribed day", id="T48b"),
        pytest.param("2022-04-01", "2027-08-31", "five the day after one", id="T48c"),
        pytest.param("2020-02-29", "2025-03-31", "leap-day birth", id="T49"),
        ("2021-08-30", "2026-08-31", "five the day before a prescribed day"),
        ("2022-03-30", "2027-03-31", "five the day before a prescribed day"),
        ("2021-12-30", "2026-12-31", "five the day before a prescribed day"),
    ],
)
def test_compulsory_school_age_starts(born, starts, why):
    assert starts_on(day(born)) == day(starts), why


@pytest.mark.rule("CSA-2")
@pytest.mark.parametrize(
    ("born", "ends", "why"),
    [
        pytest.param("2011-08-31", "2027-06-25", "16 after the leaving date, aged 15", id="T50"),
        pytest.param("2011-06-25", "2027-06-25", "16 on the leaving date", id="T51"),
        pytest.param("2010-09-15", "2027-06-25", "16 early in the year before", id="T52"),
        pytest.param("2010-06-27", "2026-06-26", "leaves the day before 16", id="T53"),
        pytest.param("2010-09-01", "2027-06-25", "16 on the first day of a year", id="T55"),
        ("2011-09-01", "2028-06-30", "youngest of the next school year"),
        ("2008-02-29", "2024-06-28", "leap-day birth"),
    ],
)
def test_compulsory_school_age_ends(born, ends, why):
    assert ends_on(day(born)) == day(ends), why


@pytest.mark.rule("CSA-3")
@pytest.mark.parametrize(
    ("when", "counts"),
    [
        pytest.param("2027-06-25", True, id="T54"),
        pytest.param("2027-06-28", False, id="T54b"),
        ("2016-08-31", True),
        ("2016-08-30", False),
    ],
)
def test_the_first_and_the_last_day_are_included(when, counts):
    assert compulsory_on(day("2011-08-31"), day(when)) is counts


@pytest.mark.rule("CSA-2")
@pytest.mark.parametrize(
    ("year", "friday"),
    [
        (2024, "2024-06-28"),
        (2025, "2025-06-27"),
        (2026, "2026-06-26"),
        (2027, "2027-06-25"),
        (2028, "2028-06-30"),
    ],
)
def test_the_leaving_date_is_the_last_friday_in_june(year, friday):
    assert leaving_date(year) == day(friday)


@pytest.mark.rule("CSA-2")
@pytest.mark.parametrize(
    ("on", "latest"),
    [
        ("2026-06-26", "2009-08-31"),  # the last day itself still counts
        ("2026-06-27", "2010-08-31"),
        ("2026-12-31", "2010-08-31"),
        ("2027-01-01", "2010-08-31"),
    ],
)
def test_who_is_past_school_age_on_a_day_is_told_from_the_birthday(on, latest):
    assert last_birthday_past(day(on)) == day(latest)


@pytest.mark.rule("CSA-2")
def test_it_says_the_same_as_the_end_of_school_age_of_everybody():
    for on in (day("2026-06-26"), day("2026-06-27"), day("2026-11-17"), day("2028-07-01")):
        latest = last_birthday_past(on)
        born = day("2008-01-01")
        while born < day("2013-12-31"):
            assert (ends_on(born) < on) is (born <= latest), (on, born)
            born += timedelta(days=1)
