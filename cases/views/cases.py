"""The list of cases, one case, opening one, and writing on it."""

from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from attendance.access import PupilHere, pupil_here
from attendance.models import Crossing, Enrolment
from authorities.access import Reach
from authorities.exports import written_down
from authorities.http import AuthorityRequest
from authorities.packs import pack_in_force
from authorities.permissions import Permission
from authorities.saved_views import opening_view, saved_views
from authorities.selectors import schools_for
from cases.access import case_for, cases_for, crossing_for
from cases.forms.cases import CaseFilters, NoteForm, school_choices
from cases.models import Case
from cases.selectors import overview
from cases.selectors.chronology import chronology
from cases.selectors.entries import Entry
from cases.selectors.facts import (
    book_for,
    crossing_of,
    fact_rows,
    facts_of,
    figures_of,
    open_case_of,
)
from cases.selectors.following import ending_of, former_of
from cases.selectors.happenings import sayable
from cases.selectors.letter_reviews import ABOUT
from cases.selectors.letters import case_letters
from cases.selectors.logged_letters import all_logged_of
from cases.selectors.places import standing
from cases.selectors.rechecks import relied_on, to_check_again
from cases.selectors.restricted import safeguarding_notes
from cases.services import casework, deadlines, moves
from cases.services.bulk import case_token
from cases.views.bulk_bar import bulk_bar
from cases.views.pages import case_page
from frontend.lists import Column, ListPage, pages_at
from frontend.templatetags.govuk import words
from rules.errors import DomainError

HISTORY_PAGE = 25


@require_safe
def cases(request: AuthorityRequest, la: str) -> HttpResponse:
    """Every case that the person may see."""
    reach = request.reach
    reach.require(Permission.VIEW_CASE)
    if opening := opening_view(request, "cases:cases"):
        return redirect(opening)
    options = {"schools": school_choices(schools_for(reach, Permission.VIEW_CASE))}
    page = case_list(reach.authority.code)
    rows = cases_for(reach)
    total = page.narrowed(request, rows, form_options=options).count()
    return _listed(
        request,
        rows,
        {"title": "Cases", **bulk_bar(request, "cases", total)},
        saved=saved_views(request, page, "cases:cases", form_options=options),
    )


