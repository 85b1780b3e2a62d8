"""Files of marks: what taking one would do, and taking it.

`plan` reads the file against the roll, the calendar and the register and writes nothing; `write`
records what the plan accepts. All arrays; see attendance.imports.marks for the reading.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np

from attendance import marks as codec
from attendance.imports import brake
from attendance.imports import marks as reading_marks
from attendance.imports.marks import UNKNOWN, Cells, Flags, Numbers, Ordinals, Pupils, Reading
from attendance.imports.problems import Kind, Problems
from attendance.imports.reading import Table
from attendance.imports.values import BadValue, read_school
from attendance.models import ImportBatch
from attendance.selectors import imports as selectors
from attendance.selectors import registers as register_selectors
from attendance.selectors.imports import SchoolDays
from attendance.services import registers
from attendance.services.registers import MarksFrame, Outcome
from authorities.models import School, User
from rules.dates import in_words
from rules.values import value_on

MOST_CHANGES_LISTED = 500
MOST_TOTALS_LISTED = 5_000
WHEN = ("morning", "afternoon")


@dataclass(slots=True)
class MarksPlan:
    """What taking a file of marks would do. `frame` holds every mark that can be taken."""

    frame: MarksFrame
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


@dataclass(slots=True)
class _Work:
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
    pupils = reading_marks.find_pupils(table, mapping, selectors.roll_of(school))
    refused = reading_marks.list_unknown_pupils(table, mapping, pupils, problems)
    refused |= list_other_schools(table, mapping, school, problems)
    progress("Reading the marks")
    cells, bad = reading_marks.read_cells(table, layout, mapping, dated, reading, pupils, problems)
    numbers = reading_marks.read_codes(cells, reading)
    work = _Work(
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
        refused_rows=refused | bad,
    )
    totals = _totals(work)
    unknown_marks = _refuse_codes(work, numbers)
    blank = _drop_blanks(work)
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
    _refuse_outcomes(work, preview.outcome, days)
    _warn(work, taken, days)
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
        "first_day": _day(frame.day[taken].min()) if taken.any() else None,
        "last_day": _day(frame.day[taken].max()) if taken.any() else None,
        "totals": totals,
        "by_pupil": _by_pupil(frame, taken),
        "changes": _changes(work, frame, preview),
        "unknown_marks": unknown_marks,
        "whole_last_line": table.whole_last_line,
    }
    held = _held(work, frame, preview, taken, days)
    return MarksPlan(_only(frame, taken), report, problems, held)


def _only(frame: MarksFrame, kept: Flags) -> MarksFrame:
    return MarksFrame(
        frame.enrolment[kept], frame.day[kept], frame.session[kept], frame.number[kept]
    )


def _day(ordinal: Any) -> str:
    return date.fromordinal(int(ordinal)).isoformat()


def list_bad_rows(table: Table, problems: Problems) -> None:
    """Write down the rows with too many or too few values."""
    for row in table.bad_rows:
        problems.add(
            Kind.BAD_ROW,
            f"The row has {row.values} values; the headings are {len(table.header)}.",
            line=row.line,
        )


def list_other_schools(
    table: Table, mapping: Mapping[str, str], school: School, problems: Problems
) -> Flags:
    """Write down the rows that name another school. Returns which rows those are."""
    title = mapping.get("school", "")
    column = table.columns.get(title)
    if column is None:
        return np.zeros(len(table.lines), np.bool_)
    wrong: dict[int, str] = {}
    for place, text in enumerate(column.values):
        try:
            read_school(text, urn=school.urn, number=school.number, authority=school.authority.code)
        except BadValue as problem:
            wrong[place] = str(problem)
    return reading_marks.list_problems(table, title, column, wrong, Kind.OTHER_SCHOOL, problems)


def _list_cells(work: _Work, found: Flags, kind: Kind, reason: Callable[[int], str]) -> None:
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


def _refuse(work: _Work, found: Flags, kind: Kind, reason: Callable[[int], str]) -> None:
    """The same, and their rows are refused."""
    if found.any():
        _list_cells(work, found, kind, reason)
        work.refused_rows[work.cells.row[found]] = True


def _keep(work: _Work, kept: Flags) -> None:
    work.cells = work.cells.where(kept)
    work.number = work.number[kept]


def _words(work: _Work, cell: int) -> str:
    """The session of a cell: the morning of 2 September 2026."""
    day = date.fromordinal(int(work.cells.day[cell]))
    return f"the {WHEN[int(work.cells.session[cell])]} of {in_words(day)}"


def _totals(work: _Work) -> dict[str, Any]:
    """What the file's marks add up to, beside what the file says they do."""
    sums = reading_marks.class_sums(work.cells, work.number, len(work.table.lines))
    differs = reading_marks.compare_totals(
        work.table, work.layout, work.mapping, work.pupils, sums, work.problems
    )
    for one in differs:
        work.problems.add(
            Kind.TOTALS,
            f"The file says {one.stated}; its marks make {one.ours}.",
            line=one.line,
            column=one.column,
            value=str(one.stated),
        )
    totals = [title for name, title in work.mapping.items() if name in sums]
    stated_rows = reading_marks.rows_in_footer(work.table, totals)
    if stated_rows is not None and stated_rows != work.table.rows:
        work.problems.add(
            Kind.TOTALS,
            f"The file says it has {stated_rows} rows; it has {work.table.rows}.",
            line=work.table.footer_line,
            value=str(stated_rows),
        )
    return {
        **{name: int(ours.sum()) for name, ours in sums.items()},
        "stated_in_file": any(work.mapping.get(name) for name in sums) or stated_rows is not None,
        "differences": work.problems.counts[Kind.TOTALS],
    }


