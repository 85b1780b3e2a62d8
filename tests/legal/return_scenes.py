"""A year of legal steps at Hillside and Brook, counted by hand, for the tests of the return."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from attendance.models import Adult, Enrolment
from authorities.permissions import Role
from cases.models import Case, Contract
from legal.models import (
    Lane,
    ParentingOrder,
    PenaltyNotice,
    Prosecution,
    SupervisionOrder,
)
from legal.selectors.returns import measures
from legal.services import returns
from rules.service import Method
from tests import factories
from tests.cases.family import family
from tests.cast import TODAY, Cast
from tests.legal.payment_scenes import Till
from tests.legal.penalty_scenes import Room, office

YEAR = 2026
YEAR_BEFORE = 2025


@dataclass
class Year:
    """The room in which notices are issued, with a case behind the later steps."""

    room: Room
    case: Case
    days: int = 0

    @property
    def cast(self) -> Cast:
        """Who and what there is."""
        return self.room.cast

    @property
    def till(self) -> Till:
        """Where its money is kept."""
        return Till(self.room)

    def parent(self) -> Adult:
        """One more parent of the pupil."""
        return factories.adult(self.cast.pupil)

    def notice(self, on: date, codes: str = "O") -> PenaltyNotice:
        """A notice to one more parent, for sessions with these codes, issued on a day."""
        self.days += 1
        sessions = [
            (f"2026-0{5 + self.days // 25}-{self.days % 25 + 1:02}", half) for half in (0, 1)
        ]
        asked = self.room.request(self.parent(), today=on, sessions=sessions[: len(codes)])
        for session, code in zip(asked.sessions, codes, strict=True):
            session["code"] = code
        asked.save(update_fields=["sessions"])
        (made,) = self.room.issue(asked=asked, today=on)
        return made

    def handed(self, on: date, codes: str = "O") -> PenaltyNotice:
        """One handed over on the day of issue: that day is day 1."""
        return self.room.serve(self.notice(on, codes), sent_on=on, method=Method.BY_HAND)

    def withdrawn(self, notice: PenaltyNotice, ground: str) -> PenaltyNotice:
        """It is withdrawn on a ground."""
        self.room.ask_withdrawal(notice, ground=ground)
        return self.room.decide(notice)

    def prosecution(
        self, state: str, made_at: datetime | None = None, reason: str = "", **more: Any
    ) -> Prosecution:
        """A prosecution as it stands; how it came there is tested elsewhere."""
        made_at = made_at or datetime(2026, 11, 2, 9, tzinfo=UTC)
        return Prosecution.objects.create(
            **{
                "authority": self.cast.northmoor,
                "case": self.case,
                "enrolment": self.cast.enrolment,
                "pupil": self.cast.pupil,
                "school": self.cast.hillside,
                "adult": self.room.mother,
                "state": state,
                "reason": reason,
                "offence": "444(1)",
                "first": date(2026, 9, 7),
                "last": date(2026, 9, 11),
                "made_by": self.cast.officer,
                "made_at": made_at,
                **more,
            }
        )

    def parenting(self, made_on: date, **more: Any) -> ParentingOrder:
        """A parenting order that a court made."""
        return ParentingOrder.objects.create(
            **{
                "authority": self.cast.northmoor,
                "prosecution": self.prosecution("decided", datetime(2025, 11, 3, tzinfo=UTC)),
                "made_on": made_on,
                "months": 6,
                "requirements": "A course for parents.",
                "officer": "Jo Lark, family worker",
                **more,
            }
        )

    def contract(self, made_on: date, state: str = "offered", agreed: int = 0) -> Contract:
        """An attendance contract of the case."""
        offered = state != "not offered"
        return Contract.objects.create(
            authority=self.cast.northmoor,
            case=self.case,
            school=self.cast.hillside,
            state=state,
            policy={},
            facts={},
            starts_on=made_on if offered else None,
            ends_on=made_on if offered else None,
            target_percent=95 if offered else None,
            agreed=agreed,
            words="" if offered else "The family asked for another way.",
            made_on=made_on,
            made_at=datetime(made_on.year, made_on.month, made_on.day, 9, tzinfo=UTC),
            made_by=self.cast.officer,
        )

    def order(self, made_on: date | None, *, beside: bool = False) -> SupervisionOrder:
        """A supervision order that is over, so that there may be another."""
        return SupervisionOrder.objects.create(
            authority=self.cast.northmoor,
            case=self.case,
            enrolment=self.cast.enrolment,
            pupil=self.cast.pupil,
            school=self.cast.hillside,
            state="ended",
            considered_on=date(2026, 9, 7),
            considered="It would help.",
            beside_prosecution=beside,
            applied_on=date(2026, 8, 3),
            applied_by=self.cast.person(Role.LEGAL_OFFICER),
            made_on=made_on,
            ended_on=date(2026, 11, 16),
            made_by=self.cast.officer,
            made_at=datetime(2026, 9, 7, 9, tzinfo=UTC),
        )


def year(cast: Cast) -> Year:
    """The rows, made in an open scope."""
    home = family(cast)
    office(cast)
    room = Room(cast, home.mother, home.father, cast.pupil, cast.enrolment)
    room.nowhere_else()
    return Year(room, home.open_case())


def filled(cast: Cast) -> Year:
    """A year in which each cell counts something, with things of the year before beside them.

    Notices: 8 in the year; 2 of the year before and 1 for an excluded pupil are not counted.
    """
    made = year(cast)
    till = made.till
    made.notice(date(2026, 8, 31))
    made.notice(date(2026, 7, 20), "GG")
    made.room.issue(lane=Lane.EXCLUDED, sessions=[], answers={"circumstances": "Seen in the park."})
    made.notice(date(2026, 9, 1), "GG")  # not settled
    made.notice(TODAY, "UU")  # not settled
    first = made.handed(date(2026, 10, 1), "GG")
    till.pay(first, 80_00, date(2026, 10, 21))  # day 21
    later = made.handed(date(2026, 10, 2), "OO")
    till.pay(later, 160_00, date(2026, 10, 23))  # day 22
    second = made.handed(date(2026, 10, 3), "GO")
    till.pay(second, 160_00, date(2026, 10, 30))  # day 28
    made.withdrawn(made.notice(date(2026, 10, 5), "GG"), "ought_not")
    made.withdrawn(made.notice(date(2026, 10, 6), "U"), "wrong_person")
    court = made.notice(date(2026, 10, 7), "UG")
    court.state = "prosecuted"
    court.save(update_fields=["state"])
    return made


def guest(year: Year, **fields: Any) -> Enrolment:
    """One more pupil of Hillside."""
    pupil = factories.pupil(year.cast.northmoor, surname="Guest", forenames="A")
    return factories.enrolment(pupil, year.cast.hillside, **fields)


def of_the_world(cast: Cast) -> dict[str, Any]:
    """A return of the year as it stands, saved by the clerk."""
    reach = cast.reach(cast.person(Role.NOTICE_CLERK))
    found = measures(cast.northmoor.pk, YEAR, TODAY)
    made = returns.make(
        reach=reach,
        year=YEAR,
        seen=returns.stamp(found),
        reasons=dict.fromkeys((one.key for one in found.failing()), "It is the world of tests."),
        today=TODAY,
        now=datetime(2026, 11, 17, 9, tzinfo=UTC),
    )
    return {"legal_return": made}
