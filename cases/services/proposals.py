"""What the policy proposes: noted when it is so, taken up or left by a person."""

from datetime import date, datetime

from authorities.packs import Proposal as Proposed
from authorities.packs import pack_in_force
from cases.models import Case, Proposal, ProposalState


def happened(*, case: Case, happening: str, today: date, now: datetime) -> list[Proposal]:
    """Note what the policy proposes for something that happened on a case.

    happening  one of authorities.packs.schema.Happening, such as "improved"

    A proposal that is open already stays as it is. Inside a transaction of the caller's.
    """
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
