"""Approved requests, and the notices on them, for the tests of penalty notices."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from typing import Any

from attendance.models import Adult, Enrolment, Pupil
from authorities.access import Reach
from authorities.permissions import Role
from legal.models import Lane, NoticeOffice, NoticeRequest, PenaltyNotice, RequestParent
from legal.services import borders, penalties, representations, serving, withdrawals
from legal.services.serving import Served
from rules.service import Method
from tests import factories
from tests.cast import TODAY, Cast

OFFICER = "Pat Wren, authorised officer of Northmoor"
TEN = [(f"2026-10-{day:02}", half) for day in range(5, 10) for half in (0, 1)]


def at(day: date) -> datetime:
    """Nine in the morning of a day."""
    return datetime.combine(day, time(9), tzinfo=UTC)


@dataclass
class Room:
    """Northmoor's pupil, a mother and a father at Hillside, and who may do what."""

    cast: Cast
    mother: Adult
    father: Adult
    pupil: Pupil
    enrolment: Enrolment
    weeks: int = field(default=0)

    def reach(self, role: Role, place: str = "northmoor") -> Reach:
        """What the person with a role may do."""
        return self.cast.reach(self.cast.person(role, place))

    @property
    def officer(self) -> Reach:
        """Who approves, issues and decides: Northmoor's authorising officer."""
        return self.reach(Role.AUTHORISING_OFFICER)

    @property
    def legal(self) -> Reach:
        """Somebody else who decides on notices: Northmoor's legal officer."""
        return self.reach(Role.LEGAL_OFFICER)

    @property
    def clerk(self) -> Reach:
        """Who serves notices and keeps their papers: Northmoor's notice clerk."""
        return self.reach(Role.NOTICE_CLERK)

    @property
    def head(self) -> Reach:
        """Hillside's headteacher."""
        return self.reach(Role.HEADTEACHER, "hillside")

    def nowhere_else(self, today: date = TODAY) -> None:
        """The school has stated that the child was with no other council."""
        borders.name_place(
            reach=self.head,
            school=self.cast.hillside,
            pupil=self.pupil,
            council="",
            since=None,
            until=None,
            words="The family says they have always lived here.",
            today=today,
            now=at(today),
        )

    def request(
        self,
        *adults: Adult,
        today: date = TODAY,
        lane: Lane = Lane.SUPPORT,
        sessions: Sequence[tuple[str, int]] | None = None,
        **more: Any,
    ) -> NoticeRequest:
        """An approved request about some parents, or the mother, each time about other days."""
        if sessions is None:
            self.weeks += 1
            sessions = [
                (f"2026-{9 + self.weeks // 28:02}-{self.weeks % 28 + 1:02}", half)
                for half in (0, 1)
            ]
        days = [date.fromisoformat(day) for day, _ in sessions] or [TODAY]
        made = NoticeRequest.objects.create(
            **{
                "authority": self.cast.northmoor,
                "enrolment": self.enrolment,
                "school": self.cast.hillside,
                "lane": lane,
                "state": "approved",
                "first": min(days),
                "last": max(days),
                "sessions": [{"day": day, "session": half, "code": "O"} for day, half in sessions],
                "requested_by": self.cast.officer,
                "made_at": at(today),
                "changed_at": at(today),
                "decided_by": self.cast.person(Role.AUTHORISING_OFFICER),
                "decided_on": today,
                **more,
            }
        )
        for adult in adults or (self.mother,):
            RequestParent.objects.create(
                authority=self.cast.northmoor, request=made, adult=adult, allowed="yes"
            )
        return made

    def issue(self, *adults: Adult, today: date = TODAY, **more: Any) -> list[PenaltyNotice]:
        """The officer issues the notices of an approved request."""
        given = {key: more.pop(key) for key in ("releases",) if key in more}
        return penalties.issue(
            reach=self.officer,
            request=more.pop("asked", None) or self.request(*adults, today=today, **more),
            officer=OFFICER,
            today=today,
            now=at(today),
            **given,
        )

    def one(self, today: date = TODAY, **more: Any) -> PenaltyNotice:
        """One notice, to the mother."""
        (notice,) = self.issue(today=today, **more)
        return notice

    def printed(self, notice: PenaltyNotice) -> PenaltyNotice:
        """Its letter was made and handed over."""
        letter = notice.letter.letter
        letter.state, letter.handed_over_at = "handed over", at(notice.issued_on)
        letter.save(update_fields=["state", "handed_over_at"])
        return notice

    def serve(
        self,
        notice: PenaltyNotice,
        *,
        sent_on: date | None = None,
        method: Method = Method.POST,
        today: date | None = None,
        **more: Any,
    ) -> PenaltyNotice:
        """The clerk records how it went."""
        self.printed(notice)
        sent_on = sent_on or notice.issued_on
        return serving.serve(
            reach=self.clerk,
            notice=notice,
            version=notice.version,
            served=Served(method, sent_on, "Certificate of posting 7", **more),
            today=today or sent_on,
            now=at(today or sent_on),
        )

    def served(self, sent_on: date = TODAY, method: Method = Method.POST) -> PenaltyNotice:
        """One notice to the mother, issued and served on a day."""
        return self.serve(self.one(today=sent_on), sent_on=sent_on, method=method)

    def represent(self, notice: PenaltyNotice, on: date, **more: Any) -> Any:
        """The clerk records what the mother says against it, on the day it came."""
        notice.refresh_from_db()
        return representations.represent(
            **{
                "reach": self.clerk,
                "notice": notice,
                "version": notice.version,
                "received_on": on,
                "way": "letter",
                "plea": "leave_given",
                "words": "The school said that we may go.",
                "today": on,
                "now": at(on),
                **more,
            }
        )

    def answer(self, notice: PenaltyNotice, on: date, **more: Any) -> PenaltyNotice:
        """The legal officer answers it."""
        notice.refresh_from_db()
        return representations.answer(
            **{
                "reach": self.legal,
                "notice": notice,
                "version": notice.version,
                "upheld": False,
                "ground": "",
                "words": "The headteacher gave no leave.",
                "today": on,
                "now": at(on),
                **more,
            }
        )

    def ask_withdrawal(self, notice: PenaltyNotice, today: date = TODAY, **more: Any) -> Any:
        """The clerk asks that it is withdrawn."""
        notice.refresh_from_db()
        return withdrawals.ask(
            **{
                "reach": self.clerk,
                "notice": notice,
                "version": notice.version,
                "ground": "ought_not",
                "words": "The school had given leave for these days.",
                "today": today,
                "now": at(today),
                **more,
            }
        )

    def withdraw(self, notice: PenaltyNotice, today: date = TODAY, **more: Any) -> PenaltyNotice:
        """The clerk asks, and the authorising officer withdraws it."""
        self.ask_withdrawal(notice, today)
        return self.decide(notice, today, **more)

    def decide(self, notice: PenaltyNotice, today: date = TODAY, **more: Any) -> PenaltyNotice:
        """The authorising officer decides on a withdrawal that was asked for."""
        notice.refresh_from_db()
        return withdrawals.decide(
            **{
                "reach": self.officer,
                "notice": notice,
                "version": notice.version,
                "withdraw": True,
                "reason": "",
                "today": today,
                "now": at(today),
                **more,
            }
        )


