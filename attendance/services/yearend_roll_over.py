"""Rolling a school over into a new school year: preview, edit, confirm in one step, undo.

Marks are not touched, and nothing is set to nought on 1 September: windows run on across the
summer, and each year's figures are its own because each register year is.
"""

from collections.abc import Mapping
from datetime import date, datetime, timedelta

from django.db import IntegrityError, transaction

from attendance.marks import year_of
from attendance.models import (
    Enrolment,
    Leaving,
    Placement,
    RegisterTaken,
    RollOver,
    RollOverOutcome,
    RollOverRow,
    RollOverState,
)
from attendance.selectors.returns import Place, deletion_return_due, places_of
from attendance.selectors.schools_years import year_groups_of
from attendance.selectors.yearend import attended_after, facts_of, leaving_of, on_roll_at
from attendance.services.yearend_leaving import Goodbye, put_back, take_off
from audit.record import Kind, record
from authorities.access import Reach
from authorities.models import School
from authorities.permissions import Permission
from rules.dates import in_words
from rules.deletions import GROUNDS, refusal
from rules.errors import Conflict, RuleNotMet
from rules.roll_over import next_group, next_year_group
from rules.school_calendar import grid_start

UNDO_DAYS = 30
OLDEST = "oldest-year"


def _require(reach: Reach, school: School) -> None:
    reach.require(Permission.CHANGE_PUPIL, school)
    reach.require(Permission.AGREE_AMENDMENT, school)


@transaction.atomic
def draft(*, reach: Reach, school: School, last_day: date, now: datetime) -> RollOver:
    """A preview of the school's roll-over out of the school year that holds `last_day`.

    Everybody on roll then moves up with their group; the oldest year group leaves. Nothing is
    done. Raises Forbidden, RuleNotMet without pupils, Conflict when there is one already.
    """
    _require(reach, school)
    year = year_of(last_day) + 1
    highest = year_groups_of([school])[school.pk][1]
    enrolments = list(on_roll_at(school, last_day))
    if not enrolments:
        raise RuleNotMet("Nobody is on roll on that day. Check the date.")
    try:
        with transaction.atomic():
            made = RollOver.objects.create(
                authority=reach.authority,
                school=school,
                year=year,
                last_day=last_day,
                made_by=reach.user,
                made_at=now,
            )
    except IntegrityError:
        raise Conflict(
            "There is a roll-over into that school year already. Open it, or discard it first."
        ) from None
    rows = [_row(made, enrolment, highest) for enrolment in enrolments]
    RollOverRow.objects.bulk_create(rows, batch_size=1000)
    return made


def _row(roll_over: RollOver, enrolment: Enrolment, highest: str) -> RollOverRow:
    """What usually becomes of a pupil."""
    now, group = enrolment.year_group, enrolment.registration_group
    after = next_year_group(now)
    leaves = bool(now) and now == highest
    outcome = RollOverOutcome.UP if after else RollOverOutcome.STAYS
    if leaves:
        outcome = RollOverOutcome.LEAVES
    up = outcome == RollOverOutcome.UP
    return RollOverRow(
        authority_id=roll_over.authority_id,
        roll_over=roll_over,
        enrolment=enrolment,
        outcome=outcome,
        year_group=now,
        registration_group=group,
        new_year_group=after if up else "" if leaves else now,
        new_group=next_group(group, now) if up else "" if leaves else group,
        ground=OLDEST if leaves else "",
    )


def _open_draft(reach: Reach, roll_over: RollOver) -> RollOver:
    """The draft, locked. Raises Forbidden, and Conflict when it is a draft no more."""
    _require(reach, roll_over.school)
    locked = (
        RollOver.objects.select_for_update(of=("self",))
        .select_related("school__trust", "done_by")
        .get(pk=roll_over.pk)
    )
    if locked.state != RollOverState.DRAFT:
        raise Conflict(f"This roll-over is no preview any more: {locked.get_state_display()}.")
    return locked


@transaction.atomic
def change_row(
    *,
    reach: Reach,
    roll_over: RollOver,
    row: RollOverRow,
    outcome: str,
    year_group: str,
    group: str,
    ground: str,
    destination: str,
) -> None:
    """Say otherwise what becomes of one pupil. Raises Forbidden, Conflict, RuleNotMet."""
    _open_draft(reach, roll_over)
    leaves = outcome == RollOverOutcome.LEAVES
    if leaves and ground not in GROUNDS:
        raise RuleNotMet("Select the lawful ground on which the pupil leaves.")
    row.outcome = outcome
    row.new_year_group = "" if leaves else year_group
    row.new_group = "" if leaves else group
    row.ground = ground if leaves else ""
    row.destination = destination if leaves else ""
    row.save()


