"""How a notice is served and when it is received. T34 to T36 are the law's worked examples."""

import pytest

from rules.errors import InvalidInput, NoValue, RuleNotMet
from rules.service import Basis, Method, Receipt, Service, received
from rules.tariffs import Step, payment_period, tariff_on
from tests.rules.law_calendar import day


@pytest.mark.rule("SRV-1")
@pytest.mark.parametrize(
    ("method", "sent", "arrived", "early", "last", "enforce"),
    [
        pytest.param(
            *("by hand", "2026-11-27", "2026-11-27", "2026-12-17", "2026-12-24", "2026-12-25"),
            id="T34",
        ),
        pytest.param(
            *("first-class post", "2026-12-17", "2026-12-21", "2027-01-10", "2027-01-17"),
            "2027-01-18",
            id="T35",
        ),
        pytest.param(
            *("first-class post", "2026-12-23", "2026-12-29", "2027-01-18", "2027-01-25"),
            "2027-01-26",
            id="T36",
        ),
    ],
)
def test_a_notice_served_starts_its_days_to_pay(method, sent, arrived, early, last, enforce):
    receipt = received(Service(Method(method), day(sent)))
    period = payment_period(receipt.on, tariff_on(day(sent), Step.FIRST))

    assert receipt.on == day(arrived)
    assert (period.early_last, period.last, period.enforce_from) == (
        day(early),
        day(last),
        day(enforce),
    )


@pytest.mark.rule("SRV-1")
@pytest.mark.parametrize(
    ("method", "sent", "arrived", "why"),
    [
        ("by hand", "2026-11-28", "2026-11-28", "a Saturday: a hand is a hand"),
        ("first-class post", "2026-11-23", "2026-11-25", "Monday to Wednesday"),
        ("first-class post", "2026-11-26", "2026-11-30", "Thursday to Monday"),
        ("first-class post", "2026-11-27", "2026-12-01", "Friday to Tuesday"),
        ("first-class post", "2026-11-28", "2026-12-01", "posted on Saturday"),
        ("first-class post", "2026-11-29", "2026-12-01", "posted on Sunday"),
        ("first-class post", "2026-12-25", "2026-12-30", "posted on Christmas Day"),
        ("first-class post", "2022-09-16", "2022-09-21", "a bank holiday for one year only"),
        ("e-mail", "2026-11-26", "2026-11-27", "the next working day"),
        ("e-mail", "2026-11-27", "2026-11-30", "over a weekend"),
    ],
)
def test_a_day_of_receipt_is_taken_from_the_way_it_was_sent(method, sent, arrived, why):
    service = Service(Method(method), day(sent), agreed=True)

    assert received(service).on == day(arrived), why


@pytest.mark.rule("SRV-1")
@pytest.mark.parametrize(
    ("working_days", "arrived", "counted"),
    [(1, "2026-11-24", "1 working day later"), (3, "2026-11-26", "3 working days later")],
)
def test_a_council_may_count_another_number_of_working_days(working_days, arrived, counted):
    receipt = received(Service(Method.POST, day("2026-11-23")), working_days=working_days)

    assert receipt.on == day(arrived)
    assert counted in receipt.why


@pytest.mark.rule("SRV-1")
def test_each_answer_says_why():
    posted = Service(Method.POST, day("2026-12-17"))
    shown = Service(Method.POST, day("2026-12-17"), shown_on=day("2026-12-19"))
    late = Service(Method.POST, day("2026-12-17"), shown_on=day("2027-01-06"))
    same_day = Service(Method.POST, day("2026-12-17"), shown_on=day("2026-12-17"))
    never = Service(Method.POST, day("2026-12-17"), never_received=True)
    handed = Service(Method.BY_HAND, day("2026-11-27"))

    assert received(posted) == Receipt(
        day("2026-12-21"),
        Basis.DEEMED,
        "Sent by first-class post on Thursday 17 December 2026: taken as received 2 working days"
        " later, on Monday 21 December 2026, unless somebody shows another day.",
    )
    assert received(shown) == Receipt(
        day("2026-12-19"), Basis.SHOWN, "It is shown to have arrived on Saturday 19 December 2026."
    )
    assert received(late).on == day("2027-01-06")
    assert received(same_day).on == day("2026-12-17")
    assert received(never) == Receipt(
        None, Basis.NEVER, "It never arrived. Serve it again: no day has run."
    )
    assert received(handed) == Receipt(
        day("2026-11-27"), Basis.HANDED_OVER, "It was handed over on Friday 27 November 2026."
    )


@pytest.mark.rule("SRV-1")
@pytest.mark.parametrize(
    ("service", "error", "sentence"),
    [
        (Service(Method.EMAIL, day("2026-11-23")), RuleNotMet, "only to a parent who agreed"),
        (
            Service(Method.POST, day("2026-11-23"), False, day("2026-11-22")),
            InvalidInput,
            "must be 23 November 2026, the day it was sent, or later",
        ),
        (
            Service(Method.POST, day("2026-11-23"), False, day("2026-11-24"), True),
            InvalidInput,
            "cannot have arrived and never arrived",
        ),
        (Service(Method.POST, day("2029-01-02")), NoValue, "do not know the bank holidays"),
        (Service(Method.POST, day("2007-08-31")), NoValue, "no first-class post deemed service"),
    ],
)
def test_a_service_that_cannot_be_starts_no_clock(service, error, sentence):
    with pytest.raises(error, match=sentence):
        received(service)
