"""The period of a notice to improve, day by day. T20 and T21 are the law's worked examples."""

import pytest

from rules.dates import DateRange
from rules.improvement import Progress, Result, may_end_early, progress
from rules.penalty_notices import ImprovementPeriod, improvement_period
from rules.school_calendar import build_calendar
from tests.rules.law_calendar import CALENDAR, day, on

# Six school weeks over Christmas: 58 sessions, 30 November 2026 to 22 January 2027.
SIX = improvement_period(day("2026-11-30"), 6, CALENDAR)


def at(codes: str, when: str, first: str = "2026-11-30", period: ImprovementPeriod = SIX):
    """Progress at the end of a day, with one code a session from `first` on."""
    marks = on(first, codes)
    return progress(period, marks, CALENDAR, day(when), at_most_percent=10)


@pytest.mark.rule("PN-13")
@pytest.mark.parametrize(
    ("codes", "when", "expected", "why"),
    [
        ("", "2026-11-29", Progress(0, 0, 0, 58, 5, Result.NOT_BEGUN), "the day before"),
        ("//", "2026-11-30", Progress(0, 0, 2, 56, 5, Result.RUNNING), "the first day"),
        ("OU", "2026-11-30", Progress(2, 0, 2, 56, 3, Result.RUNNING), "a bad first day"),
        ("O" * 5, "2026-12-02", Progress(5, 0, 5, 52, 0, Result.RUNNING), "one blank; 5.7"),
        ("O" * 6, "2026-12-02", Progress(6, 0, 6, 52, -1, Result.FAILED_EARLY), "6 of 58"),
        ("O" * 5 + "N", "2026-12-02", Progress(6, 1, 6, 52, -1, Result.RUNNING), "N may turn"),
        ("X" * 10 + "O" * 5, "2026-12-09", Progress(5, 0, 5, 42, -1, Result.FAILED_EARLY), "5/47"),
        ("//", "2026-12-25", Progress(0, 0, 2, 28, 3, Result.RUNNING), "in the holiday"),
    ],
)
def test_progress_says_what_is_left(codes, when, expected, why):
    assert at(codes, when) == expected, why


@pytest.mark.rule("PN-13")
@pytest.mark.parametrize(
    ("codes", "result"),
    [
        pytest.param("O" * 5 + "/" * 53, Result.PASSED, id="T20-progress"),
        pytest.param("O" * 6 + "/" * 52, Result.FAILED, id="T20-progress-fails"),
        ("O" * 5 + "N" + "/" * 52, Result.UNRESOLVED),
        ("O" * 6 + "N" + "/" * 51, Result.FAILED),
        ("O" * 4 + "N" + "/" * 53, Result.PASSED),
        ("O" * 5 + "I" * 53, Result.PASSED),
        ("X" * 58, Result.PASSED),
        ("", Result.PASSED),
    ],
)
@pytest.mark.parametrize("when", ["2027-01-22", "2027-03-01"])
def test_at_the_end_the_criterion_decides_or_n_holds_it(codes, result, when):
    assert at(codes, when).result is result


@pytest.mark.rule("PN-13")
@pytest.mark.parametrize("unauthorised", [pytest.param(6, id="T21-progress")])
def test_exactly_the_share_is_a_pass(unauthorised):
    calendar = build_calendar([DateRange(day("2026-09-07"), day("2026-10-16"))])
    period = improvement_period(day("2026-09-07"), 6, calendar)
    marks = on("2026-09-07", "O" * unauthorised + "/" * 54, calendar)

    found = progress(period, marks, calendar, day("2026-10-16"), at_most_percent=10)

    assert (found.possible, found.unauthorised, found.may_miss) == (60, 6, 0)
    assert found.result is Result.PASSED


@pytest.mark.rule("PN-13")
def test_marks_outside_the_period_and_after_the_day_are_left_out():
    before_and_after = on("2026-11-23", "O" * 200)

    assert progress(
        SIX, before_and_after, CALENDAR, day("2026-11-30"), at_most_percent=10
    ) == Progress(2, 0, 2, 56, 3, Result.RUNNING)
    assert (
        progress(SIX, before_and_after, CALENDAR, day("2027-07-01"), at_most_percent=10)
    ).unauthorised == 58


@pytest.mark.rule("PN-13")
@pytest.mark.parametrize(("percent", "result"), [(0, Result.FAILED_EARLY), (5, Result.RUNNING)])
def test_a_stricter_criterion_fails_sooner(percent, result):
    found = progress(
        SIX, on("2026-11-30", "O/"), CALENDAR, day("2026-11-30"), at_most_percent=percent
    )

    assert found.result is result


@pytest.mark.rule("PN-14")
@pytest.mark.parametrize(
    ("result", "reason", "told", "allowed", "sentence"),
    [
        (Result.FAILED_EARLY, "", "2026-12-09", True, "The parent was told on 9 December 2026."),
        (Result.FAILED_EARLY, "", "2026-12-10", True, "The parent was told on 10 December 2026."),
        (Result.FAILED_EARLY, "", "2026-12-11", False, "no later than 10 December 2026"),
        (Result.FAILED_EARLY, "", None, False, "Tell the parent first"),
        (Result.RUNNING, "No contact at all", "2026-12-09", True, "The parent was told"),
        (Result.RUNNING, "No contact at all", None, False, "Tell the parent first"),
        (Result.RUNNING, " ", "2026-12-09", False, "can still succeed"),
        (Result.NOT_BEGUN, "No contact", "2026-12-09", False, "has not begun"),
        (Result.PASSED, "No contact", "2026-12-09", False, "period is over"),
        (Result.FAILED, "No contact", "2026-12-09", False, "period is over"),
        (Result.UNRESOLVED, "No contact", "2026-12-09", False, "period is over"),
    ],
)
def test_a_period_ends_early_only_with_grounds_and_the_parent_told_first(
    result, reason, told, allowed, sentence
):
    answer = may_end_early(
        result,
        reason=reason,
        told_parent_on=day(told) if told else None,
        proposed_on=day("2026-12-10"),
    )

    assert answer.allowed is allowed
    assert sentence in answer.why
