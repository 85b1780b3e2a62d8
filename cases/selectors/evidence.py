"""The dated records of a case that can show an item of a checklist: one list for every gate."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date

from cases.models import Case


@dataclass(frozen=True, slots=True)
class Shown:
    """One record that shows something.

    kind   one of authorities.packs.schema.Evidence
    on     the day it happened
    words  what it is, as a person reads it
    by     who did or wrote it
    route  name of its page; at  what its address needs beside the authority
    key    the policy's own key for it, such as of the letter or the kind of meeting, "" for none:
           an item that asks for that one is shown by no other
    """

    kind: str
    on: date
    words: str
    by: str = ""
    route: str = ""
    at: tuple[str, ...] = ()
    key: str = ""


# Each kind of record says here what it can show. A source asks the database once.
SOURCES: tuple[Callable[[Case], Iterator[Shown]], ...] = ()


def evidence_of(case: Case) -> list[Shown]:
    """Everything on file for a case that can show something, oldest first."""
    return sorted(
        (shown for source in SOURCES for shown in source(case)), key=lambda shown: shown.on
    )
