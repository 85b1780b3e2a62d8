"""An education supervision order in force: directions, reviews, failures, longer, over.

Views are asked before a direction is given. It takes persistent failure before anything follows.
The machine ends an order when its last day has passed, and decides nothing else.
"""

from datetime import date, datetime
from typing import Any

from django.db import transaction

from audit.record import Kind, record
from authorities.access import Reach
from authorities.permissions import Permission
from cases.models import DeadlineKind
from cases.services import deadlines
from legal.models import OrderDirection, OrderFailure, OrderReview, SupervisionOrder
from legal.selectors.orders import (
    IN_FORCE,
    failures_of,
    met_until,
    subject_of,
    waits_to_be_told,
)
from legal.selectors.waiting_work import READ_WITHIN
from legal.services import order_letters as letters
from legal.services import papers
from legal.services.order_moves import (
    day_from,
    locked,
    made_of,
    moved,
    said,
    set_days,
    watch,
    write,
)
from legal.services.papers import Release
from legal.services.penalty_moves import require_council
from rules.compulsory_age import compulsory_days
from rules.dates import in_words
from rules.errors import Conflict, InvalidInput, RuleNotMet
from rules.moves import Mover
from rules.supervision_order_stages import SUPERVISION, SupervisionState
from rules.supervision_orders import (
    breach_refusal,
    days_in_force,
    extension_refusal,
    last_day,
    review_met,
)

S = SupervisionState
P = Permission
NOT_IN_FORCE = "This order is not in force. The court makes it first."


def _in_force(reach: Reach, order: SupervisionOrder, version: int, event: str) -> SupervisionOrder:
    """A locked order from which `event` may be made. Raises Forbidden and Conflict in words."""
    require_council(reach, P.PROSECUTE)
    order = locked(order, version)
    SUPERVISION.move_by(S(order.state), event, Mover.COUNCIL)
    return order


def _day_under(order: SupervisionOrder, on: date, today: date, what: str) -> date:
    """A day on which the order was in force, and not to come. Raises InvalidInput."""
    days = days_in_force(made_of(order))
    if on > today or on not in days:
        last = min(today, days.last or today)
        first = in_words(order.made_on or last)
        raise InvalidInput(f"{what} must be a day of the order, from {first} to {in_words(last)}.")
    return on


@transaction.atomic
def direct(
    *,
    reach: Reach,
    order: SupervisionOrder,
    version: int,
    adult: str,
    given_on: date,
    words: str,
    asked: str,
    today: date,
    now: datetime,
    release: Release | None = None,
) -> OrderDirection:
    """Give a direction to the child, or in writing to one parent, once their views were asked.

    adult    reference of the parent, "" for the child
    asked    what the child and the parents said
    release  how a person takes it on to write to this parent, where there is a doubt

    Raises Forbidden, Conflict, InvalidInput; RuleNotMet where the parent may not be written to.
    """
    order = _in_force(reach, order, version, "direct")
    what = said(words, "Write the direction.")
    views = said(asked, "Ask the child and the parents first, and write what they said.")
    _day_under(order, given_on, today, "The day of the direction")
    parent, letter = None, None
    if adult:
        around = {one.adult.reference: one.adult for one in letters.parents_of(order, today)}
        if adult not in around:
            raise InvalidInput("Choose the child, or a parent to whom we may write.")
        parent = around[adult]
        letters.refuse_others(order, (what,), parent)
        letter = papers.send(
            letters.about(order),
            papers.addressed(order.pupil, parent, release, today),
            letters.direction(
                order, words=what, given_on=given_on, officer=reach.user.name, today=today
            ),
            reach=reach,
            today=today,
            now=now,
        )
    made = OrderDirection.objects.create(
        authority_id=order.authority_id,
        order=order,
        adult=parent,
        given_on=given_on,
        words=what,
        asked=views,
        letter=letter,
        made_by=reach.user,
        made_at=now,
    )
    moved(
        order,
        "direct",
        by=reach.user,
        on=given_on,
        today=today,
        now=now,
        words=what,
        adult=parent,
    )
    return made


