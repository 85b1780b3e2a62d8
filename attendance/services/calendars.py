"""Changing school calendars: terms, INSET days, closures, and the sessions they leave."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import pairwise

from django.db import connection, transaction

from attendance import marks
from attendance.models import Calendar, CalendarDay, DayKind, Term
from attendance.selectors import calendars as selectors
from audit.record import Kind, record
from authorities.models import Authority, School, User
from authorities.queue import enqueue
from rules import school_calendar as law
from rules.dates import DateRange, days_between, in_words
from rules.errors import Conflict, InvalidInput, NotFound, NoValue
from rules.marks import DatedSession, Session


@dataclass(frozen=True, slots=True, order=True)
class TermDates:
    """A run of days with school, both ends included."""

    starts_on: date
    ends_on: date
    name: str


@dataclass(frozen=True, slots=True)
class DayEntry:
    """A day that differs from its term. `session` is None for the whole day."""

    day: date
    kind: DayKind
    session: Session | None = None
    note: str = ""

    @property
    def halves(self) -> tuple[DatedSession, ...]:
        """The sessions it speaks of."""
        halves = law.BOTH if self.session is None else (self.session,)
        return tuple(DatedSession(self.day, half) for half in halves)


@dataclass(frozen=True, slots=True)
class Plan:
    """A year's terms and days as they are to be, before anything is written."""

    terms: tuple[TermDates, ...]
    days: tuple[DayEntry, ...] = ()


class MarksWouldVanish(Conflict):
    """A change would take sessions away in which marks are recorded. Confirm to go on."""

    code = "marks_in_the_way"

    def __init__(self, marks: int, first: date, last: date) -> None:
        """Say how many marks, and between which days."""
        self.marks = marks
        when = f"on {in_words(first)}"
        if last != first:
            when = f"between {in_words(first)} and {in_words(last)}"
        noun = "1 mark is" if marks == 1 else f"{marks:,} marks are"
        super().__init__(
            f"{noun} recorded {when} in sessions that this change takes away. They stay in the "
            "register but would no longer count. Confirm that the school did not meet then."
        )


def plan_of(calendar: Calendar) -> Plan:
    """A calendar's terms and days as they are."""
    return Plan(
        terms=tuple(
            TermDates(term.starts_on, term.ends_on, term.name)
            for term in calendar.terms.order_by("starts_on")
        ),
        days=tuple(
            DayEntry(
                entry.day,
                DayKind(entry.kind),
                None if entry.session is None else Session(entry.session),
                entry.note,
            )
            for entry in calendar.days.order_by("day", "session")
        ),
    )


def check(plan: Plan, year: int) -> tuple[DatedSession, ...]:
    """The sessions that a plan gives. Raises InvalidInput with every problem, in words."""
    problems = [*_wrong_terms(plan.terms, year)]
    if not problems:
        problems += _wrong_days(plan, year)
    if problems:
        raise InvalidInput(" ".join(problems))
    return _sessions(plan)


def _wrong_terms(terms: Sequence[TermDates], year: int) -> Iterable[str]:
    """Terms that are reversed, outside the year or on top of each other."""
    span = selectors.year_range(year)
    for term in terms:
        if term.ends_on < term.starts_on:
            yield (
                f"{term.name} ends on {in_words(term.ends_on)}, before it starts on "
                f"{in_words(term.starts_on)}. Check both dates."
            )
        elif term.starts_on not in span or term.ends_on not in span:
            yield (
                f"{term.name} is not inside the school year {selectors.year_words(year)}, "
                f"{_range_words(span)}. Check its dates or choose another year."
            )
    for former, term in pairwise(sorted(terms)):
        if term.starts_on <= former.ends_on:
            yield (
                f"{term.name} starts on {in_words(term.starts_on)}, before {former.name} ends on "
                f"{in_words(former.ends_on)}. Terms cannot overlap."
            )


def _range_words(span: DateRange) -> str:
    """A closed range of days in words."""
    return " to ".join(in_words(day) for day in (span.first, span.last) if day is not None)


