"""Letters that the school sent itself, for tests."""

from typing import Any

from attendance.models import Adult
from cases.models import Case, LoggedLetter
from cases.services import logged_letters
from cases.services.logged_letters import Sent
from tests.cases.family import NOW, Family
from tests.cast import TODAY, Cast

LETTER_4 = "dorset:letter_4"


def sent(*adults: Adult, **changes: Any) -> Sent:
    """Dorset's letter 4 by post, today, to these adults."""
    asked: dict[str, Any] = {
        "letter": LETTER_4,
        "adults": tuple(adult.reference for adult in adults),
        "way": "post",
        "sent_on": TODAY,
    }
    return Sent(**{**asked, **changes})


def log(family: Family, *adults: Adult, **changes: Any) -> list[LoggedLetter]:
    """The officer logs it on the family's case."""
    return logged_letters.log(
        reach=family.reach,
        case=family.case or family.open_case(),
        sent=sent(*adults, **changes),
        now=NOW,
        today=TODAY,
    )


def of_the_world(cast: Cast, case: Case, adult: Adult) -> dict[str, Any]:
    """One that was logged, for its route."""
    (row,) = logged_letters.log(
        reach=cast.reach(cast.officer), case=case, sent=sent(adult), now=NOW, today=TODAY
    )
    return {"logged": row}
