"""A request for penalty notices: begun, written, declared, sent, and what is decided on it.

Whoever asked for it, declared it or sent it never decides it: here, and in the database.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db import transaction

from attendance.models import Enrolment, LeaveRequest
from attendance.selectors.books import book_of
from audit.record import Kind, record
from authorities.access import Forbidden, Reach
from authorities.models import User
from authorities.packs import PolicyInForce, pack_in_force
from authorities.permissions import Permission, Role
from cases.models import Case, DeadlineKind
from cases.services import deadlines
from legal.models import (
    ImprovementNotice,
    Lane,
    LegalEvent,
    NoticeRequest,
    PenaltyNotice,
    RequestParent,
)
from legal.selectors.deciders import deciders_of, decides, officer_of, refusal_of
from legal.selectors.gate_loading import is_parent, load
from legal.selectors.gates import GateAnswer
from legal.selectors.leave_absences import absence_after, absences_of, leave_absence_at_days
from legal.selectors.request_asks import ASKS, WORDS, first_answers
from legal.selectors.request_facts import (
    WRITABLE,
    changed_sessions,
    facts_of,
    gates_of_request,
    kept,
    links_of,
    offence_of,
    parents_of,
    proof_of,
    record_of,
    step_of,
)
from legal.services import gates, penalties
from legal.services.papers import Release
from rules.dates import in_words
from rules.errors import Conflict, InvalidInput, RuleNotMet
from rules.marks import Mark
from rules.moves import Mover
from rules.notice_stages import REQUEST, RequestState
from rules.officers import Position
from rules.request_lint import findings
from rules.school_calendar import working_day_after
from rules.values import value_on

LONGEST_ANSWER, LONGEST_WORDS, LONGEST_DESPITE = 3000, 2000, 600
OPEN = (RequestState.DRAFT, RequestState.SENT, RequestState.RETURNED)
# What must be right before anything goes: a person cannot send it all the same.
NEVER_SENT = ("ASK-1", "ASK-2", "ASK-3", "ASK-7", "ASK-18")
DECLARATION = (
    "I am the headteacher, or I act as headteacher today. I have read this request. The register "
    "entries in it are a true extract of the school's attendance register. What it says of the "
    "family and of the support given is right to the best of my knowledge. The school has followed "
    "the council's code. I know that if a notice is not paid the council may prosecute, and that "
    "I or my staff may be asked to give evidence in court."
)
STALE = (
    "Somebody changed this request while you were reading. Nothing of theirs or yours is lost: "
    "read it again, then decide."
)
OWN = "You asked for this, declared it or sent it yourself. Somebody else decides it."
DECIDES_HERE = (
    "Here the headteacher decides on penalty notices and declares the request in deciding. Send it "
    "for decision: who decides has not asked for it."
)
# What a headteacher who decides says of the request; whoever decides has not declared it before.
DECIDING = (
    "I decide as headteacher. I have read this request. The register entries in it are a true "
    "extract of the school's attendance register. What it says of the family and of the support "
    "given is right to the best of my knowledge. The notice follows the council's code."
)
NO_ABSENCE = "The register shows no absence without leave on these days. Nothing was begun."


class AlreadyBegun(Conflict):
    """There is an open request about some of these days. `reference` names it."""

    code = "request_already_begun"

    def __init__(self, reference: str) -> None:
        self.reference = reference
        super().__init__(
            "There is an open request about some of these days. Nothing was begun twice."
        )


# Beginning


@transaction.atomic
def begin_after_support(
    *,
    reach: Reach,
    case: Case,
    improvement: ImprovementNotice | None,
    today: date,
    now: datetime,
) -> NoticeRequest:
    """Begin one from a case, after support: about the half days that the threshold rests on.

    improvement  the Notice to Improve that it follows; None: the gate says which, or why none

    Raises Forbidden, Conflict for a closed case, AlreadyBegun, and RuleNotMet without an absence.
    """
    reach.require(Permission.PREPARE_NOTICE, case.school)
    case = _open_case(case)
    enrolment = gates.hold(case.enrolment)
    marks = load(enrolment=enrolment, today=today, case=case).facts.sessions
    return _begin(
        reach,
        enrolment,
        Lane.SUPPORT,
        marks,
        today=today,
        now=now,
        case=case,
        improvement=improvement,
    )


@transaction.atomic
def begin_for_leave(
    *, reach: Reach, leave: LeaveRequest, today: date, now: datetime
) -> NoticeRequest:
    """Begin one from a request for leave: about the absence coded G on the days asked for.

    Raises as `begin_after_support`.
    """
    reach.require(Permission.PREPARE_NOTICE, leave.school)
    enrolment = gates.hold(leave.enrolment)
    found = absence_after(leave)
    marks = found.marks if found is not None else ()
    return _begin(reach, enrolment, Lane.LEAVE, marks, today=today, now=now, leave=leave)


@transaction.atomic
def begin_for_absence(
    *, reach: Reach, enrolment: Enrolment, on: date, today: date, now: datetime
) -> NoticeRequest:
    """Begin one about an absence coded G that nobody asked leave for. Raises as above.

    on  a day of the absence
    """
    reach.require(Permission.PREPARE_NOTICE, enrolment.school)
    enrolment = gates.hold(enrolment)
    found = absences_of(enrolment, on, on)
    marks = found[0].marks if found else ()
    return _begin(reach, enrolment, Lane.LEAVE, marks, today=today, now=now)


@transaction.atomic
def begin_for_excluded(
    *,
    reach: Reach,
    enrolment: Enrolment,
    first: date,
    last: date,
    today: date,
    now: datetime,
) -> NoticeRequest:
    """Begin one about an excluded pupil who was seen in a public place. Raises as above."""
    reach.require(Permission.PREPARE_NOTICE, enrolment.school)
    if last < first or last > today:
        raise InvalidInput("Enter days that are over, the first before the last.")
    enrolment = gates.hold(enrolment)
    return _begin(reach, enrolment, Lane.EXCLUDED, (), today=today, now=now, first=first, last=last)


def _begin(
    reach: Reach,
    enrolment: Enrolment,
    lane: Lane,
    marks: Collection[Mark],
    *,
    today: date,
    now: datetime,
    first: date | None = None,
    last: date | None = None,
    **about: Any,
) -> NoticeRequest:
    """The draft, with the first words and the parents of the record."""
    if lane != Lane.EXCLUDED and not marks:
        raise RuleNotMet(NO_ABSENCE)
    days = sorted(mark.day for mark in marks)
    first, last = first or days[0], last or days[-1]
    there = NoticeRequest.objects.filter(
        enrolment=enrolment, lane=lane, state__in=OPEN, first__lte=last, last__gte=first
    ).first()
    if there is not None:
        raise AlreadyBegun(there.reference)
    words = first_answers(lane, about.get("case"), about.get("leave"))
    row = NoticeRequest.objects.create(
        authority_id=enrolment.authority_id,
        enrolment=enrolment,
        school_id=enrolment.school_id,
        lane=lane,
        state=RequestState.DRAFT,
        first=first,
        last=last,
        sessions=kept(marks),
        proof=proof_of_today(enrolment, today),
        policy=pack_in_force(enrolment.school, today).frozen(),
        answers={key: text[:LONGEST_ANSWER] for key, (text, _) in words.items()},
        origins={key: origin for key, (_, origin) in words.items()},
        requested_by=reach.user,
        made_at=now,
        changed_at=now,
        **about,
    )
    _first_parents(row, today)
    _event(row, "begin", reach, today, now, facts={"lane": lane.value})
    _audit(Kind.REQUEST_BEGUN, row, reach)
    return row


def proof_of_today(enrolment: Enrolment, today: date) -> dict[str, Any]:
    """The threshold's proof as the register has it today."""
    return proof_of(book_of(enrolment, enrolment.pupil.born_on, today=today))


