"""Suspensions: 45 school days in a year, and education from the sixth day in a row."""

from datetime import date

import pytest

from rules.suspensions import days_provision_is_due, first_days, over_the_limit, refusal

DAY = date(2026, 11, 17)
# Two school weeks with a half term between them.
WEEKS = [date(2026, 10, 19 + n) for n in range(5)] + [date(2026, 11, 2 + n) for n in range(5)]


@pytest.mark.rule("SUSP-1")
@pytest.mark.parametrize(
    ("before", "now", "says"),
    [
        (0, 2, ""),
        (80, 10, ""),
        (80, 11, "it would be 45½ days: 40 days before it"),
        (90, 2, "46 days: 45 days before"),
        (2, 89, "45½ days: 1 day before"),
    ],
)
def test_at_most_45_school_days_in_a_year(before, now, says):
    sentence = over_the_limit(before, now, DAY)

    assert says in sentence
    assert bool(sentence) is bool(says)


@pytest.mark.rule("SUSP-2")
@pytest.mark.parametrize(
    ("suspended", "due"),
    [
        (WEEKS[:5], ()),
        (WEEKS[:6], (date(2026, 11, 2),)),
        (WEEKS[1:7], (date(2026, 11, 3),)),
        (WEEKS[:8], (date(2026, 11, 2), date(2026, 11, 3), date(2026, 11, 4))),
        (WEEKS[:3] + WEEKS[4:9], ()),
        ([], ()),
    ],
)
def test_education_is_due_from_the_sixth_school_day_in_a_row(suspended, due):
    assert days_provision_is_due(WEEKS, suspended) == due


@pytest.mark.rule("SUSP-2")
def test_without_school_days_nothing_is_due():
    assert days_provision_is_due([], [DAY]) == ()


@pytest.mark.rule("SUSP-3")
def test_code_e_ends_when_education_is_due_unless_none_was_arranged():
    due = (date(2026, 11, 2),)

    assert "From 2 November 2026, the sixth school day" in refusal(due, nothing_arranged=False)
    assert refusal(due, nothing_arranged=True) == ""
    assert refusal((), nothing_arranged=False) == ""


@pytest.mark.rule("SUSP-4")
@pytest.mark.parametrize(
    ("covered", "first"),
    [
        ([2, 3], [2, 3]),
        ([2, 3, 4, 5, 6], [2, 3, 4, 5, 6]),
        ([2, 3, 4, 5, 6, 9, 10], [2, 3, 4, 5, 6]),
        ([9, 6, 5, 10, 11, 12, 13], [5, 6, 9, 10, 11]),  # in any order, over a weekend
        ([], []),
    ],
)
def test_parents_answer_for_the_first_five_school_days(covered, first):
    days = [date(2026, 11, one) for one in covered]

    found = first_days(days, date(2026, 11, 2))

    assert found == tuple(date(2026, 11, one) for one in first)
