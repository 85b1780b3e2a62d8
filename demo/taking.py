"""What a school sets up to take registers here: when they open, and whose group is whose."""

from datetime import time, timedelta

from attendance.models import GroupTutor, RegisterTimes
from attendance.selectors.registers_due import groups_on
from authorities.permissions import Role
from authorities.tenancy import scope
from demo import accounts
from demo.loading import Made
from demo.places import SchoolPlan

TIMES = ((0, time(8, 30), time(9)), (1, time(13), time(13, 30)))


def open_registers(made: Made, plan: SchoolPlan) -> None:
    """The school's register times; and where it has a tutor, the tutor's group: the first."""
    school, today = made.schools[plan.urn], made.world.today
    starts_on = today - timedelta(days=accounts.SINCE)
    with scope([school.authority_id]):
        RegisterTimes.objects.bulk_create(
            RegisterTimes(
                authority_id=school.authority_id,
                school=school,
                session=session,
                starts_on=starts_on,
                opens_at=opens,
                closes_at=closes,
            )
            for session, opens, closes in TIMES
        )
        tutor = next((a for a in made.people if (a.urn, a.role) == (plan.urn, Role.TUTOR)), None)
        groups = [group for group in groups_on(school, today) if group]
        if tutor and groups:
            GroupTutor.objects.create(
                authority_id=school.authority_id,
                school=school,
                registration_group=groups[0],
                tutor=made.users[tutor.email],
                starts_on=starts_on,
            )
