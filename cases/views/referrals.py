"""Referrals to the authority: the list, one of a case, writing, sending, the council's answer."""

from collections.abc import Callable
from datetime import date
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from authorities.access import NotFound
from authorities.exports import written_down
from authorities.http import AuthorityRequest
from authorities.packs import pack_in_force
from authorities.permissions import Permission
from authorities.selectors import schools_for
from cases.access import case_for, referral_for, referrals_for
from cases.forms.referrals import (
    AnswerForm,
    ReferralFilters,
    SendForm,
    WithdrawForm,
    WriteForm,
    school_choices,
)
from cases.models import Referral
from cases.selectors import referrals as selectors
from cases.selectors.referral_facts import checked
from cases.services import referrals as service
from cases.views.pages import case_page
from frontend.lists import Column, ListPage
from frontend.templatetags.govuk import words
from letters import render as printing
from rules.dates import months_after
from rules.errors import DomainError
from rules.referral_stages import (
    ANSWERABLE,
    AUTHORITY,
    EVENT_WORDS,
    NEXT,
    SCHOOL,
    TURN,
    WRITABLE,
    ReferralState,
    events_from,
)

TURNS = {
    "council": [state.value for state, turn in TURN.items() if turn == AUTHORITY],
    "school": [state.value for state, turn in TURN.items() if turn == SCHOOL],
}
TEMPLATE = "letters/referral.html"
P = Permission


@require_safe
def referrals(request: AuthorityRequest, la: str) -> HttpResponse:
    """Every referral that the person may see, by state, school, team and age."""
    reach = request.reach
    reach.require(P.VIEW_SENSITIVE)
    reach.require(P.VIEW_CASE)
    rows = referrals_for(reach)
    teams = sorted(set(rows.exclude(team="").values_list("team", flat=True)))
    if request.GET.get("export") == "csv":
        reach.require(P.EXPORT)
        rows = rows.filter(reach.schools(P.EXPORT, "school__"))
    context = {
        "title": "Referrals",
        "lead": "What schools asked the council to help with, and whose turn it is.",
    }
    return referral_list(la, reach.today).respond(
        request,
        rows,
        context,
        form_options={
            "schools": school_choices(schools_for(reach, P.VIEW_SENSITIVE)),
            "teams": teams,
        },
        on_export=written_down(reach, on="cases.Referral:list", what="referrals"),
    )


def referral_list(la: str, today: date) -> ListPage:
    """The list, declared for one authority."""
    return ListPage(
        name="referrals",
        noun="referral",
        columns=[
            Column(
                "pupil",
                "Pupil",
                lambda row: row.case.pupil.name,
                order_by=("case__pupil__sort_name",),
                href=lambda row: reverse("cases:referral", args=[la, row.reference]),
            ),
            Column("title", "Form", lambda row: row.title, order_by=("title",)),
            Column("school", "School", lambda row: row.school.name, order_by=("school__name",)),
            Column("age", "Age", lambda row: _age(row.case.pupil.born_on, today), numeric=True),
            Column(
                "state",
                "State",
                lambda row: row.get_state_display(),
                order_by=("state",),
                template="cases/cells/referral_state.html",
            ),
            Column("team", "Team", lambda row: row.team, order_by=("team",)),
            Column(
                "sent",
                "Sent",
                lambda row: row.sent_on,
                order_by=("sent_on",),
                show=words,
                descending_first=True,
            ),
        ],
        sort="-sent",
        filter_form=ReferralFilters,
        filters={
            "state": lambda rows, state: rows.filter(state__in=TURNS.get(state, [state])),
            "team": lambda rows, team: rows.filter(team=team),
            "age": lambda rows, age: _of_age(rows, int(age), today),
            "school": lambda rows, urn: rows.filter(school__urn=urn),
        },
        search=lambda rows, typed: rows.filter(reference__istartswith=typed),
        search_label="Reference",
        nothing_yet="A school writes a referral from one of its cases. It shows here once sent.",
    )


def _age(born: date, today: date) -> int:
    """Whole years."""
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))


