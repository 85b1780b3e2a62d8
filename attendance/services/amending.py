"""Changing recorded marks: one, or many at once, with a second person where they are old.

A change of many marks is a preview first (a draft that only its author sees), then one
transaction. It can be undone later, mark by mark, where nobody has touched the mark since. What
is older than the school's limit waits for a second person, who is never the one who asked.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import numpy as np
from django.db import transaction
from django.utils.timezone import localtime

from attendance import marks as codec
from attendance.models import ChangeState, Enrolment, MarkChange, MarkChangeRow, RowOutcome
from attendance.selectors.amending import age_at, waiting_on
from attendance.selectors.registers import history
from attendance.services.marking import NOTHING, Known, Noted, Said, keep_notes, known_between
from attendance.services.registers import (
    REFUSALS,
    MarksFrame,
    OneChange,
    Outcome,
    Undone,
    amend_mark,
    change_marks,
    last_entry,
    preview_marks,
    restore_marks,
)
from audit.record import Kind, record
from authorities.access import Reach
from authorities.models import School, User
from authorities.permissions import Permission
from rules.dates import in_words
from rules.errors import Conflict, Forbidden, InvalidInput, RuleNotMet
from rules.marks import DatedSession, Session

MOST_MARKS = 20_000
DRAFTS_LIVE = timedelta(days=1)
PRESENT = ("/", "\\")
TAKEN = {
    Outcome.NEW: RowOutcome.NEW,
    Outcome.CHANGED: RowOutcome.CHANGED,
    Outcome.UNCHANGED: RowOutcome.UNCHANGED,
}
WRITES = (RowOutcome.NEW, RowOutcome.CHANGED)


class StaleMark(Conflict):
    """The mark is no longer what the person saw. `current` is what it reads now, "" for none."""

    code = "stale_mark"

    def __init__(self, sentence: str, current: str) -> None:
        super().__init__(sentence)
        self.current = current


@dataclass(frozen=True, slots=True)
class Wanted:
    """What marks shall become: the code, what is said beside it, and why.

    The code for present in one half of the day stands for present in both.
    """

    code: str
    reason: str
    said: Said = NOTHING

    def code_in(self, session: Session) -> str:
        """The code in this half of the day."""
        return PRESENT[session] if self.code in PRESENT else self.code


Pick = tuple[Enrolment, DatedSession]


# One mark


@transaction.atomic
def amend_one(
    *,
    reach: Reach,
    enrolment: Enrolment,
    when: DatedSession,
    expected: str,
    wanted: Wanted,
    now: datetime,
) -> MarkChange | None:
    """Change one mark that the person saw as `expected`, "" for none.

    Returns nothing when it is done, and the request when the mark is old and waits for a second
    person. Raises StaleMark, RuleNotMet, InvalidInput or Forbidden.
    """
    school = enrolment.school
    reach.require(Permission.AMEND_REGISTER, school)
    _require_reason(wanted.reason)
    _refuse_future(when.day, reach)
    known = known_between(school, when.day, when.day, [enrolment])
    (row,) = _judged(school, [(enrolment, when)], wanted, known)
    if row.original != expected:
        raise StaleMark(_who_changed(enrolment, when), row.original)
    if row.outcome == RowOutcome.REFUSED:
        raise RuleNotMet(row.refusal)
    if row.outcome == RowOutcome.UNCHANGED:
        raise InvalidInput("The mark already says this. Choose another code.")
    waiting = waiting_on(enrolment, when)
    if waiting is not None:
        raise Conflict(
            f"{waiting.asked_by.name} has asked for a change of this mark already. It waits for"
            " a second person."
        )
    if age_at(school, reach.today).is_old(when.day):
        change = _new_change(reach, school, [row], wanted, "one mark", now)
        return _ask(change, reach, marks=1)
    try:
        amend_mark(
            school=school,
            enrolment_id=enrolment.pk,
            when=when,
            expected=expected,
            code=row.code,
            reason=wanted.reason,
            by=reach.user,
            now=now,
        )
    except Conflict as clash:  # somebody came between our reading and our writing
        (row,) = _judged(school, [(enrolment, when)], wanted, known)
        raise StaleMark(_who_changed(enrolment, when), row.original) from clash
    said = known.said(enrolment, when, row.code, wanted.said)
    keep_notes([Noted(enrolment, when, row.code, said)], by=reach.user, now=now)
    record(
        Kind.MARK_AMENDED,
        by=reach.user,
        authority=reach.authority,
        school=school,
        on=enrolment.pupil,
        day=when.day.isoformat(),
        half=when.session.words,
    )
    return None


def _require_reason(reason: str) -> None:
    if not reason.strip():
        raise RuleNotMet("Say why you are changing the register.")


def _refuse_future(day: date, reach: Reach) -> None:
    if day > reach.today:
        raise RuleNotMet("That session has not been yet. Record what is agreed for it instead.")


def _who_changed(enrolment: Enrolment, when: DatedSession) -> str:
    """Who wrote the mark last, in a sentence."""
    entries = history(enrolment, when.day, when.day, session=when.session)
    if not entries:
        return "This mark has changed since you opened it. Look again before you go on."
    last = entries[-1]
    at = localtime(last.at)
    return (
        f"{last.name} changed this mark on {in_words(at.date())} at {at:%H:%M}. Your change was not"
        " made."
    )


# Many marks: the preview


@transaction.atomic
def draft(
    *,
    reach: Reach,
    school: School,
    picks: Sequence[Pick],
    wanted: Wanted,
    selected: str,
    now: datetime,
) -> MarkChange:
    """Work out what a change of many marks would do, and keep it as a preview.

    selected  which marks were chosen, in words that name nobody

    Raises InvalidInput for none or too many, RuleNotMet without a reason or for days to come.
    """
    reach.require(Permission.AMEND_REGISTER, school)
    _require_reason(wanted.reason)
    if not picks:
        raise InvalidInput(
            "Nobody was due at the school in those sessions. Check the days and the pupils."
        )
    if len(picks) > MOST_MARKS:
        raise InvalidInput(
            f"That is {len(picks):,} marks. Change {MOST_MARKS:,} at a time at most: choose fewer"
            " days or pupils."
        )
    _refuse_future(max(when.day for _, when in picks), reach)
    MarkChange.objects.filter(
        state=ChangeState.DRAFT, asked_by=reach.user, asked_at__lt=now - DRAFTS_LIVE
    ).delete()
    rows = _judged(school, picks, wanted, _known(school, picks))
    return _new_change(reach, school, rows, wanted, selected, now)


def _known(school: School, picks: Sequence[Pick]) -> Known:
    days = [when.day for _, when in picks]
    return known_between(school, min(days), max(days), {enrolment for enrolment, _ in picks})


def _judged(
    school: School, picks: Sequence[Pick], wanted: Wanted, known: Known
) -> list[MarkChangeRow]:
    """A row for each mark, unsaved: what it reads, what it would become, or why not."""
    codes = [wanted.code_in(when.session) for _, when in picks]
    preview = preview_marks(
        school=school,
        marks=MarksFrame(
            enrolment=np.array([enrolment.pk for enrolment, _ in picks], dtype=np.int64),
            day=np.array([when.day.toordinal() for _, when in picks], dtype=np.int64),
            session=np.array([when.session for _, when in picks], dtype=np.uint8),
            number=codec.numbers_of(codes),
        ),
    )
    rows = []
    for (enrolment, when), code, number, current in zip(
        picks, codes, preview.outcome.tolist(), preview.current.tolist(), strict=True
    ):
        outcome, refusal = _outcome(Outcome(number))
        if outcome in WRITES:
            refusal = known.refusal(enrolment, when, code, wanted.said)
        rows.append(
            MarkChangeRow(
                authority_id=school.authority_id,
                enrolment=enrolment,
                day=when.day,
                session=when.session,
                original=codec.code_of(current) if current else "",
                code=code,
                outcome=RowOutcome.REFUSED if refusal else outcome,
                refusal=refusal,
            )
        )
    return rows


def _outcome(found: Outcome) -> tuple[RowOutcome, str]:
    """The mark store's answer as a row's outcome and refusal."""
    if found in TAKEN:
        return TAKEN[found], ""
    return RowOutcome.REFUSED, REFUSALS[found]


def _new_change(
    reach: Reach,
    school: School,
    rows: list[MarkChangeRow],
    wanted: Wanted,
    selected: str,
    now: datetime,
) -> MarkChange:
    """The preview with its rows."""
    change = MarkChange.objects.create(
        authority=reach.authority,
        school=school,
        code=wanted.code,
        nature=wanted.said.nature,
        other_school=wanted.said.other_school,
        arrived_at=wanted.said.arrived_at,
        text=wanted.said.text,
        reason=wanted.reason,
        selected=selected,
        first_day=min(row.day for row in rows),
        last_day=max(row.day for row in rows),
        asked_by=reach.user,
        asked_at=now,
    )
    _keep_rows(change, rows)
    return change


def _keep_rows(change: MarkChange, rows: list[MarkChangeRow]) -> None:
    for row in rows:
        row.change = change
    MarkChangeRow.objects.bulk_create(rows, batch_size=2000)


# Many marks: doing it


@transaction.atomic
def confirm(*, reach: Reach, change: MarkChange, leave_out: bool, now: datetime) -> bool:
    """Do what the preview says, or ask a second person when some of its marks are old.

    leave_out  whether the person has said that the refused marks may stay as they are

    Returns False, and keeps a new preview, when the register has changed since the old one.
    Raises Conflict, RuleNotMet or Forbidden.
    """
    reach.require(Permission.AMEND_REGISTER, change.school)
    held = _held(change, ChangeState.DRAFT)
    if held.asked_by_id != reach.user.pk:
        raise Forbidden("This is somebody else's preview. Make your own.")
    rows = _rows(held)
    fresh = _again(held, rows)
    if [_key(row) for row in fresh] != [_key(row) for row in rows]:
        held.rows.all().delete()
        _keep_rows(held, fresh)
        return False
    writing = [row for row in rows if row.outcome in WRITES]
    if not writing:
        raise RuleNotMet("Nothing would change. Choose other marks or another code.")
    if len(writing) < sum(row.outcome != RowOutcome.UNCHANGED for row in rows) and not leave_out:
        raise RuleNotMet(
            "Tick the box to change the rest and leave out the marks that are not possible."
        )
    if age_at(change.school, reach.today).is_old(min(row.day for row in writing)):
        _ask(held, reach, marks=len(writing))
    else:
        _apply(held, rows, by=reach.user, now=now)
    change.refresh_from_db()
    return True


@transaction.atomic
def change_at_once(
    *,
    reach: Reach,
    school: School,
    picks: Sequence[Pick],
    wanted: Wanted,
    selected: str,
    now: datetime,
) -> MarkChange:
    """Change these marks without a preview, all of them or none; old ones wait as ever.

    Raises RuleNotMet with the first refusal, and as `draft` and `confirm`.
    """
    change = draft(
        reach=reach, school=school, picks=picks, wanted=wanted, selected=selected, now=now
    )
    refused = change.rows.filter(outcome=RowOutcome.REFUSED).order_by("pk").first()
    if refused is not None:
        raise RuleNotMet(refused.refusal)
    if not confirm(reach=reach, change=change, leave_out=False, now=now):
        raise Conflict("Somebody changed one of these marks just now. Look at the register again.")
    return change


def _held(change: MarkChange, state: ChangeState) -> MarkChange:
    """The change under a lock. Raises Conflict when it has moved on."""
    held = (
        MarkChange.objects.select_for_update(of=("self",))
        .select_related("school", "asked_by")
        .get(pk=change.pk)
    )
    if held.state != state:
        raise Conflict(
            f"This correction has moved on: it is now “{held.get_state_display()}”. Nothing was"
            " done twice."
        )
    return held


def _rows(change: MarkChange) -> list[MarkChangeRow]:
    return list(change.rows.select_related("enrolment__pupil", "enrolment__school").order_by("pk"))


def _when(row: MarkChangeRow) -> DatedSession:
    return DatedSession(row.day, Session(row.session))


def _wanted(change: MarkChange) -> Wanted:
    """What a kept change asks for."""
    said = Said(change.nature, change.other_school, change.arrived_at, change.text)
    return Wanted(change.code, change.reason, said)


def _again(change: MarkChange, rows: Sequence[MarkChangeRow]) -> list[MarkChangeRow]:
    """The same marks judged by the register as it is now."""
    picks = [(row.enrolment, _when(row)) for row in rows]
    return _judged(change.school, picks, _wanted(change), _known(change.school, picks))


def _key(row: MarkChangeRow) -> tuple[object, ...]:
    return (row.enrolment_id, row.day, row.session, row.original, row.code, row.outcome)


def _ask(change: MarkChange, reach: Reach, *, marks: int) -> MarkChange:
    """Let the change wait for a second person."""
    change.state = ChangeState.WAITING
    change.save(update_fields=["state"])
    record(
        Kind.CHANGE_ASKED,
        by=reach.user,
        authority=reach.authority,
        school=change.school,
        on=change,
        marks=marks,
    )
    return change


def _apply(
    change: MarkChange, rows: Sequence[MarkChangeRow], *, by: User, now: datetime, note: str = ""
) -> int:
    """Write what the rows say, in the caller's transaction, and keep what each became.

    The ledger names who asked, with the position they hold; `by` is who pressed the button.
    """
    writing = [row for row in rows if row.outcome in WRITES]
    asked = {
        (row.enrolment_id, _when(row)): OneChange(
            row.enrolment_id, _when(row), row.original, row.code
        )
        for row in writing
    }
    made = change_marks(
        school=change.school,
        changes=list(asked.values()),
        by=change.asked_by,
        reason=f"{change.reason}{note}",
        now=now,
    )
    done = {(one.enrolment_id, one.when) for one in made}
    stayed = [row.pk for row in writing if (row.enrolment_id, _when(row)) not in done]
    MarkChangeRow.objects.filter(pk__in=stayed).update(outcome=RowOutcome.STAYED)
    wrote = [row for row in writing if (row.enrolment_id, _when(row)) in done]
    _note(change, wrote, now)
    change.state = ChangeState.DONE
    change.done_at = now
    change.last_entry = last_entry(made, school=change.school, now=now)
    change.save()
    record(
        Kind.MARKS_CHANGED,
        by=by,
        authority=change.authority,
        school=change.school,
        on=change,
        marks=len(made),
        stayed=len(stayed),
    )
    return len(made)


def _note(change: MarkChange, rows: Sequence[MarkChangeRow], now: datetime) -> None:
    """Keep what was said beside each mark that was written."""
    if not rows:
        return
    said, known = (
        _wanted(change).said,
        _known(change.school, [(r.enrolment, _when(r)) for r in rows]),
    )
    keep_notes(
        (
            Noted(row.enrolment, when, row.code, known.said(row.enrolment, when, row.code, said))
            for row in rows
            for when in (_when(row),)
        ),
        by=change.asked_by,
        now=now,
    )


@transaction.atomic
def discard(*, reach: Reach, change: MarkChange) -> None:
    """Throw a preview away. Nothing was asked or done."""
    held = _held(change, ChangeState.DRAFT)
    if held.asked_by_id != reach.user.pk:
        raise Forbidden("This is somebody else's preview.")
    held.delete()


# The second person


@transaction.atomic
def agree(*, reach: Reach, change: MarkChange, now: datetime) -> int:
    """Agree to a change that waits, and do it; returns how many marks it wrote.

    Marks that somebody changed meanwhile stay, and so do those that the rules no longer allow.
    Raises Forbidden for who asked, and Conflict when nothing is left to do.
    """
    held = _decidable(reach, change)
    rows = _rows(held)
    refused = {
        (row.enrolment_id, row.day, row.session)
        for row in _again(held, rows)
        if row.outcome == RowOutcome.REFUSED
    }
    for row in rows:
        if row.outcome in WRITES and (row.enrolment_id, row.day, row.session) in refused:
            row.outcome = RowOutcome.REFUSED
            row.refusal = "No longer possible when the second person agreed."
            row.save(update_fields=["outcome", "refusal"])
    held.decided_by, held.decided_at = reach.user, now
    made = _apply(
        held,
        rows,
        by=reach.user,
        now=now,
        note=f" (request {held.reference}, agreed by a second person)",
    )
    if not made:
        raise Conflict(
            "Every one of these marks has changed since it was asked for. Decline the request, and"
            " look at the register again."
        )
    change.refresh_from_db()
    return made


@transaction.atomic
def decline(*, reach: Reach, change: MarkChange, because: str, now: datetime) -> None:
    """Refuse a change that waits. The reason is kept."""
    held = _decidable(reach, change)
    if not because.strip():
        raise RuleNotMet("Say why you decline. Who asked will read it.")
    held.state = ChangeState.DECLINED
    held.decided_by, held.decided_at, held.decision_reason = reach.user, now, because
    held.save()
    _record_end(Kind.CHANGE_DECLINED, reach, held)


@transaction.atomic
def withdraw(*, reach: Reach, change: MarkChange, now: datetime) -> None:
    """Take back one's own request while it waits."""
    held = _held(change, ChangeState.WAITING)
    if held.asked_by_id != reach.user.pk:
        raise Forbidden("Only the person who asked can take the request back.")
    held.state, held.decided_at = ChangeState.WITHDRAWN, now
    held.save()
    _record_end(Kind.CHANGE_WITHDRAWN, reach, held)


