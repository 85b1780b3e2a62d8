"""What each parent has had for one child, here and from other councils, and who was asked."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from attendance.access import PupilHere, adult_link_for, pupil_here
from attendance.models import AdultLink
from authorities.access import Reach
from authorities.http import AuthorityRequest
from authorities.permissions import Permission
from frontend.templatetags.govuk import words
from legal.access import external_for, penalties_of_child
from legal.forms.penalties import OUTCOMES, CheckForm, ExternalForm, PlaceForm, SettleExternalForm
from legal.selectors import limits
from legal.services import borders
from legal.services.borders import Answered, Declared
from rules.dates import months_after
from rules.errors import DomainError
from rules.notice_limit import next_step

P = Permission
FORM = "legal/penalties/form.html"


@require_safe
def border(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """For each parent of a child: what counts, and what other councils said."""
    reach = request.reach
    here = pupil_here(reach, reference, P.VIEW_LEGAL)
    start = months_after(reach.today, -12 * limits.YEARS)
    found = limits.elsewhere(here.pupil, since=start, today=reach.today)
    links = limits.parents_of(here.pupil)
    past = limits.past_notices(here.pupil.pk, [link.adult_id for link in links])
    context = {
        **_heading(here, "Penalty notices of three years"),
        "pupil_href": reverse("attendance:pupil", args=[la, reference]),
        "councils": found.councils,
        "none": found.none,
        "places": [
            {
                "council": place.council or "No other council",
                "days": " to ".join(filter(None, (words(place.since), words(place.until)))),
                "words": place.words,
                "by": f"{place.recorded_by.name}, {words(place.recorded_on)}",
            }
            for place in limits.places_of(here.pupil)
        ],
        "place_href": reverse("legal:border_place", args=[la, reference])
        if P.PREPARE_NOTICE in here.sees
        else "",
        "parents": [_parent(reach, here, link, past[link.adult_id], la) for link in links],
        "may_check": P.SERVE_NOTICE in here.sees,
    }
    return render(request, "legal/penalties/border.html", context)


def _heading(here: PupilHere, title: str) -> dict[str, Any]:
    return {"title": title, "caption": here.pupil.name, "tags": []}


def _parent(
    reach: Reach, here: PupilHere, link: AdultLink, past: list[Any], la: str
) -> dict[str, Any]:
    """One parent: the answer of the limit, each notice, each council that answered."""
    try:
        answer = next_step(
            past, parent=link.adult_id, child=here.pupil.pk, proposed_on=reach.today
        ).sentence
    except DomainError as problem:
        answer = problem.message
    at = [la, here.pupil.reference, link.adult.reference]
    return {
        "name": link.adult.name,
        "relationship": link.relationship,
        "answer": answer,
        "ours": [
            {
                "text": notice.reference,
                "href": reverse("legal:penalty", args=[la, notice.reference]),
                "state": notice.get_state_display(),
                "day": notice.issued_on,
            }
            for notice in penalties_of_child(reach, here.pupil, link.adult)
        ],
        "theirs": [
            {
                "council": one.council,
                "day": one.issued_on,
                "outcome": dict(OUTCOMES).get(one.outcome, one.outcome),
                "href": reverse("legal:external", args=[*at, one.pk])
                if P.SERVE_NOTICE in here.sees
                else "",
            }
            for one in limits.external_notices(here.pupil, link.adult_id)
        ],
        "checks": limits.all_answers(here.pupil, link.adult_id),
        "check_href": reverse("legal:border_check", args=at),
        "notice_href": reverse("legal:external_add", args=at),
    }


def _act(
    request: AuthorityRequest,
    la: str,
    here: PupilHere,
    form: forms.Form,
    do: Callable[[dict[str, Any]], str],
    *,
    title: str,
    lead: str,
) -> HttpResponse:
    """Show a form about a child's notices, or do what it says and go back to them."""
    if form.is_valid():
        try:
            done = do(form.cleaned_data)
        except DomainError as problem:
            form.add_error(None, problem.message)
        else:
            messages.success(request, done)
            return redirect("legal:border", la=la, reference=here.pupil.reference)
    context = {
        **_heading(here, title),
        "lead": lead,
        "form": form,
        "save": "Record it",
        "cancel": reverse("legal:border", args=[la, here.pupil.reference]),
    }
    return render(request, FORM, context)


