"""One family's years, walked at random: what anybody may do next, and what must hold after it.

A walk is a state machine for Hypothesis. Each of its rules is one thing that one person does on
the day it is; most are refused most of the time, in words, and change nothing. After every step
the whole of the law that must always hold is asked again, from the rows alone.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from datetime import date, timedelta
from typing import Any

from django.db import transaction
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from attendance.models import Enrolment, LeaveRequest
from attendance.services.registers import amend_mark
from authorities.packs import pack_in_force
from cases.models import Case, CaseMove
from cases.selectors.places import destinations
from cases.services import casework, following, moves
from legal.models import (
    LedgerEntry,
    LegalEvent,
    LegalRecheck,
    NoticeRequest,
    NoticeSlot,
    PaymentQuestion,
    PenaltyNotice,
    Prosecution,
    Refund,
    ReliedSession,
    Representation,
    Withdrawal,
)
from legal.selectors.penalties import subject_of
from legal.services import corrections, payment_settling, payments, penalties
from legal.services.payment_refunds import DECISIONS
from rules.case_stages import REASONS
from rules.court_outcomes import Outcome, Plea
from rules.errors import DomainError
from rules.marks import DatedSession, Session
from rules.notice_stages import PENALTY, REQUEST
from rules.prosecution_stages import PROSECUTION, ProsecutionState
from rules.service import Method
from tests import factories
from tests.attendance.scenes import days_of
from tests.cast import TODAY, Cast
from tests.legal.payment_scenes import Till
from tests.legal.penalty_scenes import Room, at, office
from tests.legal.prosecution_scenes import Desk
from tests.legal.request_scenes import Away, away

# Weeks away without leave, Monday to Friday: the same family goes away again and again.
WEEKS = [date(2026, 9, 14), date(2026, 9, 28), date(2026, 10, 12), date(2026, 11, 9)]
PENCE = (1, 40_00, 80_00, 80_01, 160_00, 200_00)
CODES = ("O", "G", "I", "M", "N", "/")
TABLES = {
    "legal.PenaltyNotice": (PENALTY, PenaltyNotice),
    "legal.NoticeRequest": (REQUEST, NoticeRequest),
    "legal.Prosecution": (PROSECUTION, Prosecution),
}
THREE_YEARS = 3
S = ProsecutionState
picks = st.integers(min_value=0, max_value=2**16)


def home(cast: Cast) -> Away:
    """The rows every walk begins with, made in an open scope."""
    days = [monday + timedelta(days=number) for monday in WEEKS for number in range(5)]
    made = away(cast, also=days_of("G", *days))
    office(cast)
    return made


class Walk(RuleBasedStateMachine):
    """One walk. `begin_at` is set by whoever runs it; each walk is rolled back at its end.

    done     how often each thing was done; refused  how often it was refused in words
    """

    begin_at: Callable[[], Away]
    done: Counter[str] = Counter()
    refused: Counter[str] = Counter()

    def __init__(self) -> None:
        super().__init__()
        self.kept = transaction.savepoint()
        self.day, self.moved = TODAY, False
        self.away = type(self).begin_at()
        cast = self.away.cast
        self.room = Room(cast, self.away.mother, self.away.father, cast.pupil, cast.enrolment)
        self.room.nowhere_else()
        self.till, self.desk = Till(self.room), Desk(self.room)

    def teardown(self) -> None:
        """Nothing of a walk stays."""
        transaction.savepoint_rollback(self.kept)

    # How things are done

    def attempt(self, name: str, do: Callable[[], object]) -> None:
        """One thing, in a transaction of its own: done, or refused in words with nothing left."""
        before, refusal = self.rows(), None
        try:
            with transaction.atomic():
                do()
            self.done[name] += 1
        except DomainError as error:
            refusal = str(error)
            self.refused[name] += 1
        self.moved = refusal is None
        if refusal is not None:
            assert refusal.strip(), name
            assert self.rows() == before, name

    def rows(self) -> int:
        """How much is written down."""
        return LegalEvent.objects.count() + LedgerEntry.objects.count() + CaseMove.objects.count()

    @staticmethod
    def one_of(rows: Iterable[Any], pick: int) -> Any:
        """One of these, or None of nothing."""
        kept = list(rows)
        return kept[pick % len(kept)] if kept else None

    @property
    def edge(self) -> dict[str, Any]:
        """The day, and nine in the morning of it."""
        return {"today": self.day, "now": at(self.day)}

    def notice(self, pick: int) -> Any:
        """A notice as it is now."""
        return self.one_of(PenaltyNotice.objects.order_by("pk"), pick)

    def file(self, pick: int) -> Any:
        """A prosecution as it is now."""
        return self.one_of(Prosecution.objects.order_by("pk"), pick)

    def case(self, pick: int) -> Any:
        """A case as it is now."""
        rows = Case.objects.select_related("school__trust", "enrolment", "pupil", "authority")
        return self.one_of(rows.order_by("pk"), pick)

    # Time

    @rule(days=st.sampled_from([0, 1, 3, 10, 29, 60, 200]))
    def wait(self, days: int) -> None:
        """Days go by; the machine does at night what the calendar alone decides."""
        self.day += timedelta(days=days)
        penalties.periods_over(authority_id=self.room.cast.northmoor.pk, **self.edge)
        for notice in PenaltyNotice.objects.order_by("pk"):
            payment_settling.settle_by_key(notice_id=notice.pk, **self.edge)
        corrections.look_again(self.room.cast.northmoor.pk, **self.edge)
        self.moved = True

    # Casework, with its stages and transfers

    @rule()
    def open_case(self) -> None:
        if Case.objects.filter(closed_on=None).exists():
            return
        enrolment = Enrolment.objects.get(pk=self.room.enrolment.pk)
        reach = self.room.cast.reach(self.room.cast.officer)
        self.attempt(
            "open a case",
            lambda: casework.open_case(
                reach=reach, enrolment=enrolment, crossing=None, **self.edge
            ),
        )

    @rule(pick=picks, where=picks, why=picks)
    def move_case(self, pick: int, where: int, why: int) -> None:
        case = self.case(pick)
        if case is None:
            return

        def go() -> None:
            to = self.one_of(destinations(case, pack_in_force(case.school, self.day)), where)
            moves.move(
                reach=self.room.cast.reach(self.room.cast.officer),
                case=case,
                to=to.value if to else "",
                why=REASONS[why % len(REASONS)].key,
                reason="So it was agreed.",
                version=case.version,
                **self.edge,
            )

        self.attempt("move a case", go)

    @rule(pick=picks)
    def close_case(self, pick: int) -> None:
        case = self.case(pick)
        if case is None:
            return
        self.attempt(
            "close a case",
            lambda: moves.close(
                reach=self.room.cast.reach(self.room.cast.officer),
                case=case,
                why="restored",
                reason="It is well.",
                version=case.version,
                **self.edge,
            ),
        )

    @rule(pick=picks)
    def transfer(self, pick: int) -> None:
        """The pupil goes to Brook, and the case with them."""
        case = self.case(pick)
        cast = self.room.cast
        if case is None or Enrolment.objects.filter(pupil=cast.pupil, school=cast.brook).exists():
            return

        def go() -> None:
            Enrolment.objects.filter(pk=self.room.enrolment.pk).update(ends_on=self.day)
            factories.enrolment(cast.pupil, cast.brook, starts_on=self.day + timedelta(days=1))
            fresh = self.case(pick)
            following.send_on(
                reach=cast.reach(cast.officer),
                case=fresh,
                reason="Spoke with their lead.",
                version=fresh.version,
                **self.edge,
            )

        self.attempt("transfer a pupil", go)

    # The lane of leave: through every gate

    @rule(week=st.sampled_from(WEEKS))
    def ask_leave(self, week: date) -> None:
        last = week + timedelta(days=4)
        if LeaveRequest.objects.filter(first_day=week).exists():
            return
        leave = self.away.leave(first_day=week, last_day=last)
        self.attempt(
            "begin a request",
            lambda: self.away.begin(leave),
        )

    def request(self, pick: int) -> Any:
        """A request as it is now."""
        found = self.one_of(NoticeRequest.objects.order_by("pk"), pick)
        return found and self.away.fresh(found)

    @rule(pick=picks, father=st.booleans())
    def write_request(self, pick: int, father: bool) -> None:
        found = self.request(pick)
        if found:
            self.attempt("write a request", lambda: self.away.write(found, **self.edge))

    @rule()
    def think(self) -> None:
        self.attempt("think of the family", self.away.think)

    @rule(pick=picks)
    def declare(self, pick: int) -> None:
        found = self.request(pick)
        if found:
            self.attempt("declare a request", lambda: self.away.declare(found, **self.edge))

    @rule(pick=picks)
    def send(self, pick: int) -> None:
        found = self.request(pick)
        if found:
            self.attempt("send a request", lambda: self.away.send(found, **self.edge))

    @rule(pick=picks)
    def approve(self, pick: int) -> None:
        found = self.request(pick)
        if found:
            self.attempt("approve a request", lambda: self.away.approve(found, **self.edge))

    @rule(pick=picks)
    def approve_own(self, pick: int) -> None:
        """The one who asked tries to decide."""
        found = self.request(pick)
        if found:
            reach = self.away.office
            self.attempt(
                "approve one's own", lambda: self.away.approve(found, reach=reach, **self.edge)
            )
            assert self.done["approve one's own"] == 0

    @rule(week=st.sampled_from(WEEKS), both=st.booleans(), day=st.integers(0, 4))
    def issue(self, week: date, both: bool, day: int) -> None:
        """A request that was approved in another way; its notices are issued as any."""
        days = [(week + timedelta(days=day)).isoformat()]
        who = (self.room.mother, self.room.father) if both else (self.room.mother,)
        sessions = [(one, half) for one in days for half in (0, 1)]
        self.attempt(
            "issue a notice", lambda: self.room.issue(*who, today=self.day, sessions=sessions)
        )

    # A notice

    @rule(pick=picks, by_hand=st.booleans())
    def serve(self, pick: int, by_hand: bool) -> None:
        found = self.notice(pick)
        method = Method.BY_HAND if by_hand else Method.POST
        if found and found.letter:
            self.attempt(
                "serve a notice",
                lambda: self.room.serve(found, sent_on=self.day, method=method),
            )

    @rule(pick=picks)
    def represent(self, pick: int) -> None:
        found = self.notice(pick)
        if found:
            self.attempt("write against a notice", lambda: self.room.represent(found, self.day))

    @rule(pick=picks, upheld=st.booleans())
    def answer(self, pick: int, upheld: bool) -> None:
        found = self.notice(pick)
        if found:
            said = {"upheld": True, "ground": "ought_not"} if upheld else {}
            self.attempt("answer the parent", lambda: self.room.answer(found, self.day, **said))

    @rule(pick=picks)
    def ask_withdrawal(self, pick: int) -> None:
        found = self.notice(pick)
        if found:
            self.attempt("ask to withdraw", lambda: self.room.ask_withdrawal(found, self.day))

    @rule(pick=picks, withdraw=st.booleans())
    def decide_withdrawal(self, pick: int, withdraw: bool) -> None:
        found = self.notice(pick)
        if found:
            said = {} if withdraw else {"withdraw": False, "reason": "It was right."}
            self.attempt("decide a withdrawal", lambda: self.room.decide(found, self.day, **said))

    # Money

    def line(self, pick: int) -> Any:
        return self.one_of(LedgerEntry.objects.filter(kind="received").order_by("pk"), pick)

    @rule(pick=picks, pence=st.sampled_from(PENCE), lost=st.booleans(), ago=st.integers(0, 40))
    def pay(self, pick: int, pence: int, lost: bool, ago: int) -> None:
        found = None if lost else self.notice(pick)
        paid_on = max(self.day - timedelta(days=ago), TODAY)
        self.attempt("pay", lambda: self.till.pay(found, pence, paid_on, today=self.day))

    @rule(pick=picks, which=picks, pence=st.sampled_from(PENCE))
    def match(self, pick: int, which: int, pence: int) -> None:
        line, found = self.line(pick), self.notice(which)
        if line and found:
            self.attempt("match money", lambda: self.till.match(line, self.day, {found: pence}))

    @rule(pick=picks)
    def bounce(self, pick: int) -> None:
        line = self.line(pick)
        if line:
            self.attempt(
                "bounce",
                lambda: payments.bounce(
                    reach=self.till.clerk, payment=line.payment, words="No funds.", **self.edge
                ),
            )

    @rule(pick=picks, which=picks, pence=st.sampled_from(PENCE), loose=st.booleans())
    def ask_back(self, pick: int, which: int, pence: int, loose: bool) -> None:
        line = self.line(pick)
        if line:
            found = None if loose else self.notice(which)
            self.attempt("ask money back", lambda: self.till.ask_back(line, found, pence, self.day))

    @rule(pick=picks)
    def agree(self, pick: int) -> None:
        row = self.one_of(Refund.objects.filter(done=None).order_by("pk"), pick)
        if row:
            self.attempt("pay money back", lambda: self.till.agree(row, self.day))

    @rule(pick=picks, how=picks)
    def answer_question(self, pick: int, how: int) -> None:
        row = self.one_of(PaymentQuestion.objects.filter(closed_on=None).order_by("pk"), pick)
        if row:
            decision = self.one_of(DECISIONS[row.kind], how)[0]
            self.attempt("decide about money", lambda: self.till.answer(row, decision, self.day))

    # Corrections

    @rule(
        week=st.sampled_from(WEEKS),
        day=st.integers(0, 4),
        half=st.sampled_from(Session),
        code=st.sampled_from(CODES),
        expected=st.sampled_from(("G", "G", "G", *CODES)),
    )
    def correct(self, week: date, day: int, half: Session, code: str, expected: str) -> None:
        when = DatedSession(week + timedelta(days=day), half)
        self.attempt(
            "correct a mark",
            lambda: amend_mark(
                school=self.room.cast.hillside,
                enrolment_id=self.room.enrolment.pk,
                when=when,
                expected=expected,
                code=code,
                reason="A letter came",
                by=self.room.cast.officer,
                now=at(self.day),
            ),
        )

    @rule(pick=picks)
    def stands(self, pick: int) -> None:
        row = self.one_of(LegalRecheck.objects.filter(decision="").order_by("pk"), pick)
        if row:
            self.attempt(
                "let it stand",
                lambda: corrections.decide(
                    reach=self.room.legal,
                    recheck=row,
                    decision="stands",
                    reason="More half days are on record.",
                    seen=row.amendments,
                    now=at(self.day),
                ),
            )

    # A prosecution

    @rule(pick=picks)
    def begin(self, pick: int) -> None:
        found = self.notice(pick)
        if found:
            sessions = [
                DatedSession(date.fromisoformat(row["day"]), Session(row["session"]))
                for row in found.sessions
            ]
            self.attempt(
                "begin a prosecution",
                lambda: self.desk.begin(
                    found, today=self.day, sessions=sessions, adult=found.adult
                ),
            )

    @rule(
        pick=picks,
        step=st.sampled_from(
            [
                "consider",
                "ask",
                "answer",
                "no_answer",
                "weigh",
                "papers",
                "tests",
                "authorise",
                "charge",
                "list_hearing",
                "decide",
                "acquit",
                "discontinue",
                "drop",
                "stands",
                "report",
            ]
        ),
    )
    def go_on(self, pick: int, step: str) -> None:
        found = self.file(pick)
        if found is None:
            return
        self.attempt(f"prosecution: {step}", lambda: self.proceed(found, step))

    def proceed(self, file: Prosecution, step: str) -> object:
        """One step of a prosecution, as the desk takes it."""
        ask = {"answer_by": self.day + timedelta(days=21)}
        special: dict[str, Callable[[], object]] = {
            "ask": lambda: self.desk.ask(file, self.day, **ask),
            "acquit": lambda: self.desk.decide(
                file, Outcome.ACQUITTED, today=self.day, plea=Plea.NOT_GUILTY
            ),
            "decide": lambda: self.desk.decide(file, today=self.day),
            "discontinue": lambda: self.desk.discontinue(file, today=self.day),
            "drop": lambda: self.desk.drop(file, "no_further_action", self.day),
        }
        return special.get(step, lambda: getattr(self.desk, step)(file, self.day))()

    # The straight path, so that walks get far

    @initialize(week=st.sampled_from(WEEKS), both=st.booleans(), straight=st.booleans())
    def first(self, week: date, both: bool, straight: bool) -> None:
        """Every walk begins with a family that was away."""
        self.open_case()
        if straight:
            self.issue(week, both, 0)
        else:
            self.ask_leave(week)

    @rule(pick=picks)
    def further_request(self, pick: int) -> None:
        """From a draft to the notices on it, one step."""
        found = self.request(pick)
        if found is None:
            return
        if found.state == "sent":
            self.approve(pick)
        elif found.state == "draft" and found.declared_by_id is None:
            self.write_request(pick, father=False)
            self.think()
            self.declare(pick)
        elif found.state == "draft":
            self.send(pick)

    @rule(pick=picks, days=st.sampled_from([0, 20, 40]))
    def further_notice(self, pick: int, days: int) -> None:
        """From one that lies there to one that is not paid, and to a file on the parent."""
        found = self.notice(pick)
        if found is None:
            return
        if found.received_on is None:
            self.serve(pick, by_hand=True)
        elif found.state == "issued":
            self.wait(days)
        else:
            self.begin(pick)

    @rule(pick=picks, ends=st.sampled_from(["decide", "acquit", "discontinue"]))
    def further_file(self, pick: int, ends: str) -> None:
        """From a file to what a court decided, one step."""
        found = self.file(pick)
        path = found and {
            S.PREPARING: ("consider", "ask"),
            S.ASKED: ("answer",),
            S.ANSWERED: ("weigh", "papers", "tests"),
            S.TESTED: ("authorise",),
            S.AUTHORISED: ("charge",),
            S.CHARGED: ("list_hearing",),
            S.LISTED: (ends,),
        }.get(S(found.state))
        for step in path or ():
            self.go_on(pick, step)

    # What must hold after every step, whoever did what

    @invariant()
    def what_must_hold(self) -> None:
        """All of it, after each step that did something."""
        if not self.moved:
            return
        self.moved = False
        for holds in MUST_HOLD:
            holds(self)

    def at_most_two_count(self) -> None:
        """No parent has a third notice for a child in three years, counted from the rows alone."""
        issued = defaultdict(list)
        for row in PenaltyNotice.objects.exclude(step="excluded pupil"):
            if row.withdrawn_on is None and row.acquitted_on is None:
                issued[row.adult_id, row.pupil_id].append(row.issued_on)
        for days in issued.values():
            for day in days:
                later = [one for one in days if day <= one < years_after(day)]
                assert len(later) <= 2, days

    def slots_fit(self) -> None:
        """Whoever counts holds a slot, and nobody else does."""
        for row in PenaltyNotice.objects.select_related("slot"):
            over = row.withdrawn_on is not None or row.acquitted_on is not None
            assert (row.slot.freed_on is not None) == over

    def nothing_is_relied_on_twice(self) -> None:
        """A half day holds up one live thing for each parent, and the dead hold none."""
        live = ReliedSession.objects.filter(freed_on=None)
        taken = Counter(live.values_list("adult", "enrolment", "day", "session"))
        assert not taken or max(taken.values()) == 1
        gone = [subject_of(row) for row in PenaltyNotice.objects.exclude(withdrawn_on=None)]
        assert not live.filter(subject__in=gone).exists()

    def money_sums(self) -> None:
        """Both sums of the books hold to the penny, and nothing is below nothing."""
        sums = self.till.sums(self.day)
        assert sums.sums
        assert min(sums.suspense, sums.over, sums.settled, sums.outstanding) >= 0

    def history_leads_to_the_state(self) -> None:
        """Each state is where the history ends, and each line of it is a move of the table."""
        for label, (table, model) in TABLES.items():
            allowed = {(move.start.value, move.end.value) for move in table.moves}
            states = {f"{label}:{row.pk}": row.state for row in model.objects.all()}
            ends: dict[str, str] = {}
            for event in LegalEvent.objects.filter(subject__startswith=f"{label}:").order_by("pk"):
                was = ends.get(event.subject, event.start)
                if event.subject in ends:
                    assert event.start in ("", was), (event.event, event.start, was)
                if event.start and event.start != event.end:
                    assert (event.start, event.end) in allowed, (event.event, event.start)
                ends[event.subject] = event.end
            for subject, end in ends.items():
                assert states[subject] == end, subject

    def two_people_decided(self) -> None:
        """Nobody decided what they asked for."""
        for row in NoticeRequest.objects.exclude(decided_by=None):
            assert row.decided_by_id not in (row.requested_by_id, row.sent_by_id)
        for gone in Withdrawal.objects.exclude(decided_by=None):
            assert gone.decided_by_id != gone.asked_by_id
        for file in Prosecution.objects.exclude(authorised_by=None):
            assert file.authorised_by_id != file.made_by_id

    def nobody_is_charged_who_paid(self) -> None:
        """A parent in court neither paid in time nor waits for an answer."""
        for file in Prosecution.objects.exclude(charged_on=None).select_related("notice"):
            assert file.authorised_on is not None
            assert file.authorised_on <= file.charged_on
            if file.notice is not None and file.ended_on is None:
                assert file.notice.state not in ("paid", "withdrawn")
                open_ones = Representation.objects.filter(notice=file.notice, answered_on=None)
                assert not open_ones.exists()

    def cases_stand_where_they_were_moved(self) -> None:
        """A case stands where its last move led, and each began where the one before ended."""
        for case in Case.objects.all():
            at_stage = ""
            for row in CaseMove.objects.filter(case=case).order_by("pk"):
                assert row.start == at_stage
                at_stage = row.end
            assert case.stage == at_stage

    def slots_are_two(self) -> None:
        """There is no third slot."""
        assert set(NoticeSlot.objects.values_list("slot", flat=True)) <= {1, 2}


MUST_HOLD = (
    Walk.at_most_two_count,
    Walk.slots_fit,
    Walk.slots_are_two,
    Walk.nothing_is_relied_on_twice,
    Walk.money_sums,
    Walk.history_leads_to_the_state,
    Walk.two_people_decided,
    Walk.nobody_is_charged_who_paid,
    Walk.cases_stand_where_they_were_moved,
)


def years_after(day: date) -> date:
    """The same day three years on; 1 March for 29 February."""
    try:
        return day.replace(year=day.year + THREE_YEARS)
    except ValueError:
        return date(day.year + THREE_YEARS, 3, 1)
