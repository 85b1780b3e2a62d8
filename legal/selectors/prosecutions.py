"""A prosecution as it stands on a day: sessions, tests, time, what stops it, its history."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Q, QuerySet

from attendance.models import Adult, AdultLink, Enrolment, Pupil
from attendance.selectors.registers import marks_of
from cases.models import Case, CaseLetter
from cases.selectors.shown import Shown
from legal.models import (
    LegalEvent,
    ParentingOrder,
    PenaltyNotice,
    Prosecution,
    ProsecutionTest,
    ReliedSession,
)
from legal.selectors import penalties
from legal.selectors.orders import sessions_under_order
from legal.selectors.payments import stops_prosecution
from rules.attendance_codes import Kind, code_on
from rules.court_outcomes import Finding, Outcome, finding_of
from rules.dates import in_words, months_after
from rules.marks import DatedSession, Mark, Session
from rules.notice_stages import PENALTY, PenaltyState
from rules.prosecution_stages import ProsecutionState
from rules.prosecutions import CodeTest, MadeTest, Offence, Used, in_time, time_limit
from rules.settled_absence import SETTLED

S, N = ProsecutionState, PenaltyState
BEFORE_CHARGE = (
    S.PREPARING,
    S.ASKED,
    S.ANSWERED,
    S.NO_ANSWER,
    S.TESTED,
    S.AUTHORISED,
)
IN_COURT = (S.CHARGED, S.LISTED)
OPEN = (*BEFORE_CHARGE, *IN_COURT)
# How far back absences are offered for a new prosecution: older ones are out of time for certain.
MONTHS_BACK = 12
PROSECUTION_PAGE = "legal:prosecution"


def subject_of(prosecution: Prosecution) -> str:
    """How events, letters, deadlines and relied sessions name it."""
    return f"legal.Prosecution:{prosecution.pk}"


# Its sessions


def marks_in(sessions: Iterable[dict[str, Any]]) -> tuple[Mark, ...]:
    """Sessions as a paper keeps them, as marks in time order."""
    return tuple(
        sorted(
            Mark(date.fromisoformat(one["day"]), Session(one["session"]), one["code"])
            for one in sessions
        )
    )


def marks_now(enrolment: Enrolment, sessions: Collection[DatedSession]) -> dict[DatedSession, Mark]:
    """The same sessions as the register has them now; one without a mark is missing."""
    if not sessions:
        return {}
    days = sorted(session.day for session in sessions)
    wanted = set(sessions)
    return {
        mark.when: mark for mark in marks_of(enrolment, days[0], days[-1]) if mark.when in wanted
    }


def changed_marks(prosecution: Prosecution) -> tuple[Mark, ...]:
    """The sessions of an offence that the register has otherwise now."""
    kept = marks_in(prosecution.sessions)
    now = marks_now(prosecution.enrolment, [mark.when for mark in kept])
    return tuple(mark for mark in kept if now.get(mark.when) != mark)


@dataclass(frozen=True, slots=True)
class Offered:
    """One absence without leave that a prosecution may be about."""

    mark: Mark
    of_notice: bool

    @property
    def key(self) -> str:
        """As a form sends it."""
        return f"{self.mark.day.isoformat()}.{int(self.mark.session)}"


def offered(
    enrolment: Enrolment,
    adult: Adult,
    notice: PenaltyNotice | None,
    today: date,
    *,
    prosecution: Prosecution | None = None,
) -> list[Offered]:
    """The absences without leave of the last year that nothing else has used, in time order.

    Those of the notice are among them as long as the register still has them so.
    """
    since = months_after(today, -MONTHS_BACK)
    own = marks_in(notice.sessions) if notice else ()
    since = min((since, *(mark.day for mark in own)))
    of_notice = {mark.when for mark in own}
    taken = relied_elsewhere(enrolment, adult, notice, prosecution)
    return [
        Offered(mark, mark.when in of_notice)
        for mark in marks_of(enrolment, since, today)
        if code_on(mark.code, mark.day).kind is Kind.UNAUTHORISED and mark.when not in taken
    ]


def relied_elsewhere(
    enrolment: Enrolment,
    adult: Adult,
    notice: PenaltyNotice | None,
    prosecution: Prosecution | None,
) -> set[DatedSession]:
    """The sessions that another notice to this parent, or another prosecution, rests on."""
    own = {
        *([penalties.subject_of(notice)] if notice else []),
        *([subject_of(prosecution)] if prosecution else []),
    }
    rows = ReliedSession.objects.filter(enrolment=enrolment, adult=adult, freed_on=None)
    return {
        DatedSession(day, Session(half))
        for day, half in rows.exclude(subject__in=own).values_list("day", "session")
    }


def used_sessions(
    *,
    pupil: Pupil,
    adult: Adult,
    sessions: Collection[DatedSession],
    today: date,
    notice: PenaltyNotice | None = None,
    prosecution: Prosecution | None = None,
) -> dict[Used, set[DatedSession]]:
    """Sessions of this parent and child that something else has used, by what has. Three queries.

    notice       the unpaid one that the prosecution follows: it is not counted
    prosecution  itself, where it is there already
    """
    found: dict[Used, set[DatedSession]] = {why: set() for why in Used}
    notices = PenaltyNotice.objects.filter(pupil=pupil, adult=adult)
    for row in notices.exclude(pk=notice.pk if notice else 0):
        why = _USED_BY_NOTICE.get(penalties.state_on(row, today))
        if why is not None:
            found[why] |= _when(row.sessions)
    before = Prosecution.objects.filter(pupil=pupil, adult=adult)
    for past in before.exclude(pk=prosecution.pk if prosecution else 0):
        if past.charged_on is not None and ended_by(past) is not Finding.NEITHER:
            found[Used.PROSECUTED] |= _when(past.sessions)
    found[Used.UNDER_ORDER] |= sessions_under_order(pupil, sessions)
    return found


_USED_BY_NOTICE = {
    N.PAID: Used.PAID,
    N.WITHDRAWN: Used.WITHDRAWN,
    N.ISSUED: Used.TIME_TO_PAY,
    N.REPRESENTED: Used.DISPUTED,
    N.PROSECUTED: Used.PROSECUTED,
}


def settled_of(pupil: Pupil, adults: Collection[int]) -> dict[int, dict[Used, set[DatedSession]]]:
    """What is settled for each of some parents of a child, by what settled it. Two queries.

    adults  their keys
    A session is given back by a withdrawal or an acquittal and can carry no new notice to that
    parent all the same: see `rules.settled_absence`.
    """
    found: dict[int, dict[Used, set[DatedSession]]] = {
        adult: {why: set() for why in SETTLED} for adult in adults
    }
    notices = PenaltyNotice.objects.filter(pupil=pupil, adult__in=adults)
    for row in notices.filter(state__in=[N.WITHDRAWN, N.PROSECUTED]):
        found[row.adult_id][_USED_BY_NOTICE[N(row.state)]] |= _when(row.sessions)
    charged = Prosecution.objects.filter(pupil=pupil, adult__in=adults, charged_on__isnull=False)
    for past in charged:
        if ended_by(past) not in (None, Finding.NEITHER):  # one that is open still holds its own
            found[past.adult_id][Used.PROSECUTED] |= _when(past.sessions)
    return found


def _when(sessions: Iterable[dict[str, Any]]) -> set[DatedSession]:
    return {mark.when for mark in marks_in(sessions)}


def ended_by(prosecution: Prosecution) -> Finding | None:
    """How the charge ended; None while it stands, and where nobody was charged."""
    if prosecution.state == S.DISCONTINUED:
        return Finding.NEITHER
    if prosecution.state != S.DECIDED:
        return None
    return finding_of(Outcome(one) for one in prosecution.outcomes)


def clock_of(prosecution: Prosecution, today: date) -> list[tuple[str, str]]:
    """The time to charge, in dates: name and words."""
    days = [mark.day for mark in marks_in(prosecution.sessions)]
    limit = time_limit(days)
    return [
        ("Earliest session", in_words(days[0])),
        ("Latest session", in_words(days[-1])),
        ("Charge by", f"{in_words(limit.warn_by)}, so that no session is lost"),
        ("The very last day", f"{in_words(limit.outer)}, six months after the latest session"),
        ("Today", in_time(days, today).why),
    ]


# The parent


def link_of(pupil: Pupil, adult: Adult) -> AdultLink | None:
    """What the person is to the child."""
    return AdultLink.objects.filter(pupil=pupil, adult=adult).first()


# Its tests


def parenting_order_of(prosecution: Prosecution) -> ParentingOrder | None:
    """The parenting order that the court made with its sentence."""
    return ParentingOrder.objects.filter(prosecution=prosecution).first()


def tests_of(prosecution: Prosecution) -> list[ProsecutionTest]:
    """Every test that was made, the newest first."""
    return list(
        ProsecutionTest.objects.filter(prosecution=prosecution)
        .select_related("made_by")
        .order_by("-pk")
    )


def counting(
    prosecution: Prosecution, tests: Sequence[ProsecutionTest]
) -> dict[CodeTest, ProsecutionTest]:
    """The newest test of each kind in the latest round. tests: the newest first."""
    found: dict[CodeTest, ProsecutionTest] = {}
    for row in tests:
        if row.round == prosecution.round:
            found.setdefault(CodeTest(row.test), row)
    return found


def as_made(row: ProsecutionTest | None) -> MadeTest | None:
    """A test as the rules read it."""
    if row is None:
        return None
    return MadeTest(row.passed, row.answers, row.made_by.name, row.on)


# What stops it


def stops(prosecution: Prosecution, today: date) -> str:
    """Why no step towards a charge may be taken now, as a sentence; "" when nothing stops it."""
    if prosecution.review:
        return f"A person must look at this again first: {prosecution.review}"
    notice = prosecution.notice
    return "" if notice is None else notice_stops(notice, today)


def notice_stops(notice: PenaltyNotice, today: date) -> str:
    """Why the penalty notice that it follows stops it; "" when it does not."""
    why = stops_prosecution(notice, max(today, notice.issued_on))
    if why:
        return why
    if notice.review:
        return f"Look at the penalty notice again first: {notice.review}"
    state = penalties.state_on(notice, today)
    if state in (N.UNPAID, N.FOR_PROSECUTION):
        return ""
    return (
        f"The penalty notice now stands at: {PENALTY.labels[state].lower()}. Nobody can be"
        " prosecuted for these days while it does."
    )


# Its history and its papers


def events_of(prosecution: Prosecution) -> QuerySet[LegalEvent]:
    """Its history, newest first."""
    return (
        LegalEvent.objects.filter(subject=subject_of(prosecution))
        .select_related("made_by")
        .order_by("-made_at", "-pk")
    )


def letters_of(prosecution: Prosecution) -> QuerySet[CaseLetter]:
    """The letters about it to this parent, the newest first."""
    return (
        CaseLetter.objects.filter(about=subject_of(prosecution), adult=prosecution.adult_id)
        .select_related("letter")
        .order_by("-pk")
    )


def prepared_by(prosecution: Prosecution) -> frozenset[int]:
    """The keys of everybody who had a hand in its papers or its tests: none of them authorises."""
    made = LegalEvent.objects.filter(
        subject=subject_of(prosecution), made_by__isnull=False, event__in=PREPARING
    )
    tested = ProsecutionTest.objects.filter(prosecution=prosecution)
    return frozenset(
        {
            prosecution.made_by_id,
            *made.values_list("made_by_id", flat=True),
            *tested.values_list("made_by_id", flat=True),
        }
    )


PREPARING = ("begin", "sessions", "consider", "ask", "answer", "no_answer", "weigh", "papers")


def of_notice(notice: PenaltyNotice) -> Prosecution | None:
    """The prosecution that is open on a notice, or the last that was."""
    rows = Prosecution.objects.filter(notice=notice).order_by("-pk")
    return rows.filter(ended_on=None).first() or rows.first()


def in_state(rows: QuerySet[Prosecution], chosen: str) -> QuerySet[Prosecution]:
    """The prosecutions of one state, or of a group of them: open, court, over."""
    groups = {
        "open": Q(state__in=[*OPEN]),
        "court": Q(state__in=[*IN_COURT]),
        "over": ~Q(state__in=[*OPEN]),
        "look": Q(review__gt=""),
        "tell": Q(ended_on__isnull=False, told_on=None),
    }
    return rows.filter(groups.get(chosen, Q(state=chosen)))


def offence_of(prosecution: Prosecution) -> Offence:
    """Under which section the parent is, or would be, charged."""
    return Offence(prosecution.offence)


# What the gate asks


def shown_by(prosecution: Prosecution) -> Iterator[tuple[str, Shown]]:
    """What one prosecution shows to the law's tests before a charge. Two queries."""
    told = {event.event: event for event in events_of(prosecution).order_by("pk")}
    made = counting(prosecution, tests_of(prosecution))
    answer = "an answer came" if prosecution.answered_on else "no answer came in time"
    cautioned = prosecution.asked_on and prosecution.state not in (S.PREPARING, S.ASKED)
    rows: list[tuple[str, str, date | None, str]] = [
        (
            "council_decides",
            "begin",
            told["begin"].on if "begin" in told else None,
            "A prosecution was begun, with reasons",
        ),
        (
            "order_considered",
            "consider",
            prosecution.considered_on,
            "An education supervision order was considered",
        ),
        (
            "caution_stage",
            "ask",
            prosecution.asked_on if cautioned else None,
            f"Caution letter sent: {answer}",
        ),
        *(
            (key, key, made[test].on, f"The {test} test was passed")
            for test, key in GATE_KEYS.items()
            if test in made and made[test].passed
        ),
        (
            "statements_and_certificate",
            "papers",
            prosecution.papers_on,
            "Statements and the headteacher's certificate are on file",
        ),
        (
            "delegated_sign_off",
            "authorise",
            prosecution.authorised_on,
            f"Authorised: {prosecution.officer}",
        ),
    ]
    at = (prosecution.reference,)
    for test, event, day, words in rows:
        if day is not None:
            by = told[event].made_by if event in told else None
            name = by.name if by else ""
            yield test, Shown("document", day, words, name, PROSECUTION_PAGE, at)


GATE_KEYS = {
    CodeTest.EVIDENTIAL: "evidential_test",
    CodeTest.PUBLIC_INTEREST: "public_interest_test",
}
OWN_TESTS = frozenset(
    {
        "council_decides",
        "order_considered",
        "caution_stage",
        "evidential_test",
        "public_interest_test",
        "statements_and_certificate",
        "delegated_sign_off",
    }
)


def for_the_gate(enrolment: Enrolment, case: Case | None) -> Iterator[tuple[str, Shown]]:
    """What the one open prosecution of an enrolment shows; nothing where there are several.

    The gate of each prosecution by itself is `legal.selectors.prosecution_gates.gate_for`.
    """
    rows = list(
        Prosecution.objects.filter(enrolment=enrolment, ended_on=None).select_related(
            "made_by", "authorised_by"
        )[:2]
    )
    if len(rows) == 1:
        yield from shown_by(rows[0])
