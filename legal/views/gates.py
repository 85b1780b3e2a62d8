"""The legal page of a case or a pupil: each gate, what people state, and going past it."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.forms import Form
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from attendance.models import Adult
from audit.record import Kind, record
from authorities.access import NotFound
from authorities.http import AuthorityRequest
from authorities.permissions import Permission
from cases.views.pages import case_page
from frontend.templatetags.govuk import count_of
from legal.access import Place, override_for, place_for
from legal.forms.gates import BrakeForm, OverrideForm, SettleForm, StatementForm, TasksForm
from legal.selectors.gate_tests import TESTS
from legal.selectors.gates import ALL_STEPS, GateAnswer, Requirement, at_step
from legal.services import gate_tasks, gates
from legal.views.gate_pages import OVERRIDE_STATES, Page
from letters import render as printing
from rules.dates import ONE_WEEK, in_words
from rules.errors import DomainError
from rules.gates import why_passable

PRINTED = "letters/gates.html"
PAGE = ["GET", "HEAD", "POST"]


def _heading(request: AuthorityRequest, place: Place, title: str = "") -> dict[str, Any]:
    """What stands above each page: the case's own heading, or the pupil's name."""
    if place.case is not None:
        return case_page(request.reach, place.case, "legal:case", title)
    pupil, school = place.enrolment.pupil, place.enrolment.school
    here = reverse("attendance:pupil", args=[request.authority.code, pupil.reference])
    return {
        "title": title or f"Leave in term time: {pupil.name}",
        "caption": f"{pupil.name}, {school.name}" if title else school.name,
        "pupil": pupil,
        "back": {"href": here, "text": "Pupil"},
    }


def _looked(request: AuthorityRequest, place: Place, answers: list[dict[str, Any]]) -> None:
    """Write down that somebody read the gates."""
    shut = sum(not one["open"] for one in answers)
    record(
        Kind.GATE_READ,
        by=request.user,
        authority=request.authority,
        school=place.enrolment.school,
        on=place.case or place.enrolment.pupil,
        step="each legal step" if place.case else "a penalty notice for leave",
        shut=shut,
    )


@require_safe
@transaction.atomic
def case(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """Each step's gate on a case."""
    return _page(request, "case", reference)


