"""Domain errors as pages and API bodies: what happened and what to do."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from rest_framework.response import Response
from rest_framework.views import exception_handler

from rules.errors import DomainError


def page(request: HttpRequest, status: int, message: str = "") -> HttpResponse:
    """The page for a status, with the error's own sentence where it has one."""
    return render(request, f"errors/{status}.html", {"message": message}, status=status)


def sentence(exception: Exception | None) -> str:
    """A domain error's sentence. Anything else stays inside the house."""
    return str(exception) if isinstance(exception, DomainError) else ""


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """400."""
    return page(request, 400)


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """403."""
    return page(request, 403, sentence(exception))


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """404: the same words whether a thing is missing or somebody else's."""
    return page(request, 404, sentence(exception))


def fault(request: HttpRequest) -> HttpResponse:
    """500. Must not touch the database."""
    return page(request, 500)


def stale_form(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form whose security token is missing or old."""
    return page(
        request, 403, "This form is out of date. Go back, load the page again and send it again."
    )


def api_error(exception: Exception, context: dict[str, Any]) -> Response | None:
    """`{"code": …, "message": …}`: a stable code for machines, a sentence for people."""
    if isinstance(exception, DomainError):
        return Response(
            {"code": exception.code, "message": str(exception)}, status=exception.status
        )
    response = exception_handler(exception, context)
    if response is not None:
        code = getattr(exception, "default_code", "error")
        response.data = {"code": code, "message": str(getattr(exception, "detail", exception))}
    return response
