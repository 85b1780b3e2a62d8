"""Questions about changes of marks: which may be seen, how old a mark is, what a change did."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import Count, Q, QuerySet

from attendance.models import (
    ChangeState,
    Enrolment,
    MarkChange,
    MarkChangeRow,
    MarkNote,
    RowOutcome,
)
from attendance.selectors.calendars import calendar_of
from attendance.selectors.enrolments import on_roll
from authorities.access import NotFound, Reach
from authorities.models import School
from authorities.packs import pack_in_force
from authorities.permissions import Permission
from rules.dates import in_words
from rules.errors import InvalidInput, NoValue
from rules.marks import DatedSession, Session
from rules.school_calendar import Calendar, sessions_between
from rules.values import value_on

MARKS = {outcome: Count("rows", filter=Q(rows__outcome=outcome)) for outcome in RowOutcome.values}


def changes_visible(
    reach: Reach, permission: Permission = Permission.AMEND_REGISTER
) -> QuerySet[MarkChange]:
    """The changes at schools where the person may do this; of the previews only their own."""
    return MarkChange.objects.filter(
        reach.schools(permission, "school__"),
        ~Q(state=ChangeState.DRAFT) | Q(asked_by=reach.user),
        authority=reach.authority,
    ).select_related("school", "asked_by", "decided_by", "undone_by")


def with_counts(rows: QuerySet[MarkChange]) -> QuerySet[MarkChange]:
    """Each change with `marks`: how many it would write, or wrote."""
    written = (RowOutcome.NEW, RowOutcome.CHANGED, RowOutcome.RESTORED)
    return rows.annotate(marks=Count("rows", filter=Q(rows__outcome__in=written)))


def change_for(
    reach: Reach, reference: str, permission: Permission = Permission.AMEND_REGISTER
) -> MarkChange:
    """The one way a page gets a change.

    NotFound   no such change, or none that this person may see
    Forbidden  the person may see it but may not do this
    """
    found = changes_visible(reach).filter(reference=reference).first()
    if found is None:
        raise NotFound("We cannot find that correction. Check the reference.")
    reach.require(permission, found.school)
    return found


def counts_of(change: MarkChange) -> dict[str, int]:
    """How many marks of a change have each outcome."""
    return MarkChange.objects.filter(pk=change.pk).aggregate(**MARKS)


def rows_of(change: MarkChange) -> QuerySet[MarkChangeRow]:
    """The marks of a change with their pupils."""
    return change.rows.select_related("enrolment__pupil", "change")


def waiting_for(reach: Reach) -> int:
    """How many changes wait for this person to agree: those somebody else asked for."""
    return (
        changes_visible(reach, Permission.AGREE_AMENDMENT)
        .filter(state=ChangeState.WAITING)
        .exclude(asked_by=reach.user)
        .count()
    )


def waiting_on(enrolment: Enrolment, when: DatedSession) -> MarkChange | None:
    """The change that waits for a second person and would change this mark."""
    return (
        MarkChange.objects.filter(
            state=ChangeState.WAITING,
            rows__enrolment=enrolment,
            rows__day=when.day,
            rows__session=when.session,
        )
        .select_related("asked_by")
        .first()
    )


def old_after(school: School, day: date) -> int:
    """After how many school days a mark is old at a school: the national figure, or fewer."""
    national: int = value_on("old_amendment", day)["school_days"]
    try:
        _, clock = pack_in_force(school, day).clock("old_amendment")
    except NoValue:
        return national
    return min(national, clock.length) if clock.unit == "school days" else national


@dataclass(frozen=True, slots=True)
class Age:
    """From which day on a school's marks may be changed by one person alone."""

    school_days: int
    first_fresh_day: date | None

    def is_old(self, day: date) -> bool:
        """Whether a mark of this day needs a second person. None: the year has just begun."""
        return self.first_fresh_day is not None and day < self.first_fresh_day


def age_at(school: School, today: date) -> Age:
    """The limit at a school today. A mark of `school_days` school days ago is still fresh."""
    limit = old_after(school, today)
    days = past_days(calendar_of(school), today)
    return Age(limit, days[-limit - 1] if len(days) > limit else None)


