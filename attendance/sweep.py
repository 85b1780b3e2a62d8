"""The sweep's kernel: many pupils' standings at once, with arrays.

`rules.standing.standing` is the law and this an implementation of it: a differential test holds
one against the other (`manage.py differential`). Pupils lie along the last axis, sessions along
the first, so that every step is one pass over neighbouring bytes; work is done in chunks that
stay in the processor's cache, in buffers that are used again.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

import numpy as np
import numpy.typing as npt

from attendance import marks as codec
from rules.compulsory_age import compulsory_days
from rules.school_calendar import grid_start
from rules.values import Figures, figures_on

CHUNK = 4096
VERSION = 1  # part of every plan key: raise it when the rules or this file change what is found

Counts = npt.NDArray[np.int16]
Weekly = npt.NDArray[np.uint8]

# The standing's columns, in the order of the result; each is defined on rules.standing.Standing.
COLUMNS = (
    "possible", "attended", "authorised", "unauthorised", "late_before", "late_after",
    "basis_points", "band", "five_point_band", "persistent", "severe",
    "window_count", "window_unresolved", "window_max", "state", "first_met",
    "latest_start", "latest_end", "latest_count",
    "absent_monday", "absent_tuesday", "absent_wednesday", "absent_thursday", "absent_friday",
    "absent_saturday", "absent_sunday",
    "run_current", "run_longest", "unauthorised_run_current",
    "back_possible", "back_attended", "back_authorised", "back_unauthorised",
)  # fmt: skip
AT = {name: number for number, name in enumerate(COLUMNS)}
NO, PROVISIONAL, YES = 0, 1, 2
NONE = -1
BEFORE_THIS_YEAR = -2
EPOCH = date(1970, 1, 1).toordinal()  # NumPy's days begin here


@dataclass(frozen=True)
class Plan:
    """What one calendar means on one day: its school weeks, on an axis of weeks that begins with
    the tail of last year.

    weeks  places on that axis of the school weeks begun, earliest first
    past   how many of them are last year's
    key    a digest of all that a standing rests on beside marks, pupil and enrolment
    """

    weeks: npt.NDArray[np.intp]
    past: int
    key: int


@dataclass(frozen=True)
class Frame:
    """One day's axis of sessions: the last `tail` weeks of last year, then this year to the day.

    year, as_of   the academic year and the day
    tail          weeks of last year that any plan needs
    tail_from     where they begin in last year's bytes
    weeks         weeks of this year, the last perhaps not full
    cut           sessions of this year up to and with the as-of day
    """

    year: int
    as_of: date
    figures: Figures
    tail: int
    tail_from: int
    weeks: int
    cut: int
    plans: tuple[Plan, ...] = field(default=())

    @cached_property
    def places(self) -> npt.NDArray[np.intp]:
        """For each plan a column of its school weeks, the last in the last row.

        A plan with fewer weeks begins with places one past the axis, where there is nothing.
        """
        most = max((len(plan.weeks) for plan in self.plans), default=0)
        table = np.full((most, len(self.plans)), self.tail + self.weeks, np.intp)
        for number, plan in enumerate(self.plans):
            table[most - len(plan.weeks) :, number] = plan.weeks
        return table

    @cached_property
    def known(self) -> npt.NDArray[np.intp]:
        """How many school weeks each plan has."""
        return np.array([len(plan.weeks) for plan in self.plans], np.intp)

    @cached_property
    def begun(self) -> npt.NDArray[np.intp]:
        """How many of them are this year's."""
        return np.array([len(plan.weeks) - plan.past for plan in self.plans], np.intp)

    @property
    def slots(self) -> int:
        """Places on the axis."""
        return (self.tail + self.weeks) * codec.SLOTS_A_WEEK

    @property
    def origin(self) -> int:
        """The ordinal of the day on which the axis begins."""
        return grid_start(self.year).toordinal() - self.tail * codec.DAYS

    @property
    def start(self) -> int:
        """Where this year begins on the axis."""
        return self.tail * codec.SLOTS_A_WEEK


def _school_weeks(years: Sequence[bytes], cut: int = codec.SLOTS) -> list[list[int]]:
    """For each calendar of a year, the weeks of the grid with a session before `cut`."""
    held = np.frombuffer(b"".join(years), dtype=np.uint8).reshape(len(years), codec.SLOTS).copy()
    held[:, cut:] = 0
    met = held.reshape(len(years), codec.WEEKS, codec.SLOTS_A_WEEK).max(axis=2)
    return [np.flatnonzero(weeks).tolist() for weeks in met]


