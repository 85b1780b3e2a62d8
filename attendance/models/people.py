"""Pupils, the adults around them, and the schools they are on the roll of."""

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import models
from django.db.models import F, Func, Q, Value

from authorities.models import School, TenantModel
from authorities.references import new_reference


class YesNoUnknown(models.TextChoices):
    """A fact about a family that may not have been asked yet. Unknown is treated as protected."""

    YES = "yes", "Yes"
    NO = "no", "No"
    UNKNOWN = "unknown", "Not known"


class Pupil(TenantModel):
    """A child on a roll in this authority. The address belongs to adults, never to the child."""

    reference = models.CharField(max_length=10, default=new_reference)
    upn = models.CharField("UPN", max_length=13, blank=True)
    former_upn = models.CharField("former UPN", max_length=13, blank=True)
    forenames = models.CharField(max_length=200)
    surname = models.CharField(max_length=200)
    known_as = models.CharField(max_length=200, blank=True)
    born_on = models.DateField()
    sex = models.CharField(max_length=1, blank=True)
    home_authority = models.CharField(max_length=4, blank=True)  # code, where the child lives
    home_language = models.CharField(max_length=60, blank=True)
    sort_name = models.CharField(max_length=400)  # unaccented, lower case: surname, forenames

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["authority", "reference"], name="one_pupil_per_reference"
            ),
            models.UniqueConstraint(
                fields=["authority", "upn"], condition=~Q(upn=""), name="one_pupil_per_upn"
            ),
        ]
        indexes = [
            models.Index(fields=["authority", "sort_name", "id"], name="pupils_by_name"),
        ]

    def __str__(self) -> str:
        return self.reference

    @property
    def name(self) -> str:
        """The name to show: known-as or forenames, then surname."""
        return f"{self.known_as or self.forenames} {self.surname}"


class Flag(models.TextChoices):
    """What the policies ask schools to know about a pupil, because it changes what is right."""

    SEN_SUPPORT = "sen support", "SEN support"
    EHC_PLAN = "ehc plan", "Education, health and care plan"
    MEDICAL = "medical", "Medical condition"
    DISABILITY = "disability", "Disability"
    MENTAL_HEALTH = "mental health", "Mental health need"
    SOCIAL_WORKER = "social worker", "Has a social worker"
    CHILD_PROTECTION = "child protection", "Child protection plan"
    CHILD_IN_NEED = "child in need", "Child in need"
    LOOKED_AFTER = "looked after", "Looked after by the council"
    PREVIOUSLY_LOOKED_AFTER = "previously looked after", "Previously looked after"
    YOUTH_JUSTICE = "youth justice", "Youth justice worker"
    YOUNG_CARER = "young carer", "Young carer"
    FREE_MEALS = "free school meals", "Free school meals"
    EAL = "eal", "English as an additional language"
    MOBILE_FAMILY = "mobile family", "Family travels for work"
    BEREAVED = "bereaved", "Bereaved"
    PREGNANT = "pregnant or parent", "Pregnant or a parent"
    PART_TIME = "part-time timetable", "Part-time timetable"
    ELECTIVE_HOME_HISTORY = "home education history", "Was educated at home"


class PupilFlag(TenantModel):
    """One flag from one day to another."""

    pupil = models.ForeignKey(Pupil, models.CASCADE, related_name="flags")
    kind = models.CharField(max_length=40, choices=Flag)
    starts_on = models.DateField()
    ends_on = models.DateField(null=True, blank=True)
    note = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["pupil", "kind", "starts_on"], name="one_flag_per_start"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"


class Adult(TenantModel):
    """A parent or another adult around a pupil. Address and channels are this adult's alone."""

    reference = models.CharField(max_length=10, default=new_reference)
    title = models.CharField(max_length=40, blank=True)
    forenames = models.CharField(max_length=200, blank=True)
    surname = models.CharField(max_length=200)
    address = models.TextField(blank=True)  # lines, without the postcode
    postcode = models.CharField(max_length=10, blank=True)
    email = models.EmailField(blank=True)
    phone = models.CharField(max_length=30, blank=True)
    language = models.CharField(max_length=60, blank=True)
    needs = models.CharField(max_length=300, blank=True)  # interpreter, large print, read aloud
    protected_address = models.CharField(
        max_length=7, choices=YesNoUnknown, default=YesNoUnknown.UNKNOWN
    )
    external_id = models.CharField(max_length=60, blank=True)  # the register system's own id

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["authority", "reference"], name="one_adult_per_reference"
            ),
        ]
        indexes = [models.Index(fields=["authority", "external_id"], name="adults_by_external_id")]

    def __str__(self) -> str:
        return self.reference

    @property
    def kept_back(self) -> bool:
        """Whether address, email and phone are kept from others: unless somebody said no."""
        return self.protected_address != YesNoUnknown.NO

    @property
    def name(self) -> str:
        """The name as written on an envelope."""
        return " ".join(part for part in (self.title, self.forenames, self.surname) if part)


