"""Which registers of a school are taken, part taken or missing, group by group."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from django.db.models import BinaryField, F, Func, Q, Value

from attendance import marks as codec
from attendance.models import (
    Enrolment,
    GroupTutor,
    RegisterTaken,
    RegisterTimes,
    RegisterYear,
)
from attendance.models.registers import Source
from attendance.selectors.enrolments import on_roll
from attendance.selectors.registers import sessions_of
from attendance.selectors.taking import (
    Saving,
    group_words,
    is_closed,
    local,
    not_yet,
    saving,
    times_on,
    tutors_on,
)
from authorities.models import School
from rules.marks import DatedSession, Session


class State(StrEnum):
    """Where one group's register of one session stands."""

    NO_SESSION = "No session"
    NOT_YET = "Not yet"
    NOT_TAKEN = "Not taken"
    PART = "Part taken"
    TAKEN = "Taken"
    TAKEN_LATE = "Taken late"
    MISSING = "Missing"
    PART_MISSING = "Part missing"


@dataclass(frozen=True, slots=True)
class GroupHalf:
    """One group's register of one session: how many pupils have a mark, and who saved it first."""

    when: DatedSession
    pupils: int
    marked: int
    state: State
    saved: Saving | None

    @property
    def left(self) -> int:
        """Pupils without a mark."""
        return self.pupils - self.marked


@dataclass(frozen=True, slots=True)
class GroupDay:
    """One group and one day."""

    group: str
    pupils: int
    tutors: tuple[GroupTutor, ...]
    halves: tuple[GroupHalf, ...]

    @property
    def words(self) -> str:
        """The group's name on a page."""
        return group_words(self.group)


@dataclass(frozen=True, slots=True)
class _Member:
    """An enrolment as far as a group needs it."""

    pk: int
    group: str
    first: date
    last: date

    def here_on(self, day: date) -> bool:
        """Whether it is on roll that day."""
        return self.first <= day <= self.last


def groups_on(school: School, day: date) -> dict[str, list[int]]:
    """The registration groups of a day with their enrolments, by name; those without one last."""
    rows = Enrolment.objects.filter(on_roll(day), school=school)
    found: dict[str, list[int]] = {}
    for group, pk in rows.values_list("registration_group", "pk"):
        found.setdefault(group, []).append(pk)
    return dict(sorted(found.items(), key=lambda item: _by_name(item[0])))


def _by_name(group: str) -> tuple[bool, int, str]:
    """Sorts 7A before 10A, and pupils without a group last."""
    digits = "".join(c for c in group[:3] if c.isdigit())
    return not group, int(digits) if digits else 0, group


def day_of(school: School, day: date, now: datetime) -> list[GroupDay]:
    """Every group's two registers of one day. Six queries."""
    groups = groups_on(school, day)
    year, place = codec.year_of(day), codec.position(day, Session.AM)
    held = sessions_of(school, year)
    marks = _marks_between(school, year, place, place + 1)
    times, tutors = times_on(school, day), tutors_on(school, day)
    taken = _savings(school, day, groups)
    rows = []
    for group, ids in groups.items():
        halves = []
        for half in Session:
            when = DatedSession(day, half)
            open_then = held is not None and bool(held[place + half])
            first = taken.get((group, half))
            saved = saving(first, tutors.get(group, ()), times.get(half)) if first else None
            marked = sum(_has(marks, pk, half) for pk in ids)
            state = _state(when, open_then, len(ids), marked, saved, times.get(half), now)
            halves.append(GroupHalf(when, len(ids), marked, state, saved))
        rows.append(GroupDay(group, len(ids), tuple(tutors.get(group, ())), tuple(halves)))
    return rows


def _state(
    when: DatedSession,
    held: bool,
    pupils: int,
    marked: int,
    saved: Saving | None,
    times: RegisterTimes | None,
    now: datetime,
) -> State:
    """Where a register stands."""
    if not held:
        return State.NO_SESSION
    if marked >= pupils:
        return State.TAKEN_LATE if saved and saved.late else State.TAKEN
    if is_closed(when, times, now):
        return State.PART_MISSING if marked else State.MISSING
    if marked:
        return State.PART
    return State.NOT_YET if not_yet(when, times, now) else State.NOT_TAKEN


def _has(marks: Mapping[int, bytes], pk: int, at: int) -> bool:
    """Whether an enrolment has a mark at a place of what was read."""
    held = marks.get(pk)
    return held is not None and held[at] != codec.BLANK


