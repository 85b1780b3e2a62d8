"""The letters about an education supervision order. Each goes to one parent and names no other."""

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
from legal.services import other_parents, papers
from legal.services.improvement_letters import one_line
from legal.services.papers import About
from letters.contexts import SupervisionDirection, SupervisionNews, SupervisionProposed
from rules.dates import in_words
from rules.errors import RuleNotMet

NO_OFFICE = (
    "Say first who parents write to at the council, on the page Council details of the area Legal:"
    " a letter must say it."
)


def about(order: SupervisionOrder) -> About:
    """What its letters are about."""
    return About(subject=subject_of(order), school=order.school, pupil=order.pupil, case=order.case)


def parents_of(order: SupervisionOrder, today: date) -> list[Addressee]:
    """Each adult of the child to whom the law lets us write, some only once a person says how."""
    return [one for one in addressees(order.case, today) if one.decision.way != Way.DO_NOT_WRITE]


def refuse_others(order: SupervisionOrder, texts: Collection[str], adult: Adult) -> None:
    """Raise RuleNotMet where a text to one adult names another one of the child, or their home."""
    other_parents.refuse_others(order.pupil, texts, adult)


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
