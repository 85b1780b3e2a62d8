"""Correcting the register: one mark on its own page, many by a preview, old ones by two people."""

from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from attendance.access import pupil_here, shown_code, shown_meaning
from attendance.forms.amending import (
    BecauseForm,
    ConfirmForm,
    CorrectionFilters,
    CorrectionForm,
    MarkForm,
    RowFilters,
)
from attendance.forms.pupils import school_choices, year_group_words
from attendance.models import ChangeState, MarkChange, MarkChangeRow, RowOutcome
from attendance.selectors import amending as selectors
from attendance.services import amending as services
from attendance.services.amending import StaleMark
from attendance.views.proof import session_context, session_of
from audit.record import Kind, record
from authorities.access import Reach
from authorities.exports import written_down
from authorities.http import AuthorityRequest
from authorities.permissions import Permission
from authorities.selectors import schools_for
from frontend.lists import Column, ListPage
from frontend.templatetags.govuk import words, words_and_time
from rules.errors import DomainError

SUBJECT = "attendance.MarkChange:list"
STATE_COLOURS = {
    ChangeState.DRAFT: "grey",
    ChangeState.WAITING: "yellow",
    ChangeState.DONE: "green",
    ChangeState.DECLINED: "red",
    ChangeState.WITHDRAWN: "grey",
    ChangeState.UNDONE: "purple",
}
HALVES = {0: "Morning", 1: "Afternoon"}
KEPT_STATUSES = (HTTPStatus.FORBIDDEN, HTTPStatus.CONFLICT)


def status_of(problem: DomainError) -> int:
    """A form that comes back to be mended is an answer like any other; a clash is not."""
    return problem.status if problem.status in KEPT_STATUSES else int(HTTPStatus.OK)


# One mark


@require_POST
def mark_change(
    request: AuthorityRequest, la: str, reference: str, day: str, half: str
) -> HttpResponse:
    """Change one mark, or ask a second person where it is old."""
    reach = request.reach
    urn = request.GET.get("school", "")
    here = pupil_here(reach, reference, Permission.AMEND_REGISTER, urn=urn)
    when = session_of(day, half)
    form = MarkForm(request.POST, day=when.day, session=when.session)
    several = f"?school={urn}" if urn else ""
    address = reverse("attendance:pupil_session", args=[la, reference, day, half]) + several
    status, clash = 200, {}
    if form.is_valid():
        try:
            asked = services.amend_one(
                reach=reach,
                enrolment=here.enrolment,
                when=when,
                expected=form.cleaned_data["expected"],
                wanted=form.wanted(),
                now=timezone.now(),
            )
        except StaleMark as stale:
            status = stale.status
            clash = {
                "sentence": stale.sentence,
                "saw": form.cleaned_data["expected"] or "no mark",
                "reads": stale.current or "no mark",
                "wanted": form.cleaned_data["code"],
            }
            form = _opened_anew(request, when, stale.current)
        except DomainError as problem:
            status = status_of(problem)
            form.refuse(problem.sentence)
        else:
            messages.success(request, _said(asked))
            return redirect(address)
    context = session_context(reach, here, when, form=form) | {"clash": clash}
    return render(request, "attendance/session.html", context, status=status)


def _opened_anew(request: AuthorityRequest, when: Any, current: str) -> MarkForm:
    """The same answers over the mark as it is now, to be sent again or not."""
    data = request.POST.copy()
    data["expected"] = current
    return MarkForm(data, day=when.day, session=when.session)


def _said(asked: MarkChange | None) -> str:
    if asked is None:
        return "Mark changed. Figures follow within a minute."
    return (
        "This mark is old, so a second person must agree. The register stays as it is until then."
    )


# The list


@require_safe
def corrections(request: AuthorityRequest, la: str) -> HttpResponse:
    """Every change of many marks or of old ones, with those that wait for a second person."""
    reach = request.reach
    reach.require(Permission.AMEND_REGISTER)
    schools = list(schools_for(reach, Permission.AMEND_REGISTER))
    rows = selectors.with_counts(selectors.changes_visible(reach).exclude(state=ChangeState.DRAFT))
    waiting = selectors.waiting_for(reach)
    context = {
        "title": "Corrections",
        "place": schools[0].name if len(schools) == 1 else request.authority.name,
        "lead": _waiting_words(waiting),
        "actions": [
            {
                "text": "Correct many marks",
                "href": reverse("attendance:correction_new", args=[la]),
                "primary": True,
            },
            {"text": "See what waits", "href": f"?state={ChangeState.WAITING}"},
        ],
    }
    return _list_page(reach, many_schools=len(schools) > 1).respond(
        request,
        rows,
        context,
        form_options={"schools": school_choices(schools)},
        on_export=written_down(reach, on=SUBJECT, what="corrections of the register"),
    )


