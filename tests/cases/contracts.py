"""A contract with Robin's family: offered, talked through, signed."""

from datetime import date, timedelta
from typing import Any

from attendance.models import Adult, AdultLink
from authorities.permissions import Role
from cases.models import Case, Contract
from cases.services import contracts
from cases.services.contracts import Met, Offer, Told, Wording
from tests.cases.family import NOW, Family
from tests.cast import TODAY, Cast

STARTS = date(2026, 11, 23)
WORDING = Wording(
    promises={
        "parent": ["Bring Robin to school by 8.40 each day", "Ring the school on a first day away"],
        "school": ["A check-in with Mr Finch each Monday"],
        "pupil": ["Go to the check-in"],
    },
    target_percent=95,
    targets="On time four days in five by Christmas",
    reasons="Robin has been anxious in the mornings",
    pupil_says="Maths is hard",
)


def may(family: Family, *adults) -> None:
    """Somebody said that these adults have parental responsibility."""
    for adult in adults or (family.mother, family.father):
        link = family.link(adult)
        link.parental_responsibility = "yes"
        link.save()


def offer(family: Family, *adults, **changes) -> Contract:
    """The officer offers ten weeks to both parents, or to those given."""
    chosen = adults or (family.mother, family.father)
    may(family, *chosen)
    asked = {
        "adults": [adult.reference for adult in chosen],
        "terms": "",
        "starts_on": STARTS,
        "length": 10,
        "wording": WORDING,
        **changes,
    }
    return contracts.offer(
        reach=family.reach,
        case=family.case or family.open_case(),
        offer=Offer(**asked),
        today=TODAY,
        now=NOW,
    )


def meet(family: Family, contract: Contract, **changes) -> Contract:
    """The mother came, and she and the headteacher signed on paper."""
    met = {
        "on": TODAY,
        "present": [family.mother.reference],
        "signed": [family.mother.reference],
        "staff": family.cast.person(Role.HEADTEACHER, "hillside"),
        **changes,
    }
    return contracts.meet(
        reach=family.reach,
        contract=contract,
        version=contract.version,
        met=Met(**met),
        today=TODAY,
        now=NOW,
    )


def tell(family: Family, contract: Contract, event: str, *, later: int = 0, **changes) -> Contract:
    """The officer makes a move, some days later."""
    day = TODAY + timedelta(days=later)
    told = {"event": event, "on": day, "words": f"About {event}", **changes}
    return contracts.move(
        reach=family.reach,
        contract=contract,
        version=contract.version,
        told=Told(**told),
        today=day,
        now=NOW + timedelta(days=later),
    )


def in_force(family: Family, *adults) -> Contract:
    """Offered and agreed."""
    return meet(family, offer(family, *adults))


def of_the_world(cast: Cast, case: Case, adult: Adult) -> dict[str, Any]:
    """A contract in force with the pupil's mother, for the matrix of routes."""
    AdultLink.objects.filter(adult=adult).update(parental_responsibility="yes")
    reach = cast.reach(cast.officer)
    made = contracts.offer(
        reach=reach,
        case=case,
        offer=Offer([adult.reference], "", STARTS, 10, WORDING),
        today=TODAY,
        now=NOW,
    )
    met = Met(TODAY, [adult.reference], [adult.reference], cast.officer)
    made = contracts.meet(
        reach=reach, contract=made, version=made.version, met=met, today=TODAY, now=NOW
    )
    return {"contract": made, "signer": adult}
