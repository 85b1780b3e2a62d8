"""Plans for tests: Hillside's officer starts, fills, follows and reviews them."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from authorities import packs
from cases.models import Case, Cycle, CycleOutcome, Measure, PlannedAction, SaidBy, Target
from cases.services import cycles, support
from tests.cast import TODAY, Cast

NOW = datetime(2026, 11, 17, 9, tzinfo=UTC)
REVIEW = date(2026, 12, 15)


def start(reach: Any, case: Case, today: date = TODAY, **changes: Any) -> Cycle:
    """A plan from today to Tuesday 15 December, looked at on Tuesday 1 December."""
    plan = cycles.Start(
        **{
            "aim": "Robin comes in by the front gate every day.",
            "starts_on": today,
            "midway_on": date(2026, 12, 1),
            "review_on": REVIEW,
            **changes,
        }
    )
    return cycles.start(reach=reach, case=case, plan=plan, now=NOW, today=today)


def assess(reach: Any, cycle: Cycle, today: date = TODAY, **changes: Any) -> Any:
    """What the pupil said today."""
    found = cycles.Found(**{"on": today, "pupil_voice": "Lunch is the worst.", **changes})
    return cycles.assess(reach=reach, cycle=cycle, found=found, now=NOW, today=today)


def target(reach: Any, cycle: Cycle, **changes: Any) -> Target:
    """From 86% to 95% by the review, with 90% on the way."""
    cycle.refresh_from_db()
    wanted = cycles.Wanted(
        **{
            "what": "In school every morning",
            "measure": Measure.ATTENDANCE,
            "start": Decimal(86),
            "goal": Decimal(95),
            "by": REVIEW,
            "steps": [(date(2026, 12, 1), Decimal(90))],
            **changes,
        }
    )
    return cycles.set_target(reach=reach, cycle=cycle, wanted=wanted, seen=cycle.version, now=NOW)


def action(reach: Any, cycle: Cycle, **changes: Any) -> PlannedAction:
    """The mother calls by 8:45, from Monday."""
    task = cycles.Task(
        **{
            "words": "Call by 8:45 if Robin is ill",
            "due_on": date(2026, 11, 23),
            "who": "Robin's mother",
            **changes,
        }
    )
    return cycles.agree_action(reach=reach, cycle=cycle, task=task, now=NOW, today=TODAY)


def held(on: date = TODAY, **changes: Any) -> cycles.Held:
    """A review with the family."""
    return cycles.Held(
        **{
            "on": on,
            "present": "Robin, the mother, the attendance officer",
            "worked": "The walk from the gate",
            "next_steps": "Keep the walk, drop the call",
            **changes,
        }
    )


def end(
    reach: Any,
    cycle: Cycle,
    *,
    today: date = TODAY,
    outcome: CycleOutcome = CycleOutcome.IMPROVED,
    targets: dict[int, cycles.Decided] | None = None,
    following: cycles.Start | None = None,
) -> Cycle:
    """The review at the end."""
    cycle.refresh_from_db()
    return cycles.review_end(
        reach=reach,
        cycle=cycle,
        end=cycles.End(
            held=held(today), outcome=outcome, targets=targets or {}, following=following
        ),
        seen=cycle.version,
        now=NOW + timedelta(hours=1),
        today=today,
    )


def ten_weeks(cast: Cast, day: date = date(2026, 9, 1)) -> None:
    """Northmoor adopts a policy whose plans last ten weeks, with a look after five."""
    packs.adopt(authority=cast.northmoor, pack="bcp", starts_on=day, reach=None)


def things(cast: Cast, case: Case) -> dict[str, Any]:
    """One of each for the matrix of routes."""
    reach = cast.reach(cast.officer)
    barrier = support.find_barrier(
        reach=reach,
        case=case,
        found=support.Found("national:friendships", "Alone at lunch", SaidBy.PUPIL, TODAY),
        now=NOW,
        today=TODAY,
    )
    given = support.give_support(
        reach=reach,
        case=case,
        offer=support.Offer("", "Ms Finch", TODAY, REVIEW, label="A walk from the gate"),
        now=NOW,
        today=TODAY,
    )
    cycle = start(reach, case)
    assess(reach, cycle)
    target(reach, cycle)
    return {
        "barrier": barrier,
        "support": given,
        "cycle": cycle,
        "action": action(reach, cycle),
    }
