"""Work for the worker. A task reads the clock, opens one authority's scope, and may run twice."""

from typing import Any

from celery import shared_task
from django.utils import timezone

from attendance.services import sweeps
from attendance.services.imports import jobs as import_jobs
from authorities import selectors
from authorities.jobs import AuthorityTask, Progress, carry_out
from authorities.models import Job
from authorities.queue import enqueue


@shared_task(name="attendance.sweep_every_authority")
def sweep_every_authority() -> None:
    """Each night: queue the full sweep of every authority."""
    for authority_id in selectors.every_authority_id():
        enqueue("attendance.sweep_tonight", authority_id=authority_id)


@shared_task(name="attendance.sweep_tonight", base=AuthorityTask)
def sweep_tonight(*, authority_id: int) -> None:
    """The full sweep of one authority, once a day whoever asks. Cases then read the crossings."""
    sweeps.nightly(authority_id, as_of=timezone.localdate(), now=timezone.now())


@shared_task(name="attendance.sweep_what_changed")
def sweep_what_changed(*, authority_id: int | None = None) -> None:
    """What changed since it was swept last: every minute for all, and after an import for one."""
    wanted = selectors.every_authority_id() if authority_id is None else [authority_id]
    for pk in wanted:
        enqueue("attendance.sweep_changes", authority_id=pk)


@shared_task(name="attendance.sweep_changes", base=AuthorityTask)
def sweep_changes(*, authority_id: int) -> None:
    """The incremental sweep of one authority."""
    sweeps.sweep_authority(authority_id, as_of=timezone.localdate(), full=False, now=timezone.now())


@shared_task(name="attendance.check_import")
def check_import(*, authority_id: int, job_id: int) -> None:
    """The dry run of a file that arrived."""

    def work(job: Job, progress: Progress) -> dict[str, Any]:
        return import_jobs.check(job, today=timezone.localdate(), progress=progress)

    carry_out(authority_id=authority_id, job_id=job_id, work=work)


@shared_task(name="attendance.take_import")
def take_import(*, authority_id: int, job_id: int) -> None:
    """The import of a checked file, in one transaction."""

    def work(job: Job, progress: Progress) -> dict[str, Any]:
        return import_jobs.take(
            job, today=timezone.localdate(), now=timezone.now(), progress=progress
        )

    carry_out(authority_id=authority_id, job_id=job_id, work=work)
