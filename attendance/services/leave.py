"""Leave of absence: a parent asks, the headteacher answers, the register follows."""

from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction

from attendance.models import Adult, ArrangementKind, Enrolment, LeaveRequest, LeaveState
from attendance.models.people import AdultLink
from attendance.selectors.arrangements_preview import Preview, Span, preview_of
from attendance.selectors.calendars import calendar_of
from attendance.services import arrangements
from audit.record import Kind, record
from authorities.access import Reach
from authorities.models import User
from authorities.permissions import Permission
from rules import leave as law
from rules.dates import ONE_DAY, in_words
from rules.errors import Conflict, InvalidInput, RuleNotMet
from rules.leave import Purpose
from rules.school_calendar import sessions_between, year_end, year_start_on

LONGEST_REASON = 1000


@dataclass(frozen=True, slots=True)
class Asked:
    """What a parent asks for, by form, phone or online."""

    asked_by: Adult
    asked_on: date
    way: str
    first_day: date
    last_day: date
    purpose: Purpose
    reason: str


@transaction.atomic
def record_request(
    *, reach: Reach, enrolment: Enrolment, asked: Asked, now: datetime, today: date
) -> LeaveRequest:
    """The office writes down a request that came on paper or by phone. Raises as `receive`."""
    reach.require(Permission.AMEND_REGISTER, enrolment.school)
    return receive(enrolment=enrolment, asked=asked, recorded_by=reach.user, now=now, today=today)


@transaction.atomic
def receive(
    *,
    enrolment: Enrolment,
    asked: Asked,
    recorded_by: User | None,
    now: datetime,
    today: date,
) -> LeaveRequest:
    """Take a request for leave. The caller has seen to it that the person may ask.

    recorded_by  who wrote it down; None for a parent who asked online

    Raises InvalidInput, RuleNotMet in words, and Conflict for a request that waits already.
    """
    _check(enrolment, asked, today)
    arrangements.lock([enrolment])
    same = LeaveRequest.objects.filter(
        enrolment=enrolment,
        asked_by=asked.asked_by,
        first_day=asked.first_day,
        last_day=asked.last_day,
        state=LeaveState.ASKED,
    )
    if same.exists():
        raise Conflict("This request waits for an answer already. Nothing was recorded twice.")
    row = LeaveRequest.objects.create(
        authority_id=enrolment.authority_id,
        school_id=enrolment.school_id,
        enrolment=enrolment,
        asked_by=asked.asked_by,
        asked_on=asked.asked_on,
        way=asked.way,
        first_day=asked.first_day,
        last_day=asked.last_day,
        purpose=Purpose(asked.purpose).value,
        reason=asked.reason.strip(),
        recorded_by=recorded_by,
        recorded_at=now,
    )
    _write_down(Kind.LEAVE_RECORDED, row, recorded_by)
    return row


def _check(enrolment: Enrolment, asked: Asked, today: date) -> None:
    """Refuse what cannot be a request for this pupil."""
    if not AdultLink.objects.filter(pupil=enrolment.pupil_id, adult=asked.asked_by).exists():
        raise InvalidInput("Select an adult from this pupil's record.")
    if asked.last_day < asked.first_day:
        raise InvalidInput("The last day must be on or after the first.")
    if asked.asked_on > today:
        raise InvalidInput("The day of the request cannot be in the future.")
    if not asked.reason.strip():
        raise InvalidInput("Write down what the parent said.")
    if len(asked.reason) > LONGEST_REASON:
        raise InvalidInput(f"The reason must be {LONGEST_REASON} characters or fewer.")
    if asked.last_day > year_end(year_start_on(asked.first_day)):
        raise InvalidInput("One request is for days of one school year. Record two.")
    _refuse_no_school(enrolment, asked.first_day, asked.last_day)


def _refuse_no_school(enrolment: Enrolment, first: date, last: date) -> None:
    """Refuse days on which the school does not meet, where its calendar says so."""
    calendar = calendar_of(enrolment.school)
    known = calendar.days and last <= calendar.days[-1]
    if known and not sessions_between(calendar, first, last):
        raise RuleNotMet("The school does not meet on those days, so no leave is needed.")


