"""Writing down that somebody opened a notice."""

from django.db import transaction

from audit.record import Kind, record
from authorities.access import Reach
from legal.models import PenaltyNotice


@transaction.atomic
def read(*, reach: Reach, notice: PenaltyNotice) -> None:
    """One line in the audit trail for one look at a penalty notice."""
    record(
        Kind.LEGAL_READ,
        by=reach.user,
        authority=notice.authority,
        school=notice.school,
        on=notice,
        what="penalty notice",
    )
