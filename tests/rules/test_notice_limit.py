"""The three-year limit. T37 to T45 are the law's worked examples."""

from datetime import date, timedelta

import pytest

from rules.dates import months_after
from rules.errors import InvalidInput, NoValue
from rules.notice_limit import (
    Held,
    Kind,
    Outcome,
    PastNotice,
    Window,
    councils_to_ask,
    counts,
    next_step,
    slot_for,
    slots,
    window,
)
from rules.tariffs import Step, tariff_on
from tests.rules.law_calendar import day

MOTHER, FATHER, CHILD, BROTHER = 1, 2, 11, 12


def notice(issued: str, **facts) -> PastNotice:
    """A notice to the mother for the child, but for what is said."""
    return PastNotice(**{"key": 0, "parent": MOTHER, "child": CHILD, "issued": day(issued)} | facts)


def asked(history, proposed: str, parent: int = MOTHER, child: int = CHILD):
    """What the mother's next notice for the child would be."""
    return next_step(history, parent=parent, child=child, proposed_on=day(proposed))


@pytest.mark.rule("LIM-2")
@pytest.mark.parametrize(
    ("issued", "proposed", "expected"),
    [
        pytest.param("2024-09-10", "2027-09-09", True, id="T37"),
        pytest.param("2024-09-10", "2027-09-10", False, id="T38"),
        pytest.param("2028-02-29", "2031-02-28", True, id="T40"),
        pytest.param("2028-02-29", "2031-03-01", False, id="T40-after"),
        pytest.param("2029-02-28", "2032-02-29", False, id="T41"),
        pytest.param("2029-03-01", "2032-02-29", True, id="T41-after"),
        ("2029-02-28", "2032-02-28", False),
        ("2029-02-28", "2032-02-27", True),
        ("2026-11-23", "2026-11-23", True),
        ("2026-11-23", "2026-11-22", False),
    ],
)
def test_a_notice_counts_in_the_three_years_that_end_with_the_day_proposed(
    issued, proposed, expected
):
    assert counts(notice(issued), day(proposed)) is expected


@pytest.mark.rule("LIM-1", "LIM-2")
def test_the_window_holds_exactly_the_days_on_which_it_counts():
    first_issue, last_issue = date(2024, 8, 19), date(2032, 3, 2)
    issue_days = [
        first_issue + timedelta(days=number)
        for number in range((last_issue - first_issue).days + 1)
    ]
    # Every issue day of seven and a half years, and for each the days on which the answer can turn.
    turning = [
        (issued, on)
        for issued in issue_days
        for start in (0, 3 * 365 - 2)
        for on in (issued + timedelta(days=start + number - 2) for number in range(8))
        if on >= first_issue
    ]
    wrong = [
        (issued, on)
        for issued, on in turning
        if counts(PastNotice(0, MOTHER, CHILD, issued), on) is not (on in window(issued))
    ]

    assert len(turning) > 40_000
    assert wrong == []


@pytest.mark.rule("LIM-1", "LIM-2")
@pytest.mark.parametrize("issued", ["2024-08-19", "2028-02-28", "2028-02-29", "2029-03-01"])
def test_the_window_and_the_count_agree_on_every_day_of_five_years(issued):
    one = notice(issued)
    days = [day("2024-08-19") + timedelta(days=number) for number in range(365 * 12)]

    assert [on for on in days if counts(one, on)] == [
        on for on in days if on in window(day(issued))
    ]


@pytest.mark.rule("LIM-1")
def test_the_end_in_the_database_is_the_end_of_the_window():
    # PostgreSQL's `date + interval '3 years'` clamps to the end of the month, as months_after does.
    days = [day("2024-08-19") + timedelta(days=number) for number in range(365 * 16)]

    assert all(
        max(months_after(each, 36), months_after(each - timedelta(days=1), 36) + timedelta(days=1))
        == window(each).until
        for each in days
    )


@pytest.mark.rule("LIM-1")
@pytest.mark.parametrize(
    ("issued", "until"),
    [
        ("2024-09-10", "2027-09-10"),
        ("2028-02-29", "2031-03-01"),
        ("2028-02-28", "2031-02-28"),
        ("2029-02-28", "2032-02-28"),
        ("2029-03-01", "2032-03-01"),
        ("2026-12-31", "2029-12-31"),
    ],
)
def test_a_window_ends_on_the_third_anniversary(issued, until):
    found = window(day(issued))

    assert found == Window(day(issued), day(until))
    assert day(until) - timedelta(days=1) in found
    assert day(until) not in found
    assert "2027-01-01" not in found


@pytest.mark.rule("LIM-1")
def test_a_notice_of_the_older_scheme_has_no_window():
    with pytest.raises(NoValue, match="notice limit"):
        window(day("2024-08-18"))


