"""The yearly return of parental responsibility measures, as it was made."""

from django.db import models

from authorities.models import TenantModel, User
from authorities.references import new_reference


class LegalReturn(TenantModel):
    """One yearly return of the council as it stood when it was made. Never changed.

    A later one of the same year stands beside it.

    year     the calendar year in which its academic year began
    as_on    the London day on which it was counted
    cells    column key → count, of the whole council: rules.legal_returns.COUNTED
    schools  URN → column key → count
    behind   column key → references of the things that were counted in it, sorted; not for the
             pupils on roll
    notes    key of a sum that did not hold → {"sentence", "reason"}: why it was right all the same
    content  the file as it is sent; sha256  of its UTF-8 bytes
    """

    append_only = True

    reference = models.CharField(max_length=10, default=new_reference)
    year = models.PositiveSmallIntegerField()
    as_on = models.DateField()
    cells = models.JSONField()
    schools = models.JSONField()
    behind = models.JSONField()
    notes = models.JSONField(default=dict)
    content = models.TextField()
    sha256 = models.CharField(max_length=64)
    made_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    made_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                "authority", "reference", name="one_legal_return_per_reference"
            ),
        ]
        indexes = [
            models.Index(fields=["authority", "year", "-id"], name="legal_returns_newest_first")
        ]

    def __str__(self) -> str:
        return self.reference
