"""A file arrives: the list of imports, the upload, and which column is which."""

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from attendance.forms.imports import ColumnsForm, ImportFilters, UploadForm
from attendance.imports import layouts
from attendance.imports.reading import UnreadableFile
from attendance.models import ImportLayout, ImportState
from attendance.selectors import imports as selectors
from attendance.services import imports as services
from attendance.views.imports.page import (
    context_of,
    crumbs_of,
    exported,
    to_batch,
    url_of,
)
from authorities.access import school_for
from authorities.http import AuthorityRequest
from authorities.permissions import Permission
from authorities.selectors import schools_for
from frontend.lists import Column, ListPage
from frontend.templatetags.govuk import words_and_time


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
                href=lambda row: url_of("import_batch", la, row),
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
        on_export=lambda count: exported(request, count, "imports"),
    )


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
    crumbs = crumbs_of(la, {"text": "Upload a file"})
    context = {"title": "Upload a file", "form": form, "breadcrumbs": crumbs}
    return render(request, "attendance/imports/new.html", context)


@require_http_methods(["GET", "POST"])
def import_mapping(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """The first rows, and which column is which. Then the check begins."""
    batch = selectors.batch_for(request.reach, reference)
    if batch.state in services.SETTLED:
        return to_batch(la, batch)
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
        except services.ColumnsNotChosen as problem:
            form.add_column_error(problem.about, problem.sentence)
        else:
            return to_batch(la, batch)
    sessions = [title for title in opening.header if layouts.session_title(title)]
    context = context_of(
        la,
        batch,
        "Choose the columns",
        form=form,
        opening=opening,
        remembered=batch.source is not None and not form.is_bound,
        leaves_protection_open=layouts.leaves_protection_open(batch.layout, choices.mapping),
        may_answer=request.reach.may(Permission.CHANGE_PUPIL, batch.school),
        dated=batch.layout == ImportLayout.MARKS_DATED,
        sessions=sessions,
    )
    return render(request, "attendance/imports/mapping.html", context)
