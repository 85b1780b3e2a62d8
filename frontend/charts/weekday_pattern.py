"""Absence by day of the week, morning beside afternoon."""

from collections.abc import Iterable
from dataclasses import dataclass

from frontend.charts.drawing import INK, NAVY, Spec, Table, percent, spec_of

DAY_NAMES = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday")


@dataclass(frozen=True)
class WeekdayCount:
    """Sessions of one weekday and half: `weekday` 0 is Monday, counts are sessions."""

    weekday: int
    half: str
    missed: int
    possible: int


def spec(counts: Iterable[WeekdayCount], *, title: str = "Absence by day of the week") -> Spec:
    """The share of sessions missed on each weekday, morning beside afternoon."""
    given = list(counts)
    most = max((count.missed / count.possible for count in given if count.possible), default=0)
    rows = [
        {
            "day": DAY_NAMES[count.weekday],
            "half": "Morning" if count.half == "AM" else "Afternoon",
            "share": count.missed / count.possible if count.possible else 0,
            "words": percent(_share(count)),
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
        "scale": {"domain": ["Morning", "Afternoon"], "range": [NAVY, "#7fb0d8"]},
        "legend": {},
    }
    worst = max(given, key=lambda count: _share(count) or 0, default=None)
    said = (
        f"Most is missed on {DAY_NAMES[worst.weekday]} "
        f"{'mornings' if worst.half == 'AM' else 'afternoons'}: {percent(_share(worst))}."
        if worst
        else "No sessions."
    )
    return spec_of(
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


def table(counts: Iterable[WeekdayCount]) -> Table:
    """Missed, possible and share for each weekday and half."""
    rows = [
        [
            f"{DAY_NAMES[count.weekday]} {'morning' if count.half == 'AM' else 'afternoon'}",
            f"{count.missed:,}",
            f"{count.possible:,}",
            percent(_share(count)),
        ]
        for count in counts
    ]
    return Table(["Session", "Missed", "Possible", "Share missed"], rows)
