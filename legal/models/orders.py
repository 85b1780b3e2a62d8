"""Education supervision orders: considered, applied for, in force, reviewed and ended."""

from django.db import models
from django.db.models import F, Q

from attendance.models import Adult, Enrolment, Pupil
from authorities.models import School, TenantModel, User
from authorities.references import new_reference
from cases.models import Case, CaseLetter
from rules.supervision_order_stages import SUPERVISION, SupervisionState

SUPERVISION_STATES = [(state.value, SUPERVISION.labels[state]) for state in SupervisionState]


class SupervisionOrder(TenantModel):
    """One education supervision order for one child, from the day it was first thought of.

    considered_on, considered  when the council considered it, and what it found and why
    attendance      what shows that the child does not attend regularly
    home, agreed    the council where the child lives, where it is another; the day both agreed
                    in writing that ours applies
    in_care, safeguarding, joint_view  as rules.supervision_orders.Considering asks
    consulted_on, answered_on, social_care  when social services were asked, and what they said
    parent_told_on, family  when the parents were written to, and what the family says
    beside_prosecution  it is sought in addition to a prosecution, not in place of one
    applied_by      never the one who considered it alone: the database refuses it
    made_on         the day the court made it; extended_to  the last day, where it was extended
    ends_on, review_due  its last day and the next review, as its dates give them; counted again
                    each night. None while it is not in force
    version         goes up with each change: a form that was read before one is refused
    """

    case = models.ForeignKey(Case, models.PROTECT, related_name="supervision_orders")
    enrolment = models.ForeignKey(Enrolment, models.PROTECT, related_name="supervision_orders")
    pupil = models.ForeignKey(Pupil, models.PROTECT, related_name="supervision_orders")
    school = models.ForeignKey(School, models.PROTECT, related_name="+")
    reference = models.CharField(max_length=10, default=new_reference)
    state = models.CharField(max_length=30, choices=SUPERVISION_STATES)
    version = models.PositiveIntegerField(default=1)
    considered_on = models.DateField()
    considered = models.TextField(max_length=4000)
    attendance = models.TextField(max_length=2000)
    reason = models.CharField(max_length=40, blank=True)
    home = models.CharField(max_length=120, blank=True)
    agreed_on = models.DateField(null=True)
    in_care = models.BooleanField(default=False)
    safeguarding = models.BooleanField(default=False)
    joint_view = models.BooleanField(default=False)
    consulted_on = models.DateField(null=True)
    answered_on = models.DateField(null=True)
    social_care = models.TextField(blank=True, max_length=4000)
    parent_told_on = models.DateField(null=True)
    family = models.TextField(blank=True, max_length=4000)
    beside_prosecution = models.BooleanField(default=False)
    applied_on = models.DateField(null=True)
    applied_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    court = models.CharField(max_length=200, blank=True)
    made_on = models.DateField(null=True)
    supervisor = models.CharField(max_length=200, blank=True)
    extension_sought_on = models.DateField(null=True)
    extended_to = models.DateField(null=True)
    care_order_on = models.DateField(null=True)
    discharged_on = models.DateField(null=True)
    ended_on = models.DateField(null=True)
    ends_on = models.DateField(null=True)
    review_due = models.DateField(null=True)
    made_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    made_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint("authority", "reference", name="one_order_per_reference"),
            models.CheckConstraint(
                condition=Q(applied_on=None)
                | Q(applied_by__isnull=False) & ~Q(applied_by=F("made_by")),
                name="order_is_applied_for_by_another",
            ),
            models.CheckConstraint(
                condition=Q(made_on=None) | Q(applied_on__isnull=False),
                name="order_was_applied_for_before",
            ),
            models.UniqueConstraint(
                fields=["pupil"],
                condition=Q(ended_on=None),
                name="one_order_at_a_time",
            ),
        ]
        indexes = [
            models.Index(fields=["authority", "state", "-id"], name="orders_by_state"),
            models.Index(fields=["enrolment", "-id"], name="orders_of_a_pupil"),
        ]

    def __str__(self) -> str:
        return self.reference


class OrderDirection(TenantModel):
    """One direction under an order: to the child or to one parent. Never changed.

    adult  the parent to whom it is given; None for the child
    asked  what the child and the parents said when they were asked before; letter  as it went
    """

    append_only = True

    order = models.ForeignKey(SupervisionOrder, models.PROTECT, related_name="directions")
    adult = models.ForeignKey(Adult, models.PROTECT, null=True, related_name="+")
    given_on = models.DateField()
    words = models.TextField(max_length=2000)
    asked = models.TextField(max_length=2000)
    letter = models.ForeignKey(CaseLetter, models.PROTECT, null=True, related_name="+")
    made_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    made_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"direction {self.pk}"


class OrderFailure(TenantModel):
    """One time that a direction was not followed. Never changed."""

    append_only = True

    direction = models.ForeignKey(OrderDirection, models.PROTECT, related_name="failures")
    on = models.DateField()
    words = models.TextField(max_length=2000)
    made_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    made_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"failure {self.pk}"


class OrderReview(TenantModel):
    """One three-monthly review of an order. Never changed.

    due  the day by which it was due; words  what was found; next  what is done until the next
    """

    append_only = True

    order = models.ForeignKey(SupervisionOrder, models.PROTECT, related_name="reviews")
    due = models.DateField(null=True)
    on = models.DateField()
    words = models.TextField(max_length=4000)
    next = models.TextField(max_length=2000)
    made_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    made_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["order", "-on"], name="reviews_of_an_order")]

    def __str__(self) -> str:
        return f"review {self.pk}"
