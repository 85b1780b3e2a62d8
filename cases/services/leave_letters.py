"""The answer to a request for leave as a letter: one, to the adult who asked and nobody else."""

from datetime import date, datetime

from django.db import transaction

from attendance.addressing import Way, may_write_to
from attendance.models import AdultLink, LeaveRequest, LeaveState
from attendance.selectors.leave import days_in_words, expected_back
from authorities.access import Reach
from authorities.packs import pack_in_force
from authorities.permissions import Permission
from cases.models import CaseLetter
from cases.services import sending
from letters.contexts import LeaveGranted, LeaveLetter, LeavePartGranted, LeaveRefused
from rules.errors import Conflict, RuleNotMet
from rules.leave import GROUNDS
from rules.letter_stages import FINAL

KINDS: dict[LeaveState, type[LeaveLetter]] = {
    LeaveState.GRANTED: LeaveGranted,
    LeaveState.REFUSED: LeaveRefused,
}


@transaction.atomic
def prepare(*, reach: Reach, leave: LeaveRequest, now: datetime, today: date) -> CaseLetter:
    """Draft the answer to the adult who asked. Nothing is sent.

    Another adult may not know that this one asked, nor where they live: so only the one who asked
    is written to. A draft that needs a person first is held and carries no address.

    Raises Forbidden, RuleNotMet in words, and Conflict when such a letter waits or has gone.
    """
    reach.require(Permission.PREPARE_LETTER, leave.school)
    leave = (
        LeaveRequest.objects.select_for_update(of=("self",), no_key=True)
        .select_related("enrolment__pupil", "school__trust", "asked_by")
        .get(pk=leave.pk)
    )
    kind = kind_for(leave)
    if leave.asked_by is None:
        raise RuleNotMet("Nobody is named as having asked. Record the request again with a name.")
    link = AdultLink.objects.filter(pupil=leave.enrolment.pupil_id, adult=leave.asked_by).first()
    if link is None:
        raise RuleNotMet("The adult who asked is no longer on the pupil's record.")
    decision = may_write_to(leave.asked_by, link, today)
    if decision.way == Way.DO_NOT_WRITE:
        raise RuleNotMet(decision.reason)
    _refuse_twice(leave)
    layer, letter = sending.wording(pack_in_force(leave.school, today), kind.KIND)
    made = sending.draft(
        reach=reach,
        school=leave.school,
        adult=leave.asked_by,
        decision=decision,
        context=context_of(leave, kind, today),
        layer=layer,
        letter=letter,
        now=now,
    )
    return CaseLetter.objects.create(
        authority_id=leave.authority_id,
        pupil=leave.enrolment.pupil,
        leave=leave,
        adult=leave.asked_by,
        letter=made,
    )


def kind_for(leave: LeaveRequest) -> type[LeaveLetter]:
    """Which answer it is. Raises Conflict for a request that has none."""
    kind = KINDS.get(LeaveState(leave.state))
    if kind is None:
        raise Conflict("There is no answer to write: the request waits or was taken back.")
    whole = (leave.granted_first, leave.granted_last) == (leave.first_day, leave.last_day)
    return LeavePartGranted if kind is LeaveGranted and not whole else kind


def _refuse_twice(leave: LeaveRequest) -> None:
    """One answer: another only once the first was withdrawn."""
    waiting = leave.letters.exclude(letter__state="withdrawn")
    if waiting.exclude(letter__state__in=[state.value for state in FINAL]).exists():
        raise Conflict("The answer waits already. Nothing was prepared twice.")
    if waiting.exists():
        raise Conflict("The answer was sent already.")


def context_of(leave: LeaveRequest, kind: type[LeaveLetter], today: date) -> LeaveLetter:
    """What the letter says. Raises RuleNotMet when the school's contact is missing."""
    pupil = leave.enrolment.pupil
    back = expected_back(leave)
    granted = (
        days_in_words(leave.granted_first, leave.granted_last)
        if leave.granted_first and leave.granted_last
        else ""
    )
    ground = GROUNDS.get(leave.ground)
    return kind(
        letter_date=today,
        pupil_first_name=pupil.known_as or pupil.forenames.split()[0],
        asked_days=days_in_words(leave.first_day, leave.last_day),
        granted_days=granted,
        ground=ground.label.lower() if ground else "",
        reason=leave.decision_reason,
        back_on=days_in_words(back, back) if back else "the first school day after it",
        contact_name=sending.contact_of(leave.school),
        contact_details=sending.details_of(leave.school),
        school_name=leave.school.name,
        school_lines=tuple(sending.lines_of(leave.school)),
    )
