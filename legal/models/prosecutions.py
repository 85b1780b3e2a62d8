"""Prosecutions under section 444: the papers, the tests, the charge and what the court decided."""

from django.db import models
from django.db.models import F, Q

from attendance.models import Adult, Enrolment, Pupil
from authorities.database_rules import IN_SCOPE
from authorities.models import School, TenantModel, User
from authorities.references import new_reference
from cases.models import Case, CaseLetter
from legal.models.orders import SupervisionOrder
from legal.models.penalties import PenaltyNotice
from rules.court_outcomes import Plea
from rules.prosecution_stages import PROSECUTION, ProsecutionState
from rules.prosecutions import CodeTest, Offence, Route

# Who authorises a prosecution has made none of its tests, and who authorised it makes none.
BY_NO_TESTER = (
    "authorised_by_id IS NULL OR NOT EXISTS (SELECT 1 FROM legal_prosecutiontest t"
    " WHERE t.prosecution_id = legal_prosecution.id"
    " AND t.made_by_id = legal_prosecution.authorised_by_id)"
)
BY_NO_AUTHORISER = (
    "NOT EXISTS (SELECT 1 FROM legal_prosecution p"
    " WHERE p.id = legal_prosecutiontest.prosecution_id"
    " AND p.authorised_by_id = legal_prosecutiontest.made_by_id)"
)
PROSECUTION_STATES = [(state.value, PROSECUTION.labels[state]) for state in ProsecutionState]


class Prosecution(TenantModel):
    """One prosecution of one parent for one child's absence.

    notice     the unpaid penalty notice it follows, None where there was none
    order      the supervision order that was considered, which comes first; None where that is
               written here alone
    considered_on, considered  when the council considered one, and what it decided and why
    round      goes up when facts change or the parent answers: tests of an earlier one count no
               more
    offence    444(1) or 444(1A): rules.prosecutions.Offence; route  how it goes to court
    first, last, sessions  the offence, frozen when the caution letter goes: day, session, code
    gate, proof, policy  the gate's answer, the threshold's proof and the packs then, frozen
    asked_on, answer_by, letter  the caution letter with its questions, and its last day
    answers    question key → what the parent answered; answered_on, answer_way
    defences   defence key → {"found", "reason"}: rules.defences.Weighed; empty until weighed anew
    papers_on, papers  when statements and the head's certificate were on file, and which
    made_by is never authorised_by, nor is who made a test: the services and the database refuse it
    officer    post of the named senior officer who authorised it
    court, hearing_at  where and when
    outcomes, plea, fine_pence, …  as rules.court_outcomes.Decision has them
    reason     why it was not gone on with or discontinued: a key of the table of moves
    instead    what happens instead: rules.prosecutions.ALTERNATIVES
    review     why a person must look at it again before anything more; "" when none must
    told_on    when the school was told the outcome
    version    goes up with each change: a form that was read before one is refused
    """

    tenant_policy = IN_SCOPE
    tenant_check = f"{IN_SCOPE} AND ({BY_NO_TESTER})"

    case = models.ForeignKey(Case, models.PROTECT, null=True, related_name="prosecutions")
    notice = models.ForeignKey(
        PenaltyNotice, models.PROTECT, null=True, related_name="prosecutions"
    )
    order = models.ForeignKey(
        SupervisionOrder, models.PROTECT, null=True, related_name="prosecutions"
    )
    enrolment = models.ForeignKey(Enrolment, models.PROTECT, related_name="prosecutions")
    pupil = models.ForeignKey(Pupil, models.PROTECT, related_name="prosecutions")
    school = models.ForeignKey(School, models.PROTECT, related_name="+")
    adult = models.ForeignKey(Adult, models.PROTECT, related_name="prosecutions")
    reference = models.CharField(max_length=10, default=new_reference)
    state = models.CharField(max_length=30, choices=PROSECUTION_STATES)
    version = models.PositiveIntegerField(default=1)
    round = models.PositiveSmallIntegerField(default=1)
    considered_on = models.DateField(null=True)
    considered = models.TextField(blank=True, max_length=4000)
    offence = models.CharField(max_length=10, choices=[(one.value, one.value) for one in Offence])
    route = models.CharField(
        max_length=40, blank=True, choices=[(one.value, one.value) for one in Route]
    )
    first = models.DateField()
    last = models.DateField()
    sessions = models.JSONField(default=list)
    proof = models.JSONField(default=dict)
    gate = models.JSONField(default=dict)
    policy = models.JSONField(default=dict)
    letter = models.ForeignKey(CaseLetter, models.PROTECT, null=True, related_name="+")
    asked_on = models.DateField(null=True)
    answer_by = models.DateField(null=True)
    answers = models.JSONField(default=dict)
    answered_on = models.DateField(null=True)
    answer_way = models.CharField(max_length=20, blank=True)
    defences = models.JSONField(default=dict)
    papers_on = models.DateField(null=True)
    papers = models.TextField(blank=True, max_length=2000)
    authorised_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    authorised_on = models.DateField(null=True)
    officer = models.CharField(max_length=200, blank=True)
    charged_on = models.DateField(null=True)
    court = models.CharField(max_length=200, blank=True)
    hearing_at = models.DateTimeField(null=True)
    decided_on = models.DateField(null=True)
    plea = models.CharField(
        max_length=20, blank=True, choices=[(one.value, one.value) for one in Plea]
    )
    outcomes = models.JSONField(default=list)
    fine_pence = models.PositiveIntegerField(default=0)
    costs_pence = models.PositiveIntegerField(default=0)
    surcharge_pence = models.PositiveIntegerField(default=0)
    discharge_months = models.PositiveSmallIntegerField(default=0)
    custody_days = models.PositiveSmallIntegerField(default=0)
    parenting_months = models.PositiveSmallIntegerField(default=0)
    reason = models.CharField(max_length=40, blank=True)
    instead = models.CharField(max_length=40, blank=True)
    ended_on = models.DateField(null=True)
    told_on = models.DateField(null=True)
    review = models.CharField(max_length=300, blank=True)
    made_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    made_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint("authority", "reference", name="one_prosecution_per_reference"),
            models.CheckConstraint(
                condition=Q(authorised_by=None) | ~Q(authorised_by=F("made_by")),
                name="prosecution_is_authorised_by_another",
            ),
            models.CheckConstraint(
                condition=Q(charged_on=None) | Q(authorised_by__isnull=False),
                name="charged_prosecution_was_authorised",
            ),
            models.CheckConstraint(
                condition=Q(last__gte=F("first")), name="prosecution_ends_after_it_starts"
            ),
            models.UniqueConstraint(
                fields=["notice"],
                condition=Q(ended_on=None),
                name="one_open_prosecution_per_notice",
            ),
        ]
        indexes = [
            models.Index(fields=["authority", "state", "-id"], name="prosecutions_by_state"),
            models.Index(fields=["school", "-id"], name="prosecutions_of_a_school"),
            models.Index(fields=["adult", "pupil", "-id"], name="prosecutions_of_a_parent"),
        ]

    def __str__(self) -> str:
        return self.reference


