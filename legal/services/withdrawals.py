"""Withdrawing a penalty notice, on the grounds of the law alone, and ending one without.

One person asks, another decides: the one to whose role the policy in force gives it. Where the
policy asks for more (a headteacher and an officer, say), each agrees in their own name. What the
notice held is given back with it: its slot, its sessions, the parent's money.
"""

from collections.abc import Callable
from datetime import date, datetime

from django.db import transaction

from attendance.services import sweeps
from authorities.access import Forbidden, Reach
from authorities.packs import pack_in_force
from authorities.permissions import Permission, Role
from legal.models import (
    PenaltyNotice,
    Prosecution,
    ReliedSession,
    Representation,
    Withdrawal,
)
from legal.selectors.deciders import deciders_of
from legal.selectors.penalties import must_agree, open_withdrawal, subject_of
from legal.services import prosecution_facts, slots
from legal.services.corrections import CORRECTED, DECIDE_FIRST, still_to_decide
from legal.services.other_parents import refuse_others
from legal.services.penalty_letters import stop_paper, tell_parent
from legal.services.penalty_moves import locked, moved, require_council, write
from letters.contexts import PenaltyEnded, PenaltyWithdrawn
from rules.errors import Conflict, InvalidInput, RuleNotMet
from rules.notice_stages import PENALTY, PenaltyState
from rules.prosecution_stages import ProsecutionState
from rules.representations import Ground, agreement_missing, must_withdraw, withdrawal_refusal

# Called with each withdrawn notice, in its transaction: payments registers what gives money back.
ON_WITHDRAWAL: list[Callable[..., object]] = []
# Asked before a withdrawal: is the parent charged, and does the charge stand? Prosecutions answer.
IS_CHARGED: list[Callable[[PenaltyNotice], bool]] = []
STILL_OPEN = (
    "A prosecution on this notice is open. End it on its own page: the notice ends with it, or is"
    " then withdrawn."
)
NOT_CHARGED = (
    "The parent was never charged on this notice. One that is unpaid and not prosecuted is"
    " withdrawn by law: ask for its withdrawal instead."
)
DROPPED = (
    "The council decided not to prosecute on this notice, and it is unpaid: the law asks that it is"
    " withdrawn. Withdraw it."
)
DIED = "died"
REFUND = "If you paid anything, we pay it all back. You do not have to do anything."


@transaction.atomic
def ask(
    *,
    reach: Reach,
    notice: PenaltyNotice,
    version: int,
    ground: str,
    words: str,
    today: date,
    now: datetime,
) -> Withdrawal:
    """Ask that a notice is withdrawn. The headteacher may ask, and whoever serves or decides.

    words  what the parent will be told: why
    Raises Forbidden; Conflict for a stale form or one that waits already; RuleNotMet and
    InvalidInput where the law does not allow it.
    """
    require_may_ask(reach, notice)
    notice = locked(notice, version, today=today, now=now)
    if open_withdrawal(notice) is not None:
        raise Conflict("A withdrawal of this notice waits for a decision already.")
    _refuse_unlawful(notice, ground, words)
    made = Withdrawal.objects.create(
        authority_id=notice.authority_id,
        notice=notice,
        ground=ground,
        words=words.strip(),
        asked_by=reach.user,
        asked_on=today,
    )
    if _is(reach, notice, Role.HEADTEACHER):
        made.head_by, made.head_on = reach.user, today
        made.save(update_fields=["head_by", "head_on"])
    write(notice, "ask_withdrawal", by=reach.user, on=today, now=now, words=words.strip())
    return made


def require_may_ask(reach: Reach, notice: PenaltyNotice) -> None:
    """Raise Forbidden for whoever neither serves nor decides on notices, nor heads the school."""
    if not (
        reach.may_everywhere(Permission.SERVE_NOTICE)
        or reach.may_everywhere(Permission.DECIDE_NOTICE)
        or reach.may(Permission.DECLARE_NOTICE, notice.school)
    ):
        raise Forbidden("You cannot ask for a withdrawal. Ask the council or the headteacher.")


def _refuse_unlawful(notice: PenaltyNotice, ground: str, words: str) -> None:
    refusal = withdrawal_refusal(ground, PenaltyState(notice.state), charged=is_charged(notice))
    if refusal:
        raise RuleNotMet(refusal)
    if not words.strip():
        raise InvalidInput("Write what the parent is told: why the notice is withdrawn.")
    refuse_others(notice.pupil, [words], notice.adult)


def is_charged(notice: PenaltyNotice) -> bool:
    """Whether the parent has been charged, and the charge still stands."""
    return any(asked(notice) for asked in IS_CHARGED)


