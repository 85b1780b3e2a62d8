"""Absence to explain: today's, and every code N by its clock, with what has been tried so far."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import BooleanField, F, Func, IntegerField, Q, QuerySet, Value
from django.utils.timezone import localdate

from attendance import marks as codec
from attendance.addressing import DOUBTS, Way, may_write_to
from attendance.models import (
    AdultLink,
    Calendar,
    Contact,
    Enrolment,
    Flag,
    PupilFlag,
    RegisterTimes,
    RegisterYear,
    Worker,
    WorkerTold,
)
from attendance.selectors.calendars import rules_calendar
from attendance.selectors.enrolments import on_roll
from attendance.selectors.taking import is_closed
from authorities.access import Reach
from authorities.models import School
from authorities.packs import PolicyInForce, packs_in_force
from authorities.permissions import Permission
from rules.dates import DateRange, in_words
from rules.errors import UnknownTerm
from rules.marks import DatedSession, Mark, Session
from rules.registration import resolve_by
from rules.school_calendar import Calendar as RulesCalendar
from rules.school_calendar import grid_start
from rules.unexplained import home_visit_due, unexplained_run

LOOK_BACK = timedelta(days=60)  # no run of unexplained days is followed further than this
ADDRESS_ONLY = frozenset({"address_protected", "address_unknown", "no_address"})
FLAGS_OF: Mapping[Worker, tuple[Flag, ...]] = {
    Worker.SOCIAL: (
        Flag.SOCIAL_WORKER,
        Flag.CHILD_PROTECTION,
        Flag.CHILD_IN_NEED,
        Flag.LOOKED_AFTER,
    ),
    Worker.YOUTH_JUSTICE: (Flag.YOUTH_JUSTICE,),
}


class _Holds(Func):
    """Whether a year's marks hold a byte."""

    template = "position(%(expressions)s) > 0"
    arg_joiner = " in "
    output_field = BooleanField()


class _MarkAt(Func):
    """The byte at a place of a year's marks."""

    function = "get_byte"
    output_field = IntegerField()


@dataclass(frozen=True, slots=True)
class Unexplained:
    """One pupil's day without a reason.

    sessions     the halves of the day that are N, or missing
    missing      nobody has recorded a mark, though the register has closed
    resolve_by   the last day to resolve it; none where the calendar ends too soon to tell
    days_left    school days from today until then; negative when it is overdue
    run          school days that the absence has lasted unexplained, where it still goes on
    contact      the last contact about it
    visit        a home visit is due
    tell         workers who must be told of this absence and have not been
    """

    enrolment: Enrolment
    day: date
    sessions: tuple[Session, ...]
    missing: bool
    is_today: bool
    resolve_by: date | None
    days_left: int | None
    run: tuple[date, ...] = ()
    contact: Contact | None = None
    contacted_today: bool = False
    visit: bool = False
    tell: tuple[Worker, ...] = ()

    @property
    def overdue(self) -> bool:
        """Whether the last day to resolve it has passed."""
        return self.days_left is not None and self.days_left < 0

    @property
    def key(self) -> str:
        """The row as a form sends it."""
        return f"{self.enrolment.pk}:{self.day.isoformat()}"

    @property
    def name(self) -> str:
        """What the list sorts by."""
        return self.enrolment.pupil.sort_name

    @property
    def due_words(self) -> str:
        """The clock in words."""
        if self.resolve_by is None or self.days_left is None:
            return "The calendar ends too soon to tell"
        if self.days_left < 0:
            return f"Overdue by {_school_days(-self.days_left)}"
        if self.days_left == 0:
            return "Today is the last day"
        return f"{_school_days(self.days_left)} left"

    @property
    def half_words(self) -> str:
        """Which part of the day."""
        return "All day" if len(self.sessions) == 2 else self.sessions[0].words.capitalize()


def _school_days(number: int) -> str:
    return "1 school day" if number == 1 else f"{number} school days"


@dataclass
class _Place:
    """What one school's rows are worked out with."""

    school: School
    calendar: RulesCalendar
    times: dict[Session, RegisterTimes] = field(default_factory=dict)
    visit_days: int = 0

    def closed_today(self, today: date, now: datetime) -> list[Session]:
        """Today's sessions whose register has closed."""
        return [
            when.session
            for when in self.calendar.held
            if when.day == today and is_closed(when, self.times.get(when.session), now)
        ]

    def due(self, day: date, today: date) -> tuple[date | None, int | None]:
        """The last day to resolve an N of a day, and school days until then."""
        try:
            last = resolve_by(day, self.calendar)
        except UnknownTerm:
            return None, None
        if last >= today:
            return last, sum(today < one <= last for one in self.calendar.days)
        return last, -max(1, sum(last < one <= today for one in self.calendar.days))


