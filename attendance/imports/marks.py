"""From the columns of a file of marks to arrays: which pupil, day, session and code each cell is.

No loop here runs once for each mark: values, dates and pupils are judged once each and spread over
the rows by number. Knows no database; `attendance.selectors.imports` says who is on roll.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

import numpy as np
from numpy.typing import NDArray

from attendance import marks as codec
from attendance.imports import layouts
from attendance.imports.problems import Kind, Problems
from attendance.imports.reading import Column, Indices, Table
from attendance.imports.values import BadValue, DateOrder, read_date, read_session, read_upn_cell
from attendance.models.imports import ImportLayout
from rules.attendance_codes import code_on
from rules.dates import in_words
from rules.errors import UnknownCode

Flags = NDArray[np.bool_]
Ordinals = NDArray[np.int64]

NO_MARK = frozenset({"", "-", "."})
UNKNOWN = 255  # no code has this number
BAD_DAY = -1


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
    """

    order: DateOrder | None = None
    fold_case: bool = False
    present_both: bool = False
    codes: tuple[MeansCode, ...] = ()


@dataclass(frozen=True, slots=True)
class OnRoll:
    """One enrolment at the school, as the file must name it."""

    enrolment_id: int
    pupil_id: int
    upn: str
    former_upn: str
    external_id: str
    starts_on: date
    ends_on: date | None


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


@dataclass(slots=True)
class Pupils:
    """The different pupils that a file names, each with the enrolments it may mean.

    at          for each row of the table, which pupil
    enrolments  for each pupil, their enrolments at the school; empty when not known
    """

    at: Indices
    enrolments: list[tuple[OnRoll, ...]] = field(default_factory=list)
    reasons: list[tuple[Kind, str] | None] = field(default_factory=list)


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
    reading: Reading,
    pupils: Pupils,
    problems: Problems,
) -> tuple[Cells, Flags]:
    """Every cell with a mark, and which rows hold a date or session that cannot be read."""
    if layout == ImportLayout.MARKS_LONG:
        return _long(table, mapping, reading, pupils, problems)
    if layout == ImportLayout.MARKS_WEEK:
        starts, bad = _days(table, mapping["week"], reading.order, problems, monday=True)
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
    reading: Reading,
    pupils: Pupils,
    problems: Problems,
) -> tuple[Cells, Flags]:
    """One mark a row."""
    days, bad_day = _days(table, mapping["day"], reading.order, problems)
    title = mapping["session"]
    column = table.columns[title]
    halves = np.zeros(len(column.values), np.uint8)
    wrong: dict[int, str] = {}
    for place, text in enumerate(column.values):
        try:
            halves[place] = read_session(text)
        except BadValue as problem:
            wrong[place] = str(problem)
    bad_half = list_problems(table, title, column, wrong, Kind.BAD_VALUE, problems)
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
    bad = list_problems(table, title, column, wrong, Kind.BAD_DATE, problems)
    return (days[column.at] if len(days) else np.zeros(0, np.int64)), bad


def list_problems(
    table: Table,
    title: str,
    column: Column,
    wrong: Mapping[int, str],
    kind: Kind,
    problems: Problems,
) -> Flags:
    """Write down each row whose value is among the wrong ones. Returns which rows those are."""
    bad = np.zeros(len(column.at), np.bool_)
    if wrong:
        bad = np.isin(column.at, list(wrong))
        found = np.flatnonzero(bad)
        room = problems.room(kind)
        for row in found[:room]:
            place = int(column.at[row])
            problems.add(
                kind,
                wrong[place],
                line=int(table.lines[row]),
                column=title,
                value=column.values[place],
            )
        problems.count_only(kind, max(0, len(found) - room))
    return bad


# Which pupil


def find_pupils(
    table: Table, mapping: Mapping[str, str], roll: Iterable[OnRoll], *, is_complete: bool = False
) -> Pupils:
    """Which pupil on the school's roll each row names: by UPN, else by a number already linked.

    Never by name. `reasons` says for each pupil that is not found why.
    """
    rows = len(table.lines)
    none = Column([""], np.zeros(rows, np.int32))
    upn = table.columns.get(mapping.get("upn", ""), none)
    external = table.columns.get(mapping.get("external_id", ""), none)
    keys = upn.at.astype(np.int64) * len(external.values or [""]) + external.at
    distinct, at = np.unique(keys, return_inverse=True)
    known = _Known(roll)
    pupils = Pupils(at.astype(np.int32))
    for key in distinct.tolist():
        by_upn, by_number = divmod(key, len(external.values or [""]))
        found, reason = known.find(upn.values[by_upn], external.values[by_number])
        pupils.enrolments.append(found)
        pupils.reasons.append(reason)
    return pupils


