"""From a letter to the legal step that it belongs to."""

from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_safe

from authorities.http import AuthorityRequest
from authorities.permissions import Permission
from cases.access import case_letter_for
from legal.access import subject_for

ROUTES = {
    "legal.PenaltyNotice": "legal:penalty",
    "legal.ImprovementNotice": "legal:improvement",
    "legal.NoticeRequest": "legal:request",
    "legal.Prosecution": "legal:prosecution",
    "legal.SupervisionOrder": "legal:order",
}


@require_safe
def of_letter(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """The page of what a legal letter is about; of the pupil where it has none of its own."""
    found = case_letter_for(request.reach, reference, Permission.VIEW_CASE)
    about = found.about.split(":")[0]
    row = subject_for(request.reach, found.about)
    if row is not None:
        return redirect(ROUTES[about], la=la, reference=row.reference)
    return redirect("attendance:pupil", la=la, reference=found.pupil.reference)
