"""Registers of whole schools, ready to be asked for the facts of any day of a year."""

from collections.abc import Iterator, Sequence
from datetime import date

import numpy as np
import numpy.typing as npt

from attendance import marks as codec
from attendance import sweep as kernel
from attendance.facts import Pupils, Registers
from attendance.models import Calendar
from attendance.selectors.relied import rows_since
from attendance.selectors.standings import (
    BY_SCHOOL,
    HELD,
    ON_ROLL,
    POSTGRES_EPOCH,
    WHO,
    Wire,
    placed,
    read,
    wire,
)
from rules.school_calendar import grid_start

AT_ONCE = 1024  # pupils of one school: some 35 MB of running sums
YEAR = wire(("id", ">i8"), ("xmin", ">i4"), ("marks", f"({codec.SLOTS},)u1"))


def registers_of(
    authority_id: int, schools: Sequence[int], first: date, last: date, *, used: bool = False
) -> Iterator[tuple[int, Registers]]:
    """The registers of everybody on roll at some time in these days, which lie in one year.

    used  leave out of the threshold what a live notice or prosecution rests on by now; a replay of
          past days does not know it

    A school without a calendar for the year is left out. Three queries a school, four with `used`.
    """
    year = codec.year_of(last)
    calendars = _calendars(authority_id, schools, year)
    for school in schools:
        if school not in calendars:
            continue
        who = read(
            ON_ROLL.format(among=BY_SCHOOL.format("e.")),
            WHO,
            authority=authority_id,
            schools=[school],
            as_of=last,
            start=first,
        )
        who = who[np.argsort(who["id"])]
        ids = who["id"].astype(np.int64)
        relied = _relied(authority_id, school, year) if used else None
        before, this = (_marks(authority_id, school, at, ids) for at in (year - 1, year))
        for begin in range(0, len(who), AT_ONCE):
            some = slice(begin, begin + AT_ONCE)
            yield (
                school,
                Registers(
                    year, (before[some], this[some]), calendars[school], _pupils(who[some], relied)
                ),
            )


def _relied(authority_id: int, school: int, year: int) -> npt.NDArray[np.int64] | None:
    """Enrolment, day and session of what was used already at a school, one column each."""
    rows = rows_since(authority_id, grid_start(year - 1), schools=[school])
    if not rows:
        return None
    return np.array([(row.enrolment, row.day.toordinal(), row.session) for row in rows], np.int64).T


def _pupils(who: Wire, relied: npt.NDArray[np.int64] | None) -> Pupils:
    """Days of the enrolments as the facts need them."""
    first, last = kernel.compulsory_ages(who["born"].astype(np.int64) + POSTGRES_EPOCH)
    ids = who["id"].astype(np.int64)
    if relied is not None:
        relied = relied[:, np.isin(relied[0], ids)]
    return Pupils(
        ids=ids,
        first_day=who["starts"].astype(np.int64) + POSTGRES_EPOCH,
        last_day=who["ends"].astype(np.int64) + POSTGRES_EPOCH,
        compulsory_first=first,
        compulsory_last=last,
        relied_on=None
        if relied is None
        else (np.searchsorted(ids, relied[0]), relied[1], relied[2]),
    )


def _marks(authority_id: int, school: int, year: int, ids: codec.Ints) -> codec.Bytes:
    """One year's bytes, one row an enrolment; blank where there are none."""
    rows = read(
        HELD.format(among=BY_SCHOOL.format("")),
        YEAR,
        begin=1,
        width=codec.SLOTS,
        authority=authority_id,
        schools=[school],
        year=year,
    )
    held = np.zeros((len(ids), codec.SLOTS), np.uint8)
    row, place = placed(rows, ids)
    held[place] = rows["marks"][row]
    return held


def _calendars(
    authority_id: int, schools: Sequence[int], year: int
) -> dict[int, tuple[bytes, bytes]]:
    """Last year's and this year's sessions of each school that has any this year. One query."""
    rows = Calendar.objects.filter(authority=authority_id, year__in=(year - 1, year))
    held: dict[tuple[int | None, int], bytes] = {
        (school, at): bytes(sessions)
        for school, at, sessions in rows.values_list("school_id", "year", "sessions")
    }

    def in_force(school: int, at: int) -> bytes | None:
        return held.get((school, at)) or held.get((None, at))

    return {
        school: (in_force(school, year - 1) or codec.BLANK_YEAR, this)
        for school in schools
        if (this := in_force(school, year)) is not None
    }
