"""Prosecutions at Northmoor for tests: from an unpaid notice, or from a case, up to any state.

    desk = prosecution_scenes.desk(cast)
    file = desk.until(ProsecutionState.CHARGED)

The mother of Hillside's pupil missed 5 to 9 October 2026, all day; her notice was handed over on
17 November, so the time to pay was over on 15 December. The legal officer prepares and tests, the
authorising officer authorises.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from attendance.models import Adult
from authorities.access import Reach
from authorities.permissions import Role
from cases.models import Case
from legal.models import PenaltyNotice, Prosecution, ProsecutionTest
from legal.selectors.prosecution_gates import gate_for
from legal.services import prosecution_courts as courts
from legal.services import prosecution_deciding as deciding
from legal.services import prosecutions
from legal.services.prosecution_courts import Decided
from legal.services.prosecution_deciding import Charging, Testing
from legal.services.prosecutions import Answered, Asking, Beginning, Considered, Found
from rules.court_outcomes import Outcome, Plea
from rules.defences import Weighed, defences_for
from rules.marks import DatedSession, Session
from rules.prosecution_stages import ProsecutionState
from rules.prosecutions import CodeTest, Offence, Route, questions_of
from rules.service import Method
from rules.tariffs import LONDON
from tests.attendance.scenes import TEN as ABSENCES
from tests.attendance.scenes import a_year_of_marks, calendar
from tests.cast import TODAY, Cast
from tests.legal.penalty_scenes import TEN, Room, at, room

S = ProsecutionState
BEGUN = date(2026, 12, 16)
ANSWER_BY = date(2027, 1, 4)
ANSWERED = date(2027, 1, 4)
SILENT = date(2027, 1, 5)
WEIGHED = date(2027, 1, 11)
AUTHORISED = date(2027, 1, 12)
CHARGED = date(2027, 1, 13)
HEARING = datetime(2027, 2, 10, 10, tzinfo=LONDON)
DECIDED = date(2027, 2, 10)
SESSIONS = [DatedSession(date.fromisoformat(day), Session(half)) for day, half in TEN]
ORDER = [
    S.PREPARING,
    S.ASKED,
    S.ANSWERED,
    S.TESTED,
    S.AUTHORISED,
    S.CHARGED,
    S.LISTED,
    S.DECIDED,
]


@dataclass
class Desk:
    """Northmoor's legal team, one family, and its register."""

    room: Room

    @property
    def cast(self) -> Cast:
        """Who and what is there."""
        return self.room.cast

    @property
    def legal(self) -> Reach:
        """Who prepares and tests: Northmoor's legal officer."""
        return self.room.legal

    @property
    def senior(self) -> Reach:
        """Who authorises: Northmoor's authorising officer."""
        return self.room.officer

    def unpaid(self, **more: Any) -> PenaltyNotice:
        """A notice to the mother for the ten half days, handed over: unpaid since 15 December."""
        notice = self.room.one(sessions=TEN, **more)
        return self.room.serve(notice, sent_on=TODAY, method=Method.BY_HAND)

    def edge(self, file: Prosecution, today: date, by: Reach | None = None) -> dict[str, Any]:
        """What each service is given: the file as it is now."""
        file.refresh_from_db()
        return {
            "reach": by or self.legal,
            "prosecution": file,
            "version": file.version,
            "today": today,
            "now": at(today),
        }

    def begin(
        self,
        notice: PenaltyNotice | None = None,
        *,
        today: date = BEGUN,
        by: Reach | None = None,
        case: Case | None = None,
        **more: Any,
    ) -> Prosecution:
        """The legal officer begins a file on the mother, after a notice or without one."""
        if notice is not None:
            notice.refresh_from_db()
        return prosecutions.begin(
            reach=by or self.legal,
            beginning=Beginning(
                **{
                    "enrolment": self.room.enrolment,
                    "adult": self.room.mother,
                    "offence": Offence.FAILS,
                    "sessions": SESSIONS,
                    "words": "Not paid, and nothing has changed since.",
                    "notice": notice,
                    "notice_version": notice.version if notice else None,
                    "case": case,
                    **more,
                }
            ),
            today=today,
            now=at(today),
        )

    def consider(self, file: Prosecution, today: date = BEGUN, **more: Any) -> Prosecution:
        """An order was considered, and would not help."""
        said = {"on": today, "words": "Not sought: the child goes to school with the father."}
        return prosecutions.consider(
            considered=Considered(**{**said, **more}), **self.edge(file, today)
        )

    def ask(self, file: Prosecution, today: date = BEGUN, **more: Any) -> Prosecution:
        """The letter under caution goes to the mother."""
        said = {"officer": "Lee Finch, legal officer", "answer_by": ANSWER_BY}
        return prosecutions.ask(asking=Asking(**{**said, **more}), **self.edge(file, today))

    def answer(
        self, file: Prosecution, on: date = ANSWERED, answers: Mapping[str, str] | None = None
    ) -> Prosecution:
        """The mother answers in writing."""
        said = answers or {"register": "Yes", "else": "I could not pay in time."}
        return prosecutions.answer(answered=Answered(on, "letter", said), **self.edge(file, on))

    def no_answer(self, file: Prosecution, today: date = SILENT) -> Prosecution:
        """Nothing came."""
        return prosecutions.no_answer(**self.edge(file, today))

    def weigh(self, file: Prosecution, today: date = WEIGHED, **found: Found) -> Prosecution:
        """No defence was raised, unless told."""
        file.refresh_from_db()
        every = {
            defence.key: found.get(defence.key, Found(Weighed.NOT_RAISED))
            for defence in defences_for(Offence(file.offence))
        }
        return prosecutions.weigh(found=every, **self.edge(file, today))

    def papers(self, file: Prosecution, today: date = WEIGHED, **more: Any) -> Prosecution:
        """Statements and the certificate are on file."""
        said = {"on": today, "words": "The head's certificate; the attendance officer's statement."}
        return prosecutions.papers(**{**said, **more}, **self.edge(file, today))

    def test(
        self,
        file: Prosecution,
        test: CodeTest,
        *,
        passed: bool = True,
        today: date = WEIGHED,
        by: Reach | None = None,
        **more: Any,
    ) -> ProsecutionTest:
        """One of the two tests, each question answered."""
        file.refresh_from_db()
        said = {
            "answers": {
                question.key: f"Looked at: {question.key}."
                for question in questions_of(test, Offence(file.offence))
            },
            "on": today,
            **more,
        }
        return deciding.make_test(
            testing=Testing(test=test, passed=passed, **said), **self.edge(file, today, by)
        )

    def tests(self, file: Prosecution, today: date = WEIGHED) -> Prosecution:
        """Both, passed."""
        for test in CodeTest:
            self.test(file, test, today=today)
        file.refresh_from_db()
        return file

    def authorise(
        self, file: Prosecution, today: date = AUTHORISED, by: Reach | None = None, **more: Any
    ) -> Prosecution:
        """The authorising officer authorises what they have read."""
        edge = self.edge(file, today, by or self.senior)
        return deciding.authorise(
            **{
                "seen": gate_for(file, today).seen,
                "officer": "Assistant director of education",
                "words": "Both tests are met, and nothing else is left to try.",
                **edge,
                **more,
            }
        )

    def charge(self, file: Prosecution, today: date = CHARGED, **more: Any) -> Prosecution:
        """By the single justice procedure, unless told or the offence asks for a summons."""
        edge = self.edge(file, today)
        route = Route.SINGLE_JUSTICE if file.offence == Offence.FAILS else Route.SUMMONS
        said = {
            "route": route,
            "on": today,
            "court": "Sampleton magistrates' court",
            "adult": True,
            "age": "Date of birth on the answer sheet",
        }
        seen = more.pop("seen", None) or gate_for(file, today).seen
        return deciding.charge(charging=Charging(**{**said, **more}), seen=seen, **edge)

    def list_hearing(self, file: Prosecution, today: date = CHARGED, **more: Any) -> Prosecution:
        """The hearing is on 10 February 2027 at ten."""
        said = {"court": "Sampleton magistrates' court", "at": HEARING}
        return courts.list_hearing(**{**said, **more}, **self.edge(file, today))

    def decide(
        self,
        file: Prosecution,
        *outcomes: Outcome,
        today: date = DECIDED,
        decided: Mapping[str, Any] | None = None,
        **said: Any,
    ) -> Prosecution:
        """A fine of 200 pounds after a guilty plea, unless told."""
        file.refresh_from_db()
        if not outcomes:
            outcomes, said = (Outcome.FINE,), {"fine_pence": 20_000, "plea": Plea.GUILTY, **said}
        decision = courts.decision_on(
            file, said.pop("on", today), outcomes=frozenset(outcomes), **said
        )
        return courts.decide(decided=Decided(decision, **(decided or {})), **self.edge(file, today))

    def stands(self, file: Prosecution, today: date = BEGUN) -> Prosecution:
        """The legal officer looked again: it goes on."""
        return courts.stands(words="It changes nothing here.", **self.edge(file, today))

    def drop(self, file: Prosecution, reason: str, today: date = BEGUN, **more: Any) -> Prosecution:
        """The legal officer does not go on."""
        said = {"instead": "no_further_action", "words": "We looked at it again."}
        return courts.drop(reason=reason, **{**said, **more}, **self.edge(file, today))

    def discontinue(
        self, file: Prosecution, reason: str = "not_public_interest", today: date = DECIDED
    ) -> Prosecution:
        """The legal officer discontinues the charge."""
        return courts.discontinue(
            reason=reason, words="We do not go on with it.", **self.edge(file, today)
        )

    def report(self, file: Prosecution, today: date = DECIDED) -> Prosecution:
        """The school is told."""
        return courts.report(words="Fined. Attend to a new period.", **self.edge(file, today))

    def until(
        self,
        state: ProsecutionState,
        *,
        offence: Offence = Offence.FAILS,
        notice: PenaltyNotice | None = None,
        direct: bool = False,
        **more: Any,
    ) -> Prosecution:
        """A file that stands at a state of the straight path.

        direct  without a penalty notice; a decision is a fine of 200 pounds
        """
        if not direct:
            notice = notice or self.unpaid()
        file = self.begin(notice, offence=offence, **more)
        steps = {
            S.ASKED: (self.consider, self.ask),
            S.ANSWERED: (self.answer, self.weigh, self.papers),
            S.TESTED: (self.tests,),
            S.AUTHORISED: (self.authorise,),
            S.CHARGED: (self.charge,),
            S.LISTED: (self.list_hearing,),
            S.DECIDED: (self.decide,),
        }
        for reached in ORDER[1 : ORDER.index(state) + 1]:
            for step in steps[reached]:
                step(file)
        file.refresh_from_db()
        return file


