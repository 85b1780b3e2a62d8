"""A registration certificate: a pupil's register over a period, with totals from what it shows."""

from dataclasses import dataclass, replace
from datetime import date, datetime

from attendance.access import PupilHere
from attendance.marks import year_of
from attendance.selectors.books import Book
from attendance.selectors.calendars import calendars_in_force, rules_calendar
from attendance.selectors.figures import Row, tally_rows
from attendance.selectors.known_at import changes_between, marks_as_known, rate
from attendance.selectors.register_grids import Grid, grid_of
from attendance.selectors.registers import marks_of
from authorities.permissions import Permission
from frontend.templatetags.govuk import percent_bp
from rules import absence
from rules.absence import basis_points
from rules.attendance_codes import CODES
from rules.dates import in_words
from rules.marks import DatedSession, Session

KINDS = {code.code: str(code.kind) for code in CODES}


@dataclass(frozen=True, slots=True)
class KeyLine:
    """One code of the key, and how it counts."""

    code: str
    meaning: str
    counts_as: str


@dataclass(frozen=True, slots=True)
class Certificate:
    """All that a registration certificate says. Read by one template.

    warnings   what a council would send it back for, in words; empty when there is nothing
    masked     some codes are hidden from the person who made it
    known      None for the register as it stands; otherwise the register as known at a moment
    """

    school_name: str
    school_lines: tuple[str, ...]
    urn: str
    authority_name: str
    legal_name: str
    upn: str
    born_on: date
    year_group: str
    registration_group: str
    on_roll_from: date
    on_roll_to: date | None
    first: date
    last: date
    grid: Grid
    key: tuple[KeyLine, ...]
    rows: tuple[Row, ...]
    percentage: str
    warnings: tuple[str, ...]
    masked: bool
    made_by: str
    made_at: datetime
    known: "AsKnown | None" = None


@dataclass(frozen=True, slots=True)
class AsKnown:
    """That a certificate shows a register as known at a past moment, and what is otherwise now.

    rows, percentage  the same sessions as the register stands when the certificate is made
    changed           in words, each session that reads otherwise now
    """

    moment: datetime
    rows: tuple[Row, ...]
    percentage: str
    changed: tuple[str, ...]


def certificate_for(
    here: PupilHere,
    *,
    first: date,
    last: date,
    year_group: str,
    made_by: str,
    made_at: datetime,
    today: date,
    known_at: datetime | None = None,
) -> Certificate:
    """The certificate of the shown enrolment from `first` to `last`, both included. Two queries.

    Each total is worked out from the marks that the grid shows, never from a stored figure.
    `known_at` gives the register as known at that moment, with the figures of today beside it.
    """
    enrolment, pupil, school = here.enrolment, here.pupil, here.school
    in_full = Permission.VIEW_SENSITIVE in here.sees
    years = range(year_of(first), year_of(last) + 1)
    now = Book(
        enrolment=enrolment,
        born_on=pupil.born_on,
        year=year_of(last),
        as_of=last,
        today=today,
        calendar=rules_calendar([c for c in calendars_in_force(school) if c.year in years]),
        marks=tuple(marks_of(enrolment, first, last)),
    )
    book = now if known_at is None else _as_known(now, first, last, known_at)
    grid = grid_of(book, first, last, in_full=in_full)
    lines = [*school.address.splitlines(), school.postcode, school.phone]
    return Certificate(
        school_name=school.name,
        school_lines=tuple(line for line in lines if line),
        urn=school.urn,
        authority_name=school.authority.name,
        legal_name=f"{pupil.forenames} {pupil.surname}",
        upn=pupil.upn,
        born_on=pupil.born_on,
        year_group=year_group,
        registration_group=enrolment.registration_group,
        on_roll_from=enrolment.starts_on,
        on_roll_to=enrolment.ends_on,
        first=first,
        last=last,
        grid=grid,
        key=tuple(
            KeyLine(code, meaning, KINDS.get(code, "hidden by your role"))
            for code, meaning in grid.codes
        ),
        rows=tuple(tally_rows(grid.tally)),
        percentage=percent_bp(basis_points(grid.tally.attended, grid.tally.possible)),
        warnings=tuple(_warnings(book, grid)),
        masked=not in_full,
        made_by=made_by,
        made_at=made_at,
        known=_known(book, now, known_at, in_full) if known_at else None,
    )


def _as_known(now: Book, first: date, last: date, moment: datetime) -> Book:
    """The same period with the marks as known at a moment."""
    years = range(year_of(first), year_of(last) + 1)
    marks = marks_as_known(now.enrolment, years, moment)
    return replace(now, marks=tuple(mark for mark in marks if first <= mark.day <= last))


def _known(then: Book, now: Book, moment: datetime, in_full: bool) -> AsKnown:
    """What stands beside a register as known: the figures of today and each difference."""
    tally = absence.tally(now.past)
    changed = changes_between(
        then.enrolment,
        {mark.when: mark.code for mark in then.past},
        {mark.when: mark.code for mark in now.past},
        moment=moment,
        in_full=in_full,
    )
    return AsKnown(
        moment=moment,
        rows=tuple(tally_rows(tally)),
        percentage=rate(tally),
        changed=tuple(one.sentence for one in changed),
    )


def _warnings(book: Book, grid: Grid) -> list[str]:
    """What a council sends a certificate back for."""
    found = []
    if grid.unresolved:
        sessions = "1 session has" if grid.unresolved == 1 else f"{grid.unresolved} sessions have"
        found.append(
            f"{sessions} code N: the reason is not yet known. Find it and correct the mark."
        )
    if grid.gaps:
        sessions = "1 session has" if grid.gap_count == 1 else f"{grid.gap_count} sessions have"
        found.append(
            f"{sessions} no mark, though the school was open: "
            f"{'; '.join(_run_words(*run) for run in grid.gaps)}. Import or enter the register."
        )
    if not grid.tally.possible:
        found.append("No session of this period was possible, so there is no percentage.")
    if not book.calendar.sessions:
        found.append("The school has no calendar for this period, so gaps cannot be found.")
    return found


def _run_words(first: DatedSession, last: DatedSession) -> str:
    """Sessions in a row: 13 October 2026, or 2 November 2026 (afternoon) to 4 November 2026."""
    if first == last:
        return f"{in_words(first.day)} ({first.session.words})"
    start = in_words(first.day) + (" (afternoon)" if first.session is Session.PM else "")
    end = in_words(last.day) + (" (morning)" if last.session is Session.AM else "")
    return start if start == end else f"{start} to {end}"


def period_start(here: PupilHere, today: date) -> date:
    """The first day that a certificate begins with unless told: this school year's, or on roll."""
    year = year_of(today)
    calendars = [c for c in calendars_in_force(here.school) if c.year == year]
    days = rules_calendar(calendars).days
    start = days[0] if days else date(year, 9, 1)
    return max(start, here.enrolment.starts_on)
