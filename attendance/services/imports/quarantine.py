"""What waits until a person says what it means: marks that are no codes, pupils nobody knows."""

from collections.abc import Mapping
from datetime import date, datetime

from django.db import transaction

from attendance.access import enrolments_visible
from attendance.imports import values
from attendance.models import CodeMapping, Enrolment, ImportBatch, ImportState, PupilMapping
from attendance.selectors import imports as selectors
from attendance.selectors.imports import UnknownPupil
from attendance.services.imports.batches import locked, note, require, still_open, user_of
from attendance.services.imports.checking import plan_for_pupil, start_check
from attendance.services.imports.marks import MarksPlan
from attendance.services.imports.receiving import ColumnsNotChosen
from attendance.services.imports.taking import may_take, take_left_out
from audit.record import Kind, record
from authorities.access import Reach
from authorities.permissions import Permission
from rules.attendance_codes import code_on
from rules.dates import in_words
from rules.errors import InvalidInput, RuleNotMet


@transaction.atomic
def map_codes(
    *,
    batch: ImportBatch,
    codes: Mapping[str, str],
    by: Reach | None,
    starts_on: date | None = None,
) -> int:
    """Say what marks of the file's source mean, from a day on. Returns how many.

    codes      mark → attendance code; an empty code means no mark
    starts_on  None takes for each mark the first day it stands in the file

    Raises Forbidden, and UnknownCode for a code that was not in force on that day.
    """
    require(by, batch.school)
    if batch.source is None:
        raise ColumnsNotChosen("Choose the columns first.")
    first_days = {one.mark: one.first_day for one in selectors.unknown_marks(batch)}
    for mark, code in codes.items():
        day = starts_on or first_days.get(mark)
        if day is None:
            raise InvalidInput("This mark is not in the file. Check it and try again.")
        if code:
            code_on(code, day)
        CodeMapping.objects.update_or_create(
            authority_id=batch.authority_id,
            source=batch.source,
            mark=mark[:20],
            starts_on=day,
            defaults={"code": code, "made_by": user_of(by)},
        )
        record(
            Kind.CODE_MAPPED,
            by=user_of(by),
            authority=batch.school.authority,
            school=batch.school,
            on=batch.source,
            mark=mark[:20],
            code=code or "(no mark)",
        )
    return len(codes)


def require_naming(by: Reach, batch: ImportBatch) -> None:
    """Raise Forbidden unless the person may import at the school and may see its pupils."""
    require(by, batch.school)
    by.require(Permission.VIEW_PUPIL, batch.school)


def is_open_to_naming(batch: ImportBatch) -> bool:
    """Whether saying who a pupil is can still do anything for this file."""
    return batch.state in (
        ImportState.CHECKED,
        ImportState.REFUSED,
        ImportState.HELD,
        ImportState.TAKEN,
    )


def enrolment_meant(
    *, batch: ImportBatch, unknown: UnknownPupil, pupil: str, by: Reach
) -> Enrolment:
    """The enrolment at the file's school of the pupil that a person chose.

    pupil  the reference

    Raises Forbidden, and RuleNotMet for a pupil of another school or authority, or one who was not
    on roll on any of the days.
    """
    require_naming(by, batch)
    found = selectors.on_roll_then(by, batch, unknown).filter(pupil__reference=pupil).first()
    if found is not None:
        return found
    here = enrolments_visible(by).filter(school=batch.school_id, pupil__reference=pupil)
    then = (
        f"from {in_words(unknown.first_day)} to {in_words(unknown.last_day)}"
        if unknown.first_day < unknown.last_day
        else f"on {in_words(unknown.first_day)}"
    )
    if here.exists():
        raise RuleNotMet(
            f"This pupil was not on your roll {then}, when the file has these marks. Choose "
            "another pupil, or correct the dates on the pupil's page."
        )
    raise RuleNotMet("There is no such pupil on the roll of this school. Search again.")


def preview_pupil(
    *, batch: ImportBatch, unknown: UnknownPupil, enrolment: Enrolment, today: date
) -> MarksPlan:
    """What the rows of an unknown pupil would write, were it the pupil of this enrolment."""
    return plan_for_pupil(batch, unknown.naming, enrolment.pupil_id, today=today)


@transaction.atomic
def name_pupil(
    *,
    batch: ImportBatch,
    key: str,
    pupil: str,
    reason: str,
    by: Reach,
    today: date,
    now: datetime,
) -> None:
    """Say which pupil a file means, and remember it for the next files of its source.

    key     of the unknown pupil
    pupil   the reference of the pupil meant
    reason  how the person knows

    A file that waits is checked again. Of one that was taken without these rows they are taken now,
    as part of the same import.

    Raises Forbidden, NotFound for a pupil whom the file does not name or who is settled,
    InvalidInput without a reason, Conflict for a file that is done with, and RuleNotMet as
    `enrolment_meant`, where none of the rows can be taken, and where somebody has said otherwise.
    """
    require_naming(by, batch)
    reason = values.read_text(reason, most=300)
    if not reason:
        raise InvalidInput("Say how you know that this is the pupil.")
    batch = locked(batch)
    if batch.state != ImportState.TAKEN:
        still_open(batch)
    unknown = selectors.unknown_pupil(batch, key)
    enrolment = enrolment_meant(batch=batch, unknown=unknown, pupil=pupil, by=by)
    plan = preview_pupil(batch=batch, unknown=unknown, enrolment=enrolment, today=today)
    may_take(plan.report, leave_out_refused=True)
    said, _ = PupilMapping.objects.get_or_create(
        authority_id=batch.authority_id,
        source_id=batch.source_id,
        upn=unknown.upn,
        number=unknown.number,
        defaults={
            "pupil": enrolment.pupil,
            "batch": batch,
            "made_by": by.user,
            "made_at": now,
        },
    )
    if said.pupil_id != enrolment.pupil_id:
        raise RuleNotMet("Somebody has said that this is another pupil. Take that back first.")
    note(Kind.PUPIL_NAMED, batch, by, pupil=pupil, reason=reason, rows=unknown.rows)
    if batch.state == ImportState.TAKEN:
        take_left_out(batch, plan, unknown, by=by, now=now)
    else:
        start_check(batch=batch, by=by, now=now)


@transaction.atomic
def unname_pupil(*, batch: ImportBatch, key: str, by: Reach, now: datetime) -> None:
    """Take back what was said of a pupil. What files have written stays until they are undone.

    A file that waits is checked again. Raises Forbidden, and NotFound for what nobody has said.
    """
    require_naming(by, batch)
    batch = locked(batch)
    _forget(selectors.mapping_for(batch, key), batch, by)
    if is_open_to_naming(batch) and batch.state != ImportState.TAKEN:
        start_check(batch=batch, by=by, now=now)


def forget_said_for(batch: ImportBatch, by: Reach | None) -> int:
    """Take back whatever was said of pupils for this file. Returns of how many."""
    said = [row for row in selectors.mappings_of(batch) if row.batch_id == batch.pk]
    for row in said:
        _forget(row, batch, by)
    return len(said)


def _forget(row: PupilMapping, batch: ImportBatch, by: Reach | None) -> None:
    note(Kind.PUPIL_UNNAMED, batch, by, pupil=row.pupil.reference)
    row.delete()
