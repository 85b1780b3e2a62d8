"""What can be wrong with a file: the kinds, what each does to the import, how they are listed."""

import enum
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from attendance.imports.reading import Column, Flags, Table
from attendance.imports.values import BadValue, read_school
from authorities.models import School

MOST_LISTED = 5_000  # of one kind; the counts are always exact


class Weight(enum.StrEnum):
    """What a problem does to the import."""

    REFUSED = "refused"  # the row cannot be taken
    QUARANTINED = "quarantined"  # nor this, until a person says what it means
    HELD = "held"  # the file waits until a person releases it
    WARNING = "warning"  # taken all the same; somebody should look


class Kind(enum.StrEnum):
    """The kinds of problem, in the order in which a person should see them."""

    UNKNOWN_CODE = "unknown code"
    UNKNOWN_PUPIL = "unknown pupil"
    BAD_UPN = "wrong UPN"
    BAD_VALUE = "wrong value"
    BAD_DATE = "wrong date"
    BAD_ROW = "wrong number of values"
    OTHER_SCHOOL = "another school"
    WRONG_SESSION = "wrong session"
    DISAGREE = "given twice, differently"
    OFF_ROLL = "not on roll that day"
    NO_CALENDAR = "no calendar"
    NO_SESSION = "no session that day"
    CONFLICT = "does not fit what we hold"
    TOTALS = "totals differ"
    CLOSED_HERE = "# on a day with school"
    HALF_DAY = "one session of a day missing"
    OLD_N = "N left too long"
    FUTURE = "after today"
    UPN_COUNCIL = "UPN of a council we do not know"
    OTHER_WARNING = "to look at"


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a kind of problem does, and what a person reads above its list."""

    weight: Weight
    title: str
    help: str


R, Q, H, W = Weight.REFUSED, Weight.QUARANTINED, Weight.HELD, Weight.WARNING

MEANINGS: dict[Kind, Meaning] = {
    Kind.UNKNOWN_CODE: Meaning(
        Q, "Marks we do not know", "Say which attendance code each stands for. We never guess."
    ),
    Kind.UNKNOWN_PUPIL: Meaning(
        Q,
        "Pupils we do not know",
        "Import the pupils and enrolments first, or correct the number in the file.",
    ),
    Kind.BAD_UPN: Meaning(R, "UPNs that cannot be right", "Correct them in your register system."),
    Kind.BAD_VALUE: Meaning(R, "Values that cannot be read", "Correct them in the file."),
    Kind.BAD_DATE: Meaning(R, "Dates that cannot be read", "Correct them in the file."),
    Kind.BAD_ROW: Meaning(
        R, "Rows with too many or too few values", "Export the file again, or correct the rows."
    ),
    Kind.OTHER_SCHOOL: Meaning(R, "Rows about another school", "Import them at that school."),
    Kind.WRONG_SESSION: Meaning(
        R,
        "Morning marks in the afternoon, or the reverse",
        "/ is for mornings and \\ for afternoons. Check that the columns are not swapped.",
    ),
    Kind.DISAGREE: Meaning(
        R,
        "Sessions given twice with different marks",
        "Only one can be right. Correct the file and send it again.",
    ),
    Kind.OFF_ROLL: Meaning(
        R,
        "Marks before admission or after leaving",
        "Correct the pupil's dates on roll, or the file.",
    ),
    Kind.NO_CALENDAR: Meaning(
        R, "No school calendar", "Add the calendar of the year first, then check the file again."
    ),
    Kind.NO_SESSION: Meaning(
        R,
        "Marks on days without school",
        "If there was school, correct the calendar and check the file again.",
    ),
    Kind.CONFLICT: Meaning(
        R, "Rows that do not fit what we hold", "Correct the file or the record."
    ),
    Kind.TOTALS: Meaning(
        H,
        "Totals in the file that its marks do not add up to",
        "Part of the file may be missing. Compare it with your register system.",
    ),
    Kind.CLOSED_HERE: Meaning(
        W, "Marked closed (#) on days with school", "Check the school calendar."
    ),
    Kind.HALF_DAY: Meaning(
        W, "Days with one session missing", "The other session of the day has no mark."
    ),
    Kind.OLD_N: Meaning(
        W,
        "N left for more than five school days",
        "A reason must be found within five school days (regulation 10(7) of 2024).",
    ),
    Kind.FUTURE: Meaning(W, "Marks for days after today", "Check the dates."),
    Kind.UPN_COUNCIL: Meaning(
        W, "UPNs from a council we do not know", "They are kept as they are."
    ),
    Kind.OTHER_WARNING: Meaning(W, "Worth a look", "These are taken as they are."),
}


def weight_of(kind: str) -> Weight:
    """What a kind of problem does to the import."""
    return MEANINGS[Kind(kind)].weight


@dataclass(frozen=True, slots=True)
class Problem:
    """One value that cannot be taken, or that somebody should look at.

    line    in the file, from 1; 0 for the file as a whole
    column  the heading it stands under; empty for a whole row
    """

    line: int
    column: str
    value: str
    kind: Kind
    reason: str


@dataclass(slots=True)
class Problems:
    """The problems of one file: all counted, the first of each kind listed."""

    counts: Counter[Kind] = field(default_factory=Counter)
    listed: list[Problem] = field(default_factory=list)
    shown: Counter[Kind] = field(default_factory=Counter)

    def add(self, kind: Kind, reason: str, *, line: int, column: str = "", value: str = "") -> None:
        """Count one problem, and list it while there is room."""
        self.counts[kind] += 1
        if self.shown[kind] < MOST_LISTED:
            self.shown[kind] += 1
            self.listed.append(Problem(line, column[:120], value[:200], kind, reason[:300]))

    def room(self, kind: Kind) -> int:
        """How many more of a kind would be listed."""
        return MOST_LISTED - self.shown[kind]

    def count_only(self, kind: Kind, number: int) -> None:
        """Count problems that there is no room to list."""
        self.counts[kind] += number

    def number(self, *weights: Weight) -> int:
        """How many problems there are of these weights."""
        return sum(n for kind, n in self.counts.items() if MEANINGS[kind].weight in weights)


def list_values(
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
    return list_values(table, title, column, wrong, Kind.OTHER_SCHOOL, problems)
