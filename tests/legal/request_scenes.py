"""Robin was away for a week without leave, and what it takes until a notice is asked for."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from attendance.models import Adult, Enrolment, LeaveRequest
from authorities.access import Reach
from authorities.permissions import Role
from cases.models import Case
from legal.models import BorderPlace, NoticeOffice, NoticeRequest, PenaltyNotice
from legal.selectors.request_facts import gates_of_request, parents_of, seen_of
from legal.services import gates, request_documents, requests
from legal.services.gates import Place, Thinking
from legal.services.requests import Approval, ParentAnswer, Review
from rules.dates import days_between
from rules.gates import ASPECTS
from tests import factories
from tests.attendance.scenes import a_year_of_marks, calendar, days_of
from tests.cast import TODAY, Cast

NOW = datetime(2026, 11, 17, 9, tzinfo=UTC)
FIRST, LAST, BACK = date(2026, 11, 9), date(2026, 11, 13), date(2026, 11, 16)
AWAY = days_of("G", *days_between(FIRST, LAST))
FOUND = Review("Section 4 of the code: ten half days, leave refused", "A third holiday in a year")


@dataclass
class Away:
    """Hillside's pupil, absent with code G from 9 to 13 November 2026 and back on the 16th."""

    cast: Cast
    mother: Adult
    father: Adult

    @property
    def enrolment(self) -> Enrolment:
        """The pupil's place at Hillside."""
        assert self.cast.enrolment is not None
        return self.cast.enrolment

    def reach(self, role: Role, place: str = "hillside") -> Reach:
        """What the person with a role may do."""
        return self.cast.reach(self.cast.person(role, place))

    @property
    def office(self) -> Reach:
        """Hillside's attendance officer, who asks."""
        return self.reach(Role.ATTENDANCE_OFFICER)

    @property
    def head(self) -> Reach:
        """Hillside's headteacher, who declares."""
        return self.reach(Role.HEADTEACHER)

    @property
    def council(self) -> Reach:
        """Northmoor's authorising officer, who decides."""
        return self.reach(Role.AUTHORISING_OFFICER, "northmoor")

    def leave(self, **changes: Any) -> LeaveRequest:
        """The mother asked for leave, and the headteacher refused it."""
        return LeaveRequest.objects.create(
            **{
                "authority": self.cast.northmoor,
                "school": self.cast.hillside,
                "enrolment": self.enrolment,
                "asked_by": self.mother,
                "asked_on": date(2026, 10, 12),
                "way": "paper",
                "first_day": FIRST,
                "last_day": LAST,
                "purpose": "holiday",
                "reason": "A week by the sea with our cousins",
                "state": "refused",
                "decision_reason": "Not exceptional",
                "decided_by": self.head.user,
                "decided_at": NOW,
                "recorded_by": self.office.user,
                "recorded_at": NOW,
                **changes,
            }
        )

    def begin(self, leave: LeaveRequest | None = None) -> NoticeRequest:
        """The officer begins a request about that week."""
        return requests.begin_for_leave(
            reach=self.office, leave=leave or self.leave(), today=TODAY, now=NOW
        )

    def fresh(self, request: NoticeRequest) -> NoticeRequest:
        """The request as it is now."""
        return NoticeRequest.objects.select_related(
            "school__trust", "enrolment__pupil", "enrolment__school__trust", "case", "leave"
        ).get(pk=request.pk)

    def write(self, request: NoticeRequest, **changes: Any) -> NoticeRequest:
        """The officer writes what is missing: the mother allowed it, the father did not."""
        return requests.save(
            **{
                "reach": self.office,
                "request": request,
                "answers": request.answers,
                "parents": [
                    ParentAnswer(self.mother.reference, True, "yes", "", date(2026, 11, 2)),
                    ParentAnswer(
                        self.father.reference,
                        False,
                        "no",
                        "He wrote against it",
                        None,
                    ),
                ],
                "seen": request.version,
                "today": TODAY,
                "now": NOW,
                **changes,
            }
        )

    def think(self) -> None:
        """The officer answers for each circumstance: none applies."""
        thoughts = [Thinking(one, "no", "Asked the mother and the tutor", "") for one in ASPECTS]
        gates.consider(
            reach=self.office,
            place=Place(self.enrolment),
            thoughts=thoughts,
            on=TODAY,
            today=TODAY,
            now=NOW,
        )

    def declare(self, request: NoticeRequest, **changes: Any) -> NoticeRequest:
        """The headteacher declares it."""
        return requests.declare(
            **{
                "reach": self.head,
                "request": request,
                "seen": request.version,
                "today": TODAY,
                "now": NOW,
                **changes,
            }
        )

    def ready(self, leave: LeaveRequest | None = None) -> NoticeRequest:
        """Written, thought of and declared: it can be sent."""
        self.think()
        return self.declare(self.write(self.begin(leave)))

    def send(self, request: NoticeRequest, **changes: Any) -> NoticeRequest:
        """The officer sends it."""
        return requests.send(
            **{
                "reach": self.office,
                "request": request,
                "despite": "",
                "seen": request.version,
                "today": TODAY,
                "now": NOW,
                **changes,
            }
        )

    def sent(self) -> NoticeRequest:
        """One that is with the council."""
        return self.send(self.ready())

    def open_for_council(self) -> None:
        """What the council sees to: who parents pay, and other councils."""
        NoticeOffice.objects.create(
            authority=self.cast.northmoor,
            name="Northmoor Council",
            address="Civic Way",
            postcode="ZZ99 3CC",
            contact="01632 960999",
            ways="Online at the council's payment page",
            changed_at=NOW,
        )
        BorderPlace.objects.create(
            authority=self.cast.northmoor,
            pupil=self.enrolment.pupil,
            words="On roll here since reception",
            recorded_by=self.office.user,
            recorded_on=TODAY,
            recorded_at=NOW,
        )

    def approve(self, request: NoticeRequest, **changes: Any) -> list[PenaltyNotice]:
        """The authorising officer approves what the page shows."""
        shown = self.fresh(request)
        answers = gates_of_request(shown, parents_of(shown), TODAY)
        approval = changes.pop("approval", Approval(FOUND, seen_of(answers)))
        return requests.approve(
            **{
                "reach": self.council,
                "request": shown,
                "approval": approval,
                "seen": shown.version,
                "today": TODAY,
                "now": NOW,
                **changes,
            }
        )


