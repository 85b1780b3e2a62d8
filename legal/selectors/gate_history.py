"""What happened at the gates of a pupil and to what was decided there, newest first."""

from dataclasses import dataclass
from datetime import date

from django.db.models import Q
from django.utils.timezone import localdate

from attendance.models import AdultLink
from authorities.access import Reach
from cases.access import open_to
from cases.models import Case
from cases.selectors.entries import Entry
from legal.access import Place
from legal.models import (
    GateOverride,
    ImprovementNotice,
    LegalEvent,
    NoticeRequest,
    PenaltyNotice,
    Prosecution,
    SupervisionOrder,
)

SUBJECTS = {
    "legal.GateStatement": "Statement before a step",
    "legal.BrakeAnswer": "Circumstances of the family considered",
    "legal.GateOverride": "Going past a requirement",
    "legal.ImprovementNotice": "Notice to Improve",
    "legal.NoticeRequest": "Request for a penalty notice",
    "legal.PenaltyNotice": "Penalty notice",
    "legal.Prosecution": "Prosecution",
    "legal.SupervisionOrder": "Education supervision order",
}
# Of these the subject says enough.
SILENT = frozenset({"considered"})
LONGEST = 100


def history(reach: Reach, place: Place, *, in_full: bool) -> list[Entry]:
    """The events of the enrolment, newest first. Nothing where a case is kept from this person.

    in_full  whether they may read what was said
    """
    if place.case is None and _kept_from(reach, place):
        return []
    rows = LegalEvent.objects.filter(enrolment=place.enrolment).select_related("made_by")
    return [_entry(row, in_full) for row in rows.order_by("-made_at", "-pk")[:LONGEST]]


def _kept_from(reach: Reach, place: Place) -> bool:
    """Whether the pupil has a case that this person must not know of."""
    mine = Q(enrolment=place.enrolment)
    return Case.objects.filter(mine).exclude(open_to(reach)).exists()


def _entry(row: LegalEvent, in_full: bool) -> Entry:
    label = row.subject.partition(":")[0]
    what = SUBJECTS.get(label, label.partition(".")[2])
    event = "" if row.event in SILENT else f": {row.event.replace('_', ' ')}"
    return Entry(
        at=row.made_at,
        title=f"{what}{event}",
        by=row.made_by.name if row.made_by else "Onroll",
        text=row.words if in_full else "",
        tag="Legal",
        tag_colour="purple",
    )


def overrides_of(place: Place) -> list[GateOverride]:
    """What was asked to go past for this enrolment, newest first."""
    rows = GateOverride.objects.filter(enrolment=place.enrolment).select_related(
        "asked_by", "settled_by"
    )
    if place.case is None:
        rows = rows.filter(case=None)
    return list(rows.order_by("-pk"))


@dataclass(frozen=True, slots=True)
class Thing:
    """One notice, request or proceeding of a pupil: what it is, where it stands, and its page."""

    words: str
    state: str
    on: date
    route: str
    reference: str


def things_of(place: Place) -> list[Thing]:
    """What was begun for this enrolment, newest first: on its case, or with no case. Five
    queries.

    Notices and prosecutions show no parent here: their own pages do, to whoever may see them.
    """
    mine = {"enrolment": place.enrolment}
    improvements = ImprovementNotice.objects.filter(**mine, case=place.case)
    requests = NoticeRequest.objects.filter(**mine, case=place.case)
    notices = PenaltyNotice.objects.filter(**mine, request__case=place.case)
    orders = SupervisionOrder.objects.filter(**mine, case=place.case)
    prosecutions = Prosecution.objects.filter(**mine, case=place.case)
    found = [
        *(
            Thing(
                "Prosecution",
                row.get_state_display(),
                localdate(row.made_at),
                "legal:prosecution",
                row.reference,
            )
            for row in prosecutions
        ),
        *(
            Thing(
                "Notice to Improve",
                row.get_state_display(),
                localdate(row.made_at),
                "legal:improvement",
                row.reference,
            )
            for row in improvements
        ),
        *(
            Thing(
                "Request for a penalty notice",
                row.get_state_display(),
                localdate(row.made_at),
                "legal:request",
                row.reference,
            )
            for row in requests
        ),
        *(
            Thing(
                "Penalty notice",
                row.get_state_display(),
                row.issued_on,
                "legal:penalty",
                row.reference,
            )
            for row in notices
        ),
        *(
            Thing(
                "Education supervision order",
                row.get_state_display(),
                row.considered_on,
                "legal:order",
                row.reference,
            )
            for row in orders
        ),
    ]
    return sorted(found, key=lambda one: one.on, reverse=True)


def links_of(place: Place) -> list[AdultLink]:
    """The adults of the pupil, the first to turn to first."""
    rows = AdultLink.objects.filter(pupil=place.enrolment.pupil_id).select_related("adult")
    return list(rows.order_by("priority", "pk"))
