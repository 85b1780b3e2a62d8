"""What a notice costs and until when. See also the table deadline_cases.csv."""

import pytest

from rules.errors import InvalidInput, NoValue
from rules.tariffs import (
    Representation,
    Step,
    Tariff,
    due_on,
    in_pounds,
    payment_day,
    payment_period,
    tariff_on,
)
from tests.rules.law_calendar import day

FIRST = Tariff(Step.FIRST, 16000, 28, 8000, 21, "PN2007/reg4")
SECOND = Tariff(Step.SECOND, 16000, 28, None, None, "PN2007/reg4")
EXCLUDED = Tariff(Step.EXCLUDED, 12000, 28, 6000, 21, "EIA2006/s105")


@pytest.mark.rule("TRF-1")
@pytest.mark.parametrize(
    ("step", "tariff"),
    [("first", FIRST), ("second", SECOND), ("excluded pupil", EXCLUDED)],
)
@pytest.mark.parametrize("issued", ["2024-08-19", "2026-11-23"])
def test_the_figures_are_those_of_the_day_of_issue(step, tariff, issued):
    assert tariff_on(day(issued), Step(step)) == tariff


@pytest.mark.rule("TRF-1")
def test_a_notice_of_the_older_scheme_is_not_guessed_at():
    with pytest.raises(NoValue, match="no first penalty notice figure for 18 August 2024"):
        tariff_on(day("2024-08-18"), Step.FIRST)


def came(received: str, answered: str = "") -> Representation:
    """A representation by its two days."""
    return Representation(day(received), day(answered) if answered else None)


@pytest.mark.rule("TRF-2")
@pytest.mark.parametrize(
    ("representations", "early", "last", "added", "why"),
    [
        ([], "2026-12-17", "2026-12-24", 0, "none"),
        ([came("2026-12-01", "2026-12-01")], "2026-12-17", "2026-12-24", 0, "the same day"),
        ([came("2026-12-01", "2026-12-02")], "2026-12-18", "2026-12-25", 1, "a day"),
        ([came("2026-12-01", "2026-12-11")], "2026-12-27", "2027-01-03", 10, "ten days"),
        ([came("2026-12-17", "2026-12-20")], "2026-12-20", "2026-12-27", 3, "on the early day"),
        ([came("2026-12-18", "2026-12-20")], "2026-12-17", "2026-12-26", 2, "the day after it"),
        ([came("2026-12-24", "2026-12-29")], "2026-12-17", "2026-12-29", 5, "on the last day"),
        ([came("2026-12-25", "2026-12-29")], "2026-12-17", "2026-12-24", 0, "after the last day"),
        ([came("2026-11-20", "2026-11-27")], "2026-12-17", "2026-12-24", 0, "before the notice"),
        ([came("2026-11-20", "2026-11-29")], "2026-12-19", "2026-12-26", 2, "from before it on"),
        (
            [came("2026-12-01", "2026-12-05"), came("2026-12-03", "2026-12-07")],
            *("2026-12-23", "2026-12-30"),
            6,
            "days shared by two count once",
        ),
        (
            [came("2026-12-27", "2026-12-29"), came("2026-12-01", "2026-12-03")],
            *("2026-12-19", "2026-12-26"),
            2,
            "after the last day that the first left",
        ),
        (
            [came("2026-12-25", "2026-12-27"), came("2026-12-01", "2026-12-03")],
            *("2026-12-19", "2026-12-28"),
            4,
            "a day the first added can itself be waited on",
        ),
    ],
)
def test_days_of_waiting_for_an_answer_are_given_back(representations, early, last, added, why):
    period = payment_period(day("2026-11-27"), FIRST, representations)

    assert (period.early_last, period.last, period.days_added) == (day(early), day(last), added), (
        why
    )
    assert (period.enforce_from - period.last).days == 1
    assert period.stopped_since is None


@pytest.mark.rule("TRF-2")
@pytest.mark.parametrize(
    ("representations", "since"),
    [
        ([came("2026-12-01")], "2026-12-01"),
        ([came("2026-12-05"), came("2026-12-03")], "2026-12-03"),
        ([came("2026-11-20")], "2026-11-27"),
        ([came("2026-12-24")], "2026-12-24"),
    ],
)
def test_while_one_is_open_the_clock_stands_and_nothing_is_enforced(representations, since):
    period = payment_period(day("2026-11-27"), FIRST, representations)

    assert period.stopped_since == day(since)
    assert period.enforce_from is None
    assert period.last == day("2026-12-24")


