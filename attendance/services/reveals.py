"""Showing how to reach an adult whose details are kept from others: never without a reason.

A reveal is written down with its reason in the same transaction. Where somebody said that the
details are protected, only the safeguarding lead may, and a second person is told. Where nobody has
said it yet, those who call families may see a phone number and an email, never the address: a
child who is missing this morning cannot wait for an answer.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from django.core.mail import send_mail
from django.db import models, transaction
from django.template.loader import render_to_string

from attendance.models import Adult, YesNoUnknown
from audit.record import Kind, record
from authorities.access import Forbidden, Reach
from authorities.models import School, User
from authorities.permissions import Permission
from authorities.selectors import holders_of


class Why(models.TextChoices):
    """Why somebody needs to see the details. A closed list, so that no name gets into the trail."""

    SAFETY = "safety", "To see that somebody is safe"
    REACH = "reach", "To call or write to this person"
    CORRECT = "correct", "To check that the record is right"
    ORDERED = "ordered", "A court or the police asked for it"
    LETTER = "letter", "To read a letter as it was made"


class WhyCall(models.TextChoices):
    """Why somebody needs a number before anybody said whether it is protected. Closed as well."""

    ABSENCE = "absence", "Calling about an absence today"
    SAFE = "safe", "Checking that the pupil is safe"
    MEETING = "meeting", "Arranging a meeting or a visit"
    CORRECT = "correct", "Checking that the record is right"


@dataclass(frozen=True, slots=True)
class Channels:
    """How to call or write to an adult at once; never where they live."""

    phone: str
    email: str

    @property
    def words(self) -> str:
        """Both, as a line of a page."""
        return ", ".join(part for part in (self.phone, self.email) if part) or "No number on record"


@transaction.atomic
def reveal_channels(
    *, adult: Adult, pupil: str, school: School, by: Reach, why: WhyCall
) -> Channels:
    """Write down that a person is shown the phone and email that nobody has answered for.

    pupil   the reference of the pupil on whose page the person is
    school  where the person's role was asked for

    The answer is read again under a lock: once it is yes, nothing is shown any more. Where it is no
    by now, there is nothing to write down. Raises Forbidden.
    """
    by.require(Permission.VIEW_CONTACTS, school)
    held = Adult.objects.select_for_update().get(pk=adult.pk)
    if held.protected_address == YesNoUnknown.UNKNOWN:
        record(
            Kind.NUMBERS_SHOWN,
            by=by.user,
            authority=by.authority,
            school=school,
            on=held,
            pupil=pupil,
            why=WhyCall(why).label.lower(),
        )
    elif held.kept_back:
        raise Forbidden("Ask the safeguarding lead how to reach this person. It is protected.")
    return Channels(held.phone, held.email)


@transaction.atomic
def reveal(*, adult: Adult, pupil: str, school: School, by: Reach, why: Why) -> None:
    """Write down that a person is shown the details, and mail those who watch over the school.

    pupil   the reference of the pupil on whose page the person is
    school  where the person's role was asked for

    Raises Forbidden for a role that may not see what is kept from others.
    """
    by.require(Permission.VIEW_PROTECTED, school)
    record(
        Kind.ADULT_REVEALED,
        by=by.user,
        authority=by.authority,
        school=school,
        on=adult,
        pupil=pupil,
        why=Why(why).label.lower(),
    )
    watching = [
        user
        for user in holders_of(Permission.VIEW_AUDIT, school, by.today)
        if user.pk != by.user.pk
    ]

    def tell() -> None:
        _tell(watching, by, school, Why(why).label.lower())

    transaction.on_commit(tell, robust=True)


def _tell(watching: Sequence[User], by: Reach, school: School, why: str) -> None:
    """A mail to each, which names neither the pupil nor the adult."""
    for user in watching:
        text = render_to_string(
            "attendance/revealed.txt", {"user": user, "by": by.user, "school": school, "why": why}
        )
        send_mail("Protected details were looked at", text, None, [user.email])
