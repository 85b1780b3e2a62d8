"""Preparing the letter that answers a request for leave."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_POST

from attendance.selectors.leave import leave_for
from authorities.http import AuthorityRequest
from authorities.permissions import Permission
from cases.services import leave_letters
from rules.errors import DomainError


@require_POST
def leave_letter(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """Draft the answer to the adult who asked, and go to it to read and approve."""
    leave = leave_for(request.reach, reference, Permission.PREPARE_LETTER)
    try:
        made = leave_letters.prepare(
            reach=request.reach, leave=leave, now=timezone.now(), today=request.reach.today
        )
    except DomainError as problem:
        messages.error(request, problem.message)
        return redirect("attendance:leave_request", la=la, reference=reference)
    messages.success(request, "Letter prepared. Read it, then approve it.")
    return redirect("cases:letter", la=la, reference=made.letter.reference)
