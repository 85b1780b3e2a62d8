"""Preparing a case's letters, looking at one, and deciding what becomes of it."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from attendance.access import hidden_because
from attendance.addressing import Way
from attendance.services.reveals import Why, reveal
from authorities.exports import written_down
from authorities.http import AuthorityRequest
from authorities.permissions import Permission
from authorities.selectors import schools_for
from cases.access import case_for, case_letter_for, case_letters_for
from cases.forms.cases import (
    LetterFilters,
    PrepareForm,
    ReleaseForm,
    WithdrawForm,
    school_choices,
)
from cases.models import Case, CaseLetter
from cases.selectors.facts import book_for, figures_of
from cases.selectors.family import clashes
from cases.selectors.letters import addressees, doubts_about, letter_choices, policy_for
from cases.services import concern_letters, letter_reviews
from frontend.lists import Column, ListPage
from frontend.templatetags.govuk import words
from letters import render as rendering
from letters import wording
from letters.catalogue import kind_of
from letters.models import Letter, Route, WhyWithdrawn
from letters.selectors import document_of, late
from letters.services import drafting
from rules.errors import DomainError
from rules.letter_stages import LABELS, LetterState, may

COLOURS = {
    LetterState.DRAFT: "grey",
    LetterState.APPROVED: "blue",
    LetterState.RENDERING: "blue",
    LetterState.MADE: "turquoise",
    LetterState.HANDED_OVER: "green",
    LetterState.HELD: "yellow",
    LetterState.WITHDRAWN: "grey",
    LetterState.FAILED: "red",
}

COVERED = "Address kept from others"
ASK = "Ask the safeguarding lead of the school before you release this letter."


@require_safe
def letters(request: AuthorityRequest, la: str) -> HttpResponse:
    """Every letter of every case that the person may see, with its state."""
    reach = request.reach
    reach.require(Permission.VIEW_CASE)
    rows = case_letters_for(reach)
    if request.GET.get("export") == "csv":
        reach.require(Permission.EXPORT)
        rows = rows.filter(reach.schools(Permission.EXPORT, "letter__school__"))
    waiting = late(reach, timezone.now()).count()
    lead = ""
    if waiting:
        verb = "letter has" if waiting == 1 else "letters have"
        lead = f"{waiting} {verb} waited for more than 30 minutes. Tell whoever runs Onroll."
    return letter_list(la).respond(
        request,
        rows,
        {"title": "Letters", "lead": lead},
        form_options={"schools": school_choices(schools_for(reach, Permission.VIEW_CASE))},
        on_export=written_down(reach, on="letters.Letter:list", what="letters"),
    )


def about_href(found: CaseLetter, la: str) -> str:
    """The page of what a letter is about."""
    if found.about:
        return reverse("legal:of_letter", args=[la, found.letter.reference])
    if found.leave is not None:
        return reverse("attendance:leave_request", args=[la, found.leave.reference])
    return reverse("cases:case", args=[la, found.case.reference if found.case else ""])


def letter_list(la: str) -> ListPage:
    """The list, declared for one authority."""
    return ListPage(
        name="letters",
        noun="letter",
        columns=[
            Column(
                "pupil",
                "Pupil",
                lambda row: row.pupil.name,
                order_by=("pupil__sort_name",),
                href=lambda row: about_href(row, la),
            ),
            Column(
                "title",
                "Letter",
                lambda row: row.letter.title,
                order_by=("letter__title",),
                href=lambda row: reverse("cases:letter", args=[la, row.letter.reference]),
            ),
            Column("to", "To", lambda row: row.letter.recipient_name, order_by=("adult__surname",)),
            Column(
                "school",
                "School",
                lambda row: row.letter.school.name,
                order_by=("letter__school__name",),
            ),
            Column(
                "state",
                "State",
                lambda row: LABELS[row.letter.stage],
                order_by=("letter__state",),
                template="cases/cells/letter_state.html",
            ),
            Column(
                "made",
                "Prepared",
                lambda row: row.letter.created_at,
                order_by=("letter__created_at",),
                show=words,
                descending_first=True,
            ),
            Column(
                "reference",
                "Reference",
                lambda row: row.letter.reference,
                order_by=("letter__reference",),
                export="only",
            ),
        ],
        sort="-made",
        filter_form=LetterFilters,
        filters={
            "state": lambda rows, state: rows.filter(letter__state=state),
            "route": lambda rows, route: rows.filter(letter__route=route),
            "school": lambda rows, urn: rows.filter(letter__school__urn=urn),
        },
        search=lambda rows, typed: rows.filter(letter__reference__istartswith=typed),
        search_label="Letter reference",
        nothing_yet="Prepare the first letter from a case.",
    )


@require_http_methods(["GET", "HEAD", "POST"])
def letter_prepare(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """Choose a letter and the adults; one draft for each, and nothing is sent."""
    reach = request.reach
    case = case_for(reach, reference, Permission.PREPARE_LETTER)
    book = book_for(case.enrolment, reach.today)
    policy = policy_for(case, reach.today)
    choices = letter_choices(policy, figures_of(book))
    around = addressees(case, reach.today)
    data = request.POST if request.method == "POST" else None
    asked = {one.value: {"letter": one.value} for one in choices}.get(request.GET.get("letter", ""))
    form = PrepareForm(data, letters=choices, around=around, initial=asked)
    if form.is_valid():
        pack, letter = form.chosen
        try:
            drafts = concern_letters.prepare(
                reach=reach,
                case=case,
                pack=pack,
                letter=letter,
                adults=form.cleaned_data["adults"],
                now=timezone.now(),
                today=reach.today,
            )
        except DomainError as problem:
            form.add_error(None, problem.message)
        else:
            return _to_drafts(request, la, case, drafts)
    context = {
        "case": case,
        "form": form,
        "choices": choices,
        "nobody": [one for one in around if one.decision.way == Way.DO_NOT_WRITE],
        "around": around,
        "policy": policy.sources(),
        "clashes": clashes(case, reach, reach.today),
        "may_log": reach.may(Permission.CHANGE_CASE, case.school),
    }
    return render(request, "cases/letter_prepare.html", context)


def _to_drafts(
    request: AuthorityRequest, la: str, case: Case, drafts: list[CaseLetter]
) -> HttpResponse:
    """To the one draft, or to the case that lists them."""
    if len(drafts) == 1:
        messages.success(request, "Letter prepared. Read it, then approve it.")
        return redirect("cases:letter", la=la, reference=drafts[0].letter.reference)
    messages.success(request, f"{len(drafts)} letters prepared. Read each, then approve it.")
    return redirect("cases:case", la=la, reference=case.reference)


@require_safe
def letter(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """The words of one letter, where it stands, and what can be done with it."""
    found = case_letter_for(request.reach, reference, Permission.VIEW_CASE)
    drafting.read(found.letter, reach=request.reach, preview=not found.letter.sha256)
    return _letter(request, la, found)


def _letter(request: AuthorityRequest, la: str, found: CaseLetter, **forms: Any) -> HttpResponse:
    """The page, with a form that was sent and did not hold, if any."""
    reach, one = request.reach, found.letter
    school = found.letter.school
    kind = kind_of(one.kind)
    prepares = reach.may(Permission.PREPARE_LETTER, school)
    approves = reach.may(kind.approve, school)
    codes, doubts = doubts_about(found, reach.today)
    because = _hidden_because(request, found)
    page = drafting.page_of(one)
    context = {
        "about": {
            "href": about_href(found, la),
            "text": _back_to(found),
        },
        "case_letter": found,
        "letter": one,
        "tags": [{"text": LABELS[one.stage], "colour": COLOURS[one.stage]}],
        "blocks": _blocks(one, page, covered=bool(because)),
        "enclosed": page["enclosed"],
        "school_name": getattr(page["letter"], "council_name", "") or page["letter"].school_name,
        "contact_name": getattr(page["letter"], "officer", "") or page["letter"].contact_name,
        "address_lines": [] if because else one.address_lines,
        "hidden_because": because if one.address_lines else "",
        "may_open": not one.sha256 or _may_open(request, found),
        "rows": _rows(found),
        "doubts": doubts,
        "clashes": clashes(found.case, reach, reach.today)
        if found.case is not None and one.stage in (LetterState.DRAFT, LetterState.HELD)
        else [],
        "ask": ASK if one.stage == LetterState.HELD and doubts else "",
        "may_approve": approves and may(one.stage, "approve"),
        "may_hold": prepares and may(one.stage, "hold"),
        "may_withdraw": prepares and may(one.stage, "withdraw"),
        "may_release": approves and one.stage == LetterState.HELD,
        "may_try_again": approves and may(one.stage, "try_again"),
        "withdraw_form": forms.get("withdraw_form") or WithdrawForm(auto_id="withdraw_%s"),
        "release_form": forms.get("release_form")
        or ReleaseForm(auto_id="release_%s", initial={"seen": " ".join(codes)}),
        "form": next(iter(forms.values()), None),
    }
    return render(request, "cases/letter.html", context)


def _back_to(found: CaseLetter) -> str:
    """The link to what a letter is about, in words."""
    if found.about:
        return "Back to what this letter is about"
    return "Back to the case" if found.case_id else "Back to the request for leave"


def _blocks(one: Letter, page: dict[str, Any], *, covered: bool) -> list[Any]:
    """The words of a letter; a parent's address in them only for whoever may see it."""
    said = page["letter"].placeholders()
    if not covered or "parent_address" not in said:
        return list(page["blocks"])
    return wording.fill(one.wording, {**said, "parent_address": COVERED})


