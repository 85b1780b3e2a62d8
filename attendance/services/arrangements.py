"""Agreeing beforehand what a register will say: for one pupil or a group; ending it early.

An arrangement is never edited. It is ended, and another one takes its place, so that what was
agreed on a day can always be read.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction

from attendance.models import Arrangement, ArrangementKind, Enrolment
from attendance.models.arrangements import EVERY_SESSION
from attendance.selectors.arrangements_preview import Preview, Span, preview_of
from attendance.selectors.calendars import calendar_of
from attendance.selectors.suspensions import suspension_days
from attendance.services.amending import Wanted, change_at_once
from attendance.services.marking import Said
from audit.record import Kind, record
from authorities.access import Reach
from authorities.models import School
from authorities.permissions import Permission
from authorities.references import new_reference
from rules import known_absence, suspensions
from rules.compulsory_age import compulsory_on
from rules.dates import ONE_DAY, in_words
from rules.errors import Conflict, InvalidInput, RuleNotMet
from rules.marking import Circumstances, refusal
from rules.school_calendar import Calendar

TRIP_CODES = {
    "V": "A trip or visit with school staff",
    "P": "A sporting activity",
    "B": "Another educational activity, in person and supervised",
}
OTHER_CODES = {
    "Q": "The council did not arrange the travel or access it owes",
    "Y1": "School transport is not available and it is too far to walk",
    "Y5": "In the criminal justice system",
    "Y6": "Kept away by public health guidance or law",
    "Y7": "Another unavoidable cause",
}


@dataclass(frozen=True, slots=True)
class Told:
    """What a person says when they agree something. Which fields count depends on the kind.

    nature        of the activity, the day of observance, the trade, the exam, the cause
    body          the religious body that sets a day apart
    arranged_by   who arranged alternative provision: a key of known_absence.PROVISIONS
    code          for a trip or another reason, where several codes are open
    nothing_arranged  education is due for a suspended pupil and was not arranged yet
    """

    kind: ArrangementKind
    starts_on: date
    ends_on: date
    pattern: str = EVERY_SESSION
    nature: str = ""
    other_school: str = ""
    body: str = ""
    arranged_by: str = "school"
    in_person: bool = True
    requires_travel: bool = False
    educated_elsewhere: bool = False
    last_paper: date | None = None
    nothing_arranged: bool = False
    code: str = ""


CODES: Mapping[ArrangementKind, str] = {
    ArrangementKind.WORK_EXPERIENCE: "W",
    ArrangementKind.DUAL: "D",
    ArrangementKind.SUSPENSION: "E",
    ArrangementKind.EXCLUSION: "E",
    ArrangementKind.RELIGIOUS: "R",
    ArrangementKind.MOBILE: "T",
    ArrangementKind.STUDY: "S",
    ArrangementKind.MEDICAL: "M",
    ArrangementKind.ILLNESS: "I",
}
CHOSEN: Mapping[ArrangementKind, Mapping[str, str]] = {
    ArrangementKind.TRIP: TRIP_CODES,
    ArrangementKind.OTHER: OTHER_CODES,
}


def code_of(told: Told) -> str:
    """The code that the register will be filled in with. Raises RuleNotMet and InvalidInput."""
    if told.kind in CODES:
        return CODES[told.kind]
    if told.kind == ArrangementKind.ALTERNATIVE:
        code = known_absence.provision_code(told.arranged_by, in_person=told.in_person)
        if not code:
            raise RuleNotMet(
                "Learning at home or through a screen is not attendance at another place. Use the"
                " code of the real reason for the absence."
            )
        return code
    if told.code not in CHOSEN.get(told.kind, {}):
        raise InvalidInput("Select which of these it is.")
    return told.code


def _religious(told: Told, enrolment: Enrolment) -> str:
    days = [told.pattern[at : at + 2] for at in range(0, 14, 2)]
    whole = all(halves in ("11", "00") for halves in days)
    return known_absence.religious_refusal(whole, told.nature, told.body)


def _mobile(told: Told, enrolment: Enrolment) -> str:
    return known_absence.mobile_refusal(told.nature, told.requires_travel, told.educated_elsewhere)


def _study(told: Told, enrolment: Enrolment) -> str:
    if told.last_paper is None:
        return "Enter the day of the last paper."
    return known_absence.study_refusal(
        enrolment.year_group,
        told.nature,
        told.ends_on,
        told.last_paper,
        asked_on=told.starts_on,
    )


REFUSALS: Mapping[ArrangementKind, Callable[[Told, Enrolment], str]] = {
    ArrangementKind.RELIGIOUS: _religious,
    ArrangementKind.MOBILE: _mobile,
    ArrangementKind.STUDY: _study,
}


def nature_of(told: Told) -> str:
    """What is kept beside the code, in one line."""
    if told.kind == ArrangementKind.RELIGIOUS:
        return f"{told.nature.strip()} ({told.body.strip()})"[:200]
    if told.kind == ArrangementKind.STUDY and told.last_paper is not None:
        return f"{told.nature.strip()}, last paper {in_words(told.last_paper)}"[:200]
    return told.nature.strip()[:200]


def preview(
    *,
    reach: Reach,
    school: School,
    enrolments: Sequence[Enrolment],
    told: Told,
    today: date,
    instead_of: Arrangement | None = None,
) -> Preview:
    """What agreeing this would do. Raises Forbidden, and RuleNotMet with the rule in words."""
    reach.require(Permission.AMEND_REGISTER, school)
    if not enrolments:
        raise InvalidInput("Select at least one pupil.")
    if told.ends_on < told.starts_on:
        raise RuleNotMet("The last day must be on or after the first.")
    span = Span(told.starts_on, told.ends_on, code_of(told), told.pattern)
    calendar = calendar_of(school)
    shown = preview_of(
        school,
        enrolments,
        span,
        today=today,
        calendar=calendar,
        leaving_out=[instead_of.pk] if instead_of else [],
    )
    if not shown.sessions:
        raise RuleNotMet(
            "The school does not meet then, or nobody chosen is on roll. Check the dates and the"
            " school's calendar."
        )
    for row in shown.pupils:
        sentence = _refused(told, row.enrolment, span, calendar, instead_of) if row.sessions else ""
        if sentence:
            who = f"{row.enrolment.pupil.name}: " if len(enrolments) > 1 else ""
            raise RuleNotMet(f"{who}{sentence}")
    return shown


def _refused(
    told: Told,
    enrolment: Enrolment,
    span: Span,
    calendar: Calendar,
    instead_of: Arrangement | None,
) -> str:
    """Why this may not be agreed for one pupil, as a sentence; "" when it may."""
    by_kind = REFUSALS.get(told.kind)
    sentence = by_kind(told, enrolment) if by_kind else ""
    if not sentence and told.kind in (ArrangementKind.SUSPENSION, ArrangementKind.EXCLUSION):
        sentence = _suspension(told, enrolment, span, calendar, instead_of)
    return sentence or by_code(enrolment, span, calendar, nature_of(told), told.other_school)


def by_code(
    enrolment: Enrolment, span: Span, calendar: Calendar, nature: str, other_school: str
) -> str:
    """Why the code may not be entered on some session of a span; "" when it may on each."""
    for when in calendar.held:
        if when not in span:
            continue
        found = Circumstances(
            day=when.day,
            session=when.session,
            compulsory_age=compulsory_on(enrolment.pupil.born_on, when.day),
            agreed=frozenset({span.code}),
            nature=nature,
            other_school=other_school,
        )
        if sentence := refusal(span.code, found):
            return sentence
    return ""


def _suspension(
    told: Told,
    enrolment: Enrolment,
    span: Span,
    calendar: Calendar,
    instead_of: Arrangement | None,
) -> str:
    """The limit of a year, and the sixth day in a row."""
    found = suspension_days(
        enrolment, span, calendar, leaving_out=instead_of.pk if instead_of else None
    )
    if told.kind == ArrangementKind.SUSPENSION:
        over = suspensions.over_the_limit(found.before, found.now, told.starts_on)
        if over:
            return over
    due = suspensions.days_provision_is_due(calendar.days, found.days)
    return suspensions.refusal([day for day in due if day >= told.starts_on], told.nothing_arranged)


@transaction.atomic
def agree(
    *,
    reach: Reach,
    school: School,
    enrolments: Sequence[Enrolment],
    told: Told,
    seen: str,
    amend: bool,
    now: datetime,
    today: date,
    instead_of: Arrangement | None = None,
) -> list[Arrangement]:
    """Agree it for each pupil, and put right the marks that were shown, if the person says so.

    seen        the digest of the preview that the person read
    amend       change marks that say absent without reason to the new code
    instead_of  the arrangement that this one takes the place of: it ends the day before

    Raises Forbidden, RuleNotMet, InvalidInput, and Conflict when something changed since.
    """
    reach.require(Permission.AMEND_REGISTER, school)
    lock(enrolments)
    shown = preview(
        reach=reach,
        school=school,
        enrolments=enrolments,
        told=told,
        today=today,
        instead_of=instead_of,
    )
    if shown.digest != seen:
        raise Conflict("Something changed since you looked. Check again, then confirm.")
    if instead_of is not None:
        end_early(
            reach=reach,
            arrangements=[instead_of],
            last_day=told.starts_on - ONE_DAY,
            because="Another arrangement took its place",
            now=now,
        )
    together = new_reference() if len(enrolments) > 1 else ""
    rows = [
        make(
            reach=reach,
            enrolment=row.enrolment,
            kind=told.kind,
            span=shown.span,
            nature=nature_of(told),
            other_school=told.other_school.strip(),
            together=together,
            instead_of=instead_of,
            now=now,
        )
        for row in shown.pupils
        if row.sessions
    ]
    if amend:
        put_right(shown, rows[0], reach=reach, reason="Agreed afterwards", now=now)
    return rows


def lock(enrolments: Sequence[Enrolment]) -> None:
    """Hold these enrolments, so that two people cannot agree the same thing at once."""
    ids = [enrolment.pk for enrolment in enrolments]
    list(Enrolment.objects.select_for_update(no_key=True).filter(pk__in=ids).order_by("pk"))


def make(
    *,
    reach: Reach,
    enrolment: Enrolment,
    kind: ArrangementKind,
    span: Span,
    now: datetime,
    nature: str = "",
    other_school: str = "",
    together: str = "",
    instead_of: Arrangement | None = None,
) -> Arrangement:
    """Write one arrangement down, in the caller's transaction. Raises Conflict for a twin."""
    twin = Arrangement.objects.filter(
        enrolment=enrolment,
        kind=kind,
        code=span.code,
        starts_on=span.first,
        ends_on=span.last,
        pattern=span.pattern,
        ended_on=None,
    )
    if twin.exists():
        raise Conflict("This was agreed already. Nothing was agreed twice.")
    row = Arrangement.objects.create(
        authority_id=enrolment.authority_id,
        school_id=enrolment.school_id,
        enrolment=enrolment,
        kind=kind,
        code=span.code,
        starts_on=span.first,
        ends_on=span.last,
        pattern=span.pattern,
        nature=nature,
        other_school=other_school,
        together=together,
        instead_of=instead_of,
        agreed_by=reach.user,
        agreed_at=now,
    )
    _write_down(Kind.ARRANGEMENT_AGREED, row, reach)
    return row


