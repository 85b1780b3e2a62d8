"""What if we worked by another policy: a past period replayed, as a job that can be watched."""

from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.urls import reverse

from attendance.models import Enrolment
from audit.record import Kind, record
from authorities import jobs
from authorities.access import Reach
from authorities.models import Job, School
from authorities.packs import NATIONAL, load
from authorities.permissions import Permission
from cases.selectors.replays import Progress, as_json, replay
from rules.dates import in_words
from rules.errors import InvalidInput

TASK = "cases.what_if"
LONGEST = 366  # days: a school year


@transaction.atomic
def ask(
    *, reach: Reach, pack: str, school: School | None, first: date, last: date, now: datetime
) -> Job:
    """Start a replay of some days under a pack, at one school or at all of the authority.

    Raises Forbidden, PackError, and InvalidInput for days that cannot be replayed.
    """
    reach.require(Permission.TRY_PACK, school)
    if school is None and not reach.may_everywhere(Permission.TRY_PACK):
        raise InvalidInput("Choose a school. You can try a policy at your own school.")
    if pack == NATIONAL:
        raise InvalidInput("The national rules apply everywhere. Choose a local policy to try.")
    found = load(pack)
    if problem := wrong_days(first, last, reach.today):
        raise InvalidInput(problem)
    job = jobs.start(
        TASK,
        authority=reach.authority,
        by=reach.user,
        now=now,
        school=school,
        pack=found.name,
        edition=found.edition,
        first=first.isoformat(),
        last=last.isoformat(),
    )
    record(
        Kind.WHAT_IF_ASKED,
        by=reach.user,
        authority=reach.authority,
        school=school,
        on=job,
        pack=found.name,
        edition=found.edition,
    )
    return job


def wrong_days(first: date, last: date, today: date) -> str:
    """Why these days cannot be replayed, in a sentence; "" when they can."""
    if last >= today:
        return "The last day must be in the past: its registers are not finished."
    if first > last:
        return f"The first day must not be after {in_words(last)}."
    if (last - first).days >= LONGEST:
        return "Choose a year at most."
    return ""


def run(job: Job, progress: Progress, today: date) -> dict[str, Any]:
    """Replay what a job asks for. Answers what the job keeps. Raises NoValue and PackError."""
    asked = job.arguments
    schools = School.objects.filter(authority=job.authority_id).select_related("trust")
    if job.school_id is not None:
        schools = schools.filter(pk=job.school_id)
    replayed = replay(
        list(schools.order_by("pk")),
        load(asked["pack"], asked["edition"]),
        date.fromisoformat(asked["first"]),
        date.fromisoformat(asked["last"]),
        progress,
    )
    then = reverse("cases:what_if", args=[job.authority.code, job.reference])
    return {**as_json(replayed, today), "then": then}


def people(job: Job) -> list[dict[str, Any]]:
    """Everybody that a finished replay names, one row for each thing proposed. One query."""
    rows = job.result["rows"]
    wanted = {pk for row in rows for side in ("now", "draft") for pk in row[side]["who"]}
    known = {
        one.pk: one
        for one in Enrolment.objects.filter(pk__in=wanted).select_related("pupil", "school")
    }
    found = []
    for row in rows:
        now, draft = set(row["now"]["who"]), set(row["draft"]["who"])
        for pk in now | draft:
            if pk in known:
                found.append(
                    {
                        "enrolment": known[pk],
                        "words": row["words"],
                        "policy": row["policy"],
                        "now": pk in now,
                        "draft": pk in draft,
                    }
                )
    return sorted(found, key=lambda one: (one["enrolment"].pupil.sort_name, one["words"]))
