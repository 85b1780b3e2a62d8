"""What an arrangement would do before it is agreed: its sessions, the marks there now, overlaps."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from hashlib import sha256

from attendance import marks as codec
from attendance.models import Arrangement, Enrolment, RegisterYear
from attendance.models.arrangements import EVERY_SESSION
from attendance.selectors.amending import age_at
from attendance.selectors.arrangements import covers, in_force
from attendance.selectors.calendars import calendar_of
from authorities.models import School
from rules.absence import kind_of
from rules.attendance_codes import is_attended
from rules.marks import DatedSession, Mark
from rules.school_calendar import Calendar, sessions_between

# A mark that says "absent, and nobody agreed": what an agreement made later may put right.
UNEXPLAINED = frozenset({"N", "G", "O"})


@dataclass(frozen=True, slots=True)
class Span:
    """Days with a pattern: which half days of them an arrangement covers, and with which code."""

    first: date
    last: date
    code: str
    pattern: str = EVERY_SESSION

    def __contains__(self, when: object) -> bool:
        """Whether a session is covered."""
        return (
            isinstance(when, DatedSession)
            and self.first <= when.day <= self.last
            and self.pattern[when.day.weekday() * 2 + when.session] == "1"
        )


@dataclass(frozen=True, slots=True)
class Covered:
    """One session that would be covered, and the mark it has now ("" for none).

    amend  the mark says absent without reason, so it may be changed to the new code
    old    it would be, but is too old to be changed without a second person
    """

    when: DatedSession
    mark: str
    amend: bool
    old: bool


@dataclass(frozen=True, slots=True)
class PupilPreview:
    """What an arrangement would do for one pupil."""

    enrolment: Enrolment
    sessions: tuple[Covered, ...]
    overlaps: tuple[Arrangement, ...]

    @property
    def to_amend(self) -> list[Covered]:
        """The sessions whose mark may be put right."""
        return [row for row in self.sessions if row.amend]

    @property
    def too_old(self) -> list[Covered]:
        """Those that need a second person."""
        return [row for row in self.sessions if row.old]

    @property
    def stays(self) -> list[Covered]:
        """The sessions that have another mark already, which stays."""
        return [row for row in self.sessions if row.mark and not row.amend and not row.old]

    @property
    def attended(self) -> list[Covered]:
        """Those of them on which the register says that the pupil was there."""
        return [row for row in self.stays if is_attended(kind_of(Mark(*row.when, row.mark)))]


@dataclass(frozen=True)
class Preview:
    """What an arrangement would do, pupil by pupil."""

    span: Span
    pupils: tuple[PupilPreview, ...]
    days: tuple[date, ...] = field(default=())

    @property
    def sessions(self) -> int:
        """How many half days of how many pupils."""
        return sum(len(row.sessions) for row in self.pupils)

    @property
    def to_amend(self) -> int:
        """How many recorded marks it proposes to change."""
        return sum(len(row.to_amend) for row in self.pupils)

    @property
    def too_old(self) -> int:
        """How many it may not change alone."""
        return sum(len(row.too_old) for row in self.pupils)

    @property
    def without(self) -> list[PupilPreview]:
        """The pupils for whom no session would be covered."""
        return [row for row in self.pupils if not row.sessions]

    @property
    def digest(self) -> str:
        """Names all that a person was shown: another one means that something changed since."""
        shown = [
            (
                row.enrolment.pk,
                [
                    (str(one.when.day), int(one.when.session), one.mark, one.amend)
                    for one in row.sessions
                ],
                [one.reference for one in row.overlaps],
            )
            for row in self.pupils
        ]
        return sha256(repr((self.span, shown)).encode()).hexdigest()[:16]


def preview_of(
    school: School,
    enrolments: Sequence[Enrolment],
    span: Span,
    *,
    today: date,
    calendar: Calendar | None = None,
    leaving_out: Collection[int] = (),
) -> Preview:
    """What an arrangement over a span would do for these pupils of one school.

    leaving_out  arrangements that it takes the place of: they are no overlap
    """
    calendar = calendar or calendar_of(school)
    sessions = [when for when in sessions_between(calendar, span.first, span.last) if when in span]
    marks = marks_at(enrolments, sessions)
    others = _others(school, enrolments, span, leaving_out)
    age = age_at(school, today)
    old = {day: age.is_old(day) for day in {when.day for when in sessions}}
    rows = []
    for enrolment in enrolments:
        here = [when for when in sessions if _on_roll(enrolment, when.day)]
        covered = tuple(
            _covered(when, marks.get((enrolment.pk, when), ""), span.code, old[when.day])
            for when in here
        )
        overlaps = tuple(
            row for row in others.get(enrolment.pk, ()) if any(covers(row, when) for when in here)
        )
        rows.append(PupilPreview(enrolment, covered, overlaps))
    return Preview(span, tuple(rows), tuple(sorted(old)))


def _covered(when: DatedSession, mark: str, code: str, old: bool) -> Covered:
    wrong = mark in UNEXPLAINED and mark != code
    return Covered(when, mark, wrong and not old, wrong and old)


def _on_roll(enrolment: Enrolment, day: date) -> bool:
    return enrolment.starts_on <= day and (enrolment.ends_on is None or day <= enrolment.ends_on)


def marks_at(
    enrolments: Iterable[Enrolment], sessions: Collection[DatedSession]
) -> Mapping[tuple[int, DatedSession], str]:
    """(enrolment id, session) → code, for the sessions that have one. One query."""
    ids = [enrolment.pk for enrolment in enrolments]
    wanted: dict[int, list[DatedSession]] = {}
    for when in sessions:
        wanted.setdefault(codec.year_of(when.day), []).append(when)
    rows = RegisterYear.objects.filter(enrolment__in=ids, year__in=wanted)
    found = {}
    for pk, year, held in rows.values_list("enrolment_id", "year", "marks"):
        for when in wanted[year]:
            code = codec.code_of(bytes(held)[codec.position(*when)])
            if code:
                found[pk, when] = code
    return found


def _others(
    school: School, enrolments: Iterable[Enrolment], span: Span, leaving_out: Collection[int]
) -> dict[int, list[Arrangement]]:
    """The arrangements that hold on some day of the span, by enrolment."""
    found: dict[int, list[Arrangement]] = {}
    rows = in_force(span.first, span.last).filter(
        school=school, enrolment__in=[enrolment.pk for enrolment in enrolments]
    )
    for row in rows.exclude(pk__in=leaving_out).order_by("starts_on", "pk"):
        found.setdefault(row.enrolment_id, []).append(row)
    return found
