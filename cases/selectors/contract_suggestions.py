"""What a contract of a case could say, from what is on file: to start from, and to be changed.

Only the school's own plain words are taken over. What a parent or the pupil told, and whatever is
about health or social care, is not: a contract is read by each parent.
"""

from collections.abc import Iterable
from typing import Any

from cases.models import Case, Cycle, Measure, PlannedAction, SaidBy, Target
from cases.selectors.cycles import value_words
from rules.dates import in_words

# Support by others is not the school's to promise.
NOT_OURS = ("outside", "legal")
# Words by which somebody who is no member of staff stands in a plan.
FAMILY_WORDS = {
    "parent": ("parent", "mother", "father", "mum", "dad", "carer", "guardian", "family"),
    "pupil": ("pupil", "student", "child"),
}


def suggestions(case: Case) -> dict[str, Any]:
    """How the form of an offer starts, by its fields; empty where nothing is on file. Six queries.

    school, parent, pupil  promises from the plan's actions and the support that goes on
    target_percent, targets  from the plan's targets; reasons, pupil_says  names of barriers
    """
    cycle = case.cycles.filter(ended_on=None).first()
    found = {
        "school": [*_support(case), *_actions(cycle, "school")],
        "parent": _actions(cycle, "parent"),
        "pupil": _actions(cycle, "pupil"),
        "targets": _targets(cycle),
        "reasons": _barriers(case, SaidBy.PARENT),
        "pupil_says": _barriers(case, SaidBy.PUPIL),
    }
    start: dict[str, Any] = {
        name: "\n".join(dict.fromkeys(lines)) for name, lines in found.items() if lines
    }
    percent = _percent(cycle)
    return start | ({"target_percent": percent} if percent is not None else {})


def _support(case: Case) -> list[str]:
    rows = case.support.filter(ended_on=None, sensitive=False).exclude(area__in=NOT_OURS)
    return [f"{row.label}: {row.who}"[:300] for row in rows.order_by("starts_on", "pk")]


def _actions(cycle: Cycle | None, side: str) -> list[str]:
    """What somebody of a side has agreed to do and has not done."""
    if cycle is None:
        return []
    rows = cycle.actions.filter(done_on=None, dropped=False).select_related("owner")
    return [
        f"{row.words}, by {in_words(row.due_on)}"[:300]
        for row in rows.order_by("due_on", "pk")
        if _side(row) == side
    ]


def _side(action: PlannedAction) -> str:
    """Who does an action: "school" for staff and whoever is named without a word for family."""
    if action.owner_id is None:
        words = {word.strip(".,'").removesuffix("'s") for word in action.who.lower().split()}
        for side, names in FAMILY_WORDS.items():
            if words & set(names):
                return side
    return "school"


def _open_targets(cycle: Cycle | None) -> Iterable[Target]:
    return [] if cycle is None else cycle.targets.filter(state="open").order_by("by", "pk")


def _percent(cycle: Cycle | None) -> int | None:
    """The attendance that the plan aims at, in whole percent; None where it has no such target."""
    goals = [row.to_value for row in _open_targets(cycle) if row.measure == Measure.ATTENDANCE]
    return int(goals[0]) if goals else None


def _targets(cycle: Cycle | None) -> list[str]:
    return [
        f"{row.what}: {value_words(row, row.to_value)} by {in_words(row.by)}"
        for row in _open_targets(cycle)
        if row.measure != Measure.ATTENDANCE
    ]


def _barriers(case: Case, who: SaidBy) -> list[str]:
    """Names of what keeps the pupil from school, as one of the two named it."""
    rows = case.barriers.filter(resolved_on=None, sensitive=False, said_by=who.value)
    return [row.label for row in rows.order_by("found_on", "pk")]
