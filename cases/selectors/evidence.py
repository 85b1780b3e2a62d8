"""The dated records of a case that can show an item of a checklist: one list for every gate."""

from collections.abc import Callable, Iterator

from cases.models import Case
from cases.selectors import (
    checklists,
    contracts,
    cycles,
    family,
    letter_reviews,
    logged_letters,
    meeting_history,
    referrals,
    support,
)
from cases.selectors.shown import Shown

__all__ = ["SOURCES", "Shown", "evidence_of"]

# Each kind of record says here what it can show. A source asks the database once.
SOURCES: tuple[Callable[[Case], Iterator[Shown]], ...] = (
    checklists.letters,
    logged_letters.evidence,
    checklists.register,
    contracts.evidence,
    support.evidence,
    cycles.evidence,
    letter_reviews.evidence,
    referrals.evidence,
    family.evidence,
    meeting_history.evidence,
)


def evidence_of(case: Case) -> list[Shown]:
    """Everything on file for a case that can show something, oldest first."""
    return sorted(
        (shown for source in SOURCES for shown in source(case)), key=lambda shown: shown.on
    )
