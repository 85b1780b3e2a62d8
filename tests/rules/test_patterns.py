"""Patterns of absence, at the edges of what stands out."""

from datetime import date

import pytest

from rules.marks import Mark, Session
from rules.patterns import missed_together, patterns
from tests.rules.law_calendar import CALENDAR, day, on

AS_OF = date(2026, 10, 23)


def register(missed: set[tuple[str, int]]) -> list[Mark]:
    """The first half of the autumn term, present but for some sessions."""
    marks = on("2026-09-02", "/" * 76)
    return [
        mark._replace(code="O" if (mark.day.isoformat(), mark.session) in missed else mark.code)
        for mark in marks
    ]


def standing_out(missed: set[tuple[str, int]]) -> set[str]:
    """The names of the patterns that stand out."""
    return {one.name for one in patterns(register(missed), CALENDAR, AS_OF) if one.stands_out}


@pytest.mark.rule("PAT-1")
def test_three_missed_mondays_stand_out_and_two_do_not():
    two = {("2026-09-14", 0), ("2026-09-21", 0)}
    assert "Mondays" not in standing_out(two)
    assert standing_out(two | {("2026-09-28", 0)}) == {
        "Mondays",
        "Mornings",
        "The first school day after a weekend",
    }


@pytest.mark.rule("PAT-1")
def test_twice_as_often_is_enough_and_less_is_not():
    """Seven Mondays are 14 sessions of 76: three missed there against six or seven elsewhere."""
    mondays = {("2026-09-14", 0), ("2026-09-21", 0), ("2026-09-28", 0)}
    tuesdays = {("2026-09-15", 0), ("2026-09-15", 1), ("2026-09-22", 0), ("2026-09-22", 1)}
    wednesdays = {("2026-09-16", 0), ("2026-09-16", 1)}
    assert "Mondays" in standing_out(mondays | tuesdays | wednesdays)
    assert "Mondays" not in standing_out(mondays | tuesdays | wednesdays | {("2026-09-17", 0)})


@pytest.mark.rule("PAT-1")
@pytest.mark.parametrize(
    ("missed", "name"),
    [
        ({("2026-10-23", 0), ("2026-10-23", 1)}, "The last school day before a holiday"),
        ({("2026-09-02", 0), ("2026-09-03", 0)}, "The first two weeks of a school year"),
        ({("2026-09-04", 1), ("2026-09-11", 1)}, "The last school day before a weekend"),
    ],
)
def test_each_pattern_counts_its_own_sessions(missed, name):
    (found,) = [p for p in patterns(register(missed), CALENDAR, AS_OF) if p.name == name]
    assert (found.those.absent, found.others.absent) == (2, 0)
    assert not found.stands_out
    assert found.those.possible + found.others.possible == 76


@pytest.mark.rule("PAT-1")
def test_the_day_after_a_holiday_is_none_after_a_weekend():
    """3 November follows half-term and an INSET Monday."""
    marks = on("2026-10-22", "////" + "OO" + "/" * 8)
    by_name = {found.name: found for found in patterns(marks, CALENDAR, day("2026-11-09"))}
    assert by_name["The first school day after a holiday"].those.absent == 2
    assert by_name["The first school day after a weekend"].those.absent == 0
    assert by_name["The first school day after a holiday"].words == (
        "The first school day after a holiday: 2 of 2 sessions missed, against 0 of 12 at other"
        " times."
    )


@pytest.mark.rule("PAT-1")
def test_an_empty_register_has_no_pattern():
    assert not any(found.stands_out for found in patterns([], CALENDAR, AS_OF))


@pytest.mark.rule("PAT-2")
def test_days_missed_together_need_every_child():
    first = [Mark(day("2026-09-14"), Session.AM, "O"), Mark(day("2026-09-15"), Session.AM, "I")]
    second = [Mark(day("2026-09-14"), Session.PM, "I"), Mark(day("2026-09-15"), Session.AM, "/")]
    assert missed_together(first, second) == (day("2026-09-14"),)
    assert missed_together(first) == ()
