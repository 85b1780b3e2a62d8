"""Files of pupils, enrolments and adults: what taking one would do, taking it, and the way back.

A pupil is matched by UPN, else by the register system's number, and never by name alone. A column
that the file does not have leaves what we hold as it is. A protection is never lowered by a file.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np
from django.db import IntegrityError, models
from django.db.models import ProtectedError, Q, RestrictedError

from attendance.imports import values
from attendance.imports.problems import Kind, Problems
from attendance.imports.reading import Table
from attendance.imports.values import BadValue, DateOrder
from attendance.models import (
    Adult,
    AdultLink,
    CareOrder,
    Enrolment,
    EnrolmentStatus,
    Flag,
    ImportBatch,
    ImportLayout,
    Pupil,
    PupilFlag,
)
from attendance.services.import_marks import list_bad_rows, list_other_schools
from attendance.services.pupils import ADULT_FIELDS, sort_name
from authorities.models import School
from rules.dates import in_words
from rules.errors import Conflict

Values = dict[str, Any]
Reader = Callable[[str, DateOrder | None], Any]
OLDEST_PUPIL_YEARS = 26  # with an education, health and care plan up to 25


def _text(most: int, *, lines: bool = False) -> Reader:
    return lambda text, order: values.read_text(text, most=most, lines=lines)


def _choice(choices: type[models.TextChoices], empty: str) -> Reader:
    allowed = {str(value): str(label) for value, label in choices.choices}
    return lambda text, order: values.read_choice(text, allowed, empty=empty)


def _yes_no(text: str, order: DateOrder | None) -> str:
    return values.read_yes_no(text)


SEXES = {"M": "Male", "F": "Female"}
SEN = {
    "N": "No special educational need",
    "K": "SEN support",
    "E": "Education, health and care plan",
}
NAMES: dict[str, Reader] = {
    "surname": lambda text, order: values.read_name(text, what="the surname"),
    "forenames": lambda text, order: values.read_name(text, what="the forenames"),
}
IDENTITY: dict[str, Reader] = {
    "upn": lambda text, order: values.read_upn_cell(text),
    "external_id": _text(60),
}
ENROLMENT: dict[str, Reader] = {
    "starts_on": lambda text, order: values.read_optional_date(text, order),
    "ends_on": lambda text, order: values.read_optional_date(text, order),
    "status": _choice(EnrolmentStatus, EnrolmentStatus.CURRENT),
    "year_group": lambda text, order: values.read_year_group(text),
    "registration_group": _text(30),
    "leaving_reason": _text(120),
}
FLAGS: dict[str, Reader] = {
    "sen": lambda text, order: values.read_choice(text, SEN, empty=""),
    **dict.fromkeys(
        ("free_meals", "looked_after", "young_carer", "eal", "medical", "social_worker"), _yes_no
    ),
}


def _council(text: str, order: DateOrder | None) -> str:
    tidy = text.strip()
    if tidy and not (tidy.isascii() and tidy.isdecimal() and len(tidy) == 3):
        raise BadValue("This must be the three digits of a council.")
    return tidy


READERS: dict[str, dict[str, Reader]] = {
    ImportLayout.PUPILS: {
        **IDENTITY,
        **NAMES,
        "former_upn": lambda text, order: values.read_upn_cell(text),
        "known_as": _text(200),
        "born_on": lambda text, order: values.read_date(text, order),
        "sex": lambda text, order: values.read_choice(text, SEXES, empty=""),
        "home_authority": _council,
        "home_language": _text(60),
        **ENROLMENT,
        **FLAGS,
    },
    ImportLayout.ENROLMENTS: {
        **IDENTITY,
        **ENROLMENT,
        "starts_on": lambda text, order: values.read_date(text, order),
    },
    ImportLayout.ADULTS: {
        **IDENTITY,
        "adult_id": _text(60),
        "title": _text(40),
        "forenames": _text(200),
        "surname": NAMES["surname"],
        "relationship": lambda text, order: values.read_name(
            text, what="the relationship", most=60
        ),
        "parental_responsibility": _yes_no,
        "has_care": _yes_no,
        "priority": lambda text, order: values.read_whole(
            text, what="The priority", least=1, most=99, empty=1
        ),
        "may_contact": _yes_no,
        "court_order": _choice(CareOrder, CareOrder.UNKNOWN),
        "court_order_note": _text(300),
        "protected_address": _yes_no,
        "emergency_contact": _yes_no,
        "language": _text(60),
        "needs": _text(300),
        "address": _text(500, lines=True),
        "address_2": _text(120),
        "address_3": _text(120),
        "address_4": _text(120),
        "postcode": lambda text, order: values.read_postcode(text),
        "email": lambda text, order: values.read_email(text),
        "phone": lambda text, order: values.read_phone(text),
    },
}
KIND_OF_FIELD = {
    "upn": Kind.BAD_UPN,
    "former_upn": Kind.BAD_UPN,
    **dict.fromkeys(("born_on", "starts_on", "ends_on"), Kind.BAD_DATE),
}
PUPIL_FIELDS = (
    "surname",
    "forenames",
    "known_as",
    "born_on",
    "sex",
    "home_authority",
    "home_language",
)
ENROLMENT_FIELDS = (
    "ends_on",
    "status",
    "year_group",
    "registration_group",
    "external_id",
    "leaving_reason",
)
LINK_FIELDS = (
    "relationship",
    "parental_responsibility",
    "has_care",
    "priority",
    "may_contact",
    "court_order",
    "court_order_note",
    "emergency_contact",
)
FLAG_OF_FIELD = {
    "free_meals": Flag.FREE_MEALS,
    "looked_after": Flag.LOOKED_AFTER,
    "young_carer": Flag.YOUNG_CARER,
    "eal": Flag.EAL,
    "medical": Flag.MEDICAL,
    "social_worker": Flag.SOCIAL_WORKER,
}


@dataclass(slots=True)
class PeoplePlan:
    """What taking a file of people would do: rows to make, rows to change and what each was."""

    report: dict[str, Any] = field(default_factory=dict)
    problems: Problems = field(default_factory=Problems)
    made: list[models.Model] = field(default_factory=list)
    changed: dict[int, "Change"] = field(default_factory=dict)  # id() of the row → change
    held_because: list[str] = field(default_factory=list)


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


def plan(
    *,
    school: School,
    table: Table,
    layout: str,
    mapping: Mapping[str, str],
    order: DateOrder | None,
    today: date,
    progress: Callable[[str], None] = lambda doing: None,
) -> PeoplePlan:
    """What taking these people would do. Every problem is in the plan; nothing is written."""
    made = PeoplePlan()
    list_bad_rows(table, made.problems)
    progress("Reading the rows")
    elsewhere = list_other_schools(table, mapping, school, made.problems)
    rows = list(_rows(table, layout, mapping, order, made.problems))
    known = _Known(school, today, [read for _, _, read in rows if read is not None])
    take = {
        ImportLayout.PUPILS: _take_pupil,
        ImportLayout.ENROLMENTS: _take_enrolment,
        ImportLayout.ADULTS: _take_adult,
    }[ImportLayout(layout)]
    counts = {"accepted": 0, "unchanged": 0}
    for row, line, read in rows:
        if read is None or elsewhere[row]:
            continue
        was = (len(made.made), known.touched)
        try:
            take(read, known, made)
        except Refused as refused:
            title = mapping.get(refused.about, "")
            column = table.columns.get(title)
            value = column.values[int(column.at[row])] if column else ""
            made.problems.add(refused.kind, refused.reason, line=line, column=title, value=value)
            continue
        same = was == (len(made.made), known.touched)
        counts["unchanged" if same else "accepted"] += 1
    refused_rows = table.rows - counts["accepted"] - counts["unchanged"]
    made.report = {
        "layout": layout,
        "rows": {"total": table.rows, **counts, "refused": refused_rows},
        "records": {
            "new": dict(_counted(made.made)),
            "changed": dict(_counted([change.row for change in made.changed.values()])),
        },
        "changes": [_listed(change) for change in list(made.changed.values())[:500]],
        "whole_last_line": table.whole_last_line,
    }
    return made


def _counted(rows: Sequence[models.Model]) -> Iterator[tuple[str, int]]:
    for model in MODELS:
        number = sum(isinstance(row, model) for row in rows)
        if number:
            yield model._meta.model_name or "", number


def _listed(change: Change) -> dict[str, Any]:
    """A change for the list: whose record, and which fields. Never the values."""
    row = change.row
    pupil = row if isinstance(row, Pupil) else getattr(row, "pupil", None)
    return {
        "pupil": pupil.reference if pupil else "",
        "record": row._meta.model_name,
        "fields": sorted(name.replace("_", " ") for name in change.before if name != "sort_name"),
    }


def _rows(
    table: Table,
    layout: str,
    mapping: Mapping[str, str],
    order: DateOrder | None,
    problems: Problems,
) -> Iterator[tuple[int, int, Values | None]]:
    """(row, line, values) of each row; None for the values when one of them cannot be read."""
    readers = READERS[layout]
    read: dict[str, list[Any]] = {}
    bad = np.zeros(len(table.lines), np.bool_)
    for name, title in mapping.items():
        column = table.columns.get(title)
        if column is None or name not in readers:
            continue
        results: list[Any] = []
        for text in column.values:  # each different value once
            try:
                results.append(readers[name](text, order))
            except BadValue as problem:
                results.append(problem)
        wrong = [place for place, result in enumerate(results) if isinstance(result, BadValue)]
        if wrong:
            found = np.isin(column.at, wrong)
            bad |= found
            for row in np.flatnonzero(found).tolist():
                place = int(column.at[row])
                problems.add(
                    KIND_OF_FIELD.get(name, Kind.BAD_VALUE),
                    str(results[place]),
                    line=int(table.lines[row]),
                    column=title,
                    value=column.values[place],
                )
        read[name] = [results[place] for place in column.at.tolist()]
    for row, line in enumerate(table.lines.tolist()):
        yield row, line, None if bad[row] else {name: cells[row] for name, cells in read.items()}


class _Known:
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


def _set(made: PeoplePlan, known: _Known, row: models.Model, wanted: Values) -> None:
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


def _once(known: _Known, key: object, read: Values, about: str) -> None:
    """Refuse the second of two rows about one thing that say different things."""
    before = known.seen.setdefault(key, read)
    if before is not read and before != read:
        reason = "An earlier row of the file says something else. Only one can be right."
        raise Refused(Kind.DISAGREE, reason, about)


# Pupils


def _take_pupil(read: Values, known: _Known, made: PeoplePlan) -> None:
    """One row of a file of pupils, with the enrolment where the row has a date of joining."""
    _check_birth(read, known.today)
    _check_dates(read)
    _once(known, ("pupil", read.get("upn") or read.get("external_id")), read, "upn")
    pupil = known.find(read)
    joining = read.get("starts_on")
    if pupil is None:
        _not_a_double(read, known)
        pupil = _new_pupil(read, known, made)
    elif pupil.pk in known.elsewhere and not known.here(pupil) and joining is None:
        reason = "This pupil is not on your roll. Add the date of joining, or leave the row out."
        raise Refused(Kind.UNKNOWN_PUPIL, reason, "upn")
    if joining is not None:
        _put_on_roll(pupil, read, known, made)
    wanted = {name: read[name] for name in PUPIL_FIELDS if name in read}
    wanted["sort_name"] = sort_name(
        wanted.get("surname", pupil.surname), wanted.get("forenames", pupil.forenames)
    )
    upn = read.get("upn")
    if upn and upn != pupil.upn:
        wanted |= {"upn": upn, "former_upn": pupil.upn or pupil.former_upn}
    if read.get("former_upn"):
        wanted["former_upn"] = read["former_upn"]
    _set(made, known, pupil, wanted)
    if upn:
        known.by_upn[upn] = pupil
    _flag(pupil, read, known, made)


def _check_birth(read: Values, today: date) -> None:
    born = read["born_on"]
    if born > today:
        raise Refused(Kind.BAD_DATE, "The date of birth is in the future.", "born_on")
    if today.year - born.year > OLDEST_PUPIL_YEARS:
        reason = f"{in_words(born)} is too long ago for a pupil. Check the date of birth."
        raise Refused(Kind.BAD_DATE, reason, "born_on")


def _check_dates(read: Values) -> None:
    starts, ends = read.get("starts_on"), read.get("ends_on")
    if starts and ends and ends < starts:
        reason = f"The pupil cannot leave before joining on {in_words(starts)}."
        raise Refused(Kind.BAD_DATE, reason, "ends_on")


def _not_a_double(read: Values, known: _Known) -> None:
    """Refuse to make a second record of one child."""
    name = sort_name(read["surname"], read["forenames"])
    doubles = known.by_name.get((name, read["born_on"]), [])
    if any(known.here(pupil) or not read.get("upn") for pupil in doubles):
        reason = (
            "A pupil with this name and date of birth is here under another number. Settle which "
            "number is right first."
        )
        raise Refused(Kind.UNKNOWN_PUPIL, reason, "upn" if read.get("upn") else "external_id")
    if not read.get("upn") and read.get("starts_on") is None:
        reason = "A pupil without a UPN needs a number and a date of joining."
        raise Refused(Kind.UNKNOWN_PUPIL, reason, "external_id")


def _new_pupil(read: Values, known: _Known, made: PeoplePlan) -> Pupil:
    pupil = Pupil(
        authority=known.school.authority,
        upn=read.get("upn", ""),
        former_upn=read.get("former_upn", ""),
        sort_name=sort_name(read["surname"], read["forenames"]),
        **{name: read[name] for name in PUPIL_FIELDS if name in read},
    )
    made.made.append(pupil)
    known.add_pupil(pupil)
    return pupil


def _flag(pupil: Pupil, read: Values, known: _Known, made: PeoplePlan) -> None:
    """Begin and end flags as the row says. Not known leaves them as they are."""
    answers = {
        kind: read[name] for name, kind in FLAG_OF_FIELD.items() if read.get(name) in ("yes", "no")
    }
    if read.get("sen"):
        answers[Flag.SEN_SUPPORT] = "yes" if read["sen"] == "K" else "no"
        answers[Flag.EHC_PLAN] = "yes" if read["sen"] == "E" else "no"
    for kind, answer in answers.items():
        flag = known.flags.get((id(pupil), kind))
        if answer == "yes" and flag is None:
            flag = PupilFlag(
                authority=known.school.authority, pupil=pupil, kind=kind, starts_on=known.today
            )
            made.made.append(flag)
            known.flags[(id(pupil), kind)] = flag
        elif answer == "no" and flag is not None and flag.ends_on is None:
            _set(made, known, flag, {"ends_on": known.today})


# Enrolments


def _take_enrolment(read: Values, known: _Known, made: PeoplePlan) -> None:
    """One row of a file of enrolments. The pupil must be known in this authority."""
    _check_dates(read)
    pupil = known.find(read)
    if pupil is None:
        reason = "We do not know this pupil. Import the pupils first."
        raise Refused(Kind.UNKNOWN_PUPIL, reason, "upn" if read.get("upn") else "external_id")
    _once(known, ("enrolment", id(pupil), read["starts_on"]), read, "starts_on")
    _put_on_roll(pupil, read, known, made)


def _put_on_roll(pupil: Pupil, read: Values, known: _Known, made: PeoplePlan) -> None:
    """Make the enrolment, or change the one that begins on the same day."""
    starts, ends = read["starts_on"], read.get("ends_on")
    wanted = {name: read[name] for name in ENROLMENT_FIELDS if name in read}
    if "external_id" in wanted and not wanted["external_id"]:
        del wanted["external_id"]  # an empty number does not unlink the pupil
    for held in known.here(pupil):
        if held.starts_on == starts:
            _set(made, known, held, wanted)
            if held.external_id:
                found = known.by_number.setdefault(held.external_id.casefold(), [])
                if pupil not in found:
                    found.append(pupil)
            return
        if (ends is None or held.starts_on <= ends) and (
            held.ends_on is None or held.ends_on >= starts
        ):
            reason = (
                f"The pupil is on your roll from {in_words(held.starts_on)}; this row says from "
                f"{in_words(starts)}. Correct the date in the file or on the pupil's page."
            )
            raise Refused(Kind.CONFLICT, reason, "starts_on")
    enrolment = Enrolment(
        authority=known.school.authority,
        school=known.school,
        pupil=pupil,
        starts_on=starts,
        **wanted,
    )
    made.made.append(enrolment)
    known.add_enrolment(enrolment)


# Adults


def _take_adult(read: Values, known: _Known, made: PeoplePlan) -> None:
    """One row of a file of adults: the adult, and what they are to the pupil."""
    if not known.adults_loaded:
        known.load_adults()
    pupil = known.on_roll(read)
    details = {name: read[name] for name in ADULT_FIELDS if name in read}
    if "address" in read or "address_2" in read:
        parts = [read.get(name, "") for name in ("address", *(f"address_{n}" for n in (2, 3, 4)))]
        details["address"] = "\n".join(filter(None, parts))
    links = known.links.setdefault(id(pupil), [])
    adult = _find_adult(read, known, links)
    link = next((one for one in links if adult is not None and one.adult is adult), None)
    wanted = _link_values(read, link)
    if adult is None:
        adult = Adult(
            authority=known.school.authority, external_id=read.get("adult_id", ""), **details
        )
        made.made.append(adult)
        known.in_file[_as_written(adult)] = adult
    else:
        _keep_protection(adult, "protected_address", details, ("yes",))
        _once(known, ("link", id(pupil), id(adult)), read, "surname")
        _set(made, known, adult, details)
    if adult.external_id:
        known.adults[adult.external_id] = adult
    if link is None:
        link = AdultLink(authority=known.school.authority, pupil=pupil, adult=adult, **wanted)
        made.made.append(link)
        links.append(link)
    else:
        _set(made, known, link, wanted)


def _find_adult(read: Values, known: _Known, links: Sequence[AdultLink]) -> Adult | None:
    """By number among this school's adults; else by name among this pupil's own; else the same
    person, address and all, earlier in the file."""
    if read.get("adult_id"):
        return known.adults.get(read["adult_id"])
    wanted = sort_name(read["surname"], read.get("forenames", ""))
    for link in links:
        if sort_name(link.adult.surname, link.adult.forenames) == wanted:
            return link.adult
    if not read.get("postcode") or not read.get("forenames"):
        return None
    parts = [read.get(name, "") for name in ("address", *(f"address_{n}" for n in (2, 3, 4)))]
    return known.in_file.get(
        (
            read.get("title", ""),
            read["forenames"],
            read["surname"],
            "\n".join(filter(None, parts)),
            read["postcode"],
        )
    )


def _as_written(adult: Adult) -> tuple[str, ...]:
    return (adult.title, adult.forenames, adult.surname, adult.address, adult.postcode)


def _keep_protection(
    row: models.Model, name: str, wanted: Values, protecting: Sequence[str]
) -> None:
    """A protection that we hold stays: unknown in the file says nothing, less is refused."""
    held, said = getattr(row, name), wanted.get(name)
    if said is None or said == held:
        return
    if said == "unknown":
        del wanted[name]
    elif held in protecting and said not in protecting:
        reason = (
            "We hold a protection for this adult that the file does not. Check with the family, "
            "then change it on the adult's page."
        )
        raise Refused(Kind.CONFLICT, reason, name)


ORDERS = (CareOrder.NO_CONTACT, CareOrder.NO_INFORMATION, CareOrder.OTHER)


def _link_values(read: Values, link: AdultLink | None) -> Values:
    """What the row says of the adult and this pupil, without what would lower a protection."""
    wanted = {name: read[name] for name in LINK_FIELDS if name in read}
    if "emergency_contact" in wanted:
        wanted["emergency_contact"] = wanted["emergency_contact"] == "yes"
    if link is None:
        return wanted
    _keep_protection(link, "court_order", wanted, ORDERS)
    _keep_protection(link, "may_contact", wanted, ("no",))
    for name in ("parental_responsibility", "has_care"):
        if wanted.get(name) == "unknown":
            del wanted[name]  # the file does not say: what we know stays
    return wanted


# Writing and taking back

MODELS: tuple[type[models.Model], ...] = (Pupil, Enrolment, PupilFlag, Adult, AdultLink)
BY_NAME = {model._meta.model_name: model for model in MODELS}


def write(plan_: PeoplePlan) -> Values:
    """Make and change the rows of a plan. Returns the effects, from which `undo` goes back."""
    effects: Values = {"made": {}, "changed": []}
    # Changes first: one enrolment must end before the pupil's next can begin.
    for change in plan_.changed.values():
        change.row.save(update_fields=list(change.before))
        effects["changed"].append(
            {
                "model": change.row._meta.model_name,
                "pk": change.row.pk,
                "before": {name: _plain(value) for name, value in change.before.items()},
                "after": {name: _plain(getattr(change.row, name)) for name in change.before},
            }
        )
    for model in MODELS:
        rows = [row for row in plan_.made if isinstance(row, model)]
        for row in rows:  # what was new when the plan was made has its number now
            for key in row._meta.concrete_fields:
                if isinstance(key, models.ForeignKey) and key.is_cached(row):
                    setattr(row, key.attname, getattr(row, key.name).pk)
        model._default_manager.bulk_create(rows, batch_size=1000)
        if rows:
            effects["made"][model._meta.model_name] = [row.pk for row in rows]
    return effects


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


@dataclass(frozen=True, slots=True)
class Undone:
    """What undoing did. `kept` rows stay, because somebody has changed them since."""

    removed: int
    restored: int
    kept: int

    @property
    def sentence(self) -> str:
        """The outcome in words."""
        done = f"{self.removed} records were removed and {self.restored} are as they were before."
        if not self.kept:
            return done
        return f"{done} {self.kept} stay, because somebody has changed them since."


def undo(batch: ImportBatch) -> Undone:
    """Take back what a file of people made and changed, in the caller's transaction.

    Raises Conflict when something depends on a record by now (a mark, a case, a letter), or no
    longer fits with what was there before.
    """
    removed = _remove(batch.effects.get("made", {}))  # the reverse of `write`, step by step
    restored = kept = 0
    for change in reversed(batch.effects.get("changed", [])):
        model = BY_NAME[change["model"]]
        row = model._default_manager.select_for_update().filter(pk=change["pk"]).first()
        if row is None:
            continue
        if any(_plain(getattr(row, name)) != value for name, value in change["after"].items()):
            kept += 1
            continue
        for name, value in change["before"].items():
            column = row._meta.get_field(name)
            assert isinstance(column, models.Field)  # noqa: S101 (effects name columns)
            setattr(row, name, column.to_python(value))
        try:
            row.save(update_fields=list(change["before"]))
        except IntegrityError:
            raise Conflict(
                "Something recorded since stands in the way, such as a new date of joining. "
                "Nothing was undone. Correct the records on the pupils' pages instead."
            ) from None
        restored += 1
    return Undone(removed, restored, kept)


def _remove(made: Mapping[str, Sequence[int]]) -> int:
    """Remove the rows that a file made, links before people. Returns how many."""
    removed = 0
    try:
        for model in reversed(MODELS):
            pks = made.get(str(model._meta.model_name), [])
            _, counts = model._default_manager.filter(pk__in=pks).delete()
            removed += counts.get(model._meta.label, 0)
    except (ProtectedError, RestrictedError):
        raise Conflict(
            "Something has been recorded for these people since: marks, a case or a letter. "
            "Nothing was undone. End the enrolments instead, on the pupils' pages."
        ) from None
    return removed
