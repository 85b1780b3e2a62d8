"""The life of a file that arrived: received, its columns chosen, checked, taken, undone.

A file is taken whole or not at all, in one transaction. Rows that cannot be taken refuse the file,
unless a person says to take the rest and leave them out. The plan is made again inside the
transaction that writes, under a lock on the school: two importers at once end as one.
"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import partial
from typing import Any

from django.db import transaction

from attendance import marks as codec
from attendance.imports import layouts, values
from attendance.imports.marks import Reading, sessions_of_layout
from attendance.imports.problems import Problems
from attendance.imports.reading import Opening, Table, UnreadableFile, open_file, read_table
from attendance.imports.values import BadValue, DateOrder
from attendance.models import (
    CodeMapping,
    ImportBatch,
    ImportLayout,
    ImportProblem,
    ImportSource,
    ImportState,
)
from attendance.selectors import imports as selectors
from attendance.services import import_marks, import_people, registers
from attendance.services.import_marks import MarksPlan
from attendance.services.import_people import PeoplePlan
from audit.record import Kind, record
from authorities import jobs
from authorities.access import Reach
from authorities.models import Job, JobState, School, User
from authorities.permissions import Permission
from authorities.queue import enqueue
from rules.attendance_codes import code_on
from rules.errors import Conflict, InvalidInput, RuleNotMet

Progress = Callable[[int, int | None, str], None]
Plan = MarksPlan | PeoplePlan

WRITE_AT_ONCE = 60_000  # marks in one call of the store, so that progress moves
REPORT_EACH = 100_000  # rows read between two reports of progress


def silent(done: int, total: int | None, doing: str) -> None:
    """Report no progress."""


@dataclass(frozen=True, slots=True)
class Choices:
    """How a person says a file is to be read.

    mapping       our field → the file's heading
    order         which number comes first in its dates; None when it writes them otherwise
    fold_case     lower-case marks mean the same as capitals
    present_both  / stands for the afternoon too
    name          of the source, for people
    """

    mapping: Mapping[str, str]
    order: DateOrder | None = None
    fold_case: bool = False
    present_both: bool = False
    name: str = ""

    @property
    def options(self) -> dict[str, Any]:
        """As the source remembers them."""
        return {
            "order": self.order.value if self.order else "",
            "fold_case": self.fold_case,
            "present_both": self.present_both,
        }


class ColumnsNotChosen(InvalidInput):
    """The choice of columns is not enough to read the file. `field` says what is missing."""

    code = "columns_not_chosen"

    def __init__(self, sentence: str, about: str = "") -> None:
        super().__init__(sentence)
        self.about = about


@dataclass(slots=True)
class Outcome:
    """What became of a file, for the command and the page."""

    batch: ImportBatch
    plan: Plan | None = None
    sentence: str = ""
    report: dict[str, Any] = field(default_factory=dict)


def _user(by: Reach | None) -> User | None:
    return by.user if by is not None else None


def _require(by: Reach | None, school: School) -> None:
    """A person needs the permission; without a person it is an operator at the machine."""
    if by is not None:
        by.require(Permission.IMPORT, school)


# Receiving and choosing


def opening_of(content: bytes, layout: str) -> Opening:
    """The headings and first rows of a file. Raises UnreadableFile."""
    return open_file(content, partial(layouts.recognised, layout))


def suggested(opening: Opening, layout: str, source: ImportSource | None) -> Choices:
    """The remembered choices for these headings, else a guess for a person to confirm."""
    if source is not None:
        return _choices_of(source)
    return Choices(mapping=layouts.guess_mapping(layout, opening.header))


def remembered(school: School, layout: str, content: bytes) -> Choices:
    """The same, from a file that was not received yet. Raises UnreadableFile."""
    opening = opening_of(content, layout)
    digest = layouts.header_digest(layout, opening.header)
    return suggested(opening, layout, selectors.source_for(school, layout, digest))


def _choices_of(source: ImportSource) -> Choices:
    order = source.options.get("order")
    return Choices(
        mapping=source.mapping,
        order=DateOrder(order) if order else None,
        fold_case=bool(source.options.get("fold_case")),
        present_both=bool(source.options.get("present_both")),
        name=source.name,
    )


def needs_date_order(opening: Opening, layout: str, mapping: Mapping[str, str]) -> bool:
    """Whether the first rows or headings hold dates that read two ways."""
    named = {"day", "week", "born_on", "starts_on", "ends_on"}
    places = [
        opening.header.index(title)
        for name, title in mapping.items()
        if name in named and title in opening.header
    ]
    cells = [row[place] for row in opening.rows for place in places if place < len(row)]
    if layout == ImportLayout.MARKS_DATED:
        cells += [t.text for t in map(layouts.session_title, opening.header) if t is not None]
    return any(values.is_ambiguous(cell) for cell in cells)


def may_need_date_order(opening: Opening, layout: str) -> bool:
    """Whether any cell of the first rows, or any dated heading, is a date that reads two ways."""
    cells = [cell for row in opening.rows for cell in row]
    if layout == ImportLayout.MARKS_DATED:
        cells += [t.text for t in map(layouts.session_title, opening.header) if t is not None]
    return any(values.is_ambiguous(cell) for cell in cells)


@transaction.atomic
def receive(
    *,
    school: School,
    layout: str,
    file_name: str,
    content: bytes,
    by: Reach | None,
    now: datetime,
) -> ImportBatch:
    """Keep a file as it arrived. Nothing of it is used yet.

    Raises Forbidden, and UnreadableFile for what is no table.
    """
    _require(by, school)
    opening = opening_of(content, layout)
    digest = layouts.header_digest(layout, opening.header)
    return ImportBatch.objects.create(
        authority_id=school.authority_id,
        school=school,
        layout=layout,
        source=selectors.source_for(school, layout, digest),
        file_name=_safe_name(file_name),
        sha256=hashlib.sha256(content).hexdigest(),
        content=content,
        uploaded_by=_user(by),
        uploaded_at=now,
        report={"encoding": opening.encoding, "delimiter": opening.delimiter},
    )


def _safe_name(name: str) -> str:
    """The file's own name without folders and control characters."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    return "".join(c for c in last if c.isprintable())[:200] or "file.csv"


