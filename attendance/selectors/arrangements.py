"""What is already known about the sessions to come: the arrangements that cover them."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from django.db.models import Q, QuerySet

from attendance.models import Arrangement, ArrangementKind, Enrolment
from authorities.models import School
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