def _rows(found: CaseLetter) -> list[dict[str, Any]]:
    """What is kept about a letter."""
    one = found.letter
    people = {
        "Prepared": (one.created_by, one.created_at),
        "Released": (one.released_by, one.released_at),
        "Approved": (one.approved_by, one.approved_at),
    }
    rows = [("Reference", one.reference), ("To", one.recipient_name)]
    rows += [("How it leaves", "" if one.stage == LetterState.HELD else Route(one.route).label)]
    rows += [("Policy", f"{one.source} (edition {one.edition})")]
    rows += [
        (what, f"{words(at)} by {who.name if who else 'the policy, by itself'}")
        for what, (who, at) in people.items()
        if at is not None
    ]
    rows += [("Why it was released", one.release_reason)]
    rows += [("Handed over", words(one.handed_over_at)), ("Fingerprint (SHA-256)", one.sha256)]
    return [{"key": key, "value": value} for key, value in rows if value]


def _hidden_because(request: AuthorityRequest, found: CaseLetter) -> str:
    """Why the address of a letter's adult is not shown to this person; empty when it is."""
    contacts = request.reach.may(Permission.VIEW_CONTACTS, found.letter.school)
    return hidden_because(found.adult, {Permission.VIEW_CONTACTS} if contacts else ())


