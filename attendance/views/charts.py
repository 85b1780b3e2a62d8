"""A pupil's pictures, each from its own address, so that the page need not wait for them."""

from collections.abc import Callable
from datetime import timedelta

from django.http import HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from attendance.access import PupilHere, pupil_here
from attendance.selectors.books import Book, book_of
from attendance.selectors.pictures import week_counts, week_rates, weekday_counts, year_cells
from audit.record import Kind, record
from audit.selectors import history_of
from authorities.access import NotFound, Reach
from authorities.http import AuthorityRequest
from authorities.permissions import Permission
from frontend.charts import attendance_trend, threshold_weeks, weekday_pattern, year_calendar
from frontend.charts.drawing import Spec, svg


def _threshold(book: Book, in_full: bool) -> Spec:
    window = book.proof.current
    start = window.weeks[0] if window.weeks else book.start
    end = window.weeks[-1] if window.weeks else book.start
    return threshold_weeks.spec(
        week_counts(book),
        window_start=start,
        window_end=end,
        limit=book.figures.sessions_needed,
    )


SPECS: dict[str, Callable[[Book, bool], Spec]] = {
    "year": lambda book, in_full: year_calendar.spec(year_cells(book, in_full=in_full)),
    "weekdays": lambda book, in_full: weekday_pattern.spec(weekday_counts(book)),
    "trend": lambda book, in_full: attendance_trend.spec(week_rates(book)),
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
    book = book_of(here.enrolment, here.pupil.born_on, today=request.reach.today)
    picture = svg(draw(book, Permission.VIEW_SENSITIVE in here.sees))
    return HttpResponse(picture, content_type="image/svg+xml")


def audit_read(reach: Reach, here: PupilHere) -> None:
    """Write down that somebody looked at a pupil; the pictures of a page just read add nothing."""
    since = timezone.now() - timedelta(minutes=15)
    reads = history_of(here.pupil).filter(kind=Kind.PUPIL_READ, by=reach.user, at__gte=since)
    if not reads.order_by().exists():
        record(
            Kind.PUPIL_READ,
            by=reach.user,
            authority=reach.authority,
            school=here.school,
            on=here.pupil,
        )
