"""Preparing a prosecution: begun by the council alone, its sessions, its caution, its defences.

One parent, one child, one period of absence. Every step is asked again under the locks of the
notice and of the prosecution: a payment, a dispute or a corrected mark stops each step forward.
What the parent answers is always taken, and leads back to where it is weighed.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction

from attendance.models import Adult, Enrolment, Pupil
from attendance.selectors.books import book_of
from audit.record import Kind, record
from authorities.access import Reach
from authorities.packs import pack_in_force
from authorities.permissions import Permission
from cases.models import Case
from legal.models import Lane, PenaltyNotice, Prosecution, SupervisionOrder
from legal.selectors import orders
from legal.selectors.gate_loading import is_parent
from legal.selectors.prosecutions import (
    link_of,
    marks_in,
    marks_now,
    notice_stops,
    offence_of,
    used_sessions,
)
from legal.selectors.request_facts import kept, proof_of
from legal.services import penalty_moves
from legal.services.gates import hold
from legal.services.papers import Release
from legal.services.prosecution_letters import send_caution
from legal.services.prosecution_moves import (
    locked,
    moved,
    ready_notice,
    refuse_stopped,
    rely,
    require_council,
    watch,
    write,
    wrote,
)
from rules.dates import in_words
from rules.defences import Weighed, defence_refusals, defences_for, questionnaire
from rules.errors import Conflict, InvalidInput, RuleNotMet
from rules.marks import DatedSession, Mark
from rules.prosecution_stages import PROSECUTION, ProsecutionState
from rules.prosecutions import Offence, in_time, session_refusals, used_refusals
from rules.supervision_orders import considered_refusal

S = ProsecutionState
# Our default, no law: days that a parent has to answer the letter under caution.
ANSWER_WITHIN = timedelta(days=14)
SHORTEST = timedelta(days=7)
LONGEST_WORDS = 4000
NOT_RAISED = {"found": Weighed.NOT_RAISED.value, "reason": ""}
AUTHORISED_SO = (
    "The senior officer authorised it on the papers as they are. Go back first, because facts have"
    " changed: the new papers are then tested and authorised anew."
)
NOT_444 = (
    "This notice is about an excluded child in a public place. That is an offence of its own"
    " (Education and Inspections Act 2006, section 103). Ask the council's lawyers."
)


@dataclass(frozen=True, slots=True)
class Beginning:
    """What a prosecution is about.

    enrolment, adult  the child at the school, and the parent
    offence   444(1) or 444(1A)
    sessions  the half days
    words     why the council prepares one
    notice    the unpaid penalty notice that it follows, with its version when the form was read
    case      the casework behind it, where there is no notice
    """

    enrolment: Enrolment
    adult: Adult
    offence: Offence
    sessions: Collection[DatedSession]
    words: str
    notice: PenaltyNotice | None = None
    notice_version: int | None = None
    case: Case | None = None


@transaction.atomic
def begin(*, reach: Reach, beginning: Beginning, today: date, now: datetime) -> Prosecution:
    """Begin a file on a parent. Nothing goes to anybody yet.

    Raises Forbidden for who is not of the council; Conflict where the notice is paid, disputed or
    being looked at, or the case is closed; RuleNotMet where a session is no part of an offence or
    is used already, or the person is no parent in law; InvalidInput.
    """
    require_council(reach)
    notice = _held_notice(beginning, today, now)
    enrolment = hold(beginning.enrolment)
    case = notice.request.case if notice is not None else beginning.case
    if case is not None and case.closed_on is not None and notice is None:
        raise Conflict(
            f"This case was closed on {in_words(case.closed_on)}. Open a new one to go on."
        )
    if not beginning.words.strip():
        raise InvalidInput("Write why the council prepares a prosecution.")
    marks = checked(
        enrolment=enrolment,
        adult=beginning.adult,
        sessions=beginning.sessions,
        notice=notice,
        today=today,
    )
    made = _create(reach, beginning, enrolment, notice, case, marks, today, now)
    rely(made, today=today)
    if notice is not None:
        penalty_moves.moved(
            notice,
            "prepare",
            by=reach.user,
            on=today,
            now=now,
            facts={"file": made.reference},
        )
    write(made, "begin", by=reach.user, on=today, now=now, words=beginning.words.strip())
    record(
        Kind.PROSECUTION_BEGUN,
        by=reach.user,
        authority=made.authority,
        school=made.school,
        on=made,
    )
    watch(made, today)
    return made


def _held_notice(beginning: Beginning, today: date, now: datetime) -> PenaltyNotice | None:
    """The notice, held, with nothing that stops it. Raises Conflict and RuleNotMet."""
    if beginning.notice is None:
        return None
    notice: PenaltyNotice = penalty_moves.locked(
        beginning.notice, beginning.notice_version, today=today, now=now
    )
    if notice.lane == Lane.EXCLUDED:
        raise RuleNotMet(NOT_444)
    if Prosecution.objects.filter(notice=notice, ended_on=None).exists():
        raise Conflict("A prosecution on this notice was begun already. Open it and go on there.")
    why = notice_stops(notice, today)
    if why:
        raise Conflict(f"No prosecution can be begun on this notice now. {why}")
    return notice


def _create(
    reach: Reach,
    beginning: Beginning,
    enrolment: Enrolment,
    notice: PenaltyNotice | None,
    case: Case | None,
    marks: Sequence[Mark],
    today: date,
    now: datetime,
) -> Prosecution:
    """The row. Raises Conflict where another person began one on this notice in the same moment."""
    try:
        with transaction.atomic():
            return Prosecution.objects.create(
                authority=reach.authority,
                case=case,
                notice=notice,
                enrolment=enrolment,
                pupil=enrolment.pupil,
                school=enrolment.school,
                adult=beginning.adult,
                state=S.PREPARING.value,
                offence=beginning.offence.value,
                sessions=kept(marks),
                first=marks[0].day,
                last=marks[-1].day,
                proof=_proof(enrolment, today),
                policy=pack_in_force(enrolment.school, today).frozen(),
                made_by=reach.user,
                made_at=now,
            )
    except IntegrityError as problem:
        raise Conflict(
            "A prosecution on this notice was begun already. Open it and go on there."
        ) from problem


def checked(
    *,
    enrolment: Enrolment,
    adult: Adult,
    sessions: Collection[DatedSession],
    today: date,
    notice: PenaltyNotice | None = None,
    prosecution: Prosecution | None = None,
) -> list[Mark]:
    """The half days of an offence as the register has them today, each lawful and fresh.

    Raises InvalidInput for one without a mark, and RuleNotMet with everything that is wrong.
    """
    now_marked = marks_now(enrolment, sessions)
    missing = sorted({session.day for session in sessions if session not in now_marked})
    if missing:
        listed = ", ".join(in_words(day) for day in missing)
        raise InvalidInput(f"The register has no mark for: {listed}. Leave it out.")
    marks = sorted(now_marked.values())
    refusals = list(session_refusals(marks, enrolment.pupil.born_on))
    if marks:
        used = used_sessions(
            pupil=enrolment.pupil,
            adult=adult,
            sessions=[mark.when for mark in marks],
            today=today,
            notice=notice,
            prosecution=prosecution,
        )
        refusals += used_refusals(marks, used)
        refusals += _no_parent(enrolment.pupil, adult, marks)
        time = in_time(marks, today)
        refusals += [] if time.allowed else [time.why]
    if refusals:
        raise RuleNotMet(" ".join(refusals))
    return marks


def _no_parent(pupil: Pupil, adult: Adult, marks: Collection[Mark]) -> list[str]:
    """That the record does not show a parent in law on a day of the offence; none when it does.

    Whoever had care on those days answers for them, also when they have none any more.
    """
    link = link_of(pupil, adult)
    days = sorted({mark.day for mark in marks if link is None or not is_parent(link, mark.day)})
    if not days:
        return []
    listed = ", ".join(in_words(day) for day in days)
    return [
        f"The pupil's record does not show that this person was a parent in law on: {listed}."
        " Record on the pupil's page who had parental responsibility or care then, or leave those"
        " days out."
    ]


@transaction.atomic
def choose(
    *,
    reach: Reach,
    prosecution: Prosecution,
    version: int,
    offence: Offence,
    sessions: Collection[DatedSession],
    today: date,
    now: datetime,
) -> Prosecution:
    """Choose the offence and its half days anew, while the papers are prepared. Raises as `begin`.

    What was frozen of the register and of the policies is frozen anew with them.
    """
    require_council(reach)
    prosecution = locked(prosecution, version, today=today, now=now)
    _refuse_later(prosecution, "The half days are chosen before the letter goes. Go back first.")
    enrolment = hold(prosecution.enrolment)
    marks = checked(
        enrolment=enrolment,
        adult=prosecution.adult,
        sessions=sessions,
        notice=prosecution.notice,
        prosecution=prosecution,
        today=today,
    )
    wrote(
        prosecution,
        "sessions",
        "Chose the half days",
        by=reach.user,
        on=today,
        now=now,
        words=f"Section {offence}, {len(marks)} half days.",
        facts={"sessions": kept(marks), "before": prosecution.sessions},
        offence=offence.value,
        route="",
        sessions=kept(marks),
        first=marks[0].day,
        last=marks[-1].day,
        proof=_proof(enrolment, today),
        policy=pack_in_force(enrolment.school, today).frozen(),
    )
    rely(prosecution, today=today)
    return prosecution


def _proof(enrolment: Enrolment, today: date) -> dict[str, Any]:
    """The threshold's proof with every session: also those that its own notice used before."""
    return proof_of(book_of(enrolment, enrolment.pupil.born_on, today=today, relied={}))


