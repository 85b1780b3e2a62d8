"""A referral of the family's pupil, for the tests of referrals."""

from datetime import timedelta
from typing import Any

from authorities.permissions import Role
from cases.models import Referral
from cases.services import referrals
from tests.cases.family import NOW, Family
from tests.cast import TODAY

FORM = "national:general_referral"
ANSWERS = {
    "concerns": "Robin misses Mondays.",
    "support_tried": "A check-in each morning.",
    "assessment": "Worried about lessons.",
    "attendance_summary": "Missed five days.",
    "parent_voice": "Mornings are hard.",
    "pupil_voice": "I like art.",
    "early_help": "Offered in October; the family thinks about it.",
    "discussed_first": "Nobody else is involved.",
    "family": "No brothers or sisters.",
}


def begin(family: Family, **changes: Any) -> Referral:
    """The officer begins a referral on the national form."""
    case = family.case or family.open_case()
    return referrals.begin(
        **{
            "reach": family.reach,
            "case": case,
            "form": FORM,
            "today": TODAY,
            "now": NOW,
            **changes,
        }
    )


def write(family: Family, referral: Referral, **answers: str) -> Referral:
    """The officer answers everything that the form asks."""
    said = {one["key"]: ANSWERS.get(one["key"], "Said.") for one in referral.asks}
    return referrals.save(
        reach=family.reach,
        referral=referral,
        answers={**said, **answers},
        in_copy=referral.in_copy,
        seen=referral.version,
        now=NOW + timedelta(minutes=5),
    )


def send(family: Family, referral: Referral | None = None, **changes: Any) -> Referral:
    """The officer sends it, with a reason for what speaks against it."""
    referral = referral or write(family, begin(family))
    return referrals.send(
        **{
            "reach": family.reach,
            "referral": referral,
            "despite": "The family asked for help now.",
            "seen": referral.version,
            "today": TODAY,
            "now": NOW + timedelta(minutes=10),
            **changes,
        }
    )


def worker(family: Family) -> Any:
    """What the authority's support worker may do."""
    return family.cast.reach(family.cast.person(Role.SUPPORT_WORKER))


def answer(family: Family, event: str, referral: Referral, **more: Any) -> Referral:
    """The support worker answers: accept, send_on, give_back or end."""
    return getattr(referrals, event)(
        **{
            "reach": worker(family),
            "referral": referral,
            "words": "",
            "seen": referral.version,
            "today": TODAY,
            "now": NOW + timedelta(hours=1),
            **more,
        }
    )
