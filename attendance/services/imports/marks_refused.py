"""The marks of a file that are refused or put in quarantine, each written down with its line."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np

from attendance import marks as codec
from attendance.imports.cells import Cells
from attendance.imports.codes import UNKNOWN, Numbers, Reading, tidy_mark, why_unknown
from attendance.imports.naming import LONGEST, Naming, key_of
from attendance.imports.problems import Kind, Problems
from attendance.imports.pupils import Pupils
from attendance.imports.reading import Flags, Table
from attendance.selectors.imports import SchoolDays
from attendance.services import registers
from attendance.services.registers import Outcome
from authorities.models import School
from rules.dates import in_words

WHEN = ("morning", "afternoon")


@dataclass(slots=True)
class Work:
    """A plan in the making."""

    school: School
    table: Table
    layout: str
    mapping: Mapping[str, str]
    reading: Reading
    today: date
    problems: Problems
    pupils: Pupils
    cells: Cells
    number: Any
    refused_rows: Flags


def list_cells(work: Work, found: Flags, kind: Kind, reason: Callable[[int], str]) -> None:
    """Write down some of the cells; `reason` is asked for each of those that are listed."""
    at = np.flatnonzero(found)
    room = work.problems.room(kind)
    cells = work.cells
    for cell in at[:room].tolist():
        work.problems.add(
            kind,
            reason(cell),
            line=int(work.table.lines[cells.row[cell]]),
            column=cells.columns[int(cells.column[cell])],
            value=cells.marks[int(cells.mark[cell])],
        )
    work.problems.count_only(kind, max(0, len(at) - room))


def _refuse(work: Work, found: Flags, kind: Kind, reason: Callable[[int], str]) -> None:
    """The same, and their rows are refused."""
    if found.any():
        list_cells(work, found, kind, reason)
        work.refused_rows[work.cells.row[found]] = True


def _keep(work: Work, kept: Flags) -> None:
    work.cells = work.cells.where(kept)
    work.number = work.number[kept]


def iso_day(ordinal: Any) -> str:
    """The day of an ordinal as the report keeps it: 2026-09-02."""
    return date.fromordinal(int(ordinal)).isoformat()


def session_in_words(work: Work, cell: int) -> str:
    """The session of a cell: the morning of 2 September 2026."""
    day = date.fromordinal(int(work.cells.day[cell]))
    return f"the {WHEN[int(work.cells.session[cell])]} of {in_words(day)}"


MOST_NAMINGS = 500


def list_namings(work: Work, here: Flags) -> list[dict[str, Any]]:
    """The pupils in quarantine as the file names them, for a person to say who they are.

    here  which rows of the table are about this school

    Each with its rows, its marks and its days. One without a number, or without a day that can be
    read, nobody can settle, and is left out.
    """
    cells, pupils = work.cells, work.pupils
    marked = here[cells.row] & (work.number != codec.BLANK)
    found: dict[Naming, dict[str, Any]] = {}
    for place, reason in enumerate(pupils.reasons):
        naming = pupils.namings[place]
        if reason is None or not any(naming) or max(map(len, naming)) > LONGEST:
            continue
        mine = marked & (cells.pupil == place)
        if not mine.any() or (naming not in found and len(found) == MOST_NAMINGS):
            continue
        row = {
            "key": key_of(naming),
            "upn": naming[0],
            "number": naming[1],
            "kind": str(reason[0]),
            "reason": reason[1],
            "line": int(work.table.lines[cells.row[mine].min()]),
            "rows": int(np.count_nonzero(pupils.at == place)),
            "marks": int(np.count_nonzero(mine)),
            "first_day": iso_day(cells.day[mine].min()),
            "last_day": iso_day(cells.day[mine].max()),
        }
        found[naming] = _together(found[naming], row) if naming in found else row
    return list(found.values())


def _together(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    """One pupil that the file names in two spellings, such as with a space before the UPN."""
    return {
        **one,
        "line": min(one["line"], other["line"]),
        "rows": one["rows"] + other["rows"],
        "marks": one["marks"] + other["marks"],
        "first_day": min(one["first_day"], other["first_day"]),
        "last_day": max(one["last_day"], other["last_day"]),
    }


def refuse_codes(work: Work, numbers: Numbers) -> list[dict[str, Any]]:
    """Put unknown marks in quarantine and refuse those of the wrong half day; drop both."""
    if work.refused_rows.any():
        kept = ~work.refused_rows[work.cells.row]
        numbers = Numbers(numbers.number[kept], numbers.wrong_session[kept])
        _keep(work, kept)
    unknown = work.number == UNKNOWN
    cells, fold = work.cells, work.reading.fold_case

    def why(cell: int) -> str:
        day = date.fromordinal(int(cells.day[cell]))
        return why_unknown(cells.marks[int(cells.mark[cell])], day, fold)

    _refuse(work, unknown, Kind.UNKNOWN_CODE, why)
    counts: Counter[str] = Counter()
    first_days: dict[str, int] = {}
    for place in np.unique(cells.mark[unknown]).tolist():
        mine = unknown & (cells.mark == place)
        mark = tidy_mark(cells.marks[place], fold)
        counts[mark] += int(mine.sum())
        first = int(cells.day[mine].min())
        first_days[mark] = min(first, first_days.get(mark, first))
    swapped = numbers.wrong_session & ~unknown
    _refuse(
        work,
        swapped,
        Kind.WRONG_SESSION,
        lambda cell: f"This mark does not belong to {session_in_words(work, cell)}.",
    )
    _keep(work, ~(unknown | swapped))
    return [
        {"mark": mark[:20], "count": count, "first_day": iso_day(first_days[mark])}
        for mark, count in counts.most_common(200)
    ]


def drop_blanks(work: Work) -> int:
    """Leave out the cells without a mark. Returns how many there are."""
    filled = work.number != codec.BLANK
    blank = int(len(filled) - np.count_nonzero(filled))
    _keep(work, filled)
    return blank


KIND_OF_OUTCOME = {
    Outcome.NOT_HERE: Kind.UNKNOWN_PUPIL,
    Outcome.OFF_ROLL: Kind.OFF_ROLL,
    Outcome.NO_SESSION: Kind.NO_SESSION,
    Outcome.NOT_IN_FORCE: Kind.UNKNOWN_CODE,
    Outcome.TWICE: Kind.DISAGREE,
}


def refuse_outcomes(work: Work, outcome: codec.Bytes, days: SchoolDays) -> None:
    """Write down what the register refuses, each in the words of its reason."""
    for refused, kind in KIND_OF_OUTCOME.items():
        found = outcome == refused
        if not found.any():
            continue

        def reason(cell: int, refused: Outcome = refused) -> str:
            if refused == Outcome.NO_SESSION:
                day = date.fromordinal(int(work.cells.day[cell]))
                return f"There is no school on {session_in_words(work, cell)}. {days.why_not(day)}"
            return f"{registers.REFUSALS[refused]} It is for {session_in_words(work, cell)}."

        _refuse(work, found, kind, reason)
    without = outcome == Outcome.NO_CALENDAR
    if without.any():
        years = codec.years_of(work.cells.day)
        for year in np.unique(years[without]).tolist():
            mine = np.flatnonzero(without & (years == year))
            work.problems.add(
                Kind.NO_CALENDAR,
                f"The school has no calendar for {year}/{(year + 1) % 100:02}. "
                f"Add it first: {len(mine):,} marks wait for it.",
                line=int(work.table.lines[work.cells.row[mine[0]]]),
            )
            work.problems.count_only(Kind.NO_CALENDAR, len(mine) - 1)
        work.refused_rows[work.cells.row[without]] = True
