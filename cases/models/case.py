"""Cases: why one was opened, with the facts as they stood, and what was done since."""

from django.db import models
from django.db.models import Q

from attendance.models import Adult, Crossing, Enrolment, LeaveRequest, Pupil
from authorities.models import School, TenantModel, User
from authorities.references import new_reference
from letters.models import Letter
from rules.case_stages import LABELS, Stage

STAGES = [(stage.value, LABELS[stage]) for stage in Stage]


class Case(TenantModel):
    """One enrolment's casework from a first concern to closure.

    facts    what was known on the day it was opened: figures, threshold, the sessions behind it
    policy   the packs in force that day, with edition and digest
    Both are frozen: a corrected register changes neither, and shows beside them.

    stage    one of the product's three stages, or closed
    places   where it stands in each pack's own stages: pack name → key of the stage
    version  goes up with each move: a form that was read before a move is refused
    before   the closed case of this pupil, at this school or another, that it carries on from
    owner    who carries it now
    restricted  seen by the people named on it alone: cases.models.restricted
    """

    school = models.ForeignKey(School, models.PROTECT, related_name="cases")
    enrolment = models.ForeignKey(Enrolment, models.PROTECT, related_name="cases")
    pupil = models.ForeignKey(Pupil, models.PROTECT, related_name="cases")
    crossing = models.ForeignKey(Crossing, models.PROTECT, null=True, related_name="cases")
    reference = models.CharField(max_length=10, default=new_reference)
    stage = models.CharField(max_length=20, choices=STAGES, default=Stage.ONE.value)
    places = models.JSONField(default=dict)
    version = models.PositiveIntegerField(default=1)
    before = models.ForeignKey("self", models.PROTECT, null=True, related_name="after")
    owner = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    restricted = models.BooleanField(default=False)
    facts = models.JSONField()
    policy = models.JSONField()
    opened_on = models.DateField()
    opened_at = models.DateTimeField()
    opened_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    closed_on = models.DateField(null=True)
    closed_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    closing_reason = models.CharField(max_length=300, blank=True)

    class Meta:
        permissions = [
            ("see_restricted", "Named on the restricted case"),
            ("see_shared", "Sees the agreed pages for a time"),
        ]
        constraints = [
            models.UniqueConstraint("authority", "reference", name="one_case_per_reference"),
            models.UniqueConstraint(
                fields=["enrolment"],
                condition=Q(closed_on=None),
                name="one_open_case_per_enrolment",
            ),
            models.CheckConstraint(
                condition=Q(stage="closed", closed_on__isnull=False)
                | (~Q(stage="closed") & Q(closed_on=None)),
                name="closed_case_has_its_day",
            ),
        ]
        indexes = [
            models.Index(fields=["authority", "-opened_on", "-id"], name="cases_newest_first"),
            models.Index(fields=["school", "-opened_on"], name="cases_of_a_school"),
        ]

    def __str__(self) -> str:
        return self.reference


class CaseMove(TenantModel):
    """One move of a case: what it was, what it became, why, and under which policy. Never changed.

    event     one of rules.case_stages; "open" for the first
    why       key of the reason in rules.case_stages, "" for the first; `reason` in words
    places    where it stands in each pack's own stages afterwards
    proposal  what proposed it, if anything did
    facts     the figures on that day, as `Case.facts`; with "ended", what a closing ended
    """

    append_only = True

    case = models.ForeignKey(Case, models.PROTECT, related_name="moves")
    event = models.CharField(max_length=20)
    start = models.CharField(max_length=20, choices=STAGES, blank=True)
    end = models.CharField(max_length=20, choices=STAGES)
    places = models.JSONField(default=dict)
    why = models.CharField(max_length=30, blank=True)
    reason = models.CharField(max_length=600)
    proposal = models.ForeignKey("Proposal", models.PROTECT, null=True, related_name="moves")
    facts = models.JSONField()
    policy = models.JSONField()
    made_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    made_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["case", "-made_at"], name="moves_newest_first")]

    def __str__(self) -> str:
        return f"move {self.pk}"


class CaseNote(TenantModel):
    """What somebody wrote on a case. Never changed: a correction is another note."""

    append_only = True

    case = models.ForeignKey(Case, models.PROTECT, related_name="notes")
    text = models.TextField(max_length=4000)
    written_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    written_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["case", "-written_at"], name="notes_newest_first")]

    def __str__(self) -> str:
        return f"note {self.pk}"


class CaseLetter(TenantModel):
    """Whom a letter is to and what it is about: a case, a request for leave, or a legal step.

    One letter, one adult. `pupil` is whose family it goes to: it decides whether it may go.

    about  the legal thing that it belongs to, as "legal.PenaltyNotice:12"; "" for none
    """

    pupil = models.ForeignKey(Pupil, models.PROTECT, related_name="letters")
    case = models.ForeignKey(Case, models.PROTECT, null=True, related_name="letters")
    leave = models.ForeignKey(LeaveRequest, models.PROTECT, null=True, related_name="letters")
    adult = models.ForeignKey(Adult, models.PROTECT, related_name="+")
    about = models.CharField(max_length=60, blank=True)
    letter = models.OneToOneField(Letter, models.PROTECT, related_name="case_letter")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=(Q(case=None) | Q(leave=None)) & ~Q(case=None, leave=None, about=""),
                name="letter_is_about_one_thing",
            ),
        ]
        indexes = [models.Index(fields=["case", "-id"], name="case_letters_newest_first")]

    def __str__(self) -> str:
        return f"case letter {self.pk}"
