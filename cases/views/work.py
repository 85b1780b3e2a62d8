"""What waits for a person: the list, and one deadline."""

from dataclasses import replace
from functools import partial
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from attendance.views.addresses import href
from attendance.views.searching import keep_search, write_down_listed
from authorities.access import Forbidden, NotFound, Reach
from authorities.exports import written_down
from authorities.http import AuthorityRequest
from authorities.permissions import Permission
from authorities.saved_views import opening_view, saved_views
from authorities.selectors import schools_for
from cases.access import case_for, deadlines_for
from cases.forms.cases import school_choices
from cases.forms.work import DoneForm, GiveForm, KeepOpenForm, MoveForm, PauseForm, WorkFilters
from cases.models import Deadline, DeadlineKind
from cases.selectors.following import ending_of
from cases.selectors.overview import page_of
from cases.selectors.owners import COUNCILS_CLOCK, answerers, owners
from cases.selectors.work import (
    BY_KEY,
    LABELS,
    Wanted,
    Work,
    blocked_by,
    change_words,
    deadlines_of,
    over,
    with_blocks,
    work_for,
)
from cases.services import deadlines, following
from cases.views.bulk_bar import bulk_bar
from cases.views.pages import case_page
from frontend.lists import Column, ListPage
from frontend.templatetags.govuk import words
from rules.errors import DomainError

SUBJECT = "cases.Deadline:list"
SEARCH = "work_search"
ROUTE = "cases:work"
LEAD = "All that waits for you: what is due on cases, and decisions to take."
LEAD_TO_READ = "What is due on the cases that you may read, and who sees to it."


def wanted_by(request: AuthorityRequest, schools: list[Any]) -> Wanted:
    """What the address and the kept search ask for. What makes no sense is left out."""
    form = WorkFilters(request.GET, schools=school_choices(schools))
    form.is_valid()
    tab = request.GET.get("tab", "")
    return Wanted(
        tab=tab if tab in TABS else "due",
        whose=form.cleaned_data.get("whose", ""),
        kinds=tuple(form.cleaned_data.get("kind", ())),
        urn=form.cleaned_data.get("school", ""),
        words=request.session.get(SEARCH, ""),
    )


TABS = ("due", "overdue", "week", "later", "blocked", "all")


@require_safe
def work(request: AuthorityRequest, la: str) -> HttpResponse:
    """Everything that waits for the person, with tabs, filters, a search and bulk actions."""
    reach = request.reach
    reach.require(Permission.VIEW_CASE)
    if opening := opening_view(request, ROUTE):
        return redirect(opening)
    schools = list(schools_for(reach, Permission.VIEW_CASE))
    wanted = wanted_by(request, schools)
    found = work_for(reach, wanted)
    page = work_list(reach, many_schools=len(schools) > 1)
    options = {"schools": school_choices(schools), "kinds": found.kinds}
    if request.GET.get("export") == "csv":
        return _export(request, page, found, options)
    saved = saved_views(request, page, ROUTE, form_options=options)
    shown = page.shown(
        request, found.rows, form_options=options, saved=saved, total=found.count(wanted.tab)
    )
    write_down_listed(reach, on=SUBJECT, count=len(shown.rows))
    context = {
        "title": "Work",
        "lead": LEAD if reach.may(Permission.CHANGE_CASE) else LEAD_TO_READ,
        "list": replace(shown, export=shown.export if reach.may(Permission.EXPORT) else ""),
        "tabs": _tabs(request, found, wanted.tab),
        "tab_means": next(item["means"] for item in found.tabs if item["key"] == wanted.tab),
        "typed": wanted.words,
        **bulk_bar(request, "work", found.count(wanted.tab)),
    }
    return render(request, "cases/work/list.html", context)


def _tabs(request: AuthorityRequest, found: Work, chosen: str) -> list[dict[str, Any]]:
    kept = request.GET.copy()
    for key in ("page", "view", "export"):
        kept.pop(key, None)
    items = []
    for item in found.tabs:
        kept["tab"] = item["key"]
        items.append(item | {"href": f"?{kept.urlencode()}", "active": item["key"] == chosen})
    return items


