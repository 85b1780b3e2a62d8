"""Payments: the list, one of them, recording and matching; and a notice's own money."""

from collections.abc import Callable
from functools import partial
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from authorities.access import Reach
from authorities.exports import written_down
from authorities.http import AuthorityRequest
from authorities.permissions import Permission
from frontend.lists import Column, ListPage
from frontend.templatetags.govuk import words
from legal.access import keep_payments, payment_for, payments_for, penalty_for
from legal.forms.payments import (
    AsideForm,
    MatchForm,
    PaymentFilters,
    PaymentForm,
    PlaceForm,
    WhyForm,
)
from legal.models import LedgerEntry, LedgerKind, PaidBy, PenaltyNotice
from legal.selectors import payments as selectors
from legal.selectors.penalties import printed_reference
from legal.services import payment_refunds
from legal.services import payments as services
from legal.services.payments import Paid, Share, at_midnight
from rules.errors import DomainError
from rules.notice_references import in_groups
from rules.tariffs import in_pounds

P = Permission
FORM = "legal/penalties/form.html"
SUSPENSE = "suspense"
SAYS = {
    LedgerKind.RECEIVED: "Came in",
    LedgerKind.ALLOCATED: "Matched",
    LedgerKind.RELEASED: "Taken off the notice",
    LedgerKind.REFUNDED: "Sent back",
}


def _noted(rows: list[LedgerEntry]) -> None:
    """Give each payment of a page the notices that it lies on."""
    found = selectors.notices_of(rows)
    for row in rows:
        row.on_notices = ", ".join(found.get(row.payment, []))  # type: ignore[attr-defined]


def _where(row: Any) -> dict[str, str]:
    if row.left > 0:
        return {"text": f"{in_pounds(row.left)} in suspense", "colour": "orange"}
    return {"text": "Matched" if row.on_notices else "Sent back", "colour": "green"}


def the_list(la: str) -> ListPage:
    """The list of payments, suspense first, of one authority."""
    return ListPage(
        name="payments",
        noun="payment",
        columns=[
            Column(
                "payment",
                "Payment",
                lambda row: row.payment,
                order_by=("payment",),
                href=lambda row: reverse("legal:payment", args=[la, row.payment]),
            ),
            Column("paid", "Paid on", lambda row: row.on, order_by=("on",), show=words),
            Column(
                "amount",
                "Amount",
                lambda row: row.pence,
                order_by=("pence",),
                numeric=True,
                show=in_pounds,
                export=False,
            ),
            Column(
                "pounds",
                "Amount in pounds",
                lambda row: f"{row.pence / 100:.2f}",
                numeric=True,
                export="only",
            ),
            Column("method", "How", lambda row: row.get_method_display(), order_by=("method",)),
            Column("notice", "Notice", lambda row: row.on_notices or None),
            Column(
                "where",
                "Where the money is",
                _where,
                order_by=("waiting", "on"),
                show=lambda tag: tag["text"],
                template="legal/cells/tag.html",
                export=False,
            ),
            Column(
                "where_words", "Where the money is", lambda row: _where(row)["text"], export="only"
            ),
            Column("given", "What came with it", lambda row: row.given, export="only"),
        ],
        sort="-where",
        filter_form=PaymentFilters,
        filters={
            "where": lambda rows, where: rows.filter(waiting=where == SUSPENSE),
            "method": lambda rows, method: rows.filter(method=method),
        },
        search=selectors.by_reference,
        search_label="Reference of a notice or payment, or words that came with it",
        prepare=_noted,
        nothing_yet="Record a payment, or bring a file from the bank. It shows here.",
    )


