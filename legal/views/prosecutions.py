"""Prosecutions: the list, one file with what to do next, and how one is begun."""

from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from attendance.models import Adult, AdultLink
from attendance.views.addresses import href
from authorities.access import Reach
from authorities.exports import written_down
from authorities.http import AuthorityRequest
from authorities.permissions import Permission
from authorities.selectors import schools_for
from cases.access import case_for
from cases.forms.cases import school_choices
from frontend.lists import Column, ListPage
from frontend.templatetags.govuk import words, words_and_time
from legal.access import penalty_for, prosecution_for, prosecutions_for, sees_papers
from legal.forms.prosecutions import BeginForm, ProsecutionFilters, sessions_from
from legal.models import LegalEvent, ParentingOrder, Prosecution, ProsecutionTest
from legal.selectors import prosecutions as selectors
from legal.selectors.gates import Requirement
from legal.selectors.penalties import days_in_words, printed_reference
from legal.selectors.prosecution_gates import STEP, gate_for, parents_of
from legal.services import prosecutions as services
from legal.services.corrections import CORRECTED
from legal.services.prosecution_deciding import test_sentences
from legal.services.prosecution_moves import require_council
from legal.services.prosecutions import Beginning, defence_sentences
from legal.views.corrections import asked_of
from legal.views.gate_pages import SIDES
from rules.court_outcomes import Outcome
from rules.defences import Weighed, defences_for, questionnaire
from rules.errors import DomainError
from rules.prosecution_stages import PROSECUTION, ProsecutionState
from rules.prosecutions import (
    ALTERNATIVES,
    OFFENCES,
    CodeTest,
    Offence,
    questions_of,
)
from rules.supervision_orders import considered_refusal
from rules.tariffs import in_pounds

P, S = Permission, ProsecutionState
FORM = "legal/prosecutions/form.html"
COLOURS = {
    S.ASKED: "blue",
    S.ANSWERED: "yellow",
    S.NO_ANSWER: "yellow",
    S.TESTED: "orange",
    S.AUTHORISED: "orange",
    S.CHARGED: "purple",
    S.LISTED: "purple",
    S.DECIDED: "green",
}
SAYS = {
    "begin": "Begun",
    "sessions": "The half days were chosen again",
    "consider": "A supervision order was considered",
    "ask": "Caution letter sent",
    "answer": "The parent answered",
    "no_answer": "No answer came in time",
    "weigh": "The defences were weighed",
    "papers": "Statements and certificate on file",
    "evidential_test": "Evidential test made",
    "public_interest_test": "Public interest test made",
    "test": "Both tests passed",
    "authorise": "Authorised",
    "go_back": "Sent back to be prepared",
    "notify": "Charged: single justice procedure notice",
    "summon": "Charged: information for a summons",
    "list": "Hearing listed",
    "decide": "The court decided",
    "discontinue": "Discontinued",
    "drop": "Not proceeded with",
    "report": "The school was told",
    "carried_out": "Parenting order",
    "look_again": "Something changed: a person must look again",
    "stands": "Looked at again: it goes on",
}
# Never the next step by themselves: what is next then waits for somebody else.
ASIDE = frozenset({"answer", "no_answer", "papers", "back", "discontinue", "drop"})
# What the school's staff read of the history: the rest is for the council and the court.
FOR_SCHOOLS = frozenset({"notify", "summon", "list", "decide", "discontinue", "drop", "report"})


@require_safe
def prosecutions(request: AuthorityRequest, la: str) -> HttpResponse:
    """Every prosecution that the person may see, by state, offence and school."""
    reach = request.reach
    reach.require(P.VIEW_LEGAL)
    rows = prosecutions_for(reach)
    if request.GET.get("export") == "csv":
        reach.require(P.EXPORT)
        rows = rows.filter(reach.schools(P.EXPORT, "school__"))
    return prosecution_list(la).respond(
        request,
        rows,
        {
            "title": "Prosecutions",
            "lead": "Only the council prosecutes. A file begins on the page of an unpaid penalty "
            "notice, or on the Legal page of a case.",
        },
        form_options={"schools": school_choices(schools_for(reach, P.VIEW_LEGAL))},
        on_export=written_down(reach, on="legal.Prosecution:list", what="prosecutions"),
    )


