"""Two counts of the same things side by side: as it is, and as it would be."""

from collections.abc import Iterable
from dataclasses import dataclass

from frontend.charts.drawing import INK, NAVY, Spec, Table, spec_of

LIGHT = "#7fb0d8"


@dataclass(frozen=True)
class Beside:
    """One thing, counted twice."""

    label: str
    now: int
    then: int


def spec(
    things: Iterable[Beside], *, now: str, then: str, noun: str = "pupils", title: str
) -> Spec:
    """A pair of bars a thing; `now` and `then` name the two sides."""
    given = list(things)
    rows = [
        {"label": one.label, "side": side, "count": count, "words": f"{count:,}"}
        for one in given
        for side, count in ((now, one.now), (then, one.then))
    ]
    y = {
        "field": "label",
        "type": "nominal",
        "sort": [one.label for one in given],
        "axis": {"title": None, "labelLimit": 330, "ticks": False, "labelPadding": 8},
        "scale": {"paddingInner": 0.3},
    }
    offset = {"field": "side", "sort": [now, then]}
    x = {
        "field": "count",
        "type": "quantitative",
        "axis": {
            "title": noun.capitalize(),
            "tickCount": 4,
            "tickMinStep": 1,
            "format": ",",
            "domain": False,
        },
        "scale": {"domainMin": 0, "domainMax": max([1, *(max(o.now, o.then) for o in given)])},
    }
    colour = {
        "field": "side",
        "type": "nominal",
        "scale": {"domain": [now, then], "range": [LIGHT, NAVY]},
        "legend": {},
    }
    return spec_of(
        title,
        _said(given, now, then, noun),
        data={"values": rows},
        width=420,
        height={"step": 20},
        layer=[
            {
                "mark": {"type": "bar", "cornerRadiusEnd": 2},
                "encoding": {"y": y, "yOffset": offset, "x": x, "color": colour},
            },
            {
                "mark": {
                    "type": "text",
                    "align": "left",
                    "dx": 4,
                    "fontSize": 12,
                    "color": INK,
                    "clip": False,
                },
                "encoding": {"y": y, "yOffset": offset, "x": x, "text": {"field": "words"}},
            },
        ],
    )


def _said(given: list[Beside], now: str, then: str, noun: str) -> str:
    """The largest difference, in words."""
    most = max(given, key=lambda one: abs(one.then - one.now), default=None)
    if most is None:
        return "Nothing to compare."
    if most.now == most.then:
        return f"No difference: {now} and {then} come to the same."
    return (
        f"The largest difference: {most.label}, {most.now:,} {noun} under {now}"
        f" and {most.then:,} under {then}."
    )


def table(things: Iterable[Beside], *, now: str, then: str) -> Table:
    """The same in figures."""
    return Table(
        headings=["", now, then],
        rows=[[one.label, f"{one.now:,}", f"{one.then:,}"] for one in things],
    )
