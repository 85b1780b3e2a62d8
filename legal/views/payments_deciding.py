"""What people decide about money: questions, refunds; and the books at the month's end."""

from datetime import date
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from authorities.access import NotFound
from authorities.exports import written_down
from authorities.http import AuthorityRequest
from authorities.permissions import Permission
from frontend.lists import Column, ListPage
from frontend.templatetags.govuk import words
from legal.access import keep_payments, payment_question_for, refund_for, refunds_for
from legal.access import payment_questions_for as questions_for
from legal.forms.payments import AnswerForm, MonthForm, RefundForm
from legal.selectors import payments as selectors
from legal.selectors.penalties import printed_reference
from legal.services import payment_refunds as services
from legal.views.payments import act
from rules.notice_references import in_groups
from rules.tariffs import in_pounds

LABELS = {
    "charged": "Charged on notices issued",
    "settled": "Paid, and counted towards notices",
    "discount": "Not to be paid, as the lower amount was paid in time",
    "withdrawn": "Withdrawn",
    "written_off": "No longer sought",
    "outstanding": "Outstanding",
    "over": "Lies on notices and is too much, to go back",
    "received": "Received",
    "refunded": "Sent back, or did not clear",
    "suspense": "In suspense",
}
OUT = ("settled", "discount", "withdrawn", "written_off", "outstanding")
IN = ("settled", "over", "suspense", "refunded")


@require_safe
def questions(request: AuthorityRequest, la: str) -> HttpResponse:
    """What a person must decide about money, the oldest first."""
    page = ListPage(
        name="payment-questions",
        noun="question",
        columns=[
            Column(
                "notice",
                "Notice",
                lambda row: printed_reference(row.notice),
                order_by=("notice__reference",),
                href=lambda row: reverse("legal:payment_question", args=[la, row.pk]),
            ),
            Column("words", "What to decide", lambda row: row.words),
            Column("since", "Since", lambda row: row.since, order_by=("since",), show=words),
        ],
        sort="since",
        empty_title="Nothing to decide",
        nothing_yet="Part, late and double payments come here.",
    )
    rows = questions_for(request.reach).filter(closed_on=None)
    if request.GET.get("export") == "csv":
        request.reach.require(Permission.EXPORT)
    context = {"title": "Payments to decide", "lead": "No step towards a prosecution until then."}
    return page.respond(
        request,
        rows,
        context,
        on_export=written_down(request.reach, on="legal.PaymentQuestion:list", what="questions"),
    )


@require_http_methods(["GET", "HEAD", "POST"])
def question(request: AuthorityRequest, la: str, pk: int) -> HttpResponse:
    """One question: decide, and say why."""
    reach = request.reach
    row = payment_question_for(reach, pk)
    choices = services.DECISIONS.get(row.kind, ())
    if row.closed_on or not choices:
        decided = dict(choices).get(row.decision, "Said not to be for this notice")
        context = {
            "title": "Decided" if row.decision else "Settled itself",
            "notice_href": reverse("legal:penalty", args=[la, row.notice.reference]),
            "notice": printed_reference(row.notice),
            "rows": [
                {"key": "What was to decide", "value": row.words},
                {"key": "Decided", "value": decided if row.decision else "Nothing was left to do"},
                {"key": "Why", "value": row.reason},
                {"key": "By", "value": row.decided_by.name if row.decided_by else ""},
                {"key": "On", "value": words(row.closed_on)},
            ],
        }
        return render(request, "legal/payments/decided.html", context)
    form = AnswerForm(request.POST if request.method == "POST" else None, choices=choices)

    def do(typed: dict[str, Any]) -> object:
        return services.answer(
            reach=reach, question=row, today=reach.today, now=timezone.now(), **typed
        )

    return act(
        request,
        la,
        form,
        do,
        title="Decide about a payment",
        lead=row.words,
        save="Decide",
        done="Decided. It is in the history of the notice",
        back=reverse("legal:payment_questions", args=[la]),
        caption=f"Penalty notice {printed_reference(row.notice)}",
    )


@require_safe
def refunds(request: AuthorityRequest, la: str) -> HttpResponse:
    """The refunds that wait for somebody to agree, the oldest first."""
    page = ListPage(
        name="refunds",
        noun="refund",
        columns=[
            Column(
                "payment",
                "Payment",
                lambda row: row.payment,
                order_by=("payment",),
                href=lambda row: reverse("legal:payment_refund", args=[la, row.pk]),
            ),
            Column(
                "notice",
                "Notice",
                lambda row: printed_reference(row.notice) if row.notice else "In suspense",
            ),
            Column(
                "amount",
                "Amount",
                lambda row: in_pounds(row.pence),
                order_by=("pence",),
                numeric=True,
            ),
            Column("why", "Why", lambda row: row.words),
            Column(
                "by",
                "Asked by",
                lambda row: row.asked_by.name if row.asked_by else "The withdrawal",
            ),
            Column(
                "asked", "Asked on", lambda row: row.asked_on, order_by=("asked_on",), show=words
            ),
        ],
        sort="asked",
        empty_title="No refunds wait",
        nothing_yet="Money that somebody asks to send back comes here.",
    )
    if request.GET.get("export") == "csv":
        request.reach.require(Permission.EXPORT)
    return page.respond(
        request,
        refunds_for(request.reach).filter(done=None),
        {"title": "Refunds to agree", "lead": "Somebody other than the person who asked agrees."},
        on_export=written_down(request.reach, on="legal.Refund:list", what="refunds"),
    )


