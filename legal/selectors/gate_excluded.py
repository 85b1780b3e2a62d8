"""What the gate before a notice for an excluded pupil looks at: who was away, and what was seen.

For the first five school days of each suspension or exclusion the parents must see that the pupil
is in no public place in school hours without a good reason, where the school told them so.
"""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from attendance.models import Arrangement, ArrangementKind, Enrolment
from attendance.selectors.arrangements import covers
from attendance.selectors.calendars import calendar_of
from cases.models import Case
from cases.selectors.shown import Shown
from legal.models import Lane, NoticeRequest
from rules.dates import in_words
from rules.notice_stages import REQUEST
from rules.request_lint import CIRCUMSTANCES
from rules.school_calendar import sessions_between
from rules.suspensions import first_days

STEP = "penalty_notice_excluded"
OVER = tuple(state.value for state in REQUEST.over)


def open_requests(enrolment: Enrolment) -> list[NoticeRequest]:
    """The requests about an excluded pupil that nobody has decided. One query."""
    rows = NoticeRequest.objects.filter(enrolment=enrolment, lane=Lane.EXCLUDED)
    return list(rows.exclude(state__in=OVER).order_by("pk"))


def for_the_gate(enrolment: Enrolment, case: Case | None) -> Iterator[tuple[str, Shown]]:
    """What those requests and the suspensions show. One query where there is no such request."""
    found = open_requests(enrolment)
    if not found:
        return
    days = first_five(enrolment, max(one.last for one in found))
    if all(day in days for one in found for day in days_of(one)):
        for one in found:
            yield "excluded_on_the_day", _excluded(one, days)
    if all(one.answers.get(CIRCUMSTANCES, "").strip() for one in found):
        for one in found:
            words = f"Written in request {one.reference}: where, when and by whom"
            yield "seen_in_public", Shown("document", one.last, words)


def days_of(request: NoticeRequest) -> Sequence[date]:
    """Every day on which the pupil was seen."""
    length = (request.last - request.first).days + 1
    return [request.first + timedelta(days=number) for number in range(length)]


def first_five(enrolment: Enrolment, until: date) -> dict[date, Arrangement]:
    """The first five school days of each suspension and exclusion that began by a day."""
    rows = Arrangement.objects.filter(
        enrolment=enrolment,
        kind__in=[ArrangementKind.SUSPENSION, ArrangementKind.EXCLUSION],
        starts_on__lte=until,
    ).order_by("pk")
    found: dict[date, Arrangement] = {}
    calendar = calendar_of(enrolment.school)
    for row in rows:
        sessions = sessions_between(calendar, row.starts_on, row.last_day)
        days = first_days({when.day for when in sessions if covers(row, when)}, row.starts_on)
        found |= dict.fromkeys(days, row)
    return found


def _excluded(request: NoticeRequest, days: dict[date, Arrangement]) -> Shown:
    row = days[request.last]
    words = (
        f"{row.get_kind_display()} from {in_words(row.starts_on)}: "
        f"{in_words(request.last)} is within its first five school days"
    )
    return Shown("register", request.last, words)
