"""Returns to the council: the list, one return, and sickness that is expected to last."""

from datetime import date
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from attendance.access import PupilHere, pupil_here
from attendance.forms.pupils import school_choices, year_group_words
from attendance.forms.returns import ReturnFilters, ReturnForm, SicknessForm
from attendance.models import ReturnKind, ReturnMade
from attendance.selectors import returns as selectors
from attendance.selectors.returns import Due
from attendance.services import returns as services
from attendance.views.charts import audit_read
from attendance.views.pupil import page_context
from attendance.views.searching import write_down_listed
from authorities.access import NotFound, Reach
from authorities.exports import written_down
from authorities.http import AuthorityRequest
from authorities.permissions import Permission
from authorities.selectors import schools_for
from frontend.lists import Column, ListPage
from frontend.templatetags.govuk import words
from rules.errors import DomainError
from rules.marks import Session

SUBJECT = "attendance.ReturnMade:due"
STATES = {
    "late": lambda row: row.state == "late",
    "made": lambda row: row.state == "made",
    "corrected": lambda row: bool(row.differs),
    "all": lambda row: True,
}
STATE_WORDS = {"due": "To make", "late": "Late", "made": "Made"}


@require_safe
def returns(request: AuthorityRequest, la: str) -> HttpResponse:
    """What the council must be told, this academic year."""
    reach = request.reach
    reach.require(Permission.LOG_SIGHTING)
    schools = list(schools_for(reach, Permission.LOG_SIGHTING))
    urn = request.GET.get("school", "")
    chosen = [school for school in schools if school.urn == urn] or schools
    every = selectors.returns_due(reach, chosen)
    rows = every if request.GET.get("state") else [row for row in every if row.state != "made"]
    page = _list_page(reach, many_schools=len(schools) > 1)
    options = {"schools": school_choices(schools)}
    if request.GET.get("export") == "csv":
        reach.require(Permission.EXPORT)
        allowed = [row for row in rows if reach.may(Permission.EXPORT, row.enrolment.school)]
        exported = written_down(reach, on=SUBJECT, what="returns to the council")
        return page.respond(request, allowed, form_options=options, on_export=exported)
    shown = page.shown(request, rows, form_options=options)
    write_down_listed(reach, on=SUBJECT, count=len(shown.rows))
    context = {
        "title": "Returns to the council",
        "place": schools[0].name if len(schools) == 1 else request.authority.name,
        "list": shown,
        "tiles": _tiles(every),
    }
    return render(request, "attendance/returns/returns.html", context)


def _tiles(rows: list[Due]) -> list[dict[str, Any]]:
    late = sum(row.state == "late" for row in rows)
    figures = (
        (sum(row.state != "made" for row in rows), "to make", "", ""),
        (late, "of them late", "act" if late else "", "?state=late"),
        (sum(row.state == "made" for row in rows), "made this school year", "", "?state=made"),
        (sum(bool(row.differs) for row in rows), "corrected since", "", "?state=corrected"),
    )
    return [
        {"figure": f"{number:,}", "label": label, "tone": tone, "href": href}
        for number, label, tone, href in figures
    ]


def return_href(reach: Reach, row: Due) -> str:
    """The address of a return: the one that was made, or the one to make."""
    la = reach.authority.code
    if row.made is not None:
        return reverse("attendance:returns_made", args=[la, row.made.reference])
    address = reverse(
        "attendance:returns_make",
        args=[la, row.enrolment.pupil.reference, row.kind.value, row.first_day.isoformat()],
    )
    return f"{address}?school={row.enrolment.school.urn}"


