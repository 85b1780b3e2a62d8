"""Logging from a case how the family was reached, or not: the one list that absences use too."""

from datetime import datetime

from django.db import transaction

from attendance.models import Contact
from attendance.services import reasons
from attendance.services.reasons import Attempt
from authorities.access import Reach
from authorities.permissions import Permission
from cases.models import Case, DeadlineKind
from cases.services import deadlines
from rules.errors import Conflict


@transaction.atomic
def log(*, reach: Reach, case: Case, attempt: Attempt, now: datetime) -> Contact:
    """Log one attempt about a case. Reaching somebody ends the clock of a contact that is due.

    Raises Forbidden, Conflict for a closed case, and as attendance.services.reasons.log_contact.
    """
    reach.require(Permission.CHANGE_CASE, case.school)
    case = Case.objects.select_for_update(no_key=True).get(pk=case.pk)
    if case.closed_on is not None:
        raise Conflict("This case is closed. Log the contact on the pupil's own page.")
    contact = reasons.log_contact(reach=reach, enrolment=case.enrolment, attempt=attempt, now=now)
    if contact.reached:
        deadlines.finish(case=case, kind=DeadlineKind.CONTACT, today=reach.today, by=reach.user)
    return contact