def put_right(shown: Preview, row: Arrangement, *, reach: Reach, reason: str, now: datetime) -> int:
    """Change the marks of a preview that say absent without reason to the code agreed.

    The fresh ones at once; the old ones wait for a second person, as any correction does. Returns
    how many changes of marks were made or asked for.
    """
    wanted = Wanted(row.code, f"{reason} ({row.reference})", Said(row.nature, row.other_school))
    fresh = [(one.enrolment, cell.when) for one in shown.pupils for cell in one.to_amend]
    old = [(one.enrolment, cell.when) for one in shown.pupils for cell in one.too_old]
    changes = [
        change_at_once(
            reach=reach,
            school=row.school,
            picks=picks,
            wanted=wanted,
            selected=f"Arrangement {row.reference}",
            now=now,
        )
        for picks in (fresh, old)
        if picks
    ]
    return len(changes)


@transaction.atomic
def end_early(
    *,
    reach: Reach,
    arrangements: Sequence[Arrangement],
    last_day: date,
    because: str,
    now: datetime,
) -> int:
    """End arrangements with a day as their last; a day before the start means never.

    Returns how many ended. Marks that were made under them stay, and are corrected one by one.
    Raises Forbidden, InvalidInput without a reason, and Conflict for one that ended before.
    """
    if not because.strip():
        raise InvalidInput("Say why it ends early.")
    ids = [row.pk for row in arrangements]
    rows = Arrangement.objects.select_for_update(of=("self",)).select_related("school__trust")
    for row in rows.filter(pk__in=ids).order_by("pk"):
        reach.require(Permission.AMEND_REGISTER, row.school)
        if row.last_day <= last_day:
            raise Conflict(f"This ends on {in_words(row.last_day)} already.")
        row.ended_on = last_day
        row.ended_by = reach.user
        row.ended_because = because.strip()[:300]
        row.save(update_fields=["ended_on", "ended_by", "ended_because"])
        _write_down(Kind.ARRANGEMENT_ENDED, row, reach)
    return len(ids)


def _write_down(kind: Kind, row: Arrangement, reach: Reach) -> None:
    """One event, without the kind of arrangement: it may tell of health, faith or exclusion."""
    record(
        kind,
        by=reach.user,
        authority=reach.authority,
        school=row.school,
        on=row,
        reference=row.reference,
    )