def _wrong_days(plan: Plan, year: int) -> Iterable[str]:
    """Days that say nothing, contradict each other or lie outside the year."""
    try:
        in_term = set(_sessions(Plan(plan.terms)))
    except NoValue as unknown:
        return [unknown.sentence]
    problems = []
    spoken_for: set[DatedSession] = set()
    span = selectors.year_range(year)
    for entry in plan.days:
        if spoken_for & set(entry.halves):
            problems.append(f"{_day_words(entry.day)} is entered more than once. Keep one entry.")
        elif entry.day not in span:
            problems.append(
                f"{_day_words(entry.day)} is not in the school year {selectors.year_words(year)}."
            )
        elif entry.kind == DayKind.OPEN and in_term >= set(entry.halves):
            problems.append(f"{_day_words(entry.day)} already has school. Take the entry out.")
        elif entry.kind != DayKind.OPEN and not in_term & set(entry.halves):
            problems.append(
                f"{_day_words(entry.day)} has no school, so there is nothing to close. "
                "Take the entry out, or make the term longer."
            )
        spoken_for |= set(entry.halves)
    return problems


def _day_words(day: date) -> str:
    """A day with its weekday: Monday 2 November 2026."""
    return f"{day:%A} {in_words(day)}"


def _sessions(plan: Plan) -> tuple[DatedSession, ...]:
    """The sessions of a plan, by the rules."""
    closures = [
        law.Closure(entry.day, entry.day, DayKind(entry.kind).label, entry.session)
        for entry in plan.days
        if entry.kind != DayKind.OPEN
    ]
    extra = [half for entry in plan.days if entry.kind == DayKind.OPEN for half in entry.halves]
    terms = [DateRange(term.starts_on, term.ends_on) for term in plan.terms]
    return law.build_calendar(terms, closures=closures, extra=extra).sessions


def _grid(sessions: Iterable[DatedSession]) -> bytes:
    """Sessions as the calendar keeps them: one byte, 0 or 1, for each place of the year grid."""
    grid = bytearray(marks.SLOTS)
    for session in sessions:
        grid[marks.position(session.day, session.session)] = 1
    return bytes(grid)


@transaction.atomic
def save(
    *,
    authority: Authority,
    school: School | None,
    year: int,
    plan: Plan,
    by: User | None,
    change: str,
    confirmed: bool = False,
) -> Calendar:
    """Make or replace one year's calendar of a school, or with None of the authority itself.

    change     what the history will say was done, without personal data
    confirmed  the person has been told how many marks lose their session, and means it

    Whoever calls has checked that this person may change calendars here. Raises InvalidInput
    with every problem of the plan, and MarksWouldVanish when that is not confirmed.
    """
    sessions = check(plan, year)
    calendar = _locked(authority, school, year)
    _refuse_lost_marks(calendar, sessions, confirmed=confirmed)
    calendar.terms.all().delete()
    calendar.days.all().delete()
    Term.objects.bulk_create(
        Term(
            authority=authority,
            calendar=calendar,
            name=term.name,
            starts_on=term.starts_on,
            ends_on=term.ends_on,
        )
        for term in sorted(plan.terms)
    )
    CalendarDay.objects.bulk_create(
        CalendarDay(
            authority=authority,
            calendar=calendar,
            day=entry.day,
            session=entry.session,
            kind=entry.kind,
            note=entry.note,
        )
        for entry in plan.days
    )
    recompute(calendar)
    record(
        Kind.CALENDAR_CHANGED,
        by=by,
        authority=authority,
        on=calendar,
        school=school,
        change=f"{change} ({selectors.year_words(year)})",
        sessions=len(sessions),
        revision=calendar.revision,
    )
    enqueue("cases.recount_clocks", authority_id=authority.pk)
    return calendar


