"""When marks are corrected: find what relied on them, and keep it open until a person decides.

Nothing is changed here, and nothing issued is ever changed: a case keeps the facts it was opened
with, a letter its words. What differs is shown beside them as a decision to take.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import Count, Exists, F, Min, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from attendance.models import Amendment, Crossing, CrossingState, Enrolment
from attendance.selectors.corrections import (
    JUST_BEFORE,
    Correction,
    corrected_since,
    stands_at,
)
from audit.record import Kind, record
from authorities.access import Reach
from authorities.permissions import Permission
from cases.models import Case, CaseLetter, Decision, Recheck
from cases.selectors.facts import facts_of
from letters.services.drafting import london_day
from rules.errors import Conflict, InvalidInput
from rules.letter_stages import LetterState

LOCK = 7302
RELIED_FOR = timedelta(days=400)  # how long after it was written a letter is looked at again
LEFT_FOR = timedelta(days=7)  # how long after it left a line a pupil's entry is looked at
SWEPT_WITHIN = timedelta(days=1)  # a correction is swept within a minute; after an outage, later
LONGEST_REASON = 600
OVER = (CrossingState.MET, CrossingState.PROVISIONAL)
UNDER = (CrossingState.GONE, CrossingState.NEAR)
NEVER = 0


@dataclass(frozen=True, slots=True)
class Reliance:
    """Something that relied on an enrolment's register, as of a day, as known at a moment."""

    about: dict[str, Any]  # the Recheck's own field → the row
    enrolment: Enrolment
    moment: datetime
    as_of: date
    amendments: int
    kind: str  # of the line it rests on; "" for none


@transaction.atomic
def look_again(authority_id: int, *, now: datetime) -> int:
    """Look again at all of an authority that relied on corrected marks. Returns how many differ.

    Done twice, or twice at once, it is as done once.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [LOCK, authority_id])
    reliances = [*_cases(authority_id, now), *_letters(authority_id, now)]
    reliances += _crossings(authority_id, now)
    return sum(_look(authority_id, one, now) for one in reliances)


def _amended(enrolment: str, since: str) -> Coalesce:
    """How many amendments the enrolment named by one field has since the time of another."""
    rows = Amendment.objects.filter(
        enrolment=OuterRef(enrolment), made_at__gt=OuterRef(since)
    ).order_by()
    return Coalesce(Subquery(rows.values("enrolment").annotate(n=Count("pk")).values("n")), NEVER)


def _looked_at(about: str) -> Coalesce:
    """How many amendments the newest recheck of a thing has looked at."""
    rows = Recheck.objects.filter(**{about: OuterRef("pk")}).order_by("-pk")
    return Coalesce(Subquery(rows.values("amendments")[:1]), NEVER)


def _cases(authority_id: int, now: datetime) -> Iterator[Reliance]:
    """The cases whose register was amended since they were opened."""
    rows = (
        Case.objects.filter(authority=authority_id)
        .filter(Q(closed_on=None) | Q(opened_at__gt=now - RELIED_FOR))
        .annotate(amended=_amended("enrolment", "opened_at"), seen=_looked_at("case"))
        .exclude(amended=F("seen"))
        .select_related("crossing", "enrolment__pupil", "enrolment__school__trust")
    )
    for row in rows:
        yield Reliance(
            {"case": row},
            row.enrolment,
            row.opened_at,
            row.opened_on,
            row.amended,
            row.crossing.kind if row.crossing else "",
        )


def letters_amended(authority_id: int) -> QuerySet[Any]:
    """The letters that give a number of sessions and whose register was amended since."""
    return (
        CaseLetter.objects.filter(
            authority=authority_id, letter__context__has_key="sessions_missed"
        )
        .annotate(
            amended=_amended("case__enrolment", "letter__created_at"),
            seen=_looked_at("case_letter"),
        )
        .exclude(amended=NEVER)
        .select_related("letter", "case__enrolment__pupil", "case__enrolment__school__trust")
    )


def _letters(authority_id: int, now: datetime) -> Iterator[Reliance]:
    rows = (
        letters_amended(authority_id)
        .filter(letter__created_at__gt=now - RELIED_FOR)
        .exclude(letter__state=LetterState.WITHDRAWN.value)
        .exclude(amended=F("seen"))
    )
    for row in rows:
        yield _letter(row)


def _letter(row: Any) -> Reliance:
    """A letter of `letters_amended`, as a reliance."""
    written = row.letter.created_at
    return Reliance(
        {"case_letter": row},
        row.case.enrolment,
        written,
        london_day(written),
        row.amended,
        "",
    )


def _crossings(authority_id: int, now: datetime) -> Iterator[Reliance]:
    """The entries of the worklist that just left a line, after a correction. Open cases apart."""
    corrected = Amendment.objects.filter(
        enrolment=OuterRef("enrolment"),
        made_at__lte=OuterRef("changed_at"),
        made_at__gt=OuterRef("changed_at") - SWEPT_WITHIN,
    ).order_by()
    rows = (
        Crossing.objects.filter(authority=authority_id, was__in=OVER, state__in=UNDER)
        .filter(changed_at__gt=now - LEFT_FOR)
        .exclude(rechecks__found_at__gte=F("changed_at"))
        .exclude(Exists(Case.objects.filter(enrolment=OuterRef("enrolment"), closed_on=None)))
        .annotate(
            first=Subquery(corrected.values("enrolment").annotate(at=Min("made_at")).values("at")),
            amended=Subquery(corrected.values("enrolment").annotate(n=Count("pk")).values("n")),
        )
        .exclude(first=None)
        .select_related("enrolment__pupil", "enrolment__school__trust")
    )
    for row in rows:
        yield Reliance(
            {"crossing": row},
            row.enrolment,
            row.first - JUST_BEFORE,
            row.since,
            row.amended,
            row.kind,
        )


def _look(authority_id: int, one: Reliance, now: datetime) -> bool:
    """Compare then and now; keep the answer. True when a person has to decide."""
    found = corrected_since(one.enrolment, one.enrolment.pupil.born_on, one.moment, as_of=one.as_of)
    before, after = facts_of(found.then, None), facts_of(found.now, None)
    differs = _differs(one, found, before, after)
    values = {
        "amendments": one.amendments,
        "before": before,
        "after": after,
        "changes": [_change(entry) for entry in found.changes],
        "holds": _holds(one, found, differs=differs),
        "decision": "" if differs else Decision.SAME.value,
    }
    there = Recheck.objects.filter(decision="", **one.about).first()
    if there is None and not differs and "crossing" in one.about:
        return False  # time moved it, not a correction
    if there is not None:
        Recheck.objects.filter(pk=there.pk).update(**values)
        return differs
    row = Recheck.objects.create(
        authority_id=authority_id,
        school=one.enrolment.school,
        enrolment=one.enrolment,
        relied_at=one.moment,
        as_of=one.as_of,
        found_at=now,
        **one.about,
        **values,
    )
    if differs:
        record(
            Kind.RECHECK_FOUND,
            by=None,
            authority=row.authority,
            school=row.school,
            on=row,
            reference=row.reference,
            what=row.kind,
        )
    return differs


def _differs(
    one: Reliance, found: Correction, before: dict[str, Any], after: dict[str, Any]
) -> bool:
    """Whether what was relied on is different now: the line, the letter's number, or any fact."""
    if "crossing" in one.about:
        return stands_at(found.then, one.kind) and not stands_at(found.now, one.kind)
    if "case_letter" in one.about:
        return found.then.tally.absent != found.now.tally.absent
    return before != after