@transaction.atomic
def choose(*, batch: ImportBatch, choices: Choices, by: Reach | None) -> ImportSource:
    """Remember how files with these headings are read at this school.

    Raises Forbidden, and ColumnsNotChosen when a needed column or the order of dates is missing.
    """
    _require(by, batch.school)
    _still_open(batch)
    opening = opening_of(bytes(batch.content), batch.layout)
    check_choices(opening, batch.layout, choices)
    source, _ = ImportSource.objects.update_or_create(
        authority_id=batch.authority_id,
        school=batch.school,
        layout=batch.layout,
        header_digest=layouts.header_digest(batch.layout, opening.header),
        defaults={
            "name": choices.name[:80] or "Register system",
            "mapping": dict(choices.mapping),
            "options": choices.options,
        },
    )
    batch.source = source
    batch.save(update_fields=["source"])
    return source


def check_choices(opening: Opening, layout: str, choices: Choices) -> None:
    """Raise ColumnsNotChosen unless the choices are enough to read the file."""
    for name, title in choices.mapping.items():
        if title not in opening.header:
            raise ColumnsNotChosen(f"The file has no column “{title[:60]}”.", name)
    titles = list(choices.mapping.values())
    twice = next((title for title in titles if titles.count(title) > 1), None)
    if twice is not None:
        about = [name for name, title in choices.mapping.items() if title == twice][-1]
        raise ColumnsNotChosen(f"The column “{twice[:60]}” is chosen twice.", about)
    if layouts.needs_pupil(choices.mapping):
        raise ColumnsNotChosen(
            "Choose the column with the UPN, or the one with the pupil's number.", "upn"
        )
    missing = layouts.missing_fields(layout, choices.mapping)
    if missing:
        raise ColumnsNotChosen(
            f"Choose the column for: {', '.join(one.label for one in missing)}.", missing[0].name
        )
    if choices.order is None and needs_date_order(opening, layout, choices.mapping):
        raise ColumnsNotChosen(
            "Dates such as 03/09/2026 can be read two ways. Say whether the day or the month "
            "comes first.",
            "order",
        )


SETTLED = (ImportState.TAKEN, ImportState.UNDONE, ImportState.DISCARDED)
BROKEN_OFF = (JobState.FAILED, JobState.CANCELLED)