def _refuse_later(prosecution: Prosecution, why: str) -> None:
    if prosecution.state != S.PREPARING:
        raise Conflict(why)


@dataclass(frozen=True, slots=True)
class Considered:
    """That a supervision order was thought of: the order's own record, or the day and the words."""

    order: SupervisionOrder | None = None
    on: date | None = None
    words: str = ""


@transaction.atomic
def consider(
    *,
    reach: Reach,
    prosecution: Prosecution,
    version: int,
    considered: Considered,
    today: date,
    now: datetime,
) -> Prosecution:
    """Record that the council considered an education supervision order, and what it decided.

    Raises Forbidden, Conflict, InvalidInput for another child's order, and RuleNotMet where it is
    not yet decided.
    """
    require_council(reach)
    prosecution = locked(prosecution, version, today=today, now=now)
    _refuse_later(prosecution, "This comes before the letter goes. Go back first.")
    order, on, words = considered.order, considered.on, considered.words.strip()
    if order is not None:
        if order.pupil_id != prosecution.pupil_id:
            raise InvalidInput("That order is about another child. Choose one of this child.")
        on, words = order.considered_on, orders.outcome_of(order)
    refusal = considered_refusal(on, words, today)
    if refusal:
        raise RuleNotMet(refusal)
    return wrote(
        prosecution,
        "consider",
        "Recorded that a supervision order was considered",
        by=reach.user,
        on=today,
        now=now,
        words=words,
        order=order,
        considered_on=on,
        considered=words[:LONGEST_WORDS],
    )