@require_safe
def payment_list(request: AuthorityRequest, la: str) -> HttpResponse:
    """Every payment of the council, those that nobody has matched first."""
    reach = request.reach
    rows = selectors.with_left(payments_for(reach))
    if request.GET.get("export") == "csv":
        reach.require(P.EXPORT)
    waiting = {
        "questions": selectors.open_questions(reach.authority.pk).count(),
        "refunds": selectors.open_refunds(reach.authority.pk).count(),
        "suspense": rows.filter(waiting=True).count(),
    }
    context = {
        "title": "Payments",
        "tiles": [
            {
                "figure": f"{waiting['suspense']:,}",
                "label": "in suspense: match them",
                "href": f"{reverse('legal:payments', args=[la])}?where=suspense",
            },
            {
                "figure": f"{waiting['questions']:,}",
                "label": "to decide",
                "href": reverse("legal:payment_questions", args=[la]),
            },
            {
                "figure": f"{waiting['refunds']:,}",
                "label": "refunds to agree",
                "href": reverse("legal:payment_refunds", args=[la]),
            },
        ],
        "actions": [
            {"text": "Record a payment", "href": reverse("legal:payment_record", args=[la])},
            {"text": "Files", "href": reverse("legal:payment_files", args=[la])},
            {"text": "Month’s end", "href": reverse("legal:payment_month", args=[la])},  # noqa: RUF001
        ],
    }
    return the_list(la).respond(
        request,
        rows,
        context,
        template="legal/payments/payments.html",
        on_export=written_down(reach, on="legal.LedgerEntry:list", what="payments"),
    )


@require_http_methods(["GET", "HEAD", "POST"])
def payment_record(request: AuthorityRequest, la: str) -> HttpResponse:
    """Record a payment by hand."""
    reach = request.reach
    keep_payments(reach)
    initial = {"reference": request.GET.get("notice", "")[:20]}
    form = PaymentForm(request.POST if request.method == "POST" else None, initial=initial)

    def do(typed: dict[str, Any]) -> LedgerEntry:
        notice = (
            penalty_for(reach, typed["reference"], P.KEEP_PAYMENTS) if typed["reference"] else None
        )
        external = f"{typed['method']}:{typed['external']}" if typed["external"] else ""
        paid = Paid(
            typed["pence"],
            at_midnight(typed["paid_on"]),
            PaidBy(typed["method"]),
            external=external,
            given=typed["given"],
        )
        return services.record_payment(
            reach=reach, paid=paid, notice=notice, today=reach.today, now=timezone.now()
        )

    return act(
        request,
        la,
        form,
        do,
        title="Record a payment",
        lead="The day on which the parent paid decides what it does.",
        save="Record the payment",
        done="Payment recorded",
        back=reverse("legal:payments", args=[la]),
    )


def act(
    request: AuthorityRequest,
    la: str,
    form: forms.Form,
    do: Callable[[dict[str, Any]], object],
    *,
    title: str,
    lead: str,
    save: str,
    done: str,
    back: str,
    caption: str = "Payments",
) -> HttpResponse:
    """Show a form, or do what it says and go back."""
    if form.is_valid():
        try:
            made = do(form.cleaned_data)
        except DomainError as problem:
            form.add_error(None, problem.message)
        else:
            messages.success(request, done)
            if isinstance(made, LedgerEntry):
                return redirect("legal:payment", la=la, payment=made.payment)
            return redirect(back)
    context = {
        "title": title,
        "caption": caption,
        "lead": lead,
        "form": form,
        "save": save,
        "cancel": back,
    }
    return render(request, FORM, context)


@require_safe
def payment(request: AuthorityRequest, la: str, payment: str) -> HttpResponse:
    """One payment: where its money is, what happened to it, which notices it may be for."""
    reach = request.reach
    row = _left(reach, payment)
    _noted([row])
    places = _places(row)
    offered = []
    if row.left > 0:
        near = selectors.open_notices(reach.authority.pk)
        offered = selectors.suggestions(row.given, row.on, near)[:10]
    context = {
        "title": f"Payment of {in_pounds(row.pence)}",
        "caption": f"Payment {row.payment}",
        "tags": [_where(row)],
        "about": [
            {"key": key, "value": value}
            for key, value in (
                ("Paid on", words(row.on)),
                ("How", row.get_method_display()),
                ("What came with it", row.given),
                ("Name of the payment", row.external),
                ("From the file", f"{row.file.file_name}, line {row.line}" if row.file else ""),
                ("Note", row.words),
            )
            if value
        ],
        "suggestions": [
            {
                "text": printed_reference(one.notice),
                "why": one.why,
                "full": in_pounds(one.notice.full_pence),
                "href": f"{reverse('legal:payment_match', args=[la, payment])}"
                f"?notice={one.notice.reference}",
            }
            for one in offered
        ],
        "actions": _actions(row, places, la),
        "timeline": [_line(one, la) for one in reversed(selectors.lines_of(payment))],
    }
    return render(request, "legal/payments/payment.html", context)


def _left(reach: Reach, payment: str) -> Any:
    """A payment with what of it is in suspense. Raises NotFound and Forbidden."""
    row = payment_for(reach, payment)
    return selectors.with_left(payments_for(reach)).get(pk=row.pk)


