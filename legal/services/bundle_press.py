"""Printing the papers of a court bundle, and reading the finished file as its reader will.

Two page makers work at once: layout is nearly all of the time. They are closed when a bundle is
done. A long paper is printed in pieces, so that none needs more than a page maker may have.
"""

import itertools
import queue
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import pypdfium2
from django.template.loader import render_to_string

from legal.selectors.bundle_sheets import Block, Line, Sheet
from letters.render import Press, Printed

LINES_A_PIECE = 130
SECONDS = 60  # for one piece, on a machine that is busy
PRESSES = 2
TEMPLATE = "legal/bundle_pages/sheet.html"


class Printers:
    """Some page makers, each with one page at a time."""

    def __init__(self, count: int = PRESSES) -> None:
        self.presses = [Press(seconds=SECONDS) for _ in range(count)]
        self.free: queue.SimpleQueue[Press] = queue.SimpleQueue()
        for press in self.presses:
            self.free.put(press)

    def make(self, html: str) -> Printed:
        """One PDF, by whichever is free. Raises RenderFailed."""
        press = self.free.get()
        try:
            return press.make(html)
        finally:
            self.free.put(press)

    def make_all(
        self, pages: Sequence[str], each: Callable[[], None] = lambda: None
    ) -> list[Printed]:
        """All of them, in their order; `each` is called as each is done."""
        with ThreadPoolExecutor(len(self.presses)) as pool:
            made = []
            for one in pool.map(self.make, pages):
                each()
                made.append(one)
            return made

    @property
    def software(self) -> str:
        """What made them."""
        return next((press.software for press in self.presses if press.software), "")

    def stop(self) -> None:
        """Close them."""
        for press in self.presses:
            press.stop()


@contextmanager
def printers() -> Iterator[Printers]:
    """Page makers for the time of one bundle."""
    made = Printers()
    try:
        yield made
    finally:
        made.stop()


def pieces(sheet: Sheet) -> list[Sheet]:
    """The sheet in pieces that can be printed one by one, its blocks split where they are long."""
    found: list[list[Block]] = [[]]
    room = LINES_A_PIECE
    for block in sheet.blocks:
        lines: tuple[Line, ...] = block.lines
        if not lines:
            found[-1].append(block)
        while lines:
            if room <= 0:
                found.append([])
                room = LINES_A_PIECE
            taken, lines = lines[:room], lines[room:]
            found[-1].append(replace(block, lines=taken))
            room -= len(taken)
    return [replace(sheet, blocks=tuple(blocks)) for blocks in found]


@dataclass(frozen=True, slots=True)
class _Shown:
    """A line as the template reads it. shown  the words of its link, "" for none"""

    text: str
    when: str
    key: str
    to: str
    shown: str


def html_of(sheet: Sheet, named: Mapping[str, str]) -> list[str]:
    """The pages of a sheet, piece by piece.

    named  key of a record → the words of a link to it; a line whose record is in no paper has none
    """
    parts = pieces(sheet)
    numbers = itertools.count(1)
    return [
        render_to_string(
            TEMPLATE,
            {
                "sheet": _shown(part, named, numbers),
                "first": index == 0,
                "last": index == len(parts) - 1,
            },
        )
        for index, part in enumerate(parts)
    ]


def _shown(sheet: Sheet, named: Mapping[str, str], numbers: Iterator[int]) -> dict[str, Any]:
    return {
        "title": sheet.title,
        "intro": sheet.intro,
        "sign": sheet.sign,
        "blocks": [
            {
                "heading": block.heading,
                "nothing": block.nothing,
                "numbered": block.numbered,
                "lines": [
                    _Shown(
                        f"{next(numbers)}. {line.text}" if block.numbered else line.text,
                        line.when,
                        line.key,
                        line.to,
                        named.get(line.to, ""),
                    )
                    for line in block.lines
                ],
            }
            for block in sheet.blocks
        ],
    }


def text_of(pdf: bytes) -> list[str]:
    """The words of each page, as a reader or a search would find them."""
    document = pypdfium2.PdfDocument(pdf)
    try:
        return [page.get_textpage().get_text_bounded() for page in document]
    finally:
        document.close()
