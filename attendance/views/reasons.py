"""Absence to explain: the list, logging a contact, telling a worker, and N that is overdue."""

from datetime import date
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from attendance.access import pupil_here
from attendance.forms.pupils import school_choices, year_group_words
from attendance.forms.reasons import AbsenceFilters, ContactForm, WorkerForm, key_of
from attendance.models import ChangeState, Contact
from attendance.selectors import reasons as selectors
from attendance.selectors.amending import years_and_groups
from attendance.selectors.proof import session_words
from attendance.selectors.protections import with_numbers_to_show
from attendance.selectors.reasons import Unexplained
from attendance.services import reasons as services
from attendance.views.calling import numbers_to_call, pressed
from attendance.views.pupil import page_context
from attendance.views.searching import write_down_listed
from audit.record import Kind, record
from authorities.access import NotFound, Reach
from authorities.exports import written_down
from authorities.http import AuthorityRequest
from authorities.models import School
from authorities.permissions import Permission
from authorities.selectors import schools_for
from frontend.lists import Column, ListPage
from frontend.templatetags.govuk import words, words_and_time
from rules.errors import DomainError

SUBJECT = "attendance.Enrolment:unexplained"
TABS = {
    "all": ("All", lambda row: True, "Every day without a reason, what is overdue first."),
    "today": ("Today", lambda row: row.is_today, "Call or message each family this morning."),
    "overdue": (
        "Overdue",
        lambda row: row.overdue,
        "Five school days have passed. Find the reason now, or change N to O.",
    ),
    "in-time": (
        "In time",
        lambda row: not row.overdue and not row.is_today,
        "Still within the five school days.",
    ),
}
NEEDS = {
    "contact": lambda row: bool(row.run) and not row.contacted_today,
    "visit": lambda row: row.visit,
    "tell": lambda row: bool(row.tell),
}


@require_safe
def absences(request: AuthorityRequest, la: str) -> HttpResponse:
    """Today's unexplained absence and every N by its clock."""
    reach = request.reach
    reach.require(Permission.LOG_SIGHTING)
    schools = list(schools_for(reach, Permission.LOG_SIGHTING))
    chosen = _chosen(request, schools)
    every = selectors.absences(reach, chosen, now=timezone.now())
    _, groups = years_and_groups(schools_for(reach, Permission.LOG_SIGHTING), reach.today)
    options = {"schools": school_choices(schools), "groups": groups}
    to_show = with_numbers_to_show({row.enrolment.pupil_id for row in every}, reach.today)
    page = _list_page(reach, many_schools=len(schools) > 1, to_show=to_show)
    tab = request.GET.get("tab", "")
    tab = tab if tab in TABS else "all"
    rows = [row for row in every if TABS[tab][1](row)]
    if request.GET.get("export") == "csv":
        reach.require(Permission.EXPORT)
        allowed = [row for row in rows if reach.may(Permission.EXPORT, row.enrolment.school)]
        exported = written_down(reach, on=SUBJECT, what="absences to explain")
        return page.respond(request, allowed, form_options=options, on_export=exported)
    shown = page.shown(request, rows, form_options=options)
    write_down_listed(reach, on=SUBJECT, count=len(shown.rows))
    context = {
        "title": "Absence to explain",
        "place": schools[0].name if len(schools) == 1 else request.authority.name,
        "list": shown,
        "tabs": _tabs(request, every, tab),
        "tab_means": TABS[tab][2],
        "tiles": _tiles(every),
        "may_settle": reach.may(Permission.AMEND_REGISTER) and any(row.overdue for row in rows),
    }
    return render(request, "attendance/reasons/absences.html", context)


def _chosen(request: AuthorityRequest, schools: list[School]) -> list[School]:
    """The school of the filter, or all."""
    urn = request.GET.get("school", "")
    return [school for school in schools if school.urn == urn] or schools


def _tabs(request: AuthorityRequest, rows: list[Unexplained], chosen: str) -> list[dict[str, Any]]:
    kept = request.GET.copy()
    for key in ("page", "view", "export"):
        kept.pop(key, None)
    items = []
    for key, (label, belongs, _) in TABS.items():
        kept["tab"] = key
        items.append(
            {
                "text": label,
                "count": sum(map(belongs, rows)),
                "href": f"?{kept.urlencode()}",
                "active": key == chosen,
            }
        )
    return items


