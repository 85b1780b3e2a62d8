"""Money paid on notices: each way it can come in, and sums that hold whatever happens."""

import random
from collections.abc import Sequence
from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rules.ledger import (
    Entry,
    Kind,
    Position,
    Question,
    Standing,
    Totals,
    in_suspense,
    kept_on,
    position,
    refused,
    totals,
)
from rules.tariffs import Representation, Step, payment_period, tariff_on
from tests.rules.law_calendar import day

# Received on 27 November 2026: 80 pounds to 17 December, 160 to 24 December.
RECEIVED_ON = date(2026, 11, 27)
FIRST = payment_period(RECEIVED_ON, tariff_on(RECEIVED_ON, Step.FIRST))
SECOND = payment_period(RECEIVED_ON, tariff_on(RECEIVED_ON, Step.SECOND))
CHARGE = Entry(Kind.CHARGED, 16000, date(2026, 11, 25), "A")


def pays(pence: int, on: str, matched: str = "", payment: str = "p1") -> list[Entry]:
    """A payment and its match with notice A, on the day it was paid unless said."""
    return [
        Entry(Kind.RECEIVED, pence, day(on), payment=payment),
        Entry(Kind.ALLOCATED, pence, day(matched or on), "A", payment),
    ]


def stands(entries: Sequence[Entry], when: str = "2027-02-01", period=FIRST) -> Position:
    """Where notice A stands."""
    return position([CHARGE, *entries], "A", period, day(when))


@pytest.mark.rule("LED-2")
@pytest.mark.parametrize(
    ("entries", "standing", "settled", "over", "discount", "outstanding", "question", "why"),
    [
        ([], "nothing paid", 0, 0, 0, 16000, None, "nothing"),
        (pays(8000, "2026-12-17"), "paid in time", 8000, 0, 8000, 0, None, "80 on day 21"),
        (pays(8000, "2026-12-18"), "part paid", 8000, 0, 0, 8000, "part payment", "80 on day 22"),
        (pays(16000, "2026-12-18"), "paid in time", 16000, 0, 0, 0, None, "160 on day 22"),
        (pays(16000, "2026-12-24"), "paid in time", 16000, 0, 0, 0, None, "160 on day 28"),
        (pays(16000, "2026-12-25"), "paid late", 16000, 0, 0, 0, "late payment", "day 29"),
        (pays(8000, "2026-12-25"), "paid late", 8000, 0, 0, 8000, "late payment", "80 on day 29"),
        (
            pays(8000, "2026-12-17", matched="2027-01-20"),
            *("paid in time", 8000, 0, 8000, 0, None),
            "matched late, paid in time",
        ),
        (
            pays(16000, "2026-12-17"),
            *("paid too much", 8000, 8000, 8000, 0, "refund what is over"),
            "160 where 80 was enough",
        ),
        (
            [*pays(8000, "2026-12-10"), *pays(8000, "2026-12-10", payment="p2")],
            *("paid too much", 8000, 8000, 8000, 0, "refund what is over"),
            "paid twice",
        ),
        (
            [*pays(3000, "2026-12-10"), *pays(5000, "2026-12-17", payment="p2")],
            *("paid in time", 8000, 0, 8000, 0, None),
            "two sums that reach 80 on day 21",
        ),
        (
            [*pays(3000, "2026-12-10"), *pays(5000, "2026-12-18", payment="p2")],
            *("part paid", 8000, 0, 0, 8000, "part payment"),
            "two sums that reach 80 on day 22",
        ),
        (
            [*pays(8000, "2026-12-18"), *pays(8000, "2026-12-24", payment="p2")],
            *("paid in time", 16000, 0, 0, 0, None),
            "two sums that reach 160 on day 28",
        ),
        (
            [*pays(8000, "2026-12-18"), *pays(8000, "2026-12-25", payment="p2")],
            *("paid late", 16000, 0, 0, 0, "late payment"),
            "the second sum a day too late",
        ),
        (
            pays(20000, "2026-12-29"),
            *("paid too much", 16000, 4000, 0, 0, "refund what is over"),
            "late and too much",
        ),
        (pays(7999, "2026-12-17"), "part paid", 7999, 0, 0, 8001, "part payment", "a penny short"),
        (pays(8001, "2026-12-17"), "paid too much", 8000, 1, 8000, 0, "refund what is over", "1p"),
    ],
)
def test_what_a_payment_does_is_decided_by_the_day_it_was_paid(
    entries, standing, settled, over, discount, outstanding, question, why
):
    found = stands(entries)

    assert (found.standing, found.settled, found.over, found.discount, found.outstanding) == (
        Standing(standing),
        settled,
        over,
        discount,
        outstanding,
    ), why
    assert [asked for asked, _ in found.ask] == ([Question(question)] if question else [])


