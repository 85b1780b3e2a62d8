"""What every change of a prosecution shares: the locks, the move, the clock, its sessions."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.timezone import localdate

from attendance.services import sweeps
from audit.record import Kind, record
from authorities.access import Forbidden, Reach
from authorities.models import User
from authorities.permissions import Permission
from cases.models import Deadline, DeadlineKind
from cases.services import deadlines
from legal.models import LegalEvent, PenaltyNotice, Prosecution, ReliedSession
from legal.selectors import penalties, waiting_work
from legal.selectors.prosecutions import BEFORE_CHARGE, marks_in, stops, subject_of
from legal.services import penalty_moves
from rules.errors import Conflict, RuleNotMet
from rules.moves import Mover
from rules.notice_stages import PenaltyState
from rules.prosecution_stages import PROSECUTION, ProsecutionState
from rules.prosecutions import time_limit

S = ProsecutionState
TELL_WITHIN = waiting_work.TELL_WITHIN
STALE = "Somebody changed this prosecution since you opened the page. Look at it again first."
COUNCIL_ALONE = "Only the council prosecutes. Ask one of its officers."
RELIED = (
    "A half day that you chose is relied on already, by a notice to this parent or by another"
    " prosecution. Leave it out."
)


def require_council(reach: Reach, permission: Permission = Permission.PROSECUTE) -> None:
    """Raise Forbidden unless the person does this for the council, not for one school."""
    if not reach.may_everywhere(permission):
        raise Forbidden(COUNCIL_ALONE)


def locked(prosecution: Prosecution, version: int | None, *, today: date, now: datetime) -> Any:
    """The prosecution as it is now, held to the end of the transaction, with its notice.

    The notice is held first, as everything that moves one does. version: of the prosecution when
    its form was read. Raises Conflict for a stale form.
    """
    notice = None
    if prosecution.notice_id is not None:
        row = PenaltyNotice.objects.get(pk=prosecution.notice_id)
        notice = penalty_moves.locked(row, None, today=today, now=now)
    found = (
        Prosecution.objects.select_for_update(of=("self",), no_key=True)
        .select_related(
            "authority",
            "school__trust",
            "pupil__authority",
            "adult",
            "case__school",
            "enrolment__pupil",
            "enrolment__school__trust",
            "made_by",
            "authorised_by",
            "order",
        )
        .get(pk=prosecution.pk)
    )
    if version is not None and found.version != version:
        raise Conflict(STALE)
    if notice is not None:
        found.notice = notice
    return found


def refuse_stopped(prosecution: Prosecution, today: date) -> None:
    """Raise Conflict where money, a dispute or changed facts stop every step towards a charge."""
    why = stops(prosecution, today)
    if why:
        raise Conflict(f"This prosecution cannot go on now. {why}")


def ready_notice(prosecution: Prosecution, *, by: User, on: date, now: datetime) -> None:
    """Put its notice back among those that are prosecuted, after a dispute was answered."""
    notice = prosecution.notice
    if notice is not None and notice.state == PenaltyState.UNPAID:
        penalty_moves.moved(
            notice, "prepare", by=by, on=on, now=now, facts={"file": prosecution.reference}
        )


def moved(
    prosecution: Prosecution,
    event: str,
    *,
    by: User,
    on: date,
    now: datetime,
    words: str = "",
    facts: dict[str, Any] | None = None,
    **changes: Any,
) -> Prosecution:
    """Make one move of a locked prosecution: its state, its history, the audit trail, its clock.

    Raises StageMoveNotAllowed in words.
    """
    start = S(prosecution.state)
    move = PROSECUTION.move_by(start, event, Mover.COUNCIL)
    changes |= {"state": move.end.value}
    if move.end in PROSECUTION.over and start not in PROSECUTION.over:
        changes |= {"ended_on": on}
    change(prosecution, **changes)
    write(prosecution, event, by=by, on=on, now=now, words=words, facts=facts, start=start)
    record_move(prosecution, move.words, by=by)
    watch(prosecution, on)
    return prosecution


def change(prosecution: Prosecution, **changes: Any) -> None:
    """Keep changes of a locked prosecution. A form that was read before goes stale."""
    changes |= {"version": prosecution.version + 1}
    for name, value in changes.items():
        setattr(prosecution, name, value)
    prosecution.save(update_fields=list(changes))


def record_move(prosecution: Prosecution, what: str, *, by: User) -> None:
    """Write into the audit trail what somebody did."""
    record(
        Kind.PROSECUTION_MOVED,
        by=by,
        authority=prosecution.authority,
        school=prosecution.school,
        on=prosecution,
        what=what[:1].lower() + what[1:],
    )


def write(
    prosecution: Prosecution,
    event: str,
    *,
    by: User | None,
    on: date,
    now: datetime,
    words: str = "",
    facts: dict[str, Any] | None = None,
    start: ProsecutionState | None = None,
) -> LegalEvent:
    """Add a line to its history."""
    return LegalEvent.objects.create(
        authority_id=prosecution.authority_id,
        enrolment_id=prosecution.enrolment_id,
        school_id=prosecution.school_id,
        subject=subject_of(prosecution),
        adult_id=prosecution.adult_id,
        event=event,
        start=(start or S(prosecution.state)).value,
        end=prosecution.state,
        on=on,
        words=words,
        facts=facts or {},
        made_by=by,
        made_at=now,
    )


def wrote(
    prosecution: Prosecution,
    event: str,
    what: str,
    *,
    by: User,
    on: date,
    now: datetime,
    words: str = "",
    facts: dict[str, Any] | None = None,
    **changes: Any,
) -> Prosecution:
    """Keep changes that are no move, with a line of history and one of the audit trail."""
    change(prosecution, **changes)
    write(prosecution, event, by=by, on=on, now=now, words=words, facts=facts)
    record_move(prosecution, what, by=by)
    watch(prosecution, on)
    return prosecution


def ask_to_look_again(
    prosecution: Prosecution, why: str, *, today: date, now: datetime
) -> Prosecution:
    """Something changed that it rests on: a person must look. Nothing is undone by itself."""
    if prosecution.review == why or S(prosecution.state) in PROSECUTION.over:
        return prosecution
    change(prosecution, review=why)
    write(prosecution, "look_again", by=None, on=today, now=now, words=why)
    return prosecution


# Its sessions: each is used once for a parent


def rely(prosecution: Prosecution, *, today: date) -> None:
    """Use each session of the offence: those of its notice stay the notice's, others get a row.

    Rows of sessions that are chosen no more are given back. Raises RuleNotMet for a used one.
    """
    own = ReliedSession.objects.filter(subject=subject_of(prosecution), freed_on=None)
    wanted = {(mark.day, int(mark.session)): mark for mark in marks_in(prosecution.sessions)}
    gone = [row.pk for row in own if (row.day, row.session) not in wanted]
    ReliedSession.objects.filter(pk__in=gone).update(freed_on=today)
    held = set(
        ReliedSession.objects.filter(
            subject__in=_subjects(prosecution), adult=prosecution.adult_id, freed_on=None
        ).values_list("day", "session")
    )
    try:
        with transaction.atomic():
            ReliedSession.objects.bulk_create(
                ReliedSession(
                    authority_id=prosecution.authority_id,
                    enrolment_id=prosecution.enrolment_id,
                    adult_id=prosecution.adult_id,
                    day=mark.day,
                    session=int(mark.session),
                    code=mark.code,
                    subject=subject_of(prosecution),
                )
                for when, mark in wanted.items()
                if when not in held
            )
    except IntegrityError as problem:
        raise RuleNotMet(RELIED) from problem
    sweeps.again([prosecution.enrolment_id])


def free_sessions(prosecution: Prosecution, *, today: date, notices_too: bool = False) -> None:
    """Give back its sessions; those of its notice too where the parent was acquitted."""
    subjects = _subjects(prosecution) if notices_too else [subject_of(prosecution)]
    ReliedSession.objects.filter(subject__in=subjects, freed_on=None).update(freed_on=today)
    sweeps.again([prosecution.enrolment_id])


def _subjects(prosecution: Prosecution) -> list[str]:
    found = [subject_of(prosecution)]
    if prosecution.notice is not None:
        found.append(penalties.subject_of(prosecution.notice))
    return found


# Its clock


def watch(prosecution: Prosecution, today: date) -> Deadline | None:
    """Keep the one clock that shows what the council must do next, on the case if there is one."""
    case = prosecution.case
    if case is None or case.closed_on is not None:
        return None
    about = subject_of(prosecution)
    found = _next(prosecution)
    if found is None:
        deadlines.finish(case=case, kind=DeadlineKind.LEGAL, today=today, by=None, about=about)
        return None
    words, by, nothing = found
    return deadlines.start(
        case=case,
        kind=DeadlineKind.LEGAL,
        words=words,
        since=today,
        by=by,
        about=about,
        nothing=nothing,
    )


def _next(prosecution: Prosecution) -> tuple[str, date, str] | None:
    """What the council must do, by when, and what comes of doing nothing; None for no more."""
    name = f"prosecution file {prosecution.reference}"
    state = S(prosecution.state)
    if state in BEFORE_CHARGE:
        days: Iterable[date] = [mark.day for mark in marks_in(prosecution.sessions)]
        return (
            f"Charge, or do not go on with {name}",
            time_limit(list(days)).warn_by,
            "The time limit of six months passes for the earliest session.",
        )
    if state is S.CHARGED and prosecution.charged_on is not None:
        return (
            f"Record the hearing of {name}, or what the single justice decided",
            prosecution.charged_on + waiting_work.SINGLE_JUSTICE_LOOK,
            "Nobody would see that the court has decided.",
        )
    if state is S.LISTED and prosecution.hearing_at is not None:
        return (
            f"Record what happened at the hearing of {name}",
            localdate(prosecution.hearing_at),
            "The school is not told, and the notice stays open.",
        )
    if prosecution.ended_on is not None and prosecution.told_on is None:
        return (
            f"Tell the school what came of {name}",
            prosecution.ended_on + TELL_WITHIN,
            "The school goes on as if nothing had been decided.",
        )
    return None
