"""One school asks another what it may know of a pupil's brother or sister, and is answered."""

from django.db import models
from django.db.models import Q

from attendance.models import Enrolment
from authorities.models import School, TenantModel, User
from authorities.references import new_reference
from cases.models.case import Case


class Basis(models.TextChoices):
    """Why the law lets one school tell another (UK GDPR Article 6; people choose and say why)."""

    PUBLIC_TASK = "public task", "Public task: helping these pupils to attend"
    SAFEGUARDING = "safeguarding", "Safeguarding: a child may be at risk"
    LEGAL_DUTY = "legal duty", "A legal duty: say which"
    CONSENT = "consent", "The parent agreed: say who, when and to what"


class ShareState(models.TextChoices):
    """What became of it."""

    ASKED = "asked", "Waiting for an answer"
    ACCEPTED = "accepted", "Accepted"
    REFUSED = "refused", "Refused"
    WITHDRAWN = "withdrawn", "Taken back: the case was closed"


class SiblingShare(TenantModel):
    """Whether the people of one case may know a brother or sister at another school.

    case       the case for which it is asked; `school` is the one that asks
    enrolment  the brother's or sister's; `other_school` is theirs, and answers
    until      the last day on which an acceptance holds
    """

    case = models.ForeignKey(Case, models.PROTECT, related_name="sibling_shares")
    school = models.ForeignKey(School, models.PROTECT, related_name="+")
    enrolment = models.ForeignKey(Enrolment, models.PROTECT, related_name="+")
    other_school = models.ForeignKey(School, models.PROTECT, related_name="+")
    reference = models.CharField(max_length=10, default=new_reference)
    basis = models.CharField(max_length=20, choices=Basis)
    why = models.CharField(max_length=600)
    until = models.DateField()
    state = models.CharField(max_length=10, choices=ShareState, default=ShareState.ASKED)
    asked_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    answered_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    answered_at = models.DateTimeField(null=True)
    answer = models.CharField(max_length=600, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint("authority", "reference", name="one_share_per_reference"),
            models.UniqueConstraint(
                fields=["case", "enrolment"],
                condition=Q(state="asked"),
                name="one_open_question_per_sibling",
            ),
            models.CheckConstraint(
                condition=Q(state="asked", answered_at=None)
                | (~Q(state="asked") & Q(answered_at__isnull=False, answered_by__isnull=False)),
                name="answered_share_says_who_and_when",
            ),
        ]
        indexes = [
            models.Index(fields=["other_school", "state"], name="shares_to_answer"),
        ]

    def __str__(self) -> str:
        return self.reference
