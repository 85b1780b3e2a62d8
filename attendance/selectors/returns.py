"""Returns that are due to the council, worked out from the registers and the rolls each time.

A quick look at the bytes finds who may have one; the rule then proves it. Nothing is counted
at night: a corrected register changes the list at once.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import numpy as np
from django.db.models import Exists, OuterRef, Q, QuerySet

from attendance import marks as codec
from attendance.models import (
    Calendar,
    Enrolment,
    Leaving,
    PupilStanding,
    RegisterYear,
    ReturnKind,
    ReturnMade,
    SicknessExpected,
)
from attendance.selectors.calendars import rules_calendar
from attendance.selectors.schools_years import year_groups_of
from authorities.access import NotFound, Reach
from authorities.models import School
from authorities.packs import packs_in_force
from authorities.permissions import Permission
from rules.compulsory_age import compulsory_days
from rules.dates import DateRange, in_words
from rules.deletions import GROUNDS
from rules.marks import Mark
from rules.registration import attendance_returns, sickness_returns
from rules.returns import (
    joins_at_standard_time,
    leaves_at_standard_time,
    new_pupil_return_by,
)
from rules.school_calendar import Calendar as RulesCalendar
from rules.school_calendar import grid_start, sessions_between, year_end

FEW_SCHOOLS = 5  # of so few schools every register is read; of more only those the sweep points at
NEEDED = {ReturnKind.ATTENDANCE: 10, ReturnKind.SICKNESS: 15}
ILL = codec.NUMBERS["I"]


@dataclass(frozen=True, slots=True)
class Due:
    """One return of one pupil: to be made, or made.

    first_day  the first day of the episode; the day of joining or leaving for the other kinds
    reached    the day that made it due
    due_on     the last day to make it
    days       school days of the episode so far; 0 for the other kinds
    sessions   the marks it rests on
    made       the return, when it was made
    differs    what the register says otherwise by now, as a sentence; empty when nothing
    """

    enrolment: Enrolment
    kind: ReturnKind
    first_day: date
    reached: date
    due_on: date
    days: int
    sentence: str
    today: date
    sessions: tuple[Mark, ...] = ()
    made: ReturnMade | None = None
    differs: str = ""

    @property
    def state(self) -> str:
        """made, late or due."""
        if self.made is not None:
            return "made"
        return "late" if self.today > self.due_on else "due"

    @property
    def name(self) -> str:
        """What a list sorts by."""
        return self.enrolment.pupil.sort_name


@dataclass(frozen=True)
class Place:
    """One school's calendars of last year, this one and the next, and its new-pupil clock."""

    school: School
    year: int
    calendar: RulesCalendar
    days: tuple[date, ...]
    clock: tuple[int, str]

    @property
    def start(self) -> date:
        """The first day of the academic year's grid."""
        return grid_start(self.year)

    @property
    def first_school_day(self) -> date | None:
        """The first school day of this academic year."""
        return self.days[0] if self.days else None

    @property
    def last_school_day(self) -> date | None:
        """The last one."""
        return self.days[-1] if self.days else None

    def school_ended_by(self, leaving: date) -> date | None:
        """The last school day of the year that a leaver leaves: in August, the one just over."""
        if self.first_school_day is None or leaving >= self.first_school_day:
            return self.last_school_day
        return max((day for day in self.calendar.days if day < self.start), default=None)


def places_of(schools: Sequence[School], today: date) -> dict[int, Place]:
    """Each school with what its returns are worked out with. Two queries."""
    if not schools:
        return {}
    year = codec.year_of(today)
    years = (year - 1, year, year + 1)
    rows = Calendar.objects.filter(
        Q(school__in=schools) | Q(school=None),
        authority=schools[0].authority_id,
        year__in=years,
    )
    held = {(row.school_id, row.year): row for row in rows}
    policies = packs_in_force(schools, today)
    found = {}
    for school in schools:
        own = [held.get((school.pk, one)) or held.get((None, one)) for one in years]
        calendar = rules_calendar([one for one in own if one is not None])
        start = grid_start(year)
        days = tuple(day for day in calendar.days if start <= day <= year_end(start))
        clock = policies[school.pk].clock("new_pupil_return")[1]
        found[school.pk] = Place(school, year, calendar, days, (clock.length, clock.unit))
    return found


