"""What every change of a supervision order shares: the lock, the move, its clocks, who is told."""

from datetime import date, datetime, timedelta
from typing import Any

from attendance.models import Adult
from audit.record import Kind, record
from authorities.models import User
from cases.models import DeadlineKind
from cases.services import deadlines
from legal.models import LegalEvent, SupervisionOrder
from legal.selectors.orders import IN_FORCE, as_made, review_due, subject_of, window_of
from legal.selectors.waiting_work import READ_WITHIN
from rules.dates import in_words
from rules.errors import Conflict, InvalidInput
from rules.moves import Mover
from rules.supervision_order_stages import SUPERVISION, SupervisionState
from rules.supervision_orders import Order, last_day

S = SupervisionState
STALE = "Somebody changed this order since you opened the page. Look at it again first."
CLOSED = "This case is closed. Open a new one first."
# Our defaults, no law: how long each of these may wait.
WAITS = {
    S.CONSIDERED: ("Decide whether to go on with", timedelta(days=14)),
    S.CONSULTING: ("Record what social services and the family say about", timedelta(days=14)),
    S.APPLIED: ("Record what the family court decided on", timedelta(days=28)),
    S.BREACHED: ("Directions are not followed: decide what follows under", timedelta(days=14)),
}
CLOCKS = ("", ":review", ":extension", ":end")


def locked(order: SupervisionOrder, version: int | None) -> SupervisionOrder:
    """The order as it is now, held to the end of the transaction. Raises Conflict for a stale form.

    version  of the order when its form was read; None for what rests on no form
    """
    found = (
        SupervisionOrder.objects.select_for_update(of=("self",), no_key=True)
        .select_related(
            "authority", "school__trust", "case__school", "case__pupil", "enrolment", "pupil"
        )
        .get(pk=order.pk)
    )
    found.enrolment.school, found.enrolment.pupil = found.school, found.pupil
    found.case.enrolment = found.enrolment
    if version is not None and found.version != version:
        raise Conflict(STALE)
    return found


def moved(
    order: SupervisionOrder,
    event: str,
    *,
    by: User | None,
    on: date,
    today: date,
    now: datetime,
    words: str = "",
    facts: dict[str, Any] | None = None,
    adult: Adult | None = None,
    mover: Mover = Mover.COUNCIL,
    **changes: Any,
) -> SupervisionOrder:
    """Make one move of a locked order: its state, its days, its history, the audit, its clocks.

    Raises StageMoveNotAllowed and NotYourMove in words.
    """
    start = S(order.state)
    move = SUPERVISION.move_by(start, event, mover)
    for name, value in changes.items():
        setattr(order, name, value)
    order.state, order.version = move.end.value, order.version + 1
    if move.end in SUPERVISION.over and start not in SUPERVISION.over:
        order.ended_on = on
    set_days(order)
    order.save()
    write(order, event, by=by, on=on, now=now, words=words, facts=facts, adult=adult, start=start)
    record(
        Kind.ORDER_MOVED,
        by=by,
        authority=order.authority,
        school=order.school,
        on=order,
        reference=order.reference,
        what=move.words.lower(),
    )
    if order.ended_on is not None:
        tell_school(order, by=by, on=on, now=now)
    watch(order, today, by=by, anew=move.end in IN_FORCE and event in ("make", "extend"))
    return order


def made_of(order: SupervisionOrder) -> Order:
    """An order that the court made, as the rules read it: in force, or over."""
    made = as_made(order)
    assert made is not None  # noqa: S101 - no state but those before the court has none
    return made


def set_days(order: SupervisionOrder) -> None:
    """Work out its last day and its next review from its dates. Does not save."""
    made = as_made(order)
    in_force = S(order.state) in IN_FORCE and made is not None
    order.ends_on = last_day(made) if made is not None else None
    order.review_due = review_due(order) if in_force else None


