"""What stands in the header of each page: where the person is and where they can go."""

from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from authorities.permissions import Permission

# label, route, the permission that shows it, the prefix of routes that light it up
PLACES = (
    ("Worklist", "attendance:home", Permission.VIEW_PUPIL, "attendance:home"),
    ("Pupils", "attendance:pupils", Permission.VIEW_PUPIL, "attendance:pupil"),
    ("Cases", "cases:cases", Permission.VIEW_CASE, "cases:"),
    ("Letters", "cases:letters", Permission.VIEW_CASE, "cases:letter"),
    ("Imports", "attendance:imports", Permission.IMPORT, "attendance:import"),
    ("Schools", "attendance:schools", Permission.VIEW_SCHOOL, "attendance:school"),
    ("People", "authorities:people", Permission.MANAGE_PEOPLE, "authorities:people"),
    ("Audit trail", "authorities:audit", Permission.VIEW_AUDIT, "authorities:audit"),
)


def navigation(request: HttpRequest) -> dict[str, Any]:
    """The service name and the links that this person may follow, with the current one marked."""
    reach = getattr(request, "reach", None)
    if reach is None:
        return {"navigation": []}
    here = request.resolver_match.view_name if request.resolver_match else ""
    chosen = max((prefix for *_, prefix in PLACES if here.startswith(prefix)), key=len, default="")
    return {
        "authority": reach.authority,
        "navigation": [
            {
                "text": label,
                "href": reverse(route, kwargs={"la": reach.authority.code}),
                "active": prefix == chosen,
            }
            for label, route, permission, prefix in PLACES
            if reach.may(permission)
        ],
    }
