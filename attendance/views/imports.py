"""Pages of imports: upload, columns, check, import, and what came of it."""

from collections.abc import Callable
from datetime import date
from operator import itemgetter
from typing import Any
from urllib.parse import quote_plus

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from attendance.access import shown_code
from attendance.forms.imports import (
    CodesForm,
    ColumnsForm,
    ImportFilters,
    ProblemFilters,
    ReasonForm,
    TakeForm,
    UploadForm,
)
from attendance.imports import layouts
from attendance.imports.problems import MEANINGS, Kind, Weight
from attendance.imports.reading import UnreadableFile
from attendance.models import ImportBatch, ImportLayout, ImportState
from attendance.selectors import imports as selectors
from attendance.services import imports as services
from attendance.services.imports import ColumnsNotChosen
from audit.record import Kind as Event
from audit.record import record
from authorities import jobs
from authorities.access import school_for
from authorities.http import AuthorityRequest
from authorities.models import JobState
from authorities.permissions import Permission
from authorities.selectors import schools_for
from frontend.lists import Column, ListPage
from frontend.templatetags.govuk import words, words_and_time
from rules.errors import DomainError

RUNNING = (ImportState.CHECKING, ImportState.IMPORTING)
COLOURS = {
    ImportState.UPLOADED: "grey",
    ImportState.CHECKING: "blue",
    ImportState.CHECKED: "blue",
    ImportState.IMPORTING: "blue",
    ImportState.HELD: "orange",
    ImportState.TAKEN: "green",
    ImportState.REFUSED: "red",
    ImportState.UNDONE: "grey",
    ImportState.DISCARDED: "grey",
}


def _url(page: str, la: str, batch: ImportBatch) -> str:
    return reverse(f"attendance:{page}", kwargs={"la": la, "reference": batch.reference})


def _title(batch: ImportBatch) -> str:
    what = "Marks" if layouts.is_marks(batch.layout) else ImportLayout(batch.layout).label
    return f"{what} for {batch.school.name}"


def _crumbs(la: str, *more: dict[str, str]) -> list[dict[str, str]]:
    home = {"text": "Imports", "href": reverse("attendance:imports", kwargs={"la": la})}
    return [home, *more]


def _context(la: str, batch: ImportBatch, title: str, **more: Any) -> dict[str, Any]:
    """What every page of one file shows."""
    crumb = {"text": batch.file_name, "href": _url("import_batch", la, batch)}
    return {
        "title": title,
        "batch": batch,
        "breadcrumbs": _crumbs(la, crumb, {"text": title}),
        "batch_url": crumb["href"],
        **more,
    }


# The list


def _batch_list(la: str) -> ListPage:
    return ListPage(
        name="imports",
        noun="import",
        columns=[
            Column(
                "file",
                "File",
                lambda row: row.file_name,
                order_by=("file_name",),
                href=lambda row: _url("import_batch", la, row),
            ),
            Column("school", "School", lambda row: row.school.name, order_by=("school__name",)),
            Column(
                "layout",
                "What is in it",
                lambda row: ImportLayout(row.layout).label,
                order_by=("layout",),
            ),
            Column(
                "state",
                "Status",
                lambda row: ImportState(row.state).label,
                order_by=("state",),
                template="attendance/imports/state_cell.html",
            ),
            Column(
                "by",
                "Uploaded by",
                lambda row: row.uploaded_by.name if row.uploaded_by else "Operator",
                order_by=("uploaded_by__name",),
            ),
            Column(
                "when",
                "Uploaded",
                lambda row: row.uploaded_at,
                order_by=("uploaded_at",),
                show=words_and_time,
                descending_first=True,
            ),
        ],
        filter_form=ImportFilters,
        filters={
            "state": lambda rows, states: rows.filter(state__in=states),
            "layout": lambda rows, kinds: rows.filter(layout__in=kinds),
            "school": lambda rows, urn: rows.filter(school__urn=urn),
            "since": lambda rows, day: rows.filter(uploaded_at__date__gte=day),
        },
        search=lambda rows, typed: rows.filter(file_name__icontains=typed),
        search_label="File name",
        sort="-when",
        nothing_yet="Upload the first file from your register system.",
    )


