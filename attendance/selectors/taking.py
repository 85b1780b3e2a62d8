"""A class and one session, as the person who takes the register needs to see it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time

from django.db.models import Q
from django.utils import timezone
from django.utils.crypto import salted_hmac

from attendance import marks as codec
from attendance.models import (
    Arrangement,
    Enrolment,
    GroupTutor,
    MarkNote,
    RegisterTaken,
    RegisterTimes,
    RegisterYear,
)
from attendance.models.registers import Source
from attendance.selectors.arrangements import known_at
from attendance.selectors.enrolments import on_roll
from attendance.selectors.registers import sessions_of
from authorities.models import School
from rules.dates import in_words
from rules.marks import DatedSession, Session

NO_GROUP = "-"  # how pupils without a registration group stand in an address
NEEDED = (
    *("authority_id", "school_id"),
    *("pupil__surname", "pupil__forenames", "pupil__known_as", "pupil__born_on"),
)
NOON = time(12)  # no afternoon register begins before it, unless the school's times say so


@dataclass(frozen=True, slots=True)
class Row:
    """One pupil of the class.

    code     the mark recorded now, "" for none
    note     what was noted beside it, while it still reads its code
    earlier  the mark of the session before, "" for none
    known    the arrangements that cover this session, the one to fill in first
    """

    enrolment: Enrolment
    code: str
    note: MarkNote | None
    earlier: str
    known: tuple[Arrangement, ...]

    @property
    def pk(self) -> int:
        """The enrolment's id."""
        return self.enrolment.pk

    @property
    def arrived_at(self) -> time | None:
        """When the pupil arrived, as noted beside the recorded mark."""
        return self.note.arrived_at if self.note else None


@dataclass(frozen=True, slots=True)
class ClassRegister:
    """One class and one session.

    held      whether the school's calendar has the session
    times     when the register opens and closes, if the school has said so
    earlier   the session before this one in the calendar, if the year has one
    """

    school: School
    when: DatedSession
    group: str
    rows: tuple[Row, ...]
    held: bool
    times: RegisterTimes | None
    earlier: DatedSession | None

    @property
    def unmarked(self) -> int:
        """How many pupils have no mark."""
        return sum(not row.code for row in self.rows)


def group_words(group: str) -> str:
    """A registration group as a page names it."""
    return group or "No group"


def group_key(group: str) -> str:
    """A registration group as it stands in an address."""
    return group or NO_GROUP


def group_of(key: str) -> str:
    """The registration group of an address."""
    return "" if key == NO_GROUP else key


def local(moment: datetime) -> datetime:
    """A moment on London's clock."""
    return moment.astimezone(timezone.get_current_timezone())


def clock_words(moment: time) -> str:
    """A time of day as pages write it: 8:50am."""
    return f"{moment.hour % 12 or 12}:{moment:%M}{'am' if moment.hour < 12 else 'pm'}"


def class_of(school: School, when: DatedSession, group: str) -> ClassRegister:
    """The pupils of a registration group who are on roll that day, by name. Seven queries."""
    enrolments = list(
        Enrolment.objects.filter(on_roll(when.day), school=school, registration_group=group)
        .select_related("pupil")
        .only(*NEEDED)
        .order_by("pupil__sort_name", "pk")
    )
    ids = [enrolment.pk for enrolment in enrolments]
    year = codec.year_of(when.day)
    place = codec.position(when.day, when.session)
    held = sessions_of(school, year)
    before = held[:place].nonzero()[0].tolist() if held is not None else []
    former: int | None = before[-1] if before else None
    marks = _marks(school, year, ids)
    marked = [pk for pk, held in marks.items() if held[place] != codec.BLANK]
    notes = notes_of(marked, when) if marked else {}
    known = known_at(school, when)
    return ClassRegister(
        school=school,
        when=when,
        group=group,
        rows=tuple(
            _row(enrolment, marks.get(enrolment.pk, codec.BLANK_YEAR), place, former, notes, known)
            for enrolment in enrolments
        ),
        held=held is not None and bool(held[place]),
        times=times_on(school, when.day).get(when.session),
        earlier=codec.session_at(year, former) if former is not None else None,
    )


def _row(
    enrolment: Enrolment,
    marks: bytes,
    place: int,
    former: int | None,
    notes: Mapping[int, MarkNote],
    known: Mapping[int, Sequence[Arrangement]],
) -> Row:
    """One pupil's row from what was read for the whole class."""
    code = codec.code_of(marks[place])
    note = notes.get(enrolment.pk)
    return Row(
        enrolment=enrolment,
        code=code,
        note=note if note is not None and note.code == code else None,
        earlier=codec.code_of(marks[former]) if former is not None else "",
        known=tuple(known.get(enrolment.pk, ())),
    )