def _list_page(reach: Reach, *, many_schools: bool) -> ListPage:
    la = reach.authority.code

    def pupil_href(row: Due) -> str:
        address = reverse("attendance:pupil", args=[la, row.enrolment.pupil.reference])
        return f"{address}?school={row.enrolment.school.urn}"

    return ListPage(
        name="returns",
        noun="return",
        columns=[
            Column(
                "pupil",
                "Pupil",
                lambda r: r.enrolment.pupil.name,
                ("name",),
                href=pupil_href,
                export=False,
            ),
            Column("upn", "UPN", lambda r: r.enrolment.pupil.upn, export="only"),
            Column("surname", "Surname", lambda r: r.enrolment.pupil.surname, export="only"),
            Column("forenames", "Forenames", lambda r: r.enrolment.pupil.forenames, export="only"),
            Column("born", "Date of birth", lambda r: r.enrolment.pupil.born_on, export="only"),
            Column(
                "school",
                "School",
                lambda r: r.enrolment.school.name,
                (lambda r: r.enrolment.school.name, "name"),
                export=True if many_schools else "only",
            ),
            Column("urn", "School URN", lambda r: r.enrolment.school.urn, export="only"),
            Column(
                "year",
                "Year group",
                lambda r: r.enrolment.year_group,
                show=year_group_words,
                export=True,
            ),
            Column("kind", "Return", lambda r: r.kind.label, (lambda r: r.kind.label, "name")),
            Column("why", "Why", lambda r: r.sentence),
            Column("first", "From", lambda r: r.first_day, ("first_day", "name"), export="only"),
            Column("days", "School days", lambda r: r.days or "", numeric=True, export="only"),
            Column(
                "due",
                "Due",
                lambda r: r.due_on,
                (_urgency, "due_on", "name"),
                template="attendance/returns/due_cell.html",
            ),
            Column("state", "State", lambda r: STATE_WORDS[r.state], export="only"),
            Column("made", "Made on", lambda r: r.made.made_on if r.made else None, export="only"),
            Column("differs", "Corrected since", lambda r: r.differs, export="only"),
            Column(
                "act",
                "Action",
                lambda r: return_href(reach, r),
                export=False,
                template="attendance/returns/act_cell.html",
            ),
        ],
        sort="due",
        filter_form=ReturnFilters,
        filters={
            "school": lambda rows, urn: [r for r in rows if r.enrolment.school.urn == urn],
            "year_group": lambda rows, year: [r for r in rows if r.enrolment.year_group == year],
            "kind": lambda rows, kinds: [r for r in rows if r.kind.value in kinds],
            "state": lambda rows, state: [r for r in rows if STATES[state](r)],
        },
        empty_title="No returns to make",
        nothing_yet="No pupil needs one today. Returns already made are under State.",
    )


def _urgency(row: Due) -> int:
    return ("late", "due", "made").index(row.state)


# One return


def _door(request: AuthorityRequest, reference: str, permission: Permission) -> PupilHere:
    return pupil_here(request.reach, reference, permission, urn=request.GET.get("school", ""))


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise NotFound("We cannot find that day. Check the address.") from None


@require_http_methods(["GET", "POST"])
def returns_make(
    request: AuthorityRequest, la: str, reference: str, kind: str, day: str
) -> HttpResponse:
    """What to tell the council of one pupil, and writing down that it was told."""
    reach = request.reach
    here = _door(request, reference, Permission.LOG_SIGHTING)
    due = selectors.due_for(here.enrolment, kind, _day(day), reach.today)
    may_make = Permission.AMEND_REGISTER in here.sees
    if due.made is not None:
        if request.method == "POST":
            messages.info(request, _already(due.made))
        return redirect("attendance:returns_made", la=la, reference=due.made.reference)
    form = ReturnForm(request.POST if request.method == "POST" else None, today=reach.today)
    if request.method == "POST" and form.is_valid():
        try:
            made = services.make_return(
                reach=reach, due=due, told=form.told_as(), now=timezone.now()
            )
        except DomainError as problem:
            form.add_error(None, problem.sentence)
        else:
            messages.success(request, "Written down. What the council was told is kept as it was.")
            return redirect("attendance:returns_made", la=la, reference=made.reference)
    audit_read(reach, here)
    context = page_context(reach, here, "pupil_clocks", "Return to the council") | {
        "due": due,
        "form": form if may_make else None,
        "facts": _facts(here, due.kind, due.sentence, due.due_on),
        "days": _days([(m.day, int(m.session), m.code) for m in due.sessions]),
        "cancel": reverse("attendance:returns", args=[la]),
    }
    return render(request, "attendance/returns/make.html", context)


