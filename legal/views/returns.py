"""The yearly return of parental responsibility measures: counted, looked behind, saved."""

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from attendance.views.searching import write_down_listed
from authorities.access import NotFound, Reach
from authorities.exports import written_down
from authorities.http import AuthorityRequest
from authorities.models import School
from authorities.permissions import Permission
from cases.models import Contract
from frontend.lists import Column, ListPage
from frontend.templatetags.govuk import words
from legal.access import make_returns, return_for
from legal.forms.returns import ReturnForm, YearForm
from legal.models import (
    LegalReturn,
    ParentingOrder,
    PenaltyNotice,
    Prosecution,
    SupervisionOrder,
)
from legal.selectors import returns as selectors
from legal.selectors.returns import ROLL, Difference, Measures, Row
from legal.services import returns as services
from legal.services.returns import year_words
from rules.errors import DomainError
from rules.legal_returns import COLUMNS, IDENTITIES, Failing, begun_in
from rules.notice_references import in_groups

NAMES = {column.key: f"{column.group}: {column.words}" for column in COLUMNS}
GROUPS = {column.key: column.group for column in COLUMNS}
SUBJECT = "legal.LegalReturn:list"
# The columns of the table of schools: the others are on the page of one school.
OF_SCHOOLS = (
    (ROLL, "On roll"),
    ("pn_issued", "Issued"),
    ("reason_pn_hols", "For holidays"),
    ("pn_paid", "Paid"),
    ("pn_withdrawn", "Withdrawn"),
    ("pn_prosecuted_non_payment", "Prosecuted"),
    ("pn_unresolved", "Not settled yet"),
)


@require_safe
def legal_return(request: AuthorityRequest, la: str) -> HttpResponse:
    """The figures of a year, of the whole council or of one school, and whether its sums hold."""
    reach = request.reach
    make_returns(reach)
    year = _year(reach, request.GET.get("year", ""))
    found = selectors.measures(reach.authority.pk, year, reach.today)
    school = _school(found, request.GET.get("school", ""))
    cells = found.cells(school.pk if school else None)
    made = list(selectors.made_for_year(reach.authority.pk, year))
    failing = found.failing()
    context = {
        "title": "Yearly return",
        "caption": school.name if school else reach.authority.name,
        "lead": f"Parental responsibility measures, school year {year_words(year)}. "
        f"{_rolled(found)}",
        "form": _year_form(reach, found, year, school),
        "tables": _tables(cells, la=la, year=year, school=school),
        "left_out": _left_out(found),
        "sums": [] if school else _sums(failing),
        "blocked": any(one.blocks for one in failing),
        "save": reverse("legal:return_make", args=[la, year]),
        "schools": None
        if school
        else _schools_page(la, year).shown(request, _school_rows(found), total=len(found.schools)),
        "made": [_made_row(one, la) for one in made],
        "differences": []
        if school or not made
        else _differences(made[0], cells, selectors.references_behind(found)),
    }
    return render(request, "legal/returns/return.html", context)


def _year(reach: Reach, typed: str) -> int:
    """The year that was chosen, or the one that runs. Raises NotFound for one without a return."""
    if not typed:
        return begun_in(reach.today)
    for year in selectors.years_of(reach.authority.pk, reach.today):
        if str(year) == typed:
            return year
    raise NotFound("There is no return of that year. Choose one from the list.")


def _school(found: Measures, urn: str) -> School | None:
    if not urn:
        return None
    for school in found.schools:
        if school.urn == urn:
            return school
    raise NotFound("We cannot find that school. Choose one from the list.")


def _year_form(reach: Reach, found: Measures, year: int, school: School | None) -> YearForm:
    years = selectors.years_of(reach.authority.pk, reach.today)
    return YearForm(
        initial={"year": str(year), "school": school.urn if school else ""},
        years=[(str(one), year_words(one)) for one in years],
        schools=[(one.urn, one.name) for one in found.schools],
    )


