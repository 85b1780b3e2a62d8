"""A pupil's standing on a day: the plain specification of the sweep.

The nightly sweep works this out for every pupil with arrays. This function is the law it must
equal on every history. It is written to be read, not to be fast.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date

from rules.absence import (
    Band,
    absences_by_weekday,
    attendance_band,
    basis_points,
    five_point_band,
    in_order,
    is_persistent,
    is_severe,
    look_back,
    runs,
    tally,
)
from rules.attendance_codes import Kind
from rules.dates import DateRange, in_words
from rules.marks import DatedSession, Mark
from rules.school_calendar import Calendar, school_weeks, year_end
from rules.thresholds import State, Who, counts, roll
from rules.values import Figures, figures_on


@dataclass(frozen=True, slots=True)
class Standing:
    """All that the sweep says of one enrolment on one day.

    *This year* below means from the year's grid Monday to the as-of day, both included, on days
    on roll. *Counting* means G, N, O or U, on roll, of compulsory school age, not relied on
    before, and in a school week. A *school week* is a Monday-to-Sunday week in which the school
    has a session on or before the as-of day. None means there is no figure or it never happened.

    possible, attended, authorised, unauthorised
        sessions this year; codes that are not possible or not collected, and blanks, are in none
    late_before, late_after
        sessions this year marked L (attendance) and U (unauthorised absence)
    basis_points
        10,000 x attended / possible, rounded down; None when nothing was possible
    band
        Band.ABOVE_95 0, AT_MOST_95 1, AT_MOST_90 2, AT_MOST_50 3, by exact integers: at exactly
        95, 90 or 50 percent the pupil is in the band below the edge; None when none possible
    five_point_band
        min(10, 20 x absent // possible): 0 is absence of 0 to under 5%, 10 is 50% or more;
        None when nothing was possible
    persistent, severe
        10 x absent >= possible, and 2 x absent >= possible; False when nothing was possible
    window_count, window_unresolved
        counting sessions, and those of them coded N, in the last ten school weeks, whichever
        years they are in; 0 when there is no school week
    window_max
        the largest count of any ten-week window that ends in a school week of this year (its
        Monday is on or after the year's start); 0 when no school week of this year has begun
    state
        over those same windows: YES if one holds ten counting sessions without N, PROVISIONAL
        if one does only with N, else NO
    first_met
        the tenth counting session, N included, of the earliest of those windows that holds ten;
        None if there is none, and None if that session is before this year (`already_met`)
    already_met
        the tenth session of that earliest window is before the year's start
    latest_start, latest_end, latest_count
        the latest of those windows that holds ten: the Mondays of its first and its last school
        week, and its count, N included; None when none does. A window has fewer than ten weeks
        when the calendar starts later.
    weekday_absences
        absences this year, authorised and not, Monday to Sunday
    run_current, run_longest
        consecutive absent sessions this year among the possible ones, in time order: the run that
        ends with the last possible session (0 if it was attended), and the longest
    unauthorised_run_current
        the same as run_current for unauthorised absence only: an authorised one ends it
    back_possible, back_attended, back_authorised, back_unauthorised
        sessions in the last twelve school weeks, whichever years they are in, on days on roll
    """

    possible: int
    attended: int
    authorised: int
    unauthorised: int
    late_before: int
    late_after: int
    basis_points: int | None
    band: Band | None
    five_point_band: int | None
    persistent: bool
    severe: bool
    window_count: int
    window_unresolved: int
    window_max: int
    state: State
    first_met: DatedSession | None
    already_met: bool
    latest_start: date | None
    latest_end: date | None
    latest_count: int | None
    weekday_absences: tuple[int, int, int, int, int, int, int]
    run_current: int
    run_longest: int
    unauthorised_run_current: int
    back_possible: int
    back_attended: int
    back_authorised: int
    back_unauthorised: int


def standing(
    marks: Iterable[Mark],
    *,
    calendar: Calendar,
    year_start: date,
    as_of: date,
    on_roll_from: date | None = None,
    on_roll_to: date | None = None,
    compulsory_from: date | None = None,
    compulsory_to: date | None = None,
    relied_on: Collection[DatedSession] = frozenset(),
    figures: Figures | None = None,
) -> Standing:
    """Work out one enrolment's standing on `as_of`. Each field is defined on Standing.

    marks       this year's and last year's, in any order, one a session at most; those after
                `as_of` or off roll are not read. A mark need not be a session of the calendar:
                it is in the year's figures all the same, but in a week that is no school week
                it is in no window and no look-back.
    calendar    the school's sessions, this year's and last year's
    year_start  the Monday on which the academic year of `as_of` starts
    on_roll_from, on_roll_to, compulsory_from, compulsory_to
                first and last day, both included; None leaves that end open
    relied_on   sessions left out of the threshold only
    figures     those in force on `as_of` unless given; give them for days before 19 August 2024

    Raises ValueError when `as_of` is outside the year or a session has two marks, and UnknownCode
    for a code not in force on its day.
    """
    if not year_start <= as_of <= year_end(year_start):
        raise ValueError(f"{in_words(as_of)} is not in the year from {in_words(year_start)}")
    figures = figures or figures_on(as_of)
    on_roll = DateRange(on_roll_from, on_roll_to)
    who = Who(on_roll, DateRange(compulsory_from, compulsory_to), relied_on)

    past = [mark for mark in in_order(marks, on_roll) if mark.day <= as_of]
    year = [mark for mark in past if mark.day >= year_start]
    weeks = school_weeks(calendar, as_of)
    in_weeks = set(weeks)
    rolling = roll(
        [mark for mark in past if counts(mark, in_weeks, who)],
        weeks,
        since=year_start,
        figures=figures,
    )
    already_met = rolling.first_met is not None and rolling.first_met.day < year_start
    latest = rolling.latest
    total = tally(year)
    absence_runs = runs(year)
    back = look_back(past, calendar, as_of, weeks=figures.look_back_weeks).tally
    return Standing(
        possible=total.possible,
        attended=total.attended,
        authorised=total.authorised,
        unauthorised=total.unauthorised,
        late_before=total.late_before,
        late_after=total.late_after,
        basis_points=basis_points(total.attended, total.possible),
        band=attendance_band(
            total.attended,
            total.possible,
            edges=figures.band_edges,
            edges_belong_below=figures.edges_belong_below,
        ),
        five_point_band=five_point_band(total.absent, total.possible),
        persistent=is_persistent(total.absent, total.possible, percent=figures.persistent_percent),
        severe=is_severe(total.absent, total.possible, percent=figures.severe_percent),
        window_count=rolling.current.count,
        window_unresolved=rolling.current.unresolved,
        window_max=rolling.largest,
        state=rolling.state,
        first_met=None if already_met else rolling.first_met,
        already_met=already_met,
        latest_start=latest.weeks[0] if latest else None,
        latest_end=latest.weeks[-1] if latest else None,
        latest_count=latest.count if latest else None,
        weekday_absences=absences_by_weekday(year),
        run_current=absence_runs.current,
        run_longest=absence_runs.longest,
        unauthorised_run_current=runs(year, kinds={Kind.UNAUTHORISED}).current,
        back_possible=back.possible,
        back_attended=back.attended,
        back_authorised=back.authorised,
        back_unauthorised=back.unauthorised,
    )