def _is(reach: Reach, notice: PenaltyNotice, role: Role) -> bool:
    """Whether the person holds a role at the notice's school, or over it."""
    return any(grant.role == role and grant.covers(notice.school) for grant in reach.grants)


@transaction.atomic
def agree(
    *, reach: Reach, notice: PenaltyNotice, version: int, today: date, now: datetime
) -> Withdrawal:
    """The headteacher agrees to a withdrawal that waits. Raises Forbidden and Conflict."""
    if not _is(reach, notice, Role.HEADTEACHER):
        raise Forbidden("Only the headteacher of the school can agree here.")
    notice = locked(notice, version, today=today, now=now)
    row = _waiting(notice)
    if row.head_by is not None:
        raise Conflict("The headteacher has agreed already.")
    row.head_by, row.head_on = reach.user, today
    row.save(update_fields=["head_by", "head_on"])
    notice.version += 1
    notice.save(update_fields=["version"])
    write(notice, "agree_withdrawal", by=reach.user, on=today, now=now)
    return row


@transaction.atomic
def decide(
    *,
    reach: Reach,
    notice: PenaltyNotice,
    version: int,
    withdraw: bool,
    reason: str,
    today: date,
    now: datetime,
) -> PenaltyNotice:
    """Withdraw the notice as asked, or say why not. Somebody other than whoever asked.

    Raises Forbidden where the policy gives it to another role; Conflict; InvalidInput; RuleNotMet
    where an agreement is missing, the ground is open no longer, or the law leaves no choice: its
    prosecution was dropped.
    """
    require_council(reach, Permission.DECIDE_NOTICE)
    notice = locked(notice, version, today=today, now=now)
    row = _waiting(notice)
    if row.asked_by_id == reach.user.pk:
        raise Forbidden("Somebody other than the person who asked decides. Ask a colleague.")
    _require_decider(reach, notice, today)
    if withdraw:
        return _withdraw(reach, notice, row, today, now)
    if not reason.strip():
        raise InvalidInput("Say why the notice is not withdrawn.")
    if row.ground == Ground.NO_PROSECUTION and _dropped(notice):
        raise RuleNotMet(DROPPED)
    _close(row, reach, today, done=False, reason=reason.strip())
    notice.version += 1
    notice.save(update_fields=["version"])
    write(notice, "keep", by=reach.user, on=today, now=now, words=reason.strip())
    return notice


def _dropped(notice: PenaltyNotice) -> bool:
    """Whether it is unpaid, and its last prosecution file ended before a charge."""
    last = Prosecution.objects.filter(notice=notice).order_by("-pk").first()
    return (
        last is not None
        and last.state == ProsecutionState.NOT_PROCEEDED
        and must_withdraw(PenaltyState(notice.state), prosecutes=False) != ""
    )


def for_the_parent(
    *,
    reach: Reach,
    notice: PenaltyNotice,
    ground: str,
    words: str,
    today: date,
    now: datetime,
) -> PenaltyNotice:
    """Withdraw a locked notice because the parent is right. Raises as `decide`.

    Where a withdrawal was asked for before (so that the headteacher could agree), it is that one.
    """
    _require_decider(reach, notice, today)
    row = open_withdrawal(notice)
    if row is None:
        row = Withdrawal(
            authority_id=notice.authority_id, notice=notice, ground=ground, asked_on=today
        )
    elif row.asked_by_id == reach.user.pk:
        raise Forbidden("Somebody other than the person who asked decides. Ask a colleague.")
    row.ground, row.words = ground, words.strip()
    return _withdraw(reach, notice, row, today, now)


def _waiting(notice: PenaltyNotice) -> Withdrawal:
    found = open_withdrawal(notice)
    if found is None:
        raise Conflict("Nobody has asked that this notice is withdrawn.")
    return found


def _require_decider(reach: Reach, notice: PenaltyNotice, today: date) -> None:
    """Raise Forbidden unless the policy in force gives withdrawals to a role of this person."""
    found = deciders_of(pack_in_force(notice.school, today), "withdrawal")
    if not any(_is(reach, notice, role) for role in found.roles):
        who = " or ".join(label[:1].lower() + label[1:] for label in found.labels)
        raise Forbidden(f"The policy in force gives this decision to: {who}.")


