"""What happened to each legal thing: one history for all of them, that nobody can change."""

from django.db import models

from attendance.models import Adult, Enrolment
from authorities.models import School, TenantModel, User


class LegalEvent(TenantModel):
    """One thing that happened to a notice, a request, a prosecution or an order. Never changed.

    subject     what it happened to, as "legal.PenaltyNotice:12"
    adult       the parent it concerns, None where it concerns none or all: another parent's pages
                and papers never show it
    event       the event of its table of moves, or another word of the thing's own
    start, end  its state before and after; the same where it did not move
    on          the day it happened, as the person says; made_at  when it was written down
    words       what was said, found or decided, and why
    facts       what it rested on, frozen: figures, the gate's answer, references
    made_by     None when the machine did it
    """

    append_only = True

    enrolment = models.ForeignKey(Enrolment, models.PROTECT, related_name="legal_events")
    school = models.ForeignKey(School, models.PROTECT, related_name="+")
    subject = models.CharField(max_length=60)
    adult = models.ForeignKey(Adult, models.PROTECT, null=True, related_name="+")
    event = models.CharField(max_length=40)
    start = models.CharField(max_length=30, blank=True)
    end = models.CharField(max_length=30, blank=True)
    on = models.DateField()
    words = models.TextField(blank=True, max_length=4000)
    facts = models.JSONField(default=dict)
    made_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    made_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["authority", "subject", "-id"], name="legal_events_of_a_thing"),
            models.Index(fields=["enrolment", "-made_at"], name="legal_events_of_a_pupil"),
        ]

    def __str__(self) -> str:
        return f"legal event {self.pk}"
