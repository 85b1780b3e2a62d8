"""What the policies propose: the list, one of them, and what a person decides."""

from dataclasses import dataclass, field
from typing import Any

from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from authorities.exports import written_down
from authorities.http import AuthorityRequest
from authorities.packs import available
from authorities.permissions import Permission
from authorities.queue import enqueue
from authorities.selectors import schools_for
from cases.access import cases_for, proposal_for, proposals_for
from cases.forms.proposals import DoneForm, LeaveForm, ProposalFilters, school_choices
from cases.models import Proposal, ProposalKind, ProposalState
from cases.selectors.proposals import (
    counts,
    figures,
    next_step,
    one_for_each_pupil,
    others_for,
    pack_title,
    put_together,
    summary,
    what,
)
from cases.services import proposals as service
from frontend.lists import Column, ListPage
from frontend.templatetags.govuk import words
from rules.errors import DomainError

OPEN = ProposalState.OPEN.value
COLOURS = {"open": "yellow", "taken": "green", "left": "grey", "gone": "grey"}
MOST = 200  # left at once: as many as a person can read before they answer for it
LEAD = (
    "What the policies ask for, from the registers up to the end of yesterday."
    " Nothing is done for you: take each one up, or leave it and say why."
)


@require_safe
def proposals(request: AuthorityRequest, la: str) -> HttpResponse:
    """What waits for a decision; on request also what was decided."""
    reach = request.reach
    reach.require(Permission.VIEW_CASE)
    rows, options = proposals_for(reach), _options(request)
    listed, together = _by_state(request, rows), Together()
    if request.GET.get("export") == "csv":
        reach.require(Permission.EXPORT)
        listed = listed.filter(reach.schools(Permission.EXPORT, "school__"))
    else:
        together.rows = proposal_list(la).narrowed(request, listed, form_options=options)
        listed = one_for_each_pupil(together.rows)
    query = request.GET.urlencode()
    actions = []
    if reach.may(Permission.CHANGE_CASE):
        href = reverse("cases:proposals_leave", args=[la])
        actions = [{"text": "Leave all in this list", "href": f"{href}?{query}"}]
    return proposal_list(la, together).respond(
        request,
        listed,
        {
            "title": "Proposals",
            "lead": LEAD,
            "actions": actions,
            "counts": counts(rows),
            "may_look": reach.may(Permission.CHANGE_CASE),
        },
        template="cases/proposals/list.html",
        form_options=options,
        on_export=written_down(reach, on="cases.Proposal:list", what="proposals"),
    )


def _by_state(request: AuthorityRequest, rows: QuerySet[Proposal]) -> QuerySet[Proposal]:
    """Those to decide, unless the address asks for others."""
    asked = request.GET.get("state", "")
    if asked == "all":
        return rows
    return rows.filter(state=asked if asked in ProposalState.values else OPEN)


def _options(request: AuthorityRequest) -> dict[str, Any]:
    packs = [("", "Any"), *((pack.name, pack.pack.title) for pack in available())]
    schools = school_choices(schools_for(request.reach, Permission.VIEW_CASE))
    return {"schools": schools, "packs": packs}


@dataclass
class Together:
    """All that is proposed for each pupil of a page, under the same filters.

    rows  what the filters leave; None where the list has a line for each proposal
    """

    rows: QuerySet[Proposal] | None = None
    found: dict[int, list[Proposal]] = field(default_factory=dict)

    def fetch(self, shown: list[Proposal]) -> None:
        """Look up what belongs to the lines of a page. One query."""
        if self.rows is not None:
            self.found = put_together(self.rows, shown)


def _lines(rows: list[Proposal], la: str) -> list[dict[str, str]]:
    """Each proposal for one pupil, why, and when it goes by itself."""
    return [
        {
            "what": what(one),
            "why": one.why,
            "href": reverse("cases:proposal", args=[la, one.reference]),
            "alone": words(one.settles_on) if one.settles_on else "",
        }
        for one in rows
    ]


def proposal_list(la: str, together: Together | None = None) -> ListPage:
    """The list, declared for one authority: on the page a line for each pupil, in the file one for
    each proposal."""
    together = together or Together()
    return ListPage(
        name="proposals",
        noun="pupil",
        prepare=together.fetch,
        empty_title="Nothing is proposed",
        columns=[
            Column(
                "pupil",
                "Pupil",
                lambda row: row.enrolment.pupil.name,
                order_by=("enrolment__pupil__sort_name",),
                href=lambda row: reverse("cases:proposal", args=[la, row.reference]),
            ),
            Column(
                "what",
                "Proposed",
                lambda row: _lines(together.found[row.enrolment_id], la),
                order_by=("proposes", "target"),
                template="cases/proposals/proposed.html",
                export=False,
            ),
            Column("proposed", "Proposed", what, export="only"),
            Column("why", "Because", lambda row: row.why, export="only"),
            Column("school", "School", lambda row: row.school.name, order_by=("school__name",)),
            Column(
                "year",
                "Year",
                lambda row: row.enrolment.year_group,
                order_by=("enrolment__year_group",),
            ),
            Column(
                "since",
                "Since",
                lambda row: row.since,
                order_by=("since",),
                show=words,
                descending_first=True,
            ),
            Column("alone", "Goes by itself", lambda row: row.settles_on, export="only"),
            Column("policy", "Policy", pack_title, export="only"),
            Column("state", "Decision", lambda row: row.get_state_display(), export="only"),
            Column("reason", "Reason", lambda row: row.reason, export="only"),
            Column("reference", "Reference", lambda row: row.reference, export="only"),
        ],
        sort="-since",
        filter_form=ProposalFilters,
        filters={
            "kind": lambda rows, kind: rows.filter(proposes=kind),
            "alone": lambda rows, _: rows.filter(settles_on__isnull=False),
            "school": lambda rows, urn: rows.filter(school__urn=urn),
            "pack": lambda rows, pack: rows.filter(pack=pack),
        },
        search=lambda rows, typed: rows.filter(
            Q(reference__istartswith=typed) | Q(enrolment__pupil__surname__istartswith=typed)
        ),
        search_label="Surname or reference",
        nothing_yet="No policy asks for anything now. We look again each night.",
    )


