"""Where a pupil was and is: rolls, leaving, other schools, and another authority's history."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from attendance.access import PupilHere, pupil_here
from attendance.forms.pupils import year_group_words
from attendance.forms.yearend import HistoryForm
from attendance.models import Leaving
from attendance.selectors import transfers as selectors
from attendance.selectors import yearend
from attendance.selectors.books import book_of
from attendance.selectors.calendars import year_words
from attendance.selectors.enrolments import years_kept
from attendance.selectors.figures import tally_rows
from attendance.services import transfers as services
from attendance.views.charts import audit_read
from attendance.views.pupil import page_context
from attendance.views.yearend_leaving import rolls_href
from authorities.access import Reach
from authorities.http import AuthorityRequest
from authorities.permissions import Permission
from frontend.templatetags.govuk import percent_bp, words
from rules.absence import basis_points
from rules.deletions import GROUNDS
from rules.errors import DomainError

KEPT_BACK = "Kept back: it could show where somebody lives who is protected"


@require_safe
def pupil_rolls(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """On which rolls a pupil was, year by year, and what is known from elsewhere."""
    reach = request.reach
    urn = request.GET.get("school", "")
    here = pupil_here(reach, reference, Permission.VIEW_SENSITIVE, urn=urn)
    audit_read(reach, here)
    leaving = yearend.leaving_of(here.enrolment)
    book = book_of(here.enrolment, here.pupil.born_on, today=reach.today)
    context = page_context(reach, here, "pupil_rolls") | {
        "years": _years(here),
        "leaving": _leaving(here, leaving) if leaving else [],
        "links": _links(reach, here, leaving),
        "across": selectors.across(book, here.pupil),
        "earlier": [_earlier(reach, here, one) for one in selectors.earlier_of(here.pupil)],
        "may_send": {Permission.EXPORT, Permission.CHANGE_PUPIL} <= here.sees,
        "send_href": reverse("attendance:pupil_history_file", args=[la, reference])
        + f"?school={here.school.urn}",
    }
    return render(request, "attendance/yearend/rolls.html", context)


def _years(here: PupilHere) -> list[dict[str, str]]:
    """The year group and group of each year with a register, at the school shown."""
    rows = []
    for year in years_kept(here.enrolment):
        year_group, group = yearend.placement_in(here.enrolment, year)
        rows.append(
            {"year": year_words(year), "year_group": year_group_words(year_group), "group": group}
        )
    return rows


def _leaving(here: PupilHere, row: Leaving) -> list[dict[str, str]]:
    ground = GROUNDS[row.ground]
    said = "; ".join(ground.must_be[key] for key in row.confirmed if key in ground.must_be)
    where = row.destination
    if row.moved_to is not None:
        where = ", ".join(part for part in (where, row.moved_to.school.name) if part)
    if where and not yearend.shows_where(here.pupil.pk, here.sees):
        where = KEPT_BACK
    rows = [
        ("Last day on roll", words(row.last_day)),
        ("Lawful ground", ground.label),
        ("Confirmed", said),
        ("Goes to", where),
        ("Written down by", f"{row.made_by.name}, {words(row.made_at)}"),
    ]
    return [{"key": key, "value": value} for key, value in rows if value]


def _links(reach: Reach, here: PupilHere, leaving: Leaving | None) -> list[dict[str, str]]:
    """What may be done about the roll from here."""
    if not {Permission.CHANGE_PUPIL, Permission.AMEND_REGISTER} <= here.sees:
        return []
    la, reference = reach.authority.code, here.pupil.reference
    ended = here.enrolment.ends_on is not None and here.enrolment.ends_on < reach.today
    found = []
    if leaving is None:
        text = "Record why the name came off" if ended else "Take the name off the roll"
        found.append((text, "attendance:pupil_leaving", [la, reference]))
    else:
        found.append(
            (
                "Put the name back on the roll",
                "attendance:pupil_leaving_undo",
                [la, reference, leaving.reference],
            )
        )
    if ended:
        found.append(("Put the pupil on the roll again", "attendance:pupil_again", [la, reference]))
    if Permission.IMPORT in here.sees:
        found.append(
            (
                "Take a file from another authority",
                "attendance:pupil_history_add",
                [la, reference],
            )
        )
    query = f"?school={here.school.urn}"
    return [{"text": text, "href": reverse(to, args=args) + query} for text, to, args in found]


def _earlier(reach: Reach, here: PupilHere, one: selectors.Earlier) -> dict[str, Any]:
    address = reverse(
        "attendance:pupil_history",
        args=[reach.authority.code, here.pupil.reference, one.row.reference],
    )
    return {
        "one": one,
        "rate": percent_bp(basis_points(one.tally.attended, one.tally.possible)),
        "href": f"{address}?school={here.school.urn}",
    }


@require_safe
def pupil_history(request: AuthorityRequest, la: str, reference: str, history: str) -> HttpResponse:
    """What another authority told: each year added up, read only."""
    reach = request.reach
    urn = request.GET.get("school", "")
    here = pupil_here(reach, reference, Permission.VIEW_SENSITIVE, urn=urn)
    row = selectors.earlier_for(reach, here.pupil, history)
    audit_read(reach, here)
    found = next(one for one in selectors.earlier_of(here.pupil) if one.row.pk == row.pk)
    context = page_context(reach, here, "pupil_rolls", "At a former school") | {
        "one": found,
        "years": [
            {"caption": f"School year {year_words(year)}", "rows": tally_rows(tally)}
            for year, tally in found.by_year
        ],
        "back": {"href": rolls_href(reach, here), "text": "Rolls"},
    }
    return render(request, "attendance/yearend/history.html", context)


@require_POST
def pupil_history_file(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """The file of a pupil's attendance for another authority."""
    reach = request.reach
    urn = request.GET.get("school", "")
    here = pupil_here(reach, reference, Permission.CHANGE_PUPIL, urn=urn)
    try:
        text = services.hand_over(reach=reach, here=here)
    except DomainError as problem:
        messages.info(request, problem.sentence)
        return redirect(rolls_href(reach, here))
    response = HttpResponse(text.encode(), content_type="application/json")
    response["Content-Disposition"] = f'attachment; filename="attendance-{reference}.json"'
    return response


@require_http_methods(["GET", "POST"])
def pupil_history_add(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """Take a file that another authority made."""
    reach = request.reach
    urn = request.GET.get("school", "")
    here = pupil_here(reach, reference, Permission.CHANGE_PUPIL, urn=urn)
    reach.require(Permission.IMPORT, here.school)
    posted = request.method == "POST"
    form = HistoryForm(request.POST if posted else None, request.FILES if posted else None)
    if posted and form.is_valid():
        file = form.cleaned_data["file"]
        try:
            services.take(
                reach=reach,
                here=here,
                held=file.read(services.MOST_BYTES + 1),
                now=timezone.now(),
            )
        except DomainError as problem:
            form.add_error("file", problem.sentence)
        else:
            messages.success(request, "Kept beside the register. It is not counted here.")
            return redirect(rolls_href(reach, here))
    audit_read(reach, here)
    context = page_context(reach, here, "pupil_rolls", "A file from another authority") | {
        "form": form,
        "multipart": True,
        "save": "Take the file",
        "cancel": rolls_href(reach, here),
    }
    return render(request, "attendance/yearend/form.html", context)
