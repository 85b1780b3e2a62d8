"""The check of a file: it is read whole, and what taking it would do is worked out and kept."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime

from django.db import transaction

from attendance import marks as codec
from attendance.imports import layouts
from attendance.imports.cells import sessions_of_layout
from attendance.imports.codes import Reading
from attendance.imports.naming import Naming, rows_that_name
from attendance.imports.problems import Problems
from attendance.imports.reading import Table, UnreadableFile, read_table
from attendance.imports.values import BadValue
from attendance.models import ImportBatch, ImportProblem, ImportState
from attendance.selectors import imports as selectors
from attendance.services.imports import marks, people
from attendance.services.imports.batches import (
    Progress,
    locked,
    note,
    require,
    silent,
    still_open,
)
from attendance.services.imports.marks import MarksPlan
from attendance.services.imports.people_known import PeoplePlan
from attendance.services.imports.receiving import (
    Choices,
    ColumnsNotChosen,
    check_choices,
    choices_of,
    opening_of,
)
from audit.record import Kind
from authorities import jobs
from authorities.access import Reach
from authorities.models import Job

Plan = MarksPlan | PeoplePlan

REPORT_EACH = 100_000  # rows read between two reports of progress


def start_check(*, batch: ImportBatch, by: Reach, now: datetime) -> Job:
    """Queue the dry run of a file. Raises Forbidden, and Conflict for a settled file."""
    require(by, batch.school)
    still_open(batch)
    job = jobs.start(
        "attendance.check_import",
        authority=by.authority,
        by=by.user,
        now=now,
        school=batch.school,
        batch_id=batch.pk,
    )
    batch.job, batch.state = job, ImportState.CHECKING
    batch.save(update_fields=["job", "state"])
    return job


@transaction.atomic
def check(
    *, batch: ImportBatch, by: Reach | None, today: date, progress: Progress = silent
) -> Plan:
    """Work out and write down what taking the file would do. Nothing else is written.

    Raises UnreadableFile and ColumnsNotChosen.
    """
    require(by, batch.school)
    batch = locked(batch)
    still_open(batch)
    plan = plan_for(batch, today=today, progress=progress)
    write_report(batch, plan)
    batch.state = ImportState.CHECKED
    batch.save(update_fields=["report", "state"])
    checked(batch, plan, by)
    return plan


def checked(batch: ImportBatch, plan: Plan, by: Reach | None) -> None:
    """Write into the history that a file was checked."""
    note(Kind.IMPORT_CHECKED, batch, by, layout=batch.layout, rows=plan.report["rows"]["total"])


@transaction.atomic
def refuse_unreadable(*, batch: ImportBatch, sentence: str, by: Reach | None) -> None:
    """Write down that a file cannot be read at all."""
    batch = locked(batch)
    batch.state = ImportState.REFUSED
    batch.report = {**batch.report, "unreadable": sentence}
    batch.save(update_fields=["state", "report"])
    note(Kind.IMPORT_REFUSED, batch, by, layout=batch.layout, refused="all")


@transaction.atomic
def put_back(*, batch: ImportBatch, sentence: str) -> None:
    """Something changed since the check, so that the file cannot be taken: back to the check."""
    batch = locked(batch)
    batch.state = ImportState.CHECKED
    batch.report = {**batch.report, "put_back": sentence}
    batch.save(update_fields=["state", "report"])


def read(batch: ImportBatch, *, progress: Progress = silent) -> tuple[Table, Choices, dict]:
    """The whole file by its source's choices, with the dated columns of that layout.

    Raises UnreadableFile, and ColumnsNotChosen when no columns were chosen.
    """
    if batch.source is None:
        raise ColumnsNotChosen("Choose the columns first.")
    content = bytes(batch.content)
    choices = choices_of(batch.source)
    opening = opening_of(content, batch.layout)
    check_choices(opening, batch.layout, choices)
    dated: dict[str, tuple[date, int]] = {}
    if layouts.is_marks(batch.layout):
        try:
            keep, dated = sessions_of_layout(
                batch.layout, choices.mapping, opening.header, choices.order
            )
        except BadValue as problem:
            raise UnreadableFile(str(problem)) from None
    else:
        keep = {title: title for title in choices.mapping.values()}
    expected = content.count(b"\n") or 1
    reported = 0

    def tell(rows: int) -> None:
        nonlocal reported
        if rows - reported >= REPORT_EACH:
            reported = rows
            progress(rows, expected, "Reading the file")

    progress(0, expected, "Reading the file")
    table = read_table(content, opening, keep, progress=tell)
    if not table.rows:
        raise UnreadableFile("The file has headings but no rows. Export it again and try again.")
    _check_last_line(batch, table, choices.mapping)
    return table, choices, dated


WHOLE_WHEN_READ = frozenset({"upn", "born_on", "starts_on", "ends_on", "postcode", "former_upn"})
MAY_BE_CUT = (
    "The last line has no line break and its last value may be cut short. If the file is whole, "
    "add a line break at its end; if not, export it again."
)


def _check_last_line(batch: ImportBatch, table: Table, mapping: Mapping[str, str]) -> None:
    """Refuse a file that may have lost the end of its last value on the way.

    A last line without a line break is fine when a shorter value could not pass for it.
    """
    column = table.columns.get(table.header[-1])
    if table.whole_last_line or table.footer or column is None or not len(column.at):
        return
    last = column.values[int(column.at[-1])].strip()
    if layouts.is_marks(batch.layout):
        known = {*codec.NUMBERS, *(row.mark for row in selectors.codes_of(batch.source))}
        if last and any(mark != last and mark.startswith(last) for mark in known):
            raise UnreadableFile(MAY_BE_CUT)
        return
    name = next(name for name, title in mapping.items() if title == table.header[-1])
    if not last or name not in WHOLE_WHEN_READ:
        raise UnreadableFile(MAY_BE_CUT)


def plan_for(batch: ImportBatch, *, today: date, progress: Progress = silent) -> Plan:
    """What taking the file would do today. Raises UnreadableFile and ColumnsNotChosen."""
    table, choices, dated = read(batch, progress=progress)

    def tell(doing: str) -> None:
        progress(table.rows, table.rows, doing)

    if layouts.is_marks(batch.layout):
        return marks.plan(
            school=batch.school,
            table=table,
            layout=batch.layout,
            mapping=choices.mapping,
            dated=dated,
            reading=_reading(batch, choices),
            today=today,
            progress=tell,
        )
    return people.plan(
        school=batch.school,
        table=table,
        layout=batch.layout,
        mapping=choices.mapping,
        order=choices.order,
        today=today,
        progress=tell,
    )


def plan_for_pupil(batch: ImportBatch, naming: Naming, pupil_id: int, *, today: date) -> MarksPlan:
    """What the rows that name one pupil would do, were it this one. Raises as `plan_for`."""
    table, choices, dated = read(batch)
    return marks.plan(
        school=batch.school,
        table=rows_that_name(table, choices.mapping, naming),
        layout=batch.layout,
        mapping=choices.mapping,
        dated=dated,
        reading=replace(_reading(batch, choices), pupils={naming: pupil_id}),
        today=today,
    )


def _reading(batch: ImportBatch, choices: Choices) -> Reading:
    """How the source writes marks, with what people have said of it so far."""
    return Reading(
        order=choices.order,
        fold_case=choices.fold_case,
        present_both=choices.present_both,
        codes=selectors.codes_of(batch.source),
        pupils=selectors.pupils_said(batch.source),
    )


def write_report(batch: ImportBatch, plan: Plan) -> None:
    """Keep what a plan found: the figures, and each problem with its line."""
    problems = plan.problems
    earlier = selectors.same_file_taken(batch)
    batch.report = {
        **{key: batch.report[key] for key in ("encoding", "delimiter") if key in batch.report},
        **plan.report,
        "problems": {str(kind): number for kind, number in problems.counts.items() if number},
        "held_because": plan.held_because,
        "same_as": earlier.reference if earlier else "",
    }
    ImportProblem.objects.filter(batch=batch).delete()
    list_problems(batch, problems)


def list_problems(batch: ImportBatch, problems: Problems) -> None:
    """Keep each listed problem with its line."""
    ImportProblem.objects.bulk_create(
        (
            ImportProblem(
                authority_id=batch.authority_id,
                batch=batch,
                line=one.line,
                column=one.column,
                value=one.value,
                kind=str(one.kind),
                reason=one.reason,
            )
            for one in problems.listed
        ),
        batch_size=1000,
    )
