"""The morning's worklist: who crossed a line, in a sentence, and what happens next."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property

from django.db.models import (
    Count,
    Max,
    OuterRef,
    Prefetch,
    Q,
    QuerySet,
    Subquery,
    Sum,
)

from attendance.access import crossings_visible, enrolments_visible
from attendance.marks import UNAUTHORISED, decode, year_of
from attendance.models import (
    Calendar,
    Crossing,
    CrossingKind,
    CrossingState,
    Enrolment,
    ImportBatch,
    ImportState,
    PupilStanding,
    RegisterTaken,
    RegisterYear,
    Sweep,
)
from attendance.selectors.calendars import rules_calendar
from attendance.selectors.enrolments import on_roll, open_case_of
from attendance.selectors.relied import Used, names_for, used_of, used_words
from authorities.access import Reach
from authorities.models import School
from authorities.packs import PolicyInForce, packs_in_force
from authorities.permissions import Permission
from authorities.selectors import schools_for
from frontend.templatetags.govuk import percent_bp
from rules.absence import basis_points
from rules.compulsory_age import compulsory_days
from rules.dates import DateRange, in_words, monday_of
from rules.errors import UnknownTerm
from rules.school_calendar import Calendar as RulesCalendar
from rules.school_calendar import grid_start, school_day_after, weeks_back
from rules.thresholds import Proof, Who, prove
from rules.values import figures_on, value_on

TABS: dict[str, tuple[str, Q]] = {
    "new": ("New", Q(state=CrossingState.MET, seen_at=None)),
    "still": ("Still", Q(state=CrossingState.MET, seen_at__isnull=False)),
    "near": ("Near", Q(state=CrossingState.NEAR)),
    "provisional": ("Provisional", Q(state=CrossingState.PROVISIONAL)),
    "gone": ("Gone", Q(state=CrossingState.GONE)),
}
TAB_MEANS = {
    "new": "Pupils who crossed a line and whom nobody has marked as seen.",
    "still": "Pupils over a line whom somebody has seen.",
    "near": "Pupils who are close to a line. Help now may keep them under it.",
    "provisional": "Pupils over the line only while code N stays. Find the reasons first.",
    "gone": "Pupils who were over a line and are not now: by time, by a correction, or because a"
    " notice used the sessions.",
}
DAYS_LOOKED_BACK = 14
SHOWN = (
    "authority",
    "enrolment",
    "year",
    "possible",
    "authorised",
    "unauthorised",
    "window_count",
    "window_unresolved",
    "first_met",
)


def crossings(reach: Reach, year: int) -> QuerySet[Crossing]:
    """This year's crossings that a person may see, with what a row of the worklist needs.

    `open_case` is the reference of the enrolment's open case, if any. Three queries more for the
    rows of a page, however many: standings, registers of two years, and who saw them.
    """
    return (
        crossings_visible(reach)
        .filter(year=year)
        .select_related("enrolment", "enrolment__pupil", "school", "seen_by")
        .annotate(open_case=Subquery(open_case_of(OuterRef("enrolment"))))
        .prefetch_related(
            Prefetch(
                "enrolment__standings",
                PupilStanding.objects.filter(authority=reach.authority, year=year).only(*SHOWN),
                to_attr="this_year",
            ),
            Prefetch(
                "enrolment__register_years",
                RegisterYear.objects.filter(
                    authority=reach.authority, year__in=(year - 1, year)
                ).order_by("year"),
                to_attr="registers",
            ),
        )
    )


def tab_counts(rows: QuerySet[Crossing]) -> dict[str, int]:
    """How many rows stand under each tab. One query."""
    counts = {key: Count("pk", filter=condition) for key, (_, condition) in TABS.items()}
    return dict(rows.prefetch_related(None).select_related(None).aggregate(**counts))


def sentence(crossing: Crossing) -> str:
    """What happened, in one sentence."""
    standing = standing_of(crossing)
    if crossing.kind == CrossingKind.TEN_IN_TEN:
        return _ten_in_ten(crossing, standing)
    return _share_missed(crossing, standing)


def standing_of(crossing: Crossing) -> PupilStanding | None:
    """The enrolment's standing, fetched with the crossing."""
    found: list[PupilStanding] = crossing.enrolment.this_year  # type: ignore[attr-defined]
    return found[0] if found else None


def _ten_in_ten(crossing: Crossing, standing: PupilStanding | None) -> str:
    figures = figures_on(crossing.since)
    needed, weeks = figures.sessions_needed, figures.weeks
    count = standing.window_count if standing else 0
    over = f"{count or needed} unauthorised sessions in {weeks} school weeks"
    if crossing.state == CrossingState.MET:
        return f"{over}, {_since(crossing, standing)}"
    if crossing.state == CrossingState.PROVISIONAL:
        unresolved = standing.window_unresolved if standing else 0
        waiting = f"; {unresolved} of them still code N" if unresolved else "; it rests on code N"
        return f"{over}{waiting}"
    if crossing.state == CrossingState.NEAR:
        return f"{count} of {needed} unauthorised sessions in the last {weeks} school weeks"
    return f"No longer {needed} in {weeks} school weeks, since {in_words(crossing.since)}"


