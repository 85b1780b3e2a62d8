"""Registration certificates: choose the period, see what it would say, take the PDF."""

from datetime import date, datetime, time
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from attendance.access import PupilHere, pupil_here
from attendance.forms.certificates import CertificatePeriod
from attendance.forms.pupils import year_group_words
from attendance.selectors.certificates import Certificate, certificate_for, period_start
from audit.record import Kind, record
from authorities.http import AuthorityRequest
from authorities.permissions import Permission
from letters import render as printing

TEMPLATE = "letters/registration_certificate.html"


def _door(request: AuthorityRequest, reference: str) -> PupilHere:
    """A pupil for whom the person may make a certificate."""
    urn = request.GET.get("school", "")
    return pupil_here(request.reach, reference, Permission.MAKE_CERTIFICATE, urn=urn)


def _certificate(
    request: AuthorityRequest,
    here: PupilHere,
    first: date,
    last: date,
    known_at: datetime | None = None,
) -> Certificate:
    return certificate_for(
        here,
        first=first,
        last=last,
        year_group=year_group_words(here.enrolment.year_group),
        made_by=request.user.name,
        made_at=timezone.now(),
        today=request.reach.today,
        known_at=known_at,
    )


def _of_form(request: AuthorityRequest, here: PupilHere, form: CertificatePeriod) -> Certificate:
    """The certificate that a valid form asks for."""
    typed = form.cleaned_data
    return _certificate(request, here, typed["first"], typed["last"], form.moment)


@require_safe
def certificate(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """The period, and what a certificate of it would say."""
    here = _door(request, reference)
    today = request.reach.today
    start = period_start(here, today)
    asked = "chosen" in request.GET
    form = CertificatePeriod(
        request.GET if asked else None, today=today, initial={"first": start, "last": today}
    )
    shown: Certificate | None = None
    if not asked:
        shown = _certificate(request, here, start, max(start, today))
    elif form.is_valid():
        shown = _of_form(request, here, form)
    context: dict[str, Any] = {
        "title": "Registration certificate",
        "form": form,
        "here": here,
        "pupil": here.pupil,
        "place": here.school.name,
        "certificate": shown,
        "pdf_href": _pdf_href(request, here, shown) if shown else "",
        "several": here.school.urn if len(here.enrolments) > 1 else "",
        "breadcrumbs": [
            {"text": "Pupils", "href": reverse("attendance:pupils", args=[la])},
            {
                "text": here.pupil.name,
                "href": reverse("attendance:pupil", args=[la, reference]),
            },
            {"text": "Registration certificate"},
        ],
    }
    record(
        Kind.REGISTER_READ,
        by=request.user,
        authority=request.authority,
        school=here.school,
        on=here.pupil,
    )
    return render(request, "cases/certificate.html", context)


def _pdf_href(request: AuthorityRequest, here: PupilHere, shown: Certificate) -> str:
    """The address of the PDF. Dates may stand in it; names may not."""
    address = reverse("cases:certificate_pdf", args=[request.authority.code, here.pupil.reference])
    period = f"first={shown.first.isoformat()}&last={shown.last.isoformat()}"
    several = f"&school={here.school.urn}" if len(here.enrolments) > 1 else ""
    known = ""
    if shown.known:
        local = timezone.localtime(shown.known.moment)
        known = f"&known_on={local.date().isoformat()}"
        known += "" if local.time() == time.max else f"&known_at={local:%H:%M}"
    return f"{address}?{period}{known}{several}"


@require_safe
def certificate_pdf(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """The certificate as a PDF. Its file name holds the pupil's reference, never a name."""
    here = _door(request, reference)
    form = CertificatePeriod(_parts(request), today=request.reach.today)
    if not form.is_valid():
        return redirect("cases:certificate", la=la, reference=reference)
    shown = _of_form(request, here, form)
    made = printing.pdf(TEMPLATE, {"certificate": shown})
    record(
        Kind.CERTIFICATE_MADE,
        by=request.user,
        authority=request.authority,
        school=here.school,
        on=here.pupil,
        first=shown.first.isoformat(),
        last=shown.last.isoformat(),
        warnings=len(shown.warnings),
        **({"known_at": shown.known.moment.isoformat()} if shown.known else {}),
    )
    response = HttpResponse(made, content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="certificate-{reference}.pdf"'
    return response


def _parts(request: AuthorityRequest) -> dict[str, str]:
    """The days of the address as the form's boxes: 2026-09-02 is 2, 9 and 2026."""
    parts = {"known_at": request.GET.get("known_at", "")}
    for name in ("first", "last", "known_on"):
        year, _, rest = request.GET.get(name, "").partition("-")
        month, _, day = rest.partition("-")
        parts |= {f"{name}_day": day, f"{name}_month": month, f"{name}_year": year}
    return parts