def _places(row: Any) -> list[tuple[str, str, int]]:
    """Where the money of a payment lies: key, words and pence."""
    lying: dict[str, int] = {}
    for line in selectors.lines_of(row.payment):
        if line.notice:
            sign = 1 if line.kind == LedgerKind.ALLOCATED else -1
            key = line.notice.reference
            lying[key] = lying.get(key, 0) + sign * line.pence
    places = [
        (key, f"{in_pounds(pence)} on notice {in_groups(key)}", pence)
        for key, pence in lying.items()
        if pence
    ]
    if row.left > 0:
        places.append((SUSPENSE, f"{in_pounds(row.left)} in suspense", row.left))
    return places


def _actions(row: Any, places: list[tuple[str, str, int]], la: str) -> list[dict[str, str]]:
    """The buttons of a payment, the likeliest first."""
    matched = [key for key, _, _ in places if key != SUSPENSE]
    rows = (
        (row.left > 0, "match", "Match it with a notice"),
        (bool(matched), "off", "Take it off a notice"),
        (bool(places), "back", "Ask to send it back"),
        (bool(places), "bounce", "Record that it did not clear"),
        (row.left > 0, "aside", "Say which notice it is not for"),
    )
    return [
        {"text": text, "href": reverse(f"legal:payment_{name}", args=[la, row.payment])}
        for allowed, name, text in rows
        if allowed
    ]


def _line(line: LedgerEntry, la: str) -> dict[str, Any]:
    said = "Did not clear" if line.reverses_id else SAYS[LedgerKind(line.kind)]
    about = f": notice {in_groups(line.notice.reference)}" if line.notice else ""
    return {
        "title": f"{said}: {in_pounds(line.pence)}{about}",
        "by": line.made_by.name if line.made_by else "",
        "day": line.on,
        "text": line.words,
        "href": reverse("legal:penalty", args=[la, line.notice.reference]) if line.notice else "",
    }


def _form(request: AuthorityRequest, form: type[forms.Form], **more: Any) -> Any:
    return form(request.POST if request.method == "POST" else None, **more)


def _edge(reach: Reach) -> dict[str, Any]:
    return {"reach": reach, "today": reach.today, "now": timezone.now()}


@require_http_methods(["GET", "HEAD", "POST"])
def payment_match(request: AuthorityRequest, la: str, payment: str) -> HttpResponse:
    """Match a payment with a notice, or split it among several."""
    reach = request.reach
    row = _left(reach, payment)
    initial = {
        "reference_1": request.GET.get("notice", "")[:20],
        "pence_1": f"{row.left / 100:.2f}",
    }
    form = _form(request, MatchForm, initial=initial)

    def do(typed: dict[str, Any]) -> LedgerEntry:
        shares = [
            Share(penalty_for(reach, reference, P.KEEP_PAYMENTS), pence)
            for reference, pence in form.shares()
        ]
        return services.allocate(
            payment=payment, shares=shares, words=typed["words"], **_edge(reach)
        )

    return act(
        request,
        la,
        form,
        do,
        title="Match it with a notice",
        lead=f"{in_pounds(row.left)} of this payment is in suspense.",
        save="Match it",
        done="Matched",
        back=reverse("legal:payment", args=[la, payment]),
        caption=f"Payment {payment}",
    )


@require_http_methods(["GET", "HEAD", "POST"])
def payment_off(request: AuthorityRequest, la: str, payment: str) -> HttpResponse:
    """Take money off a notice, back into suspense."""
    reach = request.reach
    row = _left(reach, payment)
    places = [(key, text) for key, text, _ in _places(row) if key != SUSPENSE]

    return act(
        request,
        la,
        _form(request, PlaceForm, places=places),
        partial(_of_place, reach, payment, services.release),
        title="Take it off a notice",
        lead="The money goes back into suspense. A notice that it paid is open again.",
        save="Take it off",
        done="Taken off. Match it with the right notice",
        back=reverse("legal:payment", args=[la, payment]),
        caption=f"Payment {payment}",
    )


