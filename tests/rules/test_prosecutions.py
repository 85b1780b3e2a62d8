"""Offences, time limits, routes, fresh sessions, both tests. T56 and T57 are the law's own."""

from dataclasses import replace
from datetime import date

import pytest

from rules.errors import InvalidInput, NoValue, UnknownCode
from rules.marks import DatedSession, Mark, Session
from rules.prosecution_stages import PROSECUTION
from rules.prosecutions import (
    ALTERNATIVES,
    OFFENCES,
    CodeTest,
    MadeTest,
    Offence,
    Route,
    Used,
    alternative_refusal,
    both_tests_refusals,
    highest_penalty,
    in_time,
    questions_of,
    route_refusal,
    session_refusals,
    time_limit,
    used_refusals,
)
from tests.rules.law_calendar import day, on

BORN = date(2016, 5, 5)  # of compulsory school age from 31 August 2021 to 25 June 2032


@pytest.mark.rule("PROS-1")
@pytest.mark.parametrize(
    ("first", "last", "warn_by", "outer"),
    [
        pytest.param("2026-09-28", "2026-10-16", "2027-03-28", "2027-04-16", id="T56"),
        ("2026-08-31", "2026-08-31", "2027-02-28", "2027-02-28"),
        ("2027-08-29", "2027-08-31", "2028-02-29", "2028-02-29"),
        ("2027-03-31", "2027-05-28", "2027-09-30", "2027-11-28"),
        ("2026-03-27", "2026-10-23", "2026-09-27", "2027-04-23"),
        ("2028-02-29", "2028-02-29", "2028-08-29", "2028-08-29"),
        ("2026-12-18", "2027-01-05", "2027-06-18", "2027-07-05"),
    ],
)
def test_six_months_run_from_the_first_session_with_the_last_as_outer_edge(
    first, last, warn_by, outer
):
    limit = time_limit([day(last), day(first)])

    assert (limit.warn_by, limit.outer) == (day(warn_by), day(outer))


@pytest.mark.rule("PROS-1")
def test_marks_will_do_for_days_and_none_will_not():
    assert time_limit(on("2026-09-28", "OO")).warn_by == day("2027-03-28")
    with pytest.raises(ValueError, match="at least one session"):
        time_limit([])


@pytest.mark.rule("PROS-2")
@pytest.mark.parametrize(
    ("offence", "level", "pounds", "months"),
    [(Offence.FAILS, 3, 1000, 0), (Offence.KNOWS, 4, 2500, 3)],
)
def test_each_offence_has_its_own_highest_penalty(offence, level, pounds, months):
    most = highest_penalty(offence, day("2026-10-16"))

    assert (most.level, most.fine_pounds, most.custody_months) == (level, pounds, months)


@pytest.mark.rule("PROS-2")
def test_there_is_no_penalty_for_a_day_before_the_table():
    with pytest.raises(NoValue):
        highest_penalty(Offence.FAILS, day("2015-08-31"))


def test_only_the_second_offence_asks_for_knowledge_and_may_lead_to_prison():
    strict, knowing = OFFENCES[Offence.FAILS], OFFENCES[Offence.KNOWS]

    assert (strict.knowledge, strict.imprisonable, strict.extra_defence) == (False, False, "")
    assert (knowing.knowledge, knowing.imprisonable) == (True, True)
    assert knowing.extra_defence == "justification"
    assert len(knowing.proofs) == len(strict.proofs) + 2


@pytest.mark.rule("PROS-3")
@pytest.mark.parametrize(
    ("charged", "allowed", "says"),
    [
        ("2027-03-28", True, "Charge by 28 March 2027"),
        ("2027-03-29", True, "The time for the earliest session ended on 28 March 2027"),
        ("2027-04-16", True, "charge by 16 April 2027"),
        ("2027-04-17", False, "The time to charge ended on 16 April 2027"),
    ],
)
def test_a_charge_is_in_time_until_six_months_after_the_last_session(charged, allowed, says):
    answer = in_time([day("2026-09-28"), day("2026-10-16")], day(charged))

    assert answer.allowed is allowed
    assert says in answer.why


@pytest.mark.rule("PROS-4")
@pytest.mark.parametrize(
    ("offence", "route", "adult", "says"),
    [
        (Offence.FAILS, Route.SINGLE_JUSTICE, True, ""),
        (Offence.FAILS, Route.SINGLE_JUSTICE, False, "under 18"),
        pytest.param(Offence.KNOWS, Route.SINGLE_JUSTICE, True, "444(1A)", id="T57"),
        (Offence.KNOWS, Route.SUMMONS, True, ""),
        (Offence.FAILS, Route.SUMMONS, False, ""),
    ],
)
def test_only_an_adult_charged_under_444_1_goes_by_the_single_justice_procedure(
    offence, route, adult, says
):
    sentence = route_refusal(offence, route, adult=adult)

    assert says in sentence
    assert bool(sentence) is bool(says)


