"""What if we worked by another policy: the question, the answer, its picture and its files."""

import csv
from collections import Counter
from datetime import date
from io import StringIO
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from authorities.access import NotFound, school_for
from authorities.exports import written_down
from authorities.http import AuthorityRequest
from authorities.models import Job, JobState
from authorities.packs import NATIONAL, PackError, available, load
from authorities.permissions import Permission
from authorities.selectors import schools_for
from cases.forms.what_if import WhatIfForm
from cases.selectors.replays import replays_visible
from cases.services import what_if as service
from frontend.charts import beside
from frontend.charts.beside import Beside
from frontend.charts.drawing import svg
from frontend.lists import Column, ListPage
from rules.dates import ONE_DAY, in_words
from rules.errors import DomainError
from rules.school_calendar import year_start_on

NOW, DRAFT = "In force", "Tried"
TITLES = (
    "What",
    "Policy",
    "Pupils, in force",
    "Pupils, tried",
    "Adults by post, in force",
    "Adults by post, tried",
    "Adults held, in force",
    "Adults held, tried",
)
COLOURS = {"done": "green", "failed": "red", "cancelled": "grey"}
MOST = 20  # earlier ones shown


@require_http_methods(["GET", "HEAD", "POST"])
def what_ifs(request: AuthorityRequest, la: str) -> HttpResponse:
    """Ask, and see what was asked before."""
    reach = request.reach
    reach.require(Permission.TRY_PACK)
    form = _form(request)
    if request.method == "POST" and form.is_valid():
        asked = form.cleaned_data
        school = asked["school"] and school_for(reach, asked["school"], Permission.TRY_PACK)
        try:
            job = service.ask(
                reach=reach,
                pack=asked["pack"],
                school=school or None,
                first=asked["first"],
                last=asked["last"],
                now=timezone.now(),
            )
        except DomainError as problem:
            form.add_error(None, problem.message)
        else:
            return redirect("authorities:job", la=la, reference=job.reference)
    context = {
        "form": form,
        "headings": ["Policy", "Days", "Where", "Asked", "State"],
        "rows": [_asked(job, la) for job in _jobs(request)[:MOST]],
    }
    return render(request, "cases/what_if/ask.html", context)


def _form(request: AuthorityRequest) -> WhatIfForm:
    """The question with this person's choices; this school year up to yesterday at first."""
    reach = request.reach
    packs = [
        (pack.name, f"{pack.pack.title}, edition {pack.edition}")
        for pack in available()
        if pack.name != NATIONAL
    ]
    schools = [(one.urn, one.name) for one in schools_for(reach, Permission.TRY_PACK)]
    if reach.may_everywhere(Permission.TRY_PACK):
        schools = [("", "All schools"), *schools]
    last = reach.today - ONE_DAY
    return WhatIfForm(
        request.POST or None,
        packs=packs,
        schools=schools,
        today=reach.today,
        initial={"first": year_start_on(last), "last": last},
    )


def _jobs(request: AuthorityRequest) -> Any:
    return replays_visible(request.reach, service.TASK)


def _asked(job: Job, la: str) -> dict[str, Any]:
    """One replay in the list of earlier ones."""
    return {
        "href": reverse("cases:what_if", args=[la, job.reference]),
        "pack": _title(job),
        "days": _days(job),
        "where": job.school.name if job.school else "All schools",
        "asked": job.asked_at,
        "tag": {"text": job.get_state_display(), "colour": COLOURS.get(job.state, "blue")},
    }


def _title(job: Job) -> str:
    """The policy that was tried."""
    name, edition = job.arguments["pack"], job.arguments["edition"]
    try:
        title = load(name, edition).pack.title
    except PackError:
        title = name
    return f"{title}, edition {edition}"


def _days(job: Job) -> str:
    """The days that were replayed."""
    first, last = (_day(job, key) for key in ("first", "last"))
    return f"{in_words(first)} to {in_words(last)}"


def _day(job: Job, key: str) -> date:
    """A day of the question."""
    return date.fromisoformat(job.arguments[key])


def _found(request: AuthorityRequest, reference: str) -> Job:
    """The one way to get a replay. Raises NotFound for one that is not there, or not theirs."""
    request.reach.require(Permission.TRY_PACK)
    job: Job | None = _jobs(request).filter(reference=reference).first()
    if job is None:
        raise NotFound("We cannot find that replay. Check the address.")
    return job