def _marks_between(school: School, year: int, first: int, last: int) -> dict[int, bytes]:
    """The bytes of every pupil from one place to another, both included."""
    part = Func(
        F("marks"),
        Value(first + 1),
        Value(last - first + 1),
        function="substr",
        output_field=BinaryField(),
    )
    rows = RegisterYear.objects.filter(
        authority=school.authority_id, school=school, year=year
    ).annotate(part=part)
    return {pk: bytes(part) for pk, part in rows.values_list("enrolment_id", "part")}


def _savings(
    school: School, day: date, groups: Mapping[str, Sequence[int]]
) -> dict[tuple[str, Session], RegisterTaken]:
    """The first saving of each group's registers of a day that was made on a screen."""
    group_of = {pk: group for group, ids in groups.items() for pk in ids}
    rows = (
        RegisterTaken.objects.filter(school=school, day=day, source=Source.SCREEN)
        .select_related("roll", "taken_by")
        .order_by("-pk")
    )
    found: dict[tuple[str, Session], RegisterTaken] = {}
    for row in rows:
        for group in {group_of[pk] for pk in row.roll.enrolment_ids if pk in group_of}:
            found[group, Session(row.session)] = row
    return found


@dataclass(frozen=True, slots=True)
class MissingRegister:
    """A register that has closed with pupils who have no mark."""

    school: School
    when: DatedSession
    group: str
    pupils: int
    left: int
    tutors: tuple[str, ...]

    @property
    def state(self) -> State:
        """Missing, or part of it."""
        return State.MISSING if self.left == self.pupils else State.PART_MISSING


def missing_registers(school: School, school_days: int, now: datetime) -> list[MissingRegister]:
    """The registers of the last school days, today's too once closed, that lack marks.

    Newest first. Sessions of this academic year only. Where the school has set no times, today's
    registers never close, so they are missing from tomorrow on. Five queries.
    """
    today = local(now).date()
    sessions = _closed_sessions(school, school_days, today, now)
    if not sessions:
        return []
    first, last = sessions[0], sessions[-1]
    start = codec.position(*first)
    marks = _marks_between(school, codec.year_of(last.day), start, codec.position(*last))
    members = _members(school, first.day, last.day)
    tutors = _tutors_between(school, first.day, last.day)
    rows = []
    for when in sessions:
        at = codec.position(*when) - start
        counts: dict[str, list[int]] = {}
        for member in members:
            if member.here_on(when.day):
                pair = counts.setdefault(member.group, [0, 0])
                pair[0] += 1
                pair[1] += not _has(marks, member.pk, at)
        rows += [
            MissingRegister(school, when, group, pupils, left, _named(tutors, group, when.day))
            for group, (pupils, left) in counts.items()
            if left
        ]
    return sorted(rows, key=lambda row: (-row.when.day.toordinal(), row.when, _by_name(row.group)))


def _closed_sessions(
    school: School, school_days: int, today: date, now: datetime
) -> list[DatedSession]:
    """The sessions of the last school days whose registers have closed, in time order."""
    year = codec.year_of(today)
    held = sessions_of(school, year)
    if held is None:
        return []
    until = codec.position(today, Session.PM) + 1
    sessions = [codec.session_at(year, int(at)) for at in held[:until].nonzero()[0]]
    days = sorted({when.day for when in sessions})[-school_days:]
    times = times_on(school, today)
    return [
        when
        for when in sessions
        if days and when.day >= days[0] and is_closed(when, times.get(when.session), now)
    ]


def _members(school: School, first: date, last: date) -> list[_Member]:
    """Everybody on roll on some of these days."""
    rows = Enrolment.objects.filter(
        Q(ends_on=None) | Q(ends_on__gte=first), school=school, starts_on__lte=last
    )
    return [
        _Member(pk, group, starts, ends or date.max)
        for pk, group, starts, ends in rows.values_list(
            "pk", "registration_group", "starts_on", "ends_on"
        )
    ]


def _tutors_between(school: School, first: date, last: date) -> list[GroupTutor]:
    """Those who took a group's register on some of these days."""
    rows = GroupTutor.objects.filter(
        Q(ends_on=None) | Q(ends_on__gte=first), school=school, starts_on__lte=last
    )
    return list(rows.select_related("tutor").order_by("tutor__name", "pk"))


def _named(tutors: Iterable[GroupTutor], group: str, day: date) -> tuple[str, ...]:
    """The names of a group's tutors on a day."""
    return tuple(
        row.tutor.name
        for row in tutors
        if row.registration_group == group
        and row.starts_on <= day <= (row.ends_on or day + timedelta(days=1))
    )
