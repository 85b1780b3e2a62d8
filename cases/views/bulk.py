"""The same done to several rows: what to do, what exactly will happen, done, and taken back."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from authorities.http import AuthorityRequest
from authorities.permissions import Permission
from authorities.selectors import schools_for
from cases.access import cases_for
from cases.forms.cases import school_choices
from cases.forms.work import DoneMany, GiveMany, MoveMany
from cases.selectors.owners import owners
from cases.selectors.work import chosen_rows
from cases.services import bulk as service
from cases.views.bulk_bar import ACTIONS, DONE, GIVE, JUST_DONE, MOVE
from cases.views.cases import case_list
from cases.views.work import wanted_by
from rules.errors import DomainError

TITLES = {
    GIVE: "Give to somebody",
    DONE: "Mark as done",
    MOVE: "Move the day",
}
SAID = {GIVE: "Given", DONE: "Marked as done", MOVE: "Moved"}
LISTS = {"work": "cases:work", "cases": "cases:cases"}


@require_POST
def bulk(request: AuthorityRequest, la: str) -> HttpResponse:
    """Each step of it: "ask" what to do, "check" what will happen, "do" it."""
    reach = request.reach
    reach.require(Permission.CHANGE_CASE)
    about = request.POST.get("about", "")
    about = about if about in LISTS else "work"
    key = request.POST.get("action", "")
    if key not in dict(ACTIONS[about]):
        return _back(request, la, about, "Choose what to do with the rows.")
    try:
        sent = _sent(request, about)
        tokens = service.read_tokens(sent)
    except DomainError as problem:
        return _back(request, la, about, problem.message)
    form = _form(request, key)
    context = {
        "title": TITLES[key],
        "about": about,
        "action": key,
        "rows": sent,
        "count": len(tokens),
        "query": request.POST.get("query", ""),
        "back": {
            "href": _list(request, la, about),
            "text": "Back to the list, and change nothing",
        },
        "form": form,
    }
    if not form.is_bound or not form.is_valid():
        return render(request, "cases/work/bulk_ask.html", context)
    action = _action(key, form)
    if request.POST.get("step") == "do":
        return _do(request, la, about, action, tokens)
    plan = service.plan(reach=reach, action=action, tokens=tokens, today=reach.today)
    typed = {name: request.POST.get(name, "") for name in form.fields}
    return render(request, "cases/work/bulk_check.html", {**context, "plan": plan, "typed": typed})


def _sent(request: AuthorityRequest, about: str) -> list[str]:
    """The rows that were ticked; or on the first step all of the list, as it stands now."""
    if request.POST.get("step") != "ask" or not request.POST.get("everything"):
        return request.POST.getlist("row")
    reach = request.reach
    request.GET = QueryDict(request.POST.get("query", ""))
    schools = list(schools_for(reach, Permission.VIEW_CASE))
    if about == "work":
        rows = chosen_rows(reach, wanted_by(request, schools), service.MOST)
        return [f"{row['w_kind']}|{row['w_pk']}|{row['w_version']}" for row in rows]
    listed = case_list(reach.authority.code).narrowed(
        request, cases_for(reach), form_options={"schools": school_choices(schools)}
    )
    return [service.case_token(row) for row in listed.order_by("pk")[: service.MOST + 1]]


def _form(request: AuthorityRequest, key: str) -> Any:
    """The questions of an action; with what was answered, but on the first step."""
    data = None if request.POST.get("step") == "ask" else request.POST
    if key == GIVE:
        schools = list(schools_for(request.reach, Permission.CHANGE_CASE))
        return GiveMany(data, people=owners(schools, request.reach.today))
    return DoneMany(data) if key == DONE else MoveMany(data)


def _action(key: str, form: Any) -> service.Action:
    """What was asked for."""
    if key == GIVE:
        return service.Action(key, owner=form.chosen)
    typed = form.cleaned_data
    if key == DONE:
        return service.Action(key, note=typed["note"])
    return service.Action(key, note=typed["because"], days=typed["days"])


def _do(
    request: AuthorityRequest,
    la: str,
    about: str,
    action: service.Action,
    tokens: list[service.Token],
) -> HttpResponse:
    result = service.carry_out(
        reach=request.reach,
        action=action,
        tokens=tokens,
        today=request.reach.today,
        now=timezone.now(),
    )
    if result.left:
        reasons = dict.fromkeys(line.why_not for line in result.left)
        messages.warning(request, f"Left as they were: {len(result.left)}. {' '.join(reasons)}")
    if result.done:
        request.session[JUST_DONE] = {
            "batch": result.batch,
            "said": f"{SAID[action.key]}: {result.done}.",
        }
    return redirect(_list(request, la, about))


@require_POST
def undo(request: AuthorityRequest, la: str) -> HttpResponse:
    """Take back what the person did together just now."""
    back, left = service.take_back(
        reach=request.reach, batch=request.POST.get("batch", ""), now=timezone.now()
    )
    if back:
        messages.success(request, f"Taken back: {back}")
    if left or not back:
        said = (
            f"Not taken back: {left}. Somebody changed them since." if left else "Nothing to undo"
        )
        messages.info(request, said)
    return redirect("cases:work", la=la)


def _list(request: AuthorityRequest, la: str, about: str) -> str:
    """The list as it was, with its filters."""
    query = QueryDict(request.POST.get("query", "")).urlencode()
    address = reverse(LISTS[about], args=[la])
    return f"{address}?{query}" if query else address


def _back(request: AuthorityRequest, la: str, about: str, said: str) -> HttpResponse:
    messages.error(request, said)
    return redirect(_list(request, la, about))
