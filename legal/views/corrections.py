"""What is legal and rests on marks that were corrected: the list, and one decision."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from audit.record import Kind, record
from authorities.access import Reach
from authorities.exports import written_down
from authorities.http import AuthorityRequest
from authorities.permissions import Permission
from authorities.selectors import schools_for
from cases.forms.cases import school_choices
from frontend.lists import Column, ListPage
from frontend.templatetags.govuk import words
from legal.access import legal_recheck_for, legal_rechecks_for
from legal.forms.corrections import DecideForm, RecheckFilters
from legal.models import LegalRecheck, RecheckEnd
from legal.selectors.corrections import (
    KINDS,
    changed_rows,
    lost_words,
    open_of,
    then_and_now,
    what_of,
)
from legal.services import corrections as service
from rules.errors import DomainError

P = Permission
COLOURS = {
    "": "yellow",
    "stands": "blue",
    "taken up": "purple",
    "withdrawn": "green",
    "returned": "green",
    "stopped": "green",
}
STATES = {
    "ended": lambda rows: rows.exclude(decision__in=["", RecheckEnd.SAME]),
    "same": lambda rows: rows.filter(decision=RecheckEnd.SAME),
    "all": lambda rows: rows,
}
# The page of each kind on which it is put right, where the page itself does not say so.
WAYS = {
    "penalty": ("legal:penalty_withdraw", "Ask for its withdrawal"),
    "request": ("legal:request_review", "Return or refuse it"),
}


@require_safe
def rechecks(request: AuthorityRequest, la: str) -> HttpResponse:
    """What a person has to decide about; on request also what was decided."""
    reach = request.reach
    reach.require(P.VIEW_LEGAL)
    rows = legal_rechecks_for(reach)
    if request.GET.get("export") == "csv":
        reach.require(P.EXPORT)
        rows = rows.filter(reach.schools(P.EXPORT, "school__"))
    if request.GET.get("state", "") not in STATES:
        rows = rows.filter(decision="")
    context = {
        "title": "Corrected marks",
        "lead": "Marks were corrected that something legal rests on. It asks for nothing more until"
        " a person decides. Nothing was reversed for you.",
    }
    return recheck_list(la).respond(
        request,
        rows,
        context,
        form_options={"schools": school_choices(schools_for(reach, P.VIEW_LEGAL))},
        on_export=written_down(reach, on="legal.LegalRecheck:list", what="corrected marks"),
    )


def recheck_list(la: str) -> ListPage:
    """The list, declared for one authority."""
    return ListPage(
        name="corrected-marks",
        noun="thing to decide",
        plural="things to decide",
        columns=[
            Column(
                "what",
                "What rests on the marks",
                what_of,
                order_by=("kind", "thing"),
                href=lambda row: reverse("legal:recheck", args=[la, row.reference]),
            ),
            Column(
                "pupil",
                "Pupil",
                lambda row: row.enrolment.pupil.name,
                order_by=("enrolment__pupil__sort_name",),
            ),
            Column("school", "School", lambda row: row.school.name, order_by=("school__name",)),
            Column("marks", "Half days corrected", lambda row: len(row.lost), numeric=True),
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
            "kind": lambda rows, kind: rows.filter(kind=kind),
            "school": lambda rows, urn: rows.filter(school__urn=urn),
        },
        search=lambda rows, typed: rows.filter(thing__istartswith="".join(typed.split())),
        search_label="Reference of a notice, request or prosecution",
        nothing_yet="No mark was corrected that a notice, a request or a prosecution rests on.",
    )


@require_http_methods(["GET", "HEAD", "POST"])
def recheck(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """What it rested on then, what the register says now, and the decision."""
    reach = request.reach
    deciding = request.method == "POST"
    found = legal_recheck_for(reach, reference, P.DECIDE_NOTICE if deciding else P.VIEW_LEGAL)
    choices = service.choices_of(found)
    form = DecideForm(
        request.POST if deciding else None, choices=choices, initial={"seen": found.amendments}
    )
    if deciding and form.is_valid():
        try:
            service.decide(
                reach=reach,
                recheck=found,
                decision=form.cleaned_data["decision"],
                reason=form.cleaned_data["reason"],
                seen=form.cleaned_data["seen"],
                now=timezone.now(),
            )
        except DomainError as problem:
            form.add_error(None, problem.message)
        else:
            messages.success(request, "Decision kept")
            return redirect("legal:recheck", la=la, reference=reference)
    record(
        Kind.LEGAL_READ,
        by=reach.user,
        authority=found.authority,
        school=found.school,
        on=found,
        reference=found.thing,
        what=f"the corrected marks of a {KINDS[found.kind].label}",
    )
    return render(request, "legal/corrections/one.html", _context(reach, la, found, form, choices))


def _context(
    reach: Reach,
    la: str,
    found: LegalRecheck,
    form: DecideForm,
    choices: list[tuple[str, str]],
) -> dict[str, Any]:
    thing = KINDS[found.kind]
    may = not found.decision and service.may_decide(reach, found)
    own = reach.user.pk == found.relied_by_id
    return {
        "found": found,
        "what": what_of(found),
        "label": thing.label,
        "said": lost_words(found),
        "tags": [
            {
                "text": found.get_decision_display() or "To be decided",
                "colour": COLOURS.get(found.decision, "grey"),
            }
        ],
        "rows": then_and_now(found),
        "changes": changed_rows(found, in_full=reach.may(P.VIEW_SENSITIVE, found.school)),
        "ways": thing.what,
        "way": _way(reach, la, found) if may else None,
        "form": form,
        "save": "Keep the decision" if len(choices) > 1 else "Say that it stands",
        "may_decide": may and bool(choices) and not own,
        "own": may and own,
        "thing_href": reverse(thing.route, args=[la, found.thing]),
        "pupil_href": reverse("attendance:pupil_proof", args=[la, found.enrolment.pupil.reference]),
    }


def _way(reach: Reach, la: str, found: LegalRecheck) -> dict[str, str]:
    """The page on which it is put right."""
    route, text = WAYS.get(
        found.kind, (KINDS[found.kind].route, f"Open the {KINDS[found.kind].label}")
    )
    return {"text": text, "href": reverse(route, args=[la, found.thing])}


def asked_of(subject: str, la: str) -> dict[str, str] | None:
    """What the page of a legal thing says while a person has yet to decide; None for nothing."""
    found = open_of(subject)
    if found is None:
        return None
    return {
        "words": f"Corrected: {lost_words(found)}.",
        "href": reverse("legal:recheck", args=[la, found.reference]),
    }