def _carries_protected(found: CaseLetter) -> bool:
    """Whether an address is on the letter that must be kept from others."""
    return found.adult.kept_back and bool(found.letter.address_lines)


def _may_open(request: AuthorityRequest, found: CaseLetter) -> bool:
    """Whether the person may open the letter as it was made: nothing on it can be covered."""
    needed = {Permission.VIEW_CONTACTS}
    needed |= {Permission.VIEW_PROTECTED} if _carries_protected(found) else set()
    return all(request.reach.may(one, found.letter.school) for one in needed)


@require_safe
def letter_pdf(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """The kept PDF; before there is one, a preview of the same page marked as such."""
    reach = request.reach
    found = case_letter_for(reach, reference, Permission.VIEW_CASE)
    reach.require(Permission.VIEW_CONTACTS, found.letter.school)  # the page shows the address
    kept = document_of(found.letter)
    if kept is not None:
        if _carries_protected(found):
            reveal(
                adult=found.adult,
                pupil=found.pupil.reference,
                school=found.letter.school,
                by=reach,
                why=Why.LETTER,
            )
        pdf = bytes(kept.pdf)
    else:
        page = drafting.page_of(found.letter, preview=True)
        if _carries_protected(found):
            name = found.letter.recipient_name
            page["recipient"] = replace(page["recipient"], address_lines=(name, COVERED))
        pdf = rendering.pdf(kind_of(found.letter.kind).template, page)
    drafting.read(found.letter, reach=reach, preview=kept is None)
    name = found.letter.reference if kept is not None else f"preview-{found.letter.reference}"
    response = HttpResponse(pdf, content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="{name}.pdf"'
    return response


def _move(
    request: AuthorityRequest,
    la: str,
    found: CaseLetter,
    move: Callable[..., Letter],
    done: str,
    *,
    held: str = "",
) -> HttpResponse:
    """Move a letter on, and show it again with the words for what was done.

    held  the words for a letter that ended up held when something else was asked
    """
    letter = move(found.letter, reach=request.reach, now=timezone.now())
    if held and letter.stage == LetterState.HELD:
        messages.warning(request, held)
    else:
        messages.success(request, done)
    return redirect("cases:letter", la=la, reference=letter.reference)


def _to_approve(request: AuthorityRequest, reference: str) -> CaseLetter:
    """A letter for whoever may send its kind. Raises NotFound and Forbidden."""
    found = case_letter_for(request.reach, reference, Permission.VIEW_CASE)
    request.reach.require(kind_of(found.letter.kind).approve, found.letter.school)
    return found


@require_POST
def letter_approve(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """Send a draft on its way, or find it held."""
    found = _to_approve(request, reference)
    done = "Letter approved. It is made and handed over in a moment."
    held = "The letter was not sent. It is held for a person."

    def approve(letter: Letter, **edge: Any) -> Letter:
        return letter_reviews.approve(case_letter=found, today=request.reach.today, **edge)

    return _move(request, la, found, approve, done, held=held)


@require_POST
def letter_hold(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """Stop a letter until a person releases it."""
    found = case_letter_for(request.reach, reference, Permission.PREPARE_LETTER)
    done = "Letter held. It goes nowhere until somebody releases it."
    return _move(request, la, found, drafting.hold, done)


@require_POST
def letter_again(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """Try a failed letter once more."""
    found = _to_approve(request, reference)
    return _move(request, la, found, drafting.try_again, "The letter is tried again.")


@require_POST
def letter_withdraw(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """Stop a letter for good, with the reason."""
    found = case_letter_for(request.reach, reference, Permission.PREPARE_LETTER)
    form = WithdrawForm(request.POST, auto_id="withdraw_%s")
    if not form.is_valid():
        return _letter(request, la, found, withdraw_form=form)

    def withdraw(letter: Letter, **edge: Any) -> Letter:
        why, today = WhyWithdrawn(form.cleaned_data["why"]), request.reach.today
        return letter_reviews.withdraw(case_letter=found, why=why, today=today, **edge)

    return _move(request, la, found, withdraw, "Letter withdrawn. It will not be sent.")


@require_POST
def letter_release(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """Take a held letter on, by post or by hand, with the reason why that is safe."""
    found = _to_approve(request, reference)
    form = ReleaseForm(request.POST, auto_id="release_%s")
    if not form.is_valid():
        return _letter(request, la, found, release_form=form)

    def release(letter: Letter, **edge: Any) -> Letter:
        return concern_letters.release(
            case_letter=found,
            route=Route(form.cleaned_data["route"]),
            reason=form.cleaned_data["reason"],
            seen=form.cleaned_data["seen"].split(),
            today=request.reach.today,
            **edge,
        )

    try:
        done = "Letter released. Read it again, then approve it."
        return _move(request, la, found, release, done)
    except DomainError as problem:
        form.add_error(None, problem.message)
        return _letter(request, la, found, release_form=form)
