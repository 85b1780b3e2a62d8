"""The registers of a day, group by group, and those that are missing."""

from datetime import date, datetime
from typing import Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from attendance.marks import year_of
from attendance.selectors import registers_due as selectors
from attendance.selectors.calendars import calendar_in_force, sessions_of
from attendance.selectors.registers_due import GroupDay, GroupHalf, State
from attendance.selectors.taking import clock_words, group_words
from attendance.views.taking import address
from authorities.exports import written_down
from authorities.http import AuthorityRequest
from authorities.models import School
from authorities.permissions import Permission
from authorities.selectors import schools_for
from frontend.lists import Column, ListPage
from frontend.templatetags.govuk import short_date
from rules.dates import in_words

SCHOOL_DAYS = 10  # how far back missing registers are looked for
COLOURS = {
    State.TAKEN: "green",
    State.TAKEN_LATE: "yellow",
    State.PART: "blue",
    State.NOT_TAKEN: "blue",
    State.MISSING: "red",
    State.PART_MISSING: "red",
    State.NOT_YET: "grey",
    State.NO_SESSION: "grey",
}
OPENS = frozenset(State) - {State.NO_SESSION, State.NOT_YET}


@require_safe
def registers(request: AuthorityRequest, la: str) -> HttpResponse:
    """A school's groups today, or on another day, with where each register stands."""
    reach = request.reach
    reach.require(Permission.TAKE_REGISTER)
    schools = list(schools_for(reach, Permission.TAKE_REGISTER))
    school = next((s for s in schools if s.urn == request.GET.get("school")), schools[0])
    day = _day(request, reach.today)
    now = timezone.now()
    groups = selectors.day_of(school, day, now)
    mine = [row for row in groups if request.user.pk in {t.tutor_id for t in row.tutors}]
    others = [row for row in groups if row not in mine]
    keeps = reach.may(Permission.AMEND_REGISTER, school)
    context = {
        "title": f"Registers, {day:%A} {in_words(day)}",
        "place": school.name,
        "school": school,
        "schools": [_school_link(la, one, school, day) for one in schools],
        "parts": [
            {"title": title, "rows": [_row(la, school, row) for row in rows]}
            for title, rows in (
                ("Your groups", mine),
                ("Other groups" if mine else "Groups", others),
            )
            if rows
        ],
        "actions": _actions(la, school, now) if keeps else [],
        "days": _neighbours(la, school, day, reach.today),
        "any_session": any(h.state != State.NO_SESSION for row in groups for h in row.halves),
    }
    return render(request, "attendance/registers/registers.html", context)


def _day(request: AuthorityRequest, today: date) -> date:
    """The day of the address; today for none, for nonsense and for days to come."""
    try:
        return min(date.fromisoformat(request.GET.get("day", "")), today)
    except ValueError:
        return today


def _school_link(la: str, one: School, shown: School, day: date) -> dict[str, Any]:
    """A school to change to."""
    href = f"{reverse('attendance:registers', args=[la])}?school={one.urn}&day={day.isoformat()}"
    return {"text": one.name, "href": href, "active": one == shown}


def _actions(la: str, school: School, now: datetime) -> list[dict[str, Any]]:
    """What those who keep the register look after."""
    here = {"la": la, "urn": school.urn}
    missing = reverse("attendance:registers_missing", kwargs={"la": la})
    count = len(selectors.missing_registers(school, SCHOOL_DAYS, now))
    return [
        {"text": f"Missing registers ({count})", "href": f"{missing}?school={school.urn}"},
        {
            "text": "Who takes which group",
            "href": reverse("attendance:register_groups", kwargs=here),
        },
        {"text": "Register times", "href": reverse("attendance:register_times", kwargs=here)},
    ]


def _neighbours(la: str, school: School, day: date, today: date) -> list[dict[str, str]]:
    """The school day before, and the one after up to today."""
    calendar = calendar_in_force(school, year_of(day))
    held = sorted({when.day for when in sessions_of(calendar)} if calendar else set())
    before = [one for one in held if one < day][-1:]
    after = [one for one in held if day < one <= today][:1]
    if day < today and not after:
        after = [today]
    base = f"{reverse('attendance:registers', args=[la])}?school={school.urn}&day="
    return [
        {"text": f"{arrow} {one:%A} {in_words(one)}", "href": f"{base}{one.isoformat()}"}
        for arrow, days in (("Earlier:", before), ("Later:", after))
        for one in days
    ]


def _row(la: str, school: School, row: GroupDay) -> dict[str, Any]:
    """One group of the list."""
    return {
        "group": row.words,
        "pupils": row.pupils,
        "tutors": ", ".join(tutor.tutor.name for tutor in row.tutors),
        "halves": [_half(la, school, row, half) for half in row.halves],
    }


