"""What is agreed before a register: the list, one flow to add, one arrangement, ending it early."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from attendance.access import PupilHere, pupil_here
from attendance.forms.arrangements import (
    OFFERED,
    ArrangementFilters,
    ArrangementForm,
    EndForm,
    GroupForm,
    kind_of_slug,
    slug_of,
)
from attendance.forms.pupils import school_choices
from attendance.models import Arrangement, ArrangementKind, Enrolment
from attendance.selectors import arrangements as selectors
from attendance.selectors.arrangements_preview import Preview
from attendance.selectors.leave import days_in_words
from attendance.selectors.proof import session_words
from attendance.selectors.suspensions import of_year
from attendance.services import arrangements as services
from attendance.views.charts import audit_read
from attendance.views.pupil import page_context
from attendance.views.searching import write_down_listed
from authorities.access import NotFound, Reach
from authorities.exports import written_down
from authorities.http import AuthorityRequest
from authorities.models import School
from authorities.permissions import Permission
from authorities.selectors import schools_for
from frontend.lists import Column, ListPage
from frontend.templatetags.govuk import sessions_as_days, words
from rules.errors import Conflict, DomainError
from rules.values import value_on

SUBJECT = "attendance.Arrangement:list"
MOST_SHOWN = 40
TABS = (
    ("Arrangements", "arrangements"),
    ("Leave", "leave"),
    ("Part-time timetables", "part_time"),
    ("Medical evidence", "evidence"),
    ("Two schools", "dual"),
)


def tabs(reach: Reach, page: str) -> list[dict[str, Any]]:
    """The lists that belong together, with the current one marked."""
    return [
        {
            "text": text,
            "href": reverse(f"attendance:{route}", args=[reach.authority.code]),
            "active": route == page,
        }
        for text, route in TABS
    ]


def list_context(reach: Reach, page: str, title: str, lead: str = "") -> dict[str, Any]:
    """What each of those lists shows around its rows."""
    return {"title": title, "lead": lead, "tabs": tabs(reach, page)}


def several_schools(reach: Reach) -> bool:
    """Whether a list needs a column for the school."""
    return schools_for(reach, Permission.VIEW_SENSITIVE).count() > 1


def school_column(reach: Reach) -> list[Column]:
    """The column for the school, where there is more than one."""
    column = Column("school", "School", lambda row: row.school.name, order_by=("school__name",))
    return [column] if several_schools(reach) else []


def filter_schools(reach: Reach) -> dict[str, Any]:
    """The schools to filter by."""
    return {"schools": school_choices(list(schools_for(reach, Permission.VIEW_SENSITIVE)))}


@require_safe
def arrangements(request: AuthorityRequest, la: str) -> HttpResponse:
    """Every arrangement at the schools where the person may know of them."""
    reach = request.reach
    exporting = request.GET.get("export") == "csv"
    permission = Permission.EXPORT if exporting else Permission.VIEW_SENSITIVE
    reach.require(Permission.VIEW_SENSITIVE)
    reach.require(permission)
    rows = selectors.arrangements_visible(reach, permission)
    if not request.GET.get("when"):
        rows = selectors.not_over(rows, reach.today)
    if not exporting:
        write_down_listed(reach, on=SUBJECT, count=rows.count())
    context = list_context(
        reach,
        "arrangements",
        "Arrangements",
        "What is known before a register is taken. The register is filled in with it.",
    )
    if reach.may(Permission.AMEND_REGISTER):
        add = reverse("attendance:arrangement_add", args=[la])
        context["actions"] = [{"text": "Add an arrangement", "href": add, "primary": True}]
    return arrangement_list(reach).respond(
        request,
        rows,
        context,
        template="attendance/arrangements/list.html",
        form_options=filter_schools(reach),
        on_export=written_down(reach, on=SUBJECT, what="the list of arrangements"),
    )


def arrangement_list(reach: Reach) -> ListPage:
    """The list, declared for one authority and day."""
    la, today = reach.authority.code, reach.today
    by_when = {
        "now": lambda rows: rows.filter(pk__in=selectors.in_force(today, today)),
        "ended": lambda rows: selectors.over(rows, today),
        "all": lambda rows: rows,
    }
    return ListPage(
        name="arrangements",
        noun="arrangement",
        columns=[
            Column(
                "pupil",
                "Pupil",
                lambda row: row.enrolment.pupil.name,
                order_by=("enrolment__pupil__sort_name",),
                href=lambda row: reverse("attendance:arrangement", args=[la, row.reference]),
            ),
            Column("kind", "Kind", lambda row: row.get_kind_display(), order_by=("kind",)),
            Column("code", "Code", lambda row: row.code, order_by=("code",)),
            Column("from", "From", lambda row: row.starts_on, order_by=("starts_on",), show=words),
            Column("to", "To", lambda row: row.last_day, order_by=("ends_on",), show=words),
            Column("which", "Which half days", lambda row: pattern_words(row.pattern)),
            Column("state", "State", lambda row: selectors.state_on(row, today)),
            Column(
                "group",
                "Group",
                lambda row: row.enrolment.registration_group,
                order_by=("enrolment__registration_group",),
            ),
            *school_column(reach),
        ],
        sort="from",
        filter_form=ArrangementFilters,
        filters={
            "when": lambda rows, when: by_when[when](rows),
            "kind": lambda rows, kind: rows.filter(kind=kind),
            "school": lambda rows, urn: rows.filter(school__urn=urn),
        },
        nothing_yet="Nothing is agreed. Add an arrangement, or decide a request for leave.",
    )


def pattern_words(pattern: str) -> str:
    """Half days of a week in words."""
    named = {"1" * 14: "Whole days", "10" * 7: "Mornings", "01" * 7: "Afternoons"}
    if pattern in named:
        return named[pattern]
    days = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
    halves = {"11": "", "10": " a.m.", "01": " p.m."}
    parts = [pattern[at * 2 : at * 2 + 2] for at in range(7)]
    found = [f"{days[at]}{halves[half]}" for at, half in enumerate(parts) if half != "00"]
    return ", ".join(found)


# Adding


@dataclass(frozen=True, slots=True)
class ForWhom:
    """Whom a new arrangement is for: one pupil, or a registration group of one school."""

    school: School
    enrolments: Sequence[Enrolment]
    query: str
    group: str = ""
    here: PupilHere | None = None

    @property
    def words(self) -> str:
        """Whom, for the page's caption."""
        return self.group or self.enrolments[0].pupil.name