class CareOrder(models.TextChoices):
    """A court order that decides what may be sent to an adult."""

    NONE = "none", "No order"
    NO_CONTACT = "no contact", "No contact with the child"
    NO_INFORMATION = "no information", "Must not be told about the child"
    OTHER = "other", "Another order: ask before writing"
    UNKNOWN = "unknown", "Not known"


class AdultLink(TenantModel):
    """What one adult is to one pupil (Education Act 1996 s.576). Liability is personal."""

    pupil = models.ForeignKey(Pupil, models.CASCADE, related_name="adult_links")
    adult = models.ForeignKey(Adult, models.PROTECT, related_name="pupil_links")
    relationship = models.CharField(max_length=60)  # mother, father, foster carer …
    parental_responsibility = models.CharField(
        max_length=7, choices=YesNoUnknown, default=YesNoUnknown.UNKNOWN
    )
    has_care = models.CharField(max_length=7, choices=YesNoUnknown, default=YesNoUnknown.UNKNOWN)
    care_from = models.DateField(null=True, blank=True)
    care_to = models.DateField(null=True, blank=True)
    priority = models.PositiveSmallIntegerField(default=1)
    may_contact = models.CharField(max_length=7, choices=YesNoUnknown, default=YesNoUnknown.UNKNOWN)
    court_order = models.CharField(max_length=20, choices=CareOrder, default=CareOrder.UNKNOWN)
    court_order_note = models.CharField(max_length=300, blank=True)
    emergency_contact = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["pupil", "adult"], name="one_link_per_pupil_and_adult"),
        ]

    def __str__(self) -> str:
        return f"adult link {self.pk}"


class EnrolmentStatus(models.TextChoices):
    """The school census's enrolment status."""

    CURRENT = "C", "On roll here"
    MAIN = "M", "Main school of a dual registration"
    SUBSIDIARY = "S", "Second school of a dual registration"
    GUEST = "G", "Guest"
    FURTHER_EDUCATION = "F", "Further education college"
    OTHER = "O", "Other provider"


class Enrolment(TenantModel):
    """A pupil on the roll of one school from one day to another, both included."""

    school = models.ForeignKey(School, models.PROTECT, related_name="enrolments")
    pupil = models.ForeignKey(Pupil, models.PROTECT, related_name="enrolments")
    status = models.CharField(
        max_length=1, choices=EnrolmentStatus, default=EnrolmentStatus.CURRENT
    )
    starts_on = models.DateField()
    ends_on = models.DateField(null=True, blank=True)
    year_group = models.CharField(max_length=2, blank=True)  # text: R, 1 … 14, N1
    registration_group = models.CharField(max_length=30, blank=True)
    external_id = models.CharField(max_length=60, blank=True)  # the register system's own id
    leaving_reason = models.CharField(max_length=120, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_on=None) | Q(ends_on__gte=F("starts_on")),
                name="enrolment_ends_after_it_starts",
            ),
            ExclusionConstraint(
                name="one_enrolment_at_a_time_in_a_school",
                expressions=[
                    ("school", RangeOperators.EQUAL),
                    ("pupil", RangeOperators.EQUAL),
                    (
                        Func(F("starts_on"), F("ends_on"), Value("[]"), function="daterange"),
                        RangeOperators.OVERLAPS,
                    ),
                ],
            ),
        ]
        indexes = [
            models.Index(fields=["school", "ends_on"], name="enrolments_of_a_school"),
            models.Index(fields=["school", "external_id"], name="enrolments_by_external_id"),
        ]

    def __str__(self) -> str:
        return f"enrolment {self.pk}"
