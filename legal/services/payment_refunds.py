"""Sending money back, by two people, and what people decide about the money of a notice."""

from datetime import date, datetime

from django.db import transaction

from audit.record import Kind, record
from authorities.access import Forbidden, Reach
from authorities.permissions import Permission
from legal.models import (
    LedgerEntry,
    LedgerKind,
    PaymentQuestion,
    PenaltyNotice,
    Refund,
)
from legal.selectors.payments import (
    IN_TIME,
    KEEP,
    MAY_BE_OURS,
    NOT_OURS,
    PAY,
    SEND_BACK,
    lying_on,
    payments,
    position_of,
)
from legal.services.payment_settling import NOT_PAID, add, lock_payment, settle
from legal.services.payments import payment_line
from legal.services.penalty_moves import locked, require_council, write
from rules.errors import Conflict, InvalidInput, RuleNotMet
from rules.ledger import Question
from rules.moves import Mover
from rules.tariffs import in_pounds

# What may be decided of each question, in the order of the page, with its words.
BACK = (SEND_BACK, "Send it back. Somebody else agrees before it goes")
DECISIONS: dict[str, tuple[tuple[str, str], ...]] = {
    Question.PART: (
        (KEEP, "Keep it for now and ask the parent for the rest"),
        BACK,
    ),
    Question.LATE: (
        BACK,
        (KEEP, "Keep it for now: the council will withdraw the notice, and pay it back then"),
    ),
    Question.OVER: (
        (SEND_BACK, "Send back what is too much. Somebody else agrees before it goes"),
        (KEEP, "Leave it for now: it may belong to another notice"),
    ),
    Question.AFTER_END: (BACK, (KEEP, "Keep it for now, for the reason given below")),
    IN_TIME: ((PAY, "It is paid. The prosecution stops"),),
    NOT_PAID: (
        (PAY, "It is not paid. The notice is open again"),
        (KEEP, "Let it stand as paid, for the reason given below"),
    ),
}


@transaction.atomic
def ask(
    *,
    reach: Reach,
    payment: str,
    notice: PenaltyNotice | None,
    pence: int,
    words: str,
    today: date,
    now: datetime,
) -> Refund:
    """Ask that money is sent back, from a notice or from suspense. Somebody else agrees.

    Raises Forbidden; NotFound; InvalidInput without a reason or amount; Conflict where one waits;
    RuleNotMet where the money pays the notice.
    """
    require_council(reach, Permission.KEEP_PAYMENTS)
    line = payment_line(reach, payment)
    if not words.strip():
        raise InvalidInput("Say why the money goes back")
    held = locked(notice, None, today=today, now=now) if notice else None
    lock_payment(line.authority_id, payment)
    if Refund.objects.filter(payment=payment, notice=held, done=None).exists():
        raise Conflict("A refund of this payment waits already. Agree to it, or refuse it, first.")
    _refuse_what_pays(held, pence, today)
    there = lying_on(held).get(payment, 0) if held else line_left(line)
    if not 0 < pence <= there:
        raise InvalidInput(f"There is {in_pounds(there)} of this payment here. Enter up to that")
    made = Refund.objects.create(
        authority=reach.authority,
        payment=payment,
        notice=held,
        pence=pence,
        words=words.strip(),
        asked_by=reach.user,
        asked_on=today,
    )
    if held is not None:
        write(
            held,
            "refund_asked",
            by=reach.user,
            on=today,
            now=now,
            words=f"{in_pounds(pence)} is to go back: {words.strip()}",
        )
    return made


def line_left(line: LedgerEntry) -> int:
    """What of a payment is in suspense."""
    left: int = payments(line.authority_id).get(pk=line.pk).left
    return left


def _refuse_what_pays(notice: PenaltyNotice | None, pence: int, today: date) -> None:
    """What pays a notice stays on it until the notice is withdrawn."""
    if notice is None:
        return
    stands = position_of(notice, today)
    if stands.discharged_on and pence > stands.over:
        over = f"Only {in_pounds(stands.over)} is over. " if stands.over else ""
        raise RuleNotMet(f"This money pays the notice. {over}Withdraw the notice to send it back.")