def _tiles(rows: list[Unexplained]) -> list[dict[str, Any]]:
    figures = (
        ("today", "pupils away today without a reason", lambda row: row.is_today, ""),
        ("overdue", "days overdue", lambda row: row.overdue, "act"),
        ("visit", "home visits due", NEEDS["visit"], "watch"),
        ("tell", "pupils whose worker must be told", NEEDS["tell"], "watch"),
    )
    tiles = []
    for _, label, counts, tone in figures:
        number = sum(bool(counts(row)) for row in rows)
        tiles.append({"figure": f"{number:,}", "label": label, "tone": tone if number else ""})
    return tiles


def _list_page(reach: Reach, *, many_schools: bool, to_show: frozenset[int]) -> ListPage:
    la = reach.authority.code

    def pupil_href(row: Unexplained) -> str:
        address = reverse("attendance:pupil", args=[la, row.enrolment.pupil.reference])
        return f"{address}?school={row.enrolment.school.urn}"

    return ListPage(
        name="absences",
        noun="day to explain",
        plural="days to explain",
        columns=[
            Column(
                "pupil",
                "Pupil",
                lambda row: {"href": pupil_href(row), "group": _year_and_group(row)},
                order_by=("name",),
                template="attendance/reasons/pupil_cell.html",
                export=False,
            ),
            Column("who", "Pupil", lambda row: row.enrolment.pupil.name, export="only"),
            Column(
                "school",
                "School",
                lambda row: row.enrolment.school.name,
                order_by=(lambda row: row.enrolment.school.name,),
                export=True if many_schools else "only",
            ),
            Column(
                "year",
                "Year and group",
                _year_and_group,
                order_by=(lambda row: row.enrolment.year_group, "name"),
                export="only",
            ),
            Column(
                "day",
                "Absent",
                lambda row: row.day,
                order_by=("day", "name"),
                template="attendance/reasons/day_cell.html",
            ),
            Column("half", "Part of the day", lambda row: row.half_words, export="only"),
            Column(
                "due",
                "Resolve by",
                lambda row: row.resolve_by,
                order_by=(_urgency, "day", "name"),
                template="attendance/reasons/due_cell.html",
            ),
            Column("clock", "Clock", lambda row: row.due_words, export="only"),
            Column(
                "contact",
                "Last contact",
                _contact_words,
                order_by=(lambda row: row.contact.made_at if row.contact else None,),
                template="attendance/reasons/contact_cell.html",
            ),
            Column("needs", "Needs", _needs_words, export="only"),
            Column(
                "act",
                "Actions",
                lambda row: _actions(reach, row, to_show),
                template="attendance/reasons/act_cell.html",
                export=False,
            ),
        ],
        sort="due",
        filter_form=AbsenceFilters,
        filters={
            "school": lambda rows, urn: [r for r in rows if r.enrolment.school.urn == urn],
            "year_group": lambda rows, year: [r for r in rows if r.enrolment.year_group == year],
            "group": lambda rows, group: [
                r for r in rows if r.enrolment.registration_group == group
            ],
            "needs": lambda rows, needs: [r for r in rows if any(NEEDS[n](r) for n in needs)],
        },
        empty_title="Nothing to explain",
        nothing_yet="Every absence here has a reason.",
    )


def _urgency(row: Unexplained) -> Any:
    """Overdue first, then today's, then by the last day to resolve."""
    return (not row.overdue, not row.is_today, row.resolve_by or date.max)


def _year_and_group(row: Unexplained) -> str:
    parts = (year_group_words(row.enrolment.year_group), row.enrolment.registration_group)
    return ", ".join(part for part in parts if part)


def _contact_words(row: Unexplained) -> str:
    if row.contact is None:
        return "No contact yet"
    return f"{row.contact.get_outcome_display()}, {words_and_time(row.contact.made_at)}"


