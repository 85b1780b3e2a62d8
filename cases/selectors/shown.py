"""A record that can show an item of a checklist, as each source of them yields it."""

from dataclasses import dataclass
from datetime import date


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
