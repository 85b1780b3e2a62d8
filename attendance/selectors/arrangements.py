"""What is already known about the sessions to come: the arrangements that cover them."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from django.db.models import F, Q, QuerySet

from attendance.access import enrolments_visible
from attendance.models import (
    Arrangement,
    ArrangementKind,
    Enrolment,
    EnrolmentStatus,
    EvidenceRequest,
    LeaveRequest,
    PartTimeAgreement,
)
from attendance.selectors.enrolments import on_roll
from authorities.access import NotFound, Reach
from authorities.models import School
from authorities.permissions import Permission
from rules.marks import DatedSession

# Where several cover one session the first of these is shown; the others are listed beside it.
FIRST = (
    ArrangementKind.EXCLUSION,
    ArrangementKind.SUSPENSION,
    ArrangementKind.DUAL,
    ArrangementKind.LEAVE,
    ArrangementKind.RELIGIOUS,
    ArrangementKind.STUDY,
    ArrangementKind.MOBILE,
    ArrangementKind.MEDICAL,
    ArrangementKind.ILLNESS,
    ArrangementKind.ALTERNATIVE,
    ArrangementKind.WORK_EXPERIENCE,
    ArrangementKind.TRIP,
    ArrangementKind.PART_TIME,
    ArrangementKind.OTHER,
)
RANK = {kind.value: at for at, kind in enumerate(FIRST)}


def in_force(first: date, last: date) -> QuerySet[Arrangement]:
    """The arrangements that hold on some day from `first` to `last`."""
    return Arrangement.objects.filter(starts_on__lte=last, ends_on__gte=first).filter(
        Q(ended_on=None) | Q(ended_on__gte=first)
    )


def covers(row: Arrangement, when: DatedSession) -> bool:
    """Whether an arrangement covers a session."""
    return (
        row.starts_on <= when.day <= row.last_day
        and row.pattern[when.day.weekday() * 2 + when.session] == "1"
    )


def known_at(school: School, when: DatedSession) -> Mapping[int, Sequence[Arrangement]]:
    """Enrolment id → the arrangements that cover this session, the one to fill in first."""
    return _by_enrolment(in_force(when.day, when.day).filter(school=school), when)


def known_for(enrolment: Enrolment, when: DatedSession) -> Sequence[Arrangement]:
    """The arrangements that cover one pupil's session, the one to fill in first."""
    found = in_force(when.day, when.day).filter(enrolment=enrolment)
    return _by_enrolment(found, when).get(enrolment.pk, ())


def _by_enrolment(
    rows: Iterable[Arrangement], when: DatedSession
) -> Mapping[int, Sequence[Arrangement]]:
    """The rows that cover the session, by enrolment and in order."""
    found: dict[int, list[Arrangement]] = {}
    for row in sorted(rows, key=lambda row: (RANK[row.kind], row.pk)):
        if covers(row, when):
            found.setdefault(row.enrolment_id, []).append(row)
    return found


# What a person may see


def arrangements_visible(
    reach: Reach, permission: Permission = Permission.VIEW_SENSITIVE
) -> QuerySet[Arrangement]:
    """The arrangements at schools where the person may do this: they tell of health and faith."""
    return Arrangement.objects.filter(
        reach.schools(permission, "school__"), authority=reach.authority
    ).select_related("enrolment__pupil", "school__trust", "agreed_by", "ended_by", "instead_of")


def arrangement_for(reach: Reach, reference: str, permission: Permission) -> Arrangement:
    """The one way a page or a job gets an arrangement. Raises NotFound, and Forbidden."""
    found = arrangements_visible(reach).filter(reference=reference).first()
    if found is None:
        raise NotFound("We cannot find that arrangement. Check the reference.")
    reach.require(permission, found.school)
    return found


def together_with(row: Arrangement) -> list[Arrangement]:
    """The rows of one trip or group that have not ended, this one among them."""
    if not row.together:
        return [row]
    rows = Arrangement.objects.filter(school=row.school_id, together=row.together, ended_on=None)
    return list(rows.select_related("enrolment__pupil").order_by("enrolment__pupil__sort_name"))


def of_pupil(enrolment: Enrolment) -> list[Arrangement]:
    """All that was ever agreed for one enrolment, newest first."""
    rows = Arrangement.objects.filter(authority=enrolment.authority_id, enrolment=enrolment)
    return list(rows.select_related("agreed_by", "enrolment__pupil").order_by("-starts_on", "-pk"))


def state_on(row: Arrangement, today: date) -> str:
    """How an arrangement stands on a day, in a word or two."""
    if row.last_day < row.starts_on:
        return "Never began"
    if row.last_day < today:
        return "Ended early" if row.ended_on is not None else "Ended"
    return "To come" if row.starts_on > today else "In force"


def group_of(reach: Reach, urn: str, group: str, today: date) -> list[Enrolment]:
    """The pupils of a registration group today whose register the person keeps, by name."""
    rows = enrolments_visible(reach, Permission.AMEND_REGISTER).filter(
        on_roll(today), school__urn=urn, registration_group=group
    )
    return list(rows.select_related("pupil", "school__trust").order_by("pupil__sort_name", "pk"))


def groups_of(reach: Reach, today: date) -> list[tuple[str, str, str]]:
    """(URN, school, registration group) of every group whose register the person keeps."""
    rows = enrolments_visible(reach, Permission.AMEND_REGISTER).filter(on_roll(today))
    names = rows.exclude(registration_group="").values_list(
        "school__urn", "school__name", "registration_group"
    )
    return sorted(set(names), key=lambda row: (row[1], row[2]))


def not_over(rows: QuerySet[Arrangement], today: date) -> QuerySet[Arrangement]:
    """Those in force today or to come."""
    began = Q(ended_on__gte=today) & Q(ended_on__gte=F("starts_on"))
    return rows.filter(ends_on__gte=today).filter(Q(ended_on=None) | began)


def over(rows: QuerySet[Arrangement], today: date) -> QuerySet[Arrangement]:
    """Those that have ended, or never began."""
    return rows.exclude(pk__in=not_over(rows, today).values("pk"))


def belongs_to(row: Arrangement) -> list[tuple[str, str, str]]:
    """(text, route, reference) of the request or agreement that an arrangement comes from."""
    leave = [
        ("The request for leave", "attendance:leave_request", one.reference)
        for one in row.leave_requests.all()
    ]
    agreement = PartTimeAgreement.objects.filter(arrangement=row).first()
    if agreement is not None:
        leave.append(("The agreement", "attendance:part_time_one", agreement.reference))
    return leave


def leave_of_pupil(enrolment: Enrolment) -> list[LeaveRequest]:
    """The requests for leave of one enrolment, newest first."""
    rows = LeaveRequest.objects.filter(authority=enrolment.authority_id, enrolment=enrolment)
    return list(rows.order_by("-first_day", "-pk"))


def evidence_of_pupil(enrolment: Enrolment) -> list[EvidenceRequest]:
    """The requests for medical evidence of one enrolment, newest first."""
    rows = EvidenceRequest.objects.filter(authority=enrolment.authority_id, enrolment=enrolment)
    return list(rows.select_related("asked_of").order_by("-asked_on", "-pk"))


def is_dual(enrolment: Enrolment) -> bool:
    """Whether an enrolment is one of two that a child has at once."""
    return enrolment.status in (EnrolmentStatus.MAIN, EnrolmentStatus.SUBSIDIARY)
