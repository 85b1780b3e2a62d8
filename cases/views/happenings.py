"""The review after a letter, and telling the policy what only a person knows."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from authorities.http import AuthorityRequest
from authorities.packs import pack_in_force
from authorities.permissions import Permission
from cases.access import case_for
from cases.forms.happenings import HappenedForm, LetterReviewForm
from cases.models import Case, Deadline
from cases.selectors import letter_reviews as selectors
from cases.selectors.happenings import sayable
from cases.services import happenings, letter_reviews
from cases.views.pages import case_page
from frontend.templatetags.govuk import percent_bp, sessions_as_days, words
from rules.absence import basis_points
from rules.errors import DomainError
from rules.plans import Part


@require_http_methods(["GET", "HEAD", "POST"])
def case_letter_review(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """Say whether attendance improved since a letter."""
    reach = request.reach
    case = case_for(reach, reference, Permission.CHANGE_CASE)
    row = selectors.waiting(case)
    form = LetterReviewForm(
        request.POST if request.method == "POST" else None,
        outcomes=selectors.outcomes(case, reach.today),
        initial={"version": row.version if row else 0},
    )
    if request.method == "POST" and form.is_valid():
        typed = form.cleaned_data
        try:
            letter_reviews.hold(
                reach=reach,
                case=case,
                found=letter_reviews.Found(typed["outcome"], typed["words"]),
                version=typed["version"],
                now=timezone.now(),
                today=reach.today,
            )
        except DomainError as problem:
            form.add_error(None, problem.message)
        else:
            messages.success(request, "Review written. See what the policy proposes now")
            return redirect("cases:case", la=la, reference=reference)
    context = case_page(reach, case, "case", row.words if row else "Review after a letter") | {
        "form": form,
        "button": "Write the review",
        "nothing": "" if row or form.is_bound else "No review after a letter waits on this case.",
        "rows": _since(case, row, request) if row else [],
        "cancel": reverse("cases:case", args=[la, reference]),
    }
    return render(request, "cases/stages/happened.html", context)


def _since(case: Case, row: Deadline, request: AuthorityRequest) -> list[dict[str, str]]:
    """Attendance before the letter and since, as the register stands."""
    change = selectors.since_letter(case, row.since, request.reach.today)
    rows = [
        ("Review due", words(row.due_on)),
        (f"Since {words(row.since)}", _part(change.during)),
        ("In as many school days before", _part(change.before)),
    ]
    return [{"key": key, "value": value} for key, value in rows]


def _part(part: Part) -> str:
    tally = part.tally
    if not tally.possible:
        return "No marks yet"
    share = percent_bp(basis_points(tally.attended, tally.possible))
    return f"{share}, away for {sessions_as_days(tally.absent)}"


@require_http_methods(["GET", "HEAD", "POST"])
def case_happened(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """Tell the policy what happened."""
    reach = request.reach
    case = case_for(reach, reference, Permission.CHANGE_CASE)
    told = sayable(case, pack_in_force(case.school, reach.today))
    form = HappenedForm(request.POST if request.method == "POST" else None, told=told)
    if request.method == "POST" and form.is_valid():
        typed: dict[str, Any] = form.cleaned_data
        try:
            happenings.say(reach=reach, case=case, now=timezone.now(), today=reach.today, **typed)
        except DomainError as problem:
            form.add_error(None, problem.message)
        else:
            messages.success(request, "Written down. See what the policy proposes now")
            return redirect("cases:case", la=la, reference=reference)
    context = case_page(reach, case, "case", "Say what happened") | {
        "form": form,
        "button": "Write it down",
        "nothing": ""
        if told
        else "No policy in force asks for anything here, where the case stands. Write a note.",
        "cancel": reverse("cases:case", args=[la, reference]),
    }
    return render(request, "cases/stages/happened.html", context)