@pytest.mark.rule("TRF-2")
def test_one_that_comes_too_late_or_where_the_council_says_no_stops_nothing():
    late = payment_period(day("2026-11-27"), FIRST, [came("2026-12-25")])
    off = payment_period(day("2026-11-27"), FIRST, [came("2026-12-01")], stops_clock=False)
    on = payment_period(day("2026-11-27"), FIRST, [came("2026-12-01")], stops_clock=True)

    assert late.stopped_since is None
    assert off.enforce_from == day("2026-12-25")
    assert on.enforce_from is None


@pytest.mark.rule("TRF-2")
def test_an_answer_before_the_question_is_refused():
    with pytest.raises(InvalidInput, match="answered before it came"):
        payment_period(day("2026-11-27"), FIRST, [came("2026-12-02", "2026-12-01")])


@pytest.mark.rule("TRF-3")
@pytest.mark.parametrize(
    ("tariff", "on", "due", "why"),
    [
        (FIRST, "2026-11-20", 8000, "before it is received"),
        (FIRST, "2026-11-27", 8000, "day 1"),
        (FIRST, "2026-12-17", 8000, "day 21"),
        (FIRST, "2026-12-18", 16000, "day 22"),
        (FIRST, "2026-12-24", 16000, "day 28"),
        (FIRST, "2026-12-25", None, "day 29"),
        (SECOND, "2026-11-27", 16000, "no lower amount on day 1"),
        (SECOND, "2026-12-24", 16000, "day 28"),
        (SECOND, "2026-12-25", None, "day 29"),
        (EXCLUDED, "2026-12-17", 6000, "day 21 of the other Act"),
        (EXCLUDED, "2026-12-24", 12000, "day 28 of the other Act"),
    ],
)
def test_the_amount_changes_at_the_end_of_its_day(tariff, on, due, why):
    assert due_on(payment_period(day("2026-11-27"), tariff), day(on)) == due, why


@pytest.mark.rule("TRF-3")
@pytest.mark.parametrize(
    ("came_on", "due"), [("2026-12-17", 8000), ("2026-12-18", 16000), ("2026-12-25", None)]
)
def test_while_the_clock_stands_the_amount_stands(came_on, due):
    period = payment_period(day("2026-11-27"), FIRST, [came(came_on)])

    assert due_on(period, day("2027-03-01")) == due


@pytest.mark.rule("TRF-5")
@pytest.mark.parametrize(
    ("on", "said", "number", "why"),
    [
        ("2026-11-26", [], 0, "the day before it is received"),
        ("2026-11-27", [], 1, "day 1"),
        ("2026-12-17", [], 21, "the last day at the lower amount"),
        ("2026-12-18", [], 22, "the day after it"),
        ("2026-12-18", [("2026-12-01", "2026-12-03")], 20, "two days were not counted"),
        ("2026-12-02", [("2026-12-01", "2026-12-09")], 4, "only those before it are left out"),
        ("2027-01-20", [("2026-12-17", "")], 21, "an open one stops it on its own day"),
        ("2026-12-10", [("2026-12-17", "")], 14, "paid before it came"),
        ("2027-01-20", [("2026-11-20", "")], 1, "one that came before the notice did"),
        ("2026-12-18", [("2026-11-20", "2026-11-25")], 22, "one answered before it began"),
    ],
)
def test_the_day_of_a_payment_is_counted_from_receipt(on, said, number, why):
    representations = [came(*one) for one in said]

    assert payment_day(day("2026-11-27"), day(on), representations, stops_clock=True) == number, why


@pytest.mark.rule("TRF-5")
def test_a_council_may_let_the_clock_run_while_it_reads():
    said = [came("2026-12-01", "2026-12-03")]

    ran = payment_day(day("2026-11-27"), day("2026-12-18"), said, stops_clock=False)
    stood = payment_day(day("2026-11-27"), day("2026-12-18"), said)

    assert (ran, stood) == (22, 20)


@pytest.mark.parametrize(
    ("pence", "words"),
    [(8000, "£80"), (8050, "£80.50"), (5, "£0.05"), (100000, "£1,000"), (0, "£0")],
)
def test_money_is_written_as_people_write_it(pence, words):
    assert in_pounds(pence) == words
