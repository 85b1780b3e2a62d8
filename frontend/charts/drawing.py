"""Drawing a Vega-Lite specification to SVG, and what charts share: colours, words, a table."""

import hashlib
import json
import re
from dataclasses import dataclass
from datetime import date
from html import escape
from typing import Any

import vl_convert
from django.core.cache import cache

Spec = dict[str, Any]

LONG_DECIMAL = re.compile(r"\d+\.\d{4,}")

VEGA_LITE = "6.4"
FONT = "Liberation Sans, Arial, Helvetica, sans-serif"
INK, QUIET, LINE = "#0b0c0c", "#484949", "#cecece"
RED, NAVY = "#a8281e", "#12436d"

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


def spec_of(title: str, description: str, **parts: Any) -> Spec:
    """A specification with its title, its description for those who cannot see it, and `parts`."""
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
        "config": CONFIG,
        "padding": 4,
        "usermeta": {"title": title, "desc": description},
        **parts,
    }


def words(day: date) -> str:
    """A day in words: 7 September 2026."""
    return f"{day.day} {day:%B %Y}"


def percent(basis_points: int | None) -> str:
    """A share of one decimal, rounded down; a dash for none."""
    if basis_points is None:
        return "\u2013"
    return f"{basis_points // 100}.{basis_points % 100 // 10}%"  # down, so 94.99 is not 95.0
