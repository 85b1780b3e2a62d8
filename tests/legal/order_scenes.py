"""An education supervision order for Robin: thought of by one officer, applied for by another."""

from datetime import UTC, date, datetime, time
from typing import Any

from authorities.access import Reach
from authorities.permissions import Role
from cases.models import Case
from legal.models import OrderDirection, OrderFailure, SupervisionOrder
from legal.selectors.gates import gate_of
from legal.services import order_life, orders
from legal.services.orders import Application, Asking, Heard
from tests.cases.family import NOW, Family
from tests.cast import TODAY, Cast
from tests.legal.gate_scenes import say, who

STEP = "supervision_order"
WHY = "Help at home would get mornings going."
SHOWS = "Ten half days without leave since September."


def at(day: date) -> datetime:
    """Nine in the morning of a day."""
    return datetime.combine(day, time(9), tzinfo=UTC)


def legal(family: Family) -> Reach:
    """Who considers and keeps it: Northmoor's legal officer."""
    return who(family, Role.LEGAL_OFFICER)


def second(family: Family) -> Reach:
    """Who applies: Northmoor's authorising officer."""
    return who(family, Role.AUTHORISING_OFFICER)


def edge(
    family: Family, order: SupervisionOrder, today: date = TODAY, reach: Reach | None = None
) -> dict[str, Any]:
    """What every service about an order is given, with the version as it is now."""
    order.refresh_from_db()
    return {
        "reach": reach or legal(family),
        "order": order,
        "version": order.version,
        "today": today,
        "now": at(today),
    }


def considered(family: Family, **changes: Any) -> SupervisionOrder:
    """The legal officer considered an order today."""
    given = {
        "case": family.case or family.open_case(),
        "on": TODAY,
        "words": WHY,
        "attendance": SHOWS,
        "safeguarding": False,
        "today": TODAY,
        "now": NOW,
        **changes,
    }
    return orders.consider(**{"reach": legal(family), **given})


def consulted(
    family: Family, order: SupervisionOrder | None = None, **changes: Any
) -> SupervisionOrder:
    """Social services were asked, and both parents written to, or those that are named."""
    order = order or considered(family)
    releases = changes.pop("releases", None)
    asking = {
        "asked_on": TODAY,
        "whom": "The duty manager, by secure mail",
        "adults": [family.mother.reference, family.father.reference],
        "reason": "Robin missed ten half days without leave.",
        "meeting": "Please meet us on Tuesday 24 November 2026 at 10am, at the school.",
        **changes,
    }
    return orders.consult(asking=Asking(**asking), releases=releases, **edge(family, order))


def heard(
    family: Family, order: SupervisionOrder | None = None, **changes: Any
) -> SupervisionOrder:
    """Social services and the family have answered. said: by the family."""
    order = order or consulted(family)
    heard = {
        "answered_on": TODAY,
        "social_care": "No plan of ours is open.",
        "family": changes.pop("said", "Robin wants help in the mornings."),
        **changes,
    }
    return orders.hear(heard=Heard(**heard), **edge(family, order))


def gate_opens(family: Family) -> None:
    """What the law asks before an application is said by the right people."""
    for test in ("contract_explored", "safeguarding_view"):
        say(family, STEP, test)
    say(family, STEP, "council_decides", reach=legal(family))


def seen(order: SupervisionOrder, today: date = TODAY) -> str:
    """What the page shows of the gate."""
    order.enrolment.school, order.enrolment.pupil = order.school, order.pupil
    return gate_of(enrolment=order.enrolment, step=STEP, today=today, case=order.case).seen


def apply(
    family: Family, order: SupervisionOrder, reach: Reach | None = None, **changes: Any
) -> SupervisionOrder:
    """The authorising officer applies."""
    given = {"on": TODAY, "court": "The family court at Northmoor", **changes}
    return orders.apply(
        application=Application(**given),
        seen=seen(order),
        **edge(family, order, reach=reach or second(family)),
    )


def applied(family: Family) -> SupervisionOrder:
    """Everything was done first, and the council has applied."""
    order = heard(family)
    gate_opens(family)
    return apply(family, order)


def made(family: Family, on: date = TODAY, today: date | None = None) -> SupervisionOrder:
    """The court made it."""
    return orders.make(
        on=on,
        supervisor="Jo Lark",
        words="Jo Lark visits you in the first week.",
        **edge(family, applied(family), today or on),
    )


def directed(
    family: Family, order: SupervisionOrder, day: date = TODAY, **changes: Any
) -> OrderDirection:
    """A direction to the mother, or to whom it says."""
    given = {
        "adult": family.mother.reference,
        "given_on": day,
        "words": "Bring Robin to the gate by 8.40am.",
        "asked": "She agrees; Robin would rather walk.",
        **changes,
    }
    return order_life.direct(**given, **edge(family, order, day))


def failed(
    family: Family, direction: OrderDirection, on: date, today: date | None = None
) -> OrderFailure:
    """The direction was not followed on a day."""
    return order_life.fail(
        direction=direction.pk,
        on=on,
        words="Robin came at 10am; the tutor wrote it down.",
        **edge(family, direction.order, today or on),
    )


def breached(family: Family) -> SupervisionOrder:
    """The mother failed twice, on 18 and 19 November, and that is persistent."""
    order = made(family)
    direction = directed(family, order)
    failed(family, direction, date(2026, 11, 18))
    failed(family, direction, date(2026, 11, 19))
    return order_life.breach(
        words="Twice in two days, after a visit each time.",
        **edge(family, order, date(2026, 11, 19)),
    )


def of_the_world(cast: Cast, case: Case) -> dict[str, Any]:
    """An order in force."""
    reach = cast.reach(cast.person(Role.LEGAL_OFFICER))
    order = orders.consider(
        reach=reach,
        case=case,
        on=TODAY,
        words="Northsecret",
        attendance=SHOWS,
        safeguarding=False,
        today=TODAY,
        now=NOW,
    )
    order.state, order.made_on, order.applied_on = "in force", TODAY, TODAY
    order.applied_by = cast.person(Role.AUTHORISING_OFFICER)
    order.save()
    return {"order": order}
