"""One way to make a list page: columns, filters, search, sort, pages, CSV and print.

A view declares a `ListPage` once and answers with it:

    class PupilFilters(forms.Form):
        year = forms.MultipleChoiceField(label="Year group", required=False, choices=YEARS,
                                         widget=forms.CheckboxSelectMultiple)
        below = forms.TypedChoiceField(label="Attendance", required=False, coerce=int,
                                       choices=[("", "Any"), ("9000", "Below 90%")])

    PUPILS = ListPage(
        name="pupils",                                  # also the CSV's file name: never a child's
        noun="pupil",
        columns=[
            Column("name", "Pupil", lambda p: p.full_name, order_by=("surname", "forename"),
                   href=lambda p: p.get_absolute_url()),
            Column("year", "Year", lambda p: p.year_group, order_by=("year_group",)),
            Column("rate", "Attendance", lambda p: p.rate_bp, order_by=("rate_bp",), numeric=True,
                   show=percent_bp),
        ],
        filter_form=PupilFilters,
        filters={
            "year": lambda rows, years: rows.filter(year_group__in=years),
            "below": lambda rows, bp: rows.filter(rate_bp__lt=bp),
        },
        search=lambda rows, typed: rows.filter(surname__istartswith=typed),
        search_label="Surname",
        sort="name",
    )

    def pupils(request):
        return PUPILS.respond(request, pupils_for(request.user), {"title": "Pupils"})

It asks the database twice for a page (a count and a page), plus whatever the filter form's choices
ask, and once for a CSV. To stay quick on a county's rows it needs an index on each `order_by` with
the tie-break after it. Rows may also be a list or tuple: then `order_by` entries are functions of a
row, or names of its attributes or keys, and ties keep the order they came in.
"""

import csv
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from io import StringIO
from itertools import islice
from typing import Any

from django import forms
from django.db.models import F, OrderBy, QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render

PAGE_SIZES = (25, 50, 100)
PAGE_SIZE = 50
PRINT_SIZE = 1000
NOTHING = "\u2013"  # an en dash, for an empty cell

# What starts a formula in a spreadsheet, with the full-width twins that some of them fold.
FORMULA_STARTS = frozenset("=+-@\uff1d\uff0b\uff0d\uff20\t\r\n\0")

Rows = QuerySet[Any] | Sequence[Any]


@dataclass(frozen=True)
class Column:
    """One column of a list.

    key       the name in the address (`?sort=key`) and of the cell's class
    label     the heading
    get       the value of the cell from a row; goes into the CSV as it is
    order_by  field names, `F()`/`OrderBy` expressions, or for sequences functions of a row; empty
              means the column does not sort
    numeric   set right, and typed numbers stay numbers in the CSV
    show      how the value reads on the page, when not as itself
    href      the address the cell links to; no link when it gives nothing
    template  a template for the cell, given `value` and `row`; for tags and flags
    export    False keeps the column out of the CSV; "only" keeps it off the page
    """

    key: str
    label: str
    get: Callable[[Any], Any]
    order_by: Sequence[Any] = ()
    numeric: bool = False
    show: Callable[[Any], Any] | None = None
    href: Callable[[Any], str | None] | None = None
    template: str | None = None
    export: bool | str = True
    descending_first: bool = False


@dataclass(frozen=True)
class Cell:
    """A cell as the page shows it. `is_head` marks the first, which names the row.

    label  stands before the value on a phone, where the row is a card; "" where a template speaks
    """

    value: Any
    text: Any
    row: Any
    numeric: bool
    href: str | None
    template: str | None
    is_head: bool
    label: str = ""


@dataclass(frozen=True)
class Heading:
    """A column's heading; `sorted` is "ascending", "descending" or nothing."""

    label: str
    numeric: bool
    href: str | None
    sorted: str | None


@dataclass(frozen=True)
class SelectedFilter:
    """A filter in force and the address of the list without it."""

    label: str
    value: str
    remove: str


@dataclass(frozen=True)
class Pages:
    """Where this page stands among the pages, with the addresses of its neighbours."""

    number: int
    count: int
    previous: str | None
    next: str | None
    items: list[dict[str, Any]]


