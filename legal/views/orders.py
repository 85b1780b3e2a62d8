"""Education supervision orders: the list, one of them, and a page for each thing that happens."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from audit.record import Kind, record
from authorities.access import NotFound, Reach
from authorities.exports import written_down
from authorities.http import AuthorityRequest
from authorities.permissions import Permission
from authorities.selectors import schools_for
from cases.access import case_for
from cases.forms.cases import school_choices
from cases.views.pages import case_page
from frontend.lists import Column, ListPage
from frontend.templatetags.govuk import words
from legal.access import order_for, orders_for
from legal.forms import orders as of
from legal.models import LegalEvent, OrderDirection, SupervisionOrder
from legal.selectors import orders as selectors
from legal.selectors.gate_loading import load
from legal.selectors.gates import gate_of
from legal.services import order_letters, order_life
from legal.services import orders as services
from legal.services.penalty_moves import require_council
from rules.dates import in_words
from rules.errors import DomainError
from rules.supervision_order_stages import SUPERVISION, SupervisionState
from rules.supervision_orders import BREACH_DEFENCES, breach_refusal, highest_breach_fine

P, S = Permission, SupervisionState
FORM = "cases/contracts/form.html"
COLOURS = {
    S.CONSIDERED: "yellow",
    S.CONSULTING: "yellow",
    S.APPLIED: "blue",
    S.IN_FORCE: "green",
    S.EXTENDED: "green",
    S.BREACHED: "red",
}
SAYS = {
    "consider": "Considered",
    "consult": "Social services asked, and parents written to",
    "hear": "What was said is on record",
    "not_seek": "Not sought",
    "apply": "Applied for",
    "make": "The court made it",
    "refuse": "The court refused it",
    "direct": "A direction was given",
    "review": "Reviewed",
    "fail": "A direction was not followed",
    "breach": "Directions are persistently not followed",
    "prosecute": "A parent was prosecuted for it",
    "go_on": "The order goes on",
    "go_on_extended": "The order goes on",
    "seek_extension": "The council applied to extend it",
    "extend": "The court extended it",
    "discharge": "The court discharged it",
    "end": "It came to its end",
    "tell_end": "The parents were told that it is over",
    "tell_school": "The school was told",
}


def tag_of(order: SupervisionOrder) -> dict[str, str]:
    """Where it stands, as a tag."""
    state = S(order.state)
    return {"text": SUPERVISION.labels[state], "colour": COLOURS.get(state, "grey")}


# The list


@require_safe
def orders(request: AuthorityRequest, la: str) -> HttpResponse:
    """Every education supervision order that the person may see."""
    reach = request.reach
    reach.require(P.VIEW_LEGAL)
    rows = orders_for(reach)
    if request.GET.get("export") == "csv":
        reach.require(P.EXPORT)
        rows = rows.filter(reach.schools(P.EXPORT, "school__"))
    context = {
        "title": "Education supervision orders",
        "lead": "Considered before any prosecution. In force, each is reviewed every three months.",
    }
    return order_list(la, reach.today).respond(
        request,
        rows,
        context,
        form_options={"schools": school_choices(schools_for(reach, P.VIEW_LEGAL))},
        on_export=written_down(
            reach, on="legal.SupervisionOrder:list", what="education supervision orders"
        ),
    )


def order_list(la: str, today: date) -> ListPage:
    """The list, declared for one authority on one day."""
    return ListPage(
        name="supervision-orders",
        noun="order",
        columns=[
            Column(
                "pupil",
                "Pupil",
                lambda row: row.pupil.name,
                order_by=("pupil__sort_name",),
                href=lambda row: reverse("legal:order", args=[la, row.reference]),
            ),
            Column("reference", "Order", lambda row: row.reference, order_by=("reference",)),
            Column("school", "School", lambda row: row.school.name, order_by=("school__name",)),
            Column(
                "state",
                "State",
                tag_of,
                order_by=("state",),
                show=lambda tag: tag["text"],
                template="legal/cells/tag.html",
                export=False,
            ),
            Column("state_words", "State", lambda row: row.get_state_display(), export="only"),
            Column(
                "considered",
                "Considered",
                lambda row: row.considered_on,
                order_by=("considered_on",),
                show=words,
                descending_first=True,
            ),
            Column(
                "review",
                "Next review",
                lambda row: row.review_due,
                order_by=("review_due",),
                show=words,
            ),
            Column("ends", "Last day", lambda row: row.ends_on, order_by=("ends_on",), show=words),
        ],
        sort="-considered",
        filter_form=of.OrderFilters,
        filters={
            "state": lambda rows, state: rows.filter(state=state),
            "due": lambda rows, due: selectors.due_rows(rows, due, today),
            "school": lambda rows, urn: rows.filter(school__urn=urn),
        },
        search=lambda rows, typed: rows.filter(reference__istartswith=typed),
        search_label="Reference of an order",
        nothing_yet="An order is considered from a case, on its page Legal. It shows here then.",
    )


# A new one


@require_http_methods(["GET", "HEAD", "POST"])
def order_new(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """Those of the case, and the form that records that one was considered."""
    reach = request.reach
    case = case_for(reach, reference, P.PROSECUTE)
    require_council(reach, P.PROSECUTE)
    rows = list(selectors.orders_of(case))
    waiting = any(S(row.state) not in SUPERVISION.over for row in rows)
    posted = request.method == "POST"
    form = of.ConsiderForm(
        request.POST if posted else None, initial={} if posted else _given(reach, case)
    )
    if posted and form.is_valid():
        typed = form.cleaned_data
        try:
            made = services.consider(
                reach=reach,
                case=case,
                **{name: typed[name] for name in ("on", "words", "attendance", "home")},
                safeguarding=typed["safeguarding"] == "yes",
                today=reach.today,
                now=timezone.now(),
            )
        except DomainError as error:
            form.add_error(None, error.message)
        else:
            messages.success(request, "On record. Decide next whether to ask for an order")
            return redirect("legal:order", la=la, reference=made.reference)
    context = {
        **case_page(reach, case, "legal:case", "Consider an education supervision order"),
        "rows": [
            {
                "href": reverse("legal:order", args=[la, row.reference]),
                "text": f"Considered on {words(row.considered_on)}",
                "tag": tag_of(row),
            }
            for row in rows
        ],
        "form": form if not waiting and case.closed_on is None else None,
        "cancel": reverse("legal:case", args=[la, case.reference]),
    }
    return render(request, "legal/orders/new.html", context)


def _given(reach: Reach, case: Any) -> dict[str, Any]:
    """What the record gives."""
    case.enrolment.school, case.enrolment.pupil = case.school, case.pupil
    facts = load(enrolment=case.enrolment, today=reach.today, case=case).facts
    verdict = facts.verdict.rstrip(".")
    said = f"Ten half days without leave in ten school weeks: {verdict[:1].lower()}{verdict[1:]}."
    return {"on": reach.today, "attendance": said}


# One order


@require_safe
def order(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """One order: what next, its days, its directions, reviews and letters, what happened."""
    reach = request.reach
    row = order_for(reach, reference, P.VIEW_LEGAL)
    record(
        Kind.LEGAL_READ,
        by=reach.user,
        authority=row.authority,
        school=row.school,
        on=row,
        what="education supervision order",
        reference=row.reference,
    )
    names = reach.may(P.VIEW_CONTACTS, row.school)
    directions = list(selectors.directions_of(row))
    breached = S(row.state) is S.BREACHED
    context = {
        **_heading(reach, row, "Education supervision order"),
        "row": row,
        "next": SUPERVISION.next[S(row.state)],
        "due": _due(row, reach.today),
        "actions": _actions(reach, row, directions),
        "days": _days(row),
        "about": _about(row),
        "said": _said(row) if reach.may(P.VIEW_SENSITIVE, row.school) else None,
        "directions": [_direction(one, names=names, la=la) for one in directions],
        "reviews": list(selectors.reviews_of(row)),
        "letters": [
            {
                "text": one.letter.title,
                "to": one.adult.name if names else "a parent",
                "state": one.letter.get_state_display(),
                "href": reverse("cases:letter", args=[la, one.letter.reference]),
            }
            for one in selectors.letters_of(row)
        ],
        "defences": BREACH_DEFENCES if breached else (),
        "fine": f"£{highest_breach_fine(reach.today):,}" if breached else "",
        "timeline": [_event(one) for one in selectors.events_of(row)],
    }
    return render(request, "legal/orders/one.html", context)


def _heading(reach: Reach, row: SupervisionOrder, title: str) -> dict[str, Any]:
    row.case.school, row.case.pupil = row.school, row.pupil
    return {**case_page(reach, row.case, "legal:case", title), "tags": [tag_of(row)]}


def _due(row: SupervisionOrder, today: date) -> list[str]:
    """What is due by its dates, as sentences."""
    found = []
    if row.review_due is not None:
        late = "was due on" if row.review_due < today else "is due by"
        found.append(f"The next review {late} {in_words(row.review_due)}.")
    window = selectors.window_of(row)
    if window is not None and today in window and window.last is not None:
        found.append(f"The court can be asked to extend it until {in_words(window.last)}.")
    return found


def _days(row: SupervisionOrder) -> list[dict[str, str]]:
    """What the court gave, and what follows from it."""
    window = selectors.window_of(row)
    rows = (
        ("Made", words(row.made_on)),
        ("Last day", words(row.ends_on)),
        ("Extended to", words(row.extended_to)),
        ("Next review", words(row.review_due)),
        (
            "Can be extended",
            f"applied for from {words(window.first)} to {words(window.last)}" if window else "",
        ),
        ("Application to extend", words(row.extension_sought_on)),
        ("Care order", words(row.care_order_on)),
        ("Discharged", words(row.discharged_on)),
        ("Officer who supervises", row.supervisor),
    )
    return [{"key": key, "value": value} for key, value in rows if value]


def _about(row: SupervisionOrder) -> list[dict[str, str]]:
    """How it came about."""
    rows = (
        ("Reference", row.reference),
        ("Considered", f"{words(row.considered_on)}, {row.made_by.name}"),
        ("What was found", row.considered),
        ("Attendance", row.attendance),
        ("The child lives with", row.home),
        ("Both councils agreed", words(row.agreed_on)),
        ("Social services asked", words(row.consulted_on)),
        ("Social services answered", words(row.answered_on)),
        ("Parents written to", words(row.parent_told_on)),
        (
            "Applied for",
            f"{words(row.applied_on)}, {row.applied_by.name}, {row.court}"
            if row.applied_by
            else "",
        ),
        ("Beside a prosecution", "Yes" if row.beside_prosecution else ""),
        ("Why", selectors.reason_of(row)),
    )
    return [{"key": key, "value": value} for key, value in rows if value]


def _said(row: SupervisionOrder) -> list[dict[str, str]]:
    """What social services and the family said, for those who may read it."""
    concerns = "Yes" if row.safeguarding else "None recorded"
    agrees = "Yes" if row.joint_view else "Not recorded"
    rows = (
        ("Social services", row.social_care),
        ("The family", row.family),
        ("Safeguarding concerns", concerns),
        ("Social care agrees", agrees if row.safeguarding or row.joint_view else ""),
    )
    return [{"key": key, "value": value} for key, value in rows if value]


def _direction(one: OrderDirection, *, names: bool, la: str) -> dict[str, Any]:
    whom = "the child" if one.adult is None else one.adult.name if names else "a parent"
    return {
        "to": whom,
        "on": one.given_on,
        "words": one.words,
        "asked": one.asked,
        "by": one.made_by.name,
        "letter": reverse("cases:letter", args=[la, one.letter.letter.reference])
        if one.letter
        else "",
        "failures": list(one.failures.all()),
    }


def _event(event: LegalEvent) -> dict[str, Any]:
    return {
        "title": SAYS[event.event],
        "by": event.made_by.name if event.made_by else "",
        "day": event.on,
        "text": event.words,
    }


# What can be done


@dataclass(frozen=True, slots=True)
class Step:
    """One step with a page of its own.

    text     the button; title  of the page; lead  above the form; done  once it is done
    form     its form; ask  what else the form is given; give  what the service is given
    """

    permission: Permission
    text: str
    lead: str
    done: str
    service: Callable[..., object]
    form: type[of.OrderForm]
    give: Callable[[Any], dict[str, Any]]
    ask: Callable[[SupervisionOrder, date], dict[str, Any]] = lambda row, today: {}
    initial: tuple[str, ...] = ("on",)


def _typed(*names: str) -> Callable[[Any], dict[str, Any]]:
    """What was typed, by name."""
    return lambda form: {name: form.cleaned_data[name] for name in names}


def _consulted(form: Any) -> dict[str, Any]:
    names = ("asked_on", "whom", "adults", "reason", "meeting")
    return {"asking": services.Asking(**_typed(*names)(form)), "releases": form.releases()}


def _heard(form: Any) -> dict[str, Any]:
    typed = form.cleaned_data
    return {
        "heard": services.Heard(
            answered_on=typed["answered_on"],
            social_care=typed["social_care"],
            joint_view=typed["joint_view"] == "yes",
            safeguarding=typed["safeguarding"] == "yes",
            family=typed["family"],
            agreed_on=typed.get("agreed_on"),
        )
    }


def _directed(form: Any) -> dict[str, Any]:
    typed = form.cleaned_data
    adult = "" if typed["adult"] == "child" else typed["adult"]
    return {
        **_typed("given_on", "words", "asked")(form),
        "adult": adult,
        "release": form.releases().get(adult),
    }


def _parents(row: SupervisionOrder, today: date) -> dict[str, Any]:
    return {"parents": order_letters.parents_of(row, today)}


def _directions(row: SupervisionOrder, today: date) -> dict[str, Any]:
    return {"directions": list(selectors.directions_of(row))}


def _reasons(event: str) -> Callable[[SupervisionOrder, date], dict[str, Any]]:
    return lambda row, today: {"reasons": SUPERVISION.reasons_for(event)}


GOES_ON = "Go on with the order"
STEPS: Mapping[str, Step] = {
    "consult": Step(
        P.PROSECUTE,
        "Ask social services and the family",
        "Social services and the family are asked before anything goes to court.",
        "Recorded. Each parent is being written to",
        services.consult,
        of.ConsultForm,
        _consulted,
        _parents,
        ("asked_on",),
    ),
    "hear": Step(
        P.PROSECUTE,
        "Record what was said",
        "Each part may come on its own day. Leave empty what has not come.",
        "Recorded",
        services.hear,
        of.HearForm,
        _heard,
        initial=(),
    ),
    "make": Step(
        P.PROSECUTE,
        "Record that the court made it",
        "It lasts a year, and the day it was made is the first day. The parents are told.",
        "Recorded. The parents and the school are told",
        services.make,
        of.MakeForm,
        _typed("on", "supervisor", "words"),
    ),
    "refuse": Step(
        P.PROSECUTE,
        "Record that the court refused it",
        "The school is told.",
        "Recorded. The school is told",
        services.refuse,
        of.DayForm,
        _typed("on", "words"),
    ),
    "not_seek": Step(
        P.PROSECUTE,
        "Do not seek an order, and say why",
        "The reason stays on record: a prosecution needs it.",
        "The reason is on record",
        services.not_seek,
        of.ReasonForm,
        _typed("reason", "words"),
        _reasons("not_seek"),
        (),
    ),
    "direct": Step(
        P.PROSECUTE,
        "Give a direction",
        "Ask the child and the parents for their views first.",
        "The direction is on record. A parent gets it by letter",
        order_life.direct,
        of.DirectForm,
        _directed,
        _parents,
        ("given_on",),
    ),
    "review": Step(
        P.PROSECUTE,
        "Record a review",
        "An order is reviewed every three months, with the family.",
        "The review is on record",
        order_life.review,
        of.ReviewForm,
        _typed("on", "words", "next_steps"),
    ),
    "fail": Step(
        P.PROSECUTE,
        "Record that a direction was not followed",
        "One time is not persistent. Say what was done to help.",
        "Recorded",
        order_life.fail,
        of.FailForm,
        _typed("direction", "on", "words"),
        _directions,
    ),
    "breach": Step(
        P.PROSECUTE,
        "Say that directions are persistently not followed",
        "You then decide: go on, prosecute, ask the court to end it, or tell social services.",
        "Recorded. Decide what follows",
        order_life.breach,
        of.WordsForm,
        _typed("words"),
        initial=(),
    ),
    "prosecute": Step(
        P.AUTHORISE_PROCEEDINGS,
        "Record a prosecution for it",
        "Of one parent, for directions given to them. Weigh first what they may answer.",
        "Recorded",
        order_life.prosecute,
        of.ProsecuteForm,
        _typed("adult", "on", "court", "words"),
        _directions,
    ),
    "go_on": Step(
        P.PROSECUTE,
        GOES_ON,
        "Say what is different from now on.",
        "The order goes on",
        order_life.go_on,
        of.WordsForm,
        _typed("words"),
        initial=(),
    ),
    "seek_extension": Step(
        P.PROSECUTE,
        "Apply to extend it",
        "In its last three months, by at most three years.",
        "Recorded. The court decides",
        order_life.seek_extension,
        of.ExtensionForm,
        _typed("on", "until", "words"),
    ),
    "extend": Step(
        P.PROSECUTE,
        "Record that the court extended it",
        "Its last day moves. The parents are told.",
        "Recorded. The parents are told",
        order_life.extend,
        of.ExtendedForm,
        _typed("on", "until", "words"),
    ),
    "discharge": Step(
        P.PROSECUTE,
        "Record that the court discharged it",
        "The child, a parent or the council may ask the court for it. The parents are told.",
        "Recorded. The parents and the school are told",
        order_life.discharge,
        of.DayNewsForm,
        _typed("on", "words"),
    ),
    "end": Step(
        P.PROSECUTE,
        "Record its end, or a care order",
        "It ends by itself when its last day has passed. A care order ends it at once.",
        "Recorded. The parents and the school are told",
        order_life.end,
        of.EndForm,
        _typed("reason", "on", "words"),
        _reasons("end"),
        (),
    ),
    "tell_end": Step(
        P.PROSECUTE,
        "Tell the parents that it is over",
        "Each parent gets a letter. Say what support goes on.",
        "The parents are being told",
        order_life.tell_end,
        of.NewsForm,
        _typed("words"),
        initial=(),
    ),
}


def _steps(row: SupervisionOrder, directions: list[OrderDirection], today: date) -> dict[str, bool]:
    """What can be done now, in the order of the buttons."""
    state = S(row.state)
    events = {move.event for move in SUPERVISION.moves_from(state)}
    running = state in selectors.IN_FORCE
    made = selectors.as_made(row)
    window = selectors.window_of(row)
    soon = row.review_due is not None and row.review_due <= today + timedelta(days=14)
    to_parents = any(one.adult for one in directions)
    persistent = made is not None and not breach_refusal(made, selectors.failures_of(row))
    rows = {
        "tell_end": selectors.waits_to_be_told(row),
        **({"review": "review" in events} if soon else {}),
        "go_on": bool({"go_on", "go_on_extended"} & events),
        "consult": "consult" in events,
        "apply": "apply" in events,
        "hear": "hear" in events,
        "make": "make" in events,
        "refuse": "refuse" in events,
        "direct": "direct" in events,
        "review": "review" in events,
        "fail": running and bool(directions),
        "breach": "breach" in events and persistent,
        "prosecute": "prosecute" in events and to_parents,
        "seek_extension": "seek_extension" in events and window is not None and today in window,
        "extend": "extend" in events and row.extension_sought_on is not None,
        "discharge": "discharge" in events,
        "end": "end" in events,
        "not_seek": "not_seek" in events,
    }
    return {key: True for key, can in rows.items() if can}


def _actions(
    reach: Reach, row: SupervisionOrder, directions: list[OrderDirection]
) -> list[dict[str, str]]:
    """The buttons: what this person may do to this order now, the likeliest first."""
    la = reach.authority.code
    found = []
    for key in _steps(row, directions, reach.today):
        if key == "apply":
            if reach.may_everywhere(P.AUTHORISE_PROCEEDINGS) and row.made_by_id != reach.user.pk:
                href = reverse("legal:order_apply", args=[la, row.reference])
                found.append({"text": "Apply to the court", "href": href})
        elif reach.may_everywhere(STEPS[key].permission):
            href = reverse("legal:order_step", args=[la, row.reference, key])
            found.append({"text": STEPS[key].text, "href": href})
    return found


@require_http_methods(["GET", "HEAD", "POST"])
def order_step(request: AuthorityRequest, la: str, reference: str, step: str) -> HttpResponse:
    """One step of an order, on a page of its own."""
    reach = request.reach
    one = STEPS.get(step)
    if one is None:
        raise NotFound("We cannot find that page.")
    row = order_for(reach, reference, one.permission)
    require_council(reach, one.permission)
    back = reverse("legal:order", args=[la, reference])
    posted = request.method == "POST"
    if not posted and step not in _steps(row, list(selectors.directions_of(row)), reach.today):
        messages.info(request, f"That cannot be done now. {SUPERVISION.next[S(row.state)]}")
        return redirect(back)
    form: Any = one.form(
        request.POST if posted else None,
        order=row,
        today=reach.today,
        **one.ask(row, reach.today),
    )
    for name in one.initial:
        form.initial.setdefault(name, reach.today)
    if posted and form.is_valid() and _do(request, one.service, row, form, one.give(form)):
        messages.success(request, one.done)
        return redirect(back)
    context = {
        **_heading(reach, row, one.text),
        "lead": one.lead,
        "form": form,
        "save": "Save" if len(one.text) > 30 else one.text,
        "cancel": back,
    }
    return render(request, FORM, context)


def _do(
    request: AuthorityRequest,
    service: Callable[..., object],
    row: SupervisionOrder,
    form: forms.Form,
    given: dict[str, Any],
) -> bool:
    """Do what a form says. Whether it was done; else the form says why not."""
    try:
        service(
            reach=request.reach,
            order=row,
            version=form.cleaned_data["version"],
            today=request.reach.today,
            now=timezone.now(),
            **given,
        )
    except DomainError as problem:
        form.add_error(None, problem.message)
        return False
    return True


@require_http_methods(["GET", "HEAD", "POST"])
def order_apply(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """What the gate says and what is missing, and the form that records the application."""
    reach = request.reach
    row = order_for(reach, reference, P.AUTHORISE_PROCEEDINGS)
    require_council(reach, P.AUTHORISE_PROCEEDINGS)
    back = reverse("legal:order", args=[la, reference])
    if S(row.state) is not S.CONSULTING:
        messages.info(request, f"That cannot be done now. {SUPERVISION.next[S(row.state)]}")
        return redirect(back)
    row.enrolment.school, row.enrolment.pupil = row.school, row.pupil
    answer = gate_of(
        enrolment=row.enrolment,
        step=selectors.STEP,
        today=reach.today,
        case=row.case,
        by=reach,
    )
    form = of.ApplyForm(
        request.POST if request.method == "POST" else None,
        order=row,
        today=reach.today,
        initial={"seen": answer.seen, "on": reach.today},
    )
    if form.is_valid():
        typed = form.cleaned_data
        application = services.Application(typed["on"], typed["court"], typed["beside"] == "yes")
        given = {"application": application, "seen": typed["seen"]}
        if _do(request, services.apply, row, form, given):
            messages.success(request, "Recorded. The family court decides")
            return redirect(back)
    missing = [f"{one.words}: {one.why}" for one in answer.blocking]
    context = {
        **_heading(reach, row, "Apply to the court"),
        "form": form,
        "missing": [*missing, *services.refusals(row, answer, reach.today)],
        "shown": [one.words for one in answer.requirements if one.clear],
        "gate_href": reverse("legal:case", args=[la, row.case.reference]),
        "cancel": back,
    }
    return render(request, "legal/orders/apply.html", context)
