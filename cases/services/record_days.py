"""Days that a clock shares with the record it is about: a plan's reviews, support's, an action's.

The two are one day. Whoever moves the clock moves the record's day, by the record's own rules, in
one transaction; and a service that changes the record starts its clock anew.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import F, Model
from django.utils.timezone import localdate

from cases.models import (
    Contract,
    Cycle,
    Deadline,
    DeadlineKind,
    GivenSupport,
    MeetingAction,
    PlannedAction,
)
from rules.dates import in_words
from rules.plans import review_day_refusal, school_day_from
from rules.school_calendar import Calendar

K = DeadlineKind


@dataclass(frozen=True, slots=True)
class Kept:
    """Where a record keeps the day.

    field       holds the day; "" where the record keeps what was agreed, whenever it is done
    why_not     (record, day, calendar) → why it cannot be that day, in a sentence; "" when it can
    school_day  whether it must be one
    """

    model: type[Model]
    field: str
    why_not: Callable[[Any, date, Calendar], str]
    school_day: bool = True


def _review_of_plan(plan: Cycle, day: date, calendar: Calendar) -> str:
    """A plan is reviewed after its look midway, and not before what was agreed in it is due."""
    refusal = review_day_refusal(calendar, day, since=plan.starts_on)
    if refusal:
        return refusal
    looked = plan.reviews.filter(midway=True).exists()
    if plan.midway_on is not None and day <= plan.midway_on and not looked:
        return f"The review must be after the mid-point review on {in_words(plan.midway_on)}."
    days = [*plan.targets.values_list("by", flat=True)]
    days += plan.actions.filter(done_on=None, dropped=False).values_list("due_on", flat=True)
    if days and day < max(days):
        return (
            f"The plan has a target or an action for {in_words(max(days))}. Choose that day or a"
            " later one."
        )
    return ""


def _look_midway(plan: Cycle, day: date, calendar: Calendar) -> str:
    what = "mid-point review"
    refusal = review_day_refusal(calendar, day, since=plan.starts_on, what=what)
    if refusal:
        return refusal
    if day >= plan.review_on:
        return (
            f"The mid-point review must be before the review on {in_words(plan.review_on)}. "
            "Move that one first."
        )
    return ""


def _look_at_support(support: GivenSupport, day: date, calendar: Calendar) -> str:
    return review_day_refusal(calendar, day, since=support.starts_on)


def _review_of_contract(contract: Any, day: date, calendar: Calendar) -> str:
    """It is looked at while it runs: one that is reviewed was agreed, with a first and a last day.
    The days of reviews that both sides agreed stay in the contract."""
    if day >= contract.ends_on:
        return (
            f"The contract ends on {in_words(contract.ends_on)}, and is looked at that day."
            " Choose an earlier day."
        )
    return review_day_refusal(calendar, day, since=contract.starts_on)


def _action_of_plan(action: PlannedAction, day: date, calendar: Calendar) -> str:
    plan = action.cycle
    if plan.starts_on <= day <= plan.review_on:
        return ""
    return (
        f"The day must be from {in_words(plan.starts_on)} to {in_words(plan.review_on)}, when the"
        " plan is reviewed."
    )


def _action_of_meeting(action: MeetingAction, day: date, calendar: Calendar) -> str:
    held = localdate(action.of.meeting.starts_at)
    return "" if day >= held else f"That is before the meeting on {in_words(held)}."


# By the kind of a clock and what it is about.
KEPT: Mapping[tuple[str, str], Kept] = {
    (K.PLAN_REVIEW.value, "cases.Cycle"): Kept(Cycle, "review_on", _review_of_plan),
    (K.PLAN_MIDWAY.value, "cases.Cycle"): Kept(Cycle, "midway_on", _look_midway),
    (K.SUPPORT_REVIEW.value, "cases.GivenSupport"): Kept(
        GivenSupport, "review_on", _look_at_support
    ),
    (K.CONTRACT_REVIEW.value, "cases.Contract"): Kept(Contract, "", _review_of_contract),
    (K.ACTION.value, "cases.PlannedAction"): Kept(PlannedAction, "due_on", _action_of_plan, False),
    (K.ACTION.value, "cases.MeetingAction"): Kept(
        MeetingAction, "due_on", _action_of_meeting, False
    ),
}


def _kept(row: Deadline) -> tuple[Kept, int] | None:
    """Where the record of a clock keeps its day, and which record; None for a clock of its own."""
    label, _, pk = row.about.partition(":")
    kept = KEPT.get((row.kind, label))
    return (kept, int(pk)) if kept else None


def hold(rows: Iterable[Deadline]) -> None:
    """Lock the records of some clocks, before the clocks themselves: services of records do so."""
    wanted: dict[type[Model], list[int]] = {}
    for row in rows:
        found = _kept(row)
        if found is not None:
            wanted.setdefault(found[0].model, []).append(found[1])
    for kept in {kept.model: kept for kept in KEPT.values()}.values():
        if pks := wanted.get(kept.model):
            held = kept.model._default_manager.filter(pk__in=pks).order_by("pk")
            list(held.select_for_update(of=("self",), no_key=True).values_list("pk"))


def why_not_on(row: Deadline, day: date, calendar: Calendar) -> str:
    """Why the record of a clock cannot have this day; "" when it can, or there is no record.

    Raises UnknownTerm where the calendar ends before the day.
    """
    found = _kept(row)
    if found is None:
        return ""
    kept, pk = found
    return kept.why_not(kept.model._default_manager.get(pk=pk), day, calendar)


def open_day(row: Deadline, day: date, calendar: Calendar) -> date:
    """The day itself, or the next school day where the record asks for one. Raises UnknownTerm."""
    found = _kept(row)
    return school_day_from(calendar, day) if found and found[0].school_day else day


def carry(row: Deadline) -> None:
    """Write the day of a clock into its record. A plan that was read before is stale then."""
    found = _kept(row)
    if found is None or not found[0].field:
        return
    kept, pk = found
    rows = kept.model._default_manager.filter(pk=pk).exclude(**{kept.field: row.due_on})
    values: dict[str, Any] = {kept.field: row.due_on}
    if kept.model is Cycle:
        values["version"] = F("version") + 1
    rows.update(**values)
