"""Changes of marks that wait for a second person, or that reach many marks at once."""

from django.db import models
from django.db.models import Q

from attendance.models.people import Enrolment
from attendance.models.taking import HALVES
from authorities.models import School, TenantModel, User
from authorities.references import new_reference


class ChangeState(models.TextChoices):
    """Where a change of marks stands. A draft is a preview: nothing has been asked or done."""

    DRAFT = "draft", "Preview"
    WAITING = "waiting", "Waiting for a second person"
    DONE = "done", "Done"
    DECLINED = "declined", "Declined"
    WITHDRAWN = "withdrawn", "Withdrawn by who asked"
    UNDONE = "undone", "Undone"


class MarkChange(TenantModel):
    """One change of one or many marks of a school to a code, for one reason.

    selected    which marks were chosen, in words and without names
    text        a note kept beside each mark
    last_entry  the ledger's last number when it was done: what comes later is somebody else's
    """

    school = models.ForeignKey(School, models.PROTECT, related_name="mark_changes")
    reference = models.CharField(max_length=10, default=new_reference)
    state = models.CharField(max_length=10, choices=ChangeState, default=ChangeState.DRAFT)
    code = models.CharField(max_length=2)
    nature = models.CharField(max_length=200, blank=True)
    other_school = models.CharField(max_length=120, blank=True)
    arrived_at = models.TimeField(null=True, blank=True)
    text = models.CharField(max_length=300, blank=True)
    reason = models.CharField(max_length=300)
    selected = models.CharField(max_length=300)
    first_day = models.DateField()
    last_day = models.DateField()
    asked_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    decided_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    decision_reason = models.CharField(max_length=300, blank=True)
    done_at = models.DateTimeField(null=True)
    last_entry = models.BigIntegerField(null=True)
    undone_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    undone_at = models.DateTimeField(null=True)
    undone_because = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["authority", "reference"], name="one_mark_change_per_reference"
            ),
            models.CheckConstraint(
                condition=Q(decided_by=None) | ~Q(decided_by=models.F("asked_by")),
                name="a_second_person_decides",
            ),
        ]
        indexes = [
            models.Index(fields=["school", "state", "-asked_at"], name="mark_changes_by_state"),
        ]

    def __str__(self) -> str:
        return self.reference


class RowOutcome(models.TextChoices):
    """What a change would do, or did, with one mark."""

    NEW = "new", "First mark"
    CHANGED = "changed", "Changed"
    UNCHANGED = "unchanged", "As it was"
    REFUSED = "refused", "Not possible"
    STAYED = "stayed", "Stayed: changed by somebody meanwhile"
    RESTORED = "restored", "Put back"


class MarkChangeRow(TenantModel):
    """One mark of a change. `original` is what the register said when the change was asked for."""

    change = models.ForeignKey(MarkChange, models.CASCADE, related_name="rows")
    enrolment = models.ForeignKey(Enrolment, models.PROTECT, related_name="+")
    day = models.DateField()
    session = models.PositiveSmallIntegerField(choices=HALVES)
    original = models.CharField(max_length=2, blank=True)
    code = models.CharField(max_length=2)
    outcome = models.CharField(max_length=10, choices=RowOutcome)
    refusal = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["change", "enrolment", "day", "session"],
                name="one_row_per_mark_of_a_change",
            ),
        ]

    def __str__(self) -> str:
        return f"mark change row {self.pk}"
