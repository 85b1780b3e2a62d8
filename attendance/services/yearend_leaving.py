"""Taking a name off a roll on a lawful ground, taking that back, and putting a name on again."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import ProtectedError, RestrictedError

from attendance.models import Enrolment, Leaving, Pupil, ReturnKind, ReturnMade, RollOver
from attendance.selectors.returns import Due
from attendance.selectors.yearend import attended_after, facts_of
from attendance.services.returns import Told, keep_return
from audit.record import Kind, record
from authorities.access import Reach
from authorities.models import School
from authorities.permissions import Permission
from rules.dates import ONE_DAY, in_words
from rules.deletions import GROUNDS, refusal
from rules.errors import Conflict, RuleNotMet

UNDO_DAYS = 14
FURTHEST_AHEAD = timedelta(days=366)


@dataclass(frozen=True, slots=True)
class Goodbye:
    """How a pupil leaves.

    confirmed  keys of the ground's statements that the person confirmed
    where      the new school or place, in words
    told       how the council was told, where a return is due and not made yet
    moves_to   a school of the same authority whose roll the pupil joins in the same step
    joins_on   the first day there
    """

    last_day: date
    ground: str
    confirmed: tuple[str, ...] = field(default=())
    where: str = ""
    told: Told | None = None
    moves_to: School | None = None
    joins_on: date | None = None


@transaction.atomic
def leave(*, reach: Reach, enrolment: Enrolment, goodbye: Goodbye, now: datetime) -> Leaving:
    """Take a name off the roll after a day. With `moves_to` it goes onto another roll at once.

    Raises Forbidden; RuleNotMet while the ground is not open or the council not told; Conflict
    when somebody was first, or the pupil is on the other roll already. Nothing is kept then.
    """
    reach.require(Permission.CHANGE_PUPIL, enrolment.school)
    reach.require(Permission.AMEND_REGISTER, enrolment.school)
    enrolment = (
        Enrolment.objects.select_for_update(of=("self",))
        .select_related("school__trust", "pupil")
        .get(pk=enrolment.pk)
    )
    _refuse(reach, enrolment, goodbye)
    return take_off(reach=reach, enrolment=enrolment, goodbye=goodbye, now=now)


def _refuse(reach: Reach, enrolment: Enrolment, goodbye: Goodbye) -> None:
    earlier = (
        Leaving.objects.filter(enrolment=enrolment, undone_at=None)
        .select_related("made_by")
        .first()
    )
    if earlier is not None:
        raise Conflict(
            f"{earlier.made_by.name} has taken this name off the roll already, after"
            f" {in_words(earlier.last_day)}."
        )
    if goodbye.last_day > reach.today + FURTHEST_AHEAD:
        raise RuleNotMet("That day is more than a year away. Check the date.")
    facts = facts_of(
        enrolment,
        goodbye.last_day,
        ground=goodbye.ground,
        confirmed=goodbye.confirmed,
        where=goodbye.where or (goodbye.moves_to.name if goodbye.moves_to else ""),
        told=goodbye.told is not None,
    )
    said = refusal(goodbye.ground, facts)
    if said:
        raise RuleNotMet(said)
    there = attended_after(enrolment, goodbye.last_day)
    if there is not None:
        raise RuleNotMet(
            f"The register says that the pupil was here on {in_words(there)}. Choose a later last"
            " day, or correct the register first."
        )


def take_off(
    *,
    reach: Reach,
    enrolment: Enrolment,
    goodbye: Goodbye,
    now: datetime,
    roll_over: RollOver | None = None,
) -> Leaving:
    """Write a leaving that was found lawful, in the caller's transaction and under its lock."""
    before = {
        "ends_on": enrolment.ends_on.isoformat() if enrolment.ends_on else None,
        "leaving_reason": enrolment.leaving_reason,
    }
    enrolment.ends_on = goodbye.last_day
    enrolment.leaving_reason = GROUNDS[goodbye.ground].label
    enrolment.save(update_fields=["ends_on", "leaving_reason"])
    row = Leaving.objects.create(
        authority=reach.authority,
        school=enrolment.school,
        enrolment=enrolment,
        last_day=goodbye.last_day,
        ground=goodbye.ground,
        confirmed=sorted(goodbye.confirmed),
        destination=goodbye.where,
        moved_to=_move(reach, enrolment, goodbye) if goodbye.moves_to else None,
        roll_over=roll_over,
        before=before,
        made_by=reach.user,
        made_at=now,
    )
    if goodbye.told is not None:
        _tell(reach, enrolment, goodbye, now)
    record(
        Kind.PUPIL_LEFT,
        by=reach.user,
        authority=reach.authority,
        school=enrolment.school,
        on=enrolment.pupil,
        ground=goodbye.ground,
        reference=row.reference,
        cases=_open_cases(enrolment),
    )
    return row


def _open_cases(enrolment: Enrolment) -> list[str]:
    """References of open cases, which stand in an app above: their owners find the leaving here."""
    rows = Enrolment.objects.filter(pk=enrolment.pk, cases__closed_on=None)
    found = rows.values_list("cases__reference", flat=True)
    return [reference for reference in found if reference]


