"""A file received, checked and taken in one transaction: for the command, the demo and programs."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db import transaction

from attendance.models import ImportBatch, ImportState
from attendance.services.imports.batches import Progress, locked, note, silent
from attendance.services.imports.checking import Plan, checked, plan_for, write_report
from attendance.services.imports.quarantine import map_codes
from attendance.services.imports.receiving import Choices, choose, opening_of, receive, suggested
from attendance.services.imports.sentences import sentence_of
from attendance.services.imports.taking import hold, may_take, write
from audit.record import Kind
from authorities.access import Reach
from authorities.models import School
from rules.errors import RuleNotMet

FIRST_DAY_OF_CODES = date(2024, 8, 19)


@dataclass(slots=True)
class Outcome:
    """What became of a file, for the command and the page."""

    batch: ImportBatch
    plan: Plan | None = None
    sentence: str = ""
    report: dict[str, Any] = field(default_factory=dict)


@transaction.atomic
def import_file(
    *,
    school: School,
    layout: str,
    file_name: str,
    content: bytes,
    now: datetime,
    today: date,
    by: Reach | None = None,
    choices: Choices | None = None,
    codes: Mapping[str, str] | None = None,
    dry_run: bool = False,
    leave_out_refused: bool = False,
    progress: Progress = silent,
) -> Outcome:
    """Receive, check and take a file in one transaction.

    choices  None takes the remembered ones for these headings, else what the headings say
    codes    mark → code for marks of this source, "" for no mark

    The outcome's batch is TAKEN, HELD, REFUSED, or with `dry_run` CHECKED; its sentence says why.
    Raises UnreadableFile and ColumnsNotChosen, and then nothing is kept.
    """
    batch = receive(
        school=school, layout=layout, file_name=file_name, content=content, by=by, now=now
    )
    if choices is None:
        choices = suggested(opening_of(content, layout), layout, batch.source)
    choose(batch=batch, choices=choices, by=by)
    if codes:
        map_codes(batch=batch, codes=codes, by=by, starts_on=FIRST_DAY_OF_CODES)
    batch = locked(batch)
    plan = plan_for(batch, today=today, progress=progress)
    write_report(batch, plan)
    batch.leave_out_refused = leave_out_refused
    _settle(batch, plan, by=by, now=now, dry_run=dry_run, progress=progress)
    return Outcome(batch, plan, sentence_of(batch), batch.report)


def _settle(
    batch: ImportBatch,
    plan: Plan,
    *,
    by: Reach | None,
    now: datetime,
    dry_run: bool,
    progress: Progress,
) -> None:
    """Take, hold or refuse the file of a plan just made."""
    if dry_run:
        batch.state = ImportState.CHECKED
        batch.save(update_fields=["state", "report"])
        checked(batch, plan, by)
        return
    try:
        may_take(batch.report, batch.leave_out_refused)
    except RuleNotMet:
        batch.state = ImportState.REFUSED
        batch.save(update_fields=["state", "report"])
        note(
            Kind.IMPORT_REFUSED,
            batch,
            by,
            layout=batch.layout,
            refused=batch.report["rows"]["refused"],
        )
        return
    if plan.held_because:
        hold(batch, plan)
        return
    write(batch, plan, by=by, now=now, progress=progress)