def _already(made: ReturnMade) -> str:
    return (
        f"{made.made_by.name} wrote down on {words(made.made_on)} that this return was made. It is"
        " made once for each episode."
    )


def _facts(here: PupilHere, kind: str, sentence: str, due_on: date) -> list[dict[str, str]]:
    pupil = here.pupil
    return [
        {"key": "Return", "value": ReturnKind(kind).label},
        {"key": "Why", "value": sentence},
        {"key": "Due", "value": words(due_on)},
        {"key": "Pupil", "value": f"{pupil.forenames} {pupil.surname}"},
        {"key": "Date of birth", "value": words(pupil.born_on)},
        {"key": "UPN", "value": pupil.upn or "Not recorded"},
        {"key": "School", "value": f"{here.school.name} ({here.school.urn})"},
    ]


def _days(sessions: list[tuple[date, int, str]]) -> list[dict[str, str]]:
    """The days a return rests on, each with its two codes."""
    found: dict[date, list[str]] = {}
    for day, half, code in sessions:
        found.setdefault(day, ["", ""])[half] = code
    return [
        {"day": f"{day:%A} {words(day)}", "am": codes[Session.AM], "pm": codes[Session.PM]}
        for day, codes in found.items()
    ]


@require_safe
def returns_made(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """A return that was made, as it was, beside what the register says today."""
    reach = request.reach
    made = selectors.return_made_for(reach, reference)
    here = pupil_here(
        reach, made.enrolment.pupil.reference, Permission.LOG_SIGHTING, urn=made.school.urn
    )
    audit_read(reach, here)
    now = next(
        (
            one
            for one in selectors.returns_of(made.enrolment, reach.today)
            if one.made and one.made.pk == made.pk
        ),
        None,
    )
    facts = [
        *_facts(here, made.kind, made.facts["sentence"], made.due_on),
        {"key": "Council told on", "value": words(made.made_on)},
        {"key": "How", "value": made.get_way_display()},
        {"key": "Who was told", "value": made.told},
        {"key": "Note", "value": made.note or "None"},
        {"key": "Written down by", "value": f"{made.made_by.name}, {words(made.made_at)}"},
    ]
    then = [(_day(day), half, code) for day, half, code in made.facts["sessions"]]
    context = page_context(reach, here, "pupil_clocks", "Return made") | {
        "facts": facts,
        "days": _days(then),
        "differs": now.differs if now else "",
        "now": _days([(m.day, int(m.session), m.code) for m in now.sessions])
        if now and now.differs
        else [],
        "back": {"href": reverse("attendance:returns", args=[la]), "text": "Returns"},
    }
    return render(request, "attendance/returns/made.html", context)


@require_http_methods(["GET", "POST"])
def returns_sickness(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """Write down that fifteen school days of illness are to be expected."""
    reach = request.reach
    here = _door(request, reference, Permission.AMEND_REGISTER)
    form = SicknessForm(request.POST if request.method == "POST" else None, today=reach.today)
    if request.method == "POST" and form.is_valid():
        try:
            row = services.expect_sickness(
                reach=reach, enrolment=here.enrolment, now=timezone.now(), **form.cleaned_data
            )
        except DomainError as problem:
            form.add_error(None, problem.sentence)
        else:
            messages.success(request, "Written down. The return to the council is due now.")
            day = row.first_day.isoformat()
            address = reverse("attendance:returns_make", args=[la, reference, "sickness", day])
            return redirect(f"{address}?school={here.school.urn}")
    audit_read(reach, here)
    context = page_context(reach, here, "pupil_clocks", "Long sickness is expected") | {
        "form": form,
        "cancel": reverse("attendance:pupil_clocks", args=[la, reference]),
    }
    return render(request, "attendance/returns/sickness.html", context)
