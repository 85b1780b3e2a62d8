"""The yearly return: its sums against the published figures, and each cell's rule."""

import pytest

from rules.legal_returns import (
    COLUMNS,
    COUNTED,
    IDENTITIES,
    case_column,
    check,
    is_counted,
    issued_rate,
    may_export,
    outcome_column,
    paid_column,
    reason_column,
    return_year,
    roll_day,
    totals,
)
from rules.notice_stages import PenaltyState
from rules.prosecution_stages import PROSECUTION, ProsecutionState
from rules.tariffs import Step
from tests.rules.law_calendar import day

# Paid and withdrawn are the national figures of 2020/21; the rest is invented around them.
ROW = {
    "enrolments": 8_000_000,
    "pn_issued": 45_809,
    "reason_pn_hols": 37_000,
    "reason_pn_late": 109,
    "reason_pn_other": 8_700,
    "pn_paid": 28_151,
    "pn_paid_21": 26_102,
    "pn_paid_22_28": 2_049,
    "pn_withdrawn": 7_294,
    "withdrawn_reason_conduct": 1_140,
    "withdrawn_reason_wrong_issue": 2_034,
    "withdrawn_reason_material_error": 986,
    "withdrawn_reason_expiry_no_legal": 3_134,
    "pn_prosecuted_non_payment": 4_000,
    "pn_unresolved": 6_364,
    "case_management": 100,
    "case_management_prosecuted": 40,
    "case_management_withdrawn_before_prosecution": 20,
    "case_management_att_improved": 30,
    "case_management_other": 10,
    "parenting_orders_granted": 9,
    "parenting_orders_implemented": 5,
    "parenting_orders_not_lack_of_provision": 1,
    "parenting_orders_not_breach_by_parent": 2,
    "parenting_contracts_offered": 70,
    "parenting_contracts_accepted": 55,
    "supervision_orders_total": 11,
    "supervision_orders_in_place": 8,
    "supervision_orders_in_addition": 3,
}


@pytest.mark.rule("PRM-1", "PRM-2")
def test_the_published_figures_satisfy_every_sum():
    assert check(ROW) == ()
    assert may_export(ROW)


@pytest.mark.rule("PRM-1")
def test_the_published_reasons_of_2023_to_2024_add_up():
    row = ROW | {
        "pn_issued": 487_300,
        "reason_pn_hols": 443_300,
        "reason_pn_late": 1_100,
        "reason_pn_other": 42_900,
    }

    assert "reasons" not in {failing.key for failing in check(row)}


@pytest.mark.rule("PRM-1", "PRM-2")
@pytest.mark.parametrize(
    ("cell", "by", "key", "blocks"),
    [
        ("pn_paid_21", 1, "paid", True),
        ("pn_paid_22_28", -1, "paid", True),
        ("withdrawn_reason_conduct", 1, "withdrawn", True),
        ("withdrawn_reason_wrong_issue", 1, "withdrawn", True),
        ("withdrawn_reason_material_error", 1, "withdrawn", True),
        ("withdrawn_reason_expiry_no_legal", -1, "withdrawn", True),
        ("reason_pn_hols", 1, "reasons", True),
        ("reason_pn_late", 1, "reasons", True),
        ("reason_pn_other", -1, "reasons", True),
        ("pn_unresolved", 1, "outcomes", False),
        ("pn_prosecuted_non_payment", -1, "outcomes", False),
        ("case_management_other", 1, "cases", False),
        ("parenting_orders_implemented", 2, "parenting_orders", False),
        ("parenting_contracts_accepted", 16, "contracts", False),
        ("supervision_orders_in_place", 1, "supervision_orders", False),
    ],
)
def test_a_cell_that_is_out_fails_its_own_sum_and_only_three_sums_stop_the_return(
    cell, by, key, blocks
):
    row = ROW | {cell: ROW[cell] + by}

    (failing,) = check(row)

    assert (failing.key, failing.blocks) == (key, blocks)
    assert may_export(row) is not blocks


@pytest.mark.rule("PRM-1")
@pytest.mark.parametrize(
    ("cell", "by"), [("parenting_orders_implemented", 1), ("parenting_contracts_accepted", 15)]
)
def test_what_need_not_be_settled_yet_may_be_less_than_its_whole(cell, by):
    assert check(ROW | {cell: ROW[cell] + by}) == ()


