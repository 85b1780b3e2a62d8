"""What keeps a pupil from school, what must be thought about, and the support that is given."""

from django.db import models
from django.db.models import Q

from authorities.models import School, TenantModel, User
from cases.models.case import Case


class SaidBy(models.TextChoices):
    """Who named a barrier."""

    PUPIL = "pupil", "The pupil"
    PARENT = "parent", "A parent"
    SCHOOL = "school", "Somebody at school"
    OUTSIDE = "outside", "Another professional"


class Barrier(TenantModel):
    """Something that keeps the pupil from school. It is resolved with words, never deleted.

    pack, key  the kind, in a pack; both "" for a kind of one's own
    label, place, sensitive  copied from the pack on the day: a later edition changes nothing past
    text       what it is for this pupil, in the finder's words
    """

    case = models.ForeignKey(Case, models.PROTECT, related_name="barriers")
    pack = models.CharField(max_length=40, blank=True)
    key = models.CharField(max_length=60, blank=True)
    label = models.CharField(max_length=120)
    place = models.CharField(max_length=20)
    sensitive = models.BooleanField()
    text = models.CharField(max_length=1000)
    said_by = models.CharField(max_length=10, choices=SaidBy)
    found_on = models.DateField()
    found_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()
    resolved_on = models.DateField(null=True)
    resolved_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    resolved_at = models.DateTimeField(null=True)
    resolved_how = models.CharField(max_length=600, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(resolved_on=None) | Q(resolved_on__gte=models.F("found_on")),
                name="barrier_resolved_after_found",
            ),
        ]
        indexes = [models.Index(fields=["case", "-found_on"], name="barriers_newest_first")]

    def __str__(self) -> str:
        return f"barrier {self.pk}"


class Answer(models.TextChoices):
    """What came of thinking about something that the policy asks."""

    DONE = "done", "Done, or in place"
    PLANNED = "planned", "Planned"
    DOES_NOT_APPLY = "no", "Not right for this pupil"


class ConsiderationAnswer(TenantModel):
    """A dated answer to one consideration of a pack. The latest holds; earlier ones stay.

    words, source  what the pack asked that day
    sensitive      asked because of a flag: shown to those who may see such things
    """

    append_only = True

    case = models.ForeignKey(Case, models.PROTECT, related_name="considered")
    pack = models.CharField(max_length=40)
    key = models.CharField(max_length=60)
    words = models.CharField(max_length=400)
    source = models.CharField(max_length=500)
    sensitive = models.BooleanField()
    answer = models.CharField(max_length=10, choices=Answer)
    text = models.CharField(max_length=1000)
    answered_on = models.DateField()
    answered_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    answered_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["case", "-answered_at"], name="answers_newest_first")]

    def __str__(self) -> str:
        return f"answer {self.pk}"


class SupportOutcome(models.TextChoices):
    """What support came to, in the words of those it was for. CASE_CLOSED: nobody said."""

    HELPED = "helped", "It helped"
    A_LITTLE = "a little", "It helped a little"
    NO_DIFFERENCE = "no difference", "It made no difference"
    NOT_TAKEN_UP = "not taken up", "It was offered and not taken up"
    CASE_CLOSED = "case closed", "It ended when the case was closed"


# What people can say that support came to.
SAID_OUTCOMES = [
    (one.value, one.label) for one in SupportOutcome if one != SupportOutcome.CASE_CLOSED
]


class GivenSupport(TenantModel):
    """One way to help, given to one pupil: from a pack's catalogue, or of one's own.

    pack, key   the entry of the catalogue; both "" for one's own
    label, stage, area, source  copied from it on the day
    sensitive   about health or social care: only its being given is shown to all
    who         who does it, in words, such as "Educational psychologist"
    owner       who of the staff sees to it
    """

    case = models.ForeignKey(Case, models.PROTECT, related_name="support")
    school = models.ForeignKey(School, models.PROTECT, related_name="+")
    pack = models.CharField(max_length=40, blank=True)
    key = models.CharField(max_length=60, blank=True)
    label = models.CharField(max_length=200)
    stage = models.PositiveSmallIntegerField(null=True)
    area = models.CharField(max_length=20, blank=True)
    source = models.CharField(max_length=500, blank=True)
    sensitive = models.BooleanField(default=False)
    who = models.CharField(max_length=200)
    owner = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    notes = models.CharField(max_length=1000, blank=True)
    link = models.URLField(max_length=300, blank=True)
    starts_on = models.DateField()
    review_on = models.DateField()
    given_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    given_at = models.DateTimeField()
    ended_on = models.DateField(null=True)
    outcome = models.CharField(max_length=20, choices=SupportOutcome, blank=True)
    outcome_words = models.CharField(max_length=1000, blank=True)
    ended_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(ended_on=None, outcome="")
                | (Q(ended_on__isnull=False) & ~Q(outcome="")),
                name="ended_support_has_an_outcome",
            ),
        ]
        indexes = [models.Index(fields=["case", "-starts_on"], name="support_newest_first")]

    def __str__(self) -> str:
        return f"support {self.pk}"


class SupportReview(TenantModel):
    """A look at support that goes on: what was seen, and when the next look is."""

    append_only = True

    support = models.ForeignKey(GivenSupport, models.PROTECT, related_name="reviews")
    held_on = models.DateField()
    words = models.CharField(max_length=1000)
    next_on = models.DateField()
    held_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    held_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"support review {self.pk}"
