"""Barriers found and resolved, considerations answered, support given, looked at and ended."""

from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction

from attendance.models import Enrolment
from audit.record import Kind, record
from authorities.access import Reach
from authorities.models import User
from authorities.packs import pack_in_force
from authorities.permissions import Permission
from cases.models import (
    Answer,
    Barrier,
    Case,
    ConsiderationAnswer,
    DeadlineKind,
    GivenSupport,
    SaidBy,
    SupportOutcome,
    SupportReview,
)
from cases.selectors.support import asked_of, catalogue_entry, kind_entry, staff_of
from cases.services import deadlines
from rules.dates import in_words
from rules.errors import Conflict, InvalidInput, RuleNotMet
from rules.plans import review_day_refusal

OWN_PLACES = ("in school", "outside school")


def changeable(reach: Reach, case: Case) -> Case:
    """The case, held until the end of the transaction, for somebody who may change it.

    Raises Forbidden, and Conflict for a closed case.
    """
    reach.require(Permission.CHANGE_CASE, case.school)
    held = (
        Case.objects.select_for_update(of=("self",), no_key=True)
        .select_related("school__trust", "enrolment__school", "pupil", "authority")
        .get(pk=case.pk)
    )
    if held.closed_on is not None:
        raise Conflict(
            f"This case was closed on {in_words(held.closed_on)}. Open a new case to go on."
        )
    return held


def not_in_future(day: date, today: date, what: str) -> None:
    """Raise InvalidInput for a day that is still to come."""
    if day > today:
        raise InvalidInput(f"The day {what} cannot be in the future.")


@dataclass(frozen=True, slots=True)
class Found:
    """A barrier as it was found. kind is "pack:key", or "" with a label, place and sensitive."""

    kind: str
    text: str
    said_by: SaidBy
    on: date
    label: str = ""
    place: str = ""
    sensitive: bool = False


@transaction.atomic
def find_barrier(*, reach: Reach, case: Case, found: Found, now: datetime, today: date) -> Barrier:
    """Write down what keeps the pupil from school. Raises Forbidden, Conflict and InvalidInput."""
    case = changeable(reach, case)
    not_in_future(found.on, today, "it was found")
    _on_roll(case.enrolment, found.on)
    if not found.text.strip():
        raise InvalidInput("Say what it is for this pupil.")
    place: str
    if found.kind:
        kind = kind_entry(pack_in_force(case.school, today), found.kind)
        label, place, sensitive = kind.label, kind.place, kind.sensitive or found.sensitive
    else:
        label, place, sensitive = found.label.strip(), found.place, found.sensitive
    if not label or place not in OWN_PLACES:
        raise InvalidInput("Give the barrier a name, and say whether it is in school or outside.")
    if sensitive:
        reach.require(Permission.VIEW_SENSITIVE, case.school)
    pack, _, key = found.kind.partition(":")
    row = Barrier.objects.create(
        authority=case.authority,
        case=case,
        pack=pack,
        key=key,
        label=label,
        place=place,
        sensitive=sensitive,
        text=found.text.strip(),
        said_by=found.said_by.value,
        found_on=found.on,
        found_by=reach.user,
        recorded_at=now,
    )
    _record(Kind.BARRIER_FOUND, row, case, reach)
    return row


def _on_roll(enrolment: Enrolment, day: date) -> None:
    if day < enrolment.starts_on:
        raise InvalidInput(
            f"The pupil joined this school on {in_words(enrolment.starts_on)}. "
            "Enter that day or a later one."
        )


@transaction.atomic
def resolve_barrier(
    *, reach: Reach, barrier: Barrier, on: date, how: str, now: datetime, today: date
) -> Barrier:
    """Say that a barrier is gone, and how. Raises Forbidden, InvalidInput and Conflict."""
    case = changeable(reach, barrier.case)
    row = Barrier.objects.select_for_update(of=("self",)).get(pk=barrier.pk)
    _see(reach, case, row.sensitive)
    if row.resolved_on is not None:
        raise Conflict("Somebody has said already that this barrier is gone. Nothing was changed.")
    not_in_future(on, today, "it was gone")
    if on < row.found_on:
        raise InvalidInput(f"The day must be on or after {in_words(row.found_on)}, when found.")
    if not how.strip():
        raise InvalidInput("Say what took the barrier away.")
    row.resolved_on, row.resolved_how = on, how.strip()
    row.resolved_by, row.resolved_at = reach.user, now
    row.save()
    _record(Kind.BARRIER_RESOLVED, row, case, reach)
    return row


