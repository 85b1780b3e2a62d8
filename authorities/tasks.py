"""Tasks of the house itself."""

from celery import shared_task
from django.utils import timezone

from authorities import jobs, selectors


@shared_task(name="authorities.resume_jobs")
def resume_jobs() -> None:
    """Queue again every job that nobody runs. Safe to run twice: a job is claimed by one."""
    for authority_id in selectors.every_authority_id():
        jobs.resume(authority_id=authority_id, now=timezone.now())
