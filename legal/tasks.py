"""Work for the worker. A task reads the clock, opens one authority's scope, and may run twice."""

from typing import Any

from celery import shared_task
from django.urls import reverse
from django.utils import timezone

from authorities import selectors
from authorities.jobs import AuthorityTask, Progress, carry_out
from authorities.models import Job
from authorities.queue import enqueue
from legal.services import (
    bundles,
    corrections,
    gate_tasks,
    order_life,
    payment_files,
    payment_settling,
    penalties,
)


@shared_task(name="legal.settle_tasks_everywhere")
def settle_tasks_everywhere() -> None:
    """Every quarter of an hour: queue the look at gate tasks, authority by authority."""
    for authority_id in selectors.every_authority_id():
        enqueue("legal.settle_tasks", authority_id=authority_id)


@shared_task(name="legal.settle_tasks", base=AuthorityTask)
def settle_tasks(*, authority_id: int) -> None:
    """End what the schools of one authority were asked for and is on file by now."""
    gate_tasks.settle_everywhere(authority_id, today=timezone.localdate())


@shared_task(name="legal.periods_over_everywhere")
def periods_over_everywhere() -> None:
    """Each night: queue the notices whose time to pay is over, authority by authority."""
    for authority_id in selectors.every_authority_id():
        enqueue("legal.periods_over", authority_id=authority_id)


@shared_task(name="legal.periods_over", base=AuthorityTask)
def periods_over(*, authority_id: int) -> None:
    """Write down what the dates of one authority's notices say. A missed night loses nothing."""
    penalties.periods_over(
        authority_id=authority_id, today=timezone.localdate(), now=timezone.now()
    )


@shared_task(name="legal.orders_over_everywhere")
def orders_over_everywhere() -> None:
    """Each night: queue the supervision orders whose last day has passed, council by council."""
    for authority_id in selectors.every_authority_id():
        enqueue("legal.orders_over", authority_id=authority_id)


@shared_task(name="legal.orders_over", base=AuthorityTask)
def orders_over(*, authority_id: int) -> None:
    """End those of one authority, and count the days of the others again. Safe to run twice."""
    order_life.look_at_days(
        authority_id=authority_id, today=timezone.localdate(), now=timezone.now()
    )


@shared_task(name="legal.take_payments")
def take_payments(*, authority_id: int, job_id: int) -> None:
    """Take a long bank or card file, in one transaction."""

    def work(job: Job, progress: Progress) -> dict[str, Any]:
        file = payment_files.take_job(
            job, today=timezone.localdate(), now=timezone.now(), progress=progress
        )
        address = [job.authority.code, file.reference]
        return {"then": reverse("legal:payment_file", args=address)}

    carry_out(authority_id=authority_id, job_id=job_id, work=work)


@shared_task(name="legal.settle_money", base=AuthorityTask)
def settle_money(*, authority_id: int, notice_id: int) -> None:
    """Look at the money of one notice again, as its days to pay moved. Safe to run twice."""
    payment_settling.settle_by_key(
        notice_id=notice_id, today=timezone.localdate(), now=timezone.now()
    )


@shared_task(name="legal.look_again_everywhere")
def look_again_everywhere() -> None:
    """Each minute: queue the look at what rests on corrected marks, authority by authority."""
    for authority_id in selectors.every_authority_id():
        enqueue("legal.look_again", authority_id=authority_id)


@shared_task(name="legal.look_again", base=AuthorityTask)
def look_again(*, authority_id: int) -> None:
    """What is legal and rests on corrected marks in one authority. Safe to run twice."""
    corrections.look_again(authority_id, today=timezone.localdate(), now=timezone.now())


@shared_task(name=bundles.TASK)
def make_bundle(*, authority_id: int, job_id: int) -> None:
    """Make a court bundle, in one transaction. Run twice, the second finds it made."""

    def work(job: Job, progress: Progress) -> dict[str, Any]:
        made = bundles.make(job, today=timezone.localdate(), now=timezone.now(), report=progress)
        address = [job.authority.code, made.prosecution.reference]
        return {"then": reverse("legal:bundle", args=address)}

    carry_out(authority_id=authority_id, job_id=job_id, work=work)