@dataclass(frozen=True, slots=True)
class Asking:
    """The letter under caution as it goes.

    officer    name and post of whoever sends it, as the letter prints them
    answer_by  the last day to answer
    release    how it reaches a parent about whom there is a doubt
    """

    officer: str
    answer_by: date
    release: Release | None = None


@transaction.atomic
def ask(
    *,
    reach: Reach,
    prosecution: Prosecution,
    version: int,
    asking: Asking,
    today: date,
    now: datetime,
) -> Prosecution:
    """Send the letter under caution with its questions, to this parent alone.

    The half days are looked at again: what the register has otherwise now stops it. Raises
    Forbidden, Conflict, InvalidInput and RuleNotMet.
    """
    require_council(reach)
    prosecution = locked(prosecution, version, today=today, now=now)
    PROSECUTION.move_for(S(prosecution.state), "ask")
    refuse_stopped(prosecution, today)
    refusal = considered_refusal(prosecution.considered_on, prosecution.considered, today)
    if refusal:
        raise RuleNotMet(refusal)
    if asking.answer_by < today + SHORTEST:
        raise InvalidInput(
            f"Give the parent at least {SHORTEST.days} days to answer: from"
            f" {in_words(today + SHORTEST)} on."
        )
    _refuse_changed(prosecution, today)
    ready_notice(prosecution, by=reach.user, on=today, now=now)
    letter = send_caution(
        prosecution,
        reach=reach,
        officer=asking.officer,
        answer_by=asking.answer_by,
        release=asking.release,
        today=today,
        now=now,
    )
    return moved(
        prosecution,
        "ask",
        by=reach.user,
        on=today,
        now=now,
        words=f"To be answered by {in_words(asking.answer_by)}.",
        facts={"letter": letter.letter.reference, "sessions": prosecution.sessions},
        letter=letter,
        asked_on=today,
        answer_by=asking.answer_by,
    )


