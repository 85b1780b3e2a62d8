"""What a council says of itself on its penalty notices."""

from dataclasses import asdict, dataclass
from datetime import datetime

from django.db import transaction

from audit.record import Kind, record
from authorities.access import Reach
from authorities.permissions import Permission
from legal.models import NoticeOffice
from legal.services.penalty_moves import require_council
from letters.preflight import POSTCODE
from rules.errors import Conflict, InvalidInput

MOST_DAYS = 10


@dataclass(frozen=True, slots=True)
class Details:
    """As NoticeOffice keeps them."""

    name: str
    address: str
    postcode: str
    contact: str
    ways: str
    post_days: int = 0
    deemed_days: int | None = None
    stops_clock: bool | None = None


@transaction.atomic
def save(*, reach: Reach, details: Details, version: int, now: datetime) -> NoticeOffice:
    """Write down who parents pay and write to. Notices issued before keep what they said.

    version  of the details when the form was read; 0 where there were none
    Raises Forbidden, Conflict and InvalidInput.
    """
    require_council(reach, Permission.SERVE_NOTICE)
    if not all((details.name, details.address, details.contact, details.ways)):
        raise InvalidInput("Fill in the name, the address, how to reach you and how to pay.")
    if not POSTCODE.match(details.postcode.strip().upper()):
        raise InvalidInput("Enter a full UK postcode")
    if details.post_days > MOST_DAYS:
        raise InvalidInput(f"Notices are posted within {MOST_DAYS} working days")
    row = NoticeOffice.objects.select_for_update().filter(authority=reach.authority).first()
    if (row.version if row else 0) != version:
        raise Conflict("Somebody changed these details since you opened the page. Look again.")
    values = {**asdict(details), "postcode": details.postcode.strip().upper()}
    if row is None:
        row = NoticeOffice(authority=reach.authority, version=0)
    for name, value in values.items():
        setattr(row, name, value)
    row.version += 1
    row.changed_by, row.changed_at = reach.user, now
    row.save()
    record(Kind.NOTICE_OFFICE, by=reach.user, authority=reach.authority, on=row)
    return row
