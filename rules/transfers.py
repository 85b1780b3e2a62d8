"""A pupil's attendance as one authority hands it to another: what a file must hold to be trusted.

It holds marks, their amendments and the days on roll. It never holds adults, addresses, reasons
typed by hand or where the child went.
"""

import hashlib
import json
from collections.abc import Mapping
from datetime import date
from typing import Any

from rules.attendance_codes import code_on
from rules.errors import InvalidInput
from rules.marks import Mark, Session
from rules.upn import read_upn

SCHEMA = "onroll-attendance-history"
VERSION = 1
ORIGIN = frozenset({"authority", "school", "urn"})
ENROLMENT = frozenset({"from", "to", "marks", "amendments"})
LONGEST = 20_000  # marks: fourteen years of a pupil are fewer
KEYS = frozenset({"schema", "version", "origin", "pupil", "enrolments", "made_on"})


def digest_of(content: Mapping[str, Any]) -> str:
    """SHA-256 over the canonical text of a file: keys in order, no spaces, without the digest."""
    kept = {key: value for key, value in content.items() if key != "digest"}
    text = json.dumps(kept, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def checked(text: str) -> dict[str, Any]:
    """A file's content when all of it is sound. Raises InvalidInput, in words.

    Nothing that is not asked for is let through: the result holds the known keys alone.
    """
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        raise InvalidInput("This is not a file of a pupil's attendance. Choose another.") from None
    if not isinstance(content, dict) or content.get("schema") != SCHEMA:
        raise InvalidInput("This is not a file of a pupil's attendance. Choose another.")
    if content.get("version") != VERSION:
        raise InvalidInput("This file is of another version. Ask for one of version 1.")
    if set(content) != KEYS | {"digest"} or content["digest"] != digest_of(content):
        raise InvalidInput("This file was changed after it was made. Ask for a new one.")
    try:
        _refuse_unsound(content)
    except (KeyError, TypeError, ValueError, InvalidInput):
        raise InvalidInput("This file does not hold what it should. Ask for a new one.") from None
    return content


def _refuse_unsound(content: Mapping[str, Any]) -> None:
    """Raise one of the built-in errors unless every part is what it should be."""
    origin, pupil = content["origin"], content["pupil"]
    if set(origin) != ORIGIN or set(pupil) != {"upn", "born_on"}:
        raise ValueError
    if any(not isinstance(said, str) or len(said) > 120 for said in origin.values()):
        raise TypeError
    read_upn(pupil["upn"])
    date.fromisoformat(pupil["born_on"])
    date.fromisoformat(content["made_on"])
    if not content["enrolments"]:
        raise ValueError
    if sum(len(each["marks"]) for each in content["enrolments"]) > LONGEST:
        raise ValueError
    for each in content["enrolments"]:
        _refuse_unsound_enrolment(each)
    marks_in(content)


def _refuse_unsound_enrolment(each: Mapping[str, Any]) -> None:
    """The days on roll and the amendments of one enrolment."""
    if set(each) != ENROLMENT:
        raise ValueError
    date.fromisoformat(each["from"])
    if each["to"] is not None:
        date.fromisoformat(each["to"])
    for day, half, original, amended, at in each["amendments"]:
        Session(half)
        date.fromisoformat(at)
        for code in filter(None, (original, amended)):
            code_on(code, date.fromisoformat(day))


def marks_in(content: Mapping[str, Any]) -> list[Mark]:
    """Every mark of a file, in time order. Raises UnknownCode for one not in force on its day."""
    marks = [
        Mark(date.fromisoformat(day), Session(half), code)
        for each in content["enrolments"]
        for day, half, code in each["marks"]
    ]
    for mark in marks:
        code_on(mark.code, mark.day)
    return sorted(marks)
