"""What the sweep found: where each enrolment stands, and who crossed a line since the last one."""

from datetime import date

from django.db import models
from django.db.models import Case, F, Q, Value, When

from attendance.marks import monday_at, session_at
from attendance.models.people import Enrolment
from authorities.models import Authority, School, TenantModel, User
from rules.absence import Band
from rules.marks import DatedSession

NEVER = -1
BEFORE_THIS_YEAR = -2


class Sweep(TenantModel):
    """One sweep of one authority for one day. Unique when full, so that a night happens once."""

    as_of = models.DateField()
    full = models.BooleanField()
    pupils = models.PositiveIntegerField(default=0)
    crossings = models.PositiveIntegerField(default=0)
    problems = models.JSONField(default=list)  # schools left out, in words
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                "authority",
                "as_of",
                condition=Q(full=True),
                name="one_full_sweep_per_authority_and_day",
            ),
        ]

    def __str__(self) -> str:
        return f"sweep {self.pk}"


class Unswept(TenantModel):
    """An enrolment whose marks, dates or pupil were written since a sweep last took it.

    Triggers leave these rows, one or more an enrolment; the sweep takes them away. Plain numbers
    without foreign keys, so that writing them costs next to nothing and nothing hangs on them.
    """

    authority = models.ForeignKey(
        Authority, models.DO_NOTHING, related_name="+", db_index=False, db_constraint=False
    )
    school_id = models.BigIntegerField()
    enrolment_id = models.BigIntegerField()

    def __str__(self) -> str:
        return f"enrolment {self.enrolment_id}, not yet swept"


class SweptTo(TenantModel):
    """What an authority's schools were last swept with.

    plans    school → the plan key (calendars, day, figures)
    """

    plans = models.JSONField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["authority"], name="one_reach_of_the_sweep_per_authority"
            ),
        ]

    def __str__(self) -> str:
        return f"swept {self.pk}"


class ThresholdState(models.IntegerChoices):
    """Whether the threshold was met in a window that ends this year: rules.thresholds.State."""

    NO = 0, "No"
    PROVISIONAL = 1, "Provisional"
    YES = 2, "Yes"


