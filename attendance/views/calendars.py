"""Pages for a school's calendar, and for the authority's own that schools may copy.

Each page stands under two addresses: schools/<urn>/calendar/… and calendar/…; `urn` tells which.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from attendance import marks
from attendance.forms.calendars import CalendarFileForm, CheckedFileForm, DayForm, TermForm
from attendance.models import Calendar, CalendarDay, DayKind
from attendance.selectors import calendars as selectors
from attendance.services import calendar_files
from attendance.services import calendars as services
from attendance.services.calendars import DayEntry, MarksWouldVanish, Plan
from authorities.access import Forbidden, NotFound, school_for
from authorities.http import AuthorityRequest
from authorities.models import Authority, School
from authorities.permissions import Permission
from rules import school_calendar as law
from rules.errors import DomainError
from rules.marks import Session


@dataclass(frozen=True)
class Place:
    """Whose calendar a page is about: a school's, or the authority's own."""

    authority: Authority
    school: School | None
    year: int
    may_change: bool

    @property
    def name(self) -> str:
        """The name over the page."""
        return self.school.name if self.school else self.authority.name

    @property
    def own(self) -> Calendar | None:
        """This place's own calendar."""
        return selectors.own_calendar(self.authority, self.school, self.year)

    @property
    def in_force(self) -> Calendar | None:
        """The calendar it works by."""
        if self.school is None:
            return self.own
        return selectors.calendar_in_force(self.school, self.year)

    def url(self, page: str, **more: Any) -> str:
        """The address of one of this place's calendar pages."""
        kwargs = {"la": self.authority.code, "year": self.year, **more}
        if self.school is None:
            return reverse(f"attendance:authority_{page}", kwargs=kwargs)
        return reverse(f"attendance:{page}", kwargs={**kwargs, "urn": self.school.urn})

    def context(self, title: str) -> dict[str, Any]:
        """What every page of the place shows."""
        home = {"la": self.authority.code}
        crumbs = [{"text": "Schools", "href": reverse("attendance:schools", kwargs=home)}]
        if self.school:
            href = reverse("attendance:school", kwargs={**home, "urn": self.school.urn})
            crumbs.append({"text": self.school.name, "href": href})
        year = selectors.year_words(self.year)
        crumbs.append({"text": f"Calendar {year}", "href": self.url("calendar_year")})
        return {
            "title": title,
            "breadcrumbs": [*crumbs, {"text": title}],
            "place": self.authority.name,
            "where": self,
            "year_words": year,
            "cancel": self.url("calendar_year"),
        }


def _place(request: AuthorityRequest, urn: str | None, year: int, permission: Permission) -> Place:
    """The place of an address, through its door."""
    if not 2000 <= year <= 2100:
        raise NotFound("We cannot find that school year. Check the address.")
    change = Permission.CHANGE_CALENDAR
    if urn is not None:
        school = school_for(request.reach, urn, permission)
        return Place(request.authority, school, year, request.reach.may(change, school))
    if permission == change and not request.reach.may_everywhere(change):
        raise Forbidden("You cannot change the authority's calendar. Ask an administrator.")
    request.reach.require(Permission.VIEW_SCHOOL)
    return Place(request.authority, None, year, request.reach.may_everywhere(change))


@require_safe
def calendar(request: AuthorityRequest, la: str, urn: str | None = None) -> HttpResponse:
    """This year's calendar."""
    year = marks.year_of(timezone.localdate())
    place = _place(request, urn, year, Permission.VIEW_SCHOOL)
    return redirect(place.url("calendar_year"))


