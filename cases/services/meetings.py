"""Arranging a meeting, inviting to it, and saying what became of it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.timezone import localdate

from attendance.addressing import Way, may_write_to
from attendance.models import Adult, AdultLink, Pupil
from audit.record import Kind, record
from authorities.access import Reach
from authorities.models import School, User
from authorities.packs import pack_in_force
from authorities.permissions import Permission
from cases.models import (
    Case,
    DeadlineKind,
    Invited,
    InviteWay,
    Meeting,
    MeetingCase,
    Part,
    ProposalKind,
)
from cases.selectors.meetings import (
    MeetingKind,
    clashes,
    colleagues,
    family_of,
    kind_of,
    may_still_tell,
)
from cases.selectors.owners import named_on
from cases.services import deadlines, proposals
from rules.dates import in_words
from rules.deadlines import due_on
from rules.errors import Conflict, InvalidInput, RuleNotMet, UnknownTerm
from rules.meeting_stages import LABELS, MeetingState, move_for
from rules.school_calendar import Calendar, is_school_day, school_day_after

FURTHEST = timedelta(days=400)
MINUTES, SECOND_DATE = "minutes", "second_date"  # clocks of the policies
STALE = "Somebody has changed this meeting since you opened it. Read it again, then decide."
# What goes to an address on record, or may: nobody knows where a school's own system sends.
BY_POST = (InviteWay.LETTER, InviteWay.OWN_SYSTEM)
NOT_COME = "parent_did_not_come"
FAMILY_PARTS = (Part.ADULT, Part.PUPIL)


@dataclass(frozen=True, slots=True)
class When:
    """When and where a meeting is."""

    starts_at: datetime
    minutes: int
    place: str
    online: bool = False

    @property
    def ends_at(self) -> datetime:
        """When it ends."""
        return self.starts_at + timedelta(minutes=self.minutes)


@dataclass(frozen=True, slots=True)
class Plan:
    """What is asked for.

    kind    "pack:key", or "own" with a label
    adults  references of adults of the family; others  (name, what they are) of professionals
    staff   primary keys of colleagues; leader  of the one who leads it
    """

    kind: str
    when: When
    leader: int
    label: str = ""
    adults: Sequence[str] = ()
    pupil: bool = False
    staff: Sequence[int] = ()
    others: Sequence[tuple[str, str]] = ()


@transaction.atomic
def arrange(*, reach: Reach, case: Case, plan: Plan, now: datetime) -> Meeting:
    """Arrange a meeting about a case, with everybody who is to come. Nobody is told by this.

    Raises Forbidden; Conflict for a closed case or a family that meets elsewhere then; RuleNotMet
    for a day that cannot be, too short a notice, or an adult who may not be contacted.
    """
    reach.require(Permission.CHANGE_CASE, case.school)
    case = _locked(case)
    kind = kind_of(pack_in_force(case.school, reach.today), plan.kind)
    _refuse_day(case.school, plan.when, reach.today, now)
    _refuse_notice(case.school, kind, plan.when, reach.today)
    _refuse_unnamed(case, [plan.leader, *plan.staff], reach.today)
    family = _chosen_family(case, plan.adults, reach.today)
    if family or plan.pupil:
        _refuse_clash([case.pupil_id], plan.when)
    meeting = _create(reach, case.school, kind, plan, now, agenda=False)
    MeetingCase.objects.create(authority=reach.authority, meeting=meeting, case=case)
    for adult, relationship in family:
        _invite(meeting, Part.ADULT, adult.name, relationship, adult=adult)
    if plan.pupil:
        _invite(meeting, Part.PUPIL, case.pupil.name, "Pupil")
    _invite_others(meeting, case.school, plan, reach.today)
    _start_clock(meeting, case, reach.today)
    if meeting.key:
        proposals.done(
            case=case,
            proposes=ProposalKind.MEETING,
            reach=reach,
            now=now,
            pack=meeting.pack,
            target=meeting.key,
        )
    return meeting


@transaction.atomic
def arrange_agenda(*, reach: Reach, school: School, plan: Plan, now: datetime) -> Meeting:
    """Arrange a meeting about many pupils. They are put on its agenda one by one.

    Raises as `arrange`. No family is invited to it: what is said of one is not for another.
    """
    reach.require(Permission.CHANGE_CASE, school)
    if plan.adults or plan.pupil:
        raise InvalidInput("No family comes to a meeting about many pupils.")
    kind = kind_of(pack_in_force(school, reach.today), plan.kind)
    _refuse_day(school, plan.when, reach.today, now)
    _refuse_notice(school, kind, plan.when, reach.today)
    meeting = _create(reach, school, kind, plan, now, agenda=True)
    _invite_others(meeting, school, plan, reach.today)
    return meeting


@transaction.atomic
def add_case(*, reach: Reach, meeting: Meeting, case: Case, version: int) -> MeetingCase:
    """Put a case on the agenda of a meeting about many pupils."""
    meeting = change(reach, meeting, version)
    if not meeting.agenda:
        raise RuleNotMet("This meeting is about one pupil. Arrange another for the other one.")
    if meeting.state not in (MeetingState.PLANNED, MeetingState.HELD):
        raise Conflict(f"This meeting is over: {LABELS[MeetingState(meeting.state)].lower()}.")
    reach.require(Permission.CHANGE_CASE, case.school)
    case = _locked(case)
    row, made = MeetingCase.objects.get_or_create(
        authority=reach.authority, meeting=meeting, case=case
    )
    if not made:
        raise Conflict("This case is on the agenda already.")
    if meeting.state == MeetingState.PLANNED:
        _start_clock(meeting, case, reach.today)
    return row


@transaction.atomic
def tell(
    *,
    reach: Reach,
    meeting: Meeting,
    version: int,
    told: Collection[int],
    way: str,
    told_on: date,
) -> list[Invited]:
    """Write down that these people were invited, how and when.

    Fails closed: an adult who may not be contacted today is refused, and nobody whose address is
    kept or in doubt is invited by post.
    """
    meeting = change(reach, meeting, version)
    if meeting.state != MeetingState.PLANNED:
        raise Conflict("Only somebody of a planned meeting can be invited.")
    if told_on > reach.today:
        raise RuleNotMet("That day has not been yet. Write it down when they were told.")
    if told_on < localdate(meeting.arranged_at):
        raise RuleNotMet("That is before the meeting was arranged. Check the date.")
    rows = list(meeting.invited.filter(pk__in=list(told)).select_related("adult"))
    if not rows or len(rows) != len(set(told)):
        raise InvalidInput("Select who was told.")
    _refuse_telling(meeting, rows, way, reach.today)
    for row in rows:
        row.way, row.told_on, row.told_by = way, told_on, reach.user
        row.save(update_fields=["way", "told_on", "told_by"])
    _bump(meeting)
    record(
        Kind.MEETING_INVITED,
        by=reach.user,
        authority=reach.authority,
        school=meeting.school,
        on=meeting,
        way=InviteWay(way).label.lower(),
        people=len(rows),
    )
    return rows


@transaction.atomic
def settle(
    *,
    reach: Reach,
    meeting: Meeting,
    version: int,
    event: str,
    came: Collection[int] = (),
    also_there: str = "",
    because: str = "",
    now: datetime,
) -> Meeting:
    """Say what became of a meeting: held, held without the family, missed, or cancelled.

    came     primary keys of the invited who came
    because  why it is cancelled, or no other date is offered

    When the family did not come, the policy says what is proposed next.
    """
    meeting = change(reach, meeting, version)
    move = move_for(MeetingState(meeting.state), event)
    _refuse_event(meeting, event, came, because, now)
    _note_who_came(meeting, event, came)
    meeting.also_there = also_there or meeting.also_there
    meeting.because = because
    meeting.without_family = event == "hold_without"
    _finish(reach, meeting, move.end, now)
    first_time = move.start == MeetingState.PLANNED
    for row in _rows(meeting):
        _clocks(meeting, row.case, reach)
        if event in ("miss", "hold_without") and first_time:
            proposals.happened(case=row.case, happening=NOT_COME, today=reach.today, now=now)
    record(
        Kind.MEETING_SETTLED,
        by=reach.user,
        authority=reach.authority,
        school=meeting.school,
        on=meeting,
        outcome=move.words.lower(),
    )
    return meeting


@transaction.atomic
def move(
    *, reach: Reach, meeting: Meeting, version: int, when: When, because: str, now: datetime
) -> Meeting:
    """Another date: a new meeting with the same people, each to be told again.

    An adult who may no longer be contacted is not asked again.
    """
    meeting = change(reach, meeting, version)
    ended = move_for(MeetingState(meeting.state), "move")
    if not because.strip():
        raise InvalidInput("Say why it is moved.")
    rows = _rows(meeting)
    kind = _kind_now(meeting, reach.today)
    _refuse_day(meeting.school, when, reach.today, now)
    _refuse_notice(meeting.school, kind, when, reach.today)
    family = [row for row in meeting.invited.all() if row.part in FAMILY_PARTS]
    if family:
        pupils = [row.case.pupil_id for row in rows]
        _lock_family(pupils)
        _refuse_clash(pupils, when, but=meeting.pk)
    new = Meeting.objects.create(
        authority=meeting.authority,
        school=meeting.school,
        pack=meeting.pack,
        edition=meeting.edition,
        key=meeting.key,
        label=meeting.label,
        agenda=meeting.agenda,
        goes_ahead=meeting.goes_ahead,
        minutes_to=meeting.minutes_to,
        outcomes=meeting.outcomes,
        leader=meeting.leader,
        starts_at=when.starts_at,
        ends_at=when.ends_at,
        place=when.place,
        online=when.online,
        before=meeting,
        arranged_by=reach.user,
        arranged_at=now,
    )
    may = may_still_tell(meeting, reach.today)
    for one in meeting.invited.order_by("pk"):
        if one.adult_id is None or (one.adult_id in may and may[one.adult_id].may):
            _invite(new, Part(one.part), one.name, one.role, adult=one.adult, user=one.user)
    meeting.because = because
    _finish(reach, meeting, ended.end, now)
    for row in rows:
        MeetingCase.objects.create(authority=reach.authority, meeting=new, case=row.case)
        _clocks(meeting, row.case, reach)
        _start_clock(new, row.case, reach.today)
    record(
        Kind.MEETING_MOVED,
        by=reach.user,
        authority=reach.authority,
        school=meeting.school,
        on=meeting,
        day=in_words(localdate(when.starts_at)),
        new=new.reference,
    )
    return new


def end_with_case(*, reach: Reach, case: Case, because: str, today: date, now: datetime) -> None:
    """Call off what is still to come about a case that is being closed.

    As cases.services.closing says. A meeting about many pupils goes on without this one.
    """
    waiting = [MeetingState.PLANNED.value, MeetingState.MISSED.value]
    rows = Meeting.objects.filter(about__case=case, agenda=False, state__in=waiting)
    for meeting in rows.select_for_update(of=("self",), no_key=True).order_by("pk"):
        ended = move_for(MeetingState(meeting.state), "cancel")
        meeting.because = because
        _finish(reach, meeting, ended.end, now)
        record(
            Kind.MEETING_SETTLED,
            by=reach.user,
            authority=reach.authority,
            school=case.school,
            on=meeting,
            outcome=ended.words.lower(),
        )


# What must hold


def change(reach: Reach, meeting: Meeting, version: int) -> Meeting:
    """The meeting, locked, for a person who read it as it stands. Raises Forbidden and Conflict."""
    reach.require(Permission.CHANGE_CASE, meeting.school)
    meeting = (
        Meeting.objects.select_for_update(of=("self",), no_key=True)
        .select_related("school__trust", "leader")
        .get(pk=meeting.pk)
    )
    if meeting.version != version:
        raise Conflict(STALE)
    return meeting


def _bump(meeting: Meeting) -> None:
    meeting.version += 1
    meeting.save(update_fields=["version"])


def _locked(case: Case) -> Case:
    """The case with its family's rows locked, in one order: two people cannot both find a time
    free. Raises Conflict for a closed one."""
    case = (
        Case.objects.select_for_update(of=("self",), no_key=True)
        .select_related("pupil", "school__trust", "enrolment")
        .get(pk=case.pk)
    )
    if case.closed_on is not None:
        raise Conflict("This case is closed. Open a new one to arrange a meeting.")
    _lock_family([case.pupil_id])
    return case


def _lock_family(pupils: Collection[int]) -> None:
    adults = AdultLink.objects.filter(pupil__in=list(pupils)).values("adult")
    list(Adult.objects.filter(pk__in=adults).order_by("pk").select_for_update(no_key=True))
    list(Pupil.objects.filter(pk__in=list(pupils)).order_by("pk").select_for_update(no_key=True))


def _refuse_day(school: School, when: When, today: date, now: datetime) -> None:
    """Refuse a moment that has been, one too far ahead, and a day on which the school is shut."""
    day = localdate(when.starts_at)
    if when.starts_at <= now:
        raise RuleNotMet("That time has been already. Choose one to come.")
    if day > today + FURTHEST:
        raise RuleNotMet("That is more than a year ahead. Check the date.")
    calendar = deadlines.calendar_of(school)
    if not is_school_day(calendar, day):
        raise RuleNotMet(
            f"The school is closed on {in_words(day)}{_why_closed(calendar, day)}. "
            f"{_next_open(calendar, day)}"
        )


def _why_closed(calendar: Calendar, day: date) -> str:
    why = calendar.closed.get(day, "")
    return f" ({why})" if why else ""


def _next_open(calendar: Calendar, day: date) -> str:
    try:
        return f"The next school day is {in_words(school_day_after(calendar, day, 1))}."
    except UnknownTerm:
        return "The school calendar ends before then. Add the next term first."


def _refuse_notice(school: School, kind: MeetingKind | None, when: When, today: date) -> None:
    """Refuse a day that is nearer than the notice which the policy gives for this meeting."""
    if kind is None or not kind.entry.notice:
        return
    calendar = deadlines.calendar_of(school)
    clock = kind.layer.pack.clock(kind.entry.notice)
    first = due_on(today, clock.length, clock.unit, calendar)
    if localdate(when.starts_at) < first:
        earliest = first if is_school_day(calendar, first) else school_day_after(calendar, first, 1)
        raise RuleNotMet(
            f"{kind.entry.label} needs {clock.words} of notice ({kind.layer.pack.pack.title}: "
            f"{clock.source}). The earliest day is {in_words(earliest)}."
        )


def _chosen_family(case: Case, references: Collection[str], today: date) -> list[tuple[Adult, str]]:
    """The adults by reference, each one whom the school may contact. Unknown is no."""
    around = {one.link.adult.reference: one for one in family_of(case, today)}
    if not set(references) <= set(around):
        raise InvalidInput("Select adults from this pupil's record.")
    chosen = [around[reference] for reference in around if reference in set(references)]
    for one in chosen:
        if not one.may:
            raise RuleNotMet(f"You may not invite {one.link.adult.name}. {one.because}")
    return [(one.link.adult, one.link.relationship) for one in chosen]


def _refuse_clash(pupils: Collection[int], when: When, *, but: int | None = None) -> None:
    found = clashes(pupils, when.starts_at, when.ends_at, but=but).first()
    if found is not None:
        raise Conflict(
            "The family has another meeting at that time, for this child or another. "
            "Choose another time."
        )


def _refuse_telling(meeting: Meeting, rows: Sequence[Invited], way: str, today: date) -> None:
    may = may_still_tell(meeting, today)
    for row in rows:
        if row.adult is None:
            continue
        person = may.get(row.adult_id or 0)
        if person is None or not person.may:
            because = person.because if person else "They are no longer on the pupil's record."
            raise RuleNotMet(f"You may not invite {row.name}. {because}")
        decision = may_write_to(row.adult, person.link, today)
        if way in BY_POST and decision.way != Way.POST:
            raise RuleNotMet(
                f"Nothing may go to {row.name} by post. {decision.reason} "
                "Give it by hand, or call them."
            )


def _refuse_event(
    meeting: Meeting, event: str, came: Collection[int], because: str, now: datetime
) -> None:
    """Refuse what cannot have happened, or is not allowed to."""
    if event == "cancel":
        if not because.strip():
            raise InvalidInput("Say why. It stays with the case.")
        return
    if event == "move":
        raise InvalidInput("Choose the new date first.")
    if meeting.starts_at > now:
        raise RuleNotMet("This meeting has not been yet. Move or cancel it, or wait for the day.")
    family = list(meeting.invited.filter(part__in=FAMILY_PARTS))
    if event == "hold":
        if family and not {one.pk for one in family} & set(came):
            raise RuleNotMet(
                "Nobody of the family is ticked. Tick who came, or say that they did not come."
            )
    else:
        _refuse_missed(meeting, event, family)


def _refuse_missed(meeting: Meeting, event: str, family: Sequence[Invited]) -> None:
    """Refuse that a family stayed away who was not asked, and to go on where it may not."""
    if not family:
        raise RuleNotMet("No family was invited to this meeting. Say that it took place.")
    if event == "hold_without" and not meeting.goes_ahead:
        raise RuleNotMet(
            "The policy does not let this meeting go ahead without the family. Offer a second date."
        )
    adults = [one for one in family if one.part == Part.ADULT]
    if adults and not any(one.way for one in adults):
        raise RuleNotMet(
            "Nobody has written down that the family was invited. Do that first: somebody who was "
            "not told has not stayed away."
        )


def _note_who_came(meeting: Meeting, event: str, came: Collection[int]) -> None:
    if event == "cancel":
        return
    rows = list(meeting.invited.all())
    if not set(came) <= {row.pk for row in rows}:
        raise InvalidInput("Tick people who were invited. Name others below.")
    away = FAMILY_PARTS if event != "hold" else ()
    for row in rows:
        row.came = row.pk in set(came) and row.part not in away
        row.save(update_fields=["came"])


def _finish(reach: Reach, meeting: Meeting, state: MeetingState, now: datetime) -> None:
    meeting.state, meeting.settled_by, meeting.settled_at = state.value, reach.user, now
    meeting.version += 1
    meeting.save()


# Making rows


def _create(
    reach: Reach,
    school: School,
    kind: MeetingKind | None,
    plan: Plan,
    now: datetime,
    *,
    agenda: bool,
) -> Meeting:
    if kind is None and not plan.label.strip():
        raise InvalidInput("Say what the meeting is called.")
    if not plan.when.place.strip():
        raise InvalidInput("Say where the meeting is.")
    leader = _colleague(school, plan.leader, reach.today)
    entry = kind.entry if kind else None
    meeting = Meeting.objects.create(
        authority=reach.authority,
        school=school,
        pack=kind.layer.pack.name if kind else "",
        edition=kind.layer.pack.edition if kind else "",
        key=entry.key if entry else "",
        label=entry.label if entry else plan.label.strip(),
        agenda=agenda,
        goes_ahead=entry.goes_ahead if entry else False,
        minutes_to=list(entry.minutes_to) if entry else ["parent"],
        outcomes=[one.words for one in entry.outcomes] if entry else [],
        leader=leader,
        starts_at=plan.when.starts_at,
        ends_at=plan.when.ends_at,
        place=plan.when.place.strip(),
        online=plan.when.online,
        arranged_by=reach.user,
        arranged_at=now,
    )
    record(
        Kind.MEETING_ARRANGED,
        by=reach.user,
        authority=reach.authority,
        school=school,
        on=meeting,
        day=in_words(localdate(meeting.starts_at)),
    )
    return meeting


def _colleague(school: School, pk: int, today: date) -> User:
    for one in colleagues(school, today):
        if one.pk == pk:
            return one
    raise InvalidInput("Choose somebody who works with cases at this school.")


def _refuse_unnamed(case: Case, people: Sequence[int], today: date) -> None:
    """Keep a restricted case to the people named on it: nobody else leads or is asked."""
    for pk in people:
        one = _colleague(case.school, pk, today)
        if not named_on(one, case):
            raise InvalidInput(f"{one.name} is not named on this restricted case.")


def _invite_others(meeting: Meeting, school: School, plan: Plan, today: date) -> None:
    for pk in dict.fromkeys(plan.staff):
        one = _colleague(school, pk, today)
        _invite(meeting, Part.STAFF, one.name, "Staff", user=one)
    for name, role in plan.others:
        _invite(meeting, Part.PROFESSIONAL, name, role)


def _invite(
    meeting: Meeting,
    part: Part,
    name: str,
    role: str,
    *,
    adult: Adult | None = None,
    user: User | None = None,
) -> None:
    Invited.objects.create(
        authority=meeting.authority,
        meeting=meeting,
        part=part.value,
        adult=adult,
        user=user,
        name=name,
        role=role,
    )


def _rows(meeting: Meeting) -> list[MeetingCase]:
    return list(meeting.about.select_related("case__pupil", "case__school__trust").order_by("pk"))


def _kind_now(meeting: Meeting, today: date) -> MeetingKind | None:
    """The kind as the policy has it today; None where no policy has it any more."""
    if not meeting.key:
        return None
    try:
        return kind_of(pack_in_force(meeting.school, today), f"{meeting.pack}:{meeting.key}")
    except InvalidInput:
        return None


# Clocks


def subject(meeting: Meeting) -> str:
    """What the deadlines of a meeting are about."""
    return f"cases.Meeting:{meeting.pk}"


def _start_clock(meeting: Meeting, case: Case, today: date) -> None:
    deadlines.start(
        case=case,
        kind=DeadlineKind.MEETING,
        words=f"{meeting.label}: hold it, and write down what became of it",
        since=today,
        by=localdate(meeting.starts_at),
        about=subject(meeting),
        owner=meeting.leader,
        nothing="The meeting stays open, and shows as overdue.",
    )


def _clocks(meeting: Meeting, case: Case, reach: Reach) -> None:
    """Move the clock of the meeting on: to its minutes, to a second date, or to its end."""
    about, today = subject(meeting), reach.today
    if meeting.state == MeetingState.MISSED:
        deadlines.start(
            case=case,
            kind=DeadlineKind.MEETING,
            words=f"{meeting.label}: the family did not come. Offer a second date",
            since=today,
            about=about,
            owner=meeting.leader,
            nothing="The family is not asked again, and a checklist lacks the offer.",
            **_within(SECOND_DATE, case.school, today),
        )
    elif meeting.state == MeetingState.HELD:
        deadlines.finish(
            case=case, kind=DeadlineKind.MEETING, today=today, by=reach.user, about=about
        )
        deadlines.start(
            case=case,
            kind=DeadlineKind.MINUTES,
            words=f"{meeting.label}: write the minutes, and give everybody a copy",
            since=today,
            about=about,
            owner=meeting.leader,
            nothing="No copy counts as sent: what a checklist asks stays open.",
            **_within(MINUTES, case.school, today),
        )
    else:
        because = LABELS[MeetingState(meeting.state)]
        deadlines.drop(
            case=case, kind=DeadlineKind.MEETING, today=today, because=because, about=about
        )


def _within(clock: str, school: School, today: date) -> dict[str, Any]:
    """The policy's clock; where the calendar ends first, a week."""
    _, length = pack_in_force(school, today).clock(clock)
    try:
        due_on(today, length.length, length.unit, deadlines.calendar_of(school))
    except UnknownTerm:
        return {"by": today + timedelta(days=7)}
    return {"clock": clock}
