"""The rolling threshold of unauthorised sessions, with its proof.

Ten sessions of G, N, O or U within ten school weeks oblige a school to *consider* a penalty
notice. An officer, a parent and a court will each ask *which* ten, so `prove` returns the windows,
the sessions, the weeks and the reason each does or does not count.
"""

import enum
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from rules.absence import in_order
from rules.attendance_codes import Code, Kind, code_on
from rules.dates import ALWAYS, ONE_DAY, ONE_WEEK, DateRange, in_words, monday_of
from rules.marks import DatedSession, Mark
from rules.register import rule
from rules.school_calendar import Calendar, school_weeks, sessions_between
from rules.values import Figures, figures_on

UNRESOLVED = "N"
NOTHING: frozenset[DatedSession] = frozenset()


class State(enum.StrEnum):
    """Whether the threshold was met: yes, only while N stays unresolved, or no."""

    YES = "yes"
    PROVISIONAL = "provisional"
    NO = "no"


@dataclass(frozen=True, slots=True)
class Who:
    """Which of a pupil's sessions the law lets count.

    on_roll     the days of this enrolment
    compulsory  the days of compulsory school age
    relied_on   sessions already covered by a live penalty notice or a prosecution
    """

    on_roll: DateRange = ALWAYS
    compulsory: DateRange = ALWAYS
    relied_on: Collection[DatedSession] = NOTHING


EVERYONE = Who()


@dataclass(frozen=True, slots=True)
class Window:
    """A run of school weeks and the counting sessions in it.

    weeks  Mondays, earliest first: ten of them, fewer when the calendar begins later
    marks  the counting sessions, in time order
    """

    weeks: tuple[date, ...]
    marks: tuple[Mark, ...]

    @property
    def count(self) -> int:
        """Counting sessions, N included."""
        return len(self.marks)

    @property
    def unresolved(self) -> int:
        """How many of them are N."""
        return sum(mark.code == UNRESOLVED for mark in self.marks)

    @property
    def firm(self) -> int:
        """How many are not N."""
        return self.count - self.unresolved

    @property
    def first_day(self) -> date | None:
        """The Monday the window starts on; None when there is no school week at all."""
        return self.weeks[0] if self.weeks else None

    @property
    def last_day(self) -> date | None:
        """The Sunday the window ends on."""
        return self.weeks[-1] + 6 * ONE_DAY if self.weeks else None


@dataclass(frozen=True, slots=True)
class Rolling:
    """What the windows come to, without the working.

    current    the window that ends in the school week begun last
    largest    the most sessions in any window asked about
    state      over the windows asked about
    first      the earliest window that meets the threshold; latest, the latest one
    first_met  the session that met it: the tenth counting session of `first`, N included
    """

    current: Window
    largest: int
    state: State
    first: Window | None
    latest: Window | None
    first_met: DatedSession | None


def roll(
    counting: Sequence[Mark], weeks: Sequence[date], *, since: date | None, figures: Figures
) -> Rolling:
    """Slide a window along the school weeks.

    counting  marks that count, in time order, each in one of `weeks`
    weeks     Mondays of the school weeks begun, earliest first
    since     ask only about windows that end in a school week from this day on; None asks about
              all. Weeks before it still fill the windows.
    """
    windows = list(_windows(counting, weeks, figures.weeks))
    asked = [window for window in windows if since is None or window.weeks[-1] >= since]
    needed = figures.sessions_needed
    meeting = [window for window in asked if window.count >= needed]
    if any(window.firm >= needed for window in meeting):
        state = State.YES
    else:
        state = State.PROVISIONAL if meeting else State.NO
    first = meeting[0] if meeting else None
    return Rolling(
        current=windows[-1] if windows else Window((), ()),
        largest=max((window.count for window in asked), default=0),
        state=state,
        first=first,
        latest=meeting[-1] if meeting else None,
        first_met=first.marks[needed - 1].when if first else None,
    )


def _windows(counting: Sequence[Mark], weeks: Sequence[date], length: int) -> Iterator[Window]:
    """Each school week with the weeks before it, earliest first."""
    by_week: dict[date, list[Mark]] = {monday: [] for monday in weeks}
    for mark in counting:
        by_week[monday_of(mark.day)].append(mark)
    for at in range(len(weeks)):
        inside = tuple(weeks[max(0, at + 1 - length) : at + 1])
        yield Window(inside, tuple(mark for monday in inside for mark in by_week[monday]))


def _reason_left_out(mark: Mark, code: Code, who: Who, weeks: Collection[date]) -> str:
    """Why a session does not count towards the threshold; empty when it counts."""
    reasons = (
        (not code.counts_towards_threshold, f"{mark.code} is {_article(code.kind)}"),
        (mark.day not in who.on_roll, "the pupil was not on roll that day"),
        (mark.day not in who.compulsory, "the pupil was not of compulsory school age that day"),
        (mark.when in who.relied_on, "an earlier notice or prosecution already relies on it"),
        (
            monday_of(mark.day) not in weeks,
            "the school calendar has no session that week; check the calendar",
        ),
    )
    return next((why for left_out, why in reasons if left_out), "")


