"""Reading history: of one thing, of an authority; and whether the chain still holds."""

from collections.abc import Collection
from typing import Any

from django.db import connection, models
from django.db.models import QuerySet

from audit.models import Event, Link

BROKEN = """
SELECT l.number FROM (
  SELECT number, digest, previous, event_id,
         coalesce(lag(digest) OVER w, ''::bytea) AS before,
         coalesce(lag(number) OVER w, 0) AS number_before
  FROM audit_link WHERE authority_id = %s WINDOW w AS (ORDER BY number)
) l LEFT JOIN audit_event e ON e.id = l.event_id
WHERE e.id IS NULL OR l.previous <> l.before OR l.number <> l.number_before + 1
   OR l.digest <> sha256(l.before || audit_canonical(e))
ORDER BY l.number
"""


def history_of(subject: models.Model) -> QuerySet[Event]:
    """Everything written about one row, newest first."""
    return (
        Event.objects.filter(subject=f"{subject._meta.label}:{subject.pk}")
        .select_related("by", "school")
        .order_by("-at", "-pk")
    )


def trail(authority: Any) -> QuerySet[Event]:
    """Everything written in one authority, newest first."""
    return (
        Event.objects.filter(authority=authority)
        .select_related("by", "school")
        .order_by("-at", "-pk")
    )


def broken_links(authority: Any) -> list[int]:
    """The numbers of the links that no longer fit: a changed event, a gap, a new order.

    Also a link too few: an event without its link counts as number 0. A cut tail does not show
    here; that needs the chain's head kept elsewhere.
    """
    with connection.cursor() as cursor:
        cursor.execute(BROKEN, [authority.pk])
        broken = [number for (number,) in cursor.fetchall()]
    unlinked = Event.objects.filter(authority=authority, link=None).exists()
    return [0, *broken] if unlinked else broken


LINKS = """
SELECT l.number, encode(l.previous, 'hex'), encode(l.digest, 'hex'),
       convert_from(audit_canonical(e), 'UTF8')
FROM audit_link l JOIN audit_event e ON e.id = l.event_id
WHERE l.authority_id = %s AND e.subject = ANY(%s) ORDER BY l.number
"""


def head(authority: Any) -> dict[str, Any]:
    """The newest link of an authority's chain: its number and digest. Nothing before the first."""
    newest = Link.objects.filter(authority=authority).order_by("-number").first()
    if newest is None:
        return {}
    return {"number": newest.number, "digest": bytes(newest.digest).hex()}


def links_of(authority: Any, subjects: Collection[str]) -> list[dict[str, Any]]:
    """The links of some subjects' events, each with what its digest was made of, in order.

    Whoever has them can check each without us: digest = SHA-256 of previous followed by event.
    """
    with connection.cursor() as cursor:
        cursor.execute(LINKS, [authority.pk, list(subjects)])
        rows = cursor.fetchall()
    names = ("number", "previous", "digest", "event")
    return [dict(zip(names, row, strict=True)) for row in rows]
