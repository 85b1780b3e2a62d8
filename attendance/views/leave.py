"""Requests for leave: the list, recording one, the headteacher's answer, the return."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from attendance.access import pupil_here
from attendance.forms.leave import (
    CorrectForm,
    DecideForm,
    LeaveFilters,
    RequestForm,
    ReturnForm,
)
from attendance.models import LeaveRequest, LeaveState
from attendance.selectors import leave as selectors
from attendance.selectors.leave import days_in_words
from attendance.services import leave as services
from attendance.views.addresses import href
from attendance.views.arrangements import (
    filter_schools,
    list_context,
    preview_panel,
    school_column,
)
from attendance.views.charts import audit_read
from attendance.views.searching import write_down_listed
from authorities.access import Reach
from authorities.exports import written_down
from authorities.http import AuthorityRequest
from authorities.permissions import Permission
from frontend.lists import Column, ListPage
from frontend.templatetags.govuk import count_of, words
from rules import leave as law
from rules.attendance_codes import code_on
from rules.errors import DomainError
from rules.leave import PURPOSES, Purpose

SUBJECT = "attendance.LeaveRequest:list"
COLOURS = {
    LeaveState.ASKED: "yellow",
    LeaveState.GRANTED: "green",
    LeaveState.REFUSED: "red",
    LeaveState.WITHDRAWN: "grey",
}
BOUND = (
    "This school is bound by the regulations: leave may be granted on these grounds and no others."
)
FOLLOWS = "Schools of this kind are expected to follow the same grounds as maintained schools."


@require_safe
def leave(request: AuthorityRequest, la: str) -> HttpResponse:
    """Every request at the schools where the person may know of them."""
    reach = request.reach
    exporting = request.GET.get("export") == "csv"
    reach.require(Permission.VIEW_SENSITIVE)
    permission = Permission.EXPORT if exporting else Permission.VIEW_SENSITIVE
    reach.require(permission)
    rows = selectors.leave_visible(reach, permission)
    if not exporting:
        write_down_listed(reach, on=SUBJECT, count=rows.count())
    context = list_context(reach, "leave", "Leave of absence", _lead(reach, rows))
    context["actions"] = [
        {"text": "Print an empty form", "href": href("attendance:leave_form", reach)}
    ]
    return leave_list(reach).respond(
        request,
        rows,
        context,
        template="attendance/arrangements/list.html",
        form_options=filter_schools(reach),
        on_export=written_down(reach, on=SUBJECT, what="the list of requests for leave"),
    )


@require_safe
def leave_form(request: AuthorityRequest, la: str) -> HttpResponse:
    """The request as an empty form on one sheet, for a parent who asks on paper."""
    request.reach.require(Permission.VIEW_SENSITIVE)
    return render(
        request, "attendance/arrangements/leave_blank.html", {"purposes": PURPOSES.values()}
    )


def _lead(reach: Reach, rows: Any) -> str:
    """What waits for somebody."""
    waiting = rows.filter(selectors.to_decide()).count()
    due = rows.filter(selectors.return_due(reach.today)).count()
    parts = [
        f"{count_of(waiting, 'request')} to decide." if waiting else "No request waits.",
        f"{count_of(due, 'return')} to check." if due else "",
    ]
    return " ".join(part for part in parts if part)


def leave_list(reach: Reach) -> ListPage:
    """The list, declared for one authority and day."""
    la = reach.authority.code
    by_state = {
        "asked": selectors.to_decide(),
        "decided": selectors.decided(),
        "return": selectors.return_due(reach.today),
    }
    return ListPage(
        name="leave",
        noun="request",
        columns=[
            Column(
                "pupil",
                "Pupil",
                lambda row: row.enrolment.pupil.name,
                order_by=("enrolment__pupil__sort_name",),
                href=lambda row: reverse("attendance:leave_request", args=[la, row.reference]),
            ),
            Column(
                "first", "First day", lambda row: row.first_day, order_by=("first_day",), show=words
            ),
            Column(
                "last", "Last day", lambda row: row.last_day, order_by=("last_day",), show=words
            ),
            Column(
                "purpose", "What for", lambda row: row.get_purpose_display(), order_by=("purpose",)
            ),
            Column(
                "state",
                "State",
                lambda row: state_words(row, reach),
                order_by=("state",),
                template="attendance/arrangements/state_cell.html",
            ),
            Column(
                "asked", "Asked on", lambda row: row.asked_on, order_by=("asked_on",), show=words
            ),
            *school_column(reach),
        ],
        sort="-first",
        filter_form=LeaveFilters,
        filters={
            "state": lambda rows, state: rows.filter(by_state[state]),
            "purpose": lambda rows, purpose: rows.filter(purpose=purpose),
            "school": lambda rows, urn: rows.filter(school__urn=urn),
        },
        nothing_yet="Nobody has asked for leave. Record a request from a pupil's page.",
    )


def state_words(row: LeaveRequest, reach: Reach) -> str:
    """A request's state; leave that is over and unchecked asks for it."""
    over = row.ends_on is not None and row.ends_on < reach.today
    if row.state == LeaveState.GRANTED and over and row.returned_on is None:
        return "Return to check"
    return LeaveState(row.state).label


