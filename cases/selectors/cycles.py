"""Plans of a case: what the policy proposes, what each shows, and attendance around it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Model, Prefetch

from attendance.marks import year_of
from attendance.selectors.calendars import calendar_of
from attendance.selectors.registers import marks_of
from authorities.access import Reach
from authorities.packs import pack_in_force
from authorities.packs.schema import Tool
from authorities.permissions import Permission
from cases.models import (
    Assessment,
    Case,
    Cycle,
    CycleLog,
    CycleOutcome,
    CycleReview,
    Measure,
    PlannedAction,
    Target,
)
from cases.selectors.entries import Entry
from cases.selectors.shown import Shown
from frontend.charts.plan_periods import Period
from frontend.templatetags.govuk import NOTHING, percent_bp, sessions_as_days
from rules.absence import Tally, basis_points
from rules.dates import DateRange, in_words
from rules.deadlines import due_on
from rules.errors import InvalidInput
from rules.marks import Mark
from rules.plans import Aim, Change, Part, change_over, school_day_from, target_advice
from rules.school_calendar import Calendar, grid_start, year_end

PARTS = (("before", "Before"), ("during", "During"), ("after", "After"))


@dataclass(frozen=True, slots=True)
class Proposed:
    """The days that the policy proposes for a plan, and where it says so."""

    review_on: date
    midway_on: date | None
    clock: dict[str, str]

    @property
    def words(self) -> str:
        """The length with its source."""
        return length_words(self.clock)


def length_words(clock: dict[str, str]) -> str:
    """Where a plan's length comes from: "10 weeks (…: Assess-plan-do-review)"; "" for nowhere."""
    return f"{clock['words']} ({clock['title']}: {clock['source']})" if clock else ""


def proposed_days(case: Case, start: date) -> Proposed | None:
    """When a plan that starts on a day would be reviewed; None where no policy sets a length.

    A day on which the school does not meet becomes the next one on which it does. Raises
    UnknownTerm where the calendar does not reach it.
    """
    policy = pack_in_force(case.school, start)
    reviews = [
        (layer, review)
        for layer in reversed(policy.layers)
        for review in layer.pack.reviews
        if review.of == "plan"
    ]
    if not reviews:
        return None
    layer, review = reviews[0]
    length = layer.pack.clock(review.after)
    calendar = calendar_of(case.school)
    midway = None
    half = {clock.key: clock for clock in layer.pack.clocks}.get(f"{review.after}_midway")
    if review.midway and half is not None:
        midway = school_day_from(calendar, due_on(start, half.length, half.unit, calendar))
    return Proposed(
        review_on=school_day_from(calendar, due_on(start, length.length, length.unit, calendar)),
        midway_on=midway,
        clock={
            "pack": layer.pack.name,
            "edition": layer.pack.edition,
            "key": length.key,
            "words": length.words,
            "title": layer.pack.pack.title,
            "source": review.source,
        },
    )


def tools(case: Case, today: date) -> dict[str, Tool]:
    """The tools in force, by "pack:key"."""
    return {
        f"{layer.pack.name}:{tool.key}": tool
        for layer in reversed(pack_in_force(case.school, today).layers)
        for tool in layer.pack.tools
    }


def tool_entry(case: Case, value: str, today: date) -> Tool:
    """One tool by "pack:key". Raises InvalidInput for one that is not in force."""
    found = tools(case, today).get(value)
    if found is None:
        raise InvalidInput("Choose one of the tools of this page.")
    return found


def cycles_of(case: Case) -> list[Cycle]:
    """The plans of a case, the newest first, each with what its page lists. One query each kind."""
    return list(
        case.cycles.select_related("lead", "opened_by")
        .prefetch_related("targets", "actions", "assessments", "reviews")
        .order_by("-number")
    )


@dataclass(frozen=True, slots=True)
class Register:
    """The calendar and the marks of one enrolment, for the figures of its plans."""

    calendar: Calendar
    marks: tuple[Mark, ...]
    on_roll: DateRange

    def change(self, cycle: Cycle, *, last: date, as_of: date) -> Change:
        """Attendance before, during and after a plan."""
        return change_over(
            self.marks,
            self.calendar,
            first=cycle.starts_on,
            last=last,
            as_of=as_of,
            on_roll=self.on_roll,
        )


