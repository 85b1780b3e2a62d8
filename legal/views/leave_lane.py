"""Leave in term time: whose absence may lead to a request, and the five steps of each."""

from datetime import date
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from attendance.access import pupil_here
from attendance.selectors.leave import days_in_words, leave_for
from audit.record import Kind, record
from authorities.access import NotFound, school_for
from authorities.http import AuthorityRequest
from authorities.permissions import Permission
from authorities.selectors import schools_for
from legal.forms.requests import ExcludedForm, SchoolForm
from legal.selectors.leave_absences import Absence, in_term_time, threshold_on
from legal.selectors.leave_lane import lane_of
from legal.selectors.requests import COLOURS
from legal.services import requests as service
from rules.errors import DomainError

P = Permission
PAGE = ["GET", "HEAD", "POST"]


@require_safe
def leave_absences(request: AuthorityRequest, la: str) -> HttpResponse:
    """Absences coded G that reach the threshold: refused leave, or never asked for. One school."""
    reach = request.reach
    reach.require(P.VIEW_SENSITIVE)
    reach.require(P.VIEW_LEGAL)
    schools = [(one.urn, one.name) for one in schools_for(reach, P.VIEW_LEGAL)]
    if not schools:
        raise NotFound("We cannot find a school whose leave you may see.")
    urn = request.GET.get("school") or schools[0][0]
    school = school_for(reach, urn, P.VIEW_SENSITIVE)
    rows = in_term_time(school, reach.today)
    record(
        Kind.LEGAL_READ,
        by=reach.user,
        authority=reach.authority,
        school=school,
        on="attendance.LeaveRequest:lane",
        what="leave in term time at school",
        reference=school.urn,
    )
    context = {
        "title": "Leave in term time",
        "lead": f"Absences coded G of {threshold_on(reach.today)} half days or more, at "
        f"{school.name}, this year and the last: leave was refused, or nobody asked.",
        "rows": [_row(one, la) for one in rows],
        "form": SchoolForm(initial={"school": urn}, schools=schools) if len(schools) > 1 else None,
        "may_make": reach.may(P.PREPARE_NOTICE, school),
    }
    return render(request, "legal/requests/leave.html", context)


def _row(one: Absence, la: str) -> dict[str, Any]:
    """One absence as the list shows it."""
    return {
        "pupil": one.enrolment.pupil,
        "days": days_in_words(one.found.first, one.found.last),
        "on": one.found.last,
        "count": len(one.found.marks),
        "back": one.found.back,
        "asked": "Refused" if one.leave else "Nobody asked",
        "lane": reverse("legal:leave_lane", args=[la, one.leave.reference]) if one.leave else "",
        "request": one.request,
        "colour": COLOURS[one.request.state] if one.request else "",
    }


@require_http_methods(PAGE)
def leave_lane(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """The five steps of one request for leave, and beginning the request for a notice."""
    reach = request.reach
    begun = request.method == "POST"
    found = leave_for(reach, reference, P.PREPARE_NOTICE if begun else P.VIEW_LEGAL)
    if begun:
        return _begun(
            request,
            la,
            lambda: service.begin_for_leave(
                reach=reach, leave=found, today=reach.today, now=timezone.now()
            ),
            reverse("legal:leave_lane", args=[la, reference]),
        )
    lane = lane_of(found, la, reach.today)
    pupil = found.enrolment.pupil
    record(
        Kind.LEGAL_READ,
        by=reach.user,
        authority=reach.authority,
        school=found.school,
        on=found,
        what="the steps of leave",
    )
    context = {
        "title": f"Leave in term time: {pupil.name}",
        "caption": f"Leave {found.reference}, {found.school.name}",
        "lane": lane,
        "gate_href": reverse("legal:pupil", args=[la, pupil.reference]),
        "may_begin": not lane.why and reach.may(P.PREPARE_NOTICE, found.school),
    }
    return render(request, "legal/requests/lane.html", context)


def _begun(request: AuthorityRequest, la: str, begin: Any, otherwise: str) -> HttpResponse:
    """Begin, and go to the draft; to the open one where there is one; back where it is refused."""
    try:
        made = begin()
    except service.AlreadyBegun as problem:
        messages.info(request, problem.message)
        return redirect("legal:request", la=la, reference=problem.reference)
    except DomainError as problem:
        messages.warning(request, problem.message)
        return redirect(otherwise)
    messages.success(request, "Request begun as a draft, filled in from the record.")
    return redirect("legal:request_write", la=la, reference=made.reference)


@require_POST
def absence_request(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """Begin a request about an absence coded G that nobody asked leave for."""
    reach = request.reach
    here = pupil_here(reach, reference, P.PREPARE_NOTICE)
    try:
        on = date.fromisoformat(request.POST.get("on", ""))
    except ValueError:
        raise NotFound("We cannot find that absence. Open the list again.") from None
    return _begun(
        request,
        la,
        lambda: service.begin_for_absence(
            reach=reach, enrolment=here.enrolment, on=on, today=reach.today, now=timezone.now()
        ),
        reverse("legal:leave_absences", args=[la]),
    )


@require_http_methods(PAGE)
def request_excluded(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """Begin a request about an excluded pupil who was seen in a public place."""
    reach = request.reach
    here = pupil_here(reach, reference, P.PREPARE_NOTICE)
    form = ExcludedForm(request.POST if request.method == "POST" else None, today=reach.today)
    if request.method == "POST" and form.is_valid():
        return _begun(
            request,
            la,
            lambda: service.begin_for_excluded(
                reach=reach,
                enrolment=here.enrolment,
                first=form.cleaned_data["first"],
                last=form.cleaned_data["last"],
                today=reach.today,
                now=timezone.now(),
            ),
            reverse("legal:request_excluded", args=[la, reference]),
        )
    context = {
        "title": "An excluded pupil in a public place",
        "caption": f"{here.pupil.name}, {here.enrolment.school.name}",
        "form": form,
    }
    return render(request, "legal/requests/excluded.html", context)
