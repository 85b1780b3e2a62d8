"""Moving a case from stage to stage, and closing it: by the one table of rules.case_stages."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from django.db import transaction

from audit.record import Kind, record
from authorities.access import Reach
from authorities.models import User
from authorities.packs import PolicyInForce, pack_in_force
from authorities.packs.schema import HAPPENING_WORDS
from authorities.permissions import Permission
from cases.models import Case, CaseMove, Proposal, ProposalKind, ProposalState
from cases.selectors.facts import book_for, facts_of
from cases.selectors.owners import may_own
from cases.selectors.places import LEVEL_OF, Destination, destinations, places_at
from cases.services import deadlines, proposals
from cases.services.closing import Closing, end_all
from frontend.templatetags.govuk import words_and_time
from rules.case_stages import LABELS, Stage, move_for, reason_for
from rules.errors import Conflict, DomainError, InvalidInput
from rules.letter_stages import LetterState

LONGEST_REASON = 600
IN_HAND = (LetterState.DRAFT, LetterState.HELD, LetterState.FAILED)


class Stale(Conflict):
    """Somebody moved the case while the form was open."""

    code = "case_moved"


@transaction.atomic
def move(
    *,
    reach: Reach,
    case: Case,
    to: str,
    why: str,
    reason: str,
    version: int,
    now: datetime,
    today: date,
) -> CaseMove:
    """Move an open case to another stage, with the facts and the policy of that day.

    to       a policy's stage as "pack:key", or one of the product's where no policy has stages
    why      key of a reason in rules.case_stages; reason  what shows it, in words. May be empty
             where the policy proposes the move: then its own words are kept
    version  of the case when the form was read

    Raises Forbidden, InvalidInput, MoveNotAllowed, and Stale with who was first and when.
    """
    case = _held(reach, case, version)
    policy = pack_in_force(case.school, today)
    found = {one.value: one for one in destinations(case, policy)}.get(to)
    if found is None:
        raise InvalidInput("Choose where the case goes next.")
    chosen = reason_for(why, found.event)
    proposal = _proposed(case, found)
    said = _said(reason, proposal)
    _tell_policy(case, why, now, today)
    start, case.stage = case.stage, found.end.value
    kept = dict(case.places)
    if found.step is not None:
        kept[found.step.layer.pack.name] = found.step.stage.key
    case.places = places_at(policy, LEVEL_OF[case.stage], kept)
    _next_version(case, "stage", "places")
    row = _write(
        case, reach, policy, now, today, (found.event, chosen.key, said), start=start, of=proposal
    )
    if found.step is not None:
        proposals.done(
            case=case,
            proposes=ProposalKind.STAGE,
            pack=found.step.layer.pack.name,
            target=found.step.stage.key,
            reach=reach,
            now=now,
        )
    _record(case, reach, Kind.CASE_MOVED, stage=LABELS[found.end], why=chosen.words)
    return row


@transaction.atomic
def close(
    *,
    reach: Reach,
    case: Case,
    why: str,
    reason: str,
    version: int,
    now: datetime,
    today: date,
    seen: str = "",
) -> CaseMove:
    """Close a case with its reason. What runs on it ends, and what is proposed on it is left.

    seen  `selectors.endings.token` of what the person read that ends with it; "" for nothing

    Raises as `move`; Conflict, with what to do, for what must be settled first: a letter that
    waits for a person, and what `closing.end_all` says.
    """
    case = _held(reach, case, version)
    step = move_for(Stage(case.stage), "close")
    chosen = reason_for(why, step.event)
    said = _said(reason, None)
    waiting = case.letters.filter(letter__state__in=[state.value for state in IN_HAND]).count()
    if waiting:
        letters = "A letter of this case waits" if waiting == 1 else f"{waiting} letters wait"
        raise Conflict(
            f"{letters} for a person. Approve or withdraw what has not gone, then close the case."
        )
    policy = pack_in_force(case.school, today)
    because = f"The case was closed: {chosen.words}"
    ended = end_all(
        reach=reach,
        case=case,
        closing=Closing(chosen.key, because),
        seen=seen,
        today=today,
        now=now,
    )
    proposals.done(case=case, proposes=ProposalKind.CLOSE, reach=reach, now=now)
    for one in Proposal.objects.filter(case=case, state=ProposalState.OPEN).order_by("pk"):
        proposals.leave(proposal=one, reach=reach, reason=because, now=now)
    deadlines.running(case).update(done_on=today, dropped_because="The case was closed")
    start, case.stage = case.stage, step.end.value
    case.closed_on, case.closed_by = today, reach.user
    case.closing_reason = f"{chosen.words}. {said}"[:300]
    _next_version(case, "stage", "closed_on", "closed_by", "closing_reason")
    what = (step.event, chosen.key, said)
    row = _write(case, reach, policy, now, today, what, start=start, ended=ended)
    _record(case, reach, Kind.CASE_CLOSED, why=chosen.words)
    return row


@transaction.atomic
def carry(*, reach: Reach, case: Case, owner: int | None, seen: int | None) -> Case:
    """Say who carries an open case; None for nobody yet.

    seen  who carried it when the form was read

    Raises Forbidden, InvalidInput for somebody who may not change cases there, Stale and Conflict.
    """
    reach.require(Permission.CHANGE_CASE, case.school)
    held = (
        Case.objects.select_for_update(of=("self",), no_key=True)
        .select_related("owner", "school__trust")
        .get(pk=case.pk)
    )
    if held.closed_on is not None:
        raise Conflict("This case is closed. Nobody carries it any more.")
    if held.owner_id != seen:
        name = held.owner.name if held.owner else "Nobody"
        raise Stale(f"{name} carries this case by now. Look again before you change it.")
    found = None if owner is None else User.objects.filter(pk=owner).first()
    if owner is not None and (found is None or not may_own(found, held.school, reach.today)):
        raise InvalidInput("Choose somebody who may change cases at this school.")
    held.owner = found
    held.save(update_fields=["owner"])
    _record(held, reach, Kind.CASE_GIVEN)
    return held


def begin(*, case: Case, reach: Reach, policy: PolicyInForce, now: datetime, said: str) -> CaseMove:
    """Write the first move of a case that was just opened, in the caller's transaction."""
    return CaseMove.objects.create(
        authority=case.authority,
        case=case,
        event="open",
        end=case.stage,
        places=case.places,
        reason=said,
        facts=case.facts,
        policy=policy.frozen(),
        made_by=reach.user,
        made_at=now,
    )


