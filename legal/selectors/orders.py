"""An education supervision order as it stands on a day: its days, what is due, its history.

Prosecutions ask two things here: whether an order was considered, and on which days one stood in
place of the offence.
"""

from collections.abc import Iterable, Iterator
from datetime import date

from attendance.models import Enrolment, Pupil
from cases.models import Case
from cases.selectors.shown import Shown
from legal.models import SupervisionOrder
from rules.dates import DateRange
from rules.marks import DatedSession
from rules.supervision_order_stages import SUPERVISION, SupervisionState
from rules.supervision_orders import Order, days_in_force

S = SupervisionState
ORDER_PAGE = "legal:order"


def subject_of(order: SupervisionOrder) -> str:
    """How events, letters and deadlines name it."""
    return f"legal.SupervisionOrder:{order.pk}"


def as_made(order: SupervisionOrder) -> Order | None:
    """The order as the rules read it; None while the court has made none."""
    if order.made_on is None:
        return None
    return Order(
        made_on=order.made_on,
        born=order.pupil.born_on,
        extended_to=order.extended_to,
        care_order_on=order.care_order_on,
        discharged_on=order.discharged_on,
    )


# What a prosecution asks


def considered(pupil: Pupil, today: date) -> SupervisionOrder | None:
    """The newest order that the council considered for a child by a day; None where it did not."""
    return (
        SupervisionOrder.objects.filter(pupil=pupil, considered_on__lte=today)
        .select_related("case", "enrolment", "pupil", "school", "made_by")
        .order_by("-considered_on", "-pk")
        .first()
    )


def outcome_of(order: SupervisionOrder) -> str:
    """What was decided and why, in words; "" while nothing is decided.

    `rules.supervision_orders.considered_refusal` takes it as the outcome.
    """
    if order.state == S.CONSIDERED:
        return ""
    said = SUPERVISION.labels[S(order.state)]
    why = reason_of(order)
    return f"{said}: {why.lower()}. {order.considered}" if why else f"{said}. {order.considered}"


def reason_of(order: SupervisionOrder) -> str:
    """Why it was not sought, or why it ended, in words; "" while neither."""
    return next((one.words for one in SUPERVISION.reasons if one.key == order.reason), "")


def days_under_order(pupil: Pupil) -> tuple[DateRange, ...]:
    """The days on which an order of this child stood in place of the offence, oldest first."""
    rows = SupervisionOrder.objects.filter(pupil=pupil, made_on__isnull=False)
    orders = [as_made(row) for row in rows.select_related("pupil").order_by("made_on", "pk")]
    return tuple(days_in_force(order) for order in orders if order is not None)


def sessions_under_order(pupil: Pupil, sessions: Iterable[DatedSession]) -> frozenset[DatedSession]:
    """Which of these sessions fell under an order: no part of a prosecution. One query."""
    ranges = days_under_order(pupil)
    return frozenset(session for session in sessions if any(session.day in days for days in ranges))


# What the gate asks


def for_the_gate(enrolment: Enrolment, case: Case | None) -> Iterator[tuple[str, Shown]]:
    """That an order was considered, once it is decided what comes of it. One query."""
    rows = SupervisionOrder.objects.filter(enrolment=enrolment).exclude(state=S.CONSIDERED.value)
    for row in rows.select_related("made_by").order_by("considered_on", "pk"):
        words = f"Education supervision order: {SUPERVISION.labels[S(row.state)].lower()}"
        at = (row.reference,)
        yield (
            "order_considered",
            Shown("document", row.considered_on, words, row.made_by.name, ORDER_PAGE, at),
        )