def for_whom(request: AuthorityRequest) -> ForWhom | None:
    """Whom the address names: ?pupil=REFERENCE (&school=URN) or ?group=URN:GROUP; None for nobody.

    Raises NotFound and Forbidden.
    """
    reach, asked = request.reach, request.GET
    if asked.get("pupil"):
        urn = asked.get("school", "")
        here = pupil_here(reach, asked["pupil"], Permission.AMEND_REGISTER, urn=urn)
        query = f"?pupil={here.pupil.reference}&school={here.school.urn}"
        return ForWhom(here.school, [here.enrolment], query, here=here)
    if asked.get("group"):
        urn, _, group = asked["group"].partition(":")
        found = selectors.group_of(reach, urn, group, reach.today)
        if not found:
            raise NotFound("We cannot find that group. It may be empty today.")
        return ForWhom(found[0].school, found, f"?group={urn}:{group}", group=group)
    return None


@require_safe
def arrangement_add(request: AuthorityRequest, la: str) -> HttpResponse:
    """Choose whom it is for, then what kind it is."""
    reach = request.reach
    reach.require(Permission.AMEND_REGISTER)
    whom = for_whom(request)
    context: dict[str, Any] = {"title": "Add an arrangement", "whom": whom}
    if whom is None:
        context["form"] = GroupForm(groups=selectors.groups_of(reach, reach.today))
        return render(request, "attendance/arrangements/whom.html", context)
    kinds = [
        {
            "text": kind.label,
            "hint": hint,
            "href": reverse("attendance:arrangement_new", args=[la, slug_of(kind)]) + whom.query,
        }
        for kind, hint in OFFERED.items()
    ]
    if whom.here is not None:
        reference = whom.here.pupil.reference
        for text, hint, route in (
            ("Leave of absence", "A parent asks; the headteacher decides", "leave_add"),
            ("Part-time timetable", "Agreed with a parent, with reviews (C2)", "part_time_add"),
        ):
            address = reverse(f"attendance:{route}", args=[la, reference])
            address += f"?school={whom.school.urn}"
            kinds.append({"text": text, "hint": hint, "href": address})
    return render(request, "attendance/arrangements/kinds.html", {**context, "kinds": kinds})


@require_http_methods(["GET", "HEAD", "POST"])
def arrangement_new(request: AuthorityRequest, la: str, kind: str) -> HttpResponse:
    """The questions of one kind, a preview of what it does, and the agreement."""
    reach = request.reach
    chosen = kind_of_slug(kind)
    former = _former(request)
    whom = _of_former(former) if former else for_whom(request)
    if chosen is None or whom is None or (former and former.kind != chosen):
        reach.require(Permission.AMEND_REGISTER)
        return redirect("attendance:arrangement_add", la=la)
    data = request.POST if request.method == "POST" else None
    group = whom.enrolments if whom.group else ()
    form = ArrangementForm(data, kind=chosen, group=group, former=former)
    if chosen == ArrangementKind.DUAL and whom.here is not None and data is None:
        form.initial.setdefault("other_school", _other_school(whom))
    shown = None
    if form.is_valid():
        shown, rows = _check_or_agree(request, form, whom, former)
        if rows:
            messages.success(request, _agreed_words(rows))
            return redirect("attendance:arrangement", la=la, reference=rows[0].reference)
    context = {
        "title": f"{'Change' if former else 'Add'}: {chosen.label.lower()}",
        "caption": whom.words,
        "form": form,
        "preview": preview_panel(shown) if shown else None,
        "former": former,
        "confirm": "Confirm and agree",
        "cancel": reverse("attendance:arrangements", args=[la]),
        "place": whom.school.name,
        "hint": OFFERED[chosen],
    }
    return render(request, "attendance/arrangements/new.html", context)