@pytest.mark.rule("LIM-2")
@pytest.mark.parametrize(
    ("facts", "expected", "why"),
    [
        ({}, True, "open"),
        ({"outcome": Outcome.PAID}, True, "paid"),
        ({"outcome": Outcome.UNPAID}, True, "unpaid"),
        ({"outcome": Outcome.PROSECUTED}, True, "prosecuted, not decided yet"),
        ({"outcome": Outcome.CONVICTED}, True, "found guilty"),
        ({"outcome": Outcome.ACQUITTED}, False, "acquitted"),
        ({"outcome": Outcome.WITHDRAWN}, False, "withdrawn"),
        ({"kind": Kind.EXCLUDED}, False, "an excluded child in a public place"),
        ({"council": "another"}, True, "another council's"),
        ({"offence_until": day("2024-08-18")}, False, "an offence before the scheme"),
        ({"offence_until": day("2024-08-19")}, True, "an offence that reaches into it"),
    ],
)
def test_what_became_of_a_notice_decides_whether_it_counts(facts, expected, why):
    assert counts(notice("2025-01-15", **facts), day("2026-11-23")) is expected, why


@pytest.mark.rule("LIM-2")
def test_a_notice_issued_before_the_scheme_does_not_count():
    assert not counts(notice("2024-08-18"), day("2026-11-23"))


@pytest.mark.rule("LIM-3")
@pytest.mark.parametrize(
    ("history", "proposed", "step"),
    [
        ([], "2026-11-23", "first"),
        (["2026-05-11"], "2026-11-23", "second"),
        (["2026-05-11", "2026-09-30"], "2026-11-23", None),
        pytest.param(["2024-09-10", "2026-02-01"], "2027-09-09", None, id="T39"),
        pytest.param(["2024-09-10", "2026-02-01"], "2027-09-10", "second", id="T39-day-after"),
        (["2024-09-10", "2026-02-01"], "2029-02-01", "first"),
    ],
)
def test_none_is_a_first_one_a_second_and_two_are_the_end(history, proposed, step):
    assert asked([notice(each) for each in history], proposed).step == step


@pytest.mark.rule("LIM-3")
def test_a_second_notice_costs_160_flat_and_a_blocked_one_says_until_when():
    history = [notice("2024-09-10", key=1), notice("2026-02-01", key=2)]

    blocked, second, first = (
        asked(history, each) for each in ("2027-09-09", "2027-09-10", "2029-02-01")
    )

    assert blocked.sentence == (
        "Another penalty notice cannot be issued to this parent for this pupil before"
        " 10 September 2027: those of 10 September 2024 and 1 February 2026 count."
        " Consider prosecution or another way."
    )
    assert blocked.free_on == day("2027-09-10")
    assert [(one.notice.key, one.stops_on) for one in blocked.counting] == [
        (1, day("2027-09-10")),
        (2, day("2029-02-01")),
    ]
    assert second.sentence == (
        "This is a second notice: the one of 1 February 2026 counts until 31 January 2029."
    )
    assert tariff_on(day("2027-09-10"), second.step).early_pence is None
    assert first.sentence == "This is a first notice: none to this parent for this pupil counts."
    assert (first.counting, first.free_on, second.free_on) == ((), None, None)


@pytest.mark.rule("LIM-3")
@pytest.mark.parametrize(
    ("others", "step", "counting"),
    [
        pytest.param(
            [{"outcome": Outcome.WITHDRAWN}, {"outcome": Outcome.PAID}], "second", 1, id="T42"
        ),
        pytest.param([{"kind": Kind.EXCLUDED}, {}], "second", 1, id="T43"),
        ([{"outcome": Outcome.WITHDRAWN}, {"kind": Kind.EXCLUDED}], "first", 0),
        ([{"council": "another"}, {}], None, 2),
    ],
)
def test_only_those_that_count_are_counted(others, step, counting):
    history = [notice("2026-05-11", **facts) for facts in others]

    answer = asked(history, "2026-11-23")

    assert (answer.step, len(answer.counting)) == (step, counting)


@pytest.mark.rule("LIM-3")
@pytest.mark.parametrize(
    ("parent", "child"),
    [
        pytest.param(MOTHER, CHILD, id="T44"),
        pytest.param(FATHER, CHILD, id="T44-father"),
        pytest.param(MOTHER, BROTHER, id="T44-brother"),
    ],
)
def test_each_parent_and_each_child_has_a_count_of_their_own(parent, child):
    history = [
        notice("2026-05-11"),
        notice("2026-05-11", parent=FATHER),
        notice("2026-05-11", child=BROTHER),
    ]

    answer = asked(history, "2026-11-23", parent=parent, child=child)

    assert (answer.step, len(answer.counting)) == (Step.SECOND, 1)
    assert asked(history, "2026-11-23", parent=FATHER, child=BROTHER).step is Step.FIRST


@pytest.mark.rule("LIM-3", "LIM-4")
@pytest.mark.parametrize("issued", [pytest.param("2025-06-02", id="T45")])
def test_another_councils_notice_counts_and_the_council_is_asked_first(issued):
    theirs = notice(issued, council="Council X")

    assert asked([theirs], "2026-11-23").step is Step.SECOND
    assert councils_to_ask({"Council X"}, {}) == (
        "Ask Council X about penalty notices to this parent for this pupil, and record the answer."
    )
    assert councils_to_ask({"Council X"}, {"Council X": day("2026-11-20")}) == ""


