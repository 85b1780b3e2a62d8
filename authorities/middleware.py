"""From the address to one authority: /la/<code>/ becomes request.authority and request.reach."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any, cast

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from authorities import access
from authorities.models import User
from authorities.tenancy import scope
from rules.errors import DomainError

View = Callable[..., HttpResponse]
SECOND_FACTOR_PAGES = ("mfa_", "account_logout", "account_reauthenticate")


class NeverCache:
    """Signed-in pages are for one pair of eyes: nothing between us and them may keep a copy."""

    def __init__(self, get_response: View) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if not request.path.startswith("/static/"):
            response.setdefault("Cache-Control", "no-store")
        return response


class SecondFactorRequired:
    """Everybody who signs in sets up a second factor before anything else."""

    def __init__(self, get_response: View) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: View, args: Any, kwargs: Any
    ) -> HttpResponse | None:
        """Send people without a second factor to set one up."""
        name = request.resolver_match.view_name if request.resolver_match else ""
        if not request.user.is_authenticated or not getattr(view, "login_required", True):
            return None
        if (name or "").startswith(SECOND_FACTOR_PAGES) or has_second_factor(request):
            return None
        return redirect("mfa_activate_totp")


def has_second_factor(request: HttpRequest) -> bool:
    """Whether the person has a second factor; asked once a session."""
    from allauth.mfa.utils import is_mfa_enabled

    if not request.session.get("second_factor"):
        request.session["second_factor"] = is_mfa_enabled(request.user)
    return bool(request.session["second_factor"])


class InOneAuthority:
    """Hold each view in one transaction that sees one authority, or none.

    Must stand last: the view runs inside `process_view`, after every other check.
    """

    def __init__(self, get_response: View) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: View, args: Any, kwargs: Any
    ) -> HttpResponse | None:
        """Run a signed-in view in its scope; leave public ones to Django."""
        if not request.user.is_authenticated:
            return None
        try:
            return self.view_in_scope(request, view, args, kwargs)
        except (Http404, PermissionDenied):
            raise
        except DomainError as problem:  # the scope has rolled back: nothing was half done
            return refusal(request, problem)

    def view_in_scope(
        self, request: HttpRequest, view: View, args: Any, kwargs: Any
    ) -> HttpResponse:
        """The view's answer, made and rendered inside one transaction."""
        code = kwargs.get("la")
        authority = access.authority_for(code) if code is not None else None
        ids = [authority.pk] if authority is not None else []
        with scope(ids, user_id=request.user.pk):
            if authority is not None:
                request.authority = authority  # type: ignore[attr-defined]
                today = timezone.localdate()
                reach = access.reach_of(cast(User, request.user), authority, today)
                request.reach = reach  # type: ignore[attr-defined]
            response = view(request, *args, **kwargs)
            if hasattr(response, "render") and not getattr(response, "is_rendered", True):
                response = response.render()
            return response


def refusal(request: HttpRequest, problem: DomainError) -> HttpResponse:
    """A domain error that no view caught, as a page with its sentence and its status."""
    template = "errors/409.html" if problem.status == HTTPStatus.CONFLICT else "errors/400.html"
    return render(request, template, {"message": problem.sentence}, status=problem.status)