@pytest.mark.rule("LED-2")
@pytest.mark.parametrize(
    ("when", "entries", "to_pay", "why"),
    [
        ("2026-11-27", [], 8000, "day 1"),
        ("2026-12-17", [], 8000, "day 21"),
        ("2026-12-18", [], 16000, "day 22"),
        ("2026-12-24", [], 16000, "day 28"),
        ("2026-12-25", [], None, "day 29"),
        ("2026-12-17", pays(3000, "2026-12-10"), 5000, "the rest of the lower amount"),
        ("2026-12-18", pays(3000, "2026-12-10"), 13000, "the rest of the full one"),
        ("2026-12-17", pays(8000, "2026-12-10"), None, "discharged"),
    ],
)
def test_what_is_still_to_pay_follows_the_day(when, entries, to_pay, why):
    assert stands(entries, when).to_pay == to_pay, why


@pytest.mark.rule("LED-2")
def test_a_second_notice_has_no_lower_amount():
    part = stands(pays(8000, "2026-12-10"), period=SECOND)
    paid = stands(pays(16000, "2026-12-10"), period=SECOND)

    assert (part.standing, part.outstanding) == (Standing.PART, 8000)
    assert (paid.standing, paid.discount, paid.over) == (Standing.IN_TIME, 0, 0)


@pytest.mark.rule("LED-2")
def test_days_an_open_representation_holds_still_count_as_in_time():
    stopped = payment_period(RECEIVED_ON, FIRST.tariff, [Representation(day("2026-12-10"))])

    assert stands(pays(8000, "2027-01-20"), period=stopped).standing is Standing.IN_TIME
    assert stands(pays(8000, "2027-01-20")).standing is Standing.LATE


@pytest.mark.rule("LED-2")
@pytest.mark.parametrize(
    ("entries", "stops", "why"),
    [
        ([], False, "nothing came"),
        (pays(8000, "2026-12-17"), True, "discharged"),
        (pays(1, "2026-12-17"), True, "a penny: a person decides"),
        (pays(16000, "2027-01-05"), True, "late: a person decides"),
        ([Entry(Kind.WITHDRAWN, 0, day("2027-01-05"), "A")], True, "withdrawn"),
        ([Entry(Kind.WRITTEN_OFF, 0, day("2027-01-05"), "A")], True, "no longer sought"),
    ],
)
def test_any_credible_payment_stops_the_path_to_prosecution(entries, stops, why):
    assert stands(entries).stops_prosecution is stops, why


@pytest.mark.rule("LED-2")
def test_a_withdrawn_notice_is_refunded_in_full():
    withdrawn = Entry(Kind.WITHDRAWN, 0, day("2026-12-20"), "A")
    paid, unpaid = [*pays(8000, "2026-12-10"), withdrawn], [withdrawn]
    after = [withdrawn, *pays(16000, "2026-12-22")]
    refunded = [*paid, Entry(Kind.REFUNDED, 8000, day("2027-01-05"), "A", "p1")]

    for entries, over in ((paid, 8000), (after, 16000)):
        found = stands(entries)
        assert (found.standing, found.over, found.settled, found.discount, found.withdrawn) == (
            *(Standing.AFTER_WITHDRAWAL, over, 0, 0, 16000),
        )
        assert found.ask == (
            (Question.REFUND, f"The notice was withdrawn. Send back £{over // 100}."),
        )
    for entries in (unpaid, refunded):
        found = stands(entries)
        assert (found.standing, found.over, found.withdrawn, found.ask) == (
            *(Standing.WITHDRAWN, 0, 16000),
            (),
        )
    assert stands(refunded).to_pay is None
    assert stands(paid, "2026-12-19").standing is Standing.IN_TIME


@pytest.mark.rule("LED-2")
def test_a_notice_no_longer_sought_keeps_what_was_paid_for_a_person_to_decide():
    ended = Entry(Kind.WRITTEN_OFF, 0, day("2027-01-10"), "A")
    late = stands([*pays(8000, "2026-12-28"), ended])
    none = stands([ended])

    assert (late.standing, late.written_off, late.settled) == (Standing.WRITTEN_OFF, 8000, 8000)
    assert late.ask == (
        (
            Question.AFTER_END,
            "£80 was paid on a notice no longer sought. Decide what becomes of it.",
        ),
    )
    assert (none.written_off, none.outstanding, none.ask) == (16000, 0, ())


@pytest.mark.rule("LED-2")
def test_a_notice_withdrawn_after_it_was_no_longer_sought_is_withdrawn():
    found = stands(
        [
            Entry(Kind.WRITTEN_OFF, 0, day("2027-01-10"), "A"),
            Entry(Kind.WITHDRAWN, 0, day("2027-01-12"), "A"),
        ]
    )

    assert (found.standing, found.withdrawn, found.written_off) == (Standing.WITHDRAWN, 16000, 0)


