"""The rows that the API lists. Each through the same doors as the pages."""

from datetime import date

from django.db.models import F, Prefetch, Q, QuerySet
from django.db.models.functions import NullIf

from attendance.access import crossings_visible, enrolments_visible, pupils_visible
from attendance.marks import year_of
from attendance.models import Crossing, Pupil, PupilStanding
from authorities.access import Reach
from authorities.models import Job, School
from authorities.permissions import Permission
from authorities.selectors import schools_for


def year_asked(typed: str, today: date) -> int:
    """The school year in a query, this one where it is missing or no year."""
    return (
        int(typed) if typed.isascii() and typed.isdecimal() and len(typed) == 4 else year_of(today)
    )


def schools(reach: Reach) -> QuerySet[School]:
    """The schools that a person may see, by name."""
    return schools_for(reach)


def pupils(reach: Reach, urn: str) -> QuerySet[Pupil]:
    """The pupils that a person may see, with the enrolments that they may see. Two queries."""
    enrolments = enrolments_visible(reach).select_related("school").order_by("starts_on", "pk")
    rows = pupils_visible(reach).prefetch_related(
        Prefetch("enrolments", enrolments, to_attr="visible_enrolments")
    )
    if urn:
        at_school = enrolments_visible(reach).filter(school__urn=urn)
        rows = rows.filter(pk__in=at_school.values("pupil"))
    return rows.order_by("reference")


def standings(reach: Reach, urn: str, year: int) -> QuerySet[PupilStanding]:
    """The standings of a year, with `rate_or_none` beside them."""
    return (
        PupilStanding.objects.filter(
            reach.schools(Permission.VIEW_PUPIL, "school__"),
            at_school(urn),
            authority=reach.authority,
            year=year,
        )
        .select_related("school", "enrolment__pupil")
        .annotate(rate_or_none=NullIf(F("basis_points"), -1))
        .order_by("enrolment_id")
    )


def crossings(reach: Reach, urn: str, year: int) -> QuerySet[Crossing]:
    """The crossings of a year, newest first."""
    return (
        crossings_visible(reach)
        .filter(at_school(urn), year=year)
        .select_related("school", "enrolment__pupil")
        .order_by("-since", "-pk")
    )


def jobs(reach: Reach) -> QuerySet[Job]:
    """A person's own jobs, and those of schools that they import for, newest first."""
    mine = Q(asked_by=reach.user) | Q(school__in=schools_for(reach, Permission.IMPORT))
    return Job.objects.filter(mine, authority=reach.authority).order_by("-asked_at", "-pk")


def at_school(urn: str) -> Q:
    """A filter for one school's rows; everything for none."""
    return Q(school__urn=urn) if urn else Q()
