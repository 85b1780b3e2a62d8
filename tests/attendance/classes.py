"""A class to take a register of: Hillside's 7B, at a quarter to nine on Tuesday 17 November."""

from datetime import UTC, date, datetime, time
from typing import Any

from attendance.models import Arrangement, Enrolment, GroupTutor, RegisterTimes
from attendance.selectors.taking import based_on, class_of
from attendance.services.taking import Sent
from authorities.permissions import Role
from rules.marks import DatedSession, Session
from tests import factories
from tests.attendance.registers import school_year
from tests.cast import TODAY, Cast

MORNING = DatedSession(TODAY, Session.AM)
AFTERNOON = DatedSession(TODAY, Session.PM)
YESTERDAY = DatedSession(date(2026, 11, 16), Session.AM)
GROUP = "7B"


def at(hour: int, minute: int, day: date = TODAY) -> datetime:
    """A moment in November, when London keeps universal time."""
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=UTC)


def a_class(cast: Cast, pupils: int = 3, *, times: bool = True) -> list[Enrolment]:
    """Pupils of 7B by name, with the calendar, and the register open from 8:30 to 9:00."""
    school_year(cast.hillside, 2026)
    if times:
        openings = ((0, time(8, 30), time(9)), (1, time(13), time(13, 30)))
        for session, opens, closes in openings:
            RegisterTimes.objects.create(
                authority=cast.northmoor,
                school=cast.hillside,
                session=session,
                starts_on=date(2026, 9, 1),
                opens_at=opens,
                closes_at=closes,
            )
    return [
        factories.enrolment(
            factories.pupil(
                cast.northmoor,
                surname=f"Alder{number:02}",
                forenames="Robin",
                sort_name=f"alder{number:02}, robin",
                born_on=date(2014, 5, 4),
            ),
            cast.hillside,
            registration_group=GROUP,
            year_group="7",
        )
        for number in range(pupils)
    ]


def its_tutor(cast: Cast) -> GroupTutor:
    """Hillside's tutor takes 7B."""
    return GroupTutor.objects.create(
        authority=cast.northmoor,
        school=cast.hillside,
        registration_group=GROUP,
        tutor=cast.person(Role.TUTOR, "hillside"),
        starts_on=date(2026, 9, 1),
    )


def arranged(cast: Cast, enrolment: Enrolment, **fields: Any) -> Arrangement:
    """Something known of the pupil this week."""
    return Arrangement.objects.create(
        authority=cast.northmoor,
        school=cast.hillside,
        enrolment=enrolment,
        agreed_by=cast.officer,
        agreed_at=at(8, 0, date(2026, 11, 9)),
        **{
            "kind": "trip",
            "code": "V",
            "nature": "Museum of the sea",
            "starts_on": date(2026, 11, 16),
            "ends_on": date(2026, 11, 20),
        }
        | fields,
    )


def form_of(cast: Cast, when: DatedSession = MORNING) -> dict[int, str]:
    """The fingerprints that a form opened now would carry."""
    found = class_of(cast.hillside, when, GROUP)
    return {row.pk: based_on(row, when) for row in found.rows}


def chosen(based: dict[int, str], **choices: Any) -> list[Sent]:
    """One row of a form for each pupil, from `based`; `everyone="present"` for all of them."""
    return [Sent(pk, mark, choices["everyone"]) for pk, mark in based.items()]