def absences(reach: Reach, schools: Sequence[School], *, now: datetime) -> list[Unexplained]:
    """Every day to explain at these schools, what is overdue first. A handful of queries.

    Only schools where the person may log contacts.
    """
    allowed = [school for school in schools if reach.may(Permission.LOG_SIGHTING, school)]
    today = reach.today
    places = _places(allowed, today)
    missing = _missing_today(places, today, now)
    books = _books_with_n(allowed, today)
    _add_books(books, missing, today)
    pupils = _enrolments({*books, *missing})
    found = []
    for pk, enrolment in pupils.items():
        place = places[enrolment.school_id]
        found += _rows_of(enrolment, books.get(pk, []), missing.get(pk, []), place, today)
    return _with_efforts(found, today)


def _places(schools: Sequence[School], today: date) -> dict[int, _Place]:
    """Each school's calendar, register times and clocks."""
    if not schools:
        return {}
    year = codec.year_of(today)
    calendars: dict[tuple[int | None, int], Calendar] = {
        (row.school_id, row.year): row
        for row in Calendar.objects.filter(
            Q(school__in=schools) | Q(school=None),
            authority=schools[0].authority_id,
            year__in=(year - 1, year, year + 1),
        )
    }
    made: dict[tuple[int, ...], RulesCalendar] = {}
    policies = packs_in_force(schools, today)
    places: dict[int, _Place] = {}
    for school in schools:
        own = [
            calendars.get((school.pk, one)) or calendars.get((None, one))
            for one in (year - 1, year, year + 1)
        ]
        chosen = [calendar for calendar in own if calendar is not None]
        key = tuple(calendar.pk for calendar in chosen)
        if key not in made:
            made[key] = rules_calendar(chosen)
        places[school.pk] = _Place(school, made[key])
        places[school.pk].visit_days = _visit_days(policies[school.pk])
    for row in RegisterTimes.objects.filter(school__in=schools, starts_on__lte=today).order_by(
        "starts_on"
    ):
        places[row.school_id].times[Session(row.session)] = row
    return places


def _visit_days(policy: PolicyInForce) -> int:
    """After how many school days without contact a home visit is due."""
    return policy.clock("home_visit")[1].length


def _books_with_n(schools: Sequence[School], today: date) -> dict[int, list[Mark]]:
    """Enrolment → the marks of this year and the last, for those with an N in them."""
    year = codec.year_of(today)
    rows = (
        RegisterYear.objects.filter(school__in=schools, year__in=(year - 1, year))
        .annotate(n=_Holds(Value(bytes([codec.UNRESOLVED])), F("marks")))
        .filter(n=True)
        .order_by("year")
        .values_list("enrolment_id", "year", "marks")
    )
    found: dict[int, list[Mark]] = {}
    for pk, of_year, marks in rows:
        found.setdefault(pk, []).extend(_needed(of_year, marks, today))
    return found


def _needed(year: int, marks: bytes | memoryview, today: date) -> list[Mark]:
    """Every N of a year, and each mark of the last weeks: all that the list is worked out from."""
    held = bytes(marks)
    recent = (today - LOOK_BACK - grid_start(year)).days * codec.SESSIONS
    return [
        Mark(*codec.session_at(year, at), codec.code_of(number))
        for at, number in enumerate(held)
        if number == codec.UNRESOLVED or (number and at >= recent)
    ]


def _missing_today(
    places: Mapping[int, _Place], today: date, now: datetime
) -> dict[int, list[Session]]:
    """Enrolment → today's sessions that closed without a mark, though the group's was taken."""
    closed = {pk: place.closed_today(today, now) for pk, place in places.items()}
    halves = sorted({session for sessions in closed.values() for session in sessions})
    found: dict[int, list[Session]] = {}
    for half in halves:
        of_half = [pk for pk, sessions in closed.items() if half in sessions]
        for pk in _unmarked(of_half, DatedSession(today, half)):
            found.setdefault(pk, []).append(half)
    return found


def _unmarked(schools: Sequence[int], when: DatedSession) -> list[int]:
    """Those on roll without a mark whose registration group has one: the rest are not taken yet."""
    year, place = codec.year_of(when.day), codec.position(*when)
    marked = dict(
        RegisterYear.objects.filter(school__in=schools, year=year)
        .annotate(number=_MarkAt(F("marks"), Value(place)))
        .exclude(number=0)
        .values_list("enrolment_id", "number")
    )
    groups: dict[tuple[int, str], list[int]] = {}
    for pk, school, group in Enrolment.objects.filter(
        on_roll(when.day), school__in=schools
    ).values_list("pk", "school_id", "registration_group"):
        groups.setdefault((school, group), []).append(pk)
    return [
        pk
        for members in groups.values()
        if any(pk in marked for pk in members)
        for pk in members
        if pk not in marked
    ]


