"""What a policy proposes for a pupil: a person takes it up or leaves it."""

from django.db import models
from django.db.models import Q

from attendance.models import Enrolment
from authorities.models import School, TenantModel, User
from authorities.references import new_reference
from cases.models.case import Case


class ProposalKind(models.TextChoices):
    """What can be proposed: `proposes` of authorities.packs.schema.Trigger."""

    WARNING = "warning", "Look at this pupil"
    LETTER = "letter", "Send a letter"
    MEETING = "meeting", "Hold a meeting"
    CASE = "case", "Open a case"
    STAGE = "stage", "Move to a stage"
    CLOSE = "close", "Close the case"


class ProposalState(models.TextChoices):
    """What became of it. GONE: the register no longer says so, and nobody had taken it up."""

    OPEN = "open", "To decide"
    TAKEN = "taken", "Taken up"
    LEFT = "left", "Left, with the reason"
    GONE = "gone", "No longer so"


class Proposal(TenantModel):
    """Something that a trigger of a pack in force proposes for one enrolment.

    pack, edition, trigger  which trigger; `why` is its words and its source
    happening  "" when the register set it off, else the happening that did
    target     key of the letter, meeting or stage in the pack, "" for a warning or a case
    facts      the figures that crossed the line, by fact
    since      the day on which it was first so
    settles_on the day from which a letter may go by itself; None when a person must decide
    ended_on   the day on which the register said so no longer; None while the spell lasts, in
               which nothing is proposed a second time. Always None for a happening.
    """

    school = models.ForeignKey(School, models.PROTECT, related_name="proposals")
    enrolment = models.ForeignKey(Enrolment, models.PROTECT, related_name="proposals")
    case = models.ForeignKey(Case, models.PROTECT, null=True, related_name="proposals")
    reference = models.CharField(max_length=10, default=new_reference)
    pack = models.CharField(max_length=40)
    edition = models.CharField(max_length=20)
    trigger = models.CharField(max_length=60)
    happening = models.CharField(max_length=30, blank=True)
    proposes = models.CharField(max_length=10, choices=ProposalKind)
    target = models.CharField(max_length=60, blank=True)
    why = models.CharField(max_length=600)
    facts = models.JSONField(default=dict)
    since = models.DateField()
    settles_on = models.DateField(null=True)
    ended_on = models.DateField(null=True)
    found_at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=ProposalState, default=ProposalState.OPEN)
    decided_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=600, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint("authority", "reference", name="one_proposal_per_reference"),
            models.UniqueConstraint(
                fields=["enrolment", "pack", "trigger"],
                condition=Q(state="open"),
                name="one_open_proposal_per_trigger",
            ),
            models.UniqueConstraint(
                fields=["enrolment", "pack", "trigger"],
                condition=Q(happening="", ended_on=None),
                name="one_proposal_per_spell",
            ),
        ]
        indexes = [
            models.Index(fields=["authority", "state", "-since"], name="proposals_newest_first"),
            models.Index(fields=["school", "state"], name="proposals_of_a_school"),
        ]

    def __str__(self) -> str:
        return self.reference
