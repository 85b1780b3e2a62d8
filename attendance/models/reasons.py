"""Asking why a pupil is away: each attempt to reach a family, and each worker who was told."""

from datetime import date

from django.db import models
from django.db.models import Q
from django.utils.timezone import localdate

from attendance.models.amending import MarkChange
from attendance.models.people import Adult, Enrolment
from authorities.models import School, TenantModel, User
from authorities.references import new_reference


class ContactWay(models.TextChoices):
    """How a family was contacted, or contacted us."""

    CALL = "call", "Phone call"
    MESSAGE = "message", "Text message"
    EMAIL = "email", "Email"
    LETTER = "letter", "Letter by hand"
    VISIT = "visit", "Home visit"
    IN_PERSON = "in person", "In person, at school"


class ContactOutcome(models.TextChoices):
    """What came of it."""

    SPOKE = "spoke", "Spoke to them"
    NO_ANSWER = "no answer", "No answer"
    DECLINED = "declined", "Would not talk about it"
    LEFT_MESSAGE = "left message", "Left a message"
    HANDED_OVER = "handed over", "Handed over, or put through the door"
    WRONG_NUMBER = "wrong number", "Wrong number or address"


class Contact(TenantModel):
    """One attempt to reach a pupil's family. Never changed: a mistake gets a later entry.

    about        the first day of the absence it was about; None: attendance as a whole
    visitors     who went on a home visit, by name
    risks        how the risk of the visit was assessed, for those who plan the next one
    note         what was said or done
    adult        with whom; or `with_whom` in words, where it was nobody of the family's record
    child_seen   the pupil was seen and well enough to be spoken to (visit or in person)
    change       the correction of marks that followed from it, where it waits or was done at once
    """

    append_only = True

    school = models.ForeignKey(School, models.PROTECT, related_name="contacts")
    enrolment = models.ForeignKey(Enrolment, models.PROTECT, related_name="contacts")
    reference = models.CharField(max_length=10, default=new_reference)
    about = models.DateField(null=True)
    way = models.CharField(max_length=10, choices=ContactWay)
    made_at = models.DateTimeField()
    adult = models.ForeignKey(Adult, models.PROTECT, null=True, related_name="+")
    with_whom = models.CharField(max_length=120, blank=True)
    outcome = models.CharField(max_length=12, choices=ContactOutcome)
    reason_given = models.CharField(max_length=300, blank=True)
    code = models.CharField(max_length=2, blank=True)  # what the absence was changed to
    expected_back = models.DateField(null=True, blank=True)
    child_seen = models.BooleanField(default=False)
    visitors = models.JSONField(default=list)
    risks = models.CharField(max_length=600, blank=True)
    note = models.CharField(max_length=1000, blank=True)
    change = models.ForeignKey(MarkChange, models.PROTECT, null=True, related_name="contacts")
    logged_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    logged_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["authority", "reference"], name="one_contact_per_reference"
            ),
            models.CheckConstraint(
                condition=Q(adult=None) | Q(with_whom=""), name="contact_with_one_person"
            ),
            models.CheckConstraint(
                condition=Q(child_seen=False) | Q(way__in=["visit", "in person"]),
                name="a_child_is_seen_in_person",
            ),
            models.CheckConstraint(
                condition=Q(visitors=[], risks="") | Q(way="visit"),
                name="only_a_visit_has_visitors",
            ),
        ]
        indexes = [
            models.Index(fields=["enrolment", "-made_at"], name="contacts_of_a_pupil"),
            models.Index(fields=["school", "-made_at"], name="contacts_of_a_school"),
        ]

    def __str__(self) -> str:
        return self.reference

    @property
    def reached(self) -> bool:
        """Whether somebody was spoken to, or the pupil was seen."""
        return self.outcome == ContactOutcome.SPOKE or self.child_seen

    @property
    def counts_from(self) -> date:
        """The day of an absence from which it counts as an attempt to explain it."""
        return self.about or localdate(self.made_at)

    @property
    def made_by(self) -> str:
        """Who went or rang."""
        return " and ".join(self.visitors) or self.logged_by.name


class Worker(models.TextChoices):
    """Who outside the school must hear of an unexplained absence."""

    SOCIAL = "social", "Social worker"
    YOUTH_JUSTICE = "youth justice", "Youth justice worker"


class WorkerTold(TenantModel):
    """A pupil's social worker or youth justice worker was told of an absence. Never changed."""

    append_only = True

    school = models.ForeignKey(School, models.PROTECT, related_name="+")
    enrolment = models.ForeignKey(Enrolment, models.PROTECT, related_name="workers_told")
    worker = models.CharField(max_length=15, choices=Worker)
    about = models.DateField()  # the first day of the absence
    told = models.CharField(max_length=120)  # who: name or team
    way = models.CharField(max_length=10, choices=ContactWay)
    told_at = models.DateTimeField()
    note = models.CharField(max_length=300, blank=True)
    logged_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    logged_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["enrolment", "-told_at"], name="workers_told_of_a_pupil")]

    def __str__(self) -> str:
        return f"worker told {self.pk}"
