"""The court bundle of a prosecution: making it, watching it, taking its files, checking them."""

from pathlib import Path
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from authorities.http import AuthorityRequest
from authorities.jobs import LIVE
from authorities.permissions import Permission
from legal import bundle_verifier
from legal.access import bundle_file_for, prosecution_for
from legal.models import BundlePart, CourtBundle, Prosecution
from legal.selectors import bundles as selectors
from legal.services import bundles as services
from rules.errors import Conflict, DomainError

CHECKER = Path(bundle_verifier.__file__).with_name("verify.py")
SAYS = {
    BundlePart.SERVED: "The bundle, for the court and the parent",
    BundlePart.PROSECUTOR: "The prosecutor's own file: never serve it",
}


@require_http_methods(["GET", "HEAD", "POST"])
def bundle(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """Every bundle of a prosecution. Posting makes a new one; pressed twice, it makes one."""
    reach = request.reach
    prosecution = prosecution_for(reach, reference, Permission.PROSECUTE)
    services.may_make(reach, prosecution)
    if request.method == "POST":
        try:
            asked = services.ask(reach=reach, prosecution=prosecution, now=timezone.now())
        except DomainError as problem:
            messages.error(request, problem.message)
            return redirect("legal:bundle", la=la, reference=reference)
        job = asked.job.reference if asked.job else ""
        return redirect("authorities:job", la=la, reference=job)
    rows = [_row(one, prosecution, la) for one in selectors.bundles_of(prosecution)]
    context: dict[str, Any] = {
        "title": "Court bundle",
        "caption": f"Prosecution {prosecution.reference}",
        "tags": [],
        "breadcrumbs": [
            {"text": "Prosecutions", "href": reverse("legal:prosecutions", args=[la])},
            {
                "text": prosecution.reference,
                "href": reverse("legal:prosecution", args=[la, reference]),
            },
            {"text": "Court bundle"},
        ],
        "review": prosecution.review or (prosecution.notice.review if prosecution.notice else ""),
        "bundles": rows,
        "making": any(row["watch"] for row in rows),
        "checker_href": reverse("legal:bundle_checker", args=[la]),
    }
    return render(request, "legal/bundles/bundle.html", context)


def _row(one: CourtBundle, prosecution: Prosecution, la: str) -> dict[str, Any]:
    job = one.job
    live = one.made_at is None and job is not None and job.state in LIVE
    return {
        "row": one,
        "tag": selectors.state_of(one, prosecution),
        "old": selectors.changed_since(one, prosecution),
        "watch": reverse("authorities:job", args=[la, job.reference]) if job and live else "",
        "doing": (job.doing or "Waiting for its turn") if job and live else "",
        "problem": job.problem if job and one.made_at is None else "",
        "files": [
            {
                "text": SAYS[BundlePart(file.part)],
                "href": reverse("legal:bundle_file", args=[la, one.reference, file.part]),
                "pages": file.pages,
                "sha256": file.sha256,
            }
            for file in getattr(one, "kept", ())
            if not (file.part == BundlePart.SERVED and one.review)
        ],
    }


@require_safe
def bundle_file(request: AuthorityRequest, la: str, reference: str, part: str) -> HttpResponse:
    """One file of a bundle as it was made. Its name holds the reference, never a name.

    One that may not be served leads back to where a new one is made.
    """
    file = bundle_file_for(request.reach, reference, part)
    try:
        pdf = services.take(reach=request.reach, file=file)
    except Conflict as problem:
        messages.error(request, problem.message)
        return redirect("legal:bundle", la=la, reference=file.bundle.prosecution.reference)
    response = HttpResponse(pdf, content_type="application/pdf")
    name = f"bundle-{reference}-{part}.pdf"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


@require_safe
def bundle_checker(request: AuthorityRequest, la: str) -> HttpResponse:
    """The program that checks a bundle without Onroll: one file, to give away with it."""
    request.reach.require(Permission.PROSECUTE)
    response = HttpResponse(CHECKER.read_bytes(), content_type="text/x-python; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="verify.py"'
    return response
