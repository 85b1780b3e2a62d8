"""What people state before a legal step, what they thought of, and which gates they went past."""

from django.db import models
from django.db.models import F, Q

from attendance.models import Adult, Enrolment
from authorities.models import School, TenantModel, User
from authorities.references import new_reference
from cases.models import Case


class StepChoice(models.TextChoices):
    """The steps that the gate of this app stands before. Values as the packs name them."""

    NOTICE_TO_IMPROVE = "notice_to_improve", "Notice to Improve"
    PENALTY_NOTICE = "penalty_notice", "Penalty notice"
    PENALTY_NOTICE_FOR_LEAVE = "penalty_notice_for_leave", "Penalty notice for leave in term time"
    PENALTY_NOTICE_EXCLUDED = (
        "penalty_notice_excluded",
        "Penalty notice for an excluded pupil in a public place",
    )
    WITHDRAWAL = "withdrawal", "Withdrawal of a notice"
    SUPERVISION_ORDER = "supervision_order", "Education supervision order"
    PROSECUTION = "prosecution", "Prosecution"


class GateAnswerKind(models.TextChoices):
    """What is stated. None is a bare tick: each has words and a day."""

    SO = "so", "It is so"
    NOT_SO = "not so", "It is not so"
    WITHDRAWN = "withdrawn", "What was stated before is taken back"


class GateStatement(TenantModel):
    """One named person's dated statement on one requirement of a step. Never changed.

    adult    the parent it is about; None: it holds for each
    test     key of a national test, or "pack:checklist:item" where there is no case to state it on
    edition  of the pack, "" for a national test
    answers  key of a question → answer, where the test has several
    on       the day it is about; it counts until rules.gates.holds_until
    council  whether the person stated it for the council
    """

    append_only = True

    enrolment = models.ForeignKey(Enrolment, models.PROTECT, related_name="gate_statements")
    school = models.ForeignKey(School, models.PROTECT, related_name="+")
    case = models.ForeignKey(Case, models.PROTECT, null=True, related_name="gate_statements")
    adult = models.ForeignKey(Adult, models.PROTECT, null=True, related_name="+")
    step = models.CharField(max_length=30, choices=StepChoice)
    test = models.CharField(max_length=180)
    edition = models.CharField(max_length=20, blank=True)
    answer = models.CharField(max_length=10, choices=GateAnswerKind)
    words = models.TextField(max_length=2000)
    answers = models.JSONField(default=dict)
    on = models.DateField()
    council = models.BooleanField()
    made_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    made_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["enrolment", "-id"], name="gate_statements_newest_first")]
        constraints = [
            models.CheckConstraint(condition=~Q(words=""), name="gate_statement_has_words"),
        ]

    def __str__(self) -> str:
        return f"gate statement {self.pk}"


class BrakeAnswer(TenantModel):
    """What was thought of about one circumstance of a family before a notice. Never changed.

    aspect      a key of rules.gates.ASPECTS
    applies     "yes" or "no", or "unknown", which keeps every notice back
    considered  what was considered, or how it is known that it does not apply
    adjusted    which adjustments were tried, or why none fits
    """

    append_only = True

    enrolment = models.ForeignKey(Enrolment, models.PROTECT, related_name="brake_answers")
    school = models.ForeignKey(School, models.PROTECT, related_name="+")
    case = models.ForeignKey(Case, models.PROTECT, null=True, related_name="brake_answers")
    aspect = models.CharField(max_length=20)
    applies = models.CharField(
        max_length=10, choices=[("yes", "Yes"), ("no", "No"), ("unknown", "Not known")]
    )
    considered = models.TextField(blank=True, max_length=1000)
    adjusted = models.TextField(blank=True, max_length=1000)
    on = models.DateField()
    made_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    made_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["enrolment", "-id"], name="brake_answers_newest_first")]

    def __str__(self) -> str:
        return f"brake answer {self.pk}"


class GateOverride(TenantModel):
    """That a step is taken although something it needs is not shown. Two officers, for ever.

    tests    keys of the requirements that are gone past
    missing  what they said on the day, each {"key", "words", "why", "source"}
    agreed   None while a second officer has not answered
    """

    enrolment = models.ForeignKey(Enrolment, models.PROTECT, related_name="gate_overrides")
    school = models.ForeignKey(School, models.PROTECT, related_name="+")
    case = models.ForeignKey(Case, models.PROTECT, null=True, related_name="gate_overrides")
    adult = models.ForeignKey(Adult, models.PROTECT, null=True, related_name="+")
    reference = models.CharField(max_length=10, default=new_reference)
    step = models.CharField(max_length=30, choices=StepChoice)
    tests = models.JSONField()
    missing = models.JSONField()
    reason = models.TextField(max_length=2000)
    asked_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    asked_on = models.DateField()
    asked_at = models.DateTimeField()
    agreed = models.BooleanField(null=True)
    settled_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    settled_on = models.DateField(null=True)
    settled_at = models.DateTimeField(null=True)
    settled_words = models.TextField(blank=True, max_length=1000)

    class Meta:
        constraints = [
            models.UniqueConstraint("authority", "reference", name="one_override_per_reference"),
            models.CheckConstraint(
                condition=Q(settled_by=None) | ~Q(settled_by=F("asked_by")),
                name="override_is_agreed_by_another",
            ),
            models.CheckConstraint(
                condition=Q(agreed=None, settled_by=None, settled_on=None)
                | Q(agreed__isnull=False, settled_by__isnull=False, settled_on__isnull=False),
                name="override_is_settled_by_somebody",
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="override_has_a_reason"),
        ]
        indexes = [models.Index(fields=["enrolment", "-id"], name="overrides_newest_first")]

    def __str__(self) -> str:
        return self.reference


class OfficerNamed(TenantModel):
    """A deputy or assistant head whom the headteacher named to authorise penalty notices.

    position  as rules.officers.Position names it; nobody else can be named
    """

    school = models.ForeignKey(School, models.PROTECT, related_name="officers_named")
    user = models.ForeignKey(User, models.PROTECT, related_name="+")
    position = models.CharField(
        max_length=30,
        choices=[
            ("deputy headteacher", "Deputy headteacher"),
            ("assistant headteacher", "Assistant headteacher"),
        ],
    )
    starts_on = models.DateField()
    ends_on = models.DateField(null=True)
    words = models.CharField(max_length=300, blank=True)
    named_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    named_at = models.DateTimeField()
    ended_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_on=None) | Q(ends_on__gte=F("starts_on")),
                name="naming_ends_after_it_starts",
            ),
            models.CheckConstraint(
                condition=~Q(named_by=F("user")), name="nobody_names_themselves"
            ),
            models.UniqueConstraint(
                fields=["school", "user"],
                condition=Q(ends_on=None),
                name="one_open_naming_each",
            ),
        ]

    def __str__(self) -> str:
        return f"officer named {self.pk}"
