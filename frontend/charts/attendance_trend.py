"""Attendance week by week, as a line."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from frontend.charts.drawing import NAVY, RED, Spec, Table, percent, spec_of, words


@dataclass(frozen=True)
class WeekRate:
    """Attendance in one week in basis points; None for a week the school did not meet."""

    monday: date
    basis_points: int | None


def spec(
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
        f"{percent(met[0].basis_points)} in the week of {words(met[0].monday)}; "
        f"{percent(last.basis_points)} in the week of {words(last.monday)}."
        if last
        else "No weeks yet."
    )
    return spec_of(
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
                    "color": NAVY,
                    "point": {"size": 34, "color": NAVY, "filled": True},
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


def table(weeks: Iterable[WeekRate]) -> Table:
    """The rate of each week the school met."""
    return Table(
        ["Week beginning", "Attendance"],
        [
            [words(week.monday), percent(week.basis_points)]
            for week in weeks
            if week.basis_points is not None
        ],
    )