@require_safe
def imports(request: AuthorityRequest, la: str) -> HttpResponse:
    """Every file that came in, newest first."""
    request.reach.require(Permission.IMPORT)
    schools = [(s.urn, s.name) for s in schools_for(request.reach, Permission.IMPORT)]
    new = {"text": "Upload a file", "href": reverse("attendance:import_new", kwargs={"la": la})}
    return _batch_list(la).respond(
        request,
        selectors.batches_visible(request.reach),
        {"title": "Imports", "actions": [{**new, "primary": True}]},
        form_options={"schools": schools},
        on_export=lambda count: _exported(request, count, "imports"),
    )


def _exported(request: AuthorityRequest, count: int, what: str) -> None:
    record(
        Event.EXPORTED,
        by=request.user,
        authority=request.authority,
        on=f"attendance.ImportBatch:{what}",
        count=count,
        what=what,
    )


# Upload and columns


@require_http_methods(["GET", "POST"])
def import_new(request: AuthorityRequest, la: str) -> HttpResponse:
    """Upload a file."""
    request.reach.require(Permission.IMPORT)
    posted = (request.POST, request.FILES) if request.method == "POST" else ()
    form = UploadForm(*posted, schools=schools_for(request.reach, Permission.IMPORT))
    if form.is_valid():
        chosen = form.cleaned_data
        school = school_for(request.reach, chosen["school"].urn, Permission.IMPORT)
        try:
            batch = services.receive(
                school=school,
                layout=chosen["layout"],
                file_name=chosen["file"].name or "",
                content=chosen["file"].read(),
                by=request.reach,
                now=timezone.now(),
            )
        except UnreadableFile as problem:
            form.add_error("file", problem.sentence)
        else:
            return redirect("attendance:import_mapping", la=la, reference=batch.reference)
    crumbs = _crumbs(la, {"text": "Upload a file"})
    context = {"title": "Upload a file", "form": form, "breadcrumbs": crumbs}
    return render(request, "attendance/imports/new.html", context)