def _of_age(rows: QuerySet[Referral], age: int, today: date) -> QuerySet[Referral]:
    """The referrals of pupils of an age today."""
    return rows.filter(
        case__pupil__born_on__lte=months_after(today, -12 * age),
        case__pupil__born_on__gt=months_after(today, -12 * (age + 1)),
    )


@require_http_methods(["GET", "HEAD", "POST"])
def case_referrals(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """The referrals of one case, and the forms to begin another on."""
    reach = request.reach
    begun = request.method == "POST"
    found = case_for(reach, reference, P.MAKE_REFERRAL if begun else P.VIEW_SENSITIVE)
    if begun:
        try:
            made = service.begin(
                reach=reach,
                case=found,
                form=request.POST.get("form", ""),
                today=reach.today,
                now=timezone.now(),
            )
        except service.AlreadyBegun as problem:
            messages.info(request, problem.message)
            return redirect("cases:referral", la=la, reference=problem.reference)
        messages.success(request, "Referral begun as a draft. Nothing was sent.")
        return redirect("cases:referral_write", la=la, reference=made.reference)
    may_make = found.closed_on is None and reach.may(P.MAKE_REFERRAL, found.school)
    rows = list(referrals_for(reach).filter(case=found).order_by("-pk"))
    context = {
        **case_page(reach, found, "case_referrals"),
        "rows": rows,
        "colours": selectors.COLOURS,
        "forms": selectors.forms_in_force(pack_in_force(found.school, reach.today))
        if may_make
        else [],
        "may_make": may_make,
    }
    return render(request, "cases/referrals/of_case.html", context)


@require_safe
def referral(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """One referral: what was asked and answered, what speaks against it, each step, what next."""
    found = referral_for(request.reach, reference, P.VIEW_SENSITIVE)
    service.read(reach=request.reach, referral=found)
    return _referral(request, found)


def _referral(request: AuthorityRequest, found: Referral, **forms: Any) -> HttpResponse:
    reach = request.reach
    state = ReferralState(found.state)
    can = events_from(state)
    makes = reach.may(P.MAKE_REFERRAL, found.school)
    decides = reach.may(P.DECIDE_REFERRAL, found.school)
    policy = pack_in_force(found.school, reach.today)
    found = selectors.as_read_by(found, own=makes)
    findings = checked(found, policy, reach.today, own=makes)
    due = selectors.answer_due(found)
    context = {
        **case_page(reach, found.case, "case_referrals", found.title),
        "found": found,
        "state_tag": {
            "text": found.get_state_display(),
            "colour": selectors.COLOURS[found.state],
        },
        "turn": TURN[state],
        "next": NEXT[state],
        "due": due,
        "rows": selectors.answer_rows(found),
        "findings": findings,
        "checked_on": None if makes and state in WRITABLE else found.checked_on,
        "steps": [
            {
                "title": EVENT_WORDS[step.event],
                "by": step.made_by.name,
                "at": step.made_at,
                "text": selectors.step_words(step),
            }
            for step in selectors.steps_of(found)
        ],
        "may_write": makes and state in WRITABLE,
        "may_withdraw": makes and "withdraw" in can,
        "may_receive": decides and "receive" in can,
        "may_give": decides and state in ANSWERABLE,
        "answer_form": forms.get("answer_form")
        or (_answer_form(found, [one.code for one in findings]) if decides else None),
        "withdraw_form": forms.get("withdraw_form")
        or WithdrawForm(auto_id="withdraw_%s", initial={"seen": found.version}),
        "form": forms.get("answer_form") or forms.get("withdraw_form"),
        "copies": selectors.copies(found, reach.today) if makes and found.sent_on else [],
    }
    return render(request, "cases/referrals/one.html", context)


def _answer_form(found: Referral, proposed: list[str]) -> AnswerForm | None:
    """The council's form, where there is something to do."""
    form = AnswerForm(referral=found, proposed=proposed, auto_id="answer_%s")
    return form if form.fields["event"].choices else None  # type: ignore[attr-defined]


@require_http_methods(["GET", "HEAD", "POST"])
def referral_write(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """Write the answers and keep them, complete or not; see what would send it back."""
    reach = request.reach
    found = referral_for(reach, reference, P.MAKE_REFERRAL)
    writing = request.method == "POST"
    if ReferralState(found.state) not in WRITABLE and not writing:
        return redirect("cases:referral", la=la, reference=reference)
    form = WriteForm(request.POST if writing else None, referral=found)
    theirs: list[dict[str, Any]] = []
    if writing and form.is_valid():
        try:
            service.save(
                reach=reach,
                referral=found,
                answers=form.answers,
                in_copy=form.cleaned_data["in_copy"],
                seen=form.cleaned_data["seen"],
                now=timezone.now(),
            )
        except DomainError as problem:
            found = referral_for(reach, reference, P.MAKE_REFERRAL)
            form = _again(request, found, form, problem)
            theirs = _theirs(found, form)
        else:
            messages.success(request, "Saved. Nothing was sent yet.")
            to = "referral_send" if "check" in request.POST else "referral_write"
            return redirect(f"cases:{to}", la=la, reference=reference)
    findings = checked(found, pack_in_force(found.school, reach.today), reach.today)
    context = {
        **case_page(reach, found.case, "case_referrals", found.title),
        "found": found,
        "form": form,
        "theirs": theirs,
        "findings": findings,
    }
    return render(request, "cases/referrals/write.html", context)


def _again(
    request: AuthorityRequest, found: Referral, form: WriteForm, problem: DomainError
) -> WriteForm:
    """The same texts over what is kept now, so that nothing typed is lost."""
    typed = request.POST.copy()
    typed["seen"] = str(found.version)
    again = WriteForm(typed, referral=found)
    again.add_error(None, problem.message)
    return again


def _theirs(found: Referral, form: WriteForm) -> list[dict[str, Any]]:
    """The answers that are kept and differ from what this person typed."""
    typed = {name: str(form.data.get(f"answer_{name}", "")).strip() for name in found.answers}
    return [
        row
        for row in selectors.answer_rows(found)
        if row["text"] and typed.get(row["key"], "") != row["text"]
    ]


@require_http_methods(["GET", "HEAD", "POST"])
def referral_send(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """The last look: what speaks against it, then send."""
    reach = request.reach
    found = referral_for(reach, reference, P.MAKE_REFERRAL)
    sending = request.method == "POST"
    if ReferralState(found.state) not in WRITABLE and not sending:
        return redirect("cases:referral", la=la, reference=reference)
    findings = checked(found, pack_in_force(found.school, reach.today), reach.today)
    form = SendForm(
        request.POST if sending else None,
        found=bool(findings),
        initial={"seen": found.version, "despite": found.despite},
    )
    if sending and form.is_valid():
        try:
            service.send(
                reach=reach,
                referral=found,
                despite=form.cleaned_data.get("despite", ""),
                seen=form.cleaned_data["seen"],
                today=reach.today,
                now=timezone.now(),
            )
        except DomainError as problem:
            form.add_error(None, problem.message)
        else:
            messages.success(request, "Sent to the council. You see each step here.")
            return redirect("cases:referral", la=la, reference=reference)
    context = {
        **case_page(reach, found.case, "case_referrals", found.title),
        "found": found,
        "form": form,
        "findings": findings,
        "incomplete": any(one.code == "REF-1" for one in findings),
        "rows": selectors.answer_rows(found),
    }
    return render(request, "cases/referrals/send.html", context)


@require_POST
def referral_withdraw(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """Take it back, with the reason."""
    found = referral_for(request.reach, reference, P.MAKE_REFERRAL)
    form = WithdrawForm(request.POST, auto_id="withdraw_%s")
    if form.is_valid():
        try:
            service.withdraw(
                reach=request.reach,
                referral=found,
                words=form.cleaned_data["words"],
                seen=form.cleaned_data["seen"],
                today=request.reach.today,
                now=timezone.now(),
            )
        except DomainError as problem:
            form.add_error(None, problem.message)
        else:
            messages.success(request, "Referral withdrawn.")
            return redirect("cases:referral", la=la, reference=reference)
    return _referral(request, found, withdraw_form=form)


@require_POST
def referral_receive(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """The council says that it reads it now."""
    found = referral_for(request.reach, reference, P.DECIDE_REFERRAL)
    seen = request.POST.get("seen", "")
    try:
        service.receive(
            reach=request.reach,
            referral=found,
            seen=int(seen) if seen.isdecimal() else 0,
            now=timezone.now(),
        )
    except DomainError as problem:
        messages.warning(request, problem.message)
    else:
        messages.success(request, "Marked as being read. The school sees it.")
    return redirect("cases:referral", la=la, reference=reference)


DONE = {
    "accept": "Referral accepted. Send it to the team that will help.",
    "send_on": "Sent to the team. The school sees it.",
    "return": "Returned to the school with your reasons.",
    "end": "Referral ended. The school sees what it led to.",
}


@require_POST
def referral_answer(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """The council accepts, sends on, returns or ends."""
    reach = request.reach
    found = referral_for(reach, reference, P.DECIDE_REFERRAL)
    form = AnswerForm(request.POST, referral=found, auto_id="answer_%s")
    if form.is_valid():
        typed = form.cleaned_data
        event = typed["event"]
        more: dict[str, Any] = {}
        more |= {"team": typed["team"]} if event == "send_on" else {}
        more |= {"reasons": typed["reasons"]} if event == "return" else {}
        try:
            SERVICES[event](
                reach=reach,
                referral=found,
                words=typed["words"],
                seen=typed["seen"],
                today=reach.today,
                now=timezone.now(),
                **more,
            )
        except DomainError as problem:
            form.add_error(None, problem.message)
        else:
            messages.success(request, DONE[event])
            return redirect("cases:referral", la=la, reference=reference)
    return _referral(request, found, answer_form=form)


SERVICES: dict[str, Callable[..., Referral]] = {
    "accept": service.accept,
    "send_on": service.send_on,
    "return": service.give_back,
    "end": service.end,
}


@require_safe
def referral_pdf(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """The referral as a PDF for the file: everything that the page shows."""
    reach = request.reach
    found = referral_for(reach, reference, P.VIEW_SENSITIVE)
    own = reach.may(P.MAKE_REFERRAL, found.school)
    found = selectors.as_read_by(found, own=own)
    policy = pack_in_force(found.school, reach.today)
    findings = checked(found, policy, reach.today, own=own)
    service.copied(reach=reach, referral=found, whom="the file")
    return _pdf(found, selectors.answer_rows(found), findings=findings, family=False)


@require_safe
def referral_copy(request: AuthorityRequest, la: str, reference: str, adult: str) -> HttpResponse:
    """One adult's copy: only what the school let in, and only where writing to them is safe."""
    found = referral_for(request.reach, reference, P.MAKE_REFERRAL)
    if found.sent_on is None:
        raise NotFound("There is no copy before a referral is sent.")
    one = next(
        (
            copy
            for copy in selectors.copies(found, request.reach.today)
            if copy["adult"].reference == adult
        ),
        None,
    )
    if one is None:
        raise NotFound("We cannot find that person. Check the reference.")
    if not one["may"]:
        messages.warning(request, f"No copy was made. {one['reason']}")
        return redirect("cases:referral", la=la, reference=reference)
    service.copied(reach=request.reach, referral=found, whom="the family")
    return _pdf(found, selectors.copy_rows(found), findings=(), family=True)


def _pdf(found: Referral, rows: list[dict[str, Any]], **more: Any) -> HttpResponse:
    """The page as a PDF. Its file name holds a reference, never a name."""
    made = printing.pdf(TEMPLATE, {"found": found, "rows": rows, **more})
    response = HttpResponse(made, content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="referral-{found.reference}.pdf"'
    return response
