"""The worklist: the first page of the morning."""

from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from attendance.forms.pupils import (
    CrossingFilters,
    PupilSearch,
    school_choices,
    year_group_words,
)
from attendance.marks import year_of
from attendance.models import URGENCY, Crossing
from attendance.names import plain
from attendance.selectors import worklist as selectors
from attendance.services import worklist as services
from attendance.views.addresses import href
from attendance.views.searching import keep_search, school_and_year, write_down_listed
from authorities.access import Reach
from authorities.exports import written_down
from authorities.http import AuthorityRequest
from authorities.navigation import COUNTS
from authorities.permissions import Permission
from authorities.selectors import schools_for
from frontend.lists import Column, ListPage
from frontend.templatetags.govuk import percent_bp, short_date, words_and_time
from rules.absence import basis_points

SUBJECT = "attendance.Crossing:list"
SEARCH = "worklist_search"
JUST_SEEN = "worklist_just_seen"


@require_safe
def home(request: AuthorityRequest, la: str) -> HttpResponse:
    """Who crossed a line, with tabs, filters and a search."""
    reach = request.reach
    if not reach.may(Permission.VIEW_PUPIL):
        shared = href("cases:shared_cases", reach) if reach.may(Permission.VIEW_SHARED) else ""
        return redirect(shared or reverse("attendance:schools", args=[la]))
    schools = list(schools_for(reach, Permission.VIEW_PUPIL))
    steps = selectors.first_steps(reach, schools)
    if not steps.all_done:
        return render(request, "attendance/start.html", _start(reach, steps, schools))
    typed = request.session.get(SEARCH, "")
    every = _searched(selectors.crossings(reach, year_of(reach.today)), typed)
    outlook = selectors.Outlook(reach)
    page = worklist(reach, outlook, many_schools=len(schools) > 1)
    options = {"schools": school_choices(schools)}
    if request.GET.get("export") == "csv":
        return _export(request, page, every, options)
    tab = _tab(request)
    shown = page.shown(request, every.filter(selectors.TABS[tab][1]), form_options=options)
    write_down_listed(reach, on=SUBJECT, count=len(shown.rows))
    context = {
        "title": "Worklist",
        "place": _place(reach, schools),
        "list": replace(shown, export=shown.export if reach.may(Permission.EXPORT) else ""),
        "tabs": _tabs(
            request,
            selectors.tab_counts(page.narrowed(request, every, form_options=options)),
            tab,
        ),
        "tab": tab,
        "tab_means": selectors.TAB_MEANS[tab],
        "actions": _all_work(reach),
        "tiles": _tiles(reach, selectors.morning(reach, outlook.calendars)),
        "search": PupilSearch(initial={"q": typed}),
        "typed": typed,
        "may_mark": reach.may(Permission.CHANGE_CASE) and tab != "still",
        "just_seen": request.session.pop(JUST_SEEN, []),
    }
    return render(request, "attendance/home.html", context)


def _all_work(reach: Reach) -> list[dict[str, str]]:
    """The way to all that waits for the person, with how much that is."""
    if not reach.may(Permission.VIEW_CASE):
        return []
    counted = COUNTS["cases:work"](reach)
    return [{"text": f"All your work: {counted}", "href": href("cases:work", reach)}]


def _tab(request: AuthorityRequest) -> str:
    asked = request.GET.get("tab", "")
    return asked if asked in selectors.TABS else "new"


def _searched(rows: QuerySet[Crossing], typed: str) -> QuerySet[Crossing]:
    """The crossings of pupils whose names hold each of the typed words."""
    for word in plain(typed).split():
        rows = rows.filter(enrolment__pupil__sort_name__contains=word)
    return rows


