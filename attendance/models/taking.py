"""Taking a register: when it opens and closes, who takes it, and what is noted beside a mark."""

from django.db import models
from django.db.models import F, Q

from attendance.models.people import Enrolment
from authorities.models import School, TenantModel, User

HALVES = ((0, "Morning"), (1, "Afternoon"))


class RegisterTimes(TenantModel):
    """When a school's register for one half of the day opens and closes, from a day on.

    Who arrives after `opens_at` and until `closes_at` is late (L); after it, the mark is U.
    """

    school = models.ForeignKey(School, models.CASCADE, related_name="register_times")
    session = models.PositiveSmallIntegerField(choices=HALVES)
    starts_on = models.DateField()
    opens_at = models.TimeField()
    closes_at = models.TimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["school", "session", "starts_on"], name="one_opening_per_session_and_day"
            ),
            models.CheckConstraint(
                condition=Q(closes_at__gt=F("opens_at")), name="register_closes_after_it_opens"
            ),
        ]

    def __str__(self) -> str:
        return f"register times {self.pk}"


class GroupTutor(TenantModel):
    """Who takes a registration group's register. Anyone else who takes it is covering."""

    school = models.ForeignKey(School, models.CASCADE, related_name="group_tutors")
    registration_group = models.CharField(max_length=30)
    tutor = models.ForeignKey(User, models.PROTECT, related_name="+")
    starts_on = models.DateField()
    ends_on = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["school", "registration_group", "tutor", "starts_on"],
                name="one_start_per_tutor_and_group",
            ),
            models.CheckConstraint(
                condition=Q(ends_on=None) | Q(ends_on__gte=F("starts_on")),
                name="tutor_ends_after_start",
            ),
        ]

    def __str__(self) -> str:
        return f"group tutor {self.pk}"


class MarkNote(TenantModel):
    """What is noted beside one mark: arrival time, nature of the activity, which school.

    The newest note of a session holds, and only while the mark still reads `code`.
    """

    append_only = True

    authority = models.ForeignKey(
        "authorities.Authority", models.PROTECT, related_name="+", db_index=False
    )
    enrolment = models.ForeignKey(
        Enrolment, models.PROTECT, related_name="mark_notes", db_index=False
    )
    day = models.DateField()
    session = models.PositiveSmallIntegerField(choices=HALVES)
    code = models.CharField(max_length=2)
    arrived_at = models.TimeField(null=True, blank=True)
    nature = models.CharField(max_length=200, blank=True)  # of the activity, or the cause
    other_school = models.CharField(max_length=120, blank=True)
    text = models.CharField(max_length=300, blank=True)
    written_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    written_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["enrolment", "day", "session", "-id"], name="notes_of_a_mark"),
        ]

    def __str__(self) -> str:
        return f"mark note {self.pk}"
