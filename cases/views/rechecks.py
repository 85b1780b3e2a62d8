"""What relied on marks that have been corrected since: the list, and one decision."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from authorities.exports import written_down
from authorities.http import AuthorityRequest
from authorities.permissions import Permission
from authorities.selectors import schools_for
from cases.access import recheck_for, rechecks_for
from cases.forms.rechecks import DecideForm, RecheckFilters, school_choices
from cases.models import Decision, Recheck
from cases.selectors.rechecks import changed_rows, relied_on, then_and_now
from cases.services import rechecks as service
from frontend.lists import Column, ListPage
from frontend.templatetags.govuk import words
from rules.errors import DomainError

OPEN, COLOURS = "", {"": "yellow", "stands": "blue", "put right": "green", "same": "grey"}
STATES = {
    "decided": lambda rows: rows.filter(decision__in=[Decision.STANDS, Decision.PUT_RIGHT]),
    "same": lambda rows: rows.filter(decision=Decision.SAME),
    "all": lambda rows: rows,
}
KINDS = {
    "case": {"case__isnull": False},
    "letter": {"case_letter__isnull": False},
    "worklist": {"crossing__isnull": False},
}


@require_safe
def rechecks(request: AuthorityRequest, la: str) -> HttpResponse:
    """What a person has to look at again; on request also what was decided."""
    reach = request.reach
    reach.require(Permission.VIEW_CASE)
    rows = rechecks_for(reach)
    if request.GET.get("export") == "csv":
        reach.require(Permission.EXPORT)
        rows = rows.filter(reach.schools(Permission.EXPORT, "school__"))
    if request.GET.get("state", "") not in STATES:
        rows = rows.filter(decision=OPEN)
    context = {
        "title": "Check again",
        "lead": "Marks were corrected after a case was opened, a letter was written or a line was"
        " crossed. Nothing was changed for you: decide what follows.",
    }
    return recheck_list(la).respond(
        request,
        rows,
        context,
        form_options={"schools": school_choices(schools_for(reach, Permission.VIEW_CASE))},
        on_export=written_down(reach, on="cases.Recheck:list", what="things to check again"),
    )


def recheck_list(la: str) -> ListPage:
    """The list, declared for one authority."""
    return ListPage(
        name="check-again",
        noun="thing to check",
        plural="things to check",
        columns=[
            Column(
                "pupil",
                "Pupil",
                lambda row: row.enrolment.pupil.name,
                order_by=("enrolment__pupil__sort_name",),
                href=lambda row: reverse("cases:recheck", args=[la, row.reference]),
            ),
            Column("what", "What relied on the marks", lambda row: relied_on(row)),
            Column("school", "School", lambda row: row.school.name, order_by=("school__name",)),
            Column("marks", "Marks corrected", lambda row: len(row.changes), numeric=True),
            Column(
                "holds",
                "Would it hold today?",
                lambda row: "Yes" if row.holds else "No",
                order_by=("holds",),
            ),
            Column(
                "found",
                "Found",
                lambda row: row.found_at,
                order_by=("found_at",),
                show=words,
                descending_first=True,
            ),
            Column(
                "decision",
                "Decision",
                lambda row: row.get_decision_display() or "To be decided",
                order_by=("decision",),
            ),
        ],
        sort="-found",
        filter_form=RecheckFilters,
        filters={
            "state": lambda rows, state: STATES[state](rows),
            "kind": lambda rows, kind: rows.filter(**KINDS[kind]),
            "school": lambda rows, urn: rows.filter(school__urn=urn),
        },
        search=lambda rows, typed: rows.filter(reference__istartswith=typed),
        search_label="Reference",
        nothing_yet="No corrected mark has changed what a case, a letter or the worklist rests on.",
    )


@require_http_methods(["GET", "HEAD", "POST"])
def recheck(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """What it rested on then, what the same sessions say now, and the decision."""
    reach = request.reach
    deciding = request.method == "POST"
    found = recheck_for(
        reach, reference, Permission.CHANGE_CASE if deciding else Permission.VIEW_CASE
    )
    form = DecideForm(request.POST if deciding else None, initial={"seen": found.amendments})
    if deciding and form.is_valid():
        try:
            service.decide(
                reach=reach,
                recheck=found,
                decision=Decision(form.cleaned_data["decision"]),
                reason=form.cleaned_data["reason"],
                seen=form.cleaned_data["seen"],
                now=timezone.now(),
            )
        except DomainError as problem:
            form.add_error(None, problem.message)
        else:
            messages.success(request, "Decision kept")
            return redirect("cases:recheck", la=la, reference=reference)
    return render(request, "cases/recheck.html", _recheck(request, found, form))


def _recheck(request: AuthorityRequest, found: Recheck, form: DecideForm) -> dict[str, Any]:
    reach, la = request.reach, request.authority.code
    in_full = reach.may(Permission.VIEW_SENSITIVE, found.school)
    return {
        "found": found,
        "form": form,
        "what": relied_on(found),
        "what_href": _href(found, la),
        "pupil_href": reverse("attendance:pupil", args=[la, found.enrolment.pupil.reference]),
        "tags": [
            {
                "text": found.get_decision_display() or "To be decided",
                "colour": COLOURS[found.decision],
            }
        ],
        "headings": ["", "Then", "With the corrected marks"],
        "rows": then_and_now(found),
        "change_headings": ["Session", "Was", "Became", "Reason", "Who", "When"],
        "changes": changed_rows(found, in_full=in_full),
        "may_decide": not found.decision and reach.may(Permission.CHANGE_CASE, found.school),
    }


def _href(found: Recheck, la: str) -> str:
    """The page of what relied on the marks."""
    if found.case is not None:
        return reverse("cases:case", args=[la, found.case.reference])
    if found.case_letter is not None:
        return reverse("cases:letter", args=[la, found.case_letter.letter.reference])
    return reverse("attendance:pupil_proof", args=[la, found.enrolment.pupil.reference])
