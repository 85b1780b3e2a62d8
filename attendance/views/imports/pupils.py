"""Rows of a pupil whom nobody knows wait until a person says which pupil of the school it is."""

from datetime import date
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from attendance import marks as codec
from attendance.access import shown_code
from attendance.forms.imports import FindPupilForm, ReasonForm
from attendance.models import Enrolment, ImportBatch, ImportState, PupilMapping
from attendance.selectors import imports as selectors
from attendance.selectors.imports import UnknownPupil
from attendance.services import imports as services
from attendance.services.imports.marks import MarksPlan
from attendance.views.imports.page import (
    answered,
    context_of,
    exported,
    step,
    to_batch,
    url_of,
)
from audit.record import Kind, record
from authorities.http import AuthorityRequest
from authorities.permissions import Permission
from frontend.lists import NOTHING, Column, ListPage
from frontend.templatetags.govuk import words
from rules.errors import RuleNotMet

MOST_FOUND = 25
MOST_DAYS = 200


def _batch_to_name(request: AuthorityRequest, reference: str) -> ImportBatch:
    """The file, for a person who may say who its pupils are. Raises NotFound and Forbidden."""
    batch = selectors.batch_for(request.reach, reference)
    services.require_naming(request.reach, batch)
    return batch


def _address(page: str, la: str, batch: ImportBatch, key: str, **more: str) -> str:
    kwargs = {"la": la, "reference": batch.reference, "key": key, **more}
    return reverse(f"attendance:{page}", kwargs=kwargs)


def _days(unknown: UnknownPupil) -> str:
    """The days of the rows: one, or from the first to the last."""
    both = (words(unknown.first_day), words(unknown.last_day))
    return " to ".join(dict.fromkeys(both))


def _as_written(upn: str, number: str) -> str:
    """How the file names a pupil."""
    return " and ".join(
        text for text in (f"UPN {upn}" if upn else "", f"number {number}" if number else "") if text
    )


def _unknown_list(la: str, batch: ImportBatch) -> ListPage:
    def page_of(row: UnknownPupil) -> str | None:
        open_ = services.is_open_to_naming(batch)
        return _address("import_pupil", la, batch, row.key) if open_ else None

    return ListPage(
        name="import-pupils",
        noun="pupil",
        columns=[
            Column(
                "named",
                "In the file",
                lambda row: _as_written(row.upn, row.number),
                order_by=("naming",),
                href=page_of,
            ),
            Column("reason", "Why we do not know them", lambda row: row.reason),
            Column("days", "Days", _days, order_by=("first_day",)),
            Column("marks", "Marks", lambda row: row.marks, order_by=("marks",), numeric=True),
            Column("line", "First line", lambda row: row.line, order_by=("line",), numeric=True),
        ],
        sort="line",
        nothing_yet="Every pupil in the file is known.",
    )


