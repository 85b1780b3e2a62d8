"""Penalty notices: the list, one of them, and a page for each thing that can happen to it."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from authorities.access import Reach
from authorities.exports import written_down
from authorities.http import AuthorityRequest
from authorities.packs import pack_in_force
from authorities.permissions import Permission, Role
from authorities.selectors import schools_for
from cases.forms.cases import school_choices
from frontend.lists import Column, ListPage
from frontend.templatetags.govuk import words
from legal.access import penalties_for, penalty_for
from legal.forms.penalties import (
    AnswerForm,
    DecideForm,
    NoticeForm,
    OfficeForm,
    PenaltyFilters,
    RebutForm,
    ReviewForm,
    SayForm,
    ServeForm,
    StopForm,
    WithdrawForm,
)
from legal.models import Lane, LegalEvent, PenaltyNotice, Representation
from legal.selectors import penalties as selectors
from legal.selectors.prosecutions import of_notice
from legal.services import offices, reading, representations, serving, withdrawals
from legal.services.corrections import CORRECTED
from legal.services.offices import Details
from legal.services.serving import Served
from legal.views.corrections import asked_of
from legal.views.payments import panel
from rules.errors import DomainError
from rules.notice_stages import EXCLUDED_NEXT, PENALTY, PenaltyState
from rules.representations import GROUNDS, plea_for
from rules.service import Method
from rules.tariffs import in_pounds

P, S = Permission, PenaltyState
FORM = "legal/penalties/form.html"
COLOURS = {
    S.ISSUED: "blue",
    S.REPRESENTED: "yellow",
    S.PAID: "green",
    S.UNPAID: "orange",
    S.FOR_PROSECUTION: "orange",
    S.PROSECUTED: "purple",
}
SAYS = {
    "issue": "Issued",
    "serve": "Served",
    "rebut": "Shown to have arrived on another day, or never",
    "represent": "The parent said something against it",
    "stand": "Answered: it stands",
    "stand_unpaid": "Answered: it stands, and the time to pay is over",
    "period_over": "The time to pay was over",
    "pay": "Paid",
    "unpay": "Found not to be paid",
    "ask_withdrawal": "A withdrawal was asked for",
    "agree_withdrawal": "The headteacher agreed to a withdrawal",
    "keep": "Not withdrawn",
    "withdraw": "Withdrawn",
    "prepare": "Prepared for prosecution",
    "prosecute": "The court decided",
    "stop": "No further action",
    "tell_school": "The school was told",
    "look_again": "Something changed: a person must look again",
    "stands": "Looked at again: it stands",
}


@require_safe
def penalties(request: AuthorityRequest, la: str) -> HttpResponse:
    """Every penalty notice that the person may see, by state, school and what is due."""
    reach = request.reach
    reach.require(P.VIEW_LEGAL)
    rows = penalties_for(reach)
    if request.GET.get("export") == "csv":
        reach.require(P.EXPORT)
        rows = rows.filter(reach.schools(P.EXPORT, "school__"))
    waiting = selectors.over(rows, reach.today).count()
    counted = "1 notice is" if waiting == 1 else f"{waiting:,} notices are"
    lead = f"{counted} unpaid: withdraw each, or prepare a prosecution." if waiting else ""
    actions = []
    if reach.may_everywhere(P.SERVE_NOTICE):
        actions = [{"text": "Council details", "href": reverse("legal:office", args=[la])}]
    return penalty_list(la, reach.today).respond(
        request,
        rows,
        {"title": "Penalty notices", "lead": lead, "actions": actions},
        form_options={"schools": school_choices(schools_for(reach, P.VIEW_LEGAL))},
        on_export=written_down(reach, on="legal.PenaltyNotice:list", what="penalty notices"),
    )


def penalty_list(la: str, today: date) -> ListPage:
    """The list, declared for one authority on one day."""
    return ListPage(
        name="penalty-notices",
        noun="penalty notice",
        columns=[
            Column(
                "reference",
                "Notice",
                selectors.printed_reference,
                order_by=("reference",),
                href=lambda row: reverse("legal:penalty", args=[la, row.reference]),
            ),
            Column("pupil", "Pupil", lambda row: row.pupil.name, order_by=("pupil__sort_name",)),
            Column("parent", "Parent", lambda row: row.adult.name, order_by=("adult__surname",)),
            Column("school", "School", lambda row: row.school.name, order_by=("school__name",)),
            Column(
                "state",
                "State",
                lambda row: tag_of(row, today),
                order_by=("state",),
                show=lambda tag: tag["text"],
                template="legal/cells/tag.html",
                export=False,
            ),
            Column(
                "state_words",
                "State",
                lambda row: PENALTY.labels[selectors.state_on(row, today)],
                export="only",
            ),
            Column(
                "issued",
                "Issued",
                lambda row: row.issued_on,
                order_by=("issued_on",),
                show=words,
                descending_first=True,
            ),
            Column(
                "until",
                "Last day to pay",
                lambda row: row.full_until,
                order_by=("full_until",),
                show=words,
            ),
            Column(
                "amount",
                "Full amount",
                lambda row: in_pounds(row.full_pence),
                order_by=("full_pence",),
                numeric=True,
            ),
        ],
        sort="-issued",
        filter_form=PenaltyFilters,
        filters={
            "state": lambda rows, state: selectors.in_state(rows, state, today),
            "due": lambda rows, due: due_rows(rows, due, today),
            "school": lambda rows, urn: rows.filter(school__urn=urn),
        },
        search=selectors.by_reference,
        search_label="Reference of a notice",
        nothing_yet="A notice is issued to each parent when a request is approved. It shows here.",
    )


def due_rows(rows: QuerySet[PenaltyNotice], due: str, today: date) -> QuerySet[PenaltyNotice]:
    """The notices for which something is to be done."""
    if due == "decide":
        return selectors.over(rows, today)
    chosen: dict[str, dict[str, Any]] = {
        "serve": {"state": S.ISSUED, "received_on": None},
        # At most one is open on a notice, so no notice comes twice.
        "answer": {"representations__pk__isnull": False, "representations__answered_on": None},
        "week": {
            "state": S.ISSUED,
            "full_until__gte": today,
            "full_until__lte": today + timedelta(days=7),
        },
        "look": {"review__gt": ""},
    }
    return rows.filter(**chosen[due])


def tag_of(notice: PenaltyNotice, today: date) -> dict[str, str]:
    """Where it stands, as a tag."""
    state = selectors.state_on(notice, today)
    return {"text": PENALTY.labels[state], "colour": COLOURS.get(state, "grey")}


@require_safe
def penalty(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """One notice: what is due, the clock, the service, what the parent said, its history."""
    reach = request.reach
    notice = penalty_for(reach, reference, P.VIEW_LEGAL)
    reading.read(reach=reach, notice=notice)
    state = selectors.state_on(notice, reach.today)
    said = selectors.representations_of(notice)
    period = selectors.period_of(notice, said, selectors.office_of(notice.authority_id))
    waiting = selectors.open_withdrawal(notice)
    context = {
        **heading(notice, reach.today),
        "notice": notice,
        "next": (EXCLUDED_NEXT.get(state) if notice.lane == Lane.EXCLUDED else None)
        or PENALTY.next[state],
        "asked": asked_of(selectors.subject_of(notice), la),
        "review": "" if notice.review == CORRECTED else notice.review,
        "actions": [
            *_prosecute(reach, notice, state, la),
            *actions(reach, notice, state, said, waiting is not None, la),
        ],
        "agree_href": _agree(reach, notice, waiting, la),
        "version": notice.version,
        "waiting": waiting,
        "ground": next(
            (one.words for one in GROUNDS if waiting and one.ground == waiting.ground), ""
        ),
        "needs": [
            role.label for role in selectors.must_agree(pack_in_force(notice.school, reach.today))
        ]
        if waiting
        else [],
        "clock": [
            {"key": key, "value": value}
            for key, value in selectors.clock_words(notice, period, reach.today)
        ],
        "due_today": selectors.due_words(period, state, reach.today),
        "about": about(notice),
        "money": panel(reach, notice, la),
        "said": [_said(one, in_full=reach.may(P.VIEW_SENSITIVE, notice.school)) for one in said],
        "letters": [
            {
                "text": one.letter.title,
                "state": one.letter.get_state_display(),
                "href": reverse("cases:letter", args=[la, one.letter.reference]),
            }
            for one in selectors.letters_of(notice)
        ],
        "timeline": [_event(one) for one in selectors.events_of(notice)],
        "border_href": reverse("legal:border", args=[la, notice.pupil.reference]),
        "case_href": reverse("cases:case", args=[la, notice.request.case.reference])
        if notice.request.case
        else "",
        "prosecution": _prosecution(notice, la),
    }
    return render(request, "legal/penalties/penalty.html", context)


def _prosecute(
    reach: Reach, notice: PenaltyNotice, state: PenaltyState, la: str
) -> list[dict[str, str]]:
    """The way to a prosecution of a notice that was not paid in time, for who prepares one."""
    if (
        state is not S.UNPAID
        or notice.lane == Lane.EXCLUDED
        or not reach.may_everywhere(P.PROSECUTE)
    ):
        return []
    address = reverse("legal:prosecution_from", args=[la, notice.reference])
    return [{"text": "Prepare a prosecution", "href": address}]


def _prosecution(notice: PenaltyNotice, la: str) -> dict[str, str] | None:
    """The prosecution of a notice, open or past."""
    file = of_notice(notice)
    if file is None:
        return None
    return {
        "text": f"Prosecution file {file.reference}",
        "href": reverse("legal:prosecution", args=[la, file.reference]),
        "state": file.get_state_display(),
    }


def heading(notice: PenaltyNotice, today: date, title: str = "") -> dict[str, Any]:
    """What heads each page of a notice."""
    return {
        "title": title or notice.pupil.name,
        "caption": f"Penalty notice {selectors.printed_reference(notice)} to {notice.adult.name}",
        "tags": [tag_of(notice, today)],
    }


def about(notice: PenaltyNotice) -> list[dict[str, str]]:
    """What the paper says, without anybody's address."""
    said = notice.particulars["said"]
    early = f"{in_pounds(notice.early_pence)}, then " if notice.early_pence else ""
    rows = [
        ("Parent", notice.adult.name),
        ("Child", notice.pupil.name),
        ("School", notice.school.name),
        ("What happened", said["offence"]),
        ("The days", said["days"]),
        ("Tariff", f"{notice.step.capitalize()}: {early}{in_pounds(notice.full_pence)}"),
        ("Dates on the paper", f"{said['early_by']}, and {said['full_by']}"),
        ("Issued by", notice.officer),
        ("Withdrawn", words(notice.withdrawn_on)),
        ("School told", words(notice.told_on)),
    ]
    return [{"key": key, "value": value} for key, value in rows if value]


