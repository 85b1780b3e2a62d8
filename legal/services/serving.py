"""How a penalty notice reached its parent, and from which day the time to pay runs."""

from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction

from audit.record import Kind, record
from authorities.access import Reach
from authorities.permissions import Permission
from legal.models import PenaltyNotice
from legal.selectors.penalties import office_of
from legal.services.corrections import refuse_while_corrected
from legal.services.penalty_moves import locked, moved, require_council, set_clock, watch, write
from letters.models import Route
from rules.dates import in_words
from rules.errors import Conflict, InvalidInput, RuleNotMet
from rules.letter_stages import LetterState
from rules.notice_stages import PenaltyState
from rules.service import Method, Receipt, Service, received

PRINTED = (LetterState.MADE, LetterState.HANDED_OVER)
SERVABLE = (PenaltyState.ISSUED, PenaltyState.REPRESENTED)


@dataclass(frozen=True, slots=True)
class Served:
    """One serving as it was done.

    proof   how that is shown: the number of a certificate of posting, who handed it over and saw it
    agreed  the parent agreed in writing to be served by e-mail; asked of e-mail only
    """

    method: Method
    sent_on: date
    proof: str
    agreed: bool = False


@transaction.atomic
def serve(
    *,
    reach: Reach,
    notice: PenaltyNotice,
    version: int,
    served: Served,
    today: date,
    now: datetime,
) -> PenaltyNotice:
    """Record that a notice was posted, handed over or sent: its clock starts on what follows.

    Raises Forbidden; Conflict for a stale form or a notice served before; InvalidInput and
    RuleNotMet for a serving that cannot have been.
    """
    require_council(reach, Permission.SERVE_NOTICE)
    notice = locked(notice, version, today=today, now=now)
    _refuse(notice, served, today)
    office = office_of(notice.authority_id)
    days = office.deemed_days if office and served.method is Method.POST else None
    receipt = received(
        Service(served.method, served.sent_on, agreed=served.agreed), working_days=days
    )
    notice.way = served.method.value
    notice.posted_on = served.sent_on
    notice.received_on = receipt.on
    notice.receipt = _kept(served, receipt)
    notice.version += 1
    notice.save(update_fields=["way", "posted_on", "received_on", "receipt", "version"])
    set_clock(notice)
    write(
        notice,
        "serve",
        by=reach.user,
        on=served.sent_on,
        now=now,
        words=receipt.why,
        facts=notice.receipt,
    )
    record(
        Kind.PENALTY_SERVED,
        by=reach.user,
        authority=notice.authority,
        school=notice.school,
        on=notice,
        way=served.method.value,
    )
    watch(notice, today)
    return notice


def _refuse(notice: PenaltyNotice, served: Served, today: date) -> None:
    if notice.state not in SERVABLE:
        raise Conflict("This notice is no longer open. There is nothing to serve.")
    refuse_while_corrected(notice)
    if notice.received_on is not None:
        raise Conflict(
            f"It is on record as received on {in_words(notice.received_on)}. If that is wrong, "
            "record that it arrived later, or not at all."
        )
    if not notice.issued_on <= served.sent_on <= today:
        raise InvalidInput(
            f"The day must be from {in_words(notice.issued_on)}, when it was issued, to today"
        )
    if not served.proof.strip():
        raise InvalidInput("Say how the service is proved: a certificate of posting, or who saw it")
    paper = notice.letter.letter if notice.letter else None
    if paper is None or paper.stage not in PRINTED:
        raise RuleNotMet("The notice has not been printed yet. Open its letter to see why.")
    if paper.route == Route.IN_PERSON and served.method is not Method.BY_HAND:
        raise RuleNotMet("This notice was released to be given by hand. It may not be posted.")


def _kept(served: Served, receipt: Receipt) -> dict[str, object]:
    """What the notice keeps of its service."""
    return {
        "method": served.method.value,
        "sent_on": served.sent_on.isoformat(),
        "proof": served.proof.strip(),
        "agreed": served.agreed,
        "on": receipt.on.isoformat() if receipt.on else None,
        "basis": receipt.basis.value,
        "why": receipt.why,
    }


@transaction.atomic
def rebut(
    *,
    reach: Reach,
    notice: PenaltyNotice,
    version: int,
    shown_on: date | None,
    reason: str,
    today: date,
    now: datetime,
) -> PenaltyNotice:
    """Record that a notice is shown to have arrived later, or never: the clock moves with it.

    shown_on  the day on which it arrived; None: it never did, so it must be served again
    What was on record before stays in the history. Raises as `serve`.
    """
    require_council(reach, Permission.SERVE_NOTICE)
    notice = locked(notice, version, today=today, now=now)
    if notice.received_on is None or notice.posted_on is None:
        raise Conflict("There is no day of receipt on record to put right.")
    if not reason.strip():
        raise InvalidInput("Say what shows it, and who decided that it does")
    if shown_on is not None and not notice.received_on < shown_on <= today:
        raise InvalidInput(
            f"The day must be after {in_words(notice.received_on)}, the day on record, and not "
            "after today"
        )
    before = dict(notice.receipt)
    receipt = received(
        Service(
            Method(before["method"]),
            notice.posted_on,
            agreed=bool(before["agreed"]),
            shown_on=shown_on,
            never_received=shown_on is None,
        )
    )
    notice = moved(
        notice,
        "rebut",
        by=reach.user,
        on=today,
        now=now,
        words=f"{receipt.why} {reason.strip()}",
        facts={"before": before, "on": shown_on.isoformat() if shown_on else None},
        received_on=receipt.on,
        receipt=before
        | {
            "on": receipt.on.isoformat() if receipt.on else None,
            "basis": receipt.basis.value,
            "why": receipt.why,
            "reason": reason.strip(),
        },
    )
    set_clock(notice)
    watch(notice, today)
    return notice
