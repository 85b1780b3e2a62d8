"""What the sweep found: where each enrolment stands, and who crossed a line since the last one."""

from django.db import models

from authorities.models import School, TenantModel, User
from attendance.models.people import Enrolment


class Sweep(TenantModel):
    """One sweep of one authority for one day. Unique, so that a night happens once."""

    as_of = models.DateField()
    full = models.BooleanField()
    pupils = models.PositiveIntegerField(default=0)
    crossings = models.PositiveIntegerField(default=0)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["authority", "as_of"],
                condition=models.Q(full=True),
                name="one_full_sweep_per_authority_and_day",
            ),
        ]

    def __str__(self) -> str:
        return f"sweep {self.pk}"


class PupilStanding(TenantModel):
    """Where one enrolment stands on one day: rules.standing, computed by attendance.sweep."""

    pk = models.CompositePrimaryKey("authority_id", "enrolment_id", "year")
    school = models.ForeignKey(School, models.PROTECT, related_name="+", db_index=False)
    enrolment = models.ForeignKey(
        Enrolment, models.PROTECT, related_name="standings", db_index=False
    )
    year = models.PositiveSmallIntegerField()

    def __str__(self) -> str:
        return f"standing of enrolment {self.enrolment_id}, {self.year}"


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


class Crossing(TenantModel):
    """An enrolment at, near or back from a line. `since` is the day it came into its state."""

    school = models.ForeignKey(School, models.PROTECT, related_name="+", db_index=False)
    enrolment = models.ForeignKey(Enrolment, models.PROTECT, related_name="crossings")
    kind = models.CharField(max_length=20, choices=CrossingKind)
    year = models.PositiveSmallIntegerField()
    state = models.CharField(max_length=12, choices=CrossingState)
    since = models.DateField()
    first_met_on = models.DateField(null=True)
    first_met_session = models.PositiveSmallIntegerField(null=True)
    window_start = models.DateField(null=True)
    window_end = models.DateField(null=True)
    sessions = models.PositiveSmallIntegerField(default=0)
    changed_at = models.DateTimeField()
    seen_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    seen_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["enrolment", "kind", "year"], name="one_crossing_per_line_and_year"
            ),
        ]
        indexes = [
            models.Index(
                fields=["authority", "kind", "state", "-since"], name="crossings_newest_first"
            ),
        ]

    def __str__(self) -> str:
        return f"crossing {self.pk}"
