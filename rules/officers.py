"""Who may authorise a penalty notice, on a day."""

import enum
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from rules.dates import DateRange, in_words
from rules.penalty_notices import Answer
from rules.register import rule
from rules.values import VALUES


class Position(enum.StrEnum):
    """What somebody is, as far as the law of penalty notices asks."""

    HEADTEACHER = "headteacher"
    DEPUTY = "deputy headteacher"
    ASSISTANT = "assistant headteacher"
    COUNCIL = "council officer"
    POLICE = "police officer"
    OTHER = "another member of staff"


@dataclass(frozen=True, slots=True)
class Officer:
    """Somebody who would authorise a notice.

    held    when they hold the position
    named   when the headteacher named them in writing, for a deputy or assistant head
    """

    position: Position
    held: DateRange
    named: Collection[DateRange] = ()


@rule("OFF-1", source="PN2007/officers")
def may_authorise(officer: Officer, day: date, *, council_only: bool = False) -> Answer:
    """Whether somebody may authorise a penalty notice on a day, and why.

    The headteacher may; a deputy or assistant head whom the head named for that day; an officer
    of the council; the police. Nobody else, whatever the headteacher has written.
    council_only  the council's code keeps issuing to itself
    """
    found = [
        row
        for row in VALUES["authorised_officer"]
        if row["position"] == officer.position and row["from"] <= day
    ]
    if not found:
        return Answer(
            False,
            "Only a headteacher, a deputy or assistant head whom the headteacher has named, a "
            "council officer or the police can authorise a penalty notice. Ask one of them.",
        )
    row = max(found, key=lambda row: row["from"])
    if day not in officer.held:
        return Answer(
            False,
            f"They were not {officer.position} on {in_words(day)}. "
            "Ask somebody who holds the position on that day.",
        )
    if council_only and officer.position is not Position.COUNCIL:
        return Answer(False, "Here only the council issues penalty notices. Send it a request.")
    if row["named_by_head"] and not any(day in one for one in officer.named):
        return Answer(
            False,
            f"The headteacher had not named this {officer.position} for penalty notices on "
            f"{in_words(day)}. Ask the headteacher to authorise it, or to name them.",
        )
    return Answer(True, f"The {officer.position} may authorise a penalty notice.")
