"""Barriers and support of a case: what was found, what was thought about, what is given."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from authorities.http import AuthorityRequest
from authorities.packs import pack_in_force
from authorities.permissions import Permission
from cases.access import barrier_for, case_for, support_for
from cases.forms.support import (
    GOES_ON,
    BarrierForm,
    ConsiderForm,
    ResolveForm,
    SupportForm,
    SupportReviewForm,
)
from cases.models import Answer, Barrier, Case, GivenSupport, SaidBy, SupportOutcome
from cases.selectors import support as of
from cases.services import casework
from cases.services import support as service
from cases.views.pages import case_page
from frontend.templatetags.govuk import words
from rules.errors import DomainError

ANSWER_COLOURS = {Answer.DONE: "green", Answer.PLANNED: "blue", Answer.DOES_NOT_APPLY: "grey"}
OUTCOME_COLOURS = {
    SupportOutcome.HELPED: "green",
    SupportOutcome.A_LITTLE: "turquoise",
    SupportOutcome.NO_DIFFERENCE: "orange",
    SupportOutcome.NOT_TAKEN_UP: "grey",
    SupportOutcome.CASE_CLOSED: "grey",
}


def sees(request: AuthorityRequest, found: Case) -> bool:
    """Whether the person may read what is about health and social care."""
    return request.reach.may(Permission.VIEW_SENSITIVE, found.school)


def saved(form: Any, act: Callable[[], object]) -> bool:
    """Do it where the form is right; put what the service refuses above the form."""
    if not form.is_valid():
        return False
    try:
        act()
    except DomainError as problem:
        form.add_error(None, problem.message)
        return False
    return True


@require_safe
def support(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """What keeps the pupil from school, what must be thought about, and the support given."""
    reach = request.reach
    found = case_for(reach, reference, Permission.VIEW_CASE)
    asked = of.considerations(found, reach, reach.today)
    barriers = of.barriers_of(found, reach)
    in_full = sees(request, found)
    casework.read(reach=reach, case=found)
    return render(
        request,
        "cases/support/support.html",
        {
            **case_page(reach, found, "support"),
            "open_barriers": [_barrier(row, la) for row in barriers if row.resolved_on is None],
            "gone_barriers": [_barrier(row, la) for row in barriers if row.resolved_on],
            "hidden": of.hidden_barriers(found, reach),
            "asked": len(asked),
            "unanswered": sum(one.answer is None for one in asked),
            "given": [_support(row, la, in_full=in_full) for row in of.support_of(found)],
        },
    )


def _barrier(row: Barrier, la: str) -> dict[str, Any]:
    return {
        "row": row,
        "place": of.PLACES[row.place],
        "href": reverse("cases:barrier", args=[la, row.case.reference, row.pk]),
    }


def _support(row: GivenSupport, la: str, *, in_full: bool) -> dict[str, Any]:
    return {
        "row": row,
        "label": of.label_of(row, in_full=in_full),
        "who": row.who if in_full or not row.sensitive else "",
        "colour": OUTCOME_COLOURS.get(SupportOutcome(row.outcome)) if row.outcome else "blue",
        "href": reverse("cases:support_one", args=[la, row.case.reference, row.pk]),
    }


@require_http_methods(["GET", "HEAD", "POST"])
def barrier_add(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """Write down a barrier."""
    reach = request.reach
    found = case_for(reach, reference, Permission.CHANGE_CASE)
    policy = pack_in_force(found.school, reach.today)
    form = BarrierForm(
        request.POST if request.method == "POST" else None,
        kinds=of.kind_choices(policy, sensitive=sees(request, found)),
        initial={"found_on": reach.today},
    )

    def act() -> None:
        typed = form.cleaned_data
        service.find_barrier(
            reach=reach,
            case=found,
            found=service.Found(
                kind="" if form.own_place else typed["kind"],
                text=typed["text"],
                said_by=SaidBy(typed["said_by"]),
                on=typed["found_on"],
                label=typed["label"],
                place=form.own_place,
                sensitive=typed["sensitive"],
            ),
            now=timezone.now(),
            today=reach.today,
        )

    if request.method == "POST" and saved(form, act):
        messages.success(request, "Barrier written down")
        return redirect("cases:support", la=la, reference=reference)
    questions = [
        [kind.label, kind.ask]
        for kind in of.kinds(policy).values()
        if sees(request, found) or not kind.sensitive
    ]
    return _form(
        request,
        found,
        form,
        "Write down a barrier",
        "Save the barrier",
        questions=questions,
        question_headings=["Barrier", "What to ask"],
    )


def _form(
    request: AuthorityRequest, found: Case, form: Any, title: str, button: str, **more: Any
) -> HttpResponse:
    """A page with one form, under the case's page of barriers and support."""
    context = {
        **case_page(request.reach, found, "support", title),
        "form": form,
        "button": button,
        "back_href": reverse("cases:support", args=[request.authority.code, found.reference]),
        "pupil": found.pupil,
        **more,
    }
    return render(request, "cases/support/form.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def barrier(request: AuthorityRequest, la: str, reference: str, barrier: int) -> HttpResponse:
    """One barrier, and how it went away."""
    reach = request.reach
    posting = request.method == "POST"
    needed = Permission.CHANGE_CASE if posting else Permission.VIEW_CASE
    row = barrier_for(reach, reference, barrier, needed)
    form = ResolveForm(request.POST if posting else None, initial={"on": reach.today})
    if posting and saved(
        form,
        lambda: service.resolve_barrier(
            reach=reach,
            barrier=row,
            on=form.cleaned_data["on"],
            how=form.cleaned_data["how"],
            now=timezone.now(),
            today=reach.today,
        ),
    ):
        messages.success(request, "The barrier is gone")
        return redirect("cases:support", la=la, reference=reference)
    context = {
        **case_page(reach, row.case, "support", row.label),
        "row": row,
        "rows": _barrier_rows(row),
        "form": form,
        "back_href": reverse("cases:support", args=[la, reference]),
    }
    return render(request, "cases/support/barrier.html", context)


def _barrier_rows(row: Barrier) -> list[dict[str, Any]]:
    rows = [
        ("For this pupil", row.text),
        ("Where", of.PLACES[row.place]),
        ("Who said so", row.get_said_by_display()),
        ("Found", f"{words(row.found_on)}, by {row.found_by.name}"),
    ]
    if row.resolved_on and row.resolved_by:
        rows.append(("Gone", f"{words(row.resolved_on)}, by {row.resolved_by.name}"))
        rows.append(("What took it away", row.resolved_how))
    return [{"key": key, "value": value} for key, value in rows]


@require_http_methods(["GET", "HEAD", "POST"])
def considerations(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """What the policy asks to think about for this pupil, each with its dated answer."""
    reach = request.reach
    posting = request.method == "POST"
    needed = Permission.CHANGE_CASE if posting else Permission.VIEW_CASE
    found = case_for(reach, reference, needed)
    asked = of.considerations(found, reach, reach.today)
    chosen = {one.value: one for one in asked}.get(
        request.POST.get("choose") or request.POST.get("which", "")
    )
    form = ConsiderForm(
        request.POST if posting and "choose" not in request.POST else None,
        initial={"which": chosen.value if chosen else "", "on": reach.today},
    )
    if (
        posting
        and form.is_bound
        and saved(
            form,
            lambda: service.consider(
                reach=reach,
                case=found,
                which=form.cleaned_data["which"],
                answer=Answer(form.cleaned_data["answer"]),
                text=form.cleaned_data["text"],
                on=form.cleaned_data["on"],
                now=timezone.now(),
                today=reach.today,
            ),
        )
    ):
        messages.success(request, "Answer kept")
        return redirect("cases:considerations", la=la, reference=reference)
    context = {
        **case_page(reach, found, "support", "What to think about"),
        "back_href": reverse("cases:support", args=[la, reference]),
        "asked": [
            {
                "one": one,
                "colour": ANSWER_COLOURS[Answer(one.answer.answer)] if one.answer else "yellow",
            }
            for one in asked
        ],
        "chosen": chosen,
        "form": form,
    }
    return render(request, "cases/support/considerations.html", context)


@require_safe
def catalogue(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """Every way to help that the policies of this school know, by stage, with its source."""
    reach = request.reach
    found = case_for(reach, reference, Permission.VIEW_CASE)
    ways = of.catalogue(pack_in_force(found.school, reach.today))
    given = {f"{row.pack}:{row.key}" for row in found.support.all()}
    context = {
        **case_page(reach, found, "support", "Ways to help"),
        "back_href": reverse("cases:support", args=[la, reference]),
        "stages": [
            {
                "words": stage_words,
                "ways": [
                    {"way": way, "area": of.AREAS[way.area], "given": way.value in given}
                    for way in ways
                    if way.stage == stage
                ],
            }
            for stage, stage_words in of.STAGES.items()
        ],
        "any": bool(ways),
        "add_href": reverse("cases:support_add", args=[la, reference]),
    }
    return render(request, "cases/support/catalogue.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def support_add(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """Give support: from the catalogue, where a button may have chosen it, or of one's own."""
    reach = request.reach
    found = case_for(reach, reference, Permission.CHANGE_CASE)
    policy = pack_in_force(found.school, reach.today)
    sent = request.method == "POST" and "choose" not in request.POST
    chosen = {way.value: way for way in of.catalogue(policy)}.get(request.POST.get("choose", ""))
    form = SupportForm(
        request.POST if sent else None,
        support=of.support_choices(policy),
        staff=of.staff_of(found, reach.today),
        initial={
            "entry": chosen.value if chosen else "",
            "who": chosen.who if chosen else "",
            "owner": reach.user.pk,
            "starts_on": reach.today,
        },
    )

    def act() -> None:
        typed = form.cleaned_data
        service.give_support(
            reach=reach,
            case=found,
            offer=service.Offer(
                entry=typed["entry"],
                label=typed["label"],
                who=typed["who"],
                owner=int(typed["owner"]) if typed["owner"] else None,
                starts_on=typed["starts_on"],
                review_on=typed["review_on"],
                notes=typed["notes"],
                link=typed["link"],
                sensitive=typed["sensitive"],
            ),
            now=timezone.now(),
            today=reach.today,
        )

    if sent and saved(form, act):
        messages.success(request, "Support given")
        return redirect("cases:support", la=la, reference=reference)
    return _form(request, found, form, "Give support", "Save the support")


@require_http_methods(["GET", "HEAD", "POST"])
def support_one(request: AuthorityRequest, la: str, reference: str, support: int) -> HttpResponse:
    """One piece of support: what it is, each look at it, and the next."""
    reach = request.reach
    posting = request.method == "POST"
    needed = Permission.CHANGE_CASE if posting else Permission.VIEW_CASE
    row = support_for(reach, reference, support, needed)
    reviews = list(row.reviews.select_related("held_by").order_by("-held_on", "-pk"))
    form = SupportReviewForm(
        request.POST if posting else None, initial={"seen": len(reviews), "on": reach.today}
    )
    if posting and saved(form, lambda: _look(request, row, form.cleaned_data)):
        messages.success(request, "Written down")
        return redirect("cases:support_one", la=la, reference=reference, support=support)
    in_full = sees(request, row.case)
    context = {
        **case_page(reach, row.case, "support", of.label_of(row, in_full=in_full)),
        "row": row,
        "rows": _support_rows(row, in_full),
        "reviews": reviews if in_full or not row.sensitive else [],
        "form": form,
        "back_href": reverse("cases:support", args=[la, reference]),
    }
    return render(request, "cases/support/one.html", context)


def _look(request: AuthorityRequest, row: GivenSupport, typed: dict[str, Any]) -> None:
    common: dict[str, Any] = {
        "reach": request.reach,
        "support": row,
        "words": typed["words"],
        "seen": typed["seen"],
        "now": timezone.now(),
        "today": request.reach.today,
    }
    if typed["outcome"] == GOES_ON:
        service.review_support(**common, held_on=typed["on"], next_on=typed["next_on"])
    else:
        outcome = SupportOutcome(typed["outcome"])
        service.end_support(**common, ended_on=typed["on"], outcome=outcome)


def _support_rows(row: GivenSupport, in_full: bool) -> list[dict[str, Any]]:
    rows = [("Started", words(row.starts_on))]
    if in_full or not row.sensitive:
        rows += [
            ("Who gives it", row.who),
            ("Notes", row.notes),
            ("Link", row.link),
            ("From", row.source or "Our own"),
        ]
    rows.append(("Seen to by", row.owner.name if row.owner else "Whoever carries the case"))
    if row.ended_on is None:
        rows.append(("Looked at again", words(row.review_on)))
    else:
        rows.append(("Ended", f"{words(row.ended_on)}: {row.get_outcome_display().lower()}"))
        rows.append(("What it came to", row.outcome_words if in_full or not row.sensitive else ""))
    return [{"key": key, "value": value} for key, value in rows if value]