def office(cast: Cast, **changes: Any) -> NoticeOffice:
    """Northmoor has said who parents pay and write to."""
    return NoticeOffice.objects.create(
        **{
            "authority": cast.northmoor,
            "name": "Northmoor Council",
            "address": "Penalty notices\n1 Town Square\nNorthmoor",
            "postcode": "ZZ99 8ZZ",
            "contact": "01632 960200",
            "ways": "Online at pay.example.org\nBy phone on 01632 960200",
            "changed_at": at(TODAY),
            **changes,
        }
    )


def room(cast: Cast) -> Room:
    """The rows, made in an open scope."""
    office(cast)
    mother = factories.adult(cast.pupil, title="Ms", forenames="Ada", surname="Larkfield")
    father = factories.adult(
        cast.pupil,
        title="Mr",
        forenames="Tom",
        surname="Reedham",
        address="3 Mill Street\nSampleton",
        postcode="ZZ99 2BB",
        link={"relationship": "father", "has_care": "no"},
    )
    made = Room(cast, mother, father, cast.pupil, cast.enrolment)
    made.nowhere_else()
    return made


def of_the_world(cast: Cast, adult: Adult) -> dict[str, Any]:
    """A notice that the parent disputes and whose withdrawal waits, and another council's."""
    office(cast)
    made = Room(cast, adult, adult, cast.pupil, cast.enrolment)
    made.nowhere_else()
    notice = made.serve(made.one())
    made.represent(notice, TODAY)
    made.ask_withdrawal(notice)
    external, _asked = borders.declare(
        reach=made.clerk,
        school=cast.hillside,
        pupil=cast.pupil,
        adult=adult,
        declared=borders.Declared("Eastbank Council", "", date(2024, 10, 1), "paid", "E-mail"),
        today=TODAY,
        now=at(TODAY),
    )
    return {
        "penalty": notice,
        "penalty_letter": notice.letter.letter,
        "noticed": adult,
        "external": external,
    }