def _needs_words(row: Unexplained) -> str:
    needs = ["Home visit"] if row.visit else []
    return ", ".join([*needs, *(f"{one.label} told" for one in row.tell)])


def _actions(reach: Reach, row: Unexplained, to_show: frozenset[int]) -> dict[str, Any]:
    la, reference = reach.authority.code, row.enrolment.pupil.reference
    school = f"&school={row.enrolment.school.urn}"
    start = row.run[0] if row.run else row.day
    about = f"?about={start.isoformat()}{school}"
    return {
        "name": row.enrolment.pupil.name,
        "log": reverse("attendance:contact_add", args=[la, reference]) + about,
        "numbers": row.enrolment.pupil_id in to_show
        and reach.may(Permission.VIEW_CONTACTS, row.enrolment.school),
        "tell": reverse("attendance:worker_told", args=[la, reference]) + about if row.tell else "",
        "tell_words": " and ".join(one.label.lower() for one in row.tell),
        "tick": row.overdue and reach.may(Permission.AMEND_REGISTER, row.enrolment.school),
    }


@require_POST
def absences_overdue(request: AuthorityRequest, la: str) -> HttpResponse:
    """A preview that turns the ticked overdue days into O."""
    reach = request.reach
    reach.require(Permission.AMEND_REGISTER)
    schools = list(schools_for(reach, Permission.AMEND_REGISTER))
    ticked = set(request.POST.getlist("row")[:2000])
    rows = [r for r in selectors.absences(reach, schools, now=timezone.now()) if r.key in ticked]
    try:
        change = services.settle_overdue(reach=reach, rows=rows, now=timezone.now())
    except DomainError as problem:
        messages.info(request, problem.sentence)
        return redirect(f"{reverse('attendance:absences', args=[la])}?tab=overdue")
    return redirect("attendance:correction", la=la, reference=change.reference)


# One pupil


def _day(request: AuthorityRequest, today: date) -> date:
    """The first day of the absence, from the address. Raises NotFound for what is no day."""
    asked = request.GET.get("about", "")
    try:
        return min(date.fromisoformat(asked), today) if asked else today
    except ValueError:
        raise NotFound("We cannot find that day. Check the address.") from None


