"""What an outside professional sees: the cases shared with them, and the agreed pages of one."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from authorities.http import AuthorityRequest
from authorities.packs import pack_in_force
from authorities.permissions import Permission
from cases.access import shared_case_for, shared_cases_for
from cases.selectors.places import standing
from cases.selectors.shared import meetings_of, plans_of, support_of
from cases.services.restricted import read_shared


@require_safe
def shared_cases(request: AuthorityRequest, la: str) -> HttpResponse:
    """The cases that are shared with the person today."""
    request.reach.require(Permission.VIEW_SHARED)
    rows = shared_cases_for(request.reach).order_by("pupil__sort_name", "pk")
    return render(request, "cases/shared/list.html", {"rows": rows})


@require_safe
def shared_case(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """Where one case stands, the plan, and the meetings. No contact details, nothing to change."""
    reach = request.reach
    reach.require(Permission.VIEW_SHARED)
    found = shared_case_for(reach, reference)
    read_shared(reach=reach, case=found)
    context = {
        "case": found,
        "standing": standing(pack_in_force(found.school, reach.today), found.places),
        "plans": plans_of(found),
        "support": support_of(found),
        "meetings": meetings_of(found),
    }
    return render(request, "cases/shared/one.html", context)
