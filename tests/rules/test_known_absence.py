"""Codes R, T, S, K, B and D: which days they may cover and what must be said."""

from datetime import date

import pytest

from rules.known_absence import mobile_refusal, provision_code, religious_refusal, study_refusal

LAST_PAPER = date(2027, 6, 18)
ASKED = date(2027, 5, 4)


@pytest.mark.rule("KNOWN-1")
@pytest.mark.parametrize(
    ("whole", "day", "body", "says"),
    [
        (True, "Eid", "The mosque", ""),
        (False, "Eid", "The mosque", "whole days"),
        (True, " ", "The mosque", "which day of observance"),
        (True, "Eid", "", "which religious body"),
    ],
)
def test_code_r_needs_a_whole_day_its_name_and_the_body(whole, day, body, says):
    sentence = religious_refusal(whole, day, body)

    assert says in sentence
    assert bool(sentence) is bool(says)


@pytest.mark.rule("KNOWN-2")
@pytest.mark.parametrize(
    ("trade", "requires", "elsewhere", "says"),
    [
        ("Showman", True, False, ""),
        ("Showman", False, False, "a parent's trade requires"),
        ("", True, False, "Say what the trade is"),
        ("Showman", True, True, "code D"),
    ],
)
def test_code_t_is_for_travelling_that_a_trade_requires(trade, requires, elsewhere, says):
    sentence = mobile_refusal(trade, requires, elsewhere)

    assert says in sentence
    assert bool(sentence) is bool(says)


@pytest.mark.rule("KNOWN-3")
@pytest.mark.parametrize(
    ("year_group", "exam", "last", "says"),
    [
        ("11", "GCSE", LAST_PAPER, ""),
        ("10", "GCSE", LAST_PAPER, "year 11 or above"),
        ("R", "GCSE", LAST_PAPER, "year 11 or above"),
        ("12", "", LAST_PAPER, "which public exam"),
        ("11", "GCSE", date(2027, 6, 19), "last paper, on 18 June 2027"),
    ],
)
def test_study_leave_is_for_a_named_exam_until_its_last_paper(year_group, exam, last, says):
    sentence = study_refusal(year_group, exam, last, LAST_PAPER, asked_on=ASKED)

    assert says in sentence
    assert bool(sentence) is bool(says)


@pytest.mark.rule("KNOWN-4")
@pytest.mark.parametrize(
    ("arranged_by", "in_person", "code"),
    [
        ("council", True, "K"),
        ("council", False, "K"),
        ("school", True, "B"),
        ("school", False, ""),
        ("registered", True, "D"),
    ],
)
def test_the_code_follows_from_who_arranged_the_place(arranged_by, in_person, code):
    assert provision_code(arranged_by, in_person=in_person) == code
