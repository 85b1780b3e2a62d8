"""Tenants, places and people: who exists, and who may act where."""

from datetime import date

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower

from authorities.database_rules import IN_SCOPE
from authorities.permissions import Role
from authorities.references import new_reference


class Authority(models.Model):
    """A local authority: the tenant. Its code (three digits) and name are public."""

    code = models.CharField(max_length=4, unique=True)
    name = models.CharField(max_length=120)

    def __str__(self) -> str:
        return self.code


class TenantModel(models.Model):
    """A row that belongs to one authority and is seen only inside its scope."""

    authority = models.ForeignKey(Authority, models.PROTECT, related_name="+")

    class Meta:
        abstract = True


class Trust(models.Model):
    """An academy trust. It may have schools in several authorities; its name is public."""

    code = models.CharField(max_length=10, unique=True)
    name = models.CharField(max_length=120)

    def __str__(self) -> str:
        return self.code


class Phase(models.TextChoices):
    """The phase of a school, in the words of the schools register."""

    PRIMARY = "primary", "Primary"
    SECONDARY = "secondary", "Secondary"
    ALL_THROUGH = "all-through", "All-through"
    SPECIAL = "special", "Special"
    ALTERNATIVE = "alternative", "Alternative provision"


class SchoolKind(models.TextChoices):
    """What kind of school it is: decides which legal routes exist (rules/eligibility)."""

    MAINTAINED = "maintained", "Maintained school"
    ACADEMY = "academy", "Academy"
    PRU = "pru", "Pupil referral unit"
    AP_ACADEMY = "ap academy", "Alternative provision academy"
    INDEPENDENT = "independent", "Independent school"
    NMSS = "non-maintained special", "Non-maintained special school"


class School(TenantModel):
    """A school in one authority. URN names one life of one establishment."""

    trust = models.ForeignKey(Trust, models.PROTECT, null=True, blank=True, related_name="schools")
    urn = models.CharField("URN", max_length=6)
    number = models.CharField("establishment number", max_length=4)
    name = models.CharField(max_length=120)
    phase = models.CharField(max_length=20, choices=Phase)
    kind = models.CharField(max_length=30, choices=SchoolKind)
    address = models.TextField(blank=True)
    postcode = models.CharField(max_length=10, blank=True)
    phone = models.CharField(max_length=30, blank=True)
    email = models.EmailField(blank=True)
    headteacher = models.CharField(max_length=120, blank=True)
    attendance_contact = models.CharField(max_length=120, blank=True)
    opened_on = models.DateField(null=True, blank=True)
    closed_on = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["authority", "urn"], name="one_school_per_urn"),
        ]

    def __str__(self) -> str:
        return self.urn


class Users(BaseUserManager["User"]):
    """Makes users; the address is kept in lower case."""

    def create_user(self, email: str, name: str, password: str | None = None) -> "User":
        """A person who can sign in. Without a password they must set one by mail."""
        user = self.model(email=email.lower(), name=name)
        user.set_password(password)
        user.save(using=self._db)
        return user


class User(AbstractBaseUser):
    """A person who signs in. What they may do comes from memberships alone."""

    email = models.EmailField(max_length=254)
    name = models.CharField(max_length=120)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = Users()
    USERNAME_FIELD = "email"
    REQUIRED_FIELDS = ["name"]
    is_staff = False
    is_superuser = False

    class Meta:
        constraints = [
            models.UniqueConstraint(Lower("email"), name="one_user_per_address"),
        ]

    def __str__(self) -> str:
        return f"user {self.pk}"

    def get_full_name(self) -> str:
        """The name as the person gave it."""
        return self.name

    def has_perm(self, perm: str, obj: object = None) -> bool:
        """Django's model permissions are not used. See authorities.access."""
        return False

    def has_module_perms(self, app_label: str) -> bool:
        """Django's model permissions are not used."""
        return False


class MembershipQuerySet(models.QuerySet["Membership"]):
    """Memberships by time."""

    def active_on(self, day: date) -> "MembershipQuerySet":
        """Those in force on `day`, both ends included."""
        return self.filter(Q(ends_on=None) | Q(ends_on__gte=day), starts_on__lte=day)


