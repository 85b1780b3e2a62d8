"""Who alone sees a case: the named people of a restricted one, and outside professionals."""

from typing import Any

from django.contrib.auth.models import Permission
from django.db import models
from django.db.models import F, Q
from guardian.models import UserObjectPermissionBase

from authorities.models import TenantModel, User
from authorities.references import new_reference
from cases.models.case import Case


class Given(models.TextChoices):
    """What can be given for one case alone: the permissions of `Case`."""

    NAMED = "see_restricted", "Named on the restricted case"
    SHARED = "see_shared", "Sees the agreed pages for a time"


class CaseGrant(TenantModel, UserObjectPermissionBase):
    """One person's own permission for one case: django-guardian's, with direct foreign keys.

    It opens nothing by itself. A named person also needs a role that sees the school's cases, and
    an outside professional sees the agreed pages only, from the first day to the last.

    profession  what an outside professional is, such as "Social worker"
    why         what it was agreed for
    """

    content_object = models.ForeignKey(Case, models.CASCADE, related_name="grants")
    reference = models.CharField(max_length=10, default=new_reference)
    profession = models.CharField(max_length=80, blank=True)
    why = models.CharField(max_length=300, blank=True)
    starts_on = models.DateField(null=True)
    ends_on = models.DateField(null=True)
    given_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    given_at = models.DateTimeField(null=True)

    class Meta(UserObjectPermissionBase.Meta):
        abstract = False
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_on=None) | Q(starts_on__isnull=False, ends_on__gte=F("starts_on")),
                name="grant_ends_after_it_starts",
            ),
        ]
        indexes = [models.Index(fields=["user", "content_object"], name="grants_of_a_person")]

    def __str__(self) -> str:
        return f"grant {self.pk}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Take the authority from the case: guardian's own functions know nothing of it."""
        self.authority_id = self.content_object.authority_id
        super().save(*args, **kwargs)


class CaseRestriction(TenantModel):
    """One change of who sees a case: restricted, opened again, and why. Never changed."""

    append_only = True

    case = models.ForeignKey(Case, models.PROTECT, related_name="restrictions")
    restricted = models.BooleanField()
    reason = models.CharField(max_length=600)
    made_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    made_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"restriction {self.pk}"


class SafeguardingNote(TenantModel):
    """A note for the safeguarding lead and those they name on it. Never changed."""

    append_only = True

    case = models.ForeignKey(Case, models.PROTECT, related_name="safeguarding_notes")
    text = models.TextField(max_length=4000)
    written_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    written_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"safeguarding note {self.pk}"


class SafeguardingReader(TenantModel):
    """Somebody whom the safeguarding lead named on a note."""

    append_only = True

    note = models.ForeignKey(SafeguardingNote, models.PROTECT, related_name="readers")
    user = models.ForeignKey(User, models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["note", "user"], name="one_reader_once"),
        ]

    def __str__(self) -> str:
        return f"reader {self.pk}"


def permission(given: Given) -> Permission:
    """The permission that guardian keeps for it."""
    return Permission.objects.get(content_type__app_label="cases", codename=given.value)
