"""Letters as they were prepared, approved and made, and the outbox they leave through."""

from django.db import models
from django.db.models import Q

from authorities.models import School, TenantModel, User
from authorities.references import new_reference
from rules.letter_stages import LABELS, LetterState

STATES = [(state.value, LABELS[state]) for state in LetterState]


class Route(models.TextChoices):
    """How a letter leaves."""

    POST = "post", "By post"
    IN_PERSON = "in person", "Given by hand"


class WhyWithdrawn(models.TextChoices):
    """Why a letter was stopped. A closed list: history must not hold free text about families."""

    NOT_NEEDED = "not needed", "It is no longer needed"
    WRONG = "wrong", "Something in it is wrong"
    FAMILY_ASKED = "family asked", "The family asked us to wait"
    ANOTHER_WAY = "another way", "We told them another way"


class Letter(TenantModel):
    """One letter to one adult. What it says is frozen when it is prepared.

    context and wording are the words; template_sha256 is the page that was approved; sha256 is
    that of the PDF. An issued letter is never made again: a correction is a new letter, and
    `corrects` names the old one.
    """

    school = models.ForeignKey(School, models.PROTECT, related_name="letters")
    reference = models.CharField(max_length=10, default=new_reference)
    kind = models.CharField(max_length=40)
    title = models.CharField(max_length=300)  # the policy's own name for it
    pack = models.CharField(max_length=40)
    edition = models.CharField(max_length=20)
    pack_letter = models.CharField(max_length=40)
    source = models.CharField(max_length=300)  # the section of the policy
    wording = models.TextField()
    wording_sha256 = models.CharField(max_length=64)
    template_sha256 = models.CharField(max_length=64, blank=True)
    context = models.JSONField()
    recipient_name = models.CharField(max_length=500)
    greeting = models.CharField(max_length=500)
    address_lines = models.JSONField(default=list)
    language = models.CharField(max_length=60, default="English")
    route = models.CharField(max_length=10, choices=Route, default=Route.POST)
    state = models.CharField(max_length=12, choices=STATES, default=LetterState.DRAFT.value)
    reason = models.CharField(max_length=600, blank=True)  # why it is held, withdrawn or failed
    accepted = models.JSONField(default=list)  # the doubts that a person released it over
    release_reason = models.CharField(max_length=300, blank=True)
    released_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    released_at = models.DateTimeField(null=True)
    corrects = models.ForeignKey("self", models.PROTECT, null=True, related_name="corrections")
    # None: a policy in force prepared it, once its settling period had run out. It may approve what
    # it prepared too: `approved_by` is None then.
    created_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField()
    approved_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    approved_at = models.DateTimeField(null=True)
    made_at = models.DateTimeField(null=True)
    handed_over_at = models.DateTimeField(null=True)
    changed_at = models.DateTimeField()
    sha256 = models.CharField(max_length=64, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint("authority", "reference", name="one_letter_per_reference"),
            models.CheckConstraint(
                condition=Q(approved_at=None, approved_by=None)
                | Q(approved_at__isnull=False, approved_by__isnull=False)
                | Q(approved_at__isnull=False, created_by=None),
                name="approved_letter_names_who_and_when",
            ),
            models.CheckConstraint(
                condition=~Q(state="handed over") | Q(handed_over_at__isnull=False),
                name="letter_handed_over_has_a_time",
            ),
        ]
        indexes = [
            models.Index(fields=["authority", "-created_at", "-id"], name="letters_newest_first"),
            models.Index(fields=["authority", "state", "-created_at"], name="letters_by_state"),
        ]

    def __str__(self) -> str:
        return self.reference

    @property
    def stage(self) -> LetterState:
        """The state as the rules name it."""
        return LetterState(self.state)


class LetterDocument(TenantModel):
    """The exact bytes of a letter, kept once."""

    append_only = True

    letter = models.OneToOneField(Letter, models.PROTECT, related_name="document")
    pdf = models.BinaryField()
    sha256 = models.CharField(max_length=64)
    pages = models.PositiveSmallIntegerField()
    software = models.CharField(max_length=60)
    made_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"document {self.pk}"


class OutboxState(models.TextChoices):
    """Where an entry stands."""

    WAITING = "waiting", "Waiting"
    CLAIMED = "claimed", "In a worker's hands"
    DONE = "done", "Done"
    STOPPED = "stopped", "Stopped by a person or a rule"
    FAILED = "failed", "Failed"


class Outbox(TenantModel):
    """Something that must leave. A row first: a lost message loses nothing.

    `key` says what the entry does, so that asking twice makes one. `attempts` also fences: a
    worker that lost its claim finds another number and stops.
    """

    kind = models.CharField(max_length=40)
    letter = models.ForeignKey(Letter, models.PROTECT, related_name="entries")
    key = models.CharField(max_length=80)
    state = models.CharField(max_length=10, choices=OutboxState, default=OutboxState.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    available_at = models.DateTimeField()
    claimed_at = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)
    last_error = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint("authority", "key", name="one_outbox_entry_per_key"),
        ]
        indexes = [
            models.Index(
                fields=["authority", "available_at"],
                condition=Q(state__in=["waiting", "claimed"]),
                name="outbox_to_do",
            ),
        ]

    def __str__(self) -> str:
        return self.key