@require_http_methods(["GET", "HEAD", "POST"])
def proposal(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """One proposal: what, why and where to take it up; or leave it with a reason."""
    reach = request.reach
    leaving = request.method == "POST"
    found = proposal_for(
        reach, reference, Permission.CHANGE_CASE if leaving else Permission.VIEW_CASE
    )
    form = LeaveForm(request.POST if leaving else None, prefix="leave")
    if leaving and form.is_valid():
        try:
            service.leave(
                proposal=found, reach=reach, reason=form.cleaned_data["reason"], now=timezone.now()
            )
        except DomainError as problem:
            form.add_error(None, problem.message)
        else:
            messages.success(request, "Left, and the reason kept")
            return redirect("cases:proposals", la=la)
    return render(request, "cases/proposals/one.html", _one(request, found, form, DoneForm()))


def _one(
    request: AuthorityRequest, found: Proposal, form: LeaveForm, done: DoneForm
) -> dict[str, Any]:
    reach, la = request.reach, request.authority.code
    case = cases_for(reach).filter(enrolment=found.enrolment_id, closed_on=None).first()
    pupil = [la, found.enrolment.pupil.reference]
    return {
        "found": found,
        "what": what(found),
        "tags": [{"text": found.get_state_display(), "colour": COLOURS[found.state]}],
        "rows": summary(found),
        "figures": figures(found),
        "case": case,
        "others": _lines(others_for(found, proposals_for(reach)), la),
        "is_warning": found.proposes == ProposalKind.WARNING,
        "next": next_step(found, reach, case),
        "pupil_href": reverse("attendance:pupil", args=pupil),
        "proof_href": reverse("attendance:pupil_proof", args=pupil),
        "may_decide": found.state == OPEN and reach.may(Permission.CHANGE_CASE, found.school),
        "form": form,
        "done": done,
    }


@require_POST
def proposal_done(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """Say what was done about it: for a warning, and for what was done elsewhere."""
    reach = request.reach
    found = proposal_for(reach, reference, Permission.CHANGE_CASE)
    done = DoneForm(request.POST)
    if done.is_valid():
        try:
            service.take_up(
                proposal=found, reach=reach, reason=done.cleaned_data["reason"], now=timezone.now()
            )
        except DomainError as problem:
            done.add_error(None, problem.message)
        else:
            messages.success(request, "Taken up, and what you did kept")
            return redirect("cases:proposals", la=la)
    context = _one(request, found, LeaveForm(prefix="leave"), done)
    return render(request, "cases/proposals/one.html", context)


@require_POST
def proposal_hold(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """Keep a letter from going by itself."""
    found = proposal_for(request.reach, reference, Permission.CHANGE_CASE)
    try:
        service.hold_back(proposal=found, reach=request.reach, now=timezone.now())
        messages.success(request, "Held back. A person decides about this letter now")
    except DomainError as problem:
        messages.error(request, problem.message)
    return redirect("cases:proposal", la=la, reference=reference)


@require_http_methods(["GET", "HEAD", "POST"])
def proposals_leave(request: AuthorityRequest, la: str) -> HttpResponse:
    """Leave all of a list for one reason: what will happen first, then the reason."""
    reach = request.reach
    reach.require(Permission.CHANGE_CASE)
    rows = proposals_for(reach).filter(
        reach.schools(Permission.CHANGE_CASE, "school__"), state=OPEN
    )
    if request.method == "POST":
        chosen = list(rows.filter(reference__in=request.POST.getlist("chosen")[:MOST]))
        missed = len(set(request.POST.getlist("chosen"))) - len(chosen)
    else:
        narrowed = proposal_list(la).narrowed(request, rows, form_options=_options(request))
        chosen, missed = list(narrowed.order_by("-since", "pk")[:MOST]), 0
    form = LeaveForm(request.POST or None)
    if request.method == "POST" and chosen and form.is_valid():
        left, decided = service.leave_all(
            proposals=chosen, reach=reach, reason=form.cleaned_data["reason"], now=timezone.now()
        )
        said = f"{left} left, and the reason kept"
        if decided + missed:
            said += f". {decided + missed} had been decided already"
        messages.success(request, said)
        return redirect("cases:proposals", la=la)
    context = {
        "rows": [
            [row.enrolment.pupil.name, what(row), row.school.name, words(row.since)]
            for row in chosen
        ],
        "headings": ["Pupil", "Proposed", "School", "Since"],
        "chosen": [row.reference for row in chosen],
        "form": form,
        "most": MOST,
        "full": len(chosen) == MOST,
    }
    return render(request, "cases/proposals/leave.html", context)


@require_POST
def proposals_look(request: AuthorityRequest, la: str) -> HttpResponse:
    """Look at every register again now, as it stood at the end of yesterday."""
    request.reach.require(Permission.CHANGE_CASE)
    enqueue("cases.propose", authority_id=request.authority.pk)
    messages.success(request, "We are looking at the registers again. Reload in a minute")
    return redirect("cases:proposals", la=la)
