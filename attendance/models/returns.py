"""What the council was told of a pupil, and who has seen a pupil that is away."""

from django.db import models

from attendance.models.people import Enrolment
from authorities.models import School, TenantModel, User
from authorities.references import new_reference


class ReturnKind(models.TextChoices):
    """What a school must tell the council of a pupil of compulsory school age."""

    ATTENDANCE = "attendance", "Absence: ten school days"
    SICKNESS = "sickness", "Sickness: fifteen school days"
    NEW_PUPIL = "new-pupil", "New pupil"
    DELETION = "deletion", "Name taken off the roll"


class ReturnWay(models.TextChoices):
    """How the council was told."""

    FORM = "form", "The council's online form"
    FILE = "file", "In a file of returns"
    EMAIL = "email", "Secure email"
    PHONE = "phone", "By phone"
    LETTER = "letter", "By letter"


class ReturnMade(TenantModel):
    """A return that was made: one for each episode, kept as it was. Never changed.

    first_day  the first day of the episode; the day of joining or leaving for the other kinds
    due_on     the day it was due
    facts      what the council was told: {"sentence": …, "sessions": [[day, half, code], …]}
    """

    append_only = True

    school = models.ForeignKey(School, models.PROTECT, related_name="returns_made")
    enrolment = models.ForeignKey(Enrolment, models.PROTECT, related_name="returns_made")
    reference = models.CharField(max_length=10, default=new_reference)
    kind = models.CharField(max_length=10, choices=ReturnKind)
    first_day = models.DateField()
    due_on = models.DateField()
    facts = models.JSONField()
    made_on = models.DateField()
    way = models.CharField(max_length=10, choices=ReturnWay)
    told = models.CharField(max_length=120)
    note = models.CharField(max_length=300, blank=True)
    made_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    made_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["authority", "reference"], name="one_return_per_reference"
            ),
            models.UniqueConstraint(
                fields=["enrolment", "kind", "first_day"], name="one_return_per_episode"
            ),
        ]
        indexes = [models.Index(fields=["school", "-made_on"], name="returns_of_a_school")]

    def __str__(self) -> str:
        return self.reference


class SicknessExpected(TenantModel):
    """An officer's reason to believe that a pupil will miss fifteen school days through illness.

    first_day  the first day of the illness
    why        what makes it likely: a doctor's note, a stay in hospital. Never a diagnosis
    """

    append_only = True

    school = models.ForeignKey(School, models.PROTECT, related_name="+")
    enrolment = models.ForeignKey(Enrolment, models.PROTECT, related_name="sickness_expected")
    first_day = models.DateField()
    expected_back = models.DateField(null=True, blank=True)
    why = models.CharField(max_length=300)
    expected_on = models.DateField()
    logged_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    logged_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["enrolment", "first_day"], name="sickness_expected_once_a_spell"
            ),
        ]

    def __str__(self) -> str:
        return f"sickness expected {self.pk}"


class SightingWay(models.TextChoices):
    """How a pupil who is away was seen. A phone call is no sighting."""

    HOME = "home", "Visit at home"
    SCHOOL = "school", "At school"
    ELSEWHERE = "elsewhere", "Somewhere else"
    VIDEO = "video", "Video call"


class Sighting(TenantModel):
    """Somebody saw a pupil who is away. Never changed: a mistake gets a later entry.

    seen_by  who saw the child: name and position, which may be somebody of another service
    """

    append_only = True

    school = models.ForeignKey(School, models.PROTECT, related_name="sightings")
    enrolment = models.ForeignKey(Enrolment, models.PROTECT, related_name="sightings")
    reference = models.CharField(max_length=10, default=new_reference)
    seen_on = models.DateField()
    way = models.CharField(max_length=10, choices=SightingWay)
    seen_by = models.CharField(max_length=120)
    note = models.CharField(max_length=600, blank=True)
    logged_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    logged_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["authority", "reference"], name="one_sighting_per_reference"
            ),
        ]
        indexes = [models.Index(fields=["enrolment", "-seen_on"], name="sightings_of_a_pupil")]

    def __str__(self) -> str:
        return self.reference
