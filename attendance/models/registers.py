"""The mark store: the ledger of registers taken and amended, and each enrolment's current marks.

The ledger is the record; `RegisterYear` is its current state (docs/adr/0001). Bytes change only
through the database functions of migration 0002; the application's role cannot write the column.
"""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Length
from django.db.models.lookups import Exact

from attendance.models.people import Enrolment
from authorities.models import Authority, School, TenantModel, User


class RegisterYear(TenantModel):
    """One enrolment's marks of one academic year: 742 bytes on the year grid (attendance.marks)."""

    written_by_functions = True

    pk = models.CompositePrimaryKey("authority_id", "enrolment_id", "year")
    authority = models.ForeignKey(Authority, models.PROTECT, related_name="+", db_index=False)
    school = models.ForeignKey(School, models.PROTECT, related_name="+", db_index=False)
    enrolment = models.ForeignKey(
        Enrolment, models.PROTECT, related_name="register_years", db_index=False
    )
    year = models.PositiveSmallIntegerField()
    codec = models.PositiveSmallIntegerField(default=1)
    marks = models.BinaryField()

    class Meta:
        # Neither index holds the marks, so that changing them stays a heap-only update.
        indexes = [models.Index(fields=["school", "year"], name="register_years_of_a_school")]
        constraints = [
            models.CheckConstraint(
                condition=Exact(Length("marks"), 742), name="marks_fill_the_year_grid"
            ),
        ]

    def __str__(self) -> str:
        return f"register of enrolment {self.enrolment_id}, {self.year}"


class Roll(TenantModel):
    """An immutable list of enrolments, so that a register taken needs one byte a pupil."""

    append_only = True
    written_by_functions = True

    school = models.ForeignKey(School, models.PROTECT, related_name="+", db_index=False)
    enrolment_ids = ArrayField(models.BigIntegerField())
    digest = models.BinaryField(max_length=32)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["school", "digest"], name="one_roll_per_list"),
        ]

    def __str__(self) -> str:
        return f"roll {self.pk}"


class Source(models.IntegerChoices):
    """Where a mark came from."""

    IMPORT = 1, "A file from another register system"
    SCREEN = 2, "Taken here"
    UNDO = 3, "An import that was undone"
    RESTORED = 4, "A change of many marks that was undone"


class RegisterTaken(TenantModel):
    """First entries: who entered which marks for one session, and when. Never changed.

    Its numbers and those of amendments come from one sequence, so together they are in order.
    """

    append_only = True
    written_by_functions = True

    authority = models.ForeignKey(Authority, models.PROTECT, related_name="+", db_index=False)
    school = models.ForeignKey(School, models.PROTECT, related_name="+", db_index=False)
    roll = models.ForeignKey(Roll, models.PROTECT, related_name="+", db_index=False)
    day = models.DateField()
    session = models.PositiveSmallIntegerField()
    codes = models.BinaryField()  # one mark byte for each enrolment of the roll; 0 where none
    source = models.PositiveSmallIntegerField(choices=Source)
    batch = models.ForeignKey(
        "attendance.ImportBatch", models.PROTECT, null=True, related_name="+", db_index=False
    )
    taken_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", db_index=False)
    taken_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["school", "day", "session"], name="registers_by_day"),
            models.Index(
                fields=["batch"], name="registers_of_a_batch", condition=Q(batch__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return f"register taken {self.pk}"


class Amendment(TenantModel):
    """A recorded mark that was changed: original, amended, reason, when, and who with position.

    `original` and `amended` are mark bytes (attendance.marks); `amended` is 0 where undoing an
    import took a first entry back.
    """

    append_only = True
    written_by_functions = True

    authority = models.ForeignKey(Authority, models.PROTECT, related_name="+", db_index=False)
    enrolment = models.ForeignKey(
        Enrolment, models.PROTECT, related_name="amendments", db_index=False
    )
    day = models.DateField()
    session = models.PositiveSmallIntegerField()
    original = models.PositiveSmallIntegerField()
    amended = models.PositiveSmallIntegerField()
    reason = models.CharField(max_length=300)
    source = models.PositiveSmallIntegerField(choices=Source)
    batch = models.ForeignKey(
        "attendance.ImportBatch", models.PROTECT, null=True, related_name="+", db_index=False
    )
    made_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", db_index=False)
    made_by_name = models.CharField(max_length=120)
    made_by_position = models.CharField(max_length=120)
    made_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["enrolment", "day", "session"], name="amendments_of_a_mark"),
            models.Index(
                fields=["batch"], name="amendments_of_a_batch", condition=Q(batch__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return f"amendment {self.pk}"
