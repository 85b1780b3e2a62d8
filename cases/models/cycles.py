"""Assess, plan, do, review: one plan at a time, each cycle carrying on from the one before."""

from django.db import models
from django.db.models import Q

from authorities.models import School, TenantModel, User
from cases.models.case import Case
from cases.models.support import Barrier


class CycleOutcome(models.TextChoices):
    """What the end review found about attendance. The values are happenings of a policy.

    CASE_CLOSED is none: the case was closed before anybody reviewed the plan, so it is not whole.
    """

    IMPROVED = "improved", "Attendance improved"
    NOT_IMPROVED = "not_improved", "Attendance did not improve"
    CASE_CLOSED = "case_closed", "Not reviewed: the case was closed"


class TargetsOutcome(models.TextChoices):
    """What it found about the targets, from each target's own answer. Happenings as well."""

    TARGETS_MET = "targets_met", "The targets were met"
    TARGETS_MISSED = "targets_missed", "The targets were not met"


class Cycle(TenantModel):
    """One cycle of a case's plan. Only one is open at a time.

    number  1 for the first; before  the cycle it carries on from
    aim     what the plan is for, in the family's words where they can be had
    clock   where its length comes from: pack, key, words and source; empty when people chose
    version goes up with each change of the plan: a form that was read before is refused
    """

    case = models.ForeignKey(Case, models.PROTECT, related_name="cycles")
    school = models.ForeignKey(School, models.PROTECT, related_name="+")
    number = models.PositiveSmallIntegerField()
    before = models.OneToOneField("self", models.PROTECT, null=True, related_name="next")
    aim = models.CharField(max_length=600)
    lead = models.ForeignKey(User, models.PROTECT, related_name="+")
    starts_on = models.DateField()
    midway_on = models.DateField(null=True)
    review_on = models.DateField()
    clock = models.JSONField(default=dict)
    version = models.PositiveIntegerField(default=1)
    opened_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    opened_at = models.DateTimeField()
    ended_on = models.DateField(null=True)
    outcome = models.CharField(max_length=20, choices=CycleOutcome, blank=True)
    targets_outcome = models.CharField(max_length=20, choices=TargetsOutcome, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["case", "number"], name="one_cycle_per_number"),
            models.UniqueConstraint(
                fields=["case"], condition=Q(ended_on=None), name="one_open_cycle_per_case"
            ),
            models.CheckConstraint(
                condition=Q(ended_on=None, outcome="")
                | (Q(ended_on__isnull=False) & ~Q(outcome="")),
                name="ended_cycle_has_an_outcome",
            ),
            models.CheckConstraint(
                condition=Q(review_on__gt=models.F("starts_on")), name="review_after_start"
            ),
        ]

    def __str__(self) -> str:
        return f"cycle {self.pk}"


class Assessment(TenantModel):
    """What was found on a day: voices, tools, a professional's view. Never changed.

    tools  each used: pack, key, label, voice, score (or None) and parts as [heading, words]
    """

    append_only = True

    cycle = models.ForeignKey(Cycle, models.PROTECT, related_name="assessments")
    made_on = models.DateField()
    pupil_voice = models.CharField(max_length=2000, blank=True)
    parent_voice = models.CharField(max_length=2000, blank=True)
    professional_view = models.CharField(max_length=2000, blank=True)
    tools = models.JSONField(default=list)
    made_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    made_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["cycle", "-made_on"], name="assessments_newest_first")]

    def __str__(self) -> str:
        return f"assessment {self.pk}"


class AssessedBarrier(TenantModel):
    """A barrier that an assessment found, or found still there."""

    append_only = True

    assessment = models.ForeignKey(Assessment, models.PROTECT, related_name="found")
    barrier = models.ForeignKey(Barrier, models.PROTECT, related_name="assessed")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["assessment", "barrier"], name="one_finding_per_assessment"
            ),
        ]

    def __str__(self) -> str:
        return f"finding {self.pk}"


