"""The columns of a file of marks as cells: arrays of row, pupil, day, session and mark.

No loop here runs once for each mark: values, dates and pupils are judged once each and spread over
the rows by number. Knows no database; `attendance.selectors.imports` says who is on roll.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from attendance import marks as codec
from attendance.imports import layouts
from attendance.imports.problems import Kind, Problems, list_values
from attendance.imports.pupils import Pupils
from attendance.imports.reading import Flags, Indices, Ordinals, Table
from attendance.imports.values import BadValue, DateOrder, read_date, read_session
from attendance.models.imports import ImportLayout
from rules.dates import in_words

BAD_DAY = -1


@dataclass(slots=True)
class Cells:
    """The marks of a file as arrays of one length; blanks and what cannot be read left out.

    row      index of the table's row
    pupil    index of the file's pupil (see `Pupils`)
    day      date.toordinal()
    session  0 or 1
    mark     index in `marks`
    column   index in `columns`, for saying where a problem is
    """

    marks: list[str]
    columns: list[str]
    row: Indices
    pupil: Indices
    day: Ordinals
    session: NDArray[np.uint8]
    mark: Indices
    column: Indices

    def __len__(self) -> int:
        return len(self.row)

    def where(self, kept: Flags) -> "Cells":
        """Some of the cells."""
        return Cells(
            self.marks,
            self.columns,
            self.row[kept],
            self.pupil[kept],
            self.day[kept],
            self.session[kept],
            self.mark[kept],
            self.column[kept],
        )


def sessions_of_layout(
    layout: str, mapping: Mapping[str, str], header: Sequence[str], order: DateOrder | None
) -> tuple[dict[str, str], dict[str, tuple[date, int]]]:
    """(columns to keep with their groups, the dated columns) of a layout."""
    dated, problems = ({}, {})  # type: tuple[dict[str, tuple[date, int]], dict[str, str]]
    if layout == ImportLayout.MARKS_DATED:
        dated, problems = layouts.dated_columns(header, order)
        if problems:
            title, reason = next(iter(problems.items()))
            raise BadValue(f"The heading “{title}” does not name a day: {reason}")
        if not dated:
            raise BadValue(
                "No heading names a session. Use headings such as 2026-09-02 AM and 2026-09-02 PM."
            )
        if len(set(dated.values())) < len(dated):
            raise BadValue("Two headings name the same session. Take one of the columns out.")
    mark_titles = set(dated) | {
        title for name, title in mapping.items() if name == "mark" or _is_week_field(name)
    }
    keep = {title: title for title in mapping.values() if title in header}
    keep |= {title: layouts.MARK_GROUP for title in header if title in mark_titles}
    return keep, dated


def _is_week_field(name: str) -> bool:
    return name[:3] in layouts.WEEKDAYS and name[3:] in layouts.HALVES


def read_cells(
    table: Table,
    layout: str,
    mapping: Mapping[str, str],
    dated: Mapping[str, tuple[date, int]],
    order: DateOrder | None,
    pupils: Pupils,
    problems: Problems,
) -> tuple[Cells, Flags]:
    """Every cell with a mark, and which rows hold a date or session that cannot be read."""
    if layout == ImportLayout.MARKS_LONG:
        return _long(table, mapping, order, pupils, problems)
    if layout == ImportLayout.MARKS_WEEK:
        starts, bad = _days(table, mapping["week"], order, problems, monday=True)
        columns = [
            (mapping[f"{day}{half}"], starts + number, place)
            for number, day in enumerate(layouts.WEEKDAYS)
            for place, half in enumerate(layouts.HALVES)
        ]
    else:
        bad = np.zeros(len(table.lines), np.bool_)
        columns = [
            (title, np.full(len(table.lines), day.toordinal(), np.int64), half)
            for title, (day, half) in dated.items()
        ]
    return _wide(table, columns, pupils, bad), bad


def _long(
    table: Table,
    mapping: Mapping[str, str],
    order: DateOrder | None,
    pupils: Pupils,
    problems: Problems,
) -> tuple[Cells, Flags]:
    """One mark a row."""
    days, bad_day = _days(table, mapping["day"], order, problems)
    title = mapping["session"]
    column = table.columns[title]
    halves = np.zeros(len(column.values), np.uint8)
    wrong: dict[int, str] = {}
    for place, text in enumerate(column.values):
        try:
            halves[place] = read_session(text)
        except BadValue as problem:
            wrong[place] = str(problem)
    bad_half = list_values(table, title, column, wrong, Kind.BAD_VALUE, problems)
    mark = table.columns[mapping["mark"]]
    bad = bad_day | bad_half
    rows = np.arange(len(table.lines), dtype=np.int32)
    cells = Cells(
        marks=mark.values,
        columns=[mapping["mark"]],
        row=rows,
        pupil=pupils.at,
        day=days,
        session=halves[column.at] if len(halves) else np.zeros(0, np.uint8),
        mark=mark.at,
        column=np.zeros(len(rows), np.int32),
    )
    return cells.where(~bad), bad


def _wide(
    table: Table, columns: Sequence[tuple[str, Ordinals, int]], pupils: Pupils, bad: Flags
) -> Cells:
    """Many marks a row: columns side by side become one long array, row by row."""
    rows, width = len(table.lines), len(columns)
    titles = [title for title, _, _ in columns]
    marks = table.columns[titles[0]].values
    good = np.flatnonzero(~bad).astype(np.int32)
    stacked = np.empty((len(good), width), np.int32)
    days = np.empty((len(good), width), np.int64)
    for place, (title, on, _) in enumerate(columns):
        stacked[:, place] = table.columns[title].at[good] if rows else 0
        days[:, place] = on[good]
    halves = np.array([half for _, _, half in columns], np.uint8)
    return Cells(
        marks=marks,
        columns=titles,
        row=np.repeat(good, width),
        pupil=np.repeat(pupils.at[good], width),
        day=days.ravel(),
        session=np.tile(halves, len(good)),
        mark=stacked.ravel(),
        column=np.tile(np.arange(width, dtype=np.int32), len(good)),
    )


def _days(
    table: Table, title: str, order: DateOrder | None, problems: Problems, *, monday: bool = False
) -> tuple[Ordinals, Flags]:
    """The day of each row as an ordinal, and which rows have none that can be read."""
    column = table.columns[title]
    days = np.full(len(column.values), BAD_DAY, np.int64)
    wrong: dict[int, str] = {}
    for place, text in enumerate(column.values):
        try:
            day = read_date(text, order)
        except BadValue as problem:
            wrong[place] = str(problem)
            continue
        if monday and day.weekday() != 0:
            wrong[place] = f"{in_words(day)} is a {day:%A}. The week must begin on a Monday."
            continue
        days[place] = day.toordinal()
    bad = list_values(table, title, column, wrong, Kind.BAD_DATE, problems)
    return (days[column.at] if len(days) else np.zeros(0, np.int64)), bad


def choose_enrolments(cells: Cells, pupils: Pupils) -> Ordinals:
    """The enrolment of each cell that holds its day, or 0 where the pupil was not on roll."""
    chosen = np.zeros(len(cells), np.int64)
    most = max((len(rows) for rows in pupils.enrolments), default=0)
    for turn in range(most):
        ids = np.zeros(len(pupils.enrolments), np.int64)
        first = np.full(len(pupils.enrolments), codec.FAR_AHEAD, np.int64)
        last = np.full(len(pupils.enrolments), codec.LONG_AGO, np.int64)
        for place, rows in enumerate(pupils.enrolments):
            if turn < len(rows):
                row = rows[turn]
                ids[place] = row.enrolment_id
                first[place] = row.starts_on.toordinal()
                last[place] = row.ends_on.toordinal() if row.ends_on else codec.FAR_AHEAD
        inside = (first[cells.pupil] <= cells.day) & (cells.day <= last[cells.pupil])
        chosen = np.where((chosen == 0) & inside, ids[cells.pupil], chosen)
    return chosen
