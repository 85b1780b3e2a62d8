"""Brothers and sisters: children with an adult in common, found only where that is safe to say.

Children are brothers or sisters here when one adult has parental responsibility or care of both.
To go from one child to another through an adult tells where a family is, so it fails closed:
never through an adult whose address is protected or has not been answered for, never where a
court order is on record for either child, and never where nobody has said that there is none.
"""

from dataclasses import dataclass
from datetime import date

from django.db.models import Exists, OuterRef, Q, QuerySet

from attendance.models import AdultLink, CareOrder, Enrolment, Pupil, YesNoUnknown
from attendance.selectors.enrolments import on_roll

CLOSE = Q(parental_responsibility="yes") | Q(has_care="yes")
ORDERS = (CareOrder.NO_CONTACT, CareOrder.NO_INFORMATION, CareOrder.OTHER)
SAFE = Q(adult__protected_address=YesNoUnknown.NO, court_order=CareOrder.NONE)


@dataclass(frozen=True, slots=True)
class Looked:
    """What was found, and why it may not be all.

    enrolments  of brothers and sisters on a roll today, at any school of the authority
    order       a court order is on record for this pupil: nothing was looked for
    kept_back   how many close adults were not looked through: protected, or not answered for
    """

    enrolments: tuple[Enrolment, ...]
    order: bool
    kept_back: int


def brothers_and_sisters(pupil: Pupil, today: date) -> Looked:
    """The brothers and sisters who may be found, wherever they go to school. Two queries.

    Whoever asks must still be kept from what they may not see: this looks at every school.
    """
    links = list(AdultLink.objects.filter(pupil=pupil).select_related("adult"))
    close = [one for one in links if "yes" in (one.parental_responsibility, one.has_care)]
    if any(one.court_order in ORDERS for one in links):
        return Looked((), order=True, kept_back=len(close))
    safe = [
        one
        for one in close
        if one.court_order == CareOrder.NONE and one.adult.protected_address == YesNoUnknown.NO
    ]
    found = tuple(_enrolments(pupil, [one.adult_id for one in safe], today))
    return Looked(found, order=False, kept_back=len(close) - len(safe))


def _enrolments(pupil: Pupil, adults: list[int], today: date) -> QuerySet[Enrolment]:
    """The enrolments of a day of other children with one of these adults, and with no order."""
    theirs = AdultLink.objects.filter(pupil=OuterRef("pupil"))
    return (
        Enrolment.objects.filter(on_roll(today), authority=pupil.authority_id)
        .filter(Exists(theirs.filter(CLOSE, SAFE, adult__in=adults)))
        .exclude(Exists(theirs.filter(court_order__in=ORDERS)))
        .exclude(pupil=pupil)
        .select_related("pupil", "school", "school__trust")
        .order_by("pupil__born_on", "pk")
    )
