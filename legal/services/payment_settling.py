"""What money does to a notice: it is paid, or not paid after all, or a person must decide.

Called with the notice held, whenever a line was added to its ledger or its days to pay moved.
"""

from collections.abc import Mapping
from datetime import date, datetime

from django.db import connection, transaction

from authorities.models import User
from legal.models import LedgerEntry, PaymentQuestion, PenaltyNotice, Refund
from legal.selectors.payments import (
    IN_TIME,
    as_entry,
    entries_of,
    lying_on,
    position_of,
)
from legal.selectors.penalties import is_over
from legal.services import prosecution_facts
from legal.services.penalty_moves import locked, moved, period_over
from rules.dates import in_words
from rules.errors import RuleNotMet
from rules.ledger import Position, Question, refused
from rules.moves import Mover
from rules.notice_stages import PenaltyState
from rules.tariffs import in_pounds

S = PenaltyState
PAYABLE = (S.ISSUED, S.REPRESENTED, S.UNPAID, S.FOR_PROSECUTION)
NOT_PAID = "not paid after all"  # a question of ours: the days to pay were put right afterwards
ALL_BACK = "The notice was withdrawn, so all that was paid on it goes back."


def lock_payment(authority_id: int, payment: str) -> None:
    """Wait until nobody else moves this payment. Until commit; always after the notices' locks."""
    _lock(f"payment {authority_id} {payment}")


def lock_imports(authority_id: int) -> None:
    """Wait until no other file of this council is being taken. Until commit."""
    _lock(f"payment files {authority_id}")


def _lock(name: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 7311))", [name])


def add(line: LedgerEntry) -> LedgerEntry:
    """Write one line under the locks of its payment and notice. Raises RuleNotMet in words."""
    notices = [line.notice] if line.notice else []
    refusal = refused(entries_of(notices, [line.payment]), as_entry(line))
    if refusal:
        raise RuleNotMet(refusal)
    line.save(force_insert=True)
    return line


def settle(
    notice: PenaltyNotice,
    *,
    by: User | None,
    mover: Mover,
    today: date,
    now: datetime,
    reason: str = "wrong_reference",
) -> Position:
    """Bring a held notice to where its money says it stands, and ask what a person must decide.

    mover   COUNCIL where a person chose what to do, SYSTEM where a file or a service did
    reason  why it is no longer paid, a key of the table's reasons, should it be so
    """
    stands = position_of(notice, today)
    ours: dict[str, str] = {}
    if stands.discharged_on and notice.state in PAYABLE:
        ours = _pay(notice, stands, by=by, mover=mover, today=today, now=now)
        prosecution_facts.tell(notice, prosecution_facts.PAID, today=today, now=now)
    elif not stands.discharged_on and notice.state == S.PAID:
        ours = _unpay(notice, by=by, mover=mover, today=today, now=now, reason=reason)
    else:
        notice.version += 1
        notice.save(update_fields=["version"])
    wanted = {one.value: sentence for one, sentence in stands.ask if one is not Question.REFUND}
    _ask(notice, wanted | ours, stands.kept, today)
    if notice.state == S.WITHDRAWN and stands.kept:
        refund_due(notice, today=today)
    return stands


def _pay(
    notice: PenaltyNotice,
    stands: Position,
    *,
    by: User | None,
    mover: Mover,
    today: date,
    now: datetime,
) -> dict[str, str]:
    """Record that it is paid; where only a person may, the question instead."""
    paid_on = stands.discharged_on or today
    if notice.state == S.FOR_PROSECUTION and mover is Mover.SYSTEM:
        return {
            IN_TIME: f"It was paid in time, on {in_words(paid_on)}, and a prosecution is being "
            "prepared. Say that it is paid: nobody can be prosecuted."
        }
    moved(
        notice,
        "pay",
        by=by,
        mover=mover,
        on=today,
        now=now,
        words=f"{in_pounds(stands.settled)} was paid in time, on {in_words(paid_on)}.",
        facts={"pence": stands.settled, "paid_on": paid_on.isoformat()},
    )
    return {}


def _unpay(
    notice: PenaltyNotice,
    *,
    by: User | None,
    mover: Mover,
    today: date,
    now: datetime,
    reason: str,
) -> dict[str, str]:
    """Record that it is not paid after all; where no person did it, the question instead."""
    if mover is Mover.SYSTEM:
        return {NOT_PAID: "It is on record as paid, and its money is no longer enough or in time."}
    moved(notice, "unpay", by=by, on=today, now=now, facts={"reason": reason})
    if is_over(notice, today):
        period_over(notice, now=now)
    return {}


def _ask(notice: PenaltyNotice, wanted: Mapping[str, str], kept: int, today: date) -> None:
    """Open what must be asked, close what settled itself, leave what was decided."""
    rows = PaymentQuestion.objects.filter(notice=notice, payment="")
    still = {one.kind: one for one in rows.filter(closed_on=None)}
    for kind, one in still.items():
        if kind not in wanted:
            one.closed_on = today
        else:
            one.words, one.pence = wanted[kind], kept
        one.save(update_fields=["closed_on", "words", "pence"])
    for kind in wanted.keys() - still.keys():
        if rows.filter(kind=kind, pence=kept).exclude(decision="").exists():
            continue
        PaymentQuestion.objects.create(
            authority_id=notice.authority_id,
            notice=notice,
            kind=kind,
            words=wanted[kind],
            pence=kept,
            since=today,
        )


def refund_due(
    notice: PenaltyNotice, *, by: User | None = None, today: date, now: datetime | None = None
) -> list[Refund]:
    """Ask that all that lies on a withdrawn notice goes back. Asking again asks nothing twice.

    Withdrawals call it, in their transaction. A person who keeps payments agrees to each.
    """
    made = []
    for payment, pence in lying_on(notice).items():
        lock_payment(notice.authority_id, payment)
        waits = Refund.objects.filter(notice=notice, payment=payment, done=None)
        if waits.filter(pence=pence).exists():
            continue
        waits.update(done=False, decided_on=today, reason=ALL_BACK)
        made.append(
            Refund.objects.create(
                authority_id=notice.authority_id,
                notice=notice,
                payment=payment,
                pence=pence,
                words=ALL_BACK,
                asked_on=today,
            )
        )
    if made:
        PaymentQuestion.objects.filter(notice=notice, closed_on=None).update(closed_on=today)
    return made


@transaction.atomic
def settle_again(*, notice: PenaltyNotice, today: date, now: datetime) -> None:
    """Look at the money of a notice again after its days to pay moved. Safe to run twice."""
    if not LedgerEntry.objects.filter(notice=notice).exists():
        return
    held = locked(notice, None, today=today, now=now)
    stands = position_of(held, today)
    asks = {one.value for one, _ in stands.ask}
    known = set(
        PaymentQuestion.objects.filter(notice=held, payment="", closed_on=None).values_list(
            "kind", flat=True
        )
    )
    as_it_should = bool(stands.discharged_on) == (held.state == S.PAID)
    if asks != known or not as_it_should:
        settle(held, by=None, mover=Mover.SYSTEM, today=today, now=now)


def settle_by_key(*, notice_id: int, today: date, now: datetime) -> None:
    """As `settle_again`, for the worker, which knows the key alone."""
    for notice in PenaltyNotice.objects.filter(pk=notice_id):
        settle_again(notice=notice, today=today, now=now)