def _rolled(found: Measures) -> str:
    return f"Pupils on roll are those of {words(found.rolled_on)}."


def _left_out(found: Measures) -> str:
    """What the return is not about, in a sentence."""
    if not found.left_out:
        return ""
    one = found.left_out == 1
    return (
        f"{found.left_out:,} notice{'' if one else 's'} of this year {'was' if one else 'were'} "
        "for an excluded pupil in a public place. This return is about absence, so "
        f"{'it is' if one else 'they are'} left out."
    )


def _tables(
    cells: Mapping[str, int],
    *,
    la: str = "",
    year: int | None = None,
    school: School | None = None,
) -> list[dict[str, Any]]:
    """The figures by the headings of the return. With a year, each leads to what it counts."""
    groups: dict[str, list[dict[str, Any]]] = {}
    for column in COLUMNS:
        figure = selectors.rate_of(cells) if column.is_rate else cells[column.key]
        href = None
        if year is not None and not column.is_rate and figure:
            href = _cell_href(la, year, column.key, school.urn if school else "")
        groups.setdefault(column.group, []).append(
            {
                "text": column.words,
                "figure": f"{figure:,.1f}" if column.is_rate else f"{figure:,}",
                "href": href,
                "name": NAMES[column.key],
            }
        )
    return [{"title": title, "rows": rows} for title, rows in groups.items()]


def _cell_href(la: str, year: int, cell: str, urn: str = "") -> str:
    address = reverse("legal:return_cell", args=[la, year, cell])
    return f"{address}?school={urn}" if urn else address


def _sums(failing: tuple[Failing, ...]) -> list[dict[str, Any]]:
    """Each sum of the return: what it says, and whether it holds."""
    wrong = {one.key: one for one in failing}
    return [
        {
            "words": _sum_words(one.total, one.parts, at_least=one.at_least),
            "sentence": wrong[one.key].sentence if one.key in wrong else "",
            "tag": _sum_tag(wrong.get(one.key)),
        }
        for one in IDENTITIES
    ]


def _sum_words(total: str, parts: tuple[str, ...], *, at_least: bool) -> str:
    group = GROUPS[total]
    names = " + ".join(
        NAMES[part].removeprefix(f"{group}: ") if GROUPS[part] == group else NAMES[part]
        for part in parts
    )
    return f"{NAMES[total]} {'is no less than' if at_least else '='} {names}"


def _sum_tag(failing: Failing | None) -> dict[str, str]:
    if failing is None:
        return {"text": "Holds", "colour": "green"}
    if failing.blocks:
        return {"text": "Fails", "colour": "red"}
    return {"text": "To confirm", "colour": "orange"}


def _school_rows(found: Measures) -> list[dict[str, Any]]:
    by_school = found.by_school()
    return [
        {"school": school, "name": school.name, **by_school[school.pk]} for school in found.schools
    ]


def _schools_page(la: str, year: int) -> ListPage:
    def of_school(row: dict[str, Any]) -> str:
        address = reverse("legal:return", args=[la])
        return f"{address}?year={year}&school={row['school'].urn}"

    def column(key: str, label: str) -> Column:
        return Column(
            key,
            label,
            lambda row: row[key],
            (key, "name"),
            numeric=True,
            show=lambda figure: f"{figure:,}",
            href=lambda row: _cell_href(la, year, key, row["school"].urn) if row[key] else None,
        )

    return ListPage(
        name="return-schools",
        noun="school",
        columns=[
            Column("school", "School", lambda row: row["name"], ("name",), href=of_school),
            *(column(key, label) for key, label in OF_SCHOOLS),
        ],
        sort="school",
        nothing_yet="The council has no schools yet.",
    )


# What is behind a cell


