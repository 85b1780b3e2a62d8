"""The history of one mark, as a timeline shows it."""

from dataclasses import dataclass
from datetime import datetime

from attendance.access import SENSITIVE_CODES, shown_code, shown_meaning
from attendance.marks import code_of, position, year_of
from attendance.models import Enrolment
from attendance.models.registers import Source
from attendance.selectors.amending import notes_of
from attendance.selectors.registers import history, sessions_of, year_marks
from rules.marks import DatedSession


@dataclass(frozen=True, slots=True)
class HistoryItem:
    """One entry about a mark, as a timeline shows it."""

    title: str
    by: str
    at: datetime
    text: str
    tag: str
    tag_colour: str


def history_items(enrolment: Enrolment, when: DatedSession, *, in_full: bool) -> list[HistoryItem]:
    """Who entered or changed a mark, when and why, newest first."""
    entries = history(enrolment, when.day, when.day, session=when.session)

    def words(code: str) -> str:
        if not code:
            return "no mark"
        meaning = shown_meaning(code, when.day, in_full=in_full)
        return f"{shown_code(code, when.day, in_full=in_full)} ({meaning})"

    return [
        HistoryItem(
            title=f"Entered as {words(entry.code)}"
            if entry.first
            else f"Changed from {words(entry.former)} to {words(entry.code)}",
            by=", ".join(part for part in (entry.name, entry.position) if part),
            at=entry.at,
            text=" ".join(
                part
                for part in (
                    f"Reason: {entry.reason}." if entry.reason else "",
                    f"From: {Source(entry.source).label}.",
                )
                if part
            ),
            tag="First entry" if entry.first else "Amended",
            tag_colour="grey" if entry.first else "blue",
        )
        for entry in reversed(entries)
    ]


@dataclass(frozen=True, slots=True)
class MarkNow:
    """What one session reads now.

    code        as recorded, "" for none; for the form, never for a page
    shown       the code and its meaning as this person may read them
    changeable  whether the school had the session and the pupil was on roll
    """

    code: str
    shown: str
    changeable: bool


def mark_now(enrolment: Enrolment, when: DatedSession, *, in_full: bool) -> MarkNow:
    """The mark of one session."""
    year = year_of(when.day)
    place = position(when.day, when.session)
    number = year_marks(enrolment, year)[place]
    sessions = sessions_of(enrolment.school, year)
    held = sessions is not None and bool(sessions[place])
    on_roll = enrolment.starts_on <= when.day and (
        enrolment.ends_on is None or when.day <= enrolment.ends_on
    )
    code = code_of(number) if number else ""
    return MarkNow(code, mark_words(code, when, in_full=in_full), held and on_roll)


def mark_words(code: str, when: DatedSession, *, in_full: bool) -> str:
    """A mark with its meaning as this person may read it."""
    if not code:
        return "No mark"
    shown = shown_code(code, when.day, in_full=in_full)
    return f"{shown}: {shown_meaning(code, when.day, in_full=in_full)}"


def note_lines(enrolment: Enrolment, when: DatedSession, *, in_full: bool) -> list[str]:
    """What was noted beside the mark, newest first; nothing about a code that is hidden."""
    lines = []
    for note in notes_of(enrolment, when):
        if note.code in SENSITIVE_CODES and not in_full:
            continue
        parts = (
            f"arrived at {note.arrived_at:%H:%M}" if note.arrived_at else "",
            note.nature,
            f"at {note.other_school}" if note.other_school else "",
            note.text,
        )
        lines.append(f"{note.code}: {', '.join(part for part in parts if part)}")
    return lines
