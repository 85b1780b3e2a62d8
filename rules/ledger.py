"""Money paid on penalty notices: entries only added, in whole pence, and where a notice stands.

A payment comes in (RECEIVED) and lies in suspense until it is matched (ALLOCATED) with a notice; a
match can be undone (RELEASED) and money sent back (REFUNDED). The London day on which the parent
paid decides what a payment does, not the day it was matched. Two sums always hold (`totals`):

    charged  = settled + discount + withdrawn + written off + outstanding    (each notice, and all)
    received = settled + over + in suspense + refunded
"""

import enum
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from rules.dates import in_words
from rules.register import rule
from rules.tariffs import PaymentPeriod, due_on, in_pounds


class Kind(enum.StrEnum):
    """What an entry does."""

    CHARGED = "charged"
    RECEIVED = "received"
    ALLOCATED = "allocated"
    RELEASED = "released"
    REFUNDED = "refunded"
    WITHDRAWN = "withdrawn"
    WRITTEN_OFF = "written off"


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the ledger; never changed.

    kind     what it does
    pence    how much, above nothing; for WITHDRAWN and WRITTEN_OFF 0: they take what is left
    on       the London day it is for: of RECEIVED the day the parent paid, else the day it was done
    notice   the notice it is on. Empty for RECEIVED, and for REFUNDED straight from suspense
    payment  the payment it moves. Empty for CHARGED, WITHDRAWN and WRITTEN_OFF
    """

    kind: Kind
    pence: int
    on: date
    notice: str = ""
    payment: str = ""


class Standing(enum.StrEnum):
    """Where the money of a notice stands."""

    NOTHING = "nothing paid"
    PART = "part paid"
    IN_TIME = "paid in time"
    LATE = "paid late"
    OVER = "paid too much"
    WITHDRAWN = "withdrawn"
    AFTER_WITHDRAWAL = "paid and withdrawn"
    WRITTEN_OFF = "no longer sought"


class Question(enum.StrEnum):
    """What a person must decide before anything more is done about a notice."""

    PART = "part payment"
    LATE = "late payment"
    OVER = "refund what is over"
    REFUND = "refund in full"
    AFTER_END = "money for a notice no longer sought"


@dataclass(frozen=True, slots=True)
class Position:
    """Where one notice stands on a day.

    charged      the full amount it was issued for
    kept         paid on it and not sent back or moved away
    settled      of that, what counts towards the notice
    over         of that, what is too much and goes back
    discount     what need not be paid, as the lower amount was paid in time
    withdrawn    what was still open when it was withdrawn
    written_off  what was still open when it was no longer sought
    outstanding  what is still open; charged is always the sum of the other four and settled
    to_pay       what would discharge it on this day; None when nothing does any more
    discharged_on  the day its money was complete and in time; None when it was not
    standing     in one word
    ask          what a person must decide, each with its sentence. While there is one, or it is
                 discharged, the path to prosecution stops.
    """

    charged: int
    kept: int
    settled: int
    over: int
    discount: int
    withdrawn: int
    written_off: int
    outstanding: int
    to_pay: int | None
    discharged_on: date | None
    standing: Standing
    ask: tuple[tuple[Question, str], ...]

    @property
    def stops_prosecution(self) -> bool:
        """Whether the path to prosecution stops: discharged, withdrawn, or a person must decide."""
        return bool(self.ask) or self.discharged_on is not None or self.outstanding == 0


@dataclass(frozen=True, slots=True)
class Totals:
    """All the money of some notices, in pence. `sums` says whether both identities hold."""

    charged: int = 0
    settled: int = 0
    over: int = 0
    discount: int = 0
    withdrawn: int = 0
    written_off: int = 0
    outstanding: int = 0
    received: int = 0
    refunded: int = 0
    suspense: int = 0

    @property
    def sums(self) -> bool:
        """Charged and received are both accounted for, to the penny."""
        open_or_not = self.discount + self.withdrawn + self.written_off + self.outstanding
        return (
            self.charged == self.settled + open_or_not
            and self.received == self.settled + self.over + self.suspense + self.refunded
        )


# What each kind does to the money of a payment that lies on a notice.
_ON_NOTICE = {Kind.ALLOCATED: 1, Kind.RELEASED: -1, Kind.REFUNDED: -1}


def kept_on(entries: Iterable[Entry], notice: str) -> dict[str, int]:
    """The pence of each payment that lie on a notice, in the order they were first matched."""
    kept: dict[str, int] = {}
    for entry in entries:
        if entry.notice == notice and entry.kind in _ON_NOTICE:
            kept[entry.payment] = kept.get(entry.payment, 0) + _ON_NOTICE[entry.kind] * entry.pence
    return {payment: pence for payment, pence in kept.items() if pence}


def in_suspense(entries: Iterable[Entry]) -> dict[str, int]:
    """The pence of each payment that are on no notice and not sent back."""
    left: dict[str, int] = {}
    for entry in entries:
        change = 0
        if entry.kind in (Kind.RECEIVED, Kind.RELEASED):
            change = entry.pence
        elif entry.kind is Kind.ALLOCATED or (entry.kind is Kind.REFUNDED and not entry.notice):
            change = -entry.pence
        if change:
            left[entry.payment] = left.get(entry.payment, 0) + change
    return {payment: pence for payment, pence in left.items() if pence}


@rule("LED-1", source="ONROLL/ledger")
def refused(entries: Sequence[Entry], entry: Entry) -> str:
    """Why an entry may not be added to a ledger; empty when it may.

    No entry makes money: what is matched must have come in, what goes back must be there, a notice
    is charged once and ends once, and a payment comes in once. What is done to a payment or a
    notice is never dated before what was done to it last.
    """
    before = [one.on for one in entries if _touches(one, entry)]
    if before and entry.on < max(before):
        return f"This is dated before {in_words(max(before))}, the day of the entry before it."
    return _SHAPES[entry.kind](entries, entry)


def _touches(one: Entry, other: Entry) -> bool:
    """Whether two entries are about one payment or one notice."""
    return bool(
        (one.payment and one.payment == other.payment)
        or (one.notice and one.notice == other.notice)
    )


def _new_charge(entries: Sequence[Entry], entry: Entry) -> str:
    if entry.pence <= 0:
        return "A notice is issued for more than nothing."
    if _has(entries, Kind.CHARGED, entry.notice):
        return "This notice has been charged already."
    return ""


def _new_payment(entries: Sequence[Entry], entry: Entry) -> str:
    if entry.pence <= 0:
        return "A payment is more than nothing."
    if any(one.kind is Kind.RECEIVED and one.payment == entry.payment for one in entries):
        return "This payment has been recorded already. Nothing has been counted twice."
    return ""


def _match(entries: Sequence[Entry], entry: Entry) -> str:
    if not _has(entries, Kind.CHARGED, entry.notice):
        return "There is no such notice to match the payment with."
    return _enough(in_suspense(entries).get(entry.payment, 0), entry)


def _move_back(entries: Sequence[Entry], entry: Entry) -> str:
    return _enough(kept_on(entries, entry.notice).get(entry.payment, 0), entry)


def _send_back(entries: Sequence[Entry], entry: Entry) -> str:
    if entry.notice:
        return _move_back(entries, entry)
    return _enough(in_suspense(entries).get(entry.payment, 0), entry)


def _ends(entries: Sequence[Entry], entry: Entry) -> str:
    if entry.pence:
        return "The end of a notice takes what is left: give no amount."
    if not _has(entries, Kind.CHARGED, entry.notice):
        return "There is no such notice."
    if _has(entries, Kind.WITHDRAWN, entry.notice):
        return "This notice has been withdrawn already."
    if entry.kind is Kind.WRITTEN_OFF and _has(entries, Kind.WRITTEN_OFF, entry.notice):
        return "This notice is no longer sought already."
    return ""


_SHAPES = {
    Kind.CHARGED: _new_charge,
    Kind.RECEIVED: _new_payment,
    Kind.ALLOCATED: _match,
    Kind.RELEASED: _move_back,
    Kind.REFUNDED: _send_back,
    Kind.WITHDRAWN: _ends,
    Kind.WRITTEN_OFF: _ends,
}


def _has(entries: Iterable[Entry], kind: Kind, notice: str) -> bool:
    return any(one.kind is kind and one.notice == notice for one in entries)


def _enough(there: int, entry: Entry) -> str:
    """Whether a payment has so much money in the place it is taken from."""
    if 0 < entry.pence <= there:
        return ""
    return f"There is {in_pounds(there)} of this payment here. Choose an amount up to that."


def _ended_on(lines: Iterable[Entry], kind: Kind) -> date | None:
    return next((one.on for one in lines if one.kind is kind), None)


def _discharged(period: PaymentPeriod, paid: Sequence[tuple[date, int]]) -> tuple[date, int] | None:
    """The first day on which the money so far was all that was due that day, and that amount."""
    so_far = 0
    for day, pence in sorted(paid):
        so_far += pence
        due = due_on(period, day)
        if due is not None and so_far >= due:
            return day, due
    return None


@rule("LED-2", source="ONROLL/ledger")
def position(entries: Sequence[Entry], notice: str, period: PaymentPeriod, day: date) -> Position:
    """Where a notice stands on a day: what is paid, over and open, and what a person must decide.

    entries  the ledger as known, in the order of writing; those for a later day are left out
    period   its days to pay, as they stand
    Part sums that together reach the amount due in time discharge it. Money after withdrawal, or
    that lies on a withdrawn notice, goes back in full. A late payment never discharges by itself.
    Raises ValueError for a notice that was not charged.
    """
    known = [entry for entry in entries if entry.on <= day]
    lines = [entry for entry in known if entry.notice == notice]
    return _position(lines, _paid_on(known), period, day)


def _paid_on(entries: Iterable[Entry]) -> dict[str, date]:
    """The day on which each payment was made."""
    return {one.payment: one.on for one in entries if one.kind is Kind.RECEIVED}


def _position(
    lines: Sequence[Entry], paid_on: Mapping[str, date], period: PaymentPeriod, day: date
) -> Position:
    """As `position`, from the entries of one notice alone and the day of each payment."""
    charged = sum(one.pence for one in lines if one.kind is Kind.CHARGED)
    if not charged:
        raise ValueError("The notice has not been charged by that day")
    lying = kept_on(lines, lines[0].notice)
    paid = [(paid_on[payment], pence) for payment, pence in lying.items()]
    kept = sum(lying.values())
    withdrawn_on = _ended_on(lines, Kind.WITHDRAWN)
    ended_on = _ended_on(lines, Kind.WRITTEN_OFF)
    done = None if withdrawn_on else _discharged(period, paid)
    settled = 0 if withdrawn_on else min(kept, done[1] if done else charged)
    discount = charged - done[1] if done else 0
    still_open = charged - settled - discount
    due = due_on(period, day)
    finished = withdrawn_on or ended_on or done
    standing = _standing(period, paid, kept - settled, done, withdrawn_on, ended_on)
    return Position(
        charged=charged,
        kept=kept,
        settled=settled,
        over=kept - settled,
        discount=discount,
        withdrawn=still_open if withdrawn_on else 0,
        written_off=still_open if ended_on and not withdrawn_on else 0,
        outstanding=0 if withdrawn_on or ended_on else still_open,
        to_pay=None if finished or due is None else max(due - kept, 0),
        discharged_on=done[0] if done else None,
        standing=standing,
        ask=_questions(standing, kept, kept - settled, still_open, period),
    )


def _standing(
    period: PaymentPeriod,
    paid: Sequence[tuple[date, int]],
    over: int,
    done: tuple[date, int] | None,
    withdrawn_on: date | None,
    ended_on: date | None,
) -> Standing:
    if withdrawn_on:
        return Standing.AFTER_WITHDRAWAL if paid else Standing.WITHDRAWN
    if over:
        return Standing.OVER
    if done:
        return Standing.IN_TIME
    if ended_on:
        return Standing.WRITTEN_OFF
    if not paid:
        return Standing.NOTHING
    late = any(due_on(period, day) is None for day, _ in paid)
    return Standing.LATE if late else Standing.PART


def _questions(
    standing: Standing, kept: int, over: int, still_open: int, period: PaymentPeriod
) -> tuple[tuple[Question, str], ...]:
    """What a person must decide, with the sentence that says so."""
    last = in_words(period.last)
    sentences = {
        Standing.PART: (
            Question.PART,
            f"{in_pounds(kept)} was paid by {last}, not all of it: {in_pounds(still_open)} is open."
            " Decide whether to ask for the rest or send it back.",
        ),
        Standing.LATE: (
            Question.LATE,
            f"{in_pounds(kept)} was paid, some of it after {last}. Decide whether to send it back.",
        ),
        Standing.OVER: (Question.OVER, f"{in_pounds(over)} too much was paid. Send it back."),
        Standing.AFTER_WITHDRAWAL: (
            Question.REFUND,
            f"The notice was withdrawn. Send back {in_pounds(over)}.",
        ),
        Standing.WRITTEN_OFF: (
            Question.AFTER_END,
            f"{in_pounds(kept)} was paid on a notice no longer sought. Decide what becomes of it.",
        ),
    }
    if standing not in sentences or not kept:
        return ()
    return (sentences[standing],)


@rule("LED-3", source="ONROLL/ledger")
def totals(entries: Sequence[Entry], periods: Mapping[str, PaymentPeriod], day: date) -> Totals:
    """All the money of a ledger on a day. Its `sums` must be true whatever has happened.

    periods  of each notice that was charged by that day
    """
    known = [entry for entry in entries if entry.on <= day]
    paid_on = _paid_on(known)
    lines: dict[str, list[Entry]] = {}
    for entry in known:
        lines.setdefault(entry.notice, []).append(entry)
    lines.pop("", None)
    each = [_position(some, paid_on, periods[notice], day) for notice, some in lines.items()]
    return Totals(
        charged=sum(one.charged for one in each),
        settled=sum(one.settled for one in each),
        over=sum(one.over for one in each),
        discount=sum(one.discount for one in each),
        withdrawn=sum(one.withdrawn for one in each),
        written_off=sum(one.written_off for one in each),
        outstanding=sum(one.outstanding for one in each),
        received=sum(one.pence for one in known if one.kind is Kind.RECEIVED),
        refunded=sum(one.pence for one in known if one.kind is Kind.REFUNDED),
        suspense=sum(in_suspense(known).values()),
    )
