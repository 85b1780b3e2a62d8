"""What policies look at, for many pupils at once and on any day: `rules.facts` with arrays.

`rules.facts.facts_of` is the law and a test holds this against it on generated histories. Running
sums over two years are made once; a day's facts are then differences between a few of their rows.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from attendance import marks as codec
from rules.dates import monday_of
from rules.facts import SPELL_WEEKS
from rules.school_calendar import grid_start
from rules.values import Figures, figures_on, value_on

Counts = npt.NDArray[np.int16]
Met = npt.NDArray[np.bool_]
WEEK = codec.SLOTS_A_WEEK
N, O = codec.NUMBERS["N"], codec.NUMBERS["O"]  # noqa: E741  the letters are the codes

COMPARE = {"lt": np.less, "lte": np.less_equal, "gt": np.greater, "gte": np.greater_equal}


@lru_cache(maxsize=1000)
def _line(number: Decimal) -> tuple[int, int]:
    """A number of a policy as an exact fraction."""
    return Fraction(number).as_integer_ratio()


@dataclass(frozen=True, slots=True)
class Fact:
    """One fact of many pupils: how many, or with `of` a share of so many, in percent.

    floor  a share of fewer is no fact
    """

    count: Counts
    of: Counts | None = None
    floor: int = 0

    def crosses(self, operator: str, number: Decimal) -> Met:
        """Who is on that side of the number, exactly. A fact that is not known crosses nothing."""
        over, under = _line(number)
        have = self.count.astype(np.int64) * under
        if self.of is None:
            found: Met = COMPARE[operator](have, over)
            return found
        whole = self.of.astype(np.int64)
        share: Met = COMPARE[operator](100 * have, over * whole)
        return share & (whole >= max(1, self.floor))

    def at(self, pupil: int) -> int | list[int]:
        """One pupil's, as JSON keeps it: a number, or the two numbers of a share."""
        count = int(self.count[pupil])
        return count if self.of is None else [count, int(self.of[pupil])]


@dataclass(frozen=True, slots=True)
class Pupils:
    """Enrolments of one school, one entry each, days as ordinals, both included.

    relied_on  (pupil, day as ordinal, session) of what an earlier notice rests on: it counts
               towards the threshold no more
    """

    ids: codec.Ints
    first_day: codec.Ints
    last_day: codec.Ints
    compulsory_first: codec.Ints
    compulsory_last: codec.Ints
    relied_on: tuple[codec.Ints, codec.Ints, codec.Ints] | None = None

    def on_roll(self, day: date) -> Met:
        """Who is on roll on a day."""
        at = day.toordinal()
        found: Met = (self.first_day <= at) & (at <= self.last_day)
        return found


