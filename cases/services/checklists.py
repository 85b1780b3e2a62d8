"""A named person's dated statement on an item of a checklist: the only way without a record."""

from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction

from audit.record import Kind, record
from authorities.access import Reach
from authorities.packs import Layer, pack_in_force
from authorities.packs.schema import Item
from authorities.permissions import Permission
from cases.models import Case, ItemAnswer, ItemStatement
from rules.errors import Conflict, InvalidInput, RuleNotMet

LONGEST = 1000


@dataclass(frozen=True, slots=True)
class Statement:
    """What is stated. `item` is "pack:checklist:item"; `edition` the one that the person read."""

    item: str
    edition: str
    answer: str
    words: str
    on: date


@transaction.atomic
def state(
    *, reach: Reach, case: Case, statement: Statement, today: date, now: datetime
) -> ItemStatement:
    """State that an item was done or does not apply, or take back what was stated before.

    Raises Forbidden, Conflict for a closed case or another edition than was read, InvalidInput,
    and RuleNotMet where "does not apply" is no answer.
    """
    reach.require(Permission.CHANGE_CASE, case.school)
    row = Case.objects.select_for_update(no_key=True).get(pk=case.pk)
    if row.closed_on is not None:
        raise Conflict("This case is closed. Nothing can be stated on it any more.")
    layer, checklist, item = _found(case, statement.item, today)
    if layer.pack.edition != statement.edition:
        raise Conflict("The policy has changed since you read this. Read the item again first.")
    if statement.answer not in ItemAnswer.values:
        raise InvalidInput("Say whether it was done or does not apply.")
    if statement.answer == ItemAnswer.NOT_APPLYING and not item.where_it_applies:
        raise RuleNotMet("The policy asks for this for every pupil, so it cannot be left out.")
    words = statement.words.strip()
    if not words:
        raise InvalidInput("Say what was done or why it does not apply, and how you know.")
    if len(words) > LONGEST:
        raise InvalidInput(f"Use {LONGEST:,} characters or fewer.")
    if statement.on > today:
        raise InvalidInput("This day is in the future. State it when it has happened.")
    made = ItemStatement.objects.create(
        authority=case.authority,
        case=case,
        pack=layer.pack.name,
        edition=layer.pack.edition,
        checklist=checklist,
        item=item.key,
        answer=statement.answer,
        words=words,
        on=statement.on,
        made_by=reach.user,
        made_at=now,
    )
    record(
        Kind.CHECKLIST_ANSWERED,
        by=reach.user,
        authority=case.authority,
        school=case.school,
        on=case,
        item=statement.item,
        answer=statement.answer,
    )
    return made


def _found(case: Case, key: str, today: date) -> tuple[Layer, str, Item]:
    """The item in the policy in force. Raises InvalidInput for one that is not."""
    for layer in pack_in_force(case.school, today).layers:
        for checklist in layer.pack.checklists:
            for item in checklist.items:
                if key == f"{layer.pack.name}:{checklist.key}:{item.key}":
                    return layer, checklist.key, item
    raise InvalidInput("Choose an item of a checklist that is in force at this school.")


@transaction.atomic
def taken_away(*, reach: Reach, case: Case) -> None:
    """Write down that somebody printed or exported the checklists of a case."""
    record(
        Kind.CHECKLIST_READ,
        by=reach.user,
        authority=case.authority,
        school=case.school,
        on=case,
    )