def register_for(case: Case, cycles: Sequence[Cycle], as_of: date) -> Register:
    """What the figures of these plans are worked out from. Two queries.

    The academic years from the one before the first plan up to that of `as_of`.
    """
    first = min([cycle.starts_on for cycle in cycles] + [as_of])
    start, end = grid_start(year_of(first) - 1), year_end(grid_start(year_of(as_of)))
    return Register(
        calendar=calendar_of(case.school),
        marks=tuple(marks_of(case.enrolment, start, end)),
        on_roll=DateRange(case.enrolment.starts_on, case.enrolment.ends_on),
    )


def changes(case: Case, cycles: Sequence[Cycle], as_of: date) -> dict[int, Change]:
    """Attendance around each plan, by its number, as the register stands. Two queries."""
    register = register_for(case, cycles, as_of)
    return {
        cycle.number: register.change(cycle, last=cycle.ended_on or cycle.review_on, as_of=as_of)
        for cycle in cycles
    }


def figures_of(cycle: Cycle, *, last: date, as_of: date) -> dict[str, Any]:
    """The figures that a review keeps: before and during, in sessions."""
    change = register_for(cycle.case, [cycle], as_of).change(cycle, last=last, as_of=as_of)
    return {"before": _kept(change.before), "during": _kept(change.during)}


def _kept(part: Part) -> dict[str, Any]:
    return {
        "first": part.first and part.first.isoformat(),
        "last": part.last and part.last.isoformat(),
        "school_days": part.days,
        "possible": part.tally.possible,
        "attended": part.tally.attended,
        "authorised": part.tally.authorised,
        "unauthorised": part.tally.unauthorised,
    }


def periods(found: dict[int, Change]) -> list[Period]:
    """What the picture shows: three bars for each plan, the first plan first."""
    return [
        Period(
            plan=number,
            part=words,
            basis_points=basis_points(part.tally.attended, part.tally.possible),
            missed=sessions_as_days(part.tally.absent),
            possible=sessions_as_days(part.tally.possible),
            days=part.days,
        )
        for number, change in sorted(found.items())
        for name, words in PARTS
        for part in [getattr(change, name)]
    ]


def period_rows(change: Change) -> list[list[str]]:
    """The same of one plan as a table: when, school days, missed, attendance."""
    return [
        [
            words,
            f"{in_words(part.first)} to {in_words(part.last)}" if part.first else NOTHING,
            str(part.days),
            sessions_as_days(part.tally.absent) if part.tally.possible else NOTHING,
            percent_bp(basis_points(part.tally.attended, part.tally.possible)),
        ]
        for name, words in PARTS
        for part in [getattr(change, name)]
    ]


def kept_rows(figures: dict[str, Any]) -> list[list[str]]:
    """The figures that a review kept, as a table."""
    return [
        [
            words,
            str(part["school_days"]),
            sessions_as_days(part["authorised"] + part["unauthorised"]),
            percent_bp(basis_points(part["attended"], part["possible"])),
        ]
        for name, words in PARTS[:2]
        for part in [figures[name]]
    ]


COUNTS = {
    Measure.MISSED: lambda found: Decimal(found.absent),
    Measure.UNAUTHORISED: lambda found: Decimal(found.unauthorised),
    Measure.LATES: lambda found: Decimal(found.lates),
}


