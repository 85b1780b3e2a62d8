"""What a request for a penalty notice is judged by: its gate, its checks, the record behind it.

The school's page before sending and the council's on arrival both ask `checked`: while it is
written it looks at the record of today, once sent at the facts that were kept with it.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from django.utils.timezone import localdate

from attendance.models import AdultLink, Flag, LeaveState, PupilFlag
from attendance.selectors.books import Book, book_of
from attendance.selectors.families import brothers_and_sisters
from attendance.selectors.flags import in_force
from attendance.selectors.proof import verdict
from authorities.access import Reach
from authorities.packs import PolicyInForce
from cases.selectors.evidence import evidence_of
from cases.selectors.referral_facts import AGENCIES, STEPS, last_marked
from cases.selectors.shown import Shown
from legal.models import Lane, NoticeRequest, RequestParent
from legal.selectors import limits
from legal.selectors.deciders import deciders_of
from legal.selectors.gate_excluded import days_of
from legal.selectors.gates import GateAnswer, gate_of
from rules.absence import kind_of
from rules.attendance_codes import is_attended
from rules.compulsory_age import compulsory_days
from rules.dates import in_words
from rules.errors import NoValue
from rules.lint import Finding
from rules.marks import Mark, Session
from rules.notice_stages import RequestState
from rules.request_lint import Facts, findings
from rules.values import value_on

WRITABLE = (RequestState.DRAFT, RequestState.RETURNED)
HEALTH = frozenset({Flag.MEDICAL, Flag.MENTAL_HEALTH, Flag.DISABILITY, Flag.PREGNANT})
STEP_OF = {
    Lane.SUPPORT: "penalty_notice",
    Lane.LEAVE: "penalty_notice_for_leave",
    Lane.EXCLUDED: "penalty_notice_excluded",
}
ENGLISH = ("", "english", "eng")
CLOCK = "notice_request"  # a policy's own days from the return to the request


def step_of(request: NoticeRequest) -> str:
    """The step whose deciders and gate it goes by."""
    return STEP_OF[Lane(request.lane)]


def marks_of_request(request: NoticeRequest) -> tuple[Mark, ...]:
    """The half days that it rests on, as marks."""
    return tuple(
        Mark(date.fromisoformat(one["day"]), Session(one["session"]), one["code"])
        for one in request.sessions
    )


def offence_of(request: NoticeRequest) -> tuple[Mark, ...]:
    """What the gate looks at: those half days; of an excluded pupil each day of the request."""
    if request.lane == Lane.EXCLUDED:
        return tuple(Mark(day, Session.AM, "E") for day in days_of(request))
    return marks_of_request(request)


def kept(marks: Iterable[Mark]) -> list[dict[str, Any]]:
    """Marks as a request keeps them."""
    return [
        {"day": one.day.isoformat(), "session": int(one.session), "code": one.code} for one in marks
    ]


def parents_of(request: NoticeRequest) -> list[RequestParent]:
    """The parents that it is about and those left out, as they stand on the record."""
    rows = RequestParent.objects.filter(request=request).select_related("adult")
    return list(rows.order_by("pk"))


def gates_of_request(
    request: NoticeRequest,
    parents: Sequence[RequestParent],
    today: date,
    by: Reach | None = None,
) -> dict[str, GateAnswer]:
    """The gate before the notice of each included parent, by the parent's reference."""
    return {
        one.adult.reference: gate_of(
            enrolment=request.enrolment,
            step=step_of(request),
            today=today,
            case=request.case,
            adult=one.adult,
            improvement=request.improvement,
            sessions=offence_of(request),
            by=by,
        )
        for one in parents
        if one.included
    }


def links_of(request: NoticeRequest) -> dict[int, AdultLink]:
    """What each adult is to the pupil, by the adult's key."""
    rows = AdultLink.objects.filter(pupil=request.enrolment.pupil_id).select_related("adult")
    return {row.adult_id: row for row in rows}


