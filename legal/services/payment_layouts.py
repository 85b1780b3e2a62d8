"""How banks and card services lay out their files: data, and one reader for all of them.

A layout is known by its headings, in any order and case. Amounts are read to the penny or refused;
nothing is guessed. A day is the day in London: a moment without a time zone is London's own.
"""

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time

from attendance.imports.reading import Opening, Table, open_file, read_table
from attendance.imports.values import BadValue, DateOrder, read_date
from legal.models import PaidBy
from rules.errors import InvalidInput
from rules.tariffs import LONDON, london_day


@dataclass(frozen=True, slots=True)
class Layout:
    """One kind of file.

    columns   what we call a column → the headings it goes by, in lower case
    needed    the columns without which it is not this kind
    taken     the words of its state column that mean the money was taken; empty: it has none
    """

    key: str
    label: str
    method: PaidBy
    columns: Mapping[str, tuple[str, ...]]
    needed: tuple[str, ...]
    taken: frozenset[str] = frozenset()


# The first whose needed columns are all there.
LAYOUTS = (
    Layout(
        "card",
        "Card and online payments",
        PaidBy.CARD,
        {
            "external": ("payment id", "gov.uk payment id", "transaction id", "receipt number"),
            "day": ("date", "payment date", "date created", "date and time", "paid at", "created"),
            "time": ("time", "time created", "payment time"),
            "text": ("reference", "payment reference", "notice reference"),
            "more": ("description", "name", "cardholder name"),
            "in": ("amount", "total amount", "amount paid"),
            "state": ("state", "status", "result"),
        },
        ("external", "day", "text", "in"),
        frozenset({"success", "captured", "settled", "paid", "complete", "completed"}),
    ),
    Layout(
        "bank",
        "Bank statement",
        PaidBy.BANK,
        {
            "day": ("date", "transaction date", "value date", "posting date", "posted"),
            "text": (
                "description",
                "details",
                "narrative",
                "transaction description",
                "transaction details",
                "reference",
            ),
            "more": ("payer", "name", "from", "counterparty", "customer reference"),
            "in": ("paid in", "credit", "credit amount", "money in", "amount", "value"),
            "out": ("paid out", "debit", "debit amount", "money out"),
            "external": ("transaction id", "bank reference", "entry id"),
        },
        ("day", "text", "in"),
    ),
)
BY_KEY = {layout.key: layout for layout in LAYOUTS}
HEADINGS = {name for layout in LAYOUTS for names in layout.columns.values() for name in names}

MONEY = re.compile(r"£?\s*(?P<pounds>\d{1,3}(?:,\d{3})+|\d{1,9})(?:\.(?P<pence>\d{2}))?")
AMOUNT = "The amount cannot be read. It must be pounds, or pounds and pence such as 80.00."
CUT = (
    "The file stops here without the end of the line, so this payment may be cut off. Check it "
    "against the bank and record it by hand, or export the file again."
)


@dataclass(frozen=True, slots=True)
class FileLine:
    """One line of a file, read: a payment, or why it is none.

    pence     0 where it is none
    paid_at   None where it is none
    external  how it is named on file: by the service, or for a bank by what it says
    out       money that went out, or was not taken: left alone
    wrong     why it cannot be read, in words
    """

    line: int
    pence: int = 0
    paid_at: datetime | None = None
    external: str = ""
    given: str = ""
    out: str = ""
    wrong: str = ""


@dataclass(frozen=True, slots=True)
class FileRead:
    """A whole file, read: which layout, and every line of it in order."""

    layout: Layout
    lines: tuple[FileLine, ...]


def pence_of(text: str) -> int:
    """The pence of an amount as files write it: 80.00, £80, 1,080.00. Raises InvalidInput."""
    found = MONEY.fullmatch(text.strip())
    if found is None:
        raise InvalidInput(AMOUNT)
    return int(found["pounds"].replace(",", "")) * 100 + int(found["pence"] or 0)


def read_file(content: bytes, today: date) -> FileRead:
    """Every line of a bank or card file. Raises UnreadableFile for what is none, or was cut off."""
    opening = open_file(content, lambda cells: sum(_tidy(one) in HEADINGS for one in cells))
    layout, columns = _layout_of(opening)
    table = read_table(content, opening, {title: title for title in columns.values()})
    cells = {name: _cells(table, title) for name, title in columns.items()}
    seen: dict[str, int] = {}
    lines = [
        _line(layout, {name: values[at] for name, values in cells.items()}, int(line), today, seen)
        for at, line in enumerate(table.lines)
    ]
    width = len(opening.header)
    lines += [
        FileLine(bad.line, wrong=f"It has {bad.values} values where the headings name {width}.")
        for bad in table.bad_rows
    ]
    lines.sort(key=lambda one: one.line)
    if lines and not table.whole_last_line and not table.footer:
        lines[-1] = FileLine(lines[-1].line, wrong=CUT)
    return FileRead(layout, tuple(lines))


