"""Files of pupils, enrolments and adults: what taking one would do.

A column that the file does not have leaves what we hold as it is. Each row is taken by the module
of its layout: `pupils`, `enrolments` or `adults`. `people_written` writes the plan and undoes it.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

import numpy as np
from django.db import models

from attendance.imports.people import KIND_OF_FIELD, READERS
from attendance.imports.problems import (
    Kind,
    Problems,
    list_bad_rows,
    list_other_schools,
)
from attendance.imports.reading import Table
from attendance.imports.values import BadValue, DateOrder
from attendance.models import ImportLayout, Pupil
from attendance.services.imports.adults import take_adult
from attendance.services.imports.enrolments import take_enrolment
from attendance.services.imports.people_known import Change, Known, PeoplePlan, Refused, Values
from attendance.services.imports.people_written import MODELS
from attendance.services.imports.pupils import take_pupil
from authorities.models import School


def plan(
    *,
    school: School,
    table: Table,
    layout: str,
    mapping: Mapping[str, str],
    order: DateOrder | None,
    today: date,
    progress: Callable[[str], None] = lambda doing: None,
) -> PeoplePlan:
    """What taking these people would do. Every problem is in the plan; nothing is written."""
    made = PeoplePlan()
    list_bad_rows(table, made.problems)
    progress("Reading the rows")
    elsewhere = list_other_schools(table, mapping, school, made.problems)
    rows = list(_rows(table, layout, mapping, order, made.problems))
    known = Known(school, today, [read for _, read in rows if read is not None])
    take = {
        ImportLayout.PUPILS: take_pupil,
        ImportLayout.ENROLMENTS: take_enrolment,
        ImportLayout.ADULTS: take_adult,
    }[ImportLayout(layout)]
    counts = {"accepted": 0, "unchanged": 0}
    for row, read in rows:
        if read is None or elsewhere[row]:
            continue
        was = (len(made.made), known.touched)
        made.worth_a_look.clear()
        try:
            take(read, known, made)
        except Refused as refused:
            _add_problem(made, refused, table, row, mapping)
            continue
        for about, reason in made.worth_a_look:
            _add_problem(made, Refused(Kind.OTHER_WARNING, reason, about), table, row, mapping)
        same = was == (len(made.made), known.touched)
        counts["unchanged" if same else "accepted"] += 1
    refused_rows = table.rows - counts["accepted"] - counts["unchanged"]
    made.report = {
        "layout": layout,
        "rows": {"total": table.rows, **counts, "refused": refused_rows},
        "records": {
            "new": dict(_counted(made.made)),
            "changed": dict(_counted([change.row for change in made.changed.values()])),
        },
        "changes": [_listed(change) for change in list(made.changed.values())[:500]],
        "whole_last_line": table.whole_last_line,
    }
    return made


def _add_problem(
    made: PeoplePlan, found: Refused, table: Table, row: int, mapping: Mapping[str, str]
) -> None:
    """Put what was found about a row under its line, its heading and its value."""
    title = mapping.get(found.about, "")
    column = table.columns.get(title)
    value = column.values[int(column.at[row])] if column else ""
    line = int(table.lines[row])
    made.problems.add(found.kind, found.reason, line=line, column=title, value=value)


def _counted(rows: Sequence[models.Model]) -> Iterator[tuple[str, int]]:
    for model in MODELS:
        number = sum(isinstance(row, model) for row in rows)
        if number:
            yield model._meta.model_name or "", number


def _listed(change: Change) -> dict[str, Any]:
    """A change for the list: whose record, and which fields. Never the values."""
    row = change.row
    pupil = row if isinstance(row, Pupil) else getattr(row, "pupil", None)
    return {
        "pupil": pupil.reference if pupil else "",
        "record": row._meta.model_name,
        "fields": sorted(name.replace("_", " ") for name in change.before if name != "sort_name"),
    }


def _rows(
    table: Table,
    layout: str,
    mapping: Mapping[str, str],
    order: DateOrder | None,
    problems: Problems,
) -> Iterator[tuple[int, Values | None]]:
    """(row, values) of each row; None for the values when one of them cannot be read."""
    readers = READERS[layout]
    read: dict[str, list[Any]] = {}
    bad = np.zeros(len(table.lines), np.bool_)
    for name, title in mapping.items():
        column = table.columns.get(title)
        if column is None or name not in readers:
            continue
        results: list[Any] = []
        for text in column.values:  # each different value once
            try:
                results.append(readers[name](text, order))
            except BadValue as problem:
                results.append(problem)
        wrong = [place for place, result in enumerate(results) if isinstance(result, BadValue)]
        if wrong:
            found = np.isin(column.at, wrong)
            bad |= found
            for row in np.flatnonzero(found).tolist():
                place = int(column.at[row])
                problems.add(
                    KIND_OF_FIELD.get(name, Kind.BAD_VALUE),
                    str(results[place]),
                    line=int(table.lines[row]),
                    column=title,
                    value=column.values[place],
                )
        read[name] = [results[place] for place in column.at.tolist()]
    for row in range(len(table.lines)):
        yield row, None if bad[row] else {name: cells[row] for name, cells in read.items()}
