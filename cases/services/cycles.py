"""Assess, plan, do, review: a plan started, filled, followed and reviewed into the next one.

Each change holds the case, so that two people who change one plan come one after the other; a form
that was read before somebody else's change is refused by the plan's version.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import F

from audit.record import Kind, record
from authorities.access import Reach
from cases.models import (
    AssessedBarrier,
    Assessment,
    Barrier,
    Case,
    Cycle,
    CycleLog,
    CycleOutcome,
    CycleReview,
    DeadlineKind,
    Measure,
    PlannedAction,
    Target,
    TargetsOutcome,
    TargetState,
    TargetStep,
)
from cases.selectors.cycles import figures_of, proposed_days, tool_entry
from cases.services import deadlines, letter_reviews
from cases.services.proposals import happened
from cases.services.support import (
    changeable,
    member_of_staff,
    not_in_future,
    review_on_school_day,
)
from rules.dates import in_words
from rules.errors import Conflict, InvalidInput, NoValue, RuleNotMet
from rules.plans import Aim, target_refusal

STALE = "Somebody changed this plan while you were writing. Read it, then write again."


@dataclass(frozen=True, slots=True)
class Start:
    """A plan as somebody wants to start it. midway_on: None for a plan without a look midway."""

    aim: str
    starts_on: date
    review_on: date
    midway_on: date | None = None


@transaction.atomic
def start(*, reach: Reach, case: Case, plan: Start, now: datetime, today: date) -> Cycle:
    """Start the first plan of a case, or the next after one that ended.

    Raises Forbidden, Conflict for a closed case or a plan that goes on, InvalidInput, and
    RuleNotMet for a day before the case or on which the school does not meet.
    """
    case = changeable(reach, case)
    going = case.cycles.filter(ended_on=None).select_related("opened_by").first()
    if going is not None:
        raise Conflict(
            f"{going.opened_by.name} started plan {going.number} on {in_words(going.starts_on)}. "
            "Review it before you start another."
        )
    before = case.cycles.order_by("-number").first()
    return _open(reach, case, plan, before, now, today)


def _open(
    reach: Reach, case: Case, plan: Start, before: Cycle | None, now: datetime, today: date
) -> Cycle:
    if not plan.aim.strip():
        raise InvalidInput("Say what the plan is for.")
    earliest = before.ended_on if before and before.ended_on else case.opened_on
    if plan.starts_on < earliest:
        what = "the plan before it ended" if before else "the case was opened"
        raise RuleNotMet(f"The plan cannot start before {in_words(earliest)}, when {what}.")
    since = max(plan.starts_on, today)
    review_on_school_day(case, plan.review_on, since=since)
    if plan.midway_on is not None:
        review_on_school_day(case, plan.midway_on, since=since, what="mid-point review")
        if plan.midway_on >= plan.review_on:
            raise RuleNotMet("The mid-point review must be before the review at the end.")
    row = Cycle.objects.create(
        authority=case.authority,
        case=case,
        school=case.school,
        number=before.number + 1 if before else 1,
        before=before,
        aim=plan.aim.strip(),
        lead=reach.user,
        starts_on=plan.starts_on,
        midway_on=plan.midway_on,
        review_on=plan.review_on,
        clock=_clock(case, plan),
        opened_by=reach.user,
        opened_at=now,
    )
    _start_clocks(row, case)
    letter_reviews.give_way(case=case, today=today)
    _record(Kind.PLAN_STARTED, row, reach)
    return row


def _clock(case: Case, plan: Start) -> dict[str, str]:
    """Where the plan's length comes from, where people kept to what the policy proposes."""
    try:
        proposed = proposed_days(case, plan.starts_on)
    except NoValue:
        return {}
    kept = proposed is not None and proposed.review_on == plan.review_on
    return dict(proposed.clock) if proposed and kept else {}


def about(row: Cycle) -> str:
    """What the deadlines of a plan are about."""
    return f"cases.Cycle:{row.pk}"


def _start_clocks(row: Cycle, case: Case) -> None:
    if row.midway_on is not None:
        deadlines.start(
            case=case,
            kind=DeadlineKind.PLAN_MIDWAY,
            words=f"Look at plan {row.number} midway",
            since=row.starts_on,
            by=row.midway_on,
            about=about(row),
            owner=row.lead,
            nothing="What does not work goes on until the end of the plan.",
        )
    deadlines.start(
        case=case,
        kind=DeadlineKind.PLAN_REVIEW,
        words=f"Review plan {row.number} with the pupil and the family",
        since=row.starts_on,
        by=row.review_on,
        about=about(row),
        owner=row.lead,
        nothing="The cycle is not whole, and does not count as support that was tried.",
    )