class _Known:
    """The roll by UPN, former UPN and number."""

    def __init__(self, roll: Iterable[OnRoll]) -> None:
        self.by_upn: dict[str, list[OnRoll]] = {}
        self.by_former: dict[str, list[OnRoll]] = {}
        self.by_number: dict[str, list[OnRoll]] = {}
        for row in roll:
            for index, key in (
                (self.by_upn, row.upn),
                (self.by_former, row.former_upn),
                (self.by_number, row.external_id.casefold()),
            ):
                if key:
                    index.setdefault(key, []).append(row)
        self.by_pupil: dict[int, list[OnRoll]] = {}
        for rows in self.by_upn.values():
            self.by_pupil.setdefault(rows[0].pupil_id, rows)
        for rows in self.by_number.values():
            self.by_pupil.setdefault(rows[0].pupil_id, rows)

    def find(
        self, upn_text: str, number_text: str
    ) -> tuple[tuple[OnRoll, ...], tuple[Kind, str] | None]:
        """The enrolments of the pupil meant, or why there are none."""
        try:
            upn = read_upn_cell(upn_text)
        except BadValue as problem:
            return (), (Kind.BAD_UPN, str(problem))
        number = number_text.strip().casefold()
        if not upn and not number:
            return (), (Kind.UNKNOWN_PUPIL, "The row names no pupil. Add the UPN.")
        numbered = self.by_number.get(number, []) if number else []
        if len({row.pupil_id for row in numbered}) > 1:
            return (), (Kind.UNKNOWN_PUPIL, "Two pupils have this number. Use the UPN.")
        if not upn:
            if not numbered:
                return (), (Kind.UNKNOWN_PUPIL, "No pupil on your roll has this number.")
            return tuple(self.by_pupil[numbered[0].pupil_id]), None
        return self._by_upn(upn, numbered)

    def _by_upn(
        self, upn: str, numbered: Sequence[OnRoll]
    ) -> tuple[tuple[OnRoll, ...], tuple[Kind, str] | None]:
        named = self.by_upn.get(upn, [])
        if named and numbered and named[0].pupil_id != numbered[0].pupil_id:
            reason = "The UPN and the number belong to two pupils. Correct one of them."
            return (), (Kind.UNKNOWN_PUPIL, reason)
        if named:
            return tuple(named), None
        if numbered and not numbered[0].upn:
            return tuple(self.by_pupil[numbered[0].pupil_id]), None
        if numbered:
            reason = "The pupil with this number has another UPN. Settle which is right first."
            return (), (Kind.UNKNOWN_PUPIL, reason)
        if upn in self.by_former:
            reason = "This is the former UPN of a pupil here. Use the present one."
            return (), (Kind.UNKNOWN_PUPIL, reason)
        return (), (Kind.UNKNOWN_PUPIL, "No pupil on your roll, past or present, has this UPN.")


def list_unknown_pupils(
    table: Table, mapping: Mapping[str, str], pupils: Pupils, problems: Problems
) -> Flags:
    """Write down each row whose pupil is not known. Returns which rows those are."""
    unknown = np.array([reason is not None for reason in pupils.reasons], np.bool_)
    bad = unknown[pupils.at] if len(unknown) else np.zeros(len(pupils.at), np.bool_)
    found = np.flatnonzero(bad)
    title = mapping.get("upn") or mapping["external_id"]
    column = table.columns[title]
    for row in found.tolist():
        reason = pupils.reasons[int(pupils.at[row])]
        if reason is None:
            continue
        value = column.values[int(column.at[row])]
        problems.add(reason[0], reason[1], line=int(table.lines[row]), column=title, value=value)
    return bad


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


# Which code


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


# Totals that the file states


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
    list_problems(table, title, column, wrong, Kind.TOTALS, problems)
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
