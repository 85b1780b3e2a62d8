"""Moving up: the next year group, the next registration group, and the usual one for an age."""

import pytest

from rules.roll_over import next_group, next_year_group, usual_year_group
from tests.rules.law_calendar import day


@pytest.mark.rule("YEAR-1")
@pytest.mark.parametrize(
    ("now", "after"),
    [("N1", "N2"), ("N2", "R"), ("R", "1"), ("1", "2"), ("9", "10"), ("13", "14"), ("14", ""),
     ("", ""), ("X", "")],
)  # fmt: skip
def test_year_groups_follow_one_another(now, after):
    assert next_year_group(now) == after


@pytest.mark.rule("YEAR-2")
@pytest.mark.parametrize(
    ("group", "year", "after"),
    [
        ("7A", "7", "8A"),
        ("9-Oak", "9", "10-Oak"),
        ("Y10 B", "10", "Y11 B"),
        ("RB", "R", "1B"),
        ("N2 Bees", "N2", "R Bees"),
        ("Falcon", "7", "Falcon"),
        ("8A", "7", "8A"),  # a class of two year groups: nobody can guess
        ("14A", "14", "14A"),
        ("", "7", ""),
    ],
)
def test_a_group_that_names_its_year_moves_with_it(group, year, after):
    assert next_group(group, year) == after


@pytest.mark.rule("YEAR-3")
@pytest.mark.parametrize(
    ("born", "year", "group"),
    [
        ("2021-09-01", 2026, "R"),
        ("2022-08-31", 2026, "R"),
        ("2021-08-31", 2026, "1"),
        ("2015-05-04", 2026, "7"),
        ("2015-05-04", 2027, "8"),
        ("2010-09-01", 2026, "11"),
        ("2026-01-01", 2026, ""),
        ("2000-01-01", 2026, ""),
    ],
)
def test_the_usual_year_group_of_an_age(born, year, group):
    assert usual_year_group(day(born), year) == group