@require_safe
def what_if(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """What both policies came to; while it runs, how far it has got."""
    job = _found(request, reference)
    if job.state != JobState.DONE:
        return redirect("authorities:job", la=la, reference=reference)
    if request.GET.get("export") == "csv":
        return _file(request, job)
    at = [la, reference]
    context = {
        "job": job,
        "title": _title(job),
        "days": _days(job),
        "where": job.school.name if job.school else "All schools",
        "result": job.result,
        "headings": ["What", f"{NOW}: pupils", f"{DRAFT}: pupils", "Difference"],
        "rows": [_row(row) for row in job.result["rows"]],
        "letter_headings": [
            "Letter",
            f"{NOW}: adults by post",
            f"{NOW}: held for a person",
            f"{DRAFT}: adults by post",
            f"{DRAFT}: held for a person",
        ],
        "letters": [_letters(row) for row in job.result["rows"] if "post" in row["now"]],
        "chart": reverse("cases:what_if_chart", args=at),
        "pupils_href": reverse("cases:what_if_pupils", args=at),
        "may_see_pupils": request.reach.may(Permission.VIEW_CASE, job.school),
        "same": all(row["now"]["who"] == row["draft"]["who"] for row in job.result["rows"]),
    }
    return render(request, "cases/what_if/answer.html", context)


def _label(row: dict[str, Any]) -> str:
    return f"{row['words']} ({row['policy']})"


def _row(row: dict[str, Any]) -> list[str]:
    now, draft = row["now"]["pupils"], row["draft"]["pupils"]
    difference = f"{draft - now:+,}" if draft != now else "0"
    return [_label(row), f"{now:,}", f"{draft:,}", difference.replace("-", "\u2212")]


def _letters(row: dict[str, Any]) -> list[str]:
    sides = (row["now"], row["draft"])
    return [_label(row), *(f"{side[way]:,}" for side in sides for way in ("post", "held"))]


def _file(request: AuthorityRequest, job: Job) -> HttpResponse:
    """The counts as a file. They name nobody."""
    out = StringIO()
    sheet = csv.writer(out)
    sheet.writerow(TITLES)
    for row in job.result["rows"]:
        sides = (row["now"], row["draft"])
        figures = [side.get(name, "") for name in ("pupils", "post", "held") for side in sides]
        sheet.writerow([row["words"], row["policy"], *figures])
    sheet.writerow([])
    sheet.writerow(["Week from", "", "Proposals, in force", "Proposals, tried"])
    for week in job.result["weeks"]:
        sheet.writerow([week["monday"], "", week["now"], week["draft"]])
    written_down(request.reach, on=f"{Job._meta.label}:{job.pk}", what="counts of a replay")(
        len(job.result["rows"])
    )
    answer = HttpResponse("\ufeff" + out.getvalue(), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = 'attachment; filename="what-if.csv"'
    return answer


@require_safe
def what_if_chart(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """The pupils of each row, both sides, as SVG. It names nobody."""
    job = _found(request, reference)
    rows = job.result.get("rows", [])
    often = Counter(row["words"] for row in rows)  # two policies may say the same
    things = [
        Beside(
            _label(row) if often[row["words"]] > 1 else row["words"],
            row["now"]["pupils"],
            row["draft"]["pupils"],
        )
        for row in rows
    ]
    spec = beside.spec(things, now=NOW, then=DRAFT, title="Pupils, side by side")
    return HttpResponse(svg(spec), content_type="image/svg+xml")


@require_safe
def what_if_pupils(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """Whom each side would reach: for people who may see cases there."""
    reach = request.reach
    job = _found(request, reference)
    reach.require(Permission.VIEW_CASE, job.school)
    if request.GET.get("export") == "csv":
        reach.require(Permission.EXPORT, job.school)
    seen = set(schools_for(reach, Permission.VIEW_CASE).values_list("pk", flat=True))
    rows = service.people(job) if job.state == JobState.DONE else []
    return _people(la).respond(
        request,
        [row for row in rows if row["enrolment"].school_id in seen],
        {"title": "Whom it would reach", "caption": _title(job), "lead": _days(job)},
        on_export=written_down(reach, on=f"{Job._meta.label}:{job.pk}", what="a replay's pupils"),
    )


def _people(la: str) -> ListPage:
    """Who, as a list."""
    return ListPage(
        name="what-if-pupils",
        noun="entry",
        plural="entries",
        columns=[
            Column(
                "pupil",
                "Pupil",
                lambda row: row["enrolment"].pupil.name,
                order_by=(lambda row: row["enrolment"].pupil.sort_name,),
                href=lambda row: reverse(
                    "attendance:pupil", args=[la, row["enrolment"].pupil.reference]
                ),
            ),
            Column(
                "school",
                "School",
                lambda row: row["enrolment"].school.name,
                order_by=(lambda row: row["enrolment"].school.name,),
            ),
            Column("what", "What", lambda row: row["words"], order_by=("words",)),
            Column("policy", "Policy", lambda row: row["policy"], order_by=("policy",)),
            Column("now", NOW, lambda row: "Yes" if row["now"] else "No", order_by=("now",)),
            Column(
                "draft", DRAFT, lambda row: "Yes" if row["draft"] else "No", order_by=("draft",)
            ),
        ],
        sort="pupil",
        search=lambda rows, typed: [
            row
            for row in rows
            if row["enrolment"].pupil.surname.casefold().startswith(typed.casefold())
        ],
        search_label="Surname",
        nothing_yet="Neither policy would have reached anybody in these days.",
    )