def prosecution_list(la: str) -> ListPage:
    """The list, declared for one authority."""
    return ListPage(
        name="prosecutions",
        noun="prosecution",
        columns=[
            Column(
                "reference",
                "File",
                lambda row: row.reference,
                order_by=("reference",),
                href=lambda row: reverse("legal:prosecution", args=[la, row.reference]),
            ),
            Column("pupil", "Pupil", lambda row: row.pupil.name, order_by=("pupil__sort_name",)),
            Column("parent", "Parent", lambda row: row.adult.name, order_by=("adult__surname",)),
            Column("school", "School", lambda row: row.school.name, order_by=("school__name",)),
            Column(
                "state",
                "State",
                tag_of,
                order_by=("state",),
                show=lambda tag: tag["text"],
                template="legal/cells/tag.html",
                export=False,
            ),
            Column(
                "state_words",
                "State",
                lambda row: PROSECUTION.labels[S(row.state)],
                export="only",
            ),
            Column("offence", "Section", lambda row: row.offence, order_by=("offence",)),
            Column(
                "first",
                "Earliest session",
                lambda row: row.first,
                order_by=("first",),
                show=words,
            ),
            Column(
                "charged",
                "Charged",
                lambda row: row.charged_on,
                order_by=("charged_on",),
                show=words,
            ),
        ],
        sort="first",
        filter_form=ProsecutionFilters,
        filters={
            "state": selectors.in_state,
            "offence": lambda rows, offence: rows.filter(offence=offence),
            "school": lambda rows, urn: rows.filter(school__urn=urn),
        },
        search=by_reference,
        search_label="Reference of a file",
        nothing_yet="A prosecution begins on the page of an unpaid penalty notice, or on the Legal "
        "page of a case. It shows here.",
    )


def by_reference(rows: QuerySet[Prosecution], typed: str) -> QuerySet[Prosecution]:
    """The file that somebody means."""
    return rows.filter(reference__istartswith="".join(typed.split()))


def tag_of(prosecution: Prosecution) -> dict[str, str]:
    """Where it stands, as a tag."""
    state = S(prosecution.state)
    return {"text": PROSECUTION.labels[state], "colour": COLOURS.get(state, "grey")}


def heading(prosecution: Prosecution, title: str = "") -> dict[str, Any]:
    """What heads each page of a prosecution."""
    return {
        "title": title or prosecution.pupil.name,
        "caption": f"Prosecution file {prosecution.reference}, {prosecution.adult.name}",
        "tags": [tag_of(prosecution)],
    }


# One file


