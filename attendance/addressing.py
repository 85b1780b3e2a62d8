"""May we write to this adult about this pupil, and by post? Fails closed: unknown is protected.

Each adult is judged alone, by their own link and address (Education Act 1996 s.576: liability is
personal). A letter is never addressed to two people.
"""

import enum
from dataclasses import dataclass
from datetime import date

from attendance.models import Adult, AdultLink, CareOrder, YesNoUnknown

YES, NO, UNKNOWN = YesNoUnknown.YES, YesNoUnknown.NO, YesNoUnknown.UNKNOWN


class Way(enum.StrEnum):
    """What may be done with a letter to one adult."""

    POST = "post"
    HOLD = "hold"
    DO_NOT_WRITE = "do not write"


@dataclass(frozen=True, slots=True)
class Decision:
    """The way, with a code for each reason and one sentence for the person who asks why.

    A person who releases a held letter accepts these codes and no others: when a new reason
    comes up, the letter is held again.
    """

    way: Way
    codes: tuple[str, ...]
    reason: str


FORBIDDEN = {
    "no_information": "A court order says this adult must not be told about the pupil.",
    "not_to_be_contacted": "The record says not to contact this adult.",
    "not_a_parent": "This adult has neither parental responsibility nor care of the pupil.",
    "care_ended": "This adult's care of the pupil has ended and they have no parental "
    "responsibility.",
}
DOUBTS = {
    "order_asks_first": "A court order is on record: ask before writing.",
    "order_unknown": "Nobody has said whether there is a court order.",
    "contact_unknown": "Nobody has said whether this adult may be contacted.",
    "parent_unknown": "Nobody has said whether this adult has parental responsibility or care.",
    "address_protected": "This adult's address is protected.",
    "address_unknown": "Nobody has said whether this adult's address is protected.",
    "no_address": "There is no full address for this adult.",
}


def may_write_to(adult: Adult, link: AdultLink, day: date) -> Decision:
    """Whether a letter about the link's pupil may go to this adult on `day`.

    Pure: reads the two rows and nothing else. What forbids comes before what only gives doubt.
    """
    forbidden = _forbidden(link, day)
    if forbidden:
        return Decision(Way.DO_NOT_WRITE, (forbidden,), FORBIDDEN[forbidden])
    doubts = tuple(_doubts(adult, link, day))
    if doubts:
        return Decision(Way.HOLD, doubts, " ".join(DOUBTS[code] for code in doubts))
    return Decision(Way.POST, (), "Goes by post to this adult's own address.")


def _forbidden(link: AdultLink, day: date) -> str:
    """The reason that forbids writing, or nothing."""
    if link.court_order == CareOrder.NO_INFORMATION:
        return "no_information"
    if link.may_contact == NO:
        return "not_to_be_contacted"
    if link.parental_responsibility == NO and link.has_care == NO:
        return "not_a_parent"
    if link.parental_responsibility == NO and not _in_care_period(link, day):
        return "care_ended"
    return ""


def _in_care_period(link: AdultLink, day: date) -> bool:
    started = link.care_from is None or link.care_from <= day
    return started and (link.care_to is None or day <= link.care_to)


def _doubts(adult: Adult, link: AdultLink, day: date) -> list[str]:
    """Every reason why a person must look first."""
    has_care = link.has_care == YES and _in_care_period(link, day)
    checks = (
        ("order_asks_first", link.court_order in (CareOrder.NO_CONTACT, CareOrder.OTHER)),
        ("order_unknown", link.court_order not in KNOWN_ORDERS),
        ("contact_unknown", link.may_contact != YES),
        ("parent_unknown", link.parental_responsibility != YES and not has_care),
        ("address_protected", adult.protected_address == YES),
        ("address_unknown", adult.protected_address not in (YES, NO)),
        ("no_address", not (adult.address.strip() and adult.postcode.strip())),
    )
    return [code for code, applies in checks if applies]


KNOWN_ORDERS = (
    CareOrder.NONE,
    CareOrder.NO_CONTACT,
    CareOrder.NO_INFORMATION,
    CareOrder.OTHER,
)


def address_lines(adult: Adult) -> list[str]:
    """The lines for the envelope: name, address, postcode; empty lines left out."""
    lines = [adult.name, *adult.address.splitlines(), adult.postcode]
    return [" ".join(line.split()) for line in lines if line.strip()]