def _first_parents(row: NoticeRequest, today: date) -> None:
    """Each parent in law of the record, with the day on which a former request had them checked."""
    links = [one for one in links_of(row).values() if is_parent(one, today)]
    rows = RequestParent.objects.filter(
        adult__in=[one.adult_id for one in links], verified_on__isnull=False
    )
    former = dict(rows.order_by("verified_on", "pk").values_list("adult_id", "verified_on"))
    RequestParent.objects.bulk_create(
        RequestParent(
            authority_id=row.authority_id,
            request=row,
            adult_id=one.adult_id,
            allowed="unknown",
            verified_on=former.get(one.adult_id),
        )
        for one in sorted(links, key=lambda one: (one.priority, one.pk))
    )


def _open_case(case: Case) -> Case:
    """The case, held. Raises Conflict when it is closed."""
    row = (
        Case.objects.select_for_update(of=("self",), no_key=True)
        .select_related("school__trust", "enrolment__school__trust", "enrolment__pupil")
        .get(pk=case.pk)
    )
    if row.closed_on is not None:
        raise Conflict("This case is closed. Open a new one to ask for a notice.")
    return row


# Writing


@dataclass(frozen=True, slots=True)
class ParentAnswer:
    """What is said of one parent: see RequestParent. reference  of the adult"""

    reference: str
    included: bool
    allowed: str
    words: str
    verified_on: date | None


