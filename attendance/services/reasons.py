"""Finding out why a pupil is away: each attempt is logged, and what it taught corrects marks."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from django.db import transaction
from django.utils.timezone import localdate

from attendance.models import (
    Adult,
    Contact,
    ContactOutcome,
    ContactWay,
    Enrolment,
    MarkChange,
    Worker,
    WorkerTold,
)
from attendance.selectors.reasons import (
    Unexplained,
    people_of,
    sessions_to_explain,
    workers_of,
)
from attendance.services.amending import Wanted, change_at_once, draft
from audit.record import Kind, record
from authorities.access import Reach
from authorities.models import School
from authorities.packs import pack_in_force
from authorities.permissions import Permission
from rules.errors import Conflict, InvalidInput, RuleNotMet
from rules.marks import DatedSession

SEEN_WAYS = (ContactWay.VISIT, ContactWay.IN_PERSON)
LONGEST_AGO = timedelta(days=400)
NEVER_ALONE, RISK_ASSESSMENT = "home_visit_never_alone", "home_visit_risk_assessment"
TWO = 2
NO_REASON = "No reason was established within five school days"


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt to reach a pupil's family.

    about    the first day of the absence; None: attendance as a whole
    visitors who went on a home visit; risks  how its risk was assessed
    adult    the reference of the adult it was with, "" for none
    sessions the sessions that the reason explains; none leaves the marks as they are
    wanted   what those become
    """

    about: date | None
    way: str
    made_at: datetime
    outcome: str
    adult: str = ""
    with_whom: str = ""
    reason_given: str = ""
    expected_back: date | None = None
    child_seen: bool = False
    visitors: tuple[str, ...] = ()
    risks: str = ""
    note: str = ""
    sessions: tuple[DatedSession, ...] = field(default=())
    wanted: Wanted | None = None


@transaction.atomic
def log_contact(*, reach: Reach, enrolment: Enrolment, attempt: Attempt, now: datetime) -> Contact:
    """Log one attempt, and correct the chosen marks in the same step.

    Raises Forbidden; RuleNotMet for an adult who may not be contacted or a code that may not be
    entered; Conflict when a chosen mark is no longer unexplained. Nothing is kept then.
    """
    school = enrolment.school
    reach.require(Permission.LOG_SIGHTING, school)
    _refuse_moment(attempt.made_at, now)
    adult = _adult(reach, enrolment, attempt)
    if attempt.child_seen and attempt.way not in SEEN_WAYS:
        raise RuleNotMet("A pupil is seen on a visit or in person. Choose one of these.")
    if attempt.way == ContactWay.VISIT:
        _refuse_visit(school, attempt, localdate(attempt.made_at))
    change = _explain(reach, enrolment, attempt, now) if attempt.sessions else None
    contact = Contact.objects.create(
        authority=reach.authority,
        school=school,
        enrolment=enrolment,
        about=attempt.about,
        way=attempt.way,
        made_at=attempt.made_at,
        adult=adult,
        with_whom="" if adult else attempt.with_whom,
        outcome=attempt.outcome,
        reason_given=attempt.reason_given,
        code=change.code if change else "",
        expected_back=attempt.expected_back,
        child_seen=attempt.child_seen,
        visitors=list(attempt.visitors) if attempt.way == ContactWay.VISIT else [],
        risks=attempt.risks if attempt.way == ContactWay.VISIT else "",
        note=attempt.note,
        change=change,
        logged_by=reach.user,
        logged_at=now,
    )
    record(
        Kind.CONTACT_LOGGED,
        by=reach.user,
        authority=reach.authority,
        school=school,
        on=enrolment.pupil,
        way=ContactWay(attempt.way).label.lower(),
        outcome=ContactOutcome(attempt.outcome).label.lower(),
        contact=contact.reference,
    )
    return contact


def _refuse_moment(made_at: datetime, now: datetime) -> None:
    if made_at > now:
        raise RuleNotMet("That moment has not been yet. Give the time it happened.")
    if made_at < now - LONGEST_AGO:
        raise RuleNotMet("That is more than a year ago. Check the date.")


