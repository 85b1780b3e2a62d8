"""A pupil's page: the year in pictures and figures, the threshold, the family."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from attendance.access import (
    PupilHere,
    adult_link_for,
    flag_for,
    hidden_because,
    may_show_channels,
    pupil_here,
    shared_with,
)
from attendance.forms.pupils import (
    ChangeAdult,
    ChangePupil,
    FlagForm,
    RevealForm,
    year_group_words,
)
from attendance.models import AdultLink
from attendance.selectors import pictures
from attendance.selectors.adults import adult_cards
from attendance.selectors.books import Book, book_of
from attendance.selectors.enrolments import open_case_of
from attendance.selectors.figures import Bands, bands_of, tally_rows
from attendance.selectors.flags import flag_history, flags_of
from attendance.selectors.proof import card_of, session_words
from attendance.selectors.reasons import efforts_of
from attendance.selectors.relied import names_for, used_words
from attendance.services import pupils as services
from attendance.services.reveals import Channels, WhyCall, reveal, reveal_channels
from attendance.views.addresses import href
from attendance.views.calling import pressed
from attendance.views.charts import audit_read
from audit.record import Kind, record
from authorities.access import Reach
from authorities.http import AuthorityRequest
from authorities.permissions import Permission
from frontend.charts import attendance_trend, weekday_pattern, year_calendar
from frontend.templatetags.govuk import percent_bp, sessions_as_days, words
from rules.absence import basis_points
from rules.errors import DomainError

PAGES = (
    ("Overview", "pupil", Permission.VIEW_PUPIL),
    ("10 in 10 proof", "pupil_proof", Permission.VIEW_PUPIL),
    ("Register", "pupil_register", Permission.VIEW_PUPIL),
    ("Patterns", "pupil_patterns", Permission.VIEW_PUPIL),
    ("Arrangements", "pupil_arrangements", Permission.VIEW_SENSITIVE),
    ("Contacts", "pupil_contacts", Permission.VIEW_SENSITIVE),
    ("Clocks", "pupil_clocks", Permission.VIEW_SENSITIVE),
    ("Rolls", "pupil_rolls", Permission.VIEW_SENSITIVE),
    ("Details and flags", "pupil_details", Permission.VIEW_PUPIL),
)


@require_safe
def pupil(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """Everything about one pupil's attendance, with its working."""
    reach = request.reach
    here = pupil_here(reach, reference, urn=request.GET.get("school", ""))
    audit_read(reach, here)
    in_full = Permission.VIEW_SENSITIVE in here.sees
    book = book_of(here.enrolment, here.pupil.born_on, today=reach.today)
    bands = bands_of(book)
    names = names_for(reach, book.subjects)
    context = page_context(reach, here, "pupil") | {
        "actions": _actions(reach, here),
        "facts": _facts(here),
        "book": book,
        "bands": bands,
        "tiles": _tiles(book, bands, used_words(book.used, names)),
        "tally_rows": tally_rows(book.tally),
        "back_rows": tally_rows(book.look_back.tally),
        "card": card_of(book, here.school.kind, in_full=in_full, names=names),
        "charts": _charts(reach, here, book, in_full),
        "adults": adult_cards(here),
        "may_see_contacts": Permission.VIEW_CONTACTS in here.sees,
        "may_change": Permission.CHANGE_PUPIL in here.sees,
        "cases_href": _cases_href(reach, here),
        "policy_href": _policy_href(reach, here),
        "legal_href": _legal_href(reach, here),
        "efforts": efforts_of(here.enrolment, most=5) if in_full else [],
        "in_full": in_full,
    }
    return render(request, "attendance/pupil.html", context)


