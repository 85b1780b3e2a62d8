"""The page of one file: how far it has got, what was found, what came of it."""

from typing import Any
from urllib.parse import quote_plus

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from attendance.forms.imports import ReasonForm, TakeForm
from attendance.imports import layouts
from attendance.imports.problems import MEANINGS, Kind, Weight
from attendance.models import ImportBatch, ImportLayout, ImportState
from attendance.selectors import imports as selectors
from attendance.services import imports as services
from attendance.views.imports.page import crumbs_of, day_of, url_of
from authorities import jobs
from authorities.http import AuthorityRequest
from authorities.models import JobState
from authorities.permissions import Permission
from frontend.templatetags.govuk import words, words_and_time

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


def _title(batch: ImportBatch) -> str:
    what = "Marks" if layouts.is_marks(batch.layout) else ImportLayout(batch.layout).label
    return f"{what} for {batch.school.name}"


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
    poll = {"poll_url": url_of("import_batch", la, batch) if live else ""}
    if request.htmx:
        return render(request, "attendance/imports/progress.html", {"job": job, **poll})
    state = ImportState(batch.state)
    broken = batch.state in RUNNING and not live
    context = {
        "title": _title(batch),
        "batch": batch,
        "breadcrumbs": crumbs_of(la, {"text": batch.file_name}),
        "tags": [{"text": state.label, "colour": COLOURS[state]}],
        "job": job,
        "live": live,
        "broken": broken,
        "broken_because": _why_broken(batch) if broken else "",
        "sentence": services.sentence_of(batch),
        "rows": batch.report.get("rows"),
        "tiles": _tiles(batch, la),
        "problems": _problem_groups(request, batch, la),
        "leaves_protection_open": batch.source is not None
        and layouts.leaves_protection_open(batch.layout, batch.source.mapping),
        "may_answer": request.reach.may(Permission.CHANGE_PUPIL, batch.school),
        "as_said": _may_name(request, batch) and batch.report.get("pupils_as_said", 0),
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
        tiles[1]["href"] = url_of("import_changes", la, batch)
    refused = report["rows"]["refused"]
    tiles.append(
        {
            "figure": f"{refused:,}",
            "label": "rows refused",
            "tone": "act" if refused else "good",
            **({"href": url_of("import_problems", la, batch)} if refused else {}),
        }
    )
    return tiles


def _may_name(request: AuthorityRequest, batch: ImportBatch) -> bool:
    return request.reach.may(Permission.VIEW_PUPIL, batch.school)


def _ways_to_settle(
    request: AuthorityRequest, batch: ImportBatch, la: str
) -> dict[Kind, dict[str, str]]:
    """The pages where a person can settle what is in quarantine."""
    ways = {}
    if batch.state not in services.SETTLED:
        codes = {"text": "Say what they mean", "href": url_of("import_codes", la, batch)}
        ways[Kind.UNKNOWN_CODE] = codes
    if (
        _may_name(request, batch)
        and services.is_open_to_naming(batch)
        and batch.report.get("unknown_pupils")
    ):
        pupils = {"text": "Say who they are", "href": url_of("import_pupils", la, batch)}
        ways |= {Kind.UNKNOWN_PUPIL: pupils, Kind.BAD_UPN: pupils}
    return ways


def _problem_groups(request: AuthorityRequest, batch: ImportBatch, la: str) -> list[dict[str, Any]]:
    """The kinds of problem found, the worst first, with where each leads."""
    found = batch.report.get("problems", {})
    ways = _ways_to_settle(request, batch, la)
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
                    "href": f"{url_of('import_problems', la, batch)}?kind={quote_plus(str(kind))}",
                    "settle": ways.get(kind),
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
                    dict.fromkeys(words(day_of(report[key])) for key in ("first_day", "last_day"))
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


def _kept(request: AuthorityRequest, batch: ImportBatch) -> list[list[str]]:
    """The marks that an undo left alone: pupil, day, session."""
    kept = batch.report.get("kept", [])[:50]
    names = selectors.names_of(request.reach, batch.school, {row["pupil"] for row in kept})
    return [
        [names.get(row["pupil"], row["pupil"]), words(day_of(row["day"])), row["session"]]
        for row in kept
    ]


def _release_form(data: Any = None) -> ReasonForm:
    return ReasonForm(
        data,
        label="Why is this file right?",
        missing="Say why this file is right",
    )
