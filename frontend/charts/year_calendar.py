"""The school year as a heat map: a square for each session."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

from frontend.charts.drawing import INK, LINE, RED, Spec, Table, spec_of, words
from rules.dates import monday_of

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri")

# What a session counted as: its words, its fill, its ink. They differ in lightness as well as hue,
# so the picture holds in grey and to colour-blind eyes.
KINDS: dict[str, tuple[str, str, str]] = {
    "present": ("Present", "#cfe6df", "#41645a"),
    "late": ("Late", "#f5c242", INK),
    "authorised": ("Absent, authorised", "#4f8fc9", "#ffffff"),
    "unauthorised": ("Absent, unauthorised", RED, "#ffffff"),
    "not_counted": ("Not counted", "#dcdee0", "#484949"),
    "to_come": ("No mark yet", "#f7f8f9", "#f7f8f9"),
    "no_session": ("Not on roll or no session", "#e9ebed", "#e9ebed"),
}


@dataclass(frozen=True)
class SessionCell:
    """One session of a school year: `half` is "AM" or "PM", `kind` a key of KINDS."""

    day: date
    half: str
    kind: str
    code: str = ""


def spec(cells: Iterable[SessionCell], *, title: str = "The school year") -> Spec:
    """Weeks across, Monday to Friday morning and afternoon down, coloured by what each counted as.

    Weekends are left out. Absences, lates and sessions not counted carry their code as a letter.
    """
    shown = [cell for cell in cells if cell.day.weekday() < 5]
    mondays = _every_monday(shown)
    rows = [_calendar_row(cell) for cell in shown]
    used = [kind for kind in KINDS if any(cell.kind == kind for cell in shown)]
    x = {
        "field": "week",
        "type": "ordinal",
        "scale": {"domain": [day.isoformat() for day in mondays], "paddingInner": 0.1},
        "axis": _month_axis(mondays),
    }
    y = {
        "field": "slot",
        "type": "ordinal",
        "scale": {
            "domain": [f"{day} {half}" for day in DAYS for half in ("AM", "PM")],
            "paddingInner": 0.1,
        },
        "axis": {
            "title": None,
            "domain": False,
            "ticks": False,
            "labelPadding": 8,
            "labelExpr": "split(datum.value, ' ')[1] == 'AM' ? datum.value : 'PM'",
            "labelFontSize": 12,
        },
    }
    names = [KINDS[kind][0] for kind in used]
    colour = {
        "field": "kind",
        "type": "nominal",
        "scale": {"domain": names, "range": [KINDS[kind][1] for kind in used]},
        "legend": {"columns": 6, "symbolStrokeColor": LINE, "symbolStrokeWidth": 1},
    }
    ink = {"field": "ink", "type": "nominal", "scale": None}
    return spec_of(
        title,
        _calendar_description(shown),
        data={"values": rows},
        width={"step": 19},
        height={"step": 19},
        layer=[
            {
                "mark": {"type": "rect", "cornerRadius": 2},
                "encoding": {"x": x, "y": y, "color": colour},
            },
            {
                "transform": [{"filter": "datum.code != ''"}],
                "mark": {
                    "type": "text",
                    "fontSize": 10.5,
                    "fontWeight": "bold",
                    "baseline": "middle",
                },
                "encoding": {"x": x, "y": y, "text": {"field": "code"}, "color": ink},
            },
        ],
        resolve={"scale": {"color": "independent"}},
    )


def _every_monday(cells: Sequence[SessionCell]) -> list[date]:
    if not cells:
        return []
    first, last = (monday_of(f(cell.day for cell in cells)) for f in (min, max))
    return [first + timedelta(weeks=n) for n in range((last - first).days // 7 + 1)]


def _month_axis(mondays: Sequence[date]) -> Spec:
    """One label for each month, at the week that holds its first school Monday."""
    starts: dict[tuple[int, int], date] = {}
    for monday in mondays:
        starts.setdefault((monday.year, monday.month), monday)
    # A month that begins in the last column would run out of the picture, and one of a single
    # column (the last days of August) would run into the next.
    short = {day for day, following in pairwise(starts.values()) if (following - day).days < 14}
    named = {
        day.isoformat(): f"{day:%b}"
        for day in starts.values()
        if day != mondays[-1] and day not in short
    }
    return {
        "title": None,
        "orient": "top",
        "domain": False,
        "ticks": False,
        "values": list(named),
        "labelExpr": f"({json.dumps(named)})[datum.value]",
        "labelAngle": 0,
        "labelAlign": "left",
        "labelOffset": -8,
        "labelOverlap": False,
    }


def _calendar_row(cell: SessionCell) -> dict[str, str]:
    name, _, ink = KINDS[cell.kind]
    letter = "" if cell.kind in {"present", "to_come", "no_session"} else cell.code
    return {
        "week": monday_of(cell.day).isoformat(),
        "slot": f"{DAYS[cell.day.weekday()]} {cell.half}",
        "kind": name,
        "code": letter,
        "ink": ink,
    }


def _calendar_description(cells: Sequence[SessionCell]) -> str:
    if not cells:
        return "No sessions."
    days = [cell.day for cell in cells]
    counts = [f"{name}: {n}" for name, n in _kind_counts(cells)]
    return f"Sessions from {words(min(days))} to {words(max(days))}. {'; '.join(counts)}."


def _kind_counts(cells: Sequence[SessionCell]) -> list[tuple[str, int]]:
    counted = [(KINDS[kind][0], sum(cell.kind == kind for cell in cells)) for kind in KINDS]
    return [(name, count) for name, count in counted if count]


def table(cells: Iterable[SessionCell]) -> Table:
    """Sessions of each kind in each month."""
    shown = list(cells)
    months = sorted({(cell.day.year, cell.day.month) for cell in shown})
    kinds = [k for k in KINDS if k != "no_session" and any(c.kind == k for c in shown)]
    rows = []
    for year, month in months:
        of_month = [c for c in shown if (c.day.year, c.day.month) == (year, month)]
        counts = [str(sum(c.kind == kind for c in of_month)) for kind in kinds]
        rows.append([f"{date(year, month, 1):%B %Y}", *counts])
    return Table(["Month", *(KINDS[kind][0] for kind in kinds)], rows)
