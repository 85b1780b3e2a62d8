"""The audit trail of an authority, or of the schools that a person leads."""

from django import forms
from django.http import HttpResponse
from django.views.decorators.http import require_safe

from audit import selectors as history
from audit.record import Kind, record, sentence
from authorities.http import AuthorityRequest
from authorities.permissions import Permission
from authorities.selectors import schools_for
from frontend.fields import DateField
from frontend.lists import Column, ListPage
from frontend.templatetags.govuk import words_and_time

READS = (Kind.PUPIL_READ, Kind.PUPILS_LISTED, Kind.ADULT_READ, Kind.REGISTER_READ, Kind.CASE_READ)


class TrailFilters(forms.Form):
    """Which events to show."""

    what = forms.ChoiceField(
        label="What",
        required=False,
        choices=[("", "Everything"), ("changes", "Changes only"), ("reads", "Reads only")],
    )
    since = DateField(label="From", what="the first day", required=False)
    until = DateField(label="To", what="the last day", required=False)


TRAIL = ListPage(
    name="audit-trail",
    noun="event",
    columns=[
        Column(
            "at",
            "When",
            lambda e: e.at,
            order_by=("at",),
            show=words_and_time,
            descending_first=True,
        ),
        Column("what", "What happened", sentence),
        Column("by", "Who", lambda e: e.by.name if e.by else "Onroll", order_by=("by__name",)),
        Column("school", "School", lambda e: e.school.name if e.school else ""),
        Column("subject", "Record", lambda e: e.subject),
        Column("number", "Link", lambda e: e.link.number if hasattr(e, "link") else None),
    ],
    filter_form=TrailFilters,
    filters={
        "what": lambda rows, what: (
            rows.filter(kind__in=READS) if what == "reads" else rows.exclude(kind__in=READS)
        ),
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
    events = history.trail(reach.authority).select_related("link")
    if not reach.may_everywhere(Permission.VIEW_AUDIT):
        events = events.filter(school__in=schools_for(reach, Permission.VIEW_AUDIT))
    return TRAIL.respond(
        request,
        events,
        {
            "title": "Audit trail",
            "lead": "Everything that people did and looked at. Nothing here can be changed.",
        },
        on_export=lambda count: record(
            Kind.EXPORTED,
            by=reach.user,
            authority=reach.authority,
            on="audit.Event:list",
            what="the audit trail",
            count=count,
        ),
    )