@require_http_methods(["GET", "HEAD", "POST"])
def refund(request: AuthorityRequest, la: str, pk: int) -> HttpResponse:
    """Agree to a refund, or say why not."""
    reach = request.reach
    row = refund_for(reach, pk)
    where = f"notice {in_groups(row.notice.reference)}" if row.notice else "suspense"
    if row.done is not None:
        context = {
            "title": "Sent back" if row.done else "Not sent back",
            "notice_href": reverse("legal:payment", args=[la, row.payment]),
            "notice": f"payment {row.payment}",
            "rows": [
                {"key": "Amount", "value": in_pounds(row.pence)},
                {"key": "From", "value": where},
                {"key": "Why it was asked", "value": row.words},
                {"key": "Why not", "value": row.reason},
                {"key": "By", "value": row.decided_by.name if row.decided_by else ""},
                {"key": "On", "value": words(row.decided_on)},
            ],
        }
        return render(request, "legal/payments/decided.html", context)
    form = RefundForm(request.POST if request.method == "POST" else None)

    def do(typed: dict[str, Any]) -> object:
        return services.decide(
            reach=reach,
            refund=row,
            agreed=typed["agreed"] == "yes",
            reason=typed["reason"],
            today=reach.today,
            now=timezone.now(),
        )

    asked = row.asked_by.name if row.asked_by else "the withdrawal"
    return act(
        request,
        la,
        form,
        do,
        title="Agree to a refund",
        lead=f"{in_pounds(row.pence)} from {where}, asked for by {asked}. {row.words}",
        save="Save",
        done="Recorded",
        back=reverse("legal:payment_refunds", args=[la]),
        caption=f"Payment {row.payment}",
    )


# The books


def _until(request: AuthorityRequest) -> tuple[MonthForm, date]:
    """The day up to which the books are read: today unless another is asked for."""
    asked = {"until_day", "until_month", "until_year"} & set(request.GET)
    data = request.GET if asked else None
    form = MonthForm(data, today=request.reach.today, initial={"until": request.reach.today})
    if form.is_valid():
        return form, form.cleaned_data["until"]
    return form, request.reach.today


def _day_in(request: AuthorityRequest, until: date) -> str:
    return f"?until_day={until.day}&until_month={until.month}&until_year={until.year}"


@require_safe
def month(request: AuthorityRequest, la: str) -> HttpResponse:
    """The books to the penny: what was charged and what came in, each accounted for."""
    keep_payments(request.reach)
    form, until = _until(request)
    sums = selectors.reconciled(request.reach.authority.pk, until).sums

    def rows(names: tuple[str, ...]) -> list[dict[str, str]]:
        return [
            {
                "text": LABELS[name],
                "amount": in_pounds(getattr(sums, name)),
                "href": reverse("legal:payment_bucket", args=[la, name]) + _day_in(request, until)
                if name in selectors.BUCKETS
                else f"{reverse('legal:payments', args=[la])}"
                + ("?where=suspense" if name == "suspense" else ""),
            }
            for name in names
        ]

    context = {
        "title": "The books",
        "caption": "Payments",
        "until": until,
        "form": form,
        "parts": [
            ("Notices", rows(("charged", *OUT)), "Charged is the sum of the others."),
            ("Money", rows(("received", *IN)), "Received is the sum of the others."),
        ],
        "sums": sums.sums,
    }
    return render(request, "legal/payments/month.html", context)


@require_safe
def behind(request: AuthorityRequest, la: str, bucket: str) -> HttpResponse:
    """The notices behind one of the numbers."""
    reach = request.reach
    keep_payments(reach)
    if bucket not in selectors.BUCKETS:
        raise NotFound("There is no such number. Go back to the books.")
    _, until = _until(request)
    if request.GET.get("export") == "csv":
        reach.require(Permission.EXPORT)
    found = selectors.reconciled(reach.authority.pk, until).behind(bucket)
    page = ListPage(
        name=f"notices-{bucket.replace('_', '-')}",
        noun="notice",
        columns=[
            Column(
                "reference",
                "Notice",
                lambda row: printed_reference(row[0]),
                order_by=(lambda row: row[0].reference,),
                href=lambda row: reverse("legal:penalty", args=[la, row[0].reference]),
            ),
            Column(
                "school",
                "School",
                lambda row: row[0].school.name,
                order_by=(lambda row: row[0].school.name,),
            ),
            Column(
                "issued",
                "Issued",
                lambda row: row[0].issued_on,
                order_by=(lambda row: row[0].issued_on,),
                show=words,
            ),
            Column(
                "amount",
                "Amount",
                lambda row: in_pounds(row[1]),
                order_by=(lambda row: row[1],),
                numeric=True,
            ),
        ],
        sort="issued",
        nothing_yet="No notice is behind this number.",
    )
    total = in_pounds(sum(pence for _, pence in found))
    return page.respond(
        request,
        found,
        {
            "title": LABELS[bucket],
            "caption": f"The books up to {words(until)}",
            "lead": f"Together {total}",
        },
        on_export=written_down(reach, on="legal.PenaltyNotice:books", what="notices of the books"),
    )
