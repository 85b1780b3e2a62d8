"""The totals and percentages that a file of marks states, beside what its marks add up to."""

import re
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


PERCENTS: dict[str, tuple[str, ...]] = {
    "attended_percent": ("attended",),
    "authorised_percent": ("authorised",),
    "unauthorised_percent": ("unauthorised",),
    "absent_percent": ("authorised", "unauthorised"),
}
YES = {"true": 1, "yes": 1, "y": 1, "t": 1, "false": 0, "no": 0, "n": 0, "f": 0}
PERCENT = re.compile(r"(\d{1,3})(?:\.(\d{1,6}))?\s*%?", re.ASCII)


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


def read_percent(text: str) -> tuple[int, int] | None:
    """A stated percentage as (number, parts of a percent): "94.3%" → (943, 10), "94" → (94, 1).

    None for an empty cell or a dash. Raises BadValue.
    """
    plain = text.strip()
    if plain in ("", "-"):
        return None
    match = PERCENT.fullmatch(plain)
    if match is None:
        raise BadValue("A percentage must be a number such as 94.3.")
    whole, decimals = match[1], match[2] or ""
    number, parts = int(whole + decimals), 10 ** len(decimals)
    if number > 100 * parts:
        raise BadValue("A percentage must be between 0 and 100.")
    return number, parts


@dataclass(frozen=True, slots=True)
class Differs:
    """A total that the file states and its marks do not add up to, both as text."""

    line: int
    column: str
    stated: str
    ours: str


@dataclass(slots=True)
class _Stated:
    """What a column states, row by row.

    number  the total, or the percentage in parts of a percent
    parts   how many parts of a percent its last digit counts: 10 for 94.3; 0 for a total
    given   which rows state anything
    """

    number: Ordinals
    parts: Ordinals
    given: Flags

    def differ(self, part: Ordinals, whole: Ordinals) -> Flags:
        """The rows that do not say `part`, or its share of `whole` as exactly as they are written.

        A percentage fits when it is the share rounded to its last digit, up or down at a half.
        Of nothing possible there is no share, and nothing to compare.
        """
        off = 2 * np.abs(self.number * whole - 100 * part * self.parts)
        return self.given & np.where(self.parts > 0, off > whole, self.number != part)

    def texts(self, row: int, part: int, whole: int) -> tuple[str, str]:
        """What a row states, and what the marks make, written alike."""
        number, parts = int(self.number[row]), int(self.parts[row])
        if not parts:
            return f"{number}", f"{part}"
        ours = (200 * part * parts + whole) // (2 * whole)
        return _percent(number, parts), _percent(ours, parts)


def _percent(number: int, parts: int) -> str:
    digits = len(str(parts)) - 1
    return f"{number // parts}.{number % parts:0{digits}}%" if digits else f"{number}%"


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
    for name in (*sums, *PERCENTS):
        title = mapping.get(name, "")
        column = table.columns.get(title)
        if column is None:
            continue
        part = np.sum([sums[one] for one in PERCENTS.get(name, (name,))], axis=0)
        whole, is_long = sums["possible"], layout == ImportLayout.MARKS_LONG
        stated = _stated(table, title, column, name in PERCENTS, problems)
        found += _in_rows(table, title, pupils, stated, part, whole, is_long=is_long)
        found += _in_footer(table, title, name in PERCENTS, int(part.sum()), int(whole.sum()))
    return found


def _read(text: str, is_percent: bool) -> tuple[int, int] | None:
    """A stated value as `_Stated` holds it. Raises BadValue."""
    if is_percent:
        return read_percent(text)
    number = read_total(text)
    return None if number is None else (number, 0)


def _stated(
    table: Table, title: str, column: Column, is_percent: bool, problems: Problems
) -> _Stated:
    """What each row of a column states. What cannot be read is listed."""
    values = np.zeros((max(1, len(column.values)), 3), np.int64)
    wrong: dict[int, str] = {}
    for place, text in enumerate(column.values):
        try:
            read = _read(text, is_percent)
        except BadValue as problem:
            wrong[place] = str(problem)
            continue
        if read is not None:
            values[place] = (*read, 1)
    list_values(table, title, column, wrong, Kind.TOTALS, problems)
    number, parts, given = values[column.at].T
    return _Stated(number, parts, given == 1)


def _in_rows(
    table: Table,
    title: str,
    pupils: Pupils,
    stated: _Stated,
    part: Ordinals,
    whole: Ordinals,
    *,
    is_long: bool,
) -> list[Differs]:
    """A column fits when it fits its rows one by one, or its pupils each over the whole file.

    Where it does neither, a long file of totals is listed by pupil and anything else by row.
    """
    count = len(pupils.enrolments)
    of_pupil = [
        np.bincount(pupils.at, weights=one, minlength=count).astype(np.int64)[pupils.at]
        for one in (part, whole)
    ]
    by_row = np.flatnonzero(stated.differ(part, whole))
    by_pupil = np.flatnonzero(stated.differ(*of_pupil))
    if not len(by_row) or not len(by_pupil):
        return []
    is_flag = not stated.parts.any() and stated.number[stated.given].max() <= 1
    if is_long and not is_flag:
        _, first = np.unique(pupils.at[by_pupil], return_index=True)
        by_row, (part, whole) = by_pupil[np.sort(first)], of_pupil
    return [
        Differs(int(table.lines[row]), title, *stated.texts(row, int(part[row]), int(whole[row])))
        for row in by_row.tolist()
    ]


def _in_footer(table: Table, title: str, is_percent: bool, part: int, whole: int) -> list[Differs]:
    """A last row of totals against the whole file."""
    try:
        read = _read(table.footer.get(title, ""), is_percent)
    except BadValue:
        return []
    if read is None:
        return []
    number, parts = read
    stated = _Stated(np.array([number]), np.array([parts]), np.array([True]))
    if not stated.differ(np.array([part]), np.array([whole])).any():
        return []
    return [Differs(table.footer_line, title, *stated.texts(0, part, whole))]


def rows_in_footer(table: Table, used: Iterable[str]) -> int | None:
    """The number of rows that a last row of totals states, when it states just one number."""
    taken = set(used)
    numbers = [
        int(text)
        for title, text in table.footer.items()
        if title not in taken and text.strip().isascii() and text.strip().isdecimal()
    ]
    return numbers[0] if len(numbers) == 1 else None