def _still_open(batch: ImportBatch) -> None:
    """Raise Conflict for a file that has been decided, or is being imported now."""
    running = batch.state == ImportState.IMPORTING and (
        batch.job is None or batch.job.state not in BROKEN_OFF
    )
    if batch.state in SETTLED or running:
        raise Conflict(
            f"This file is already settled: {ImportState(batch.state).label.lower()}. "
            "Upload it again to start afresh."
        )


# Reading and planning


def read(batch: ImportBatch, *, progress: Progress = silent) -> tuple[Table, Choices, dict]:
    """The whole file by its source's choices, with the dated columns of that layout.

    Raises UnreadableFile, and ColumnsNotChosen when no columns were chosen.
    """
    if batch.source is None:
        raise ColumnsNotChosen("Choose the columns first.")
    content = bytes(batch.content)
    choices = _choices_of(batch.source)
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
    rows = table.rows
    school = batch.school
    tell = partial(_tell, progress, rows)
    if layouts.is_marks(batch.layout):
        return import_marks.plan(
            school=school,
            table=table,
            layout=batch.layout,
            mapping=choices.mapping,
            dated=dated,
            reading=Reading(
                order=choices.order,
                fold_case=choices.fold_case,
                present_both=choices.present_both,
                codes=selectors.codes_of(batch.source),
            ),
            today=today,
            progress=tell,
        )
    return import_people.plan(
        school=school,
        table=table,
        layout=batch.layout,
        mapping=choices.mapping,
        order=choices.order,
        today=today,
        progress=tell,
    )


def _tell(progress: Progress, rows: int, doing: str) -> None:
    progress(rows, rows, doing)


def _write_report(batch: ImportBatch, plan: Plan) -> None:
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
    _write_problems(batch, problems)


def _write_problems(batch: ImportBatch, problems: Problems) -> None:
    ImportProblem.objects.filter(batch=batch).delete()
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


def _locked(batch: ImportBatch) -> ImportBatch:
    """The batch as it stands now, locked, after the school: always in this order."""
    School.objects.select_for_update(no_key=True).get(pk=batch.school_id)
    return (
        ImportBatch.objects.select_for_update(of=("self",))
        .select_related("school", "school__authority", "school__trust", "source", "job")
        .get(pk=batch.pk)
    )


# Checking


def start_check(*, batch: ImportBatch, by: Reach, now: datetime) -> Job:
    """Queue the dry run of a file. Raises Forbidden, and Conflict for a settled file."""
    _require(by, batch.school)
    _still_open(batch)
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
    _require(by, batch.school)
    batch = _locked(batch)
    _still_open(batch)
    plan = plan_for(batch, today=today, progress=progress)
    _write_report(batch, plan)
    batch.state = ImportState.CHECKED
    batch.save(update_fields=["report", "state"])
    _checked(batch, plan, by)
    return plan


def _checked(batch: ImportBatch, plan: Plan, by: Reach | None) -> None:
    record(
        Kind.IMPORT_CHECKED,
        by=_user(by),
        authority=batch.school.authority,
        school=batch.school,
        on=batch,
        layout=batch.layout,
        rows=plan.report["rows"]["total"],
    )


@transaction.atomic
def refuse_unreadable(*, batch: ImportBatch, sentence: str, by: Reach | None) -> None:
    """Write down that a file cannot be read at all."""
    batch = _locked(batch)
    batch.state = ImportState.REFUSED
    batch.report = {**batch.report, "unreadable": sentence}
    batch.save(update_fields=["state", "report"])
    record(
        Kind.IMPORT_REFUSED,
        by=_user(by),
        authority=batch.school.authority,
        school=batch.school,
        on=batch,
        layout=batch.layout,
        refused="all",
    )


@transaction.atomic
def put_back(*, batch: ImportBatch, sentence: str) -> None:
    """Something changed since the check, so that the file cannot be taken: back to the check."""
    batch = _locked(batch)
    batch.state = ImportState.CHECKED
    batch.report = {**batch.report, "put_back": sentence}
    batch.save(update_fields=["state", "report"])


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
    _require(by, batch.school)
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
            defaults={"code": code, "made_by": _user(by)},
        )
        record(
            Kind.CODE_MAPPED,
            by=_user(by),
            authority=batch.school.authority,
            school=batch.school,
            on=batch.source,
            mark=mark[:20],
            code=code or "(no mark)",
        )
    return len(codes)


