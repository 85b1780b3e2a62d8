"""Saying for several adults at once whether their address must be kept from others."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction

from attendance.models import Adult, YesNoUnknown
from attendance.selectors.protections import Unanswered
from attendance.services.pupils import NotConfirmed
from audit.record import Kind, record
from authorities.access import Reach
from authorities.permissions import Permission


@dataclass(frozen=True, slots=True)
class Answered:
    """How many answers were written, and how many adults stay protected as somebody said."""

    written: int
    protected: int


@transaction.atomic
def answer(*, rows: Sequence[Unanswered], protected: bool, by: Reach, confirmed: bool) -> Answered:
    """Write one answer for these adults, each with an event of its own.

    Yes always wins: over what nobody had answered, and over a no that somebody gave meanwhile. No
    is only written where nobody has answered. Raises Forbidden, and NotConfirmed.
    """
    for row in rows:
        by.require(Permission.CHANGE_PUPIL, row.school)
        by.require(Permission.VIEW_CONTACTS, row.school)
    if not confirmed:
        raise NotConfirmed("Confirm the answer before it is saved.")
    wanted = YesNoUnknown.YES if protected else YesNoUnknown.NO
    of_adult = {row.adult.pk: row for row in rows}
    held = Adult.objects.select_for_update().filter(pk__in=of_adult).order_by("pk")
    written = stay = 0
    for adult in held:
        before = adult.protected_address
        if before == YesNoUnknown.YES and not protected:
            stay += 1
        elif before != wanted:
            adult.protected_address = wanted
            adult.save(update_fields=["protected_address"])
            _write_down(of_adult[adult.pk], before, wanted, by)
            written += 1
    return Answered(written, stay)


def _write_down(row: Unanswered, before: str, after: str, by: Reach) -> None:
    record(
        Kind.PUPIL_CHANGED,
        by=by.user,
        authority=by.authority,
        school=row.school,
        on=row.adult,
        fields=f"protected address ({before or 'unknown'} to {after})",
        pupil=row.pupil,
    )
