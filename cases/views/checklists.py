"""The checklists of a case: what is shown and by what, what is missing and where to do it."""

import csv
from collections.abc import Mapping
from io import StringIO
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from authorities.http import AuthorityRequest
from authorities.packs import Layer, pack_in_force
from authorities.permissions import Permission
from cases.access import case_for
from cases.forms.checklists import StatementForm
from cases.models import Case, ItemAnswer
from cases.selectors import checklists as selectors
from cases.selectors.checklists import STEPS, GateState, ListState, Requirement
from cases.selectors.evidence import evidence_of
from cases.selectors.letters import prepared_here
from cases.services import checklists as services
from cases.views.pages import case_page
from frontend.lists import safe_cell
from frontend.templatetags.govuk import count_of, words
from letters import render as printing
from rules.errors import DomainError

PRINTED = "letters/case_checklists.html"
# Where each kind of record is made. Each address takes the case's reference.
DO: Mapping[str, tuple[str, str]] = {
    "letter": ("cases:letter_prepare", "Prepare a letter"),
    "call": ("cases:case_contact_add", "Log a contact"),
    "visit": ("cases:case_contact_add", "Log a visit"),
    "meeting_offered": ("cases:meeting_arrange", "Arrange a meeting"),
    "meeting_held": ("cases:meeting_arrange", "Arrange a meeting"),
    "minutes_sent": ("cases:case_contacts", "Send the minutes"),
    "assessment": ("cases:plan", "Write an assessment"),
    "plan": ("cases:plan", "Write a plan"),
    "plan_cycle": ("cases:plan", "Carry on with the plan"),
    "review": ("cases:plan", "Review the plan"),
    "parent_voice": ("cases:plan", "Write what the parent says"),
    "pupil_voice": ("cases:plan", "Write what the pupil says"),
    "contract": ("cases:contracts", "Go to the contracts"),
    "support": ("cases:support", "Add support"),
    "referral": ("cases:case_referrals", "Write a referral"),
    "siblings": ("cases:family", "Look at the family"),
}


def _states(request: AuthorityRequest, found: Case) -> tuple[list[Any], list[GateState]]:
    """Every list with its steps, and every gate, as they stand."""
    policy = pack_in_force(found.school, request.reach.today)
    evidence, statements = evidence_of(found), selectors.statements_of(found)
    return (
        selectors.all_lists(policy, evidence, statements),
        selectors.all_gates(policy, evidence, statements),
    )


def _gate(gate: GateState) -> dict[str, str]:
    """A gate as a row."""
    missing = len(gate.missing)
    return {
        "step": f"Before {STEPS[gate.gate.step]}",
        "lists": (" or " if gate.gate.needs == "any" else " and ").join(
            one.checklist.label for one in gate.lists
        ),
        "source": f"{gate.layer.pack.pack.title}: {gate.gate.source}",
        "state": "All shown" if gate.open else f"{count_of(missing, 'thing')} missing",
        "colour": "green" if gate.open else "yellow",
    }


def _task(item: Requirement, layer: Layer) -> tuple[str, str, str] | None:
    """Where what shows an item is done: the page, in words, and what its address says besides.

    A letter without wording here is sent by the school, and logged.
    """
    if item.item.evidence == "letter":
        letters = [one for one in layer.pack.letters if one.key in item.item.of]
        if letters and not any(prepared_here(one) for one in letters):
            asked = urlencode({"letter": f"{layer.pack.name}:{letters[0].key}"})
            return "cases:letter_log", "Log the letter", f"?{asked}"
    task = DO.get(item.item.evidence)
    return (*task, "") if task else None


def _list(one: ListState, steps: list[str], **about: Any) -> dict[str, Any]:
    """A checklist as the page and the print show it."""
    about_pack = one.layer.pack
    shown = len(one.requirements) - len(one.missing)
    return {
        "label": one.checklist.label,
        "source": f"{about_pack.pack.title}, edition {about_pack.edition}: {one.checklist.source}",
        "note": one.checklist.note,
        "before": ", ".join(STEPS[step] for step in steps),
        "count": f"{shown} of {len(one.requirements)} shown",
        "met": one.met,
        "rows": [_row(item, layer=one.layer, **about) for item in one.requirements],
    }