def _said(one: Representation, *, in_full: bool) -> dict[str, Any]:
    hidden = "Shown to those who may see sensitive details."
    outcome = ""
    if one.answered_on:
        outcome = "The notice was withdrawn" if one.upheld else "The notice stands"
    return {
        "plea": plea_for(one.ground).words,
        "on": one.received_on,
        "way": one.way,
        "words": one.words if in_full else hidden,
        "answered_on": one.answered_on,
        "by": one.answered_by.name if one.answered_by else "",
        "outcome": outcome,
        "answer": one.answer,
    }


def _event(event: LegalEvent) -> dict[str, Any]:
    return {
        "title": SAYS.get(event.event, event.event.replace("_", " ").capitalize()),
        "by": event.made_by.name if event.made_by else "",
        "day": event.on,
        "text": "" if event.event == "represent" else event.words,
    }


def actions(
    reach: Reach,
    notice: PenaltyNotice,
    state: PenaltyState,
    said: list[Representation],
    waiting: bool,
    la: str,
) -> list[dict[str, str]]:
    """The buttons: what this person may do to this notice now, the likeliest first."""
    serves = reach.may_everywhere(P.SERVE_NOTICE)
    decides = reach.may_everywhere(P.DECIDE_NOTICE)
    asks = serves or decides or reach.may(P.DECLARE_NOTICE, notice.school)
    events = {move.event for move in PENALTY.moves_from(state)}
    served = notice.received_on is not None
    rows = (
        (serves and not served and state in serving.SERVABLE, "serve", "Record how it was served"),
        (
            decides and any(one.answered_on is None for one in said),
            "answer",
            "Answer what the parent says",
        ),
        (
            decides and notice.review not in ("", CORRECTED),
            "stands",
            "Say that it stands after all",
        ),
        (decides and waiting, "decide", "Decide on the withdrawal"),
        (serves and "represent" in events, "say", "Record what the parent says against it"),
        (serves and served and "rebut" in events, "rebut", "Record that it came later, or never"),
        (asks and not waiting and "withdraw" in events, "withdraw", "Ask for its withdrawal"),
        (decides and "stop" in events, "stop", "Take no further action"),
    )
    return [
        {"text": text, "href": reverse(f"legal:penalty_{name}", args=[la, notice.reference])}
        for allowed, name, text in rows
        if allowed
    ]