def page_context(reach: Reach, here: PupilHere, page: str, title: str = "") -> dict[str, Any]:
    """What every page of a pupil shows: the name, the school, the flags, the other pages."""
    la, pupil, enrolment = reach.authority.code, here.pupil, here.enrolment
    several = f"?school={here.school.urn}" if len(here.enrolments) > 1 else ""
    flags = flags_of(here, reach.today)
    group = enrolment.registration_group
    where = [here.school.name, year_group_words(enrolment.year_group), group]
    return {
        "title": title or pupil.name,
        "here": here,
        "pupil": pupil,
        "enrolment": enrolment,
        "school": here.school,
        "several": several,
        "caption": ", ".join(part for part in where if part),
        "tags": [{"text": flag.get_kind_display(), "colour": "blue"} for flag in flags],
        "place": here.school.name,
        "left_on": enrolment.ends_on
        if enrolment.ends_on and enrolment.ends_on < reach.today
        else None,
        "breadcrumbs": [
            {"text": "Pupils", "href": reverse("attendance:pupils", args=[la])},
            {"text": pupil.name},
        ],
        "pages": [
            {
                "text": text,
                "href": reverse(f"attendance:{route}", args=[la, pupil.reference]) + several,
                "active": route == page,
            }
            for text, route, permission in PAGES
            if permission in here.sees
        ],
        "schools": [
            {
                "text": f"{other.school.name}, on roll from {_dates(other)}",
                "href": reverse("attendance:pupil", args=[la, pupil.reference])
                + f"?school={other.school.urn}",
            }
            for other in here.enrolments[1:]
        ],
        "today": reach.today,
    }


def _dates(enrolment: Any) -> str:
    start = words(enrolment.starts_on)
    return f"{start} to {words(enrolment.ends_on)}" if enrolment.ends_on else start


def _actions(reach: Reach, here: PupilHere) -> list[dict[str, Any]]:
    """The buttons beside the name."""
    reference = here.pupil.reference
    there = next(iter(open_case_of(here.enrolment.pk)), None)
    case = (
        ("See case", "cases:case", Permission.VIEW_CASE, there)
        if there
        else ("Open a case", "cases:open_for_pupil", Permission.CHANGE_CASE, reference)
    )
    certificate = ("Registration certificate", "cases:certificate", Permission.MAKE_CERTIFICATE)
    found: list[dict[str, Any]] = [
        {
            "text": text,
            "href": href(route, reach, reference=of),
            "primary": route != "cases:certificate",
        }
        for text, route, permission, of in (case, (*certificate, reference))
        if permission in here.sees
    ]
    return [action for action in found if action["href"]]


def _policy_href(reach: Reach, here: PupilHere) -> str:
    """What the policies say of this pupil, which stands in an app above."""
    if Permission.VIEW_CASE not in here.sees:
        return ""
    return href("cases:pupil_policy", reach, reference=here.pupil.reference)


def _legal_href(reach: Reach, here: PupilHere) -> str:
    """What a penalty notice for leave needs, which stands in an app above."""
    if Permission.VIEW_LEGAL not in here.sees:
        return ""
    return href("legal:pupil", reach, reference=here.pupil.reference)


def _cases_href(reach: Reach, here: PupilHere) -> str:
    """The list of this pupil's cases, which stands in an app above."""
    if Permission.VIEW_CASE not in here.sees:
        return ""
    address = href("cases:pupil_cases", reach, reference=here.pupil.reference)
    cases = href("cases:cases", reach)
    return address or (f"{cases}?pupil={here.pupil.reference}" if cases else "")


def _facts(here: PupilHere) -> list[dict[str, Any]]:
    """The key facts under the name."""
    pupil, enrolment = here.pupil, here.enrolment
    legal = f"{pupil.forenames} {pupil.surname}"
    rows = [
        ("Legal name", legal if legal != pupil.name else ""),
        ("Date of birth", words(pupil.born_on)),
        ("UPN", pupil.upn or "Not recorded"),
        ("On roll", f"From {_dates(enrolment)}"),
        ("Kind of enrolment", enrolment.get_status_display() if enrolment.status != "C" else ""),
        ("Language at home", pupil.home_language),
    ]
    return [{"key": key, "value": value} for key, value in rows if value]


