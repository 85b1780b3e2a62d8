"""What a person decides again after marks have been corrected."""

from django.db import models
from django.db.models import Q

from attendance.models import Crossing, Enrolment
from authorities.models import School, TenantModel, User
from authorities.references import new_reference
from cases.models.case import Case, CaseLetter


class Decision(models.TextChoices):
    """What a person decided about something that relied on corrected marks."""

    STANDS = "stands", "It still stands"
    PUT_RIGHT = "put right", "It has been put right"
    SAME = "same", "Nothing that it rests on changed"


class Recheck(TenantModel):
    """Something that relied on marks which have been corrected since: a person decides about it.

    One of `case`, `case_letter` and `crossing` is what relied on them.

    relied_at      the moment as of which the register was relied on
    as_of          the day up to which it was read
    amendments     how many amendments of the enrolment since have been looked at
    before, after  the facts then, and the same sessions' facts now
    changes        each changed mark: session, codes, reason, who, position, when
    holds          whether it could still be done today, with the corrected marks
    decision       "" while a person has yet to decide; SAME is the machine's, when nothing differs
    """

    school = models.ForeignKey(School, models.PROTECT, related_name="rechecks")
    enrolment = models.ForeignKey(Enrolment, models.PROTECT, related_name="rechecks")
    case = models.ForeignKey(Case, models.PROTECT, null=True, related_name="rechecks")
    case_letter = models.ForeignKey(CaseLetter, models.PROTECT, null=True, related_name="rechecks")
    crossing = models.ForeignKey(Crossing, models.PROTECT, null=True, related_name="rechecks")
    reference = models.CharField(max_length=10, default=new_reference)
    relied_at = models.DateTimeField()
    as_of = models.DateField()
    amendments = models.PositiveIntegerField()
    before = models.JSONField()
    after = models.JSONField()
    changes = models.JSONField()
    holds = models.BooleanField()
    found_at = models.DateTimeField()
    decision = models.CharField(max_length=10, choices=Decision, blank=True)
    decision_reason = models.CharField(max_length=600, blank=True)
    decided_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint("authority", "reference", name="one_recheck_per_reference"),
            models.UniqueConstraint(
                fields=["case"], condition=Q(decision=""), name="one_open_recheck_per_case"
            ),
            models.UniqueConstraint(
                fields=["case_letter"], condition=Q(decision=""), name="one_open_recheck_per_letter"
            ),
            models.UniqueConstraint(
                fields=["crossing"], condition=Q(decision=""), name="one_open_recheck_per_crossing"
            ),
            models.CheckConstraint(
                condition=Q(case__isnull=False, case_letter=None, crossing=None)
                | Q(case=None, case_letter__isnull=False, crossing=None)
                | Q(case=None, case_letter=None, crossing__isnull=False),
                name="recheck_is_about_one_thing",
            ),
        ]
        indexes = [
            models.Index(fields=["authority", "-found_at", "-id"], name="rechecks_newest_first"),
        ]

    def __str__(self) -> str:
        return self.reference

    @property
    def kind(self) -> str:
        """What relied on the marks: case, letter or line of the worklist."""
        if self.case_id is not None:
            return "case"
        return "letter" if self.case_letter_id is not None else "worklist entry"
