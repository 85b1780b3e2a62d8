"""Files that arrived: what was in them, how it was read, what was refused, and the way back."""

from django.db import models

from attendance.models.people import Pupil
from authorities.models import Job, School, TenantModel, User
from authorities.references import new_reference


class ImportLayout(models.TextChoices):
    """What a file holds and how it is laid out."""

    PUPILS = "pupils", "Pupils"
    ADULTS = "adults", "Parents and other adults"
    ENROLMENTS = "enrolments", "Enrolments"
    CALENDAR = "calendar", "School calendar"
    MARKS_LONG = "long", "Marks: one row for each pupil, date and session"
    MARKS_WEEK = "week", "Marks: one row for each pupil and week, MonAM to FriPM"
    MARKS_DATED = "dated", "Marks: one column for each session"


class ImportSource(TenantModel):
    """One register system's way of writing files: its column mapping, remembered."""

    school = models.ForeignKey(School, models.PROTECT, related_name="import_sources")
    layout = models.CharField(max_length=20, choices=ImportLayout)
    name = models.CharField(max_length=80)
    header_digest = models.CharField(max_length=64)
    mapping = models.JSONField(default=dict)  # our field → the file's column title
    options = models.JSONField(default=dict)  # date order, letter case, encoding, delimiter
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["school", "layout", "header_digest"], name="one_mapping_per_header"
            ),
        ]

    def __str__(self) -> str:
        return f"import source {self.pk}"


class CodeMapping(TenantModel):
    """What a mark of one source means from a day on. Never guessed: a person said so."""

    source = models.ForeignKey(ImportSource, models.CASCADE, related_name="codes")
    mark = models.CharField(max_length=20)
    code = models.CharField(max_length=2, blank=True)  # empty: this mark means no mark
    starts_on = models.DateField()
    ends_on = models.DateField(null=True, blank=True)
    made_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["source", "mark", "starts_on"], name="one_meaning_per_mark_and_day"
            ),
        ]

    def __str__(self) -> str:
        return f"code mapping {self.pk}"


class ImportState(models.TextChoices):
    """Where a file stands."""

    UPLOADED = "uploaded", "Choose the columns"
    CHECKING = "checking", "Being checked"
    CHECKED = "checked", "Checked: nothing imported yet"
    IMPORTING = "importing", "Being imported"
    HELD = "held", "Held for a person"
    TAKEN = "taken", "Imported"
    REFUSED = "refused", "Refused"
    UNDONE = "undone", "Undone"
    DISCARDED = "discarded", "Not imported"


class ImportBatch(TenantModel):
    """One file: its bytes, its reading, its dry run and its outcome."""

    school = models.ForeignKey(School, models.PROTECT, related_name="import_batches")
    reference = models.CharField(max_length=10, default=new_reference)
    layout = models.CharField(max_length=20, choices=ImportLayout)
    source = models.ForeignKey(ImportSource, models.PROTECT, null=True, related_name="batches")
    file_name = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64)
    content = models.BinaryField()  # kept as it arrived
    state = models.CharField(max_length=12, choices=ImportState, default=ImportState.UPLOADED)
    report = models.JSONField(default=dict)  # counts, totals and what the dry run found
    effects = models.JSONField(default=dict)  # rows of people made and changed: the way back
    leave_out_refused = models.BooleanField(default=False)  # a person chose to take the rest
    held_because = models.CharField(max_length=1000, blank=True)
    released_because = models.CharField(max_length=300, blank=True)
    job = models.ForeignKey(Job, models.PROTECT, null=True, related_name="+")
    uploaded_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    uploaded_at = models.DateTimeField()
    taken_at = models.DateTimeField(null=True)
    undone_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["authority", "reference"], name="one_batch_per_reference"
            ),
        ]
        indexes = [models.Index(fields=["school", "-uploaded_at"], name="batches_newest_first")]

    def __str__(self) -> str:
        return self.reference


class PupilMapping(TenantModel):
    """Which pupil a source means where its files name nobody we know. A person said so.

    batch is the file for which it was said: undoing that import takes it back.
    """

    source = models.ForeignKey(ImportSource, models.CASCADE, related_name="pupils")
    upn = models.CharField(max_length=60, blank=True)  # as the file writes it, in capitals
    number = models.CharField(max_length=60, blank=True)  # the register system's, in lower case
    pupil = models.ForeignKey(Pupil, models.PROTECT, related_name="+")
    batch = models.ForeignKey(ImportBatch, models.PROTECT, related_name="+")
    made_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    made_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["source", "upn", "number"], name="one_pupil_per_naming_in_a_file"
            ),
        ]

    def __str__(self) -> str:
        return f"pupil mapping {self.pk}"


class ImportProblem(TenantModel):
    """One value of a file that could not be taken: line, column, value and why."""

    batch = models.ForeignKey(ImportBatch, models.CASCADE, related_name="problems")
    line = models.PositiveIntegerField()
    column = models.CharField(max_length=120, blank=True)
    value = models.CharField(max_length=200, blank=True)
    reason = models.CharField(max_length=300)
    kind = models.CharField(max_length=40)  # unknown code, unknown pupil, wrong date …

    class Meta:
        indexes = [models.Index(fields=["batch", "line"], name="problems_by_line")]

    def __str__(self) -> str:
        return f"problem {self.pk}"