# Taking


def start_take(*, batch: ImportBatch, by: Reach, now: datetime, leave_out_refused: bool) -> Job:
    """Queue the import of a checked file.

    Raises Forbidden, RuleNotMet when rows are refused and nobody said to leave them out, and
    Conflict when the file was not checked or somebody else is importing it.
    """
    _require(by, batch.school)
    batch = _locked(batch)
    if batch.state != ImportState.CHECKED:
        raise Conflict("This file is not waiting to be imported. Check it first.")
    _may_take(batch.report, leave_out_refused)
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


def _may_take(report: Mapping[str, Any], leave_out_refused: bool) -> None:
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
    marks = report.get("marks", {})
    return bool(marks.get("new") or marks.get("changed") or marks.get("unchanged"))


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
    _require(by, batch.school)
    batch = _locked(batch)
    if batch.state != ImportState.IMPORTING:
        raise Conflict("This file is not waiting to be imported. Nothing was done twice.")
    plan = plan_for(batch, today=today, progress=progress)
    _write_report(batch, plan)
    _may_take(batch.report, batch.leave_out_refused)
    if plan.held_because and not batch.released_because:
        _hold(batch, plan)
        return plan
    _write(batch, plan, by=by, now=now, progress=progress)
    return plan


def _hold(batch: ImportBatch, plan: Plan) -> None:
    batch.state = ImportState.HELD
    batch.held_because = " ".join(plan.held_because)[:1000]
    batch.save(update_fields=["state", "held_because", "report"])
    record(
        Kind.IMPORT_HELD,
        by=None,
        authority=batch.school.authority,
        school=batch.school,
        on=batch,
        layout=batch.layout,
        reason=batch.held_because,
    )


def _write(
    batch: ImportBatch, plan: Plan, *, by: Reach | None, now: datetime, progress: Progress
) -> None:
    """Write what the plan accepts, and that it was done."""
    if isinstance(plan, MarksPlan):
        done = _write_marks(batch, plan, by=by, now=now, progress=progress)
        new, changed = done.new, done.changed
    else:
        batch.effects = import_people.write(plan)
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
    record(
        Kind.IMPORT_TAKEN,
        by=_user(by),
        authority=batch.school.authority,
        school=batch.school,
        on=batch,
        layout=batch.layout,
        new=new,
        changed=changed,
        rows=batch.report["rows"],
        sha256=batch.sha256,
    )
    if new or changed:
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
        done += import_marks.write(part, batch=batch, by=_user(by), now=now)
    progress(len(parts), len(parts), "Writing the register")
    return done


def queue_sweep(school: School) -> None:
    """Have the standings of what changed worked out now; the timetable would within a minute."""
    enqueue("attendance.sweep_what_changed", authority_id=school.authority_id)


@transaction.atomic
def release(*, batch: ImportBatch, reason: str, by: Reach, now: datetime) -> Job:
    """Let a held file in, with a reason. Raises Forbidden, InvalidInput and Conflict."""
    _require(by, batch.school)
    reason = values.read_text(reason, most=300)
    if not reason:
        raise InvalidInput("Say why this file is right.")
    batch = _locked(batch)
    if batch.state != ImportState.HELD:
        raise Conflict("This file is not held any more. Nothing was done twice.")
    batch.released_because = reason
    batch.save(update_fields=["released_because"])
    record(
        Kind.IMPORT_RELEASED,
        by=by.user,
        authority=batch.school.authority,
        school=batch.school,
        on=batch,
        reason=reason,
    )
    return _queue_take(batch, by=by, now=now, leave_out_refused=batch.leave_out_refused)


@transaction.atomic
def discard(*, batch: ImportBatch, by: Reach) -> None:
    """Settle that a file is not imported. Raises Forbidden, and Conflict for a settled one."""
    _require(by, batch.school)
    batch = _locked(batch)
    _still_open(batch)
    batch.state = ImportState.DISCARDED
    batch.save(update_fields=["state"])
    record(
        Kind.IMPORT_DISCARDED,
        by=by.user,
        authority=batch.school.authority,
        school=batch.school,
        on=batch,
        layout=batch.layout,
    )