def _since(crossing: Crossing, standing: PupilStanding | None) -> str:
    """Since when: the session that met it, unless the count fell back and rose again."""
    if standing is None or crossing.was == CrossingState.GONE:
        return f"since {in_words(crossing.since)}"
    if standing.already_met:
        return "since before this school year"
    met = standing.first_met_at
    return f"since {in_words(met.day if met else crossing.since)}"


LABELS = {
    CrossingKind.PERSISTENT: ("persistent absence", "10%"),
    CrossingKind.SEVERE: ("severe absence", "50%"),
}


def _share_missed(crossing: Crossing, standing: PupilStanding | None) -> str:
    label, edge = LABELS[CrossingKind(crossing.kind)]
    missed = (
        f"{standing.absent} of {standing.possible} sessions missed "
        f"({percent_bp(basis_points(standing.absent, standing.possible))})"
        if standing
        else "Sessions missed"
    )
    if crossing.state == CrossingState.NEAR:
        return f"{missed}: {label} begins at {edge}"
    if crossing.state == CrossingState.GONE:
        return f"{missed}: no longer {label}, since {in_words(crossing.since)}"
    return f"{missed}: {label}, since {in_words(crossing.since)}"


class Outlook:
    """What happens next to the rows of one page. Calendars are read once for each school."""

    def __init__(self, reach: Reach) -> None:
        self.reach = reach
        self.today = reach.today
        self.figures = figures_on(self.today)
        self.used: dict[int, Used] = {}
        self.names: dict[str, str] = {}

    def prepare(self, rows: Sequence[Crossing]) -> None:
        """Look up which sessions of a page's pupils were used already. Two queries or three."""
        ids = [row.enrolment_id for row in rows]
        since = grid_start(year_of(self.today) - 1)
        self.used = used_of(self.reach.authority.pk, ids, since)
        subjects = {one for used in self.used.values() for of in used.values() for one in of}
        self.names = names_for(self.reach, subjects)

    @cached_property
    def calendars(self) -> dict[int, RulesCalendar]:
        """Each school's calendar, last year's and this one's together. Two queries."""
        return all_calendars(self.reach, self.today)

    def proof(self, enrolment: Enrolment) -> Proof:
        """The threshold over the current window alone, from the sessions that can count to it."""
        calendar = self.calendars.get(enrolment.school_id, RulesCalendar(()))
        weeks = weeks_back(calendar, self.today, self.figures.weeks)
        first = weeks[0] if weeks else self.today
        registers: Sequence[RegisterYear] = enrolment.registers  # type: ignore[attr-defined]
        return prove(
            [
                mark
                for row in registers
                for mark in decode(row.year, row.marks, since=first, lowest=UNAUTHORISED)
            ],
            calendar,
            self.today,
            who=Who(
                on_roll=DateRange(enrolment.starts_on, enrolment.ends_on),
                compulsory=compulsory_days(enrolment.pupil.born_on),
                relied_on=self.used.get(enrolment.pk, {}).keys(),
            ),
            since=weeks[-1] if weeks else None,
            figures=self.figures,
        )

    @cached_property
    def policies(self) -> dict[int, PolicyInForce]:
        """What applies at each school today. Two queries."""
        return packs_in_force(schools_for(self.reach, Permission.VIEW_PUPIL), self.today)

    def settles_on(self, crossing: Crossing) -> date | None:
        """The school day until which the line may still move with the register; None once settled.

        Nothing is proposed on its own before then: registers change in their first days.
        """
        policy = self.policies.get(crossing.school_id)
        calendar = self.calendars.get(crossing.school_id)
        if crossing.state == CrossingState.GONE or policy is None or calendar is None:
            return None
        _, clock = policy.clock("settling")
        try:
            settled = school_day_after(calendar, crossing.since, clock.length)
        except UnknownTerm:
            return None
        return settled if self.today < settled else None

    def words(self, crossing: Crossing) -> str:
        """How near, or when it rolls off. Empty for lines that do not roll."""
        if crossing.kind != CrossingKind.TEN_IN_TEN:
            return ""
        proof = self.proof(crossing.enrolment)
        before = self._used_words(crossing.enrolment, proof)
        next_ = self._next_words(proof)
        return f"{before}. {next_}" if before and next_ else before or next_

    def _used_words(self, enrolment: Enrolment, proof: Proof) -> str:
        """Which sessions of the current weeks were used for an earlier legal step."""
        weeks = set(proof.current.weeks)
        used = self.used.get(enrolment.pk, {})
        return used_words(
            {when: of for when, of in used.items() if monday_of(when.day) in weeks}, self.names
        )

    def _next_words(self, proof: Proof) -> str:
        """How near, or when it rolls off."""
        needed = self.figures.sessions_needed
        leaving = min((row.leaves_on for row in proof.roll_off if row.leaves_on), default=None)
        if proof.falls_below_on:
            return f"Under {needed} from {in_words(proof.falls_below_on)} if there are no more"
        if proof.still_met or not proof.current.count:
            return ""
        more = f"{proof.short_by} more would meet it"
        return f"{more}; the oldest rolls off on {in_words(leaving)}" if leaving else more


