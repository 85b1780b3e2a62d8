"""Contracts: for whom, how long, who must be there, who may sign, and each state's moves."""

from datetime import date

import pytest

from rules.contract_stages import (
    FINAL,
    LABELS,
    MOVES,
    ContractMoveNotAllowed,
    ContractState,
    move_for,
    moves_from,
)
from rules.contracts import (
    Length,
    is_agreed,
    last_day,
    length_refusal,
    meeting_refusal,
    party_refusal,
    refusal_to_offer,
    review_days,
    signature_refusal,
)
from rules.penalty_notices import SchoolType
from tests.rules.law_calendar import CALENDAR

S = ContractState
BORN = date(2020, 3, 30)  # of compulsory school age from 31 March 2025 to 27 June 2036


@pytest.mark.rule("CONTRACT-1")
@pytest.mark.parametrize(
    ("school", "on", "says"),
    [
        (SchoolType.MAINTAINED, "2026-11-17", ""),
        (SchoolType.ACADEMY, "2026-11-17", ""),
        (SchoolType.PUPIL_REFERRAL_UNIT, "2026-11-17", ""),
        (SchoolType.INDEPENDENT, "2026-11-17", "independent school"),
        (SchoolType.NON_MAINTAINED_SPECIAL, "2026-11-17", "non-maintained special school"),
        (SchoolType.MAINTAINED, "2025-03-30", "reaches it on 31 March 2025"),
        (SchoolType.MAINTAINED, "2025-03-31", ""),
        (SchoolType.MAINTAINED, "2036-06-27", ""),
        (SchoolType.MAINTAINED, "2036-06-28", "ended on 27 June 2036"),
    ],
)
def test_a_contract_is_for_compulsory_school_age_at_a_school_that_may_make_one(school, on, says):
    sentence = refusal_to_offer(school, BORN, date.fromisoformat(on))

    assert says in sentence
    assert bool(sentence) is bool(says)


@pytest.mark.rule("CONTRACT-2")
@pytest.mark.parametrize(
    ("length", "allowed", "refused"),
    [
        (4, Length("weeks", 4, 6), False),
        (6, Length("weeks", 4, 6), False),
        (3, Length("weeks", 4, 6), True),
        (7, Length("weeks", 4, 6), True),
        (10, Length("weeks", 10, 10), False),
        (9, Length("weeks", 10, 10), True),
        (11, Length("weeks", 10, 10), True),
        (52, Length("weeks"), False),
        (0, Length("weeks"), True),
        (1, Length("months", None, 12), False),
        (13, Length("months", None, 12), True),
        (2, Length("months", 3, None), True),
    ],
)
def test_a_contract_is_as_long_as_the_policy_lets_it_be(length, allowed, refused):
    assert bool(length_refusal(length, allowed)) is refused


@pytest.mark.parametrize(
    ("allowed", "words"),
    [
        (Length("weeks", 4, 6), "4 to 6 weeks"),
        (Length("weeks", 10, 10), "10 weeks"),
        (Length("months", None, 12), "at most 12 months"),
        (Length("months", 3), "at least 3 months"),
        (Length("weeks"), "any length"),
    ],
)
def test_a_length_reads_as_a_person_says_it(allowed, words):
    assert allowed.words == words


@pytest.mark.parametrize(
    ("starts", "length", "unit", "ends"),
    [
        ("2026-11-23", 10, "weeks", "2027-01-31"),
        ("2026-11-23", 6, "school weeks", "2027-01-15"),
        ("2026-11-23", 1, "school weeks", "2026-11-27"),
        ("2026-11-23", 3, "months", "2027-02-22"),
    ],
)
def test_the_first_day_of_a_contract_is_counted(starts, length, unit, ends):
    end = last_day(date.fromisoformat(starts), length, unit, CALENDAR)

    assert end == date.fromisoformat(ends)


def test_reviews_stand_evenly_and_the_last_is_on_the_last_day():
    days = review_days(date(2026, 11, 23), date(2027, 1, 31), 2)

    assert days == (date(2026, 12, 27), date(2027, 1, 31))


@pytest.mark.rule("CONTRACT-3")
@pytest.mark.parametrize(
    ("responsibility", "care", "told", "says"),
    [
        ("yes", "no", True, ""),
        ("no", "yes", True, ""),
        ("unknown", "yes", True, ""),
        ("no", "no", True, "neither parental responsibility nor care"),
        ("unknown", "no", True, "Nobody has said"),
        ("no", "unknown", True, "Nobody has said"),
        ("yes", "yes", False, "court order"),
    ],
)
def test_a_contract_is_with_parents_alone(responsibility, care, told, says):
    sentence = party_refusal(responsibility=responsibility, care=care, may_be_told=told)

    assert says in sentence
    assert bool(sentence) is bool(says)


@pytest.mark.rule("CONTRACT-4")
@pytest.mark.parametrize(
    ("present", "allowed"),
    [({"mother"}, True), ({"mother", "father"}, True), (set(), False), ({"aunt"}, False)],
)
def test_nothing_is_agreed_in_a_parents_absence(present, allowed):
    assert (meeting_refusal(present, {"mother", "father"}) == "") is allowed


@pytest.mark.rule("CONTRACT-5")
@pytest.mark.parametrize(
    ("signs", "present", "says"),
    [
        ("mother", {"mother"}, ""),
        ("father", {"mother"}, "absence"),
        ("aunt", {"mother", "aunt"}, "Only a parent"),
    ],
)
def test_a_parent_signs_for_themself_and_was_there(signs, present, says):
    sentence = signature_refusal(signs, present, {"mother", "father"})

    assert says in sentence
    assert bool(sentence) is bool(says)


@pytest.mark.rule("CONTRACT-6")
@pytest.mark.parametrize(
    ("parents", "staff", "agreed"), [(1, 1, True), (2, 1, True), (0, 1, False), (1, 0, False)]
)
def test_both_sides_sign(parents, staff, agreed):
    assert is_agreed(parents, staff) is agreed


ALLOWED = {
    S.NOT_OFFERED: set(),
    S.OFFERED: {"close", "reword", "meet", "refuse", "end"},
    S.TALKED: {"close", "sign", "agree", "keep", "refuse", "end"},
    S.IN_FORCE: {"close", "sign", "review", "breach", "amend", "complete", "fail", "end"},
    S.BREACHED: {"close", "ask", "answer"},
    S.ASKED: {"close", "answer", "unreasonable"},
    S.ANSWERED: {"close", "reasonable", "unreasonable"},
    S.NO_REASON: {"close", "amend", "warn", "go_on", "fail"},
    S.WARNED: {"close", "sign", "review", "breach", "amend", "go_on", "complete", "fail"},
    S.CHANGING: {"close", "reword", "meet", "keep", "fail"},
    S.REFUSED: set(),
    S.COMPLETED: set(),
    S.ENDED: set(),
}


@pytest.mark.parametrize("state", list(S))
@pytest.mark.parametrize("event", sorted({move.event for move in MOVES}))
def test_each_state_allows_its_moves_and_no_others(state, event):
    if event in ALLOWED[state]:
        assert move_for(state, event).start == state
    else:
        with pytest.raises(ContractMoveNotAllowed, match=LABELS[state].lower()):
            move_for(state, event)


def test_a_contract_that_is_over_stays_so():
    assert all(not moves_from(state) for state in FINAL)
    assert all(moves_from(state) for state in set(S) - FINAL)
