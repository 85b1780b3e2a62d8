"""Every clock of a case: started when something begins, done when a person does it, or dropped.

`start`, `finish` and `drop` are for the services whose records have a date. What a person does to
a clock itself (another day, a pause, an owner) is below them, and leaves a WorkChange.
"""

from collections.abc import Callable
from datetime import date, datetime
from functools import cache
from typing import Any

from django.db import transaction
from django.db.models import F, QuerySet

from attendance.selectors.calendars import calendar_of
from audit.record import Kind, record
from authorities.access import Reach
from authorities.models import School, User
from authorities.packs import pack_in_force
from authorities.permissions import Permission
from cases.access import deadlines_for
from cases.models import Case, Deadline, DeadlineKind, WorkChange, WorkChangeKind
from cases.selectors.owners import COUNCILS_CLOCK, may_answer, may_own, named_on
from cases.services import record_days
from rules.dates import in_words
from rules.deadlines import Pause, due_on, last_day
from rules.errors import Conflict, InvalidInput, NotFound, UnknownTerm
from rules.school_calendar import Calendar

LONGEST_REASON = 300
W = WorkChangeKind
# Kinds whose day or end is that of a record: the record's page changes it.
DAY_OF_A_RECORD = {
    DeadlineKind.MEETING: "Offer another date on the meeting's own page.",
    DeadlineKind.CONTRACT_END: "Amend the contract on its own page.",
}
CLOSED_BY_A_RECORD = {
    **DAY_OF_A_RECORD,
    DeadlineKind.LETTER_REVIEW: "Write the review on its own page.",
    DeadlineKind.PLAN_MIDWAY: "Write the review on the plan's page.",
    DeadlineKind.PLAN_REVIEW: "Write the review on the plan's page.",
    DeadlineKind.ACTION: "Say what came of it where the action was agreed.",
    DeadlineKind.SUPPORT_REVIEW: "Write the review on the page of support.",
    DeadlineKind.MINUTES: "Write the minutes on the meeting's page.",
    DeadlineKind.CONTRACT_REVIEW: "Write the review on the contract's page.",
    DeadlineKind.CONTRACT_ANSWER: "Write the answer on the contract's page.",
    DeadlineKind.REFERRAL_ANSWER: "Answer on the referral's page.",
}


@transaction.atomic
def start(
    *,
    case: Case,
    kind: DeadlineKind,
    words: str,
    since: date,
    by: date | None = None,
    clock: str = "",
    about: str = "",
    owner: User | None = None,
    nothing: str = "",
) -> Deadline:
    """Start a clock on a case. One that runs already for the same subject is moved to the new day.

    by     the last day, agreed by people; or
    clock  key of the policy's clock that counts from `since`

    Raises NoValue when no policy sets the clock, and UnknownTerm when the calendar ends first or
    does not tell terms: ask for a day then.
    """
    source: dict[str, Any] = {}
    if by is None:
        layer, length = pack_in_force(case.school, since).clock(clock)
        by = due_on(since, length.length, length.unit, calendar_of(case.school))
        source = {
            "pack": layer.pack.name,
            "edition": layer.pack.edition,
            "key": length.key,
            "words": length.words,
            "source": length.source,
            "length": length.length,
            "unit": length.unit,
        }
    values = {
        "school": case.school,
        "words": words,
        "since": since,
        "due_on": by,
        "nothing": nothing,
        "clock": source,
        "length": source.get("length"),
        "unit": source.get("unit", ""),
        "pauses": [],
        "paused_since": None,
        "paused_because": "",
    }
    running, created = Deadline.objects.update_or_create(
        authority=case.authority,
        case=case,
        kind=kind.value,
        about=about,
        done_on=None,
        defaults=values | ({"owner": owner} if owner else {}),
    )
    if not created:
        running.version += 1
        running.save(update_fields=["version"])
    return running


def running(case: Case, kind: DeadlineKind | None = None, about: str = "") -> QuerySet[Deadline]:
    """The clocks of a case that have not ended, the next first."""
    rows = Deadline.objects.filter(case=case, done_on=None).order_by("due_on", "pk")
    return rows if kind is None else rows.filter(kind=kind.value, about=about)


def finish(*, case: Case, kind: DeadlineKind, today: date, by: User | None, about: str = "") -> int:
    """Say that it was done. Answers how many clocks ended: none when none ran."""
    return running(case, kind, about).update(done_on=today, done_by=by)


def drop(*, case: Case, kind: DeadlineKind, today: date, because: str, about: str = "") -> int:
    """End a clock that no longer matters, with the reason."""
    return running(case, kind, about).update(done_on=today, dropped_because=because)


def take(*, case: Case, kind: DeadlineKind, owner: User, about: str = "") -> int:
    """Say who sees to it from now on, by what they did. Answers how many clocks got an owner."""
    return running(case, kind, about).update(owner=owner, version=F("version") + 1)


# What a person does to a clock


