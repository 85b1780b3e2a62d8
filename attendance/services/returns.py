"""Writing down that the council was told, and that long sickness is to be expected."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import transaction

from attendance.models import Enrolment, ReturnKind, ReturnMade, SicknessExpected
from attendance.selectors.returns import Due
from audit.record import Kind, record
from authorities.access import Reach
from authorities.permissions import Permission
from rules.dates import in_words
from rules.errors import Conflict, RuleNotMet

LONGEST_AGO = timedelta(days=400)


@dataclass(frozen=True, slots=True)
class Told:
    """How the council was told."""

    made_on: date
    way: str
    told: str
    note: str = ""


@transaction.atomic
def make_return(*, reach: Reach, due: Due, told: Told, now: datetime) -> ReturnMade:
    """Keep that a return was made, with the facts and sessions as they stand. It never changes.

    Raises Forbidden, RuleNotMet for a day that cannot be, and Conflict when somebody was first.
    """
    reach.require(Permission.AMEND_REGISTER, due.enrolment.school)
    enrolment = Enrolment.objects.select_for_update(of=("self",)).get(pk=due.enrolment.pk)
    _refuse_day(told.made_on, reach.today)
    if told.made_on < due.first_day and due.kind != ReturnKind.DELETION:
        raise RuleNotMet(
            f"The return cannot have been made before {in_words(due.first_day)}, when it began."
        )
    earlier = (
        ReturnMade.objects.filter(enrolment=enrolment, kind=due.kind)
        .filter(first_day__in={due.first_day, *(mark.day for mark in due.sessions)})
        .select_related("made_by")
        .first()
    )
    if earlier is not None:
        raise Conflict(
            f"{earlier.made_by.name} wrote down on {in_words(earlier.made_on)} that this return"
            " was made. It is made once for each episode."
        )
    return keep_return(reach, due, told, now)


def _refuse_day(day: date, today: date) -> None:
    if day > today:
        raise RuleNotMet("That day has not been yet. Write it down when it is done.")
    if day < today - LONGEST_AGO:
        raise RuleNotMet("That is more than a year ago. Check the date.")


def keep_return(reach: Reach, due: Due, told: Told, now: datetime) -> ReturnMade:
    """Write a return that was found sound, in the caller's transaction."""
    row = ReturnMade.objects.create(
        authority=reach.authority,
        school=due.enrolment.school,
        enrolment=due.enrolment,
        kind=due.kind,
        first_day=due.first_day,
        due_on=due.due_on,
        facts={
            "sentence": due.sentence,
            "sessions": [
                [mark.day.isoformat(), int(mark.session), mark.code] for mark in due.sessions
            ],
        },
        made_on=told.made_on,
        way=told.way,
        told=told.told,
        note=told.note,
        made_by=reach.user,
        made_at=now,
    )
    record(
        Kind.RETURN_MADE,
        by=reach.user,
        authority=reach.authority,
        school=due.enrolment.school,
        on=due.enrolment.pupil,
        what=ReturnKind(due.kind).value,
        reference=row.reference,
    )
    return row


@transaction.atomic
def expect_sickness(
    *,
    reach: Reach,
    enrolment: Enrolment,
    first_day: date,
    expected_back: date | None,
    why: str,
    now: datetime,
) -> SicknessExpected:
    """Write down why fifteen school days of illness are to be expected: the return is due now.

    Raises Forbidden, RuleNotMet for days that cannot be, Conflict when it was written down before.
    """
    reach.require(Permission.AMEND_REGISTER, enrolment.school)
    enrolment = (
        Enrolment.objects.select_for_update(of=("self",))
        .select_related("school", "pupil")
        .get(pk=enrolment.pk)
    )
    _refuse_day(first_day, reach.today)
    if expected_back is not None and expected_back <= first_day:
        raise RuleNotMet("The pupil cannot be back before the illness begins. Check both days.")
    if SicknessExpected.objects.filter(enrolment=enrolment, first_day=first_day).exists():
        raise Conflict("This was written down already for an illness from that day.")
    row = SicknessExpected.objects.create(
        authority=reach.authority,
        school=enrolment.school,
        enrolment=enrolment,
        first_day=first_day,
        expected_back=expected_back,
        why=why,
        expected_on=reach.today,
        logged_by=reach.user,
        logged_at=now,
    )
    record(
        Kind.SICKNESS_EXPECTED,
        by=reach.user,
        authority=reach.authority,
        school=enrolment.school,
        on=enrolment.pupil,
    )
    return row