def desk(cast: Cast, kept: Room | None = None) -> Desk:
    """The rows, made in an open scope: Hillside's year of marks with ten missed half days.

    kept  a room that is there already, with its register
    """
    if kept is not None:
        return Desk(kept)
    calendar(cast)
    a_year_of_marks(cast, absences=ABSENCES)
    return Desk(room(cast))


def prosecution(cast: Cast, until: ProsecutionState = S.DECIDED, **more: Any) -> Prosecution:
    """One file that stands at a state. For what only reads it."""
    return desk(cast).until(until, **more)


def of_the_world(cast: Cast, case: Case, adult: Adult) -> dict[str, Any]:
    """A file whose parent has answered, with a test that failed: made as rows."""
    file = Prosecution.objects.create(
        authority=cast.northmoor,
        case=case,
        enrolment=cast.enrolment,
        pupil=cast.pupil,
        school=cast.hillside,
        adult=adult,
        state=S.ANSWERED.value,
        offence=Offence.KNOWS.value,
        sessions=[{"day": "2026-10-05", "session": half, "code": "O"} for half in (0, 1)],
        first=date(2026, 10, 5),
        last=date(2026, 10, 5),
        considered_on=TODAY,
        considered="Not sought: the child goes to school with the father.",
        asked_on=TODAY,
        answer_by=TODAY,
        answered_on=TODAY,
        answers={"register": "Yes"},
        defences={
            defence.key: {"found": Weighed.NOT_RAISED.value, "reason": ""}
            for defence in defences_for(Offence.KNOWS)
        },
        made_by=cast.person(Role.LEGAL_OFFICER),
        made_at=at(TODAY),
    )
    ProsecutionTest.objects.create(
        authority=cast.northmoor,
        prosecution=file,
        round=file.round,
        test=CodeTest.EVIDENTIAL.value,
        passed=False,
        answers={"register": "The certificate is missing."},
        on=TODAY,
        made_by=file.made_by,
        made_at=at(TODAY),
    )
    return {"prosecution": file}