def _agree(reach: Reach, notice: PenaltyNotice, waiting: Any, la: str) -> str:
    """Where the headteacher agrees to a withdrawal; "" for anybody else, or when they have."""
    is_head = any(
        grant.role == Role.HEADTEACHER and grant.covers(notice.school) for grant in reach.grants
    )
    if waiting is None or waiting.head_by_id or not is_head:
        return ""
    return reverse("legal:penalty_agree", args=[la, notice.reference])


# One page for each thing that happens


def act(
    request: AuthorityRequest,
    la: str,
    notice: PenaltyNotice,
    form: forms.Form,
    do: Callable[[dict[str, Any]], object],
    *,
    title: str,
    lead: str,
    save: str,
    done: str,
) -> HttpResponse:
    """Show a form about a notice, or do what it says and go back to the notice."""
    if form.is_valid():
        try:
            do(form.cleaned_data)
        except DomainError as problem:
            form.add_error(None, problem.message)
        else:
            messages.success(request, done)
            return redirect("legal:penalty", la=la, reference=notice.reference)
    context = {
        **heading(notice, request.reach.today, title),
        "lead": lead,
        "form": form,
        "save": save,
        "cancel": reverse("legal:penalty", args=[la, notice.reference]),
    }
    return render(request, FORM, context)


