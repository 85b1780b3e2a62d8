"""Unauthorised sessions week by week against a limit."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from frontend.charts.drawing import INK, NAVY, RED, Spec, Table, spec_of, words


@dataclass(frozen=True)
class WeekCount:
    """Unauthorised sessions in one school week."""

    monday: date
    sessions: int


def spec(
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
    labels = {week.monday.isoformat(): f"{week.monday.day} {week.monday:%b}" for week in given}
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
        f"In the {len(inside)} school weeks from {words(window_start)} to the week of "
        f"{words(window_end)} there are {total} unauthorised sessions, which {reached} "
        f"the limit of {limit}."
    )
    return spec_of(
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
                    "color": NAVY,
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
                    "color": NAVY,
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


def table(weeks: Iterable[WeekCount], *, window_start: date, window_end: date) -> Table:
    """Sessions of each school week, with the running total inside the window."""
    rows, total = [], 0
    for week in weeks:
        inside = window_start <= week.monday <= window_end
        total += week.sessions if inside else 0
        rows.append([words(week.monday), str(week.sessions), str(total) if inside else "\u2013"])
    return Table(["School week beginning", "Unauthorised sessions", "Total in the window"], rows)
