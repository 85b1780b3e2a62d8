"""A name comes off the roll, goes back on it, or comes back later."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from attendance.access import PupilHere, pupil_here
from attendance.forms.yearend import AgainForm, BecauseForm, LeavingForm
from attendance.selectors import yearend as selectors
from attendance.selectors.transfers import schools_to_move_to
from attendance.services import yearend_leaving as services
from attendance.views.charts import audit_read
from attendance.views.pupil import page_context
from authorities.access import Reach
from authorities.http import AuthorityRequest
from authorities.permissions import Permission
from rules.dates import in_words
from rules.deletions import UNVERIFIED
from rules.errors import DomainError


def _door(request: AuthorityRequest, reference: str) -> PupilHere:
    """A pupil whom the person may change and whose register they keep."""
    urn = request.GET.get("school", "")
    here = pupil_here(request.reach, reference, Permission.CHANGE_PUPIL, urn=urn)
    request.reach.require(Permission.AMEND_REGISTER, here.school)
    return here


def rolls_href(reach: Reach, here: PupilHere) -> str:
    """The address of the page that tells on which rolls a pupil was and is."""
    address = reverse("attendance:pupil_rolls", args=[reach.authority.code, here.pupil.reference])
    return f"{address}?school={here.school.urn}"


@require_http_methods(["GET", "POST"])
def pupil_leaving(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """Take a name off the roll on a lawful ground."""
    reach = request.reach
    here = _door(request, reference)
    there = selectors.leaving_of(here.enrolment)
    if there is not None:
        return redirect(rolls_href(reach, here))
    last_day = here.enrolment.ends_on or reach.today
    form = LeavingForm(
        request.POST if request.method == "POST" else None,
        schools=schools_to_move_to(here.school),
        told=selectors.return_is_due(here.enrolment, last_day),
        today=reach.today,
        initial={"last_day": here.enrolment.ends_on},
    )
    if request.method == "POST" and form.is_valid():
        try:
            row = services.leave(
                reach=reach,
                enrolment=here.enrolment,
                goodbye=form.goodbye(),
                now=timezone.now(),
            )
        except DomainError as problem:
            form.add_error(None, problem.sentence)
        else:
            messages.success(request, f"The name is off the roll after {in_words(row.last_day)}.")
            return redirect(rolls_href(reach, here))
    audit_read(reach, here)
    context = page_context(reach, here, "pupil_rolls", "Take the name off the roll") | {
        "form": form,
        "unverified": UNVERIFIED,
        "save": "Take the name off the roll",
        "cancel": rolls_href(reach, here),
    }
    return render(request, "attendance/yearend/leaving.html", context)


@require_http_methods(["GET", "POST"])
def pupil_leaving_undo(
    request: AuthorityRequest, la: str, reference: str, leaving: str
) -> HttpResponse:
    """Put a name back on the roll as it was."""
    reach = request.reach
    here = _door(request, reference)
    row = selectors.leaving_for(reach, here.enrolment, leaving)
    form = BecauseForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            services.take_back(
                reach=reach,
                leaving=row,
                because=form.cleaned_data["because"],
                now=timezone.now(),
            )
        except DomainError as problem:
            form.add_error(None, problem.sentence)
        else:
            messages.success(
                request,
                "The name is on the roll as before. If the council was told, tell it of this too.",
            )
            return redirect(rolls_href(reach, here))
    audit_read(reach, here)
    context = page_context(reach, here, "pupil_rolls", "Put the name back on the roll") | {
        "form": form,
        "save": "Put the name back",
        "cancel": rolls_href(reach, here),
    }
    return render(request, "attendance/yearend/form.html", context)


@require_http_methods(["GET", "POST"])
def pupil_again(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """Put a pupil who left on the roll again."""
    reach = request.reach
    here = _door(request, reference)
    form = AgainForm(
        request.POST if request.method == "POST" else None,
        initial={"starts_on": reach.today, "year_group": here.enrolment.year_group},
    )
    if request.method == "POST" and form.is_valid():
        try:
            services.admit_again(reach=reach, enrolment=here.enrolment, **form.cleaned_data)
        except DomainError as problem:
            form.add_error(None, problem.sentence)
        else:
            messages.success(
                request, "The pupil is on the roll again. The return to the council is due."
            )
            return redirect(rolls_href(reach, here))
    audit_read(reach, here)
    context = page_context(reach, here, "pupil_rolls", "Put the pupil on the roll again") | {
        "form": form,
        "save": "Put on the roll",
        "cancel": rolls_href(reach, here),
    }
    return render(request, "attendance/yearend/form.html", context)
