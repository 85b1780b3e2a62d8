"""Part-time timetables: agreed with a parent, reviewed, ended; going on is agreed anew."""

from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction

from attendance.models import (
    Adult,
    AdultLink,
    ArrangementKind,
    Enrolment,
    PartTimeAgreement,
    PartTimeReview,
    ReviewOutcome,
)
from attendance.selectors.arrangements_preview import Preview, Span, preview_of
from attendance.selectors.calendars import calendar_of
from attendance.selectors.part_time import review_every
from attendance.services import arrangements
from audit.record import Kind, record
from authorities.access import Reach
from authorities.permissions import Permission
from rules import part_time as law
from rules.compulsory_age import compulsory_on
from rules.errors import Conflict, InvalidInput, RuleNotMet


@dataclass(frozen=True, slots=True)
class Agreed:
    """What a part-time timetable is agreed as.

    pattern  fourteen 0s and 1s: the half days on which the pupil does not come in
    extends  the agreement before it, and why it goes on
    """

    aim: str
    why: str
    for_behaviour: bool
    consent_by: Adult
    consent_on: date
    pattern: str
    first: date
    last: date
    review_on: date
    council_told_on: date | None = None
    extends: PartTimeAgreement | None = None
    extended_because: str = ""


def preview(*, reach: Reach, enrolment: Enrolment, agreed: Agreed, today: date) -> Preview:
    """What agreeing this would do. Raises Forbidden, InvalidInput and RuleNotMet in words."""
    reach.require(Permission.AMEND_REGISTER, enrolment.school)
    if not AdultLink.objects.filter(pupil=enrolment.pupil_id, adult=agreed.consent_by).exists():
        raise InvalidInput("Select the parent who agreed from this pupil's record.")
    if agreed.extends is not None and not agreed.extended_because.strip():
        raise RuleNotMet("Say why the timetable must go on. Going on is a new agreement.")
    calendar = calendar_of(enrolment.school)
    every, _ = review_every(enrolment.school, today)
    sentence = law.refusal(
        law.Agreement(
            aim=agreed.aim,
            why=agreed.why,
            for_behaviour=agreed.for_behaviour,
            consent_on=agreed.consent_on,
            pattern=agreed.pattern,
            first=agreed.first,
            last=agreed.last,
            review_on=agreed.review_on,
        ),
        calendar,
        every,
    )
    span = _span(enrolment, agreed)
    sentence = sentence or arrangements.by_code(enrolment, span, calendar, agreed.why, "")
    if sentence:
        raise RuleNotMet(sentence)
    shown = preview_of(enrolment.school, [enrolment], span, today=today, calendar=calendar)
    if not shown.sessions:
        raise RuleNotMet(
            "The school does not meet on the half days ticked. Check the dates and the calendar."
        )
    return shown


def _span(enrolment: Enrolment, agreed: Agreed) -> Span:
    """The days with their code, by the age on the first day. A birthday between needs two."""
    young = not compulsory_on(enrolment.pupil.born_on, agreed.first)
    code = law.code_for(compulsory_age=not young)
    return Span(agreed.first, agreed.last, code, agreed.pattern)


@transaction.atomic
def agree(
    *,
    reach: Reach,
    enrolment: Enrolment,
    agreed: Agreed,
    seen: str,
    amend: bool,
    now: datetime,
    today: date,
) -> PartTimeAgreement:
    """Agree a part-time timetable with its first review. It ends by itself on its last day.

    Raises Forbidden, InvalidInput, RuleNotMet with the law in words, and Conflict.
    """
    reach.require(Permission.AMEND_REGISTER, enrolment.school)
    arrangements.lock([enrolment])
    shown = preview(reach=reach, enrolment=enrolment, agreed=agreed, today=today)
    if shown.digest != seen:
        raise Conflict("Something changed since you looked. Check again, then confirm.")
    row = arrangements.make(
        reach=reach,
        enrolment=enrolment,
        kind=ArrangementKind.PART_TIME,
        span=shown.span,
        now=now,
        instead_of=agreed.extends.arrangement if agreed.extends else None,
    )
    if amend:
        arrangements.put_right(shown, row, reach=reach, reason="Part-time timetable", now=now)
    made = PartTimeAgreement.objects.create(
        authority_id=enrolment.authority_id,
        school_id=enrolment.school_id,
        enrolment=enrolment,
        arrangement=row,
        aim=agreed.aim.strip(),
        why=agreed.why.strip(),
        consent_by=agreed.consent_by,
        consent_on=agreed.consent_on,
        council_told_on=agreed.council_told_on,
        extends=agreed.extends,
        extended_because=agreed.extended_because.strip(),
    )
    PartTimeReview.objects.create(
        authority_id=enrolment.authority_id, agreement=made, due_on=agreed.review_on
    )
    _write_down(Kind.PART_TIME_AGREED, made, reach)
    return made


