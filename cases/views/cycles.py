"""The plan of a case: assess, plan, do, review; its picture, and the plan to print."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from authorities.access import NotFound
from authorities.http import AuthorityRequest
from authorities.permissions import Permission
from cases.access import case_for, cycle_for
from cases.forms.cycles import (
    DONE,
    FOLLOWS,
    ActionEndForm,
    ActionForm,
    AssessForm,
    EndForm,
    LogForm,
    ReviewForm,
    StartForm,
    TargetForm,
)
from cases.models import Cycle, CycleOutcome, Measure, Target, TargetState
from cases.selectors import cycles as of
from cases.selectors.support import barriers_of, staff_of
from cases.services import casework
from cases.services import cycles as service
from cases.views.pages import case_page
from cases.views.support import saved
from frontend.charts import plan_periods
from frontend.charts.drawing import svg
from frontend.templatetags.govuk import words
from letters import render as printing
from rules.errors import DomainError, NoValue
from rules.plans import Change

OUTCOME_COLOURS = {
    "": "blue",
    CycleOutcome.IMPROVED.value: "green",
    CycleOutcome.NOT_IMPROVED.value: "orange",
    CycleOutcome.CASE_CLOSED.value: "grey",
}
STATE_COLOURS = {
    TargetState.OPEN: "blue",
    TargetState.MET: "green",
    TargetState.MISSED: "orange",
    TargetState.CARRIED: "yellow",
    TargetState.LEFT: "grey",
}
PRINTED = "letters/plan.html"
CHANGE_HEADINGS = ["", "When", "School days", "Missed", "Attendance"]


@require_safe
def plan(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """Every plan of a case with attendance before, during and after, and what to do next."""
    reach = request.reach
    found = case_for(reach, reference, Permission.VIEW_CASE)
    rows = of.cycles_of(found)
    around = of.changes(found, rows, reach.today) if rows else {}
    casework.read(reach=reach, case=found)
    return render(
        request,
        "cases/plan/plan.html",
        {
            **case_page(reach, found, "plan"),
            "cycles": [
                {
                    "row": row,
                    "href": reverse("cases:cycle", args=[la, reference, row.number]),
                    "outcome": row.get_outcome_display() or "Goes on",
                    "colour": OUTCOME_COLOURS[row.outcome],
                }
                for row in rows
            ],
            "going": any(row.ended_on is None for row in rows),
            "table": plan_periods.table(of.periods(around)) if rows else None,
            "chart_src": reverse("cases:plan_chart", args=[la, reference]),
        },
    )


@require_safe
def plan_chart(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """The picture of attendance around each plan. It names nobody."""
    reach = request.reach
    found = case_for(reach, reference, Permission.VIEW_CASE)
    around = of.changes(found, of.cycles_of(found), reach.today)
    casework.read(reach=reach, case=found)
    return HttpResponse(svg(plan_periods.spec(of.periods(around))), content_type="image/svg+xml")


@require_http_methods(["GET", "HEAD", "POST"])
def plan_start(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """Start a plan on the days that the policy proposes, or that people choose."""
    reach = request.reach
    found = case_for(reach, reference, Permission.CHANGE_CASE)
    advice: list[str] = []
    initial: dict[str, Any] = {"starts_on": reach.today}
    try:
        proposed = of.proposed_days(found, reach.today)
    except NoValue as problem:
        proposed, advice = None, [problem.message]
    if proposed is not None:
        initial |= {"midway_on": proposed.midway_on, "review_on": proposed.review_on}
        advice = [f"The policy proposes {proposed.words}. Choose other days where they fit better."]
    elif not advice:
        advice = ["No policy of this school sets how long a plan is. Choose the days together."]
    form = StartForm(request.POST if request.method == "POST" else None, initial=initial)
    made: list[Cycle] = []
    if request.method == "POST" and saved(
        form,
        lambda: made.append(
            service.start(
                reach=reach,
                case=found,
                plan=service.Start(**form.cleaned_data),
                now=timezone.now(),
                today=reach.today,
            )
        ),
    ):
        messages.success(request, "Plan started")
        return redirect("cases:cycle", la=la, reference=reference, number=made[0].number)
    context = {
        **case_page(reach, found, "plan", "Start a plan"),
        "form": form,
        "button": "Start the plan",
        "advice": advice,
        "back_href": reverse("cases:plan", args=[la, reference]),
        "back_words": "Plan",
    }
    return render(request, "cases/support/form.html", context)


@require_safe
def cycle(request: AuthorityRequest, la: str, reference: str, number: int) -> HttpResponse:
    """One plan: what was found, what was agreed, what was done, what the reviews found."""
    reach = request.reach
    row = cycle_for(reach, reference, number, Permission.VIEW_CASE)
    casework.read(reach=reach, case=row.case)
    context = {
        **case_page(reach, row.case, "plan", f"Plan {number}"),
        **_sections(request, row),
        "back_href": reverse("cases:plan", args=[la, reference]),
        "pdf_href": reverse("cases:cycle_pdf", args=[la, reference, number]),
    }
    return render(request, "cases/plan/cycle.html", context)


def _sections(request: AuthorityRequest, row: Cycle) -> dict[str, Any]:
    """What the page and the printed plan say."""
    reach = request.reach
    last = row.ended_on or row.review_on
    change = of.changes(row.case, [row], reach.today)[row.number]
    targets = list(row.targets.prefetch_related("steps").order_by("pk"))
    actions = row.actions.select_related("owner", "done_by", "target").order_by("due_on", "pk")
    reviews = list(row.reviews.select_related("held_by").order_by("held_at"))
    return {
        "row": row,
        "in_full": reach.may(Permission.VIEW_SENSITIVE, row.case.school),
        "facts": _facts(row),
        "assessments": row.assessments.select_related("made_by")
        .prefetch_related("found__barrier")
        .order_by("-made_on", "-pk"),
        "targets": [_target(target, row, change) for target in targets],
        "actions": [
            {"row": action, "who": of.who_does(action), "late": action.due_on < reach.today}
            for action in actions
        ],
        "log": row.log.select_related("written_by").order_by("-on", "-pk"),
        "reviews": [{"row": one, "figures": of.kept_rows(one.figures)} for one in reviews],
        "midway_open": row.midway_on is not None and not any(one.midway for one in reviews),
        "change_headings": CHANGE_HEADINGS,
        "change_rows": of.period_rows(change),
        "last": last,
        "next": _next(row, targets, reach.today),
    }


def _facts(row: Cycle) -> list[dict[str, Any]]:
    pairs = [
        ("What it is for", row.aim),
        ("Led by", row.lead.name),
        ("Started", words(row.starts_on)),
        ("Mid-point review", words(row.midway_on)),
        ("Review", words(row.review_on)),
        ("Length", of.length_words(row.clock) or "Chosen together"),
        ("Carries on from", f"Plan {row.before.number}" if row.before else ""),
        ("Ended", words(row.ended_on)),
        ("What was found", row.get_outcome_display()),
        ("Targets", row.get_targets_outcome_display()),
    ]
    return [{"key": key, "value": value} for key, value in pairs if value]


def _target(target: Target, row: Cycle, change: Change) -> dict[str, Any]:
    stands = of.stands_at(target, change.during.tally)
    decided = target.state != TargetState.OPEN
    return {
        "row": target,
        "start": of.value_words(target, target.from_value),
        "goal": of.value_words(target, target.to_value),
        "steps": [
            f"{of.value_words(target, step.value)} by {words(step.by)}"
            for step in sorted(target.steps.all(), key=lambda step: step.by)
        ],
        "stands": of.value_words(target, target.value if decided else stands),
        "reached": not decided and stands is not None and of.reached(target, stands),
        "colour": STATE_COLOURS[TargetState(target.state)],
        "advice": () if decided else of.advice_on(target, row.starts_on),
    }


def _next(row: Cycle, targets: list[Target], today: Any) -> str:
    """What a person would do next, in one sentence."""
    if row.ended_on is not None:
        return "This plan has ended."
    if not row.assessments.all():
        return "Assess: hear the pupil and the family, and write down what you find."
    if not targets and not row.actions.all():
        return "Plan: agree a target, and who does what by when."
    if row.review_on <= today:
        return "Review: the plan is at its end. Write the review and say what follows."
    return "Do: write down what is done, and look at the plan again on its day."


def _page(
    request: AuthorityRequest, row: Cycle, form: Any, title: str, **more: Any
) -> HttpResponse:
    """A page with one form under a plan."""
    at = [request.authority.code, row.case.reference, row.number]
    context = {
        **case_page(request.reach, row.case, "plan", title),
        "form": form,
        "button": "Save",
        "back_href": reverse("cases:cycle", args=at),
        "back_words": f"Plan {row.number}",
        **more,
    }
    return render(request, "cases/support/form.html", context)


def _done(request: AuthorityRequest, row: Cycle, said: str) -> HttpResponse:
    messages.success(request, said)
    return redirect(
        "cases:cycle",
        la=request.authority.code,
        reference=row.case.reference,
        number=row.number,
    )


def _open(request: AuthorityRequest, reference: str, number: int) -> tuple[Cycle, Any]:
    """A plan for somebody who may change it, and what was sent."""
    row = cycle_for(request.reach, reference, number, Permission.CHANGE_CASE)
    return row, request.POST if request.method == "POST" else None


@require_http_methods(["GET", "HEAD", "POST"])
def cycle_assess(request: AuthorityRequest, la: str, reference: str, number: int) -> HttpResponse:
    """Write down what was found, with a tool if one was used."""
    reach = request.reach
    row, sent = _open(request, reference, number)
    known = of.tools(row.case, reach.today)
    chosen = request.GET.get("tool", "")
    tool = known.get(chosen)
    if chosen and tool is None:
        raise NotFound("We cannot find that tool. Choose one from the list.")
    barriers = [one for one in barriers_of(row.case, reach) if one.resolved_on is None]
    form = AssessForm(sent, barriers=barriers, tool=tool, initial={"on": reach.today})

    def act() -> None:
        typed = form.cleaned_data
        used = [service.ToolUsed(chosen, form.parts, typed.get("score"))] if tool else []
        service.assess(
            reach=reach,
            cycle=row,
            found=service.Found(
                on=typed["on"],
                pupil_voice=typed["pupil_voice"],
                parent_voice=typed["parent_voice"],
                professional_view=typed["professional_view"],
                tools=used,
                barriers=[int(pk) for pk in typed.get("barriers", [])],
            ),
            now=timezone.now(),
            today=reach.today,
        )

    if sent is not None and saved(form, act):
        return _done(request, row, "Assessment kept")
    context = {
        **case_page(reach, row.case, "plan", tool.label if tool else "Add an assessment"),
        "row": row,
        "form": form,
        "tool": tool,
        "tools": [{"value": value, "tool": one} for value, one in known.items()],
        "back_href": reverse("cases:cycle", args=[la, reference, number]),
    }
    return render(request, "cases/plan/assess.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def cycle_target(request: AuthorityRequest, la: str, reference: str, number: int) -> HttpResponse:
    """Set a target."""
    reach = request.reach
    row, sent = _open(request, reference, number)
    during = of.changes(row.case, [row], reach.today)[row.number].during
    now = of.period_rows(Change(during, during, during))[1]
    form = TargetForm(sent, initial={"seen": row.version, "by": row.review_on})

    def act() -> None:
        typed = form.cleaned_data
        service.set_target(
            reach=reach,
            cycle=row,
            wanted=service.Wanted(
                what=typed["what"],
                measure=Measure(typed["measure"]),
                start=typed["start"],
                goal=typed["goal"],
                by=typed["by"],
                why=typed["why"],
                unit=typed["unit"],
                steps=form.steps,
            ),
            seen=typed["seen"],
            now=timezone.now(),
        )

    if sent is not None and saved(form, act):
        return _done(request, row, "Target set")
    advice = [
        f"Since this plan started: attendance {now[4]}, missed {now[3]}. Choose a target that the"
        " pupil can reach by the day, with steps on the way where it is far."
    ]
    return _page(request, row, form, "Set a target", advice=advice)


@require_http_methods(["GET", "HEAD", "POST"])
def cycle_action(request: AuthorityRequest, la: str, reference: str, number: int) -> HttpResponse:
    """Agree who does what by when."""
    reach = request.reach
    row, sent = _open(request, reference, number)
    form = ActionForm(
        sent,
        staff=staff_of(row.case, reach.today),
        targets=list(row.targets.order_by("pk")),
    )

    def act() -> None:
        typed = form.cleaned_data
        service.agree_action(
            reach=reach,
            cycle=row,
            task=service.Task(
                words=typed["words"],
                due_on=typed["due_on"],
                owner=int(typed["owner"]) if typed["owner"] else None,
                who=typed["who"],
                target=int(typed["target"]) if typed["target"] else None,
            ),
            now=timezone.now(),
            today=reach.today,
        )

    if sent is not None and saved(form, act):
        return _done(request, row, "Action agreed")
    return _page(request, row, form, "Agree an action")


@require_http_methods(["GET", "HEAD", "POST"])
def cycle_action_end(
    request: AuthorityRequest, la: str, reference: str, number: int, action: int
) -> HttpResponse:
    """Say what came of an action."""
    reach = request.reach
    row, sent = _open(request, reference, number)
    held = row.actions.filter(pk=action).first()
    if held is None:
        raise NotFound("We cannot find that action. Open the plan again.")
    held.cycle = row
    form = ActionEndForm(sent, initial={"on": reach.today})

    def act() -> None:
        typed = form.cleaned_data
        common: dict[str, Any] = {"reach": reach, "action": held, "today": reach.today}
        if typed["result"] == DONE:
            service.finish_action(**common, on=typed["on"], words=typed["words"])
        else:
            service.drop_action(**common, because=typed["words"])

    if sent is not None and saved(form, act):
        return _done(request, row, "Written down")
    return _page(request, row, form, "What came of it?", lead=held.words)


@require_http_methods(["GET", "HEAD", "POST"])
def cycle_log(request: AuthorityRequest, la: str, reference: str, number: int) -> HttpResponse:
    """Write down what was done."""
    reach = request.reach
    row, sent = _open(request, reference, number)
    form = LogForm(sent, initial={"on": reach.today})
    if sent is not None and saved(
        form,
        lambda: service.log(
            reach=reach, cycle=row, **form.cleaned_data, now=timezone.now(), today=reach.today
        ),
    ):
        return _done(request, row, "Written down")
    return _page(request, row, form, "What was done")


def _held(typed: dict[str, Any]) -> service.Held:
    return service.Held(
        on=typed["on"],
        present=typed["present"],
        worked=typed["worked"],
        did_not_work=typed["did_not_work"],
        next_steps=typed["next_steps"],
    )


@require_http_methods(["GET", "HEAD", "POST"])
def cycle_midway(request: AuthorityRequest, la: str, reference: str, number: int) -> HttpResponse:
    """Write the mid-point review."""
    reach = request.reach
    row, sent = _open(request, reference, number)
    form = ReviewForm(sent, initial={"seen": row.version, "on": reach.today})
    if sent is not None and saved(
        form,
        lambda: service.review_midway(
            reach=reach,
            cycle=row,
            held=_held(form.cleaned_data),
            seen=form.cleaned_data["seen"],
            now=timezone.now(),
            today=reach.today,
        ),
    ):
        return _done(request, row, "Mid-point review kept")
    return _page(request, row, form, "Mid-point review")


@require_http_methods(["GET", "HEAD", "POST"])
def cycle_review(request: AuthorityRequest, la: str, reference: str, number: int) -> HttpResponse:
    """Write the review at the end: what was found, each target, and the plan that follows."""
    reach = request.reach
    row, sent = _open(request, reference, number)
    targets = list(row.targets.order_by("pk"))
    change = of.changes(row.case, [row], reach.today)[row.number]
    form = EndForm(sent, targets=targets, initial=_proposed_end(request, row, targets, change))
    ended: list[Cycle] = []

    def act() -> None:
        typed = form.cleaned_data
        following = None
        if typed["following"] == FOLLOWS:
            following = service.Start(
                aim=typed["aim"],
                starts_on=typed["on"],
                midway_on=typed["midway_on"],
                review_on=typed["review_on"],
            )
        end = service.End(
            held=_held(typed),
            outcome=CycleOutcome(typed["outcome"]),
            targets={pk: service.Decided(met, value) for pk, met, value in form.ends()},
            following=following,
        )
        ended.append(
            service.review_end(
                reach=reach,
                cycle=row,
                end=end,
                seen=typed["seen"],
                now=timezone.now(),
                today=reach.today,
            )
        )

    if sent is not None and saved(form, act):
        ended[0].case = row.case
        return _done(request, ended[0], "Review kept")
    return _page(
        request,
        row,
        form,
        f"Review plan {row.number}",
        figures=of.period_rows(change),
        figure_headings=CHANGE_HEADINGS,
    )


def _proposed_end(
    request: AuthorityRequest, row: Cycle, targets: list[Target], change: Change
) -> dict[str, Any]:
    """What the form starts with: where the register says each target stands, and the next days."""
    today = request.reach.today
    initial: dict[str, Any] = {"seen": row.version, "on": today, "aim": row.aim}
    for target in targets:
        initial[f"value_{target.pk}"] = of.stands_at(target, change.during.tally)
    try:
        proposed = of.proposed_days(row.case, today)
    except DomainError:
        return initial
    if proposed is not None:
        initial |= {"midway_on": proposed.midway_on, "review_on": proposed.review_on}
    return initial


@require_safe
def cycle_pdf(request: AuthorityRequest, la: str, reference: str, number: int) -> HttpResponse:
    """The plan in plain words, for the family: nothing about health or social care is in it."""
    row = cycle_for(request.reach, reference, number, Permission.VIEW_CASE)
    sections = _sections(request, row)
    made = printing.pdf(
        PRINTED,
        {
            **sections,
            "pupil": row.case.pupil,
            "school": row.case.school,
            "today": request.reach.today,
            "barriers": row.case.barriers.filter(sensitive=False, resolved_on=None),
        },
    )
    service.printed(reach=request.reach, cycle=row)
    response = HttpResponse(made, content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="plan-{reference}-{number}.pdf"'
    return response
