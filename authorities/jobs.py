"""Long work as rows: asked for, carried out by a worker, watched, cancelled, tried again."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from celery import Task
from django.db import connection
from django.db.models import F, Q
from django.utils import timezone

from authorities.models import Authority, Job, JobState, School, User
from authorities.queue import enqueue
from authorities.tenancy import scope
from rules.errors import DomainError

MOST_ATTEMPTS = 5
SILENT_FOR = timedelta(minutes=3)
LIVE = (JobState.WAITING, JobState.RUNNING)


class AuthorityTask(Task):
    """A task bound to one authority: its body runs in that authority's scope, in one transaction.

    Long work that reports progress takes a Job instead and opens its own scopes.
    """

    def __call__(self, *args: Any, authority_id: int, **kwargs: Any) -> Any:
        with scope([authority_id]):
            return super().__call__(*args, authority_id=authority_id, **kwargs)


class JobCancelled(Exception):
    """Somebody pressed Cancel while the job ran."""


def start(
    kind: str,
    *,
    authority: Authority,
    by: User | None,
    now: datetime,
    school: School | None = None,
    **arguments: int | str | bool,
) -> Job:
    """Write a job down and queue it. `kind` is the Celery task that carries it out."""
    job = Job.objects.create(
        authority=authority,
        school=school,
        kind=kind,
        arguments=arguments,
        asked_by=by,
        asked_at=now,
    )
    enqueue(kind, authority_id=authority.pk, job_id=job.pk)
    return job


def cancel(job: Job, *, now: datetime) -> None:
    """Stop a job that waits or runs; a running one stops at its next report."""
    Job.objects.filter(pk=job.pk, state__in=LIVE).update(state=JobState.CANCELLED, finished_at=now)


def retry(job: Job) -> None:
    """Queue a failed or cancelled job again from the start."""
    Job.objects.filter(pk=job.pk, state__in=(JobState.FAILED, JobState.CANCELLED)).update(
        state=JobState.WAITING, problem="", done=0, total=None, attempts=0, finished_at=None
    )
    enqueue(job.kind, authority_id=job.authority_id, job_id=job.pk)


class Progress:
    """What a running job says of itself. Each report is its own short transaction.

    A report made while the caller's own transaction is open would not be seen until it commits,
    so it goes over a second connection.
    """

    def __init__(self, authority_id: int, job_id: int) -> None:
        self.authority_id = authority_id
        self.job_id = job_id

    def __call__(self, done: int, total: int | None = None, doing: str = "") -> None:
        """Report `done` of `total`, and in words what is being done. Raises JobCancelled."""
        changes: dict[str, Any] = {"done": done, "beat_at": timezone.now()}
        if total is not None:
            changes["total"] = total
        if doing:
            changes["doing"] = doing
        beside = connection.copy()  # its own session: progress shows while the work is open
        try:
            live = self.report(beside, changes)
        finally:
            beside.close()
        if not live:
            raise JobCancelled

    def report(self, beside: Any, changes: dict[str, Any]) -> bool:
        """Write the changes over the other connection. False when the job is no longer running."""
        columns = ", ".join(f"{name} = %s" for name in changes)
        with beside.cursor() as cursor:
            cursor.execute("BEGIN")
            cursor.execute(
                "SELECT set_config('onroll.authorities', %s, true)", [str(self.authority_id)]
            )
            cursor.execute(
                f"UPDATE authorities_job SET {columns} WHERE id = %s AND state = 'running'",  # noqa: S608  column names are ours
                [*changes.values(), self.job_id],
            )
            found = bool(cursor.rowcount == 1)
            cursor.execute("COMMIT")
        return found


def carry_out(
    *, authority_id: int, job_id: int, work: Callable[[Job, Progress], dict[str, Any] | None]
) -> None:
    """Run a job's work once: claim it, do it in one transaction, write how it ended.

    Two workers with the same message: the second finds it claimed and does nothing. A domain
    error is the job's answer to the person; anything else fails the job and is raised on.
    """
    with scope([authority_id]):
        now = timezone.now()
        claimed = Job.objects.filter(
            Q(state=JobState.WAITING) | Q(state=JobState.RUNNING, beat_at__lt=now - SILENT_FOR),
            pk=job_id,
        ).update(
            state=JobState.RUNNING, beat_at=now, attempts=F("attempts") + 1, problem="", doing=""
        )
    if not claimed:
        return
    try:
        with scope([authority_id]):
            job = Job.objects.get(pk=job_id)
            result = work(job, Progress(authority_id, job_id)) or {}
    except JobCancelled:
        return
    except DomainError as problem:
        finish(authority_id, job_id, JobState.FAILED, problem=str(problem))
    except BaseException:
        finish(
            authority_id,
            job_id,
            JobState.FAILED,
            problem="Sorry, this stopped because of a fault of ours. Nothing was half done. "
            "Try again; if it stops again, tell us the reference.",
        )
        raise
    else:
        finish(authority_id, job_id, JobState.DONE, result=result)


def finish(
    authority_id: int,
    job_id: int,
    state: JobState,
    *,
    problem: str = "",
    result: dict[str, Any] | None = None,
) -> None:
    """Write how a job ended."""
    with scope([authority_id]):
        Job.objects.filter(pk=job_id, state=JobState.RUNNING).update(
            state=state, problem=problem, result=result or {}, finished_at=timezone.now()
        )


def resume(*, authority_id: int, now: datetime) -> int:
    """Queue again what nobody runs: waiting jobs whose message was lost, and silent ones.

    Returns how many. A job that was tried too often is failed in words instead.
    """
    with scope([authority_id]):
        silent = Q(state=JobState.RUNNING, beat_at__lt=now - SILENT_FOR)
        lost = Q(state=JobState.WAITING, asked_at__lt=now - timedelta(seconds=30))
        worn_out = Job.objects.filter(silent, attempts__gte=MOST_ATTEMPTS)
        worn_out.update(
            state=JobState.FAILED,
            finished_at=now,
            problem="This was tried five times and did not finish. Tell us the reference.",
        )
        waiting = Job.objects.filter(silent | lost).order_by("asked_at")[:100]
        for job in waiting:
            enqueue(job.kind, authority_id=authority_id, job_id=job.pk)
        return len(waiting)
