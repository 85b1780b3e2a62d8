"""What the policy says of one meeting: its agenda, what must be on file, and when the next is."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.timezone import localdate

from attendance.selectors.calendars import calendar_of
from authorities.models import School
from authorities.packs import Layer, load, pack_in_force
from cases.models import Case, Meeting
from cases.selectors.checklists import ListState, list_state, statements_of
from cases.selectors.evidence import evidence_of
from cases.selectors.meetings import MeetingKind, entry_of, kinds_of
from rules.deadlines import due_on
from rules.errors import UnknownTerm
from rules.meeting_stages import MeetingState
from rules.plans import school_day_from


@dataclass(frozen=True, slots=True)
class Rhythm:
    """How often the policy holds a kind of meeting.

    words   the length with its source
    next    the last school day by which the next is held; None where the calendar ends before
    there   the next one, where somebody has arranged it
    """

    words: str
    next: date | None = None
    there: Meeting | None = None


def kind_now(meeting: Meeting, today: date) -> MeetingKind | None:
    """The kind as the policy in force has it; None for one's own, or one that it has no more."""
    if not meeting.key:
        return None
    for kind in kinds_of(pack_in_force(meeting.school, today)):
        if (kind.layer.pack.name, kind.entry.key) == (meeting.pack, meeting.key):
            return kind
    return None


def agenda_of(meeting: Meeting) -> tuple[str, ...]:
    """What the policy talks about at this meeting, as it stood when it was arranged."""
    entry = entry_of(meeting)
    return entry.agenda if entry is not None else ()


def on_file(meeting: Meeting, case: Case) -> ListState | None:
    """What the policy wants on file before this meeting of a case, item by item with its records.

    As the policy stood when the meeting was arranged. None where it names no list. About sixteen
    queries: ask it for one case.
    """
    entry = entry_of(meeting)
    if entry is None or not entry.checklist:
        return None
    layer = Layer("", load(meeting.pack, meeting.edition), localdate(meeting.arranged_at))
    checklist = layer.pack.checklist(entry.checklist)
    return list_state(layer, checklist, evidence_of(case), statements_of(case))


def rhythm_words(kind: MeetingKind) -> str:
    """How often it is held, "" where the policy does not say: "1 half term (…: step 6)"."""
    if not kind.entry.rhythm:
        return ""
    clock = kind.layer.pack.clock(kind.entry.rhythm)
    return f"Every {clock.words.removeprefix('1 ')} ({kind.layer.pack.pack.title}: {clock.source})"


def rhythm_of(meeting: Meeting, today: date) -> Rhythm | None:
    """How often such a meeting is held and when the next is; None where no policy says."""
    kind = kind_now(meeting, today)
    if kind is None or not kind.entry.rhythm:
        return None
    later = Meeting.objects.filter(
        school=meeting.school,
        pack=meeting.pack,
        key=meeting.key,
        starts_at__gt=meeting.starts_at,
        state__in=[MeetingState.PLANNED.value, MeetingState.HELD.value],
    )
    day = next_day(meeting.school, kind, localdate(meeting.starts_at))
    return Rhythm(rhythm_words(kind), day, later.order_by("starts_at", "pk").first())


def next_day(school: School, kind: MeetingKind, after: date) -> date | None:
    """The school day by which the next meeting of a kind is held; None where nothing says."""
    if not kind.entry.rhythm:
        return None
    clock = kind.layer.pack.clock(kind.entry.rhythm)
    calendar = calendar_of(school)
    try:
        return school_day_from(calendar, due_on(after, clock.length, clock.unit, calendar))
    except UnknownTerm:
        return None


def proposed_day(school: School, kind: MeetingKind, today: date) -> date | None:
    """The day that the rhythm of a kind proposes for its next meeting; None for none yet held.

    A day that has passed is proposed as the next school day from today on.
    """
    last = (
        Meeting.objects.filter(
            school=school,
            pack=kind.layer.pack.name,
            key=kind.entry.key,
            state=MeetingState.HELD.value,
        )
        .order_by("-starts_at", "-pk")
        .first()
    )
    if last is None:
        return None
    day = next_day(school, kind, localdate(last.starts_at))
    if day is None or day > today:
        return day
    try:
        return school_day_from(calendar_of(school), today)
    except UnknownTerm:
        return None


def initial_for(
    school: School, kinds: list[MeetingKind], asked: str, today: date
) -> dict[str, Any]:
    """How a form for a new meeting starts: the kind that was asked for, on its proposed day."""
    kind = {one.value: one for one in kinds}.get(asked)
    if kind is None:
        return {}
    day = proposed_day(school, kind, today)
    return {"kind": asked} | ({"day": day} if day is not None else {})
