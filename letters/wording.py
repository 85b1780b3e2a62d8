"""Local wording: Markdown's headings, paragraphs and bullets, with ((placeholders)) and no more.

The text is read into blocks first and the values are put into the blocks after, as plain text. So
nothing that a person typed into a name or a note can become markup, whatever it looks like; the
template escapes it once more.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from rules.errors import InvalidInput

PLACEHOLDER = re.compile(r"\(\(([a-z_]+)\)\)")
STRAY = re.compile(r"\(\(|\)\)")


class WordingError(InvalidInput):
    """Wording that cannot be used. The sentence names the line and what to do."""

    code = "wrong_wording"


class Line(NamedTuple):
    """One piece of wording with the line of the file it starts on."""

    number: int
    text: str


@dataclass(frozen=True, slots=True)
class Block:
    """A heading, a paragraph or a list. `kind`: title, heading, paragraph, list."""

    kind: str
    lines: tuple[Line, ...]

    @property
    def text(self) -> str:
        """The words of a heading or paragraph."""
        return " ".join(line.text for line in self.lines)


@dataclass(frozen=True, slots=True)
class Said:
    """A block with its values in place: what the template prints.

    A sheet that goes with a letter has two kinds more: questions, with room for the answers, and
    signature.
    """

    kind: str
    text: str
    items: tuple[str, ...] = ()


def parse(text: str) -> list[Block]:
    """Read wording into blocks. Raises WordingError for a stray bracket or an unknown mark."""
    blocks: list[Block] = []
    open_kind = ""
    for number, raw in enumerate(text.splitlines(), start=1):
        kind, words = _read_line(number, raw.strip())
        if not kind:
            open_kind = ""
            continue
        if kind == open_kind and kind in ("paragraph", "list"):
            blocks[-1] = Block(kind, (*blocks[-1].lines, Line(number, words)))
        else:
            blocks.append(Block(kind, (Line(number, words),)))
        open_kind = kind
    return blocks


def _read_line(number: int, line: str) -> tuple[str, str]:
    if not line:
        return "", ""
    if STRAY.search(PLACEHOLDER.sub("", line)):
        raise WordingError(
            f"line {number}: a placeholder is not closed or misspelt. Write it as ((name))."
        )
    for mark, kind in (("## ", "heading"), ("# ", "title"), ("- ", "list")):
        if line.startswith(mark):
            return kind, line.removeprefix(mark).strip()
    if line.startswith(("#", "*", ">", "<", "|", "!")):
        raise WordingError(
            f"line {number}: start a line with words, '# ', '## ' or '- '. Nothing else is read."
        )
    return "paragraph", line


def placeholders(blocks: list[Block]) -> Iterator[tuple[int, str]]:
    """Each placeholder with its line."""
    for block in blocks:
        for line in block.lines:
            for name in PLACEHOLDER.findall(line.text):
                yield line.number, name


def fill(text: str, values: Mapping[str, str]) -> list[Said]:
    """The wording with its values. Raises WordingError for a placeholder without a value."""
    blocks = parse(text)
    for number, name in placeholders(blocks):
        if not values.get(name):
            raise WordingError(f"line {number}: there is nothing to put in for (({name})).")
    return [_said(block, values) for block in blocks]


def _said(block: Block, values: Mapping[str, str]) -> Said:
    def put(text: str) -> str:
        return PLACEHOLDER.sub(lambda found: values[found[1]], text)

    if block.kind == "list":
        return Said("list", "", tuple(put(line.text) for line in block.lines))
    return Said(block.kind, put(block.text))


def words_of(said: list[Said]) -> str:
    """The words alone, a paragraph a line: for golden copies, counting and reading age."""
    lines: list[str] = []
    for block in said:
        lines += [f"- {item}" for item in block.items] if block.kind == "list" else [block.text]
    return "\n".join(lines)