@transaction.atomic
def save(
    *,
    reach: Reach,
    request: NoticeRequest,
    answers: Mapping[str, str],
    parents: Collection[ParentAnswer],
    seen: int,
    today: date,
    now: datetime,
) -> NoticeRequest:
    """Keep what was written so far, complete or not. A declaration made before is made again.

    seen  the version that the page showed: Conflict when somebody saved since
    """
    row = _to_write(reach, request, seen)
    if not set(answers) <= set(WORDS):
        raise InvalidInput("Answer the questions of this form.")
    if any(len(text) > LONGEST_ANSWER for text in answers.values()):
        raise InvalidInput(f"Each answer must be {LONGEST_ANSWER:,} characters or fewer.")
    _save_parents(row, parents, today)
    fresh = {key: text.strip() for key, text in answers.items() if text.strip()}
    row.origins = {
        key: origin for key, origin in row.origins.items() if fresh.get(key) == row.answers.get(key)
    }
    row.answers = {one.key: fresh[one.key] for one in ASKS if one.key in fresh}
    _undeclare(row)
    _keep(row, now, "answers", "origins", *DECLARED)
    _event(row, "save", reach, today, now)
    _audit(Kind.REQUEST_SAVED, row, reach)
    return row


def _save_parents(row: NoticeRequest, parents: Collection[ParentAnswer], today: date) -> None:
    rows = {one.adult.reference: one for one in parents_of(row)}
    for said in parents:
        one = rows.get(said.reference)
        if one is None:
            raise InvalidInput("Choose from the parents on the pupil's record.")
        if said.verified_on is not None and said.verified_on > today:
            raise InvalidInput("The day on which an address was checked cannot be in the future.")
        if said.allowed not in ("yes", "no", "unknown"):
            raise InvalidInput("Say whether each parent allowed the absence.")
        one.included, one.allowed = said.included, said.allowed
        one.words, one.verified_on = said.words.strip()[:600], said.verified_on
        one.save(update_fields=["included", "allowed", "words", "verified_on"])


@transaction.atomic
def take_half_days(
    *, reach: Reach, request: NoticeRequest, seen: int, today: date, now: datetime
) -> NoticeRequest:
    """Take the half days from the register again, as it is now. Raises as `save`."""
    row = _to_write(reach, request, seen)
    if row.lane == Lane.EXCLUDED:
        raise InvalidInput("This request rests on what was seen, not on the register.")
    if row.lane == Lane.LEAVE:
        found = leave_absence_at_days(row.enrolment, row.first, row.last)
        marks: tuple[Mark, ...] = found.marks if found is not None else ()
    else:
        marks = load(enrolment=row.enrolment, today=today, case=row.case).facts.sessions
    if not marks:
        raise RuleNotMet("The register shows no such absence any more. Take the request back.")
    row.sessions = kept(marks)
    row.first, row.last = marks[0].day, marks[-1].day
    row.proof = proof_of_today(row.enrolment, today)
    _undeclare(row)
    _keep(row, now, "sessions", "first", "last", "proof", *DECLARED)
    _event(row, "take_half_days", reach, today, now, facts={"sessions": row.sessions})
    _audit(Kind.REQUEST_SAVED, row, reach)
    return row


DECLARED = ("declared_by", "declared_at", "declaration")


def _undeclare(row: NoticeRequest) -> None:
    """What was declared is not what stands there now."""
    row.declared_by, row.declared_at, row.declaration = None, None, ""


