"""Withdrawal on the lawful grounds only, money back, and answers to what a parent says."""

import pytest

from rules.errors import InvalidInput
from rules.legal_returns import COUNTED
from rules.notice_stages import PenaltyState
from rules.representations import (
    GROUNDS,
    PLEAS,
    Ground,
    agreement_missing,
    answer_refusal,
    must_withdraw,
    plea_for,
    refund_on_withdrawal,
    withdrawal_refusal,
)

P = PenaltyState
REGULATION_8 = [Ground.OUGHT_NOT, Ground.WRONG_PERSON, Ground.MATERIAL_ERROR]


def test_regulation_8_has_three_grounds_and_the_fourth_is_a_duty():
    assert [one.ground for one in GROUNDS if one.regulation == "8"] == REGULATION_8
    assert [one.ground for one in GROUNDS if one.is_a_duty] == [Ground.NO_PROSECUTION]


def test_each_ground_has_its_own_cell_of_the_return():
    columns = [one.column for one in GROUNDS]

    assert len(set(columns)) == 4
    assert set(columns) <= set(COUNTED)


@pytest.mark.rule("WDR-1")
@pytest.mark.parametrize("ground", REGULATION_8)
@pytest.mark.parametrize(
    ("state", "allowed"),
    [
        (P.ISSUED, True),
        (P.REPRESENTED, True),
        (P.PAID, True),
        (P.UNPAID, True),
        (P.FOR_PROSECUTION, True),
        (P.WITHDRAWN, False),
        (P.PROSECUTED, False),
        (P.NO_FURTHER_ACTION, True),
    ],
)
def test_the_three_grounds_are_open_until_the_court_has_decided(ground, state, allowed):
    assert (withdrawal_refusal(ground, state) == "") is allowed


@pytest.mark.rule("WDR-1")
@pytest.mark.parametrize(
    ("state", "allowed"),
    [
        (P.ISSUED, False),
        (P.REPRESENTED, False),
        (P.PAID, False),
        (P.UNPAID, True),
        (P.FOR_PROSECUTION, True),
        (P.WITHDRAWN, False),
        (P.NO_FURTHER_ACTION, False),
    ],
)
def test_not_prosecuting_is_a_ground_only_when_the_time_to_pay_is_over(state, allowed):
    assert (withdrawal_refusal(Ground.NO_PROSECUTION, state) == "") is allowed


@pytest.mark.rule("WDR-1")
def test_a_charge_is_discontinued_before_the_notice_is_withdrawn():
    refusal = withdrawal_refusal(Ground.MATERIAL_ERROR, P.FOR_PROSECUTION, charged=True)

    assert refusal.startswith("The parent has been charged. Discontinue the prosecution first")


@pytest.mark.rule("WDR-1")
def test_kindness_is_no_ground_in_law():
    with pytest.raises(InvalidInput, match="on the grounds of the law alone"):
        withdrawal_refusal("hardship", P.ISSUED)


@pytest.mark.rule("WDR-2")
@pytest.mark.parametrize("kept", [0, 5_000, 8_000, 24_000])
def test_all_that_was_kept_goes_back(kept):
    assert refund_on_withdrawal(kept) == kept


@pytest.mark.rule("WDR-2")
def test_less_than_nothing_cannot_have_been_kept():
    with pytest.raises(ValueError, match="More was sent back"):
        refund_on_withdrawal(-1)


@pytest.mark.rule("WDR-3")
@pytest.mark.parametrize(
    ("state", "prosecutes", "must"),
    [
        (P.UNPAID, False, True),
        (P.FOR_PROSECUTION, False, True),
        (P.UNPAID, True, False),
        (P.UNPAID, None, False),
        (P.ISSUED, False, False),
        (P.PAID, False, False),
        (P.REPRESENTED, False, False),
    ],
)
def test_an_unpaid_notice_is_withdrawn_where_nobody_prosecutes(state, prosecutes, must):
    assert bool(must_withdraw(state, prosecutes=prosecutes)) is must


@pytest.mark.rule("WDR-4")
@pytest.mark.parametrize(
    ("needed", "agreed", "says"),
    [
        ([], [], ""),
        (["the headteacher", "the courts officer"], ["the courts officer"], "the headteacher."),
        (
            ["the headteacher", "the courts officer"],
            [],
            "the headteacher and the courts officer.",
        ),
        (["the headteacher"], ["the headteacher", "somebody else"], ""),
    ],
)
def test_a_policy_may_ask_for_more_than_one_to_agree(needed, agreed, says):
    sentence = agreement_missing(needed, agreed)

    assert says in sentence
    assert bool(sentence) is bool(says)


@pytest.mark.rule("WDR-5")
@pytest.mark.parametrize(
    ("key", "upheld", "ground", "words", "says"),
    [
        ("leave_given", True, "ought_not", "The school gave leave.", ""),
        ("leave_given", True, "material_error", "The school gave leave.", "Choose a ground"),
        ("leave_given", True, "", "The school gave leave.", "Choose a ground"),
        ("leave_given", False, "", "No leave was given.", ""),
        ("leave_given", False, "ought_not", "No leave was given.", "The notice stands"),
        ("leave_given", False, "", "  ", "Write what the parent is told"),
        ("already_paid", True, "ought_not", "We found it.", "Choose a ground"),
        ("already_paid", False, "", "We found the payment: the notice is paid.", ""),
        ("mistake_in_notice", True, "wrong_person", "Another person was meant.", ""),
        ("something_else", True, "material_error", "The dates were wrong.", ""),
        ("hardship", True, "ought_not", "We understand.", "Choose a ground"),
    ],
)
def test_an_answer_gives_reasons_and_a_ground_that_follows(key, upheld, ground, words, says):
    sentence = answer_refusal(key, upheld=upheld, ground=ground, words=words)

    assert says in sentence
    assert bool(sentence) is bool(says)


def test_what_a_parent_says_is_chosen_from_the_list():
    assert plea_for("transport").words.startswith("The council did not arrange")
    assert len({plea.key for plea in PLEAS}) == len(PLEAS)
    assert all(plea.ask.strip() for plea in PLEAS)
    with pytest.raises(InvalidInput, match="from the list"):
        plea_for("because")
