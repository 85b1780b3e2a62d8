"""A Notice to Improve of Robin's family: written by one officer, decided by another."""

from datetime import UTC, date, datetime, time
from typing import Any

from authorities import packs
from authorities.access import Reach
from authorities.permissions import Role
from cases.models import Case
from legal.models import ImprovementNotice
from legal.selectors.gates import gate_of
from legal.services import improvements
from legal.services.improvements import Wording
from tests.cases.family import NOW, Family
from tests.cast import TODAY, Cast
from tests.legal.gate_scenes import say, support, think, who

STEP = "notice_to_improve"
TEXTS = {
    "record": "Ten half days were missed without leave.",
    "duty": "Every day counts. The law asks each parent to see to it.",
    "support": "A mentor each Monday since September.",
    "offer": "The mentor goes on.",
    "success": "No more than 10% of the half days.",
    "early": "More than the notice allows is missed.",
}
FIRST = date(2026, 11, 23)


def at(day: date) -> datetime:
    """Nine in the morning of a day."""
    return datetime.combine(day, time(9), tzinfo=UTC)


def council_issues(family: Family) -> Case:
    """The case under a policy that leaves the notice to the council and asks no list of its own."""
    case = family.open_case()
    packs.adopt(
        authority=family.cast.northmoor,
        pack="barking_dagenham",
        starts_on=date(2026, 11, 1),
        reach=None,
    )
    return case


def the_law_is_met(family: Family) -> None:
    """Everything that the law asks before a notice is said and on file."""
    support(family)
    for test in ("support_appropriate", "sufficient_support", "safeguarding_checked"):
        say(family, STEP, test)
    think(family)


def legal(family: Family) -> Reach:
    """Who writes it for the council."""
    return who(family, Role.LEGAL_OFFICER)


def decider(family: Family) -> Reach:
    """Who decides for the council."""
    return who(family, Role.AUTHORISING_OFFICER)


def begun(family: Family, **changes: Any) -> ImprovementNotice:
    """A draft with every content written."""
    case = family.case or council_issues(family)
    notice = improvements.begin(reach=legal(family), case=case, today=TODAY, now=NOW)
    wording = {
        "weeks": 3,
        "starts_on": FIRST,
        "at_most_percent": 10,
        "texts": TEXTS,
        "adults": [family.mother.reference],
        **changes,
    }
    return improvements.save(
        reach=legal(family),
        notice=notice,
        wording=Wording(**wording),
        version=notice.version,
        today=TODAY,
    )


def sent(family: Family, **changes: Any) -> ImprovementNotice:
    """Waits for a decision."""
    notice = begun(family, **changes)
    return improvements.send(
        reach=legal(family), notice=notice, version=notice.version, today=TODAY, now=NOW
    )


def seen(notice: ImprovementNotice) -> str:
    """What the page shows of the gate."""
    return gate_of(
        enrolment=notice.enrolment, step=STEP, today=TODAY, case=notice.case, improvement=notice
    ).seen


def issued(family: Family, **changes: Any) -> ImprovementNotice:
    """Issued by the other officer."""
    notice = sent(family, **changes)
    the_law_is_met(family)
    return improvements.issue(
        reach=decider(family),
        notice=notice,
        version=notice.version,
        seen=seen(notice),
        today=TODAY,
        now=NOW,
    )


def of_the_world(cast: Cast, case: Case) -> dict[str, Any]:
    """A notice whose weeks run."""
    notice = improvements.begin(
        reach=cast.reach(cast.person(Role.LEGAL_OFFICER)), case=case, today=TODAY, now=NOW
    )
    notice.state, notice.issued_on = "running", TODAY
    notice.decided_by = cast.person(Role.AUTHORISING_OFFICER)
    notice.starts_on, notice.offer = date(2026, 11, 9), "Northsecret"
    notice.save()
    return {"improvement": notice}