class PupilStanding(TenantModel):
    """Where one enrolment stands on one day: rules.standing.Standing, worked out by the sweep.

    Its columns are those of `Standing`, where each is defined. All are fixed in width and never
    null, because the sweep reads and writes them as arrays: -1 stands for None in
    `basis_points`, `band`, `five_point_band` and `first_met`.

    first_met      place of the session in the year's grid; -2 when met before this year began
    latest_start, latest_end  weeks of the year's grid, under 0 for last year's; they mean
                   something only where latest_count is not 0
    …_xmin         PostgreSQL's versions of the rows it was worked out from, 0 where there is
                   none: compared for equality only, so the register needs no revision column
    plan_key       a digest of calendar, day and figures
    """

    pk = models.CompositePrimaryKey("authority_id", "enrolment_id", "year")
    authority = models.ForeignKey(Authority, models.PROTECT, related_name="+", db_index=False)
    enrolment = models.ForeignKey(
        Enrolment, models.PROTECT, related_name="standings", db_index=False
    )
    year = models.PositiveSmallIntegerField()
    school = models.ForeignKey(School, models.PROTECT, related_name="+", db_index=False)
    as_of = models.DateField()
    plan_key = models.BigIntegerField()
    marks_xmin = models.IntegerField()
    tail_xmin = models.IntegerField()
    enrolment_xmin = models.IntegerField()
    pupil_xmin = models.IntegerField()
    possible = models.SmallIntegerField()
    attended = models.SmallIntegerField()
    authorised = models.SmallIntegerField()
    unauthorised = models.SmallIntegerField()
    late_before = models.SmallIntegerField()
    late_after = models.SmallIntegerField()
    basis_points = models.SmallIntegerField()
    band = models.SmallIntegerField()
    five_point_band = models.SmallIntegerField()
    persistent = models.BooleanField()
    severe = models.BooleanField()
    window_count = models.SmallIntegerField()
    window_unresolved = models.SmallIntegerField()
    window_max = models.SmallIntegerField()
    state = models.SmallIntegerField(choices=ThresholdState)
    first_met = models.SmallIntegerField()
    latest_start = models.SmallIntegerField()
    latest_end = models.SmallIntegerField()
    latest_count = models.SmallIntegerField()
    absent_monday = models.SmallIntegerField()
    absent_tuesday = models.SmallIntegerField()
    absent_wednesday = models.SmallIntegerField()
    absent_thursday = models.SmallIntegerField()
    absent_friday = models.SmallIntegerField()
    absent_saturday = models.SmallIntegerField()
    absent_sunday = models.SmallIntegerField()
    run_current = models.SmallIntegerField()
    run_longest = models.SmallIntegerField()
    unauthorised_run_current = models.SmallIntegerField()
    back_possible = models.SmallIntegerField()
    back_attended = models.SmallIntegerField()
    back_authorised = models.SmallIntegerField()
    back_unauthorised = models.SmallIntegerField()

    class Meta:
        # One index beside the key, on columns that no sweep changes: updates stay heap-only.
        indexes = [models.Index(fields=["school", "year"], name="standings_of_a_school")]

    def __str__(self) -> str:
        return f"standing of enrolment {self.enrolment_id}, {self.year}"

    @property
    def absent(self) -> int:
        """Sessions missed this year, authorised or not."""
        return self.authorised + self.unauthorised

    @property
    def lates(self) -> int:
        """L and U together."""
        return self.late_before + self.late_after

    @property
    def band_or_none(self) -> Band | None:
        """The attendance band; None when nothing was possible."""
        return Band(self.band) if self.band >= 0 else None

    @property
    def first_met_at(self) -> DatedSession | None:
        """The session that met the threshold this year; None if none did, or an earlier year's."""
        return session_at(self.year, self.first_met) if self.first_met >= 0 else None

    @property
    def already_met(self) -> bool:
        """The threshold was met before this year began, in a window that ends in this year."""
        return self.first_met == BEFORE_THIS_YEAR

    @property
    def window_starts_on(self) -> date | None:
        """The Monday of the first school week of the latest window that meets the threshold."""
        return monday_at(self.year, self.latest_start) if self.latest_count else None

    @property
    def window_ends_in(self) -> date | None:
        """The Monday of the last school week of that window."""
        return monday_at(self.year, self.latest_end) if self.latest_count else None


class CrossingKind(models.TextChoices):
    """The lines that the sweep watches."""

    TEN_IN_TEN = "ten in ten", "10 unauthorised sessions in 10 school weeks"
    PERSISTENT = "persistent", "Persistently absent"
    SEVERE = "severe", "Severely absent"


class CrossingState(models.TextChoices):
    """How an enrolment stands to a line today."""

    MET = "met", "Met"
    PROVISIONAL = "provisional", "Provisional: rests on code N"
    NEAR = "near", "Near"
    GONE = "gone", "No longer met"


# What the law acts on comes first.
URGENCY = Case(
    When(kind=CrossingKind.TEN_IN_TEN, then=Value(0)),
    When(kind=CrossingKind.SEVERE, then=Value(1)),
    default=Value(2),
)


class Crossing(TenantModel):
    """An enrolment at, near or back from a line. `since` is the day it came into its state.

    `was` is the state before. A new state is unseen again: new means that `seen_at` is empty.
    The figures are those of the enrolment's standing of the same year.
    """

    school = models.ForeignKey(School, models.PROTECT, related_name="+", db_index=False)
    enrolment = models.ForeignKey(Enrolment, models.PROTECT, related_name="crossings")
    kind = models.CharField(max_length=20, choices=CrossingKind)
    year = models.PositiveSmallIntegerField()
    state = models.CharField(max_length=12, choices=CrossingState)
    was = models.CharField(max_length=12, choices=CrossingState, blank=True)
    since = models.DateField()
    changed_at = models.DateTimeField()
    seen_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    seen_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                "enrolment", "kind", "year", name="one_crossing_per_line_and_year"
            ),
        ]
        indexes = [
            models.Index(
                fields=["authority", "kind", "state", "-since"], name="crossings_newest_first"
            ),
            # The order of the worklist: its first page needs no other row of the authority.
            models.Index(
                F("authority"),
                F("year"),
                F("state"),
                URGENCY,
                F("since").desc(),
                name="crossings_most_urgent_first",
            ),
        ]

    def __str__(self) -> str:
        return f"crossing {self.pk}"