class Membership(models.Model):
    """A person's role at one place, from one day to another. The place is one of four:

    nothing (platform operator), an authority, a school of an authority, a trust.
    """

    # A person sees their own; an authority sees its own and those of trusts with schools in it.
    # Nobody can write themselves into a place that they do not already act in.
    of_our_trusts = "trust_id IN (SELECT trust_id FROM authorities_school)"
    own = "user_id = nullif(current_setting('onroll.user', true), '')::bigint"
    tenant_policy = " OR ".join((IN_SCOPE, own, of_our_trusts))
    tenant_check = " OR ".join((IN_SCOPE, of_our_trusts))

    authority = models.ForeignKey(
        Authority, models.PROTECT, null=True, blank=True, related_name="memberships"
    )
    user = models.ForeignKey(User, models.PROTECT, related_name="memberships")
    role = models.CharField(max_length=40, choices=Role)
    school = models.ForeignKey(
        School, models.PROTECT, null=True, blank=True, related_name="memberships"
    )
    trust = models.ForeignKey(
        Trust, models.PROTECT, null=True, blank=True, related_name="memberships"
    )
    starts_on = models.DateField()
    ends_on = models.DateField(null=True, blank=True)

    objects = MembershipQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(school=None) | Q(authority__isnull=False, trust=None),
                name="school_role_names_its_authority",
            ),
            models.CheckConstraint(
                condition=Q(trust=None) | Q(authority=None, school=None),
                name="trust_role_has_no_other_place",
            ),
            models.CheckConstraint(
                condition=Q(ends_on=None) | Q(ends_on__gte=F("starts_on")),
                name="membership_ends_after_it_starts",
            ),
        ]

    def __str__(self) -> str:
        return f"membership {self.pk}: {self.role}"


class JobState(models.TextChoices):
    """Where a piece of long work stands."""

    WAITING = "waiting", "Waiting"
    RUNNING = "running", "Running"
    DONE = "done", "Done"
    FAILED = "failed", "Failed"
    CANCELLED = "cancelled", "Cancelled"


class Job(TenantModel):
    """Long work with progress that a page can watch, cancel and try again."""

    reference = models.CharField(max_length=10, default=new_reference)
    kind = models.CharField(max_length=60)  # a Celery task name
    arguments = models.JSONField(default=dict)  # ids only
    state = models.CharField(max_length=10, choices=JobState, default=JobState.WAITING)
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(null=True)
    doing = models.CharField(max_length=200, blank=True)
    problem = models.TextField(blank=True)
    result = models.JSONField(default=dict)
    attempts = models.PositiveSmallIntegerField(default=0)
    school = models.ForeignKey(School, models.PROTECT, null=True, related_name="+")
    asked_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    asked_at = models.DateTimeField()
    beat_at = models.DateTimeField(null=True)  # the worker's last sign of life
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["authority", "reference"], name="one_job_per_reference"
            ),
        ]
        indexes = [models.Index(fields=["authority", "state", "asked_at"], name="jobs_by_state")]

    def __str__(self) -> str:
        return self.reference


class PackAdoption(TenantModel):
    """An authority, a trust's schools in it, or one school works by a policy pack from a day on."""

    pack = models.SlugField(max_length=40)
    edition = models.CharField(max_length=20)
    trust = models.ForeignKey(Trust, models.PROTECT, null=True, related_name="+")
    school = models.ForeignKey(School, models.PROTECT, null=True, related_name="pack_adoptions")
    starts_on = models.DateField()
    adopted_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    minute = models.CharField(max_length=200, blank=True)  # the decision that adopted it

    class Meta:
        indexes = [
            models.Index(fields=["authority", "school", "-starts_on"], name="packs_newest_first")
        ]

    def __str__(self) -> str:
        return f"{self.pack} {self.edition}"


class SavedView(TenantModel):
    """Filters of a list that one person keeps under a name. Never what was searched for.

    route       of the list, which takes nothing but the authority: "cases:work"
    query       the filters and the order, as the address has them; no personal data
    place       where it stands among the person's views of this list
    is_default  the list opens with it
    """

    user = models.ForeignKey(User, models.PROTECT, related_name="saved_views")
    route = models.CharField(max_length=60)
    name = models.CharField(max_length=40)
    query = models.CharField(max_length=600)
    place = models.PositiveSmallIntegerField()
    is_default = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["authority", "user", "route", "name"], name="one_saved_view_per_name"
            ),
            models.UniqueConstraint(
                fields=["authority", "user", "route"],
                condition=Q(is_default=True),
                name="one_default_view_per_list",
            ),
        ]

    def __str__(self) -> str:
        return f"saved view {self.pk}"
