"""A case referred to the authority: what the school wrote, and each step since."""

from django.db import models
from django.db.models import Q

from authorities.models import School, TenantModel, User
from authorities.references import new_reference
from cases.models.case import Case
from rules.referral_stages import LABELS, OVER, ReferralState

REFERRAL_STATES = [(state.value, LABELS[state]) for state in ReferralState]
REFERRAL_OVER = sorted(state.value for state in OVER)  # in one order: migrations keep it


class Referral(TenantModel):
    """One form of a policy about one case, from a draft at the school to what it led to.

    pack, edition, form  which form of which pack; `title`, `asks`, `routes` and `decided_by` are
                         what it said on the day it was begun
    asks       each thing asked: key, words, evidence, source, and whether the form asks it
               (`required`) or we do beside it
    answers    key → text, as last written
    in_copy    keys of the answers that may stand in the family's copy
    despite    why it is sent although something speaks against it
    version    goes up with each change: a form that was read before it is refused
    facts, checked_on  what the checks were asked when it was last sent
    team       the route of the policy that it was sent on to
    """

    case = models.ForeignKey(Case, models.PROTECT, related_name="referrals")
    school = models.ForeignKey(School, models.PROTECT, related_name="referrals")
    reference = models.CharField(max_length=10, default=new_reference)
    pack = models.CharField(max_length=40)
    edition = models.CharField(max_length=20)
    form = models.CharField(max_length=60)
    title = models.CharField(max_length=400)
    decided_by = models.CharField(max_length=400)
    asks = models.JSONField()
    routes = models.JSONField(default=list)
    policy = models.JSONField()
    answers = models.JSONField(default=dict)
    in_copy = models.JSONField(default=list)
    despite = models.CharField(max_length=600, blank=True)
    state = models.CharField(
        max_length=20, choices=REFERRAL_STATES, default=ReferralState.DRAFT.value
    )
    version = models.PositiveIntegerField(default=1)
    facts = models.JSONField(null=True)
    checked_on = models.DateField(null=True)
    team = models.CharField(max_length=400, blank=True)
    begun_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    begun_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    sent_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    sent_on = models.DateField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint("authority", "reference", name="one_referral_per_reference"),
            models.UniqueConstraint(
                fields=["case", "pack", "form"],
                condition=~Q(state__in=REFERRAL_OVER),
                name="one_open_referral_per_form",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["draft", "withdrawn"])
                | Q(sent_on__isnull=False, sent_by__isnull=False, facts__isnull=False),
                name="sent_referral_says_when_and_what",
            ),
        ]
        indexes = [
            models.Index(fields=["authority", "-sent_on", "-id"], name="referrals_newest_first"),
            models.Index(fields=["school", "state"], name="referrals_of_a_school"),
        ]

    def __str__(self) -> str:
        return self.reference


class ReferralStep(TenantModel):
    """One step of a referral. Never changed.

    event    one of rules.referral_stages; "draft" for the first
    reasons  codes of rules.referral_lint, for a return
    words    what was said with it
    content  for a sending: the answers, the facts and the reason to send it all the same
    """

    append_only = True

    referral = models.ForeignKey(Referral, models.PROTECT, related_name="steps")
    event = models.CharField(max_length=20)
    end = models.CharField(max_length=20, choices=REFERRAL_STATES)
    reasons = models.JSONField(default=list)
    words = models.CharField(max_length=2000, blank=True)
    team = models.CharField(max_length=400, blank=True)
    content = models.JSONField(default=dict)
    made_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    made_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["referral", "-made_at"], name="referral_steps_newest")]

    def __str__(self) -> str:
        return f"referral step {self.pk}"