@transaction.atomic
def declare(
    *, reach: Reach, request: NoticeRequest, seen: int, today: date, now: datetime
) -> NoticeRequest:
    """The headteacher declares it; the words are kept as they were read. Raises as `save`."""
    reach.require(Permission.DECLARE_NOTICE, request.school)
    row = _locked(request, seen)
    _refuse_sent(row)
    if deciders_of(pack_in_force(row.school, today), step_of(row)).school_only:
        raise RuleNotMet(DECIDES_HERE)
    row.declared_by, row.declared_at, row.declaration = reach.user, now, DECLARATION
    _keep(row, now, *DECLARED)
    _event(row, "declare", reach, today, now, words=DECLARATION)
    _audit(Kind.REQUEST_MOVED, row, reach, what="declared it as headteacher")
    return row


# Sending


@transaction.atomic
def send(
    *,
    reach: Reach,
    request: NoticeRequest,
    despite: str,
    seen: int,
    today: date,
    now: datetime,
) -> NoticeRequest:
    """Send it for decision, with the record, the checks and the gate as they stand now.

    despite  why it is sent although the checks say that it would come back; asked for then only

    Raises Forbidden, Conflict, InvalidInput for what must be right first or a finding without a
    reason, and RuleNotMet for what the school has to do before the gate.
    """
    row = _to_write(reach, request, seen)
    start = RequestState(row.state)
    end = REQUEST.move_by(start, "send", _side(reach)).end
    gates.hold(row.enrolment)
    policy, parents = pack_in_force(row.school, today), parents_of(row)
    book = book_of(row.enrolment, row.enrolment.pupil.born_on, today=today)
    facts = facts_of(row, parents, policy, today, book)
    found = findings(facts, value_on("request_check", today))
    _refuse_unsendable([one.sentence for one in found if one.code in NEVER_SENT])
    if found and not despite.strip():
        raise InvalidInput("Say why you send it although something speaks against it.")
    _refuse_long(despite, LONGEST_DESPITE)
    answers = gates_of_request(row, parents, today)
    _refuse_school_gate(answers)
    row.proof = proof_of(book)
    row.record = record_of(row, parents, today, facts)
    row.facts, row.checked_on = facts.as_json(), today
    row.despite = despite.strip() if found else ""
    row.gate = {"sent": _frozen(answers)}
    row.policy = policy.frozen()
    row.sent_by, row.sent_on, row.state = reach.user, today, end.value
    row.review = {}
    _keep(
        row,
        now,
        "proof",
        "record",
        "facts",
        "checked_on",
        "despite",
        "gate",
        "policy",
        "sent_by",
        "sent_on",
        "state",
        "review",
    )
    _event(
        row,
        "send",
        reach,
        today,
        now,
        start=start,
        words=row.despite,
        facts={
            "answers": row.answers,
            "sessions": row.sessions,
            "checks": [one.code for one in found],
            "parents": [_parent_json(one) for one in parents],
            "gate": row.gate["sent"],
        },
    )
    _audit(Kind.REQUEST_MOVED, row, reach, what="sent it for decision")
    _clock(row, today, f"Answer the request for a penalty notice {row.reference}")
    return row


def _parent_json(one: RequestParent) -> dict[str, Any]:
    """What was said of a parent, without a name."""
    return {
        "adult": one.adult.reference,
        "included": one.included,
        "allowed": one.allowed,
        "words": one.words,
        "verified_on": one.verified_on.isoformat() if one.verified_on else None,
    }


def _refuse_unsendable(sentences: list[str]) -> None:
    if sentences:
        raise InvalidInput(f"Put this right first. {' '.join(sentences)} Nothing was sent.")


def _refuse_school_gate(answers: Mapping[str, GateAnswer]) -> None:
    """Raise for what the school has to show before the council reads it."""
    missing = {
        one.key: one
        for answer in answers.values()
        for one in answer.blocking_for("school")
        if one.key != "authorised_officer"
    }
    if missing:
        said = " ".join(f"{one.words}: {one.why}" for one in missing.values())
        raise RuleNotMet(f"This cannot be sent yet. {said}")


def _frozen(answers: Mapping[str, GateAnswer]) -> dict[str, Any]:
    return {reference: answer.as_json() for reference, answer in answers.items()}