def _refuse_changed(prosecution: Prosecution, today: date) -> None:
    """Raise Conflict for half days that the register has otherwise now; RuleNotMet as `checked`."""
    frozen = marks_in(prosecution.sessions)
    marks = checked(
        enrolment=prosecution.enrolment,
        adult=prosecution.adult,
        sessions=[mark.when for mark in frozen],
        notice=prosecution.notice,
        prosecution=prosecution,
        today=today,
    )
    changed = sorted({mark.day for mark in set(marks) ^ set(frozen)})
    if changed:
        listed = ", ".join(in_words(day) for day in changed)
        raise Conflict(
            f"The register has another code now for: {listed}. Choose the half days again."
        )


@dataclass(frozen=True, slots=True)
class Answered:
    """What the parent said: the day it came, how, and the answer to each question that has one."""

    on: date
    way: str
    answers: Mapping[str, str]


@transaction.atomic
def answer(
    *,
    reach: Reach,
    prosecution: Prosecution,
    version: int,
    answered: Answered,
    today: date,
    now: datetime,
) -> Prosecution:
    """Record what the parent says. It is always taken, up to the charge, and weighed anew.

    Nothing that was tested or authorised before counts any more. Raises Forbidden, Conflict and
    InvalidInput.
    """
    require_council(reach)
    prosecution = locked(prosecution, version, today=today, now=now)
    PROSECUTION.move_for(S(prosecution.state), "answer")
    asked = {question.key for question in questionnaire(offence_of(prosecution))}
    given = {key: text.strip() for key, text in answered.answers.items() if text.strip()}
    if not given:
        raise InvalidInput("Write at least one answer. If the parent said nothing, say so instead.")
    if set(given) - asked:
        raise InvalidInput("That question is not in the letter. Open the page again.")
    if not (prosecution.asked_on or today) <= answered.on <= today:
        raise InvalidInput("The answer came between the day of the letter and today. Check it.")
    return moved(
        prosecution,
        "answer",
        by=reach.user,
        on=answered.on,
        now=now,
        facts={"way": answered.way, "answers": given, "before": prosecution.answers},
        answers={**prosecution.answers, **given},
        answered_on=answered.on,
        answer_way=answered.way,
        **back_to_weighing(prosecution),
    )