def _holds(one: Reliance, found: Correction, *, differs: bool) -> bool:
    """Whether it could still be done today: a case's line is still crossed, a letter is right."""
    if "case_letter" in one.about:
        return not differs
    return stands_at(found.now, one.kind) if one.kind else True


def _change(entry: Any) -> dict[str, Any]:
    """One amendment as it is kept."""
    return {
        "day": entry.when.day.isoformat(),
        "session": int(entry.when.session),
        "was": entry.former,
        "now": entry.code,
        "reason": entry.reason,
        "by": entry.name,
        "position": entry.position,
        "at": entry.at.isoformat(),
    }


def unsettled(case_letter: CaseLetter) -> bool:
    """Whether a letter says a number that corrections have changed, and nobody decided about it.

    Worked out from the ledger at that moment, so that a letter waits for no sweep.
    """
    row = letters_amended(case_letter.authority_id).filter(pk=case_letter.pk).first()
    if row is None:
        return False
    one = _letter(row)
    decided = row.rechecks.exclude(decision="").order_by("-pk").first()
    if decided is not None and decided.amendments >= one.amendments:
        return False
    found = corrected_since(one.enrolment, one.enrolment.pupil.born_on, one.moment, as_of=one.as_of)
    return _differs(one, found, {}, {})


@transaction.atomic
def decide(
    *, reach: Reach, recheck: Recheck, decision: Decision, reason: str, seen: int, now: datetime
) -> Recheck:
    """A person decides: it stands, or it has been put right, and why.

    seen  how many amendments the page showed; Conflict when more have come since

    Raises Forbidden, InvalidInput and Conflict.
    """
    reach.require(Permission.CHANGE_CASE, recheck.school)
    if decision not in (Decision.STANDS, Decision.PUT_RIGHT):
        raise InvalidInput("Choose whether it still stands or has been put right.")
    if not reason.strip():
        raise InvalidInput("Say why, or what you did.")
    if len(reason) > LONGEST_REASON:
        raise InvalidInput(f"Reasons must be {LONGEST_REASON} characters or fewer.")
    row = Recheck.objects.select_for_update(of=("self",), no_key=True).get(pk=recheck.pk)
    if row.decision:
        raise Conflict("Somebody decided this already. Nothing was changed.")
    if row.amendments != seen:
        raise Conflict("More marks were corrected while you were reading. Read it again.")
    row.decision, row.decision_reason = decision.value, reason.strip()
    row.decided_by, row.decided_at = reach.user, now
    row.save(update_fields=["decision", "decision_reason", "decided_by", "decided_at"])
    record(
        Kind.RECHECK_DECIDED,
        by=reach.user,
        authority=row.authority,
        school=row.school,
        on=row,
        reference=row.reference,
        what=row.kind,
        decision=Decision(row.decision).label.lower(),
    )
    return row
