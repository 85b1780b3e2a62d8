"""What counts towards the three-year limit: our notices, other councils', and who was asked.

One parent and one child at a time: a notice to one parent says nothing of another.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date

from django.db.models import QuerySet

from attendance.models import AdultLink, EarlierHistory, Pupil
from legal.models import BorderCheck, BorderPlace, ExternalNotice, Lane, PenaltyNotice
from rules.dates import months_after
from rules.notice_limit import Kind, Outcome, PastNotice, councils_to_ask
from rules.notice_stages import PenaltyState

OUTCOMES: Mapping[PenaltyState, Outcome] = {
    PenaltyState.ISSUED: Outcome.OPEN,
    PenaltyState.REPRESENTED: Outcome.OPEN,
    PenaltyState.PAID: Outcome.PAID,
    PenaltyState.UNPAID: Outcome.UNPAID,
    PenaltyState.WITHDRAWN: Outcome.WITHDRAWN,
    PenaltyState.FOR_PROSECUTION: Outcome.UNPAID,
    PenaltyState.PROSECUTED: Outcome.PROSECUTED,
    PenaltyState.NO_FURTHER_ACTION: Outcome.UNPAID,
}
YEARS = 3
NOWHERE_SAID = (
    "Record where the child lived and was on a roll in the last three years, or that it was with "
    "no other council. Then ask each other council about notices of theirs."
)


def past_notices(pupil_id: int, adults: Collection[int]) -> dict[int, list[PastNotice]]:
    """Each adult's notices for one child, ours and those of other councils. Two queries."""
    found: dict[int, list[PastNotice]] = {adult: [] for adult in adults}
    for ours in PenaltyNotice.objects.filter(pupil=pupil_id, adult__in=adults):
        found[ours.adult_id].append(as_past(ours))
    for theirs in ExternalNotice.objects.filter(pupil=pupil_id, adult__in=adults):
        found[theirs.adult_id].append(external_as_past(theirs))
    return found


def as_past(notice: PenaltyNotice) -> PastNotice:
    """A notice of ours as the rules read it."""
    outcome = OUTCOMES[PenaltyState(notice.state)]
    if notice.acquitted_on is not None:
        outcome = Outcome.ACQUITTED
    days = [one["day"] for one in notice.sessions]
    return PastNotice(
        key=notice.pk,
        parent=notice.adult_id,
        child=notice.pupil_id,
        issued=notice.issued_on,
        outcome=outcome,
        kind=Kind.EXCLUDED if notice.lane == Lane.EXCLUDED else Kind.ABSENCE,
        offence_until=date.fromisoformat(max(days)) if days else None,
    )


def external_as_past(notice: ExternalNotice) -> PastNotice:
    """Another council's notice as the rules read it. Its key is negative: never one of ours."""
    return PastNotice(
        key=-notice.pk,
        parent=notice.adult_id,
        child=notice.pupil_id,
        issued=notice.issued_on,
        outcome=Outcome(notice.outcome),
        council=notice.council,
    )


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Where else the child lived or was on a roll in the three years.

    councils  by name, as the record or a person says
    none      the statement that there was no other, if somebody made one since the day asked about
    """

    councils: tuple[str, ...]
    none: BorderPlace | None


def elsewhere(pupil: Pupil, *, since: date, today: date) -> Elsewhere:
    """Every other council of the three years that end today. Two queries.

    since  a statement that there was no other counts when it was made on this day or later
    """
    start = months_after(today, -12 * YEARS)
    named = {}
    if pupil.home_authority and pupil.home_authority != pupil.authority.code:
        named[pupil.home_authority] = f"The council with the code {pupil.home_authority}"
    for origin in EarlierHistory.objects.filter(pupil=pupil, last_day__gt=start).values_list(
        "origin", flat=True
    ):
        named[origin.casefold()] = origin[:120]
    none = None
    for place in BorderPlace.objects.filter(pupil=pupil).order_by("pk"):
        if not place.council:
            none = place if place.recorded_on >= since else none
        elif place.until is None or place.until > start:
            named[place.council.casefold()] = place.council
    return Elsewhere(tuple(named[key] for key in sorted(named)), none)


def answers(pupil: Pupil, adult_id: int, *, since: date) -> dict[str, BorderCheck]:
    """The latest answer of each council about this parent, given since a day. One query."""
    rows = BorderCheck.objects.filter(pupil=pupil, adult=adult_id, answered_on__gte=since).order_by(
        "answered_on", "pk"
    )
    return {row.council: row for row in rows}


def border_refusal(pupil: Pupil, adult_id: int, *, since: date, today: date) -> str:
    """Why no notice may be issued yet for want of a check across borders; "" when it was made.

    since  the first day of the absence: an answer from before says nothing of it
    """
    found = elsewhere(pupil, since=since, today=today)
    if not found.councils:
        return "" if found.none else NOWHERE_SAID
    given = {
        council.casefold(): row for council, row in answers(pupil, adult_id, since=since).items()
    }
    asked = {
        council: given[council.casefold()].answered_on
        for council in found.councils
        if council.casefold() in given
    }
    return councils_to_ask(found.councils, asked)


def parents_of(pupil: Pupil) -> list[AdultLink]:
    """Each adult around a child, in the order the school keeps them."""
    return list(
        AdultLink.objects.filter(pupil=pupil).select_related("adult").order_by("priority", "pk")
    )


def external_notices(pupil: Pupil, adult_id: int) -> QuerySet[ExternalNotice]:
    """Those of other councils, newest first."""
    return ExternalNotice.objects.filter(pupil=pupil, adult=adult_id).order_by("-issued_on", "-pk")


def places_of(pupil: Pupil) -> QuerySet[BorderPlace]:
    """What people said of where else the child lived, newest first."""
    return BorderPlace.objects.filter(pupil=pupil).select_related("recorded_by").order_by("-pk")


def all_answers(pupil: Pupil, adult_id: int) -> QuerySet[BorderCheck]:
    """Every answer of another council about a parent, newest first."""
    return (
        BorderCheck.objects.filter(pupil=pupil, adult=adult_id)
        .select_related("recorded_by")
        .order_by("-answered_on", "-pk")
    )
