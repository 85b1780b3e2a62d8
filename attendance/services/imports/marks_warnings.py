"""Marks that are taken all the same, but that somebody should look at."""

from datetime import date

import numpy as np

from attendance import marks as codec
from attendance.imports.problems import Kind
from attendance.imports.reading import Flags
from attendance.selectors.imports import SchoolDays
from attendance.services.imports.marks_refused import Work, list_cells, session_in_words
from rules.values import value_on


def warn(work: Work, taken: Flags, days: SchoolDays) -> None:
    """The checks that refuse nothing: closures, half days, old N, days to come."""
    cells, number = work.cells, work.number
    years, places = codec.positions(cells.day, cells.session)
    closed = taken & (number == codec.CLOSED)
    if closed.any():
        closed &= days.held(years, places)
        list_cells(
            work,
            closed,
            Kind.CLOSED_HERE,
            lambda cell: f"Our calendar has school on {session_in_words(work, cell)}.",
        )
    future = taken & (cells.day > work.today.toordinal())
    list_cells(work, future, Kind.FUTURE, lambda cell: f"It is for {session_in_words(work, cell)}.")
    _warn_old_n(work, taken, days)
    _warn_half_days(work, taken, days)


def _warn_old_n(work: Work, taken: Flags, days: SchoolDays) -> None:
    """N whose five school days to find the reason are over."""
    unresolved = taken & (work.number == codec.UNRESOLVED)
    old = [
        ordinal
        for ordinal in np.unique(work.cells.day[unresolved]).tolist()
        if ordinal < work.today.toordinal() and _is_over(date.fromordinal(ordinal), work, days)
    ]
    if old:
        list_cells(
            work,
            unresolved & np.isin(work.cells.day, old),
            Kind.OLD_N,
            lambda cell: f"N for {session_in_words(work, cell)} is more than five school days old.",
        )


def _is_over(day: date, work: Work, days: SchoolDays) -> bool:
    allowed = value_on("unresolved_reason", max(day, date(2024, 8, 19)))["school_days"]
    return days.school_days_after(day, work.today) > allowed


def _warn_half_days(work: Work, taken: Flags, days: SchoolDays) -> None:
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
        list_cells(
            work,
            found,
            Kind.HALF_DAY,
            lambda cell: f"Only {session_in_words(work, cell)} has a mark.",
        )
