"""Files of marks: what taking one would do, and taking it.

`plan` reads the file against the roll, the calendar and the register and writes nothing; `write`
records what the plan accepts. All arrays; see `attendance.imports.cells` for the reading.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import numpy as np

from attendance import marks as codec
from attendance.imports import totals as file_totals
from attendance.imports.cells import choose_enrolments, read_cells
from attendance.imports.codes import Reading, read_codes
from attendance.imports.problems import Kind, Problems, list_bad_rows, list_other_schools
from attendance.imports.pupils import find_pupils, list_unknown_pupils
from attendance.imports.reading import Flags, Indices, Ordinals, Table
from attendance.models import ImportBatch
from attendance.selectors import imports as selectors
from attendance.services import registers
from attendance.services.imports.marks_brake import why_held
from attendance.services.imports.marks_refused import (
    Work,
    drop_blanks,
    iso_day,
    list_namings,
    refuse_codes,
    refuse_outcomes,
)
from attendance.services.imports.marks_warnings import warn
from attendance.services.registers import MarksFrame, Outcome
from authorities.models import School, User

MOST_CHANGES_LISTED = 500
MOST_TOTALS_LISTED = 5_000


@dataclass(slots=True)
class MarksPlan:
    """What taking a file of marks would do.

    frame     every mark that can be taken
    recorded  the byte that the register holds now for each of them
    lines     where the rows of the plan stand in the file
    """

    frame: MarksFrame
    recorded: codec.Bytes
    lines: Indices
    report: dict[str, Any]
    problems: Problems
    held_because: list[str]

    def parts(self, most: int) -> list[MarksFrame]:
        """The frame in parts of about `most` marks, each of whole days: a register stays whole."""
        frame = self.frame
        if len(frame) <= most:
            return [frame] if len(frame) else []
        days, counts = np.unique(frame.day, return_counts=True)
        part_of_day = np.cumsum(counts) // most
        part = part_of_day[np.searchsorted(days, frame.day)]
        return [_only(frame, part == number) for number in np.unique(part).tolist()]


Progress = Callable[[str], None]


def plan(
    *,
    school: School,
    table: Table,
    layout: str,
    mapping: Mapping[str, str],
    dated: Mapping[str, tuple[date, int]],
    reading: Reading,
    today: date,
    progress: Progress = lambda doing: None,
) -> MarksPlan:
    """What taking these marks would do: new, changed, as they are, refused, and what to look at.

    Raises nothing for what the file holds: every problem is in the plan.
    """
    problems = Problems()
    list_bad_rows(table, problems)
    progress("Finding the pupils")
    pupils = find_pupils(table, mapping, selectors.roll_of(school), reading.pupils)
    refused = list_unknown_pupils(table, mapping, pupils, problems)
    elsewhere = list_other_schools(table, mapping, school, problems)
    progress("Reading the marks")
    cells, bad = read_cells(table, layout, mapping, dated, reading.order, pupils, problems)
    numbers = read_codes(cells, reading)
    work = Work(
        school=school,
        table=table,
        layout=layout,
        mapping=mapping,
        reading=reading,
        today=today,
        problems=problems,
        pupils=pupils,
        cells=cells,
        number=numbers.number,
        refused_rows=refused | elsewhere | bad,
    )
    totals = _totals(work)
    unknown_pupils = list_namings(work, ~elsewhere)
    unknown_marks = refuse_codes(work, numbers)
    blank = drop_blanks(work)
    progress("Comparing with the register")
    enrolments = _enrolments(work)
    frame = MarksFrame(
        enrolment=enrolments,
        day=work.cells.day,
        session=work.cells.session,
        number=work.number,
    )
    preview = registers.preview_marks(school=school, marks=frame)
    years = np.unique(codec.years_of(frame.day)).tolist() if len(frame) else []
    days = selectors.school_days(school, {*years, codec.year_of(today)})
    taken = preview.outcome < Outcome.NOT_HERE
    refuse_outcomes(work, preview.outcome, days)
    warn(work, taken, days)
    counts = preview.counts
    marks = {
        "new": counts.new,
        "changed": counts.changed,
        "unchanged": counts.unchanged,
        "blank": blank,
    }
    places = table.rows * {"long": 1, "week": 10}.get(layout, len(dated))
    report: dict[str, Any] = {
        "layout": layout,
        "rows": _rows(work, preview.outcome),
        "marks": {**marks, "refused": places - sum(marks.values())},
        "pupils": len(set(frame.enrolment[taken].tolist())),
        "first_day": iso_day(frame.day[taken].min()) if taken.any() else None,
        "last_day": iso_day(frame.day[taken].max()) if taken.any() else None,
        "totals": totals,
        "by_pupil": _by_pupil(frame, taken),
        "changes": _changes(work, frame, preview),
        "unknown_marks": unknown_marks,
        "unknown_pupils": unknown_pupils,
        "pupils_as_said": sum(pupils.said),
        "whole_last_line": table.whole_last_line,
    }
    held = why_held(work, frame, preview, taken, days)
    return MarksPlan(
        _only(frame, taken), preview.current[taken], table.lines, report, problems, held
    )


def _only(frame: MarksFrame, kept: Flags) -> MarksFrame:
    return MarksFrame(
        frame.enrolment[kept], frame.day[kept], frame.session[kept], frame.number[kept]
    )


def _totals(work: Work) -> dict[str, Any]:
    """What the file's marks add up to, beside what the file says they do."""
    sums = file_totals.class_sums(work.cells, work.number, len(work.table.lines))
    differs = file_totals.compare_totals(
        work.table, work.layout, work.mapping, work.pupils, sums, work.problems
    )
    for one in differs:
        work.problems.add(
            Kind.TOTALS,
            f"The file says {one.stated}; its marks make {one.ours}.",
            line=one.line,
            column=one.column,
            value=one.stated,
        )
    names = (*sums, *file_totals.PERCENTS)
    totals = [title for name, title in work.mapping.items() if name in names]
    stated_rows = file_totals.rows_in_footer(work.table, totals)
    if stated_rows is not None and stated_rows != work.table.rows:
        work.problems.add(
            Kind.TOTALS,
            f"The file says it has {stated_rows} rows; it has {work.table.rows}.",
            line=work.table.footer_line,
            value=str(stated_rows),
        )
    return {
        **{name: int(ours.sum()) for name, ours in sums.items()},
        "stated_in_file": bool(totals) or stated_rows is not None,
        "differences": work.problems.counts[Kind.TOTALS],
    }


