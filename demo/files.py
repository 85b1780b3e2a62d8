"""The register files that schools' systems would write: pupils, adults, marks in three layouts."""

import csv
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

import numpy as np

from attendance.marks import NUMBERS
from demo.people import AdultRow, Enrolments, Pupils, adults_of
from demo.places import SchoolPlan
from demo.registers import Marks, Register, Sessions, as_dates

CODES = [""] * 256
for _code, _number in NUMBERS.items():
    CODES[_number] = _code
HALVES = ("AM", "PM")
WEEK_TITLES = [f"{day}{half}" for day in ("Mon", "Tue", "Wed", "Thu", "Fri") for half in HALVES]
NEWLINE = "\r\n"
YES = {True: "Y", False: "N"}


@dataclass(frozen=True, slots=True)
class DemoFile:
    """A file as it would arrive. `layout` is one of attendance's import layouts."""

    school: SchoolPlan
    layout: str
    name: str
    content: bytes


def pupils_file(school: SchoolPlan, pupils: Pupils, rolls: Enrolments) -> DemoFile:
    """Everybody on the school's roll since last summer, with dates, flags and year."""
    here = np.flatnonzero(rolls.school == school.index).tolist()
    titles = [
        "UPN", "MIS ID", "Surname", "Forenames", "DOB", "Sex", "Home LA", "Home language",
        "Start date", "Leaving date", "Enrolment status", "Year group", "Reg group",
        "Leaving reason", "SEN", "FSM", "Young carer", "EAL", "Medical", "Looked after",
        "Social worker",
    ]  # fmt: skip
    rows = (_pupil_row(school, pupils, rolls, row) for row in here)
    return DemoFile(school, "pupils", f"{school.urn}-pupils.csv", _csv(school, titles, rows))


def _pupil_row(school: SchoolPlan, pupils: Pupils, rolls: Enrolments, row: int) -> list[str]:
    """One pupil of the pupils file."""
    p = int(rolls.pupil[row])
    year = min(int(pupils.year[p]), max(school.years))
    flags = {name: bool(values[p]) for name, values in pupils.flags.items()}
    sen = "E" if flags["ehc_plan"] else "K" if flags["sen_support"] else "N"
    forms = max(1, min(12, round(school.pupils / len(school.years) / 30)))
    letter = "ABCDEFGHJKLM"[p % forms]
    return [
        pupils.upns[p],
        pupils.number(p),
        pupils.surnames[p],
        pupils.forenames[p],
        _day(school, int(pupils.born[p])),
        "F" if pupils.girl[p] else "M",
        pupils.authority.neighbour if p in pupils.lives_elsewhere else pupils.authority.code,
        pupils.languages[p],
        _day(school, int(rolls.starts[row])),
        _day(school, int(rolls.ends[row])) if rolls.ends[row] else "",
        "C",
        "R" if year == 0 else str(year),
        f"{year or 'R'}{letter}",
        rolls.reason[row],
        sen,
        YES[flags["free_meals"]],
        YES[flags["young_carer"]],
        YES[flags["eal"]],
        YES[flags["medical"]],
        YES[flags["looked_after"]],
        YES[flags["social_worker"]],
    ]


def _day(school: SchoolPlan, ordinal: int) -> str:
    return date.fromordinal(ordinal).strftime(school.dates)


def adults_file(
    seed: int,
    school: SchoolPlan,
    pupils: Pupils,
    rolls: Enrolments,
    instead: dict[int, list[AdultRow]],
) -> DemoFile:
    """The adults of everybody in the pupils file. `instead` has the families told by hand."""
    chosen = np.unique(rolls.pupil[rolls.school == school.index])
    titles = [
        "UPN", "MIS ID", "Contact ID", "Title", "Forenames", "Surname", "Relationship", "PR",
        "Has care", "May contact", "Protected address", "Court order", "Priority", "Language",
        "Needs", "Address line 1", "Address line 2", "Postcode", "Email", "Telephone",
    ]  # fmt: skip
    drawn = (
        (pupil, adult) for pupil, adult in adults_of(seed, pupils, chosen) if pupil not in instead
    )
    told = ((p, adult) for p in chosen.tolist() if p in instead for adult in instead[p])
    rows = (_adult_row(pupils, pupil, adult) for pupil, adult in (*drawn, *told))
    return DemoFile(school, "adults", f"{school.urn}-adults.csv", _csv(school, titles, rows))