@require_safe
@transaction.atomic
def pupil(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """The lane of leave in term time, where no case is needed."""
    return _page(request, "pupil", reference)


def _page(request: AuthorityRequest, of: str, reference: str) -> HttpResponse:
    place = place_for(request.reach, of, reference)
    page = Page(request.reach, place, of, request.GET.get("parent", ""))
    context = {
        **_heading(request, place),
        **page.context(),
        "print_href": page.at("gates_pdf"),
    }
    _looked(request, place, context["steps"])
    return render(request, f"legal/gates/{of}.html", context)


@require_safe
@transaction.atomic
def gates_pdf(request: AuthorityRequest, la: str, of: str, reference: str) -> HttpResponse:
    """The same, to print. Its file name holds a reference, never a name."""
    place = place_for(request.reach, of, reference)
    page = Page(request.reach, place, of, request.GET.get("parent", ""))
    context = {
        **page.context(),
        "pupil": place.enrolment.pupil,
        "school": place.enrolment.school,
        "reference": reference,
        "printed_on": request.reach.today,
        "printed_by": request.user.name,
    }
    made = printing.pdf(PRINTED, context)
    _looked(request, place, context["steps"])
    response = HttpResponse(made, content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="legal-{reference}.pdf"'
    return response


def _adult(request: AuthorityRequest, page: Page) -> Adult | None:
    """The parent named in the address, if it names one of this pupil's."""
    link = page.links.get(request.GET.get("parent", ""))
    return link.adult if link is not None else None


def _at(page: Page, step: str) -> GateAnswer:
    """The gate of the step named in the address. Raises NotFound for no step of this gate."""
    if step not in ALL_STEPS:
        raise NotFound("We cannot find that page. Open it from the list of what a step needs.")
    return at_step(page.loaded, step)


def _asked(answer: GateAnswer, test: str) -> Requirement:
    """The requirement named in the address, which somebody may state. Raises NotFound."""
    for one in answer.requirements:
        if one.key == test and one.states:
            return one
    raise NotFound("We cannot find what you want to state. Open it from the list again.")


def _post(
    request: AuthorityRequest, form: Form, act: Callable[[], str], home: str
) -> HttpResponse | None:
    """Do what a valid form asks: the way back when it worked, None when the form says why not."""
    if request.method != "POST" or not form.is_valid():
        return None
    try:
        said = act()
    except DomainError as problem:
        form.add_error(None, problem.message)
        return None
    messages.success(request, said)
    return redirect(home)


def _form(
    request: AuthorityRequest, page: Page, title: str, form: Form, **more: Any
) -> HttpResponse:
    context = {
        **_heading(request, page.place, title),
        "form": form,
        "cancel": _home(page),
        **more,
    }
    return render(request, "legal/gates/form.html", context)


def _home(page: Page) -> str:
    return reverse(f"legal:{page.of}", args=[page.reach.authority.code, page.reference])


@require_http_methods(PAGE)
def gate_state(
    request: AuthorityRequest, la: str, of: str, reference: str, step: str, test: str
) -> HttpResponse:
    """State something that no record shows. The address names the requirement; it names nobody."""
    reach = request.reach
    place = place_for(reach, of, reference)
    gates.require_speaker(reach, place.enrolment.school)
    page = Page(reach, place, of, request.GET.get("parent", ""))
    asked = _asked(_at(page, step), test)
    form = StatementForm(
        request.POST if request.method == "POST" else None,
        step=step,
        test=asked.key,
        question=asked.words,
        today=reach.today,
    )

    def act() -> str:
        gates.state(
            reach=reach,
            place=place,
            statement=form.statement(),
            today=reach.today,
            now=timezone.now(),
            adult=_adult(request, page),
        )
        return "Your statement is on file"

    helps = TESTS[asked.key].helps if asked.key in TESTS else asked.why
    return _post(request, form, act, _home(page)) or _form(
        request, page, asked.words, form, lead=helps, save="Save the statement"
    )


@require_http_methods(PAGE)
def brake(request: AuthorityRequest, la: str, of: str, reference: str) -> HttpResponse:
    """Answer for each circumstance of the family."""
    reach = request.reach
    place = place_for(reach, of, reference)
    gates.require_speaker(reach, place.enrolment.school)
    reach.require(Permission.VIEW_SENSITIVE, place.enrolment.school)
    page = Page(reach, place, of, "")
    form = BrakeForm(
        request.POST if request.method == "POST" else None,
        thoughts=page.facts.thoughts,
        on_record=page.facts.on_record,
        today=reach.today,
    )

    def act() -> str:
        gates.consider(
            reach=reach,
            place=place,
            thoughts=form.thoughts(),
            on=form.cleaned_data["on"],
            today=reach.today,
            now=timezone.now(),
        )
        return "Your answers are on file"

    lead = (
        "Before any notice, somebody looks at what the family lives with. What nobody knows keeps "
        "every notice back: ask first."
    )
    return _post(request, form, act, _home(page)) or _form(
        request, page, "What the family lives with", form, lead=lead, save="Save the answers"
    )


@require_http_methods(PAGE)
def override_ask(
    request: AuthorityRequest, la: str, of: str, reference: str, step: str
) -> HttpResponse:
    """An officer of the council asks to go past what is not shown."""
    reach = request.reach
    place = place_for(reach, of, reference)
    gates.require_officer(reach)
    page = Page(reach, place, of, request.GET.get("parent", ""))
    answer = _at(page, step)
    open_ones = [one for one in answer.blocking if one.passable]
    form = OverrideForm(
        request.POST if request.method == "POST" else None,
        choices=[(one.key, f"{one.words}. {one.why}") for one in open_ones],
        initial={"seen": answer.seen},
    )

    def act() -> str:
        gates.ask_override(
            reach=reach,
            place=place,
            step=step,
            **form.cleaned_data,
            today=reach.today,
            now=timezone.now(),
            adult=_adult(request, page),
        )
        return "You have asked. A second officer of the council answers"

    kept = [one.words for one in answer.blocking if not one.passable]
    return _post(request, form, act, _home(page)) or _form(
        request,
        page,
        "Go past what is not shown",
        form,
        lead=" ".join(dict.fromkeys(why_passable(one.key) for one in open_ones)),
        kept=kept,
        save="Ask a second officer",
    )


@require_http_methods(PAGE)
def gate_tasks_page(request: AuthorityRequest, la: str, reference: str, step: str) -> HttpResponse:
    """Ask the school for everything that is missing before a step, by a day."""
    reach = request.reach
    place = place_for(reach, "case", reference)
    gates.require_speaker(reach, place.enrolment.school)
    page = Page(reach, place, "case", "")
    answer = _at(page, step)
    form = TasksForm(
        request.POST if request.method == "POST" else None,
        initial={"by": reach.today + 2 * ONE_WEEK},
    )

    def act() -> str:
        made = gate_tasks.ask_school(
            reach=reach, place=place, step=step, today=reach.today, **form.cleaned_data
        )
        return f"{count_of(made, 'task')} for the school"

    return _post(request, form, act, _home(page)) or _form(
        request,
        page,
        "Ask the school for what is missing",
        form,
        listed=[f"{one.words}: {one.why}" for one in gate_tasks.for_school(answer)],
        save="Make the tasks",
    )


@require_http_methods(PAGE)
def override(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """One request to go past, with the second officer's answer or the form for it."""
    reach = request.reach
    found = override_for(reach, reference, Permission.VIEW_LEGAL)
    if request.method == "POST":
        gates.require_officer(reach)
    place = Place(found.enrolment, found.case)
    may = reach.may_everywhere(Permission.OVERRIDE_GATE) and found.agreed is None
    form = SettleForm(request.POST if request.method == "POST" else None)

    def act() -> str:
        gates.settle_override(
            reach=reach,
            override=found,
            **form.cleaned_data,
            today=reach.today,
            now=timezone.now(),
        )
        return "Your answer is on file"

    of = "case" if found.case else "pupil"
    subject = found.case or found.enrolment.pupil
    home = reverse(f"legal:{of}", args=[la, subject.reference])
    if (answered := _post(request, form, act, home)) is not None:
        return answered
    context = {
        **_heading(request, place, f"Going past before: {found.get_step_display()}"),
        "found": found,
        "state": OVERRIDE_STATES[found.agreed],
        "in_full": reach.may(Permission.VIEW_SENSITIVE, found.school),
        "may_settle": may and found.asked_by_id != reach.user.pk,
        "is_own": may and found.asked_by_id == reach.user.pk,
        "form": form,
        "home": home,
        "asked_on": in_words(found.asked_on),
    }
    return render(request, "legal/gates/override.html", context)
