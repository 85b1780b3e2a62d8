"""The worker's way in: one letter, or whatever waits. Both may run twice, together, or late."""

from celery import shared_task
from django.utils import timezone

from authorities import selectors
from letters.services import delivery


@shared_task(name="letters.issue", acks_late=True)
def issue(*, authority_id: int, letter_id: int) -> None:
    """Make and hand over one letter. It opens its own scopes: each step is its own transaction."""
    delivery.issue_once(authority_id=authority_id, letter_id=letter_id, now=timezone.now())


@shared_task(name="letters.hand_over_waiting")
def hand_over_waiting() -> None:
    """Pick up what no message brought: lost messages, dead workers, letters to try again."""
    for authority_id in selectors.every_authority_id():
        for letter_id in delivery.waiting(authority_id=authority_id, now=timezone.now()):
            delivery.issue_once(authority_id=authority_id, letter_id=letter_id, now=timezone.now())