def back_to_weighing(prosecution: Prosecution) -> dict[str, Any]:
    """What is emptied when facts change: nobody is charged on papers that were overtaken."""
    return {
        "round": prosecution.round + 1,
        "defences": {},
        "authorised_by": None,
        "authorised_on": None,
        "officer": "",
        "gate": {},
    }


@transaction.atomic
def no_answer(
    *, reach: Reach, prosecution: Prosecution, version: int, today: date, now: datetime
) -> Prosecution:
    """Record that no answer came in time. Raises Forbidden, and Conflict before the day is over."""
    require_council(reach)
    prosecution = locked(prosecution, version, today=today, now=now)
    PROSECUTION.move_for(S(prosecution.state), "no_answer")
    refuse_stopped(prosecution, today)
    if prosecution.answer_by is not None and today <= prosecution.answer_by:
        raise Conflict(
            f"The parent may answer until {in_words(prosecution.answer_by)}. Wait until it is over."
        )
    return moved(prosecution, "no_answer", by=reach.user, on=today, now=now)


@dataclass(frozen=True, slots=True)
class Found:
    """What was found of one defence, and why."""

    found: Weighed
    reason: str = ""


@transaction.atomic
def weigh(
    *,
    reach: Reach,
    prosecution: Prosecution,
    version: int,
    found: Mapping[str, Found],
    today: date,
    now: datetime,
) -> Prosecution:
    """Weigh each defence in law against what the parent says and what the records show.

    One that applies is kept too: no test can be made then, and the file is ended with that reason.
    Raises Forbidden, Conflict and InvalidInput.
    """
    require_council(reach)
    prosecution = locked(prosecution, version, today=today, now=now)
    if prosecution.state not in (S.ANSWERED, S.NO_ANSWER):
        raise Conflict("Defences are weighed once the parent has answered or the time is over.")
    offence = offence_of(prosecution)
    kept_found = {
        defence.key: {
            "found": found[defence.key].found.value,
            "reason": found[defence.key].reason.strip(),
        }
        for defence in defences_for(offence)
        if defence.key in found
    }
    # One that applies is no mistake of the form: it is put on record, and ends the file.
    applies = {key for key, one in kept_found.items() if one["found"] == Weighed.APPLIES}
    others = {key: NOT_RAISED if key in applies else one for key, one in kept_found.items()}
    unfinished = defence_sentences(offence, others)
    if unfinished:
        raise InvalidInput(" ".join(unfinished))
    return wrote(
        prosecution,
        "weigh",
        "Weighed the defences",
        by=reach.user,
        on=today,
        now=now,
        facts={"defences": kept_found},
        defences=kept_found,
    )


def defence_sentences(offence: Offence, kept_found: Mapping[str, Any]) -> tuple[str, ...]:
    """What keeps a prosecution back for its defences, from what is on record of them."""
    return defence_refusals(
        offence,
        {key: Weighed(one["found"]) for key, one in kept_found.items()},
        {key for key, one in kept_found.items() if one["reason"]},
    )


@transaction.atomic
def papers(
    *,
    reach: Reach,
    prosecution: Prosecution,
    version: int,
    on: date,
    words: str,
    today: date,
    now: datetime,
) -> Prosecution:
    """Record that the statements and the head's certificate are on file, and which they are.

    Raises Forbidden, InvalidInput, and Conflict from the authorisation on.
    """
    require_council(reach, Permission.PROSECUTE)
    prosecution = locked(prosecution, version, today=today, now=now)
    if all(move.event != "drop" for move in PROSECUTION.moves_from(S(prosecution.state))):
        raise Conflict("These papers are put together before the charge.")
    if prosecution.state == S.AUTHORISED:
        raise Conflict(AUTHORISED_SO)
    if not words.strip() or on > today:
        raise InvalidInput("Write which papers are on file, and since when, today at the latest.")
    return wrote(
        prosecution,
        "papers",
        "Recorded the statements and the certificate",
        by=reach.user,
        on=on,
        now=now,
        words=words.strip(),
        papers_on=on,
        papers=words.strip(),
    )