@transaction.atomic
def undo(*, batch: ImportBatch, reason: str, by: Reach | None, now: datetime) -> str:
    """Take back what a file wrote. Returns what was done, in a sentence.

    What somebody has changed since stays. Raises Forbidden, InvalidInput without a reason, and
    Conflict for a file that is not in force or whose people have marks by now.
    """
    _require(by, batch.school)
    reason = values.read_text(reason, most=300)
    if not reason:
        raise InvalidInput("Say why you are undoing this import.")
    batch = _locked(batch)
    if batch.state != ImportState.TAKEN:
        raise Conflict("This import is not in force, so there is nothing to undo.")
    if layouts.is_marks(batch.layout):
        undone = registers.undo(batch=batch, by=_user(by), now=now, reason=reason)
        sentence, kept = undone.sentence, selectors.kept_marks(undone.kept)
    else:
        sentence, kept = import_people.undo(batch).sentence, []
    batch.state, batch.undone_at = ImportState.UNDONE, now
    batch.report = {**batch.report, "undone": sentence, "kept": kept}
    batch.save(update_fields=["state", "undone_at", "report"])
    record(
        Kind.IMPORT_UNDONE,
        by=_user(by),
        authority=batch.school.authority,
        school=batch.school,
        on=batch,
        reason=reason,
    )
    queue_sweep(batch.school)
    return sentence


# All of it at once, for the command, the demo and other programs


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
    batch = _locked(batch)
    plan = plan_for(batch, today=today, progress=progress)
    _write_report(batch, plan)
    batch.leave_out_refused = leave_out_refused
    _settle(batch, plan, by=by, now=now, dry_run=dry_run, progress=progress)
    return Outcome(batch, plan, sentence_of(batch), batch.report)


FIRST_DAY_OF_CODES = date(2024, 8, 19)


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
        _checked(batch, plan, by)
        return
    try:
        _may_take(batch.report, batch.leave_out_refused)
    except RuleNotMet:
        batch.state = ImportState.REFUSED
        batch.save(update_fields=["state", "report"])
        record(
            Kind.IMPORT_REFUSED,
            by=_user(by),
            authority=batch.school.authority,
            school=batch.school,
            on=batch,
            layout=batch.layout,
            refused=batch.report["rows"]["refused"],
        )
        return
    if plan.held_because:
        _hold(batch, plan)
        return
    _write(batch, plan, by=by, now=now, progress=progress)


def _were(number: int, noun: str) -> str:
    """A number of things and their verb: 1 row was, 2 rows were."""
    return f"1 {noun} was" if number == 1 else f"{number:,} {noun}s were"


def sentence_of(batch: ImportBatch) -> str:
    """What became of a file, or would, in one or two sentences."""
    report = batch.report
    if batch.state == ImportState.HELD:
        return f"The file is held until a person releases it. {batch.held_because}"
    if "rows" not in report:
        return str(report.get("unreadable", "The file was not checked yet."))
    rows = report["rows"]
    if batch.state == ImportState.REFUSED:
        return (
            f"Nothing was imported: {rows['refused']:,} of {rows['total']:,} rows cannot be taken."
        )
    if batch.state == ImportState.UNDONE:
        return f"This import was undone. {report['undone']}"
    if batch.state != ImportState.TAKEN:
        return f"{_were(rows['total'], 'row')} checked. Nothing was imported."
    written = report["written"]
    if not written["new"] and not written["changed"]:
        again = f" The same file was imported before, as {report['same_as']}."
        return "Nothing changed: all of this was recorded already." + again * bool(
            report["same_as"]
        )
    left_out = f" {_were(rows['refused'], 'row')} left out." if rows["refused"] else ""
    return f"Imported: {what_was_written(batch)}.{left_out}"


def what_was_written(batch: ImportBatch) -> str:
    """How much a file wrote, with the noun: 60 new marks, 13 changed. None before it is taken."""
    written = batch.report.get("written", {"new": 0, "changed": 0})
    noun = "mark" if layouts.is_marks(batch.layout) else "record"
    plural = "" if written["new"] == 1 else "s"
    return f"{written['new']:,} new {noun}{plural}, {written['changed']:,} changed"


def is_whole(batch: ImportBatch) -> bool:
    """Whether the whole file was taken: no row left out."""
    return batch.state == ImportState.TAKEN and not batch.report["rows"]["refused"]
