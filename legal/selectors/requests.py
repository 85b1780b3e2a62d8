"""Requests for penalty notices as pages show them: the queue, the history, parents, documents."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from django.db.models import QuerySet
from django.urls import NoReverseMatch, reverse

from attendance.addressing import Way, may_write_to
from attendance.models import AdultLink
from authorities.access import NotFound, Reach
from authorities.permissions import Permission
from legal.models import LegalEvent, NoticeRequest, RequestDocument, RequestParent
from legal.selectors.deciders import Deciders, decides
from legal.selectors.gates import GateAnswer
from rules.notice_stages import REQUEST, RequestState

COLOURS: Mapping[str, str] = {
    RequestState.DRAFT: "grey",
    RequestState.SENT: "blue",
    RequestState.RETURNED: "yellow",
    RequestState.APPROVED: "green",
    RequestState.REFUSED: "red",
    RequestState.TAKEN_BACK: "grey",
}
TURNS: Mapping[str, list[str]] = {
    "council": [RequestState.SENT.value],
    "school": [RequestState.DRAFT.value, RequestState.RETURNED.value],
    "over": [state.value for state in RequestState if state in REQUEST.over],
}
EVENT_WORDS: Mapping[str, str] = {
    "begin": "Begun",
    "save": "Saved",
    "take_half_days": "Half days taken from the register again",
    "declare": "Declared by the headteacher",
    "send": "Sent for decision",
    "take_back": "Taken back",
    "return": "Returned with reasons",
    "refuse": "Refused",
    "approve": "Approved, and notices issued",
}
REASONS = {reason.key: reason.words for reason in REQUEST.reasons}
# What a list of thousands does not read of each row.
HEAVY = ("sessions", "proof", "gate", "policy", "answers", "origins", "record", "facts", "review")


def listed(rows: QuerySet[NoticeRequest]) -> QuerySet[NoticeRequest]:
    """The rows as the list reads them: without what they keep frozen."""
    kept = rows.select_related(None).select_related("enrolment__pupil", "school")
    return kept.defer(*HEAVY)


def waiting_since(rows: QuerySet[NoticeRequest], days: int, today: date) -> QuerySet[NoticeRequest]:
    """Those that have waited for a decision for at least so many days."""
    return rows.filter(state=RequestState.SENT, sent_on__lte=today - timedelta(days=days))


def age(row: NoticeRequest, today: date) -> int | None:
    """Days it has waited for a decision, or until there was one; None before it was sent."""
    if row.sent_on is None:
        return None
    return ((row.decided_on or today) - row.sent_on).days


def whose_turn(state: RequestState, deciders: Deciders) -> str:
    """Who does something next, in words; "" when nobody."""
    if not REQUEST.turn[state]:
        return ""
    return deciders.words if state is RequestState.SENT else "the school"


def may_decide(reach: Reach, request: NoticeRequest, deciders: Deciders) -> bool:
    """Whether somebody may read it to decide or to return it: as the services ask once more."""
    if not reach.may(Permission.DECIDE_NOTICE, request.school):
        return False
    if reach.may_everywhere(Permission.DECIDE_NOTICE):
        return not deciders.school_only
    return decides(reach, request.school, deciders)


def events_of(request: NoticeRequest) -> list[dict[str, Any]]:
    """Its history, newest first. One query."""
    rows = LegalEvent.objects.filter(
        authority=request.authority_id, subject=f"legal.NoticeRequest:{request.pk}"
    ).select_related("made_by")
    return [
        {
            "title": EVENT_WORDS.get(row.event, row.event),
            "by": row.made_by.name if row.made_by else "",
            "at": row.made_at,
            "text": _event_words(row),
        }
        for row in rows.order_by("-pk")
    ]


def _event_words(row: LegalEvent) -> str:
    reasons = row.facts.get("reasons") or ([row.facts["reason"]] if "reason" in row.facts else [])
    said = ". ".join(REASONS.get(key, key) for key in reasons)
    return ". ".join(part for part in (said, row.words if row.event != "declare" else "") if part)


def parent_rows(
    parents: Sequence[RequestParent], links: Mapping[int, AdultLink], today: date
) -> list[dict[str, Any]]:
    """Each parent: included or why not, what they allowed, their address as far as it is checked,
    and whether it is safe to write. No address is read out."""
    found = []
    for one in parents:
        link = links.get(one.adult_id)
        decision = may_write_to(one.adult, link, today) if link is not None else None
        found.append(
            {
                "row": one,
                "name": one.adult.name,
                "relationship": link.relationship if link else "No longer on the record",
                "responsibility": link.get_parental_responsibility_display() if link else "",
                "care": link.get_has_care_display() if link else "",
                "language": one.adult.language,
                "needs": one.adult.needs,
                "address": bool(one.adult.address.strip() and one.adult.postcode.strip()),
                "safe": decision.reason if decision else "",
                "codes": decision.codes if decision else (),
                "held": decision is not None and decision.way == Way.HOLD,
                "forbidden": decision is None or decision.way == Way.DO_NOT_WRITE,
            }
        )
    return found


def documents_of(request: NoticeRequest, la: str) -> list[dict[str, Any]]:
    """Its documents in the order they came, without the bytes. One query."""
    rows = RequestDocument.objects.filter(request=request).defer("content")
    return [
        {"row": row, "href": _record_href(row, la)}
        for row in rows.select_related("added_by").order_by("pk")
    ]


def file_of(request: NoticeRequest, pk: int) -> RequestDocument:
    """One file of a request, with its bytes. Raises NotFound."""
    row = RequestDocument.objects.filter(request=request, pk=pk, record="").first()
    if row is None:
        raise NotFound("We cannot find that document. Check the address.")
    return row


def _record_href(row: RequestDocument, la: str) -> str:
    """The page of a record of ours, or the download of a file."""
    if not row.record:
        return reverse("legal:request_document", args=[la, row.request.reference, row.pk])
    route, *at = row.record.split("/")
    try:
        return reverse(route, args=[la, *at])
    except NoReverseMatch:
        return ""


def gate_rows(
    answers: Mapping[str, GateAnswer], parents: Sequence[RequestParent]
) -> list[dict[str, Any]]:
    """The gate of each included parent: whether it is open, and what is missing."""
    names = {one.adult.reference: one.adult.name for one in parents}
    return [
        {"name": names[reference], "answer": answer, "blocking": answer.blocking}
        for reference, answer in answers.items()
    ]


def gate_href(request: NoticeRequest, la: str) -> str:
    """Where what a gate asks is shown and stated."""
    if request.case is not None:
        return reverse("legal:case", args=[la, request.case.reference])
    return reverse("legal:pupil", args=[la, request.enrolment.pupil.reference])
