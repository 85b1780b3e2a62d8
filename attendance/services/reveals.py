"""Showing how to reach an adult whose details are kept from others: never without a reason.

A reveal is written down with its reason in the same transaction, and a second person is told.
"""

from collections.abc import Sequence

from django.core.mail import send_mail
from django.db import models, transaction
from django.template.loader import render_to_string

from attendance.models import Adult
from audit.record import Kind, record
from authorities.access import Reach
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
