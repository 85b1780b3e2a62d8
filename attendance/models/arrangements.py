"""What is known before the register is taken: leave, part-time timetables, places elsewhere."""

from datetime import date

from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q

from attendance.models.people import Adult, Enrolment
from authorities.models import School, TenantModel, User
from authorities.references import new_reference
from rules.leave import PURPOSES
from rules.medical_evidence import GROUNDS as EVIDENCE_GROUNDS

EVERY_SESSION = "1" * 14


class ArrangementKind(models.TextChoices):
    """Why the sessions of an arrangement are known beforehand."""

    LEAVE = "leave", "Leave of absence"
    PART_TIME = "part-time", "Part-time timetable"
    TRIP = "trip", "Trip, sport or other school activity"
    WORK_EXPERIENCE = "work experience", "Work experience"
    DUAL = "dual", "Registered at another school too"
    ALTERNATIVE = "alternative", "Alternative provision"
    SUSPENSION = "suspension", "Suspended"
    EXCLUSION = "exclusion", "Permanently excluded"
    RELIGIOUS = "religious", "Religious observance"
    MOBILE = "mobile", "Family travelling for work"
    STUDY = "study", "Study leave"
    MEDICAL = "medical", "Medical or dental appointment"
    ILLNESS = "illness", "Illness already reported"
    OTHER = "other", "Another reason"


class Arrangement(TenantModel):
    """Sessions of one enrolment whose code is known beforehand, from one day to another.

    code     the attendance code that the register is filled in with
    pattern  fourteen 0s and 1s, Monday morning to Sunday afternoon: the sessions it covers
    ends_on  always given: an arrangement without an end is never agreed
    ended_on the last day when it was ended early; the days after it are as if never agreed
    together shared by the rows of one trip or group, so that they are found and ended as one
    instead_of  the arrangement that this one was agreed in place of
    """

    school = models.ForeignKey(School, models.PROTECT, related_name="arrangements")
    enrolment = models.ForeignKey(Enrolment, models.PROTECT, related_name="arrangements")
    reference = models.CharField(max_length=10, default=new_reference)
    kind = models.CharField(max_length=20, choices=ArrangementKind)
    code = models.CharField(max_length=2)
    starts_on = models.DateField()
    ends_on = models.DateField()
    pattern = models.CharField(
        max_length=14, default=EVERY_SESSION, validators=[RegexValidator(r"^[01]{14}$")]
    )
    nature = models.CharField(max_length=200, blank=True)  # of the activity, or the cause
    other_school = models.CharField(max_length=120, blank=True)
    together = models.CharField(max_length=10, blank=True)
    instead_of = models.ForeignKey("self", models.PROTECT, null=True, related_name="followed_by")
    agreed_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    agreed_at = models.DateTimeField()
    ended_on = models.DateField(null=True, blank=True)
    ended_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    ended_because = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["authority", "reference"], name="one_arrangement_per_reference"
            ),
            models.CheckConstraint(
                condition=Q(ends_on__gte=F("starts_on")), name="arrangement_ends_after_it_starts"
            ),
        ]
        indexes = [
            models.Index(fields=["school", "ends_on"], name="arrangements_of_a_school"),
            models.Index(fields=["enrolment", "-starts_on"], name="arrangements_of_a_pupil"),
        ]

    def __str__(self) -> str:
        return self.reference

    @property
    def last_day(self) -> date:
        """The last day that it covers: its end, or the day it was ended early."""
        return self.ends_on if self.ended_on is None else min(self.ends_on, self.ended_on)


class LeaveState(models.TextChoices):
    """Where a request for leave stands."""

    ASKED = "asked", "To be decided"
    GRANTED = "granted", "Granted"
    REFUSED = "refused", "Refused"
    WITHDRAWN = "withdrawn", "Withdrawn by the parent"


class LeaveRequest(TenantModel):
    """A parent's request for leave in term time and the headteacher's answer.

    purpose what it is for, as the parent told it: decides which grounds are open
    ground  a key of rules.leave.GROUNDS: the lawful ground it was granted on, "" when refused
    granted_first, granted_last  the days granted, which may be fewer than asked for
    """

    school = models.ForeignKey(School, models.PROTECT, related_name="leave_requests")
    enrolment = models.ForeignKey(Enrolment, models.PROTECT, related_name="leave_requests")
    reference = models.CharField(max_length=10, default=new_reference)
    asked_by = models.ForeignKey(Adult, models.PROTECT, null=True, related_name="+")
    asked_on = models.DateField()
    way = models.CharField(
        max_length=10,
        choices=[("paper", "On paper"), ("online", "Online"), ("phone", "By phone")],
    )
    first_day = models.DateField()
    last_day = models.DateField()
    purpose = models.CharField(
        max_length=20, choices=[(key.value, label) for key, label in PURPOSES.items()]
    )
    reason = models.CharField(max_length=1000)
    state = models.CharField(max_length=10, choices=LeaveState, default=LeaveState.ASKED)
    ground = models.CharField(max_length=40, blank=True)
    decision_reason = models.CharField(max_length=1000, blank=True)
    granted_first = models.DateField(null=True, blank=True)
    granted_last = models.DateField(null=True, blank=True)
    decided_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    arrangement = models.ForeignKey(
        Arrangement, models.PROTECT, null=True, related_name="leave_requests"
    )
    return_checked_on = models.DateField(null=True, blank=True)
    returned_on = models.DateField(null=True, blank=True)
    recorded_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["authority", "reference"], name="one_leave_request_per_reference"
            ),
            models.CheckConstraint(
                condition=Q(last_day__gte=F("first_day")), name="leave_ends_after_it_starts"
            ),
        ]
        indexes = [models.Index(fields=["school", "-first_day"], name="leave_of_a_school")]

    def __str__(self) -> str:
        return self.reference

    @property
    def ends_on(self) -> date | None:
        """The last day of the leave granted, or the day it was ended early; None without leave."""
        if self.granted_last is None or self.arrangement is None:
            return self.granted_last
        return min(self.granted_last, self.arrangement.last_day)