def _open_cycle(reach: Reach, cycle: Cycle, seen: int | None = None) -> Cycle:
    """A plan that goes on, with its case held; its version goes up.

    seen  the version that the person had read, where the change depends on what they read
    """
    case = changeable(reach, cycle.case)
    row = Cycle.objects.select_for_update(of=("self",)).get(pk=cycle.pk)
    row.case, row.school, row.authority = case, case.school, case.authority
    if row.ended_on is not None:
        raise Conflict(f"This plan ended on {in_words(row.ended_on)}. Start another to go on.")
    if seen is not None and row.version != seen:
        raise Conflict(STALE)
    Cycle.objects.filter(pk=row.pk).update(version=F("version") + 1)
    row.version += 1
    return row


def _since_case(case: Case, day: date, today: date, what: str) -> None:
    not_in_future(day, today, what)
    if day < case.opened_on:
        raise InvalidInput(
            f"The case was opened on {in_words(case.opened_on)}. Enter that day or a later one."
        )


@dataclass(frozen=True, slots=True)
class ToolUsed:
    """A tool that was used: "pack:key", a score where it has a scale, words under each heading."""

    value: str
    parts: tuple[str, ...]
    score: int | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """What an assessment found. barriers: numbers of barriers of the case that it found."""

    on: date
    pupil_voice: str = ""
    parent_voice: str = ""
    professional_view: str = ""
    tools: Sequence[ToolUsed] = ()
    barriers: Sequence[int] = ()


@transaction.atomic
def assess(*, reach: Reach, cycle: Cycle, found: Found, now: datetime, today: date) -> Assessment:
    """Write down what was found. Never changed: what is found later is another assessment."""
    row = _open_cycle(reach, cycle)
    _since_case(row.case, found.on, today, "of the assessment")
    voices = [found.pupil_voice, found.parent_voice, found.professional_view]
    tools = [_tool(row, used, today) for used in found.tools]
    barriers = list(Barrier.objects.filter(case=row.case, pk__in=found.barriers))
    if len(barriers) != len(set(found.barriers)):
        raise InvalidInput("Choose barriers that are written down on this case.")
    if not tools and not barriers and not any(words.strip() for words in voices):
        raise InvalidInput("Write down what was found: a voice, a tool or a barrier.")
    made = Assessment.objects.create(
        authority=row.authority,
        cycle=row,
        made_on=found.on,
        pupil_voice=found.pupil_voice.strip(),
        parent_voice=found.parent_voice.strip(),
        professional_view=found.professional_view.strip(),
        tools=tools,
        made_by=reach.user,
        made_at=now,
    )
    AssessedBarrier.objects.bulk_create(
        AssessedBarrier(authority=row.authority, assessment=made, barrier=barrier)
        for barrier in barriers
    )
    _record(Kind.PLAN_ASSESSED, row, reach)
    return made


def _tool(row: Cycle, used: ToolUsed, today: date) -> dict[str, Any]:
    """A tool as it is kept. Raises InvalidInput for an unknown one, or one left empty."""
    tool = tool_entry(row.case, used.value, today)
    words = [text.strip() for text in used.parts]
    if not any(words):
        raise InvalidInput(f"Write down what came of it: {tool.label.lower()}.")
    if tool.scale and (used.score is None or not 0 <= used.score <= tool.scale):
        raise InvalidInput(f"Enter a number from 0 to {tool.scale}.")
    return {
        "value": used.value,
        "label": tool.label,
        "voice": tool.voice,
        "scale": tool.scale,
        "score": used.score if tool.scale else None,
        "parts": [[part, text] for part, text in zip(tool.parts, words, strict=False) if text],
    }


@dataclass(frozen=True, slots=True)
class Wanted:
    """A target as somebody wants to set it. steps: (day, value)."""

    what: str
    measure: Measure
    start: Decimal
    goal: Decimal
    by: date
    why: str = ""
    unit: str = ""
    steps: Sequence[tuple[date, Decimal]] = ()

    @property
    def aim(self) -> Aim:
        """As the rules read it."""
        percent = self.measure == Measure.ATTENDANCE
        return Aim(self.what, percent, self.start, self.goal, self.by, self.steps)


