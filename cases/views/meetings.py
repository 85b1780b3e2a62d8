"""Meetings: the list, arranging one, inviting to it, what became of it, and another date."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from audit.record import Kind, record
from authorities.access import school_for
from authorities.exports import written_down
from authorities.http import AuthorityRequest
from authorities.models import School
from authorities.packs import load, pack_in_force
from authorities.permissions import Permission
from authorities.selectors import schools_for
from cases.access import case_for, cases_for, meeting_for, meetings_for
from cases.forms.cases import school_choices
from cases.forms.meetings import (
    AddCaseForm,
    AgendaForm,
    ArrangeForm,
    MeetingFilters,
    MoveForm,
    SchoolForm,
    SettleForm,
    TellForm,
    same_case,
)
from cases.models import Case, Invited, Meeting, MeetingCase, Minutes
from cases.selectors.family import clashes as family_clashes
from cases.selectors.meeting_policy import agenda_of, initial_for, on_file, rhythm_of
from cases.selectors.meetings import (
    AREAS,
    COLUMNS,
    cases_of,
    colleagues,
    family_of,
    invited_of,
    invited_to,
    kinds_of,
    meeting_after,
    next_of,
    without_minutes,
)
from cases.services import feeds
from cases.services import meetings as service
from cases.views.contacts import STATE_COLOURS
from cases.views.pages import case_page
from frontend.lists import NOTHING, Column, ListPage
from frontend.templatetags.govuk import words, words_and_time
from rules.dates import monday_of
from rules.errors import DomainError
from rules.meeting_stages import MeetingState, moves_from

MOST_CASES = 300
WEEK = timedelta(days=7)


# The list


@require_safe
def meetings(request: AuthorityRequest, la: str) -> HttpResponse:
    """Every meeting that the person may see, or theirs, this week's, those to write down."""
    reach = request.reach
    reach.require(Permission.VIEW_CASE)
    rows = meetings_for(reach)
    if request.GET.get("export") == "csv":
        reach.require(Permission.EXPORT)
        rows = rows.filter(reach.schools(Permission.EXPORT, "school__"))
    context: dict[str, Any] = {
        "title": "Meetings",
        "actions": [
            {"text": "Put them in my calendar", "href": reverse("cases:meeting_feed", args=[la])}
        ],
    }
    if reach.may(Permission.CHANGE_CASE):
        context["actions"].insert(
            0,
            {
                "text": "Arrange a meeting about many pupils",
                "href": reverse("cases:meeting_new", args=[la]),
                "primary": True,
            },
        )
    return meeting_list(request).respond(
        request,
        rows,
        context,
        form_options={"schools": school_choices(schools_for(reach, Permission.VIEW_CASE))},
        on_export=written_down(reach, on="cases.Meeting:list", what="meetings"),
    )


def meeting_list(request: AuthorityRequest) -> ListPage:
    """The list, declared for one person."""
    la = request.authority.code
    return ListPage(
        name="meetings",
        noun="meeting",
        columns=[
            Column(
                "label",
                "Meeting",
                lambda row: row.label,
                order_by=("label",),
                href=lambda row: reverse("cases:meeting", args=[la, row.reference]),
            ),
            Column(
                "when",
                "When",
                lambda row: row.starts_at,
                order_by=("starts_at",),
                show=words_and_time,
                descending_first=True,
            ),
            Column("school", "School", lambda row: row.school.name, order_by=("school__name",)),
            Column("leader", "Led by", lambda row: row.leader.name, order_by=("leader__name",)),
            Column(
                "state",
                "What became of it",
                lambda row: row.get_state_display(),
                order_by=("state",),
                template="cases/meetings/state_cell.html",
            ),
            Column("reference", "Reference", lambda row: row.reference, export="only"),
        ],
        sort="-when",
        filter_form=MeetingFilters,
        filters={
            "whose": lambda rows, _: rows.filter(
                Q(leader=request.user)
                | Q(arranged_by=request.user)
                | Q(pk__in=invited_to(request.reach).values("meeting"))
            ),
            "when": lambda rows, when: _when(rows, when, request),
            "minutes": without_minutes,
            "state": lambda rows, state: rows.filter(state=state),
            "school": lambda rows, urn: rows.filter(school__urn=urn),
        },
        search=lambda rows, typed: rows.filter(reference__istartswith=typed),
        search_label="Reference of the meeting",
        nothing_yet="Arrange a meeting from a case, or one about many pupils above.",
    )


