"""The register of one class for one session: show it, fill it, save it, settle what clashed."""

from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.views.decorators.http import require_http_methods

from attendance.forms.taking import LONGEST_DETAIL, ClassForm
from attendance.models import GroupTutor
from attendance.selectors import taking as selectors
from attendance.selectors.proof import session_words
from attendance.selectors.taking import ClassRegister, clock_words, group_words
from attendance.services import taking as services
from attendance.services.taking import REASONS, Clash, NotSaved
from attendance.views.class_rows import lines_of, met_over, options_of
from attendance.views.searching import write_down_listed
from authorities.access import NotFound, school_for
from authorities.http import AuthorityRequest
from authorities.models import School
from authorities.permissions import Permission
from frontend.templatetags.govuk import count_of
from rules.dates import in_words
from rules.errors import RuleNotMet
from rules.marking import SECOND_HALF
from rules.marks import DatedSession, Session

HALVES = {"am": Session.AM, "pm": Session.PM}


@require_http_methods(["GET", "POST"])
def register(
    request: AuthorityRequest, la: str, urn: str, day: str, half: str, group: str
) -> HttpResponse:
    """One class's register. GET shows it; POST fills in those present, or saves."""
    school = school_for(request.reach, urn, Permission.TAKE_REGISTER)
    when = session_of(day, half)
    name = selectors.group_of(group)
    now = timezone.now()
    if request.method == "POST":
        return _posted(request, school, when, name, now)
    found = _class(school, when, name)
    return _page(request, found, now)


def session_of(day: str, half: str) -> DatedSession:
    """The session of an address. Raises NotFound for anything else."""
    try:
        found = DatedSession(date.fromisoformat(day), HALVES[half])
    except (ValueError, KeyError):
        found = None
    if found is None or not 2000 <= found.day.year <= 2100:
        raise NotFound("We cannot find that register. Check the address.")
    return found


def address(la: str, found: ClassRegister | None = None, **parts: Any) -> str:
    """The address of a register."""
    if found is not None:
        parts = {"urn": found.school.urn, "when": found.when, "group": found.group}
    when = parts["when"]
    return reverse(
        "attendance:register",
        kwargs={
            "la": la,
            "urn": parts["urn"],
            "day": when.day.isoformat(),
            "half": "pm" if when.session is Session.PM else "am",
            "group": selectors.group_key(parts["group"]),
        },
    )


def _class(school: School, when: DatedSession, group: str) -> ClassRegister:
    """The class; a group that nobody is in that day cannot be found."""
    found = selectors.class_of(school, when, group)
    if not found.rows:
        raise NotFound(services.NOBODY)
    return found


def _posted(
    request: AuthorityRequest, school: School, when: DatedSession, group: str, now: datetime
) -> HttpResponse:
    """Fill in, refuse, ask again, or save. A script asks for the same with JSON."""
    form = ClassForm.read(request.POST, when)
    if "everyone" in request.POST:
        return _everyone(request, _class(school, when, group), form, now)
    try:
        if form.problems:
            raise NotSaved(form.problems)
        saved = services.save_class(
            school=school,
            when=when,
            group=group,
            sent=form.sent,
            reason=form.reason,
            by=request.reach,
            now=now,
        )
    except RuleNotMet as problem:
        refused = problem if isinstance(problem, NotSaved) else NotSaved({}, problem.sentence)
        found = _class(school, when, group)
        return _answer(request, lambda: _page(request, found, now, form, refused))
    if saved.clashes:
        return _answer(request, lambda: _clash_page(request, saved.found, saved.clashes))
    _say(request, saved)
    there = address(request.authority.code, saved.found)
    if _wants_json(request):
        return JsonResponse({"saved": True, "go": there})
    return redirect(there)


def _everyone(
    request: AuthorityRequest, found: ClassRegister, form: ClassForm, now: datetime
) -> HttpResponse:
    """The form again, with everyone present for whom nothing is known, marked or chosen."""
    free = [row.pk for row in found.rows if not row.code and not row.known]
    messages.info(
        request, "Everyone else is set to present. Check the class, then save the register."
    )
    return _page(request, found, now, form.with_everyone_else_present(free))


def _wants_json(request: AuthorityRequest) -> bool:
    """Whether the page's script asks."""
    return request.headers.get("Accept") == "application/json"


def _answer(request: AuthorityRequest, page: Callable[[], HttpResponse]) -> HttpResponse:
    """A page for a person; a script is told to send the form the plain way and gets it then."""
    return JsonResponse({"saved": False}) if _wants_json(request) else page()


def _say(request: AuthorityRequest, saved: services.Saved) -> None:
    """What happened, in the banner of the next page."""
    found, done = saved.found, saved.recorded
    class_name = group_words(found.group)
    if done.new + done.changed == 0:
        text = f"{class_name}: the register is saved. No mark is different from before."
    else:
        changed = f", {count_of(done.changed, 'mark')} changed" if done.changed else ""
        text = f"{class_name}: {count_of(done.new, 'mark')} saved{changed}."
    if saved.after_close and found.times:
        text += f" That was after the register closed at {clock_words(found.times.closes_at)}."
    messages.success(request, text)
    if saved.unmarked:
        messages.warning(request, f"{count_of(saved.unmarked, 'pupil')} without a mark.")
    if saved.gone:
        gone = count_of(saved.gone, "pupil")
        messages.warning(request, f"{gone} of your form left this class meanwhile: not saved.")