def _data(request: AuthorityRequest) -> Any:
    return request.POST if request.method == "POST" else None


@require_http_methods(["GET", "HEAD", "POST"])
def place_add(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """Record where else the child lived or was on a roll."""
    here = pupil_here(request.reach, reference, P.PREPARE_NOTICE)

    def do(typed: dict[str, Any]) -> str:
        borders.name_place(
            reach=request.reach,
            school=here.school,
            pupil=here.pupil,
            council=typed["council"],
            since=typed["since"],
            until=typed["until"],
            words=typed["words"],
            today=request.reach.today,
            now=timezone.now(),
        )
        return "Recorded"

    return _act(
        request,
        la,
        here,
        PlaceForm(_data(request)),
        do,
        title="Where else the child lived",
        lead="Each other council of the last three years must be asked before a notice is issued.",
    )


@require_http_methods(["GET", "HEAD", "POST"])
def check_add(request: AuthorityRequest, la: str, reference: str, adult: str) -> HttpResponse:
    """Record what another council answered about a parent."""
    reach = request.reach
    here = pupil_here(reach, reference, P.SERVE_NOTICE)
    link = adult_link_for(reach, here.pupil, adult)
    start = months_after(reach.today, -12 * limits.YEARS)
    councils = limits.elsewhere(here.pupil, since=start, today=reach.today).councils

    def do(typed: dict[str, Any]) -> str:
        borders.check(
            reach=reach,
            school=here.school,
            pupil=here.pupil,
            adult=link.adult,
            answered=Answered(**typed),
            today=reach.today,
            now=timezone.now(),
        )
        return "Recorded. Record each notice that it named, too" if typed["found"] else "Recorded"

    lead = f"About {link.adult.name}."
    if not councils:
        lead = "Record first, on the page before, with which other council the child lived."
    return _act(
        request,
        la,
        here,
        CheckForm(_data(request), councils=list(councils)),
        do,
        title="What another council answered",
        lead=lead,
    )


@require_http_methods(["GET", "HEAD", "POST"])
def external_add(request: AuthorityRequest, la: str, reference: str, adult: str) -> HttpResponse:
    """Record a notice of another council."""
    reach = request.reach
    here = pupil_here(reach, reference, P.SERVE_NOTICE)
    link = adult_link_for(reach, here.pupil, adult)

    def do(typed: dict[str, Any]) -> str:
        _made, asked = borders.declare(
            reach=reach,
            school=here.school,
            pupil=here.pupil,
            adult=link.adult,
            declared=Declared(**typed),
            today=reach.today,
            now=timezone.now(),
        )
        if not asked:
            return "Recorded. It counts from now on"
        return "Recorded. With it more than two count: look again at the notices that say so"

    return _act(
        request,
        la,
        here,
        ExternalForm(_data(request)),
        do,
        title="A notice of another council",
        lead=f"Issued to {link.adult.name} for this child. It counts towards the limit like ours.",
    )


@require_http_methods(["GET", "HEAD", "POST"])
def external_settle(
    request: AuthorityRequest, la: str, reference: str, adult: str, external: int
) -> HttpResponse:
    """Record what came of another council's notice."""
    reach = request.reach
    here = pupil_here(reach, reference, P.SERVE_NOTICE)
    link = adult_link_for(reach, here.pupil, adult)
    row = external_for(reach, here.pupil, link.adult, external)

    def do(typed: dict[str, Any]) -> str:
        borders.settle_external(
            reach=reach,
            school=here.school,
            notice=row,
            outcome=typed["outcome"],
            today=reach.today,
        )
        return "Recorded"

    return _act(
        request,
        la,
        here,
        SettleExternalForm(_data(request), initial={"outcome": row.outcome}),
        do,
        title="What came of the other council's notice",
        lead=f"Issued by {row.council} on {words(row.issued_on)}.",
    )
