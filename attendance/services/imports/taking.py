"""A checked file is taken whole or not at all, in one transaction, or held, or put aside.

The plan is made again inside the transaction that writes, under a lock on the school: two importers
at once end as one.
"""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.db import transaction

from attendance.imports import values
from attendance.models import ImportBatch, ImportState
from attendance.selectors.imports import UnknownPupil
from attendance.services import registers
from attendance.services.imports import marks, people_written
from attendance.services.imports.batches import (
    Progress,
    locked,
    note,
    queue_sweep,
    require,
    silent,
    still_open,
    user_of,
)
from attendance.services.imports.checking import Plan, plan_for, write_report
from attendance.services.imports.left_out import replace_problems, with_left_out
from attendance.services.imports.marks import MarksPlan
from audit.record import Kind
from authorities import jobs
from authorities.access import Reach
from authorities.models import Job
from rules.errors import Conflict, InvalidInput, RuleNotMet

WRITE_AT_ONCE = 60_000  # marks in one call of the store, so that progress moves


def start_take(*, batch: ImportBatch, by: Reach, now: datetime, leave_out_refused: bool) -> Job:
    """Queue the import of a checked file.

    Raises Forbidden, RuleNotMet when rows are refused and nobody said to leave them out, and
    Conflict when the file was not checked or somebody else is importing it.
    """
    require(by, batch.school)
    batch = locked(batch)
    if batch.state != ImportState.CHECKED:
        raise Conflict("This file is not waiting to be imported. Check it first.")
    may_take(batch.report, leave_out_refused)
    return _queue_take(batch, by=by, now=now, leave_out_refused=leave_out_refused)


def _queue_take(batch: ImportBatch, *, by: Reach, now: datetime, leave_out_refused: bool) -> Job:
    job = jobs.start(
        "attendance.take_import",
        authority=by.authority,
        by=by.user,
        now=now,
        school=batch.school,
        batch_id=batch.pk,
    )
    batch.job, batch.state = job, ImportState.IMPORTING
    batch.leave_out_refused = leave_out_refused
    batch.save(update_fields=["job", "state", "leave_out_refused"])
    return job


def may_take(report: Mapping[str, Any], leave_out_refused: bool) -> None:
    """Raise RuleNotMet where refused rows stand in the way."""
    rows = report["rows"]
    if not rows["refused"]:
        return
    if not leave_out_refused:
        raise RuleNotMet(
            f"{rows['refused']:,} of {rows['total']:,} rows cannot be taken, so nothing was "
            "imported. Correct the file, or choose to import the rest and leave these out."
        )
    if rows["refused"] == rows["total"] and not _has_any(report):
        raise RuleNotMet("No row of the file can be taken. Nothing was imported.")


def _has_any(report: Mapping[str, Any]) -> bool:
    """Whether any mark of a refused row can be taken all the same."""
    found = report.get("marks", {})
    return any(found.get(name) for name in ("new", "changed", "unchanged"))


@transaction.atomic
def take(
    *,
    batch: ImportBatch,
    by: Reach | None,
    today: date,
    now: datetime,
    progress: Progress = silent,
) -> Plan:
    """Take a file in one transaction, or hold it for a person when the feed brake says so.

    Raises RuleNotMet when rows are refused and are not to be left out, Conflict when somebody
    settled the file meanwhile, UnreadableFile.
    """
    require(by, batch.school)
    batch = locked(batch)
    if batch.state != ImportState.IMPORTING:
        raise Conflict("This file is not waiting to be imported. Nothing was done twice.")
    plan = plan_for(batch, today=today, progress=progress)
    write_report(batch, plan)
    may_take(batch.report, batch.leave_out_refused)
    if plan.held_because and not batch.released_because:
        hold(batch, plan)
        return plan
    write(batch, plan, by=by, now=now, progress=progress)
    return plan


