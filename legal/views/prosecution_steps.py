"""A page for each thing that can happen to a prosecution, each a form of its own."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from attendance.addressing import Way, may_write_to
from authorities.access import Forbidden
from authorities.http import AuthorityRequest
from authorities.permissions import Permission
from legal.access import prosecution_for, sees_papers
from legal.forms.prosecutions import (
    AnswerForm,
    AskForm,
    AuthoriseForm,
    CarriedOutForm,
    ChargeForm,
    ConfirmForm,
    ConsiderForm,
    DecideForm,
    DiscontinueForm,
    DropForm,
    FileForm,
    HearingForm,
    PapersForm,
    SessionsForm,
    TestForm,
    WeighForm,
    WordsForm,
    sessions_from,
)
from legal.models import Prosecution
from legal.selectors import orders
from legal.selectors import prosecutions as selectors
from legal.selectors.prosecution_gates import gate_for
from legal.services import prosecution_courts as courts
from legal.services import prosecution_deciding as deciding
from legal.services import prosecutions as services
from legal.services.papers import Release
from legal.services.prosecution_courts import Decided
from legal.services.prosecution_deciding import Charging, Testing
from legal.services.prosecution_moves import require_council
from legal.services.prosecutions import Answered, Asking, Considered
from legal.views.prosecutions import FORM, answer_rows, defence_rows, heading, test_rows
from letters.models import Route as LetterRoute
from rules.court_outcomes import Outcome, Plea
from rules.dates import in_words
from rules.errors import DomainError
from rules.prosecution_stages import PROSECUTION, ProsecutionState
from rules.prosecutions import CodeTest, Offence, Route

P = Permission
Typed = dict[str, Any]
BOTH_WAYS = ["GET", "HEAD", "POST"]


def council_file(
    request: AuthorityRequest, reference: str, permission: Permission = P.PROSECUTE
) -> Prosecution:
    """A file for what only the council does. Raises NotFound and Forbidden."""
    file = prosecution_for(request.reach, reference, permission)
    require_council(request.reach, permission)
    return file


def form_of(request: AuthorityRequest, form: type[FileForm], file: Prosecution, **more: Any) -> Any:
    """The form, filled when it was sent."""
    data = request.POST if request.method == "POST" else None
    return form(data, prosecution=file, today=request.reach.today, **more)


def edge(request: AuthorityRequest, file: Prosecution, typed: Typed) -> dict[str, Any]:
    """What every service about a file is given."""
    return {
        "reach": request.reach,
        "prosecution": file,
        "version": typed["version"],
        "today": request.reach.today,
        "now": timezone.now(),
    }


def act(
    request: AuthorityRequest,
    la: str,
    file: Prosecution,
    form: FileForm,
    do: Callable[[Typed], object],
    *,
    title: str,
    save: str,
    done: str,
    lead: str = "",
    warning: str = "",
    sections: list[dict[str, Any]] | None = None,
) -> HttpResponse:
    """Show a form about a file, or do what it says and go back to the file."""
    if form.is_valid():
        try:
            do(form.cleaned_data)
        except DomainError as problem:
            form.add_error(None, problem.message)
        else:
            messages.success(request, done)
            return redirect("legal:prosecution", la=la, reference=file.reference)
    context = {
        **heading(file, title),
        "lead": lead,
        "warning": warning,
        "sections": sections or [],
        "form": form,
        "save": save,
        "cancel": reverse("legal:prosecution", args=[la, file.reference]),
    }
    return render(request, FORM, context)


# Preparing


@require_http_methods(BOTH_WAYS)
def prosecution_sessions(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """Choose the offence and its half days again."""
    file = council_file(request, reference)
    offered = selectors.offered(
        file.enrolment, file.adult, file.notice, request.reach.today, prosecution=file
    )

    def do(typed: Typed) -> None:
        services.choose(
            offence=Offence(typed["offence_chosen"]),
            sessions=sessions_from(typed["sessions"]),
            **edge(request, file, typed),
        )

    return act(
        request,
        la,
        file,
        form_of(request, SessionsForm, file, offered=offered),
        do,
        title="Choose the half days again",
        lead="Half days that you leave out are given back, unless the penalty notice rests on "
        "them.",
        save="Save the half days",
        done="Saved. What the register says of them today is kept with the file",
    )


@require_http_methods(BOTH_WAYS)
def prosecution_consider(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """Record that a supervision order was considered."""
    file = council_file(request, reference)
    order = orders.considered(file.pupil, request.reach.today)
    label = (
        f"On the page of the supervision order considered on {in_words(order.considered_on)}"
        if order is not None
        else ""
    )

    def do(typed: Typed) -> None:
        here = typed["record"] == "here"
        services.consider(
            considered=Considered(on=typed["on"], words=typed["words"])
            if here
            else Considered(order=order),
            **edge(request, file, typed),
        )

    return act(
        request,
        la,
        file,
        form_of(request, ConsiderForm, file, order=label),
        do,
        title="Record that a supervision order was considered",
        lead="The council must consider an education supervision order before it prosecutes.",
        save="Record it",
        done="Recorded. The caution letter can go next",
    )


@require_http_methods(BOTH_WAYS)
def prosecution_ask(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """Send the letter under caution, with its questions."""
    file = council_file(request, reference)
    today = request.reach.today
    link = selectors.link_of(file.pupil, file.adult)
    decision = may_write_to(file.adult, link, today) if link is not None else None
    held = decision is not None and decision.way == Way.HOLD

    def do(typed: Typed) -> None:
        release = (
            Release(LetterRoute(typed["route"]), typed["safe"], typed["codes"].split())
            if typed.get("route")
            else None
        )
        services.ask(
            asking=Asking(typed["officer"], typed["answer_by"], release),
            **edge(request, file, typed),
        )

    return act(
        request,
        la,
        file,
        form_of(
            request,
            AskForm,
            file,
            doubt=decision.reason if held and decision else "",
            codes=decision.codes if decision else (),
            initial={
                "officer": request.reach.user.name,
                "answer_by": today + services.ANSWER_WITHIN,
            },
        ),
        do,
        title="Send the caution letter",
        lead=f"It goes to {file.adult.name} alone. It says the caution, the parent's rights and "
        "the half days, and asks about each defence in law.",
        warning=selectors.stops(file, today),
        save="Send the letter",
        done="The letter is on its way. Wait for the answer",
    )


@require_http_methods(BOTH_WAYS)
def prosecution_answer(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """Record what the parent says."""
    file = council_file(request, reference)
    form = form_of(request, AnswerForm, file)

    def do(typed: Typed) -> None:
        services.answer(
            answered=Answered(typed["on"], typed["way"], form.given), **edge(request, file, typed)
        )

    return act(
        request,
        la,
        file,
        form,
        do,
        title="Record what the parent says",
        lead="In the parent's own words. Leave empty what was not answered. Everything is weighed "
        "anew afterwards.",
        save="Record the answers",
        done="Recorded. Weigh the defences next",
    )


@require_http_methods(BOTH_WAYS)
def prosecution_no_answer(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """Record that no answer came in time."""
    file = council_file(request, reference)
    until = f" The parent could answer until {in_words(file.answer_by)}." if file.answer_by else ""
    return act(
        request,
        la,
        file,
        form_of(request, ConfirmForm, file),
        lambda typed: services.no_answer(**edge(request, file, typed)),
        title="No answer came in time",
        lead=f"Look once more through letters, e-mails and calls.{until}",
        warning=selectors.stops(file, request.reach.today),
        save="No answer came",
        done="Recorded. Weigh the defences on what the records show",
    )


def _said(file: Prosecution) -> list[dict[str, Any]]:
    """What the parent answered, to be read beside a form."""

    sections = [
        {"title": "What the parent says", "rows": answer_rows(file)},
        {"title": "The defences", "rows": defence_rows(file)},
    ]
    return [one for one in sections if one["rows"]]


@require_http_methods(BOTH_WAYS)
def prosecution_weigh(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """Weigh each defence in law."""
    file = council_file(request, reference)
    form = form_of(request, WeighForm, file)
    return act(
        request,
        la,
        file,
        form,
        lambda typed: services.weigh(found=form.found, **edge(request, file, typed)),
        title="Weigh the defences",
        lead="One that applies ends the file. One that was raised and does not apply needs a "
        "reason.",
        sections=_said(file)[:1],
        save="Save what you found",
        done="Saved. Make the evidential test next",
    )


@require_http_methods(BOTH_WAYS)
def prosecution_papers(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """Record that the statements and the certificate are on file."""
    file = council_file(request, reference)
    return act(
        request,
        la,
        file,
        form_of(request, PapersForm, file, initial={"on": file.papers_on, "words": file.papers}),
        lambda typed: services.papers(
            on=typed["on"], words=typed["words"], **edge(request, file, typed)
        ),
        title="Record the statements and the certificate",
        lead="Nobody is charged before the headteacher's certificate and the statements are on "
        "file.",
        save="Record them",
        done="Recorded",
    )


# Testing and deciding


@require_http_methods(BOTH_WAYS)
def prosecution_evidential(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """Make the evidential test."""
    return _test(request, la, reference, CodeTest.EVIDENTIAL)


@require_http_methods(BOTH_WAYS)
def prosecution_interest(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """Make the public interest test."""
    return _test(request, la, reference, CodeTest.PUBLIC_INTEREST)


def _test(request: AuthorityRequest, la: str, reference: str, which: CodeTest) -> HttpResponse:
    file = council_file(request, reference)
    form = form_of(request, TestForm, file, test=which)

    def do(typed: Typed) -> None:
        deciding.make_test(
            testing=Testing(which, typed["passed"] == "yes", form.given, typed["on"]),
            **edge(request, file, typed),
        )

    return act(
        request,
        la,
        file,
        form,
        do,
        title=f"Make the {which} test",
        lead="Your name and the day stand beside what you write. It cannot be changed: a new test "
        "takes its place.",
        warning=selectors.stops(file, request.reach.today),
        sections=_said(file),
        save="Save the test",
        done="Saved. What to do next is on the page",
    )


@require_http_methods(BOTH_WAYS)
def prosecution_authorise(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """Authorise a prosecution."""
    file = council_file(request, reference, P.AUTHORISE_PROCEEDINGS)
    today = request.reach.today
    gate = gate_for(file, today)
    why = deciding.why_not_authorise(request.reach, file, today)

    def do(typed: Typed) -> None:
        deciding.authorise(
            seen=typed["seen"],
            officer=typed["officer"],
            words=typed["words"],
            **edge(request, file, typed),
        )

    return act(
        request,
        la,
        file,
        form_of(request, AuthoriseForm, file, initial={"seen": gate.seen}),
        do,
        title="Authorise the prosecution",
        lead="You decide it as the officer to whom the council has delegated it. Read both tests "
        "first.",
        warning=why or selectors.stops(file, today),
        sections=[*_tests(file), *_said(file), {"title": "Before a charge", "rows": _rows(gate)}],
        save="Authorise it",
        done="Authorised. The charge can be sent",
    )


def _tests(file: Prosecution) -> list[dict[str, Any]]:
    """Both tests that count, as they were written, to be read before the decision."""
    made = selectors.counting(file, selectors.tests_of(file))
    shown = [test_rows(made[test], file) for test in CodeTest if test in made]
    return [
        {
            "title": one["title"],
            "rows": [
                {"key": one["state"], "value": f"{one['by']}, {in_words(one['on'])}"},
                *one["rows"],
            ],
        }
        for one in shown
    ]


def _rows(gate: Any) -> list[dict[str, str]]:
    """The gate, to be read beside a form."""
    return [
        {"key": one.words, "value": f"{'Shown' if one.met else 'Missing'}. {one.why}"}
        for one in gate.requirements
    ]


@require_http_methods(BOTH_WAYS)
def prosecution_back(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """Send a file back to be prepared again."""
    file = prosecution_for(request.reach, reference, P.VIEW_LEGAL)
    if not sees_papers(request.reach):
        raise Forbidden("Only the council prosecutes. Ask one of its officers.")
    return act(
        request,
        la,
        file,
        form_of(request, WordsForm, file, label="What has changed, or what has to be put right?"),
        lambda typed: deciding.go_back(words=typed["words"], **edge(request, file, typed)),
        title="Send it back to be prepared",
        lead="The caution letter goes again, and both tests are made again. The time limit does "
        "not stop.",
        save="Send it back",
        done="Sent back",
    )


@require_http_methods(BOTH_WAYS)
def prosecution_charge(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """Record the charge."""
    file = council_file(request, reference)
    today = request.reach.today
    gate = gate_for(file, today)

    def do(typed: Typed) -> None:
        charging = Charging(
            route=Route(typed["route"]),
            on=typed["on"],
            court=typed["court"],
            adult=typed["adult"] == "yes",
            age=typed["age"],
        )
        deciding.charge(charging=charging, seen=typed["seen"], **edge(request, file, typed))

    return act(
        request,
        la,
        file,
        form_of(request, ChargeForm, file, initial={"seen": gate.seen, "on": today}),
        do,
        title="Record the charge",
        lead=dict(selectors.clock_of(file, today))["Today"],
        warning=selectors.stops(file, today),
        save="Record the charge",
        done="Charged. Record the hearing, or what the court decided",
    )


# In court and after


@require_http_methods(BOTH_WAYS)
def prosecution_hearing(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """Record where and when the hearing is."""
    file = council_file(request, reference)
    form = form_of(request, HearingForm, file)
    return act(
        request,
        la,
        file,
        form,
        lambda typed: courts.list_hearing(
            court=typed["court"], at=form.at, **edge(request, file, typed)
        ),
        title="Record the day of the hearing",
        save="Record the hearing",
        done="Recorded. It shows on Work until the outcome is on record",
    )


@require_http_methods(BOTH_WAYS)
def prosecution_decide(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """Record what the court decided."""
    file = council_file(request, reference)
    form = form_of(request, DecideForm, file)

    def do(typed: Typed) -> None:
        decision = courts.decision_on(
            file,
            typed["decided_on"],
            outcomes=frozenset(Outcome(one) for one in typed["outcomes"]),
            plea=Plea(typed["plea"]),
            fine_pence=form.figure("fine_pence"),
            discharge_months=form.figure("discharge_months"),
            custody_days=form.figure("custody_days"),
            parenting_months=form.figure("parenting_months"),
        )
        decided = Decided(
            decision=decision,
            costs_pence=form.figure("costs_pence"),
            surcharge_pence=form.figure("surcharge_pence"),
            requirements=typed["requirements"],
            officer=typed["officer"],
            words=typed["words"],
        )
        courts.decide(decided=decided, **edge(request, file, typed))

    return act(
        request,
        la,
        file,
        form,
        do,
        title="Record what the court decided",
        lead="It ends the penalty notice too. Where the parent was acquitted, the notice counts "
        "no more.",
        save="Record the decision",
        done="Recorded. Tell the school",
    )


@require_http_methods(BOTH_WAYS)
def prosecution_discontinue(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """Discontinue a charge."""
    file = council_file(request, reference)
    return act(
        request,
        la,
        file,
        form_of(request, DiscontinueForm, file),
        lambda typed: courts.discontinue(
            reason=typed["reason"], words=typed["words"], **edge(request, file, typed)
        ),
        title="Discontinue it",
        lead="Tell the court too. No further action is taken on the penalty notice. Where the "
        "register was put right, or the person is not liable, its withdrawal is asked for.",
        save="Discontinue it",
        done="Discontinued. Tell the school",
    )


@require_http_methods(BOTH_WAYS)
def prosecution_drop(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """Not going on before a charge, and what happens instead."""
    file = council_file(request, reference)
    return act(
        request,
        la,
        file,
        form_of(request, DropForm, file),
        lambda typed: courts.drop(
            reason=typed["reason"],
            instead=typed["instead"],
            words=typed["words"],
            **edge(request, file, typed),
        ),
        title="Do not go on",
        lead="A penalty notice that is unpaid must be withdrawn then. You ask for it here, and "
        "somebody else decides."
        if file.notice is not None
        else "The file ends, and its half days are given back.",
        save="End the file",
        done="Ended. Tell the school",
    )


@require_http_methods(BOTH_WAYS)
def prosecution_report(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """Tell the school what came of it."""
    file = council_file(request, reference)
    state = PROSECUTION.labels[ProsecutionState(file.state)]
    return act(
        request,
        la,
        file,
        form_of(
            request,
            WordsForm,
            file,
            label="What is the school told?",
            hint="The outcome, and what the school does now",
            initial={"words": f"{state}."},
        ),
        lambda typed: courts.report(words=typed["words"], **edge(request, file, typed)),
        title="Tell the school",
        lead="The school reads it on this page, and on Work where there is an open case.",
        save="Tell the school",
        done="The school is told",
    )


@require_http_methods(BOTH_WAYS)
def prosecution_carried_out(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """Record how a parenting order was carried out."""
    file = council_file(request, reference)

    def do(typed: Typed) -> None:
        begun = typed["what"] == "begun"
        courts.carried_out(
            begun_on=typed["begun_on"],
            why_not="" if begun else typed["what"],
            words=typed["words"],
            **edge(request, file, typed),
        )

    return act(
        request,
        la,
        file,
        form_of(request, CarriedOutForm, file),
        do,
        title="Record how the parenting order was carried out",
        save="Record it",
        done="Recorded",
    )


@require_http_methods(BOTH_WAYS)
def prosecution_stands(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """Say that a prosecution goes on after somebody looked again."""
    file = council_file(request, reference)
    return act(
        request,
        la,
        file,
        form_of(
            request,
            WordsForm,
            file,
            label="Why does it go on?",
            hint="To end it instead, go back and choose not to go on",
        ),
        lambda typed: courts.stands(words=typed["words"], **edge(request, file, typed)),
        title="Say that it goes on after all",
        lead=file.review or "There is nothing to look at again.",
        save="It goes on",
        done="Recorded: it goes on",
    )