def edge(request: AuthorityRequest, notice: PenaltyNotice, typed: dict[str, Any]) -> dict[str, Any]:
    """What every service about a notice is given."""
    return {
        "reach": request.reach,
        "notice": notice,
        "version": typed["version"],
        "today": request.reach.today,
        "now": timezone.now(),
    }


def form_of(
    request: AuthorityRequest, form: type[NoticeForm], notice: PenaltyNotice, **more: Any
) -> Any:
    """The form, filled when it was sent."""
    data = request.POST if request.method == "POST" else None
    return form(data, notice=notice, today=request.reach.today, **more)


def council_notice(
    request: AuthorityRequest, reference: str, permission: Permission
) -> PenaltyNotice:
    """A notice for what only the council does. Raises NotFound and Forbidden."""
    notice = penalty_for(request.reach, reference, permission)
    serving.require_council(request.reach, permission)
    return notice


@require_http_methods(["GET", "HEAD", "POST"])
def penalty_serve(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """Record how a notice was served."""
    notice = council_notice(request, reference, P.SERVE_NOTICE)

    def do(typed: dict[str, Any]) -> None:
        method = Method(typed["method"])
        served = Served(method, typed["sent_on"], typed["proof"], agreed=method is Method.EMAIL)
        serving.serve(served=served, **edge(request, notice, typed))

    return act(
        request,
        la,
        notice,
        form_of(request, ServeForm, notice),
        do,
        title="Record how it was served",
        lead="The time to pay starts on the day it counts as received. That day is day 1.",
        save="Record the service",
        done="Service recorded. The time to pay is on the page",
    )


@require_http_methods(["GET", "HEAD", "POST"])
def penalty_rebut(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """Record that a notice came later, or never."""
    notice = council_notice(request, reference, P.SERVE_NOTICE)

    def do(typed: dict[str, Any]) -> None:
        serving.rebut(
            shown_on=typed["shown_on"], reason=typed["reason"], **edge(request, notice, typed)
        )

    return act(
        request,
        la,
        notice,
        form_of(request, RebutForm, notice),
        do,
        title="Record that it came later, or never",
        lead="The time to pay moves with it. What was on record before stays in the history.",
        save="Record it",
        done="Recorded. The time to pay has moved",
    )


@require_http_methods(["GET", "HEAD", "POST"])
def penalty_say(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """Record what the parent says against a notice."""
    notice = council_notice(request, reference, P.SERVE_NOTICE)

    def do(typed: dict[str, Any]) -> None:
        representations.represent(
            received_on=typed["received_on"],
            way=typed["way"],
            plea=typed["plea"],
            words=typed["words"],
            **edge(request, notice, typed),
        )

    return act(
        request,
        la,
        notice,
        form_of(request, SayForm, notice),
        do,
        title="Record what the parent says against it",
        lead="The time to pay stands still from that day until somebody answers.",
        save="Record it",
        done="Recorded. The time to pay stands still until it is answered",
    )


@require_http_methods(["GET", "HEAD", "POST"])
def penalty_answer(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """Answer what the parent said."""
    notice = council_notice(request, reference, P.DECIDE_NOTICE)
    row = next(
        (one for one in selectors.representations_of(notice) if one.answered_on is None), None
    )
    if row is None:
        messages.info(request, "There is nothing of the parent's to answer")
        return redirect("legal:penalty", la=la, reference=reference)

    def do(typed: dict[str, Any]) -> None:
        representations.answer(
            upheld=typed["upheld"] == "yes",
            ground=typed.get("ground", ""),
            words=typed["words"],
            **edge(request, notice, typed),
        )

    return act(
        request,
        la,
        notice,
        form_of(request, AnswerForm, notice, plea=row.ground),
        do,
        title="Answer what the parent says",
        lead=f"{plea_for(row.ground).words}. {row.words}",
        save="Answer the parent",
        done="Answered. The letter to the parent is on the page",
    )


@require_http_methods(["GET", "HEAD", "POST"])
def penalty_withdraw(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """Ask for the withdrawal of a notice."""
    notice = penalty_for(request.reach, reference, P.VIEW_LEGAL)
    withdrawals.require_may_ask(request.reach, notice)

    def do(typed: dict[str, Any]) -> None:
        withdrawals.ask(
            ground=typed["ground"], words=typed["words"], **edge(request, notice, typed)
        )

    return act(
        request,
        la,
        notice,
        form_of(request, WithdrawForm, notice),
        do,
        title="Ask for its withdrawal",
        lead="Somebody else decides. The notice runs on until then.",
        save="Ask for it",
        done="Asked. Somebody else decides",
    )


@require_POST
def penalty_agree(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """The headteacher agrees to a withdrawal."""
    notice = penalty_for(request.reach, reference, P.DECLARE_NOTICE)
    try:
        version = int(request.POST.get("version", ""))
    except ValueError:
        version = 0
    try:
        withdrawals.agree(**edge(request, notice, {"version": version}))
    except DomainError as problem:
        messages.error(request, problem.message)
    else:
        messages.success(request, "You agreed to the withdrawal")
    return redirect("legal:penalty", la=la, reference=reference)


@require_http_methods(["GET", "HEAD", "POST"])
def penalty_decide(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """Decide on a withdrawal that somebody asked for."""
    notice = council_notice(request, reference, P.DECIDE_NOTICE)
    waiting = selectors.open_withdrawal(notice)
    if waiting is None:
        messages.info(request, "Nobody has asked for a withdrawal")
        return redirect("legal:penalty", la=la, reference=reference)

    def do(typed: dict[str, Any]) -> None:
        withdrawals.decide(
            withdraw=typed["withdraw"] == "yes",
            reason=typed["reason"],
            **edge(request, notice, typed),
        )

    return act(
        request,
        la,
        notice,
        form_of(request, DecideForm, notice),
        do,
        title="Decide on the withdrawal",
        lead=waiting.words,
        save="Decide",
        done="Decided. It is in the history of the notice",
    )


@require_http_methods(["GET", "HEAD", "POST"])
def penalty_stop(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """Take no further action on a notice."""
    notice = council_notice(request, reference, P.DECIDE_NOTICE)

    def do(typed: dict[str, Any]) -> None:
        withdrawals.stop(
            reason=typed["reason"], words=typed["words"], **edge(request, notice, typed)
        )

    return act(
        request,
        la,
        notice,
        form_of(request, StopForm, notice),
        do,
        title="Take no further action",
        lead="Only where the parent was charged and the charge was stopped, or the parent has "
        "died. Without a charge, ask for its withdrawal.",
        save="Take no further action",
        done="Recorded. The parent and the school are told",
    )


@require_http_methods(["GET", "HEAD", "POST"])
def penalty_stands(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """Say that a notice stands after somebody looked again."""
    notice = council_notice(request, reference, P.DECIDE_NOTICE)

    def do(typed: dict[str, Any]) -> None:
        withdrawals.stands_after_review(reason=typed["reason"], **edge(request, notice, typed))

    return act(
        request,
        la,
        notice,
        form_of(request, ReviewForm, notice),
        do,
        title="Say that it stands after all",
        lead=notice.review or "There is nothing to look at again.",
        save="It stands",
        done="Recorded: the notice stands",
    )


# What the council says of itself


@require_http_methods(["GET", "HEAD", "POST"])
def office(request: AuthorityRequest, la: str) -> HttpResponse:
    """What penalty notices say of the council, and its own choices about their clock."""
    reach = request.reach
    serving.require_council(reach, P.SERVE_NOTICE)
    row = selectors.office_of(reach.authority.pk)
    chosen = {None: "", True: "yes", False: "no"}
    initial = {"version": 0, "name": reach.authority.name}
    if row is not None:
        names = ("version", "name", "address", "postcode", "contact", "ways", "post_days")
        initial = {name: getattr(row, name) for name in (*names, "deemed_days")}
        initial["stops_clock"] = chosen[row.stops_clock]
    form = OfficeForm(request.POST if request.method == "POST" else None, initial=initial)
    if form.is_valid():
        typed = dict(form.cleaned_data)
        version = typed.pop("version")
        typed["stops_clock"] = {"": None, "yes": True, "no": False}[typed["stops_clock"]]
        try:
            offices.save(reach=reach, details=Details(**typed), version=version, now=timezone.now())
        except DomainError as problem:
            form.add_error(None, problem.message)
        else:
            messages.success(request, "Saved. Notices issued before keep what they said")
            return redirect("legal:penalties", la=la)
    context = {
        "title": "Council details",
        "caption": "What penalty notices say of the council",
        "lead": "Notices cannot be issued until this is filled in.",
        "form": form,
        "save": "Save",
        "cancel": reverse("legal:penalties", args=[la]),
    }
    return render(request, FORM, context)
