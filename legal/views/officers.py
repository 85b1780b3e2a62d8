"""Who may authorise penalty notices at a school besides its headteacher."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from authorities.access import school_for
from authorities.http import AuthorityRequest
from authorities.permissions import Permission
from authorities.selectors import schools_for
from frontend.templatetags.govuk import words
from legal.access import officer_named_for, officers_for
from legal.forms.officers import EndForm, NamingForm
from legal.models import OfficerNamed
from legal.services import officers as services
from rules.errors import DomainError


def _row(one: OfficerNamed, request: AuthorityRequest) -> dict[str, Any]:
    today = request.reach.today
    over = one.ends_on is not None and one.ends_on < today
    may = request.reach.may(Permission.DECLARE_NOTICE, one.school) and not over
    return {
        "name": one.user.name,
        "school": one.school.name,
        "position": one.get_position_display(),
        "days": f"{words(one.starts_on)} to {words(one.ends_on)}"
        if one.ends_on
        else f"From {words(one.starts_on)}",
        "words": one.words,
        "by": one.named_by.name,
        "state": "Ended" if over else "To come" if one.starts_on > today else "In force",
        "colour": "grey" if over else "green",
        "end": reverse("legal:officer_end", args=[request.authority.code, one.pk]) if may else "",
    }


@require_safe
def officers(request: AuthorityRequest, la: str) -> HttpResponse:
    """Everybody who was named, at the schools that the person may see."""
    reach = request.reach
    reach.require(Permission.VIEW_LEGAL)
    rows = officers_for(reach).order_by("school__name", "-starts_on", "-pk")
    context = {
        "title": "Officers",
        "rows": [_row(one, request) for one in rows],
        "schools": [
            {"text": school.name, "href": reverse("legal:officer_name", args=[la, school.urn])}
            for school in schools_for(reach, Permission.DECLARE_NOTICE)
        ],
    }
    return render(request, "legal/officers/officers.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def officer_name(request: AuthorityRequest, la: str, urn: str) -> HttpResponse:
    """Name a deputy or assistant head."""
    reach = request.reach
    school = school_for(reach, urn, Permission.DECLARE_NOTICE)
    form = NamingForm(
        request.POST if request.method == "POST" else None,
        staff=services.staff_of(school, reach.today),
        today=reach.today,
    )
    if form.is_valid():
        try:
            services.name(
                reach=reach,
                school=school,
                naming=form.naming(),
                today=reach.today,
                now=timezone.now(),
            )
        except DomainError as problem:
            form.add_error(None, problem.message)
        else:
            messages.success(request, "Officer named")
            return redirect("legal:officers", la=la)
    lead = (
        "In law the headteacher may name a deputy or an assistant head, and nobody else. To decide "
        "in Onroll they also need the role of headteacher for these days."
    )
    return _form(request, form, f"Name an officer at {school.name}", lead, "Name them")


@require_http_methods(["GET", "HEAD", "POST"])
def officer_end(request: AuthorityRequest, la: str, pk: int) -> HttpResponse:
    """Say the last day on which somebody may authorise."""
    reach = request.reach
    found = officer_named_for(reach, pk, Permission.DECLARE_NOTICE)
    form = EndForm(request.POST if request.method == "POST" else None, today=reach.today)
    if form.is_valid():
        try:
            services.end(reach=reach, officer=found, today=reach.today, **form.cleaned_data)
        except DomainError as problem:
            form.add_error(None, problem.message)
        else:
            messages.success(request, "The last day is on file")
            return redirect("legal:officers", la=la)
    lead = f"{found.user.name}, {found.get_position_display().lower()}, {found.school.name}"
    return _form(request, form, "End the naming of an officer", lead, "Save the last day")


def _form(request: AuthorityRequest, form: Any, title: str, lead: str, save: str) -> HttpResponse:
    context = {
        "title": title,
        "form": form,
        "lead": lead,
        "save": save,
        "cancel": reverse("legal:officers", args=[request.authority.code]),
    }
    return render(request, "legal/officers/form.html", context)
