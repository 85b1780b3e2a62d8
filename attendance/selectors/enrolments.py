"""Enrolments: those of a day, their open case, the years they have a register for, their groups."""

from datetime import date

from django.db.models import OuterRef, Q, QuerySet

from attendance.access import enrolments_visible
from attendance.models import Enrolment, RegisterYear
from authorities.access import Reach


def on_roll(today: date) -> Q:
    """Enrolments of a day."""
    return Q(starts_on__lte=today) & (Q(ends_on=None) | Q(ends_on__gte=today))


def open_case_of(enrolment: OuterRef | int) -> QuerySet[Enrolment, str | None]:
    """The reference of an enrolment's open case, as a query or a subquery; none or None without.

    Cases stand in an app above this one, which may not be imported: so the query follows the
    relation back by its name, and a page can offer the case that is there already. A restricted
    case is never told from here.
    """
    rows = Enrolment.objects.filter(pk=enrolment, cases__closed_on=None, cases__restricted=False)
    return rows.values_list("cases__reference", flat=True)[:1]


def years_kept(enrolment: Enrolment) -> list[int]:
    """The academic years that have a register of this enrolment, latest first."""
    rows = RegisterYear.objects.filter(authority=enrolment.authority_id, enrolment=enrolment)
    return sorted(rows.values_list("year", flat=True), reverse=True)


def registration_groups(reach: Reach, urn: str, today: date) -> list[str]:
    """The registration groups of one school today, by name; none without a school."""
    rows = enrolments_visible(reach).filter(on_roll(today), school__urn=urn)
    names = rows.exclude(registration_group="").order_by("registration_group")
    return list(names.values_list("registration_group", flat=True).distinct())
