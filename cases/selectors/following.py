"""What has ended under an open case: the pupil left, moved, or grew out of school age."""

from dataclasses import dataclass
from datetime import date

from django.db.models import Exists, OuterRef, Q

from attendance.models import Enrolment
from authorities.access import Reach
from cases.access import cases_for
from cases.models import Case, Deadline, DeadlineKind
from rules.compulsory_age import compulsory_days, last_birthday_past
from rules.dates import in_words


@dataclass(frozen=True, slots=True)
class Ending:
    """Why an open case ought to be closed or sent on; a person does it.

    why  key of the reason in rules.case_stages; to  the roll that the pupil has joined, if any
    """

    words: str
    why: str
    to: Enrolment | None = None


def ending_of(case: Case, today: date) -> Ending | None:
    """What has ended, worked out from dates; None while the case has its ground."""
    if case.closed_on is not None:
        return None
    last = case.enrolment.ends_on
    if last is not None and last <= today:
        there = roll_joined(case)
        left = f"{case.pupil.name} left this school's roll on {in_words(last)}"
        if there is not None:
            words = (
                f"{left} and joined {there.school.name} on {in_words(there.starts_on)}. Send the"
                " case on, or close it."
            )
            return Ending(words, "moved_school", there)
        return Ending(f"{left}. Close the case, or say why it stays open.", "left")
    final = compulsory_days(case.pupil.born_on).last
    if final is not None and final < today:
        words = (
            f"{case.pupil.name} was of compulsory school age until {in_words(final)}. Close the"
            " case, or say why it stays open."
        )
        return Ending(words, "past_age")
    return None


def left_by(today: date) -> Q:
    """A filter for cases: the pupil has left the school's roll."""
    return Q(enrolment__ends_on__lte=today)


def without_ground(today: date) -> Q:
    """A filter for cases: those of `ending_of` for which nobody has said why they stay open."""
    agreed = Deadline.objects.filter(
        case=OuterRef("pk"), kind=DeadlineKind.ENDING.value, done_on=None
    )
    ended = left_by(today) | Q(pupil__born_on__lte=last_birthday_past(today))
    return Q(~Exists(agreed), closed_on=None) & ended


def roll_joined(case: Case) -> Enrolment | None:
    """The roll of another school of the authority that the pupil joined after this one."""
    last = case.enrolment.ends_on
    if last is None:
        return None
    rows = Enrolment.objects.filter(
        authority=case.authority_id, pupil=case.pupil_id, starts_on__gt=last
    ).exclude(school=case.school_id)
    return rows.select_related("school__trust").order_by("starts_on", "pk").first()


def former_of(reach: Reach, case: Case) -> Case | None:
    """The case that this one carries on from, as far as a school may read another's.

    A restricted one is read by those named on it alone.
    """
    if case.before_id is None:
        return None
    rows = Case.objects.filter(pk=case.before_id, authority=reach.authority)
    former = rows.select_related(
        "authority", "pupil", "school__trust", "enrolment", "crossing", "opened_by", "closed_by"
    ).first()
    if former is None or former.restricted:
        return cases_for(reach).filter(pk=case.before_id).first()
    return former