@require_safe
def calendar_year(
    request: AuthorityRequest, la: str, year: int, urn: str | None = None
) -> HttpResponse:
    """A year at a glance: months, terms, the days that differ, weeks that hold fewer sessions."""
    place = _place(request, urn, year, Permission.VIEW_SCHOOL)
    in_force = place.in_force
    last_known = law.bank_holidays_known().last
    assert last_known is not None  # noqa: S101 (the library's list ends somewhere)
    context = place.context(f"School calendar {selectors.year_words(year)}")
    glance = selectors.year_at_a_glance(in_force) if in_force else None
    editable = place.may_change and place.own is not None
    return render(
        request,
        "attendance/calendars/calendar_year.html",
        {
            **context,
            "breadcrumbs": context["breadcrumbs"][:-2] + context["breadcrumbs"][-1:],
            "calendar": in_force,
            "borrowed": bool(in_force and place.school and in_force.school_id is None),
            "glance": glance,
            "tiles": _tiles(glance) if glance else [],
            "terms": [
                {"term": term, "href": place.url("calendar_term", term=term.pk) if editable else ""}
                for term in (glance.terms if glance else ())
            ],
            "days": [
                {"entry": day, "href": place.url("calendar_day", day=day.pk) if editable else ""}
                for day in (glance.entries if glance else ())
            ],
            "editable": editable,
            "actions": _actions(place),
            "here": place.url("calendar_year"),
            "former": _neighbour(place, -1),
            "following": _neighbour(place, 1),
            "holidays_end": last_known if _ends_soon(last_known) else None,
            "printing": request.GET.get("view") == "print",
        },
    )


def _tiles(glance: selectors.Year) -> list[dict[str, str]]:
    """The year's totals."""
    return [
        {"figure": f"{glance.sessions}", "label": "sessions"},
        {"figure": f"{glance.days}", "label": "school days"},
        {"figure": f"{glance.weeks}", "label": "school weeks"},
        {"figure": f"{len(glance.short_weeks)}", "label": "weeks with fewer than ten sessions"},
    ]


def _actions(place: Place) -> list[dict[str, Any]]:
    """What this person can do to the calendar as it is."""
    if not place.may_change:
        return []
    pages = [("calendar_import", "Import a file", False)]
    if _can_copy(place):
        pages.insert(0, ("calendar_copy", "Copy the authority's calendar", True))
    elif place.own is not None:
        pages.insert(0, ("calendar_day_add", "Add a day", False))
        pages.insert(0, ("calendar_term_add", "Add a term", False))
    else:
        pages.insert(0, ("calendar_term_add", "Add a term", True))
    return [
        {"text": text, "href": place.url(page), "primary": primary} for page, text, primary in pages
    ]


def _can_copy(place: Place) -> bool:
    """Whether there is an authority's calendar to copy and none of the school's own."""
    if place.school is None or place.own is not None or not place.may_change:
        return False
    return selectors.own_calendar(place.authority, None, place.year) is not None


def _neighbour(place: Place, step: int) -> dict[str, str]:
    """The year before or after."""
    other = Place(place.authority, place.school, place.year + step, place.may_change)
    return {"text": selectors.year_words(other.year), "href": other.url("calendar_year")}


def _ends_soon(last_known: date) -> bool:
    """Whether the list of bank holidays ends within a year."""
    return last_known - timezone.localdate() < timedelta(days=365)


@require_http_methods(["GET", "POST"])
def calendar_term(
    request: AuthorityRequest, la: str, year: int, urn: str | None = None, term: int | None = None
) -> HttpResponse:
    """Add a term, change one, or take one out."""
    place = _place(request, urn, year, Permission.CHANGE_CALENDAR)
    own = place.own
    found = own.terms.filter(pk=term).first() if own and term else None
    if term and found is None:
        raise NotFound("We cannot find that term. It may have been changed.")
    initial = (
        {"name": found.name, "starts_on": found.starts_on, "ends_on": found.ends_on}
        if found
        else {}
    )
    form = TermForm(request.POST if request.method == "POST" else None, initial=initial)
    removing = found is not None and "remove" in request.POST
    if request.method == "POST" and (removing or form.is_valid()):
        plan = services.plan_of(own) if own else Plan(())
        former = found.starts_on if found else None
        if removing and former is not None:
            plan, change = services.without_term(plan, former), "took a term out"
        else:
            plan = services.with_term(plan, form.term(), instead_of=former)
            change = "changed a term" if found else "added a term"
        if _saved(request, place, plan, change, form):
            return redirect(place.url("calendar_year"))
    title = "Change a term" if found else "Add a term"
    context = {**place.context(title), "form": form, "can_remove": found is not None}
    return render(request, "attendance/calendars/calendar_entry.html", context)


