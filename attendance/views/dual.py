"""Pupils on two rolls: the list, and one pupil's two registers side by side."""

from datetime import timedelta
from itertools import groupby
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from attendance.access import pupil_here
from attendance.selectors import dual as selectors
from attendance.selectors.dual import WEEKS_SHOWN, Day, Line
from attendance.selectors.proof import session_words
from attendance.views.arrangements import list_context
from attendance.views.charts import audit_read
from attendance.views.pupil import page_context
from attendance.views.searching import write_down_listed
from authorities.exports import written_down
from authorities.http import AuthorityRequest
from authorities.permissions import Permission
from frontend.lists import Column, ListPage
from frontend.templatetags.govuk import NOTHING

SUBJECT = "attendance.Enrolment:dual"
MOST_WEEKS = 12


@require_safe
def dual(request: AuthorityRequest, la: str) -> HttpResponse:
    """Every pupil on two rolls of the authority today, with what their registers disagree on."""
    reach = request.reach
    reach.require(Permission.VIEW_SENSITIVE)
    exporting = request.GET.get("export") == "csv"
    if exporting:
        reach.require(Permission.EXPORT)
    first, last = reach.today - timedelta(weeks=WEEKS_SHOWN), reach.today - timedelta(days=1)
    rows = []
    for enrolment in selectors.dual_visible(reach, reach.today):
        pair = selectors.pair_of(reach, enrolment)
        day = selectors.joined_register(pair, first, last)
        rows.append({"enrolment": enrolment, "pair": pair, "problems": len(day.problems)})
    if not exporting:
        write_down_listed(reach, on=SUBJECT, count=len(rows))
    lead = (
        f"Where the two registers of the last {WEEKS_SHOWN} weeks disagree, a person settles it."
        f" Both schools are in {reach.authority.name}: ask a school of another authority for its"
        " marks."
    )
    return dual_list(la).respond(
        request,
        rows,
        list_context(reach, "dual", "Registered at two schools", lead),
        template="attendance/arrangements/list.html",
        on_export=written_down(reach, on=SUBJECT, what="the list of pupils on two rolls"),
    )


def dual_list(la: str) -> ListPage:
    """The list, declared for one authority."""

    def address(row: Any) -> str:
        page = reverse("attendance:pupil_dual", args=[la, row["enrolment"].pupil.reference])
        return f"{page}?school={row['enrolment'].school.urn}"

    return ListPage(
        name="two-schools",
        noun="pupil",
        columns=[
            Column(
                "pupil",
                "Pupil",
                lambda row: row["enrolment"].pupil.name,
                order_by=(lambda row: row["enrolment"].pupil.sort_name,),
                href=address,
            ),
            Column(
                "school",
                "This school",
                lambda row: row["enrolment"].school.name,
                order_by=(lambda row: row["enrolment"].school.name,),
            ),
            Column("status", "As", lambda row: row["enrolment"].get_status_display()),
            Column("other", "Other school", lambda row: row["pair"].other.school.name),
            Column(
                "problems",
                "To settle",
                lambda row: row["problems"],
                order_by=(lambda row: row["problems"],),
                numeric=True,
                descending_first=True,
            ),
        ],
        sort="-problems",
        tie_break=(lambda row: row["enrolment"].pk,),
        nothing_yet="No pupil is on the rolls of two schools here today.",
    )


@require_safe
def pupil_dual(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """A pupil's two registers, the joined day, and the disagreements in words."""
    reach = request.reach
    urn = request.GET.get("school", "")
    here = pupil_here(reach, reference, Permission.VIEW_SENSITIVE, urn=urn)
    audit_read(reach, here)
    pair = selectors.pair_of(reach, here.enrolment)
    weeks = _weeks(request.GET.get("weeks", ""))
    first, last = reach.today - timedelta(weeks=weeks), reach.today - timedelta(days=1)
    day = selectors.joined_register(pair, first, last)
    context = page_context(reach, here, "pupil_arrangements") | {
        "pair": pair,
        "day": day,
        "weeks": weeks,
        "choices": [number for number in (1, WEEKS_SHOWN, MOST_WEEKS) if number != weeks],
        "first": first,
        "last": last,
        "problems": _problems(day, la, here.pupil.reference),
        "lines": _table(day),
        "at": f"?school={here.school.urn}",
        "name": here.pupil.name,
    }
    return render(request, "attendance/arrangements/dual.html", context)


def _weeks(typed: str) -> int:
    """How many weeks to show, within reason."""
    return min(max(int(typed), 1), MOST_WEEKS) if typed.isdecimal() and len(typed) < 4 else 4


def _problems(day: Day, la: str, reference: str) -> list[dict[str, Any]]:
    """The disagreements, those in a row put together, with the address of the first session."""
    found = []
    for words, run in groupby(day.lines, key=lambda line: line.problem):
        lines = list(run)
        if not words:
            continue
        first, last = lines[0].when, lines[-1].when
        half = "am" if first.session == 0 else "pm"
        when = session_words(first)
        found.append(
            {
                "when": when if first == last else f"{when}, to {session_words(last)}",
                "words": words,
                "href": reverse(
                    "attendance:pupil_session", args=[la, reference, first.day.isoformat(), half]
                ),
            }
        )
    return found


def _table(day: Day) -> list[list[str]]:
    """The sessions as rows: when, here, there, joined."""
    return [
        [
            session_words(line.when),
            line.here or "no mark",
            line.there or NOTHING,
            _joined(line),
        ]
        for line in reversed(day.lines)
    ]


def _joined(line: Line) -> str:
    if line.problem:
        return "To settle"
    if not line.counts:
        return "Not counted"
    return "Present" if line.present else "Absent"
