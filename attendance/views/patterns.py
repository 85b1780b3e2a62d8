"""Patterns of absence: one pupil's, and a registration group's."""

from base64 import b64encode
from collections.abc import Sequence
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from attendance.access import pupil_here
from attendance.forms.patterns import ChooseGroup
from attendance.selectors import patterns as selectors
from attendance.selectors.books import book_of
from attendance.selectors.enrolments import registration_groups
from attendance.selectors.proof import session_words
from attendance.views.charts import audit_read
from attendance.views.pupil import chart_src, page_context
from attendance.views.searching import write_down_listed
from authorities.access import school_for
from authorities.http import AuthorityRequest
from authorities.permissions import Permission
from authorities.selectors import schools_for
from frontend.charts import weekday_pattern
from frontend.charts.drawing import svg
from frontend.charts.weekday_pattern import WeekdayCount
from frontend.templatetags.govuk import words

HEADINGS = ["Which sessions", "Missed", "Share", "Missed at other times", "Share", "Stands out"]


@require_safe
def pupil_patterns(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """Which days one pupil misses more than others, each spell, each late, and the siblings."""
    reach = request.reach
    here = pupil_here(reach, reference, urn=request.GET.get("school", ""))
    audit_read(reach, here)
    in_full = Permission.VIEW_SENSITIVE in here.sees
    book = book_of(here.enrolment, here.pupil.born_on, today=reach.today)
    found = selectors.of_pupil(book)
    lates = selectors.lates_of(book)
    minutes = [late.minutes for late in lates if late.minutes is not None]
    context = page_context(reach, here, "pupil_patterns") | {
        "headings": HEADINGS,
        "stand_out": [one.words for one in found if one.stands_out],
        "rows": selectors.pattern_rows(found),
        "weekdays_src": chart_src(reach, here, "weekdays"),
        "spell_headings": ["From", "To", "Sessions", "Codes"],
        "spells": selectors.spell_rows(book, in_full=in_full),
        "late_headings": ["Session", "Code", "Arrived", "Minutes late"],
        "lates": [
            [
                session_words(late.when),
                late.code,
                f"{late.arrived_at:%H:%M}" if late.arrived_at else "Not recorded",
                "" if late.minutes is None else str(late.minutes),
            ]
            for late in lates
        ],
        "minutes": sum(minutes),
        "minutes_of": len(minutes),
        "siblings": [
            {
                "name": one.enrolment.pupil.name,
                "school": one.enrolment.school.name,
                "href": reverse("attendance:pupil", args=[la, one.enrolment.pupil.reference]),
                "days": [words(day) for day in one.days],
            }
            for one in selectors.siblings_of(reach, here, book)
        ],
    }
    return render(request, "attendance/patterns/pupil.html", context)


@require_safe
def group_patterns(request: AuthorityRequest, la: str) -> HttpResponse:
    """A registration group: when it is absent, and whose pattern stands out."""
    reach = request.reach
    reach.require(Permission.VIEW_PUPIL)
    schools = list(schools_for(reach, Permission.VIEW_PUPIL))
    only = schools[0].urn if len(schools) == 1 else ""
    urn = request.GET.get("school", "") or only
    groups = registration_groups(reach, urn, reach.today)
    choices = [("", "Choose a school"), *((each.urn, each.name) for each in schools)]
    form = ChooseGroup(
        {"school": urn, "group": request.GET.get("group", "")}, schools=choices, groups=groups
    )
    context: dict[str, Any] = {"form": form, "headings": HEADINGS[:-1], "groups": groups}
    if form.is_valid() and form.cleaned_data["group"]:
        school = school_for(reach, urn, Permission.VIEW_PUPIL)
        found = selectors.of_group(reach, school, form.cleaned_data["group"], reach.today)
        write_down_listed(reach, on="attendance.Pupil:patterns", count=len(found.members))
        context |= {
            "school": school,
            "group": form.cleaned_data["group"],
            "weekdays_src": _drawn(found.weekdays),
            "rows": [row[:-1] for row in selectors.pattern_rows(found.patterns)],
            "members": [
                {
                    "name": one.enrolment.pupil.name,
                    "href": reverse(
                        "attendance:pupil_patterns", args=[la, one.enrolment.pupil.reference]
                    ),
                    "words": [pattern.words for pattern in one.stand_out],
                    "lates": one.lates,
                }
                for one in found.members
                if one.stand_out
            ],
            "count": len(found.members),
        }
    return render(request, "attendance/patterns/group.html", context)


def _drawn(counts: Sequence[WeekdayCount]) -> str:
    """A picture as an address that holds it: no second request reads the class again."""
    picture = svg(weekday_pattern.spec(counts))
    return f"data:image/svg+xml;base64,{b64encode(picture.encode()).decode()}"