def _article(kind: Kind) -> str:
    """A kind of session as it reads in a sentence."""
    if kind in {Kind.NOT_COLLECTED, Kind.NOT_POSSIBLE, Kind.PRESENT}:
        return str(kind)
    return f"an {kind}"


@rule("PN-1", source="WTISA/threshold")
def counts(mark: Mark, weeks: Collection[date], who: Who = EVERYONE) -> bool:
    """Whether a session counts: G, N, O or U, on roll, of compulsory school age, in a school week.

    A session that an earlier live notice or prosecution relies on does not count again.
    `weeks` are the Mondays of the school weeks. Raises UnknownCode.
    """
    code = code_on(mark.code, mark.day)
    # Most marks stop here; the working of the rest is worth writing out.
    return code.counts_towards_threshold and not _reason_left_out(mark, code, who, weeks)


@dataclass(frozen=True, slots=True)
class Line:
    """One session in the working: whether it counts, and why or why not."""

    mark: Mark
    counts: bool
    why: str


@dataclass(frozen=True, slots=True)
class Week:
    """One week of the working, Monday to Sunday, school week or not.

    sessions  sessions the school held in it by the as-of day
    counted   the pupil's counting sessions in it
    """

    monday: date
    counts: bool
    why: str
    sessions: int
    counted: int


@dataclass(frozen=True, slots=True)
class RollOff:
    """When a counting session leaves the current window.

    leaves_on  the Monday of the school week from which it is outside; None when the calendar
               does not reach so far
    """

    mark: Mark
    leaves_on: date | None


@dataclass(frozen=True, slots=True)
class Proof:
    """The threshold on one day, with all of its working.

    as_of, figures   the day asked about, and the figures used
    state            met: yes, provisional (only while N is unresolved), or no
    first, latest    the earliest and the latest window that meet it
    first_met        the session at which the count was first reached, N included
    first_met_firm   the same without N; None while only N reaches it
    current          the window that ends in the school week begun last
    largest          the most sessions in any window asked about
    still_met        the current window meets it, N included
    short_by         how many more counting sessions would meet it now; 0 when met
    near             not met now, but near enough that staff are warned
    unresolved       the N sessions in the current window, and in the latest meeting one
    lines            each absence, late and uncounted session of the weeks shown
    weeks            each week from the start of the earliest window shown, and why it counts
    roll_off         when each session of the current window leaves it
    falls_below_on   with no more counting sessions, the first school-week Monday on which the
                     count is under the number; None when it is already, or the calendar ends
    back_to_zero_on  the same for a count of nothing
    """

    as_of: date
    figures: Figures
    state: State
    first: Window | None
    latest: Window | None
    first_met: DatedSession | None
    first_met_firm: DatedSession | None
    current: Window
    largest: int
    still_met: bool
    short_by: int
    near: bool
    unresolved: tuple[Mark, ...]
    lines: tuple[Line, ...]
    weeks: tuple[Week, ...]
    roll_off: tuple[RollOff, ...]
    falls_below_on: date | None
    back_to_zero_on: date | None


@rule("PN-2", source="WTISA/threshold")
def prove(
    marks: Iterable[Mark],
    calendar: Calendar,
    as_of: date,
    *,
    who: Who = EVERYONE,
    since: date | None = None,
    figures: Figures | None = None,
) -> Proof:
    """Ten counting sessions in any ten school weeks, each school week taken with the nine before.

    marks    one enrolment's marks, in any order; those after `as_of` are not read
    since    ask only about windows ending in a school week from this day on (the start of the
             academic year, say); earlier weeks still fill the windows. None asks about all.
    figures  those in force on `as_of` unless given

    Raises UnknownCode for a mark whose code was not in force that day, ValueError for two marks
    of one session, and NoValue for a day before the threshold existed. A counting code in a week
    without sessions cannot count: its line says so, as the calendar is then likely wrong.
    """
    figures = figures or figures_on(as_of)
    past = [mark for mark in in_order(marks) if mark.day <= as_of]
    begun = school_weeks(calendar, as_of)
    in_weeks = set(begun)
    counting = [mark for mark in past if counts(mark, in_weeks, who)]
    rolling = roll(counting, begun, since=since, figures=figures)
    firm = roll(
        [mark for mark in counting if mark.code != UNRESOLVED],
        begun,
        since=since,
        figures=figures,
    )
    current, needed = rolling.current, figures.sessions_needed
    shown_from = _shown_from(rolling, as_of)
    return Proof(
        as_of=as_of,
        figures=figures,
        state=rolling.state,
        first=rolling.first,
        latest=rolling.latest,
        first_met=rolling.first_met,
        first_met_firm=firm.first_met,
        current=current,
        largest=rolling.largest,
        still_met=current.count >= needed,
        short_by=max(0, needed - current.count),
        near=figures.near_from <= current.count < needed,
        unresolved=_unresolved(rolling),
        lines=tuple(_lines(past, in_weeks, who, shown_from)),
        weeks=tuple(_weeks(calendar, counting, in_weeks, shown_from, as_of)),
        roll_off=tuple(_roll_off(calendar, current, figures)),
        falls_below_on=_aim(calendar, current, figures, below=needed),
        back_to_zero_on=_aim(calendar, current, figures, below=1),
    )


