"""The mark store's bytes: where a session lies in a year, and which number a code has.

One enrolment's academic year is 742 bytes: 53 weeks of 7 days of 2 sessions, from the Monday of
the week that holds 1 August. Years tile time, so a changed calendar moves nothing. A byte is
class << 5 | index: every question about a class is one comparison. See docs/adr/0001.

Only this file, the sweep's kernel and the database functions know the bytes; everything else
speaks `rules.marks.Mark`.
"""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from functools import cache

import numpy as np
import numpy.typing as npt

from rules.attendance_codes import CODES, Kind
from rules.errors import UnknownCode
from rules.marks import DatedSession, Mark, Session
from rules.school_calendar import grid_start, year_start_on

CODEC = 1  # written beside each year's bytes; a new numbering would be 2

WEEKS, DAYS, SESSIONS = 53, 7, 2
SLOTS_A_WEEK = DAYS * SESSIONS
SLOTS = WEEKS * SLOTS_A_WEEK
BLANK = 0
BLANK_YEAR = bytes(SLOTS)

NOT_COUNTED, ATTENDING, AUTHORISED, UNAUTHORISED = 0x20, 0x40, 0x60, 0x80

CLASS_OF_KIND: dict[Kind, int] = {
    Kind.NOT_COLLECTED: NOT_COUNTED,
    Kind.NOT_POSSIBLE: NOT_COUNTED,
    Kind.PRESENT: ATTENDING,
    Kind.APPROVED: ATTENDING,
    Kind.AUTHORISED: AUTHORISED,
    Kind.UNAUTHORISED: UNAUTHORISED,
}

# A number once given is never reused, and a code never moves: add at the end of its class.
NUMBERS: dict[str, int] = {
    "#": 0x20, "Z": 0x21, "D": 0x22, "X": 0x23, "Q": 0x24, "Y1": 0x25, "Y2": 0x26, "Y3": 0x27,
    "Y4": 0x28, "Y5": 0x29, "Y6": 0x2A, "Y7": 0x2B, "Y": 0x2C,
    "/": 0x40, "\\": 0x41, "L": 0x42, "K": 0x43, "V": 0x44, "P": 0x45, "W": 0x46, "B": 0x47,
    "J": 0x48,
    "C1": 0x60, "M": 0x61, "J1": 0x62, "S": 0x63, "C2": 0x64, "C": 0x65, "T": 0x66, "R": 0x67,
    "I": 0x68, "E": 0x69, "H": 0x6A, "F": 0x6B,
    "G": 0x80, "N": 0x81, "O": 0x82, "U": 0x83,
}  # fmt: skip
CODE_OF: dict[int, str] = {number: code for code, number in NUMBERS.items()}

LATE_BEFORE = NUMBERS["L"]
LATE_AFTER = NUMBERS["U"]
UNRESOLVED = NUMBERS["N"]
NOT_ON_ROLL = NUMBERS["Z"]
CLOSED = NUMBERS["#"]

Bytes = npt.NDArray[np.uint8]
Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

LONG_AGO, FAR_AHEAD = date.min.toordinal(), date.max.toordinal()


def year_of(day: date) -> int:
    """The academic year that holds `day`, named by the calendar year in which it starts."""
    start = grid_start(day.year)
    return day.year if day >= start else day.year - 1


def position(day: date, session: int) -> int:
    """Where a session lies in its year: 0 to 741."""
    return (day - year_start_on(day)).days * SESSIONS + session


def session_at(year: int, at: int) -> DatedSession:
    """The session at a position of a year; positions under 0 lie in the years before."""
    days, half = divmod(at, SESSIONS)
    return DatedSession(grid_start(year) + timedelta(days=days), Session(half))


def monday_at(year: int, week: int) -> date:
    """The Monday of a week of the year's grid; weeks under 0 lie in the years before."""
    return grid_start(year) + timedelta(weeks=week)