@pytest.mark.rule("PRM-1")
def test_a_sum_that_fails_names_its_cells_and_their_figures():
    (paid,) = check(ROW | {"pn_paid_22_28": 2_050})
    (contracts,) = check(ROW | {"parenting_contracts_accepted": 71})

    assert paid.sentence == (
        "“Paid: All” is 28,151, but its parts come to 28,152: Paid: Within 21 days 26,102;"
        " Paid: Within 22 to 28 days 2,050. Open the cells to find the difference."
    )
    assert "Offered” is 70, but its parts come to more, 71" in contracts.sentence


@pytest.mark.rule("PRM-1", "PRM-2")
@pytest.mark.parametrize("row", [{}, {"pn_late": 3}])
def test_an_empty_return_is_not_sent(row):
    assert len(check(row)) == len(COUNTED) == 29
    assert not may_export(row)


@pytest.mark.rule("PRM-1")
def test_a_figure_below_nothing_is_named():
    (failing,) = check(ROW | {"pn_unresolved": -1})

    assert failing.blocks
    assert failing.sentence.endswith("Neither paid nor withdrawn: Not settled yet.")


def test_every_sum_is_about_columns_of_the_return():
    keys = {column.key for column in COLUMNS}

    assert all({one.total, *one.parts} <= keys for one in IDENTITIES)
    assert [column.key for column in COLUMNS if column.is_rate] == ["pn_issued_rate"]
    assert [one.key for one in IDENTITIES if one.blocks] == ["paid", "withdrawn", "reasons"]


@pytest.mark.rule("PRM-3")
@pytest.mark.parametrize(
    ("issued", "enrolments", "rate"), [(103, 1000, 10.3), (1, 3000, 0.0), (2, 30, 6.7), (0, 0, 0.0)]
)
def test_the_rate_is_for_every_hundred_pupils(issued, enrolments, rate):
    assert issued_rate(issued, enrolments) == rate


@pytest.mark.rule("PRM-4")
@pytest.mark.parametrize(
    ("issued", "first", "last"),
    [
        ("2026-08-31", "2025-09-01", "2026-08-31"),
        ("2026-09-01", "2026-09-01", "2027-08-31"),
        ("2027-01-04", "2026-09-01", "2027-08-31"),
    ],
)
def test_the_year_of_the_return_starts_on_1_september(issued, first, last):
    year = return_year(day(issued))

    assert (year.first, year.last) == (day(first), day(last))


@pytest.mark.rule("PRM-5")
@pytest.mark.parametrize(
    ("codes", "column"),
    [
        (["G", "G"], "reason_pn_hols"),
        (["U", "U"], "reason_pn_late"),
        (["O"], "reason_pn_other"),
        (["G", "O"], "reason_pn_other"),
        (["G", "U"], "reason_pn_other"),
    ],
)
def test_a_notice_is_counted_under_one_reason(codes, column):
    assert reason_column(codes) == column


@pytest.mark.rule("PRM-5")
def test_a_notice_without_sessions_has_no_reason():
    with pytest.raises(ValueError, match="at least one session"):
        reason_column([])


@pytest.mark.rule("PRM-6")
@pytest.mark.parametrize(
    ("state", "column"),
    [
        (PenaltyState.ISSUED, "pn_unresolved"),
        (PenaltyState.REPRESENTED, "pn_unresolved"),
        (PenaltyState.PAID, "pn_paid"),
        (PenaltyState.UNPAID, "pn_unresolved"),
        (PenaltyState.WITHDRAWN, "pn_withdrawn"),
        (PenaltyState.FOR_PROSECUTION, "pn_unresolved"),
        (PenaltyState.PROSECUTED, "pn_prosecuted_non_payment"),
        (PenaltyState.NO_FURTHER_ACTION, "pn_prosecuted_non_payment"),
    ],
)
def test_each_notice_is_counted_once_by_what_came_of_it(state, column):
    assert outcome_column(state) == column