def _refuse_codes(work: _Work, numbers: Numbers) -> list[dict[str, Any]]:
    """Put unknown marks in quarantine and refuse those of the wrong half day; drop both."""
    if work.refused_rows.any():
        kept = ~work.refused_rows[work.cells.row]
        numbers = Numbers(numbers.number[kept], numbers.wrong_session[kept])
        _keep(work, kept)
    unknown = work.number == UNKNOWN
    cells, fold = work.cells, work.reading.fold_case

    def why(cell: int) -> str:
        day = date.fromordinal(int(cells.day[cell]))
        return reading_marks.why_unknown(cells.marks[int(cells.mark[cell])], day, fold)

    _refuse(work, unknown, Kind.UNKNOWN_CODE, why)
    counts: Counter[str] = Counter()
    first_days: dict[str, int] = {}
    for place in np.unique(cells.mark[unknown]).tolist():
        mine = unknown & (cells.mark == place)
        mark = reading_marks.tidy_mark(cells.marks[place], fold)
        counts[mark] += int(mine.sum())
        first = int(cells.day[mine].min())
        first_days[mark] = min(first, first_days.get(mark, first))
    swapped = numbers.wrong_session & ~unknown
    _refuse(
        work,
        swapped,
        Kind.WRONG_SESSION,
        lambda cell: f"This mark does not belong to {_words(work, cell)}.",
    )
    _keep(work, ~(unknown | swapped))
    return [
        {"mark": mark[:20], "count": count, "first_day": _day(first_days[mark])}
        for mark, count in counts.most_common(200)
    ]


def _drop_blanks(work: _Work) -> int:
    """Leave out the cells without a mark. Returns how many there are."""
    filled = work.number != codec.BLANK
    blank = int(len(filled) - np.count_nonzero(filled))
    _keep(work, filled)
    return blank


def _enrolments(work: _Work) -> Ordinals:
    """The enrolment of each cell; off roll, the pupil's first, for the register to refuse."""
    chosen = reading_marks.choose_enrolments(work.cells, work.pupils)
    first = np.array(
        [rows[0].enrolment_id if rows else 0 for rows in work.pupils.enrolments], np.int64
    )
    if len(first):
        chosen = np.where(chosen == 0, first[work.cells.pupil], chosen)
    return chosen


KIND_OF_OUTCOME = {
    Outcome.NOT_HERE: Kind.UNKNOWN_PUPIL,
    Outcome.OFF_ROLL: Kind.OFF_ROLL,
    Outcome.NO_SESSION: Kind.NO_SESSION,
    Outcome.NOT_IN_FORCE: Kind.UNKNOWN_CODE,
    Outcome.TWICE: Kind.DISAGREE,
}


def _refuse_outcomes(work: _Work, outcome: codec.Bytes, days: SchoolDays) -> None:
    """Write down what the register refuses, each in the words of its reason."""
    for refused, kind in KIND_OF_OUTCOME.items():
        found = outcome == refused
        if not found.any():
            continue

        def reason(cell: int, refused: Outcome = refused) -> str:
            if refused == Outcome.NO_SESSION:
                day = date.fromordinal(int(work.cells.day[cell]))
                return f"There is no school on {_words(work, cell)}. {days.why_not(day)}"
            return f"{registers.REFUSALS[refused]} It is for {_words(work, cell)}."

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


def _rows(work: _Work, outcome: codec.Bytes) -> dict[str, int]:
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


def _changes(work: _Work, frame: MarksFrame, preview: registers.Preview) -> list[dict[str, Any]]:
    """The recorded marks that would change, the first of them: who, when, from, to."""
    at = np.flatnonzero(preview.outcome == Outcome.CHANGED)[:MOST_CHANGES_LISTED]
    references = selectors.references_of(frame.enrolment[at].tolist())
    return [
        {
            "line": int(work.table.lines[work.cells.row[cell]]),
            "pupil": references[int(frame.enrolment[cell])],
            "day": _day(frame.day[cell]),
            "session": "PM" if frame.session[cell] else "AM",
            "from": codec.code_of(int(preview.current[cell])),
            "to": codec.code_of(int(frame.number[cell])),
        }
        for cell in at.tolist()
    ]


