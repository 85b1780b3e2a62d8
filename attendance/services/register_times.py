"""When a school's registers open and close, and who takes a group's register, from a day on."""

from datetime import date, time, timedelta

from django.db import transaction
from django.db.models import QuerySet

from attendance.models import GroupTutor, RegisterTimes
from attendance.selectors.taking import clock_words, group_words, times_on
from audit.record import Kind, record
from authorities.access import NotFound, Reach
from authorities.models import School, User
from authorities.permissions import Permission
from rules.dates import in_words
from rules.errors import Conflict, InvalidInput, RuleNotMet
from rules.marking import opening_refusal
from rules.marks import Session
from rules.values import value_on

Opening = tuple[time, time]


class DifferentLengths(Conflict):
    """The two registers would stay open for different lengths; a person must confirm it."""

    code = "different_lengths"


class WrongTimes(InvalidInput):
    """One half's times are refused."""

    code = "wrong_times"

    def __init__(self, session: Session, sentence: str) -> None:
        """Keep which half it is."""
        super().__init__(sentence)
        self.session = session


@transaction.atomic
def set_times(
    *,
    school: School,
    openings: dict[Session, Opening],
    starts_on: date,
    by: Reach,
    confirmed: bool = False,
) -> None:
    """Set when both registers open and close from a day on. The times before that day stay.

    The first times may start on any day; later ones only from today, because the marks of past
    days were made under the times of their day.

    Raises Forbidden, WrongTimes, RuleNotMet for a day that is past, and DifferentLengths unless
    confirmed.
    """
    by.require(Permission.AMEND_REGISTER, school)
    longest = value_on("register_open", starts_on)["minutes"]
    for session, (opens, closes) in openings.items():
        refused = opening_refusal(opens, closes, longest)
        if refused:
            raise WrongTimes(session, refused)
    has_times = RegisterTimes.objects.filter(school=school).exists()
    if has_times and starts_on < by.today:
        raise RuleNotMet("New times start today or later. Marks of past days keep their times.")
    if len({_length(*opening) for opening in openings.values()}) > 1 and not confirmed:
        raise DifferentLengths("A register should stay open for the same length at every session.")
    before = times_on(school, starts_on)
    former = _in_words({half: (row.opens_at, row.closes_at) for half, row in before.items()})
    for session, (opens, closes) in openings.items():
        RegisterTimes.objects.update_or_create(
            authority_id=school.authority_id,
            school=school,
            session=session,
            starts_on=starts_on,
            defaults={"opens_at": opens, "closes_at": closes},
        )
    record(
        Kind.REGISTER_TIMES_SET,
        by=by.user,
        authority=by.authority,
        school=school,
        on=school,
        times=f"{_in_words(openings)} from {in_words(starts_on)}",
        former=former,
    )


def _length(opens: time, closes: time) -> int:
    """Minutes that a register is open."""
    return (closes.hour - opens.hour) * 60 + closes.minute - opens.minute


def _in_words(openings: dict[Session, Opening]) -> str:
    """Times in words: morning 8:30am to 9:00am, afternoon …"""
    return ", ".join(
        f"{session.words} {clock_words(opens)} to {clock_words(closes)}"
        for session, (opens, closes) in sorted(openings.items())
    )


@transaction.atomic
def set_tutor(
    *,
    school: School,
    group: str,
    tutor: User,
    starts_on: date,
    by: Reach,
    together: bool = False,
) -> GroupTutor:
    """Somebody takes a group's register from a day on.

    together  whether those who take it already go on; otherwise they end the day before

    Raises Forbidden, RuleNotMet for a day that is past, and Conflict for somebody who takes it.
    """
    by.require(Permission.AMEND_REGISTER, school)
    if starts_on < by.today:
        raise RuleNotMet("A change starts today or later. What was in force before stays.")
    rows = list(_open_rows(school, group, starts_on).select_for_update(of=("self",)))
    if any(row.tutor_id == tutor.pk for row in rows):
        raise Conflict("This person takes the group's register already.")
    for row in [] if together else rows:
        _end(row, starts_on - timedelta(days=1))
    made = GroupTutor.objects.create(
        authority_id=school.authority_id,
        school=school,
        registration_group=group,
        tutor=tutor,
        starts_on=starts_on,
    )
    _write_down(by, made, f"{group_words(group)} from {in_words(starts_on)}")
    return made


@transaction.atomic
def end_tutor(*, school: School, group: str, pk: int, by: Reach) -> None:
    """Somebody takes a group's register no longer, from today on.

    Raises Forbidden, and NotFound when the person does not take it now.
    """
    by.require(Permission.AMEND_REGISTER, school)
    rows = _open_rows(school, group, by.today).select_for_update(of=("self",))
    row = rows.filter(pk=pk).first()
    if row is None:
        raise NotFound("We cannot find that tutor. Somebody may have ended it already.")
    _write_down(by, row, f"{group_words(group)} no longer from {in_words(by.today)}")
    _end(row, by.today - timedelta(days=1))


def _open_rows(school: School, group: str, day: date) -> QuerySet[GroupTutor]:
    """The rows of a group that are in force on a day or begin later."""
    rows = GroupTutor.objects.filter(school=school, registration_group=group)
    return rows.exclude(ends_on__lt=day).order_by("pk")


def _end(row: GroupTutor, last: date) -> None:
    """End a row on a day; one that had not begun by then never held and goes."""
    if last < row.starts_on:
        row.delete()
        return
    row.ends_on = last
    row.save(update_fields=["ends_on"])


def _write_down(by: Reach, row: GroupTutor, change: str) -> None:
    """The trail names the group and, by id, the person."""
    record(
        Kind.GROUP_TUTOR_SET,
        by=by.user,
        authority=by.authority,
        school=row.school,
        on=row,
        change=change,
        tutor=row.tutor_id,
    )
