"""Part-time timetables: the list with reviews due, agreeing one, reviews, telling the council."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from attendance.access import PupilHere, pupil_here
from attendance.forms.part_time import AgreementForm, CouncilForm, PartTimeFilters, ReviewForm
from attendance.models import PartTimeAgreement, PartTimeReview
from attendance.selectors import part_time as selectors
from attendance.selectors.leave import adults_of, days_in_words
from attendance.services import part_time as services
from attendance.views.arrangements import (
    filter_schools,
    list_context,
    pattern_words,
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
from rules.errors import DomainError
from rules.part_time import NEVER_FOR_BEHAVIOUR

SUBJECT = "attendance.PartTimeAgreement:list"


@require_safe
def part_time(request: AuthorityRequest, la: str) -> HttpResponse:
    """Every part-time timetable, with the review that is due; the CSV is for the council."""
    reach = request.reach
    exporting = request.GET.get("export") == "csv"
    reach.require(Permission.VIEW_SENSITIVE)
    permission = Permission.EXPORT if exporting else Permission.VIEW_SENSITIVE
    reach.require(permission)
    rows = selectors.agreements_visible(reach, permission)
    due = rows.filter(selectors.review_due(reach.today)).count()
    if not request.GET.get("state"):
        rows = rows.filter(selectors.in_force_on(reach.today))
    if not exporting:
        write_down_listed(reach, on=SUBJECT, count=rows.count())
    lead = f"{count_of(due, 'review')} due." if due else "No review is due."
    return part_time_list(reach).respond(
        request,
        rows,
        list_context(reach, "part_time", "Part-time timetables", lead),
        template="attendance/arrangements/list.html",
        form_options=filter_schools(reach),
        on_export=written_down(reach, on=SUBJECT, what="the list of part-time timetables"),
    )


def part_time_list(reach: Reach) -> ListPage:
    """The list, declared for one authority and day. Some columns stand in the CSV alone."""
    la, today = reach.authority.code, reach.today
    by_state = {
        "due": selectors.review_due(today),
        "untold": selectors.in_force_on(today),
    }

    def narrow(rows: Any, state: str) -> Any:
        if state == "all":
            return rows
        rows = rows.filter(by_state[state])
        return rows.filter(council_told_on=None) if state == "untold" else rows

    return ListPage(
        name="part-time-timetables",
        noun="timetable",
        columns=[
            Column(
                "pupil",
                "Pupil",
                lambda row: row.enrolment.pupil.name,
                order_by=("enrolment__pupil__sort_name",),
                href=lambda row: reverse("attendance:part_time_one", args=[la, row.reference]),
            ),
            Column("upn", "UPN", lambda row: row.enrolment.pupil.upn, export="only"),
            Column("born", "Date of birth", lambda row: row.enrolment.pupil.born_on, export="only"),
            Column("urn", "URN", lambda row: row.school.urn, export="only"),
            Column(
                "from",
                "From",
                lambda row: row.arrangement.starts_on,
                order_by=("arrangement__starts_on",),
                show=words,
            ),
            Column(
                "to",
                "To",
                lambda row: row.arrangement.last_day,
                order_by=("arrangement__ends_on",),
                show=words,
            ),
            Column("away", "Not in school", lambda row: pattern_words(row.arrangement.pattern)),
            Column(
                "hours",
                "Half days a week in school",
                lambda row: 10 - row.arrangement.pattern[:10].count("1"),
                export="only",
            ),
            Column(
                "review",
                "Next review",
                lambda row: row.review_on,
                order_by=("review_on",),
                show=words,
            ),
            Column(
                "state",
                "State",
                lambda row: state_words(row, reach),
                template="attendance/arrangements/state_cell.html",
            ),
            Column(
                "council",
                "Council told",
                lambda row: row.council_told_on,
                order_by=("council_told_on",),
                show=lambda day: words(day) or "Not yet",
            ),
            *school_column(reach),
        ],
        sort="review",
        filter_form=PartTimeFilters,
        filters={
            "state": narrow,
            "school": lambda rows, urn: rows.filter(school__urn=urn),
        },
        nothing_yet="No part-time timetable is in force. That is how it should be.",
    )


def state_words(row: Any, reach: Reach) -> str:
    """How an agreement stands on the day."""
    last = row.arrangement.last_day
    if last < reach.today:
        return "Ended"
    if row.review_on is not None and row.review_on < reach.today:
        return "Review overdue"
    return "To come" if row.arrangement.starts_on > reach.today else "In force"


@require_http_methods(["GET", "HEAD", "POST"])
def part_time_add(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """Agree one, or one that goes on from another: what it does is shown first."""
    reach = request.reach
    urn = request.GET.get("school", "")
    here = pupil_here(reach, reference, Permission.AMEND_REGISTER, urn=urn)
    extends = _extends(request, here)
    every, source = selectors.review_every(here.school, reach.today)
    data = request.POST if request.method == "POST" else None
    form = AgreementForm(data, adults=adults_of(here.enrolment), every=every, extends=extends)
    shown = None
    if form.is_valid():
        shown, made = _check_or_agree(request, form, here)
        if made is not None:
            messages.success(request, "Part-time timetable agreed. It ends by itself.")
            return redirect("attendance:part_time_one", la=la, reference=made.reference)
    context = {
        "title": "Go on with a part-time timetable" if extends else "Agree a part-time timetable",
        "caption": here.pupil.name,
        "place": here.school.name,
        "form": form,
        "preview": preview_panel(shown) if shown else None,
        "confirm": "Confirm and agree",
        "law": NEVER_FOR_BEHAVIOUR,
        "every": f"It is reviewed every {count_of(every, 'school day')} at least ({source}).",
        "nobody": not adults_of(here.enrolment),
        "cancel": reverse("attendance:pupil_arrangements", args=[la, here.pupil.reference]),
    }
    return render(request, "attendance/arrangements/part_time_add.html", context)


def _extends(request: AuthorityRequest, here: PupilHere) -> PartTimeAgreement | None:
    """The agreement before it, from the address; one of this enrolment."""
    reference = request.GET.get("extends", "")
    if not reference:
        return None
    found = selectors.agreement_for(request.reach, reference, Permission.AMEND_REGISTER)
    return found if found.enrolment_id == here.enrolment.pk else None


def _check_or_agree(
    request: AuthorityRequest, form: AgreementForm, here: PupilHere
) -> tuple[Any, PartTimeAgreement | None]:
    """The first time what it would do; the second, when that was seen, the agreement."""
    reach = request.reach
    asked: dict[str, Any] = {
        "reach": reach,
        "enrolment": here.enrolment,
        "agreed": form.agreed(),
        "today": reach.today,
    }
    try:
        shown = services.preview(**asked)
        seen = request.POST.get("seen", "")
        if seen != shown.digest:
            if seen:
                messages.info(request, "Something changed since you looked. Check it again.")
            return shown, None
        amend = "amend" in request.POST
        return shown, services.agree(**asked, seen=seen, amend=amend, now=timezone.now())
    except DomainError as problem:
        form.add_error(None, problem.message)
        return None, None


@require_safe
def part_time_one(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """One agreement: aim, days, consent, reviews held and due, the council."""
    reach = request.reach
    row: Any = selectors.agreement_for(reach, reference, Permission.VIEW_SENSITIVE)
    here = pupil_here(reach, row.enrolment.pupil.reference, urn=row.school.urn)
    audit_read(reach, here)
    keeps = reach.may(Permission.AMEND_REGISTER, row.school)
    over = row.arrangement.last_day < reach.today
    state = state_words(row, reach)
    add = reverse("attendance:part_time_add", args=[la, here.pupil.reference])
    context = {
        "row": row,
        "title": "Part-time timetable",
        "caption": here.pupil.name,
        "place": row.school.name,
        "tags": [{"text": state, "colour": "yellow" if state == "Review overdue" else "blue"}],
        "rows": _rows(row),
        "reviews": [_review(one) for one in selectors.reviews_of(row)],
        "may_review": keeps and row.review_on is not None and not over,
        "may_tell": keeps and row.council_told_on is None,
        "extend_href": f"{add}?extends={row.reference}&school={row.school.urn}" if keeps else "",
        "back": {"href": reverse("attendance:part_time", args=[la]), "text": "All timetables"},
    }
    return render(request, "attendance/arrangements/part_time.html", context)


def _rows(row: Any) -> list[dict[str, Any]]:
    """What was agreed."""
    one = row.arrangement
    found = [
        ("Days", days_in_words(one.starts_on, one.ends_on)),
        ("Ended early", words(one.ended_on)),
        ("Not in school", pattern_words(one.pattern)),
        ("Code in the register", one.code),
        ("Aim", row.aim),
        ("Why it is likely to work", row.why),
        ("A parent agreed", f"{row.consent_by.name}, {words(row.consent_on)}"),
        ("Agreed for the school", f"{one.agreed_by.name}, {words(one.agreed_at)}"),
        ("Goes on from", row.extends.reference if row.extends else ""),
        ("Why it goes on", row.extended_because),
        ("Council told", words(row.council_told_on) or "Not yet"),
        ("Next review", words(row.review_on) or "None due"),
    ]
    return [{"key": key, "value": value} for key, value in found if value]


def _review(one: PartTimeReview) -> dict[str, Any]:
    """A review for the timeline."""
    if one.held_on is None or one.held_by is None:
        return {"title": "Review due", "day": one.due_on, "text": ""}
    return {
        "title": one.get_outcome_display(),
        "by": one.held_by.name,
        "day": one.held_on,
        "text": one.note,
    }


@require_http_methods(["GET", "HEAD", "POST"])
def part_time_review(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """Record the review that is due."""
    reach = request.reach
    row: Any = selectors.agreement_for(reach, reference, Permission.AMEND_REGISTER)
    data = request.POST if request.method == "POST" else None
    form = ReviewForm(data, today=reach.today)
    if form.is_valid():
        try:
            services.review(
                row, reach=reach, held=form.held(), now=timezone.now(), today=reach.today
            )
        except DomainError as problem:
            form.add_error(None, problem.message)
        else:
            messages.success(request, "Review recorded.")
            return redirect("attendance:part_time_one", la=la, reference=row.reference)
    every, source = selectors.review_every(row.school, reach.today)
    context = {
        "title": "Record a review",
        "caption": row.enrolment.pupil.name,
        "lead": f"Due {words(row.review_on)}." if row.review_on else "",
        "form": form,
        "save": "Save the review",
        "place": row.school.name,
        "hint": f"The next review is within {count_of(every, 'school day')} ({source}).",
        "cancel": reverse("attendance:part_time_one", args=[la, row.reference]),
    }
    return render(request, "attendance/arrangements/form.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def part_time_council(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """Record that the council was told."""
    reach = request.reach
    row = selectors.agreement_for(reach, reference, Permission.AMEND_REGISTER)
    data = request.POST if request.method == "POST" else None
    form = CouncilForm(data, today=reach.today)
    if form.is_valid():
        try:
            services.tell_council(
                row, reach=reach, told_on=form.cleaned_data["told_on"], today=reach.today
            )
        except DomainError as problem:
            form.add_error("told_on", problem.message)
        else:
            messages.success(request, "Saved: the council was told.")
            return redirect("attendance:part_time_one", la=la, reference=row.reference)
    context = {
        "title": "The council was told",
        "caption": row.enrolment.pupil.name,
        "form": form,
        "save": "Save",
        "place": row.school.name,
        "cancel": reverse("attendance:part_time_one", args=[la, row.reference]),
    }
    return render(request, "attendance/arrangements/form.html", context)
