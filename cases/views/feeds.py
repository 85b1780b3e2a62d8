"""A person's private address for the calendar of their meetings, and the calendar behind it."""

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from authorities.access import authority_for
from authorities.http import AuthorityRequest
from authorities.permissions import Permission
from authorities.tenancy import scope
from cases.services import feeds
from cases.views.meetings import ics


@require_http_methods(["GET", "POST"])
def meeting_feed(request: AuthorityRequest, la: str) -> HttpResponse:
    """Make a private address, or end it. It is shown once."""
    reach = request.reach
    reach.require(Permission.VIEW_CASE)
    address = ""
    if request.method == "POST" and "revoke" in request.POST:
        ended = feeds.revoke(reach=reach, now=timezone.now())
        messages.success(request, "The address has ended" if ended else "There was none to end")
        return redirect("cases:meeting_feed", la=la)
    if request.method == "POST":
        secret = feeds.make(reach=reach, now=timezone.now())
        address = request.build_absolute_uri(reverse("cases:meeting_feed_file", args=[la, secret]))
    context = {"feed": feeds.current(reach), "address": address, "all": _all(la)}
    return render(request, "cases/meetings/feed.html", context)


def _all(la: str) -> str:
    return reverse("cases:meetings", args=[la])


@login_not_required
@require_safe
def meeting_feed_file(request: HttpRequest, la: str, secret: str) -> HttpResponse:
    """The calendar, for a program that cannot sign in: whoever holds the address reads it."""
    authority = authority_for(la)
    with scope([authority.pk]):
        content = feeds.feed_file(
            authority=authority, secret=secret, today=timezone.localdate(), now=timezone.now()
        )
    return ics(content, "meetings")
