"""Every component and form state on one page, to build and check the look by. Only in DEBUG."""

from datetime import date, datetime, timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from frontend.charts import (
    attendance_trend,
    bands,
    drawing,
    threshold_weeks,
    weekday_pattern,
    year_calendar,
)
from frontend.fields import DateField
from frontend.lists import Column, ListPage
from frontend.templatetags.govuk import percent_bp

COLOURS = ("grey", "green", "turquoise", "blue", "purple", "magenta", "red", "orange", "yellow")
TERM_STARTS = date(2026, 9, 7)


class ExampleForm(forms.Form):
    """One field of each kind."""

    looks = {
        "reason": {"size": "m", "hints": {"holiday": "Leave taken in term time"}},
        "amount": {"prefix": "£"},
        "share": {"suffix": "%"},
        "answer": {"reveals": {"no": "why_not"}},
        "told": {"inline": True},
    }

    name = forms.CharField(label="Pupil's name", help_text="As it stands on the register")
    starts = DateField(
        label="When does the term start?",
        what="the date the term starts",
        help_text="For example, 7 9 2026",
    )
    reason = forms.ChoiceField(
        label="Why was the pupil away?",
        widget=forms.RadioSelect,
        choices=[("ill", "Illness"), ("holiday", "Holiday"), ("other", "Something else")],
        error_messages={"required": "Select why the pupil was away"},
    )
    answer = forms.ChoiceField(
        label="Did a parent answer?",
        widget=forms.RadioSelect,
        choices=[("yes", "Yes"), ("no", "No")],
    )
    why_not = forms.CharField(label="What did you try?", required=False)
    who = forms.MultipleChoiceField(
        label="Who was told?",
        widget=forms.CheckboxSelectMultiple,
        choices=[("parent", "Parent"), ("school", "School"), ("worker", "Social worker")],
    )
    told = forms.ChoiceField(
        label="Was the school told?",
        widget=forms.RadioSelect,
        choices=[("yes", "Yes"), ("no", "No")],
    )
    year = forms.ChoiceField(label="Year group", choices=[("", "Choose a year"), ("7", "Year 7")])
    amount = forms.DecimalField(
        label="Amount", widget=forms.TextInput(attrs={"class": "govuk-input--width-5"})
    )
    share = forms.IntegerField(
        label="Share", widget=forms.TextInput(attrs={"class": "govuk-input--width-3"})
    )
    notes = forms.CharField(label="Notes", widget=forms.Textarea(attrs={"rows": 4}), max_length=200)
    register = forms.FileField(label="Register file", help_text="A CSV file, up to 10 MB")
    password = forms.CharField(label="Password", widget=forms.PasswordInput)
    sure = forms.BooleanField(label="I have checked the dates")


class ExampleFilters(forms.Form):
    """Filters of the example list."""

    looks = {"year": {"small": True}}

    year = forms.MultipleChoiceField(
        label="Year group",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        choices=[(str(year), f"Year {year}") for year in range(7, 12)],
    )
    band = forms.ChoiceField(
        label="Attendance",
        required=False,
        choices=[("", "Any"), ("9000", "Below 90%"), ("5000", "Below 50%")],
    )


def _pupils() -> list[dict[str, Any]]:
    surnames = ("Ashdown", "Bexley", "Calder", "Dunmore", "Elstow", "Farrow", "Garside")
    forenames = ("Ada", "Bram", "Cleo", "Dev", "Esme")
    return [
        {
            "pk": n,
            "name": f"{surnames[n % 7]}, {forenames[n % 5]}",
            "year": 7 + n % 5,
            "rate": 9940 - (n * 137) % 5300,
            "missed": (n * 7) % 60,
            "status": ("No action", "Watch", "Letter due")[n % 3],
        }
        for n in range(312)
    ]