@dataclass(frozen=True)
class KeptView:
    """Filters that somebody keeps under a name, and whether they are in force now."""

    name: str
    href: str
    current: bool


@dataclass(frozen=True)
class KeptViews:
    """A person's views of a list, for `components/saved_views.html`.

    csrf         the request's own token, for that form
    token        what keeps the filters in force, for the form that goes to `keep`; "" for none
    has_default  the list opens with one of them, so that clearing the filters must say so
    """

    items: list[KeptView]
    token: str
    keep: str
    manage: str
    csrf: str = ""
    has_default: bool = False


@dataclass(frozen=True)
class Shown:
    """Everything `components/list_page.html` needs."""

    noun: str
    plural: str
    total: int
    headings: list[Heading]
    rows: list[list[Cell]]
    pages: Pages
    sizes: list[dict[str, Any]]
    first: int
    last: int
    filter_form: forms.Form | None
    search_label: str
    search_hint: str
    searched: str
    selected: list[SelectedFilter]
    clear: str
    export: str
    print_view: str
    screen_view: str
    printing: bool
    kept: list[tuple[str, str]]
    caption: str
    empty_title: str
    empty_text: str
    views: KeptViews | None = None

    @property
    def counted(self) -> str:
        """How many there are: 312 pupils."""
        return f"{self.total:,} {self.noun if self.total == 1 else self.plural}"


