from datetime import UTC, date, datetime

import pytest

from frontend.templatetags.govuk import (
    count_of,
    percent_bp,
    sessions_as_days,
    short_date,
    words,
    words_and_time,
)


def test_dates_read_in_words():
    assert words(date(2026, 11, 3)) == "3 November 2026"
    assert short_date(date(2026, 11, 23)) == "Mon 23 Nov"
    assert words(None) == ""


def test_a_moment_is_told_in_local_time():
    # 23:30 UTC in British Summer Time is half past midnight on the next day.
    moment = datetime(2026, 7, 1, 23, 30, tzinfo=UTC)

    assert words(moment) == "2 July 2026"
    assert words_and_time(moment) == "2 July 2026 at 12:30am"


@pytest.mark.parametrize(
    ("basis_points", "shown"),
    [
        (9245, "92.4%"),
        (9499, "94.9%"),
        (9500, "95.0%"),
        (10000, "100.0%"),
        (0, "0.0%"),
        (7, "0.0%"),
    ],
)
def test_a_percentage_is_rounded_down_so_that_it_never_flatters(basis_points, shown):
    assert percent_bp(basis_points) == shown


@pytest.mark.parametrize(
    ("sessions", "shown"),
    [(0, "0 days"), (1, "½ day"), (2, "1 day"), (3, "1½ days"), (10, "5 days"), (11, "5½ days")],
)
def test_sessions_read_as_days(sessions, shown):
    assert sessions_as_days(sessions) == shown


def test_a_count_takes_its_noun_along():
    assert count_of(1, "pupil") == "1 pupil"
    assert count_of(3120, "pupil") == "3,120 pupils"
    assert count_of(2, "child,children") == "2 children"
