"""The minutes of a meeting: writing them, what was agreed, copies, and the record to print."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from audit.record import Kind, record
from authorities.access import NotFound
from authorities.http import AuthorityRequest
from authorities.permissions import Permission
from cases.access import meeting_for
from cases.forms.meetings import ActionForm, CopiesForm, DoneForm, MinutesForm
from cases.models import Invited, Meeting, MeetingCase, Minutes, Part
from cases.selectors.meeting_policy import agenda_of
from cases.selectors.meetings import (
    AREAS,
    COLUMNS,
    action_of,
    cases_of,
    colleagues,
    invited_of,
    may_still_tell,
    to_be_copied,
)
from cases.services import minutes as service
from cases.views.meetings import grid_rows, step
from letters import render as printing
from rules.meeting_stages import MeetingState

TEMPLATE = "letters/meeting_record.html"


def _door(
    request: AuthorityRequest, reference: str, case: str, permission: Permission
) -> tuple[Meeting, MeetingCase]:
    """A meeting and one of its cases. NotFound where the person may not see the case."""
    found = meeting_for(request.reach, reference, Permission.VIEW_CASE)
    for row in cases_of(found, request.reach):
        if row.case.reference == case:
            request.reach.require(permission, row.case.school)
            return found, row
    raise NotFound("We cannot find that case among those of the meeting.")


@require_http_methods(["GET", "POST"])
def minutes_write(request: AuthorityRequest, la: str, reference: str, case: str) -> HttpResponse:
    """Write the minutes of one case, or put them right."""
    reach = request.reach
    found, row = _door(request, reference, case, Permission.CHANGE_CASE)
    before = list(row.minutes.all())
    form = MinutesForm(
        request.POST if request.method == "POST" else None,
        outcomes=found.outcomes,
        initial=_former(before[-1], found) if before else {"number": 0},
    )

    def act(typed: dict[str, Any]) -> str:
        service.write(
            reach=reach, row=row, number=typed["number"], said=form.said, now=timezone.now()
        )
        return "Minutes kept. Give everybody a copy."

    title = "Put the minutes right" if before else "Write the minutes"
    more = {
        "lead": f"About {row.case.pupil.name}. The family gets a copy: write no address and no "
        "phone number, and nothing about other children.",
        "agenda": agenda_of(found),
        "wide": True,
    }
    return step(request, found, form, act, title, "Keep the minutes", more)


def _former(newest: Minutes, found: Meeting) -> dict[str, Any]:
    """What the newest minutes say, to be put right."""
    boxes = {
        f"{column}_{area}": newest.grid.get(area, {}).get(column, "")
        for area in AREAS
        for column in COLUMNS
    }
    known = newest.outcome in found.outcomes
    return boxes | {
        "number": newest.number,
        "parent_said": newest.parent_said,
        "pupil_said": newest.pupil_said,
        "more": newest.more,
        "decided": newest.outcome if known else "other",
        "outcome": "" if known else newest.outcome,
    }


@require_http_methods(["GET", "POST"])
def action_add(request: AuthorityRequest, la: str, reference: str, case: str) -> HttpResponse:
    """Write down something agreed."""
    reach = request.reach
    found, row = _door(request, reference, case, Permission.CHANGE_CASE)
    form = ActionForm(
        request.POST if request.method == "POST" else None,
        colleagues=colleagues(found.school, reach.today),
        people=invited_of(found),
    )

    def act(typed: dict[str, Any]) -> str:
        user, who = form.owner
        service.agree(
            reach=reach,
            row=row,
            words=typed["words"],
            user=user,
            who=who,
            due_on=typed["due_on"],
            now=timezone.now(),
        )
        return "Action kept"

    more = {"lead": f"About {row.case.pupil.name}"}
    return step(request, found, form, act, "Add an action", "Keep the action", more)


@require_http_methods(["GET", "POST"])
def action_done(
    request: AuthorityRequest, la: str, reference: str, case: str, action: int
) -> HttpResponse:
    """Say that an action was done."""
    found, row = _door(request, reference, case, Permission.CHANGE_CASE)
    chosen = action_of(row, action)
    if chosen is None:
        raise NotFound("We cannot find that action. Look at the meeting again.")
    form = DoneForm(request.POST if request.method == "POST" else None)

    def act(typed: dict[str, Any]) -> str:
        service.done(
            reach=request.reach,
            action=chosen,
            came_of_it=typed["came_of_it"],
            now=timezone.now(),
        )
        return "Action done"

    more = {"lead": f"{chosen.who}: {chosen.words}"}
    return step(request, found, form, act, "Was it done?", "It was done", more)


@require_http_methods(["GET", "POST"])
def minutes_give(request: AuthorityRequest, la: str, reference: str, case: str) -> HttpResponse:
    """Write down who has a copy."""
    reach = request.reach
    found, row = _door(request, reference, case, Permission.CHANGE_CASE)
    written = list(row.minutes.all())
    given = {copy.to_id for copy in written[-1].copies.all()} if written else set()
    may = may_still_tell(found, reach.today)
    people = [
        one
        for one in invited_of(found)
        if one.adult_id is None or (one.adult_id in may and may[one.adult_id].may)
    ]
    form = CopiesForm(
        request.POST if request.method == "POST" else None,
        people=[one for one in people if one.pk not in given],
        expected=[one.pk for one in to_be_copied(found, reach.today)],
        today=reach.today,
    )

    def act(typed: dict[str, Any]) -> str:
        service.give(
            reach=reach,
            row=row,
            to=[int(pk) for pk in typed["to"]],
            way=typed["way"],
            given_on=typed["on"],
            now=timezone.now(),
        )
        return "Copies written down"

    more = {
        "nothing": "" if written else "Write the minutes first.",
        "refused": [one for one in may.values() if not one.may],
    }
    return step(request, found, form, act, "Who has a copy?", "Write it down", more)


# The record to print


@require_safe
def minutes_pdf(request: AuthorityRequest, la: str, reference: str, case: str) -> HttpResponse:
    """The record as a PDF: the school's, or with ?for= the copy of one adult."""
    found, row = _door(request, reference, case, Permission.VIEW_SENSITIVE)
    written = list(row.minutes.all())
    if found.state != MeetingState.HELD or not written:
        return redirect("cases:meeting", la=la, reference=reference)
    reader = _reader(request, found)
    made = printing.pdf(TEMPLATE, {"record": _printed(request, found, row, written[-1], reader)})
    record(
        Kind.MEETING_PRINTED,
        by=request.user,
        authority=request.authority,
        school=found.school,
        on=found,
        copy="a parent" if reader else "the school",
    )
    response = HttpResponse(made, content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="meeting-{found.reference}.pdf"'
    return response


def _reader(request: AuthorityRequest, found: Meeting) -> Invited | None:
    """The adult whose copy is asked for, who must be one that may have it. None: the school's."""
    asked = request.GET.get("for", "")
    if not asked:
        return None
    may = may_still_tell(found, request.reach.today)
    for one in found.invited.filter(part=Part.ADULT):
        if str(one.pk) == asked and one.adult_id in may and may[one.adult_id].may:
            return one
    raise NotFound("We cannot make a copy for that person.")


def _printed(
    request: AuthorityRequest,
    found: Meeting,
    row: MeetingCase,
    minutes: Minutes,
    reader: Invited | None,
) -> dict[str, Any]:
    """What the record says. It holds nobody's address, phone or email.

    A copy for one adult says nothing of another adult who was not there: not that they were
    invited, nor why they stayed away.
    """
    people = invited_of(found)
    there = [one for one in people if one.came]
    away = [one for one in people if one.came is False]
    if reader is not None:
        away = [one for one in away if one.part != Part.ADULT or one.pk == reader.pk]
    return {
        "label": found.label,
        "pupil": row.case.pupil.name,
        "school": found.school.name,
        "starts_at": found.starts_at,
        "place": found.place,
        "leader": found.leader.name,
        "there": [_person(one) for one in there],
        "also_there": found.also_there,
        "away": [_person(one) for one in away],
        "without_family": found.without_family,
        "grid": grid_rows(minutes),
        "columns": list(COLUMNS.values()),
        "parent_said": minutes.parent_said,
        "pupil_said": minutes.pupil_said,
        "more": minutes.more,
        "outcome": minutes.outcome,
        "number": minutes.number,
        "written_by": minutes.written_by.name,
        "written_at": minutes.written_at,
        "actions": list(row.actions.all()),
        "reader": reader.name if reader else "",
    }


def _person(one: Invited) -> str:
    return f"{one.name} ({one.role.lower()})" if one.role else one.name