def _waiting_words(waiting: int) -> str:
    if not waiting:
        return ""
    if waiting == 1:
        return "1 correction waits for you to agree or decline."
    return f"{waiting} corrections wait for you to agree or decline."


def _list_page(reach: Reach, *, many_schools: bool) -> ListPage:
    la = reach.authority.code

    def shown(row: MarkChange) -> str:
        in_full = reach.may(Permission.VIEW_SENSITIVE, row.school)
        return shown_code(row.code, row.last_day, in_full=in_full)

    return ListPage(
        name="corrections",
        noun="correction",
        columns=[
            Column(
                "reference",
                "Correction",
                lambda row: row.reference,
                order_by=("reference",),
                href=lambda row: reverse("attendance:correction", args=[la, row.reference]),
            ),
            Column(
                "school",
                "School",
                lambda row: row.school.name,
                order_by=("school__name",),
                export=True if many_schools else "only",
            ),
            Column("code", "To code", shown, order_by=("code",)),
            Column("days", "Days", _days, order_by=("first_day",)),
            Column("marks", "Marks", lambda row: row.marks, order_by=("marks",), numeric=True),
            Column("reason", "Why", lambda row: row.reason),
            Column("by", "Asked by", lambda row: row.asked_by.name, order_by=("asked_by__name",)),
            Column(
                "asked",
                "Asked",
                lambda row: row.asked_at,
                order_by=("asked_at",),
                show=words_and_time,
                descending_first=True,
            ),
            Column(
                "state",
                "State",
                lambda row: row.get_state_display(),
                order_by=("state",),
                template="attendance/amending/state_cell.html",
            ),
        ],
        sort="-asked",
        filter_form=CorrectionFilters,
        filters={
            "state": lambda rows, states: rows.filter(state__in=states),
            "school": lambda rows, urn: rows.filter(school__urn=urn),
        },
        nothing_yet="No corrections of many marks or of old ones yet.",
    )


def _days(row: MarkChange) -> str:
    first, last = words(row.first_day), words(row.last_day)
    return first if first == last else f"{first} to {last}"


# Many marks


@require_http_methods(["GET", "POST"])
def correction_new(request: AuthorityRequest, la: str) -> HttpResponse:
    """Choose marks, a code and a reason; the answer is a preview."""
    reach = request.reach
    reach.require(Permission.AMEND_REGISTER)
    schools = schools_for(reach, Permission.AMEND_REGISTER)
    years, groups = selectors.years_and_groups(schools, reach.today)
    form = CorrectionForm(
        request.POST if request.method == "POST" else None,
        schools=schools,
        years=years,
        groups=groups,
        today=reach.today,
    )
    if request.method == "POST" and form.is_valid():
        try:
            chosen = selectors.picks_for(
                school=form.cleaned_data["school"],
                days=form.days,
                halves=form.chosen_halves,
                who=form.chosen_pupils,
            )
            change = services.draft(
                reach=reach,
                school=form.cleaned_data["school"],
                picks=chosen.picks,
                wanted=form.wanted(),
                selected=chosen.words,
                now=timezone.now(),
            )
        except DomainError as problem:
            form.add_error(None, problem.sentence)
        else:
            return redirect("attendance:correction", la=la, reference=change.reference)
    context = {
        "title": "Correct many marks",
        "form": form,
        "breadcrumbs": _crumbs(la, "Correct many marks"),
        "cancel": reverse("attendance:corrections", args=[la]),
    }
    return render(request, "attendance/amending/new.html", context)


def _crumbs(la: str, last: str) -> list[dict[str, str]]:
    return [
        {"text": "Corrections", "href": reverse("attendance:corrections", args=[la])},
        {"text": last},
    ]


