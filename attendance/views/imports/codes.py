"""Marks that no code explains wait until a person says what they mean."""

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from attendance.forms.imports import CodesForm
from attendance.selectors import imports as selectors
from attendance.services import imports as services
from attendance.views.imports.page import answered, context_of, to_batch
from authorities.http import AuthorityRequest


@require_http_methods(["GET", "POST"])
def import_codes(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """Say what marks mean that are no codes of their day. Then the file is checked again."""
    batch = selectors.batch_for(request.reach, reference)
    marks = selectors.unknown_marks(batch)
    form = CodesForm(request.POST if request.method == "POST" else None, marks=marks)

    def act() -> None:
        services.map_codes(batch=batch, codes=form.codes(), by=request.reach)
        services.start_check(batch=batch, by=request.reach, now=timezone.now())

    if answered(form, act):
        return to_batch(la, batch)
    context = context_of(la, batch, "What do these marks mean?", form=form, marks=marks)
    return render(request, "attendance/imports/codes.html", context)
