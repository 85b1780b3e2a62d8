"""Questions about leaving a roll, moving up, and where a pupil was in a year now past."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import Q, QuerySet

from attendance import marks as codec
from attendance.models import (
    AdultLink,
    CareOrder,
    Enrolment,
    LeaveRequest,
    LeaveState,
    Leaving,
    Placement,
    ReturnKind,
    ReturnMade,
    RollOver,
    RollOverOutcome,
    RollOverRow,
    YesNoUnknown,
)
from attendance.selectors.registers import marks_of
from attendance.selectors.returns import deletion_return_due, places_of, unauthorised_run
from attendance.selectors.schools_years import year_groups_of
from authorities.access import NotFound, Reach
from authorities.models import School
from authorities.permissions import Permission
from rules.absence import kind_of
from rules.attendance_codes import is_attended
from rules.compulsory_age import compulsory_days
from rules.deletions import GROUNDS, Facts
from rules.roll_over import usual_year_group
from rules.school_calendar import grid_start

KEEPS_BACK = (CareOrder.NO_CONTACT, CareOrder.NO_INFORMATION, CareOrder.UNKNOWN)


# Leaving


def leaving_of(enrolment: Enrolment) -> Leaving | None:
    """How this enrolment ended, where somebody recorded it and nobody took it back."""
    return (
        Leaving.objects.filter(enrolment=enrolment, undone_at=None)
        .select_related("made_by", "moved_to__school", "roll_over")
        .first()
    )


def leaving_for(reach: Reach, enrolment: Enrolment, reference: str) -> Leaving:
    """One leaving of an enrolment that came through `pupil_here`. Raises NotFound."""
    row = (
        Leaving.objects.filter(authority=reach.authority, enrolment=enrolment, reference=reference)
        .select_related("enrolment__school", "enrolment__pupil", "moved_to", "made_by")
        .first()
    )
    if row is None:
        raise NotFound("We cannot find that record of leaving. Check the reference.")
    return row


def shows_where(pupil_id: int, sees: frozenset[Permission]) -> bool:
    """Whether a person may read where a child went.

    A new school tells where somebody lives who may be hiding. So it is kept from all but those who
    may see protected details, unless every adult around the child is known to need no protection.
    """
    if Permission.VIEW_PROTECTED in sees:
        return True
    kept_back = ~Q(adult__protected_address=YesNoUnknown.NO) | Q(court_order__in=KEEPS_BACK)
    return not AdultLink.objects.filter(kept_back, pupil=pupil_id).exists()


def facts_of(
    enrolment: Enrolment,
    last_day: date,
    *,
    ground: str,
    confirmed: Sequence[str],
    where: str,
    told: bool,
    return_due: bool | None = None,
) -> Facts:
    """What is known when a name is to come off: the register and the dates beside what was said.

    return_due  whether the council must be told first, where the caller knows
    """
    made = ReturnMade.objects.filter(
        enrolment=enrolment, kind=ReturnKind.DELETION, first_day=last_day
    )
    asks = GROUNDS.get(ground)
    reads = bool(asks and asks.absent_days)
    return Facts(
        starts_on=enrolment.starts_on,
        born_on=enrolment.pupil.born_on,
        last_day=last_day,
        confirmed=frozenset(confirmed),
        where=where,
        absent_days=unauthorised_run(enrolment, last_day) if reads else 0,
        after_leave=_after_leave(enrolment, last_day) if reads else None,
        council_told=told or made.exists(),
        return_due=return_is_due(enrolment, last_day) if return_due is None else return_due,
    )


def return_is_due(enrolment: Enrolment, last_day: date) -> bool:
    """Whether the council must be told before this name comes off."""
    place = places_of([enrolment.school], last_day)[enrolment.school_id]
    highest = year_groups_of([enrolment.school])[enrolment.school_id][1]
    return deletion_return_due(enrolment, last_day, place, highest)


def _after_leave(enrolment: Enrolment, last_day: date) -> int | None:
    """School days of absence from the end of the latest granted leave to a day; None without."""
    granted = LeaveRequest.objects.filter(
        enrolment=enrolment, state=LeaveState.GRANTED, granted_last__lt=last_day
    )
    ended = granted.order_by("-granted_last").values_list("granted_last", flat=True).first()
    if ended is None:
        return None
    place = places_of([enrolment.school], last_day)[enrolment.school_id]
    days = [day for day in place.calendar.days if ended < day <= last_day]
    after = marks_of(enrolment, ended, last_day)
    back = [mark.day for mark in after if mark.day > ended and is_attended(kind_of(mark))]
    return 0 if back else len(days)


def attended_after(enrolment: Enrolment, day: date) -> date | None:
    """The first day after this one on which the register says that the pupil was there."""
    later = marks_of(enrolment, day, grid_start(codec.year_of(day) + 2))
    return next((m.day for m in later if m.day > day and is_attended(kind_of(m))), None)


# Past years


def placement_in(enrolment: Enrolment, year: int) -> tuple[str, str]:
    """The year group and registration group of an enrolment in an academic year, now or past.

    A year that nobody rolled over from is as the enrolment says today.
    """
    row = Placement.objects.filter(enrolment=enrolment, year=year).first()
    if row is not None:
        return row.year_group, row.registration_group
    return enrolment.year_group, enrolment.registration_group


# Moving up


def roll_overs_of(school: School) -> QuerySet[RollOver]:
    """The roll-overs of a school, newest first."""
    return (
        RollOver.objects.filter(school=school)
        .select_related("made_by", "done_by", "undone_by")
        .order_by("-made_at", "-pk")
    )


def roll_over_for(reach: Reach, reference: str) -> RollOver:
    """The one way a page gets a roll-over. Raises NotFound, and Forbidden."""
    row = (
        RollOver.objects.filter(
            reach.schools(Permission.VIEW_SCHOOL, "school__"),
            authority=reach.authority,
            reference=reference,
        )
        .select_related("school__trust", "made_by", "done_by", "undone_by")
        .first()
    )
    if row is None:
        raise NotFound("We cannot find that roll-over. Check the reference.")
    reach.require(Permission.CHANGE_PUPIL, row.school)
    reach.require(Permission.AGREE_AMENDMENT, row.school)
    return row


def on_roll_at(school: School, last_day: date) -> QuerySet[Enrolment]:
    """Those on roll on the last day of a year who are still to be there in the next."""
    return (
        Enrolment.objects.filter(
            Q(ends_on=None) | Q(ends_on__gte=grid_start(codec.year_of(last_day) + 1)),
            school=school,
            starts_on__lte=last_day,
        )
        .select_related("pupil", "school")
        .order_by("pupil__sort_name", "pk")
    )


def waiting_intake(school: School, last_day: date) -> QuerySet[Enrolment]:
    """Those whose first day on roll is after the last day of the year."""
    return (
        Enrolment.objects.filter(school=school, starts_on__gt=last_day)
        .select_related("pupil")
        .order_by("starts_on", "pupil__sort_name", "pk")
    )


@dataclass(frozen=True, slots=True)
class Row:
    """One pupil of a roll-over with what a person should look at."""

    row: RollOverRow
    look_at: tuple[str, ...]

    @property
    def name(self) -> str:
        """What a list sorts by."""
        return self.row.enrolment.pupil.sort_name

    @property
    def kind(self) -> str:
        """What becomes of the pupil."""
        return self.row.outcome


def rows_of(roll_over: RollOver) -> list[Row]:
    """Every pupil of a roll-over. Two queries."""
    rows = roll_over.rows.select_related("enrolment__pupil", "enrolment__school")
    return [Row(row, _look_at(row, roll_over)) for row in rows]


def _look_at(row: RollOverRow, roll_over: RollOver) -> tuple[str, ...]:
    """Why a person should look at a row before it is confirmed."""
    born = row.enrolment.pupil.born_on
    usual = usual_year_group(born, roll_over.year)
    found = []
    if not row.year_group:
        found.append("No year group is recorded")
    if row.outcome == RollOverOutcome.STAYS and row.year_group:
        found.append("Stays in the same year group")
    if row.outcome != RollOverOutcome.LEAVES and usual and row.new_year_group != usual:
        found.append("The year group is not the usual one for the pupil's age")
    if row.outcome != RollOverOutcome.LEAVES and not row.new_year_group:
        found.append("No year group to move to")
    early = row.outcome == RollOverOutcome.LEAVES and roll_over.last_day in compulsory_days(born)
    if early and not row.destination:
        found.append("Leaves at compulsory school age, and nobody says where to")
    changed = (row.enrolment.year_group, row.enrolment.registration_group)
    if roll_over.done_at is None and changed != (row.year_group, row.registration_group):
        found.append("Changed since this preview was made")
    return tuple(found)
