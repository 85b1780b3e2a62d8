"""What the pages of imports share: addresses, breadcrumbs, and how a button answers."""

from collections.abc import Callable
from datetime import date
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from attendance.models import ImportBatch
from audit.record import Kind as Event
from audit.record import record
from authorities.http import AuthorityRequest
from rules.errors import DomainError


def url_of(page: str, la: str, batch: ImportBatch) -> str:
    """The address of one of a file's pages."""
    return reverse(f"attendance:{page}", kwargs={"la": la, "reference": batch.reference})


def crumbs_of(la: str, *more: dict[str, str]) -> list[dict[str, str]]:
    """The way from the list of imports."""
    home = {"text": "Imports", "href": reverse("attendance:imports", kwargs={"la": la})}
    return [home, *more]


def context_of(la: str, batch: ImportBatch, title: str, **more: Any) -> dict[str, Any]:
    """What every page of one file shows."""
    crumb = {"text": batch.file_name, "href": url_of("import_batch", la, batch)}
    return {
        "title": title,
        "batch": batch,
        "breadcrumbs": crumbs_of(la, crumb, {"text": title}),
        "batch_url": crumb["href"],
        **more,
    }


def exported(request: AuthorityRequest, count: int, what: str) -> None:
    """Write an export into the history."""
    record(
        Event.EXPORTED,
        by=request.user,
        authority=request.authority,
        on=f"attendance.ImportBatch:{what}",
        count=count,
        what=what,
    )


def day_of(text: str) -> date:
    """A day as the report keeps it."""
    return date.fromisoformat(text)


def to_batch(la: str, batch: ImportBatch) -> HttpResponse:
    """Go to the page of the file."""
    return redirect("attendance:import_batch", la=la, reference=batch.reference)


def step(
    request: AuthorityRequest, la: str, batch: ImportBatch, act: Callable[[], Any]
) -> HttpResponse:
    """Carry out a button's act and go back to the file's page; a refusal is said there."""
    try:
        act()
    except DomainError as problem:
        messages.error(request, problem.sentence)
    return to_batch(la, batch)


def answered(form: forms.BaseForm, act: Callable[[], Any]) -> bool:
    """Carry out what a form asks for. False where the form then says what is wrong."""
    if not form.is_valid():
        return False
    try:
        act()
    except DomainError as problem:
        form.add_error(None, problem.sentence)
        return False
    return True
