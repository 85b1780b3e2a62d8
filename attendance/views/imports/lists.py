"""The lists of one file: its problems, its changes and its totals."""

from operator import itemgetter
from typing import Any

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from attendance.access import shown_code
from attendance.forms.imports import ProblemFilters
from attendance.imports import layouts
from attendance.imports.problems import MEANINGS, Kind
from attendance.selectors import imports as selectors
from attendance.views.imports.page import context_of, day_of, exported
from authorities.http import AuthorityRequest
from authorities.permissions import Permission
from frontend.lists import Column, ListPage
from frontend.templatetags.govuk import words

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
        context_of(la, batch, "Problems in the file"),
        form_options={"kinds": kinds},
        on_export=lambda count: exported(request, count, "problems of an import"),
    )


MARK_CHANGES = ListPage(
    name="import-changes",
    noun="change",
    columns=[
        Column("pupil", "Pupil", lambda row: row["name"], order_by=("name",)),
        Column(
            "day", "Day", lambda row: row["day"], order_by=("day",), show=lambda d: words(day_of(d))
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
    day = day_of(row["day"])
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
        context_of(la, batch, "Changes"),
        on_export=lambda count: exported(request, count, "changes of an import"),
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
        context_of(la, batch, "Totals by pupil"),
        on_export=lambda count: exported(request, count, "totals of an import"),
    )
