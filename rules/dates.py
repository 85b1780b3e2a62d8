"""Days and ranges of days, and how we write them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

ONE_DAY = timedelta(days=1)
ONE_WEEK = timedelta(weeks=1)


def in_words(day: date) -> str:
    """A day as we write it: 23 November 2026."""
    return f"{day.day} {day:%B %Y}"


def monday_of(day: date) -> date:
    """The Monday that starts the week of `day`."""
    return day - timedelta(days=day.weekday())


def days_between(first: date, last: date) -> Iterator[date]:
    """Each day from `first` to `last`, both included."""
    day = first
    while day <= last:
        yield day
        day += ONE_DAY


def months_after(day: date, months: int) -> date:
    """The same day of the month `months` later; the last day of the month where there is none."""
    month = day.year * 12 + day.month - 1 + months
    year, month = divmod(month, 12)
    following = date(year + (month == 11), (month + 1) % 12 + 1, 1)
    last = (following - ONE_DAY).day
    return date(year, month + 1, min(day.day, last))


@dataclass(frozen=True, slots=True)
class DateRange:
    """Days from `first` to `last`, both included. None leaves that end open."""

    first: date | None = None
    last: date | None = None

    def __contains__(self, day: object) -> bool:
        """Whether a day is inside."""
        return (
            isinstance(day, date)
            and (self.first is None or self.first <= day)
            and (self.last is None or day <= self.last)
        )


ALWAYS = DateRange()
