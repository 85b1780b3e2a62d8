"""Logging a letter that the school sent itself, and looking at what was logged."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from authorities.access import NotFound
from authorities.http import AuthorityRequest
from authorities.packs import pack_in_force
from authorities.permissions import Permission
from cases.access import case_for
from cases.forms.logged_letters import LogLetterForm, TakeBackForm
from cases.models import Case, LoggedLetter, Meeting
from cases.selectors.logged_letters import (
    Loggable,
    loggable,
    logged_letter,
    meeting_choice,
    meetings_to_invite_to,
)
from cases.selectors.meetings import family_of
from cases.services import logged_letters as service
from cases.views.pages import case_page
from frontend.templatetags.govuk import words
from rules.errors import DomainError


@require_http_methods(["GET", "HEAD", "POST"])
def letter_log(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """Say which letter of the policy the school sent itself, to whom, when and how."""
    reach = request.reach
    case = case_for(reach, reference, Permission.CHANGE_CASE)
    letters = loggable(pack_in_force(case.school, reach.today))
    people = family_of(case, reach.today)
    planned = list(meetings_to_invite_to(case))
    asked = {one.value: one for one in letters}.get(request.GET.get("letter", ""))
    form = LogLetterForm(
        request.POST if request.method == "POST" else None,
        letters=letters,
        people=people,
        planned=planned,
        today=reach.today,
        initial=_initial(asked, planned, request.GET.get("meeting", "")),
    )
    if form.is_valid():
        try:
            rows = service.log(
                reach=reach, case=case, sent=form.sent, now=timezone.now(), today=reach.today
            )
        except DomainError as problem:
            form.add_error(None, problem.message)
        else:
            count = "Letter logged" if len(rows) == 1 else f"{len(rows)} letters logged"
            messages.success(request, f"{count}: {rows[0].title}")
            return redirect("cases:case", la=la, reference=reference)
    context = case_page(reach, case, "case", "Log a letter that your school sent") | {
        "form": form,
        "asked": asked,
        "arrange": _arrange(la, case, asked, planned),
        "letters": letters,
        "people": people,
        "nobody": [one for one in people if not one.may],
        "cancel": reverse("cases:case", args=[la, reference]),
    }
    return render(request, "cases/logged_letters/log.html", context)


def _initial(asked: Loggable | None, planned: list[Meeting], meeting: str) -> dict[str, str]:
    """The letter that was asked for, and the planned meeting that it is about."""
    initial = {}
    if asked is not None:
        initial["letter"] = asked.value
    for one in reversed(planned):
        if one.reference == meeting or (asked is not None and _invites(asked, one)):
            initial["meeting"] = one.reference
    return initial


def _invites(letter: Loggable, meeting: Meeting) -> bool:
    """Whether the policy's letter invites to this kind of meeting."""
    return (letter.layer.pack.name, letter.letter.meeting) == (meeting.pack, meeting.key)


def _arrange(la: str, case: Case, asked: Loggable | None, planned: list[Meeting]) -> str:
    """Where the meeting is arranged that the letter invites to, while none is planned."""
    if asked is None or not asked.letter.meeting:
        return ""
    if any(_invites(asked, one) for one in planned):
        return ""
    kind = f"{asked.layer.pack.name}:{asked.letter.meeting}"
    address = reverse("cases:meeting_arrange", args=[la, case.reference])
    return f"{address}?{urlencode({'kind': kind})}"


@require_http_methods(["GET", "HEAD", "POST"])
def letter_logged(request: AuthorityRequest, la: str, reference: str, letter: str) -> HttpResponse:
    """One letter that was logged; taken back with a reason when it was a mistake."""
    reach = request.reach
    needed = Permission.CHANGE_CASE if request.method == "POST" else Permission.VIEW_CASE
    case = case_for(reach, reference, needed)
    found = logged_letter(case, letter)
    if found is None:
        raise NotFound("We cannot find that letter. It may belong to another case.")
    found.case = case
    form = TakeBackForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            service.take_back(reach=reach, letter=found, now=timezone.now(), **form.cleaned_data)
        except DomainError as problem:
            form.add_error(None, problem.message)
        else:
            messages.success(request, "Taken back. It counts as never sent.")
            return redirect("cases:case", la=la, reference=reference)
    page = case_page(reach, case, "case", found.title)
    context = page | {
        "letter": found,
        "rows": _rows(request, found),
        "form": form,
        "may_take_back": page["may_change"] and found.taken_back_at is None,
        "back": {"href": reverse("cases:case", args=[la, reference]), "text": "Back to the case"},
    }
    return render(request, "cases/logged_letters/logged.html", context)


def _rows(request: AuthorityRequest, found: LoggedLetter) -> list[dict[str, Any]]:
    """What is kept about it, as far as this person may read it."""
    in_full = request.reach.may(Permission.VIEW_SENSITIVE, found.case.school)
    rows = [
        ("To", found.adult.name),
        ("Sent on", words(found.sent_on)),
        ("How", found.get_way_display()),
        ("Invites to", meeting_choice(found.meeting) if found.meeting else ""),
        ("Your own reference", found.own_reference),
        ("Notes", found.note if in_full else ""),
        ("Policy", f"{found.source} (edition {found.edition})"),
        ("Logged", f"{words(found.logged_at)} by {found.logged_by.name}"),
    ]
    if found.taken_back_by is not None:
        said = f"{words(found.taken_back_at)} by {found.taken_back_by.name}"
        rows.append(("Taken back", f"{said}. {found.taken_back_because if in_full else ''}"))
    return [{"key": key, "value": value} for key, value in rows if value]
