"""What stands in the header of each page: where the person is and where they can go."""

from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from authorities.permissions import Permission

# label, route, the permission that shows it, the prefixes of the routes that light it up
PLACES: tuple[tuple[str, str, Permission, tuple[str, ...]], ...] = (
    ("Worklist", "attendance:home", Permission.VIEW_PUPIL, ("attendance:home",)),
    (
        "Pupils",
        "attendance:pupils",
        Permission.VIEW_PUPIL,
        ("attendance:pupil", "cases:certificate", "cases:pupil"),
    ),
    ("Cases", "cases:cases", Permission.VIEW_CASE, ("cases:",)),
    ("Letters", "cases:letters", Permission.VIEW_CASE, ("cases:letter",)),
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