class Measure(models.TextChoices):
    """What a target counts. The register answers the first four by itself."""

    ATTENDANCE = "attendance", "Attendance, in percent"
    MISSED = "missed", "Half days missed"
    UNAUTHORISED = "unauthorised", "Unauthorised half days"
    LATES = "lates", "Late arrivals"
    SCORE = "score", "A score on a scale"
    OTHER = "other", "Something else we can count"


class TargetState(models.TextChoices):
    """What became of a target. CARRIED: not met, and set again in the next cycle. LEFT: nobody
    decided, as the case was closed first."""

    OPEN = "open", "Working towards it"
    MET = "met", "Met"
    MISSED = "missed", "Not met"
    CARRIED = "carried", "Not met, carried over"
    LEFT = "left", "Not decided: the case was closed"


class Target(TenantModel):
    """One target of a cycle: what, how it is measured, from where to where, by when.

    before  the target of the cycle before that it carries on
    value   where it stood when it was decided
    """

    cycle = models.ForeignKey(Cycle, models.PROTECT, related_name="targets")
    before = models.OneToOneField("self", models.PROTECT, null=True, related_name="next")
    what = models.CharField(max_length=300)
    why = models.CharField(max_length=300, blank=True)
    measure = models.CharField(max_length=20, choices=Measure)
    unit = models.CharField(max_length=60, blank=True)
    from_value = models.DecimalField(max_digits=6, decimal_places=1)
    to_value = models.DecimalField(max_digits=6, decimal_places=1)
    by = models.DateField()
    state = models.CharField(max_length=10, choices=TargetState, default=TargetState.OPEN)
    value = models.DecimalField(max_digits=6, decimal_places=1, null=True)
    set_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    set_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(from_value=models.F("to_value")), name="target_goes_somewhere"
            ),
        ]

    def __str__(self) -> str:
        return f"target {self.pk}"


class TargetStep(TenantModel):
    """An interim step on the way to a target."""

    target = models.ForeignKey(Target, models.PROTECT, related_name="steps")
    value = models.DecimalField(max_digits=6, decimal_places=1)
    by = models.DateField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["target", "by"], name="one_step_per_day"),
        ]

    def __str__(self) -> str:
        return f"step {self.pk}"


class PlannedAction(TenantModel):
    """Something that somebody does by a day: staff, or the family as a partner.

    owner  of the staff; who  in words where it is the pupil, a parent or somebody outside
    """

    cycle = models.ForeignKey(Cycle, models.PROTECT, related_name="actions")
    target = models.ForeignKey(Target, models.PROTECT, null=True, related_name="actions")
    words = models.CharField(max_length=300)
    owner = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    who = models.CharField(max_length=120, blank=True)
    due_on = models.DateField()
    agreed_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    agreed_at = models.DateTimeField()
    done_on = models.DateField(null=True)
    done_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    done_words = models.CharField(max_length=600, blank=True)
    dropped = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(owner=None, who=""), name="action_has_somebody_to_do_it"
            ),
        ]

    def __str__(self) -> str:
        return f"action {self.pk}"


class CycleLog(TenantModel):
    """What was done, on a day, in words. Never changed."""

    append_only = True

    cycle = models.ForeignKey(Cycle, models.PROTECT, related_name="log")
    on = models.DateField()
    words = models.CharField(max_length=1000)
    written_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    written_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["cycle", "-on"], name="cycle_log_newest_first")]

    def __str__(self) -> str:
        return f"log {self.pk}"


class CycleReview(TenantModel):
    """A review that was held, midway or at the end, with the figures of that day. Never changed.

    outcome  "" midway; figures  attendance before and during, as the register stood
    """

    append_only = True

    cycle = models.ForeignKey(Cycle, models.PROTECT, related_name="reviews")
    midway = models.BooleanField()
    held_on = models.DateField()
    present = models.CharField(max_length=300)
    worked = models.CharField(max_length=1000)
    did_not_work = models.CharField(max_length=1000, blank=True)
    next_steps = models.CharField(max_length=1000)
    outcome = models.CharField(max_length=20, choices=CycleOutcome, blank=True)
    figures = models.JSONField(default=dict)
    held_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    held_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["cycle", "midway"], name="one_review_of_each_kind"),
        ]

    def __str__(self) -> str:
        return f"review {self.pk}"