def away(cast: Cast, **absences: Any) -> Away:
    """The rows, made in an open scope."""
    calendar(cast)
    a_year_of_marks(cast, absences={**AWAY, **absences.pop("also", {})})
    return Away(
        cast,
        mother=factories.adult(
            cast.pupil,
            title="Ms",
            forenames="Ada",
            surname="Larkfield",
            address="12 Orchard Row\nNorthmoor",
            postcode="ZZ99 1AA",
            link={"priority": 1},
        ),
        father=factories.adult(
            cast.pupil,
            title="Mr",
            forenames="Tom",
            surname="Reedham",
            address="3 Mill Street\nSampleton",
            postcode="ZZ99 2BB",
            link={"relationship": "father", "priority": 2},
        ),
    )


def of_the_world(cast: Cast, case: Case) -> dict[str, Any]:
    """A draft with a file, and one that is with the council, of one case."""
    office = cast.reach(cast.officer)
    draft = requests.begin_after_support(
        reach=office, case=case, improvement=None, today=TODAY, now=NOW
    )
    file = request_documents.attach_file(
        reach=office,
        request=draft,
        title="Northsecret",
        file=request_documents.File("certificate.pdf", b"%PDF-1.7\n%%EOF\n"),
        now=NOW,
    )
    sent = NoticeRequest.objects.create(
        authority=cast.northmoor,
        school=cast.hillside,
        enrolment=cast.enrolment,
        case=case,
        lane=draft.lane,
        state="sent",
        first=draft.first,
        last=draft.last,
        sessions=draft.sessions,
        proof=draft.proof,
        answers={"reason": "Northsecret"},
        requested_by=cast.officer,
        made_at=NOW,
        changed_at=NOW,
        sent_by=cast.officer,
        sent_on=TODAY,
    )
    return {"draft_request": draft, "request_file": file, "notice_request": sent}