@require_safe
def prosecution(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """One prosecution: what to do next, what it is about, its time, its papers, its history."""
    reach = request.reach
    file = prosecution_for(reach, reference, P.VIEW_LEGAL)
    papers = sees_papers(reach)
    tests = selectors.tests_of(file) if papers else []
    made = selectors.counting(file, tests)
    order = selectors.parenting_order_of(file)
    before = S(file.state) in selectors.BEFORE_CHARGE
    context = {
        **heading(file),
        "file": file,
        "asked": asked_of(selectors.subject_of(file), la),
        "review": "" if file.review == CORRECTED else file.review,
        "stops": _stops(file, reach) if before else "",
        "next": PROSECUTION.next[S(file.state)]
        if not (file.ended_on and file.told_on)
        else "Nothing more. A new prosecution needs a new period of absence.",
        "todo": _todo(file, reach) if papers and before else [],
        "actions": actions(reach, file, made, order, la),
        "bundle_href": href("legal:bundle", reach, reference=file.reference)
        if reach.may_everywhere(P.PROSECUTE)
        else "",
        "about": _about(file),
        "links": _links(file, la),
        "clock": [
            {"key": key, "value": value} for key, value in selectors.clock_of(file, reach.today)
        ]
        if before
        else [],
        "gate": _gate(file, reach) if papers and before else [],
        "papers": _papers(file) if papers else [],
        "answers": answer_rows(file) if papers else [],
        "defences": defence_rows(file) if papers else [],
        "tests": [test_rows(one, file) for one in tests],
        "decision": _decision(file, order),
        "letters": [
            {
                "text": one.letter.title,
                "state": one.letter.get_state_display(),
                "href": reverse("cases:letter", args=[la, one.letter.reference]),
            }
            for one in selectors.letters_of(file)
        ]
        if papers
        else [],
        "timeline": [_event(one, papers) for one in selectors.events_of(file)],
        "sees_papers": papers,
    }
    return render(request, "legal/prosecutions/prosecution.html", context)


def _stops(file: Prosecution, reach: Reach) -> str:
    """What stops each step forward, but for what heads the page already."""
    return "" if file.review else selectors.stops(file, reach.today)


def _todo(file: Prosecution, reach: Reach) -> list[str]:
    """What is still missing, in the order in which it is done."""
    state = S(file.state)
    found: list[str] = []
    if state is S.PREPARING:
        found.append(considered_refusal(file.considered_on, file.considered, reach.today))
    if state in (S.ANSWERED, S.NO_ANSWER):
        unweighed = defence_sentences(selectors.offence_of(file), file.defences)
        if len(unweighed) > 1:
            found.append("Weigh each defence in law against what the parent says.")
        found += unweighed if len(unweighed) == 1 else []
        if not unweighed:
            found.append(next(iter(test_sentences(file)), ""))
    if state is not S.PREPARING and file.papers_on is None:
        found.append("Put the statements and the headteacher's certificate on file.")
    return [one for one in found if one]


def _about(file: Prosecution) -> list[dict[str, str]]:
    instead = {one.key: one.words for one in ALTERNATIVES}
    reasons = {one.key: one.words for one in PROSECUTION.reasons}
    offence = OFFENCES[selectors.offence_of(file)]
    rows = [
        ("Parent", file.adult.name),
        ("Child", file.pupil.name),
        ("School", file.school.name),
        ("Offence", f"Section {file.offence}: {offence.words[:1].lower()}{offence.words[1:]}"),
        ("Half days", f"{len(file.sessions)}: {days_in_words(file.sessions)}"),
        ("The register said", str(file.proof.get("verdict", ""))),
        ("Route", file.route[:1].upper() + file.route[1:]),
        ("Charged", words(file.charged_on)),
        ("Court", file.court),
        ("Hearing", words_and_time(file.hearing_at) if file.hearing_at else ""),
        ("Authorised by", f"{file.officer}, {words(file.authorised_on)}" if file.officer else ""),
        ("Why it ended", reasons.get(file.reason, "")),
        ("Instead", instead.get(file.instead, "")),
        ("Ended", words(file.ended_on)),
        ("School told", words(file.told_on)),
    ]
    return [{"key": key, "value": value} for key, value in rows if value]


def _links(file: Prosecution, la: str) -> list[dict[str, str]]:
    found = []
    if file.notice is not None:
        text = f"Penalty notice {printed_reference(file.notice)}"
        address = reverse("legal:penalty", args=[la, file.notice.reference])
        found.append({"text": text, "href": address})
    if file.order is not None:
        address = reverse("legal:order", args=[la, file.order.reference])
        found.append({"text": "The supervision order that was considered", "href": address})
    if file.case is not None:
        address = reverse("legal:case", args=[la, file.case.reference])
        found.append({"text": "The case behind it", "href": address})
    return found


def _gate(file: Prosecution, reach: Reach) -> list[dict[str, str]]:
    """Each thing that the law and the policies ask before a charge."""
    return [
        {
            "words": one.words,
            "state": "Shown" if one.met else "Missing",
            "colour": "green" if one.met else "yellow",
            "why": one.why,
            "source": one.source,
            "who": "" if one.met else SIDES[one.side],
            "href": _state_href(file, one, reach),
        }
        for one in gate_for(file, reach.today).requirements
    ]


def _state_href(file: Prosecution, one: Requirement, reach: Reach) -> str:
    """Where what a policy asks is stated; "" for what this file's own steps show."""
    if one.met or not one.edition or (file.case is not None and one.side == "school"):
        return ""
    of, place = ("case", file.case) if file.case is not None else ("pupil", file.pupil)
    at = [reach.authority.code, place.reference, STEP, one.key]
    return reverse(f"legal:{of}_gate_state", args=at)


def _papers(file: Prosecution) -> list[dict[str, str]]:
    rows = [
        ("Supervision order considered", words(file.considered_on)),
        ("What was decided", file.considered),
        ("Caution letter sent", words(file.asked_on)),
        ("To be answered by", words(file.answer_by)),
        ("Answered", words(file.answered_on)),
        ("Statements and certificate", words(file.papers_on)),
        ("Which", file.papers),
    ]
    return [{"key": key, "value": value} for key, value in rows if value]


def answer_rows(file: Prosecution) -> list[dict[str, str]]:
    """What the parent answered, question by question."""
    return [
        {"key": question.words, "value": file.answers[question.key]}
        for question in questionnaire(selectors.offence_of(file))
        if question.key in file.answers
    ]


def defence_rows(file: Prosecution) -> list[dict[str, str]]:
    """What was found of each defence, and why."""
    rows = []
    for defence in defences_for(selectors.offence_of(file)):
        one = file.defences.get(defence.key)
        if one is not None:
            found = str(Weighed(one["found"]))
            why = f". {one['reason']}" if one["reason"] else "."
            rows.append({"key": defence.words, "value": found[:1].upper() + found[1:] + why})
    return rows


def test_rows(row: ProsecutionTest, file: Prosecution) -> dict[str, Any]:
    """One test as it was made. One of an earlier round is shown, and counts no more."""
    questions = questions_of(CodeTest(row.test), Offence(file.offence))
    return {
        "title": f"The {row.test} test",
        "state": "Passed" if row.passed else "Not passed",
        "colour": "green" if row.passed else "red",
        "counts": row.round == file.round,
        "by": row.made_by.name,
        "on": row.on,
        "rows": [
            {"key": question.words, "value": row.answers[question.key]}
            for question in questions
            if row.answers.get(question.key)
        ],
    }


def _decision(file: Prosecution, order: ParentingOrder | None) -> list[dict[str, str]]:
    if file.decided_on is None:
        return []
    said = [str(one) for one in Outcome if one in file.outcomes]
    rows = [
        ("Decided", words(file.decided_on)),
        ("Outcome", ", ".join(said).capitalize()),
        ("Plea", file.plea.capitalize()),
        ("Fine", in_pounds(file.fine_pence) if file.fine_pence else ""),
        ("Costs", in_pounds(file.costs_pence) if file.costs_pence else ""),
        ("Surcharge", in_pounds(file.surcharge_pence) if file.surcharge_pence else ""),
        (
            "Conditional discharge",
            f"{file.discharge_months} months" if file.discharge_months else "",
        ),
        ("Prison", f"{file.custody_days} days" if file.custody_days else ""),
    ]
    if order is not None:
        begun = f"Begun {words(order.begun_on)}" if order.begun_on else order.get_why_not_display()
        rows += [
            ("Parenting order", f"{order.months} months, {order.officer}"),
            ("It asks", order.requirements),
            ("Carried out", begun or "Not yet on record"),
        ]
    return [{"key": key, "value": value} for key, value in rows if value]


def _event(event: LegalEvent, papers: bool) -> dict[str, Any]:
    """A line of the history. What the parent said is in its own place."""
    shown = papers or event.event in FOR_SCHOOLS
    return {
        "title": SAYS[event.event],
        "by": event.made_by.name if event.made_by else "",
        "day": event.on,
        "text": event.words if shown else "",
    }


def actions(
    reach: Reach,
    file: Prosecution,
    made: dict[CodeTest, ProsecutionTest],
    order: ParentingOrder | None,
    la: str,
) -> list[dict[str, Any]]:
    """The buttons: what this person may do to this file now, the likeliest first."""
    council = reach.may_everywhere(P.PROSECUTE)
    senior = reach.may_everywhere(P.AUTHORISE_PROCEEDINGS)
    state = S(file.state)
    events = {move.event for move in PROSECUTION.moves_from(state)}
    weighing = "test" in events
    weighed = weighing and not defence_sentences(selectors.offence_of(file), file.defences)
    evidential = made.get(CodeTest.EVIDENTIAL)
    passed = evidential is not None and evidential.passed
    rows = (
        (senior and "authorise" in events, "authorise", "Authorise it"),
        (council and file.review not in ("", CORRECTED), "stands", "Say that it goes on after all"),
        (
            council and state is S.PREPARING and not file.considered,
            "consider",
            "Record that a supervision order was considered",
        ),
        (council and "ask" in events and state is S.PREPARING, "ask", "Send the caution letter"),
        (council and weighing and not weighed, "weigh", "Weigh the defences"),
        (council and weighed and not passed, "evidential", "Make the evidential test"),
        (council and weighed and passed, "interest", "Make the public interest test"),
        (council and "notify" in events, "charge", "Record the charge"),
        (council and state is S.LISTED, "decide", "Record what the court decided"),
        (council and "list" in events, "hearing", "Record the day of the hearing"),
        (council and state is S.CHARGED, "decide", "Record what the court decided"),
        (council and "report" in events and file.told_on is None, "report", "Tell the school"),
        (
            council and order is not None and order.begun_on is None,
            "carried_out",
            "Record how the parenting order was carried out",
        ),
        (council and "answer" in events, "answer", "Record what the parent says"),
        (council and "no_answer" in events, "no_answer", "No answer came in time"),
        (council and state is S.ASKED, "ask", "Send the caution letter again"),
        (
            council and "drop" in events and state not in (S.PREPARING, S.AUTHORISED),
            "papers",
            "Record the statements and the certificate",
        ),
        (council and state is S.PREPARING, "sessions", "Choose the half days again"),
        ((council or senior) and "go_back" in events, "back", "Send it back to be prepared"),
        (council and "discontinue" in events, "discontinue", "Discontinue it"),
        (council and "drop" in events, "drop", "Do not go on"),
    )
    open_rows = [(name, text) for allowed, name, text in rows if allowed]
    return [
        {
            "text": text,
            "href": reverse(f"legal:prosecution_{name}", args=[la, file.reference]),
            "next": place == 0 and (name not in ASIDE or state is S.ASKED),
        }
        for place, (name, text) in enumerate(open_rows)
    ]


# Beginning


@require_http_methods(["GET", "HEAD", "POST"])
def prosecution_from(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """Begin a prosecution on an unpaid penalty notice."""
    reach = request.reach
    notice = penalty_for(reach, reference, P.PROSECUTE)
    require_council(reach)
    before = selectors.of_notice(notice)
    if before is not None and before.ended_on is None:
        messages.info(request, "A prosecution on this notice was begun already")
        return redirect("legal:prosecution", la=la, reference=before.reference)
    offered = selectors.offered(notice.enrolment, notice.adult, notice, reach.today)
    form = BeginForm(
        request.POST if request.method == "POST" else None,
        offered=offered,
        initial={"version": notice.version, "offence": Offence.FAILS.value},
    )
    context = {
        "title": "Prepare a prosecution",
        "caption": f"Penalty notice {printed_reference(notice)} to {notice.adult.name}",
        "lead": "Nothing goes to anybody yet. Leave out half days that the register has otherwise "
        "now.",
        "warning": selectors.notice_stops(notice, reach.today),
        "cancel": reverse("legal:penalty", args=[la, reference]),
    }
    return _begin(
        request,
        la,
        form,
        context,
        enrolment=notice.enrolment,
        adult=notice.adult,
        notice=notice,
    )


@require_http_methods(["GET", "HEAD", "POST"])
def prosecution_new(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """Begin a prosecution for a case, without a penalty notice."""
    reach = request.reach
    case = case_for(reach, reference, P.PROSECUTE)
    require_council(reach)
    links = parents_of(case.pupil_id, reach.today)
    adults = {link.adult.reference: link.adult for link in links}
    typed = request.POST if request.method == "POST" else None
    chosen = adults.get(typed.get("adult", "")) if typed else None
    offered = {
        one.key: one
        for adult in ([chosen] if chosen else adults.values())
        for one in selectors.offered(case.enrolment, adult, None, reach.today)
    }
    form = BeginForm(
        typed,
        offered=[offered[key] for key in sorted(offered)],
        parents=[(link.adult.reference, _parent_words(link)) for link in links]
        or [("", "Nobody is on record as a parent in law")],
        initial={"offence": Offence.FAILS.value},
    )
    context = {
        "title": "Prepare a prosecution",
        "caption": f"Case {case.reference}: {case.pupil.name}",
        "lead": "Nothing goes to anybody yet. Each parent has a file of their own. Half days that "
        "a penalty notice rests on are not offered: begin on the page of that notice.",
        "cancel": reverse("legal:case", args=[la, reference]),
    }
    return _begin(
        request, la, form, context, enrolment=case.enrolment, adult=chosen, notice=None, case=case
    )


def _parent_words(link: AdultLink) -> str:
    return f"{link.adult.name}, {link.relationship}"


def _begin(
    request: AuthorityRequest,
    la: str,
    form: BeginForm,
    context: dict[str, Any],
    *,
    adult: Adult | None,
    **about: Any,
) -> HttpResponse:
    """Show the form, or begin and go to the file."""
    if form.is_valid() and adult is not None:
        typed = form.cleaned_data
        beginning = Beginning(
            adult=adult,
            offence=Offence(typed["offence"]),
            sessions=sessions_from(typed["sessions"]),
            words=typed["words"],
            notice_version=typed["version"],
            **about,
        )
        try:
            made = services.begin(
                reach=request.reach,
                beginning=beginning,
                today=request.reach.today,
                now=timezone.now(),
            )
        except DomainError as problem:
            form.add_error(None, problem.message)
        else:
            messages.success(request, "The file is begun. What to do next is on its page")
            return redirect("legal:prosecution", la=la, reference=made.reference)
    return render(request, FORM, {**context, "form": form, "save": "Begin the file"})
