"""Adults whose protection nobody has answered: the list, and one answer for several of them."""

from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from attendance.forms.protections import ProtectionFilters
from attendance.selectors import protections as selectors
from attendance.selectors.protections import Unanswered
from attendance.services import protections as services
from attendance.services.pupils import NotConfirmed
from attendance.views.searching import write_down_listed
from authorities.http import AuthorityRequest
from authorities.permissions import Permission
from authorities.selectors import schools_for
from frontend.lists import Column, ListPage

SUBJECT = "attendance.Adult:unanswered"
MOST = 200  # adults in one answer: as many as the longest page shows


def _list_page(la: str, *, many_schools: bool) -> ListPage:
    def pupil_href(row: Unanswered) -> str:
        address = reverse("attendance:pupil_adult", args=[la, row.pupil, row.adult.reference])
        return f"{address}?school={row.school.urn}"

    return ListPage(
        name="protections",
        noun="adult",
        columns=[
            Column(
                "adult",
                "Adult",
                lambda row: row.adult.name,
                order_by=("name",),
                href=pupil_href,
            ),
            Column("pupils", "Pupils", _pupils_words),
            Column(
                "school",
                "School",
                lambda row: row.school.name,
                order_by=(lambda row: row.school.name, "name"),
            ),
            Column(
                "answer",
                "Kept from others?",
                lambda row: row.adult.reference,
                template="attendance/protections/answer_cell.html",
                export=False,
            ),
        ],
        sort="school",
        filter_form=ProtectionFilters if many_schools else None,
        filters={"school": lambda rows, urn: [r for r in rows if r.school.urn == urn]}
        if many_schools
        else {},
        empty_title="Nobody to ask about",
        nothing_yet="Somebody has answered for every adult here.",
    )


def _pupils_words(row: Unanswered) -> str:
    return ", ".join(f"{link.pupil.name} ({link.relationship})" for link in row.links)


@require_safe
def protections(request: AuthorityRequest, la: str) -> HttpResponse:
    """Every adult without an answer at the schools where the person may give it."""
    reach = request.reach
    reach.require(Permission.CHANGE_PUPIL)
    schools = [(one.urn, one.name) for one in schools_for(reach, Permission.CHANGE_PUPIL)]
    several = len(schools) > 1
    shown = _list_page(la, many_schools=several).shown(
        request,
        selectors.unanswered(reach),
        form_options={"schools": schools} if several else None,
    )
    write_down_listed(reach, on=SUBJECT, count=len(shown.rows))
    context = {
        "title": "Protection to answer",
        "place": schools[0][1] if len(schools) == 1 else request.authority.name,
        "list": replace(shown, export=""),
    }
    return render(request, "attendance/protections/list.html", context)


@require_POST
def protections_answer(request: AuthorityRequest, la: str) -> HttpResponse:
    """Say yes or no for one adult, the ticked ones or a whole page, after a confirmation."""
    reach = request.reach
    reach.require(Permission.CHANGE_PUPIL)
    back = reverse("attendance:protections", args=[la])
    chosen, answer = _asked(request)
    if not chosen or answer not in ("yes", "no"):
        messages.info(request, "Tick at least one person, then press your answer.")
        return redirect(back)
    rows = selectors.adults_for(reach, chosen)
    confirmed = request.POST.get("confirmed") == "yes"
    try:
        done = services.answer(rows=rows, protected=answer == "yes", by=reach, confirmed=confirmed)
    except NotConfirmed:
        context: dict[str, Any] = {
            "title": "Confirm your answer",
            "rows": rows,
            "answer": answer,
            "number": len(rows),
            "cancel": back,
        }
        return render(request, "attendance/protections/confirm.html", context)
    messages.success(request, _done_words(done, answer))
    return redirect(back)


def _asked(request: AuthorityRequest) -> tuple[list[str], str]:
    """The adults and the answer that were sent: a button in a row sends both."""
    one, _, answer = request.POST.get("one", "").partition(":")
    if one:
        return [one], answer
    name = "shown" if request.POST.get("all") else "row"
    return list(dict.fromkeys(request.POST.getlist(name)))[:MOST], request.POST.get("answer", "")


def _done_words(done: services.Answered, answer: str) -> str:
    people = "1 adult" if done.written == 1 else f"{done.written:,} adults"
    said = f"Saved for {people}: {'protected' if answer == 'yes' else 'not protected'}."
    if done.protected:
        said += " Somebody has said meanwhile that others are protected, and they stay so."
    return said