def _enrolments(work: Work) -> Ordinals:
    """The enrolment of each cell; off roll, the pupil's first, for the register to refuse."""
    chosen = choose_enrolments(work.cells, work.pupils)
    first = np.array(
        [rows[0].enrolment_id if rows else 0 for rows in work.pupils.enrolments], np.int64
    )
    if len(first):
        chosen = np.where(chosen == 0, first[work.cells.pupil], chosen)
    return chosen


def _rows(work: Work, outcome: codec.Bytes) -> dict[str, int]:
    """Each row of the file once: refused when any of its marks is, accepted when any is new."""
    count = len(work.table.lines)
    written = outcome <= Outcome.CHANGED
    accepted = np.zeros(count, np.bool_)
    accepted[work.cells.row[written]] = True
    refused = int(work.refused_rows.sum()) + len(work.table.bad_rows)
    taken = int((accepted & ~work.refused_rows).sum())
    total = work.table.rows
    return {
        "total": total,
        "accepted": taken,
        "unchanged": total - taken - refused,
        "refused": refused,
    }


def _by_pupil(frame: MarksFrame, taken: Flags) -> list[list[int]]:
    """[enrolment, possible, attended, authorised, unauthorised] of the marks to be taken."""
    ids, at = np.unique(frame.enrolment[taken], return_inverse=True)
    number = frame.number[taken]
    columns = [ids] + [
        np.bincount(at[mask], minlength=len(ids))
        for mask in (
            number >= codec.ATTENDING,
            (number >= codec.ATTENDING) & (number < codec.AUTHORISED),
            (number >= codec.AUTHORISED) & (number < codec.UNAUTHORISED),
            number >= codec.UNAUTHORISED,
        )
    ]
    return np.stack(columns, axis=1)[:MOST_TOTALS_LISTED].tolist() if len(ids) else []


def _changes(work: Work, frame: MarksFrame, preview: registers.Preview) -> list[dict[str, Any]]:
    """The recorded marks that would change, the first of them: who, when, from, to."""
    at = np.flatnonzero(preview.outcome == Outcome.CHANGED)[:MOST_CHANGES_LISTED]
    references = selectors.references_of(frame.enrolment[at].tolist())
    return [
        {
            "line": int(work.table.lines[work.cells.row[cell]]),
            "pupil": references[int(frame.enrolment[cell])],
            "day": iso_day(frame.day[cell]),
            "session": "PM" if frame.session[cell] else "AM",
            "from": codec.code_of(int(preview.current[cell])),
            "to": codec.code_of(int(frame.number[cell])),
        }
        for cell in at.tolist()
    ]


def write(
    frame: MarksFrame, *, batch: ImportBatch, by: User | None, now: datetime
) -> registers.Recorded:
    """Record some of the marks that a plan accepts, in the caller's transaction."""
    return registers.record_marks(
        school=batch.school,
        marks=frame,
        batch=batch,
        by=by,
        reason=f"Import {batch.reference}",
        now=now,
    )