@transaction.atomic
def review(
    *,
    reach: Reach,
    order: SupervisionOrder,
    version: int,
    on: date,
    words: str,
    next_steps: str,
    today: date,
    now: datetime,
) -> OrderReview:
    """Record a review: what was found, and what is done until the next one.

    It answers for the latest day that has passed unanswered, else for the next one.
    """
    order = _in_force(reach, order, version, "review")
    _day_under(order, on, today, "The day of the review")
    made = OrderReview.objects.create(
        authority_id=order.authority_id,
        order=order,
        due=review_met(made_of(order), met_until(order), on),
        on=on,
        words=said(words, "Write what was found."),
        next=said(next_steps, "Write what is done until the next review."),
        made_by=reach.user,
        made_at=now,
    )
    moved(order, "review", by=reach.user, on=on, today=today, now=now, words=made.words)
    return made


@transaction.atomic
def fail(
    *,
    reach: Reach,
    order: SupervisionOrder,
    version: int,
    direction: int,
    on: date,
    words: str,
    today: date,
    now: datetime,
) -> OrderFailure:
    """Record one time that a direction was not followed. Whether it is persistent comes later.

    direction  number of one of this order's directions
    """
    require_council(reach, P.PROSECUTE)
    order = locked(order, version)
    if S(order.state) not in IN_FORCE:
        raise Conflict(NOT_IN_FORCE)
    given = order.directions.select_related("adult").filter(pk=direction).first()
    if given is None:
        raise InvalidInput("Choose one of the directions of this order.")
    _day_under(order, on, today, "The day")
    if on <= given.given_on:
        raise InvalidInput(
            f"The direction was given on {in_words(given.given_on)}. Choose a later day."
        )
    made = OrderFailure.objects.create(
        authority_id=order.authority_id,
        direction=given,
        on=on,
        words=said(words, "Write what happened, and how you know."),
        made_by=reach.user,
        made_at=now,
    )
    order.version += 1
    order.save(update_fields=["version"])
    write(order, "fail", by=reach.user, on=on, now=now, words=made.words, adult=given.adult)
    record(
        Kind.ORDER_MOVED,
        by=reach.user,
        authority=order.authority,
        school=order.school,
        on=order,
        reference=order.reference,
        what="a direction was not followed",
    )
    return made


@transaction.atomic
def breach(
    *,
    reach: Reach,
    order: SupervisionOrder,
    version: int,
    words: str,
    today: date,
    now: datetime,
) -> SupervisionOrder:
    """Say that directions are persistently not followed. Raises RuleNotMet while they are not."""
    order = _in_force(reach, order, version, "breach")
    if refusal := breach_refusal(made_of(order), failures_of(order)):
        raise RuleNotMet(refusal)
    why = said(words, "Write why this is persistent, and what was done to help.")
    return moved(order, "breach", by=reach.user, on=today, today=today, now=now, words=why)


@transaction.atomic
def prosecute(
    *,
    reach: Reach,
    order: SupervisionOrder,
    version: int,
    adult: str,
    on: date,
    court: str,
    words: str,
    today: date,
    now: datetime,
) -> SupervisionOrder:
    """Record a prosecution of one parent for persistently not following their directions.

    adult  reference of the parent; on  the day they were charged
    An officer who authorises proceedings records it. Raises RuleNotMet where this parent has not
    failed twice to follow a direction of their own.
    """
    require_council(reach, P.AUTHORISE_PROCEEDINGS)
    order = locked(order, version)
    SUPERVISION.move_by(S(order.state), "prosecute", Mover.COUNCIL)
    given = {
        one.adult.reference: one.adult
        for one in order.directions.select_related("adult")
        if one.adult is not None
    }
    if adult not in given:
        raise InvalidInput("Choose a parent to whom a direction was given.")
    parent = given[adult]
    if refusal := breach_refusal(made_of(order), failures_of(order, parent)):
        raise RuleNotMet(refusal)
    day_from(on, order.made_on, today, "The day of the charge")
    where = said(court, "Write which magistrates' court it goes to.")
    why = said(words, "Write why it is right, and how the defences were weighed.")
    return moved(
        order,
        "prosecute",
        by=reach.user,
        on=on,
        today=today,
        now=now,
        words=why,
        facts={"court": where},
        adult=parent,
    )