@require_http_methods(["GET", "POST"])
def calendar_day(
    request: AuthorityRequest, la: str, year: int, urn: str | None = None, day: int | None = None
) -> HttpResponse:
    """Add a day that differs, change one, or take one out."""
    place = _place(request, urn, year, Permission.CHANGE_CALENDAR)
    own = place.own
    if own is None:
        messages.info(request, "Add the terms first, or copy the authority's calendar.")
        return redirect(place.url("calendar_year"))
    found = own.days.filter(pk=day).first() if day else None
    if day and found is None:
        raise NotFound("We cannot find that day. It may have been changed.")
    former = _entry_of(found) if found else None
    form = DayForm(request.POST if request.method == "POST" else None, initial=_initial_day(former))
    removing = former is not None and "remove" in request.POST
    if request.method == "POST" and (removing or form.is_valid()):
        plan = services.plan_of(own)
        if removing and former is not None:
            plan, change = services.without_day(plan, former), "took a day out"
        else:
            plan = services.with_day(plan, form.entry(), instead_of=former)
            change = "changed a day" if former else "added a day"
        if _saved(request, place, plan, change, form):
            return redirect(place.url("calendar_year"))
    title = "Change a day" if found else "Add a day"
    context = {**place.context(title), "form": form, "can_remove": found is not None}
    return render(request, "attendance/calendars/calendar_entry.html", context)


def _entry_of(row: CalendarDay) -> DayEntry:
    """A stored day as the services speak of it."""
    half = None if row.session is None else Session(row.session)
    return DayEntry(row.day, DayKind(row.kind), half, row.note)


def _initial_day(entry: DayEntry | None) -> dict[str, Any]:
    """What the form shows at first."""
    if entry is None:
        return {"session": ""}
    half = "" if entry.session is None else str(int(entry.session))
    return {"day": entry.day, "kind": entry.kind, "session": half, "note": entry.note}


def _saved(request: AuthorityRequest, place: Place, plan: Plan, change: str, form: Any) -> bool:
    """Save the plan; a refusal goes onto the form in words."""
    try:
        services.save(
            authority=place.authority,
            school=place.school,
            year=place.year,
            plan=plan,
            by=request.user,
            change=change,
            confirmed=bool(request.POST.get("confirmed")),
        )
    except MarksWouldVanish as problem:
        form.is_valid()
        form.ask_to_confirm(problem.sentence)
        return False
    except DomainError as problem:
        form.is_valid()
        form.add_error(None, problem.sentence)
        return False
    messages.success(request, "Calendar saved. Figures follow within a minute.")
    return True


@require_http_methods(["GET", "POST"])
def calendar_copy(request: AuthorityRequest, la: str, year: int, urn: str) -> HttpResponse:
    """Give the school its own copy of the authority's calendar."""
    place = _place(request, urn, year, Permission.CHANGE_CALENDAR)
    assert place.school is not None  # noqa: S101 (this page has a school's address alone)
    if request.method == "POST":
        try:
            services.copy_from_authority(school=place.school, year=year, by=request.user)
        except DomainError as problem:
            messages.error(request, problem.sentence)
        else:
            messages.success(request, "Copied. The school now has its own calendar to change.")
        return redirect(place.url("calendar_year"))
    context = place.context("Copy the authority's calendar")
    return render(request, "attendance/calendars/calendar_copy.html", context)


@require_http_methods(["GET", "POST"])
def calendar_import(
    request: AuthorityRequest, la: str, year: int, urn: str | None = None
) -> HttpResponse:
    """Check a file, show what it would make of the year, and take it when the person says so."""
    place = _place(request, urn, year, Permission.CHANGE_CALENDAR)
    form: Any = CalendarFileForm()
    reading = checked = None
    if request.method == "POST" and "content" in request.POST:
        checked = CheckedFileForm(request.POST)
        if checked.is_valid():
            content = checked.cleaned_data["content"].encode()
            reading = calendar_files.read(content, year)
            if not reading.problems and _saved(
                request, place, reading.plan, "imported a file", checked
            ):
                return redirect(place.url("calendar_year"))
    elif request.method == "POST":
        form = CalendarFileForm(request.POST, request.FILES)
        if form.is_valid():
            reading = calendar_files.read(form.cleaned_data["file"].read(), year)
            written = calendar_files.written(reading.plan)
            checked = CheckedFileForm(initial={"content": written})
    context = {
        **place.context("Import a calendar"),
        "form": form if reading is None else checked,
        "reading": reading,
        "replaces": place.own,
        "again": place.url("calendar_import"),
    }
    return render(request, "attendance/calendars/calendar_import.html", context)
