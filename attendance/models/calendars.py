"""School calendars: terms, INSET days, closures. They decide what sessions and school weeks are."""

from django.db import models
from django.db.models import F, Q

from authorities.models import School, TenantModel


class Calendar(TenantModel):
    """One academic year's sessions at one school, or the authority's own to copy from.

    `year` is the calendar year in which the academic year starts: 2026 for 2026/27.
    `sessions` is worked out from terms and days whenever they change: one byte (0 or 1) a place
    of the year grid (attendance.marks), so that the sweep reads it as it stands.
    """

    school = models.ForeignKey(School, models.PROTECT, null=True, related_name="calendars")
    year = models.PositiveSmallIntegerField()
    sessions = models.BinaryField()
    revision = models.PositiveIntegerField(default=1)
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["school", "year"], name="one_calendar_per_school_and_year"
            ),
            models.UniqueConstraint(
                fields=["authority", "year"],
                condition=Q(school=None),
                name="one_own_calendar_per_authority_and_year",
            ),
        ]

    def __str__(self) -> str:
        return f"calendar {self.pk}: {self.year}"


class Term(TenantModel):
    """A run of days with school on its weekdays, bank holidays apart. A half-term parts two."""

    calendar = models.ForeignKey(Calendar, models.CASCADE, related_name="terms")
    name = models.CharField(max_length=60)
    starts_on = models.DateField()
    ends_on = models.DateField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_on__gte=F("starts_on")), name="term_ends_after_it_starts"
            ),
        ]

    def __str__(self) -> str:
        return f"term {self.pk}"


class DayKind(models.TextChoices):
    """What makes a day of the calendar different from its term."""

    INSET = "inset", "Staff training day (INSET)"
    CLOSED = "closed", "Planned closure"
    OPEN = "open", "Extra day with school"


class CalendarDay(TenantModel):
    """One day that differs. `session` narrows it to the morning (0) or the afternoon (1)."""

    calendar = models.ForeignKey(Calendar, models.CASCADE, related_name="days")
    day = models.DateField()
    session = models.PositiveSmallIntegerField(null=True, blank=True)
    kind = models.CharField(max_length=10, choices=DayKind)
    note = models.CharField(max_length=120, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["calendar", "day", "session"],
                nulls_distinct=False,
                name="one_entry_per_session",
            ),
        ]

    def __str__(self) -> str:
        return f"calendar day {self.pk}"