@require_http_methods(["GET", "HEAD", "POST"])
def leave_add(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """Write down a request that came on paper or by phone."""
    reach = request.reach
    urn = request.GET.get("school", "")
    here = pupil_here(reach, reference, Permission.AMEND_REGISTER, urn=urn)
    adults = selectors.adults_of(here.enrolment)
    data = request.POST if request.method == "POST" else None
    form = RequestForm(data, adults=adults, today=reach.today)
    if form.is_valid():
        try:
            row = services.record_request(
                reach=reach,
                enrolment=here.enrolment,
                asked=form.asked(),
                now=timezone.now(),
                today=reach.today,
            )
        except DomainError as problem:
            form.add_error(None, problem.message)
        else:
            messages.success(request, "Request recorded. The headteacher decides it.")
            return redirect("attendance:leave_request", la=la, reference=row.reference)
    context = {
        "title": "Record a request for leave",
        "caption": here.pupil.name,
        "form": form,
        "save": "Record the request",
        "place": here.school.name,
        "nobody": "" if adults else "No adult is on this pupil's record. Add one first.",
        "cancel": reverse("attendance:pupil_arrangements", args=[la, here.pupil.reference]),
    }
    return render(request, "attendance/arrangements/form.html", context)


@require_safe
def leave_request(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """One request: what was asked, what was answered, the letter, the return."""
    reach = request.reach
    row = selectors.leave_for(reach, reference, Permission.VIEW_SENSITIVE)
    here = pupil_here(reach, row.enrolment.pupil.reference, urn=row.school.urn)
    audit_read(reach, here)
    state = LeaveState(row.state)
    keeps = reach.may(Permission.AMEND_REGISTER, row.school)
    letters = selectors.letters_of(row)
    decided = state in (LeaveState.GRANTED, LeaveState.REFUSED)
    over = row.ends_on is not None and row.ends_on < reach.today
    context = {
        "row": row,
        "title": "Request for leave",
        "caption": row.enrolment.pupil.name,
        "place": row.school.name,
        "tags": [{"text": state_words(row, reach), "colour": COLOURS[state]}],
        "asked_rows": _asked_rows(reach, row),
        "answer_rows": _answer_rows(row),
        "refused_words": refused_words(row) if state == LeaveState.REFUSED else "",
        "letters": [
            one | {"href": href("cases:letter", reach, reference=one["reference"])}
            for one in letters
        ],
        "letter_href": href("cases:leave_letter", reach, reference=row.reference),
        "may_letter": decided
        and not [one for one in letters if one["state"] != "withdrawn"]
        and reach.may(Permission.PREPARE_LETTER, row.school),
        "may_decide": state == LeaveState.ASKED and reach.may(Permission.DECIDE_LEAVE, row.school),
        "waits": state == LeaveState.ASKED,
        "may_correct": state == LeaveState.ASKED and keeps,
        "may_withdraw": keeps and (state == LeaveState.ASKED or _not_begun(row, reach)),
        "return_due": state == LeaveState.GRANTED and over and row.returned_on is None,
        "may_return": state == LeaveState.GRANTED and over and keeps,
        "earlier": selectors.earlier_of_family(reach, row),
        "back": {"href": reverse("attendance:leave", args=[la]), "text": "All requests"},
    }
    return render(request, "attendance/arrangements/leave.html", context)


def _not_begun(row: LeaveRequest, reach: Reach) -> bool:
    """Whether leave was granted that has not begun."""
    begins = row.granted_first
    return row.state == LeaveState.GRANTED and begins is not None and begins > reach.today


def _asked_rows(reach: Reach, row: LeaveRequest) -> list[dict[str, Any]]:
    """What was asked."""
    found = [
        ("Days asked for", days_in_words(row.first_day, row.last_day)),
        ("School sessions", count_of(selectors.sessions_asked(row), "half day")),
        ("What for", PURPOSES[Purpose(row.purpose)]),
        ("In the parent's words", row.reason),
        ("Asked by", row.asked_by.name if row.asked_by else "Not recorded"),
        ("How and when", f"{row.get_way_display()}, {words(row.asked_on)}"),
        ("Recorded by", row.recorded_by.name if row.recorded_by else "The parent, online"),
        ("Reference", row.reference),
    ]
    return [{"key": key, "value": value} for key, value in found]


def _answer_rows(row: LeaveRequest) -> list[dict[str, Any]]:
    """What was answered; nothing while it waits."""
    if row.decided_by is None or row.decided_at is None:
        return []
    ground = law.GROUNDS.get(row.ground)
    granted = (
        days_in_words(row.granted_first, row.granted_last)
        if row.granted_first and row.granted_last
        else ""
    )
    back = selectors.expected_back(row)
    stated = row.arrangement.nature if row.arrangement else ""
    found = [
        ("Answer", LeaveState(row.state).label),
        ("Ground", f"{ground.label} ({ground.code})" if ground else ""),
        ("Days granted", granted),
        ("Ended early, last day", words(row.ends_on) if row.ends_on != row.granted_last else ""),
        ("Stated in the register", stated),
        ("Reason", row.decision_reason if row.decision_reason != stated else ""),
        ("Decided", f"{words(row.decided_at)} by {row.decided_by.name}"),
        ("Expected back", words(back) if granted else ""),
        ("Back on", words(row.returned_on)),
        ("Return last checked", words(row.return_checked_on)),
    ]
    return [{"key": key, "value": value} for key, value in found if value]


def refused_words(row: LeaveRequest) -> str:
    """What an absence on the days would be, once refused."""
    code = law.code_when_refused(Purpose(row.purpose))
    meaning = code_on(code, row.first_day).meaning.lower()
    sessions = count_of(selectors.sessions_asked(row), "session")
    return (
        f"If the pupil is away on these days, the code is {code} ({meaning}). It is unauthorised"
        f" and counts towards 10 sessions in 10 school weeks: {sessions} here."
    )


@require_http_methods(["GET", "HEAD", "POST"])
def leave_correct(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """Correct a request that waits."""
    reach = request.reach
    row = selectors.leave_for(reach, reference, Permission.AMEND_REGISTER)
    data = request.POST if request.method == "POST" else None
    initial = {
        "first_day": row.first_day,
        "last_day": row.last_day,
        "purpose": row.purpose,
        "reason": row.reason,
    }
    form = CorrectForm(data, initial=initial)
    if form.is_valid():
        typed = form.cleaned_data
        try:
            services.correct(
                row,
                reach=reach,
                purpose=Purpose(typed["purpose"]),
                first_day=typed["first_day"],
                last_day=typed["last_day"],
                reason=typed["reason"],
                today=reach.today,
            )
        except DomainError as problem:
            form.add_error(None, problem.message)
        else:
            messages.success(request, "Request corrected.")
            return redirect("attendance:leave_request", la=la, reference=row.reference)
    context = {
        "title": "Correct the request",
        "caption": row.enrolment.pupil.name,
        "form": form,
        "save": "Save",
        "place": row.school.name,
        "cancel": reverse("attendance:leave_request", args=[la, row.reference]),
    }
    return render(request, "attendance/arrangements/form.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def leave_decide(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """The headteacher grants or refuses; a grant is shown first for what it does."""
    reach = request.reach
    row = selectors.leave_for(reach, reference, Permission.DECIDE_LEAVE)
    if row.state != LeaveState.ASKED:
        messages.info(request, "This request is no longer open.")
        return redirect("attendance:leave_request", la=la, reference=row.reference)
    grounds = law.grounds_on_offer(row.enrolment.year_group, row.first_day)
    data = request.POST if request.method == "POST" else None
    form = DecideForm(data, leave=row, grounds=grounds)
    shown = None
    if form.is_valid():
        shown, done = _answer(request, form, row)
        if done:
            messages.success(request, f"Leave {done}. Prepare the answer to the parent now.")
            return redirect("attendance:leave_request", la=la, reference=row.reference)
    context = {
        "title": "Decide the request for leave",
        "caption": row.enrolment.pupil.name,
        "place": row.school.name,
        "row": row,
        "form": form,
        "preview": preview_panel(shown) if shown else None,
        "confirm": "Grant leave",
        "asked_rows": _asked_rows(reach, row),
        "no_ground": law.NOT_A_GROUND.get(Purpose(row.purpose), ""),
        "bound": BOUND if law.is_bound(row.school.kind) else FOLLOWS,
        "if_refused": refused_words(row),
        "earlier": selectors.earlier_of_family(reach, row),
        "cancel": reverse("attendance:leave_request", args=[la, row.reference]),
    }
    return render(request, "attendance/arrangements/decide.html", context)


def _answer(request: AuthorityRequest, form: DecideForm, row: LeaveRequest) -> tuple[Any, str]:
    """Refuse at once; grant once what it does was seen. Gives the preview, or what was done."""
    reach, now = request.reach, timezone.now()
    try:
        if not form.grants:
            services.refuse(row, reach=reach, reason=form.cleaned_data["reason"], now=now)
            return None, "refused"
        answer = form.decision()
        shown = services.preview(row, answer, reach=reach, today=reach.today)
        seen = request.POST.get("seen", "")
        if seen != shown.digest:
            if seen:
                messages.info(request, "Something changed since you looked. Check it again.")
            return shown, ""
        services.grant(
            row,
            reach=reach,
            answer=answer,
            seen=seen,
            amend="amend" in request.POST,
            now=now,
            today=reach.today,
        )
    except DomainError as problem:
        form.add_error(None, problem.message)
        return None, ""
    return None, "granted"


@require_POST
def leave_withdraw(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """The parent takes the request back."""
    row = selectors.leave_for(request.reach, reference, Permission.AMEND_REGISTER)
    try:
        services.withdraw(row, reach=request.reach, now=timezone.now(), today=request.reach.today)
    except DomainError as problem:
        messages.error(request, problem.message)
    else:
        messages.success(request, "The request is withdrawn.")
    return redirect("attendance:leave_request", la=la, reference=row.reference)


@require_http_methods(["GET", "HEAD", "POST"])
def leave_return(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """Say whether the pupil came back."""
    reach = request.reach
    row = selectors.leave_for(reach, reference, Permission.AMEND_REGISTER)
    seen = selectors.seen_back(row)
    data = request.POST if request.method == "POST" else None
    initial = {"back": "yes", "returned_on": seen} if seen else {}
    form = ReturnForm(data, initial=initial)
    if form.is_valid():
        try:
            services.check_return(
                row, reach=reach, returned_on=form.cleaned_data["returned_on"], today=reach.today
            )
        except DomainError as problem:
            form.add_error(None, problem.message)
        else:
            messages.success(request, _return_words(form))
            return redirect("attendance:leave_request", la=la, reference=row.reference)
    back = selectors.expected_back(row)
    context = {
        "title": "Check the return",
        "caption": row.enrolment.pupil.name,
        "form": form,
        "save": "Save",
        "place": row.school.name,
        "lead": " ".join(
            part
            for part in (
                f"Expected back on {words(back)}." if back else "",
                f"The register has the pupil in school on {words(seen)}."
                if seen
                else "The register does not have the pupil in school since.",
            )
            if part
        ),
        "cancel": reverse("attendance:leave_request", args=[la, row.reference]),
    }
    return render(request, "attendance/arrangements/form.html", context)


def _return_words(form: ReturnForm) -> str:
    if form.cleaned_data["returned_on"]:
        return "The pupil is back. Saved."
    return "Not back yet. Each day without a reason is an unexplained absence: call the family."
