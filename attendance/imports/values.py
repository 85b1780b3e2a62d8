"""What one cell says: dates, names, yes or no, choices. Each function refuses rather than guess.

A refusal is a sentence that says what to do. It does not repeat the value: the list of problems
shows that beside it.
"""

import enum
import re
import unicodedata
from collections.abc import Mapping
from datetime import date

from rules.errors import InvalidInput
from rules.plain_text import hidden_character
from rules.upn import check_letter, read_upn


class DateOrder(enum.StrEnum):
    """Which number comes first in dates such as 03/09/2026. A person says so: never guessed."""

    DAY_FIRST = "day first"
    MONTH_FIRST = "month first"


class BadValue(InvalidInput):
    """A cell that cannot be taken as it is. The sentence says why and what to do."""

    code = "bad_value"


class NotADate(BadValue):
    """A cell that should hold a date and does not."""


class OrderNeeded(NotADate):
    """A date that reads two ways: somebody must say which number is the day."""


ISO = re.compile(r"(\d{4})-(\d{2})-(\d{2})(?:[T ]00:00(?::00(?:\.0+)?)?Z?)?")
NUMERIC = re.compile(r"(\d{1,2})([/.-])(\d{1,2})\2(\d{4})(?: 00:00(?::00)?)?")
NAMED = re.compile(r"(\d{1,2})[ -]([A-Za-z]{3,9})[ -](\d{4})")
CENSUS = re.compile(r"(\d{4})-([A-Za-z]{3})-(\d{2})(?: 00:00:00)?")
WEEKDAY_BEFORE = re.compile(r"^(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*[ ,]+", re.IGNORECASE)
MONTHS = {
    name: number
    for number, names in enumerate(
        (
            ("jan", "january"), ("feb", "february"), ("mar", "march"), ("apr", "april"),
            ("may",), ("jun", "june"), ("jul", "july"), ("aug", "august"),
            ("sep", "september", "sept"), ("oct", "october"), ("nov", "november"),
            ("dec", "december"),
        ),
        start=1,
    )
    for name in names
}  # fmt: skip
EARLIEST, LATEST = 1990, 2100


def read_date(text: str, order: DateOrder | None) -> date:
    """A date: 2026-09-02, 2 September 2026, 2026-Sep-02, or 02/09/2026 in the stated order.

    Raises OrderNeeded for the last kind when no order is stated, and NotADate.
    """
    tidy = WEEKDAY_BEFORE.sub("", " ".join(text.split()))
    if not tidy.isascii():
        raise NotADate("This is not a date. Use 2026-09-02 or 02/09/2026.")
    year, month, day = _parts(tidy, order)
    if not EARLIEST <= year <= LATEST:
        raise NotADate(f"The year must be from {EARLIEST} to {LATEST}.")
    try:
        return date(year, month, day)
    except ValueError:
        raise NotADate("There is no such day. Check the date.") from None


def _parts(tidy: str, order: DateOrder | None) -> tuple[int, int, int]:
    """Year, month and day of a date in one of the known shapes."""
    if match := ISO.fullmatch(tidy):
        return int(match[1]), int(match[2]), int(match[3])
    if match := NUMERIC.fullmatch(tidy):
        first, second, year = int(match[1]), int(match[3]), int(match[4])
        if order is None:
            raise OrderNeeded(
                "This date can be read two ways. Say whether the day or the month comes first."
            )
        day_first = order is DateOrder.DAY_FIRST
        return (year, second, first) if day_first else (year, first, second)
    named = NAMED.fullmatch(tidy)
    if named and named[2].lower() in MONTHS:
        return int(named[3]), MONTHS[named[2].lower()], int(named[1])
    census = CENSUS.fullmatch(tidy)
    if census and census[2].lower() in MONTHS:
        return int(census[1]), MONTHS[census[2].lower()], int(census[3])
    raise NotADate("This is not a date with a year of four digits. Use 2026-09-02 or 02/09/2026.")


def is_ambiguous(text: str) -> bool:
    """Whether a date needs a stated order: all numbers, and the year not first."""
    return NUMERIC.fullmatch(WEEKDAY_BEFORE.sub("", " ".join(text.split()))) is not None


def read_optional_date(text: str, order: DateOrder | None) -> date | None:
    """A date, or None for an empty cell. Raises NotADate."""
    return read_date(text, order) if text.strip() else None


SESSIONS = {
    "am": 0, "a": 0, "morning": 0, "a.m.": 0, "am session": 0,
    "pm": 1, "p": 1, "afternoon": 1, "p.m.": 1, "pm session": 1,
}  # fmt: skip


def read_session(text: str) -> int:
    """0 for the morning, 1 for the afternoon. Raises BadValue for a lesson or anything else."""
    found = SESSIONS.get(" ".join(text.split()).casefold())
    if found is None:
        raise BadValue("The session must be AM or PM.")
    return found


def read_text(text: str, *, most: int, lines: bool = False) -> str:
    """Free text: composed, trimmed, without control or hidden characters.

    lines  keeps line breaks (an address). Raises BadValue.
    """
    composed = unicodedata.normalize("NFC", text).replace("\r\n", "\n").replace("\r", "\n")
    hidden = hidden_character(composed)
    if hidden:
        raise BadValue(f"It holds a hidden character (U+{ord(hidden):04X}). Type the value again.")
    kept = [" ".join(line.split()) for line in composed.split("\n")]
    tidy = "\n".join(filter(None, kept)) if lines else " ".join(filter(None, kept))
    if len(tidy) > most:
        raise BadValue(f"It has {len(tidy)} characters; {most} is the most. Shorten it.")
    return tidy


