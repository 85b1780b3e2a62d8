"""Charts: Vega-Lite specs from plain values, drawn to SVG. One SVG serves both page and PDF.

Each chart is a pure function giving a specification, with a `…_table` giving the figures behind it.
No chart rests on colour alone: cells carry letters, bars carry figures, lines differ in dash.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from html import escape
from itertools import pairwise
from typing import Any

import vl_convert
from django.core.cache import cache

Spec = dict[str, Any]

LONG_DECIMAL = re.compile(r"\d+\.\d{4,}")

VEGA_LITE = "6.4"
FONT = "Liberation Sans, Arial, Helvetica, sans-serif"
INK, QUIET, LINE = "#0b0c0c", "#484949", "#cecece"
BLUE, RED, PALE = "#1d70b8", "#a8281e", "#eef4f9"
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri")
DAY_NAMES = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday")

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
BAND_FILLS = (
    ("#cfe6df", INK),
    ("#8fc1b0", INK),
    ("#f5c242", INK),
    ("#e07b39", INK),
    (RED, "#ffffff"),
)

CONFIG: Spec = {
    "aria": False,  # a picture speaks through its title and description, not cell by cell
    "background": "#ffffff",
    "font": FONT,
    "view": {"stroke": None},
    "axis": {
        "labelFontSize": 13,
        "labelColor": INK,
        "titleFontSize": 13,
        "titleFontWeight": "normal",
        "titleColor": QUIET,
        "domainColor": "#858686",
        "tickColor": "#858686",
        "gridColor": "#e8ebed",
    },
    "legend": {
        "labelFontSize": 13,
        "labelColor": INK,
        "title": None,
        "orient": "top",
        "direction": "horizontal",
        "symbolType": "square",
        "symbolSize": 190,
        "symbolStrokeWidth": 0,
        "labelLimit": 260,
        "columnPadding": 18,
        "offset": 14,
    },
}


@dataclass(frozen=True)
class Table:
    """The figures behind a chart; columns from `numeric_from` (counting from 1) are numbers."""

    headings: list[str]
    rows: list[list[str]]
    numeric_from: int = 2


@dataclass(frozen=True)
class SessionCell:
    """One session of a school year: `half` is "AM" or "PM", `kind` a key of KINDS."""

    day: date
    half: str
    kind: str
    code: str = ""


@dataclass(frozen=True)
class WeekdayCount:
    """Sessions of one weekday and half: `weekday` 0 is Monday, counts are sessions."""

    weekday: int
    half: str
    missed: int
    possible: int


@dataclass(frozen=True)
class WeekRate:
    """Attendance in one week in basis points; None for a week the school did not meet."""

    monday: date
    basis_points: int | None


@dataclass(frozen=True)
class BandCount:
    """How many of a group are in a band. Bands stand in the order they first come."""

    group: str
    band: str
    count: int


@dataclass(frozen=True)
class WeekCount:
    """Unauthorised sessions in one school week."""

    monday: date
    sessions: int


# Drawing


def svg(spec: Spec) -> str:
    """The picture as SVG text with a title and a description inside, kept by the spec's hash.

    The first picture of a process takes most of a second and later ones a few hundredths, so it is
    kept in Django's cache. Names no file and no address outside itself.
    """
    text = json.dumps(spec, sort_keys=True, separators=(",", ":"))
    key = f"chart:{hashlib.sha256(text.encode()).hexdigest()}"
    picture: str | None = cache.get(key)
    if picture is None:
        drawn = vl_convert.vegalite_to_svg(text, vl_version=VEGA_LITE, allowed_base_urls=[])
        picture = _described(drawn, spec["usermeta"]["title"], spec["usermeta"]["desc"])
        cache.set(key, picture, timeout=24 * 3600)
    return picture


def _described(picture: str, title: str, description: str) -> str:
    # A hundredth of a point is finer than any printer; the rest is most of the calendar's weight.
    picture = LONG_DECIMAL.sub(lambda number: f"{float(number[0]):.2f}", picture)
    start = picture.index("<svg")
    end = picture.index(">", start)
    words = f"<title>{escape(title)}</title><desc>{escape(description)}</desc>"
    return f'{picture[:end]} role="img" aria-label="{escape(title)}">{words}{picture[end + 1 :]}'


def _spec(title: str, description: str, **parts: Any) -> Spec:
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
        "config": CONFIG,
        "padding": 4,
        "usermeta": {"title": title, "desc": description},
        **parts,
    }


def _words(day: date) -> str:
    return f"{day.day} {day:%B %Y}"


def _short(day: date) -> str:
    return f"{day.day} {day:%b}"


def _percent(basis_points: int | None) -> str:
    if basis_points is None:
        return "\u2013"
    return f"{basis_points // 100}.{basis_points % 100 // 10}%"  # down, so 94.99 is not 95.0


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


# The school year as a heat map


def year_calendar(cells: Iterable[SessionCell], *, title: str = "The school year") -> Spec:
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
    return _spec(
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
    first, last = (_monday(f(cell.day for cell in cells)) for f in (min, max))
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
        "week": _monday(cell.day).isoformat(),
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
    return f"Sessions from {_words(min(days))} to {_words(max(days))}. {'; '.join(counts)}."


def _kind_counts(cells: Sequence[SessionCell]) -> list[tuple[str, int]]:
    counted = [(KINDS[kind][0], sum(cell.kind == kind for cell in cells)) for kind in KINDS]
    return [(name, count) for name, count in counted if count]


def year_calendar_table(cells: Iterable[SessionCell]) -> Table:
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


# Absence by weekday


def weekday_pattern(
    counts: Iterable[WeekdayCount], *, title: str = "Absence by day of the week"
) -> Spec:
    """The share of sessions missed on each weekday, morning beside afternoon."""
    given = list(counts)
    most = max((count.missed / count.possible for count in given if count.possible), default=0)
    rows = [
        {
            "day": DAY_NAMES[count.weekday],
            "half": "Morning" if count.half == "AM" else "Afternoon",
            "share": count.missed / count.possible if count.possible else 0,
            "words": _percent(_share(count)),
        }
        for count in given
    ]
    x = {
        "field": "day",
        "type": "ordinal",
        "sort": list(DAY_NAMES),
        "axis": {"title": None, "labelAngle": 0, "ticks": False, "labelPadding": 8},
        "scale": {"paddingInner": 0.28, "paddingOuter": 0.14},
    }
    offset = {"field": "half", "sort": ["Morning", "Afternoon"]}
    y = {
        "field": "share",
        "type": "quantitative",
        "axis": {"format": ".0%", "title": "Sessions missed", "tickCount": 4, "domain": False},
        "scale": {"domainMin": 0, "domainMax": max(0.1, most * 1.12)},
    }
    colour = {
        "field": "half",
        "type": "nominal",
        "scale": {"domain": ["Morning", "Afternoon"], "range": ["#12436d", "#7fb0d8"]},
        "legend": {},
    }
    worst = max(given, key=lambda count: _share(count) or 0, default=None)
    said = (
        f"Most is missed on {DAY_NAMES[worst.weekday]} "
        f"{'mornings' if worst.half == 'AM' else 'afternoons'}: {_percent(_share(worst))}."
        if worst
        else "No sessions."
    )
    return _spec(
        title,
        said,
        data={"values": rows},
        width=700,
        height=240,
        layer=[
            {
                "mark": {"type": "bar", "cornerRadiusEnd": 2},
                "encoding": {"x": x, "xOffset": offset, "y": y, "color": colour},
            },
            {
                "mark": {"type": "text", "dy": -8, "fontSize": 12, "color": INK},
                "encoding": {"x": x, "xOffset": offset, "y": y, "text": {"field": "words"}},
            },
        ],
    )


def _share(count: WeekdayCount) -> int | None:
    return count.missed * 10_000 // count.possible if count.possible else None


def weekday_pattern_table(counts: Iterable[WeekdayCount]) -> Table:
    """Missed, possible and share for each weekday and half."""
    rows = [
        [
            f"{DAY_NAMES[count.weekday]} {'morning' if count.half == 'AM' else 'afternoon'}",
            f"{count.missed:,}",
            f"{count.possible:,}",
            _percent(_share(count)),
        ]
        for count in counts
    ]
    return Table(["Session", "Missed", "Possible", "Share missed"], rows)


# Attendance week by week


def attendance_trend(
    weeks: Iterable[WeekRate],
    *,
    lines: Sequence[int] = (9500, 9000),
    title: str = "Attendance by week",
) -> Spec:
    """Attendance in each week as a line, with marks across at `lines` (basis points).

    The upright axis starts a little under the lowest week, and says so in its title.
    """
    given = list(weeks)
    met = [week for week in given if week.basis_points is not None]
    lowest = min([week.basis_points or 0 for week in met] + [min(lines, default=9000)])
    floor = max(0, lowest // 500 * 5 - 5)
    rows = [
        {
            "week": week.monday.isoformat(),
            "rate": None if week.basis_points is None else week.basis_points / 100,
        }
        for week in given
    ]
    x = {
        "field": "week",
        "type": "temporal",
        "axis": {
            "title": None,
            "format": "%b",
            "tickCount": "month",
            "grid": False,
            "labelPadding": 6,
        },
    }
    scale = {"domain": [floor, 100], "nice": False}
    axis = {
        "title": "Attendance, %" if floor == 0 else f"Attendance, % (from {floor})",
        "tickCount": 6,
        "domain": False,
    }
    y = {"field": "rate", "type": "quantitative", "scale": scale, "axis": axis}
    last = met[-1] if met else None
    said = (
        f"{_percent(met[0].basis_points)} in the week of {_words(met[0].monday)}; "
        f"{_percent(last.basis_points)} in the week of {_words(last.monday)}."
        if last
        else "No weeks yet."
    )
    return _spec(
        title,
        said,
        data={"values": rows},
        width=760,
        height=250,
        layer=[
            *(_line_across(line, y) for line in lines),
            {
                "mark": {
                    "type": "line",
                    "invalid": "break-paths-show-domains",
                    "strokeWidth": 2.5,
                    "color": "#12436d",
                    "point": {"size": 34, "color": "#12436d", "filled": True},
                },
                "encoding": {"x": x, "y": y},
            },
        ],
    )


def _line_across(basis_points: int, y: Spec) -> Spec:
    at = {**y, "datum": basis_points / 100}
    del at["field"]
    return {
        "data": {"values": [{}]},
        "layer": [
            {
                "mark": {
                    "type": "rule",
                    "strokeDash": [6, 4] if basis_points >= 9500 else [2, 3],
                    "strokeWidth": 1.5,
                    "color": "#0f7a52" if basis_points >= 9500 else RED,
                },
                "encoding": {"y": at},
            },
            {
                "mark": {
                    "type": "text",
                    "align": "left",
                    "baseline": "middle",
                    "dx": 6,
                    "fontSize": 13,
                    "fontWeight": "bold",
                    "color": "#0b5c3e" if basis_points >= 9500 else RED,
                },
                "encoding": {
                    "y": at,
                    "x": {"value": "width"},
                    "text": {"value": f"{basis_points / 100:g}%"},
                },
            },
        ],
    }


def attendance_trend_table(weeks: Iterable[WeekRate]) -> Table:
    """The rate of each week the school met."""
    return Table(
        ["Week beginning", "Attendance"],
        [
            [_words(week.monday), _percent(week.basis_points)]
            for week in weeks
            if week.basis_points is not None
        ],
    )


# How many are in each band


def bands(counts: Iterable[BandCount], *, noun: str = "pupils", title: str = "Bands") -> Spec:
    """A bar for each group, split into bands from left to right, with the numbers in it.

    Give the best band first. Up to five bands.
    """
    given = list(counts)
    names = list(dict.fromkeys(count.band for count in given))
    groups = list(dict.fromkeys(count.group for count in given))
    fills = _fills(len(names))
    totals = {group: sum(c.count for c in given if c.group == group) for group in groups}
    rows = [row for group in groups for row in _band_rows(given, group, names, totals[group])]
    y = {
        "field": "group",
        "type": "ordinal",
        "sort": groups,
        "axis": {
            "title": None,
            "ticks": False,
            "domain": False,
            "labelPadding": 8,
            "labelLimit": 160,
            "labels": len(groups) > 1 or bool(groups and groups[0]),
        },
        "scale": {"paddingInner": 0.25, "paddingOuter": 0.1},
    }
    x = {
        "field": "start",
        "type": "quantitative",
        "axis": {"format": ".0%", "title": f"Share of {noun}", "tickCount": 5, "domain": False},
        "scale": {"domain": [0, 1]},
    }
    colour = {
        "field": "band",
        "type": "nominal",
        "scale": {"domain": names, "range": [fill for fill, _ in fills]},
        "legend": {"columns": 5},
    }
    said = "; ".join(
        f"{f'{c.group}, ' if c.group else ''}{c.band}: {c.count:,} {noun}" for c in given
    )
    return _spec(
        title,
        f"{said}.",
        data={"values": rows},
        width=760,
        height={"step": 42},
        layer=[
            {
                "mark": {"type": "bar", "stroke": "#ffffff", "strokeWidth": 1.5},
                "encoding": {"y": y, "x": x, "x2": {"field": "end"}, "color": colour},
            },
            {
                "transform": [{"filter": "datum.end - datum.start > 0.035"}],
                "mark": {"type": "text", "fontSize": 13, "fontWeight": "bold"},
                "encoding": {
                    "y": y,
                    "x": {"field": "middle", "type": "quantitative"},
                    "text": {"field": "count", "format": ","},
                    "color": {"field": "ink", "type": "nominal", "scale": None},
                },
            },
        ],
        resolve={"scale": {"color": "independent"}},
    )


def _fills(count: int) -> list[tuple[str, str]]:
    if count > len(BAND_FILLS):
        raise ValueError(f"A band chart holds up to {len(BAND_FILLS)} bands, not {count}.")
    places = {1: (0,), 2: (0, 4), 3: (0, 2, 4), 4: (0, 2, 3, 4)}.get(count, range(count))
    return [BAND_FILLS[place] for place in places]


def _band_rows(
    counts: Sequence[BandCount], group: str, names: Sequence[str], total: int
) -> list[dict[str, Any]]:
    inks = dict(zip(names, (ink for _, ink in _fills(len(names))), strict=True))
    rows, run = [], 0
    for name in names:
        count = sum(c.count for c in counts if c.group == group and c.band == name)
        start, end = run / (total or 1), (run + count) / (total or 1)
        middle = (start + end) / 2
        rows.append(
            {"group": group, "band": name, "count": count, "ink": inks[name]}
            | {"start": start, "end": end, "middle": middle}
        )
        run += count
    return rows


def bands_table(counts: Iterable[BandCount]) -> Table:
    """The count in each band, a row for each group."""
    given = list(counts)
    names = list(dict.fromkeys(count.band for count in given))
    groups = list(dict.fromkeys(count.group for count in given))
    found = {(count.group, count.band): count.count for count in given}
    rows = [
        [group or "All", *(f"{found.get((group, name), 0):,}" for name in names)]
        for group in groups
    ]
    return Table(["Group", *names], rows)


# Unauthorised sessions against a limit


def threshold_weeks(
    weeks: Iterable[WeekCount],
    *,
    window_start: date,
    window_end: date,
    limit: int,
    title: str = "Unauthorised absence by school week",
) -> Spec:
    """Unauthorised sessions in each school week, the window shaded and its running total drawn.

    weeks                     school weeks only, earliest first: weeks without school are left out,
                              as the count of school weeks leaves them out
    window_start, window_end  the Mondays of the window's first and last school week
    limit                     sessions in the window that reach the threshold, drawn as a line
    """
    given = list(weeks)
    inside = [week for week in given if window_start <= week.monday <= window_end]
    total, running = 0, []
    for week in inside:
        total += week.sessions
        running.append({"week": week.monday.isoformat(), "total": total})
    order = [week.monday.isoformat() for week in given]
    labels = {week.monday.isoformat(): _short(week.monday) for week in given}
    every = max(1, -(-len(given) // 13))
    x = {
        "field": "week",
        "type": "ordinal",
        "scale": {"domain": order, "paddingInner": 0.25},
        "axis": {
            "title": "School week beginning",
            "titlePadding": 10,
            "values": order[::every],
            "labelExpr": f"({json.dumps(labels)})[datum.value]",
            "labelAngle": 0,
            "labelOverlap": False,
            "ticks": False,
            "labelPadding": 6,
        },
    }
    most = max([limit, total] + [week.sessions for week in given])
    scale = {"domain": [0, most + 1.5], "nice": False}
    axis = {"title": "Sessions", "tickMinStep": 1, "tickCount": 6, "domain": False}
    y = {"type": "quantitative", "scale": scale, "axis": axis}
    reached = "reaches" if total >= limit else "is under"
    said = (
        f"In the {len(inside)} school weeks from {_words(window_start)} to the week of "
        f"{_words(window_end)} there are {total} unauthorised sessions, which {reached} "
        f"the limit of {limit}."
    )
    return _spec(
        title,
        said,
        width={"step": max(18, min(46, 700 // max(1, len(given))))},
        height=250,
        data={"values": [{"week": w.monday.isoformat(), "sessions": w.sessions} for w in given]},
        layer=[
            {
                "data": {
                    "values": [{"week": w.monday.isoformat(), "top": most + 1.5} for w in inside]
                },
                "mark": {"type": "bar", "color": "#e4eef7", "width": {"band": 1.34}},
                "encoding": {"x": x, "y": {**y, "field": "top"}},
            },
            {
                "mark": {"type": "bar", "color": RED, "cornerRadiusEnd": 1},
                "encoding": {"x": x, "y": {**y, "field": "sessions"}},
            },
            {
                # Inside the bar, where the running total cannot cross it; too low a bar has none.
                "transform": [{"filter": f"datum.sessions > 0 && {most} <= 15"}],
                "mark": {
                    "type": "text",
                    "dy": -9,
                    "fontSize": 12,
                    "fontWeight": "bold",
                    "color": "#ffffff",
                },
                "encoding": {"x": x, "y": {**y, "datum": 0}, "text": {"field": "sessions"}},
            },
            {
                "data": {"values": running},
                "mark": {
                    "type": "line",
                    "interpolate": "step-after",
                    "color": "#12436d",
                    "strokeWidth": 2,
                },
                "encoding": {"x": x, "y": {**y, "field": "total"}},
            },
            {
                "data": {"values": running[-1:]},
                "mark": {
                    "type": "text",
                    "dy": -10,
                    "fontSize": 13,
                    "fontWeight": "bold",
                    "color": "#12436d",
                },
                "encoding": {
                    "x": x,
                    "y": {**y, "field": "total"},
                    "text": {"value": f"{total} in window"},
                },
            },
            {
                "data": {"values": [{}]},
                "mark": {"type": "rule", "strokeDash": [6, 4], "strokeWidth": 1.5, "color": INK},
                "encoding": {"y": {**y, "datum": limit}},
            },
            {
                "data": {"values": [{}]},
                "mark": {
                    "type": "text",
                    "align": "left",
                    "baseline": "middle",
                    "dx": 6,
                    "fontSize": 13,
                    "fontWeight": "bold",
                    "color": INK,
                },
                "encoding": {
                    "y": {**y, "datum": limit},
                    "x": {"value": "width"},
                    "text": {"value": f"Limit {limit}"},
                },
            },
        ],
    )


def threshold_weeks_table(
    weeks: Iterable[WeekCount], *, window_start: date, window_end: date
) -> Table:
    """Sessions of each school week, with the running total inside the window."""
    rows, total = [], 0
    for week in weeks:
        inside = window_start <= week.monday <= window_end
        total += week.sessions if inside else 0
        rows.append([_words(week.monday), str(week.sessions), str(total) if inside else "\u2013"])
    return Table(["School week beginning", "Unauthorised sessions", "Total in the window"], rows)
