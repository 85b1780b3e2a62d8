"""Questions about letters."""

from datetime import datetime, timedelta

from django.db.models import Q, QuerySet

from authorities.access import Reach
from authorities.permissions import Permission
from letters.models import Letter, LetterDocument, Outbox, OutboxState
from rules.letter_stages import LetterState

# A living worker holds the row itself; a claim older than this that nobody holds is a dead one's.
LEASE = timedelta(seconds=15)
LATE = timedelta(minutes=30)
MOVING = (LetterState.APPROVED.value, LetterState.RENDERING.value, LetterState.MADE.value)


def letters_for(reach: Reach) -> QuerySet[Letter]:
    """The letters of schools whose cases the person may see."""
    return Letter.objects.filter(
        reach.schools(Permission.VIEW_CASE, "school__"), authority=reach.authority
    ).select_related("school", "created_by", "approved_by", "released_by")


def due(now: datetime) -> Q:
    """Outbox entries to be done: waiting ones whose time has come, and those of dead workers."""
    return Q(state=OutboxState.WAITING, available_at__lte=now) | Q(
        state=OutboxState.CLAIMED, claimed_at__lt=now - LEASE
    )


def due_letter_ids(now: datetime, most: int) -> list[int]:
    """The letters to hand over in this scope, oldest first."""
    entries = Outbox.objects.filter(due(now)).order_by("available_at", "pk")
    return list(entries.values_list("letter_id", flat=True)[:most])


def late(reach: Reach, now: datetime) -> QuerySet[Letter]:
    """Approved letters that should have gone by now: nothing waits silently."""
    return letters_for(reach).filter(pk__in=waiting_too_long(now))


def waiting_too_long(now: datetime) -> QuerySet[Letter]:
    """The same for everything in scope."""
    return Letter.objects.filter(state__in=MOVING, approved_at__lt=now - LATE)


def document_of(letter: Letter) -> LetterDocument | None:
    """The kept PDF of a letter, once it was made."""
    return LetterDocument.objects.filter(letter=letter).first()
