"""An education supervision order as it stands on a day: its days, what is due, its history.

Prosecutions ask two things here: whether an order was considered, and on which days one stood in
place of the offence.
"""

from collections.abc import Iterable, Iterator
from datetime import date, timedelta

from django.db.models import Max, Q, QuerySet

from attendance.models import Adult, Enrolment, Flag, Pupil, PupilFlag
from attendance.selectors.flags import in_force
from cases.models import Case, CaseLetter
from cases.selectors.shown import Shown
from legal.models import LegalEvent, OrderDirection, OrderFailure, OrderReview, SupervisionOrder
from rules.dates import DateRange
from rules.marks import DatedSession
from rules.supervision_order_stages import SUPERVISION, SupervisionState
from rules.supervision_orders import (
    Considering,
    Failure,
    Order,
    days_in_force,
    extension_window,
    next_review,
)

S = SupervisionState
IN_FORCE = (S.IN_FORCE, S.EXTENDED, S.BREACHED)
STEP = "supervision_order"
ORDER_PAGE = "legal:order"
# Nothing is decided yet: social services and the family are still being asked.
UNDECIDED = (S.CONSIDERED, S.CONSULTING)
IN_CARE = (Flag.LOOKED_AFTER,)
SAFEGUARDING = (Flag.SOCIAL_WORKER, Flag.CHILD_PROTECTION, Flag.CHILD_IN_NEED)


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
    if S(order.state) in UNDECIDED:
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
    """What orders of this enrolment show before a step. One query.

    That one was considered, once it is decided what comes of it; and of the one that is thought of
    now, that social care agrees.
    """
    rows = SupervisionOrder.objects.filter(enrolment=enrolment).exclude(state=S.CONSIDERED.value)
    for row in rows.select_related("made_by").order_by("considered_on", "pk"):
        words = f"Education supervision order: {SUPERVISION.labels[S(row.state)].lower()}"
        at, by = (row.reference,), row.made_by.name
        if S(row.state) not in UNDECIDED:
            shown = Shown("document", row.considered_on, words, by, ORDER_PAGE, at)
            yield "order_considered", shown
        if row.joint_view and row.answered_on is not None and row.ended_on is None:
            words = "Children's social services agree with an order"
            yield "safeguarding_view", Shown("document", row.answered_on, words, by, ORDER_PAGE, at)


# What its services and its page ask


def met_until(order: SupervisionOrder) -> date | None:
    """The latest day of review that somebody has answered for."""
    found: date | None = order.reviews.aggregate(latest=Max("due"))["latest"]
    return found


def review_due(order: SupervisionOrder) -> date | None:
    """The day by which the next review is due; None when none is any more."""
    made = as_made(order)
    return next_review(made, met_until(order)) if made is not None else None


def failures_of(order: SupervisionOrder, adult: Adult | None = None) -> list[Failure]:
    """Each time that a direction was not followed, as the rules read it: of one parent, or all."""
    rows = OrderFailure.objects.filter(direction__order=order)
    if adult is not None:
        rows = rows.filter(direction__adult=adult)
    days = rows.order_by("pk").values_list("on", "direction__given_on")
    return [Failure(on, given_on) for on, given_on in days]


def flagged(pupil: Pupil, flags: Iterable[Flag], today: date) -> bool:
    """Whether the pupil's record has one of these flags today."""
    rows = PupilFlag.objects.filter(in_force(today), pupil=pupil, kind__in=list(flags))
    return rows.exists()


def considering(order: SupervisionOrder, *, contract_tried: bool, today: date) -> Considering:
    """What is known of a child for whom an order is thought of. The record can only add doubt."""
    return Considering(
        born=order.pupil.born_on,
        in_care=order.in_care or flagged(order.pupil, IN_CARE, today),
        not_attending=bool(order.attendance.strip()),
        consulted_on=order.consulted_on,
        answered_on=order.answered_on,
        parent_told_on=order.parent_told_on,
        contract_tried=contract_tried,
        safeguarding=order.safeguarding or flagged(order.pupil, SAFEGUARDING, today),
        joint_view=order.joint_view,
    )


def window_of(order: SupervisionOrder) -> DateRange | None:
    """The days on which it may be applied to extend it; None where there are none."""
    made = as_made(order)
    if made is None or S(order.state) not in IN_FORCE:
        return None
    days = extension_window(made)
    opens, last = days.first, days.last
    return days if opens is not None and last is not None and opens <= last else None


def events_of(order: SupervisionOrder) -> QuerySet[LegalEvent]:
    """Its history, newest first."""
    return (
        LegalEvent.objects.filter(authority=order.authority_id, subject=subject_of(order))
        .select_related("made_by", "adult")
        .order_by("-pk")
    )


def waits_to_be_told(order: SupervisionOrder) -> bool:
    """Whether it ran out by itself and nobody has told the parents."""
    if order.state != S.ENDED:
        return False
    events = {one.event: one.made_by_id for one in events_of(order)}
    return "tell_end" not in events and events.get("end") is None


def letters_of(order: SupervisionOrder) -> QuerySet[CaseLetter]:
    """Its letters, newest first."""
    rows = CaseLetter.objects.filter(authority=order.authority_id, about=subject_of(order))
    return rows.select_related("letter", "adult").order_by("-pk")


def directions_of(order: SupervisionOrder) -> QuerySet[OrderDirection]:
    """Its directions, newest first, each with the times that it was not followed."""
    rows = order.directions.select_related("adult", "made_by", "letter__letter")
    return rows.prefetch_related("failures__made_by").order_by("-given_on", "-pk")


def reviews_of(order: SupervisionOrder) -> QuerySet[OrderReview]:
    """Its reviews, newest first."""
    return order.reviews.select_related("made_by").order_by("-on", "-pk")


def due_rows(rows: QuerySet[SupervisionOrder], due: str, today: date) -> QuerySet[SupervisionOrder]:
    """The orders for which something is to be done."""
    running = Q(state__in=[one.value for one in IN_FORCE])
    soon = today + timedelta(days=90)
    chosen = {
        "decide": Q(state__in=[S.CONSIDERED.value, S.CONSULTING.value]),
        "review": running & Q(review_due__lte=today + timedelta(days=14)),
        "ending": running & Q(ends_on__lte=soon),
        "breach": Q(state=S.BREACHED.value),
    }
    return rows.filter(chosen[due])


def orders_of(case: Case) -> QuerySet[SupervisionOrder]:
    """Those of a case, newest first."""
    return SupervisionOrder.objects.filter(case=case).order_by("-pk")