def returns_due(reach: Reach, schools: Sequence[School]) -> list[Due]:
    """Every return of this academic year at these schools, made or to be made.

    Only at schools where the person may log contacts.
    """
    allowed = [school for school in schools if reach.may(Permission.LOG_SIGHTING, school)]
    places = places_of(allowed, reach.today)
    if not places:
        return []
    made = _made(places, allowed)
    found = [*_absence(places, allowed, reach.today), *_roll(places, allowed, reach.today)]
    return _with_made(found, made, reach.today)


def returns_of(enrolment: Enrolment, today: date) -> list[Due]:
    """The returns of one enrolment."""
    places = places_of([enrolment.school], today)
    place = places[enrolment.school_id]
    marks = _books([enrolment.pk], place.year).get(enrolment.pk, [])
    expected = _expected([enrolment.pk])
    found = _of_absence(enrolment, marks, place, today, expected.get(enrolment.pk, []))
    found += _roll(places, [enrolment.school], today, only=enrolment.pk)
    return _with_made(found, _made(places, [enrolment.school], only=enrolment.pk), today)


def due_for(enrolment: Enrolment, kind: str, first_day: date, today: date) -> Due:
    """One return of an enrolment. Raises NotFound."""
    for one in returns_of(enrolment, today):
        days = {one.first_day, *(mark.day for mark in one.sessions)}
        if one.kind == kind and first_day in days:
            return one
    raise NotFound("We cannot find that return. The register may have been corrected.")


# Absence


def _absence(places: Mapping[int, Place], schools: Sequence[School], today: date) -> list[Due]:
    """Long unauthorised absence and long sickness."""
    year = next(iter(places.values())).year
    expected = _expected_at(schools, year)
    chosen = _candidates(places, schools, year) | set(expected)
    rows = Enrolment.objects.filter(pk__in=chosen).select_related("pupil", "school")
    books = _books(chosen, year)
    found = []
    for row in rows:
        place = places[row.school_id]
        own = expected.get(row.pk, [])
        found += _of_absence(row, books.get(row.pk, []), place, today, own)
    return found


def _candidates(places: Mapping[int, Place], schools: Sequence[School], year: int) -> set[int]:
    """Enrolments whose bytes could hold ten days of absence or fifteen of illness.

    Ten school days of unauthorised absence are at least ten sessions within ten school weeks, and
    the sweep keeps the most in any ten; so of many schools only those are read, and those that
    the sweep has not seen yet.
    """
    rows = RegisterYear.objects.filter(school__in=schools, year=year)
    if len(schools) > FEW_SCHOOLS:
        standing = PupilStanding.objects.filter(
            authority=OuterRef("authority"), enrolment=OuterRef("enrolment"), year=year
        )
        quiet = standing.filter(
            window_max__lt=NEEDED[ReturnKind.ATTENDANCE],
            authorised__lt=NEEDED[ReturnKind.SICKNESS],
        )
        rows = rows.filter(~Exists(quiet))
    by_school: dict[int, list[tuple[int, bytes]]] = {}
    for pk, school, held in rows.values_list("enrolment_id", "school_id", "marks").iterator(2000):
        by_school.setdefault(school, []).append((pk, bytes(held)))
    found: set[int] = set()
    for school, books in by_school.items():
        found |= _long_away(books, places[school])
    return found


