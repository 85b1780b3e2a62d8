"""Before a penalty notice. T08, T09, T20 to T22 and T60 are the law's worked examples."""

import pytest

from rules.errors import RuleNotMet, UnknownTerm
from rules.penalty_notices import (
    Route,
    SchoolType,
    contract_allowed,
    improved_enough,
    improvement_period,
    notice_held_by,
    penalty_notice_allowed,
    route,
    who_decides_prosecution,
)
from rules.thresholds import State, prove
from tests.rules.law_calendar import CALENDAR, day, on


@pytest.mark.rule("PN-9")
@pytest.mark.parametrize(
    ("codes", "expected"),
    [
        pytest.param("G" * 10, Route.HOLIDAY, id="T08-route"),
        ("G" * 9 + "O", Route.SUPPORT_FIRST),
        ("O" * 10, Route.SUPPORT_FIRST),
    ],
)
def test_a_holiday_without_leave_needs_no_notice_to_improve(codes, expected):
    assert route(on("2026-11-09", codes)) is expected


@pytest.mark.rule("PN-9")
def test_there_is_no_route_without_sessions():
    with pytest.raises(ValueError, match="no counted sessions"):
        route([])


@pytest.mark.rule("PN-10")
@pytest.mark.parametrize(
    ("codes", "held"),
    [
        pytest.param(
            "OOOGGGGNUU",
            "Find out the reason for the sessions marked N first: 8 October 2026.",
            id="T09-hold",
        ),
        ("OOOGGGGOUU", ""),
        ("NOOO", ""),
    ],
)
def test_a_notice_is_held_while_only_n_reaches_the_threshold(codes, held):
    proof = prove(on("2026-10-05", codes), CALENDAR, day("2026-10-16"))

    assert notice_held_by(proof) == held


@pytest.mark.rule("PN-11", "PN-12")
@pytest.mark.parametrize(
    ("start", "weeks", "end", "possible"),
    [pytest.param("2026-11-30", 6, "2027-01-22", 58, id="T20")],
)
def test_six_school_weeks_straddle_christmas(start, weeks, end, possible):
    period = improvement_period(day(start), weeks, CALENDAR)

    assert period.last == day(end)
    assert period.possible_sessions == possible
    assert improved_enough(5, possible, at_most_percent=10)
    assert not improved_enough(6, possible, at_most_percent=10)


@pytest.mark.rule("PN-12")
@pytest.mark.parametrize(
    ("unauthorised", "possible", "passed"),
    [pytest.param(6, 60, True, id="T21"), (7, 60, False), (0, 0, True)],
)
def test_no_more_than_the_share_set_is_a_pass(unauthorised, possible, passed):
    assert improved_enough(unauthorised, possible, at_most_percent=10) is passed


@pytest.mark.rule("PN-11")
@pytest.mark.parametrize("weeks", [pytest.param(2, id="T22"), pytest.param(7, id="T22-too-long")])
def test_a_period_outside_three_to_six_weeks_is_refused(weeks):
    with pytest.raises(RuleNotMet, match=f"runs for 3 to 6 school weeks, not {weeks}"):
        improvement_period(day("2026-11-30"), weeks, CALENDAR)


@pytest.mark.rule("PN-11")
@pytest.mark.parametrize(
    ("weeks", "end"),
    [pytest.param(3, "2026-12-18", id="T22-three"), pytest.param(6, "2027-01-22", id="T22-six")],
)
def test_three_and_six_weeks_are_accepted(weeks, end):
    assert improvement_period(day("2026-11-30"), weeks, CALENDAR).last == day(end)


@pytest.mark.rule("PN-11")
def test_a_period_past_the_calendar_is_not_guessed():
    with pytest.raises(UnknownTerm, match="does not reach 3 school weeks from 12 July 2027"):
        improvement_period(day("2027-07-12"), 3, CALENDAR)


@pytest.mark.rule("PN-6", "PN-7", "PN-8")
@pytest.mark.parametrize(
    ("school", "allowed"),
    [
        pytest.param("independent school", False, id="T60"),
        ("non-maintained special school", False),
        ("maintained school", True),
        ("academy", True),
        ("alternative provision academy", True),
        ("pupil referral unit", True),
    ],
)
def test_a_threshold_is_shown_everywhere_but_the_remedies_depend_on_the_school(school, allowed):
    twelve = prove(on("2026-11-09", "G" * 12), CALENDAR, day("2026-11-20"))

    assert (twelve.state, twelve.current.count) == (State.YES, 12)
    assert penalty_notice_allowed(SchoolType(school)).allowed is allowed
    assert contract_allowed(SchoolType(school)).allowed is allowed
    assert school in penalty_notice_allowed(SchoolType(school)).why
    assert school in contract_allowed(SchoolType(school)).why
    assert "Only the council can decide" in who_decides_prosecution(SchoolType(school))
