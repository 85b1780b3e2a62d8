"""The report of a taken file once rows that it left out are taken after all."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from attendance.models import ImportBatch, ImportProblem
from attendance.selectors.imports import UnknownPupil
from attendance.services.imports.checking import list_problems
from attendance.services.imports.marks import MOST_CHANGES_LISTED, MarksPlan
from attendance.services.registers import Recorded

Report = dict[str, Any]


def with_left_out(
    report: Mapping[str, Any], plan: MarksPlan, unknown: UnknownPupil, done: Recorded
) -> Report:
    """The report as it is when the rows of `plan` have been taken too."""
    more = plan.report
    rows = {name: report["rows"][name] + more["rows"][name] for name in ("accepted", "unchanged")}
    marks = {
        name: report["marks"][name] + more["marks"][name]
        for name in ("new", "changed", "unchanged", "blank")
    }
    total = report["rows"]["total"]
    places = sum(report["marks"].values())
    by_pupil = _summed([*report["by_pupil"], *more["by_pupil"]])
    return {
        **report,
        "rows": {"total": total, **rows, "refused": total - sum(rows.values())},
        "marks": {**marks, "refused": places - sum(marks.values())},
        "written": {
            "new": report["written"]["new"] + done.new,
            "changed": report["written"]["changed"] + done.changed,
        },
        "first_day": _first(min, report["first_day"], more["first_day"]),
        "last_day": _first(max, report["last_day"], more["last_day"]),
        "by_pupil": by_pupil,
        "pupils": max(report["pupils"], len(by_pupil)),
        "changes": [*report["changes"], *more["changes"]][:MOST_CHANGES_LISTED],
        "unknown_pupils": [one for one in report["unknown_pupils"] if one["key"] != unknown.key],
        "pupils_as_said": report["pupils_as_said"] + 1,
    }


def _first(pick: Any, one: str | None, other: str | None) -> str | None:
    days = [day for day in (one, other) if day]
    return pick(days) if days else None


def _summed(rows: list[list[int]]) -> list[list[int]]:
    """One row for each enrolment: a pupil may stand in the file under two numbers."""
    found: dict[int, list[int]] = {}
    for pk, *figures in rows:
        held = found.get(pk, [0] * len(figures))
        found[pk] = [a + b for a, b in zip(held, figures, strict=True)]
    return [[pk, *figures] for pk, figures in found.items()]


def replace_problems(batch: ImportBatch, plan: MarksPlan, unknown: UnknownPupil) -> dict[str, int]:
    """List what is wrong with the rows now in place of what was. Returns kind → how many of it."""
    old = ImportProblem.objects.filter(batch=batch, line__in=plan.lines.tolist())
    gone = Counter(old.values_list("kind", flat=True))
    gone[unknown.kind] = unknown.rows  # more may be counted than are listed
    old.delete()
    list_problems(batch, plan.problems)
    counts = Counter(batch.report["problems"])
    counts.subtract(gone)
    counts.update({str(kind): number for kind, number in plan.problems.counts.items()})
    return {kind: number for kind, number in counts.items() if number > 0}