def _tiles(book: Book, bands: Bands, used: str) -> list[dict[str, Any]]:
    """The figures at the top. used: what counted for an earlier legal step."""
    tally, back, proof = book.tally, book.look_back.tally, book.proof
    needed, count = proof.figures.sessions_needed, proof.current.count
    return [
        {
            "figure": percent_bp(basis_points(tally.attended, tally.possible)),
            "label": "Attendance this year",
            "note": _band_note(bands),
            "tone": bands.tone,
        },
        {
            "figure": f"{tally.absent}",
            "label": "Sessions missed" if tally.absent != 1 else "Session missed",
            "note": f"{sessions_as_days(tally.absent)}, of {tally.possible} sessions possible",
        },
        {
            "figure": f"{count} of {needed}" if count <= needed else f"{count}",
            "label": "Unauthorised in 10 school weeks"
            + (f"; {needed} meet the threshold" if count > needed else ""),
            "note": used or _near_note(proof),
            "tone": "act" if proof.still_met else "watch" if proof.near else "good",
        },
        {
            "figure": percent_bp(basis_points(back.attended, back.possible)),
            "label": f"Attendance in the last {len(book.look_back.weeks)} school weeks",
            "note": f"{back.absent} of {back.possible} sessions missed",
        },
    ]


def _band_note(bands: Bands) -> str:
    if bands.band is None:
        return "No sessions possible yet"
    if not bands.enough:
        return "Too few sessions to say: look at the last school weeks"
    return bands.label or f"In the band {bands.band.words}"


def _near_note(proof: Any) -> str:
    if proof.still_met:
        return f"Met on {session_words(proof.first_met)}" if proof.first_met else "Met"
    more = "1 more" if proof.short_by == 1 else f"{proof.short_by} more"
    return f"{more} would meet the threshold"


def _charts(reach: Reach, here: PupilHere, book: Book, in_full: bool) -> list[dict[str, Any]]:
    """The pictures with the tables behind them."""
    cells = pictures.year_cells(book, in_full=in_full)
    weekday_rows = pictures.weekday_counts(book)
    rates = pictures.week_rates(book)
    rows = (
        (
            "year",
            f"The school year {book.year}/{(book.year + 1) % 100:02}",
            "Each square is a session, a half day. Letters are attendance codes; "
            "? is a session without a mark.",
            year_calendar.table(cells),
        ),
        (
            "weekdays",
            "Absence by day of the week",
            "The share of possible sessions missed.",
            weekday_pattern.table(weekday_rows),
        ),
        (
            "trend",
            "Attendance week by week",
            "School weeks only.",
            attendance_trend.table(rates),
        ),
    )
    return [
        {
            "key": key,
            "title": title,
            "caption": caption,
            "table": table,
            "alt": f"{title}. The figures are in the table below the picture.",
            "src": chart_src(reach, here, key),
        }
        for key, title, caption, table in rows
    ]


def chart_src(reach: Reach, here: PupilHere, key: str) -> str:
    """The address of one picture."""
    address = reverse(
        "attendance:pupil_chart", args=[reach.authority.code, here.pupil.reference, key]
    )
    return f"{address}?school={here.school.urn}" if len(here.enrolments) > 1 else address


# Details, flags and family


