"""One thing that happened on a case, as each part of its history yields it."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that happened, for the timeline."""

    at: datetime
    title: str
    by: str = ""
    text: str = ""
    letter: str = ""  # its reference
    tag: str = ""
    tag_colour: str = ""
