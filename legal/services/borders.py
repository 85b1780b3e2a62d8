"""Notices of other councils, and what those councils answered when they were asked."""

from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction

from attendance.models import Adult, Pupil
from audit.record import Kind, record
from authorities.access import Reach
from authorities.models import School
from authorities.permissions import Permission
from legal.models import BorderCheck, BorderPlace, ExternalNotice, PenaltyNotice
from legal.services import slots
from legal.services.withdrawals import ask_to_look_again
from rules.dates import in_words
from rules.errors import InvalidInput
from rules.notice_limit import Outcome
from rules.notice_stages import PENALTY

OVERFULL = (
    "Another council issued a notice to this parent for this pupil on {day}. With it, more than "
    "two count at once. Decide whether this one ought not to have been issued."
)


@dataclass(frozen=True, slots=True)
class Declared:
    """A notice that another council says it issued. words: how we know of it."""

    council: str
    their_reference: str
    issued_on: date
    outcome: str
    words: str


@dataclass(frozen=True, slots=True)
class Answered:
    """What another council answered: for which days, and how many notices it named."""

    council: str
    asked_on: date
    answered_on: date
    covers_from: date
    covers_to: date
    found: int
    words: str


def _said(*texts: str) -> None:
    if not all(text.strip() for text in texts):
        raise InvalidInput("Write which council it is, and how you know.")


@transaction.atomic
def declare(
    *,
    reach: Reach,
    school: School,
    pupil: Pupil,
    adult: Adult,
    declared: Declared,
    today: date,
    now: datetime,
) -> tuple[ExternalNotice, list[PenaltyNotice]]:
    """Record another council's notice: from now on it counts, and holds a slot where one is free.

    Returns it with our open notices that a person must look at again, because more than two now
    count at once. Nothing is undone. Raises Forbidden and InvalidInput.
    """
    reach.require(Permission.SERVE_NOTICE, school)
    _said(declared.council, declared.words)
    if declared.issued_on > today:
        raise InvalidInput("The day it was issued cannot be after today.")
    if declared.outcome not in set(Outcome):
        raise InvalidInput("Choose what came of it.")
    slots.lock(pupil.authority_id, pupil.pk, adult.pk)
    made = ExternalNotice.objects.create(
        authority_id=pupil.authority_id,
        pupil=pupil,
        adult=adult,
        council=declared.council.strip(),
        their_reference=declared.their_reference.strip(),
        issued_on=declared.issued_on,
        outcome=declared.outcome,
        words=declared.words.strip(),
        recorded_by=reach.user,
        recorded_at=now,
    )
    record(Kind.EXTERNAL_NOTICE, by=reach.user, authority=reach.authority, school=school, on=made)
    overfull = slots.place_externals(pupil.authority_id, pupil.pk, adult.pk, today=today)
    asked = []
    if made in overfull:
        why = OVERFULL.format(day=in_words(made.issued_on))
        asked = [
            ask_to_look_again(notice, why, today=today, now=now)
            for notice in PenaltyNotice.objects.select_for_update(of=("self",), no_key=True)
            .filter(pupil=pupil, adult=adult, issued_on__gte=made.issued_on)
            .exclude(state__in=[state.value for state in PENALTY.over])
            .order_by("pk")
        ]
    return made, asked


@transaction.atomic
def settle_external(
    *, reach: Reach, school: School, notice: ExternalNotice, outcome: str, today: date
) -> ExternalNotice:
    """Record what came of another council's notice: one withdrawn or lost gives its slot back."""
    reach.require(Permission.SERVE_NOTICE, school)
    if outcome not in set(Outcome):
        raise InvalidInput("Choose what came of it.")
    slots.lock(notice.authority_id, notice.pupil_id, notice.adult_id)
    notice.outcome = outcome
    notice.save(update_fields=["outcome"])
    record(Kind.EXTERNAL_NOTICE, by=reach.user, authority=reach.authority, school=school, on=notice)
    slots.place_externals(notice.authority_id, notice.pupil_id, notice.adult_id, today=today)
    return notice


@transaction.atomic
def name_place(
    *,
    reach: Reach,
    school: School,
    pupil: Pupil,
    council: str,
    since: date | None,
    until: date | None,
    words: str,
    today: date,
    now: datetime,
) -> BorderPlace:
    """Record another council where the child lived or was on a roll; council "": there was none.

    Raises Forbidden and InvalidInput.
    """
    reach.require(Permission.PREPARE_NOTICE, school)
    _said(words)
    if since and until and until < since:
        raise InvalidInput("The last day must be after the first day.")
    made = BorderPlace.objects.create(
        authority_id=pupil.authority_id,
        pupil=pupil,
        council=council.strip(),
        since=since,
        until=until,
        words=words.strip(),
        recorded_by=reach.user,
        recorded_on=today,
        recorded_at=now,
    )
    record(Kind.BORDER_CHECKED, by=reach.user, authority=reach.authority, school=school, on=made)
    return made


@transaction.atomic
def check(
    *,
    reach: Reach,
    school: School,
    pupil: Pupil,
    adult: Adult,
    answered: Answered,
    today: date,
    now: datetime,
) -> BorderCheck:
    """Record what another council answered about a parent. Raises Forbidden and InvalidInput."""
    reach.require(Permission.SERVE_NOTICE, school)
    _said(answered.council, answered.words)
    if not answered.asked_on <= answered.answered_on <= today:
        raise InvalidInput("It must be answered on or after the day it was asked, and by today.")
    if answered.covers_to < answered.covers_from:
        raise InvalidInput("The days it answered for end before they start.")
    made = BorderCheck.objects.create(
        authority_id=pupil.authority_id,
        pupil=pupil,
        adult=adult,
        council=answered.council.strip(),
        asked_on=answered.asked_on,
        answered_on=answered.answered_on,
        covers_from=answered.covers_from,
        covers_to=answered.covers_to,
        found=answered.found,
        words=answered.words.strip(),
        recorded_by=reach.user,
        recorded_at=now,
    )
    record(Kind.BORDER_CHECKED, by=reach.user, authority=reach.authority, school=school, on=made)
    return made
