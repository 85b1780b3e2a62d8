"""Education supervision orders: who, for whom, how long. T58 is the law's worked example."""

from dataclasses import replace
from datetime import date

import pytest

from rules.dates import DateRange
from rules.supervision_orders import (
    BREACH_DEFENCES,
    Considering,
    Failure,
    Order,
    applicant,
    breach_refusal,
    considered_refusal,
    days_in_force,
    extension_refusal,
    extension_window,
    highest_breach_fine,
    last_day,
    next_review,
    refusals_to_apply,
    review_days,
    review_met,
    time_ends_on,
)
from tests.rules.law_calendar import day

BORN = date(2013, 5, 5)  # of compulsory school age to 29 June 2029
LEAVING = date(2010, 9, 15)  # to 25 June 2027
ORDER = Order(made_on=date(2027, 1, 15), born=BORN)


@pytest.mark.rule("ESO-1")
@pytest.mark.parametrize(
    ("home", "school", "agreed", "allowed"),
    [("a", "a", False, True), ("a", "b", True, True), ("a", "b", False, False)],
)
def test_the_council_of_the_home_applies_or_by_agreement_the_schools(home, school, agreed, allowed):
    assert applicant(home, school, agreed=agreed).allowed is allowed


READY = Considering(
    born=BORN,
    in_care=False,
    not_attending=True,
    consulted_on=date(2026, 11, 2),
    answered_on=date(2026, 11, 9),
    parent_told_on=date(2026, 11, 17),
    contract_tried=True,
)
ON = date(2026, 11, 17)


@pytest.mark.rule("ESO-2")
@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({}, ""),
        ({"born": date(2021, 9, 10)}, "compulsory school age"),
        ({"in_care": True}, "in care"),
        ({"not_attending": False}, "does not attend regularly"),
        ({"consulted_on": None}, "Ask children's social services first"),
        ({"consulted_on": date(2026, 11, 18)}, "Ask children's social services first"),
        ({"answered_on": None}, "what children's social services answered"),
        ({"parent_told_on": date(2026, 11, 18)}, "Write to the parent first"),
        ({"contract_tried": False}, "Offer an attendance contract"),
        ({"safeguarding": True}, "record that social care agrees"),
        ({"safeguarding": True, "joint_view": True}, ""),
    ],
)
def test_an_order_is_applied_for_when_all_that_comes_first_is_done(change, says):
    refusals = refusals_to_apply(replace(READY, **change), ON)

    assert len(refusals) == bool(says)
    assert says in "".join(refusals)


@pytest.mark.rule("ESO-3")
@pytest.mark.parametrize(
    ("considered", "outcome", "met"),
    [
        (date(2026, 11, 17), "Not sought: the family works with us.", True),
        (date(2026, 11, 18), "Not sought: the family works with us.", False),
        (date(2026, 11, 17), " ", False),
        (None, "Not sought: the family works with us.", False),
    ],
)
def test_an_order_is_considered_on_record_before_a_prosecution(considered, outcome, met):
    assert (considered_refusal(considered, outcome, ON) == "") is met


@pytest.mark.rule("ESO-4")
@pytest.mark.parametrize(
    ("made_on", "ends"),
    [
        pytest.param("2027-01-15", "2028-01-14", id="T58"),
        ("2027-03-01", "2028-02-29"),
        ("2028-02-29", "2029-02-28"),
        ("2028-03-01", "2029-02-28"),
        ("2027-01-01", "2027-12-31"),
    ],
)
def test_one_year_begins_with_the_day_the_order_is_made(made_on, ends):
    assert time_ends_on(Order(day(made_on), BORN)) == day(ends)


@pytest.mark.rule("ESO-4")
def test_an_extension_sets_a_new_end():
    assert time_ends_on(replace(ORDER, extended_to=date(2029, 1, 14))) == date(2029, 1, 14)


@pytest.mark.rule("ESO-5", "ESO-6")
@pytest.mark.parametrize(
    ("change", "ends"),
    [
        ({}, "2028-01-14"),
        pytest.param({"born": LEAVING}, "2027-06-25", id="T58: school age ends first"),
        ({"care_order_on": date(2027, 5, 4)}, "2027-05-04"),
        ({"discharged_on": date(2027, 9, 1)}, "2027-09-01"),
        ({"care_order_on": date(2028, 5, 4)}, "2028-01-14"),
        ({"extended_to": date(2031, 1, 14)}, "2029-06-29"),
    ],
)
def test_an_order_ends_with_whatever_comes_first(change, ends):
    order = replace(ORDER, **change)

    assert last_day(order) == day(ends)
    assert days_in_force(order) == DateRange(date(2027, 1, 15), day(ends))


@pytest.mark.rule("ESO-7")
def test_an_extension_is_applied_for_in_the_last_three_months():
    assert extension_window(ORDER) == DateRange(date(2027, 10, 14), date(2028, 1, 14))