def _refuse_visit(school: School, attempt: Attempt, day: date) -> None:
    """Hold a home visit to what the policy of its day asks."""
    policy = pack_in_force(school, day)
    alone = policy.expects(NEVER_ALONE)
    if alone is not None and len({one.casefold() for one in attempt.visitors}) < TWO:
        raise RuleNotMet(
            f"{alone[1].words} ({alone[0].pack.pack.title}: {alone[1].source}). "
            "Name everybody who went, at least two people."
        )
    assessed = policy.expects(RISK_ASSESSMENT)
    if assessed is not None and not attempt.risks:
        raise RuleNotMet(
            f"{assessed[1].words} ({assessed[0].pack.pack.title}: {assessed[1].source}). "
            "Say how the risk was assessed."
        )


def _adult(reach: Reach, enrolment: Enrolment, attempt: Attempt) -> Adult | None:
    """The adult of the attempt, who must be one that may be contacted."""
    if not attempt.adult:
        return None
    for person in people_of(enrolment, reach.today):
        if person.link.adult.reference == attempt.adult:
            if not person.may:
                raise RuleNotMet(
                    f"You may not contact this person about the pupil. {person.because}"
                )
            return person.link.adult
    raise InvalidInput("Choose one of the people on the pupil's record.")


def _explain(reach: Reach, enrolment: Enrolment, attempt: Attempt, now: datetime) -> MarkChange:
    """Turn the chosen sessions into the reason's code, all of them or none."""
    wanted = attempt.wanted
    if wanted is None or not wanted.code:
        raise RuleNotMet("Choose the code for these sessions, or leave them all unticked.")
    open_now = {when for when, _ in sessions_to_explain(enrolment, reach.today, now)}
    if not set(attempt.sessions) <= open_now:
        raise Conflict(
            "Somebody has recorded a reason for one of these sessions already. Look at the register"
            " again."
        )
    return change_at_once(
        reach=reach,
        school=enrolment.school,
        picks=[(enrolment, when) for when in sorted(attempt.sessions)],
        wanted=wanted,
        selected="Sessions of one pupil that had no reason",
        now=now,
    )


@transaction.atomic
def settle_overdue(*, reach: Reach, rows: Sequence[Unexplained], now: datetime) -> MarkChange:
    """A preview that turns overdue N into O. Never without a person who presses the button.

    Raises InvalidInput for rows of several schools, or none that is overdue.
    """
    overdue = [row for row in rows if row.overdue and not row.missing]
    schools: dict[int, School] = {row.enrolment.school_id: row.enrolment.school for row in overdue}
    if not overdue:
        raise InvalidInput("Tick rows that are overdue first. Only they can become O.")
    if len(schools) > 1:
        raise InvalidInput("Tick rows of one school at a time.")
    (school,) = schools.values()
    return draft(
        reach=reach,
        school=school,
        picks=[
            (row.enrolment, DatedSession(row.day, session))
            for row in overdue
            for session in row.sessions
        ],
        wanted=Wanted("O", NO_REASON),
        selected=_days_words(len(overdue)),
        now=now,
    )


def _days_words(days: int) -> str:
    return "1 overdue day with code N" if days == 1 else f"{days} overdue days with code N"


@transaction.atomic
def tell_worker(
    *,
    reach: Reach,
    enrolment: Enrolment,
    worker: str,
    about: date,
    told: str,
    way: str,
    told_at: datetime,
    note: str,
    now: datetime,
) -> WorkerTold:
    """Record that a pupil's worker was told of an unexplained absence.

    Raises Forbidden, and RuleNotMet when no flag of the pupil names such a worker.
    """
    reach.require(Permission.LOG_SIGHTING, enrolment.school)
    _refuse_moment(told_at, now)
    held = workers_of([enrolment.pupil_id], reach.today).get(enrolment.pupil_id, ())
    if worker not in held:
        raise RuleNotMet(
            "No flag of this pupil names such a worker. Add the flag to the pupil's record first."
        )
    row = WorkerTold.objects.create(
        authority=reach.authority,
        school=enrolment.school,
        enrolment=enrolment,
        worker=worker,
        about=about,
        told=told,
        way=way,
        told_at=told_at,
        note=note,
        logged_by=reach.user,
        logged_at=now,
    )
    record(
        Kind.WORKER_TOLD,
        by=reach.user,
        authority=reach.authority,
        school=enrolment.school,
        on=enrolment.pupil,
        worker=Worker(worker).label.lower(),
    )
    return row
