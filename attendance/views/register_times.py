"""When a school's registers open and close, and who takes which group's register."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from attendance.forms.taking import TimesForm, TutorForm
from attendance.selectors import register_times as selectors
from attendance.selectors.registers_due import groups_on
from attendance.selectors.taking import (
    clock_words,
    group_key,
    group_of,
    group_words,
    times_on,
    tutors_on,
)
from attendance.services import register_times as services
from attendance.services.register_times import DifferentLengths, WrongTimes
from authorities.access import NotFound, school_for
from authorities.http import AuthorityRequest
from authorities.models import School
from authorities.permissions import Permission
from rules.dates import in_words
from rules.errors import DomainError
from rules.marks import Session

BOXES = {Session.AM: ("opens_am", "closes_am"), Session.PM: ("opens_pm", "closes_pm")}


def _context(la: str, school: School, title: str, *parts: dict[str, str]) -> dict[str, Any]:
    """What these pages share."""
    registers = f"{reverse('attendance:registers', args=[la])}?school={school.urn}"
    return {
        "title": title,
        "caption": school.name,
        "place": school.name,
        "breadcrumbs": [{"text": "Registers", "href": registers}, *parts, {"text": title}],
    }


@require_http_methods(["GET", "POST"])
def times(request: AuthorityRequest, la: str, urn: str) -> HttpResponse:
    """The times in force, those before and to come, and a form for new ones."""
    school = school_for(request.reach, urn, Permission.AMEND_REGISTER)
    today = request.reach.today
    initial: dict[str, Any] = {"starts_on": today}
    for session, row in times_on(school, today).items():
        opens, closes = BOXES[session]
        initial |= {opens: _typed(row.opens_at), closes: _typed(row.closes_at)}
    form = TimesForm(request.POST if request.method == "POST" else None, initial=initial)
    if form.is_valid() and _times_saved(request, school, form):
        return redirect("attendance:register_times", la=la, urn=urn)
    context = _context(la, school, "Register times") | {
        "form": form,
        "rows": [
            [
                in_words(row.starts_on),
                Session(row.session).words.capitalize(),
                clock_words(row.opens_at),
                clock_words(row.closes_at),
            ]
            for row in selectors.times_history(school)
        ],
        "headings": ["From", "Session", "Opens", "Closes"],
    }
    return render(request, "attendance/registers/times.html", context)


def _typed(moment: Any) -> str:
    """A time as it is typed."""
    return f"{moment.hour}:{moment:%M}"


def _times_saved(request: AuthorityRequest, school: School, form: TimesForm) -> bool:
    """Save the times; a refusal goes onto the form in words."""
    said = form.cleaned_data
    try:
        services.set_times(
            school=school,
            openings={half: (said[first], said[last]) for half, (first, last) in BOXES.items()},
            starts_on=said["starts_on"],
            by=request.reach,
            confirmed=said["confirmed"],
        )
    except WrongTimes as problem:
        form.add_error(BOXES[problem.session][1], problem.sentence)
    except DifferentLengths as problem:
        form.ask_to_confirm(problem.sentence)
    except DomainError as problem:
        form.add_error("starts_on", problem.sentence)
    else:
        messages.success(request, f"Register times saved from {in_words(said['starts_on'])}")
        return True
    return False


@require_safe
def groups(request: AuthorityRequest, la: str, urn: str) -> HttpResponse:
    """Each registration group of today with who takes its register."""
    school = school_for(request.reach, urn, Permission.AMEND_REGISTER)
    tutors = tutors_on(school, request.reach.today)
    rows = [
        {
            "group": group_words(group),
            "pupils": len(ids),
            "tutors": ", ".join(row.tutor.name for row in tutors.get(group, [])),
            "href": _group_href(la, urn, group),
        }
        for group, ids in groups_on(school, request.reach.today).items()
    ]
    context = _context(la, school, "Who takes which group") | {"rows": rows}
    return render(request, "attendance/registers/groups.html", context)


def _group_href(la: str, urn: str, group: str) -> str:
    kwargs = {"la": la, "urn": urn, "group": group_key(group)}
    return reverse("attendance:register_group", kwargs=kwargs)


@require_http_methods(["GET", "POST"])
def group(request: AuthorityRequest, la: str, urn: str, group: str) -> HttpResponse:
    """Who takes one group's register, now, before and to come; and a form to change it."""
    school = school_for(request.reach, urn, Permission.AMEND_REGISTER)
    name, today = group_of(group), request.reach.today
    history = selectors.tutor_history(school, name)
    if not history and name not in groups_on(school, today):
        raise NotFound("We cannot find that group. Nobody is in it today.")
    people = selectors.who_may_take(school, today)
    if request.method == "POST" and "end" in request.POST:
        return _ended(request, school, name)
    form = TutorForm(request.POST if request.method == "POST" else None, people=people, today=today)
    if form.is_valid() and _tutor_saved(request, school, name, form):
        return redirect("attendance:register_groups", la=la, urn=urn)
    there = {"text": "Who takes which group", "href": _groups_href(la, urn)}
    context = _context(la, school, group_words(name), there) | {
        "form": form,
        "cancel": _groups_href(la, urn),
        "rows": [
            {
                "pk": row.pk,
                "name": row.tutor.name,
                "first": row.starts_on,
                "last": row.ends_on,
                "open": row.ends_on is None or row.ends_on >= today,
            }
            for row in history
        ],
    }
    return render(request, "attendance/registers/group.html", context)


def _groups_href(la: str, urn: str) -> str:
    return reverse("attendance:register_groups", kwargs={"la": la, "urn": urn})


def _ended(request: AuthorityRequest, school: School, name: str) -> HttpResponse:
    """Somebody takes the register no longer."""
    typed = request.POST["end"]
    if typed.isdecimal() and len(typed) < 19:
        services.end_tutor(school=school, group=name, pk=int(typed), by=request.reach)
        messages.success(request, f"{group_words(name)} has one tutor fewer from today")
    return redirect(_group_href(request.authority.code, school.urn, name))


def _tutor_saved(request: AuthorityRequest, school: School, name: str, form: TutorForm) -> bool:
    """Save who takes the register; a refusal goes onto the form in words."""
    said = form.cleaned_data
    try:
        services.set_tutor(
            school=school,
            group=name,
            tutor=said["tutor"],
            starts_on=said["starts_on"],
            by=request.reach,
            together=said["together"],
        )
    except DomainError as problem:
        form.add_error(None, problem.sentence)
        return False
    messages.success(
        request,
        f"{said['tutor'].name} takes the register of {group_words(name)}"
        f" from {in_words(said['starts_on'])}",
    )
    return True