@pytest.mark.rule("ESO-8")
@pytest.mark.parametrize(
    ("applied", "new_last", "says"),
    [
        pytest.param("2027-10-13", "2029-01-14", "The first day is 14 October 2027", id="T58"),
        ("2027-10-14", "2029-01-14", ""),
        ("2028-01-14", "2031-01-14", ""),
        ("2028-01-15", "2031-01-14", "The order ended on 14 January 2028"),
        ("2028-01-14", "2031-01-15", "at most 3 years later, on 14 January 2031"),
        ("2028-01-14", "2028-01-14", "An extension ends after 14 January 2028"),
        ("2028-01-14", "2028-01-15", ""),
    ],
)
def test_an_extension_is_in_time_and_at_most_three_years_long(applied, new_last, says):
    sentence = extension_refusal(ORDER, applied_on=day(applied), new_last=day(new_last))

    assert says in sentence
    assert bool(sentence) is bool(says)


@pytest.mark.rule("ESO-8")
def test_an_order_that_ends_with_school_age_cannot_be_extended():
    order = replace(ORDER, born=LEAVING)

    sentence = extension_refusal(order, applied_on=date(2027, 6, 1), new_last=date(2029, 1, 14))

    assert sentence == "This order ends on 25 June 2027 in any case, so it cannot be extended."


@pytest.mark.rule("ESO-8")
def test_an_order_may_be_extended_again_from_its_new_end():
    order = Order(date(2024, 9, 2), date(2016, 5, 5), extended_to=date(2027, 9, 1))

    assert extension_refusal(order, applied_on=day("2027-06-01"), new_last=day("2030-09-01")) == ""
    assert extension_refusal(order, applied_on=day("2027-05-31"), new_last=day("2030-09-01"))


@pytest.mark.rule("ESO-9")
@pytest.mark.parametrize(
    ("order", "reviews"),
    [
        (ORDER, ["2027-04-15", "2027-07-15", "2027-10-15"]),
        (Order(date(2026, 11, 30), BORN), ["2027-02-28", "2027-05-30", "2027-08-30"]),
        (replace(ORDER, born=LEAVING), ["2027-04-15"]),
        (replace(ORDER, discharged_on=date(2027, 4, 14)), []),
        (replace(ORDER, discharged_on=date(2027, 4, 15)), ["2027-04-15"]),
    ],
)
def test_an_order_is_reviewed_every_three_months_while_it_runs(order, reviews):
    assert review_days(order) == tuple(day(review) for review in reviews)


def failed(on: str, given: str = "2027-02-01") -> Failure:
    """One direction that was not followed."""
    return Failure(on=day(on), given_on=day(given))


@pytest.mark.rule("ESO-10")
@pytest.mark.parametrize(
    ("failures", "allowed"),
    [
        ([failed("2027-02-08"), failed("2027-02-15")], True),
        ([failed("2027-02-08")], False),
        ([], False),
        ([failed("2027-02-08"), failed("2028-01-15")], False),
        ([failed("2027-02-08"), failed("2028-01-14")], True),
        ([failed("2027-02-08"), failed("2027-02-01")], False),
        ([failed("2027-02-08"), failed("2027-02-15", given="2027-01-14")], False),
        ([failed("2027-02-08"), failed("2027-02-15", given="2027-01-15")], True),
    ],
)
def test_only_persistent_failure_while_the_order_runs_is_an_offence(failures, allowed):
    assert (breach_refusal(ORDER, failures) == "") is allowed
    assert len(BREACH_DEFENCES) == 3


@pytest.mark.rule("ESO-11")
def test_the_fine_for_not_following_directions_is_level_three():
    assert highest_breach_fine(date(2027, 3, 1)) == 1000


# 15 April, 15 July and 15 October 2027 are the days of review; the last day is 14 January 2028.
@pytest.mark.parametrize(
    ("met", "on", "answers_for"),
    [
        (None, "2027-01-20", "2027-04-15"),  # before the first: for the first
        (None, "2027-04-15", "2027-04-15"),
        (None, "2027-04-16", "2027-04-15"),  # a day late: for the first, not for the next
        (None, "2027-07-16", "2027-07-15"),  # two have passed: for the latest
        ("2027-04-15", "2027-04-16", "2027-07-15"),
        ("2027-07-15", "2027-10-15", "2027-10-15"),
        ("2027-10-15", "2027-12-01", None),  # none is left
    ],
)
def test_a_review_answers_for_the_latest_day_that_passed_else_for_the_next(met, on, answers_for):
    found = review_met(ORDER, day(met) if met else None, day(on))

    assert found == (day(answers_for) if answers_for else None)


@pytest.mark.parametrize(
    ("met", "due"),
    [(None, "2027-04-15"), ("2027-04-15", "2027-07-15"), ("2027-10-15", None)],
)
def test_the_next_review_follows_the_last_that_was_answered_for(met, due):
    found = next_review(ORDER, day(met) if met else None)

    assert found == (day(due) if due else None)
