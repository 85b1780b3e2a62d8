"""Append-only history. Each event becomes one link of its authority's hash chain at commit."""

from django.db import models


class Event(models.Model):
    """One thing that somebody did or looked at, written in the transaction that did it."""

    append_only = True

    authority = models.ForeignKey("authorities.Authority", models.PROTECT, related_name="+")
    school = models.ForeignKey("authorities.School", models.PROTECT, null=True, related_name="+")
    by = models.ForeignKey("authorities.User", models.PROTECT, null=True, related_name="+")
    kind = models.CharField(max_length=60)
    subject = models.CharField(max_length=80)  # "attendance.Pupil:12": never a name
    facts = models.JSONField(default=dict)
    at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["authority", "-at"], name="events_newest_first"),
            models.Index(fields=["authority", "subject", "-at"], name="events_of_one_subject"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject}"


class Link(models.Model):
    """An event's place in its authority's chain. Written by a trigger at commit, in commit order.

    `digest` is SHA-256 over the previous digest and the event's canonical text
    (`audit_canonical` in migration 0002), so a change, a gap or a new order shows.
    """

    append_only = True

    authority = models.ForeignKey("authorities.Authority", models.PROTECT, related_name="+")
    event = models.OneToOneField(Event, models.PROTECT, related_name="link")
    number = models.PositiveBigIntegerField()
    previous = models.BinaryField(max_length=32)
    digest = models.BinaryField(max_length=32)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["authority", "number"], name="one_link_per_number"),
        ]

    def __str__(self) -> str:
        return f"link {self.number}"
