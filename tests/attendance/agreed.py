"""What is agreed for a pupil of Hillside, for the tests of arrangements, leave and their pages."""

from datetime import date
from typing import Any

from attendance.models import (
    Adult,
    AdultLink,
    Arrangement,
    ArrangementKind,
    Enrolment,
    EvidenceRequest,
    LeaveRequest,
    PartTimeAgreement,
)
from attendance.services import arrangements, arrangements_evidence, leave, part_time
from attendance.services.arrangements import Told
from attendance.services.leave import Asked
from attendance.services.part_time import Agreed
from authorities.permissions import Role
from rules.leave import Purpose
from tests import factories
from tests.attendance.registers import school_year
from tests.attendance.scenes import NOW
from tests.cast import TODAY, Cast

MONDAY, FRIDAY = date(2026, 12, 7), date(2026, 12, 11)
AFTERNOONS = "01010101010000"


def head(cast: Cast) -> Any:
    """What Hillside's headteacher may do."""
    return cast.reach(cast.person(Role.HEADTEACHER, "hillside"))


def office(cast: Cast) -> Any:
    """What Hillside's attendance officer may do."""
    return cast.reach(cast.officer)


def parent_of(enrolment: Enrolment) -> Adult:
    """The pupil's first adult."""
    return AdultLink.objects.filter(pupil=enrolment.pupil_id).order_by("priority", "pk")[0].adult


def asked(cast: Cast, **changes: Any) -> Asked:
    """A funeral in the second week of December, on paper."""
    fields: dict[str, Any] = {
        "asked_by": parent_of(cast.enrolment),
        "asked_on": TODAY,
        "way": "paper",
        "first_day": MONDAY,
        "last_day": FRIDAY,
        "purpose": Purpose.EMERGENCY,
        "reason": "Her grandmother has died and the funeral is abroad.",
    }
    return Asked(**fields | changes)


def a_request(cast: Cast, **changes: Any) -> LeaveRequest:
    """The office records it."""
    return leave.record_request(
        reach=office(cast),
        enrolment=cast.enrolment,
        asked=asked(cast, **changes),
        now=NOW,
        today=TODAY,
    )


def told(kind: ArrangementKind = ArrangementKind.TRIP, **changes: Any) -> Told:
    """A trip on one Monday in December, unless told otherwise."""
    fields: dict[str, Any] = {"kind": kind, "starts_on": MONDAY, "ends_on": MONDAY}
    if kind == ArrangementKind.TRIP:
        fields |= {"code": "V", "nature": "Museum of Mills"}
    return Told(**fields | changes)


def agree(
    cast: Cast, one: Told, *enrolments: Enrolment, amend: bool = True, **more: Any
) -> list[Arrangement]:
    """Preview it and agree it, as the officer does."""
    chosen = list(enrolments) or [cast.enrolment]
    same: dict[str, Any] = {
        "reach": office(cast),
        "school": cast.hillside,
        "enrolments": chosen,
        "told": one,
        "today": TODAY,
        **more,
    }
    seen = arrangements.preview(**same).digest
    return arrangements.agree(**same, seen=seen, amend=amend, now=NOW)


def agreed(cast: Cast, **changes: Any) -> Agreed:
    """Afternoons away from 23 November to 18 December, reviewed on 7 December."""
    fields: dict[str, Any] = {
        "aim": "Back to full time in January",
        "why": "Short days keep her well while she recovers",
        "for_behaviour": False,
        "consent_by": parent_of(cast.enrolment),
        "consent_on": TODAY,
        "pattern": AFTERNOONS,
        "first": date(2026, 11, 23),
        "last": date(2026, 12, 18),
        "review_on": date(2026, 12, 7),
    }
    return Agreed(**fields | changes)


def a_timetable(cast: Cast, *, amend: bool = True, **changes: Any) -> PartTimeAgreement:
    """Preview it and agree it."""
    same: dict[str, Any] = {
        "reach": office(cast),
        "enrolment": cast.enrolment,
        "agreed": agreed(cast, **changes),
        "today": TODAY,
    }
    seen = part_time.preview(**same).digest
    return part_time.agree(**same, seen=seen, amend=amend, now=NOW)


def asking(cast: Cast, **changes: Any) -> arrangements_evidence.Asking:
    """Doubt about an illness in November."""
    fields: dict[str, Any] = {
        "first_day": date(2026, 11, 12),
        "last_day": date(2026, 11, 13),
        "ground": "doubt",
        "doubt": "Staff met the pupil at the fair on the first day",
        "known_at_school": False,
        "asked_of": parent_of(cast.enrolment),
        "asked_on": date(2026, 11, 16),
    }
    return arrangements_evidence.Asking(**fields | changes)


def evidence(cast: Cast, **changes: Any) -> EvidenceRequest:
    """The office asks."""
    return arrangements_evidence.ask(
        reach=office(cast),
        enrolment=cast.enrolment,
        asking=asking(cast, **changes),
        today=TODAY,
    )


def twins(cast: Cast) -> tuple[Enrolment, Enrolment]:
    """A pupil on the rolls of Hillside (main) and of the Northmoor Unit (second)."""
    unit = factories.school(cast.northmoor, name="Northmoor Unit", urn="990009", kind="pru")
    school_year(unit, 2026)
    pupil = factories.pupil(cast.northmoor)
    return (
        factories.enrolment(pupil, cast.hillside, status="M"),
        factories.enrolment(pupil, unit, status="S"),
    )
