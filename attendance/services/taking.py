"""Taking a register: what each pupil's row comes to, what is refused, and what two people met over.

A form says for each pupil what was chosen and, as a fingerprint, which mark it was made from. So a
form sent twice changes nothing the second time, a row that nobody touched never overwrites, and a
mark that somebody else recorded meanwhile is shown to a person instead of being replaced.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time

from django.db import transaction

from attendance import marks as codec
from attendance.selectors.taking import (
    ClassRegister,
    Row,
    based_on,
    class_of,
    fingerprint,
    group_words,
    is_closed,
    local,
    not_yet,
    tutors_on,
)
from attendance.services.marking import NOTHING, Known, Noted, Said, keep_notes
from attendance.services.registers import Recorded, save_register
from audit.record import Kind, record
from authorities.access import NotFound, Reach
from authorities.models import School
from authorities.permissions import Permission
from rules.errors import Conflict, RuleNotMet
from rules.marking import SECOND_HALF, arrival_code
from rules.marks import DatedSession

PRESENT, LATE, KNOWN, KEEP, OTHER = "present", "late", "known", "keep", "other"
QUICK = ("N", "I")  # chosen by their own letter
ARRIVED = ("L", "U")
REASONS = (
    "Corrected while taking the register",
    "The pupil arrived after the register was saved",
    "The reason is now known",
    "The wrong pupil was marked",
)
NOBODY = "We cannot find that class. Nobody was in it that day."
# Correcting a past day asks for more: the reason in words and, after a time, a second person.
AMEND_INSTEAD = "This mark of an earlier day is recorded. Change it from the pupil's register."
ASK_THE_OFFICE = "This mark of an earlier day is recorded. Ask the attendance office to change it."
TRIES = 3  # each time somebody else's save came between our reading and our writing


@dataclass(frozen=True, slots=True)
class Sent:
    """What a form says of one pupil.

    based    the fingerprint of the mark that the form was made from
    choice   "" for none, or one of PRESENT, LATE, KNOWN, KEEP, OTHER and QUICK
    code     the code chosen where the choice is OTHER
    arrived  when the pupil arrived
    detail   the activity, the cause or the other school
    """

    pk: int
    based: str
    choice: str
    code: str = ""
    arrived: time | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a choice comes to: the code, and what is said beside it."""

    code: str
    said: Said = NOTHING


@dataclass(frozen=True, slots=True)
class Clash:
    """A mark that somebody recorded while the form was open, and what the form wants instead."""

    row: Row
    sent: Sent
    wanted: Wanted


class NotSaved(RuleNotMet):
    """Rows that are refused, each with its sentence by enrolment id. Nothing was saved."""

    code = "register_refused"

    def __init__(self, problems: Mapping[int, str], reason: str = "") -> None:
        """Keep the sentences; `reason` is the one about the reason for changes."""
        super().__init__("Some marks cannot be saved. Nothing has been saved yet.")
        self.problems = dict(problems)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Saved:
    """What saving a class did.

    found    the class as it was read just before it was saved
    unmarked   pupils who still have no mark
    clashes    rows that a person must decide; all others were saved
    gone       pupils of the form who are no longer in the class
    after_close  whether it was saved after the register had closed
    """

    found: ClassRegister
    recorded: Recorded
    unmarked: int
    clashes: tuple[Clash, ...]
    gone: int
    after_close: bool


@dataclass(slots=True)
class _Plan:
    """What a form comes to, against the marks as they are now."""

    found: ClassRegister
    known: Known
    writes: list[tuple[Row, Wanted]] = field(default_factory=list)
    notes: list[tuple[Row, Wanted]] = field(default_factory=list)
    clashes: list[Clash] = field(default_factory=list)
    problems: dict[int, str] = field(default_factory=dict)

    @property
    def changes(self) -> bool:
        """Whether a recorded mark would change."""
        return any(row.code for row, _ in self.writes)