@pytest.mark.rule("PRM-7")
@pytest.mark.parametrize(
    ("number", "column"),
    [
        (0, "pn_paid_21"),
        (1, "pn_paid_21"),
        (21, "pn_paid_21"),
        (22, "pn_paid_22_28"),
        (28, "pn_paid_22_28"),
    ],
)
def test_a_payment_is_counted_by_its_day_from_receipt(number, column):
    assert paid_column(number, day("2026-11-27")) == column


@pytest.mark.rule("PRM-7")
def test_a_payment_after_the_last_day_is_in_no_cell():
    with pytest.raises(ValueError, match="a person decides"):
        paid_column(29, day("2026-11-27"))


def test_the_cells_of_several_schools_add_up():
    both = totals([ROW, ROW | {"pn_issued": 1}])

    assert both["pn_issued"] == 45_810
    assert both["pn_paid"] == 56_302
    assert "pn_issued_rate" not in both


@pytest.mark.rule("PRM-8")
@pytest.mark.parametrize(
    ("state", "reason", "column"),
    [
        ("preparing", "", ""),
        ("caution letter sent", "", ""),
        ("answered", "", ""),
        ("no answer", "", ""),
        ("tests made", "", ""),
        ("authorised", "", ""),
        ("charged", "", "prosecuted"),
        ("listed", "", "prosecuted"),
        ("decided", "", "prosecuted"),
        ("discontinued", "court_advice", "prosecuted"),
        ("not proceeded with", "not_enough_evidence", "withdrawn_before_prosecution"),
        ("not proceeded with", "not_public_interest", "withdrawn_before_prosecution"),
        ("not proceeded with", "defence", "withdrawn_before_prosecution"),
        ("not proceeded with", "paid_in_time", "withdrawn_before_prosecution"),
        ("not proceeded with", "register_corrected", "withdrawn_before_prosecution"),
        ("not proceeded with", "not_liable", "withdrawn_before_prosecution"),
        ("not proceeded with", "died", "withdrawn_before_prosecution"),
        ("not proceeded with", "time_limit", "withdrawn_before_prosecution"),
        ("not proceeded with", "attendance_improved", "att_improved"),
        ("not proceeded with", "supervision_order", "other"),
        ("not proceeded with", "more_support", "other"),
        ("not proceeded with", "social_care", "other"),
        ("not proceeded with", "simple_caution", "other"),
        ("not proceeded with", "no_further_action", "other"),
    ],
)
def test_a_case_towards_prosecution_is_counted_by_what_came_of_it(state, reason, column):
    expected = f"case_management_{column}" if column else ""
    assert case_column(ProsecutionState(state), reason) == expected


def test_each_reason_not_to_go_on_has_its_own_row_above():
    (table,) = test_a_case_towards_prosecution_is_counted_by_what_came_of_it.pytestmark[0].args[1:]

    told = {reason for state, reason, _ in table if state == "not proceeded with"}

    assert told == {reason.key for reason in PROSECUTION.reasons_for("drop")}


@pytest.mark.rule("PRM-9")
@pytest.mark.parametrize(
    ("today", "counted_on"),
    [
        ("2027-01-20", "2027-01-20"),
        ("2027-01-21", "2027-01-21"),
        ("2027-01-22", "2027-01-21"),
        ("2027-08-31", "2027-01-21"),
        ("2028-01-01", "2027-01-21"),
        ("2026-09-01", "2026-09-01"),
    ],
)
def test_pupils_are_counted_on_the_third_thursday_of_january_or_today_before_it(today, counted_on):
    assert roll_day(2026, day(today)) == day(counted_on)


@pytest.mark.rule("PRM-9")
@pytest.mark.parametrize(
    ("year", "thursday"),
    [
        (2024, "2025-01-16"),
        (2025, "2026-01-15"),
        (2026, "2027-01-21"),
        (2027, "2028-01-20"),
    ],
)
def test_the_third_thursday_of_january(year, thursday):
    assert roll_day(year, day("2040-01-01")) == day(thursday)


@pytest.mark.rule("PRM-10")
def test_a_notice_for_an_excluded_pupil_is_for_no_absence():
    assert [is_counted(step) for step in (Step.FIRST, Step.SECOND, Step.EXCLUDED)] == [
        True,
        True,
        False,
    ]
