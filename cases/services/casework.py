"""Opening a case, and writing on it."""

from datetime import date, datetime

from django.db import transaction

from attendance.models import Crossing, Enrolment
from audit.record import Kind, record
from authorities.access import Reach
from authorities.packs import pack_in_force
from authorities.permissions import Permission
from cases.access import cases_for
from cases.models import Case, CaseNote, ProposalKind
from cases.selectors.facts import book_for, facts_of, last_case_of, open_case_of
from cases.selectors.places import LEVEL_OF, places_at
from cases.services import moves, proposals
from rules.case_stages import Stage
from rules.dates import in_words
from rules.errors import Conflict, InvalidInput

LONGEST_NOTE = 4000


class AlreadyOpen(Conflict):
    """There is an open case already. `reference` names it."""

    code = "case_already_open"

    def __init__(self, sentence: str, reference: str) -> None:
        self.reference = reference
        super().__init__(sentence)


@transaction.atomic
def open_case(
    *,
    reach: Reach,
    enrolment: Enrolment,
    crossing: Crossing | None,
    now: datetime,
    today: date,
) -> Case:
    """Open a case for an enrolment, with the facts and the policy as they stand now.

    crossing  the line that led to it; None when a person opens it on their own concern

    Raises Forbidden, and AlreadyOpen: two officers pressing together get one case and one
    refusal that names who was first.
    """
    reach.require(Permission.CHANGE_CASE, enrolment.school)
    enrolment = (
        Enrolment.objects.select_for_update(of=("self",), no_key=True)
        .select_related("pupil", "school__trust", "authority")
        .get(pk=enrolment.pk)
    )
    there = open_case_of(enrolment)
    if there is not None and not cases_for(reach).filter(pk=there.pk).exists():
        raise Conflict(
            "A case cannot be opened for this pupil. Ask the safeguarding lead of the school."
        )
    if there is not None:
        raise AlreadyOpen(
            f"{there.opened_by.name} opened a case for this pupil already. "
            "Nothing was opened twice.",
            there.reference,
        )
    book = book_for(enrolment, today)
    policy = pack_in_force(enrolment.school, today)
    case = Case.objects.create(
        authority=enrolment.authority,
        school=enrolment.school,
        enrolment=enrolment,
        pupil=enrolment.pupil,
        crossing=crossing,
        stage=Stage.ONE.value,
        places=places_at(policy, LEVEL_OF[Stage.ONE.value]),
        before=last_case_of(enrolment),
        facts=facts_of(book, crossing),
        policy=policy.frozen(),
        opened_on=today,
        opened_at=now,
        opened_by=reach.user,
    )
    moves.begin(case=case, reach=reach, policy=policy, now=now, said="The case was opened")
    _record(Kind.CASE_OPENED, case, reach)
    proposals.done(case=case, proposes=ProposalKind.CASE, reach=reach, now=now)
    for pack, stage in case.places.items():
        proposals.done(
            case=case, proposes=ProposalKind.STAGE, pack=pack, target=stage, reach=reach, now=now
        )
    return case


@transaction.atomic
def add_note(*, reach: Reach, case: Case, text: str, now: datetime) -> CaseNote:
    """Write a note on a case. Raises Forbidden, InvalidInput, and Conflict for a closed one."""
    reach.require(Permission.CHANGE_CASE, case.school)
    refuse_closed(case)
    if not text.strip():
        raise InvalidInput("Write the note.")
    if len(text) > LONGEST_NOTE:
        raise InvalidInput(f"Notes must be {LONGEST_NOTE:,} characters or fewer.")
    note = CaseNote.objects.create(
        authority=case.authority,
        case=case,
        text=text.strip(),
        written_by=reach.user,
        written_at=now,
    )
    _record(Kind.CASE_NOTED, case, reach)
    return note


def refuse_closed(case: Case) -> None:
    """Raise Conflict, in words, for a case that is closed."""
    if case.closed_on is not None:
        raise Conflict(
            f"This case was closed on {in_words(case.closed_on)}. A closed case cannot be changed:"
            " open a new one from the pupil's page if help is needed again."
        )


@transaction.atomic
def read(*, reach: Reach, case: Case) -> None:
    """Write down that somebody looked at a case."""
    _record(Kind.CASE_READ, case, reach)


def _record(kind: Kind, case: Case, reach: Reach) -> None:
    record(
        kind,
        by=reach.user,
        authority=case.authority,
        school=case.school,
        on=case,
        reference=case.reference,
    )
