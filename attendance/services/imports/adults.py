"""One row of a file of adults: the adult, and what they are to the pupil.

A protection is never lowered by a file.
"""

from collections.abc import Sequence

from django.db import models

from attendance.imports.problems import Kind
from attendance.models import Adult, AdultLink, CareOrder
from attendance.services.imports.people_known import Known, PeoplePlan, Refused, Values, once, put
from attendance.services.pupils import ADULT_FIELDS, sort_name

LINK_FIELDS = (
    "relationship",
    "parental_responsibility",
    "has_care",
    "priority",
    "may_contact",
    "court_order",
    "court_order_note",
    "emergency_contact",
)
ORDERS = (CareOrder.NO_CONTACT, CareOrder.NO_INFORMATION, CareOrder.OTHER)


def take_adult(read: Values, known: Known, made: PeoplePlan) -> None:
    """One row of a file of adults: the adult, and what they are to the pupil."""
    if not known.adults_loaded:
        known.load_adults()
    pupil = known.on_roll(read)
    details = {name: read[name] for name in ADULT_FIELDS if name in read}
    if "address" in read or "address_2" in read:
        parts = [read.get(name, "") for name in ("address", *(f"address_{n}" for n in (2, 3, 4)))]
        details["address"] = "\n".join(filter(None, parts))
    links = known.links.setdefault(id(pupil), [])
    adult = _find_adult(read, known, links)
    link = next((one for one in links if adult is not None and one.adult is adult), None)
    wanted = _link_values(read, link)
    if adult is None:
        adult = Adult(
            authority=known.school.authority, external_id=read.get("adult_id", ""), **details
        )
        made.made.append(adult)
        known.in_file[_as_written(adult)] = adult
    else:
        _keep_protection(adult, "protected_address", details, ("yes",))
        once(known, ("link", id(pupil), id(adult)), read, "surname")
        put(made, known, adult, details)
    if adult.external_id:
        known.adults[adult.external_id] = adult
    if link is None:
        link = AdultLink(authority=known.school.authority, pupil=pupil, adult=adult, **wanted)
        made.made.append(link)
        links.append(link)
    else:
        put(made, known, link, wanted)


def _find_adult(read: Values, known: Known, links: Sequence[AdultLink]) -> Adult | None:
    """By number among this school's adults; else by name among this pupil's own; else the same
    person, address and all, earlier in the file."""
    if read.get("adult_id"):
        return known.adults.get(read["adult_id"])
    wanted = sort_name(read["surname"], read.get("forenames", ""))
    for link in links:
        if sort_name(link.adult.surname, link.adult.forenames) == wanted:
            return link.adult
    if not read.get("postcode") or not read.get("forenames"):
        return None
    parts = [read.get(name, "") for name in ("address", *(f"address_{n}" for n in (2, 3, 4)))]
    return known.in_file.get(
        (
            read.get("title", ""),
            read["forenames"],
            read["surname"],
            "\n".join(filter(None, parts)),
            read["postcode"],
        )
    )


def _as_written(adult: Adult) -> tuple[str, ...]:
    return (adult.title, adult.forenames, adult.surname, adult.address, adult.postcode)


def _keep_protection(
    row: models.Model, name: str, wanted: Values, protecting: Sequence[str]
) -> None:
    """A protection that we hold stays: unknown in the file says nothing, less is refused."""
    held, said = getattr(row, name), wanted.get(name)
    if said is None or said == held:
        return
    if said == "unknown":
        del wanted[name]
    elif held in protecting and said not in protecting:
        reason = (
            "We hold a protection for this adult that the file does not. Check with the family, "
            "then change it on the adult's page."
        )
        raise Refused(Kind.CONFLICT, reason, name)


def _link_values(read: Values, link: AdultLink | None) -> Values:
    """What the row says of the adult and this pupil, without what would lower a protection."""
    wanted = {name: read[name] for name in LINK_FIELDS if name in read}
    if "emergency_contact" in wanted:
        wanted["emergency_contact"] = wanted["emergency_contact"] == "yes"
    if link is None:
        return wanted
    _keep_protection(link, "court_order", wanted, ORDERS)
    _keep_protection(link, "may_contact", wanted, ("no",))
    for name in ("parental_responsibility", "has_care"):
        if wanted.get(name) == "unknown":
            del wanted[name]  # the file does not say: what we know stays
    return wanted