def past_days(calendar: Calendar, today: date) -> list[date]:
    """The school days up to and with today, or with the next one where today is none."""
    past = [day for day in calendar.days if day <= today]
    return past if past and past[-1] == today else [*past, today]


def notes_of(enrolment: Enrolment, when: DatedSession) -> list[MarkNote]:
    """What was noted beside one mark, newest first."""
    return list(
        MarkNote.objects.filter(enrolment=enrolment, day=when.day, session=when.session)
        .select_related("written_by")
        .order_by("-pk")
    )


def enrolments_on_roll(school: School, first: date, last: date) -> QuerySet[Enrolment]:
    """Those on the roll of a school on some day from `first` to `last`, with their pupils."""
    return (
        Enrolment.objects.filter(
            Q(ends_on=None) | Q(ends_on__gte=first), school=school, starts_on__lte=last
        )
        .select_related("pupil", "school")
        .order_by("pupil__sort_name", "pk")
    )


def years_and_groups(schools: QuerySet[School], today: date) -> tuple[list[str], list[str]]:
    """The year groups and registration groups on roll today at these schools."""
    rows = Enrolment.objects.filter(on_roll(today), school__in=schools)
    years, groups = (
        sorted(rows.exclude(**{name: ""}).values_list(name, flat=True).distinct())
        for name in ("year_group", "registration_group")
    )
    return sorted(years, key=_year_order), groups


def _year_order(year: str) -> tuple[int, str]:
    return (int(year), "") if year.isdecimal() else (0, year)


@dataclass(frozen=True, slots=True)
class Who:
    """Which pupils of a school: everybody, or those of these years, groups or UPNs."""

    everybody: bool = False
    years: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    upns: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        """Who was chosen, without a name or a UPN."""
        if self.everybody:
            return "Everybody on roll"
        if self.upns:
            return "1 pupil by UPN" if len(self.upns) == 1 else f"{len(self.upns)} pupils by UPN"
        return f"Year {', '.join(self.years)}" if self.years else f"Group {', '.join(self.groups)}"


@dataclass(frozen=True, slots=True)
class Chosen:
    """Marks chosen for a change: enrolment and session, and the choice in words."""

    picks: tuple[tuple[Enrolment, DatedSession], ...]
    words: str


def picks_for(
    *, school: School, days: tuple[date, date], halves: Sequence[Session], who: Who
) -> Chosen:
    """The sessions that the school held in these days, for each chosen pupil then on roll.

    Raises InvalidInput where a UPN is of nobody on roll, or the school had no session.
    """
    first, last = days
    calendar = calendar_of(school)
    sessions = [s for s in sessions_between(calendar, first, last) if s.session in halves]
    if not sessions:
        raise InvalidInput(
            "The school has no session then. Check the days, or the school's calendar."
        )
    enrolments = _chosen(school, first, last, who)
    picks = tuple(
        (enrolment, when)
        for enrolment in enrolments
        for when in sessions
        if enrolment.starts_on <= when.day
        and (enrolment.ends_on is None or when.day <= enrolment.ends_on)
    )
    half = "" if len(halves) > 1 else f", {halves[0].words}s only"
    range_words = in_words(first) if first == last else f"{in_words(first)} to {in_words(last)}"
    return Chosen(picks, f"{who.words}; {range_words}{half}"[:300])


def _chosen(school: School, first: date, last: date, who: Who) -> list[Enrolment]:
    """The enrolments of the choice."""
    rows = enrolments_on_roll(school, first, last)
    if who.upns:
        found = list(rows.filter(pupil__upn__in=who.upns))
        missing = set(who.upns) - {row.pupil.upn for row in found}
        if missing:
            lines = [str(at) for at, upn in enumerate(who.upns, start=1) if upn in missing]
            raise InvalidInput(
                "These UPNs of the list are of nobody on roll then: number"
                f" {', '.join(lines[:20])}. Check them, or take them out."
            )
        return found
    if who.years:
        rows = rows.filter(year_group__in=who.years)
    if who.groups:
        rows = rows.filter(registration_group__in=who.groups)
    return list(rows)