@transaction.atomic
def set_target(*, reach: Reach, cycle: Cycle, wanted: Wanted, seen: int, now: datetime) -> Target:
    """Set a target with its interim steps. Raises RuleNotMet for one that cannot be checked.

    The first target of a plan is told to the policy, which may propose to confirm it in a letter.
    """
    row = _open_cycle(reach, cycle, seen)
    refusal = target_refusal(wanted.aim, first=row.starts_on, last=row.review_on)
    if refusal:
        raise RuleNotMet(refusal)
    if wanted.measure == Measure.OTHER and not wanted.unit.strip():
        raise InvalidInput("Say what is counted.")
    first = not row.targets.exists()
    made = _target(reach, row, wanted, None, now)
    _record(Kind.TARGET_SET, row, reach)
    if first:
        happened(
            case=row.case,
            happening="targets_agreed",
            today=reach.today,
            now=now,
            unless_since=row.opened_at,
        )
    return made


def _target(
    reach: Reach, row: Cycle, wanted: Wanted, before: Target | None, now: datetime
) -> Target:
    made = Target.objects.create(
        authority=row.authority,
        cycle=row,
        before=before,
        what=wanted.what.strip(),
        why=wanted.why.strip(),
        measure=wanted.measure,
        unit=wanted.unit.strip(),
        from_value=wanted.start,
        to_value=wanted.goal,
        by=wanted.by,
        set_by=reach.user,
        set_at=now,
    )
    TargetStep.objects.bulk_create(
        TargetStep(authority=row.authority, target=made, by=by, value=value)
        for by, value in wanted.steps
    )
    return made


@dataclass(frozen=True, slots=True)
class Task:
    """An action as somebody agrees it. owner: number of a person of the staff; who: in words."""

    words: str
    due_on: date
    owner: int | None = None
    who: str = ""
    target: int | None = None


@transaction.atomic
def agree_action(
    *, reach: Reach, cycle: Cycle, task: Task, now: datetime, today: date
) -> PlannedAction:
    """Agree who does what by when. It becomes due on the list of its owner."""
    row = _open_cycle(reach, cycle)
    if not task.words.strip():
        raise InvalidInput("Say what will be done.")
    if task.owner is None and not task.who.strip():
        raise InvalidInput("Say who does it: somebody of the staff, the pupil or a parent.")
    if not row.starts_on <= task.due_on <= row.review_on:
        raise RuleNotMet(
            f"The day must be from {in_words(row.starts_on)} to {in_words(row.review_on)}, when "
            "the plan is reviewed."
        )
    target = row.targets.filter(pk=task.target).first() if task.target else None
    if task.target and target is None:
        raise InvalidInput("Choose a target of this plan.")
    made = PlannedAction.objects.create(
        authority=row.authority,
        cycle=row,
        target=target,
        words=task.words.strip(),
        owner=member_of_staff(row.case, task.owner, today),
        who=task.who.strip(),
        due_on=task.due_on,
        agreed_by=reach.user,
        agreed_at=now,
    )
    _action_due(made, row)
    _record(Kind.PLAN_ACTION_AGREED, row, reach)
    return made


def about_action(action: PlannedAction) -> str:
    """What the deadline of an action is about."""
    return f"cases.PlannedAction:{action.pk}"


def _action_due(action: PlannedAction, row: Cycle) -> None:
    deadlines.start(
        case=row.case,
        kind=DeadlineKind.ACTION,
        words=f"See that an action of plan {row.number} is done",
        since=min(row.starts_on, action.due_on),
        by=action.due_on,
        about=about_action(action),
        owner=action.owner,
        nothing="The plan waits for it.",
    )


def _waiting(reach: Reach, action: PlannedAction) -> tuple[Cycle, PlannedAction]:
    row = _open_cycle(reach, action.cycle)
    held = PlannedAction.objects.select_for_update(of=("self",)).get(pk=action.pk)
    if held.done_on is not None or held.dropped:
        raise Conflict("Somebody has said already what came of this action. Nothing was changed.")
    return row, held


@transaction.atomic
def finish_action(
    *, reach: Reach, action: PlannedAction, on: date, words: str, today: date
) -> PlannedAction:
    """Say that an action is done, and what came of it."""
    row, held = _waiting(reach, action)
    _since_case(row.case, on, today, "it was done")
    if not words.strip():
        raise InvalidInput("Say what came of it.")
    held.done_on, held.done_by, held.done_words = on, reach.user, words.strip()
    held.save()
    deadlines.finish(
        case=row.case,
        kind=DeadlineKind.ACTION,
        today=today,
        by=reach.user,
        about=about_action(held),
    )
    _record(Kind.PLAN_ACTION_DONE, row, reach)
    return held