def _long_away(books: Sequence[tuple[int, bytes]], place: Place) -> set[int]:
    """Those of one school with a run or sum of days long enough, or a run from the first day."""
    if not place.days:
        return set()
    ids = np.array([pk for pk, _ in books])
    matrix = np.frombuffer(b"".join(held for _, held in books), np.uint8)
    matrix = matrix.reshape(-1, codec.SLOTS)
    away = _whole_days(matrix >= codec.UNAUTHORISED, place)
    ill = _whole_days(matrix == ILL, place)
    run = longest_run(away)
    # A run over the summer: its beginning stands in last year's bytes.
    chosen = (run >= NEEDED[ReturnKind.ATTENDANCE]) | away[:, 0]
    chosen |= ill.sum(axis=1) >= NEEDED[ReturnKind.SICKNESS]
    return {int(pk) for pk in ids[chosen]}


def _whole_days(sessions: codec.Flags, place: Place) -> codec.Flags:
    """For each pupil and school day, whether every session that the school held is true."""
    start = place.start
    held: dict[date, list[int]] = {}
    for day, half in place.calendar.held:
        if start <= day <= place.days[-1]:
            held.setdefault(day, []).append((day - start).days * codec.SESSIONS + int(half))
    first = np.array([held[day][0] for day in place.days])
    last = np.array([held[day][-1] for day in place.days])
    return sessions[:, first] & sessions[:, last]


def longest_run(days: codec.Flags) -> codec.Ints:
    """The longest run of true in each row."""
    longest = np.zeros(len(days), dtype=np.int64)
    now = np.zeros(len(days), dtype=np.int64)
    for column in days.T:
        now = np.where(column, now + 1, 0)
        np.maximum(longest, now, out=longest)
    return longest


def _books(enrolments: Iterable[int], year: int) -> dict[int, list[Mark]]:
    """Enrolment → the marks of this year and the last, in time order."""
    rows = RegisterYear.objects.filter(enrolment__in=list(enrolments), year__in=(year - 1, year))
    found: dict[int, list[Mark]] = {}
    for pk, of_year, held in rows.order_by("year").values_list("enrolment_id", "year", "marks"):
        found.setdefault(pk, []).extend(codec.decode(of_year, held))
    return found


def _expected_at(schools: Sequence[School], year: int) -> dict[int, list[SicknessExpected]]:
    rows = SicknessExpected.objects.filter(school__in=schools, first_day__gte=grid_start(year))
    return _by_enrolment(rows)


def _expected(enrolments: Iterable[int]) -> dict[int, list[SicknessExpected]]:
    return _by_enrolment(SicknessExpected.objects.filter(enrolment__in=list(enrolments)))


def _by_enrolment(rows: QuerySet[SicknessExpected]) -> dict[int, list[SicknessExpected]]:
    found: dict[int, list[SicknessExpected]] = {}
    for row in rows.order_by("first_day"):
        found.setdefault(row.enrolment_id, []).append(row)
    return found


