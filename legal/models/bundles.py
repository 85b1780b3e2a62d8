"""Court bundles: one press, one file, never changed; made again, it is a new one."""

from django.db import models
from django.db.models import Q

from authorities.models import Job, School, TenantModel, User
from authorities.references import new_reference
from legal.models.prosecutions import Prosecution


class CourtBundle(TenantModel):
    """One press of the button: what it is of, who pressed, how far it got.

    job      the work behind it: its state and progress
    version  of the prosecution when it was made
    made_at  None while it is being made, and for one that could not be
    kept_out how many records are not in the served file because they are of somebody else
    review   why it is out of date: what it rests on was changed since; "" while it stands
    """

    prosecution = models.ForeignKey(Prosecution, models.PROTECT, related_name="bundles")
    school = models.ForeignKey(School, models.PROTECT, related_name="+")
    reference = models.CharField(max_length=10, default=new_reference)
    job = models.ForeignKey(Job, models.PROTECT, null=True, related_name="+")
    version = models.PositiveIntegerField(default=0)
    asked_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    made_at = models.DateTimeField(null=True)
    kept_out = models.PositiveIntegerField(default=0)
    review = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint("authority", "reference", name="one_bundle_per_reference"),
            models.UniqueConstraint(
                fields=["prosecution"], condition=Q(made_at=None), name="one_bundle_at_a_time"
            ),
        ]
        indexes = [models.Index(fields=["prosecution", "-id"], name="bundles_of_a_prosecution")]

    def __str__(self) -> str:
        return self.reference


class BundlePart(models.TextChoices):
    """The two files of a bundle."""

    SERVED = "served", "For the court and the parent"
    PROSECUTOR = "prosecutor", "For the prosecutor alone"


class BundleFile(TenantModel):
    """One file of a bundle, the exact bytes kept once. Never changed.

    sha256           of the bytes
    manifest         what is in it: parts, pages, hashes, records
    manifest_sha256  of the manifest as it lies in the file
    """

    append_only = True

    bundle = models.ForeignKey(CourtBundle, models.PROTECT, related_name="files")
    part = models.CharField(max_length=12, choices=BundlePart)
    pdf = models.BinaryField()
    sha256 = models.CharField(max_length=64)
    pages = models.PositiveIntegerField()
    manifest = models.JSONField()
    manifest_sha256 = models.CharField(max_length=64)
    software = models.CharField(max_length=120)
    made_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["bundle", "part"], name="one_file_of_each_part"),
        ]

    def __str__(self) -> str:
        return f"bundle file {self.pk}"
