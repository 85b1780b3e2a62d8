"""A prosecution: the full square of states and events."""

import pytest

from rules.moves import Mover
from rules.prosecution_stages import PROSECUTION, ProsecutionState
from tests.rules.squares import expect, expect_whole, square

S = ProsecutionState
ALLOWED = {
    S.PREPARING: {"ask": S.ASKED, "drop": S.NOT_PROCEEDED},
    S.ASKED: {
        "ask": S.ASKED,
        "answer": S.ANSWERED,
        "no_answer": S.NO_ANSWER,
        "go_back": S.PREPARING,
        "drop": S.NOT_PROCEEDED,
    },
    S.ANSWERED: {
        "answer": S.ANSWERED,
        "test": S.TESTED,
        "go_back": S.PREPARING,
        "drop": S.NOT_PROCEEDED,
    },
    S.NO_ANSWER: {
        "answer": S.ANSWERED,
        "test": S.TESTED,
        "go_back": S.PREPARING,
        "drop": S.NOT_PROCEEDED,
    },
    S.TESTED: {
        "authorise": S.AUTHORISED,
        "answer": S.ANSWERED,
        "go_back": S.PREPARING,
        "drop": S.NOT_PROCEEDED,
    },
    S.AUTHORISED: {
        "notify": S.CHARGED,
        "summon": S.CHARGED,
        "answer": S.ANSWERED,
        "go_back": S.PREPARING,
        "drop": S.NOT_PROCEEDED,
    },
    S.CHARGED: {"list": S.LISTED, "decide": S.DECIDED, "discontinue": S.DISCONTINUED},
    S.LISTED: {"list": S.LISTED, "decide": S.DECIDED, "discontinue": S.DISCONTINUED},
    S.DECIDED: {"report": S.DECIDED},
    S.DISCONTINUED: {"report": S.DISCONTINUED},
    S.NOT_PROCEEDED: {"report": S.NOT_PROCEEDED},
}


@pytest.mark.parametrize(("state", "event"), square(PROSECUTION), ids=str)
def test_a_prosecution_moves_as_its_table_says_and_no_other_way(state, event):
    expect(PROSECUTION, ALLOWED, state, event)


def test_each_state_has_words_can_be_reached_and_each_reason_explains_something():
    expect_whole(PROSECUTION, S)


def test_what_was_decided_dropped_or_stopped_stays_so():
    assert PROSECUTION.final == {S.DECIDED, S.DISCONTINUED, S.NOT_PROCEEDED}
    assert PROSECUTION.over == PROSECUTION.final


def test_only_the_council_prosecutes_and_the_one_who_authorises_is_another():
    assert {mover for move in PROSECUTION.moves for mover in move.by} == {Mover.COUNCIL}
    assert [move.event for move in PROSECUTION.moves if move.second_person] == ["authorise"]


def test_nothing_is_charged_before_it_is_authorised_and_nothing_authorised_before_the_tests():
    into = {
        end: {move.start for move in PROSECUTION.moves if move.end is end and move.start is not end}
        for end in (S.CHARGED, S.AUTHORISED, S.TESTED)
    }
    assert into == {
        S.CHARGED: {S.AUTHORISED},
        S.AUTHORISED: {S.TESTED},
        S.TESTED: {S.ANSWERED, S.NO_ANSWER},
    }