def _when(rows: QuerySet[Meeting], when: str, request: AuthorityRequest) -> QuerySet[Meeting]:
    """This week's, those to come, or those that have been and nobody wrote down."""
    now, monday = timezone.now(), monday_of(request.reach.today)
    if when == "week":
        return rows.filter(starts_at__date__gte=monday, starts_at__date__lt=monday + WEEK)
    if when == "coming":
        return rows.filter(starts_at__gte=now, state=MeetingState.PLANNED)
    return rows.filter(starts_at__lt=now, state=MeetingState.PLANNED)


# Arranging


@require_http_methods(["GET", "POST"])
def meeting_arrange(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """Arrange a meeting about one case."""
    reach = request.reach
    found = case_for(reach, reference, Permission.CHANGE_CASE)
    family = family_of(found, reach.today)
    kinds = kinds_of(pack_in_force(found.school, reach.today))
    form = ArrangeForm(
        request.POST if request.method == "POST" else None,
        kinds=kinds,
        family=family,
        colleagues=colleagues(found.school, reach.today),
        me=request.user,
        initial=initial_for(found.school, kinds, request.GET.get("kind", ""), reach.today),
    )
    if form.is_valid():
        try:
            made = service.arrange(reach=reach, case=found, plan=form.plan, now=timezone.now())
        except DomainError as problem:
            form.add_error(None, problem.message)
        else:
            messages.success(request, "Meeting arranged. Nobody has been told yet.")
            return redirect("cases:meeting", la=la, reference=made.reference)
    context = case_page(reach, found, "case_contacts", "Arrange a meeting") | {
        "form": form,
        "not_offered": [one for one in family if not one.may],
        "clashes": family_clashes(found, reach, reach.today),
        "cancel": reverse("cases:case_contacts", args=[la, reference]),
        "closed": found.closed_on is not None,
    }
    return render(request, "cases/meetings/arrange.html", context)


@require_http_methods(["GET", "POST"])
def meeting_new(request: AuthorityRequest, la: str) -> HttpResponse:
    """Arrange a meeting about many pupils of a school."""
    reach = request.reach
    reach.require(Permission.CHANGE_CASE)
    schools = list(schools_for(reach, Permission.CHANGE_CASE))
    urn = request.GET.get("school", "") or (schools[0].urn if len(schools) == 1 else "")
    if not urn:
        form: forms.Form = SchoolForm(schools=schools)
        return render(
            request, "cases/meetings/new.html", {"form": form, "choosing": True, "cancel": _all(la)}
        )
    school = school_for(reach, urn, Permission.CHANGE_CASE)
    form = _agenda_form(request, school)
    if form.is_valid():
        try:
            made = service.arrange_agenda(
                reach=reach,
                school=school,
                plan=form.plan,
                now=timezone.now(),
            )
        except DomainError as problem:
            form.add_error(None, problem.message)
        else:
            messages.success(request, "Meeting arranged. Put the pupils on the agenda.")
            return redirect("cases:meeting", la=la, reference=made.reference)
    context = {"form": form, "school": school, "cancel": _all(la)}
    return render(request, "cases/meetings/new.html", context)


def _all(la: str) -> str:
    return reverse("cases:meetings", args=[la])


def _agenda_form(request: AuthorityRequest, school: School) -> AgendaForm:
    today = request.reach.today
    kinds = [one for one in kinds_of(pack_in_force(school, today)) if not one.with_family]
    return AgendaForm(
        request.POST if request.method == "POST" else None,
        kinds=kinds,
        colleagues=colleagues(school, today),
        me=request.user,
        initial=initial_for(school, kinds, request.GET.get("kind", ""), today),
    )


# One meeting


@require_safe
def meeting(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """One meeting: when, who, what became of it, and for each case minutes, actions, copies."""
    reach = request.reach
    found = meeting_for(reach, reference, Permission.VIEW_CASE)
    record(
        Kind.MEETING_READ,
        by=reach.user,
        authority=reach.authority,
        school=found.school,
        on=found,
    )
    return render(request, "cases/meetings/meeting.html", _page(request, found))


def _page(request: AuthorityRequest, found: Meeting) -> dict[str, Any]:
    reach, la = request.reach, request.authority.code
    about = cases_of(found, reach)
    invited = invited_of(found)
    may_change = reach.may(Permission.CHANGE_CASE, found.school)
    events = {move.event for move in moves_from(MeetingState(found.state))} if may_change else set()
    return heading(request, found, about) | {
        "about": [_case_of(request, one) for one in about],
        "rows": _rows(found, about, la),
        "invited": invited,
        "next": next_of(found, about, reach.today),
        "first": _first(found, about, invited),
        "after": meeting_after(found),
        "may_tell": may_change and found.state == MeetingState.PLANNED,
        "may_settle": bool(events - {"move"}),
        "may_move": "move" in events,
        "been": found.starts_at <= timezone.now(),
        "may_add": may_change
        and found.agenda
        and found.state in (MeetingState.PLANNED, MeetingState.HELD),
        "held": found.state == MeetingState.HELD,
        "agenda": agenda_of(found),
        "on_file": _on_file(found, about, la),
        **_rhythm(found, about, la, reach.today),
    }


def _on_file(found: Meeting, about: list[MeetingCase], la: str) -> dict[str, Any] | None:
    """What the policy wants on file before a meeting of one case, and where it is."""
    one = about[0].case if len(about) == 1 and not found.agenda else None
    state = on_file(found, one) if one is not None else None
    if one is None or state is None:
        return None
    return {
        "label": state.checklist.label,
        "href": reverse("cases:checklists", args=[la, one.reference]),
        "items": [
            {
                "words": item.item.words,
                "met": item.met,
                "by": [
                    {
                        "words": f"{words(shown.on)}: {shown.words}",
                        "href": reverse(shown.route, args=[la, *shown.at]) if shown.route else "",
                    }
                    for shown in item.records
                ],
                "stated": f"{item.stated.by}, {words(item.stated.on)}" if item.stated else "",
            }
            for item in state.requirements
        ],
    }


def _rhythm(found: Meeting, about: list[MeetingCase], la: str, today: date) -> dict[str, Any]:
    """How often such a meeting is held, the next one, and where it is arranged."""
    rhythm = rhythm_of(found, today)
    if rhythm is None:
        return {}
    asked = {"kind": f"{found.pack}:{found.key}"}
    if found.agenda:
        address, asked = (
            reverse("cases:meeting_new", args=[la]),
            asked | {"school": found.school.urn},
        )
    elif len(about) == 1:
        address = reverse("cases:meeting_arrange", args=[la, about[0].case.reference])
    else:
        return {"rhythm": rhythm}
    return {"rhythm": rhythm, "next_href": f"{address}?{urlencode(asked)}"}


def _first(found: Meeting, about: list[MeetingCase], invited: list[Invited]) -> str:
    """Which button is the one to press next, "" for none."""
    if found.state == MeetingState.MISSED:
        return "move"
    if found.agenda and not about:
        return "add"
    if found.starts_at <= timezone.now():
        return "settle"
    return "tell" if any(not one.way for one in invited) else ""


def heading(
    request: AuthorityRequest, found: Meeting, about: list[MeetingCase], title: str = ""
) -> dict[str, Any]:
    """What stands first on each page of a meeting."""
    la = request.authority.code
    one = about[0].case if len(about) == 1 and not found.agenda else None
    state = MeetingState(found.state)
    return {
        "meeting": found,
        "title": title or found.label,
        "caption": f"{one.pupil.name}, {found.school.name}" if one else found.school.name,
        "tags": [{"text": found.get_state_display(), "colour": STATE_COLOURS[state]}],
        "back": {
            "href": reverse("cases:case_contacts", args=[la, one.reference]) if one else _all(la),
            "text": "Contacts and meetings" if one else "Meetings",
        },
        "page_href": reverse("cases:meeting", args=[la, found.reference]),
    }


def _rows(found: Meeting, about: list[MeetingCase], la: str) -> list[dict[str, Any]]:
    where = f"{found.place} (online or by phone)" if found.online else found.place
    policy = f"{load(found.pack, found.edition).pack.title}, {found.edition}" if found.pack else ""
    ends = words_and_time(found.ends_at).rpartition(" at ")[2]
    rows = [
        ("When", f"{words_and_time(found.starts_at)} to {ends}"),
        ("Where", where),
        ("Led by", found.leader.name),
        ("Policy", policy),
        ("Also there", found.also_there),
        ("Went ahead", "Without the family" if found.without_family else ""),
        ("Why", found.because),
        ("Reference", found.reference),
    ]
    return [{"key": key, "value": value} for key, value in rows if value]


def _case_of(request: AuthorityRequest, row: MeetingCase) -> dict[str, Any]:
    """One case of the meeting as the page shows it."""
    reach = request.reach
    sensitive = reach.may(Permission.VIEW_SENSITIVE, row.case.school)
    minutes = list(row.minutes.all())
    newest = minutes[-1] if minutes else None
    return {
        "row": row,
        "case": row.case,
        "minutes": newest if sensitive else None,
        "hidden": newest is not None and not sensitive,
        "written": newest is not None,
        "grid": grid_rows(newest) if newest and sensitive else [],
        "headings": ["", *COLUMNS.values()],
        "corrected": len(minutes) - 1,
        "copies": [copy for one in minutes for copy in one.copies.all()],
        "actions": list(row.actions.all()) if sensitive else [],
        "may_write": row.case.closed_on is None
        and reach.may(Permission.CHANGE_CASE, row.case.school),
    }


def grid_rows(minutes: Minutes) -> list[list[str]]:
    """The grid as rows of area and three texts; areas of which nothing was said are left out."""
    return [
        [words, *(minutes.grid[area].get(column, NOTHING) for column in COLUMNS)]
        for area, words in AREAS.items()
        if area in minutes.grid
    ]


@require_http_methods(["GET", "POST"])
def meeting_tell(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """Write down who was invited, how and when."""
    reach = request.reach
    found = meeting_for(reach, reference, Permission.CHANGE_CASE)
    people = invited_of(found)
    form = TellForm(
        request.POST if request.method == "POST" else None,
        people=people,
        today=reach.today,
        initial={"version": found.version},
    )

    def act(typed: dict[str, Any]) -> str:
        service.tell(
            reach=reach,
            meeting=found,
            version=typed["version"],
            told=[int(pk) for pk in typed["told"]],
            way=typed["way"],
            told_on=typed["on"],
        )
        return "Invitation written down"

    more = {"letters": _letters_of(found, request), "log": _log_of(found, request)}
    return step(request, found, form, act, "Who was invited?", "Write it down", more)


def _log_of(found: Meeting, request: AuthorityRequest) -> str:
    """Where the letter of invitation is logged: it is written down as the invitation too."""
    about = [row.case for row in cases_of(found, request.reach)]
    if found.agenda or found.state != MeetingState.PLANNED or len(about) != 1:
        return ""
    address = reverse("cases:letter_log", args=[request.authority.code, about[0].reference])
    letters = [
        f"{kind.layer.pack.name}:{letter.key}"
        for kind in kinds_of(pack_in_force(found.school, request.reach.today))
        if (kind.layer.pack.name, kind.entry.key) == (found.pack, found.key)
        for letter in kind.letters
    ]
    asked = {"meeting": found.reference} | ({"letter": letters[0]} if letters else {})
    return f"{address}?{urlencode(asked)}"


def _letters_of(found: Meeting, request: AuthorityRequest) -> list[str]:
    """The policy's letters that invite to this meeting: they are listed by name."""
    policy = pack_in_force(found.school, request.reach.today)
    return [
        letter.title
        for kind in kinds_of(policy)
        if (kind.layer.pack.name, kind.entry.key) == (found.pack, found.key)
        for letter in kind.letters
    ]


@require_http_methods(["GET", "POST"])
def meeting_settle(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """Write down what became of the meeting, and who came."""
    reach = request.reach
    found = meeting_for(reach, reference, Permission.CHANGE_CASE)
    if not moves_from(MeetingState(found.state)):
        return redirect("cases:meeting", la=la, reference=reference)
    form = SettleForm(
        request.POST if request.method == "POST" else None,
        meeting=found,
        people=invited_of(found),
        now=timezone.now(),
        initial={"version": found.version},
    )

    def act(typed: dict[str, Any]) -> str:
        service.settle(
            reach=reach,
            meeting=found,
            version=typed["version"],
            event=typed["event"],
            came=[int(pk) for pk in typed.get("came", ())],
            also_there=typed.get("also_there", ""),
            because=typed["because"] if typed["event"] == "cancel" else "",
            now=timezone.now(),
        )
        return "Written down"

    title = "What became of it?" if found.starts_at <= timezone.now() else "Call the meeting off"
    return step(request, found, form, act, title, "Write it down")


@require_http_methods(["GET", "POST"])
def meeting_move(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """Another date."""
    reach = request.reach
    found = meeting_for(reach, reference, Permission.CHANGE_CASE)
    form = MoveForm(
        request.POST if request.method == "POST" else None,
        initial={
            "version": found.version,
            "place": found.place,
            "online": found.online,
            "at": f"{timezone.localtime(found.starts_at):%H:%M}",
        },
    )
    new: list[Meeting] = []

    def act(typed: dict[str, Any]) -> str:
        new.append(
            service.move(
                reach=reach,
                meeting=found,
                version=typed["version"],
                when=form.when,
                because=typed["because"],
                now=timezone.now(),
            )
        )
        return "New date kept. Everybody must be told again."

    missed = found.state == MeetingState.MISSED
    title = "Offer a second date" if missed else "Move it to another date"
    answer = step(request, found, form, act, title, "Keep the new date")
    if new:
        return redirect("cases:meeting", la=la, reference=new[0].reference)
    return answer


@require_http_methods(["GET", "POST"])
def meeting_add_case(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """Put one more pupil on the agenda."""
    reach = request.reach
    found = meeting_for(reach, reference, Permission.CHANGE_CASE)
    open_cases = _to_add(request, found)
    form = AddCaseForm(
        request.POST if request.method == "POST" else None,
        cases=open_cases,
        initial={"version": found.version},
    )

    def act(typed: dict[str, Any]) -> str:
        case = same_case(open_cases, typed["case"])
        service.add_case(reach=reach, meeting=found, case=case, version=typed["version"])
        return f"{case.pupil.name} is on the agenda"

    return step(
        request,
        found,
        form,
        act,
        "Put a pupil on the agenda",
        "Put on the agenda",
        {"nothing": "" if open_cases else "Every open case of this school is on the agenda."},
    )


def _to_add(request: AuthorityRequest, found: Meeting) -> list[Case]:
    """Open cases of the school that are not on the agenda yet, the highest stage first."""
    rows = cases_for(request.reach).filter(closed_on=None, school=found.school)
    there = found.about.values("case")
    return list(rows.exclude(pk__in=there).order_by("-stage", "pupil__sort_name")[:MOST_CASES])


def step(
    request: AuthorityRequest,
    found: Meeting,
    form: forms.Form,
    act: Callable[[dict[str, Any]], str],
    title: str,
    button: str,
    more: dict[str, Any] | None = None,
) -> HttpResponse:
    """One form of a meeting: what the service refuses stands above it, in its words."""
    if request.method == "POST" and form.is_valid():
        try:
            said = act(form.cleaned_data)
        except DomainError as problem:
            form.add_error(None, problem.message)
        else:
            messages.success(request, said)
            return redirect("cases:meeting", la=request.authority.code, reference=found.reference)
    context = heading(request, found, cases_of(found, request.reach), title)
    context |= {"form": form, "button": button, **(more or {})}
    context["back"] = {"href": context["page_href"], "text": found.label}
    return render(request, "cases/meetings/step.html", context)


@require_safe
def meeting_ics(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """The meeting for a calendar program. It names no child."""
    found = meeting_for(request.reach, reference, Permission.VIEW_CASE)
    return ics(feeds.calendar_of([found], request.reach), f"meeting-{found.reference}")


def ics(content: bytes, name: str) -> HttpResponse:
    """A calendar file to keep."""
    response = HttpResponse(content, content_type="text/calendar; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}.ics"'
    return response
