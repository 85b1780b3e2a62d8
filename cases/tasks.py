"""Work for the worker. A task reads the clock, opens one authority's scope, and may run twice."""

from celery import shared_task
from django.utils import timezone

from authorities import selectors
from authorities.jobs import AuthorityTask
from authorities.queue import enqueue
from cases.services import rechecks


@shared_task(name="cases.look_again_everywhere")
def look_again_everywhere() -> None:
    """Each minute: queue the look at what relied on corrected marks, authority by authority."""
    for authority_id in selectors.every_authority_id():
        enqueue("cases.look_again", authority_id=authority_id)


@shared_task(name="cases.look_again", base=AuthorityTask)
def look_again(*, authority_id: int) -> None:
    """What relied on corrected marks in one authority."""
    rechecks.look_again(authority_id, now=timezone.now())
