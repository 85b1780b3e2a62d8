"""Requests for penalty notices: the queue, writing, declaring, sending, the review."""

from collections.abc import Callable
from datetime import date
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from authorities.access import Forbidden, Reach
from authorities.exports import written_down
from authorities.http import AuthorityRequest
from authorities.packs import pack_in_force
from authorities.permissions import Permission
from authorities.selectors import schools_for
from cases.access import case_for
from cases.views.pages import case_page
from frontend.lists import Column, ListPage
from frontend.templatetags.govuk import words
from legal.access import improvements_for, request_for, requests_for
from legal.forms.requests import (
    AttachForm,
    RequestFilters,
    ReviewForm,
    SendForm,
    TakeBackForm,
    WriteForm,
    school_choices,
)
from legal.models import Lane, NoticeRequest, RequestParent
from legal.selectors import requests as selectors
from legal.selectors.deciders import Deciders, deciders_of, refusal_of
from legal.selectors.leave_lane import lane_of_request
from legal.selectors.request_asks import asks_of, rows_of
from legal.selectors.request_facts import (
    WRITABLE,
    checked,
    facts_of,
    gates_of_request,
    links_of,
    parents_of,
    record_of,
    records_to_attach,
    seen_of,
    sessions_shown,
    step_of,
)
from legal.services import request_documents as documents
from legal.services import requests as service
from legal.views.corrections import asked_of
from letters import render as printing
from rules.errors import DomainError
from rules.notice_stages import REQUEST, ImprovementState, RequestState
from rules.request_lint import RETURNED_FOR

P = Permission
PAGE = ["GET", "HEAD", "POST"]
TEMPLATE = "letters/request.html"
FOLLOWED = (
    ImprovementState.ENDED_EARLY,
    ImprovementState.NOT_IMPROVED,
    ImprovementState.NOT_USED,
)


# The queue


@require_safe
def requests(request: AuthorityRequest, la: str) -> HttpResponse:
    """Every request that the person may see, by state, kind, school and how long it waits."""
    reach = request.reach
    reach.require(P.VIEW_SENSITIVE)
    reach.require(P.VIEW_LEGAL)
    rows = requests_for(reach).filter(reach.schools(P.VIEW_SENSITIVE, "school__"))
    if request.GET.get("export") == "csv":
        reach.require(P.EXPORT)
        rows = rows.filter(reach.schools(P.EXPORT, "school__"))
    context = {
        "title": "Requests for penalty notices",
        "lead": "What schools ask for, who decides, and whose turn it is.",
    }
    return request_list(la, reach.today).respond(
        request,
        selectors.listed(rows),
        context,
        form_options={"schools": school_choices(schools_for(reach, P.VIEW_LEGAL))},
        on_export=written_down(reach, on="legal.NoticeRequest:list", what="requests for notices"),
    )


def request_list(la: str, today: date) -> ListPage:
    """The list, declared for one authority and day."""
    return ListPage(
        name="requests",
        noun="request",
        columns=[
            Column(
                "pupil",
                "Pupil",
                lambda row: row.enrolment.pupil.name,
                order_by=("enrolment__pupil__sort_name",),
                href=lambda row: reverse("legal:request", args=[la, row.reference]),
            ),
            Column("school", "School", lambda row: row.school.name, order_by=("school__name",)),
            Column("lane", "Kind", lambda row: row.get_lane_display(), order_by=("lane",)),
            Column(
                "state",
                "State",
                lambda row: row.get_state_display(),
                order_by=("state", "sent_on"),
                template="legal/requests/state_cell.html",
            ),
            Column(
                "first",
                "From",
                lambda row: row.first,
                order_by=("first",),
                show=words,
                numeric=False,
            ),
            Column("sent", "Sent", lambda row: row.sent_on, order_by=("sent_on",), show=words),
            Column(
                "age",
                "Days waiting",
                lambda row: selectors.age(row, today),
                numeric=True,
            ),
        ],
        sort="-sent",
        filter_form=RequestFilters,
        filters={
            "state": lambda rows, state: rows.filter(state__in=selectors.TURNS.get(state, [state])),
            "lane": lambda rows, lane: rows.filter(lane=lane),
            "waiting": lambda rows, days: selectors.waiting_since(rows, int(days), today),
            "school": lambda rows, urn: rows.filter(school__urn=urn),
        },
        search=lambda rows, typed: rows.filter(reference__istartswith=typed),
        search_label="Reference",
        nothing_yet="A school begins a request from a case, or from a request for leave.",
    )