def frame_for(
    as_of: date, calendars: Sequence[tuple[bytes, bytes]], figures: Figures | None = None
) -> Frame:
    """The axis and the plans for a day.

    calendars  for each plan (last year's, this year's) sessions: 742 bytes of 0 and 1, as
               `Calendar.sessions`; BLANK_YEAR where there is no calendar
    """
    figures = figures or figures_on(as_of)
    year = codec.year_of(as_of)
    start = grid_start(year)
    cut = codec.position(as_of, 1) + 1
    weeks_last_year = (start - grid_start(year - 1)).days // codec.DAYS
    longest = max(figures.weeks, figures.look_back_weeks)
    said = f"{VERSION} {codec.CODEC} {as_of} {figures}".encode()
    found = [
        (
            [week for week in past if week < weeks_last_year][-longest:],
            begun,
            _key(said, last, this),
        )
        for past, begun, (last, this) in zip(
            _school_weeks([last for last, _ in calendars]),
            _school_weeks([this for _, this in calendars], cut),
            calendars,
            strict=True,
        )
    ]
    tail = max((weeks_last_year - past[0] for past, _, _ in found if past), default=0)
    first = weeks_last_year - tail
    return Frame(
        year=year,
        as_of=as_of,
        figures=figures,
        tail=tail,
        tail_from=first * codec.SLOTS_A_WEEK,
        weeks=-(-cut // codec.SLOTS_A_WEEK),
        cut=cut,
        plans=tuple(
            Plan(
                np.array(
                    [week - first for week in past] + [tail + week for week in begun], np.intp
                ),
                len(past),
                key,
            )
            for past, begun, key in found
        ),
    )


def _key(said: bytes, last: bytes, this: bytes) -> int:
    """A digest of day, figures and calendars as a signed 64-bit number."""
    digest = hashlib.blake2b(said + last + this, digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)


@dataclass
class Pupils:
    """What the kernel needs beside marks, one entry an enrolment, days as ordinals, both included.

    relied_on  (pupil, place on the axis) of sessions that an earlier notice relies on
    """

    plan: npt.NDArray[np.intp]
    first_day: codec.Ints
    last_day: codec.Ints
    compulsory_first: codec.Ints
    compulsory_last: codec.Ints
    relied_on: tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]] | None = None

    def __len__(self) -> int:
        return len(self.plan)


def compulsory_ages(born: codec.Ints) -> tuple[codec.Ints, codec.Ints]:
    """First and last day of compulsory school age for many birthdays, all as ordinals.

    The law looks at the month alone: every prescribed day ends a month, and so does the last day
    on which a child who turns 16 leaves that summer. A test holds this for every birthday.
    """
    months = (born - EPOCH).astype("datetime64[D]").astype("datetime64[M]")
    distinct, inverse = np.unique(months, return_inverse=True)
    ranges = [compulsory_days(month.astype(date)) for month in distinct]
    first = np.array([days.first.toordinal() for days in ranges if days.first], dtype=np.int64)
    last = np.array([days.last.toordinal() for days in ranges if days.last], dtype=np.int64)
    return first[inverse], last[inverse]


