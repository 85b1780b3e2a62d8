"""The yearly return: what is counted in each cell, for the council and for each of its schools.

Every figure comes from the things themselves, so each cell can show what it counts. The whole
and its parts are counted apart, where they can differ: a notice is paid by its state, and paid
within 21 or 28 days by its money. That is what the sums of rules.legal_returns are for.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Count, F, Min, Model, Q, QuerySet

from attendance.models import Enrolment, EnrolmentStatus
from authorities.access import Reach
from authorities.models import School
from authorities.permissions import Permission
from cases.access import open_to
from cases.models import Contract
from legal.models import (
    LegalReturn,
    ParentingOrder,
    PenaltyNotice,
    Prosecution,
    Representation,
    SupervisionOrder,
)
from legal.selectors.payments import positions
from legal.selectors.penalties import office_of, state_on
from rules.contract_stages import ContractState
from rules.dates import DateRange
from rules.legal_returns import (
    COUNTED,
    Failing,
    begun_in,
    case_column,
    check,
    is_counted,
    issued_rate,
    outcome_column,
    paid_column,
    reason_column,
    return_year,
    roll_day,
)
from rules.notice_stages import PENALTY, PenaltyState
from rules.prosecution_stages import ProsecutionState
from rules.representations import IN_LAW, Ground
from rules.tariffs import Representation as Waiting
from rules.tariffs import Step, london_day, payment_day

ROLL = "enrolments"
ON_ROLL = (EnrolmentStatus.CURRENT, EnrolmentStatus.MAIN, EnrolmentStatus.OTHER)


@dataclass(frozen=True, slots=True)
class Thing:
    """One thing that is counted. columns  the cells that count it."""

    model: type[Model]
    pk: int
    reference: str
    school_id: int
    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Measures:
    """What the return of a year counts on a day.

    year       the calendar year in which the academic year began
    rolled_on  the day of the pupils on roll; roll  key of a school → how many
    schools    every school of the council, by name
    left_out   notices of the year for an excluded pupil, which the return is not about
    """

    year: int
    today: date
    rolled_on: date
    schools: tuple[School, ...]
    roll: Mapping[int, int]
    things: tuple[Thing, ...]
    left_out: int

    def behind(self, column: str, school_id: int | None = None) -> list[Thing]:
        """The things that a cell counts; none for the pupils on roll."""
        return [
            one
            for one in self.things
            if column in one.columns and school_id in (None, one.school_id)
        ]

    def cells(self, school_id: int | None = None) -> dict[str, int]:
        """Every counted cell of the council, or of one school."""
        counted = Counter(
            column
            for one in self.things
            if school_id in (None, one.school_id)
            for column in one.columns
        )
        on_roll = sum(self.roll.values()) if school_id is None else self.roll.get(school_id, 0)
        return {key: on_roll if key == ROLL else counted[key] for key in COUNTED}

    def by_school(self) -> dict[int, dict[str, int]]:
        """The cells of each school, by its key."""
        counted = Counter((one.school_id, column) for one in self.things for column in one.columns)
        return {
            school.pk: {
                key: self.roll.get(school.pk, 0) if key == ROLL else counted[school.pk, key]
                for key in COUNTED
            }
            for school in self.schools
        }

    def failing(self) -> tuple[Failing, ...]:
        """Each sum that does not hold for the whole council."""
        return check(self.cells())


def measures(authority_id: int, year: int, today: date) -> Measures:
    """What the return of a year counts, as things stand today. The same few queries for any size.

    year  the calendar year in which the academic year began: 1 September to 31 August
    """
    span = return_year(date(year, 9, 1))
    rolled_on = roll_day(year, today)
    schools = School.objects.filter(authority=authority_id).order_by("name", "urn")
    roll = (
        on_roll(authority_id, rolled_on)
        .order_by()
        .values_list("school")
        .annotate(pupils=Count("pk"))
    )
    issued = list(
        PenaltyNotice.objects.filter(
            authority=authority_id, issued_on__range=(span.first, span.last)
        ).order_by("pk")
    )
    counted = [notice for notice in issued if is_counted(Step(notice.step))]
    return Measures(
        year=year,
        today=today,
        rolled_on=rolled_on,
        schools=tuple(schools),
        roll=dict(roll),
        things=(
            *_notices(counted, authority_id, today),
            *_prosecutions(authority_id, span),
            *_parenting_orders(authority_id, span),
            *_contracts(authority_id, span),
            *_supervision_orders(authority_id, span),
        ),
        left_out=len(issued) - len(counted),
    )


def on_roll(authority_id: int, day: date) -> QuerySet[Enrolment]:
    """The pupils on roll on a day, without second registrations, guests and other colleges."""
    return Enrolment.objects.filter(
        Q(ends_on=None) | Q(ends_on__gte=day),
        authority=authority_id,
        starts_on__lte=day,
        status__in=ON_ROLL,
    )


def years_of(authority_id: int, today: date) -> list[int]:
    """The years of which a return can be made, the newest first: from the first notice on."""
    first = PenaltyNotice.objects.filter(authority=authority_id).aggregate(day=Min("issued_on"))
    now = begun_in(today)
    begun = begun_in(first["day"]) if first["day"] else now
    return list(range(now, min(begun, now - 1) - 1, -1))


# What each thing counts in


def _notices(notices: Sequence[PenaltyNotice], authority_id: int, today: date) -> Iterable[Thing]:
    paid = [notice for notice in notices if notice.state == PenaltyState.PAID]
    within = _paid_within(paid, authority_id, today)
    for notice in notices:
        state = state_on(notice, today)
        found = ["pn_issued", outcome_column(state)]
        if codes := {one["code"] for one in notice.sessions}:
            found.append(reason_column(codes))
        if notice.pk in within:
            found.append(within[notice.pk])
        if state is PenaltyState.WITHDRAWN:
            found.append(IN_LAW[Ground(notice.withdrawn_ground)].column)
        yield _thing(notice, found)


def _paid_within(paid: Sequence[PenaltyNotice], authority_id: int, today: date) -> dict[int, str]:
    """When each paid notice was paid, by its money. One whose money is not enough is in neither."""
    said: dict[int, list[Waiting]] = {}
    for one in Representation.objects.filter(notice__in=[notice.pk for notice in paid]):
        said.setdefault(one.notice_id, []).append(Waiting(one.received_on, one.answered_on))
    office = office_of(authority_id)
    stops_clock = office.stops_clock if office else None
    found = {}
    stands = positions(paid, today)
    for notice in paid:
        done = stands[notice.pk].discharged_on
        if done is None:
            continue
        # Before it is served the days have not begun: paid then is paid on the first.
        number = (
            payment_day(notice.received_on, done, said.get(notice.pk, []), stops_clock=stops_clock)
            if notice.received_on
            else 1
        )
        found[notice.pk] = paid_column(number, notice.issued_on)
    return found


def _prosecutions(authority_id: int, span: DateRange) -> Iterable[Thing]:
    # A day in the database's query is the London day: the time zone of the settings.
    rows = Prosecution.objects.filter(
        authority=authority_id, made_at__date__range=(span.first, span.last)
    ).order_by("pk")
    for row in rows.only("pk", "reference", "school_id", "state", "reason"):
        end = case_column(ProsecutionState(row.state), row.reason)
        yield _thing(row, ["case_management", *([end] if end else [])])


def _parenting_orders(authority_id: int, span: DateRange) -> Iterable[Thing]:
    rows = (
        ParentingOrder.objects.filter(
            authority=authority_id, made_on__range=(span.first, span.last)
        )
        .annotate(reference=F("prosecution__reference"), school_id=F("prosecution__school"))
        .order_by("pk")
    )
    not_done = {
        "provision": "parenting_orders_not_lack_of_provision",
        "breach": "parenting_orders_not_breach_by_parent",
    }
    for row in rows:
        found = ["parenting_orders_granted"]
        if row.begun_on:
            found.append("parenting_orders_implemented")
        elif row.why_not:
            found.append(not_done[row.why_not])
        yield _thing(row, found)


def _contracts(authority_id: int, span: DateRange) -> Iterable[Thing]:
    rows = (
        Contract.objects.filter(authority=authority_id, made_on__range=(span.first, span.last))
        .exclude(state=ContractState.NOT_OFFERED.value)
        .order_by("pk")
    )
    for row in rows.only("pk", "reference", "school_id", "agreed"):
        accepted = ["parenting_contracts_accepted"] if row.agreed else []
        yield _thing(row, ["parenting_contracts_offered", *accepted])


def _supervision_orders(authority_id: int, span: DateRange) -> Iterable[Thing]:
    rows = SupervisionOrder.objects.filter(
        authority=authority_id, made_on__range=(span.first, span.last)
    ).order_by("pk")
    for row in rows.only("pk", "reference", "school_id", "beside_prosecution"):
        which = "in_addition" if row.beside_prosecution else "in_place"
        yield _thing(row, ["supervision_orders_total", f"supervision_orders_{which}"])


def _thing(row: Any, columns: Sequence[str]) -> Thing:
    return Thing(type(row), row.pk, row.reference, row.school_id, tuple(columns))


# What somebody may see of the things behind a cell


@dataclass(frozen=True, slots=True)
class _Shape:
    """Where a kind of thing keeps what is shown. cases  that lead to it: each may be restricted;
    on  the day that puts it in a year."""

    school: str
    cases: tuple[str, ...]
    pupil: str
    on: str


_SHAPES: dict[type[Model], _Shape] = {
    PenaltyNotice: _Shape("school", ("request__case",), "pupil", "issued_on"),
    Prosecution: _Shape("school", ("case", "notice__request__case"), "pupil", "made_at"),
    ParentingOrder: _Shape(
        "prosecution__school",
        ("prosecution__case", "prosecution__notice__request__case"),
        "prosecution__pupil",
        "made_on",
    ),
    Contract: _Shape("school", ("case",), "case__enrolment__pupil", "made_on"),
    SupervisionOrder: _Shape("school", ("case",), "pupil", "made_on"),
}


@dataclass(frozen=True, slots=True)
class Row:
    """One thing behind a cell, as the list shows it. row  the thing itself."""

    reference: str
    pupil: str
    school: str
    on: date
    says: str
    row: Any


def rows_behind(reach: Reach, things: Sequence[Thing], today: date) -> list[Row]:
    """The things of a cell that the person may see, oldest first. One query.

    Those of a restricted case are seen by the people named on it alone: fewer than were counted.
    """
    if not things:
        return []
    (model,) = {one.model for one in things}  # a cell counts one kind of thing
    shape = _SHAPES[model]
    found = (
        model._default_manager.filter(
            reach.schools(Permission.VIEW_LEGAL, f"{shape.school}__"),
            *(open_to(reach, f"{case}__") for case in shape.cases),
            authority=reach.authority,
            pk__in=[one.pk for one in things],
        )
        .select_related(shape.school, shape.pupil)
        .order_by("pk")
    )
    references = {one.pk: one.reference for one in things}
    return [_row(one, shape, references[one.pk], today) for one in found]


def _row(row: Any, shape: _Shape, reference: str, today: date) -> Row:
    on = _at(row, shape.on)
    pupil = _at(row, shape.pupil)
    return Row(
        reference=reference,
        pupil=pupil.name,
        school=_at(row, shape.school).name,
        on=london_day(on) if isinstance(on, datetime) else on,
        says=_says(row, today),
        row=row,
    )


def _at(row: Any, path: str) -> Any:
    for name in path.split("__"):
        row = getattr(row, name)
    return row


def _says(row: Any, today: date) -> str:
    """Where it stands, in words."""
    if isinstance(row, PenaltyNotice):
        return PENALTY.labels[state_on(row, today)]
    if isinstance(row, ParentingOrder):
        return "Carried out" if row.begun_on else row.get_why_not_display() or "Not begun yet"
    words: str = row.get_state_display()
    return words


def on_roll_seen(reach: Reach, day: date, school: School | None) -> QuerySet[Enrolment]:
    """The pupils on roll whom the person may see, of one school or of all."""
    rows = on_roll(reach.authority.pk, day).filter(reach.schools(Permission.VIEW_PUPIL, "school__"))
    return (rows.filter(school=school) if school else rows).select_related("pupil", "school")


# Returns that were made


def made_for_year(authority_id: int, year: int) -> QuerySet[LegalReturn]:
    """The returns made of a year, the newest first."""
    return (
        LegalReturn.objects.filter(authority=authority_id, year=year)
        .select_related("made_by")
        .order_by("-pk")
    )


def before(made: LegalReturn) -> LegalReturn | None:
    """The return of the same year that was made before this one."""
    return made_for_year(made.authority_id, made.year).filter(pk__lt=made.pk).first()


@dataclass(frozen=True, slots=True)
class Difference:
    """One cell that differs: its figure before and now, what came in and what went out."""

    column: str
    was: int
    now: int
    came: tuple[str, ...]
    went: tuple[str, ...]


def references_behind(found: Measures) -> dict[str, list[str]]:
    """The references of what each cell counts, sorted."""
    return {
        key: sorted(one.reference for one in found.behind(key)) for key in COUNTED if key != ROLL
    }


def differences(
    old: LegalReturn, cells: Mapping[str, int], behind: Mapping[str, Sequence[str]]
) -> list[Difference]:
    """The cells in which figures differ from a return that was made, or what they count does."""
    found = []
    for key in COUNTED:
        then, now = set(old.behind.get(key, ())), set(behind.get(key, ()))
        if old.cells[key] != cells[key] or then != now:
            found.append(
                Difference(
                    key,
                    old.cells[key],
                    cells[key],
                    tuple(sorted(now - then)),
                    tuple(sorted(then - now)),
                )
            )
    return found


def rate_of(cells: Mapping[str, int]) -> float:
    """Notices for every 100 pupils on roll."""
    return issued_rate(cells["pn_issued"], cells[ROLL])
