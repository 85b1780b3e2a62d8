"""Which code each cell of a file of marks is: by its source's own table, else a code of its day."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

import numpy as np
from numpy.typing import NDArray

from attendance import marks as codec
from attendance.imports.cells import Cells
from attendance.imports.naming import Naming
from attendance.imports.reading import Flags
from attendance.imports.values import DateOrder
from rules.attendance_codes import code_on
from rules.errors import UnknownCode

NO_MARK = frozenset({"", "-", "."})
UNKNOWN = 255  # no code has this number


@dataclass(frozen=True, slots=True)
class MeansCode:
    """What one mark of a source means from a day on; an empty code means no mark."""

    mark: str
    code: str
    starts_on: date
    ends_on: date | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """How a source writes marks: who comes first in a date, and the case of letters.

    order         None when its dates need none
    fold_case     "i" is I
    present_both  it writes / for the afternoon too
    codes         what people said its own marks mean
    pupils        whom people said it means: naming → pupil's id
    """

    order: DateOrder | None = None
    fold_case: bool = False
    present_both: bool = False
    codes: tuple[MeansCode, ...] = ()
    pupils: Mapping[Naming, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Numbers:
    """The code of each cell as the store's byte; UNKNOWN where the mark is not known that day."""

    number: NDArray[np.uint8]
    wrong_session: Flags


def read_codes(cells: Cells, reading: Reading) -> Numbers:
    """Each cell's code by the source's own table, else the statutory codes of its day.

    `-`, `.` and blank are no mark. Whole codes only: a mark is never read by its first letter.
    """
    tidy = [tidy_mark(mark, reading.fold_case) for mark in cells.marks]
    statutory = np.array(
        [codec.BLANK if m in NO_MARK else codec.NUMBERS.get(m, UNKNOWN) for m in tidy], np.uint8
    )
    number = statutory[cells.mark] if len(tidy) else np.zeros(0, np.uint8)
    in_force = codec.in_force(number, cells.day)
    number = np.where((number == codec.BLANK) | in_force, number, UNKNOWN).astype(np.uint8)
    for row in reading.codes:
        places = [place for place, mark in enumerate(tidy) if mark == row.mark]
        if places:
            until = row.ends_on.toordinal() if row.ends_on else codec.FAR_AHEAD
            mine = np.isin(cells.mark, places)
            mine &= (cells.day >= row.starts_on.toordinal()) & (cells.day <= until)
            number[mine] = codec.NUMBERS[row.code] if row.code else codec.BLANK
    morning, afternoon = codec.NUMBERS["/"], codec.NUMBERS["\\"]
    if reading.present_both:
        present = (number == morning) | (number == afternoon)
        number = np.where(present, np.where(cells.session == 0, morning, afternoon), number)
    wrong = ((number == morning) & (cells.session == 1)) | (
        (number == afternoon) & (cells.session == 0)
    )
    return Numbers(number.astype(np.uint8), wrong)


def tidy_mark(mark: str, fold_case: bool) -> str:
    plain = mark.strip()
    return plain.upper() if fold_case else plain


def why_unknown(mark: str, day: date, fold_case: bool) -> str:
    """Why a mark has no meaning on a day, in a sentence."""
    tidy = tidy_mark(mark, fold_case)
    if tidy.upper() != tidy and tidy.upper() in codec.NUMBERS:
        return f"“{tidy[:4]}” is not written like a code. If it means {tidy.upper()}, say so."
    try:
        code_on(tidy, day)
    except UnknownCode as problem:
        return str(problem)
    return "This mark has no meaning on this day."