EXAMPLE_LIST = ListPage(
    name="pupils",
    noun="pupil",
    columns=[
        Column("name", "Pupil", lambda p: p["name"], order_by=("name",), href=lambda p: "#"),
        Column("year", "Year", lambda p: p["year"], order_by=("year",), numeric=True),
        Column("rate", "Attendance", lambda p: p["rate"], ("rate",), numeric=True, show=percent_bp),
        Column("missed", "Sessions missed", lambda p: p["missed"], ("missed",), numeric=True),
        Column(
            "status", "Status", lambda p: p["status"], template="components/gallery_status.html"
        ),
    ],
    sort="name",
    filter_form=ExampleFilters,
    filters={
        "year": lambda rows, years: [row for row in rows if str(row["year"]) in years],
        "band": lambda rows, below: [row for row in rows if row["rate"] < int(below)],
    },
    search=lambda rows, typed: [row for row in rows if typed.lower() in row["name"].lower()],
    search_label="Surname or forename",
    nothing_yet="Import a register to see pupils here.",
)


def example_year() -> list[year_calendar.SessionCell]:
    """An invented school year with two holidays and all sorts of absence."""
    cells = []
    for offset in range(318):
        day = TERM_STARTS + timedelta(days=offset)
        week = offset // 7
        if day.weekday() > 4:
            continue
        for half in ("AM", "PM"):
            kind, code = _example_session(offset, week, half)
            cells.append(year_calendar.SessionCell(day, half, kind, code))
    return cells


def _example_session(offset: int, week: int, half: str) -> tuple[str, str]:
    if week in (7, 15, 16, 23, 30, 31, 37):
        return "no_session", ""
    if week in (12, 13) and offset % 7 in (0, 1):
        return "unauthorised", "G"
    for every, kind, code in (
        (29, "unauthorised", "O"),
        (23, "authorised", "I"),
        (31, "not_counted", "Y1"),
        (17, "late", "L"),
        (41, "authorised", "M"),
    ):
        if offset % every == 4 and (half == "AM" or every != 17):
            return kind, code
    return "present", "/"


def example_charts() -> list[dict[str, Any]]:
    """Each chart with invented figures: name, words, specification and table."""
    year = example_year()
    weekdays = [
        weekday_pattern.WeekdayCount(day, half, missed, 36)
        for day, pair in enumerate(((7, 6), (2, 2), (1, 2), (2, 3), (5, 9)))
        for half, missed in zip(("AM", "PM"), pair, strict=True)
    ]
    weeks = [
        attendance_trend.WeekRate(
            TERM_STARTS + timedelta(weeks=n), None if n in (7, 15, 16) else 9680 - (n * 53) % 900
        )
        for n in range(22)
    ]
    banded = [
        bands.BandCount(group, band, count)
        for group, counts in (
            ("Year 7", (131, 32, 14, 2)),
            ("Year 8", (118, 41, 19, 4)),
            ("Year 9", (102, 44, 27, 6)),
        )
        for band, count in zip(
            ("95% and over", "90% to 95%", "50% to 90%", "Under 50%"), counts, strict=True
        )
    ]
    unauthorised = [
        threshold_weeks.WeekCount(TERM_STARTS + timedelta(weeks=n), count)
        for n, count in enumerate((0, 1, 0, 2, 0, 0, 0, 2, 0, 3, 0, 4, 1, 0))
    ]
    window = (TERM_STARTS + timedelta(weeks=3), TERM_STARTS + timedelta(weeks=12))
    return [
        _example("The school year", year_calendar.spec(year), year_calendar.table(year)),
        _example(
            "Absence by day of the week",
            weekday_pattern.spec(weekdays),
            weekday_pattern.table(weekdays),
        ),
        _example(
            "Attendance by week",
            attendance_trend.spec(weeks),
            attendance_trend.table(weeks),
        ),
        _example(
            "Pupils by attendance",
            bands.spec(banded, title="Pupils by attendance"),
            bands.table(banded),
        ),
        _example(
            "Unauthorised absence by school week",
            threshold_weeks.spec(
                unauthorised, window_start=window[0], window_end=window[1], limit=10
            ),
            threshold_weeks.table(unauthorised, window_start=window[0], window_end=window[1]),
        ),
    ]


def _example(title: str, spec: drawing.Spec, table: drawing.Table) -> dict[str, Any]:
    return {"title": title, "spec": spec, "table": table, "alt": spec["usermeta"]["desc"]}


