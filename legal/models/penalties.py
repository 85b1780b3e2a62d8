"""Penalty notices: one for each parent of each child, with its slot, its clock and its service."""

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.db import models
from django.db.models import F, Q

from attendance.models import Adult, Enrolment, Pupil
from attendance.models.amending import HALVES
from authorities.database_rules import IN_SCOPE
from authorities.models import School, TenantModel, User
from cases.models import CaseLetter
from legal.models.requests import Lane, NoticeRequest
from rules.notice_stages import PENALTY, PenaltyState

PENALTY_STATES = [(state.value, PENALTY.labels[state]) for state in PenaltyState]
EXCLUDED = "excluded pupil"  # rules.tariffs.Step.EXCLUDED: outside the three-year limit

# What the database itself asks of a notice and of its slot, whoever writes: a notice that counts
# holds a slot of its own parent and child for the days of rules.notice_limit.window, and gives it
# back only when it no longer counts. (Which notices need none: see the checks of PenaltyNotice.)
HOLDS_A_SLOT = (
    "slot_id IS NULL OR EXISTS (SELECT 1 FROM legal_noticeslot s"
    " WHERE s.id = legal_penaltynotice.slot_id AND s.external_id IS NULL"
    " AND s.pupil_id = legal_penaltynotice.pupil_id AND s.adult_id = legal_penaltynotice.adult_id"
    " AND s.during = daterange(legal_penaltynotice.issued_on, greatest("
    "(legal_penaltynotice.issued_on + interval '3 years')::date,"
    " (legal_penaltynotice.issued_on - 1 + interval '3 years')::date + 1))"
    " AND (s.freed_on IS NULL OR legal_penaltynotice.withdrawn_on IS NOT NULL"
    " OR legal_penaltynotice.acquitted_on IS NOT NULL))"
)
FITS_ITS_NOTICE = (
    "NOT EXISTS (SELECT 1 FROM legal_penaltynotice n WHERE n.slot_id = legal_noticeslot.id"
    " AND NOT ("
    "legal_noticeslot.external_id IS NULL AND legal_noticeslot.pupil_id = n.pupil_id"
    " AND legal_noticeslot.adult_id = n.adult_id"
    " AND legal_noticeslot.during = daterange(n.issued_on, greatest("
    "(n.issued_on + interval '3 years')::date, (n.issued_on - 1 + interval '3 years')::date + 1))"
    " AND (legal_noticeslot.freed_on IS NULL OR n.withdrawn_on IS NOT NULL"
    " OR n.acquitted_on IS NOT NULL)))"
)


class PenaltyNotice(TenantModel):
    """One penalty notice to one parent for one child.

    slot       the place it holds in the three-year limit; None for an excluded pupil's
    reference  with its check digit: what the parent gives when they pay
    step       first or second of the three years, or of an excluded pupil: rules.tariffs
    early_pence, full_pence  the amounts on the day it was issued; early 0 where there is none
    way, posted_on, receipt  how it was served, with the proof; received_on  the day it counts
               as received
    early_until, full_until  the last days to pay; enforce_from  the first day after
    paused_days  days that open representations have added to both
    particulars  what the notice says, every field that the regulations ask for, frozen
    sessions   the sessions of the offence, frozen; each is a ReliedSession too
    review     why a person must look at it again before anything more is done; "" when none must
    told_on    when the school was told what came of it
    version    goes up with each change: a form that was read before one is refused
    """

    tenant_policy = IN_SCOPE
    tenant_check = f"{IN_SCOPE} AND ({HOLDS_A_SLOT})"

    request = models.ForeignKey(NoticeRequest, models.PROTECT, related_name="notices")
    slot = models.OneToOneField("NoticeSlot", models.PROTECT, null=True, related_name="notice")
    enrolment = models.ForeignKey(Enrolment, models.PROTECT, related_name="penalty_notices")
    pupil = models.ForeignKey(Pupil, models.PROTECT, related_name="penalty_notices")
    school = models.ForeignKey(School, models.PROTECT, related_name="+")
    adult = models.ForeignKey(Adult, models.PROTECT, related_name="penalty_notices")
    letter = models.OneToOneField(CaseLetter, models.PROTECT, null=True, related_name="+")
    reference = models.CharField(max_length=20)
    lane = models.CharField(max_length=10, choices=Lane)
    step = models.CharField(max_length=20)
    state = models.CharField(max_length=20, choices=PENALTY_STATES)
    version = models.PositiveIntegerField(default=1)
    early_pence = models.PositiveIntegerField(default=0)
    full_pence = models.PositiveIntegerField()
    issued_on = models.DateField()
    issued_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    officer = models.CharField(max_length=200)
    way = models.CharField(max_length=20, blank=True)
    posted_on = models.DateField(null=True)
    receipt = models.JSONField(default=dict)
    received_on = models.DateField(null=True)
    early_until = models.DateField(null=True)
    full_until = models.DateField(null=True)
    enforce_from = models.DateField(null=True)
    paused_days = models.PositiveSmallIntegerField(default=0)
    particulars = models.JSONField()
    sessions = models.JSONField()
    withdrawn_on = models.DateField(null=True)
    withdrawn_ground = models.CharField(max_length=40, blank=True)
    acquitted_on = models.DateField(null=True)
    ended_on = models.DateField(null=True)
    told_on = models.DateField(null=True)
    review = models.CharField(max_length=300, blank=True)
    made_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint("authority", "reference", name="one_penalty_per_reference"),
            models.CheckConstraint(
                condition=Q(lane=Lane.EXCLUDED, step=EXCLUDED, slot=None)
                | ~Q(lane=Lane.EXCLUDED) & ~Q(step=EXCLUDED) & Q(slot__isnull=False),
                name="penalty_holds_a_slot_or_is_outside_the_limit",
            ),
            models.CheckConstraint(
                condition=Q(state="withdrawn", withdrawn_on__isnull=False) & ~Q(withdrawn_ground="")
                | ~Q(state="withdrawn") & Q(withdrawn_on=None),
                name="withdrawn_penalty_names_day_and_ground",
            ),
            models.UniqueConstraint(
                fields=["request", "adult"],
                condition=Q(withdrawn_on=None),
                name="one_live_penalty_each_parent",
            ),
        ]
        indexes = [
            models.Index(fields=["authority", "state", "full_until"], name="penalties_by_state"),
            models.Index(fields=["school", "-id"], name="penalties_of_a_school"),
            models.Index(fields=["adult", "pupil", "-issued_on"], name="penalties_of_a_parent"),
            models.Index(fields=["authority", "-issued_on", "-id"], name="penalties_newest_first"),
        ]

    def __str__(self) -> str:
        return self.reference


