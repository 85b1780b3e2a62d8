"""What applies to a pupil on a day, and the policy that a case keeps."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from attendance.access import PupilHere, pupil_here
from attendance.selectors.books import book_of
from attendance.views.charts import audit_read
from authorities.http import AuthorityRequest
from authorities.packs import pack_in_force
from authorities.packs.schema import FACTS
from authorities.permissions import Permission
from cases.access import case_for
from cases.forms.policies import DayForm
from cases.selectors.facts import figures_of
from cases.selectors.policies import as_frozen, value_words, what_applies
from cases.views.pages import case_page
from rules.dates import in_words
from rules.errors import DomainError


@require_safe
def pupil_policy(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """Layer by layer what applies on a day, with the pupil's figures of that day."""
    here = pupil_here(request.reach, reference, Permission.VIEW_CASE)
    audit_read(request.reach, here)
    form = DayForm(request.GET if "on_day" in request.GET else {}, today=request.reach.today)
    context: dict[str, Any] = {
        "form": form,
        "pupil": here.pupil,
        "school": here.school,
        "pupil_href": reverse("attendance:pupil", args=[la, reference]),
    }
    if form.is_valid():
        try:
            context |= _on(here, form.cleaned_data["on"])
        except DomainError as problem:
            context["problem"] = problem.message
    return render(request, "cases/policies/pupil.html", context)


def _on(here: PupilHere, day: Any) -> dict[str, Any]:
    """The layers and the figures of a day. Raises DomainError where nothing can be said."""
    policy = pack_in_force(here.school, day)
    facts = figures_of(book_of(here.enrolment, here.pupil.born_on, today=day))
    return {
        "day": in_words(day),
        "figures": [
            {"key": f"{words[0].upper()}{words[1:]}", "value": value_words(name, facts[name])}
            for name, (words, _) in FACTS.items()
        ],
        "layers": what_applies(policy, facts),
    }


@require_safe
def policy(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """The policy as it stood when a case was opened."""
    found = case_for(request.reach, reference, Permission.VIEW_CASE)
    context = {
        **case_page(request.reach, found, "policy"),
        "day": in_words(found.opened_on),
        "layers": as_frozen(found.policy),
        "today_href": reverse("cases:pupil_policy", args=[la, found.pupil.reference]),
    }
    return render(request, "cases/policies/case.html", context)