def facts_of(
    request: NoticeRequest,
    parents: Sequence[RequestParent],
    policy: PolicyInForce,
    today: date,
    book: Book | None = None,
) -> Facts:
    """What the record says today for the checks. The number of queries does not grow with it."""
    enrolment = request.enrolment
    pupil = enrolment.pupil
    book = book or book_of(enrolment, pupil.born_on, today=today)
    flags = _flags(request, today)
    days = _days(request)
    ages = compulsory_days(pupil.born_on)
    back = _back(request, book)
    return Facts(
        lane=request.lane,
        answered=tuple(sorted(key for key, text in request.answers.items() if text.strip())),
        sessions=len(request.sessions),
        changed=len(changed_sessions(request, book)),
        unresolved=sum(
            mark.code == "N" for mark in book.past if request.first <= mark.day <= request.last
        ),
        missing=len(_missing(request, book, today)),
        days_behind=_days_behind(book, today),
        compulsory_age=all(day in ages for day in days),
        on_roll=all(day in book.on_roll for day in days),
        looked_after=Flag.LOOKED_AFTER in flags,
        agencies=bool(flags.intersection(AGENCIES) - HEALTH - {Flag.EHC_PLAN}),
        health=bool(flags & HEALTH),
        siblings=len({row.pupil_id for row in brothers_and_sisters(pupil, today).enrolments}),
        dated_steps=_dated_steps(request),
        leave_asked=request.leave is not None,
        leave_answered=request.leave is not None and request.leave.state == LeaveState.REFUSED,
        back=back is not None,
        days_since=_school_days(book, back, today),
        send_within=_send_within(policy),
        # Where the headteacher decides, they declare it in deciding.
        declared=request.declared_by_id is not None
        or deciders_of(policy, step_of(request)).school_only,
        **_of_parents(request, parents, today),
    )


def _of_parents(
    request: NoticeRequest, parents: Sequence[RequestParent], today: date
) -> dict[str, Any]:
    """The facts about parents."""
    included = [one for one in parents if one.included]
    checked = [one.verified_on for one in included]
    known = [day for day in checked if day is not None]
    incomplete = sum(
        not all(
            text.strip()
            for text in (
                one.adult.forenames,
                one.adult.surname,
                one.adult.address,
                one.adult.postcode,
            )
        )
        for one in included
    )
    return {
        "included": len(included),
        "incomplete": incomplete,
        "address_days": (today - min(known)).days if known and len(known) == len(checked) else None,
        "allowed_unknown": sum(one.allowed == "unknown" for one in included),
        "unexplained": sum(not one.included and not one.words.strip() for one in parents),
        "literacy": any(
            one.adult.needs.strip() or one.adult.language.strip().lower() not in ENGLISH
            for one in included
        ),
    }


def _flags(request: NoticeRequest, today: date) -> frozenset[str]:
    rows = PupilFlag.objects.filter(in_force(today), pupil=request.enrolment.pupil_id)
    return frozenset(rows.values_list("kind", flat=True))


def _days(request: NoticeRequest) -> list[date]:
    """The days that it is about."""
    return sorted({mark.day for mark in marks_of_request(request)}) or [request.first, request.last]


def changed_sessions(request: NoticeRequest, book: Book) -> list[Mark]:
    """The half days of which the register now says something else than the request."""
    now = {mark.when: mark.code for mark in book.marks}
    return [mark for mark in marks_of_request(request) if now.get(mark.when) != mark.code]


def _missing(request: NoticeRequest, book: Book, today: date) -> list[date]:
    marked = {mark.when for mark in book.marks}
    return [
        one.day
        for one in book.calendar.held
        if request.first <= one.day <= request.last
        and one.day < today
        and one.day in book.on_roll
        and one not in marked
    ]


def _days_behind(book: Book, today: date) -> int:
    last = last_marked(book)
    return sum(
        1
        for day in book.calendar.days
        if book.start <= day < today and (last is None or last < day)
    )


