"""National figures, by the day they govern. A day before the first row is an error, not a guess."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from rules.dates import in_words
from rules.errors import NoValue

Row = Mapping[str, Any]


def read_values(path: Path) -> dict[str, list[Row]]:
    """The tables in a TOML file, each a list of dated rows."""
    tables: dict[str, list[Row]] = tomllib.loads(path.read_text(encoding="utf-8"))
    return tables


VALUES = read_values(Path(__file__).parent / "values.toml")


def value_on(table: str, day: date, **key: object) -> Row:
    """The row of `table` in force on `day`, matching every `key`.

    Raises NoValue when the table starts later or has no such row, and KeyError for a table that
    does not exist (a mistake in the code, not in the data).
    """
    rows = [row for row in VALUES[table] if row["from"] <= day and key.items() <= dict(row).items()]
    if not rows:
        asked = " ".join(str(value) for value in key.values())
        raise NoValue(
            f"There is no {' '.join(filter(None, [asked, table.replace('_', ' ')]))} figure "
            f"for {in_words(day)}."
        )
    return max(rows, key=lambda row: row["from"])


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures a pupil's standing is worked out with. Frozen, so a decision can keep them.

    sessions_needed, weeks   the rolling threshold: this many sessions in this many school weeks
    near_from                sessions from which a pupil is near it
    look_back_weeks          school weeks of the look-back
    persistent_percent, severe_percent   share of possible sessions missed, this or more
    band_edges               percent attended, highest first
    edges_belong_below       whether a pupil exactly on an edge is in the band below it
    """

    sessions_needed: int
    weeks: int
    near_from: int
    look_back_weeks: int
    persistent_percent: int
    severe_percent: int
    band_edges: tuple[int, ...]
    edges_belong_below: bool


def figures_on(day: date) -> Figures:
    """The national figures in force on `day`. Raises NoValue before 19 August 2024."""
    threshold = value_on("threshold", day)
    labels = value_on("absence_labels", day)
    bands = value_on("attendance_bands", day)
    return Figures(
        sessions_needed=threshold["sessions"],
        weeks=threshold["weeks"],
        near_from=value_on("near_threshold", day)["sessions"],
        look_back_weeks=value_on("look_back", day)["weeks"],
        persistent_percent=labels["persistent_percent"],
        severe_percent=labels["severe_percent"],
        band_edges=tuple(bands["edges"]),
        edges_belong_below=bands["edge_belongs_to"] == "below",
    )
