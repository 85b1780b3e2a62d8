"""Changing what is known of a pupil and the adults around them. Every change is in the audit trail.

The trail names the fields, never their values: a name or an address must not end up in it. The two
protections (address and court order) are closed lists of words, so for those it says from what to
what.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.db import models, transaction

from attendance.models import AdultLink, CareOrder, Pupil, PupilFlag, YesNoUnknown
from attendance.names import sort_name
from audit.record import Kind, record
from authorities.access import Reach
from authorities.models import School
from authorities.permissions import Permission
from rules.errors import Conflict
from rules.upn import read_upn

PUPIL_FIELDS = ("forenames", "surname", "known_as", "upn", "sex", "home_language")
ADULT_FIELDS = (
    "title",
    "forenames",
    "surname",
    "address",
    "postcode",
    "email",
    "phone",
    "language",
    "needs",
    "protected_address",
)
LINK_FIELDS = (
    "relationship",
    "parental_responsibility",
    "has_care",
    "may_contact",
    "emergency_contact",
    "priority",
    "court_order",
    "court_order_note",
)
PROTECTIONS: dict[str, type[models.TextChoices]] = {
    "protected_address": YesNoUnknown,
    "court_order": CareOrder,
}


class NotConfirmed(Conflict):
    """A change that a person must confirm was sent without it."""

    code = "not_confirmed"


@transaction.atomic
def change_pupil(
    *, pupil: Pupil, school: School, by: Reach, changes: Mapping[str, Any]
) -> list[str]:
    """Change a pupil's details. Returns the names of the fields that really changed.

    A new UPN is checked, and the one before it kept as the former UPN. Raises Forbidden,
    InvalidInput for a UPN that fails its check, and Conflict for one that another pupil has.
    """
    by.require(Permission.CHANGE_PUPIL, school)
    pupil = Pupil.objects.select_for_update().get(pk=pupil.pk)
    before = pupil.upn
    changed = _set(pupil, PUPIL_FIELDS, changes)
    if "upn" in changed and pupil.upn:
        pupil.upn = read_upn(pupil.upn).text
        changed = changed if pupil.upn != before else [name for name in changed if name != "upn"]
        if Pupil.objects.filter(authority=by.authority, upn=pupil.upn).exclude(pk=pupil.pk):
            raise Conflict(
                "Another pupil in this authority has this UPN. Check both pupils before you go on."
            )
    if not changed:
        return []
    if "upn" in changed and before:
        pupil.former_upn = before
    pupil.sort_name = sort_name(pupil.surname, pupil.forenames)
    pupil.save()
    _write_down(by, school, pupil, changed, pupil)
    return changed


@transaction.atomic
def add_flag(
    *,
    pupil: Pupil,
    school: School,
    by: Reach,
    kind: str,
    starts_on: date,
    ends_on: date | None,
    note: str,
) -> PupilFlag:
    """Flag a pupil from a day on. Raises Forbidden, or Conflict when the flag is open already."""
    by.require(Permission.CHANGE_PUPIL, school)
    pupil = Pupil.objects.select_for_update().get(pk=pupil.pk)
    same = PupilFlag.objects.filter(pupil=pupil, kind=kind)
    if same.filter(models.Q(ends_on=None) | models.Q(ends_on__gte=starts_on)).exists():
        raise Conflict("The pupil has this flag already. Change or end that one instead.")
    flag = PupilFlag.objects.create(
        authority=by.authority,
        pupil=pupil,
        kind=kind,
        starts_on=starts_on,
        ends_on=ends_on,
        note=note,
    )
    _write_down(by, school, pupil, [f"flag added: {kind}"], pupil)
    return flag


@transaction.atomic
def change_flag(
    *,
    flag: PupilFlag,
    school: School,
    by: Reach,
    starts_on: date,
    ends_on: date | None,
    note: str,
) -> None:
    """Change a flag's days or note. Raises Forbidden."""
    by.require(Permission.CHANGE_PUPIL, school)
    flag = PupilFlag.objects.select_for_update().select_related("pupil").get(pk=flag.pk)
    wanted = {"starts_on": starts_on, "ends_on": ends_on, "note": note}
    changed = _set(flag, tuple(wanted), wanted)
    if changed:
        flag.save()
        _write_down(by, school, flag.pupil, [f"flag changed: {flag.kind}"], flag.pupil)


def protections_changed(link: AdultLink, changes: Mapping[str, Any]) -> list[str]:
    """What a change does to the protections of an adult, in words for a person to confirm."""
    sentences = []
    for name, choices in PROTECTIONS.items():
        before, after = _protection(link, name), changes.get(name)
        if after is not None and after != before:
            label = "Protected address" if name == "protected_address" else "Court order"
            sentences.append(f"{label}: from “{choices(before).label}” to “{choices(after).label}”")
    return sentences


@transaction.atomic
def change_adult(
    *, link: AdultLink, school: School, by: Reach, changes: Mapping[str, Any], confirmed: bool
) -> list[str]:
    """Change an adult and what they are to this pupil. Returns the fields that really changed.

    A changed protection decides who may be written to and where, so a person must confirm it, and
    only those who may see a protected address may say that it is protected no longer.
    Raises Forbidden, and NotConfirmed when a protection would change and nobody confirmed it.
    """
    by.require(Permission.CHANGE_PUPIL, school)
    by.require(Permission.VIEW_CONTACTS, school)
    link = (
        AdultLink.objects.select_for_update(of=("self", "adult"))
        .select_related("adult", "pupil")
        .get(pk=link.pk)
    )
    wanted = changes.get("protected_address", link.adult.protected_address)
    if link.adult.protected_address == YesNoUnknown.YES != wanted:
        by.require(Permission.VIEW_PROTECTED, school)
    protections = protections_changed(link, changes)
    if protections and not confirmed:
        raise NotConfirmed("Confirm the change of protection before it is saved.")
    before = {name: _protection(link, name) for name in PROTECTIONS}
    changed = _set(link.adult, ADULT_FIELDS, changes) + _set(link, LINK_FIELDS, changes)
    if not changed:
        return []
    link.adult.save()
    link.save()
    said = [
        f"{name} ({before[name]} to {_protection(link, name)})" if name in PROTECTIONS else name
        for name in changed
    ]
    _write_down(by, school, link.pupil, said, link.adult)
    return changed


def _protection(link: AdultLink, name: str) -> str:
    """The protection as it stands, on the adult or on the link."""
    return str(getattr(link.adult if name == "protected_address" else link, name))


def _set(row: models.Model, names: tuple[str, ...], changes: Mapping[str, Any]) -> list[str]:
    """Put the changes on the row. Returns the names of those that differ."""
    changed = []
    for name in names:
        if name in changes and getattr(row, name) != changes[name]:
            setattr(row, name, changes[name])
            changed.append(name)
    return changed


def _write_down(
    by: Reach, school: School, pupil: Pupil, fields: list[str], on: models.Model
) -> None:
    """One event for one change. `pupil` makes it findable from the pupil's history."""
    record(
        Kind.PUPIL_CHANGED,
        by=by.user,
        authority=by.authority,
        school=school,
        on=on,
        fields=", ".join(name.replace("_", " ") for name in fields),
        pupil=pupil.reference,
    )
