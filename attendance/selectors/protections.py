"""Adults of whom nobody has said whether their details must be kept from others."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import date

from django.db.models import Q, QuerySet

from attendance.access import enrolments_visible
from attendance.models import Adult, AdultLink, YesNoUnknown
from attendance.selectors.enrolments import on_roll
from attendance.selectors.reasons import person_of
from authorities.access import NotFound, Reach
from authorities.models import School
from authorities.permissions import Permission

ANSWERED = Q(adult__protected_address__in=(YesNoUnknown.YES, YesNoUnknown.NO))


@dataclass
class Unanswered:
    """One adult at one school, with the pupils there whom they belong to."""

    adult: Adult
    school: School
    links: list[AdultLink] = field(default_factory=list)

    @property
    def name(self) -> str:
        """What the list sorts by."""
        return f"{self.adult.surname}, {self.adult.forenames}".casefold()

    @property
    def pupil(self) -> str:
        """The reference of the first of the pupils."""
        return self.links[0].pupil.reference


def unanswered(reach: Reach) -> list[Unanswered]:
    """Each adult without an answer, at each school where the person may give it. Three queries.

    Only adults of pupils who are on roll today.
    """
    return _by_school(reach, ~ANSWERED)


def adults_for(reach: Reach, references: Collection[str]) -> list[Unanswered]:
    """These adults, answered or not, each once: the door of the page that answers.

    Raises NotFound when one of them is nobody whom this person may answer for.
    """
    found: dict[str, Unanswered] = {}
    for row in _by_school(reach, Q(adult__reference__in=list(references))):
        found.setdefault(row.adult.reference, row)
    if len(found) != len(set(references)):
        raise NotFound("We cannot find one of these people. Go back to the list and try again.")
    return list(found.values())


def _by_school(reach: Reach, which: Q) -> list[Unanswered]:
    enrolments = enrolments_visible(reach, Permission.CHANGE_PUPIL).filter(on_roll(reach.today))
    links = _links(reach).filter(which, pupil__in=enrolments.values("pupil"))
    places: dict[int, list[School]] = {}
    wanted = enrolments.filter(pupil__in=links.values("pupil")).select_related("school__trust")
    for row in wanted.order_by("school__name", "pk"):
        places.setdefault(row.pupil_id, []).append(row.school)
    found: dict[tuple[int, int], Unanswered] = {}
    for link in links.order_by("adult__surname", "adult_id", "priority", "pk"):
        for school in places[link.pupil_id]:
            key = (school.pk, link.adult_id)
            found.setdefault(key, Unanswered(link.adult, school)).links.append(link)
    return list(found.values())


def _links(reach: Reach) -> QuerySet[AdultLink]:
    return AdultLink.objects.filter(authority=reach.authority).select_related("adult", "pupil")


def with_numbers_to_show(pupils: Iterable[int], day: date) -> frozenset[int]:
    """The pupils with an adult whom the school may call and nobody has answered for."""
    links = AdultLink.objects.filter(
        pupil__in=list(pupils), adult__protected_address=YesNoUnknown.UNKNOWN
    ).select_related("adult")
    return frozenset(link.pupil_id for link in links if person_of(link, day).may)