# The page


def _page(
    request: AuthorityRequest,
    found: ClassRegister,
    now: datetime,
    form: ClassForm | None = None,
    refused: NotSaved | None = None,
) -> HttpResponse:
    """The class with its buttons, as it stands or as it was typed."""
    lines = lines_of(found, form, refused, in_full=_in_full(request, found))
    early = selectors.not_yet(found.when, found.times, now)
    write_down_listed(
        request.reach, on=f"attendance.Register:{found.school.pk}", count=len(found.rows)
    )
    half = (len(lines) + 1) // 2
    is_today = found.when.day == timezone.localtime(now).date()
    context = _context(request, found) | {
        "columns": [(1, lines[:half]), (half + 1, lines[half:])],
        "options": options_of(found.when),
        "longest": LONGEST_DETAIL,
        "reasons": REASONS,
        "reason": form.reason if form else "",
        "asks_reason": is_today and any(row.code for row in found.rows),
        "refused": refused,
        "wrong": [line for line in lines if line.problem],
        "early": early,
        "may_take": found.held and not early,
        "status": _status(request, found, now),
        "owner": _owner(request),
        "is_today": is_today,
        "present_code": SECOND_HALF[found.when.session][1],
        "is_back": form is not None,
    }
    return render(request, "attendance/registers/class.html", context)


def _context(request: AuthorityRequest, found: ClassRegister) -> dict[str, Any]:
    """What the page and the page of clashes share."""
    la, when = request.authority.code, found.when
    registers = reverse("attendance:registers", args=[la])
    day = f"?school={found.school.urn}&day={when.day.isoformat()}"
    other_half = DatedSession(when.day, Session(1 - when.session))
    return {
        "title": group_words(found.group),
        "caption": f"{found.school.name}, {session_words(when)}",
        "place": found.school.name,
        "found": found,
        "breadcrumbs": [
            {"text": "Registers", "href": registers + day},
            {"text": group_words(found.group)},
        ],
        "here": address(la, found),
        "other_half": {
            "text": f"The {other_half.session.words} register",
            "href": address(la, urn=found.school.urn, when=other_half, group=found.group),
        },
    }


def _in_full(request: AuthorityRequest, found: ClassRegister) -> bool:
    """Whether the person reads every code."""
    return request.reach.may(Permission.VIEW_SENSITIVE, found.school)


def _owner(request: AuthorityRequest) -> str:
    """Stands for the person, and names nobody: a draft in the browser is for who made it.

    The same after signing in again, because a sign-in may end while a class is being marked.
    """
    return salted_hmac("attendance.draft", str(request.user.pk)).hexdigest()[:16]


def _status(request: AuthorityRequest, found: ClassRegister, now: datetime) -> list[str]:
    """Where the register stands, in sentences."""
    if not found.held:
        return ["The school has no session then, so there is no register to take."]
    early = selectors.not_yet(found.when, found.times, now)
    if early:
        return [early]
    tutors = selectors.tutors_on(found.school, found.when.day).get(found.group, [])
    said = []
    for saving in selectors.savings_of(found, tutors)[:4]:
        at = clock_words(timezone.localtime(saving.at).time())
        day = timezone.localtime(saving.at).date()
        on = "" if day == found.when.day else f" on {in_words(day)}"
        covering = " (covering)" if saving.covering else ""
        late = ", after the register had closed" if saving.late else ""
        said.append(f"Saved by {saving.by}{covering} at {at}{on}{late}.")
    return said + _time_words(request, found, tutors, now)


def _time_words(
    request: AuthorityRequest, found: ClassRegister, tutors: Sequence[GroupTutor], now: datetime
) -> list[str]:
    """When the register closes or did, and for whom the person takes it."""
    said = []
    is_today = found.when.day == timezone.localtime(now).date()
    if found.unmarked and found.times and is_today:
        closes = clock_words(found.times.closes_at)
        if selectors.is_closed(found.when, found.times, now):
            said.append(
                f"This register closed at {closes}. You can still save it: it will show as taken"
                " late. A pupil who comes now is U."
            )
        else:
            said.append(f"This register closes at {closes}.")
    if tutors and request.user.pk not in {tutor.tutor_id for tutor in tutors}:
        names = " and ".join(tutor.tutor.name for tutor in tutors)
        said.append(f"You are covering for {names}.")
    return said


# Two people met over the same marks


def _clash_page(
    request: AuthorityRequest,
    before: ClassRegister,
    clashes: Sequence[Clash],
) -> HttpResponse:
    """Both values for each pupil, for a person to choose. Everything else is saved."""
    in_full = _in_full(request, before)
    met = [met_over(before, clash, in_full=in_full) for clash in clashes]
    context = _context(request, before) | {
        "met": met,
        "reasons": REASONS,
        "asks_reason": any(one.changes for one in met),
        "owner": _owner(request),
    }
    return render(request, "attendance/registers/clash.html", context)