class NoticeSlot(TenantModel):
    """One of the two places that penalty notices may hold for one parent and one child.

    A notice that counts towards the limit holds slot 1 or 2 for the days on which it counts
    (`during`, half open, as rules.notice_limit.window says). The exclusion constraint makes a
    third notice impossible, whatever the application does: there is no slot 3, and two rows
    cannot hold one slot on one day. A notice that was withdrawn, or whose parent was acquitted,
    gives its slot back: the row stays, with `freed_on`.

    external  another council's notice that holds it: it may hold several, for the days that ours
              leave free. None: the notice of ours whose `slot` it is
    """

    tenant_policy = IN_SCOPE
    tenant_check = f"{IN_SCOPE} AND {FITS_ITS_NOTICE}"

    pupil = models.ForeignKey(Pupil, models.PROTECT, related_name="+")
    adult = models.ForeignKey(Adult, models.PROTECT, related_name="+")
    slot = models.PositiveSmallIntegerField()
    during = DateRangeField()
    external = models.ForeignKey("ExternalNotice", models.PROTECT, null=True, related_name="slots")
    freed_on = models.DateField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(slot__in=[1, 2]), name="slot_is_one_of_two"),
            ExclusionConstraint(
                name="two_notices_in_three_years",
                expressions=[
                    (F("authority"), RangeOperators.EQUAL),
                    (F("pupil"), RangeOperators.EQUAL),
                    (F("adult"), RangeOperators.EQUAL),
                    (F("slot"), RangeOperators.EQUAL),
                    (F("during"), RangeOperators.OVERLAPS),
                ],
                condition=Q(freed_on=None),
            ),
        ]

    def __str__(self) -> str:
        return f"slot {self.pk}"


class ExternalNotice(TenantModel):
    """A penalty notice of another council, as it was declared to us: it counts towards the limit.

    outcome  as rules.notice_limit names it: paid, unpaid, prosecuted, withdrawn, acquitted
    words    how we know of it
    """

    pupil = models.ForeignKey(Pupil, models.PROTECT, related_name="external_notices")
    adult = models.ForeignKey(Adult, models.PROTECT, related_name="external_notices")
    council = models.CharField(max_length=120)
    their_reference = models.CharField(max_length=60, blank=True)
    issued_on = models.DateField()
    outcome = models.CharField(max_length=20)
    words = models.CharField(max_length=600)
    recorded_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["pupil", "adult"], name="external_notices_of_a_parent")]

    def __str__(self) -> str:
        return f"external notice {self.pk}"


