"""What a person states about an item of a checklist, where no record of the system shows it."""

from django.db import models

from authorities.models import TenantModel, User
from cases.models.case import Case


class ItemAnswer(models.TextChoices):
    """What is stated. There is no bare tick: either answer has words and a day."""

    SHOWN = "shown", "It was done"
    NOT_APPLYING = "does not apply", "It does not apply to this pupil"
    WITHDRAWN = "withdrawn", "What was stated before is taken back"


class ItemStatement(TenantModel):
    """One named person's dated statement on one item. Never changed: a later one stands instead.

    pack, edition, checklist, item  which item, of which edition of which policy
    on     the day it was done or looked at; made_at  when it was written down
    words  what was done or why it does not apply, and how the person knows
    """

    append_only = True

    case = models.ForeignKey(Case, models.PROTECT, related_name="statements")
    pack = models.CharField(max_length=40)
    edition = models.CharField(max_length=20)
    checklist = models.CharField(max_length=60)
    item = models.CharField(max_length=60)
    answer = models.CharField(max_length=20, choices=ItemAnswer)
    words = models.TextField(max_length=1000)
    on = models.DateField()
    made_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    made_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["case", "-id"], name="statements_newest_first")]

    def __str__(self) -> str:
        return f"statement {self.pk}"