@require_safe
def pupil_cases(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """The cases of one pupil."""
    here = pupil_here(request.reach, reference, Permission.VIEW_CASE)
    rows = cases_for(request.reach).filter(pupil=here.pupil)
    context = {
        "title": f"Cases of {here.pupil.name}",
        "back": {"href": reverse("attendance:pupil", args=[la, reference]), "text": "Pupil"},
    }
    return _listed(request, rows, context)


def _listed(
    request: AuthorityRequest, rows: QuerySet[Case], context: dict[str, Any], **listed: Any
) -> HttpResponse:
    reach = request.reach
    if request.GET.get("export") == "csv":
        reach.require(Permission.EXPORT)
        rows = rows.filter(reach.schools(Permission.EXPORT, "school__"))
    options = {"schools": school_choices(schools_for(reach, Permission.VIEW_CASE))}
    on_export = written_down(reach, on="cases.Case:list", what="cases")
    page = case_list(reach.authority.code, choose=bool(context.get("bulk")))
    return page.respond(
        request,
        rows.select_related("owner"),
        context,
        template="cases/work/cases.html",
        form_options=options,
        on_export=on_export,
        **listed,
    )


CHOOSE = Column(
    "choose",
    "Choose",
    lambda row: {
        "id": row.pk,
        "token": case_token(row),
        "label": f"{row.pupil.name}, case {row.reference}",
        "may": row.closed_on is None,
    },
    template="cases/work/choose.html",
    export=False,
)


def case_list(la: str, *, choose: bool = False) -> ListPage:
    """The list, declared for one authority. `choose`: with a tick on each row."""
    return ListPage(
        name="cases",
        noun="case",
        columns=[
            Column(
                "pupil",
                "Pupil",
                lambda row: row.pupil.name,
                order_by=("pupil__sort_name",),
                href=lambda row: reverse("cases:case", args=[la, row.reference]),
            ),
            Column("reference", "Case", lambda row: row.reference, order_by=("reference",)),
            Column("school", "School", lambda row: row.school.name, order_by=("school__name",)),
            Column(
                "year",
                "Year",
                lambda row: row.enrolment.year_group,
                order_by=("enrolment__year_group",),
            ),
            Column("stage", "Stage", lambda row: row.get_stage_display(), order_by=("stage",)),
            Column("by", "Opened by", lambda row: row.opened_by.name),
            Column(
                "owner",
                "Carried by",
                lambda row: row.owner.name if row.owner else "",
                order_by=("owner__name",),
            ),
            Column(
                "opened",
                "Opened",
                lambda row: row.opened_on,
                order_by=("opened_on",),
                show=words,
                descending_first=True,
            ),
            Column("closed", "Closed", lambda row: row.closed_on, show=words, export="only"),
            *([CHOOSE] if choose else []),
        ],
        sort="-opened",
        filter_form=CaseFilters,
        filters={
            "state": lambda rows, state: rows.filter(closed_on__isnull=state == "open"),
            "stage": lambda rows, stage: rows.filter(stage=stage),
            "school": lambda rows, urn: rows.filter(school__urn=urn),
        },
        search=lambda rows, typed: rows.filter(reference__istartswith=typed),
        search_label="Case reference",
        nothing_yet="Open a case from the worklist or from a pupil's page.",
    )


@require_http_methods(["GET", "HEAD", "POST"])
def case(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """One case: where it stands, what is next, what happened, and a note to add."""
    writing = request.method == "POST"
    needed = Permission.CHANGE_CASE if writing else Permission.VIEW_CASE
    found = case_for(request.reach, reference, needed)
    form = NoteForm(request.POST if writing else None)
    if writing and form.is_valid():
        try:
            casework.add_note(
                reach=request.reach, case=found, text=form.cleaned_data["text"], now=timezone.now()
            )
        except DomainError as problem:
            messages.error(request, problem.message)
        else:
            messages.success(request, "Note added")
        return redirect("cases:case", la=la, reference=reference)
    casework.read(reach=request.reach, case=found)
    return render(request, "cases/case.html", {**_case(request, found), "form": form})


def _case(request: AuthorityRequest, found: Case) -> dict[str, Any]:
    reach, la = request.reach, request.authority.code
    policy = pack_in_force(found.school, reach.today)
    letters = list(case_letters(found))
    logged = list(all_logged_of(found))
    sent = [row for row in logged if row.taken_back_at is None]
    clocks = list(deadlines.running(found).select_related("owner"))
    proposed = [
        (one, overview.proposal_label(one, policy))
        for one in (overview.open_proposals(found) if found.closed_on is None else [])
    ]
    steps = overview.next_steps(found, letters, clocks, proposed, reach, logged=bool(sent))
    page = case_page(reach, found, "case")
    return {
        **page,
        "next": [_todo(reach, one, linked=page["may_change"]) for one in steps],
        "standing": standing(policy, found.places),
        "clocks": [{"row": row, "late": row.due_on < reach.today} for row in clocks],
        "proposed": [{"row": one, "label": label} for one, label in proposed],
        "letters": letters,
        "logged": sent,
        "before": former_of(reach, found),
        "ending": ending_of(found, reach.today),
        "may_restrict": reach.may(Permission.RESTRICT_CASE, found.school),
        "safeguarding": reach.may(Permission.SAFEGUARD, found.school)
        or safeguarding_notes(reach, found).exists(),
        "check_again": [
            {
                "what": relied_on(row),
                "href": reverse("cases:recheck", args=[la, row.reference]),
            }
            for row in to_check_again(found)
        ],
        **_why_opened(request, found),
        **_history(request, chronology(found, reach, letters=letters, logged=logged)),
        "may_note": page["may_change"],
        "may_say": page["may_change"] and bool(sayable(found, policy)),
        "letter_review": page["may_change"] and any(row.about == ABOUT for row in clocks),
        "may_prepare": found.closed_on is None
        and reach.may(Permission.PREPARE_LETTER, found.school),
    }


def _todo(reach: Reach, one: overview.Next, *, linked: bool) -> dict[str, Any]:
    """One thing to do; its link for those who may do it."""
    there = reverse(one.route, args=[reach.authority.code, *one.at]) if one.route else ""
    href = there if linked else ""
    return {"words": one.words, "about": one.about, "late": one.late, "href": href}


def _why_opened(request: AuthorityRequest, found: Case) -> dict[str, Any]:
    """The facts on the day it was opened, and today's where they differ."""
    la = request.authority.code
    pupil = [la, found.pupil.reference]
    context: dict[str, Any] = {
        "pupil_href": reverse("attendance:pupil", args=pupil),
        "proof_href": reverse("attendance:pupil_proof", args=pupil),
        "facts": fact_rows(found.facts),
        "sessions": [
            [line["when"], line["code"], line["why"]]
            for line in found.facts["threshold"]["sessions"]
        ],
        "policy": [
            f"{layer['title']}, edition {layer['edition']}" for layer in found.policy["layers"]
        ],
    }
    now = moves.facts_today(found, request.reach.today)
    if "unknown" not in now:
        context["facts_now"] = fact_rows(now)
        context["changed"] = _figures(now) != _figures(found.facts)
    return context


def _history(request: AuthorityRequest, entries: list[Entry]) -> dict[str, Any]:
    """One page of what happened, of one kind if asked, with the kinds that there are."""
    la = request.authority.code
    kinds = sorted({entry.tag for entry in entries if entry.tag})
    asked = request.GET.get("what", "")
    if asked in kinds:
        entries = [entry for entry in entries if entry.tag == asked]
    count = max(1, -(-len(entries) // HISTORY_PAGE))
    typed = request.GET.get("page", "")
    number = min(int(typed), count) if typed.isdecimal() and len(typed) < 6 and int(typed) else 1
    return {
        "kinds": kinds,
        "asked": asked if asked in kinds else "",
        "events": len(entries),
        "pages_of_history": pages_at(request.GET, number, count),
        "timeline": [
            {
                "title": entry.title,
                "by": entry.by,
                "at": entry.at,
                "text": entry.text,
                "tag": entry.tag,
                "tag_colour": entry.tag_colour,
                "href": entry.letter and reverse("cases:letter", args=[la, entry.letter]),
            }
            for entry in entries[(number - 1) * HISTORY_PAGE : number * HISTORY_PAGE]
        ],
    }


def _figures(facts: dict[str, Any]) -> tuple[Any, ...]:
    """What a corrected register would change."""
    names = ("possible", "attended", "authorised", "unauthorised")
    return (*(facts[name] for name in names), facts["threshold"]["current"])


@require_http_methods(["GET", "HEAD", "POST"])
def open_from_crossing(request: AuthorityRequest, la: str, crossing: int) -> HttpResponse:
    """Say what will happen, then open a case from an entry of the worklist."""
    found = crossing_for(request.reach, crossing, Permission.CHANGE_CASE)
    return _open(request, la, found.enrolment, found)


@require_http_methods(["GET", "HEAD", "POST"])
def open_for_pupil(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """The same from a pupil's page, with the line that the pupil stands at, if any."""
    here: PupilHere = pupil_here(request.reach, reference, Permission.CHANGE_CASE)
    return _open(request, la, here.enrolment, crossing_of(here.enrolment))


def _open(
    request: AuthorityRequest, la: str, enrolment: Enrolment, crossing: Crossing | None
) -> HttpResponse:
    reach = request.reach
    there = open_case_of(enrolment)
    if request.method == "POST":
        try:
            there = casework.open_case(
                reach=reach,
                enrolment=enrolment,
                crossing=crossing,
                now=timezone.now(),
                today=reach.today,
            )
            messages.success(request, f"Case {there.reference} opened")
        except casework.AlreadyOpen as problem:
            messages.info(request, problem.message)
            return redirect("cases:case", la=la, reference=problem.reference)
    if there is not None:
        return redirect("cases:case", la=la, reference=there.reference)
    context: dict[str, Any] = {
        "pupil": enrolment.pupil,
        "enrolment": enrolment,
        "crossing": crossing,
        "pupil_href": reverse("attendance:pupil", args=[la, enrolment.pupil.reference]),
        "proof_href": reverse("attendance:pupil_proof", args=[la, enrolment.pupil.reference]),
    }
    try:
        book = book_for(enrolment, reach.today)
        policy = pack_in_force(enrolment.school, reach.today)
        context["facts"] = fact_rows(facts_of(book, crossing))
        context["proposed"] = [proposal.why for proposal in policy.proposals(figures_of(book))]
        context["policy"] = policy.sources()
    except DomainError as problem:
        context["problem"] = problem.message
    return render(request, "cases/open.html", context)