def _add_books(
    books: dict[int, list[Mark]], missing: Mapping[int, Sequence[Session]], today: date
) -> None:
    """This year's marks of pupils who are missing today and have no N."""
    more = [pk for pk in missing if pk not in books]
    year = codec.year_of(today)
    rows = RegisterYear.objects.filter(enrolment__in=more, year=year)
    for pk, marks in rows.values_list("enrolment_id", "marks") if more else ():
        books[pk] = _needed(year, marks, today)


def _enrolments(ids: Iterable[int]) -> dict[int, Enrolment]:
    rows = Enrolment.objects.filter(pk__in=list(ids)).select_related("pupil", "school")
    return {row.pk: row for row in rows}


def _rows_of(
    enrolment: Enrolment,
    marks: Sequence[Mark],
    missing: Sequence[Session],
    place: _Place,
    today: date,
) -> list[Unexplained]:
    """One pupil's days to explain. The newest carries how long the absence has gone on."""
    days: dict[date, set[Session]] = {}
    for mark in marks:
        if mark.code == "N" and mark.day <= today:
            days.setdefault(mark.day, set()).add(mark.session)
    if missing:
        days.setdefault(today, set()).update(missing)
    run = unexplained_run(
        [mark for mark in marks if mark.day >= today - LOOK_BACK],  # an older N is another absence
        place.calendar,
        today,
        missing=[DatedSession(today, session) for session in missing],
        on_roll=DateRange(enrolment.starts_on, enrolment.ends_on),
    )
    newest = max(days, default=None)
    rows = []
    for day, sessions in sorted(days.items()):
        last, left = place.due(day, today)
        goes_on = run if day == newest else ()
        rows.append(
            Unexplained(
                enrolment=enrolment,
                day=day,
                sessions=tuple(sorted(sessions)),
                missing=day == today and bool(missing),
                is_today=day == today,
                resolve_by=last,
                days_left=left,
                run=goes_on,
                # until the contacts are known: whether the run alone is long enough
                visit=home_visit_due(goes_on, (), place.visit_days),
            )
        )
    return rows


def _with_efforts(rows: Sequence[Unexplained], today: date) -> list[Unexplained]:
    """The rows with their contacts, the visits due and who must be told."""
    if not rows:
        return []
    ids = {row.enrolment.pk for row in rows}
    first = min(min((*row.run, row.day)) for row in rows)
    contacts: dict[int, list[Contact]] = {}
    later = Q(about__gte=first) | Q(about=None, made_at__date__gte=first)
    for contact in Contact.objects.filter(later, enrolment__in=ids).order_by("-made_at"):
        contacts.setdefault(contact.enrolment_id, []).append(contact)
    told: dict[int, list[WorkerTold]] = {}
    for one in WorkerTold.objects.filter(enrolment__in=ids, about__gte=first):
        told.setdefault(one.enrolment_id, []).append(one)
    workers = workers_of({row.enrolment.pupil_id for row in rows}, today)
    return [
        _judged(
            row,
            contacts.get(row.enrolment.pk, []),
            told.get(row.enrolment.pk, []),
            workers.get(row.enrolment.pupil_id, ()),
            today,
        )
        for row in rows
    ]


def _judged(
    row: Unexplained,
    contacts: Sequence[Contact],
    told: Sequence[WorkerTold],
    workers: Sequence[Worker],
    today: date,
) -> Unexplained:
    """One row with what has been tried."""
    start = row.run[0] if row.run else row.day
    about = [one for one in contacts if one.counts_from >= start]
    heard = {one.worker for one in told if one.about >= start}
    reached = any(one.reached for one in about)
    return replace(
        row,
        contact=about[0] if about else None,
        contacted_today=any(localdate(one.made_at) == today for one in about),
        visit=row.visit and not reached,
        tell=tuple(one for one in workers if one not in heard) if row.run else (),
    )


