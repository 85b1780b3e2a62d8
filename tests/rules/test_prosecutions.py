"""Time limits. T56 is the law's worked example."""

import pytest

from rules.prosecutions import time_limit
from tests.rules.law_calendar import day, on


@pytest.mark.rule("PROS-1")
@pytest.mark.parametrize(
    ("first", "last", "warn_by", "outer"),
    [
        pytest.param("2026-09-28", "2026-10-16", "2027-03-28", "2027-04-16", id="T56"),
        ("2026-08-31", "2026-08-31", "2027-02-28", "2027-02-28"),
    ],
)
def test_six_months_run_from_the_first_session_with_the_last_as_outer_edge(
    first, last, warn_by, outer
):
    limit = time_limit([day(last), day(first)])

    assert (limit.warn_by, limit.outer) == (day(warn_by), day(outer))


@pytest.mark.rule("PROS-1")
def test_marks_will_do_for_days_and_none_will_not():
    assert time_limit(on("2026-09-28", "OO")).warn_by == day("2027-03-28")
    with pytest.raises(ValueError, match="at least one session"):
        time_limit([])
