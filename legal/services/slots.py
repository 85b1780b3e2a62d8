"""The two places of the three-year limit: who holds them, and who may have one.

Every change is made under a lock on the council, the child and the parent, and the exclusion
constraint of NoticeSlot stands behind it: neither trusts the other.
"""

from collections.abc import Iterable, Iterator
from datetime import date
from itertools import pairwise
from typing import NamedTuple

from django.db import IntegrityError, connection, transaction
from django.db.backends.postgresql.psycopg_any import DateRange

from legal.models import ExternalNotice, NoticeSlot, PenaltyNotice
from legal.selectors.limits import external_as_past, past_notices
from rules.errors import Conflict, RuleNotMet
from rules.notice_limit import Held, NextStep, Window, may_count, next_step, slot_for, window

NUMBERS = (1, 2)
TAKEN = (
    "Another notice to this parent for this pupil was issued at the same moment, and two count "
    "now. Nothing was issued. Open the request again."
)


class Part(NamedTuple):
    """The days for which an external notice holds a slot."""

    external: int
    slot: int
    first: date
    until: date


def lock(authority_id: int, pupil_id: int, adult_id: int) -> None:
    """Wait until nobody else changes what this parent has had for this child. Until commit."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(%s, 7310))",
            [f"penalty notices {authority_id} {pupil_id} {adult_id}"],
        )


def step_for(pupil_id: int, adult_id: int, today: date) -> NextStep:
    """What a notice issued today would be: first, second, or none. Ask it under `lock`."""
    history = past_notices(pupil_id, [adult_id])[adult_id]
    return next_step(history, parent=adult_id, child=pupil_id, proposed_on=today)


def take(*, authority_id: int, pupil_id: int, adult_id: int, today: date) -> NoticeSlot:
    """A slot for a notice that is issued today. Raises RuleNotMet and Conflict: none is free."""
    place_externals(authority_id, pupil_id, adult_id, today=today)
    rows = _live(pupil_id, adult_id)
    held = [Held(row.pk, row.slot, Window(row.during.lower, row.during.upper)) for row in rows]
    free = slot_for(held, today)
    if free is None:
        raise RuleNotMet(TAKEN)
    return hold(authority_id, pupil_id, adult_id, free.slot, free.window)


def hold(authority_id: int, pupil_id: int, adult_id: int, slot: int, days: Window) -> NoticeSlot:
    """Write one slot. Raises Conflict where the database finds it taken."""
    try:
        with transaction.atomic():
            return NoticeSlot.objects.create(
                authority_id=authority_id,
                pupil_id=pupil_id,
                adult_id=adult_id,
                slot=slot,
                during=DateRange(days.first, days.until),
            )
    except IntegrityError as problem:
        raise Conflict(TAKEN) from problem


def free(notice: PenaltyNotice, *, today: date) -> None:
    """Give back the slot of a notice that counts no more. Externals move up into its days."""
    if notice.slot is None:
        return
    lock(notice.authority_id, notice.pupil_id, notice.adult_id)
    notice.slot.freed_on = today
    notice.slot.save(update_fields=["freed_on"])
    place_externals(notice.authority_id, notice.pupil_id, notice.adult_id, today=today)


def place_externals(
    authority_id: int, pupil_id: int, adult_id: int, *, today: date
) -> list[ExternalNotice]:
    """Let other councils' notices hold the days that ours leave free. Ours never move.

    Returns those that found no room on some of their days: more than two were issued, and a person
    must look. Call it under `lock`; calling it twice changes nothing.
    """
    notices = [
        one
        for one in ExternalNotice.objects.filter(pupil=pupil_id, adult=adult_id).order_by(
            "issued_on", "pk"
        )
        if may_count(external_as_past(one))
    ]
    rows = _live(pupil_id, adult_id)
    ours = [
        Part(0, row.slot, row.during.lower, row.during.upper) for row in rows if not row.external_id
    ]
    wanted = _placed(notices, ours)
    there = {
        Part(row.external_id, row.slot, row.during.lower, row.during.upper): row
        for row in rows
        if row.external_id
    }
    gone = [row.pk for part, row in there.items() if part not in wanted]
    NoticeSlot.objects.filter(pk__in=gone).update(freed_on=today)
    NoticeSlot.objects.bulk_create(
        NoticeSlot(
            authority_id=authority_id,
            pupil_id=pupil_id,
            adult_id=adult_id,
            external_id=part.external,
            slot=part.slot,
            during=DateRange(part.first, part.until),
        )
        for part in wanted
        if part not in there
    )
    return [one for one in notices if _days(wanted, one.pk) < _length(window(one.issued_on))]


def _live(pupil_id: int, adult_id: int) -> list[NoticeSlot]:
    return list(NoticeSlot.objects.filter(pupil=pupil_id, adult=adult_id, freed_on=None))


def _placed(notices: Iterable[ExternalNotice], ours: list[Part]) -> list[Part]:
    """The parts that each notice gets, the oldest first. Each stays in a slot while it is free."""
    placed: list[Part] = []
    for notice in notices:
        placed += list(_parts(notice, [*ours, *placed]))
    return placed


def _parts(notice: ExternalNotice, taken: list[Part]) -> Iterator[Part]:
    days = window(notice.issued_on)
    edges = {days.first, days.until}
    for part in taken:
        edges |= {edge for edge in (part.first, part.until) if days.first < edge < days.until}
    open_part: Part | None = None
    ordered = sorted(edges)
    for first, until in pairwise(ordered):
        busy = {part.slot for part in taken if part.first < until and first < part.until}
        stays = [open_part.slot] if open_part and open_part.slot else []
        slot = next((number for number in (*stays, *NUMBERS) if number not in busy), 0)
        if open_part and open_part.slot == slot:
            open_part = open_part._replace(until=until)
            continue
        if open_part and open_part.slot:
            yield open_part
        open_part = Part(notice.pk, slot, first, until)
    if open_part and open_part.slot:
        yield open_part


def _days(parts: Iterable[Part], external: int) -> int:
    return sum((part.until - part.first).days for part in parts if part.external == external)


def _length(days: Window) -> int:
    return (days.until - days.first).days
