"""The pages of contracts under a case: offer, meeting, signatures, what happened, the copies."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from authorities.access import NotFound
from authorities.http import AuthorityRequest
from authorities.packs import pack_in_force
from authorities.permissions import Permission
from cases.access import case_for, contract_for
from cases.forms.contracts import (
    ASKS,
    MeetForm,
    NoneForm,
    OfferForm,
    SignForm,
    ToldForm,
    WordingForm,
    capital,
)
from cases.models import Case, Contract, Side
from cases.selectors import contracts as selectors
from cases.selectors.contract_suggestions import suggestions
from cases.services import contracts as services
from cases.views.pages import case_page
from frontend.charts import allowed_days
from frontend.charts.drawing import svg
from frontend.templatetags.govuk import percent_bp, sessions_as_days, words
from letters import render as printing
from rules.contract_stages import BY_ITSELF, FINAL, LABELS, ContractState, move_for, moves_from
from rules.dates import in_words
from rules.errors import DomainError, RuleNotMet

S = ContractState
COPY = "letters/attendance_contract.html"
COLOURS = {
    S.OFFERED: "blue",
    S.TALKED: "blue",
    S.IN_FORCE: "green",
    S.BREACHED: "yellow",
    S.ASKED: "yellow",
    S.ANSWERED: "yellow",
    S.NO_REASON: "orange",
    S.WARNED: "orange",
    S.CHANGING: "blue",
    S.COMPLETED: "green",
}
NEXT = {
    S.NOT_OFFERED: "You can still offer one later.",
    S.OFFERED: "Meet the parent, talk it through, and sign together. They may say no.",
    S.TALKED: "It is not agreed until a parent and the school or the council have signed.",
    S.IN_FORCE: "Keep your side of it. Record a review, and what is not kept.",
    S.BREACHED: "Ask the parent why, before anything else.",
    S.ASKED: "Wait for the answer. If none comes by the day you gave, decide without it.",
    S.ANSWERED: "Decide whether it is a good reason, and say why.",
    S.NO_REASON: "Change the promises if the parent is willing, warn them, go on, or end it.",
    S.WARNED: "See whether it is kept now.",
    S.CHANGING: "Change the words, then meet the parent. Until then the old promises hold.",
    S.REFUSED: "A refusal is evidence, no more. Look at what else may help.",
    S.COMPLETED: "Tell the family that it worked. Look at the stage of the case.",
    S.ENDED: "Look at what the policy proposes next.",
}
PROMISED = {
    Side.PARENT: "What you will do",
    Side.PUPIL: "What your child will do",
    Side.SCHOOL: "What the school will do to help",
    Side.AUTHORITY: "What the council will do to help",
}
# Each move is a page of its own, or a form of words.
OWN_PAGE = {"meet": "contract_meet", "sign": "contract_sign", "reword": "contract_reword"}


@require_safe
def contracts(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """The contracts of a case, and what may be done where there is none."""
    reach = request.reach
    case = case_for(reach, reference, Permission.VIEW_CASE)
    rows = [
        {
            "href": reverse("cases:contract", args=[la, row.reference]),
            "text": "No contract offered" if row.state == S.NOT_OFFERED else period_words(row),
            "state": row.get_state_display(),
            "colour": COLOURS.get(S(row.state), "grey"),
            "by": f"{row.made_by.name}, {words(row.made_on)}",
        }
        for row in selectors.contracts_of(case)
    ]
    context = {
        **case_page(reach, case, "contracts"),
        "rows": rows,
        "refusal": selectors.refusal_for(case, reach.today),
    }
    return render(request, "cases/contracts/contracts.html", context)


def period_words(row: Contract) -> str:
    """From when to when."""
    return f"{words(row.starts_on)} to {words(row.ends_on)}"


@require_http_methods(["GET", "HEAD", "POST"])
def contract_offer(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """Offer a contract."""
    reach = request.reach
    case = case_for(reach, reference, Permission.CHANGE_CASE)
    policy = pack_in_force(case.school, reach.today)
    around = selectors.adults_who_may(case, reach.today)
    refusal = selectors.refusal_for(case, reach.today) or _closed(case)
    suggested = suggestions(case)
    form = OfferForm(
        request.POST if request.method == "POST" else None,
        initial=suggested,
        around=around,
        choices=selectors.terms_choices(policy),
        today=reach.today,
    )
    if form.is_valid():
        try:
            made = services.offer(
                reach=reach,
                case=case,
                offer=form.offer(),
                today=reach.today,
                now=timezone.now(),
            )
        except DomainError as problem:
            form.add_error(None, problem.message)
        else:
            messages.success(request, "Contract offered. Nothing is agreed yet")
            return redirect("cases:contract", la=la, reference=made.reference)
    stage = {"stage 1": 1, "stage 2": 2}.get(case.stage, 3)
    context = {
        **case_page(reach, case, "contracts", "Offer a contract"),
        "form": form,
        "refusal": refusal,
        "suggested": bool(suggested),
        "forms": [
            (f"{terms.label}, {layer.pack.pack.title}", terms.fields)
            for layer, terms in selectors.terms_choices(policy)
            if terms.fields
        ],
        "cannot": [one for one in around if one.refusal],
        "nobody": not any(not one.refusal for one in around),
        "ideas": [
            ("Parent", selectors.PARENT_IDEAS),
            ("School or council", selectors.school_ideas(policy, max(2, stage))),
            ("Pupil", selectors.PUPIL_IDEAS),
        ],
        "cancel": reverse("cases:contracts", args=[la, reference]),
    }
    return render(request, "cases/contracts/offer.html", context)


def _closed(case: Case) -> str:
    return services.CLOSED if case.closed_on is not None else ""


@require_http_methods(["GET", "HEAD", "POST"])
def contract_none(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """Write down why no contract is offered."""
    reach = request.reach
    case = case_for(reach, reference, Permission.CHANGE_CASE)
    form = NoneForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            services.not_offered(
                reach=reach,
                case=case,
                why=form.cleaned_data["why"],
                today=reach.today,
                now=timezone.now(),
            )
        except DomainError as problem:
            form.add_error(None, problem.message)
        else:
            messages.success(request, "The reason is on file")
            return redirect("cases:contracts", la=la, reference=reference)
    context = {
        **case_page(reach, case, "contracts", "No contract is offered"),
        "form": form,
        "save": "Save the reason",
        "cancel": reverse("cases:contracts", args=[la, reference]),
    }
    return render(request, "cases/contracts/form.html", context)


@require_safe
def contract(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """One contract: promises, progress in days, signatures, history, and what can be done."""
    reach = request.reach
    row = contract_for(reach, reference, Permission.VIEW_CASE)
    page = case_page(reach, row.case, "contracts", "Attendance contract")
    state = S(row.state)
    in_full = reach.may(Permission.VIEW_SENSITIVE, row.school)
    promises = selectors.promises_of(row)
    parties = _parties(row)
    context = {
        **page,
        "tags": [{"text": LABELS[state], "colour": COLOURS.get(state, "grey")}],
        "row": row,
        "next": NEXT[state],
        "offered": state is not S.NOT_OFFERED,
        "about": _about(row, in_full=in_full),
        "sides": [(side.label, promises[side]) for side in Side if promises[side]],
        "edition_waits": bool(row.agreed) and row.edition != row.agreed,
        "agreed_sides": _agreed_sides(row),
        "progress": _progress(request, row),
        "signature_headings": ["Who", "For", "On", "How"],
        "signatures": [_signature(one) for one in selectors.signatures_of(row)],
        "copies": [
            {
                "name": name,
                "href": reverse("cases:contract_copy", args=[la, reference, adult]),
            }
            for adult, name in parties.items()
        ],
        "timeline": [
            {
                "title": capital(selectors.SAYS.get(event.event, event.event)),
                "by": event.made_by.name if event.made_by else "",
                "day": event.on,
                "text": selectors.shown_words(event, in_full=in_full),
            }
            for event in selectors.events_of(row)
        ],
        "actions": _actions(row, la) if page["may_change"] else [],
    }
    return render(request, "cases/contracts/contract.html", context)


def _actions(row: Contract, la: str) -> list[dict[str, str]]:
    """The buttons: every move of the table that a person makes here."""
    found = []
    for move in moves_from(S(row.state)):
        if move.event in BY_ITSELF or (move.event == "keep" and not row.agreed):
            continue
        if row.agreed and row.state == S.TALKED and move.event in ("refuse", "end"):
            continue
        own = OWN_PAGE.get(move.event)
        args = [la, row.reference] if own else [la, row.reference, move.event]
        href = reverse(f"cases:{own or 'contract_move'}", args=args)
        found.append({"text": move.words, "href": href})
    return found


def _parties(row: Contract) -> dict[str, str]:
    """Each parent of the contract: reference → name."""
    rows = row.parties.select_related("adult").order_by("pk")
    return {one.adult.reference: one.adult.name for one in rows}


def _about(row: Contract, *, in_full: bool) -> list[dict[str, str]]:
    """What it is, as a list of names and values."""
    terms = row.terms
    facts = row.facts
    rows = [
        ("With", ", ".join(_parties(row).values())),
        ("From and to", period_words(row) if row.starts_on else ""),
        ("Attendance to reach", f"{row.target_percent}%" if row.target_percent else ""),
        ("Other targets", row.targets),
        (
            "Attendance when it was offered",
            f"{percent_bp(facts['basis_points'])}: "
            f"{sessions_as_days(facts['authorised'] + facts['unauthorised'])} missed",
        ),
        ("Reasons the parent gives", row.reasons if in_full else ""),
        ("What the pupil says", row.pupil_says if in_full else ""),
        ("Reviews", ", ".join(in_words(day) for day in review_days(row))),
        ("Signed by, in the policy", ", ".join(terms.get("signed_by", ()))),
        ("The policy's form has", "; ".join(terms.get("fields", ()))),
        ("When a promise is not kept, by the policy", "; ".join(terms.get("breach", ()))),
        (
            "By the policy",
            f"{terms['label']}, {terms['title']} ({terms['source']})" if terms else "",
        ),
        ("Why none is offered", row.words),
        ("Written by", f"{row.made_by.name}, {words(row.made_on)}"),
    ]
    return [{"key": key, "value": value} for key, value in rows if value]


def review_days(row: Contract) -> list[date]:
    """The days of the reviews."""
    return [date.fromisoformat(day) for day in row.reviews]


def _agreed_sides(row: Contract) -> list[tuple[str, list[str]]]:
    """The promises that hold while others wait to be agreed."""
    if not row.agreed or row.edition == row.agreed:
        return []
    promises = selectors.promises_of(row, row.agreed)
    return [(side.label, promises[side]) for side in Side if promises[side]]


def _progress(request: AuthorityRequest, row: Contract) -> dict[str, Any] | None:
    """Days missed against the target, once the first day has come."""
    if not row.agreed or row.starts_on is None or row.starts_on > request.reach.today:
        return None
    found = selectors.progress_of(row, request.reach.today)
    missed = sessions_as_days(found.missed)
    allowed = sessions_as_days(found.allowed)
    said = f"Missed {missed} so far. The target leaves {allowed} in all"
    more = (
        f", so {sessions_as_days(found.left)} can still be missed."
        if found.missed <= found.allowed
        else ", so it is out of reach."
    )
    return {
        "said": f"{said}{more}",
        "percent": percent_bp(found.percent),
        "src": reverse("cases:contract_progress", args=[request.authority.code, row.reference]),
        "table": allowed_days.table(found.weeks, allowed=found.allowed),
        "alt": f"{said}{more}",
    }


def _signature(one: Any) -> list[str]:
    """A row of the table of signatures."""
    name = one.adult.name if one.adult else one.user.name if one.user else "The pupil"
    return [name, one.get_side_display(), words(one.signed_on), one.get_way_display()]


@require_safe
def contract_progress(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """Days missed against the target, as SVG. It names nobody."""
    row = contract_for(request.reach, reference, Permission.VIEW_CASE)
    if row.starts_on is None:
        raise NotFound("We cannot find that picture.")
    found = selectors.progress_of(row, request.reach.today)
    picture = svg(allowed_days.spec(found.weeks, allowed=found.allowed))
    return HttpResponse(picture, content_type="image/svg+xml")


Save = Callable[[Contract, Any], None]


def _page(
    request: AuthorityRequest,
    row: Contract,
    form: Any,
    save: Save,
    context: dict[str, Any],
    done: str,
) -> HttpResponse:
    """One form of one contract: shown, tried, and back to the contract."""
    la, reference = request.authority.code, row.reference
    if form.is_valid():
        try:
            save(row, form)
        except DomainError as problem:
            form.add_error(None, problem.message)
        else:
            messages.success(request, done)
            return redirect("cases:contract", la=la, reference=reference)
    return render(
        request,
        "cases/contracts/form.html",
        {
            **case_page(request.reach, row.case, "contracts", context.pop("title")),
            "form": form,
            "cancel": reverse("cases:contract", args=[la, reference]),
            **context,
        },
    )


def _ready(
    request: AuthorityRequest, reference: str, event: str
) -> tuple[Contract, HttpResponse | None]:
    """The contract, and the way back when this cannot be done with it now."""
    row = contract_for(request.reach, reference, Permission.CHANGE_CASE)
    try:
        move_for(S(row.state), event)
        if row.case.closed_on is not None:
            raise RuleNotMet(services.CLOSED)
    except DomainError as problem:
        messages.info(request, problem.message)
        return row, redirect("cases:contract", la=request.authority.code, reference=reference)
    return row, None


@require_http_methods(["GET", "HEAD", "POST"])
def contract_reword(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """Change what it says."""
    row, back = _ready(request, reference, "reword")
    if back:
        return back
    promises = selectors.promises_of(row)
    form = WordingForm(
        request.POST if request.method == "POST" else None,
        initial={
            "version": row.version,
            **{side: "\n".join(lines) for side, lines in promises.items()},
            "target_percent": row.target_percent,
            "targets": row.targets,
            "reasons": row.reasons,
            "pupil_says": row.pupil_says,
        },
    )

    def save(row: Contract, form: WordingForm) -> None:
        services.reword(
            reach=request.reach,
            contract=row,
            version=form.cleaned_data["version"] or 0,
            wording=form.wording(),
            today=request.reach.today,
            now=timezone.now(),
        )

    context = {
        "title": "Change the words",
        "save": "Save the words",
        "lead": "Nothing holds until it is talked through and signed.",
    }
    return _page(request, row, form, save, context, "Words changed")


@require_http_methods(["GET", "HEAD", "POST"])
def contract_meet(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """Record the meeting, and who signed there."""
    row, back = _ready(request, reference, "meet")
    if back:
        return back
    form = MeetForm(
        request.POST if request.method == "POST" else None,
        parties=_parties(row),
        staff=selectors.signers(row.case, request.reach.today),
        me=request.user,
        today=request.reach.today,
        initial={"version": row.version},
    )

    def save(row: Contract, form: MeetForm) -> None:
        services.meet(
            reach=request.reach,
            contract=row,
            version=form.cleaned_data["version"],
            met=form.met(),
            today=request.reach.today,
            now=timezone.now(),
        )

    context = {
        "title": "Record the meeting",
        "save": "Save the meeting",
        "lead": "Go through every promise together, in words that the family uses. "
        "It is voluntary on both sides.",
    }
    return _page(request, row, form, save, context, "Meeting recorded")


@require_http_methods(["GET", "HEAD", "POST"])
def contract_sign(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """Record a signature on another day."""
    row, back = _ready(request, reference, "sign")
    if back:
        return back
    today = request.reach.today
    signed = list(selectors.signatures_of(row))
    adults = {one.adult.reference for one in signed if one.adult}
    users = {one.user_id for one in signed}
    staff = {str(one.user.pk): one.user for one in selectors.signers(row.case, today)}
    there = selectors.present_at(row)
    people = [
        (ref, name) for ref, name in _parties(row).items() if ref in there and ref not in adults
    ]
    if all(one.side != Side.PUPIL for one in signed):
        people.append((Side.PUPIL.value, "The pupil"))
    people += [
        (f"staff-{key}", f"{user.name}, for the school or the council")
        for key, user in staff.items()
        if user.pk not in users
    ]
    form = SignForm(
        request.POST if request.method == "POST" else None,
        people=people,
        today=today,
        initial={"version": row.version},
    )

    def save(row: Contract, form: SignForm) -> None:
        who = form.cleaned_data["who"]
        services.sign(
            reach=request.reach,
            contract=row,
            version=form.cleaned_data["version"],
            who=staff[who.removeprefix("staff-")] if who.startswith("staff-") else who,
            on=form.cleaned_data["on"],
            today=today,
            now=timezone.now(),
        )

    context = {
        "title": "Record a signature",
        "save": "Save the signature",
        "lead": "Only parents who were at the meeting can sign.",
    }
    return _page(request, row, form, save, context, "Signature recorded")


@require_http_methods(["GET", "HEAD", "POST"])
def contract_move(request: AuthorityRequest, la: str, reference: str, event: str) -> HttpResponse:
    """Record anything else that happens to a contract."""
    if event not in ASKS:
        raise NotFound("We cannot find that page.")
    row, back = _ready(request, reference, event)
    if back:
        return back
    today = request.reach.today
    form = ToldForm(
        request.POST if request.method == "POST" else None,
        event=event,
        today=today,
        by_day=today + timedelta(days=7),
        initial={"version": row.version},
    )

    def save(row: Contract, form: ToldForm) -> None:
        services.move(
            reach=request.reach,
            contract=row,
            version=form.cleaned_data["version"],
            told=form.told(),
            today=today,
            now=timezone.now(),
        )

    found = move_for(S(row.state), event)
    context = {
        "title": found.words,
        "save": "Save",
        "lead": "This cannot be taken back." if found.end in FINAL else "",
    }
    return _page(
        request,
        row,
        form,
        save,
        context,
        f"Saved. The contract is now: {LABELS[found.end].lower()}",
    )


@require_safe
def contract_copy(request: AuthorityRequest, la: str, reference: str, adult: str) -> HttpResponse:
    """One parent's copy as a PDF. Its file name holds references, never a name."""
    reach = request.reach
    row = contract_for(reach, reference, Permission.VIEW_CASE)
    party = row.parties.filter(adult__reference=adult).select_related("adult").first()
    if party is None:
        raise NotFound("We cannot find that copy. Check the reference.")
    refusal = selectors.refusal_of_party(row.case, party.adult, reach.today)
    if refusal:
        raise RuleNotMet(refusal)
    copy = selectors.copy_for(row, party.adult, reach.today)
    made = printing.pdf(
        COPY,
        {
            "copy": copy,
            "sides": [
                (PROMISED[side], copy.promises[side]) for side in Side if copy.promises[side]
            ],
            # What one parent told is not for another to read.
            "alone": row.parties.count() == 1,
            "missed": row.facts["authorised"] + row.facts["unauthorised"],
            "row": row,
            "pupil": row.case.pupil,
            "school": row.school,
            "authority": request.authority,
            "printed_on": reach.today,
        },
    )
    services.copy_made(reach=reach, contract=row)
    response = HttpResponse(made, content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="contract-{reference}.pdf"'
    return response
