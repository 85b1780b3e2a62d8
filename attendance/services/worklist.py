"""Marking crossings as seen, and taking that back."""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

from attendance.access import crossings_visible
from attendance.models import Crossing
from audit.record import Kind, record
from authorities.access import Reach
from authorities.permissions import Permission


def _may_mark(by: Reach, ids: Iterable[int]) -> list[Crossing]:
    """The crossings among these that the person may mark, locked in one order.

    Those of other schools are left out without a word: an id in a form proves nothing.
    """
    by.require(Permission.CHANGE_CASE)
    rows = crossings_visible(by).filter(
        by.schools(Permission.CHANGE_CASE, "school__"), pk__in=list(ids)
    )
    return list(rows.select_for_update(of=("self",)).select_related("school").order_by("pk"))


@transaction.atomic
def mark_seen(*, ids: Iterable[int], by: Reach, now: datetime) -> list[int]:
    """Mark crossings as seen. Returns the ids that were not seen before.

    Two people marking the same one: the first is named, the second changes nothing.
    Raises Forbidden for a person who may not work on cases anywhere.
    """
    marked = []
    for crossing in _may_mark(by, ids):
        if crossing.seen_at is not None:
            continue
        crossing.seen_by, crossing.seen_at = by.user, now
        crossing.save(update_fields=["seen_by", "seen_at"])
        _write_down(Kind.CROSSING_SEEN, crossing, by)
        marked.append(crossing.pk)
    return marked


@transaction.atomic
def mark_unseen(*, ids: Iterable[int], by: Reach) -> int:
    """Take the person's own marks back. Returns how many."""
    count = 0
    for crossing in _may_mark(by, ids):
        if crossing.seen_by_id != by.user.pk:
            continue
        crossing.seen_by, crossing.seen_at = None, None
        crossing.save(update_fields=["seen_by", "seen_at"])
        _write_down(Kind.CROSSING_UNSEEN, crossing, by)
        count += 1
    return count


def _write_down(kind: Kind, crossing: Crossing, by: Reach) -> None:
    record(
        kind,
        by=by.user,
        authority=by.authority,
        school=crossing.school,
        on=crossing,
        line=crossing.kind,
        state=crossing.state,
    )