@require_safe
def return_cell(request: AuthorityRequest, la: str, year: int, cell: str) -> HttpResponse:
    """What one cell counts, as a list. A restricted case is shown to those named on it alone."""
    reach = request.reach
    make_returns(reach)
    chosen = _year(reach, str(year))
    if cell not in NAMES or cell == "pn_issued_rate":
        raise NotFound("We cannot find that column. Open it from the page of the return.")
    found = selectors.measures(reach.authority.pk, chosen, reach.today)
    school = _school(found, request.GET.get("school", ""))
    rows: Any
    if cell == ROLL:
        page, rows = _roll_page(la), selectors.on_roll_seen(reach, found.rolled_on, school)
        hidden = found.cells(school.pk if school else None)[ROLL] - rows.count()
    else:
        things = found.behind(cell, school.pk if school else None)
        rows = selectors.rows_behind(reach, things, reach.today)
        page, hidden = _things_page(la), len(things) - len(rows)
    back = reverse("legal:return", args=[la])
    urn = f"&school={school.urn}" if school else ""
    context = {
        "title": NAMES[cell],
        "caption": f"Yearly return {year_words(chosen)}: "
        f"{school.name if school else reach.authority.name}",
        "lead": _hidden(hidden),
        "back": {"href": f"{back}?year={chosen}{urn}", "text": "Yearly return"},
    }
    if request.GET.get("export") == "csv":
        reach.require(Permission.EXPORT)
        exported = written_down(reach, on=SUBJECT, what="things behind the yearly return")
        return page.respond(request, rows, context, on_export=exported)
    shown = page.shown(request, rows)
    write_down_listed(reach, on=SUBJECT, count=len(shown.rows))
    return render(request, "components/list.html", {**context, "list": shown})


def _hidden(number: int) -> str:
    if not number:
        return ""
    return (
        f"{number:,} more {'is' if number == 1 else 'are'} counted that you may not see: only the "
        "people named on a restricted case can open it."
    )


def _things_page(la: str) -> ListPage:
    return ListPage(
        name="behind-the-return",
        noun="row",
        columns=[
            Column(
                "reference",
                "Reference",
                _printed,
                ("reference",),
                href=lambda row: _href(row, la),
            ),
            Column("pupil", "Pupil", lambda row: row.pupil, ("pupil",)),
            Column("school", "School", lambda row: row.school, ("school", "on")),
            Column("on", "On", lambda row: row.on, ("on",), show=words),
            Column("says", "Where it stands", lambda row: row.says, ("says", "on")),
        ],
        sort="on",
        empty_title="Nothing here",
        nothing_yet="This cell counts nothing that you may see.",
    )


def _printed(row: Row) -> str:
    return in_groups(row.reference) if isinstance(row.row, PenaltyNotice) else row.reference


# The page of each kind of thing; a parenting order is on the page of its prosecution.
PAGES = {
    PenaltyNotice: "legal:penalty",
    Prosecution: "legal:prosecution",
    ParentingOrder: "legal:prosecution",
    Contract: "cases:contract",
    SupervisionOrder: "legal:order",
}


def _href(row: Row, la: str) -> str:
    return reverse(PAGES[type(row.row)], args=[la, row.reference])


def _roll_page(la: str) -> ListPage:
    return ListPage(
        name="behind-the-return",
        noun="pupil",
        columns=[
            Column(
                "pupil",
                "Pupil",
                lambda row: row.pupil.name,
                ("pupil__surname", "pupil__forenames"),
                href=lambda row: (
                    reverse("attendance:pupil", args=[la, row.pupil.reference])
                    + f"?school={row.school.urn}"
                ),
            ),
            Column("school", "School", lambda row: row.school.name, ("school__name",)),
            Column("year", "Year group", lambda row: row.year_group, ("year_group",)),
            Column("since", "Since", lambda row: row.starts_on, ("starts_on",), show=words),
        ],
        sort="pupil",
    )


# Saving, and what was saved