def worklist(reach: Reach, outlook: selectors.Outlook, *, many_schools: bool) -> ListPage:
    """The list of crossings, declared for one person."""
    la = reach.authority.code

    def pupil_href(row: Crossing) -> str:
        return reverse("attendance:pupil", args=[la, row.enrolment.pupil.reference])

    columns = [
        Column(
            "pupil",
            "Pupil",
            lambda row: row.enrolment.pupil.name,
            order_by=("enrolment__pupil__sort_name",),
            href=pupil_href,
        ),
        Column(
            "school",
            "School",
            lambda row: row.school.name,
            order_by=("school__name",),
            export=True if many_schools else "only",
        ),
        Column(
            "year",
            "Year",
            lambda row: row.enrolment.year_group,
            order_by=("enrolment__year_group",),
            show=year_group_words,
        ),
        Column(
            "what",
            "What happened and what comes next",
            lambda row: {
                "crossing": row,
                "next": outlook.words(row),
                "settles_on": outlook.settles_on(row),
            },
            order_by=(URGENCY, "-since", "enrolment__pupil__sort_name"),
            template="attendance/cells/what.html",
            export=False,
        ),
        Column("line", "Line", lambda row: row.get_kind_display(), export="only"),
        Column("state", "State", lambda row: row.get_state_display(), export="only"),
        Column("sentence", "What happened", selectors.sentence, export="only"),
        Column(
            "since",
            "On the list since",
            lambda row: row.since,
            order_by=("since",),
            template="attendance/cells/day.html",
            descending_first=True,
        ),
        Column(
            "act",
            "Actions",
            lambda row: _actions(reach, row),
            template="attendance/cells/actions.html",
            export=False,
        ),
        Column(
            "seen",
            "Seen",
            lambda row: _actions(reach, row),
            template="attendance/cells/seen.html",
            export=False,
        ),
    ]
    return ListPage(
        name="worklist",
        noun="pupil and line",
        plural="pupils and lines",
        columns=columns,
        sort="what",
        prepare=outlook.prepare,
        filter_form=CrossingFilters,
        filters={
            "line": lambda rows, kind: rows.filter(kind=kind),
            **school_and_year("enrolment__"),
        },
        empty_title="Nobody is here",
        nothing_yet="Nobody stands under this heading today.",
    )


def _actions(reach: Reach, row: Crossing) -> dict[str, Any]:
    """What a person may do with a row."""
    la, reference = reach.authority.code, row.enrolment.pupil.reference
    may_act = reach.may(Permission.CHANGE_CASE, row.school)
    there: str | None = row.open_case  # type: ignore[attr-defined]
    may_see = there and reach.may(Permission.VIEW_CASE, row.school)
    return {
        "proof": reverse("attendance:pupil_proof", args=[la, reference]),
        "see_case": href("cases:case", reach, reference=there) if may_see else "",
        "open_case": href("cases:open", reach, crossing=row.pk) if may_act and not there else "",
        "name": row.enrolment.pupil.name,
        "may_mark": may_act and row.seen_at is None,
        "seen_by": row.seen_by.name if row.seen_by else "",
        "seen_at": row.seen_at,
    }


def _tabs(request: AuthorityRequest, counts: dict[str, int], chosen: str) -> list[dict[str, Any]]:
    """The tabs with how many stand under each."""
    kept = request.GET.copy()
    for key in ("page", "view", "export"):
        kept.pop(key, None)
    items = []
    for key, (label, _) in selectors.TABS.items():
        kept["tab"] = key
        items.append(
            {
                "text": label,
                "count": counts[key],
                "href": f"?{kept.urlencode()}",
                "active": key == chosen,
            }
        )
    return items