def _shown_from(rolling: Rolling, as_of: date) -> date:
    """The Monday from which the working is shown: the earliest window that matters."""
    starts = [
        window.weeks[0]
        for window in (rolling.first, rolling.latest, rolling.current)
        if window and window.weeks
    ]
    return min(starts, default=monday_of(as_of))


@rule("PN-3", source="WTISA/unresolved")
def _unresolved(rolling: Rolling) -> tuple[Mark, ...]:
    """The sessions still coded N that hold up a notice: those of the current and latest window."""
    windows = [rolling.current, *([rolling.latest] if rolling.latest else [])]
    found = {mark for window in windows for mark in window.marks if mark.code == UNRESOLVED}
    return tuple(sorted(found))


def _lines(
    past: Iterable[Mark], weeks: Collection[date], who: Who, shown_from: date
) -> Iterator[Line]:
    """Each session worth explaining, from the first week shown. Plain attendance is left out."""
    for mark in past:
        code = code_on(mark.code, mark.day)
        plain = code.kind in {Kind.PRESENT, Kind.APPROVED} and not code.late
        if plain or mark.day < shown_from:
            continue
        left_out = _reason_left_out(mark, code, who, weeks)
        why = f"Does not count: {left_out}." if left_out else f"Counts: {code.meaning.lower()}."
        yield Line(mark, not left_out, why)


def _weeks(
    calendar: Calendar,
    counting: Sequence[Mark],
    in_weeks: Collection[date],
    shown_from: date,
    as_of: date,
) -> Iterator[Week]:
    """Each week from the first shown to the as-of day, with why it counts or is skipped."""
    monday = shown_from
    while monday <= as_of:
        sunday = monday + 6 * ONE_DAY
        held = len(sessions_between(calendar, monday, min(sunday, as_of)))
        is_school_week = monday in in_weeks
        yield Week(
            monday=monday,
            counts=is_school_week,
            why=_why_counts(held) if is_school_week else _why_skipped(calendar, monday, as_of),
            sessions=held,
            counted=sum(monday <= mark.day <= sunday for mark in counting),
        )
        monday += ONE_WEEK


def _why_counts(held: int) -> str:
    """Why a week is a school week."""
    if not held:
        return "Counts: the school was due to meet, and closed unexpectedly."
    return f"Counts: the school met for {held} session{'' if held == 1 else 's'}."


def _why_skipped(calendar: Calendar, monday: date, as_of: date) -> str:
    """Why a week is not a school week."""
    if monday in school_weeks(calendar):
        return f"Not yet: the school had not met this week by {in_words(as_of)}."
    days = (monday + number * ONE_DAY for number in range(7))
    reasons = sorted({calendar.closed[day] for day in days if day in calendar.closed})
    return f"Skipped: the school did not meet ({', '.join(reasons) or 'school holiday'})."


def _roll_off(calendar: Calendar, current: Window, figures: Figures) -> Iterator[RollOff]:
    """When each session of the current window leaves it, as far as the calendar tells."""
    known = school_weeks(calendar)
    for mark in current.marks:
        leaves = known.index(monday_of(mark.day)) + figures.weeks
        yield RollOff(mark, known[leaves] if leaves < len(known) else None)


@rule("PN-4", source="WTISA/threshold")
def _aim(calendar: Calendar, current: Window, figures: Figures, *, below: int) -> date | None:
    """The Monday to aim for: the count falls under a number if no further session counts.

    None when the count is under it already, or when the known calendar ends first.
    """
    if current.count < below:
        return None
    known = school_weeks(calendar)
    for at in range(known.index(current.weeks[-1]) + 1, len(known)):
        earliest = known[max(0, at + 1 - figures.weeks)]
        if sum(mark.day >= earliest for mark in current.marks) < below:
            return known[at]
    return None


@rule("PN-5", source="WTISA/across-schools")
def across_schools(proofs: Iterable[Proof]) -> int:
    """The current counts of one pupil's enrolments added up: information only, never the test."""
    return sum(proof.current.count for proof in proofs)
