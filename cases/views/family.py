"""The family of a case, and the questions between schools about brothers and sisters."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from authorities.access import NotFound
from authorities.http import AuthorityRequest
from authorities.permissions import Permission
from cases.access import case_for, share_for, shares_for
from cases.forms.family import AnswerForm, AskForm, ShareFilters
from cases.models import Basis, ShareState, SiblingShare
from cases.selectors.family import MASKED, clashes, family_of
from cases.services import siblings as service
from cases.views.pages import case_page
from frontend.lists import Column, ListPage
from frontend.templatetags.govuk import words
from rules.errors import DomainError


@require_safe
def family(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """The brothers and sisters of a case's pupil, as the reader may know them."""
    reach = request.reach
    found = case_for(reach, reference, Permission.VIEW_CASE)
    known = family_of(found, reach, reach.today)
    service.read(reach=reach, case=found, family=known)
    context = {
        **case_page(reach, found, "family"),
        "family": known,
        "clashes": clashes(found, reach, reach.today),
        "may_ask": found.closed_on is None and reach.may(Permission.CHANGE_CASE, found.school),
        "details_href": reverse("attendance:pupil_details", args=[la, found.pupil.reference]),
    }
    return render(request, "cases/family/family.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def family_ask(request: AuthorityRequest, la: str, reference: str, sibling: str) -> HttpResponse:
    """Ask another school about a brother or sister. Nothing about the child shows here."""
    reach = request.reach
    found = case_for(reach, reference, Permission.CHANGE_CASE)
    known = family_of(found, reach, reach.today)
    one = next((one for one in known.siblings if one.key == sibling), None)
    if one is None:
        raise NotFound("We cannot find that pupil. The record may have changed.")
    if one.shown:
        return redirect("cases:family", la=la, reference=reference)
    asked = request.method == "POST"
    form = AskForm(request.POST if asked else None, today=reach.today)
    if asked and form.is_valid():
        typed = form.cleaned_data
        try:
            service.ask(
                reach=reach,
                case=found,
                key=sibling,
                basis=Basis(typed["basis"]),
                why=typed["why"],
                until=typed["until"],
                today=reach.today,
                now=timezone.now(),
            )
        except DomainError as problem:
            form.add_error(None, problem.message)
        else:
            messages.success(request, "The other school was asked. You see its answer here.")
            return redirect("cases:family", la=la, reference=reference)
    context = {**case_page(reach, found, "family", "Ask about a brother or sister"), "form": form}
    return render(request, "cases/family/ask.html", context)


@require_safe
def sibling_requests(request: AuthorityRequest, la: str) -> HttpResponse:
    """What other schools ask about pupils of this one."""
    request.reach.require(Permission.SHARE_SIBLING)
    context = {
        "title": "Questions about siblings",
        "lead": "Another school has a case for a brother or sister of one of your pupils. You "
        "decide what its people may know.",
    }
    return share_list(la).respond(request, shares_for(request.reach), context)


def share_list(la: str) -> ListPage:
    """The list, declared for one authority."""
    return ListPage(
        name="sibling-questions",
        noun="question",
        columns=[
            Column(
                "pupil",
                "Your pupil",
                lambda row: row.enrolment.pupil.name,
                order_by=("enrolment__pupil__sort_name",),
                href=lambda row: reverse("cases:sibling_request", args=[la, row.reference]),
            ),
            Column("by", "Asked by", lambda row: row.school.name, order_by=("school__name",)),
            Column("state", "State", lambda row: row.get_state_display(), order_by=("state",)),
            Column(
                "asked",
                "Asked",
                lambda row: row.asked_at,
                order_by=("asked_at",),
                show=words,
                descending_first=True,
            ),
        ],
        sort="-asked",
        filter_form=ShareFilters,
        filters={"state": lambda rows, state: rows.filter(state=state)},
        nothing_yet="Nobody has asked about a pupil of yours.",
    )


@require_http_methods(["GET", "HEAD", "POST"])
def sibling_request(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """One question: who asks, why, on what basis, for how long; and the answer."""
    reach = request.reach
    found = share_for(reach, reference)
    answered = request.method == "POST"
    form = AnswerForm(request.POST if answered else None)
    if answered and form.is_valid():
        try:
            service.answer(
                reach=reach,
                share=found,
                accept=form.cleaned_data["answer"] == "accept",
                words=form.cleaned_data["words"],
                today=reach.today,
                now=timezone.now(),
            )
        except DomainError as problem:
            form.add_error(None, problem.message)
        else:
            messages.success(request, "Answered. The school that asked sees it.")
            return redirect("cases:sibling_request", la=la, reference=reference)
    return render(request, "cases/family/question.html", {"form": form, **_question(found)})


def _question(found: SiblingShare) -> dict[str, Any]:
    """The asking school's pupil is named once it was accepted, and never from a restricted case."""
    named = found.state == ShareState.ACCEPTED and not found.case.restricted
    return {
        "found": found,
        "waits": found.state == ShareState.ASKED,
        "rows": [
            {"key": "Your pupil", "value": found.enrolment.pupil.name},
            {"key": "School that asks", "value": found.school.name},
            {"key": "Asked by", "value": found.asked_by.name},
            {
                "key": "Their pupil",
                "value": found.case.pupil.name if named else MASKED,
            },
            {"key": "Lawful basis", "value": found.get_basis_display()},
            {"key": "Why", "value": found.why},
            {"key": "Until", "value": words(found.until)},
        ],
        "tags": [{"text": found.get_state_display(), "colour": COLOURS[found.state]}],
    }


COLOURS = {"asked": "yellow", "accepted": "green", "refused": "grey"}
