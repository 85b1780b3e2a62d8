"""How a penalty notice reaches a parent, and the day it is taken as received.

The day of receipt is the first day to pay (rules/tariffs.py), so each answer says why that day.
"""

import enum
from dataclasses import dataclass
from datetime import date

from rules.dates import in_words
from rules.errors import InvalidInput, RuleNotMet
from rules.register import rule
from rules.school_calendar import working_day_after
from rules.values import value_on


class Method(enum.StrEnum):
    """The ways in which a notice is served."""

    BY_HAND = "by hand"
    POST = "first-class post"
    EMAIL = "e-mail"


class Basis(enum.StrEnum):
    """What a day of receipt rests on."""

    HANDED_OVER = "handed over"
    DEEMED = "taken as received"
    SHOWN = "shown to be received"
    NEVER = "never received"


@dataclass(frozen=True, slots=True)
class Service:
    """One serving of one notice.

    sent_on         the day it was handed over, posted or sent
    agreed          the parent agreed in writing to be served in this way; asked of e-mail only
    shown_on        the day on which it is shown to have arrived, where somebody has shown one
    never_received  it is shown that it did not arrive at all: returned, or sworn to
    """

    method: Method
    sent_on: date
    agreed: bool = False
    shown_on: date | None = None
    never_received: bool = False


@dataclass(frozen=True, slots=True)
class Receipt:
    """The day of receipt, None when there was none, what it rests on, and the sentence for it."""

    on: date | None
    basis: Basis
    why: str


def _refuse_contradictions(service: Service) -> None:
    """Raise for a service that cannot have been, so that no clock starts on it."""
    if service.method is Method.EMAIL and not service.agreed:
        raise RuleNotMet(
            "A notice goes by e-mail only to a parent who agreed to it. Post it, or hand it over."
        )
    if service.shown_on and service.never_received:
        raise InvalidInput("A notice cannot have arrived and never arrived. Choose one of them.")
    if service.shown_on and service.shown_on < service.sent_on:
        raise InvalidInput(
            f"The day it arrived must be {in_words(service.sent_on)}, the day it was sent, or later"
        )


@rule("SRV-1", source="DFE/deemed-service")
def received(service: Service, *, working_days: int | None = None) -> Receipt:
    """The day a notice is taken as received: sending and the deemed working days, unless rebutted.

    working_days  the council's own number for this method; None takes the national row of the day
    it was sent. A notice handed over is received that day, also at a weekend. A day that is shown
    wins over the deemed one; a notice shown never to have arrived has no day and starts no clock.
    Raises RuleNotMet for e-mail nobody agreed to, InvalidInput for a contradiction, and NoValue
    where the bank holidays are not known.
    """
    _refuse_contradictions(service)
    if service.never_received:
        return Receipt(None, Basis.NEVER, "It never arrived. Serve it again: no day has run.")
    if service.shown_on:
        return Receipt(
            service.shown_on, Basis.SHOWN, f"It is shown to have arrived {_on(service.shown_on)}."
        )
    if service.method is Method.BY_HAND:
        return Receipt(
            service.sent_on, Basis.HANDED_OVER, f"It was handed over {_on(service.sent_on)}."
        )
    if working_days is None:
        row = value_on("deemed_service", service.sent_on, method=str(service.method))
        working_days = row["working_days"]
    day = working_day_after(service.sent_on, working_days)
    counted = "1 working day" if working_days == 1 else f"{working_days} working days"
    return Receipt(
        day,
        Basis.DEEMED,
        f"Sent by {service.method} {_on(service.sent_on)}: taken as received {counted} later, "
        f"{_on(day)}, unless somebody shows another day.",
    )


def _on(day: date) -> str:
    """A day with its weekday: people check these against a diary."""
    return f"on {day:%A} {in_words(day)}"
