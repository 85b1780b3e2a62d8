"""Education supervision orders: who may apply, for whom, how long one lasts, when it is reviewed.

The family court makes one; the council must have considered it before it prosecutes. While it runs
the parent's duty is to follow its directions, in place of the offence of section 444.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from rules.compulsory_age import birthday, compulsory_days
from rules.dates import ONE_DAY, DateRange, in_words, months_after
from rules.penalty_notices import Answer
from rules.register import rule
from rules.values import value_on


@rule("ESO-1", source="CA1989/s36")
def applicant(home: str, school: str, *, agreed: bool) -> Answer:
    """Which council may apply: that of the child's home, or the school's if both have agreed.

    home, school  keys of the councils where the child lives and where the school is
    agreed        they agreed in writing that the school's applies
    """
    if home == school:
        return Answer(True, "This council may apply: the child lives here and is at school here.")
    if agreed:
        return Answer(True, "The council of the school may apply, as both councils have agreed.")
    return Answer(
        False,
        "The council where the child lives applies. Agree with it in writing that the school's does"
        " so instead, or send it the papers.",
    )


@dataclass(frozen=True, slots=True)
class Considering:
    """What is known when a council thinks of an order for a child, on a day.

    born            of the child
    in_care         the child is in the care of a council
    not_attending   the child does not attend regularly, or is not properly educated
    consulted_on    the day social services were asked; answered_on  the day they answered
    parent_told_on  the day the parent was written to
    contract_tried  a contract was offered, or why not is on record
    safeguarding    there are safeguarding concerns; joint_view  social care agrees with an order
    """

    born: date
    in_care: bool
    not_attending: bool
    consulted_on: date | None = None
    answered_on: date | None = None
    parent_told_on: date | None = None
    contract_tried: bool = False
    safeguarding: bool = False
    joint_view: bool = False


@rule("ESO-2", source="CA1989/s36")
def refusals_to_apply(facts: Considering, on: date) -> tuple[str, ...]:
    """Why the council cannot apply for an order on a day, as sentences; none when it can.

    For a child of compulsory school age who is not in care and is not properly educated. Social
    services are asked and the parent is told first; where there are safeguarding concerns social
    care shares the view that an order is right.
    """
    ages = compulsory_days(facts.born)
    needed = (
        (on in ages, "An order is for a child of compulsory school age."),
        (not facts.in_care, "There can be no order for a child in care. Work with social care."),
        (
            facts.not_attending,
            "Record that the child does not attend regularly, and what shows it.",
        ),
        (_by(facts.consulted_on, on), "Ask children's social services first, and record the day."),
        (_by(facts.answered_on, on), "Record what children's social services answered."),
        (_by(facts.parent_told_on, on), "Write to the parent first, and offer a meeting."),
        (facts.contract_tried, "Offer an attendance contract, or record why it does not fit."),
        (
            facts.joint_view or not facts.safeguarding,
            "There are safeguarding concerns: record that social care agrees with an order.",
        ),
    )
    return tuple(sentence for met, sentence in needed if not met)


def _by(day: date | None, on: date) -> bool:
    """Whether something was done by a day."""
    return day is not None and day <= on


@rule("ESO-3", source="EA1996/s447")
def considered_refusal(considered_on: date | None, outcome: str, on: date) -> str:
    """Why a prosecution cannot begin on a day for want of this, as a sentence; "" when it can.

    considered_on  the day on which the council considered an order; outcome  what it decided and
    why, in words

    The council considers an order before it prosecutes, and has that on record.
    """
    if not _by(considered_on, on) or not outcome.strip():
        return (
            "The council must consider an education supervision order before it prosecutes. Record"
            " when that was done, what was decided and why."
        )
    return ""


@dataclass(frozen=True, slots=True)
class Order:
    """One order as the court left it.

    made_on        the day it was made
    born           of the child
    extended_to    the last day the court extended it to, or None
    care_order_on  the day a care order was made, or None
    discharged_on  the day the court discharged it, or None
    """

    made_on: date
    born: date
    extended_to: date | None = None
    care_order_on: date | None = None
    discharged_on: date | None = None


@rule("ESO-4", source="CA1989/sch3")
def time_ends_on(order: Order) -> date:
    """The last day of the time the court gave: one year beginning with the day it was made.

    An extension puts its own last day in place of that.
    """
    if order.extended_to is not None:
        return order.extended_to
    years = value_on("supervision_order", order.made_on)["years"]
    return birthday(order.made_on, years) - ONE_DAY


@rule("ESO-5", source="CA1989/sch3")
def last_day(order: Order) -> date:
    """The last day on which an order is in force.

    Its time runs out, compulsory school age ends, a care order is made or the court discharges
    it, whichever comes first. On the day of a care order or a discharge it is still in force.
    """
    ends = (
        time_ends_on(order),
        compulsory_days(order.born).last,
        order.care_order_on,
        order.discharged_on,
    )
    return min(day for day in ends if day is not None)


@rule("ESO-6", source="EA1996/s444-order")
def days_in_force(order: Order) -> DateRange:
    """The days on which the order stands in place of the offence of section 444."""
    return DateRange(order.made_on, last_day(order))


@rule("ESO-7", source="ONROLL/extension-window")
def extension_window(order: Order) -> DateRange:
    """The days on which the council may apply to extend an order: its last three months.

    From the same day of the month three months before its time ends, to its last day in force.
    """
    return DateRange(*_last_months(order))


def _last_months(order: Order) -> tuple[date, date]:
    """Both ends of the extension window."""
    months = value_on("supervision_order", order.made_on)["extension_months_before"]
    return months_after(time_ends_on(order), -months), last_day(order)


@rule("ESO-8", source="CA1989/sch3")
def extension_refusal(order: Order, *, applied_on: date, new_last: date) -> str:
    """Why an order cannot be extended so, as a sentence; "" when it can.

    applied_on  the day of the application; new_last  the last day of the longer order

    Applied for in its last three months, and longer by at most three years at a time. It may be
    extended more than once.
    """
    first, last = _last_months(order)
    if last < first:
        return f"This order ends on {in_words(last)} in any case, so it cannot be extended."
    if applied_on < first:
        return (
            f"It is too early to apply for an extension. The first day is {in_words(first)}, in the"
            " last months of the order."
        )
    if applied_on > last:
        return (
            f"The order ended on {in_words(last)}, so it cannot be extended. Apply for a new one."
        )
    years = value_on("supervision_order", order.made_on)["extension_years"]
    ends = time_ends_on(order)
    longest = birthday(ends, years)
    if not ends < new_last <= longest:
        return (
            f"An extension ends after {in_words(ends)} and at most {years} years later, on"
            f" {in_words(longest)}. Check the day in the court's order."
        )
    return ""


@rule("ESO-9", source="WTISA/supervision-order")
def review_days(order: Order) -> tuple[date, ...]:
    """The days by which the order is reviewed: every three months from the day it was made.

    While it is in force; none falls after its last day.
    """
    months = value_on("supervision_order", order.made_on)["review_months"]
    ends, days = last_day(order), []
    day = months_after(order.made_on, months)
    while day <= ends:
        days.append(day)
        day = months_after(order.made_on, months * (len(days) + 1))
    return tuple(days)


def next_review(order: Order, met: date | None) -> date | None:
    """The day by which the next review is due; None when none is any more.

    met  the latest of `review_days` that a review has answered for, None for none yet
    """
    return next((day for day in review_days(order) if met is None or day > met), None)


def review_met(order: Order, met: date | None, on: date) -> date | None:
    """Which of `review_days` a review held on a day answers for; None when none is left.

    The latest one that has passed unanswered, so that a late review never pays for the next one;
    else the next one.
    """
    late = [day for day in review_days(order) if day <= on and (met is None or day > met)]
    return late[-1] if late else next_review(order, met)


@dataclass(frozen=True, slots=True)
class Failure:
    """One time that a direction was not followed: the day, and the day it was given."""

    on: date
    given_on: date


# What a parent may answer to a charge of not following directions.
BREACH_DEFENCES = (
    "The parent took all reasonable steps to see that the direction was followed.",
    "The direction was unreasonable.",
    "Another order asked for something else, and both could not be done.",
)


@rule("ESO-10", source="CA1989/sch3")
def breach_refusal(order: Order, failures: Collection[Failure]) -> str:
    """Why a parent cannot be prosecuted for not following directions; "" when they can.

    failures  each time one was not followed

    It takes persistent failure: more than once, as we read it, each after the direction was given
    and while the order was in force.
    """
    days = days_in_force(order)
    counting = [
        one for one in failures if one.on in days and order.made_on <= one.given_on < one.on
    ]
    if len(counting) < 2:
        return (
            "It takes persistent failure to follow directions. Record at least two, each while the"
            " order was in force and after the direction was given."
        )
    return ""


@rule("ESO-11", source="WTISA/supervision-order")
def highest_breach_fine(day: date) -> int:
    """The highest fine in pounds for persistent failure to follow directions, on a day."""
    pounds: int = value_on("supervision_order", day)["breach_fine_pounds"]
    return pounds
