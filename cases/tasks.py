"""Work for the worker. A task reads the clock, opens one authority's scope, and may run twice."""

from typing import Any

from celery import shared_task
from django.utils import timezone

from authorities import selectors
from authorities.jobs import AuthorityTask, Progress, carry_out
from authorities.models import Job
from authorities.queue import enqueue
from cases.services import by_itself, deadlines, proposing, rechecks, what_if
from rules.dates import ONE_DAY


@shared_task(name="cases.look_again_everywhere")
def look_again_everywhere() -> None:
    """Each minute: queue the look at what relied on corrected marks, authority by authority."""
    for authority_id in selectors.every_authority_id():
        enqueue("cases.look_again", authority_id=authority_id)


@shared_task(name="cases.look_again", base=AuthorityTask)
def look_again(*, authority_id: int) -> None:
    """What relied on corrected marks in one authority."""
    rechecks.look_again(authority_id, now=timezone.now())


@shared_task(name="cases.propose_everywhere")
def propose_everywhere() -> None:
    """Each night, after the sweep: queue what the policies propose, authority by authority."""
    for authority_id in selectors.every_authority_id():
        enqueue("cases.propose", authority_id=authority_id)


@shared_task(name="cases.propose", base=AuthorityTask)
def propose(*, authority_id: int) -> None:
    """What the policies of one authority propose, as the register stands for yesterday."""
    today, now = timezone.localdate(), timezone.now()
    as_of = today - ONE_DAY
    proposing.look(authority_id, as_of=as_of, now=now)
    by_itself.send_due(authority_id, as_of=as_of, today=today, now=now)


@shared_task(name="cases.recount_everywhere")
def recount_everywhere() -> None:
    """Each night: queue the count of every clock, authority by authority."""
    for authority_id in selectors.every_authority_id():
        enqueue("cases.recount_clocks", authority_id=authority_id)


@shared_task(name="cases.recount_clocks", base=AuthorityTask)
def recount_clocks(*, authority_id: int) -> None:
    """Every clock by the calendars of today: after a calendar changed, and each night."""
    deadlines.recount(authority_id, now=timezone.now())


@shared_task(name="cases.what_if")
def try_pack(*, authority_id: int, job_id: int) -> None:
    """The replay of a past period under another policy."""

    def work(job: Job, progress: Progress) -> dict[str, Any]:
        return what_if.run(job, progress, timezone.localdate())

    carry_out(authority_id=authority_id, job_id=job_id, work=work)
