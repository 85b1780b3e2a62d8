"""The person's own saved views: keeping one, and the page that changes them."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from authorities import saved_views as service
from authorities.access import NotFound
from authorities.http import AuthorityRequest
from rules.errors import DomainError


@require_safe
def views(request: AuthorityRequest, la: str) -> HttpResponse:
    """Every view that the person keeps here, list by list."""
    rows = [
        {"view": row, "href": service.address_of(row, la)}
        for row in service.views_of(request.reach)
    ]
    return render(request, "authorities/saved_views.html", {"title": "Saved views", "rows": rows})


@require_POST
def keep(request: AuthorityRequest, la: str) -> HttpResponse:
    """Keep the filters of the list that was open."""
    try:
        view = service.keep(
            reach=request.reach,
            token=request.POST.get("token", ""),
            name=request.POST.get("name", ""),
        )
    except DomainError as problem:
        messages.error(request, problem.message)
        return redirect("authorities:views", la=la)
    messages.success(request, f"View “{view.name}” is kept")
    return redirect(service.address_of(view, la))


@require_POST
def change(request: AuthorityRequest, la: str, pk: int) -> HttpResponse:
    """Rename, move, open with, or delete one of them."""
    reach, action = request.reach, request.POST.get("action", "")
    try:
        if action == "rename":
            service.rename(reach=reach, pk=pk, name=request.POST.get("name", ""))
        elif action == "delete":
            service.delete(reach=reach, pk=pk)
        elif action == "up":
            service.move_up(reach=reach, pk=pk)
        else:
            service.open_with(reach=reach, pk=pk, yes=action == "open with")
        messages.success(request, "Saved")
    except NotFound:
        raise
    except DomainError as problem:
        messages.error(request, problem.message)
    return redirect("authorities:views", la=la)