@dataclass(frozen=True, slots=True)
class Held:
    """What a review came to. `next_on` is needed when the timetable goes on."""

    held_on: date
    outcome: ReviewOutcome
    note: str
    next_on: date | None = None


@transaction.atomic
def review(
    agreement: PartTimeAgreement, *, reach: Reach, held: Held, now: datetime, today: date
) -> PartTimeReview:
    """Record the review that is due. Going back to full time, or changing, ends it that day.

    Raises Forbidden, InvalidInput, RuleNotMet for the next one, and Conflict without one due.
    """
    reach.require(Permission.AMEND_REGISTER, agreement.school)
    if held.held_on > today:
        raise InvalidInput("A review is recorded once it was held.")
    if not held.note.strip():
        raise InvalidInput("Say what the review found.")
    row = (
        PartTimeReview.objects.select_for_update().filter(agreement=agreement, held_on=None).first()
    )
    if row is None:
        raise Conflict("No review is due. Somebody recorded it already, or it has ended.")
    arrangement = agreement.arrangement
    row.held_on, row.outcome, row.note = held.held_on, held.outcome.value, held.note.strip()
    row.held_by, row.held_at = reach.user, now
    row.save()
    if held.outcome == ReviewOutcome.GOES_ON:
        _next(agreement, held, today)
    elif arrangement.last_day > held.held_on:
        arrangements.end_early(
            reach=reach,
            arrangements=[arrangement],
            last_day=held.held_on,
            because=f"Review: {held.outcome.label.lower()}",
            now=now,
        )
    _write_down(Kind.PART_TIME_REVIEWED, agreement, reach)
    return row


def _next(agreement: PartTimeAgreement, held: Held, today: date) -> None:
    """The next review, unless the timetable ends with this one."""
    last = agreement.arrangement.last_day
    if held.held_on >= last:
        return
    if held.next_on is None:
        raise InvalidInput("Enter the day of the next review.")
    every, _ = review_every(agreement.school, today)
    sentence = law.review_refusal(
        held.next_on,
        since=held.held_on,
        last=last,
        calendar=calendar_of(agreement.school),
        review_every=every,
    )
    if sentence:
        raise RuleNotMet(sentence)
    PartTimeReview.objects.create(
        authority_id=agreement.authority_id, agreement=agreement, due_on=held.next_on
    )


@transaction.atomic
def tell_council(
    agreement: PartTimeAgreement, *, reach: Reach, told_on: date, today: date
) -> PartTimeAgreement:
    """Record on which day the council was told. Raises Forbidden and InvalidInput."""
    reach.require(Permission.AMEND_REGISTER, agreement.school)
    if told_on > today:
        raise InvalidInput("The day the council was told cannot be in the future.")
    row = PartTimeAgreement.objects.select_for_update(of=("self",)).get(pk=agreement.pk)
    row.council_told_on = told_on
    row.save(update_fields=["council_told_on"])
    _write_down(Kind.PART_TIME_COUNCIL_TOLD, agreement, reach)
    return row


def _write_down(kind: Kind, agreement: PartTimeAgreement, reach: Reach) -> None:
    record(
        kind,
        by=reach.user,
        authority=reach.authority,
        school=agreement.school,
        on=agreement,
        reference=agreement.reference,
    )