def recompute(calendar: Calendar) -> Calendar:
    """Work out the sessions from the terms and days as they are; a new revision if they differ."""
    grid = _grid(_sessions(plan_of(calendar)))
    if bytes(calendar.sessions) != grid:
        calendar.sessions = grid
        calendar.revision += 1
    calendar.save(update_fields=["sessions", "revision", "changed_at"])
    return calendar


def _locked(authority: Authority, school: School | None, year: int) -> Calendar:
    """The calendar, made if missing, locked so that two people cannot both replace it."""
    with connection.cursor() as cursor:  # a missing row cannot be locked: lock its name
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))",
            [f"calendar:{authority.pk}:{school.pk if school else 0}:{year}"],
        )
    found = selectors.own_calendar(authority, school, year)
    if found is None:
        return Calendar.objects.create(
            authority=authority,
            school=school,
            year=year,
            sessions=bytes(marks.SLOTS),
            revision=0,
        )
    return found


def _refuse_lost_marks(
    calendar: Calendar, sessions: Iterable[DatedSession], *, confirmed: bool
) -> None:
    """Raise MarksWouldVanish when recorded marks would lose their session, unless confirmed."""
    if confirmed:
        return
    before = _before(calendar)
    vanishing = sorted(set(before) - set(sessions))
    places = [marks.position(session.day, session.session) for session in vanishing]
    if count := selectors.marks_at(calendar, places):
        raise MarksWouldVanish(count, vanishing[0].day, vanishing[-1].day)


def _before(calendar: Calendar) -> tuple[DatedSession, ...]:
    """The sessions in force so far: a school's first own calendar takes over the authority's."""
    if calendar.revision or calendar.school is None:
        return selectors.sessions_of(calendar)
    former = selectors.own_calendar(calendar.authority, None, calendar.year)
    return selectors.sessions_of(former) if former else ()


def copy_from_authority(*, school: School, year: int, by: User | None) -> Calendar:
    """Give a school its own copy of the authority's calendar, to change as it needs.

    Raises NotFound when the authority has none for the year, and Conflict when the school has.
    """
    theirs = selectors.own_calendar(school.authority, None, year)
    if theirs is None:
        raise NotFound(
            f"The authority has no calendar for {selectors.year_words(year)}. "
            "Add the terms yourself or import a file."
        )
    if selectors.own_calendar(school.authority, school, year) is not None:
        raise Conflict(
            f"This school already has its own calendar for {selectors.year_words(year)}. "
            "Change that one."
        )
    return save(
        authority=school.authority,
        school=school,
        year=year,
        plan=plan_of(theirs),
        by=by,
        change="copied the authority's calendar",
    )


def with_term(plan: Plan, term: TermDates, *, instead_of: date | None = None) -> Plan:
    """A plan with one term more, or with one changed: the one that started on `instead_of`."""
    return replace(plan, terms=(*_terms_but(plan, instead_of), term))


def without_term(plan: Plan, starts_on: date) -> Plan:
    """A plan without the term that starts on a day, and without that term's INSET and closures."""
    kept = _terms_but(plan, starts_on)
    gone = {
        day
        for term in plan.terms
        if term.starts_on == starts_on
        for day in days_between(term.starts_on, term.ends_on)
    }
    days = tuple(e for e in plan.days if e.kind == DayKind.OPEN or e.day not in gone)
    return Plan(kept, days)


def with_day(plan: Plan, entry: DayEntry, *, instead_of: DayEntry | None = None) -> Plan:
    """A plan with one day more, or with one changed."""
    return replace(plan, days=(*_days_but(plan, instead_of), entry))


def without_day(plan: Plan, entry: DayEntry) -> Plan:
    """A plan without one day's entry."""
    return replace(plan, days=_days_but(plan, entry))


def _terms_but(plan: Plan, starts_on: date | None) -> tuple[TermDates, ...]:
    return tuple(term for term in plan.terms if term.starts_on != starts_on)


def _days_but(plan: Plan, entry: DayEntry | None) -> tuple[DayEntry, ...]:
    if entry is None:
        return plan.days
    return tuple(
        other for other in plan.days if (other.day, other.session) != (entry.day, entry.session)
    )
