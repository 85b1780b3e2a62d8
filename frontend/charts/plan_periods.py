"""Attendance before, during and after each plan, as bars."""

from collections.abc import Iterable
from dataclasses import dataclass

from frontend.charts.drawing import INK, NAVY, Spec, Table, percent, spec_of

PARTS = ("Before", "During", "After")
COLOURS = ("#9fb3c8", NAVY, "#0f7a52")


@dataclass(frozen=True)
class Period:
    """One bar: the plan's number, which part of it, attendance, and days missed in words.

    basis_points None where no session was possible; days  school days in it
    """

    plan: int
    part: str
    basis_points: int | None
    missed: str
    possible: str
    days: int


def spec(periods: Iterable[Period], *, title: str = "Attendance before, during and after") -> Spec:
    """Three bars for each plan, each with its percentage and the days missed."""
    given = [period for period in periods if period.basis_points is not None]
    rows = [
        {
            "plan": f"Plan {period.plan}",
            "part": period.part,
            "rate": (period.basis_points or 0) / 100,
            "percent": percent(period.basis_points),
            "missed": f"{period.missed} missed",
        }
        for period in given
    ]
    x = {
        "field": "plan",
        "type": "ordinal",
        "sort": None,
        "axis": {"title": None, "labelAngle": 0, "ticks": False, "labelPadding": 8},
        "scale": {"paddingInner": 0.2, "paddingOuter": 0.1},
    }
    offset = {
        "field": "part",
        "sort": list(PARTS),
        "scale": {"domain": list(PARTS), "paddingInner": 0.16},
    }
    y = {
        "field": "rate",
        "type": "quantitative",
        "axis": {"title": "Attendance, %", "values": [0, 25, 50, 75, 100], "domain": False},
        "scale": {"domain": [0, 118], "nice": False},
    }
    colour = {
        "field": "part",
        "type": "nominal",
        "scale": {"domain": list(PARTS), "range": list(COLOURS)},
        "legend": {},
    }
    plans = len({row["plan"] for row in rows}) or 1
    text = {"type": "text", "fontSize": 12, "color": INK}
    return spec_of(
        title,
        _said(given),
        data={"values": rows},
        width=max(340, min(760, 340 * plans)),
        height=250,
        layer=[
            {
                "mark": {"type": "bar", "cornerRadiusEnd": 2},
                "encoding": {"x": x, "xOffset": offset, "y": y, "color": colour},
            },
            {
                "mark": {**text, "dy": -21, "fontWeight": "bold"},
                "encoding": {"x": x, "xOffset": offset, "y": y, "text": {"field": "percent"}},
            },
            {
                "mark": {**text, "dy": -8},
                "encoding": {"x": x, "xOffset": offset, "y": y, "text": {"field": "missed"}},
            },
        ],
    )


def _said(given: Iterable[Period]) -> str:
    said = [
        f"Plan {period.plan}, {period.part.lower()}: {percent(period.basis_points)}, "
        f"{period.missed} missed."
        for period in given
    ]
    return " ".join(said) or "No sessions yet."


def table(periods: Iterable[Period]) -> Table:
    """School days, days missed and attendance of each bar."""
    return Table(
        ["Plan", "School days", "Missed", "Possible", "Attendance"],
        [
            [
                f"Plan {period.plan}, {period.part.lower()}",
                str(period.days),
                period.missed,
                period.possible,
                percent(period.basis_points),
            ]
            for period in periods
        ],
    )
