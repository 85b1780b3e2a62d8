"""How long an absence has gone unexplained, and when the family is visited."""

from datetime import date

import pytest

from rules.dates import DateRange
from rules.marks import DatedSession, Mark, Session
from rules.registration import resolve_by
from rules.school_calendar import build_calendar
from rules.unexplained import home_visit_due, unexplained_run

AUTUMN = build_calendar(
    [
        DateRange(date(2026, 9, 2), date(2026, 10, 23)),
        DateRange(date(2026, 11, 2), date(2026, 12, 18)),
    ],
    inset=[date(2026, 11, 2)],
)
AM, PM = Session.AM, Session.PM
MON, TUE, WED, THU, FRI = (date(2026, 11, day) for day in range(9, 14))


def days(**codes: str) -> list[Mark]:
    """Two codes a day: mon="NN"; a blank leaves a session without a mark."""
    named = {"mon": MON, "tue": TUE, "wed": WED, "thu": THU, "fri": FRI}
    return [
        Mark(named[name], Session(at), code)
        for name, pair in codes.items()
        for at, code in enumerate(pair)
        if code != " "
    ]


@pytest.mark.rule("REG-1")
def test_n_of_22_october_2026_is_resolved_by_6_november() -> None:
    """Vector T19: half term and the INSET day on 2 November are passed over."""
    assert resolve_by(date(2026, 10, 22), AUTUMN) == date(2026, 11, 6)


@pytest.mark.rule("WHY-1")
@pytest.mark.parametrize(
    ("marks", "run", "why"),
    [
        (days(mon="NN", tue="NN", wed="NN"), (MON, TUE, WED), "three days of N"),
        (days(mon="NN", tue="/\\", wed="NN"), (WED,), "a day in school ends the run"),
        (days(mon="NN", tue="N\\", wed="NN"), (WED,), "seen in the afternoon"),
        (days(mon="NN", tue="II", wed="NN"), (WED,), "an explained day ends the run"),
        (days(mon="OO", tue="NN"), (MON, TUE), "O without a reason is part of it"),
        (days(mon="OO", tue="OO"), (), "nothing is open any more"),
        (days(mon="NN", tue="  ", wed="NN"), (MON, WED), "a day without marks is passed over"),
        (days(mon="N ", tue=" N"), (MON, TUE), "half a day marked is enough"),
        (days(mon="NN", tue="/\\"), (), "the pupil is back"),
        ([], (), "no marks"),
    ],
)
def test_the_run_of_unexplained_days(marks, run, why) -> None:
    assert unexplained_run(marks, AUTUMN, FRI) == run, why


@pytest.mark.rule("WHY-1")
def test_a_closed_register_without_the_pupil_counts_as_n() -> None:
    missing = [DatedSession(TUE, AM)]

    assert unexplained_run(days(mon="NN"), AUTUMN, TUE, missing=missing) == (MON, TUE)
    assert unexplained_run([], AUTUMN, TUE, missing=missing) == (TUE,)


@pytest.mark.rule("WHY-1")
def test_days_after_the_day_asked_about_and_days_off_roll_are_left_out() -> None:
    marks = days(mon="NN", tue="NN", wed="NN")

    assert unexplained_run(marks, AUTUMN, TUE) == (MON, TUE)
    assert unexplained_run(marks, AUTUMN, WED, on_roll=DateRange(TUE, None)) == (TUE, WED)


@pytest.mark.rule("WHY-2")
@pytest.mark.parametrize(
    ("run", "contacted", "due", "why"),
    [
        ((MON, TUE), (), False, "two days"),
        ((MON, TUE, WED), (), True, "three days"),
        ((MON, TUE, WED), (MON,), False, "spoken to on the first day"),
        ((MON, TUE, WED), (date(2026, 11, 6),), True, "spoken to before it began"),
        ((), (), False, "no absence"),
    ],
)
def test_a_home_visit_is_due_after_three_days_without_contact(run, contacted, due, why) -> None:
    assert home_visit_due(run, contacted, 3) is due, why
