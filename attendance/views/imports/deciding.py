"""What a person decides of a file: check it again, import, release, put aside, undo."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from attendance.forms.imports import ReasonForm, TakeForm
from attendance.selectors import imports as selectors
from attendance.services import imports as services
from attendance.views.imports.page import answered, context_of, step, to_batch
from authorities.http import AuthorityRequest


@require_POST
def import_check(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """Check the file again: the calendar, the roll or the register may have changed."""
    batch = selectors.batch_for(request.reach, reference)
    return step(
        request,
        la,
        batch,
        lambda: services.start_check(batch=batch, by=request.reach, now=timezone.now()),
    )


@require_POST
def import_take(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """Begin the import of a checked file."""
    batch = selectors.batch_for(request.reach, reference)
    form = TakeForm(request.POST, refused=batch.report.get("rows", {}).get("refused", 0))
    if not form.is_valid():
        messages.error(request, str(form.errors["leave_out"][0]))
        return to_batch(la, batch)
    return step(
        request,
        la,
        batch,
        lambda: services.start_take(
            batch=batch,
            by=request.reach,
            now=timezone.now(),
            leave_out_refused=bool(form.cleaned_data.get("leave_out")),
        ),
    )


@require_POST
def import_release(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """Let a held file in, with a reason."""
    batch = selectors.batch_for(request.reach, reference)
    return step(
        request,
        la,
        batch,
        lambda: services.release(
            batch=batch,
            reason=request.POST.get("reason", ""),
            by=request.reach,
            now=timezone.now(),
        ),
    )


@require_POST
def import_discard(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """Settle that a file is not imported."""
    batch = selectors.batch_for(request.reach, reference)
    return step(request, la, batch, lambda: services.discard(batch=batch, by=request.reach))


@require_http_methods(["GET", "POST"])
def import_undo(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """Take back what a file wrote."""
    batch = selectors.batch_for(request.reach, reference)
    form = ReasonForm(
        request.POST if request.method == "POST" else None,
        label="Why are you undoing this import?",
        missing="Say why you are undoing this import",
    )
    if answered(
        form,
        lambda: services.undo(
            batch=batch,
            reason=form.cleaned_data["reason"],
            by=request.reach,
            now=timezone.now(),
        ),
    ):
        messages.success(request, "Import undone")
        return to_batch(la, batch)
    return render(
        request,
        "attendance/imports/undo.html",
        context_of(
            la, batch, "Undo this import", form=form, written=services.what_was_written(batch)
        ),
    )