@transaction.atomic
def map_groups(*, reach: Reach, roll_over: RollOver, names: Mapping[str, str]) -> int:
    """Give whole registration groups new names: 7A → 8A. Returns how many pupils it reaches."""
    locked = _open_draft(reach, roll_over)
    changed = 0
    for group, name in names.items():
        rows = locked.rows.filter(registration_group=group).exclude(outcome=RollOverOutcome.LEAVES)
        changed += rows.exclude(new_group=name).update(new_group=name)
    return changed


@transaction.atomic
def discard(*, reach: Reach, roll_over: RollOver) -> None:
    """Throw a preview away. Raises Forbidden and Conflict."""
    locked = _open_draft(reach, roll_over)
    locked.state = RollOverState.DISCARDED
    locked.save(update_fields=["state"])


@transaction.atomic
def confirm(*, reach: Reach, roll_over: RollOver, now: datetime) -> RollOver:
    """Do what the preview says, all of it or nothing.

    The year group and group of the year that ends are kept beside it. Raises Forbidden; Conflict
    when a pupil was changed or joined since the preview; RuleNotMet before the last day, or where
    somebody may not leave on the ground given: its facts then hold the `row`.
    """
    roll_over = _open_draft(reach, roll_over)
    if reach.today < roll_over.last_day:
        raise RuleNotMet(
            f"Confirm on or after {in_words(roll_over.last_day)}. Until then registers are taken by"
            " this year's groups."
        )
    rows = list(roll_over.rows.order_by("pk"))
    held = {
        row.pk: row
        for row in Enrolment.objects.select_for_update(of=("self",))
        .filter(pk__in=[row.enrolment_id for row in rows])
        .select_related("school__trust", "pupil")
    }
    _refuse_changed(roll_over, rows, held)
    highest = year_groups_of([roll_over.school])[roll_over.school_id][1]
    stay = [row for row in rows if row.outcome != RollOverOutcome.LEAVES]
    left = [row for row in rows if row.outcome == RollOverOutcome.LEAVES]
    Placement.objects.bulk_create(
        [
            Placement(
                authority=reach.authority,
                enrolment_id=row.enrolment_id,
                year=roll_over.year - 1,
                year_group=row.year_group,
                registration_group=row.registration_group,
            )
            for row in rows
        ],
        ignore_conflicts=True,  # an earlier roll-over of that year that was undone and done again
    )
    for row in stay:
        enrolment = held[row.enrolment_id]
        enrolment.year_group = row.new_year_group
        enrolment.registration_group = row.new_group
    Enrolment.objects.bulk_update(
        [held[row.enrolment_id] for row in stay],
        ["year_group", "registration_group"],
        batch_size=1000,
    )
    place = places_of([roll_over.school], roll_over.last_day)[roll_over.school_id]
    for row in left:
        _take_off(reach, roll_over, row, held[row.enrolment_id], place, highest, now)
    roll_over.state = RollOverState.DONE
    roll_over.done_by, roll_over.done_at = reach.user, now
    roll_over.save()
    record(
        Kind.ROLL_OVER_DONE,
        by=reach.user,
        authority=reach.authority,
        school=roll_over.school,
        on=roll_over,
        year=f"{roll_over.year}/{(roll_over.year + 1) % 100:02}",
        up=len(stay),
        left=len(left),
    )
    return roll_over


def _refuse_changed(
    roll_over: RollOver, rows: list[RollOverRow], held: Mapping[int, Enrolment]
) -> None:
    """A pupil who came, or whose group or dates somebody changed meanwhile, needs a new look."""
    there = set(on_roll_at(roll_over.school, roll_over.last_day).values_list("pk", flat=True))
    changed = 0
    for row in rows:
        now = held[row.enrolment_id]
        same = (now.year_group, now.registration_group) == (row.year_group, row.registration_group)
        changed += not (same and now.pk in there)
    if changed:
        pupils = "1 pupil was" if changed == 1 else f"{changed} pupils were"
        raise Conflict(
            f"{pupils} changed since this preview was made. Discard it and start a new one."
        )
    joined = len(there - set(held))
    if joined:
        pupils = "1 pupil" if joined == 1 else f"{joined} pupils"
        raise Conflict(
            f"{pupils} joined since this preview was made. Discard it and start a new one."
        )