def _see(reach: Reach, case: Case, sensitive: bool) -> None:
    if sensitive:
        reach.require(Permission.VIEW_SENSITIVE, case.school)


@transaction.atomic
def consider(
    *,
    reach: Reach,
    case: Case,
    which: str,
    answer: Answer,
    text: str,
    on: date,
    now: datetime,
    today: date,
) -> ConsiderationAnswer:
    """Answer something that the policy asks people to think about.

    which  "pack:key" of a consideration that holds for this pupil today

    Raises Forbidden, Conflict for a closed case, and InvalidInput.
    """
    case = changeable(reach, case)
    not_in_future(on, today, "of the answer")
    _on_roll(case.enrolment, on)
    if not text.strip():
        raise InvalidInput("Say what was done, what is planned, or why it is not right here.")
    asked = asked_of(case, reach, today)
    if which not in asked:
        raise InvalidInput("Choose one of the questions on this page. It may not apply any more.")
    layer, entry = asked[which]
    row = ConsiderationAnswer.objects.create(
        authority=case.authority,
        case=case,
        pack=layer.pack.name,
        key=entry.key,
        words=entry.words,
        source=f"{layer.pack.pack.title}: {entry.source}",
        sensitive=bool(entry.flags),
        answer=answer.value,
        text=text.strip(),
        answered_on=on,
        answered_by=reach.user,
        answered_at=now,
    )
    _record(Kind.CONSIDERATION_ANSWERED, row, case, reach)
    return row


@dataclass(frozen=True, slots=True)
class Offer:
    """Support as somebody wants to give it.

    entry  "pack:key" of the catalogue; "" for one's own, which `label` then names
    owner  number of a person of the staff, or None; who  who does it, in words
    """

    entry: str
    who: str
    starts_on: date
    review_on: date
    label: str = ""
    owner: int | None = None
    notes: str = ""
    link: str = ""
    sensitive: bool = False


@transaction.atomic
def give_support(
    *, reach: Reach, case: Case, offer: Offer, now: datetime, today: date
) -> GivenSupport:
    """Give a pupil support from the catalogue or of one's own, with the day it is looked at.

    Raises Forbidden, Conflict for a closed case, InvalidInput, and RuleNotMet with the next
    school day where the school does not meet on the review's.
    """
    case = changeable(reach, case)
    entry = catalogue_entry(pack_in_force(case.school, today), offer.entry) if offer.entry else None
    label = entry.label if entry is not None else offer.label.strip()
    if not label:
        raise InvalidInput("Say what the support is, or choose it from the catalogue.")
    if not offer.who.strip():
        raise InvalidInput("Say who gives the support.")
    _on_roll(case.enrolment, offer.starts_on)
    _see(reach, case, offer.sensitive)
    review_on_school_day(case, offer.review_on, since=max(offer.starts_on, today))
    row = GivenSupport.objects.create(
        authority=case.authority,
        case=case,
        school=case.school,
        pack=entry.pack if entry else "",
        key=entry.key if entry else "",
        label=label,
        stage=entry.stage if entry else None,
        area=entry.area if entry else "",
        source=entry.source if entry else "",
        sensitive=offer.sensitive,
        who=offer.who.strip(),
        owner=member_of_staff(case, offer.owner, today),
        notes=offer.notes.strip(),
        link=offer.link.strip(),
        starts_on=offer.starts_on,
        review_on=offer.review_on,
        given_by=reach.user,
        given_at=now,
    )
    _review_due(row, case, offer.starts_on)
    _record(Kind.SUPPORT_GIVEN, row, case, reach)
    return row


def member_of_staff(case: Case, number: int | None, today: date) -> User | None:
    """Somebody who may see to something on the case. Raises InvalidInput for anybody else."""
    if number is None:
        return None
    for person in staff_of(case, today):
        if person.pk == number:
            return person
    raise InvalidInput("Choose somebody who works on cases at this school, and on this one.")


def review_on_school_day(case: Case, day: date, *, since: date, what: str = "review") -> None:
    """Raise RuleNotMet, with the next school day, for a day on which nothing can be reviewed."""
    refusal = review_day_refusal(deadlines.calendar_of(case.school), day, since=since, what=what)
    if refusal:
        raise RuleNotMet(refusal)


