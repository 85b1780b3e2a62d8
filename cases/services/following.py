"""A case follows its pupil to another school of the authority: closed here, carried on there."""

from datetime import date, datetime, timedelta

from django.db import transaction

from attendance.models import Enrolment
from audit.record import Kind, record
from authorities.access import Reach
from authorities.packs import pack_in_force
from authorities.permissions import Permission
from cases.models import Case, Deadline, DeadlineKind
from cases.selectors.facts import open_case_of
from cases.selectors.following import ending_of, roll_joined
from cases.selectors.places import LEVEL_OF, places_at
from cases.services import casework, deadlines, moves
from rules.dates import in_words
from rules.errors import Conflict, InvalidInput, RuleNotMet

LONGEST_OPEN = timedelta(days=183)
LONGEST_WHY = 200


@transaction.atomic
def keep_open(
    *, reach: Reach, case: Case, until: date, why: str, today: date, now: datetime
) -> Deadline:
    """Say why a case stays open although its ground has ended, and when to look again.

    Raises Forbidden, Conflict for a closed case, RuleNotMet for one that has its ground, and
    InvalidInput for no reason or a day that is past or more than half a year ahead.
    """
    reach.require(Permission.CHANGE_CASE, case.school)
    case = (
        Case.objects.select_for_update(of=("self",), no_key=True)
        .select_related("pupil", "enrolment", "school", "authority")
        .get(pk=case.pk)
    )
    casework.refuse_closed(case)
    if ending_of(case, today) is None:
        raise RuleNotMet("This case has its ground: the pupil is on the roll and of school age.")
    said = " ".join(why.split())
    if not said:
        raise InvalidInput("Say why the case stays open.")
    if len(said) > LONGEST_WHY:
        raise InvalidInput(f"Write {LONGEST_WHY} characters or fewer.")
    if not today < until <= today + LONGEST_OPEN:
        raise InvalidInput(
            f"Choose a day after today, and by {in_words(today + LONGEST_OPEN)} at the latest."
        )
    casework.add_note(
        reach=reach,
        case=case,
        text=f"The case stays open until {in_words(until)}: {said}",
        now=now,
    )
    return deadlines.start(
        case=case,
        kind=DeadlineKind.ENDING,
        words=f"Look again whether the case goes on. It stayed open because: {said}",
        since=today,
        by=until,
        nothing="The case stays open, and nobody knows why.",
    )


@transaction.atomic
def send_on(
    *,
    reach: Reach,
    case: Case,
    reason: str,
    version: int,
    now: datetime,
    today: date,
    seen: str = "",
) -> Case:
    """Close a case as "moved to another school", and open one there that carries on from it.

    The new one starts at the same stage, in the steps of the new school's policy. What was written
    here stays here; the new school reads its history. Safeguarding notes do not go with it.

    seen  what the person read that ends with it here, as for `moves.close`

    Raises Forbidden, RuleNotMet when the pupil has joined no other roll or the case is restricted,
    and what `moves.close` raises.
    """
    reach.require(Permission.CHANGE_CASE, case.school)
    there = roll_joined(case)
    if there is None:
        raise RuleNotMet(
            "The pupil is not on the roll of another school of this authority. Close the case"
            " instead."
        )
    if case.restricted:
        raise RuleNotMet(
            "This case is restricted. The safeguarding leads of both schools speak first, and one"
            " opens a case there."
        )
    there = Enrolment.objects.select_for_update(of=("self",), no_key=True).get(pk=there.pk)
    stage = case.stage
    moves.close(
        reach=reach,
        case=case,
        why="moved_school",
        reason=reason,
        version=version,
        now=now,
        today=today,
        seen=seen,
    )
    if open_case_of(there) is not None:
        raise Conflict(
            f"{there.school.name} has opened a case for this pupil already. Close this one: theirs"
            " goes on."
        )
    policy = pack_in_force(there.school, today)
    made = Case.objects.create(
        authority=case.authority,
        school=there.school,
        enrolment=there,
        pupil=case.pupil,
        stage=stage,
        places=places_at(policy, LEVEL_OF[stage]),
        before=case,
        facts=case.facts,
        policy=policy.frozen(),
        opened_on=today,
        opened_at=now,
        opened_by=reach.user,
    )
    moves.begin(
        case=made,
        reach=reach,
        policy=policy,
        now=now,
        said=f"Carried on from case {case.reference} at {case.school.name}",
    )
    record(
        Kind.CASE_FOLLOWED,
        by=reach.user,
        authority=made.authority,
        school=made.school,
        on=made,
        reference=made.reference,
        before=case.reference,
    )
    return made