class ProsecutionTest(TenantModel):
    """One of the two tests as somebody made it. Never changed.

    round    of the prosecution when it was made: the newest of its kind in the latest round counts
    answers  question key → what was written: rules.prosecutions.CODE_QUESTIONS
    """

    append_only = True
    tenant_policy = IN_SCOPE
    tenant_check = f"{IN_SCOPE} AND ({BY_NO_AUTHORISER})"

    prosecution = models.ForeignKey(Prosecution, models.PROTECT, related_name="tests")
    test = models.CharField(max_length=20, choices=[(one.value, one.value) for one in CodeTest])
    round = models.PositiveSmallIntegerField()
    passed = models.BooleanField()
    answers = models.JSONField(default=dict)
    on = models.DateField()
    made_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    made_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["prosecution", "-id"], name="tests_of_a_prosecution")]

    def __str__(self) -> str:
        return f"test {self.pk}"


NOT_CARRIED_OUT = [("provision", "Nothing was on offer"), ("breach", "The parent did not do it")]


class ParentingOrder(TenantModel):
    """A parenting order that a court made with a sentence, and what came of it.

    requirements  what the parent has to do; officer  who is responsible for it
    begun_on      the day it was first carried out; None while it was not
    why_not       why it was not carried out: nothing on offer, or the parent did not do it
    """

    prosecution = models.OneToOneField(Prosecution, models.PROTECT, related_name="parenting_order")
    made_on = models.DateField()
    months = models.PositiveSmallIntegerField()
    requirements = models.TextField(max_length=2000)
    officer = models.CharField(max_length=200)
    begun_on = models.DateField(null=True)
    why_not = models.CharField(
        max_length=30,
        blank=True,
        choices=NOT_CARRIED_OUT,
    )
    words = models.TextField(blank=True, max_length=2000)

    def __str__(self) -> str:
        return f"parenting order {self.pk}"