def _back(request: NoticeRequest, book: Book) -> date | None:
    """The first day after its last on which the register shows the pupil there."""
    return next(
        (
            mark.day
            for mark in book.past
            if mark.day >= request.last
            and mark.when > marks_of_request(request)[-1].when
            and is_attended(kind_of(mark))
        )
        if request.sessions
        else iter(()),
        None,
    )


def _school_days(book: Book, since: date | None, today: date) -> int:
    if since is None:
        return 0
    return sum(1 for day in book.calendar.days if since < day <= today)


def _send_within(policy: PolicyInForce) -> int | None:
    """The school days that a policy in force gives from the return to the request."""
    try:
        _, clock = policy.clock(CLOCK)
    except NoValue:
        return None
    return clock.length if clock.unit == "school days" else None


def _dated_steps(request: NoticeRequest) -> int:
    if request.case is None:
        return 0
    return sum(one.kind in STEPS for one in evidence_of(request.case))


def checked(
    request: NoticeRequest,
    parents: Sequence[RequestParent],
    policy: PolicyInForce,
    today: date,
    *,
    own: bool = True,
) -> tuple[Finding, ...]:
    """Why it would come back, asked once for both sides.

    While the school writes it, of the record as it is; once sent, of what was kept with it. To
    readers who may not write on it (`own` False) one that came back stays as it was sent.
    """
    writing = own and RequestState(request.state) in WRITABLE
    if writing or request.facts is None:
        facts = facts_of(request, parents, policy, today)
        return findings(facts, value_on("request_check", today))
    day = request.checked_on or today
    return findings(Facts.from_json(request.facts), value_on("request_check", day))


# What the record holds


def record_of(
    request: NoticeRequest, parents: Sequence[RequestParent], today: date, facts: Facts
) -> list[dict[str, str]]:
    """What the record answers by itself: words, text, and where it comes from. No address is in
    it."""
    pupil, school = request.enrolment.pupil, request.school
    return [
        _row("School", f"{school.name}, URN {school.urn}", "The school's record"),
        _row("Pupil", f"{pupil.forenames} {pupil.surname}", "The pupil's record"),
        _row("UPN", pupil.upn or "None on the record", "The pupil's record"),
        _row("Date of birth", in_words(pupil.born_on), "The pupil's record"),
        _row("Year group", request.enrolment.year_group or "Not recorded", "The enrolment"),
        _row("Home language", pupil.home_language or "Not recorded", "The pupil's record"),
        _row(
            "What else is known of the pupil",
            ", ".join(sorted(Flag(kind).label for kind in _flags(request, today))) or "Nothing",
            "The pupil's flags",
        ),
        _row(
            "Brothers and sisters of school age",
            str(facts.siblings) if facts.siblings else "None known",
            "The families of the record",
        ),
        *_offence_rows(request),
        *_leave_rows(request),
        *_support_rows(request),
        *_history_rows(request, parents),
    ]


def _row(words: str, text: str, origin: str) -> dict[str, str]:
    return {"words": words, "text": text, "from": origin}


def _offence_rows(request: NoticeRequest) -> list[dict[str, str]]:
    found = [
        _row("Kind", request.get_lane_display(), "This request"),
        _row(
            "From and to", f"{in_words(request.first)} to {in_words(request.last)}", "This request"
        ),
    ]
    if not request.sessions:
        return found
    codes: dict[str, int] = {}
    for one in request.sessions:
        codes[one["code"]] = codes.get(one["code"], 0) + 1
    counted = ", ".join(f"{count} {code}" for code, count in sorted(codes.items()))
    proof = request.proof.get("verdict", "")
    return [
        *found,
        _row("Half days, by code", f"{len(request.sessions)}: {counted}", "The register"),
        _row("The threshold", proof, "The register, with its proof"),
    ]


