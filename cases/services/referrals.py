"""A case referred to the authority: begun, written, sent, and every step after it."""

from collections.abc import Callable, Collection, Mapping
from datetime import date, datetime
from typing import Any

from django.db import transaction

from audit.record import Kind, record
from authorities.access import Forbidden, Reach
from authorities.models import User
from authorities.packs import pack_in_force
from authorities.permissions import Permission
from cases.models import REFERRAL_OVER, Case, DeadlineKind, Referral, ReferralStep
from cases.selectors.owners import COUNCILS_CLOCK, may_answer
from cases.selectors.referral_facts import asks_of, checked, facts_of, first_answers
from cases.selectors.referrals import about, default_copy, form_in_force
from cases.services import deadlines
from rules.errors import Conflict, InvalidInput
from rules.referral_lint import OTHER, REASONS
from rules.referral_stages import WRITABLE, ReferralState, state_after

LONGEST_ANSWER, LONGEST_DESPITE, LONGEST_WORDS = 4000, 600, 2000
KIND = DeadlineKind.REFERRAL_ANSWER
COUNCIL_LATE = "The school does not know who helps. Ask the council, and go on with support."
SCHOOL_LATE = "The council waits, and the pupil gets no help from it."


class AlreadyBegun(Conflict):
    """There is an open referral on this form. `reference` names it."""

    code = "referral_already_begun"

    def __init__(self, sentence: str, reference: str) -> None:
        self.reference = reference
        super().__init__(sentence)


@transaction.atomic
def begin(*, reach: Reach, case: Case, form: str, today: date, now: datetime) -> Referral:
    """Begin a referral on one of the forms in force, filled in from the case. A draft: unsent.

    form  "pack:key"

    Raises Forbidden, Conflict for a closed case, InvalidInput for a form that is not in force,
    and AlreadyBegun where one is open on the same form.
    """
    reach.require(Permission.MAKE_REFERRAL, case.school)
    case = _locked_case(case)
    policy = pack_in_force(case.school, today)
    choice = form_in_force(policy, form)
    pack = choice.layer.pack
    there = (
        case.referrals.filter(pack=pack.name, form=choice.form.key)
        .exclude(state__in=REFERRAL_OVER)
        .first()
    )
    if there is not None:
        raise AlreadyBegun(
            "There is an open referral on this form. Nothing was begun twice.", there.reference
        )
    asks = asks_of(choice.form.asks)
    referral = Referral.objects.create(
        authority=case.authority,
        school=case.school,
        case=case,
        pack=pack.name,
        edition=pack.edition,
        form=choice.form.key,
        title=choice.form.title,
        decided_by=choice.decided_by,
        asks=asks,
        routes=list(choice.form.routes),
        policy=policy.frozen(),
        answers=first_answers(case, asks, today),
        in_copy=default_copy(asks),
        begun_by=reach.user,
        begun_at=now,
        changed_at=now,
    )
    _step(referral, "draft", reach, now)
    _record(Kind.REFERRAL_BEGUN, referral, reach)
    return referral


@transaction.atomic
def save(
    *,
    reach: Reach,
    referral: Referral,
    answers: Mapping[str, str],
    in_copy: Collection[str],
    seen: int,
    now: datetime,
) -> Referral:
    """Keep what was written so far, complete or not.

    seen  the version that the page showed: Conflict when somebody saved since, and nothing lost
    """
    reach.require(Permission.MAKE_REFERRAL, referral.school)
    referral = _open(_locked(referral, seen))
    if ReferralState(referral.state) not in WRITABLE:
        raise Conflict("This referral was sent. It can be written on again when it comes back.")
    keys = {one["key"] for one in referral.asks}
    if not set(answers) <= keys or not set(in_copy) <= keys:
        raise InvalidInput("Answer the questions of this form.")
    if any(len(text) > LONGEST_ANSWER for text in answers.values()):
        raise InvalidInput(f"Each answer must be {LONGEST_ANSWER:,} characters or fewer.")
    referral.answers = {key: text.strip() for key, text in answers.items() if text.strip()}
    referral.in_copy = sorted(in_copy)
    _keep(referral, now, "answers", "in_copy")
    _record(Kind.REFERRAL_SAVED, referral, reach)
    return referral


