"""Where a person can work: straight there when it is one place."""

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from authorities.access import NotFound
from authorities.http import SignedInRequest
from authorities.models import Trust
from authorities.permissions import AUTHORITY_ROLES, ROLES, Permission, Role
from authorities.selectors import roles_of, schools_of_trust

# The first page of a place: in a school who needs help this morning, at the council the work that
# waits, else what the role is for.
FIRST_PAGES = (
    (Permission.VIEW_PUPIL, "attendance:home"),
    (Permission.VIEW_SHARED, "cases:shared_cases"),
    (Permission.MANAGE_PEOPLE, "authorities:people"),
    (Permission.VIEW_SCHOOL, "attendance:schools"),
)


def first_page(role: Role) -> str | None:
    """The route where somebody with this role starts."""
    if role in AUTHORITY_ROLES and Permission.VIEW_CASE in ROLES[role]:
        return "cases:work"
    return next((route for may, route in FIRST_PAGES if may in ROLES[role]), None)


@require_safe
def places(request: SignedInRequest) -> HttpResponse:
    """The authorities and trusts where the person has a role."""
    found: dict[str, dict[str, object]] = {}
    for membership in roles_of(request.user, timezone.localdate()):
        role = Role(membership.role)
        route = first_page(role)
        if route is None:
            continue
        if membership.trust is not None:
            href = reverse("authorities:trust", args=[membership.trust.code])
            found.setdefault(href, {"name": membership.trust.name, "role": role.label})
        elif membership.authority is not None:
            href = reverse(route, kwargs={"la": membership.authority.code})
            found.setdefault(href, {"name": membership.authority.name, "role": role.label})
    if len(found) == 1:
        return redirect(next(iter(found)))
    return render(
        request,
        "authorities/places.html",
        {"places": [{"href": href, **place} for href, place in found.items()]},
    )


@require_safe
def trust(request: SignedInRequest, trust: str) -> HttpResponse:
    """A trust's schools, by authority, for its own people."""
    today = timezone.localdate()
    chosen = Trust.objects.filter(code=trust).first()
    if chosen is None or chosen.pk not in {m.trust_id for m in roles_of(request.user, today)}:
        raise NotFound("We cannot find that page. Check the address.")
    return render(
        request,
        "authorities/trust.html",
        {
            "trust": chosen,
            "place": chosen.name,
            "authorities": schools_of_trust(chosen, request.user, today),
        },
    )
