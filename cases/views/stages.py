"""Moving a case, closing it, deciding what the policy proposes on it, and who carries it."""

from collections.abc import Iterable
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from authorities.access import NotFound
from authorities.http import AuthorityRequest
from authorities.packs import PolicyInForce, pack_in_force
from authorities.permissions import Permission
from cases.access import case_for, proposal_on
from cases.forms.stages import CloseForm, DecideForm, MoveForm, OwnerForm, SendOnForm
from cases.models import Case, Deadline, DeadlineKind, Proposal, ProposalKind
from cases.selectors.chronology import chronology
from cases.selectors.endings import Ending, endings, token
from cases.selectors.family import clashes
from cases.selectors.following import former_of, roll_joined
from cases.selectors.letters import prepared_here
from cases.selectors.overview import open_proposals, proposal_label
from cases.selectors.owners import owners
from cases.selectors.places import destinations
from cases.services import casework, deadlines, following, moves, proposals
from cases.views.pages import case_page
from rules.case_stages import LABELS, Stage
from rules.errors import DomainError

SEND_OWN = "Do it: send your own letter, then log it here"
TAKE_UP = {
    ProposalKind.STAGE: "Do it: go on to the move",
    ProposalKind.LETTER: "Do it: go on to the letter",
    ProposalKind.MEETING: "Do it: go on to the meeting",
    ProposalKind.WARNING: "It has been looked at",
    ProposalKind.CLOSE: "Do it: go on to closing the case",
}


