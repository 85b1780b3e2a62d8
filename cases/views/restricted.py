"""Who alone sees a case: restricting it, sharing it, and safeguarding notes."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from authorities.access import NotFound
from authorities.http import AuthorityRequest
from authorities.permissions import Permission
from cases.access import case_for, lost_case_for
from cases.forms.restricted import (
    NameForm,
    RestrictForm,
    SafeguardingForm,
    ShareForm,
    TakeOverForm,
    WhyForm,
)
from cases.models import Case, Given
from cases.selectors import restricted as selectors
from cases.services import restricted as service
from cases.views.pages import case_page
from rules.errors import DomainError

P = Permission


@require_http_methods(["GET", "HEAD", "POST"])
def case_people(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """Who sees the case: restrict it to named people, or open it again."""
    reach = request.reach
    case = case_for(reach, reference, P.RESTRICT_CASE)
    readers = [
        one
        for one in selectors.people_with(P.VIEW_CASE, case.school, reach.today)
        if one.pk != reach.user.pk
    ]
    data = request.POST if request.method == "POST" else None
    form = WhyForm(data) if case.restricted else RestrictForm(data, people=readers)
    if data is not None and form.is_valid():
        typed, now = form.cleaned_data, timezone.now()
        try:
            if case.restricted:
                service.unrestrict(reach=reach, case=case, reason=typed["reason"], now=now)
                said = "Everybody who works on cases here sees this case again"
            else:
                service.restrict(
                    reach=reach,
                    case=case,
                    people=[int(pk) for pk in typed["people"]],
                    reason=typed["reason"],
                    now=now,
                )
                said = "Only the people named here see this case now"
        except DomainError as problem:
            form.add_error(None, problem.message)
        else:
            messages.success(request, said)
            return redirect("cases:case_people", la=la, reference=reference)
    named = selectors.named(case) if case.restricted else []
    sees = {one.pk for one in readers} | {reach.user.pk}
    opens = {one.pk for one in selectors.people_with(P.RESTRICT_CASE, case.school, reach.today)}
    context = case_page(reach, case, "case", "Who sees this case") | {
        "form": form,
        "named": [
            {"person": one, "sees": one.pk in sees, "opens": one.pk in opens} for one in named
        ],
        "alone": len([one for one in named if one.pk in opens]) == 1,
        "name_form": NameForm(people=[one for one in readers if one not in named]),
        "shared": selectors.grants(case, Given.SHARED),
        "changes": case.restrictions.select_related("made_by").order_by("-made_at", "-pk"),
        "back": {"href": reverse("cases:case", args=[la, reference]), "text": "Back to the case"},
    }
    return render(request, "cases/restricted/people.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def case_take_over(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """Take over a restricted case that nobody named on it can open any more."""
    reach = request.reach
    case = lost_case_for(reach, reference)
    form = TakeOverForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            service.take_over(
                reach=reach, case=case, reason=form.cleaned_data["reason"], now=timezone.now()
            )
        except DomainError as problem:
            form.add_error(None, problem.message)
        else:
            messages.success(request, "You are named on this case now. Name who else needs it.")
            return redirect("cases:case_people", la=la, reference=reference)
    context = {
        "title": "Take over a restricted case",
        "case": case,
        "form": form,
        "cancel": reverse("cases:work", args=[la]),
    }
    return render(request, "cases/restricted/take_over.html", context)


def _done(
    request: AuthorityRequest, la: str, case: Case, act: Callable[[], Any], said: str
) -> HttpResponse:
    """Do one thing, say so or why not, and show who sees the case."""
    try:
        act()
    except DomainError as problem:
        messages.error(request, problem.message)
    else:
        messages.success(request, said)
    return redirect("cases:case_people", la=la, reference=case.reference)


@require_POST
def case_name(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """Name one more person on a restricted case."""
    reach = request.reach
    case = case_for(reach, reference, P.RESTRICT_CASE)
    typed = request.POST.get("person", "")
    person = int(typed) if typed.isdecimal() and len(typed) < 10 else 0
    return _done(
        request,
        la,
        case,
        lambda: service.name_person(reach=reach, case=case, person=person, now=timezone.now()),
        "Named",
    )


@require_POST
def case_unname(request: AuthorityRequest, la: str, reference: str, person: int) -> HttpResponse:
    """Take somebody off a restricted case."""
    reach = request.reach
    case = case_for(reach, reference, P.RESTRICT_CASE)
    if person == reach.user.pk:
        messages.error(request, "You cannot take yourself off. Ask somebody else who is named.")
        return redirect("cases:case_people", la=la, reference=reference)
    return _done(
        request,
        la,
        case,
        lambda: service.remove_person(reach=reach, case=case, person=person),
        "Taken off",
    )


@require_http_methods(["GET", "HEAD", "POST"])
def case_share(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """Let an outside professional see the agreed pages of this case, for a time."""
    reach = request.reach
    case = case_for(reach, reference, P.RESTRICT_CASE)
    form = ShareForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            service.share(
                reach=reach,
                case=case,
                with_=service.Outsider(**form.cleaned_data),
                now=timezone.now(),
            )
        except DomainError as problem:
            form.add_error(None, problem.message)
        else:
            messages.success(request, "Shared. They get a message with the way in if they are new.")
            return redirect("cases:case_people", la=la, reference=reference)
    context = case_page(reach, case, "case", "Share this case") | {
        "form": form,
        "button": "Share the case",
        "expected": [
            "They see this case and no other: where it stands, the plan, meetings and actions.",
            "They see no addresses, no telephone numbers and no letters.",
            "They can change nothing. It ends by itself after the last day.",
        ],
        "cancel": reverse("cases:case_people", args=[la, reference]),
    }
    return render(request, "cases/stages/form.html", context)


@require_POST
def case_share_end(request: AuthorityRequest, la: str, reference: str, grant: str) -> HttpResponse:
    """End what an outside professional sees."""
    reach = request.reach
    case = case_for(reach, reference, P.RESTRICT_CASE)
    return _done(
        request,
        la,
        case,
        lambda: service.end_share(reach=reach, case=case, grant=grant),
        "They see this case no more",
    )


@require_http_methods(["GET", "HEAD", "POST"])
def case_safeguarding(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """The safeguarding notes of a case, for the safeguarding lead and those named on them."""
    reach = request.reach
    writing = request.method == "POST"
    case = case_for(reach, reference, P.SAFEGUARD if writing else P.VIEW_CASE)
    notes = list(selectors.safeguarding_notes(reach, case))
    leads = reach.may(P.SAFEGUARD, case.school)
    if not leads and not notes:
        raise NotFound("We cannot find that page. Check the address.")
    readers = [
        one
        for one in selectors.people_with(P.VIEW_CASE, case.school, reach.today)
        if one.pk != reach.user.pk
    ]
    form = SafeguardingForm(request.POST if writing else None, people=readers)
    if writing and form.is_valid():
        typed = form.cleaned_data
        try:
            service.add_safeguarding_note(
                reach=reach,
                case=case,
                text=typed["text"],
                readers=[int(pk) for pk in typed["readers"]],
                now=timezone.now(),
            )
        except DomainError as problem:
            form.add_error(None, problem.message)
        else:
            messages.success(request, "Note added")
            return redirect("cases:case_safeguarding", la=la, reference=reference)
    service.read_safeguarding(reach=reach, case=case)
    context = case_page(reach, case, "case_safeguarding") | {
        "notes": notes,
        "form": form,
        "may_write": leads and case.closed_on is None,
    }
    return render(request, "cases/restricted/safeguarding.html", context)
