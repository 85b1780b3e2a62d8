"""What a penalty notice costs, and the days in which it may be paid.

Money is in whole pence and days are London dates. Day 1 is the day of receipt; a last day at a
weekend or on a bank holiday is not moved on.
"""

import enum
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from rules.dates import ONE_DAY
from rules.errors import InvalidInput
from rules.register import rule
from rules.values import value_on

LONDON = ZoneInfo("Europe/London")


class Step(enum.StrEnum):
    """Which tariff a notice is on: how many count before it, or the Act it is under."""

    FIRST = "first"
    SECOND = "second"
    EXCLUDED = "excluded pupil"


@dataclass(frozen=True, slots=True)
class Tariff:
    """The figures of one notice, to be copied onto it when it is issued.

    early_pence, early_days  the lower amount and its days from receipt; None when there is none
    full_pence, full_days    the amount and the days in all
    source                   where the figures come from, a key of rules/sources.toml
    """

    step: Step
    full_pence: int
    full_days: int
    early_pence: int | None
    early_days: int | None
    source: str


@rule("TRF-1", source="PN2007/reg4")
def tariff_on(issued_on: date, step: Step) -> Tariff:
    """The amounts and days in force on the day of issue: first, second, or excluded pupil.

    Raises NoValue for a day before the present scheme: an older notice is not guessed at.
    """
    row = value_on("penalty_notice", issued_on, step=str(step))
    early = row.get("early_pounds")
    return Tariff(
        step=step,
        full_pence=row["full_pounds"] * 100,
        full_days=row["full_within_days"],
        early_pence=None if early is None else early * 100,
        early_days=row.get("early_within_days"),
        source=row["source"],
    )


@dataclass(frozen=True, slots=True)
class Representation:
    """A parent's representation against a notice: the day it came, and the day it was answered."""

    received_on: date
    answered_on: date | None = None


@dataclass(frozen=True, slots=True)
class PaymentPeriod:
    """The days to pay of one notice.

    tariff         its amounts
    received       day 1
    early_last     the last day at the lower amount; None when there is none
    last           the last day at all
    enforce_from   the first day on which an unpaid notice may be acted on; None while stopped
    stopped_since  the day from which an open representation stops the clock; None when none does.
                   The last days are then the earliest they can be: each day of waiting adds one.
    days_added     days that answered representations have added before `last`
    """

    tariff: Tariff
    received: date
    early_last: date | None
    last: date
    enforce_from: date | None
    stopped_since: date | None
    days_added: int


@rule("TRF-2", source="ONROLL/last-day")
def payment_period(
    received: date,
    tariff: Tariff,
    representations: Collection[Representation] = (),
    *,
    stops_clock: bool | None = None,
) -> PaymentPeriod:
    """The days to pay: day 1 is the day of receipt, and no last day is moved past a weekend.

    representations  the parent's, in any order. No day from the day one comes to the day before
                     it is answered is counted. One that comes after the last day adds nothing.
    stops_clock      the council's own choice; None takes the national row of the day of receipt
    Raises InvalidInput for a representation answered before it came.
    """
    if stops_clock is None:
        stops_clock = value_on("representation", received)["stops_clock"]
    relevant = list(representations) if stops_clock else []
    stopped = _stopped_days(relevant)
    last = _counted_day(received, tariff.full_days, stopped)
    early_last = None
    if tariff.early_days is not None:
        early_last = _counted_day(received, tariff.early_days, stopped)
    waiting = [one.received_on for one in relevant if one.answered_on is None]
    # One that came before the notice did stops it from its first day.
    since = max(min(waiting), received) if waiting and min(waiting) <= last else None
    return PaymentPeriod(
        tariff=tariff,
        received=received,
        early_last=early_last,
        last=last,
        enforce_from=None if since else last + ONE_DAY,
        stopped_since=since,
        days_added=(last - received).days + 1 - tariff.full_days,
    )


def _stopped_days(representations: Collection[Representation]) -> set[date]:
    """Every day on which an answered representation was waiting, once."""
    days: set[date] = set()
    for one in representations:
        if one.answered_on is None:
            continue
        if one.answered_on < one.received_on:
            raise InvalidInput("A representation cannot be answered before it came. Check the days")
        length = (one.answered_on - one.received_on).days
        days.update(one.received_on + number * ONE_DAY for number in range(length))
    return days


def _counted_day(received: date, number: int, stopped: Collection[date]) -> date:
    """The day that is day `number`, where the day of receipt is day 1 and stopped days are none."""
    day = received
    while True:
        number -= day not in stopped
        if not number:
            return day
        day += ONE_DAY


@rule("TRF-5", source="ONROLL/last-day")
def payment_day(
    received: date,
    day: date,
    representations: Collection[Representation] = (),
    *,
    stops_clock: bool | None = None,
) -> int:
    """Which day of the time to pay a day is: the day of receipt is 1; 0 or less is before it.

    A day on which a representation stopped the clock is not counted, as in `payment_period`.
    While one is open, every day from its own is the last day counted before it.
    """
    if stops_clock is None:
        stops_clock = value_on("representation", received)["stops_clock"]
    relevant = list(representations) if stops_clock else []
    waiting = [one.received_on for one in relevant if one.answered_on is None]
    until = min(day, *(max(one, received) for one in waiting)) if waiting else day
    stopped = _stopped_days(relevant)
    length = (until - received).days + 1
    return length - sum(received <= one <= until for one in stopped)


@rule("TRF-3", source="PN2007/reg4")
def due_on(period: PaymentPeriod, day: date) -> int | None:
    """The amount in pence that discharges the notice on `day`; None when the days are over.

    Before the day of receipt it is what it will be on that day. While an open representation
    stops the clock it stays what it was on the day it stopped.
    """
    if period.stopped_since:
        day = min(day, period.stopped_since)
    if period.early_last and day <= period.early_last:
        return period.tariff.early_pence
    return period.tariff.full_pence if day <= period.last else None


@rule("TRF-4", source="ONROLL/ledger")
def london_day(moment: datetime) -> date:
    """The day in London at a moment, which is the day a payment or an e-mail counts for.

    Half past eleven at night in UTC is the next day while clocks are an hour ahead. Raises
    ValueError for a moment without a time zone, which could be any day.
    """
    if moment.tzinfo is None:
        raise ValueError("A moment needs its time zone before it has a day")
    return moment.astimezone(LONDON).date()


def in_pounds(pence: int) -> str:
    """Money as we write it: £80, £80.50, £1,000."""
    pounds, over = divmod(pence, 100)
    return f"£{pounds:,}.{over:02}" if over else f"£{pounds:,}"