@transaction.atomic
def correct(
    leave: LeaveRequest,
    *,
    reach: Reach,
    purpose: Purpose,
    first_day: date,
    last_day: date,
    reason: str,
    today: date,
) -> LeaveRequest:
    """Correct a request that waits: what was misread, or what the family has said since.

    Raises Forbidden, InvalidInput, RuleNotMet, and Conflict once it is decided.
    """
    reach.require(Permission.AMEND_REGISTER, leave.school)
    leave = _locked(leave, LeaveState.ASKED)
    if leave.asked_by is None:
        raise InvalidInput("Select an adult from this pupil's record.")
    asked = Asked(leave.asked_by, leave.asked_on, leave.way, first_day, last_day, purpose, reason)
    _check(leave.enrolment, asked, today)
    leave.purpose, leave.reason = Purpose(purpose).value, reason.strip()
    leave.first_day, leave.last_day = first_day, last_day
    leave.save(update_fields=["purpose", "reason", "first_day", "last_day"])
    _write_down(Kind.LEAVE_CHANGED, leave, reach.user)
    return leave


@dataclass(frozen=True, slots=True)
class Answer:
    """What the headteacher decides.

    ground  a key of rules.leave.GROUNDS; "" refuses
    said    what the law asks the decision to state about the ground
    reason  why: for the parent to read. Needed on a refusal, and when only some days are granted
    """

    ground: str
    said: str
    first: date
    last: date
    reason: str


def preview(leave: LeaveRequest, answer: Answer, *, reach: Reach, today: date) -> Preview:
    """What granting would do to the register. Raises Forbidden, and RuleNotMet with the law."""
    reach.require(Permission.DECIDE_LEAVE, leave.school)
    grant = law.Grant(
        purpose=Purpose(leave.purpose),
        asked_first=leave.first_day,
        asked_last=leave.last_day,
        first=answer.first,
        last=answer.last,
        said=answer.said,
        year_group=leave.enrolment.year_group,
    )
    if sentence := law.refusal(answer.ground, grant):
        raise RuleNotMet(sentence)
    if is_part(leave, answer) and not answer.reason.strip():
        raise RuleNotMet("Say why the other days are not granted. The parent reads it.")
    calendar = calendar_of(leave.school)
    span = Span(answer.first, answer.last, law.GROUNDS[answer.ground].code)
    return preview_of(leave.school, [leave.enrolment], span, today=today, calendar=calendar)


def is_part(leave: LeaveRequest, answer: Answer) -> bool:
    """Whether fewer days are granted than were asked for."""
    return (answer.first, answer.last) != (leave.first_day, leave.last_day)


@transaction.atomic
def grant(
    leave: LeaveRequest,
    *,
    reach: Reach,
    answer: Answer,
    seen: str,
    amend: bool,
    now: datetime,
    today: date,
) -> LeaveRequest:
    """The headteacher grants all the days or some, on a lawful ground; the register will say so.

    seen   the digest of the preview that was read
    amend  change marks of those days that say absent without reason

    Raises Forbidden, RuleNotMet with the law in words, and Conflict.
    """
    reach.require(Permission.DECIDE_LEAVE, leave.school)
    leave = _locked(leave, LeaveState.ASKED)
    shown = preview(leave, answer, reach=reach, today=today)
    if shown.digest != seen:
        raise Conflict("Something changed since you looked. Check again, then confirm.")
    row = arrangements.make(
        reach=reach,
        enrolment=leave.enrolment,
        kind=ArrangementKind.STUDY if answer.ground == "study" else ArrangementKind.LEAVE,
        span=shown.span,
        nature=answer.said.strip()[:200],
        now=now,
    )
    if amend:
        arrangements.put_right(shown, row, reach=reach, reason="Leave granted", now=now)
    leave.arrangement, leave.ground = row, answer.ground
    leave.granted_first, leave.granted_last = answer.first, answer.last
    return _decided(leave, LeaveState.GRANTED, answer.reason or answer.said, reach, now)