class BorderPlace(TenantModel):
    """Another council where the child lived or was on a roll, or that there was none.

    council   its name; "" says that there was no other from `since` until the day it was recorded
    words     how we know
    """

    append_only = True

    pupil = models.ForeignKey(Pupil, models.PROTECT, related_name="border_places")
    council = models.CharField(max_length=120, blank=True)
    since = models.DateField(null=True)
    until = models.DateField(null=True)
    words = models.CharField(max_length=600)
    recorded_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    recorded_on = models.DateField()
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(until=None) | Q(since=None) | Q(until__gte=F("since")),
                name="border_place_ends_after_it_starts",
            ),
        ]
        indexes = [models.Index(fields=["pupil", "-id"], name="border_places_of_a_pupil")]

    def __str__(self) -> str:
        return f"border place {self.pk}"


class BorderCheck(TenantModel):
    """What another council answered when it was asked for its notices. Never changed.

    covers_from, covers_to  the days for which it answered
    found    how many notices it named; each is an ExternalNotice
    """

    append_only = True

    pupil = models.ForeignKey(Pupil, models.PROTECT, related_name="border_checks")
    adult = models.ForeignKey(Adult, models.PROTECT, related_name="border_checks")
    council = models.CharField(max_length=120)
    asked_on = models.DateField()
    answered_on = models.DateField()
    covers_from = models.DateField()
    covers_to = models.DateField()
    found = models.PositiveSmallIntegerField()
    words = models.CharField(max_length=600)
    recorded_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["pupil", "adult"], name="border_checks_of_a_parent")]

    def __str__(self) -> str:
        return f"border check {self.pk}"


class ReliedSession(TenantModel):
    """One session that a live notice or prosecution rests on: it is used once for each parent.

    subject   what rests on it, as "legal.PenaltyNotice:12"
    freed_on  when it was given back: the notice was withdrawn, or the parent acquitted. It counts
              in the register's own threshold again, as the other parent may answer for it; a new
              notice to this parent cannot rest on it (rules.settled_absence)
    """

    enrolment = models.ForeignKey(Enrolment, models.PROTECT, related_name="relied_sessions")
    adult = models.ForeignKey(Adult, models.PROTECT, related_name="+")
    day = models.DateField()
    session = models.PositiveSmallIntegerField(choices=HALVES)
    code = models.CharField(max_length=2)
    subject = models.CharField(max_length=60)
    freed_on = models.DateField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["enrolment", "adult", "day", "session"],
                condition=Q(freed_on=None),
                name="session_is_relied_on_once",
            ),
        ]
        indexes = [
            models.Index(fields=["authority", "subject"], name="relied_sessions_of_a_thing"),
        ]

    def __str__(self) -> str:
        return f"relied session {self.pk}"


class Representation(TenantModel):
    """What a parent wrote against a notice, and the answer. The clock stops until it is answered.

    ground   a key of rules.representations; words  what they say
    answer   what was decided and why; "" while it is open
    upheld   whether the notice was withdrawn for it
    """

    notice = models.ForeignKey(PenaltyNotice, models.PROTECT, related_name="representations")
    reference = models.CharField(max_length=10)
    received_on = models.DateField()
    way = models.CharField(max_length=20)
    ground = models.CharField(max_length=40)
    words = models.TextField(max_length=4000)
    recorded_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    recorded_at = models.DateTimeField()
    answered_on = models.DateField(null=True)
    answered_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    upheld = models.BooleanField(null=True)
    answer = models.TextField(blank=True, max_length=4000)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                "authority", "reference", name="one_representation_per_reference"
            ),
            models.UniqueConstraint(
                fields=["notice"],
                condition=Q(answered_on=None),
                name="one_open_representation_per_notice",
            ),
        ]

    def __str__(self) -> str:
        return self.reference


class Withdrawal(TenantModel):
    """A withdrawal that somebody asked for: the ground, who else must agree, and the decision.

    words    what the parent is told: why it is withdrawn
    asked_by None when the parent asked, by a representation
    head_by  the headteacher who agreed, where the policy in force asks for it
    done     whether the notice was withdrawn; None while it waits
    reason   why it was not, in words
    """

    notice = models.ForeignKey(PenaltyNotice, models.PROTECT, related_name="withdrawals")
    ground = models.CharField(max_length=40)
    words = models.TextField(max_length=2000)
    asked_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    asked_on = models.DateField()
    head_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    head_on = models.DateField(null=True)
    decided_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    decided_on = models.DateField(null=True)
    done = models.BooleanField(null=True)
    reason = models.CharField(max_length=600, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(decided_by=None) | Q(asked_by=None) | ~Q(decided_by=F("asked_by")),
                name="withdrawal_is_decided_by_another",
            ),
            models.UniqueConstraint(
                fields=["notice"], condition=Q(done=None), name="one_open_withdrawal_per_notice"
            ),
        ]

    def __str__(self) -> str:
        return f"withdrawal {self.pk}"
