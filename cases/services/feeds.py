"""A meeting as a calendar file, and a person's private address of all theirs.

Neither holds a name of a child or of a family: a calendar is synchronised to phones and to
companies. It says what the meeting is called, when, where, and the reference of the case.
"""

import secrets
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from hashlib import sha256

from django.db import transaction
from django.db.models import Q, QuerySet
from icalendar import Calendar, Event

from audit.record import Kind, record
from authorities.access import NotFound, Reach, reach_of
from authorities.models import Authority
from authorities.permissions import Permission
from cases.access import cases_for, meetings_for
from cases.models import CalendarFeed, Meeting, MeetingCase
from rules.meeting_stages import MeetingState

LASTS = timedelta(days=180)
BACK = timedelta(days=31)
GONE = "We cannot find that calendar. Its address may have ended: make a new one."


@transaction.atomic
def make(*, reach: Reach, now: datetime) -> str:
    """A new private address for the person's meetings; the former one ends. Answers its secret,
    which is shown once and kept nowhere."""
    reach.require(Permission.VIEW_CASE)
    _live(reach).update(revoked_at=now)
    secret = secrets.token_urlsafe(32)
    feed = CalendarFeed.objects.create(
        authority=reach.authority,
        user=reach.user,
        digest=digest_of(secret),
        made_at=now,
        ends_on=reach.today + LASTS,
    )
    record(Kind.FEED_MADE, by=reach.user, authority=reach.authority, on=feed)
    return secret


@transaction.atomic
def revoke(*, reach: Reach, now: datetime) -> bool:
    """End the person's address. False when there was none."""
    reach.require(Permission.VIEW_CASE)
    feed = _live(reach).first()
    if feed is None:
        return False
    feed.revoked_at = now
    feed.save(update_fields=["revoked_at"])
    record(Kind.FEED_REVOKED, by=reach.user, authority=reach.authority, on=feed)
    return True


def current(reach: Reach) -> CalendarFeed | None:
    """The person's address in use, if there is one."""
    return _live(reach).filter(ends_on__gte=reach.today).first()


def _live(reach: Reach) -> QuerySet[CalendarFeed]:
    return CalendarFeed.objects.filter(authority=reach.authority, user=reach.user, revoked_at=None)


def digest_of(secret: str) -> str:
    """What we keep of a secret: 256 random bits need no salt."""
    return sha256(secret.encode()).hexdigest()


def feed_file(*, authority: Authority, secret: str, today: date, now: datetime) -> bytes:
    """The calendar behind a private address, for whoever holds it.

    Must run in a scope of the authority. Raises NotFound for an address that never was, has
    ended or was revoked, and for somebody who has left: we never say which.
    """
    feed = (
        CalendarFeed.objects.filter(
            authority=authority, digest=digest_of(secret), revoked_at=None, ends_on__gte=today
        )
        .select_related("user")
        .first()
    )
    if feed is None or not feed.user.is_active:
        raise NotFound(GONE)
    reach = reach_of(feed.user, authority, today)
    if not reach.may(Permission.VIEW_CASE):
        raise NotFound(GONE)
    mine = Q(leader=feed.user) | Q(invited__user=feed.user) | Q(arranged_by=feed.user)
    rows = meetings_for(reach).filter(mine, starts_at__gte=now - BACK).distinct()
    return calendar_of(rows.order_by("starts_at", "pk"), reach)


def calendar_of(meetings: Iterable[Meeting], reach: Reach) -> bytes:
    """Meetings as an iCalendar file (RFC 5545). The same meetings give the same bytes."""
    found = list(meetings)
    references = _references(found, reach)
    calendar = Calendar()
    calendar.add("prodid", "-//Onroll//Meetings//EN")
    calendar.add("version", "2.0")
    calendar.add("x-wr-calname", "Onroll meetings")
    for meeting in found:
        calendar.add_component(_event(meeting, references.get(meeting.pk, [])))
    return calendar.to_ical()


def _references(meetings: list[Meeting], reach: Reach) -> dict[int, list[str]]:
    """Meeting → references of the cases that the person may see."""
    seen = cases_for(reach).order_by().values("pk")
    rows = MeetingCase.objects.filter(meeting__in=meetings, case__in=seen).order_by("pk")
    found: dict[int, list[str]] = {}
    for pk, reference in rows.values_list("meeting_id", "case__reference"):
        found.setdefault(pk, []).append(reference)
    return found


def _event(meeting: Meeting, references: list[str]) -> Event:
    """One meeting. It carries no name and no minutes."""
    about = f" (case {references[0]})" if len(references) == 1 and not meeting.agenda else ""
    over = meeting.state in (MeetingState.CANCELLED, MeetingState.MOVED)
    event = Event()
    event.add("uid", f"meeting-{meeting.reference}@onroll")
    event.add("dtstamp", meeting.settled_at or meeting.arranged_at)
    event.add("dtstart", meeting.starts_at)
    event.add("dtend", meeting.ends_at)
    # What somebody typed as a name of their own may hold a child's.
    event.add("summary", f"{meeting.label if meeting.key else 'Meeting'}{about}")
    event.add("location", meeting.place)
    event.add("sequence", meeting.version)
    event.add("status", "CANCELLED" if over else "CONFIRMED")
    event.add("class", "PRIVATE")
    return event
