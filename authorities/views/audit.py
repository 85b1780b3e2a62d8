"""The audit trail of an authority, or of the schools that a person leads."""

from datetime import datetime

from django import forms
from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from audit import selectors as history
from audit.models import Event
from audit.record import Kind, sentence
from authorities.exports import written_down
from authorities.http import AuthorityRequest
from authorities.permissions import Permission
from authorities.selectors import schools_for
from frontend.fields import DateField
from frontend.lists import Column, ListPage

READS = (
    Kind.PUPIL_READ,
    Kind.PUPILS_LISTED,
    Kind.ADULT_READ,
    Kind.ADULT_REVEALED,
    Kind.REGISTER_READ,
    Kind.CASE_READ,
)


class TrailFilters(forms.Form):
    """Which events to show."""

    what = forms.ChoiceField(
        label="What",
        required=False,
        choices=[("", "Everything"), ("changes", "Changes only"), ("reads", "Reads only")],
    )
    record = forms.CharField(
        label="Record",
        required=False,
        help_text="A pupil's, case's or letter's reference, as in its address",
    )
    since = DateField(label="From", what="the first day", required=False)
    until = DateField(label="To", what="the last day", required=False)


def short_moment(moment: datetime) -> str:
    """A moment for a narrow column: 23 Nov 2026, 6:04am."""
    at = timezone.localtime(moment)
    half = "am" if at.hour < 12 else "pm"
    return f"{at.day} {at:%b %Y}, {at.hour % 12 or 12}:{at:%M}{half}"


def record_of(event: Event) -> str:
    """What the event is about, by its reference where it has one: Pupil DWXWMVXV8Z."""
    what = event.subject.partition(":")[0].partition(".")[2]
    return f"{what} {event.facts.get('reference', '')}".strip()


def pupil_page(event: Event) -> str | None:
    """The page of the pupil that the event is about."""
    if not event.subject.startswith("attendance.Pupil:") or "reference" not in event.facts:
        return None
    return reverse("attendance:pupil", args=[event.authority.code, event.facts["reference"]])


TRAIL = ListPage(
    name="audit-trail",
    noun="event",
    columns=[
        Column(
            "at",
            "When",
            lambda e: e.at,
            order_by=("at",),
            show=short_moment,
            descending_first=True,
        ),
        Column("what", "What happened", sentence),
        Column("by", "Who", lambda e: e.by.name if e.by else "Onroll", order_by=("by__name",)),
        Column("school", "School", lambda e: e.school.name if e.school else ""),
        Column("subject", "Record", record_of, href=pupil_page),
        Column(
            "number",
            "Number in the chain",
            lambda e: e.link.number if hasattr(e, "link") else None,
            numeric=True,
        ),
    ],
    filter_form=TrailFilters,
    filters={
        "what": lambda rows, what: (
            rows.filter(kind__in=READS) if what == "reads" else rows.exclude(kind__in=READS)
        ),
        "record": lambda rows, typed: rows.filter(facts__reference=typed.strip().upper()),
        "since": lambda rows, day: rows.filter(at__date__gte=day),
        "until": lambda rows, day: rows.filter(at__date__lte=day),
    },
    search=lambda rows, typed: rows.filter(by__name__icontains=typed),
    search_label="Who",
    sort="-at",
)


@require_safe
def trail(request: AuthorityRequest, la: str) -> HttpResponse:
    """Who did and saw what, newest first."""
    reach = request.reach
    reach.require(Permission.VIEW_AUDIT)
    events = history.trail(reach.authority).select_related("link", "authority")
    if not reach.may_everywhere(Permission.VIEW_AUDIT):
        events = events.filter(school__in=schools_for(reach, Permission.VIEW_AUDIT))
    return TRAIL.respond(
        request,
        events,
        {
            "title": "Audit trail",
            "lead": "Everything that people did and looked at. Nothing here can be changed.",
        },
        on_export=written_down(reach, on="audit.Event:list", what="the audit trail"),
    )