def _former(request: AuthorityRequest) -> Arrangement | None:
    """The arrangement that the new one takes the place of, from the address."""
    reference = request.GET.get("instead_of", "")
    if not reference:
        return None
    return selectors.arrangement_for(request.reach, reference, Permission.AMEND_REGISTER)


def _of_former(former: Arrangement) -> ForWhom:
    return ForWhom(former.school, [former.enrolment], f"?instead_of={former.reference}")


def _other_school(whom: ForWhom) -> str:
    others = whom.here.enrolments[1:] if whom.here else ()
    return others[0].school.name if others else ""


def _check_or_agree(
    request: AuthorityRequest,
    form: ArrangementForm,
    whom: ForWhom,
    former: Arrangement | None,
) -> tuple[Preview | None, list[Arrangement]]:
    """The first time what it would do; the second, when that was seen, the rows agreed."""
    reach, told = request.reach, form.told()
    chosen = set(form.cleaned_data.get("pupils", ()))
    enrolments = [row for row in whom.enrolments if not chosen or row.pupil.reference in chosen]
    asked: dict[str, Any] = {
        "reach": reach,
        "school": whom.school,
        "enrolments": enrolments,
        "told": told,
        "today": reach.today,
        "instead_of": former,
    }
    try:
        shown = services.preview(**asked)
        seen = request.POST.get("seen", "")
        if seen != shown.digest:
            if seen:
                messages.info(request, "Something changed since you looked. Check it again.")
            return shown, []
        amend = "amend" in request.POST
        return shown, services.agree(**asked, seen=seen, amend=amend, now=timezone.now())
    except DomainError as problem:
        form.add_error(None, problem.message)
        return None, []


def _agreed_words(rows: Sequence[Arrangement]) -> str:
    if len(rows) == 1:
        return "Agreed. The register will be filled in with it."
    return f"Agreed for {len(rows)} pupils. The register will be filled in with it."


def preview_panel(shown: Preview) -> dict[str, Any]:
    """A preview as the page shows it: counts, each pupil, marks to change, overlaps."""
    several = len(shown.pupils) > 1
    return {
        "digest": shown.digest,
        "code": shown.span.code,
        "days": days_in_words(shown.span.first, shown.span.last),
        "which": pattern_words(shown.span.pattern),
        "sessions": shown.sessions,
        "several": several,
        "pupils": [
            {
                "name": row.enrolment.pupil.name,
                "sessions": len(row.sessions),
                "to_amend": [_cell(one) for one in row.to_amend],
                "too_old": [_cell(one) for one in row.too_old],
                "attended": [_cell(one) for one in row.attended],
                "stays": len(row.stays) - len(row.attended),
                "overlaps": [
                    f"{one.get_kind_display()} ({one.code}),"
                    f" {days_in_words(one.starts_on, one.last_day)}"
                    for one in row.overlaps
                ],
            }
            for row in shown.pupils[:MOST_SHOWN]
        ],
        "without": [row.enrolment.pupil.name for row in shown.without],
        "to_amend": shown.to_amend,
        "too_old": shown.too_old,
        "first_sessions": [
            session_words(row.when) for row in shown.pupils[0].sessions[:MOST_SHOWN]
        ],
    }


def _cell(one: Any) -> str:
    """A session with the mark it has now."""
    return f"{session_words(one.when)}: {one.mark}"


# One arrangement