@pytest.mark.rule("PROS-5")
@pytest.mark.parametrize(
    ("why", "says"),
    [
        (Used.PROSECUTED, "needs a new period of absence"),
        (Used.PAID, "was paid"),
        (Used.WITHDRAWN, "was withdrawn"),
        (Used.TIME_TO_PAY, "still running"),
        (Used.DISPUTED, "answer it first"),
        (Used.UNDER_ORDER, "supervision order"),
    ],
)
def test_a_session_that_something_else_used_is_named(why, says):
    offence = on("2026-09-28", "OOOO")  # 28 and 29 September
    taken = [DatedSession(day("2026-09-29"), Session.PM), DatedSession(day("2026-09-30"), 0)]

    (sentence,) = used_refusals(offence, {why: taken})

    assert says in sentence
    assert sentence.endswith(": 29 September 2026.")


@pytest.mark.rule("PROS-5")
def test_the_other_half_of_a_used_day_is_fresh():
    offence = [Mark(day("2026-09-29"), Session.AM, "O")]
    taken = {Used.PROSECUTED: [DatedSession(day("2026-09-29"), Session.PM)], Used.PAID: []}

    assert used_refusals(offence, taken) == ()


@pytest.mark.rule("PROS-6")
def test_each_session_is_absence_without_leave_with_its_reason_known():
    marks = [*on("2026-09-28", "OGU"), *on("2026-10-05", "NI")]

    assert session_refusals(on("2026-09-28", "OGU"), BORN) == ()
    assert session_refusals(marks, BORN) == (
        "Find out the reason for the sessions marked N first: 5 October 2026.",
        "Leave out what is not absence without leave: 5 October 2026.",
    )


@pytest.mark.rule("PROS-6")
def test_days_outside_compulsory_school_age_are_no_part_of_it():
    five_later = date(2021, 9, 10)  # of compulsory school age from 31 December 2026

    (sentence,) = session_refusals(on("2026-11-23", "OO"), five_later)

    assert "outside compulsory school age: 23 November 2026" in sentence


@pytest.mark.rule("PROS-6")
def test_there_is_no_offence_without_sessions_or_with_a_code_that_is_none():
    assert session_refusals([], BORN) == ("Choose the sessions that this prosecution is about.",)
    with pytest.raises(UnknownCode):
        session_refusals([Mark(day("2026-11-23"), Session.AM, "?")], BORN)


def made(test: CodeTest, offence: Offence, *, made_on: str, passed: bool = True) -> MadeTest:
    """A whole test."""
    answers = {question.key: "As the papers show." for question in questions_of(test, offence)}
    return MadeTest(passed, answers, "an officer", day(made_on))


EVIDENTIAL = made(CodeTest.EVIDENTIAL, Offence.FAILS, made_on="2027-01-11")
INTEREST = made(CodeTest.PUBLIC_INTEREST, Offence.FAILS, made_on="2027-01-11")


@pytest.mark.rule("PROS-7")
def test_both_tests_made_in_order_and_passed_leave_nothing_open():
    assert both_tests_refusals(Offence.FAILS, EVIDENTIAL, INTEREST) == ()


@pytest.mark.rule("PROS-7")
@pytest.mark.parametrize(
    ("evidential", "interest", "says"),
    [
        (None, INTEREST, "Make the evidential test first"),
        (replace(EVIDENTIAL, by=""), INTEREST, "Say who made the evidential test, and when"),
        (replace(EVIDENTIAL, on=None), INTEREST, "Say who made the evidential test, and when"),
        (replace(EVIDENTIAL, passed=False), INTEREST, "there can be no prosecution"),
        (EVIDENTIAL, None, "Make the public interest test"),
        (EVIDENTIAL, replace(INTEREST, on=None), "Say who made the public interest test"),
        (EVIDENTIAL, replace(INTEREST, on=date(2027, 1, 10)), "comes after the evidential one"),
        (EVIDENTIAL, replace(INTEREST, passed=False), "not in the public interest"),
    ],
)
def test_what_is_missing_from_the_tests_is_said(evidential, interest, says):
    (sentence,) = both_tests_refusals(Offence.FAILS, evidential, interest)

    assert says in sentence


@pytest.mark.rule("PROS-7")
def test_a_test_with_a_question_unanswered_is_not_made():
    blank = replace(EVIDENTIAL, answers={**EVIDENTIAL.answers, "prospect": "  "})

    assert both_tests_refusals(Offence.FAILS, blank, INTEREST) == (
        "Answer this question of the evidential test: Is there a realistic prospect of conviction?"
        " Why?",
    )


@pytest.mark.rule("PROS-7")
def test_knowledge_is_asked_about_only_where_it_has_to_be_proved():
    refusals = both_tests_refusals(Offence.KNOWS, EVIDENTIAL, INTEREST)

    assert [("knew" in one or "not do" in one) for one in refusals] == [True, True]


@pytest.mark.rule("PROS-8")
def test_a_parenting_order_is_no_way_around_a_prosecution():
    assert "follows a conviction" in alternative_refusal("parenting_order")
    assert "parenting_order" not in {one.key for one in ALTERNATIVES}


@pytest.mark.rule("PROS-8")
def test_what_the_law_has_instead_can_be_chosen_and_nothing_else():
    assert [alternative_refusal(one.key) for one in ALTERNATIVES] == [""] * 5
    with pytest.raises(InvalidInput, match="from the list"):
        alternative_refusal("community_service")


def test_each_alternative_is_a_reason_not_to_go_on():
    reasons = {reason.key for reason in PROSECUTION.reasons_for("drop")}

    assert {one.key for one in ALTERNATIVES} <= reasons