@require_safe
def import_pupils(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """The pupils in quarantine, as the file names them; and those whom somebody has named."""
    batch = _batch_to_name(request, reference)
    return _unknown_list(la, batch).respond(
        request,
        selectors.unknown_pupils(batch),
        context_of(
            la,
            batch,
            "Who are these pupils?",
            said=[_said(la, batch, row) for row in selectors.mappings_of(batch)],
        ),
        template="attendance/imports/pupils.html",
        on_export=lambda count: exported(request, count, "unknown pupils of an import"),
    )


def _said(la: str, batch: ImportBatch, row: PupilMapping) -> dict[str, Any]:
    """One pupil that somebody has named, for the table."""
    key = selectors.key_of((row.upn, row.number))
    return {
        "written": _as_written(row.upn, row.number),
        "pupil": row.pupil.name,
        "by": row.made_by.name,
        "on": row.made_at,
        "take_back": _address("import_pupil_unname", la, batch, key),
    }


@require_http_methods(["GET", "POST"])
def import_pupil(request: AuthorityRequest, la: str, reference: str, key: str) -> HttpResponse:
    """Find the pupil that the file means, among those on the school's roll in those days."""
    batch = _batch_to_name(request, reference)
    unknown = selectors.unknown_pupil(batch, key)
    form = FindPupilForm(request.POST if request.method == "POST" else None)
    found: list[Enrolment] | None = None
    if form.is_valid():
        rows = selectors.found_on_roll(request.reach, batch, unknown, form.cleaned_data["q"])
        found = list(rows[: MOST_FOUND + 1])
        _write_down_listed(request, batch, len(found))
    context = _pupil_context(
        la,
        batch,
        unknown,
        "Who is this pupil?",
        form=form,
        found=[_row_of(la, batch, key, row) for row in (found or [])[:MOST_FOUND]],
        searched=found is not None,
        more=len(found or ()) > MOST_FOUND,
    )
    return render(request, "attendance/imports/pupil.html", context)


def _write_down_listed(request: AuthorityRequest, batch: ImportBatch, count: int) -> None:
    record(
        Kind.PUPILS_LISTED,
        by=request.user,
        authority=request.authority,
        school=batch.school,
        on=batch,
        count=min(count, MOST_FOUND),
    )


def _pupil_context(
    la: str, batch: ImportBatch, unknown: UnknownPupil, title: str, **more: Any
) -> dict[str, Any]:
    """What both pages about one unknown pupil show."""
    written = [
        {"key": "In the file", "value": _as_written(unknown.upn, unknown.number)},
        {"key": "Why we do not know them", "value": unknown.reason},
        {"key": "Days", "value": _days(unknown)},
        {"key": "Marks", "value": f"{unknown.marks:,}, from line {unknown.line:,} of the file"},
    ]
    context = context_of(la, batch, title, written=written, **more)
    pupils = {"text": "Who are these pupils?", "href": url_of("import_pupils", la, batch)}
    context["breadcrumbs"].insert(-1, pupils)
    return {**context, "pupils_url": pupils["href"]}


def _row_of(la: str, batch: ImportBatch, key: str, row: Enrolment) -> dict[str, Any]:
    """A pupil found, for the table."""
    return {
        "name": row.pupil.name,
        "href": _address("import_pupil_confirm", la, batch, key, pupil=row.pupil.reference),
        "born_on": row.pupil.born_on,
        "group": _group(row),
        "upn": row.pupil.upn,
        "on_roll": _on_roll(row),
    }


def _group(row: Enrolment) -> str:
    year = f"Year {row.year_group}" if row.year_group else ""
    return ", ".join(filter(None, (year, row.registration_group)))


def _on_roll(row: Enrolment) -> str:
    since = f"From {words(row.starts_on)}"
    return f"{since} to {words(row.ends_on)}" if row.ends_on else since


@require_http_methods(["GET", "POST"])
def import_pupil_confirm(
    request: AuthorityRequest, la: str, reference: str, key: str, pupil: str
) -> HttpResponse:
    """See what the rows would write for the pupil chosen, and say that it is this one."""
    batch = _batch_to_name(request, reference)
    unknown = selectors.unknown_pupil(batch, key)
    try:
        enrolment = services.enrolment_meant(
            batch=batch, unknown=unknown, pupil=pupil, by=request.reach
        )
    except RuleNotMet as problem:
        messages.error(request, problem.sentence)
        return redirect(_address("import_pupil", la, batch, key))
    form = ReasonForm(
        request.POST if request.method == "POST" else None,
        label="How do you know that this is the pupil?",
        missing="Say how you know that this is the pupil",
    )
    if answered(
        form,
        lambda: services.name_pupil(
            batch=batch,
            key=key,
            pupil=pupil,
            reason=form.cleaned_data["reason"],
            by=request.reach,
            today=timezone.localdate(),
            now=timezone.now(),
        ),
    ):
        messages.success(request, "Pupil named")
        return to_batch(la, batch)
    plan = services.preview_pupil(
        batch=batch, unknown=unknown, enrolment=enrolment, today=timezone.localdate()
    )
    _write_down_read(request, enrolment)
    context = _pupil_context(
        la,
        batch,
        unknown,
        f"Is this {enrolment.pupil.name}?",
        form=form,
        pupil=_facts_of(enrolment),
        search_url=_address("import_pupil", la, batch, key),
        taken=batch.state == ImportState.TAKEN,
        **_preview(request, batch, plan),
    )
    return render(request, "attendance/imports/pupil_confirm.html", context)


def _write_down_read(request: AuthorityRequest, enrolment: Enrolment) -> None:
    record(
        Kind.REGISTER_READ,
        by=request.user,
        authority=request.authority,
        school=enrolment.school,
        on=enrolment.pupil,
    )


def _facts_of(row: Enrolment) -> list[dict[str, Any]]:
    return [
        {"key": "Name", "value": row.pupil.name},
        {"key": "Date of birth", "value": words(row.pupil.born_on)},
        {"key": "Year and group", "value": _group(row) or None},
        {"key": "UPN", "value": row.pupil.upn or None},
        {"key": "On your roll", "value": _on_roll(row)},
    ]


def _preview(request: AuthorityRequest, batch: ImportBatch, plan: MarksPlan) -> dict[str, Any]:
    """What the rows would write, day by day, and what could not be taken."""
    marks = plan.report["marks"]
    names = {"new": "new marks", "changed": "changed", "unchanged": "as recorded"}
    problems = [
        [f"{one.line:,}", one.column, one.value, one.reason] for one in plan.problems.listed[:50]
    ]
    in_full = request.reach.may(Permission.VIEW_SENSITIVE, batch.school)
    days = _marks_by_day(plan, in_full=in_full)
    return {
        "tiles": [{"figure": f"{marks[key]:,}", "label": label} for key, label in names.items()],
        "marks": days[:MOST_DAYS],
        "more_days": max(0, len(days) - MOST_DAYS),
        "headings": ["Day", "Morning", "Afternoon"],
        "problems": problems,
        "problem_headings": ["Line", "Column", "Value", "What is wrong"],
        "held_because": " ".join(plan.held_because),
        "may_confirm": bool(len(plan.frame)) and services.is_open_to_naming(batch),
    }


def _marks_by_day(plan: MarksPlan, *, in_full: bool) -> list[list[str]]:
    """Each day with its two marks; beside a mark that changes, what is recorded now."""
    frame = plan.frame
    days: dict[int, list[str]] = {}
    rows = zip(
        frame.day.tolist(),
        frame.session.tolist(),
        frame.number.tolist(),
        plan.recorded.tolist(),
        strict=True,
    )
    for day, session, number, recorded in sorted(rows):
        cells = days.setdefault(day, [NOTHING, NOTHING])
        cells[session] = _mark(day, number, recorded, in_full=in_full)
    return [[words(date.fromordinal(day)), *cells] for day, cells in days.items()]


def _mark(ordinal: int, number: int, recorded: int, *, in_full: bool) -> str:
    day = date.fromordinal(ordinal)
    mark = shown_code(codec.code_of(number), day, in_full=in_full)
    if recorded in (number, codec.BLANK):
        return f"{mark}, as recorded" if recorded == number else f"{mark}, new"
    return f"{mark}, now {shown_code(codec.code_of(recorded), day, in_full=in_full)}"


@require_POST
def import_pupil_unname(
    request: AuthorityRequest, la: str, reference: str, key: str
) -> HttpResponse:
    """Take back what somebody said of a pupil."""
    batch = _batch_to_name(request, reference)
    return step(
        request,
        la,
        batch,
        lambda: services.unname_pupil(batch=batch, key=key, by=request.reach, now=timezone.now()),
    )
