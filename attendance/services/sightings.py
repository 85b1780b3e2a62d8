"""Writing down that somebody saw a pupil who is away."""

from datetime import date, datetime, timedelta

from django.db import transaction

from attendance.models import Enrolment, Sighting, SightingWay
from audit.record import Kind, record
from authorities.access import Reach
from authorities.permissions import Permission
from rules.errors import RuleNotMet

LONGEST_AGO = timedelta(days=400)


@transaction.atomic
def log_sighting(
    *,
    reach: Reach,
    enrolment: Enrolment,
    seen_on: date,
    way: str,
    seen_by: str,
    note: str,
    now: datetime,
) -> Sighting:
    """Keep who saw the pupil, when and how. It never changes; a mistake gets a later entry.

    Raises Forbidden, and RuleNotMet for a day that cannot be.
    """
    reach.require(Permission.LOG_SIGHTING, enrolment.school)
    if seen_on > reach.today:
        raise RuleNotMet("That day has not been yet. Write it down when the pupil was seen.")
    if seen_on < reach.today - LONGEST_AGO:
        raise RuleNotMet("That is more than a year ago. Check the date.")
    row = Sighting.objects.create(
        authority=reach.authority,
        school=enrolment.school,
        enrolment=enrolment,
        seen_on=seen_on,
        way=way,
        seen_by=seen_by,
        note=note,
        logged_by=reach.user,
        logged_at=now,
    )
    record(
        Kind.SIGHTING_LOGGED,
        by=reach.user,
        authority=reach.authority,
        school=enrolment.school,
        on=enrolment.pupil,
        way=SightingWay(way).label.lower(),
        reference=row.reference,
    )
    return row
