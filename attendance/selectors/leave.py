"""Questions about leave: the requests a person may see, what is due, what came before."""

from datetime import date, timedelta

from django.db.models import Q, QuerySet

from attendance.models import AdultLink, Enrolment, LeaveRequest, LeaveState
from attendance.selectors.calendars import calendar_of
from attendance.selectors.registers import marks_of
from authorities.access import NotFound, Reach
from authorities.permissions import Permission
from rules.absence import kind_of
from rules.attendance_codes import is_attended
from rules.dates import in_words
from rules.errors import UnknownTerm
from rules.school_calendar import school_day_after, sessions_between

YEAR = timedelta(days=365)


def leave_visible(
    reach: Reach, permission: Permission = Permission.VIEW_SENSITIVE
) -> QuerySet[LeaveRequest]:
    """The requests at schools where the person may do this."""
    return LeaveRequest.objects.filter(
        reach.schools(permission, "school__"), authority=reach.authority
    ).select_related(
        "enrolment__pupil",
        "enrolment__school__trust",
        "school__trust",
        "asked_by",
        "decided_by",
        "recorded_by",
        "arrangement",
    )


def leave_for(reach: Reach, reference: str, permission: Permission) -> LeaveRequest:
    """The one way a page or a job gets a request. Raises NotFound, and Forbidden."""
    found = leave_visible(reach).filter(reference=reference).first()
    if found is None:
        raise NotFound("We cannot find that request for leave. Check the reference.")
    reach.require(permission, found.school)
    return found


def to_decide() -> Q:
    """Requests without an answer."""
    return Q(state=LeaveState.ASKED)


def decided() -> Q:
    """Requests with one."""
    return Q(state__in=[LeaveState.GRANTED, LeaveState.REFUSED])


def return_due(today: date) -> Q:
    """Leave that has ended, and nobody has said yet that the pupil is back."""
    over = Q(granted_last__lt=today) | Q(arrangement__ended_on__lt=today)
    return over & Q(state=LeaveState.GRANTED, returned_on=None)


def expected_back(leave: LeaveRequest) -> date | None:
    """The school day on which the pupil is due again; None where the calendar does not reach."""
    if leave.ends_on is None:
        return None
    try:
        return school_day_after(calendar_of(leave.school), leave.ends_on, 1)
    except UnknownTerm:
        return None


def seen_back(leave: LeaveRequest) -> date | None:
    """The first day after the leave on which the register says that the pupil was there."""
    if leave.ends_on is None:
        return None
    after = marks_of(leave.enrolment, leave.ends_on + timedelta(days=1), leave.ends_on + YEAR)
    return next((mark.day for mark in after if is_attended(kind_of(mark))), None)


def sessions_asked(leave: LeaveRequest) -> int:
    """How many half days the school meets on the days asked for."""
    return len(sessions_between(calendar_of(leave.school), leave.first_day, leave.last_day))


def earlier_of_family(reach: Reach, leave: LeaveRequest) -> list[LeaveRequest]:
    """Other requests of the last year for this pupil, or by the same adult for another child."""
    same = Q(enrolment__pupil=leave.enrolment.pupil_id)
    if leave.asked_by_id is not None:
        same |= Q(asked_by=leave.asked_by_id)
    rows = leave_visible(reach).filter(same, first_day__gt=leave.first_day - YEAR)
    return list(rows.exclude(pk=leave.pk).order_by("-first_day", "-pk")[:20])


def letters_of(leave: LeaveRequest) -> list[dict[str, str]]:
    """The letters about a request: reference, state and title.

    Letters stand in an app above this one, so the query follows the relation by its name.
    """
    rows = LeaveRequest.objects.filter(pk=leave.pk, letters__isnull=False)
    fields = ("letters__letter__reference", "letters__letter__state", "letters__letter__title")
    return [
        {"reference": reference, "state": state, "title": title}
        for reference, state, title in rows.order_by("letters__pk").values_list(*fields)
    ]


def adults_of(enrolment: Enrolment) -> list[AdultLink]:
    """The adults around a pupil, in the order the school keeps them."""
    rows = AdultLink.objects.filter(
        authority=enrolment.authority_id, pupil=enrolment.pupil_id
    ).select_related("adult")
    return list(rows.order_by("priority", "adult__surname", "pk"))


def days_in_words(first: date, last: date) -> str:
    """Days as a letter says them: Monday 7 December to Friday 11 December 2026."""
    if first == last:
        return f"{first:%A} {in_words(first)}"
    start = f"{first:%A} {first.day} {first:%B}"
    start = start if first.year == last.year else f"{start} {first.year}"
    return f"{start} to {last:%A} {in_words(last)}"