def hold(batch: ImportBatch, plan: Plan) -> None:
    """Let the file wait for a person, with the reasons of the feed brake."""
    batch.state = ImportState.HELD
    batch.held_because = " ".join(plan.held_because)[:1000]
    batch.save(update_fields=["state", "held_because", "report"])
    note(Kind.IMPORT_HELD, batch, None, layout=batch.layout, reason=batch.held_because)


def write(
    batch: ImportBatch, plan: Plan, *, by: Reach | None, now: datetime, progress: Progress
) -> None:
    """Write what the plan accepts, and that it was done."""
    if isinstance(plan, MarksPlan):
        done = _write_marks(batch, plan, by=by, now=now, progress=progress)
        new, changed = done.new, done.changed
    else:
        batch.effects = people_written.write(plan)
        new = sum(plan.report["records"]["new"].values())
        changed = sum(plan.report["records"]["changed"].values())
    batch.state, batch.taken_at = ImportState.TAKEN, now
    batch.report = {**batch.report, "written": {"new": new, "changed": changed}}
    batch.save(
        update_fields=[
            "state",
            "taken_at",
            "report",
            "effects",
            "leave_out_refused",
            "released_because",
        ]
    )
    note(
        Kind.IMPORT_TAKEN,
        batch,
        by,
        layout=batch.layout,
        new=new,
        changed=changed,
        rows=batch.report["rows"],
        sha256=batch.sha256,
    )
    if new or changed:
        queue_sweep(batch.school)


def take_left_out(
    batch: ImportBatch, plan: MarksPlan, unknown: UnknownPupil, *, by: Reach, now: datetime
) -> None:
    """Take rows that a taken file left out, now that somebody has said whom they name.

    They become part of the same import, so that undoing it undoes them too.
    """
    done = _write_marks(batch, plan, by=by, now=now, progress=silent)
    report = with_left_out(batch.report, plan, unknown, done)
    batch.report = {**report, "problems": replace_problems(batch, plan, unknown)}
    batch.save(update_fields=["report"])
    note(
        Kind.IMPORT_TAKEN,
        batch,
        by,
        layout=batch.layout,
        new=done.new,
        changed=done.changed,
        rows=plan.report["rows"],
        sha256=batch.sha256,
    )
    queue_sweep(batch.school)


def _write_marks(
    batch: ImportBatch,
    plan: MarksPlan,
    *,
    by: Reach | None,
    now: datetime,
    progress: Progress,
) -> registers.Recorded:
    """Record the marks, some days at a time so that progress moves, in the same transaction."""
    done = registers.Recorded()
    parts = plan.parts(WRITE_AT_ONCE)
    for number, part in enumerate(parts):
        progress(number, len(parts), "Writing the register")
        done += marks.write(part, batch=batch, by=user_of(by), now=now)
    progress(len(parts), len(parts), "Writing the register")
    return done


@transaction.atomic
def release(*, batch: ImportBatch, reason: str, by: Reach, now: datetime) -> Job:
    """Let a held file in, with a reason. Raises Forbidden, InvalidInput and Conflict."""
    require(by, batch.school)
    reason = values.read_text(reason, most=300)
    if not reason:
        raise InvalidInput("Say why this file is right.")
    batch = locked(batch)
    if batch.state != ImportState.HELD:
        raise Conflict("This file is not held any more. Nothing was done twice.")
    batch.released_because = reason
    batch.save(update_fields=["released_because"])
    note(Kind.IMPORT_RELEASED, batch, by, reason=reason)
    return _queue_take(batch, by=by, now=now, leave_out_refused=batch.leave_out_refused)


@transaction.atomic
def discard(*, batch: ImportBatch, by: Reach) -> None:
    """Settle that a file is not imported. Raises Forbidden, and Conflict for a settled one."""
    require(by, batch.school)
    batch = locked(batch)
    still_open(batch)
    batch.state = ImportState.DISCARDED
    batch.save(update_fields=["state"])
    note(Kind.IMPORT_DISCARDED, batch, by, layout=batch.layout)