@login_not_required
def gallery(request: HttpRequest) -> HttpResponse:
    """The page. `?chart=0` answers with one picture; `?part=list` shows the example list alone."""
    shown = request.GET.get("chart", "")
    if shown.isdecimal():
        picture = drawing.svg(example_charts()[int(shown)]["spec"])
        return HttpResponse(picture, content_type="image/svg+xml")
    if request.GET.get("part") == "progress":
        finished = {"id": "p2", "title": "Registers read", "text": "All 940 pupils", "done": 940}
        return render(request, "components/progress.html", finished | {"total": 940})
    if request.GET.get("part") == "list" or "export" in request.GET:
        words = {"title": "Pupils", "caption": "Example school", "breadcrumbs": BREADCRUMBS}
        return EXAMPLE_LIST.respond(request, _pupils(), {**words, **_shell()})
    if request.GET.get("part") == "flash":
        for level in ("success", "info", "warning", "error"):
            getattr(messages, level)(request, f"An example of a message: {level}")
    return render(request, "components/gallery.html", _everything())


BREADCRUMBS = [
    {"text": "Start", "href": "#"},
    {"text": "Schools", "href": "#"},
    {"text": "Gallery"},
]


def _shell() -> dict[str, Any]:
    names = ("Worklist", "Pupils", "Cases", "Letters", "Imports")
    return {
        "place": "Example authority",
        "navigation": [
            {"text": name, "href": "#", "active": name == "Pupils", "count": 7 if n == 0 else None}
            for n, name in enumerate(names)
        ],
    }


def _everything() -> dict[str, Any]:
    wrong = ExampleForm({"starts_day": "4", "starts_year": "2026", "name": "", "answer": "no"})
    wrong.add_error(None, "A letter has already been sent for this absence. Look at it first.")
    happened = datetime(2026, 11, 23, 16, 5)  # noqa: DTZ001  shown as it is, in an example
    return _shell() | {
        "breadcrumbs": BREADCRUMBS,
        "form": wrong,
        "blank": ExampleForm(auto_id="blank_%s"),
        "charts": example_charts(),
        "buttons": {"text": "Save and continue"},
        "tags": [{"text": "Letter due", "colour": "red"}, {"text": "Watch", "colour": "yellow"}],
        "actions": [
            {"text": "Add a note", "href": "#"},
            {"text": "Make a letter", "href": "#", "primary": True},
        ],
        "colours": COLOURS,
        "tiles": [
            {"figure": "92.4%", "label": "Attendance", "note": "Since 7 September 2026"},
            {"figure": "38", "label": "Below 90%", "href": "#", "tone": "watch"},
            {"figure": "4", "label": "Letters due", "href": "#", "tone": "act"},
            {"figure": "312", "label": "Pupils", "tone": "good", "note": "6 joined this term"},
        ],
        "facts": [
            {"key": "Unauthorised sessions", "value": "11 in 10 school weeks"},
            {"key": "Threshold", "value": "10 sessions in 10 school weeks"},
            {"key": "First session counted", "value": "28 September 2026, morning"},
        ],
        "rows": [
            {"key": "School", "value": "Example High School"},
            {"key": "Year group", "value": "Year 9", "href": "#"},
            {"key": "Parent told", "value": None, "href": "#", "action": "Add"},
        ],
        "events": [
            {
                "title": "Letter 1 sent",
                "by": "Sam Example",
                "at": happened,
                "text": "First class post",
            },
            {
                "title": "Threshold reached",
                "day": date(2026, 11, 16),
                "text": "11 unauthorised sessions in 10 school weeks.",
                "href": "#",
            },
        ],
        "subs": [
            {"text": "Overview", "href": "#", "active": True},
            {"text": "Attendance", "href": "#"},
            {"text": "Letters", "href": "#"},
        ],
        "sections": [
            {
                "heading": "Registers",
                "items": [{"text": "Imports", "href": "#", "active": True}],
            },
            {"heading": "Set-up", "items": [{"text": "Calendars", "href": "#"}]},
        ],
        "list_here": "?part=list",
    }