class Kernel:
    """Buffers for one frame. `standings` may be called again and again; results are fresh."""

    def __init__(self, frame: Frame, chunk: int = CHUNK) -> None:
        self.frame = frame
        self.most = chunk
        self._make_room(0)

    def _make_room(self, chunk: int) -> None:
        """Buffers for chunks of this many pupils."""
        self.chunk, slots = chunk, self.frame.slots
        frame = self.frame
        self.raw = np.zeros((chunk, slots), np.uint8)  # one row a pupil
        self.held = np.zeros((slots, chunk), np.uint8)  # one row a session
        self.flags = np.zeros((slots, chunk), np.bool_)
        self.absent = np.zeros((slots - frame.start, chunk), np.bool_)
        self.going_on = np.zeros((slots - frame.start, chunk), np.bool_)

    def standings(self, marks: codec.Bytes, tail: codec.Bytes, pupils: Pupils) -> Counts:
        """The standing of each pupil: one row a column of COLUMNS, one column a pupil.

        marks  this year's bytes, one row a pupil: 742, or at least `frame.weeks` weeks
        tail   last year's bytes from `frame.tail_from` on, one row of `frame.tail` weeks a pupil
        """
        count = len(pupils)
        result = np.zeros((len(COLUMNS), count), np.int16)
        if self.chunk < min(count, self.most):
            self._make_room(min(count, self.most))
        for begin in range(0, count, self.chunk or 1):
            chosen = slice(begin, min(begin + self.chunk, count))
            self._chunk(marks, tail, pupils, chosen, result[:, chosen])
        return result

    def _chunk(
        self, marks: codec.Bytes, tail: codec.Bytes, pupils: Pupils, chosen: slice, out: Counts
    ) -> None:
        """One chunk's results."""
        held = self._fill(marks, tail, pupils, chosen)
        possible, absent, unauthorised = self._weeks(held, out)
        self._runs(held, out)
        _figures(out, self.frame.figures)
        counting, unresolved = self._counting(held, unauthorised, pupils, chosen)
        plans = pupils.plan[chosen]
        self._look_back(plans, possible, absent, unauthorised, out)
        self._windows(plans, counting, unresolved, out)

    def _fill(
        self, marks: codec.Bytes, tail: codec.Bytes, pupils: Pupils, chosen: slice
    ) -> codec.Bytes:
        """The chunk's marks, sessions first; blank off roll and after the day."""
        frame, n = self.frame, chosen.stop - chosen.start
        raw = self.raw[:n]
        if frame.tail:
            raw[:, : frame.start] = tail[chosen]
        raw[:, frame.start :] = marks[chosen, : frame.slots - frame.start]
        raw[:, frame.start + frame.cut :] = codec.BLANK
        first = (pupils.first_day[chosen] - frame.origin) * codec.SESSIONS
        last = (pupils.last_day[chosen] - frame.origin + 1) * codec.SESSIONS
        part = np.flatnonzero((first > 0) | (last < frame.slots))
        if len(part):
            place = np.arange(frame.slots)
            on_roll = (place >= first[part, None]) & (place < last[part, None])
            raw[part] *= on_roll
        held = self.held[:, :n]
        for at in range(0, n, 64):  # a block of columns at a time stays in cache
            held[:, at : at + 64] = raw[at : at + 64].T
        return held

    def _weeks(self, held: codec.Bytes, out: Counts) -> tuple[Weekly, Weekly, Weekly]:
        """Weekly sums of possible, absent and unauthorised sessions; the year's totals."""
        frame, n = self.frame, held.shape[1]
        flags = self.flags[:, :n]
        absent, going_on = self.absent[:, :n], self.going_on[:, :n]
        this = held[frame.start :]

        np.greater_equal(held, codec.UNAUTHORISED, out=flags)
        unauthorised = _by_week(flags)
        np.greater_equal(held, codec.ATTENDING, out=flags)
        possible = _by_week(flags)
        np.greater_equal(this, codec.AUTHORISED, out=absent)
        np.equal(flags[frame.start :], absent, out=going_on)  # absent, or nothing possible
        missed = np.empty_like(possible)
        missed[frame.tail :] = _by_week(absent)
        if frame.tail:
            np.greater_equal(held[: frame.start], codec.AUTHORISED, out=flags[: frame.start])
            missed[: frame.tail] = _by_week(flags[: frame.start])

        sums = [part[frame.tail :].sum(axis=0, dtype=np.int16) for part in (possible, missed)]
        out[AT["possible"]], absences = sums
        out[AT["unauthorised"]] = unauthorised[frame.tail :].sum(axis=0, dtype=np.int16)
        out[AT["attended"]] = out[AT["possible"]] - absences
        out[AT["authorised"]] = absences - out[AT["unauthorised"]]
        for name, number in (("late_before", codec.LATE_BEFORE), ("late_after", codec.LATE_AFTER)):
            np.equal(this, number, out=flags[frame.start :])
            out[AT[name]] = _by_week(flags[frame.start :]).sum(axis=0, dtype=np.int16)
        halves = absent.view(np.uint8).reshape(frame.weeks, codec.SLOTS_A_WEEK, n)
        days = halves.sum(axis=0, dtype=np.uint8)
        monday = AT["absent_monday"]
        np.add(days[0::2], days[1::2], out=out[monday : monday + codec.DAYS])
        return possible, missed, unauthorised

    def _runs(self, held: codec.Bytes, out: Counts) -> None:
        """Runs of absence among the possible sessions of this year."""
        n = held.shape[1]
        this = held[self.frame.start :]
        absent = self.absent[:, :n].view(np.uint8)
        going_on = self.going_on[:, :n].view(np.uint8)
        used = np.flatnonzero(this.max(axis=1, initial=0) >= codec.ATTENDING)
        absences = out[AT["possible"]] - out[AT["attended"]]
        run, longest = _run(absent, going_on, used, np.uint8)
        out[AT["run_current"]], out[AT["run_longest"]] = run, longest
        many = np.flatnonzero(absences > 255)  # too long for a byte
        if len(many):
            run, longest = _run(absent[:, many], going_on[:, many], used, np.int16)
            out[AT["run_current"], many], out[AT["run_longest"], many] = run, longest
        away = np.flatnonzero(out[AT["run_current"]])
        if len(away):
            late = this[:, away]
            ends = (late >= codec.ATTENDING) & (late < codec.UNAUTHORISED)
            place = np.arange(len(this), dtype=np.int16)[:, None]
            last = np.where(ends, place, np.int16(-1)).max(axis=0)
            after = (late >= codec.UNAUTHORISED) & (place > last)
            out[AT["unauthorised_run_current"], away] = after.sum(axis=0)

    def _counting(
        self,
        held: codec.Bytes,
        unauthorised: Weekly,
        pupils: Pupils,
        chosen: slice,
    ) -> tuple[Weekly, Weekly]:
        """Weekly sums of the sessions that count towards the threshold, all and those coded N.

        In `raw`, which nothing reads for other figures after this, the sessions are blanked that
        do not count: those outside compulsory school age, and those relied on before.
        """
        frame, n = self.frame, chosen.stop - chosen.start
        flags = self.flags[:, :n]
        np.equal(held, codec.UNRESOLVED, out=flags)
        unresolved = _by_week(flags)
        first = (pupils.compulsory_first[chosen] - frame.origin) * codec.SESSIONS
        last = (pupils.compulsory_last[chosen] - frame.origin + 1) * codec.SESSIONS
        part = (first > 0) | (last < frame.start + frame.cut)
        if pupils.relied_on is not None:
            who, where = pupils.relied_on
            here = (chosen.start <= who) & (who < chosen.stop)
            self.raw[who[here] - chosen.start, where[here]] = codec.BLANK
            part[who[here] - chosen.start] = True
        changed = np.flatnonzero(part)
        if not len(changed):
            return unauthorised, unresolved
        place = np.arange(frame.slots)
        kept = self.raw[changed]
        kept *= (place >= first[changed, None]) & (place < last[changed, None])
        self.raw[changed] = kept
        sessions_first = np.ascontiguousarray(kept.T)
        counting = unauthorised.copy()
        counting[:, changed] = _by_week(sessions_first >= codec.UNAUTHORISED)
        unresolved[:, changed] = _by_week(sessions_first == codec.UNRESOLVED)
        return counting, unresolved

    def _school_weeks(
        self, weekly: Weekly, plans: npt.NDArray[np.intp], last: int | None = None
    ) -> Weekly:
        """Each pupil's own school weeks out of all weeks: the last ones in the last rows."""
        places = self.frame.places if last is None else self.frame.places[-last:]
        padded = np.zeros((len(weekly) + 1, weekly.shape[1]), np.uint8)
        padded[:-1] = weekly
        return padded[places[:, plans], np.arange(len(plans))]

    def _look_back(
        self,
        plans: npt.NDArray[np.intp],
        possible: Weekly,
        absent: Weekly,
        unauthorised: Weekly,
        out: Counts,
    ) -> None:
        """Possible, attended, authorised and unauthorised of the last school weeks."""
        weeks = self.frame.figures.look_back_weeks
        could, missed, bad = (
            self._school_weeks(part, plans, weeks).sum(axis=0, dtype=np.int16)
            for part in (possible, absent, unauthorised)
        )
        out[AT["back_possible"]] = could
        out[AT["back_attended"]] = could - missed
        out[AT["back_authorised"]] = missed - bad
        out[AT["back_unauthorised"]] = bad

    def _windows(
        self,
        plans: npt.NDArray[np.intp],
        counting: Weekly,
        unresolved: Weekly,
        out: Counts,
    ) -> None:
        """The rolling threshold. Windows are asked about that end in a school week of this year."""
        frame, figures = self.frame, self.frame.figures
        out[AT["first_met"]] = NONE
        if not len(frame.places):
            return
        sums = _summed(self._school_weeks(counting, plans))
        windows = _window_sums(sums, figures.weeks)
        recent = self._school_weeks(unresolved, plans, figures.weeks)
        out[AT["window_count"]] = windows[-1]
        out[AT["window_unresolved"]] = recent.sum(axis=0, dtype=np.int16)
        row = np.arange(len(frame.places))[:, None]
        asked = windows * (row >= len(frame.places) - frame.begun[plans])
        largest = asked.max(axis=0)
        out[AT["window_max"]] = largest
        met = np.flatnonzero(largest >= figures.sessions_needed)
        if not len(met):
            return
        plan = plans[met]
        meeting = asked[:, met] >= figures.sessions_needed
        without = _window_sums(_summed(self._school_weeks(unresolved[:, met], plan)), figures.weeks)
        certain = (meeting & (windows[:, met] - without >= figures.sessions_needed)).any(axis=0)
        out[AT["state"], met] = np.where(certain, YES, PROVISIONAL)
        latest = len(row) - 1 - meeting[::-1].argmax(axis=0)
        opens = np.maximum(latest - figures.weeks + 1, len(row) - frame.known[plan])
        out[AT["latest_start"], met] = frame.places[opens, plan] - frame.tail
        out[AT["latest_end"], met] = frame.places[latest, plan] - frame.tail
        out[AT["latest_count"], met] = windows[latest, met]
        first = meeting.argmax(axis=0)
        out[AT["first_met"], met] = self._session_that_met(plan, sums[:, met], first, met)

    def _session_that_met(
        self,
        plan: npt.NDArray[np.intp],
        sums: Counts,
        first: npt.NDArray[np.intp],
        pupils: npt.NDArray[np.intp],
    ) -> Counts:
        """The place in this year of the tenth counting session of each pupil's first window."""
        figures, pupil = self.frame.figures, np.arange(len(first))
        before_window = sums[np.maximum(first - figures.weeks + 1, 0), pupil]
        reached = (sums[1:] - before_window >= figures.sessions_needed).argmax(axis=0)
        wanted = figures.sessions_needed - (sums[reached, pupil] - before_window)
        begins = self.frame.places[reached, plan] * codec.SLOTS_A_WEEK
        places = begins + np.arange(codec.SLOTS_A_WEEK)[:, None]
        counted = (self.raw[pupils, places] >= codec.UNAUTHORISED).cumsum(axis=0)
        place = begins + (counted >= wanted).argmax(axis=0) - self.frame.start
        return np.where(place < 0, BEFORE_THIS_YEAR, place).astype(np.int16)


