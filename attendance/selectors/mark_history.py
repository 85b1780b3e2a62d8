"""The history of one mark, as a timeline shows it."""

from dataclasses import dataclass
from datetime import datetime

from attendance.access import shown_code, shown_meaning
from attendance.models import Enrolment
from attendance.models.registers import Source
from attendance.selectors.registers import history
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
