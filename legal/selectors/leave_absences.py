"""Leave in term time, from the register: whose absence coded G may lead to a request."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date

import numpy as np

from attendance import marks as codec
from attendance.models import Enrolment, LeaveRequest, LeaveState
from attendance.selectors.registers import marks_of, school_matrix
from authorities.models import School
from legal.models import Lane, NoticeRequest
from rules.leave_absences import LeaveAbsence, leave_absences
from rules.notice_stages import RequestState
from rules.values import figures_on


@dataclass(frozen=True, slots=True)
class Absence:
    """One absence coded G of a pupil, with what was asked before it and what followed.

    leave    the request for leave of days that it overlaps, the latest; None: nobody asked
    request  the request for a notice that is about days of it, None where there is none
    """

    enrolment: Enrolment
    found: LeaveAbsence
    leave: LeaveRequest | None
    request: NoticeRequest | None


def absences_of(enrolment: Enrolment, first: date, last: date) -> list[LeaveAbsence]:
    """The absences coded G of an enrolment that touch some days, earliest first. One query."""
    year = codec.year_of(first)
    start, end = codec.monday_at(year - 1, 0), codec.monday_at(year + 1, 52)
    rows = leave_absences(marks_of(enrolment, start, end))
    return [one for one in rows if one.first <= last and first <= one.last]


def threshold_on(day: date) -> int:
    """How many sessions meet the threshold on a day."""
    return figures_on(day).sessions_needed


def in_term_time(school: School, today: date) -> list[Absence]:
    """The absences coded G of a school's last two years that reach the threshold by themselves and
    follow a refusal, or that nobody asked leave for: newest first. A constant number of queries.
    """
    least = threshold_on(today)
    long = _long_enough(school, today, least)
    enrolments = {
        row.pk: row
        for row in Enrolment.objects.filter(pk__in=long).select_related("pupil", "school__trust")
    }
    leaves, requests = _leaves(long), _requests(long)
    found = [
        Absence(
            enrolments[pk],
            one,
            _overlapping(leaves[pk], one),
            next((r for r in requests[pk] if r.first <= one.last and one.first <= r.last), None),
        )
        for pk, rows in long.items()
        for one in rows
    ]
    return sorted(
        (one for one in found if one.leave is None or one.leave.state == LeaveState.REFUSED),
        key=lambda one: (one.found.last, one.enrolment.pk),
        reverse=True,
    )


def _long_enough(school: School, today: date, least: int) -> dict[int, list[LeaveAbsence]]:
    """By enrolment, the absences of at least so many sessions that ended up to today."""
    g = codec.number_of("G")
    years = (codec.year_of(today) - 1, codec.year_of(today))
    held = {year: school_matrix(school, year) for year in years}
    some: dict[int, int] = defaultdict(int)
    for matrix in held.values():
        counts = np.count_nonzero(matrix.marks[: len(matrix.ids)] == g, axis=1)
        for pk, count in zip(matrix.ids.tolist(), counts.tolist(), strict=True):
            some[pk] += count
    found = {}
    for pk in (pk for pk, count in some.items() if count >= least):
        marks = [
            mark
            for year, matrix in held.items()
            for at in np.flatnonzero(matrix.ids == pk)
            for mark in codec.decode(year, matrix.marks[at].tobytes())
            if mark.day <= today
        ]
        rows = [one for one in leave_absences(marks) if len(one.marks) >= least]
        if rows:
            found[pk] = rows
    return found


def _leaves(enrolments: dict[int, list[LeaveAbsence]]) -> dict[int, list[LeaveRequest]]:
    found: dict[int, list[LeaveRequest]] = defaultdict(list)
    rows = LeaveRequest.objects.filter(enrolment__in=enrolments).exclude(state="withdrawn")
    for row in rows.order_by("pk"):
        found[row.enrolment_id].append(row)
    return found


def _requests(enrolments: dict[int, list[LeaveAbsence]]) -> dict[int, list[NoticeRequest]]:
    found: dict[int, list[NoticeRequest]] = defaultdict(list)
    rows = NoticeRequest.objects.filter(enrolment__in=enrolments, lane=Lane.LEAVE)
    for row in rows.exclude(state=RequestState.TAKEN_BACK).order_by("-pk"):
        found[row.enrolment_id].append(row)
    return found


def _overlapping(leaves: list[LeaveRequest], one: LeaveAbsence) -> LeaveRequest | None:
    """The latest request for leave of days of an absence."""
    about = [row for row in leaves if row.first_day <= one.last and one.first <= row.last_day]
    return about[-1] if about else None


def absence_after(leave: LeaveRequest) -> LeaveAbsence | None:
    """The absence coded G on days that were asked for; the longest where there are several."""
    return leave_absence_at_days(leave.enrolment, leave.first_day, leave.last_day)


def leave_absence_at_days(enrolment: Enrolment, first: date, last: date) -> LeaveAbsence | None:
    """The absence coded G that touches some days, the longest where several do; None for none."""
    rows = absences_of(enrolment, first, last)
    return max(rows, key=lambda one: len(one.marks), default=None)
