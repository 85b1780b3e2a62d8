"""The end of a school year: preview who moves up and who leaves, edit, confirm, undo."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from attendance.forms.pupils import year_group_words
from attendance.forms.yearend import BecauseForm, GroupsForm, RowFilters, RowForm, StartForm
from attendance.models import RollOver, RollOverOutcome, RollOverState
from attendance.selectors import yearend as selectors
from attendance.selectors.calendars import year_words
from attendance.selectors.yearend import Row
from attendance.services import yearend_roll_over as services
from attendance.views.searching import write_down_listed
from authorities.access import NotFound, Reach, school_for
from authorities.exports import written_down
from authorities.http import AuthorityRequest
from authorities.models import School
from authorities.permissions import Permission
from frontend.lists import Column, ListPage
from rules.deletions import GROUNDS
from rules.errors import DomainError

SUBJECT = "attendance.RollOver:rows"
COLOURS = {"draft": "blue", "done": "green", "undone": "grey", "discarded": "grey"}


def _school(request: AuthorityRequest, urn: str) -> School:
    school = school_for(request.reach, urn, Permission.CHANGE_PUPIL)
    request.reach.require(Permission.AGREE_AMENDMENT, school)
    return school


@require_http_methods(["GET", "POST"])
def year_end(request: AuthorityRequest, la: str, urn: str) -> HttpResponse:
    """The roll-overs of a school, and the start of a new one."""
    reach = request.reach
    school = _school(request, urn)
    last_day = services.usual_last_day(school, reach.today)
    form = StartForm(
        request.POST if request.method == "POST" else None, initial={"last_day": last_day}
    )
    if request.method == "POST" and form.is_valid():
        try:
            made = services.draft(
                reach=reach,
                school=school,
                last_day=form.cleaned_data["last_day"],
                now=timezone.now(),
            )
        except DomainError as problem:
            form.add_error(None, problem.sentence)
        else:
            return redirect("attendance:year_end_one", la=la, reference=made.reference)
    context = {
        "title": "Year end",
        "caption": school.name,
        "place": school.name,
        "form": form,
        "rows": [
            {
                "one": one,
                "year": year_words(one.year),
                "colour": COLOURS[one.state],
                "href": reverse("attendance:year_end_one", args=[la, one.reference]),
            }
            for one in selectors.roll_overs_of(school)
        ],
    }
    return render(request, "attendance/yearend/year_end.html", context)


@require_safe
def year_end_one(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """One roll-over: its pupils and what may be done with it."""
    return _page(request, selectors.roll_over_for(request.reach, reference))


def _page(
    request: AuthorityRequest, one: RollOver, *, undo: BecauseForm | None = None
) -> HttpResponse:
    reach, la = request.reach, request.authority.code
    every = selectors.rows_of(one)
    groups = sorted({row.row.registration_group for row in every} - {""})
    page = _list_page(reach, one)
    options = {"groups": groups}
    if request.GET.get("export") == "csv":
        reach.require(Permission.EXPORT, one.school)
        exported = written_down(reach, on=SUBJECT, what="pupils of a roll-over")
        return page.respond(request, every, form_options=options, on_export=exported)
    shown = page.shown(request, every, form_options=options)
    write_down_listed(reach, on=SUBJECT, count=len(shown.rows))
    draft, done = one.state == RollOverState.DRAFT, one.state == RollOverState.DONE
    no_undo = services.no_undo(one, timezone.now())
    context = {
        "title": f"Into {year_words(one.year)}",
        "caption": one.school.name,
        "place": one.school.name,
        "one": one,
        "tags": [{"text": one.get_state_display(), "colour": COLOURS[one.state]}],
        "list": shown,
        "tiles": _tiles(every),
        "intake": [
            {"name": row.pupil.name, "group": year_group_words(row.year_group), "on": row.starts_on}
            for row in selectors.waiting_intake(one.school, one.last_day)
        ],
        "draft": draft,
        "may_confirm": draft and reach.today >= one.last_day,
        "undo": (undo or BecauseForm()) if done and not no_undo else None,
        "no_undo": no_undo if done else "",
        "groups_href": reverse("attendance:year_end_groups", args=[la, one.reference]),
        "breadcrumbs": [
            {"text": "Schools", "href": reverse("attendance:schools", args=[la])},
            {
                "text": one.school.name,
                "href": reverse("attendance:school", args=[la, one.school.urn]),
            },
            {"text": "Year end", "href": reverse("attendance:year_end", args=[la, one.school.urn])},
        ],
    }
    return render(request, "attendance/yearend/roll_over.html", context)


def _tiles(rows: list[Row]) -> list[dict[str, Any]]:
    looks = sum(bool(row.look_at) for row in rows)
    figures: list[tuple[int, str, str, str]] = [
        (sum(row.kind == outcome for row in rows), label.lower(), f"?outcome={outcome}", "")
        for outcome, label in RollOverOutcome.choices
    ]
    figures.append((looks, "to look at", "?look=yes", "watch" if looks else ""))
    return [
        {"figure": f"{number:,}", "label": label, "href": href, "tone": tone}
        for number, label, href, tone in figures
    ]


def _list_page(reach: Reach, one: RollOver) -> ListPage:
    la = reach.authority.code

    def row_href(row: Row) -> str | None:
        if one.state != RollOverState.DRAFT:
            return None
        return reverse("attendance:year_end_row", args=[la, one.reference, row.row.pk])

    return ListPage(
        name="year-end",
        noun="pupil",
        columns=[
            Column(
                "pupil", "Pupil", lambda r: r.row.enrolment.pupil.name, ("name",), href=row_href
            ),
            Column(
                "now",
                "Now",
                lambda r: _words(r.row.year_group, r.row.registration_group),
                (lambda r: (r.row.year_group, r.row.registration_group), "name"),
            ),
            Column("outcome", "Becomes", lambda r: r.row.get_outcome_display(), ("kind", "name")),
            Column("after", "After", _after),
            Column(
                "look",
                "To look at",
                lambda r: ". ".join(r.look_at),
                (lambda r: not r.look_at, "name"),
            ),
        ],
        sort="look",
        filter_form=RowFilters,
        filters={
            "outcome": lambda rows, outcome: [r for r in rows if r.kind == outcome],
            "group": lambda rows, name: [r for r in rows if r.row.registration_group == name],
            "look": lambda rows, _: [r for r in rows if r.look_at],
        },
        nothing_yet="Nobody is in this roll-over.",
    )


def _words(year_group: str, group: str) -> str:
    return ", ".join(part for part in (year_group_words(year_group), group) if part)


def _after(row: Row) -> str:
    if row.kind == RollOverOutcome.LEAVES:
        return GROUNDS[row.row.ground].label if row.row.ground in GROUNDS else ""
    return _words(row.row.new_year_group, row.row.new_group)


def _row(one: RollOver, pk: int) -> Any:
    row = one.rows.filter(pk=pk).select_related("enrolment__pupil").first()
    if row is None:
        raise NotFound("We cannot find that pupil in this roll-over.")
    return row


@require_http_methods(["GET", "POST"])
def year_end_row(request: AuthorityRequest, la: str, reference: str, row: int) -> HttpResponse:
    """Say otherwise what becomes of one pupil."""
    one = selectors.roll_over_for(request.reach, reference)
    found = _row(one, row)
    form = RowForm(
        request.POST if request.method == "POST" else None,
        initial={
            "outcome": found.outcome,
            "year_group": found.new_year_group,
            "group": found.new_group,
            "ground": found.ground,
            "destination": found.destination,
        },
    )
    if request.method == "POST" and form.is_valid():
        try:
            services.change_row(reach=request.reach, roll_over=one, row=found, **form.cleaned_data)
        except DomainError as problem:
            form.add_error(None, problem.sentence)
        else:
            messages.success(request, "Saved in the preview.")
            return redirect("attendance:year_end_one", la=la, reference=reference)
    return _form(request, one, form, found.enrolment.pupil.name)


@require_http_methods(["GET", "POST"])
def year_end_groups(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """Give the registration groups their new names."""
    one = selectors.roll_over_for(request.reach, reference)
    groups: dict[str, str] = {}
    for row in selectors.rows_of(one):
        if row.row.registration_group and row.kind != RollOverOutcome.LEAVES:
            groups.setdefault(row.row.registration_group, row.row.new_group)
    form = GroupsForm(
        request.POST if request.method == "POST" else None, groups=sorted(groups.items())
    )
    if request.method == "POST" and form.is_valid():
        try:
            changed = services.map_groups(reach=request.reach, roll_over=one, names=form.names())
        except DomainError as problem:
            form.add_error(None, problem.sentence)
        else:
            messages.success(request, f"Saved in the preview, for {changed} pupils.")
            return redirect("attendance:year_end_one", la=la, reference=reference)
    return _form(request, one, form, "New names of the groups")


def _form(request: AuthorityRequest, one: RollOver, form: Any, title: str) -> HttpResponse:
    context = {
        "title": title,
        "caption": f"Into {year_words(one.year)}, {one.school.name}",
        "place": one.school.name,
        "form": form,
        "save": "Save",
        "cancel": reverse("attendance:year_end_one", args=[request.authority.code, one.reference]),
    }
    return render(request, "attendance/yearend/form.html", context)


@require_POST
def year_end_confirm(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """Do what the preview says."""
    one = selectors.roll_over_for(request.reach, reference)
    try:
        services.confirm(reach=request.reach, roll_over=one, now=timezone.now())
    except DomainError as problem:
        messages.info(request, problem.sentence)
        if "row" in problem.facts:  # the page of the pupil who holds it up
            row = problem.facts["row"]
            return redirect("attendance:year_end_row", la=la, reference=reference, row=row)
    else:
        messages.success(
            request,
            f"Done. Everybody is in {year_words(one.year)}. You can undo it for"
            f" {services.UNDO_DAYS} days, until a register of the new year is taken.",
        )
    return redirect("attendance:year_end_one", la=la, reference=reference)


@require_POST
def year_end_discard(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """Throw a preview away."""
    one = selectors.roll_over_for(request.reach, reference)
    try:
        services.discard(reach=request.reach, roll_over=one)
    except DomainError as problem:
        messages.info(request, problem.sentence)
        return redirect("attendance:year_end_one", la=la, reference=reference)
    messages.success(request, "Preview thrown away. Nothing was changed.")
    return redirect("attendance:year_end", la=la, urn=one.school.urn)


@require_POST
def year_end_undo(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """Put everybody back."""
    one = selectors.roll_over_for(request.reach, reference)
    form = BecauseForm(request.POST)
    if not form.is_valid():
        return _page(request, one, undo=form)
    try:
        services.undo(
            reach=request.reach,
            roll_over=one,
            because=form.cleaned_data["because"],
            now=timezone.now(),
        )
    except DomainError as problem:
        messages.info(request, problem.sentence)
    else:
        messages.success(request, "Everybody is back in the year and group they were in.")
    return redirect("attendance:year_end_one", la=la, reference=reference)