@transaction.atomic
def go_on(
    *,
    reach: Reach,
    order: SupervisionOrder,
    version: int,
    words: str,
    today: date,
    now: datetime,
) -> SupervisionOrder:
    """Go on with the order after directions were not followed, and say how."""
    event = "go_on" if order.extended_to is None else "go_on_extended"
    order = _in_force(reach, order, version, event)
    why = said(words, "Write why it goes on, and what is different now.")
    return moved(order, event, by=reach.user, on=today, today=today, now=now, words=why)


@transaction.atomic
def seek_extension(
    *,
    reach: Reach,
    order: SupervisionOrder,
    version: int,
    on: date,
    until: date,
    words: str,
    today: date,
    now: datetime,
) -> SupervisionOrder:
    """Record that the council applied for a longer order.

    until  the last day that it asks for. Raises RuleNotMet outside the order's last three months.
    """
    order = _in_force(reach, order, version, "seek_extension")
    day_from(on, order.made_on, today, "The day of the application")
    if refusal := extension_refusal(made_of(order), applied_on=on, new_last=until):
        raise RuleNotMet(refusal)
    return moved(
        order,
        "seek_extension",
        by=reach.user,
        on=on,
        today=today,
        now=now,
        words=said(words, "Write why a longer order helps this child."),
        facts={"until": until.isoformat()},
        extension_sought_on=on,
    )


@transaction.atomic
def extend(
    *,
    reach: Reach,
    order: SupervisionOrder,
    version: int,
    on: date,
    until: date,
    words: str,
    today: date,
    now: datetime,
) -> SupervisionOrder:
    """Record that the court extended the order to a last day, and tell the parents.

    Raises RuleNotMet where nobody applied in time, or for a day that the law does not allow.
    """
    order = _in_force(reach, order, version, "extend")
    if order.extension_sought_on is None:
        raise RuleNotMet("Record first that the council applied to extend it, and on which day.")
    day_from(on, order.extension_sought_on, today, "The day of the court's order")
    refusal = extension_refusal(
        made_of(order), applied_on=order.extension_sought_on, new_last=until
    )
    if refusal:
        raise RuleNotMet(refusal)
    next_ = said(words, "Write what happens now: the parents read it.")
    moved(
        order,
        "extend",
        by=reach.user,
        on=on,
        today=today,
        now=now,
        words=next_,
        facts={"until": until.isoformat()},
        extended_to=until,
        extension_sought_on=None,
    )
    letters.tell_parents(
        order,
        result=f"The family court made the education supervision order longer on {in_words(on)}.",
        reason=f"Its last day is now {in_words(order.ends_on or until)}.",
        what_next=next_,
        reach=reach,
        today=today,
        now=now,
    )
    return order


@transaction.atomic
def discharge(
    *,
    reach: Reach,
    order: SupervisionOrder,
    version: int,
    on: date,
    words: str,
    today: date,
    now: datetime,
) -> SupervisionOrder:
    """Record that the court discharged the order, and tell the parents."""
    order = _in_force(reach, order, version, "discharge")
    day_from(on, order.made_on, today, "The day of the court's order")
    next_ = said(words, "Write why, and what happens now: the parents read it.")
    moved(
        order,
        "discharge",
        by=reach.user,
        on=on,
        today=today,
        now=now,
        words=next_,
        discharged_on=on,
    )
    _tell_over(reach, order, f"The court ended it on {in_words(on)}.", next_, today, now)
    return order


