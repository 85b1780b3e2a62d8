"""Bank and card files: the list, bringing one, and what becomes of each of its lines."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from authorities.exports import written_down
from authorities.http import AuthorityRequest
from authorities.permissions import Permission
from frontend.lists import Column, ListPage
from frontend.templatetags.govuk import words_and_time
from legal.access import keep_payments, payment_file_for, payment_files_for
from legal.forms.payments import FileForm
from legal.services import payment_files as services
from legal.services.payment_layouts import BY_KEY
from rules.errors import DomainError
from rules.tariffs import in_pounds

COLOURS = {
    services.Outcome.MATCHED: "green",
    services.Outcome.SUSPENSE: "orange",
    services.Outcome.ALREADY: "grey",
    services.Outcome.LEFT: "grey",
    services.Outcome.REFUSED: "red",
}


@require_safe
def files(request: AuthorityRequest, la: str) -> HttpResponse:
    """The files that were brought, newest first."""
    page = ListPage(
        name="payment-files",
        noun="file",
        columns=[
            Column(
                "file",
                "File",
                lambda row: row.file_name,
                order_by=("file_name",),
                href=lambda row: reverse("legal:payment_file", args=[la, row.reference]),
            ),
            Column("layout", "What it is", lambda row: BY_KEY[row.layout].label),
            Column("state", "State", lambda row: "Taken" if row.taken_at else "Not taken yet"),
            Column("by", "Brought by", lambda row: row.uploaded_by.name),
            Column(
                "when",
                "Brought",
                lambda row: row.uploaded_at,
                order_by=("uploaded_at",),
                show=words_and_time,
                descending_first=True,
            ),
        ],
        sort="-when",
        nothing_yet="Bring a CSV file from the bank or the card service.",
    )
    if request.GET.get("export") == "csv":
        request.reach.require(Permission.EXPORT)
    new = reverse("legal:payment_file_new", args=[la])
    return page.respond(
        request,
        payment_files_for(request.reach),
        {"title": "Bank and card files", "actions": [{"text": "Bring a file", "href": new}]},
        on_export=written_down(request.reach, on="legal.PaymentFile:list", what="payment files"),
    )


@require_http_methods(["GET", "HEAD", "POST"])
def file_new(request: AuthorityRequest, la: str) -> HttpResponse:
    """Bring a file. Nothing is booked yet."""
    reach = request.reach
    keep_payments(reach)
    posted = request.method == "POST"
    form = FileForm(request.POST if posted else None, request.FILES if posted else None)
    if form.is_valid():
        sent = form.cleaned_data["file"]
        try:
            kept = services.upload(
                reach=reach,
                file_name=sent.name,
                content=sent.read(),
                today=reach.today,
                now=timezone.now(),
            )
        except DomainError as problem:
            form.add_error("file", problem.message)
        else:
            return redirect("legal:payment_file", la=la, reference=kept.reference)
    context = {"title": "Bring a bank or card file", "form": form}
    return render(request, "legal/payments/file_new.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def file(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """What becomes of each line of a file; and taking it."""
    reach = request.reach
    row = payment_file_for(reach, reference)
    judged = services.lines_of(row, reach.today)
    if request.method == "POST":
        try:
            job = services.ask_to_take(reach=reach, file=row, lines=len(judged), now=timezone.now())
            if job is not None:
                return redirect("authorities:job", la=la, reference=job.reference)
            services.take(reach=reach, file=row, today=reach.today, now=timezone.now())
        except DomainError as problem:
            messages.error(request, problem.message)
        else:
            messages.success(request, "Taken. Every line is accounted for below")
        return redirect("legal:payment_file", la=la, reference=reference)
    if request.GET.get("export") == "csv":
        reach.require(Permission.EXPORT)
    counts = services.counted(judged)
    context = {
        "title": row.file_name,
        "caption": BY_KEY[row.layout].label,
        "tags": [
            {"text": "Taken", "colour": "green"}
            if row.taken_at
            else {"text": "Not taken yet", "colour": "yellow"}
        ],
        "taken": row.taken_at,
        "tiles": [
            {
                "figure": f"{counts[outcome.value]['lines']:,}",
                "label": outcome.value,
                "note": in_pounds(counts[outcome.value]["pence"]),
            }
            for outcome in services.Outcome
        ],
    }
    return _lines(la).respond(
        request,
        judged,
        context,
        template="legal/payments/file.html",
        on_export=written_down(reach, on="legal.PaymentFile:lines", what="lines of a payment file"),
    )


def _lines(la: str) -> ListPage:
    def tag(one: services.Judged) -> dict[str, Any]:
        return {"text": one.outcome.value.capitalize(), "colour": COLOURS[one.outcome]}

    return ListPage(
        name="payment-lines",
        noun="line",
        columns=[
            Column("line", "Line", lambda one: one.line, order_by=(lambda one: one.line,)),
            Column(
                "outcome",
                "What becomes of it",
                tag,
                order_by=(lambda one: one.outcome.value,),
                show=lambda tag: tag["text"],
                template="legal/cells/tag.html",
                export=False,
            ),
            Column(
                "outcome_words", "What becomes of it", lambda one: one.outcome.value, export="only"
            ),
            Column("words", "In words", lambda one: one.words),
            Column(
                "amount",
                "Amount",
                lambda one: in_pounds(one.pence) if one.pence else None,
                order_by=(lambda one: one.pence,),
                numeric=True,
            ),
            Column(
                "payment",
                "Payment",
                lambda one: one.payment or None,
                href=lambda one: (
                    reverse("legal:payment", args=[la, one.payment]) if one.payment else None
                ),
            ),
        ],
        sort="line",
    )
