"""The letters about an education supervision order. Each goes to one parent and names no other."""

import calendar
import re
from collections.abc import Collection
from datetime import date, datetime

from attendance.addressing import Way
from attendance.models import Adult
from authorities.access import Reach
from cases.models import CaseLetter
from cases.selectors.letters import Addressee, addressees
from legal.models import SupervisionOrder
from legal.selectors.orders import subject_of
from legal.selectors.penalties import office_of
from legal.services import papers
from legal.services.improvement_letters import one_line
from legal.services.papers import About
from letters.contexts import SupervisionDirection, SupervisionNews, SupervisionProposed
from rules.dates import in_words
from rules.errors import RuleNotMet

NO_OFFICE = (
    "Say first who parents write to at the council, on the page Council details of the area Legal:"
    " a letter must say it."
)
NAMES_ANOTHER = (
    "This text names another adult of the child, or where they live. Each letter is for one parent"
    " alone: take it out."
)
CALENDAR = frozenset((*calendar.month_name, *calendar.day_name))


def about(order: SupervisionOrder) -> About:
    """What its letters are about."""
    return About(subject=subject_of(order), school=order.school, pupil=order.pupil, case=order.case)


def parents_of(order: SupervisionOrder, today: date) -> list[Addressee]:
    """Each adult of the child to whom the law lets us write, some only once a person says how."""
    return [one for one in addressees(order.case, today) if one.decision.way != Way.DO_NOT_WRITE]


def refuse_others(order: SupervisionOrder, texts: Collection[str], adult: Adult) -> None:
    """Raise RuleNotMet where a text to one adult names another one of the child, or their home.

    A name or an address that both share tells the reader nothing new. Whole words count, as they
    are written: somebody called Long keeps nobody from writing of a long way.
    """
    said = " ".join(" ".join(texts).split())
    known = _marks(adult) | {order.pupil.surname}
    for one in addressees(order.case, order.considered_on):
        if one.adult.pk == adult.pk:
            continue
        if any(_written(mark, said) for mark in _marks(one.adult) - known):
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


def _common(order: SupervisionOrder, officer: str, today: date) -> dict[str, object]:
    """What each letter says of the council. Raises RuleNotMet where nobody has said it."""
    office = office_of(order.authority_id)
    if office is None:
        raise RuleNotMet(NO_OFFICE)
    lines = [line.strip() for line in office.address.splitlines() if line.strip()]
    return {
        "letter_date": today,
        "notice_reference": order.reference,
        "child_name": order.pupil.name,
        "school_name": order.school.name,
        "officer": officer,
        "council_name": office.name,
        "council_contact": office.contact,
        "council_lines": (*lines, office.postcode),
    }


def proposed(
    order: SupervisionOrder, *, reason: str, meeting: str, officer: str, today: date
) -> SupervisionProposed:
    """That the council thinks of asking for an order."""
    return SupervisionProposed(
        **_common(order, officer, today),  # type: ignore[arg-type]
        reason=one_line(reason),
        meeting=one_line(meeting),
    )


def direction(
    order: SupervisionOrder, *, words: str, given_on: date, officer: str, today: date
) -> SupervisionDirection:
    """One direction to a parent."""
    return SupervisionDirection(
        **_common(order, officer, today),  # type: ignore[arg-type]
        direction=one_line(words),
        given_on=in_words(given_on),
        until=in_words(order.ends_on or today),
    )


def tell_parents(
    order: SupervisionOrder,
    *,
    result: str,
    reason: str,
    what_next: str,
    reach: Reach,
    today: date,
    now: datetime,
) -> list[CaseLetter]:
    """Write to each parent what became of it: at once, or held for a person where in doubt."""
    context = SupervisionNews(
        **_common(order, reach.user.name, today),  # type: ignore[arg-type]
        result=one_line(result),
        reason=one_line(reason),
        what_next=one_line(what_next),
    )
    parents = parents_of(order, today)
    for one in parents:
        refuse_others(order, (reason, what_next), one.adult)
    told = [
        papers.tell(about(order), one.adult, context, reach=reach, today=today, now=now)
        for one in parents
    ]
    return [one for one in told if one is not None]