def write(
    order: SupervisionOrder,
    event: str,
    *,
    by: User | None,
    on: date,
    now: datetime,
    words: str = "",
    facts: dict[str, Any] | None = None,
    adult: Adult | None = None,
    start: SupervisionState | None = None,
) -> LegalEvent:
    """Add a line to its history. adult: the only parent whom it concerns, where it is one."""
    return LegalEvent.objects.create(
        authority_id=order.authority_id,
        enrolment_id=order.enrolment_id,
        school_id=order.school_id,
        subject=subject_of(order),
        adult=adult,
        event=event,
        start=(start or S(order.state)).value,
        end=order.state,
        on=on,
        words=words,
        facts=facts or {},
        made_by=by,
        made_at=now,
    )


def tell_school(
    order: SupervisionOrder, *, by: User | None, on: date, now: datetime, words: str = ""
) -> None:
    """Write down what the school is told, and put it on its list."""
    said = words or SUPERVISION.labels[S(order.state)]
    write(order, "tell_school", by=by, on=on, now=now, words=f"The school was told: {said}.")
    if order.case.closed_on is None:
        deadlines.start(
            case=order.case,
            kind=DeadlineKind.LEGAL,
            words=f"Read what became of education supervision order {order.reference}: "
            f"{said.lower()}",
            since=on,
            by=on + READ_WITHIN,
            about=f"{subject_of(order)}:outcome",
            nothing="The school may not know what the order asks, or that it is over.",
        )


def watch(
    order: SupervisionOrder, today: date, *, by: User | None = None, anew: bool = False
) -> None:
    """Keep the clocks that say what is due on the case. anew: the court gave it other days."""
    if order.case.closed_on is not None:
        return
    state = S(order.state)
    name = f"education supervision order {order.reference}"
    _finish(order, "", today, by)
    if state in SUPERVISION.over:
        for clock in CLOCKS[1:]:
            _finish(order, clock, today, by)
        return
    if state in WAITS:
        words, wait = WAITS[state]
        _start(order, "", f"{words} {name}", today, today + wait, "It lapses, or help comes late.")
    if order.review_due is not None:
        nothing = "The order goes on without anybody asking whether it helps."
        _start(order, ":review", f"Review {name}", today, order.review_due, nothing)
    elif state in IN_FORCE:
        _finish(order, ":review", today, by)
    if anew:
        _start_the_end(order, name, today)


def _start_the_end(order: SupervisionOrder, name: str, today: date) -> None:
    """The clocks that follow from the days the court gave: the extension window and the end."""
    last = last_day(made_of(order))
    window = window_of(order)
    if window is not None and window.first is not None:
        words = f"Decide whether to ask the court to extend {name}: possible from that day"
        nothing = f"It ends on {in_words(last)} and cannot be extended after that."
        _start(order, ":extension", words, today, window.first, nothing)
    else:
        _finish(order, ":extension", today, None)
    words = f"Agree what support goes on after {name}, which ends that day"
    _start(order, ":end", words, today, last, "Help stops with the order.")


def _start(
    order: SupervisionOrder, clock: str, words: str, since: date, by: date, nothing: str
) -> None:
    deadlines.start(
        case=order.case,
        kind=DeadlineKind.LEGAL,
        words=words,
        since=since,
        by=by,
        about=f"{subject_of(order)}{clock}",
        nothing=nothing,
    )


def _finish(order: SupervisionOrder, clock: str, today: date, by: User | None) -> None:
    deadlines.finish(
        case=order.case,
        kind=DeadlineKind.LEGAL,
        today=today,
        by=by,
        about=f"{subject_of(order)}{clock}",
    )


# What several services ask of what was typed


def said(words: str, otherwise: str) -> str:
    """A text that must be there. Raises InvalidInput saying what to write."""
    if not words.strip():
        raise InvalidInput(otherwise)
    return words.strip()


def day_from(on: date, first: date | None, today: date, what: str) -> date:
    """A day that is not before `first` and not to come. Raises InvalidInput naming both ends."""
    if on > today or (first is not None and on < first):
        since = f"from {in_words(first)} to today" if first is not None else "today or before"
        raise InvalidInput(f"{what} must be {since}.")
    return on


def refuse_closed(order: SupervisionOrder) -> None:
    """Raise Conflict for a case that was closed."""
    if order.case.closed_on is not None:
        raise Conflict(CLOSED)