class Registers:
    """An academic year and the one before of pupils who share a calendar.

    year      the calendar year in which the academic year starts
    last, this          bytes of each year, one row of 742 a pupil
    sessions            of both years, 742 bytes of 0 and 1 each
    """

    def __init__(
        self,
        year: int,
        marks: tuple[codec.Bytes, codec.Bytes],
        sessions: tuple[bytes, bytes],
        pupils: Pupils,
    ) -> None:
        self.year = year
        self.pupils = pupils
        self.origin = grid_start(year - 1).toordinal()
        self.start = (grid_start(year).toordinal() - self.origin) * codec.SESSIONS
        held = np.concatenate([marks[0][:, : self.start], marks[1]], axis=1)
        place = np.arange(held.shape[1])
        held = held * self._between(place, pupils.first_day, pupils.last_day)
        school = np.concatenate(
            [
                np.frombuffer(sessions[0], np.uint8)[: self.start],
                np.frombuffer(sessions[1], np.uint8),
            ]
        ).astype(bool)
        self._weeks(school)
        self._sums(np.ascontiguousarray(held.T), place)
        self._days(held, school)

    def _between(self, place: npt.NDArray[np.intp], first: codec.Ints, last: codec.Ints) -> Met:
        """Whether each place is in each pupil's days: one row a pupil."""
        begin = (first[:, None] - self.origin) * codec.SESSIONS
        end = (last[:, None] - self.origin + 1) * codec.SESSIONS
        found: Met = (place >= begin) & (place < end)
        return found

    def _weeks(self, school: Met) -> None:
        """Which weeks are school weeks, and at which place each begins to be one."""
        by_week = school.reshape(-1, WEEK)
        self.in_week = np.repeat(by_week.any(axis=1), WEEK)
        self.school_weeks = np.flatnonzero(by_week.any(axis=1))
        self.begins = self.school_weeks * WEEK + by_week[self.school_weeks].argmax(axis=1)

    def _sums(self, held: codec.Bytes, place: npt.NDArray[np.intp]) -> None:
        """Running sums over sessions, one row a session after a row of nothing."""
        possible, absent = held >= codec.ATTENDING, held >= codec.AUTHORISED
        self.possible, self.absent = _summed(possible), _summed(absent)
        self.late = _summed((held == codec.LATE_BEFORE) | (held == codec.LATE_AFTER))
        self.unresolved = _summed(held == N)
        # The run that is going on: what was missed since the last session attended.
        self.before_run = _kept(possible & ~absent, self.absent[1:])
        mask = self.in_week[:, None]
        possible, absent = possible & mask, absent & mask
        self.week_possible, self.week_absent = _summed(possible), _summed(absent)
        compulsory = self._between(
            place, self.pupils.compulsory_first, self.pupils.compulsory_last
        ).T
        counting = (held >= codec.UNAUTHORISED) & mask & compulsory
        if self.pupils.relied_on is not None:
            who, day, session = self.pupils.relied_on
            at = (day - self.origin) * codec.SESSIONS + session
            inside = (at >= 0) & (at < len(counting))
            counting[at[inside], who[inside]] = False
        self.counting = _summed(counting)
        self._spells(possible, absent)

    def _spells(self, possible: Met, absent: Met) -> None:
        """Where spells begin, and at which Mondays one is cut: it goes on from before."""
        at = np.arange(1, len(absent) + 1, dtype=np.int16)[:, None]
        last_absent = _running(np.maximum, np.where(absent, at, np.int16(0)))
        last_there = _running(np.maximum, np.where(possible & ~absent, at, np.int16(0)))
        away = np.zeros((len(absent) + 1, absent.shape[1]), bool)
        away[1:] = last_absent > last_there
        self.spells = _summed(absent & ~away[:-1])
        end = np.int16(len(absent) + 1)
        next_absent = np.where(absent, at, end)[::-1]
        next_there = np.where(possible & ~absent, at, end)[::-1]
        next_absent = _running(np.minimum, next_absent)[::-1][::WEEK]
        next_there = _running(np.minimum, next_there)[::-1][::WEEK]
        self.cut = away[:-1][::WEEK] & (next_absent < next_there)

    def _days(self, held: codec.Bytes, school: Met) -> None:
        """Running sums over school days of absence that nobody has explained."""
        halves = np.ascontiguousarray(held.T).reshape(-1, codec.SESSIONS, len(held))
        unknown = (halves == codec.BLANK) | (halves == N) | (halves == O)
        open_day: Met = school.reshape(-1, codec.SESSIONS).max(axis=1, keepdims=True)
        self.busy = open_day[:, 0] | (halves != codec.BLANK).any(axis=(1, 2))
        marked = (halves != codec.BLANK).any(axis=1) & open_day
        unknown_day = marked & unknown.all(axis=1)
        self.unknown = _summed(unknown_day)
        self.with_n = _summed(unknown_day & (halves == N).any(axis=1))
        ended = marked & ~unknown_day
        self.before_unknown = _kept(ended, self.unknown[1:])
        self.before_n = _kept(ended, self.with_n[1:])

    def facts(self, day: date, figures: Figures | None = None) -> dict[str, Fact]:
        """Every fact on a day of the year, by the names of `rules.facts.facts_of`."""
        figures = figures or figures_on(day)
        floor = int(value_on("alert_floor", day)["sessions"])
        days = day.toordinal() - self.origin + 1
        end, start = days * codec.SESSIONS, self.start
        monday = (monday_of(day).toordinal() - self.origin) * codec.SESSIONS
        begun = self.school_weeks[self.begins < end]
        # A school week that has not begun is none yet, nor are marks in it.
        until = end if len(begun) and begun[-1] == monday // WEEK else min(end, monday)
        back = self._first_of(begun, figures.look_back_weeks, until)
        ten = self._first_of(begun, figures.weeks, until)
        spells_from = self._first_of(begun, SPELL_WEEKS, until)
        possible = self.possible[end] - self.possible[start]
        absent = self.absent[end] - self.absent[start]
        back_possible = self.week_possible[until] - self.week_possible[back]
        back_absent = self.week_absent[until] - self.week_absent[back]
        missed = self.week_absent[until] - self.week_absent[spells_from]
        spells = self.spells[until] - self.spells[spells_from]
        if spells_from < until:
            spells = spells + (self.cut[spells_from // WEEK] & (missed > 0))
        run = self.absent[end] - np.maximum(self.before_run[end], self.absent[start])
        unknown = self.unknown[days] - self.before_unknown[days]
        return {
            "attendance_percent": Fact(possible - absent, possible, floor),
            "look_back_percent": Fact(back_possible - back_absent, back_possible, floor),
            "absent_sessions": Fact(absent),
            "unauthorised_in_ten_weeks": Fact(self.counting[until] - self.counting[ten]),
            "separate_absences_in_ten_weeks": Fact(spells),
            "absent_sessions_in_ten_weeks": Fact(missed),
            "lates_this_week": Fact(self.late[end] - self.late[monday]),
            "absent_sessions_in_a_row": Fact(run),
            "unexplained_days": Fact(
                np.where(self.with_n[days] > self.before_n[days], unknown, np.int16(0))
            ),
            "unresolved": Fact(self.unresolved[end] - self.unresolved[start]),
        }

    def as_before(self, day: date) -> bool:
        """Whether every fact on a day is what it was the day before, and so is who is on roll.

        So on a weekend or a day of holiday. A week begins on Monday, whether the school meets or
        not; another year's registers, figures or policy are for the caller to see.
        """
        days = day.toordinal() - self.origin
        at = day.toordinal()
        moved = (self.pupils.first_day == at) | (self.pupils.last_day + 1 == at)
        return day.weekday() > 0 and not self.busy[days] and not moved.any()

    @staticmethod
    def _first_of(begun: npt.NDArray[np.intp], weeks: int, until: int) -> int:
        """The place where the last so many school weeks begin."""
        return int(begun[-weeks:][0]) * WEEK if len(begun) else until


def _running(join: np.ufunc, rows: Counts) -> Counts:
    """Each row joined with all before it, in place.

    Row by row: numpy's own accumulate along the first axis takes ten times as long.
    """
    for before, row in pairwise(rows):
        join(before, row, out=row)
    return rows


def _summed(flags: Met) -> Counts:
    """Running sums, with a row of zeros before the first."""
    sums = np.zeros((len(flags) + 1, flags.shape[1]), np.int16)
    sums[1:] = flags
    return _running(np.add, sums)


def _kept(ends: Met, sums: Counts) -> Counts:
    """The sum as it stood where it last ended, with a row of zeros before the first."""
    kept = np.zeros((len(ends) + 1, ends.shape[1]), np.int16)
    np.copyto(kept[1:], sums, where=ends)
    return _running(np.maximum, kept)
