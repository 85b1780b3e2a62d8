"""Meetings: about one pupil with the family, or about many pupils with an agenda."""

from django.db import models
from django.db.models import F, Q

from attendance.models import Adult
from authorities.models import School, TenantModel, User
from authorities.references import new_reference
from cases.models.case import Case
from rules.meeting_stages import LABELS, MeetingState

MEETING_STATES = [(state.value, LABELS[state]) for state in MeetingState]


class Meeting(TenantModel):
    """One meeting at one time. Another date is another meeting, with this one before it.

    pack, edition, key  which meeting of which policy; all "" for a kind of one's own
    label       what it is called
    agenda      about many pupils, one after another; else with a family
    goes_ahead  also without the family; minutes_to, outcomes: all as the policy had it
    leader      who leads it here, and writes the minutes
    place       a room, or how to join; never a family's home address
    version     goes up with each change: a form read before is refused
    because     why it was moved or cancelled, or why no other date was offered
    """

    school = models.ForeignKey(School, models.PROTECT, related_name="meetings")
    reference = models.CharField(max_length=10, default=new_reference)
    pack = models.CharField(max_length=40, blank=True)
    edition = models.CharField(max_length=20, blank=True)
    key = models.CharField(max_length=60, blank=True)
    label = models.CharField(max_length=120)
    agenda = models.BooleanField(default=False)
    goes_ahead = models.BooleanField(default=False)
    minutes_to = models.JSONField(default=list)
    outcomes = models.JSONField(default=list)
    leader = models.ForeignKey(User, models.PROTECT, related_name="+")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    place = models.CharField(max_length=200)
    online = models.BooleanField(default=False)
    state = models.CharField(
        max_length=10, choices=MEETING_STATES, default=MeetingState.PLANNED.value
    )
    version = models.PositiveIntegerField(default=1)
    because = models.CharField(max_length=600, blank=True)
    before = models.OneToOneField("self", models.PROTECT, null=True, related_name="after")
    also_there = models.CharField(max_length=600, blank=True)
    without_family = models.BooleanField(default=False)
    arranged_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    arranged_at = models.DateTimeField()
    settled_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    settled_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint("authority", "reference", name="one_meeting_per_reference"),
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")), name="meeting_ends_after_it_starts"
            ),
            models.CheckConstraint(
                condition=Q(state="planned", settled_at=None)
                | (~Q(state="planned") & Q(settled_at__isnull=False)),
                name="settled_meeting_has_its_moment",
            ),
        ]
        indexes = [
            models.Index(fields=["school", "-starts_at"], name="meetings_of_a_school"),
            models.Index(fields=["leader", "-starts_at"], name="meetings_of_a_person"),
        ]

    def __str__(self) -> str:
        return self.reference


class MeetingCase(TenantModel):
    """One case that a meeting is about. Each has minutes and actions of its own."""

    meeting = models.ForeignKey(Meeting, models.PROTECT, related_name="about")
    case = models.ForeignKey(Case, models.PROTECT, related_name="meetings")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["meeting", "case"], name="one_case_once_in_a_meeting"),
        ]
        indexes = [models.Index(fields=["case", "-id"], name="meetings_of_a_case")]

    def __str__(self) -> str:
        return f"meeting case {self.pk}"


class Part(models.TextChoices):
    """What somebody is in a meeting."""

    ADULT = "adult", "Parent or carer"
    PUPIL = "pupil", "Pupil"
    STAFF = "staff", "Staff"
    PROFESSIONAL = "professional", "Other professional"


class InviteWay(models.TextChoices):
    """How somebody was invited."""

    LETTER = "letter", "Letter by post"
    BY_HAND = "by hand", "Letter by hand"
    CALL = "call", "Phone call"
    EMAIL = "email", "Email"
    MESSAGE = "message", "Text message"
    IN_PERSON = "in person", "In person"
    OWN_SYSTEM = "own system", "Through the school's own system"


class Invited(TenantModel):
    """Somebody who is asked to come: an adult of the family, the pupil, staff, or a professional.

    role   the pack's word for them, or what they are
    way    "" while nobody has told them
    came   None until the meeting has been
    """

    meeting = models.ForeignKey(Meeting, models.PROTECT, related_name="invited")
    part = models.CharField(max_length=12, choices=Part)
    adult = models.ForeignKey(Adult, models.PROTECT, null=True, related_name="+")
    user = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    name = models.CharField(max_length=200)
    role = models.CharField(max_length=120, blank=True)
    way = models.CharField(max_length=10, choices=InviteWay, blank=True)
    told_on = models.DateField(null=True)
    told_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    came = models.BooleanField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["meeting", "adult"],
                condition=Q(adult__isnull=False),
                name="one_invitation_per_adult",
            ),
            models.UniqueConstraint(
                fields=["meeting", "user"],
                condition=Q(user__isnull=False),
                name="one_invitation_per_colleague",
            ),
            models.CheckConstraint(
                condition=Q(part="adult", adult__isnull=False) | (~Q(part="adult") & Q(adult=None)),
                name="an_invited_adult_is_on_record",
            ),
        ]

    def __str__(self) -> str:
        return f"invited {self.pk}"


class Minutes(TenantModel):
    """What was said about one case. Never changed: a correction is the next number.

    grid        area (education, health, care) → worried, well, next
    outcome     what was decided: one of the policy's outcomes, or in words
    """

    append_only = True

    of = models.ForeignKey(MeetingCase, models.PROTECT, related_name="minutes")
    number = models.PositiveSmallIntegerField(default=1)
    grid = models.JSONField(default=dict)
    parent_said = models.TextField(max_length=4000, blank=True)
    pupil_said = models.TextField(max_length=4000, blank=True)
    more = models.TextField(max_length=4000, blank=True)
    outcome = models.CharField(max_length=600)
    written_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    written_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["of", "number"], name="minutes_are_numbered"),
        ]

    def __str__(self) -> str:
        return f"minutes {self.pk}"


class MeetingAction(TenantModel):
    """Something agreed: who does what by when. A deadline of the case runs beside it."""

    of = models.ForeignKey(MeetingCase, models.PROTECT, related_name="actions")
    words = models.CharField(max_length=300)
    user = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    who = models.CharField(max_length=200)
    due_on = models.DateField()
    agreed_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    agreed_at = models.DateTimeField()
    done_on = models.DateField(null=True)
    done_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    came_of_it = models.CharField(max_length=300, blank=True)

    def __str__(self) -> str:
        return f"action {self.pk}"


class MinutesCopy(TenantModel):
    """One person was given one copy of the minutes. Never changed."""

    append_only = True

    minutes = models.ForeignKey(Minutes, models.PROTECT, related_name="copies")
    to = models.ForeignKey(Invited, models.PROTECT, null=True, related_name="copies")
    name = models.CharField(max_length=200)
    way = models.CharField(max_length=10, choices=InviteWay)
    given_on = models.DateField()
    recorded_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"copy {self.pk}"


class CalendarFeed(TenantModel):
    """A person's private address of their meetings, for a calendar program.

    The address holds a secret; we keep its digest alone. It ends by itself, or when revoked.
    """

    user = models.ForeignKey(User, models.PROTECT, related_name="+")
    digest = models.CharField(max_length=64)
    made_at = models.DateTimeField()
    ends_on = models.DateField()
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["authority", "digest"], name="one_feed_per_secret"),
            models.UniqueConstraint(
                fields=["authority", "user"],
                condition=Q(revoked_at=None),
                name="one_feed_per_person",
            ),
        ]

    def __str__(self) -> str:
        return f"feed {self.pk}"
