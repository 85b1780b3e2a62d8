"""Notices to Improve: the last offer of help before a penalty notice."""

from django.db import models
from django.db.models import F, Q

from attendance.models import Adult, Enrolment
from authorities.models import School, TenantModel, User
from authorities.references import new_reference
from cases.models import Case, CaseLetter
from rules.notice_stages import IMPROVEMENT, ImprovementState

IMPROVEMENT_STATES = [(state.value, IMPROVEMENT.labels[state]) for state in ImprovementState]


class ImprovementNotice(TenantModel):
    """One Notice to Improve about one enrolment, or the reason why none is used.

    side       who issues it, the school or the council, as the policy says
    proof      the threshold's proof on the day it was issued, frozen
    gate       the gate's answer at that moment, frozen; policy  the packs in force
    weeks      school weeks of its period; starts_on and ends_on  its first and last day
    at_most_percent  the most unauthorised absence with which the period is passed
    record, duty, support, offer, success, early  the parts of its contents that are written:
               the offences, the benefits and the duty, support given, further support, what
               enough improvement looks like, and what would end it early
    result     unauthorised and possible sessions of the period, and how they were counted
    words      why none is used; "" when one is
    version    goes up with each move: a form that was read before one is refused
    """

    case = models.ForeignKey(Case, models.PROTECT, related_name="improvement_notices")
    enrolment = models.ForeignKey(Enrolment, models.PROTECT, related_name="improvement_notices")
    school = models.ForeignKey(School, models.PROTECT, related_name="+")
    reference = models.CharField(max_length=10, default=new_reference)
    state = models.CharField(max_length=30, choices=IMPROVEMENT_STATES)
    version = models.PositiveIntegerField(default=1)
    side = models.CharField(
        max_length=10, choices=[("school", "The school"), ("authority", "The council")]
    )
    weeks = models.PositiveSmallIntegerField(null=True)
    starts_on = models.DateField(null=True)
    ends_on = models.DateField(null=True)
    at_most_percent = models.PositiveSmallIntegerField(null=True)
    record = models.TextField(blank=True, max_length=2000)
    duty = models.TextField(blank=True, max_length=2000)
    support = models.TextField(blank=True, max_length=3000)
    offer = models.TextField(blank=True, max_length=3000)
    success = models.TextField(blank=True, max_length=2000)
    early = models.TextField(blank=True, max_length=2000)
    words = models.CharField(max_length=600, blank=True)
    proof = models.JSONField(default=dict)
    gate = models.JSONField(default=dict)
    policy = models.JSONField(default=dict)
    result = models.JSONField(default=dict)
    made_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    decided_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    issued_on = models.DateField(null=True)
    over_on = models.DateField(null=True)
    told_on = models.DateField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint("authority", "reference", name="one_improvement_per_reference"),
            models.CheckConstraint(
                condition=Q(issued_on=None) | ~Q(decided_by=F("made_by")) & ~Q(decided_by=None),
                name="improvement_is_decided_by_another",
            ),
            models.CheckConstraint(
                condition=Q(ends_on=None) | Q(ends_on__gte=F("starts_on")),
                name="improvement_ends_after_it_starts",
            ),
        ]
        indexes = [
            models.Index(fields=["case", "-id"], name="improvements_newest_first"),
            models.Index(fields=["authority", "state", "ends_on"], name="improvements_by_state"),
        ]

    def __str__(self) -> str:
        return self.reference


class ImprovementParent(TenantModel):
    """One parent to whom a Notice to Improve is given, with the letter that is theirs alone."""

    notice = models.ForeignKey(ImprovementNotice, models.PROTECT, related_name="parents")
    adult = models.ForeignKey(Adult, models.PROTECT, related_name="+")
    letter = models.OneToOneField(CaseLetter, models.PROTECT, null=True, related_name="+")
    told = models.OneToOneField(CaseLetter, models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["notice", "adult"], name="one_improvement_each_parent"),
        ]

    def __str__(self) -> str:
        return f"improvement parent {self.pk}"
