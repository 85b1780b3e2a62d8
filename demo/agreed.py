"""What a school knows before a register: a trip, a request for leave, a part-time timetable."""

from datetime import date, datetime, timedelta
from itertools import islice

from attendance.models import ArrangementKind, Enrolment
from attendance.selectors.calendars import calendar_of
from attendance.selectors.leave import adults_of
from attendance.services import arrangements, leave, part_time
from attendance.services.arrangements import Told
from attendance.services.leave import Asked
from attendance.services.part_time import Agreed
from authorities.access import Reach, reach_of
from authorities.tenancy import scope
from demo.loading import Made
from demo.places import SchoolPlan
from rules.compulsory_age import compulsory_on
from rules.leave import Purpose

DAYS_AHEAD = 15  # school days of the calendar that are needed to agree anything
MOST_ON_A_TRIP = 8
MOST_READ = 60
AFTERNOONS_OFF = "01010001010000"  # all but Wednesday


def agree_beforehand(made: Made, plan: SchoolPlan, *, now: datetime) -> int:
    """Agree a few things at one school, as its officer. Returns how many; 0 near a year's end."""
    school, officer, today = made.schools[plan.urn], made.officer(plan.urn), made.world.today
    if officer is None:
        return 0
    authority = made.authorities[plan.authority]
    with scope([authority.pk], user_id=officer.pk):
        ahead = [day for day in calendar_of(school).days if day > today][:DAYS_AHEAD]
        pupils = _with_adults(school.pk, today)
        if len(ahead) < DAYS_AHEAD or len(pupils) < 4:
            return 0
        reach = reach_of(officer, authority, today)
        _trip(reach, pupils, ahead[4], now)
        _ask(reach, pupils[0], (ahead[2], ahead[2]), Purpose.EMERGENCY, "A funeral.", now)
        _ask(reach, pupils[1], (ahead[5], ahead[9]), Purpose.HOLIDAY, "A week away.", now)
        return 3 + _part_time(reach, pupils[2], ahead, now)


def _with_adults(school: int, today: date) -> list[Enrolment]:
    """Some pupils of the school today who have an adult on record."""
    rows = Enrolment.objects.filter(
        school=school, ends_on=None, starts_on__lte=today, pupil__adult_links__isnull=False
    )
    found = rows.select_related("pupil", "school__trust").order_by("pk").distinct()
    later = today + timedelta(days=60)  # no birthday may change the code of a timetable
    of_age = (row for row in found[:MOST_READ] if _of_age(row, today) and _of_age(row, later))
    return list(islice(of_age, MOST_ON_A_TRIP))


def _of_age(enrolment: Enrolment, day: date) -> bool:
    return compulsory_on(enrolment.pupil.born_on, day)


def _trip(reach: Reach, pupils: list[Enrolment], day: date, now: datetime) -> None:
    """A trip of some pupils."""
    told = Told(ArrangementKind.TRIP, day, day, code="V", nature="Museum of Mills")
    school = pupils[0].school
    shown = arrangements.preview(
        reach=reach, school=school, enrolments=pupils, told=told, today=reach.today
    )
    arrangements.agree(
        reach=reach,
        school=school,
        enrolments=pupils,
        told=told,
        seen=shown.digest,
        amend=False,
        now=now,
        today=reach.today,
    )


def _ask(
    reach: Reach,
    enrolment: Enrolment,
    days: tuple[date, date],
    purpose: Purpose,
    reason: str,
    now: datetime,
) -> None:
    """A parent asks on paper; nobody has decided yet."""
    asked = Asked(
        asked_by=adults_of(enrolment)[0].adult,
        asked_on=reach.today,
        way="paper",
        first_day=days[0],
        last_day=days[1],
        purpose=purpose,
        reason=reason,
    )
    leave.record_request(reach=reach, enrolment=enrolment, asked=asked, now=now, today=reach.today)


def _part_time(reach: Reach, enrolment: Enrolment, ahead: list[date], now: datetime) -> int:
    """A part-time timetable for two weeks, with its first review after one."""
    agreed = Agreed(
        aim="Back to full time in two weeks",
        why="Short days help while the pupil recovers",
        for_behaviour=False,
        consent_by=adults_of(enrolment)[0].adult,
        consent_on=reach.today,
        pattern=AFTERNOONS_OFF,
        first=ahead[0],
        last=ahead[9],
        review_on=ahead[5],
    )
    shown = part_time.preview(reach=reach, enrolment=enrolment, agreed=agreed, today=reach.today)
    part_time.agree(
        reach=reach,
        enrolment=enrolment,
        agreed=agreed,
        seen=shown.digest,
        amend=False,
        now=now,
        today=reach.today,
    )
    return 1