def all_calendars(reach: Reach, today: date) -> dict[int, RulesCalendar]:
    """The calendar in force at each school for this academic year and the last, by school."""
    year = year_of(today)
    rows = list(Calendar.objects.filter(authority=reach.authority, year__in=(year - 1, year)))
    own = {(row.school_id, row.year): row for row in rows}
    ids = schools_for(reach, Permission.VIEW_PUPIL).values_list("pk", flat=True)
    shared: dict[tuple[int, ...], RulesCalendar] = {}
    found = {}
    for pk in ids:
        chosen = [own.get((pk, y)) or own.get((None, y)) for y in (year - 1, year)]
        held = [row for row in chosen if row]
        key = tuple(row.pk for row in held)
        if key not in shared:
            shared[key] = rules_calendar(held)
        found[pk] = shared[key]
    return found


# The tiles above the worklist


@dataclass(frozen=True, slots=True)
class Morning:
    """The figures above the worklist, over all the schools that the person may see.

    attended, possible            this year's sessions; back_… those of the last 12 school weeks
    persistent, severe            pupils with the label and enough sessions to say so
    missing                       registers of the last two weeks that nobody has sent
    """

    on_roll: int
    standings: int
    attended: int
    possible: int
    back_attended: int
    back_possible: int
    persistent: int
    severe: int
    missing: int
    last_register: date | None
    last_import: datetime | None
    swept_at: datetime | None


def morning(reach: Reach, calendars: dict[int, RulesCalendar]) -> Morning:
    """The state of things today. Five queries."""
    today = reach.today
    here = enrolments_visible(reach).filter(on_roll(today))
    enough = Q(possible__gte=value_on("alert_floor", today)["sessions"])
    standings = PupilStanding.objects.filter(
        reach.schools(Permission.VIEW_PUPIL, "school__"),
        authority=reach.authority,
        year=year_of(today),
    ).exclude(  # those who left are few: leaving them out is cheaper than joining all
        enrolment_id__in=enrolments_visible(reach).filter(ends_on__lt=today).values("pk")
    )
    sums = standings.aggregate(
        n=Count("enrolment_id"),
        attended_sum=Sum("attended", default=0),
        possible_sum=Sum("possible", default=0),
        back_attended_sum=Sum("back_attended", default=0),
        back_possible_sum=Sum("back_possible", default=0),
        persistent_count=Count("enrolment_id", filter=enough & Q(persistent=True)),
        severe_count=Count("enrolment_id", filter=enough & Q(severe=True)),
    )
    missing, last_register = _missing_registers(calendars, today)
    imports = ImportBatch.objects.filter(
        reach.schools(Permission.VIEW_PUPIL, "school__"),
        authority=reach.authority,
        state=ImportState.TAKEN,
    )
    swept = Sweep.objects.filter(authority=reach.authority, finished_at__isnull=False)
    return Morning(
        on_roll=here.count(),
        standings=sums["n"],
        attended=sums["attended_sum"],
        possible=sums["possible_sum"],
        back_attended=sums["back_attended_sum"],
        back_possible=sums["back_possible_sum"],
        persistent=sums["persistent_count"],
        severe=sums["severe_count"],
        missing=missing,
        last_register=last_register,
        last_import=imports.aggregate(at=Max("taken_at"))["at"],
        swept_at=swept.aggregate(at=Max("finished_at"))["at"],
    )


def _missing_registers(calendars: dict[int, RulesCalendar], today: date) -> tuple[int, date | None]:
    """Sessions of the last two weeks without a register, and the latest day that has one.

    Only schools that have sent a register before are asked: a new school misses nothing yet.
    """
    since = today - timedelta(days=DAYS_LOOKED_BACK)
    taken = RegisterTaken.objects.filter(school__in=list(calendars))
    recent = set(
        taken.filter(day__gte=since, day__lt=today).values_list("school_id", "day", "session")
    )
    latest = dict(taken.values_list("school_id").annotate(last=Max("day")).order_by())
    missing = sum(
        (school, session.day, int(session.session)) not in recent
        for school, calendar in calendars.items()
        if school in latest
        for session in calendar.held
        if since <= session.day < today
    )
    return missing, max(latest.values(), default=None)


@dataclass(frozen=True, slots=True)
class FirstSteps:
    """What a new place has done already: the empty page says what comes next."""

    has_calendar: bool
    has_pupils: bool
    has_marks: bool

    @property
    def all_done(self) -> bool:
        """Whether there is something to list."""
        return self.has_calendar and self.has_pupils and self.has_marks


def first_steps(reach: Reach, schools: Sequence[School]) -> FirstSteps:
    """What has been done at the schools a person may see. Three queries."""
    ids = [school.pk for school in schools]
    return FirstSteps(
        has_calendar=Calendar.objects.filter(
            Q(school__in=ids) | Q(school=None), authority=reach.authority
        ).exists(),
        has_pupils=enrolments_visible(reach).exists(),
        has_marks=RegisterYear.objects.filter(authority=reach.authority, school__in=ids).exists(),
    )
