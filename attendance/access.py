"""The doors to pupils: which rows a person may see, and which codes read in full.

A pupil is seen by those who may see pupils at a school where the pupil is, or was, on roll. Each
school sees its own enrolment: the years at another school stay with that school.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from django.db.models import Exists, F, OuterRef, QuerySet

from attendance.models import (
    Adult,
    AdultLink,
    Crossing,
    Enrolment,
    Flag,
    Pupil,
    PupilFlag,
    YesNoUnknown,
)
from authorities.access import NotFound, Reach
from authorities.models import School
from authorities.permissions import Permission
from rules.attendance_codes import Kind, code_on
from rules.errors import UnknownCode

# Codes that tell of health, faith, origin, exclusion or custody. Without VIEW_SENSITIVE a person
# sees only how the session counts.
SENSITIVE_CODES = frozenset({"I", "M", "R", "T", "E", "C2", "Y5", "Y6"})
OPEN_FLAGS = frozenset({Flag.SEN_SUPPORT, Flag.EHC_PLAN, Flag.EAL, Flag.PART_TIME})
HIDDEN = "•"


def enrolments_visible(
    reach: Reach, permission: Permission = Permission.VIEW_PUPIL
) -> QuerySet[Enrolment]:
    """The enrolments, past ones too, at schools where the person may do this."""
    return Enrolment.objects.filter(
        reach.schools(permission, "school__"), authority=reach.authority
    )


def pupils_visible(reach: Reach, permission: Permission = Permission.VIEW_PUPIL) -> QuerySet[Pupil]:
    """The pupils with such an enrolment, each once."""
    enrolments = enrolments_visible(reach, permission).filter(pupil=OuterRef("pk"))
    return Pupil.objects.filter(Exists(enrolments), authority=reach.authority)


def crossings_visible(reach: Reach) -> QuerySet[Crossing]:
    """The crossings at schools where the person may see pupils."""
    return Crossing.objects.filter(
        reach.schools(Permission.VIEW_PUPIL, "school__"), authority=reach.authority
    )


@dataclass(frozen=True, slots=True)
class PupilHere:
    """A pupil with the enrolments that this person may see, the one to show first.

    `sees` holds what the person may do at the school of the shown enrolment.
    """

    pupil: Pupil
    enrolments: tuple[Enrolment, ...]
    sees: frozenset[Permission]

    @property
    def enrolment(self) -> Enrolment:
        """The enrolment that the page shows."""
        return self.enrolments[0]

    @property
    def school(self) -> School:
        """Its school."""
        return self.enrolments[0].school


def pupil_here(
    reach: Reach,
    reference: str,
    permission: Permission = Permission.VIEW_PUPIL,
    *,
    urn: str = "",
) -> PupilHere:
    """The one way a page, an API call or a job gets a pupil with an enrolment to show.

    urn  shows the enrolment at that school; otherwise the one of today, else the latest

    NotFound   no such pupil, or none on a roll (past or present) that this person may see
    Forbidden  the person may see the pupil but may not do this at the school shown
    """
    rows = (
        enrolments_visible(reach)
        .filter(pupil__reference=reference)
        .select_related("pupil", "school", "school__trust")
        .order_by(F("ends_on").desc(nulls_first=True), "-starts_on", "pk")
    )
    found = sorted(rows, key=lambda row: _rank(row, reach.today, urn))
    if not found or (urn and found[0].school.urn != urn):
        raise NotFound("We cannot find that pupil. Check the reference.")
    school = found[0].school
    reach.require(permission, school)
    held = frozenset(held for held in Permission if reach.may(held, school))
    return PupilHere(found[0].pupil, tuple(found), held)


def _rank(row: Enrolment, today: date, urn: str) -> tuple[bool, bool]:
    """Sorts the asked-for school first, then the enrolments of today."""
    on_roll = row.starts_on <= today and (row.ends_on is None or row.ends_on >= today)
    return (bool(urn) and row.school.urn != urn, not on_roll)


def pupil_for(
    reach: Reach, reference: str, permission: Permission = Permission.VIEW_PUPIL
) -> Pupil:
    """The pupil alone. Raises as `pupil_here`."""
    return pupil_here(reach, reference, permission).pupil


def adult_link_for(reach: Reach, pupil: Pupil, reference: str) -> AdultLink:
    """What one adult is to this pupil, who came through `pupil_here`. Raises NotFound."""
    link = (
        AdultLink.objects.filter(authority=reach.authority, pupil=pupil, adult__reference=reference)
        .select_related("adult", "pupil")
        .first()
    )
    if link is None:
        raise NotFound("We cannot find that person. Check the reference.")
    return link


def flag_for(reach: Reach, pupil: Pupil, pk: int) -> PupilFlag:
    """One flag of this pupil, who came through `pupil_here`. Raises NotFound."""
    flag = PupilFlag.objects.filter(authority=reach.authority, pupil=pupil, pk=pk).first()
    if flag is None:
        raise NotFound("We cannot find that flag. It may have been removed.")
    return flag


def shared_with(reach: Reach, adult: Adult) -> int:
    """How many pupils of this authority the adult is linked to: a change reaches them all."""
    return AdultLink.objects.filter(authority=reach.authority, adult=adult).count()


def hidden_because(adult: Adult, sees: Collection[Permission]) -> str:
    """Why this person sees no address, email and phone of an adult; empty when they are shown.

    Those who may see what is kept from others get the same answer: a page shows it to them only
    after `services.reveals.reveal` wrote down why.
    """
    if Permission.VIEW_CONTACTS not in sees:
        return "Your role does not show contact details"
    if adult.protected_address == YesNoUnknown.YES:
        return "Protected: address, phone and email are kept from others"
    if adult.kept_back:
        return "Kept back: nobody has said yet whether this address is protected"
    return ""


def may_show_channels(adult: Adult, sees: Collection[Permission]) -> bool:
    """Whether this person may be shown the phone and email, with a reason, before an answer.

    Only while nobody has answered: what is protected, or says neither, stays with those who may
    see what is kept from others. `services.reveals.reveal_channels` shows them.
    """
    return Permission.VIEW_CONTACTS in sees and adult.protected_address == YesNoUnknown.UNKNOWN


def sees_flag(kind: str, sees: frozenset[Permission]) -> bool:
    """Whether a person may see a flag of this kind beside a pupil's name."""
    return kind in OPEN_FLAGS or Permission.VIEW_SENSITIVE in sees


def shown_code(code: str, day: date, *, in_full: bool) -> str:
    """The code as this person may read it: itself, or a dot for a sensitive one."""
    return HIDDEN if code in SENSITIVE_CODES and not in_full else code


def shown_meaning(code: str, day: date, *, in_full: bool) -> str:
    """What the code means as this person may read it: in full, or only how it counts."""
    try:
        row = code_on(code, day)
    except UnknownCode:
        return "Not a code of that day"
    if code in SENSITIVE_CODES and not in_full:
        return COUNTS_AS[row.kind]
    return row.meaning


COUNTS_AS: dict[Kind, str] = {
    Kind.PRESENT: "Present",
    Kind.APPROVED: "At an approved activity",
    Kind.AUTHORISED: "Authorised absence",
    Kind.UNAUTHORISED: "Unauthorised absence",
    Kind.NOT_POSSIBLE: "Not counted",
    Kind.NOT_COLLECTED: "Not counted",
}