@pytest.mark.rule("LED-2")
def test_the_questions_are_sentences_a_clerk_can_act_on():
    part, late, over = (
        stands(entries).ask[0][1]
        for entries in (
            pays(8000, "2026-12-18"),
            pays(8050, "2026-12-25"),
            pays(16000, "2026-12-17"),
        )
    )

    assert part == (
        "£80 was paid by 24 December 2026, not all of it: £80 is open."
        " Decide whether to ask for the rest or send it back."
    )
    assert late == (
        "£80.50 was paid, some of it after 24 December 2026. Decide whether to send it back."
    )
    assert over == "£80 too much was paid. Send it back."


@pytest.mark.rule("LED-2")
def test_a_notice_nobody_charged_has_no_position():
    with pytest.raises(ValueError, match="has not been charged"):
        position([CHARGE], "B", FIRST, day("2027-02-01"))
    with pytest.raises(ValueError, match="has not been charged by that day"):
        position([CHARGE], "A", FIRST, day("2026-11-24"))


def test_money_under_a_wrong_reference_waits_in_suspense_until_it_is_moved():
    ledger = [
        CHARGE,
        Entry(Kind.CHARGED, 16000, day("2026-11-25"), "B"),
        *pays(8000, "2026-12-10"),
        Entry(Kind.RECEIVED, 500, day("2026-12-11"), payment="p2"),
        Entry(Kind.RELEASED, 8000, day("2026-12-20"), "A", "p1"),
    ]
    moved = [*ledger, Entry(Kind.ALLOCATED, 8000, day("2026-12-21"), "B", "p1")]

    assert in_suspense(ledger) == {"p1": 8000, "p2": 500}
    assert (kept_on(ledger, "A"), kept_on(ledger, "B")) == ({}, {})
    assert in_suspense(moved) == {"p2": 500}
    assert kept_on(moved, "B") == {"p1": 8000}
    assert position(moved, "A", FIRST, day("2027-01-01")).standing is Standing.NOTHING
    assert position(moved, "B", FIRST, day("2027-01-01")).standing is Standing.IN_TIME


PAID = [CHARGE, *pays(8000, "2026-12-10")]
LATER = day("2027-01-10")


@pytest.mark.rule("LED-1")
@pytest.mark.parametrize(
    ("entry", "why"),
    [
        (Entry(Kind.CHARGED, 16000, LATER, "B"), ""),
        (Entry(Kind.CHARGED, 16000, LATER, "A"), "charged already"),
        (Entry(Kind.CHARGED, 0, LATER, "B"), "more than nothing"),
        (Entry(Kind.RECEIVED, 1, LATER, payment="p2"), ""),
        (Entry(Kind.RECEIVED, 8000, LATER, payment="p1"), "recorded already"),
        (Entry(Kind.RECEIVED, -1, LATER, payment="p2"), "more than nothing"),
        (Entry(Kind.ALLOCATED, 1, LATER, "A", "p1"), "There is £0 of this payment here"),
        (Entry(Kind.ALLOCATED, 1, LATER, "A", "p9"), "There is £0 of this payment here"),
        (Entry(Kind.ALLOCATED, 1, LATER, "B", "p1"), "no such notice"),
        (Entry(Kind.RELEASED, 8000, LATER, "A", "p1"), ""),
        (Entry(Kind.RELEASED, 8001, LATER, "A", "p1"), "There is £80 of this payment here"),
        (Entry(Kind.RELEASED, 0, LATER, "A", "p1"), "There is £80 of this payment here"),
        (Entry(Kind.REFUNDED, 8000, LATER, "A", "p1"), ""),
        (Entry(Kind.REFUNDED, 8001, LATER, "A", "p1"), "There is £80"),
        (Entry(Kind.REFUNDED, 1, LATER, "", "p1"), "There is £0"),
        (Entry(Kind.REFUNDED, 8000, day("2026-12-09"), "A", "p1"), "before 10 December 2026"),
        (Entry(Kind.WITHDRAWN, 0, LATER, "A"), ""),
        (Entry(Kind.WITHDRAWN, 0, LATER, "B"), "There is no such notice."),
        (Entry(Kind.WITHDRAWN, 1, LATER, "A"), "give no amount"),
        (Entry(Kind.WRITTEN_OFF, 0, LATER, "A"), ""),
    ],
)
def test_an_entry_that_would_make_money_is_refused(entry, why):
    answer = refused(PAID, entry)

    assert why in answer
    assert bool(answer) is bool(why)


