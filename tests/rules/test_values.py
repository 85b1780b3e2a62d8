"""Dated figures and the errors that stand in for missing ones."""

from datetime import date

import pytest

from rules import errors
from rules.errors import DomainError, NoValue
from rules.register import SOURCES
from rules.values import VALUES, Figures, figures_on, value_on


def test_every_row_has_a_day_and_a_known_source():
    rows = [row for table in VALUES.values() for row in table]

    assert all(isinstance(row["from"], date) for row in rows)
    assert {row["source"] for row in rows} <= set(SOURCES)


@pytest.mark.parametrize(("step", "pounds"), [("first", 80), ("second", None)])
def test_a_row_is_chosen_by_its_key(step, pounds):
    row = value_on("penalty_notice", date(2026, 11, 23), step=step)

    assert row.get("early_pounds") == pounds


def test_the_row_in_force_is_the_latest_begun(monkeypatch):
    rows = [
        {"from": date(2024, 8, 19), "pounds": 80},
        {"from": date(2027, 1, 1), "pounds": 95},
        {"from": date(2020, 1, 1), "pounds": 60},
    ]
    monkeypatch.setitem(VALUES, "invented", rows)

    days = [date(2024, 8, 18), date(2024, 8, 19), date(2026, 12, 31), date(2027, 1, 1)]

    assert [value_on("invented", each)["pounds"] for each in days] == [60, 80, 80, 95]


@pytest.mark.parametrize(
    ("table", "key", "sentence"),
    [
        ("threshold", {}, "There is no threshold figure for 18 August 2024."),
        ("penalty_notice", {"step": "third"}, "There is no third penalty notice figure for"),
    ],
)
def test_a_day_or_step_without_a_row_is_an_error_and_never_the_nearest(table, key, sentence):
    with pytest.raises(NoValue, match=sentence):
        value_on(table, date(2024, 8, 18), **key)


def test_a_table_that_does_not_exist_is_a_mistake_in_the_code():
    with pytest.raises(KeyError):
        value_on("no such table", date(2026, 11, 23))


def test_the_figures_of_today():
    assert figures_on(date(2026, 11, 23)) == Figures(
        sessions_needed=10,
        weeks=10,
        near_from=6,
        look_back_weeks=12,
        persistent_percent=10,
        severe_percent=50,
        band_edges=(95, 90, 50),
        edges_belong_below=True,
    )


@pytest.mark.parametrize(
    ("kind", "code", "status"),
    [
        (errors.DomainError, "refused", 400),
        (errors.NotFound, "not_found", 404),
        (errors.Forbidden, "forbidden", 403),
        (errors.Conflict, "conflict", 409),
        (errors.InvalidInput, "invalid", 422),
        (errors.RuleNotMet, "rule_not_met", 422),
        (errors.NoValue, "no_value", 422),
        (errors.UnknownCode, "unknown_attendance_code", 422),
        (errors.UnknownTerm, "no_calendar", 422),
    ],
)
def test_each_error_has_a_code_a_status_and_a_sentence(kind, code, status):
    plain, told = kind(), kind("Do this instead.", row=7)

    assert (plain.code, plain.status) == (code, status)
    assert plain.sentence.endswith(".")
    assert (told.sentence, told.message, str(told), told.facts) == (
        "Do this instead.",
        "Do this instead.",
        "Do this instead.",
        {"row": 7},
    )
    assert isinstance(told, DomainError)
