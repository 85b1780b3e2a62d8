"""The totals that a file of marks states, beside what its marks add up to."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from attendance import marks as codec
from attendance.imports.cells import Cells
from attendance.imports.codes import UNKNOWN
from attendance.imports.problems import Kind, Problems, list_values
from attendance.imports.pupils import Pupils
from attendance.imports.reading import Column, Flags, Ordinals, Table
from attendance.imports.values import BadValue
from attendance.models.imports import ImportLayout


def class_sums(cells: Cells, number: NDArray[np.uint8], rows: int) -> dict[str, Ordinals]:
    """For each row, what its own marks add up to."""
    masks = {
        "possible": (number >= codec.ATTENDING) & (number != UNKNOWN),
        "attended": (number >= codec.ATTENDING) & (number < codec.AUTHORISED),
        "authorised": (number >= codec.AUTHORISED) & (number < codec.UNAUTHORISED),
        "unauthorised": (number >= codec.UNAUTHORISED) & (number != UNKNOWN),
    }
    return {
        name: np.bincount(cells.row[mask], minlength=rows).astype(np.int64)
        for name, mask in masks.items()
    }


YES = {"true": 1, "yes": 1, "y": 1, "t": 1, "false": 0, "no": 0, "n": 0, "f": 0}


def read_total(text: str) -> int | None:
    """A stated total or flag; None for an empty cell. Raises BadValue."""
    plain = text.strip().casefold()
    if not plain:
        return None
    if plain in YES:
        return YES[plain]
    if not (plain.isascii() and plain.isdecimal()) or len(plain) > 9:
        raise BadValue("A total must be a whole number.")
    return int(plain)


@dataclass(frozen=True, slots=True)
class Differs:
    """A total that the file states and its marks do not add up to."""

    line: int
    column: str
    stated: int
    ours: int


def compare_totals(
    table: Table,
    layout: str,
    mapping: Mapping[str, str],
    pupils: Pupils,
    sums: Mapping[str, Ordinals],
    problems: Problems,
) -> list[Differs]:
    """Where the file's own totals differ from its marks: by row, by pupil and in its last row."""
    found: list[Differs] = []
    for name, ours in sums.items():
        title = mapping.get(name, "")
        column = table.columns.get(title)
        if column is None:
            continue
        stated, given = _stated(table, title, column, problems)
        if layout == ImportLayout.MARKS_LONG:
            found += _by_pupil(table, title, pupils, stated, given, ours)
        else:
            differs = np.flatnonzero(given & (stated != ours))
            found += [
                Differs(int(table.lines[row]), title, int(stated[row]), int(ours[row]))
                for row in differs
            ]
        found += _in_footer(table, title, int(ours.sum()))
    return found


def _stated(table: Table, title: str, column: Column, problems: Problems) -> tuple[Ordinals, Flags]:
    """The stated total of each row, and which rows state one."""
    values = np.zeros(len(column.values), np.int64)
    given = np.zeros(len(column.values), np.bool_)
    wrong: dict[int, str] = {}
    for place, text in enumerate(column.values):
        try:
            number = read_total(text)
        except BadValue as problem:
            wrong[place] = str(problem)
            continue
        if number is not None:
            values[place], given[place] = number, True
    list_values(table, title, column, wrong, Kind.TOTALS, problems)
    if not len(values):
        return np.zeros(0, np.int64), np.zeros(0, np.bool_)
    return values[column.at], given[column.at]


def _by_pupil(
    table: Table, title: str, pupils: Pupils, stated: Ordinals, given: Flags, ours: Ordinals
) -> list[Differs]:
    """Long layout: the column fits when its flags fit mark by mark, or its totals by pupil."""
    count = len(pupils.enrolments)
    summed = np.bincount(pupils.at, weights=ours, minlength=count).astype(np.int64)
    by_mark = np.flatnonzero(given & (stated != ours))
    by_pupil = np.flatnonzero(given & (stated != summed[pupils.at]))
    if not len(by_mark) or not len(by_pupil):
        return []
    if stated[given].max() <= 1:
        return [
            Differs(int(table.lines[row]), title, int(stated[row]), int(ours[row]))
            for row in by_mark
        ]
    _, first = np.unique(pupils.at[by_pupil], return_index=True)
    return [
        Differs(int(table.lines[row]), title, int(stated[row]), int(summed[pupils.at[row]]))
        for row in by_pupil[np.sort(first)]
    ]


def _in_footer(table: Table, title: str, ours: int) -> list[Differs]:
    """A last row of totals against the whole file."""
    try:
        stated = read_total(table.footer.get(title, ""))
    except BadValue:
        return []
    if stated is None or stated == ours:
        return []
    return [Differs(table.footer_line, title, stated, ours)]


def rows_in_footer(table: Table, used: Iterable[str]) -> int | None:
    """The number of rows that a last row of totals states, when it states just one number."""
    taken = set(used)
    numbers = [
        int(text)
        for title, text in table.footer.items()
        if title not in taken and text.strip().isascii() and text.strip().isdecimal()
    ]
    return numbers[0] if len(numbers) == 1 else None