@dataclass(frozen=True)
class ListPage:
    """A list page, declared once at module level. See the module's example.

    filters      field name of `filter_form` → function of (rows, cleaned value) giving fewer rows;
                 left out for empty values
    sort         the key of the column sorted by at first; "-key" for descending
    tie_break    what makes the order total, so that no row shows on two pages
    prepare      called with the rows of a page, or of the CSV a part at a time, before they are
                 drawn: fetches for all of them together what is too dear to sort by
    """

    name: str
    noun: str
    columns: Sequence[Column]
    sort: str
    plural: str = ""
    filter_form: type[forms.Form] | None = None
    filters: Mapping[str, Callable[[Any, Any], Any]] = field(default_factory=dict)
    search: Callable[[Any, str], Any] | None = None
    search_label: str = "Search"
    search_hint: str = ""
    tie_break: Sequence[Any] = ("pk",)
    prepare: Callable[[list[Any]], object] | None = None
    empty_title: str = ""
    empty_text: str = "Try fewer filters, or check the spelling."
    nothing_yet: str = ""

    def respond(
        self,
        request: HttpRequest,
        rows: Rows,
        context: Mapping[str, Any] | None = None,
        *,
        template: str = "components/list.html",
        form_options: Mapping[str, Any] | None = None,
        on_export: Callable[[int], object] | None = None,
        saved: KeptViews | None = None,
    ) -> HttpResponse:
        """The page, or the CSV when the address asks `?export=csv`.

        rows          what this person may see; the list only ever takes rows away
        context       for the template: title, caption, lead, actions, navigation …
        template      a page that includes `components/list_page.html` with `list`
        form_options  keyword arguments of the filter form, such as its choices
        on_export     called with the number of rows that went out, to write the history
        saved         the person's views of this list
        """
        form = self._form(request, form_options or {})
        found = self._narrowed(rows, form, request.GET)
        ordered = self._ordered(found, self._sort_key(request.GET))
        if request.GET.get("export") == "csv":
            return self._csv(ordered, on_export)
        shown = self._shown(request, ordered, form, saved)
        return render(request, template, {**(context or {}), "list": shown})

    def shown(
        self,
        request: HttpRequest,
        rows: Rows,
        *,
        form_options: Mapping[str, Any] | None = None,
        saved: KeptViews | None = None,
        total: int | None = None,
    ) -> Shown:
        """The list alone, for a page that shows more than a list (and offers no CSV of its own).

        total  how many rows there are, where the page has counted them already
        """
        form = self._form(request, form_options or {})
        found = self._narrowed(rows, form, request.GET)
        ordered = self._ordered(found, self._sort_key(request.GET))
        return self._shown(request, ordered, form, saved, total)

    def choices_in(
        self,
        request: HttpRequest,
        *,
        form_options: Mapping[str, Any] | None = None,
        also: Sequence[str] = (),
    ) -> str:
        """The part of the address that was chosen and not typed, to be kept for another day.

        Filters that make sense, the order, the rows a page, and the keys in `also`. What was
        searched for, and any filter that takes free text, is left out: it may name a pupil.
        """
        form = self._form(request, form_options or {})
        keys = ["sort", "size", *also]
        if form is not None:
            form.is_valid()
            keys += [
                name
                for name, asked in form.fields.items()
                if form.cleaned_data.get(name) and not isinstance(asked, forms.CharField)
            ]
        kept = QueryDict(mutable=True)
        for key in sorted(keys):
            values = [value for value in request.GET.getlist(key) if value]
            if values:
                kept.setlist(key, sorted(values))
        return kept.urlencode()

    def narrowed(
        self,
        request: HttpRequest,
        rows: Any,
        *,
        form_options: Mapping[str, Any] | None = None,
    ) -> Any:
        """The rows under the search and the filters, in no order: to count them another way."""
        return self._narrowed(rows, self._form(request, form_options or {}), request.GET)

    # Narrowing and ordering

    def _form(self, request: HttpRequest, options: Mapping[str, Any]) -> forms.Form | None:
        if self.filter_form is None:
            return None
        return self.filter_form(request.GET, auto_id="filter_%s", **options)

    def _narrowed(self, rows: Any, form: forms.Form | None, query: QueryDict) -> Any:
        typed = _typed(query)
        if self.search and typed:
            rows = self.search(rows, typed)
        if form is None:
            return rows
        form.is_valid()  # a filter that does not make sense is shown with its error and left out
        for name, narrow in self.filters.items():
            value = form.cleaned_data.get(name)
            if value not in (None, "", [], ()) and not _is_empty(value):
                rows = narrow(rows, value)
        return rows

    def _sort_key(self, query: QueryDict) -> str:
        asked = query.get("sort", "")
        known = {column.key for column in self.columns if column.order_by}
        return asked if asked.removeprefix("-") in known else self.sort

    def _ordered(self, rows: Any, key: str) -> Any:
        column = next(c for c in self.columns if c.key == key.removeprefix("-"))
        down = key.startswith("-")
        if isinstance(rows, QuerySet):
            # The tie-break turns round too, so that one index serves both directions.
            parts = (*column.order_by, *self.tie_break)
            return rows.order_by(*(_direction(part, down) for part in parts))
        ordered = sorted(rows, key=_python_key(column.order_by), reverse=down)
        # Rows without a value stand last either way.
        return sorted(ordered, key=lambda row: _value(row, column.order_by[0]) is None)

    # The page

    def _shown(
        self,
        request: HttpRequest,
        rows: Any,
        form: forms.Form | None,
        saved: KeptViews | None = None,
        total: int | None = None,
    ) -> Shown:
        query = request.GET
        printing = query.get("view") == "print"
        asked = _whole(query.get("size"), PAGE_SIZE)
        size = PRINT_SIZE if printing else asked if asked in PAGE_SIZES else PAGE_SIZE
        if total is None:
            total = rows.count() if isinstance(rows, QuerySet) else len(rows)
        last_page = max(1, -(-total // size))
        number = min(max(1, _whole(query.get("page"), 1)), last_page)
        start = (number - 1) * size
        on_page = list(rows[start : start + size]) if total else []
        if self.prepare:
            self.prepare(on_page)
        selected = self._selected(form, query)
        return Shown(
            noun=self.noun,
            plural=self.plural or f"{self.noun}s",
            total=total,
            headings=self._headings(query),
            rows=[self._cells(row) for row in on_page],
            pages=pages_at(query, number, last_page),
            sizes=[
                {"size": s, "href": _href(query, size=s, page=None), "current": s == size}
                for s in PAGE_SIZES
                if total > PAGE_SIZES[0]
            ],
            first=start + 1 if total else 0,
            last=start + len(on_page),
            filter_form=form,
            search_label=self.search_label if self.search else "",
            search_hint=self.search_hint,
            searched=_typed(query),
            selected=selected,
            clear=_href(_only(query, ("sort", "size")), **_without(saved)),
            export=_href(query, export="csv", page=None, size=None, view=None),
            print_view=_href(query, view="print", page=None, size=None),
            screen_view=_href(query, view=None),
            printing=printing,
            kept=[(key, query[key]) for key in ("sort", "size") if query.get(key)],
            caption=self.plural.capitalize() or f"{self.noun.capitalize()}s",
            empty_title=self.empty_title or f"No {self.plural or f'{self.noun}s'} found",
            empty_text=self.empty_text if selected else self.nothing_yet,
            views=saved,
        )

    def _headings(self, query: QueryDict) -> list[Heading]:
        key = self._sort_key(query)
        headings = []
        for column in self._on_page():
            now = key.removeprefix("-") == column.key
            down = now and key.startswith("-")
            other_way = not down if now else column.descending_first
            target = f"-{column.key}" if other_way else column.key
            headings.append(
                Heading(
                    label=column.label,
                    numeric=column.numeric,
                    href=_href(query, sort=target, page=None) if column.order_by else None,
                    sorted=("descending" if down else "ascending") if now else None,
                )
            )
        return headings

    def _on_page(self) -> list[Column]:
        return [column for column in self.columns if column.export != "only"]

    def _cells(self, row: Any) -> list[Cell]:
        cells = []
        for place, column in enumerate(self._on_page()):
            value = column.get(row)
            text = column.show(value) if column.show else value
            cells.append(
                Cell(
                    value=value,
                    text=NOTHING if text is None or text == "" else text,
                    row=row,
                    numeric=column.numeric,
                    href=column.href(row) if column.href else None,
                    template=column.template,
                    is_head=place == 0,
                    label="" if place == 0 or column.template else column.label,
                )
            )
        return cells

    def _selected(self, form: forms.Form | None, query: QueryDict) -> list[SelectedFilter]:
        tags = []
        typed = _typed(query)
        if self.search and typed:
            tags.append(SelectedFilter(self.search_label, typed, _href(query, q=None, page=None)))
        if form is None:
            return tags
        for bound in form:
            value = form.cleaned_data.get(bound.name)
            if value in (None, "", [], (), False) or _is_empty(value):
                continue
            tags += _tags(bound, value, query)
        return tags

    # The CSV

    def _csv(self, rows: Any, on_export: Callable[[int], object] | None) -> HttpResponse:
        """The filtered list as CSV. Whole, not streamed: the tenant's scope ends with the view."""
        columns = [column for column in self.columns if column.export]
        text = StringIO()
        writer = csv.writer(text)
        writer.writerow([safe_cell(column.label) for column in columns])
        count = 0
        for row in self._prepared(rows):
            writer.writerow([safe_cell(column.get(row)) for column in columns])
            count += 1
        if on_export:
            on_export(count)
        # utf-8-sig: without the mark Excel reads UTF-8 as Windows-1252.
        response = HttpResponse(
            text.getvalue().encode("utf-8-sig"), content_type="text/csv; charset=utf-8"
        )
        response["Content-Disposition"] = f'attachment; filename="{self.name}.csv"'
        return response

    def _prepared(self, rows: Any) -> Iterator[Any]:
        """Every row, prepared in parts."""
        every = iter(rows.iterator(chunk_size=2000) if isinstance(rows, QuerySet) else rows)
        while part := list(islice(every, 2000)):
            if self.prepare:
                self.prepare(part)
            yield from part


def safe_cell(value: Any) -> Any:
    """A value that no spreadsheet will run as a formula.

    A text whose first character after any white space, quote or control character starts a formula
    gets an apostrophe before it, the spreadsheet's own mark for text. Typed numbers pass unchanged.
    Source: OWASP ASVS 5.0, 1.2.10.
    """
    if value is None:
        return ""
    if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        return value
    text = str(value)
    if text[:1] in FORMULA_STARTS:
        return f"'{text}"
    inner = text.lstrip("".join(map(chr, range(33))) + "\u00a0\u200b\ufeff'\"")
    return f"'{text}" if inner[:1] in FORMULA_STARTS and inner else text


def _is_empty(value: Any) -> bool:
    # A queryset from a ModelMultipleChoiceField: empty means "not chosen".
    return isinstance(value, QuerySet) and not value


def _direction(part: Any, down: bool) -> OrderBy:
    if isinstance(part, OrderBy):
        return part if not down else _turned(part)
    if isinstance(part, str) and part.startswith("-"):
        part, down = part[1:], not down
    expression = F(part) if isinstance(part, str) else part
    return expression.desc() if down else expression.asc()


def _turned(part: OrderBy) -> OrderBy:
    turned: OrderBy = part.copy()
    turned.reverse_ordering()
    return turned


def _python_key(parts: Sequence[Any]) -> Callable[[Any], tuple[Any, ...]]:
    """A sort key of values that may be missing."""

    def key(row: Any) -> tuple[Any, ...]:
        values = [_value(row, part) for part in parts]
        return tuple((value is not None, 0 if value is None else value) for value in values)

    return key


def _value(row: Any, part: Any) -> Any:
    if callable(part):
        return part(row)
    return row[part] if isinstance(row, Mapping) else getattr(row, part)


def _tags(bound: Any, value: Any, query: QueryDict) -> list[SelectedFilter]:
    """The removable tags of one filter: one for each of several choices."""
    label = str(bound.label)
    names = {str(key): str(text) for key, text in _flat(getattr(bound.field, "choices", ()))}
    raw = query.getlist(bound.html_name)
    if len(raw) == 0:  # a date in three boxes
        parts = {f"{bound.html_name}_{part}": None for part in ("day", "month", "year")}
        text = f"{value.day} {value:%B %Y}" if hasattr(value, "strftime") else str(value)
        return [SelectedFilter(label, text, _href(query, page=None, **parts))]
    if value is True and not names:
        return [SelectedFilter("", label, _href(query, page=None, **{bound.html_name: None}))]
    tags = []
    for chosen in raw:
        others = [other for other in raw if other != chosen] or None
        address = _href(query, page=None, **{bound.html_name: others})
        tags.append(SelectedFilter(label, names.get(chosen, chosen), address))
    return tags


def _flat(choices: Any) -> Iterator[tuple[Any, Any]]:
    for key, text in choices:
        if isinstance(text, list | tuple):
            yield from text
        else:
            yield key, text


def _only(query: QueryDict, keys: Sequence[str]) -> QueryDict:
    kept = QueryDict(mutable=True)
    for key in keys:
        if query.get(key):
            kept[key] = str(query[key])
    return kept


def _without(saved: KeptViews | None) -> dict[str, str]:
    """What asks for a list without the view that it opens with."""
    return {"saved": "none"} if saved and saved.has_default else {}


def _href(query: QueryDict, **changes: Any) -> str:
    """The address of this list with some keys changed; None takes a key out."""
    changed = query.copy()
    changed.pop("export", None)
    for key, value in changes.items():
        if value is None:
            changed.pop(key, None)
        elif isinstance(value, list):
            changed.setlist(key, value)
        else:
            changed[key] = str(value)
    return f"?{changed.urlencode()}"


def _typed(query: QueryDict) -> str:
    """What was searched for. PostgreSQL takes no NUL, and nobody types one."""
    return query.get("q", "").replace("\0", "").strip()


def _whole(typed: str | None, otherwise: int) -> int:
    sound = typed and typed.isascii() and typed.isdecimal() and len(typed) < 9
    return int(typed) if typed and sound else otherwise


def pages_at(query: QueryDict, number: int, count: int) -> Pages:
    """The pages around page `number` of `count`, each with the address that `query` keeps."""
    near = sorted({1, count, number - 1, number, number + 1} & set(range(1, count + 1)))
    items: list[dict[str, Any]] = []
    for before, page in zip([0, *near], near, strict=False):
        if page - before > 1:
            items.append({"gap": True})
        items.append({"number": page, "href": _href(query, page=page), "current": page == number})
    return Pages(
        number=number,
        count=count,
        previous=_href(query, page=number - 1) if number > 1 else None,
        next=_href(query, page=number + 1) if number < count else None,
        items=items,
    )