def _of_absence(
    enrolment: Enrolment,
    marks: Sequence[Mark],
    place: Place,
    today: date,
    expected: Sequence[SicknessExpected],
) -> list[Due]:
    """The absence and sickness returns of one register, by the rules."""
    who: dict[str, Any] = {
        "on_roll": DateRange(enrolment.starts_on, enrolment.ends_on),
        "compulsory": compulsory_days(enrolment.pupil.born_on),
    }
    found = []
    for run in attendance_returns(marks, place.calendar, today, **who):
        if run.due_from >= place.start:
            sessions = _between(marks, run.first_day, run.last_day)
            days = len({mark.day for mark in sessions})
            found.append(
                Due(
                    enrolment,
                    ReturnKind.ATTENDANCE,
                    run.first_day,
                    run.due_from,
                    run.due_from,
                    days,
                    f"{days} school days of unauthorised absence in a row, from"
                    f" {in_words(run.first_day)} to {in_words(run.last_day)}.",
                    today,
                    sessions,
                )
            )
    ill = sickness_returns(marks, place.calendar, today, since=place.start, **who)
    for spell in ill:
        sessions = tuple(mark for mark in marks if mark.day in spell.days)
        how = "in a row" if spell.continuous else "in all this school year"
        found.append(
            Due(
                enrolment,
                ReturnKind.SICKNESS,
                spell.days[0],
                spell.reached_on,
                spell.reached_on,
                len(spell.days),
                f"{len(spell.days)} school days of illness {how}, the first on"
                f" {in_words(spell.days[0])}.",
                today,
                sessions,
            )
        )
    covered = {day for spell in ill for day in spell.days}
    for one in expected:
        if one.first_day not in covered and one.expected_on >= place.start:
            sessions = tuple(
                mark for mark in marks if mark.code == "I" and one.first_day <= mark.day <= today
            )
            found.append(
                Due(
                    enrolment,
                    ReturnKind.SICKNESS,
                    one.first_day,
                    one.expected_on,
                    one.expected_on,
                    len({mark.day for mark in sessions}),
                    "Fifteen school days of illness are to be expected, from"
                    f" {in_words(one.first_day)}: {one.why}",
                    today,
                    sessions,
                )
            )
    return found


def _between(marks: Sequence[Mark], first: date, last: date) -> tuple[Mark, ...]:
    return tuple(mark for mark in marks if first <= mark.day <= last)


# Joining and leaving


def _roll(
    places: Mapping[int, Place], schools: Sequence[School], today: date, only: int | None = None
) -> list[Due]:
    """New pupils of this academic year, and names that went off the roll."""
    start = next(iter(places.values())).start
    rows = Enrolment.objects.filter(school__in=schools).select_related("pupil", "school")
    if only is not None:
        rows = rows.filter(pk=only)
    groups = year_groups_of(schools)
    found = []
    for row in rows.filter(starts_on__gte=start, starts_on__lte=today):
        found += _joined(row, places[row.school_id], groups[row.school_id][0], today)
    held = Exists(Leaving.objects.filter(enrolment=OuterRef("pk"), undone_at=None))
    left = rows.filter(Q(ends_on__lt=today) | held, ends_on__gte=start)
    grounds = _grounds(left)
    for row in left:
        ground = grounds.get(row.pk, "")
        found += _left(row, places[row.school_id], groups[row.school_id][1], ground, today)
    return found


def _grounds(rows: QuerySet[Enrolment]) -> dict[int, str]:
    held = Leaving.objects.filter(enrolment__in=rows, undone_at=None)
    return {pk: GROUNDS[ground].label for pk, ground in held.values_list("enrolment_id", "ground")}


def _joined(row: Enrolment, place: Place, lowest: str, today: date) -> list[Due]:
    usual = joins_at_standard_time(
        row.starts_on, place.first_school_day, year_group=row.year_group, lowest=lowest
    )
    if usual or row.starts_on not in compulsory_days(row.pupil.born_on):
        return []
    last = new_pupil_return_by(row.starts_on, place.calendar, *place.clock)
    return [
        Due(
            row,
            ReturnKind.NEW_PUPIL,
            row.starts_on,
            row.starts_on,
            last or row.starts_on,
            0,
            f"Joined on {in_words(row.starts_on)}.",
            today,
        )
    ]


def deletion_return_due(enrolment: Enrolment, last_day: date, place: Place, highest: str) -> bool:
    """Whether the council must be told that this name goes off the roll."""
    usual = leaves_at_standard_time(
        last_day, place.school_ended_by(last_day), year_group=enrolment.year_group, highest=highest
    )
    return not usual and last_day in compulsory_days(enrolment.pupil.born_on)


def _left(row: Enrolment, place: Place, highest: str, ground: str, today: date) -> list[Due]:
    assert row.ends_on is not None  # noqa: S101 (only those with an end are asked for)
    if not deletion_return_due(row, row.ends_on, place, highest):
        return []
    why = ground or "no lawful ground is recorded yet"
    return [
        Due(
            row,
            ReturnKind.DELETION,
            row.ends_on,
            row.ends_on,
            row.ends_on,
            0,
            f"Off the roll after {in_words(row.ends_on)}: {why[:1].lower()}{why[1:]}.",
            today,
        )
    ]


