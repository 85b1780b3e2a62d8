"""Starting work by name once the transaction has committed."""

from celery import current_app
from django.db import transaction


def enqueue(task_name: str, *, authority_id: int, **ids: int) -> None:
    """Queue a task by name once the transaction commits. Ids only: never objects or names.

    A lost message loses nothing: what must happen has a row (a Job, an outbox entry) that the
    timetable picks up again.
    """

    def send() -> None:
        # A function and not a partial: Django names it in the log when Redis is away.
        current_app.send_task(task_name, kwargs={"authority_id": authority_id, **ids}, retry=False)

    transaction.on_commit(send, robust=True)