def about(row: GivenSupport) -> str:
    """What a deadline of support is about."""
    return f"cases.GivenSupport:{row.pk}"


def _review_due(row: GivenSupport, case: Case, since: date) -> None:
    deadlines.start(
        case=case,
        kind=DeadlineKind.SUPPORT_REVIEW,
        words="Look at support that was given: does it help?",
        since=since,
        by=row.review_on,
        about=about(row),
        owner=row.owner,
        nothing="Nobody knows whether it helps, and it does not count as support that was tried.",
    )


def _running(reach: Reach, support: GivenSupport, seen: int) -> tuple[Case, GivenSupport]:
    """Support that goes on, held. Raises Conflict when it ended or was looked at since."""
    case = changeable(reach, support.case)
    row = GivenSupport.objects.select_for_update(of=("self",)).get(pk=support.pk)
    _see(reach, case, row.sensitive)
    if row.ended_on is not None:
        raise Conflict("Somebody has ended this support already. Nothing was changed.")
    if row.reviews.count() != seen:
        raise Conflict("Somebody looked at this support while you were writing. Read it first.")
    return case, row


@transaction.atomic
def review_support(
    *,
    reach: Reach,
    support: GivenSupport,
    held_on: date,
    words: str,
    next_on: date,
    seen: int,
    now: datetime,
    today: date,
) -> SupportReview:
    """Look at support that goes on, and say when the next look is.

    seen  how many reviews the person had read
    """
    case, row = _running(reach, support, seen)
    _held_after(row, held_on, today)
    if not words.strip():
        raise InvalidInput("Say what you saw: does it help?")
    review_on_school_day(case, next_on, since=max(held_on, today), what="next review")
    made = SupportReview.objects.create(
        authority=case.authority,
        support=row,
        held_on=held_on,
        words=words.strip(),
        next_on=next_on,
        held_by=reach.user,
        held_at=now,
    )
    row.review_on = next_on
    row.save(update_fields=["review_on"])
    _review_due(row, case, held_on)
    _record(Kind.SUPPORT_REVIEWED, row, case, reach)
    return made


def _held_after(row: GivenSupport, day: date, today: date) -> None:
    not_in_future(day, today, "of the review")
    if day < row.starts_on:
        raise InvalidInput(
            f"The support started on {in_words(row.starts_on)}. Enter that day or a later one."
        )


@transaction.atomic
def end_support(
    *,
    reach: Reach,
    support: GivenSupport,
    ended_on: date,
    outcome: SupportOutcome,
    words: str,
    seen: int,
    now: datetime,
    today: date,
) -> GivenSupport:
    """End support, and say what it came to."""
    case, row = _running(reach, support, seen)
    _held_after(row, ended_on, today)
    if not words.strip():
        raise InvalidInput("Say what the support came to, in words.")
    row.ended_on, row.outcome, row.outcome_words = ended_on, outcome.value, words.strip()
    row.ended_by, row.ended_at = reach.user, now
    row.save()
    deadlines.finish(
        case=case, kind=DeadlineKind.SUPPORT_REVIEW, today=today, by=reach.user, about=about(row)
    )
    _record(Kind.SUPPORT_ENDED, row, case, reach)
    return row


def end_with_case(*, reach: Reach, case: Case, because: str, today: date, now: datetime) -> None:
    """End the support that goes on, of a case that is being closed. Nobody said what it came to.

    As cases.services.closing says.
    """
    rows = GivenSupport.objects.select_for_update(of=("self",)).filter(case=case, ended_on=None)
    for row in rows.order_by("pk"):
        row.ended_on, row.outcome = today, SupportOutcome.CASE_CLOSED.value
        row.outcome_words, row.ended_by, row.ended_at = because, reach.user, now
        row.save(update_fields=["ended_on", "outcome", "outcome_words", "ended_by", "ended_at"])
        _record(Kind.SUPPORT_ENDED, row, case, reach)


def _record(
    kind: Kind,
    row: Barrier | ConsiderationAnswer | GivenSupport,
    case: Case,
    reach: Reach,
) -> None:
    record(
        kind,
        by=reach.user,
        authority=case.authority,
        school=case.school,
        on=row,
        reference=case.reference,
    )
