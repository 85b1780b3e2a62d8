"""Pupils who are away and whom nobody has seen: since when, by whom last, and until when to act."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from django.db.models import Exists, OuterRef, QuerySet
from django.utils.timezone import localdate

from attendance import marks as codec
from attendance.models import Contact, Enrolment, PupilStanding, RegisterYear, Sighting
from attendance.selectors.enrolments import on_roll
from attendance.selectors.returns import FEW_SCHOOLS, Place, places_of
from authorities.access import Reach
from authorities.models import School
from authorities.packs import packs_in_force
from authorities.permissions import Permission
from rules.attendance_codes import CODES, is_attended
from rules.dates import DateRange, in_words
from rules.marks import Mark
from rules.registration import Unseen, unseen

SHOW_FROM = 3  # school days; one or two days away are on the list of absences to explain
AWAY_FROM = 4  # sessions in a row, for the sweep's figure


@dataclass(frozen=True, slots=True)
class LastSeen:
    """When, how and by whom a pupil was last seen; in words for a page."""

    day: date
    words: str


@dataclass(frozen=True, slots=True)
class NotSeen:
    """One pupil who is away, with the clock.

    every  the policy's clock in school days
    """

    enrolment: Enrolment
    clock: Unseen
    every: int
    today: date
    last: LastSeen | None = None

    @property
    def overdue(self) -> bool:
        """Whether somebody should have seen the pupil by now: the last day in time has passed."""
        return self.clock.overdue_on(self.today)

    @property
    def name(self) -> str:
        """What a list sorts by."""
        return self.enrolment.pupil.sort_name

    @property
    def days(self) -> int:
        """School days since the pupil was seen."""
        return self.clock.school_days

    @property
    def state(self) -> str:
        """red, soon or counting."""
        if self.days >= self.every:
            return "red"
        left = self.every - self.days
        return "soon" if left <= 2 else "counting"

    @property
    def due_words(self) -> str:
        """What must happen by when."""
        see_by = self.clock.see_by
        if see_by is None:
            return "The calendar ends too soon to tell"
        return f"Should have been seen by {in_words(see_by)}" if self.overdue else in_words(see_by)


def not_seen(reach: Reach, schools: Sequence[School]) -> list[NotSeen]:
    """Pupils away for three school days or more whom nobody has seen, longest first.

    Only at schools where the person may log a sighting.
    """
    allowed = [school for school in schools if reach.may(Permission.LOG_SIGHTING, school)]
    places = places_of(allowed, reach.today)
    if not places:
        return []
    every = _every(allowed, reach.today)
    chosen = _candidates(places, allowed, reach.today)
    return _rows(chosen, places, every, reach.today, least=SHOW_FROM)


def not_seen_of(enrolment: Enrolment, today: date) -> NotSeen | None:
    """The clock of one pupil; None while the last session marked was attended."""
    school = enrolment.school
    places = places_of([school], today)
    rows = _rows([enrolment.pk], places, _every([school], today), today, least=0)
    return rows[0] if rows else None


def _every(schools: Sequence[School], today: date) -> dict[int, int]:
    """School → the policy's clock."""
    policies = packs_in_force(schools, today)
    return {school.pk: policies[school.pk].clock("unseen_child")[1].length for school in schools}


def _candidates(places: Mapping[int, Place], schools: Sequence[School], today: date) -> set[int]:
    """Those on roll whose latest marks of this year were not on site; of a few schools from the
    registers themselves, of many those whom the sweep found away."""
    year = codec.year_of(today)
    rows = RegisterYear.objects.filter(school__in=schools, year=year)
    if len(schools) > FEW_SCHOOLS:
        standing = PupilStanding.objects.filter(
            authority=OuterRef("authority"), enrolment=OuterRef("enrolment"), year=year
        )
        rows = rows.filter(~Exists(standing.filter(run_current__lt=AWAY_FROM)))
    until = codec.position(today, 1) + 1
    by_school: dict[int, list[tuple[int, bytes]]] = {}
    for pk, school, held in rows.values_list("enrolment_id", "school_id", "marks").iterator(2000):
        by_school.setdefault(school, []).append((pk, bytes(held)))
    found: set[int] = set()
    for school, books in by_school.items():
        found |= _away(books, places[school], today, until)
    return found


