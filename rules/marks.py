"""The words in which registers are spoken: a session, and a mark made for one."""

import enum
from datetime import date
from typing import NamedTuple


class Session(enum.IntEnum):
    """One half of a school day. The numbers order a day and index the mark store."""

    AM = 0
    PM = 1

    @property
    def words(self) -> str:
        """How the session reads on a page."""
        return "morning" if self is Session.AM else "afternoon"


class DatedSession(NamedTuple):
    """One half of one day. Sorts in time order."""

    day: date
    session: Session


class Mark(NamedTuple):
    """One pupil's attendance code for one session. Sorts in time order.

    A session with no mark has no Mark: a blank is absence of a record, never a code.
    """

    day: date
    session: Session
    code: str

    @property
    def when(self) -> DatedSession:
        """The session without its code."""
        return DatedSession(self.day, self.session)
