"""The list of pupils: filters, a search that leaves no name in an address, and the CSV."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from django.db.models import F
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from attendance.access import OPEN_FLAGS
from attendance.forms.pupils import PupilFilters, PupilSearch, school_choices
from attendance.marks import year_of
from attendance.models import Flag
from attendance.models.standings import ThresholdState
from attendance.selectors import pupils as selectors
from attendance.selectors.enrolments import on_roll, registration_groups
from attendance.selectors.flags import flagged
from attendance.views.searching import keep_search, school_and_year, write_down_listed
from authorities.access import Reach
from authorities.exports import written_down
from authorities.http import AuthorityRequest
from authorities.models import School
from authorities.permissions import Permission
from authorities.selectors import schools_for
from frontend.lists import Column, ListPage
from frontend.templatetags.govuk import percent_bp
from rules.values import figures_on, value_on

SUBJECT = "attendance.Pupil:list"
SEARCH = "pupil_search"


@require_safe
def pupils(request: AuthorityRequest, la: str) -> HttpResponse:
    """Every pupil that the person may see, a row for each enrolment."""
    reach = request.reach
    reach.require(Permission.VIEW_PUPIL)
    schools = list(schools_for(reach, Permission.VIEW_PUPIL))
    typed = request.session.get(SEARCH, "")
    exporting = request.GET.get("export") == "csv"
    permission = Permission.EXPORT if exporting else Permission.VIEW_PUPIL
    reach.require(permission)
    rows = selectors.listed(reach, permission, year=year_of(reach.today))
    if typed:
        rows = selectors.found_by(rows, typed)
    if not request.GET.get("roll"):
        rows = rows.filter(on_roll(reach.today))
    page = pupil_list(reach, many_schools=len(schools) > 1)
    options = _choices(request, reach, schools)
    if exporting:
        on_export = written_down(reach, on=SUBJECT, what="the list of pupils")
        return page.respond(request, rows, form_options=options, on_export=on_export)
    shown = page.shown(request, rows, form_options=options)
    write_down_listed(reach, on=SUBJECT, count=len(shown.rows))
    context = {
        "title": "Pupils",
        "place": schools[0].name if len(schools) == 1 else reach.authority.name,
        "list": replace(shown, export=shown.export if reach.may(Permission.EXPORT) else ""),
        "search": PupilSearch(initial={"q": typed}),
        "typed": typed,
    }
    return render(request, "attendance/pupils.html", context)


@require_POST
def search(request: AuthorityRequest, la: str) -> HttpResponse:
    """Keep what was typed in the session."""
    request.reach.require(Permission.VIEW_PUPIL)
    return keep_search(request, la, key=SEARCH, page="attendance:pupils")


def _choices(request: AuthorityRequest, reach: Reach, schools: Sequence[School]) -> dict[str, Any]:
    """The choices of the filters, for this person."""
    urn = schools[0].urn if len(schools) == 1 else request.GET.get("school", "")
    all_flags = reach.may(Permission.VIEW_SENSITIVE)
    return {
        "schools": school_choices(list(schools)),
        "groups": registration_groups(reach, urn, reach.today) if urn else [],
        "flags": [(flag.value, flag.label) for flag in Flag if all_flags or flag in OPEN_FLAGS],
    }


def _percent(basis_points: int | None) -> Decimal | None:
    """A share for a spreadsheet, in percent to one place, rounded down as on the page."""
    return None if basis_points is None else Decimal(basis_points // 10) / 10


def pupil_list(reach: Reach, *, many_schools: bool) -> ListPage:
    """The list, declared for one person."""
    la, today = reach.authority.code, reach.today
    figures = figures_on(today)
    floor = value_on("alert_floor", today)["sessions"]

    def with_flag(rows: selectors.Listed, kind: str) -> selectors.Listed:
        permission = Permission.VIEW_PUPIL if kind in OPEN_FLAGS else Permission.VIEW_SENSITIVE
        return flagged(rows.filter(reach.schools(permission, "school__")), kind, today)

    def by_threshold(rows: selectors.Listed, wanted: str) -> selectors.Listed:
        conditions: dict[str, dict[str, Any]] = {
            "yes": {"standing__state": ThresholdState.YES},
            "now": {"standing__window_count__gte": figures.sessions_needed},
            "provisional": {"standing__state": ThresholdState.PROVISIONAL},
            "near": {
                "standing__window_count__gte": figures.near_from,
                "standing__window_count__lt": figures.sessions_needed,
            },
        }
        return rows.filter(**conditions[wanted])

    def by_roll(rows: selectors.Listed, wanted: str) -> selectors.Listed:
        return rows.filter(ends_on__lt=today) if wanted == "left" else rows

    columns = [
        Column(
            "name",
            "Pupil",
            lambda row: f"{row.pupil.surname}, {row.pupil.known_as or row.pupil.forenames}",
            order_by=("pupil__sort_name",),
            href=lambda row: reverse("attendance:pupil", args=[la, row.pupil.reference]),
        ),
        Column("upn", "UPN", lambda row: row.pupil.upn, export="only"),
        Column(
            "school",
            "School",
            lambda row: row.school.name,
            order_by=("school__name",),
            export=True if many_schools else "only",
        ),
        Column("year", "Year", lambda row: row.year_group, order_by=("year_group",)),
        Column(
            "group",
            "Group",
            lambda row: row.registration_group,
            order_by=("registration_group",),
        ),
        Column(
            "rate",
            "Attendance",
            lambda row: row.rate,
            order_by=(selectors.NullsLast(selectors.RATE),),
            numeric=True,
            show=percent_bp,
            export=False,
        ),
        Column("rate_percent", "Attendance %", lambda row: _percent(row.rate), export="only"),
        Column(
            "back",
            "Last 12 school weeks",
            lambda row: row.back_rate,
            order_by=(selectors.NullsLast(selectors.BACK_RATE),),
            numeric=True,
            show=percent_bp,
            export=False,
        ),
        Column(
            "back_percent",
            "Last 12 school weeks %",
            lambda row: _percent(row.back_rate),
            export="only",
        ),
        Column(
            "missed",
            "Missed",
            lambda row: row.missed,
            order_by=(selectors.NullsLast(selectors.MISSED),),
            numeric=True,
            template="attendance/cells/missed.html",
            descending_first=True,
        ),
        Column(
            "now",
            "Unauthorised in 10 school weeks",
            lambda row: row.now,
            order_by=(selectors.NullsLast(F("standing__window_count")),),
            numeric=True,
            descending_first=True,
        ),
        Column(
            "standing",
            "Standing",
            lambda row: selectors.standing_tags(row, figures, floor),
            template="attendance/cells/tags.html",
            export=False,
        ),
        Column(
            "standing_words",
            "Standing",
            lambda row: ", ".join(tag.text for tag in selectors.standing_tags(row, figures, floor)),
            export="only",
        ),
    ]
    return ListPage(
        name="pupils",
        noun="pupil",
        columns=columns,
        sort="name",
        filter_form=PupilFilters,
        filters={
            **school_and_year(),
            "group": lambda rows, group: rows.filter(registration_group=group),
            "band": lambda rows, bands: rows.filter(standing__band__in=[int(b) for b in bands]),
            "five": lambda rows, band: rows.filter(standing__five_point_band=int(band)),
            "threshold": by_threshold,
            "flag": with_flag,
            "roll": by_roll,
        },
        nothing_yet="Nobody is on roll here yet. Import pupils and enrolments to begin.",
    )