@require_safe
def pupil_details(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """The pupil's details, flags past and present, and the adults, with links to change them."""
    reach = request.reach
    here = pupil_here(reach, reference, urn=request.GET.get("school", ""))
    audit_read(reach, here)
    may_change = Permission.CHANGE_PUPIL in here.sees
    context = page_context(reach, here, "pupil_details") | {
        "facts": _facts(here),
        "flags": flag_history(here),
        "adults": adult_cards(here),
        "may_see_contacts": Permission.VIEW_CONTACTS in here.sees,
        "may_change": may_change,
    }
    return render(request, "attendance/details.html", context)


def _form_page(
    request: AuthorityRequest, here: PupilHere, form: Any, title: str, **more: Any
) -> HttpResponse:
    """A page with one form about a pupil."""
    context = page_context(request.reach, here, "pupil_details", title) | {
        "form": form,
        "cancel": details_href(request.reach, here),
        **more,
    }
    return render(request, "attendance/change.html", context)


def details_href(reach: Reach, here: PupilHere) -> str:
    """The address of the details page."""
    address = reverse("attendance:pupil_details", args=[reach.authority.code, here.pupil.reference])
    return f"{address}?school={here.school.urn}" if len(here.enrolments) > 1 else address


def _door(request: AuthorityRequest, reference: str) -> PupilHere:
    """A pupil whom the person may change."""
    urn = request.GET.get("school", "")
    return pupil_here(request.reach, reference, Permission.CHANGE_PUPIL, urn=urn)


@require_http_methods(["GET", "POST"])
def pupil_change(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """Change the pupil's own details."""
    here = _door(request, reference)
    form = ChangePupil(request.POST if request.method == "POST" else None, instance=here.pupil)
    if form.is_bound and form.is_valid():
        try:
            changed = services.change_pupil(
                pupil=here.pupil, school=here.school, by=request.reach, changes=form.cleaned_data
            )
        except DomainError as problem:
            form.add_error("upn", problem.message)
        else:
            messages.success(request, "Details saved" if changed else "Nothing was different")
            return redirect(details_href(request.reach, here))
    return _form_page(request, here, form, "Change the pupil's details")


@require_http_methods(["GET", "POST"])
def pupil_flag_add(request: AuthorityRequest, la: str, reference: str) -> HttpResponse:
    """Add a flag."""
    here = _door(request, reference)
    form = FlagForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        try:
            services.add_flag(
                pupil=here.pupil, school=here.school, by=request.reach, **form.cleaned_data
            )
        except DomainError as problem:
            form.add_error("kind", problem.message)
        else:
            messages.success(request, "Flag added")
            return redirect(details_href(request.reach, here))
    return _form_page(request, here, form, "Add a flag")


@require_http_methods(["GET", "POST"])
def pupil_flag(request: AuthorityRequest, la: str, reference: str, flag: int) -> HttpResponse:
    """Change or end a flag."""
    here = _door(request, reference)
    row = flag_for(request.reach, here.pupil, flag)
    form = FlagForm(request.POST if request.method == "POST" else None, flag=row)
    if form.is_bound and form.is_valid():
        services.change_flag(flag=row, school=here.school, by=request.reach, **form.cleaned_data)
        messages.success(request, "Flag saved")
        return redirect(details_href(request.reach, here))
    title = f"Change the flag “{row.get_kind_display()}”"
    return _form_page(request, here, form, title)


@require_http_methods(["GET", "HEAD", "POST"])
def pupil_adult(request: AuthorityRequest, la: str, reference: str, adult: str) -> HttpResponse:
    """One adult. What is kept from others shows once a person who may see it says why."""
    reach = request.reach
    here = pupil_here(reach, reference, Permission.VIEW_CONTACTS, urn=request.GET.get("school", ""))
    link = adult_link_for(reach, here.pupil, adult)
    record(
        Kind.ADULT_READ,
        by=reach.user,
        authority=reach.authority,
        school=here.school,
        on=link.adult,
        pupil=here.pupil.reference,
    )
    because = hidden_because(link.adult, here.sees)
    channels = _channels(request, here, link) if because else None
    form = None
    asks = request.method == "POST" and not pressed(request)
    if asks or Permission.VIEW_PROTECTED in here.sees:
        form = RevealForm(request.POST if asks else None)
    if because and form is not None and form.is_valid():
        reveal(
            adult=link.adult,
            pupil=reference,
            school=here.school,
            by=reach,
            why=form.cleaned_data["why"],
        )
        because = ""
    context = page_context(reach, here, "pupil_details", link.adult.name) | {
        "link": link,
        "adult": link.adult,
        "rows": _adult_rows(link, because, channels),
        "reasons": WhyCall.choices
        if because and channels is None and may_show_channels(link.adult, here.sees)
        else [],
        "form": form if because else None,
        "shared": shared_with(reach, link.adult),
        "may_change": Permission.CHANGE_PUPIL in here.sees,
    }
    return render(request, "attendance/adult.html", context)


def _channels(request: AuthorityRequest, here: PupilHere, link: AdultLink) -> Channels | None:
    """The phone and email that nobody has answered for, once a reason was pressed.

    Raises Forbidden where they are protected.
    """
    why = pressed(request)
    if why is None:
        return None
    return reveal_channels(
        adult=link.adult,
        pupil=here.pupil.reference,
        school=here.school,
        by=request.reach,
        why=why,
    )


def _adult_rows(link: AdultLink, because: str, shown: Channels | None) -> list[dict[str, Any]]:
    """An adult's details; how to reach them only where no reason hides it.

    shown  the phone and email, where only the address stays hidden
    """
    adult = link.adult
    lines = [*adult.address.splitlines(), adult.postcode]
    channels = [
        ("Address", ", ".join(line for line in lines if line)),
        ("Email", adult.email),
        ("Phone", adult.phone),
    ]
    if because and shown:
        channels = [("Address", because), ("Email", shown.email), ("Phone", shown.phone)]
    elif because:
        channels = [("Contact details", because)]
    rows = (
        ("To the pupil", link.relationship),
        ("Parental responsibility", link.get_parental_responsibility_display()),
        ("Has care of the pupil", link.get_has_care_display()),
        ("May be contacted", link.get_may_contact_display()),
        ("Contact order", str(link.priority)),
        ("Emergency contact", "Yes" if link.emergency_contact else "No"),
        ("Court order", link.get_court_order_display()),
        ("What the order says", link.court_order_note),
        ("Address must be kept from others", adult.get_protected_address_display()),
        *channels,
        ("Reads best", adult.language),
        ("What helps them", adult.needs),
    )
    return [{"key": key, "value": value or "Not recorded"} for key, value in rows]


@require_http_methods(["GET", "POST"])
def pupil_adult_change(
    request: AuthorityRequest, la: str, reference: str, adult: str
) -> HttpResponse:
    """Change an adult; a changed protection is confirmed on a page of its own."""
    here = _door(request, reference)
    link = adult_link_for(request.reach, here.pupil, adult)
    form = ChangeAdult(
        request.POST if request.method == "POST" else None,
        link=link,
        may_lower=Permission.VIEW_PROTECTED in here.sees,
    )
    shared = shared_with(request.reach, link.adult)
    if form.is_bound and form.is_valid():
        confirmed = request.POST.get("confirmed") == "yes"
        try:
            changed = services.change_adult(
                link=link,
                school=here.school,
                by=request.reach,
                changes=form.cleaned_data,
                confirmed=confirmed,
            )
        except services.NotConfirmed:
            return _confirm(request, here, link, form)
        messages.success(request, "Details saved" if changed else "Nothing was different")
        return redirect(details_href(request.reach, here))
    return _form_page(request, here, form, f"Change {link.adult.name}", shared=shared)


def _confirm(request: AuthorityRequest, here: PupilHere, link: Any, form: Any) -> HttpResponse:
    """The page on which a person confirms a change of protection."""
    context = page_context(request.reach, here, "pupil_details", "Confirm the protection") | {
        "sentences": services.protections_changed(link, form.cleaned_data),
        "sent": [
            (name, value)
            for name, values in request.POST.lists()
            if name not in {"csrfmiddlewaretoken", "confirmed"}
            for value in values
        ],
        "adult": link.adult,
        "cancel": details_href(request.reach, here),
    }
    return render(request, "attendance/confirm_protection.html", context)