def proof_of(book: Book) -> dict[str, Any]:
    """The threshold's proof as a request keeps it."""
    proof = book.proof
    window = proof.latest or proof.current
    return {
        "as_of": proof.as_of.isoformat(),
        "state": proof.state.value,
        "verdict": f"{verdict(proof)}.",
        "weeks": [monday.isoformat() for monday in window.weeks],
        "sessions": kept(window.marks),
        "needed": proof.figures.sessions_needed,
        "within": proof.figures.weeks,
    }


def _leave_rows(request: NoticeRequest) -> list[dict[str, str]]:
    if request.lane != Lane.LEAVE:
        return []
    leave = request.leave
    if leave is None:
        return [_row("Request for leave", "Nobody asked for leave", "The requests for leave")]
    found = [
        _row(
            "Request for leave",
            f"Asked on {in_words(leave.asked_on)} for {in_words(leave.first_day)} to "
            f"{in_words(leave.last_day)}: {leave.get_purpose_display()}",
            f"Request for leave {leave.reference}",
        )
    ]
    if leave.decided_at is not None and leave.decided_by is not None:
        found.append(
            _row(
                "The headteacher's answer",
                f"{leave.get_state_display()}. {leave.decision_reason}",
                f"{leave.decided_by.name}, {in_words(localdate(leave.decided_at))}",
            )
        )
    return found


def _support_rows(request: NoticeRequest) -> list[dict[str, str]]:
    if request.case is None or request.lane != Lane.SUPPORT:
        return []
    steps = [one for one in evidence_of(request.case) if one.kind in STEPS]
    listed = "\n".join(f"{in_words(one.on)}: {one.words}" for one in steps)
    found = [_row("What was done, with dates", listed or "Nothing on file", "The case")]
    notice = request.improvement
    if notice is not None:
        days = (
            f", {in_words(notice.starts_on)} to {in_words(notice.ends_on)}"
            if notice.starts_on and notice.ends_on
            else ""
        )
        found.append(
            _row(
                "Notice to Improve",
                f"{notice.get_state_display()}{days}. {notice.words}".strip(),
                f"Notice to Improve {notice.reference}",
            )
        )
    return found


def _history_rows(request: NoticeRequest, parents: Sequence[RequestParent]) -> list[dict[str, Any]]:
    """Earlier notices to each included parent for this child."""
    included = [one for one in parents if one.included]
    past = limits.past_notices(request.enrolment.pupil_id, [one.adult_id for one in included])
    return [
        _row(
            f"Earlier notices to parent {number}",
            "\n".join(
                f"{in_words(notice.issued)}: {notice.outcome.value}"
                for notice in past[one.adult_id]
            )
            or "None on the record",
            "The notices on record, ours and those declared by other councils",
        )
        for number, one in enumerate(included, start=1)
    ]


def records_to_attach(request: NoticeRequest) -> dict[str, Shown]:
    """The records of ours that can go with it, by the key that a document keeps."""
    found: dict[str, Shown] = {}
    leave = request.leave
    if leave is not None:
        shown = Shown(
            "leave",
            leave.asked_on,
            f"Request for leave and its answer: {leave.get_state_display().lower()}",
            route="attendance:leave_request",
            at=(leave.reference,),
        )
        found[record_key(shown)] = shown
    for one in evidence_of(request.case) if request.case is not None else ():
        if one.route:
            found.setdefault(record_key(one), one)
    return found


def record_key(shown: Shown) -> str:
    """Route and references of a record, as a document keeps them."""
    return "/".join((shown.route, *shown.at))[:200]


def sessions_shown(request: NoticeRequest) -> list[dict[str, Any]]:
    """The half days by day, for the page and the paper."""
    days: dict[str, dict[str, Any]] = {}
    for one in request.sessions:
        row = days.setdefault(
            one["day"], {"day": date.fromisoformat(one["day"]), "morning": "", "afternoon": ""}
        )
        row["morning" if one["session"] == 0 else "afternoon"] = one["code"]
    return list(days.values())


def seen_of(answers: Mapping[str, GateAnswer]) -> dict[str, str]:
    """What the page has shown of each parent's gate, for the form to send back."""
    return {reference: answer.seen for reference, answer in answers.items()}
