"""The list of schools and the page of one school."""

from typing import Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from attendance import marks
from attendance.selectors import calendars as calendar_selectors
from attendance.selectors import schools as selectors
from authorities.access import school_for
from authorities.exports import written_down
from authorities.http import AuthorityRequest
from authorities.models import Phase, School
from authorities.permissions import Permission
from authorities.selectors import schools_for
from frontend.lists import Column, ListPage
from frontend.templatetags.govuk import short_date, words


class SchoolFilters(forms.Form):
    """Narrow the list of schools."""

    phase = forms.MultipleChoiceField(
        label="Phase", required=False, choices=Phase.choices, widget=forms.CheckboxSelectMultiple
    )


SCHOOLS = ListPage(
    name="schools",
    noun="school",
    columns=[
        Column(
            "name",
            "School",
            lambda s: s.name,
            order_by=("name",),
            href=lambda s: reverse(
                "attendance:school", kwargs={"la": s.authority.code, "urn": s.urn}
            ),
        ),
        Column("urn", "URN", lambda s: s.urn, order_by=("urn",)),
        Column("phase", "Phase", lambda s: s.get_phase_display(), order_by=("phase",)),
        Column("kind", "Kind", lambda s: s.get_kind_display(), order_by=("kind",)),
        Column("trust", "Trust", lambda s: s.trust.name if s.trust else "", ("trust__name",)),
        Column("roll", "On roll", lambda s: s.roll, order_by=("roll",), numeric=True),
        Column(
            "register",
            "Latest register",
            lambda s: s.latest_register,
            order_by=("latest_register",),
            show=words,
        ),
    ],
    filter_form=SchoolFilters,
    filters={"phase": lambda rows, phases: rows.filter(phase__in=phases)},
    search=lambda rows, typed: rows.filter(name__icontains=typed),
    search_label="School name",
    sort="name",
    nothing_yet="No schools have been added yet.",
)


@require_safe
def schools(request: AuthorityRequest, la: str) -> HttpResponse:
    """The schools that this person may see."""
    request.reach.require(Permission.VIEW_SCHOOL)
    rows = selectors.with_figures(
        schools_for(request.reach).select_related("trust", "authority"), timezone.localdate()
    )
    actions = [
        {
            "text": "The authority's own calendar",
            "href": reverse("attendance:authority_calendar", kwargs={"la": la}),
        }
    ]

    exported = written_down(request.reach, on="authorities.School:list", what="schools")
    context = {"title": "Schools", "place": request.authority.name, "actions": actions}
    return SCHOOLS.respond(request, rows, context, on_export=exported)


@require_safe
def school(request: AuthorityRequest, la: str, urn: str) -> HttpResponse:
    """One school: what it is, its roll, its calendars, its registers and its files."""
    found = school_for(request.reach, urn, Permission.VIEW_SCHOOL)
    today = timezone.localdate()
    may_import = request.reach.may(Permission.IMPORT, found)
    context = {
        "school": found,
        "place": request.authority.name,
        "breadcrumbs": [
            {"text": "Schools", "href": reverse("attendance:schools", kwargs={"la": la})},
            {"text": found.name},
        ],
        "tiles": _tiles(found, today, la, request),
        "facts": _facts(found),
        "calendars": _calendars(found, la, marks.year_of(today)),
        "packs": selectors.packs_in_force(found, today),
        "batches": selectors.latest_batches(found) if may_import else [],
        "may_import": may_import,
        "may_roll_over": all(
            request.reach.may(one, found)
            for one in (Permission.CHANGE_PUPIL, Permission.AGREE_AMENDMENT)
        ),
    }
    return render(request, "attendance/schools/school.html", context)


def _tiles(found: School, today: Any, la: str, request: AuthorityRequest) -> list[dict[str, Any]]:
    """The figures at the head of the page."""
    latest = selectors.latest_register(found)
    pupils = reverse("attendance:pupils", kwargs={"la": la}) + f"?school={found.urn}"
    may_see = request.reach.may(Permission.VIEW_PUPIL, found)
    return [
        {
            "figure": f"{selectors.roll_of(found, today):,}",
            "label": "pupils on roll",
            "href": pupils if may_see else "",
        },
        {
            "figure": short_date(latest) or "None",
            "label": "latest register" if latest else "register yet",
            "tone": "" if latest else "watch",
        },
    ]


def _facts(found: School) -> list[dict[str, Any]]:
    """What kind of school it is."""
    facts = [
        ("URN", found.urn),
        ("Establishment number", found.number),
        ("Phase", found.get_phase_display()),
        ("Kind", found.get_kind_display()),
        ("Trust", found.trust.name if found.trust else "None"),
        ("Headteacher", found.headteacher),
        ("Attendance contact", found.attendance_contact),
        ("Telephone", found.phone),
        ("Email", found.email),
        (
            "Address",
            ", ".join(part for part in (*found.address.split("\n"), found.postcode) if part),
        ),
    ]
    return [{"key": key, "value": value} for key, value in facts if value]


def _calendars(found: School, la: str, this_year: int) -> list[dict[str, Any]]:
    """This year's calendar and any others in force, with whose they are."""
    in_force = {c.year: c for c in calendar_selectors.calendars_in_force(found)}
    years = sorted({*in_force, this_year}, reverse=True)
    rows = []
    for year in years:
        calendar = in_force.get(year)
        rows.append(
            {
                "year": calendar_selectors.year_words(year),
                "href": reverse(
                    "attendance:calendar_year",
                    kwargs={"la": la, "urn": found.urn, "year": year},
                ),
                "whose": _whose(calendar),
                "sessions": sum(bytes(calendar.sessions)) if calendar else None,
            }
        )
    return rows


def _whose(calendar: Any) -> str:
    """Whose calendar it is, in words."""
    if calendar is None:
        return "None yet: absence cannot be worked out"
    return "Its own" if calendar.school_id else "The authority's"
