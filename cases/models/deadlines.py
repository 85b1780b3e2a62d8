"""What must be done on a case by when: one table for every clock."""

from django.db import models
from django.db.models import Q

from authorities.models import School, TenantModel, User
from cases.models.case import Case


class DeadlineKind(models.TextChoices):
    """What is due."""

    LETTER_REVIEW = "letter review", "Review after a letter"
    PLAN_MIDWAY = "plan midway", "Mid-point review of the plan"
    PLAN_REVIEW = "plan review", "Review of the plan"
    ACTION = "action", "Action agreed"
    SUPPORT_REVIEW = "support review", "Review of support"
    MEETING = "meeting", "Meeting"
    MINUTES = "minutes", "Minutes to send"
    CONTRACT_REVIEW = "contract review", "Review of the contract"
    CONTRACT_END = "contract end", "End of the contract"
    CONTRACT_ANSWER = "contract answer", "Explanation of a breach"
    REFERRAL_ANSWER = "referral answer", "Answer to a referral"
    CONTACT = "contact", "Contact with the family"
    LEGAL = "legal", "Step of a legal process"
    ENDING = "ending", "Whether the case goes on"


class Deadline(TenantModel):
    """One thing due on one case. It ends by being done, or by no longer mattering.

    about    what it is about, as "cases.Contract:12", "" for the case itself
    words    what to do, as its reader reads it
    nothing  what happens if nobody does it, in a sentence
    owner    who does it; None: whoever carries the case
    clock    where the length comes from: pack, edition, key, words, source
    length, unit  how long from `since`; None for a day that people agreed: it is never counted anew
    pauses   those that ended, each {"first", "last", "because"}; paused_since while one lasts
    version  goes up with each change: a form that was read before one is refused
    """

    case = models.ForeignKey(Case, models.PROTECT, related_name="deadlines")
    school = models.ForeignKey(School, models.PROTECT, related_name="+")
    kind = models.CharField(max_length=20, choices=DeadlineKind)
    about = models.CharField(max_length=60, blank=True)
    words = models.CharField(max_length=300)
    nothing = models.CharField(max_length=300, blank=True)
    owner = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    clock = models.JSONField(default=dict)
    length = models.PositiveSmallIntegerField(null=True)
    unit = models.CharField(max_length=20, blank=True)
    since = models.DateField()
    due_on = models.DateField()
    paused_since = models.DateField(null=True)
    paused_because = models.CharField(max_length=300, blank=True)
    pauses = models.JSONField(default=list)
    version = models.PositiveIntegerField(default=1)
    done_on = models.DateField(null=True)
    done_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    dropped_because = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["case", "kind", "about"],
                condition=Q(done_on=None),
                name="one_open_deadline_per_subject",
            ),
        ]
        indexes = [
            models.Index(
                fields=["authority", "due_on"],
                condition=Q(done_on=None),
                name="open_deadlines_by_day",
            ),
            models.Index(
                fields=["school", "due_on"],
                condition=Q(done_on=None),
                name="open_deadlines_of_a_school",
            ),
        ]

    def __str__(self) -> str:
        return f"deadline {self.pk}"


class WorkChangeKind(models.TextChoices):
    """What was changed about a piece of work. RECOUNTED: by the calendar, by nobody."""

    MOVED = "moved", "Moved to another day"
    PAUSED = "paused", "Paused"
    RESUMED = "resumed", "Runs again"
    RECOUNTED = "recounted", "Counted again: the school's calendar changed"
    GIVEN = "given", "Given to somebody"
    DONE = "done", "Done"
    UNDONE = "undone", "Taken back"


class WorkChange(TenantModel):
    """One change of a deadline's day or owner, or of a case's owner. Never changed itself.

    deadline  None when it is the owner of the case that changed
    batch     what was done together, and can be taken back together; "" for one alone
    made_by   None when the machine did it
    """

    append_only = True

    case = models.ForeignKey(Case, models.PROTECT, related_name="work_changes")
    deadline = models.ForeignKey(Deadline, models.PROTECT, null=True, related_name="changes")
    what = models.CharField(max_length=10, choices=WorkChangeKind)
    was_on = models.DateField(null=True)
    now_on = models.DateField(null=True)
    was_owner = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    now_owner = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    reason = models.CharField(max_length=300, blank=True)
    batch = models.CharField(max_length=10, blank=True)
    made_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    made_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["case", "-made_at"], name="work_changes_newest_first"),
            models.Index(
                fields=["authority", "batch"],
                condition=~Q(batch=""),
                name="work_changes_of_a_batch",
            ),
        ]

    def __str__(self) -> str:
        return f"work change {self.pk}"
