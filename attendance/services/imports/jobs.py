"""The two jobs of an import, as the worker carries them out: the dry run and the import itself.

Both act with what the person who asked may do on the day the work is done. A file that cannot be
read, or not taken, is an answer and no fault: the job ends well and the file says what is wrong.
"""

from datetime import date, datetime
from typing import Any

from attendance.models import ImportBatch
from attendance.services.imports import checking, taking
from attendance.services.imports.batches import Progress, silent
from authorities.access import Reach, reach_of
from authorities.models import Job
from rules.errors import Conflict, DomainError, InvalidInput, RuleNotMet


def _batch(job: Job) -> ImportBatch:
    found = ImportBatch.objects.filter(pk=job.arguments["batch_id"], authority=job.authority_id)
    batch = found.select_related("school", "school__authority", "source").first()
    if batch is None:
        raise Conflict("The file is not there any more.")
    return batch


def _reach(job: Job, today: date) -> Reach:
    if job.asked_by is None:
        raise Conflict("Nobody asked for this import.")
    return reach_of(job.asked_by, job.authority, today)


def check(job: Job, *, today: date, progress: Progress = silent) -> dict[str, Any]:
    """The dry run that a person asked for. Raises Forbidden when they may not import any more."""
    batch, by = _batch(job), _reach(job, today)
    try:
        plan = checking.check(batch=batch, by=by, today=today, progress=progress)
    except InvalidInput as problem:
        return _unreadable(batch, problem, by)
    return {"rows": plan.report["rows"]}


def take(job: Job, *, today: date, now: datetime, progress: Progress = silent) -> dict[str, Any]:
    """The import that a person asked for. Raises as `check`, and Conflict for a settled file."""
    batch, by = _batch(job), _reach(job, today)
    try:
        taking.take(batch=batch, by=by, today=today, now=now, progress=progress)
    except RuleNotMet as problem:
        checking.put_back(batch=batch, sentence=problem.sentence)
        return {"refused": problem.sentence}
    except InvalidInput as problem:
        return _unreadable(batch, problem, by)
    return {"taken": batch.reference}


def _unreadable(batch: ImportBatch, problem: DomainError, by: Reach) -> dict[str, Any]:
    checking.refuse_unreadable(batch=batch, sentence=problem.sentence, by=by)
    return {"refused": problem.sentence}