def _half(la: str, school: School, row: GroupDay, half: GroupHalf) -> dict[str, Any]:
    """Where one register of a group stands, with its link."""
    href = address(la, urn=school.urn, when=half.when, group=row.group)
    beside = ""
    if half.saved:
        beside = f"{clock_words(timezone.localtime(half.saved.at).time())}, {half.saved.by}"
        beside += " (covering)" if half.saved.covering else ""
    if half.marked and half.left:
        beside = f"{half.left} without a mark" + (f"; {beside}" if beside else "")
    return {
        "session": half.when.session.words,
        "state": half.state.value,
        "colour": COLOURS[half.state],
        "beside": beside,
        "href": href if half.state in OPENS else "",
        "do": "Take" if not half.marked else "Finish" if half.left else "Open",
    }


# Missing registers


class MissingFilters(forms.Form):
    """Which missing registers to show."""

    school = forms.ChoiceField(label="School", required=False)
    state = forms.ChoiceField(
        label="How much is missing",
        required=False,
        choices=[("", "Any"), (State.MISSING, "The whole class"), (State.PART_MISSING, "A part")],
    )
    half = forms.ChoiceField(
        label="Session",
        required=False,
        choices=[("", "Any"), ("0", "Mornings"), ("1", "Afternoons")],
    )
    group = forms.ChoiceField(label="Group", required=False)

    def __init__(
        self,
        *args: Any,
        schools: list[tuple[str, str]],
        groups: list[tuple[str, str]],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["group"].choices = [("", "Any"), *groups]  # type: ignore[attr-defined]
        if len(schools) < 2:
            del self.fields["school"]
        else:
            self.fields["school"].choices = [("", "Any"), *schools]  # type: ignore[attr-defined]


@require_safe
def missing(request: AuthorityRequest, la: str) -> HttpResponse:
    """The registers of the last school days that have closed with pupils without a mark."""
    reach = request.reach
    exporting = request.GET.get("export") == "csv"
    permission = Permission.EXPORT if exporting else Permission.AMEND_REGISTER
    reach.require(Permission.AMEND_REGISTER)
    reach.require(permission)
    schools = list(schools_for(reach, Permission.AMEND_REGISTER))
    now = timezone.now()
    rows = [
        row
        for school in schools
        if reach.may(permission, school)
        for row in selectors.missing_registers(school, SCHOOL_DAYS, now)
    ]
    page = _missing_list(la, many_schools=len(schools) > 1)
    options = {
        "schools": [(school.urn, school.name) for school in schools],
        "groups": [(g or "-", group_words(g)) for g in sorted({row.group for row in rows})],
    }
    context = {
        "title": "Missing registers",
        "place": schools[0].name if len(schools) == 1 else reach.authority.name,
        "lead": (
            f"Registers of the last {SCHOOL_DAYS} school days that have closed while pupils have"
            " no mark. Each row leads to the class."
        ),
        "breadcrumbs": [
            {"text": "Registers", "href": reverse("attendance:registers", args=[la])},
            {"text": "Missing registers"},
        ],
    }
    return page.respond(
        request,
        rows,
        context,
        form_options=options,
        on_export=written_down(reach, on="attendance.Register:missing", what="missing registers"),
    )


def _missing_list(la: str, *, many_schools: bool) -> ListPage:
    """The list, declared for one person."""
    columns = [
        Column(
            "group",
            "Register",
            lambda row: group_words(row.group),
            order_by=(lambda row: row.group,),
            href=lambda row: address(la, urn=row.school.urn, when=row.when, group=row.group),
        ),
        Column(
            "day",
            "Day",
            lambda row: row.when.day,
            order_by=(lambda row: row.when,),
            show=short_date,
            descending_first=True,
        ),
        Column("half", "Session", lambda row: row.when.session.words.capitalize()),
        Column(
            "school",
            "School",
            lambda row: row.school.name,
            order_by=(lambda row: row.school.name,),
            export=True if many_schools else "only",
        ),
        Column("tutor", "Tutor", lambda row: ", ".join(row.tutors), (lambda row: row.tutors,)),
        Column(
            "left",
            "Without a mark",
            lambda row: row.left,
            order_by=(lambda row: row.left,),
            numeric=True,
            descending_first=True,
        ),
        Column("pupils", "In the class", lambda row: row.pupils, numeric=True),
    ]
    return ListPage(
        name="missing-registers",
        noun="missing register",
        columns=columns,
        sort="-day",
        filter_form=MissingFilters,
        filters={
            "school": lambda rows, urn: [row for row in rows if row.school.urn == urn],
            "state": lambda rows, state: [row for row in rows if row.state == state],
            "half": lambda rows, half: [row for row in rows if row.when.session == int(half)],
            "group": lambda rows, key: [row for row in rows if (row.group or "-") == key],
        },
        empty_title="No register is missing",
        nothing_yet="Every register that has closed has a mark for every pupil.",
    )
