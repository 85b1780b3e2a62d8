"""Telling the policy what happened, where only a person can know."""

from datetime import date, datetime

from django.db import transaction

from authorities.access import Reach
from authorities.packs import pack_in_force
from cases.models import Case, Proposal
from cases.selectors.happenings import sayable
from cases.services import casework, proposals
from cases.services.support import changeable
from rules.errors import InvalidInput

LONGEST = 600


@transaction.atomic
def say(
    *, reach: Reach, case: Case, happening: str, words: str, now: datetime, today: date
) -> list[Proposal]:
    """Write on a case what happened, and note what the policies propose then.

    happening  one of `selectors.happenings.sayable`; words  what shows it, kept as a note

    Raises Forbidden, Conflict for a closed case, and InvalidInput for no words or for what no
    policy answers to where the case stands.
    """
    case = changeable(reach, case)
    policy = pack_in_force(case.school, today)
    told = {one.value: one for one in sayable(case, policy)}.get(happening)
    if told is None:
        raise InvalidInput("Choose what happened.")
    if not words.strip():
        raise InvalidInput("Say what shows it.")
    if len(words) > LONGEST:
        raise InvalidInput(f"Write {LONGEST} characters or fewer.")
    casework.add_note(reach=reach, case=case, text=f"{told.words}. {words.strip()}", now=now)
    return proposals.happened(case=case, happening=happening, today=today, now=now)
