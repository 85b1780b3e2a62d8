"""From the bytes of a file to its columns. Refuses what is not a whole, readable CSV file.

A column is kept as its different values and one number a row, so that half a million marks cost
a few megabytes and each value is judged once. Nothing here knows what a column means.
"""

import csv
import io
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rules.errors import InvalidInput

MOST_BYTES = 50 * 1024 * 1024
MOST_COLUMNS = 1_000
MOST_ROWS = 2_000_000
LONGEST_LINE = 100_000
CHUNK = 20_000
HEADING_WITHIN = 15  # lines: exports put a title or two above their headings
DELIMITERS = ",;\t|"

Indices = NDArray[np.int32]
Flags = NDArray[np.bool_]
Ordinals = NDArray[np.int64]
Progress = Callable[[int], None]


class UnreadableFile(InvalidInput):
    """The file as a whole cannot be read as a table. Nothing of it is taken."""

    code = "unreadable_file"


@dataclass(frozen=True, slots=True)
class Opening:
    """What a file looks like before anybody has said what its columns mean.

    header       the titles, each once: a second "Date" becomes "Date (2)"
    header_line  the line the titles stand on, from 1
    rows         the first rows as they stand
    """

    encoding: str
    delimiter: str
    header: tuple[str, ...]
    header_line: int
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Column:
    """One column: `values` holds each different value once, `at` which of them a row has."""

    values: list[str]
    at: Indices


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row with too many or too few values, and how many."""

    line: int
    values: int


@dataclass(slots=True)
class Table:
    """A whole file, read.

    lines       the line in the file on which each row starts
    columns     by title, the kept ones only
    bad_rows    rows that do not fit the headings; they are in no column
    footer      the values of a last row of totals, by title; empty when there is none
    whole_last_line  whether the last line ends with a line break
    """

    header: tuple[str, ...]
    lines: Indices
    columns: dict[str, Column]
    bad_rows: list[BadRow] = field(default_factory=list)
    footer: dict[str, str] = field(default_factory=dict)
    footer_line: int = 0
    whole_last_line: bool = True

    @property
    def rows(self) -> int:
        """How many rows there are to account for, the bad ones included."""
        return len(self.lines) + len(self.bad_rows)

    def where(self, kept: Flags) -> "Table":
        """Some of the rows alone, without the last row of totals."""
        columns = {title: Column(one.values, one.at[kept]) for title, one in self.columns.items()}
        return Table(self.header, self.lines[kept], columns)


NOT_CSV = (
    (b"PK\x03\x04", "This is a spreadsheet or an archive, not a CSV file."),
    (b"\xd0\xcf\x11\xe0", "This is an old Excel workbook, not a CSV file."),
    (b"%PDF", "This is a PDF, not a CSV file."),
    (b"<", "This is XML or a web page, not a CSV file."),
    (b"\x1f\x8b", "This is a compressed file, not a CSV file."),
)
SAVE_AGAIN = "Save it as CSV (UTF-8) in your register system and try again."


def decode(content: bytes) -> tuple[str, str]:
    """The text and the encoding found: UTF-8, UTF-16 with its mark, else Windows-1252.

    Raises UnreadableFile for what is no text, is too big, or stops inside a character.
    """
    if len(content) > MOST_BYTES:
        raise UnreadableFile(
            f"The file is larger than {MOST_BYTES // 1024 // 1024} MB. "
            "Export fewer weeks at a time and try again."
        )
    if not content.strip():
        raise UnreadableFile("The file is empty. Export it again and try again.")
    for start, what in NOT_CSV:
        if content.lstrip()[: len(start)] == start:
            raise UnreadableFile(f"{what} {SAVE_AGAIN}")
    text, encoding = _text(content)
    at = text.find("\0")
    if at >= 0:
        raise UnreadableFile(
            f"Line {text.count(chr(10), 0, at) + 1} has a NUL character, which no text file has. "
            + SAVE_AGAIN
        )
    return text, encoding


HALF_A_CHARACTER = re.compile(rb"\xed[\xa0-\xbf][\x80-\xbf]")  # a lone surrogate in UTF-8


def _text(content: bytes) -> tuple[str, str]:
    """The text in the first encoding that reads every byte.

    Windows-1252 gives a character to nearly every byte, so a damaged UTF-8 file must be told
    apart from it: one with more whole characters of UTF-8 than bytes that are none.
    """
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return _strictly(content, "utf-16", "UTF-16"), "UTF-16"
    if content[:3] == b"\xef\xbb\xbf":
        return _strictly(content[3:], "utf-8", "UTF-8"), "UTF-8"
    try:
        return content.decode("utf-8"), "UTF-8"
    except UnicodeDecodeError as problem:
        if problem.end == len(content) and "unexpected end" in problem.reason:
            raise UnreadableFile(
                "The file stops in the middle of a character: it was cut off on its way. "
                "Export it again and try again."
            ) from None
    replaced = content.decode("utf-8", errors="replace")
    strange = replaced.count("\ufffd")
    whole = sum(1 for character in replaced if character > "\x7f") - strange
    if whole > strange or HALF_A_CHARACTER.search(content):
        return _strictly(content, "utf-8", "UTF-8"), "UTF-8"
    return _strictly(content, "cp1252", "Windows-1252"), "Windows-1252"


def _strictly(content: bytes, encoding: str, name: str) -> str:
    """The text, or UnreadableFile naming the line with the first bad byte."""
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as problem:
        line = content.count(b"\n", 0, problem.start) + 1
        raise UnreadableFile(
            f"Line {line} has a byte that is no character in {name}, or the file was cut off "
            f"there. {SAVE_AGAIN}"
        ) from None


def open_file(
    content: bytes, recognise: Callable[[Sequence[str]], int], *, rows: int = 20
) -> Opening:
    """The encoding, delimiter, headings and first rows of a file.

    recognise  how many of a row's cells are headings we know; picks delimiter and heading line
    Raises UnreadableFile.
    """
    text, encoding = decode(content)
    best: tuple[int, int, int] | None = None
    found: tuple[str, int, list[str]] | None = None
    for delimiter in DELIMITERS:
        for number, line, row in _first_rows(text, delimiter):
            score = (recognise(row), len(row), -number)
            if best is None or score > best:
                best, found = score, (delimiter, line, row)
    if found is None:
        raise UnreadableFile("The file has no headings. Export it with headings and try again.")
    delimiter, header_line, titles = found
    _check_width(titles)
    stream = _reader(text, delimiter, skip=header_line)
    return Opening(
        encoding=encoding,
        delimiter=delimiter,
        header=_distinct(titles),
        header_line=header_line,
        rows=tuple(tuple(row) for row in islice(_careful(stream), rows)),
    )


def _first_rows(text: str, delimiter: str) -> Iterator[tuple[int, int, list[str]]]:
    """(number, line, row) of the rows among which the headings must be."""
    reader = _reader(text, delimiter)
    number = 0
    for row in islice(_careful(reader), HEADING_WITHIN):
        if any(cell.strip() for cell in row):
            yield number, reader.line_num, row
            number += 1


def _careful(reader: Iterator[list[str]]) -> Iterator[list[str]]:
    """Rows until the first that cannot be read: the reading proper says what is wrong there."""
    try:
        yield from reader
    except csv.Error:
        return


def _check_width(titles: Sequence[str]) -> None:
    if len(titles) > MOST_COLUMNS:
        raise UnreadableFile(
            f"The file has {len(titles):,} columns; we read up to {MOST_COLUMNS:,}. "
            "Export fewer weeks at a time and try again."
        )


def _distinct(titles: Sequence[str]) -> tuple[str, ...]:
    """Titles trimmed, numbered where they repeat, and named where they are blank."""
    seen: dict[str, int] = {}
    result = []
    for place, raw in enumerate(titles, start=1):
        title = " ".join(raw.replace("\ufeff", "").split()) or f"Column {place}"
        seen[title] = seen.get(title, 0) + 1
        result.append(title if seen[title] == 1 else f"{title} ({seen[title]})")
    return tuple(result)


def _reader(text: str, delimiter: str, skip: int = 0) -> Any:
    """A strict csv reader over the lines after the first `skip`, which may not be too long."""
    lines = io.StringIO(text, newline="")
    for _ in range(skip):
        lines.readline()
    return csv.reader(_of_sane_length(lines, skip), delimiter=delimiter, strict=True)


def _of_sane_length(lines: Iterator[str], skip: int) -> Iterator[str]:
    for number, line in enumerate(lines, start=skip + 1):
        if len(line) > LONGEST_LINE:
            raise UnreadableFile(
                f"Line {number} is longer than {LONGEST_LINE:,} characters. {SAVE_AGAIN}"
            )
        yield line


def read_table(
    content: bytes,
    opening: Opening,
    keep: Mapping[str, str],
    *,
    progress: Progress = lambda rows: None,
) -> Table:
    """Every row of the file, its kept columns only.

    keep      title → group; columns of one group share their list of values, so that the marks
              of all sessions are numbered alike
    progress  called now and then with the rows read so far
    Raises UnreadableFile, and for a file that was cut off: one whose last row is short or whose
    last quote is open.
    """
    text, _ = decode(content)
    reader = _reader(text, opening.delimiter, skip=opening.header_line)
    building = _Building(opening, keep)
    while True:
        lines: list[int] = []
        chunk: list[list[str]] = []
        try:
            before = reader.line_num
            for row in islice(reader, CHUNK):
                chunk.append(row)
                lines.append(before)
                before = reader.line_num
        except csv.Error as problem:
            raise UnreadableFile(_in_words(problem, opening.header_line + before + 1)) from None
        if not chunk:
            break
        building.add(chunk, lines)
        progress(building.count)
    return building.finished(whole_last_line=text[-1:] in "\r\n")


def _in_words(problem: csv.Error, line: int) -> str:
    """What the csv reader could not read, and where."""
    if "unexpected end" in str(problem):
        return (
            f"The file stops inside the quotation marks that open on line {line}: it was cut off "
            "on its way, or a quotation mark is missing. Export it again and try again."
        )
    return f"Line {line} cannot be read: check its quotation marks. {SAVE_AGAIN}"


class _Building:
    """A table while its rows come in."""

    def __init__(self, opening: Opening, keep: Mapping[str, str]) -> None:
        self.header = opening.header
        self.first_line = opening.header_line + 1
        self.places = {title: self.header.index(title) for title in keep}
        groups: dict[str, dict[str, int]] = {}
        self.numbers = {title: groups.setdefault(group, {}) for title, group in keep.items()}
        self.parts: dict[str, list[Indices]] = {title: [] for title in keep}
        self.lines: list[Indices] = []
        self.bad: list[BadRow] = []
        self.last: tuple[int, list[str]] = (0, [])
        self.count = 0

    def add(self, chunk: list[list[str]], lines: list[int]) -> None:
        """Take in some rows."""
        width = len(self.header)
        if set(map(len, chunk)) != {width} or not all(row[0] or any(row) for row in chunk):
            chunk, lines = self._sorted_out(chunk, lines)
        if not chunk:
            return
        self.count += len(chunk)
        if self.count > MOST_ROWS:
            raise UnreadableFile(f"The file has more than {MOST_ROWS:,} rows. Export fewer weeks.")
        columns = list(zip(*chunk, strict=True))
        for title, place in self.places.items():
            self.parts[title].append(_numbered(columns[place], self.numbers[title]))
        self.lines.append(np.array(lines, np.int32) + self.first_line)
        self.last = (lines[-1] + self.first_line, chunk[-1])

    def _sorted_out(
        self, chunk: list[list[str]], lines: list[int]
    ) -> tuple[list[list[str]], list[int]]:
        """The rows that fit; blank ones are passed over and misfits written down."""
        width = len(self.header)
        fitting, at = [], []
        for row, line in zip(chunk, lines, strict=True):
            if not any(cell.strip() for cell in row):
                continue
            if len(row) > width and not any(cell.strip() for cell in row[width:]):
                row = row[:width]  # a delimiter too many at the end of each line
            if len(row) != width:
                self.bad.append(BadRow(line + self.first_line, len(row)))
                continue
            fitting.append(row)
            at.append(line)
        return fitting, at

    def finished(self, *, whole_last_line: bool) -> Table:
        """The table, or UnreadableFile when its last row is short."""
        last_line, last_row = self.last
        if self.bad and self.bad[-1].line > last_line and self.bad[-1].values < len(self.header):
            raise UnreadableFile(
                f"The last line, {self.bad[-1].line}, has {self.bad[-1].values} of "
                f"{len(self.header)} values: the file was cut off on its way. "
                "Export it again and try again."
            )
        lines = _joined(self.lines)
        columns = {
            title: Column(list(self.numbers[title]), _joined(parts))
            for title, parts in self.parts.items()
        }
        table = Table(self.header, lines, columns, self.bad, whole_last_line=whole_last_line)
        if last_row and _is_total(last_row):
            table.footer = dict(zip(self.header, last_row, strict=True))
            table.footer_line = last_line
            table.lines = lines[:-1]
            table.columns = {t: Column(c.values, c.at[:-1]) for t, c in columns.items()}
        return table


def _is_total(row: Sequence[str]) -> bool:
    """Whether a row is a row of totals: its first value that is not blank says so."""
    first = next((cell for cell in row if cell.strip()), "")
    return first.strip().rstrip(":").casefold() in {"total", "totals", "grand total", "row count"}


def _numbered(cells: Sequence[str], numbers: dict[str, int]) -> Indices:
    """Each cell as the number of its value, in the order in which values first appear."""
    for value in dict.fromkeys(cells):
        if value not in numbers:
            numbers[value] = len(numbers)
    return np.fromiter(map(numbers.__getitem__, cells), np.int32, len(cells))


def _joined(parts: list[Indices]) -> Indices:
    return np.concatenate(parts) if parts else np.empty(0, np.int32)
