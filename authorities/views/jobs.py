"""Watching long work, stopping it, trying it again."""

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from authorities import jobs as services
from authorities.access import NotFound
from authorities.http import AuthorityRequest
from authorities.models import Job, JobState
from authorities.selectors import job_for


def found(request: AuthorityRequest, reference: str) -> Job:
    """The job, for somebody who may watch it."""
    job = job_for(request.reach, reference)
    if job is None:
        raise NotFound("We cannot find that piece of work. Check the address.")
    return job


@require_safe
def job(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """How far it has got. htmx asks for the progress part alone."""
    watched = found(request, reference)
    live = watched.state in services.LIVE
    then = watched.result.get("then", "")
    if not live and then and request.htmx:
        response = HttpResponse()
        response["HX-Redirect"] = then
        return response
    context = {
        "job": watched,
        "live": live,
        "failed": watched.state == JobState.FAILED,
        "then": then,
        "poll_url": reverse("authorities:job", args=[la, reference]) if live else "",
    }
    template = "authorities/job_progress.html" if request.htmx else "authorities/job.html"
    return render(request, template, context)


@require_POST
def cancel(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """Stop it. What it had begun is undone with its transaction."""
    services.cancel(found(request, reference), now=timezone.now())
    return redirect("authorities:job", la=la, reference=reference)


@require_POST
def again(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """Try a failed or stopped job again."""
    services.retry(found(request, reference))
    return redirect("authorities:job", la=la, reference=reference)
