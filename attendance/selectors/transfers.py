"""A pupil's attendance elsewhere: at other schools here, and as another authority told it."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import QuerySet
from django.utils.timezone import localdate

from attendance import marks as codec
from attendance.models import Amendment, EarlierHistory, Enrolment, Pupil, RegisterYear
from attendance.selectors.books import Book
from authorities.access import NotFound, Reach
from authorities.models import School
from rules.absence import Tally, kind_of, tally
from rules.attendance_codes import Kind
from rules.dates import ONE_DAY, ONE_WEEK, DateRange
from rules.marks import Mark
from rules.transfers import SCHEMA, VERSION, digest_of, marks_in


def history_for(enrolments: tuple[Enrolment, ...], today: date) -> dict[str, Any]:
    """The file of a pupil's attendance at one school: these enrolments and no others.

    Neither adults nor reasons typed by hand are in it: either may hold what must be kept back.
    """
    first = enrolments[0]
    content: dict[str, Any] = {
        "schema": SCHEMA,
        "version": VERSION,
        "origin": {
            "authority": first.school.authority.name,
            "school": first.school.name,
            "urn": first.school.urn,
        },
        "pupil": {"upn": first.pupil.upn, "born_on": first.pupil.born_on.isoformat()},
        "enrolments": [_enrolment(row) for row in enrolments],
        "made_on": today.isoformat(),
    }
    return content | {"digest": digest_of(content)}


def _enrolment(row: Enrolment) -> dict[str, Any]:
    years = RegisterYear.objects.filter(enrolment=row).order_by("year")
    marks = [
        mark
        for year, held in years.values_list("year", "marks")
        for mark in codec.decode(year, held)
    ]
    amendments = Amendment.objects.filter(authority=row.authority_id, enrolment=row).order_by("pk")
    return {
        "from": row.starts_on.isoformat(),
        "to": row.ends_on.isoformat() if row.ends_on else None,
        "marks": [[mark.day.isoformat(), int(mark.session), mark.code] for mark in marks],
        "amendments": [
            [
                one.day.isoformat(),
                one.session,
                codec.code_of(one.original),
                codec.code_of(one.amended),
                localdate(one.made_at).isoformat(),
            ]
            for one in amendments
        ],
    }


@dataclass(frozen=True, slots=True)
class Earlier:
    """Another authority's history of a pupil, added up."""

    row: EarlierHistory
    tally: Tally
    by_year: tuple[tuple[int, Tally], ...]
    amendments: int


def earlier_of(pupil: Pupil) -> list[Earlier]:
    """What other authorities told of a pupil, the latest first."""
    return [_added_up(row) for row in _rows(pupil).order_by("-last_day", "-pk")]


def _rows(pupil: Pupil) -> QuerySet[EarlierHistory]:
    rows = EarlierHistory.objects.filter(authority=pupil.authority_id, pupil=pupil)
    return rows.select_related("taken_by")


def _added_up(row: EarlierHistory) -> Earlier:
    marks = marks_in(row.content)
    years: dict[int, list[Mark]] = {}
    for mark in marks:
        years.setdefault(codec.year_of(mark.day), []).append(mark)
    return Earlier(
        row,
        tally(marks),
        tuple((year, tally(years[year])) for year in sorted(years, reverse=True)),
        sum(len(each["amendments"]) for each in row.content["enrolments"]),
    )


def earlier_for(reach: Reach, pupil: Pupil, reference: str) -> EarlierHistory:
    """One history of a pupil who came through `pupil_here`. Raises NotFound."""
    row = _rows(pupil).filter(reference=reference, authority=reach.authority).first()
    if row is None:
        raise NotFound("We cannot find that history. Check the reference.")
    return row


@dataclass(frozen=True, slots=True)
class Across:
    """Unauthorised sessions of the current ten school weeks, here and elsewhere. Information only:
    the threshold is met at one school or not at all.

    here       counted towards this school's threshold
    elsewhere  at other schools of this authority, and as another authority told it
    """

    here: int
    elsewhere: int
    met_here: bool

    @property
    def together(self) -> int:
        """Both."""
        return self.here + self.elsewhere


def across(book: Book, pupil: Pupil) -> Across:
    """The current window of one school's register beside the same days elsewhere."""
    weeks = book.proof.current.weeks
    found = 0
    if weeks:
        days = DateRange(weeks[0], min(weeks[-1] + ONE_WEEK - ONE_DAY, book.as_of))
        found = sum(
            kind_of(mark) is Kind.UNAUTHORISED
            for mark in _elsewhere(pupil, book.enrolment)
            if mark.day in days
        )
    return Across(book.proof.current.count, found, book.proof.still_met)


def _elsewhere(pupil: Pupil, enrolment: Enrolment) -> list[Mark]:
    years = RegisterYear.objects.filter(enrolment__pupil=pupil).exclude(enrolment=enrolment)
    marks = [
        mark
        for year, held in years.values_list("year", "marks")
        for mark in codec.decode(year, held)
    ]
    for row in _rows(pupil):
        marks += marks_in(row.content)
    return marks


def schools_to_move_to(school: School) -> list[School]:
    """The other open schools of an authority: their names are public."""
    others = School.objects.filter(authority=school.authority_id, closed_on=None)
    return list(others.exclude(pk=school.pk).order_by("name", "pk"))