@require_http_methods(["GET", "POST"])
def contact_add(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """Log a call, message, email, visit or talk, and what it taught."""
    reach, now = request.reach, timezone.now()
    urn = request.GET.get("school", "")
    here = pupil_here(reach, reference, Permission.LOG_SIGHTING, urn=urn)
    about = _day(request, reach.today)
    people = selectors.people_of(here.enrolment, reach.today)
    sessions = selectors.sessions_to_explain(here.enrolment, reach.today, now)
    typed = request.method == "POST" and not (pressed(request) and "way" not in request.POST)
    form = ContactForm(
        request.POST if typed else None,
        people=people,
        sessions=sessions,
        chosen=[key_of(when) for when, _ in sessions if when.day >= about],
        may_amend=Permission.AMEND_REGISTER in here.sees,
        today=reach.today,
        words=session_words,
        now=now,
    )
    if form.is_valid():
        try:
            contact = services.log_contact(
                reach=reach, enrolment=here.enrolment, attempt=form.attempt(about), now=now
            )
        except DomainError as problem:
            form.refuse(problem.sentence)
        else:
            messages.success(request, _logged(contact))
            return redirect("attendance:absences", la=la)
    record(
        Kind.PUPIL_READ,
        by=reach.user,
        authority=reach.authority,
        school=here.school,
        on=here.pupil,
    )
    context = page_context(reach, here, "pupil_contacts", "Log a contact") | {
        "form": form,
        "about": about,
        "numbers": numbers_to_call(request, reach, here, people),
        "not_offered": [one for one in people if not one.may],
        "efforts": selectors.efforts_of(here.enrolment, most=5),
        "cancel": reverse("attendance:absences", args=[la]),
    }
    return render(request, "attendance/reasons/contact.html", context)


def _logged(contact: Contact) -> str:
    if contact.change is None:
        return "Contact logged."
    if contact.change.state == ChangeState.WAITING:
        return "Contact logged. Some marks are old: they change when a second person agrees."
    return "Contact logged and marks changed. Figures follow within a minute."


@require_safe
def contacts(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """Everything that was tried for one pupil."""
    reach = request.reach
    urn = request.GET.get("school", "")
    here = pupil_here(reach, reference, Permission.VIEW_SENSITIVE, urn=urn)
    page = _contacts_page()
    rows = selectors.contacts_of(here.enrolment)
    if request.GET.get("export") == "csv":
        reach.require(Permission.EXPORT, here.school)
        exported = written_down(reach, on=SUBJECT, what="contacts about an absence")
        return page.respond(request, rows, on_export=exported)
    record(
        Kind.PUPIL_READ,
        by=reach.user,
        authority=reach.authority,
        school=here.school,
        on=here.pupil,
    )
    several = here.school.urn
    address = reverse("attendance:contact_add", args=[la, reference])
    context = page_context(reach, here, "pupil_contacts") | {
        "list": page.shown(request, rows),
        "told": selectors.told_of(here.enrolment),
        "log_href": f"{address}?school={several}" if Permission.LOG_SIGHTING in here.sees else "",
    }
    return render(request, "attendance/reasons/contacts.html", context)


def _contacts_page() -> ListPage:
    return ListPage(
        name="contacts",
        noun="contact",
        columns=[
            Column(
                "when",
                "When",
                lambda row: row.made_at,
                order_by=("made_at",),
                show=words_and_time,
                descending_first=True,
            ),
            Column("about", "Absence from", lambda row: row.about, ("about",), show=words),
            Column("way", "How", lambda row: row.get_way_display(), order_by=("way",)),
            Column(
                "whom",
                "With whom",
                lambda row: row.adult.name if row.adult else row.with_whom,
                order_by=("adult__surname", "with_whom"),
            ),
            Column(
                "outcome",
                "What came of it",
                lambda row: row.get_outcome_display(),
                order_by=("outcome",),
            ),
            Column("reason", "Reason given", lambda row: row.reason_given),
            Column("note", "Said or done", lambda row: row.note, export="only"),
            Column("went", "Who went", lambda row: ", ".join(row.visitors), export="only"),
            Column("code", "To code", lambda row: row.code, order_by=("code",)),
            Column(
                "back",
                "Expected back",
                lambda row: row.expected_back,
                ("expected_back",),
                show=words,
            ),
            Column("seen", "Pupil seen", lambda row: "Yes" if row.child_seen else "No"),
            Column("by", "Logged by", lambda row: row.logged_by.name, ("logged_by__name",)),
        ],
        sort="-when",
        nothing_yet="Nobody has contacted this family about an absence yet.",
    )


@require_http_methods(["GET", "POST"])
def worker_told(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """Record that the social worker or youth justice worker was told."""
    reach, now = request.reach, timezone.now()
    urn = request.GET.get("school", "")
    here = pupil_here(reach, reference, Permission.LOG_SIGHTING, urn=urn)
    about = _day(request, reach.today)
    held = selectors.workers_of([here.pupil.pk], reach.today).get(here.pupil.pk, ())
    form = WorkerForm(request.POST if request.method == "POST" else None, workers=held, now=now)
    if request.method == "POST" and form.is_valid():
        typed = form.cleaned_data
        try:
            services.tell_worker(
                reach=reach,
                enrolment=here.enrolment,
                worker=typed["worker"],
                about=about,
                told=typed["told"],
                way=typed["way"],
                told_at=form.moment,
                note=typed["note"],
                now=now,
            )
        except DomainError as problem:
            form.add_error(None, problem.sentence)
        else:
            messages.success(request, "Recorded that they were told.")
            return redirect("attendance:absences", la=la)
    record(
        Kind.PUPIL_READ,
        by=reach.user,
        authority=reach.authority,
        school=here.school,
        on=here.pupil,
    )
    context = page_context(reach, here, "pupil_contacts", "A worker was told") | {
        "form": form,
        "about": about,
        "held": held,
        "cancel": reverse("attendance:absences", args=[la]),
    }
    return render(request, "attendance/reasons/worker.html", context)
