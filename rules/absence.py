"""Possible and missed sessions, percentages, bands, look-back, and runs of absence.

The unit is the session. Percentages are compared as whole numbers multiplied out, never rounded
first; what is displayed may round, what is decided may not.
"""

import enum
import operator
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from itertools import pairwise

from rules.attendance_codes import (
    ABSENT,
    Kind,
    code_on,
    is_absent,
    is_possible,
)
from rules.dates import ALWAYS, DateRange, in_words, monday_of
from rules.marks import DatedSession, Mark
from rules.register import rule
from rules.school_calendar import Calendar, weeks_back
from rules.values import value_on

NO_FIGURE = "no figure"


@dataclass(frozen=True, slots=True)
class Tally:
    """How a pupil's sessions add up. Sessions that are not possible, and blanks, are in none.

    late_before  marked L, which is attendance; late_after  marked U, which is absence
    elsewhere    how many of those attended were at an approved activity, not in school
    """

    attended: int = 0
    authorised: int = 0
    unauthorised: int = 0
    late_before: int = 0
    late_after: int = 0
    elsewhere: int = 0

    def __add__(self, other: "Tally") -> "Tally":
        """Both together: sessions add up, percentages never do."""
        return Tally(
            self.attended + other.attended,
            self.authorised + other.authorised,
            self.unauthorised + other.unauthorised,
            self.late_before + other.late_before,
            self.late_after + other.late_after,
            self.elsewhere + other.elsewhere,
        )

    @property
    def present(self) -> int:
        """Sessions attended in school, those marked L among them."""
        return self.attended - self.elsewhere

    @property
    def absent(self) -> int:
        """Sessions missed, authorised or not."""
        return self.authorised + self.unauthorised

    @property
    def possible(self) -> int:
        """Sessions that could have been attended: the denominator."""
        return self.attended + self.absent

    @property
    def lates(self) -> int:
        """L and U together, as the Department counts lates."""
        return self.late_before + self.late_after


def in_order(marks: Iterable[Mark], on_roll: DateRange = ALWAYS) -> list[Mark]:
    """The marks of days on roll, in time order.

    Raises ValueError when one session has two marks: a register holds one, so the caller erred.
    """
    kept = sorted(mark for mark in marks if mark.day in on_roll)
    for earlier, later in pairwise(kept):
        if earlier[:2] == later[:2]:
            raise ValueError(f"Two marks for the {later.session.words} of {in_words(later.day)}")
    return kept


def kind_of(mark: Mark) -> Kind:
    """How a mark counts, by the codes of its own day. Raises UnknownCode."""
    return code_on(mark.code, mark.day).kind


@rule("ABS-1", source="EES/absence")
def tally(marks: Iterable[Mark], on_roll: DateRange = ALWAYS) -> Tally:
    """The sessions attended and missed. Attendance is present plus approved activity elsewhere.

    Sessions of days off roll are left out. Raises UnknownCode for a code not in force that day.
    """
    count = dict.fromkeys(Kind, 0)
    late = {"L": 0, "U": 0}
    for mark in marks:
        if mark.day not in on_roll:
            continue
        code = code_on(mark.code, mark.day)
        count[code.kind] += 1
        if code.late:
            late[code.code] += 1
    return Tally(
        attended=count[Kind.PRESENT] + count[Kind.APPROVED],
        authorised=count[Kind.AUTHORISED],
        unauthorised=count[Kind.UNAUTHORISED],
        late_before=late["L"],
        late_after=late["U"],
        elsewhere=count[Kind.APPROVED],
    )


def share(part: int, possible: int) -> Fraction | None:
    """Exactly what share of the possible sessions `part` is; None when none were possible."""
    return Fraction(part, possible) if possible else None


@rule("ABS-2", source="EES/absence")
def basis_points(part: int, possible: int) -> int | None:
    """A share in hundredths of a percent, rounded down; no figure when nothing was possible."""
    return 10_000 * part // possible if possible else None


def percentage_words(part: int, possible: int) -> str:
    """A share to show on a page: "90.3%", rounded half up to one place, or "no figure".

    For reading only. A pupil shown as 90.0% may be on either side of 90%: decide with `compares`.
    """
    if not possible:
        return NO_FIGURE
    tenths = (2000 * part + possible) // (2 * possible)
    return f"{tenths // 10}.{tenths % 10}%"