def stands_at(target: Target, during: Tally) -> Decimal | None:
    """Where a target stands by the register since the plan started; None where it cannot say.

    A percentage is cut to one place, so that it never reads as reached before it is.
    """
    if target.measure == Measure.ATTENDANCE:
        points = basis_points(during.attended, during.possible)
        return None if points is None else Decimal(points // 10) / 10
    count = COUNTS.get(Measure(target.measure))
    return count(during) if count and during.possible else None


def reached(target: Target, value: Decimal) -> bool:
    """Whether a value is at the target's or better."""
    if target.to_value > target.from_value:
        return value >= target.to_value
    return value <= target.to_value


def value_words(target: Target, value: Decimal | None) -> str:
    """A value with its unit: "92.5%", "4 half days"."""
    if value is None:
        return NOTHING
    number = f"{value.normalize():f}"
    units = {
        Measure.ATTENDANCE: "%",
        Measure.MISSED: " half days missed",
        Measure.UNAUTHORISED: " unauthorised half days",
        Measure.LATES: " late arrivals",
        Measure.SCORE: " on the scale",
    }
    return number + units.get(Measure(target.measure), f" {target.unit}")


def advice_on(target: Target, start: date) -> tuple[str, ...]:
    """What would make the target likelier to be reached."""
    aim = Aim(
        target.what,
        target.measure == Measure.ATTENDANCE,
        target.from_value,
        target.to_value,
        target.by,
        [(step.by, step.value) for step in target.steps.all()],
    )
    return target_advice(aim, first=start)


def who_does(action: PlannedAction) -> str:
    """Who does an action, in words."""
    names = [action.owner.name if action.owner else "", action.who]
    return " with ".join(name for name in names if name)


def evidence(case: Case) -> Iterator[Shown]:
    """What the plans can show at a gate. Five queries."""
    rows = case.cycles.select_related("lead").prefetch_related(
        "targets",
        "actions",
        _with(Assessment, "assessments", "made_by"),
        _with(CycleReview, "reviews", "held_by"),
    )
    for cycle in rows:
        yield from _plan_evidence(cycle, (case.reference, str(cycle.number)))


def _plan_evidence(cycle: Cycle, at: tuple[str, ...]) -> Iterator[Shown]:
    name = f"Plan {cycle.number}"
    for row in cycle.assessments.all():
        by = row.made_by.name
        yield Shown("assessment", row.made_on, f"{name}: assessment", by, "cases:cycle", at)
        heard = {tool["voice"] for tool in row.tools}
        if row.pupil_voice or "pupil" in heard:
            yield Shown(
                "pupil_voice", row.made_on, f"{name}: the pupil's voice", by, "cases:cycle", at
            )
        if row.parent_voice or "parent" in heard:
            yield Shown(
                "parent_voice", row.made_on, f"{name}: a parent's voice", by, "cases:cycle", at
            )
    agreed = [*cycle.targets.all(), *cycle.actions.all()]
    if agreed:
        yield Shown(
            "plan", cycle.starts_on, f"{name}: {cycle.aim}", cycle.lead.name, "cases:cycle", at
        )
    for review in cycle.reviews.all():
        words = "mid-point review" if review.midway else "review at the end"
        by = review.held_by.name
        yield Shown("review", review.held_on, f"{name}: {words}", by, "cases:cycle", at)
    if cycle.ended_on is not None and cycle.outcome != CycleOutcome.CASE_CLOSED:
        said = f"{name}: a whole cycle. {cycle.get_outcome_display()}"
        yield Shown("plan_cycle", cycle.ended_on, said, cycle.lead.name, "cases:cycle", at)


def _with(model: type[Model], name: str, person: str) -> "Prefetch[str]":
    """The rows of a plan, each with who wrote it, in one query."""
    return Prefetch(name, model._default_manager.select_related(person))


def entries(case: Case, reach: Reach) -> list[Entry]:
    """What happened with the plans, for the chronology. Six queries."""
    in_full = reach.may(Permission.VIEW_SENSITIVE, case.school)
    rows = case.cycles.select_related("opened_by").prefetch_related(
        _with(Target, "targets", "set_by"),
        _with(PlannedAction, "actions", "agreed_by"),
        _with(Assessment, "assessments", "made_by"),
        _with(CycleReview, "reviews", "held_by"),
        _with(CycleLog, "log", "written_by"),
    )
    return [entry for cycle in rows for entry in _cycle_entries(cycle, in_full)]


def _cycle_entries(cycle: Cycle, in_full: bool) -> Iterator[Entry]:
    name = f"plan {cycle.number}"
    yield _said(cycle.opened_at, f"Plan {cycle.number} started", cycle.opened_by.name, cycle.aim)
    for made in cycle.assessments.all():
        heard = made.professional_view if in_full else ""
        yield _said(made.made_at, f"Assessment for {name}", made.made_by.name, heard)
    for target in cycle.targets.all():
        yield _said(target.set_at, f"Target set in {name}", target.set_by.name, target.what)
    for action in cycle.actions.all():
        yield _said(
            action.agreed_at, f"Action agreed in {name}", action.agreed_by.name, action.words
        )
    for line in cycle.log.all():
        title = f"Done in {name}, {in_words(line.on)}"
        yield _said(line.written_at, title, line.written_by.name, line.words)
    for review in cycle.reviews.all():
        if review.midway:
            title = f"Mid-point review of {name}"
        else:
            title = f"Review of {name}: {review.get_outcome_display().lower()}"
        yield _said(review.held_at, title, review.held_by.name, review.next_steps)


def _said(at: Any, title: str, by: str, text: str) -> Entry:
    return Entry(at, title, by, text, tag="Plan", tag_colour="turquoise")