@transaction.atomic
def take_back(
    *,
    reach: Reach,
    request: NoticeRequest,
    reason: str,
    words: str,
    seen: int,
    today: date,
    now: datetime,
) -> NoticeRequest:
    """The school takes it back, before anybody decides. Raises as `send`."""
    reach.require(Permission.PREPARE_NOTICE, request.school)
    row = _locked(request, seen)
    start = RequestState(row.state)
    move = REQUEST.move_by(start, "take_back", _side(reach))
    why = REQUEST.reason_for(reason, "take_back")
    _said(words, "Say why it is taken back.")
    row.state = move.end.value
    _keep(row, now, "state")
    _event(row, "take_back", reach, today, now, start=start, words=words, facts={"reason": why.key})
    _audit(Kind.REQUEST_MOVED, row, reach, what=move.words.lower())
    _clock_over(row, today, "The request was taken back")
    return row


# What the council decides, or the headteacher where the policy gives it to them


@dataclass(frozen=True, slots=True)
class Review:
    """What was found, in words: against the council's code, and in the public interest."""

    code: str
    interest: str


@transaction.atomic
def give_back(
    *,
    reach: Reach,
    request: NoticeRequest,
    reasons: Collection[str],
    words: str,
    seen: int,
    today: date,
    now: datetime,
) -> NoticeRequest:
    """Return it with reasons. The school puts them right and sends it again, or takes it back.

    Raises Forbidden, Conflict, and InvalidInput without a reason or words.
    """
    row = _decidable(reach, request, seen)
    start = RequestState(row.state)
    move = REQUEST.move_by(start, "return", _side(reach))
    _require_turn(reach, row, pack_in_force(row.school, today))
    given = _reasons(reasons, "return")
    _said(words, "Say what has to be put right.")
    row.state, row.review = move.end.value, {"reasons": given, "words": words.strip()}
    _undeclare(row)
    _keep(row, now, "state", "review", *DECLARED)
    _event(row, "return", reach, today, now, start=start, words=words, facts={"reasons": given})
    _audit(Kind.REQUEST_MOVED, row, reach, what=move.words.lower())
    _clock_over(row, today, "It was answered")
    _clock(row, today, f"Put right what came back: request {row.reference}", owner=row.sent_by)
    return row


@transaction.atomic
def refuse(
    *,
    reach: Reach,
    request: NoticeRequest,
    review: Review,
    reasons: Collection[str],
    words: str,
    seen: int,
    today: date,
    now: datetime,
) -> NoticeRequest:
    """Refuse it, with what was found and why. Raises as `give_back`, and for who may not decide."""
    row = _decidable(reach, request, seen)
    start = RequestState(row.state)
    move = REQUEST.move_by(start, "refuse", _side(reach))
    _require_decider(reach, row, pack_in_force(row.school, today))
    given = _reasons(reasons, "refuse")
    _said(words, "Say why it is refused. The school reads it.")
    _decided(row, move.end, review, given, words, reach, today, now)
    _event(
        row,
        "refuse",
        reach,
        today,
        now,
        start=start,
        words=words,
        facts=row.review,
    )
    _audit(Kind.REQUEST_MOVED, row, reach, what=move.words.lower())
    _clock_over(row, today, "It was decided")
    return row


@dataclass(frozen=True, slots=True)
class Approval:
    """What somebody approves it on.

    review    what was found; words  for the school, if any
    gates     reference of each included parent → what the page had shown of their gate
    releases  key of an adult → how a person takes it on to write to them, where there is a doubt
    """

    review: Review
    gates: Mapping[str, str]
    words: str = ""
    releases: Mapping[int, Release] = field(default_factory=dict)


