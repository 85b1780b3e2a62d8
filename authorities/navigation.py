"""What stands in the header of each page: where the person is and where they can go."""

from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from authorities.access import Reach
from authorities.models import School
from authorities.permissions import Permission

# label, route, the permission that shows it, the prefixes of the routes that light it up
PLACES: tuple[tuple[str, str, Permission, tuple[str, ...]], ...] = (
    ("Worklist", "attendance:home", Permission.VIEW_PUPIL, ("attendance:home",)),
    (
        "Registers",
        "attendance:registers",
        Permission.TAKE_REGISTER,
        ("attendance:register",),
    ),
    (
        "Absences",
        "attendance:absences",
        Permission.LOG_SIGHTING,
        ("attendance:absence", "attendance:contact", "attendance:worker"),
    ),
    (
        "Pupils",
        "attendance:pupils",
        Permission.VIEW_PUPIL,
        ("attendance:pupil", "cases:certificate", "cases:pupil"),
    ),
    (
        "Arrangements",
        "attendance:arrangements",
        Permission.VIEW_SENSITIVE,
        (
            "attendance:arrangement",
            "attendance:leave",
            "attendance:part_time",
            "attendance:evidence",
            "attendance:dual",
        ),
    ),
    ("Cases", "cases:cases", Permission.VIEW_CASE, ("cases:",)),
    ("Check again", "cases:rechecks", Permission.VIEW_CASE, ("cases:recheck",)),
    ("Letters", "cases:letters", Permission.VIEW_CASE, ("cases:letter",)),
    (
        "Corrections",
        "attendance:corrections",
        Permission.AMEND_REGISTER,
        ("attendance:correction",),
    ),
    ("Imports", "attendance:imports", Permission.IMPORT, ("attendance:import",)),
    (
        "Schools",
        "attendance:schools",
        Permission.VIEW_SCHOOL,
        ("attendance:school", "attendance:calendar", "attendance:authority_calendar"),
    ),
    ("People", "authorities:people", Permission.MANAGE_PEOPLE, ("authorities:people",)),
    ("Audit trail", "authorities:audit", Permission.VIEW_AUDIT, ("authorities:audit",)),
)


def place_of(reach: Reach) -> str:
    """Where the person works, for the header: their one school, else the authority.

    An error page is drawn when the request's scope is over and no school is to be seen: the
    authority then too.
    """
    schools = {grant.school_id for grant in reach.grants}
    name = None
    if len(schools) == 1:
        name = School.objects.filter(pk=schools.pop()).values_list("name", flat=True).first()
    return name or reach.authority.name


def navigation(request: HttpRequest) -> dict[str, Any]:
    """The service name and the links that this person may follow, with the current one marked."""
    reach = getattr(request, "reach", None)
    if reach is None:
        return {"navigation": []}
    here = request.resolver_match.view_name if request.resolver_match else ""
    prefixes = {prefix: label for label, *_, lit_by in PLACES for prefix in lit_by}
    longest = max(filter(here.startswith, prefixes), key=len, default="")
    chosen = prefixes.get(longest)
    return {
        "authority": reach.authority,
        "place": place_of(reach),
        "navigation": [
            {
                "text": label,
                "href": reverse(route, kwargs={"la": reach.authority.code}),
                "active": label == chosen,
            }
            for label, route, permission, _ in PLACES
            if reach.may(permission)
        ],
    }