def _by_week(flags: npt.NDArray[np.bool_]) -> Weekly:
    """How many sessions of each week are flagged."""
    slots, n = flags.shape
    weeks = slots // codec.SLOTS_A_WEEK
    total = np.zeros((weeks, n), np.uint8)
    counted = flags.view(np.uint8)
    for week in range(weeks):
        begin = week * codec.SLOTS_A_WEEK
        np.add.reduce(
            counted[begin : begin + codec.SLOTS_A_WEEK], axis=0, dtype=np.uint8, out=total[week]
        )
    return total


def _run(
    absent: npt.NDArray[np.uint8],
    going_on: npt.NDArray[np.uint8],
    used: npt.NDArray[np.intp],
    width: type[np.uint8] | type[np.int16],
) -> tuple[npt.NDArray[np.integer], npt.NDArray[np.integer]]:
    """The current and the longest run; `width` must hold the longest."""
    run = np.zeros(absent.shape[1], width)
    longest = np.zeros(absent.shape[1], width)
    for place in used.tolist():
        np.add(run, absent[place], out=run)
        np.multiply(run, going_on[place], out=run)
        np.maximum(longest, run, out=longest)
    return run, longest


def _figures(out: Counts, figures: Figures) -> None:
    """Percentage, bands and labels from the totals; whole numbers multiplied out, as the law says.

    Bands: rules.absence.attendance_band and five_point_band. No figure where none was possible.
    """
    possible = out[AT["possible"]].astype(np.int64)
    attended = out[AT["attended"]].astype(np.int64)
    absent = possible - attended
    some = possible > 0
    of = np.maximum(possible, 1)
    out[AT["basis_points"]] = np.where(some, 10_000 * attended // of, NONE)
    band = np.zeros(len(of), np.int16)
    for edge in figures.band_edges:
        below = 100 * attended - edge * possible
        band += below <= 0 if figures.edges_belong_below else below < 0
    out[AT["band"]] = np.where(some, band, NONE)
    out[AT["five_point_band"]] = np.where(some, np.minimum(20 * absent // of, 10), NONE)
    out[AT["persistent"]] = some & (100 * absent >= figures.persistent_percent * possible)
    out[AT["severe"]] = some & (100 * absent >= figures.severe_percent * possible)


def _summed(weekly: Weekly) -> Counts:
    """Running sums with a row of zeros before the first."""
    sums = np.zeros((len(weekly) + 1, weekly.shape[1]), np.int16)
    np.cumsum(weekly, axis=0, dtype=np.int16, out=sums[1:])
    return sums


def _window_sums(sums: Counts, length: int) -> Counts:
    """For each week the sum of it and the weeks before it, `length` in all, or fewer at first."""
    windows = sums[1:].copy()
    if len(windows) > length:
        windows[length:] -= sums[1 : len(windows) - length + 1]
    return windows