@pytest.mark.rule("LED-1")
def test_a_notice_ends_once_but_may_be_withdrawn_after_it_is_no_longer_sought():
    over, gone = (
        Entry(kind, 0, day("2027-01-05"), "A") for kind in (Kind.WRITTEN_OFF, Kind.WITHDRAWN)
    )

    assert refused([CHARGE, over], Entry(Kind.WITHDRAWN, 0, LATER, "A")) == ""
    assert "no longer sought already" in refused(
        [CHARGE, over], Entry(Kind.WRITTEN_OFF, 0, LATER, "A")
    )
    for kind in (Kind.WITHDRAWN, Kind.WRITTEN_OFF):
        assert "withdrawn already" in refused([CHARGE, gone], Entry(kind, 0, LATER, "A"))


@pytest.mark.rule("LED-3")
def test_the_totals_of_a_year_add_up():
    entries = [
        *[Entry(Kind.CHARGED, 16000, day("2026-11-25"), name) for name in "ABCD"],
        *pays(8000, "2026-12-10"),
        Entry(Kind.RECEIVED, 20000, day("2026-12-20"), payment="p2"),
        Entry(Kind.ALLOCATED, 17000, day("2026-12-20"), "B", "p2"),
        Entry(Kind.REFUNDED, 500, day("2026-12-21"), "", "p2"),
        Entry(Kind.WITHDRAWN, 0, day("2026-12-22"), "C"),
    ]

    found = totals(entries, dict.fromkeys("ABCD", FIRST), day("2027-01-01"))

    assert found == Totals(
        charged=64000,
        settled=24000,
        over=1000,
        discount=8000,
        withdrawn=16000,
        written_off=0,
        outstanding=16000,
        received=28000,
        refunded=500,
        suspense=2500,
    )
    assert found.sums
    assert not Totals(charged=1).sums
    assert not Totals(received=1).sums
    assert totals(entries, dict.fromkeys("ABCD", FIRST), day("2026-11-24")).charged == 0


NAMES = "ABCDEF"
PERIODS = {name: (FIRST, SECOND)[number % 2] for number, name in enumerate(NAMES)}
OFTEN = [
    *([Kind.RECEIVED] * 5 + [Kind.ALLOCATED] * 6 + [Kind.CHARGED] * 2 + [Kind.REFUNDED] * 2),
    *(Kind.RELEASED, Kind.WITHDRAWN, Kind.WRITTEN_OFF),
]
AMOUNTS = [1, 500, 4000, 8000, 8000, 8000, 16000, 16000, 20000]
WAITS = [0, 0, 0, 0, 1, 2, 4]  # days since the step before


def walk(seed: int) -> list[tuple]:
    """Fifty steps: kind, amount, days, notice, which payment, and whether from suspense.

    One draw of hypothesis a walk: it would take longer over three hundred than the ledger does.
    """
    chance = random.Random(seed)
    return [
        (
            *(chance.choice(OFTEN), chance.choice(AMOUNTS), chance.choice(WAITS)),
            *(chance.choice(NAMES), chance.randrange(12), chance.random() < 0.5),
        )
        for _ in range(50)
    ]


def where(entries: Sequence[Entry], kind: Kind, notice: str, from_suspense: bool) -> dict[str, int]:
    """The money that a step of this kind can take, by payment."""
    if kind is Kind.ALLOCATED or (kind is Kind.REFUNDED and from_suspense):
        return in_suspense(entries)
    return kept_on(entries, notice)


def entry_for(entries: Sequence[Entry], step, today: date) -> Entry:
    """A step as an entry: of a payment that is there, if one is. It may still be refused."""
    kind, pence, _, notice, which, from_suspense = step
    if kind is Kind.RECEIVED:
        return Entry(kind, pence, today, payment=f"p{len(entries)}")
    if kind is Kind.CHARGED:
        return Entry(kind, 16000, today, notice)
    if kind in (Kind.WITHDRAWN, Kind.WRITTEN_OFF):
        return Entry(kind, 0, today, notice)
    there = where(entries, kind, notice, from_suspense)
    payment = list(there)[which % len(there)] if there else "none"
    on = "" if kind is Kind.REFUNDED and from_suspense else notice
    return Entry(kind, min(pence, there.get(payment, pence)), today, on, payment)


@pytest.mark.rule("LED-1", "LED-2", "LED-3")
@settings(
    max_examples=200,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)
@given(seed=st.integers(min_value=0, max_value=2**32))
def test_every_penny_is_accounted_for_after_each_of_ten_thousand_steps(seed):
    entries: list[Entry] = [CHARGE, Entry(Kind.CHARGED, 16000, date(2026, 11, 25), "B")]
    today = RECEIVED_ON
    for step in walk(seed):
        today += timedelta(days=step[2])
        entry = entry_for(entries, step, today)
        if refused(entries, entry):
            continue
        entries.append(entry)
        found = totals(entries, PERIODS, today)
        assert found.sums
        assert min(found.outstanding, found.suspense, found.over, found.settled) >= 0
