"""The minutes of a meeting, what was agreed, and who was given a copy."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils.timezone import localdate

from attendance.addressing import Way, may_write_to
from audit.record import Kind, record
from authorities.access import Reach
from authorities.permissions import Permission
from cases.access import cases_for
from cases.models import (
    DeadlineKind,
    Meeting,
    MeetingAction,
    MeetingCase,
    Minutes,
    MinutesCopy,
)
from cases.selectors.meetings import (
    AREAS,
    COLUMNS,
    colleagues,
    entry_of,
    may_still_tell,
    to_be_copied,
)
from cases.services import deadlines
from cases.services.meetings import BY_POST, subject
from cases.services.proposals import happened
from rules.dates import in_words
from rules.errors import Conflict, InvalidInput, RuleNotMet
from rules.meeting_stages import MeetingState

LONGEST = 2000  # one box of the grid
NOT_HELD = "Minutes are of a meeting that was held. Write down first what became of it."


@dataclass(frozen=True, slots=True)
class Said:
    """What the minutes say of one case.

    grid  area → column → text; what is empty is left out
    """

    outcome: str
    grid: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    parent: str = ""
    pupil: str = ""
    more: str = ""


@transaction.atomic
def write(*, reach: Reach, row: MeetingCase, number: int, said: Said, now: datetime) -> Minutes:
    """Write the minutes of one case, or correct them: the former stay, with their copies.

    number  how many there were when the form was opened; another number now is refused

    An outcome of the policy's may mean something to it, such as that targets were agreed.
    """
    meeting = _held(reach, row)
    if not said.outcome.strip():
        raise InvalidInput("Say what was decided.")
    grid = _grid(said.grid)
    if not (grid or said.parent or said.pupil or said.more):
        raise InvalidInput("Write what was said. An empty record helps nobody.")
    if row.minutes.count() != number:
        raise Conflict("Somebody has written the minutes since you opened this page. Read theirs.")
    minutes = Minutes.objects.create(
        authority=reach.authority,
        of=row,
        number=number + 1,
        grid=grid,
        parent_said=said.parent,
        pupil_said=said.pupil,
        more=said.more,
        outcome=said.outcome.strip(),
        written_by=reach.user,
        written_at=now,
    )
    _end_clock(reach, meeting, row, minutes)
    _tell_policy(reach, meeting, row, minutes)
    _record(Kind.MINUTES_WRITTEN, reach, meeting, number=minutes.number)
    return minutes


def _tell_policy(reach: Reach, meeting: Meeting, row: MeetingCase, minutes: Minutes) -> None:
    """What the policy's own outcome means for the case, unless it was told of it meanwhile."""
    entry = entry_of(meeting)
    means = entry.means(minutes.outcome) if entry is not None else ""
    if means:
        happened(
            case=row.case,
            happening=means,
            today=reach.today,
            now=minutes.written_at,
            unless_since=meeting.arranged_at,
        )


@transaction.atomic
def agree(
    *,
    reach: Reach,
    row: MeetingCase,
    words: str,
    user: int | None,
    who: str,
    due_on: date,
    now: datetime,
) -> MeetingAction:
    """Write down something agreed: who does what by when. A deadline of the case runs with it.

    user  a colleague who does it; else `who` in words, such as a parent
    """
    meeting = _held(reach, row)
    if not words.strip():
        raise InvalidInput("Say what is to be done.")
    if due_on < localdate(meeting.starts_at):
        raise RuleNotMet(
            f"That is before the meeting. The earliest day is "
            f"{in_words(localdate(meeting.starts_at))}."
        )
    owner = None
    if user is not None:
        owner = {one.pk: one for one in colleagues(meeting.school, reach.today)}.get(user)
        if owner is None:
            raise InvalidInput("Choose somebody who works with cases at this school.")
    if owner is None and not who.strip():
        raise InvalidInput("Say who does it.")
    action = MeetingAction.objects.create(
        authority=reach.authority,
        of=row,
        words=words.strip(),
        user=owner,
        who=owner.name if owner else who.strip(),
        due_on=due_on,
        agreed_by=reach.user,
        agreed_at=now,
    )
    deadlines.start(
        case=row.case,
        kind=DeadlineKind.ACTION,
        words=f"{action.who}: {action.words}"[:300],
        since=reach.today,
        by=due_on,
        about=_about(action),
        owner=owner,
        nothing="It shows as overdue, and the next meeting asks about it.",
    )
    _record(Kind.ACTION_AGREED, reach, meeting, day=in_words(due_on))
    return action


