"""Leaving a roll, moving up a year, and what another authority told of a pupil's past."""

from django.db import models
from django.db.models import Q

from attendance.models.people import Enrolment, Pupil
from authorities.models import School, TenantModel, User
from authorities.references import new_reference


class Placement(TenantModel):
    """The year group and registration group that an enrolment had in an academic year now past."""

    enrolment = models.ForeignKey(Enrolment, models.CASCADE, related_name="placements")
    year = models.PositiveSmallIntegerField()
    year_group = models.CharField(max_length=2, blank=True)
    registration_group = models.CharField(max_length=30, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["enrolment", "year"], name="one_placement_per_year"),
        ]

    def __str__(self) -> str:
        return f"placement {self.pk}"


class RollOverState(models.TextChoices):
    """Where the roll-over of a school stands. A draft is a preview: nothing has been done."""

    DRAFT = "draft", "Preview"
    DONE = "done", "Done"
    UNDONE = "undone", "Undone"
    DISCARDED = "discarded", "Discarded"


class RollOver(TenantModel):
    """A school's pupils move up into the academic year that begins in `year`."""

    school = models.ForeignKey(School, models.PROTECT, related_name="roll_overs")
    reference = models.CharField(max_length=10, default=new_reference)
    year = models.PositiveSmallIntegerField()
    last_day = models.DateField()  # of those who leave
    state = models.CharField(max_length=10, choices=RollOverState, default=RollOverState.DRAFT)
    made_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    done_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    done_at = models.DateTimeField(null=True)
    undone_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    undone_at = models.DateTimeField(null=True)
    undone_because = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["authority", "reference"], name="one_roll_over_per_reference"
            ),
            models.UniqueConstraint(
                fields=["school", "year"],
                condition=Q(state__in=["draft", "done"]),
                name="one_roll_over_per_school_and_year",
            ),
        ]

    def __str__(self) -> str:
        return self.reference


class RollOverOutcome(models.TextChoices):
    """What the roll-over does with one pupil."""

    UP = "up", "Moves up"
    STAYS = "stays", "Stays in the year group"
    LEAVES = "leaves", "Leaves"


class RollOverRow(TenantModel):
    """One pupil of a roll-over. The groups before are what they were when it was previewed."""

    roll_over = models.ForeignKey(RollOver, models.CASCADE, related_name="rows")
    enrolment = models.ForeignKey(Enrolment, models.PROTECT, related_name="+")
    outcome = models.CharField(max_length=6, choices=RollOverOutcome)
    year_group = models.CharField(max_length=2, blank=True)
    registration_group = models.CharField(max_length=30, blank=True)
    new_year_group = models.CharField(max_length=2, blank=True)
    new_group = models.CharField(max_length=30, blank=True)
    ground = models.CharField(max_length=30, blank=True)
    destination = models.CharField(max_length=120, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["roll_over", "enrolment"], name="one_row_per_pupil_of_a_roll_over"
            ),
        ]

    def __str__(self) -> str:
        return f"roll-over row {self.pk}"


class Leaving(TenantModel):
    """A name taken off a roll: the last day, the lawful ground, and what was said to be true.

    ground       a key of rules.deletions.GROUNDS
    confirmed    keys of the ground's statements that a person confirmed
    destination  where the child goes. Shown as parents' addresses are: it may have to be kept back
    moved_to     the enrolment that follows at another school of this authority
    before       the enrolment's last day and reason as they were, for the way back
    """

    school = models.ForeignKey(School, models.PROTECT, related_name="leavings")
    enrolment = models.ForeignKey(Enrolment, models.PROTECT, related_name="leavings")
    reference = models.CharField(max_length=10, default=new_reference)
    last_day = models.DateField()
    ground = models.CharField(max_length=30)
    confirmed = models.JSONField(default=list)
    destination = models.CharField(max_length=120, blank=True)
    moved_to = models.ForeignKey(
        Enrolment, models.PROTECT, null=True, related_name="came_by", db_index=False
    )
    roll_over = models.ForeignKey(RollOver, models.PROTECT, null=True, related_name="leavings")
    before = models.JSONField(default=dict)
    made_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    undone_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    undone_at = models.DateTimeField(null=True)
    undone_because = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["authority", "reference"], name="one_leaving_per_reference"
            ),
            models.UniqueConstraint(
                fields=["enrolment"],
                condition=Q(undone_at=None),
                name="a_pupil_leaves_a_roll_once",
            ),
        ]

    def __str__(self) -> str:
        return self.reference


class EarlierHistory(TenantModel):
    """A pupil's attendance at another authority, as its file said. Read only, never counted here.

    origin   the authority and school that sent it, in words
    content  the checked file; `digest` is SHA-256 over its canonical text
    """

    append_only = True

    school = models.ForeignKey(School, models.PROTECT, related_name="+")
    pupil = models.ForeignKey(Pupil, models.PROTECT, related_name="earlier_histories")
    reference = models.CharField(max_length=10, default=new_reference)
    origin = models.CharField(max_length=250)
    first_day = models.DateField()
    last_day = models.DateField()
    content = models.JSONField()
    digest = models.CharField(max_length=64)
    taken_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    taken_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["pupil", "digest"], name="one_earlier_history_per_file"
            ),
        ]

    def __str__(self) -> str:
        return self.reference
