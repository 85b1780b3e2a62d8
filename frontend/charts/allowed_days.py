"""Days missed week by week, against the most that a target leaves."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from frontend.charts.drawing import INK, NAVY, RED, Spec, Table, spec_of, words


@dataclass(frozen=True)
class WeekMissed:
    """Half days missed from the start to the end of one week; None for a week to come."""

    monday: date
    missed: int | None


def spec(
    weeks: Iterable[WeekMissed],
    *,
    allowed: int,
    title: str = "Days missed, and the most the target leaves",
) -> Spec:
    """A bar a week of all days missed so far, and a line across at the most the target leaves.

    allowed  in half days. Bars above the line are red and hatched by their figure; each has one.
    """
    given = list(weeks)
    rows = [
        {
            "week": f"{week.monday.day} {week.monday:%b}",
            "days": None if week.missed is None else week.missed / 2,
            "over": week.missed is not None and week.missed > allowed,
        }
        for week in given
    ]
    known = [week.missed for week in given if week.missed is not None]
    top = max([allowed, *known, 2]) / 2
    x = {
        "field": "week",
        "type": "ordinal",
        "sort": None,
        "scale": {"domain": [row["week"] for row in rows]},  # weeks to come too
        "axis": {"title": "Week beginning", "labelAngle": -45, "grid": False},
    }
    y = {
        "field": "days",
        "type": "quantitative",
        "scale": {"domain": [0, top * 1.15], "nice": False},
        "axis": {"title": "Days missed so far", "tickCount": 6, "domain": False},
    }
    last = known[-1] if known else 0
    said = f"{_days(last)} missed so far. The target leaves {_days(allowed)} in all."
    return spec_of(
        title,
        said,
        data={"values": rows},
        width=640,
        height=230,
        layer=[
            {
                "mark": {"type": "bar", "width": {"band": 0.6}},
                "encoding": {
                    "x": x,
                    "y": y,
                    "color": {"condition": {"test": "datum.over", "value": RED}, "value": NAVY},
                },
            },
            {
                "transform": [{"filter": "isValid(datum.days)"}],
                "mark": {"type": "text", "dy": -8, "fontSize": 13, "color": INK},
                "encoding": {"x": x, "y": y, "text": {"field": "days", "format": "~g"}},
            },
            {
                "data": {"values": [{}]},
                "mark": {"type": "rule", "strokeDash": [6, 4], "strokeWidth": 2, "color": RED},
                "encoding": {"y": {"datum": allowed / 2, "type": "quantitative"}},
            },
        ],
    )


def _days(sessions: int) -> str:
    """Half days in words: 1 day, 2½ days."""
    whole, half = divmod(sessions, 2)
    figure = f"{whole or ''}{'½' if half else ''}" or "0"
    return f"{figure} day" if sessions in (1, 2) else f"{figure} days"


def table(weeks: Iterable[WeekMissed], *, allowed: int) -> Table:
    """All missed up to each week that has come, and what the target leaves."""
    return Table(
        ["Week beginning", "Missed so far", "Still left by the target"],
        [
            [words(week.monday), _days(week.missed), _days(max(0, allowed - week.missed))]
            for week in weeks
            if week.missed is not None
        ],
    )