def locked(reach: Reach, pk: int, version: int) -> Deadline:
    """One deadline to change, locked. Raises NotFound, Forbidden, and Conflict with a sentence.

    version  of the deadline when its form was read
    """
    rows = deadlines_for(reach).filter(pk=pk)
    record_days.hold(rows)
    row = rows.select_for_update(of=("self",)).first()
    if row is None:
        raise NotFound("We cannot find that deadline. It may be of a case that you cannot see.")
    reach.require(Permission.CHANGE_CASE, row.case.school)
    if problem := why_not(row, version):
        raise Conflict(problem)
    return row


def why_not(row: Deadline, version: int) -> str:
    """Why a deadline cannot be changed from a form that was read at `version`; "" when it can."""
    if row.case.closed_on is not None:
        return f"This case was closed on {in_words(row.case.closed_on)}."
    if row.done_on is not None:
        return f"This was done or dropped on {in_words(row.done_on)}."
    if row.version != version:
        return "Somebody changed this since you opened the page. Look at it again first."
    return ""


@transaction.atomic
def move(
    *, reach: Reach, pk: int, version: int, to: date, because: str, today: date, now: datetime
) -> Deadline:
    """Agree another last day. The old day stays in the history; the day is never counted anew.

    Where a record has the same day, such as a plan its review, the record has the new one too.
    Raises InvalidInput for a day that has passed, that the record cannot have, or no reason;
    UnknownTerm when the calendar ends before the day; and as `locked`.
    """
    row = locked(reach, pk, version)
    if problem := why_not_to(row, to, today, calendar_of(row.case.school)):
        raise InvalidInput(problem)
    return moved(row, reach, to, _reason(because, "Say why the day is moved."), now)


def why_not_to(row: Deadline, to: date, today: date, calendar: Calendar) -> str:
    """Why a deadline cannot move to a day; "" when it can. calendar: of the case's school."""
    if sentence := DAY_OF_A_RECORD.get(DeadlineKind(row.kind)):
        return sentence
    if to < today:
        return "Choose today or a later day."
    if to == row.due_on:
        return "It is due on that day already."
    return record_days.why_not_on(row, to, calendar)


def moved(row: Deadline, reach: Reach, to: date, because: str, now: datetime, **more: Any) -> Any:
    """Move a deadline that was locked and may move."""
    was = row.due_on
    row.due_on, row.length = to, None
    return _changed(row, reach, W.MOVED, now, because, was_on=was, now_on=to, **more)


@transaction.atomic
def pause(
    *, reach: Reach, pk: int, version: int, because: str, today: date, now: datetime
) -> Deadline:
    """Let a clock stand still from today, with the reason. Raises as `locked`, and InvalidInput."""
    row = locked(reach, pk, version)
    if row.paused_since is not None:
        raise Conflict(f"It has been paused since {in_words(row.paused_since)}.")
    if row.due_on < today:
        raise InvalidInput("Its day has passed. Move it to another day instead.")
    row.paused_since = today
    row.paused_because = _reason(because, "Say why it is paused.")
    return _changed(row, reach, W.PAUSED, now, row.paused_because, was_on=row.due_on)


@transaction.atomic
def resume(*, reach: Reach, pk: int, version: int, today: date, now: datetime) -> Deadline:
    """Let it run again: what the pause took is given back in the clock's own unit.

    A day that people agreed counts in days, and a review comes on a school day. Raises as
    `locked`, InvalidInput for a day that the record cannot have, and UnknownTerm when the calendar
    ends first.
    """
    row = locked(reach, pk, version)
    if row.paused_since is None:
        raise Conflict("It is not paused.")
    was, because = row.due_on, row.paused_because
    row.pauses = [
        *row.pauses,
        {
            "first": row.paused_since.isoformat(),
            "last": today.isoformat(),
            "because": because,
        },
    ]
    calendar = calendar_of(row.case.school)
    if row.length is None:
        day = was + (today - row.paused_since)
        row.due_on = record_days.open_day(row, day, calendar) if day != was else was
    else:
        row.due_on = _counted(row, calendar)
    if row.due_on != was and (problem := record_days.why_not_on(row, row.due_on, calendar)):
        raise InvalidInput(problem)
    row.paused_since, row.paused_because = None, ""
    return _changed(row, reach, W.RESUMED, now, because, was_on=was, now_on=row.due_on)


def _counted(row: Deadline, calendar: Calendar) -> date:
    """The last day by the length, the calendar and the pauses so far."""
    pauses = [
        Pause(date.fromisoformat(one["first"]), date.fromisoformat(one["last"]))
        for one in row.pauses
    ]
    return last_day(row.since, row.length or 0, row.unit, calendar, pauses)