@require_safe
def arrangement(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """One arrangement: whom, what, when, by whom it was agreed and how it ended."""
    reach = request.reach
    row = selectors.arrangement_for(reach, reference, Permission.VIEW_SENSITIVE)
    here = pupil_here(reach, row.enrolment.pupil.reference, urn=row.school.urn)
    audit_read(reach, here)
    over = row.last_day < row.starts_on or row.last_day < reach.today
    may_change = reach.may(Permission.AMEND_REGISTER, row.school) and not over
    special = row.kind in (ArrangementKind.LEAVE, ArrangementKind.PART_TIME)
    context = {
        "row": row,
        "title": ArrangementKind(row.kind).label,
        "caption": row.enrolment.pupil.name,
        "place": row.school.name,
        "tags": [{"text": selectors.state_on(row, reach.today), "colour": "blue"}],
        "rows": _rows(row),
        "together": selectors.together_with(row) if row.together else [],
        "links": selectors.belongs_to(row),
        "back": {
            "href": reverse("attendance:pupil_arrangements", args=[la, here.pupil.reference])
            + f"?school={row.school.urn}",
            "text": "All that is agreed for this pupil",
        },
        "may_change": may_change and not special and row.kind != ArrangementKind.STUDY,
        "may_end": may_change,
        "change_href": reverse(
            "attendance:arrangement_new", args=[la, slug_of(ArrangementKind(row.kind))]
        )
        + f"?instead_of={row.reference}",
    }
    return render(request, "attendance/arrangements/arrangement.html", context)


def _rows(row: Arrangement) -> list[dict[str, Any]]:
    """What is kept about an arrangement."""
    found = [
        ("Code in the register", row.code),
        ("Days", days_in_words(row.starts_on, row.ends_on)),
        ("Which half days", pattern_words(row.pattern)),
        ("What", row.nature),
        ("Other school", row.other_school),
        ("Agreed", f"{words(row.agreed_at)} by {row.agreed_by.name}"),
        ("In place of", row.instead_of.reference if row.instead_of else ""),
    ]
    if row.kind in (ArrangementKind.SUSPENSION, ArrangementKind.EXCLUSION):
        found += _suspension_rows(row)
    if row.ended_on is not None and row.ended_by is not None:
        never = row.ended_on < row.starts_on
        found += [
            ("Last day after all", "It never began" if never else words(row.ended_on)),
            ("Ended by", row.ended_by.name),
            ("Why it ended early", row.ended_because),
        ]
    return [{"key": key, "value": value} for key, value in found if value]


def _suspension_rows(row: Arrangement) -> list[tuple[str, str]]:
    """How long the pupil is suspended this school year, and when education is due."""
    half_days, due = of_year(row)
    most = value_on("suspension", row.starts_on)["most_school_days"]
    rows = [("Education is due from", words(due))]
    if row.kind == ArrangementKind.SUSPENSION:
        used = f"{sessions_as_days(half_days)} of at most {most}"
        rows.append(("Suspended this school year, with this", used))
    return rows


@require_http_methods(["GET", "HEAD", "POST"])
def arrangement_end(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """End one early, or all of a group, with the reason."""
    reach = request.reach
    row = selectors.arrangement_for(reach, reference, Permission.AMEND_REGISTER)
    group = selectors.together_with(row)
    data = request.POST if request.method == "POST" else None
    form = EndForm(data, group=len(group), today=max(reach.today, row.starts_on))
    if form.is_valid():
        typed = form.cleaned_data
        try:
            if row.last_day < row.starts_on or row.ended_on is not None:
                raise Conflict("This was ended already.")
            services.end_early(
                reach=reach,
                arrangements=group if typed.get("everybody") else [row],
                last_day=typed["last_day"],
                because=typed["because"],
                now=timezone.now(),
            )
        except DomainError as problem:
            form.add_error("last_day", problem.message)
        else:
            messages.success(request, "Ended. Marks that were made under it stay as they are.")
            return redirect("attendance:arrangement", la=la, reference=row.reference)
    context = {
        "title": "End it early",
        "caption": row.enrolment.pupil.name,
        "form": form,
        "row": row,
        "save": "End it",
        "place": row.school.name,
        "lead": f"{row.get_kind_display()}, {days_in_words(row.starts_on, row.ends_on)}.",
        "cancel": reverse("attendance:arrangement", args=[la, row.reference]),
    }
    return render(request, "attendance/arrangements/form.html", context)


# One pupil


@require_safe
def pupil_arrangements(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """All that is, was and will be agreed for a pupil at one school."""
    reach = request.reach
    urn = request.GET.get("school", "")
    here = pupil_here(reach, reference, Permission.VIEW_SENSITIVE, urn=urn)
    audit_read(reach, here)
    context = page_context(reach, here, "pupil_arrangements") | {
        "arrangements": [
            {
                "row": row,
                "which": pattern_words(row.pattern),
                "state": selectors.state_on(row, reach.today),
            }
            for row in selectors.of_pupil(here.enrolment)
        ],
        "leave": selectors.leave_of_pupil(here.enrolment),
        "evidence": selectors.evidence_of_pupil(here.enrolment),
        "may_change": Permission.AMEND_REGISTER in here.sees,
        "whom": f"?pupil={here.pupil.reference}&school={here.school.urn}",
        "at": f"?school={here.school.urn}",
        "dual": len(here.enrolments) > 1 or selectors.is_dual(here.enrolment),
    }
    return render(request, "attendance/arrangements/pupil.html", context)
