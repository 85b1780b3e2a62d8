"""Questions that an import asks: who is on roll, what is recorded, what arrived before."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
from django.db.models import Q, QuerySet

from attendance import marks as codec
from attendance.access import enrolments_visible
from attendance.imports.codes import MeansCode
from attendance.imports.naming import Naming, key_of
from attendance.imports.pupils import OnRoll
from attendance.models import (
    Calendar,
    Enrolment,
    ImportBatch,
    ImportProblem,
    ImportSource,
    ImportState,
    PupilMapping,
    Term,
)
from attendance.selectors.pupils import found_by
from authorities.access import NotFound, Reach
from authorities.models import Authority, School
from authorities.permissions import Permission
from rules.marks import DatedSession, Session
from rules.school_calendar import bank_holidays

# Doors


def batches_visible(reach: Reach) -> QuerySet[ImportBatch]:
    """The files of schools where the person may import, newest first, without their bytes."""
    return (
        ImportBatch.objects.filter(
            reach.schools(Permission.IMPORT, "school__"), authority=reach.authority
        )
        .select_related("school", "uploaded_by", "source")
        .defer("content", "effects", "report")
        .order_by("-uploaded_at", "-pk")
    )


def batch_for(reach: Reach, reference: str) -> ImportBatch:
    """The one way a page gets a file. Raises NotFound for what is not there or not theirs."""
    batch = (
        ImportBatch.objects.filter(
            reach.schools(Permission.IMPORT, "school__"),
            authority=reach.authority,
            reference=reference,
        )
        .select_related("school", "school__trust", "authority", "uploaded_by", "source", "job")
        .defer("content", "effects")
        .first()
    )
    if batch is None:
        raise NotFound("We cannot find that import. Check the reference.")
    return batch


def schools_by_urn(authority_ids: Iterable[int], urn: str, code: str = "") -> list[School]:
    """The schools with this URN, in one authority when its code is given. Needs a scope of them."""
    rows = School.objects.filter(authority__in=list(authority_ids), urn=urn)
    if code:
        rows = rows.filter(authority__code=code)
    return list(rows.select_related("authority", "trust"))


def authority_ids(code: str = "") -> list[int]:
    """The ids of all authorities, or of the one with this code. Their codes are public."""
    rows = Authority.objects.filter(code=code) if code else Authority.objects.all()
    return list(rows.values_list("pk", flat=True))


# What the file is held against


def roll_of(school: School) -> list[OnRoll]:
    """Every enrolment at the school, past and to come, earliest first."""
    rows = (
        Enrolment.objects.filter(school=school)
        .order_by("starts_on", "pk")
        .values_list(
            "pk", "pupil_id", "pupil__upn", "pupil__former_upn", "external_id",
            "starts_on", "ends_on",
        )
    )  # fmt: skip
    return [OnRoll(*row) for row in rows]


def references_of(enrolment_ids: Iterable[int]) -> dict[int, str]:
    """Enrolment → its pupil's reference."""
    rows = Enrolment.objects.filter(pk__in=set(enrolment_ids))
    return dict(rows.values_list("pk", "pupil__reference"))


def names_of(reach: Reach, school: School, references: Iterable[str]) -> dict[str, str]:
    """Pupil's reference → name, for pupils of this school and people who may see them."""
    if not reach.may(Permission.VIEW_PUPIL, school):
        return {}
    rows = Enrolment.objects.filter(school=school, pupil__reference__in=set(references))
    return {row.pupil.reference: row.pupil.name for row in rows.select_related("pupil")}