def work_list(reach: Reach, *, many_schools: bool) -> ListPage:
    """The list of work, declared for one person."""
    la = reach.authority.code

    def case_href(row: dict[str, Any]) -> str | None:
        return reverse("cases:case", args=[la, row["w_case"]]) if row["w_case"] else None

    columns = [
        Column(
            "pupil",
            "Pupil",
            _whose,
            order_by=("w_sort", "w_when"),
            href=case_href,
        ),
        Column("kind", "Kind", lambda row: LABELS[row["w_kind"]], order_by=("w_kind", "w_when")),
        Column(
            "what",
            "What to do",
            lambda row: _what(row, reach),
            template="cases/work/what.html",
            export=False,
        ),
        Column("words", "What to do", lambda row: row["w_words"], export="only"),
        Column(
            "school",
            "School",
            lambda row: row["w_school"],
            order_by=("w_school", "w_when"),
            export=True if many_schools else "only",
        ),
        Column(
            "due",
            "Due",
            lambda row: {
                "day": row["w_due"],
                "late": row["w_due"] is not None and row["w_due"] < reach.today,
            },
            order_by=("w_when", "w_sort"),
            template="cases/work/due.html",
            export=False,
        ),
        Column("by", "Due", lambda row: row["w_due"], export="only"),
        Column(
            "who",
            "Who",
            lambda row: row["w_owner_name"],
            order_by=("w_owner_name", "w_when"),
            show=lambda name: name or "Nobody yet",
        ),
        Column("waiting", "Blocked by", lambda row: " ".join(blocked_by(row)), export="only"),
        Column(
            "choose",
            "Choose",
            lambda row: {
                "id": row["w_pk"],
                "token": f"{row['w_kind']}|{row['w_pk']}|{row['w_version']}",
                "label": f"{_whose(row)}, {row['w_words']}",
                "may": row["w_kind"] not in BY_KEY and reach.may(Permission.CHANGE_CASE),
            },
            template="cases/work/choose.html",
            export=False,
        ),
    ]
    return ListPage(
        name="work",
        noun="thing to do",
        plural="things to do",
        columns=columns,
        sort="due",
        tie_break=("w_kind", "w_pk"),
        prepare=partial(with_blocks, reach),
        filter_form=WorkFilters,
        empty_title="Nothing is here",
        nothing_yet="Nothing waits under this heading. Look under the others before you go home.",
    )


def _whose(row: dict[str, Any]) -> str:
    """The pupil of a row, or what stands for one."""
    return f"{row['w_known']} {row['w_surname']}".strip()


def _what(row: dict[str, Any], reach: Reach) -> dict[str, Any]:
    """What the cell says of a row."""
    return {
        "words": row["w_words"],
        "href": _done_at(row, reach),
        "nothing": row["w_nothing"],
        "blocked": blocked_by(row),
        "change": ""
        if row["w_kind"] in BY_KEY
        else reverse("cases:deadline", args=[reach.authority.code, row["w_pk"]]),
    }


def _done_at(row: dict[str, Any], reach: Reach) -> str:
    """The page where a row is seen to."""
    source = BY_KEY.get(row["w_kind"])
    if source is not None:
        return href(source.route, reach, reference=row[source.takes])
    route = page_of(DeadlineKind(row["w_kind"]), reach) or "cases:case"
    return href(route, reach, reference=row["w_case"])


def _export(
    request: AuthorityRequest, page: ListPage, found: Work, options: dict[str, Any]
) -> HttpResponse:
    """The list as CSV, for those who may export everywhere that they may see cases."""
    reach = request.reach
    reach.require(Permission.EXPORT)
    theirs = {school.pk for school in schools_for(reach, Permission.EXPORT)}
    if any(one.pk not in theirs for one in schools_for(reach, Permission.VIEW_CASE)):
        raise Forbidden("You may not export lists of all these schools. Choose one of them first.")
    on_export = written_down(reach, on=SUBJECT, what="the list of work")
    return page.respond(request, found.rows, form_options=options, on_export=on_export)


@require_POST
def search(request: AuthorityRequest, la: str) -> HttpResponse:
    """Keep what was typed in the session."""
    request.reach.require(Permission.VIEW_CASE)
    return keep_search(request, la, key=SEARCH, page="cases:work")


# One case's deadlines, and one of them