def save_class(
    *,
    school: School,
    when: DatedSession,
    group: str,
    sent: Sequence[Sent],
    reason: str,
    by: Reach,
    now: datetime,
) -> Saved:
    """Save one class's register for one session. Sending the same form again changes nothing.

    reason  one of REASONS; needed only where marks that were recorded before change

    Raises Forbidden, NotFound for a group that nobody is in that day, RuleNotMet for a session
    that is not held or not yet, and NotSaved with the sentence of each refused row. Rows that
    somebody else has changed come back as clashes.
    """
    by.require(Permission.TAKE_REGISTER, school)
    for _ in range(TRIES):
        plan = _plan(class_of(school, when, group), sent, reason, by, now)
        try:
            with transaction.atomic():
                recorded = _write(plan, reason, by, now)
        except Conflict:
            continue  # read again: what came between is now a clash, or the same mark
        return _saved(plan, sent, recorded, now)
    raise Conflict("Several people are saving this register at once. Save it again.")


def _saved(plan: _Plan, sent: Sequence[Sent], recorded: Recorded, now: datetime) -> Saved:
    """What happened, with what is still open."""
    found = plan.found
    first_marks = sum(not row.code for row, _ in plan.writes)
    here = {row.pk for row in found.rows}
    return Saved(
        found=found,
        recorded=recorded,
        unmarked=found.unmarked - first_marks,
        clashes=tuple(plan.clashes),
        gone=sum(one.pk not in here and one.choice != "" for one in sent),
        after_close=first_marks > 0 and is_closed(found.when, found.times, now),
    )


def _plan(
    found: ClassRegister, sent: Sequence[Sent], reason: str, by: Reach, now: datetime
) -> _Plan:
    """What to write. Raises as `save_class`, before anything is written."""
    if not found.rows:
        raise NotFound(NOBODY)
    if not found.held:
        raise RuleNotMet(
            "The school has no session then. Check the date, or the school's calendar."
        )
    early = not_yet(found.when, found.times, now)
    if early:
        raise RuleNotMet(early)
    plan = _Plan(found, _known(found))
    by_pk = {one.pk: one for one in sent}
    for row in found.rows:
        if row.pk in by_pk:
            _decide(plan, row, by_pk[row.pk], by, now)
    wrong_reason = ""
    if plan.changes and reason not in REASONS:
        wrong_reason = "Select why you are changing marks that were recorded before."
    if plan.problems or wrong_reason:
        raise NotSaved(plan.problems, wrong_reason)
    return plan


def _decide(plan: _Plan, row: Row, sent: Sent, by: Reach, now: datetime) -> None:
    """Put one row where it belongs."""
    when = plan.found.when
    wanted = _wanted(plan.found, row, sent)
    if isinstance(wanted, str):
        plan.problems[row.pk] = wanted
        return
    if wanted is None or (not _says_more(row, wanted) and _is_there(row, sent, wanted, when)):
        return
    problem = _problem(plan, row, wanted, by, now)
    if problem:
        plan.problems[row.pk] = problem
    elif row.code and sent.based != based_on(row, when):
        plan.clashes.append(Clash(row, sent, wanted))
    elif row.code == wanted.code:
        plan.notes.append((row, wanted))
    else:
        plan.writes.append((row, wanted))


def _wanted(found: ClassRegister, row: Row, sent: Sent) -> Wanted | str | None:
    """What the choice comes to; None for nothing, a sentence where it cannot be told."""
    here = SECOND_HALF[found.when.session][1]
    if sent.choice == PRESENT:
        return Wanted(here)
    if sent.choice in QUICK:
        return Wanted(sent.choice)
    if sent.choice == KNOWN:
        if not row.known:
            return "What was known about this pupil has changed. Choose a mark."
        first = row.known[0]
        return Wanted(first.code, Said(nature=first.nature, other_school=first.other_school))
    if sent.choice == LATE:
        return _late(found, row, "L", sent.arrived)
    if sent.choice == OTHER:
        return _other(found, row, sent)
    return None


def _other(found: ClassRegister, row: Row, sent: Sent) -> Wanted | str:
    """A code from the list."""
    if not sent.code:
        return "Choose a code from the list."
    if sent.code in ARRIVED:
        return _late(found, row, sent.code, sent.arrived)
    if sent.code == "D":
        return Wanted(sent.code, Said(other_school=sent.detail))
    return Wanted(sent.code, Said(nature=sent.detail))


