"""Every clock of a pupil on one page."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from attendance.access import PupilHere, pupil_here
from attendance.selectors.calendars import year_words
from attendance.selectors.clocks import Clock, clocks_of, kept_of
from attendance.selectors.enrolments import years_kept
from attendance.selectors.returns import returns_of
from attendance.selectors.sightings import not_seen_of
from attendance.views.charts import audit_read
from attendance.views.pupil import page_context
from attendance.views.returns import return_href
from authorities.access import Reach
from authorities.http import AuthorityRequest
from authorities.permissions import Permission
from frontend.templatetags.govuk import words

# kind of clock → the page on which it is answered, and what must be in its address
PAGES = {
    "unexplained": ("attendance:contact_add", "Log a contact", Permission.LOG_SIGHTING),
    "return": ("attendance:returns_make", "Make the return", Permission.LOG_SIGHTING),
    "unseen": ("attendance:sighting_add", "Log a sighting", Permission.LOG_SIGHTING),
    "review": ("attendance:part_time_one", "See the timetable", Permission.VIEW_SENSITIVE),
    "leave": ("attendance:leave_request", "See the leave", Permission.VIEW_SENSITIVE),
}


@require_safe
def pupil_clocks(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """What must be done for a pupil, by when, and what follows if nobody does it."""
    reach = request.reach
    here = pupil_here(
        reach, reference, Permission.VIEW_SENSITIVE, urn=request.GET.get("school", "")
    )
    audit_read(reach, here)
    enrolment = here.enrolment
    made = [one for one in returns_of(enrolment, reach.today) if one.made is not None]
    context = page_context(reach, here, "pupil_clocks") | {
        "clocks": [_row(reach, here, one) for one in clocks_of(enrolment, reach.today)],
        "unseen": not_seen_of(enrolment, reach.today),
        "made": [{"due": one, "href": return_href(reach, one)} for one in made]
        if Permission.LOG_SIGHTING in here.sees
        else [],
        "kept": _kept(here),
        "actions": _actions(reach, here),
    }
    return render(request, "attendance/returns/clocks.html", context)


def _row(reach: Reach, here: PupilHere, clock: Clock) -> dict[str, Any]:
    route, text, permission = PAGES[clock.key]
    at = [clock.at] if clock.key in ("review", "leave") else [here.pupil.reference]
    query = f"?school={here.school.urn}"
    if clock.key == "return" and clock.about:
        at += [clock.at, clock.about.isoformat()]
    if clock.key == "unexplained" and clock.about:
        query += f"&about={clock.about.isoformat()}"
    return {
        "clock": clock,
        "text": text,
        "href": reverse(route, args=[reach.authority.code, *at]) + query
        if permission in here.sees
        else "",
    }


def _kept(here: PupilHere) -> list[dict[str, str]]:
    """Each register year with the day until which it is kept."""
    rows = []
    for year in years_kept(here.enrolment):
        found = kept_of(here.enrolment, year)
        if found is not None:
            rows.append(
                {
                    "year": year_words(year),
                    "latest": words(found.entered),
                    "until": words(found.until),
                }
            )
    return rows


def _actions(reach: Reach, here: PupilHere) -> list[dict[str, Any]]:
    la, reference = reach.authority.code, here.pupil.reference
    query = f"?school={here.school.urn}"
    wanted = (
        ("Log a sighting", "attendance:sighting_add", Permission.LOG_SIGHTING),
        ("Long sickness is expected", "attendance:returns_sickness", Permission.AMEND_REGISTER),
    )
    return [
        {"text": text, "href": reverse(route, args=[la, reference]) + query, "primary": False}
        for text, route, permission in wanted
        if permission in here.sees
    ]