# What was made


def _made(
    places: Mapping[int, Place], schools: Sequence[School], only: int | None = None
) -> list[ReturnMade]:
    """The returns made for this academic year's episodes."""
    start = next(iter(places.values())).start
    rows = ReturnMade.objects.filter(school__in=schools, due_on__gte=start)
    if only is not None:
        rows = rows.filter(enrolment=only)
    return list(rows.select_related("enrolment__pupil", "enrolment__school", "made_by"))


def _with_made(found: Sequence[Due], made: Sequence[ReturnMade], today: date) -> list[Due]:
    """The list with each return beside what was made; and those that the register bears no more."""
    left = {row.pk: row for row in made}
    rows = []
    for one in found:
        match = next((row for row in left.values() if _is_of(row, one)), None)
        if match is not None:
            del left[match.pk]
            one = _beside(one, match)
        rows.append(one)
    rows += [_alone(row, today) for row in left.values()]
    return rows


def _is_of(row: ReturnMade, one: Due) -> bool:
    """Whether a return that was made is of this episode: they share a day."""
    if (row.enrolment_id, row.kind) != (one.enrolment.pk, one.kind):
        return False
    days = {date.fromisoformat(day) for day, _, _ in row.facts["sessions"]} | {row.first_day}
    return bool(days & ({mark.day for mark in one.sessions} | {one.first_day}))


def _beside(one: Due, row: ReturnMade) -> Due:
    """A return that was made, with what the register says otherwise about the same sessions."""
    now = {(mark.day.isoformat(), int(mark.session)): mark.code for mark in one.sessions}
    then = [(day, half, code) for day, half, code in row.facts["sessions"]]
    changed = sum(now.get((day, half)) != code for day, half, code in then)
    return replace(one, made=row, differs=_differs(changed))


def _differs(changed: int) -> str:
    if not changed:
        return ""
    sessions = "1 session was" if changed == 1 else f"{changed} sessions were"
    return f"{sessions} corrected after the return was made."


def _alone(row: ReturnMade, today: date) -> Due:
    """A return that was made and that today's register no longer calls for."""
    return Due(
        row.enrolment,
        ReturnKind(row.kind),
        row.first_day,
        row.due_on,
        row.due_on,
        len({day for day, _, _ in row.facts["sessions"]}),
        row.facts["sentence"],
        today,
        made=row,
        differs="The register was corrected after the return was made: it no longer calls for one.",
    )


def return_made_for(reach: Reach, reference: str) -> ReturnMade:
    """The one way a page gets a return that was made. Raises NotFound and Forbidden."""
    row = (
        ReturnMade.objects.filter(
            reach.schools(Permission.VIEW_PUPIL, "school__"),
            authority=reach.authority,
            reference=reference,
        )
        .select_related("enrolment__pupil", "enrolment__school", "school__trust", "made_by")
        .first()
    )
    if row is None:
        raise NotFound("We cannot find that return. Check the reference.")
    reach.require(Permission.LOG_SIGHTING, row.school)
    return row


def unauthorised_run(enrolment: Enrolment, last_day: date) -> int:
    """School days in a row, up to a day, on which every session was unauthorised absence."""
    place = places_of([enrolment.school], last_day)[enrolment.school_id]
    marks = _books([enrolment.pk], place.year).get(enrolment.pk, [])
    away = {mark.when for mark in marks if codec.number_of(mark.code) >= codec.UNAUTHORISED}
    run = 0
    for day in reversed([day for day in place.calendar.days if day <= last_day]):
        if not all(when in away for when in sessions_between(place.calendar, day, day)):
            break
        run += 1
    return run
