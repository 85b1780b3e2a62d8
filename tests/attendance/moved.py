"""Pupils who leave, move up and come from elsewhere, for the tests of rolls and their pages."""

from dataclasses import replace
from datetime import date, datetime
from typing import Any

from attendance.models import EarlierHistory, Enrolment, Leaving, RollOver
from attendance.services import yearend_leaving, yearend_roll_over
from attendance.services.returns import Told
from attendance.services.yearend_leaving import Goodbye
from authorities.permissions import Role
from rules.deletions import GROUNDS
from rules.transfers import SCHEMA, VERSION, digest_of
from tests import factories
from tests.attendance.scenes import NOW
from tests.cast import TODAY, Cast

LAST_DAY = date(2027, 7, 21)  # the last school day of Hillside's year


def goodbye(ground: str = "other-school", **changes: Any) -> Goodbye:
    """Another school from Monday 23 November on; the council was told today."""
    plain = Goodbye(
        last_day=date(2026, 11, 20),
        ground=ground,
        confirmed=tuple(GROUNDS[ground].must_be),
        where="Elm School",
        told=Told(TODAY, "form", "Admissions team"),
    )
    return replace(plain, **changes)


def leave(cast: Cast, enrolment: Enrolment | None = None, **changes: Any) -> Leaving:
    """The officer takes the name off."""
    return yearend_leaving.leave(
        reach=cast.reach(cast.officer),
        enrolment=enrolment or cast.enrolment,
        goodbye=goodbye(**changes),
        now=NOW,
    )


def a_leaving(cast: Cast) -> Leaving:
    """Another pupil of Hillside left last Friday."""
    other = factories.enrolment(factories.pupil(cast.northmoor), cast.hillside)
    return leave(cast, other, last_day=date(2026, 11, 13))


def lead(cast: Cast) -> Any:
    """What Hillside's attendance lead may do."""
    return cast.reach(cast.person(Role.ATTENDANCE_LEAD, "hillside"))


def a_roll_over(cast: Cast, now: datetime = NOW) -> RollOver:
    """A preview out of this school year."""
    return yearend_roll_over.draft(
        reach=lead(cast), school=cast.hillside, last_day=LAST_DAY, now=now
    )


def content(**changes: Any) -> dict[str, Any]:
    """A sound file of a pupil with one week at a school of another authority."""
    plain: dict[str, Any] = {
        "schema": SCHEMA,
        "version": VERSION,
        "origin": {"authority": "Eastmoor", "school": "Ash School", "urn": "880001"},
        "pupil": {"upn": "G990000126001", "born_on": "2016-05-04"},
        "enrolments": [
            {
                "from": "2025-09-01",
                "to": "2026-10-09",
                "marks": [
                    ["2026-10-05", 0, "/"],
                    ["2026-10-05", 1, "\\"],
                    ["2026-10-06", 0, "O"],
                    ["2026-10-06", 1, "I"],
                ],
                "amendments": [["2026-10-06", 1, "O", "I", "2026-10-07"]],
            }
        ],
        "made_on": "2026-10-12",
    }
    plain |= changes
    return plain | {"digest": changes.get("digest") or digest_of(plain)}


def a_history(cast: Cast) -> EarlierHistory:
    """That file, taken for Hillside's pupil."""
    held = content()
    return EarlierHistory.objects.create(
        authority=cast.northmoor,
        school=cast.hillside,
        pupil=cast.pupil,
        origin="Ash School, Eastmoor",
        first_day=date(2026, 10, 5),
        last_day=date(2026, 10, 6),
        content=held,
        digest=held["digest"],
        taken_by=cast.officer,
        taken_at=NOW,
    )
