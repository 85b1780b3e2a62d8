"""How many of each group are in each band."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from frontend.charts.drawing import INK, RED, Spec, Table, spec_of

BAND_FILLS = (
    ("#cfe6df", INK),
    ("#8fc1b0", INK),
    ("#f5c242", INK),
    ("#e07b39", INK),
    (RED, "#ffffff"),
)


@dataclass(frozen=True)
class BandCount:
    """How many of a group are in a band. Bands stand in the order they first come."""

    group: str
    band: str
    count: int


def spec(counts: Iterable[BandCount], *, noun: str = "pupils", title: str = "Bands") -> Spec:
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
    return spec_of(
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


def table(counts: Iterable[BandCount]) -> Table:
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