@require_http_methods(["GET", "HEAD", "POST"])
def case_move(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """Choose where the case goes, and why."""
    reach = request.reach
    case = case_for(reach, reference, Permission.CHANGE_CASE)
    policy = pack_in_force(case.school, reach.today)
    places = [] if case.closed_on else destinations(case, policy)
    values = [one.value for one in places]
    asked = request.GET.get("to", "")
    form = MoveForm(
        request.POST if request.method == "POST" else None,
        places=places,
        initial={"version": case.version, "to": asked if asked in values else None},
    )
    if request.method == "POST" and form.is_valid():
        typed = form.cleaned_data
        try:
            made = moves.move(
                reach=reach, case=case, now=timezone.now(), today=reach.today, **typed
            )
        except DomainError as problem:
            form.add_error(None, problem.message)
        else:
            messages.success(request, f"Case moved to: {LABELS[Stage(made.end)]}")
            return redirect("cases:case", la=la, reference=reference)
    context = case_page(reach, case, "case", "Move the case") | {
        "form": form,
        "button": "Move the case",
        "expected": [
            "The facts and the policy of today are kept with the move.",
            "Nobody is told, and no letter is sent.",
        ],
        "cancel": reverse("cases:case", args=[la, reference]),
    }
    return render(request, "cases/stages/form.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def case_close(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """Say what closing does, and close with a reason."""
    reach = request.reach
    case = case_for(reach, reference, Permission.CHANGE_CASE)
    asked = request.GET.get("why", "")
    found = endings(case, reach, timezone.now())
    form = CloseForm(
        request.POST if request.method == "POST" else None,
        initial={"version": case.version, "why": asked, "seen": token(found)},
    )
    if request.method == "POST" and form.is_valid():
        try:
            moves.close(
                reach=reach,
                case=case,
                now=timezone.now(),
                today=reach.today,
                **form.cleaned_data,
            )
        except DomainError as problem:
            form.add_error(None, problem.message)
        else:
            messages.success(request, "Case closed")
            return redirect("cases:case", la=la, reference=reference)
    running = deadlines.running(case)
    context = case_page(reach, case, "case", "Close the case") | {
        **_ends(found, asked, la),
        "form": form,
        "button": "Close the case",
        "expected": [
            *_ending(found, asked),
            *_not_due(running),
            *dict.fromkeys(
                f"This proposal is left: {row.why}"
                for row in open_proposals(case)
                if row.case_id == case.pk
            ),
            "The history stays. A new case can carry on from this one.",
            "Nobody is told, and no letter is sent.",
        ],
        "cancel": reverse("cases:case", args=[la, reference]),
    }
    return render(request, "cases/stages/form.html", context)


MOVED = "moved_school"
K = DeadlineKind


# Clocks of records that the list names already: they end, go on or are settled with those.
OF_RECORDS = (
    *(K.PLAN_MIDWAY, K.PLAN_REVIEW, K.ACTION, K.SUPPORT_REVIEW, K.MEETING, K.REFERRAL_ANSWER),
    *(K.CONTRACT_REVIEW, K.CONTRACT_END, K.CONTRACT_ANSWER, K.LEGAL),
)


def _not_due(running: Iterable[Deadline]) -> list[str]:
    """Which clocks of no such record end."""
    return [
        f"This is not due any more: {row.words.rstrip('.?')}."
        for row in running
        if row.kind not in OF_RECORDS or not row.about
    ]


def _ending(found: list[Ending], why: str) -> list[str]:
    """What ends with the case, in sentences."""
    return [one.words for one in found if not one.goes_on and not one.stops(why)]


def _ends(found: list[Ending], why: str, la: str) -> dict[str, list[dict[str, str]]]:
    """What must be settled first, and what goes on all the same, each with its page."""

    def lines(chosen: list[Ending], *, settle: bool) -> list[dict[str, str]]:
        return [
            {
                "text": one.settle if settle else one.words,
                "href": reverse(one.route, args=[la, *one.at]),
            }
            for one in chosen
        ]

    return {
        "settle": lines([one for one in found if one.stops(why)], settle=True),
        "goes_on": lines([one for one in found if one.goes_on], settle=False),
    }


@require_http_methods(["GET", "HEAD", "POST"])
def case_send_on(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """Send the case on to the school that the pupil has joined."""
    reach = request.reach
    case = case_for(reach, reference, Permission.CHANGE_CASE)
    there = roll_joined(case)
    found = endings(case, reach, timezone.now())
    form = SendOnForm(
        request.POST if request.method == "POST" else None,
        initial={"version": case.version, "seen": token(found)},
    )
    if request.method == "POST" and form.is_valid():
        try:
            following.send_on(
                reach=reach,
                case=case,
                now=timezone.now(),
                today=reach.today,
                **form.cleaned_data,
            )
        except DomainError as problem:
            form.add_error(None, problem.message)
        else:
            messages.success(request, "Case closed here and carried on at the new school")
            return redirect("cases:case", la=la, reference=reference)
    expected = ["The pupil is on no other roll of this authority: close the case instead."]
    if there is not None:
        expected = [
            f"This case is closed, and {there.school.name} gets one at the same stage.",
            "The new school reads what happened here, and cannot change it.",
            "Safeguarding notes stay here. The safeguarding leads speak with each other.",
            "What is due here ends. The new school says what comes next.",
            *_ending(found, MOVED),
        ]
    context = case_page(reach, case, "case", "Send the case on") | {
        **_ends(found, MOVED, la),
        "form": form,
        "button": "Send the case on",
        "expected": expected,
        "cancel": reverse("cases:case", args=[la, reference]),
    }
    return render(request, "cases/stages/form.html", context)


@require_safe
def case_before(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """What happened on the case that this one carries on from, to read."""
    reach = request.reach
    case = case_for(reach, reference, Permission.VIEW_CASE)
    former = former_of(reach, case)
    if former is None:
        raise NotFound("We cannot find an earlier case. It may be kept from others.")
    casework.read(reach=reach, case=former)
    context = case_page(reach, case, "case", f"Case {former.reference}, before this one") | {
        "former": former,
        "back": {"href": reverse("cases:case", args=[la, reference]), "text": "Back to the case"},
        "timeline": [
            {
                "title": entry.title,
                "by": entry.by,
                "at": entry.at,
                "text": entry.text,
                "tag": entry.tag,
                "tag_colour": entry.tag_colour,
            }
            for entry in chronology(former, reach)
        ],
    }
    return render(request, "cases/stages/before.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def case_proposal(
    request: AuthorityRequest, la: str, reference: str, proposal: str
) -> HttpResponse:
    """What the policy proposes and why: take it up, or leave it with a reason."""
    reach = request.reach
    case = case_for(reach, reference, Permission.CHANGE_CASE)
    found = proposal_on(case, proposal)
    policy = pack_in_force(case.school, reach.today)
    own = found.proposes == ProposalKind.LETTER and not _prepared_here(policy, found)
    take_up = SEND_OWN if own else TAKE_UP.get(ProposalKind(found.proposes), "Do it")
    form = DecideForm(request.POST if request.method == "POST" else None, take_up=take_up)
    if request.method == "POST" and form.is_valid():
        try:
            to = _decide(request, case, found, policy, form.cleaned_data)
        except DomainError as problem:
            form.add_error(None, problem.message)
        else:
            return redirect(to)
    label = proposal_label(found, policy)
    context = case_page(reach, case, "case", label) | {
        "form": form,
        "button": "Continue",
        "found": found,
        "decided": found.state != "open",
        "own": own,
        "clashes": clashes(case, reach, reach.today)
        if found.proposes in (ProposalKind.LETTER, ProposalKind.MEETING) and found.state == "open"
        else [],
        "cancel": reverse("cases:case", args=[la, reference]),
    }
    return render(request, "cases/stages/proposal.html", context)


def _decide(
    request: AuthorityRequest,
    case: Case,
    found: Proposal,
    policy: PolicyInForce,
    typed: dict[str, Any],
) -> str:
    """Leave it, or go where it is done. What is done elsewhere is taken up when it is done."""
    reach, la, now = request.reach, request.authority.code, timezone.now()
    here = reverse("cases:case", args=[la, case.reference])
    if typed["decision"] == "leave":
        proposals.leave(proposal=found, reach=reach, reason=typed["reason"], now=now)
        messages.success(request, "Left, with your reason")
        return here
    chosen = f"{found.pack}:{found.target}"
    if found.proposes == ProposalKind.STAGE:
        return _with(reverse("cases:case_move", args=[la, case.reference]), to=chosen)
    if found.proposes == ProposalKind.LETTER:
        page = "letter_prepare" if _prepared_here(policy, found) else "letter_log"
        return _with(reverse(f"cases:{page}", args=[la, case.reference]), letter=chosen)
    if found.proposes == ProposalKind.CLOSE:
        return _with(reverse("cases:case_close", args=[la, case.reference]), why="restored")
    if found.proposes == ProposalKind.MEETING:
        return _with(reverse("cases:meeting_arrange", args=[la, case.reference]), kind=chosen)
    with transaction.atomic():
        proposals.take_up(proposal=found, reach=reach, now=now, case=case, reason=typed["reason"])
    messages.success(request, "Taken up")
    return here


def _prepared_here(policy: PolicyInForce, found: Proposal) -> bool:
    """Whether the letter has its wording here; one known by name only is sent by the school."""
    return any(
        (layer.pack.name, letter.key) == (found.pack, found.target) and prepared_here(letter)
        for layer, letter in policy.letters()
    )


def _with(address: str, **asked: str) -> str:
    return f"{address}?{urlencode(asked)}"


@require_http_methods(["GET", "HEAD", "POST"])
def case_owner(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """Who carries the case."""
    reach = request.reach
    case = case_for(reach, reference, Permission.CHANGE_CASE)
    now = str(case.owner_id or "")
    form = OwnerForm(
        request.POST if request.method == "POST" else None,
        people=owners([case.school], reach.today),
        initial={"owner": now, "seen": now},
    )
    if request.method == "POST" and form.is_valid():
        owner, seen = form.cleaned_data["owner"], form.cleaned_data["seen"]
        try:
            moves.carry(
                reach=reach,
                case=case,
                owner=int(owner) if owner else None,
                seen=int(seen) if seen.isdigit() else None,
            )
        except DomainError as problem:
            form.add_error(None, problem.message)
        else:
            messages.success(request, "Saved who carries this case")
            return redirect("cases:case", la=la, reference=reference)
    context = case_page(reach, case, "case", "Who carries this case") | {
        "form": form,
        "button": "Save",
        "cancel": reverse("cases:case", args=[la, reference]),
    }
    return render(request, "cases/stages/form.html", context)
