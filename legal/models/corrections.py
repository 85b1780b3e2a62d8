"""What a person decides again after marks that something legal rests on were corrected."""

from django.db import models
from django.db.models import F, Q

from attendance.models import Enrolment
from authorities.models import School, TenantModel, User
from authorities.references import new_reference
from cases.models import Case


class RecheckEnd(models.TextChoices):
    """How it ended. The last five are found out, not chosen: the thing itself was ended."""

    STANDS = "stands", "It still stands"
    TAKEN_UP = "taken up", "It was taken up with the court"
    WITHDRAWN = "withdrawn", "It was withdrawn"
    RETURNED = "returned", "It went back to the school"
    STOPPED = "stopped", "It was stopped"
    SAME = "same", "The register says again what it rests on"
    OVER = "over", "It ended otherwise"


class LegalRecheck(TenantModel):
    """Something legal that rests on marks which were corrected since: a person decides about it.

    kind, thing  what it is and its own reference; subject  as its history names it
    case         of the casework behind it, None where there is none
    relied_by    who issued or prepared it: somebody else decides
    relied_at    the moment from which on corrections count
    as_of        the day up to which the register was read then
    amendments   how many amendments of the enrolment since have been looked at
    lost         each half day it rests on that says something else now: day, session, code, now
    changes      the amendments of those half days: who, when, why, from and to
    before, after  the threshold as it was kept, and as the register has it now
    decision     "" while a person has yet to decide
    """

    school = models.ForeignKey(School, models.PROTECT, related_name="+")
    enrolment = models.ForeignKey(Enrolment, models.PROTECT, related_name="legal_rechecks")
    case = models.ForeignKey(Case, models.PROTECT, null=True, related_name="legal_rechecks")
    reference = models.CharField(max_length=10, default=new_reference)
    kind = models.CharField(max_length=20)
    subject = models.CharField(max_length=60)
    thing = models.CharField(max_length=20)
    relied_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    relied_at = models.DateTimeField()
    as_of = models.DateField()
    amendments = models.PositiveIntegerField()
    lost = models.JSONField(default=list)
    changes = models.JSONField(default=list)
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)
    found_at = models.DateTimeField()
    decision = models.CharField(max_length=10, choices=RecheckEnd, blank=True)
    reason = models.CharField(max_length=600, blank=True)
    decided_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint("authority", "reference", name="one_legal_recheck_each"),
            models.UniqueConstraint(
                fields=["authority", "subject"],
                condition=Q(decision=""),
                name="one_open_legal_recheck_each",
            ),
            models.CheckConstraint(
                condition=Q(decided_by=None)
                | Q(relied_by=None)
                | ~Q(decision=RecheckEnd.STANDS)
                | ~Q(decided_by=F("relied_by")),
                name="legal_recheck_is_decided_by_another",
            ),
            models.CheckConstraint(
                condition=~Q(decision__in=[RecheckEnd.STANDS, RecheckEnd.TAKEN_UP])
                | Q(decided_by__isnull=False) & ~Q(reason=""),
                name="legal_recheck_has_a_reason",
            ),
        ]
        indexes = [
            models.Index(fields=["authority", "subject", "-id"], name="legal_rechecks_of_a_thing"),
            models.Index(fields=["authority", "-found_at", "-id"], name="legal_rechecks_newest"),
        ]

    def __str__(self) -> str:
        return self.reference
