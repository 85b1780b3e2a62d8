"""How attendance reads on a page: sessions, weekdays, crossings."""

from typing import Any

from django import template

from attendance.models import Crossing, CrossingKind
from attendance.selectors import proof, worklist
from attendance.selectors.books import Book
from attendance.selectors.register_grids import WEEKDAY_NAMES
from frontend.templatetags.govuk import sessions_as_days
from rules.marks import DatedSession, Session

register = template.Library()

LINES = {
    CrossingKind.TEN_IN_TEN: ("10 in 10", "red"),
    CrossingKind.PERSISTENT: ("Persistent", "orange"),
    CrossingKind.SEVERE: ("Severe", "red"),
}


@register.filter
def session_words(when: DatedSession) -> str:
    """A session in words: Friday 9 October 2026, afternoon."""
    return proof.session_words(when)


@register.filter
def weekday_name(weekday: int) -> str:
    """A day of the week, Monday 0: Mon."""
    return WEEKDAY_NAMES[weekday]


@register.filter
def half(session: Session) -> str:
    """A session as it stands in an address: am or pm."""
    return "pm" if session is Session.PM else "am"


@register.filter
def as_days(sessions: int) -> str:
    """Sessions as a bare number of days: 11 is 5½."""
    return sessions_as_days(sessions).split()[0]


@register.filter
def line_word(crossing: Crossing) -> str:
    """The line of a crossing in a word or two."""
    return LINES[CrossingKind(crossing.kind)][0]


@register.filter
def line_colour(crossing: Crossing) -> str:
    """The colour of its tag."""
    return LINES[CrossingKind(crossing.kind)][1]


@register.filter
def crossing_sentence(crossing: Crossing) -> str:
    """What happened, in one sentence."""
    return worklist.sentence(crossing)


@register.filter
def missing_words(book: Book) -> str:
    """How many sessions have no mark, and the first and last of them."""
    missing: Any = book.missing
    first, last = proof.session_words(missing[0]), proof.session_words(missing[-1])
    if len(missing) == 1:
        return f"1 session has no mark: {first}. The figures leave it out."
    return (
        f"{len(missing)} sessions have no mark, from {first} to {last}. The figures leave them out."
    )
