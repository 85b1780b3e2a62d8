"""Asking for medical evidence: the list, asking with the law on the screen, what came of it."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from attendance.access import pupil_here
from attendance.forms.arrangements_evidence import AskForm, EvidenceFilters, OutcomeForm
from attendance.models import EvidenceOutcome
from attendance.selectors import arrangements_evidence as selectors
from attendance.selectors.leave import adults_of, days_in_words
from attendance.services import arrangements_evidence as services
from attendance.views.arrangements import (
    filter_schools,
    list_context,
    school_column,
)
from attendance.views.charts import audit_read
from attendance.views.searching import write_down_listed
from authorities.access import Reach
from authorities.exports import written_down
from authorities.http import AuthorityRequest
from authorities.permissions import Permission
from frontend.lists import Column, ListPage
from frontend.templatetags.govuk import words
from rules.errors import DomainError
from rules.medical_evidence import GROUNDS, THE_LAW, may_become_unauthorised

SUBJECT = "attendance.EvidenceRequest:list"


@require_safe
def evidence(request: AuthorityRequest, la: str) -> HttpResponse:
    """Every request for medical evidence at the schools where the person may know of them."""
    reach = request.reach
    exporting = request.GET.get("export") == "csv"
    reach.require(Permission.VIEW_SENSITIVE)
    permission = Permission.EXPORT if exporting else Permission.VIEW_SENSITIVE
    reach.require(permission)
    rows = selectors.evidence_visible(reach, permission)
    if not exporting:
        write_down_listed(reach, on=SUBJECT, count=rows.count())
    return evidence_list(reach).respond(
        request,
        rows,
        list_context(reach, "evidence", "Medical evidence", THE_LAW),
        template="attendance/arrangements/list.html",
        form_options=filter_schools(reach),
        on_export=written_down(reach, on=SUBJECT, what="the list of requests for evidence"),
    )


def evidence_list(reach: Reach) -> ListPage:
    """The list, declared for one authority."""
    la = reach.authority.code
    return ListPage(
        name="medical-evidence",
        noun="request",
        columns=[
            Column(
                "pupil",
                "Pupil",
                lambda row: row.enrolment.pupil.name,
                order_by=("enrolment__pupil__sort_name",),
                href=lambda row: reverse("attendance:evidence_request", args=[la, row.reference]),
            ),
            Column("days", "Days", lambda row: row.first_day, order_by=("first_day",), show=words),
            Column("ground", "Why", lambda row: row.get_ground_display(), order_by=("ground",)),
            Column(
                "asked", "Asked on", lambda row: row.asked_on, order_by=("asked_on",), show=words
            ),
            Column(
                "outcome",
                "Outcome",
                lambda row: row.get_outcome_display(),
                order_by=("outcome",),
                template="attendance/arrangements/state_cell.html",
            ),
            *school_column(reach),
        ],
        sort="-asked",
        filter_form=EvidenceFilters,
        filters={
            "outcome": lambda rows, outcome: rows.filter(outcome=outcome),
            "school": lambda rows, urn: rows.filter(school__urn=urn),
        },
        nothing_yet="Nobody has been asked for medical evidence.",
    )


@require_http_methods(["GET", "HEAD", "POST"])
def evidence_add(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """Ask a parent, if the law allows it."""
    reach = request.reach
    urn = request.GET.get("school", "")
    here = pupil_here(reach, reference, Permission.AMEND_REGISTER, urn=urn)
    adults = adults_of(here.enrolment)
    data = request.POST if request.method == "POST" else None
    form = AskForm(data, adults=adults, today=reach.today)
    if form.is_valid():
        try:
            row = services.ask(
                reach=reach, enrolment=here.enrolment, asking=form.asking(), today=reach.today
            )
        except DomainError as problem:
            form.add_error(None, problem.message)
        else:
            messages.success(request, "Recorded. Say what came of it when you know.")
            return redirect("attendance:evidence_request", la=la, reference=row.reference)
    context = {
        "title": "Ask for medical evidence",
        "caption": here.pupil.name,
        "lead": THE_LAW,
        "hint": selectors.policy_words(here.school, reach.today),
        "form": form,
        "save": "Record that you ask",
        "place": here.school.name,
        "nobody": "" if adults else "No adult is on this pupil's record. Add one first.",
        "cancel": reverse("attendance:pupil_arrangements", args=[la, here.pupil.reference]),
    }
    return render(request, "attendance/arrangements/form.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def evidence_request(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """One request, and what came of it."""
    reach = request.reach
    needed = Permission.AMEND_REGISTER if request.method == "POST" else Permission.VIEW_SENSITIVE
    row = selectors.evidence_for(reach, reference, needed)
    here = pupil_here(reach, row.enrolment.pupil.reference, urn=row.school.urn)
    audit_read(reach, here)
    form = OutcomeForm(request.POST if request.method == "POST" else None, today=reach.today)
    if form.is_valid():
        typed = form.cleaned_data
        try:
            services.answer(
                row,
                reach=reach,
                outcome=EvidenceOutcome(typed["outcome"]),
                on=typed["on"],
                note=typed["note"],
                today=reach.today,
            )
        except DomainError as problem:
            form.add_error(None, problem.message)
        else:
            messages.success(request, "Saved what came of it.")
            return redirect("attendance:evidence_request", la=la, reference=row.reference)
    waits = row.outcome == EvidenceOutcome.WAITING
    keeps = reach.may(Permission.AMEND_REGISTER, row.school)
    context = {
        "title": "Medical evidence",
        "caption": here.pupil.name,
        "place": row.school.name,
        "tags": [{"text": row.get_outcome_display(), "colour": "yellow" if waits else "grey"}],
        "rows": _rows(row),
        "form": form if waits and keeps else None,
        "law": consequence(row.ground),
        "back": {"href": reverse("attendance:evidence", args=[la]), "text": "All requests"},
    }
    return render(request, "attendance/arrangements/evidence.html", context)


def consequence(ground: str) -> str:
    """What becomes of the absence when nothing comes."""
    if may_become_unauthorised(ground):
        return (
            "If the doubt stays, the school may leave the absence unauthorised. Tell the parent"
            " before you do."
        )
    return "The absence stays authorised whatever comes of this."


def _rows(row: Any) -> list[dict[str, Any]]:
    """What was asked and answered."""
    found = [
        ("Days of the illness", days_in_words(row.first_day, row.last_day)),
        ("Why we asked", GROUNDS[row.ground].label),
        ("What gave rise to it", row.doubt),
        ("Asked", f"{row.asked_of.name}, {words(row.asked_on)}"),
        ("Asked by", row.asked_by.name),
        ("Outcome", row.get_outcome_display()),
        ("On", words(row.outcome_on)),
        ("Note", row.outcome_note),
        ("Recorded by", row.outcome_by.name if row.outcome_by else ""),
    ]
    return [{"key": key, "value": value} for key, value in found if value]