def _marks(school: School, year: int, ids: Sequence[int]) -> dict[int, bytes]:
    """Each enrolment's year of bytes."""
    rows = RegisterYear.objects.filter(
        authority=school.authority_id, enrolment_id__in=ids, year=year
    )
    return {pk: bytes(marks) for pk, marks in rows.values_list("enrolment_id", "marks")}


def notes_of(ids: Sequence[int], when: DatedSession) -> dict[int, MarkNote]:
    """The newest note of each enrolment for a session."""
    notes = MarkNote.objects.filter(
        enrolment_id__in=ids, day=when.day, session=when.session
    ).order_by("pk")
    return {note.enrolment_id: note for note in notes}


def times_on(school: School, day: date) -> dict[Session, RegisterTimes]:
    """When the registers of a day open and close, for the halves that have times."""
    rows = RegisterTimes.objects.filter(school=school, starts_on__lte=day).order_by("starts_on")
    return {Session(row.session): row for row in rows}


def tutors_on(school: School, day: date) -> dict[str, list[GroupTutor]]:
    """Who takes each registration group's register that day, with the person."""
    rows = (
        GroupTutor.objects.filter(Q(ends_on=None) | Q(ends_on__gte=day), school=school)
        .filter(starts_on__lte=day)
        .select_related("tutor")
        .order_by("registration_group", "tutor__name", "pk")
    )
    found: dict[str, list[GroupTutor]] = {}
    for row in rows:
        found.setdefault(row.registration_group, []).append(row)
    return found


@dataclass(frozen=True, slots=True)
class Saving:
    """One time that somebody saved first entries of a session here.

    covering  whether a tutor is named for the group and the person is none of them
    late      whether it was after the register had closed
    """

    at: datetime
    by: str
    covering: bool
    late: bool


def savings_of(found: ClassRegister, tutors: Sequence[GroupTutor]) -> list[Saving]:
    """When and by whom first entries of this class and session were made, the first first."""
    rows = (
        RegisterTaken.objects.filter(
            school=found.school,
            day=found.when.day,
            session=found.when.session,
            source=Source.SCREEN,
            roll__enrolment_ids__overlap=[row.pk for row in found.rows],
        )
        .select_related("taken_by")
        .order_by("pk")
    )
    return [saving(row, tutors, found.times) for row in rows]


def saving(row: RegisterTaken, tutors: Sequence[GroupTutor], times: RegisterTimes | None) -> Saving:
    """One saving in the words of a page."""
    return Saving(
        at=row.taken_at,
        by=row.taken_by.name if row.taken_by else "Onroll",
        covering=bool(tutors) and row.taken_by_id not in {tutor.tutor_id for tutor in tutors},
        late=is_closed(DatedSession(row.day, Session(row.session)), times, row.taken_at),
    )


def is_closed(when: DatedSession, times: RegisterTimes | None, now: datetime) -> bool:
    """Whether the register had closed: days before today always, today only by its times.

    The closing minute itself still belongs to the register (rules.marking, MARK-2).
    """
    here = local(now)
    if when.day != here.date():
        return when.day < here.date()
    return times is not None and _minute(here) > times.closes_at


def not_yet(when: DatedSession, times: RegisterTimes | None, now: datetime) -> str:
    """Why the register cannot be taken yet, in a sentence; "" when it can."""
    here = local(now)
    if when.day > here.date():
        return f"This register is for {in_words(when.day)}. It can be taken on that day."
    if when.day < here.date() or when.session is Session.AM:
        return ""
    start = min(times.opens_at, NOON) if times else NOON
    if _minute(here) >= start:
        return ""
    return f"The afternoon register can be taken from {clock_words(start)}."


def _minute(moment: datetime) -> time:
    """The time of day to the whole minute."""
    return moment.time().replace(second=0, microsecond=0)


def fingerprint(pk: int, when: DatedSession, code: str, arrived_at: time | None) -> str:
    """What a form carries to say which mark it was made from, telling nobody which it is.

    A tutor's form must not give away a code that the page hides, so this is keyed and not plain.
    """
    said = f"{pk}|{when.day}|{int(when.session)}|{code}|{arrived_at or ''}"
    return salted_hmac("attendance.taking", said).hexdigest()[:20]


def based_on(row: Row, when: DatedSession) -> str:
    """The fingerprint of a row as it is now."""
    return fingerprint(row.pk, when, row.code, row.arrived_at)
