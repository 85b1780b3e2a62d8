"""Questions about part-time timetables: which there are, when a review is due, who must be told."""

from datetime import date

from django.db.models import OuterRef, Q, QuerySet, Subquery

from attendance.models import PartTimeAgreement, PartTimeReview
from authorities.access import NotFound, Reach
from authorities.models import School
from authorities.packs import pack_in_force
from authorities.permissions import Permission

UNITS = {"school days": 1, "school weeks": 5, "weeks": 5}


def agreements_visible(
    reach: Reach, permission: Permission = Permission.VIEW_SENSITIVE
) -> QuerySet[PartTimeAgreement]:
    """The agreements at schools where the person may do this; `review_on` is the review due."""
    due = PartTimeReview.objects.filter(agreement=OuterRef("pk"), held_on=None)
    return (
        PartTimeAgreement.objects.filter(
            reach.schools(permission, "school__"), authority=reach.authority
        )
        .select_related(
            "arrangement__agreed_by",
            "enrolment__pupil",
            "enrolment__school",
            "school__trust",
            "consent_by",
            "extends",
        )
        .annotate(review_on=Subquery(due.values("due_on")[:1]))
    )


def agreement_for(reach: Reach, reference: str, permission: Permission) -> PartTimeAgreement:
    """The one way a page or a job gets an agreement. Raises NotFound, and Forbidden."""
    found = agreements_visible(reach).filter(reference=reference).first()
    if found is None:
        raise NotFound("We cannot find that part-time timetable. Check the reference.")
    reach.require(permission, found.school)
    return found


def in_force_on(today: date) -> Q:
    """Agreements in force on a day or to come: an agreement ends by itself, on its last day."""
    early = Q(arrangement__ended_on=None) | Q(arrangement__ended_on__gte=today)
    return Q(arrangement__ends_on__gte=today) & early


def review_due(today: date) -> Q:
    """Those of them whose review is due by a day."""
    return in_force_on(today) & Q(review_on__lte=today)


def reviews_of(agreement: PartTimeAgreement) -> list[PartTimeReview]:
    """The reviews held and due, newest first."""
    return list(agreement.reviews.select_related("held_by").order_by("-due_on", "-pk"))


def review_every(school: School, day: date) -> tuple[int, str]:
    """School days between two reviews at most, and the policy that sets it, in words.

    Weeks are taken as five school days. A length in other units is longer than any we know, so
    its number is read as school days: sooner rather than later.
    """
    layer, clock = pack_in_force(school, day).clock("part_time_review")
    words = f"{layer.pack.pack.title}: {clock.source}"
    return clock.length * UNITS.get(clock.unit, 1), words