@transaction.atomic
def decide(
    *,
    reach: Reach,
    refund: Refund,
    agreed: bool,
    reason: str,
    today: date,
    now: datetime,
) -> Refund:
    """Send the money back as asked, or say why not. Somebody other than whoever asked.

    Raises Forbidden, Conflict for one that was decided, InvalidInput, RuleNotMet.
    """
    require_council(reach, Permission.KEEP_PAYMENTS)
    held = locked(refund.notice, None, today=today, now=now) if refund.notice else None
    lock_payment(refund.authority_id, refund.payment)
    row = Refund.objects.select_for_update(no_key=True).get(pk=refund.pk)
    if row.done is not None:
        raise Conflict("Somebody decided on this refund already. Nothing was sent twice.")
    if row.asked_by_id == reach.user.pk:
        raise Forbidden("Somebody other than the person who asked agrees. Ask a colleague.")
    if not agreed:
        if not reason.strip():
            raise InvalidInput("Say why the money does not go back")
        if row.asked_by_id is None:
            raise RuleNotMet("The notice was withdrawn: the law gives all of it back.")
        return _close(row, reach, today, done=False, reason=reason.strip())
    _refuse_what_pays(held, row.pence, today)
    add(
        LedgerEntry(
            authority_id=row.authority_id,
            payment=row.payment,
            kind=LedgerKind.REFUNDED,
            pence=row.pence,
            notice=held,
            on=today,
            words=row.words,
            made_by=reach.user,
            made_at=now,
        )
    )
    _close(row, reach, today, done=True)
    record(
        Kind.PAYMENT_REFUNDED,
        by=reach.user,
        authority=reach.authority,
        school=held.school if held else None,
        on=held or f"legal.Refund:{row.pk}",
        **({} if held else {"reference": "in suspense"}),
    )
    if held is not None:
        write(
            held,
            "payment_refunded",
            by=reach.user,
            on=today,
            now=now,
            words=f"{in_pounds(row.pence)} was sent back: {row.words}"[:600],
            facts={"payment": row.payment, "pence": row.pence},
        )
        settle(held, by=reach.user, mover=Mover.COUNCIL, today=today, now=now)
    return row


def _close(row: Refund, reach: Reach, today: date, *, done: bool, reason: str = "") -> Refund:
    row.decided_by, row.decided_on, row.done, row.reason = reach.user, today, done, reason
    row.save(update_fields=["decided_by", "decided_on", "done", "reason"])
    return row


@transaction.atomic
def answer(
    *,
    reach: Reach,
    question: PaymentQuestion,
    decision: str,
    reason: str,
    today: date,
    now: datetime,
) -> PaymentQuestion:
    """Decide what becomes of the money of a notice, and why.

    Raises Forbidden; Conflict for a question that was answered or settled itself; InvalidInput.
    """
    require_council(reach, Permission.KEEP_PAYMENTS)
    if not reason.strip():
        raise InvalidInput("Say why")
    if decision not in dict(DECISIONS.get(question.kind, ())):
        raise InvalidInput("Select what you decide")
    notice = locked(question.notice, None, today=today, now=now)
    row = PaymentQuestion.objects.select_for_update(no_key=True).get(pk=question.pk)
    if row.closed_on is not None:
        raise Conflict("This was decided already, or settled itself. Nothing was changed.")
    row.decision, row.reason = decision, reason.strip()
    row.decided_by, row.closed_on = reach.user, today
    row.save()
    write(
        notice,
        "payment_decided",
        by=reach.user,
        on=today,
        now=now,
        words=f"{row.words} {dict(DECISIONS[row.kind])[decision]}: {reason.strip()}",
        facts={"question": row.kind, "decision": decision},
    )
    if decision == SEND_BACK:
        _ask_all_back(reach, notice, row, today, now)
    elif decision == PAY:
        settle(notice, by=reach.user, mover=Mover.COUNCIL, today=today, now=now)
    return row


def _ask_all_back(
    reach: Reach, notice: PenaltyNotice, row: PaymentQuestion, today: date, now: datetime
) -> None:
    """Ask for what is over, or all of it, from the payment that came last."""
    stands = position_of(notice, today)
    left = stands.over if row.kind == Question.OVER else stands.kept
    for payment, there in reversed(lying_on(notice).items()):
        if left and not Refund.objects.filter(payment=payment, notice=notice, done=None).exists():
            pence = min(there, left)
            left -= pence
            ask(
                reach=reach,
                payment=payment,
                notice=notice,
                pence=pence,
                words=row.reason,
                today=today,
                now=now,
            )


@transaction.atomic
def set_aside(
    *,
    reach: Reach,
    payment: str,
    notice: PenaltyNotice,
    reason: str,
    today: date,
    now: datetime,
) -> PaymentQuestion:
    """Say that a payment in suspense is not for a notice, so that it no longer stops it.

    Raises Forbidden, NotFound, InvalidInput, Conflict where that was said before.
    """
    require_council(reach, Permission.KEEP_PAYMENTS)
    line = payment_line(reach, payment)
    if not reason.strip():
        raise InvalidInput("Say how you know that it is not for this notice")
    held = locked(notice, None, today=today, now=now)
    rows = PaymentQuestion.objects.filter(notice=held, kind=MAY_BE_OURS, payment=payment)
    if rows.exists():
        raise Conflict("Somebody said that already.")
    write(
        held,
        "payment_set_aside",
        by=reach.user,
        on=today,
        now=now,
        words=f"A payment of {in_pounds(line.pence)} is not for it: {reason.strip()}",
        facts={"payment": payment},
    )
    return PaymentQuestion.objects.create(
        authority=reach.authority,
        notice=held,
        payment=payment,
        kind=MAY_BE_OURS,
        words="A payment in suspense may be for this notice.",
        pence=line.pence,
        since=today,
        decision=NOT_OURS,
        reason=reason.strip(),
        decided_by=reach.user,
        closed_on=today,
    )