@transaction.atomic
def approve(
    *,
    reach: Reach,
    request: NoticeRequest,
    approval: Approval,
    seen: int,
    today: date,
    now: datetime,
) -> list[PenaltyNotice]:
    """Approve it, and issue a notice to each included parent. All or nothing.

    The gate is asked again for each parent, and the register, under locks. Raises Forbidden,
    Conflict for a page that is stale, InvalidInput without findings, and RuleNotMet.
    """
    row = _decidable(reach, request, seen)
    start = RequestState(row.state)
    move = REQUEST.move_by(start, "approve", _side(reach))
    policy = pack_in_force(row.school, today)
    role = _require_decider(reach, row, policy)
    _said(approval.review.code, "Say how it stands against the code of conduct.")
    _said(approval.review.interest, "Say why a notice is in the public interest.")
    gates.hold(row.enrolment)
    _refuse_changed_register(row, today)
    answers = {
        one.adult.reference: gates.require(
            reach=reach,
            enrolment=row.enrolment,
            step=step_of(row),
            today=today,
            seen=approval.gates.get(one.adult.reference, ""),
            case=row.case,
            adult=one.adult,
            improvement=row.improvement,
            sessions=offence_of(row),
        )
        for one in parents_of(row)
        if one.included
    }
    row.gate = {**row.gate, "decided": _frozen(answers)}
    _decided(row, move.end, approval.review, [], approval.words, reach, today, now)
    _event(
        row,
        "approve",
        reach,
        today,
        now,
        start=start,
        words=approval.words,
        facts={**row.review, "gate": row.gate["decided"]},
    )
    _audit(Kind.REQUEST_MOVED, row, reach, what=move.words.lower())
    _clock_over(row, today, "It was decided")
    return penalties.issue(
        reach=reach,
        request=row,
        officer=f"{reach.user.name}, {role}",
        today=today,
        now=now,
        releases=approval.releases,
    )


def _refuse_changed_register(row: NoticeRequest, today: date) -> None:
    """Raise where the register no longer says what the request says."""
    book = book_of(row.enrolment, row.enrolment.pupil.born_on, today=today)
    changed = sorted({mark.day for mark in changed_sessions(row, book)})
    if changed:
        days = ", ".join(in_words(day) for day in changed)
        raise RuleNotMet(
            f"The register now says something else for: {days}. Return the request, so that the "
            "school can put it right."
        )


def _decided(
    row: NoticeRequest,
    end: RequestState,
    review: Review,
    reasons: list[str],
    words: str,
    reach: Reach,
    today: date,
    now: datetime,
) -> None:
    _refuse_long(words)
    _refuse_long(review.code)
    _refuse_long(review.interest)
    row.review = {
        "code": review.code.strip(),
        "interest": review.interest.strip(),
        "reasons": reasons,
        "words": words.strip(),
    }
    if end is RequestState.APPROVED and _side(reach) is not Mover.COUNCIL:
        row.review["declared"] = DECIDING
    row.state, row.decision = end.value, words.strip()
    row.decided_by, row.decided_on = reach.user, today
    _keep(row, now, "state", "review", "decision", "decided_by", "decided_on", "gate")


def _reasons(keys: Collection[str], event: str) -> list[str]:
    """Chosen reasons in the table's order. Raises InvalidInput for none or an unknown one."""
    known = [one.key for one in REQUEST.reasons_for(event)]
    if not keys or not set(keys) <= set(known):
        raise InvalidInput("Choose at least one reason.")
    return [key for key in known if key in keys]


def _decidable(reach: Reach, request: NoticeRequest, seen: int) -> NoticeRequest:
    """The request, held, for one who may answer it: never one who asked, declared or sent."""
    reach.require(Permission.DECIDE_NOTICE, request.school)
    row = _locked(request, seen)
    if reach.user.pk in (row.requested_by_id, row.declared_by_id, row.sent_by_id):
        raise Forbidden(OWN)
    return row


def _require_decider(reach: Reach, row: NoticeRequest, policy: PolicyInForce) -> str:
    """The role in which somebody decides, as the notice names it. Raises Forbidden."""
    deciders = deciders_of(policy, step_of(row))
    if not decides(reach, row.school, deciders):
        raise Forbidden(refusal_of(deciders))
    officer, _ = officer_of(reach, row.school, deciders)
    if officer.position is not Position.COUNCIL:
        return officer.position.value.capitalize()
    held = [grant.role for grant in reach.grants if grant.covers(row.school)]
    return Role(next(role for role in held if role in deciders.roles)).label


def _require_turn(reach: Reach, row: NoticeRequest, policy: PolicyInForce) -> None:
    """Raise Forbidden unless it waits for this person's side: the council's, or a school's."""
    deciders = deciders_of(policy, step_of(row))
    if not (_side(reach) is Mover.COUNCIL and not deciders.school_only):
        _require_decider(reach, row, policy)