COMPARE: dict[str, Callable[[int, int], bool]] = {
    "lt": operator.lt,
    "lte": operator.le,
    "gt": operator.gt,
    "gte": operator.ge,
}


@rule("ABS-3", source="EES/absence")
def compares(part: int, possible: int, how: str, percent: int | Fraction) -> bool:
    """Whether a share is under, over or at a percentage, compared exactly.

    `how` is lt, lte, gt or gte. With nothing possible there is no figure, so the answer is no.
    Raises KeyError for another `how`, and TypeError for a float, which could not be exact.
    """
    if isinstance(percent, float):
        raise TypeError("Give a percentage as a whole number or a Fraction, never a float")
    compare = COMPARE[how]
    exact = Fraction(percent)
    return bool(possible) and compare(100 * part * exact.denominator, exact.numerator * possible)


@rule("ABS-4", source="EES/absence")
def is_persistent(absent: int, possible: int, *, percent: int) -> bool:
    """Persistent absence: 10% or more of the pupil's own possible sessions missed.

    `percent` is the figure in force, `figures_on(day).persistent_percent`. No figure, no label.
    """
    return compares(absent, possible, "gte", percent)


@rule("ABS-5", source="EES/absence")
def is_severe(absent: int, possible: int, *, percent: int) -> bool:
    """Severe absence: 50% or more of the pupil's own possible sessions missed.

    `percent` is the figure in force, `figures_on(day).severe_percent`.
    """
    return compares(absent, possible, "gte", percent)