def _tidy(title: str) -> str:
    """A heading without case, currency and the blanks round it."""
    return " ".join(title.replace("(£)", "").replace("(GBP)", "").split()).casefold()


def _layout_of(opening: Opening) -> tuple[Layout, dict[str, str]]:
    """Which layout the headings are, and the title of each of its columns."""
    titles = {_tidy(title): title for title in reversed(opening.header)}
    for layout in LAYOUTS:
        columns = {
            name: next(titles[one] for one in names if one in titles)
            for name, names in layout.columns.items()
            if any(one in titles for one in names)
        }
        if all(name in columns for name in layout.needed):
            return layout, columns
    raise InvalidInput(
        "These are not the headings of a bank or card file that we know. A bank file needs Date, "
        "Description and Paid in; a card file Payment ID, Date, Reference and Amount."
    )


def _cells(table: Table, title: str) -> Sequence[str]:
    column = table.columns[title]
    return [column.values[at] for at in column.at]


def _line(
    layout: Layout, row: Mapping[str, str], line: int, today: date, seen: dict[str, int]
) -> FileLine:
    """One row as a payment, or why it is none."""
    out = _went_out(layout, row)
    if out:
        return FileLine(line, out=out)
    try:
        pence = pence_of(row["in"])
        paid_at = _moment(row)
    except InvalidInput as problem:
        return FileLine(line, wrong=problem.sentence)
    wrong = ""
    if not pence:
        wrong = "The amount is nothing."
    elif london_day(paid_at) > today:
        wrong = "The day of the payment is after today."
    if wrong:
        return FileLine(line, wrong=wrong)
    given = _given(row)
    external = _external(layout, row, pence, paid_at, given, seen)
    if not external:
        return FileLine(line, wrong="It has no payment ID, so it could be counted twice.")
    return FileLine(line, pence, paid_at, external, given)


def _went_out(layout: Layout, row: Mapping[str, str]) -> str:
    """Why a row is no money that came in; "" when it may be."""
    state = row.get("state", "").strip().casefold()
    if "state" in row and layout.taken and state not in layout.taken:
        return "The money was not taken."
    amount = row["in"].strip()
    if amount.startswith(("-", "(")) or (not amount and row.get("out", "").strip()):
        return "Money that went out."
    return ""


def _moment(row: Mapping[str, str]) -> datetime:
    """When it was paid. Raises InvalidInput."""
    text = row["day"].strip()
    if "T" in text or re.match(r"\d{4}-\d\d-\d\d \d", text):
        try:
            moment = datetime.fromisoformat(text)
        except ValueError as problem:
            raise InvalidInput("The day and time cannot be read.") from problem
        return moment if moment.tzinfo else moment.replace(tzinfo=LONDON)
    try:
        day = read_date(text, DateOrder.DAY_FIRST)
    except BadValue as problem:
        raise InvalidInput(problem.sentence) from problem
    clock = row.get("time", "").strip()
    try:
        at = time.fromisoformat(clock) if clock else time()
    except ValueError as problem:
        raise InvalidInput("The time cannot be read.") from problem
    moment = datetime.combine(day, at)
    return moment if moment.tzinfo else moment.replace(tzinfo=LONDON)


def _given(row: Mapping[str, str]) -> str:
    """What came with it, on one line without hidden characters."""
    parts = (row.get("text", ""), row.get("more", ""))
    text = " ".join(part for part in parts if part.strip())
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())[:300]


def _external(
    layout: Layout,
    row: Mapping[str, str],
    pence: int,
    paid_at: datetime,
    given: str,
    seen: dict[str, int],
) -> str:
    """The name under which it is counted once.

    A bank line without a name of its own is named by its day, amount and text, and by which one of
    those alike it is: two files that overlap name a payment alike, two payments alike stay two.
    """
    own = "".join(row.get("external", "").split())
    if own or "external" in layout.needed:
        name = own
    else:
        alike = f"{london_day(paid_at)} {pence} {given}"
        seen[alike] = seen.get(alike, 0) + 1
        name = hashlib.sha256(f"{alike} {seen[alike]}".encode()).hexdigest()[:32]
    return f"{layout.key}:{name}"[:100] if name else ""


Progress = Callable[[int, int], None]


def silent(done: int, total: int) -> None:
    """Report to nobody."""