@require_http_methods(["GET", "POST"])
def import_mapping(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """The first rows, and which column is which. Then the check begins."""
    batch = selectors.batch_for(request.reach, reference)
    if batch.state in services.SETTLED:
        return redirect("attendance:import_batch", la=la, reference=reference)
    opening = services.opening_of(bytes(batch.content), batch.layout)
    choices = services.suggested(opening, batch.layout, batch.source)
    form = ColumnsForm(
        request.POST if request.method == "POST" else None,
        layout=batch.layout,
        opening=opening,
        choices=choices,
        ask_order=services.may_need_date_order(opening, batch.layout),
    )
    if form.is_valid():
        try:
            services.choose(batch=batch, choices=form.choices(), by=request.reach)
            services.start_check(batch=batch, by=request.reach, now=timezone.now())
        except ColumnsNotChosen as problem:
            form.add_column_error(problem.about, problem.sentence)
        else:
            return redirect("attendance:import_batch", la=la, reference=reference)
    sessions = [title for title in opening.header if layouts.session_title(title)]
    context = _context(
        la,
        batch,
        "Choose the columns",
        form=form,
        opening=opening,
        remembered=batch.source is not None and not form.is_bound,
        dated=batch.layout == ImportLayout.MARKS_DATED,
        sessions=sessions,
    )
    return render(request, "attendance/imports/mapping.html", context)


@require_POST
def import_check(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """Check the file again: the calendar, the roll or the register may have changed."""
    batch = selectors.batch_for(request.reach, reference)
    return _do(
        request,
        la,
        batch,
        lambda: services.start_check(batch=batch, by=request.reach, now=timezone.now()),
    )


def _do(
    request: AuthorityRequest, la: str, batch: ImportBatch, act: Callable[[], Any]
) -> HttpResponse:
    """Carry out a button's act and go back to the file's page; a refusal is said there."""
    try:
        act()
    except DomainError as problem:
        messages.error(request, problem.sentence)
    return redirect("attendance:import_batch", la=la, reference=batch.reference)


# The file's own page


@require_safe
def import_batch(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """Where a file stands: how far it has got, what was found, what came of it."""
    batch = selectors.batch_for(request.reach, reference)
    job = batch.job
    live = batch.state in RUNNING and job is not None and job.state in jobs.LIVE
    if request.htmx and not live:
        response = HttpResponse()
        response["HX-Refresh"] = "true"
        return response
    poll = {"poll_url": _url("import_batch", la, batch) if live else ""}
    if request.htmx:
        return render(request, "attendance/imports/progress.html", {"job": job, **poll})
    state = ImportState(batch.state)
    broken = batch.state in RUNNING and not live
    context = {
        "title": _title(batch),
        "batch": batch,
        "breadcrumbs": _crumbs(la, {"text": batch.file_name}),
        "tags": [{"text": state.label, "colour": COLOURS[state]}],
        "job": job,
        "live": live,
        "broken": broken,
        "broken_because": _why_broken(batch) if broken else "",
        "sentence": services.sentence_of(batch),
        "rows": batch.report.get("rows"),
        "tiles": _tiles(batch, la),
        "problems": _problem_groups(batch, la),
        "kept_headings": ["Pupil", "Day", "Session"],
        "may_undo": batch.state == ImportState.TAKEN,
        "moved": any(batch.report.get("written", {}).values()),
        "may_take": state == ImportState.CHECKED and "rows" in batch.report and not broken,
        "may_check": state in (ImportState.CHECKED, ImportState.REFUSED) or broken,
        "take_form": TakeForm(refused=batch.report.get("rows", {}).get("refused", 0)),
        "release_form": _release_form(),
        "facts": _facts(batch),
        "kept": _kept(request, batch),
        **poll,
    }
    return render(request, "attendance/imports/batch.html", context)


def _why_broken(batch: ImportBatch) -> str:
    if batch.job is not None and batch.job.state == JobState.FAILED:
        return batch.job.problem
    return "The work was stopped. Nothing was half done."


def _tiles(batch: ImportBatch, la: str) -> list[dict[str, Any]]:
    """The figures of the check."""
    report = batch.report
    if "rows" not in report:
        return []
    if "marks" in report:
        figures = report["marks"]
        names = {"new": "new marks", "changed": "changed", "unchanged": "as recorded"}
    else:
        figures = {
            "new": sum(report["records"]["new"].values()),
            "changed": sum(report["records"]["changed"].values()),
            "unchanged": report["rows"]["unchanged"],
        }
        names = {"new": "new records", "changed": "changed", "unchanged": "rows as they were"}
    tiles: list[dict[str, Any]] = [
        {"figure": f"{figures[key]:,}", "label": label} for key, label in names.items()
    ]
    if figures["changed"]:
        tiles[1]["href"] = _url("import_changes", la, batch)
    refused = report["rows"]["refused"]
    tiles.append(
        {
            "figure": f"{refused:,}",
            "label": "rows refused",
            "tone": "act" if refused else "good",
            **({"href": _url("import_problems", la, batch)} if refused else {}),
        }
    )
    return tiles


def _problem_groups(batch: ImportBatch, la: str) -> list[dict[str, Any]]:
    """The kinds of problem found, the worst first, with where each leads."""
    found = batch.report.get("problems", {})
    groups = []
    for kind, meaning in MEANINGS.items():
        if number := found.get(str(kind)):
            groups.append(
                {
                    "kind": str(kind),
                    "title": meaning.title,
                    "help": meaning.help,
                    "number": number,
                    "weight": meaning.weight.value,
                    "colour": WEIGHT_COLOURS[meaning.weight],
                    "href": f"{_url('import_problems', la, batch)}?kind={quote_plus(str(kind))}",
                    "codes": kind == Kind.UNKNOWN_CODE and batch.state not in services.SETTLED,
                }
            )
    return groups


WEIGHT_COLOURS = {
    Weight.REFUSED: "red",
    Weight.QUARANTINED: "orange",
    Weight.HELD: "purple",
    Weight.WARNING: "yellow",
}
ENCODINGS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}


def _facts(batch: ImportBatch) -> list[dict[str, Any]]:
    """What is known of the file itself."""
    report = batch.report
    facts: list[dict[str, Any]] = [
        {"key": "File", "value": batch.file_name},
        {"key": "Uploaded", "value": words_and_time(batch.uploaded_at)},
        {"key": "By", "value": batch.uploaded_by.name if batch.uploaded_by else "Operator"},
        {
            "key": "Written in",
            "value": f"{report.get('encoding', '')}, with a "
            f"{ENCODINGS.get(report.get('delimiter', ','))} between values",
        },
        {"key": "Fingerprint (SHA-256)", "value": batch.sha256},
    ]
    if report.get("first_day"):
        facts.insert(
            3,
            {
                "key": "Days",
                "value": " to ".join(
                    dict.fromkeys(words(_day(report[key])) for key in ("first_day", "last_day"))
                ),
            },
        )
    if totals := report.get("totals"):
        shown = ", ".join(
            f"{totals[name]:,} {name}"
            for name in ("possible", "attended", "authorised", "unauthorised")
        )
        beside = (
            "the same as the file states"
            if totals["stated_in_file"] and not totals["differences"]
            else "the file states other totals"
            if totals["stated_in_file"]
            else "the file states no totals"
        )
        facts.append({"key": "Totals", "value": f"{shown} ({beside})"})
    return facts


def _day(text: str) -> date:
    return date.fromisoformat(text)


def _kept(request: AuthorityRequest, batch: ImportBatch) -> list[list[str]]:
    """The marks that an undo left alone: pupil, day, session."""
    kept = batch.report.get("kept", [])[:50]
    names = selectors.names_of(request.reach, batch.school, {row["pupil"] for row in kept})
    return [
        [names.get(row["pupil"], row["pupil"]), words(_day(row["day"])), row["session"]]
        for row in kept
    ]


def _release_form(data: Any = None) -> ReasonForm:
    return ReasonForm(
        data,
        label="Why is this file right?",
        missing="Say why this file is right",
    )


# Buttons


@require_POST
def import_take(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """Begin the import of a checked file."""
    batch = selectors.batch_for(request.reach, reference)
    form = TakeForm(request.POST, refused=batch.report.get("rows", {}).get("refused", 0))
    if not form.is_valid():
        messages.error(request, str(form.errors["leave_out"][0]))
        return redirect("attendance:import_batch", la=la, reference=reference)
    return _do(
        request,
        la,
        batch,
        lambda: services.start_take(
            batch=batch,
            by=request.reach,
            now=timezone.now(),
            leave_out_refused=bool(form.cleaned_data.get("leave_out")),
        ),
    )


@require_POST
def import_release(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """Let a held file in, with a reason."""
    batch = selectors.batch_for(request.reach, reference)
    return _do(
        request,
        la,
        batch,
        lambda: services.release(
            batch=batch,
            reason=request.POST.get("reason", ""),
            by=request.reach,
            now=timezone.now(),
        ),
    )


@require_POST
def import_discard(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """Settle that a file is not imported."""
    batch = selectors.batch_for(request.reach, reference)
    return _do(request, la, batch, lambda: services.discard(batch=batch, by=request.reach))


@require_http_methods(["GET", "POST"])
def import_undo(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """Take back what a file wrote."""
    batch = selectors.batch_for(request.reach, reference)
    form = ReasonForm(
        request.POST if request.method == "POST" else None,
        label="Why are you undoing this import?",
        missing="Say why you are undoing this import",
    )
    if form.is_valid():
        try:
            services.undo(
                batch=batch,
                reason=form.cleaned_data["reason"],
                by=request.reach,
                now=timezone.now(),
            )
        except DomainError as problem:
            form.add_error(None, problem.sentence)
        else:
            messages.success(request, "Import undone")
            return redirect("attendance:import_batch", la=la, reference=reference)
    return render(
        request,
        "attendance/imports/undo.html",
        _context(
            la, batch, "Undo this import", form=form, written=services.what_was_written(batch)
        ),
    )


@require_http_methods(["GET", "POST"])
def import_codes(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """Say what marks mean that are no codes of their day. Then the file is checked again."""
    batch = selectors.batch_for(request.reach, reference)
    marks = selectors.unknown_marks(batch)
    form = CodesForm(request.POST if request.method == "POST" else None, marks=marks)
    if form.is_valid():
        try:
            services.map_codes(batch=batch, codes=form.codes(), by=request.reach)
            services.start_check(batch=batch, by=request.reach, now=timezone.now())
        except DomainError as problem:
            form.add_error(None, problem.sentence)
        else:
            return redirect("attendance:import_batch", la=la, reference=reference)
    context = _context(la, batch, "What do these marks mean?", form=form, marks=marks)
    return render(request, "attendance/imports/codes.html", context)


# Lists of one file

PROBLEMS = ListPage(
    name="import-problems",
    noun="problem",
    columns=[
        Column("line", "Line", lambda row: row.line or None, order_by=("line",), numeric=True),
        Column("column", "Column", lambda row: row.column, order_by=("column",)),
        Column("value", "Value", lambda row: row.value, order_by=("value",)),
        Column("reason", "What is wrong", lambda row: row.reason, order_by=("reason",)),
        Column(
            "kind",
            "Kind",
            lambda row: MEANINGS[Kind(row.kind)].title,
            order_by=("kind",),
        ),
    ],
    filter_form=ProblemFilters,
    filters={"kind": lambda rows, kinds: rows.filter(kind__in=kinds)},
    search=lambda rows, typed: rows.filter(value__icontains=typed),
    search_label="Value",
    sort="line",
    nothing_yet="Nothing is wrong with this file.",
)


@require_safe
def import_problems(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """Each value that cannot be taken, or that somebody should look at."""
    batch = selectors.batch_for(request.reach, reference)
    found = batch.report.get("problems", {})
    kinds = [
        (str(kind), f"{meaning.title} ({found[str(kind)]:,})")
        for kind, meaning in MEANINGS.items()
        if str(kind) in found
    ]
    return PROBLEMS.respond(
        request,
        selectors.problems_of(batch),
        _context(la, batch, "Problems in the file"),
        form_options={"kinds": kinds},
        on_export=lambda count: _exported(request, count, "problems of an import"),
    )


MARK_CHANGES = ListPage(
    name="import-changes",
    noun="change",
    columns=[
        Column("pupil", "Pupil", lambda row: row["name"], order_by=("name",)),
        Column(
            "day", "Day", lambda row: row["day"], order_by=("day",), show=lambda d: words(_day(d))
        ),
        Column("session", "Session", lambda row: row["session"], order_by=("session",)),
        Column("from", "Recorded", lambda row: row["from"], order_by=("from",)),
        Column("to", "In the file", lambda row: row["to"], order_by=("to",)),
        Column("line", "Line", lambda row: row["line"], order_by=("line",), numeric=True),
    ],
    sort="line",
    nothing_yet="The file changes nothing that is recorded.",
)
PEOPLE_CHANGES = ListPage(
    name="import-changes",
    noun="change",
    columns=[
        Column("pupil", "Pupil", lambda row: row["name"], order_by=("name",)),
        Column("record", "Record", lambda row: row["record"], order_by=("record",)),
        Column("fields", "What changes", lambda row: ", ".join(row["fields"])),
    ],
    sort="pupil",
    nothing_yet="The file changes nothing that is recorded.",
)


def _as_readable(row: dict[str, Any], in_full: bool) -> dict[str, Any]:
    """A change with its codes as this person may read them."""
    day = _day(row["day"])
    shown = {key: shown_code(row[key], day, in_full=in_full) for key in ("from", "to")}
    return {**row, **shown}


@require_safe
def import_changes(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """What the file changes of what is recorded: the first 500."""
    batch = selectors.batch_for(request.reach, reference)
    changes = batch.report.get("changes", [])
    references = {change["pupil"] for change in changes}
    names = selectors.names_of(request.reach, batch.school, references)
    rows = [{**change, "name": names.get(change["pupil"], change["pupil"])} for change in changes]
    in_full = request.reach.may(Permission.VIEW_SENSITIVE, batch.school)
    page = PEOPLE_CHANGES
    if layouts.is_marks(batch.layout):
        page = MARK_CHANGES
        rows = [_as_readable(row, in_full) for row in rows]
    return page.respond(
        request,
        rows,
        _context(la, batch, "Changes"),
        on_export=lambda count: _exported(request, count, "changes of an import"),
    )


TOTALS = ListPage(
    name="import-totals",
    noun="pupil",
    columns=[
        Column("pupil", "Pupil", lambda row: row["name"], order_by=("name",)),
        *(
            Column(
                name,
                name.capitalize(),
                itemgetter(name),
                order_by=(name,),
                numeric=True,
            )
            for name in ("possible", "attended", "authorised", "unauthorised")
        ),
    ],
    sort="pupil",
    nothing_yet="The file has no marks that can be taken.",
)


@require_safe
def import_totals(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """What the file's marks add up to for each pupil: to compare with the register system."""
    batch = selectors.batch_for(request.reach, reference)
    return TOTALS.respond(
        request,
        selectors.totals_by_pupil(request.reach, batch),
        _context(la, batch, "Totals by pupil"),
        on_export=lambda count: _exported(request, count, "totals of an import"),
    )
