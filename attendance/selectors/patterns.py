"""Patterns of absence as pages show them: one pupil's, and a registration group's."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, time
from itertools import chain

from attendance.access import PupilHere, enrolments_visible, shown_code
from attendance.marks import decode, year_of
from attendance.models import AdultLink, Enrolment, MarkNote, RegisterTimes, RegisterYear
from attendance.selectors.books import Book
from attendance.selectors.calendars import calendars_in_force, rules_calendar
from attendance.selectors.enrolments import on_roll
from attendance.selectors.families import CLOSE
from attendance.selectors.pictures import weekday_counts_of
from attendance.selectors.proof import session_words
from authorities.access import Reach
from authorities.models import School
from frontend.charts.weekday_pattern import WeekdayCount
from frontend.templatetags.govuk import percent_bp, sessions_as_days
from rules.absence import Tally, basis_points, in_order, spells
from rules.dates import DateRange
from rules.marking import minutes_late
from rules.marks import DatedSession, Mark
from rules.patterns import Pattern, missed_together, patterns
from rules.school_calendar import Calendar

NOTES = {"L": "before the register closed", "U": "after the register closed"}


def of_pupil(book: Book) -> tuple[Pattern, ...]:
    """This year's patterns, those that stand out first."""
    found = patterns(book.of_year, book.calendar, book.as_of, on_roll=book.on_roll)
    return tuple(sorted(found, key=lambda one: not one.stands_out))


def pattern_rows(found: Sequence[Pattern]) -> list[list[str]]:
    """Each pattern as a row: name, missed, share, at other times, share, whether it stands out."""
    return [
        [
            one.name,
            f"{one.those.absent} of {one.those.possible}",
            percent_bp(basis_points(one.those.absent, one.those.possible)),
            f"{one.others.absent} of {one.others.possible}",
            percent_bp(basis_points(one.others.absent, one.others.possible)),
            "Yes" if one.stands_out else "",
        ]
        for one in found
        if one.those.possible
    ]


def spell_rows(book: Book, *, in_full: bool) -> list[list[str]]:
    """Each run of absence as a row, the latest first: first and last session, length, codes."""
    return [
        [
            session_words(spell.first),
            session_words(spell.last),
            f"{spell.length} ({sessions_as_days(spell.length)})",
            " ".join(
                dict.fromkeys(
                    shown_code(code, spell.first.day, in_full=in_full) for code in spell.codes
                )
            ),
        ]
        for spell in reversed(spells(book.of_year))
    ]


@dataclass(frozen=True, slots=True)
class Late:
    """One late arrival. `minutes` is None where no arrival or no opening time is kept."""

    when: DatedSession
    code: str
    arrived_at: time | None
    minutes: int | None


def lates_of(book: Book) -> list[Late]:
    """This year's late arrivals, the latest first. Two queries."""
    notes = {
        (note.day, note.session): note
        for note in MarkNote.objects.filter(
            authority=book.enrolment.authority_id, enrolment=book.enrolment
        ).order_by("pk")
    }
    times = list(
        RegisterTimes.objects.filter(school=book.enrolment.school_id).order_by("starts_on")
    )
    found = []
    for mark in reversed(book.of_year):
        if mark.code not in NOTES:
            continue
        note = notes.get((mark.day, mark.session))
        arrived = note.arrived_at if note and note.code == mark.code else None
        opens = _opens_at(times, mark.when)
        late = minutes_late(arrived, opens) if arrived and opens else None
        found.append(Late(mark.when, mark.code, arrived, late))
    return found


def _opens_at(times: Sequence[RegisterTimes], when: DatedSession) -> time | None:
    """When the register of a session opened; None when no time was set by then."""
    held = [row for row in times if row.session == when.session and row.starts_on <= when.day]
    return held[-1].opens_at if held else None


@dataclass(frozen=True, slots=True)
class Sibling:
    """Another child with a parent in common, and the days that both missed this year."""

    enrolment: Enrolment
    days: tuple[date, ...]


def siblings_of(reach: Reach, here: PupilHere, book: Book) -> list[Sibling]:
    """The brothers and sisters that this person may see, with the days that both missed.

    Children are brothers or sisters here when one adult has parental responsibility or care of
    both. Two queries, and two for each of them.
    """
    links = AdultLink.objects.filter(CLOSE, authority=reach.authority)
    adults = links.filter(pupil=here.pupil).values("adult")
    others = links.filter(adult__in=adults).exclude(pupil=here.pupil).values("pupil")
    rows = enrolments_visible(reach).filter(on_roll(book.as_of), pupil__in=others)
    return [
        Sibling(row, missed_together(book.of_year, _year_of_marks(row, book.year)))
        for row in rows.select_related("pupil", "school").order_by("pupil__sort_name", "pk")
    ]


def _year_of_marks(enrolment: Enrolment, year: int) -> list[Mark]:
    """One enrolment's marks of a year, on roll."""
    rows = RegisterYear.objects.filter(
        authority=enrolment.authority_id, enrolment=enrolment, year=year
    )
    marks = [mark for row in rows for mark in decode(row.year, row.marks)]
    return in_order(marks, DateRange(enrolment.starts_on, enrolment.ends_on))


@dataclass(frozen=True, slots=True)
class GroupMember:
    """One pupil of a group and the patterns that stand out."""

    enrolment: Enrolment
    stand_out: tuple[Pattern, ...]
    lates: int


@dataclass(frozen=True, slots=True)
class Group:
    """A registration group: its own patterns over all its pupils, and each pupil's."""

    patterns: tuple[Pattern, ...]
    weekdays: tuple[WeekdayCount, ...]
    members: tuple[GroupMember, ...]


def of_group(reach: Reach, school: School, group: str, today: date) -> Group:
    """The patterns of a registration group's pupils, this school year so far. Three queries."""
    rows = (
        enrolments_visible(reach)
        .filter(on_roll(today), school=school, registration_group=group)
        .select_related("pupil")
        .order_by("pupil__sort_name", "pk")
    )
    enrolments = list(rows)
    year = year_of(today)
    held = RegisterYear.objects.filter(
        authority=reach.authority, enrolment__in=enrolments, year=year
    )
    marks = {row.enrolment_id: decode(year, row.marks) for row in held}
    calendar = _calendar(school, year)
    registers = [
        [
            mark
            for mark in in_order(marks.get(row.pk, ()), DateRange(row.starts_on, row.ends_on))
            if mark.day <= today
        ]
        for row in enrolments
    ]
    found = [patterns(each, calendar, today) for each in registers]
    return Group(
        patterns=_together(found),
        weekdays=tuple(weekday_counts_of(chain.from_iterable(registers))),
        members=tuple(
            GroupMember(
                row,
                tuple(one for one in theirs if one.stands_out),
                sum(mark.code in NOTES for mark in each),
            )
            for row, each, theirs in zip(enrolments, registers, found, strict=True)
        ),
    )


def _calendar(school: School, year: int) -> Calendar:
    """The school's calendar of one year."""
    return rules_calendar([row for row in calendars_in_force(school) if row.year == year])


def _together(each: Sequence[Sequence[Pattern]]) -> tuple[Pattern, ...]:
    """The same patterns of many pupils, added up. None of them stands out: pupils differ."""
    return tuple(
        Pattern(
            rows[0].name,
            sum((row.those for row in rows), Tally()),
            sum((row.others for row in rows), Tally()),
            stands_out=False,
        )
        for rows in zip(*each, strict=True)
    )