@require_http_methods(["GET", "HEAD", "POST"])
def return_make(request: AuthorityRequest, la: str, year: int) -> HttpResponse:
    """Save the return: say why each sum that does not hold is right, or see what stops it."""
    reach = request.reach
    make_returns(reach)
    chosen = _year(reach, str(year))
    found = selectors.measures(reach.authority.pk, chosen, reach.today)
    failing = found.failing()
    back = f"{reverse('legal:return', args=[la])}?year={year}"
    stops = [one.sentence for one in failing if one.blocks]
    form = ReturnForm(
        request.POST if request.method == "POST" else None,
        warnings=[one for one in failing if not one.blocks],
        initial={"seen": services.stamp(found)},
    )
    if request.method == "POST" and form.is_valid():
        typed = dict(form.cleaned_data)
        try:
            made = services.make(
                reach=reach,
                year=chosen,
                seen=typed.pop("seen"),
                reasons=typed,
                today=reach.today,
                now=timezone.now(),
            )
        except DomainError as problem:
            form.add_error(None, problem.sentence)
        else:
            messages.success(request, "The return is saved. It never changes: download its file.")
            return redirect("legal:return_made", la=la, reference=made.reference)
    context = {
        "title": "Save the return",
        "caption": f"Yearly return {year_words(chosen)}",
        "stops": stops,
        "form": form,
        "figures": found.cells()["pn_issued"],
        "cancel": back,
    }
    return render(request, "legal/returns/make.html", context)


@require_safe
def return_made(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """A return as it was saved, with what differs from the one before it and from today."""
    reach = request.reach
    made = return_for(reach, reference)
    earlier = selectors.before(made)
    now = selectors.measures(reach.authority.pk, made.year, reach.today)
    context = {
        "title": f"Yearly return {year_words(made.year)}",
        "caption": f"Saved return {made.reference}",
        "about": [
            {"key": "Counted on", "value": words(made.as_on)},
            {"key": "Saved by", "value": f"{made.made_by.name}, {words(made.made_at)}"},
            {"key": "SHA-256 of the file", "value": made.sha256},
        ],
        "notes": [
            {"key": note["sentence"], "value": note["reason"]} for note in made.notes.values()
        ],
        "tables": _tables(made.cells),
        "file": reverse("legal:return_file", args=[la, made.reference]),
        "earlier": _made_row(earlier, la) if earlier else None,
        "differences": _differences(earlier, made.cells, made.behind) if earlier else [],
        "since": _differences(made, now.cells(), selectors.references_behind(now)),
        "back": {
            "href": f"{reverse('legal:return', args=[la])}?year={made.year}",
            "text": "Yearly return",
        },
    }
    return render(request, "legal/returns/made.html", context)


def _made_row(made: LegalReturn, la: str) -> dict[str, str]:
    return {
        "text": f"Return {made.reference}",
        "href": reverse("legal:return_made", args=[la, made.reference]),
        "words": f"saved on {words(made.made_at)} by {made.made_by.name}",
    }


def _differences(
    old: LegalReturn, cells: Mapping[str, int], behind: Mapping[str, Any]
) -> list[dict[str, Any]]:
    return [_difference(one) for one in selectors.differences(old, cells, behind)]


def _difference(one: Difference) -> dict[str, Any]:
    return {
        "name": NAMES[one.column],
        "was": f"{one.was:,}",
        "now": f"{one.now:,}",
        "came": ", ".join(_short(one.came)),
        "went": ", ".join(_short(one.went)),
    }


def _short(references: tuple[str, ...]) -> list[str]:
    """A few references, and how many more."""
    shown = list(references[:10])
    return [*shown, f"and {len(references) - 10:,} more"] if len(references) > 10 else shown


@require_safe
def return_file(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """The file of a saved return, byte for byte."""
    made = return_for(request.reach, reference)
    content = services.take_file(reach=request.reach, made=made)
    answer = HttpResponse(content.encode(), content_type="text/csv; charset=utf-8")
    name = f"parental-responsibility-measures-{made.year}-{made.year + 1}-{made.reference}.csv"
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer
