"""What a pupil's page says, worked out from the marks on the spot: the same rules as the sweep's.

A page never shows a stored figure beside its working: both come from the marks as they stand.
"""

import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from itertools import groupby
from typing import Any

from django.db.models import (
    Case,
    Exists,
    F,
    FilteredRelation,
    IntegerField,
    OrderBy,
    OuterRef,
    Q,
    QuerySet,
    When,
)
from django.db.models.functions import NullIf

from attendance.access import (
    PupilHere,
    enrolments_visible,
    sees_flag,
    shown_code,
    shown_meaning,
)
from attendance.marks import decode, year_of
from attendance.models import (
    AdultLink,
    CareOrder,
    Enrolment,
    Pupil,
    PupilFlag,
    RegisterYear,
    YesNoUnknown,
)
from attendance.models.registers import Source
from attendance.models.standings import ThresholdState
from attendance.selectors.calendars import calendars_in_force, rules_calendar
from attendance.selectors.registers import history, marks_of, register_as_known_at
from audit.record import Kind as AuditKind
from audit.selectors import history_of
from authorities.access import Reach
from authorities.models import User
from authorities.permissions import Permission
from rules import absence
from rules.absence import Band, LookBack, Tally
from rules.attendance_codes import CODES, Kind, code_on, is_absent, is_possible
from rules.compulsory_age import compulsory_days
from rules.dates import ONE_WEEK, DateRange, monday_of
from rules.errors import InvalidInput
from rules.marks import DatedSession, Mark, Session
from rules.school_calendar import Calendar, grid_start, school_weeks, year_end
from rules.thresholds import Proof, Who, prove
from rules.upn import read_upn
from rules.values import Figures, figures_on

# The picture's words for how a session counted (frontend.charts.KINDS).
PICTURE = {
    Kind.PRESENT: "present",
    Kind.APPROVED: "present",
    Kind.AUTHORISED: "authorised",
    Kind.UNAUTHORISED: "unauthorised",
    Kind.NOT_POSSIBLE: "not_counted",
    Kind.NOT_COLLECTED: "not_counted",
}
MISSING = "?"
FIVE_DAYS = tuple(range(5))


@dataclass(frozen=True)
class Book:
    """One enrolment's register for an academic year and the year before, with its calendar.

    year   the calendar year in which the academic year starts
    as_of  the last day that is read
    today  a register of today may still come, so it is not missing yet
    """

    enrolment: Enrolment
    born_on: date
    year: int
    as_of: date
    today: date
    calendar: Calendar
    marks: tuple[Mark, ...]

    @property
    def start(self) -> date:
        """The Monday on which the year's grid starts."""
        return grid_start(self.year)

    @property
    def end(self) -> date:
        """The Sunday on which it ends."""
        return year_end(self.start)

    @property
    def on_roll(self) -> DateRange:
        """The days of the enrolment."""
        return DateRange(self.enrolment.starts_on, self.enrolment.ends_on)

    @cached_property
    def figures(self) -> Figures:
        """The national figures in force."""
        return figures_on(self.as_of)

    @cached_property
    def past(self) -> tuple[Mark, ...]:
        """The marks of both years up to the as-of day, on roll."""
        return tuple(m for m in self.marks if m.day <= self.as_of and m.day in self.on_roll)

    @cached_property
    def of_year(self) -> tuple[Mark, ...]:
        """Those of this academic year."""
        return tuple(mark for mark in self.past if self.start <= mark.day <= self.end)

    @cached_property
    def tally(self) -> Tally:
        """The sessions of this year."""
        return absence.tally(self.of_year)

    @cached_property
    def look_back(self) -> LookBack:
        """The last school weeks, across years."""
        return absence.look_back(
            self.past, self.calendar, self.as_of, weeks=self.figures.look_back_weeks
        )

    @cached_property
    def proof(self) -> Proof:
        """The threshold with its working, over this year's windows."""
        return prove(
            self.marks,
            self.calendar,
            self.as_of,
            who=Who(on_roll=self.on_roll, compulsory=compulsory_days(self.born_on)),
            since=self.start,
            figures=self.figures,
        )

    @cached_property
    def missing(self) -> tuple[DatedSession, ...]:
        """The sessions of this year that the school held and nobody recorded a mark for."""
        marked = {mark.when for mark in self.of_year}
        return tuple(
            session
            for session in self.calendar.held
            if self.start <= session.day <= self.as_of
            and session.day < self.today
            and session.day in self.on_roll
            and session not in marked
        )


def book_of(
    enrolment: Enrolment,
    born_on: date,
    *,
    today: date,
    year: int | None = None,
    known_at: datetime | None = None,
) -> Book:
    """The register of an enrolment for an academic year (this one unless told), and the one before.

    For a past year the as-of day is that year's last day. Two queries. `known_at` gives the year
    as its marks stood at a past moment, and that year alone.
    """
    year = year_of(today) if year is None else year
    last_day = year_end(grid_start(year))
    if known_at is None:
        marks = marks_of(enrolment, grid_start(year - 1), last_day)
    else:
        marks = decode(year, register_as_known_at(enrolment, year, known_at))
    calendars = [
        calendar
        for calendar in calendars_in_force(enrolment.school)
        if calendar.year in (year - 1, year)
    ]
    return Book(
        enrolment=enrolment,
        born_on=born_on,
        year=year,
        as_of=min(today, last_day),
        today=today,
        calendar=rules_calendar(calendars),
        marks=tuple(marks),
    )


def open_case_of(enrolment: OuterRef | int) -> QuerySet[Enrolment, str | None]:
    """The reference of an enrolment's open case, as a query or a subquery; none or None without.

    Cases stand in an app above this one, which may not be imported: so the query follows the
    relation back by its name, and a page can offer the case that is there already.
    """
    rows = Enrolment.objects.filter(pk=enrolment, cases__closed_on=None)
    return rows.values_list("cases__reference", flat=True)[:1]


def years_kept(enrolment: Enrolment) -> list[int]:
    """The academic years that have a register of this enrolment, latest first."""
    rows = RegisterYear.objects.filter(authority=enrolment.authority_id, enrolment=enrolment)
    return sorted(rows.values_list("year", flat=True), reverse=True)


# The list


class Listed(QuerySet[Enrolment]):
    """Enrolments that a list filters, orders and counts on few columns, and fetches last.

    Sorting a county's pupils with all their columns takes three times as long as sorting their
    keys. So a page first finds its keys, then fetches those rows with their figures: `rate`,
    `missed`, `now` and so on, each None where the sweep has not been yet.
    """

    authority_id: int | None = None

    def _clone(self) -> "Listed":
        clone: Listed = super()._clone()  # type: ignore[misc]
        clone.authority_id = self.authority_id
        return clone

    def __getitem__(self, key: Any) -> Any:
        """One page as a list of enrolments, in order."""
        if not isinstance(key, slice):
            return super().__getitem__(key)
        keys = self._by_name() if self._goes_by_name else self._clone()
        narrow: Any = keys.values_list("pk", flat=True)
        narrow.query.set_limits(key.start, key.stop)
        order = list(narrow)
        rows = {row.pk: row for row in self.order_by().with_figures().filter(pk__in=order)}
        return [rows[pk] for pk in order]

    def iterator(self, chunk_size: int | None = None) -> Iterator[Any]:
        """Every row with its figures, for the CSV."""
        return QuerySet.iterator(self.with_figures(), chunk_size=chunk_size)

    @property
    def _goes_by_name(self) -> bool:
        first: Any = next(iter(self.query.order_by), None)
        name: str = getattr(getattr(first, "expression", None), "name", "")
        return name.startswith("pupil__")

    def _by_name(self) -> "Listed":
        # Said of the pupil too, so that the index on names can serve the order.
        return self.filter(pupil__authority=self.authority_id)

    def with_figures(self) -> "Listed":
        """The rows with pupil, school and this year's standing."""
        return self.select_related("pupil", "school").annotate(
            rate=RATE,
            possible=F("standing__possible"),
            missed=MISSED,
            now=F("standing__window_count"),
            state=F("standing__state"),
            persistent=F("standing__persistent"),
            severe=F("standing__severe"),
            back_rate=BACK_RATE,
        )


RATE = NullIf(F("standing__basis_points"), -1)
MISSED = F("standing__authorised") + F("standing__unauthorised")
BACK_RATE = Case(
    When(
        standing__back_possible__gt=0,
        then=F("standing__back_attended") * 10_000 / F("standing__back_possible"),
    ),
    default=None,
    output_field=IntegerField(),
)


def listed(reach: Reach, permission: Permission, *, year: int) -> Listed:
    """The enrolments that a person may list, with this year's standing to filter and sort by.

    A pupil on two rolls stands twice, once for each school.
    """
    rows = Listed(Enrolment).filter(
        reach.schools(permission, "school__"), authority=reach.authority
    )
    rows.authority_id = reach.authority.pk
    return rows.annotate(standing=FilteredRelation("standings", condition=Q(standings__year=year)))


def on_roll(today: date) -> Q:
    """Enrolments of a day."""
    return Q(starts_on__lte=today) & (Q(ends_on=None) | Q(ends_on__gte=today))


def found_by(rows: Listed, typed: str) -> Listed:
    """The enrolments of pupils with this UPN, or whose names begin with each of the typed words."""
    try:
        upn = read_upn(typed).text
    except InvalidInput:
        upn = ""
    if upn:
        return rows.filter(Q(pupil__upn=upn) | Q(pupil__former_upn=upn))
    for word in plain(typed).replace(",", " ").split():
        rows = rows.filter(
            Q(pupil__sort_name__startswith=word)
            | Q(pupil__sort_name__contains=f" {word}")
            | Q(pupil__known_as__istartswith=word)
        )
    return rows


def plain(name: str) -> str:
    """A name in lower case without accents, as `Pupil.sort_name` is kept."""
    taken_apart = unicodedata.normalize("NFKD", name)
    return "".join(c for c in taken_apart if not unicodedata.combining(c)).lower()


def flags_by_pupil(pupils: Sequence[int], today: date) -> dict[int, list[PupilFlag]]:
    """The flags in force today of many pupils, by pupil. One query."""
    rows = PupilFlag.objects.filter(
        Q(ends_on=None) | Q(ends_on__gte=today), pupil__in=pupils, starts_on__lte=today
    )
    found: dict[int, list[PupilFlag]] = defaultdict(list)
    for flag in rows.order_by("kind"):
        found[flag.pupil_id].append(flag)
    return found


def registration_groups(reach: Reach, urn: str, today: date) -> list[str]:
    """The registration groups of one school today, by name; none without a school."""
    rows = enrolments_visible(reach).filter(on_roll(today), school__urn=urn)
    names = rows.exclude(registration_group="").order_by("registration_group")
    return list(names.values_list("registration_group", flat=True).distinct())


def flagged(rows: Listed, kind: str, today: date) -> Listed:
    """The enrolments of pupils who have a flag of this kind today."""
    flags = PupilFlag.objects.filter(
        Q(ends_on=None) | Q(ends_on__gte=today),
        pupil=OuterRef("pupil"),
        kind=kind,
        starts_on__lte=today,
    )
    return rows.filter(Exists(flags))


class NullsLast(OrderBy):
    """An order in which rows without a figure stand last, whichever way it runs."""

    def __init__(self, expression: Any, **kwargs: Any) -> None:
        super().__init__(expression, **{**kwargs, "nulls_last": True})

    def reverse_ordering(self) -> "NullsLast":
        """Turn the order round, but for the rows without a figure."""
        self.descending = not self.descending
        return self


@dataclass(frozen=True, slots=True)
class Tag:
    """A word with a colour, for a row of a list."""

    text: str
    colour: str


def standing_tags(row: Any, figures: Figures, floor: int) -> list[Tag]:
    """What the standing of a `listed` row says at a glance. Nothing when all is well."""
    tags = []
    if row.state == ThresholdState.PROVISIONAL:
        tags.append(Tag("10 in 10, provisional", "purple"))
    elif row.now is not None and row.now >= figures.sessions_needed:
        tags.append(Tag("10 in 10", "red"))
    elif row.state == ThresholdState.YES:
        tags.append(Tag("10 in 10 earlier", "grey"))
    elif row.now is not None and row.now >= figures.near_from:
        tags.append(Tag("Near 10 in 10", "yellow"))
    if row.possible is not None and row.possible < floor:
        tags.append(Tag("Too few sessions to say", "grey"))
    elif row.severe:
        tags.append(Tag("Severe absence", "red"))
    elif row.persistent:
        tags.append(Tag("Persistent absence", "orange"))
    return tags


# Figures


@dataclass(frozen=True, slots=True)
class Row:
    """A count of sessions, to be shown beside its days."""

    label: str
    sessions: int
    tone: str = ""


def tally_rows(tally: Tally) -> list[Row]:
    """The counts that a page shows, in the order people ask for them."""
    return [
        Row("Possible", tally.possible),
        Row("Attended", tally.attended),
        Row("Missed, authorised", tally.authorised),
        Row("Missed, unauthorised", tally.unauthorised),
        Row("Missed in all", tally.absent),
        Row("Late, before the register closed (L)", tally.late_before),
        Row("Late, after it closed (U: counted as missed)", tally.late_after),
    ]


@dataclass(frozen=True, slots=True)
class Bands:
    """Which bands the year's attendance is in. `enough` is False under the floor of sessions.

    Every field is empty when nothing was possible.
    """

    enough: bool
    band: Band | None
    five_point: str
    persistent: bool
    severe: bool

    @property
    def label(self) -> str:
        """The national label, or none."""
        if not self.enough:
            return "Too few sessions to say"
        if self.severe:
            return "Severely absent"
        return "Persistently absent" if self.persistent else ""

    @property
    def tone(self) -> str:
        """How a tile or tag shows it: good, watch, act, or nothing."""
        if not self.enough or self.band is None:
            return ""
        return ("good", "", "watch", "act")[self.band]


def bands_of(book: Book) -> Bands:
    """The bands of a year so far."""
    tally, figures = book.tally, book.figures
    return Bands(
        enough=absence.enough_to_alert(tally.possible, book.as_of),
        band=absence.attendance_band(
            tally.attended,
            tally.possible,
            edges=figures.band_edges,
            edges_belong_below=figures.edges_belong_below,
        ),
        five_point=absence.five_point_words(absence.five_point_band(tally.absent, tally.possible)),
        persistent=absence.is_persistent(
            tally.absent, tally.possible, percent=figures.persistent_percent
        ),
        severe=absence.is_severe(tally.absent, tally.possible, percent=figures.severe_percent),
    )


# Pictures, as plain rows that frontend.charts draws


@dataclass(frozen=True, slots=True)
class PictureCell:
    """One session of the year's picture."""

    day: date
    session: Session
    kind: str
    code: str


def year_cells(book: Book, *, in_full: bool) -> list[PictureCell]:
    """Each session the school holds or has a mark for this year, in time order."""
    marked = {mark.when: mark for mark in book.of_year}
    held = {s for s in book.calendar.held if book.start <= s.day <= book.end}
    gaps = set(book.missing)
    cells = []
    for when in sorted(held | set(marked)):
        mark = marked.get(when)
        if mark is not None:
            cells.append(_marked_cell(mark, in_full))
        elif when in gaps:
            cells.append(PictureCell(when.day, when.session, "not_counted", MISSING))
        elif when.day in book.on_roll:
            cells.append(PictureCell(when.day, when.session, "to_come", ""))
        else:
            cells.append(PictureCell(when.day, when.session, "no_session", ""))
    return cells


def _marked_cell(mark: Mark, in_full: bool) -> PictureCell:
    row = code_on(mark.code, mark.day)
    kind = "late" if mark.code == "L" else PICTURE[row.kind]
    code = "" if row.kind is Kind.PRESENT and kind != "late" else mark.code
    return PictureCell(mark.day, mark.session, kind, shown_code(code, mark.day, in_full=in_full))


@dataclass(frozen=True, slots=True)
class WeekdayRow:
    """Sessions of one weekday and half: missed out of possible."""

    weekday: int
    session: Session
    missed: int
    possible: int


def weekdays(book: Book) -> list[WeekdayRow]:
    """Missed and possible sessions of this year by weekday and half, Monday to Friday."""
    missed: Counter[tuple[int, Session]] = Counter()
    possible: Counter[tuple[int, Session]] = Counter()
    for mark in book.of_year:
        kind = absence.kind_of(mark)
        slot = (mark.day.weekday(), mark.session)
        possible[slot] += is_possible(kind)
        missed[slot] += is_absent(kind)
    return [
        WeekdayRow(day, half, missed[day, half], possible[day, half])
        for day in FIVE_DAYS
        for half in Session
    ]


@dataclass(frozen=True, slots=True)
class WeekRow:
    """One school week's attendance in basis points (None: nothing possible) and its sessions."""

    monday: date
    tally: Tally

    @property
    def basis_points(self) -> int | None:
        """Attendance in hundredths of a percent."""
        return absence.basis_points(self.tally.attended, self.tally.possible)


def trend(book: Book) -> list[WeekRow]:
    """Each school week of this year so far."""
    by_week: dict[date, list[Mark]] = defaultdict(list)
    for mark in book.of_year:
        by_week[monday_of(mark.day)].append(mark)
    mondays = [m for m in school_weeks(book.calendar, book.as_of) if m >= book.start]
    return [WeekRow(monday, absence.tally(by_week[monday])) for monday in mondays]


def threshold_weeks(book: Book) -> list[tuple[date, int]]:
    """(Monday, counting sessions) of each school week that the proof shows."""
    return [(week.monday, week.counted) for week in book.proof.weeks if week.counts]


# The register, week by week


@dataclass(frozen=True, slots=True)
class Slot:
    """One session of a register grid. `code` is empty for no mark; `meaning` says it in words."""

    when: DatedSession
    code: str
    kind: str
    meaning: str
    held: bool
    is_gap: bool

    @property
    def words(self) -> str:
        """For those who cannot see the grid: Monday 2 November, morning: Illness."""
        return (
            f"{self.when.day:%A} {self.when.day.day} {self.when.day:%B}, {self.when.session.words}"
        )


@dataclass(frozen=True, slots=True)
class GridWeek:
    """One week of a register: its slots in time order, and what they come to."""

    monday: date
    slots: tuple[Slot, ...]
    tally: Tally


@dataclass(frozen=True, slots=True)
class Grid:
    """A register by week. `weekdays` are those that the grid has columns for.

    gaps       the sessions that the school holds, up to today, without a mark: each run of them
               by its first and last
    gap_count  how many sessions that is
    """

    weekdays: tuple[int, ...]
    weeks: tuple[GridWeek, ...]
    tally: Tally
    gaps: tuple[tuple[DatedSession, DatedSession], ...]
    gap_count: int
    unresolved: int
    codes: tuple[tuple[str, str], ...]


WEEKDAY_NAMES = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def grid_of(book: Book, first: date, last: date, *, in_full: bool) -> Grid:
    """The weeks from `first` to `last` (both days included) in which the school met or has a mark.

    Everything that the grid sums up is recomputed from the marks that it shows.
    """
    marks = {mark.when: mark for mark in book.past if first <= mark.day <= last}
    held = {s for s in book.calendar.held if first <= s.day <= last and s.day in book.on_roll}
    used = {when.day.weekday() for when in held | set(marks)} | set(FIVE_DAYS)
    columns = tuple(sorted(used))
    # Today's sessions too: a blank there would read as a day on which the school was shut.
    last_due = min(book.as_of, book.today)
    weeks = []
    monday = monday_of(first)
    while monday <= last:
        slots = _slots(monday, columns, marks, held, last_due, in_full)
        if any(slot.held or slot.code for slot in slots):
            tally = absence.tally(m for m in marks.values() if monday_of(m.day) == monday)
            weeks.append(GridWeek(monday, slots, tally))
        monday += ONE_WEEK
    shown = [slot for week in weeks for slot in week.slots]
    return Grid(
        weekdays=columns,
        weeks=tuple(weeks),
        tally=absence.tally(marks.values()),
        gaps=_gap_runs(shown),
        gap_count=sum(slot.is_gap for slot in shown),
        unresolved=sum(mark.code == "N" for mark in marks.values()),
        codes=tuple(
            sorted({(s.code, s.meaning) for s in shown if s.code}, key=lambda row: _place(row[0]))
        ),
    )


def _gap_runs(shown: Sequence[Slot]) -> tuple[tuple[DatedSession, DatedSession], ...]:
    """The gaps, those put together that have no marked session between them."""
    runs = []
    for is_gap, run in groupby((s for s in shown if s.held or s.code), key=lambda s: s.is_gap):
        if is_gap:
            slots = list(run)
            runs.append((slots[0].when, slots[-1].when))
    return tuple(runs)


def _place(code: str) -> int:
    """Where a code stands in the register's own order; those that are hidden stand last."""
    return next((at for at, row in enumerate(CODES) if row.code == code), len(CODES))


def _slots(
    monday: date,
    columns: Sequence[int],
    marks: dict[DatedSession, Mark],
    held: set[DatedSession],
    last_due: date,
    in_full: bool,
) -> tuple[Slot, ...]:
    slots = []
    for weekday in columns:
        for half in Session:
            when = DatedSession(monday + timedelta(days=weekday), half)
            slots.append(_slot(when, marks.get(when), when in held, last_due, in_full))
    return tuple(slots)


def _slot(when: DatedSession, mark: Mark | None, held: bool, last_due: date, in_full: bool) -> Slot:
    if mark is None:
        gap = held and when.day <= last_due
        look, meaning = ("gap", "No mark") if gap else ("none", "No session")
        return Slot(when, "", look, meaning, held, gap)
    kind = code_on(mark.code, mark.day).kind
    look = "late" if mark.code == "L" else PICTURE[kind].replace("_", "-")
    return Slot(
        when,
        shown_code(mark.code, mark.day, in_full=in_full),
        look,
        shown_meaning(mark.code, mark.day, in_full=in_full),
        held,
        False,
    )


# People around the pupil


@dataclass(frozen=True, slots=True)
class AdultCard:
    """One adult as this person may see them. Contact details are empty where they are hidden.

    hidden_because  why the address is not shown, in words; empty when it is (or there is none)
    """

    link: AdultLink
    name: str
    relationship: str
    parental_responsibility: str
    care: str
    contact: str
    warnings: tuple[str, ...]
    address: str
    hidden_because: str
    email: str
    phone: str
    language: str
    needs: str


def adult_cards(here: PupilHere) -> list[AdultCard]:
    """The adults around a pupil, first contact first. One query."""
    links = (
        AdultLink.objects.filter(authority=here.pupil.authority_id, pupil=here.pupil)
        .select_related("adult")
        .order_by("priority", "adult__surname", "pk")
    )
    return [_adult_card(link, here.sees) for link in links]