class PartTimeAgreement(TenantModel):
    """What was agreed about a part-time timetable. Its sessions and days are the arrangement's.

    extends  the agreement before it: going on is agreed anew, with a reason
    """

    school = models.ForeignKey(School, models.PROTECT, related_name="part_time_agreements")
    enrolment = models.ForeignKey(Enrolment, models.PROTECT, related_name="part_time_agreements")
    arrangement = models.OneToOneField(Arrangement, models.PROTECT, related_name="part_time")
    reference = models.CharField(max_length=10, default=new_reference)
    aim = models.CharField(max_length=1000)
    why = models.CharField(max_length=1000)
    consent_by = models.ForeignKey(Adult, models.PROTECT, related_name="+")
    consent_on = models.DateField()
    council_told_on = models.DateField(null=True, blank=True)
    extends = models.ForeignKey("self", models.PROTECT, null=True, related_name="extensions")
    extended_because = models.CharField(max_length=600, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["authority", "reference"], name="one_part_time_agreement_per_reference"
            ),
            models.CheckConstraint(
                condition=Q(extends=None) | ~Q(extended_because=""),
                name="extension_says_why",
            ),
        ]

    def __str__(self) -> str:
        return self.reference


class ReviewOutcome(models.TextChoices):
    """What a review of a part-time timetable came to."""

    GOES_ON = "goes on", "It goes on as agreed"
    FULL_TIME = "full time", "The pupil goes back to full time"
    CHANGES = "changes", "It is changed: a new agreement follows"


class PartTimeReview(TenantModel):
    """One review: due on a day, and once held what it came to."""

    agreement = models.ForeignKey(PartTimeAgreement, models.PROTECT, related_name="reviews")
    due_on = models.DateField()
    held_on = models.DateField(null=True, blank=True)
    outcome = models.CharField(max_length=20, choices=ReviewOutcome, blank=True)
    note = models.CharField(max_length=1000, blank=True)
    held_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    held_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["agreement"],
                condition=Q(held_on=None),
                name="one_review_due_per_agreement",
            ),
            models.CheckConstraint(
                condition=Q(held_on=None) | ~Q(outcome=""), name="held_review_has_its_outcome"
            ),
        ]

    def __str__(self) -> str:
        return f"part-time review {self.pk}"


class EvidenceOutcome(models.TextChoices):
    """What came of asking for medical evidence."""

    WAITING = "waiting", "Waiting"
    GIVEN = "given", "Given"
    NOT_GIVEN = "not given", "Not given"
    NOT_NEEDED = "not needed", "No longer needed"


class EvidenceRequest(TenantModel):
    """A request to a parent for medical evidence of an illness, on a lawful ground."""

    school = models.ForeignKey(School, models.PROTECT, related_name="evidence_requests")
    enrolment = models.ForeignKey(Enrolment, models.PROTECT, related_name="evidence_requests")
    reference = models.CharField(max_length=10, default=new_reference)
    first_day = models.DateField()
    last_day = models.DateField()
    ground = models.CharField(
        max_length=20, choices=[(key, row.label) for key, row in EVIDENCE_GROUNDS.items()]
    )
    doubt = models.CharField(max_length=600)  # what gives rise to it, or how it would help
    asked_of = models.ForeignKey(Adult, models.PROTECT, related_name="+")
    asked_on = models.DateField()
    asked_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    outcome = models.CharField(
        max_length=12, choices=EvidenceOutcome, default=EvidenceOutcome.WAITING
    )
    outcome_on = models.DateField(null=True, blank=True)
    outcome_note = models.CharField(max_length=600, blank=True)
    outcome_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["authority", "reference"], name="one_evidence_request_per_reference"
            ),
            models.CheckConstraint(
                condition=Q(last_day__gte=F("first_day")), name="evidence_days_in_order"
            ),
        ]
        indexes = [models.Index(fields=["school", "-asked_on"], name="evidence_of_a_school")]

    def __str__(self) -> str:
        return self.reference
