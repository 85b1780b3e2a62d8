"""The threshold's proof to print, and the register it rests on: by week, by session, as known."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from attendance.access import PupilHere, pupil_here
from attendance.forms.amending import MarkForm
from attendance.forms.pupils import KnownAt, year_group_words
from attendance.marks import year_of
from attendance.selectors.amending import age_at, waiting_on
from attendance.selectors.books import Book, book_of
from attendance.selectors.enrolments import years_kept
from attendance.selectors.figures import tally_rows
from attendance.selectors.known_at import (
    Difference,
    Figure,
    book_as_known,
    differences_between,
    figures_between,
    marked_since,
)
from attendance.selectors.mark_history import history_items, mark_now, note_lines
from attendance.selectors.pictures import week_counts
from attendance.selectors.proof import card_of
from attendance.selectors.register_grids import Grid, grid_of
from attendance.selectors.relied import names_for
from attendance.selectors.yearend import placement_in
from attendance.views.charts import audit_read
from attendance.views.pupil import chart_src, page_context
from audit.record import Kind, record
from authorities.access import NotFound, Reach
from authorities.exports import written_down
from authorities.http import AuthorityRequest
from authorities.permissions import Permission
from frontend.charts import threshold_weeks
from frontend.lists import Column, ListPage
from frontend.templatetags.govuk import words_and_time
from rules.marks import DatedSession, Session


@require_safe
def pupil_proof(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """The whole working on one page, made to print."""
    reach = request.reach
    here = pupil_here(reach, reference, urn=request.GET.get("school", ""))
    audit_read(reach, here)
    in_full = Permission.VIEW_SENSITIVE in here.sees
    book = book_of(here.enrolment, here.pupil.born_on, today=reach.today)
    context = page_context(reach, here, "pupil_proof") | {
        "book": book,
        "card": card_of(
            book, here.school.kind, in_full=in_full, names=names_for(reach, book.subjects)
        ),
        "chart": _threshold_chart(reach, here, book),
        "printed_by": reach.user.name,
        "printed_at": timezone.now(),
        "whole": True,
    }
    return render(request, "attendance/proof.html", context)


def _threshold_chart(reach: Reach, here: PupilHere, book: Book) -> dict[str, Any]:
    """The picture of the windows with its table; nothing without a school week."""
    weeks = book.proof.current.weeks
    if not weeks:
        return {}
    title = "Unauthorised absence by school week"
    return {
        "title": title,
        "caption": "The shaded weeks are the current ten; the line adds them up.",
        "alt": f"{title}. The figures are in the table below the picture.",
        "src": chart_src(reach, here, "threshold"),
        "table": threshold_weeks.table(
            week_counts(book), window_start=weeks[0], window_end=weeks[-1]
        ),
    }


@require_safe
def pupil_register(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """The register by week for any year, and beside it as it was known at a past moment."""
    reach = request.reach
    here = pupil_here(reach, reference, urn=request.GET.get("school", ""))
    form = KnownAt(request.GET if "known" in request.GET else None, latest=reach.today)
    moment = form.moment if form.is_bound and form.is_valid() else None
    years = years_kept(here.enrolment)
    year = _year(request, years, reach.today)
    book = book_of(here.enrolment, here.pupil.born_on, today=reach.today, year=year)
    known = _known(here, book, moment) if moment else None
    if known and request.GET.get("export") == "csv":
        reach.require(Permission.EXPORT, here.school)
        exported = written_down(reach, on="attendance.Amendment:list", what="changed marks")
        return DIFFERENCES.respond(request, known.changed, on_export=exported)
    record(
        Kind.REGISTER_READ,
        by=reach.user,
        authority=reach.authority,
        school=here.school,
        on=here.pupil,
        year=year,
        **({"known_at": moment.isoformat()} if moment else {}),
    )
    in_full = Permission.VIEW_SENSITIVE in here.sees
    grid = grid_of(book, book.start, book.as_of, in_full=in_full)
    address = reverse("attendance:pupil_register", args=[la, reference])
    more = f"&school={here.school.urn}" if len(here.enrolments) > 1 else ""
    context = page_context(reach, here, "pupil_register") | {
        "caption": _caption_in(here, year),
        "book": book,
        "grid": grid,
        "rows": tally_rows(grid.tally),
        "form": form,
        "known_at": moment,
        "known": known,
        "list": DIFFERENCES.shown(request, known.changed) if known and known.changed else None,
        "year": year,
        "years": [
            {
                "text": f"{other}/{(other + 1) % 100:02}",
                "href": f"{address}?year={other}{more}",
                "active": other == year,
            }
            for other in years
        ],
        "here_href": f"{address}?year={year}{more}",
        "urn": here.school.urn if more else "",
    }
    return render(request, "attendance/register.html", context)


@dataclass(frozen=True, slots=True)
class Known:
    """A register as known at a moment, with what has changed since."""

    book: Book
    grid: Grid
    figures: list[Figure]
    changed: list[Difference]
    marked_since: int


def _known(here: PupilHere, now: Book, moment: datetime) -> Known:
    """The year as it was known, beside the year as it is."""
    in_full = Permission.VIEW_SENSITIVE in here.sees
    then = book_as_known(
        here.enrolment, here.pupil.born_on, year=now.year, today=now.today, moment=moment
    )
    return Known(
        book=then,
        grid=grid_of(then, then.start, max(then.start, then.as_of), in_full=in_full),
        figures=figures_between(then, now),
        changed=differences_between(then, now, moment=moment, in_full=in_full),
        marked_since=marked_since(then, now),
    )


DIFFERENCES = ListPage(
    name="changed-marks",
    noun="session that reads otherwise now",
    plural="sessions that read otherwise now",
    columns=[
        Column("session", "Session", lambda row: row.words, order_by=("when",)),
        Column("then", "Then", lambda row: row.then, order_by=("then",)),
        Column("now", "Now", lambda row: row.now, order_by=("now",)),
        Column("by", "Changed by", lambda row: row.by, order_by=("by",)),
        Column("at", "Changed", lambda row: row.at, order_by=("at",), show=words_and_time),
        Column("because", "Why", lambda row: row.because),
    ],
    sort="session",
)


def _caption_in(here: PupilHere, year: int) -> str:
    """The school with the year group and group that the pupil had in that year."""
    year_group, group = placement_in(here.enrolment, year)
    return ", ".join(
        part for part in (here.school.name, year_group_words(year_group), group) if part
    )


def _year(request: AuthorityRequest, years: list[int], today: date) -> int:
    """The year asked for, among those kept; this one otherwise."""
    asked = request.GET.get("year", "")
    if asked.isdecimal() and len(asked) == 4 and int(asked) in years:
        return int(asked)
    return year_of(today)


@require_safe
def pupil_session(
    request: AuthorityRequest, la: str, reference: str, day: str, half: str
) -> HttpResponse:
    """What happened to one mark: who entered it, who changed it, when and why; and changing it."""
    reach = request.reach
    here = pupil_here(reach, reference, urn=request.GET.get("school", ""))
    context = session_context(reach, here, session_of(day, half))
    return render(request, "attendance/session.html", context)


def session_context(
    reach: Reach, here: PupilHere, when: DatedSession, *, form: MarkForm | None = None
) -> dict[str, Any]:
    """The page of one mark; `form` is one that was sent and refused."""
    record(
        Kind.REGISTER_READ,
        by=reach.user,
        authority=reach.authority,
        school=here.school,
        on=here.pupil,
        day=when.day.isoformat(),
    )
    in_full = Permission.VIEW_SENSITIVE in here.sees
    mark = mark_now(here.enrolment, when, in_full=in_full)
    changeable = (
        Permission.AMEND_REGISTER in here.sees and mark.changeable and when.day <= reach.today
    )
    if form is None and changeable:
        form = MarkForm(day=when.day, session=when.session, initial={"expected": mark.code})
    return page_context(reach, here, "pupil_register") | {
        "when": when,
        "mark": mark,
        "notes": note_lines(here.enrolment, when, in_full=in_full),
        "waiting": waiting_on(here.enrolment, when),
        "age": age_at(here.school, reach.today) if changeable else None,
        "form": form if changeable else None,
        "items": history_items(here.enrolment, when, in_full=in_full),
    }


def session_of(day: str, half: str) -> DatedSession:
    """The session of an address. Raises NotFound for what is none."""
    try:
        return DatedSession(date.fromisoformat(day), {"am": Session.AM, "pm": Session.PM}[half])
    except (KeyError, ValueError):
        raise NotFound("We cannot find that session. Check the date.") from None
