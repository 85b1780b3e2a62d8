"""Returns to the council about joining, leaving and expected sickness, and how long all is kept."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from rules.dates import months_after
from rules.errors import UnknownTerm
from rules.register import rule
from rules.school_calendar import Calendar, school_day_after, working_day_after
from rules.values import value_on


def _days(_: Calendar, day: date, length: int) -> date:
    return day + timedelta(days=length)


def _working_days(_: Calendar, day: date, length: int) -> date:
    return working_day_after(day, length)


COUNTED_IN: Mapping[str, Callable[[Calendar, date, int], date]] = {
    "days": _days,
    "working days": _working_days,
    "school days": school_day_after,
}


@rule("REG-5", source="PR2024/reg13-new-pupil")
def new_pupil_return_by(joined: date, calendar: Calendar, length: int, unit: str) -> date | None:
    """The last day to tell the council of a new pupil; the day of joining is not counted.

    The regulation says days and not which: `length` and `unit` are the policy's clock. None where
    the calendar ends before that many school days. Raises KeyError for a unit that is no day.
    """
    try:
        return COUNTED_IN[unit](calendar, joined, length)
    except UnknownTerm:
        return None


@rule("REG-6", source="WTISA/standard-transition")
def joins_at_standard_time(
    joined: date, first_school_day: date | None, *, year_group: str, lowest: str
) -> bool:
    """Whether a pupil joins with a school's usual new intake: no new-pupil return is due then.

    The usual intake starts in the lowest year group, on or before the first school day of the
    year. Where the calendar does not tell that day it is not: a return too many does no harm.
    """
    at_start = first_school_day is not None and joined <= first_school_day
    return at_start and bool(year_group) and year_group == lowest


@rule("REG-7", source="WTISA/standard-transition")
def leaves_at_standard_time(
    last_day: date, last_school_day: date | None, *, year_group: str, highest: str
) -> bool:
    """Whether a pupil leaves with a school's oldest year group: no deletion return is due then.

    They stay on roll until the last school day of the year, or later.
    """
    at_end = last_school_day is not None and last_day >= last_school_day
    return at_end and bool(year_group) and year_group == highest


@dataclass(frozen=True, slots=True)
class Kept:
    """How long entries are kept. `until` is the last day on which they must still be there."""

    entered: date
    until: date


@rule("KEEP-1", source="PR2024/reg5")
def keep_until(entered: date) -> date:
    """The last day on which an entry of a register must still be kept: six years after it was made.

    An amendment is an entry of its own and has its own six years, so that the original and every
    later form of a mark are kept as long as the latest of them.
    """
    return months_after(entered, 12 * value_on("register_kept", entered)["years"])


def kept(entries: list[date]) -> Kept | None:
    """Until when a whole register is kept: as long as its latest entry. None without entries."""
    if not entries:
        return None
    latest = max(entries)
    return Kept(latest, keep_until(latest))