@transaction.atomic
def refuse(leave: LeaveRequest, *, reach: Reach, reason: str, now: datetime) -> LeaveRequest:
    """The headteacher refuses, with the reason that the parent reads.

    Raises Forbidden, InvalidInput without a reason, and Conflict.
    """
    reach.require(Permission.DECIDE_LEAVE, leave.school)
    if not reason.strip():
        raise InvalidInput("Say why. The parent reads it.")
    leave = _locked(leave, LeaveState.ASKED)
    return _decided(leave, LeaveState.REFUSED, reason, reach, now)


def _decided(
    leave: LeaveRequest, state: LeaveState, reason: str, reach: Reach, now: datetime
) -> LeaveRequest:
    """Write the decision. Who recorded the request may decide it too, and the history says so."""
    leave.state, leave.decision_reason = state.value, reason.strip()[:LONGEST_REASON]
    leave.decided_by, leave.decided_at = reach.user, now
    leave.save()
    own = leave.recorded_by_id == reach.user.pk
    kind = Kind.LEAVE_DECIDED_OWN if own else Kind.LEAVE_DECIDED
    _write_down(kind, leave, reach.user, decision=state.label.lower())
    return leave


@transaction.atomic
def withdraw(leave: LeaveRequest, *, reach: Reach, now: datetime, today: date) -> LeaveRequest:
    """The parent takes the request back. Leave that was granted and has not begun ends unused.

    Raises Forbidden, and Conflict for one that was refused, withdrawn or has begun.
    """
    reach.require(Permission.AMEND_REGISTER, leave.school)
    leave = _locked(leave, LeaveState.ASKED, LeaveState.GRANTED)
    if leave.granted_first is not None and leave.arrangement is not None:
        if leave.granted_first <= today:
            raise Conflict(
                f"This leave began on {in_words(leave.granted_first)}. End the arrangement early"
                " instead, with the last day of leave."
            )
        arrangements.end_early(
            reach=reach,
            arrangements=[leave.arrangement],
            last_day=leave.granted_first - ONE_DAY,
            because="The parent took the request back",
            now=now,
        )
    leave.state = LeaveState.WITHDRAWN.value
    leave.save(update_fields=["state"])
    _write_down(Kind.LEAVE_WITHDRAWN, leave, reach.user)
    return leave


@transaction.atomic
def check_return(
    leave: LeaveRequest, *, reach: Reach, returned_on: date | None, today: date
) -> LeaveRequest:
    """Somebody says on which day the pupil came back, or that the pupil is not back yet.

    Raises Forbidden, InvalidInput for a day that cannot be, and Conflict before the leave ends.
    """
    reach.require(Permission.AMEND_REGISTER, leave.school)
    leave = _locked(leave, LeaveState.GRANTED)
    if leave.ends_on is None or leave.ends_on >= today:
        raise Conflict("This leave has not ended yet.")
    if returned_on is not None and not leave.ends_on < returned_on <= today:
        raise InvalidInput(
            f"The day of return must be after {in_words(leave.ends_on)}, the last day of"
            " leave, and not in the future."
        )
    leave.return_checked_on, leave.returned_on = today, returned_on
    leave.save(update_fields=["return_checked_on", "returned_on"])
    outcome = "back" if returned_on else "not back yet"
    _write_down(Kind.LEAVE_RETURN_CHECKED, leave, reach.user, outcome=outcome)
    return leave


def _locked(leave: LeaveRequest, *states: LeaveState) -> LeaveRequest:
    """The request as it is now, locked. Raises Conflict when it stands elsewhere."""
    row = (
        LeaveRequest.objects.select_for_update(of=("self",), no_key=True)
        .select_related("enrolment__pupil", "enrolment__school", "school__trust", "authority")
        .select_related("asked_by", "arrangement")
        .get(pk=leave.pk)
    )
    if LeaveState(row.state) not in states:
        raise Conflict(f"This request is: {LeaveState(row.state).label.lower()}.")
    return row


def _write_down(kind: Kind, leave: LeaveRequest, by: User | None, **facts: object) -> None:
    record(
        kind,
        by=by,
        authority=leave.authority,
        school=leave.school,
        on=leave,
        reference=leave.reference,
        **facts,
    )