@transaction.atomic
def drop_action(*, reach: Reach, action: PlannedAction, because: str, today: date) -> PlannedAction:
    """Say that an action will not be done, and why."""
    row, held = _waiting(reach, action)
    if not because.strip():
        raise InvalidInput("Say why it will not be done.")
    _drop(held, row, because.strip(), today)
    _record(Kind.PLAN_ACTION_DROPPED, row, reach)
    return held


def _drop(action: PlannedAction, row: Cycle, because: str, today: date) -> None:
    action.dropped, action.done_words = True, because
    action.save()
    deadlines.drop(
        case=row.case,
        kind=DeadlineKind.ACTION,
        today=today,
        because=because[:300],
        about=about_action(action),
    )


@transaction.atomic
def log(
    *, reach: Reach, cycle: Cycle, on: date, words: str, now: datetime, today: date
) -> CycleLog:
    """Write down what was done on a day."""
    row = _open_cycle(reach, cycle)
    _since_case(row.case, on, today, "it was done")
    if not words.strip():
        raise InvalidInput("Say what was done.")
    made = CycleLog.objects.create(
        authority=row.authority,
        cycle=row,
        on=on,
        words=words.strip(),
        written_by=reach.user,
        written_at=now,
    )
    _record(Kind.PLAN_LOGGED, row, reach)
    return made


@dataclass(frozen=True, slots=True)
class Held:
    """What a review came to."""

    on: date
    present: str
    worked: str
    next_steps: str
    did_not_work: str = ""


def _review(
    reach: Reach,
    row: Cycle,
    held: Held,
    now: datetime,
    today: date,
    *,
    outcome: CycleOutcome | None = None,
) -> CycleReview:
    not_in_future(held.on, today, "of the review")
    if held.on < row.starts_on:
        raise InvalidInput(
            f"The plan started on {in_words(row.starts_on)}. Enter that day or a later one."
        )
    for said, wanted in (
        (held.present, "Say who was there."),
        (held.worked, "Say what worked. If nothing did, say so."),
        (held.next_steps, "Say what happens next."),
    ):
        if not said.strip():
            raise InvalidInput(wanted)
    return CycleReview.objects.create(
        authority=row.authority,
        cycle=row,
        midway=outcome is None,
        held_on=held.on,
        present=held.present.strip(),
        worked=held.worked.strip(),
        did_not_work=held.did_not_work.strip(),
        next_steps=held.next_steps.strip(),
        outcome=outcome.value if outcome else "",
        figures=figures_of(row, last=held.on, as_of=held.on),
        held_by=reach.user,
        held_at=now,
    )


@transaction.atomic
def review_midway(
    *, reach: Reach, cycle: Cycle, held: Held, seen: int, now: datetime, today: date
) -> CycleReview:
    """Hold the look midway: what works, what to change. The plan goes on."""
    row = _open_cycle(reach, cycle, seen)
    if row.reviews.filter(midway=True).exists():
        raise Conflict("The mid-point review of this plan was written already.")
    made = _review(reach, row, held, now, today)
    deadlines.finish(
        case=row.case,
        kind=DeadlineKind.PLAN_MIDWAY,
        today=today,
        by=reach.user,
        about=about(row),
    )
    _record(Kind.PLAN_REVIEWED, row, reach)
    return made


@dataclass(frozen=True, slots=True)
class Decided:
    """What became of a target at the end, and where it stood."""

    met: bool
    value: Decimal | None = None


@dataclass(frozen=True, slots=True)
class End:
    """How a plan ends: what was found, each target's end by its number, the next plan if any."""

    held: Held
    outcome: CycleOutcome
    targets: Mapping[int, Decided] = field(default_factory=dict)
    following: Start | None = None


@transaction.atomic
def review_end(
    *, reach: Reach, cycle: Cycle, end: End, seen: int, now: datetime, today: date
) -> Cycle:
    """Review a plan at its end. What was found goes to the policy, which may propose something.

    With `following`, the next plan opens with the targets that were not met and the actions that
    were not done. Answers the plan that goes on: the next, or this one, ended.
    """
    row = _open_cycle(reach, cycle, seen)
    targets = list(row.targets.order_by("pk").prefetch_related("steps"))
    if {target.pk for target in targets} != set(end.targets):
        raise InvalidInput("Say for each target whether it was met.")
    if not _was_made(row):
        raise RuleNotMet(
            "This plan has no assessment, or neither a target nor an action. "
            "Write down what was found and what was agreed before you end it."
        )
    _review(reach, row, end.held, now, today, outcome=end.outcome)
    for target in targets:
        _decide(target, end.targets[target.pk], carried=end.following is not None)
    row.ended_on, row.outcome = end.held.on, end.outcome.value
    row.targets_outcome = _together(targets)
    row.save(update_fields=["ended_on", "outcome", "targets_outcome"])
    following = _follow(reach, row, end, targets, now, today)
    _end_clocks(reach, row, following, now, today)
    _record(Kind.PLAN_ENDED, row, reach, outcome=end.outcome.label.lower())
    for happening in filter(None, (row.outcome, row.targets_outcome)):
        happened(case=row.case, happening=happening, today=today, now=now)
    return following or row


