"""The moves of a case, as its history and its first page show them."""

from authorities.access import Reach
from cases.models import Case, CaseMove
from cases.selectors.entries import Entry
from rules.case_stages import LABELS, OPEN, REASONS, Stage

REASON_WORDS = {reason.key: reason.words for reason in REASONS}


def move_words(move: CaseMove) -> str:
    """A move as its reader reads it: why, and what shows it."""
    why = REASON_WORDS.get(move.why, "")
    said = f"{why}. {move.reason}" if why else move.reason
    ended = move.facts.get("ended", ())
    return " ".join([f"{said.rstrip('.')}.", *ended]) if ended else said


def entries(case: Case, reach: Reach) -> list[Entry]:
    """The moves of a case, for its history; the opening has an entry of its own."""
    rows = case.moves.exclude(event=OPEN).select_related("made_by")
    return [
        Entry(
            row.made_at,
            "Case closed"
            if row.end == Stage.CLOSED
            else f"Moved from “{LABELS[Stage(row.start)]}” to “{LABELS[Stage(row.end)]}”",
            row.made_by.name,
            move_words(row),
            tag="Move",
            tag_colour="purple",
        )
        for row in rows
    ]
