"""Handing a pupil's attendance to another authority, and taking what another one hands over."""

import json
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction

from attendance.access import PupilHere
from attendance.models import EarlierHistory
from attendance.selectors.transfers import history_for
from audit.record import Kind, record
from authorities.access import Reach
from authorities.permissions import Permission
from rules.errors import Conflict, InvalidInput, RuleNotMet
from rules.transfers import checked, marks_in

MOST_BYTES = 5_000_000


@transaction.atomic
def hand_over(*, reach: Reach, here: PupilHere) -> str:
    """The file of a pupil's attendance at the school shown, as text. Written in the audit trail.

    Raises Forbidden, and RuleNotMet for a pupil without a UPN: nobody could tell whose it is.
    """
    reach.require(Permission.EXPORT, here.school)
    reach.require(Permission.VIEW_SENSITIVE, here.school)
    reach.require(Permission.CHANGE_PUPIL, here.school)
    if not here.pupil.upn:
        raise RuleNotMet("Record the pupil's UPN first: the new authority matches the file by it.")
    rows = tuple(row for row in here.enrolments if row.school_id == here.school.pk)
    content = history_for(rows, reach.today)
    record(
        Kind.HISTORY_SENT,
        by=reach.user,
        authority=reach.authority,
        school=here.school,
        on=here.pupil,
        sha256=content["digest"],
    )
    return json.dumps(content, ensure_ascii=False)


@transaction.atomic
def take(*, reach: Reach, here: PupilHere, held: bytes, now: datetime) -> EarlierHistory:
    """Keep another authority's file beside the pupil's record, read only.

    Raises Forbidden; InvalidInput for a file that is unsound, changed or about somebody else;
    Conflict for one that was taken before. Nothing is kept then.
    """
    reach.require(Permission.IMPORT, here.school)
    reach.require(Permission.CHANGE_PUPIL, here.school)
    content = checked(_text(held))
    _refuse_other_child(here, content)
    marks = marks_in(content)
    days = [mark.day for mark in marks]
    if not days:
        raise InvalidInput("This file holds no marks. Ask for a new one.")
    origin = content["origin"]
    try:
        with transaction.atomic():
            row = EarlierHistory.objects.create(
                authority=reach.authority,
                school=here.school,
                pupil=here.pupil,
                origin=f"{origin['school'][:120]}, {origin['authority'][:120]}",
                first_day=min(days),
                last_day=max(days),
                content=content,
                digest=content["digest"],
                taken_by=reach.user,
                taken_at=now,
            )
    except IntegrityError:
        raise Conflict("This file was taken already.") from None
    record(
        Kind.HISTORY_TAKEN,
        by=reach.user,
        authority=reach.authority,
        school=here.school,
        on=here.pupil,
        sha256=row.digest,
    )
    return row


def _text(held: bytes) -> str:
    if len(held) > MOST_BYTES:
        raise InvalidInput("This file is too big for one pupil's attendance. Choose another.")
    try:
        return held.decode("utf-8")
    except UnicodeDecodeError:
        raise InvalidInput("This is not a file of a pupil's attendance. Choose another.") from None


def _refuse_other_child(here: PupilHere, content: dict[str, Any]) -> None:
    """The UPN, now or former, and the date of birth must both be this pupil's."""
    pupil = here.pupil
    upns = {upn for upn in (pupil.upn, pupil.former_upn) if upn}
    same = content["pupil"]["upn"] in upns
    if not same or content["pupil"]["born_on"] != pupil.born_on.isoformat():
        raise InvalidInput(
            "This file is about another child: the UPN or the date of birth differs. Nothing was"
            " kept."
        )