def _take_off(
    reach: Reach,
    roll_over: RollOver,
    row: RollOverRow,
    enrolment: Enrolment,
    place: Place,
    highest: str,
    now: datetime,
) -> None:
    """One leaver. At the end of the oldest year nothing needs to be confirmed pupil by pupil."""
    confirmed = tuple(GROUNDS[row.ground].must_be) if row.ground == OLDEST else ()
    facts = facts_of(
        enrolment,
        roll_over.last_day,
        ground=row.ground,
        confirmed=confirmed,
        where=row.destination,
        told=False,
        return_due=deletion_return_due(enrolment, roll_over.last_day, place, highest),
    )
    said = refusal(row.ground, facts)
    if enrolment.ends_on is not None and leaving_of(enrolment) is not None:
        said = "The name comes off the roll already, on a later day."
    if not said and attended_after(enrolment, roll_over.last_day):
        said = "The register says that the pupil was here after the last day."
    if said:
        raise RuleNotMet(
            f"A pupil of {row.registration_group or 'no group'} cannot leave in a roll-over: {said}"
            " Take this name off on the pupil's own page first, or choose otherwise.",
            row=row.pk,
        )
    goodbye = Goodbye(roll_over.last_day, row.ground, confirmed, row.destination)
    take_off(reach=reach, enrolment=enrolment, goodbye=goodbye, now=now, roll_over=roll_over)


@transaction.atomic
def undo(*, reach: Reach, roll_over: RollOver, because: str, now: datetime) -> None:
    """Put everybody back, within thirty days and while nothing was built on it.

    Raises Forbidden, and Conflict when a register of the new year was taken, a pupil was changed
    since, the time is over, or somebody was first.
    """
    _require(reach, roll_over.school)
    roll_over = (
        RollOver.objects.select_for_update(of=("self",))
        .select_related("school__trust")
        .get(pk=roll_over.pk)
    )
    closed = no_undo(roll_over, now)
    if closed:
        raise Conflict(closed)
    rows = list(roll_over.rows.exclude(outcome=RollOverOutcome.LEAVES))
    held = {
        row.pk: row
        for row in Enrolment.objects.select_for_update(of=("self",)).filter(
            pk__in=[row.enrolment_id for row in rows]
        )
    }
    for row in rows:
        enrolment = held[row.enrolment_id]
        if (enrolment.year_group, enrolment.registration_group) != (
            row.new_year_group,
            row.new_group,
        ):
            raise Conflict(
                "A pupil's group was changed since the roll-over. Change the groups by hand, or"
                " with a file, instead."
            )
        enrolment.year_group, enrolment.registration_group = row.year_group, row.registration_group
    Enrolment.objects.bulk_update(
        list(held.values()), ["year_group", "registration_group"], batch_size=1000
    )
    for leaving in Leaving.objects.filter(roll_over=roll_over, undone_at=None).select_related(
        "enrolment__pupil", "school", "moved_to"
    ):
        put_back(reach=reach, leaving=leaving, because=because, now=now)
    Placement.objects.filter(
        enrolment__in=roll_over.rows.values("enrolment"), year=roll_over.year - 1
    ).delete()
    roll_over.state = RollOverState.UNDONE
    roll_over.undone_by, roll_over.undone_at = reach.user, now
    roll_over.undone_because = because
    roll_over.save()
    record(
        Kind.ROLL_OVER_UNDONE,
        by=reach.user,
        authority=reach.authority,
        school=roll_over.school,
        on=roll_over,
        why=because,
    )


def no_undo(roll_over: RollOver, now: datetime) -> str:
    """Why a roll-over can be undone no more, in a sentence; "" while it can."""
    if roll_over.state != RollOverState.DONE or roll_over.done_at is None:
        return "This roll-over is not in force, so there is nothing to undo."
    if now > roll_over.done_at + timedelta(days=UNDO_DAYS):
        return f"More than {UNDO_DAYS} days have passed since. Change pupils one by one."
    taken = RegisterTaken.objects.filter(
        school=roll_over.school, day__gte=grid_start(roll_over.year)
    )
    if taken.exists():
        return "Registers of the new school year were taken by the new groups. It stays as it is."
    return ""


def usual_last_day(school: School, today: date) -> date | None:
    """The last school day of the year that `today` is in; none without a calendar."""
    return places_of([school], today)[school.pk].last_school_day
