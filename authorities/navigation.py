"""What stands in the header of each page: where the person is and where they can go."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from django.http import HttpRequest
from django.urls import reverse

from authorities.access import Reach
from authorities.permissions import Permission

P = Permission


class Page(NamedTuple):
    """A page that people go to. `lit_by`: the prefixes of the routes that belong to it."""

    text: str
    route: str
    permission: Permission
    lit_by: tuple[str, ...]


# The areas of the header, each with its pages. An area of one page is that page.
AREAS: Mapping[str, tuple[Page, ...]] = {
    "Worklist": (Page("Worklist", "attendance:home", P.VIEW_PUPIL, ("attendance:home",)),),
    "Work": (
        Page(
            "Work",
            "cases:work",
            P.VIEW_CASE,
            ("cases:work", "cases:deadline", "cases:bulk", "authorities:view"),
        ),
    ),
    "Registers": (
        Page("Today", "attendance:registers", P.TAKE_REGISTER, ("attendance:register",)),
        Page(
            "Missing",
            "attendance:registers_missing",
            P.AMEND_REGISTER,
            ("attendance:registers_missing",),
        ),
        Page(
            "Absences",
            "attendance:absences",
            P.LOG_SIGHTING,
            ("attendance:absence", "attendance:contact", "attendance:worker"),
        ),
        Page("Returns", "attendance:returns", P.LOG_SIGHTING, ("attendance:returns",)),
        Page(
            "Not seen",
            "attendance:not_seen",
            P.LOG_SIGHTING,
            ("attendance:not_seen", "attendance:sighting"),
        ),
        Page(
            "Arrangements",
            "attendance:arrangements",
            P.VIEW_SENSITIVE,
            (
                "attendance:arrangement",
                "attendance:leave",
                "attendance:part_time",
                "attendance:evidence",
                "attendance:dual",
            ),
        ),
        Page(
            "Corrections",
            "attendance:corrections",
            P.AMEND_REGISTER,
            ("attendance:correction",),
        ),
        Page("Patterns", "attendance:group_patterns", P.VIEW_PUPIL, ("attendance:group_patterns",)),
    ),
    "Pupils": (
        Page(
            "Pupils",
            "attendance:pupils",
            P.VIEW_PUPIL,
            ("attendance:pupil", "cases:certificate", "cases:pupil"),
        ),
        Page(
            "Protection to answer",
            "attendance:protections",
            P.CHANGE_PUPIL,
            ("attendance:protection",),
        ),
    ),
    "Cases": (
        Page("Cases", "cases:cases", P.VIEW_CASE, ("cases:",)),
        Page("Referrals", "cases:referrals", P.VIEW_SENSITIVE, ("cases:referral",)),
        Page("Meetings", "cases:meetings", P.VIEW_CASE, ("cases:meeting",)),
        Page("Siblings", "cases:sibling_requests", P.SHARE_SIBLING, ("cases:sibling",)),
        Page("Letters", "cases:letters", P.VIEW_CASE, ("cases:letter",)),
        Page("Proposals", "cases:proposals", P.VIEW_CASE, ("cases:proposal",)),
        Page("What if", "cases:what_ifs", P.TRY_PACK, ("cases:what_if",)),
        Page("Check again", "cases:rechecks", P.VIEW_CASE, ("cases:recheck",)),
    ),
    "Legal": (
        Page(
            "Requests", "legal:requests", P.VIEW_SENSITIVE, ("legal:request", "legal:case_request")
        ),
        Page("Leave in term time", "legal:leave_absences", P.VIEW_SENSITIVE, ("legal:leave",)),
        Page("Notices to Improve", "legal:improvements", P.VIEW_LEGAL, ("legal:improvement",)),
        Page(
            "Penalty notices",
            "legal:penalties",
            P.VIEW_LEGAL,
            ("legal:penalt", "legal:office", "legal:border", "legal:external"),
        ),
        Page("Payments", "legal:payments", P.KEEP_PAYMENTS, ("legal:payment",)),
        Page("Prosecutions", "legal:prosecutions", P.VIEW_LEGAL, ("legal:prosecution",)),
        Page("Orders", "legal:orders", P.VIEW_LEGAL, ("legal:order",)),
        Page("Yearly return", "legal:return", P.MAKE_LEGAL_RETURN, ("legal:return",)),
        Page("Corrected marks", "legal:rechecks", P.VIEW_LEGAL, ("legal:recheck",)),
        Page("Officers", "legal:officers", P.VIEW_LEGAL, ("legal:officer",)),
    ),
    "Imports": (Page("Imports", "attendance:imports", P.IMPORT, ("attendance:import",)),),
    "Schools": (
        Page(
            "Schools",
            "attendance:schools",
            P.VIEW_SCHOOL,
            (
                "attendance:school",
                "attendance:calendar",
                "attendance:authority_calendar",
                "attendance:year_end",
            ),
        ),
    ),
    "People": (Page("People", "authorities:people", P.MANAGE_PEOPLE, ("authorities:people",)),),
    "Audit trail": (
        Page("Audit trail", "authorities:audit", P.VIEW_AUDIT, ("authorities:audit",)),
    ),
}


# What stands beside a link to a page: by its route, words for one person. Apps above put theirs in.
COUNTS: dict[str, Callable[[Reach], str]] = {}


def place_of(reach: Reach) -> str:
    """Where the person works, for the header: their one school, else the authority."""
    schools = {(grant.school_id, grant.school_name) for grant in reach.grants}
    name = schools.pop()[1] if len(schools) == 1 else ""
    return name or reach.authority.name


def navigation(request: HttpRequest) -> dict[str, Any]:
    """The areas that this person may go to, with the current one marked and its pages."""
    reach = getattr(request, "reach", None)
    if reach is None:
        return {"navigation": []}
    here = _page_at(request.resolver_match.view_name if request.resolver_match else "")
    areas = {
        area: [page for page in pages if reach.may(page.permission)]
        for area, pages in AREAS.items()
    }
    within = next((area for area, pages in areas.items() if here in pages), "")
    pages = areas.get(within, [])
    return {
        "authority": reach.authority,
        "place": place_of(reach),
        "navigation": [
            _link(reach, area, pages[0], active=area == within)
            for area, pages in areas.items()
            if pages
        ],
        "area": within,
        "area_pages": [_link(reach, page.text, page, active=page == here) for page in pages]
        if len(pages) > 1
        else [],
    }


def _page_at(route: str) -> Page | None:
    """The page that a route belongs to: the one with the longest prefix of it."""
    found = [
        (len(prefix), page)
        for pages in AREAS.values()
        for page in pages
        for prefix in page.lit_by
        if route.startswith(prefix)
    ]
    return max(found, key=lambda pair: pair[0])[1] if found else None


def _link(reach: Reach, text: str, page: Page, *, active: bool) -> dict[str, Any]:
    """A link as the templates draw it."""
    href = reverse(page.route, kwargs={"la": reach.authority.code})
    return {"text": text, "href": href, "active": active}
