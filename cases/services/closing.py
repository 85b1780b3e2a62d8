"""What ends with a case: refused where somebody must settle it first, else ended with the reason.

In the transaction of whoever closes the case, who has asked whether the person may.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from audit.record import Kind, record
from authorities.access import Reach
from cases.models import Case, Given
from cases.selectors.endings import Ending, endings, token
from cases.selectors.restricted import grants
from cases.services import contracts, cycles, meetings, referrals, siblings, support
from rules.errors import Conflict

CHANGED = (
    "What ends with this case has changed since you opened the page. Read the list again, then"
    " close the case."
)


@dataclass(frozen=True, slots=True)
class Closing:
    """Why a case is closed: the key of the reason, and as each record keeps it."""

    why: str
    because: str


class EndsWithCase(Protocol):
    """Ends each open record of one kind on a case, for the closing's reason."""

    def __call__(
        self, *, reach: Reach, case: Case, because: str, today: date, now: datetime
    ) -> None: ...


def end_all(
    *, reach: Reach, case: Case, closing: Closing, seen: str, today: date, now: datetime
) -> list[str]:
    """End everything that ends with a case. Answers what ended, in sentences, for the history.

    seen  `selectors.endings.token` of the list that the person read

    Raises Conflict, with what to do, for what must be settled first, and when the list has
    changed since it was read. Then nothing has ended.
    """
    found = endings(case, reach, now)
    refuse_unsettled(found, closing.why)
    if token(found) != seen:
        raise Conflict(CHANGED)
    for end in ENDED:
        end(reach=reach, case=case, because=closing.because, today=today, now=now)
    return [one.words for one in found if not one.goes_on]


def refuse_unsettled(found: Sequence[Ending], why: str) -> None:
    """Raise Conflict for what keeps a case from being closed for a reason."""
    stops = list(dict.fromkeys(one.settle for one in found if one.stops(why)))
    if stops:
        raise Conflict(" ".join(stops))


def _shares(*, reach: Reach, case: Case, because: str, today: date, now: datetime) -> None:
    """What outside professionals see ends now: it was for the work on this case."""
    for row in grants(case, Given.SHARED):
        case.grants.filter(user=row.user_id).delete()
        record(
            Kind.CASE_SHARE_ENDED,
            by=reach.user,
            authority=case.authority,
            school=case.school,
            on=case,
            reference=case.reference,
        )


# One for each of selectors.endings.SOURCES, in its order; a legal step is always settled first.
ENDED: Sequence[EndsWithCase] = (
    contracts.end_with_case,
    cycles.end_with_case,
    meetings.end_with_case,
    referrals.end_with_case,
    support.end_with_case,
    _shares,
    siblings.end_with_case,
)
