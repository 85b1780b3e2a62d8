"""The adults around a pupil as a person may see them."""

from dataclasses import dataclass

from attendance.access import PupilHere, hidden_because
from attendance.models import AdultLink, CareOrder, YesNoUnknown
from authorities.permissions import Permission


@dataclass(frozen=True, slots=True)
class AdultCard:
    """One adult as this person may see them. Contact details are empty where they are hidden.

    hidden_because  why address, email and phone are not shown, in words; empty when they are
    """

    link: AdultLink
    name: str
    relationship: str
    parental_responsibility: str
    care: str
    contact: str
    warnings: tuple[str, ...]
    address: str
    hidden_because: str
    email: str
    phone: str
    language: str
    needs: str


def adult_cards(here: PupilHere) -> list[AdultCard]:
    """The adults around a pupil, first contact first. One query."""
    links = (
        AdultLink.objects.filter(authority=here.pupil.authority_id, pupil=here.pupil)
        .select_related("adult")
        .order_by("priority", "adult__surname", "pk")
    )
    return [_adult_card(link, here.sees) for link in links]


def _adult_card(link: AdultLink, sees: frozenset[Permission]) -> AdultCard:
    adult = link.adult
    contacts = Permission.VIEW_CONTACTS in sees
    because = hidden_because(adult, sees)
    lines = [*adult.address.splitlines(), adult.postcode]
    return AdultCard(
        link=link,
        name=adult.name,
        relationship=link.relationship,
        parental_responsibility=YesNoUnknown(link.parental_responsibility).label,
        care=YesNoUnknown(link.has_care).label,
        contact=YesNoUnknown(link.may_contact).label,
        warnings=_warnings(link) if contacts else (),
        address="" if because else "\n".join(line for line in lines if line),
        hidden_because=because,
        email="" if because else adult.email,
        phone="" if because else adult.phone,
        language=adult.language if contacts else "",
        needs=adult.needs if contacts else "",
    )


def _warnings(link: AdultLink) -> tuple[str, ...]:
    """What somebody must know before they call or write."""
    order = CareOrder(link.court_order)
    found = []
    if order in {CareOrder.NO_CONTACT, CareOrder.NO_INFORMATION, CareOrder.OTHER}:
        found.append(f"Court order: {order.label.lower()}")
    if order is CareOrder.UNKNOWN:
        found.append("Court order: not known, so ask before you write")
    if link.may_contact == YesNoUnknown.NO:
        found.append("Do not contact")
    return tuple(found)