def read_name(text: str, *, what: str, most: int = 200) -> str:
    """A name that must be there. Raises BadValue."""
    tidy = read_text(text, most=most)
    if not tidy:
        raise BadValue(f"Enter {what}.")
    return tidy


def read_upn_cell(text: str) -> str:
    """A UPN, tidied, or "" for an empty cell.

    Raises BadValue; for a wrong check letter the sentence gives the letter expected.
    """
    if not text.strip():
        return ""
    try:
        return read_upn(text).text
    except InvalidInput as problem:
        raise BadValue(_with_letter(text, str(problem))) from None


def _with_letter(text: str, sentence: str) -> str:
    """The sentence with the check letter that the other characters ask for, where they can."""
    tidy = "".join(text.split()).upper()
    try:
        expected = check_letter(tidy[1:])
    except ValueError:
        return sentence
    if len(tidy) == 13 and tidy[:1] != expected:
        return f"For these digits the first letter would be {expected}. Check which is wrong."
    return sentence


def read_school(text: str, *, urn: str, number: str, authority: str) -> None:
    """Check that a cell names this school: its URN, its number, or both codes together.

    Raises BadValue for any other school.
    """
    plain = re.sub(r"[\s/-]", "", text)
    if plain and plain not in {urn, number, f"{authority}{number}"}:
        raise BadValue("This row is about another school. Import it there.")


YES_NO = {
    "": "unknown", "unknown": "unknown", "not known": "unknown", "?": "unknown",
    "y": "yes", "yes": "yes", "true": "yes", "1": "yes", "t": "yes",
    "n": "no", "no": "no", "false": "no", "0": "no", "f": "no",
}  # fmt: skip


def read_yes_no(text: str) -> str:
    """ "yes", "no" or "unknown"; an empty cell is unknown. Raises BadValue."""
    found = YES_NO.get(" ".join(text.split()).casefold())
    if found is None:
        raise BadValue("This must be yes, no or not known.")
    return found


def read_choice(text: str, choices: Mapping[str, str], *, empty: str) -> str:
    """One of a closed list, by its value or its label, whatever the case. Raises BadValue.

    choices  value → label; empty  the value of an empty cell
    """
    plain = " ".join(text.split()).casefold()
    if not plain:
        return empty
    for value, label in choices.items():
        if plain in {value.casefold(), label.casefold()}:
            return value
    allowed = ", ".join(value or "(empty)" for value in choices)
    raise BadValue(f"This must be one of: {allowed}.")


def read_whole(text: str, *, what: str, least: int, most: int, empty: int) -> int:
    """A whole number in digits. Raises BadValue for anything else: -0, 1e309, NaN, 10^18."""
    tidy = text.strip()
    if not tidy:
        return empty
    if not (tidy.isascii() and tidy.isdecimal()) or len(tidy) > 9:
        raise BadValue(f"{what} must be a whole number from {least} to {most}.")
    number = int(tidy)
    if not least <= number <= most:
        raise BadValue(f"{what} must be from {least} to {most}.")
    return number


YEAR_GROUPS = ("E1", "E2", "N1", "N2", "R", *(str(n) for n in range(1, 15)), "M", "X")


def read_year_group(text: str) -> str:
    """A year group of the school census: E1 … R, 1 … 14, M, X. "Year 7" and "07" are 7.

    Raises BadValue.
    """
    plain = re.sub(r"^(year|yr|y)\s*", "", " ".join(text.split()), flags=re.IGNORECASE).upper()
    plain = {"RECEPTION": "R", "NURSERY": "N1"}.get(plain, plain)
    plain = plain.lstrip("0") or plain
    if plain and plain not in YEAR_GROUPS:
        raise BadValue("This is not a year group. Use R, 1 to 14, N1, N2, E1, E2, M or X.")
    return plain


def read_postcode(text: str) -> str:
    """A postcode, or "" for none. BFPO numbers and the Crown dependencies are taken.

    Raises BadValue.
    """
    plain = "".join(text.split()).upper()
    if not plain:
        return ""
    if plain.startswith("BFPO") and plain[4:].isdecimal() and len(plain) <= 8:
        return f"BFPO {plain[4:]}"
    match = re.fullmatch(r"([A-Z]{1,2}\d[A-Z\d]?)(\d[A-Z]{2})", plain)
    if match is None:
        raise BadValue("This is not a postcode. Check it, or leave it empty.")
    return f"{match[1]} {match[2]}"


EMAIL = re.compile(r"[^@\s<>,;\"']+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")


def read_email(text: str) -> str:
    """An email address, or "" for none. Raises BadValue."""
    plain = read_text(text, most=254)
    if plain and not EMAIL.fullmatch(plain):
        raise BadValue("This is not an email address. Check it, or leave it empty.")
    return plain


def read_phone(text: str) -> str:
    """A telephone number, or "" for none. Raises BadValue."""
    plain = read_text(text, most=30)
    if plain and not re.fullmatch(r"[+()0-9 .\-/xet]{3,30}", plain.casefold()):
        raise BadValue("This is not a telephone number. Check it, or leave it empty.")
    return plain