@pytest.mark.rule("LIM-4")
def test_every_council_that_was_not_asked_is_named():
    asked_of = {"Council B": day("2026-11-20"), "Council D": day("2026-11-20")}

    assert councils_to_ask(["Council C", "Council B", "Council A"], asked_of).startswith(
        "Ask Council A and Council C about"
    )
    assert councils_to_ask([], {}) == ""


@pytest.mark.rule("LIM-3")
def test_a_notice_cannot_be_proposed_for_a_day_before_the_last_one():
    with pytest.raises(InvalidInput, match="issued on 23 November 2026"):
        asked([notice("2026-11-23")], "2026-11-22")
    assert asked([notice("2026-11-23", outcome=Outcome.WITHDRAWN)], "2026-11-22").step == "first"
    assert asked([notice("2026-11-23")], "2026-11-23").step == "second"
    with pytest.raises(NoValue, match="notice limit"):
        asked([], "2024-08-18")


@pytest.mark.rule("LIM-3")
def test_with_three_of_other_councils_the_next_is_free_when_only_one_is_left():
    history = [notice("2025-01-10"), notice("2025-02-10"), notice("2025-03-10")]

    answer = asked(history, "2026-11-23")

    assert len(answer.counting) == 3
    assert answer.free_on == day("2028-02-10")
    assert asked(history, "2028-02-09").step is None
    assert asked(history, "2028-02-10").step == "second"


@pytest.mark.rule("LIM-5")
@pytest.mark.parametrize(
    ("issued", "held"),
    [
        ([], []),
        (["2025-01-10"], [(1, "2025-01-10", "2028-01-10")]),
        (
            ["2026-03-02", "2025-01-10"],
            [(1, "2025-01-10", "2028-01-10"), (2, "2026-03-02", "2029-03-02")],
        ),
        (
            ["2025-01-10", "2026-03-02", "2028-01-10"],
            [
                (1, "2025-01-10", "2028-01-10"),
                (2, "2026-03-02", "2029-03-02"),
                (1, "2028-01-10", "2031-01-10"),
            ],
        ),
        (
            ["2025-01-10", "2025-02-10", "2025-03-10"],
            [
                (1, "2025-01-10", "2028-01-10"),
                (2, "2025-02-10", "2028-02-10"),
                (1, "2028-01-10", "2028-03-10"),
            ],
        ),
        (
            ["2025-01-10", "2025-01-10", "2025-01-10"],
            [(1, "2025-01-10", "2028-01-10"), (2, "2025-01-10", "2028-01-10")],
        ),
    ],
)
def test_every_second_notice_shares_a_slot(issued, held):
    history = [notice(each, key=number) for number, each in enumerate(issued)]

    found = [
        (one.slot, one.window.first.isoformat(), one.window.until.isoformat())
        for one in slots(history)
    ]

    assert found == held


@pytest.mark.rule("LIM-5")
def test_what_does_not_count_holds_no_slot():
    gone = notice("2025-01-10", key=1, outcome=Outcome.WITHDRAWN)

    assert [one.key for one in slots([gone, notice("2025-02-10", key=2)])] == [2]


@pytest.mark.rule("LIM-5")
def test_on_every_day_as_many_slots_are_held_as_notices_count_and_never_more_than_two():
    # Two-monthly notices of several councils, too many on purpose, over four years.
    starts = [day("2025-01-31") + timedelta(days=61 * number) for number in range(24)]
    history = [PastNotice(number, MOTHER, CHILD, each) for number, each in enumerate(starts)]
    held = slots(history)

    for number in range(365 * 8):
        on = day("2025-01-01") + timedelta(days=number)
        counting = sum(counts(one, on) for one in history)
        taken = [one.slot for one in held if on in one.window]
        assert len(taken) == len(set(taken)) == min(2, counting), on


@pytest.mark.rule("LIM-5")
@pytest.mark.parametrize(
    ("history", "issued", "slot"),
    [
        ([], "2026-11-23", 1),
        (["2026-05-11"], "2026-11-23", 2),
        (["2026-05-11"], "2029-05-10", 2),
        (["2026-05-11"], "2029-05-11", 1),
        (["2026-05-11", "2026-09-30"], "2026-11-23", None),
        (["2026-05-11", "2026-09-30"], "2029-05-10", None),
        (["2026-05-11", "2026-09-30"], "2029-05-11", 1),
        (["2026-05-11", "2026-09-30"], "2029-09-30", 1),
        # A late entry: it would overlap both although it is the oldest.
        (["2026-05-11", "2026-09-30"], "2025-06-01", None),
        (["2026-05-11"], "2025-06-01", 2),
    ],
)
def test_a_new_notice_gets_the_lowest_slot_free_for_all_its_days(history, issued, slot):
    held = slots([notice(each, key=number) for number, each in enumerate(history)])

    answer = slot_for(held, day(issued))

    assert answer == (Held(0, slot, window(day(issued))) if slot else None)
