"""Letters of a policy that the school sent itself, in its own words: that they went, and how."""

from django.db import models
from django.db.models import Q

from attendance.models import Adult
from authorities.models import TenantModel, User
from authorities.references import new_reference
from cases.models.case import Case
from cases.models.meetings import Meeting


class LetterWay(models.TextChoices):
    """How a letter went."""

    POST = "post", "By post"
    BY_HAND = "by hand", "By hand"
    EMAIL = "email", "By email"
    OWN_SYSTEM = "own system", "Through the school's own system"


class LoggedLetter(TenantModel):
    """One letter to one adult that went without Onroll. Taken back, it counts as never sent.

    pack, edition, key, title, source  which letter of which policy, as it was that day
    sent_on        the day it went; logged_at  when that was written down
    own_reference  what the school's own files call it
    meeting        the meeting that it invited to, if any
    """

    case = models.ForeignKey(Case, models.PROTECT, related_name="logged_letters")
    reference = models.CharField(max_length=10, default=new_reference)
    adult = models.ForeignKey(Adult, models.PROTECT, related_name="+")
    pack = models.CharField(max_length=40)
    edition = models.CharField(max_length=20)
    key = models.CharField(max_length=60)
    title = models.CharField(max_length=400)
    source = models.CharField(max_length=400)
    way = models.CharField(max_length=10, choices=LetterWay)
    sent_on = models.DateField()
    own_reference = models.CharField(max_length=60, blank=True)
    note = models.CharField(max_length=600, blank=True)
    meeting = models.ForeignKey(Meeting, models.PROTECT, null=True, related_name="+")
    logged_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    logged_at = models.DateTimeField()
    taken_back_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    taken_back_at = models.DateTimeField(null=True)
    taken_back_because = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                "authority", "reference", name="one_logged_letter_per_reference"
            ),
            models.UniqueConstraint(
                fields=["case", "pack", "key", "adult", "sent_on"],
                condition=Q(taken_back_at=None),
                name="a_letter_that_went_is_logged_once",
            ),
            models.CheckConstraint(
                condition=Q(taken_back_at=None, taken_back_by=None, taken_back_because="")
                | (
                    Q(taken_back_at__isnull=False, taken_back_by__isnull=False)
                    & ~Q(taken_back_because="")
                ),
                name="a_log_taken_back_says_who_and_why",
            ),
        ]
        indexes = [models.Index(fields=["case", "-sent_on"], name="logged_letters_of_a_case")]

    def __str__(self) -> str:
        return self.reference