@transaction.atomic
def send(
    *, reach: Reach, referral: Referral, despite: str, seen: int, today: date, now: datetime
) -> Referral:
    """Send it to the council, with what the checks were asked, so that both get one answer.

    despite  why it is sent although the checks say that it would come back; asked for then only

    Raises Forbidden, Conflict, and InvalidInput for a question of the form without an answer or
    a finding without a reason.
    """
    reach.require(Permission.MAKE_REFERRAL, referral.school)
    referral = _open(_locked(referral, seen))
    end = state_after(ReferralState(referral.state), "send")
    policy = pack_in_force(referral.school, today)
    facts = facts_of(referral, policy, today)
    found = checked(referral, policy, today)
    if any(one.code == "REF-1" for one in found):
        raise InvalidInput("Answer every question of the form first. Nothing was sent.")
    _refuse_long(despite, LONGEST_DESPITE)
    if found and not despite.strip():
        raise InvalidInput("Say why you send it although something speaks against it.")
    referral.despite = despite.strip() if found else ""
    referral.facts, referral.checked_on = facts.as_json(), today
    referral.sent_by, referral.sent_on = reach.user, today
    referral.state = end.value
    _keep(referral, now, "state", "despite", "facts", "checked_on", "sent_by", "sent_on")
    _step(
        referral,
        "send",
        reach,
        now,
        content={
            "on": today.isoformat(),
            "answers": referral.answers,
            "facts": referral.facts,
            "despite": referral.despite,
        },
    )
    _answered(referral, reach, today)  # the school's clock, when it came back
    deadlines.start(
        case=referral.case,
        kind=KIND,
        words=f"The council answers the referral: {referral.title}"[:300],
        since=today,
        clock=COUNCILS_CLOCK,
        about=about(referral),
        owner=_former_reader(referral, today),
        nothing=COUNCIL_LATE,
    )
    _moved(referral, reach, "send")
    return referral


@transaction.atomic
def withdraw(
    *, reach: Reach, referral: Referral, words: str, seen: int, today: date, now: datetime
) -> Referral:
    """Take it back, with the reason. Raises Forbidden, Conflict and InvalidInput."""
    reach.require(Permission.MAKE_REFERRAL, referral.school)
    _said(words, "Say why it is withdrawn.")
    referral = _move(referral, "withdraw", reach, seen, now, words=words)
    deadlines.drop(
        case=referral.case,
        kind=KIND,
        today=today,
        because="The referral was withdrawn",
        about=about(referral),
    )
    return referral


@transaction.atomic
def receive(*, reach: Reach, referral: Referral, seen: int, now: datetime) -> Referral:
    """Say that one reads it now, for the council. The clock to answer runs on, and is theirs."""
    _require_decider(reach, referral)
    referral = _move(referral, "receive", reach, seen, now)
    deadlines.take(case=referral.case, kind=KIND, owner=reach.user, about=about(referral))
    return referral


@transaction.atomic
def accept(
    *, reach: Reach, referral: Referral, words: str, seen: int, today: date, now: datetime
) -> Referral:
    """Take it on. The clock to answer ends."""
    _require_decider(reach, referral)
    _refuse_long(words)
    referral = _move(referral, "accept", reach, seen, now, words=words)
    _answered(referral, reach, today)
    return referral


@transaction.atomic
def give_back(
    *,
    reach: Reach,
    referral: Referral,
    reasons: Collection[str],
    words: str,
    seen: int,
    today: date,
    now: datetime,
) -> Referral:
    """Return it with reasons: codes of the checks, and words. The school's clock starts.

    Raises Forbidden, Conflict, and InvalidInput for no reason, an unknown one, or "other" alone
    without words.
    """
    _require_decider(reach, referral)
    if not reasons or not set(reasons) <= set(REASONS):
        raise InvalidInput("Choose at least one reason.")
    _refuse_long(words)
    if OTHER in reasons:
        _said(words, "Say what the other reason is.")
    ordered = [code for code in REASONS if code in set(reasons)]
    referral = _move(referral, "return", reach, seen, now, words=words, reasons=ordered)
    _answered(referral, reach, today)
    deadlines.start(
        case=referral.case,
        kind=KIND,
        words=f"Answer what came back and send it again: {referral.title}"[:300],
        since=today,
        clock="referral_amend",
        about=about(referral),
        owner=referral.sent_by,
        nothing=SCHOOL_LATE,
    )
    return referral


@transaction.atomic
def send_on(
    *,
    reach: Reach,
    referral: Referral,
    team: str,
    words: str,
    seen: int,
    today: date,
    now: datetime,
) -> Referral:
    """Send it to the right team: one of the routes that its form names."""
    _require_decider(reach, referral)
    if team not in referral.routes:
        raise InvalidInput("Choose one of the teams that this form names.")
    _refuse_long(words)

    def with_team(row: Referral) -> None:
        if row.team == team:
            raise Conflict("It is with that team already.")
        row.team = team

    referral = _move(
        referral, "send_on", reach, seen, now, words=words, team=team, change=with_team
    )
    _answered(referral, reach, today)
    return referral


@transaction.atomic
def end(
    *, reach: Reach, referral: Referral, words: str, seen: int, today: date, now: datetime
) -> Referral:
    """End it by saying what it led to. The school agrees the next step on the case."""
    _require_decider(reach, referral)
    _said(words, "Say what it led to.")
    referral = _move(referral, "end", reach, seen, now, words=words)
    _answered(referral, reach, today)
    return referral


