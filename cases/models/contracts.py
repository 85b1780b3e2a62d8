"""Attendance contracts: what both sides promise, who signed where and when, and what came of it."""

from django.db import models
from django.db.models import F, Q

from attendance.models import Adult
from authorities.models import School, TenantModel, User
from authorities.references import new_reference
from cases.models.case import Case
from rules.contract_stages import LABELS, ContractState

CONTRACT_STATES = [(state.value, LABELS[state]) for state in ContractState]


class Side(models.TextChoices):
    """Whose promise, and whose signature, it is."""

    PARENT = "parent", "Parent"
    PUPIL = "pupil", "Pupil"
    SCHOOL = "school", "School"
    AUTHORITY = "authority", "Council"


class SigningWay(models.TextChoices):
    """How somebody signed. PORTAL is the parents' own pages."""

    PAPER = "paper", "On paper at the meeting"
    IN_PERSON = "in person", "In person, on another day"
    PORTAL = "portal", "In their own pages"


class Contract(TenantModel):
    """One attendance contract, offered or not, with the parents it is made with.

    terms     the policy's terms that it follows, as they stood: pack, edition, key, label, unit,
              lowest, highest, source; empty where no policy in force has any
    policy    the packs in force on the day it was offered
    facts     the figures on that day, as `Case.facts`, with lates
    edition   goes up each time the promises change; signatures hold for one edition
    agreed    the last edition that was agreed, 0 for none
    version   goes up with each move: a form that was read before one is refused
    reviews   the days of the reviews to come and past, as ISO dates, the last on the last day
    words     why none is offered; "" when one is
    """

    case = models.ForeignKey(Case, models.PROTECT, related_name="contracts")
    school = models.ForeignKey(School, models.PROTECT, related_name="+")
    reference = models.CharField(max_length=10, default=new_reference)
    state = models.CharField(max_length=20, choices=CONTRACT_STATES)
    version = models.PositiveIntegerField(default=1)
    terms = models.JSONField(default=dict)
    policy = models.JSONField()
    facts = models.JSONField()
    edition = models.PositiveSmallIntegerField(default=1)
    agreed = models.PositiveSmallIntegerField(default=0)
    starts_on = models.DateField(null=True)
    ends_on = models.DateField(null=True)
    length = models.PositiveSmallIntegerField(null=True)
    unit = models.CharField(max_length=20, blank=True)
    reviews = models.JSONField(default=list)
    target_percent = models.PositiveSmallIntegerField(null=True)
    targets = models.TextField(blank=True, max_length=2000)
    reasons = models.TextField(blank=True, max_length=2000)
    pupil_says = models.TextField(blank=True, max_length=2000)
    words = models.CharField(max_length=600, blank=True)
    made_on = models.DateField()
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    agreed_on = models.DateField(null=True)
    over_on = models.DateField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint("authority", "reference", name="one_contract_per_reference"),
            models.CheckConstraint(
                condition=Q(state=ContractState.NOT_OFFERED.value)
                & ~Q(words="")
                & Q(starts_on=None)
                | ~Q(state=ContractState.NOT_OFFERED.value)
                & Q(starts_on__isnull=False, target_percent__isnull=False)
                & Q(ends_on__gte=F("starts_on")),
                name="contract_has_its_period_or_its_reason",
            ),
            models.CheckConstraint(
                condition=Q(target_percent=None)
                | Q(target_percent__gte=1) & Q(target_percent__lte=100),
                name="contract_target_is_a_percentage",
            ),
        ]
        indexes = [models.Index(fields=["case", "-id"], name="contracts_newest_first")]

    def __str__(self) -> str:
        return self.reference


class ContractParty(TenantModel):
    """One parent with whom a contract is made. Each has a copy that names no other parent."""

    append_only = True

    contract = models.ForeignKey(Contract, models.PROTECT, related_name="parties")
    adult = models.ForeignKey(Adult, models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["contract", "adult"], name="one_place_per_parent"),
        ]

    def __str__(self) -> str:
        return f"contract party {self.pk}"


class Promise(TenantModel):
    """One thing that one side will do, in one edition of a contract. Never changed."""

    append_only = True

    contract = models.ForeignKey(Contract, models.PROTECT, related_name="promises")
    edition = models.PositiveSmallIntegerField(default=1)
    side = models.CharField(max_length=10, choices=Side)
    words = models.CharField(max_length=300)

    class Meta:
        indexes = [models.Index(fields=["contract", "edition"], name="promises_of_an_edition")]

    def __str__(self) -> str:
        return f"promise {self.pk}"


class Signature(TenantModel):
    """Who signed one edition of a contract, how, and on which day. Never changed.

    adult  the parent; user  the member of staff; neither for the pupil
    """

    append_only = True

    contract = models.ForeignKey(Contract, models.PROTECT, related_name="signatures")
    edition = models.PositiveSmallIntegerField()
    side = models.CharField(max_length=10, choices=Side)
    adult = models.ForeignKey(Adult, models.PROTECT, null=True, related_name="+")
    user = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    way = models.CharField(max_length=10, choices=SigningWay)
    signed_on = models.DateField()
    recorded_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(side="parent", adult__isnull=False, user=None)
                | Q(side="pupil", adult=None, user=None)
                | Q(side__in=["school", "authority"], adult=None, user__isnull=False),
                name="signature_is_of_its_side",
            ),
            models.UniqueConstraint(
                fields=["contract", "edition", "side", "adult", "user"],
                nulls_distinct=False,
                name="one_signature_each",
            ),
        ]

    def __str__(self) -> str:
        return f"signature {self.pk}"


class ContractEvent(TenantModel):
    """One thing that happened to a contract: a move of rules.contract_stages. Never changed.

    on     the day it happened, as the person says; made_at  when it was written down
    words  what was said, found or decided, and why
    facts  who was there (references of adults), figures of a review, codes of outcomes
    """

    append_only = True

    contract = models.ForeignKey(Contract, models.PROTECT, related_name="events")
    event = models.CharField(max_length=20)
    start = models.CharField(max_length=20, choices=CONTRACT_STATES, blank=True)
    end = models.CharField(max_length=20, choices=CONTRACT_STATES)
    edition = models.PositiveSmallIntegerField(default=1)
    on = models.DateField()
    words = models.TextField(blank=True, max_length=2000)
    facts = models.JSONField(default=dict)
    made_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    made_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["contract", "-made_at"], name="contract_events_newest")]

    def __str__(self) -> str:
        return f"contract event {self.pk}"