@transaction.atomic
def give(*, reach: Reach, pk: int, version: int, owner: User | None, now: datetime) -> Deadline:
    """Say who does it; None: whoever carries the case. Raises as `locked`, and InvalidInput."""
    row = locked(reach, pk, version)
    if problem := why_not_for(row.owner_id, owner, row.case.school, reach.today):
        raise InvalidInput(problem)
    if owner is not None and not named_on(owner, row.case):
        raise InvalidInput(f"{owner.name} is not named on this restricted case.")
    if problem := why_not_to_council(row, owner, reach.today):
        raise InvalidInput(problem)
    return given(row, reach, owner, now)


def why_not_to_council(row: Deadline, owner: User | None, today: date) -> str:
    """Why somebody cannot have the council's own clock; "" when they can, or it is the school's."""
    if owner is None or row.clock.get("key") != COUNCILS_CLOCK:
        return ""
    if may_answer(owner, row.case.school, today):
        return ""
    return f"{owner.name} does not answer referrals for the council. Choose somebody who does."


def why_not_for(was: int | None, owner: User | None, school: School, today: date) -> str:
    """Why work at a school cannot be given to somebody; "" when it can."""
    if owner is not None and not may_own(owner, school, today):
        return f"{owner.name} cannot change cases at {school.name}. Choose somebody who can."
    if was == (owner.pk if owner else None):
        return f"{owner.name} has it already." if owner else "It has no owner of its own already."
    return ""


def given(row: Deadline, reach: Reach, owner: User | None, now: datetime, **more: Any) -> Deadline:
    """Give a deadline that was locked and may be given."""
    was = row.owner
    row.owner = owner
    return _changed(row, reach, W.GIVEN, now, "", was_owner=was, now_owner=owner, **more)


@transaction.atomic
def mark_done(
    *, reach: Reach, pk: int, version: int, note: str, today: date, now: datetime
) -> Deadline:
    """Say that it was done, and what was done. Raises as `locked`, and InvalidInput.

    What a record closes (a review, minutes, a contract) is refused with where to write it.
    """
    row = locked(reach, pk, version)
    if problem := why_not_done(row):
        raise InvalidInput(problem)
    return done(row, reach, _reason(note, "Write what was done."), today, now)


def why_not_done(row: Deadline) -> str:
    """Why a deadline cannot be marked as done by itself; "" when it can."""
    return CLOSED_BY_A_RECORD.get(DeadlineKind(row.kind), "") if row.about else ""


def done(
    row: Deadline, reach: Reach, note: str, today: date, now: datetime, **more: Any
) -> Deadline:
    """Mark a deadline as done that was locked and may be."""
    row.done_on, row.done_by = today, reach.user
    return _changed(row, reach, W.DONE, now, note, was_on=row.due_on, **more)


def undone(row: Deadline, reach: Reach, change: WorkChange, now: datetime) -> Deadline:
    """Save a deadline on which a change was taken back."""
    days = {"was_on": change.now_on, "now_on": change.was_on}
    who = {"was_owner": change.now_owner, "now_owner": change.was_owner}
    return _changed(row, reach, W.UNDONE, now, change.get_what_display(), **days, **who)


def _reason(typed: str, otherwise: str) -> str:
    """A reason that was typed. Raises InvalidInput for none, and for one that is too long."""
    reason = " ".join(typed.split())
    if not reason:
        raise InvalidInput(otherwise)
    if len(reason) > LONGEST_REASON:
        raise InvalidInput(f"Write {LONGEST_REASON} characters or fewer.")
    return reason


def _changed(
    row: Deadline,
    reach: Reach | None,
    what: WorkChangeKind,
    now: datetime,
    reason: str,
    **more: Any,
) -> Deadline:
    """Save a changed deadline, with its line in the history and in the audit trail."""
    row.version += 1
    row.save()
    record_days.carry(row)
    by = reach.user if reach else None
    WorkChange.objects.create(
        authority_id=row.authority_id,
        case=row.case,
        deadline=row,
        what=what.value,
        reason=reason,
        made_by=by,
        made_at=now,
        **more,
    )
    record(
        Kind.DEADLINE_CHANGED,
        by=by,
        authority=row.authority,
        school=row.case.school,
        on=row,
        what=what.label.lower(),
        reference=row.case.reference,
    )
    return row


# When the calendar changes


@transaction.atomic
def recount(authority_id: int, *, now: datetime) -> int:
    """Count every clock again by the calendar of today. Answers how many got another day.

    Each of those has a line in its case's history: nothing moves silently. A day that people
    agreed stays, and so does one that the calendar cannot tell any more. Safe to run twice.
    """
    rows = (
        Deadline.objects.select_for_update(of=("self",))
        .filter(authority=authority_id, done_on=None, length__isnull=False, case__closed_on=None)
        .select_related("case__school", "authority", "owner")
        .order_by("pk")
    )
    calendars: Callable[[School], Calendar] = cache(calendar_of)
    changed = 0
    for row in rows:
        try:
            day = _counted(row, calendars(row.case.school))
        except UnknownTerm:
            continue
        if day != row.due_on:
            was, row.due_on = row.due_on, day
            _changed(row, None, W.RECOUNTED, now, "", was_on=was, now_on=day)
            changed += 1
    return changed
