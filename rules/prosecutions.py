"""Offences and their time limits."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from rules.dates import months_after
from rules.marks import Mark
from rules.register import rule
from rules.values import value_on


@dataclass(frozen=True, slots=True)
class TimeLimit:
    """The last days to charge. warn_by: for the earliest session; outer: for the latest."""

    warn_by: date
    outer: date


@rule("PROS-1", source="MCA1980/s127")
def time_limit(offence: Collection[Mark] | Collection[date]) -> TimeLimit:
    """Six months from the offence: warn on its earliest session, with the latest as outer edge.

    Takes the sessions, or the days, of the offence. Raises ValueError when there are none.
    """
    days = sorted(item.day if isinstance(item, Mark) else item for item in offence)
    if not days:
        raise ValueError("An offence needs at least one session")
    first, last = days[0], days[-1]
    return TimeLimit(
        warn_by=months_after(first, value_on("prosecution", first)["months"]),
        outer=months_after(last, value_on("prosecution", last)["months"]),
    )