def _was_made(row: Cycle) -> bool:
    """Whether there was an assessment and something was agreed: only then is a cycle whole."""
    agreed = row.targets.exists() or row.actions.exists()
    return agreed and row.assessments.exists()


def _decide(target: Target, decided: Decided, *, carried: bool) -> None:
    missed = TargetState.CARRIED if carried else TargetState.MISSED
    target.state = TargetState.MET if decided.met else missed
    target.value = decided.value
    target.save(update_fields=["state", "value"])


def _together(targets: Sequence[Target]) -> str:
    if not targets:
        return ""
    met = all(target.state == TargetState.MET for target in targets)
    return (TargetsOutcome.TARGETS_MET if met else TargetsOutcome.TARGETS_MISSED).value


def _follow(
    reach: Reach, row: Cycle, end: End, targets: Sequence[Target], now: datetime, today: date
) -> Cycle | None:
    """The next plan with the targets that were not met, from where they stand now."""
    if end.following is None:
        return None
    following = _open(reach, row.case, end.following, row, now, today)
    for target in targets:
        if target.state == TargetState.CARRIED:
            stands = target.value if target.value is not None else target.from_value
            again = Wanted(
                what=target.what,
                measure=Measure(target.measure),
                start=stands if stands != target.to_value else target.from_value,
                goal=target.to_value,
                by=following.review_on,
                why=target.why,
                unit=target.unit,
            )
            _target(reach, following, again, target, now)
    return following


def _end_clocks(
    reach: Reach, row: Cycle, following: Cycle | None, now: datetime, today: date
) -> None:
    """The review is done; a look midway does not matter any more; open actions go on or end."""
    common: dict[str, Any] = {"case": row.case, "today": today, "about": about(row)}
    deadlines.finish(kind=DeadlineKind.PLAN_REVIEW, by=reach.user, **common)
    deadlines.drop(kind=DeadlineKind.PLAN_MIDWAY, because="The plan has ended", **common)
    for action in row.actions.filter(done_on=None, dropped=False).select_related("owner"):
        where = f"Carried over to plan {following.number}" if following else "The plan has ended"
        _drop(action, row, where, today)
        if following is not None:
            again = PlannedAction.objects.create(
                authority=row.authority,
                cycle=following,
                words=action.words,
                owner=action.owner,
                who=action.who,
                due_on=max(action.due_on, following.midway_on or following.review_on)
                if action.due_on < following.starts_on
                else min(action.due_on, following.review_on),
                agreed_by=reach.user,
                agreed_at=now,
            )
            following.case = row.case
            _action_due(again, following)


def end_with_case(*, reach: Reach, case: Case, because: str, today: date, now: datetime) -> None:
    """End the plan of a case that is being closed, without a review: it is no whole cycle.

    As cases.services.closing says.
    """
    row = case.cycles.select_for_update(of=("self",)).filter(ended_on=None).first()
    if row is None:
        return
    row.case, row.school, row.authority = case, case.school, case.authority
    row.targets.filter(state=TargetState.OPEN).update(state=TargetState.LEFT)
    for action in row.actions.filter(done_on=None, dropped=False):
        _drop(action, row, because, today)
    row.ended_on, row.outcome = today, CycleOutcome.CASE_CLOSED.value
    row.version += 1
    row.save(update_fields=["ended_on", "outcome", "version"])
    _record(Kind.PLAN_LEFT, row, reach)


@transaction.atomic
def printed(*, reach: Reach, cycle: Cycle) -> None:
    """Write down that somebody printed a plan."""
    _record(Kind.PLAN_PRINTED, cycle, reach)


def _record(kind: Kind, row: Cycle, reach: Reach, **facts: object) -> None:
    record(
        kind,
        by=reach.user,
        authority=row.authority,
        school=row.school,
        on=row,
        reference=row.case.reference,
        number=row.number,
        **facts,
    )