# One request


def heading(reach: Reach, found: NoticeRequest, title: str = "") -> dict[str, Any]:
    """What stands above each page of a request: the case's heading, or the pupil's name."""
    state = RequestState(found.state)
    tag = {"text": REQUEST.labels[state], "colour": selectors.COLOURS[state]}
    if found.case is not None:
        page = case_page(reach, found.case, "legal:case", title or f"Request {found.reference}")
    else:
        pupil = found.enrolment.pupil
        page = {
            "title": title or f"Request for a penalty notice: {pupil.name}",
            "caption": f"Request {found.reference}, {found.school.name}",
            "tags": [],
        }
    return page | {"found": found, "state_tag": tag, "pupil": found.enrolment.pupil}


def _look(reach: Reach, reference: str, permission: Permission = P.VIEW_SENSITIVE) -> NoticeRequest:
    """One request, for somebody who may read all of it."""
    found = request_for(reach, reference, permission)
    reach.require(P.VIEW_SENSITIVE, found.school)
    return found


@require_safe
def request(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """One request: what it says, what speaks against it, the gate, each step, what next."""
    found = _look(request.reach, reference)
    service.read(reach=request.reach, request=found)
    return _page(request, la, found)


def _page(request: AuthorityRequest, la: str, found: NoticeRequest, **forms: Any) -> HttpResponse:
    reach, state = request.reach, RequestState(found.state)
    makes = reach.may(P.PREPARE_NOTICE, found.school)
    writable = state in WRITABLE
    moves = {move.event for move in REQUEST.moves_from(state)}
    shown = everything(reach, la, found)
    deciders = _deciders(reach, found)
    back = forms.get("take_back_form") or TakeBackForm(
        auto_id="back_%s", initial={"seen": found.version}
    )
    attach = forms.get("attach_form") or _attach_form(found)
    context = {
        **heading(reach, found),
        **shown,
        "turn": selectors.whose_turn(state, deciders),
        "decider": deciders.words,
        "declares": not deciders.school_only,
        "asked": asked_of(service.subject_of(found), la),
        "next": REQUEST.next[state],
        "events": selectors.events_of(found),
        "writable": writable,
        "may_write": makes and writable,
        "may_declare": writable
        and not deciders.school_only
        and reach.may(P.DECLARE_NOTICE, found.school),
        "may_take_back": makes and "take_back" in moves,
        "may_review": "approve" in moves and selectors.may_decide(reach, found, deciders),
        "take_back_form": back,
        "attach_form": attach,
        "form": forms.get("take_back_form") or forms.get("attach_form"),
        "notices": list(found.notices.select_related("adult").order_by("pk")),
    }
    return render(request, "legal/requests/one.html", context)


def _deciders(reach: Reach, found: NoticeRequest) -> Deciders:
    """Who decides on it today."""
    return deciders_of(pack_in_force(found.school, reach.today), step_of(found))


def _attach_form(found: NoticeRequest) -> AttachForm:
    return AttachForm(records=records_to_attach(found), auto_id="attach_%s")


def everything(reach: Reach, la: str, found: NoticeRequest) -> dict[str, Any]:
    """All that a request says, for its page, the council's review and the paper."""
    today = reach.today
    policy = pack_in_force(found.school, today)
    parents, links = parents_of(found), links_of(found)
    own = reach.may(P.PREPARE_NOTICE, found.school)
    live = (own and RequestState(found.state) in WRITABLE) or not found.record
    facts = facts_of(found, parents, policy, today) if live else None
    answers = gates_of_request(found, parents, today) if found.state not in OVER else {}
    return {
        "parents": selectors.parent_rows(parents, links, today),
        "findings": checked(found, parents, policy, today, own=own),
        "checked_on": None if live else found.checked_on,
        "record": found.record if facts is None else record_of(found, parents, today, facts),
        "answers": rows_of(found),
        "sessions": sessions_shown(found),
        "gates": selectors.gate_rows(answers, parents),
        "seen": seen_of(answers),
        "gate_href": selectors.gate_href(found, la),
        "documents": selectors.documents_of(found, la),
        "reasons": [selectors.REASONS[key] for key in found.review.get("reasons", [])],
        "lane": lane_of_request(found, la, today) if found.lane == Lane.LEAVE else None,
    }


OVER = tuple(state.value for state in REQUEST.over)


# Writing


@require_http_methods(PAGE)
def request_write(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """Write what the record does not hold, and say of each parent what they did."""
    reach = request.reach
    found = _look(reach, reference, P.PREPARE_NOTICE)
    writing = request.method == "POST"
    if RequestState(found.state) not in WRITABLE and not writing:
        return redirect("legal:request", la=la, reference=reference)
    form = _write_form(request, found, request.POST if writing else None)
    if writing and form.is_valid():
        try:
            service.save(
                reach=reach,
                request=found,
                answers=form.answers,
                parents=form.of_parents,
                seen=form.cleaned_data["seen"],
                today=reach.today,
                now=timezone.now(),
            )
        except DomainError as problem:
            found = request_for(reach, reference, P.PREPARE_NOTICE)
            typed = request.POST.copy()
            typed["seen"] = str(found.version)
            form = _write_form(request, found, typed)
            form.add_error(None, problem.message)
        else:
            messages.success(request, "Saved. Nothing was sent yet.")
            return redirect("legal:request", la=la, reference=reference)
    context = {
        **heading(reach, found, "Write the request"),
        "form": form,
        **everything(reach, la, found),
    }
    return render(request, "legal/requests/write.html", context)


def _write_form(request: AuthorityRequest, found: NoticeRequest, data: Any) -> WriteForm:
    reach = request.reach
    parents: list[RequestParent] = parents_of(found)
    facts = facts_of(found, parents, pack_in_force(found.school, reach.today), reach.today)
    return WriteForm(
        data,
        request=found,
        asks=asks_of(found.lane, facts),
        parents=parents,
        today=reach.today,
    )


def _do(
    request: AuthorityRequest, la: str, reference: str, done: str, act: Callable[[], object]
) -> HttpResponse:
    """Do it, say so or say why not, and go back to the request."""
    try:
        act()
    except DomainError as problem:
        messages.warning(request, problem.message)
    else:
        messages.success(request, done)
    return redirect("legal:request", la=la, reference=reference)


def _seen(request: AuthorityRequest) -> int:
    typed = request.POST.get("seen", "")
    return int(typed) if typed.isdecimal() and len(typed) < 9 else 0


@require_POST
def request_register(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """Take the half days from the register again."""
    found = _look(request.reach, reference, P.PREPARE_NOTICE)
    return _do(
        request,
        la,
        reference,
        "The half days are as the register has them now. Read them.",
        lambda: service.take_half_days(
            reach=request.reach,
            request=found,
            seen=_seen(request),
            today=request.reach.today,
            now=timezone.now(),
        ),
    )


@require_POST
def request_attach(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """Attach a file or a record of ours."""
    reach = request.reach
    found = _look(reach, reference, P.PREPARE_NOTICE)
    form = AttachForm(
        request.POST, request.FILES, records=records_to_attach(found), auto_id="attach_%s"
    )
    if form.is_valid():
        typed = form.cleaned_data
        try:
            if file := typed.get("file"):
                documents.attach_file(
                    reach=reach,
                    request=found,
                    title=typed["title"],
                    file=documents.File(file.name, _read(file)),
                    now=timezone.now(),
                )
            if chosen := typed.get("record"):
                documents.attach_record(reach=reach, request=found, key=chosen, now=timezone.now())
        except DomainError as problem:
            form.add_error(None, problem.message)
        else:
            messages.success(request, "Attached.")
            return redirect("legal:request", la=la, reference=reference)
    return _page(request, la, found, attach_form=form)


def _read(file: Any) -> bytes:
    """The file's bytes, one more than the most that is taken: enough to refuse it."""
    content: bytes = file.read(documents.LARGEST + 1)
    return content


@require_safe
def request_document(request: AuthorityRequest, la: str, reference: str, pk: int) -> HttpResponse:
    """A file as it came: a download that no browser shows or runs."""
    found = _look(request.reach, reference)
    row = selectors.file_of(found, pk)
    service.read(reach=request.reach, request=found)
    response = HttpResponse(bytes(row.content or b""), content_type="application/octet-stream")
    ending = ENDINGS[row.media_type]
    response["Content-Disposition"] = f'attachment; filename="{reference}-{row.pk}.{ending}"'
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return response


ENDINGS = {"application/pdf": "pdf", "image/jpeg": "jpg", "image/png": "png"}


# Declaring, sending, taking back


@require_http_methods(PAGE)
def request_declare(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """The headteacher reads all of it and declares it."""
    reach = request.reach
    found = _look(reach, reference, P.DECLARE_NOTICE)
    if request.method == "POST":
        return _do(
            request,
            la,
            reference,
            "Declared. Now it can be sent to the council.",
            lambda: service.declare(
                reach=reach,
                request=found,
                seen=_seen(request),
                today=reach.today,
                now=timezone.now(),
            ),
        )
    if RequestState(found.state) not in WRITABLE:
        return redirect("legal:request", la=la, reference=reference)
    context = {
        **heading(reach, found, "Declare the request"),
        **everything(reach, la, found),
        "declaration": service.DECLARATION,
    }
    return render(request, "legal/requests/declare.html", context)


@require_http_methods(PAGE)
def request_send(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """The last look: what speaks against it, what the gate still asks, then send."""
    reach = request.reach
    found = _look(reach, reference, P.PREPARE_NOTICE)
    sending = request.method == "POST"
    if RequestState(found.state) not in WRITABLE and not sending:
        return redirect("legal:request", la=la, reference=reference)
    shown = everything(reach, la, found)
    form = SendForm(
        request.POST if sending else None,
        found=bool(shown["findings"]),
        initial={"seen": found.version, "despite": found.despite},
    )
    if sending and form.is_valid():
        try:
            service.send(
                reach=reach,
                request=found,
                despite=form.cleaned_data.get("despite", ""),
                seen=form.cleaned_data["seen"],
                today=reach.today,
                now=timezone.now(),
            )
        except DomainError as problem:
            form.add_error(None, problem.message)
        else:
            messages.success(request, "Sent for decision. You see each step here.")
            return redirect("legal:request", la=la, reference=reference)
    blocked = [one for one in shown["findings"] if one.code in service.NEVER_SENT]
    asked = {
        one.key: one
        for row in shown["gates"]
        for one in row["answer"].blocking_for("school")
        if one.key != "authorised_officer"
    }
    context = {
        **heading(reach, found, "Send the request"),
        **shown,
        "form": form,
        "blocked": blocked,
        "asked": list(asked.values()),
        "decider": _deciders(reach, found).words,
    }
    return render(request, "legal/requests/send.html", context)


@require_POST
def request_take_back(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """Take it back, with the reason."""
    found = _look(request.reach, reference, P.PREPARE_NOTICE)
    form = TakeBackForm(request.POST, auto_id="back_%s")
    if form.is_valid():
        typed = form.cleaned_data
        try:
            service.take_back(
                reach=request.reach,
                request=found,
                reason=typed["reason"],
                words=typed["words"],
                seen=typed["seen"],
                today=request.reach.today,
                now=timezone.now(),
            )
        except DomainError as problem:
            form.add_error(None, problem.message)
        else:
            messages.success(request, "Taken back.")
            return redirect("legal:request", la=la, reference=reference)
    return _page(request, la, found, take_back_form=form)


# Who decides


@require_http_methods(PAGE)
def request_review(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """Whoever decides here checks it against the code and the public interest, and decides."""
    reach = request.reach
    found = _look(reach, reference, P.DECIDE_NOTICE)
    deciders = _deciders(reach, found)
    if not selectors.may_decide(reach, found, deciders):
        raise Forbidden(refusal_of(deciders))
    deciding = request.method == "POST"
    if found.state != RequestState.SENT and not deciding:
        return redirect("legal:request", la=la, reference=reference)
    shown = everything(reach, la, found)
    form = _review_form(found, shown, request.POST if deciding else None)
    if deciding and form.is_valid():
        try:
            SERVICES[form.cleaned_data["event"]](request, found, form)
        except DomainError as problem:
            found = _look(reach, reference, P.DECIDE_NOTICE)
            shown = everything(reach, la, found)
            typed = request.POST.copy()
            typed["seen"] = str(found.version)
            for key, seen in shown["seen"].items():  # what the page shows from now on
                typed[f"gate_{key}"] = seen
            form = _review_form(found, shown, typed)
            form.add_error(None, problem.message)
        else:
            messages.success(request, DONE[form.cleaned_data["event"]])
            return redirect("legal:request", la=la, reference=reference)
    context = {
        **heading(reach, found, "Decide on the request"),
        **shown,
        "form": form,
        "declaration": "" if reach.may_everywhere(P.DECIDE_NOTICE) else service.DECIDING,
    }
    return render(request, "legal/requests/review.html", context)


def _review_form(found: NoticeRequest, shown: dict[str, Any], data: Any) -> ReviewForm:
    proposed = dict.fromkeys(RETURNED_FOR[one.code] for one in shown["findings"])
    return ReviewForm(
        data,
        request=found,
        proposed=list(proposed),
        gates=shown["seen"],
        held=[one for one in shown["parents"] if one["held"] and one["row"].included],
    )


def _approve(request: AuthorityRequest, found: NoticeRequest, form: ReviewForm) -> None:
    service.approve(
        reach=request.reach,
        request=found,
        approval=form.approval,
        seen=form.cleaned_data["seen"],
        today=request.reach.today,
        now=timezone.now(),
    )


def _give_back(request: AuthorityRequest, found: NoticeRequest, form: ReviewForm) -> None:
    service.give_back(
        reach=request.reach,
        request=found,
        reasons=form.cleaned_data["return_reasons"],
        words=form.cleaned_data["words"],
        seen=form.cleaned_data["seen"],
        today=request.reach.today,
        now=timezone.now(),
    )


def _refuse(request: AuthorityRequest, found: NoticeRequest, form: ReviewForm) -> None:
    service.refuse(
        reach=request.reach,
        request=found,
        review=form.review,
        reasons=form.cleaned_data["refuse_reasons"],
        words=form.cleaned_data["words"],
        seen=form.cleaned_data["seen"],
        today=request.reach.today,
        now=timezone.now(),
    )


SERVICES = {"approve": _approve, "return": _give_back, "refuse": _refuse}
DONE = {
    "approve": "Approved. A notice was issued to each parent named.",
    "return": "Returned to the school with your reasons.",
    "refuse": "Refused. The school sees why.",
}


@require_safe
def request_pdf(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """The request to print: all that the page shows. Its file name holds a reference, no name."""
    reach = request.reach
    found = _look(reach, reference)
    service.read(reach=reach, request=found)
    context = {
        **heading(reach, found),
        **everything(reach, la, found),
        "printed_on": reach.today,
        "printed_by": reach.user.name,
    }
    made = printing.pdf(TEMPLATE, context)
    response = HttpResponse(made, content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="request-{reference}.pdf"'
    return response


# From a case


@require_http_methods(PAGE)
def case_request(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """The requests of a case, and beginning one after support."""
    reach = request.reach
    begun = request.method == "POST"
    found = case_for(reach, reference, P.PREPARE_NOTICE if begun else P.VIEW_LEGAL)
    reach.require(P.VIEW_SENSITIVE, found.school)
    improvements = list(
        improvements_for(reach).filter(case=found, state__in=FOLLOWED).order_by("-pk")
    )
    if begun:
        chosen = request.POST.get("improvement", "")
        try:
            made = service.begin_after_support(
                reach=reach,
                case=found,
                improvement=next((one for one in improvements if one.reference == chosen), None),
                today=reach.today,
                now=timezone.now(),
            )
        except service.AlreadyBegun as problem:
            messages.info(request, problem.message)
            return redirect("legal:request", la=la, reference=problem.reference)
        except DomainError as problem:
            messages.warning(request, problem.message)
            return redirect("legal:case_request", la=la, reference=reference)
        messages.success(request, "Request begun as a draft. Nothing was sent.")
        return redirect("legal:request_write", la=la, reference=made.reference)
    context = {
        **case_page(reach, found, "legal:case", "Requests for penalty notices"),
        "rows": list(requests_for(reach).filter(case=found).order_by("-pk")),
        "improvements": improvements,
        "may_make": found.closed_on is None and reach.may(P.PREPARE_NOTICE, found.school),
    }
    return render(request, "legal/requests/of_case.html", context)
