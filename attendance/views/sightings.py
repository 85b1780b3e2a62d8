"""Pupils whom nobody has seen, and writing down that somebody saw one."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from attendance.access import pupil_here
from attendance.forms.pupils import school_choices, year_group_words
from attendance.forms.returns import NotSeenFilters, SightingForm
from attendance.selectors import sightings as selectors
from attendance.selectors.sightings import NotSeen
from attendance.services import sightings as services
from attendance.views.charts import audit_read
from attendance.views.pupil import page_context
from attendance.views.searching import write_down_listed
from authorities.access import Reach
from authorities.exports import written_down
from authorities.http import AuthorityRequest
from authorities.permissions import Permission
from authorities.selectors import schools_for
from frontend.lists import Column, ListPage
from rules.errors import DomainError

SUBJECT = "attendance.Enrolment:not_seen"


@require_safe
def not_seen(request: AuthorityRequest, la: str) -> HttpResponse:
    """Pupils who are away and whom nobody has seen, longest first."""
    reach = request.reach
    reach.require(Permission.LOG_SIGHTING)
    schools = list(schools_for(reach, Permission.LOG_SIGHTING))
    urn = request.GET.get("school", "")
    chosen = [school for school in schools if school.urn == urn] or schools
    rows = selectors.not_seen(reach, chosen)
    page = _list_page(reach, many_schools=len(schools) > 1)
    options = {"schools": school_choices(schools)}
    if request.GET.get("export") == "csv":
        reach.require(Permission.EXPORT)
        allowed = [row for row in rows if reach.may(Permission.EXPORT, row.enrolment.school)]
        exported = written_down(reach, on=SUBJECT, what="pupils not seen")
        return page.respond(request, allowed, form_options=options, on_export=exported)
    shown = page.shown(request, rows, form_options=options)
    write_down_listed(reach, on=SUBJECT, count=len(shown.rows))
    red = sum(row.state == "red" for row in rows)
    context = {
        "title": "Not seen",
        "place": schools[0].name if len(schools) == 1 else request.authority.name,
        "list": shown,
        "tiles": [
            {
                "figure": f"{red:,}",
                "label": "must be seen now",
                "tone": "act" if red else "",
                "href": "?state=red",
            },
            {
                "figure": f"{sum(row.state == 'soon' for row in rows):,}",
                "label": "in the last two days of the clock",
                "href": "?state=soon",
            },
            {"figure": f"{len(rows):,}", "label": "away three school days or more"},
        ],
    }
    return render(request, "attendance/returns/not_seen.html", context)


def _list_page(reach: Reach, *, many_schools: bool) -> ListPage:
    la = reach.authority.code

    def pupil_href(row: NotSeen) -> str:
        address = reverse("attendance:pupil", args=[la, row.enrolment.pupil.reference])
        return f"{address}?school={row.enrolment.school.urn}"

    def add_href(row: NotSeen) -> str:
        address = reverse("attendance:sighting_add", args=[la, row.enrolment.pupil.reference])
        return f"{address}?school={row.enrolment.school.urn}"

    return ListPage(
        name="not-seen",
        noun="pupil not seen",
        plural="pupils not seen",
        columns=[
            Column("pupil", "Pupil", lambda r: r.enrolment.pupil.name, ("name",), href=pupil_href),
            Column(
                "school",
                "School",
                lambda r: r.enrolment.school.name,
                (lambda r: r.enrolment.school.name, "name"),
                export=True if many_schools else "only",
            ),
            Column(
                "year",
                "Year and group",
                _year_and_group,
                (lambda r: r.enrolment.year_group, "name"),
            ),
            Column(
                "days",
                "School days",
                lambda r: r.days,
                ("days", "name"),
                numeric=True,
                descending_first=True,
            ),
            Column(
                "last",
                "Last seen",
                lambda r: r.last.day if r.last else None,
                (lambda r: r.last.day if r.last else None, "name"),
                template="attendance/returns/last_cell.html",
            ),
            Column(
                "how", "How and by whom", lambda r: r.last.words if r.last else "", export="only"
            ),
            Column(
                "due",
                "To be seen by",
                lambda r: r.clock.see_by,
                (lambda r: r.clock.see_by, "name"),
                template="attendance/returns/see_by_cell.html",
            ),
            Column(
                "act",
                "Action",
                add_href,
                export=False,
                template="attendance/returns/seen_cell.html",
            ),
        ],
        sort="-days",
        filter_form=NotSeenFilters,
        filters={
            "school": lambda rows, urn: [r for r in rows if r.enrolment.school.urn == urn],
            "year_group": lambda rows, year: [r for r in rows if r.enrolment.year_group == year],
            "state": lambda rows, state: [r for r in rows if r.state == state],
        },
        empty_title="Everybody has been seen",
        nothing_yet="No pupil has been away and unseen for three school days or more.",
    )


def _year_and_group(row: NotSeen) -> str:
    parts = (year_group_words(row.enrolment.year_group), row.enrolment.registration_group)
    return ", ".join(part for part in parts if part)


@require_http_methods(["GET", "POST"])
def sighting_add(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """Write down that somebody saw a pupil; with every sighting so far."""
    reach = request.reach
    here = pupil_here(reach, reference, Permission.LOG_SIGHTING, urn=request.GET.get("school", ""))
    form = SightingForm(request.POST if request.method == "POST" else None, today=reach.today)
    if request.method == "POST" and form.is_valid():
        try:
            services.log_sighting(
                reach=reach, enrolment=here.enrolment, now=timezone.now(), **form.cleaned_data
            )
        except DomainError as problem:
            form.add_error(None, problem.sentence)
        else:
            messages.success(request, "Sighting logged. The clock starts again from that day.")
            return redirect("attendance:not_seen", la=la)
    audit_read(reach, here)
    context = page_context(reach, here, "pupil_clocks", "Log a sighting") | {
        "form": form,
        "clock": selectors.not_seen_of(here.enrolment, reach.today),
        "items": _timeline(here),
        "cancel": reverse("attendance:not_seen", args=[la]),
    }
    return render(request, "attendance/returns/sighting.html", context)


def _timeline(here: Any) -> list[dict[str, Any]]:
    return [
        {
            "title": row.get_way_display(),
            "by": row.seen_by,
            "day": row.seen_on,
            "text": " ".join(
                part for part in (row.note, f"Logged by {row.logged_by.name}.") if part
            ),
        }
        for row in selectors.sighting_rows(here.enrolment)
    ]