@require_safe
def correction(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """One change: what it would do or did, mark by mark, and what may be done with it."""
    change = selectors.change_for(request.reach, reference)
    return _correction_page(request, change)


def _correction_page(
    request: AuthorityRequest, change: MarkChange, *, status: int = 200, **forms: Any
) -> HttpResponse:
    """The page of one change; `forms` holds a form that was sent and refused."""
    reach, la = request.reach, request.authority.code
    counts = selectors.counts_of(change)
    page = _rows_page(reach, change)
    rows = selectors.rows_of(change)
    if request.GET.get("export") == "csv":
        reach.require(Permission.EXPORT, change.school)
        exported = written_down(reach, on=SUBJECT, what="the marks of a correction")
        return page.respond(request, rows, on_export=exported)
    record(
        Kind.REGISTER_READ,
        by=reach.user,
        authority=reach.authority,
        school=change.school,
        on=change,
    )
    context = {
        "title": "Preview of a correction"
        if change.state == ChangeState.DRAFT
        else f"Correction {change.reference}",
        "place": change.school.name,
        "change": change,
        "tags": [
            {
                "text": change.get_state_display(),
                "colour": STATE_COLOURS[ChangeState(change.state)],
            }
        ],
        "facts": _facts(reach, change),
        "tiles": _tiles(change, counts),
        "list": page.shown(request, rows),
        "breadcrumbs": _crumbs(la, change.reference),
        "age": selectors.age_at(change.school, reach.today),
        **_what_next(reach, change, counts, forms),
    }
    return render(request, "attendance/amending/change.html", context, status=status)


def _what_next(
    reach: Reach, change: MarkChange, counts: dict[str, int], forms: dict[str, Any]
) -> dict[str, Any]:
    """The questions that this person may answer about the change now."""
    own = change.asked_by_id == reach.user.pk
    may_agree = reach.may(Permission.AGREE_AMENDMENT, change.school) and not own
    waiting = change.state == ChangeState.WAITING
    writes = counts[RowOutcome.NEW] + counts[RowOutcome.CHANGED]
    old = selectors.age_at(change.school, reach.today).is_old(change.first_day)
    return {
        "writes": writes,
        "will_wait": change.state == ChangeState.DRAFT and old,
        "may_confirm": change.state == ChangeState.DRAFT and own,
        "confirm_form": forms.get("confirm") or ConfirmForm(refused=counts[RowOutcome.REFUSED]),
        "may_agree": waiting and may_agree,
        "own_waiting": waiting and own,
        "decline_form": forms.get("decline") or BecauseForm(label="Why do you decline?"),
        "may_undo": change.state == ChangeState.DONE and (may_agree or not old),
        "undo_form": forms.get("undo") or BecauseForm(label="Why are you undoing it?"),
        # The page's error summary shows one form's errors: the one that was sent.
        "form": next(iter(forms.values()), None),
    }


def _facts(reach: Reach, change: MarkChange) -> list[dict[str, Any]]:
    in_full = reach.may(Permission.VIEW_SENSITIVE, change.school)
    day = change.last_day
    code = shown_code(change.code, day, in_full=in_full)
    said = ", ".join(part for part in (change.nature, change.other_school, change.text) if part)
    facts = [
        ("School", change.school.name),
        ("To code", _code_words(change, code, in_full)),
        ("Said beside it", said if in_full else ""),
        ("Chosen", change.selected),
        ("Days", _days(change)),
        ("Why", change.reason),
        ("Asked by", _by(change.asked_by, change.asked_at)),
        ("Decided by", _by(change.decided_by, change.decided_at)),
        ("Their reason", change.decision_reason),
        ("Undone by", _by(change.undone_by, change.undone_at)),
        ("Why undone", change.undone_because),
    ]
    return [{"key": key, "value": value} for key, value in facts if value]


def _by(who: Any, at: Any) -> str:
    """Who, and when; empty before it happened."""
    return ", ".join(part for part in (who.name if who else "", words_and_time(at)) if part)


def _code_words(change: MarkChange, code: str, in_full: bool) -> str:
    if change.code in services.PRESENT:
        return "/ \\: Present"
    return f"{code}: {shown_meaning(change.code, change.last_day, in_full=in_full)}"


def _tiles(change: MarkChange, counts: dict[str, int]) -> list[dict[str, Any]]:
    labels = {
        RowOutcome.NEW: "first marks",
        RowOutcome.CHANGED: "marks changed",
        RowOutcome.UNCHANGED: "as they are already",
        RowOutcome.REFUSED: "not possible",
        RowOutcome.STAYED: "stayed, changed by somebody",
        RowOutcome.RESTORED: "put back",
    }
    always = (RowOutcome.NEW, RowOutcome.CHANGED, RowOutcome.UNCHANGED, RowOutcome.REFUSED)
    shown = [one for one in labels if counts[one] or (one in always and not change.done_at)]
    return [
        {
            "figure": f"{counts[one]:,}",
            "label": labels[one],
            "tone": "act" if one == RowOutcome.REFUSED and counts[one] else "",
        }
        for one in shown
    ]


def _rows_page(reach: Reach, change: MarkChange) -> ListPage:
    """The marks of a change as a list."""
    la = reach.authority.code
    in_full = reach.may(Permission.VIEW_SENSITIVE, change.school)

    def code(value: str, row: MarkChangeRow) -> str:
        return shown_code(value, row.day, in_full=in_full) if value else "No mark"

    return ListPage(
        name=f"correction-{change.reference}",
        noun="mark",
        columns=[
            Column(
                "pupil",
                "Pupil",
                lambda row: row.enrolment.pupil.name,
                order_by=("enrolment__pupil__sort_name",),
                href=lambda row: reverse(
                    "attendance:pupil", args=[la, row.enrolment.pupil.reference]
                ),
            ),
            Column("upn", "UPN", lambda row: row.enrolment.pupil.upn, export="only"),
            Column(
                "year",
                "Year",
                lambda row: row.enrolment.year_group,
                order_by=("enrolment__year_group",),
                show=year_group_words,
            ),
            Column(
                "group",
                "Group",
                lambda row: row.enrolment.registration_group,
                order_by=("enrolment__registration_group",),
            ),
            Column("day", "Day", lambda row: row.day, order_by=("day", "session"), show=words),
            Column("half", "Half day", lambda row: HALVES[row.session], order_by=("session",)),
            Column("from", "Reads", lambda row: code(row.original, row), order_by=("original",)),
            Column("to", "To", lambda row: code(row.code, row), order_by=("code",)),
            Column(
                "outcome",
                "What happens",
                _outcome_words,
                order_by=("outcome",),
            ),
        ],
        sort="pupil",
        tie_break=("day", "session", "pk"),
        filter_form=RowFilters,
        filters={"outcome": lambda rows, chosen: rows.filter(outcome__in=chosen)},
    )


def _outcome_words(row: MarkChangeRow) -> str:
    return row.refusal or row.get_outcome_display()


# What may be done with it


@require_POST
def correction_confirm(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """Do what the preview says, or ask a second person."""
    change = selectors.change_for(request.reach, reference)
    refused = selectors.counts_of(change)[RowOutcome.REFUSED]
    form = ConfirmForm(request.POST, refused=refused)
    leave_out = form.is_valid() and form.cleaned_data.get("leave_out", False)
    try:
        done = services.confirm(
            reach=request.reach, change=change, leave_out=leave_out, now=timezone.now()
        )
    except DomainError as problem:
        form.add_error(None, problem.sentence)
        return _correction_page(request, change, status=status_of(problem), confirm=form)
    if not done:
        messages.info(
            request, "The register has changed since the preview. Look at the new preview below."
        )
    elif change.state == ChangeState.WAITING:
        messages.success(
            request,
            "Some of these marks are old, so a second person must agree. Nothing changes until"
            " then.",
        )
    else:
        messages.success(request, "Marks changed. Figures follow within a minute.")
    return redirect("attendance:correction", la=la, reference=reference)


@require_POST
def correction_discard(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """Throw a preview away."""
    services.discard(reach=request.reach, change=selectors.change_for(request.reach, reference))
    messages.success(request, "Preview thrown away. Nothing was changed.")
    return redirect("attendance:corrections", la=la)


@require_POST
def correction_agree(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """The second person agrees, and it is done."""
    change = selectors.change_for(request.reach, reference, Permission.AGREE_AMENDMENT)
    made = services.agree(reach=request.reach, change=change, now=timezone.now())
    marks = "1 mark" if made == 1 else f"{made} marks"
    messages.success(request, f"You agreed: {marks} changed. Figures follow within a minute.")
    return redirect("attendance:correction", la=la, reference=reference)


@require_POST
def correction_decline(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """The second person declines and says why."""
    change = selectors.change_for(request.reach, reference, Permission.AGREE_AMENDMENT)
    form = BecauseForm(request.POST, label="Why do you decline?")
    if not form.is_valid():
        return _correction_page(request, change, decline=form)
    services.decline(
        reach=request.reach,
        change=change,
        because=form.cleaned_data["because"],
        now=timezone.now(),
    )
    messages.success(request, "Declined. The register stays as it is.")
    return redirect("attendance:correction", la=la, reference=reference)


@require_POST
def correction_withdraw(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """Who asked takes the request back."""
    change = selectors.change_for(request.reach, reference)
    services.withdraw(reach=request.reach, change=change, now=timezone.now())
    messages.success(request, "Request withdrawn. The register stays as it is.")
    return redirect("attendance:correction", la=la, reference=reference)


@require_POST
def correction_undo(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """Put the marks back where nobody has touched them since."""
    change = selectors.change_for(request.reach, reference)
    form = BecauseForm(request.POST, label="Why are you undoing it?")
    if not form.is_valid():
        return _correction_page(request, change, undo=form)
    try:
        done = services.undo(
            reach=request.reach,
            change=change,
            because=form.cleaned_data["because"],
            now=timezone.now(),
        )
    except DomainError as problem:
        form.add_error(None, problem.sentence)
        return _correction_page(request, change, status=status_of(problem), undo=form)
    messages.success(request, done.words("before this correction"))
    return redirect("attendance:correction", la=la, reference=reference)