def workers_of(pupils: Iterable[int], today: date) -> dict[int, tuple[Worker, ...]]:
    """Pupil → the workers whom their flags of today name."""
    rows = PupilFlag.objects.filter(
        Q(ends_on=None) | Q(ends_on__gte=today), pupil__in=list(pupils), starts_on__lte=today
    )
    kinds: dict[int, set[str]] = {}
    for pupil, kind in rows.values_list("pupil_id", "kind"):
        kinds.setdefault(pupil, set()).add(kind)
    return {
        pupil: tuple(worker for worker, flags in FLAGS_OF.items() if held & set(flags))
        for pupil, held in kinds.items()
    }


# Whom to call


@dataclass(frozen=True, slots=True)
class Person:
    """An adult around a pupil, and whether the school may contact them."""

    link: AdultLink
    may: bool
    because: str


def people_of(enrolment: Enrolment, day: date) -> list[Person]:
    """The adults around a pupil, first contact first, each judged alone."""
    links = (
        AdultLink.objects.filter(pupil=enrolment.pupil_id)
        .select_related("adult")
        .order_by("priority", "adult__surname", "pk")
    )
    return [person_of(link, day) for link in links]


def person_of(link: AdultLink, day: date) -> Person:
    """Whether this adult may be contacted: as for letters, but an address is not needed."""
    decision = may_write_to(link.adult, link, day)
    if decision.way is Way.DO_NOT_WRITE:
        return Person(link, False, decision.reason)
    doubts = [DOUBTS[code] for code in decision.codes if code not in ADDRESS_ONLY]
    return Person(link, not doubts, " ".join(doubts))


# What has been tried


def contacts_of(enrolment: Enrolment) -> QuerySet[Contact]:
    """Every contact about a pupil's absence at this school."""
    return Contact.objects.filter(enrolment=enrolment).select_related(
        "adult", "logged_by", "change"
    )


def told_of(enrolment: Enrolment) -> QuerySet[WorkerTold]:
    """Every time a worker was told, newest first."""
    return (
        WorkerTold.objects.filter(enrolment=enrolment)
        .select_related("logged_by")
        .order_by("-told_at")
    )


@dataclass(frozen=True, slots=True)
class Effort:
    """A contact or a worker told, as a timeline shows it."""

    title: str
    by: str
    at: datetime
    text: str
    tag: str = ""
    tag_colour: str = "grey"


def efforts_of(enrolment: Enrolment, *, most: int = 0) -> list[Effort]:
    """Contacts and workers told, newest first; `most` of them, or all."""
    rows: list[Effort] = [_as_effort(one) for one in contacts_of(enrolment).order_by("-made_at")]
    rows += [
        Effort(
            title=f"{one.get_worker_display()} told",
            by=one.logged_by.name,
            at=one.told_at,
            text=". ".join(
                part for part in (f"{one.told}, {one.get_way_display().lower()}", one.note) if part
            ),
            tag="Told",
            tag_colour="blue",
        )
        for one in told_of(enrolment)
    ]
    ordered = sorted(rows, key=lambda row: row.at, reverse=True)
    return ordered[:most] if most else ordered


def _as_effort(one: Contact) -> Effort:
    whom = one.adult.name if one.adult else one.with_whom
    parts: list[Any] = [
        f"About the absence from {in_words(one.about)}" if one.about else "",
        f"Reason given: {one.reason_given}" if one.reason_given else "",
        one.note,
        f"Went: {' and '.join(one.visitors)}" if one.visitors else "",
        f"Expected back on {in_words(one.expected_back)}" if one.expected_back else "",
        "The pupil was seen" if one.child_seen else "",
    ]
    return Effort(
        title=f"{one.get_way_display()}{f': {whom}' if whom else ''}",
        by=one.logged_by.name,
        at=one.made_at,
        text=". ".join(part for part in parts if part),
        tag=one.get_outcome_display(),
        tag_colour="green" if one.reached else "grey",
    )


def sessions_to_explain(
    enrolment: Enrolment, today: date, now: datetime | None = None
) -> list[tuple[DatedSession, str]]:
    """The sessions that are N, oldest first, with their code.

    With `now` also today's sessions whose register closed without a mark (code ""): what has not
    been yet is not explained beforehand.
    """
    year = codec.year_of(today)
    rows = RegisterYear.objects.filter(enrolment=enrolment, year__in=(year - 1, year))
    marks: dict[DatedSession, str] = {}
    for of_year, held in rows.order_by("year").values_list("year", "marks"):
        marks |= {mark.when: mark.code for mark in codec.decode(of_year, held)}
    found = [(when, code) for when, code in marks.items() if code == "N" and when.day <= today]
    if now is not None:
        place = _places([enrolment.school], today)[enrolment.school_id]
        closed = [DatedSession(today, half) for half in place.closed_today(today, now)]
        found += [(when, "") for when in closed if when not in marks]
    return sorted(found)
