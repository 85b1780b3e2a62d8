"""The pages of Notices to Improve: the list, one of them, writing, issuing, each step."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from attendance.addressing import Way
from audit.record import Kind, record
from authorities.access import NotFound, Reach
from authorities.exports import written_down
from authorities.http import AuthorityRequest
from authorities.permissions import Permission
from authorities.selectors import schools_for
from cases.access import case_for
from cases.forms.referrals import school_choices
from cases.views.pages import case_page
from frontend.charts import allowed_days
from frontend.charts.drawing import svg
from frontend.lists import Column, ListPage
from frontend.templatetags.govuk import words
from legal.access import improvement_for, improvements_for
from legal.forms.improvements import (
    TEXTS,
    ImprovementFilters,
    ImprovementForm,
    IssueForm,
    NotUsedForm,
    StepForm,
)
from legal.models import ImprovementNotice
from legal.selectors import improvements as selectors
from legal.selectors.gates import gate_of
from legal.services import improvements as services
from legal.services.papers import Release
from legal.views.corrections import asked_of
from letters.models import Route
from rules.dates import in_words
from rules.errors import DomainError
from rules.notice_stages import IMPROVEMENT, ImprovementState

P = Permission
S = ImprovementState
COLOURS = {
    S.SENT: "blue",
    S.RETURNED: "yellow",
    S.RUNNING: "blue",
    S.TOLD: "orange",
    S.IMPROVED: "green",
    S.NOT_IMPROVED: "red",
    S.ENDED_EARLY: "red",
}


@dataclass(frozen=True, slots=True)
class Step:
    """One step that has a page: who may, whether words are asked, and what it says when done.

    words  "must", "may" or "none"
    """

    permission: Permission
    words: str
    done: str
    service: Callable[..., ImprovementNotice]


STEPS: Mapping[str, Step] = {
    "send": Step(P.PREPARE_NOTICE, "none", "Sent for decision", services.send),
    "take_back": Step(P.PREPARE_NOTICE, "none", "It is a draft again", services.take_back),
    "return": Step(P.DECIDE_NOTICE, "must", "Returned with your reasons", services.send_back),
    "outcome": Step(P.PREPARE_NOTICE, "none", "The outcome is on record", services.record_outcome),
    "tell": Step(P.PREPARE_NOTICE, "may", "The parents are being told", services.tell_early_end),
    "go_on": Step(P.PREPARE_NOTICE, "none", "It runs on", services.go_on),
    "end_early": Step(P.DECIDE_NOTICE, "may", "It ended early", services.end_early),
    "tell_outcome": Step(
        P.PREPARE_NOTICE, "none", "The parents are being told", services.tell_outcome
    ),
    "withdraw": Step(P.DECIDE_NOTICE, "must", "Withdrawn", services.withdraw),
}
OUTCOME = {"improve", "fail"}  # read off the register, as one step
LEADS = {
    "send": "Somebody who decides on notices reads it next. You cannot decide on your own.",
    "outcome": "How the weeks went is read off the register. Nobody chooses it.",
    "tell": "Each parent gets a letter now. Then somebody else decides whether it ends.",
    "tell_outcome": "Each parent gets a letter that says how it went.",
    "withdraw": "Tell the parents next. Nothing that was written is lost.",
}


@require_safe
def improvements(request: AuthorityRequest, la: str) -> HttpResponse:
    """Every Notice to Improve that the person may see."""
    reach = request.reach
    reach.require(P.VIEW_LEGAL)
    rows = improvements_for(reach)
    if request.GET.get("export") == "csv":
        reach.require(P.EXPORT)
        rows = rows.filter(reach.schools(P.EXPORT, "school__"))
    context = {
        "title": "Notices to Improve",
        "lead": "The last offer of help before a penalty notice, and how its weeks go.",
    }
    return improvement_list(la, reach.today).respond(
        request,
        rows,
        context,
        form_options={"schools": school_choices(schools_for(reach, P.VIEW_LEGAL))},
        on_export=written_down(reach, on="legal.ImprovementNotice:list", what="Notices to Improve"),
    )


def improvement_list(la: str, today: date) -> ListPage:
    """The list, declared for one authority."""
    return ListPage(
        name="improvements",
        noun="Notice to Improve",
        plural="Notices to Improve",
        columns=[
            Column(
                "pupil",
                "Pupil",
                lambda row: row.enrolment.pupil.name,
                order_by=("enrolment__pupil__sort_name",),
                href=lambda row: reverse("legal:improvement", args=[la, row.reference]),
            ),
            Column("school", "School", lambda row: row.school.name, order_by=("school__name",)),
            Column(
                "state",
                "State",
                lambda row: row.get_state_display(),
                order_by=("state",),
                template="legal/cells/improvement_state.html",
            ),
            Column(
                "issued",
                "Issued",
                lambda row: row.issued_on,
                order_by=("issued_on",),
                show=words,
                descending_first=True,
            ),
            Column("ends", "Weeks end", lambda row: row.ends_on, order_by=("ends_on",), show=words),
        ],
        sort="ends",
        filter_form=ImprovementFilters,
        filters={
            "state": lambda rows, state: (
                selectors.due_for_outcome(rows, today)
                if state == "due"
                else rows.filter(state=state)
            ),
            "school": lambda rows, urn: rows.filter(school__urn=urn),
        },
        search=lambda rows, typed: rows.filter(reference__istartswith=typed),
        search_label="Reference",
        nothing_yet="A notice is written from a case, on its page Legal. It shows here then.",
    )


@require_http_methods(["GET", "HEAD", "POST"])
def improvement_new(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """What a Notice to Improve is, those of the case, and the button that starts one."""
    reach = request.reach
    case = case_for(reach, reference, P.PREPARE_NOTICE)
    problem = ""
    if request.method == "POST":
        try:
            made = services.begin(reach=reach, case=case, today=reach.today, now=timezone.now())
        except DomainError as error:
            problem = error.message
        else:
            return redirect("legal:improvement_write", la=la, reference=made.reference)
    rows = [
        {
            "href": reverse("legal:improvement", args=[la, row.reference]),
            "text": f"Notice of {words(row.issued_on)}" if row.issued_on else "Not issued",
            "state": row.get_state_display(),
            "colour": COLOURS.get(S(row.state), "grey"),
        }
        for row in selectors.improvements_of(case)
    ]
    context = {
        **case_page(reach, case, "legal:case", "Notice to Improve"),
        "rows": rows,
        "problem": problem,
        "side": selectors.side_of(case, reach.today),
    }
    return render(request, "legal/improvements/new.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def improvement_none(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """Write down why no Notice to Improve is used."""
    reach = request.reach
    case = case_for(reach, reference, P.PREPARE_NOTICE)
    form = NotUsedForm(
        request.POST if request.method == "POST" else None,
        reasons=IMPROVEMENT.reasons_for("not_use"),
    )
    if form.is_valid():
        try:
            made = services.not_used(
                reach=reach,
                case=case,
                why=form.cleaned_data["why"],
                words=form.cleaned_data["words"],
                today=reach.today,
                now=timezone.now(),
            )
        except DomainError as error:
            form.add_error(None, error.message)
        else:
            messages.success(request, "The reason is on record")
            return redirect("legal:improvement", la=la, reference=made.reference)
    context = {
        **case_page(reach, case, "legal:case", "No Notice to Improve is used"),
        "form": form,
        "save": "Save the reason",
        "cancel": reverse("legal:improvement_new", args=[la, reference]),
    }
    return render(request, "cases/contracts/form.html", context)


@require_safe
def improvement(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """One notice: what it says, how its weeks go, its letters, its history, what next."""
    reach = request.reach
    row = improvement_for(reach, reference, P.VIEW_LEGAL)
    state = S(row.state)
    record(
        Kind.LEGAL_READ,
        by=reach.user,
        authority=row.authority,
        school=row.school,
        on=row,
        what="Notice to Improve",
        reference=row.reference,
    )
    contacts = reach.may(P.VIEW_CONTACTS, row.school)
    context = {
        **_heading(reach, row, "Notice to Improve"),
        "row": row,
        "asked": asked_of(selectors.subject_of(row), la),
        "next": IMPROVEMENT.next[state],
        "contents": [
            (label, getattr(row, name)) for name, (label, _) in TEXTS.items() if getattr(row, name)
        ],
        "about": _about(row),
        "progress": _progress(request, row),
        "parents": [
            {
                "name": one.adult.name if contacts else "A parent",
                "letter": one.letter and one.letter.letter,
                "told": one.told and one.told.letter,
            }
            for one in row.parents.select_related(
                "adult", "letter__letter", "told__letter"
            ).order_by("pk")
        ],
        "gate": [group for group in (row.gate.get("groups") or []) if group["requirements"]],
        "overrides": row.gate.get("overrides") or [],
        "actions": _actions(reach, row),
        "timeline": [
            {
                "title": _said(event.event),
                "by": event.made_by.name if event.made_by else "",
                "day": event.on,
                "text": event.words,
            }
            for event in selectors.events_of(row)
        ],
    }
    return render(request, "legal/improvements/one.html", context)


def _heading(reach: Reach, row: ImprovementNotice, title: str) -> dict[str, Any]:
    row.case.school, row.case.pupil = row.school, row.enrolment.pupil
    state = S(row.state)
    return {
        **case_page(reach, row.case, "legal:case", title),
        "tags": [{"text": IMPROVEMENT.labels[state], "colour": COLOURS.get(state, "grey")}],
    }


def _said(event: str) -> str:
    """A line of the history."""
    if event == "begin":
        return "Begun"
    found = next((move.words for move in IMPROVEMENT.moves if move.event == event), event)
    return f"{found[:1].upper()}{found[1:]}"


def _about(row: ImprovementNotice) -> list[dict[str, str]]:
    issuer = "The school" if row.side == "school" else "The council"
    rows = [
        ("Reference", row.reference),
        ("Issued by", f"{issuer}: {row.decided_by.name}" if row.decided_by else issuer),
        ("Issued", words(row.issued_on) if row.issued_on else ""),
        (
            "Weeks",
            f"{row.weeks} school weeks, {words(row.starts_on)} to {words(row.ends_on)}"
            if row.ends_on
            else "",
        ),
        (
            "Passed with",
            f"{row.at_most_percent}% or less of the half days missed without leave"
            if row.at_most_percent is not None
            else "",
        ),
        ("Threshold that day", row.proof.get("threshold", {}).get("verdict", "")),
        ("How it went", row.result.get("words", "")),
        ("Why none is used", row.words),
        ("Written by", f"{row.made_by.name}, {words(row.made_at.date())}"),
    ]
    return [{"key": key, "value": value} for key, value in rows if value]


def _progress(request: AuthorityRequest, row: ImprovementNotice) -> dict[str, Any] | None:
    if S(row.state) in (S.WITHDRAWN, S.NOT_USED):
        return None
    found = services.progress_of(row, request.reach.today)
    if found is None:
        return None
    return {
        "said": found.words,
        "src": reverse("legal:improvement_progress", args=[request.authority.code, row.reference]),
        "table": allowed_days.table(found.weeks, allowed=found.allowed),
        "alt": found.words,
    }


@require_safe
def improvement_progress(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """Days missed without leave against the most that it allows, as SVG. It names nobody."""
    row = improvement_for(request.reach, reference, P.VIEW_LEGAL)
    found = services.progress_of(row, request.reach.today)
    if found is None:
        raise NotFound("We cannot find that picture.")
    spec = allowed_days.spec(
        found.weeks,
        allowed=found.allowed,
        title="Days missed without leave, and the most the notice allows",
    )
    return HttpResponse(svg(spec), content_type="image/svg+xml")


def _actions(reach: Reach, row: ImprovementNotice) -> list[dict[str, str]]:
    """The buttons: every step from here that this person may take."""
    la = reach.authority.code
    found: list[dict[str, str]] = []
    for event, text in _events(row, reach.today):
        if event == "issue":
            permission, address = (
                P.DECIDE_NOTICE,
                reverse("legal:improvement_issue", args=[la, row.reference]),
            )
        elif event == "write":
            permission, address = (
                P.PREPARE_NOTICE,
                reverse("legal:improvement_write", args=[la, row.reference]),
            )
        else:
            permission, address = (
                STEPS[event].permission,
                reverse("legal:improvement_step", args=[la, row.reference, event]),
            )
        if reach.may(permission, row.school):
            found.append({"text": text, "href": address})
    return found


def _events(row: ImprovementNotice, today: date) -> list[tuple[str, str]]:
    """The steps that lead on from here, with their buttons."""
    state = S(row.state)
    if row.case.closed_on is not None and state in services.EDITABLE:
        return []
    found = [("write", "Write it")] if state in services.EDITABLE else []
    told = row.parents.filter(told__isnull=False).exists()
    for move in IMPROVEMENT.moves_from(state):
        if move.event in OUTCOME:
            over = row.ends_on is not None and row.ends_on < today
            if over and ("outcome", "Record how it went") not in found:
                found.insert(0, ("outcome", "Record how it went"))
        elif move.event == "not_use" or (move.event == "tell_outcome" and told):
            continue
        else:
            found.append((move.event, move.words))
    if state in (S.ENDED_EARLY, S.WITHDRAWN) and row.issued_on and not told:
        found.insert(0, ("tell_outcome", "Tell the parent the outcome"))
    return found


@require_http_methods(["GET", "HEAD", "POST"])
def improvement_write(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """Write what the notice says. Nothing goes out."""
    reach = request.reach
    row = improvement_for(reach, reference, P.PREPARE_NOTICE)
    if S(row.state) not in services.EDITABLE:
        messages.info(request, "This notice is not a draft any more. Take it back to change it.")
        return redirect("legal:improvement", la=la, reference=reference)
    initial = {
        **{name: getattr(row, name) for name in TEXTS},
        "weeks": row.weeks,
        "starts_on": row.starts_on,
        "at_most_percent": row.at_most_percent,
        "adults": [adult.reference for adult in selectors.adults_of(row)],
        "version": row.version,
    }
    around = selectors.parents_of(row.case, reach.today)
    form = ImprovementForm(
        request.POST if request.method == "POST" else None, initial=initial, around=around
    )
    if form.is_valid():
        try:
            services.save(
                reach=reach,
                notice=row,
                wording=form.wording(),
                version=form.cleaned_data["version"],
                today=reach.today,
            )
        except DomainError as error:
            form.add_error(None, error.message)
        else:
            messages.success(request, "Saved. Nothing has gone out")
            return redirect("legal:improvement", la=la, reference=reference)
    context = {
        **_heading(reach, row, "Write the Notice to Improve"),
        "form": form,
        "lead": "We filled in what the record holds. Read every word: a family and a court will.",
        "save": "Save",
        "cancel": reverse("legal:improvement", args=[la, reference]),
    }
    return render(request, "cases/contracts/form.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def improvement_issue(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """What the gate says, whom it goes to, and the button that issues it."""
    reach = request.reach
    row = improvement_for(reach, reference, P.DECIDE_NOTICE)
    try:
        IMPROVEMENT.move_for(S(row.state), "issue")
    except DomainError as error:
        messages.info(request, error.message)
        return redirect("legal:improvement", la=la, reference=reference)
    row.enrolment.school = row.school
    answer = gate_of(
        enrolment=row.enrolment,
        step=selectors.STEP,
        today=reach.today,
        case=row.case,
        improvement=row,
        by=reach,
    )
    chosen = {adult.reference for adult in selectors.adults_of(row)}
    around = [
        one for one in selectors.parents_of(row.case, reach.today) if one.adult.reference in chosen
    ]
    doubts = [one for one in around if one.decision.way == Way.HOLD]
    form = IssueForm(
        request.POST if request.method == "POST" else None,
        initial={"version": row.version, "seen": answer.seen},
        doubts=doubts,
    )
    if form.is_valid():
        releases = {
            one.adult.reference: Release(
                Route(form.cleaned_data[f"route_{one.adult.reference}"]),
                form.cleaned_data[f"reason_{one.adult.reference}"],
                one.decision.codes,
            )
            for one in doubts
        }
        try:
            services.issue(
                reach=reach,
                notice=row,
                version=form.cleaned_data["version"],
                seen=form.cleaned_data["seen"],
                today=reach.today,
                now=timezone.now(),
                releases=releases,
            )
        except DomainError as error:
            form.add_error(None, error.message)
        else:
            messages.success(request, "Issued. Each parent is being written to")
            return redirect("legal:improvement", la=la, reference=reference)
    context = {
        **_heading(reach, row, "Issue the Notice to Improve"),
        "form": form,
        "row": row,
        "answer": answer,
        "blocking": answer.blocking,
        "parents": [f"{one.adult.name}, {one.link.relationship}" for one in around],
        "cancel": reverse("legal:improvement", args=[la, reference]),
        "gate_href": reverse("legal:case", args=[la, row.case.reference]),
        "ends": in_words(row.ends_on) if row.ends_on else "",
    }
    return render(request, "legal/improvements/issue.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def improvement_step(
    request: AuthorityRequest, la: str, reference: str, event: str
) -> HttpResponse:
    """One step of a notice, confirmed on a page of its own."""
    reach = request.reach
    step = STEPS.get(event)
    if step is None:
        raise NotFound("We cannot find that page.")
    row = improvement_for(reach, reference, step.permission)
    title = dict(_events(row, reach.today)).get(event, "")
    if not title:
        messages.info(request, _not_now(row, event))
        return redirect("legal:improvement", la=la, reference=reference)
    form = StepForm(
        request.POST if request.method == "POST" else None,
        initial={"version": row.version},
        reasons=IMPROVEMENT.reasons_for(event),
        words=step.words,
    )
    if form.is_valid():
        try:
            step.service(
                reach=reach,
                notice=row,
                today=reach.today,
                now=timezone.now(),
                **_given(event, form.cleaned_data),
            )
        except DomainError as error:
            form.add_error(None, error.message)
        else:
            messages.success(request, step.done)
            return redirect("legal:improvement", la=la, reference=reference)
    context = {
        **_heading(reach, row, title),
        "form": form,
        "lead": LEADS.get(event, ""),
        "save": title,
        "cancel": reverse("legal:improvement", args=[la, reference]),
    }
    return render(request, "cases/contracts/form.html", context)


def _given(event: str, cleaned: Mapping[str, Any]) -> dict[str, Any]:
    """What the form gave, by the names of the service."""
    found = {"version": cleaned["version"]}
    if "why" in cleaned:
        found["why"] = cleaned["why"]
    if "words" in cleaned:
        found["reason" if event == "tell" else "words"] = cleaned["words"]
    return found


def _not_now(row: ImprovementNotice, event: str) -> str:
    """Why a step cannot be taken now, in a sentence."""
    try:
        IMPROVEMENT.move_for(S(row.state), "improve" if event == "outcome" else event)
    except DomainError as error:
        return error.message
    if event == "outcome" and row.ends_on is not None:
        return f"Its weeks run until {in_words(row.ends_on)}. Record how it went after that."
    return "That was done already."