def end_with_case(*, reach: Reach, case: Case, because: str, today: date, now: datetime) -> None:
    """Withdraw what is still with the school, of a case that is being closed.

    As cases.services.closing says. What the council has taken on goes on there.
    """
    with_school = [state.value for state in WRITABLE]
    rows = case.referrals.select_for_update(of=("self",), no_key=True)
    for row in rows.filter(state__in=with_school).order_by("pk"):
        row.case, row.school, row.authority = case, case.school, case.authority
        row.state = state_after(ReferralState(row.state), "withdraw").value
        _keep(row, now, "state")
        _step(row, "withdraw", reach, now, words=because)
        _moved(row, reach, "withdraw")


@transaction.atomic
def read(*, reach: Reach, referral: Referral) -> None:
    """Write down that somebody looked at a referral."""
    _record(Kind.REFERRAL_READ, referral, reach)


@transaction.atomic
def copied(*, reach: Reach, referral: Referral, whom: str) -> None:
    """Write down that a PDF was made: "the file", or "the family"."""
    _record(Kind.REFERRAL_COPIED, referral, reach, whom=whom)


def _former_reader(referral: Referral, today: date) -> User | None:
    """Who returned it, when it comes again and they still answer referrals there."""
    step = referral.steps.filter(event="return").order_by("-pk").select_related("made_by").first()
    if step is None or not may_answer(step.made_by, referral.school, today):
        return None
    return step.made_by


def _require_decider(reach: Reach, referral: Referral) -> None:
    """Who answers for the council is not who asked."""
    reach.require(Permission.DECIDE_REFERRAL, referral.school)
    if referral.sent_by_id == reach.user.pk:
        raise Forbidden("You sent this referral yourself. Somebody else answers it.")


def _locked_case(case: Case) -> Case:
    """The case, locked. Raises Conflict when it is closed."""
    row = (
        Case.objects.select_for_update(of=("self",), no_key=True)
        .select_related("pupil", "school__trust", "enrolment__school__trust", "enrolment__pupil")
        .get(pk=case.pk)
    )
    if row.closed_on is not None:
        raise Conflict("This case is closed. Open a new one to refer the pupil.")
    return row


def _open(referral: Referral) -> Referral:
    """Nothing more is written on a closed case; what was sent is still answered or withdrawn."""
    if referral.case.closed_on is not None:
        raise Conflict("The case is closed. Open a new one to refer the pupil.")
    return referral


def _locked(referral: Referral, seen: int) -> Referral:
    """The referral, locked, as it was when the page was read. Raises Conflict."""
    row = (
        Referral.objects.select_for_update(of=("self",), no_key=True)
        .select_related(
            "school__trust",
            "sent_by",
            "case__pupil",
            "case__school__trust",
            "case__enrolment__pupil",
            "case__enrolment__school__trust",
        )
        .get(pk=referral.pk)
    )
    if row.version != seen:
        raise Conflict(
            "Somebody changed this referral while you were reading. Nothing of theirs or yours "
            "is lost: read it again, then decide."
        )
    return row


def _move(
    referral: Referral,
    event: str,
    reach: Reach,
    seen: int,
    now: datetime,
    *,
    words: str = "",
    reasons: Collection[str] = (),
    team: str = "",
    change: Callable[[Referral], None] | None = None,
) -> Referral:
    """One move by the table: state, version, step and audit."""
    row = _locked(referral, seen)
    row.state = state_after(ReferralState(row.state), event).value
    if change is not None:
        change(row)
    _keep(row, now, "state", "team")
    _step(row, event, reach, now, words=words.strip(), reasons=list(reasons), team=team)
    _moved(row, reach, event)
    return row


def _answered(referral: Referral, reach: Reach, today: date) -> None:
    """The clock that ran ends; none runs when it ended before."""
    deadlines.finish(
        case=referral.case, kind=KIND, today=today, by=reach.user, about=about(referral)
    )


def _keep(referral: Referral, now: datetime, *names: str) -> None:
    referral.version += 1
    referral.changed_at = now
    referral.save(update_fields=[*names, "version", "changed_at"])


def _step(referral: Referral, event: str, reach: Reach, now: datetime, **facts: Any) -> None:
    ReferralStep.objects.create(
        authority=referral.authority,
        referral=referral,
        event=event,
        end=referral.state,
        made_by=reach.user,
        made_at=now,
        **facts,
    )


def _said(words: str, otherwise: str) -> None:
    if not words.strip():
        raise InvalidInput(otherwise)
    _refuse_long(words)


def _refuse_long(words: str, most: int = LONGEST_WORDS) -> None:
    if len(words) > most:
        raise InvalidInput(f"Write {most:,} characters or fewer.")


def _moved(referral: Referral, reach: Reach, event: str) -> None:
    _record(Kind.REFERRAL_MOVED, referral, reach, event=event.replace("_", " "))


def _record(kind: Kind, referral: Referral, reach: Reach, **facts: object) -> None:
    record(
        kind,
        by=reach.user,
        authority=referral.authority,
        school=referral.school,
        on=referral,
        reference=referral.reference,
        **facts,
    )