def _seen_table() -> codec.Flags:
    table = np.zeros(256, dtype=np.bool_)
    for row in CODES:
        table[codec.NUMBERS[row.code]] |= row.in_school or is_attended(row.kind)
    return table


SEEN = _seen_table()


def _away(books: Sequence[tuple[int, bytes]], place: Place, today: date, until: int) -> set[int]:
    """Those of one school with at least SHOW_FROM school days since the last mark on site."""
    ids = np.array([pk for pk, _ in books])
    matrix = np.frombuffer(b"".join(held for _, held in books), np.uint8)
    seen = SEEN[matrix.reshape(-1, codec.SLOTS)[:, :until]]
    last = np.where(seen.any(axis=1), until - 1 - seen[:, ::-1].argmax(axis=1), -1)
    days = [day for day in place.days if day <= today]
    if len(days) < SHOW_FROM:
        return {int(pk) for pk in ids}
    line = codec.position(days[-SHOW_FROM], 0)
    return {int(pk) for pk in ids[last < line]}


def _rows(
    chosen: Iterable[int],
    places: Mapping[int, Place],
    every: Mapping[int, int],
    today: date,
    *,
    least: int,
) -> list[NotSeen]:
    ids = list(chosen)
    enrolments = Enrolment.objects.filter(on_roll(today), pk__in=ids)
    books = _books(ids, codec.year_of(today))
    sightings = sightings_of(ids)
    found = []
    for row in enrolments.select_related("pupil", "school"):
        marks = [mark for mark in books.get(row.pk, []) if mark.day <= today]
        seen = sightings.get(row.pk, [])
        clock = unseen(
            marks,
            [one.day for one in seen],
            places[row.school_id].calendar,
            today,
            at_least_every=every[row.school_id],
            on_roll=DateRange(row.starts_on, row.ends_on),
        )
        if clock is not None and marks and clock.school_days >= least:
            last = _last(clock, seen, marks)
            found.append(NotSeen(row, clock, every[row.school_id], today, last))
    return sorted(found, key=lambda row: (-row.days, row.name))


def _books(enrolments: Sequence[int], year: int) -> dict[int, list[Mark]]:
    """This year's marks and last year's: a pupil away since July was last seen there."""
    rows = RegisterYear.objects.filter(enrolment__in=enrolments, year__in=(year - 1, year))
    found: dict[int, list[Mark]] = {}
    for pk, of_year, held in rows.order_by("year").values_list("enrolment_id", "year", "marks"):
        found.setdefault(pk, []).extend(codec.decode(of_year, held))
    return found


def sightings_of(enrolments: Sequence[int]) -> dict[int, list[LastSeen]]:
    """Enrolment → every sighting, and every contact at which the pupil was seen, oldest first."""
    found: dict[int, list[LastSeen]] = {}
    for one in Sighting.objects.filter(enrolment__in=enrolments):
        words = f"{one.get_way_display()}, by {one.seen_by}"
        found.setdefault(one.enrolment_id, []).append(LastSeen(one.seen_on, words))
    for contact in Contact.objects.filter(enrolment__in=enrolments, child_seen=True).select_related(
        "logged_by"
    ):
        words = f"{contact.get_way_display()}, by {contact.made_by}"
        day = localdate(contact.made_at)
        found.setdefault(contact.enrolment_id, []).append(LastSeen(day, words))
    for rows in found.values():
        rows.sort(key=lambda row: row.day)
    return found


def _last(clock: Unseen, seen: Sequence[LastSeen], marks: Sequence[Mark]) -> LastSeen | None:
    """By whom and how the pupil was last seen: a sighting, else the register."""
    if clock.last_seen is None:
        return None
    for one in reversed(seen):
        if one.day == clock.last_seen:
            return one
    return LastSeen(clock.last_seen, "By the register, at school")


def sighting_rows(enrolment: Enrolment) -> QuerySet[Sighting]:
    """The sightings of one pupil at this school, newest first."""
    return (
        Sighting.objects.filter(enrolment=enrolment)
        .select_related("logged_by")
        .order_by("-seen_on", "-pk")
    )