@require_safe
def due(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """What is due on one case, what happens if nobody does it, and what is over."""
    reach = request.reach
    found = case_for(reach, reference, Permission.VIEW_CASE)
    rows = deadlines_of(reach, found)
    context = {
        **case_page(reach, found, "due"),
        "rows": [row | _what(row, reach) | {"kind": LABELS[row["w_kind"]]} for row in rows],
        "over": over(found),
        "today": reach.today,
    }
    return render(request, "cases/work/due_on_case.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def keep_open(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """Say why a case stays open although the pupil left or is past school age."""
    reach = request.reach
    found = case_for(reach, reference, Permission.CHANGE_CASE)
    form = KeepOpenForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            following.keep_open(
                reach=reach,
                case=found,
                today=reach.today,
                now=timezone.now(),
                **form.cleaned_data,
            )
        except DomainError as problem:
            form.add_error(None, problem.message)
        else:
            messages.success(request, "The case stays open, with your reason")
            return redirect("cases:case", la=la, reference=reference)
    ending = ending_of(found, reach.today)
    context = case_page(reach, found, "case", "Keep the case open") | {
        "form": form,
        "button": "Keep it open",
        "expected": [
            ending.words if ending else "The pupil is on the roll and of school age.",
            "Your reason stays with the case as a note.",
            "On the day you choose, it waits in your work again.",
        ],
        "cancel": reverse("cases:case", args=[la, reference]),
    }
    return render(request, "cases/stages/form.html", context)


FORMS = {"move": MoveForm, "pause": PauseForm, "done": DoneForm, "give": GiveForm, "resume": None}
DONE = {
    "move": "The day is moved",
    "pause": "Paused",
    "done": "Marked as done",
    "give": "Given",
    "resume": "It runs again",
}


@require_http_methods(["GET", "HEAD", "POST"])
def deadline(request: AuthorityRequest, la: str, pk: int) -> HttpResponse:
    """One deadline: what it rests on, its history, and each way to change it."""
    reach = request.reach
    found = deadlines_for(reach).filter(pk=pk).first()
    if found is None:
        raise NotFound("We cannot find that deadline. It may be of a case that you cannot see.")
    action = request.POST.get("action", "") if request.method == "POST" else ""
    forms = _forms(request, found, action)
    if request.method == "POST":
        reach.require(Permission.CHANGE_CASE, found.case.school)
        form = forms.get(action)
        if action in FORMS and (form is None or form.is_valid()):
            try:
                _change(request, found, action, form)
                messages.success(request, DONE[action])
                return redirect("cases:due", la=la, reference=found.case.reference)
            except DomainError as refusal:
                if form is None:
                    messages.error(request, refusal.message)
                else:
                    form.add_error(None, refusal.message)
    return render(request, "cases/work/deadline.html", _deadline(request, found, forms, action))


def _forms(request: AuthorityRequest, found: Deadline, action: str) -> dict[str, Any]:
    """Every form of the page; the one that was sent holds what was typed."""
    school, today = found.case.school, request.reach.today
    councils = found.clock.get("key") == COUNCILS_CLOCK
    people = answerers(school, today) if councils else owners([school], today)
    initial = {"version": found.version, "owner": str(found.owner_id or "")}
    made = {}
    for name, form in FORMS.items():
        if form is not None:
            more = {"people": people} if name == "give" else {}
            data = request.POST if name == action else None
            made[name] = form(data, initial=initial, auto_id=f"{name}_%s", **more)
    return made


def _change(request: AuthorityRequest, found: Deadline, action: str, form: Any) -> None:
    """Carry out one of the forms."""
    version = form.cleaned_data["version"] if form else _version(request)
    who: dict[str, Any] = {"reach": request.reach, "pk": found.pk, "version": version}
    who["now"] = timezone.now()
    today = request.reach.today
    if action == "give":
        deadlines.give(owner=form.chosen, **who)
    elif action == "resume":
        deadlines.resume(today=today, **who)
    elif action == "done":
        deadlines.mark_done(note=form.cleaned_data["note"], today=today, **who)
    elif action == "pause":
        deadlines.pause(because=form.cleaned_data["because"], today=today, **who)
    else:
        typed = form.cleaned_data
        deadlines.move(to=typed["to"], because=typed["because"], today=today, **who)


def _version(request: AuthorityRequest) -> int:
    """The version that a form without questions was read at."""
    typed = request.POST.get("version", "")
    return int(typed) if typed.isascii() and typed.isdecimal() and len(typed) < 9 else 0


def _deadline(
    request: AuthorityRequest, found: Deadline, forms: dict[str, Any], action: str
) -> dict[str, Any]:
    reach = request.reach
    rows = deadlines_of(reach, found.case, pk=found.pk)
    running = found.done_on is None and found.case.closed_on is None
    changes: QuerySet[Any] = found.changes.select_related("made_by", "was_owner", "now_owner")
    return {
        **case_page(reach, found.case, "due", found.words),
        "deadline": found,
        "blocked": blocked_by(rows[0]) if rows else [],
        "done_at": _done_at(rows[0], reach) if rows else "",
        "summary": _summary(found),
        "changes": [
            {
                "title": row.get_what_display(),
                "by": row.made_by.name if row.made_by else "Onroll",
                "at": row.made_at,
                "text": change_words(row),
            }
            for row in changes.order_by("-made_at", "-pk")
        ],
        "forms": forms,
        "form": forms.get(action),
        "open": action,
        "may": running and reach.may(Permission.CHANGE_CASE, found.case.school),
        "not_moved": deadlines.DAY_OF_A_RECORD.get(DeadlineKind(found.kind), ""),
        "not_done": deadlines.why_not_done(found),
    }


def _nobodys(found: Deadline) -> str:
    """Who has a deadline that was given to nobody."""
    if found.clock.get("key") == COUNCILS_CLOCK:
        return "Whoever answers referrals for the council"
    return "Whoever carries the case"


def _summary(found: Deadline) -> list[dict[str, Any]]:
    """What is kept about a deadline."""
    clock = found.clock
    rows = [
        ("Kind", found.get_kind_display()),
        ("Due", words(found.due_on)),
        ("Counted from", words(found.since)),
        (
            "How long",
            f"{clock['words']}: {clock['pack']}, {clock['source']}"
            if clock
            else "A day that people agreed",
        ),
        ("Who", found.owner.name if found.owner else _nobodys(found)),
        ("Done or dropped", words(found.done_on) if found.done_on else ""),
        ("Why it was dropped", found.dropped_because),
        ("If nobody does it", found.nothing),
    ]
    return [{"key": key, "value": value} for key, value in rows if value]
