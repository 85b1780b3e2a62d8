"""A letter is for one parent alone: what somebody typed into it names no other adult of the child.

The words of a notice go to each of its parents as they stand, also to one from whom the other is
kept safe. So they are read before they go.
"""

import calendar
import re
from collections.abc import Collection

from attendance.models import Adult, AdultLink, Pupil
from rules.errors import RuleNotMet

NAMES_ANOTHER = (
    "This text names another adult of the child, or where they live. Each letter is for one parent"
    " alone: take it out."
)
CALENDAR = frozenset((*calendar.month_name, *calendar.day_name))


def refuse_others(pupil: Pupil, texts: Collection[str], adult: Adult) -> None:
    """Raise RuleNotMet where a text to one adult names another one of the child, or their home.

    A name or an address that both share tells the reader nothing new. Whole words count, as they
    are written: somebody called Long keeps nobody from writing of a long way.
    """
    said = " ".join(" ".join(texts).split())
    known = _marks(adult) | {pupil.surname}
    links = AdultLink.objects.filter(pupil=pupil).exclude(adult=adult).select_related("adult")
    for link in links.order_by("pk"):
        if any(_written(mark, said) for mark in _marks(link.adult) - known):
            raise RuleNotMet(NAMES_ANOTHER)


def _written(mark: str, said: str) -> bool:
    """Whether a name, a line of an address or a postcode is written in a text."""
    return re.search(rf"(?<!\w){re.escape(mark)}(?!\w)", said) is not None


def _marks(adult: Adult) -> set[str]:
    """What tells who and where somebody is: names, the first line of the address, the postcode.

    A surname that is a month or a day of the week tells only with what stands before it.
    """
    lines = [*adult.address.splitlines()[:1], adult.postcode, adult.postcode.replace(" ", "")]
    names = [adult.name, f"{adult.forenames} {adult.surname}", f"{adult.title} {adult.surname}"]
    if adult.surname not in CALENDAR:
        names.append(adult.surname)
    found = {" ".join(line.split()) for line in (*lines, *names)}
    return {line for line in found if len(line) > 2 and line not in CALENDAR}
