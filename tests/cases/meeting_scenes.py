"""A case with a family, and meetings of it."""

from datetime import UTC, date, datetime
from typing import Any

from attendance.models import Adult
from authorities.models import User
from cases.models import Case, Invited, InviteWay, Meeting, MeetingCase, Part
from cases.services import meetings, minutes
from cases.services.meetings import Plan, When
from cases.services.minutes import Said
from tests.cases.family import NOW, Family
from tests.cast import Cast

TODAY = date(2026, 11, 17)  # a Tuesday
THURSDAY = datetime(2026, 11, 26, 14, 0, tzinfo=UTC)  # in term, nine days on
AFTER = datetime(2026, 11, 26, 15, 30, tzinfo=UTC)
LATER = datetime(2026, 12, 3, 14, 0, tzinfo=UTC)


def when(starts_at: datetime = THURSDAY, *, minutes: int = 45, place: str = "Room 4") -> When:
    return When(starts_at, minutes, place)


def plan(family: Family, **changes: Any) -> Plan:
    """Dorset's attendance meeting with the mother, the pupil and the officer."""
    asked: dict[str, Any] = {
        "kind": "dorset:attendance_meeting",
        "when": when(),
        "leader": family.cast.officer.pk,
        "adults": (family.mother.reference,),
        "pupil": True,
        "staff": (family.cast.officer.pk,),
    }
    return Plan(**{**asked, **changes})


def arranged(family: Family, *, now: datetime = NOW, **changes: Any) -> Meeting:
    return meetings.arrange(
        reach=family.reach,
        case=family.case or family.open_case(),
        plan=plan(family, **changes),
        now=now,
    )


def parent_of(meeting: Meeting) -> Invited:
    return meeting.invited.filter(part=Part.ADULT).get()


def told(family: Family, meeting: Meeting, way: str = InviteWay.CALL) -> Meeting:
    """Everybody was called today."""
    meetings.tell(
        reach=family.reach,
        meeting=meeting,
        version=meeting.version,
        told=[one.pk for one in meeting.invited.all()],
        way=way,
        told_on=TODAY,
    )
    return Meeting.objects.get(pk=meeting.pk)


def settled(
    family: Family, meeting: Meeting, event: str = "hold", *, by: User | None = None, **facts: Any
) -> Meeting:
    """What became of it, half an hour after it ended."""
    came = [one.pk for one in meeting.invited.all()] if event == "hold" else []
    return meetings.settle(
        reach=family.cast.reach(by or family.cast.officer),
        meeting=meeting,
        version=facts.pop("version", meeting.version),
        event=event,
        **{"came": came, "now": AFTER, **facts},
    )


def held(family: Family, **changes: Any) -> MeetingCase:
    meeting = settled(family, told(family, arranged(family, **changes)))
    return meeting.about.get()


SAID = Said(
    outcome="Support agreed",
    grid={"health": {"worried": "Sleeps badly", "well": "", "next": "See the nurse"}},
    parent="Mornings are hard.",
    pupil="I like art.",
)


def written(family: Family, row: MeetingCase, said: Said = SAID, number: int = 0) -> Any:
    return minutes.write(reach=family.reach, row=row, number=number, said=said, now=AFTER)


def case_of(family: Family) -> Case:
    return family.case or family.open_case()


def of_the_world(cast: Cast, case: Case, adult: Adult) -> dict[str, Any]:
    """One planned and one held meeting of a case, with minutes and an action, for every route."""
    reach = cast.reach(cast.officer)

    def arrange(starts_at: datetime) -> Meeting:
        asked = Plan(
            kind="dorset:attendance_meeting",
            when=when(starts_at),
            leader=cast.officer.pk,
            adults=(adult.reference,),
        )
        return meetings.arrange(reach=reach, case=case, plan=asked, now=NOW)

    planned, past = arrange(THURSDAY), arrange(datetime(2026, 11, 17, 10, 0, tzinfo=UTC))
    noon = datetime(2026, 11, 17, 12, 0, tzinfo=UTC)
    came = [parent_of(past).pk]
    meetings.settle(reach=reach, meeting=past, version=1, event="hold", came=came, now=noon)
    row = past.about.get()
    minutes.write(reach=reach, row=row, number=0, said=SAID, now=noon)
    action = minutes.agree(
        reach=reach,
        row=row,
        words="Ring at 8",
        user=cast.officer.pk,
        who="",
        due_on=date(2026, 12, 4),
        now=noon,
    )
    return {"meeting": planned, "held": past, "held_case": case, "agreed_action": action}
