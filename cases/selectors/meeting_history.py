"""What contacts and meetings show for a checklist, and how they stand in a case's history."""

from collections.abc import Iterator
from datetime import date

from django.db.models import Prefetch
from django.utils.timezone import localdate

from attendance.models import Contact, ContactWay, SightingWay
from authorities.access import Reach
from authorities.permissions import Permission
from cases.models import Case, Meeting, MeetingCase, Minutes, MinutesCopy, Part
from cases.selectors.entries import Entry
from cases.selectors.meetings import contacts_of, sightings_of
from cases.selectors.shown import Shown
from rules.dates import in_words
from rules.meeting_stages import MeetingState


def evidence(case: Case) -> Iterator[Shown]:
    """Each contact, visit, meeting offered and held, copy of minutes, and voice."""
    yield from contacts_shown(case)
    yield from meetings_shown(case)


CONTACT_SHOWS = {
    ContactWay.CALL: "call",
    ContactWay.MESSAGE: "call",
    ContactWay.EMAIL: "call",
    ContactWay.IN_PERSON: "call",
    ContactWay.LETTER: "letter",
    ContactWay.VISIT: "visit",
}
REALLY_OFFERED = (MeetingState.PLANNED, MeetingState.HELD, MeetingState.MISSED)


def contacts_shown(case: Case) -> Iterator[Shown]:
    """Each call, letter by hand and visit."""
    for row in contacts_of(case):
        kind = CONTACT_SHOWS[ContactWay(row.way)]
        words = f"{row.get_way_display()}: {row.get_outcome_display().lower()}"
        yield Shown(
            kind,
            localdate(row.made_at),
            words,
            row.made_by,
            "cases:case_contacts",
            (case.reference,),
        )
    for seen in sightings_of(case):
        if seen.way == SightingWay.HOME:
            yield Shown(
                "visit",
                seen.seen_on,
                "Visit at home: the pupil was seen",
                seen.seen_by,
                "cases:case_contacts",
                (case.reference,),
            )


def meetings_shown(case: Case) -> Iterator[Shown]:
    """Each meeting offered and held, each copy of minutes, and what family members said."""
    copies = Prefetch("minutes__copies", MinutesCopy.objects.order_by("given_on"))
    rows = case.meetings.select_related("meeting__leader").prefetch_related(
        "minutes__written_by", copies, "meeting__invited"
    )
    for row in rows:
        yield from _shown(row)


def _shown(row: MeetingCase) -> Iterator[Shown]:
    meeting = row.meeting
    day = localdate(meeting.starts_at)
    adults = [one for one in meeting.invited.all() if one.part == Part.ADULT]
    told = [one.told_on for one in adults if one.told_on is not None]
    stood = meeting.state in REALLY_OFFERED or any(one.came is not None for one in adults)
    if told and stood:
        words = f"{meeting.label}, offered for {in_words(day)}"
        yield _of(meeting, "meeting_offered", min(told), words, meeting.leader.name)
    if meeting.state == MeetingState.HELD:
        yield _of(meeting, "meeting_held", day, meeting.label, meeting.leader.name)
    for minutes in row.minutes.all():
        yield from _minutes_shown(meeting, minutes)


def _minutes_shown(meeting: Meeting, minutes: Minutes) -> Iterator[Shown]:
    label, day, by = meeting.label, localdate(meeting.starts_at), minutes.written_by.name
    if minutes.parent_said:
        yield _of(meeting, "parent_voice", day, f"{label}: what the parent said", by)
    if minutes.pupil_said:
        yield _of(meeting, "pupil_voice", day, f"{label}: what the pupil said", by)
    for copy in minutes.copies.all():
        words = f"{label}: copy of the minutes to {copy.name}"
        yield _of(meeting, "minutes_sent", copy.given_on, words, by)


def _of(meeting: Meeting, kind: str, on: date, words: str, by: str) -> Shown:
    """Something that a meeting shows, with its page and the policy's key for it."""
    return Shown(kind, on, words, by, "cases:meeting", (meeting.reference,), meeting.key)


# How they stand in the history


def entries(case: Case, reach: Reach) -> list[Entry]:
    """Contacts, sightings, meetings and minutes since the case was opened. Five queries."""
    named = reach.may(Permission.VIEW_CONTACTS, case.school)
    in_full = reach.may(Permission.VIEW_SENSITIVE, case.school)
    found = [
        _contact_entry(row, named=named, in_full=in_full)
        for row in contacts_of(case)
        if row.made_at >= case.opened_at
    ]
    found += [
        Entry(
            row.logged_at,
            f"The pupil was seen on {in_words(row.seen_on)}: {row.get_way_display().lower()}",
            row.seen_by,
            tag="Seen",
            tag_colour="green",
        )
        for row in sightings_of(case)
        if row.logged_at >= case.opened_at
    ]
    rows = case.meetings.select_related(
        "meeting__arranged_by", "meeting__settled_by"
    ).prefetch_related("minutes__written_by", "minutes__copies__recorded_by")
    for row in rows:
        found += _meeting_entries(row, in_full=in_full)
    return found


def _contact_entry(row: Contact, *, named: bool, in_full: bool) -> Entry:
    whom = (row.adult.name if row.adult else row.with_whom) if named else ""
    said = [row.note, f"Reason given: {row.reason_given}" if row.reason_given else ""]
    return Entry(
        row.made_at,
        f"{row.get_way_display()}{f' to {whom}' if whom else ''}: "
        f"{row.get_outcome_display().lower()}",
        row.made_by,
        " ".join(part for part in said if part) if in_full else "",
        tag="Contact",
        tag_colour="green" if row.reached else "grey",
    )


def _meeting_entries(row: MeetingCase, *, in_full: bool) -> list[Entry]:
    meeting = row.meeting
    name, tag = meeting.label, {"tag": "Meeting", "tag_colour": "purple"}
    day = in_words(localdate(meeting.starts_at))
    found = [
        Entry(meeting.arranged_at, f"{name} arranged for {day}", meeting.arranged_by.name, **tag)
    ]
    because = meeting.because if in_full else ""
    if meeting.settled_at and meeting.settled_by:
        words = meeting.get_state_display().lower()
        if meeting.without_family:
            words = "went ahead without the family"
        title = f"{name} of {day}: {words}"
        found.append(Entry(meeting.settled_at, title, meeting.settled_by.name, because, **tag))
    for minutes in row.minutes.all():
        title = f"{name}: minutes {'written' if minutes.number == 1 else 'put right'}"
        by = minutes.written_by.name
        outcome = minutes.outcome if in_full else ""
        found.append(Entry(minutes.written_at, title, by, outcome, **tag))
        found += [
            Entry(
                copy.recorded_at,
                f"{name}: copy of the minutes given, {copy.get_way_display().lower()}",
                copy.recorded_by.name,
                **tag,
            )
            for copy in minutes.copies.all()
        ]
    return found