def _move(reach: Reach, enrolment: Enrolment, goodbye: Goodbye) -> Enrolment:
    """The enrolment at the other school, from the day after unless told."""
    assert goodbye.moves_to is not None  # noqa: S101 (the caller looked)
    joins_on = goodbye.joins_on or goodbye.last_day + ONE_DAY
    if joins_on <= goodbye.last_day:
        raise RuleNotMet("The first day there must be after the last day here.")
    if goodbye.moves_to.pk == enrolment.school_id:
        raise RuleNotMet("Choose another school than this one.")
    return _onto_roll(reach, enrolment.pupil, goodbye.moves_to, joins_on, enrolment.year_group, "")


def _tell(reach: Reach, enrolment: Enrolment, goodbye: Goodbye, now: datetime) -> None:
    """Keep the deletion return, unless it was made before. It does not say where the child goes."""
    assert goodbye.told is not None  # noqa: S101 (the caller looked)
    day = goodbye.last_day
    made = ReturnMade.objects.filter(enrolment=enrolment, kind=ReturnKind.DELETION, first_day=day)
    if made.exists():
        return
    label = GROUNDS[goodbye.ground].label
    due = Due(
        enrolment,
        ReturnKind.DELETION,
        day,
        day,
        day,
        0,
        f"Off the roll after {in_words(day)}: {label[:1].lower()}{label[1:]}.",
        reach.today,
    )
    keep_return(reach, due, goodbye.told, now)


def _onto_roll(
    reach: Reach, pupil: Pupil, school: School, starts_on: date, year_group: str, group: str
) -> Enrolment:
    """A new enrolment, written down at the school that it is at."""
    try:
        with transaction.atomic():
            made = Enrolment.objects.create(
                authority=reach.authority,
                school=school,
                pupil=pupil,
                starts_on=starts_on,
                year_group=year_group,
                registration_group=group,
            )
    except IntegrityError:
        raise Conflict("The pupil is on that roll already on some of these days.") from None
    record(
        Kind.PUPIL_JOINED,
        by=reach.user,
        authority=reach.authority,
        school=school,
        on=pupil,
        enrolment=made.pk,
    )
    return made


@transaction.atomic
def take_back(*, reach: Reach, leaving: Leaving, because: str, now: datetime) -> None:
    """Put the name back on the roll as it was, within fourteen days.

    A return that was made stays: the council must hear of the mistake. Raises Forbidden, and
    Conflict when it was taken back already, is too old, or something was built on it.
    """
    school = leaving.school
    reach.require(Permission.CHANGE_PUPIL, school)
    reach.require(Permission.AMEND_REGISTER, school)
    leaving = (
        Leaving.objects.select_for_update(of=("self",))
        .select_related("enrolment__pupil", "school")
        .get(pk=leaving.pk)
    )
    if leaving.undone_at is not None:
        raise Conflict("Somebody has put this name back already.")
    if now > leaving.made_at + timedelta(days=UNDO_DAYS):
        raise Conflict(
            f"More than {UNDO_DAYS} days have passed. Put the pupil on the roll again instead."
        )
    put_back(reach=reach, leaving=leaving, because=because, now=now)


def put_back(*, reach: Reach, leaving: Leaving, because: str, now: datetime) -> None:
    """Undo one leaving in the caller's transaction. Raises Conflict, in words."""
    there, leaving.moved_to = leaving.moved_to, None
    leaving.undone_by, leaving.undone_at, leaving.undone_because = reach.user, now, because
    leaving.save()
    enrolment = leaving.enrolment
    try:
        with transaction.atomic():
            if there is not None:
                there.delete()
            before = leaving.before
            enrolment.ends_on = date.fromisoformat(before["ends_on"]) if before["ends_on"] else None
            enrolment.leaving_reason = before["leaving_reason"]
            enrolment.save(update_fields=["ends_on", "leaving_reason"])
    except (ProtectedError, RestrictedError):
        raise Conflict(
            "The new school has begun a register or something else for this pupil. End the"
            " enrolment there instead, and put the pupil on this roll again."
        ) from None
    except IntegrityError:
        raise Conflict(
            "The pupil has been put on this roll again since. Nothing was changed."
        ) from None
    record(
        Kind.PUPIL_LEFT_UNDONE,
        by=reach.user,
        authority=reach.authority,
        school=leaving.school,
        on=enrolment.pupil,
        reference=leaving.reference,
    )


@transaction.atomic
def admit_again(
    *,
    reach: Reach,
    enrolment: Enrolment,
    starts_on: date,
    year_group: str,
    group: str,
) -> Enrolment:
    """Put a pupil who left onto this school's roll again. The earlier enrolment stays as it was.

    Raises Forbidden, RuleNotMet for a day that cannot be, Conflict while the pupil is on roll.
    """
    school = enrolment.school
    reach.require(Permission.CHANGE_PUPIL, school)
    reach.require(Permission.AMEND_REGISTER, school)
    if starts_on > reach.today + FURTHEST_AHEAD:
        raise RuleNotMet("That day is more than a year away. Check the date.")
    pupil = Pupil.objects.select_for_update().get(pk=enrolment.pupil_id)
    return _onto_roll(reach, pupil, school, starts_on, year_group, group)
