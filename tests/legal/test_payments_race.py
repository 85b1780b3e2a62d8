"""Money at the same moment as a withdrawal or a prosecution: no penny lost, nobody prosecuted paid.

Fifty of each, over real connections.
"""

import threading
from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime

import pytest
from django.db import connection

from authorities.tenancy import scope
from bench.third_notice import pairs, staff
from legal.models import LedgerEntry, PaymentQuestion, PenaltyNotice, Refund
from legal.selectors.payments import lying_on, reconciled, stops_prosecution
from legal.services import payments
from legal.services.payment_settling import refund_due
from legal.services.penalty_moves import locked, moved
from rules.errors import DomainError

pytestmark = pytest.mark.real_clock
TODAY = date(2026, 12, 20)
NOW = datetime(2026, 12, 20, 9, tzinfo=UTC)
MANY = 50


@pytest.fixture
def people(transactional_db):
    return staff()


@pytest.fixture
def unpaid(people) -> list[PenaltyNotice]:
    """Notices whose time to pay was over on 14 December, 80 pounds until the 7th."""
    of = pairs(people, MANY)
    with scope([people.authority.pk]):
        rows = PenaltyNotice.objects.filter(adult__in=[pair.adult for pair in of])
        rows.update(
            state="unpaid",
            early_pence=80_00,
            received_on=date(2026, 11, 17),
            full_until=date(2026, 12, 14),
            enforce_from=date(2026, 12, 15),
            particulars={"tariff": {"full_days": 28, "early_days": 21, "source": "PN2007/reg4"}},
        )
        return list(rows.select_related("authority").order_by("pk"))


def at_once(people, notices, *sides: Callable[[PenaltyNotice, int], object]) -> Counter[str]:
    """Each side does its part to each notice at the same moment. Counts what was refused."""
    together, failed, refused = threading.Barrier(len(sides)), [], Counter()

    def work(do: Callable[[PenaltyNotice, int], object]) -> None:
        try:
            for number, notice in enumerate(notices):
                together.wait(60)
                try:
                    with scope([people.authority.pk]):
                        do(notice, number)
                except DomainError as problem:
                    refused[type(problem).__name__] += 1
        except BaseException as problem:
            failed.append(problem)
            together.abort()
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=(side,)) for side in sides]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    return refused


def pay(notice: PenaltyNotice, number: int) -> None:
    """The service reports 80 pounds, paid in time."""
    payments.receive(
        authority=notice.authority,
        external_reference=f"pay:{number}",
        pence=80_00,
        paid_at=datetime(2026, 12, 7, 23, 59, tzinfo=UTC),
        notice_reference=notice.reference,
        now=NOW,
    )


def withdraw(notice: PenaltyNotice, _number: int) -> None:
    """What a withdrawal does under its lock: the state, then the money."""
    held = locked(notice, None, today=TODAY, now=NOW)
    moved(
        held,
        "withdraw",
        by=None,
        on=TODAY,
        now=NOW,
        withdrawn_on=TODAY,
        withdrawn_ground="ought_not",
    )
    refund_due(held, today=TODAY, now=NOW)


def prosecute(notice: PenaltyNotice, _number: int) -> None:
    """What a prosecution does under its lock: ask what stops it, then go on."""
    held = locked(notice, notice.version, today=TODAY, now=NOW)
    if stops_prosecution(held, TODAY):
        return
    moved(held, "prepare", by=None, on=TODAY, now=NOW)


def test_paying_and_withdrawing_at_once_gives_every_penny_back(people, unpaid):
    at_once(people, unpaid, pay, withdraw)

    with scope([people.authority.pk]):
        for notice in PenaltyNotice.objects.filter(pk__in=[one.pk for one in unpaid]):
            waiting = Refund.objects.filter(notice=notice, done=None)
            assert notice.state == "withdrawn"
            assert sum(row.pence for row in waiting) == 80_00
            assert sum(lying_on(notice).values()) == 80_00
        assert reconciled(people.authority.pk, TODAY).sums.sums


def test_paying_and_prosecuting_at_once_never_leaves_a_way_to_court(people, unpaid):
    at_once(people, unpaid, pay, prosecute)

    with scope([people.authority.pk]):
        for notice in PenaltyNotice.objects.filter(pk__in=[one.pk for one in unpaid]):
            asked = PaymentQuestion.objects.filter(notice=notice, closed_on=None)
            assert stops_prosecution(notice, TODAY)
            assert notice.state == "paid" or (
                notice.state == "for prosecution" and asked.get().kind == "paid in time"
            )
        assert reconciled(people.authority.pk, TODAY).sums.sums


def test_the_same_payment_reported_at_once_counts_once(people, unpaid):
    refused = at_once(people, unpaid, pay, pay)

    with scope([people.authority.pk]):
        assert LedgerEntry.objects.filter(kind="received").count() == MANY
        assert LedgerEntry.objects.filter(kind="allocated").count() == MANY
    assert refused == Counter()