def _side(reach: Reach) -> Mover:
    """For whom somebody moves it: the council, where their role is the council's."""
    council = any(
        grant.school_id is None
        and grant.trust_id is None
        and (grant.gives(Permission.DECIDE_NOTICE) or grant.gives(Permission.PREPARE_NOTICE))
        for grant in reach.grants
    )
    return Mover.COUNCIL if council else Mover.SCHOOL


# What they share


@transaction.atomic
def read(*, reach: Reach, request: NoticeRequest) -> None:
    """Write down that somebody looked at a request."""
    _audit(Kind.LEGAL_READ, request, reach, what="the request for a penalty notice")


def _to_write(reach: Reach, request: NoticeRequest, seen: int) -> NoticeRequest:
    """The request, held, for one who may write on it while it can be written on."""
    reach.require(Permission.PREPARE_NOTICE, request.school)
    row = _locked(request, seen)
    _refuse_sent(row)
    return row


def _refuse_sent(row: NoticeRequest) -> None:
    if RequestState(row.state) not in WRITABLE:
        raise Conflict("This request was sent. It can be written on again when it comes back.")
    if row.case is not None and row.case.closed_on is not None:
        raise Conflict("The case is closed. Open a new one to ask for a notice.")


def _locked(request: NoticeRequest, seen: int) -> NoticeRequest:
    """The request, held, as it was when the page was read. Raises Conflict."""
    row = (
        NoticeRequest.objects.select_for_update(of=("self",), no_key=True)
        .select_related(
            "authority",
            "school__trust",
            "enrolment__pupil__authority",
            "enrolment__school__trust",
            "case__school__trust",
            "case__enrolment__pupil",
            "leave__decided_by",
            "improvement",
            "sent_by",
        )
        .get(pk=request.pk)
    )
    if row.version != seen:
        raise Conflict(STALE)
    return row


def _keep(row: NoticeRequest, now: datetime, *names: str) -> None:
    row.version += 1
    row.changed_at = now
    row.save(update_fields=[*names, "version", "changed_at"])


def _said(words: str, otherwise: str) -> None:
    if not words.strip():
        raise InvalidInput(otherwise)
    _refuse_long(words)


def _refuse_long(words: str, most: int = LONGEST_WORDS) -> None:
    if len(words) > most:
        raise InvalidInput(f"Write {most:,} characters or fewer.")


def subject_of(row: NoticeRequest) -> str:
    """What its history is kept under."""
    return f"legal.NoticeRequest:{row.pk}"


def _event(
    row: NoticeRequest,
    event: str,
    reach: Reach,
    today: date,
    now: datetime,
    *,
    start: RequestState | None = None,
    words: str = "",
    facts: Mapping[str, Any] | None = None,
) -> None:
    LegalEvent.objects.create(
        authority_id=row.authority_id,
        enrolment_id=row.enrolment_id,
        school_id=row.school_id,
        subject=subject_of(row),
        event=event,
        start=start.value if start else row.state,
        end=row.state,
        on=today,
        words=words.strip(),
        facts=dict(facts or {}),
        made_by=reach.user,
        made_at=now,
    )


def _audit(kind: Kind, row: NoticeRequest, reach: Reach, **facts: object) -> None:
    record(kind, by=reach.user, authority=row.authority, school=row.school, on=row, **facts)


def _clock(row: NoticeRequest, today: date, words: str, owner: User | None = None) -> None:
    """A clock on the case, where there is one: how long an answer takes, in working days."""
    if row.case is None:
        return
    days = value_on("request_check", today)["answer_within_days"]
    deadlines.start(
        case=row.case,
        kind=DeadlineKind.LEGAL,
        words=words,
        since=today,
        by=working_day_after(today, days),
        about=subject_of(row),
        owner=owner,
        nothing="Nobody decides, and the family does not know where it stands.",
    )


def _clock_over(row: NoticeRequest, today: date, because: str) -> None:
    if row.case is not None:
        deadlines.drop(
            case=row.case,
            kind=DeadlineKind.LEGAL,
            today=today,
            because=because,
            about=subject_of(row),
        )