def _tiles(reach: Reach, morning: selectors.Morning) -> list[dict[str, Any]]:
    """The figures above the list."""
    pupils = reverse("attendance:pupils", args=[reach.authority.code])
    back = percent_bp(basis_points(morning.back_attended, morning.back_possible))
    return [
        {"figure": f"{morning.on_roll:,}", "label": "Pupils on roll", "href": pupils},
        {
            "figure": percent_bp(basis_points(morning.attended, morning.possible)),
            "label": "Attendance this year",
            "note": f"{back} in the last 12 school weeks",
        },
        {
            "figure": f"{morning.persistent:,}",
            "label": "Persistently absent",
            "note": "10% or more missed; 20 sessions or more possible",
            "href": f"{pupils}?band=2&band=3&sort=rate",
            "tone": "watch",
        },
        {
            "figure": f"{morning.severe:,}",
            "label": "Severely absent",
            "note": "50% or more missed",
            "href": f"{pupils}?band=3&sort=rate",
            "tone": "act",
        },
        {
            "figure": f"{morning.missing:,}",
            "label": "Sessions with no register",
            "note": _missing_note(morning),
            "href": href("attendance:registers_missing", reach)
            if reach.may(Permission.AMEND_REGISTER)
            else "",
            "tone": "act" if morning.missing else "good",
        },
        {
            "figure": short_date(morning.last_register) or "None",
            "label": "Last register",
            "note": _swept_note(morning),
        },
    ]


def _missing_note(morning: selectors.Morning) -> str:
    sent = words_and_time(morning.last_import)
    before = "of a whole school, in the 2 weeks before today. The list shows each class"
    return f"{before}. Last file: {sent}" if sent else before


def _swept_note(morning: selectors.Morning) -> str:
    at = words_and_time(morning.swept_at)
    return f"Last full check: {at}" if at else "Not worked out yet: the sweep has not run"


def _start(reach: Reach, steps: selectors.FirstSteps, schools: list[Any]) -> dict[str, Any]:
    """The page of a place that has nothing yet."""
    return {
        "title": "Welcome",
        "place": _place(reach, schools),
        "steps": steps,
        "may_import": reach.may(Permission.IMPORT),
        "may_change_calendar": reach.may(Permission.CHANGE_CALENDAR),
        "school": schools[0] if len(schools) == 1 else None,
        "imports_href": href("attendance:imports", reach),
    }


def _place(reach: Reach, schools: list[Any]) -> str:
    """The name in the header: the one school, or the authority."""
    return schools[0].name if len(schools) == 1 else reach.authority.name


def _export(
    request: AuthorityRequest, page: ListPage, rows: QuerySet[Crossing], options: dict[str, Any]
) -> HttpResponse:
    """The list as CSV, of the schools where the person may export."""
    reach = request.reach
    reach.require(Permission.EXPORT)
    tab = selectors.TABS[_tab(request)][1]
    allowed = rows.filter(tab).filter(reach.schools(Permission.EXPORT, "school__"))

    on_export = written_down(reach, on=SUBJECT, what="the worklist")
    return page.respond(request, allowed, form_options=options, on_export=on_export)


@require_POST
def search(request: AuthorityRequest, la: str) -> HttpResponse:
    """Keep what was typed in the session."""
    return keep_search(request, la, key=SEARCH, page="attendance:home")


@require_POST
def seen(request: AuthorityRequest, la: str) -> HttpResponse:
    """Mark the chosen crossings as seen, and offer to take it back."""
    marked = services.mark_seen(ids=_ids(request), by=request.reach, now=timezone.now())
    request.session[JUST_SEEN] = marked
    if not marked:
        messages.info(request, "Nothing was marked. Tick the rows you have seen first.")
    return redirect(_back(request, la))


@require_POST
def unseen(request: AuthorityRequest, la: str) -> HttpResponse:
    """Take back what was just marked."""
    count = services.mark_unseen(ids=_ids(request), by=request.reach)
    messages.success(request, f"{count} back under New" if count else "Nothing to take back")
    return redirect("attendance:home", la=la)


def _ids(request: AuthorityRequest) -> list[int]:
    """The ticked rows; anything that is no number is passed over."""
    typed = [one for one in request.POST.getlist("crossing") if one.isdecimal() and len(one) < 19]
    return [int(one) for one in typed[:500]]


def _back(request: AuthorityRequest, la: str) -> str:
    """The same tab of the worklist."""
    tab = request.POST.get("tab", "")
    address = reverse("attendance:home", args=[la])
    return f"{address}?tab={tab}" if tab in selectors.TABS else address
