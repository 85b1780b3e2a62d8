"""Requests for penalty notices: what a school asks the council to decide."""

from django.db import models
from django.db.models import F, Q

from attendance.models import Adult, Enrolment, LeaveRequest
from authorities.models import School, TenantModel, User
from authorities.references import new_reference
from cases.models import Case
from legal.models.improvement import ImprovementNotice
from rules.notice_stages import REQUEST, RequestState

REQUEST_STATES = [(state.value, REQUEST.labels[state]) for state in RequestState]


class Lane(models.TextChoices):
    """How a penalty notice is come to."""

    SUPPORT = "support", "After support"
    LEAVE = "leave", "Leave in term time"
    EXCLUDED = "excluded", "Excluded pupil in a public place"


class NoticeRequest(TenantModel):
    """One request for penalty notices about one enrolment, for one or more of its parents.

    case      the casework behind it; leave  the request for leave that was refused, if there was
              one: the lane of leave in term time needs no case
    first, last  the offence's first and last day
    sessions  the sessions it rests on, frozen when it is sent: day, session, code
    proof     the threshold's proof then; gate  the gate's answer then, and again when decided
    answers   key → text, what the form asks beyond what the record holds; origins  key → where the
              first words came from
    record    what the record held when it was sent: {"words", "text", "from"}
    facts, checked_on  what rules.request_lint was asked when it was sent, and the day
    review    what the council found: {"code", "interest", "reasons"}, with words
    declared_by, declared_at, declaration  the headteacher's declaration, in its words
    requested_by is never decided_by: the database refuses it
    version   goes up with each change: a form that was read before one is refused
    """

    enrolment = models.ForeignKey(Enrolment, models.PROTECT, related_name="notice_requests")
    school = models.ForeignKey(School, models.PROTECT, related_name="+")
    case = models.ForeignKey(Case, models.PROTECT, null=True, related_name="notice_requests")
    leave = models.ForeignKey(
        LeaveRequest, models.PROTECT, null=True, related_name="notice_requests"
    )
    improvement = models.ForeignKey(
        ImprovementNotice, models.PROTECT, null=True, related_name="requests"
    )
    reference = models.CharField(max_length=10, default=new_reference)
    lane = models.CharField(max_length=10, choices=Lane)
    state = models.CharField(max_length=20, choices=REQUEST_STATES)
    version = models.PositiveIntegerField(default=1)
    first = models.DateField()
    last = models.DateField()
    sessions = models.JSONField(default=list)
    proof = models.JSONField(default=dict)
    gate = models.JSONField(default=dict)
    policy = models.JSONField(default=dict)
    answers = models.JSONField(default=dict)
    origins = models.JSONField(default=dict)
    record = models.JSONField(default=list)
    facts = models.JSONField(null=True)
    checked_on = models.DateField(null=True)
    review = models.JSONField(default=dict)
    despite = models.CharField(max_length=600, blank=True)
    requested_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    declared_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    declared_at = models.DateTimeField(null=True)
    declaration = models.TextField(blank=True, max_length=1000)
    sent_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    sent_on = models.DateField(null=True)
    decided_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    decided_on = models.DateField(null=True)
    decision = models.TextField(blank=True, max_length=2000)

    class Meta:
        constraints = [
            models.UniqueConstraint("authority", "reference", name="one_request_per_reference"),
            models.CheckConstraint(
                condition=Q(decided_by=None)
                | ~Q(decided_by=F("requested_by"))
                & (Q(sent_by=None) | ~Q(decided_by=F("sent_by")))
                & (Q(declared_by=None) | ~Q(decided_by=F("declared_by"))),
                name="request_is_decided_by_another",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["approved", "refused"]) | Q(decided_by__isnull=False),
                name="decided_request_names_who_decided",
            ),
            models.CheckConstraint(
                condition=Q(last__gte=F("first")), name="request_ends_after_it_starts"
            ),
        ]
        indexes = [
            models.Index(fields=["authority", "state", "sent_on", "id"], name="requests_waiting"),
            models.Index(fields=["school", "-id"], name="requests_of_a_school"),
            models.Index(fields=["enrolment", "-id"], name="requests_of_a_pupil"),
            models.Index(fields=["authority", "-sent_on", "-id"], name="requests_newest_first"),
        ]

    def __str__(self) -> str:
        return self.reference


class RequestParent(TenantModel):
    """One parent a request is about: whether they allowed the absence, or why they are left out.

    verified_on  when their address was last checked
    """

    request = models.ForeignKey(NoticeRequest, models.PROTECT, related_name="parents")
    adult = models.ForeignKey(Adult, models.PROTECT, related_name="+")
    included = models.BooleanField(default=True)
    allowed = models.CharField(
        max_length=10, choices=[("yes", "Yes"), ("no", "No"), ("unknown", "Not known")]
    )
    words = models.CharField(max_length=600, blank=True)
    verified_on = models.DateField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["request", "adult"], name="one_place_in_a_request"),
        ]

    def __str__(self) -> str:
        return f"request parent {self.pk}"


class RequestDocument(TenantModel):
    """One document attached to a request: bytes kept once, or a record of ours it points to.

    record  route and reference of a record of ours, as "cases:meeting/K7Q2…", "" for a file
    size    bytes of a file
    """

    append_only = True

    request = models.ForeignKey(NoticeRequest, models.PROTECT, related_name="documents")
    title = models.CharField(max_length=200)
    record = models.CharField(max_length=200, blank=True)
    name = models.CharField(max_length=200, blank=True)
    media_type = models.CharField(max_length=100, blank=True)
    content = models.BinaryField(null=True)
    sha256 = models.CharField(max_length=64, blank=True)
    size = models.PositiveIntegerField(default=0)
    added_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    added_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"request document {self.pk}"
