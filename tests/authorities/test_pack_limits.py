"""What no pack may relax or change: both sides of each line, and the clause that is named."""

import pytest

from authorities import packs
from authorities.packs import adopting
from rules.errors import RuleNotMet
from tests.authorities.packed import entry, pack_of

NATIONAL_PENALTY = (
    "compulsory_age",
    "eligible_school",
    "named_parent",
    "improvement_failed",
    "nothing_unresolved",
    "framework_questions",
    "equality_brake",
    "two_in_three_years",
    "border_checked",
    "no_proceedings_on_the_same_facts",
    "authorised_officer",
)


def relaxed(**sections) -> list[str]:
    return list(packs.relaxations(pack_of(**sections), packs.load("national")))


@pytest.mark.parametrize(
    ("key", "length", "unit", "relaxes", "why"),
    [
        ("register_open", 30, "minutes", False, "the longest allowed"),
        ("register_open", 31, "minutes", True, "a minute more"),
        ("register_open", 20, "minutes", False, "shorter"),
        ("unresolved_reason", 5, "school days", False, "as the law has it"),
        ("unresolved_reason", 6, "school days", True, "a day more"),
        ("unresolved_reason", 5, "working days", True, "another unit"),
        ("attendance_return", 11, "school days", True, "later than the law"),
        ("attendance_return", 10, "school days", False, "as the law has it"),
        ("sickness_return", 16, "school days", True, "later than the law"),
        ("sickness_return", 15, "school days", False, "as the law has it"),
        ("register_kept", 6, "years", False, "as the law has it"),
        ("register_kept", 5, "years", True, "destroyed too early"),
        ("register_kept", 7, "years", False, "longer"),
        ("improvement_shortest", 2, "school weeks", True, "under three weeks"),
        ("improvement_shortest", 3, "school weeks", False, "three"),
        ("improvement_longest", 6, "school weeks", False, "six"),
        ("improvement_longest", 7, "school weeks", True, "over six"),
        ("home_visit", 30, "school days", False, "no law sets it"),
    ],
)
def test_a_clock_keeps_within_the_law(key, length, unit, relaxes, why):
    found = relaxed(clocks=[entry(key, length=length, unit=unit)])

    assert bool(found) is relaxes, why


@pytest.mark.parametrize(
    ("table", "column", "step", "value", "changes"),
    [
        ("penalty_notice", "early_pounds", "first", 80, False),
        ("penalty_notice", "early_pounds", "first", 60, True),
        ("penalty_notice", "full_pounds", "second", 160, False),
        ("penalty_notice", "full_pounds", "second", 120, True),
        ("threshold", "sessions", None, 10, False),
        ("threshold", "sessions", None, 12, True),
        ("threshold", "colour", None, 10, True),
        ("fines", "pounds", None, 60, True),
    ],
)
def test_a_figure_that_a_pack_repeats_is_the_national_one(table, column, step, value, changes):
    figure = entry("amount", table=table, column=column, value=value, step=step)

    assert bool(relaxed(figures=[figure])) is changes


@pytest.mark.parametrize(
    ("tests", "step", "relaxes"),
    [
        (NATIONAL_PENALTY, "penalty_notice", False),
        ((*NATIONAL_PENALTY, "panel_agreed"), "penalty_notice", False),
        (NATIONAL_PENALTY[1:], "penalty_notice", True),
        ((), "penalty_notice", True),
        (NATIONAL_PENALTY, "meeting", True),
    ],
)
def test_a_gate_under_a_national_key_keeps_its_tests(tests, step, relaxes):
    assert bool(relaxed(gates=[entry("penalty_notice", step=step, tests=tests)])) is relaxes


def test_a_gate_of_its_own_is_added():
    assert relaxed(gates=[entry("panel_first", step="penalty_notice")]) == []


@pytest.mark.parametrize(
    ("operator", "percent", "relaxes"),
    [("lte", 90, False), ("lt", 90, True), ("lte", 92, True)],
)
def test_what_is_called_persistent_is_the_same_everywhere(operator, percent, relaxes):
    band = entry("persistent", label="Persistent", operator=operator, percent=percent)

    assert bool(relaxed(bands=[band])) is relaxes


@pytest.mark.parametrize(
    ("membership", "step", "relaxes"),
    [
        ("headteacher", "penalty_notice", False),
        ("authorising officer", "penalty_notice", False),
        ("attendance lead", "penalty_notice", True),
        (None, "penalty_notice", True),
        ("authorising officer", "prosecution", False),
        ("headteacher", "prosecution", True),
        ("attendance lead", "leave", True),
        ("attendance lead", "letter", False),
    ],
)
def test_a_step_that_the_law_gives_to_some_is_given_to_no_others(membership, step, relaxes):
    role = entry("somebody", label="Somebody", membership=membership, decides=[step])

    assert bool(relaxed(roles=[role])) is relaxes


@pytest.mark.parametrize(
    ("terms", "relaxes"),
    [({}, False), ({"parent_present": False}, True), ({"voluntary": False}, True)],
)
def test_a_contract_is_voluntary_and_made_in_presence(terms, relaxes):
    assert bool(relaxed(contracts=[entry("contract", label="Contract", **terms)])) is relaxes


def test_a_trigger_under_a_national_key_takes_no_further_condition():
    also = [{"fact": "absent_sessions", "operator": "gte", "number": 40}]
    line = {"fact": "attendance_percent", "operator": "lte", "number": 90, "proposes": "case"}

    assert relaxed(triggers=[entry("persistent", **line)]) == []
    assert relaxed(triggers=[entry("persistent", **line, also=also)])
    assert relaxed(triggers=[entry("persistent", on="improved", proposes="case")])


def test_the_clause_is_named_with_what_is_expected_and_its_source():
    (sentence,) = relaxed(
        clocks=[
            entry("a", length=1, unit="days"),
            entry("register_open", length=45, unit="minutes"),
        ]
    )

    assert sentence == (
        "policies/northmoor: clocks[2] (register_open) relaxes the national rule. "
        "Expected: at most 30 minutes. Source: WTISA/register-open."
    )


def test_a_pack_that_changes_an_amount_is_not_adopted(monkeypatch):
    monkeypatch.setattr(adopting, "CHECKS", [])
    figure = entry("early", table="penalty_notice", column="early_pounds", step="first", value=60)

    with pytest.raises(RuleNotMet, match=r"figures\[1\] \(early\).*Expected: 80\."):
        packs.refuse_unfit(pack_of(figures=[figure]), "authority")