@rule("ABS-6", source="EES/five-point-bands")
def five_point_band(absent: int, possible: int, *, width: int = 5, last: int = 50) -> int | None:
    """The five-point band of absence, lower edge included: 0 is [0,5), 9 is [45,50), 10 is 50 up.

    None when nothing was possible.
    """
    if not possible:
        return None
    return min(100 * absent // (width * possible), last // width)


def five_point_words(band: int | None, *, width: int = 5, last: int = 50) -> str:
    """A five-point band as words: "5% to under 10%"."""
    if band is None:
        return NO_FIGURE
    if band * width >= last:
        return f"{last}% or more"
    return f"{band * width}% to under {(band + 1) * width}%"


class Band(enum.IntEnum):
    """The attendance bands cut at 95, 90 and 50 percent, best first.

    Edges belong to the band below by default, so AT_MOST_90 is persistent but not severe and
    AT_MOST_50 is severe.
    """

    ABOVE_95 = 0
    AT_MOST_95 = 1
    AT_MOST_90 = 2
    AT_MOST_50 = 3

    @property
    def words(self) -> str:
        """The band as a label."""
        return ("above 95%", "above 90%, to 95%", "above 50%, to 90%", "50% or less")[self]


@rule("ABS-7", source="ONROLL/attendance-bands")
def attendance_band(
    attended: int, possible: int, *, edges: Sequence[int], edges_belong_below: bool = True
) -> Band | None:
    """The 95, 90 and 50 band of attendance; an edge belongs to the band below it unless told.

    `edges` are percentages, highest first (`Figures.band_edges`). None when nothing was possible.
    """
    if not possible:
        return None
    how = "lte" if edges_belong_below else "lt"
    return Band(sum(compares(attended, possible, how, edge) for edge in edges))


@rule("ABS-8", source="ONROLL/alert-floor")
def enough_to_alert(possible: int, on: date) -> bool:
    """Whether enough sessions were possible for an alert on a percentage: 20 or more."""
    return possible >= int(value_on("alert_floor", on)["sessions"])


@rule("ABS-9", source="LOCAL/focus-range")
def in_absence_range(absent: int, possible: int, lowest: int, highest: int) -> bool:
    """Whether absence is between two percentages, both included."""
    return compares(absent, possible, "gte", lowest) and compares(absent, possible, "lte", highest)


@dataclass(frozen=True, slots=True)
class LookBack:
    """The last school weeks and what they add up to. weeks: Mondays, earliest first."""

    weeks: tuple[date, ...]
    tally: Tally


@rule("ABS-10", source="LOCAL/look-back")
def look_back(
    marks: Iterable[Mark],
    calendar: Calendar,
    as_of: date,
    *,
    weeks: int = 12,
    on_roll: DateRange = ALWAYS,
) -> LookBack:
    """All sessions of the last twelve school weeks, this one included, across years if need be.

    Marks after `as_of`, off roll, or in no school week are left out.
    """
    mondays = weeks_back(calendar, as_of, weeks)
    wanted = set(mondays)
    return LookBack(
        weeks=mondays,
        tally=tally(
            (mark for mark in marks if mark.day <= as_of and monday_of(mark.day) in wanted),
            on_roll,
        ),
    )


@dataclass(frozen=True, slots=True)
class Spell:
    """A run of possible sessions all missed, one after another.

    first, last  its first and last session; length  how many; codes  in time order
    """

    first: DatedSession
    last: DatedSession
    codes: tuple[str, ...]

    @property
    def length(self) -> int:
        """How many sessions it lasted."""
        return len(self.codes)


@rule("ABS-11", source="EES/absence")
def spells(
    marks: Iterable[Mark], *, kinds: Collection[Kind] = ABSENT, on_roll: DateRange = ALWAYS
) -> tuple[Spell, ...]:
    """The runs of consecutive possible sessions of these kinds, in time order.

    Sessions that are not possible, blanks, weekends and holidays are passed over: they neither
    lengthen nor break a run. By default absences of both kinds make a run.
    """
    found: list[list[Mark]] = []
    running = False
    for mark in in_order(marks, on_roll):
        kind = kind_of(mark)
        if not is_possible(kind):
            continue
        if kind in kinds and running:
            found[-1].append(mark)
        elif kind in kinds:
            found.append([mark])
        running = kind in kinds
    return tuple(
        Spell(run[0].when, run[-1].when, tuple(mark.code for mark in run)) for run in found
    )


@dataclass(frozen=True, slots=True)
class Runs:
    """The lengths, in sessions, of the longest run of absence and of the one still going on."""

    longest: int
    current: int


@rule("ABS-12", source="EES/absence")
def runs(
    marks: Iterable[Mark], *, kinds: Collection[Kind] = ABSENT, on_roll: DateRange = ALWAYS
) -> Runs:
    """The longest run of consecutive absence, and the run that the last possible session is in.

    The current run is 0 when that session was attended. Both count possible sessions only.
    """
    kept = in_order(marks, on_roll)
    possible = [mark for mark in kept if is_possible(kind_of(mark))]
    found = spells(kept, kinds=kinds)
    going_on = bool(found) and found[-1].last == possible[-1].when
    return Runs(
        longest=max((spell.length for spell in found), default=0),
        current=found[-1].length if going_on else 0,
    )


@rule("ABS-13", source="LOCAL/separate-absences")
def separate_absences(
    marks: Iterable[Mark],
    calendar: Calendar,
    as_of: date,
    *,
    weeks: int,
    on_roll: DateRange = ALWAYS,
) -> tuple[Spell, ...]:
    """The separate absences of the last school weeks: each spell once, however long.

    Only sessions inside the weeks are counted, so a spell that began earlier is cut at the edge.
    """
    wanted = set(weeks_back(calendar, as_of, weeks))
    return spells(
        (mark for mark in marks if mark.day <= as_of and monday_of(mark.day) in wanted),
        on_roll=on_roll,
    )


@rule("ABS-14", source="LOCAL/separate-absences")
def enough_separate_absences(found: Sequence[Spell], *, any_of: Iterable[tuple[int, int]]) -> bool:
    """Whether separate absences meet any pair of (at least this many, at least this many sessions).

    The pairs are local policy: ((3, 0), (2, 6)) is three absences, or two of six sessions in all.
    """
    sessions = sum(spell.length for spell in found)
    return any(len(found) >= number and sessions >= least for number, least in any_of)


def absences_by_weekday(
    marks: Iterable[Mark], on_roll: DateRange = ALWAYS
) -> tuple[int, int, int, int, int, int, int]:
    """Sessions missed on each day of the week, Monday first, authorised and not."""
    missed = [0] * 7
    for mark in in_order(marks, on_roll):
        missed[mark.day.weekday()] += is_absent(kind_of(mark))
    monday, tuesday, wednesday, thursday, friday, saturday, sunday = missed
    return monday, tuesday, wednesday, thursday, friday, saturday, sunday
