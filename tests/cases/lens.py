"""Referrals and a sibling elsewhere, for the sweep of every route."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from attendance.models import Adult, AdultLink
from authorities.permissions import Role
from cases.models import Basis, Case, Referral, SiblingShare
from cases.selectors.family import key_of
from cases.services import casework, referrals, siblings
from tests import factories
from tests.cast import TODAY, Cast


@dataclass(frozen=True)
class Key:
    """A child of another school as an address names it."""

    key: str


def a_draft(cast: Cast, case: Case, now: Any) -> Referral:
    """The officer begins a referral on the national form."""
    return referrals.begin(
        reach=cast.reach(cast.officer),
        case=case,
        form="national:general_referral",
        today=TODAY,
        now=now,
    )


def a_sent_one(cast: Cast, case: Case, now: Any) -> Referral:
    """The officer sends one on the council's form."""
    reach = cast.reach(cast.officer)
    begun = referrals.begin(reach=reach, case=case, form="dorset:panel_case", today=TODAY, now=now)
    said = {one["key"]: "Said." for one in begun.asks}
    kept = referrals.save(
        reach=reach, referral=begun, answers=said, in_copy=["attendance"], seen=1, now=now
    )
    return referrals.send(
        reach=reach, referral=kept, despite="They asked.", seen=2, today=TODAY, now=now
    )


def a_question(cast: Cast, case: Case, adult: Adult, now: Any) -> tuple[Key, SiblingShare]:
    """The pupil's brother or sister at Brook, whose school asks Hillside about the pupil."""
    pupil = factories.pupil(cast.northmoor, surname="Northsecret", born_on=date(2014, 1, 5))
    AdultLink.objects.create(
        authority=cast.northmoor,
        pupil=pupil,
        adult=adult,
        relationship="mother",
        parental_responsibility="yes",
        has_care="yes",
        court_order="none",
    )
    enrolment = factories.enrolment(pupil, cast.brook)
    reach = cast.reach(cast.person(Role.ATTENDANCE_OFFICER, "brook"))
    theirs = casework.open_case(
        reach=reach, enrolment=enrolment, crossing=None, now=now, today=TODAY
    )
    asked = siblings.ask(
        reach=reach,
        case=theirs,
        key=key_of(theirs, cast.enrolment.pk),
        basis=Basis.PUBLIC_TASK,
        why="One plan for the family.",
        until=date(2027, 1, 31),
        today=TODAY,
        now=now,
    )
    return Key(key_of(case, enrolment.pk)), asked
