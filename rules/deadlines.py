"""When a length of time runs out: in the unit that a rule or a policy counts in."""

from collections.abc import Callable, Mapping
from datetime import date, timedelta

from rules.dates import ONE_DAY, ONE_WEEK, in_words, monday_of, months_after
from rules.errors import InvalidInput, UnknownTerm
from rules.school_calendar import (
    Calendar,
    school_day_after,
    school_weeks,
    sessions_between,
    working_day_after,
)


def _school_weeks(calendar: Calendar, since: date, length: int) -> date:
    """The last day the school meets in the last of the weeks; that of `since` is the first."""
    mondays = [monday for monday in school_weeks(calendar) if monday >= monday_of(since)]
    if len(mondays) < length:
        raise UnknownTerm(
            f"The school calendar does not reach {length} school weeks from {in_words(since)}. "
            "Add the next term first."
        )
    last = mondays[length - 1]
    return max(
        session.day for session in sessions_between(calendar, last, last + ONE_WEEK - ONE_DAY)
    )


COUNTED_IN: Mapping[str, Callable[[Calendar, date, int], date]] = {
    "school days": school_day_after,
    "working days": lambda _, since, length: working_day_after(since, length),
    "days": lambda _, since, length: since + timedelta(days=length),
    "weeks": lambda _, since, length: since + length * ONE_WEEK,
    "school weeks": _school_weeks,
    "months": lambda _, since, length: months_after(since, length),
    "years": lambda _, since, length: months_after(since, 12 * length),
}


def due_on(since: date, length: int, unit: str, calendar: Calendar) -> date:
    """The last day of a length of time that starts on `since`.

    The day itself is not counted, except that the week of `since` is the first school week.
    Raises UnknownTerm when the calendar ends first, and InvalidInput for a unit without dates
    here, such as terms or minutes.
    """
    if unit not in COUNTED_IN:
        raise InvalidInput(f"{unit.capitalize()} have no dates here. Count in school weeks.")
    return COUNTED_IN[unit](calendar, since, length)