def facts_today(case: Case, today: date) -> dict[str, Any]:
    """The facts on that day; a sentence instead where the register cannot say them any more."""
    try:
        return facts_of(book_for(case.enrolment, today), case.crossing)
    except DomainError as problem:
        return {"unknown": problem.message}


def _held(reach: Reach, case: Case, version: int) -> Case:
    """The case, locked to the end of the transaction, as the form knew it."""
    reach.require(Permission.CHANGE_CASE, case.school)
    held = (
        Case.objects.select_for_update(of=("self",), no_key=True)
        .select_related("school__trust", "enrolment__pupil", "enrolment__school__trust", "crossing")
        .get(pk=case.pk)
    )
    if held.version != version or held.closed_on is not None:
        last = held.moves.select_related("made_by").latest("made_at", "pk")  # the first: opening
        raise Stale(_who_was_first(held, last))
    return held


def _who_was_first(case: Case, last: CaseMove) -> str:
    at = f"on {words_and_time(last.made_at)}"
    if case.closed_on is not None:
        return (
            f"{last.made_by.name} closed this case {at}. A closed case cannot be changed: open a"
            " new one from the pupil's page if help is needed again."
        )
    return (
        f"{last.made_by.name} moved this case {at}. It now stands at: {LABELS[Stage(case.stage)]}."
        " Read it again before you move it."
    )


def _said(reason: str, proposal: Proposal | None) -> str:
    said = reason.strip() or (proposal.why if proposal else "")
    if not said:
        raise InvalidInput("Say what shows that this is the right step.")
    if len(said) > LONGEST_REASON:
        raise InvalidInput(f"Reasons must be {LONGEST_REASON} characters or fewer.")
    return said


def _proposed(case: Case, found: Destination) -> Proposal | None:
    """The open proposal of this very step, if there is one."""
    if found.step is None:
        return None
    return Proposal.objects.filter(
        enrolment=case.enrolment_id,
        proposes=ProposalKind.STAGE,
        state=ProposalState.OPEN,
        pack=found.step.layer.pack.name,
        target=found.step.stage.key,
    ).first()


def _tell_policy(case: Case, why: str, now: datetime, today: date) -> None:
    """What the policy proposes for the reason, where the case stands; once between two moves."""
    if why not in HAPPENING_WORDS:
        return
    last = case.moves.order_by("-made_at", "-pk").first()
    since = last.made_at if last is not None else case.opened_at
    proposals.happened(case=case, happening=why, today=today, now=now, unless_since=since)


def _next_version(case: Case, *changed: str) -> None:
    case.version += 1
    case.save(update_fields=[*changed, "version"])


def _write(
    case: Case,
    reach: Reach,
    policy: PolicyInForce,
    now: datetime,
    today: date,
    what: tuple[str, str, str],
    *,
    start: str,
    of: Proposal | None = None,
    ended: Sequence[str] = (),
) -> CaseMove:
    event, why, reason = what
    facts = facts_today(case, today)
    if ended:
        facts["ended"] = list(ended)
    return CaseMove.objects.create(
        authority=case.authority,
        case=case,
        event=event,
        start=start,
        end=case.stage,
        places=case.places,
        why=why,
        reason=reason,
        proposal=of,
        facts=facts,
        policy=policy.frozen(),
        made_by=reach.user,
        made_at=now,
    )


def _record(case: Case, reach: Reach, kind: Kind, **facts: str) -> None:
    record(
        kind,
        by=reach.user,
        authority=case.authority,
        school=case.school,
        on=case,
        reference=case.reference,
        **facts,
    )
