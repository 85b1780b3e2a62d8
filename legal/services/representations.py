"""What a parent says against a penalty notice, and the answer. The clock stops until it is given.

There is no appeal. Somebody other than the officer who issued the notice answers, in writing, with
reasons. One that succeeds withdraws the notice; else the days go on where they stopped.
"""

from datetime import date, datetime
from typing import Any

from django.db import transaction

from audit.record import Kind, record
from authorities.access import Forbidden, Reach
from authorities.permissions import Permission
from authorities.references import new_reference
from legal.models import PenaltyNotice, Representation
from legal.selectors.penalties import state_on, with_weekday
from legal.services import prosecution_facts, withdrawals
from legal.services.corrections import refuse_while_corrected
from legal.services.other_parents import refuse_others
from legal.services.penalty_letters import tell_parent
from legal.services.penalty_moves import locked, moved, require_council, set_clock, watch, write
from letters.contexts import PenaltyStands
from rules.dates import in_words
from rules.errors import Conflict, InvalidInput
from rules.notice_stages import PENALTY, PenaltyState
from rules.representations import answer_refusal, plea_for
from rules.tariffs import PaymentPeriod, in_pounds

LONGEST = 4000
WAYS = ("letter", "e-mail", "phone", "in person", "online")
BY_ISSUER = (
    "Somebody other than the officer who issued this notice answers what the parent says. Ask a "
    "colleague who decides on notices."
)


@transaction.atomic
def represent(
    *,
    reach: Reach | None,
    notice: PenaltyNotice,
    version: int | None,
    received_on: date,
    way: str,
    plea: str,
    words: str,
    today: date,
    now: datetime,
) -> Representation:
    """Record what the parent says against a notice: the clock stops on the day it came.

    reach    who records it for the council; None: the parent wrote it on their own pages, whose
             door has let them in to this notice
    version  of the notice when the form was read; None from the parent's own pages
    plea     a key of rules.representations.PLEAS

    Raises Forbidden, Conflict (one is open already, or the notice is over) and InvalidInput.
    """
    if reach is not None:
        require_council(reach, Permission.SERVE_NOTICE)
    notice = locked(notice, version, today=today, now=now)
    plea_for(plea)
    if way not in WAYS:
        raise InvalidInput("Choose how it came.")
    if not words.strip() or len(words) > LONGEST:
        raise InvalidInput(f"Write what the parent says, in {LONGEST:,} characters or fewer")
    if not notice.issued_on <= received_on <= today:
        raise InvalidInput(
            f"The day it came must be from {in_words(notice.issued_on)}, when the notice was "
            "issued, to today"
        )
    if notice.state == PenaltyState.REPRESENTED:
        raise Conflict("What the parent said before is not answered yet. Answer that first.")
    by = reach.user if reach else None
    moved(
        notice,
        "represent",
        by=by,
        on=received_on,
        now=now,
        words=plea_for(plea).words,
    )
    made = Representation.objects.create(
        authority_id=notice.authority_id,
        notice=notice,
        reference=new_reference(),
        received_on=received_on,
        way=way,
        ground=plea,
        words=words.strip(),
        recorded_by=by,
        recorded_at=now,
    )
    prosecution_facts.tell(notice, prosecution_facts.DISPUTED, today=today, now=now)
    set_clock(notice)
    watch(notice, today)
    record(
        Kind.REPRESENTATION,
        by=by,
        authority=notice.authority,
        school=notice.school,
        on=made,
        reference=notice.reference,
    )
    return made


@transaction.atomic
def answer(
    *,
    reach: Reach,
    notice: PenaltyNotice,
    version: int,
    upheld: bool,
    ground: str,
    words: str,
    today: date,
    now: datetime,
) -> PenaltyNotice:
    """Answer the open representation. Upheld, the notice is withdrawn; else its days go on.

    ground  of the withdrawal, a key of rules.representations.Ground; "" where it stands
    words   what the parent is told, and why

    Raises Forbidden; Conflict for a stale form, or nothing to answer; InvalidInput and RuleNotMet
    where the answer does not fit, or somebody else must agree to a withdrawal first.
    """
    require_council(reach, Permission.DECIDE_NOTICE)
    notice = locked(notice, version, today=today, now=now)
    if notice.issued_by_id == reach.user.pk:
        raise Forbidden(BY_ISSUER)
    row = (
        Representation.objects.select_for_update(no_key=True)
        .filter(notice=notice, answered_on=None)
        .first()
    )
    if row is None:
        raise Conflict("There is nothing of the parent's to answer.")
    refusal = answer_refusal(row.ground, upheld=upheld, ground=ground, words=words)
    if refusal:
        raise InvalidInput(refusal)
    refuse_others(notice.pupil, [words], notice.adult)
    if not upheld:
        refuse_while_corrected(notice)
    row.answered_on, row.answered_by = today, reach.user
    row.upheld, row.answer = upheld, words.strip()
    row.save(update_fields=["answered_on", "answered_by", "upheld", "answer"])
    record(
        Kind.REPRESENTATION_ANSWERED,
        by=reach.user,
        authority=notice.authority,
        school=notice.school,
        on=row,
        reference=notice.reference,
        answer="upheld" if upheld else "not upheld",
    )
    if upheld:
        return withdrawals.for_the_parent(
            reach=reach, notice=notice, ground=ground, words=words, today=today, now=now
        )
    return _stands(reach, notice, words.strip(), today, now)


def _stands(
    reach: Reach, notice: PenaltyNotice, words: str, today: date, now: datetime
) -> PenaltyNotice:
    """The notice stands: the days go on where they stopped, or were over before."""
    period = set_clock(notice)
    is_over = notice.enforce_from is not None and notice.enforce_from <= today
    edge: dict[str, Any] = {"by": reach.user, "on": today, "now": now, "words": words}
    if notice.state == PenaltyState.REPRESENTED:
        facts = {"days_added": notice.paused_days}
        moved(notice, "stand_unpaid" if is_over else "stand", facts=facts, **edge)
    else:  # it was paid, or ended, while the parent waited for the answer
        notice.version += 1
        notice.save(update_fields=["version"])
        write(notice, "stand", **edge)
    tell_parent(
        reach=reach,
        notice=notice,
        kind=PenaltyStands,
        reason=words,
        what_next=_what_next(notice, period, today),
        today=today,
        now=now,
    )
    return notice


def _what_next(notice: PenaltyNotice, period: PaymentPeriod | None, today: date) -> str:
    """What the parent pays now, and by when."""
    if PenaltyState(notice.state) in PENALTY.over:
        return "There is nothing left to pay on this notice."
    if period is None:
        return "You will get the notice again. The days to pay start when you receive it."
    if state_on(notice, today) == PenaltyState.UNPAID:
        return "The time to pay is over. The council now decides what to do next."
    full = f"{in_pounds(notice.full_pence)} on or before {with_weekday(period.last)}"
    if period.early_last and today <= period.early_last:
        early = f"{in_pounds(notice.early_pence)} on or before {with_weekday(period.early_last)}"
        return f"Pay {early}. After that, pay {full}."
    return f"Pay {full}."