def _late(found: ClassRegister, row: Row, code: str, arrived: time | None) -> Wanted:
    """L or U by the school's times. A mark already there keeps its code while its time does."""
    if row.code in ARRIVED and arrived == row.arrived_at:
        return Wanted(row.code, Said(arrived_at=arrived))
    if arrived is not None and found.times is not None:
        times, session = found.times, found.when.session
        code = arrival_code(arrived, times.opens_at, times.closes_at, session)
    return Wanted(code, Said(arrived_at=arrived) if code in ARRIVED else NOTHING)


def _is_there(row: Row, sent: Sent, wanted: Wanted, when: DatedSession) -> bool:
    """Whether the mark is what stood there when the form was made, or what stands there now."""
    untouched = fingerprint(row.pk, when, wanted.code, wanted.said.arrived_at) == sent.based
    return untouched or (wanted.code, wanted.said.arrived_at) == (row.code, row.arrived_at)


def _says_more(row: Row, wanted: Wanted) -> bool:
    """Whether the code that is recorded comes with a detail that is not noted yet."""
    if row.code != wanted.code:
        return False
    said = wanted.said.nature or wanted.said.other_school
    noted = (row.note.nature or row.note.other_school) if row.note else ""
    return bool(said) and said != noted


def _problem(plan: _Plan, row: Row, wanted: Wanted, by: Reach, now: datetime) -> str:
    """Why this row cannot be saved; "" when it can."""
    when = plan.found.when
    arrived = wanted.said.arrived_at
    if wanted.code in ARRIVED and arrived is None:
        return "Enter the time the pupil arrived, such as 8:52."
    if arrived is not None and arrived > _latest(when, now):
        return "The pupil cannot arrive later than now. Check the time."
    if row.code and row.code != wanted.code and when.day != local(now).date():
        may_amend = by.may(Permission.AMEND_REGISTER, plan.found.school)
        return AMEND_INSTEAD if may_amend else ASK_THE_OFFICE
    return plan.known.refusal(row.enrolment, when, wanted.code, wanted.said)


def _known(found: ClassRegister) -> Known:
    """What was read for the class, as the rules are asked about it."""
    year, place = codec.year_of(found.when.day), codec.position(*found.when)
    held = {year: frozenset({place})} if found.held else {}
    return Known(found.school, held, {row.pk: row.known for row in found.rows})


def _latest(when: DatedSession, now: datetime) -> time:
    """The latest time somebody can have arrived: now, or any time of an earlier day."""
    here = local(now)
    return here.time() if when.day == here.date() else time.max


def _write(plan: _Plan, reason: str, by: Reach, now: datetime) -> Recorded:
    """Write the marks and notes, in the caller's transaction. Raises Conflict."""
    found = plan.found
    done = Recorded()
    for former in sorted({row.code for row, _ in plan.writes}):
        done += save_register(
            school=found.school,
            when=found.when,
            codes={row.pk: wanted.code for row, wanted in plan.writes if row.code == former},
            expected=former,
            by=by.user,
            now=now,
            reason=reason if former else "",
        )
    keep_notes(
        [
            Noted(
                row.enrolment,
                found.when,
                wanted.code,
                plan.known.said(row.enrolment, found.when, wanted.code, wanted.said),
            )
            for row, wanted in plan.writes + plan.notes
        ],
        by=by.user,
        now=now,
    )
    if plan.writes:
        _write_down(found, done, by)
    return done


def _write_down(found: ClassRegister, done: Recorded, by: Reach) -> None:
    """One event for each saving, with who covered for whom."""
    tutors = tutors_on(found.school, found.when.day).get(found.group, [])
    covering = bool(tutors) and by.user.pk not in {tutor.tutor_id for tutor in tutors}
    record(
        Kind.REGISTER_TAKEN,
        by=by.user,
        authority=by.authority,
        school=found.school,
        on=f"attendance.Register:{found.school.pk}",
        group=group_words(found.group),
        session=f"{found.when.day.isoformat()} {found.when.session.words}",
        new=done.new,
        changed=done.changed,
        covering=covering,
    )