# What is taken all the same, but should be looked at


def _warn(work: _Work, taken: Flags, days: SchoolDays) -> None:
    """The checks that refuse nothing: closures, half days, old N, days to come."""
    cells, number = work.cells, work.number
    years, places = codec.positions(cells.day, cells.session)
    closed = taken & (number == codec.CLOSED)
    if closed.any():
        closed &= days.held(years, places)
        _list_cells(
            work,
            closed,
            Kind.CLOSED_HERE,
            lambda cell: f"Our calendar has school on {_words(work, cell)}.",
        )
    future = taken & (cells.day > work.today.toordinal())
    _list_cells(work, future, Kind.FUTURE, lambda cell: f"It is for {_words(work, cell)}.")
    _warn_old_n(work, taken, days)
    _warn_half_days(work, taken, days)


def _warn_old_n(work: _Work, taken: Flags, days: SchoolDays) -> None:
    """N whose five school days to find the reason are over."""
    unresolved = taken & (work.number == codec.UNRESOLVED)
    old = [
        ordinal
        for ordinal in np.unique(work.cells.day[unresolved]).tolist()
        if ordinal < work.today.toordinal() and _is_over(date.fromordinal(ordinal), work, days)
    ]
    if old:
        _list_cells(
            work,
            unresolved & np.isin(work.cells.day, old),
            Kind.OLD_N,
            lambda cell: f"N for {_words(work, cell)} is more than five school days old.",
        )


def _is_over(day: date, work: _Work, days: SchoolDays) -> bool:
    allowed = value_on("unresolved_reason", max(day, date(2024, 8, 19)))["school_days"]
    return days.school_days_after(day, work.today) > allowed


def _warn_half_days(work: _Work, taken: Flags, days: SchoolDays) -> None:
    """Pupils with a mark for one session of a day whose other session the file also covers."""
    cells = work.cells
    if not taken.any():
        return
    at = np.flatnonzero(taken)
    halves = cells.session[at]
    both = np.intersect1d(cells.day[at[halves == 0]], cells.day[at[halves == 1]])
    key = cells.pupil[at].astype(np.int64) * 4_000_000 + cells.day[at]
    _, first, counts = np.unique(key, return_index=True, return_counts=True)
    alone = at[first[counts == 1]]
    alone = alone[np.isin(cells.day[alone], both)]
    if len(alone):
        years, places = codec.positions(cells.day[alone], 1 - cells.session[alone].astype(np.int64))
        found = np.zeros(len(cells), np.bool_)
        found[alone[days.held(years, places)]] = True
        _list_cells(
            work,
            found,
            Kind.HALF_DAY,
            lambda cell: f"Only {_words(work, cell)} has a mark.",
        )


# The feed brake


def _held(
    work: _Work,
    frame: MarksFrame,
    preview: registers.Preview,
    taken: Flags,
    days: SchoolDays,
) -> list[str]:
    """Why the file must wait for a person, in sentences."""
    reasons = []
    if differences := work.problems.counts[Kind.TOTALS]:
        what = "1 total in the file is" if differences == 1 else f"{differences:,} totals are"
        reasons.append(f"{what} not what its marks add up to.")
    changed = preview.outcome == Outcome.CHANGED
    number, any_changed = frame.number[taken], bool(changed.any())
    possible = int(np.count_nonzero(number >= codec.ATTENDING))
    absent = int(np.count_nonzero(number >= codec.AUTHORISED))
    if not any_changed and absent * 100 <= brake.ABSENT_PERCENT * possible:
        return reasons
    last = date.fromordinal(int(frame.day[taken].max()))
    first = date.fromordinal(int(frame.day[taken].min()))
    years = np.unique(codec.years_of(frame.day[taken])).tolist()
    recorded = _recorded(work.school, years)
    usual = selectors.recorded_between(
        recorded, last - timedelta(weeks=brake.USUAL_WEEKS), min(first, last) - timedelta(days=1)
    )
    return reasons + brake.why_held(
        brake.Facts(
            recorded=sum(int(np.count_nonzero(recorded[year])) for year in years),
            changed=int(np.count_nonzero(changed)),
            first_changed=(
                date.fromordinal(int(frame.day[changed].min())) if any_changed else None
            ),
            term_starts=selectors.this_term_starts(days, work.today),
            possible=possible,
            absent=absent,
            pupils=len(np.unique(frame.enrolment[taken])),
            usual_possible=usual.possible,
            usual_absent=usual.absent,
        )
    )


def _recorded(school: School, years: list[int]) -> dict[int, codec.Bytes]:
    """The school's marks of these years, and of the year before the first of them."""
    return {
        year: register_selectors.school_matrix(school, year).marks
        for year in {*years, min(years) - 1}
    }


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
