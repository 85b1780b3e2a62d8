"""The five steps of leave in term time, on one page: what is done, what is next."""

from dataclasses import dataclass
from datetime import date

from django.urls import reverse

from attendance.models import Enrolment, LeaveRequest, LeaveState
from attendance.selectors.leave import days_in_words
from frontend.templatetags.govuk import count_of
from legal.models import Lane, NoticeRequest
from legal.selectors.leave_absences import absence_after, leave_absence_at_days, threshold_on
from rules.dates import in_words
from rules.leave_absences import LeaveAbsence
from rules.notice_stages import REQUEST, RequestState


@dataclass(frozen=True, slots=True)
class Step:
    """One step. done; text  what happened or what to do; href  its page, "" for none"""

    title: str
    done: bool
    text: str
    href: str = ""
    link: str = ""


@dataclass(frozen=True, slots=True)
class LeaveLane:
    """The five steps of one absence, which comes next, and whether a request may be begun.

    why  why none may, in words; "" when one may
    """

    steps: tuple[Step, ...]
    absence: LeaveAbsence | None
    request: NoticeRequest | None
    why: str

    @property
    def next(self) -> Step | None:
        """The first step that is not done."""
        return next((one for one in self.steps if not one.done), None)


def lane_of(leave: LeaveRequest, la: str, today: date) -> LeaveLane:
    """The lane of a request for leave."""
    absence = absence_after(leave)
    request = request_about(leave.enrolment, absence) or _of_leave(leave)
    asked = Step(
        "Leave was asked for",
        True,
        f"{leave.get_purpose_display()}: {days_in_words(leave.first_day, leave.last_day)}. "
        f"Asked on {in_words(leave.asked_on)}.",
        reverse("attendance:leave_request", args=[la, leave.reference]),
        "The request for leave",
    )
    return _lane(leave.enrolment, asked, _answered(leave, la), absence, request, leave, la, today)


def lane_of_request(request: NoticeRequest, la: str, today: date) -> LeaveLane:
    """The lane of a request for a notice, with the leave behind it or none."""
    if request.leave is not None:
        return lane_of(request.leave, la, today)
    asked = Step("Leave was asked for", True, "Nobody asked for leave.")
    answer = Step("The headteacher answered", True, "There was nothing to answer.")
    absence = leave_absence_at_days(request.enrolment, request.first, request.last)
    return _lane(request.enrolment, asked, answer, absence, request, None, la, today)


def _lane(
    enrolment: Enrolment,
    asked: Step,
    answer: Step,
    absence: LeaveAbsence | None,
    request: NoticeRequest | None,
    leave: LeaveRequest | None,
    la: str,
    today: date,
) -> LeaveLane:
    steps = (
        asked,
        answer,
        _absent(enrolment, absence, la, today),
        _returned(absence),
        _requested(request, la),
    )
    return LeaveLane(steps, absence, request, _why_not(leave, absence, request))


def _answered(leave: LeaveRequest, la: str) -> Step:
    href = reverse("attendance:leave_request", args=[la, leave.reference])
    if leave.state == LeaveState.ASKED:
        return Step("The headteacher answers", False, "Decide the request.", href, "Decide")
    said = f"{leave.get_state_display()}. {leave.decision_reason}".strip()
    return Step("The headteacher answered", True, said, href, "The answer and its letter")


def _absent(enrolment: Enrolment, absence: LeaveAbsence | None, la: str, today: date) -> Step:
    href = reverse("attendance:pupil_proof", args=[la, enrolment.pupil.reference])
    if absence is None:
        return Step(
            "The absence",
            False,
            "The register shows no code G on these days.",
            href,
            "The register",
        )
    least = threshold_on(today)
    count = len(absence.marks)
    reached = "which meets" if count >= least else "which by itself does not meet"
    return Step(
        "The absence",
        True,
        f"{count_of(count, 'half day')} with code G, "
        f"{days_in_words(absence.first, absence.last)}, {reached} the threshold of {least}.",
        href,
        "The register and the proof",
    )


def _returned(absence: LeaveAbsence | None) -> Step:
    if absence is None or absence.back is None:
        return Step("The return", False, "The register does not show the pupil back yet.")
    return Step("The return", True, f"Back on {absence.back:%A} {in_words(absence.back)}.")


def _requested(request: NoticeRequest | None, la: str) -> Step:
    if request is None:
        return Step("The request for a penalty notice", False, "None has been begun.")
    state = RequestState(request.state)
    return Step(
        "The request for a penalty notice",
        state in REQUEST.over,
        f"{REQUEST.labels[state]}. {REQUEST.next[state]}",
        reverse("legal:request", args=[la, request.reference]),
        f"Request {request.reference}",
    )


def _why_not(
    leave: LeaveRequest | None, absence: LeaveAbsence | None, request: NoticeRequest | None
) -> str:
    """Why no request can be begun now, in words; "" when one can."""
    if request is not None:
        return "There is a request about these days already."
    if absence is None:
        return "There is no absence with code G to ask about."
    if absence.back is None:
        return "Wait until the pupil is back: the absence is not over."
    if leave is not None and leave.state == LeaveState.ASKED:
        return "Decide the request for leave first."
    if leave is not None and leave.state == LeaveState.GRANTED:
        return "Leave was granted. Correct the register if code G is wrong."
    return ""


def request_about(enrolment: Enrolment, absence: LeaveAbsence | None) -> NoticeRequest | None:
    """The latest request for a notice about days of an absence, those taken back left out."""
    if absence is None:
        return None
    rows = NoticeRequest.objects.filter(
        enrolment=enrolment, lane=Lane.LEAVE, first__lte=absence.last, last__gte=absence.first
    ).exclude(state=RequestState.TAKEN_BACK)
    return rows.order_by("-pk").first()


def _of_leave(leave: LeaveRequest) -> NoticeRequest | None:
    rows = NoticeRequest.objects.filter(leave=leave).exclude(state=RequestState.TAKEN_BACK)
    return rows.order_by("-pk").first()