@dataclass(frozen=True, slots=True)
class SchoolDays:
    """A school's calendars, as far as an import asks."""

    sessions: dict[int, codec.Bytes]  # year → one byte a place of the grid
    terms: tuple[tuple[date, date], ...]
    closed: dict[date, str]

    def has(self, year: int) -> bool:
        """Whether there is a calendar for the year."""
        return year in self.sessions

    def held(self, years: codec.Ints, places: codec.Ints) -> codec.Flags:
        """Whether the school has a session at each place of its year."""
        found = np.zeros(len(years), np.bool_)
        for year in np.unique(years).tolist():
            if year in self.sessions:
                mine = years == year
                found[mine] = self.sessions[year][places[mine]] != 0
        return found

    def why_not(self, day: date) -> str:
        """Why the school has no session on a day, in a sentence."""
        if day in self.closed:
            return f"The school is closed that day: {self.closed[day]}."
        if day.weekday() >= 5:
            return "It is a weekend."
        if day in bank_holidays():
            return "It is a bank holiday."
        return "It is outside the school's terms."

    def school_days_after(self, day: date, today: date) -> int:
        """How many school days there are after `day`, up to and including `today`."""
        count = 0
        for year in range(codec.year_of(day), codec.year_of(today) + 1):
            held = self.sessions.get(year)
            if held is not None:
                start = codec.session_at(year, 0).day
                first = max(0, (day - start).days + 1)
                last = min(len(held) // 2 - 1, (today - start).days)
                if last >= first:
                    halves = held.reshape(-1, 2)[first : last + 1]
                    count += int(np.count_nonzero(halves[:, 0] | halves[:, 1]))
        return count


def school_days(school: School, years: Iterable[int]) -> SchoolDays:
    """The calendars in force at a school in these academic years."""
    wanted = set(years)
    both = Calendar.objects.filter(
        Q(school=school) | Q(school=None), authority=school.authority_id, year__in=wanted
    )
    chosen: dict[int, Calendar] = {}
    for calendar in both:
        if calendar.school_id is not None or calendar.year not in chosen:
            chosen[calendar.year] = calendar
    terms = Term.objects.filter(calendar__in=list(chosen.values())).order_by("starts_on")
    closed: dict[date, str] = {}
    for calendar in chosen.values():
        for row in calendar.days.exclude(kind="open"):
            closed[row.day] = row.note or row.get_kind_display()
    return SchoolDays(
        sessions={
            year: np.frombuffer(bytes(calendar.sessions), np.uint8)
            for year, calendar in chosen.items()
        },
        terms=tuple(terms.values_list("starts_on", "ends_on")),
        closed=closed,
    )


SEASONS = {1: "spring", 2: "spring", 3: "spring", **dict.fromkeys(range(4, 8), "summer")}


def this_term_starts(days: SchoolDays, today: date) -> date | None:
    """The first day of the term of `today`: autumn, spring or summer; half-terms do not part it.

    Between terms it is the term that ended last. None where no term has begun.
    """
    begun = [first for first, _ in days.terms if first <= today]
    if not begun:
        return None
    season = SEASONS.get(begun[-1].month, "autumn")
    first = begun[-1]
    for other in reversed(begun):
        if SEASONS.get(other.month, "autumn") != season or first - other > timedelta(days=120):
            break
        first = other
    return first


@dataclass(frozen=True, slots=True)
class Recorded:
    """How many marks a school holds, and what share of possible sessions were absences."""

    marks: int
    possible: int
    absent: int


def recorded_between(marks: dict[int, codec.Bytes], first: date, last: date) -> Recorded:
    """What is recorded from one day to another, both included."""
    total = possible = absent = 0
    for year, held in marks.items():
        start = codec.session_at(year, 0).day
        begin = max(0, (first - start).days * 2)
        end = min(codec.SLOTS, ((last - start).days + 1) * 2)
        part = held[:, begin:end] if end > begin else held[:, :0]
        total += int(np.count_nonzero(part))
        possible += int(np.count_nonzero(part >= codec.ATTENDING))
        absent += int(np.count_nonzero(part >= codec.AUTHORISED))
    return Recorded(total, possible, absent)


# Sources and their codes


def source_for(school: School, layout: str, digest: str) -> ImportSource | None:
    """The remembered way of reading files with these headings."""
    return ImportSource.objects.filter(school=school, layout=layout, header_digest=digest).first()


def codes_of(source: ImportSource | None) -> tuple[MeansCode, ...]:
    """What people said the marks of a source mean, earliest first."""
    if source is None:
        return ()
    rows = source.codes.order_by("starts_on", "pk")
    return tuple(MeansCode(row.mark, row.code, row.starts_on, row.ends_on) for row in rows)


def pupils_said(source: ImportSource | None) -> dict[Naming, int]:
    """Whom people said a source means: naming → pupil's id."""
    if source is None:
        return {}
    rows = source.pupils.values_list("upn", "number", "pupil_id")
    return {(upn, number): pupil_id for upn, number, pupil_id in rows}


def mappings_of(batch: ImportBatch) -> list[PupilMapping]:
    """The same with their pupils, by name, for the pages of a file."""
    rows = PupilMapping.objects.filter(source=batch.source_id, authority=batch.authority_id)
    return list(rows.select_related("pupil", "made_by", "batch").order_by("pupil__sort_name", "pk"))


def mapping_for(batch: ImportBatch, key: str) -> PupilMapping:
    """The one with this key. Raises NotFound."""
    for row in mappings_of(batch):
        if key_of((row.upn, row.number)) == key:
            return row
    raise NotFound("Nobody has said who this pupil is, or it was taken back already.")


@dataclass(frozen=True, slots=True)
class UnknownPupil:
    """A pupil in quarantine, as the file names them.

    key     stands for the naming in an address
    kind    of problem that their rows are
    reason  why we do not know them
    line    the first line that names them
    """

    key: str
    upn: str
    number: str
    kind: str
    reason: str
    line: int
    rows: int
    marks: int
    first_day: date
    last_day: date

    @property
    def naming(self) -> Naming:
        """How the file names them."""
        return self.upn, self.number


def unknown_pupils(batch: ImportBatch) -> list[UnknownPupil]:
    """The pupils of a checked or taken file that somebody must say the identity of."""
    rows: list[dict[str, Any]] = batch.report.get("unknown_pupils", [])
    days = ("first_day", "last_day")
    return [
        UnknownPupil(**{**row, **{day: date.fromisoformat(row[day]) for day in days}})
        for row in rows
    ]


def unknown_pupil(batch: ImportBatch, key: str) -> UnknownPupil:
    """The one with this key. Raises NotFound."""
    for one in unknown_pupils(batch):
        if one.key == key:
            return one
    raise NotFound("The file names no such pupil, or somebody has said who it is.")


def on_roll_then(reach: Reach, batch: ImportBatch, unknown: UnknownPupil) -> QuerySet[Enrolment]:
    """The school's enrolments that the rows can be about: seen by this person, in their days."""
    return (
        enrolments_visible(reach)
        .filter(Q(ends_on=None) | Q(ends_on__gte=unknown.first_day), school=batch.school_id)
        .filter(starts_on__lte=unknown.last_day)
        .select_related("pupil")
        .order_by("pupil__sort_name", "starts_on", "pk")
    )


def found_on_roll(
    reach: Reach, batch: ImportBatch, unknown: UnknownPupil, typed: str
) -> QuerySet[Enrolment]:
    """Of those, the ones of pupils with this UPN or name."""
    return found_by(on_roll_then(reach, batch, unknown), typed)


def same_file_taken(batch: ImportBatch) -> ImportBatch | None:
    """An earlier import of the same bytes at this school, in force now."""
    return (
        ImportBatch.objects.filter(
            school=batch.school_id,
            layout=batch.layout,
            sha256=batch.sha256,
            state=ImportState.TAKEN,
        )
        .exclude(pk=batch.pk)
        .defer("content", "effects", "report")
        .order_by("-taken_at")
        .first()
    )


@dataclass(frozen=True, slots=True)
class UnknownMark:
    """A mark in quarantine: how often it stands in the file, and the first day it does."""

    mark: str
    count: int
    first_day: date


def unknown_marks(batch: ImportBatch) -> list[UnknownMark]:
    """The marks of a checked file that somebody must say the meaning of."""
    rows: list[dict[str, Any]] = batch.report.get("unknown_marks", [])
    return [
        UnknownMark(row["mark"], row["count"], date.fromisoformat(row["first_day"])) for row in rows
    ]


def problems_of(batch: ImportBatch) -> QuerySet[ImportProblem]:
    """The listed problems of a file, by line."""
    return ImportProblem.objects.filter(batch=batch).order_by("line", "pk")


def kept_marks(kept: Sequence[tuple[int, DatedSession]]) -> list[dict[str, str]]:
    """The marks that an undo left alone, the first 500: whose, and which session."""
    references = references_of(pk for pk, _ in kept[:500])
    return [
        {
            "pupil": references[pk],
            "day": when.day.isoformat(),
            "session": Session(when.session).name,
        }
        for pk, when in kept[:500]
    ]


def totals_by_pupil(reach: Reach, batch: ImportBatch) -> list[dict[str, Any]]:
    """What the marks of a file add up to for each pupil, by name for people who may see it."""
    rows: list[list[int]] = batch.report.get("by_pupil", [])
    found = Enrolment.objects.filter(school=batch.school, pk__in=[row[0] for row in rows])
    named = reach.may(Permission.VIEW_PUPIL, batch.school)
    names = {
        row.pk: row.pupil.name if named else row.pupil.reference
        for row in found.select_related("pupil")
    }
    keys = ("possible", "attended", "authorised", "unauthorised")
    return [
        {"name": names.get(row[0], ""), **dict(zip(keys, row[1:], strict=True))} for row in rows
    ]
