"""Patterns of absence: which days a pupil misses more than the rest, in counts and in words."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from rules.absence import Tally, in_order, tally
from rules.dates import ALWAYS, DateRange, monday_of
from rules.marks import Mark, Session
from rules.register import rule
from rules.school_calendar import Calendar, grid_start
from rules.values import value_on

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
FIRST_WEEKS = 2
HOLIDAY = timedelta(days=7)  # a gap of more than this between school days; a weekend is three


@dataclass(frozen=True, slots=True)
class Pattern:
    """Some of a pupil's sessions beside all the others.

    name    which sessions, so that "missed on …" reads: "Mondays", "the day before a holiday"
    those, others  how many of each were possible and missed
    stands_out  enough of them were missed, at enough times the rate of the others
    """

    name: str
    those: Tally
    others: Tally
    stands_out: bool

    @property
    def words(self) -> str:
        """The pattern in a sentence, in sessions."""
        return (
            f"{self.name}: {self.those.absent} of {self.those.possible} sessions missed, "
            f"against {self.others.absent} of {self.others.possible} at other times."
        )


@rule("PAT-1", source="ONROLL/patterns")
def patterns(
    marks: Iterable[Mark], calendar: Calendar, on: date, *, on_roll: DateRange = ALWAYS
) -> tuple[Pattern, ...]:
    """Each pattern that we look for, with its counts, whether it stands out or not.

    Weekdays that the school meets on; mornings; the school day next to a weekend or a holiday,
    either side; and the first two school weeks of a year. A pattern stands out at three missed
    sessions or more, when they were missed at least twice as often as the others. Counts only
    possible sessions. `on` is the day whose figures apply.
    """
    kept = in_order(marks, on_roll)
    figures = value_on("patterns", on)
    return tuple(
        _pattern(name, kept, test, figures["sessions"], figures["times"])
        for name, test in _tests(calendar)
    )


def _tests(calendar: Calendar) -> list[tuple[str, Callable[[Mark], bool]]]:
    """Which sessions belong to each pattern."""
    edges = _edges(calendar)
    first = _first_weeks(calendar)
    met = sorted({day.weekday() for day in calendar.days})
    return [
        *((f"{WEEKDAYS[number]}s", _on_weekday(number)) for number in met),
        ("Mornings", lambda mark: mark.session is Session.AM),
        ("The last school day before a weekend", lambda mark: mark.day in edges["before weekend"]),
        ("The first school day after a weekend", lambda mark: mark.day in edges["after weekend"]),
        ("The last school day before a holiday", lambda mark: mark.day in edges["before holiday"]),
        ("The first school day after a holiday", lambda mark: mark.day in edges["after holiday"]),
        ("The first two weeks of a school year", lambda mark: monday_of(mark.day) in first),
    ]


def _on_weekday(number: int) -> Callable[[Mark], bool]:
    return lambda mark: mark.day.weekday() == number


def _edges(calendar: Calendar) -> dict[str, set[date]]:
    """The school days next to a weekend and next to a holiday. A holiday is more than a week."""
    found: dict[str, set[date]] = {
        "before weekend": set(),
        "after weekend": set(),
        "before holiday": set(),
        "after holiday": set(),
    }
    for last, first in zip(calendar.days, calendar.days[1:], strict=False):
        if monday_of(last) == monday_of(first):
            continue
        gap = "holiday" if first - last > HOLIDAY else "weekend"
        found[f"before {gap}"].add(last)
        found[f"after {gap}"].add(first)
    return found


def _first_weeks(calendar: Calendar) -> set[date]:
    """The Mondays of the first two school weeks of each academic year."""
    mondays: dict[date, list[date]] = {}
    for monday, first in calendar.week_starts:
        year = first.year if first >= grid_start(first.year) else first.year - 1
        mondays.setdefault(grid_start(year), []).append(monday)
    return {monday for weeks in mondays.values() for monday in weeks[:FIRST_WEEKS]}


def _pattern(
    name: str, kept: list[Mark], test: Callable[[Mark], bool], sessions: int, times: int
) -> Pattern:
    """Count the sessions of a pattern and the others, and judge it."""
    those = tally(mark for mark in kept if test(mark))
    others = tally(mark for mark in kept if not test(mark))
    stands_out = (
        those.absent >= sessions
        and others.possible > 0
        and those.absent * others.possible >= times * others.absent * those.possible
    )
    return Pattern(name, those, others, stands_out)


@rule("PAT-2", source="ONROLL/patterns")
def missed_together(*registers: Iterable[Mark]) -> tuple[date, ...]:
    """The days on which every one of several children missed a session: brothers and sisters.

    At least two registers; with one there is nothing to compare, and no day is given.
    """
    days = [
        {mark.day for mark in in_order(register) if tally([mark]).absent} for register in registers
    ]
    return tuple(sorted(set.intersection(*days))) if len(days) > 1 else ()
