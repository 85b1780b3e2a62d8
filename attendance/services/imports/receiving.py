"""A file arrives: it is kept, and a person says which of its columns is which."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from django.db import transaction

from attendance.imports import layouts, values
from attendance.imports.reading import Opening, open_file
from attendance.imports.values import DateOrder
from attendance.models import ImportBatch, ImportLayout, ImportSource
from attendance.selectors import imports as selectors
from attendance.services.imports.batches import require, still_open, user_of
from authorities.access import Reach
from authorities.models import School
from rules.errors import InvalidInput


@dataclass(frozen=True, slots=True)
class Choices:
    """How a person says a file is to be read.

    mapping       our field → the file's heading
    order         which number comes first in its dates; None when it writes them otherwise
    fold_case     lower-case marks mean the same as capitals
    present_both  / stands for the afternoon too
    name          of the source, for people
    """

    mapping: Mapping[str, str]
    order: DateOrder | None = None
    fold_case: bool = False
    present_both: bool = False
    name: str = ""

    @property
    def options(self) -> dict[str, Any]:
        """As the source remembers them."""
        return {
            "order": self.order.value if self.order else "",
            "fold_case": self.fold_case,
            "present_both": self.present_both,
        }


class ColumnsNotChosen(InvalidInput):
    """The choice of columns is not enough to read the file. `field` says what is missing."""

    code = "columns_not_chosen"

    def __init__(self, sentence: str, about: str = "") -> None:
        super().__init__(sentence)
        self.about = about


def opening_of(content: bytes, layout: str) -> Opening:
    """The headings and first rows of a file. Raises UnreadableFile."""
    return open_file(content, partial(layouts.recognised, layout))


def suggested(opening: Opening, layout: str, source: ImportSource | None) -> Choices:
    """The remembered choices for these headings, else a guess for a person to confirm."""
    if source is not None:
        return choices_of(source)
    return Choices(mapping=layouts.guess_mapping(layout, opening.header))


def remembered(school: School, layout: str, content: bytes) -> Choices:
    """The same, from a file that was not received yet. Raises UnreadableFile."""
    opening = opening_of(content, layout)
    digest = layouts.header_digest(layout, opening.header)
    return suggested(opening, layout, selectors.source_for(school, layout, digest))


def choices_of(source: ImportSource) -> Choices:
    order = source.options.get("order")
    return Choices(
        mapping=source.mapping,
        order=DateOrder(order) if order else None,
        fold_case=bool(source.options.get("fold_case")),
        present_both=bool(source.options.get("present_both")),
        name=source.name,
    )


def needs_date_order(opening: Opening, layout: str, mapping: Mapping[str, str]) -> bool:
    """Whether the first rows or headings hold dates that read two ways."""
    named = {"day", "week", "born_on", "starts_on", "ends_on"}
    places = [
        opening.header.index(title)
        for name, title in mapping.items()
        if name in named and title in opening.header
    ]
    cells = [row[place] for row in opening.rows for place in places if place < len(row)]
    if layout == ImportLayout.MARKS_DATED:
        cells += [t.text for t in map(layouts.session_title, opening.header) if t is not None]
    return any(values.is_ambiguous(cell) for cell in cells)


def may_need_date_order(opening: Opening, layout: str) -> bool:
    """Whether any cell of the first rows, or any dated heading, is a date that reads two ways."""
    cells = [cell for row in opening.rows for cell in row]
    if layout == ImportLayout.MARKS_DATED:
        cells += [t.text for t in map(layouts.session_title, opening.header) if t is not None]
    return any(values.is_ambiguous(cell) for cell in cells)


@transaction.atomic
def receive(
    *,
    school: School,
    layout: str,
    file_name: str,
    content: bytes,
    by: Reach | None,
    now: datetime,
) -> ImportBatch:
    """Keep a file as it arrived. Nothing of it is used yet.

    Raises Forbidden, and UnreadableFile for what is no table.
    """
    require(by, school)
    opening = opening_of(content, layout)
    digest = layouts.header_digest(layout, opening.header)
    return ImportBatch.objects.create(
        authority_id=school.authority_id,
        school=school,
        layout=layout,
        source=selectors.source_for(school, layout, digest),
        file_name=_safe_name(file_name),
        sha256=hashlib.sha256(content).hexdigest(),
        content=content,
        uploaded_by=user_of(by),
        uploaded_at=now,
        report={"encoding": opening.encoding, "delimiter": opening.delimiter},
    )


def _safe_name(name: str) -> str:
    """The file's own name without folders and control characters."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    return "".join(c for c in last if c.isprintable())[:200] or "file.csv"


@transaction.atomic
def choose(*, batch: ImportBatch, choices: Choices, by: Reach | None) -> ImportSource:
    """Remember how files with these headings are read at this school.

    Raises Forbidden, and ColumnsNotChosen when a needed column or the order of dates is missing.
    """
    require(by, batch.school)
    still_open(batch)
    opening = opening_of(bytes(batch.content), batch.layout)
    check_choices(opening, batch.layout, choices)
    source, _ = ImportSource.objects.update_or_create(
        authority_id=batch.authority_id,
        school=batch.school,
        layout=batch.layout,
        header_digest=layouts.header_digest(batch.layout, opening.header),
        defaults={
            "name": choices.name[:80] or "Register system",
            "mapping": dict(choices.mapping),
            "options": choices.options,
        },
    )
    batch.source = source
    batch.save(update_fields=["source"])
    return source


def check_choices(opening: Opening, layout: str, choices: Choices) -> None:
    """Raise ColumnsNotChosen unless the choices are enough to read the file."""
    for name, title in choices.mapping.items():
        if title not in opening.header:
            raise ColumnsNotChosen(f"The file has no column “{title[:60]}”.", name)
    titles = list(choices.mapping.values())
    twice = next((title for title in titles if titles.count(title) > 1), None)
    if twice is not None:
        about = [name for name, title in choices.mapping.items() if title == twice][-1]
        raise ColumnsNotChosen(f"The column “{twice[:60]}” is chosen twice.", about)
    if layouts.needs_pupil(choices.mapping):
        raise ColumnsNotChosen(
            "Choose the column with the UPN, or the one with the pupil's number.", "upn"
        )
    missing = layouts.missing_fields(layout, choices.mapping)
    if missing:
        raise ColumnsNotChosen(
            f"Choose the column for: {', '.join(one.label for one in missing)}.", missing[0].name
        )
    if choices.order is None and needs_date_order(opening, layout, choices.mapping):
        raise ColumnsNotChosen(
            "Dates such as 03/09/2026 can be read two ways. Say whether the day or the month "
            "comes first.",
            "order",
        )
