"""The agreed pages of a case for an outside professional: plan, support, meetings.

Adults are not named, and nothing marked as sensitive is shown: what they need of that, they are
told by a person.
"""

from typing import Any

from django.db.models import Prefetch

from cases.models import Case, MeetingAction, PlannedAction, Target


def plans_of(case: Case) -> list[dict[str, Any]]:
    """Each plan with its targets and actions, the newest first."""
    rows = case.cycles.order_by("-number").prefetch_related(
        Prefetch("targets", Target.objects.order_by("by", "pk")),
        Prefetch("actions", PlannedAction.objects.filter(dropped=False).order_by("due_on", "pk")),
    )
    return [
        {"row": row, "targets": list(row.targets.all()), "actions": list(row.actions.all())}
        for row in rows
    ]


def support_of(case: Case) -> list[Any]:
    """What help was given, without what is about health or social care."""
    return list(case.support.filter(sensitive=False).order_by("-starts_on", "-pk"))


def meetings_of(case: Case) -> list[dict[str, Any]]:
    """Each meeting about the case with the actions agreed there, the newest first."""
    rows = (
        case.meetings.select_related("meeting")
        .prefetch_related(Prefetch("actions", MeetingAction.objects.order_by("due_on", "pk")))
        .order_by("-meeting__starts_at", "-pk")
    )
    return [{"row": row.meeting, "actions": list(row.actions.all())} for row in rows]