@transaction.atomic
def end(
    *,
    reach: Reach,
    order: SupervisionOrder,
    version: int,
    reason: str,
    on: date,
    words: str,
    today: date,
    now: datetime,
) -> SupervisionOrder:
    """Record that the order has come to its end, and tell the parents.

    reason  a key of the table's reasons: a care order ends it; time and age do so by themselves
    on      the day of the care order; else the order's own last day counts
    Raises RuleNotMet while its last day has not passed.
    """
    order = _in_force(reach, order, version, "end")
    chosen = SUPERVISION.reason_for(reason, "end")
    next_ = said(words, "Write what happens now: the parents read it.")
    changes: dict[str, Any] = {}
    if chosen.key == "care_order":
        on = day_from(on, order.made_on, today, "The day of the care order")
        changes["care_order_on"] = on
    else:
        on = last_day(made_of(order))
        if today <= on:
            raise RuleNotMet(f"The order is in force until {in_words(on)}. Nothing ends it before.")
        if chosen.key != _by_itself(order, on):
            raise InvalidInput(
                "That is not why it ended: look at its last day and the child's age."
            )
    moved(
        order,
        "end",
        by=reach.user,
        on=on,
        today=today,
        now=now,
        words=f"{chosen.words}. {next_}",
        reason=chosen.key,
        **changes,
    )
    _tell_over(reach, order, f"{chosen.words}. Its last day was {in_words(on)}.", next_, today, now)
    return order


def _by_itself(order: SupervisionOrder, last: date) -> str:
    """Why an order ended that nobody ended: the key of the reason."""
    past_age = compulsory_days(order.pupil.born_on).last == last
    return "past_age" if past_age else "time_up"


def _tell_over(
    reach: Reach, order: SupervisionOrder, reason: str, next_: str, today: date, now: datetime
) -> None:
    letters.tell_parents(
        order,
        result="The education supervision order is over.",
        reason=reason,
        what_next=next_,
        reach=reach,
        today=today,
        now=now,
    )


@transaction.atomic
def tell_end(
    *,
    reach: Reach,
    order: SupervisionOrder,
    version: int,
    words: str,
    today: date,
    now: datetime,
) -> SupervisionOrder:
    """Tell the parents that the order ran out by itself, and what support goes on. Once."""
    require_council(reach, P.PROSECUTE)
    order = locked(order, version)
    if not waits_to_be_told(order):
        raise Conflict("There is no end to tell the parents of, or they were told already.")
    next_ = said(words, "Write what happens now: the parents read it.")
    last = order.ends_on or today
    order.version += 1
    order.save(update_fields=["version"])
    write(order, "tell_end", by=reach.user, on=today, now=now, words=next_)
    deadlines.finish(
        case=order.case,
        kind=DeadlineKind.LEGAL,
        today=today,
        by=reach.user,
        about=f"{subject_of(order)}:told",
    )
    _tell_over(reach, order, f"Its last day was {in_words(last)}.", next_, today, now)
    return order


# Each night


def look_at_days(*, authority_id: int, today: date, now: datetime) -> int:
    """End each order whose last day has passed, and count the days of the others again.

    Answers how many ended. Safe to run twice, and a missed night loses nothing. The parents are
    told by a person: what support goes on is for nobody else to say.
    """
    rows = SupervisionOrder.objects.filter(
        authority=authority_id, state__in=[state.value for state in IN_FORCE]
    )
    ended = 0
    # One order a transaction: one that cannot be ended keeps no other from it.
    for pk in rows.order_by("pk").values_list("pk", flat=True):
        ended += _look_at(SupervisionOrder(pk=pk), today, now)
    return ended


@transaction.atomic
def _look_at(order: SupervisionOrder, today: date, now: datetime) -> bool:
    """One order. Whether it ended."""
    order = locked(order, None)
    if S(order.state) not in IN_FORCE:
        return False
    last = last_day(made_of(order))
    if today <= last:
        before = (order.ends_on, order.review_due)
        set_days(order)
        if before != (order.ends_on, order.review_due):
            order.version += 1
            order.save(update_fields=["ends_on", "review_due", "version"])
            watch(order, today, anew=True)
        return False
    reason = SUPERVISION.reason_for(_by_itself(order, last), "end")
    moved(
        order,
        "end",
        by=None,
        mover=Mover.SYSTEM,
        on=last,
        today=today,
        now=now,
        words=f"{reason.words}. Its last day was {in_words(last)}.",
        reason=reason.key,
    )
    if order.case.closed_on is None:
        deadlines.start(
            case=order.case,
            kind=DeadlineKind.LEGAL,
            words=f"Tell the parents that education supervision order {order.reference} is over",
            since=last,
            by=today + READ_WITHIN,
            about=f"{subject_of(order)}:told",
            nothing="The parents do not know that they are free of its directions.",
        )
    return True
