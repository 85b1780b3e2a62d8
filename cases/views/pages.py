"""What every page of a case shows: whose it is, where it stands, and its other pages."""

from typing import Any

from django.urls import reverse

from authorities.access import Reach
from authorities.permissions import Permission
from cases.models import Case
from rules.case_stages import Stage

STAGE_COLOURS = {Stage.ONE: "blue", Stage.TWO: "yellow", Stage.THREE: "orange"}
# Title, route (of this app, or whole), and what it takes to open it. A page of a case takes its
# reference alone.
PAGES: tuple[tuple[str, str, Permission], ...] = (
    ("Overview", "case", Permission.VIEW_CASE),
    ("Due", "due", Permission.VIEW_CASE),
    ("Barriers and support", "support", Permission.VIEW_CASE),
    ("Plan", "plan", Permission.VIEW_CASE),
    ("Contacts and meetings", "case_contacts", Permission.VIEW_CASE),
    ("Contracts", "contracts", Permission.VIEW_CASE),
    ("Checklists", "checklists", Permission.VIEW_CASE),
    ("Family", "family", Permission.VIEW_CASE),
    ("Referrals", "case_referrals", Permission.VIEW_SENSITIVE),
    ("Legal", "legal:case", Permission.VIEW_LEGAL),
    ("Policy", "policy", Permission.VIEW_CASE),
)


def case_page(reach: Reach, found: Case, page: str, title: str = "") -> dict[str, Any]:
    """The context of `cases/_heading.html`, first on each page of a case.

    page   the route's name, without "cases:"; title  of a page under it, "" for the page itself
    """
    at = [reach.authority.code, found.reference]
    stage = Stage(found.stage)
    return {
        "case": found,
        "title": title or found.pupil.name,
        "caption": f"Case {found.reference}, {found.school.name}",
        "tags": [
            {"text": found.get_stage_display(), "colour": STAGE_COLOURS.get(stage, "grey")},
            *([{"text": "Restricted", "colour": "red"}] if found.restricted else []),
        ],
        "pages": [
            {"text": text, "href": reverse(_whole(name), args=at), "active": name == page}
            for text, name, needed in PAGES
            if reach.may(needed, found.school)
        ],
        "may_change": found.closed_on is None and reach.may(Permission.CHANGE_CASE, found.school),
    }


def _whole(name: str) -> str:
    """A route's name with its app."""
    return name if ":" in name else f"cases:{name}"
