"""Payments on penalty notices: recorded, matched, split, taken off, bounced. Lines only added.

Every step holds the notices it touches, in the order of their keys, and then the payment: two
people, a file and the payment service may all come at once and no penny is counted twice.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time

from django.db import IntegrityError, transaction

from audit.record import Kind, record
from authorities.access import Reach
from authorities.models import Authority, User
from authorities.permissions import Permission
from authorities.references import new_reference
from legal.models import (
    LedgerEntry,
    LedgerKind,
    PaidBy,
    PaymentFile,
    PenaltyNotice,
    Refund,
)
from legal.selectors.payments import lying_on, payments
from legal.services.payment_settling import add, lock_payment, settle
from legal.services.penalty_moves import locked, require_council, write
from rules.dates import in_words
from rules.errors import Conflict, InvalidInput, NotFound
from rules.moves import Mover
from rules.notice_references import read_reference
from rules.tariffs import LONDON, in_pounds, london_day

ALREADY = "This payment has been recorded already. Nothing has been counted twice."
MOST = 100_000_000  # pence: no payment is a million pounds, and the column holds no more than this


@dataclass(frozen=True, slots=True)
class Paid:
    """One payment as it came in.

    paid_at   the moment of paying; its London day decides. For a day alone, `at_midnight`
    external  how the bank or card service names it; "" where it has no name
    given     what came with it: the reference as typed, the text of the bank line
    """

    pence: int
    paid_at: datetime
    method: PaidBy
    external: str = ""
    given: str = ""
    words: str = ""
    file: PaymentFile | None = None
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Share:
    """How much of a payment goes to which notice."""

    notice: PenaltyNotice
    pence: int


def at_midnight(day: date) -> datetime:
    """The first moment of a day in London."""
    return datetime.combine(day, time(), tzinfo=LONDON)


@transaction.atomic
def record_payment(
    *, reach: Reach, paid: Paid, notice: PenaltyNotice | None, today: date, now: datetime
) -> LedgerEntry:
    """Record a payment by hand, matched with a notice or left in suspense.

    Raises Forbidden; Conflict for one on record; InvalidInput for an amount or a day that cannot
    be.
    """
    require_council(reach, Permission.KEEP_PAYMENTS)
    held = locked(notice, None, today=today, now=now) if notice else None
    line = book(authority=reach.authority, paid=paid, by=reach.user, today=today, now=now)
    if held is not None:
        match(line, held, paid.pence, by=reach.user, mover=Mover.COUNCIL, today=today, now=now)
    return line


@transaction.atomic
def receive(
    *,
    authority: Authority,
    external_reference: str,
    pence: int,
    paid_at: datetime,
    notice_reference: str,
    now: datetime,
    method: PaidBy = PaidBy.ONLINE,
) -> LedgerEntry:
    """Take a payment that a payment service reports. Safe to call again with the same one.

    external_reference  the service's own name for it: once for each council
    paid_at             the moment at which the parent paid, with its time zone
    notice_reference    what the parent gave. One that is not ours leaves it in suspense
    Raises Conflict where the same name comes with another amount or day, and InvalidInput.
    """
    today = london_day(now)
    if not external_reference.strip():
        raise InvalidInput("A payment service must name each payment.")
    reference = read_reference(notice_reference).reference
    notice = PenaltyNotice.objects.filter(authority=authority, reference=reference).first()
    held = locked(notice, None, today=today, now=now) if notice else None
    paid = Paid(pence, paid_at, method, external_reference.strip(), notice_reference[:300])
    known = _known(authority, paid)
    if known is not None:
        return known
    try:
        line = book(authority=authority, paid=paid, by=None, today=today, now=now)
    except Conflict:  # the same report came in the same moment
        known = _known(authority, paid)
        if known is None:
            raise
        return known
    if held is not None:
        match(line, held, pence, by=None, mover=Mover.SYSTEM, today=today, now=now)
    return line


def _known(authority: Authority, paid: Paid) -> LedgerEntry | None:
    """The payment of this name on record. Raises Conflict where it is of another amount or day."""
    found = LedgerEntry.objects.filter(
        authority=authority, kind=LedgerKind.RECEIVED, external=paid.external
    ).first()
    if found and (found.pence, found.on) != (paid.pence, london_day(paid.paid_at)):
        raise Conflict(
            f"A payment of this name is on record: {in_pounds(found.pence)} of "
            f"{in_words(found.on)}. Ask the payment service which is right."
        )
    return found


def book(
    *, authority: Authority, paid: Paid, by: User | None, today: date, now: datetime
) -> LedgerEntry:
    """Write that a payment came in; it is in suspense. Raises Conflict for one on record."""
    on = london_day(paid.paid_at)
    if not 0 < paid.pence <= MOST:
        raise InvalidInput("Enter an amount of more than nothing, such as 80.00")
    if on > today:
        raise InvalidInput("The day of the payment cannot be after today")
    try:
        with transaction.atomic():
            line = LedgerEntry.objects.create(
                authority=authority,
                payment=new_reference(),
                kind=LedgerKind.RECEIVED,
                pence=paid.pence,
                on=on,
                paid_at=paid.paid_at,
                method=paid.method,
                external=paid.external.strip(),
                given=paid.given.strip()[:300],
                words=paid.words.strip(),
                file=paid.file,
                line=paid.line,
                made_by=by,
                made_at=now,
            )
    except IntegrityError as problem:
        raise Conflict(ALREADY) from problem
    record(Kind.PAYMENT_RECORDED, by=by, authority=authority, on=line, payment=line.payment)
    return line


def match(
    line: LedgerEntry,
    notice: PenaltyNotice,
    pence: int,
    *,
    by: User | None,
    mover: Mover,
    today: date,
    now: datetime,
    words: str = "",
) -> None:
    """Put so much of a payment on a held notice. Raises RuleNotMet where there is not so much."""
    lock_payment(line.authority_id, line.payment)
    add(_line(line, LedgerKind.ALLOCATED, pence, notice, words, by, today, now))
    write(
        notice,
        "payment_matched",
        by=by,
        on=today,
        now=now,
        words=f"{in_pounds(pence)}, paid on {in_words(line.on)}, was matched with it. {words}"[
            :600
        ],
        facts={"payment": line.payment, "pence": pence},
    )
    record(
        Kind.PAYMENT_MATCHED,
        by=by,
        authority=notice.authority,
        school=notice.school,
        on=notice,
        payment=line.payment,
    )
    settle(notice, by=by, mover=mover, today=today, now=now)


def _line(
    of: LedgerEntry,
    kind: LedgerKind,
    pence: int,
    notice: PenaltyNotice | None,
    words: str,
    by: User | None,
    today: date,
    now: datetime,
) -> LedgerEntry:
    """Another line of the same payment, not written yet."""
    return LedgerEntry(
        authority_id=of.authority_id,
        payment=of.payment,
        kind=kind,
        pence=pence,
        notice=notice,
        on=today,
        words=words.strip()[:600],
        made_by=by,
        made_at=now,
    )


@transaction.atomic
def allocate(
    *,
    reach: Reach,
    payment: str,
    shares: Sequence[Share],
    words: str,
    today: date,
    now: datetime,
) -> LedgerEntry:
    """Match a payment in suspense with a notice, or split it among several.

    words  why, where it did not carry the reference
    Raises Forbidden; NotFound; InvalidInput for a notice named twice; RuleNotMet for more money
    than there is. All of it is done, or nothing.
    """
    require_council(reach, Permission.KEEP_PAYMENTS)
    line = payment_line(reach, payment)
    if len({share.notice.pk for share in shares}) != len(shares) or not shares:
        raise InvalidInput("Name each notice once, with its share of the payment.")
    held = [
        (locked(share.notice, None, today=today, now=now), share.pence)
        for share in sorted(shares, key=lambda one: one.notice.pk)
    ]
    for notice, pence in held:
        match(
            line,
            notice,
            pence,
            by=reach.user,
            mover=Mover.COUNCIL,
            today=today,
            now=now,
            words=words,
        )
    return line


@transaction.atomic
def release(
    *,
    reach: Reach,
    payment: str,
    notice: PenaltyNotice,
    pence: int,
    words: str,
    today: date,
    now: datetime,
) -> LedgerEntry:
    """Take money off a notice, back into suspense: it belongs to another one.

    Raises Forbidden, NotFound, InvalidInput without a reason, RuleNotMet for more than is there.
    """
    require_council(reach, Permission.KEEP_PAYMENTS)
    line = payment_line(reach, payment)
    if not words.strip():
        raise InvalidInput("Say why the money is not for this notice")
    held = locked(notice, None, today=today, now=now)
    lock_payment(line.authority_id, payment)
    _take_off(line, held, pence, words, by=reach.user, today=today, now=now)
    settle(held, by=reach.user, mover=Mover.COUNCIL, today=today, now=now)
    return line


def _take_off(
    line: LedgerEntry,
    notice: PenaltyNotice,
    pence: int,
    words: str,
    *,
    by: User | None,
    today: date,
    now: datetime,
) -> None:
    add(_line(line, LedgerKind.RELEASED, pence, notice, words, by, today, now))
    Refund.objects.filter(payment=line.payment, notice=notice, done=None).update(
        done=False, decided_on=today, reason="The money was taken off the notice."
    )
    write(
        notice,
        "payment_taken_off",
        by=by,
        on=today,
        now=now,
        words=f"{in_pounds(pence)}, paid on {in_words(line.on)}, was taken off it: {words.strip()}",
        facts={"payment": line.payment, "pence": pence},
    )


@transaction.atomic
def bounce(*, reach: Reach, payment: str, words: str, today: date, now: datetime) -> LedgerEntry:
    """Record that a payment did not clear: the bank took it back. It is taken off every notice.

    Raises Forbidden, NotFound, InvalidInput without a reason, Conflict where nothing of it is left.
    """
    require_council(reach, Permission.KEEP_PAYMENTS)
    line = payment_line(reach, payment)
    if not words.strip():
        raise InvalidInput("Say how you know that the payment did not clear")
    touched = PenaltyNotice.objects.filter(ledger__payment=payment).distinct().order_by("pk")
    held = [locked(notice, None, today=today, now=now) for notice in touched]
    lock_payment(line.authority_id, payment)
    for notice in held:
        pence = lying_on(notice).get(payment, 0)
        if pence:
            _take_off(line, notice, pence, words, by=reach.user, today=today, now=now)
    left = payments(line.authority_id).get(pk=line.pk).left
    if left <= 0:
        raise Conflict("Nothing of this payment is left: it was sent back.")
    back = _line(line, LedgerKind.REFUNDED, left, None, words, reach.user, today, now)
    back.reverses = line
    add(back)
    Refund.objects.filter(payment=payment, done=None).update(
        done=False, decided_on=today, reason="The payment did not clear."
    )
    for notice in held:
        settle(notice, by=reach.user, mover=Mover.COUNCIL, today=today, now=now, reason="bounced")
    return back


def payment_line(reach: Reach, payment: str) -> LedgerEntry:
    """How a payment of the council came in. Raises NotFound."""
    found = LedgerEntry.objects.filter(
        authority=reach.authority, payment=payment, kind=LedgerKind.RECEIVED
    ).first()
    if found is None:
        raise NotFound("We cannot find that payment. Check its reference.")
    return found
