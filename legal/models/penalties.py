"""Penalty notices: one for each parent of each child, with its slot, its clock and its service."""

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.db import models
from django.db.models import F, Q

from attendance.models import Adult, Enrolment, Pupil
from attendance.models.amending import HALVES
from authorities.models import School, TenantModel, User
from cases.models import CaseLetter
from legal.models.requests import Lane, NoticeRequest
from rules.notice_stages import PENALTY, PenaltyState

PENALTY_STATES = [(state.value, PENALTY.labels[state]) for state in PenaltyState]


class PenaltyNotice(TenantModel):
    """One penalty notice to one parent for one child.

    reference  with its check digit: what the parent gives when they pay
    step       first or second of the three years, or of an excluded pupil: rules.tariffs
    early_pence, full_pence  the amounts on the day it was issued; early 0 where there is none
    posted_on, way, receipt  how it was served; received_on  the day it counts as received
    early_until, full_until  the last days to pay; enforce_from  the first day after
    paused_days  days that open representations have added to both
    particulars  what the notice says, every field that the regulations ask for, frozen
    sessions   the sessions of the offence, frozen; each is a ReliedSession too
    version    goes up with each change: a form that was read before one is refused
    """

    request = models.ForeignKey(NoticeRequest, models.PROTECT, related_name="notices")
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
    way = models.CharField(max_length=20)
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
    ended_on = models.DateField(null=True)
    made_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint("authority", "reference", name="one_penalty_per_reference"),
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

    notice    ours; external  or one that another council declared
    """

    pupil = models.ForeignKey(Pupil, models.PROTECT, related_name="+")
    adult = models.ForeignKey(Adult, models.PROTECT, related_name="+")
    slot = models.PositiveSmallIntegerField()
    during = DateRangeField()
    notice = models.OneToOneField(PenaltyNotice, models.PROTECT, null=True, related_name="slot")
    external = models.OneToOneField(
        "ExternalNotice", models.PROTECT, null=True, related_name="slot"
    )
    freed_on = models.DateField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(slot__in=[1, 2]), name="slot_is_one_of_two"),
            models.CheckConstraint(
                condition=Q(notice__isnull=False, external=None)
                | Q(notice=None, external__isnull=False),
                name="slot_is_held_by_one_notice",
            ),
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
    freed_on  when it was given back: the notice was withdrawn
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
