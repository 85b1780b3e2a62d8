"""When a school meets: sessions, school days, school weeks, working days and bank holidays.

A school *week* is any week from Monday to Sunday in which the school has a session; a school *day*
is a day on which it has one. Both belong to one school: nothing here is national but bank holidays.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache, cached_property

from govuk_bank_holidays.bank_holidays import BankHolidays

from rules.dates import ONE_DAY, DateRange, days_between, in_words, monday_of
from rules.errors import InvalidInput, NoValue, UnknownTerm
from rules.marks import DatedSession, Session
from rules.register import rule

MONDAY_TO_FRIDAY = frozenset(range(5))
BOTH = (Session.AM, Session.PM)


@dataclass(frozen=True, slots=True)
class Closure:
    """Days on which the school does not meet although the term runs.

    session     only that half of each day; None for whole days
    unexpected  the school was due to meet and could not (code Y4): the sessions stay in the
                calendar and are marked as lost. A planned closure takes them out.
    """

    first: date
    last: date
    reason: str
    session: Session | None = None
    unexpected: bool = False


@dataclass(frozen=True)
class Calendar:
    """Every session one school holds or was due to hold, in time order.

    sessions   each half day once; may span years
    lost       those of them that an unexpected closure took away
    closed     why the school does not meet on a day inside its terms, for the working shown
    lost_weeks_count  whether a week lost whole is still a school week (values.toml, threshold)
    """

    sessions: tuple[DatedSession, ...]
    lost: frozenset[DatedSession] = frozenset()
    closed: Mapping[date, str] = field(default_factory=dict)
    lost_weeks_count: bool = True

    def __post_init__(self) -> None:
        """Put the sessions in order, each once, so that everything below may bisect."""
        object.__setattr__(self, "sessions", tuple(sorted(set(self.sessions))))

    @cached_property
    def held(self) -> tuple[DatedSession, ...]:
        """The sessions that were not lost."""
        return tuple(session for session in self.sessions if session not in self.lost)

    @cached_property
    def days(self) -> tuple[date, ...]:
        """Each day with a session that was held, in order."""
        return tuple(sorted({session.day for session in self.held}))

    @cached_property
    def week_starts(self) -> tuple[tuple[date, date], ...]:
        """(Monday, first day that makes it a school week) for each school week, in order."""
        first: dict[date, date] = {}
        for session in self.sessions if self.lost_weeks_count else self.held:
            first.setdefault(monday_of(session.day), session.day)
        return tuple(first.items())


def build_calendar(
    terms: Iterable[DateRange],
    *,
    inset: Iterable[date] = (),
    closures: Iterable[Closure] = (),
    extra: Iterable[DatedSession] = (),
    weekdays: Collection[int] = MONDAY_TO_FRIDAY,
    holidays: Collection[date] | None = None,
    lost_weeks_count: bool = True,
) -> Calendar:
    """A school's calendar from its terms (half terms as separate ranges, both ends given).

    inset      training days: no sessions
    closures   see Closure
    extra      sessions held outside all of the above, a Saturday morning say; they win
    weekdays   days of the week the school meets, Monday 0
    holidays   days to leave out as bank holidays; None takes those of England and Wales

    Raises InvalidInput for a term with an open or reversed end, and NoValue where bank holidays
    are not yet known.
    """
    sessions: set[DatedSession] = set()
    lost: set[DatedSession] = set()
    closed: dict[date, str] = {}
    for first, last in map(_ends, terms):
        free = bank_holidays_between(first, last) if holidays is None else set(holidays)
        for day in days_between(first, last):
            if day.weekday() not in weekdays:
                continue
            if day in free:
                closed[day] = "bank holiday"
            else:
                sessions |= {DatedSession(day, half) for half in BOTH}
    for day in inset:
        closed[day] = "INSET day"
        sessions -= {DatedSession(day, half) for half in BOTH}
    for closure in closures:
        away = _sessions_of(closure) & sessions
        if closure.unexpected:
            lost |= away
        else:
            sessions -= away
        closed |= {session.day: closure.reason for session in away}
    return Calendar(
        sessions=tuple(sessions | set(extra)),
        lost=frozenset(lost),
        closed=closed,
        lost_weeks_count=lost_weeks_count,
    )


def _ends(term: DateRange) -> tuple[date, date]:
    """Both ends of a term, which must be there and in order."""
    if term.first is None or term.last is None:
        raise InvalidInput("Enter both the first and the last day of each term.")
    if term.first > term.last:
        raise InvalidInput(
            f"A term cannot end on {in_words(term.last)}, before it starts on "
            f"{in_words(term.first)}."
        )
    return term.first, term.last


def _sessions_of(closure: Closure) -> set[DatedSession]:
    """The half days a closure covers."""
    halves = BOTH if closure.session is None else (closure.session,)
    return {
        DatedSession(day, half)
        for day in days_between(closure.first, closure.last)
        for half in halves
    }


@rule("CAL-1", source="WTISA/school-week")
def school_weeks(calendar: Calendar, until: date | None = None) -> tuple[date, ...]:
    """The Mondays of the weeks in which the school has at least one session, earliest first.

    Given `until`, only weeks with a session on or before that day: a week begins to count with
    its first session, not on its Monday. Weeks without a session do not exist for any count.
    """
    return tuple(
        monday for monday, first in calendar.week_starts if until is None or first <= until
    )


@rule("CAL-2", source="EA1996/s579")
def is_school_day(calendar: Calendar, day: date) -> bool:
    """Whether the school holds a session on `day`: not on an INSET day, bank holiday or weekend.

    A day lost whole to an unexpected closure is no school day, as nothing was held.
    """
    at = bisect_left(calendar.days, day)
    return at < len(calendar.days) and calendar.days[at] == day


@rule("CAL-3", source="EA1996/s579")
def school_day_after(calendar: Calendar, day: date, number: int) -> date:
    """The school day that is `number` school days after `day`, which itself is not counted.

    Raises UnknownTerm when the calendar ends too soon to tell.
    """
    at = bisect_right(calendar.days, day) + number - 1
    if at >= len(calendar.days):
        raise UnknownTerm(
            f"The school calendar does not reach {number} school days after {in_words(day)}. "
            "Add the next term first."
        )
    return calendar.days[at]


@cache
def bank_holidays() -> frozenset[date]:
    """The bank holidays of England and Wales, from the copy that ships with the library."""
    kept = BankHolidays(use_cached_holidays=True)
    return frozenset(row["date"] for row in kept.get_holidays(kept.ENGLAND_AND_WALES))


def bank_holidays_known() -> DateRange:
    """The whole years for which we know the bank holidays. Warn when today nears the end."""
    years = {day.year for day in bank_holidays()}
    return DateRange(date(min(years), 1, 1), date(max(years), 12, 31))


def bank_holidays_between(first: date, last: date) -> frozenset[date]:
    """The bank holidays from `first` to `last`. Raises NoValue outside the years we know."""
    known = bank_holidays_known()
    if first not in known or last not in known:
        raise NoValue(
            f"We do not know the bank holidays from {in_words(first)} to {in_words(last)}. "
            "Enter them as closures, or update the list of bank holidays."
        )
    return frozenset(day for day in bank_holidays() if first <= day <= last)


@rule("CAL-4", source="BFDA1971/s1")
def is_working_day(day: date) -> bool:
    """Whether `day` is Monday to Friday and not a bank holiday in England and Wales.

    Raises NoValue for a year whose bank holidays are not known.
    """
    return day.weekday() in MONDAY_TO_FRIDAY and not bank_holidays_between(day, day)


@rule("CAL-5", source="BFDA1971/s1")
def working_day_after(day: date, number: int) -> date:
    """The working day that is `number` working days after `day`, which itself is not counted."""
    while number > 0:
        day += ONE_DAY
        number -= is_working_day(day)
    return day


def grid_start(year: int) -> date:
    """The Monday on which the grid of the academic year beginning in `year` starts.

    It is the Monday of the week that holds 1 August, so years tile time without gaps.
    """
    return monday_of(date(year, 8, 1))


@rule("CAL-6", source="ONROLL/grid")
def year_start_on(day: date) -> date:
    """The Monday on which the academic year that holds `day` starts: the week of 1 August."""
    start = grid_start(day.year)
    return start if day >= start else grid_start(day.year - 1)


def year_end(start: date) -> date:
    """The last day, a Sunday, of the academic year whose grid starts on `start`.

    Raises ValueError for a day on which no year starts.
    """
    if year_start_on(start) != start:
        raise ValueError(f"No academic year starts on {in_words(start)}")
    return grid_start(start.year + 1) - ONE_DAY


def weeks_back(calendar: Calendar, as_of: date, number: int) -> tuple[date, ...]:
    """The last `number` school weeks begun by `as_of`, earliest first; fewer if there are fewer."""
    weeks = school_weeks(calendar, as_of)
    return weeks[max(0, len(weeks) - number) :]


def sessions_between(calendar: Calendar, first: date, last: date) -> tuple[DatedSession, ...]:
    """The sessions the school holds from `first` to `last`, both included; lost ones left out."""
    held = calendar.held
    return held[bisect_left(held, (first, Session.AM)) : bisect_right(held, (last, Session.PM))]
