"""What the worklist and the list of pupils share: a school, a year group, a name that is typed."""

from collections.abc import Callable
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect

from attendance.forms.pupils import PupilSearch
from audit.record import Kind, record
from authorities.access import Reach
from authorities.http import AuthorityRequest

Narrow = Callable[[Any, Any], Any]


def school_and_year(enrolment: str = "") -> dict[str, Narrow]:
    """The filters of `SchoolAndYear`. `enrolment` leads from a row to its enrolment."""
    return {
        "school": lambda rows, urn: rows.filter(school__urn=urn),
        "year_group": lambda rows, group: rows.filter(**{f"{enrolment}year_group": group}),
    }


def keep_search(request: AuthorityRequest, la: str, *, key: str, page: str) -> HttpResponse:
    """Keep what was typed in the session: a name or UPN must not stand in an address."""
    form = PupilSearch(request.POST)
    request.session[key] = form.cleaned_data["q"].strip() if form.is_valid() else ""
    return redirect(page, la=la)


def write_down_listed(reach: Reach, *, on: str, count: int) -> None:
    """Somebody looked at a page of a list of pupils."""
    record(Kind.PUPILS_LISTED, by=reach.user, authority=reach.authority, on=on, count=count)