def _withdraw(
    reach: Reach, notice: PenaltyNotice, row: Withdrawal, today: date, now: datetime
) -> PenaltyNotice:
    """Withdraw, tell the parent, and give back everything that the notice held."""
    _refuse_unlawful(notice, row.ground, row.words)
    needed = {role: role.label.lower() for role in must_agree(pack_in_force(notice.school, today))}
    agreed = [words for role, words in needed.items() if _is(reach, notice, role)]
    if row.head_by is not None and Role.HEADTEACHER in needed:
        agreed.append(needed[Role.HEADTEACHER])
    missing = agreement_missing(list(needed.values()), agreed)
    if missing:
        raise RuleNotMet(missing)
    _close(row, reach, today, done=True)
    moved(
        notice,
        "withdraw",
        by=reach.user,
        on=today,
        now=now,
        words=row.words,
        facts={"ground": row.ground},
        withdrawn_on=today,
        withdrawn_ground=row.ground,
        review="",
    )
    Representation.objects.filter(notice=notice, answered_on=None).update(
        answered_on=today, answered_by=reach.user, upheld=True, answer=row.words
    )
    stop_paper(notice, now=now)
    slots.free(notice, today=today)
    ReliedSession.objects.filter(subject=subject_of(notice), freed_on=None).update(freed_on=today)
    sweeps.again([notice.enrolment_id])
    tell_parent(
        reach=reach,
        notice=notice,
        kind=PenaltyWithdrawn,
        reason=row.words,
        what_next=REFUND,
        today=today,
        now=now,
    )
    prosecution_facts.tell(notice, prosecution_facts.WITHDRAWN, today=today, now=now)
    for told in ON_WITHDRAWAL:
        told(notice, by=reach.user, today=today, now=now)
    return notice


def _close(
    row: Withdrawal, reach: Reach, today: date, *, done: bool, reason: str = ""
) -> Withdrawal:
    row.decided_by, row.decided_on, row.done, row.reason = reach.user, today, done, reason
    row.save()
    return row


@transaction.atomic
def stop(
    *,
    reach: Reach,
    notice: PenaltyNotice,
    version: int,
    reason: str,
    words: str,
    today: date,
    now: datetime,
) -> PenaltyNotice:
    """Take no further action on a notice whose parent was charged, and the charge was stopped.

    reason  a key of the table's reasons for it; words  what the parent is told
    Without a charge a notice is not ended so, unless the parent has died: the law says to withdraw
    it. While proceedings are open the parent is not told that nothing more happens.
    Raises Forbidden, Conflict, InvalidInput, and RuleNotMet where nobody was charged.
    """
    require_council(reach, Permission.DECIDE_NOTICE)
    notice = locked(notice, version, today=today, now=now)
    chosen = PENALTY.reason_for(reason, "stop")
    if Prosecution.objects.filter(notice=notice, ended_on=None).exists():
        raise Conflict(STILL_OPEN)
    charged = Prosecution.objects.filter(notice=notice, charged_on__isnull=False)
    if chosen.key != DIED and not charged.exists():
        raise RuleNotMet(NOT_CHARGED)
    if not words.strip():
        raise InvalidInput("Write what the parent is told, and why.")
    refuse_others(notice.pupil, [words], notice.adult)
    moved(
        notice,
        "stop",
        by=reach.user,
        on=today,
        now=now,
        words=words.strip(),
        facts={"reason": chosen.key},
    )
    tell_parent(
        reach=reach,
        notice=notice,
        kind=PenaltyEnded,
        reason=words.strip(),
        what_next="You do not have to do anything more about this notice.",
        today=today,
        now=now,
    )
    return notice


def ask_to_look_again(
    notice: PenaltyNotice, why: str, *, today: date, now: datetime
) -> PenaltyNotice:
    """Something changed that a notice rests on: a person must look. Nothing is undone by itself."""
    if notice.review == why or notice.state in PENALTY.over:
        return notice
    notice.review = why
    notice.version += 1
    notice.save(update_fields=["review", "version"])
    write(notice, "look_again", by=None, on=today, now=now, words=why)
    return notice


@transaction.atomic
def stands_after_review(
    *,
    reach: Reach,
    notice: PenaltyNotice,
    version: int,
    reason: str,
    today: date,
    now: datetime,
) -> PenaltyNotice:
    """A person looked again: the notice stands, and why. Raises as `decide`."""
    require_council(reach, Permission.DECIDE_NOTICE)
    notice = locked(notice, version, today=today, now=now)
    if not notice.review:
        raise Conflict("There is nothing to look at again.")
    if notice.review == CORRECTED:
        raise Conflict(DECIDE_FIRST)
    if not reason.strip():
        raise InvalidInput("Say why the notice stands.")
    notice.review = still_to_decide(subject_of(notice))
    notice.version += 1
    notice.save(update_fields=["review", "version"])
    write(notice, "stands", by=reach.user, on=today, now=now, words=reason.strip())
    return notice
