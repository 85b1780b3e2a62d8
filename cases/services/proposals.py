"""What the policy proposes: noted when it is so, taken up or left by a person."""

from collections.abc import Collection
from datetime import date, datetime

from django.db import transaction

from audit.record import Kind, record
from authorities.access import Reach
from authorities.packs import Proposal as Proposed
from authorities.packs import pack_in_force
from authorities.permissions import Permission
from cases.models import Case, Proposal, ProposalState
from rules.errors import Conflict, InvalidInput

LONGEST_REASON = 600


def happened(
    *,
    case: Case,
    happening: str,
    today: date,
    now: datetime,
    unless_since: datetime | None = None,
) -> list[Proposal]:
    """Note what the policy proposes for something that happened on a case.

    happening     one of authorities.packs.schema.Happening, such as "improved"
    unless_since  note nothing when the policy answered to the same since this moment: one thing
                  can stand in the minutes, the plan and a contract

    A proposal that is open already stays as it is. Inside a transaction of the caller's.
    """
    told = Proposal.objects.filter(case=case, happening=happening)
    if unless_since is not None and told.filter(found_at__gte=unless_since).exists():
        return []
    policy = pack_in_force(case.school, today)
    found = policy.proposals_on(happening, case.places)
    return [_note(case, one, happening, today, now) for one in found]


def _note(case: Case, one: Proposed, happening: str, today: date, now: datetime) -> Proposal:
    pack, trigger = one.layer.pack, one.trigger
    row, _ = Proposal.objects.get_or_create(
        authority=case.authority,
        enrolment=case.enrolment,
        pack=pack.name,
        trigger=trigger.key,
        state=ProposalState.OPEN.value,
        defaults={
            "school": case.school,
            "case": case,
            "edition": pack.edition,
            "happening": happening,
            "proposes": trigger.proposes,
            "target": trigger.letter or trigger.meeting or trigger.stage or "",
            "why": one.why[:600],
            "since": today,
            "found_at": now,
        },
    )
    return row


@transaction.atomic
def take_up(
    *, proposal: Proposal, reach: Reach, now: datetime, case: Case | None = None, reason: str = ""
) -> Proposal:
    """Say that a person does what was proposed; what they do is the caller's, in one transaction.

    case  the case that it is done on, where there is one

    Raises Forbidden, and Conflict when it was decided or is no longer so.
    """
    found = _still_open(proposal, reach)
    found.case = case or found.case
    return _decided(found, ProposalState.TAKEN, Kind.PROPOSAL_TAKEN, reach, reason, now)


@transaction.atomic
def done(
    *, case: Case, proposes: str, reach: Reach, now: datetime, pack: str = "", target: str = ""
) -> int:
    """Something was done that a policy may have proposed: take up each proposal that says so.

    proposes  one of ProposalKind; pack, target  which letter, meeting or stage of which pack

    The caller has asked whether the person may. Answers how many there were.
    """
    rows = Proposal.objects.filter(
        enrolment=case.enrolment_id, proposes=proposes, state=ProposalState.OPEN, target=target
    )
    if pack:
        rows = rows.filter(pack=pack)
    found = list(rows.select_for_update(of=("self",), no_key=True).order_by("pk"))
    for one in found:
        one.case = case
        _decided(one, ProposalState.TAKEN, Kind.PROPOSAL_TAKEN, reach, "", now)
    return len(found)


@transaction.atomic
def leave(*, proposal: Proposal, reach: Reach, reason: str, now: datetime) -> Proposal:
    """Say that what was proposed is not done, and why. It is not proposed again in this spell.

    Raises Forbidden, InvalidInput without a reason, and Conflict as `take_up`.
    """
    _reason(reason)
    found = _still_open(proposal, reach)
    return _decided(found, ProposalState.LEFT, Kind.PROPOSAL_LEFT, reach, reason, now)


@transaction.atomic
def leave_all(
    *, proposals: Collection[Proposal], reach: Reach, reason: str, now: datetime
) -> tuple[int, int]:
    """Leave many for one reason. Answers how many were left, and how many had been decided.

    Raises Forbidden for any that the person may not decide: then none is left.
    """
    _reason(reason)
    left = 0
    for one in sorted(proposals, key=lambda proposal: proposal.pk):
        try:
            leave(proposal=one, reach=reach, reason=reason, now=now)
        except Conflict:
            continue
        left += 1
    return left, len(proposals) - left


@transaction.atomic
def hold_back(*, proposal: Proposal, reach: Reach, now: datetime) -> Proposal:
    """Keep a letter from going by itself: from now on a person decides. Raises as `take_up`."""
    found = _still_open(proposal, reach)
    if found.settles_on is None:
        raise Conflict("This letter waits for a person already.")
    found.settles_on = None
    found.save(update_fields=["settles_on"])
    _record(Kind.PROPOSAL_HELD_BACK, found, reach)
    return found


def _reason(reason: str) -> None:
    if not reason.strip():
        raise InvalidInput("Say why nothing is done.")
    if len(reason) > LONGEST_REASON:
        raise InvalidInput(f"Reasons must be {LONGEST_REASON} characters or fewer.")


DECIDED = {
    ProposalState.TAKEN.value: "Somebody took this up already. Nothing was done twice.",
    ProposalState.LEFT.value: "Somebody left this already, with a reason.",
    ProposalState.GONE.value: "The register no longer says so, so there is nothing to decide.",
}


def _still_open(proposal: Proposal, reach: Reach) -> Proposal:
    """The proposal, held to the end of the transaction. Raises Forbidden and Conflict."""
    reach.require(Permission.CHANGE_CASE, proposal.school)
    found = (
        Proposal.objects.select_for_update(of=("self",), no_key=True)
        .select_related("school", "enrolment__pupil", "case")
        .get(pk=proposal.pk)
    )
    if found.state in DECIDED:
        raise Conflict(DECIDED[found.state])
    return found


def _decided(
    found: Proposal, state: ProposalState, kind: Kind, reach: Reach, reason: str, now: datetime
) -> Proposal:
    found.state = state.value
    found.decided_by = reach.user
    found.decided_at = now
    found.reason = reason.strip()
    found.save(update_fields=["case", "state", "decided_by", "decided_at", "reason"])
    _record(kind, found, reach)
    return found


def _record(kind: Kind, found: Proposal, reach: Reach) -> None:
    facts = {} if kind is Kind.PROPOSAL_HELD_BACK else {"what": found.get_proposes_display()}
    record(
        kind,
        by=reach.user,
        authority=found.authority,
        school=found.school,
        on=found,
        reference=found.reference,
        **facts,
    )
