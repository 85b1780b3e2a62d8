"""Cases: why one was opened, with the facts as they stood, and what was done since."""

from django.db import models
from django.db.models import Q

from attendance.models import Adult, Crossing, Enrolment, LeaveRequest, Pupil
from authorities.models import School, TenantModel, User
from authorities.references import new_reference
from letters.models import Letter
from rules.case_stages import LABELS, Stage

STAGES = [(stage.value, LABELS[stage]) for stage in Stage]


class Case(TenantModel):
    """One enrolment's casework from a first concern to closure.

    facts   what was known on the day it was opened: figures, threshold, the sessions behind it
    policy  the packs in force that day, with edition and digest
    Both are frozen: a corrected register changes neither, and shows beside them.
    """

    school = models.ForeignKey(School, models.PROTECT, related_name="cases")
    enrolment = models.ForeignKey(Enrolment, models.PROTECT, related_name="cases")
    pupil = models.ForeignKey(Pupil, models.PROTECT, related_name="cases")
    crossing = models.ForeignKey(Crossing, models.PROTECT, null=True, related_name="cases")
    reference = models.CharField(max_length=10, default=new_reference)
    stage = models.CharField(max_length=20, choices=STAGES, default=Stage.ONE.value)
    facts = models.JSONField()
    policy = models.JSONField()
    opened_on = models.DateField()
    opened_at = models.DateTimeField()
    opened_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    closed_on = models.DateField(null=True)
    closed_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    closing_reason = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint("authority", "reference", name="one_case_per_reference"),
            models.UniqueConstraint(
                fields=["enrolment"],
                condition=Q(closed_on=None),
                name="one_open_case_per_enrolment",
            ),
            models.CheckConstraint(
                condition=Q(stage="closed", closed_on__isnull=False)
                | (~Q(stage="closed") & Q(closed_on=None)),
                name="closed_case_has_its_day",
            ),
        ]
        indexes = [
            models.Index(fields=["authority", "-opened_on", "-id"], name="cases_newest_first"),
            models.Index(fields=["school", "-opened_on"], name="cases_of_a_school"),
        ]

    def __str__(self) -> str:
        return self.reference


class CaseNote(TenantModel):
    """What somebody wrote on a case. Never changed: a correction is another note."""

    append_only = True

    case = models.ForeignKey(Case, models.PROTECT, related_name="notes")
    text = models.TextField(max_length=4000)
    written_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    written_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["case", "-written_at"], name="notes_newest_first")]

    def __str__(self) -> str:
        return f"note {self.pk}"


class CaseLetter(TenantModel):
    """Whom a letter is to and what it is about: a case, or a request for leave.

    One letter, one adult. `pupil` is whose family it goes to: it decides whether it may go.
    """

    pupil = models.ForeignKey(Pupil, models.PROTECT, related_name="letters")
    case = models.ForeignKey(Case, models.PROTECT, null=True, related_name="letters")
    leave = models.ForeignKey(LeaveRequest, models.PROTECT, null=True, related_name="letters")
    adult = models.ForeignKey(Adult, models.PROTECT, related_name="+")
    letter = models.OneToOneField(Letter, models.PROTECT, related_name="case_letter")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(case=None, leave__isnull=False) | Q(case__isnull=False, leave=None),
                name="letter_is_about_one_thing",
            ),
        ]
        indexes = [models.Index(fields=["case", "-id"], name="case_letters_newest_first")]

    def __str__(self) -> str:
        return f"case letter {self.pk}"


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
