"""Deputy and assistant heads whom the headteacher names to authorise penalty notices."""

from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction

from audit.record import Kind, record
from authorities.access import Reach
from authorities.models import Membership, School, User
from authorities.permissions import SCHOOL_ROLES, Permission
from legal.models import OfficerNamed
from rules.dates import ALWAYS, DateRange, in_words
from rules.errors import Conflict, InvalidInput, RuleNotMet
from rules.officers import Officer, Position, may_authorise


@dataclass(frozen=True, slots=True)
class Naming:
    """Who is named, as what, from which day and to which, None for no end yet."""

    user: int
    position: str
    starts_on: date
    ends_on: date | None = None
    words: str = ""


def staff_of(school: School, today: date) -> list[User]:
    """The people who have a role at a school today, by name."""
    rows = Membership.objects.active_on(today).filter(
        school=school, role__in=[role.value for role in SCHOOL_ROLES]
    )
    return sorted(
        {row.user for row in rows.select_related("user")}, key=lambda user: (user.name, user.pk)
    )


@transaction.atomic
def name(
    *, reach: Reach, school: School, naming: Naming, today: date, now: datetime
) -> OfficerNamed:
    """Name somebody. Raises Forbidden, InvalidInput, Conflict for somebody named already, and
    RuleNotMet for anybody but a deputy or assistant head."""
    reach.require(Permission.DECLARE_NOTICE, school)
    School.objects.select_for_update(no_key=True).get(pk=school.pk)
    user = _person(school, naming.user, today)
    if user.pk == reach.user.pk:
        raise InvalidInput("You are the headteacher: you may authorise without being named.")
    if naming.position not in {one.value for one in Position}:
        raise InvalidInput("Say what position this person holds.")
    if naming.ends_on is not None and naming.ends_on < naming.starts_on:
        raise InvalidInput("The last day comes before the first. Check the days.")
    _refuse_by_law(naming)
    open_now = OfficerNamed.objects.filter(school=school, user=user, ends_on=None)
    if naming.ends_on is None and open_now.exists():
        raise Conflict("This person is named already. End that first, or leave it as it is.")
    made = OfficerNamed.objects.create(
        authority=reach.authority,
        school=school,
        user=user,
        position=naming.position,
        starts_on=naming.starts_on,
        ends_on=naming.ends_on,
        words=naming.words.strip(),
        named_by=reach.user,
        named_at=now,
    )
    record(Kind.OFFICER_NAMED, by=reach.user, authority=reach.authority, school=school, on=made)
    return made


def _person(school: School, pk: int, today: date) -> User:
    for person in staff_of(school, today):
        if person.pk == pk:
            return person
    raise InvalidInput("Choose somebody who works at this school.")


def _refuse_by_law(naming: Naming) -> None:
    """Raise RuleNotMet for a position that the law leaves out, whatever the head writes."""
    days = DateRange(naming.starts_on, naming.ends_on)
    position = Position(naming.position)
    answer = may_authorise(Officer(position, ALWAYS, (days,)), naming.starts_on)
    if not answer.allowed:
        raise RuleNotMet(answer.why)
    if position not in (Position.DEPUTY, Position.ASSISTANT):
        raise InvalidInput("Only a deputy or assistant head is named. The others need no naming.")


@transaction.atomic
def end(*, reach: Reach, officer: OfficerNamed, on: date, today: date) -> OfficerNamed:
    """Say the last day on which somebody may authorise. What they decided before stays decided.

    Raises Forbidden, Conflict where it ended already, and InvalidInput.
    """
    reach.require(Permission.DECLARE_NOTICE, officer.school)
    row = OfficerNamed.objects.select_for_update(of=("self",)).get(pk=officer.pk)
    if row.ends_on is not None and row.ends_on < today:
        raise Conflict(f"This ended on {in_words(row.ends_on)}. Nothing was changed.")
    if on < row.starts_on:
        raise InvalidInput(f"They were named from {in_words(row.starts_on)}. Enter a later day.")
    row.ends_on, row.ended_by = on, reach.user
    row.save(update_fields=["ends_on", "ended_by"])
    record(Kind.OFFICER_ENDED, by=reach.user, authority=reach.authority, school=row.school, on=row)
    return row
