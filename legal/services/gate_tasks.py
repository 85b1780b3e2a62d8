"""What is missing at a gate, as work for the school: asked for once, done by itself when it is met.

Each missing requirement is a deadline of the case. Nothing is asked for twice, and what a record
or a statement meets in the meantime needs nobody to say so.
"""

from collections.abc import Iterable
from datetime import date
from hashlib import blake2b

from django.db import transaction

from authorities.access import Reach
from authorities.permissions import Permission
from cases.models import Case, Deadline, DeadlineKind
from cases.services import deadlines
from legal.access import Place
from legal.selectors.gate_loading import load
from legal.selectors.gates import LEGAL_STEPS, GateAnswer, Requirement, at_step, gate_of
from legal.services.gates import require_speaker
from rules.dates import in_words
from rules.errors import Conflict, InvalidInput

ABOUT = "legal.Gate:"
LONGEST_WORDS = 300


def about(step: str, key: str) -> str:
    """What a deadline of one requirement is about, in the room that a deadline has for it."""
    return f"{ABOUT}{blake2b(f'{step} {key}'.encode(), digest_size=10).hexdigest()}"


def for_school(answer: GateAnswer) -> tuple[Requirement, ...]:
    """What the school sees to, of what keeps a gate shut."""
    return answer.blocking_for("school")


def asked_already(case: Case) -> set[str]:
    """What the open tasks of a case are about."""
    rows = Deadline.objects.filter(case=case, done_on=None, about__startswith=ABOUT)
    return set(rows.values_list("about", flat=True))


@transaction.atomic
def ask_school(*, reach: Reach, place: Place, step: str, by: date, today: date) -> int:
    """Ask the school for what is missing before a step, by a day. Answers how many tasks are new.

    Safe to press twice: what was asked for already keeps its day and its owner. Raises Forbidden,
    Conflict for a closed case or none, and InvalidInput.
    """
    require_speaker(reach, place.enrolment.school)
    if place.case is None:
        raise Conflict("Tasks belong to a case. Open one first, or ask the school directly.")
    if step not in LEGAL_STEPS:
        raise InvalidInput("Choose the step that this is about.")
    case = Case.objects.select_for_update(of=("self",), no_key=True).get(pk=place.case.pk)
    if case.closed_on is not None:
        raise Conflict(f"This case was closed on {in_words(case.closed_on)}.")
    if by < today:
        raise InvalidInput("Choose a day that has not passed.")
    reach.require(Permission.VIEW_CASE, case.school)
    answer = gate_of(enrolment=place.enrolment, step=step, today=today, case=case)
    there = asked_already(case)
    new = [one for one in for_school(answer) if about(step, one.key) not in there]
    for one in new:
        deadlines.start(
            case=case,
            kind=DeadlineKind.LEGAL,
            words=f"Before {answer.label}: {one.words}. {one.why}"[:LONGEST_WORDS],
            since=today,
            by=by,
            about=about(step, one.key),
            owner=case.owner,
            nothing="The step cannot be taken, and the absence goes on.",
        )
    return len(new)


@transaction.atomic
def settle(case: Case, *, today: date) -> int:
    """End the tasks of a case that are met by now, or asked for no more. Answers how many."""
    waiting = asked_already(case)
    if not waiting:
        return 0
    loaded = load(enrolment=case.enrolment, today=today, case=case)
    answers = [at_step(loaded, step) for step in LEGAL_STEPS]
    needed = {about(a.step, one.key): one for a in answers for one in a.requirements}
    blocking = {about(a.step, one.key) for a in answers for one in a.blocking}
    ended = 0
    for one in sorted(waiting - blocking):
        ended += _end(case, one, needed.get(one), today)
    return ended


def _end(case: Case, what: str, found: Requirement | None, today: date) -> int:
    """Done where it is met; dropped where nothing asks for it any more."""
    kind = DeadlineKind.LEGAL
    if found is not None and found.met:
        return deadlines.finish(case=case, kind=kind, today=today, by=None, about=what)
    because = "The step does not need this any more."
    return deadlines.drop(case=case, kind=kind, today=today, because=because, about=what)


def settle_everywhere(authority_id: int, *, today: date) -> int:
    """The same for each open case of an authority that has such tasks. Safe to run twice."""
    return sum(settle(case, today=today) for case in _waiting(authority_id))


def _waiting(authority_id: int) -> Iterable[Case]:
    with_tasks = Deadline.objects.filter(
        authority=authority_id, done_on=None, about__startswith=ABOUT
    )
    return (
        Case.objects.filter(pk__in=with_tasks.values("case"), closed_on=None)
        .select_related("enrolment__pupil__authority", "enrolment__school", "pupil", "school")
        .order_by("pk")
    )