def number_of(code: str) -> int:
    """The byte of a code. Raises UnknownCode."""
    number = NUMBERS.get(code)
    if number is None:
        raise UnknownCode(f"“{code[:4]}” is not an attendance code. Check it and try again.")
    return number


def byte_of(code: str) -> int:
    """The byte of a code, BLANK for "". Raises UnknownCode."""
    return number_of(code) if code else BLANK


def code_of(number: int) -> str:
    """The code of a byte, or "" for a blank. Raises UnknownCode for a number never given."""
    if number == BLANK:
        return ""
    code = CODE_OF.get(number)
    if code is None:
        raise UnknownCode(f"The register holds the number {number}, which is no code.")
    return code


def decode(
    year: int, marks: bytes | memoryview, *, since: date | None = None, lowest: int = 1
) -> list[Mark]:
    """The marks of one year in time order. Blanks are left out.

    since   from this day on; lowest  of this class and those after it, such as UNAUTHORISED
    """
    held = bytes(marks)
    start = grid_start(year)
    first = max(0, (since - start).days * SESSIONS) if since else 0
    return [
        Mark(start + timedelta(days=at // SESSIONS), Session(at % SESSIONS), code_of(number))
        for at, number in enumerate(held[first:], start=first)
        if number >= lowest
    ]


def encode(year: int, marks: Iterable[Mark]) -> bytes:
    """One year's bytes from its marks. Raises UnknownCode, and ValueError for another year."""
    held = bytearray(SLOTS)
    for mark in marks:
        if year_of(mark.day) != year:
            raise ValueError(f"{mark.day} is not in the academic year {year}")
        held[position(mark.day, mark.session)] = number_of(mark.code)
    return bytes(held)


def numbers_of(codes: Sequence[str] | npt.NDArray[np.str_]) -> Bytes:
    """The bytes of many codes at once; BLANK where a string is no code (or empty)."""
    distinct, inverse = np.unique(np.asarray(codes, dtype=np.str_), return_inverse=True)
    table = np.array([NUMBERS.get(str(code), BLANK) for code in distinct], dtype=np.uint8)
    return table[inverse] if len(table) else np.zeros(0, np.uint8)


def codes_of(numbers: Bytes) -> npt.NDArray[np.str_]:
    """The codes of many bytes at once; "" for a blank."""
    table = np.zeros(256, dtype="U2")
    for code, number in NUMBERS.items():
        table[number] = code
    return table[numbers]


@cache
def _starts() -> Ints:
    """The first day of each academic year as an ordinal, 1990 to 2120."""
    return np.array([grid_start(year).toordinal() for year in range(1990, 2121)], dtype=np.int64)


def years_of(days: npt.NDArray[np.integer]) -> Ints:
    """`year_of` for many days, given as ordinals (date.toordinal)."""
    return 1989 + np.searchsorted(_starts(), days, side="right")


def positions(
    days: npt.NDArray[np.integer], sessions: npt.NDArray[np.integer]
) -> tuple[Ints, Ints]:
    """(year, position) of many sessions; days are ordinals (date.toordinal)."""
    years = years_of(days)
    return years, (days - _starts()[years - 1990]) * SESSIONS + sessions


@cache
def _in_force() -> tuple[Ints, Ints]:
    """For each byte, the first and last day of force of its code, as ordinals."""
    first = np.full(256, FAR_AHEAD, dtype=np.int64)
    last = np.full(256, LONG_AGO, dtype=np.int64)
    for row in CODES:
        number = NUMBERS[row.code]
        ends = row.valid_to.toordinal() if row.valid_to else FAR_AHEAD
        first[number] = min(first[number], row.valid_from.toordinal())
        last[number] = max(last[number], ends)
    return first, last


def in_force(numbers: Bytes, days: npt.NDArray[np.integer]) -> Flags:
    """Whether each byte is a code in force on its day (an ordinal). Blanks are not."""
    first, last = _in_force()
    return (first[numbers] <= days) & (days <= last[numbers])
