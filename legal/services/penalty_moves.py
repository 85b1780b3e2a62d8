"""What every change of a penalty notice shares: the lock, the move, the clock, who is told."""

from datetime import date, datetime
from typing import Any

from audit.record import Kind, record
from authorities.access import Forbidden, Reach
from authorities.models import User
from authorities.permissions import Permission
from authorities.queue import enqueue
from cases.models import Deadline, DeadlineKind
from cases.services import deadlines
from legal.models import LegalEvent, PenaltyNotice
from legal.selectors.penalties import (
    is_over,
    office_of,
    period_of,
    representations_of,
    subject_of,
)
from legal.selectors.waiting_work import ANSWER_WITHIN, READ_WITHIN
from legal.services.corrections import refuse_while_corrected
from rules.dates import in_words
from rules.errors import Conflict
from rules.moves import Mover
from rules.notice_stages import PENALTY, PenaltyState
from rules.school_calendar import working_day_after
from rules.tariffs import PaymentPeriod

S = PenaltyState
STALE = "Somebody changed this notice since you opened the page. Look at it again first."


def require_council(reach: Reach, permission: Permission) -> None:
    """Raise Forbidden unless the person may do this for the council, not for one school."""
    if not reach.may_everywhere(permission):
        raise Forbidden("Only an officer of the council can do this.")


def locked(notice: PenaltyNotice, version: int | None, *, today: date, now: datetime) -> Any:
    """The notice as it is now, held to the end of the transaction, its time looked at.

    version  of the notice when its form was read; None for what rests on no form
    Raises Conflict for a stale form.
    """
    found = (
        PenaltyNotice.objects.select_for_update(of=("self",), no_key=True)
        .select_related(
            "authority",
            "school__trust",
            "pupil__authority",
            "adult",
            "slot",
            "request__case__school",
            "request__leave",
            "enrolment",
        )
        .get(pk=notice.pk)
    )
    if version is not None and found.version != version:
        raise Conflict(STALE)
    if is_over(found, today):
        period_over(found, now=now)
    return found


def period_over(notice: PenaltyNotice, *, now: datetime) -> None:
    """Write down that the time to pay is over. The dates say so; nobody decides it."""
    moved(
        notice,
        "period_over",
        by=None,
        mover=Mover.SYSTEM,
        on=notice.enforce_from or notice.issued_on,
        now=now,
        words=f"Not paid by {in_words(notice.full_until or notice.issued_on)}.",
    )


def moved(
    notice: PenaltyNotice,
    event: str,
    *,
    by: User | None,
    on: date,
    now: datetime,
    words: str = "",
    facts: dict[str, Any] | None = None,
    mover: Mover = Mover.COUNCIL,
    **changes: Any,
) -> PenaltyNotice:
    """Make one move of a locked notice: its state, its history, the audit trail, what is due.

    Other services that decide (payments, prosecutions) make theirs with it too.
    Raises StageMoveNotAllowed and NotYourMove in words, and RuleNotMet for a notice that somebody
    must look at again before it moves towards a prosecution.
    """
    start = S(notice.state)
    if event == "prepare":
        refuse_while_corrected(notice)
    move = PENALTY.move_by(start, event, mover)
    changes |= {"state": move.end.value, "version": notice.version + 1}
    if move.end in PENALTY.over and start not in PENALTY.over:
        changes |= {"ended_on": on, "told_on": on}
    elif move.end not in PENALTY.over and notice.ended_on is not None:
        changes |= {"ended_on": None}
    for name, value in changes.items():
        setattr(notice, name, value)
    notice.save(update_fields=list(changes))
    write(notice, event, by=by, on=on, now=now, words=words, facts=facts, start=start)
    record(
        Kind.PENALTY_MOVED,
        by=by,
        authority=notice.authority,
        school=notice.school,
        on=notice,
        what=move.words.lower(),
    )
    if changes.get("ended_on"):
        _tell_school(notice, by=by, on=on, now=now)
    watch(notice, on)
    return notice


def write(
    notice: PenaltyNotice,
    event: str,
    *,
    by: User | None,
    on: date,
    now: datetime,
    words: str = "",
    facts: dict[str, Any] | None = None,
    start: PenaltyState | None = None,
) -> LegalEvent:
    """Add a line to the notice's history."""
    return LegalEvent.objects.create(
        authority_id=notice.authority_id,
        enrolment_id=notice.enrolment_id,
        school_id=notice.school_id,
        subject=subject_of(notice),
        adult_id=notice.adult_id,
        event=event,
        start=(start or S(notice.state)).value,
        end=notice.state,
        on=on,
        words=words,
        facts=facts or {},
        made_by=by,
        made_at=now,
    )


def set_clock(notice: PenaltyNotice) -> PaymentPeriod | None:
    """Work out the days to pay from what is on record, and write them on the notice."""
    period = period_of(notice, representations_of(notice), office_of(notice.authority_id))
    notice.early_until = period.early_last if period else None
    notice.full_until = period.last if period else None
    notice.enforce_from = period.enforce_from if period else None
    notice.paused_days = period.days_added if period else 0
    notice.save(update_fields=["early_until", "full_until", "enforce_from", "paused_days"])
    # Money that came too late, or in time, may be the other way round now.
    enqueue("legal.settle_money", authority_id=notice.authority_id, notice_id=notice.pk)
    return period


def _tell_school(notice: PenaltyNotice, *, by: User | None, on: date, now: datetime) -> None:
    """Write down what the school is told, and put it on its list."""
    said = PENALTY.labels[S(notice.state)]
    write(notice, "tell_school", by=by, on=on, now=now, words=f"The school was told: {said}.")
    case = notice.request.case
    if case is not None and case.closed_on is None:
        deadlines.start(
            case=case,
            kind=DeadlineKind.LEGAL,
            words=f"Read what became of penalty notice {notice.reference}: {said.lower()}",
            since=on,
            by=on + READ_WITHIN,
            about=f"{subject_of(notice)}:outcome",
            nothing="The next step on the case may not fit what the council decided.",
        )


def watch(notice: PenaltyNotice, today: date) -> Deadline | None:
    """Keep the one clock that shows what the council must do next, on the case if there is one."""
    case = notice.request.case
    if case is None or case.closed_on is not None:
        return None
    about = subject_of(notice)
    if S(notice.state) in PENALTY.over:
        deadlines.finish(case=case, kind=DeadlineKind.LEGAL, today=today, by=None, about=about)
        return None
    words, by = _next(notice)
    return deadlines.start(
        case=case,
        kind=DeadlineKind.LEGAL,
        words=words,
        since=today,
        by=max(by, today),
        about=about,
        nothing="The notice may lapse, or be found to have been kept open for no reason.",
    )


def _next(notice: PenaltyNotice) -> tuple[str, date]:
    """What the council must do, and by when."""
    name = f"penalty notice {notice.reference}"
    if notice.state == S.REPRESENTED:
        since = max(
            (one.received_on for one in representations_of(notice)), default=notice.issued_on
        )
        return f"Answer what the parent says against {name}", working_day_after(
            since, ANSWER_WITHIN
        )
    if notice.enforce_from is not None:
        return f"If {name} is not paid: withdraw it or prepare a prosecution", notice.enforce_from
    planned = date.fromisoformat(notice.particulars["planned_posting"])
    return f"Serve {name} and record how", planned