@require_http_methods(["GET", "HEAD", "POST"])
def payment_back(request: AuthorityRequest, la: str, payment: str) -> HttpResponse:
    """Ask that money is sent back."""
    reach = request.reach
    row = _left(reach, payment)
    places = [(key, text) for key, text, _ in _places(row)]

    return act(
        request,
        la,
        _form(request, PlaceForm, places=places),
        partial(_of_place, reach, payment, payment_refunds.ask),
        title="Ask to send it back",
        lead="Somebody else agrees before it goes.",
        save="Ask for it",
        done="Asked. Somebody else agrees before it goes",
        back=reverse("legal:payment", args=[la, payment]),
        caption=f"Payment {payment}",
    )


def _of_place(
    reach: Reach, payment: str, service: Callable[..., Any], typed: dict[str, Any]
) -> Any:
    """Do something with what a payment holds at a place: a notice, or none for suspense."""
    place = typed["place"]
    return service(
        payment=payment,
        notice=None if place == SUSPENSE else penalty_for(reach, place, P.KEEP_PAYMENTS),
        pence=typed["pence"],
        words=typed["words"],
        **_edge(reach),
    )


@require_http_methods(["GET", "HEAD", "POST"])
def payment_bounce(request: AuthorityRequest, la: str, payment: str) -> HttpResponse:
    """Record that a payment did not clear."""
    reach = request.reach
    payment_for(reach, payment)

    def do(typed: dict[str, Any]) -> LedgerEntry:
        return services.bounce(payment=payment, words=typed["words"], **_edge(reach))

    return act(
        request,
        la,
        _form(request, WhyForm),
        do,
        title="Record that it did not clear",
        lead="The bank took the money back. Every notice that it paid is open again.",
        save="It did not clear",
        done="Recorded. The notices that it paid are open again",
        back=reverse("legal:payment", args=[la, payment]),
        caption=f"Payment {payment}",
    )


@require_http_methods(["GET", "HEAD", "POST"])
def payment_aside(request: AuthorityRequest, la: str, payment: str) -> HttpResponse:
    """Say which notice a payment is not for."""
    reach = request.reach
    payment_for(reach, payment)
    initial = {"reference": request.GET.get("notice", "")[:20]}

    def do(typed: dict[str, Any]) -> object:
        return payment_refunds.set_aside(
            payment=payment,
            notice=penalty_for(reach, typed["reference"], P.KEEP_PAYMENTS),
            reason=typed["words"],
            **_edge(reach),
        )

    return act(
        request,
        la,
        _form(request, AsideForm, initial=initial),
        do,
        title="Say which notice it is not for",
        lead="It no longer stops a prosecution on that notice. It stays in suspense.",
        save="It is not for that notice",
        done="Recorded. It no longer stops that notice",
        back=reverse("legal:payment", args=[la, payment]),
        caption=f"Payment {payment}",
    )


# The money of one notice, for its own page


def panel(reach: Reach, notice: PenaltyNotice, la: str) -> dict[str, Any]:
    """What legal/payments/_notice.html shows: the state for all, payments for those who keep them.

    Schools see whether a notice is paid and what stops it, never who paid from where.
    """
    stands = selectors.position_of(notice, max(reach.today, notice.issued_on))
    keeps = reach.may_everywhere(P.KEEP_PAYMENTS)
    rows = [
        ("State", stands.standing.value.capitalize()),
        ("Charged", in_pounds(stands.charged)),
        ("Paid", in_pounds(stands.kept)),
        ("Not to be paid, as it was paid early", in_pounds(stands.discount)),
        ("Too much", in_pounds(stands.over)),
        ("Withdrawn", in_pounds(stands.withdrawn)),
        ("No longer sought", in_pounds(stands.written_off)),
        ("Open", in_pounds(stands.outstanding)),
    ]
    always = {"State", "Charged", "Paid", "Open"}
    return {
        "rows": [
            {"key": key, "value": value} for key, value in rows if key in always or value != "£0"
        ],
        "stops": selectors.stops_prosecution(notice, max(reach.today, notice.issued_on)),
        "questions": [
            {"text": one.words, "href": reverse("legal:payment_question", args=[la, one.pk])}
            for one in selectors.questions_on(notice)
        ]
        if keeps
        else [],
        "payments": [
            {
                "text": f"{in_pounds(pence)} of payment {key}",
                "href": reverse("legal:payment", args=[la, key]),
            }
            for key, pence in selectors.lying_on(notice).items()
        ]
        if keeps
        else [],
        "record": f"{reverse('legal:payment_record', args=[la])}?notice={notice.reference}"
        if keeps
        else "",
    }
