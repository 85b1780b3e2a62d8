"""How a family was reached, when the pupil was seen and which meetings there were: one page."""

from datetime import datetime, time
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from attendance.forms.reasons import ContactForm
from attendance.selectors.proof import session_words
from attendance.selectors.reasons import people_of, told_of
from attendance.selectors.sightings import NotSeen, not_seen_of
from audit.record import Kind, record
from authorities.http import AuthorityRequest
from authorities.packs import PolicyInForce, pack_in_force
from authorities.permissions import Permission
from cases.access import case_for
from cases.models import Case
from cases.selectors.meetings import contacts_of, meetings_of, sightings_of
from cases.services import contacts
from cases.views.pages import case_page
from rules.errors import DomainError, UnknownTerm
from rules.meeting_stages import MeetingState

STATE_COLOURS = {
    MeetingState.PLANNED: "blue",
    MeetingState.HELD: "green",
    MeetingState.MISSED: "orange",
    MeetingState.MOVED: "grey",
    MeetingState.CANCELLED: "grey",
}
ASKED = ("home_visit_never_alone", "home_visit_risk_assessment", "home_visit_purpose")


@require_safe
def case_contacts(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """Everything tried, seen and met about one case."""
    reach = request.reach
    found = case_for(reach, reference, Permission.VIEW_CASE)
    record(Kind.CASE_READ, by=reach.user, authority=reach.authority, school=found.school, on=found)
    context = case_page(reach, found, "case_contacts") | {
        "meetings": [
            {"row": row, "colour": STATE_COLOURS[MeetingState(row.meeting.state)]}
            for row in meetings_of(found)
        ],
        "timeline": timeline_of(found, request),
        "clock": _clock(found, request),
        "may_log": found.closed_on is None and reach.may(Permission.LOG_SIGHTING, found.school),
        "seen_href": reverse("attendance:sighting_add", args=[la, found.pupil.reference])
        + f"?school={found.school.urn}",
    }
    return render(request, "cases/meetings/contacts.html", context)


def _clock(found: Case, request: AuthorityRequest) -> NotSeen | None:
    """The clock of a pupil whom nobody has seen, where it runs and can be told."""
    if found.closed_on is not None:
        return None
    try:
        return not_seen_of(found.enrolment, request.reach.today)
    except UnknownTerm:
        return None


def timeline_of(found: Case, request: AuthorityRequest) -> list[dict[str, Any]]:
    """Contacts, sightings and workers told, newest first, as far as this person may read them."""
    reach = request.reach
    named = reach.may(Permission.VIEW_CONTACTS, found.school)
    in_full = reach.may(Permission.VIEW_SENSITIVE, found.school)
    items: list[dict[str, Any]] = []
    for row in contacts_of(found):
        whom = (row.adult.name if row.adult else row.with_whom) if named else ""
        items.append(
            {
                "title": f"{row.get_way_display()}{f': {whom}' if whom else ''}",
                "by": row.made_by,
                "at": row.made_at,
                "text": " ".join(_said(row)) if in_full else "",
                "tag": row.get_outcome_display(),
                "tag_colour": "green" if row.reached else "grey",
            }
        )
    items += [
        {
            "title": f"The pupil was seen: {row.get_way_display().lower()}",
            "by": row.seen_by,
            "at": timezone.make_aware(datetime.combine(row.seen_on, time.min)),
            "whole_day": True,
            "text": row.note if in_full else "",
            "tag": "Seen",
            "tag_colour": "green",
        }
        for row in sightings_of(found)
    ]
    items += [
        {
            "title": f"{row.get_worker_display()} told",
            "by": row.logged_by.name,
            "at": row.told_at,
            "text": f"{row.told}, {row.get_way_display().lower()}. {row.note}" if in_full else "",
            "tag": "Told",
            "tag_colour": "blue",
        }
        for row in told_of(found.enrolment).filter(told_at__gte=found.opened_at)
    ]
    items.sort(key=lambda item: item["at"], reverse=True)
    for item in items:
        if item.pop("whole_day", False):  # somebody saw the pupil that day: no time is known
            item["day"] = item.pop("at").date()
    return items


def _said(row: Any) -> list[str]:
    parts = [
        row.note,
        f"Reason given: {row.reason_given}." if row.reason_given else "",
        f"Risk of the visit: {row.risks}" if row.risks else "",
        "The pupil was seen." if row.child_seen else "",
    ]
    return [part for part in parts if part]


@require_http_methods(["GET", "POST"])
def contact_add(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """Log a call, message, email, letter by hand, visit or talk about a case."""
    reach, now = request.reach, timezone.now()
    found = case_for(reach, reference, Permission.LOG_SIGHTING)
    people = people_of(found.enrolment, reach.today)
    form = ContactForm(
        request.POST if request.method == "POST" else None,
        people=people,
        sessions=(),
        chosen=(),
        may_amend=False,
        today=reach.today,
        words=session_words,
        now=now,
    )
    if form.is_valid():
        try:
            logged = contacts.log(reach=reach, case=found, attempt=form.attempt(None), now=now)
        except DomainError as problem:
            form.add_error(None, problem.message)
        else:
            messages.success(request, f"{logged.get_way_display()} logged")
            return redirect("cases:case_contacts", la=la, reference=reference)
    context = case_page(reach, found, "case_contacts", "Log a contact") | {
        "form": form,
        "asked": asked_of_visits(pack_in_force(found.school, reach.today)),
        "not_offered": [one for one in people if not one.may],
        "cancel": reverse("cases:case_contacts", args=[la, reference]),
        "closed": found.closed_on is not None,
    }
    return render(request, "cases/meetings/contact.html", context)


def asked_of_visits(policy: PolicyInForce) -> list[str]:
    """What the policies ask of a home visit, with their sources."""
    found = [policy.expects(key) for key in ASKED]
    return [
        f"{one[1].words} ({one[0].pack.pack.title}: {one[1].source})."
        for one in found
        if one is not None
    ]