def _adult_row(pupils: Pupils, pupil: int, adult: AdultRow) -> list[str]:
    """One adult of one pupil."""
    return [
        pupils.upns[pupil], pupils.number(pupil), adult.number, adult.title, adult.forenames,
        adult.surname, adult.relationship, adult.parental_responsibility, adult.has_care,
        adult.may_contact, adult.protected_address, adult.court_order, str(adult.priority),
        adult.language, adult.needs, adult.address, adult.town, adult.postcode, adult.email,
        adult.phone,
    ]  # fmt: skip


# Marks


def marks_file(
    register: Register, marks: Marks, columns: np.ndarray, upns: list[str], name: str
) -> DemoFile:
    """Some columns of a register in the layout that the school's system writes.

    upns  of each row of the register, in order
    """
    part = Sessions(register.sessions.day[columns], register.sessions.half[columns])
    writer = {"week": _week, "dated": _dated, "long": _long}[register.school.layout]
    lines = writer(register.school, part, marks[:, columns], upns)
    text = NEWLINE.join(lines) + NEWLINE
    content = text.encode(register.school.encoding)
    layout = register.school.layout
    return DemoFile(register.school, layout, f"{register.school.urn}-{name}.csv", content)


def _week(school: SchoolPlan, part: Sessions, marks: Marks, upns: list[str]) -> Iterator[str]:
    """One row for each pupil and week, MonAM to FriPM."""
    by = school.delimiter
    yield by.join(["UPN", "Week commencing", *WEEK_TITLES])
    for monday in np.unique(part.week).tolist():
        grid = np.zeros((len(upns), 10), dtype=np.uint8)
        held = np.flatnonzero((part.week == monday) & (part.weekday < 5))
        grid[:, part.weekday[held] * 2 + part.half[held]] = marks[:, held]
        there = np.flatnonzero(grid.any(axis=1))
        day = date.fromordinal(monday).strftime(school.dates)
        for row in there.tolist():
            cells = by.join([CODES[number] for number in grid[row].tolist()])
            yield f"{upns[row]}{by}{day}{by}{cells}"


def _dated(school: SchoolPlan, part: Sessions, marks: Marks, upns: list[str]) -> Iterator[str]:
    """One row for each pupil, one column for each session."""
    by = school.delimiter
    days = [day.isoformat() for day in as_dates(part)]
    halves = [HALVES[half] for half in part.half.tolist()]
    yield by.join(["UPN", *(f"{d} {h}" for d, h in zip(days, halves, strict=True))])
    for row in np.flatnonzero(marks.any(axis=1)).tolist():
        yield by.join([upns[row], *(CODES[number] for number in marks[row].tolist())])


def _long(school: SchoolPlan, part: Sessions, marks: Marks, upns: list[str]) -> Iterator[str]:
    """One row for each pupil, date and session that has a mark."""
    by = school.delimiter
    yield by.join(["UPN", "Date", "Session", "Mark"])
    when = [
        f"{by}{day.strftime(school.dates)}{by}{HALVES[half]}{by}"
        for day, half in zip(as_dates(part), part.half.tolist(), strict=True)
    ]
    for upn, row in zip(upns, marks.tolist(), strict=True):
        for at, number in zip(when, row, strict=True):
            if number:
                yield f"{upn}{at}{CODES[number]}"


def _csv(school: SchoolPlan, titles: list[str], rows: Iterable[list[str]]) -> bytes:
    """People's files are UTF-8 whatever the school's marks are in: names need it."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=school.delimiter, lineterminator=NEWLINE)
    writer.writerow(titles)
    writer.writerows(rows)
    return text.getvalue().encode("utf-8-sig" if school.encoding == "utf-8-sig" else "utf-8")


def columns_between(sessions: Sessions, first: date, last: date) -> np.ndarray:
    """The columns of the sessions from one day to another."""
    return np.flatnonzero((sessions.day >= first.toordinal()) & (sessions.day <= last.toordinal()))