def _decidable(reach: Reach, change: MarkChange) -> MarkChange:
    """A waiting change that this person may decide. Never who asked."""
    reach.require(Permission.AGREE_AMENDMENT, change.school)
    held = _held(change, ChangeState.WAITING)
    if held.asked_by_id == reach.user.pk:
        raise Forbidden("You asked for this change, so somebody else must decide about it.")
    return held


def _record_end(kind: Kind, reach: Reach, change: MarkChange) -> None:
    record(kind, by=reach.user, authority=reach.authority, school=change.school, on=change)


# Undoing


@transaction.atomic
def undo(*, reach: Reach, change: MarkChange, because: str, now: datetime) -> Undone:
    """Put the marks of a done change back, where nobody has touched them since.

    Undoing is a change too: when its marks are old by now, the person must be one who may agree
    to changes of old marks, and another than who asked. Raises Forbidden, Conflict, RuleNotMet.
    """
    school = change.school
    reach.require(Permission.AMEND_REGISTER, school)
    held = _held(change, ChangeState.DONE)
    _require_reason(because)
    second = reach.may(Permission.AGREE_AMENDMENT, school) and held.asked_by_id != reach.user.pk
    if age_at(school, reach.today).is_old(held.first_day) and not second:
        raise Forbidden(
            "Some of these marks are old by now. A second person, who may agree to changes of old"
            " marks, must undo it."
        )
    rows = {(row.enrolment_id, _when(row)): row for row in _rows(held) if row.outcome in WRITES}
    done = restore_marks(
        school=school,
        changes=[OneChange(pk, when, row.original, row.code) for (pk, when), row in rows.items()],
        last=held.last_entry or 0,
        by=reach.user,
        reason=f"{because} (correction {held.reference} undone)",
        now=now,
    )
    kept = {rows[one].pk for one in done.kept}
    every = {row.pk for row in rows.values()}
    MarkChangeRow.objects.filter(pk__in=kept).update(outcome=RowOutcome.STAYED)
    MarkChangeRow.objects.filter(pk__in=every - kept).update(outcome=RowOutcome.RESTORED)
    held.state = ChangeState.UNDONE
    held.undone_by, held.undone_at, held.undone_because = reach.user, now, because
    held.save()
    record(
        Kind.CHANGE_UNDONE,
        by=reach.user,
        authority=reach.authority,
        school=school,
        on=held,
        marks=len(every - kept),
        kept=len(kept),
    )
    change.refresh_from_db()
    return done