@transaction.atomic
def done(*, reach: Reach, action: MeetingAction, came_of_it: str, now: datetime) -> MeetingAction:
    """Say that an action was done, and what came of it."""
    row = action.of
    meeting = _held(reach, row)
    action = MeetingAction.objects.select_for_update(no_key=True).get(pk=action.pk)
    if action.done_on is not None:
        raise Conflict("Somebody has written down already that this was done.")
    action.done_on, action.done_by = reach.today, reach.user
    action.came_of_it = came_of_it.strip()
    action.save(update_fields=["done_on", "done_by", "came_of_it"])
    deadlines.finish(
        case=row.case,
        kind=DeadlineKind.ACTION,
        today=reach.today,
        by=reach.user,
        about=_about(action),
    )
    _record(Kind.ACTION_DONE, reach, meeting)
    return action


@transaction.atomic
def give(
    *,
    reach: Reach,
    row: MeetingCase,
    to: Collection[int],
    way: str,
    given_on: date,
    now: datetime,
) -> list[MinutesCopy]:
    """Write down who was given a copy of the newest minutes, how and when.

    Fails closed as an invitation does: nobody who may not be contacted, and by post only to an
    address that is known and not kept.
    """
    meeting = _held(reach, row)
    minutes = row.minutes.order_by("-number").first()
    if minutes is None:
        raise Conflict("Write the minutes first.")
    if given_on > reach.today:
        raise RuleNotMet("That day has not been yet. Write it down when they have it.")
    if given_on < localdate(minutes.written_at):
        raise RuleNotMet("That is before the minutes were written. Check the date.")
    people = {one.pk: one for one in meeting.invited.select_related("adult")}
    if not to or not set(to) <= set(people):
        raise InvalidInput("Select who was given a copy.")
    _refuse_copies(meeting, [people[pk] for pk in to], way, reach.today)
    copies = [
        MinutesCopy.objects.create(
            authority=reach.authority,
            minutes=minutes,
            to=people[pk],
            name=people[pk].name,
            way=way,
            given_on=given_on,
            recorded_by=reach.user,
            recorded_at=now,
        )
        for pk in sorted(set(to))
    ]
    _end_clock(reach, meeting, row, minutes)
    _record(Kind.MINUTES_GIVEN, reach, meeting, copies=len(copies))
    return copies


def _held(reach: Reach, row: MeetingCase) -> Meeting:
    """The meeting, locked, when it was held and its case is open and seen. Raises in words."""
    seen = cases_for(reach).filter(pk=row.case_id).first()
    if seen is None:
        raise InvalidInput("Choose a case of this meeting.")
    reach.require(Permission.CHANGE_CASE, seen.school)
    meeting = Meeting.objects.select_for_update(of=("self",), no_key=True).get(pk=row.meeting_id)
    if meeting.state != MeetingState.HELD:
        raise Conflict(NOT_HELD)
    if seen.closed_on is not None:
        raise Conflict("This case is closed. Its meetings stay as they are.")
    return meeting


def _grid(typed: Mapping[str, Mapping[str, str]]) -> dict[str, dict[str, str]]:
    """The boxes that hold something. Raises InvalidInput for a box that does not exist."""
    kept: dict[str, dict[str, str]] = {}
    for area, columns in typed.items():
        for column, text in columns.items():
            if area not in AREAS or column not in COLUMNS:
                raise InvalidInput("Write in the boxes of the page.")
            if text.strip():
                kept.setdefault(area, {})[column] = text.strip()[:LONGEST]
    return kept


def _refuse_copies(meeting: Meeting, people: list[Any], way: str, today: date) -> None:
    may = may_still_tell(meeting, today)
    for one in people:
        if one.adult is None:
            continue
        person = may.get(one.adult_id)
        if person is None or not person.may:
            because = person.because if person else "They are no longer on the pupil's record."
            raise RuleNotMet(f"{one.name} may not have a copy. {because}")
        decision = may_write_to(one.adult, person.link, today)
        if way in BY_POST and decision.way != Way.POST:
            raise RuleNotMet(
                f"Nothing may go to {one.name} by post. {decision.reason} Give it by hand."
            )


def _end_clock(reach: Reach, meeting: Meeting, row: MeetingCase, minutes: Minutes) -> None:
    """End the clock of the minutes once everybody who is to have a copy has one."""
    given = set(minutes.copies.values_list("to_id", flat=True))
    waiting = [one for one in to_be_copied(meeting, reach.today) if one.pk not in given]
    if not waiting:
        deadlines.finish(
            case=row.case,
            kind=DeadlineKind.MINUTES,
            today=reach.today,
            by=reach.user,
            about=subject(meeting),
        )


def _about(action: MeetingAction) -> str:
    return f"cases.MeetingAction:{action.pk}"


def _record(kind: Kind, reach: Reach, meeting: Meeting, **facts: object) -> None:
    record(
        kind,
        by=reach.user,
        authority=reach.authority,
        school=meeting.school,
        on=meeting,
        **facts,
    )