def _adult_card(link: AdultLink, sees: frozenset[Permission]) -> AdultCard:
    adult = link.adult
    contacts = Permission.VIEW_CONTACTS in sees
    because = _hidden_because(link, contacts)
    lines = [*adult.address.splitlines(), adult.postcode]
    return AdultCard(
        link=link,
        name=adult.name,
        relationship=link.relationship,
        parental_responsibility=YesNoUnknown(link.parental_responsibility).label,
        care=YesNoUnknown(link.has_care).label,
        contact=YesNoUnknown(link.may_contact).label,
        warnings=_warnings(link) if contacts else (),
        address="" if because else "\n".join(line for line in lines if line),
        hidden_because=because,
        email=adult.email if contacts else "",
        phone=adult.phone if contacts else "",
        language=adult.language if contacts else "",
        needs=adult.needs if contacts else "",
    )


def _hidden_because(link: AdultLink, contacts: bool) -> str:
    """Why an address stays off the page."""
    if not contacts:
        return "Your role does not show contact details"
    if link.adult.protected_address == YesNoUnknown.YES:
        return "Protected: this address must be kept from others"
    if link.adult.protected_address == YesNoUnknown.UNKNOWN:
        return "Kept back: nobody has said yet whether this address is protected"
    return ""


def _warnings(link: AdultLink) -> tuple[str, ...]:
    """What somebody must know before they call or write."""
    order = CareOrder(link.court_order)
    found = []
    if order in {CareOrder.NO_CONTACT, CareOrder.NO_INFORMATION, CareOrder.OTHER}:
        found.append(f"Court order: {order.label.lower()}")
    if order is CareOrder.UNKNOWN:
        found.append("Court order: not known, so ask before you write")
    if link.may_contact == YesNoUnknown.NO:
        found.append("Do not contact")
    return tuple(found)


def flags_of(here: PupilHere, today: date) -> list[PupilFlag]:
    """The flags of today that this person may see, by name. One query."""
    rows = PupilFlag.objects.filter(
        Q(ends_on=None) | Q(ends_on__gte=today),
        authority=here.pupil.authority_id,
        pupil=here.pupil,
        starts_on__lte=today,
    )
    return sorted(
        (flag for flag in rows if sees_flag(flag.kind, here.sees)),
        key=lambda flag: flag.get_kind_display(),
    )


def flag_history(here: PupilHere) -> list[PupilFlag]:
    """Every flag that this person may see, past ones too, newest first."""
    rows = PupilFlag.objects.filter(authority=here.pupil.authority_id, pupil=here.pupil)
    return [flag for flag in rows.order_by("-starts_on", "kind") if sees_flag(flag.kind, here.sees)]


def read_since(pupil: Pupil, by: User, since: datetime) -> bool:
    """Whether it was written down that this person looked at the pupil since a moment."""
    return (
        history_of(pupil)
        .filter(kind=AuditKind.PUPIL_READ, by=by, at__gte=since)
        .order_by()
        .exists()
    )


# The history of a mark


@dataclass(frozen=True, slots=True)
class HistoryItem:
    """One entry about a mark, as a timeline shows it."""

    title: str
    by: str
    at: datetime
    text: str
    tag: str
    tag_colour: str


def history_items(enrolment: Enrolment, when: DatedSession, *, in_full: bool) -> list[HistoryItem]:
    """Who entered or changed a mark, when and why, newest first."""
    entries = history(enrolment, when.day, when.day, session=when.session)

    def words(code: str) -> str:
        if not code:
            return "no mark"
        meaning = shown_meaning(code, when.day, in_full=in_full)
        return f"{shown_code(code, when.day, in_full=in_full)} ({meaning})"

    return [
        HistoryItem(
            title=f"Entered as {words(entry.code)}"
            if entry.first
            else f"Changed from {words(entry.former)} to {words(entry.code)}",
            by=", ".join(part for part in (entry.name, entry.position) if part),
            at=entry.at,
            text=" ".join(
                part
                for part in (
                    f"Reason: {entry.reason}." if entry.reason else "",
                    f"From: {Source(entry.source).label}.",
                )
                if part
            ),
            tag="First entry" if entry.first else "Amended",
            tag_colour="grey" if entry.first else "blue",
        )
        for entry in reversed(entries)
    ]


def this_year(today: date) -> int:
    """The academic year of a day."""
    return year_of(today)
