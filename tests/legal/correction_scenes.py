"""Notices on the ten half days of the register that Robin's family missed, and a correction."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from attendance.selectors.books import book_of
from attendance.services.registers import amend_mark
from authorities.permissions import Role
from legal.models import LegalRecheck, NoticeRequest, PenaltyNotice
from legal.selectors.request_facts import proof_of
from legal.services import corrections
from rules.marks import DatedSession, Session
from tests.cases.family import Family
from tests.cast import TODAY, Cast
from tests.legal.penalty_scenes import TEN, Room, at, office

NOW = datetime(2026, 11, 17, 9, tzinfo=UTC)
LATER = NOW + timedelta(hours=3)
SOON = LATER + timedelta(seconds=50)
MONDAY = date(2026, 10, 5)  # the first of the ten
AM, PM = Session.AM, Session.PM


@dataclass
class Put:
    """A family with a penalty notice on its ten half days, and the officers around it."""

    family: Family
    room: Room

    @property
    def cast(self) -> Cast:
        """Who is there."""
        return self.family.cast

    def notice(self, *, served: bool = False, **more: Any) -> PenaltyNotice:
        """One notice to the mother, on the ten."""
        made = self.room.one(
            asked=self.room.request(self.family.mother, sessions=TEN, proof=self.proof(), **more)
        )
        return self.room.serve(made) if served else made

    def sent(self) -> NoticeRequest:
        """A request about the ten that is with the council."""
        return self.room.request(
            self.family.mother,
            sessions=TEN,
            proof=self.proof(),
            state="sent",
            decided_by=None,
            decided_on=None,
            sent_by=self.cast.officer,
            sent_on=TODAY,
        )

    def proof(self) -> dict[str, Any]:
        """The threshold as a request keeps it."""
        enrolment = self.room.enrolment
        return proof_of(book_of(enrolment, enrolment.pupil.born_on, today=TODAY))

    def correct(
        self,
        code: str = "I",
        *,
        day: date = MONDAY,
        half: Session = AM,
        expected: str = "O",
        when: datetime = LATER,
    ) -> None:
        """The school's officer corrects one mark."""
        amend_mark(
            school=self.cast.hillside,
            enrolment_id=self.room.enrolment.pk,
            when=DatedSession(day, half),
            expected=expected,
            code=code,
            reason="A doctor's letter came",
            by=self.cast.officer,
            now=when,
        )

    def look(self, when: datetime = SOON) -> int:
        """The machine looks again."""
        return corrections.look_again(self.cast.northmoor.pk, today=TODAY, now=when)

    def asked(self) -> LegalRecheck:
        """The one thing that a person has to decide."""
        return LegalRecheck.objects.get(decision="")

    def asked_all(self) -> list[LegalRecheck]:
        """Each thing that a person has to decide."""
        return list(LegalRecheck.objects.filter(decision="").order_by("pk"))

    def decide(self, **more: Any) -> LegalRecheck:
        """The legal officer says that it stands."""
        row = more.pop("recheck", None) or self.asked()
        return corrections.decide(
            **{
                "reach": self.room.legal,
                "recheck": row,
                "decision": "stands",
                "reason": "Nine more half days are on record.",
                "seen": row.amendments,
                "now": SOON,
                **more,
            }
        )


def put(family: Family) -> Put:
    """The rows, made in an open scope."""
    office(family.cast)
    room = Room(family.cast, family.mother, family.father, family.cast.pupil, family.cast.enrolment)
    room.nowhere_else()
    return Put(family, room)


def of_the_world(cast: Cast, notice: PenaltyNotice) -> dict[str, Any]:
    """A notice whose marks were corrected: an officer who did not issue it decides."""
    row = LegalRecheck.objects.create(
        authority=cast.northmoor,
        school=cast.hillside,
        enrolment=notice.enrolment,
        kind="penalty",
        subject=f"legal.PenaltyNotice:{notice.pk}",
        thing=notice.reference,
        relied_by=cast.person(Role.SUPPORT_WORKER),
        relied_at=at(TODAY),
        as_of=TODAY,
        amendments=0,
        lost=[{"day": "2026-10-05", "session": 0, "code": "O", "now": "I"}],
        changes=[
            {
                "day": "2026-10-05",
                "session": 0,
                "was": "O",
                "now": "I",
                "reason": "A letter came",
                "by": "Sam Officer",
                "position": "Attendance officer",
                "at": "2026-11-17T12:00:00+00:00",
            }
        ],
        before={"verdict": "Met.", "half_days": 10},
        after={"verdict": "Not met.", "today": "Not met.", "met": False, "half_days": 9},
        found_at=at(TODAY),
    )
    return {"legal_recheck": row}
