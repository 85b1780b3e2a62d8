"""A pupil's pictures, each from its own address, so that the page need not wait for them."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.http import HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from attendance.access import PupilHere, pupil_here
from attendance.selectors import pupils as selectors
from attendance.selectors.pupils import Book
from audit.record import Kind, record
from authorities.access import NotFound, Reach
from authorities.http import AuthorityRequest
from authorities.permissions import Permission
from frontend import charts
from rules.marks import Session

HALVES = {Session.AM: "AM", Session.PM: "PM"}


def year_cells(book: Book, *, in_full: bool) -> list[charts.SessionCell]:
    """The year's sessions as the picture takes them."""
    return [
        charts.SessionCell(cell.day, HALVES[cell.session], cell.kind, cell.code)
        for cell in selectors.year_cells(book, in_full=in_full)
    ]


def weekday_counts(book: Book) -> list[charts.WeekdayCount]:
    """Absence by weekday as the picture takes it."""
    return [
        charts.WeekdayCount(row.weekday, HALVES[row.session], row.missed, row.possible)
        for row in selectors.weekdays(book)
    ]


def week_rates(book: Book) -> list[charts.WeekRate]:
    """Attendance by week as the picture takes it."""
    return [charts.WeekRate(row.monday, row.basis_points) for row in selectors.trend(book)]


def week_counts(book: Book) -> list[charts.WeekCount]:
    """Counting sessions by school week as the picture takes them."""
    return [charts.WeekCount(monday, n) for monday, n in selectors.threshold_weeks(book)]


def _threshold(book: Book, in_full: bool) -> charts.Spec:
    window = book.proof.current
    start = window.weeks[0] if window.weeks else book.start
    end = window.weeks[-1] if window.weeks else book.start
    return charts.threshold_weeks(
        week_counts(book),
        window_start=start,
        window_end=end,
        limit=book.figures.sessions_needed,
    )


SPECS: dict[str, Callable[[Book, bool], charts.Spec]] = {
    "year": lambda book, in_full: charts.year_calendar(year_cells(book, in_full=in_full)),
    "weekdays": lambda book, in_full: charts.weekday_pattern(weekday_counts(book)),
    "trend": lambda book, in_full: charts.attendance_trend(week_rates(book)),
    "threshold": _threshold,
}


@require_safe
def pupil_chart(request: AuthorityRequest, la: str, reference: str, chart: str) -> HttpResponse:
    """One picture of a pupil's year as SVG. It names nobody."""
    here = pupil_here(request.reach, reference, urn=request.GET.get("school", ""))
    draw = SPECS.get(chart)
    if draw is None:
        raise NotFound("We cannot find that picture.")
    audit_read(request.reach, here)
    book = selectors.book_of(here.enrolment, here.pupil.born_on, today=request.reach.today)
    picture = charts.svg(draw(book, Permission.VIEW_SENSITIVE in here.sees))
    return HttpResponse(picture, content_type="image/svg+xml")


def audit_read(reach: Reach, here: PupilHere, **facts: Any) -> None:
    """Write down that somebody looked at a pupil; the pictures of a page just read add nothing."""
    since = timezone.now() - timedelta(minutes=15)
    if not selectors.read_since(here.pupil, reach.user, since):
        record(
            Kind.PUPIL_READ,
            by=reach.user,
            authority=reach.authority,
            school=here.school,
            on=here.pupil,
            **facts,
        )
