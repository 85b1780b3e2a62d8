"""What we hold of a school's people, kept up to date while the plan of a file is made.

A pupil is matched by UPN, else by the register system's number, and never by name alone.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db import models
from django.db.models import Q

from attendance.imports.problems import Kind, Problems
from attendance.models import Adult, AdultLink, Enrolment, Pupil, PupilFlag
from attendance.services.pupils import sort_name
from authorities.models import School

Values = dict[str, Any]


@dataclass(slots=True)
class PeoplePlan:
    """What taking a file of people would do: rows to make, rows to change and what each was."""

    report: dict[str, Any] = field(default_factory=dict)
    problems: Problems = field(default_factory=Problems)
    made: list[models.Model] = field(default_factory=list)
    changed: dict[int, "Change"] = field(default_factory=dict)  # id() of the row → change
    held_because: list[str] = field(default_factory=list)
    worth_a_look: list[tuple[str, str]] = field(default_factory=list)  # of this row: field, why


@dataclass(slots=True)
class Change:
    """One row that changes: its fields before, by name."""

    row: models.Model
    before: Values = field(default_factory=dict)


class Refused(Exception):
    """A row that cannot be taken: kind, sentence, and the field it is about."""

    def __init__(self, kind: Kind, reason: str, about: str = "") -> None:
        self.kind, self.reason, self.about = kind, reason, about
        super().__init__(reason)


class Known:
    """What we hold before the file, kept up to date while the plan is made."""

    def __init__(self, school: School, today: date, rows: Sequence[Values]) -> None:
        self.school, self.today = school, today
        self.touched = 0
        self.enrolments: dict[int, list[Enrolment]] = {}  # id() of the pupil → here
        self.by_upn: dict[str, Pupil] = {}
        self.by_number: dict[str, list[Pupil]] = {}
        self.by_name: dict[tuple[str, date], list[Pupil]] = {}
        self.seen: dict[object, Values] = {}
        by_pk: dict[int, Pupil] = {}
        for pupil in self._pupils(rows):
            by_pk[pupil.pk] = pupil
            self.add_pupil(pupil)
        for enrolment in Enrolment.objects.filter(school=school).order_by("starts_on"):
            enrolment.pupil = by_pk[enrolment.pupil_id]
            self.add_enrolment(enrolment)
        others = Enrolment.objects.filter(pupil__in=list(by_pk)).exclude(school=school)
        self.elsewhere = set(others.values_list("pupil_id", flat=True))
        self.flags: dict[tuple[int, str], PupilFlag] = {}
        running = Q(ends_on=None) | Q(ends_on__gte=today)
        for flag in PupilFlag.objects.filter(running, pupil__in=list(by_pk)):
            flag.pupil = by_pk[flag.pupil_id]
            self.flags[(id(flag.pupil), flag.kind)] = flag
        self.links: dict[int, list[AdultLink]] = {}
        self.adults: dict[str, Adult] = {}
        self.in_file: dict[tuple[str, ...], Adult] = {}

    def _pupils(self, rows: Sequence[Values]) -> Iterator[Pupil]:
        """Everybody ever on this roll, and whoever the file may mean elsewhere in the authority."""
        upns = {row["upn"] for row in rows if row.get("upn")}
        names = {
            sort_name(row["surname"], row["forenames"])
            for row in rows
            if row.get("born_on") and row.get("forenames")
        }
        here = Enrolment.objects.filter(school=self.school).values("pupil")
        mine = Pupil.objects.filter(authority=self.school.authority_id)
        seen: set[int] = set()
        for wanted in (Q(pk__in=here), Q(upn__in=upns), Q(sort_name__in=names)):
            for pupil in mine.filter(wanted).order_by("pk"):
                if pupil.pk not in seen:
                    seen.add(pupil.pk)
                    yield pupil

    def load_adults(self) -> None:
        """The adults of this school's pupils."""
        here = {pupil.pk: pupil for pupil in self.by_upn.values() if self.here(pupil)}
        here |= {p.pk: p for found in self.by_number.values() for p in found if self.here(p)}
        rows = AdultLink.objects.filter(pupil__in=list(here)).select_related("adult")
        adults: dict[int, Adult] = {}
        for link in rows.order_by("pk"):
            link.pupil = here[link.pupil_id]
            link.adult = adults.setdefault(link.adult_id, link.adult)
            self.links.setdefault(id(link.pupil), []).append(link)
            if link.adult.external_id:
                self.adults.setdefault(link.adult.external_id, link.adult)
        self.adults_loaded = True

    adults_loaded = False

    def add_pupil(self, pupil: Pupil) -> None:
        """Put a pupil in the indexes."""
        if pupil.upn:
            self.by_upn[pupil.upn] = pupil
        self.by_name.setdefault((pupil.sort_name, pupil.born_on), []).append(pupil)

    def add_enrolment(self, enrolment: Enrolment) -> None:
        """Put an enrolment at this school in the indexes."""
        pupil = enrolment.pupil
        self.enrolments.setdefault(id(pupil), []).append(enrolment)
        if enrolment.external_id:
            found = self.by_number.setdefault(enrolment.external_id.casefold(), [])
            if pupil not in found:
                found.append(pupil)

    def here(self, pupil: Pupil) -> list[Enrolment]:
        """The pupil's enrolments at this school."""
        return self.enrolments.get(id(pupil), [])

    def find(self, read: Values) -> Pupil | None:
        """The pupil a row is about, or None. Raises Refused where it is not clear."""
        upn, number = read.get("upn", ""), read.get("external_id", "").casefold()
        if not upn and not number:
            raise Refused(Kind.UNKNOWN_PUPIL, "The row names no pupil. Add the UPN.", "surname")
        numbered = self.by_number.get(number, []) if number else []
        if len(numbered) > 1:
            reason = "Two pupils have this number. Use the UPN."
            raise Refused(Kind.UNKNOWN_PUPIL, reason, "external_id")
        by_number = numbered[0] if numbered else None
        by_upn = self.by_upn.get(upn) if upn else None
        if by_upn is not None and by_number is not None and by_upn is not by_number:
            reason = "The UPN and the number belong to two pupils. Correct one of them."
            raise Refused(Kind.CONFLICT, reason, "upn")
        renumbered = by_upn is None and by_number is not None and bool(upn and by_number.upn)
        if renumbered and by_number and read.get("former_upn", "") != by_number.upn:
            reason = "The pupil with this number has another UPN. Settle which is right first."
            raise Refused(Kind.CONFLICT, reason, "upn")
        return by_upn or by_number

    def on_roll(self, read: Values) -> Pupil:
        """The pupil a row is about, who must be, or have been, on this school's roll."""
        pupil = self.find(read)
        if pupil is None or not self.here(pupil):
            reason = "No pupil on your roll, past or present, has this UPN or number."
            raise Refused(Kind.UNKNOWN_PUPIL, reason, "upn" if read.get("upn") else "external_id")
        return pupil


def put(made: PeoplePlan, known: Known, row: models.Model, wanted: Values) -> None:
    """Put values on a row, remembering what they were when the row is an old one."""
    for name, value in wanted.items():
        before = getattr(row, name)
        if before == value:
            continue
        setattr(row, name, value)
        known.touched += 1
        if row.pk is not None:
            change = made.changed.setdefault(id(row), Change(row))
            change.before.setdefault(name, before)


def once(known: Known, key: object, read: Values, about: str) -> None:
    """Refuse the second of two rows about one thing that say different things."""
    before = known.seen.setdefault(key, read)
    if before is not read and before != read:
        reason = "An earlier row of the file says something else. Only one can be right."
        raise Refused(Kind.DISAGREE, reason, about)
