"""What every step in the life of a file begins and ends with: may they, is it open, who did it."""

from collections.abc import Callable
from typing import Any

from attendance.models import ImportBatch, ImportState
from audit.record import Kind, record
from authorities.access import Reach
from authorities.models import JobState, School, User
from authorities.permissions import Permission
from authorities.queue import enqueue
from rules.errors import Conflict

Progress = Callable[[int, int | None, str], None]
SETTLED = (ImportState.TAKEN, ImportState.UNDONE, ImportState.DISCARDED)
BROKEN_OFF = (JobState.FAILED, JobState.CANCELLED)


def silent(done: int, total: int | None, doing: str) -> None:
    """Report no progress."""


def user_of(by: Reach | None) -> User | None:
    """The person who acts; None for an operator at the machine."""
    return by.user if by is not None else None


def require(by: Reach | None, school: School) -> None:
    """A person needs the permission; without a person it is an operator at the machine."""
    if by is not None:
        by.require(Permission.IMPORT, school)


def locked(batch: ImportBatch) -> ImportBatch:
    """The batch as it stands now, locked, after the school: always in this order."""
    School.objects.select_for_update(no_key=True).get(pk=batch.school_id)
    return (
        ImportBatch.objects.select_for_update(of=("self",))
        .select_related("school", "school__authority", "school__trust", "source", "job")
        .get(pk=batch.pk)
    )


def still_open(batch: ImportBatch) -> None:
    """Raise Conflict for a file that has been decided, or is being imported now."""
    running = batch.state == ImportState.IMPORTING and (
        batch.job is None or batch.job.state not in BROKEN_OFF
    )
    if batch.state in SETTLED or running:
        raise Conflict(
            f"This file is already settled: {ImportState(batch.state).label.lower()}. "
            "Upload it again to start afresh."
        )


def note(kind: Kind, batch: ImportBatch, by: Reach | None, **details: Any) -> None:
    """Write a step in the life of a file into the history, in the caller's transaction."""
    record(
        kind,
        by=user_of(by),
        authority=batch.school.authority,
        school=batch.school,
        on=batch,
        **details,
    )


def queue_sweep(school: School) -> None:
    """Have the standings of what changed worked out now; the timetable would within a minute."""
    enqueue("attendance.sweep_what_changed", authority_id=school.authority_id)
