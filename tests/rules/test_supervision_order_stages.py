"""An education supervision order: the full square of states and events."""

import pytest

from rules.moves import Mover
from rules.supervision_order_stages import SUPERVISION, SupervisionState
from tests.rules.squares import expect, expect_whole, square

S = SupervisionState
RUNNING = {"extend": S.EXTENDED, "breach": S.BREACHED, "discharge": S.DISCHARGED, "end": S.ENDED}
ALLOWED = {
    S.CONSIDERED: {"consult": S.CONSULTING, "not_seek": S.NOT_SOUGHT},
    S.NOT_SOUGHT: {},
    S.CONSULTING: {"hear": S.CONSULTING, "apply": S.APPLIED, "not_seek": S.NOT_SOUGHT},
    S.APPLIED: {"make": S.IN_FORCE, "refuse": S.REFUSED, "not_seek": S.NOT_SOUGHT},
    S.REFUSED: {},
    S.IN_FORCE: {
        **RUNNING,
        "direct": S.IN_FORCE,
        "review": S.IN_FORCE,
        "seek_extension": S.IN_FORCE,
    },
    S.EXTENDED: {
        **RUNNING,
        "direct": S.EXTENDED,
        "review": S.EXTENDED,
        "seek_extension": S.EXTENDED,
    },
    S.BREACHED: {
        "review": S.BREACHED,
        "prosecute": S.BREACHED,
        "go_on": S.IN_FORCE,
        "go_on_extended": S.EXTENDED,
        "extend": S.EXTENDED,
        "discharge": S.DISCHARGED,
        "end": S.ENDED,
    },
    S.DISCHARGED: {},
    S.ENDED: {},
}


@pytest.mark.parametrize(("state", "event"), square(SUPERVISION), ids=str)
def test_a_supervision_order_moves_as_its_table_says_and_no_other_way(state, event):
    expect(SUPERVISION, ALLOWED, state, event)


def test_each_state_has_words_can_be_reached_and_each_reason_explains_something():
    expect_whole(SUPERVISION, S)


def test_what_is_over_stays_so():
    assert SUPERVISION.final == {S.NOT_SOUGHT, S.REFUSED, S.DISCHARGED, S.ENDED}
    assert SUPERVISION.over == SUPERVISION.final


def test_nobody_applies_alone_and_never_without_consulting():
    assert [move.event for move in SUPERVISION.moves if move.second_person] == ["apply"]
    assert {move.start for move in SUPERVISION.moves if move.end is S.APPLIED} == {S.CONSULTING}


def test_the_system_only_records_that_time_is_up():
    assert {move.event for move in SUPERVISION.moves if Mover.SYSTEM in move.by} == {"end"}