def _row(
    item: Requirement, *, layer: Layer, la: str, found: Case, in_full: bool, change: bool
) -> dict[str, Any]:
    """An item: its state, what shows it, and what to do."""
    task = _task(item, layer)
    stated = item.stated
    before = item.before
    if item.by_records or (stated and stated.answer == ItemAnswer.SHOWN):
        state, colour = ("Shown" if item.by_records else "Stated"), "green"
    elif stated:
        state, colour = "Does not apply", "grey"
    else:
        state, colour = "Missing", "yellow"
    return {
        "words": item.item.words,
        "source": item.item.source,
        "state": state,
        "colour": colour,
        "needs": f"{len(item.records)} of {item.item.at_least}" if item.item.at_least > 1 else "",
        "records": [
            {
                "href": reverse(shown.route, args=[la, *shown.at]) if shown.route else "",
                "text": shown.words,
                "day": words(shown.on),
                "by": shown.by,
            }
            for shown in item.records
        ],
        "stated": stated
        and {
            "words": stated.words if in_full else "",
            "by": stated.by,
            "day": words(stated.on),
            "answer": ItemAnswer(stated.answer).label,
        },
        "before": f"Stated before by {before.by}, under edition {before.edition}. State it again."
        if before
        else "",
        "do": {"href": f"{reverse(task[0], args=[la, found.reference])}{task[2]}", "text": task[1]}
        if task and change and not item.met
        else None,
        "state_href": f"{reverse('cases:checklist_state', args=[la, found.reference])}"
        f"?item={item.key}"
        if change
        else "",
    }


def _shown(request: AuthorityRequest, found: Case, *, change: bool) -> dict[str, Any]:
    """Gates and lists, as page and print show them."""
    lists, gates = _states(request, found)
    about = {
        "la": request.authority.code,
        "found": found,
        "in_full": request.reach.may(Permission.VIEW_SENSITIVE, found.school),
        "change": change,
    }
    return {
        "gates": [_gate(gate) for gate in gates],
        "lists": [_list(one, steps, **about) for one, steps in lists],
    }


@require_safe
def checklists(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """Every checklist in force: shown, stated, missing, and where to do what is missing."""
    found = case_for(request.reach, reference, Permission.VIEW_CASE)
    page = case_page(request.reach, found, "checklists")
    context = {
        **page,
        **_shown(request, found, change=page["may_change"]),
        "may_export": request.reach.may(Permission.EXPORT, found.school),
    }
    return render(request, "cases/checklists/checklists.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def checklist_state(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """State something about an item. The address may name the item; it names nobody."""
    reach = request.reach
    found = case_for(reach, reference, Permission.CHANGE_CASE)
    lists, _ = _states(request, found)
    form = StatementForm(
        request.POST if request.method == "POST" else None,
        lists=[one for one, _ in lists],
        chosen=request.GET.get("item", ""),
        today=reach.today,
    )
    if form.is_valid():
        try:
            services.state(
                reach=reach,
                case=found,
                statement=form.statement(),
                today=reach.today,
                now=timezone.now(),
            )
        except DomainError as problem:
            form.add_error(None, problem.message)
        else:
            messages.success(request, "Your statement is on file")
            return redirect("cases:checklists", la=la, reference=reference)
    context = {
        **case_page(reach, found, "checklists", "State something about an item"),
        "form": form,
        "lead": "A record counts for more. State only what the records cannot show.",
        "save": "Save the statement",
        "cancel": reverse("cases:checklists", args=[la, reference]),
    }
    return render(request, "cases/contracts/form.html", context)


@require_safe
def checklists_csv(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """Every item with its state and what shows it, as a file."""
    found = case_for(request.reach, reference, Permission.EXPORT)
    out = StringIO()
    writer = csv.writer(out)
    writer.writerow(["Checklist", "Needed before", "Item", "State", "Shown by", "Source"])
    for one in _shown(request, found, change=False)["lists"]:
        for row in one["rows"]:
            cells = [one["label"], one["before"], row["words"], row["state"], _by(row)]
            writer.writerow([safe_cell(cell) for cell in [*cells, row["source"]]])
    services.taken_away(reach=request.reach, case=found)
    response = HttpResponse("\ufeff" + out.getvalue(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="checklists-{reference}.csv"'
    return response


def _by(row: dict[str, Any]) -> str:
    """What shows an item, in one cell."""
    said = [f"{record['day']}: {record['text']}" for record in row["records"]]
    if row["stated"]:
        one = row["stated"]
        said.append(f"{one['day']}: {one['answer']}, {one['by']}. {one['words']}".strip())
    return "; ".join(said)


@require_safe
def checklists_pdf(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """The same, to print. Its file name holds the case's reference, never a name."""
    found = case_for(request.reach, reference, Permission.VIEW_CASE)
    context = {
        **_shown(request, found, change=False),
        "case": found,
        "printed_on": request.reach.today,
        "printed_by": request.user.name,
    }
    made = printing.pdf(PRINTED, context)
    services.taken_away(reach=request.reach, case=found)
    response = HttpResponse(made, content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="checklists-{reference}.pdf"'
    return response
